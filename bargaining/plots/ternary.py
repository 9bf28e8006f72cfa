"""The edge of what three parties can have, seen from disagreement: a triangle of the directions of agreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import Triangulation
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import instance
from bargaining.errors import InvalidProblem
from bargaining.plots.key import name_or_number
from bargaining.plots.labels import place_labels
from bargaining.plots.marks import GREY, LINE, SAME, Group, Mark, deal_marks, drawable, grouped, name_common_unit
from bargaining.plots.style import paper
from bargaining.problems.problem import Problem
from bargaining.rays import along
from bargaining.sets.base import Status
from bargaining.solution import Solution
from bargaining.surfaces import Surface

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
SHADES = LinearSegmentedColormap.from_list("levels", ["#F2F8FC", "#8FBFE0"])  # light enough to read black print on
TICKS = (0.2, 0.4, 0.6, 0.8)
LEVELS = 8

FLAT = 1e-6
"""Levels that differ by less are one: all of the edge lies in a plane."""


def draw_ternary(
    surface: Surface,
    *,
    solutions: Sequence[Solution] = (),
    deals: Mapping[str, Mapping[str, ArrayLike]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what three parties can have as a triangle, with solutions and marked deals.

    Every agreement is placed by how it divides gains, measured as fractions of the ideal gains: a party's share grows from
    the opposite side to its corner, and the Kalai-Smorodinsky solution is in the middle. Shades and contours show how much
    there is to divide in these shares: the sum of the fractions, one on a plane between the ideal gains and more where
    compromise pays. Where a point is hatched it is only weakly efficient: some party could have more at no cost to the
    others. A deal short of the edge is shown in its direction, with how far along the way it lies.

    Solutions are named in the figure, or numbered with a key, as by `draw_frontier`.

    Parameters
    ----------
    surface : Surface
        From `bg.surface`.
    solutions : sequence of Solution
        Solutions of the surface's problem, from `bg.solve`.
    deals : mapping of name to terms
        Other deals to mark.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out, as much wider as a key needs.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem
        As `draw_surface`, and for solutions and deals that leave a party worse off than disagreement or nobody better off,
        which have no place in the triangle.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> cake = bg.split(6, [bg.Linear(), bg.Power(0.5), bg.Log(1)])
    >>> ax = plots.draw_ternary(bg.surface(cake), solutions=[bg.solve(cake, bg.Nash())])
    >>> [text.get_text() for text in ax.texts if "share" in text.get_text()]
    ['share of party 1', 'share of party 2', 'share of party 3']
    """
    instance(surface, Surface, "find one first: plots.draw_ternary(bg.surface(problem))")
    problem = surface.problem
    groups = grouped(drawable(solutions, problem), problem.gains(problem.ideal))
    marks = [_with_progress(mark, problem) for mark in deal_marks({} if deals is None else deals, problem)]
    scene = _Scene(
        groups, [_place(group.gains, group.names, problem) for group in groups],
        [mark.at(_place(mark.gains, mark.text, problem)) for mark in marks],
    )  # fmt: skip
    if ax is None:
        with paper():
            return _draw(surface, scene, plt.subplots()[1], True)
    instance(ax, Axes, "make one with plt.subplots()")
    return _draw(surface, scene, ax, False)


@dataclass(frozen=True)
class _Scene:
    """The solutions with their places in the triangle, and deals that are in their places."""

    groups: Sequence[Group]
    places: Sequence[Array]
    deals: Sequence[Mark]


def _draw(surface: Surface, scene: _Scene, ax: Axes, own: bool) -> Axes:
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_xlim(-0.12, 1.12)
    ax.set_ylim(-0.13, CORNERS[2, 1] + 0.11)
    _shade(surface, ax)
    _rule(surface.problem, ax)
    entries = [(group.figure, group.names) for group in scene.groups]
    count = sum(len(group.solutions) for group in scene.groups)
    name_or_number(ax, partial(_annotate, ax, scene), entries, count, own)
    return ax


def _annotate(ax: Axes, scene: _Scene, keyed: bool) -> int:
    marks = [group.mark(keyed).at(place) for group, place in zip(scene.groups, scene.places, strict=True)]
    marks += scene.deals
    for mark in marks:
        mark.draw(ax)
    legend = ax.get_legend()
    keep_off = [*ax.texts, *([] if legend is None else [legend])]
    sides = [CORNERS[[i, (i + 1) % 3]] for i in range(3)]
    return place_labels(ax, [mark.label for mark in marks], sides, CORNERS.mean(axis=0), keep_off)


def _shade(surface: Surface, ax: Axes) -> None:
    """Show how much there is to divide, and where points are only weakly efficient."""
    known = surface.status == Status.OK
    x, y = (surface.shares @ CORNERS).T
    mesh = Triangulation(x, y, surface.triangles)
    levels = np.where(known, np.sum(surface.fractions, axis=-1), 1.0)  # what is unknown is in no triangle
    low, high = np.min(levels[known]), np.max(levels[known])
    if high - low > FLAT:
        steps = MaxNLocator(LEVELS, steps=[1, 2, 5, 10]).tick_values(low, high)
        shades = ax.tricontourf(mesh, levels, levels=steps, cmap=SHADES, zorder=0)
        ax.tricontour(mesh, levels, levels=steps, colors=LINE, linewidths=0.4, zorder=1)
        bar = cast(Figure, ax.figure).colorbar(shades, ax=ax, location="left", shrink=0.6, aspect=25, pad=0.02)
        bar.set_label("Sum of gains, as fractions of the ideal gains", fontsize="small")
        bar.ax.tick_params(labelsize="small", length=2)
        bar.outline.set_linewidth(0.4)
    else:
        ax.fill(*CORNERS.T, color=SHADES(0.0), lw=0, zorder=0)
        ax.text(0.5, 0.07, f"sum of fractions {low:.4g} everywhere", ha="center", fontsize="small")
    if np.any(surface.weak):
        weak = surface.weak.astype(float)  # from next to nothing on, so that an efficient line is left out
        marks = ax.tricontourf(mesh, weak, levels=[0.02, 1.5], colors="none", hatches=["/////"], zorder=1)
        marks.set(edgecolor=GREY, linewidth=0.0, hatch_linewidth=0.35)
        sample = Patch(fill=False, ec=GREY, hatch="/////", lw=0.0, hatch_linewidth=0.35, label="only weakly efficient")
        ax.legend(handles=[sample], loc="upper left", borderaxespad=0.0)


def _rule(problem: Problem, ax: Axes) -> None:
    """Draw sides, lines of equal shares and their names; at the corners, what each party can have at most."""
    ax.fill(*CORNERS.T, facecolor="none", edgecolor="black", lw=0.7, zorder=3)
    problem, gains = name_common_unit(ax, problem, 16.0), problem.gains(problem.ideal)
    for i, (party, unit) in enumerate(zip(problem.parties, problem.units, strict=True)):
        before, after = CORNERS[i - 1], CORNERS[(i + 1) % 3]  # shares of party i are read on the side from the one before
        out = (before + CORNERS[i]) / 2 - CORNERS.mean(axis=0)
        out /= np.linalg.norm(out)
        for share in TICKS:
            start = before + share * (CORNERS[i] - before)
            ax.plot(*np.transpose([start, after + share * (CORNERS[i] - after)]), color=GREY, lw=0.3, alpha=0.5, zorder=2)
            ax.plot(*np.transpose([start, start + 0.012 * out]), color="black", lw=0.6, zorder=3)
            x, y = start + 0.04 * out
            ax.text(x, y, f"{share:g}", ha="center", va="center", fontsize="small")
        turn = np.degrees(np.arctan2(*(CORNERS[i] - before)[::-1]))
        turn = (turn + 90.0) % 180.0 - 90.0  # never upside down
        x, y = (before + CORNERS[i]) / 2 + 0.085 * out
        ax.text(
            x, y, f"share of {party}", rotation=turn, rotation_mode="anchor",
            ha="center", va="center",
        )  # fmt: skip
        most = f"{party}\n(ideal gain {gains[i]:.3g}" + (f" {unit})" if unit else ")")
        x, y = 1.11 * CORNERS[i] - 0.11 * CORNERS.mean(axis=0)
        ax.text(x, y, most, ha="center", va="top" if i < 2 else "bottom", fontsize="small")


def _place(gains: Sequence[float], name: str, problem: Problem) -> Array:
    """Return where a point with these gains is in the triangle."""
    fractions = np.array(gains) / problem.gains(problem.ideal)
    if np.any(fractions < -SAME) or not np.sum(fractions) > SAME:
        raise InvalidProblem(
            f"{name} has gains {[float(f'{gain:.6g}') for gain in gains]}, and a triangle of shares has no place for "
            "losses, or where nobody gains. Leave it out, or use plots.draw_surface."
        )
    kept = np.maximum(fractions, 0.0)
    return np.asarray(kept @ CORNERS / np.sum(kept))


def _with_progress(mark: Mark, problem: Problem) -> Mark:
    """Return the mark of a deal, its name with how much of the way from disagreement to the edge it makes."""
    gains = np.maximum(mark.gains, 0.0)
    if not np.any(gains > 0):
        return mark  # it is refused where it is placed
    edge = along(problem, gains)
    if edge.status != Status.OK:
        return mark
    share = float(np.max(gains) / problem.gains(edge.utilities)[np.argmax(gains)])
    return mark if share > 1.0 - 1e-3 else replace(mark, text=f"{mark.text} ({share:.0%} of the way)")
