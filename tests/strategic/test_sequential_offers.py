"""Talks over time: options, deadlines, delay, more parties, short rounds, stacks, and what is refused."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem


def pie(size: float = 1.0) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], parties=("Ann", "Bob"))


def curve() -> Problem:
    return bg.from_curve(lambda u: 4 - u**2, [0, 0], low=0, high=2, concave=True)


def case() -> Problem:
    return bg.cases.load("microsoft-openai").problem()


PROBLEMS = {"pie": pie, "curve": curve, "polygon": lambda: bg.lotteries(bg.from_points([[0, 8], [5, 6], [7, 0]], [0, 0]))}


@pytest.mark.parametrize("name", [*PROBLEMS, "case"])
@pytest.mark.parametrize("first", [0, 1])
def test_offers_in_turn_are_those_of_the_closed_equations(name: str, first: int) -> None:
    """The chain of two states and the equations of Rubinstein (1982) are solved by different code."""
    problem = {**PROBLEMS, "case": case}[name]()
    spread = problem.feasible.spread()
    event = bg.Breakdown(0.2, tuple(problem.disagreement + 0.05 * problem.gains(problem.ideal)))
    for period in (1.0, 1 / 12, 1e-3):
        settings: dict[str, Any] = {"impatience": (0.05, 0.1), "breakdown": event, "first": first}
        chain = bg.solve(problem, bg.SequentialOffers(period, **settings))
        equations = bg.solve(problem, bg.AlternatingOffers(period, **settings))
        assert chain.utilities / spread == pytest.approx(equations.utilities / spread, abs=1e-9)
        assert bg.verify(chain, trials=200).ok
        assert chain.probability == 1.0


def test_outside_options_bind_only_beyond_what_talks_give() -> None:
    """Flat, then one for one (Binmore, Shaked and Sutton 1989); inside options move the outcome all along."""
    options = np.linspace(0.0, 0.9, 19)
    found = [bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.9), outside_options=(0, w))).utilities[1] for w in options]
    assert found == pytest.approx(np.maximum(9 / 19, options), abs=1e-12)
    inside = [bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.9), inside=(0, z))).utilities[1] for z in options]
    assert np.diff(inside) == pytest.approx([0.05 * 10 / 19] * 18, abs=1e-12)  # z + (1 - z) 9/19


def test_a_last_round_matters_less_and_less() -> None:
    """Stahl's shares tend to Rubinstein's from above and below in turn, at the rate (delta_1 delta_2)^(N / 2)."""
    for problem in (pie(), curve()):
        limit = bg.solve(problem, bg.SequentialOffers(factors=(0.8, 0.7))).utilities[0]
        gaps = np.array([
            bg.solve(problem, bg.SequentialOffers(factors=(0.8, 0.7), rounds=n)).utilities[0] - limit for n in range(1, 41)
        ])  # fmt: skip
        assert np.all(gaps[::2] > 0) and np.all(gaps[1::2] < 0)
        if problem.feasible.certain and not problem.feasible.bounds().get("x"):
            assert abs(gaps[-1]) < abs(gaps[0]) * 1e-3
    linear = [bg.solve(pie(), bg.SequentialOffers(factors=(0.8, 0.7), rounds=n)).utilities[0] for n in (11, 13, 15)]
    assert np.diff(linear)[1] / np.diff(linear)[0] == pytest.approx(0.8 * 0.7, abs=1e-9)


def test_waiting_for_a_larger_pie() -> None:
    """Merlo and Wilson (1998): parties agree when the pie is worth more than what it is expected to become."""
    small, large = pie(1.0), pie(3.0)
    talks = bg.StochasticProblem((
        bg.State("small", small, (0.5, 0.5), {"small": 0.5, "large": 0.5}, factors=0.9),
        bg.State("large", large, (0.5, 0.5), {"small": 0.5, "large": 0.5}, factors=0.9),
    ))  # fmt: skip
    found = bg.solve(talks, bg.MarkovPerfect())
    # A planner stops at 3 only: V = .9 (V + 3) / 2, so that V = 27 / 11 > 1 while the pie is small.
    assert found.in_state("small").sum() == pytest.approx(27 / 11, abs=1e-12)
    assert found.in_state("large").sum() == pytest.approx(3.0, abs=1e-12)
    assert found.agree.tolist() == [[False, False], [True, True]]
    assert found.date.tolist() == pytest.approx([2.0, 0.0])
    assert found.probability == pytest.approx(1.0)
    assert "lets the round pass" in repr(found) and "after 2 rounds on average" in repr(found)
    assert bg.verify(found).ok


def test_a_hazard_that_ends_the_talks() -> None:
    """Agreement is at once where there is something to gain; a state without deals only passes time."""
    talks = bg.StochasticProblem((
        bg.State("lull", inside=(0, 0), next={"talks": 0.7, "ruin": 0.3}, factors=0.9),
        bg.State("talks", pie(), "Bob", "ruin", factors=0.9),
        bg.End("ruin", (0.1, 0.2)),
    ))  # fmt: skip
    found = bg.solve(talks, bg.MarkovPerfect())
    assert found.in_state("talks") == pytest.approx([0.09, 0.91])
    assert found.utilities == pytest.approx([0.9 * (0.7 * 0.09 + 0.3 * 0.1), 0.9 * (0.7 * 0.91 + 0.3 * 0.2)])
    assert (float(found.probability), float(found.date[0])) == pytest.approx((0.7, 1.0))


def test_three_parties_on_a_curved_set() -> None:
    """On u_1^2 + u_2^2 + u_3^2 <= 1, in squares: shares (1, m, m^2) / (1 + m + m^2), with m = delta^2."""
    issues = [bg.Issue("a"), bg.Issue("b"), bg.Issue("c")]
    square_roots = {"one": lambda a: a**0.5, "two": lambda b: b**0.5, "three": lambda c: c**0.5}
    ball = bg.from_issues(issues, square_roots, [0, 0, 0], constraints=[lambda a, b, c: 1 - a - b - c])
    found = bg.solve(ball, bg.SequentialOffers(factors=(0.8,) * 3, stationary=True))
    m = 0.64 ** np.arange(3)
    assert found.utilities**2 == pytest.approx(m / m.sum(), abs=1e-8)


def test_a_stack_is_its_games() -> None:
    rng = np.random.default_rng(2)
    d, options = rng.uniform(0, 0.2, (5, 2)), rng.uniform(0, 0.5, (5, 2))
    problem = pie().replace(disagreement=d)

    def talks(deals: Problem, w: Any, p: Any, hazard: Any) -> bg.StochasticProblem:
        return bg.StochasticProblem((
            bg.State("one", deals, "Ann", {"two": p, "over": 1 - p}, factors=(0.9, 0.8), outside_options=w),
            bg.State("two", deals, "Bob", "one", factors=0.85, breakdown=hazard, breakdown_payoffs=(0.1, 0.1)),
            bg.End("over", (0.3, 0.2)),
        ))  # fmt: skip

    p, hazard = rng.random(5), rng.random(5)
    stack = bg.solve(talks(problem, options, p, hazard), bg.MarkovPerfect())
    for k in range(5):
        alone = bg.solve(talks(pie().replace(disagreement=d[k]), options[k], p[k], hazard[k]), bg.MarkovPerfect())
        assert stack.values[k] == pytest.approx(alone.values, abs=1e-13)
        assert stack.agreement[k] == pytest.approx(alone.agreement)
    assert bg.verify(stack, trials=100).ok


def test_a_game_without_meaning_gets_a_status_in_a_stack() -> None:
    factors = np.array([[0.9, 0.9], [0.9, np.nan], [1.0, 1.0], [0.9, -0.1]])
    pays = np.array([[0, 0], [0, 0], [0, 0], [0, 0]])
    talks = bg.StochasticProblem((bg.State("talks", pie(), (0.5, 0.5), "talks", factors=factors, inside=pays),))
    found = bg.solve(talks, bg.MarkovPerfect())
    assert found.status.tolist() == [bg.Status.OK] + [bg.Status.NOT_FINITE] * 3
    assert found.utilities[0] == pytest.approx([0.5, 0.5])
    assert np.all(np.isnan(found.utilities[1:]))
    above = talks.replace(
        states=(
            talks.rounds[0].replace(factors=0.9, inside=(0, 0), breakdown=[0.1, 0.1], breakdown_payoffs=[[0, 0], [1, 1]]),
        )
    )
    assert bg.solve(above, bg.MarkovPerfect()).status.tolist() == [bg.Status.OK, bg.Status.INFEASIBLE]


def test_compare_lists_talks() -> None:
    table = bg.compare(pie(), [bg.Nash(), bg.SequentialOffers(factors=(0.9, 0.8), proposers=(0.5, 0.5))])
    assert table["concept"].tolist() == ["Nash", "random proposer"]
    assert table["utility Ann"].tolist() == pytest.approx([0.5, 2 / 3])
    assert table["probability"].tolist()[1] == 1.0


STATE = bg.State("a", None, 0, "a", factors=0.9)
BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "no period": (lambda: bg.SequentialOffers(), InvalidProblem, "how long a round lasts"),
    "period of nothing": (lambda: bg.SequentialOffers(0.0), InvalidProblem, r"AlternatingOffers\(period=0\)"),
    "factor of one": (lambda: bg.SequentialOffers(factors=(1, 0.9)), InvalidProblem, "strictly between 0 and 1"),
    "factors and hazard": (
        lambda: bg.SequentialOffers(factors=(0.9, 0.9), breakdown=bg.Breakdown(0.1)), InvalidProblem, "already say",
    ),
    "half a round": (lambda: bg.SequentialOffers(1.0, rounds=1.5), InvalidProblem, "whole number"),
    "end without rounds": (lambda: bg.SequentialOffers(1.0, end=(0, 0)), InvalidProblem, "how many `rounds`"),
    "who proposes": (
        lambda: bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.9), first="Cat")), UnknownName, "no party named 'Cat'",
    ),
    "probabilities of proposing": (
        lambda: bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.9), proposers=(0.5, 0.6))), InvalidProblem, "to one",
    ),
    "no impatience": (lambda: bg.solve(pie(), bg.SequentialOffers(1.0)), InvalidProblem, "how impatient"),
    "nobody loses by waiting": (
        lambda: bg.solve(pie(), bg.SequentialOffers(1.0, (0, 0.1))), InvalidProblem, "never gives in",
    ),
    "three without refinement": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.SequentialOffers(factors=(0.9,) * 3)), InvalidProblem,
        "stationary=True",
    ),
    "breakdown above the frontier": (
        lambda: bg.solve(pie(), bg.SequentialOffers(1.0, (0.1, 0.1), breakdown=bg.Breakdown(0.1, (0.7, 0.7)))),
        InvalidProblem, "more than any deal",
    ),
    "transitions": (
        lambda: bg.StochasticProblem((bg.State("a", pie(), 0, {"a": 0.5, "b": 0.4}, factors=0.9), bg.End("b", (0, 0)))),
        InvalidProblem, "next state must not be negative and must sum to one",
    ),
    "unreachable": (
        lambda: bg.StochasticProblem((bg.State("a", pie(), 0, "a", factors=0.9), bg.End("b", (0, 0)))),
        InvalidProblem, "never come to 'b'",
    ),
    "unknown state": (lambda: bg.StochasticProblem((bg.State("a", pie(), 0, "c"),)), UnknownName, "no state named 'c'"),
    "no next": (lambda: bg.StochasticProblem((bg.State("a", pie()),)), InvalidProblem, "where do talks go"),
    "no deals": (lambda: bg.StochasticProblem((STATE,)), InvalidProblem, "no state with deals"),
    "no worth": (
        lambda: bg.StochasticProblem((bg.State("b", pie(), 0, "a", factors=0.9), STATE.replace(next="b"))), InvalidProblem,
        "say what it is worth while it lasts",
    ),
    "other parties": (
        lambda: bg.StochasticProblem((bg.State("b", pie(), 0, "a"), bg.State("a", curve(), 0, "b"))), InvalidProblem,
        "the same parties",
    ),
    "twice the same name": (
        lambda: bg.StochasticProblem((bg.State("a", pie(), 0, "a"), bg.State("a", pie(), 0, "a"))), InvalidProblem,
        "a name of its own",
    ),
    "a concept for talks": (
        lambda: bg.solve(bg.StochasticProblem((bg.State("a", pie(), 0, "a", factors=0.9),)), bg.Nash()), InvalidProblem,
        r"bg\.MarkovPerfect\(\)",
    ),
    "talks for a problem": (lambda: bg.solve(pie(), bg.MarkovPerfect()), InvalidProblem, "bg.StochasticProblem"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused_with_the_reason(name: str) -> None:
    call, kind, reason = BAD[name]
    with pytest.raises(kind, match=reason):
        call()


def short(period: float, rate: float) -> float:
    return -math.expm1(-rate * period)


@pytest.mark.parametrize("period", [1e-3, 1e-5, 1e-8, 1e-12])
def test_short_rounds_keep_their_digits(period: float) -> None:
    """Closed forms to twelve digits, at any period: Rubinstein (1982), Muthoo (1999), Binmore (1987), Herrero (1985)."""
    one, two = (short(period, rate) for rate in (0.05, 0.1))
    rubinstein = two / short(period, 0.15)
    expected: list[tuple[Problem, dict[str, Any], float]] = [
        (pie(), {}, rubinstein),
        (pie(), {"inside": (0.2, 0.2)}, 0.2 + 0.6 * rubinstein),
        (pie(), {"outside_options": (0, 0.6)}, 0.4),
        (pie(), {"outside_options": (0, 0.1)}, rubinstein),
        (pie(), {"proposers": (0.3, 0.7)}, 0.3 * two / (0.3 * two + 0.7 * one)),
    ]
    for problem, settings, share in expected:
        found = bg.solve(problem, bg.SequentialOffers(period, (0.05, 0.1), **settings))
        assert found.utilities[0] == pytest.approx(share, abs=1e-12), settings
        assert bg.verify(found, trials=50).ok
    delays = bg.SequentialOffers(impatience=(0.05, 0.1), delays=(period, 3 * period))
    assert bg.solve(pie(), delays).utilities[0] == pytest.approx(short(3 * period, 0.1) / short(period, 0.35), abs=1e-12)
    four = bg.solve(bg.split(1, [bg.Linear()] * 4), bg.SequentialOffers(period, (0.1,) * 4, stationary=True))
    patience = np.exp(-0.1 * period * np.arange(4))
    assert four.utilities == pytest.approx(patience / patience.sum(), abs=1e-12)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("period", [1e-2, 1e-4, 1e-9])
def test_short_rounds_are_those_of_the_closed_equations(name: str, period: float) -> None:
    problem, settings = PROBLEMS[name](), {"impatience": (0.05, 0.1), "breakdown": bg.Breakdown(0.2)}
    chain, equations = (bg.solve(problem, kind(period, **settings)) for kind in (bg.SequentialOffers, bg.AlternatingOffers))
    assert chain.utilities / problem.feasible.spread() == pytest.approx(
        equations.utilities / problem.feasible.spread(), abs=1e-9
    )


def test_a_stack_of_impatience_in_short_rounds_is_its_games() -> None:
    rates = np.array([[0.05, 0.1], [0.2, 0.1], [np.nan, 0.1], [400.0, 0.1]])
    stack = bg.solve(pie().replace(impatience=rates), bg.SequentialOffers(1e-4, outside_options=(0, 0.4)))
    assert stack.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NOT_FINITE, bg.Status.OK]
    for k in (0, 1, 3):
        alone = bg.solve(pie().replace(impatience=rates[k]), bg.SequentialOffers(1e-4, outside_options=(0, 0.4)))
        assert stack.utilities[k] == pytest.approx(alone.utilities, abs=1e-13)
        assert stack.waiting[k] == pytest.approx(alone.waiting, abs=1e-13)


def test_kinks_do_not_lead_in_circles() -> None:
    """On polygons Newton's steps may jump between the sides of a corner for ever; the bounds on all equilibria close."""
    rng = np.random.default_rng(0)
    for _ in range(12):
        polygon = bg.lotteries(bg.from_points(rng.random((8, 2)) * [10, 3], [0, 0]))
        for settings in ({}, {"outside_options": tuple(0.3 * polygon.ideal)}, {"proposers": (0.4, 0.6)}):
            found = bg.solve(polygon, bg.SequentialOffers(0.01, (0.05, 0.1), **settings))
            assert found.unique
            assert bg.verify(found, trials=50).ok


def test_what_others_would_do_after_a_refusal() -> None:
    """Only parties to whom an offer was made may leave: Ann, whose option is good, cannot while she proposes herself."""
    found = bg.solve(pie(), bg.SequentialOffers(factors=(0.5, 0.5), outside_options=(0.9, 0.05)))
    assert found.proposing("Bob") == pytest.approx([0.9, 0.1])
    assert found.proposing("Ann") == pytest.approx([0.95, 0.05])
    assert found.slack[0, 0, 1] == pytest.approx(0) and np.isnan(found.slack[0, 0, 0])
    assert found.unique


def test_bounds_hold_several_equilibria() -> None:
    """Sets that differ from turn to turn may leave room for more than one equilibrium; the bounds contain what is found."""
    ann, bob = (
        bg.lotteries(bg.from_points(points, [0, 0])) for points in ([[0, 4], [1, 3], [1.2, 0]], [[0, 1.2], [3, 1], [4, 0]])
    )
    talks = bg.StochasticProblem(
        (bg.State("Ann's turn", ann, 0, "Bob's turn", 0.9), bg.State("Bob's turn", bob, 1, "Ann's turn", 0.9))
    )
    found = bg.solve(talks, bg.MarkovPerfect())
    low, high = found.bounds
    assert np.all(low <= found.values + 1e-9) and np.all(found.values <= high + 1e-9)
    assert bg.verify(found).ok
    with pytest.raises(InvalidProblem, match="two parties"):
        _ = bg.solve(bg.split(1, [bg.Linear()] * 3), bg.SequentialOffers(factors=(0.9,) * 3, stationary=True)).bounds
    with pytest.raises(UnknownName, match="Cat"):
        found.proposing("Cat")


@pytest.mark.parametrize("seed", range(8))
def test_short_rounds_straddle_the_nash_solution(seed: int) -> None:
    """Both proposals tend to the asymmetric Nash solution at the rate of the period, from both sides (Binmore 1987)."""
    rng = np.random.default_rng(seed)
    powers, rates = rng.uniform(0.3, 1, 2), rng.uniform(0.02, 0.3, 2)
    problem = bg.split(1, [bg.Power(float(rho)) for rho in powers])
    nash = bg.solve(problem, bg.Nash(weights=tuple(1 / rates))).utilities[0]
    gaps = np.array([
        [found.proposing(i)[0] - nash for i in (0, 1)]
        for found in (bg.solve(problem, bg.SequentialOffers(period, tuple(rates))) for period in (0.1, 0.05))
    ])  # fmt: skip
    assert np.all(gaps[:, 0] > 0) and np.all(gaps[:, 1] < 0)
    assert gaps[0] / gaps[1] == pytest.approx([2, 2], rel=0.03)


def test_discounting_and_breakdown_have_different_limits() -> None:
    """A risk is weighed by utilities, in which Ann is risk averse; time preferences over money are linear in money.

    Binmore, Rubinstein and Wolinsky (1986): under the same rate for both, a hazard gives Ann, with u = x^.5, a third, and
    discounting of money a half.
    """
    problem = bg.split(1, [bg.Power(0.5), bg.Linear()], parties=("Ann", "Bob"))
    hazard = bg.solve(problem, bg.SequentialOffers(1e-9, (0, 0), breakdown=bg.Breakdown(0.3)))
    assert hazard.utilities[0] ** 2 == pytest.approx(1 / 3, abs=1e-9)
    discounting = bg.solve(pie(), bg.SequentialOffers(1e-9, (0.3, 0.3)))
    assert discounting.utilities[0] == pytest.approx(1 / 2, abs=1e-9)


def test_inside_options_move_the_outcome_continuously() -> None:
    flows = np.linspace(0, 0.6, 25)
    found = np.array([
        bg.solve(curve(), bg.SequentialOffers(0.5, (0.1, 0.1), inside=(z, 0))).utilities[0] for z in flows
    ])  # fmt: skip
    steps = np.diff(found)
    assert np.all(steps > 0) and np.max(steps) < 2 * np.min(steps)


def test_a_long_deadline_is_solved_in_a_moment() -> None:
    found = bg.solve(pie(), bg.SequentialOffers(factors=(0.99, 0.99), rounds=300))
    assert found.utilities[0] == pytest.approx((1 - 0.99**300) / 1.99, abs=1e-12)
    assert "and 288 more rounds" in repr(found)


def pure_stationary(factors: np.ndarray, options: np.ndarray) -> list[np.ndarray]:
    """The first proposer's payoffs in all stationary equilibria of three who offer in turn, pattern by pattern of leaving.

    Written without the library: after whose refused offers somebody leaves is assumed, offers are iterated, then checked.
    """
    found = []
    for pattern in np.ndindex(2, 2, 2):
        values = np.full((3, 3), 1 / 3)  # by proposer
        for _ in range(600):
            refused = [options if pattern[i] else factors * values[(i + 1) % 3] for i in range(3)]
            for i, least in enumerate(refused):
                share = least.copy()
                share[i] = 1 - np.sum(np.delete(least, i))
                values[i] = share if share[i] >= least[i] else least
        waits = [factors * values[(i + 1) % 3] for i in range(3)]
        leaves = [bool(np.any(np.delete(options - waits[i], i) > 1e-9)) for i in range(3)]
        if leaves == [bool(flag) for flag in pattern] and not any(np.allclose(values[0], other) for other in found):
            found.append(values[0].copy())
    return found


def test_three_who_can_leave_have_one_stationary_equilibrium_or_several() -> None:
    """Leaving may be good only because others would: all patterns are found, and several are not passed off as one."""
    rng, seen = np.random.default_rng(12), Counter[int]()
    pie3 = bg.split(1, [bg.Linear()] * 3)
    for _ in range(40):
        factors, options = rng.uniform(0.6, 0.95, 3), rng.uniform(0, 0.3, 3)
        expected = pure_stationary(factors, options)
        model = bg.SequentialOffers(factors=tuple(factors), outside_options=tuple(options), stationary=True)
        seen[len(expected)] += 1
        if not expected:
            with pytest.raises(bg.errors.NotConverged):
                bg.solve(pie3, model)
            continue
        found = bg.solve(pie3, model)
        assert bg.verify(found, trials=20).ok
        if len(expected) == 1:
            assert found.utilities == pytest.approx(expected[0], abs=1e-9)
        else:
            assert found.status == bg.Status.UNDETERMINED and "several" in repr(found)
    assert seen[1] > 20 and seen[2] > 1


def test_talks_that_lead_nowhere() -> None:
    """What is worth more than any deal while it lasts is never given up: no agreement, at no date, in a stack as well."""
    for settings in ({"factors": (0.9, 0.8)}, {"period": 1e-6, "impatience": (0.1, 0.2)}):
        found = bg.solve(pie(), bg.SequentialOffers(inside=(0.6, 0.6), **settings))
        assert found.probability == 0 and np.all(np.isnan(found.date)) and "no agreement" in repr(found)
        assert found.utilities == pytest.approx([0.6, 0.6], abs=1e-9)
        stack = bg.solve(pie().replace(disagreement=[[0, 0], [0.6, 0.6]]), bg.SequentialOffers(**settings))
        assert stack.probability.tolist() == [1, 0]
    for options in ((0, 1.2), (0.6, 0.6)):
        left = bg.solve(pie(), bg.SequentialOffers(1e-6, (0.1, 0.2), outside_options=options))
        assert left.probability == 0 and left.utilities == pytest.approx(options)
    talks = bg.StochasticProblem((
        bg.State("a", pie(), 0, {"b": 1.0, "never": 0.0}, 0.9), bg.State("b", pie(), 1, "a", 0.9),
        bg.State("never", pie(), 0, "never", 0.9, inside=(0.9, 0.9)),
    ))  # fmt: skip
    assert bg.solve(talks, bg.MarkovPerfect()).agreement.tolist() == [1, 1, 0]


def test_bounds_where_waiting_may_be_worth_more_than_deals() -> None:
    """With options, a round need not keep the order of payoffs: the equilibrium, (38/21, 38/21), lies in wide bounds."""
    later = {"small": 0.5, "large": 0.5}
    large = bg.split(4, [bg.Linear(), bg.Linear()], parties=pie().parties)
    found = bg.solve(
        bg.StochasticProblem(
            (
                bg.State("small", pie(), 0, later, 0.95, outside_options=(0, 0.2)),
                bg.State("large", large, (0.5, 0.5), later, 0.95),
            )
        ),
        bg.MarkovPerfect(),
    )
    low, high = found.bounds
    assert found.utilities == pytest.approx([38 / 21] * 2)
    assert np.all(low <= found.values) and np.all(found.values <= high) and not found.unique


def test_games_of_a_stack_are_judged_one_by_one() -> None:
    """Payoffs of a breakdown that never comes, and patience in talks that never come back, spoil no game."""
    risk = np.array([0.0, 0.1])
    broken = bg.StochasticProblem((
        bg.State("a", pie(), 0, "b", 0.9, breakdown=risk, breakdown_payoffs=(2, 2)), bg.State("b", pie(), 1, "a", 0.9),
    ))  # fmt: skip
    assert broken.status.tolist() == [bg.Status.OK, bg.Status.INFEASIBLE]
    back = np.array([0.0, 0.5, 0.5])
    factors = np.array([[1.0, 1.0], [0.9, 0.9], [1.0, 1.0]])
    circling = bg.StochasticProblem((
        bg.State("a", pie(), (0.5, 0.5), {"a": back, "e": 1 - back}, factors), bg.End("e", (0.2, 0.1)),
    ))  # fmt: skip
    found = bg.solve(circling, bg.MarkovPerfect())
    assert found.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NOT_FINITE]
    assert found.utilities[0] == pytest.approx([0.55, 0.45])


def test_what_is_changed_in_talks_is_found_out() -> None:
    found = bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.8)))
    for name in ("utilities", "values", "waiting", "thresholds"):
        assert not bg.verify(replace(found, **{name: getattr(found, name) * 0.9})).ok, name


def test_bounds_where_impatience_differs_and_waiting_pays() -> None:
    """With unequal factors waiting can be worth a corner that no deal reaches: no agreement is forced upon the parties."""
    end = bg.StochasticProblem((
        bg.State("now", pie(), 0, "end", (0.01, 0.99), inside=(0.9, 0)), bg.End("end", (0.1, 0.9)),
    ))  # fmt: skip
    found = bg.solve(end, bg.MarkovPerfect())
    assert found.utilities == pytest.approx([0.99 * 0.9 + 0.01 * 0.1, 0.99 * 0.9])
    settings = bg.SequentialOffers(1, (3, 0.01), breakdown=bg.Breakdown(2, (0, 0.9)), inside=(0.9, 0))
    for talks in (found, bg.solve(pie(), settings)):
        low, high = talks.bounds
        assert np.all(low <= talks.values + 1e-9) and np.all(talks.values <= high + 1e-9)
    rng = np.random.default_rng(5)
    for _ in range(60):
        found = bg.solve(
            pie(), bg.SequentialOffers(factors=tuple(rng.uniform(0.1, 0.95, 2)), inside=tuple(rng.uniform(-1, 1, 2)))
        )
        low, high = found.bounds
        assert np.all(low <= found.values + 1e-9) and np.all(found.values <= high + 1e-9)


def test_leaving_a_round_that_does_not_come_back() -> None:
    """Three parties: in the first round the second leaves for 0.8, since later all have a third; then nobody would."""
    three = bg.split(1, [bg.Linear()] * 3)
    first = bg.State("first", three, 0, "later", 0.9, outside_options=(0, 0.8, 0))
    for options in ((0.05,) * 3, np.array([[-np.inf] * 3, [0.05] * 3])):
        later = bg.State("later", three, (1 / 3, 1 / 3, 1 / 3), "later", 0.9, outside_options=options)
        found = bg.solve(bg.StochasticProblem((first, later)), bg.MarkovPerfect())
        assert np.broadcast_to([[0.2, 0.8, 0], [1 / 3] * 3], found.values.shape) == pytest.approx(found.values, abs=1e-9)


def test_too_many_patterns_and_none_that_holds() -> None:
    three = bg.split(1, [bg.Linear()] * 3)
    circle = [
        bg.State(f"s{k}", three, (0.2, 0.3, 0.5), f"s{(k + 1) % 3}", 0.9, outside_options=(0.1,) * 3) for k in range(3)
    ]
    with pytest.raises(InvalidProblem, match="patterns are tried for 8"):
        bg.solve(bg.StochasticProblem(circle), bg.MarkovPerfect())
    nothing = bg.SequentialOffers(
        factors=(0.96, 0.9, 0.55), outside_options=(0.3, 0.45, 0.05), stationary=True, proposers=(0.1, 0.36, 0.54)
    )
    with pytest.raises(bg.errors.NotConverged, match="none in which nobody mixes"):
        bg.solve(three, nothing)


def test_separate_alternatives_may_leave_several_equilibria() -> None:
    found = bg.solve(bg.from_points([[1, 0.1], [0.1, 1]], [0, 0]), bg.SequentialOffers(factors=(0.9, 0.9)))
    assert found.status == bg.Status.UNDETERMINED and not found.unique
    assert found.bounds[0] == pytest.approx(0.1) and found.bounds[1] == pytest.approx(1)
    one = bg.solve(bg.from_points([[1, 0.1], [0.1, 0.2]], [0, 0]), bg.SequentialOffers(factors=(0.9, 0.4)))
    assert one.unique and one.utilities == pytest.approx([1, 0.1])


def test_a_round_that_comes_back_in_another_game_alone() -> None:
    """In the second game the first round is left for good, without loss: alone it is solved, and in the stack as well."""
    three, back = bg.split(1, [bg.Linear()] * 3), np.array([1.0, 0.0])
    talks = bg.StochasticProblem((
        bg.State("a", three, 0, "b", np.array([0.9, 1.0])[:, None] * np.ones(3)),
        bg.State("b", three, (0.5, 0.25, 0.25), {"a": back, "b": 1 - back}, 0.8),
    ))  # fmt: skip
    assert bg.solve(talks, bg.MarkovPerfect()).utilities[1] == pytest.approx([0.5, 0.25, 0.25])


def test_options_below_what_talks_are_worth() -> None:
    """Leaving would hurt the proposer, so that payoffs jump: what is found is what play settles on, or nothing."""
    curved = bg.split(1, [bg.Power(0.5), bg.Linear()])
    found = bg.solve(curved, bg.SequentialOffers(factors=(0.9, 0.99), outside_options=(-0.3, 0.8)))
    free = bg.solve(curved, bg.SequentialOffers(factors=(0.9, 0.99)))
    assert found.values == pytest.approx(free.values, abs=1e-9)  # 0.8 does not bind
    corner = bg.SequentialOffers(factors=(0.9, 0.999), inside=(-0.2, -0.2), outside_options=(-0.5, 0.6))
    assert bg.solve(pie(), corner).values == pytest.approx(np.array([[0.0012, 0.9988], [0, 1]]), abs=1e-9)
    hurried = bg.SequentialOffers(
        0.000534, (0.62, 0.02), breakdown=bg.Breakdown(0.017, (-0.135, -0.262)), inside=(-0.162, -0.238),
        outside_options=(-0.258, 0.162),
    )  # fmt: skip
    with pytest.raises(bg.errors.NotConverged, match="repeat themselves"):  # and no interpolation of what was not found
        bg.solve(pie(), hurried)


def test_three_parties_at_corners() -> None:
    """Value iteration, written here, settles after some hundred rounds; Newton's steps alone go in circles."""
    three = bg.split(1, [bg.Linear()] * 3)
    for factors, inside in (((0.9, 0.99, 0.999), (-0.1,) * 3), ((0.9, 0.99, 0.995), (-0.1, -0.2, 0.2))):
        values, d, z = np.full((3, 3), 1 / 3), np.array(factors), np.array(inside)
        for _ in range(3000):
            waits = (1 - d) * z + d * np.roll(values, -1, axis=0)
            for i in range(3):
                share = np.maximum(waits[i], 0)
                share[i] = 1 - np.sum(np.delete(share, i))
                values[i] = share if share[i] >= waits[i, i] else waits[i]
        found = bg.solve(three, bg.SequentialOffers(factors=factors, inside=inside, stationary=True))
        assert found.values == pytest.approx(values, abs=1e-9)


def test_bounds_hold_what_is_found() -> None:
    """In short rounds they are as wide as rounding makes them; in chains of different pies they hold the equilibrium."""
    for period in (1e-12, 1e-8, 1e-6, 1e-3):
        found = bg.solve(pie(), bg.SequentialOffers(period, (0.1, 0.05)))
        low, high = found.bounds
        assert np.all(low <= found.values) and np.all(found.values <= high)
        assert found.unique == (period > 1e-7)
    rng, unique = np.random.default_rng(8), 0
    for _ in range(80):
        chance, sizes = rng.uniform(0.1, 0.9), rng.choice([1.0, 2.0], 2)
        later = {"s": chance, "t": 1 - chance}
        talks = bg.StochasticProblem(tuple(
            bg.State(
                name, pie(size), int(rng.integers(2)), later, tuple(rng.uniform(0.7, 0.99, 2)),
                inside=tuple(rng.uniform(-1, 0.5, 2)),
            )
            for name, size in zip("st", sizes, strict=True)
        ))  # fmt: skip
        found = bg.solve(talks, bg.MarkovPerfect())
        low, high = found.bounds
        assert np.all(np.isfinite(low)) and np.all(np.isfinite(high))  # none refuted
        unique += bool(found.unique)
    assert unique > 20
