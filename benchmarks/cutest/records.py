"""What was measured, as it is kept in the JSON file, and how it is read."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.cutest.alone import NAME as ALONE

PACKAGES = (
    "extremum numpy scipy jax sif2jax cyipopt-wheels galahad-optrove optimistix pounce-solver"
).split()

SMALL = 1000
"""Problems with fewer variables are summarized apart from the others."""

Entry = dict[str, Any]


@dataclass
class Records:
    """All measurements: by problem, then by solver."""

    path: Path
    options: dict[str, Any]
    problems: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, options: dict[str, Any]) -> Records:
        """Those of a file, to be continued, or none yet."""
        if not path.exists():
            return cls(path, options)
        stored = json.loads(path.read_text())
        if stored["options"] != options:
            raise SystemExit(
                f"{path} was measured with {stored['options']}, not {options}: "
                "choose another --output, or delete it"
            )
        return cls(path, options, stored["problems"])

    def save(self) -> None:
        """Write the file, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "options": self.options,
            "machine": {
                "system": platform.platform(),
                "processor": platform.processor() or platform.machine(),
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "written": time.strftime("%Y-%m-%d %H:%M:%S"),
            },
            "packages": dict(_versions()),
            "problems": self.problems,
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=1) + "\n")
        new.replace(self.path)

    def has(self, problem: str, solvers: tuple[str, ...]) -> bool:
        """Whether all of these solvers have been measured on a problem."""
        return all(name in self.problems.get(problem, {}).get("solvers", {}) for name in solvers)

    def forget(self, problem: str, solvers: list[str]) -> None:
        """Drop what is about to be measured anew."""
        entry = self.problems.setdefault(problem, {"solvers": {}})
        for name in solvers:
            entry["solvers"].pop(name, None)

    def add(self, problem: str, kind: str, content: Entry) -> None:
        """Keep one message of a child process."""
        entry = self.problems[problem]
        if kind == "problem":
            entry.update(content)
            return
        solver = entry["solvers"].setdefault(content["solver"], {"runs": []})
        if kind == "run":
            solver["runs"].append(content["run"])
        elif kind == "end":
            solver["end"] = content["end"]
        elif kind == "skip":
            solver |= {"skipped": content["why"], "absent": content["absent"]}
        else:
            solver["lost"] = content["why"]


@dataclass(frozen=True)
class Outcome:
    """One solver on one problem."""

    problem: Entry
    record: Entry
    warm_from: int
    """The first of the runs whose time counts."""

    @property
    def solved(self) -> bool:
        """Whether a hit was recorded."""
        return any(run["hit"] for run in self.record["runs"])

    @property
    def seconds(self) -> float:
        """The shortest time to the hit; infinite without one."""
        hits = [
            run["hit"]["seconds"] for run in self.record["runs"][self.warm_from :] if run["hit"]
        ]
        return min(hits, default=math.inf)

    @property
    def first_seconds(self) -> float:
        """The time of the first call."""
        return float(self.record["runs"][0]["seconds"]) if self.record["runs"] else math.inf

    @property
    def claims(self) -> bool:
        """Whether the solver called its run a success."""
        return bool(self.record["runs"]) and bool(self.record["runs"][0]["claims_success"])

    @property
    def falsely_claims(self) -> bool:
        """Whether it did so at a point whose gradient is above the tolerance."""
        norm = (self.record.get("end") or {}).get("gradient_norm")
        return self.claims and not (norm is not None and norm <= self.problem["tolerance"])

    @property
    def negative_eigenvalue(self) -> bool | None:
        """Whether the Hessian has one at the point that was returned; None where unknown."""
        curvature = (self.record.get("end") or {}).get("curvature")
        return curvature["negative"] if curvature else None

    @property
    def why_not(self) -> str:
        """Why there is no hit."""
        for key in ("skipped", "lost"):
            if key in self.record:
                return str(self.record[key])
        return str(self.record["runs"][0]["message"])


def outcome(entry: Entry, solver: str) -> Outcome | None:
    """How a solver fared on a problem; None where it was not measured."""
    record = entry["solvers"].get(solver)
    return record and Outcome(entry, record, warm_from=1 if solver == ALONE else 0)


def is_small(entry: Entry) -> bool:
    """Whether a problem belongs to the smaller ones."""
    return bool(entry["n"] < SMALL)


def is_large(entry: Entry) -> bool:
    """Whether it does not."""
    return not is_small(entry)


def _versions() -> Iterator[tuple[str, str | None]]:
    for package in PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            yield package, None
