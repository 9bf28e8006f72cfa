"""The Gupta-Livne solution, for bargains with a reference outcome.

Gupta and Livne (1988), Resolving a conflict situation with a reference outcome: an axiomatic model, Management Science
34, 1303-1314.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array
from bargaining.checks import vector
from bargaining.concept import Welfare
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.rays import prospects, settled
from bargaining.sets.base import Answer, Status


@dataclass(frozen=True)
class GuptaLivne(Welfare):
    """Move from a reference outcome towards the ideal point as far as possible (Gupta and Livne 1988).

    The reference, a feasible point at least as good as disagreement for all, may be an earlier contract or an offer on the
    table; disagreement matters only through the ideal point. With the disagreement point as reference it is the
    Kalai-Smorodinsky solution. With more than two parties the point may be only weakly efficient; `Solution.spare` then
    says how much more the deal gives.

    Parameters
    ----------
    reference : tuple of float
        Utilities of the reference outcome, one a party.

    Examples
    --------
    >>> import bargaining as bg
    >>> curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0], low=0, high=2)
    >>> bg.solve(curve, bg.GuptaLivne((1, 1))).utilities.round(9).tolist()  # on the line from (1, 1) to (2, 4)
    [1.372281323, 2.11684397]
    >>> bg.solve(curve, bg.GuptaLivne((1, 1))).fractions.round(3).tolist()
    [0.686, 0.529]
    """

    reference: tuple[float, ...]

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"Gupta-Livne ({', '.join(f'{u:.4g}' for u in self.reference)})"

    @property
    def compares(self) -> bool:
        """Fractions of the ways to the ideal have no unit."""
        return False

    def outcome(self, problem: Problem) -> Answer:
        """Return the last point on the segment from the reference to the ideal point."""
        reference, way = self._way(problem)
        status = prospects(problem)
        least = problem.feasible.least_gain()
        low = (status == Status.OK) & np.any(reference < problem.disagreement - least, axis=-1)
        moving = way > least
        still = ~np.any(moving, axis=-1)  # the reference is the ideal point itself, or beyond it
        answer = problem.feasible.reach(reference, np.where(moving, way, np.where(still[..., None], 1.0, 0.0)))
        with np.errstate(all="ignore"):
            t = np.min(np.where(moving, (answer.utilities - reference) / np.where(moving, way, 1.0), np.inf), axis=-1)
            slack = np.max(np.where(moving, least / np.where(moving, way, 1.0), 0.0), axis=-1)
            beyond = (answer.status != Status.OK) | (t < -slack) | np.any(way < -least, axis=-1)
            beyond &= status == Status.OK
        t = np.where(still, 0.0, np.maximum(t, 0.0))
        if not problem.shape and (low or beyond):
            fault = "gives some party less than disagreement" if low else "is not feasible"
            raise InvalidProblem(
                f"the reference {self.reference!r} {fault}; it must be an outcome that the parties could have, at least as "
                f"good for all as disagreement, {problem.disagreement.tolist()}."
            )
        status = np.where((status == Status.OK) & (low | beyond), np.int8(Status.INFEASIBLE), status)
        status = np.where(status == Status.OK, answer.status, status)
        return settled(problem, replace(answer, status=status), reference + t[..., None] * way).where_ok()

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the smallest fraction of the way from reference to ideal."""
        reference, way = self._way(problem)
        moving = way > problem.feasible.least_gain()
        done = (utilities - reference) / np.where(moving, way, 1.0)
        return np.asarray(np.min(np.where(moving, done, np.inf), axis=-1))

    def _way(self, problem: Problem) -> tuple[Array, Array]:
        reference = vector("reference", self.reference, problem.n)
        return reference, np.asarray(np.nan_to_num(problem.ideal - reference, nan=1.0))
