"""What every feasible set can be asked, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Codes
from bargaining.errors import InvalidProblem

LEAST_GAIN = 1e-9
"""The least gain, as a fraction of a party's range of utilities, that counts as better than disagreement."""


class Status(IntEnum):
    """Why a game has an answer, or why its numbers are NaN."""

    OK = 0
    NO_AGREEMENT = 1
    INFEASIBLE = 2
    NOT_FINITE = 3
    NOT_CONVERGED = 4

    @property
    def label(self) -> str:
        """The status in lower-case words, as tables print it."""
        return self.name.lower().replace("_", " ")


def status_labels(codes: ArrayLike) -> np.ndarray[Any, Any]:
    """Return statuses as words, for tables."""
    names = np.array([status.label for status in Status])
    return np.asarray(names[np.asarray(codes, dtype=int)])


@dataclass(frozen=True)
class Answer:
    """Deals found for a batch of games: leading axes are games, parties are last.

    `utilities` (..., n) are the parties' payoffs and `terms` the deals that give them, a (...) array an issue. `normal`
    (..., n) holds weights w >= 0 whose weighted sum of utilities the deal maximises where the set is convex: the slope
    of the frontier there. `status` says which games have an answer; the numbers of all others are NaN. `residual` is the
    scaled error of the optimality conditions. `ties` lists (game, alternative) where several deals answer equally well.
    """

    utilities: Array
    terms: Mapping[str, Array]
    normal: Array
    status: Codes
    residual: Array
    ties: tuple[tuple[int, Answer], ...] = field(default=())

    def where_ok(self) -> Answer:
        """Return this answer with NaN in every number of a game whose status is not ok."""
        bad = self.status != Status.OK
        if not np.any(bad):
            return self
        return replace(
            self,
            utilities=np.where(bad[..., None], np.nan, self.utilities),
            terms={name: np.where(bad, np.nan, value) for name, value in self.terms.items()},
            normal=np.where(bad[..., None], np.nan, self.normal),
        )

    def pick(self, index: Any) -> Answer:
        """Return the answer of the games at an index of the leading axes."""
        return Answer(
            self.utilities[index], {name: value[index] for name, value in self.terms.items()}, self.normal[index],
            np.asarray(self.status[index]), np.asarray(self.residual[index]),
        )  # fmt: skip


@dataclass(frozen=True)
class Offers:
    """The two proposals of a stationary alternating-offers equilibrium; `first` is made by the first party."""

    first: Answer
    second: Answer


class FeasibleSet(ABC):
    """A set of utility vectors, with free disposal unless a set says otherwise.

    Sets never see the disagreement point: individual rationality enters as `origin` or `floor`. Every query is vectorised
    over leading axes and broadcast against the set's own `shape`, which is () for one game and the shape of the stack
    otherwise.
    """

    @property
    @abstractmethod
    def parties(self) -> int:
        """How many parties' utilities the set holds."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the set's own parameters."""

    @abstractmethod
    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible under free disposal, `direction >= 0`.

        A zero entry of the direction only asks that party's floor: `u_i >= origin_i`. The normal is scaled to
        `normal . direction = 1`, so that `-normal` is the gradient of t in the origin.
        Source: Pascoletti and Serafini (1984), Journal of Optimization Theory and Applications 42, 499-524.
        """

    @abstractmethod
    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the feasible point with the largest weighted sum of utilities, `weights >= 0`, above `floor` if given."""

    @abstractmethod
    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the feasible point with the largest sum of weight_i log(u_i - origin_i).

        A party of weight zero only has the floor `u_i >= origin_i`.
        """

    @abstractmethod
    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both proposals of the stationary alternating-offers equilibrium of two parties.

        `factors` in (0, 1) shrink each party's gain over `origin` when a round passes without agreement.
        """

    @abstractmethod
    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal."""

    @abstractmethod
    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return a deal with every term, in order; those it leaves out take their implied values, if they have any."""

    @abstractmethod
    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the range of every term of a deal; empty if deals have no terms."""

    @abstractmethod
    def units(self) -> dict[str, str]:
        """Return the unit of every term of a deal."""

    @abstractmethod
    def spread(self) -> Array:
        """Return each party's range of utilities over the set, (..., n): a covariant unit for messages."""


def numbers(name: str, value: Any) -> Array:
    """Return a value as an array of floats, or say that it is none."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "bifu":
            raise TypeError(f"it holds {array.dtype}")
        return np.asarray(array, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"{name} = {value!r} is not an array of real numbers: {error}.") from error


def query(name: str, value: ArrayLike, parties: int, *, least: float = -np.inf, some: bool = False) -> Array:
    """Return a query vector as a float array, or say what is wrong with it; with `some`, an entry must be positive.

    In a stack a game whose numbers are bad gets a status in its answer, never an exception for all the others.
    """
    array = numbers(name, value)
    if array.ndim == 0 or array.shape[-1] != parties:
        raise InvalidProblem(
            f"{name} has shape {array.shape}; its last axis must hold one number for each of the {parties} parties."
        )
    if array.ndim > 1:
        return array
    if not np.all(np.isfinite(array)):
        raise InvalidProblem(f"{name} = {array.tolist()} is not finite; every party needs a number.")
    if np.any(array < least):
        raise InvalidProblem(f"{name} must not be below {least:g}; it is {array.tolist()}.")
    if some and not np.any(array > 0):
        raise InvalidProblem(f"{name} = {array.tolist()} points nowhere: some entry must be positive.")
    return array


def leading_axes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the leading axes that stacks share, or say that they do not match."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise InvalidProblem(
            f"the leading axes {', '.join(map(str, shapes))} of a stack do not match; they must be equal, or one."
        ) from error
