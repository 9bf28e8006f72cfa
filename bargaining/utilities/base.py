"""What a utility of money is: an increasing concave function with its inverse, for dividing pies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from copy import copy
from typing import ClassVar, Self, TypeAlias

import numpy as np

from bargaining._types import Array, Bools
from bargaining.checks import number, numbers

TINIEST = 1e-100
"""The least setting that arithmetic can tell from zero, where zero is none."""

Ranges: TypeAlias = Mapping[str, tuple[float, float]]


class Utility(ABC):
    """An increasing, concave utility u of an amount of money x >= 0.

    A utility is a frozen dataclass; its settings are numbers in their `ranges`, or arrays whose axes make a stack, in which
    a bad number is left to the status of its game. All methods are elementwise. Define the five and `split` divides pies
    by it.

    Raises
    ------
    InvalidProblem
        If a setting is no number, or lies outside its range.
    """

    ranges: ClassVar[Ranges] = {}
    """The least and the largest value of each setting; any finite number if left out."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            meant = f"{name} of {type(self).__name__}"
            if not numbers(meant, value).ndim:
                low, high = self.ranges.get(name, (-np.inf, np.inf))
                number(meant, value, low=low, high=high)

    @abstractmethod
    def value(self, x: Array) -> Array:
        """Return u(x)."""

    @abstractmethod
    def inverse(self, u: Array) -> Array:
        """Return the amount that gives utility u: infinite if none does, and no more than 0 if every one gives more."""

    @abstractmethod
    def slope(self, x: Array) -> Array:
        """Return the marginal utility u'(x)."""

    @abstractmethod
    def demand(self, price: Array) -> Array:
        """Return the amount, perhaps negative, at which marginal utility is `price`."""

    @abstractmethod
    def gain(self, x: Array, more: Array) -> Array:
        """Return u(x + more) - u(x) without cancellation."""

    @property
    def settings(self) -> dict[str, Array]:
        """The settings as arrays."""
        return {name: np.asarray(value, dtype=float) for name, value in vars(self).items()}

    @property
    def proper(self) -> Bools:
        """Whether the settings lie in their ranges, game by game."""
        inside = [(value >= low) & (value <= high) & (value < np.inf) for value, low, high in self._ranged()]
        return np.asarray(np.logical_and.reduce(np.broadcast_arrays(True, *inside)), dtype=np.bool_)

    def change(self, change: Callable[[Array], Array]) -> Self:
        """Return the utility with every setting that is an array changed alike."""
        changed = copy(self)
        for name, value in self.settings.items():
            if value.ndim:
                object.__setattr__(changed, name, change(value))
        return changed

    def _ranged(self) -> list[tuple[Array, float, float]]:
        return [(value, *self.ranges.get(name, (-np.inf, np.inf))) for name, value in self.settings.items()]
