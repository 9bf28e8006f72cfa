"""Schedules of awards: where lines bend, who is named where, what is marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

import bargaining as bg
from bargaining import plots
from bargaining.awards import ClaimsRule
from bargaining.claims.adjusted_proportional import AdjustedProportional
from bargaining.claims.constrained_equal_awards import ConstrainedEqualAwards
from bargaining.claims.constrained_equal_losses import ConstrainedEqualLosses
from bargaining.claims.minimal_overlap import MinimalOverlap
from bargaining.claims.proportional_awards import ProportionalAwards
from bargaining.claims.random_arrival import RandomArrival
from bargaining.claims.talmud import Talmud
from bargaining.errors import InvalidProblem, NotConverged
from bargaining.plots.awards import draw_awards
from bargaining.plots.ends import apart
from bargaining.problems.claims import ClaimsProblem
from tests.plots.figures import assert_readable, notes

WIVES = ClaimsProblem(200, (100, 200, 300), parties=("first", "second", "third"), unit="zuz")

# Where schedules for (100, 200, 300) bend, between nothing and 600: where the formulas of the rules change.
KINKS: list[tuple[ClaimsRule, list[float]]] = [
    (ConstrainedEqualAwards(), [300, 500]),
    (ConstrainedEqualLosses(), [100, 300]),
    (ProportionalAwards(), []),
    (Talmud(), [150, 250, 350, 450]),
    (RandomArrival(), [100, 200, 400, 500]),
    (MinimalOverlap(), [100, 200, 300, 400]),
]


@dataclass(frozen=True)
class Seniority(ClaimsRule):
    """Pay the first claimant in full, then the second, and so on; beyond `limit`, nobody."""

    limit: float = np.inf

    @property
    def label(self) -> str:
        return "seniority"

    def awards(self, estate: Any, claims: Any) -> Any:
        before = np.cumsum(claims, axis=-1) - claims
        paid = np.clip(estate[:, None] - before, 0.0, claims)
        return np.where(estate[:, None] > self.limit, 0.0, paid)


def curves(ax: Axes) -> dict[str, np.ndarray[Any, Any]]:
    """Return what is drawn of each colour, put together, (m, 2)."""
    found: dict[str, list[Any]] = {}
    for line in ax.get_lines():
        if line.get_marker() == "None" and line.get_zorder() == 3:
            found.setdefault(to_hex(line.get_color()), []).append(line.get_xydata())
    return {color: np.concatenate(parts) for color, parts in found.items()}


@pytest.mark.parametrize(("rule", "kinks"), KINKS, ids=[rule.label for rule, _ in KINKS])
def test_lines_bend_where_the_formula_changes(rule: ClaimsRule, kinks: list[float]) -> None:
    ax = draw_awards(WIVES, rule)
    estates = np.linspace(0, 600, 1201)
    expected = rule.awards(estates, np.tile(WIVES.claims, (1201, 1)))
    corners: set[float] = set()
    for path, awards in zip(curves(ax).values(), expected.T, strict=True):
        assert np.interp(estates, *path.T) == pytest.approx(awards, abs=600 * 2e-6)
        x, y = path[np.concatenate([[True], np.diff(path[:, 0]) > 0])].T
        bends = np.abs(np.diff(np.diff(y) / np.diff(x))) > 0.1
        corners.update(np.round(x[1:-1][bends]))
    assert sorted(corners) == kinks


def test_curved_schedules_are_drawn_curved() -> None:
    ax = draw_awards(WIVES, AdjustedProportional())
    estates = np.linspace(0, 600, 1201)
    expected = AdjustedProportional().awards(estates, np.tile(WIVES.claims, (1201, 1)))
    for path, awards in zip(curves(ax).values(), expected.T, strict=True):
        assert np.interp(estates, *path.T) == pytest.approx(awards, abs=600 * 2e-6)


def test_names_titles_and_the_estate() -> None:
    ax = draw_awards(WIVES, Talmud())
    assert [note.get_text() for note in notes(ax)] == ["first", "second", "third"]
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Talmud", "Estate (zuz)", "Award (zuz)")
    assert "estate 200 zuz" in [text.get_text() for text in ax.texts]
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.get_lines() if line.get_marker() == "o"]
    assert dots == [(200, 50), (200, 75), (200, 75)]
    assert max(ax.get_xticks()) <= 600 and max(ax.get_yticks()) <= 300
    assert_readable(ax)


def test_shared_stretches_take_turns_in_the_colours_of_all() -> None:
    ax = draw_awards(WIVES, Talmud())
    first = [line for line in ax.get_lines() if line.get_zorder() == 3 and line.get_xdata()[0] == 0]
    assert len(first) == 3 and all(line.is_dashed() for line in first)
    assert [line.get_xdata()[-1] for line in first] == pytest.approx([150] * 3, abs=6)
    last = [line for line in ax.get_lines() if line.get_zorder() == 3 and line.get_xdata()[-1] == 600]
    assert len(last) == 3 and not any(line.is_dashed() for line in last)
    sizes = [line.get_markersize() for line in ax.get_lines() if line.get_marker() == "o"]
    assert sizes[1] > sizes[2] == sizes[0]  # a ring around the dot on it


def test_equal_claimants_share_a_line_and_its_name() -> None:
    ax = draw_awards(ClaimsProblem(400, (100, 200, 100), parties=("a", "b", "c")), RandomArrival())
    assert [note.get_text() for note in notes(ax)] == ["a, c", "b"]
    assert_readable(ax)


def test_equal_claimants_that_are_treated_differently_do_not() -> None:
    ax = draw_awards(ClaimsProblem(50, (100, 100), parties=("a", "b")), Seniority())
    written = notes(ax)
    assert [note.get_text() for note in written] == ["a", "b"]
    assert [note.arrow_patch.get_visible() for note in written] == [True, False]  # both lines end at 100
    assert_readable(ax)


@pytest.mark.parametrize("estate", [0.0, 0.05, 1.0])
def test_many_claimants_have_room(estate: float) -> None:
    claims = np.array([1, 2, 2.1, 2.2, 2.3, 9, 9.1, 9.2, 20, 20.1, 0, 0.1])
    problem = ClaimsProblem(estate * np.sum(claims), claims, unit="$bn, present value at 29 July 2025")
    assert_readable(draw_awards(problem, Talmud()))


def test_takes_an_axis_and_gives_it_back(tmp_path: Path) -> None:
    _, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
    for ax, rule in zip(axes, (Talmud(), RandomArrival()), strict=True):
        assert draw_awards(WIVES, rule, ax=ax) is ax
        assert_readable(ax)
    files = [plots.save(draw_awards(WIVES, Talmud()), tmp_path / run, ["png", "svg"]) for run in ("one", "two")]
    for one, two in zip(*files, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_refusals() -> None:
    for bad, rule, words in (
        (WIVES.problem, Talmud(), "no ClaimsProblem"),
        (WIVES, bg.Nash(), "no ClaimsRule"),
        (WIVES.replace(estate=[1, 2]), Talmud(), r"stack of shape \(2,\)"),
        (ClaimsProblem(0, (0, 0)), Talmud(), "nobody claims anything"),
    ):
        with pytest.raises(InvalidProblem, match=words):
            draw_awards(bad, rule)
    with pytest.raises(InvalidProblem, match="no Axes"):
        draw_awards(WIVES, Talmud(), ax=plt.figure())
    with pytest.raises(NotConverged, match="seniority does not divide the estate"):
        draw_awards(WIVES, Seniority(limit=300))


def test_places_apart() -> None:
    assert apart(np.array([0.0, 50.0]), np.full(2, 10.0), 0, 100).tolist() == [0, 50]
    assert apart(np.array([50.0, 50.0, 52.0]), np.full(3, 10.0), 0, 100) == pytest.approx([122 / 3, 152 / 3, 182 / 3])
    assert apart(np.array([100.0, 99.0, 1.0]), np.full(3, 10.0), 0, 100).tolist() == [100, 90, 1]
    assert apart(np.array([0.0, 0.0, 0.0]), np.full(3, 10.0), 0, 10).tolist() == [0, 5, 10]  # no room
