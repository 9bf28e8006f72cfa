"""The edge of what three parties can have, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.checks import instance, number
from bargaining.errors import InvalidProblem
from bargaining.failures import failure
from bargaining.problems.problem import Problem, require_measurable
from bargaining.rays import along
from bargaining.sets.base import Status

MOST = 1000
"""The most rays along a side that can be asked for: half a million in all."""

NOISE = 1e-5
"""The least that a deal gives on top of a point, as a share of the ideal gain, to call the point only weakly efficient.

Where a party's gain costs the others next to nothing at first, a solver finds it only to the square root of rounding.
"""


@dataclass(frozen=True, eq=False)
class Surface:
    """The individually rational edge of a three-party problem, at points on rays from disagreement.

    No deal is better for all three parties than a point of the edge. Where one is better for some, and as good for the
    others, the point is only weakly efficient and `spare` says how much more that deal gives.

    Attributes
    ----------
    problem : Problem
        Whose edge it is.
    shares : array, shape (m, 3)
        The rays: gains along each are in these proportions, as fractions of the ideal gains; rows sum to one.
    points : array, shape (m, 3)
        Utilities: the last feasible point of every ray.
    spare : array, shape (m, 3)
        What the deal found gives on top.
    terms : mapping of issue to array, shape (m,)
        The deals.
    normals : array, shape (m, 3)
        Weights of a supporting plane at each point.
    status : array of Status codes, shape (m,)
        Which rays have an answer; the numbers of all others are NaN.
    triangles : array of int, shape (k, 3)
        Neighbouring points, a mesh of the surface; none with a point that is missing.
    """

    problem: Problem
    shares: Array
    points: Array
    spare: Array = field(repr=False)
    terms: dict[str, Array] = field(repr=False)
    normals: Array = field(repr=False)
    status: Codes = field(repr=False)
    triangles: Indices = field(repr=False)

    @property
    def gains(self) -> Array:
        """Utilities less disagreement, (m, 3)."""
        return self.problem.gains(self.points)

    @property
    def fractions(self) -> Array:
        """Gains as fractions of the ideal gains, (m, 3)."""
        return np.asarray(self.gains / self.problem.gains(self.problem.ideal))

    @property
    def weak(self) -> Bools:
        """Which points are only weakly efficient, (m,)."""
        return np.asarray(np.any(self.spare > NOISE * self.problem.gains(self.problem.ideal), axis=-1))

    def __repr__(self) -> str:
        missing = int(np.count_nonzero(self.status != Status.OK))
        weak = int(np.count_nonzero(self.weak))
        said = f", {weak} of them only weakly efficient" * bool(weak) + f", {missing} rays unanswered" * bool(missing)
        return f"Surface of {self.problem!r}: {len(self.points) - missing} points{said}"


def surface(problem: Problem, rays: int = 61) -> Surface:
    """Find the edge of what three parties can have, on rays from disagreement.

    The rays make a triangular grid: along each the gains, as fractions of the ideal gains, keep their proportions. Each ray
    ends where it leaves the set with free disposal, in one call for all of them. Unlike `frontier` it bounds no error
    between the points.

    Parameters
    ----------
    problem : Problem
        One problem of three parties, with free disposal.
    rays : int
        Rays along each side of the grid, 2 or more; in all there are rays (rays + 1) / 2.

    Raises
    ------
    InvalidProblem
        For a stack, for other than three parties, for a set without free disposal, or a bad number of rays.
    NoAgreement
        If no deal is strictly better than disagreement for all.

    Examples
    --------
    >>> import bargaining as bg
    >>> cake = bg.split(6, [bg.Linear(), bg.Linear(), bg.Linear()])
    >>> bg.surface(cake, rays=3).points.round(9).tolist()
    [[6.0, 0.0, 0.0], [3.0, 3.0, 0.0], [3.0, 0.0, 3.0], [0.0, 6.0, 0.0], [0.0, 3.0, 3.0], [0.0, 0.0, 6.0]]
    """
    _check(problem)
    count = number("rays, along each side of the grid,", rays, low=2, high=MOST)
    if count != int(count):
        raise InvalidProblem(f"rays = {rays!r} must be a whole number.")
    ideal = problem.gains(problem.ideal)
    if np.max(problem.best.status) != Status.OK or np.any(ideal <= problem.feasible.least_gain()):
        status = Status(int(np.max(problem.best.status))) or Status.NO_AGREEMENT
        raise failure(problem, "the ideal point", status, float(np.max(problem.best.residual)))
    shares, triangles = _grid(int(count) - 1)
    answer = along(problem, shares * ideal)
    # A party without part in a ray stays at disagreement: what the deal gives it is on top.
    points = np.where(shares > 0, answer.utilities, np.where(np.isnan(answer.utilities), np.nan, problem.disagreement))
    spare = answer.utilities - points + (0.0 if answer.spare is None else answer.spare)
    found = answer.status == Status.OK
    if not np.any(found):
        raise failure(problem, "the surface", Status(int(np.max(answer.status))), float(np.max(answer.residual)))
    return Surface(
        problem, shares, points, spare, dict(answer.terms), answer.normal, answer.status,
        triangles[np.all(found[triangles], axis=-1)],
    )  # fmt: skip


def _check(problem: Problem) -> None:
    instance(problem, Problem, "give the problem whose surface is to be found")
    if problem.shape:
        raise InvalidProblem(f"a surface is drawn of one problem; this is a stack of shape {problem.shape}.")
    if problem.n != 3:
        other = " Use bg.frontier." if problem.n == 2 else ""
        raise InvalidProblem(f"a surface is found for three parties; the problem has {problem.n}.{other}")
    if not problem.feasible.free_disposal:
        raise InvalidProblem(
            "a surface is found along rays from disagreement, which may miss a set without free disposal, or leave it "
            "below better deals. Allow free disposal to see which points are only weakly efficient."
        )
    require_measurable(problem)


def _grid(steps: int) -> tuple[Array, Indices]:
    """Return barycentric coordinates of a triangular grid with this many steps a side, and its triangles."""
    nodes = [(i, j) for i in range(steps + 1) for j in range(i + 1)]  # rows away from the first corner
    place = {node: number for number, node in enumerate(nodes)}
    upright = [(place[i, j], place[i + 1, j], place[i + 1, j + 1]) for i, j in nodes if i < steps]
    inverted = [(place[i, j], place[i + 1, j + 1], place[i, j + 1]) for i, j in nodes if j < i < steps]
    corners = np.array([(steps - i, i - j, j) for i, j in nodes]) / steps
    return corners, np.array(upright + inverted)
