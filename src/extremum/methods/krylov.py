"""The trust-region subproblem where only products Hv are affordable: generalized Lanczos.

Lanczos' process builds an orthonormal basis Q of the Krylov space of g in which H is a tridiagonal
matrix T. The subproblem in that space is T's own, solved as any other; s = Qh. While T is positive
definite and the step within the region these are the iterates of conjugate gradients; beyond, the
boundary is followed, where truncated conjugate gradients stop (Gould, Lucidi, Roma & Toint,
SIAM J. Optim. 9 (1999) 504-525).
"""

from __future__ import annotations

import numpy as np

from extremum.linalg import EPS, Pattern, SymmetricMatrix, Vector
from extremum.methods.subproblem import Case, ModelStep, solve_subproblem

MOST_VECTORS = 500
"""The basis is no longer than this; and no longer than `MEMORY` allows."""

MEMORY = 2**26
"""Numbers in the basis: half a gigabyte."""
