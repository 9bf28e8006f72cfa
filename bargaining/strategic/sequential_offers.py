"""Offers one after the other, with impatience, breakdown, options, delays and a deadline as settings of one game.

Rubinstein (1982), Econometrica 50, 97-109; Stahl (1972), Bargaining Theory, Stockholm School of Economics (a last round);
Binmore, Shaked and Sutton (1989), The outside option principle, Quarterly Journal of Economics 104, 753-770; Binmore
(1987), Perfect equilibria in bargaining models, in Binmore and Dasgupta (eds.), The Economics of Bargaining (random
proposers); Muthoo (1999), Bargaining Theory with Applications, chapters 3 to 7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bargaining._types import Array, Bools
from bargaining.checks import flag, instance, number, numbers, party_number, vector
from bargaining.errors import InvalidProblem
from bargaining.markov import chosen, from_proposals
from bargaining.multiplicity import markov_perfect
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import End, State, StochasticProblem
from bargaining.protocols import ProtocolModel
from bargaining.sets.base import Answer, Status, choose
from bargaining.strategic.alternating_offers import Breakdown
from bargaining.strategic.short_rounds import SHORT, interpolated
from bargaining.talks import Talks, played, talks

IN_TURN = "in turn"
MOST_ROUNDS = 1000


@dataclass(frozen=True)
class SequentialOffers(ProtocolModel):
    """Parties propose deals, in turn or as drawn by lot, until all accept, one opts out, talks break down, or time is up.

    In a round that ends without agreement party i's stakes shrink by delta_i = exp(-r_i Delta), and talks break down with
    probability q = 1 - exp(-h Delta). Three things that are often mixed up have a field each: `inside`, what talks are
    worth while they last, moves the outcome always; `outside_options`, which a party may take instead of answering a
    proposal, move it only where they are worth more than what the talks would give (the outside option principle);
    `breakdown` comes by chance. With `rounds` the game is finite and solved backwards. Without, the equilibrium is the one
    in which what parties do depends on who proposes alone. With two parties and a convex set it is the only subgame
    perfect one (Rubinstein 1982; Binmore, Shaked and Sutton 1989, for outside options). With more, nearly every deal is
    the outcome of some equilibrium if parties are patient (Shaked, in Sutton 1986, Review of Economic Studies 53,
    709-724): ask for the stationary one by `stationary=True`. If three or more parties can opt out, there may be several
    stationary ones, as opting out may be good because others would: where their payoffs differ the status is UNDETERMINED.

    Parameters
    ----------
    period : float, optional
        Length of a round in years. Needed with rates.
    impatience : tuple of float, optional
        Rates r_i per year; the problem's own if left out.
    factors : tuple of float, optional
        Discount factors delta_i per round, each in (0, 1), in place of rates and period.
    proposers : str or tuple of float
        "in turn", or the probabilities with which each party is drawn to propose in every round.
    first : int or str
        Who proposes first, if in turn.
    breakdown : Breakdown, optional
        Hazard h per year of the end of talks, and its payoffs, received when the next round would begin.
    inside : tuple of float, optional
        What talks that last for ever are worth: flows of payoffs over rates. The disagreement point if left out.
    outside_options : tuple of float, optional
        What all have if a party to whom an offer is made leaves.
    delays : tuple of float, optional
        Time in years that each party takes to answer a refused offer by one of its own, in place of `period`; two parties.
    rounds : int, optional
        The number of rounds, if there is a last one.
    end : tuple of float, optional
        What all have after the last round, a period later; the disagreement point if left out.
    stationary : bool
        Whether the stationary equilibrium is asked for among the many that three and more parties have.

    Raises
    ------
    InvalidProblem
        When made or solved, if settings have no meaning or contradict each other.

    Examples
    --------
    With an outside option of 0.6 Bob gets 0.6; with one of 0.3, less than he gets anyway, nothing changes:

    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))
    >>> for option in (0.3, 0.6):
    ...     bg.solve(pie, bg.SequentialOffers(factors=(0.9, 0.9), outside_options=(0, option))).utilities.round(6).tolist()
    [0.526316, 0.473684]
    [0.4, 0.6]
    """

    period: float | None = None
    impatience: tuple[float, ...] | None = None
    factors: tuple[float, ...] | None = None
    proposers: str | tuple[float, ...] = IN_TURN
    first: int | str = 0
    breakdown: Breakdown | None = None
    inside: tuple[float, ...] | None = None
    outside_options: tuple[float, ...] | None = None
    delays: tuple[float, ...] | None = None
    rounds: int | None = None
    end: tuple[float, ...] | None = None
    stationary: bool = False

    def __post_init__(self) -> None:
        flag("stationary", self.stationary)
        if self.factors is not None:
            if any(value is not None for value in (self.period, self.impatience, self.breakdown, self.delays)):
                raise InvalidProblem(
                    "`factors` already say what a round costs; leave out period, impatience, breakdown and delays, or turn "
                    "the factors into rates with impatience = -log(factors) and period = 1."
                )
            array = numbers("factors", self.factors)
            if array.ndim != 1 or not np.all((array > 0) & (array < 1)):
                raise InvalidProblem(f"factors {self.factors!r} must be numbers strictly between 0 and 1, one a party.")
        elif (self.period is None) == (self.delays is None):
            raise InvalidProblem(
                "say how long a round lasts: `period` in years, with impatience as rates per year; or `delays`, the time "
                "that each party takes to answer; or `factors`, the discount factors per round."
            )
        for name in ("period", "delays"):
            value = getattr(self, name)
            if value is not None and not np.all((numbers(name, value) > 0) & np.isfinite(numbers(name, value))):
                raise InvalidProblem(
                    f"{name} = {value!r}, in years, must be positive. The limit of ever shorter rounds is "
                    "bg.AlternatingOffers(period=0)."
                )
        if self.breakdown is not None:
            instance(self.breakdown, Breakdown, "write bg.Breakdown(hazard, payoffs)")
        if self.rounds is None:
            if self.end is not None:
                raise InvalidProblem("`end` says what is left after the last round; say how many `rounds` there are.")
        elif not number("rounds, the number of rounds,", self.rounds, low=1, high=MOST_ROUNDS).is_integer():
            raise InvalidProblem(f"rounds = {self.rounds!r} must be a whole number.")
        if isinstance(self.proposers, str) and self.proposers != IN_TURN:
            raise InvalidProblem(f"proposers = {self.proposers!r} must be {IN_TURN!r} or a probability for each party.")

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        who = "offers in turn" if self._in_turn else "random proposer"
        return f"{who}{'' if self.rounds is None else f', {self.rounds} rounds'}"

    def play(self, problem: Any) -> Talks:
        """Return the equilibrium in every game of a problem."""
        game = self.game(problem)
        many = problem.n > 2 and self.outside_options is not None  # may have several equilibria, and so several limits
        if self.rounds is not None or self.factors is not None or problem.feasible.convex is False or many:
            return played(game, self)
        pace = self._pace()
        melting = self._rates(problem) + self._hazard
        sound = np.all(melting > 0, axis=-1) & (game.status == Status.OK)
        fastest = np.where(sound, np.max(melting, axis=-1), np.inf)
        if not np.any(pace < SHORT / fastest):
            return played(game, self)
        origin, limit = self._limit(problem, game, np.where(sound[..., None], melting, 1.0))

        def direct(time: Array) -> list[Answer]:
            found = markov_perfect(self.game(problem, time))
            known = found.status == Status.OK
            return [
                _if_made(offer.with_status(np.where(known, offer.status, found.status)), found.agree[..., k, i])
                for k, i, offer in _listed(found.offers)
            ]

        places = [(k, i) for k, row in enumerate(np.moveaxis(game.recognition, -2, 0)) for i in range(game.n)
                  if np.any(row[..., i] > 0)]  # fmt: skip
        ends = [limit[i] for _, i in places]
        found, trusted = interpolated(problem, ends, direct, origin, np.where(sound, fastest, 1.0), pace)
        trusted = trusted & sound
        offers: tuple[dict[int, Answer], ...] = tuple({} for _ in game.rounds)
        for (k, i), offer in zip(places, found, strict=True):
            offers[k][i] = offer
        interpolation = from_proposals(game, offers)
        trusted &= interpolation.status == Status.OK
        whole = interpolation if np.all(trusted) else chosen(trusted, interpolation, markov_perfect(game))
        return talks(game, self, whole)

    def _limit(self, problem: Problem, game: StochasticProblem, melting: Array) -> tuple[Array, list[Answer]]:
        """Return what waiting for ever is worth, (..., n), and each party's proposal in the limit of ever shorter rounds.

        It is the Nash solution over that point, with weights in proportion to the time that a party can hold out (Binmore,
        Rubinstein and Wolinsky 1986), p_i / (r_i + h) or 1 / ((r_i + h) D_i), but no less than an outside option to a party
        that can take it (Binmore, Shaked and Sutton 1989).
        """
        inside, broken, options = (
            table[..., 0, :] for table in (game.inside, game.breakdown_payoffs, game.outside_options)
        )
        with np.errstate(invalid="ignore"):  # of a stack, some games may have no such payoffs
            origin = inside + self._hazard / melting * (broken - inside)
        power = np.ones(game.n) if self.delays is None else 1.0 / vector("delays", self.delays, 2)
        weights = (game.recognition[..., 0, :] if not self._in_turn else power) / melting
        deal = problem.feasible.nash(origin, weights / np.sum(weights, axis=-1, keepdims=True))
        limit = []
        for i in range(game.n):
            floor = np.where(np.arange(game.n) == i, origin, np.maximum(options, origin))
            own = problem.feasible.reach(floor, np.eye(game.n)[i])
            with np.errstate(invalid="ignore"):
                bound = np.any((options > deal.utilities) & (np.arange(game.n) != i), axis=-1)
            limit.append(choose(np.broadcast_to(bound, deal.status.shape), own, deal))
        with np.errstate(invalid="ignore"):
            for i in range(game.n):  # who would leave is held to its option when it proposes, too
                binds = np.any((options > deal.utilities) & (np.arange(game.n) == i), axis=-1)
                limit[i] = choose(np.broadcast_to(binds, deal.status.shape), limit[(i + 1) % game.n], limit[i])
        return origin, limit

    def game(self, problem: Problem, time: Array | None = None) -> StochasticProblem:
        """Return the talks as a chain of states, of which more can be made.

        With a `time`, (...), rounds last so many times as long as the settings say.
        """
        if problem.n > 2 and self.rounds is None and not self.stationary:
            raise InvalidProblem(
                f"with {problem.n} parties who must all agree, nearly every deal is the outcome of some subgame perfect "
                "equilibrium if they are patient (Shaked, in Sutton 1986). Ask for the stationary one by stationary=True, "
                "or give a number of rounds."
            )
        if self.delays is not None and (problem.n != 2 or not self._in_turn):
            raise InvalidProblem("delays are the time to answer of two parties who propose in turn.")
        order = self._order(problem)
        count = len(order) if self.rounds is None else int(self.rounds)
        turns = [order[k % len(order)] for k in range(count)]
        names = [f"round {k + 1}" for k in range(count)] if self.rounds else [self._name(problem, who) for who in turns]
        after = "the deadline" if self.rounds else names[0]
        stretch = np.ones(()) if time is None else time / self._pace()
        states: list[State | End] = [
            State(
                name, problem, who, follows,
                outside_options=self._of_all("outside_options", self.outside_options, problem),
                inside=self._of_all("inside", self.inside, problem), **self._waiting(problem, who, stretch),
            )
            for name, who, follows in zip(names, turns, [*names[1:], after], strict=True)
        ]  # fmt: skip
        if self.rounds:
            end = problem.disagreement if self.end is None else self._of_all("end", self.end, problem)
            states.append(End(after, end))
        return StochasticProblem(tuple(states))

    def _order(self, problem: Problem) -> list[Any]:
        """Return who proposes, round after round, until it is the same again: parties by number, or all by lot."""
        if not isinstance(self.proposers, str):
            return [vector("proposers", self.proposers, problem.n)]
        first = party_number("first", self.first, problem.parties)
        return [(first + k) % problem.n for k in range(problem.n)]

    def _name(self, problem: Problem, who: Any) -> str:
        return f"{problem.parties[who]} proposes" if np.ndim(who) == 0 else "a round"

    def _waiting(self, problem: Problem, who: Any, stretch: Array) -> dict[str, Any]:
        """Return what a round without agreement costs, when this party has proposed."""
        if self.factors is not None:
            return {"factors": vector("factors", self.factors, problem.n)}
        time = (self._pace() if self.delays is None else vector("delays", self.delays, 2)[1 - who]) * stretch
        with np.errstate(over="ignore"):  # of a stack, some games may have no such rates
            found: dict[str, Any] = {"factors": np.exp(-self._rates(problem) * time[..., None])}
        if self.breakdown is not None:
            found["breakdown"] = -np.expm1(-self.breakdown.hazard * time)
            found["breakdown_payoffs"] = self.breakdown.payoffs
        return found

    def _pace(self) -> Array:
        """Return the length of a round in years, or of the longest."""
        return np.asarray(np.max(numbers("delays", self.delays)) if self.period is None else number("period", self.period))

    def _rates(self, problem: Problem) -> Array:
        """Return the rates, (..., n), at which the parties discount."""
        rates = problem.impatience if self.impatience is None else vector("impatience", self.impatience, problem.n)
        if rates is None:
            raise InvalidProblem(
                "the problem does not say how impatient the parties are; give `impatience` (rates per year) here or in the "
                "problem, or `factors` per round."
            )
        if rates.ndim == 1 and np.any(rates < 0):
            raise InvalidProblem(f"impatience {rates.tolist()} has a negative rate; rates per year are zero or more.")
        return rates

    @property
    def _in_turn(self) -> bool:
        return isinstance(self.proposers, str)

    @property
    def _hazard(self) -> float:
        return 0.0 if self.breakdown is None else float(self.breakdown.hazard)

    def _of_all(self, name: str, value: Any, problem: Problem) -> Array | None:
        return None if value is None else vector(name, value, problem.n)


def _listed(offers: tuple[dict[int, Answer], ...]) -> list[tuple[int, int, Answer]]:
    """Return proposals round by round."""
    return [(k, i, offer) for k, made in enumerate(offers) for i, offer in made.items()]


def _if_made(offer: Answer, made: Bools) -> Answer:
    """Return a proposal without its utilities where the party would rather let the round pass: no curve goes through it."""
    return replace(offer, utilities=np.where(made[..., None], offer.utilities, np.nan))
