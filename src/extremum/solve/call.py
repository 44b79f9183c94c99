"""A call: what a user asked for, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from extremum.methods import Method
from extremum.objective import (
    FunctionObjective,
    Objective,
    Parameters,
    by_differences,
    make_objective,
    show_point,
)
from extremum.outcomes import InvalidInput, OutOfTime, UnknownOption
from extremum.solve.alarm import TimeIsUp, alarm, beside
from extremum.solve.checkpoint import Checkpoint, Keeper, Snapshot, Stored
from extremum.solve.description import read_description
from extremum.solve.loop import Goal
from extremum.solve.manifest import choices_of, described, manifest_of
from extremum.solve.options import (
    choose_method,
    choose_tests,
    limits,
    read_callback,
    read_options,
)
from extremum.solve.resume import check_call, check_function, probe, set_counts
from extremum.solve.stops import Limits, StopTest
from extremum.solve.trace import MOST_KEPT


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a user asked for, as they said it; the fields are the parameters of `minimize`.

    But for `chosen`: the manifest of a run whose choices are not to be made again.
    """

    fun: Callable[..., Any] | Objective
    x0: Any
    args: tuple[Any, ...]
    goal: Goal
    method: Any
    jac: Any
    hess: Any
    hessp: Any = None
    structure: Any = "auto"
    stop: Any
    tol: float | None
    callback: Any
    maxiter: int | None
    maxfev: int | None
    max_seconds: float | None
    keep_x: bool | None = None
    checkpoint: Any = None
    resume: Any = None
    options: Mapping[str, Any] | None
    unknown: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] | None = None

    def read(self) -> Problem:
        """Check the call and make its parts."""
        known = [name for name in self.__dataclass_fields__ if name != "chosen"]
        further = read_options(self.options, self.unknown, known)
        parameters = Parameters.of(self.x0)
        spent = {name: getattr(self, name) for name in ("maxiter", "maxfev", "max_seconds")}
        tests = choose_tests(self.stop, further.get("tol") if self.tol is None else self.tol)
        bounds, callback = limits(spent, further), read_callback(self.callback)
        choose_method(self.method, None, parameters.size)  # an unknown name is refused first
        checkpoint = Checkpoint.read(self.checkpoint)
        stored = self._stored(checkpoint)
        keep_x = self._keeps_x(parameters.size)
        if stored is not None:
            asked = described(self, parameters, tests, keep_x)
            check_call(stored, asked)
        chosen = self.chosen if stored is None else stored.manifest
        objective = self._objective(parameters, chosen, bounds.max_seconds)
        method, text = self._method(objective, parameters.size, chosen)
        if chosen is not None:  # an Objective may have been evaluated before a run
            set_counts(objective, chosen.get("counts", {}))
        return Problem(
            self,
            objective,
            parameters,
            method,
            text,
            tests,
            bounds,
            self.goal,
            callback,
            keep_x,
            objective.counts.as_dict(),
            checkpoint,
            stored,
        )

    def _keeps_x(self, n: int) -> bool:
        given: object = self.keep_x
        if given is not None and not isinstance(given, bool | np.bool):
            raise InvalidInput(f"keep_x={given!r}: True or False is needed.")
        return n <= MOST_KEPT if given is None else bool(given)

    def _stored(self, checkpoint: Checkpoint | None) -> Stored | None:
        """The checkpoint to go on from, unless there is none yet where it is to be written."""
        if self.resume is None or self.resume is False:
            return None
        own = None if checkpoint is None else Path(checkpoint.path)
        if self.resume is True:
            if own is None:
                raise InvalidInput(
                    "resume=True goes with checkpoint=; or name the file: resume='run.ckpt'."
                )
            given: Any = own
        else:
            given = self.resume
        if isinstance(given, str | Path) and own == Path(given) and Stored.is_missing(own):
            return None
        return Stored.read(given)

    def _method(
        self, objective: Objective, n: int, chosen: Mapping[str, Any] | None
    ) -> tuple[Method, str]:
        if chosen is None or self.method not in (None, "auto"):
            return choose_method(self.method, objective, n)
        method = read_description(str(chosen.get("method")))
        return choose_method(method, objective, n)[0], str(chosen.get("why_method"))

    def _objective(
        self, parameters: Parameters, chosen: Mapping[str, Any] | None, seconds: float | None
    ) -> Objective:
        if not isinstance(self.fun, Objective):
            try:
                with alarm(beside(seconds)):
                    return make_objective(
                        self.fun,
                        parameters,
                        self.args,
                        self.jac,
                        self.hess,
                        self.hessp,
                        self.structure,
                        None if chosen is None else choices_of(chosen),
                    )
            except TimeIsUp:
                raise OutOfTime(
                    f"To call the function at x = {show_point(parameters.start)} and to find its "
                    f"derivatives took longer than {beside(seconds):g} seconds, so there is no "
                    "point to return. Raise max_seconds."
                ) from None
        left_out = {"args": (), "jac": None, "hess": None, "hessp": None, "structure": "auto"}
        for name, nothing in left_out.items():
            given = getattr(self, name)
            if type(given) is not type(nothing) or given != nothing:
                raise UnknownOption(f"{name}= has no meaning here: an Objective brings its own.")
        return self.fun


@dataclass(frozen=True)
class Problem:
    """A call, read and checked."""

    call: Call
    objective: Objective
    parameters: Parameters
    method: Method
    method_text: str
    tests: tuple[StopTest, ...]
    limits: Limits
    goal: Goal
    callback: Callable[[Any, Any], None] | None
    keep_x: bool
    counts: dict[str, int]
    """The evaluations before the run."""
    checkpoint: Checkpoint | None = None
    stored: Stored | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What is to be known to tell the run from others, and to do it again."""
        return manifest_of(self)

    def keeper(self) -> Keeper | None:
        """What writes the run down, where a checkpoint is asked for."""
        if self.checkpoint is None:
            return None
        found = probe(self.objective, self.parameters.start)
        damaged = self.stored is not None and self.stored.damaged
        return Keeper(self.checkpoint, self.manifest, found, damaged)

    def snapshot(self) -> tuple[Snapshot | None, tuple[str, ...]]:
        """Where the run goes on from, where it does, and what a reader should know of that.

        Raises
        ------
        InvalidInput
            If the checkpoint is of another function.
        """
        if self.stored is None:
            return None, ()
        snapshot = self.stored.snapshot(self.objective)
        return snapshot, check_function(self.stored, snapshot, self.objective, self.manifest)

    def by_differences(self, why: str) -> Problem:
        """The same, begun afresh, after what was followed proved to be wrong."""
        assert isinstance(self.objective, FunctionObjective)
        counts = self.objective.counts.as_dict()
        differences = by_differences(self.objective, why)
        return replace(self, objective=differences, counts=counts, stored=None)
