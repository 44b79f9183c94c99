"""How many eigenvalues are negative, so that no rounding can change the answer."""

from __future__ import annotations

from extremum.linalg.symmetric import Factorizable, Inertia

TRIES = 3
"""Shifts tried, each twice what the last factorizations were found to need."""


def certified_inertia(matrix: Factorizable, error: float = 0.0) -> Inertia | None:
    """The inertia shared by all matrices within `error` of H in the 2-norm; None if undecided.

    It is the one on which H + τI and H - τI agree, for a τ of at least `error` plus
    ‖H ± τI - LDLᵀ‖: by Weyl's inequality no eigenvalue of H is then within `error` of zero, and as
    many are negative as the factors say.

    Parameters
    ----------
    matrix
        H.
    error
        How far its entries, as a matrix in the 2-norm, may be from the true ones.
    """
    tau = error + matrix.rounding
    for _ in range(TRIES):
        above, below = matrix.factor(tau), matrix.factor(-tau)
        if above.inertia != below.inertia or above.inertia.zero:
            return None
        needed = error + max(above.backward_error, below.backward_error)
        if needed <= tau:
            return above.inertia
        tau = 2 * needed
    return None
