"""What all sets of lotteries share: they are hulls of the deals of another set."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.sets.alternating import offers_by_reach
from bargaining.sets.base import FeasibleSet, Lottery, Offers


class Hull(FeasibleSet):
    """The convex hull of the utilities of `deals`: what lotteries over them give on average.

    The deals of a hull are lotteries, so they have no terms of their own; `Answer.lottery` says what is drawn from.
    """

    deals: FeasibleSet

    @property
    def parties(self) -> int:
        """How many parties' utilities the set holds."""
        return self.deals.parties

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the deals."""
        return self.deals.shape

    @property
    def convex(self) -> bool:
        """A hull is convex."""
        return True

    @property
    def certain(self) -> bool:
        """As of the deals."""
        return self.deals.certain

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        return offers_by_reach(self, origin, factors)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw lotteries over three deals each (see `FeasibleSet.sample`)."""
        found = self.deals.sample(count, rng)[0]
        shares = rng.dirichlet(np.ones(3), count)
        drawn = rng.integers(found.shape[-2], size=(count, 3))
        return np.asarray(np.sum(found[..., drawn, :] * shares[..., None], axis=-2)), {}

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal: a lottery that draws it for sure."""
        return self.deals.evaluate(terms)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a lottery gives on average, or NaN if there is none (see `FeasibleSet.gives`)."""
        if lottery is None:
            return np.full(utilities.shape, np.nan)
        deals = {name: np.moveaxis(value, -1, 0) for name, value in lottery.terms.items()}
        each = self.deals.gives(np.moveaxis(lottery.utilities, -2, 0), deals)
        return np.asarray(np.sum(np.moveaxis(lottery.probabilities, -1, 0)[..., None] * each, axis=0))

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return a deal with every term, in order."""
        return self.deals.complete(terms)

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return nothing: lotteries have no terms."""
        return {}

    def units(self) -> dict[str, str]:
        """Return nothing: lotteries have no terms."""
        return {}

    def spread(self) -> Array:
        """Return each party's range of utilities over the deals, (..., n)."""
        return self.deals.spread()
