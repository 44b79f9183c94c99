"""What the command line's words mean."""

from __future__ import annotations

import csv
import difflib
import importlib.util
import math
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from extremum.methods import (
    Armijo,
    BarzilaiBorwein,
    ExactStep,
    GradientDescent,
    GradientNormDecrease,
    Newton,
)
from extremum.objective.differences import SCHEMES
from extremum.objective.expression import TimedExpression, parse_expression, parse_potential
from extremum.outcomes import InvalidInput, UnknownOption
from extremum.solve import Checkpoint, GradientNorm, RelativeStep, SquaredStep, ValueChange

STOPS: dict[str, Callable[[float], Any]] = {
    "gradient-norm": GradientNorm,
    "relative-step": RelativeStep,
    "squared-step": SquaredStep,
    "value-change": ValueChange,
}
STEPS: dict[str, Callable[[], Any]] = {
    "armijo": Armijo,
    "exact": ExactStep,
    "barzilai-borwein": BarzilaiBorwein,
    "gradient-norm-decrease": GradientNormDecrease,
}
_FILE = re.compile(r"(?P<path>.+\.py):(?P<name>[A-Za-z_]\w*)")


def read_function(text: str) -> Callable[..., Any]:
    """Read ``FILE.py:FUNCTION``, or an expression in x or in x0, x1 and so on."""
    return _read_function(text, parse_expression)


def read_potential(text: str) -> Callable[..., Any]:
    """Read the same, of a point, or of the time too."""
    return _read_function(text, parse_potential)


def _read_function(text: str, parse: Callable[[str], Callable[..., Any]]) -> Callable[..., Any]:
    match = _FILE.fullmatch(text.strip())
    if match is None:
        if text.strip().endswith(".py") or ".py:" in text:
            raise InvalidInput(f"{text.strip()!r}: name a function of the file, FILE.py:FUNCTION.")
        return parse(text.strip())
    path = Path(match["path"])
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # its neighbours can be imported
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InvalidInput(f"{path} can't be loaded: {type(error).__name__}: {error}.") from error
    function = getattr(module, match["name"], None)
    if not callable(function):
        names = [name for name, value in vars(module).items() if callable(value)]
        raise InvalidInput(
            f"{path} has no function {match['name']!r}.{_near(match['name'], names)}"
        )
    found: Callable[..., Any] = function
    return found


def read_checkpoint(path: Path | None, every: int | None) -> Checkpoint | None:
    """Read ``--checkpoint`` with its ``--every``."""
    if path is None:
        if every is not None:
            raise UnknownOption("--every goes with --checkpoint; name a file.")
        return None
    return Checkpoint(path, iterations=every)


def read_start(text: str) -> list[float]:
    """Read ``2,0.25``."""
    return _numbers("--start", text)


def _numbers(option: str, text: str) -> list[float]:
    numbers = []
    for place, part in enumerate(text.split(",")):
        try:
            numbers.append(float(part))
        except ValueError:
            raise InvalidInput(
                f"{option}: component {place}, {part.strip()!r}, is not a number. "
                f"Write it like {option} 2,0.25."
            ) from None
    return numbers


def read_event(option: str, text: str) -> float | list[float]:
    """Read ``2``, a number, or ``2,0.25``, several."""
    numbers = _numbers(option, text)
    return numbers[0] if len(numbers) == 1 else numbers


def read_motion(text: str, start: float | list[float]) -> Callable[[float], Any]:
    """Read a formula in t for each coordinate, separated by ``;``."""
    parts = [_in_time(part) for part in text.split(";")]
    d = len(start) if isinstance(start, list) else 1
    if len(parts) != d:
        raise InvalidInput(
            f"--guess has {len(parts)} formulas and the path {d} coordinates; give one for each, "
            "separated by ;."
        )
    if d == 1:
        return parts[0]
    return lambda t: [part(t) for part in parts]


def _in_time(text: str) -> Callable[[float], Any]:
    formula = parse_potential(text)
    if isinstance(formula, TimedExpression) and formula.of_point.variables == ("x",):
        return lambda t: formula(t, 0.0)
    raise InvalidInput(f"--guess: {text.strip()!r} is not a formula in t, such as 2 - 2*t.")


def read_method(name: str, step: str | None) -> Any:
    """Read ``--method`` with its ``--step``."""
    if step is None:
        return name
    kinds: dict[str, Callable[..., Any]] = {"gradient-descent": GradientDescent, "newton": Newton}
    if name not in kinds:
        raise UnknownOption(
            "--step goes with --method gradient-descent or --method newton; name one of them."
        )
    if step in STEPS:
        return kinds[name](step=STEPS[step]())
    return kinds[name](step=_number("--step", step, STEPS))


def read_scheme(text: str | None) -> Any:
    """Read ``2-point:1e-6``."""
    if text is None:
        return None
    name, colon, step = text.partition(":")
    scheme = _look_up("--jac", name, SCHEMES)
    return scheme(_positive("--jac", step)) if colon else scheme()


def read_stops(texts: Iterable[str]) -> tuple[Any, ...] | None:
    """Read each ``relative-step:1e-8``."""
    tests = []
    for text in texts:
        name, colon, tolerance = text.partition(":")
        test = _look_up("--stop", name, STOPS)
        if not colon:
            raise InvalidInput(f"--stop {name} needs a tolerance: --stop {name}:1e-8.")
        tests.append(test(_number("--stop", tolerance, ())))
    return tuple(tests) or None


def read_names(option: str, text: str | None) -> list[str] | None:
    """Read ``a,b``; a name that holds a comma is quoted, as in a CSV file."""
    if text is None:
        return None
    names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True))]
    if not all(names):
        raise InvalidInput(f"{option} {text!r}: a name is empty. Write it like {option} a,b.")
    return names


def check_output(option: str, path: Path | None, endings: tuple[str, ...]) -> None:
    """Refuse a file that could not be written, before anything is computed."""
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise InvalidInput(f"{option} {path}: the name must end in {' or '.join(endings)}.")
    if not path.resolve().parent.is_dir():
        raise InvalidInput(f"{option} {path}: there is no folder {path.parent}; make it first.")


def _number(option: str, text: str, words: Iterable[str]) -> float:
    try:
        return float(text)
    except ValueError:
        known = ", ".join(words)
        expected = f"neither a number nor one of {known}" if known else "not a number"
        raise InvalidInput(f"{option}: {text!r} is {expected}.{_near(text, words)}") from None


def _positive(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InvalidInput(f"{option}: {text!r} is not a positive number.")
    return value


def _look_up(option: str, name: str, known: dict[str, Any]) -> Any:
    if name not in known:
        raise UnknownOption(
            f"{option} {name!r} is unknown; there are {', '.join(known)}.{_near(name, known)}"
        )
    return known[name]


def _near(name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {near[0]}?" if near else ""
