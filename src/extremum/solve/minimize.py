"""The calls a user makes: `minimize`, `stationary`, `minimize_scalar`, `certify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from extremum.certify import Certificate
from extremum.methods import BracketedNewton, GradientNormDecrease, Newton
from extremum.objective import Objective, Parameters, make_objective
from extremum.solve.call import Call
from extremum.solve.result import Result
from extremum.solve.solver import judged, solve
from extremum.solve.stops import GradientNorm


def minimize(
    fun: Callable[..., Any] | Objective,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: Any = "auto",
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    structure: Any = "auto",
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    keep_x: bool | None = None,
    checkpoint: Any = None,
    resume: Any = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find a local minimum of a smooth function, and certify it.

    Parameters
    ----------
    fun : callable or Objective
        ``fun(x, *args) -> float``, written in NumPy, in `jax.numpy` or, for a start of tensors, in
        PyTorch. Its derivatives are found by themselves where they aren't given. An `Objective`
        brings its own, and its storage.
    x0 : array_like, float, pytree, tensor or module
        The start. Results keep its structure; for a PyTorch module, of which the trainable
        parameters are varied, `x` is the dict of them by name, for `load_state_dict`.
    args : tuple
        Further arguments of `fun`, `jac`, `hess` and `hessp`.
    method : str or Method
        ``"auto"``: `TrustRegion()` where second derivatives are exact or the user's own, or there
        are at most 20 variables; else `BFGS()`, and beyond 1000 variables `LBFGS()`. By name:
        ``"trust-region"``, ``"newton"``, ``"newton-cg"``, ``"bfgs"``, ``"l-bfgs"``,
        ``"conjugate-gradient"``, ``"gradient-descent"``, ``"barzilai-borwein"``. Or a description
        such as ``TrustRegion(radius=0.1)``, ``GradientDescent(step=0.15)``, ``LBFGS(memory=20)``.
    jac : callable, True, {"2-point", "3-point", "cs"} or a scheme, optional
        The gradient. ``True``: `fun` returns ``(value, gradient)``. A scheme, such as
        ``ForwardDifference(1e-6)``, takes differences.
    hess : callable, optional
        ``hess(x, *args)``, an array or a sparse matrix of shape (n, n), both triangles.
    hessp : callable, optional
        ``hessp(x, v, *args)``, an array of shape (n,).
    structure : "auto", "dense", "operator", "tridiagonal", int, array_like or sparse matrix
        The storage of the Hessian that is found from the function. ``"auto"``: dense below 64
        variables; else by its structure, looked for in at most ten seconds: tridiagonal, banded or
        sparse, with a part of low rank; without any, dense up to 1000 variables, then products
        only. To save the search: ``"tridiagonal"``; a number b, where only entries with |i − j| ≤ b
        are not zero; or a pattern of shape (n, n), whose nonzeros (the stored entries, if it is
        sparse) are those of the Hessian. ``"dense"``: the whole matrix; ``"operator"``: products
        only. What is declared is compared with exact products.
    stop : StopTest or sequence of them, optional
        ``GradientNorm(1e-8)`` by default; `RelativeStep`, `SquaredStep`, `ValueChange`.
    tol : float, optional
        Short for ``stop=GradientNorm(tol)``.
    callback : callable, optional
        Called after each iteration, as ``callback(intermediate_result=…)`` if that is its one
        parameter's name, else as ``callback(x)``. It may raise `StopIteration`.
    maxiter, maxfev : int, optional
        Limits of iterations and of evaluations of `fun`.
    max_seconds : float, optional
        Limit of the run's time, looked at before each evaluation. An evaluation that is Python's is
        interrupted, on the main thread; compiled code is not. Preparation and certificate may take
        as long again each, but at least ten seconds.
    keep_x : bool, optional
        Whether the trace keeps the points; by default up to 100 variables.
    checkpoint : str, Path or Checkpoint, optional
        A file to write the run down in, every two seconds; ``Checkpoint(path, iterations=100)``
        says otherwise. If it can't be written the run goes on, and says so.
    resume : str, Path or True, optional
        The checkpoint to go on from, with the same function and the same call but for its limits:
        the trace is that of a run that was never interrupted. True: that of ``checkpoint=``. Where
        both are the same file and it is not there yet, the run begins at the start.
    options : dict, optional
        SciPy's spelling of the limits and of ``gtol``.

    Returns
    -------
    Result
        With `x`, `fun`, `success`, `trace`, `certificate` and SciPy's other fields.

    Raises
    ------
    InvalidInput
        If the start, the function's value there, or an argument can't be used, or the Hessian has
        not the structure that is declared.
    UnknownOption
        If an option or a method does not exist, or has no meaning here (``bounds=``).
    Untraceable
        If exact derivatives can't be had, and one gradient by differences would take a minute.
    OutOfTime
        If `max_seconds` are spent before the function was evaluated once.

    Notes
    -----
    `success` means that the run ended as it should, by a test or at the limit of floating point,
    *and* that the certificate says `MINIMUM`, or `DEGENERATE` with `is_minimum` True. A run that
    ends at a saddle or a maximum is started again from a lower point, at most ten times.

    Ctrl-C ends a run with the best point so far. An exception that `fun` or the callback raises is
    passed on; its attribute `extremum_result` is the result up to there.

    Examples
    --------
    >>> import extremum as ex
    >>> result = ex.minimize(lambda x: (x[0] - 1) ** 2 + (x[1] + 2) ** 4, [0.0, 0.0])
    >>> result.success, result.certificate.verdict.name
    (True, 'DEGENERATE')
    """
    return solve(
        Call(
            fun=fun,
            x0=x0,
            args=args,
            goal="minimum",
            method=method,
            jac=jac,
            hess=hess,
            hessp=hessp,
            structure=structure,
            stop=stop,
            tol=tol,
            callback=callback,
            maxiter=maxiter,
            maxfev=maxfev,
            max_seconds=max_seconds,
            keep_x=keep_x,
            checkpoint=checkpoint,
            resume=resume,
            options=options,
            unknown=unknown,
        ).read()
    )


def stationary(
    fun: Callable[..., Any] | Objective,
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    method: Any = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    structure: Any = "auto",
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    keep_x: bool | None = None,
    checkpoint: Any = None,
    resume: Any = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find the stationary point near a start, whatever kind it is, and say which kind.

    The parameters and the result are those of `minimize`; `success` also allows `SADDLE`, `MAXIMUM`
    and `DEGENERATE`.

    Parameters
    ----------
    method : str or Method, optional
        By default ``Newton(step=GradientNormDecrease())``: Newton's iteration on ∇φ = 0, shortened
        until the gradient's norm decreases. It solves with the Hessian as it is stored, so beyond
        1000 variables it needs a structure. ``Newton(step=1)`` is the pure iteration; other
        methods, as for `minimize`, lead to minima.
    structure : "auto", "dense", "operator", "tridiagonal", int, array_like or sparse matrix
        As for `minimize`; the certificate's Hessian has that storage.
    fun, x0, args, jac, hess, hessp, stop, tol, callback
        As for `minimize`.
    maxiter, maxfev, max_seconds, keep_x, checkpoint, resume, options
        As for `minimize`.

    Returns
    -------
    Result

    Raises
    ------
    InvalidInput, UnknownOption
        As for `minimize`.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.stationary(lambda x: x[0] ** 2 - x[1] ** 2, [0.3, 0.2]).certificate.verdict.name
    'SADDLE'
    """
    if method is None or method == "auto":
        method = Newton(step=GradientNormDecrease())
    return solve(
        Call(
            fun=fun,
            x0=x0,
            args=args,
            goal="stationary",
            method=method,
            jac=jac,
            hess=hess,
            hessp=hessp,
            structure=structure,
            stop=stop,
            tol=tol,
            callback=callback,
            maxiter=maxiter,
            maxfev=maxfev,
            max_seconds=max_seconds,
            keep_x=keep_x,
            checkpoint=checkpoint,
            resume=resume,
            options=options,
            unknown=unknown,
        ).read()
    )


def minimize_scalar(
    fun: Callable[..., Any],
    bracket: tuple[float, float] = (0.0, 1.0),
    args: tuple[Any, ...] = (),
    *,
    jac: Any = None,
    hess: Any = None,
    stop: Any = None,
    tol: float | None = None,
    callback: Any = None,
    maxiter: int | None = None,
    maxfev: int | None = None,
    max_seconds: float | None = None,
    options: dict[str, Any] | None = None,
    **unknown: Any,
) -> Result:
    """Find a minimum of a function of one variable: the root of φ′, certified by φ″.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float`` with `x` a number.
    bracket : tuple of float
        Two points. Where φ′ does not turn from negative to positive between them, the bracket is
        moved downhill until it does.
    stop : StopTest or sequence of them, optional
        By default the run goes on until floating point has no better point.
    args, jac, hess, tol, callback, maxiter, maxfev, max_seconds, options
        As for `minimize`.

    Returns
    -------
    Result
        With `x` a number.

    Raises
    ------
    InvalidInput, UnknownOption
        As for `minimize`.

    Examples
    --------
    >>> import numpy as np, extremum as ex
    >>> print(ex.minimize_scalar(lambda x: np.exp(x - np.sqrt(x)) - x, bracket=(1, 3)).x)
    1.8100198166186225
    """
    if stop is None and tol is None and "gtol" not in (options or {}):
        stop = GradientNorm(atol=0.0)
    return solve(
        Call(
            fun=fun,
            x0=float(min(bracket)),
            args=args,
            goal="minimum",
            method=BracketedNewton(bracket),
            jac=jac,
            hess=hess,
            stop=stop,
            tol=tol,
            callback=callback,
            maxiter=maxiter,
            maxfev=maxfev,
            max_seconds=max_seconds,
            options=options,
            unknown=unknown,
        ).read()
    )


def certify(
    fun: Callable[..., Any],
    x: Any,
    args: tuple[Any, ...] = (),
    *,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
) -> Certificate:
    """Say what a point is, wherever it came from.

    Parameters
    ----------
    fun, args, jac, hess, hessp
        As for `minimize`. Exact derivatives are used where they can be had.
    x : array_like, float or pytree
        The point.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidInput
        If the point is not finite, or the function's value there is not.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.certify(lambda x: x[0] ** 3, [0.0]).is_minimum
    False
    """
    parameters = Parameters.of(x, "point")
    objective = make_objective(fun, parameters, args, jac, hess, hessp)
    return judged(objective, parameters.start)
