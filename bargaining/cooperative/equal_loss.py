"""The equal-loss solution.

Chun (1988), The equal-loss principle for bargaining problems, Economics Letters 26, 103-106; held to individual
rationality, Herrero and Marco (1993), Rational equal-loss solutions for bargaining problems, Mathematical Social Sciences
26, 273-286. For bargaining with claims, Chun and Thomson (1992), Bargaining problems with claims, Mathematical Social
Sciences 24, 19-33, and Bossert (1993), An alternative solution to bargaining problems with claims, Mathematical Social
Sciences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Codes
from bargaining.checks import leading_axes, numbers, vector
from bargaining.concept import Welfare, party_weights, weights_label
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.rays import prospects, settled
from bargaining.sets.base import LEAST_GAIN, Answer, Status


@dataclass(frozen=True)
class EqualLoss(Welfare):
    """Let all parties fall short of the ideal point by the same, smallest possible amount (Chun 1988).

    The point a - t (1, ..., 1) with the smallest feasible t, a being the ideal point. Two parties never fall below
    disagreement. Of more, some may; by default these are held to it, and the others share the loss alone: u_i = max(a_i -
    t, d_i) (Herrero and Marco 1993). It compares utilities between the parties, so their units matter. The point is weakly
    efficient; where the deal gives somebody more, `Solution.spare` says how much.

    With a `reference`, losses are measured from this point instead of the ideal one. If it holds the parties' claims, it is
    the extended claim-egalitarian solution (Bossert 1993) of bargaining with claims (Chun and Thomson 1992), on a claims
    problem the rule of constrained equal losses. From a reference inside the set all gain the same.

    Parameters
    ----------
    weights : tuple of float, optional
        Losses are in proportion to these, positive numbers, one a party; equal if left out.
    rational : bool
        Whether all parties must have at least their disagreement payoffs.
    reference : array, shape (..., n), optional
        Utilities from which losses are measured, feasible or not; the ideal point if left out. Leading axes are those of
        the problem's stack.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> bg.solve(hull, bg.EqualLoss()).utilities.round(9).tolist()  # (20/3, 26/3)
    [6.666666667, 8.666666667]
    >>> pie = bg.split(200, [bg.Linear()] * 3)
    >>> bg.solve(pie, bg.EqualLoss(reference=(100, 200, 300))).utilities.round(9).tolist()
    [0.0, 50.0, 150.0]
    """

    weights: tuple[float, ...] | None = None
    rational: bool = True
    reference: ArrayLike | None = None

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"equal loss{weights_label(self.weights)}{self._origin}" + ("" if self.rational else ", not rational")

    @property
    def compares(self) -> bool:
        """Losses are compared in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the point of the smallest loss, the same for all who are not held to disagreement."""
        weights = self._weights(problem)
        target = self._target(problem)
        possible = self._prospects(problem, target)
        target = np.where((possible == Status.OK)[..., None], target, problem.disagreement)
        target = np.where(np.isfinite(target), target, 0.0)  # of a stack, some games may have no such numbers
        # The loss at which each party is down to disagreement.
        levels = np.nan_to_num(problem.gains(target) / weights, posinf=0.0, neginf=0.0)
        order = np.sort(levels, axis=-1)
        groups = problem.n if self.rational else 1
        held = [levels <= order[..., [k - 1]] if k else np.zeros(levels.shape, np.bool_) for k in range(groups)]
        held = [group & ~np.all(group, axis=-1, keepdims=True) for group in held]  # somebody must be left to lose
        down = np.stack(held)
        least = 0.0 if self.reference is None else -np.inf  # from a reference inside the set or below d, parties may gain
        starts = np.max(np.where(down, levels, least), axis=-1)
        ends = np.min(np.where(down, np.inf, levels), axis=-1)  # of this group's range: then the next party is down too
        origins = np.where(down, problem.disagreement, target - ends[..., None] * weights)
        answers = problem.feasible.reach(origins, np.where(down, 0.0, weights))
        losses = np.maximum(np.max(np.where(down, -np.inf, (target - answers.utilities) / weights), axis=-1), starts)
        known = (answers.status == Status.OK) & ((losses <= ends) | (not self.rational))
        which = np.argmin(np.where(known, losses, np.inf), axis=0)
        found = answers.chosen(which)
        loss = np.take_along_axis(losses, which[None], axis=0)[0]
        point = target - loss[..., None] * weights
        point = np.maximum(point, problem.disagreement) if self.rational else point
        status = np.where(possible == Status.OK, found.status, possible)
        return settled(problem, replace(found, status=status), point).where_ok()

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the largest loss, in proportion to the weights, below zero."""
        return np.asarray(-np.max((self._target(problem) - utilities) / self._weights(problem), axis=-1))

    def _weights(self, problem: Problem) -> Array:
        weights = party_weights(self.weights, problem)
        if np.any(weights == 0):
            raise InvalidProblem(f"weights {self.weights!r} of losses must all be positive.")
        return weights

    def _target(self, problem: Problem) -> Array:
        """Return the point from which losses are measured, (..., n)."""
        if self.reference is None:
            return problem.ideal
        reference = vector("reference", self.reference, problem.n)
        leading_axes(problem.shape, reference.shape[:-1])
        return reference

    def _prospects(self, problem: Problem, target: Array) -> Codes:
        """Return why games have no numbers: nothing to agree on, or a reference that is none or too far away."""
        possible = prospects(problem)
        if self.reference is None:
            return possible
        with np.errstate(invalid="ignore"):
            lost = ~(np.abs(target) * np.finfo(float).eps <= LEAST_GAIN * problem.feasible.spread())
        if not problem.shape and target.ndim == 1 and np.any(lost):
            raise InvalidProblem(
                f"the reference {target.tolist()} is so far away that differences between gains, of up to "
                f"{problem.feasible.spread().tolist()}, are lost in rounding. Give one of the size of the gains."
            )
        return np.where((possible == Status.OK) & np.any(lost, axis=-1), np.int8(Status.NOT_FINITE), possible)

    @property
    def _origin(self) -> str:
        """The reference as part of the label; nothing if it is the ideal point."""
        if self.reference is None:
            return ""
        reference = numbers("reference", self.reference)
        return f" from ({', '.join(f'{u:.4g}' for u in reference)})" if reference.ndim == 1 else " from references"
