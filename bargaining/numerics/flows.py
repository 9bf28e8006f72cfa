"""Paths of ordinary differential equations, many at once, each with steps of its own.

The Runge-Kutta pair of order 8(5, 3) of Dormand and Prince (Hairer, Norsett and Wanner 1993, Solving Ordinary Differential
Equations I, section II.10), whose coefficients SciPy keeps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.integrate import DOP853

from bargaining._types import Array, Bools

FIRST, SHORTEST, STEPS = 0.25, 1e-9, 3000

Slope = Callable[[Array], Array]
"""Of points (games, n): their derivatives, NaN where there are none."""

Visit = Callable[[Array, Array, Array], object]
"""Of every step: its length (games,), zero where it was not taken, the points it led to and their slopes, (games, n)."""


def rest_point(
    slope: Slope, start: Array, tol: float, rest: float, visit: Visit | None = None
) -> tuple[Array, Array, Bools]:
    """Follow each path from `start` (games, n) until its slope is no larger than `rest`.

    Returns the points, the sums of the error estimates of the steps, each at most `tol`, and whether the path came to rest.
    A step that is not accurate enough, or on which there is no slope, is tried again with a shorter length. `visit` is told
    of every step, the start included.
    """
    point, length, error = start.copy(), np.full(len(start), FIRST), np.zeros(len(start))
    here = slope(point)
    if visit is not None:
        visit(np.zeros(len(start)), point, here)
    for _ in range(STEPS):
        going = (np.max(np.abs(here), axis=1) > rest) & (length > SHORTEST)
        if not np.any(going):
            break
        h = np.where(going, length, 0.0)
        stages = [here]
        for row in DOP853.A[1 : DOP853.n_stages]:
            stages.append(slope(point + h[:, None] * _weighted(row, stages)))
        new = point + h[:, None] * _weighted(DOP853.B, stages)
        end = slope(new)
        missed = _missed(h, [*stages, end])
        good = going & (missed <= tol)
        point, here = np.where(good[:, None], new, point), np.where(good[:, None], end, here)
        error = np.where(good, error + missed, error)
        if visit is not None:
            visit(np.where(good, h, 0.0), point, here)
        with np.errstate(all="ignore"):
            growth = np.clip(0.9 * (tol / missed) ** 0.125, 0.1, 5.0)
        growth = np.where(np.isfinite(growth), growth, np.where(missed == 0.0, 5.0, 0.1))
        length = np.where(going, length * growth, length)
    return point, error, np.max(np.abs(here), axis=1) <= rest


def _weighted(row: Array, stages: list[Array]) -> Array:
    """Return the sum of slopes with the weights of a tableau's row."""
    total = np.zeros(stages[0].shape)
    for weight, stage in zip(row, stages, strict=False):
        if weight:
            total = total + weight * stage
    return total


def _missed(length: Array, stages: list[Array]) -> Array:
    """Return the error estimate of a step, that of order 5 held against that of order 3."""
    five, three = (np.max(np.abs(_weighted(row, stages)), axis=1) for row in (DOP853.E5, DOP853.E3))
    with np.errstate(all="ignore"):
        size = np.where(five > 0, five**2 / np.sqrt(five**2 + 0.01 * three**2), 0.0)
    return np.where(np.isfinite(five), np.abs(length) * size, np.inf)
