"""The equal-loss solution.

Chun (1988), The equal-loss principle for bargaining problems, Economics Letters 26, 103-106; held to individual
rationality, Herrero and Marco (1993), Rational equal-loss solutions for bargaining problems, Mathematical Social Sciences
26, 273-286.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array
from bargaining.concept import Welfare, party_weights, weights_label
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.rays import prospects, settled
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class EqualLoss(Welfare):
    """Let all parties fall short of the ideal point by the same, smallest possible amount (Chun 1988).

    The point a - t (1, ..., 1) with the smallest feasible t, a being the ideal point. Two parties never fall below
    disagreement. Of more, some may; by default these are held to it, and the others share the loss alone: u_i = max(a_i -
    t, d_i) (Herrero and Marco 1993). It compares utilities between the parties, so their units matter. The point is weakly
    efficient; where the deal gives somebody more, `Solution.spare` says how much.

    Parameters
    ----------
    weights : tuple of float, optional
        Losses are in proportion to these, positive numbers, one a party; equal if left out.
    rational : bool
        Whether all parties must have at least their disagreement payoffs.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> bg.solve(hull, bg.EqualLoss()).utilities.round(9).tolist()  # (20/3, 26/3)
    [6.666666667, 8.666666667]
    """

    weights: tuple[float, ...] | None = None
    rational: bool = True

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"equal loss{weights_label(self.weights)}" + ("" if self.rational else ", not rational")

    @property
    def compares(self) -> bool:
        """Losses are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the point of the smallest loss, the same for all who are not held to disagreement."""
        weights = self._weights(problem)
        possible = prospects(problem)
        ideal = np.where((possible == Status.OK)[..., None], problem.ideal, problem.disagreement)
        levels = problem.gains(ideal) / weights  # the loss at which a party is down to disagreement
        order = np.sort(levels, axis=-1)
        groups = problem.n if self.rational else 1
        held = [levels <= order[..., [k - 1]] if k else np.zeros(levels.shape, np.bool_) for k in range(groups)]
        held = [group & ~np.all(group, axis=-1, keepdims=True) for group in held]  # somebody must be left to lose
        starts = np.stack([np.max(np.where(group, levels, 0.0), axis=-1) for group in held])
        ends = np.stack([np.min(np.where(group, np.inf, levels), axis=-1) for group in held])
        # Start where the group gains its next member: past a floor, sets need not be reached from the ideal point.
        lowest = [ideal - np.where(np.isfinite(end), end, 0.0)[..., None] * weights for end in ends]
        floors = np.stack([np.where(group, problem.disagreement, end) for group, end in zip(held, lowest, strict=True)])
        answers = problem.feasible.reach(floors, np.stack([np.where(group, 0.0, weights) for group in held]))
        losses = np.max(np.where(np.stack(held), -np.inf, (ideal - answers.utilities) / weights), axis=-1)
        losses = np.maximum(losses, starts)
        known = (answers.status == Status.OK) & ((losses <= ends) | (not self.rational))
        which = np.argmin(np.where(known, losses, np.inf), axis=0)
        found = answers.chosen(which)
        loss = np.take_along_axis(losses, which[None], axis=0)[0]
        point = ideal - loss[..., None] * weights
        point = np.maximum(point, problem.disagreement) if self.rational else point
        status = np.where(possible == Status.OK, found.status, possible)
        return settled(problem, replace(found, status=status), point).where_ok()

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the largest loss, in proportion to the weights, below zero."""
        return np.asarray(-np.max((problem.ideal - utilities) / self._weights(problem), axis=-1))

    def _weights(self, problem: Problem) -> Array:
        weights = party_weights(self.weights, problem)
        if np.any(weights == 0):
            raise InvalidProblem(f"weights {self.weights!r} of losses must all be positive.")
        return weights
