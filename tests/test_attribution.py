"""Sobol' indices: functions with known indices, constant outcomes, games without a deal, the case, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import sobol_indices

import bargaining as bg
from bargaining.errors import BargainingError, InvalidProblem, NotConverged, OutsideRange, UnknownName
from bargaining.problems.problem import Problem
from bargaining.statics.attribution import _shares
from tests.bad_calls import NUMBERS, THINGS

CASE = bg.cases.load("microsoft-openai")


def ishigami(x1: Any, x2: Any, x3: Any) -> Any:
    """Ishigami and Homma (1990), An importance quantification technique in uncertainty analysis, with a = 7, b = 0.1."""
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def agreed() -> Problem:
    """Both parties want y to be Ishigami's function; z costs nobody anything."""
    return bg.from_issues(
        [bg.Issue("y", -20, 20), bg.Issue("z")],
        payoffs=lambda y, z, *, x1, x2, x3: [1000 - (y - ishigami(x1, x2, x3)) ** 2 + z] * 2, parties=("a", "b"),
        disagreement=[0, 0], parameters={"x1": 0.0, "x2": 0.0, "x3": 0.0},
    )  # fmt: skip


def pie(**options: Any) -> Problem:
    return bg.from_issues(
        [bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0], **options
    )


BOX = dict.fromkeys(("x1", "x2", "x3"), (-np.pi, np.pi))


def test_known_indices_of_the_ishigami_function() -> None:
    found = bg.variance(agreed(), bg.Nash(), ["y", "z"], ranges=BOX, games=2048, rng=1)
    assert found.first["y"] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert found.total["y"] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    for index, truth in ((found.first_interval, [0.3139, 0.4424, 0.0]), (found.total_interval, [0.5576, 0.4424, 0.2437])):
        assert np.all((index["y"][:, 0] < truth) & (truth < index["y"][:, 1]))
        assert np.all(index["y"][:, 1] - index["y"][:, 0] < 0.15)
    assert found.deviation["y"] ** 2 == pytest.approx(49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5, rel=0.02)
    assert found.constant == {"z": pytest.approx(1.0)}
    assert found.first["z"].tolist() == [0.0, 0.0, 0.0]


def test_it_is_said_in_words_that_an_outcome_does_not_vary() -> None:
    found = bg.variance(agreed(), bg.Nash(), ["y", "z"], ranges=BOX, games=64, rng=1)
    assert "z is 1 in every draw" in repr(found)
    rows = found.to_dataframe()
    assert rows[rows["outcome"] == "z"]["note"].tolist() == ["the same in every draw: 1"] * 3
    assert not rows.isna().any().any()
    assert "range" in found.label


def test_additive_share_of_a_pie() -> None:
    ranges = {"disagreement one": (0.0, 0.2), "disagreement two": (0.0, 0.4)}
    found = bg.variance(pie(), bg.Nash(), "share", ranges=ranges, games=512, rng=2)  # (1 + d1 - d2) / 2
    assert found.first["share"] == pytest.approx([0.2, 0.8], abs=0.01)
    assert found.total["share"] == pytest.approx([0.2, 0.8], abs=0.01)
    assert found.mean["share"] == pytest.approx(0.45, abs=1e-3)
    table = found.table("share")
    assert table["parameter"].tolist() == ["disagreement two", "disagreement one"]
    assert np.all(table["total from"] <= table["total"]) and np.all(table["total"] <= table["total to"])


def test_impatience_is_drawn_too() -> None:
    ranges = {"impatience one": (0.1, 0.3), "impatience two": (0.1, 0.11)}
    found = bg.variance(
        pie(impatience=[0.1, 0.1]), bg.AlternatingOffers(period=0.1), "share", ranges=ranges, games=64, rng=3
    )
    assert found.total["share"][0] > 0.9


def test_resampled_indices_are_those_of_scipy() -> None:
    values = np.random.default_rng(0).normal(size=(5, 64)).cumsum(axis=0)
    values -= np.mean(values[:2])
    found = sobol_indices(func={"f_A": values[:1], "f_B": values[1:2], "f_AB": values[2:, None]}, n=64)
    same = _shares(values, np.ones((1, 64)))
    assert same[0, 0] == pytest.approx(found.first_order, rel=1e-12)
    assert same[1, 0] == pytest.approx(found.total_order, rel=1e-12)


def test_games_without_a_deal_gain_nothing_and_have_no_terms() -> None:
    ranges = {"disagreement one": (0.0, 0.9), "disagreement two": (0.0, 0.9)}
    found = bg.variance(pie(), bg.Nash(), ["gain one", "utility two"], ranges=ranges, games=256, rng=4)
    assert found.without_deal > 0
    assert found.left_out == {"gain one": 0, "utility two": 0}
    assert found.first["gain one"] == pytest.approx(found.first["gain one"][::-1], abs=0.1)
    with pytest.raises(InvalidProblem, match="no agreement, and so no terms"):
        bg.variance(pie(), bg.Nash(), "share", ranges=ranges, games=256, rng=4)
    edge = {"disagreement one": (0.0, 0.52), "disagreement two": (0.0, 0.52)}
    few = bg.variance(pie(), bg.Nash(), ["share", "gain one"], ranges=edge, games=256, rng=4)
    assert 0 < few.left_out["share"] < 20
    assert few.left_out["gain one"] == 0
    assert few.total["share"] == pytest.approx([0.5, 0.5], abs=0.05)
    assert "left out" in repr(few)


def test_the_case() -> None:
    found = bg.variance(CASE, bg.Nash(), "stake", games=64, rng=5, scenario="cap-joint", resamples=99)
    assert "L" in found.ranges
    assert not {"rho", "close", "period", "impatience_M"} & set(found.ranges)  # what does not enter is not drawn
    assert found.scenario == "cap-joint"
    fixed = bg.variance(CASE, bg.Nash(), "gain OpenAI", games=64, rng=5, L=0.2, theta=0.5, resamples=99)
    assert not {"L", "theta"} & set(fixed.ranges)
    two = bg.variance(CASE, bg.Nash(), "stake", ranges={"L": (0.2, 0.3), "theta": (0.5, 0.6)}, games=64, rng=5)
    again = bg.variance(CASE, bg.Nash(), "stake", ranges={"L": (0.2, 0.3), "theta": (0.5, 0.6)}, games=64, rng=5)
    assert two.total["stake"].tolist() == again.total["stake"].tolist()
    assert "uniform and independent" in two._repr_html_()


def test_what_counts_as_constant_is_measured_where_games_are_drawn() -> None:
    game = bg.from_issues(
        [bg.Issue("share")], {"one": lambda share, *, k: k * share, "two": lambda share: 1 - share}, [0, 0],
        parameters={"k": 1e12},
    )  # fmt: skip
    found = bg.variance(game, bg.Nash(), ["gain one", "share"], ranges={"k": (1.0, 2.0)}, games=64, rng=1, resamples=20)
    assert list(found.constant) == ["share"] and found.total["gain one"] == pytest.approx(1.0, abs=0.05)


def test_what_a_scenario_sets_is_not_drawn() -> None:
    found = bg.variance(CASE, bg.Nash(), "gain OpenAI", scenario="no-conversion-loss", games=16, rng=1, resamples=20)
    assert "L" not in found.ranges and "theta" in found.ranges
    with pytest.warns(OutsideRange):
        again = bg.variance(CASE, bg.Nash(), "gain OpenAI", L=0, games=16, rng=1, resamples=20)
    assert found.mean == again.mean


REFUSED: list[tuple[Any, dict[str, Any], type[BargainingError], str]] = [
    (3, {}, InvalidProblem, "give a case"),
    (pie(), {}, InvalidProblem, "nothing to draw"),
    (pie(), {"ranges": {"x": (0, 1)}}, UnknownName, "parameter to draw"),
    (pie(), {"ranges": {"disagreement one": (1, 0)}}, InvalidProblem, "low < high"),
    (pie(), {"ranges": {"disagreement one": (0, np.nan)}}, InvalidProblem, "finite"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "games": 100}, InvalidProblem, "power of two"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "of": "prize"}, UnknownName, "outcome"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "of": []}, InvalidProblem, "no outcome"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "concept": bg.Talmud()}, InvalidProblem, "no solution concept"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "confidence": 2}, InvalidProblem, "confidence"),
    (pie(), {"scenario": "x"}, InvalidProblem, "no scenarios"),
    (pie().replace(disagreement=np.zeros((3, 2))), {"ranges": {"disagreement one": (0, 1)}}, InvalidProblem, "stack"),
    (CASE, {"L": 0.2, "ranges": {"L": (0.1, 0.2)}}, InvalidProblem, "both fixed and drawn"),
    (CASE, {"scenario": "sourced-conversion-loss", "ranges": {"L": (0.1, 0.2)}}, InvalidProblem, "both fixed and drawn"),
    (CASE, {"scenario": "x"}, UnknownName, "scenario"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "games": 16.5}, InvalidProblem, "whole number"),
    (pie(), {"ranges": {"disagreement one": (0, 1)}, "resamples": 20.5}, InvalidProblem, "whole number"),
]


@pytest.mark.parametrize(("question", "options", "error", "match"), REFUSED, ids=lambda v: str(v)[:24])
def test_refusals(question: Any, options: dict[str, Any], error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        bg.variance(question, **{"concept": bg.Nash(), **options})


def test_many_games_that_are_not_solved_are_an_error() -> None:
    broken = bg.from_issues(
        [bg.Issue("share")], {"one": lambda share, *, k: share * np.sqrt(k), "two": lambda share: 1 - share}, [0, 0],
        parameters={"k": 1.0},
    )  # fmt: skip
    with np.errstate(invalid="ignore"), pytest.raises(NotConverged, match="not finite"):
        bg.variance(broken, bg.Nash(), "share", ranges={"k": (-1.0, 1.0)}, games=64, rng=1)


@pytest.mark.parametrize("argument", ["question", "concept", "of", "ranges", "games", "confidence", "resamples", "rng"])
def test_things_that_make_no_sense_are_refused(argument: str) -> None:
    good: dict[str, Any] = {
        "question": pie(), "concept": bg.Nash(), "of": "share", "ranges": {"disagreement one": (0.0, 0.1)}, "games": 16,
        "resamples": 20, "rng": 1,
    }  # fmt: skip
    pairs = [{"disagreement one": thing} for thing in THINGS] if argument == "ranges" else []
    for thing in [*THINGS, *NUMBERS, *pairs]:
        try:
            found = bg.variance(**{**good, argument: thing})
        except BargainingError as error:
            assert str(error)
        else:
            assert np.isfinite(found.total["share"]).all(), thing
