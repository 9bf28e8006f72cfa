"""The payoffs of a game of threats, the deals that can be agreed on, and how threats lead to deals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from bargaining._types import Array
from bargaining.checks import instance, sequence
from bargaining.errors import InvalidProblem
from bargaining.pareto import frontier
from bargaining.plots.labels import Label, place_labels
from bargaining.plots.marks import COLORS, GREY, LINE, MARKERS, SAME, folded
from bargaining.plots.panels import TICKS, frame_panel, free_place
from bargaining.plots.style import paper
from bargaining.problems.threats import ThreatGame
from bargaining.sets.base import Status
from bargaining.solution import Solution

CODES = ("#DDDDDD", "#56B4E9", "#D55E00", "#009E73", "#F0E442", "#CC79A7", "#000000")
"""Colours of the second party's actions in a panel."""

CELLS = 16
"""Pairs of actions that are named; of more, only the dots are shown."""

CLOSE = 0.3
"""Pairs of actions that fill less than this share of both axes are shown enlarged."""

PANELS = ((0.5, 0.36), (0.44, 0.32))
"""Sizes of the panel, of the axes."""

ROOM = 0.35
"""Share of their height by which the axes are extended for the panel."""

MARGIN = 1e-6
"""Share of a party's range by which the frontier is looked at from below the worst payoffs."""


def draw_threats(game: ThreatGame, *, solutions: Sequence[Solution] = (), ax: Axes | None = None) -> Axes:
    """Draw a game of threats: what pairs of actions give, the frontier of agreements, and how each solution gets there.

    Grey dots are the payoffs of pairs of actions, named by them if there are few, enlarged in a panel if they lie close
    together, where shapes and colours tell up to seven actions each; and the shaded area what lotteries over
    these pairs give where that is all that can be agreed on without payments; the blue line is the frontier. Of each
    solution a hollow marker is the disagreement point, a filled one the deal, and the line between them the gains.

    Parameters
    ----------
    game : ThreatGame
        A single game.
    solutions : sequence of Solution
        Solutions of this game, from `bg.solve`.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem
        If `game` is a stack or no game of threats, or a solution is of another game or has no numbers.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> game = bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]])
    >>> ax = plots.draw_threats(game, solutions=[bg.solve(game, bg.RationalThreats())])
    >>> ax.get_xlabel()
    'Payoff of row player'
    """
    instance(game, ThreatGame, "build one with bg.ThreatGame(A, B)")
    if game.shape:
        raise InvalidProblem(f"one game is drawn; this is a stack of shape {game.shape}.")
    solved = _drawable(game, solutions)
    if ax is None:
        with paper():
            return _draw(game, solved, plt.subplots()[1])
    instance(ax, Axes, "make one with plt.subplots()")
    return _draw(game, solved, ax)


def _drawable(game: ThreatGame, solutions: Any) -> tuple[Solution, ...]:
    found = sequence("solutions", solutions)
    for solution in found:
        instance(solution, Solution, "solutions to draw come from bg.solve(game, bg.RationalThreats()) and the like")
        if solution.threats is None or solution.threats.game is not game:
            raise InvalidProblem(
                f"{solution.label} is no solution of this game of threats; draw those that bg.solve finds of it."
            )
        if solution.status != Status.OK:
            raise InvalidProblem(f"{solution.label} has no numbers to draw: {Status(int(solution.status)).label}.")
    return found


def _draw(game: ThreatGame, solutions: Sequence[Solution], ax: Axes) -> Axes:
    cells = np.stack([game.A.ravel(), game.B.ravel()], axis=-1)
    edge, paths = _edge(game), _paths(solutions)
    _set_limits(ax, np.concatenate([cells, edge, *paths.values()]))
    for axis, party, unit in zip((ax.xaxis, ax.yaxis), game.parties or (), game.units or (), strict=True):
        axis.set_label_text(f"Payoff of {party}" + (f"\n({unit})" if unit else ""))
    curves = [edge, *paths.values()]
    panel = _panel(ax, cells, curves) if _crowded(ax, cells) else None
    for axes in (ax, panel) if panel is not None else (ax,):
        if game.agreements is None:
            axes.fill(*_outline(cells).T, color=GREY, alpha=0.12, lw=0, zorder=0)
        axes.plot(*edge.T, color=LINE, zorder=2)
        axes.plot(*cells.T, ls="", marker="o", ms=3.5, color=GREY, alpha=0.7, zorder=3)
        for number, path in enumerate(paths.values()):
            _draw_path(axes, number, path)
    labels = [
        Label((float(path[1, 0]), float(path[1, 1])), "\n".join(folded(words, 24)), COLORS[number % len(COLORS)])
        for number, (words, path) in enumerate(paths.items())
    ]
    if panel is None:
        labels += _cell_labels(game, cells)
    elif max(game.A.shape) <= len(CODES):
        _code_cells(panel, game)
        _explain_codes(ax, game)
    over = [artist for artist in (panel, ax.get_legend()) if artist is not None]
    place_labels(ax, labels, curves, np.mean(cells, axis=0), over)
    return ax


def _code_cells(ax: Axes, game: ThreatGame) -> None:
    """Mark pairs of actions by the shape of the first party's and the colour of the second's."""
    for i, row in enumerate(zip(game.A, game.B, strict=True)):
        for j, (x, y) in enumerate(zip(*row, strict=True)):
            ax.plot(
                [x], [y], ls="", marker=MARKERS[i], color=CODES[j], mec="black", mew=0.4,
                ms=5.5, zorder=6,
            )  # fmt: skip


def _explain_codes(ax: Axes, game: ThreatGame) -> None:
    """Say in a legend above the axes which shape and which colour stands for which action."""
    parties = game.parties or ()
    shapes = [
        ax.plot([], [], ls="", marker=m, mfc="none", mec="black", mew=0.8)[0] for m in MARKERS[: len(game.rows or ())]
    ]
    colors = [
        ax.plot([], [], ls="", marker="o", color=c, mec="black", mew=0.4)[0] for c in CODES[: len(game.columns or ())]
    ]
    blank = ax.plot([], [], ls="")[0]
    most = max(len(shapes), len(colors))
    handles, words = [], []
    for party, actions, found in ((parties[0], game.rows, shapes), (parties[1], game.columns, colors)):
        spare = most - len(found)
        handles += [blank, *found, *[blank] * spare]
        words += [f"{party}:", *(actions or ()), *[""] * spare]
    ax.legend(handles, words, loc="upper right", ncols=2, handletextpad=0.2, labelspacing=0.25, columnspacing=0.8)


def _paths(solutions: Sequence[Solution]) -> dict[str, Array]:
    """Return the ways from threat points to deals, (2, 2), by the names of the solutions that go them."""
    paths: list[tuple[list[str], Array]] = []
    for solution in solutions:
        way = np.array([solution.problem.disagreement, solution.utilities])
        for labels, known in paths:
            if np.all(np.abs(way - known) <= SAME * solution.problem.feasible.spread()):
                labels.append(solution.label)
                break
        else:
            paths.append(([solution.label], way))
    return {"; ".join(dict.fromkeys(labels)): way for labels, way in paths}


def _draw_path(ax: Axes, number: int, path: Array) -> None:
    color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
    ax.plot(*path.T, color=color, lw=0.9, ls=(0, (4, 2)), zorder=4)
    start, deal = path[:, :, None]
    ax.plot(*start, ls="", marker=marker, mec=color, mfc="none", ms=9.0, mew=1.2, zorder=7)  # around what it is made by
    ax.plot(*deal, ls="", marker=marker, mec=color, mfc=color, ms=6.0, mew=1.0, zorder=5)


def _crowded(ax: Axes, cells: Array) -> bool:
    """Say whether the pairs of actions fill too little of the axes for their names."""
    span = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    return bool(np.any(np.ptp(cells, axis=0) > 0) and np.all(np.ptp(cells, axis=0) < CLOSE * span))


def _panel(ax: Axes, cells: Array, curves: Sequence[Array]) -> Axes | None:
    """Return a panel that enlarges the pairs of actions, in an empty place; None if there is no such place.

    The axes are extended downwards for it.
    """
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom - ROOM * (top - bottom), top)
    corners = [
        np.array([x, y]) for x in (cells[:, 0].min(), cells[:, 0].max()) for y in (cells[:, 1].min(), cells[:, 1].max())
    ]
    for size in PANELS:
        corner = free_place(ax, size, TICKS, curves, [*corners, *(curve[-1] for curve in curves[1:])], cells.mean(axis=0))
        if corner is not None:
            panel = ax.inset_axes((*corner, *size))
            _set_limits(panel, cells, 0.25)
            frame_panel(ax, panel)
            return panel
    return None


def _edge(game: ThreatGame) -> Array:
    """Return the frontier of agreements that give both more than the worst payoffs, (m, 2)."""
    below = game.worst - MARGIN * game.feasible.spread()  # a party whose payoffs are all equal has no range above them
    return frontier(game.problem(below)).points


def _outline(points: Array) -> Array:
    """Return the corners of the convex hull in order, (k, 2): Andrew's monotone chain (1979), there and back."""
    ranked = np.unique(points, axis=0)

    def chain(ordered: Array) -> list[Array]:
        kept: list[Array] = []
        for point in ordered:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept

    return np.array(chain(ranked)[:-1] + chain(ranked[::-1])[:-1] or list(ranked))


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _cell_labels(game: ThreatGame, cells: Array) -> list[Label]:
    if len(cells) > CELLS:
        return []
    folds = [["\n".join(folded(name, 18)) for name in names or ()] for names in (game.rows, game.columns)]
    names = [f"{row},\n{column}" for row in folds[0] for column in folds[1]]
    return [Label((float(x), float(y)), name, GREY) for (x, y), name in zip(cells, names, strict=True)]


def _set_limits(ax: Axes, points: Array, share: float = 0.12) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    pad = np.where(high > low, share * (high - low), 1.0)
    ax.set_xlim(low[0] - pad[0], high[0] + pad[0])
    ax.set_ylim(low[1] - pad[1], high[1] + pad[1])
