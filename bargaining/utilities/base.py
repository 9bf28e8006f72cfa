"""What a utility of money is: an increasing concave function with its inverse, for dividing pies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from bargaining._types import Array
from bargaining.errors import InvalidProblem


class Utility(ABC):
    """An increasing, concave utility u of an amount of money x >= 0.

    A utility is a frozen dataclass; its settings are numbers, or arrays whose axes make a stack. All methods are
    elementwise. Define these five and `split` divides pies by it.
    """

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

    def change(self, change: Callable[[Array], Array]) -> Self:
        """Return the utility with every setting that is an array changed alike."""
        return type(self)(**{name: change(value) if value.ndim else value for name, value in self.settings.items()})


def require(name: str, value: Any, *, low: float, high: float = np.inf, open_low: bool = False) -> None:
    """Check a setting of a utility; in a stack a bad number is left to the status of its game.

    Raises
    ------
    InvalidProblem
        If it is no number, or lies outside its range.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "bifu":
        raise InvalidProblem(f"{name} = {value!r} is not a real number.")
    if array.ndim == 0 and not (np.isfinite(array) and (array > low if open_low else array >= low) and array <= high):
        floor = f"above {low:g}" if open_low else f"at least {low:g}"
        raise InvalidProblem(f"{name} = {value!r}; it must be {floor}{f' and at most {high:g}' if high < np.inf else ''}.")
