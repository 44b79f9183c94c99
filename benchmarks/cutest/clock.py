"""The clock that limits a run. (Times are always those of the wall clock.)"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

WAITING = 20.0
"""Wall-clock seconds allowed for each second of processor time, for a process that only waits."""


@dataclass(frozen=True)
class Clock:
    """Seconds, and a deadline that native code can't overrun: the signal kills the process."""

    now: Callable[[], float]
    timer: int
    wall: float
    """Wall-clock seconds allowed for a second of this clock."""

    def kill_after(self, seconds: float) -> None:
        """End this process after that many seconds, unless called again before."""
        if self.timer != signal.ITIMER_REAL:
            signal.setitimer(self.timer, seconds)
        signal.setitimer(signal.ITIMER_REAL, self.wall * seconds)


CLOCKS = {
    "wall": Clock(time.perf_counter, signal.ITIMER_REAL, 1.0),
    "cpu": Clock(time.process_time, signal.ITIMER_PROF, WAITING),
}
"""Processor time is for machines that do other work meanwhile: each solver runs in one thread.
Its clock is too coarse on some systems to measure short runs with."""
