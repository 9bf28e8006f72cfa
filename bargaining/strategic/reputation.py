"""Bargaining between parties who may be stubborn: reputations, the war of attrition, and what a posture guarantees.

Abreu and Gul (2000), Bargaining and reputation, Econometrica 68, 85-117; Wolitzky (2012), Reputational bargaining with
minimal knowledge of rationality, Econometrica 80, 2047-2087.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc

from bargaining._types import Array
from bargaining.checks import numbers, vector
from bargaining.errors import InvalidProblem
from bargaining.evidence import Check, held
from bargaining.problems.problem import LARGEST, Problem
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import ROUNDING, Status
from bargaining.strategic.common import require_two, straight

DATES = 8
"""Dates at which conceding is tried: so many in equal steps, and as many drawn at random."""

PANELS, NODES = 40, 16
"""Intervals, each twice as long as the one before it, of a quadrature from zero on, and its nodes in each."""


@dataclass(frozen=True)
class Reputation(ProtocolModel):
    """Each party demands a share, is stubborn with a small probability, and concedes only to avoid delay if it is not.

    With the surplus as unit party i demands a_i, and the demands do not fit together, a_1 + a_2 > 1. It is stubborn with
    probability z_i, known to both: it then insists for ever. Else it may concede at any time and have 1 - a_j, while j has
    a_j. This war of attrition, to which talks with short rounds tend whatever their protocol, has one equilibrium (Abreu
    and Gul 2000). In it i concedes at the rate that leaves the other, who discounts at r_j, indifferent between waiting and
    conceding, and would be known to be stubborn at T_i, if it did not concede at once:

        lambda_i = r_j (1 - a_i) / (a_1 + a_2 - 1),   T_i = -log(z_i) / lambda_i.

    Both reputations reach one together, at T = min(T_1, T_2): the party with the larger T_i, the weaker one, makes up for
    it by conceding at once with probability F_i(0) = 1 - z_i exp(lambda_i T). A party that is not stubborn has

        1 - a_j + F_j(0) (a_1 + a_2 - 1):

    it is indifferent between all dates up to T, so that conceding just after the start is as good as any. The weaker party,
    to whom the other concedes nothing at once, has 1 - a_j. As z_1 and z_2 vanish in proportion, it concedes at once for
    sure: weaker is the party with the smaller lambda_i, which is greedier or faces a more patient one.

    Parameters
    ----------
    demands : tuple of float
        What a_i each party demands, as a share of the surplus, in (0, 1); they sum to more than one.
    stubborn : tuple of float
        Probability z_i that each party is stubborn, in (0, 1).
    impatience : tuple of float, optional
        Rates r_i per year; the problem's own if left out.

    Raises
    ------
    InvalidProblem
        If the settings have no meaning, there are not two parties, the frontier is not straight, or nobody says how
        impatient the parties are. A game of a stack with rates that are none has the status NOT_FINITE.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> found = bg.solve(pie, bg.Reputation((0.6, 0.7), (0.1, 0.1), impatience=(1, 1)))
    >>> found
    reputation: worth Ann 0.4313, Bob 0.4, if not stubborn; agreement with probability 0.99, within 1.727 years
      Ann concedes at once with probability 0, then at the rate 1.333 a year
      Bob concedes at once with probability 0.4377, then at the rate 1 a year
    >>> found.conceded(1.0).round(4).tolist()  # a year after the start
    [0.7364, 0.7931]
    """

    demands: tuple[float, float]
    stubborn: tuple[float, float]
    impatience: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name, meaning in (("demands", "shares of the surplus"), ("stubborn", "probabilities")):
            value = numbers(name, getattr(self, name))
            if value.shape != (2,) or not np.all((value > 0) & (value < 1)):
                raise InvalidProblem(
                    f"{name} = {getattr(self, name)!r} must be two {meaning} strictly between 0 and 1, one a party."
                )
        if not sum(self.demands) - 1.0 > ROUNDING:
            raise InvalidProblem(
                f"demands = {self.demands!r} sum to {sum(self.demands):g}: both can be met, and nobody has to concede. "
                "Give shares that sum to more than one."
            )
        if self.impatience is not None:
            rates = numbers("impatience", self.impatience)
            if rates.shape != (2,) or not np.all(_sound(rates)):
                raise InvalidProblem(f"impatience = {self.impatience!r} must be two rates per year, above zero.")

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        return "reputation"

    def rates(self, problem: Problem) -> Array:
        """Return the rates per year, (..., 2), at which the parties discount.

        Raises
        ------
        InvalidProblem
            If neither the settings nor the problem have them, or a rate of a single problem is not above zero.
        """
        if self.impatience is not None:
            return vector("impatience", self.impatience, 2)
        if problem.impatience is None:
            raise InvalidProblem(
                "the problem does not say how impatient the parties are; give `impatience` (rates per year) here or in the "
                "problem."
            )
        if not problem.shape and not np.all(_sound(problem.impatience)):
            raise InvalidProblem(
                f"a party that loses nothing by waiting never concedes (rates {problem.impatience.tolist()}); give each a "
                "positive impatience."
            )
        return problem.impatience

    def play(self, problem: Any) -> Attrition:
        """Return the equilibrium in every game of a problem."""
        require_two(problem, "a war of attrition")
        problem = problem.whole
        rates = np.broadcast_to(self.rates(problem), (*problem.shape, 2))
        surplus, status = straight(problem, "a war of attrition")
        sound = np.all(_sound(rates), axis=-1)
        status = np.where((status == Status.OK) & ~sound, np.int8(Status.NOT_FINITE), status).astype(np.int8)
        demands, certain = np.array(self.demands, dtype=float), -np.log(np.array(self.stubborn, dtype=float))
        excess = np.sum(demands) - 1.0
        rates = np.where(sound[..., None], rates, 1.0)
        concession = rates[..., ::-1] * (1.0 - demands) / excess
        known = certain / concession
        end = np.min(known, axis=-1)
        at_once = 0.0 - np.expm1(concession * (end[..., None] - known))
        worth = problem.disagreement + (1.0 - demands[::-1] + excess * at_once[..., ::-1]) * surplus
        fine = status == Status.OK

        worth, concession, at_once = (np.where(fine[..., None], table, np.nan) for table in (worth, concession, at_once))
        residual, end = np.where(fine, 0.0, np.nan), np.where(fine, end, np.nan)
        return Attrition(problem, self, worth, status, residual, concession, at_once, end)


@dataclass(frozen=True, eq=False, repr=False)
class Attrition(Played):
    """The war of attrition in equilibrium: who concedes when, with what probability.

    Attributes
    ----------
    utilities : array, shape (..., 2)
        What a party has if it is not stubborn, expected at the start.
    concession : array, shape (..., 2)
        The rate per year at which each party, stubborn or not, concedes from the start to `end`.
    at_once : array, shape (..., 2)
        The probability that each concedes at the start; zero for one of them at least.
    end : array, shape (...)
        The time in years at which who has not conceded is known to be stubborn.
    """

    model: Reputation
    concession: Array
    at_once: Array
    end: Array

    @property
    def probability(self) -> Array:
        """The probability of agreement, 1 - z_1 z_2: unless both are stubborn, one concedes."""
        return np.where(self.status == Status.OK, -np.expm1(np.sum(np.log(self.model.stubborn))), np.nan)

    @property
    def date(self) -> Array:
        """The expected time in years, (...), of agreement, if there is one."""
        z = np.log(self.model.stubborn)
        rate = np.sum(self.concession, axis=-1)
        on = np.exp(rate * self.end + np.sum(z))  # the probability that nobody concedes at once
        return np.asarray(on * gammainc(2.0, rate * self.end) / rate / self.probability)

    def conceded(self, time: ArrayLike) -> Array:
        """Return the probability, (..., 2), that each party would have conceded by a time in years, had the other not.

        It counts that a party may be stubborn: F_i(t) = 1 - z_i exp(lambda_i (T - t)) up to T, and 1 - z_i from then on.

        Parameters
        ----------
        time : array, shape (...)
            Years since the start, zero or more; further leading axes are those of the answer.

        Raises
        ------
        InvalidProblem
            If a time is negative, or no number.
        """
        when = numbers("time", time)
        if not np.all(when >= 0):
            raise InvalidProblem(f"time = {time!r} must be years since the start, zero or more.")
        return self._conceded(when)

    def _conceded(self, when: Array) -> Array:
        left = np.maximum(self.end - when, 0.0)[..., None]
        return np.asarray(-np.expm1(np.log(self.model.stubborn) + self.concession * left))

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that reputations reach one together, and that no date at which to concede is better than another."""
        model, ok = self.model, self.status == Status.OK
        stated = np.concatenate([self.utilities, self.concession, self.at_once, self.end[..., None]], axis=-1)
        known = np.all(np.isfinite(stated), axis=-1)
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            alone = (1.0 - self.at_once) * np.exp(-self.concession * self.end[..., None])
            apart = np.abs(self._conceded(np.zeros(())) - self.at_once)
            yield held("who has not conceded by the end is stubborn", np.max(np.abs(alone - model.stubborn), axis=-1), ok)
            yield held("reputations reach one together, at the end", np.max(apart, axis=-1), ok)
            yield held("one party at most concedes at once", np.abs(np.min(self.at_once, axis=-1)), ok)
            rates = np.where(ok[..., None], self.rates, 1.0)
            surplus, _ = straight(self.problem, "a war of attrition")
            scale, worth = surplus / self.problem.feasible.spread(), self.gains / surplus
            shares = [*np.linspace(0.0, 1.0, DATES + 1)[1:], *rng.random(min(trials, DATES))]
            missed = np.zeros((*self.problem.shape, 2))
            for share in shares:
                missed = np.fmax(missed, np.abs(self._worth(share * self.end, rates) - worth) * scale)
            for i, party in enumerate(self.problem.parties):
                yield held(f"all dates up to the end are as good to {party} as stated", missed[..., i], ok)

    @property
    def rates(self) -> Array:
        """Rates per year, (..., 2), at which the parties discount."""
        return np.broadcast_to(self.model.rates(self.problem), (*self.problem.shape, 2))

    def _worth(self, date: Array, rates: Array) -> Array:
        """Return the share, (..., 2), that a party expects who concedes at a date, (...), if the other has not by then.

        It is a_i E exp(-r_i s) over the dates s at which the other concedes, by parts and by quadrature, and what the party
        has by conceding then.
        """
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        waited = np.zeros((*date.shape, 2))
        for low, high in pairwise([0.0, *0.5 ** np.arange(PANELS, -1, -1)]):
            at = date * (low + (high - low) * (nodes.reshape(-1, *[1] * date.ndim) + 1.0) / 2)
            flow = rates * np.exp(-rates * at[..., None]) * self._conceded(at)[..., ::-1]
            waited += np.tensordot(weights, flow, axes=1) * ((high - low) / 2 * date)[..., None]
        theirs, now = self._conceded(date)[..., ::-1], np.exp(-rates * date[..., None])
        demands = np.array(self.model.demands, dtype=float)
        return np.asarray(demands * (now * theirs + waited) + (1.0 - theirs) * now * (1.0 - demands[::-1]))

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        problem = self.problem
        lines = [
            f"worth {self.payoffs_in_words}, if not stubborn; agreement with probability {float(self.probability):.4g}, "
            f"within {float(self.end):.4g} years",
            *(
                f"{party} concedes at once with probability {float(chance):.4g}, then at the rate {float(rate):.4g} a year"
                for party, chance, rate in zip(problem.parties, self.at_once, self.concession, strict=True)
            ),
        ]
        return "\n  ".join(lines)


def guaranteed_share(stubborn: ArrayLike) -> Array:
    """Return the share that a party can secure by a posture to which it is committed with some probability.

    Wolitzky (2012): the other party is rational and knows the probability epsilon; nothing else is known, or has to be, of
    what it believes the first would do if it were not committed. Against all such beliefs, and rational replies to them,
    the most that a posture secures is

        x = 1 / (1 - log(epsilon)),

    whatever the discount rates. The posture demands x exp(r t) at t, until it demands everything: its present value is x
    throughout. While it demands g(t), with the other to have 1 - g(t), a party that is not committed would have to give in
    at the rate (r (1 - g) + g') / g for the other to wait; that is r exp(-r t) / x here. It makes epsilon of all that is
    not yet committed by the time the demand is 1: (1 - x) / x = -log(epsilon).

    Parameters
    ----------
    stubborn : array, shape (...)
        Probability epsilon of being committed, in (0, 1].

    Raises
    ------
    InvalidProblem
        If a probability is none, or zero.

    Examples
    --------
    >>> import bargaining as bg
    >>> bg.guaranteed_share([0.1, 0.001]).round(4).tolist()
    [0.3028, 0.1265]
    """
    chance = numbers("stubborn, the probability of being committed,", stubborn)
    if not np.all((chance > 0) & (chance <= 1)):
        raise InvalidProblem(f"stubborn = {stubborn!r} must be probabilities above 0 and at most 1.")
    return np.asarray(1.0 / (1.0 - np.log(chance)))


def _sound(rates: Array) -> Any:
    """Say which rates a party can discount at."""
    return (rates >= 1.0 / LARGEST) & (rates <= LARGEST)
