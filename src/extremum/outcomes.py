"""The words that every layer speaks: why a run stopped, what a point is, what went wrong.

```
ExtremumError
├── InvalidInput (ValueError)     the call can't be carried out as it was written
│   ├── UnknownOption             an option or a method that does not exist or has no meaning here
│   ├── ExpressionError           a text that is not an expression of the grammar
│   ├── NoStatistics              statistics that would not be valid for a fit
│   ├── RankDeficient             a table whose columns don't determine the coefficients
│   └── Separated                 a table for which no maximum-likelihood estimate exists
└── Untraceable                   a function that can't be differentiated as it stands
DerivativeWarning (UserWarning)   derivatives are less exact than they could be
RankWarning (UserWarning)         coefficients are not determined by the data
SeparationWarning (UserWarning)   no maximum-likelihood estimate exists
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class ExtremumError(Exception):
    """The root of the errors that extremum raises itself."""


class InvalidInput(ExtremumError, ValueError):
    """The call can't be carried out as it was written; the message names the next step."""


class UnknownOption(InvalidInput):
    """An option or a method that does not exist, or that has no meaning here."""


class ExpressionError(InvalidInput):
    """A text that is not an expression of the grammar; the message quotes the offending part."""


class NoStatistics(InvalidInput, AttributeError):
    """Statistics that would not be valid for a fit; the message says why, and what to do."""


class RankDeficient(InvalidInput):
    """Columns of a table are combinations of others; the message names them."""


class Separated(InvalidInput):
    """No maximum-likelihood estimate exists; the message names the separating direction."""


class Untraceable(ExtremumError):
    """A function does something that can't be followed while it is being differentiated."""


class DerivativeWarning(UserWarning):
    """Derivatives are less exact than they could be; the message says why and what would help."""


class RankWarning(UserWarning):
    """Coefficients are not determined by the data; the message names the columns."""


class SeparationWarning(UserWarning):
    """No maximum-likelihood estimate exists; the message names the separating direction."""


class Reason(Enum):
    """Why a run stopped. Each value is the template of the message, filled in with the facts.

    Only `GRADIENT_NORM` means that the run *converged*: every other ending has a name of its own.
    The first four are met tests; the rest are limits and obstacles.
    """

    GRADIENT_NORM = "the gradient's norm {grad_norm:.3g} is within the tolerance {tolerance:.3g}"
    RELATIVE_STEP = (
        "the relative step {relative_step:.3g} is below {tolerance:.3g}; "
        "the gradient's norm there is {grad_norm:.3g}"
    )
    SQUARED_STEP = (
        "the squared step {squared_step:.3g} is at most {tolerance:.3g}; "
        "the gradient's norm there is {grad_norm:.3g}"
    )
    VALUE_CHANGE = (
        "the value changed by {change:.3g}, which is within {tolerance:.3g}; "
        "the gradient's norm there is {grad_norm:.3g}"
    )
    ROUNDING_FLOOR = (
        "no further decrease can be seen above the rounding error of the function "
        "({floor:.2g} at a value of {fun:.6g}); the gradient's norm there is {grad_norm:.3g}. "
        "A tolerance below that can't be met: scale the function, or loosen the tolerance"
    )
    MAXITER = (
        "{limit} iterations are spent (maxiter); the gradient's norm is {grad_norm:.3g}. "
        "Raise maxiter, or start from this point"
    )
    MAXFEV = (
        "{limit} evaluations of the function are spent (maxfev); the gradient's norm is "
        "{grad_norm:.3g}. Raise maxfev, or start from this point"
    )
    MAX_SECONDS = (
        "{limit:g} seconds are spent (max_seconds); the gradient's norm is {grad_norm:.3g}. "
        "Raise max_seconds, or start from this point"
    )
    CALLBACK = "the callback asked to stop after iteration {nit}"
    INTERRUPTED = "the run was interrupted from the keyboard after iteration {nit}"
    UNBOUNDED = (
        "the function fell to {fun:.3g} at a distance of {distance:.3g} from the start: "
        "it looks unbounded below. Look at the certificate's ray"
    )
    NO_DECREASE = (
        "no step along the direction decreases the {merit} enough (tried lengths down to "
        "{length:.2g}); the gradient's norm is {grad_norm:.3g}. "
        "Check the derivatives with check_derivatives(fun, x)"
    )
    NOT_DESCENT = (
        "the direction does not point downhill (slope {slope:.3g}). "
        "Use the globalized Newton(), or stationary() if any stationary point will do"
    )
    NO_CURVATURE = (
        "the value does not turn along the ray (curvature {curvature:.3g} at a length of "
        "{length:.2g}), so no exact step exists. Use Armijo() or a fixed step"
    )
    SINGULAR_HESSIAN = (
        "the Hessian is singular to working precision (reciprocal condition {rcond:.2g}); "
        "its null direction is {direction}, along which the slope is {slope:.3g}. "
        "No Newton step exists: use the globalized Newton()"
    )
    NO_STEP_LEFT = (
        "the next step, {step_norm:.2g}, would no longer change the point in floating point"
    )
    NOT_FINITE = (
        "the {what} is not finite at x = {where}: {cause}. "
        "A smaller step, or another start, keeps the iterates away from there"
    )


@dataclass(frozen=True)
class Stop:
    """A reason with the facts that fill in its message."""

    reason: Reason
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence a user reads."""
        text = self.reason.value.format(**self.facts)
        return text[0].upper() + text[1:] + "."


MET_TESTS = frozenset(
    {Reason.GRADIENT_NORM, Reason.RELATIVE_STEP, Reason.SQUARED_STEP, Reason.VALUE_CHANGE}
)
"""The reasons that say a stopping test chosen by the user was met."""

ENDED_WELL = MET_TESTS | {Reason.ROUNDING_FLOOR, Reason.NO_STEP_LEFT}
"""The endings that a success allows: a test was met, or floating point has no better point. What
the point is, the verdict says."""


class Verdict(Enum):
    """What a point is. The value is the sentence that says so."""

    MINIMUM = "a strict local minimum"
    SADDLE = "a saddle point"
    MAXIMUM = "a strict local maximum"
    DEGENERATE = "a stationary point with a direction of zero curvature"
    UNBOUNDED = "not a minimum: the function decreases without bound"
    RECEDING = "not a minimum: the function's infimum is approached only at infinity"
    NOT_STATIONARY = "not a stationary point"
    NOT_FINITE = "a point where the function or its derivatives are not finite"
    UNDECIDED = "undecided: the evidence does not suffice for a verdict"
