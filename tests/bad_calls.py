"""Calls of the public functions with one or two arguments replaced by things that make no sense, or barely do."""

from __future__ import annotations

import datetime
import decimal
import fractions
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import bargaining as bg

X, Y = bg.Issue("x"), bg.Issue("y")


@dataclass(frozen=True)
class Call:
    """A call that may fail: a function, its arguments, and which of them were replaced."""

    function: Callable[..., Any]
    arguments: dict[str, Any]
    replaced: tuple[str, ...]

    def __call__(self) -> Any:
        return self.function(**self.arguments)

    def __str__(self) -> str:
        replaced = ", ".join(f"{name}={self.arguments[name]!r}" for name in self.replaced)
        return f"{self.function.__name__}({replaced})"


def calls(count: int, seed: int) -> Iterator[Call]:
    """Draw calls, the same for the same seed."""
    rng = np.random.default_rng(seed)
    functions = list(GOOD)
    for _ in range(count):
        function = _pick(functions, rng)
        arguments = {name: _pick(DRAWN[name], rng) if name in DRAWN else good for name, good in GOOD[function].items()}
        names = [name for name in arguments if name not in ("given", "kind")]
        replaced = [_pick(names, rng) for _ in range(1 + rng.integers(2))]
        for name in dict.fromkeys(replaced):
            arguments[name] = _bad(arguments[name], rng)
        yield Call(function, arguments, tuple(replaced))


NUMBERS = (
    np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, 1.0, 0.5, 2.0, 1e9, 1e-9, 1e300, -1e300, 1e-300, 5e-324, 10**400, True,
)  # fmt: skip

THINGS: tuple[Any, ...] = (
    None, "", "x", "1", b"1", 1j, object(), [], (), {}, {"x": 1}, {1, 2}, [[]], [None, None], ["a", "b"], [[1, 2], [3]],
    [1j, 0], np.zeros((0, 2)), np.zeros((2, 0)), np.zeros((1, 1, 1)), np.array([None, 1]), np.array(["1", "2"]),
    np.array([1, 2], dtype=object), np.ma.masked_array([1.0, 2.0], [True, False]), np.datetime64("2025-01-01"),
    np.array([1, 2], dtype="m8[D]"), datetime.date(2025, 1, 1), decimal.Decimal("0.5"), fractions.Fraction(1, 2),
    range(2), iter([0.1, 0.2]), float, len, lambda x: x, lambda *a, **k: None, slice(2), ..., NotImplemented,
    bg.Nash(), bg.Nash, X, bg.Linear(), np.float32(0.5), np.array(0.5), memoryview(b"ab"), Exception("x"),
)  # fmt: skip

FUNCTIONS: tuple[Any, ...] = (
    lambda x: None, lambda x: "x", lambda x: 1j * x, lambda x: [x, x], lambda x: {}, lambda x: x > 0.5, lambda x: np.inf,
    lambda x: np.nan * x, lambda x: x - np.inf, lambda: 1.0, lambda x, y: x, lambda x, **k: x, lambda *x: x[0],
    lambda x: np.sqrt(x - 0.5), lambda x: np.log(x), lambda x: 1 / (x - 0.5), lambda x: np.floor(3 * x), lambda x: 0 * x,
    lambda x: np.sign(x - 0.3), lambda x: 1e300 * x, lambda x: 1e-300 * x, lambda x: x**400, lambda x: np.exp(900 * x),
    lambda x: np.sin(50 * x), lambda x: np.abs(x - 0.5), lambda x: 1.0, lambda x: x.sum(), lambda x: np.array([1, 2]),
    lambda x: np.sort(x), lambda x: np.where(x > 0.5, x, np.nan), lambda x: x.astype(int), lambda x: x[0], np.max,
)  # fmt: skip


def _bad(good: Any, rng: np.random.Generator) -> Any:
    """Return something in place of a good value: a thing of another kind, or the value with a part that is bad."""
    draw = rng.random()
    if callable(good) and not isinstance(good, type):
        return _pick(FUNCTIONS if draw < 0.8 else THINGS, rng)
    if isinstance(good, dict) and good and draw < 0.7:
        return _bad_entry(good, rng)
    if isinstance(good, list | tuple) and good and draw < 0.6:
        return _bad_item(list(good), rng)
    if isinstance(good, list | tuple) and draw < 0.75:
        return rng.normal(size=tuple(rng.integers(0, 4, size=rng.integers(1, 4)))) * _pick(NUMBERS[:-2], rng)
    if isinstance(good, int | float) and draw < 0.6:
        return _pick(NUMBERS, rng)
    return _pick(THINGS, rng)


def _bad_entry(good: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Return a mapping with an entry left out, misnamed or bad."""
    key, draw = _pick(list(good), rng), rng.random()
    others = {name: value for name, value in good.items() if name != key}
    return others if draw < 0.2 else {**others, (key if draw < 0.8 else f"{key}s"): _bad(good[key], rng)}


def _bad_item(good: list[Any], rng: np.random.Generator) -> list[Any]:
    """Return a list with an item left out, repeated or bad."""
    place, draw = int(rng.integers(len(good))), rng.random()
    item = [] if draw < 0.25 else [good[place]] * 2 if draw < 0.4 else [_bad(good[place], rng)]
    return [*good[:place], *item, *good[place + 1 :]]


def _pick(pool: Any, rng: np.random.Generator) -> Any:
    return pool[rng.integers(len(pool))]


def _first(x: Any, *, k: Any = 1.0) -> Any:
    return k * np.sqrt(x)


def _second(x: Any) -> Any:
    return 1 - x


def _limit(x: Any) -> Any:
    return 0.9 - x


def _pie() -> bg.Problem:
    return bg.from_issues([X], {"a": _first, "b": _second}, [0, 0.2], impatience=[0.1, 0.2])


def issue(**settings: Any) -> Any:
    name = settings["name"] if isinstance(settings["name"], str) and settings["name"].isidentifier() else "x"
    deal = bg.Issue(**settings)
    return bg.solve(bg.from_issues([deal], {"a": lambda **k: k[name], "b": lambda **k: -k[name]}, [-9, -9]), bg.Nash())


def from_issues(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.from_issues(**settings), concept)


def split(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.split(**settings), concept)


def curved(concept: Any, crra: Any, wealth: Any, cara: Any, power: Any, log: Any) -> Any:
    money = [bg.CRRA(crra, wealth), bg.CARA(cara), bg.Power(power), bg.Log(log)]
    return bg.solve(bg.split(1.0, money, [0.0, 0.1, 0.0, 0.2]), concept)


def from_points(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.from_points(**settings), concept)


def lotteries(concept: Any, free_disposal: Any, **settings: Any) -> Any:
    return bg.solve(bg.lotteries(bg.from_points(**settings), free_disposal=free_disposal), concept)


def of_issues(problem: Any, concept: Any) -> Any:
    return bg.solve(bg.lotteries(problem), concept)


def from_curve(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.from_curve(**settings), concept)


def rescaled(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.rescaled(**settings), concept)


def capped(concept: Any, **settings: Any) -> Any:
    return bg.solve(bg.capped(**settings), concept)


def replace(concept: Any, changes: Any) -> Any:
    return bg.solve(_pie().replace(**changes) if isinstance(changes, dict) else _pie(), concept)


def solve(problem: Any, concept: Any) -> Any:
    return bg.solve(problem, concept)


def weights(problem: Any, kind: Any, weights: Any) -> Any:
    return bg.solve(problem, kind(weights))


def talks(problem: Any, **settings: Any) -> Any:
    return bg.solve(problem, bg.AlternatingOffers(**settings))


def factors(problem: Any, factors: Any, first: Any) -> Any:
    return bg.solve(problem, bg.AlternatingOffers(factors=factors, first=first))


def sequence(problem: Any, **settings: Any) -> Any:
    return bg.solve(problem, bg.SequentialOffers(**settings))


def lots(problem: Any, factors: Any, proposers: Any, rounds: Any, end: Any) -> Any:
    return bg.solve(problem, bg.SequentialOffers(factors=factors, proposers=proposers, rounds=rounds, end=end))


def chain(problem: Any, payoffs: Any, start: Any, follows: Any, **state: Any) -> Any:
    first, second = bg.State("one", problem, next=follows, **state), bg.State("two", problem, 1, "one", 0.9)
    return bg.solve(bg.StochasticProblem((first, second, bg.End("e", payoffs)), start), bg.MarkovPerfect())


def money(size: Any, fallback: Any) -> Any:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("a", "b"))


def costs(size: Any, fallback: Any, costs: Any, first: Any) -> Any:
    return bg.solve(money(size, fallback), bg.FixedCosts(costs, first))


def strikes(size: Any, fallback: Any, factor: Any, status_quo: Any, union: Any, first: Any) -> Any:
    return bg.solve(money(size, fallback), bg.Strikes(factor, status_quo, union, first))


def leaving(size: Any, fallback: Any, factors: Any, option: Any, party: Any, first: Any) -> Any:
    return bg.solve(money(size, fallback), bg.ProposerOutsideOption(factors, option, party, first))


def house(size: Any, fallback: Any, quota: Any, factors: Any, recognition: Any) -> Any:
    members = [bg.Linear()] * 3
    return bg.solve(bg.split(size, members, fallback), bg.BaronFerejohn(quota, factors, recognition))


def changing(size: Any, fallback: Any, factors: Any, later: Any, first: Any, rounds: Any) -> Any:
    offers = bg.SequentialOffers(factors=factors, first=first, rounds=rounds)
    return bg.solve(money(size, fallback), bg.NonstationaryOffers(offers, later))


def agenda(size: Any, fallback: Any, factors: Any, later: Any, first: Any) -> Any:
    return bg.solve(money(size, fallback), bg.Agenda(factors, later, first))


def reputation(size: Any, fallback: Any, demands: Any, stubborn: Any, impatience: Any) -> Any:
    return bg.solve(money(size, fallback), bg.Reputation(demands, stubborn, impatience))


def optimism(size: Any, fallback: Any, beliefs: Any, factors: Any, rounds: Any) -> Any:
    return bg.solve(money(size, fallback), bg.Optimism(beliefs, factors, rounds))


def hopes(problem: Any, beliefs: Any, factors: Any) -> Any:
    return bg.solve(problem, bg.Optimism(beliefs, factors))


def commitments(size: Any, fallback: Any, costs: Any) -> Any:
    return bg.solve(money(size, fallback), bg.PartialCommitments(costs))


def announced(costs: Any, demands: Any) -> Any:
    return bg.PartialCommitments(costs).worth(demands)


def coalitions(worth: Any, parties: Any, unit: Any, rho: Any) -> Any:
    return bg.solve(bg.CoalitionalProblem(worth, parties, unit), bg.HartMasColell(rho))


def breakdown(hazard: Any, payoffs: Any, period: Any) -> Any:
    return bg.solve(_pie(), bg.AlternatingOffers(period=period, breakdown=bg.Breakdown(hazard, payoffs)))


def threats(model: Any, **settings: Any) -> Any:
    return bg.solve(bg.ThreatGame(**settings), model)


def rational(weights: Any, rates: Any) -> Any:
    return bg.solve(bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]]), bg.RationalThreats(weights, rates))


def equilibria(A: Any, B: Any, selection: Any, rows: Any, columns: Any) -> Any:
    return bg.disagreement_from(A, B, selection, rows=rows, columns=columns)


def zero_sum(payoffs: Any) -> Any:
    return bg.zero_sum(payoffs)


def claims(rule: Any, **settings: Any) -> Any:
    return bg.solve(bg.ClaimsProblem(**settings), rule)


def demands(problem: Any, smoothing: Any) -> Any:
    return bg.solve(problem, bg.NashDemandGame(smoothing))


def uncertain(size: Any, fallback: Any, spread: Any) -> Any:
    return bg.solve(bg.split(size, [bg.Linear(), bg.CARA(1)], fallback), bg.UncertainDemandGame(spread))


def evaluate(given: Any, terms: Any) -> Any:
    return given.evaluate(terms)


def reach(given: Any, origin: Any, direction: Any) -> Any:
    return given.feasible.reach(origin, direction)


def support(given: Any, weights: Any, floor: Any) -> Any:
    return given.feasible.support(weights, floor=floor)


def nash(given: Any, origin: Any, weights: Any) -> Any:
    return given.feasible.nash(origin, weights)


def frontier(problem: Any, tol: Any) -> Any:
    return bg.frontier(problem, tol)


def compare(problem: Any, concepts: Any) -> Any:
    return bg.compare(problem, concepts)


def implied_by_terms(question: Any, terms: Any) -> Any:
    return bg.implied_weights(question, terms)


def implied_by_payoffs(question: Any, utilities: Any, tolerance: Any) -> Any:
    return bg.implied_weights(question, utilities=utilities, tolerance=tolerance)


def verify(solution: Any, trials: Any, tol: Any, rng: Any) -> Any:
    return bg.verify(solution, trials=trials, tol=tol, rng=rng)


CONCEPTS = (
    bg.Nash(), bg.Nash((2, 1)), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Proportional((1, 2)), bg.Utilitarian(),
    bg.Utilitarian(rational=False), bg.AlternatingOffers(period=0.1, impatience=(0.1, 0.2)),
    bg.AlternatingOffers(factors=(0.9, 0.8), first=1),
)  # fmt: skip

RULES = (
    bg.ConstrainedEqualAwards(), bg.ConstrainedEqualLosses(), bg.ProportionalAwards(), bg.Talmud(), bg.RandomArrival(),
    bg.MinimalOverlap(), bg.AdjustedProportional(), bg.Nash(), bg.EqualLoss(reference=(2.0, 3.0)),
)  # fmt: skip

MODELS = (
    bg.RationalThreats(), bg.SecurityLevels(), bg.NoDealEquilibrium(selection="best for row"),
    bg.SecurityLevels(bg.KalaiSmorodinsky()), bg.Coco(),
)  # fmt: skip

KINDS = (bg.Nash, bg.KalaiSmorodinsky, bg.Utilitarian, bg.Proportional)

POINTS = [[0.0, 4.0], [3.0, 3.0], [4.0, 0.0], [1.0, 1.0]]

PROBLEMS: tuple[Any, ...] = (
    _pie(),
    bg.split(1.0, [bg.Linear(), bg.CRRA(0.5)], [0.1, 0.2]),
    bg.from_points(POINTS, [0, 0]),
    bg.lotteries(bg.from_points(POINTS, [0, 0])),
    bg.from_curve(lambda u: 4 - u**2, [0, 0]),
    bg.rescaled(_pie(), [2, 3], [1, 0]),
    bg.capped(_pie(), [0.6, 0.9]),
    bg.from_issues([X], {"a": _first, "b": _second}, [[0, 0.2], [0.1, 0.1], [5, 5]]),
    bg.split([1.0, 2.0], [bg.Linear(), bg.CRRA(0.5)], [[0.1, 0.2], [0.0, np.nan]]),
    bg.from_points(POINTS, [[0, 0], [1, 0.5]]),
    bg.lotteries(bg.from_points(POINTS, [[0, 0], [1, 0.5]])),
    bg.from_curve(lambda u: 4 - u**2, [[0, 0], [1, 1]]),
    bg.lotteries(bg.from_issues([X], {"a": lambda x: x**2, "b": _second}, [[0, 0.2], [0.1, 0.1]])),
)

ONE = PROBLEMS[0]

DRAWN = {"problem": PROBLEMS, "given": PROBLEMS, "concept": CONCEPTS, "kind": KINDS, "rule": RULES, "model": MODELS}
"""Arguments that are drawn for every call, from values that make sense."""
TWO = {"disagreement": [0.0, 0.1], "parties": ["a", "b"], "impatience": [0.1, 0.2], "units": ["USD", "USD"]}

GOOD: dict[Callable[..., Any], dict[str, Any]] = {
    issue: {"name": "x", "low": 0.0, "high": 2.0, "unit": "percent"},
    from_issues: {
        "issues": [X, Y],
        "utilities": {"a": _first, "b": _second},
        "constraints": [_limit],
        "parameters": {"k": 1.0},
        "concept": None,
        **TWO,
    },
    split: {
        "size": 1.0,
        "utilities": [bg.Linear(), bg.CARA(2.0)],
        "fallback": [0.1, 0.2],
        "parties": ["a", "b"],
        "impatience": [0.1, 0.2],
        "unit": "USD",
        "concept": None,
    },
    curved: {"crra": 0.5, "wealth": 1.0, "cara": 2.0, "power": 0.5, "log": 1.0, "concept": None},
    from_points: {"points": POINTS, "concept": None, **TWO},
    lotteries: {"points": POINTS, "concept": None, "free_disposal": True, **TWO},
    of_issues: {"problem": ONE, "concept": None},
    from_curve: {"f": _second, "low": 0.0, "high": 1.0, "parameters": {}, "concept": None, **TWO},
    rescaled: {"problem": ONE, "scale": [2.0, 3.0], "shift": [1.0, 0.0], "units": ["USD", "EUR"], "concept": None},
    capped: {"problem": ONE, "caps": [0.6, 0.9], "concept": None},
    replace: {"changes": TWO, "concept": None},
    solve: {"problem": ONE, "concept": None},
    weights: {"problem": ONE, "kind": bg.Nash, "weights": (1.0, 2.0)},
    talks: {"problem": ONE, "period": 0.1, "impatience": (0.1, 0.2), "first": 0, "breakdown": bg.Breakdown(0.1)},
    factors: {"problem": ONE, "factors": (0.9, 0.8), "first": "a"},
    sequence: {
        "problem": ONE,
        "period": 0.1,
        "impatience": (0.1, 0.2),
        "first": 0,
        "breakdown": bg.Breakdown(0.1),
        "inside": (0.0, 0.1),
        "outside_options": (0.1, 0.2),
        "stationary": False,
    },
    lots: {"problem": ONE, "factors": (0.9, 0.8), "proposers": (0.4, 0.6), "rounds": 4, "end": (0.0, 0.1)},
    chain: {
        "problem": ONE,
        "proposer": (0.4, 0.6),
        "follows": {"two": 0.9, "e": 0.1},
        "factors": (0.9, 0.8),
        "breakdown": 0.1,
        "breakdown_payoffs": (0.0, 0.1),
        "outside_options": (0.1, 0.2),
        "inside": (0.0, 0.1),
        "payoffs": (0.1, 0.1),
        "start": "one",
    },
    costs: {"size": 1.0, "fallback": [0.1, 0.2], "costs": (0.1, 0.2), "first": "a"},
    strikes: {"size": 1.0, "fallback": [0.0, 0.1], "factor": 0.9, "status_quo": 0.3, "union": "a", "first": 0},
    leaving: {
        "size": 1.0,
        "fallback": [0.0, 0.1],
        "factors": (0.9, 0.8),
        "option": 0.6,
        "party": 1,
        "first": "a",
    },
    house: {
        "size": 1.0,
        "fallback": [0.0, 0.1, 0.0],
        "quota": 2,
        "factors": (0.9, 0.8, 0.7),
        "recognition": (0.5, 0.3, 0.2),
    },
    changing: {
        "size": 1.0,
        "fallback": [0.0, 0.1],
        "factors": (0.9, 0.8),
        "later": [money(0.8, None), money(0.5, None)],
        "first": 1,
        "rounds": 4,
    },
    agenda: {"size": 1.0, "fallback": [0.0, 0.1], "factors": 0.9, "later": [money(2.0, None)], "first": "a"},
    reputation: {
        "size": 1.0,
        "fallback": [0.0, 0.1],
        "demands": (0.6, 0.7),
        "stubborn": (0.1, 0.2),
        "impatience": (0.1, 0.3),
    },
    optimism: {"size": 1.0, "fallback": [0.0, 0.1], "beliefs": (0.8, 0.7), "factors": (0.9, 0.8), "rounds": 6},
    hopes: {"problem": ONE, "beliefs": (0.8, 0.7), "factors": (0.9, 0.8)},
    commitments: {"size": 1.0, "fallback": [0.0, 0.1], "costs": (2.0, 0.5)},
    announced: {"costs": (2.0, 0.5), "demands": (0.7, 0.6)},
    coalitions: {
        "worth": {("a", "b"): 6.0, ("a", "c"): 4.0, ("a", "b", "c"): 10.0},
        "parties": ["a", "b", "c"],
        "unit": "USD",
        "rho": 0.5,
    },
    breakdown: {"hazard": 0.1, "payoffs": (0.0, 0.1), "period": 0.1},
    threats: {
        "A": [[1.0, 8.0], [4.0, 2.0]],
        "B": [[2.0, 3.0], [4.0, 1.0]],
        "transferable": True,
        "agreements": None,
        "parties": ["a", "b"],
        "rows": ["up", "down"],
        "columns": ["left", "right"],
        "units": ["USD", "USD"],
        "model": None,
    },
    rational: {"weights": (1.0, 2.0), "rates": (1.0, 4.0)},
    equilibria: {
        "A": [[3.0, 0.0], [0.0, 2.0]],
        "B": [[2.0, 0.0], [0.0, 3.0]],
        "selection": 1,
        "rows": ["up", "down"],
        "columns": ["left", "right"],
    },
    zero_sum: {"payoffs": [[1.0, 2.0], [3.0, 0.0]]},
    claims: {"estate": 4.0, "claims": [2.0, 3.0], "parties": ["a", "b"], "unit": "USD", "rule": None},
    demands: {"problem": ONE, "smoothing": 0.1},
    uncertain: {"size": 1.0, "fallback": [0.1, 0.2], "spread": 0.5},
    evaluate: {"given": ONE, "terms": {"x": 0.5}},
    reach: {"given": ONE, "origin": [0.0, 0.0], "direction": [1.0, 1.0]},
    support: {"given": ONE, "weights": [1.0, 1.0], "floor": [0.0, 0.0]},
    nash: {"given": ONE, "origin": [0.0, 0.0], "weights": [0.5, 0.5]},
    frontier: {"problem": ONE, "tol": 1e-3},
    compare: {"problem": ONE, "concepts": [bg.Nash(), bg.KalaiSmorodinsky()]},
    implied_by_terms: {"question": ONE, "terms": {"x": (0.4, 0.5)}},
    implied_by_payoffs: {"question": ONE, "utilities": [0.5, 0.75], "tolerance": 1e-6},
    verify: {"solution": bg.solve(ONE, bg.Nash()), "trials": 20, "tol": 1e-8, "rng": 0},
}
"""What each call needs, with values it takes."""
