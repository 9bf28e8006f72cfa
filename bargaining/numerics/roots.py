"""Roots of functions of one unknown a game."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import elementwise

from bargaining._types import Array, Indices

Function = Callable[[Array, Array], Array]
"""Called with points and with the (float) numbers of the games they belong to."""


def decreasing_root(f: Function, low: Array, high: Array, games: Indices) -> Array:
    """Return the roots of decreasing functions f(x, games), one a game, in brackets [low, high].

    Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear function,
    Advances in Engineering Software 28, 145-149. Where the function does not change sign in the bracket, the end nearest
    to a root is returned; where it is NaN, NaN.
    """
    return _bracket(f, low, high, games)[0]


def decreasing_jump(f: Function, low: Array, high: Array, games: Indices) -> tuple[Array, Array]:
    """Return neighbouring points between which decreasing functions, perhaps with jumps, cross zero.

    Where a function is zero at the root found, both are the root: the search ends there, with a bracket that may be wide.
    """
    root, left, right = _bracket(f, low, high, games)
    with np.errstate(all="ignore"):
        exact = f(root, games.astype(float)) == 0
    return np.where(exact, root, left), np.where(exact, root, right)


def _bracket(f: Function, low: Array, high: Array, games: Indices) -> tuple[Array, Array, Array]:
    numbers = games.astype(float)
    with np.errstate(all="ignore"):
        early, late = f(low, numbers) <= 0, f(high, numbers) >= 0  # at rounding, the root may lie at an end
        found = elementwise.find_root(f, (low, high), args=(numbers,), tolerances={"xrtol": 1e-15, "fatol": 0.0})
    x = np.where(early, low, np.where(late, high, np.where(found.success, found.x, np.nan)))
    left, right = (np.where(early, low, np.where(late, high, end)) for end in found.bracket)
    return np.asarray(x, dtype=float), np.asarray(left, dtype=float), np.asarray(right, dtype=float)
