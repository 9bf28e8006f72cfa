"""Names at the ends of lines, in a column to their right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation

from bargaining._types import Array
from bargaining.plots.labels import SHADE
from bargaining.plots.marks import folded

FOLD = 24  # letters, before a name goes on in a new line
GAP = 9.0  # points between the end of a line and its name
APART = 1.0  # points between names
SHIFTED = 2.0  # points from the end of its line from which on a name gets a leader
WIDEST = 0.5  # of the axes: what names may take


def name_ends(ax: Axes, right: float, heights: Array, names: Sequence[str], colors: Sequence[str]) -> None:
    """Write the names of lines that end at `right`, apart from each other, and extend the axes to make room for them.

    The limits of the vertical axis must be final; the horizontal axis is to begin at zero.
    """
    notes = [
        _note(ax, (right, float(height)), name, tuple(SHADE * part for part in to_rgb(color)))
        for height, name, color in zip(heights, names, colors, strict=True)
    ]
    ax.figure.canvas.draw()
    scale = ax.figure.dpi / 72.0
    boxes = [note.get_window_extent() for note in notes]
    taken = min((max(box.width for box in boxes) + GAP * scale) / ax.bbox.width, WIDEST)
    ax.set_xlim(0.0, right / (1.0 - taken))
    wanted = ax.transData.transform([(right, height) for height in heights])[:, 1]
    low, high = ax.transData.transform([(0.0, ax.get_ylim()[0]), (0.0, float(np.max(heights)))])[:, 1]
    places = apart(wanted, np.array([box.height + APART * scale for box in boxes]), low, high)
    for note, shift in zip(notes, (places - wanted) / scale, strict=True):
        note.set_position((GAP, shift))
        note.set_in_layout(True)  # should the axes shrink for what is beside them
        if note.arrow_patch is not None:
            note.arrow_patch.set_visible(bool(abs(shift) > SHIFTED))


def _note(ax: Axes, end: tuple[float, float], name: str, ink: tuple[float, ...]) -> Annotation:
    note = ax.annotate(
        "\n".join(folded(name, FOLD)), end, xytext=(GAP, 0.0), textcoords="offset points", color=ink, fontsize="small",
        ha="left", va="center", linespacing=1.0, annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": ink, "lw": 0.5, "shrinkA": 1, "shrinkB": 1, "relpos": (0.0, 0.5)},
    )  # fmt: skip
    note.set_in_layout(False)  # room is made inside the axes, once the widest name is known
    return note


def apart(wanted: Array, sizes: Array, low: float, high: float) -> Array:
    """Return places near those wanted, in the same order, that are apart by the sizes; closer only if they do not fit.

    Without the sizes, which are subtracted, this is the nearest increasing sequence: pool adjacent violators (Ayer and
    others 1955, An empirical distribution function for sampling with incomplete information, Annals of Mathematical
    Statistics 26, 641-647).
    """
    order = np.argsort(wanted, kind="stable")
    steps = (sizes[order][1:] + sizes[order][:-1]) / 2.0
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    offsets *= min(1.0, (high - low) / max(offsets[-1], 1e-9))
    pools: list[list[float]] = []
    for value in wanted[order] - offsets:
        pools.append([float(value)])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    level = np.concatenate([np.full(len(pool), np.mean(pool)) for pool in pools])
    places = np.empty(len(wanted))
    places[order] = np.clip(level, low, high - offsets[-1]) + offsets
    return places
