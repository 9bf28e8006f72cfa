# ruff: noqa: E501 - one case a line
"""What problems and awards hold, how they read, and what is said of bad ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.awards import ClaimsRule, award
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.errors import BargainingError, InvalidProblem, NotConverged, UnknownName
from bargaining.problems.claims import ClaimsProblem
from tests.claims.problems import RULES, divided

WIVES = ClaimsProblem(200, (100, 200, 300), parties=("first", "second", "third"), unit="zuz")


@dataclass(frozen=True)
class Wrong(ClaimsRule):
    """A rule of a user's own that awards what it was told to."""

    told: Any

    @property
    def label(self) -> str:
        return "own rule"

    def awards(self, estate: Any, claims: Any) -> Any:
        return self.told


def test_a_problem() -> None:
    assert (WIVES.n, WIVES.shape) == (3, ())
    assert WIVES.truncated.tolist() == [100, 200, 200]
    assert ClaimsProblem(500, (100, 200, 300)).minimal_rights.tolist() == [0, 100, 200]
    assert ClaimsProblem(1, (2, 3)).parties == ("claimant 1", "claimant 2")
    assert repr(WIVES) == "ClaimsProblem(first v second v third: estate=200.0, claims=[100.0, 200.0, 300.0])"
    assert WIVES.replace(estate=100).estate == 100
    assert WIVES.replace(estate=100).parties == WIVES.parties
    bargain = WIVES.problem
    assert bargain.parties == WIVES.parties and bargain.units == ("zuz",) * 3
    assert bargain.feasible.units() == dict.fromkeys(WIVES.parties, "zuz")


def test_a_problem_does_not_change_with_what_it_was_made_of() -> None:
    claims = np.array([100.0, 200.0])
    problem = ClaimsProblem(200, claims)
    claims[0] = 0
    assert problem.claims.tolist() == [100, 200]


def test_stacks_broadcast() -> None:
    stack = ClaimsProblem(np.array([[10.0], [20.0]]), np.ones((3, 4)) * [5, 10, 15, 20])
    assert stack.shape == (2, 3)
    assert repr(stack) == "ClaimsProblem(claimant 1 v claimant 2 v claimant 3 v claimant 4: stack of shape (2, 3))"
    found = award(stack, Talmud())
    assert found.awards.shape == found.losses.shape == found.fractions.shape == (2, 3, 4)
    assert np.sum(found.awards, axis=-1) == pytest.approx(np.broadcast_to([[10], [20]], (2, 3)))
    assert stack.minimal_rights.shape == stack.truncated.shape == (2, 3, 4)
    assert award(ClaimsProblem(np.zeros(0), (1, 2)), Talmud()).awards.shape == (0, 2)


def test_awards() -> None:
    found = award(WIVES, Talmud())
    assert found.losses.tolist() == [50, 125, 225]
    assert found.fractions.tolist() == [0.5, 0.375, 0.25]
    assert repr(found) == "Talmud: first 50, second 75, third 75 [sum to the estate, 200 zuz]"
    page = found._repr_html_()
    assert "<b>Talmud</b> <code>Talmud()</code>" in page and "<td>second</td><td>200</td><td>75</td><td>125</td>" in page
    stack = award(ClaimsProblem([200, -1], (100, 200, 300)), Talmud())
    assert repr(stack) == "Talmud(): 1 of 2 games divided"
    assert stack._repr_html_() == "<pre>Talmud(): 1 of 2 games divided</pre>"


def test_names_are_escaped() -> None:
    found = award(ClaimsProblem(1, (1, 2), parties=("<b>", "&"), unit="<i>"), Wrong([[0, 1]]))
    assert "<td>&lt;b&gt;</td>" in found._repr_html_() and "1 &lt;i&gt;" in found._repr_html_()


@pytest.mark.parametrize("rule", RULES, ids=[rule.label for rule in RULES])
def test_a_claim_of_zero_is_met_in_full(rule: ClaimsRule) -> None:
    found = award(ClaimsProblem(3, (0, 2, 4)), rule)
    assert found.awards[0] == 0 and found.fractions[0] == 1
    nothing = award(ClaimsProblem(0, (0, 0)), rule)
    assert nothing.awards.tolist() == [0, 0] and nothing.fractions.tolist() == [1, 1]


@pytest.mark.parametrize("rule", RULES, ids=[rule.label for rule in RULES])
def test_rounding_is_no_surplus(rule: ClaimsRule) -> None:
    estate = 0.1 + 0.2 + 0.3  # more than sum((0.1, 0.2, 0.3)) in another order
    problem = ClaimsProblem(np.nextafter(estate, 1), (0.3, 0.2, 0.1))
    assert problem.estate == 0.6
    assert award(problem, rule).awards == pytest.approx([0.3, 0.2, 0.1], rel=1e-15)
    stack = problem.replace(estate=[estate, 0.6001])
    assert stack.valid.tolist() == [True, False]


def test_a_bad_game_of_a_stack_leaves_the_others_alone() -> None:
    estate = np.array([200, -1, np.nan, np.inf, 601, 200, 200, 0.0])
    claims = np.array([[100, 200, 300.0]] * 8)
    claims[5, 0], claims[6, 1] = -1, np.inf
    stack = ClaimsProblem(estate, claims)
    for rule in RULES:
        found = award(stack, rule)
        assert [bg.Status(code).label for code in found.status] == ["ok", *["not finite"] * 6, "ok"]
        lost = found.status != bg.Status.OK
        assert np.array_equal(np.isnan(found.awards), np.broadcast_to(lost[:, None], (8, 3)))
        assert np.array_equal(np.isnan(found.fractions), np.isnan(found.awards))
        alone = ClaimsProblem(estate[~lost], claims[~lost])
        assert np.array_equal(found.awards[~lost], divided(alone, rule))
    for numbers in (stack.truncated, stack.minimal_rights):
        assert np.array_equal(np.isnan(numbers).any(axis=1), ~stack.valid)


def test_many_claimants_and_many_games() -> None:
    rng = np.random.default_rng(1)
    claims = rng.random(20)
    assert np.sum(award(ClaimsProblem(5, claims), RandomArrival()).awards) == pytest.approx(5, rel=1e-14)
    many = ClaimsProblem(rng.random(20_000), 1 + rng.random((20_000, 10)))  # more groups than are held at a time
    awards = award(many, RandomArrival()).awards
    assert np.array_equal(awards[-1], award(ClaimsProblem(many.estate[-1], many.claims[-1]), RandomArrival()).awards)


BAD: list[tuple[str, Callable[[], Any], type[BargainingError], str]] = [
    ("a negative claim", lambda: ClaimsProblem(1, (2, -3), ("a", "b")), InvalidProblem, "b claims -3; a claim must be zero or more"),
    ("a negative estate", lambda: ClaimsProblem(-1, (2, 3)), InvalidProblem, "estate = -1 must be zero or more"),
    ("more than is claimed", lambda: ClaimsProblem(601, (100, 200, 300)), InvalidProblem,
     "estate 601 is more than the claims, which sum to 600: nobody's claim is contested. Pay all in full, or lower"),
    ("a little more than is claimed", lambda: ClaimsProblem(6 + 1e-9, (1, 2, 3)), InvalidProblem, "estate 6.000000001 is more"),
    ("an infinite claim", lambda: ClaimsProblem(1, (2, np.inf)), InvalidProblem, "claims = .* is not finite"),
    ("no estate", lambda: ClaimsProblem(np.nan, (2, 3)), InvalidProblem, "estate = nan is not finite"),
    ("claims beyond numbers", lambda: ClaimsProblem(1, (1e200, 3)), InvalidProblem, "out of the range of floating-point numbers"),
    ("one claimant", lambda: ClaimsProblem(1, (2,)), InvalidProblem, "at least two claimants"),
    ("one claim", lambda: ClaimsProblem(1, 2), InvalidProblem, "at least two claimants"),
    ("claims in words", lambda: ClaimsProblem(1, ("all", "half")), InvalidProblem, "claims = .* is not an array of real numbers"),
    ("an estate in words", lambda: ClaimsProblem("much", (2, 3)), InvalidProblem, "estate = 'much' is not an array of real numbers"),
    ("too few names", lambda: ClaimsProblem(1, (2, 3), ("a",)), InvalidProblem, "give 2 distinct names, one for each claim"),
    ("a name twice", lambda: ClaimsProblem(1, (2, 3), ("a", "a")), InvalidProblem, "give 2 distinct names"),
    ("a name for all", lambda: ClaimsProblem(1, (2, 3), "ab"), InvalidProblem, "must be a list"),
    ("no unit", lambda: ClaimsProblem(1, (2, 3), unit=5), InvalidProblem, "write the unit of the estate"),  # type: ignore[arg-type]
    ("stacks that do not match", lambda: ClaimsProblem([1, 2], np.ones((3, 2))), InvalidProblem, "leading axes"),
    ("an unknown field", lambda: WIVES.replace(state=1), UnknownName, "no field of a claims problem named 'state'; did you mean 'estate'"),
    ("a bargaining problem", lambda: award(WIVES.problem, Talmud()), InvalidProblem, r"no ClaimsProblem; build one with bg\.ClaimsProblem"),  # type: ignore[arg-type]
    ("a concept for a rule", lambda: award(WIVES, bg.Nash()), InvalidProblem, r"Nash.* is no ClaimsRule; write for example bg\.Talmud\(\)"),  # type: ignore[arg-type]
    ("a class for a rule", lambda: award(WIVES, Talmud), InvalidProblem, "is no ClaimsRule"),  # type: ignore[arg-type]
    ("too many claimants", lambda: award(ClaimsProblem(1, np.ones(21)), RandomArrival()), InvalidProblem, "at most 20 claimants, not 21"),
    ("awards of too much", lambda: award(WIVES, Wrong([[100, 100, 100]])), NotConverged, r"own rule does not divide the estate: .* sum to 300\. They must sum to 200 .*mend Wrong\.awards"),
    ("awards above a claim", lambda: award(WIVES, Wrong([[150, 50, 0]])), NotConverged, "between zero and the claims"),
    ("awards below zero", lambda: award(WIVES, Wrong([[-50, 50, 200]])), NotConverged, "between zero and the claims"),
    ("awards that are none", lambda: award(WIVES, Wrong([[np.nan, 100, 100]])), NotConverged, "own rule"),
    ("awards of another shape", lambda: award(WIVES, Wrong([50, 75, 75])), InvalidProblem, r"awards of own rule have shape \(3,\); .*here \(1, 3\)"),
    ("awards in words", lambda: award(WIVES, Wrong("equal")), InvalidProblem, "the awards of own rule = 'equal' is not an array"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "error", "words"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_bad_input(ask: Callable[[], Any], error: type[BargainingError], words: str) -> None:
    with pytest.raises(error, match=words):
        ask()


def test_a_rule_that_fails_in_one_game_of_a_stack() -> None:
    stack = WIVES.replace(estate=[200, 300])
    found = award(stack, Wrong([[50, 75, 75], [50, 75, 75]]))
    assert [bg.Status(code).label for code in found.status] == ["ok", "not converged"]
    assert np.isnan(found.awards[1]).all() and found.awards[0].tolist() == [50, 75, 75]


def test_the_error_carries_its_evidence() -> None:
    with pytest.raises(NotConverged) as caught:
        award(WIVES, Wrong([[100, 100, 100]]))
    assert caught.value.evidence["awards"].tolist() == [100, 100, 100]
    assert caught.value.evidence["estate"] == 200
