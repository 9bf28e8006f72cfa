"""Markov perfect equilibria of talks: what a round is worth, given what comes after it, and values that repeat themselves.

What a party can hope for depends on the state alone. In state s party i, when it proposes, offers its best deal among those
that leave every other party j at least

    t_j(s) = max(w_j(s), c_j(s)),

the larger of its outside option and of what waiting is worth to it, if this deal is worth more to i than a refusal; else it
lets the round pass. States from which talks never come back are solved backwards, one after the other. Where they can come
back, values v solve v = Phi(v), with Phi one round of this game: by Newton's method, whose derivatives are the slopes of
the frontiers at the offers (one of them at a kink; Qi and Sun 1993, A nonsmooth version of Newton's method, Mathematical
Programming 58, 353-367), with steps cut back, and replaced by v <- Phi(v), where they do not help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.problems.problem import Problem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.sets.base import Answer, Status

GOAL = 4 * float(np.finfo(float).eps)
"""Share of a range by which a round may change values that repeat themselves."""

ACCEPT = 1e-9
"""Share of a range by which values may miss those that repeat themselves."""

STEPS, CUTS, IDLE = 200, 4, 4
"""Newton steps; how often one is cut by four before a round is played instead; steps without progress before the end."""


@dataclass(frozen=True)
class Play:
    """One round in each of some states, given what waiting is worth: arrays (..., k, n) have a row for each state.

    `refused` is what all have after a refusal, `thresholds` the least that each accepts. `offers[k][i]` is the best deal
    that party i can get accepted in the k-th state, and `agree` (..., k, n) says whether it proposes it. `slopes` (..., k,
    n, n) are derivatives of the values (rows) in what waiting is worth (columns). `broken` (...) is the status of games in
    which a set did not answer.
    """

    values: Array
    refused: Array
    thresholds: Array
    offers: tuple[dict[int, Answer], ...]
    agree: Bools
    slopes: Array
    broken: Codes


@dataclass(frozen=True)
class Found:
    """Values (..., rounds, n), what waiting is worth, offers and decisions in all rounds, and how exact values are."""

    values: Array
    waiting: Array
    refused: Array
    thresholds: Array
    offers: tuple[dict[int, Answer], ...]
    agree: Bools
    status: Codes
    residual: Array


@dataclass
class Solver:
    """The rounds of some talks, solved group by group."""

    problem: StochasticProblem
    kept: Array = field(init=False)
    base: Array = field(init=False)
    unit: Array = field(init=False)

    def __post_init__(self) -> None:
        p = self.problem
        self.kept = p.factors * (1.0 - p.breakdown[..., None])
        with np.errstate(invalid="ignore"):
            self.base = (1.0 - p.factors) * p.inside + p.factors * p.breakdown[..., None] * p.breakdown_payoffs
        spreads = [state.deals.feasible.spread() for state in p.rounds if state.deals is not None]
        self.unit = np.maximum.reduce([np.broadcast_to(spread, (*p.shape, p.n)) for spread in spreads])

    def solve(self) -> Found:
        """Return the equilibrium, in every game of a stack."""
        p, count = self.problem, len(self.problem.rounds)
        values = np.full((*p.shape, len(p.names), p.n), np.nan)
        values[..., count:, :] = p.payoffs
        waiting, refused, thresholds = (np.full((*p.shape, count, p.n), np.nan) for _ in range(3))
        agree = np.zeros((*p.shape, count, p.n), np.bool_)
        offers: list[dict[int, Answer]] = [{} for _ in p.rounds]
        status, residual = p.status.copy(), np.zeros(p.shape)
        for group in p.circles:
            if p.turns(group):
                values[..., group, :], miss = self._repeated(values, group)
                residual = np.fmax(residual, miss)
            c = self.waiting(values, group)
            play = self.play(c, group)
            values[..., group, :] = play.values
            waiting[..., group, :], refused[..., group, :], thresholds[..., group, :] = c, play.refused, play.thresholds
            agree[..., group, :] = play.agree
            for k, made in zip(group, play.offers, strict=True):
                offers[k] = made
            status = np.where(status == Status.OK, play.broken, status)
        lost = (status == Status.OK) & ~np.all(np.isfinite(values[..., :count, :]), axis=(-2, -1))
        status = np.where(lost, np.int8(Status.NOT_FINITE), status)
        status = np.where((status == Status.OK) & ~(residual <= ACCEPT), np.int8(Status.NOT_CONVERGED), status)
        return Found(
            values[..., :count, :], waiting, refused, thresholds, tuple(offers), agree, status.astype(np.int8), residual
        )

    def waiting(self, values: Array, group: Indices) -> Array:
        """Return what a refusal without opting out is worth, (..., k, n), given the values of all states."""
        ahead = self.problem.transitions[..., group, :]
        used = np.any(ahead > 0, axis=tuple(range(ahead.ndim - 1)))  # values not known yet are of states that do not follow
        with np.errstate(invalid="ignore", over="ignore"):
            after = ahead[..., used] @ values[..., used, :]
            return np.asarray(self.base[..., group, :] + self.kept[..., group, :] * after)

    def play(self, waiting: Array, group: Indices) -> Play:
        """Play one round in each state of a group."""
        p = self.problem
        options = p.outside_options[..., group, :]
        with np.errstate(invalid="ignore"):
            opts_out = options > waiting
        refused = np.where(np.any(opts_out, axis=-1, keepdims=True), options, waiting)
        thresholds = np.maximum(options, waiting)
        values, slopes = np.zeros_like(waiting), np.zeros((*waiting.shape, p.n))
        agree, broken = np.zeros(waiting.shape, np.bool_), np.zeros(p.shape, np.int8)
        offers: tuple[dict[int, Answer], ...] = tuple({} for _ in group)
        left = np.ones(waiting.shape[:-1])  # the probability that nobody proposes anything that could be accepted
        free = np.where(opts_out, 0.0, 1.0)
        pairs = [(k, i) for k in range(len(group)) for i in range(p.n) if np.any(p.recognition[..., group[k], i] > 0)]
        for deals, places in self._by_deals(pairs, group):
            answers = self._ask(deals, places, thresholds, refused)
            for number, (k, i) in enumerate(places):
                offer = answers.pick(number)
                offers[k][i] = offer
                least = deals.feasible.least_gain()
                with np.errstate(invalid="ignore"):
                    good = (offer.status == Status.OK) & (offer.utilities[..., i] >= refused[..., k, i] - least[..., i])
                    bound = offer.utilities - thresholds[..., k, :] <= least
                failed = (offer.status != Status.OK) & (offer.status != Status.NO_AGREEMENT)
                broken = np.maximum(broken, np.where(failed, offer.status, np.int8(Status.OK)))
                chance = np.where(good, p.recognition[..., group[k], i], 0.0)
                values[..., k, :] += chance[..., None] * np.where(good[..., None], offer.utilities, 0.0)
                own = np.where(bound[..., None, :], np.eye(p.n), 0.0)
                own[..., i, :] = np.where(bound, -offer.normal, 0.0)
                own[..., i, i] = 0.0
                own = np.where(good[..., None, None], own * free[..., k, None, :], 0.0)
                slopes[..., k, :, :] += chance[..., None, None] * own
                agree[..., k, i] = good
                left[..., k] -= chance
        left = np.where(left > GOAL, left, 0.0)[..., None]
        with np.errstate(invalid="ignore"):
            values += np.where(left > 0, left * refused, 0.0)
        stays = np.where(np.any(opts_out, axis=-1)[..., None, None], 0.0, np.eye(p.n))
        slopes += left[..., None] * stays
        return Play(values, refused, thresholds, offers, agree, slopes, broken)

    def _by_deals(self, pairs: list[tuple[int, int]], group: Indices) -> Iterator[tuple[Problem, list[tuple[int, int]]]]:
        """Return the proposals of states that share a set, with it: they are sought together."""
        together: dict[int, tuple[Problem, list[tuple[int, int]]]] = {}
        for k, i in pairs:
            deals = self.problem.rounds[group[k]].deals
            if deals is not None:
                together.setdefault(id(deals.feasible), (deals, []))[1].append((k, i))
        yield from together.values()

    def _ask(self, deals: Problem, places: list[tuple[int, int]], thresholds: Array, refused: Array) -> Answer:
        """Return the best deals of proposers, (proposals, ...), that leave the others their thresholds."""
        origins = []
        for k, i in places:
            origin = thresholds[..., k, :].copy()
            origin[..., i] = refused[..., k, i]
            origins.append(origin)
        n, lead = self.problem.n, self.problem.shape
        ways = np.array([np.eye(n)[i] for _, i in places]).reshape(-1, *(1 for _ in lead), n)
        return deals.feasible.reach(np.stack(origins), ways)

    def _repeated(self, values: Array, group: Indices) -> tuple[Array, Array]:
        """Return values, (..., k, n), that a round leaves as they are, and by how much of a range they may be wrong."""
        known = values.copy()

        def image(v: Array) -> tuple[Array, Array, Array]:
            known[..., group, :] = v
            play = self.play(self.waiting(known, group), group)
            with np.errstate(invalid="ignore"):
                miss = np.max(np.abs(play.values - v) / self.unit[..., None, :], axis=(-2, -1))
            return play.values, play.slopes, np.where(np.isfinite(miss), miss, np.inf)

        v = self._first_guess(group)
        after, slopes, miss = image(v)
        best, least = v.copy(), miss
        idle = np.zeros(self.problem.shape, dtype=int)
        for _ in range(STEPS):
            done = (miss <= GOAL) | (idle >= IDLE)
            if np.all(done):
                break
            step = self._newton(after - v, slopes, group)
            pending, scale = ~done, np.ones(self.problem.shape)
            for _ in range(CUTS):
                trial = np.where(pending[..., None, None], v + scale[..., None, None] * step, v)
                found = image(trial)
                better = pending & (found[2] < miss)
                v, after, slopes = (
                    np.where(better[(..., *[None] * (new.ndim - better.ndim))], new, old)
                    for new, old in zip((trial, *found[:2]), (v, after, slopes), strict=True)
                )
                miss = np.where(better, found[2], miss)
                pending = pending & ~better
                if not np.any(pending):
                    break
                scale = np.where(pending, scale / 4, scale)
            if np.any(pending):
                v = np.where(pending[..., None, None], after, v)
                after, slopes, miss = image(v)
            improved = miss < least
            best, least = np.where(improved[..., None, None], v, best), np.minimum(miss, least)
            idle = np.where(improved, 0, idle + 1)
        lost = 1.0 - np.max(self.kept[..., group, :], axis=(-2, -1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return best, least / lost

    def _newton(self, change: Array, slopes: Array, group: Indices) -> Array:
        """Return the step to where a round, if it were as it is here everywhere, would leave values as they are."""
        p, size = self.problem, len(group) * self.problem.n
        ahead = p.transitions[..., group, :][..., group]
        kept = self.kept[..., group, :]
        # d values[k, a] / d values[l, b] = slopes[k, a, b] kept[k, b] transitions[k, l]
        across = slopes[..., :, :, None, :] * kept[..., :, None, None, :] * ahead[..., :, None, :, None]
        system = np.eye(size) - across.reshape(*p.shape, size, size)
        fine = np.all(np.isfinite(system), axis=(-2, -1)) & np.all(np.isfinite(change), axis=(-2, -1))
        system = np.where(fine[..., None, None], system, np.eye(size))
        fine &= np.abs(np.linalg.det(system)) > 0
        system = np.where(fine[..., None, None], system, np.eye(size))
        step = np.linalg.solve(system, np.where(fine[..., None, None], change, 0.0).reshape(*p.shape, size, 1))
        return np.asarray(step).reshape(change.shape)

    def _first_guess(self, group: Indices) -> Array:
        """Return values, (..., k, n), to start from: the middle of what can be agreed on, where something can."""
        p = self.problem
        guess = p.inside[..., group, :].copy()
        for row, k in enumerate(group):
            deals = p.rounds[k].deals
            if deals is not None:
                middle = deals.feasible.reach(guess[..., row, :], deals.feasible.spread())
                guess[..., row, :] = np.where((middle.status == Status.OK)[..., None], middle.utilities, guess[..., row, :])
        return guess
