"""Distributions over draws: bars are the shares in the table, atoms stand apart, groups are never pooled."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

import bargaining as bg
from bargaining import plots
from bargaining.errors import InvalidProblem, UnknownName

CASE = bg.cases.load("microsoft-openai")
PRESS = CASE.deals["press-midpoint"].terms["stake"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    draws = bg.crossed(bg.draws(CASE.ranges, 2000, rng=3), cap_reading=CASE.choices["cap_reading"].options)
    return bg.sweep(CASE, draws, bg.Nash(), keep=["cap_reading", "stake", "revenue_share", "gain OpenAI"])


def bars(ax: Axes) -> tuple[list[Rectangle], list[Rectangle]]:
    """Return the bars of bins, which are pale, and those of ends."""
    drawn = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    pale = [bar for bar in drawn if to_rgba(bar.get_facecolor())[3] < 1]
    return pale, [bar for bar in drawn if bar not in pale]


def middle(bar: Rectangle) -> float:
    return float(bar.get_x() + bar.get_width() / 2)


def test_bars_are_the_shares_in_the_table(table: pd.DataFrame) -> None:
    panels = plots.draw_distribution(table, "stake", "cap_reading", marks={"press midpoint": PRESS})
    assert len(panels) == 3
    for ax, (name, rows) in zip(panels, table.groupby("cap_reading", sort=False), strict=True):
        inside, atoms = bars(ax)
        values = rows["stake"].to_numpy()
        near = 1e-6 * np.nanmax(values)
        (atom,) = atoms
        assert middle(atom) == pytest.approx(0.0, abs=1e-12)
        assert atom.get_height() == pytest.approx(np.mean(values <= near))
        for bar in inside:
            low, high = bar.get_x(), bar.get_x() + bar.get_width()
            share = np.mean((values > near) & (values >= low) & (values < high))
            assert bar.get_height() == pytest.approx(share, abs=1.5 / len(rows))  # the last bin has both its ends
        without = np.mean(rows["status"] == "no agreement")
        assert sum(bar.get_height() for bar in inside + atoms) == pytest.approx(1 - without)
        said = ax.get_title("right")
        assert f"median {np.nanmedian(values):.3g}" in said
        assert ("no deal: " in said) == bool(without) and ("a deal in all" in said) == (not without)
        assert ax.get_title("left") == f"cap reading: {str(name).replace('_', ' ')}"
        assert any(f"{100 * np.mean(values <= near):.0f} % at 0" == text.get_text() for text in ax.texts)
        marked = [line for line in ax.lines if len(set(line.get_xdata())) == 1 and line.get_linestyle() == "--"]
        assert [line.get_xdata()[0] for line in marked] == [PRESS]
    assert panels[-1].get_xlabel() == "Stake (fully diluted)"
    below = " ".join(panels[-1].texts[-1].get_text().split())
    assert below == "Nash, baseline; 2,000 draws from the ranges chosen in each panel; information of 29 July 2025"
    assert any("press midpoint: 0.27" in text.get_text() for text in panels[0].texts)


def test_quantiles_are_where_the_lines_are(table: pd.DataFrame) -> None:
    rows = table[table["cap_reading"] == "separate"]
    (ax,) = plots.draw_distribution(rows, "gain OpenAI")
    levels = np.quantile(rows["gain OpenAI"].dropna(), [0.05, 0.25, 0.5, 0.75, 0.95])
    lines = [line.get_xdata() for line in ax.lines]
    assert np.allclose(lines[0], levels[[0, 4]]) and np.allclose(lines[1], levels[[1, 3]])
    assert np.allclose(lines[2], levels[2])
    assert not bars(ax)[1]  # gains have no atoms
    assert ax.get_xlabel() == "Gain of OpenAI ($bn, present value at 29 July 2025)"


def test_nothing_written_covers_anything_written(table: pd.DataFrame) -> None:
    for column in ("stake", "revenue_share"):
        marks = {"press midpoint": PRESS, "reported": (0.249, 0.29)} if column == "stake" else {}
        panels = plots.draw_distribution(table, column, "cap_reading", marks=marks)
        figure = panels[0].get_figure(root=True)
        figure.canvas.draw()
        for ax in panels:
            boxes = [text.get_window_extent() for text in ax.texts]
            boxes += [
                title.get_window_extent() for title in (ax.title, ax._left_title, ax._right_title) if title.get_text()
            ]  # type: ignore[attr-defined]
            assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
            assert all(box.y1 <= figure.bbox.y1 + 1 and box.y0 >= figure.bbox.y0 - 1 for box in boxes)


def test_a_constant_and_a_band() -> None:
    flat = pd.DataFrame({"concept": "Nash", "stake": [0.2] * 4, "status": "ok"})
    (ax,) = plots.draw_distribution(flat, marks={"reported": (0.1, 0.3)})
    assert [bar.get_height() for bar in bars(ax)[1]] == [1.0]
    assert "4 calibrations" in ax.texts[-1].get_text()  # of a table of one's own nothing says that it was drawn
    low, high = ax.get_xlim()
    assert low < 0.1 and high > 0.3


def test_groups_are_not_pooled_and_axes_fit(table: pd.DataFrame) -> None:
    with pytest.raises(InvalidProblem, match="differ in cap_reading, and discrete questions are never averaged over"):
        plots.draw_distribution(table)
    with pytest.raises(InvalidProblem, match="3 groups need as many axes; 1 are given"):
        plots.draw_distribution(table, by="cap_reading", axes=plt.subplots()[1])
    own = plt.subplots(1, 3)[1]
    assert plots.draw_distribution(table, by="cap_reading", axes=own) == tuple(own)
    two = bg.sweep(CASE, bg.draws({"L": (0.1, 0.5)}, 50, rng=1), [bg.Nash(), bg.KalaiSmorodinsky()])
    with pytest.raises(InvalidProblem, match="differ in concept"):
        plots.draw_distribution(two)
    assert [ax.get_title("left") for ax in plots.draw_distribution(two, by="concept")] == ["Nash", "Kalai-Smorodinsky"]


def test_refusals(table: pd.DataFrame) -> None:
    one = table[table["cap_reading"] == "joint"]
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        plots.draw_distribution(one, "stak")
    with pytest.raises(InvalidProblem, match="must map names to values"):
        plots.draw_distribution(one, marks=0.27)  # type: ignore[arg-type]
    for value in ((0.3, 0.2), (0.1, 0.2, 0.3), np.nan, "x"):
        with pytest.raises(InvalidProblem, match="the mark 'press'"):
            plots.draw_distribution(one, marks={"press": value})  # type: ignore[dict-item]
    with pytest.raises(InvalidProblem, match=r"bg\.sweep"):
        plots.draw_distribution([1, 2])  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="no row has an answer"):
        plots.draw_distribution(pd.DataFrame({"concept": "Nash", "stake": [np.nan], "status": "no agreement"}))
    with pytest.raises(InvalidProblem, match="no Axes"):
        plots.draw_distribution(one, axes=[3])  # type: ignore[list-item]


def test_files_come_out_the_same(table: pd.DataFrame, tmp_path: Path) -> None:
    one = table[table["cap_reading"] == "joint"]
    written = [
        [
            path.read_bytes()
            for path in plots.save(plots.draw_distribution(one, marks={"press": PRESS})[0], tmp_path / name, ["png", "svg"])
        ]
        for name in ("one", "two")
    ]
    assert written[0] == written[1]
