"""What is left for some parties when the payoffs of the others are fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.checks import leading_axes, query
from bargaining.errors import InvalidProblem
from bargaining.sets.alternating import offers_by_reach
from bargaining.sets.base import Answer, FeasibleSet, Lottery, Offers, Trace
from bargaining.sets.boundary import trace

FAR = 1e3  # ranges below what a party can have: a floor that does not matter


@dataclass(frozen=True, eq=False)
class Section(FeasibleSet):
    """The utilities of the parties `kept` in deals that give all others at least their `levels`, (..., n) for all n.

    The entries of `levels` of the parties kept have no meaning. A party that is only held to a floor is what a zero in a
    direction or a weight says of every set, so that all questions are passed on.
    """

    base: FeasibleSet
    kept: tuple[int, ...]
    levels: Array

    @property
    def parties(self) -> int:
        """How many parties are left."""
        return len(self.kept)

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the set and of the levels."""
        return leading_axes(self.base.shape, self.levels.shape[:-1])

    @property
    def convex(self) -> bool | None:
        """Sections of convex sets are convex."""
        return self.base.convex

    @property
    def certain(self) -> bool:
        """As of the set underneath."""
        return self.base.certain

    @property
    def free_disposal(self) -> bool:
        """As of the set underneath."""
        return self.base.free_disposal

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)
        return self._own(self.base.reach(self._with_levels(origin), self._with_zeros(direction)))

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        if floor is None:
            top = self.base.support(np.ones(self.base.parties) / self.base.spread()).utilities
            floors = (top - FAR * self.base.spread())[..., list(self.kept)]
        else:
            floors = query("floor", floor, self.parties)
        return self._own(self.base.support(self._with_zeros(weights), self._with_levels(floors)))

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.parties)
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        return self._own(self.base.nash(self._with_levels(origin), self._with_zeros(weights)))

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        return offers_by_reach(self, origin, factors)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        return trace(self, floor, best, tol)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw deals; those that leave a party below its level are NaN (see `FeasibleSet.sample`)."""
        utilities, terms = self.base.sample(count, rng, around)
        return self._held(utilities, self.levels[..., None, :], 0.0), terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal."""
        utilities = self.base.evaluate(terms)
        own = self._held(utilities, self.levels, self.base.least_gain())
        if np.any(np.isnan(own)):
            raise InvalidProblem(
                f"the deal gives {utilities.tolist()}: less than their fixed payoffs to the parties left out."
            )
        return own

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a deal gives (see `FeasibleSet.gives`)."""
        return self._held(
            self.base.gives(self._with_levels(utilities), terms, lottery), self.levels, self.base.least_gain()
        )

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
        """Return each party's range of utilities over the whole set, (..., n)."""
        return np.asarray(self.base.spread()[..., list(self.kept)])

    def least_gain(self) -> Array:
        """Return the accuracy of each party's utility."""
        return np.asarray(self.base.least_gain()[..., list(self.kept)])

    def _with_levels(self, vectors: Array) -> Array:
        lead = np.broadcast_shapes(self.levels.shape[:-1], vectors.shape[:-1])
        full = np.broadcast_to(self.levels, (*lead, self.base.parties)).copy()
        full[..., list(self.kept)] = vectors
        return full

    def _with_zeros(self, vectors: Array) -> Array:
        full = np.zeros((*vectors.shape[:-1], self.base.parties))
        full[..., list(self.kept)] = vectors
        return full

    def _held(self, utilities: Array, levels: Array, slack: ArrayLike) -> Array:
        """Return the own utilities of deals that hold the others' levels, NaN for the rest."""
        others = [i for i in range(self.base.parties) if i not in self.kept]
        with np.errstate(invalid="ignore"):
            held = np.all((utilities >= levels - np.asarray(slack))[..., others], axis=-1, keepdims=True)
        return np.where(held, utilities[..., list(self.kept)], np.nan)

    def _own(self, answer: Answer) -> Answer:
        kept, ties, lottery = list(self.kept), answer.ties, answer.lottery
        return replace(
            answer, utilities=answer.utilities[..., kept], normal=answer.normal[..., kept],
            ties=None if ties is None else replace(ties, utilities=ties.utilities[..., kept]),
            lottery=lottery,
        )  # fmt: skip
