# ruff: noqa: E501 - one case a line
"""Every bad input ends in an error that names cause and remedy, or in a status; never in a silent number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import (
    BargainingError,
    InvalidProblem,
    NoAgreement,
    NotConverged,
    NotDifferentiable,
    NotFinite,
    UnknownName,
)
from bargaining.problems.problem import Problem
from tests.problems import peaks

X = bg.Issue("x")


def pie(disagreement: Any = (0, 0), **options: Any) -> Problem:
    return bg.from_issues([X], {"a": lambda x: x, "b": lambda x: 1 - x}, disagreement, **options)


BUILD: list[tuple[str, Callable[[], Any], type[BargainingError], str]] = [
    ("no issues", lambda: bg.from_issues([], {"a": lambda: 1, "b": lambda: 1}, [0, 0]), InvalidProblem, "nothing to bargain over"),
    ("an issue twice", lambda: bg.from_issues([X, X], {"a": lambda x: x, "b": lambda x: x}, [0, 0]), InvalidProblem, "more than once"),
    ("no issue", lambda: bg.from_issues(["x"], {"a": lambda x: x, "b": lambda x: x}, [0, 0]), InvalidProblem, "no Issue"),  # type: ignore[list-item]
    ("an empty range", lambda: bg.Issue("x", 1, 1), InvalidProblem, "low must be below high"),
    ("an unbounded issue", lambda: bg.Issue("x", 0, np.inf), InvalidProblem, "finite bounds"),
    ("a name of no use", lambda: bg.Issue("a b"), InvalidProblem, "by keyword"),
    ("one party", lambda: bg.from_issues([X], {"a": lambda x: x}, [0]), InvalidProblem, "at least two parties"),
    ("no utilities", lambda: bg.from_issues([X], None, [0, 0]), InvalidProblem, "either `utilities`"),
    ("no disagreement", lambda: bg.from_issues([X], {"a": lambda x: x, "b": lambda x: x}), InvalidProblem, "`disagreement`"),
    ("too many disagreement payoffs", lambda: pie([0, 0, 0]), InvalidProblem, "each of the 2 parties"),
    ("disagreement is not a number", lambda: pie([0, np.nan]), InvalidProblem, "not finite"),
    ("an unknown keyword", lambda: bg.from_issues([X], {"a": lambda y: y, "b": lambda x: x}, [0, 0]), UnknownName, "did you mean|known"),
    ("an unused parameter", lambda: pie(parameters={"cots": 1.0}), UnknownName, "cots"),
    ("an issue that is a parameter", lambda: pie(parameters={"x": 1.0}), InvalidProblem, "rename one"),
    ("a positional utility", lambda: bg.from_issues([X], {"a": lambda *x: x, "b": lambda x: x}, [0, 0]), InvalidProblem, "by keyword"),
    ("a utility that is a number", lambda: bg.from_issues([X], {"a": 3, "b": lambda x: x}, [0, 0]), InvalidProblem, "give a function"),  # type: ignore[dict-item]
    ("NaN at the centre", lambda: bg.from_issues([X], {"a": lambda x: np.log(x - 0.5), "b": lambda x: x}, [0, 0]), NotFinite, "utility 1"),
    ("too few payoffs", lambda: bg.from_issues([X], payoffs=lambda x: [x], parties=["a", "b"], disagreement=[0, 0]), InvalidProblem, "1 numbers a deal"),
    ("a vector of payoffs", lambda: bg.from_issues([X], {"a": lambda x: x * np.ones(3), "b": lambda x: x}, [0, 0]), NotDifferentiable, "elementwise"),
    ("a branch", lambda: bg.from_issues([X], {"a": lambda x: x if x else 0, "b": lambda x: x}, [0, 0]), NotDifferentiable, "numpy.where"),
    ("an operation without derivative", lambda: bg.from_issues([X], {"a": lambda x: np.floor(x), "b": lambda x: x}, [0, 0]), NotDifferentiable, "floor"),
    ("a constraint that is true or false", lambda: pie(constraints=lambda x: x <= 0.4), InvalidProblem, "0.4 - x"),
    ("a branch on a comparison", lambda: bg.from_issues([X], {"a": lambda x: x if x > 0.5 else 2 * x, "b": lambda x: x}, [0, 0]), NotDifferentiable, "numpy.where"),
    ("Python's min", lambda: bg.from_issues([X], {"a": lambda x: min(x, 0.5), "b": lambda x: x}, [0, 0]), NotDifferentiable, "numpy.minimum"),
    ("a function of the standard library", lambda: bg.from_issues([X], {"a": lambda x: math.log(x), "b": lambda x: x}, [0, 0]), NotDifferentiable, "NumPy's functions"),
    ("a sum over games", lambda: bg.from_issues([X], {"a": lambda x: x.sum(), "b": lambda x: x}, [0, 0]), NotDifferentiable, "elementwise"),
    ("a list of utilities", lambda: bg.from_issues([X], [lambda x: x, lambda x: -x], [0, 0]), InvalidProblem, "maps each party"),  # type: ignore[arg-type]
    ("a bound in words", lambda: bg.Issue("x", "0", 1), InvalidProblem, "real numbers"),  # type: ignore[arg-type]
    ("disagreement in words", lambda: pie(["low", "high"]), InvalidProblem, "real numbers"),
    ("complex disagreement", lambda: pie([1j, 0]), InvalidProblem, "real numbers"),
    ("parameters that do not match", lambda: bg.from_issues([X], {"a": lambda x, *, c: c * x, "b": lambda x, *, e: e - x}, [0, 0], parameters={"c": [1, 2], "e": [1, 2, 3]}), InvalidProblem, "do not match"),
    ("names that do not match", lambda: pie().replace(parties=("a",)), InvalidProblem, "2 distinct names"),
    ("stacks that do not match", lambda: pie(np.zeros((3, 2)), impatience=np.ones((2, 2))), InvalidProblem, "leading axes"),
    ("negative impatience", lambda: pie(impatience=[-1, 0]), InvalidProblem, "zero or more"),
    ("an unknown field", lambda: pie().replace(disagrement=[0, 0]), UnknownName, "did you mean 'disagreement'"),
]  # fmt: skip

LINEAR = bg.Linear()
TWO = [[1, 2], [2, 1]]
BUILD += [
    ("a pie of nothing", lambda: bg.split(0, [LINEAR, LINEAR]), InvalidProblem, "some finite amount"),
    ("an infinite pie", lambda: bg.split(np.inf, [LINEAR, LINEAR]), InvalidProblem, "some finite amount"),
    ("a pie for one", lambda: bg.split(1, [LINEAR]), InvalidProblem, "at least two parties"),
    ("no utility of money", lambda: bg.split(1, [lambda x: x, LINEAR]), InvalidProblem, r"bg\.Linear\(\)"),  # type: ignore[list-item]
    ("a negative fallback", lambda: bg.split(1, [LINEAR, LINEAR], [-1, 0]), InvalidProblem, "none negative"),
    ("fallbacks for three", lambda: bg.split(1, [LINEAR, LINEAR], [0, 0, 0]), InvalidProblem, "each of the 2 parties"),
    ("a fallback worth minus infinity", lambda: bg.split(1, [bg.CRRA(2), LINEAR]), InvalidProblem, "minus infinity"),
    ("names for three", lambda: bg.split(1, [LINEAR, LINEAR], parties=("a", "b", "c")), InvalidProblem, "2 names"),
    ("negative risk aversion", lambda: bg.CRRA(-1), InvalidProblem, "at least 0"),
    ("no absolute risk aversion", lambda: bg.CARA(0), InvalidProblem, "at least 1e-100"),
    ("love of risk", lambda: bg.Power(2), InvalidProblem, "at most 1"),
    ("wealth in words", lambda: bg.Log("much"), InvalidProblem, "not an array of real numbers"),
    ("no points", lambda: bg.from_points([], [0, 0]), InvalidProblem, "one row an alternative"),
    ("points for one", lambda: bg.from_points([[1], [2]], [0]), InvalidProblem, "at least two parties"),
    ("an infinite point", lambda: bg.from_points([[1, 2], [np.inf, 0]], [0, 0]), InvalidProblem, "alternative 1"),
    ("points that are words", lambda: bg.from_points([["a", "b"]], [0, 0]), InvalidProblem, "real numbers"),
    ("ragged points", lambda: bg.from_points([[1, 2], [1]], [0, 0]), InvalidProblem, "real numbers"),
    ("no curve", lambda: bg.from_curve(3, [0, 0]), InvalidProblem, "give a function"),  # type: ignore[arg-type]
    ("a curve for three", lambda: bg.from_curve(lambda u: 4 - u, [0, 0, 0]), InvalidProblem, "two parties"),
    ("an unbounded curve", lambda: bg.from_curve(lambda u: 4 + u, [0, 0]), InvalidProblem, "unbounded"),
    ("a curve that begins below d", lambda: bg.from_curve(lambda u: 4 - u, [5, 0]), NoAgreement, "less than its own"),
    ("a curve that ends before it begins", lambda: bg.from_curve(lambda u: 4 - u, [0, 0], low=2, high=1), InvalidProblem, "low must be below"),
    ("a curve's parameter without value", lambda: bg.from_curve(lambda u, *, k: k - u, [0, 0]), InvalidProblem, "parameters"),
    ("a curve of the standard library", lambda: bg.from_curve(lambda u: math.sqrt(4 - u), [0, 0]), InvalidProblem, r"numpy\.sqrt"),
    ("a curve through disagreement", lambda: bg.from_curve(lambda u: 4 - u, [1, 3]), NoAgreement, "lies on the curve"),
    ("concavity that is not", lambda: bg.from_issues(
        [X], {"a": lambda x: x**2, "b": lambda x: 1 - x}, [0, 0], concave=True), InvalidProblem, "bends upward at x ="),
    ("concavity in words", lambda: bg.from_curve(lambda u: 4 - u, [0, 0], concave="yes"), InvalidProblem, "True or False"),  # type: ignore[arg-type]
    ("disposal allowed where it was denied", lambda: bg.lotteries(
        bg.lotteries(bg.from_points(TWO, [0, 0]), free_disposal=False)), InvalidProblem, "without free disposal"),
    ("no scale", lambda: bg.rescaled(pie(), [1, 0]), InvalidProblem, "must be positive"),
    ("scales for three", lambda: bg.rescaled(pie(), [1, 1, 1]), InvalidProblem, "each of the 2 parties"),
    ("a cap that is no number", lambda: bg.capped(pie(), [np.nan, 1]), InvalidProblem, "must be numbers"),
    ("free disposal denied to issues", lambda: bg.lotteries(pie(), free_disposal=False), InvalidProblem, "alternatives only"),
]  # fmt: skip

SOLVE: list[tuple[str, Callable[[], Any], type[BargainingError], str]] = [
    ("disagreement beyond the set", lambda: bg.solve(pie([0.8, 0.9]), bg.Nash()), NoAgreement, "would be accepted if"),
    ("disagreement on the frontier", lambda: bg.solve(pie([0.3, 0.7]), bg.Nash()), NoAgreement, "strictly better"),
    ("disagreement at a corner", lambda: bg.solve(pie([0, 1]), bg.KalaiSmorodinsky()), NoAgreement, "strictly better"),
    ("no agreement in talks", lambda: bg.solve(pie([0.8, 0.9]), bg.AlternatingOffers(factors=(0.9, 0.9))), NoAgreement, "Check"),
    ("weights for others", lambda: bg.solve(pie(), bg.Nash((1, 1, 1))), InvalidProblem, "do not match the 2 parties"),
    ("a negative weight", lambda: bg.solve(pie(), bg.Nash((2, -1))), InvalidProblem, "not negative"),
    ("no weight", lambda: bg.solve(pie(), bg.Nash((0, 0))), InvalidProblem, "not all zero"),
    ("alternating offers among points", lambda: bg.solve(bg.from_points(TWO, [0, 0]), bg.AlternatingOffers(factors=(0.9, 0.9))), InvalidProblem, r"bg\.lotteries"),
    ("points below disagreement", lambda: bg.solve(bg.from_points(TWO, [2, 2]), bg.Nash()), NoAgreement, "would be accepted if"),
    ("a hull below disagreement", lambda: bg.solve(bg.lotteries(bg.from_points(TWO, [2, 2])), bg.Egalitarian()), NoAgreement, "strictly better"),
    ("a pie too small for the fallbacks", lambda: bg.solve(bg.split(1, [LINEAR, LINEAR], [0.7, 0.7]), bg.Utilitarian()), NoAgreement, "0.2"),
    ("more of a curve than was described", lambda: bg.solve(bg.from_curve(lambda u: 4 - u, [1, 0]).replace(disagreement=[0, 0]), bg.Nash()), InvalidProblem, "low= and high="),
    ("proportions for others", lambda: bg.solve(pie(), bg.Proportional((1, 2, 3))), InvalidProblem, "do not match the 2 parties"),
    ("sums for others", lambda: bg.solve(pie(), bg.Utilitarian((1, 2, 3))), InvalidProblem, "do not match the 2 parties"),
    ("a negative weight in a sum", lambda: bg.solve(pie(), bg.Utilitarian((1, -2))), InvalidProblem, "not negative"),
    ("no such alternative", lambda: bg.from_points(TWO, [0, 0]).evaluate({"alternative": 2}), InvalidProblem, "none of 0, ..., 1"),
    ("no alternative named", lambda: bg.from_points(TWO, [0, 0]).evaluate({}), InvalidProblem, "which alternative"),
    ("amounts beyond the pie", lambda: bg.split(1, [LINEAR, LINEAR]).evaluate({"party 1": 0.6, "party 2": 0.6}), InvalidProblem, "cannot be had"),
    ("two amounts left out", lambda: bg.split(1, [LINEAR, LINEAR, LINEAR]).evaluate({"party 1": 0.6}), InvalidProblem, "at most one party"),
    ("a deal behind a curve", lambda: bg.from_curve(lambda u: 4 - u, [0, 0]).evaluate({}), InvalidProblem, "no deals behind it"),
    ("no trials", lambda: bg.verify(bg.solve(pie(), bg.Nash()), trials=0), InvalidProblem, "at least 1"),
    ("no concept", lambda: bg.solve(pie(), "nash"), InvalidProblem, "bg.Nash()"),  # type: ignore[arg-type]
    ("no impatience", lambda: bg.solve(pie(), bg.AlternatingOffers(period=1)), InvalidProblem, "how impatient"),
    ("no loss from waiting", lambda: bg.solve(pie(), bg.AlternatingOffers(period=1, impatience=(0, 0.1))), InvalidProblem, "never gives in"),
    ("no length of round", lambda: bg.AlternatingOffers(impatience=(0.1, 0.1)), InvalidProblem, "`period` in years"),
    ("a negative period", lambda: bg.AlternatingOffers(period=-1), InvalidProblem, "at least 0"),
    ("a factor of one", lambda: bg.AlternatingOffers(factors=(0.9, 1.0)), InvalidProblem, "strictly between 0 and 1"),
    ("factors and rates", lambda: bg.AlternatingOffers(factors=(0.9, 0.9), period=1), InvalidProblem, "-log"),
    ("a negative hazard", lambda: bg.Breakdown(-0.1), InvalidProblem, "at least 0"),
    ("an unknown first mover", lambda: bg.solve(pie(), bg.AlternatingOffers(factors=(0.9, 0.9), first="c")), UnknownName, "party"),
    ("nobody first", lambda: bg.solve(pie(), bg.AlternatingOffers(factors=(0.9, 0.9), first=2)), InvalidProblem, "from 0 to 1"),
    ("an empty set", lambda: bg.solve(pie(constraints=lambda x: -1 - x), bg.Nash()), InvalidProblem, "no deal meets the constraints"),
    ("an infinite utility inside", lambda: bg.solve(
        bg.from_issues([X], {"a": lambda x: np.log(x - 0.3), "b": lambda x: 1 - x}, [-9, 0]), bg.Nash()), NotFinite, "narrow the ranges"),
    ("a deal that says too little", lambda: pie().evaluate({}), InvalidProblem, "does not say 'x'"),
    ("a deal about something else", lambda: pie().evaluate({"y": 1}), UnknownName, "issue"),
    ("a deal outside the range", lambda: pie().evaluate({"x": 2}), InvalidProblem, "outside its range"),
    ("an infeasible deal", lambda: pie(constraints=lambda x: 0.5 - x).evaluate({"x": 0.7}), InvalidProblem, "breaks constraint 1"),
    ("a direction to nowhere", lambda: pie().feasible.reach([0, 0], [0, 0]), InvalidProblem, "points nowhere"),
    ("a backward direction", lambda: pie().feasible.reach([0, 0], [1, -1]), InvalidProblem, "below 0"),
    ("factors beyond one", lambda: pie().feasible.offers([0, 0], [1.5, 0.5]), InvalidProblem, "below 1"),
    ("no weight at all", lambda: pie().feasible.support([0, 0]), InvalidProblem, "points nowhere"),
    ("a table of weights", lambda: bg.solve(pie(), bg.Nash(((1, 2), (3, 4)))), InvalidProblem, "one number each"),  # type: ignore[arg-type]
    ("weights in words", lambda: bg.solve(pie(), bg.Nash(("a", "b"))), InvalidProblem, "real numbers"),  # type: ignore[arg-type]
    ("a table of rates", lambda: bg.AlternatingOffers(period=1, impatience=((0.1, 0.3), (0.2, 0.2))), InvalidProblem, "two rates"),  # type: ignore[arg-type]
    ("one thing to compare", lambda: bg.compare(pie(), bg.Nash()), InvalidProblem, "give a list"),  # type: ignore[arg-type]
    ("nothing to compare", lambda: bg.compare(pie(), []), InvalidProblem, "at least one"),
    ("no agreement because breakdown is better", lambda: bg.solve(
        pie(), bg.AlternatingOffers(period=0.1, impatience=(0.1, 0.1), breakdown=bg.Breakdown(5, (0.9, 0.9)))), NoAgreement, "waiting for ever"),
    ("a utility without bound", lambda: bg.solve(
        bg.from_issues([X], {"a": lambda x: 1 / x, "b": lambda x: x}, [0, 0]), bg.Nash()), NotFinite, "without bound"),
    ("a jump", lambda: bg.solve(
        bg.from_issues([X], {"a": lambda x: np.where(x > 0.5, 1 + 0 * x, 0.2), "b": lambda x: 1 - x}, [0, 0]), bg.Nash()), NotConverged, "jump"),
    ("the end of a curve that was not described", lambda: bg.solve(
        bg.from_curve(lambda u: 4 - u**2, [1, 1]), bg.Utilitarian(rational=False)), InvalidProblem, "low= and high="),
    ("lotteries over half a curve", lambda: bg.solve(
        bg.lotteries(bg.from_curve(lambda u: 4 - u**2, [1, 1])), bg.Utilitarian(rational=False)), InvalidProblem, "low= and high="),
    ("a frontier of half a curve", lambda: bg.frontier(
        bg.from_curve(lambda u: 4 - u**2, [1, 1]).replace(disagreement=[0, 0])), InvalidProblem, "low= and high="),
    ("weights next to nothing", lambda: bg.solve(pie(), bg.Nash((1, 1e-15))), InvalidProblem, "Write 0"),
    ("proportions next to nothing", lambda: bg.solve(pie(), bg.Proportional((1, 1e-12))), NotConverged, "very unequal"),
    ("several narrow peaks", lambda: bg.solve(peaks(), bg.KalaiSmorodinsky()), NotConverged, "narrow peaks"),
    ("a ray that misses the set", lambda: bg.solve(bg.lotteries(
        bg.from_points([[1, 3], [1.5, 2]], [0, 0]), free_disposal=False), bg.Egalitarian()), NoAgreement, "without free disposal"),
    ("breakdown payoffs in another unit", lambda: bg.solve(
        bg.rescaled(bg.split(1, [LINEAR, LINEAR]), [1e9, 1e-9]),
        bg.AlternatingOffers(1, (0.1, 0.2), breakdown=bg.Breakdown(0.5, (0.1, 0.05)))), NoAgreement, "could not be measured"),
    ("an origin for three", lambda: pie().feasible.nash([0, 0, 0], [1, 1]), InvalidProblem, "each of the 2 parties"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "error", "words"), [c[1:] for c in BUILD], ids=[c[0] for c in BUILD])
def test_describing(build: Callable[[], Any], error: type[BargainingError], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


@pytest.mark.parametrize(("ask", "error", "words"), [c[1:] for c in SOLVE], ids=[c[0] for c in SOLVE])
def test_solving(ask: Callable[[], Any], error: type[BargainingError], words: str) -> None:
    with pytest.raises(error, match=words):
        ask()


def test_errors_are_also_what_python_expects() -> None:
    assert issubclass(InvalidProblem, ValueError)
    assert issubclass(NoAgreement, ValueError)
    assert issubclass(UnknownName, LookupError)
    assert issubclass(NotDifferentiable, TypeError)
    assert issubclass(NotFinite, ArithmeticError)
    assert issubclass(NotConverged, ArithmeticError)


def test_no_agreement_says_how_far_the_parties_are_apart() -> None:
    with pytest.raises(NoAgreement) as caught:
        bg.solve(pie([0.8, 0.9]), bg.Nash())
    # Both must give up the same share of their range of utilities, here 0.35 of 1.
    assert caught.value.shortfall == pytest.approx([0.35, 0.35], abs=1e-9)
    assert caught.value.terms["x"] == pytest.approx(0.45, abs=1e-9)
    eased = pie(np.array([0.8, 0.9]) - caught.value.shortfall - 1e-6)
    assert bg.solve(eased, bg.Nash()).gains == pytest.approx([1e-6, 1e-6], rel=1e-3)


def test_one_bad_game_leaves_the_others_alone() -> None:
    cost = np.array([0.5, np.nan, 0.6, 40.0, 0.7])
    stack = bg.from_issues(
        [X],
        {"a": lambda x, *, cost: 1 + x - cost, "b": lambda x: 1 - x},
        [0, 0],
        parameters={"cost": cost},
        impatience=[0.1, 0.2],
    )
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.AlternatingOffers(period=1)):
        solution = bg.solve(stack, concept)
        assert [bg.Status(s).label for s in solution.status] == ["ok", "not finite", "ok", "no agreement", "ok"]
        bad = solution.status != bg.Status.OK
        assert np.array_equal(np.isnan(solution.utilities).any(axis=1), bad)
        assert np.array_equal(np.isnan(solution.terms["x"]), bad)
        good = bg.from_issues(
            [X],
            {"a": lambda x, *, cost: 1 + x - cost, "b": lambda x: 1 - x},
            [0, 0],
            parameters={"cost": cost[~bad]},
            impatience=[0.1, 0.2],
        )
        assert np.array_equal(bg.solve(good, concept).utilities, solution.utilities[~bad])
    table = bg.compare(stack, [bg.Nash(), bg.KalaiSmorodinsky()])
    assert list(table["status"])[:5] == ["ok", "not finite", "ok", "no agreement", "ok"]
    assert table["gain a"].isna().sum() == 4


def test_compare_keeps_a_row_for_a_concept_without_answer() -> None:
    table = bg.compare(pie([0.8, 0.9]), [bg.Nash(), bg.KalaiSmorodinsky()])
    assert list(table["status"]) == ["no agreement"] * 2
    assert table["gain a"].isna().all()
    empty = bg.compare(pie(constraints=lambda x: -1 - x), [bg.Nash()])
    assert list(empty["status"]) == ["infeasible"]


def test_bad_rates_of_one_game_leave_the_others_alone() -> None:
    stack = pie(np.zeros((3, 2)), impatience=[[0.1, 0.3], [0.0, 0.2], [np.nan, 0.2]])
    solution = bg.solve(stack, bg.AlternatingOffers(period=1.0))
    assert [bg.Status(s).label for s in solution.status] == ["ok", "not finite", "not finite"]
    alone = bg.solve(pie(impatience=[0.1, 0.3]), bg.AlternatingOffers(period=1.0))
    assert np.array_equal(solution.utilities[0], alone.utilities)


def test_a_stack_without_games_has_no_results() -> None:
    for concept in (bg.Nash(), bg.KalaiSmorodinsky()):
        assert bg.solve(pie(np.zeros((0, 2))), concept).utilities.shape == (0, 2)


def test_stacks_may_have_several_axes() -> None:
    disagreement = np.linspace(0, 0.4, 12).reshape(2, 3, 2)
    solution = bg.solve(pie(disagreement), bg.KalaiSmorodinsky())
    assert solution.utilities.shape == (2, 3, 2)
    share = 0.5 * (1 - disagreement.sum(axis=-1, keepdims=True))
    assert solution.gains == pytest.approx(np.broadcast_to(share, (2, 3, 2)), abs=1e-11)


def test_a_kink_at_the_solution_is_reported_with_its_remedy() -> None:
    kinked = bg.from_issues([X], {"a": lambda x: np.minimum(3 * x, 1 + 0.1 * x), "b": lambda x: 1 - x}, [0, 0])
    with pytest.raises(NotConverged, match="kink at the solution") as caught:
        bg.solve(kinked, bg.Nash())
    assert caught.value.evidence["residual"] > 1e-9
    smooth = bg.from_issues(
        [X, bg.Issue("v", 0, 2)],
        {"a": lambda v: v, "b": lambda x: 1 - x},
        [0, 0],
        constraints=lambda x, v: (3 * x - v, 1 + 0.1 * x - v),
    )
    assert float(bg.solve(smooth, bg.Nash()).terms["x"]) == pytest.approx(1 / 2.9, abs=1e-9)
