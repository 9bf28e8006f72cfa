"""The edge of what three parties can have, as a surface over their gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection
from mpl_toolkits.mplot3d.proj3d import proj_transform
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import instance
from bargaining.errors import InvalidProblem
from bargaining.plots.key import write_key
from bargaining.plots.labels import place_labels
from bargaining.plots.marks import GREY, LINE, Group, Mark, axis_titles, deal_marks, drawable, grouped, name_common_unit
from bargaining.plots.style import paper
from bargaining.sets.base import Status
from bargaining.solution import Solution
from bargaining.surfaces import Surface

VIEW = (26.0, 40.0)
"""Elevation and azimuth: from above the ideal point, so that nothing of the surface is behind it."""

LIGHT = np.array([0.25, 0.55, 0.80])
"""Where light comes from, in gains as fractions of the ideal ones."""

LINES = 10
"""The mesh shows rays whose shares are multiples of one in this many."""

BELOW = -10.0
"""Numbers lie away from this height, far down the page: above their markers, whose lines go down."""

WEAK = "#C9C9C9"


def draw_surface(
    surface: Surface,
    *,
    solutions: Sequence[Solution] = (),
    deals: Mapping[str, Mapping[str, ArrayLike]] | None = None,
    ax: Axes3D | None = None,
) -> Axes3D:
    """Draw what three parties can have as a surface over their gains, with solutions and marked deals.

    The disagreement point is the corner farthest away. The part of the surface that is only weakly efficient, where some
    party could have more at no cost to the others, is grey; efficient lines and points within it are dotted. Solutions and
    deals are numbered, with a line down to the floor to read two gains by; a key beside the axes lists names and all three
    gains.

    Parameters
    ----------
    surface : Surface
        From `bg.surface`.
    solutions : sequence of Solution
        Solutions of the surface's problem, from `bg.solve`. Those that coincide share a marker, and a line of the key.
    deals : mapping of name to terms
        Other deals to mark.
    ax : Axes3D, optional
        Where to draw, made with `subplot_kw={"projection": "3d"}`; a new figure in the paper style if left out.

    Returns
    -------
    Axes3D

    Raises
    ------
    InvalidProblem
        If `surface` is no surface, `solutions` no list of solutions of its problem that have numbers, or `deals` no mapping
        of names to deals.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> cake = bg.split(6, [bg.Linear(), bg.Power(0.5), bg.Log(1)], unit="USD")
    >>> ax = plots.draw_surface(bg.surface(cake), solutions=[bg.solve(cake, bg.Nash())])
    >>> ax.get_zlabel()
    'Gain of party 3'
    """
    instance(surface, Surface, "find one first: plots.draw_surface(bg.surface(problem))")
    groups = grouped(drawable(solutions, surface.problem), surface.problem.gains(surface.problem.ideal))
    marks = deal_marks({} if deals is None else deals, surface.problem)
    if ax is None:
        with paper():
            return _draw(surface, groups, marks, plt.figure().add_subplot(projection="3d"), True)
    if not isinstance(ax, Axes3D):
        raise InvalidProblem(f"{ax!r} is flat; make axes with plt.subplots(subplot_kw={{'projection': '3d'}}).")
    return _draw(surface, groups, marks, ax, False)


def _draw(surface: Surface, groups: Sequence[Group], deals: Sequence[Mark], ax: Axes3D, own: bool) -> Axes3D:
    ax.computed_zorder = False  # what is seen from here hides nothing else, so that the order of drawing is right
    _frame(ax, surface, [np.array(group.gains) for group in groups] + [np.array(deal.gains) for deal in deals])
    _paint(ax, surface)
    letters = [chr(ord("a") + place) for place in range(len(deals))]
    marks = [group.mark(True) for group in groups]
    marks += [replace(deal, text=letter) for deal, letter in zip(deals, letters, strict=True)]
    for mark in marks:
        x, y, z = mark.gains
        # Before they are drawn the layout takes such lines for flat ones, far outside the figure.
        ax.plot([x, x], [y, y], [0.0, z], color="black", lw=0.5, ls=(0, (3, 2)), zorder=4, in_layout=False)
        ax.plot([x], [y], [0.0], ls="", marker=".", color=GREY, ms=3.0, zorder=4, in_layout=False)
        mark.draw(ax)
    entries = [(group.figure, f"{group.names} {_triple(group.gains)}") for group in groups]
    entries += [(letter, f"{deal.text} {_triple(deal.gains)}") for deal, letter in zip(deals, letters, strict=True)]
    if entries:
        write_key(ax, entries, own)
        _number(ax, marks)
    return ax


def _paint(ax: Axes3D, surface: Surface) -> None:
    """Draw the surface, its mesh, and what is efficient in the midst of what is only weakly so."""
    weak = np.any(surface.weak[surface.triangles], axis=-1)  # the edge of a weakly efficient face may be efficient
    faces = {"facecolors": _lit(surface, weak), "edgecolors": "none", "antialiaseds": False}
    ax.add_collection3d(Poly3DCollection(surface.gains[surface.triangles], lw=0, zorder=2, **faces))
    ax.add_collection3d(Line3DCollection(_mesh(surface), colors="white", lw=0.35, zorder=3))
    single = np.setdiff1d(np.flatnonzero(~surface.weak & (surface.status == Status.OK)), surface.triangles[~weak])
    ax.plot(*surface.gains[single].T, ls="", marker=".", color=LINE, ms=2.0, zorder=3, in_layout=False)
    if np.any(weak):
        ax.legend(handles=[Patch(color=WEAK, label="only weakly efficient")], loc="upper left", borderaxespad=0.0)


def _frame(ax: Axes3D, surface: Surface, places: Sequence[Array]) -> None:
    """Put names, units and limits on the axes."""
    ideal = surface.problem.gains(surface.problem.ideal)
    points = np.array([np.zeros(3), ideal, *places])
    low, high = points.min(axis=0), points.max(axis=0)
    titles = axis_titles(name_common_unit(ax, surface.problem))
    axes = ((ax.set_xlim, ax.xaxis), (ax.set_ylim, ax.yaxis), (ax.set_zlim, ax.zaxis))
    for i, ((limit, axis), title) in enumerate(zip(axes, titles, strict=True)):
        limit(low[i], high[i] * 1.02)
        axis.set_label_text(title)
        axis.set_major_locator(MaxNLocator(4))
        axis.set_pane_color((1.0, 1.0, 1.0, 0.0))
        axis._axinfo["grid"].update(color="#DDDDDD", linewidth=0.4)
    ax.tick_params(pad=-1)
    ax.view_init(*VIEW)
    ax.set_box_aspect((1, 1, 0.9), zoom=0.9)


def _lit(surface: Surface, weak: Bools) -> Array:
    """Return a colour for every triangle: darker where it faces away from the light, grey where it is weakly efficient."""
    corners = surface.fractions[surface.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    facing = np.abs(across / np.where(length > 0, length, 1.0)) @ (LIGHT / np.linalg.norm(LIGHT))
    base = np.where(weak[:, None], to_rgb(WEAK), np.array(to_rgb(LINE)) * 0.45 + 0.55)
    return np.asarray(np.clip(base * (0.72 + 0.28 * facing[:, None]), 0.0, 1.0))


def _mesh(surface: Surface) -> list[Array]:
    """Return lines on the surface on which one party's share is a round number."""
    lines = []
    steps = round(1.0 / np.min(surface.shares[surface.shares > 0]))
    grid = np.rint(surface.shares * steps).astype(int)
    for party in range(3):
        for step in range(0, steps, max(1, steps // LINES)):
            on = np.flatnonzero(grid[:, party] == step)
            lines.append(surface.gains[on[np.argsort(grid[on, (party + 1) % 3])]])
    return lines


def _number(ax: Axes3D, marks: Sequence[Mark]) -> None:
    """Write the numbers of the marks, as they are seen on the page."""

    def on_page(gains: Any) -> Array:
        return np.array(proj_transform(*gains, ax.get_proj())[:2])

    ax.figure.canvas.draw()
    flat = [mark.at(on_page(mark.gains)) for mark in marks]
    drops = [np.array([on_page(mark.gains), on_page((*mark.gains[:2], 0.0))]) for mark in marks]
    place_labels(ax, [mark.label for mark in flat], drops, np.array([0.0, BELOW]))


def _triple(gains: Sequence[float]) -> str:
    return f"({', '.join(f'{gain:.3g}' for gain in gains)})"
