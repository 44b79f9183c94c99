"""Which storage a Hessian gets: dense, by its structure, or none but products."""

from __future__ import annotations

from typing import Any

from extremum.objective.agreement import generic_signs, near
from extremum.objective.compiled import CompiledDerivatives
from extremum.objective.parameters import Vector
from extremum.objective.separation import Separation, declared
from extremum.outcomes import InvalidInput

FEW = 64
"""Below so many variables a Hessian is dense: nothing is gained by looking for more."""

DENSE = 1000
"""Up to so many variables a Hessian without structure is formed as a dense array, factored in some
hundredths of a second …"""

MOST_OPERATIONS = 2e9
"""… unless its n products take more operations than this, about a second: then products have to do.
"""

MOST_PRODUCTS = 0.25
"""A pattern that takes this fraction of the n products of the whole matrix is as good as dense."""

MOST_FLOPS = 2e9
"""A factorization of more multiplications than this (about a second) is not worth its step."""


def choose_structure(
    found: CompiledDerivatives, structure: Any, x: Vector
) -> tuple[CompiledDerivatives, bool, str | None]:
    """Find or take over the Hessian's structure.

    Parameters
    ----------
    found : CompiledDerivatives
    structure : "auto", "dense", "operator", "tridiagonal", int or array_like
        What the user says of it; an integer is a bandwidth, a matrix a pattern.
    x : ndarray of shape (n,)
        The start.

    Returns
    -------
    derivatives : CompiledDerivatives
    products_only : bool
    why : str or None
        Why no structure is used, where one was looked for in vain.

    Raises
    ------
    InvalidInput
        If what is declared is no structure, or not that of this function.
    """
    n = x.size
    if isinstance(structure, str) and structure in ("dense", "operator"):
        return found, structure == "operator", None
    if not (isinstance(structure, str) and structure == "auto"):
        separation = declared(n, structure)
        found.spent.colouring += separation.colouring_seconds
        separated = found.separated(separation)
        if not _agrees(separated, x):
            raise InvalidInput(
                f"The Hessian has entries outside of structure={structure!r}. Leave structure out "
                "and it is found, or declare a wider one."
            )
        return separated, False, None
    if n < FEW:
        return found, False, None
    separation = found.detected(n)
    why: str | None = separation.reason
    if separation.pattern is not None:
        why = _obstacle(found.separated(separation), separation, x)
        if why is None:
            return found.separated(separation), False, None
    if n > DENSE:
        return found, True, why
    return found, n * found.operations_of_product(x) > MOST_OPERATIONS, why


def _obstacle(separated: CompiledDerivatives, separation: Separation, x: Vector) -> str | None:
    """Why a structure that was found is not used; None if it is."""
    assert separation.pattern is not None
    if separation.colours > MOST_PRODUCTS * x.size:
        return f"it takes {separation.colours} products for {x.size} variables"
    if separation.pattern.factor_flops > MOST_FLOPS:
        return f"a factorization takes {separation.pattern.factor_flops:.2g} operations"
    if not _agrees(separated, x):
        return "what was found disagrees with a product"
    return None


def _agrees(separated: CompiledDerivatives, x: Vector) -> bool:
    """Compare a product with the separated Hessian with the exact one, near the start."""
    if not all(separated.agrees_with_product(at, generic_signs(x)) for at in (near(x), x)):
        return False
    separated.trust()
    return True
