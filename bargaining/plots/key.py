"""A key beside the axes: what each number on them stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from bargaining.plots.marks import folded

WIDTH = 30
"""Characters in a line of the key."""

GAP = 10.0
"""Points between axes, numbers and names."""

MOST_NAMES = 7
"""With more solutions than this, a figure has numbers on it and a key beside it."""


def name_or_number(
    ax: Axes, annotate: Callable[[bool], int], entries: Sequence[tuple[str, str]], solutions: int, widen: bool
) -> None:
    """Write names into the figure if they are few and find room, else numbers with a key.

    `annotate` draws marks and labels, numbers if it is told so, and returns how many labels cover something; what it drew
    in vain is taken out again. The other arguments are those of `write_key`.
    """
    bare = ax.get_children()
    if solutions <= MOST_NAMES:
        if not annotate(False) or not solutions:
            return
        for artist in ax.get_children():
            if artist not in bare:
                artist.remove()
    write_key(ax, entries, widen)
    annotate(True)


def write_key(ax: Axes, entries: Sequence[tuple[str, str]], widen: bool) -> None:
    """List numbers and names to the right of the axes.

    With `widen` the figure, which must not hold anything else, grows by the width of the key. Otherwise the axes give way:
    by the figure's own layout if it has one, and else here.
    """
    numbers, names = [], []
    for number, name in entries:
        lines, heads = folded(name, WIDTH, "  "), folded(number, 12)
        rows = range(max(len(lines), len(heads)))
        numbers += [heads[i] if i < len(heads) else "" for i in rows]
        names += [lines[i] if i < len(lines) else "" for i in rows]
    figure = cast(Figure, ax.get_figure(root=True))
    size: dict[str, Any] = {
        "fontsize": "small",
        "va": "top",
        "annotation_clip": False,
        "parse_math": False,
        "linespacing": 1.15,
    }
    left = ax.annotate(
        "\n".join(numbers), (1, 1), xycoords="axes fraction", xytext=(GAP, 0), textcoords="offset points", ha="left", **size
    )
    right = ax.annotate(
        "\n".join(names), (1, 1), xycoords=left, xytext=(GAP / 2, 0), textcoords="offset points", ha="left", **size
    )
    box = Bbox.union([left.get_window_extent(), right.get_window_extent()])
    room = box.width + 1.5 * GAP * figure.dpi / 72.0
    if widen:
        width, height = figure.get_size_inches()
        figure.set_size_inches(width + room / figure.dpi, height)
    elif figure.get_layout_engine() is None:
        place = ax.get_position()
        ax.set_position((place.x0, place.y0, max(place.width - room / figure.bbox.width, 0.3 * place.width), place.height))
