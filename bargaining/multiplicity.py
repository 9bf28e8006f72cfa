"""Markov perfect equilibria of talks, and whether there are several.

One equilibrium is found by `markov`. There may be others where three and more parties can opt out, since whether a refusal
makes somebody leave may fulfil itself, and between two parties over sets with dents.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from bargaining._types import Bools, Codes, Indices
from bargaining.enclosure import enclosed
from bargaining.errors import InvalidProblem
from bargaining.markov import ACCEPT, Found, chosen, distance, equilibrium
from bargaining.problems.stochastic import StochasticProblem
from bargaining.rounds import Rounds
from bargaining.sets.base import Status

PATTERNS = 8
"""Proposals after whose refusal somebody may opt out, at most: all patterns are tried."""


def markov_perfect(problem: StochasticProblem) -> Found:
    """Return the equilibrium, in every game of a stack.

    With three and more parties, whether a refusal makes somebody opt out may fulfil itself: every pattern is tried, after
    whose refused proposals somebody does, and where several lead to equilibria with different values, none is named. With
    two, patterns are tried where nothing is found without.
    """
    places = np.argwhere(_may_be_left(problem))
    if problem.n == 2:
        found = equilibrium(Rounds(problem))
        lost = found.status == Status.NOT_CONVERGED
        if np.any(lost) and 0 < len(places) <= PATTERNS:
            found = chosen(~lost, found, _by_patterns(problem, places))
        return _with_ends(problem, found)
    if not len(places):
        return equilibrium(Rounds(problem))
    if len(places) > PATTERNS:
        raise InvalidProblem(
            f"after {len(places)} proposals in states to which talks come back one of {problem.n} parties may opt out. "
            f"Whether it does can fulfil itself, and patterns are tried for {PATTERNS} proposals at most: leave out "
            "options that nobody would take, or use fewer states."
        )
    return _by_patterns(problem, places)


def _by_patterns(problem: StochasticProblem, places: Indices) -> Found:
    """Return the equilibrium with some pattern of leaving after refused proposals, (round, proposer): all are tried."""
    several, unit = np.zeros(problem.shape, np.bool_), Rounds(problem).unit[..., None, :]
    whole = _if_refused_so(problem, places, (False,) * len(places))
    for pattern in sorted(product((False, True), repeat=len(places)), key=sum)[1:]:
        found = _if_refused_so(problem, places, pattern)
        known, holds = whole.status == Status.OK, found.status == Status.OK
        with np.errstate(invalid="ignore"):
            apart = np.max(np.abs(found.values - whole.values) / unit, axis=(-2, -1))
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
        apart &= distance(rounds, after, end[..., everywhere, :]) <= ACCEPT
    several = apart & (found.status == Status.OK)
    return replace(found, status=np.where(several, np.int8(Status.UNDETERMINED), found.status))


def _if_refused_so(problem: StochasticProblem, places: Indices, pattern: tuple[bool, ...]) -> Found:
    """Return the equilibrium in which somebody opts out after refused proposals (round, proposer) as a pattern says."""
    leaving = np.full((len(problem.rounds), problem.n), -1, np.int8)
    leaving[tuple(places.T)] = pattern
    found = equilibrium(Rounds(problem, leaving))
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
