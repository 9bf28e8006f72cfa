"""One round of talks, given what waiting is worth: who offers what, who accepts, and how values then depend on waiting.

In state s party i, when it proposes, offers its best deal among those that leave every other party what it has after a
refusal, if this deal is worth more to i than a refusal; else it lets the round pass. After a refusal a party to whom the
proposal was made may opt out: if one of them gains by it, w_j(s) > c_j(s), all have w(s), else all wait and have c(s).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.sets.base import Answer, Status

Proposals = tuple[dict[int, Answer], ...]
"""Of each state, the best deal that each party that may propose can get accepted."""

NONE: Bools = np.zeros((1, 1), np.bool_)
"""No proposal."""


@dataclass(frozen=True)
class Play:
    """One round in each of some states: arrays (..., k, ...) have a row for each.

    `thresholds` (..., k, n, n) is what the parties (last axis) have if they refuse the offer of a proposer: the least that
    each of the others accepts, and what the proposer itself has if it lets the round pass. `offers[k][i]` is the best deal
    that party i can get accepted in the k-th state, and `agree` (..., k, n) says whether it proposes it. `shares` (..., k,
    n, n) is what all then have when party i proposes, and `slopes` (..., k, n, n, n) its derivatives in what waiting is
    worth (last axis). `values` (..., k, n) is the mean over proposers. `broken` (...) is the status of games in which a set
    did not answer.
    """

    values: Array
    thresholds: Array
    offers: Proposals
    agree: Bools
    shares: Array
    slopes: Array
    broken: Codes


@dataclass
class Rounds:
    """The rounds of some talks: what waiting is worth in each, and how each is played."""

    problem: StochasticProblem
    leaving: Codes | None = None  # after whose refused proposals, (rounds, n), somebody opts out: 1 yes, 0 no, -1 who gains
    kept: Array = field(init=False)
    base: Array = field(init=False)
    unit: Array = field(init=False)
    inside: Array = field(init=False)
    options: Array = field(init=False)
    chance: Array = field(init=False)
    ahead: Array = field(init=False)

    def __post_init__(self) -> None:
        p = self.problem
        ok = (p.status == Status.OK)[..., None, None]  # games without a meaning are played with harmless numbers
        with np.errstate(invalid="ignore", over="ignore"):
            kept = p.factors * (1.0 - p.breakdown[..., None])
            base = (1.0 - p.factors) * p.inside + p.factors * p.breakdown[..., None] * p.breakdown_payoffs
        self.kept, self.base, self.inside = (np.where(ok, table, 0.0) for table in (kept, base, p.inside))
        self.options = np.where(ok, p.outside_options, -np.inf)
        self.chance, self.ahead = np.where(ok, p.recognition, 0.0), np.where(ok, p.transitions, 0.0)
        spreads = [state.deals.feasible.spread() for state in p.rounds if state.deals is not None]
        self.unit = np.maximum.reduce([np.broadcast_to(spread, (*p.shape, p.n)) for spread in spreads])

    def waiting(self, values: Array, group: Indices) -> Array:
        """Return what a refusal without opting out is worth, (..., k, n), given the values of all states."""
        ahead = self.ahead[..., group, :]
        used = np.any(ahead > 0, axis=tuple(range(ahead.ndim - 1)))  # values not known yet are of states that do not follow
        with np.errstate(invalid="ignore", over="ignore"):
            after = ahead[..., used] @ values[..., used, :]
            return np.asarray(self.base[..., group, :] + self.kept[..., group, :] * after)

    def refusals(self, waiting: Array, group: Indices) -> tuple[Array, Bools]:
        """Return what all have when a proposer's offer is refused, (..., k, n, n), and whether they then wait."""
        options, waits = self.options[..., group, None, :], waiting[..., None, :]
        responder = ~np.eye(self.problem.n, dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            leaves = np.any((options > waits) & responder, axis=-1)
        if self.leaving is not None:
            asked, able = self.leaving[group], np.any(np.isfinite(options), axis=-1)
            leaves = np.where(asked < 0, leaves, (asked > 0) & able)
        return np.where(leaves[..., None], options, waits), ~leaves

    def play(self, waiting: Array, group: Indices, forced: Bools = NONE, barred: Bools = NONE) -> Play:
        """Play one round in each state of a group.

        Proposals that are `forced` or `barred`, (..., k, n), are made, or not made, whatever the proposer would rather do.
        """
        p, n = self.problem, self.problem.n
        thresholds, stays = self.refusals(waiting, group)
        shares, agree = thresholds.copy(), np.zeros(thresholds.shape[:-1], np.bool_)
        slopes = np.where(stays[..., None, None], np.eye(n), 0.0)
        broken = np.zeros(p.shape, np.int8)
        offers: Proposals = tuple({} for _ in group)
        chance = self.chance[..., group, :]
        forced, barred = (np.broadcast_to(flags, chance.shape) for flags in (forced, barred))
        drawn = p.recognition[..., group, :] > 0  # in games without a meaning, too, so that an offer is there for each game
        pairs = [(k, i) for k in range(len(group)) for i in range(n) if np.any(drawn[..., k, i]) or not drawn.size]
        for deals, places in self._by_deals(pairs, group):
            answers = self._ask(deals, places, thresholds)
            least = deals.feasible.least_gain()
            for number, (k, i) in enumerate(places):
                offer = offers[k][i] = answers.pick(number)
                own = thresholds[..., k, i, :]
                with np.errstate(invalid="ignore"):
                    good = offer.utilities[..., i] >= own[..., i] - least[..., i]
                    bound = offer.utilities - own <= least
                good = (offer.status == Status.OK) & (good | forced[..., k, i]) & ~barred[..., k, i]
                failed = (offer.status != Status.OK) & (offer.status != Status.NO_AGREEMENT) & (chance[..., k, i] > 0)
                broken = np.maximum(broken, np.where(failed, offer.status, np.int8(Status.OK)))
                agree[..., k, i] = good
                shares[..., k, i, :] = np.where(good[..., None], offer.utilities, own)
                accepted = np.where((bound & stays[..., k, i, None])[..., None, :], np.eye(n), 0.0)
                accepted[..., i, :] = np.where(bound & stays[..., k, i, None], -offer.normal, 0.0)
                accepted[..., i, i] = 0.0
                slopes[..., k, i, :, :] = np.where(good[..., None, None], accepted, slopes[..., k, i, :, :])
        return Play(self.mean(shares, group), thresholds, offers, agree, shares, slopes, broken)

    def mean(self, shares: Array, group: Indices) -> Array:
        """Return what rounds are worth, (..., k, n), before it is known who proposes."""
        chance = self.chance[..., group, :, None]
        return np.asarray(np.sum(np.where(chance > 0, chance * np.where(chance > 0, shares, 0.0), 0.0), axis=-2))

    def slopes(self, play_slopes: Array, group: Indices) -> Array:
        """Return derivatives of values (rows) in what waiting is worth (columns), (..., k, n, n)."""
        chance = self.chance[..., group, :, None, None]
        return np.asarray(np.sum(np.where(chance > 0, chance * play_slopes, 0.0), axis=-3))

    def solved(self, change: Array, slopes: Array, group: Indices) -> Array:
        """Return x with x - A x = change, where A takes values over one round with these slopes; zero where there is none.

        A[(k, a), (l, b)] = slopes[k, a, b] kept[k, b] transitions[k, l].
        """
        p, size = self.problem, len(group) * self.problem.n
        ahead = self.ahead[..., group, :][..., group]
        kept = self.kept[..., group, :]
        across = slopes[..., :, :, None, :] * kept[..., :, None, None, :] * ahead[..., :, None, :, None]
        system = np.eye(size) - across.reshape(*p.shape, size, size)
        fine = np.all(np.isfinite(system), axis=(-2, -1)) & np.all(np.isfinite(change), axis=(-2, -1))
        system = np.where(fine[..., None, None], system, np.eye(size))
        fine &= np.abs(np.linalg.det(system)) > 0
        system = np.where(fine[..., None, None], system, np.eye(size))
        found = np.linalg.solve(system, np.where(fine[..., None, None], change, 0.0).reshape(*p.shape, size, 1))
        return np.asarray(found).reshape(change.shape)

    def _by_deals(self, pairs: list[tuple[int, int]], group: Indices) -> Iterator[tuple[Problem, list[tuple[int, int]]]]:
        """Return the proposals of states that share a set, with it: they are sought together."""
        together: dict[int, tuple[Problem, list[tuple[int, int]]]] = {}
        for k, i in pairs:
            deals = self.problem.rounds[group[k]].deals
            if deals is not None:
                together.setdefault(id(deals.feasible), (deals, []))[1].append((k, i))
        yield from together.values()

    def _ask(self, deals: Problem, places: list[tuple[int, int]], thresholds: Array) -> Answer:
        """Return the best deals of proposers, (proposals, ...), that leave the others their thresholds."""
        origins = np.stack([thresholds[..., k, i, :] for k, i in places])
        ways = np.array([np.eye(self.problem.n)[i] for _, i in places])
        return deals.feasible.reach(origins, ways.reshape(-1, *(1 for _ in self.problem.shape), self.problem.n))
