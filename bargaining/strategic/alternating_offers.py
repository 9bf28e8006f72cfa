"""Alternating offers without a last round.

Rubinstein (1982), Perfect equilibrium in a bargaining model, Econometrica 50, 97-109; the breakdown of talks and the limit
of short rounds are from Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic modelling, RAND
Journal of Economics 17, 176-188.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Entry
from bargaining.checks import instance, number, numbers, party_number, vector
from bargaining.concept import Equilibrium, StrategicModel
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer, Offers, Status, choose
from bargaining.strategic.short_rounds import SHORT, interpolated


@dataclass(frozen=True)
class Breakdown:
    """The risk that talks end for good: a hazard per year, and what each party then has (default: disagreement)."""

    hazard: float
    payoffs: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        number("the breakdown hazard, a rate per year,", self.hazard, low=0.0)
        if self.payoffs is not None and vector("breakdown payoffs", self.payoffs, 2).ndim > 1:
            raise InvalidProblem(f"breakdown payoffs {self.payoffs!r} must be one number for each of the two parties.")


@dataclass(frozen=True)
class AlternatingOffers(StrategicModel):
    """Two parties propose in turn until one accepts (Rubinstein 1982), with impatience and a risk of breakdown.

    Utilities are values at agreement. Disagreement that lasts pays d_i as a flow, so a round of length Delta shrinks the
    gain u_i - d_i by delta_i = exp(-r_i Delta); talks break down in a round with probability q = 1 - exp(-h Delta) and then
    pay b_i. Party i accepts what leaves it at least

        e_i + m_i (v_i - e_i),   m_i = delta_i (1 - q),   e_i = ((1 - delta_i) d_i + delta_i q b_i) / (1 - m_i),

    where v_i is its utility from its own proposal; each proposes its best deal among those the other accepts. On a convex
    set this equilibrium is the only subgame-perfect one. As Delta -> 0 both proposals tend to the maximiser of
    prod_i (u_i - e_i)^a_i, with a_i proportional to 1 / (r_i + h) (Binmore, Rubinstein and Wolinsky 1986);
    `period=0` asks for this limit.

    Parameters
    ----------
    period : float, optional
        Length of a round in years (Delta); zero for the limit. Needed with rates.
    impatience : tuple of float, optional
        Rates r_i per year; the problem's own if left out.
    factors : tuple of float, optional
        Discount factors delta_i per round, each in (0, 1), in place of rates and period.
    first : int or str
        The party that proposes first, by number or name.
    breakdown : Breakdown, optional
        Hazard h per year of the end of talks, and its payoffs b.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0])
    >>> bg.solve(pie, bg.AlternatingOffers(factors=(0.9, 0.9))).utilities.round(9).tolist()  # 1 / (1 + delta)
    [0.526315789, 0.473684211]
    """

    period: float | None = None
    impatience: tuple[float, ...] | None = None
    factors: tuple[float, ...] | None = None
    first: int | str = 0
    breakdown: Breakdown | None = None

    def __post_init__(self) -> None:
        if self.factors is not None:
            self._check_factors(self.factors)
        elif self.period is None:
            raise InvalidProblem(
                "say how long a round lasts: `period` in years (0 for the limit of ever shorter rounds), with "
                "impatience as rates per year; or give `factors`, the discount factors per round."
            )
        else:
            number("period, the length of a round in years,", self.period, low=0.0)
        if self.breakdown is not None:
            instance(self.breakdown, Breakdown, "write bg.Breakdown(hazard, payoffs)")
        if self.impatience is not None:
            rates = numbers("impatience", self.impatience)
            if rates.shape != (2,) or not np.all(np.isfinite(rates) & (rates >= 0)):
                raise InvalidProblem(f"impatience {self.impatience!r} must be two rates per year, zero or more.")

    def _check_factors(self, factors: Sequence[float]) -> None:
        if self.period is not None or self.impatience is not None or self.breakdown is not None:
            raise InvalidProblem(
                "`factors` already say what a round costs; leave out period, impatience and breakdown, or turn the "
                "factors into rates with impatience = -log(factors) and period = 1."
            )
        array = numbers("factors", factors)
        if array.shape != (2,) or not np.all((array > 0) & (array < 1)):
            raise InvalidProblem(f"factors {factors!r} must be two numbers strictly between 0 and 1.")

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "Rubinstein limit" if self.period == 0 else "Rubinstein"

    def describe(self, problem: Problem) -> str:
        """Say in words what is assumed about one problem's talks."""
        first = problem.parties[self._first(problem)]
        if self.factors is not None:
            return f"discount factors {self.factors[0]:.4g} and {self.factors[1]:.4g} a round, {first} first"
        mine, yours = self._impatience(problem)
        rounds = "rounds without length" if self.period == 0 else f"rounds of {self.period:.4g} years"
        hazard = "no breakdown" if self.breakdown is None else f"breakdown hazard {self.breakdown.hazard:.4g} a year"
        return f"{rounds}, impatience {mine:.4g} and {yours:.4g} a year, {hazard}, {first} first"

    def limit_weights(self, problem: Problem) -> Array:
        """Return the Nash weights, (..., 2), to which the equilibrium tends as rounds grow short.

        With rates r and breakdown hazard h they are proportional to 1 / (r_i + h); with factors, to 1 / log(1 / delta_i).
        """
        return patience_weights(self._rates(problem))

    def equilibrium(self, problem: Problem) -> tuple[Answer, Equilibrium]:
        """Return the agreement and the stationary subgame-perfect equilibrium of every game."""
        first = self._first(problem)
        rates = self._rates(problem)
        sensible = np.all(np.isfinite(rates) & (rates > 0), axis=-1)  # of a stack, some games may have no such rates
        rates = np.where(sensible[..., None], rates, 1.0)
        period = np.asarray(1.0 if self.period is None else self.period, dtype=float)
        origin, factors = self._round(problem, rates, period)
        offers = self._offers(problem, rates, period, origin, factors)
        status = np.maximum(offers.first.status, offers.second.status)
        status = np.where(sensible, status, np.int8(Status.NOT_FINITE))
        proposals = tuple(replace(answer, status=status).where_ok() for answer in (offers.first, offers.second))
        own = np.stack([proposal.utilities[..., i] for i, proposal in enumerate(proposals)], axis=-1)
        offered = np.stack([proposals[1 - i].utilities[..., i] for i in (0, 1)], axis=-1)
        thresholds = origin + factors * (own - origin)
        return proposals[first], Equilibrium(
            proposals, thresholds, offered - thresholds, origin, np.broadcast_to(factors, own.shape)
        )

    def _offers(self, problem: Problem, rates: Array, period: Array, origin: Array, factors: Array) -> Offers:
        """Return both proposals: of the limit, by interpolation where rounds are very short, else directly."""
        if period == 0:
            limit = self._limit(problem, rates)
            return Offers(limit, limit)

        def direct(time: Array) -> list[Answer]:
            offers = problem.feasible.offers(*self._round(problem, rates, time))
            return [offers.first, offers.second]

        if not np.any(period < SHORT / np.max(rates, axis=-1)):
            return problem.feasible.offers(origin, factors)
        limit = self._limit(problem, rates)
        found, trusted = interpolated(problem, [limit, limit], direct, origin, np.max(rates, axis=-1), period)
        if not np.all(trusted):
            found = [choose(trusted, *pair) for pair in zip(found, direct(period), strict=True)]
        return Offers(*found)

    def _limit(self, problem: Problem, rates: Array) -> Answer:
        return problem.feasible.nash(self._round(problem, rates, np.zeros(()))[0], patience_weights(rates))

    def _first(self, problem: Problem) -> int:
        if problem.n != 2:
            raise InvalidProblem(f"alternating offers are for two parties; the problem has {problem.n}.")
        return party_number("first", self.first, problem.parties)

    def _rates(self, problem: Problem) -> Array:
        """Return the rates, (..., 2), at which gains melt in talks: impatience plus hazard, per year or per round."""
        if self.factors is not None:
            return np.asarray(-np.log(np.asarray(self.factors, dtype=float)))
        rates = self._impatience(problem) + self._hazard()
        if rates.ndim == 1 and not np.all(rates > 0):
            raise InvalidProblem(
                f"a party that loses nothing by waiting never gives in (rates {rates.tolist()}); "
                "give each a positive impatience, or a breakdown hazard."
            )
        return rates

    def _impatience(self, problem: Problem) -> Array:
        own = problem.impatience if self.impatience is None else np.asarray(self.impatience, dtype=float)
        if own is None:
            raise InvalidProblem(
                "the problem does not say how impatient the parties are; give `impatience` (rates per year) here or in "
                "the problem, or `factors` per round."
            )
        if own.shape[-1] != 2:
            raise InvalidProblem(f"impatience {own.tolist()} must hold one rate for each of the two parties.")
        return own

    def _hazard(self) -> Array:
        return np.asarray(0.0 if self.breakdown is None else self.breakdown.hazard, dtype=float)[..., None]

    def _round(self, problem: Problem, rates: Array, period: Array) -> tuple[Array, Array]:
        """Return e and m of the class docstring for rounds of this length, exact for the shortest ones."""
        period = period[..., None]
        factors = kept_in_a_round(rates, period)
        payoffs = None if self.breakdown is None else self.breakdown.payoffs
        if payoffs is None:
            return problem.disagreement, factors
        share = lost_to_breakdown(rates, self._impatience(problem), self._hazard(), period)
        return worth_of_waiting(problem.disagreement, np.asarray(payoffs, dtype=float), share), factors


def kept_in_a_round(rate: Entry, period: Entry) -> Entry:
    """Return what is left of a gain after a round, m; like the next two, elementwise, for arrays or jets."""
    with np.errstate(over="ignore"):  # a round in which everything melts
        return np.exp(-rate * period)


def lost_to_breakdown(rate: Entry, waiting: Entry, hazard: Entry, period: Entry) -> Entry:
    """Return the weight of the breakdown payoffs in what waiting for ever is worth."""
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.exp(-waiting * period) * np.expm1(-hazard * period) / np.expm1(-rate * period)
    return np.where(period <= 0, hazard / rate, kept)


def worth_of_waiting(disagreement: Entry, after: Entry, share: Entry) -> Entry:
    """Return what waiting for ever is worth, e."""
    return disagreement + share * (after - disagreement)


def patience_weights(rates: Array) -> Array:
    """Return weights in proportion to 1 / rate that sum to one."""
    patience = 1.0 / rates
    return np.asarray(patience / np.sum(patience, axis=-1, keepdims=True))
