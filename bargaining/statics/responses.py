"""How the deal that a concept picks responds to the numbers of a problem over issues, to first order.

Each rule repeats the steps of its concept on jets: the answers to a set's questions are known, with their derivatives (see
`numerics.sensitivity`), and everything between two questions is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bargaining._types import Array, Bools, Codes, Entry, Sparse
from bargaining.checks import party_number
from bargaining.cooperative.egalitarian import Egalitarian
from bargaining.cooperative.kalai_smorodinsky import KalaiSmorodinsky
from bargaining.cooperative.nash import Nash
from bargaining.cooperative.proportional import Proportional
from bargaining.cooperative.utilitarian import Utilitarian
from bargaining.errors import InvalidProblem
from bargaining.numerics.jets import Jet, as_jet, plain, variable
from bargaining.numerics.sensitivity import Asked, Moved, move
from bargaining.problems.problem import Problem
from bargaining.sets.issues import IssueSet
from bargaining.solution import Solution
from bargaining.strategic.alternating_offers import (
    AlternatingOffers,
    kept_in_a_round,
    lost_to_breakdown,
    worth_of_waiting,
)


@dataclass(frozen=True)
class Response:
    """A deal with its derivatives: `terms` and `utilities` are jets of games on one axis.

    `activity` (issues, games) says which terms are at a bound, `weak_terms` (issues, games) which of them only just, `weak`
    (games,) whether any bound or row is weakly active in any program that the deal depends on, and `known` (games,) whether
    the derivatives are determined.
    """

    terms: dict[str, Jet]
    utilities: list[Jet]
    activity: Codes
    weak_terms: Bools
    weak: Bools
    known: Bools


@dataclass(frozen=True)
class Moving:
    """A problem over issues whose numbers are jets in so many columns.

    `bounds` are the ends of issues' ranges that move, `settings` the numbers of the concept; `games` counts the stack.
    """

    feasible: IssueSet
    games: int
    columns: int
    parameters: dict[str, Entry]
    disagreement: list[Entry]
    impatience: list[Entry]
    bounds: Mapping[str, tuple[Entry, Entry]]
    settings: Mapping[str, Entry]

    def nash(self, terms: Mapping[str, Array], origin: list[Entry], weights: list[Entry]) -> Moved:
        """Differentiate the answer to `feasible.nash`, whose terms are known."""
        return self._moved(terms, origin, None, None, weights)

    def reach(self, terms: Mapping[str, Array], origin: list[Entry], direction: list[Entry]) -> Moved:
        """Differentiate the answer to `feasible.reach`; payoffs on the ray are those of its last point."""
        found = self._moved(terms, origin, None, direction, None)
        assert found.t is not None  # noqa: S101 - a ray was asked for
        point = list(found.functions)
        for i, (start, way) in enumerate(zip(origin, direction, strict=True)):
            on_ray = start + found.t * way
            point[i] = as_jet(np.where(np.broadcast_to(plain(way) > 0, (self.games,)), on_ray, point[i]))
        return replace(found, functions=point)

    def support(self, terms: Mapping[str, Array], weights: list[Entry], floor: list[Entry] | None) -> Moved:
        """Differentiate the answer to `feasible.support`."""
        return self._moved(terms, floor, weights, None, None)

    def _moved(
        self, terms: Mapping[str, Array], origin: list[Entry] | None, weights: list[Entry] | None,
        direction: list[Entry] | None, targets: list[Entry] | None,
    ) -> Moved:  # fmt: skip
        feasible = self.feasible
        n, rules = feasible.size, feasible.constraint_count
        none: list[Sparse] = [None] * rules
        rows = [*(range(n) if origin is not None else ()), *range(n, n + rules)]
        blank: list[Sparse] = [None] * (len(rows) - rules)
        asked = Asked(
            [*(weights or [None] * n), *none], rows, [*(origin or []), *([0.0] * rules)],
            None if direction is None else [*direction, *none], [*(targets or blank), *none],
        )  # fmt: skip
        x, bounds = [], []
        for issue in feasible.issues:
            width = issue.high - issue.low
            x.append((np.broadcast_to(terms[issue.name], (self.games,)) - issue.low) / width)
            low, high = self.bounds.get(issue.name, (None, None))
            bounds.append((None if low is None else low / width, None if high is None else high / width))
        inside = np.nan_to_num(np.clip(np.array(x), 0.0, 1.0), nan=0.5)
        return move(asked, feasible.functions, self.parameters, inside, bounds, self.columns)

    def response(self, last: Moved, *others: Moved) -> Response:
        """Return the deal that the last program gives, and what all programs on the way to it say of themselves."""
        issues, every = self.feasible.issues, (last, *others)
        return Response(
            {issue.name: as_jet(issue.low + (issue.high - issue.low) * x) for issue, x in zip(issues, last.x, strict=True)},
            last.functions[: self.feasible.size],
            last.activity,
            last.weak[: len(issues)],
            np.logical_or.reduce([np.any(moved.weak, axis=0) for moved in every]),
            np.logical_and.reduce([moved.known for moved in every]),
        )


Rule = Callable[[Moving, Any, Solution], Response]
"""Returns the response of the deal that a concept picked."""


def _weights(moving: Moving, problem: Problem) -> list[Entry]:
    """Return weights that sum to one."""
    given = [moving.settings[f"weight {party}"] for party in problem.parties]
    total = sum(given)
    return [weight / total for weight in given]


def _nash(moving: Moving, _: Nash, found: Solution) -> Response:
    return moving.response(moving.nash(_flat(found.terms), moving.disagreement, _weights(moving, found.problem)))


def _kalai_smorodinsky(moving: Moving, _: KalaiSmorodinsky, found: Solution) -> Response:
    problem, d = found.problem, moving.disagreement
    best = [
        moving.reach(_flat({name: value[i] for name, value in problem.best.terms.items()}), d, [*np.eye(problem.n)[i]])
        for i in range(problem.n)
    ]
    way = [weight * one.t for weight, one in zip(_weights(moving, problem), best, strict=True)]
    return moving.response(moving.reach(_flat(found.terms), d, way), *best)


def _egalitarian(moving: Moving, _: Egalitarian, found: Solution) -> Response:
    return moving.response(moving.reach(_flat(found.terms), moving.disagreement, [1.0] * found.problem.n))


def _proportional(moving: Moving, _: Proportional, found: Solution) -> Response:
    return moving.response(moving.reach(_flat(found.terms), moving.disagreement, _weights(moving, found.problem)))


def _utilitarian(moving: Moving, concept: Utilitarian, found: Solution) -> Response:
    weights = [moving.settings[f"weight {party}"] for party in found.problem.parties]
    return moving.response(moving.support(_flat(found.terms), weights, moving.disagreement if concept.rational else None))


def _alternating_offers(moving: Moving, concept: AlternatingOffers, found: Solution) -> Response:
    """Differentiate both proposals in the other's threshold too, and close the loop between the two thresholds."""
    problem, settings = found.problem, moving.settings
    assert found.equilibrium is not None  # noqa: S101 - it is a strategic model's
    e, d = list(moving.disagreement), moving.disagreement
    if concept.factors is not None:
        m = [settings[f"factor {party}"] for party in problem.parties]
        rates = [-np.log(factor) for factor in m]
    else:
        waiting = [
            settings.get(f"impatience {party}", own)
            for party, own in zip(problem.parties, moving.impatience or [None] * 2, strict=True)
        ]
        hazard, period = settings.get("breakdown hazard", 0.0), settings["period"]
        rates = [rate + hazard for rate in waiting]
        m = [kept_in_a_round(rate, period) for rate in rates]
        if concept.breakdown is not None and concept.breakdown.payoffs is not None:
            after = [settings[f"breakdown payoff {party}"] for party in problem.parties]
            shares = [lost_to_breakdown(rates[i], waiting[i], hazard, period) for i in (0, 1)]
            e = [worth_of_waiting(d[i], after[i], shares[i]) for i in (0, 1)]
    if concept.period == 0:
        patience = [1.0 / rate for rate in rates]
        weights = [own / (patience[0] + patience[1]) for own in patience]
        return moving.response(moving.nash(_flat(found.terms), e, weights))
    wider = replace(moving, columns=moving.columns + 2)
    proposals = found.equilibrium.proposals
    own = [np.ravel(proposals[i].utilities[..., i]) for i in (0, 1)]
    owed = [variable(-1 - moving.columns - i, plain(e[i]) + plain(m[i]) * (own[i] - plain(e[i]))) for i in (0, 1)]
    blocks = []
    for b in (0, 1):  # party b proposes, and owes the other `owed[1 - b]`
        floors = [e[0], owed[1]] if b == 0 else [owed[0], e[1]]
        blocks.append(wider.reach(_flat(proposals[b].terms), floors, [*np.eye(2)[b]]))
    first = party_number("first", concept.first, problem.parties)
    moves = _closed([e[i] + m[i] * (blocks[i].functions[i] - e[i]) for i in (0, 1)], moving.columns)
    closed = [_with_thresholds(block, moves, moving.columns) for block in blocks]
    return moving.response(closed[first], closed[1 - first])


def _closed(owed: Sequence[Jet], columns: int) -> list[dict[int, Array]]:
    """Return the derivatives of both thresholds in the columns: each depends on the proposal that the other limits."""
    other = [owed[0].gradient.get(-1 - columns - 1, 0.0), owed[1].gradient.get(-1 - columns, 0.0)]
    melting = 1.0 - other[0] * other[1]
    moves: list[dict[int, Array]] = [{}, {}]
    for number in {*owed[0].gradient, *owed[1].gradient} - {-1 - columns, -2 - columns}:
        a, b = (jet.gradient.get(number, 0.0) for jet in owed)
        moves[0][number] = (a + other[0] * b) / melting
        moves[1][number] = (b + other[1] * a) / melting
    return moves


def _with_thresholds(block: Moved, moves: list[dict[int, Array]], columns: int) -> Moved:
    """Return a proposal's derivatives with those of the thresholds put in."""

    def put(jet: Jet) -> Jet:
        own = dict(jet.gradient)
        through = [own.pop(-1 - columns - i, 0.0) for i in (0, 1)]
        for number in {*own, *moves[0], *moves[1]}:
            own[number] = own.get(number, 0.0) + sum(
                s * move.get(number, 0.0) for s, move in zip(through, moves, strict=True)
            )
        return Jet(jet.value, own, {})

    return replace(block, x=[put(x) for x in block.x], functions=[put(f) for f in block.functions])


def _flat(terms: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.ravel(value) for name, value in terms.items()}


RULES: dict[type, Rule] = {
    Nash: _nash,
    KalaiSmorodinsky: _kalai_smorodinsky,
    Egalitarian: _egalitarian,
    Proportional: _proportional,
    Utilitarian: _utilitarian,
    AlternatingOffers: _alternating_offers,
}


def response(moving: Moving, found: Solution) -> Response:
    """Return how the deal of a solution responds."""
    return rule_of(found.concept)(moving, found.concept, found)


def rule_of(concept: Any) -> Rule:
    """Return the rule of a concept, or say which concepts have one."""
    if type(concept) not in RULES:
        known = ", ".join(f"bg.{kind.__name__}" for kind in RULES)
        raise InvalidProblem(
            f"comparative statics of {concept!r} are not known in closed form; those of {known} are. For others compare "
            "solutions of a stack in which the parameter takes several values."
        )
    return RULES[type(concept)]


def numbers_of(concept: Any, problem: Problem) -> dict[str, float]:
    """Return the concept's own settings that are numbers, by name."""
    parties = problem.parties
    if isinstance(concept, AlternatingOffers):
        numbers: dict[str, float] = {}
        for word, values in (("impatience", concept.impatience), ("factor", concept.factors)):
            numbers |= {} if values is None else _each(word, values, parties)
        if concept.period is not None:
            numbers["period"] = float(concept.period)
        if concept.breakdown is not None:
            numbers["breakdown hazard"] = float(concept.breakdown.hazard)
            numbers |= _each("breakdown payoff", concept.breakdown.payoffs or (), parties)
        return numbers
    if hasattr(concept, "weights"):
        return _each("weight", concept.weights or (1.0,) * problem.n, parties)
    return {}


def _each(word: str, values: Sequence[float], parties: Sequence[str]) -> dict[str, float]:
    return {f"{word} {party}": float(value) for party, value in zip(parties, values, strict=False)}
