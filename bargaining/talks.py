"""Talks in equilibrium: who proposes what in every state, who would accept how little, and what all of it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bargaining._types import Array, Bools, Indices
from bargaining.checks import party_number
from bargaining.enclosure import enclosed
from bargaining.errors import InvalidProblem, NotConverged
from bargaining.evidence import Check, gives_less, held, rivals_of
from bargaining.markov import Found
from bargaining.multiplicity import markov_perfect
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.protocols import Played, ProtocolModel, in_words
from bargaining.rounds import Rounds
from bargaining.sets.base import Answer, Status

SHOWN = 12
"""States listed in a repr."""

MET = 1e-6
"""Share of a range within which bounds count as meeting: they are as wide as rounding makes them."""

CERTAIN = 1e-12
"""By how much a probability may miss one and count as it."""


@dataclass(frozen=True, eq=False, repr=False)
class Talks(Played):
    """Talks in equilibrium, in every game of a stack. Numbers are NaN exactly where the status is not ok.

    Attributes
    ----------
    game : StochasticProblem
        The talks.
    values : array, shape (..., rounds, n)
        What the game is worth at the start of each round, before it is known who proposes.
    waiting : array, shape (..., rounds, n)
        What it is worth after a refusal after which nobody opts out.
    thresholds : array, shape (..., rounds, n, n)
        What each party (last axis) has if the offer of a proposer (the axis before) is refused: the least that it accepts,
        and what the proposer itself has if it lets the round pass.
    offers : tuple of dict of int to Answer
        `offers[k][i]` is the best deal that party i can get accepted in round k. It is proposed if it is worth more to the
        party than a refusal.
    agree : array of bool, shape (..., rounds, n)
        Whether it is: if not, the party lets the round pass.
    """

    game: StochasticProblem
    values: Array
    waiting: Array
    thresholds: Array
    offers: tuple[Mapping[int, Answer], ...]
    agree: Bools

    @cached_property
    def slack(self) -> Array:
        """How much more than its threshold each party is offered by each proposer, (..., rounds, n, n).

        NaN for a proposer itself, and where nothing is proposed.
        """
        found = np.full(self.thresholds.shape, np.nan)
        for k, made in enumerate(self.offers):
            for i, offer in made.items():
                more = np.where(self.agree[..., k, i, None], offer.utilities - self.thresholds[..., k, i, :], np.nan)
                more[..., i] = np.nan
                found[..., k, i, :] = more
        return found

    def proposing(self, party: int | str) -> Array:
        """Return what each party has, (..., n), when this one proposes.

        That is in the round in which talks start, or in the first after it in which this party may propose.
        `proposing(0)[..., 0] - proposing(1)[..., 0]` is the first party's advantage of moving first.

        Raises
        ------
        UnknownName, InvalidProblem
            If there is no such party, or it never proposes.
        """
        game = self.game
        i = party_number("party", party, game.parties)
        order = [self._start, *(k for k in range(len(game.rounds)) if k > self._start), *range(self._start)]
        for k in order:
            if i in self.offers[k]:
                offer = self.offers[k][i]
                own = self.agree[..., k, i, None]
                return np.where(own, offer.utilities, self.thresholds[..., k, i, :])
        raise InvalidProblem(f"{game.parties[i]} never proposes in these talks.")

    @property
    def _start(self) -> int:
        return self.game.place(str(self.game.start))

    @property
    def probability(self) -> Array:
        """The probability of agreement, (...), from the start on."""
        return np.asarray(self.agreement[..., self._start])

    @cached_property
    def agreement(self) -> Array:
        """The probability of agreement, (..., rounds), from each round on."""
        return self._outcomes[0]

    @cached_property
    def date(self) -> Array:
        """The expected number of rounds that pass before agreement, (..., rounds), if there is one: 0 if at once."""
        chance, passed = self._outcomes
        with np.errstate(invalid="ignore"):
            some = chance > 0
        return np.where(some, passed / np.where(some, chance, 1.0), np.nan)

    @cached_property
    def _outcomes(self) -> tuple[Array, Array]:
        """Return the probability of agreement, and the expected number of rounds before it, 0 without."""
        game, count = self.game, len(self.game.rounds)
        known = (self.status == Status.OK)[..., None]
        now = np.sum(np.where(self.agree, game.recognition, 0.0), axis=-1)
        stays = Rounds(game).refusals(self.waiting, np.arange(count))[1]
        on = np.sum(np.where(stays & ~self.agree, game.recognition, 0.0), axis=-1) * (1.0 - game.breakdown)
        on, now = (np.where(known, share, 0.0) for share in (on, now))
        ahead = np.where(known[..., None], game.transitions[..., :count], 0.0)
        chance, passed = np.zeros((*game.shape, count)), np.zeros((*game.shape, count))
        for group in game.circles:
            links = on[..., group, None] * ahead[..., group, :]
            links = np.where(_hopeful(links, now[..., group], chance, group)[..., None], links, 0.0)
            within = np.eye(len(group)) - links[..., group]
            outer = np.where(np.isin(np.arange(count), group), 0.0, 1.0)
            later = (links * outer) @ chance[..., None]
            chance[..., group] = np.linalg.solve(within, now[..., group, None] + later)[..., 0]
            more = links @ chance[..., None] + (links * outer) @ passed[..., None]
            passed[..., group] = np.linalg.solve(within, more)[..., 0]
        return tuple(np.where(known, found, np.nan) for found in (chance, passed))  # type: ignore[return-value]

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The lowest and the highest, (..., rounds, n), that parties have in any subgame perfect equilibrium; two parties.

        They are bounds: where they are equal the equilibrium is the only one, else there may be others between them. A
        proposer with several best deals is taken to propose the one that is best for the other. Where parties can opt out
        and deals differ between states the bounds are wide, and prove nothing.

        Raises
        ------
        InvalidProblem
            With three and more parties, of whose many equilibria this is the stationary one.
        """
        if self.game.n != 2:
            raise InvalidProblem(
                f"bounds on all subgame perfect equilibria are known for two parties; these talks have {self.game.n}."
            )
        low, high = enclosed(Rounds(self.game))
        with np.errstate(invalid="ignore"):
            held_by = np.all((low <= self.values) & (self.values <= high), axis=(-2, -1)) | (self.status != Status.OK)
        low = np.where(held_by[..., None, None], low, -np.inf)  # bounds that an equilibrium refutes are none
        high = np.where(held_by[..., None, None], high, np.inf)
        fine = ((self.status == Status.OK) | (self.status == Status.UNDETERMINED))[..., None, None]
        return np.where(fine, low, np.nan), np.where(fine, high, np.nan)

    @cached_property
    def unique(self) -> Bools:
        """Whether this is proved to be the only subgame perfect equilibrium, (...): its `bounds` meet in every round.

        In very short rounds rounding keeps them apart, and nothing is proved.
        """
        low, high = self.bounds
        unit = Rounds(self.game).unit[..., None, :]
        with np.errstate(invalid="ignore"):
            met = np.all(high - low <= MET * unit, axis=(-2, -1))
        return np.asarray(met & (self.status == Status.OK))

    def why(self) -> Exception | None:
        """Return an error that says that values did not settle, or that there may be no equilibrium."""
        able = np.any(np.isfinite(self.game.outside_options))
        if self.status != Status.NOT_CONVERGED:
            return None
        if self.game.n == 2 or not able:
            return NotConverged(
                f"{self.label}: no values were found that repeat themselves (they may be wrong by "
                f"{float(self.residual):.1e} of a range). Perhaps rounds are so short that next to nothing is lost in one, "
                "and digits are: let them last longer, or give a number of rounds.",
                {"residual": self.residual},
            )
        return NotConverged(
            f"{self.label}: no stationary equilibrium was found. Among three and more parties who can opt out there may "
            "be none in which nobody mixes: after every pattern of leaving, some party would rather do otherwise. Give a "
            "number of rounds, or other options; or, if rounds are very short, longer ones.",
            {"residual": self.residual},
        )

    def in_state(self, name: str) -> Array:
        """Return what the game is worth, (..., n), at the start of a state.

        Raises
        ------
        UnknownName
            If there is no such state.
        """
        place, count = self.game.place(name), len(self.game.rounds)
        return np.asarray(self.values[..., place, :] if place < count else self.game.payoffs[..., place - count, :])

    @property
    def _unit(self) -> Array:
        """The range of each party's utilities over all deals, (..., n); 1 in games without an answer."""
        return np.where((self.status == Status.OK)[..., None], Rounds(self.game).unit, 1.0)

    def checks(self, trials: int, rng: np.random.Generator) -> Iterator[Check]:
        """Check that values follow from decisions, and that no party gains by departing once from them in any state."""
        game, ok = self.game, self.status == Status.OK
        known = np.all(np.isfinite(self.values), axis=(-2, -1))
        yield Check("numbers are NaN exactly where there is no answer", np.where(ok == known, 0.0, np.inf))
        start = self.values[..., self._start, :] - self.utilities
        yield held("payoffs are what talks are worth at the start", np.max(np.abs(start) / self._unit, axis=-1), ok)
        after = np.concatenate([self.values, game.payoffs], axis=-2)
        chance = game.breakdown[..., None]
        with np.errstate(invalid="ignore", over="ignore"):
            next_round = chance * game.breakdown_payoffs + (1.0 - chance) * (game.transitions @ after)
            waiting = (1.0 - game.factors) * game.inside + game.factors * next_round
        waiting = np.where(ok[..., None, None], waiting, 0.0)  # of games without an answer nothing is checked
        options = np.where(ok[..., None, None], game.outside_options, -np.inf)
        drift = np.max(np.abs(waiting - self.waiting) / self._unit[..., None, :], axis=(-2, -1))
        yield held("waiting is worth what it leads to", drift, ok)
        for k, state in enumerate(game.rounds):
            spread = np.where(ok[..., None], (state.deals or self.problem).feasible.spread(), 1.0)
            worth, threshold = np.zeros((*game.shape, game.n)), np.zeros(game.shape)
            for i, party in enumerate(game.parties):
                drawn, agreed = np.where(ok, game.recognition[..., k, i], 0.0), self.agree[..., k, i]
                others = np.arange(game.n) != i
                option, wait = options[..., k, :], waiting[..., k, :]
                refused = np.where(np.any(others & (option > wait), axis=-1)[..., None], option, wait)
                stated = np.where((drawn > 0)[..., None], self.thresholds[..., k, i, :] - refused, 0.0)
                threshold = np.maximum(threshold, np.max(np.abs(stated) / spread, axis=-1))
                offer = self.offers[k].get(i)
                share = np.where(agreed[..., None], 0.0 if offer is None else np.nan_to_num(offer.utilities), refused)
                worth = worth + np.where(drawn > 0, drawn, 0.0)[..., None] * share
                if offer is None or state.deals is None:
                    continue
                proposes, name = agreed & (drawn > 0) & ok, f"{state.name}: "
                if np.any(proposes):
                    short = np.max((refused - offer.utilities) / spread, axis=-1)
                    missed = gives_less(state.deals.feasible, offer, spread)
                    yield held(f"{name}what {party} offers is a deal", missed, proposes)
                    yield held(f"{name}what {party} offers is no worse for anybody than a refusal", short, proposes)
                more = np.full(game.shape, -np.inf)
                for rivals in rivals_of(state.deals.feasible, share, offer.terms, trials, rng):
                    accepted = np.all((rivals >= refused[..., None, :]) | ~others, axis=-1)
                    with np.errstate(invalid="ignore"):
                        gain = np.where(accepted, (rivals - share[..., None, :])[..., i] / spread[..., None, i], -np.inf)
                    more = np.fmax(more, np.fmax.reduce(gain, axis=-1))
                yield held(f"{name}no drawn offer serves {party} better", more, ok & (drawn > 0))
            yield held(f"{state.name}: thresholds are what a refusal leads to", threshold, ok)
            miss = np.max(np.abs(worth - self.values[..., k, :]) / spread, axis=-1)
            yield held(f"{state.name}: values follow from offers and from what comes next", miss, ok)

    def told(self) -> str:
        """Say the equilibrium of a single game in words."""
        game = self.game
        lines = [f"worth {self.payoffs_in_words}; {_prospects(self)}"]
        lines += [f"  {game.names[k]}: {self._said(k)}" for k in range(min(len(game.rounds), SHOWN))]
        if len(game.rounds) > SHOWN:
            lines.append(f"  and {len(game.rounds) - SHOWN:,} more rounds")
        return "\n".join(lines)

    def _said(self, k: int) -> str:
        """Say in words what is proposed in a round."""
        said = []
        for i, offer in self.offers[k].items():
            if self.agree[k, i]:
                terms, point = in_words(offer.terms, offer.utilities)
                said.append(f"{self.game.parties[i]} proposes {terms} ({point})")
            else:
                said.append(f"{self.game.parties[i]} lets the round pass")
        return "; ".join(said) or "nothing can be agreed on"


def _hopeful(links: Array, now: Array, chance: Array, group: Indices) -> Bools:
    """Say from which rounds of a group, (..., k), agreement can be reached: others may go round in circles for ever."""
    found = (now > 0) | np.any((links > 0) & (chance[..., None, :] > 0), axis=-1)
    within = links[..., group] > 0
    for _ in group:
        found = found | np.any(within & found[..., None, :], axis=-1)
    return np.asarray(found)


def _prospects(found: Talks) -> str:
    """Say when a single game's talks end, and with what chance in agreement."""
    chance, when = float(found.probability), found.date[found.game.place(str(found.game.start))]
    if chance == 0.0:
        return "no agreement"
    date = "at once" if when == 0.0 else f"after {float(when):.4g} rounds on average"
    return f"agreement {date}" if chance >= 1.0 - CERTAIN else f"agreement with probability {chance:.4g}, {date}"


def _first_deals(game: StochasticProblem) -> Problem:
    """Return the deals of the first round that has some, from the start on, with a disagreement point for every game."""
    first = game.rounds[game.place(str(game.start))].deals
    found = first if first is not None else next(state.deals for state in game.rounds if state.deals is not None)
    return found.replace(disagreement=np.broadcast_to(found.disagreement, (*game.shape, found.n)))


def played(game: StochasticProblem, model: ProtocolModel) -> Talks:
    """Return the Markov perfect equilibrium of talks, in every game of a stack."""
    return talks(game, model, markov_perfect(game))


def talks(game: StochasticProblem, model: ProtocolModel, found: Found) -> Talks:
    """Return what was found as a result, with NaN in the numbers of games whose status is not ok."""
    bad = found.status != Status.OK

    def blank(table: Array) -> Array:
        return np.where(bad.reshape(*bad.shape, *[1] * (table.ndim - bad.ndim)), np.nan, table)

    offers = tuple(
        {i: offer.with_status(np.where(bad, found.status, offer.status)) for i, offer in made.items()}
        for made in found.offers
    )
    values = blank(found.values)
    return Talks(
        _first_deals(game), model, values[..., game.place(str(game.start)), :], found.status, found.residual, game, values,
        blank(found.waiting), blank(found.thresholds), offers, found.agree & ~bad[..., None, None],
    )  # fmt: skip
