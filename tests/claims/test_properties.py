"""Properties that rules have, or lack (Thomson 2003, Mathematical Social Sciences 45, 249-297), on random problems."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bargaining.awards import ClaimsRule, award
from bargaining.claims.adjusted_proportional import AdjustedProportional
from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards
from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses
from bargaining.claims.minimal_overlap import MinimalOverlap
from bargaining.claims.proportional_awards import ProportionalAwards
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.problems.claims import ClaimsProblem
from tests.claims.problems import PROBLEMS, RULES, SIZES, Numbers, divided

EXACT = 1e-13
SELF_DUAL = (Talmud(), RandomArrival(), ProportionalAwards(), AdjustedProportional())
CONSISTENT = (ConstrainedEqualAwards(), ConstrainedEqualLosses(), ProportionalAwards(), Talmud())

every_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.label for rule in RULES])
every_size = pytest.mark.parametrize("n", SIZES)


def total(problem: ClaimsProblem) -> Numbers:
    return np.sum(problem.claims, axis=-1, keepdims=True)


def assert_close(one: Numbers, two: Numbers, unit: Numbers, tol: float = EXACT) -> None:
    """Require numbers of a stack to agree, as shares of a unit of each game."""
    assert np.max(np.abs(one - two) - tol * unit) <= 0.0


@every_rule
@every_size
def test_awards_divide_the_estate(rule: ClaimsRule, n: int) -> None:
    problem = PROBLEMS[n]
    awards = divided(problem, rule)
    assert_close(np.sum(awards, axis=1), problem.estate, problem.estate)
    assert np.all((awards >= 0) & (awards <= problem.claims))


@every_rule
@every_size
def test_larger_claims_get_and_lose_as_much(rule: ClaimsRule, n: int) -> None:
    problem = PROBLEMS[n]
    order = np.argsort(problem.claims, axis=1)
    awards = np.take_along_axis(divided(problem, rule), order, axis=1)
    losses = np.take_along_axis(problem.claims, order, axis=1) - awards
    slack = EXACT * total(problem)
    assert np.all(np.diff(awards, axis=1) >= -slack) and np.all(np.diff(losses, axis=1) >= -slack)


@every_rule
@every_size
def test_nobody_loses_by_a_larger_estate(rule: ClaimsRule, n: int) -> None:
    problem = PROBLEMS[n]
    more = problem.replace(estate=0.7 * problem.estate + 0.3 * total(problem)[:, 0])
    assert np.all(divided(more, rule) >= divided(problem, rule) - EXACT * total(problem))


@every_rule
@every_size
def test_names_do_not_matter(rule: ClaimsRule, n: int) -> None:
    problem = PROBLEMS[n]
    turned = problem.replace(claims=np.roll(problem.claims, 1, axis=1))
    assert_close(divided(turned, rule), np.roll(divided(problem, rule), 1, axis=1), total(problem))


@every_rule
@pytest.mark.parametrize("unit", [1e-9, 1e-3, 7.0, 1e9])
def test_units_do_not_matter(rule: ClaimsRule, unit: float) -> None:
    problem = PROBLEMS[4]
    other = problem.replace(estate=unit * problem.estate, claims=unit * problem.claims)
    assert_close(divided(other, rule), unit * divided(problem, rule), unit * total(problem))


def dual(problem: ClaimsProblem, rule: ClaimsRule) -> Numbers:
    """Return what is left of the claims when the rule divides what is missing."""
    return problem.claims - divided(problem.replace(estate=total(problem)[:, 0] - problem.estate), rule)


@pytest.mark.parametrize("rule", SELF_DUAL, ids=[rule.label for rule in SELF_DUAL])
@every_size
def test_awards_and_losses_are_divided_alike(rule: ClaimsRule, n: int) -> None:
    assert_close(dual(PROBLEMS[n], rule), divided(PROBLEMS[n], rule), total(PROBLEMS[n]))


@every_size
def test_equal_losses_are_the_dual_of_equal_awards(n: int) -> None:
    problem = PROBLEMS[n]
    assert_close(dual(problem, ConstrainedEqualAwards()), divided(problem, ConstrainedEqualLosses()), total(problem))


def test_minimal_overlap_is_not_self_dual() -> None:
    problem = ClaimsProblem([300.0], [[100, 200, 300]])
    missed = np.max(np.abs(dual(problem, MinimalOverlap()) - divided(problem, MinimalOverlap())))
    assert missed == pytest.approx(200 / 3)  # (200, 350, 350) / 3 against (100, 250, 550) / 3


def reduced(problem: ClaimsProblem, awards: Numbers, leaver: int) -> ClaimsProblem:
    """Return the problem of those who stay when one leaves with its award."""
    stay = np.delete(problem.claims, leaver, axis=1)
    left = np.sum(np.delete(awards, leaver, axis=1), axis=1)
    return ClaimsProblem(left, stay)


@pytest.mark.parametrize("rule", CONSISTENT, ids=[rule.label for rule in CONSISTENT])
@pytest.mark.parametrize("n", [n for n in SIZES if n > 2])
def test_who_stays_gets_the_same(rule: ClaimsRule, n: int) -> None:
    problem = PROBLEMS[n]
    awards = divided(problem, rule)
    for leaver in range(n):
        rest = divided(reduced(problem, awards, leaver), rule)
        assert_close(rest, np.delete(awards, leaver, axis=1), total(problem))


def test_random_arrival_is_not_consistent() -> None:
    # 200 of (100, 200, 300) gives (100/3, 250/3, 250/3). Without the third, 350/3 of (100, 200) are (50, 200/3).
    problem = ClaimsProblem([200.0], [[100, 200, 300]])
    rest = divided(reduced(problem, divided(problem, RandomArrival()), 2), RandomArrival())
    assert rest[0] == pytest.approx([50, 200 / 3])


@every_size
def test_any_two_divide_the_contested_garment(n: int) -> None:
    problem = PROBLEMS[n]
    awards = divided(problem, Talmud())
    for i, j in combinations(range(n), 2):
        both = awards[:, i] + awards[:, j]
        conceded = [np.maximum(both - problem.claims[:, k], 0.0) for k in (i, j)]  # by the one to the other
        assert_close(awards[:, i], conceded[1] + (both - sum(conceded)) / 2, total(problem)[:, 0])


@every_size
def test_of_two_claimants_four_rules_are_one(n: int) -> None:
    pairs = ClaimsProblem(PROBLEMS[n].estate.clip(0, np.sum(PROBLEMS[n].claims[:, :2], axis=1)), PROBLEMS[n].claims[:, :2])
    garment = divided(pairs, Talmud())
    for rule in (RandomArrival(), MinimalOverlap(), AdjustedProportional()):
        assert_close(divided(pairs, rule), garment, total(pairs))


@every_rule
def test_claims_far_above_the_estate_cost_no_digits(rule: ClaimsRule) -> None:
    # Claims differ by no more than the estate, so that all of them have a share in any rule.
    estate, claims = 1.0, 1e9 + np.array([0.0, 0.25, 0.5])
    awards = award(ClaimsProblem(estate, claims), rule).awards
    assert np.sum(awards) == pytest.approx(1.0, rel=1e-15)
    expected = [1 / 12, 4 / 12, 7 / 12] if isinstance(rule, ConstrainedEqualLosses) else [1 / 3] * 3
    assert awards == pytest.approx(expected, rel=1e-8 if isinstance(rule, ProportionalAwards) else 1e-15)


@every_rule
def test_a_small_claim_beside_a_large_one(rule: ClaimsRule) -> None:
    # The large claim leaves nothing over: the small one is contested in full.
    awards = award(ClaimsProblem(0.2, (0.1, 1e9)), rule).awards
    assert np.sum(awards) == pytest.approx(0.2, rel=1e-15)
    small = {"constrained equal awards": 0.1, "constrained equal losses": 0.0, "proportional": 2e-11}
    assert awards[0] == pytest.approx(small.get(rule.label, 0.05), rel=1e-9)
