"""Power utility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.utilities.base import TINIEST, Ranges, Utility


@dataclass(frozen=True)
class Power(Utility):
    """Power utility u(x) = x^rho with 0 < rho <= 1: relative risk aversion 1 - rho, and u(0) = 0.

    The Nash share of a unit pie with fallbacks 0 and weights a is a_i rho_i / sum_j a_j rho_j (Roth 1979, Axiomatic Models
    of Bargaining).

    Examples
    --------
    >>> import bargaining as bg
    >>> deal = bg.solve(bg.split(1, [bg.Power(0.5), bg.Power(0.8)]), bg.Nash())  # 5/13 to the first
    >>> round(float(deal.terms["party 1"]), 12)
    0.384615384615
    """

    exponent: ArrayLike

    ranges: ClassVar[Ranges] = {"exponent": (TINIEST, 1.0)}

    @property
    def _rho(self) -> Array:
        return np.asarray(self.exponent, dtype=float)

    def value(self, x: Array) -> Array:
        """Return x^rho."""
        return np.asarray(np.maximum(x, 0.0) ** self._rho)

    def inverse(self, u: Array) -> Array:
        """Return u^(1/rho); no money gives a negative utility, so the answer to one is 0."""
        return np.asarray(np.maximum(u, 0.0) ** (1.0 / self._rho))

    def slope(self, x: Array) -> Array:
        """Return rho x^(rho - 1)."""
        with np.errstate(divide="ignore"):
            return np.asarray(self._rho * np.maximum(x, 0.0) ** (self._rho - 1.0))

    def demand(self, price: Array) -> Array:
        """Return (price / rho)^(-1 / (1 - rho)); at rho = 1 none or an unlimited amount."""
        bent = np.where(self._rho < 1.0, self._rho - 1.0, -1.0)
        step = np.where(np.asarray(price) < 1.0, np.inf, -np.inf)
        return np.where(self._rho < 1.0, (price / self._rho) ** (1.0 / bent), step)

    def gain(self, x: Array, more: Array) -> Array:
        """Return (x + more)^rho - x^rho."""
        some = np.where(x > 0, x, 1.0)
        return np.where(x > 0, some**self._rho * np.expm1(self._rho * np.log1p(more / some)), self.value(more))
