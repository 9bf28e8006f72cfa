"""Panels that enlarge a crowded part of a figure, and empty places to put them and legends in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from bargaining._types import Array
from bargaining.plots.labels import dense
from bargaining.plots.marks import GREY, SAME, Mark

PANELS = ((0.40, 0.34), (0.36, 0.30), (0.32, 0.27))
"""Of the axes, with TICKS more above and to the right for its tick labels."""

TICKS = 0.07
CROWDED = 0.15
"""Marks that touch are shown enlarged, as many of them as lie within this share of both axes."""

TOUCH = 0.03
"""Markers nearer than this share of both axes touch."""


def crowd(ax: Axes, marks: Sequence[Mark]) -> list[Mark]:
    """Return marks too close together to be told apart: the largest such crowd, of equal ones the densest; or none."""
    if len(marks) < 2:
        return []
    span = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    places = np.array([mark.gains for mark in marks]) / span
    best: list[int] = []
    most = (1, 0.0)
    for chain in _chains(places):
        for left, bottom in product(*places[chain].T):
            corner = np.array([left, bottom])
            inside = np.all((places[chain] >= corner) & (places[chain] <= corner + CROWDED), axis=1)
            near = [place for place, found in zip(chain, inside, strict=True) if found]
            if len(near) < 2:
                continue
            apart = len(np.unique(np.round(places[near] / SAME), axis=0))  # a panel does not part what coincides
            worth = (apart, -float(np.max(np.ptp(places[near], axis=0))))
            if worth > most:
                best, most = near, worth
    return [marks[place] for place in best]


def _chains(places: Array) -> list[list[int]]:
    """Return the marks in groups in which every marker touches another."""
    touching = np.max(np.abs(places[:, None] - places), axis=-1) < TOUCH
    left, chains = set(range(len(places))), []
    while left:
        chain, fresh = set(), {min(left)}
        while fresh:
            chain |= fresh
            fresh = set(np.flatnonzero(np.any(touching[sorted(fresh)], axis=0)).tolist()) - chain
        chains.append(sorted(chain))
        left -= chain
    return chains


def enlarge(ax: Axes, marks: Sequence[Mark], curves: Sequence[Array], others: Sequence[Mark]) -> Axes | None:
    """Return a panel that shows the surroundings of crowded marks, in an empty place; None if there is no such place."""
    if not marks:
        return None
    places = np.array([mark.gains for mark in marks])
    low, high = places.min(axis=0), places.max(axis=0)
    span = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    middle, half = (low + high) / 2, np.maximum(0.65 * (high - low), 0.01 * span)
    keep_off = [np.asarray(mark.gains) for mark in others] + [middle]
    for size in PANELS:
        corner = free_place(ax, size, TICKS, curves, keep_off, middle)
        if corner is not None:
            break
    else:
        return None
    panel = ax.inset_axes((*corner, *size))
    panel.set_xlim(middle[0] - half[0], middle[0] + half[0])
    panel.set_ylim(middle[1] - half[1], middle[1] + half[1])
    frame_panel(ax, panel)
    return panel


def frame_panel(ax: Axes, panel: Axes) -> None:
    """Give a panel small ticks above and to the right, a frame, and lines to what it enlarges."""
    panel.tick_params(labelsize="x-small", length=2, pad=1)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.yaxis.set_major_locator(MaxNLocator(3))
    panel.xaxis.set_ticks_position("top")
    panel.yaxis.set_ticks_position("right")
    for spine in panel.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.5)
    ax.indicate_inset_zoom(panel, edgecolor=GREY, alpha=0.8, lw=0.5)


def free_place(
    ax: Axes, size: tuple[float, float], margin: float, curves: Sequence[Array], points: Sequence[Array], towards: Array
) -> tuple[float, float] | None:
    """Return the lower left corner, in fractions of the axes, of the emptiest place of this size.

    It keeps off the points, the legend and the first curve, covers as little of the others as can be, and is near `towards`
    (data). To the right and above it keeps a margin for its tick labels. None if there is no such place.
    """
    ax.figure.canvas.draw()
    inverse = ax.transAxes.inverted()
    fraction = (ax.transData + inverse).transform
    lines = [inverse.transform(dense(ax.transData.transform(curve))) for curve in curves]
    drawn, weight = np.concatenate(lines), np.repeat([1000.0, *[1.0] * (len(lines) - 1)], [len(line) for line in lines])
    marks = fraction(np.array(points).reshape(-1, 2))
    legend = ax.get_legend()
    taken = [] if legend is None else [legend.get_window_extent().transformed(inverse)]
    target = fraction(np.asarray(towards, dtype=float))
    best, cheapest = None, 1000.0
    for left in np.linspace(0.02, 0.98 - size[0] - margin, 14):
        for bottom in np.linspace(0.02, 0.98 - size[1] - margin, 14):
            box = Bbox.from_bounds(left, bottom, size[0] + margin, size[1] + margin)
            covered = float(np.sum(weight[np.all((drawn > box.min) & (drawn < box.max), axis=1)]))
            hidden = np.count_nonzero(
                np.all((marks > np.array(box.min) - 0.03) & (marks < np.array(box.max) + 0.03), axis=1)
            )
            hidden += sum(box.overlaps(other) for other in taken)
            middle = np.array([left + size[0] / 2, bottom + size[1] / 2])
            cost = covered + 1000.0 * hidden + 5.0 * float(np.linalg.norm(middle - target))
            if cost < cheapest:
                best, cheapest = (float(left), float(bottom)), cost
    return best
