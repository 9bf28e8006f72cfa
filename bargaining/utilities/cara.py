"""Constant absolute risk aversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.utilities.base import TINIEST, Ranges, Utility


@dataclass(frozen=True)
class CARA(Utility):
    """Constant absolute risk aversion a > 0, per unit of money: u(x) = (1 - exp(-a x)) / a (Pratt 1964).

    The scale makes u'(0) = 1, so that a -> 0 is risk neutrality.

    Examples
    --------
    >>> import bargaining as bg
    >>> deal = bg.solve(bg.split(1, [bg.CARA(1), bg.CARA(2)]), bg.Nash())  # log z with 2 z^3 - z^2 = e^2
    >>> round(float(deal.terms["party 1"]), 12)
    0.549177080646
    """

    aversion: ArrayLike

    ranges: ClassVar[Ranges] = {"aversion": (TINIEST, np.inf)}

    @property
    def _a(self) -> Array:
        return np.asarray(self.aversion, dtype=float)

    def value(self, x: Array) -> Array:
        """Return (1 - exp(-a x)) / a."""
        return np.asarray(-np.expm1(-self._a * x) / self._a)

    def inverse(self, u: Array) -> Array:
        """Return -log(1 - a u) / a; no amount gives 1 / a."""
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log1p(np.maximum(-self._a * u, -1.0)) / self._a)

    def slope(self, x: Array) -> Array:
        """Return exp(-a x)."""
        return np.asarray(np.exp(-self._a * x))

    def demand(self, price: Array) -> Array:
        """Return -log(price) / a."""
        return np.asarray(-np.log(price) / self._a)

    def gain(self, x: Array, more: Array) -> Array:
        """Return exp(-a x) times the utility of `more` alone."""
        return np.asarray(self.slope(x) * self.value(more))
