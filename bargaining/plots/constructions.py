"""How solution concepts construct their points, drawn: one small function a concept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bargaining._types import Array
from bargaining.arcs import arcs, moment, sector
from bargaining.checks import instance
from bargaining.concept import Concept, bargaining_weights, party_weights
from bargaining.cooperative.average_payoff import AveragePayoff
from bargaining.cooperative.conley_wilkie import ConleyWilkie
from bargaining.cooperative.dictatorial import Dictatorial
from bargaining.cooperative.egalitarian import Egalitarian
from bargaining.cooperative.equal_area import EqualArea
from bargaining.cooperative.equal_loss import EqualLoss
from bargaining.cooperative.gupta_livne import GuptaLivne
from bargaining.cooperative.kalai_rosenthal import KalaiRosenthal
from bargaining.cooperative.kalai_smorodinsky import KalaiSmorodinsky
from bargaining.cooperative.lexicographic_egalitarian import LexicographicEgalitarian
from bargaining.cooperative.lexicographic_kalai_smorodinsky import LexicographicKalaiSmorodinsky
from bargaining.cooperative.nash import Nash
from bargaining.cooperative.perles_maschler import PerlesMaschler
from bargaining.cooperative.proportional import Proportional
from bargaining.cooperative.raiffa import Raiffa
from bargaining.cooperative.utilitarian import Utilitarian
from bargaining.cooperative.yu import Yu
from bargaining.errors import InvalidProblem
from bargaining.pareto import Frontier, frontier
from bargaining.plots.style import paper
from bargaining.problems.lotteries import lotteries
from bargaining.problems.problem import Problem
from bargaining.solution import Solution, solve

GREY = "#555555"
LINE = "#0072B2"  # the frontier
DRAWN = "#D55E00"  # the construction
SECOND = "#56B4E9"  # of two halves the second: as light in grey as DRAWN is dark
ROOM = 0.12  # of the ideal gains: around what is shown
MOST = 1.9  # of the ideal gains: a tangent that meets the axes farther out is cut off
SHORT = 0.02  # of the ideal gains: a box smaller than this is not drawn
SAME = 1e-6  # of the ideal gains: points nearer to each other are one


def draw_construction(problem: Problem, concept: Concept, *, ax: Axes | None = None) -> Axes:
    """Draw how a concept constructs its point, in gains over disagreement.

    The individually rational region is shaded, the frontier is the thick line, d is disagreement (the origin), a the ideal
    point, and the filled dot the solution. The construction has a colour of its own:

    - Nash: the curve of equal (weighted) products that touches the frontier, and the tangent there; for equal weights the
      point is the middle of the tangent between the axes.
    - Kalai-Smorodinsky, egalitarian, proportional: the ray from d (of the first, to a). The lexicographic ones: the ray
      and the step that follows where somebody can still gain.
    - Utilitarian: the line of equal weighted sums. Yu: the ball around a that touches. Equal loss: the way down from a.
    - Equal area: the halves. Average pay-off: the ray through the centre of gravity g.
    - Perles-Maschler: the two parts of the frontier of equal length, and how the two points move.
    - Raiffa: the steps, each towards the ideal point over the last, or the continuous path.
    - Gupta-Livne: the segment from the reference r to a. A dictator: the axis.
    - The Nash set: all maximisers. Conley-Wilkie: the Nash point n of the dashed convex hull, and the segment to it.

    Parameters
    ----------
    problem : Problem
        One problem of two parties.
    concept : Concept
        One of the library's concepts, or of a class derived from one.
    ax : Axes, optional
        Where to draw; a new figure in the paper style if left out.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidProblem
        For stacks, other than two parties, and concepts whose construction is not known.
    BargainingError
        As `bg.solve` and `bg.frontier`, if the problem has no solution.

    Examples
    --------
    >>> import bargaining as bg
    >>> from bargaining import plots
    >>> curve = bg.from_curve(lambda u: 4 - u**2, disagreement=[0, 0], low=0, high=2, parties=("one", "two"))
    >>> ax = plots.draw_construction(curve, bg.KalaiSmorodinsky())
    >>> ax.get_title(), ax.get_xlabel()
    ('Kalai-Smorodinsky', 'Gain of one')
    """
    instance(problem, Problem, "give the problem whose solution is to be constructed")
    instance(concept, Concept, "constructions are drawn of solution concepts, for example bg.Nash()")
    if ax is not None:
        instance(ax, Axes, "give an axis of a matplotlib figure")
    construct = _construction(concept)
    if problem.shape:
        raise InvalidProblem(f"a construction is drawn of one problem; this is a stack of shape {problem.shape}.")
    if problem.n != 2:
        raise InvalidProblem(f"a construction is drawn for two parties; the problem has {problem.n}.")
    solution, edge = solve(problem, concept, certify=False), frontier(problem)
    if ax is None:
        with paper():
            return _draw(_Panel(plt.subplots()[1], solution, edge), construct)
    return _draw(_Panel(ax, solution, edge), construct)


def _construction(concept: Concept) -> Callable[[_Panel, Any], None]:
    """Return the function that draws a concept: that of the nearest class it is derived from."""
    for kind in type(concept).__mro__:
        if kind in CONSTRUCTIONS:
            return CONSTRUCTIONS[kind]
    known = ", ".join(sorted(kind.__name__ for kind in CONSTRUCTIONS))
    raise InvalidProblem(
        f"how {concept.label} ({type(concept).__name__}) constructs its point is not known and cannot be drawn; known are "
        f"{known}, and classes derived from them. plots.draw_frontier draws the point alone."
    )


def _draw(panel: _Panel, construct: Callable[[_Panel, Any], None]) -> Axes:
    ax, problem = panel.ax, panel.problem
    panel.ground()
    construct(panel, panel.solution.concept)
    panel.mark(panel.gain, size=5.5)
    if panel.solution.ties is not None:
        for point in problem.gains(panel.solution.ties.utilities):
            panel.mark(point, size=5.5)
    panel.frame()
    ax.set_title(panel.solution.concept.label)
    for axis, party, unit in zip((ax.xaxis, ax.yaxis), problem.parties, problem.units, strict=True):
        axis.set_label_text(f"Gain of {party}" + (f"\n({unit})" if unit else ""))
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    return ax


class _Panel:
    """An axis with the problem drawn on it, and what the construction of its solution is drawn with; all in gains."""

    def __init__(self, ax: Axes, solution: Solution, edge: Frontier) -> None:
        self.ax, self.solution, self.problem, self.edge = ax, solution, solution.problem, edge
        self.gain = np.asarray(solution.gains, dtype=float)
        self.ideal = np.asarray(self.problem.gains(self.problem.ideal), dtype=float)
        self.low = np.minimum(self.gain, 0.0)
        self.high = np.maximum(self.gain, self.ideal)

    @cached_property
    def boundary(self) -> Array:
        """The edge of the rational region from axis to axis, (m, 2); of separate points the stairs below them."""
        gains = self.edge.gains
        if not self.edge.joined:
            corners = np.stack([gains[:-1, 0], gains[1:, 1]], axis=-1)
            gains = np.concatenate([np.stack([gains[:-1], corners], axis=1).reshape(-1, 2), gains[-1:]])
        ends = [[0.0, gains[0, 1]]], [[gains[-1, 0], 0.0]]
        return np.concatenate([ends[0], np.maximum(gains, 0.0), ends[1]])

    def halves(self, path: Array) -> tuple[Array, Array]:
        """Return the part of a path along the edge up to the solution and that from there on."""
        side = path[:, 0] * self.gain[1] - path[:, 1] * self.gain[0]
        return np.concatenate([path[side < 0], [self.gain]]), np.concatenate([[self.gain], path[side > 0]])

    def ground(self) -> None:
        """Draw what all constructions start from: region, frontier, disagreement and ideal point."""
        if self.problem.feasible.free_disposal:  # else not all under the frontier is feasible
            self.tint(np.concatenate([[[0.0, 0.0]], self.boundary]), LINE, 0.08)
        self.line([[0.0, self.ideal[1]], self.ideal, [self.ideal[0], 0.0]], GREY, 0.5, "guide", 1)
        self.line(self.boundary, LINE, 0.7, "solid", 3)
        if self.edge.joined:
            gains = self.edge.gains  # where the set has a dent, they may begin and end on level and steep parts
            level = np.flatnonzero(gains[:, 1] >= (1.0 - SAME) * self.ideal[1])
            steep = np.flatnonzero(gains[:, 0] >= (1.0 - SAME) * self.ideal[0])
            self.line(gains[max(level, default=0) : min(steep, default=len(gains)) + 1], LINE, 1.6, "solid", 3)
        else:
            self.ax.plot(*self.edge.gains.T, color=LINE, ls="", marker="o", ms=3.5, zorder=3)
        self.name([0.0, 0.0], "$d$", (-4, 2))
        self.name(self.ideal, "$a$", (4, 4))

    def line(self, points: Any, color: str = DRAWN, width: float = 1.2, dashes: str = "solid", level: float = 4) -> None:
        """Draw a line through points."""
        patterns = {"solid": "solid", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.5)), "guide": (0, (2, 3))}
        self.ax.plot(*np.asarray(points, dtype=float).T, color=color, lw=width, ls=patterns[dashes], zorder=level)

    def tint(self, points: Array, color: str, alpha: float, hatch: str | None = None) -> None:
        """Fill a polygon."""
        self.ax.fill(
            *points.T, facecolor=(color, alpha), edgecolor=(color, 0.8 if hatch else 0.0), hatch=hatch, lw=0, zorder=0.5
        )

    def mark(self, point: Any, size: float = 4.0, hollow: bool = False) -> None:
        """Mark a point: the solution by a filled dot, what it is constructed from by a hollow one."""
        self.ax.plot(
            *np.asarray(point, dtype=float), ls="", marker="o", ms=size, mec="black", mew=0.7,
            mfc="white" if hollow else DRAWN, zorder=6, clip_on=False,
        )  # fmt: skip

    def name(self, point: Any, text: str, offset: tuple[float, float]) -> None:
        """Mark a point of the construction and write its name beside it."""
        self.mark(point, 3.0, hollow=True)
        self.ax.annotate(
            text, tuple(np.asarray(point, dtype=float)), xytext=offset, textcoords="offset points", color="black",
            ha="right" if offset[0] < 0 else "left", va="top" if offset[1] < 0 else "bottom", zorder=7,
        )  # fmt: skip

    def head(self, start: Any, end: Any, gap: float = 0.0, color: str = DRAWN) -> None:
        """Draw the head of an arrow that comes from `start` and ends at `end`, or a gap (points) before it."""
        self.ax.annotate(
            "", tuple(np.asarray(end, dtype=float)), xytext=tuple(np.asarray(start, dtype=float)), zorder=5,
            arrowprops={"arrowstyle": "-|>", "color": color, "lw": 0.0, "shrinkA": 0, "shrinkB": gap, "mutation_scale": 11},
        )  # fmt: skip

    def ray(self, way: Array) -> None:
        """Draw the ray from disagreement through the solution, dashed beyond it as far as the ideal point's rectangle."""
        self.line([[0.0, 0.0], self.gain])
        with np.errstate(divide="ignore"):
            end = np.min(np.where(way > 0, self.ideal / way, np.inf)) * way
        if np.any(end > self.gain + SAME * self.ideal):
            self.line([self.gain, end], width=0.8, dashes="dashed")

    def touching(self, normal: Array, level: float, width: float = 0.9, dashes: str = "dashed") -> None:
        """Draw the line of points whose sum, weighted by the normal, is `level`, as far as it is shown."""
        low, high = self.low, self.high
        with np.errstate(all="ignore"):
            ends = [[x, (level - normal[0] * x) / normal[1]] for x in (low[0], high[0])]
            ends += [[(level - normal[1] * y) / normal[0], y] for y in (low[1], high[1])]
        points = np.array(ends)
        slack = SAME * self.ideal
        inside = np.all(np.isfinite(points) & (points >= low - slack) & (points <= high + slack), axis=1)
        points = points[inside]
        order = np.argsort(points @ np.array([normal[1], -normal[0]]))
        self.line(points[order[[0, -1]]], width=width, dashes=dashes)

    def product(self, point: Array, weights: Array) -> None:
        """Draw the curve of points whose weighted product of gains is that of a point, as far as it is shown."""
        (x, y), (a, b) = point, weights
        left = max(x * (y / self.high[1]) ** (b / a), 1e-9 * self.high[0])
        grid = np.geomspace(left, self.high[0], 200)
        self.line(np.stack([grid, y * (x / grid) ** (a / b)], axis=1))

    def frame(self) -> None:
        """Set limits around what is drawn, with room for the names of points."""
        room = ROOM * (self.high - self.low)
        self.ax.set_xlim(self.low[0] - room[0], self.high[0] + room[0])
        self.ax.set_ylim(self.low[1] - room[1], self.high[1] + room[1])
        self.ax.axhline(0.0, color=GREY, lw=0.5, zorder=1)
        self.ax.axvline(0.0, color=GREY, lw=0.5, zorder=1)


# -- constructions ---------------------------------------------------------------------------------------------------


def _nash(panel: _Panel, concept: Nash) -> None:
    weights = bargaining_weights(concept.weights, panel.problem)
    if not np.all(weights > 0):  # the party with all the weight has its best deal: the line of equal gains is the curve
        panel.touching(weights, float(weights @ panel.gain), 1.2, "solid")
        return
    ends = panel.gain / weights
    if panel.edge.joined and not panel.edge.dented:  # else the tangent runs through the set
        panel.high = np.maximum(panel.high, np.minimum(ends, MOST * panel.ideal))
        panel.touching(1.0 / ends, 1.0)
    panel.product(panel.gain, weights)


def _conley_wilkie(panel: _Panel, concept: ConleyWilkie) -> None:
    hull = lotteries(panel.problem)
    best = solve(hull, Nash(concept.weights), certify=False).gains
    weights = bargaining_weights(concept.weights, panel.problem)
    panel.line(frontier(hull).gains, LINE, 0.9, "dashed", 3)
    if np.all(weights > 0):
        panel.product(best, weights)
    panel.line([[0.0, 0.0], panel.gain])
    if np.any(np.abs(best - panel.gain) > SAME * panel.ideal):
        panel.line([panel.gain, best], width=0.9, dashes="dashed")
        panel.name(best, "$n$", (4, 4))


def _kalai_smorodinsky(panel: _Panel, concept: KalaiSmorodinsky) -> None:
    panel.ray(panel.ideal * bargaining_weights(concept.weights, panel.problem))


def _kalai_rosenthal(panel: _Panel, concept: KalaiRosenthal) -> None:
    panel.ray(panel.problem.gains(concept.ideal(panel.problem)))


def _egalitarian(panel: _Panel, _: Egalitarian) -> None:
    panel.ray(np.ones(2))


def _proportional(panel: _Panel, concept: Proportional) -> None:
    panel.ray(party_weights(concept.weights, panel.problem))


def _utilitarian(panel: _Panel, concept: Utilitarian) -> None:
    weights = party_weights(concept.weights, panel.problem)
    panel.touching(weights, float(weights @ panel.gain), 1.2, "solid")


def _equal_loss(panel: _Panel, concept: EqualLoss) -> None:
    start = panel.ideal
    if concept.reference is not None:
        start = panel.problem.gains(concept.reference)
        panel.low, panel.high = np.minimum(panel.low, start), np.maximum(panel.high, start)
        panel.name(start, "$r$", (4, 4))
    corners = [panel.gain[0], start[1]], [start[0], panel.gain[1]]
    for corner in corners:
        panel.line([panel.gain, corner], width=0.8, dashes="dotted")
    panel.line([start, panel.gain])
    panel.head(start, panel.gain, gap=3.0)


def _yu(panel: _Panel, concept: Yu) -> None:
    weights = party_weights(concept.weights, panel.problem)
    radius = -float(concept.welfare(panel.problem, panel.solution.utilities)) / weights
    turn = np.linspace(0.0, np.pi / 2, 181)
    sides = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    sides[[0, -1]] = np.eye(2)  # to the last digit, which every power keeps
    losses = np.concatenate([np.eye(2)[:1], sides ** (2.0 / concept.p), np.eye(2)[1:]])
    ball = panel.ideal - losses * radius
    panel.tint(np.concatenate([[panel.ideal], ball]), DRAWN, 0.12)
    panel.line(ball)
    panel.line([panel.ideal, panel.gain], width=0.9, dashes="dashed")


def _equal_area(panel: _Panel, _: EqualArea) -> None:
    before, after = panel.halves(panel.boundary)
    panel.tint(np.concatenate([[[0.0, 0.0]], before]), DRAWN, 0.30)
    panel.tint(np.concatenate([[[0.0, 0.0]], after]), SECOND, 0.15, "////")
    panel.line([[0.0, 0.0], panel.gain])


def _average_payoff(panel: _Panel, concept: AveragePayoff) -> None:
    chain = arcs(panel.problem, moment, concept.label)
    parts = chain.start, chain.first, chain.second
    centre = np.sum(moment(*parts), axis=1)[0] / np.sum(sector(*parts), axis=1)[0] * panel.ideal
    panel.ray(centre)
    panel.name(centre, "$g$", (4, -4))


def _perles_maschler(panel: _Panel, _: PerlesMaschler) -> None:
    before, after = panel.halves(panel.edge.gains)
    for path, color in ((before, DRAWN), (after[::-1], SECOND)):
        panel.line(path, color, 2.6)
        steps = np.linalg.norm(np.diff(path / panel.ideal, axis=0), axis=1)
        travelled = np.concatenate([[0.0], np.cumsum(steps)]) / np.sum(steps)
        tail, head = (np.array([np.interp(share, travelled, path[:, i]) for i in (0, 1)]) for share in (0.45, 0.6))
        panel.head(tail, head, color="black")


def _raiffa(panel: _Panel, concept: Raiffa) -> None:
    path = panel.problem.gains(concept.path(panel.problem))
    if concept.step > 0:
        boxes = path[:-1] + panel.problem.n / concept.step * np.diff(path, axis=0)
        panel.line([path[0], boxes[0]], width=0.6, dashes="dashed")  # in the box that the axes and the guides make
        for corner, ideal in zip(path[1:], boxes[1:], strict=False):
            if np.all(ideal - corner > SHORT * panel.ideal):
                box = [[corner[0], ideal[1]], ideal, [ideal[0], corner[1]], corner, [corner[0], ideal[1]]]
                panel.line(box, width=0.8, dashes="dotted")
                panel.line([corner, ideal], width=0.6, dashes="dashed")
                panel.mark(corner, 3.0, hollow=True)
    panel.line(path)


def _gupta_livne(panel: _Panel, concept: GuptaLivne) -> None:
    reference = panel.problem.gains(np.asarray(concept.reference, dtype=float))
    panel.line([reference, panel.gain])
    panel.line([panel.gain, panel.ideal], width=0.8, dashes="dashed")
    panel.name(reference, "$r$", (-4, 4))


def _dictatorial(panel: _Panel, _: Dictatorial) -> None:
    panel.line([[0.0, 0.0], panel.gain], width=2.0)
    panel.head([0.0, 0.0], 0.6 * panel.gain)


@dataclass(frozen=True)
class _ThenOn:
    """The ray of a concept, and the step beyond its point by which the lexicographic one goes on."""

    first: Concept

    def __call__(self, panel: _Panel, _: Concept) -> None:
        stop = solve(panel.problem, self.first, certify=False).gains
        panel.line([[0.0, 0.0], stop])
        if np.any(panel.gain - stop > SAME * panel.ideal):
            panel.line([stop, panel.gain], width=2.0)
            panel.head(stop, 0.4 * stop + 0.6 * panel.gain)
            panel.mark(stop, hollow=True)


CONSTRUCTIONS: dict[type[Concept], Callable[[_Panel, Any], None]] = {
    AveragePayoff: _average_payoff,
    ConleyWilkie: _conley_wilkie,
    Dictatorial: _dictatorial,
    Egalitarian: _egalitarian,
    EqualArea: _equal_area,
    EqualLoss: _equal_loss,
    GuptaLivne: _gupta_livne,
    KalaiRosenthal: _kalai_rosenthal,
    KalaiSmorodinsky: _kalai_smorodinsky,
    LexicographicEgalitarian: _ThenOn(Egalitarian()),
    LexicographicKalaiSmorodinsky: _ThenOn(KalaiSmorodinsky()),
    Nash: _nash,  # and NashSet, which is derived from it
    PerlesMaschler: _perles_maschler,
    Proportional: _proportional,
    Raiffa: _raiffa,
    Utilitarian: _utilitarian,
    Yu: _yu,
}
"""What draws each kind of concept."""
