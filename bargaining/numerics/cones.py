"""Which weights make a deal the best one: the multipliers of its optimality conditions, as a polytope.

At a deal x in the unit box the weights w >= 0 of a supporting line, and multipliers m >= 0 of the constraints that hold
with equality, satisfy

    sum_i w_i du_i/dx_j + sum_r m_r dg_r/dx_j   = 0 where x_j is inside its range, <= 0 at its lower, >= 0 at its upper end

and w is scaled by sum_i w_i g_i = 1, with gains g. Bargaining weights a_i = w_i g_i then sum to one, so that each of them
ranges over a linear program. The equations are solved by the singular vectors of their matrix, which leave the inequalities
in as many unknowns as the deal leaves weights open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools

AT_BOUND = 1e-8
"""Share of an issue's range, or of a constraint's, within which a deal counts as at its end."""

RANK = 1e-7
"""Singular values below this share of the largest are zero: where a bound is weakly active, derivatives are off by more
than rounding."""

LEEWAY = 1e-11
"""By so much a sign may be missed."""


def open_directions(slopes: Array, active: Bools, inside: Bools) -> Array:
    """Return in how many directions weights and multipliers, (games,), are left open by the equations of free issues.

    `slopes` (games, unknowns, k) are derivatives of payoffs, then constraints; `active` (games, unknowns) says which of
    them have a multiplier, and `inside` (games, k) which issues are free. One direction is the scale of all.
    """
    matrix = np.where(active[:, :, None] & inside[:, None, :], slopes, 0.0)
    sizes = np.linalg.svd(matrix, compute_uv=False)
    most = np.max(sizes, axis=1, keepdims=True, initial=1.0)
    return np.asarray(np.sum(active, axis=1) - np.sum(sizes > RANK * most, axis=1))


@dataclass(frozen=True)
class Polytope:
    """Bargaining weights `start + z @ ways`, (n,), for all z with `rows @ z <= least`."""

    start: Array
    ways: Array
    rows: Array
    least: Array

    @staticmethod
    def of(slopes: Array, gains: Array, at_low: Bools, at_high: Bools) -> Polytope | None:
        """Return the weights of one deal: `slopes` (unknowns, k) of payoffs, then active constraints, `gains` (n,).

        None if no weights meet the equations.
        """
        n = len(gains)
        free = ~(at_low | at_high)
        _, sizes, vectors = np.linalg.svd(slopes[:, free].T, full_matrices=True)
        rank = int(np.sum(sizes > RANK * np.max(sizes, initial=1.0)))
        null = vectors[rank:]  # (open, unknowns)
        scale = null[:, :n] @ gains
        size = float(np.linalg.norm(scale))
        if size == 0.0:
            return None
        first = scale / size
        rest = np.linalg.svd(first[None, :], full_matrices=True)[2][1:]  # directions that keep the scale
        start, ways = first @ null / size, rest @ null
        signs = np.concatenate([-np.eye(len(slopes)), slopes[:, at_low].T, -slopes[:, at_high].T])
        return Polytope(start[:n] * gains, ways[:, :n] * gains, signs @ ways.T, LEEWAY - signs @ start)

    def bounds(self) -> tuple[Array, Array, Array] | None:
        """Return the least and the largest value of every weight, and the mean of the weights met there; None if empty."""
        from scipy.optimize import linprog

        if not len(self.ways):
            return (self.start, self.start, self.start) if np.all(self.least >= -LEEWAY) else None
        ends = []
        for i in range(len(self.start)):
            for sign in (1.0, -1.0):
                found = linprog(
                    sign * self.ways[:, i], A_ub=self.rows, b_ub=self.least, bounds=(None, None), method="highs"
                )
                if found.status != 0:
                    return None
                ends.append(self.start + np.asarray(found.x) @ self.ways)
        low, high = (np.array([ends[2 * i + k][i] for i in range(len(self.start))]) for k in (0, 1))
        return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0), np.mean(ends, axis=0)

    def contains(self, weights: Array, tol: float) -> bool:
        """Say whether weights (n,) that sum to one are among these, up to `tol`."""
        from scipy.optimize import linprog

        if not len(self.ways):
            return bool(np.all(np.abs(self.start - weights) <= tol))
        apart = np.concatenate([self.ways.T, -self.ways.T])
        away = np.concatenate([weights - self.start, self.start - weights]) + tol
        rows, least = np.concatenate([self.rows, apart]), np.concatenate([self.least, away])
        found = linprog(np.zeros(len(self.ways)), A_ub=rows, b_ub=least, bounds=(None, None), method="highs")
        return bool(found.status == 0)
