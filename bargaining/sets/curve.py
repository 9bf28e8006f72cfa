"""A frontier given as a function: the most the second party can have, by the utility of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import leading_axes, query, table
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.sets.base import Answer, FeasibleSet, Lottery, Offers, Status, Trace
from bargaining.sets.issues import IssueSet

NEARBY = 1e-13  # of the described part: rounding
BEYOND = 1e-12  # of the first party's range: a floor this far outside the described part is at its end


@dataclass(frozen=True, eq=False)
class Curve(FeasibleSet):
    """The points (u_1, f(u_1)) with everything below them, held as a set over one issue: where between its ends u_1 lies.

    `arc` is that set; its parameters `low` and `high` are the ends. `begins` and `stops` say whether the frontier truly
    ends there, or was only described so far; beyond an end of the second kind no question is answered.
    """

    arc: IssueSet
    begins: bool
    stops: bool

    @property
    def parties(self) -> int:
        """Two parties."""
        return 2

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the curve's parameters."""
        return self.arc.shape

    @property
    def convex(self) -> bool | None:
        """Whether the curve is known to be concave."""
        return self.arc.convex

    @property
    def certain(self) -> bool:
        """Whether the curve is known to be concave, so that it has one peak."""
        return self.arc.certain

    @property
    def free_disposal(self) -> bool:
        """Utility can be thrown away."""
        return True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, 2)
        return self._told(self.arc.reach(origin, direction), origin)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        found = self.arc.support(weights, floor)
        below = np.full(2, -np.inf) if floor is None else query("floor", floor, 2)
        return self._told(found, below, self._outside(below) & self._unfinished(found))

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, 2)
        return self._told(self.arc.nash(origin, weights), origin)

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        origin = query("origin", origin, 2)
        found = self.arc.offers(origin, factors)
        return Offers(self._told(found.first, origin), self._told(found.second, origin))

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        ends = replace(best, terms=dict.fromkeys(self.arc.bounds(), 0.0 * best.residual))
        return replace(self.arc.boundary(floor, ends, tol), terms={})

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw points of the curve evenly by the first party's utility (see `FeasibleSet.sample`)."""
        return self.arc.sample(count, rng)[0], {}

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Refuse: a curve knows utilities, not deals."""
        self.complete(terms)
        raise InvalidProblem("the frontier is given as a curve of utilities; there are no deals behind it to evaluate.")

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return the point of the curve at the first party's utility, up to rounding (see `FeasibleSet.gives`).

        Where the curve is steep, rounding of the first utility moves the second: it may be what the curve gives nearby.
        """
        low, high = self.arc.parameters["low"], self.arc.parameters["high"]
        with np.errstate(all="ignore"):
            part = np.clip((utilities[..., 0] - low) / (high - low), 0.0, 1.0)
            near = [self.arc.gives(utilities, {"part": np.clip(part + move, 0.0, 1.0)}) for move in (-NEARBY, 0.0, NEARBY)]
            least, most = (pick([point[..., 1] for point in near]) for pick in (np.minimum.reduce, np.maximum.reduce))
            return np.stack([near[1][..., 0], np.clip(utilities[..., 1], least, most)], axis=-1)

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return no terms: there are none."""
        for name in table("the deal", terms):
            raise UnknownName("term", name, [])
        return {}

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return nothing: there are no deals behind a curve."""
        return {}

    def units(self) -> dict[str, str]:
        """Return nothing: there are no deals behind a curve."""
        return {}

    def spread(self) -> Array:
        """Return each party's range of utilities on the curve, (..., 2)."""
        return self.arc.spread()

    def least_gain(self) -> Array:
        """Return the accuracy of the solver, in each party's utility."""
        return self.arc.least_gain()

    def _told(self, answer: Answer, origin: Array, beyond: Bools | None = None) -> Answer:
        """Return an answer without terms; none where it is `beyond` what was described of the curve, like its origin."""
        outside = np.broadcast_to(self._outside(origin) if beyond is None else beyond, answer.status.shape)
        if np.any(outside) and not answer.status.ndim:
            asked = f"the origin {origin.tolist()}" if np.all(np.isfinite(origin)) else "a question without floors"
            raise InvalidProblem(
                f"the curve was described for the disagreement point first given; {asked} needs more of it. "
                "Give from_curve its ends, low= and high=."
            )
        status = np.where(outside, np.int8(Status.INFEASIBLE), answer.status)
        return replace(answer, terms={}, status=status).where_ok()

    def _unfinished(self, answer: Answer) -> Bools:
        """Say which answers lie at an end to which the frontier was described, but where it does not stop."""
        part = answer.terms["part"]
        return np.asarray((part <= BEYOND) & (not self.begins) | (part >= 1.0 - BEYOND) & (not self.stops))

    def _outside(self, origin: Array) -> Bools:
        low, high = self.arc.parameters["low"], self.arc.parameters["high"]
        margin = BEYOND * (high - low)
        early = (origin[..., 0] < low - margin) & (not self.begins)
        if self.stops:
            return np.asarray(early)
        last = self.arc.evaluate({"part": np.ones(leading_axes(low.shape, high.shape))})[..., 1]
        return np.asarray(early | (origin[..., 1] < last - BEYOND * self.arc.spread()[..., 1]))
