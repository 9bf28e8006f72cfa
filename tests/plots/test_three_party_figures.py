"""Figures of three parties: every label is there and readable, weak parts differ, files come out the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bargaining as bg
from bargaining import plots
from bargaining.errors import InvalidProblem
from bargaining.problems.problem import Problem
from tests import problems
from tests.plots.figures import assert_readable, key, notes, solutions

FEW = (bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian(), bg.Proportional((2, 1, 1)), bg.Nash((3, 1, 1)))
BOTH = (plots.draw_surface, plots.draw_ternary)


def pie() -> Problem:
    return bg.split(10, [bg.Linear(), bg.Power(0.5), bg.Log(2)], parties=("Ann", "Bob", "Cid"), unit="USD")


def cloud(lots: bool) -> Problem:
    points = bg.from_points(np.random.default_rng(1).random((30, 3)), [0.1] * 3)
    return bg.lotteries(points) if lots else points


EXAMPLES: dict[str, Callable[[], Problem]] = {
    "pie": pie,
    "capped": problems.capped_simplex,
    "ellipsoid": problems.ellipsoid,
    "hull": lambda: cloud(True),
    "stairs": lambda: cloud(False),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_solution_is_in_the_key_of_the_surface(name: str) -> None:
    game = EXAMPLES[name]()
    ax = plots.draw_surface(bg.surface(game, rays=31), solutions=solutions(game, FEW))
    numbers, names = key(ax)
    listed = [int(number) for number in numbers.replace(",", " ").split()]
    assert sorted(listed) == list(range(1, 7))
    for concept in FEW:
        assert concept.label in " ".join(names.split())
    assert {line for line in numbers.split("\n") if line} == {note.get_text() for note in notes(ax)}
    assert_readable(ax)
    weak = bool(np.any(bg.surface(game, rays=31).weak))
    assert (ax.get_legend() is not None) == weak == (name not in ("pie", "ellipsoid"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_solution_is_in_the_triangle(name: str) -> None:
    game = EXAMPLES[name]()
    ax = plots.draw_ternary(bg.surface(game, rays=31), solutions=solutions(game, FEW))
    said = " ".join(" ".join(text.get_text() for text in ax.texts).split())
    for concept in FEW:
        assert concept.label in said
    for party in game.parties:
        assert f"share of {party}" in said
    assert_readable(ax)


def test_axes_have_party_and_unit() -> None:
    game = pie().replace(units=("USD", "EUR", ""))
    ax = plots.draw_surface(bg.surface(game, rays=11))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == (
        "Gain of Ann\n(USD)",
        "Gain of Bob\n(EUR)",
        "Gain of Cid",
    )
    corners = [text.get_text() for text in plots.draw_ternary(bg.surface(game, rays=11)).texts]
    assert {"Ann\n(ideal gain 10 USD)", "Bob\n(ideal gain 3.16 EUR)"} <= set(corners)


def test_many_solutions_are_numbered_in_the_triangle() -> None:
    game = pie()
    many = [bg.Nash((w, 1, 1)) for w in range(1, 13)] + [bg.Nash()]
    ax = plots.draw_ternary(bg.surface(game, rays=31), solutions=solutions(game, many))
    numbers, names = key(ax)
    assert numbers.split("\n")[0] == "1, 13"
    assert "Nash (12, 1, 1)" in names
    assert_readable(ax)


def test_deals_say_how_far_they_go() -> None:
    half = {"Ann": 2.5, "Bob": 1.25, "Cid": 1.25}
    ax = plots.draw_ternary(bg.surface(pie(), rays=11), deals={"half": half})
    found = next(note.get_text() for note in notes(ax))
    t = pie().gains(pie().evaluate(half))[0] / bg.solve(pie(), bg.Proportional(tuple(pie().evaluate(half)))).gains[0]
    assert found == f"half ({t:.0%} of the way)"
    ax = plots.draw_surface(bg.surface(pie(), rays=11), deals={"half": half})
    assert key(ax)[0] == "a" and "half" in key(ax)[1]


def test_shades_of_a_plane_say_its_level() -> None:
    flat = bg.split(6, [bg.Linear()] * 3)
    texts = [text.get_text() for text in plots.draw_ternary(bg.surface(flat, rays=11)).texts]
    assert "sum of fractions 1 everywhere" in texts


@pytest.mark.parametrize("draw", BOTH)
def test_files_are_the_same_byte_for_byte(draw: Any, tmp_path: Path) -> None:
    game = problems.capped_simplex()
    runs = []
    for run in ("one", "two"):
        ax = draw(bg.surface(game, rays=21), solutions=solutions(game, FEW))
        runs.append(plots.save(ax, tmp_path / run))
    for one, two in zip(*runs, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.suffix


def test_axes_that_are_given_come_back() -> None:
    found = bg.surface(pie(), rays=11)
    figure = plt.figure(figsize=(10, 5), layout="constrained")
    solid, flat = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
    assert plots.draw_surface(found, solutions=solutions(pie(), FEW), ax=solid) is solid
    assert plots.draw_ternary(found, solutions=solutions(pie(), FEW), ax=flat) is flat


@pytest.mark.parametrize("draw", BOTH)
def test_refusals(draw: Any) -> None:
    found, deal = bg.surface(pie(), rays=11), bg.solve(pie(), bg.Nash())
    with pytest.raises(InvalidProblem, match=r"no Surface; .*bg.surface\(problem\)"):
        draw(pie())
    with pytest.raises(InvalidProblem, match="must be a list"):
        draw(found, solutions=deal)
    two = bg.split(1, [bg.Linear()] * 2)
    with pytest.raises(InvalidProblem, match="single three-party"):
        draw(found, solutions=[bg.solve(two, bg.Nash())])


def test_the_triangle_has_no_place_for_losses_and_the_surface_no_flat_axes() -> None:
    game = bg.split(10, [bg.Linear()] * 3, fallback=[0, 0, 2])
    loss = bg.solve(game, bg.Utilitarian(weights=(3, 2, 1), rational=False))
    found = bg.surface(game, rays=11)
    with pytest.raises(InvalidProblem, match=r"no place for losses.*draw_surface"):
        plots.draw_ternary(found, solutions=[loss])
    assert_readable(plots.draw_surface(found, solutions=[loss]))
    with pytest.raises(InvalidProblem, match="projection"):
        plots.draw_surface(found, ax=plt.subplots()[1])
