"""Random smooth concave bargaining programs: stacks of games with units, corners and infeasible starts of all sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bargaining.problems.problem import Problem
from bargaining.sets.issues import Issue, IssueSet

FAMILIES = ("quadratic", "logarithmic", "ces", "linear", "coupled")
SIZES = ((1, 2), (2, 2), (4, 2), (3, 3), (6, 4))  # (issues, parties)


def concave_games(family: str, issues: int, parties: int, games: int, rng: np.random.Generator) -> Problem:
    """Draw a stack of concave games; party i's payoffs are in units drawn between 1e-3 and 1e3.

    Each party likes each issue high or low: z = x or 1 - x. Disagreement lies below the payoffs of a random deal, so an
    agreement exists, but the centre of the box is often worse than disagreement for somebody.
    """
    p: dict[str, np.ndarray[Any, Any]] = {
        "size": 10 ** rng.uniform(-3, 3, (parties, games)),
        "up": (rng.random((parties, issues, games)) < 0.5).astype(float),
        "weight": rng.exponential(size=(parties, issues, games)),
        "power": rng.uniform(0.2, 0.9, (parties, games)),
        "offset": rng.uniform(0.01, 1.0, (parties, issues, games)),
        "bend": rng.normal(size=(parties, issues, games)),
        "budget": rng.uniform(0.55, 1.0, games) * issues,
    }

    def utility(i: int, x: list[Any], q: Mapping[str, Any]) -> Any:
        z = [q[f"up_{i}_{j}"] * x[j] + (1 - q[f"up_{i}_{j}"]) * (1 - x[j]) for j in range(issues)]
        w = [q[f"weight_{i}_{j}"] for j in range(issues)]
        if family == "logarithmic":
            value = sum(a * np.log(v + q[f"offset_{i}_{j}"]) for j, (a, v) in enumerate(zip(w, z, strict=True)))
        elif family == "ces":
            value = sum(a * v ** q[f"power_{i}"] for a, v in zip(w, z, strict=True))
        elif family == "linear":
            value = sum(a * v for a, v in zip(w, z, strict=True))
        else:
            bow = sum(q[f"bend_{i}_{j}"] * x[j] for j in range(issues))
            value = sum(a * (v - 0.3 * v * v) for a, v in zip(w, z, strict=True)) - 0.1 * bow * bow
        return q[f"size_{i}"] * value

    def payoffs(values: Mapping[str, Any], q: Mapping[str, Any]) -> list[Any]:
        x = [values[f"x{j}"] for j in range(issues)]
        return [utility(i, x, q) for i in range(parties)]

    def constraints(values: Mapping[str, Any], q: Mapping[str, Any]) -> list[Any]:
        if family != "coupled":
            return []
        x = [values[f"x{j}"] for j in range(issues)]
        return [q["budget"] - sum(x), q["budget"] - sum(v * v for v in x)]

    parameters = {"budget": p["budget"]}
    for name in ("size", "power"):
        parameters |= {f"{name}_{i}": p[name][i] for i in range(parties)}
    for name in ("up", "weight", "offset", "bend"):
        parameters |= {f"{name}_{i}_{j}": p[name][i, j] for i in range(parties) for j in range(issues)}
    box = tuple(Issue(f"x{j}") for j in range(issues))
    feasible = IssueSet(box, payoffs, constraints, parameters, parties, 2 if family == "coupled" else 0)
    some = {f"x{j}": rng.uniform(0.02, 0.5 if family == "coupled" else 0.98, games) for j in range(issues)}
    below = rng.uniform(0.001, 0.3, (games, parties)) * feasible.spread()
    return Problem(feasible, np.stack(payoffs(some, parameters), axis=-1) - below, tuple(f"p{i}" for i in range(parties)))
