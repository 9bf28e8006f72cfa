"""Demand games: equilibria by brute force, closed forms, what is true at kinks, many games, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining._types import Array
from bargaining.demands import play
from bargaining.errors import InvalidProblem, NotConvex
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.strategic.nash_demand_game import NashDemandGame
from bargaining.strategic.uncertain_demand_game import UncertainDemandGame
from tests.problems import edgeworth_box, ellipsoid, hull, kinked, log_rolling, parabola, pie

TRIED = np.concatenate([np.linspace(1e-3, 6, 300), *(1 + sign * np.logspace(-7, -0.3, 60) for sign in (-1, 1))])
Make = Callable[[], Problem]


def averse() -> Problem:
    return pie(bg.CRRA(2, 0.1), bg.CARA(3), fallback=[0.05, 0.1])


def three() -> Problem:
    return bg.split(10, [bg.Linear(), bg.CRRA(1.5), bg.Log(2)], [1, 2, 0])


# -- replies ---------------------------------------------------------------------------------------------------------


def chance(problem: Problem, demands: Array, smoothing: float) -> Array:
    """How likely demands (k, n) are compatible, with the gauge measured along their rays."""
    gains = demands - problem.disagreement
    reached = problem.feasible.reach(problem.disagreement, gains).utilities
    excess = 1 / np.min((reached - problem.disagreement) / gains, axis=-1) - 1
    return np.where(excess > 0, np.exp(-((excess / smoothing) ** 2) / 2), 1.0)


def temptation(values: Array, likely: Callable[[Array], Array], worth: Callable[[Array], Array], own: Array) -> float:
    """The largest relative rise of a party's expected gain by a demand of its column of `own` (k, n)."""
    before, most = likely(values[None])[0] * worth(values[None])[0], []
    for i in range(values.size):
        trials = np.where(np.arange(values.size) == i, own, values)
        most.append(np.max(worth(trials)[:, i] * likely(trials)) / before[i] - 1)
    return float(max(most))


def tempted(problem: Problem, demands: Array, smoothing: float) -> float:
    own = problem.disagreement + TRIED[:, None] * problem.gains(demands)
    return temptation(demands, lambda x: chance(problem, x, smoothing), problem.gains, own)


def luck(problem: Any, money: Array, spread: float) -> Array:
    return np.clip(((1 + spread) - np.sum(money, axis=-1) / problem.feasible.size) / (2 * spread), 0.0, 1.0)


def worth(problem: Any, money: Array) -> Array:
    return np.stack([u.value(money[..., i]) for i, u in enumerate(problem.feasible.utilities)], axis=-1)


def tempted_by_money(problem: Problem, money: Array, spread: float) -> float:
    gains = lambda x: problem.gains(worth(problem, x))  # noqa: E731
    return temptation(money, lambda x: luck(problem, x, spread), gains, TRIED[:, None] * money)


UTILITY: list[Make] = [
    pie, averse, three, parabola, lambda: parabola((0.5, 1)), kinked, lambda: hull([[1, 3]]), log_rolling, edgeworth_box,
    ellipsoid,
]  # fmt: skip


@pytest.mark.parametrize("smoothing", [1e-3, 1e-2, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("make", UTILITY)
def test_nobody_gains_by_another_demand_for_utility(make: Make, smoothing: float) -> None:
    problem = make()
    found = play(problem, NashDemandGame(smoothing))
    assert found.probability == pytest.approx(chance(problem, found.demands[None], smoothing)[0], rel=1e-9)
    expected = problem.disagreement + found.probability * (found.demands - problem.disagreement)
    assert found.utilities == pytest.approx(expected, rel=1e-14)
    assert tempted(problem, found.demands, smoothing) < 1e-9


@pytest.mark.parametrize("spread", [1e-3, 0.05, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("make", [pie, averse, three, lambda: pie(bg.Power(0.5), bg.CARA(1), 3, [0.5, 1])])
def test_nobody_gains_by_another_demand_for_money(make: Make, spread: float) -> None:
    problem: Any = make()
    found: Any = play(problem, UncertainDemandGame(spread))
    assert found.probability == pytest.approx(luck(problem, found.money, spread), rel=1e-9)
    assert found.demands == pytest.approx(worth(problem, found.money), rel=1e-12)
    assert tempted_by_money(problem, found.money, spread) < 1e-9
    assert np.all(np.isnan(found.lowest)) == (found.probability < 1)
    # Equally bold parties divide what they demand together by Nash's rule.
    boldness = [u.slope(x) for u, x in zip(problem.feasible.utilities, found.money, strict=True)]
    assert boldness / problem.gains(found.demands) == pytest.approx(boldness[0] / problem.gains(found.demands)[0], rel=1e-9)


@pytest.mark.parametrize(("make", "spread"), [(pie, 0.1), (averse, 0.02), (three, 0.03)])
def test_ends_of_the_interval_are_equilibria_and_points_beyond_are_not(make: Make, spread: float) -> None:
    problem: Any = make()
    found: Any = play(problem, UncertainDemandGame(spread))
    lowest, size = found.lowest_money, problem.feasible.size
    assert found.probability == 1 and found.lowest == pytest.approx(worth(problem, lowest), rel=1e-12)
    for last in range(problem.n):  # a corner of the polytope: all but one demand their least
        corner = lowest.copy()
        corner[last] += (1 - spread) * size - np.sum(lowest)
        assert tempted_by_money(problem, corner, spread) < 1e-9
        for least in set(range(problem.n)) - {last}:
            beyond = corner.copy()
            beyond[[least, last]] += np.array([-0.05, 0.05]) * lowest[least]
            assert tempted_by_money(problem, beyond, spread) > 1e-6


# -- published and closed forms --------------------------------------------------------------------------------------


def test_uniformly_uncertain_pie() -> None:
    """Own instance of Nash (1953, Econometrica 21, 128-140) and Carlsson (1991, Econometrica 59, 1487-1496)."""
    found = play(pie(), UncertainDemandGame(spread=0.5))  # (1 + e) / 3 each
    for values, expected in ((found.demands, 0.5), (found.money, 0.5), (found.utilities, 0.25), (found.limit, 0.5)):
        assert values == pytest.approx([expected] * 2, abs=1e-14)
    assert found.probability == pytest.approx(0.5, abs=1e-14)
    assert play(pie(), UncertainDemandGame(0.2001)).probability < 1  # agreement is certain up to e = 1 / 5
    for spread in (0.2, 0.1999, 0.1):
        sure = play(pie(), UncertainDemandGame(spread))
        assert sure.probability == 1 and sure.lowest == pytest.approx([2 * spread] * 2, abs=1e-14)
        assert sure.demands == pytest.approx([(1 - spread) / 2] * 2, abs=1e-14)


@pytest.mark.parametrize("spread", [1e-9, 1e-3, 0.03, 0.21, 0.5, 0.8, 1.0])
@pytest.mark.parametrize(
    ("size", "fallback"), [(1, [0, 0]), (100, [10, 70]), (3, [0.1, 0.2, 0.4]), (7, [0, 1, 0.5, 0, 2]), (1e6, [3e5, 8e5])]
)
def test_linear_utilities_in_closed_form(size: float, fallback: list[float], spread: float) -> None:
    n, taken, base = len(fallback), sum(fallback), np.array(fallback)
    found = play(bg.split(size, [bg.Linear()] * n, fallback), UncertainDemandGame(spread))
    left, risk = ((1 + spread) * size - taken) / (n + 1), 2 * spread * size
    if left <= 0:
        assert found.status == Status.NO_AGREEMENT
        return
    for values in (found.money, found.demands):
        gain = left if left < risk else ((1 - spread) * size - taken) / n
        assert values == pytest.approx(base + gain, rel=1e-12)
    assert found.probability == pytest.approx(min(left / risk, 1.0), rel=1e-12)
    assert found.lowest == pytest.approx(base + (np.nan if left < risk else risk), rel=1e-12, nan_ok=True)
    # Where the pie, but for luck, does not exceed the fallbacks, demands tend to no deal.
    assert found.limit == pytest.approx(base + ((size - taken) / n if taken < size else np.nan), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("make", [pie, averse, three, parabola, kinked, ellipsoid])
def test_demands_tend_to_the_nash_solution(make: Make) -> None:
    problem = make()
    nash = problem.feasible.nash(problem.disagreement, np.ones(problem.n)).utilities
    for smoothing in (1e-1, 1e-2, 1e-3):
        found, rate = play(problem, NashDemandGame(smoothing)), problem.n * smoothing**2
        assert found.limit == pytest.approx(nash, rel=1e-9)
        assert (found.demands - nash) / problem.gains(nash) / rate == pytest.approx(1, abs=1.1 * rate + 1e-5)
        assert -np.log(found.probability) / (problem.n * rate / 2) == pytest.approx(1, abs=2.1 * rate)
    tiny = play(problem, NashDemandGame(1e-100))
    assert np.array_equal(tiny.demands, tiny.limit) and tiny.probability == 1


def test_interval_shrinks_to_a_point_and_grows_to_everything_efficient() -> None:
    low, high = 0.01, 0.4
    for _ in range(14):
        middle = (low + high) / 2
        found: Any = play(averse(), UncertainDemandGame(middle))
        low, high = (middle, high) if found.probability == 1 else (low, middle)
        if found.probability == 1:
            assert np.sum(found.lowest_money) < 1 - middle
    edge = play(averse(), UncertainDemandGame(low))
    assert edge.lowest_money == pytest.approx(edge.money, rel=2e-3)
    assert play(averse(), UncertainDemandGame(1e-9)).lowest_money == pytest.approx([0.05, 0.1], rel=1e-7)


def test_a_party_that_fears_no_ruin_may_demand_nothing() -> None:
    worse = pie().replace(disagreement=[-5.0, 0.0])
    assert play(worse, UncertainDemandGame(0.5)).money == pytest.approx([0, 0.75], abs=1e-14)
    both = pie().replace(disagreement=[-5.0, -5.0])
    found = play(both, UncertainDemandGame(0.9))
    assert found.lowest_money == pytest.approx([0, 0]) and found.money == pytest.approx([0.05, 0.05])
    assert play(both, UncertainDemandGame(1)).money == pytest.approx([0, 0], abs=1e-14)


# -- kinks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.05, 0.3, 1.0])
def test_at_a_kink_the_ray_is_the_same_but_not_how_far_demands_go(smoothing: float) -> None:
    """Party 1's share at (6, 10) ranges from 6 / 36 to 12 / 22, so that s^2 / (p (p - 1)) lies in [5 / 11, 6 / 11]."""
    for share, equilibrium in ((0.44, False), (5 / 11, True), (0.5, True), (6 / 11, True), (0.56, False)):
        p = (1 + np.sqrt(1 + 4 * smoothing**2 / share)) / 2
        assert (tempted(kinked(), p * np.array([6.0, 10.0]), smoothing) < 1e-9) == equilibrium
        for point in ([9.0, 4.0], [0.0001, 12.0], [5.7, 10.1], [6.3, 9.4]):  # on other rays, there are none
            assert tempted(kinked(), p * np.array(point), smoothing) > 1e-6


def test_on_a_ridge_three_parties_may_be_in_equilibrium_off_the_ray() -> None:
    faces = [lambda a, b, c: 1 - 0.2 * a - 0.32 * b - 0.48 * c, lambda a, b, c: 1 - 0.4 * a - 0.36 * b - 0.24 * c]
    payoffs = {"one": lambda a: a, "two": lambda b: b, "three": lambda c: c}
    problem = bg.from_issues([bg.Issue(x, 0, 5) for x in "abc"], payoffs, [0, 0, 0], constraints=faces, concave=True)
    found, ridge = play(problem, NashDemandGame(0.3)).demands, np.full(3, (1 + np.sqrt(1 + 12 * 0.3**2)) / 2)
    assert tempted(problem, found, 0.3) < 1e-9 and tempted(problem, ridge, 0.3) < 1e-9
    ours, other = (float(np.prod(x) * chance(problem, x[None], 0.3)[0]) for x in (found, ridge))
    assert np.ptp(found) > 0.01 and ours > other * (1 + 1e-6)  # the one with the larger potential is reported


# -- many games, units, refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [averse, parabola, kinked, log_rolling])
def test_demands_move_with_units(make: Make) -> None:
    scale, shift = np.array([1e3, 0.02]), np.array([5.0, -7.0])
    one, two = (play(problem, NashDemandGame(0.4)) for problem in (make(), bg.rescaled(make(), scale, shift)))
    assert two.demands == pytest.approx(one.demands * scale + shift, rel=1e-9)
    assert two.gains == pytest.approx(one.gains * scale, rel=1e-9) and two.probability == one.probability


@pytest.mark.parametrize("game", [NashDemandGame(0.3), UncertainDemandGame(0.1), UncertainDemandGame(0.6)])
def test_stacks_equal_single_games(game: Any) -> None:
    data = [(1.0, 0.0, [0.1, 0.2]), (2.0, 0.5, [0.5, 0.1]), (0.7, 1.0, [0.2, 0.3]), (4.0, 3.0, [1, 1])]
    sizes, settings, fallbacks = (list(column) for column in zip(*data, strict=True))
    stack = play(bg.split(sizes, [bg.CRRA(settings, 0.2), bg.CARA(1.5)], fallbacks), game)
    assert set(stack.status) == {Status.OK}
    for i, (size, setting, fallback) in enumerate(data):
        own = play(bg.split(size, [bg.CRRA(setting, 0.2), bg.CARA(1.5)], fallback), game)
        for name in ("demands", "money", "probability", "limit", "lowest", "lowest_money", "utilities", "gains"):
            one, many = getattr(own, name), getattr(stack, name)
            assert one is many is None or many[i] == pytest.approx(one, rel=1e-15, nan_ok=True), name
    both = play(bg.split([[1], [2], [3], [4]], [bg.CRRA([0.5, 2, 3], 0.2), bg.Linear()], [0.1, 0.2]), game)
    assert both.demands.shape == (4, 3, 2) and both.probability.shape == (4, 3) and not np.any(both.status)


@pytest.mark.parametrize("game", [NashDemandGame(0.3), UncertainDemandGame(0.1), UncertainDemandGame(1.0)])
def test_bad_games_of_a_stack_get_a_status(game: Any) -> None:
    fallback = [[0, 0], [0, 0], [1.1, 0.95], [np.nan, 0], [0, 0], [0, -1]]
    found = play(bg.split([1, np.nan, 1, 1, -1, 1], [bg.Linear(), bg.CRRA(2, 1)], fallback), game)
    assert found.status.tolist() == [0, Status.NOT_FINITE, Status.NO_AGREEMENT] + [Status.NOT_FINITE] * 3
    for values in (found.demands, found.utilities, found.gains, found.limit, found.money, found.probability[:, None]):
        assert values is None or np.array_equal(np.any(np.isnan(values), axis=-1), found.status != Status.OK)
    assert repr(found) == f"{game!r}: 1 of 6 games solved" and repr(found) in found._repr_html_()


def test_statuses() -> None:
    none = play(pie(fallback=[0.8, 0.8]), UncertainDemandGame(0.5))
    assert none.status == Status.NO_AGREEMENT and np.all(np.isnan(none.demands))
    assert repr(none) == "uncertain demand game (0.5): no agreement"
    lucky = play(pie(fallback=[0.6, 0.6]), UncertainDemandGame(0.5))
    assert lucky.money == pytest.approx([0.7, 0.7]) and np.all(np.isnan(lucky.limit))
    assert play(pie(fallback=[0.6, 0.6]), NashDemandGame(0.5)).status == Status.NO_AGREEMENT
    payoffs = {"a": lambda x: x**2 + 0.2 * x, "b": lambda x: 1 - x**0.5}
    dented = bg.from_issues([bg.Issue("x")], payoffs, [0, 0.1])
    assert play(dented, NashDemandGame(0.1)).status == Status.NOT_CONVEX
    assert play(bg.lotteries(dented), NashDemandGame(0.1)).status == Status.OK


@pytest.mark.parametrize(("call", "message"), [
    (lambda: NashDemandGame(0), r"smoothing = 0 must be above zero: .* every efficient division is an equilibrium"),
    (lambda: NashDemandGame(-1), "smoothing = -1 must be above zero"),
    (lambda: NashDemandGame(11), "smoothing = 11 must be one finite number, at most 10"),
    (lambda: NashDemandGame([0.1, 0.2]), r"smoothing = \[0.1, 0.2\] must be one finite number"),  # type: ignore[arg-type]
    (lambda: NashDemandGame("much"), "smoothing = 'much' is not an array of real numbers"),  # type: ignore[arg-type]
    (lambda: UncertainDemandGame(0), "spread = 0 must be above zero"),
    (lambda: UncertainDemandGame(1.5), "spread = 1.5 must be one finite number, at most 1"),
    (lambda: UncertainDemandGame(np.nan), "spread = nan must be one finite number"),
    (lambda: play(parabola(), UncertainDemandGame(0.1)), "must come from bg.split.* Curve.* bg.NashDemandGame"),
    (lambda: play(bg.rescaled(pie(), [2, 1]), UncertainDemandGame(0.1)), "Affine.* no longer pies"),
    (lambda: play(bg.capped(pie(), [0.3, 1]), UncertainDemandGame(0.1)), "Capped.* no longer pies"),
    (lambda: play(3, NashDemandGame(0.1)), "3 is no Problem; build one with bg.from_issues"),  # type: ignore[arg-type]
    (lambda: play(pie(), bg.Nash()), "is no DemandGame; write for example bg.NashDemandGame"),  # type: ignore[arg-type]
    (lambda: play(pie().replace(disagreement=[-1e20, 0]), NashDemandGame(0.1)), "lost in rounding"),
])  # fmt: skip
def test_refusals(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InvalidProblem, match=message):
        call()


def test_separate_alternatives_are_refused() -> None:
    with pytest.raises(NotConvex, match=r"the equilibrium of Nash's demand game is defined on convex sets.* bg\.lotteries"):
        play(bg.from_points([[1, 4], [4, 1]], [0, 0]), NashDemandGame(0.1))


def test_results_print() -> None:
    found = play(bg.split(100, [bg.Linear()] * 2, [0, 20], parties=("cloud", "lab & co")), UncertainDemandGame(0.1))
    assert repr(found) == (
        "uncertain demand game (0.1): demands cloud 35, lab & co 55; agreement with probability 1; gains cloud +35, "
        "lab & co +35; one of many equilibria, with demands from cloud 20, lab & co 40 up"
    )
    assert found.label == "uncertain demand game (0.1)"
    assert found._repr_html_().count("<tr>") == 3 and "<td>lab &amp; co</td><td>55</td>" in found._repr_html_()
    blurred = play(kinked(), NashDemandGame(0.25))
    assert (
        repr(blurred).startswith("Nash demand game (0.25): demands party 1 6.67") and "money" not in blurred._repr_html_()
    )
