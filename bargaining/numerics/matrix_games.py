"""Values and optimal strategies of zero-sum games.

Von Neumann (1928), Zur Theorie der Gesellschaftsspiele, Mathematische Annalen 100, 295-320; by linear programming, Gale,
Kuhn and Tucker (1951), Linear programming and the theory of games, in Koopmans (ed.), Activity Analysis of Production and
Allocation. The programs are solved by HiGHS (Huangfu and Hall 2018, Mathematical Programming Computation 10, 119-142).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from bargaining._types import Array
from bargaining.errors import NotConverged

LARGE = 100  # actions of a player from which the interior point method, then crossover, beats the dual simplex method
FEASIBLE = 1e-10
ACCEPT = 1e-9  # of the range of payoffs: what the two strategies may guarantee less than the same


@dataclass(frozen=True)
class Saddle:
    """The value of a zero-sum game and optimal strategies: what `row` guarantees at least, `column` holds down to.

    `gap` is by how much the two guarantees differ, as a share of the range of payoffs.
    """

    value: float
    row: Array
    column: Array
    gap: float


def zero_sum(payoffs: Array) -> Saddle:
    """Solve the zero-sum game in which the row player receives `payoffs` (m, n), finite numbers.

    Raises
    ------
    NotConverged
        If the strategies found do not guarantee the same up to 1e-9 of the range of payoffs.
    """
    low, size = float(np.min(payoffs)), float(np.ptp(payoffs))
    if not size > 0:
        return Saddle(low, _pure(payoffs.shape[0], 0), _pure(payoffs.shape[1], 0), 0.0)
    scaled = (payoffs - low) / size
    row, column = _saddle_point(scaled) or _program(scaled)
    least, most = float(np.min(row @ scaled)), float(np.max(scaled @ column))
    if not most - least <= ACCEPT:
        raise NotConverged(
            f"the zero-sum game with {payoffs.shape} actions was not solved to tolerance: its strategies "
            f"guarantee {low + size * least:.6g} and {low + size * most:.6g}. Payoffs that differ by many orders of "
            "magnitude are the usual cause; drop actions that are never used.",
            {"gap": most - least},
        )
    return Saddle(low + size * (least + most) / 2, row, column, most - least)


def _saddle_point(payoffs: Array) -> tuple[Array, Array] | None:
    """Return pure optimal strategies, if there are any: no program is as exact."""
    row, column = int(np.argmax(np.min(payoffs, axis=1))), int(np.argmin(np.max(payoffs, axis=0)))
    if np.min(payoffs[row]) < np.max(payoffs[:, column]):
        return None
    return _pure(payoffs.shape[0], row), _pure(payoffs.shape[1], column)


def _program(payoffs: Array) -> tuple[Array, Array]:
    """Maximise v with x'M >= v over strategies x; the prices of the rows are the other player's strategy."""
    m, n = payoffs.shape
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.hstack([-payoffs.T, np.ones((n, 1))]),
        b_ub=np.zeros(n),
        A_eq=np.append(np.ones(m), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * m + [(None, None)],
        method="highs-ipm" if max(m, n) >= LARGE else "highs-ds",
        options={"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE},
    )
    if found.status != 0 or found.x is None:
        raise NotConverged(f"the zero-sum game was not solved: {found.message}", {"status": int(found.status)})
    return _strategy(found.x[:-1]), _strategy(-found.ineqlin.marginals)


def _strategy(weights: Array) -> Array:
    positive = np.maximum(weights, 0.0)
    return np.asarray(positive / np.sum(positive))


def _pure(size: int, action: int) -> Array:
    strategy = np.zeros(size)
    strategy[action] = 1.0
    return strategy
