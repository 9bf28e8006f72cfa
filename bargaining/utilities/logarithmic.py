"""Logarithmic utility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.utilities.base import TINIEST, Ranges, Utility


@dataclass(frozen=True)
class Log(Utility):
    """Logarithmic utility u(x) = log(1 + x / w) at wealth w > 0 (Bernoulli 1738): relative risk aversion 1, and u(0) = 0.

    Examples
    --------
    >>> import bargaining as bg
    >>> deal = bg.solve(bg.split(1, [bg.Log(), bg.Linear()]), bg.Nash())  # exp(W(2e) - 1) - 1
    >>> round(float(deal.terms["party 1"]), 12)
    0.454733217561
    """

    wealth: ArrayLike = 1.0

    ranges: ClassVar[Ranges] = {"wealth": (TINIEST, np.inf)}

    @property
    def _w(self) -> Array:
        return np.asarray(self.wealth, dtype=float)

    def value(self, x: Array) -> Array:
        """Return log(1 + x / w)."""
        return np.asarray(np.log1p(x / self._w))

    def inverse(self, u: Array) -> Array:
        """Return w (exp(u) - 1)."""
        return np.asarray(self._w * np.expm1(u))

    def slope(self, x: Array) -> Array:
        """Return 1 / (w + x)."""
        return np.asarray(1.0 / (self._w + x))

    def demand(self, price: Array) -> Array:
        """Return 1 / price - w."""
        return np.asarray(1.0 / price - self._w)

    def gain(self, x: Array, more: Array) -> Array:
        """Return log(1 + more / (w + x))."""
        return np.asarray(np.log1p(more / (self._w + x)))
