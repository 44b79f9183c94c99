"""Checkpoints: when a run is written down, and what is written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from extremum.methods import State, pack, unpack
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput
from extremum.solve import container
from extremum.solve.loop import Run, Settled
from extremum.solve.trace import Trace

SECONDS = 2.0
"""Seconds between two checkpoints where nothing else is said."""

LARGEST_SHARE = 0.05
"""By the clock, no more than this part of a run's time is spent on writing."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a run is written down, and how often.

    Parameters
    ----------
    path : str or Path
        The file. The one before it is kept beside it, as ``path.previous``.
    iterations : int, optional
        Every so many iterations.
    seconds : float, optional
        Whenever so many seconds have passed; by default 2, if no number of iterations is given.

    Examples
    --------
    >>> import extremum as ex
    >>> ex.Checkpoint("run.ckpt", iterations=100)
    Checkpoint(path='run.ckpt', iterations=100, seconds=None)
    """

    path: str | Path
    iterations: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        iterations, seconds = self.iterations, self.seconds
        whole = isinstance(iterations, int | np.integer) and not isinstance(iterations, bool)
        if iterations is not None and not (whole and iterations >= 1):
            raise InvalidInput(f"iterations={iterations!r}: a whole number from 1 on is needed.")
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if seconds is not None and not (number and seconds >= 0):
            raise InvalidInput(f"seconds={seconds!r}: a number that is not negative is needed.")

    @classmethod
    def read(cls, given: Any) -> Checkpoint | None:
        """What a call says by ``checkpoint=``, with its folder looked at.

        Raises
        ------
        InvalidInput
            If it is no path, or one where no checkpoint can be.
        """
        if given is None or isinstance(given, cls):
            found = given
        elif isinstance(given, str | Path):
            found = cls(given)
        else:
            raise InvalidInput(
                f"checkpoint={given!r}: give the name of a file, or a Checkpoint(path, …)."
            )
        if found is None:
            return None
        path = Path(found.path)
        if not path.parent.is_dir():
            raise InvalidInput(f"There is no folder {path.parent} for the checkpoint {path.name}.")
        if path.is_dir() or not container.may_be_replaced(path):
            raise InvalidInput(
                f"{path} is no checkpoint, so none is written over it. Name another file."
            )
        return found


@dataclass(frozen=True)
class Snapshot:
    """A run at the moment of a checkpoint.

    Attributes
    ----------
    manifest : dict
        Of the run, to know its call by.
    probe : dict
        What the function gave beside the start.
    settled : Settled
    trace : Trace
    seconds : float
        How long it had run.
    """

    manifest: dict[str, Any]
    probe: dict[str, Any]
    settled: Settled
    trace: Trace
    seconds: float


class Keeper:
    """Writes a run down, when it is time to.

    Parameters
    ----------
    checkpoint : Checkpoint
    manifest, probe : dict
        What tells the run's call and its function from others.
    replaces_damaged : bool
        Whether the file there is damaged, so that it is not to be kept as the previous one.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        manifest: dict[str, Any],
        probe: dict[str, Any],
        replaces_damaged: bool = False,
    ) -> None:
        self.checkpoint = checkpoint
        self.path = Path(checkpoint.path)
        self.manifest, self.probe = manifest, probe
        self.replaces_damaged = replaces_damaged
        self.trouble: str | None = None
        self._written = -1
        self._looked = -1
        self._at = -float("inf")
        self._took = 0.0

    def __call__(self, run: Run) -> None:
        """Write the run down, if it is time to."""
        assert run.settled is not None
        rows, now = run.settled.rows, time.perf_counter()
        every, seconds = self.checkpoint.iterations, self.checkpoint.seconds
        due = self._looked < 0 or (every is not None and rows - self._looked >= every)
        if seconds is not None or every is None:
            pause = max(SECONDS if seconds is None else seconds, self._took / LARGEST_SHARE)
            due = due or now - self._at >= pause
        if due:
            self._looked, self._at = rows, now
            self._write(run)
            self._took = time.perf_counter() - now

    def finish(self, run: Run) -> None:
        """Write down where a run ended, if it could go on from there."""
        if run.settled is not None and run.settled.rows > self._written:
            try:
                self._write(run)
            except KeyboardInterrupt:  # once more: the result is worth more than its checkpoint
                self.trouble = f"the checkpoint {self.path} was interrupted"

    def _write(self, run: Run) -> None:
        assert run.settled is not None
        try:
            data = encoded(self.manifest, self.probe, run.settled, run.trace, run.seconds)
            container.write(self.path, data, keep=not self.replaces_damaged)
        except (OSError, MemoryError) as error:
            # The run is worth more than its checkpoint.
            why = getattr(error, "strerror", None) or type(error).__name__
            last = f"that of iteration {self._written - 1} is intact"
            self.trouble = (
                f"the checkpoint {self.path} could not be written at iteration "
                f"{run.settled.rows - 1} ({why}); "
                f"{last if self._written > 0 else 'there is none of this run'}"
            )
        else:
            self.replaces_damaged = False
            self._written = run.settled.rows


def encoded(
    manifest: dict[str, Any], probe: dict[str, Any], settled: Settled, trace: Trace, seconds: float
) -> bytes:
    """The bytes of a checkpoint."""
    arrays: list[Vector] = []
    document = {
        "manifest": manifest,
        "probe": probe,
        "round": settled.round,
        "sharper": settled.sharper,
        "seconds": seconds,
        # Of the first and the best one nothing else is ever asked.
        "first": pack(_bare(settled.first), arrays),
        "best": pack(_bare(settled.best), arrays),
        "state": pack(settled.state, arrays),
        "trace": trace.packed(settled.rows, arrays),
    }
    return container.encode(document, arrays)


def _bare(state: State) -> State:
    return State(state.x, state.fun, state.gradient)


class Stored:
    """A checkpoint as it was read; what needs the function is made of it later.

    Attributes
    ----------
    path : Path
    manifest, probe : dict
    note : str or None
        What a reader should know of where it came from.
    damaged : bool
        Whether the file itself was not readable, and the previous one took its place.
    """

    def __init__(self, path: Path, data: bytes, note: str | None = None) -> None:
        self.path, self.note, self.damaged = path, note, note is not None
        self._document, self._arrays = container.decode(data)
        if not isinstance(self._document, dict):
            raise container.Unreadable("its contents make no sense")
        try:
            self.manifest: dict[str, Any] = dict(self._document["manifest"])
            self.probe: dict[str, Any] = dict(self._document["probe"])
        except (KeyError, TypeError, ValueError) as error:
            raise container.Unreadable(f"its contents make no sense ({error})") from error

    @staticmethod
    def is_missing(path: Path) -> bool:
        """Whether there is no checkpoint yet, nor one before it."""
        return not path.exists() and not container.previous(path).exists()

    @classmethod
    def read(cls, given: Any) -> Stored:
        """Read a checkpoint; where it is damaged, the one before it.

        Raises
        ------
        InvalidInput
            If neither is there and whole.
        """
        if not isinstance(given, str | Path):
            raise InvalidInput(f"resume={given!r}: give the name of a checkpoint, or True.")
        path = Path(given)
        try:
            return cls(path, path.read_bytes())
        except (OSError, container.Unreadable) as error:
            why = _why(error)
        before = container.previous(path)
        try:
            return cls(before, before.read_bytes(), f"{path} was not used: {why}")
        except FileNotFoundError:
            more = "and there is none before it"
        except (OSError, container.Unreadable) as error:
            more = f"nor {before}: {_why(error)}"
        raise InvalidInput(
            f"The run can't be resumed from {path}: {why}, {more}. "
            "Name another checkpoint, or leave resume= out."
        )

    def snapshot(self, objective: Objective) -> Snapshot:
        """The run at that moment.

        Raises
        ------
        InvalidInput
            If it is none, whatever the digest says.
        """
        data, arrays = self._document, self._arrays
        try:
            trace = Trace.unpacked(data["trace"], arrays)
            names = ("state", "first", "best")
            state, first, best = (unpack(data[name], arrays, objective) for name in names)
            settled = Settled(state, first, best, len(trace), int(data["round"]), data["sharper"])
            return Snapshot(self.manifest, self.probe, settled, trace, float(data["seconds"]))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(
                f"{self.path} holds no run ({type(error).__name__}: {error}). "
                "Name another checkpoint, or leave resume= out."
            ) from error


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return str(getattr(error, "strerror", None) or error)
