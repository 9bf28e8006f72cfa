"""A sum of money to be divided, with a concave utility of money for each party.

Giving party i utility v costs c_i(v), the inverse of its utility, so the set is {v : sum_i c_i(v_i) <= size}. Every
question is a monotone equation in one unknown, a price of money or the distance reached, which brackets itself: at n-ths of
the money one side of the equation is too small, or too large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Indices
from bargaining.checks import leading_axes, query, table
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.numerics.roots import decreasing_jump, decreasing_root
from bargaining.sets.alternating import offers_by_reach
from bargaining.sets.base import (
    LEAST_GAIN,
    ROUNDING,
    Answer,
    FeasibleSet,
    Lottery,
    Offers,
    Status,
    Trace,
    flat,
    flat_numbers,
    near,
)
from bargaining.sets.boundary import trace
from bargaining.utilities.base import Utility

PENNY = 1e-12
"""Share of the pie by which amounts may exceed it in sum."""

LEAST_PRICE = -740.0
"""The log of a price of money, near that of the least number, at which whoever has use for more wants all there is."""


@dataclass(frozen=True, eq=False)
class Pie(FeasibleSet):
    """Divisions of `size` among the parties `names`, valued by their `utilities`; money is in `unit`.

    The terms of a deal are the parties' amounts, by name.
    """

    size: Array
    utilities: tuple[Utility, ...]
    names: tuple[str, ...]
    unit: str = ""

    @property
    def parties(self) -> int:
        """How many parties share."""
        return len(self.utilities)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the size and the settings of the utilities."""
        return leading_axes(self.size.shape, *(value.shape for u in self.utilities for value in u.settings.values()))

    @property
    def convex(self) -> bool:
        """Concave utilities of money make a convex set."""
        return True

    @property
    def certain(self) -> bool:
        """Every question is a monotone equation."""
        return True

    @property
    def free_disposal(self) -> bool:
        """Money can be thrown away."""
        return True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.parties)
        direction = query("direction", direction, self.parties, least=0.0, some=True)
        lead = leading_axes(self.shape, origin.shape[:-1], direction.shape[:-1])
        return self._answer(lead, _reach, flat(origin, lead).T, flat(direction, lead).T)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        floor = np.full(self.parties, -np.inf) if floor is None else query("floor", floor, self.parties)
        lead = leading_axes(self.shape, weights.shape[:-1], floor.shape[:-1])
        return self._answer(lead, _support, flat(weights, lead).T, flat(floor, lead).T)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.parties)
        weights = query("weights", weights, self.parties, least=0.0, some=True)
        lead = leading_axes(self.shape, origin.shape[:-1], weights.shape[:-1])
        least = np.broadcast_to(self.least_gain(), (*lead, self.parties)).reshape(-1, self.parties).T
        return self._answer(lead, _nash, flat(origin, lead).T, flat(weights, lead).T, least)

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        return offers_by_reach(self, origin, factors)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        return trace(self, floor, best, tol)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw divisions evenly (see `FeasibleSet.sample`)."""
        parts = rng.dirichlet(np.ones(self.parties), (*self.shape, count))
        money = {name: parts[..., i] * self.size[..., None] for i, name in enumerate(self.names)}
        terms = near(money, around, rng)
        wide = [u.change(lambda value: value[..., None]) for u in self.utilities]
        return _worth(wide, terms.values()), terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of amounts for the parties; one of them may be left out and takes the rest."""
        amounts = list(self.complete(terms).values())
        if any(np.any(~(x >= 0)) for x in amounts) or np.any(sum(amounts) > self.size * (1 + PENNY)):
            raise InvalidProblem(
                f"amounts {[x.tolist() for x in amounts]} cannot be had from a pie of {self.size.tolist()}; "
                "they must not be negative, nor sum to more."
            )
        return _worth(self.utilities, amounts)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what amounts of money give (see `FeasibleSet.gives`)."""
        amounts = [terms[name] for name in self.names]
        with np.errstate(all="ignore"):
            good = np.logical_and.reduce([x >= 0 for x in amounts]) & (sum(amounts) <= self.size * (1 + PENNY))
            return np.where(np.asarray(good)[..., None], _worth(self.utilities, amounts), np.nan)

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return the amounts of all parties, in order; one that is left out takes the rest of the pie."""
        values = table("the deal", terms)
        for name in values:
            if name not in self.names:
                raise UnknownName("party", name, self.names)
        missing = [name for name in self.names if name not in values]
        if len(missing) > 1:
            raise InvalidProblem(f"the deal does not say what {' and '.join(missing)} get; leave out at most one party.")
        if missing:
            values[missing[0]] = np.asarray(self.size - sum(values.values()))
        return {name: values[name] for name in self.names}

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the range of every party's amount."""
        return {name: (0.0, float(np.max(self.size))) for name in self.names}

    def units(self) -> dict[str, str]:
        """Return the unit of money for every party."""
        return dict.fromkeys(self.names, self.unit)

    def spread(self) -> Array:
        """Return what the whole pie adds to each party's utility; what most of it adds, where nothing is worth -inf."""
        with np.errstate(all="ignore"):  # of a stack, some games may have no such utilities
            sizes = 0.0 * self.size, self.size / self.parties, self.size
            ends = [[u.value(size) for size in sizes] for u in self.utilities]
            rows = [np.where(np.isfinite(none), whole - none, whole - some) for none, some, whole in ends]
        return np.stack(np.broadcast_arrays(*rows), axis=-1)

    def least_gain(self) -> Array:
        """Return the rounding error of each party's utility: the set is exact."""
        with np.errstate(all="ignore"):
            sizes = [np.maximum(np.abs(u.value(self.size)), u.slope(self.size) * self.size) for u in self.utilities]
        return ROUNDING * np.stack(np.broadcast_arrays(*sizes), axis=-1)

    def _shares(self, lead: tuple[int, ...]) -> _Shares:
        return _Shares(
            flat_numbers(self.size, lead),
            tuple(u.change(lambda value: flat_numbers(value, lead)) for u in self.utilities),
        )

    def _answer(self, lead: tuple[int, ...], solve: Callable[..., Found], *queries: Array) -> Answer:
        with np.errstate(all="ignore"):  # slopes of zero and infinity at the ends of the pie are meant
            money, utilities, normal, bad, none = solve(self._shares(lead), *queries)
        broken = bad | (~none & ~np.all(np.isfinite(utilities), axis=0))
        status = np.where(broken, Status.NOT_FINITE, np.where(none, Status.NO_AGREEMENT, Status.OK)).astype(np.int8)
        residual = self._missed(lead, money, utilities)
        status = np.where((status == Status.OK) & ~(residual <= LEAST_GAIN), np.int8(Status.NOT_CONVERGED), status)
        return Answer(
            utilities.T.reshape(*lead, self.parties),
            {name: x.reshape(lead) for name, x in zip(self.names, money, strict=True)},
            normal.T.reshape(*lead, self.parties),
            status.reshape(lead),
            residual.reshape(lead),
        ).where_ok()

    def _missed(self, lead: tuple[int, ...], money: Array, utilities: Array) -> Array:
        """Return by how much amounts miss the pie's size, or the utilities stated, as shares of what there is."""
        shares, unit = self._shares(lead), flat(self.spread(), lead).T
        with np.errstate(all="ignore"):
            short = np.abs(np.sum(money, axis=0) - shares.size) / shares.size
            apart = np.abs(shares.value(money) - utilities)
            wrong = np.max(np.where(apart > 0, apart / unit, 0.0), axis=0)
        return np.asarray(np.nan_to_num(np.maximum(short, wrong), nan=np.inf))


def _worth(utilities: Iterable[Utility], amounts: Iterable[Array]) -> Array:
    """Return the utilities of amounts, (..., n); nothing may be worth minus infinity."""
    with np.errstate(all="ignore"):
        values = [u.value(x) for u, x in zip(utilities, amounts, strict=True)]
    return np.stack(np.broadcast_arrays(*values), axis=-1)


@dataclass(frozen=True)
class _Shares:
    """The pies of one query, flattened; amounts and utilities are (parties, games)."""

    size: Array
    utilities: tuple[Utility, ...]

    def each(self, method: Callable[..., Array], *values: Array, pick: Indices | None = None) -> Array:
        """Call a method of every party's utility on its rows of the values."""
        own = self.utilities if pick is None else [u.change(lambda setting: setting[pick]) for u in self.utilities]
        rows = [method(u, *(value[i] for value in values)) for i, u in enumerate(own)]
        return np.array([np.broadcast_to(row, values[0].shape[1:]) for row in rows], dtype=float)

    def value(self, money: Array) -> Array:
        """Return utilities."""
        return self.each(lambda u, x: u.value(x), money)

    def slope(self, money: Array) -> Array:
        """Return marginal utilities."""
        return self.each(lambda u, x: u.slope(x), money)

    def gain(self, money: Array, more: Array) -> Array:
        """Return what more money adds."""
        return self.each(lambda u, x, y: u.gain(x, y), money, more)

    def cost(self, utilities: Array, pick: Indices | None = None) -> Array:
        """Return the money that gives these utilities, not negative."""
        return np.maximum(self.each(lambda u, v: u.inverse(v), utilities, pick=pick), 0.0)

    def bad(self, *queries: Array) -> Bools:
        """Say which games have no meaning: sizes, settings or queries that are no numbers."""
        good = (self.size > 0) & np.isfinite(self.size)
        good = np.logical_and.reduce([good, *(np.broadcast_to(u.proper, good.shape) for u in self.utilities)])
        return np.asarray(~(good & np.all([np.all(np.isfinite(q), axis=0) for q in queries], axis=0)))


Found = tuple[
    Array, Array, Array, Bools, Bools
]  # money, utilities, normal (parties, games); bad, without agreement (games,)


def _reach(shares: _Shares, origin: Array, way: Array) -> Found:
    """Raise all parties with a positive direction together until the money is used up."""
    moving = way > 0
    held = np.where(moving, 0.0, shares.cost(origin))
    rest = shares.size - np.sum(held, axis=0)
    count = np.count_nonzero(moving, axis=0)
    steps = (shares.value(np.broadcast_to(rest / count, way.shape)) - origin) / np.where(moving, way, 1.0)
    low = np.min(np.where(moving, steps, np.inf), axis=0)
    high = np.max(np.where(moving, steps, -np.inf), axis=0)

    def left(t: Array, games: Array) -> Array:
        pick = games.astype(np.intp)
        need = shares.cost(origin[:, pick] + t * way[:, pick], pick)
        return np.asarray(rest[pick] - np.sum(np.where(moving[:, pick], need, 0.0), axis=0))

    none = ~(rest >= -ROUNDING * shares.size)
    t = decreasing_root(left, low, high, np.arange(rest.size))
    utilities = np.maximum(origin + t * way, shares.value(np.zeros(way.shape)))
    money = _settled(shares, np.where(moving, shares.cost(utilities), held), utilities, moving)
    normal = 1.0 / shares.slope(money)
    normal = normal / np.sum(np.where(moving, normal * way, 0.0), axis=0)
    return money, utilities, normal, shares.bad(origin, way), none


def _settled(shares: _Shares, money: Array, utilities: Array, moving: Bools) -> Array:
    """Return amounts that use up the pie: the moving party that can tell amounts apart the least takes up the rounding.

    Parties so rich that their utility is at its limit share what the others leave.
    """
    full = ~np.isfinite(money)
    rest = shares.size - np.sum(np.where(full, 0.0, money), axis=0)
    money = np.where(full, rest / np.maximum(np.count_nonzero(full, axis=0), 1), money)
    blunt = np.argmax(np.where(moving, np.abs(utilities) / shares.slope(money), -np.inf), axis=0)
    own = np.arange(len(money))[:, None] == blunt
    return np.where(own, shares.size - np.sum(np.where(own, 0.0, money), axis=0), money)


def _support(shares: _Shares, weights: Array, floor: Array) -> Found:
    """Find the price of money at which demands, above the floors, use it up; where they jump there, go as far as needed."""
    base = shares.cost(floor)
    rest = shares.size - np.sum(base, axis=0)
    wanted = weights > 0
    count = np.count_nonzero(wanted, axis=0)
    prices = weights * shares.slope(base + rest / count)
    low = np.min(np.where(wanted, prices, np.inf), axis=0) * (1 - 1e-12)
    high = np.max(np.where(wanted, prices, -np.inf), axis=0) * (1 + 1e-12)

    def demand(price: Array, pick: Indices) -> Array:
        ratio = price / np.where(wanted, weights, 1.0)[:, pick]
        amounts = shares.each(lambda u, p: u.demand(p), ratio, pick=pick)
        return np.clip(np.where(wanted[:, pick], amounts, -np.inf), base[:, pick], base[:, pick] + rest[pick])

    def excess(price: Array, games: Array) -> Array:
        pick = games.astype(np.intp)
        return np.asarray(np.sum(demand(price, pick), axis=0) - shares.size[pick])

    everyone = np.arange(rest.size)
    none = ~(rest >= -ROUNDING * shares.size)
    cheap, dear = decreasing_jump(excess, low, high, everyone)
    most, least = demand(cheap, everyone), demand(dear, everyone)
    part = (shares.size - np.sum(least, axis=0)) / np.sum(most - least, axis=0)
    money = least + np.clip(np.nan_to_num(part), 0.0, 1.0) * (most - least)
    shadow = np.where(money <= base, dear / shares.slope(money), 0.0)
    normal = np.where(np.isfinite(floor) & (base > 0), np.maximum(weights, np.nan_to_num(shadow)), weights)
    limits = np.where(np.isneginf(floor), 0.0, floor)
    return money, shares.value(money), normal, shares.bad(weights, limits), none


def _nash(shares: _Shares, origin: Array, weights: Array, least: Array) -> Found:
    """Find the price of money at which every party's log gain, weighted, rises at that price."""
    base = shares.cost(origin)
    rest = shares.size - np.sum(base, axis=0)
    wanted = weights > 0
    start = np.where(base > 0, 0.0, shares.value(base) - origin)  # what a party gains though it gets nothing

    ideal = start + shares.gain(base, np.broadcast_to(np.maximum(rest, 0.0), base.shape))
    none = ~(rest >= -ROUNDING * shares.size) | np.any(wanted & ~(ideal > least), axis=0)
    rest = np.where(none, shares.size, rest)  # any number that is no trouble
    part = np.broadcast_to(rest / np.count_nonzero(wanted, axis=0), base.shape)
    prices = np.log(weights * shares.slope(base + part) / (start + shares.gain(base, part)))
    low = np.maximum(np.min(np.where(wanted, prices, np.inf), axis=0), LEAST_PRICE)
    high = np.max(np.where(wanted, prices, -np.inf), axis=0)

    def asked(log_price: Array, pick: Indices) -> Array:
        price = np.exp(log_price)
        rows = []
        for i, utility in enumerate(shares.utilities):
            rows.append(_amount(utility, price, weights[i, pick], base[i, pick], start[i, pick], rest[pick], pick))
        return np.where(wanted[:, pick], np.array(rows), 0.0)

    def excess(log_price: Array, games: Array) -> Array:
        pick = games.astype(np.intp)
        return np.asarray(np.sum(asked(log_price, pick), axis=0) - rest[pick])

    everyone = np.arange(rest.size)
    money = asked(decreasing_root(excess, low, high, everyone), everyone)
    money = money * (rest / np.sum(money, axis=0))
    more = start + shares.gain(base, money)
    price = np.max(np.where(wanted, weights * shares.slope(base + money) / more, -np.inf), axis=0)
    normal = np.where(wanted, weights / more, price / shares.slope(base))
    return base + money, origin + more, normal, shares.bad(origin, weights), none


def _amount(utility: Utility, price: Array, weight: Array, base: Array, start: Array, rest: Array, pick: Indices) -> Array:
    """Return the money beyond `base` at which the weighted log gain rises at `price`, from 0 to `rest`."""
    own = utility.change(lambda value: value[pick])

    def short(more: Array, games: Array) -> Array:
        at = games.astype(np.intp)
        here = own.change(lambda value: value[at])
        gain = start[at] + here.gain(base[at], more)
        steep = here.slope(base[at] + more)
        return np.asarray(weight[at] - price[at] * np.where(np.isinf(steep), 0.0, gain / steep))

    return decreasing_root(short, np.zeros(rest.size), rest, np.arange(rest.size))
