"""Games of threats: what is drawn where, and named how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bargaining as bg
from bargaining import plots
from bargaining.errors import InvalidProblem
from tests.plots.figures import assert_readable, notes

GAME = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]], parties=("Ann", "Bob"), units=("USD", "EUR"))
PAID = bg.ThreatGame([[0, 6, -1], [4, 3, 5]], [[0, 2, 2], [-1, 6, 5]], transferable=True)


def crowd(size: int) -> bg.ThreatGame:
    """A game of many actions whose payoffs lie close together, far below the frontier."""
    A, B = np.random.default_rng(size).random((2, size, size))
    return bg.ThreatGame(10 + A, 10 + B, agreements=bg.split(100, [bg.Linear()] * 2))


GAMES: dict[str, Callable[[], bg.ThreatGame]] = {
    "lotteries": lambda: GAME,
    "side payments": lambda: PAID,
    "the case": lambda: bg.cases.load("microsoft-openai").no_deal(),
    "close together": lambda: crowd(3),
    "too many to name": lambda: crowd(9),
    "one outcome": lambda: bg.ThreatGame([[3]], [[1]]),
    "strictly competitive": lambda: bg.ThreatGame([[0, 1], [2, -1]], [[0, -1], [-2, 1]]),
    "one party has nothing at stake": lambda: bg.ThreatGame([[1, 2], [3, 4]], np.ones((2, 2))),
}


@pytest.mark.parametrize("name", GAMES)
def test_figures_are_readable(name: str) -> None:
    game = GAMES[name]()
    solved = [bg.solve(game, model) for model in (bg.RationalThreats(), bg.SecurityLevels())]
    ax = plots.draw_threats(game, solutions=solved)
    assert_readable(ax)
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for solution in solved:
        for x, y in (solution.utilities, solution.problem.disagreement):
            assert low <= x <= high and bottom <= y <= top


def test_what_is_marked_where() -> None:
    rational = bg.solve(GAME, bg.RationalThreats())
    ax = plots.draw_threats(GAME, solutions=[rational])
    marked = {tuple(np.round(np.column_stack(line.get_data())[0], 9)) for line in ax.lines if len(line.get_xdata()) == 1}
    assert {(1.0, 2.0), (6.5, 3.375)} <= marked
    dots = [np.column_stack(line.get_data()) for line in ax.lines if len(line.get_xdata()) == 4]
    assert np.array_equal(dots[0], [[1, 2], [8, 3], [4, 4], [2, 1]])
    assert {note.get_text() for note in notes(ax)} == {
        "rational threats", "row 1,\ncolumn 1", "row 1,\ncolumn 2", "row 2,\ncolumn 1", "row 2,\ncolumn 2"
    }  # fmt: skip
    assert ax.get_xlabel() == "Payoff of Ann\n(USD)" and ax.get_ylabel() == "Payoff of Bob\n(EUR)"


def test_solutions_that_coincide_share_a_name() -> None:
    game = bg.cases.load("microsoft-openai").no_deal()
    ax = plots.draw_threats(game, solutions=[bg.solve(game, bg.RationalThreats()), bg.solve(game, bg.NoDealEquilibrium(1))])
    (note,) = (note for note in notes(ax) if "rational" in note.get_text())
    assert " ".join(note.get_text().split()) == "rational threats; Nash, no-deal equilibrium (1)"
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "Microsoft:", "keep", "build", "litigate", "OpenAI:", "keep", "buy elsewhere", "complain"
    ]  # fmt: skip


def test_a_given_axis_is_drawn_on_and_files_are_the_same_each_time(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        with plots.paper():
            ax = plt.subplots()[1]
        assert plots.draw_threats(PAID, solutions=[bg.solve(PAID, bg.Coco())], ax=ax) is ax
        files.append(plots.save(ax, tmp_path / name, ("svg",))[0].read_bytes())
    assert files[0] == files[1]


BAD: dict[str, tuple[Callable[[], object], str]] = {
    "a problem": (lambda: plots.draw_threats(GAME.problem([1, 2])), "is no ThreatGame; build one with"),  # type: ignore[arg-type]
    "a stack": (lambda: plots.draw_threats(bg.ThreatGame(np.ones((2, 1, 1)), np.ones((2, 1, 1)))), "one game is drawn"),
    "no solutions": (lambda: plots.draw_threats(GAME, solutions=[1]), "is no Solution"),  # type: ignore[list-item]
    "another game's": (lambda: plots.draw_threats(GAME, solutions=[bg.solve(PAID, bg.Coco())]), "no solution of this game"),
    "no axis": (lambda: plots.draw_threats(GAME, ax=1), "is no Axes"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidProblem, match=message):
        call()
