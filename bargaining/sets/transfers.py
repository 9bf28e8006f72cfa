"""Two parties that can pay each other: every question is a line in the plane, answered in closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools
from bargaining.checks import leading_axes, query, table
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.sets.alternating import offers_by_reach
from bargaining.sets.base import ROUNDING, Answer, FeasibleSet, Lottery, Offers, Status, Trace, near

PAYMENT = "payment"
PAYS = np.array([-1.0, 1.0])
"""What a payment of one, from the first party to the second, adds to their utilities."""

Found = tuple[Array, Array, Bools]
"""Payments (...), normals (..., 2), and which games have no answer."""


@dataclass(frozen=True, eq=False)
class Transfers(FeasibleSet):
    """The utilities `worth` (..., 2) of one outcome, less and plus any payment from the first party to the second.

    u = worth + t (-1, 1) for all real t, with free disposal. Terms are the payment t, in `unit`. Of this line, payments of
    at most `most` (...) either way set the scale: they are what is sampled and drawn.
    """

    worth: Array
    most: Array
    unit: str = ""

    @property
    def parties(self) -> int:
        """Payments are between two."""
        return 2

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the outcome's worth and the largest payment."""
        return leading_axes(self.worth.shape[:-1], self.most.shape)

    @property
    def convex(self) -> bool:
        """A line is convex."""
        return True

    @property
    def certain(self) -> bool:
        """Every question has a closed form."""
        return True

    @property
    def free_disposal(self) -> bool:
        """Utility can be thrown away."""
        return True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`): t takes up the surplus."""
        origin, way = query("origin", origin, 2), query("direction", direction, 2, least=0.0, some=True)

        def answer() -> Found:
            normal = np.broadcast_to(1.0 / np.sum(way, axis=-1, keepdims=True), way.shape)
            return self._shared(origin, way), normal, np.zeros(way.shape[:-1], np.bool_)

        return self._answer(answer, origin, way)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`): all to whose unit counts for more.

        Without a floor for the other party the sum has no bound; the status is then "not finite".
        """
        weights = query("weights", weights, 2, least=0.0, some=True)
        floor = np.full(2, -np.inf) if floor is None else query("floor", floor, 2)

        def answer() -> Found:
            low, high = floor[..., 1] - self.worth[..., 1], self.worth[..., 0] - floor[..., 0]  # what the floors ask for
            largest = np.max(weights, axis=-1, keepdims=True)
            better = weights[..., 1] - weights[..., 0]
            better = np.where(np.abs(better) <= ROUNDING * largest[..., 0], 0.0, better)
            payment = np.where(better > 0, high, np.where(better < 0, low, np.clip(0.0, low, high)))
            return payment, np.broadcast_to(largest, weights.shape), low > high + self._least(floor)

        return self._answer(answer, weights, floor)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`): gains in proportion to the weights."""
        origin, weights = query("origin", origin, 2), query("weights", weights, 2, least=0.0, some=True)

        def answer() -> Found:
            surplus = np.sum(self.worth - origin, axis=-1)
            some = surplus > self._least(origin)
            normal = 1.0 / np.where(some, surplus, 1.0)  # a party's weight over its gain is the same for both
            return self._shared(origin, weights), normal[..., None] + np.zeros(2), ~some

        return self._answer(answer, origin, weights)

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        return offers_by_reach(self, origin, factors)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Return the two ends of the line above a floor (see `FeasibleSet.boundary`)."""
        if self.shape:
            raise InvalidProblem(f"a frontier is that of one set; this is a stack of shape {self.shape}.")
        return Trace(best.utilities[::-1], {PAYMENT: np.asarray(best.terms[PAYMENT])[::-1]}, np.ones((2, 2)), 0.0, 0)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw payments evenly (see `FeasibleSet.sample`)."""
        terms = near({PAYMENT: rng.uniform(-1.0, 1.0, (*self.shape, count)) * self.most[..., None]}, around, rng)
        return self.worth[..., None, :] + terms[PAYMENT][..., None] * PAYS, terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., 2), of a payment."""
        payment = self.complete(terms)[PAYMENT]
        if not np.all(np.isfinite(payment)):
            raise InvalidProblem(f"a payment of {payment.tolist()} is not finite.")
        return np.asarray(self.worth + payment[..., None] * PAYS)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a payment gives (see `FeasibleSet.gives`)."""
        payment = terms[PAYMENT]
        return np.asarray(self.worth + np.where(np.isfinite(payment), payment, np.nan)[..., None] * PAYS)

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return the payment."""
        values = table("the deal", terms)
        for name in values:
            if name != PAYMENT:
                raise UnknownName("term", name, [PAYMENT])
        if not values:
            raise InvalidProblem("the deal does not say what the payment is: {'payment': ...}.")
        return values

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the range of payments that are sampled and drawn."""
        most = float(np.nanmax(self.most, initial=0.0))
        return {PAYMENT: (-most, most)}

    def units(self) -> dict[str, str]:
        """Return the unit of the payment."""
        return {PAYMENT: self.unit}

    def spread(self) -> Array:
        """Return the range of each party's utility over the payments that set the scale, (..., 2)."""
        return np.broadcast_to(2.0 * self.most[..., None], (*self.shape, 2))

    def least_gain(self) -> Array:
        """Return the rounding error of each party's utility."""
        size = np.sum(np.abs(self.worth), axis=-1) + self.most
        return np.broadcast_to(ROUNDING * size[..., None], (*self.shape, 2))

    def _shared(self, origin: Array, shares: Array) -> Array:
        """Return the payment that shares the surplus over the origin: each party's part of it is exact for itself."""
        part = shares / np.sum(shares, axis=-1, keepdims=True)
        gains = self.worth - origin
        return np.asarray(part[..., 1] * gains[..., 0] - part[..., 0] * gains[..., 1])

    def _least(self, origin: Array) -> Array:
        """Return the rounding error of a surplus over an origin."""
        sizes = np.sum(np.where(np.isfinite(origin), np.abs(origin), 0.0), axis=-1)
        return np.asarray(self.least_gain()[..., 0] + ROUNDING * sizes)

    def _answer(self, answer: Callable[[], Found], *queries: Array) -> Answer:
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        with np.errstate(all="ignore"):  # of a stack, some games may have no numbers
            payment, normal, none = answer()
            utilities = self.worth + payment[..., None] * PAYS
        payment, none, broken = (np.broadcast_to(found, lead) for found in (payment, none, ~np.isfinite(payment)))
        broken = broken | ~np.all(np.isfinite(utilities), axis=-1)
        for asked in queries:
            broken = broken | np.any(np.isnan(asked), axis=-1)
        status = np.where(broken, Status.NOT_FINITE, np.where(none, Status.NO_AGREEMENT, Status.OK)).astype(np.int8)
        return Answer(
            np.broadcast_to(utilities, (*lead, 2)), {PAYMENT: payment}, np.broadcast_to(normal, (*lead, 2)), status,
            np.zeros(lead),
        ).where_ok()  # fmt: skip
