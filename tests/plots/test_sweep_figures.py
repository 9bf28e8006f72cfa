"""Lines and maps over swept parameters, and tornado plots: what is drawn is what was computed."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh

import bargaining as bg
from bargaining import plots
from bargaining.errors import InvalidProblem, UnknownName
from tests.test_swings import sale

CASE = bg.cases.load("microsoft-openai")
GRID = bg.grid(L=[0.05, 0.2, 0.35, 0.5])


def test_a_line_a_group() -> None:
    table = bg.sweep(CASE, GRID, [bg.Nash(), bg.KalaiSmorodinsky()], scenarios=["baseline", "cap-joint"])
    top, bottom = plots.draw_sweep(table, "L", ["stake", "gain OpenAI"])
    for ax, name in ((top, "stake"), (bottom, "gain OpenAI")):
        lines = [line for line in ax.lines if len(line.get_xdata()) == 4]
        groups = list(table.groupby(["scenario", "concept"], sort=False))
        assert len(lines) == len(groups) == 4
        for line, (_, rows) in zip(lines, groups, strict=True):
            assert np.array_equal(line.get_xydata(), rows[["L", name]].to_numpy())
    legend = top.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()][2:] == ["cap-joint, Nash", "cap-joint, Kalai-Smorodinsky"]
    assert bottom.get_xlabel() == "L (share)" and top.get_ylabel() == "Stake\n(fully diluted)"
    assert "29 July 2025" in bottom.texts[-1].get_text()


def test_no_two_of_the_most_lines_look_alike() -> None:
    table = bg.sweep(sale(), bg.grid(cost=[0.7, 0.8], worth=list(range(9, 21))), bg.Nash())
    (ax,) = plots.draw_sweep(table, "cost", "price", by="worth")
    lines = [line for line in ax.lines if line.get_linestyle() != "None"]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines) == 12


def test_nothing_to_draw_is_refused_as_lines_and_as_a_map() -> None:
    none = bg.sweep(sale(), bg.grid(cost=[8.0, 9.0], worth=[1.0, 2.0]), bg.Nash())
    for x, by in (("cost", "worth"), (("cost", "worth"), None)):
        with pytest.raises(InvalidProblem, match="no row has an answer for price"):
            plots.draw_sweep(none, x, "price", by)


def test_gaps_where_there_is_no_agreement() -> None:
    table = bg.sweep(sale(), bg.grid(cost=[0.5, 0.8, 2.0, 9.0, 12.0]), bg.Nash())
    (ax,) = plots.draw_sweep(table, "cost", "price")
    drawn = ax.lines[0].get_ydata()
    assert np.array_equal(np.isnan(drawn), table["status"] != "ok") and np.isnan(drawn).any()
    assert ax.texts[-1].get_text() == "Nash; gaps: no agreement"
    lone = table.assign(price=[1.0, np.nan, 2.0, np.nan, 3.0])
    (ax,) = plots.draw_sweep(lone, "cost", "price")
    assert ax.lines[1].get_ydata().tolist() == [1.0, 2.0, 3.0]  # a point where no line leads to it


def test_a_map_of_two_parameters() -> None:
    arrays = bg.sweep(sale(), bg.grid(cost=[0.8, 2.0, 9.0], worth=[8.0, 12.0]), bg.Nash(), form="grid")
    (ax,) = plots.draw_sweep(arrays, ("cost", "worth"), "price")
    (mesh,) = (child for child in ax.get_children() if isinstance(child, QuadMesh))
    values = arrays["price"].sel(concept="Nash").values.T
    shown = np.ma.filled(mesh.get_array(), np.nan)
    assert np.array_equal(shown, values, equal_nan=True) and np.isnan(values).any()
    assert ax.patch.get_hatch() and "hatched: no agreement" in ax.texts[-1].get_text()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("cost", "worth")


def test_a_parameter_with_few_values_may_tell_lines_apart() -> None:
    table = bg.sweep(sale(), bg.grid(cost=[0.7, 0.8], worth=[10.0, 12.0]), bg.Nash())
    (ax,) = plots.draw_sweep(table, "cost", "price", by="worth")
    legend = ax.get_legend()
    assert legend is not None and [text.get_text() for text in legend.get_texts()] == ["worth = 10", "worth = 12"]


def test_what_varies_besides_is_refused() -> None:
    table = bg.sweep(CASE, bg.crossed(GRID, theta=[0.4, 0.6]), bg.Nash())
    with pytest.raises(InvalidProblem, match="theta vary as well"):
        plots.draw_sweep(table, "L")
    two = bg.sweep(CASE, GRID, [bg.Nash(), bg.KalaiSmorodinsky()])
    with pytest.raises(InvalidProblem, match="concept vary as well"):
        plots.draw_sweep(two, "L", by=[])
    with pytest.raises(InvalidProblem, match="a map is of one group, and rows differ in concept"):
        plots.draw_sweep(two.assign(theta=0.5), ("L", "theta"))
    twice = bg.sweep(CASE, {"L": [0.1, 0.1]}, bg.Nash())
    with pytest.raises(InvalidProblem, match="several rows for one value of L"):
        plots.draw_sweep(twice, "L")
    draws = bg.sweep(CASE, bg.draws(CASE.ranges, 10, rng=1), bg.Nash())
    with pytest.raises(InvalidProblem, match=r"draw random draws by plots\.draw_distribution"):
        plots.draw_sweep(draws, "L")
    one = bg.sweep(CASE, GRID, bg.Nash())
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        plots.draw_sweep(one, "L", "stak")
    with pytest.raises(UnknownName, match="tell groups apart"):
        plots.draw_sweep(one, "L", by="stake")
    with pytest.raises(InvalidProblem, match="must name one parameter, or two"):
        plots.draw_sweep(one, ("L", "L"))
    with pytest.raises(InvalidProblem, match="2 outcomes need as many axes"):
        plots.draw_sweep(one, "L", ["stake", "access"], axes=plt.subplots()[1])
    with pytest.raises(InvalidProblem, match=r"bg\.sweep"):
        plots.draw_sweep(None, "L")


def test_tornado_bars_end_where_the_games_at_both_ends_do() -> None:
    found = bg.one_at_a_time(CASE, bg.Nash())
    ax = plots.draw_tornado(found, "stake", most=8)
    swings, base = found.swings("stake").head(8), found.value("stake")
    assert [text.get_text() for text in ax.get_yticklabels()] == swings["parameter"].tolist()
    drawn = sorted(
        {round(bar.get_x() + bar.get_width(), 12) for bar in ax.patches}
        | {round(bar.get_x(), 12) for bar in ax.patches if bar.get_width() < 0}
    )
    for move in swings[["at low", "at high"]].to_numpy().ravel():
        assert any(abs(end - (base + move)) < 1e-9 for end in drawn)
    below = ax.texts[-1].get_text()
    assert "solved again at both ends" in below and "20 more move it less" in below and "24 do not move it" in below
    assert ax.get_title() == "One parameter at a time between its low and high, others at baseline (0.112)"


def test_a_tornado_of_derivatives_says_so() -> None:
    moves = bg.comparative_statics(CASE, bg.Nash())
    ax = plots.draw_tornado(moves, "gain OpenAI")
    assert "along the tangent at the baseline" in ax.texts[-1].get_text()
    assert ax.get_xlabel() == "Gain of OpenAI ($bn, present value at 29 July 2025)"


def test_an_end_without_a_deal_is_written_beside_the_bar() -> None:
    found = bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (0.5, 50.0), "worth": (8, 14)})
    ax = plots.draw_tornado(found, "price", ax=plt.subplots()[1])
    assert any(text.get_text() == "50: no agreement" for text in ax.texts)


def test_ends_without_a_deal_have_room_for_their_words() -> None:
    one = plots.draw_tornado(bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (0.5, 9.0), "worth": (1, 14)}), "price")
    assert [text.get_ha() for text in one.texts if "no agreement" in text.get_text()] == ["right", "right"]
    both = plots.draw_tornado(bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (8, 9)}), "price")
    assert [text.get_ha() for text in both.texts[:2]] == ["right", "left"]  # low end left, high end right
    for ax in (one, both):
        ax.figure.draw_without_rendering()
        for text in ax.texts[:-1]:
            assert ax.bbox.x0 < text.get_window_extent().x0 and text.get_window_extent().x1 < ax.bbox.x1


def test_last_digits_are_no_move() -> None:
    found = bg.one_at_a_time(sale(), bg.Nash(), ranges={"cost": (0.5, 1.0), "worth": (11, 12)})
    found.rows.loc[found.rows.index[4], "price"] += 1e-12
    assert found.swings("price").set_index("parameter").loc["worth", "at high"] == 0.0
    found.rows.loc[found.rows.index[3], "price"] = found.value("price") - 1e-12
    ax = plots.draw_tornado(found, "price")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["cost"]


def test_tornado_refusals() -> None:
    with pytest.raises(InvalidProblem, match=r"bg\.one_at_a_time"):
        plots.draw_tornado(3)  # type: ignore[arg-type]
    found = bg.one_at_a_time(CASE, bg.Nash(), ranges={"n_share": (0.1, 0.5)})
    with pytest.raises(InvalidProblem, match=r"none of the parameters moves stake: it stays at 0\.1119"):
        plots.draw_tornado(found)
    with pytest.raises(UnknownName, match="did you mean 'stake'"):
        plots.draw_tornado(found, "stak")
    with pytest.raises(InvalidProblem, match="most = 0"):
        plots.draw_tornado(found, most=0)
    with pytest.raises(InvalidProblem, match="stack"):
        plots.draw_tornado(bg.comparative_statics(CASE, bg.Nash(), L=[0.1, 0.2]))


def test_files_come_out_the_same(tmp_path: Path) -> None:
    found = bg.one_at_a_time(CASE, bg.Nash())
    table = bg.sweep(CASE, GRID, bg.Nash())
    for draw in (lambda: plots.draw_tornado(found), lambda: plots.draw_sweep(table, "L")[0]):
        one, two = ([p.read_bytes() for p in plots.save(draw(), tmp_path / name, ["svg"])] for name in ("one", "two"))
        assert one == two
