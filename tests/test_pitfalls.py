"""Mistakes that are easily made in this field, each with the right answer: conventions that software gets wrong."""

from __future__ import annotations

import time

import numpy as np
import pytest

import bargaining as bg


def test_disagreement_is_taken_as_given_though_every_deal_beats_it() -> None:
    """d = 0 is not replaced by the worst deal: products are 160,000, 89,401 and 160,000."""
    solution = bg.solve(bg.from_points([[1000, 160], [299, 299], [160, 1000]], [0, 0]), bg.Nash())
    assert solution.ties is not None
    assert solution.ties.utilities.tolist() == [[1000, 160], [160, 1000]]


def test_two_losses_do_not_multiply_to_a_gain() -> None:
    solution = bg.solve(bg.from_points([[0.1, 0.1, 0.1], [-0.5, -0.5, 0.9]], [0, 0, 0]), bg.Nash())
    assert solution.utilities.tolist() == [0.1, 0.1, 0.1]
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian()):
        with pytest.raises(bg.NoAgreement):
            bg.solve(bg.from_points([[0.5, 0.5], [0.4, 0.9]], [1, 1]), concept)


def test_kalai_smorodinsky_maximises_the_smallest_ratio() -> None:
    """Not the equality of ratios: (.42, .45) has nearly equal ones."""
    points = [[0.42, 0.45], [0.95, 0.44], [0.44, 0.40], [1, 0], [0, 1]]
    solution = bg.solve(bg.from_points(points, [0, 0]), bg.KalaiSmorodinsky())
    assert solution.terms["alternative"] == 1
    assert solution.utilities == pytest.approx([0.44, 0.44])  # the point on the ray; the deal gives .51 more to the first
    assert solution.spare == pytest.approx([0.51, 0])


def test_the_ideal_point_leaves_out_deals_that_the_other_side_rejects() -> None:
    """(10, -5) is not individually rational, so the ideal point is (4, 4) and two deals tie."""
    problem = bg.from_points([[10, -5], [4, 1], [3, 2], [2, 3], [1, 4]], [0, 0])
    solution = bg.solve(problem, bg.KalaiSmorodinsky())
    assert problem.ideal.tolist() == [4, 4]
    assert solution.ties is not None
    assert solution.ties.utilities.tolist() == [[3, 2], [2, 3]]


@pytest.mark.parametrize("scale", [(1.0, 1.0), (1e9, 1.0), (1e-6, 1e-6), (1e-9, 1e9)])
def test_lotteries_draw_from_few_deals_in_all_units(scale: tuple[float, float]) -> None:
    points = np.random.default_rng(5).random((1000, 2))
    solution = bg.solve(bg.lotteries(bg.from_points(points * scale, [0, 0])), bg.Nash())
    plain = bg.solve(bg.lotteries(bg.from_points(points, [0, 0])), bg.Nash())
    assert solution.lottery is not None
    assert np.count_nonzero(solution.lottery.probabilities) <= 2
    assert solution.utilities / scale == pytest.approx(plain.utilities, rel=1e-12)


def test_a_thousand_efficient_deals_take_no_time() -> None:
    angles = np.linspace(0, np.pi / 2, 1000)
    hull = bg.lotteries(bg.from_points(np.stack([np.cos(angles), np.sin(angles)], axis=-1), [0, 0]))
    begun = time.perf_counter()
    solution = bg.solve(hull, bg.Nash())
    assert time.perf_counter() - begun < 10  # not a benchmark: a minute means that something enumerates
    assert solution.utilities == pytest.approx([0.5**0.5, 0.5**0.5], abs=1e-6)


def test_nearly_equal_points_are_told_apart_and_copies_are_kept() -> None:
    front = bg.frontier(bg.from_points([[0.5, 0.5], [0.5 + 1e-9, 0.5 + 1e-9], [0.5 + 1e-9, 0.5 + 1e-9]], [0, 0]))
    assert front.terms["alternative"].tolist() == [2, 1]
    assert not front.joined and front.error == 0


def test_ties_are_relative_to_the_size_of_utilities() -> None:
    for size in (1e-9, 1.0, 1e9):
        same = bg.solve(bg.from_points(np.array([[1, 4], [4, 1 + 1e-14]]) * size, [0, 0]), bg.Nash())
        other = bg.solve(bg.from_points(np.array([[1, 4], [4, 1 + 1e-9]]) * size, [0, 0]), bg.Nash())
        assert same.ties is not None and other.ties is None


def test_ties_say_which_game_of_a_stack() -> None:
    stack = bg.from_points([[[1, 4], [4, 1]], [[1, 4], [4, 2]], [[2, 3], [3, 2]]], np.zeros((3, 2)))
    solution = bg.solve(stack, bg.Nash())
    assert solution.ties is not None
    assert solution.ties.games.tolist() == [0, 0, 2, 2]
    assert solution.ties.terms["alternative"].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "flat",
    [
        bg.split(1, [bg.Linear(), bg.Linear()]),
        bg.lotteries(bg.from_points([[1, 0], [0, 1]], [0, 0])),
        bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0]),
    ],
    ids=["pie", "polygon", "issues"],
)
def test_a_flat_frontier_ties_for_the_utilitarian(flat: bg.Problem) -> None:
    solution = bg.solve(flat, bg.Utilitarian())
    assert solution.ties is not None
    assert np.sort(solution.ties.utilities, axis=0) == pytest.approx(np.array([[0, 0], [1, 1]]), abs=2e-7)
    assert "tie" in repr(solution)


def test_money_and_utility_of_the_fallback_are_not_confused() -> None:
    """The fallback is money: a risk-averse party's disagreement payoff is the utility of it."""
    pie = bg.split(10, [bg.Power(0.5), bg.Linear()], fallback=[4, 1])
    assert pie.disagreement.tolist() == [2, 1]


def test_comparisons_of_utility_are_said_with_their_units() -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0], units=("million USD", "tonnes"))
    for concept in (bg.Egalitarian(), bg.Utilitarian(), bg.Proportional((1, 2))):
        assert "million USD with tonnes" in repr(bg.solve(pie, concept))
    assert "compares" not in repr(bg.solve(pie, bg.Nash()))


def test_without_free_disposal_the_ray_must_meet_the_set() -> None:
    """Roth (1979): on the hull of d and two points the Kalai-Smorodinsky ray leaves the set at once, for three parties."""
    points = bg.from_points([[0, 0, 0], [1, 0, 1], [0, 1, 1]], [0, 0, 0])
    with pytest.raises(bg.NoAgreement):
        bg.solve(bg.lotteries(points, free_disposal=False), bg.KalaiSmorodinsky())
    with_disposal = bg.solve(bg.lotteries(points), bg.KalaiSmorodinsky())
    assert with_disposal.utilities == pytest.approx([0.5, 0.5, 0.5], abs=1e-12)
    assert with_disposal.spare == pytest.approx([0, 0, 0.5], abs=1e-9)
    rectangle = bg.from_points([[0, 0], [2, 1], [0, 1]], [0, 0])
    assert bg.solve(bg.lotteries(rectangle, free_disposal=False), bg.Egalitarian()).utilities == pytest.approx([1, 1])


def test_a_wrong_claim_does_not_pass_verification() -> None:
    from dataclasses import replace

    right = bg.solve(bg.split(1, [bg.Power(0.5), bg.Linear()]), bg.Nash())
    shares = {"party 1": np.array(0.4), "party 2": np.array(0.6)}
    wrong = replace(right, terms=shares, utilities=right.problem.evaluate(shares))
    assert bg.verify(right).ok
    report = bg.verify(wrong)
    assert not report.ok and "FAILED no drawn deal has more welfare" in repr(report)
    assert "FAILED the deal gives these utilities" in repr(bg.verify(replace(right, terms=shares)))
    talks = bg.solve(bg.split(1, [bg.Linear(), bg.Linear()]), bg.AlternatingOffers(factors=(0.9, 0.8)))
    assert talks.equilibrium is not None
    greedy = replace(talks, equilibrium=replace(talks.equilibrium, thresholds=talks.equilibrium.thresholds + 0.1))
    assert bg.verify(talks).ok and not bg.verify(greedy).ok


def test_caps_on_alternatives_are_compared_one_by_one() -> None:
    points = bg.from_points([[0, 4], [3, 3], [4, 0], [1, 1]], disagreement=[0, 0])
    capped = bg.solve(bg.capped(points, [1000, 0.9]), bg.Utilitarian())
    assert capped.utilities.tolist() == [4.0, 0.0]  # not (3, 0.9), though a cap binds there


def test_a_cap_below_disagreement_leaves_nothing_to_agree_on() -> None:
    pie = bg.split(10, [bg.Linear(), bg.Linear()], [2, 3])
    for concept in (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian()):
        with pytest.raises(bg.NoAgreement):
            bg.solve(bg.capped(pie, [2, 9]), concept)


def test_fine_frontiers_take_no_time() -> None:
    line = bg.frontier(bg.from_curve(lambda u: 4 - u**2, [0, 0]), tol=1e-10)  # 65,000 points; all pairs would not fit
    assert line.error == pytest.approx(1e-10, rel=0.01)
    assert np.all(np.abs(line.points[:, 1] - (4 - line.points[:, 0] ** 2)) <= 1e-12)


def test_payoffs_lost_in_rounding_are_refused() -> None:
    for build in (
        lambda: bg.from_points([[0, 4], [3, 3]], [0, -1e300]),
        lambda: bg.rescaled(bg.split(1, [bg.Linear(), bg.Linear()]), [1, 1], [1e9, 0]),
        lambda: bg.from_curve(lambda u: 4 - u, [0, 0], low=0, high=1e-300),
    ):
        with pytest.raises(bg.BargainingError, match="lost in rounding"):
            bg.solve(build(), bg.Nash())
