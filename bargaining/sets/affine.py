"""A set in other units: every utility multiplied and shifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import leading_axes, query
from bargaining.sets.base import Answer, FeasibleSet, Lottery, Offers, Ties, Trace


@dataclass(frozen=True, eq=False)
class Affine(FeasibleSet):
    """The utilities v_i = scale_i u_i + shift_i of the deals of another set; `scale` > 0 and `shift` are (..., n)."""

    base: FeasibleSet
    scale: Array
    shift: Array

    @property
    def parties(self) -> int:
        """How many parties' utilities the set holds."""
        return self.base.parties

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the set and of the change of units."""
        return leading_axes(self.base.shape, self.scale.shape[:-1], self.shift.shape[:-1])

    @property
    def convex(self) -> bool | None:
        """Units do not matter to convexity."""
        return self.base.convex

    @property
    def certain(self) -> bool:
        """As of the set underneath."""
        return self.base.certain

    @property
    def free_disposal(self) -> bool:
        """Units do not matter to free disposal."""
        return self.base.free_disposal

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)
        return self._out(self.base.reach(self._back(origin), direction / self.scale))

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        below = None if floor is None else self._back(query("floor", floor, self.parties))
        return self._out(self.base.support(weights * self.scale, below))

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        return self._out(self.base.nash(self._back(query("origin", origin, self.parties)), weights))

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        found = self.base.offers(self._back(query("origin", origin, self.parties)), factors)
        return Offers(self._out(found.first), self._out(found.second))

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        inner = replace(best, utilities=self._back(best.utilities), normal=best.normal * self.scale)
        found = self.base.boundary(self._back(floor), inner, tol)
        return replace(found, utilities=self._there(found.utilities), normals=found.normals / self.scale)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw deals (see `FeasibleSet.sample`)."""
        utilities, terms = self.base.sample(count, rng, around)
        return utilities * self.scale[..., None, :] + self.shift[..., None, :], terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal."""
        return self._there(self.base.evaluate(terms))

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a deal gives (see `FeasibleSet.gives`)."""
        if lottery is not None:
            scale, shift = self.scale[..., None, :], self.shift[..., None, :]
            lottery = Lottery(lottery.probabilities, (lottery.utilities - shift) / scale, lottery.terms)
        return self._there(self.base.gives(self._back(utilities), terms, lottery))

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return a deal with every term, in order."""
        return self.base.complete(terms)

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the range of every term."""
        return self.base.bounds()

    def units(self) -> dict[str, str]:
        """Return the unit of every term."""
        return self.base.units()

    def spread(self) -> Array:
        """Return each party's range of utilities, (..., n)."""
        return self.base.spread() * self.scale

    def least_gain(self) -> Array:
        """Return the accuracy of each party's utility."""
        return self.base.least_gain() * self.scale

    def _there(self, utilities: Array) -> Array:
        return np.asarray(utilities * self.scale + self.shift)

    def _back(self, utilities: Array) -> Array:
        return np.asarray((utilities - self.shift) / self.scale)

    def _out(self, answer: Answer) -> Answer:
        ties, lottery = answer.ties, answer.lottery
        if ties is not None:
            own = [np.broadcast_to(v, (*answer.status.shape, self.parties)).reshape(-1, self.parties)[ties.games]
                   for v in (self.scale, self.shift)]  # fmt: skip
            ties = Ties(ties.games, ties.utilities * own[0] + own[1], ties.terms)
        if lottery is not None:
            inner = lottery.utilities * self.scale[..., None, :] + self.shift[..., None, :]
            lottery = Lottery(lottery.probabilities, inner, lottery.terms)
        return replace(
            answer, utilities=self._there(answer.utilities), normal=answer.normal / self.scale, ties=ties, lottery=lottery
        )
