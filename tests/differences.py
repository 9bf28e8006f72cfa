"""Central differences of solutions found again, to hold exact derivatives against: for tests and benchmarks/statics.py."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import bargaining as bg
from bargaining._types import Array, Bools
from bargaining.case import Case
from bargaining.errors import OutsideRange
from bargaining.sets.issues import IssueSet
from bargaining.statics.responses import Moving, numbers_of, response

NODES = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
SIXTH = np.array([-1.0, 9.0, -45.0, 45.0, -9.0, 1.0]) / 60
FOURTH = np.array([0.0, 1.0, -8.0, 8.0, -1.0, 0.0]) / 12
MET = 1e-7
FIXED = ("s_low", "s_high", "period")  # bounds are single numbers; the period is the concept's own


@dataclass(frozen=True)
class Compared:
    """Errors, (parameters, calibrations), NaN where left out: by differences of solutions as they are, and polished."""

    plain: Array
    polished: Array


def compare(case: Case, concept: Any, draws: dict[str, Array], steps: Iterable[float]) -> Compared:
    """Compare all derivatives of all calibrations with sixth-order central differences.

    An error is that of a term as a share of its range, or of a gain as a share of the ideal gain, for a parameter that
    moves by its documented range (or by its own size); the largest of all outcomes counts. The step, in shares of the
    parameter's range, is that at which differences of fourth and sixth order agree best. Left out are calibrations in which
    a bound or row is weakly active or is met or left on the way, and those that cross a whole year of T_ext.
    """
    exact = bg.comparative_statics(case, concept, **draws)  # type: ignore[arg-type]
    names = [name for name in case.parameters if name in exact.parameters and name not in FIXED]
    base = exact.solution
    problem, here, units = base.problem, pattern(base), _units(exact, names)
    sizes: dict[str, Any] = {term: high - low for term, (low, high) in problem.feasible.bounds().items()}
    sizes |= {f"gain {party}": problem.gains(problem.ideal)[..., i] for i, party in enumerate(problem.parties)}
    shape = (len(sizes), len(names), *problem.shape)
    errors, doubts = np.full((2, *shape), np.nan), np.full((2, *shape), np.inf)
    for step in steps:
        again, good = _solved_again(case, exact, draws, dict(zip(names, step * units, strict=True)))
        good &= np.all(pattern(again) == here[:, None, None], axis=(0, 2)) & (exact.status == 0) & ~exact.weak
        for way, values in enumerate((as_they_are(again), polished(again))):
            for row, (outcome, size) in enumerate(sizes.items()):
                change = units[:, None] / np.where(good, size, 1.0)
                best, other = (np.einsum("n,png->pg", rule, values[outcome]) / step for rule in (SIXTH, FOURTH))
                best, other = (rough / units[:, None] * change for rough in (best, other))
                slopes = np.stack([exact.derivative(outcome, name) for name in names])
                doubt = np.where(good, np.abs(best - other), np.inf)
                better = doubt < doubts[way, row]
                errors[way, row] = np.where(better, np.abs(best - slopes * change), errors[way, row])
                doubts[way, row] = np.where(better, doubt, doubts[way, row])
    return Compared(*np.max(errors, axis=1))


def _solved_again(
    case: Case, exact: bg.ComparativeStatics, draws: dict[str, Array], moves: dict[str, float]
) -> tuple[bg.Solution, Bools]:
    """Solve with each parameter in turn moved, (parameters, nodes, calibrations); say where no kink of T_ext is crossed."""
    shape = (len(moves), NODES.size, *exact.status.shape)
    values = {name: np.broadcast_to(exact.parameters[name].value, shape).copy() for name in moves}
    for row, (name, h) in enumerate(moves.items()):
        values[name][row] += h * NODES[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideRange)
        again = bg.solve(case.problem(**{**draws, **values}), exact.solution.concept, certify=False)  # type: ignore[arg-type]
    years = np.ceil(values["T_ext"])
    return again, np.all(again.status == 0, axis=1) & np.all(years == years[:, :1], axis=1)


def _units(exact: bg.ComparativeStatics, names: list[str]) -> Array:
    """Return by how much each parameter could move: its documented range, or its own size."""
    units = []
    for raw in (exact.parameters[name] for name in names):
        spread = 0.0 if raw.low is None or raw.high is None else raw.high - raw.low
        units.append(spread or float(np.max(np.abs(raw.value))) or 0.1)
    return np.array(units)


def pattern(found: bg.Solution) -> Bools:
    """Return which terms are at bounds and which constraints bind, in all deals that the solution depends on."""
    feasible = found.problem.feasible
    assert isinstance(feasible, IssueSet)
    deals = [found.terms] if found.equilibrium is None else [answer.terms for answer in found.equilibrium.proposals]
    if isinstance(found.concept, bg.KalaiSmorodinsky):
        deals += [{name: value[i] for name, value in found.problem.best.terms.items()} for i in range(found.problem.n)]
    flags = []
    for terms in deals:
        for name, (low, high) in feasible.bounds().items():
            share = (terms[name] - low) / (high - low)
            flags += [share <= MET, share >= 1 - MET]
        flags += [np.asarray(slack) <= MET for slack in feasible.constraints(terms, feasible.parameters)]
    return np.array(flags)


def as_they_are(found: bg.Solution) -> dict[str, Array]:
    """Return terms and gains of solutions."""
    gains = {f"gain {party}": found.gains[..., i] for i, party in enumerate(found.problem.parties)}
    return {**found.terms, **gains}


def polished(found: bg.Solution) -> dict[str, Array]:
    """Return terms and gains of solutions to the last digits, by Newton steps on their active sets."""
    problem, feasible = found.problem, found.problem.feasible
    assert isinstance(feasible, IssueSet)
    games = int(np.prod(problem.shape, dtype=int))
    own = {n: np.broadcast_to(v, problem.shape).ravel() if v.ndim else v for n, v in feasible.parameters.items()}
    d = list(np.broadcast_to(problem.disagreement, (*problem.shape, problem.n)).reshape(-1, problem.n).T)
    rates: list[Any] = []
    if problem.impatience is not None:
        rates = list(np.broadcast_to(problem.impatience, (*problem.shape, problem.n)).reshape(-1, problem.n).T)
    with np.errstate(all="ignore"):
        deal = response(Moving(feasible, games, 0, own, d, rates, {}, numbers_of(found.concept, problem)), found)
    values = {name: jet.value for name, jet in deal.terms.items()}
    values |= {f"gain {party}": u.value - o for party, u, o in zip(problem.parties, deal.utilities, d, strict=True)}
    return {name: np.broadcast_to(value, (games,)).reshape(problem.shape) for name, value in values.items()}
