"""The Pareto frontier of a problem, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bargaining._types import Array
from bargaining.checks import instance, number
from bargaining.errors import InvalidProblem, NotConvex
from bargaining.failures import failure
from bargaining.problems.problem import Problem, require_measurable
from bargaining.sets.base import Status
from bargaining.sets.boundary import fan

FINEST = 1e-10
"""The smallest distance of polyline and frontier that can be asked for; points grow in number like 1 / sqrt(tol)."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """Efficient, individually rational deals of a two-party problem, none of them dominated by another.

    Attributes
    ----------
    problem : Problem
        Whose frontier it is.
    points : array, shape (m, 2)
        Utilities, from the second party's best deal to the first's.
    terms : mapping of issue to array, shape (m,)
        The deals.
    normals : array, shape (m, 2)
        Weights of a supporting line at each point.
    error : float
        A bound on how far any feasible point lies beyond the polyline through `points`, both gains measured as fractions of
        the ideal ones: zero for polygons and alternatives, proved for sets known to be convex, and for others as good as
        the best deals found. The midpoint of every chord was found feasible to this accuracy, which is how a dent shows
        that is wider than the distance between points.
    calls : int
        Programs solved.
    joined : bool
        Whether the frontier runs on between the points, or consists of them alone.
    proved : bool
        Whether `error` is a bound for sure: on sets known to be convex, and lists of alternatives.
    dented : bool
        Whether a dent was seen. Then the edge of the set is followed along rays: `error` is the largest distance seen, and
        points may be only weakly efficient.
    """

    problem: Problem
    points: Array
    terms: dict[str, Array] = field(repr=False)
    normals: Array = field(repr=False)
    error: float
    calls: int
    joined: bool = True
    proved: bool = True
    dented: bool = False

    @property
    def gains(self) -> Array:
        """Utilities less disagreement, (m, 2)."""
        return self.problem.gains(self.points)

    def __repr__(self) -> str:
        if self.error == 0:
            return f"Frontier of {self.problem!r}: {len(self.points)} points, exact"
        said = "not convex, followed along rays; largest error seen" if self.dented else "error at most"
        doubt = "" if self.proved or self.dented else ", if no better deals were missed"
        return f"Frontier of {self.problem!r}: {len(self.points)} points, {said} {self.error:.0e} of the ideal gains{doubt}"


def frontier(problem: Problem, tol: float = 1e-4) -> Frontier:
    """Trace the individually rational part of the Pareto frontier of two parties.

    Exact for polygons and lists of alternatives; otherwise between two polylines at a known distance (Rote 1992, Computing
    48, 337-361), a proof where the set is known to be convex. Where it is seen to have a dent, its edge is followed along
    rays.

    Parameters
    ----------
    problem : Problem
        One problem of two parties.
    tol : float
        Largest distance from the polyline to the true frontier of a convex set, in fractions of the ideal gains.

    Raises
    ------
    InvalidProblem
        For a stack, for other than two parties, or for tol outside [1e-10, 1].
    NoAgreement
        If no deal is strictly better than disagreement for both.

    Examples
    --------
    >>> import bargaining as bg
    >>> trade = bg.from_issues(
    ...     [bg.Issue("x"), bg.Issue("y")],
    ...     {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)}, [0, 0])
    >>> bg.frontier(trade).points.round(9).tolist()
    [[0.0, 3.0], [3.0, 2.0], [4.0, 0.0]]
    """
    instance(problem, Problem, "give the problem whose frontier is to be traced")
    if problem.shape:
        raise InvalidProblem(f"a frontier is drawn of one problem; this is a stack of shape {problem.shape}.")
    if problem.n != 2:
        other = " Use bg.surface." if problem.n == 3 else ""
        raise InvalidProblem(f"a frontier is traced for two parties; the problem has {problem.n}.{other}")
    tol = number("tol, a fraction of the ideal gains,", tol, low=FINEST, high=1.0)
    require_measurable(problem)
    gains = problem.gains(problem.ideal)
    status = Status(int(np.max(problem.best.status)))
    if status == Status.OK and np.any(gains <= problem.feasible.least_gain()):
        status = Status.NO_AGREEMENT
    if status != Status.OK:
        raise failure(problem, "the ideal point", status, float(np.max(problem.best.residual)))
    try:
        found = problem.feasible.boundary(problem.disagreement, problem.best, tol)
    except NotConvex:
        found = fan(problem.feasible, problem.disagreement, problem.best, tol)
    return Frontier(
        problem, found.utilities, found.terms, found.normals, found.error, found.calls, found.joined,
        problem.feasible.certain and not found.dented, found.dented,
    )  # fmt: skip
