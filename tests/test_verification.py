"""What `verify` must not let pass, whatever the set: claims that no deal supports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from tests.problems import problems

PROBLEMS = problems()


def failed(solution: bg.Solution) -> list[str]:
    """Return the claims that do not hold."""
    found = bg.verify(solution)
    return [check.claim for check in found.checks if not np.all(check.passed(found.tol))]


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_more_for_everybody_is_no_deal(name: str) -> None:
    solution = bg.solve(PROBLEMS[name](), bg.Nash())
    more = solution.utilities + 0.1 * solution.problem.feasible.spread()
    lottery = solution.lottery
    assert not failed(solution)
    assert "the deal gives these utilities" in failed(replace(solution, utilities=more))
    if lottery is not None:
        lottery = replace(lottery, utilities=lottery.utilities + 0.1 * solution.problem.feasible.spread()[..., None, :])
        assert "the deal gives these utilities" in failed(replace(solution, utilities=more, lottery=lottery))


def test_a_point_above_the_curve_is_no_deal() -> None:
    solution = bg.solve(bg.from_curve(lambda u: 4 - u**2, [0, 0]), bg.Nash())
    for claim in ([1.2, 2.7], [101.0, 102.0], [-50.0, 4.2]):
        assert "the deal gives these utilities" in failed(replace(solution, utilities=np.array(claim)))


def test_a_steep_curve_is_not_accused_of_rounding() -> None:
    steep = bg.from_curve(lambda u: np.sqrt(1 - u), [0, 0], low=0, high=1)
    assert not failed(bg.solve(steep, bg.Nash((1 - 1e-6, 1e-6))))


def test_a_game_without_an_answer_does_not_hide_the_others() -> None:
    solution = bg.solve(bg.split([1, 1], [bg.Linear(), bg.Linear()], [[0, 0], [0.7, 0.7]]), bg.Nash())
    assert not failed(solution)
    assert failed(replace(solution, utilities=np.array([[0.8, 0.8], [np.nan, np.nan]])))


def test_an_equilibrium_must_be_made_of_deals() -> None:
    solution = bg.solve(bg.split(1, [bg.Linear(), bg.Power(0.5)]), bg.AlternatingOffers(factors=(0.9, 0.8)))
    found: Any = solution.equilibrium
    assert not failed(solution)
    raised = tuple(replace(proposal, utilities=proposal.utilities + 1) for proposal in found.proposals)
    waiting = found.origin + found.factors * (np.array([raised[0].utilities[0], raised[1].utilities[1]]) - found.origin)
    claim = replace(found, proposals=raised, thresholds=waiting)
    assert "the offer of party 1 is a deal" in failed(replace(solution, equilibrium=claim, utilities=raised[0].utilities))
    assert "the outcome is a proposal" in failed(replace(solution, utilities=np.array([0.5, np.sqrt(0.5)])))


def test_the_ideal_point_is_not_taken_on_trust() -> None:
    pie = bg.split(1, [bg.Linear(), bg.Power(0.5)])
    best = pie.best
    low = best.utilities * np.array([[0.8, 1.0], [1.0, 1.0]])
    pie.__dict__["best"] = replace(best, utilities=low)  # as a solver would leave it that stops too soon
    solution = bg.solve(pie, bg.KalaiSmorodinsky())
    assert solution.utilities == pytest.approx([0.5535, 0.6682], abs=0.03)  # not (.618, .618)
    assert {"deals give the ideal point", "no drawn deal is beyond the ideal point"} <= set(failed(solution))
