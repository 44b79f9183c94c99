"""The solvers: each is given a case's shared derivatives and returns its claim."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import optimize

import extremum as ex
from benchmarks.cutest.peers import callbacks
from benchmarks.cutest.peers.solver import Claim
from benchmarks.saddle_start import SCIPY
from benchmarks.zoo.shared import Shared, Spent
from tests.zoo.case import Case

TOLERANCE = 1e-8
"""Of the gradient, for every solver that has such a test."""

ITERATIONS = 1000

Solve = Callable[[Case], Claim]


def extremum(method: str, case: Case) -> Claim:
    """`minimize`, from the function alone."""
    result = ex.minimize(
        case.fun, case.start, method=method, maxiter=ITERATIONS, **case.derivatives
    )
    return Claim(bool(result.success), result.certificate.verdict.name, np.atleast_1d(result.x))


def many_starts(case: Case) -> Claim:
    """`minimize_many`, from the start alone."""
    starts = np.atleast_1d(np.asarray(case.start, float))[np.newaxis]
    result = ex.minimize_many(case.fun, starts, maxiter=ITERATIONS)
    return Claim(bool(result.success[0]), result.verdicts[0].name, np.atleast_1d(result.x[0]))


def scipy(method: str, case: Case) -> Claim:
    """`scipy.optimize.minimize`, its options as they are but for the tolerance."""
    shared = Shared(case)
    second = method.startswith(("Newton", "trust", "dogleg"))
    options: dict[str, Any] = {"maxiter": ITERATIONS}
    if method not in ("Newton-CG", "SLSQP"):
        options["gtol"] = TOLERANCE
    result = optimize.minimize(
        shared.value,
        shared.x0,
        method=method,
        jac=shared.gradient,
        hess=shared.full_hessian if second else None,
        options=options,
    )
    return Claim(bool(result.success), str(result.message), np.asarray(result.x))


def ipopt(package: str, case: Case) -> Claim:
    """IPOPT, or its port POUNCE, with exact Hessians; "acceptable" points are no success."""
    options = {"print_level": 0, "sb": "yes", "tol": TOLERANCE, "acceptable_iter": 0}
    options |= {"max_iter": ITERATIONS, "max_cpu_time": 10.0}
    x, info = callbacks.solve(importlib.import_module(package), Shared(case), options)
    return Claim(info["status"] == 0, str(info["status_msg"]), np.asarray(x))


def optimistix(solver: str, case: Case) -> Claim:
    """One of Optimistix's minimizers; its test is of small changes."""
    import jax
    import jax.numpy as jnp
    import optimistix as optx

    jax.config.update("jax_enable_x64", True)
    shared = Shared(case)
    number = jax.ShapeDtypeStruct((), np.float64)
    vector = jax.ShapeDtypeStruct((shared.n,), np.float64)

    def both(x: Any) -> Any:
        value, gradient = shared.value_and_gradient(np.asarray(x))
        return np.asarray(value), np.asarray(gradient)

    @jax.custom_jvp
    def fun(x: Any) -> Any:
        return jax.pure_callback(lambda y: np.asarray(shared.value(np.asarray(y))), number, x)

    @fun.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        value, gradient = jax.pure_callback(both, (number, vector), *primals)
        return value, jnp.dot(gradient, tangents[0])

    found = optx.minimise(
        lambda x, _: fun(x),
        getattr(optx, solver)(rtol=TOLERANCE, atol=TOLERANCE),
        jnp.asarray(shared.x0),
        max_steps=ITERATIONS,
        throw=False,
    )
    met = bool(found.result == optx.RESULTS.successful)
    return Claim(met, str(found.result), np.asarray(found.value))


def claim(solve: Solve, case: Case) -> Claim:
    """What a solver says of its run; an exception or too many evaluations are no success."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return solve(case)
        except Spent:
            return Claim(False, "too many evaluations", np.full(np.size(case.start), np.nan))
        except Exception as error:
            return Claim(False, f"raises {type(error).__name__}", np.full(1, np.nan))


HOMES = {"IPOPT": "cyipopt", "POUNCE": "pounce", "Optimistix BFGS": "optimistix"}
"""The packages that may not be installed."""

SOLVERS: dict[str, Solve] = {
    "extremum": partial(extremum, "auto"),
    **{
        f"extremum {name}": partial(extremum, name)
        for name in ("newton", "newton-cg", "bfgs", "l-bfgs", "conjugate-gradient")
    },
    "extremum, many starts": many_starts,
    **{f"SciPy {name}": partial(scipy, name) for name in SCIPY},
    "IPOPT": partial(ipopt, "cyipopt"),
    "POUNCE": partial(ipopt, "pounce"),
    "Optimistix BFGS": partial(optimistix, "BFGS"),
}


def installed() -> dict[str, Solve]:
    """Those whose package can be found."""
    return {
        name: solve
        for name, solve in SOLVERS.items()
        if name not in HOMES or importlib.util.find_spec(HOMES[name])
    }
