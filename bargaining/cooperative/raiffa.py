"""Raiffa's step-by-step solutions: discrete, continuous, and those between.

Raiffa (1953), Arbitration schemes for generalized two-person games, in Kuhn and Tucker (eds), Contributions to the Theory
of Games 2, 361-387; the continuous one Livne (1989), Axiomatic characterizations of the Raiffa and the Kalai-Smorodinsky
solutions to the bargaining problem, Operations Research 37, 972-980; the family, for any number of parties, Diskin, Koppel
and Samet (2011), Generalized Raiffa solutions, Games and Economic Behavior 73, 452-458.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools, Codes
from bargaining.checks import number
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem
from bargaining.numerics.flows import Visit, rest_point
from bargaining.problems.problem import Problem
from bargaining.rays import prospects, require_convex, towards
from bargaining.sets.base import Answer, Status, flat

SMALLEST = 0.01
LEFT = 1e-14, 1e-9  # of the ideal gains: what is left when the steps end, on sets in closed form and on others
CLOSED_FORM = 1e-11  # of the parties' ranges: sets that can tell less from nothing have closed forms
BETWEEN = 8  # points of the continuous path that are given for a step of its integration
STRAY = 1e-5  # of the ideal gains: a mean that is infeasible by less is rounding near the frontier, by more a dent
ERRORS = 1e-15, 1e-11  # of a step of the continuous path, on sets in closed form and on others


@dataclass(frozen=True)
class Raiffa(Concept):
    """Improve on disagreement step by step, each time towards the mean of the parties' best points (Raiffa 1953).

    From d the parties go the share `step` of the way to m(d) = d + (a(d) - d) / n, with a(d) the ideal point over d: what a
    lottery gives that lets each of the n parties choose its best point, at which the others have d. The point reached is
    the next d, and so on to the frontier. With step = 1 it is Raiffa's discrete solution; the smaller the steps, the nearer
    the limit, step = 0, his continuous solution, the path with the slope of m(d) - d (Diskin, Koppel and Samet 2011). For
    any number of parties, on convex sets.

    Parameters
    ----------
    step : float
        0, or from 0.01 to 1.

    Examples
    --------
    >>> import bargaining as bg
    >>> hull = bg.lotteries(bg.from_points([[0, 12], [6, 10], [9, 4], [10, 0]], disagreement=[0, 0]))
    >>> bg.solve(hull, bg.Raiffa()).utilities.round(9).tolist()  # (161/24, 103/12)
    [6.708333333, 8.583333333]
    >>> bg.solve(hull, bg.Raiffa(step=0)).utilities.round(9).tolist()
    [6.546938966, 8.906122069]
    """

    step: float = 1.0

    @property
    def label(self) -> str:
        """A short name for tables and figures."""
        names = {1.0: "Raiffa, discrete", 0.0: "Raiffa, continuous"}
        return names.get(self.step, f"Raiffa, step {self.step:g}")

    def outcome(self, problem: Problem) -> Answer:
        """Return the point of the frontier to which the steps lead."""
        step = self._step(problem)
        path = _Path(problem)
        point, error = path.flow() if step == 0.0 else path.steps(step)
        return towards(problem, point, error, path.status)

    def path(self, problem: Problem) -> Array:
        """Return the way from disagreement to the frontier in one problem, as utilities (m, n).

        Discrete steps are given one by one; the ideal point over one of them, p, is p + n / step * (next - p). The
        continuous path is given by points close enough to be joined by a line.

        Raises
        ------
        InvalidProblem, NotConvex
            For a stack, a step out of range, a set known not to be convex, and problems without a solution.

        Examples
        --------
        >>> import bargaining as bg
        >>> line = bg.lotteries(bg.from_points([[2, 1], [0, 2], [2, 0]], disagreement=[0, 0]))
        >>> bg.Raiffa().path(line).tolist()[:3]
        [[0.0, 0.0], [1.0, 1.0], [1.5, 1.25]]
        """
        step = self._step(problem)
        if problem.shape:
            raise InvalidProblem(f"a path is followed in one problem; this is a stack of shape {problem.shape}.")
        path = _Path(problem)
        points = path.course() if step == 0.0 else path.stops(step)
        if path.status[0] != Status.OK:
            raise InvalidProblem(f"{self.label} follows no path here ({Status(path.status[0]).label}); bg.solve says why.")
        return np.asarray(problem.disagreement + points * path.unit)

    def _step(self, problem: Problem) -> float:
        step = number("step, a share of the way,", self.step, low=0.0, high=1.0)
        if 0.0 < step < SMALLEST:
            raise InvalidProblem(f"step = {step:g} is too small for steps one by one; step=0 is the limit.")
        require_convex(problem, self.label)
        return step


class _Path:
    """From disagreement to the frontier, with gains, (games, n), as fractions of ideal gains."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.status: Codes = prospects(problem).ravel()
        known = (self.status == Status.OK)[:, None]
        self.unit = np.where(known, flat(problem.gains(problem.ideal), problem.shape), 1.0)
        self.floor = np.where(known, flat(problem.disagreement, problem.shape), 0.0)
        self.exact = bool(np.all(problem.feasible.least_gain() < CLOSED_FORM * problem.feasible.spread()))

    def stops(self, step: float) -> Array:
        """Return the points of a single game at which discrete steps begin, and that at which they end."""
        visited = [np.zeros(self.unit.shape)]
        self.steps(step, visited.append)
        points = np.concatenate(visited)
        moved = np.any(np.diff(points, axis=0) != 0.0, axis=1)  # the last step may have found nothing left to gain
        return np.asarray(points[np.concatenate([[True], moved])])

    def course(self) -> Array:
        """Return points along the continuous path of a single game, by cubics between the steps of its integration."""
        from scipy.interpolate import CubicHermiteSpline

        lengths: list[float] = []
        points: list[Array] = []
        slopes: list[Array] = []

        def visit(length: Array, point: Array, slope: Array) -> None:
            if length[0] > 0 or not points:
                lengths.append(length[0])
                points.append(point[0])
                slopes.append(slope[0])

        end = self.flow(visit)[0]
        times = np.cumsum(lengths)
        grid = np.interp(np.arange(BETWEEN * (len(times) - 1) + 1) / BETWEEN, np.arange(len(times)), times)
        return np.concatenate([CubicHermiteSpline(times, points, slopes)(grid), end])

    def steps(self, step: float, visit: Callable[[Array], object] | None = None) -> tuple[Array, Array]:
        """Return where discrete steps end, and how much is left there; `visit` is told of every point on the way."""
        point = np.zeros(self.unit.shape)
        going = self.status == Status.OK
        left = np.where(going, 1.0, 0.0)
        while np.any(going):
            rest, found = self._rest(point, going)
            beyond = np.any(rest < -STRAY, axis=1)  # the last mean was not feasible
            lost = going & ((found != Status.OK) | beyond)
            self._stray(lost & (left > STRAY), np.where(beyond, np.int8(Status.NO_AGREEMENT), found))
            going = going & ~lost
            left = np.where(going, np.max(rest, axis=1), left)
            ends = going & (left <= LEFT[0 if self.exact else 1])
            share = np.where(ends, 1.0, step)[:, None]
            following = np.where(going[:, None], point + share * np.maximum(rest, 0.0) / self.problem.n, point)
            # A small step from close by may be lost in rounding, and then all that would follow are.
            going = going & ~ends & np.any(following != point, axis=1)
            point = following
            if visit is not None:
                visit(point)
        return point, np.where(left <= STRAY, left, 0.0)

    def flow(self, visit: Visit | None = None) -> tuple[Array, Array]:
        """Return where the continuous path ends, and the error of its integration."""
        going = self.status == Status.OK

        def slope(point: Array) -> Array:
            rest, found = self._rest(point, going & np.all(np.isfinite(point), axis=1))
            rest = np.where(np.isfinite(point), rest, np.nan)
            usable = (found == Status.OK) & np.all(rest > -STRAY, axis=1)
            return np.where(going[:, None], np.where(usable[:, None], rest / self.problem.n, np.nan), 0.0)

        kind = 0 if self.exact else 1
        point, error, arrived = rest_point(slope, np.zeros(self.unit.shape), ERRORS[kind], LEFT[kind], visit)
        self._stray(going & ~arrived, np.full(len(going), np.int8(Status.NO_AGREEMENT)))
        return point + np.nan_to_num(slope(point)), error

    def _rest(self, point: Array, asked: Bools) -> tuple[Array, Codes]:
        """Return how much each party can gain beyond a point while the others keep theirs."""
        shape, n = self.problem.shape, self.problem.n
        origin = np.where(asked[:, None], self.floor + point * self.unit, self.floor)
        best = self.problem.feasible.reach(
            origin.reshape(*shape, n), self.problem.lift(np.eye(n)) * self.unit.reshape(1, *shape, n)
        )
        own = flat(np.stack([best.utilities[i, ..., i] for i in range(n)], axis=-1), shape)
        return (own - origin) / self.unit, np.max(best.status, axis=0).ravel()

    def _stray(self, games: Bools, found: Codes) -> None:
        """Give games whose path left the set a status: a dent, unless the set is convex."""
        seen = np.int8(Status.NOT_CONVEX) if self.problem.feasible.convex is None else np.int8(Status.NOT_CONVERGED)
        status = np.where(found == Status.NO_AGREEMENT, seen, found)
        self.status = np.where(games, status, self.status).astype(np.int8)
