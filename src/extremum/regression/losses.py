"""Losses of one row, as functions of its margin η = x·w + b, with two derivatives.

Each is convex in the margin. All functions are vectorized over rows: `margin` and `y` have the
shape (rows,), but that the margins of `Softmax` have the shape (rows, classes − 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import gammaln, xlogy

from extremum.objective import Vector


class Loss(Protocol):
    """The loss of a row, as a function of its margin."""

    @property
    def outputs(self) -> int:
        """How many margins a row has."""

    @property
    def drift(self) -> float:
        """The c in |ℓ‴| ≤ c ℓ″: how fast the curvature changes, per unit of the margin.

        So along a move that changes no margin by more than t it changes by a factor of at most eᶜᵗ
        (self-concordance in the sense of Bach, Electron. J. Statist. 4 (2010) 384-414).
        """

    def value(self, margin: Vector, y: Vector) -> Vector:
        """ℓ, of shape (rows,)."""

    def derivative(self, margin: Vector, y: Vector) -> tuple[Vector, Vector]:
        """ℓ, and ℓ′ in the shape of the margins."""

    def curvature(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        """ℓ, ℓ′, and ℓ″ of shape (rows,), or (rows, outputs, outputs) of several margins."""

    def softest(self, margin: Vector) -> Vector:
        """The smallest eigenvalue of ℓ″, of shape (rows,); or less."""

    def unit(self, mean: float, scale: float) -> float:
        """What a derivative by the margin is measured in, for targets of this mean and scale."""

    def start(self, mean: float) -> float:
        """Where the intercept begins, for targets of this mean."""
        return 0.0

    def of_constant(self, margin: Vector, mean: float, scale: float) -> tuple[float, float] | None:
        """The means of ℓ and ℓ′ where all rows have this margin, for targets of a mean and scale.

        None where it takes more to know them. ℓ′ is a function of η, less the target.
        """
        return None

    def mean(self, margin: Vector) -> Vector:
        """What is expected of the target: the inverse of the link; probabilities for classes."""


@dataclass(frozen=True)
class HalfSquared(Loss):
    """½ (η − y)²."""

    outputs = 1
    drift = 0.0

    def value(self, margin: Vector, y: Vector) -> Vector:
        """½ (η − y)²."""
        return self.derivative(margin, y)[0]

    def derivative(self, margin: Vector, y: Vector) -> tuple[Vector, Vector]:
        """η − y."""
        residual = margin - y
        return residual * residual / 2, residual

    def curvature(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        """1."""
        return *self.derivative(margin, y), np.ones_like(margin)

    def softest(self, margin: Vector) -> Vector:
        """1."""
        return np.ones_like(margin)

    def unit(self, mean: float, scale: float) -> float:
        """The scale of the target."""
        return scale

    def of_constant(self, margin: Vector, mean: float, scale: float) -> tuple[float, float]:
        """½ (σ² + (η − ȳ)²)."""
        rest = float(margin[0]) - mean
        return (scale**2 + rest**2) / 2, rest

    def mean(self, margin: Vector) -> Vector:
        """η."""
        return margin


@dataclass(frozen=True)
class LogLoss(Loss):
    """log(1 + eᵑ) − y η, for y of 0 and 1."""

    outputs = 1
    drift = 1.0

    def value(self, margin: Vector, y: Vector) -> Vector:
        """log(1 + eᵑ) − y η, without overflow."""
        return self.derivative(margin, y)[0]

    def derivative(self, margin: Vector, y: Vector) -> tuple[Vector, Vector]:
        """Of the value by the margin: p − y, with p = 1/(1 + e⁻ᵑ)."""
        value, p, _, _ = self._parts(margin, y)
        p -= y
        return value, p

    def curvature(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        """Both, and p (1 − p)."""
        value, p, above, total = self._parts(margin, y)
        return value, p - y, p * np.exp(-above) / total

    def softest(self, margin: Vector) -> Vector:
        """Of the one, itself."""
        small = np.exp(-np.abs(margin))
        return np.asarray(small / (1 + small) ** 2)

    def unit(self, mean: float, scale: float) -> float:
        """1: a probability has no unit."""
        return 1.0

    def of_constant(self, margin: Vector, mean: float, scale: float) -> tuple[float, float]:
        """The loss is linear in the target."""
        value, slope = self.derivative(margin, np.array([mean]))
        return float(value[0]), float(slope[0])

    def mean(self, margin: Vector) -> Vector:
        """P(y = 1)."""
        return self._parts(margin, np.zeros_like(margin))[1]

    @staticmethod
    def _parts(margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector, Vector]:
        """ℓ, p, max(η, 0) and 1 + exp(−|η|), all to full relative accuracy.

        Without a choice by the margin's sign: of random signs a processor guesses half wrong.
        """
        below = np.minimum(margin, 0)
        above = margin - below
        small = np.exp(below - above)
        value = np.log1p(small)
        value += above
        value -= y * margin
        small += 1
        p = np.exp(below)
        p /= small
        return value, p, above, small


@dataclass(frozen=True)
class Softmax(Loss):
    """log Σₖ exp(ηₖ) − η_y, for y the number of a class.

    The loss does not change if all margins of a row do by the same amount. So those that are varied
    are its coordinates in an orthonormal basis of the margins whose sum is zero: then the minimizer
    is unique, and lengths are those of the symmetric margins.

    Parameters
    ----------
    classes : int
    """

    classes: int
    drift = 2**0.5

    @property
    def outputs(self) -> int:
        """One less than there are classes."""
        return self.classes - 1

    @cached_property
    def contrasts(self) -> Vector:
        """The basis, rows of shape (classes − 1, classes): Helmert's contrasts."""
        basis = np.tril(np.ones((self.outputs, self.classes)))
        below = np.arange(1, self.classes)
        basis[np.arange(self.outputs), below] = -below
        return np.asarray(basis / np.linalg.norm(basis, axis=1, keepdims=True))

    def value(self, margin: Vector, y: Vector) -> Vector:
        """The value log Σ exp(ηₖ) − η_y, without overflow."""
        return self.derivative(margin, y)[0]

    def derivative(self, margin: Vector, y: Vector) -> tuple[Vector, Vector]:
        """The value, and p − e_y in coordinates."""
        value, rest, _ = self._probabilities(margin, y)
        return value, rest @ self.contrasts.T

    def curvature(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        """diag(p) − p pᵀ, in coordinates."""
        value, rest, p = self._probabilities(margin, y)
        basis = self.contrasts
        inner = p @ basis.T
        curvature = np.einsum("nk,ik,jk->nij", p, basis, basis, optimize=True)
        curvature -= inner[:, :, None] * inner[:, None, :]
        return value, rest @ basis.T, curvature

    def softest(self, margin: Vector) -> Vector:
        """The smallest p: the eigenvalues of diag(p) − p pᵀ lie between those of diag(p)."""
        return np.asarray(self.mean(margin).min(axis=1))

    def unit(self, mean: float, scale: float) -> float:
        """1: a probability has no unit."""
        return 1.0

    def mean(self, margin: Vector) -> Vector:
        """The probabilities of the classes, of shape (rows, classes)."""
        margins = margin @ self.contrasts
        p = np.exp(margins - margins.max(axis=1, keepdims=True))
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def _probabilities(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        margins = margin @ self.contrasts
        margins -= margins.max(axis=1, keepdims=True)
        rows, own = np.arange(len(y)), y.astype(np.intp)
        chosen = margins[rows, own]
        p = np.exp(margins)
        total = p.sum(axis=1)
        p /= total[:, None]
        rest = p.copy()
        rest[rows, own] -= 1
        return np.log(total) - chosen, rest, p


@dataclass(frozen=True)
class PoissonLoss(Loss):
    """eᵑ − y η + (y log y − y), half the deviance of counts y; zero where eᵑ = y."""

    outputs = 1
    drift = 1.0

    def value(self, margin: Vector, y: Vector) -> Vector:
        """Half the deviance."""
        return self.derivative(margin, y)[0]

    def derivative(self, margin: Vector, y: Vector) -> tuple[Vector, Vector]:
        """μ − y, with μ = eᵑ."""
        value, derivative, _ = self.curvature(margin, y)
        return value, derivative

    def curvature(self, margin: Vector, y: Vector) -> tuple[Vector, Vector, Vector]:
        """μ."""
        with np.errstate(over="ignore"):  # an infinite value is no step to accept
            mean = np.exp(margin)
        # y log y by a logarithm of whole vectors at once, which xlogy is not: 0 where y = 0.
        own = y * np.log(np.maximum(y, np.finfo(np.float64).tiny))
        rest = mean - y
        return rest - y * margin + own, rest, mean

    def softest(self, margin: Vector) -> Vector:
        """Of the one, itself."""
        return self.mean(margin)

    def unit(self, mean: float, scale: float) -> float:
        """The mean count."""
        return mean if mean > 0 else 1.0

    def start(self, mean: float) -> float:
        """Where the mean is that of the target."""
        return float(np.log(mean)) if mean > 0 else 0.0

    def mean(self, margin: Vector) -> Vector:
        """eᵑ."""
        return np.asarray(np.exp(margin))

    @staticmethod
    def saturated(y: Vector) -> Vector:
        """The log-likelihood of each row where eᵑ = y."""
        return np.asarray(xlogy(y, y) - y - gammaln(y + 1))
