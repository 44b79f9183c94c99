"""How often a function and its derivatives were evaluated."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Counts:
    """Evaluations of φ, ∇φ, ∇²φ and ∇²φ·v. A difference's evaluations of φ count as such."""

    nfev: int = 0
    njev: int = 0
    nhev: int = 0
    nhvp: int = 0

    def as_dict(self) -> dict[str, int]:
        """The four numbers by name."""
        return asdict(self)

    def copy(self) -> Counts:
        """The numbers as they are now."""
        return Counts(self.nfev, self.njev, self.nhev, self.nhvp)
