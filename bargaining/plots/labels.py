"""Labels that do not overlap: each is put at the nearest free place around its point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from bargaining._types import Array

RADII = (9, 16, 24, 33, 43, 54, 66, 80, 96, 114)  # points from the marker to the label
ANGLES = 24
MARKER = 4.0  # half the size of a marker, points
HALO = 1.8  # points of white around letters, over contours and hatching
SHADE = 0.65  # of the brightness of a marker
NEARER = 1.3  # times the distance to its own point, a label must be from others to go without a line
LEADER = 14  # a label farther away than this gets a line


@dataclass(frozen=True)
class Label:
    """A text to be put near a point of the data."""

    point: tuple[float, float]
    text: str
    color: str


def place_labels(
    ax: Axes, labels: Sequence[Label], curves: Sequence[Array], away: Array, keep_off: Sequence[Artist] = ()
) -> int:
    """Write the labels so that none covers another, a marker, a curve or the edge of the axes where that can be had.

    `curves` are (m, 2) polylines and `away` a point from which labels prefer to lie away, both in data coordinates.
    The limits of the axes must be final. `keep_off` are panels and legends drawn over these axes. Returns how many labels
    had to be put over something else.
    """
    figure = ax.figure
    figure.canvas.draw()
    scale = figure.dpi / 72.0
    pixels = ax.transData.transform
    points = pixels(np.array([label.point for label in labels], dtype=float).reshape(-1, 2))
    boxes = [Bbox.from_extents(*(p - MARKER * scale), *(p + MARKER * scale)) for p in points]
    boxes += [box for panel in keep_off if (box := panel.get_tightbbox()) is not None]
    dots = np.concatenate([dense(pixels(curve)) for curve in curves]) if curves else np.empty((0, 2))
    centre = pixels(np.asarray(away, dtype=float))
    clashes = 0
    for label, point in zip(labels, points, strict=True):
        ink = _dark(label.color)
        note = ax.annotate(
            label.text, label.point, xytext=(0, 0), textcoords="offset points", color=ink,
            fontsize="small", ha="center", va="center", zorder=6, annotation_clip=False, linespacing=1.0,
            path_effects=[withStroke(linewidth=HALO, foreground="white")],
            arrowprops={"arrowstyle": "-", "color": ink, "lw": 0.5, "shrinkA": 0, "shrinkB": 3},
        )  # fmt: skip
        note.set_in_layout(False)  # a label must not move the axes, and with them the other labels
        size = np.array(note.get_window_extent().size)
        rivals = points[np.linalg.norm(points - point, axis=1) > MARKER * scale]
        spot, box = _nearest_free(point, size, scale, boxes, dots, ax.get_window_extent(), point - centre, rivals)
        note.set_position(tuple((spot - point) / scale))
        if note.arrow_patch is not None:
            note.arrow_patch.set_visible(_distance(box, point) > LEADER * scale or _mistakable(box, point, rivals))
        clashes += any(box.overlaps(other) for other in boxes)
        boxes.append(box)
        dots = np.concatenate([dots, dense(np.array([point, spot]))[::3]])
    return clashes


def _dark(color: str) -> tuple[float, ...]:
    """Return a colour in which small print can be read, in grey as well."""
    return tuple(SHADE * part for part in to_rgb(color))


def _nearest_free(
    point: Array, size: Array, scale: float, boxes: Sequence[Bbox], dots: Array, frame: Bbox, outward: Array, rivals: Array
) -> tuple[Array, Bbox]:
    """Return the centre and box of the cheapest place: nearest, outward, clear of all that is drawn, not by a rival."""
    best, cheapest = None, np.inf
    heading = np.arctan2(outward[1], outward[0])
    for radius in RADII:
        for angle in heading + np.linspace(-np.pi, np.pi, ANGLES, endpoint=False):
            way = np.array([np.cos(angle), np.sin(angle)])
            reach = radius * scale + 0.5 * min(size[0] / max(abs(way[0]), 1e-9), size[1] / max(abs(way[1]), 1e-9))
            spot = point + way * reach
            box = Bbox.from_extents(*(spot - size / 2 - 1.5 * scale), *(spot + size / 2 + 1.5 * scale))
            clashes = sum(box.overlaps(other) for other in boxes)
            inside = (dots >= box.min) & (dots <= box.max)
            crossed = np.count_nonzero(np.all(inside, axis=1))
            outside = not (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
            turn = 1.0 - np.cos(angle - heading)
            struck = _strikes(point, box, scale, boxes)
            cost = radius + 12.0 * turn + 400.0 * clashes + 30.0 * crossed + 900.0 * outside + 150.0 * struck
            cost += 25.0 * _mistakable(box, point, rivals)
            if cost < cheapest:
                best, cheapest = (spot, box), cost
    assert best is not None  # noqa: S101 - there is always a candidate
    return best


def _strikes(point: Array, box: Bbox, scale: float, boxes: Sequence[Bbox]) -> int:
    """Count what the line from a point to its label would run through."""
    middle = (np.array(box.min) + np.array(box.max)) / 2  # where the line aims, hidden behind the label's own text
    line = point + np.linspace(0.0, 1.0, 40)[:, None] * (middle - point)
    line = line[np.linalg.norm(line - point, axis=1) > 1.5 * MARKER * scale]
    return sum(bool(np.any(np.all((line >= other.min) & (line <= other.max), axis=1))) for other in boxes)


def _mistakable(box: Bbox, point: Array, rivals: Array) -> bool:
    """Say whether a label is about as near to the point of another."""
    gaps = np.linalg.norm(np.clip(rivals, box.min, box.max) - rivals, axis=1)
    return bool(np.any(gaps < NEARER * _distance(box, point)))


def dense(line: Array) -> Array:
    """Return points along a polyline in pixels, close enough that no label slips between them."""
    if len(line) < 2:
        return line
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    stations = np.linspace(0.0, travelled[-1], max(2, int(travelled[-1] / 6.0)))
    return np.stack([np.interp(stations, travelled, line[:, i]) for i in (0, 1)], axis=1)


def _distance(box: Bbox, point: Array) -> float:
    nearest = np.clip(point, box.min, box.max)
    return float(np.linalg.norm(nearest - point))
