"""Deals over continuous issues in a box, with smooth utilities and constraints: solved by the interior-point kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Codes, Entry, Indices
from bargaining.checks import leading_axes, numbers, query, table
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.numerics.batches import Optimum
from bargaining.numerics.kernel import Parameters, differentiate
from bargaining.sets.alternating import offers_query
from bargaining.sets.base import LEAST_GAIN, Answer, FeasibleSet, Lottery, Offers, Trace, near
from bargaining.sets.boundary import trace
from bargaining.sets.games import Games
from bargaining.sets.proposals import both_proposals

SLACK = 1e-9  # of a constraint's range: a deal that misses it by no more is feasible

TermsFunction = Callable[[Mapping[str, Any], Mapping[str, Any]], Sequence[Any]]


@dataclass(frozen=True)
class Issue:
    """A continuous term of the deal, between `low` and `high`, in `unit`.

    `implied`, if given, is a function of the other issues and the parameters: the value the term takes where a deal is
    described without it. Use it for auxiliary variables such as the largest probability that a constraint permits.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    implied: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        if not str(self.name).isidentifier():
            raise InvalidProblem(f"issue name {self.name!r} is no Python name; utilities take issues by keyword.")
        for bound in (self.low, self.high):
            if numbers(f"a bound of issue {self.name!r}", bound).ndim:
                raise InvalidProblem(f"the bounds of issue {self.name!r} must be single numbers.")
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            raise InvalidProblem(f"issue {self.name!r} is unbounded, [{self.low}, {self.high}]; give finite bounds.")
        if not self.low < self.high:
            raise InvalidProblem(
                f"issue {self.name!r} has an empty range [{self.low}, {self.high}]; low must be below high "
                "(make a term that is fixed a parameter)."
            )

    def at(self, share: Entry) -> Entry:
        """Return the value at this share of the way from `low` to `high`."""
        return share if self.low == 0 and self.high == 1 else self.low + (self.high - self.low) * share


@dataclass(frozen=True)
class UnitFunctions:
    """Payoffs, then constraints, of unit-box coordinates: equal to others made of the same issues and functions."""

    issues: tuple[Issue, ...]
    payoffs: TermsFunction
    constraints: TermsFunction

    def __call__(self, x: list[Entry], parameters: Parameters) -> list[Entry]:
        """Evaluate them."""
        values = {issue.name: issue.at(v) for issue, v in zip(self.issues, x, strict=True)}
        return [*self.payoffs(values, parameters), *self.constraints(values, parameters)]


@dataclass(frozen=True, eq=False)
class IssueSet(FeasibleSet):
    """Utilities of deals over issues.

    `payoffs` and `constraints` map (issues by name, parameters by name) to sequences of `parties` utilities and of
    numbers that must not be negative. Parameters are floats or arrays whose leading axes are the stack. `concave` says
    that all of them are known to be concave in the issues.
    """

    issues: tuple[Issue, ...]
    payoffs: TermsFunction
    constraints: TermsFunction
    parameters: Mapping[str, Array]
    size: int
    constraint_count: int
    concave: bool = False

    @property
    def parties(self) -> int:
        """How many parties' utilities the set holds."""
        return self.size

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the parameters."""
        return leading_axes(*(value.shape for value in self.parameters.values()))

    @property
    def convex(self) -> bool | None:
        """Concave utilities and constraints make a convex set; of others it is not known."""
        return True if self.concave else None

    @property
    def certain(self) -> bool:
        """Concave utilities have one peak; others may have several, of which the best may not be found."""
        return self.concave

    @property
    def free_disposal(self) -> bool:
        """Utility can be thrown away."""
        return True

    def reach(self, origin: ArrayLike, direction: ArrayLike) -> Answer:
        """Find the largest t with `origin + t * direction` feasible (see `FeasibleSet.reach`)."""
        origin = query("origin", origin, self.size)
        direction = query("direction", direction, self.size, least=0.0, some=True)
        games, lead = self._games(origin, direction)
        found, status = games.reach(columns(origin, lead), columns(direction, lead))
        return self._answer(games, lead, found, found.prices[: self.size], status)

    def support(self, weights: ArrayLike, floor: ArrayLike | None = None) -> Answer:
        """Find the largest weighted sum of utilities (see `FeasibleSet.support`)."""
        weights = query("weights", weights, self.size, least=0.0, some=True)
        if floor is None:
            games, lead = self._games(weights)
            slopes = columns(weights, lead)
            found, status = games.support(slopes, None)
            return self._answer(games, lead, found, np.array(slopes), status)
        floor = query("floor", floor, self.size)
        games, lead = self._games(weights, floor)
        slopes = columns(weights, lead)
        found, status = games.support(slopes, columns(floor, lead))
        return self._answer(games, lead, found, np.array(slopes) + found.prices[: self.size], status)

    def nash(self, origin: ArrayLike, weights: ArrayLike) -> Answer:
        """Find the largest weighted sum of log gains (see `FeasibleSet.nash`)."""
        origin = query("origin", origin, self.size)
        weights = query("weights", weights, self.size, least=0.0, some=True)
        games, lead = self._games(origin, weights)
        found, status = games.nash(columns(origin, lead), columns(weights, lead))
        return self._answer(games, lead, found, found.prices[: self.size], status)

    def offers(self, origin: ArrayLike, factors: ArrayLike) -> Offers:
        """Find both alternating-offers proposals (see `FeasibleSet.offers`)."""
        origin, factors = offers_query(self, origin, factors)
        games, lead = self._games(origin, factors)
        found, status = both_proposals(games, columns(origin, lead), columns(factors, lead))
        answers = []
        for b, half in enumerate(found):
            normal = np.ones((2, games.count))
            normal[1 - b] = half.prices[0]
            answers.append(self._answer(games, lead, half, normal, status))
        return Offers(*answers)

    def boundary(self, floor: Array, best: Answer, tol: float) -> Trace:
        """Trace the frontier (see `FeasibleSet.boundary`)."""
        return trace(self, floor, best, tol)

    def sample(
        self, count: int, rng: np.random.Generator, around: Mapping[str, Array] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Draw deals evenly from the box (see `FeasibleSet.sample`)."""
        shape = (*self.shape, count)
        terms = near({issue.name: np.asarray(issue.at(rng.random(shape))) for issue in self.issues}, around, rng)
        shape = np.broadcast_shapes(shape, *(value.shape for value in terms.values()))
        wide = {name: value[..., None] if value.ndim else value for name, value in self.parameters.items()}
        with np.errstate(all="ignore"):
            utilities = np.stack([np.broadcast_to(u, shape) for u in self.payoffs(terms, wide)], axis=-1).astype(float)
            allowed = [np.asarray(g) >= 0 for g in self.constraints(terms, wide)]
        good = np.logical_and.reduce([np.ones(shape, np.bool_), *allowed])
        return np.where(good[..., None], utilities, np.nan), terms

    def evaluate(self, terms: Mapping[str, ArrayLike]) -> Array:
        """Return the utilities, (..., n), of a deal that names every issue; an implied one may be left out."""
        values = self.complete(terms)
        for issue in self.issues:
            value = values[issue.name]
            if not np.all((value >= issue.low) & (value <= issue.high)):
                raise InvalidProblem(
                    f"{issue.name} = {value.tolist()} is outside its range [{issue.low:g}, {issue.high:g}]; "
                    "no such deal is feasible."
                )
        self._check_constraints(values)
        utilities = np.broadcast_arrays(*(np.asarray(u, dtype=float) for u in self.payoffs(values, self.parameters)))
        return np.stack(utilities, axis=-1)

    def gives(self, utilities: Array, terms: Mapping[str, Array], lottery: Lottery | None = None) -> Array:
        """Return what a deal gives (see `FeasibleSet.gives`)."""
        with np.errstate(all="ignore"):
            found = np.broadcast_arrays(*self.payoffs(terms, self.parameters), utilities[..., 0])[:-1]
            good = [(terms[i.name] >= i.low) & (terms[i.name] <= i.high) for i in self.issues]
            good += [np.asarray(value >= least) for value, least in self._rules(terms)]
        return np.where(np.logical_and.reduce(good)[..., None], np.stack(found, axis=-1).astype(float), np.nan)

    def complete(self, terms: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """Return the deal with every issue, in order; those left out take their implied values."""
        known = [issue.name for issue in self.issues]
        values = table("the deal", terms)
        for name in values:
            if name not in known:
                raise UnknownName("issue", name, known)
        leading_axes(self.shape, *(value.shape for value in values.values()))
        for issue in self.issues:
            if issue.name not in values:
                if issue.implied is None:
                    raise InvalidProblem(f"the deal does not say {issue.name!r}; it must name: {', '.join(known)}.")
                values[issue.name] = np.asarray(issue.implied(values, self.parameters), dtype=float)
        return {name: values[name] for name in known}

    def bounds(self) -> dict[str, tuple[float, float]]:
        """Return the range of every issue."""
        return {issue.name: (issue.low, issue.high) for issue in self.issues}

    def units(self) -> dict[str, str]:
        """Return the unit of every issue."""
        return {issue.name: issue.unit for issue in self.issues}

    def spread(self) -> Array:
        """Return each party's range of utilities over points spread evenly through the box, (..., n)."""
        return self._spread

    @cached_property
    def _spread(self) -> Array:
        return self._spans[: self.size].T.reshape(*self.shape, self.size)

    @cached_property
    def _spans(self) -> Array:
        """Each function's range over points spread evenly through the box, (functions, games)."""
        return self._own.ranges

    def least_gain(self) -> Array:
        """Return the accuracy of the solver, in each party's utility."""
        return LEAST_GAIN * self.spread()

    def _check_constraints(self, values: Mapping[str, Array]) -> None:
        for number, (value, least) in enumerate(self._rules(values)):
            if np.any(np.asarray(value) < least):
                raise InvalidProblem(
                    f"the deal { ({name: v.tolist() for name, v in values.items()}) } breaks constraint {number + 1}: "
                    f"its value is {np.asarray(value).tolist()}, below zero."
                )

    def _rules(self, terms: Mapping[str, Any]) -> list[tuple[Any, Array]]:
        """Return the value of every constraint, and the least at which it holds."""
        found = self.constraints(terms, self.parameters)
        if not found:
            return []
        spans = self._spans[self.size :].reshape(len(found), *self.shape)
        return [(value, -SLACK * span) for value, span in zip(found, spans, strict=True)]

    @cached_property
    def functions(self) -> UnitFunctions:
        """Payoffs, then constraints, of unit-box coordinates."""
        return UnitFunctions(self.issues, self.payoffs, self.constraints)

    def take(self, lead: tuple[int, ...], pick: Indices) -> IssueSet:
        """Return the sets of the picked games, counted through the leading axes `lead`, as a stack of one axis."""
        taken = {
            name: np.broadcast_to(value, lead).reshape(-1)[pick] if value.ndim else value
            for name, value in self.parameters.items()
        }
        return replace(self, parameters=taken)

    def slopes(self, terms: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """Return unit-box coordinates of deals, (games, k), and all functions there with their derivatives in these.

        Functions are payoffs, then constraints, as shares of their ranges: (games, functions) and (games, functions, k).
        """
        x = [(terms[issue.name] - issue.low) / (issue.high - issue.low) for issue in self.issues]
        count = len(x[0])
        with np.errstate(all="ignore"):
            jets = differentiate(self.functions, [*x], dict(self.parameters))
        units = np.broadcast_to(self._spans, (len(jets), count)).T
        values = np.array([np.broadcast_to(jet.value, (count,)) for jet in jets]).T
        gradients = np.array([[np.broadcast_to(jet.gradient.get(j, 0.0), (count,)) for j in range(len(x))] for jet in jets])
        return np.array(x).T, values / units, np.moveaxis(gradients, -1, 0) / units[..., None]

    def _games(self, *queries: Array) -> tuple[Games, tuple[int, ...]]:
        """Return the games that queries are asked of, flattened, and their leading axes."""
        lead = leading_axes(self.shape, *(q.shape[:-1] for q in queries))
        return (self._own if lead == self.shape else self._flat(lead)), lead

    @cached_property
    def _own(self) -> Games:
        """The games of the set itself, which remember the ranges of their functions."""
        return self._flat(self.shape)

    def _flat(self, lead: tuple[int, ...]) -> Games:
        parameters = {
            name: np.broadcast_to(value, lead).ravel() if value.ndim else value[()]  # plain numbers are faster
            for name, value in self.parameters.items()
        }
        count = int(np.prod(lead, dtype=int))
        return Games(self.functions, parameters, count, len(self.issues), self.size, self.constraint_count)

    def _answer(self, games: Games, lead: tuple[int, ...], found: Optimum, normal: Array, status: Codes) -> Answer:
        terms = {
            issue.name: np.where(v == 1.0, issue.high, issue.at(v)) for issue, v in zip(self.issues, found.x, strict=True)
        }
        utilities = [np.broadcast_to(u, (games.count,)) for u in self.payoffs(terms, games.parameters)]
        shape = (*lead, self.size)
        return Answer(
            np.array(utilities, dtype=float).T.reshape(shape),
            {name: value.reshape(lead) for name, value in terms.items()},
            normal.T.reshape(shape),
            status.reshape(lead),
            found.residual.reshape(lead),
        ).where_ok()


def columns(vectors: Array, lead: tuple[int, ...]) -> list[Array]:
    """Return a query as one array a party with an entry a game."""
    flat = np.broadcast_to(vectors, (*lead, vectors.shape[-1])).reshape(-1, vectors.shape[-1])
    return [np.ascontiguousarray(entry) for entry in flat.T]
