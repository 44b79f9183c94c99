"""The solvers, each behind the same small interface."""

from __future__ import annotations

import importlib
import importlib.util

from benchmarks.cutest.peers.solver import Claim, Solver

__all__ = ["SOLVERS", "WHOLE", "Claim", "Solver", "load", "missing_package"]

HOMES = {
    "extremum": "extremum",
    "L-BFGS-B": "scipy",
    "BFGS": "scipy",
    "Newton-CG": "scipy",
    "trust-krylov": "scipy",
    "trust-exact": "scipy",
    "IPOPT": "cyipopt",
    "TRU": "galahad",
    "TRU direct": "galahad",
    "POUNCE": "pounce",
    "Optimistix BFGS": "optimistix",
}
"""The package that each solver is in."""

MODULES = {
    "extremum": "extremum_methods",
    "scipy": "scipy_methods",
    "cyipopt": "ipopt",
    "galahad": "tru",
    "pounce": "pounce_methods",
    "optimistix": "optimistix_bfgs",
}
"""The module of this package that speaks to each of them."""

SOLVERS = tuple(HOMES)

WHOLE = ("Optimistix BFGS",)
"""Those whose loop is compiled with the function. On small problems nearly all of the others' time
is that of calls from Python, so these are left out of one of the comparisons with the best."""


def missing_package(solver: str) -> str | None:
    """The package that `solver` needs and that is not installed, or None."""
    package = HOMES[solver]
    return None if importlib.util.find_spec(package) else package


def load(solver: str) -> Solver:
    """The solver called `solver`."""
    module = importlib.import_module(f"{__name__}.{MODULES[HOMES[solver]]}")
    found: Solver = module.SOLVERS[solver]
    return found
