"""Constant relative risk aversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.utilities.base import Ranges, Utility


@dataclass(frozen=True)
class CRRA(Utility):
    """Constant relative risk aversion gamma >= 0 (Pratt 1964, Econometrica 32, 122-136) at wealth w + x.

    u(x) = ((w + x)^(1 - gamma) - w^(1 - gamma)) / (1 - gamma), and log((w + x) / w) for gamma = 1, so that utility counts
    from no money; without wealth u(x) = (x^(1 - gamma) - 1) / (1 - gamma), and log x for gamma = 1, so that it counts from
    one unit of money. At gamma >= 1 and no wealth, nothing is worth minus infinity: such a party needs a fallback above
    zero, in money.

    Parameters
    ----------
    aversion : float
        Relative risk aversion gamma.
    wealth : float
        What the party owns besides, in money.

    Examples
    --------
    >>> import bargaining as bg
    >>> deal = bg.solve(bg.split(1, [bg.CRRA(0.5), bg.Linear()]), bg.KalaiSmorodinsky())
    >>> round(float(deal.terms["party 1"]), 12)  # (3 - sqrt 5) / 2
    0.38196601125
    """

    aversion: ArrayLike
    wealth: ArrayLike = 0.0

    ranges: ClassVar[Ranges] = {"aversion": (0.0, np.inf), "wealth": (0.0, np.inf)}

    @property
    def _power(self) -> tuple[Array, Array, Array]:
        """Return 1 - gamma, the same with 1 where it is 0, and wealth."""
        rho = 1.0 - np.asarray(self.aversion, dtype=float)
        return rho, np.where(rho == 0, 1.0, rho), np.asarray(self.wealth, dtype=float)

    def value(self, x: Array) -> Array:
        """Return the utility of x, without cancellation where it is small beside wealth or gamma is near 1."""
        rho, safe, wealth = self._power
        unit = np.where(wealth > 0, wealth, 1.0)
        with np.errstate(divide="ignore", over="ignore"):
            money = np.maximum(x, 0.0)
            logs = np.where(wealth > 0, np.log1p(money / unit), np.log(money))
            return np.where(rho == 0, logs, unit**safe * np.expm1(safe * logs) / safe)

    def inverse(self, u: Array) -> Array:
        """Return the amount worth u."""
        rho, safe, wealth = self._power
        unit = np.where(wealth > 0, wealth, 1.0)
        with np.errstate(divide="ignore", over="ignore"):  # utilities beyond the least or the largest one
            powers = np.maximum(safe * u / unit**safe, -1.0)
            logs = np.where(rho == 0, u, np.log1p(powers) / safe)
            return np.where(wealth > 0, unit * np.expm1(logs), np.exp(logs))

    def slope(self, x: Array) -> Array:
        """Return (w + x)^(-gamma)."""
        rho, _, wealth = self._power
        with np.errstate(divide="ignore"):
            return np.asarray((wealth + np.maximum(x, 0.0)) ** (rho - 1.0))

    def demand(self, price: Array) -> Array:
        """Return price^(-1 / gamma) - w; without risk aversion none or an unlimited amount."""
        rho, _, wealth = self._power
        bent = np.where(rho < 1.0, rho - 1.0, -1.0)
        return np.where(rho < 1.0, price ** (1.0 / bent), np.where(price < 1.0, np.inf, -np.inf)) - wealth

    def gain(self, x: Array, more: Array) -> Array:
        """Return the utility of `more` on top of w + x."""
        rho, safe, wealth = self._power
        base = wealth + x
        some = np.where(base > 0, base, 1.0)
        rise = np.log1p(more / some)
        usual = np.where(rho == 0, rise, some**safe * np.expm1(safe * rise) / safe)
        return np.where(base > 0, usual, self.value(x + more) - self.value(x))
