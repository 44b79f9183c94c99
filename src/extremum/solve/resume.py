"""Whether a checkpoint is of the run that is to go on: the same call of the same function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from extremum.methods import State
from extremum.objective import AGREEMENT, Objective, Vector, fingerprint, near, show_point
from extremum.outcomes import InvalidInput
from extremum.solve.checkpoint import Snapshot, Stored
from extremum.solve.loop import Run
from extremum.solve.manifest import SAME, same_place
from extremum.solve.trace import COUNTED

WORDS = {
    "goal": "the goal",
    "dtype": "the dtype",
    "parameters": "the parameters' shapes",
    "start": "the start",
    "asked": "structure=",
    "stop": "the stopping tests",
}
"""What messages call the fields of a manifest; the rest are called by their parameters."""


def probe(objective: Objective, start: Vector) -> dict[str, Any]:
    """What tells a function from others: what it computes with, and its value beside the start."""
    return {"fingerprint": fingerprint(objective), "value": _value(objective, near(start))}


def set_counts(objective: Objective, counts: Mapping[str, int]) -> None:
    """Let an objective go on counting from somewhere else."""
    for name, value in counts.items():
        if name in COUNTED:
            setattr(objective.counts, name, int(value))


def check_call(stored: Stored, asked: dict[str, Any]) -> None:
    """Refuse a checkpoint of another call.

    Parameters
    ----------
    stored : Stored
    asked : dict
        The call that is to go on (`described`).

    Raises
    ------
    InvalidInput
        If something differs that a trace depends on; the message names it.
    """
    for name in SAME:
        then, now = stored.manifest.get(name), asked[name]
        if then == now:
            continue
        what = WORDS.get(name, f"{name}=")
        shown = "" if name == "start" else f": {then} there, {now} here"
        raise InvalidInput(
            f"The checkpoint {stored.path} is of another run, for {what} differs{shown}. "
            "Resume with the same call, or leave resume= out."
        )


def check_function(
    stored: Stored, snapshot: Snapshot, objective: Objective, manifest: dict[str, Any]
) -> tuple[str, ...]:
    """Refuse a checkpoint of another function; what a reader should know where it is the same.

    Raises
    ------
    InvalidInput
        If its code, its data or its values are others.
    """
    before = objective.counts.as_dict()
    try:
        return _checked(stored, snapshot, objective, manifest)
    finally:
        set_counts(objective, before)


def _checked(
    stored: Stored, snapshot: Snapshot, objective: Objective, manifest: dict[str, Any]
) -> tuple[str, ...]:
    notes = [f"resumed from {stored.path}, after iteration {len(snapshot.trace) - 1}"]
    if stored.note is not None:
        notes.append(stored.note)
    elsewhere = same_place(stored.manifest)
    for name in ("source", "structure", "method"):
        if stored.manifest.get(name) != manifest[name]:
            raise _another(stored, f"its {name} is {manifest[name]}", stored.manifest.get(name))
    if elsewhere is None and stored.probe.get("fingerprint") != fingerprint(objective):
        raise _another(stored, "its code or the data that it uses differ", None)
    state, start = snapshot.settled.state, snapshot.settled.first.x
    rounding = False
    for x, then in ((near(start), stored.probe.get("value")), (state.x, state.fun)):
        now = _value(objective, x)
        if now == then or (now != now and then != then):
            continue
        if now != _value(objective, x):
            notes.append("the function's value is not determined by its arguments")
            break
        scale = max(abs(snapshot.settled.first.fun), abs(then or 0.0), abs(now or 0.0))
        if now is None or then is None or not abs(now - then) <= AGREEMENT * scale:
            raise _another(stored, f"at x = {show_point(x)} its value is {now}", then)
        rounding = True
    if elsewhere is not None:
        notes.append(f"resumed with {elsewhere}")
    if rounding and elsewhere is not None:
        notes.append("values differ by rounding from then on, so the trace may")
    return tuple(notes)


def _another(stored: Stored, what: str, then: Any) -> InvalidInput:
    there = "" if then is None else f" and was {then} there"
    return InvalidInput(
        f"The checkpoint {stored.path} is of another function: {what}{there}. "
        "Resume with the same function, or leave resume= out."
    )


def _value(objective: Objective, x: Vector) -> float | None:
    """φ(x), uncounted; None where it can't be had."""
    before = objective.counts.as_dict()
    try:
        with np.errstate(all="ignore"):
            return float(objective.value(x))
    except Exception:  # outside of the function's domain
        return None
    finally:
        set_counts(objective, before)


def set_going(snapshot: Snapshot, run: Run) -> State:
    """Put a run where a snapshot says it was; the state to go on from."""
    settled = snapshot.settled
    run.first, run.best = settled.first, settled.best
    run.round, run.sharper = settled.round, settled.sharper
    run.trace = snapshot.trace
    run.started -= snapshot.seconds
    set_counts(run.objective, snapshot.trace.counts)
    return settled.state
