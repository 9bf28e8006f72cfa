"""Optimism: published facts, induction written anew, limits, curved and flat frontiers, stacks, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, NoAgreement, UnknownName
from bargaining.problems.problem import Problem


def pie(size: float = 1.0, fallback: Any = None) -> Problem:
    return bg.split(size, [bg.Linear(), bg.Linear()], fallback, parties=("Ann", "Bob"))


def curved() -> Problem:
    return bg.split(1, [bg.Power(0.5), bg.CARA(2)], [0.1, 0.05], parties=("Ann", "Bob"))


def solved(beliefs: Any, factors: Any, rounds: int | None = None, problem: Problem | None = None) -> bg.Expectations:
    found = bg.solve(pie() if problem is None else problem, bg.Optimism(beliefs, factors, rounds))
    assert isinstance(found, bg.Expectations)
    return found


def induction(beliefs: Any, factors: Any, rounds: int) -> tuple[np.ndarray[Any, Any], list[bool]]:
    """Values of all rounds on a pie of one, and whether each ends in agreement, by plain arithmetic."""
    p = np.broadcast_to(beliefs, (rounds, 2))
    worth, values, agree = np.zeros(2), [], []
    for k in reversed(range(rounds)):
        wait = np.broadcast_to(factors, (2,)) * worth
        fits = bool(wait.sum() <= 1 + 1e-14)
        worth = p[k] * (1 - wait[::-1]) + (1 - p[k]) * wait if fits else wait
        values.insert(0, worth)
        agree.insert(0, fits)
    return np.array(values), agree


@pytest.mark.parametrize("p", [(0.5, 0.5), (1.0, 1.0), (0.9, 0.4), (0.2, 0.3), (0.0, 1.0), (0.0, 0.0), (1.0, 0.0)])
@pytest.mark.parametrize("delta", [0.01, 0.5, 0.9, 0.999])
def test_without_a_deadline_agreement_is_immediate(p: tuple[float, float], delta: float) -> None:
    """Yildiz (2003), Econometrica 71, and (2011), Annual Review of Economics 3: V_i = p_i / (1 + delta y), at once."""
    found, y = solved(p, delta), sum(p) - 1
    assert found.date == 0 and found.probability == 1 and np.all(found.delay == 0)
    assert found.utilities == pytest.approx(np.array(p) / (1 + delta * y), abs=1e-12)
    rent = found.proposing("Ann")[0] - found.proposing("Bob")[0]
    assert rent == pytest.approx((1 - delta) / (1 + delta * y), abs=1e-12)
    assert bg.verify(found, trials=200).ok


@pytest.mark.parametrize("p, delta", [((1.0, 1.0), 0.9), ((0.8, 0.7), 0.95), ((0.6, 0.45), 0.99), ((1.0, 0.3), 0.8)])
def test_before_a_deadline_optimists_wait_for_it(p: tuple[float, float], delta: float) -> None:
    """Deadline effect of Yildiz (2003, 2011), numbers ours: they wait for the last round while delta^k (1 + y) > 1."""
    last = next(k for k in range(1000) if delta**k * sum(p) <= 1)
    for rounds in (1, 2, last, last + 1, last + 2, last + 20):
        found = solved(p, delta, rounds)
        assert found.date == (rounds - 1 if rounds <= last else 0)
        if rounds <= last:
            assert found.utilities == pytest.approx(delta ** (rounds - 1) * np.array(p), abs=1e-14)
            assert found.delay == pytest.approx(1 - delta ** (rounds - 1), abs=1e-14)
        else:
            w = delta**last * np.array(p)
            at = rounds - 1 - last
            assert found.values[at] == pytest.approx(np.array(p) * (1 - w[::-1]) + (1 - np.array(p)) * w, abs=1e-14)
        assert found.agree.tolist() == induction(p, delta, rounds)[1]
        assert bg.verify(found, trials=100).ok


def test_two_rounds_and_sure_optimists() -> None:
    """Both sure of the last offer: no agreement before it if 2 delta > 1; by hand, ours after Yildiz (2003)."""
    assert solved((1, 1), 0.6, 2).date == 1 and solved((1, 1), 0.6, 2).utilities == pytest.approx([0.6, 0.6])
    early = solved([[0.5, 0.5], [1, 1]], 0.4, 2)
    assert early.date == 0 and early.utilities == pytest.approx([0.5, 0.5])
    assert early.proposing("Ann") == pytest.approx([0.6, 0.4])
    even = solved((1, 1), 0.5, 2)
    assert even.date == 0 and even.proposing("Bob") == pytest.approx([0.5, 0.5])


def test_induction_written_anew() -> None:
    rng = np.random.default_rng(4)
    late = 0
    for _ in range(30):
        rounds = int(rng.integers(1, 12))
        beliefs = rng.random((rounds, 2) if rng.random() < 0.5 else 2) ** 0.5
        factors = rng.uniform(0.5, 0.99, 2)
        values, agree = induction(beliefs, factors, rounds)
        found = solved(beliefs, factors, rounds, pie(5, [1, 2]))
        assert found.gains == pytest.approx(2 * values[0], abs=1e-12)
        assert found.values - [1, 2] == pytest.approx(2 * values, abs=1e-12)
        assert found.agree.tolist() == agree and found.date == agree.index(True)
        late += bool(found.date > 0)
        assert bg.verify(found, trials=50).ok
    assert late > 3


FRONTIERS = {
    "pie": pie, "curved": curved, "curve": lambda: bg.from_curve(lambda u: 4 - u**2, [0.2, 0.5], low=0, high=2),
    "polygon": lambda: bg.lotteries(bg.from_points([[0, 4], [3, 3], [4, 0], [1, 1]], [0, 0])),
    "sloping ends": lambda: bg.lotteries(bg.from_points([[1, 4], [3, 3], [4, 2]], [0, 0])),
    "flat ends": lambda: bg.capped(pie(), [0.7, 0.8]),
}  # fmt: skip


@pytest.mark.parametrize("name", FRONTIERS)
@pytest.mark.parametrize("rounds", [None, 1, 5])
def test_without_disagreement_it_is_a_random_proposer(name: str, rounds: int | None) -> None:
    """With p_1 + p_2 = 1 beliefs agree: the same as `SequentialOffers(proposers=p)`."""
    problem = FRONTIERS[name]()
    for p, factors in (((0.3, 0.7), (0.9, 0.8)), ((0.5, 0.5), (0.7, 0.7)), ((0.98, 0.02), (0.6, 0.95))):
        found = solved(p, factors, rounds, problem)
        known = bg.solve(problem, bg.SequentialOffers(factors=factors, proposers=p, rounds=rounds))
        assert isinstance(known, bg.Talks)
        tight = 1e-12 if name in ("pie", "polygon", "sloping ends") else 1e-9
        assert found.utilities == pytest.approx(known.utilities, abs=tight)
        for party in (0, 1):
            assert found.proposing(party) == pytest.approx(known.proposing(party), abs=10 * tight)
        assert found.date == 0
        assert bg.verify(found, trials=200).ok


@pytest.mark.parametrize("name", FRONTIERS)
def test_long_talks_are_endless_ones(name: str) -> None:
    """Backward induction over many rounds tends to the values that repeat themselves, on every frontier."""
    problem = FRONTIERS[name]()
    for p in ((0.9, 0.8), (0.3, 0.4), (1.0, 0.6), (0.02, 0.99)):
        endless, long = solved(p, (0.7, 0.8), None, problem), solved(p, (0.7, 0.8), 150, problem)
        assert long.date == 0 and endless.date == 0
        assert long.utilities == pytest.approx(endless.utilities, abs=1e-6 if name == "curve" else 1e-8)
        assert bg.verify(endless, trials=200).ok


def test_only_the_ratio_to_what_can_be_had_matters() -> None:
    """Units and zeros of utility do not matter, and parties can change places."""
    found = solved((0.9, 0.4), (0.9, 0.7), 6)
    other = solved((0.9, 0.4), (0.9, 0.7), 6, bg.rescaled(pie(12, [1, 1]), [3.0, 1.0], [5.0, -1.0]))
    assert other.gains == pytest.approx(found.utilities * [30, 10], abs=1e-12)
    changed = solved((0.4, 0.9), (0.7, 0.9), 6)
    assert changed.utilities[::-1] == pytest.approx(found.utilities, abs=1e-14)


def test_optimism_pays_and_makes_up_no_pie() -> None:
    """A party expects more the more often it thinks it is drawn; optimists' expectations sum to more than the pie."""
    own = [solved((p, 0.6), 0.9).utilities for p in np.linspace(0, 1, 21)]
    assert np.all(np.diff(own, axis=0) @ np.diag([1, -1]) > -1e-12)
    assert solved((0.8, 0.6), 0.9).utilities.sum() > 1 > solved((0.3, 0.6), 0.9).utilities.sum()


def test_a_stack_is_its_games() -> None:
    d = np.array([[0.0, 0.0], [0.1, 0.2], [0.6, 0.6], [np.nan, 0], [1e300, 0.0]])
    for rounds in (None, 4):
        model = bg.Optimism((0.9, 0.8), (0.9, 0.8), rounds)
        stack = bg.solve(pie().replace(disagreement=d), model)
        assert isinstance(stack, bg.Expectations)
        bad = [bg.Status.NO_AGREEMENT, bg.Status.NOT_FINITE, bg.Status.NOT_FINITE]
        assert stack.status.tolist() == [bg.Status.OK] * 2 + bad
        for k in range(2):
            alone = bg.solve(pie().replace(disagreement=d[k]), model)
            for name in ("utilities", "values", "thresholds", "date", "delay", "probability", "residual", "agree"):
                assert getattr(stack, name)[k] == pytest.approx(getattr(alone, name), abs=1e-14)
            assert stack.proposing(0)[k] == pytest.approx(alone.proposing(0), abs=1e-14)
        for name in ("utilities", "values", "thresholds", "date", "delay", "probability"):
            assert np.all(np.isnan(getattr(stack, name)[2:])), name
        assert np.all(np.isnan(stack.proposing("Bob")[2:]))
        assert repr(stack).endswith("2 of 5 games solved")
        assert bg.verify(stack, trials=100).ok


def test_settings_of_other_kinds() -> None:
    found = solved([np.float32(0.75), 0.5], np.float32(0.5), 3)
    assert found.utilities == pytest.approx(solved((0.75, 0.5), (0.5, 0.5), 3).utilities, abs=1e-15)


@pytest.mark.parametrize("rounds", [None, 6])
@pytest.mark.parametrize("name, change", [
    ("utilities", [0.001, 0.0]), ("values", 0.001), ("values", [0.0, -0.001]), ("thresholds", [0.0, 0.001]),
    ("utilities", np.nan),
])  # fmt: skip
def test_what_is_not_the_equilibrium_fails(name: str, change: Any, rounds: int | None) -> None:
    found = solved((0.9, 0.8), 0.9, rounds)
    assert not bg.verify(replace(found, **{name: getattr(found, name) + np.array(change)}), trials=200).ok


def test_other_decisions_offers_and_models_fail() -> None:
    found = solved((0.9, 0.8), 0.9, 4)
    assert found.agree.tolist() == [False] * 3 + [True]
    for agree in ([True, False, False, True], [False] * 4):
        assert not bg.verify(replace(found, agree=np.array(agree)), trials=200).ok
    assert not bg.verify(replace(found, model=bg.Optimism((0.9, 0.81), 0.9, 4)), trials=200).ok
    early = solved((0.5, 0.5), 0.9, 4)
    assert not bg.verify(replace(early, agree=np.array([False, True, True, True])), trials=200).ok
    assert not bg.verify(replace(early, offers=early.offers[::-1]), trials=200).ok


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "one belief": (lambda: bg.Optimism((0.6,), 0.9), InvalidProblem, "two probabilities"),  # type: ignore[arg-type]
    "more than sure": (lambda: bg.Optimism((0.6, 1.1), 0.9), InvalidProblem, "two probabilities"),
    "no belief": (lambda: bg.Optimism((0.6, np.nan), 0.9), InvalidProblem, "two probabilities"),
    "rows for ever": (lambda: bg.Optimism([[0.6, 0.6], [1, 1]], 0.9), InvalidProblem, "last round"),  # type: ignore[arg-type]
    "too few rows": (
        lambda: bg.Optimism([[0.6, 0.6], [1, 1]], 0.9, 3), InvalidProblem, "a row of two",  # type: ignore[arg-type]
    ),
    "no impatience": (lambda: bg.Optimism((0.6, 0.6), 1.0), InvalidProblem, "strictly between 0 and 1"),
    "no round": (lambda: bg.Optimism((0.6, 0.6), 0.9, 0), InvalidProblem, "at least 1"),
    "half a round": (lambda: bg.Optimism((0.6, 0.6), 0.9, 2.5), InvalidProblem, "whole"),  # type: ignore[arg-type]
    "three parties": (
        lambda: bg.solve(bg.split(1, [bg.Linear()] * 3), bg.Optimism((0.6, 0.6), 0.9)), InvalidProblem, "two parties",
    ),
    "nothing": (lambda: solved((0.6, 0.6), 0.9, None, pie(1, [0.6, 0.6])), NoAgreement, "no deal"),
    "nothing in time": (lambda: solved((0.6, 0.6), 0.9, 3, pie(1, [0.6, 0.6])), NoAgreement, "no deal"),
    "points": (
        lambda: solved((0.6, 0.6), 0.9, None, bg.from_points([[0, 4], [3, 3], [4, 0]], [0, 0])), InvalidProblem,
        "convex set",
    ),
    "nobody": (lambda: solved((0.6, 0.6), 0.9).proposing("Cid"), UnknownName, "Cid"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_has_no_meaning_is_refused(name: str) -> None:
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_points_before_a_deadline() -> None:
    """With a last round sets need not be convex: three deals, and by hand the middle one for who is drawn in round one."""
    found = solved((0.8, 0.8), 0.5, 2, bg.from_points([[0, 4], [3, 3], [4, 0]], [0, 0]))
    assert found.values[1] == pytest.approx([3.2, 3.2])
    assert found.thresholds[0] == pytest.approx([1.6, 1.6]) and found.date == 0
    assert found.proposing(0) == pytest.approx([3, 3]) and found.utilities == pytest.approx([3, 3])
    assert bg.verify(found).ok


@pytest.mark.parametrize("name", FRONTIERS)
@pytest.mark.parametrize("factors", [(0.9, 0.8), (0.98, 0.95)])
def test_a_party_sure_never_to_be_drawn(name: str, factors: tuple[float, float]) -> None:
    """It expects what the other's best deal leaves it, here next to nothing unless the frontier ends before that."""
    problem = FRONTIERS[name]()
    found = solved((0, 1), factors, None, problem)
    left = problem.best.utilities[1]
    assert found.utilities == pytest.approx(left, abs=1e-5)
    assert bg.verify(found, trials=200).ok
