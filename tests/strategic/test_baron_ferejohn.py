"""Legislative bargaining: closed forms, unanimity, one vote, unequal members, units, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.numerics import coalitions
from bargaining.problems.problem import Problem


def pie(n: int, size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear()] * n, fallback)


def solved(problem: Problem, model: bg.BaronFerejohn) -> bg.Legislature:
    found = bg.solve(problem, model)
    assert isinstance(found, bg.Legislature)
    return found


@pytest.mark.parametrize("n", [2, 3, 5, 9, 51])
@pytest.mark.parametrize("delta", [0.1, 0.9, 0.999])
def test_equal_members(n: int, delta: float) -> None:
    """Baron and Ferejohn (1989), proposition 3: with a majority the proposer keeps 1 - delta (n - 1) / (2n), for odd n."""
    for quota in {1, (n + 1) // 2, n}:
        found = solved(pie(n), bg.BaronFerejohn(quota, delta))
        assert found.utilities == pytest.approx(np.full(n, 1 / n), abs=1e-12)
        assert found.prices == pytest.approx(np.full(n, delta / n), abs=1e-12)
        assert found.kept == pytest.approx(np.full(n, 1 - delta * (quota - 1) / n), abs=1e-12)
        assert found.inclusion == pytest.approx((quota - 1) / (n - 1) * (1 - np.eye(n)), abs=1e-12)
        assert found.probability == 1.0 and bg.verify(found).ok


def test_the_example_of_five() -> None:
    found = solved(pie(5), bg.BaronFerejohn(3, 0.9))
    assert (found.kept[0], found.prices[1], found.utilities[2]) == pytest.approx((0.64, 0.18, 0.2), abs=1e-14)
    assert "keeps 0.64 as proposer, votes for 0.18" in repr(found)


@pytest.mark.parametrize("chances", [(0.45, 0.3, 0.25), (0.1, 0.44, 0.46), (1 / 3, 1 / 3, 1 / 3)])
def test_chances_of_proposing_need_not_matter(chances: tuple[float, ...]) -> None:
    """Members as patient as each other have 1/3 each: who proposes more often is included less often.

    With two votes of three and delta = 0.9 all mixtures are probabilities for chances between 1/12 and 10/21.
    """
    found = solved(pie(3), bg.BaronFerejohn(2, 0.9, chances))
    assert found.utilities == pytest.approx([1 / 3] * 3, abs=1e-14)
    others = np.array(chances) @ found.inclusion
    assert others == pytest.approx(1 / 0.9 - np.array(chances) * (3 / 0.9 - 1), abs=1e-14)
    assert bg.verify(found).ok


def test_a_member_that_proposes_often_has_more() -> None:
    """With chances (.6, .2, .2), two votes and delta = .5: v = (.6 (1 - w), ...), v_2 = .2 (1 - w) + w (.6 / 2 + .2)."""
    found = solved(pie(3), bg.BaronFerejohn(2, 0.5, (0.6, 0.2, 0.2)))
    w = 0.1 / 0.85  # w = .1 (1 - w) + .25 w
    assert found.prices[1:] == pytest.approx([w, w], abs=1e-14)
    assert found.utilities == pytest.approx([0.6 * (1 - w), 2 * w, 2 * w], abs=1e-14)
    assert found.inclusion == pytest.approx(np.array([[0, 0.5, 0.5], [0, 0, 1], [0, 1, 0]]), abs=1e-14)


def test_unanimity_is_the_game_in_which_all_must_agree() -> None:
    """The chain of states of `SequentialOffers` is solved by different code."""
    rng = np.random.default_rng(1)
    for n in (2, 3, 4, 6):
        factors, chances = tuple(rng.uniform(0.3, 0.97, n)), tuple(rng.dirichlet(np.ones(n)))
        problem = pie(n, 5.0, rng.uniform(0, 0.5, n))
        found = solved(problem, bg.BaronFerejohn(n, factors, chances))
        chain = bg.solve(problem, bg.SequentialOffers(factors=factors, proposers=chances, stationary=True))
        assert found.utilities == pytest.approx(chain.utilities, abs=1e-9)
        assert bg.verify(found).ok


def test_one_vote_is_enough_for_the_proposer() -> None:
    found = solved(pie(3), bg.BaronFerejohn(1, (0.9, 0.8, 0.7), (0.5, 0.3, 0.2)))
    assert found.utilities == pytest.approx([0.5, 0.3, 0.2], abs=1e-15)
    assert np.all(found.inclusion == 0) and found.kept == pytest.approx([1, 1, 1])


def test_votes_of_members_that_never_propose_cost_nothing() -> None:
    for chances in ((0.7, 0.3, 0, 0), (0.7, 0.3, 0, 0, 0, 0)):
        found = solved(pie(len(chances)), bg.BaronFerejohn(3, 0.9, chances))
        assert found.utilities == pytest.approx(chances, abs=1e-15)
        assert bg.verify(found).ok


@pytest.mark.parametrize("kind", ["unequal", "groups", "equal factors", "equal chances", "some never", "extreme"])
def test_unequal_members(kind: str) -> None:
    """Equilibrium conditions are enough: payoffs that satisfy them are unique (Eraslan 2002)."""
    rng = np.random.default_rng(7)
    for _ in range(40):
        n = int(rng.integers(2, 10))
        quota = int(rng.integers(1, n + 1))
        factors, chances = rng.uniform(0.05, 0.99, n), rng.dirichlet(np.full(n, rng.choice([0.3, 1, 10])))
        if kind == "groups":
            factors, chances = rng.choice([0.5, 0.8, 0.95], n), rng.choice([1.0, 2.0, 3.0], n)
        elif kind == "equal factors":
            factors = np.full(n, factors[0])
        elif kind == "equal chances":
            chances = np.ones(n)
        elif kind == "some never":
            chances = chances * (rng.random(n) < 0.6) + np.eye(n)[0] * 1e-3
        elif kind == "extreme":
            factors, chances = 1 - 10.0 ** rng.uniform(-6, 0, n) * 0.99, 10.0 ** rng.uniform(-6, 0, n)
        chances = chances / chances.sum()
        found = solved(pie(n), bg.BaronFerejohn(quota, tuple(factors), tuple(chances)))
        again = bg.verify(found, tol=1e-10)
        assert again.ok, again
        assert found.utilities.sum() == pytest.approx(1, abs=1e-10)


def test_mixtures_by_linear_programming_give_the_same_values(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        n = int(rng.integers(3, 10))
        model = bg.BaronFerejohn(int(rng.integers(2, n)), 0.9, tuple(rng.dirichlet(np.ones(n))))
        plain = solved(pie(n), model)
        monkeypatch.setattr(coalitions, "ROUNDS", 0)
        found = solved(pie(n), model)
        monkeypatch.undo()
        assert found.utilities == pytest.approx(plain.utilities, abs=1e-14)
        again = bg.verify(found, tol=1e-10)
        assert again.ok, again


def test_what_is_not_an_equilibrium_is_found_out() -> None:
    found = solved(pie(4), bg.BaronFerejohn(3, (0.9, 0.8, 0.7, 0.6), (0.4, 0.3, 0.2, 0.1)))
    assert bg.verify(found).ok
    turned = found.inclusion[:, [1, 0, 2, 3]]
    for name, wrong in (
        ("inclusion", turned), ("prices", found.prices * 1.01), ("kept", found.kept - 0.01),
        ("utilities", found.utilities[::-1]), ("inclusion", np.where(np.eye(4), 0, 2 / 3)),
    ):  # fmt: skip
        assert not bg.verify(replace(found, **{name: wrong})).ok


def test_sizes_and_units() -> None:
    """Only shares of the surplus over disagreement matter."""
    model = bg.BaronFerejohn(2, (0.9, 0.7, 0.8), (0.5, 0.3, 0.2))
    shares = solved(pie(3), model)
    problem = bg.rescaled(pie(3, 13, [1, 2, 0]), [1.0, 2.0, 0.5])
    found = solved(problem, model)
    for name in ("gains", "prices", "kept"):
        assert getattr(found, name) == pytest.approx(getattr(shares, name) * [10, 20, 5])
    assert found.inclusion == pytest.approx(shares.inclusion) and bg.verify(found).ok


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0, 0], [0.1, 0.2, 0.3], [0.5, 0.4, 0.3], [np.nan, 0, 0]])
    model = bg.BaronFerejohn(2, (0.9, 0.7, 0.8), (0.5, 0.3, 0.2))
    stack = solved(pie(3).replace(disagreement=d), model)
    assert stack.status.tolist() == [bg.Status.OK, bg.Status.OK, bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE]
    for k in range(2):
        alone = solved(pie(3).replace(disagreement=d[k]), model)
        assert stack.utilities[k] == pytest.approx(alone.utilities, abs=1e-15)
        assert stack.inclusion[k] == pytest.approx(alone.inclusion)
    assert np.all(np.isnan(stack.kept[2:])) and bg.verify(stack).ok
    assert "2 of 4 games" in repr(stack)


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "half a vote": (lambda: bg.BaronFerejohn(1.5, 0.9), InvalidProblem, "whole number"),  # type: ignore[arg-type]
    "no votes": (lambda: bg.BaronFerejohn(0, 0.9), InvalidProblem, "at least 1"),
    "factor": (lambda: bg.BaronFerejohn(2, 1.0), InvalidProblem, "strictly between 0 and 1"),
    "chances": (lambda: bg.BaronFerejohn(2, 0.9, (0.5, 0.6)), InvalidProblem, "sum to one"),
    "negative chance": (lambda: bg.BaronFerejohn(2, 0.9, (1.5, -0.5)), InvalidProblem, "sum to one"),
    "too many votes": (lambda: bg.solve(pie(3), bg.BaronFerejohn(4, 0.9)), InvalidProblem, "more votes than the 3"),
    "wrong number": (lambda: bg.solve(pie(3), bg.BaronFerejohn(2, (0.9, 0.9))), InvalidProblem, "factors has 2 numbers"),
    "curved": (
        lambda: bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear(), bg.Linear()]), bg.BaronFerejohn(2, 0.9)), InvalidProblem,
        "straight",
    ),
    "nothing": (lambda: bg.solve(pie(3, 1, [0.5, 0.5, 0.5]), bg.BaronFerejohn(2, 0.9)), NoAgreement, "no deal"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("factor", [1e-12, 1e-6, 5.13e-4, 0.01])
def test_members_in_a_hurry(factor: float) -> None:
    """Equal members have equal values, whatever the quota, also where rounding hides what a vote costs."""
    for quota in (1, 2, 3, 4, 5):
        found = bg.solve(bg.split(1, [bg.Linear()] * 5), bg.BaronFerejohn(quota, factor))
        assert found.utilities == pytest.approx([0.2] * 5, abs=1e-12)
        assert bg.verify(found).ok
