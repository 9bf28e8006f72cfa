"""Alternating offers in which a party can opt out only after its own proposal has been refused.

Shaked (1994), Opting out: bazaars versus "hi tech" markets, Investigaciones Economicas 18, 421-432; Osborne and Rubinstein
(1990), Bargaining and Markets, section 3.12.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import number, numbers, party_number
from bargaining.errors import InvalidProblem
from bargaining.ranges import IntervalModel, PayoffRange, payoff_range
from bargaining.sets.base import ROUNDING, Status
from bargaining.strategic.common import require_two, straight


@dataclass(frozen=True)
class ProposerOutsideOption(IntervalModel):
    """Two parties propose in turn, and one of them can opt out, but only when its own proposal has been refused.

    It then has `option` and the other its disagreement payoff; else a period passes, and gains shrink by delta_i. With the
    surplus as unit, b the option's gain, j the party that can opt out and i the other, i has when it proposes first

        (1 - delta_j) / (1 - delta_i delta_j)                                    alone, if b < b_0,
        from 1 - delta_j to 1 - delta_j + delta_i (delta_j - b)                  if b_0 <= b <= delta_j^2,
        1 - delta_j                                                              alone, if b > delta_j^2,

    in subgame perfect equilibria, with b_0 = delta_j^2 (1 - delta_i) / (1 - delta_i delta_j); j has the rest. At the first
    bound what talks would give j after a refusal, delta_j (1 - x_i), is b. Above it opting out is credible if followed by a
    worse alternative, so that i may have to accept nothing; above delta_j^2 it always is. In between i, after it has
    refused, has at most delta_i (1 - b / delta_j), for else j opts out. If j proposes first, it has 1 less what i then has
    at least from a refusal: 1 less the payoff above times delta_i; from 1 - delta_i (1 - b / delta_j) to 1; or 1.

    An option that can be taken when answering instead (`SequentialOffers(outside_options=...)`) leaves one equilibrium.

    Parameters
    ----------
    factors : tuple of float
        Discount factors delta per period, each in (0, 1).
    option : float
        What the party that can opt out then has, in its utility.
    party : int or str
        The party that can opt out, by number or name.
    first : int or str
        The party that proposes first.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, there are not two parties, the frontier is not straight, or the option is worth
        more than the party's best deal; a game of a stack with such an option has the status INFEASIBLE.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> for option in (0.3, 0.6, 0.85):
    ...     bg.solve(pie, bg.ProposerOutsideOption((0.9, 0.9), option))
    opting out as proposer: the only subgame perfect payoffs: Ann 0.5263, Bob 0.4737
    opting out as proposer: all subgame perfect payoffs: Ann 0.1 to 0.37, Bob 0.63 to 0.9
    opting out as proposer: the only subgame perfect payoffs: Ann 0.1, Bob 0.9
    """

    factors: tuple[float, float]
    option: float
    party: int | str = 1
    first: int | str = 0

    def __post_init__(self) -> None:
        factors = numbers("factors", self.factors)
        if factors.shape != (2,) or not np.all((factors > 0) & (factors < 1)):
            raise InvalidProblem(f"factors = {self.factors!r} must be two numbers strictly between 0 and 1.")
        number("option, the utility of opting out,", self.option)

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "opting out as proposer"

    def conditions(self, found: PayoffRange) -> Iterator[tuple[str, Array]]:
        """Check that the ends follow from each other, two rounds later, by what opting out lets parties hope for and fear.

        With j the party that can opt out: i is refused at worst by a j that opts out, if i's payoff next could be so high
        that j does, and at best goes on to the highest payoff that leaves j its option.
        """
        problem = found.problem
        who, first = (party_number(name, getattr(self, name), problem.parties) for name in ("party", "first"))
        gains = straight(problem, "opting out as proposer")[0]
        surplus, option = gains[..., 1 - who], (float(self.option) - problem.disagreement[..., who]) / gains[..., who]
        theirs, own = float(self.factors[1 - who]), float(self.factors[who])
        low, high = (
            (end[..., 1 - who] - problem.disagreement[..., 1 - who]) / surplus for end in (found.lowest, found.highest)
        )
        start = (low, high)
        for proposer in (who, 1 - who) if first != who else (1 - who, who):
            if proposer == who:
                hope = theirs * np.minimum(high, 1.0 - option / own)
                fear = np.where(option >= own * (1.0 - high) * (1.0 - ROUNDING), 0.0, theirs * low)
                low, high = fear, np.where(option > own * (1.0 - low) * (1.0 + ROUNDING), 0.0, hope)
            else:
                low, high = 1.0 - own * (1.0 - low), 1.0 - own * (1.0 - high)
        yield "the ends follow from each other", np.maximum(np.abs(low - start[0]), np.abs(high - start[1]))

    def play(self, problem: Any) -> PayoffRange:
        """Return the payoffs of all subgame perfect equilibria in every game of a problem."""
        require_two(problem, "opting out as proposer")
        problem = problem.whole
        who, first = party_number("party", self.party, problem.parties), party_number("first", self.first, problem.parties)
        surplus, status = straight(problem, "opting out as proposer")
        option = (float(self.option) - problem.disagreement[..., who]) / surplus[..., who]
        beyond = (status == Status.OK) & ~(option <= 1.0 + ROUNDING)
        if not problem.shape and beyond:
            raise InvalidProblem(
                f"option = {self.option:g} is more than {problem.parties[who]} has in any deal, {problem.ideal[who]:g}: it "
                "would never agree."
            )
        theirs, own = float(self.factors[1 - who]), float(self.factors[who])
        credible = option >= own**2 * (1.0 - theirs) / (1.0 - theirs * own) * (1.0 - ROUNDING)
        sure = option > own**2 * (1.0 + ROUNDING)
        settled = (1.0 - own) / (1.0 - theirs * own)
        if first == who:
            low = np.where(credible, 0.0, theirs * settled)
            high = np.where(sure, 0.0, theirs * np.where(credible, 1.0 - option / own, settled))
        else:
            low = np.where(credible, 1.0 - own, settled)
            high = np.where(sure, 1.0 - own, np.where(credible, 1.0 - own + theirs * (own - option), settled))
        lows, highs = (low, 1.0 - high), (high, 1.0 - low)
        lowest, highest = (
            problem.disagreement + np.stack(ends if who == 1 else ends[::-1], axis=-1) * surplus for ends in (lows, highs)
        )
        return payoff_range(problem, self, lowest, highest, np.where(beyond, np.int8(Status.INFEASIBLE), status))
