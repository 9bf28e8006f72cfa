"""Values and optimal strategies of zero-sum games.

Von Neumann (1928), Zur Theorie der Gesellschaftsspiele, Mathematische Annalen 100, 295-320; by linear programming, Gale,
Kuhn and Tucker (1951), Linear programming and the theory of games, in Koopmans (ed.), Activity Analysis of Production and
Allocation. The programs are solved by HiGHS (Huangfu and Hall 2018, Mathematical Programming Computation 10, 119-142).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.optimize import linprog

from bargaining._types import Array
from bargaining.errors import NotConverged
from bargaining.numerics.bimatrix import extreme_equilibria
from bargaining.numerics.replies import undominated

LARGE = 100  # actions of a player from which the interior point method, then crossover, beats the dual simplex method
FEASIBLE = 1e-10
ACCEPT = 1e-9  # of the range of payoffs that are played: what the two strategies may guarantee less than the same
ROUNDING = 64 * float(np.finfo(float).eps)

FAR = (10.0, 1e3, 1e6)
"""How far from the middle, in usual distances, payoffs are cut in search of strategies that do not meet them."""

Pair = tuple[Array, Array]
"""A strategy for each player."""


@dataclass(frozen=True)
class Saddle:
    """The value of a zero-sum game and optimal strategies: what `row` guarantees at least, `column` holds down to.

    `gap` is by how much the two guarantees differ, as a share of the range of the payoffs that are played.
    """

    value: float
    row: Array
    column: Array
    gap: float


def zero_sum(payoffs: Array) -> Saddle:
    """Solve the zero-sum game in which the row player receives `payoffs` (m, n), finite numbers.

    Guarantees are judged by the payoffs that are played: one that is never met, however large, does not blur them. Where a
    linear program leaves a gap on this scale, all equilibria of the game are sought, if it is small.

    Raises
    ------
    NotConverged
        If the strategies found do not guarantee the same up to 1e-9 of the range of payoffs that are played.
    """
    rows, columns = undominated(payoffs, -payoffs)
    found = _solved(payoffs[np.ix_(rows, columns)])
    row, column = np.zeros(payoffs.shape[0]), np.zeros(payoffs.shape[1])
    row[rows], column[columns] = found.row, found.column
    return replace(found, row=row, column=column)


def _solved(payoffs: Array) -> Saddle:
    pure = _saddle_point(payoffs)
    if pure is not None:
        return _judged(payoffs, pure)
    found: list[Saddle] = []
    for pairs in _attempts(payoffs):
        found += [_judged(payoffs, pair) for pair in pairs]
        if any(saddle.gap <= ACCEPT for saddle in found):
            break
    best = min(found, key=lambda saddle: saddle.gap, default=None)
    if best is None or not best.gap <= ACCEPT:
        left = np.nan if best is None else best.gap
        raise NotConverged(
            f"the zero-sum game with {payoffs.shape} actions was not solved to tolerance: what the best strategies found "
            f"guarantee differs by {left:.0e} of the range of payoffs that are played. Payoffs that differ by many orders "
            "of magnitude, or by next to nothing beside their size, are the usual cause.",
            {"gap": left},
        )
    return best


def _attempts(payoffs: Array) -> Iterator[list[Pair]]:
    """Return strategies that may be optimal, from ever more costly searches."""
    large = max(payoffs.shape) >= LARGE
    yield _program(payoffs, "highs-ipm" if large else "highs-ds")
    if not large:
        yield _program(payoffs, "highs-ipm")
    # Payoffs far from all others are rarely met. What is optimal with them cut may be so without.
    middle = np.median(payoffs)
    distances = np.abs(payoffs / 2 - middle / 2)
    usual = 2.0 * np.median(distances[distances > 0])
    for reach in FAR:
        cut = np.clip(payoffs, middle - reach * usual, middle + reach * usual)
        if np.any(cut != payoffs):
            yield _program(cut, "highs-ds")
    known = extreme_equilibria(payoffs, -payoffs)
    yield [(known.rows[x], known.columns[y]) for x, y in known.pairs]


def _judged(payoffs: Array, pair: Pair) -> Saddle:
    """Return a pair of strategies with the value between their guarantees, and the gap between these beyond rounding."""
    row, column = pair
    own, other = row @ payoffs, payoffs @ column
    worst, best = int(np.argmin(own)), int(np.argmax(other))
    noise = ROUNDING * float(row @ np.abs(payoffs[:, worst] / 2) + np.abs(payoffs[best] / 2) @ column)
    played = payoffs[np.ix_(row > 0, column > 0)]
    scale = float(np.max(played) / 2 - np.min(played) / 2)  # halves, so that no difference overflows
    apart = max(float(other[best] / 2 - own[worst] / 2) - noise, 0.0)
    gap = 0.0 if apart == 0.0 else apart / scale if scale > 0 else np.inf
    return Saddle(float(own[worst] / 2 + other[best] / 2), row, column, gap)


def _saddle_point(payoffs: Array) -> Pair | None:
    """Return pure optimal strategies, if there are any: no program is as exact."""
    row, column = int(np.argmax(np.min(payoffs, axis=1))), int(np.argmin(np.max(payoffs, axis=0)))
    if np.min(payoffs[row]) < np.max(payoffs[:, column]):
        return None
    return _pure(payoffs.shape[0], row), _pure(payoffs.shape[1], column)


def _program(payoffs: Array, method: Literal["highs-ds", "highs-ipm"]) -> list[Pair]:
    """Maximise v with x'M >= v over strategies x; the prices of the rows are the other player's strategy.

    Returns what the solver found, and the same solved again on the actions that are played; nothing if it failed.
    """
    m, n = payoffs.shape
    low, high = np.min(payoffs), np.max(payoffs)
    half = high / 2 - low / 2
    scaled = (payoffs / 2 - low / 2) / half
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.hstack([-scaled.T, np.ones((n, 1))]),
        b_ub=np.zeros(n),
        A_eq=np.append(np.ones(m), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * m + [(None, None)],
        method=method,
        options={"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE},
    )
    if found.status != 0 or found.x is None:
        return []
    pair = _strategy(found.x[:-1]), _strategy(-found.ineqlin.marginals)
    return [pair, _polished(payoffs, pair)]


def _polished(payoffs: Array, pair: Pair) -> Pair:
    """Return strategies on the same actions that make the other's actions equally good, in units of their own payoffs."""
    rows, columns = (np.flatnonzero(side > 0) for side in pair)
    played = payoffs[np.ix_(rows, columns)] / 4  # so that no difference overflows
    size = np.max(np.abs(played - played[0, 0])) or 1.0
    scaled = (played - played[0, 0]) / size
    found: list[Array] = []
    for table, actions, count in ((scaled.T, rows, len(payoffs)), (scaled, columns, payoffs.shape[1])):
        system = np.block([[table, -np.ones((len(table), 1))], [np.ones((1, table.shape[1])), np.zeros((1, 1))]])
        weights = np.linalg.lstsq(system, np.append(np.zeros(len(table)), 1.0))[0][:-1]
        side = np.zeros(count)
        side[actions] = np.maximum(weights, 0.0)
        found.append(side / np.sum(side) if np.sum(side) > 0 else pair[len(found)])
    return found[0], found[1]


def _strategy(weights: Array) -> Array:
    positive = np.maximum(weights, 0.0)
    return np.asarray(positive / np.sum(positive))


def _pure(size: int, action: int) -> Array:
    strategy = np.zeros(size)
    strategy[action] = 1.0
    return strategy
