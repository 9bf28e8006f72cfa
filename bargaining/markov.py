"""Markov perfect equilibria of talks: values that repeat themselves, where what parties do depends on the state alone.

States from which talks never come back are solved backwards, one after the other. Where they can come back, values v solve
v = Phi(v), with Phi one round of the game: by Newton's method, whose derivatives are the slopes of the frontiers at the
offers (one of them at a kink; Qi and Sun 1993, A nonsmooth version of Newton's method, Mathematical Programming 58,
353-367), with steps cut back, and replaced by v <- Phi(v), where they do not help. Two parties' games in which it goes
round in circles between the sides of a kink are left to the bounds of `enclosure`, which cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.enclosure import enclosed
from bargaining.problems.stochastic import StochasticProblem
from bargaining.rounds import Proposals, Rounds
from bargaining.sets.base import Answer, Status, choose

GOAL = 4 * float(np.finfo(float).eps)
"""Share of a range by which a round may change values that repeat themselves."""

ACCEPT = 1e-8
"""Share of a range by which values may miss those that repeat themselves: what a round changes, added up over time."""

PLAYED, MOST_PLAYED = 8, 512
"""Rounds that are played where Newton's steps make no progress, at first; twice as many each time, up to so many."""

STEPS, CUTS, IDLE = 200, 4, 4
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


def equilibrium(rounds: Rounds) -> Found:
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
        return play.values, rounds.slopes(play.slopes, group), distance(rounds, play.values, v)

    v = _first_guess(rounds, group)
    after, slopes, miss = image(v)
    best, least = v.copy(), miss
    back = rounds.problem.circling[..., group]  # errors of rounds that do not come back add up once
    lost = 1.0 - np.max(np.where(back[..., None], rounds.kept[..., group, :], 0.0), axis=(-2, -1))
    lost = lost / (1.0 + np.count_nonzero(~back, axis=-1))
    idle = np.zeros(shape, dtype=int)
    rounds_played, track = PLAYED, v.copy()
    for _ in range(STEPS):
        done = (miss <= GOAL) | (idle >= IDLE)
        if np.all(done):
            stuck = (least > GOAL) & ~(least <= ACCEPT * lost) & (rounds.problem.status == Status.OK)
            if not np.any(stuck) or rounds_played > MOST_PLAYED:
                break
            for _ in range(rounds_played):  # Newton's steps go round in circles between the sides of a jump
                after = image(track)[0]
                track = np.where(np.isfinite(after), after, track)
            v = np.where(stuck[..., None, None], track, v)
            rounds_played *= 2
            after, slopes, miss = image(v)
            best, least = np.where((miss < least)[..., None, None], v, best), np.minimum(miss, least)
            idle = np.where(stuck, 0, idle)
            continue
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
    with np.errstate(divide="ignore", invalid="ignore"):
        return best, least / lost


def distance(rounds: Rounds, after: Array, before: Array) -> Array:
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
