"""The frontier in gains, with the solutions on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import instance
from bargaining.concept import bargaining_weights
from bargaining.cooperative.nash import Nash
from bargaining.pareto import Frontier
from bargaining.plots.key import name_or_number
from bargaining.plots.labels import place_labels
from bargaining.plots.marks import (
    COLORS,
    GREY,
    LINE,
    NUMBERED,
    POINTERS,
    SAME,
    Group,
    Mark,
    axis_titles,
    deal_marks,
    drawable,
    grouped,
)  # fmt: skip
from bargaining.plots.panels import crowd, enlarge, free_place
from bargaining.plots.style import paper
from bargaining.solution import Solution

FAR = 2.0
"""The axes widen for marks this far outside the rational region, in ideal gains; at farther ones an arrow points."""


def draw_frontier(
    frontier: Frontier,
    *,
    solutions: Sequence[Solution] = (),
    deals: Mapping[str, Mapping[str, ArrayLike]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the Pareto frontier in gains over disagreement, with solutions and marked deals.

    The disagreement point is the origin; the shaded region is individually rational; the ideal point is where both parties
    would have their best deal; the dotted contour collects equal Nash products, at the level of the first Nash solution
    among `solutions`. The two proposals of an alternating-offers equilibrium are open triangles that point towards the gain
    of the party that makes them. Of separate alternatives the efficient ones are dots, joined by the stairs below which
    utility is thrown away. Agreements too close to be told apart are shown enlarged in a panel.

    Solutions are named in the figure if there are few. More than seven, or names that do not fit, are numbered in the order
    given, and a key beside the axes names them. Solutions that coincide share a marker, and a line of the key. Marks
    outside the rational region widen the axes; an arrow at the edge points to those far away.

    Parameters
    ----------
    frontier : Frontier
        From `bg.frontier`.
    solutions : sequence of Solution
        Solutions of the frontier's problem, from `bg.solve`.
    deals : mapping of name to terms
        Other deals to mark, for instance one reported in the press.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out, as much wider as a key needs. A key takes its room from
        axes that are given.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem
        If `frontier` is no frontier, `solutions` no list of solutions of its problem that have numbers, or `deals` no
        mapping of names to deals.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share**0.5, "two": lambda share: 1 - share}, [0, 0])
    >>> ax = plots.draw_frontier(bg.frontier(pie), solutions=[bg.solve(pie, bg.Nash())])
    >>> ax.get_xlabel()
    'Gain of one'
    """
    instance(frontier, Frontier, "trace one first: plots.draw_frontier(bg.frontier(problem))")
    solved = drawable(solutions, frontier.problem)
    marked = deal_marks({} if deals is None else deals, frontier.problem)
    if ax is None:
        with paper():
            return _draw(frontier, solved, marked, plt.subplots()[1], True)
    instance(ax, Axes, "make one with plt.subplots()")
    return _draw(frontier, solved, marked, ax, False)


@dataclass(frozen=True)
class _View:
    """What is drawn before any label: the curves that labels keep off, and the marks."""

    frontier: Frontier
    gains: Array
    contour: Array | None
    guides: Sequence[Array]
    fixed: Sequence[Mark]
    groups: Sequence[Group]
    solutions: Sequence[Solution]

    @property
    def curves(self) -> list[Array]:
        """The frontier first, which nothing may cover."""
        return [self.gains, *([] if self.contour is None else [self.contour]), *self.guides]

    def draw_curves(self, ax: Axes) -> list[Array]:
        """Draw the frontier and the contour of the Nash product, and return them."""
        ax.plot(*self.gains.T, color=LINE, zorder=3)
        if self.contour is None:
            return [self.gains]
        ax.plot(*self.contour.T, color=COLORS[0], lw=0.8, ls=":", zorder=2, scalex=False, scaley=False)
        return [self.gains, self.contour]


def _draw(frontier: Frontier, solutions: Sequence[Solution], deals: Sequence[Mark], ax: Axes, own: bool) -> Axes:
    view = _ground(frontier, solutions, deals, ax)
    entries = [(group.figure, f"{group.names} {_whereabouts(ax, group.gains)}") for group in view.groups]
    name_or_number(ax, partial(_annotate, ax, view), entries, len(solutions), own)
    return ax


def _ground(frontier: Frontier, solutions: Sequence[Solution], deals: Sequence[Mark], ax: Axes) -> _View:
    """Draw all that needs no label of a solution."""
    problem = frontier.problem
    gains, ideal = _outline(frontier), problem.gains(problem.ideal)
    groups = grouped(solutions, ideal)
    places = [np.array(deal.gains) for deal in deals] + [np.array(group.gains) for group in groups]
    talks = [solution.equilibrium for solution in solutions if solution.equilibrium is not None]
    places += [problem.gains(offer.utilities) for talk in talks for offer in talk.proposals]
    _set_limits(ax, ideal, places)
    region = np.concatenate([[[0.0, 0.0], [0.0, gains[0, 1]]], gains, [[gains[-1, 0], 0.0]]])
    ax.fill(*region.T, color=LINE, alpha=0.07, lw=0, zorder=0)
    guides = np.array([[0.0, ideal[1]], ideal, [ideal[0], 0.0]])
    ax.plot(*guides.T, color=GREY, lw=0.6, ls=(0, (4, 3)), zorder=1)
    for axis, title in zip((ax.xaxis, ax.yaxis), axis_titles(problem), strict=True):
        axis.set_label_text(title)
    fixed = [Mark((0.0, 0.0), "disagreement", GREY, "o"), Mark(tuple(ideal), "ideal point", GREY, "+"), *deals]
    contour = _nash_contour(solutions, ax)
    if contour is not None:
        fixed.append(Mark(tuple(contour[-len(contour) // 12]), "equal Nash product", COLORS[0], ""))
    sides = [np.array([[0.0, 0.0], ideal * [1, 0]]), np.array([[0.0, 0.0], ideal * [0, 1]])]
    view = _View(frontier, gains, contour, [guides, *sides], fixed, groups, solutions)
    view.draw_curves(ax)
    if not frontier.joined:
        ax.plot(*frontier.gains.T, color=LINE, ls="", marker="o", ms=3.5, zorder=3)
    return view


def _outline(frontier: Frontier) -> Array:
    """Return the frontier in gains; of separate points the stairs, below which utility is thrown away."""
    gains = frontier.gains
    if frontier.joined:
        return gains
    corners = np.stack([gains[:-1, 0], gains[1:, 1]], axis=-1)
    return np.concatenate([np.stack([gains[:-1], corners], axis=1).reshape(-1, 2), gains[-1:]])


def _annotate(ax: Axes, view: _View, keyed: bool) -> int:
    """Draw marks, legend, panel and labels; return how many labels cover something."""
    agreed = [*_proposals(view, keyed), *(group.mark(keyed) for group in view.groups)]
    agreed = [_shown(ax, mark, keyed) for mark in agreed]
    everything = [*(_shown(ax, mark, False) for mark in view.fixed), *agreed]
    if any(mark.hollow for mark in agreed):
        _explain_offers(ax, view, everything)
    crowded = crowd(ax, agreed)
    panel = enlarge(ax, crowded, view.curves, [mark for mark in everything if mark not in crowded])
    for mark in everything:
        mark.draw(ax)
    legend = ax.get_legend()
    over = [artist for artist in (panel, legend) if artist is not None]
    outside = everything if panel is None else [mark for mark in everything if mark not in crowded]
    blank = [] if panel is None else [np.array([mark.gains for mark in crowded])]
    clashes = place_labels(ax, [mark.label for mark in outside if mark.text], [*view.curves, *blank], np.zeros(2), over)
    if panel is not None:
        curves = view.draw_curves(panel)
        for mark in crowded:
            mark.draw(panel)
        clashes += place_labels(panel, [mark.label for mark in crowded if mark.text], curves, np.zeros(2))
    return clashes


def _proposals(view: _View, keyed: bool) -> list[Mark]:
    """Return the proposals behind agreements; with several equilibria, the numbers say whose the refused ones are."""
    ideal = view.frontier.problem.gains(view.frontier.problem.ideal)
    several = sum(solution.equilibrium is not None for solution in view.solutions) > 1
    marks = []
    for group in view.groups:
        for number, solution in zip(group.numbers, group.solutions, strict=True):
            if solution.equilibrium is None:
                continue
            for proposal, pointer in zip(solution.equilibrium.proposals, POINTERS, strict=True):
                gains = solution.problem.gains(proposal.utilities)
                agreed = np.all(np.abs(gains - solution.gains) <= SAME * ideal)
                color = NUMBERED if keyed else group.mark(False).color
                text = str(number) if keyed and several and not agreed else ""
                marks.append(Mark(tuple(gains), text, color, pointer, 9.0, True))
    return marks


def _explain_offers(ax: Axes, view: _View, marks: Sequence[Mark]) -> None:
    """Say in a legend, in an empty place, whose proposal each open triangle is."""
    for party, pointer in zip(view.frontier.problem.parties, POINTERS, strict=True):
        ax.plot([], [], ls="", marker=pointer, mfc="none", mec=GREY, ms=6.0, mew=0.8, label=f"offer of {party}")
    legend = ax.legend(loc="lower left", handletextpad=0.2, borderpad=0.2, labelspacing=0.3)
    ax.figure.canvas.draw()
    box = legend.get_window_extent().transformed(ax.transAxes.inverted())
    legend.remove()  # its own place is empty too
    corner = free_place(
        ax, (box.width, box.height), 0.0, view.curves, [np.array(mark.gains) for mark in marks],
        np.array([ax.get_xlim()[1], ax.get_ylim()[1]]),
    )  # fmt: skip
    if corner is None:
        corner = (0.0, 1.0)  # above the axes
    ax.legend(
        loc="lower left", bbox_to_anchor=corner, handletextpad=0.2, borderpad=0.2, labelspacing=0.3, borderaxespad=0.0
    )


def _set_limits(ax: Axes, ideal: Array, places: Sequence[Array]) -> None:
    """Show the rational region and every mark not far from it, with room for labels."""
    near = [place for place in places if np.all((place >= -FAR * ideal) & (place <= (1.0 + FAR) * ideal))]
    points = np.array([np.zeros(2), ideal, *near])
    low, high = points.min(axis=0), points.max(axis=0)
    pad = 0.10 * (high - low)
    ax.set_xlim(low[0] - pad[0], high[0] + 1.6 * pad[0])
    ax.set_ylim(low[1] - pad[1], high[1] + 1.2 * pad[1])
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=1)
    ax.axvline(0.0, color=GREY, lw=0.5, zorder=1)


def _is_outside(ax: Axes, gains: ArrayLike) -> bool:
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    return bool(np.any((gains < low) | (gains > high)))


def _whereabouts(ax: Axes, gains: Sequence[float]) -> str:
    """Say where a point is that the axes do not show."""
    return f"at ({gains[0]:.4g}, {gains[1]:.4g})" if _is_outside(ax, gains) else ""


def _shown(ax: Axes, mark: Mark, keyed: bool) -> Mark:
    """Return the mark, or an arrowhead at the edge of axes that do not reach it, which without a key says where it is."""
    if not _is_outside(ax, mark.gains):
        return mark
    to_fraction = ax.transData + ax.transAxes.inverted()
    way = to_fraction.transform(mark.gains) - 0.5
    edge = to_fraction.inverted().transform(0.5 + 0.48 * way / np.max(np.abs(way)))
    x, y = way * ax.bbox.size
    head = (3, 0, float(np.degrees(np.arctan2(y, x))) - 90.0)  # a triangle, turned
    text = mark.text if keyed or not mark.text else f"{mark.text}\n{_whereabouts(ax, mark.gains)}"
    return replace(mark.at(edge), text=text, marker=head, size=8.0)


def _nash_contour(solutions: Sequence[Solution], ax: Axes) -> Array | None:
    """Return the curve of equal Nash product through the first Nash solution, inside the axes."""
    for solution in solutions:
        if isinstance(solution.concept, Nash):
            weights = bargaining_weights(solution.concept.weights, solution.problem)
            if np.all(weights > 0):
                (x, y), (a, b) = solution.gains, weights
                right, top = ax.get_xlim()[1], ax.get_ylim()[1]
                grid = np.geomspace(max(x * (y / top) ** (b / a), 1e-12), right, 200)
                return np.stack([grid, y * (x / grid) ** (a / b)], axis=1)
    return None
