"""Alternating offers without a last round.

Rubinstein (1982), Perfect equilibrium in a bargaining model, Econometrica 50, 97-109; the breakdown of talks and the limit
of short rounds are from Binmore, Rubinstein and Wolinsky (1986), The Nash bargaining solution in economic modelling, RAND
Journal of Economics 17, 176-188.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools
from bargaining.checks import instance, number, numbers, vector
from bargaining.concept import Equilibrium, StrategicModel
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer, Offers, Status, choose

SHORT = 1e-3
"""Rate times period below which proposals are interpolated: solving for them loses digits like 1 / (rate * period)."""

FINER = (30, 1000)
"""Parts of the first step of interpolation that are tried next."""

KINK = 1e-3
"""Share of the distance between the proposals by which two interpolations may differ where the frontier is smooth."""

VISIBLE = 1e-12
"""Share of a term's range by which two interpolations of it may always differ."""

SAME = 1e-9
"""Share of a party's range of utilities by which deals may miss those of a proposal."""

NEGLIGIBLE = 1e-13
"""Share of a party's range of utilities that is rounding."""


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
        return _patience_weights(self._rates(problem))

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
        fastest = np.max(rates, axis=-1)
        short = period < SHORT / fastest
        if not np.any(short):
            return problem.feasible.offers(origin, factors)
        limit = self._limit(problem, rates)
        offers, trusted = self._interpolate(problem, limit, rates, period, SHORT / fastest)
        for finer in FINER:  # a corner of the frontier nearby is out of the way of shorter steps
            step = SHORT / fastest / finer
            if not np.any(~trusted & (period < step)):
                break
            again, better = self._interpolate(problem, limit, rates, period, step)
            use = ~trusted & better & (period < step)
            offers, trusted = _choose(use, again, offers), trusted | use
        use = short & trusted
        return offers if np.all(use) else _choose(use, offers, problem.feasible.offers(origin, factors))

    def _limit(self, problem: Problem, rates: Array) -> Answer:
        return problem.feasible.nash(self._round(problem, rates, np.zeros(()))[0], _patience_weights(rates))

    def _first(self, problem: Problem) -> int:
        if problem.n != 2:
            raise InvalidProblem(f"alternating offers are for two parties; the problem has {problem.n}.")
        if isinstance(self.first, str):
            if self.first not in problem.parties:
                raise UnknownName("party", self.first, problem.parties)
            return problem.parties.index(self.first)
        try:
            return (0, 1).index(self.first)
        except ValueError as error:
            message = f"first = {self.first!r}: the party that proposes first is 0 or 1, or a name."
            raise InvalidProblem(message) from error

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
        with np.errstate(over="ignore"):  # a round in which everything melts
            factors = np.exp(-rates * period)
        payoffs = None if self.breakdown is None else self.breakdown.payoffs
        if payoffs is None:
            return problem.disagreement, factors
        after = np.asarray(payoffs, dtype=float)
        waiting, hazard = self._impatience(problem), self._hazard()
        with np.errstate(over="ignore", invalid="ignore"):
            kept = np.exp(-waiting * period) * np.expm1(-hazard * period) / np.expm1(-rates * period)
        share = np.where(period == 0, hazard / rates, kept)
        return problem.disagreement + share * (after - problem.disagreement), factors

    def _interpolate(
        self, problem: Problem, limit: Answer, rates: Array, period: Array, step: Array
    ) -> tuple[Offers, Bools]:
        """Return proposals for very short rounds, and whether they can be trusted.

        Each proposal is the cubic in the period through the limit, which is known exactly, and three longer rounds. Between
        corners of the frontier it is a smooth function; where it is not, the quadratic through fewer points differs.
        """
        longer = [problem.feasible.offers(*self._round(problem, rates, node * step)) for node in (1, 2, 3)]
        t, unit, bounds = period / step, problem.feasible.spread(), problem.feasible.bounds()
        cubic = [(1 - t) * (2 - t) * (3 - t) / 6, t * (2 - t) * (3 - t) / 2, t * (1 - t) * (t - 3) / 2]
        cubic.append(t * (1 - t) * (2 - t) / 6)
        quadratic = [(1 - t) * (2 - t) / 2, t * (2 - t), -t * (1 - t) / 2, 0.0 * t]
        # Where the limit is a corner, its normal is one of many, and those of the proposals do not tend to it.
        beyond = [0.0 * t, (2 - t) * (3 - t) / 2, (1 - t) * (t - 3), (1 - t) * (2 - t) / 2]
        nodes = [[_even(answer, unit) for answer in (limit, *(offers.first for offers in longer))]]
        nodes.append([_even(answer, unit) for answer in (limit, *(offers.second for offers in longer))])
        proposals = [_mix(cubic, beyond, answers, bounds) for answers in nodes]
        proposals = [replace(proposal, lottery=limit.lottery) for proposal in proposals]
        others = [_mix(quadratic, beyond, answers, bounds) for answers in nodes]
        gap = np.max(np.abs(proposals[0].utilities - proposals[1].utilities) / unit, axis=-1, keepdims=True)
        origin = self._round(problem, rates, period)[0]
        trusted = np.ones(gap.shape[:-1], np.bool_)
        for i, (found, other) in enumerate(zip(proposals, others, strict=True)):
            smooth = np.abs(found.utilities - other.utilities) <= (KINK * gap + NEGLIGIBLE) * unit
            proposals[i], known = _with_deals(problem, origin, found, other)
            trusted &= np.all(smooth, axis=-1) & known
        failed = np.any([proposal.status != Status.OK for proposal in proposals], axis=0)
        return Offers(*proposals), trusted | failed


def _patience_weights(rates: Array) -> Array:
    """Return weights in proportion to 1 / rate that sum to one."""
    patience = 1.0 / rates
    return np.asarray(patience / np.sum(patience, axis=-1, keepdims=True))


def _choose(use: Bools, these: Offers, others: Offers) -> Offers:
    return Offers(choose(use, these.first, others.first), choose(use, these.second, others.second))


def _even(answer: Answer, unit: Array) -> Answer:
    """Return the answer with its normal on a common scale, so that normals can be averaged."""
    return replace(answer, normal=answer.normal / np.sum(answer.normal * unit, axis=-1, keepdims=True))


def _with_deals(problem: Problem, origin: Array, found: Answer, other: Answer) -> tuple[Answer, Bools]:
    """Return the answer with deals that give its utilities, and where such deals are known.

    Terms are left where two interpolations give the same. Elsewhere, and of lotteries, the deals are those of the frontier
    on the way to these utilities from the origin.
    """
    unknown = np.full(found.status.shape, found.lottery is not None)
    for name, (low, high) in problem.feasible.bounds().items():
        unknown |= np.abs(found.terms[name] - other.terms[name]) > VISIBLE * (high - low)
    unknown &= found.status == Status.OK
    if not np.any(unknown):
        return found, ~unknown
    way = np.where(unknown[..., None], found.utilities - origin, 1.0)
    deal = problem.feasible.reach(origin, np.maximum(way, 0.0))
    miss = np.max(np.abs(deal.utilities - found.utilities) / problem.feasible.spread(), axis=-1)
    drawn = replace(found, terms=deal.terms, lottery=deal.lottery)
    return choose(~unknown, replace(found, lottery=deal.lottery), drawn), ~unknown | (miss <= SAME)


def _mix(
    shares: list[Array], sides: list[Array], answers: list[Answer], bounds: Mapping[str, tuple[float, float]]
) -> Answer:
    """Return the sum of answers weighted by `shares`, normals by `sides`, as bad as the worst, with terms in bounds."""
    shape = np.broadcast_shapes(*(answer.status.shape for answer in answers))

    def blend(weights: list[Array], values: list[Array], lift: int) -> Array:
        terms = [np.asarray(w)[(..., *[None] * lift)] * v for w, v in zip(weights, values, strict=True)]
        return np.asarray(sum(terms))

    return Answer(
        blend(shares, [answer.utilities for answer in answers], 1),
        {
            name: np.clip(blend(shares, [answer.terms[name] for answer in answers], 0), *bounds.get(name, (None, None)))
            for name in answers[0].terms
        },
        blend(sides, [answer.normal for answer in answers], 1),
        np.max([np.broadcast_to(answer.status, shape) for answer in answers], axis=0),
        np.max([np.broadcast_to(answer.residual, shape) for answer in answers], axis=0),
    )
