"""How an outcome of a sweep is spread over draws: one panel a group, atoms at the ends as bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from bargaining.checks import numbers
from bargaining.errors import InvalidProblem
from bargaining.plots.axes import given_axes
from bargaining.plots.marks import COLORS, GREY, LINE
from bargaining.plots.style import paper
from bargaining.plots.titles import annotate_below, axis_title, dated, named
from bargaining.sets.base import Status
from bargaining.sweeps.spreads import Spread, percent, spreads

BINS = 20  # of equal width between the ends
ATOM = 0.6  # of a bin: half the bars of atoms lie outside the ends
MOST = 12  # panels
HEIGHT, HEAD, WIDTH = 1.5, 0.7, 4.8  # inches: of a panel, of what is above and below all of them, of the figure
ROOM = 1.35  # times the largest bar: the top of the axes, for what is written above it
LINE_HEIGHT = 10.0  # points
ABREAST = 30  # letters of a group's name, beside which its quantiles have room
STRIP = 0.9  # of the height of the axes: where quantiles are


def draw_distribution(
    table: pd.DataFrame,
    column: str = "stake",
    by: str | Iterable[str] | None = None,
    *,
    bounds: tuple[float, float] | None = None,
    marks: Mapping[str, float | tuple[float, float]] | None = None,
    axes: Axes | Sequence[Axes] | None = None,
) -> tuple[Axes, ...]:
    """Draw how an outcome is spread over the draws of a sweep, in one panel a group; nothing is pooled over groups.

    Bars are shares of all draws of the group, those without a deal included, so that they can be compared with each other:
    light ones of the draws in a bin, between the ends; dark ones, with their share written on them, of the draws that lie
    at an end itself, within a millionth of the range. They sum to one less the share without a deal, which is written above
    the panel. A dot is the median, and lines run from the 25 to the 75 and from the 5 to the 95 % quantile of the draws
    with a deal. These are quantiles of the ranges drawn from: no confidence interval, no forecast.

    Parameters
    ----------
    table : DataFrame
        From `bg.sweep`, of `bg.draws`.
    column : str
        The outcome: a term, or "gain PARTY".
    by : str or list of str
        The columns of words whose values have a panel each: "scenario", "concept", a choice such as "cap_reading".
    bounds : (low, high), optional
        The ends of the outcome, which must hold all of it. If left out, the least and the largest value in a group count as
        ends where several draws share them.
    marks : mapping of name to value or (low, high)
        Deals to compare with, in the unit of the column, such as a naive midpoint of reports, marked as lines or bands.
    axes : Axes or sequence of Axes
        One a group; a new figure in the paper style if left out.

    Returns
    -------
    tuple of Axes
        One a group, in the order in which groups come in the table.

    Raises
    ------
    InvalidProblem, UnknownName
        If the rows differ in scenarios, choices or concepts that `by` does not name, there are not as many axes as groups,
        too many groups, or names and bounds have no meaning.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> case = bg.cases.load("microsoft-openai")
    >>> table = bg.sweep(case, bg.draws(case.ranges, 500, rng=1), bg.Nash(), scenarios=["baseline", "cap-joint"])
    >>> press = case.deals["press-midpoint"].terms["stake"]
    >>> panels = plots.draw_distribution(table, by="scenario", marks={"press midpoint": press})
    >>> len(panels), panels[-1].get_xlabel()
    (2, 'Stake (fully diluted)')
    """
    found = spreads(table, column, () if by is None else by, bounds)
    marked = _marks(marks)
    if len(found) > MOST:
        raise InvalidProblem(f"{len(found)} groups are too many panels for one figure, {MOST} at most; choose rows first.")
    if axes is not None:
        return _draw(table, column, found, marked, given_axes(axes, len(found), "groups"))
    with paper():
        size = (WIDTH, HEAD + HEIGHT * max(len(found), 1.6))
        grid = plt.subplots(len(found), 1, sharex=True, sharey=True, squeeze=False, figsize=size)[1]
        return _draw(table, column, found, marked, tuple(grid[:, 0]))


def _marks(given: Any) -> dict[str, tuple[float, float]]:
    """Return marks as ranges."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidProblem(f"marks = {given!r} must map names to values, as in {{'press midpoint': 0.27}}.")
    found = {}
    for name, value in given.items():
        ends = numbers(f"the mark {name!r}", value).ravel()
        if ends.size not in (1, 2) or not np.all(np.isfinite(ends)) or ends[0] > ends[-1]:
            raise InvalidProblem(f"the mark {name!r}, {value!r}, must be one number or (low, high).")
        found[str(name)] = (float(ends[0]), float(ends[-1]))
    return found


def _draw(
    table: pd.DataFrame,
    column: str,
    found: Sequence[Spread],
    marks: Mapping[str, tuple[float, float]],
    axes: Sequence[Axes],
) -> tuple[Axes, ...]:
    low, high = _limits(found, marks)
    edges = np.linspace(low, high, BINS + 1)
    drawn = "draws" if str(table.attrs.get("calibrations", "")).startswith("Draws") else "calibrations"
    heights = [_bars(ax, spread, edges) for ax, spread in zip(axes, found, strict=True)]
    top = ROOM * max(*heights, 1e-9)
    pad = 0.035 * (high - low)
    for ax, spread in zip(axes, found, strict=True):
        ax.set_xlim(low - pad, high + pad)
        ax.set_ylim(0.0, top)
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        _strip(ax, spread)
        _describe(ax, spread, drawn, 4.0 + LINE_HEIGHT * len(marks) * (ax is axes[0]))
        for number, ends in enumerate(marks.values()):
            _mark(ax, ends, _ink(number))
    for number, (name, ends) in enumerate(marks.items()):
        _name(axes[0], name, ends, number)
    middle = axes[len(axes) // 2]
    middle.set_ylabel(f"Share of {drawn}, in a bin or at an end")
    if len(axes) % 2 == 0:  # between the two panels in the middle
        middle.yaxis.label.set_y(1.05)
    axes[-1].set_xlabel(axis_title(column, table))
    annotate_below(axes[-1], _what(table, found, drawn))
    return tuple(axes)


def _limits(found: Sequence[Spread], marks: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the ends of the axes: those of the outcome, and all marks."""
    known = [end for spread in found for end in spread.ends if np.isfinite(end)]
    known += [float(side) for spread in found if spread.inside.size for side in (spread.inside.min(), spread.inside.max())]
    if not known:
        raise InvalidProblem("no row has an answer; there is nothing to draw. The table's status says why.")
    known += [end for ends in marks.values() for end in ends]
    low, high = min(known), max(known)
    return (low, high) if low < high else (low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0))


def _bars(ax: Axes, spread: Spread, edges: Any) -> float:
    """Draw the shares in bins and at the ends, and return the largest."""
    shares = np.histogram(spread.inside, edges)[0] / spread.rows
    width = float(edges[1] - edges[0])
    ax.bar(edges[:-1], shares, width, align="edge", color=LINE, alpha=0.45, lw=0, zorder=2)
    for end, share in zip(spread.ends, spread.at, strict=True):
        if share > 0:
            ax.bar([end], [share], ATOM * width, color=LINE, lw=0, zorder=3)
            ax.annotate(
                f"{percent(share)} at {end:.3g}", (end, share), xytext=(0, 2), textcoords="offset points", fontsize="small",
                ha="left" if end < np.mean(edges) else "right", va="bottom", zorder=5,
            ).set_x(-0.5 * ATOM * width)  # fmt: skip
    return float(max(shares.max(), *spread.at))


def _strip(ax: Axes, spread: Spread) -> None:
    """Draw the quantiles above the bars."""
    if not np.all(np.isfinite(spread.levels)):
        return
    place = blended_transform_factory(ax.transData, ax.transAxes)
    low, quarter, median, three, high = spread.levels
    ax.plot([low, high], [STRIP] * 2, transform=place, color="black", lw=0.8, zorder=4)
    ax.plot([quarter, three], [STRIP] * 2, transform=place, color="black", lw=2.6, solid_capstyle="butt", zorder=4)
    ax.plot([median], [STRIP], transform=place, ls="", marker="o", ms=5, mfc="white", mec="black", zorder=5, clip_on=False)


def _describe(ax: Axes, spread: Spread, drawn: str, pad: float) -> None:
    """Write the group above its panel, and its median, quantiles and the share without an answer."""
    low, median, high = (spread.levels[i] for i in (0, 2, 4))
    said = [f"median {median:.3g}", f"5 to 95 %: {low:.3g} to {high:.3g}"] * bool(np.isfinite(median))
    none = spread.missing.get(Status.NO_AGREEMENT.label, 0.0)
    other = sum(spread.missing.values()) - none
    said.append(f"no deal: {percent(none)}" if none else "a deal in all" if other <= 0 else "no deal: 0 %")
    said += [f"no answer: {percent(other)}"] * (other > 0)
    label = spread.label.replace("_", " ")
    ax.set_title(label + "\n" * (len(label) > ABREAST), loc="left", fontsize="small", weight="bold", pad=pad)
    ax.set_title(f"{drawn}: {'; '.join(said)}", loc="right", fontsize="small", color=GREY, pad=pad)


def _ink(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _mark(ax: Axes, ends: tuple[float, float], color: str) -> None:
    if ends[0] < ends[1]:
        ax.axvspan(*ends, color=color, alpha=0.15, lw=0, zorder=1)
    else:
        ax.axvline(ends[0], color=color, lw=1.2, ls=(0, (4, 2)), zorder=3)


def _name(ax: Axes, name: str, ends: tuple[float, float], number: int) -> None:
    """Write the name of a mark above the first panel."""
    middle = (ends[0] + ends[1]) / 2
    low, high = ax.get_xlim()
    share = (middle - low) / (high - low)
    said = f"{name}: {ends[0]:.3g}" if ends[0] == ends[1] else f"{name}: {ends[0]:.3g} to {ends[1]:.3g}"
    side = "center" if 0.3 < share < 0.7 else "left" if share < 0.5 else "right"
    ax.annotate(
        said, (middle, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3 + LINE_HEIGHT * number),
        textcoords="offset points", color=_ink(number), fontsize="small", va="bottom", ha=side,
    )  # fmt: skip


def _what(table: pd.DataFrame, found: Sequence[Spread], drawn: str) -> list[str]:
    """Return what is drawn: the concept where there is one, how many draws, the date of the information."""
    counts = {spread.rows for spread in found}
    many = f"{max(counts):,} {drawn}" if len(counts) == 1 else f"{sum(spread.rows for spread in found):,} {drawn} in all"
    many = many.removesuffix("s") if counts == {1} else many
    many += " from the ranges chosen" if drawn == "draws" else ""
    many += " in each panel" if len(found) > 1 and len(counts) == 1 else ""
    return [*named(table), many, *dated(table)]
