"""Offers by parties drawn at random who do not agree on how likely each is to be drawn.

Yildiz (2003), Bargaining without a common prior - an immediate agreement theorem, Econometrica 71, 793-811; Yildiz (2011),
Bargaining with optimism, Annual Review of Economics 3, 451-478.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.checks import number, numbers, party_number
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, gives_less, held, rivals_of
from bargaining.problems.problem import Problem
from bargaining.protocols import Played, ProtocolModel, in_words
from bargaining.sets.base import Answer, Status
from bargaining.strategic.common import ideal_gains, require_two, two_factors
from bargaining.strategic.sequential_offers import MOST_ROUNDS

GOAL = 1e-14
"""Share of a range by which a round may change values that repeat themselves."""

ACCEPT = 1e-9
"""Share of a range by which values may miss those that repeat themselves."""

CLOSEST = 1e-6
"""By how much factors must fall short of one, if there is no last round."""

PASSES = 8
"""Corrections of values, where a proposal gives the other more than it would accept; twice as many steps refine them."""


@dataclass(frozen=True)
class Optimism(ProtocolModel):
    """In every round a party is drawn to propose; each has its own belief that it will be the one, known to both.

    Party i believes that it is drawn with probability p_i, independently of what happened before. Nobody learns: both know
    that they disagree. The excess y = p_1 + p_2 - 1 is optimism if above zero, pessimism if below, and with y = 0 the game
    is `bg.SequentialOffers(proposers=(p_1, p_2))`. With V_i(t) what i expects at the start of round t, in gains over
    disagreement, a refusal is worth w_i = delta_i V_i(t + 1). If (w_1, w_2) is out of reach the round passes, whoever is
    drawn, and V_i(t) = w_i: each would rather wait for the bargaining power that it expects. Else there is agreement, and
    with f_i(w_j) the most that i can have if the other has at least w_j,

        V_i(t) = p_i f_i(w_j) + (1 - p_i) w_i.

    (If i's best deal leaves the other more than w_j, it has that.) With a number of rounds this is solved backwards.
    Without, values repeat themselves, and own proposals x_i = f_i(delta_j V_j) solve

        x_i = f_i(b_j x_j),   b_i = delta_i c_i,   V_i = c_i x_i,   c_i = p_i / (1 - delta_i + delta_i p_i),

    the proposals of alternating offers with factors b_i: on a convex set there is one solution, and as (b_1 x_1, b_2 x_2)
    is within reach, agreement is immediate however optimistic the parties are (Yildiz 2003). On a pie of one with a common
    factor V_i = p_i / (1 + delta y), and who is drawn has (1 - delta) / (1 + delta y) more than if the other were. A
    deadline changes that: in the last round the parties expect 1 + y together, and k rounds before it they rather wait for
    it if delta^k (1 + y) > 1. In all earlier rounds they agree.

    Parameters
    ----------
    beliefs : tuple of float, or one such pair a round
        Probability p_i with which each party believes that it is drawn itself, in [0, 1]: the same in all rounds, or a row
        of two for each, in order.
    factors : float or tuple of float
        Discount factor per round, in (0, 1), of both or of each.
    rounds : int, optional
        The number of rounds, if there is a last one; after it both have their disagreement payoffs.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, or there are not two parties. Without a last round sets must be convex.

    Examples
    --------
    Each party is sure that it will propose in the last of seven rounds, and in all others: 0.9^6 is more than a half. With
    an eighth round they agree at once, as they do without a last one:

    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> bg.solve(pie, bg.Optimism((1, 1), 0.9, rounds=7))
    optimism, 7 rounds: worth Ann 0.5314, Bob 0.5314, as each expects; agreement after 6 rounds
      Ann proposes Ann 1, Bob 0 (1, 0)
      Bob proposes Ann 0, Bob 1 (0, 1)
    >>> bg.solve(pie, bg.Optimism((1, 1), 0.9, rounds=8)).date
    array(0.)
    >>> bg.solve(pie, bg.Optimism((1, 1), 0.9))
    optimism: worth Ann 0.5263, Bob 0.5263, as each expects; agreement at once
      Ann proposes Ann 0.5263, Bob 0.4737 (0.5263, 0.4737)
      Bob proposes Ann 0.4737, Bob 0.5263 (0.4737, 0.5263)
    """

    beliefs: tuple[float, float] | tuple[tuple[float, float], ...]
    factors: float | tuple[float, float]
    rounds: int | None = None

    def __post_init__(self) -> None:
        factors = two_factors(self.factors)
        count = 1
        if self.rounds is None and not np.all(factors <= 1.0 - CLOSEST):
            raise InvalidProblem(
                f"factors = {self.factors!r} without a last round: closer to one than {CLOSEST:g} they leave too few "
                "digits. Let rounds last longer, or give a number of rounds."
            )
        if self.rounds is not None:
            given = number("rounds, the number of rounds,", self.rounds, low=1, high=MOST_ROUNDS)
            if not given.is_integer():
                raise InvalidProblem(f"rounds = {self.rounds!r} must be a whole number.")
            count = int(given)
        beliefs = numbers("beliefs", self.beliefs)
        fits = beliefs.shape == (2,) or (self.rounds is not None and beliefs.shape == (count, 2))
        if not fits or not np.all((beliefs >= 0) & (beliefs <= 1)):
            raise InvalidProblem(
                f"beliefs = {self.beliefs!r} must be two probabilities, of each party that it is drawn itself; if there is "
                "a last round, a row of two for each round will do, too."
            )

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return f"optimism{'' if self.rounds is None else f', {int(self.rounds)} rounds'}"

    @property
    def chances(self) -> Array:
        """What each party believes, (rounds, 2), round by round; one row if all are alike for ever."""
        return np.broadcast_to(numbers("beliefs", self.beliefs), (1 if self.rounds is None else int(self.rounds), 2))

    @property
    def kept(self) -> Array:
        """The discount factor of each party, (2,)."""
        return two_factors(self.factors)

    def play(self, problem: Any) -> Expectations:
        """Return the equilibrium in every game of a problem."""
        require_two(problem, "optimism about being drawn")
        problem = problem.whole
        _, status = ideal_gains(problem)
        origin = np.where((status == Status.OK)[..., None], problem.disagreement, 0.0)
        made: list[_Round] = []
        residual = np.zeros(problem.shape)
        values = origin
        if self.rounds is None:
            values, residual, asked = self._repeated(problem, origin)
            status = np.where(status == Status.OK, asked, status)
        for chance in self.chances[::-1]:
            made.insert(0, _round(problem, origin + self.kept * (values - origin), chance))
            values = made[0].values
            status = np.where(status == Status.OK, made[0].broken, status)
        values = np.stack([one.values for one in made], axis=-2)
        lost = ~np.all(np.isfinite(values), axis=(-2, -1))
        status = np.where((status == Status.OK) & lost, np.int8(Status.NOT_FINITE), status)
        far = (status == Status.OK) & ~(residual <= ACCEPT)
        status = np.where(far, np.int8(Status.NOT_CONVERGED), status).astype(np.int8)
        fine = status == Status.OK
        values = np.where(fine[..., None, None], values, np.nan)
        thresholds = np.where(fine[..., None, None], np.stack([one.thresholds for one in made], axis=-2), np.nan)
        offers = tuple((_made(one.offers, 0, status), _made(one.offers, 1, status)) for one in made)
        agree = np.stack([one.agree for one in made], axis=-1) & fine[..., None]
        residual = np.where(fine | far, residual, np.nan)
        return Expectations(problem, self, values[..., 0, :], status, residual, values, thresholds, offers, agree)

    def _repeated(self, problem: Problem, origin: Array) -> tuple[Array, Array, Codes]:
        """Return values, (..., 2), that a round leaves as they are, by how much of a range they may miss, and a status."""
        chance, kept = self.chances[0], self.kept
        least = chance / (1.0 - kept + kept * chance)  # V_i / x_i if the other's proposal leaves i no more than a refusal
        found = problem.feasible.offers(origin[None], kept * least)
        own = np.stack([found.first.utilities[0, ..., 0], found.second.utilities[0, ..., 1]], axis=-1)
        status = np.maximum(found.first.status, found.second.status)[0]
        values = np.where((status == Status.OK)[..., None], origin + least * (own - origin), origin)
        best, miss = values, np.full(problem.shape, np.inf)
        unit, older = problem.feasible.spread(), values
        for step in range(3 * PASSES):
            after = _round(problem, origin + kept * (values - origin), chance).values
            with np.errstate(invalid="ignore"):
                change = np.max(np.abs(after - values) / unit, axis=-1)
            better = change < miss
            best, miss = np.where(better[..., None], values, best), np.where(better, change, miss)
            if np.all((miss <= GOAL) | (status != Status.OK)):
                break
            if step < PASSES:
                for i in (1, 0):
                    values = self._reply(problem, origin, values, i, least[i])
            elif (step - PASSES) % 2:
                values = _extrapolated(older, values, after)
            else:
                older, values = values, after
        return best, miss, np.asarray(status)

    def _reply(self, problem: Problem, origin: Array, values: Array, i: int, least: float) -> Array:
        """Return values in which party i's, given the other's, repeats itself."""
        floor = origin.copy()
        floor[..., 1 - i] += self.kept[1 - i] * (values - origin)[..., 1 - i]
        most = problem.feasible.reach(floor[None], np.eye(2)[i]).utilities[0, ..., i] - origin[..., i]
        left = problem.best.utilities[1 - i, ..., i] - origin[..., i]  # what the other's best deal gives i
        chance = self.chances[0, i]
        gain = np.fmax(least * most, chance * most + (1.0 - chance) * left)
        found = values.copy()
        found[..., i] = origin[..., i] + np.nan_to_num(gain)
        return found


@dataclass(frozen=True, eq=False)
class _Round:
    """One round: `offers` (2, ...) by proposer, the others are those of `Expectations`."""

    values: Array
    thresholds: Array
    offers: Answer
    agree: Bools
    broken: Codes


def _round(problem: Problem, waiting: Array, chance: Array) -> _Round:
    """Play one round in which a refusal is worth `waiting`, (..., 2)."""
    offers = problem.feasible.reach(np.stack([waiting, waiting]), problem.lift(np.eye(2)))
    own = np.stack([offers.utilities[i, ..., i] for i in (0, 1)], axis=-1)
    answered = offers.status == Status.OK
    with np.errstate(invalid="ignore"):
        agree = np.all(answered, axis=0) & np.all(own >= waiting - problem.feasible.least_gain(), axis=-1)
    failed = np.where(answered | (offers.status == Status.NO_AGREEMENT), np.int8(Status.OK), offers.status)
    shares = np.where(agree[..., None], offers.utilities, waiting)
    return _Round(_expected(shares, chance), waiting, offers, agree, np.max(failed, axis=0))


def _made(offers: Answer, proposer: int, status: Codes) -> Answer:
    """Return what a party offers, without numbers where a game has no answer."""
    offer = offers.pick(proposer)
    return offer.with_status(np.where(status == Status.OK, offer.status, status))


def _extrapolated(one: Array, two: Array, three: Array) -> Array:
    """Return the limits of sequences of which three terms are known, if errors shrink in proportion (Aitken 1926)."""
    early, late = two - one, three - two
    with np.errstate(all="ignore"):
        limit = three - late / (1.0 - early / late)
    return np.where(np.isfinite(limit) & (np.abs(late) < np.abs(early)), limit, three)


def _expected(shares: Array, chance: Array) -> Array:
    """Return what each party expects, (..., 2), of what both have when either proposes, (2, ..., 2)."""
    return np.stack([chance[i] * shares[i, ..., i] + (1.0 - chance[i]) * shares[1 - i, ..., i] for i in (0, 1)], axis=-1)


@dataclass(frozen=True, eq=False, repr=False)
class Expectations(Played):
    """Talks between parties who disagree on who will propose, in equilibrium.

    Attributes
    ----------
    utilities : array, shape (..., 2)
        What each party itself expects at the start. Under optimism no deal need give both of them as much.
    values : array, shape (..., rounds, 2)
        The same at the start of each round, if it is reached; one round, which repeats itself, if there is no last one.
    thresholds : array, shape (..., rounds, 2)
        What each party expects after a refusal: the least that it accepts.
    offers : tuple of pairs of Answer
        `offers[k][i]` is the best deal that party i can get accepted in round k; without numbers if there is none.
    agree : array of bool, shape (..., rounds)
        Whether a round ends in agreement, whoever proposes; if not, it passes.
    """

    model: Optimism
    values: Array
    thresholds: Array
    offers: tuple[tuple[Answer, Answer], ...]
    agree: Bools

    @property
    def probability(self) -> Array:
        """The probability of agreement, which is sure: in the last round at the latest."""
        return np.where(self.status == Status.OK, np.any(self.agree, axis=-1).astype(float), np.nan)

    @cached_property
    def date(self) -> Array:
        """The number of rounds, (...), that pass before agreement, whoever is drawn: 0 if it is immediate."""
        some = np.any(self.agree, axis=-1)
        return np.where(some, np.argmax(self.agree, axis=-1).astype(float), np.nan)

    @property
    def delay(self) -> Array:
        """The share of its gains, (..., 2), that each party loses by waiting, 1 - delta_i^date."""
        return np.asarray(-np.expm1(np.log(self.model.kept) * self.date[..., None]))

    def proposing(self, party: int | str) -> Array:
        """Return what the parties agree on, (..., 2), if this one is drawn when there is agreement.

        Raises
        ------
        UnknownName, InvalidProblem
            If there is no such party.
        """
        i = party_number("party", party, self.problem.parties)
        made = np.stack([np.broadcast_to(pair[i].utilities, (*self.problem.shape, 2)) for pair in self.offers], axis=-2)
        place = np.nan_to_num(self.date).astype(np.intp)
        agreed = np.take_along_axis(made, place[..., None, None], axis=-2)[..., 0, :]
        return np.where(np.any(self.agree, axis=-1)[..., None], agreed, np.nan)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that values follow from decisions, and that no party gains by departing once from them in any round."""
        problem, model, ok = self.problem, self.model, self.status == Status.OK
        stated = [np.all(np.isfinite(table), axis=(-2, -1)) for table in (self.values, self.thresholds)]
        known = np.all(np.isfinite(self.utilities), axis=-1) & stated[0] & stated[1]
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        spread = np.where(ok[..., None], problem.feasible.spread(), 1.0)
        start = np.max(np.abs(self.utilities - self.values[..., 0, :]) / spread, axis=-1)
        yield held("payoffs are those of the first round", start, ok)
        endless, least = model.rounds is None, np.where(ok[..., None], problem.disagreement, 0.0)
        for k, (chance, pair) in enumerate(zip(model.chances, self.offers, strict=True)):
            name = "" if endless else f"round {k + 1}: "
            last = k == len(self.offers) - 1
            after = self.values[..., k, :] if endless else least if last else self.values[..., k + 1, :]
            waiting = np.where(ok[..., None], least + model.kept * (after - least), 0.0)
            apart = np.max(np.abs(self.thresholds[..., k, :] - waiting) / spread, axis=-1)
            yield held(f"{name}thresholds are what each expects after a refusal", apart, ok)
            agreed = self.agree[..., k] & ok
            shares = np.stack([np.where(agreed[..., None], offer.utilities, waiting) for offer in pair])
            for i, party in enumerate(problem.parties):
                offer, other = pair[i], 1 - i
                short = np.max((waiting - offer.utilities) / spread, axis=-1)
                yield held(f"{name}what {party} offers is a deal", gives_less(problem.feasible, offer, spread), agreed)
                yield held(f"{name}what {party} offers is no worse for anybody than a refusal", short, agreed)
                more = np.full(problem.shape, -np.inf)
                for rivals in rivals_of(problem.feasible, shares[i], offer.terms, trials, rng):
                    with np.errstate(invalid="ignore"):
                        accepted = rivals[..., other] >= waiting[..., None, other]
                        gain = (rivals[..., i] - shares[i, ..., None, i]) / spread[..., None, i]
                    more = np.fmax(more, np.fmax.reduce(np.where(accepted, gain, -np.inf), axis=-1))
                yield held(f"{name}no drawn offer serves {party} better", more, ok)
            miss = np.max(np.abs(_expected(shares, chance) - self.values[..., k, :]) / spread, axis=-1)
            yield held(f"{name}values follow from offers, by each party's own belief", miss, ok)

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        problem = self.problem
        passed = int(self.date)
        when = f"after {passed} round{'s' * (passed > 1)}" if passed else "at once"
        lines = [f"worth {self.payoffs_in_words}, as each expects; agreement {when}"]
        for party, offer in zip(problem.parties, self.offers[passed], strict=True):
            terms, point = in_words(offer.terms, offer.utilities)
            lines.append(f"{party} proposes {terms} ({point})")
        return "\n  ".join(lines)
