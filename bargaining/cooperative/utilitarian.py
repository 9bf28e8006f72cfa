"""The utilitarian solution.

Harsanyi (1955), Cardinal welfare, individualistic ethics, and interpersonal comparisons of utility, Journal of Political
Economy 63, 309-321; as a bargaining solution Myerson (1981), Utilitarianism, egalitarianism, and the timing effect in
social choice problems, Econometrica 49, 883-897, and Thomson (1981), Nash's bargaining solution and utilitarian choice
rules, Econometrica 49, 535-538.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools
from bargaining.concept import Welfare, party_weights, weights_label
from bargaining.problems.problem import Problem
from bargaining.rays import nothing_for_all
from bargaining.sets.base import Answer, Status, Ties

TILT = 1e-5
"""Share by which each party's weight is raised to see whether other deals have the same sum."""

SAME = 1e-9
"""Share of all parties' ranges of utilities within which sums are the same."""

APART = 1e-3
"""Share of a party's ideal gain by which deals with the same sum must differ to be reported as ties."""


@dataclass(frozen=True)
class Utilitarian(Welfare):
    """Maximise the weighted sum of utilities, over the individually rational deals unless told otherwise.

    It compares utilities between the parties, so their units matter. Where the frontier is flat in the direction of the
    weights, many deals have the same sum: the ends of the flat part are reported in `Solution.ties`.

    Parameters
    ----------
    weights : tuple of float, optional
        What a unit of each party's utility counts; one each if left out.
    rational : bool
        Whether all parties must have at least their disagreement payoffs.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> bg.solve(hull, bg.Utilitarian()).utilities.tolist()
    [6.0, 10.0]
    """

    weights: tuple[float, ...] | None = None
    rational: bool = True

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"utilitarian{weights_label(self.weights)}" + ("" if self.rational else ", not rational")

    @property
    def compares(self) -> bool:
        """Utilities are added in their units."""
        return True

    def outcome(self, problem: Problem) -> Answer:
        """Return the deal with the largest weighted sum."""
        weights = np.broadcast_to(party_weights(self.weights, problem), problem.disagreement.shape)
        floor = problem.disagreement if self.rational else None
        answer = problem.feasible.support(weights, floor)
        if self.rational:
            none = (answer.status == Status.OK) & nothing_for_all(problem)
            answer = replace(answer, status=np.where(none, np.int8(Status.NO_AGREEMENT), answer.status))
        # Floors have prices too, but the line that supports the deals above them has the concept's own weights.
        answer = replace(answer, normal=weights).where_ok()
        if answer.ties is not None:
            return answer
        tilts = weights * problem.lift(1.0 + TILT * np.eye(problem.n))
        rivals = problem.feasible.support(tilts, floor)
        return replace(answer, ties=self._tied(problem, answer, rivals))

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the weighted sum."""
        return np.asarray(np.sum(party_weights(self.weights, problem) * utilities, axis=-1))

    def _tied(self, problem: Problem, answer: Answer, rivals: Answer) -> Ties | None:
        """Return the answer with those rivals, (n, ...), that have the same sum but are other deals."""
        n, spread = problem.n, problem.feasible.spread()
        margin = SAME * np.sum(party_weights(self.weights, problem) * spread, axis=-1)
        u = np.concatenate([answer.utilities[None], np.broadcast_to(rivals.utilities, (n, *answer.utilities.shape))])
        sums = self.welfare(problem, u)
        with np.errstate(invalid="ignore"):
            same = np.abs(sums - sums[0]) <= margin
            if np.count_nonzero(same[1:]) <= 1:
                return None
            apart = APART * (np.fmin(spread, problem.gains(problem.ideal)) if self.rational else spread)
            keep: Bools = np.zeros(same.shape, np.bool_)
            for i in range(1, n + 1):  # ends of the flat part that differ from each other
                other = np.any(np.abs(u[i] - u[1:i]) > apart, axis=-1)
                keep[i] = same[i] & np.all(~keep[1:i] | other, axis=0)
        keep &= np.count_nonzero(keep, axis=0) > 1
        if not np.any(keep):
            return None
        rows = np.nonzero(keep.reshape(n + 1, -1))
        names = answer.terms
        terms = {
            name: np.concatenate([answer.terms[name][None], np.broadcast_to(rivals.terms[name], (n, *answer.status.shape))])
            for name in names
        }
        return Ties(
            rows[1], u.reshape(n + 1, -1, n)[rows], {name: value.reshape(n + 1, -1)[rows] for name, value in terms.items()}
        )
