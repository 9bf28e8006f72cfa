"""What tests of figures look at: the labels on them, and whether they cover each other."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text

import bargaining as bg
from bargaining.problems.problem import Problem
from bargaining.solution import Solution

EIGHTEEN: tuple[Any, ...] = (
    bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian(), bg.Proportional((2, 1)), bg.Nash((2, 1)),
    bg.Nash((1, 2)), bg.KalaiSmorodinsky((2, 1)), bg.KalaiSmorodinsky((1, 2)), bg.Nash((1, 1)),
    bg.AlternatingOffers(period=1, impatience=(0.1, 0.2)), bg.AlternatingOffers(period=1 / 12, impatience=(0.1, 0.1)),
    bg.Nash((1.05, 1)), bg.Nash((1, 1.05)), bg.Proportional((1, 1)), bg.Utilitarian((2, 1)), bg.Nash((5, 1)),
    bg.Proportional((1, 4)),
)  # fmt: skip
"""More concepts than have names on a figure; some coincide, some nearly do."""


def pie() -> Problem:
    return bg.split(100, [bg.Linear(), bg.CRRA(0.3)], fallback=[0, 20], parties=("cloud", "lab"), unit="USD")


def solutions(problem: Problem, concepts: Any = EIGHTEEN) -> list[Solution]:
    return [bg.solve(problem, concept) for concept in concepts]


def notes(ax: Axes) -> list[Annotation]:
    """Labels in the axes and their panels; without the key, which is beside them."""
    panels = [ax, *ax.child_axes]
    return [
        text for panel in panels for text in panel.texts if isinstance(text, Annotation) and text.arrow_patch is not None
    ]


def key(ax: Axes) -> list[str]:
    """The texts of the key: numbers, then names."""
    return [text.get_text() for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch is None]


def assert_readable(ax: Axes) -> None:
    """Require that nothing written covers a label or the legend, or runs out of the figure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    # an annotation counts its leader as its extent, the text alone does not
    boxes = [(note.get_text(), Text.get_window_extent(note)) for note in notes(ax)]
    legend = ax.get_legend()
    if legend is not None:
        boxes.append(("legend", legend.get_window_extent()))
    others = [(text.get_text(), Text.get_window_extent(text)) for text in ax.texts if text not in notes(ax)]
    for (one, a), (two, b) in [*combinations(boxes, 2), *product(boxes, others)]:
        assert not a.overlaps(b), (one, two)
    for text, box in boxes + others:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1, text
