"""What it took until a function could be evaluated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Preparation:
    """Seconds spent before anything could be evaluated; what was compiled before costs nothing.

    Attributes
    ----------
    tracing, detection, colouring, compilation : float
        Following the function; finding its Hessian's structure; finding how few products give it;
        compiling.
    """

    tracing: float = 0.0
    detection: float = 0.0
    colouring: float = 0.0
    compilation: float = 0.0
