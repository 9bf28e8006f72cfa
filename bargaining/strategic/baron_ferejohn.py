"""Bargaining in a legislature, where a proposal passes with a quota of votes.

Baron and Ferejohn (1989), Bargaining in legislatures, American Political Science Review 83, 1181-1206, the closed rule;
unequal members and any quota as in Eraslan (2002), Uniqueness of stationary equilibrium payoffs in the Baron-Ferejohn
model, Journal of Economic Theory 103, 11-30.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bargaining._types import Array
from bargaining.checks import number, numbers
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, held
from bargaining.numerics.coalitions import inclusion, stationary_values
from bargaining.problems.problem import Problem
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import Status
from bargaining.strategic.common import straight

ACCEPT = 1e-9
"""Share of the surplus by which values may miss those that follow from the proposals."""


@dataclass(frozen=True)
class BaronFerejohn(ProtocolModel):
    """A member is drawn to propose a division, and it passes with q votes, the proposer's among them; else a round passes.

    With the surplus over disagreement as unit, v_i what the game is worth to member i, p_i its probability of proposing and
    delta_i its discount factor, members vote for a proposal that gives them at least their price w_j = delta_j v_j. The
    proposer pays the prices of the q - 1 cheapest others, and keeps the rest:

        v_i = p_i (1 - sum_j z_ij w_j) + w_i sum_k p_k z_ki,

    where z_ij is the probability that i includes j: 1 if j is cheaper than the dearest member it needs, 0 if it is dearer,
    and such that the equations hold if it is as dear. Payoffs of stationary subgame perfect equilibria solve this, and are
    unique (Eraslan 2002); with patient members nearly every division is the outcome of some other equilibrium (Baron and
    Ferejohn 1989, proposition 2). Here a is what the proposer keeps if it belongs to the q cheapest, less its price, and c
    the price of the q-th cheapest: cheaper members have the price delta_i p_i a / (1 - delta_i), dearer ones
    delta_i p_i (a + c). What is left is that inclusion probabilities sum to q - 1, one monotone, piecewise linear equation
    in a / c, which is solved exactly.

    Parameters
    ----------
    quota : int
        Votes q that a proposal needs, from 1 to n.
    factors : float or tuple of float
        Discount factor per round, in (0, 1), of all or of each.
    recognition : tuple of float, optional
        Probabilities of proposing, which sum to one; equal ones if left out.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning or do not fit the problem, or the frontier is not straight.

    Examples
    --------
    >>> import bargaining as bg
    >>> found = bg.solve(bg.split(1, [bg.Linear()] * 5), bg.BaronFerejohn(3, 0.9))
    >>> found.kept[0].round(9), found.prices[1].round(9), found.utilities[0].round(9)
    (np.float64(0.64), np.float64(0.18), np.float64(0.2))
    """

    quota: int
    factors: float | tuple[float, ...]
    recognition: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not number("quota, the votes that a proposal needs,", self.quota, low=1).is_integer():
            raise InvalidProblem(f"quota = {self.quota!r} must be a whole number of votes.")
        factors = numbers("factors", self.factors)
        if factors.ndim > 1 or not np.all((factors > 0) & (factors < 1)):
            raise InvalidProblem(
                f"factors = {self.factors!r} must lie strictly between 0 and 1: one for all, or one a party."
            )
        if self.recognition is not None:
            chances = numbers("recognition", self.recognition)
            if chances.ndim != 1 or not np.all(chances >= 0) or not abs(np.sum(chances) - 1.0) <= ACCEPT:
                raise InvalidProblem(
                    f"recognition = {self.recognition!r} must be probabilities of proposing, one a party, that sum to one."
                )

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Baron-Ferejohn"

    def settings(self, problem: Problem) -> tuple[Array, Array, int]:
        """Return discount factors (n,), probabilities of proposing (n,), and the quota.

        Raises
        ------
        InvalidProblem
            If they do not fit the number of parties.
        """
        n = problem.n
        factors = numbers("factors", self.factors)
        chances = np.full(n, 1.0 / n) if self.recognition is None else numbers("recognition", self.recognition)
        for name, value in (("factors", factors), ("recognition", chances)):
            if value.shape not in {(), (n,)}:
                raise InvalidProblem(f"{name} has {value.size} numbers; the problem has {n} parties.")
        if self.quota > n:
            raise InvalidProblem(f"quota = {self.quota}: a proposal cannot have more votes than the {n} parties.")
        return np.broadcast_to(factors, (n,)), chances / np.sum(chances), int(self.quota)

    def play(self, problem: Any) -> Legislature:
        """Return the stationary equilibrium in every game of a problem."""
        problem = problem.whole
        factors, chances, quota = self.settings(problem)
        surplus, status = straight(problem, "legislative bargaining")
        values = stationary_values(factors, chances, quota)
        prices = factors * values
        included = inclusion(values, prices, chances, quota)
        kept = 1.0 - included @ prices
        missed = np.max(np.abs(chances * kept + prices * (chances @ included) - values))
        if not missed <= ACCEPT:
            status = np.where(status == Status.OK, np.int8(Status.NOT_CONVERGED), status).astype(np.int8)
        fine = (status == Status.OK)[..., None]

        def gains(shares: Array) -> Array:
            return np.where(fine, shares * surplus, np.nan)

        return Legislature(
            problem, self, problem.disagreement + gains(values), status, np.where(fine[..., 0], missed, np.nan),
            gains(np.ones(problem.n)), gains(prices), gains(kept), np.where(fine[..., None], included, np.nan),
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Legislature(Played):
    """The stationary equilibrium of bargaining in a legislature: who is paid how much for its vote, and by whom.

    Attributes
    ----------
    surplus : array, shape (..., n)
        What there is to divide, over disagreement, in each party's utility.
    prices : array, shape (..., n)
        The gain over disagreement for which a party votes for a proposal: delta_j times its `gains`.
    kept : array, shape (..., n)
        The gain of a party that proposes.
    inclusion : array, shape (..., n, n)
        The probability that a proposer (row) pays for the vote of a party (column).
    """

    surplus: Array
    prices: Array
    kept: Array
    inclusion: Array

    @property
    def probability(self) -> Array:
        """The probability of agreement: the first proposal passes."""
        return np.where(self.status == Status.OK, 1.0, np.nan)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that values follow from proposals, proposals from prices, and prices from values."""
        model, ok = self.model, self.status == Status.OK
        if not isinstance(model, BaronFerejohn):
            raise InvalidProblem(f"{model!r} is no BaronFerejohn, whose equilibrium this would be.")
        factors, chances, quota = model.settings(self.problem)
        values, prices, kept = (gains / self.surplus for gains in (self.gains, self.prices, self.kept))
        z, own = self.inclusion, np.eye(self.problem.n, dtype=bool)
        paid = np.sum(z * prices[..., None, :], axis=-1)

        def check(claim: str, missed: Array) -> Check:
            return held(claim, np.max(missed, axis=-1), ok)

        numbers_ = np.concatenate([self.utilities, self.prices, self.kept], axis=-1)
        known = np.all(np.isfinite(numbers_), axis=-1)
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        yield check("prices are what waiting is worth", np.abs(prices - factors * values))
        yield check("proposers have the votes they need", np.abs(np.sum(z, axis=-1) - (quota - 1)))
        yield check("probabilities lie between 0 and 1", np.max(np.maximum(-z, z - 1.0), axis=-1))
        yield check("nobody buys its own vote", np.max(np.abs(np.where(own, z, 0.0)), axis=-1))
        others = np.where(own, np.inf, prices[..., None, :] + 0.0 * z)
        yield check("no coalition is cheaper", paid - np.sum(np.sort(others, axis=-1)[..., : quota - 1], axis=-1))
        yield check("what is kept and paid is all there is", np.abs(kept + paid - 1.0))
        expected = chances * kept + prices * np.sum(chances[:, None] * z, axis=-2)
        yield check("values follow from the proposals", np.abs(expected - values))
        yield check("no proposer would rather wait", prices - kept)
        for i, party in enumerate(self.problem.parties):
            yield held(f"some deal gives what {party} proposes", self._lacks(i, kept, z * prices[..., None, :]), ok)

    def _lacks(self, i: int, kept: Array, paid: Array) -> Array:
        """Return by how much party i must keep less than stated if all others have the mean of what it pays them."""
        problem, ok = self.problem, (self.status == Status.OK)[..., None]
        shares = paid[..., i, :].copy()
        shares[..., i] = kept[..., i]
        asked = np.where(ok, problem.disagreement + shares * self.surplus, 0.0)
        deal = problem.feasible.reach(asked, np.eye(problem.n)[i])
        return np.asarray((asked - deal.utilities)[..., i] / self.surplus[..., i])

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        lines = [
            f"{party} gains {value:.4g}: keeps {kept:.4g} as proposer, votes for {price:.4g}"
            for party, value, kept, price in zip(self.problem.parties, self.gains, self.kept, self.prices, strict=True)
        ]
        return "\n  ".join(["the stationary equilibrium", *lines])
