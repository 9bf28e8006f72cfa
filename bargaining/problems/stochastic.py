"""Bargaining over time: a chain of states, each with what can be agreed on in it and where talks go from it.

Merlo and Wilson (1995), A stochastic model of sequential bargaining with complete information, Econometrica 63, 371-399;
(1998), Efficient delays in a stochastic model of bargaining, Economic Theory 11, 39-55.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from bargaining._types import Array, Bools, Codes, Indices
from bargaining.checks import instance, leading_axes, numbers, party_number, sequence, vector, with_changes, words
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import LARGEST, Problem
from bargaining.sets.base import LEAST_GAIN, Status

ONE = 1e-12
"""By how much probabilities may miss a sum of one."""

LARGE = LEAST_GAIN / float(np.finfo(float).eps)
"""Payoffs beyond so many ranges of utilities lose, in rounding, what deals can give."""


@dataclass(frozen=True, eq=False)
class State:
    """A round of talks: somebody proposes a deal, the others accept, refuse, or opt out.

    Parameters
    ----------
    name : str
        What the state is called.
    deals : Problem, optional
        What can be agreed on in this state, and between whom. Left out, nothing can: time passes.
    proposer : int, str, or array of shape (..., n)
        Who proposes: a party by number or name, or the probability with which each does.
    next : str or mapping of str to float
        Where talks go when there is no agreement: a state by name, or probabilities by name that sum to one.
    factors : float or array, shape (..., n)
        Discount factors from this round to the next, in (0, 1]; below 1 if talks can come back to this state.
    breakdown : float or array, shape (...)
        Probability that talks end for good after a refusal, before the next round.
    breakdown_payoffs : array, shape (..., n), optional
        What each party then has, received with the next round; `inside` if left out.
    outside_options : array, shape (..., n), optional
        What all have at once if, after a refusal, a party to whom the proposal was made opts out of the talks. Nobody can
        if left out; in games of a stack in which nobody can, minus infinity for all.
    inside : array, shape (..., n), optional
        What talks that last for ever in this state are worth: their flow of payoffs, capitalised. The disagreement point of
        `deals` if left out.
    """

    name: str
    deals: Problem | None = None
    proposer: Any = 0
    next: Any = None
    factors: Any = 1.0
    breakdown: Any = 0.0
    breakdown_payoffs: Any = None
    outside_options: Any = None
    inside: Any = None

    def replace(self, **changes: Any) -> State:
        """Return this state with some of its fields changed."""
        return State(**with_changes("a state", self, changes))


@dataclass(frozen=True, eq=False)
class End:
    """A state in which talks have ended without a deal: what each party then has, shape (..., n)."""

    name: str
    payoffs: Any


@dataclass(frozen=True, eq=False)
class StochasticProblem:
    """Talks as a Markov chain: in every state a set of deals, a proposer, and where an impasse leads.

    In state s party i is drawn to propose with probability p_i(s) and names a deal x. The others accept or refuse. If all
    accept, utilities are u(x). If one refuses, any of them may opt out; if none does, the round is lost: with its discount
    factors delta, probability of breakdown q, payoffs b of breakdown and what talks themselves are worth z,

        c_i(s) = (1 - delta_i) z_i + delta_i (q b_i + (1 - q) sum_s' P(s, s') V_i(s')),

    where V_i(s') is what the game is worth to i at the start of state s'. All payoffs are utilities, values at the time at
    which they are had. If a party to whom x was proposed opts out, all have the outside options w at once.

    Parameters
    ----------
    states : sequence of State and End
        The first is where talks start, unless `start` names another.
    start : str, optional
        Where talks start.

    Raises
    ------
    InvalidProblem
        If names are not distinct, a state cannot be reached, probabilities are negative or do not sum to one, factors are
        outside (0, 1] or are 1 where talks may go round in circles, parties differ between states, payoffs are not
        finite, or those of a breakdown are better than every deal. In a stack, numbers that have no meaning give their game
        a status instead.
    UnknownName
        If a state, a party or the start is none of those named.

    Examples
    --------
    Two rounds of alternating offers over a pie that halves, after Stahl (1972):

    >>> import bargaining as bg
    >>> pie = [bg.split(size, [bg.Linear(), bg.Linear()]) for size in (1, 0.5)]
    >>> talks = bg.StochasticProblem([
    ...     bg.State("first", pie[0], proposer=0, next="last"),
    ...     bg.State("last", pie[1], proposer=1, next="over"),
    ...     bg.End("over", (0, 0)),
    ... ])
    >>> bg.solve(talks, bg.MarkovPerfect()).utilities.round(9).tolist()
    [0.5, 0.5]
    """

    states: tuple[State | End, ...]
    start: str | None = None

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        states: tuple[State | End, ...] = sequence("states", self.states)
        for state in states:
            instance(state, State, "states of talks are bg.State(name, deals, ...) and bg.End(name, payoffs)", End)
        set_field(self, "states", states)
        if not self.rounds:
            raise InvalidProblem("talks need at least one bg.State in which somebody can agree.")
        names = [state.name for state in self.states]
        words("names of states", names)
        if not all(names) or len(set(names)) < len(names):
            raise InvalidProblem(f"states are called {names}; give each a name of its own.")
        set_field(self, "start", names[0] if self.start is None else self.start)
        self._check_deals()
        self.shape  # noqa: B018 - what does not fit together must fail here, not in a later query
        if not isinstance(self.states[self.place(str(self.start))], State):
            raise InvalidProblem(f"talks start in {self.start!r}, where they have ended; start in a bg.State.")
        self._require_connection()
        if not self.shape and self.status != Status.OK:
            raise InvalidProblem(self._reason())

    @cached_property
    def rounds(self) -> tuple[State, ...]:
        """The states in which talks go on."""
        return tuple(state for state in self.states if isinstance(state, State))

    @cached_property
    def ends(self) -> tuple[End, ...]:
        """The states in which talks have ended."""
        return tuple(state for state in self.states if isinstance(state, End))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the rounds, then of the ends: the order of all arrays with one entry a state."""
        states: tuple[State | End, ...] = (*self.rounds, *self.ends)
        return tuple(state.name for state in states)

    def place(self, name: str) -> int:
        """Return the place of a state in the order of `names`."""
        if name not in self.names:
            raise UnknownName("state", name, self.names)
        return self.names.index(name)

    @cached_property
    def _model(self) -> Problem:
        return next(state.deals for state in self.rounds if state.deals is not None)

    @property
    def parties(self) -> tuple[str, ...]:
        """Names of the parties, in the order of the last axis."""
        return self._model.parties

    @property
    def units(self) -> tuple[str, ...]:
        """The unit of each party's utility."""
        return self._model.units

    @property
    def n(self) -> int:
        """The number of parties."""
        return self._model.n

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leading axes of the stack; () for a single game."""
        deals = (state.deals.shape for state in self.rounds if state.deals is not None)
        tables = (self._recognition, self._factors, self._inside, self._breakdown_payoffs, self._outside)
        axes = [table.shape[:-2] for table in tables] + [self._breakdown.shape[:-1], self._transitions.shape[:-2]]
        return leading_axes(*deals, *axes, self._payoffs.shape[:-2])

    # What follows has a row for each round; outside a stack the leading axes are ().

    @cached_property
    def recognition(self) -> Array:
        """Probabilities of proposing, (..., rounds, n)."""
        return self._whole(self._recognition, 2)

    @cached_property
    def factors(self) -> Array:
        """Discount factors, (..., rounds, n)."""
        return self._whole(self._factors, 2)

    @cached_property
    def inside(self) -> Array:
        """What talks are worth while they last, (..., rounds, n)."""
        return self._whole(self._inside, 2)

    @cached_property
    def breakdown(self) -> Array:
        """Probabilities of breakdown, (..., rounds)."""
        return self._whole(self._breakdown, 1)

    @cached_property
    def breakdown_payoffs(self) -> Array:
        """What breakdown pays, (..., rounds, n)."""
        return self._whole(self._breakdown_payoffs, 2)

    @cached_property
    def outside_options(self) -> Array:
        """What opting out pays, (..., rounds, n): minus infinity where nobody can."""
        return self._whole(self._outside, 2)

    @cached_property
    def transitions(self) -> Array:
        """Probabilities of the next state, (..., rounds, states)."""
        return self._whole(self._transitions, 2)

    @cached_property
    def payoffs(self) -> Array:
        """What the ends pay, (..., ends, n)."""
        return self._whole(self._payoffs, 2)

    @cached_property
    def circles(self) -> tuple[Indices, ...]:
        """The rounds that lead to each other, as arrays of their places; each comes after all that it leads to."""
        links = self._links[:, : len(self.rounds)]
        count, label = connected_components(links, directed=True, connection="strong")
        groups = [np.flatnonzero(label == k) for k in range(count)]
        ahead = np.zeros((count, count), np.bool_)
        for k, group in enumerate(groups):
            ahead[k, np.unique(label[np.any(links[group], axis=0)])] = True
            ahead[k, k] = False
        order = TopologicalSorter({k: np.flatnonzero(ahead[k]).tolist() for k in range(count)}).static_order()
        return tuple(groups[k] for k in order)

    def turns(self, group: Indices) -> bool:
        """Say whether talks can come back to rounds that lead to each other."""
        return len(group) > 1 or bool(self._links[group[0], group[0]])

    @cached_property
    def circling(self) -> Bools:
        """Which rounds, (..., rounds), talks can come back to."""
        count = len(self.rounds)
        found = np.zeros((*self.shape, count), np.bool_)
        for group in self.circles:
            if self.turns(group):  # in some game: look at each
                steps = self.transitions[..., group, :][..., group] > 0
                for _ in range(len(group).bit_length()):
                    steps = steps | (steps.astype(float) @ steps.astype(float) > 0)
                found[..., group] = np.diagonal(steps, axis1=-2, axis2=-1)
        return found

    @cached_property
    def status(self) -> Codes:
        """Which games, (...), have a meaning, and why others have none."""
        finite = np.ones(self.shape, np.bool_)
        for held in self._demands():
            finite &= held
        beyond = np.zeros(self.shape, np.bool_)
        for k, state in enumerate(self.rounds):
            if state.deals is not None:
                beyond |= finite & (self.breakdown[..., k] > 0) & self._above(state.deals, k)
        found = np.where(finite, np.where(beyond, Status.INFEASIBLE, Status.OK), Status.NOT_FINITE)
        return np.asarray(found, np.int8)

    def replace(self, **changes: Any) -> StochasticProblem:
        """Return these talks with some of their fields changed."""
        return StochasticProblem(**with_changes("talks", self, changes))

    def __repr__(self) -> str:
        ends = f", {len(self.ends)} ends" if self.ends else ""
        stack = f", stack of shape {self.shape}" if self.shape else ""
        return (
            f"StochasticProblem({' v '.join(self.parties)}: {len(self.rounds)} rounds{ends}, start {self.start!r}{stack})"
        )

    # Checks

    def _check_deals(self) -> None:
        for state in self.rounds:
            if state.deals is not None:
                instance(
                    state.deals, Problem, f"deals of state {state.name!r} are those of a problem, as bg.split makes one"
                )
        if all(state.deals is None for state in self.rounds):
            raise InvalidProblem("there is no state with deals, so that nothing can ever be agreed on.")
        for state in self.rounds:
            if state.deals is not None and state.deals.parties != self.parties:
                raise InvalidProblem(
                    f"state {state.name!r} is between {state.deals.parties}, another between {self.parties}; all states "
                    "have the same parties, in the same order."
                )
            if state.deals is None and state.outside_options is not None:
                raise InvalidProblem(
                    f"state {state.name!r} has no deals: an outside option is taken instead of answering a proposal, and "
                    "there is none. Model leaving as a state that follows."
                )
            if state.deals is None and state.inside is None:
                raise InvalidProblem(
                    f"state {state.name!r} has no deals, and so no disagreement point: say what it is worth while it "
                    "lasts, inside=..."
                )

    def _require_connection(self) -> None:
        count = len(self.rounds)
        # What is named can be reached, if perhaps with probability zero: hazards of nothing are settings like others.
        named = np.array([[name in _shares(state) for name in self.names] for state in self.rounds])
        known = np.zeros(len(self.names), np.bool_)
        known[self.place(str(self.start))] = True
        for _ in self.names:
            known[np.any(named[known[:count]], axis=0)] = True
        lost = [name for name, found in zip(self.names, known, strict=True) if not found]
        if lost:
            raise InvalidProblem(
                f"talks that start in {self.start!r} never come to {', '.join(map(repr, lost))}; leave such states out, or "
                "name them in the `next` of another."
            )

    @cached_property
    def _links(self) -> Bools:
        """Which state, (rounds, states), can follow which round in some game."""
        return np.asarray(np.any(self._transitions > 0, axis=tuple(range(self._transitions.ndim - 2))))

    def _demands(self) -> list[Bools]:
        """Say of each thing that numbers must be in which games it holds; the order is that of `_reason`."""
        with np.errstate(invalid="ignore"):
            spreads = [state.deals.feasible.spread() for state in self.rounds if state.deals is not None]
            most = LARGE * np.maximum.reduce([np.broadcast_to(spread, (*self.shape, self.n)) for spread in spreads])
            most = np.minimum(most, LARGEST)[..., None, :]
            left = self.factors * (1.0 - self.breakdown[..., None])
            sound = [state.deals.measurable for state in self.rounds if state.deals is not None]
            return [
                np.broadcast_to(np.logical_and.reduce(np.broadcast_arrays(*sound)), self.shape),
                np.all(self.recognition >= 0, axis=(-2, -1))
                & np.all(np.abs(np.sum(self.recognition, axis=-1) - 1.0) <= ONE, axis=-1),
                np.all(self.transitions >= 0, axis=(-2, -1))
                & np.all(np.abs(np.sum(self.transitions, axis=-1) - 1.0) <= ONE, axis=-1),
                np.all((self.factors > 0) & (self.factors <= 1), axis=(-2, -1)),
                np.all((self.breakdown >= 0) & (self.breakdown <= 1), axis=-1),
                np.all((left < 1) | ~self.circling[..., None], axis=(-2, -1)),
                *(
                    np.all(np.abs(table) <= most, axis=(-2, -1))
                    for table in (self.inside, self.breakdown_payoffs, self.payoffs)
                ),
                np.all(
                    np.all(np.abs(self.outside_options) <= most, axis=-1)
                    | np.all(self.outside_options == -np.inf, axis=-1),
                    axis=-1,
                ),
            ]

    def _reason(self) -> str:
        """Say what is wrong with a single game."""
        beside = ", and not so large that what deals can give is lost in rounding beside them"
        reasons = (
            "gains are lost in rounding in a state whose deals range over next to nothing, or are far from its "
            "disagreement point: measure utilities in units of the size of the gains, from a zero near them.",
            f"probabilities of proposing must not be negative and must sum to one, to {ONE:g}, in every state.",
            f"probabilities of the next state must not be negative and must sum to one, to {ONE:g}, in every state.",
            "discount factors must lie in (0, 1].",
            "probabilities of breakdown must lie in [0, 1].",
            "talks that can come back to a state need discount factors below 1 there, or a probability of breakdown: who "
            "loses nothing by waiting never gives in.",
            f"what talks are worth while they last must be finite{beside}.",
            f"payoffs of breakdown must be finite{beside}.",
            f"what the ends pay must be finite{beside}.",
            f"outside options must be finite{beside}; leave them out where nobody can opt out.",
        )
        for held, reason in zip(self._demands(), reasons, strict=True):
            if not held:
                return reason
        worst = next(
            k
            for k, s in enumerate(self.rounds)
            if s.deals is not None and self.breakdown[k] > 0 and self._above(s.deals, k)
        )
        return (
            f"in state {self.names[worst]!r} breakdown pays {self.breakdown_payoffs[worst].tolist()}, more than any deal "
            "gives both: nobody would agree. Check these payoffs and their units."
        )

    def _above(self, deals: Problem, k: int) -> Bools:
        """Say in which games a breakdown in a round is better than all of its deals."""
        point, spread = self.breakdown_payoffs[..., k, :], deals.feasible.spread()
        point = np.where(np.isfinite(point), point, 0.0)
        found = deals.feasible.reach(point, spread)
        with np.errstate(invalid="ignore"):
            room = np.min((found.utilities - point) / spread, axis=-1)
        return np.asarray((found.status == Status.OK) & (room < -LEAST_GAIN))

    # Fields of the states as tables

    def _whole(self, table: Array, axes: int) -> Array:
        return np.broadcast_to(table, self.shape + table.shape[table.ndim - axes :])

    def _by_round(self, name: str) -> Array:
        """Return a field of all rounds that holds a number for each party, (..., rounds, n)."""
        rows = []
        for state in self.rounds:
            value = numbers(f"{name} of state {state.name!r}", getattr(state, name))
            rows.append(
                vector(f"{name} of state {state.name!r}", np.full(self.n, value) if value.ndim == 0 else value, self.n)
            )
        return _stacked(rows, 1)

    @cached_property
    def _factors(self) -> Array:
        return self._by_round("factors")

    @cached_property
    def _inside(self) -> Array:
        rows = []
        for state in self.rounds:
            if state.inside is None and state.deals is not None:
                rows.append(state.deals.disagreement)
            else:
                rows.append(vector(f"inside of state {state.name!r}", state.inside, self.n))
        return _stacked(rows, 1)

    @cached_property
    def _breakdown_payoffs(self) -> Array:
        rows = []
        for k, state in enumerate(self.rounds):
            given = state.breakdown_payoffs
            own = self._inside[..., k, :]
            rows.append(own if given is None else vector(f"breakdown_payoffs of state {state.name!r}", given, self.n))
        return _stacked(rows, 1)

    @cached_property
    def _outside(self) -> Array:
        rows = []
        for state in self.rounds:
            given = state.outside_options
            what = f"outside_options of state {state.name!r}"
            rows.append(np.full(self.n, -np.inf) if given is None else vector(what, given, self.n))
        return _stacked(rows, 1)

    @cached_property
    def _breakdown(self) -> Array:
        return _stacked([numbers(f"breakdown of state {state.name!r}", state.breakdown) for state in self.rounds], 0)

    @cached_property
    def _payoffs(self) -> Array:
        if not self.ends:
            return np.zeros((0, self.n))
        return _stacked([vector(f"payoffs of end {end.name!r}", end.payoffs, self.n) for end in self.ends], 1)

    @cached_property
    def _recognition(self) -> Array:
        return _stacked([self._proposing(state) for state in self.rounds], 1)

    def _proposing(self, state: State) -> Array:
        given = state.proposer
        if np.isscalar(given):
            return np.asarray(np.eye(self.n)[party_number(f"proposer of state {state.name!r}", given, self.parties)])
        return vector(f"proposer of state {state.name!r}", given, self.n)

    @cached_property
    def _transitions(self) -> Array:
        rows = []
        for state in self.rounds:
            given = state.next
            if given is None:
                raise InvalidProblem(
                    f"where do talks go from state {state.name!r} when there is no agreement? Name the next state, or "
                    "the end."
                )
            shares = _shares(state)
            if not isinstance(shares, Mapping):
                raise InvalidProblem(f"next of state {state.name!r} must be a name, or map names to probabilities.")
            found = {self.place(name): numbers(f"next of state {state.name!r}", p) for name, p in shares.items()}
            row = np.zeros((*leading_axes(*(p.shape for p in found.values())), len(self.names)))
            for k, chance in found.items():
                row[..., k] = chance
            rows.append(row)
        return _stacked(rows, 1)


def _shares(state: State) -> Mapping[str, Any]:
    """Return the probabilities of what comes next, by name."""
    return {state.next: 1.0} if isinstance(state.next, str) else state.next


def _stacked(rows: Sequence[Array], axes: int) -> Array:
    """Return arrays that end in some axes, and may be stacks, side by side before these axes."""
    lead = leading_axes(*(row.shape[: row.ndim - axes] for row in rows))
    return np.stack([np.broadcast_to(row, lead + row.shape[row.ndim - axes :]) for row in rows], axis=-1 - axes)
