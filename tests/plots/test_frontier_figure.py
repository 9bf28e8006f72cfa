"""The frontier figure: what is on it, that labels do not overlap, that files come out the same."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes

import bargaining as bg
from bargaining import cases, plots
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.solution import attempt
from tests.plots.figures import EIGHTEEN, assert_readable, key, notes, pie, solutions

CASE = cases.load("microsoft-openai")


def figure(scenario: str | None) -> Axes:
    game = CASE.problem(scenario)
    solutions = [bg.solve(game, concept) for concept in CASE.concepts(scenario).values()]
    terms = dict(CASE.deals["press-midpoint"].terms)
    terms["stake"] = min(terms["stake"], game.feasible.bounds()["stake"][1])
    return plots.draw_frontier(bg.frontier(game, 1e-3), solutions=solutions, deals={"press midpoint": terms})


@pytest.mark.parametrize("scenario", [None, *(name for name in CASE.scenarios if CASE.problem(name).n == 2)])
def test_every_solution_is_labelled_without_overlap(scenario: str | None) -> None:
    ax = figure(scenario)
    written = notes(ax)
    texts = [note.get_text() for note in written]
    expected = {
        "disagreement",
        "ideal point",
        "Nash",
        "Kalai-Smorodinsky",
        "Rubinstein",
        "press midpoint",
        "equal Nash product",
    }
    assert set(texts) == expected
    assert_readable(ax)


def test_axes_have_party_unit_and_date() -> None:
    ax = figure(None)
    assert ax.get_xlabel() == "Gain of Microsoft\n($bn, present value at 29 July 2025)"
    assert ax.get_ylabel() == "Gain of OpenAI\n($bn, present value at 29 July 2025)"
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["offer of Microsoft", "offer of OpenAI"]


def test_files_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    paths = [plots.save(figure(None), tmp_path / run) for run in ("one", "two")]
    for one, two in zip(*paths, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.suffix
        assert one.stat().st_size > 1000


def test_takes_an_axis_and_gives_it_back() -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
    _, ax = plt.subplots()
    assert plots.draw_frontier(bg.frontier(pie), ax=ax) is ax
    assert ax.get_xlabel() == "Gain of a"


def test_refusals(tmp_path: Path) -> None:
    pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
    front, deal = bg.frontier(pie), bg.solve(pie, bg.Nash())
    stack = bg.solve(pie.replace(disagreement=[[0, 0], [0.1, 0]]), bg.Nash())
    other = bg.solve(pie.replace(disagreement=[0.1, 0]), bg.Nash())
    lost = attempt(pie.replace(disagreement=[2, 2]), bg.Nash())
    for bad, match in (
        ([stack], "single two-party.*Draw one game"),
        (deal, "must be a list"),
        ([bg.Nash()], "no Solution; .*bg.solve"),
        ([other], "different disagreement points"),
        ([lost], "Nash has no numbers to draw: its status is 'no agreement'. Leave it out"),
    ):
        with pytest.raises(InvalidProblem, match=match):
            plots.draw_frontier(front, solutions=bad)
    with pytest.raises(InvalidProblem, match=r"no Frontier; .*bg.frontier\(problem\)"):
        plots.draw_frontier(pie)
    with pytest.raises(InvalidProblem, match="no Axes"):
        plots.draw_frontier(front, ax=plt.figure())
    for deals in ([{"x": 1}], {"press": 1}, {"press": {"x": [0.1, 0.2]}}):
        with pytest.raises(InvalidProblem, match="deals"):
            plots.draw_frontier(front, deals=deals)
    ax = plots.draw_frontier(front)
    with pytest.raises(UnknownName, match="png"):
        plots.save(ax, tmp_path / "f", ["jpg"])


def test_many_solutions_are_numbered_and_the_key_lists_all() -> None:
    ax = plots.draw_frontier(bg.frontier(pie()), solutions=solutions(pie()))
    assert_readable(ax)
    numbers, names = key(ax)
    listed = [int(number) for number in numbers.replace(",", " ").split()]
    assert sorted(listed) == list(range(1, 19))
    for concept in EIGHTEEN:
        assert concept.label in " ".join(names.split())
    assert "1, 10" in numbers  # Nash, and Nash with equal weights
    written = {note.get_text() for note in notes(ax)}
    assert {line for line in numbers.split("\n") if line} <= written
    assert len(ax.child_axes) == 1  # the crowd around Nash, enlarged


def test_solutions_that_coincide_share_marker_and_name() -> None:
    even = bg.split(1, [bg.Linear(), bg.Linear()])
    concepts = (bg.Nash(), bg.KalaiSmorodinsky(), bg.Nash((2, 1)))
    ax = plots.draw_frontier(bg.frontier(even), solutions=solutions(even, concepts))
    assert {"Nash; Kalai-Smorodinsky", "Nash (2, 1)"} <= {note.get_text() for note in notes(ax)}
    assert key(ax) == []
    assert_readable(ax)


def test_names_without_room_become_numbers() -> None:
    _, ax = plt.subplots(figsize=(2.6, 2.2))
    plots.draw_frontier(bg.frontier(pie()), solutions=solutions(pie(), EIGHTEEN[:7]), ax=ax)
    assert len(key(ax)) == 2
    numbers, names = key(ax)
    assert numbers.split() == ["1", "2", "3", "4", "5", "6", "7"]
    texts = {note.get_text() for note in notes(ax)}
    assert "1" in texts and "Nash" not in texts  # nothing is left of the names that were tried
    assert "Kalai-Smorodinsky" in names


def test_a_key_stays_within_a_figure_without_a_layout() -> None:
    figure, (ax, other) = plt.subplots(1, 2, figsize=(10, 4))
    before = other.get_position().bounds
    plots.draw_frontier(bg.frontier(pie()), solutions=solutions(pie()), ax=ax)
    figure.canvas.draw()
    names = next(text for text in ax.texts if "Kalai" in text.get_text())
    assert names.get_window_extent().x1 < other.get_window_extent().x0
    assert other.get_position().bounds == before


@pytest.mark.parametrize(("fallback", "shown"), [(30, "utilitarian (2, 1), not\nrational"), (90, "at (100, -90)")])
def test_solutions_outside_the_rational_region_are_shown_or_pointed_to(fallback: float, shown: str) -> None:
    even = bg.split(100, [bg.Linear(), bg.Linear()], fallback=[0, fallback])
    outside = bg.solve(even, bg.Utilitarian(weights=(2, 1), rational=False))
    ax = plots.draw_frontier(bg.frontier(even), solutions=[outside, bg.solve(even, bg.Nash())])
    label = next(note for note in notes(ax) if "not\nrational" in note.get_text())
    assert shown in label.get_text()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < label.xy[0] < right and bottom < label.xy[1] < top
    assert_readable(ax)
