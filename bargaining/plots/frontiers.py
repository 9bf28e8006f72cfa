"""The frontier in gains, with the solutions on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.concept import bargaining_weights
from bargaining.cooperative.nash import Nash
from bargaining.errors import InvalidProblem
from bargaining.pareto import Frontier
from bargaining.plots.labels import Label, free_panel, place_labels
from bargaining.plots.style import paper
from bargaining.solution import Solution

POINTERS = (">", "^")  # proposals of the first and the second party point along that party's axis
COLORS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A", "#01665E")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "p")
PANELS = (
    (0.40, 0.34),
    (0.36, 0.30),
    (0.32, 0.27),
)  # of the axes, with TICKS more above and to the right for its tick labels
TICKS = 0.07
CROWDED = 0.15
"""Agreements within this share of both axes are shown enlarged."""

LEGEND = 0.8
"""A frontier that passes this share of both ideal gains leaves no room for a legend under the ideal point."""

GREY = "#555555"
LINE = "#0072B2"


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

    Parameters
    ----------
    frontier : Frontier
        From `bg.frontier`.
    solutions : sequence of Solution
        Each is marked and named, without overlaps.
    deals : mapping of name to terms
        Other deals to mark, for instance one reported in the press.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share**0.5, "two": lambda share: 1 - share}, [0, 0])
    >>> ax = plots.draw_frontier(bg.frontier(pie), solutions=[bg.solve(pie, bg.Nash())])
    >>> ax.get_xlabel()
    'Gain of one'
    """
    if ax is None:
        with paper():
            return _draw(frontier, solutions, deals or {}, plt.subplots()[1])
    return _draw(frontier, solutions, deals or {}, ax)


def _draw(
    frontier: Frontier, solutions: Sequence[Solution], deals: Mapping[str, Mapping[str, ArrayLike]], ax: Axes
) -> Axes:
    problem = frontier.problem
    for solution in solutions:
        if solution.problem.shape or solution.problem.n != 2:
            raise InvalidProblem("only solutions of single two-party problems can be drawn on a frontier.")
    gains = _outline(frontier)
    ideal = problem.gains(problem.ideal)
    marks = {name: problem.gains(problem.evaluate(terms)) for name, terms in deals.items()}
    _set_limits(ax, ideal, list(marks.values()))
    region = np.concatenate([[[0.0, 0.0], [0.0, gains[0, 1]]], gains, [[gains[-1, 0], 0.0]]])
    ax.fill(*region.T, color=LINE, alpha=0.07, lw=0, zorder=0)
    guides = np.array([[0.0, ideal[1]], ideal, [ideal[0], 0.0]])
    ax.plot(*guides.T, color=GREY, lw=0.6, ls=(0, (4, 3)), zorder=1)
    for axis, party, unit in zip((ax.xaxis, ax.yaxis), problem.parties, problem.units, strict=True):
        axis.set_label_text(f"Gain of {party}" + (f"\n({unit})" if unit else ""))

    if any(solution.equilibrium is not None for solution in solutions):
        crowded = np.any(np.all(gains > LEGEND * ideal, axis=1))
        _explain_offers(ax, problem.parties, "lower left" if crowded else "upper right")
    points = [_Point((0.0, 0.0), "disagreement", GREY, "o"), _Point(tuple(ideal), "ideal point", GREY, "+")]
    points += [_Point(tuple(point), name, "black", "x") for name, point in marks.items()]
    agreed = _agreements(solutions)
    contour = _nash_contour(solutions, ax)
    if contour is not None:
        points.append(_Point(tuple(contour[-len(contour) // 12]), "equal Nash product", COLORS[0], ""))
    ground = [guides, np.array([[0.0, 0.0], ideal * [1, 0]]), np.array([[0.0, 0.0], ideal * [0, 1]])]
    curves = [gains] if contour is None else [gains, contour]
    inset = _inset(ax, agreed, curves + ground, points)
    for point in points + agreed:
        point.draw(ax)
    _draw_curves(ax, gains, solutions)
    if not frontier.joined:
        ax.plot(*frontier.gains.T, color=LINE, ls="", marker="o", ms=3.5, zorder=3)
    if inset is None:
        _label(ax, points + agreed, curves + ground)
    else:
        for point in agreed:
            point.draw(inset)
        _label(inset, agreed, _draw_curves(inset, gains, solutions))
        _label(ax, points, curves + ground, [inset])
    return ax


def _outline(frontier: Frontier) -> Array:
    """Return the frontier in gains; of separate points the stairs, below which utility is thrown away."""
    gains = frontier.gains
    if frontier.joined:
        return gains
    corners = np.stack([gains[:-1, 0], gains[1:, 1]], axis=-1)
    return np.concatenate([np.stack([gains[:-1], corners], axis=1).reshape(-1, 2), gains[-1:]])


def _label(ax: Axes, points: Sequence[_Point], curves: Sequence[Array], keep_off: Sequence[Axes] = ()) -> None:
    place_labels(ax, [point.label for point in points if point.text], curves, np.zeros(2), keep_off)


def _explain_offers(ax: Axes, parties: Sequence[str], corner: Literal["upper right", "lower left"]) -> None:
    """Say in a legend whose proposal each open triangle is."""
    for party, pointer in zip(parties, POINTERS, strict=True):
        ax.plot([], [], ls="", marker=pointer, mfc="none", mec=GREY, ms=6.0, mew=0.8, label=f"offer of {party}")
    place = (0.86, 0.86) if corner == "upper right" else (0.14, 0.14)
    ax.legend(loc=corner, bbox_to_anchor=place, handletextpad=0.2, borderpad=0.2, labelspacing=0.3)


@dataclass(frozen=True)
class _Point:
    """A marked point of the figure; one without a text is only drawn."""

    gains: tuple[float, ...]
    text: str
    color: str
    marker: str
    size: float = 5.0
    hollow: bool = False

    @property
    def label(self) -> Label:
        return Label((float(self.gains[0]), float(self.gains[1])), self.text, self.color)

    def draw(self, ax: Axes) -> None:
        face = "none" if self.hollow else self.color
        ax.plot(
            *self.gains, ls="", marker=self.marker, mec=self.color, mfc=face, ms=self.size, mew=0.9,
            zorder=4 if self.hollow else 5, clip_on=False,
        )  # fmt: skip


def _agreements(solutions: Sequence[Solution]) -> list[_Point]:
    """Return the solutions and the proposals behind them, which the legend explains."""
    points = []
    for number, solution in enumerate(solutions):
        color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
        if solution.equilibrium is not None:
            for proposal, pointer in zip(solution.equilibrium.proposals, POINTERS, strict=True):
                gains = solution.problem.gains(proposal.utilities)
                points.append(_Point(tuple(gains), "", color, pointer, 9.0, True))
        points.append(_Point(tuple(solution.gains), solution.concept.label, color, marker))
    return points


def _draw_curves(ax: Axes, gains: Array, solutions: Sequence[Solution]) -> list[Array]:
    """Draw the frontier and the contour of the Nash product, and return them."""
    ax.plot(*gains.T, color=LINE, zorder=3)
    contour = _nash_contour(solutions, ax)
    if contour is None:
        return [gains]
    ax.plot(*contour.T, color=COLORS[0], lw=0.8, ls=":", zorder=2, scalex=False, scaley=False)
    return [gains, contour]


def _inset(ax: Axes, points: Sequence[_Point], curves: Sequence[Array], others: Sequence[_Point]) -> Axes | None:
    """Return an enlarged panel in an empty place if the agreements lie too close together to be told apart."""
    if len(points) < 2:
        return None
    places = np.array([point.gains for point in points])
    low, high = places.min(axis=0), places.max(axis=0)
    span = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    if np.any(high - low > CROWDED * span) or np.allclose(low, high):
        return None
    middle, half = (low + high) / 2, np.maximum(1.2 * (high - low), 0.01 * span)
    marks = [np.asarray(point.gains) for point in others] + [middle]
    for size in PANELS:
        corner = free_panel(ax, size, TICKS, curves, marks, middle)
        if corner is not None:
            break
    else:
        return None
    panel = ax.inset_axes((*corner, *size))
    panel.set_xlim(middle[0] - half[0], middle[0] + half[0])
    panel.set_ylim(middle[1] - half[1], middle[1] + half[1])
    panel.tick_params(labelsize="x-small", length=2, pad=1)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.yaxis.set_major_locator(MaxNLocator(3))
    panel.xaxis.set_ticks_position("top")
    panel.yaxis.set_ticks_position("right")
    for spine in panel.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.5)
    ax.indicate_inset_zoom(panel, edgecolor=GREY, alpha=0.8, lw=0.5)
    return panel


def _set_limits(ax: Axes, ideal: Array, marks: Sequence[Array]) -> None:
    """Show the rational region and every marked deal, with room for labels."""
    points = np.array([np.zeros(2), ideal, *marks])
    low, high = points.min(axis=0), points.max(axis=0)
    pad = 0.10 * (high - low)
    ax.set_xlim(low[0] - pad[0], high[0] + 1.6 * pad[0])
    ax.set_ylim(low[1] - pad[1], high[1] + 1.2 * pad[1])
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.axhline(0.0, color=GREY, lw=0.5, zorder=1)
    ax.axvline(0.0, color=GREY, lw=0.5, zorder=1)


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
