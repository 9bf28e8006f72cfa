"""Talks over time: options, deadlines, delay, more parties, short rounds, stacks, and what is refused."""

from __future__ import annotations

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
    """The stationary equilibrium on u_1^2 + u_2^2 + u_3^2 <= 1 in squares: shares (1, m, m^2) / (1 + m + m^2), m = delta^2."""
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
        lambda: bg.solve(pie(), bg.SequentialOffers(factors=(0.9, 0.9), proposers=(0.5, 0.6))), InvalidProblem, "sum to one",
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
