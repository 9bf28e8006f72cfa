"""Markov perfect equilibria of talks: values that repeat themselves, where what parties do depends on the state alone.

States from which talks never come back are solved backwards, one after the other. Where they can come back, values v solve
v = Phi(v), with Phi one round of the game: by Newton's method, whose derivatives are the slopes of the frontiers at the
offers (one of them at a kink; Qi and Sun 1993, A nonsmooth version of Newton's method, Mathematical Programming 58,
353-367), with steps cut back, and replaced by v <- Phi(v), where they do not help. Two parties' games in which it goes
round in circles between the sides of a kink are left to the bounds of `enclosure`, which cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.enclosure import enclosed
from bargaining.errors import InvalidProblem
from bargaining.problems.stochastic import StochasticProblem
from bargaining.rounds import Proposals, Rounds
from bargaining.sets.base import Answer, Status, choose

GOAL = 4 * float(np.finfo(float).eps)
"""Share of a range by which a round may change values that repeat themselves."""

ACCEPT = 1e-9
"""Share of a range by which values may miss those that repeat themselves."""

PATTERNS = 8
"""Proposals after whose refusal somebody may opt out, at most: all patterns are tried."""

STEPS, CUTS, IDLE = 100, 4, 4
"""Newton steps; how often one is cut by four before a round is played instead; steps without progress before the end."""


@dataclass(frozen=True)
class Found:
    """Values (..., rounds, n), what waiting is worth, thresholds (..., rounds, n, n), offers and decisions in all rounds.

    `residual` says how exact values are, as a share of ranges.
    """

    values: Array
    waiting: Array
    thresholds: Array
    offers: Proposals
    agree: Bools
    status: Codes
    residual: Array


def markov_perfect(problem: StochasticProblem) -> Found:
    """Return the equilibrium, in every game of a stack.

    With three and more parties, whether a refusal makes somebody opt out may fulfil itself: every pattern is tried, after
    whose refused proposals somebody does, and where several lead to equilibria with different values, none is named.
    """
    if problem.n == 2:
        return _with_ends(problem, _equilibrium(Rounds(problem)))
    places = np.argwhere(_may_be_left(problem))
    if not len(places):
        return _equilibrium(Rounds(problem))
    if len(places) > PATTERNS:
        raise InvalidProblem(
            f"after {len(places)} proposals in states to which talks come back one of {problem.n} parties may opt out. "
            f"Whether it does can fulfil itself, and patterns are tried for {PATTERNS} proposals at most: leave out "
            "options that nobody would take, or use fewer states."
        )
    several = np.zeros(problem.shape, np.bool_)
    whole = _if_refused_so(problem, places, (False,) * len(places))
    for pattern in sorted(product((False, True), repeat=len(places)), key=sum)[1:]:
        found = _if_refused_so(problem, places, pattern)
        known, holds = whole.status == Status.OK, found.status == Status.OK
        with np.errstate(invalid="ignore"):
            apart = np.max(np.abs(found.values - whole.values) / Rounds(problem).unit[..., None, :], axis=(-2, -1))
        several |= known & holds & (apart > ACCEPT)
        whole = chosen(known | ~holds, whole, found)
    return replace(whole, status=np.where(several, np.int8(Status.UNDETERMINED), whole.status))


def _with_ends(problem: StochasticProblem, found: Found) -> Found:
    """Return what was found, or none where two parties' talks over a set that is not convex have several equilibria.

    The ends of the bounds on all equilibria, where a round leaves them as they are, are equilibria themselves.
    """
    dented = any(state.deals is not None and state.deals.feasible.convex is False for state in problem.rounds)
    if not dented or not any(problem.turns(group) for group in problem.circles):
        return found
    rounds, everywhere = Rounds(problem), np.arange(len(problem.rounds))
    low, high = enclosed(rounds)
    apart = np.max(np.abs(high - low) / rounds.unit[..., None, :], axis=(-2, -1)) > ACCEPT
    for first, second in ((low, high), (high, low)):
        end = np.concatenate([np.stack([first[..., 0], second[..., 1]], axis=-1), problem.payoffs], axis=-2)
        after = rounds.play(rounds.waiting(end, everywhere), everywhere).values
        apart &= _miss(rounds, after, end[..., everywhere, :]) <= ACCEPT
    several = apart & (found.status == Status.OK)
    return replace(found, status=np.where(several, np.int8(Status.UNDETERMINED), found.status))


def _if_refused_so(problem: StochasticProblem, places: Indices, pattern: tuple[bool, ...]) -> Found:
    """Return the equilibrium in which somebody opts out after refused proposals (round, proposer) as a pattern says."""
    leaving = np.full((len(problem.rounds), problem.n), -1, np.int8)
    leaving[tuple(places.T)] = pattern
    found = _equilibrium(Rounds(problem, leaving))
    wrong = (found.status == Status.OK) & ~_consistent(problem, found, leaving)
    return replace(found, status=np.where(wrong, np.int8(Status.NOT_CONVERGED), found.status))


def _may_be_left(problem: StochasticProblem) -> Bools:
    """Say after whose refused proposals, (rounds, n), somebody can opt out of talks that come back to this round."""
    back = np.zeros(len(problem.rounds), np.bool_)
    for group in problem.circles:
        back[group] = problem.turns(group)
    lead = tuple(range(len(problem.shape)))
    able = np.any(np.isfinite(problem.outside_options), axis=(*lead, problem.outside_options.ndim - 1))
    return np.asarray((back & able)[:, None] & np.any(problem.recognition > 0, axis=lead))


def _consistent(problem: StochasticProblem, found: Found, leaving: Codes) -> Bools:
    """Say in which games, (...), responders opt out after just those refusals after which it was assumed."""
    unit = Rounds(problem).unit[..., None, None, :]
    responder = ~np.eye(problem.n, dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        more = (problem.outside_options - found.waiting)[..., None, :] / unit
        gain = np.max(np.where(responder, more, -np.inf), axis=-1)
        wrong = np.where(leaving > 0, gain < -ACCEPT, (gain > ACCEPT) & (leaving == 0))
    asked = (problem.recognition > 0) & np.any(np.isfinite(problem.outside_options), axis=-1)[..., None]
    return np.asarray(~np.any(wrong & asked, axis=(-2, -1)))


def _equilibrium(rounds: Rounds) -> Found:
    """Return the equilibrium of all games, whose refusals may be given."""
    problem, count = rounds.problem, len(rounds.problem.rounds)
    values = np.full((*problem.shape, len(problem.names), problem.n), np.nan)
    values[..., count:, :] = problem.payoffs
    residual = np.zeros(problem.shape)
    bounds = None
    for group in problem.circles:
        if not problem.turns(group):
            values[..., group, :] = rounds.play(rounds.waiting(values, group), group).values
            continue
        values[..., group, :], miss = _repeated(rounds, values, group)
        failed = (problem.status == Status.OK) & ~(miss <= ACCEPT)
        if np.any(failed) and problem.n == 2:
            bounds = bounds or enclosed(rounds)
            values[..., group, :], miss = _from_bounds(rounds, values, group, miss, bounds)
        residual = np.fmax(residual, miss)
    return settled(rounds, values, residual)


def settled(rounds: Rounds, values: Array, residual: Array) -> Found:
    """Return what values of all states, (..., states, n), mean for offers and decisions in every round."""
    problem, everywhere = rounds.problem, np.arange(len(rounds.problem.rounds))
    waiting = rounds.waiting(values, everywhere)
    play = rounds.play(waiting, everywhere)
    status = np.where(problem.status == Status.OK, play.broken, problem.status)
    lost = (status == Status.OK) & ~np.all(np.isfinite(play.values), axis=(-2, -1))
    status = np.where(lost, np.int8(Status.NOT_FINITE), status)
    status = np.where((status == Status.OK) & ~(residual <= ACCEPT), np.int8(Status.NOT_CONVERGED), status)
    return Found(play.values, waiting, play.thresholds, play.offers, play.agree, status.astype(np.int8), residual)


def from_proposals(problem: StochasticProblem, offers: Proposals) -> Found:
    """Return the equilibrium whose proposals are known, in talks without ends where all of them are accepted at once."""
    rounds, everywhere = Rounds(problem), np.arange(len(problem.rounds))
    shares = np.full((*problem.shape, len(problem.rounds), problem.n, problem.n), np.nan)
    status, residual = problem.status, np.zeros(problem.shape)
    for k, made in enumerate(offers):
        for i, offer in made.items():
            shares[..., k, i, :] = offer.utilities
            status = np.where(status == Status.OK, offer.status, status)
            residual = np.fmax(residual, offer.residual)
    values = rounds.mean(shares, everywhere)
    waiting = rounds.waiting(values, everywhere)
    agree = (problem.recognition > 0) & (status == Status.OK)[..., None, None]
    thresholds = rounds.refusals(waiting, everywhere)[0]
    return Found(values, waiting, thresholds, offers, agree, status.astype(np.int8), residual)


def chosen(use: Bools, one: Found, two: Found) -> Found:
    """Return what is `one` in the games, (...), where `use` holds, else `two`."""

    def mixed(a: Any, b: Any) -> Any:
        return np.where(use.reshape(use.shape + (1,) * (a.ndim - use.ndim)), a, b)

    offers = tuple(
        {i: choose(use, mine[i], yours[i]) for i in mine} for mine, yours in zip(one.offers, two.offers, strict=True)
    )
    tables = {name: mixed(getattr(one, name), getattr(two, name)) for name in vars(one) if name != "offers"}
    return Found(offers=offers, **tables)


def _repeated(rounds: Rounds, values: Array, group: Indices) -> tuple[Array, Array]:
    """Return values, (..., k, n), that a round leaves as they are, and by how much of a range they may be wrong."""
    known, shape = values.copy(), rounds.problem.shape

    def image(v: Array) -> tuple[Array, Array, Array]:
        known[..., group, :] = v
        play = rounds.play(rounds.waiting(known, group), group)
        return play.values, rounds.slopes(play.slopes, group), _miss(rounds, play.values, v)

    v = _first_guess(rounds, group)
    after, slopes, miss = image(v)
    best, least = v.copy(), miss
    idle = np.zeros(shape, dtype=int)
    for _ in range(STEPS):
        done = (miss <= GOAL) | (idle >= IDLE)
        if np.all(done):
            break
        step = rounds.solved(after - v, slopes, group)
        pending, scale = ~done, np.ones(shape)
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
    back = rounds.problem.circling[..., group]  # errors of rounds that do not come back add up once
    lost = 1.0 - np.max(np.where(back[..., None], rounds.kept[..., group, :], 0.0), axis=(-2, -1))
    lost = lost / (1.0 + np.count_nonzero(~back, axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return best, least / lost


def _miss(rounds: Rounds, after: Array, before: Array) -> Array:
    """Return by how much of a range a round changes values, (...); infinity where that is no number."""
    with np.errstate(invalid="ignore"):
        miss = np.max(np.abs(after - before) / rounds.unit[..., None, :], axis=(-2, -1))
    return np.where(np.isfinite(miss), miss, np.inf)


def _from_bounds(
    rounds: Rounds, values: Array, group: Indices, miss: Array, bounds: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Return the values on which the bounds of all equilibria close, where they do and nothing better is known."""
    low, high = (end[..., group, :] for end in bounds)
    with np.errstate(invalid="ignore"):
        width = np.max((high - low) / rounds.unit[..., None, :], axis=(-2, -1))
    better = width < miss
    return np.where(better[..., None, None], (low + high) / 2, values[..., group, :]), np.where(better, width, miss)


def _first_guess(rounds: Rounds, group: Indices) -> Array:
    """Return values, (..., k, n), to start from: the middle of what can be agreed on, where something can."""
    p = rounds.problem
    guess = rounds.inside[..., group, :].copy()
    for row, k in enumerate(group):
        deals = p.rounds[k].deals
        if deals is not None:
            middle: Answer = deals.feasible.reach(guess[..., row, :], deals.feasible.spread())
            guess[..., row, :] = np.where((middle.status == Status.OK)[..., None], middle.utilities, guess[..., row, :])
    return guess
