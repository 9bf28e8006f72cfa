"""A set in which parties are satiated: utility above a cap is worth no more.

Some parties are at their caps in the best deal, the others below. Given which, the capped ones are held to their caps and
the rest is the question for the set itself; the best of these deals over all groups is best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import leading_axes, query
from bargaining.sets.alternating import offers_by_reach
from bargaining.sets.base import Answer, FeasibleSet, Lottery, Offers, Status, Trace, choose
from bargaining.sets.boundary import trace

Ask = Callable[[Array, Array], Answer]  # of weights and floors
Worth = Callable[[Array], Array]  # of utilities
FAR = 1e3  # ranges below what a party can have: a floor that does not matter


@dataclass(frozen=True, eq=False)
class Capped(FeasibleSet):
    """The points of a convex set below `caps`, (..., n): infinite for a party without one."""

    base: FeasibleSet
    caps: Array

    @property
    def parties(self) -> int:
        """How many parties' utilities the set holds."""
        return self.base.parties

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the set and of the caps."""
        return leading_axes(self.base.shape, self.caps.shape[:-1])

    @property
    def convex(self) -> bool | None:
        """Caps leave convex sets convex."""
        return self.base.convex

    @property
    def certain(self) -> bool:
        """As of the set underneath."""
        return self.base.certain

    @property
    def free_disposal(self) -> bool:
        """Utility above a cap is thrown away."""
        return True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)
        found = self.base.reach(origin, direction)
        moving = direction > 0
        pace = np.where(moving, direction, 1.0)
        with np.errstate(over="ignore"):
            steps = np.where(moving, (self.caps - origin) / pace, np.inf)
            own = np.where(moving, (found.utilities - origin) / pace, np.inf)
            steep = 1.0 / pace
        steps = np.broadcast_to(steps, own.shape)
        first = np.arange(self.parties) == np.argmin(steps, axis=-1)[..., None]
        binds = (np.min(steps, axis=-1) < np.min(own, axis=-1)) & (found.status == Status.OK)
        if np.any(binds):
            found = choose(binds, self._satiate(first & binds[..., None], origin, direction), found)
        normal = np.where(binds[..., None], np.where(first, steep, 0.0), found.normal)
        held = np.all(moving | (self.caps >= origin), axis=-1)
        status = np.where((found.status == Status.OK) & ~held, np.int8(Status.NO_AGREEMENT), found.status)
        return self._below(replace(found, normal=normal, status=status)).where_ok()

    def _satiate(self, party: Bools, origin: Array, direction: Array) -> Answer:
        """Hold the party whose cap is met first to its cap, and give the others as much as can be had besides."""
        others = np.where(party, 0.0, direction)
        alone = ~np.any(others > 0, axis=-1, keepdims=True)
        return self.base.reach(
            np.where(party, self.caps, origin), np.where(alone, np.where(party, 0.0, self.spread()), others)
        )

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        below = np.full(self.parties, -np.inf) if floor is None else query("floor", floor, self.parties)
        lead = leading_axes(self.shape, weights.shape[:-1], below.shape[:-1])

        def ask(rest: Array, floors: Array) -> Answer:
            if np.all(np.isneginf(floors)):
                return self.base.support(rest)
            nowhere = self.base.support(np.ones(self.parties) / self.spread()).utilities - FAR * self.spread()
            return self.base.support(rest, np.where(np.isneginf(floors), nowhere, floors))

        def worth(utilities: Array) -> Array:
            return np.asarray(np.sum(weights * utilities, axis=-1))

        return self._best(ask, worth, below, weights, lead)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.parties)
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        lead = leading_axes(self.shape, weights.shape[:-1], origin.shape[:-1])

        def ask(rest: Array, floors: Array) -> Answer:
            return self.base.nash(floors, rest)

        def worth(utilities: Array) -> Array:
            with np.errstate(all="ignore"):
                logs = np.log(np.maximum(utilities - origin, 0.0))
            return np.asarray(np.sum(np.where(weights > 0, weights * np.where(weights > 0, logs, 0.0), 0.0), axis=-1))

        found = self._best(ask, worth, origin, weights, lead)
        with np.errstate(all="ignore"):
            gains = found.utilities - origin
            normal = np.where(weights > 0, weights / gains, found.normal)
            none = (found.status == Status.OK) & np.any((weights > 0) & ~(gains > self.least_gain()), axis=-1)
        return replace(found, normal=normal, status=np.where(none, np.int8(Status.NO_AGREEMENT), found.status)).where_ok()

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        return offers_by_reach(self, origin, factors)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        return trace(self, floor, best, tol)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw deals (see `FeasibleSet.sample`)."""
        utilities, terms = self.base.sample(count, rng, around)
        return np.minimum(utilities, self.caps[..., None, :]), terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal."""
        return np.minimum(self.base.evaluate(terms), self.caps)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a deal, or a lottery on average, gives up to the caps (see `FeasibleSet.gives`)."""
        return np.minimum(self.base.gives(utilities, terms, lottery), self.caps)

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
        """Return each party's range of utilities without the caps, (..., n)."""
        return self.base.spread()

    def least_gain(self) -> Array:
        """Return the accuracy of each party's utility."""
        return self.base.least_gain()

    def _below(self, answer: Answer) -> Answer:
        """Return the answer with utilities cut at the caps; the deals of a lottery are not cut one by one."""
        return replace(answer, utilities=np.minimum(answer.utilities, self.caps))

    def _best(self, ask: Ask, worth: Worth, floor: Array, weights: Array, lead: tuple[int, ...]) -> Answer:
        """Return the best answer over all groups of parties held to their caps."""
        floors, wanted = (np.broadcast_to(v, (*lead, self.parties)) for v in (floor, weights))
        caps = np.broadcast_to(self.caps, floors.shape)
        able = [i for i in range(self.parties) if np.any(np.isfinite(caps[..., i]))]
        groups = [group for size in range(len(able) + 1) for group in combinations(able, size)]
        best = self._below(ask(wanted, floors))
        for group in groups[1:]:
            held = np.isin(np.arange(self.parties), group) & np.isfinite(caps)
            rest = np.where(held, 0.0, wanted)
            satiated = ~np.any(rest > 0, axis=-1)  # nobody else to please: any deal that gives them their caps
            below = np.where(held, caps, floors)
            answer = self._below(ask(np.where(satiated[..., None], 1.0, rest), below))
            answer = replace(answer, normal=np.where(held, np.maximum(answer.normal, 0.0), answer.normal))
            with np.errstate(invalid="ignore"):
                better = (answer.status == Status.OK) & (
                    (best.status != Status.OK) | (worth(answer.utilities) > worth(best.utilities))
                )
            best = choose(better, answer, best)
        short = np.any(caps < floors, axis=-1)
        return replace(
            best, status=np.where(short & (best.status == Status.OK), np.int8(Status.NO_AGREEMENT), best.status)
        ).where_ok()
