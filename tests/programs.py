"""Random smooth bargaining programs: stacks of games with units, corners and infeasible starts of all sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer
from bargaining.sets.issues import Issue, IssueSet

CONCAVE = ("quadratic", "logarithmic", "ces", "linear", "coupled")
FAMILIES = (*CONCAVE, "ripple")
SIZES = ((1, 2), (2, 2), (4, 2), (3, 3), (6, 4))  # (issues, parties)
QUESTIONS = ("reach", "support", "floored support", "nash", "offers")
MAGNITUDE = 9.0  # parties and constraints are in units between 1e-9 and 1e9

Query = dict[str, np.ndarray[Any, Any]]


def utility(family: str, i: int, x: list[Any], q: Mapping[str, Any], xp: Any = np) -> Any:
    """Return party i's payoff by the functions of `xp`, which a peer may bring; only the ripple is not concave."""
    z = [q[f"up_{i}_{j}"] * v + (1 - q[f"up_{i}_{j}"]) * (1 - v) for j, v in enumerate(x)]
    w = [q[f"weight_{i}_{j}"] for j in range(len(x))]
    if family == "logarithmic":
        value = sum(a * xp.log(v + q[f"offset_{i}_{j}"]) for j, (a, v) in enumerate(zip(w, z, strict=True)))
    elif family == "ces":
        value = sum(a * xp.power(v, q[f"power_{i}"]) for a, v in zip(w, z, strict=True))
    elif family == "linear":
        value = sum(a * v for a, v in zip(w, z, strict=True))
    else:
        bow = sum(q[f"bend_{i}_{j}"] * v for j, v in enumerate(x))
        value = sum(a * (v - 0.3 * xp.square(v)) for a, v in zip(w, z, strict=True)) - 0.1 * xp.square(bow)
    if family == "ripple":
        waves = (xp.sin(12 * v + 6 * q[f"offset_{i}_{j}"]) for j, v in enumerate(x))
        value = value + sum(0.05 * a * wave for a, wave in zip(w, waves, strict=True))
    return q[f"size_{i}"] * value


def limits(family: str, x: list[Any], q: Mapping[str, Any], xp: Any = np) -> list[Any]:
    """Return what must not be negative: the coupled issues share a budget, and their squares another."""
    if family != "coupled":
        return []
    return [q["unit_0"] * (q["budget"] - sum(x)), q["unit_1"] * (q["budget"] - sum(xp.square(v) for v in x))]


def random_games(family: str, issues: int, parties: int, games: int, rng: np.random.Generator) -> Problem:
    """Draw a stack of games; each party's payoffs, and each constraint, are in a unit of their own.

    Each party likes each issue high or low: z = x or 1 - x. Disagreement lies below the payoffs of a random deal, so an
    agreement exists, but the centre of the box is often worse than disagreement for somebody.
    """
    each = {
        "size": 10 ** rng.uniform(-MAGNITUDE, MAGNITUDE, (parties, games)),
        "power": rng.uniform(0.2, 0.9, (parties, games)),
        "unit": 10 ** rng.uniform(-MAGNITUDE, MAGNITUDE, (2, games)),
    }
    both = {
        "up": (rng.random((parties, issues, games)) < 0.5).astype(float),
        "weight": rng.exponential(size=(parties, issues, games)),
        "offset": rng.uniform(0.01, 1.0, (parties, issues, games)),
        "bend": rng.normal(size=(parties, issues, games)),
    }
    parameters = {"budget": rng.uniform(0.55, 1.0, games) * issues}
    parameters |= {f"{name}_{i}": row for name, rows in each.items() for i, row in enumerate(rows)}
    parameters |= {
        f"{n}_{i}_{j}": row for n, table in both.items() for i, rows in enumerate(table) for j, row in enumerate(rows)
    }

    def payoffs(values: Mapping[str, Any], q: Mapping[str, Any]) -> list[Any]:
        return [utility(family, i, list(values.values()), q) for i in range(parties)]

    def constraints(values: Mapping[str, Any], q: Mapping[str, Any]) -> list[Any]:
        return limits(family, list(values.values()), q)

    box = tuple(Issue(f"x{j}") for j in range(issues))
    feasible = IssueSet(box, payoffs, constraints, parameters, parties, 2 if family == "coupled" else 0)
    some = {f"x{j}": rng.uniform(0.02, 0.5 if family == "coupled" else 0.98, games) for j in range(issues)}
    below = rng.uniform(0.001, 0.3, (games, parties)) * feasible.spread()
    return Problem(feasible, np.stack(payoffs(some, parameters), axis=-1) - below, tuple(f"p{i}" for i in range(parties)))


def random_query(question: str, problem: Problem, rng: np.random.Generator) -> Query:
    """Draw what is asked of each game: directions with zeros, weights, or the factors by which gains shrink a round."""
    games, n, spread = problem.shape[0], problem.n, problem.feasible.spread()
    shares = rng.dirichlet(np.ones(n), games)
    if question == "reach":
        shares *= rng.random(shares.shape) < 0.7
        shares[~shares.any(axis=1), 0] = 1.0
        return {"origin": problem.disagreement, "direction": shares * spread}
    if question == "support":
        return {"weights": shares / spread}
    if question == "floored support":
        return {"weights": shares / spread, "floor": problem.disagreement}
    if question == "nash":
        return {"origin": problem.disagreement, "weights": shares}
    return {"origin": problem.disagreement, "factors": 1.0 - 10 ** rng.uniform(-3.0, -0.1, (games, 2))}


def ask(question: str, problem: Problem, query: Query) -> list[Answer]:
    """Return the answer, or both proposals."""
    if question == "offers":
        offers = problem.feasible.offers(**query)
        return [offers.first, offers.second]
    return [getattr(problem.feasible, question.rpartition(" ")[2])(**query)]


def gap(problem: Problem, answer: Answer) -> np.ndarray[Any, Any]:
    """Return how far some deal, no worse than disagreement, lies beyond the supporting line, as a share of the gains."""
    w = np.maximum(np.nan_to_num(answer.normal, nan=1.0), 0.0)
    rival = problem.feasible.support(w, floor=problem.disagreement)
    mine, other = (np.sum(w * (u - problem.disagreement), axis=1) for u in (answer.utilities, rival.utilities))
    return other / mine - 1.0
