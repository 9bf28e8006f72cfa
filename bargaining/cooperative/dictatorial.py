"""The dictatorial solutions.

Thomson (1994), Cooperative models of bargaining, in Aumann and Hart (eds), Handbook of Game Theory 2, chapter 35, section
2; as the rules left by the axioms of efficiency, invariance and strong monotonicity, Roth (1979), Axiomatic Models of
Bargaining.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array
from bargaining.checks import party_number
from bargaining.concept import Welfare
from bargaining.problems.problem import Problem
from bargaining.rays import granted, settled
from bargaining.sets.base import Answer


@dataclass(frozen=True)
class Dictatorial(Welfare):
    """Give one party the most it can have while the others have their disagreement payoffs.

    The point (a_i, d_-i), which is only weakly efficient where the dictator's best deal leaves others more;
    `Solution.spare` says how much.

    Parameters
    ----------
    party : int or str
        The dictator, by position or by name.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4]], disagreement=[0, 0], parties=("lab", "cloud")))
    >>> deal = bg.solve(hull, bg.Dictatorial("lab"))
    >>> deal.utilities.tolist(), deal.spare.tolist()
    ([9.0, 0.0], [0.0, 4.0])
    """

    party: int | str

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"dictator: {self.party if isinstance(self.party, str) else f'party {self.party + 1}'}"

    @property
    def compares(self) -> bool:
        """Only one party's utility counts."""
        return False

    def outcome(self, problem: Problem) -> Answer:
        """Return the dictator's best deal."""
        i = self._number(problem)
        answer = problem.best.pick(i)
        point = np.where(np.arange(problem.n) == i, answer.utilities, problem.disagreement)
        return granted(problem, settled(problem, answer, point))

    def welfare(self, problem: Problem, utilities: Array) -> Array:
        """Return the dictator's gain."""
        return np.asarray(problem.gains(utilities)[..., self._number(problem)])

    def _number(self, problem: Problem) -> int:
        return party_number("party", self.party, problem.parties)
