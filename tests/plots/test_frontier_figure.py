"""The frontier figure: what is on it, that labels do not overlap, that files come out the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Annotation

import bargaining as bg
from bargaining import cases, plots
from bargaining.errors import InvalidProblem, UnknownName

mpl.use("Agg")
CASE = cases.load("microsoft-openai")


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def figure(scenario: str | None) -> Axes:
    game = CASE.problem(scenario)
    solutions = [bg.solve(game, concept) for concept in CASE.concepts(scenario).values()]
    terms = dict(CASE.deals["press-midpoint"].terms)
    terms["stake"] = min(terms["stake"], game.feasible.bounds()["stake"][1])
    return plots.draw_frontier(bg.frontier(game, 1e-3), solutions=solutions, deals={"press midpoint": terms})


def notes(ax: Axes) -> list[Annotation]:
    panels = [ax, *ax.child_axes]
    return [text for panel in panels for text in panel.texts if isinstance(text, Annotation)]


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
    boxes = {note.get_text(): Annotation.get_window_extent(note) for note in written}
    frame = ax.figure.bbox
    for text, box in boxes.items():
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, text
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, text
    for one, two in combinations(boxes, 2):
        a, b = (mpl.text.Text.get_window_extent(n) for n in written if n.get_text() in (one, two))
        assert not a.overlaps(b), (one, two)


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
    stack = bg.solve(pie.replace(disagreement=[[0, 0], [0.1, 0]]), bg.Nash())
    with pytest.raises(InvalidProblem, match="single two-party"):
        plots.draw_frontier(bg.frontier(pie), solutions=[stack])
    ax = plots.draw_frontier(bg.frontier(pie))
    with pytest.raises(UnknownName, match="png"):
        plots.save(ax, tmp_path / "f", ["jpg"])
