"""What moves a deal: bars of an outcome's change as each parameter goes to the ends of its range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bargaining._types import Array
from bargaining.case import Case
from bargaining.checks import instance, whole
from bargaining.errors import InvalidProblem
from bargaining.plots.marks import COLORS, GREY, LINE
from bargaining.plots.style import paper
from bargaining.plots.titles import annotate_below, axis_title
from bargaining.statics.comparative import ComparativeStatics
from bargaining.statics.swings import OneAtATime
from bargaining.sweeps.swept import units_of

LARGEST = 12
FEW = 7  # bars, of which the last may be long
LOW, HIGH = LINE, COLORS[0]
ROW, HEAD, WIDTH = 0.21, 1.0, 4.8  # inches: a bar, what is around all of them, the figure
MARGIN, WIDE = 0.16, 0.6  # of the spread of all bars, left and right of them, for numbers at their ends, and for words


def draw_tornado(
    moves: OneAtATime | ComparativeStatics, of: str = "stake", *, most: int = LARGEST, ax: Axes | None = None
) -> Axes:
    """Draw how far each parameter moves an outcome between the low and the high end of its range, the others at baseline.

    Parameters are sorted by the length of their bars; the numbers at the ends of bars are the parameter's own. With
    `bg.one_at_a_time` games at both ends are solved again, so that bounds show; of `bg.comparative_statics` the bars follow
    the tangent at the baseline, and the figure says so. Parameters beyond the largest are counted below, and so are those
    that move nothing.

    Parameters
    ----------
    moves : OneAtATime or ComparativeStatics
        From `bg.one_at_a_time`, or from `bg.comparative_statics` of one game whose parameters have documented ranges.
    of : str
        The outcome: a term, or "gain PARTY".
    most : int
        How many parameters to draw.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem, UnknownName
        If there is no such outcome, derivatives are those of a stack or have no ranges, or nothing moves the outcome.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> case = bg.cases.load("microsoft-openai")
    >>> ax = plots.draw_tornado(bg.one_at_a_time(case, bg.Nash()))
    >>> ax.get_xlabel(), len(ax.get_yticklabels())
    ('Stake (fully diluted)', 12)
    """
    instance(moves, OneAtATime, "compute them by bg.one_at_a_time or bg.comparative_statics", ComparativeStatics)
    swings, count = moves.swings(of), whole("most", most)
    base = float(moves.value(of))
    ends = swings[["at low", "at high"]].to_numpy(dtype=float)
    moving = (swings["span"].to_numpy(dtype=float) > 0) | np.any(np.isnan(ends), axis=1)
    if not np.any(moving):
        raise InvalidProblem(f"none of the parameters moves {of}: it stays at {base:.4g}. Ask about another outcome.")
    shown = swings[moving].head(count)
    if ax is None:
        with paper():
            ax = plt.subplots(figsize=(WIDTH, HEAD + ROW * max(len(shown), 4)))[1]
            return _draw(ax, moves, of, base, shown, (int(moving.sum()) - len(shown), int(np.sum(~moving))))
    instance(ax, Axes, "make one with plt.subplots()")
    return _draw(ax, moves, of, base, shown, (int(moving.sum()) - len(shown), int(np.sum(~moving))))


def _draw(
    ax: Axes, moves: OneAtATime | ComparativeStatics, of: str, base: float, shown: pd.DataFrame, others: tuple[int, int]
) -> Axes:
    ends = shown[["at low", "at high"]].to_numpy(dtype=float) + base
    least, most = float(np.nanmin([*ends.ravel(), base])), float(np.nanmax([*ends.ravel(), base]))
    spread = most - least if most > least else max(abs(base), 1.0)
    lost = {_outward(pair - base, side) for pair in ends for side in (0, 1) if np.isnan(pair[side])}
    left, right = (spread * (WIDE if way in lost and abs(end - base) < WIDE * spread else MARGIN)
                   for way, end in ((-1, least), (1, most)))  # fmt: skip
    ax.set_xlim(least - left, most + right)
    ax.set_ylim(len(shown) - 0.4 + 1.2 * (len(shown) < FEW), -0.6)  # room for the legend below a few bars
    for place, (row, pair) in enumerate(zip(shown.to_dict("records"), ends, strict=True)):
        _bar(ax, place, base, pair, row)
    ax.axvline(base, color="black", lw=0.8, zorder=4)
    ax.set_yticks(range(len(shown)), shown["parameter"])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    ax.set_xlabel(axis_title(of, _known(moves, of)))
    ax.set_title(f"One parameter at a time between its low and high, others at baseline ({base:.3g})", fontsize="small")
    for color, word in ((LOW, "low end"), (HIGH, "high end")):
        ax.barh([0], [0], color=color, label=word)
    ax.legend(loc="lower right", handlelength=1.0)
    annotate_below(ax, _said(moves, others))
    return ax


def _bar(ax: Axes, place: int, base: float, pair: Array, row: Mapping[Any, Any]) -> None:
    """Draw both halves of a parameter's bar, the shorter one in front where they lie on one side."""
    order = np.argsort(-np.abs(np.nan_to_num(pair - base)))
    same = bool(np.all(np.isfinite(pair))) and (pair[0] - base) * (pair[1] - base) > 0
    for rank, side in enumerate(order):
        color, end, value = (LOW, HIGH)[side], float(pair[side]), row[("low", "high")[side]]
        if not np.isfinite(end):
            why = row.get(("status low", "status high")[side], "no answer")
            place_x, outward, said = base, _outward(pair - base, side), f"{value:g}: {why}"
        else:
            ax.barh(
                [place],
                [end - base],
                left=[base],
                height=0.45 if same and rank else 0.72,
                color=color,
                lw=0,
                zorder=2 + rank,
            )
            if end == base or (same and rank):
                continue
            place_x, outward, said = end, 1 if end > base else -1, f"{value:g}"
        ax.annotate(
            said, (place_x, place), xytext=(3 * outward, 0), textcoords="offset points", va="center",
            ha="left" if outward > 0 else "right", fontsize="x-small", color=GREY, zorder=5,
        )  # fmt: skip


def _outward(moves: Array, side: int) -> int:
    """Return on which side of the baseline an end is written: away from the other half, or on its own where none is."""
    return (-1, 1)[side] if np.isnan(moves[side - 1]) or moves[side - 1] == 0 else -int(np.sign(moves[side - 1]))


def _known(moves: OneAtATime | ComparativeStatics, of: str) -> pd.DataFrame:
    """Return a table that knows the unit of an outcome."""
    table = pd.DataFrame({of: []})
    table.attrs["units"] = moves.rows.attrs["units"] if isinstance(moves, OneAtATime) else units_of(moves.solution.problem)
    return table


def _said(moves: OneAtATime | ComparativeStatics, others: tuple[int, int]) -> list[str]:
    """Return what was computed, and what is not drawn."""
    if isinstance(moves, OneAtATime):
        how = [moves.label, moves.scenario or "baseline"] if isinstance(moves.question, Case) else [moves.label]
        said = [", ".join(how), "solved again at both ends"]
        said += [f"information of {moves.question.as_of}"] if isinstance(moves.question, Case) else []
    else:
        said = [moves.solution.label, "along the tangent at the baseline; bounds beyond it do not show"]
    smaller, still = others
    return said + [f"{smaller} more move it less"] * (smaller > 0) + [f"{still} do not move it"] * (still > 0)
