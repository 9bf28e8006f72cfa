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
    """The utilities `worth` (..., 2) of one outcome, less and plus a payment from the first party to the second.

    u = worth + t (-1, 1) for payments t of at most `most` (...) either way, with free disposal. Terms are the payment, in
    `unit`.
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
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`).

        On the line t takes up the surplus; a party's best is where its share of it would take the other further down than
        the largest payment does.
        """
        origin, way = query("origin", origin, 2), query("direction", direction, 2, least=0.0, some=True)

        def answer() -> Found:
            short = (way == 0) & (origin > self._best + self.least_gain())
            share = way / np.sum(way, axis=-1, keepdims=True)
            payment = self._payment(origin[..., 0] + share[..., 0] * self._surplus(origin))
            held = np.clip(payment, -self.most, self.most)
            ends = np.where((held > payment)[..., None], [1.0, 0.0], np.where((held < payment)[..., None], [0.0, 1.0], 1.0))
            slope = np.sum(ends * way, axis=-1, keepdims=True)  # zero only if the party at its best has no part in the way
            normal = np.where(slope > 0, ends, 1.0)
            return held, normal / np.sum(normal * way, axis=-1, keepdims=True), np.any(short, axis=-1)

        return self._answer(answer, origin, way)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`): all to whose unit counts for more."""
        weights = query("weights", weights, 2, least=0.0, some=True)
        floor = np.full(2, -np.inf) if floor is None else query("floor", floor, 2)

        def answer() -> Found:
            low = np.maximum(-self.most, floor[..., 1] - self.worth[..., 1])  # so much must be paid for the second's floor
            high = np.minimum(self.most, self.worth[..., 0] - floor[..., 0])
            better = weights[..., 1] - weights[..., 0]
            payment = np.where(better > 0, high, np.where(better < 0, low, np.clip(0.0, low, high)))
            normal = np.where(np.isfinite(floor) & (floor > self._worst), np.max(weights, axis=-1, keepdims=True), weights)
            return payment, normal, low > high + self.least_gain()[..., 0]

        return self._answer(answer, weights, floor)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`): gains in proportion to the weights."""
        origin, weights = query("origin", origin, 2), query("weights", weights, 2, least=0.0, some=True)

        def answer() -> Found:
            a = weights / np.sum(weights, axis=-1, keepdims=True)
            payment = np.clip(self._payment(origin[..., 0] + a[..., 0] * self._surplus(origin)), -self.most, self.most)
            gains = self.worth + payment[..., None] * PAYS - origin
            least = self.least_gain()
            none = np.any(np.where(a > 0, gains <= least, gains < -least), axis=-1)
            some = (a > 0) & (gains > 0)
            # Whoever only has a floor weighs as much as the other: payments are one for one.
            scaled = a / np.where(some, gains, 1.0)
            normal = np.where(a > 0, scaled, np.max(scaled, axis=-1, keepdims=True))
            return payment, normal, none

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
        if np.any(np.abs(payment) > self.most * (1 + ROUNDING)) or np.any(np.isnan(payment)):
            raise InvalidProblem(f"a payment of {payment.tolist()} is beyond the largest considered, {self.most.tolist()}.")
        return np.asarray(self.worth + payment[..., None] * PAYS)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a payment gives (see `FeasibleSet.gives`)."""
        payment = terms[PAYMENT]
        with np.errstate(invalid="ignore"):
            fine = np.abs(payment) <= self.most * (1 + ROUNDING)
        return np.where(fine[..., None], self.worth + payment[..., None] * PAYS, np.nan)

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
        """Return the range of payments."""
        most = float(np.nanmax(self.most, initial=0.0))
        return {PAYMENT: (-most, most)}

    def units(self) -> dict[str, str]:
        """Return the unit of the payment."""
        return {PAYMENT: self.unit}

    def spread(self) -> Array:
        """Return each party's range of utilities, (..., 2)."""
        return np.broadcast_to(2.0 * self.most[..., None], (*self.shape, 2))

    def least_gain(self) -> Array:
        """Return the rounding error of each party's utility."""
        size = np.sum(np.abs(self.worth), axis=-1) + self.most
        return np.broadcast_to(ROUNDING * size[..., None], (*self.shape, 2))

    @property
    def _best(self) -> Array:
        return self.worth + self.most[..., None]

    @property
    def _worst(self) -> Array:
        return self.worth - self.most[..., None]

    def _surplus(self, origin: Array) -> Array:
        """Return what both have over the origin together; each difference first, so that large payoffs cancel."""
        return np.asarray(np.sum(self.worth - origin, axis=-1))

    def _payment(self, first: Array) -> Array:
        """Return the payment that leaves the first party this utility."""
        return np.asarray(self.worth[..., 0] - first)

    def _answer(self, answer: Callable[[], Found], *queries: Array) -> Answer:
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        with np.errstate(all="ignore"):  # of a stack, some games may have no numbers
            payment, normal, none = answer()
        payment, none = np.broadcast_to(payment, lead), np.broadcast_to(none, lead)
        broken = ~np.isfinite(payment)
        for asked in queries:
            broken = broken | np.any(np.isnan(asked), axis=-1)
        status = np.where(broken, Status.NOT_FINITE, np.where(none, Status.NO_AGREEMENT, Status.OK)).astype(np.int8)
        return Answer(
            self.worth + payment[..., None] * PAYS, {PAYMENT: payment}, np.broadcast_to(normal, (*lead, 2)), status,
            np.zeros(lead),
        ).where_ok()  # fmt: skip
