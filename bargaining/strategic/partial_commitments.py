"""Demands announced before talks, to which parties are committed in part: they can be given up at a cost.

Muthoo (1996), A bargaining model based on the commitment tactic, Journal of Economic Theory 69, 134-152; Muthoo (1999),
Bargaining Theory with Applications, chapter 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import numbers, vector
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, held
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import ROUNDING, Status
from bargaining.strategic.common import require_two, straight

GRID, MOST = 400, 2000
"""Steps of the grid of demands that are tried in place of one stated; the most that are drawn."""


@dataclass(frozen=True)
class PartialCommitments(ProtocolModel):
    """Both announce demands at once; to settle for less than its own costs a party k_i times what it gives up.

    With the surplus as unit, demands z_1 and z_2 in [0, 1] that fit together, z_1 + z_2 <= 1, are met, and what is left is
    wasted. If they do not, the parties agree on the Nash solution of what is then possible: shares s and 1 - s are worth

        u_1 = s - k_1 max(0, z_1 - s),   u_2 = 1 - s - k_2 max(0, z_2 - (1 - s)),

    and no agreement nothing. In the only equilibrium the demands sum to one, and nobody has to give anything up:

        z_i = (1 + k_i) / (2 + k_1 + k_2).

    A commitment that is more costly to give up is a strength. Where z_1 + z_2 > 1 some party pays, and would have more had
    it demanded less. Where z and 1 - z just fit and party 1 demands a little more, it is given that if (1 - z) / z is more
    than (1 + k_2) / (1 + k_1), the slope of the frontier of the second stage where both pay; party 2 is given a little more
    if it is less. So neither gains only if they are equal. A party with k_i = 0 can as well demand more than that: payoffs
    are the same.

    Parameters
    ----------
    costs : tuple of float
        What k_i it costs each party to give up a unit of its demand, zero or more, in units of its utility.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, there are not two parties, or the frontier is not straight.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> model = bg.PartialCommitments((2, 0.5))
    >>> bg.solve(pie, model)
    partial commitments: Ann demands 0.6667 of the surplus, Bob 0.3333; worth Ann 0.6667, Bob 0.3333
    >>> model.worth([[0.8, 1 / 3], [2 / 3, 0.5]]).round(4).tolist()  # what each has, as a share, had it demanded more
    [[0.5333, 0.2667], [0.5833, 0.2917]]
    """

    costs: tuple[float, float]

    def __post_init__(self) -> None:
        costs = numbers("costs", self.costs)
        if costs.shape != (2,) or not np.all(np.isfinite(costs) & (costs >= 0)):
            raise InvalidProblem(
                f"costs = {self.costs!r} must be two numbers, zero or more: what it costs each party to settle for a unit "
                "less than its demand."
            )

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "partial commitments"

    def worth(self, demands: ArrayLike) -> Array:
        """Return what both parties have, (..., 2), as shares of the surplus, if they announce any demands.

        Parameters
        ----------
        demands : array, shape (..., 2)
            Shares of the surplus, in [0, 1].

        Raises
        ------
        InvalidProblem
            If a demand is no such share.
        """
        asked = vector("demands", demands, 2)
        if not np.all((asked >= 0) & (asked <= 1)):
            raise InvalidProblem(f"demands = {demands!r} must be shares of the surplus, from 0 to 1, one a party.")
        return self._worth(asked)

    def _worth(self, demands: Array) -> Array:
        """Return the payoffs of demands: of the Nash solution of the second stage, piece by piece of its frontier."""
        (one, two), (k_one, k_two) = np.moveaxis(demands, -1, 0), numbers("costs", self.costs)
        low, high = k_one / (1.0 + k_one) * one, 1.0 - k_two / (1.0 + k_two) * two  # where one of them has nothing
        first, second, both = (low + 1.0) / 2, high / 2, (low + high) / 2  # best if one, two, or both had to give in
        share = np.clip(both, np.minimum(1.0 - two, one), one)
        share = np.where(first <= 1.0 - two, first, np.where(second >= one, second, share))
        left = np.stack([share, 1.0 - share], axis=-1)
        worth = left - numbers("costs", self.costs) * np.maximum(demands - left, 0.0)
        worth = np.where((low < high)[..., None], np.maximum(worth, 0.0), 0.0)
        return np.where((one + two <= 1.0 + ROUNDING)[..., None], demands, worth)

    def play(self, problem: Any) -> Commitments:
        """Return the equilibrium in every game of a problem."""
        require_two(problem, "the announcement of demands")
        problem = problem.whole
        surplus, status = straight(problem, "the announcement of demands")
        strength = 1.0 + numbers("costs", self.costs)
        fine = (status == Status.OK)[..., None]
        demands = np.where(fine, 1.0 / (1.0 + strength[::-1] / strength), np.nan)
        utilities = np.where(fine, problem.disagreement + demands * surplus, np.nan)
        residual = np.where(status == Status.OK, 0.0, np.nan)
        return Commitments(problem, self, utilities, status, residual, demands)


@dataclass(frozen=True, eq=False, repr=False)
class Commitments(Played):
    """Demands announced in equilibrium: they fit together, and are met.

    Attributes
    ----------
    demands : array, shape (..., 2)
        What each party demands, as a share of the surplus.
    """

    model: PartialCommitments
    demands: Array

    @property
    def probability(self) -> Array:
        """The probability of agreement, which is sure."""
        return np.where(self.status == Status.OK, 1.0, np.nan)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that payoffs are those of the demands, and that no other demand serves a party better."""
        model, problem, ok = self.model, self.problem, self.status == Status.OK
        known = np.all(np.isfinite(np.concatenate([self.utilities, self.demands], axis=-1)), axis=-1)
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        stated = np.where(ok[..., None] & np.isfinite(self.demands), self.demands, 0.5)
        outside = np.maximum(np.max(stated - 1.0, axis=-1), np.max(-stated, axis=-1))
        yield held("demands are shares of the surplus", outside, ok)
        surplus, _ = straight(problem, "the announcement of demands")
        scale = surplus / np.where(ok[..., None], problem.feasible.spread(), 1.0)
        stated = np.clip(stated, 0.0, 1.0)
        missed = np.max(np.abs(model._worth(stated) - self.gains / surplus) * scale, axis=-1)
        yield held("payoffs are what the demands give", missed, ok)
        for i, party in enumerate(problem.parties):
            far = np.concatenate([np.linspace(0.0, 1.0, GRID + 1), rng.random(min(trials, MOST))])
            steps = 10.0 ** rng.uniform(-9.0, -1.0, far.size)
            far, near = (tried.reshape(-1, *(1 for _ in problem.shape)) for tried in (far, np.append(steps, -steps)))
            close = stated[..., i] + near
            others = np.clip(np.concatenate([np.broadcast_to(far, (len(far), *problem.shape)), close]), 0.0, 1.0)
            rivals = np.repeat(stated[None], len(others), axis=0)
            rivals[..., i] = others
            gain = np.max(model._worth(rivals)[..., i], axis=0) - (self.gains / surplus)[..., i]
            yield held(f"no other demand serves {party} better", gain * scale[..., i], ok)

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        problem = self.problem
        (one, two), (a, b) = problem.parties, self.demands
        return f"{one} demands {float(a):.4g} of the surplus, {two} {float(b):.4g}; worth {self.payoffs_in_words}"
