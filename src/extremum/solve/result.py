"""What a run returns."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, splu

from extremum.linalg import EPS, DenseSymmetric
from extremum.outcomes import Reason
from extremum.solve import card

if TYPE_CHECKING:
    from rich.console import RenderableType

    from extremum.plot import Axes


class Result(dict[str, Any]):
    """The point, the history, the reasons for stopping, and the verdict.

    A dict whose keys are attributes too, as SciPy's `OptimizeResult`.

    Attributes
    ----------
    x : the parameters, in the structure of the start
    fun : float
    jac : the gradient, in the structure of the start
    hess : ndarray, csc_array or LinearOperator of shape (n, n)
        The Hessian, as the certificate found it.
    hess_inv : ndarray or LinearOperator of shape (n, n), or None
        Its inverse, computed when it is asked for: a matrix where the Hessian is one in full; where
        it is sparse an operator that solves by a factorization. None where the Hessian is singular
        or known by products only.
    success : bool
        Whether the run ended as it should *and* the verdict is one that the call asks for.
    status : int
        0 for a success; else the place of the reason in `Reason`, counted from 1.
    message : str
        Why the run stopped, and the verdict.
    nit, nfev, njev, nhev, nhvp : int
    trace : Trace
    certificate : Certificate
    reasons : tuple of Reason
        All that held when the run stopped.
    source : str
        Where the derivatives came from.
    method : str
        The method, and why it was chosen where that was automatic.
    structure : str
        The storage of the Hessian: "dense", "tridiagonal", "banded", "sparse", with "+ rank r"
        where a part of low rank is kept apart, or "operator": products only.
    preparation : dict
        Seconds of `tracing` the function, of `detection` of its Hessian's structure, of its
        `colouring`, and of `compilation`.
    notes : tuple of str
        What was converted, and what else a reader should know.
    manifest : dict
        Versions and options.
    objective : Objective
        The function with its derivatives, for pictures; it is left out when a result is pickled.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __reduce__(self) -> tuple[Any, ...]:
        # The function may be a lambda, and what was compiled for it can't be stored.
        return Result, ({key: value for key, value in self.items() if key != "objective"},)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self, "hess_inv"})

    def __missing__(self, key: str) -> Any:
        if key == "reason" and self.get("reasons"):
            return self["reasons"][0]
        if key == "hess_inv" and self.get("hess") is not None:
            return _inverse(self["hess"])
        raise KeyError(key)

    @property
    def reason(self) -> Reason:
        """The first of the reasons."""
        first: Reason = self["reasons"][0]
        return first

    def plot(self, **options: Any) -> Axes:
        """Draw the run: over the function where n ≤ 2, else over the iterations."""
        axes: Axes = importlib.import_module("extremum.plot").plot_result(self, **options)
        return axes

    def __str__(self) -> str:
        return card.text(self) if "certificate" in self else super().__repr__()

    __repr__ = __str__

    def __rich__(self) -> RenderableType:
        return card.panel(self)

    def _repr_html_(self) -> str:
        return card.html(self)


def _inverse(hessian: Any) -> Any:
    if isinstance(hessian, np.ndarray):
        dense = DenseSymmetric(hessian)
        factorization = dense.factor()
        if factorization.rcond <= dense.n * EPS:
            return None
        return factorization.solve(np.eye(dense.n))
    if not sparse.issparse(hessian):
        return None
    try:
        factors = splu(hessian.tocsc())
    except RuntimeError:  # exactly singular
        return None
    return LinearOperator(
        hessian.shape,
        matvec=factors.solve,
        rmatvec=factors.solve,
        matmat=factors.solve,
        dtype=float,
    )
