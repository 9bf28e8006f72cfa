"""Wage bargaining in which the union decides, period after period, whether to strike.

Fernandez and Glazer (1991), Striking for a bargain between two completely informed agents, American Economic Review 81,
240-252; Haller and Holden (1990), A letter to the editor on wage bargaining, Journal of Economic Theory 52, 232-236.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import number, party_number
from bargaining.errors import InvalidProblem
from bargaining.ranges import SAME, IntervalModel, PayoffRange, payoff_range
from bargaining.sets.base import ROUNDING, Status
from bargaining.strategic.common import discount_factor, require_two, straight


@dataclass(frozen=True)
class Strikes(IntervalModel):
    """A union and a firm share a flow of revenue; while they talk the old wage is paid, unless the union strikes.

    They propose in turn, once a period. A proposal that is accepted holds for ever. When one is refused the union chooses,
    for this period, between the old contract, which gives it w_0 and the firm the rest, and a strike, which gives both
    what they have in `disagreement`. Payoffs are per period, discounted by delta. With the revenue as unit and nothing in
    a strike, the wages of all subgame perfect equilibria when the union proposes first are the interval

        [w_0, (1 + delta w_0) / (1 + delta)]   if w_0 <= delta^2,   and w_0 alone otherwise.

    The most comes of a union that strikes when its own proposal is refused and works on when it refuses the firm's:
    w_U = 1 - delta (1 - w_F) and w_F = (1 - delta) w_0 + delta w_U, so that w_F = (w_0 + delta) / (1 + delta). A strike
    pays if delta w_F >= w_0, which is w_0 <= delta^2; a union that fails to strike is left with w_0, which it has by never
    striking. The firm has at least the revenue less the highest wage, and at most the revenue less w_0. If the firm
    proposes first, the highest wage is w_F.

    Parameters
    ----------
    factor : float
        Discount factor delta of both per period, in (0, 1).
    status_quo : float
        The union's utility per period under the old contract, from its disagreement payoff to its best deal.
    union : int or str
        The party that may strike, by number or name.
    first : int or str, optional
        The party that proposes first; the union if left out.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, there are not two parties, or the frontier is not straight. A game of a stack in
        which the old contract is not feasible, or worse than a strike, has the status INFEASIBLE.

    Examples
    --------
    >>> import bargaining as bg
    >>> firm = bg.split(1, [bg.Linear(), bg.Linear()], parties=("union", "firm"))
    >>> bg.solve(firm, bg.Strikes(0.9, 0.3))  # up to 127 / 190
    strikes: all subgame perfect payoffs: union 0.3 to 0.6684, firm 0.3316 to 0.7
    """

    factor: float
    status_quo: float
    union: int | str = 0
    first: int | str | None = None

    def __post_init__(self) -> None:
        discount_factor("factor", self.factor)
        number("status_quo, the union's utility under the old contract,", self.status_quo)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "strikes"

    def conditions(self, found: PayoffRange) -> Iterator[tuple[str, Array]]:
        """Check that the lowest wage is the old one, and that the highest is the outcome of offers and strikes that pay."""
        problem, delta = found.problem, float(self.factor)
        union = party_number("union", self.union, problem.parties)
        first = union if self.first is None else party_number("first", self.first, problem.parties)
        revenue = straight(problem, "wage bargaining")[0]
        low, high, old = (
            (wage - problem.disagreement[..., union]) / revenue[..., union]
            for wage in (found.lowest[..., union], found.highest[..., union], float(self.status_quo))
        )
        yield "the lowest wage is the old one", np.abs(low - old)
        later = high - 1.0 + delta if first == union else delta * high  # the wage that the firm offers, a period later
        unions = high if first == union else 1.0 - delta * (1.0 - high)
        repeated = np.abs(delta * ((1.0 - delta) * old + delta * unions) - later)
        pays = np.maximum(old - later, 0.0)
        yield (
            "the highest wage is that of offers in turn with a strike that pays, or the old one",
            np.where(high > old + SAME, np.maximum(repeated, pays), np.maximum(np.abs(high - old), delta**2 - old - SAME)),
        )

    def play(self, problem: Any) -> PayoffRange:
        """Return the payoffs of all subgame perfect equilibria in every game of a problem."""
        require_two(problem, "wage bargaining")
        problem = problem.whole
        union = party_number("union", self.union, problem.parties)
        first = union if self.first is None else party_number("first", self.first, problem.parties)
        revenue, status = straight(problem, "wage bargaining")
        delta = float(self.factor)
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such payoffs
            old = (float(self.status_quo) - problem.disagreement[..., union]) / revenue[..., union]
        outside = (status == Status.OK) & ~((old >= -ROUNDING) & (old <= 1.0 + ROUNDING))
        if not problem.shape and outside:
            raise InvalidProblem(
                f"status_quo = {self.status_quo:g} must lie between what {problem.parties[union]} has in a strike, "
                f"{problem.disagreement[union]:g}, and its best deal, {problem.ideal[union]:g}."
            )
        highest = (1.0 + delta * old if first == union else old + delta) / (1.0 + delta)
        wages = np.stack([old, np.where(old <= delta**2 * (1.0 + ROUNDING), highest, old)])
        shares = np.stack([wages, 1.0 - wages[::-1]] if union == 0 else [1.0 - wages[::-1], wages], axis=-1)
        with np.errstate(invalid="ignore"):
            ends = problem.disagreement + shares * revenue
        return payoff_range(problem, self, ends[0], ends[1], np.where(outside, np.int8(Status.INFEASIBLE), status))
