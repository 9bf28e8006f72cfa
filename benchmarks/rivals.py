"""What a careful researcher would write for the Nash deal of one game of the flagship case, by SciPy or cvxpy.

Every rival has the prepared numbers of a game as plain Python floats, handed to it outside the clock, and returns a deal
(stake, revenue share, access, safety); the probability of approval follows from a deal. SLSQP and L-BFGS-B minimise minus
the log product of gains in scalar floats between bounds, without a gradient, from the centre of the box. The flagship's
program is not one that cvxpy accepts, which `rules_broken` lets cvxpy say itself; so cvxpy is asked for the Nash deals of
a concave quadratic family, once compiled, with the numbers of each game as its parameters.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

import bargaining as bg
from bargaining.cases.microsoft_openai import model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.programs import random_games, utility

TERMS = ("stake", "revenue_share", "access", "safety")
BOUNDS = [(0.0, 0.49), (0.0, 0.2), (0.0, 1.0), (0.0, 1.0)]
OUT_OF_REACH = 1e6
"""What a scalar objective is where somebody gains nothing, and more: the way back is downhill."""

Rival = Callable[[Any], np.ndarray[Any, Any]]


def plain(numbers: Mapping[str, Any], games: Sequence[int] | np.ndarray[Any, Any]) -> list[dict[str, float]]:
    """Return the numbers of these games as plain floats."""
    columns = {n: np.broadcast_to(numbers[n], numbers["d_M"].shape)[games].tolist() for n in model.TERMS}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def timed(rival: Rival, games: Sequence[Any]) -> tuple[np.ndarray[Any, Any], float]:
    """Return a rival's deals and its CPU seconds."""
    begun = time.process_time()
    deals = [rival(game) for game in games]
    return np.array(deals), time.process_time() - begun


def log_product(numbers: Mapping[str, Any], deals: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the log product of gains of deals, (games, 4), clipped to their bounds, by the model's own NumPy utilities.

    Minus infinity where somebody gains nothing, or there is no deal.
    """
    low, high = np.array(BOUNDS).T
    terms = dict(zip(TERMS, np.clip(deals, low, high).T, strict=True))
    own = {name: np.asarray(numbers[name]) for name in model.TERMS}
    chance = {name: own[name] for name in ("pbar", "b_s", "b_a", "b_g")}
    allowed = model.approval(terms["stake"], terms["access"], terms["safety"], **chance)
    payoffs = model.utilities(approval=allowed, **terms, **{n: v for n, v in own.items() if n not in chance})
    with np.errstate(all="ignore"):
        gains = np.stack(payoffs) - np.stack([own["d_M"], own["d_O"]])
        return np.where(np.all(gains > 0, axis=0), np.sum(np.log(gains), axis=0), -np.inf)


def objective(q: Mapping[str, float]) -> Callable[[Any], float]:
    """Minus the log product of one game, in scalar floats, with the probability of approval clipped."""
    V0, PV_M, PV_O, A, C, d_M, d_O = (q[n] for n in ("V0", "PV_M", "PV_O", "A", "C", "d_M", "d_O"))
    eta, phi, gamO, psi, eps, gamM = (q[n] for n in ("eta", "phi", "gamO", "psi", "eps", "gamM"))
    nu, kappa, mu, pbar, b_s, b_a, b_g = (q[n] for n in ("nu", "kappa", "mu", "pbar", "b_s", "b_a", "b_g"))
    log = math.log

    def lost(x: Any) -> float:
        s, r, a, g = x.tolist()
        equity = V0 * (1 - eta * s * s) - r * (1 + phi / 2 * r) * PV_O - C * a**gamO
        one = psi * s * equity + r * (1 - eps / 2 * r) * PV_M + A * a**gamM * (1 - nu * g * g) - d_M
        two = (1 - s) * equity - kappa * a * a * (1 - mu * g) - d_O
        p = min(max(pbar - b_s * s - b_a * a + b_g * g, 0.0), 1.0)
        if min(p * one, p * two) <= 0:
            return OUT_OF_REACH - min(one, two)
        return -log(p * one) - log(p * two)

    return lost


CENTRE = np.array([0.5 * (low + high) for low, high in BOUNDS])


def slsqp(q: Mapping[str, float]) -> np.ndarray[Any, Any]:
    found = minimize(objective(q), CENTRE, method="SLSQP", bounds=BOUNDS, options={"ftol": 1e-12, "maxiter": 200})
    return np.asarray(found.x)


def l_bfgs_b(q: Mapping[str, float]) -> np.ndarray[Any, Any]:
    told = {"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500}  # at 1e-12 it is no faster, and a thousand times less accurate
    return np.asarray(minimize(objective(q), CENTRE, method="L-BFGS-B", bounds=BOUNDS, options=told).x)


def rules_broken() -> str:
    """Ask cvxpy by which of its rules it could take the flagship's program; return the ones that refuse it."""
    import cvxpy as cp

    numbers = model.prepare(bg.cases.load("microsoft-openai").settings())
    q = {name: float(numbers[name]) for name in model.TERMS}
    names = (*TERMS, "approval")
    x = dict(zip(names, cp.Variable(5, pos=True), strict=True))
    chance = {name: q.pop(name) for name in ("pbar", "b_s", "b_a", "b_g")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cvxpy warns of products of variables, which is the point
        one, two = model.utilities(**x, **q)
        room = model.room_for_approval(*(x[name] for name in ("stake", "access", "safety", "approval")), **chance)
        box = [x[name] <= high for name, (_, high) in zip(TERMS, BOUNDS, strict=True)]
        goal = cp.log(one - q["d_M"]) + cp.log(two - q["d_O"])
        program = cp.Problem(cp.Maximize(goal), [room >= 0, *box])
        asked = {"DCP": program.is_dcp, "DGP": program.is_dgp, "DQCP": program.is_dqcp}
        return ", ".join(name for name, accepts in asked.items() if not accepts())


# -- a family that cvxpy can express -------------------------------------------------------------------------------------

ISSUES = 4


def quadratics(games: int) -> bg.Problem:
    """Draw games of two parties over four issues with concave quadratic utilities, in units of their ranges."""
    return random_games("quadratic", ISSUES, 2, games, np.random.default_rng(1))


def quadratic_numbers(problem: bg.Problem, games: Sequence[int]) -> list[tuple[dict[str, float], np.ndarray[Any, Any]]]:
    """Return the numbers of these games, with each party's payoff in units of its range, and their disagreement points."""
    spread, q = problem.feasible.spread(), problem.feasible.parameters
    found = []
    for g in games:
        own = {name: float(value[g]) for name, value in q.items()}
        own |= {f"size_{i}": own[f"size_{i}"] / spread[g, i] for i in (0, 1)}
        found.append((own, problem.disagreement[g] / spread[g]))
    return found


def quadratic_log_product(game: tuple[dict[str, float], np.ndarray[Any, Any]], deal: np.ndarray[Any, Any]) -> float:
    """Return the log product of gains of a deal of one game, clipped to the box."""
    q, d = game
    x = np.clip(deal, 0.0, 1.0)
    gains = np.array([float(utility("quadratic", i, list(x), q)) for i in (0, 1)]) - d
    return float(np.sum(np.log(gains))) if np.all(gains > 0) else -math.inf


def quadratic_slsqp(game: tuple[dict[str, float], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """SLSQP as above, in scalar floats."""
    q, d = game
    rows = [coefficients(q, i) for i in (0, 1)]
    rows = [tuple(entry.tolist() if isinstance(entry, np.ndarray) else entry for entry in row) for row in rows]
    d0, d1 = d.tolist()
    log = math.log

    def gain(x: list[float], row: Any, d_i: float) -> float:
        level, slopes, roots, offsets, bends = row
        value, bow = level - d_i, 0.0
        for v, slope, root, offset, bend in zip(x, slopes, roots, offsets, bends, strict=True):
            value += slope * v - (root * v + offset) ** 2
            bow += bend * v
        return float(value - bow * bow)

    def lost(point: Any) -> float:
        x = point.tolist()
        one, two = gain(x, rows[0], d0), gain(x, rows[1], d1)
        return OUT_OF_REACH - min(one, two) if min(one, two) <= 0 else -log(one) - log(two)

    told = {"ftol": 1e-12, "maxiter": 200}
    return np.asarray(minimize(lost, np.full(ISSUES, 0.5), method="SLSQP", bounds=[(0.0, 1.0)] * ISSUES, options=told).x)


def coefficients(q: Mapping[str, float], i: int) -> tuple[float, Any, Any, Any, Any]:
    """Write party i's utility as level + slopes.x - |roots x + offsets|^2 - (bends.x)^2, issue by issue."""
    size, up = q[f"size_{i}"], np.array([q[f"up_{i}_{j}"] for j in range(ISSUES)])
    w = size * np.array([q[f"weight_{i}_{j}"] for j in range(ISSUES)])
    root = np.sqrt(0.3 * w)
    bends = math.sqrt(0.1 * size) * np.array([q[f"bend_{i}_{j}"] for j in range(ISSUES)])
    return float(np.sum(w * (1 - up))), w * (2 * up - 1), root * (2 * up - 1), root * (1 - up), bends


class Clarabel:
    """cvxpy with Clarabel: the program is compiled once, its numbers are parameters."""

    def __init__(self) -> None:
        import cvxpy as cp

        self.cp = cp
        self.x = cp.Variable(ISSUES)
        self.own = [[cp.Parameter(), *(cp.Parameter(ISSUES) for _ in range(4))] for _ in (0, 1)]
        gains = [
            level + slopes @ self.x - cp.sum_squares(cp.hstack([cp.multiply(roots, self.x) + offsets, bends @ self.x]))
            for level, slopes, roots, offsets, bends in self.own
        ]
        u = cp.Variable(2)  # cvxpy 1.9 trips over the logarithm of a sum of squares with parameters
        rows = [u[i] <= gain for i, gain in enumerate(gains)]
        self.model = cp.Problem(cp.Maximize(cp.sum(cp.log(u))), [*rows, self.x >= 0, self.x <= 1])
        assert self.model.is_dcp(dpp=True)

    def __call__(self, game: tuple[dict[str, float], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        q, d = game
        for i, places in enumerate(self.own):
            level, *rest = coefficients(q, i)
            for place, value in zip(places, (level - d[i], *rest), strict=True):
                place.value = value
        told = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an inaccurate solution is judged by its log product
                self.model.solve(solver=self.cp.CLARABEL, **told)
        except self.cp.SolverError:
            return np.full(ISSUES, np.nan)
        return np.full(ISSUES, np.nan) if self.x.value is None else np.asarray(self.x.value)
