"""Roots of functions of one unknown a game."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import elementwise

from bargaining._types import Array, Indices


def decreasing_root(f: Callable[[Array, Array], Array], low: Array, high: Array, games: Indices) -> Array:
    """Return the roots of f(x, games), one a game, in brackets [low, high] at whose ends f has opposite signs.

    Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function,
    Advances in Engineering Software 28, 145-149. NaN where the ends have the same sign.
    """
    found = elementwise.find_root(f, (low, high), args=(games.astype(float),), tolerances={"xrtol": 1e-15, "fatol": 0.0})
    return np.asarray(np.where(found.success, found.x, np.nan), dtype=float)
