"""What every feasible set can be asked, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Codes, Indices

Number = TypeVar("Number", bound=np.ndarray[Any, Any])

LEAST_GAIN = 1e-9
"""The least gain, as a fraction of a party's range of utilities, that a numerical solver can tell from none."""

ROUNDING = 64 * float(np.finfo(float).eps)
"""The least gain, as a fraction of the size of utilities, that arithmetic can tell from none: for exact sets."""

TIE = 1e-12
"""Share of a party's range of utilities within which deals are equally good."""


class Status(IntEnum):
    """Why a game has an answer, or why its numbers are NaN."""

    OK = 0
    NO_AGREEMENT = 1
    INFEASIBLE = 2
    NOT_FINITE = 3
    NOT_CONVERGED = 4
    NOT_CONVEX = 5
    UNDETERMINED = 6
    INVALID = 7

    @property
    def label(self) -> str:
        """The status in lower-case words, as tables print it."""
        return self.name.lower().replace("_", " ")


def status_labels(codes: ArrayLike) -> np.ndarray[Any, Any]:
    """Return statuses as words, for tables."""
    names = np.array([status.label for status in Status])
    return np.asarray(names[np.asarray(codes, dtype=int)])


@dataclass(frozen=True)
class Ties:
    """Deals that answer a question equally well, for the games where there are several.

    Row r is one deal: `games[r]` counts its game through the flattened leading axes, `utilities[r]` (n,) are its payoffs
    and `terms[name][r]` its terms. The deal that the answer itself holds is one of them.
    """

    games: Indices
    utilities: Array
    terms: Mapping[str, Array]

    def where(self, keep: Bools) -> Ties | None:
        """Return the rows to keep, or None if there are none."""
        if not np.any(keep):
            return None
        return Ties(self.games[keep], self.utilities[keep], {name: value[keep] for name, value in self.terms.items()})


@dataclass(frozen=True)
class Lottery:
    """A lottery over deals in every game: s of them, with what each gives.

    `probabilities` (..., s) sum to one, `utilities` (..., s, n) are the payoffs of each deal and `terms` its terms, a
    (..., s) array an issue. A deal of probability zero fills the row of a game that needs fewer.
    """

    probabilities: Array
    utilities: Array
    terms: Mapping[str, Array]

    def map(self, change: Callable[[Array], Array]) -> Lottery:
        """Return the lottery with every array changed alike, on its leading axes."""
        return Lottery(
            change(self.probabilities), change(self.utilities), {name: change(value) for name, value in self.terms.items()}
        )


@dataclass(frozen=True)
class Answer:
    """Deals found for a batch of games: leading axes are games, parties are last.

    `utilities` (..., n) are the parties' payoffs and `terms` the deals that give them, a (...) array an issue. `normal`
    (..., n) holds weights w >= 0 whose weighted sum of utilities the deal maximises where the set is convex: the slope
    of the frontier there. `status` says which games have an answer; the numbers of all others are NaN. `residual` is the
    scaled error of the optimality conditions. `ties` holds the deals that answer equally well, where there are several,
    and `lottery` the lottery over deals that gives the utilities, where one deal alone does not. `spare` (..., n) is what
    the deal gives on top of `utilities`, where a concept throws utility away.
    """

    utilities: Array
    terms: Mapping[str, Array]
    normal: Array
    status: Codes
    residual: Array
    ties: Ties | None = None
    lottery: Lottery | None = None
    spare: Array | None = None

    def where_ok(self) -> Answer:
        """Return this answer with NaN in every number of a game whose status is not ok."""
        bad = self.status != Status.OK
        if not np.any(bad):
            return self

        def blank(value: Array) -> Array:
            return np.where(_lifted(bad, value), np.nan, value)

        return replace(
            self,
            utilities=blank(self.utilities),
            terms={name: blank(value) for name, value in self.terms.items()},
            normal=blank(self.normal),
            ties=None if self.ties is None else self.ties.where(~bad.ravel()[self.ties.games]),
            lottery=None if self.lottery is None else self.lottery.map(blank),
            spare=None if self.spare is None else blank(self.spare),
        )

    def with_status(self, status: Codes) -> Answer:
        """Return this answer with other statuses, and NaN in the numbers of games whose status is not ok."""
        return replace(self, status=np.asarray(status, np.int8)).where_ok()

    def chosen(self, which: Indices) -> Answer:
        """Return, of answers (k, ...) to k questions, the one asked for in every game, without ties."""

        def taken(value: Any) -> Any:
            index = which.reshape(1, *which.shape, *[1] * (value.ndim - 1 - which.ndim))
            return np.take_along_axis(value, index, axis=0)[0]

        return Answer(
            taken(self.utilities), {name: taken(value) for name, value in self.terms.items()}, taken(self.normal),
            taken(self.status), taken(self.residual), lottery=None if self.lottery is None else self.lottery.map(taken),
        )  # fmt: skip

    def pick(self, index: Any) -> Answer:
        """Return the answer of the games at an index of the leading axes, without ties."""
        return Answer(
            self.utilities[index], {name: value[index] for name, value in self.terms.items()}, self.normal[index],
            np.asarray(self.status[index]), np.asarray(self.residual[index]),
            lottery=None if self.lottery is None else self.lottery.map(lambda value: value[index]),
        )  # fmt: skip


def _lifted(flags: Bools, value: Array) -> Bools:
    """Return flags with as many axes as a value whose leading axes they match."""
    return flags.reshape((*flags.shape, *[1] * (value.ndim - flags.ndim)))


def choose(use: Bools, one: Answer, two: Answer) -> Answer:
    """Return the answer that is `one` where `use` holds, else `two`; both are answers of one set, ties are dropped."""

    def mixed(a: Any, b: Any) -> Any:
        return np.where(_lifted(use, a), a, b)

    return Answer(
        mixed(one.utilities, two.utilities),
        {name: mixed(one.terms[name], two.terms[name]) for name in one.terms},
        mixed(one.normal, two.normal),
        mixed(one.status, two.status),
        mixed(one.residual, two.residual),
        lottery=None if one.lottery is None or two.lottery is None else _mixed_lottery(mixed, one.lottery, two.lottery),
    )


def joined(answers: Answer, another: Answer) -> Answer:
    """Return answers (k, ...) with one more of the same set, (k + 1, ...); ties are dropped."""

    def both(a: Any, b: Any) -> Any:
        return np.concatenate([a, np.broadcast_to(b, a.shape[1:])[None]])

    lottery = None
    if answers.lottery is not None and another.lottery is not None:
        one, two = _padded(answers.lottery, another.lottery), _padded(another.lottery, answers.lottery)
        lottery = Lottery(
            both(one.probabilities, two.probabilities), both(one.utilities, two.utilities),
            {name: both(one.terms[name], two.terms[name]) for name in one.terms},
        )  # fmt: skip
    terms = {name: both(value, another.terms[name]) for name, value in answers.terms.items()}
    fields = ((getattr(answers, name), getattr(another, name)) for name in ("normal", "status", "residual"))
    normal, status, residual = (both(*pair) for pair in fields)
    return Answer(both(answers.utilities, another.utilities), terms, normal, status, residual, lottery=lottery)


def _mixed_lottery(mixed: Callable[[Array, Array], Array], one: Lottery, two: Lottery) -> Lottery:
    one, two = _padded(one, two), _padded(two, one)
    return Lottery(
        mixed(one.probabilities, two.probabilities), mixed(one.utilities, two.utilities),
        {name: mixed(one.terms[name], two.terms[name]) for name in one.terms},
    )  # fmt: skip


def _padded(lottery: Lottery, other: Lottery) -> Lottery:
    """Return the lottery with as many deals as another has at least, the new ones of probability zero."""
    short = other.probabilities.shape[-1] - lottery.probabilities.shape[-1]
    if short <= 0:
        return lottery

    def repeat(value: Array, axis: int) -> Array:
        last = np.take(value, [-1] * short, axis=axis)
        return np.concatenate([value, last], axis=axis)

    zeros = np.zeros((*lottery.probabilities.shape[:-1], short))
    return Lottery(
        np.concatenate([lottery.probabilities, zeros], axis=-1), repeat(lottery.utilities, -2),
        {name: repeat(value, -1) for name, value in lottery.terms.items()},
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

    @property
    @abstractmethod
    def convex(self) -> bool | None:
        """Whether the set is known to be convex (True), known not to be in general (False), or not known (None)."""

    @property
    @abstractmethod
    def certain(self) -> bool:
        """Whether `support` finds the best deal of all for sure, so that a supporting line is a proof."""

    @property
    @abstractmethod
    def free_disposal(self) -> bool:
        """Whether parties may throw utility away, so that all points below a feasible one count as feasible."""

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
    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the efficient points of two parties above a floor.

        `best`, with arrays (2, 2), answers `reach` from the floor along each axis. Exact where the set is; else a polyline
        within `tol`, in fractions of the largest gains over the floor.
        """

    @abstractmethod
    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw feasible deals at random: their utilities (..., count, n) and terms, a (..., count) array each.

        With the terms of a deal `around`, most draws are near it, at all distances; sets without such terms ignore it. Rows
        of deals that break a constraint are NaN.
        """

    @abstractmethod
    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal."""

    @abstractmethod
    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what an answer's deal, or lottery, gives, (..., n): NaN where it is no feasible deal, and never an error.

        Arithmetic alone, to check claims by. `utilities` are those claimed; only sets whose deals have no terms need them.
        """

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

    @abstractmethod
    def least_gain(self) -> Array:
        """Return the least gain of each party, (..., n), that the set's accuracy can tell from none."""


@dataclass(frozen=True)
class Trace:
    """Efficient points from the second party's best to the first's, with what was proved about the rest.

    `utilities` and `normals` are (m, 2), `terms` holds (m,) arrays. `joined` says whether the frontier runs straight from
    each point to the next, up to `error`, or consists of the points alone. `error` bounds the distance from the polyline to
    any feasible point beyond it, both gains measured as fractions of the ideal ones; where the set was seen to be `dented`
    it is only the largest distance seen. `calls` counts the questions asked.
    """

    utilities: Array
    terms: dict[str, Array]
    normals: Array
    error: float
    calls: int
    joined: bool = True
    dented: bool = False


def flat(vectors: Array, lead: tuple[int, ...]) -> Array:
    """Return a query with one row a game, (games, n)."""
    return np.ascontiguousarray(np.broadcast_to(vectors, (*lead, vectors.shape[-1])).reshape(-1, vectors.shape[-1]))


def flat_numbers(values: Number, lead: tuple[int, ...]) -> Number:
    """Return a number a game, (games,)."""
    return cast(Number, np.ascontiguousarray(np.broadcast_to(values, lead).ravel()))


def near(draws: dict[str, Array], around: Mapping[str, Array] | None, rng: np.random.Generator) -> dict[str, Array]:
    """Pull draws (..., count) towards a deal, each by its own share: half of the way to all but a millionth of it."""
    if not around:
        return draws
    count = next(iter(draws.values())).shape[-1]
    share = 10.0 ** rng.uniform(-6.0, 0.0, count)
    return {name: around[name][..., None] + share * (value - around[name][..., None]) for name, value in draws.items()}
