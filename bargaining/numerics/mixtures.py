"""Programs over lotteries: the best mixture of given utility vectors, for many games at once.

Maximise c . p + t + sum_i a_i log s_i over probabilities p >= 0 with sum p = 1, gains s >= 0 and t, where
P^T p = origin + t direction + s. Rows without weight a_i only need s_i >= 0. A primal-dual interior-point iteration in
which the probabilities are eliminated: each step solves one system of n + 2 unknowns a game, however many vectors there
are (Wright 1997, Primal-Dual Interior-Point Methods, chapter 11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools

STEPS = 100
TOL = 1e-14
GOOD = 1e-12
PATIENCE = 4  # steps without progress before an answer that is good is taken
CLOSE = 0.995  # share of the way to the boundary


@dataclass(frozen=True)
class Mixtures:
    """Programs over lotteries: `vectors` (games, k, n), the rest as in the formula of the module.

    `objective` (games, k) is c, `origin`, `direction` and `weights` are (games, n); `ray` says whether t exists. `equal`
    marks rows without free disposal, on which s is zero.
    """

    vectors: Array
    objective: Array
    origin: Array
    direction: Array
    weights: Array
    ray: bool
    equal: Bools


@dataclass(frozen=True)
class Mixed:
    """Best mixtures: probabilities (games, k), prices of the rows (games, n), t and the scaled residual (games,)."""

    probabilities: Array
    prices: Array
    t: Array
    residual: Array


def mix(program: Mixtures) -> Mixed:
    """Solve the programs; vectors should be of the size of 1."""
    games, k, n = program.vectors.shape
    state = _start(program, games, k, n)
    best, stalled = Mixed(state.p, state.y, state.t, np.full(games, np.inf)), np.zeros(games, np.intp)
    for _ in range(STEPS):
        with np.errstate(all="ignore"):
            state, residual = _step(program, state)
        better = residual < best.residual
        best = Mixed(
            np.where(better[:, None], state.p, best.probabilities), np.where(better[:, None], state.y, best.prices),
            np.where(better, state.t, best.t), np.where(better, residual, best.residual),
        )  # fmt: skip
        stalled = np.where(better, 0, stalled + 1)
        if np.all((best.residual <= TOL) | ((stalled >= PATIENCE) & (best.residual <= GOOD))):
            break
    return best


@dataclass(frozen=True)
class _State:
    p: Array
    z: Array  # duals of p >= 0
    s: Array
    y: Array  # prices of the rows
    t: Array
    nu: Array  # price of sum p = 1


def _start(program: Mixtures, games: int, k: int, n: int) -> _State:
    p = np.full((games, k), 1.0 / k)
    here = np.mean(program.vectors, axis=1) - program.origin
    s = np.where(program.equal, 0.0, np.maximum(here, 0.1))
    y = np.where(program.equal, 0.0, np.where(program.weights > 0, program.weights / np.where(s > 0, s, 1.0), 1.0))
    values = program.objective + np.sum(program.vectors * y[:, None, :], axis=-1)
    nu = np.max(values, axis=1) + 1.0
    return _State(p, np.maximum(nu[:, None] - values, 0.1), s, y, np.zeros(games), nu)


def _step(program: Mixtures, now: _State) -> tuple[_State, Array]:
    """Make one Newton step; return the new point and the residual there."""
    vectors, games, n = program.vectors, len(now.p), program.origin.shape[1]
    free = ~program.equal
    nash = free & (program.weights > 0)
    reached = np.sum(vectors * now.p[..., None], axis=1)
    row = reached - program.direction * now.t[:, None] - now.s - program.origin
    dual = program.objective + np.sum(vectors * now.y[:, None, :], axis=-1) - now.nu[:, None] + now.z
    slack = np.where(free & ~nash, now.s * now.y, 0.0)
    pairs = now.p.shape[1] + np.count_nonzero(free & ~nash, axis=1)
    mu = 0.1 * (np.sum(now.p * now.z, axis=1) + np.sum(slack, axis=1)) / pairs
    target = np.where(nash, program.weights, np.where(free, mu[:, None], 0.0))
    weight = now.p / now.z
    q = dual + mu[:, None] / now.p - now.z
    tall = weight[..., None] * vectors
    system = np.zeros((games, n + 2, n + 2))
    system[:, :n, :n] = np.einsum("gki,gkj->gij", tall, vectors)
    ratio = np.where(free, now.s / np.where(free, now.y, 1.0), 0.0)
    system[:, range(n), range(n)] += ratio
    total = np.sum(tall, axis=1)
    system[:, :n, n] = system[:, n, :n] = -total
    system[:, n, n] = np.sum(weight, axis=1)
    right = np.zeros((games, n + 2))
    right[:, :n] = (
        -row - np.einsum("gki,gk->gi", tall, q) + np.where(free, target / np.where(free, now.y, 1.0) - now.s, 0.0)
    )
    right[:, n] = np.sum(now.p, axis=1) - 1.0 + np.sum(weight * q, axis=1)
    if program.ray:
        system[:, :n, n + 1] = system[:, n + 1, :n] = -program.direction
        right[:, n + 1] = np.sum(program.direction * now.y, axis=1) - 1.0
    else:
        system[:, n + 1, n + 1] = 1.0
    change = _solve(system, right)
    dy, dnu, dt = change[:, :n], change[:, n], change[:, n + 1]
    dp = weight * (np.sum(vectors * dy[:, None, :], axis=-1) - dnu[:, None] + q)
    dz = mu[:, None] / now.p - now.z - dp / weight
    ds = np.where(free, (target - now.y * now.s - now.s * dy) / np.where(free, now.y, 1.0), 0.0)
    ahead = np.minimum(_room(now.p, dp), _room(np.where(free, now.s, 1.0), ds))[:, None]
    back = np.minimum(_room(now.z, dz), _room(np.where(free, now.y, 1.0), np.where(free, dy, 0.0)))[:, None]
    new = _State(
        now.p + ahead * dp, now.z + back * dz, now.s + ahead * ds, now.y + back * dy,
        now.t + ahead[:, 0] * dt, now.nu + back[:, 0] * dnu,
    )  # fmt: skip
    return new, _residual(program, new, nash, free)


def _residual(program: Mixtures, at: _State, nash: Bools, free: Bools) -> Array:
    """Return the largest violation of the optimality conditions, prices scaled to the size of 1."""
    row = np.sum(program.vectors * at.p[..., None], axis=1) - program.direction * at.t[:, None] - at.s - program.origin
    dual = program.objective + np.sum(program.vectors * at.y[:, None, :], axis=-1) - at.nu[:, None] + at.z
    size = np.maximum(1.0, np.max(np.abs(at.y), axis=1))
    pairs = np.where(nash, (at.s * at.y - program.weights), np.where(free, at.s * at.y / size[:, None], 0.0))
    parts = [
        np.max(np.abs(row), axis=1), np.max(np.abs(dual), axis=1) / size, np.max(np.abs(pairs), axis=1),
        np.max(at.p * at.z, axis=1) / size, np.abs(np.sum(at.p, axis=1) - 1.0),
    ]  # fmt: skip
    if program.ray:
        parts.append(np.abs(np.sum(program.direction * at.y, axis=1) - 1.0))
    worst = np.max(parts, axis=0)
    return np.where(np.isfinite(worst), worst, np.inf)


def _room(value: Array, change: Array) -> Array:
    """Return the longest step, at most 1, that keeps values positive."""
    with np.errstate(all="ignore"):
        steps = np.where(change < 0, -CLOSE * value / change, 1.0)
    return np.asarray(np.minimum(1.0, np.min(steps, axis=1)))


def _solve(system: Array, right: Array) -> Array:
    """Solve small systems, scaled by their diagonals, singular ones in the least-squares sense."""
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diagonal(system, axis1=1, axis2=2)), 1e-30))
    scale = np.where(scale > 1e10, 1.0, scale)
    scaled = system * scale[:, :, None] * scale[:, None, :]
    bad = ~np.all(np.isfinite(scaled), axis=(1, 2)) | ~np.all(np.isfinite(right), axis=1)
    scaled[bad], right = np.eye(system.shape[1]), np.where(bad[:, None], 0.0, right)
    sides = (right * scale)[..., None]
    try:
        found = np.linalg.solve(scaled, sides)
    except np.linalg.LinAlgError:
        found = np.linalg.pinv(scaled) @ sides
    return np.asarray(found[..., 0] * scale)
