"""Backward induction on grids of offers, written apart from the library: it encloses what two parties have in finite games.

Deals are the points of a grid on the frontier, which parties choose from as the rules of the game say. All payoffs are
carried as intervals, from a lower to an upper bound, as wide as the step of the grid and what follows from it make them: a
deal of the grid can be agreed on, so that the best one bounds the proposer's payoff from below, and the best deal lies
before the next point of the grid. Where a decision is not clear, both of its outcomes are in the interval.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import bargaining as bg
from bargaining.problems.problem import Problem

STEPS = 20_000
SLACK = 1e-9
FEATURES = ("breakdown", "inside", "options", "lots", "events", "ends", "pauses", "growth")

Interval = tuple[float, float]
Pair = tuple[Interval, Interval]


@dataclass(frozen=True)
class Deals:
    """A frontier u_2(x), u_1(x) for x from 0, all to the second party, to 1, as a problem and as grids."""

    problem: Problem
    one: np.ndarray
    two: np.ndarray


@dataclass
class Round:
    """One round of a game, as the rules have it: payoffs are pairs of numbers."""

    deals: Deals | None
    chances: tuple[float, float]
    factors: tuple[float, float]
    inside: tuple[float, float]
    broken: float = 0.0
    after_breakdown: tuple[float, float] = (0.0, 0.0)
    options: tuple[float, float] | None = None
    follows: dict[str, float] = field(default_factory=dict)


@cache
def line(size: float) -> Deals:
    x = np.linspace(0, 1, STEPS + 1) * size
    return Deals(bg.split(size, [bg.Linear(), bg.Linear()]), x, size - x)


@cache
def averse(one: float, two: float, size: float) -> Deals:
    """A pie among parties with constant absolute risk aversion, u = (1 - exp(-a x)) / a."""
    x = np.linspace(0, 1, STEPS + 1) * size
    mine, yours = (-np.expm1(-a * y) / a for a, y in ((one, x), (two, size - x)))
    problem = bg.split(size, [bg.CARA(one), bg.CARA(two)])
    start = problem.evaluate({"party 1": 0.0, "party 2": size})
    return Deals(problem, mine + start[0], yours + start[1] - yours[0])


@cache
def bent(top: float, width: float) -> Deals:
    """The corner between two straight pieces: (0, top), (0.6 width, 0.7 top), (width, 0)."""
    corner = round(0.6 * STEPS)
    x = np.linspace(0, 1, STEPS + 1)
    y = np.where(np.arange(STEPS + 1) <= corner, 1 - x / 0.6 * 0.3, 0.7 * (1 - x) / 0.4)
    points = [[0, top], [0.6 * width, 0.7 * top], [width, 0]]
    return Deals(bg.lotteries(bg.from_points(points, [0, 0])), x * width, y * top)


def best(deals: Deals, proposer: int, floor: Interval) -> tuple[Interval | None, bool]:
    """Return the most a proposer can have if the other has at least a floor, and whether there surely is such a deal."""
    mine, yours = (deals.one, deals.two) if proposer == 0 else (deals.two[::-1], deals.one[::-1])

    def last(least: float) -> int:
        return int(np.searchsorted(-yours, -(least - SLACK), side="right")) - 1

    sure, hoped = last(floor[1]), last(floor[0])
    if hoped < 0:
        return None, False
    above = float(mine[min(hoped + 1, STEPS)])
    return (float(mine[sure]) if sure >= 0 else -math.inf, above), sure >= 0


def hull(*intervals: Interval) -> Interval:
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def mixed(*parts: tuple[float, Interval]) -> Interval:
    """Return a mean of intervals; weights of zero leave them out."""
    return (
        sum(weight * ends[0] for weight, ends in parts if weight > 0),
        sum(weight * ends[1] for weight, ends in parts if weight > 0),
    )


def refused(now: Round, waiting: Pair, responder: int, seen: Counter[str]) -> Pair:
    """Return what both have after a refusal."""
    if now.options is None:
        return waiting
    option, (low, high) = now.options[responder], waiting[responder]
    out: Pair = tuple((value, value) for value in now.options)  # type: ignore[assignment]
    if option > high + SLACK:
        seen["leaves"] += 1
        return out
    if option < low - SLACK:
        return waiting
    seen["unclear"] += 1
    return hull(out[0], waiting[0]), hull(out[1], waiting[1])


def proposal(now: Round, waiting: Pair, proposer: int, seen: Counter[str]) -> Pair:
    """Return what both have when one party proposes."""
    other = 1 - proposer
    least = refused(now, waiting, other, seen)
    if now.deals is None:
        return least
    most, sure = best(now.deals, proposer, least[other])
    if most is None or most[1] < least[proposer][0] - SLACK:
        seen["passes"] += 1
        return least
    corner = float((now.deals.two[-1], now.deals.one[0])[proposer])  # what is left to the other in the proposer's best deal
    accepted = max(least[other][0], corner), max(least[other][1], corner)
    clear = sure and most[0] > least[proposer][1] + SLACK
    seen["clear" if clear else "unclear"] += 1
    own = max(most[0], least[proposer][0]), max(most[1], least[proposer][1])
    theirs = accepted if clear else hull(accepted, least[other])
    return (own, theirs) if proposer == 0 else (theirs, own)


def induced(rounds: dict[str, Round], ends: dict[str, tuple[float, float]], seen: Counter[str]) -> dict[str, Pair]:
    """Return what the game is worth at the start of every round, given that rounds lead to later ones alone."""
    worth: dict[str, Pair] = {name: ((a, a), (b, b)) for name, (a, b) in ends.items()}
    for name, now in reversed(rounds.items()):
        waiting: Any = tuple(
            mixed(
                (1 - now.factors[i], (now.inside[i],) * 2),
                (now.factors[i] * now.broken, (now.after_breakdown[i],) * 2),
                *((now.factors[i] * (1 - now.broken) * p, worth[later][i]) for later, p in now.follows.items()),
            )
            for i in (0, 1)
        )
        made = [proposal(now, waiting, i, seen) if now.chances[i] > 0 else waiting for i in (0, 1)]
        worth[name] = tuple(mixed(*((now.chances[k], made[k][i]) for k in (0, 1))) for i in (0, 1))  # type: ignore[assignment]
    return worth


def drawn(rng: np.random.Generator) -> tuple[dict[str, Round], dict[str, tuple[float, float]], set[str]]:
    """Return a random game of two to six rounds with a handful of features, and their names."""

    def point(low: float, high: float) -> tuple[float, float]:
        return float(rng.uniform(low, high)), float(rng.uniform(low, high))

    def some() -> bool:
        return bool(rng.random() < 0.5)

    has = {name for name in FEATURES if some()}
    count = int(rng.integers(2, 7))
    names = [f"round {k}" for k in range(count)]
    ends = {"deadline": point(0, 0.3) if "ends" in has else (0.0, 0.0)}
    if "events" in has:
        ends["event"] = point(0, 0.5)
    rounds = {}
    for k, name in enumerate(names):
        size = float(rng.choice([0.5, 1.0, 2.0])) if "growth" in has else 1.0
        kinds = (line(size), averse(1.0, 2.5, size), bent(size, 1.5 * size))
        deals: Deals | None = kinds[rng.integers(3)]
        if "pauses" in has and 0 < k < count - 1 and rng.random() < 0.3:
            deals = None
        later = [*names, "deadline"][k + 1]
        follows = {later: 1.0}
        if "events" in has:
            share = float(rng.uniform(0.05, 0.5))
            jump = str(rng.choice([*names[k + 2 :], "event"]))
            follows = {later: 1 - share, jump: share} if jump != later else follows
        lot = float(rng.uniform(0.1, 0.9))
        rounds[name] = Round(
            deals,
            (lot, 1 - lot) if "lots" in has else ((1.0, 0.0) if (k + count) % 2 else (0.0, 1.0)),
            point(0.5, 1.0),
            point(-0.2, 0.3) if "inside" in has else (0.0, 0.0),
            float(rng.uniform(0, 0.4)) if "breakdown" in has else 0.0,
            point(-0.2, 0.2),
            point(-0.1, 0.7) if "options" in has and deals is not None else None,
            follows,
        )
    if "events" in has and not any("event" in now.follows for now in rounds.values()):
        rounds[names[-1]].follows = {"deadline": 0.7, "event": 0.3}
    return rounds, ends, has


def chain(rounds: dict[str, Round], ends: dict[str, tuple[float, float]]) -> bg.StochasticProblem:
    return bg.StochasticProblem((
        *(
            bg.State(
                name, None if now.deals is None else now.deals.problem, now.chances, now.follows, now.factors, now.broken,
                now.after_breakdown, now.options, now.inside,
            )
            for name, now in rounds.items()
        ),
        *(bg.End(name, payoffs) for name, payoffs in ends.items()),
    ))  # fmt: skip


def within(values: np.ndarray, worth: Pair) -> bool:
    return all(low - 1e-8 <= value <= high + 1e-8 for value, (low, high) in zip(values, worth, strict=True))


def test_two_hundred_finite_games_with_all_features_mixed() -> None:
    rng = np.random.default_rng(2026)
    features: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    widths = []
    for number in range(200):
        rounds, ends, has = drawn(rng)
        worth = induced(rounds, ends, seen)
        found = bg.solve(chain(rounds, ends), bg.MarkovPerfect())
        for name in rounds:
            assert within(found.in_state(name), worth[name]), (number, name)
        low, high = found.bounds
        assert np.all(low <= found.values + 1e-9) and np.all(found.values <= high + 1e-9), number
        if number % 10 == 0:
            assert bg.verify(found, trials=30, rng=number).ok, number
        features.update([*has, f"{len(has)} at once"])
        widths.append(max(high - low for name in rounds for low, high in worth[name]))
    assert (
        min(features[name] for name in ("breakdown", "inside", "options", "lots", "events", "ends", "pauses", "growth"))
        > 80
    )
    assert sum(features[f"{k} at once"] for k in (4, 5, 6, 7, 8)) > 100
    assert min(seen["leaves"], seen["passes"], seen["clear"]) > 50  # and all of this happens
    assert np.quantile(widths, 0.95) < 2e-3  # a grid of 20,000 offers leaves hardly any room, save where it cannot decide


def test_settings_of_one_game_mean_what_they_say() -> None:
    """Rates, hazards, delays, flows and a deadline, each turned into a round by its definition."""
    rng = np.random.default_rng(7)
    seen: Counter[str] = Counter()
    for number in range(40):
        deals = (line(1.0), averse(1.0, 2.5, 1.0), bent(1.0, 1.5))[number % 3]
        rates, hazard, first, count = rng.uniform(0.05, 0.5, 2), float(rng.uniform(0, 0.5)), int(rng.integers(2)), 5
        delays = rng.uniform(0.2, 2, 2) if number % 2 else np.full(2, 0.7)
        broken, inside, end = (tuple(rng.uniform(0, 0.2, 2)) for _ in range(3))
        options = tuple(rng.uniform(0, 0.6, 2))
        rounds = {}
        for k in range(count):
            who = (first + k) % 2
            time = delays[1 - who]
            rounds[f"round {k + 1}"] = Round(
                deals, (1.0 - who, float(who)), tuple(np.exp(-rates * time)), inside, 1 - math.exp(-hazard * time), broken,
                options, {f"round {k + 2}" if k + 1 < count else "end": 1.0},
            )  # fmt: skip
        worth = induced(rounds, {"end": end}, seen)
        pace = {"delays": tuple(delays)} if number % 2 else {"period": 0.7}
        found = bg.solve(deals.problem, bg.SequentialOffers(
            impatience=tuple(rates), first=first, breakdown=bg.Breakdown(hazard, broken), inside=inside,
            outside_options=options, rounds=count, end=end, **pace,
        ))  # fmt: skip
        for k in range(count):
            assert within(found.values[k], worth[f"round {k + 1}"]), (number, k)
    assert min(seen["leaves"], seen["clear"]) > 20
