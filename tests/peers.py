"""Independent solvers of the random programs: cvxpy with Clarabel if they are concave, else SciPy's SLSQP, many starts.

Peers get each game in units of the parties' ranges, because they fail where utilities differ by 1e18.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer
from tests.programs import Query, limits, utility

Array = np.ndarray[Any, Any]
FEASIBLE = 1e-8  # of its range: what a row of a peer may be missed by, Clarabel's own tolerance
TINY = 1e-20  # an imaginary step, whose imaginary part of the value is the exact derivative


@dataclass(frozen=True)
class Task:
    """What a game or proposer is asked, in ranges: max w.u (linear), w.log(u - floor) (log), t: u >= floor + t w (ray)."""

    kind: str
    weights: Array
    floor: Array | None
    family: str
    issues: int
    q: dict[str, float]

    def utilities(self, x: Any, xp: Any = np) -> list[Any]:
        return [utility(self.family, i, list(x), self.q, xp) for i in range(self.weights.size)]

    def rows(self, x: Any, u: list[Any], xp: Any = np) -> list[Any]:
        """Return what must not be negative."""
        held = [] if self.floor is None else list(zip(u, self.floor, self.weights, strict=True))
        own = [v - o for v, o, w in held if o > -np.inf and (self.kind == "linear" or w == 0)]
        return [*own, *limits(self.family, list(x), self.q, xp)]

    def worth(self, x: Array) -> Array:
        """Return the objective at (issues,) or (issues, points); -inf where a row is missed by more than FEASIBLE."""
        u = np.array(self.utilities(x))
        some = self.weights > 0
        w = self.weights[some].reshape(-1, *[1] * (u.ndim - 1))
        with np.errstate(all="ignore"):
            if self.kind == "linear":
                value = np.sum(w * u[some], axis=0)
            else:
                gains = (u.T - self.floor).T[some]
                value = np.min(gains / w, axis=0) if self.kind == "ray" else np.sum(w * np.log(gains), axis=0)
        missed = np.min([np.full(value.shape, np.inf), *self.rows(x, list(u))], axis=0)
        return np.where((missed >= -FEASIBLE) & np.isfinite(value), value, -np.inf)


def tasks(question: str, problem: Problem, query: Query, answers: list[Answer], family: str, game: int) -> list[Task]:
    """Return what a peer must solve: the program, or each proposer's best deal given what the other would accept."""
    spread = problem.feasible.spread()[game]
    q = {name: float(value[game]) for name, value in problem.feasible.parameters.items()}
    q |= {f"size_{i}": q[f"size_{i}"] / s for i, s in enumerate(spread)} | {"unit_0": 1.0, "unit_1": 1.0}
    issues = len(problem.feasible.issues)
    origin = problem.disagreement[game] / spread
    if question == "nash":
        return [Task("log", query["weights"][game], origin, family, issues, q)]
    if question == "reach":
        return [Task("ray", query["direction"][game] / spread, origin, family, issues, q)]
    if question != "offers":
        floor = origin if "floor" in query else None
        return [Task("linear", query["weights"][game] * spread, floor, family, issues, q)]
    proposers = []
    for b, other in ((0, 1), (1, 0)):
        waits = answers[other].utilities[game, other] / spread[other]
        floor = np.full(2, -np.inf)
        floor[other] = origin[other] + query["factors"][game, other] * (waits - origin[other])
        proposers.append(Task("linear", np.eye(2)[b], floor, family, issues, q))
    return proposers


def clarabel(task: Task) -> float:
    """Return the objective that cvxpy and Clarabel find, less what the rows they miss are worth; NaN if they fail."""
    import cvxpy as cp

    exact = SimpleNamespace(log=cp.log, square=cp.square, power=lambda v, p: cp.power(v, p, approx=False))
    x, t = cp.Variable(task.issues), cp.Variable()
    u = task.utilities(x, exact)
    rows = [row >= 0 for row in task.rows(x, u, exact)]
    origin = np.zeros(len(u)) if task.floor is None else task.floor
    counted = [(v, o, w) for v, o, w in zip(u, origin, task.weights, strict=True) if w > 0]
    ray = [v - o >= t * w for v, o, w in counted] if task.kind == "ray" else [t == 0]
    logs = task.kind == "log"
    goal = t if task.kind == "ray" else sum(w * (cp.log(v - o) if logs else v) for v, o, w in counted)
    model = cp.Problem(cp.Maximize(goal), [*rows, *ray, x >= 0, x <= 1])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an inaccurate solution is told by the status
            model.solve(solver=cp.CLARABEL)
    except cp.SolverError:
        return np.nan
    if model.status != cp.OPTIMAL:
        return np.nan
    deal = np.clip(x.value, 0.0, 1.0)
    missed = -np.minimum(task.rows(deal, task.utilities(deal)), 0.0) if rows else np.zeros(0)
    return float(task.worth(deal)) - sum(row.dual_value * m for row, m in zip(rows, missed, strict=True))


def slsqp(task: Task, points: int, starts: int, rng: np.random.Generator) -> float:
    """Return the best objective that SLSQP, with exact derivatives, finds from the best of many random points."""
    seeds = rng.random((task.issues, points))
    worth = task.worth(seeds)
    best = float(np.max(worth))
    for x0 in seeds[:, np.argsort(-worth)[:starts]].T:
        if np.isfinite(task.worth(x0)):
            best = max(best, float(_climb(task, x0)))
    return best


def _climb(task: Task, x0: Array) -> float:
    """Return the objective at the end of one SLSQP run; the variable t of a ray comes last."""
    k, ray = task.issues, task.kind == "ray"
    some = [(i, w) for i, w in enumerate(task.weights) if w > 0]

    def goal(y: Any) -> Any:
        u = task.utilities(y[:k])
        return -y[k] if ray else -sum(w * (np.log(u[i] - task.floor[i]) if task.kind == "log" else u[i]) for i, w in some)

    def rows(y: Any) -> Any:
        u = task.utilities(y[:k])
        beyond = [u[i] - task.floor[i] - y[k] * w for i, w in some] if ray else []
        return np.array([*beyond, *task.rows(y[:k], u)])

    y0 = np.append(x0, task.worth(x0)) if ray else x0
    box = [(0.0, 1.0)] * k + [(None, None)] * ray
    held = {"type": "ineq", "fun": rows, "jac": lambda y: _slopes(rows, y)}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # steps out of the domain of a logarithm are cut back
        end = minimize(
            goal, y0, jac=lambda y: _slopes(goal, y), bounds=box, method="SLSQP",
            constraints=[held] if rows(y0).size else [], options={"ftol": 1e-13, "maxiter": 200},
        )  # fmt: skip
        return float(task.worth(np.clip(end.x[:k], 0.0, 1.0)))


def _slopes(f: Callable[[Any], Any], y: Array) -> Array:
    """Differentiate at one point by imaginary steps in all variables at once."""
    return np.imag(f(y[:, None] + 1j * TINY * np.eye(y.size))) / TINY
