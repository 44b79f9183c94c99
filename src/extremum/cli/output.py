"""What the command prints: the card, JSON, a progress line, complaints."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.text import Text

from extremum.outcomes import DerivativeWarning
from extremum.solve import Result

if TYPE_CHECKING:
    from extremum.mechanics import Path
    from extremum.regression import TableRows

SCHEMA = "extremum.minimize/1"
"""The version of what --json prints; it changes when a field changes its name or meaning."""

PATH_SCHEMA = "extremum.path/1"
"""The same of paths."""

FIT_SCHEMA = "extremum.fit/1"
"""The same for `extremum fit`: the fields of `minimize`, and those of the regression."""

PATIENCE = 0.5
"""A progress line appears on a terminal after so many seconds."""


def complain(*sentences: str) -> None:
    """Write an error to stderr, without a traceback."""
    print(*("extremum:", *sentences), file=sys.stderr)


def print_card(result: Result | Path) -> None:
    """Print the card of a result on stdout."""
    Console().print(result)


def print_json(result: Result) -> None:
    """Print the result on stdout as one JSON object; what is not finite is null."""
    print(json.dumps(_plain({"schema": SCHEMA, **_described(result)}), allow_nan=False))


def print_fit(estimator: Any, rows: TableRows) -> None:
    """Print a fitted regression on stdout: the summary, what was decided, the result's card."""
    console = Console()
    console.print(estimator.summary())
    for note in rows.notes:
        console.print(Text(note), soft_wrap=True)
    print_card(estimator.result_)


def print_fit_json(estimator: Any, model: str, rows: TableRows) -> None:
    """Print a fitted regression on stdout as one JSON object."""
    document = {
        "schema": FIT_SCHEMA,
        "model": model,
        "rows": rows.n_rows,
        "target": rows.target.name,
        "features": rows.feature_names,
        "coef": estimator.coef_,
        "intercept": estimator.intercept_,
        "classes": getattr(estimator, "classes_", None),
        **_described(estimator.result_),
    }
    document["notes"] = [*rows.notes, *document["notes"]]
    print(json.dumps(_plain(document), allow_nan=False))


def _described(result: Result) -> dict[str, Any]:
    certificate = result["certificate"]
    return {
        "success": result["success"],
        "verdict": certificate.verdict.name,
        "is_minimum": certificate.is_minimum,
        "x": result["x"],
        "fun": result["fun"],
        "gradient_norm": certificate.gradient_norm,
        "gradient_floor": certificate.gradient_floor,
        "eigenvalues": certificate.eigenvalues,
        "morse_index": certificate.morse_index,
        "nullity": certificate.nullity,
        "radius": certificate.radius,
        "distance": certificate.distance,
        "lower_point": certificate.lower_point,
        "lower_value": certificate.lower_value,
        "flat_directions": certificate.flat_directions,
        "ray": None if certificate.ray is None else certificate.ray.direction,
        "reasons": [reason.name for reason in result["reasons"]],
        "message": result["message"],
        "nit": result["nit"],
        "nfev": result["nfev"],
        "njev": result["njev"],
        "nhev": result["nhev"],
        "nhvp": result["nhvp"],
        "seconds": result["seconds"],
        "method": result["method"],
        "source": result["source"],
        "notes": list(result["notes"]),
    }


def print_path_json(path: Path) -> None:
    """Print a path on stdout as one JSON object; what is not finite is null."""
    certificate = path.certificate
    document = {
        "schema": PATH_SCHEMA,
        "success": path.success,
        "verdict": certificate.verdict.name,
        "is_minimum": certificate.is_minimum,
        "morse_index": certificate.morse_index,
        "nullity": certificate.nullity,
        "eigenvalues": certificate.eigenvalues,
        "conjugate_times": path.conjugate_times,
        "action": path.action,
        "error_estimate": path.error_estimate,
        "energy_drift": path.energy_drift,
        "t": path.t,
        "q": path.q,
        "v": path.v,
        "momentum": path.momentum,
        "energy": path.energy,
        "rule": path.rule,
        "nit": len(path.trace) - 1,
        "message": path.message,
        "evidence": list(certificate.evidence),
    }
    print(json.dumps(_plain(document), allow_nan=False))


def _plain(value: Any) -> Any:
    """Give JSON what it knows: lists, numbers, null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextlib.contextmanager
def progress() -> Iterator[Callable[..., None] | None]:
    """Give a callback that keeps a line on the terminal; None where stderr is not one."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    started = time.perf_counter()
    with console.status("") as status:
        status.stop()

        def show(intermediate_result: Any) -> None:
            if time.perf_counter() - started < PATIENCE:
                return
            norm = float(np.abs(intermediate_result.jac).max())
            status.update(
                f"iteration {intermediate_result.nit}: value {intermediate_result.fun:.10g}, "
                f"gradient {norm:.2e}"
            )
            status.start()

        yield show


@contextlib.contextmanager
def warnings_as_sentences(ours: type[Warning] = DerivativeWarning) -> Iterator[None]:
    """Show our own warnings as sentences on stderr; others as they come."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, ours):
                complain(str(message))
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        warnings.simplefilter("always", ours)
        yield
