"""Risk neutrality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.utilities.base import Utility


@dataclass(frozen=True)
class Linear(Utility):
    """Utility is money: u(x) = x.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.solve(bg.split(100, [bg.Linear(), bg.Linear()], fallback=[10, 70]), bg.Nash()).utilities.tolist()
    [20.0, 80.0]
    """

    def value(self, x: Array) -> Array:
        """Return x."""
        return np.asarray(x, dtype=float)

    def inverse(self, u: Array) -> Array:
        """Return u."""
        return np.asarray(u, dtype=float)

    def slope(self, x: Array) -> Array:
        """Return 1."""
        return np.ones_like(x, dtype=float)

    def demand(self, price: Array) -> Array:
        """Return an unlimited amount below the price 1, none above it, and at 1 none, though any amount would do."""
        return np.where(np.asarray(price) < 1.0, np.inf, -np.inf)

    def gain(self, x: Array, more: Array) -> Array:
        """Return the further money itself."""
        return np.broadcast_to(more, np.broadcast_shapes(np.shape(x), np.shape(more))).astype(float)
