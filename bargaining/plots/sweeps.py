"""Outcomes of a sweep over one parameter as lines, over two as a map; nothing is drawn where there is no agreement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bargaining.checks import words
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.plots.axes import given_axes
from bargaining.plots.marks import COLORS, GREY, LINE
from bargaining.plots.style import paper
from bargaining.plots.titles import annotate_below, axis_title, dated, named, parameter_title
from bargaining.sets.base import Status
from bargaining.sweeps.spreads import discrete, outcomes, require_outcome, require_sweep, words_of

STYLES = ("-", "--", "-.", ":")
MOST = 12  # lines
LEVELS = 7  # contours of a map, about
EDGE = 1e-3  # of the range of a map: where all is at a bound there is no contour
WIDTH, HEIGHT = 4.8, 2.2  # inches of the figure, and of each panel below the first


def draw_sweep(
    table: Any,
    x: str | Sequence[str],
    y: str | Sequence[str] = "stake",
    by: str | Iterable[str] | None = None,
    *,
    axes: Axes | Sequence[Axes] | None = None,
) -> tuple[Axes, ...]:
    """Draw outcomes of a sweep over one parameter, a line a group, or over two, as a map with contours.

    Lines have gaps where there is no agreement, and maps are hatched there. Several outcomes have a panel each. What varies
    besides must be said: groups are never pooled.

    Parameters
    ----------
    table : DataFrame or Dataset
        From `bg.sweep`, of a `bg.grid` or of rows of one's own.
    x : str, or two of them
        The parameters along the axis, or along both.
    y : str or list of str
        The outcomes: terms, "gain PARTY".
    by : str or list of str
        The columns whose values have a line each: "scenario", "concept", choices, or another parameter with few values; if
        left out, all columns of words that differ between rows. A map is of one group.
    axes : Axes or sequence of Axes
        One an outcome; a new figure in the paper style if left out.

    Returns
    -------
    tuple of Axes
        One an outcome.

    Raises
    ------
    InvalidProblem, UnknownName
        If names are unknown, something else varies as well, there are several rows for one place, or none has an answer.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> case = bg.cases.load("microsoft-openai")
    >>> grid = bg.grid(L=[0.05, 0.2, 0.35, 0.5])
    >>> table = bg.sweep(case, grid, [bg.Nash(), bg.KalaiSmorodinsky()], scenarios=["baseline", "cap-joint"])
    >>> (ax,) = plots.draw_sweep(table, "L")
    >>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()][:2]
    ('L (share)', ['baseline, Nash', 'baseline, Kalai-Smorodinsky'])
    """
    frame = _frame(table)
    across = (x,) if isinstance(x, str) else words("x", x)
    up = (y,) if isinstance(y, str) else words("y", y)
    if len(across) not in (1, 2) or len(set(across)) < len(across) or not up:
        raise InvalidProblem(f"x = {x!r} must name one parameter, or two that differ, and y = {y!r} at least one outcome.")
    for name in (*across, *up):
        require_outcome(frame, name)
    keys = _keys(frame, across, by)
    if len(across) == 2 and keys:
        raise InvalidProblem(f"a map is of one group, and rows differ in {', '.join(keys)}; choose rows first.")
    if axes is None:
        with paper():
            grid = plt.subplots(len(up), 1, sharex=True, squeeze=False, figsize=(WIDTH, 1.2 + HEIGHT * len(up)))[1]
            return _draw(frame, across, up, keys, tuple(grid[:, 0]))
    return _draw(frame, across, up, keys, given_axes(axes, len(up), "outcomes"))


def _frame(table: Any) -> pd.DataFrame:
    """Return a table, or the arrays of a grid as a table."""
    if not hasattr(table, "data_vars"):  # as arrays of xarray have, which need not be installed
        require_sweep(table)
        return table  # type: ignore[no-any-return]
    frame: pd.DataFrame = table.to_dataframe().reset_index()
    require_sweep(frame)
    answers = [str(name) for name in table.data_vars]
    frame = frame[[*(name for name in frame.columns if name not in answers and name != "concept"), "concept", *answers]]
    frame.attrs = dict(table.attrs)
    return frame


def _keys(frame: pd.DataFrame, across: Sequence[str], by: Any) -> list[str]:
    """Return the columns by which rows are told apart; refuse to pool rows that differ in something else."""
    mixed = discrete(frame)
    keys = mixed if by is None else [by] if isinstance(by, str) else list(words("by", by))
    answers = outcomes(frame)
    numbers = [n for n in frame.columns if n not in (*answers, "game", "status", "gap") and n not in words_of(frame)]
    for name in keys:
        if name not in numbers and name not in words_of(frame):
            raise UnknownName("column to tell groups apart by", name, [*words_of(frame), *numbers])
    differ = [*mixed, *(name for name in numbers if frame[name].nunique() > 1)]
    pooled = [name for name in differ if name not in (*keys, *across)]
    if pooled:
        raise InvalidProblem(
            f"{', '.join(pooled)} vary as well, so that there are many outcomes for one value of {', '.join(across)}: name "
            "them in `by`, choose rows first, or draw random draws by plots.draw_distribution."
        )
    if frame.duplicated([*keys, *across]).any():
        raise InvalidProblem(f"there are several rows for one value of {', '.join([*across, *keys])}; choose rows first.")
    return [name for name in keys if name not in across]


def _draw(
    frame: pd.DataFrame, across: Sequence[str], up: Sequence[str], keys: Sequence[str], axes: Sequence[Axes]
) -> tuple[Axes, ...]:
    for ax, outcome in zip(axes, up, strict=True):
        if not np.any(np.isfinite(frame[outcome].to_numpy(dtype=float))):
            raise InvalidProblem(
                f"no row has an answer for {outcome}; there is nothing to draw. The table's status says why."
            )
        if len(across) == 2:
            _map(ax, frame, across, outcome)
        else:
            _lines(ax, frame, across[0], outcome, keys)
    if len(across) == 1 and keys:
        axes[0].legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, handlelength=2.4, borderaxespad=0.2)
    axes[-1].set_xlabel(parameter_title(across[0], frame))
    annotate_below(axes[-1], [*named(frame), *dated(frame), *_gaps(frame, len(across) == 2)])
    return tuple(axes)


def _gaps(frame: pd.DataFrame, hatched: bool) -> list[str]:
    """Say why nothing is drawn at some places."""
    lost = sorted(set(frame["status"].astype(str)) - {Status.OK.label})
    return [f"{'hatched' if hatched else 'gaps'}: {', '.join(lost)}"] if lost else []


def _lines(ax: Axes, frame: pd.DataFrame, x: str, y: str, keys: Sequence[str]) -> None:
    groups = list(frame.groupby(list(keys), sort=False, dropna=False)) if keys else [((), frame)]
    if len(groups) > MOST:
        raise InvalidProblem(f"{len(groups)} lines cannot be told apart, {MOST} at most; choose rows first.")
    colors = (LINE, *COLORS)
    for number, (group, rows) in enumerate(groups):
        rows = rows.sort_values(x)  # noqa: PLW2901 - the rows of a line in order
        values = rows[y].to_numpy(dtype=float)
        color = colors[number % len(colors)]
        style = number // 2 + number // len(colors)  # when colours come again, styles do not
        ax.plot(
            rows[x], values, color=color, ls=STYLES[style % len(STYLES)] if len(groups) > 2 else "-", lw=1.4,
            label=", ".join(_said(key, value) for key, value in zip(keys, group, strict=True)),
        )  # fmt: skip
        alone = np.isfinite(values) & ~np.isfinite(np.r_[np.nan, values[:-1]]) & ~np.isfinite(np.r_[values[1:], np.nan])
        ax.plot(rows[x].to_numpy()[alone], values[alone], ls="", marker="o", ms=3, color=color)  # no line leads to these
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    ax.set_ylabel(axis_title(y, frame, "\n"))


def _said(key: str, value: Any) -> str:
    return str(value) if key in ("scenario", "concept") else f"{key} = {value:.4g}" if _plain(value) else f"{key}: {value}"


def _plain(value: Any) -> bool:
    return isinstance(value, float | int | np.number)


def _map(ax: Axes, frame: pd.DataFrame, across: Sequence[str], y: str) -> None:
    wide = frame.pivot(index=across[1], columns=across[0], values=y)
    values = wide.to_numpy(dtype=float)
    if min(values.shape) < 2:
        raise InvalidProblem(f"a map needs two values or more of both {across[0]} and {across[1]}.")
    columns, rows = wide.columns.to_numpy(dtype=float), wide.index.to_numpy(dtype=float)
    ax.set_facecolor("white")
    mesh = ax.pcolormesh(columns, rows, np.ma.masked_invalid(values), shading="nearest", cmap="cividis", rasterized=True)
    if np.any(~np.isfinite(values)):
        ax.patch.set(hatch="////", edgecolor=GREY, facecolor="white")
    if np.ptp(values[np.isfinite(values)]) > 0:
        ticks = MaxNLocator(LEVELS).tick_values(np.nanmin(values), np.nanmax(values))
        ticks = ticks[ticks > np.nanmin(values) + EDGE * np.ptp(values[np.isfinite(values)])]
        lines = ax.contour(columns, rows, np.ma.masked_invalid(values), levels=ticks, colors="white", linewidths=0.7)
        ax.clabel(lines, fontsize="x-small", fmt="%.3g")
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.set_label(axis_title(y, frame))
    ax.set_ylabel(parameter_title(across[1], frame))
