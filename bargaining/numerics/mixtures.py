"""Programs over lotteries: the best mixture of given utility vectors, for many games at once.

Maximise c . p + t + sum_i a_i log s_i over probabilities p >= 0 with sum p = 1, gains s >= 0 and t, where
P^T p = t direction + s. Rows without weight a_i only need s_i >= 0. A primal-dual interior-point iteration in which the
probabilities are eliminated: each step solves one system of n + 2 unknowns a game, however many vectors there are
(Wright 1997, Primal-Dual Interior-Point Methods, chapter 11).

Vectors are on the first axis, where sums run in order and zeros at the end change nothing: so a game's answer does not
depend on how many vectors its company has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from bargaining._types import Array, Bools, Indices

STEPS = 100
TOL = 1e-14
GOOD = 1e-12
FAILED = 1e-10  # a larger residual of a linear program is left to the simplex method
PATIENCE = 4  # steps without progress before an answer that is good is taken
SPARSE = 0.75  # share of games still worked on at which the others are dropped
CLOSE = 0.995  # share of the way to the boundary


@dataclass(frozen=True)
class Mixtures:
    """Programs over lotteries: `vectors` (k, games, n) of which `member` (k, games) belong to a game; the rest as above.

    `objective` (k, games) is c, `direction` and `weights` are (games, n); `ray` says whether t exists. `equal` (games, n)
    marks rows without free disposal, on which s is zero.
    """

    vectors: Array
    member: Bools
    objective: Array
    direction: Array
    weights: Array
    ray: bool
    equal: Bools

    def take(self, games: Indices) -> Mixtures:
        """Return some of the games, in the same order in memory, so that sums run alike."""
        return Mixtures(
            self.vectors.take(games, axis=1), self.member.take(games, axis=1), self.objective.take(games, axis=1),
            self.direction[games], self.weights[games], self.ray, self.equal[games],
        )  # fmt: skip


@dataclass(frozen=True)
class Mixed:
    """Best mixtures: probabilities (k, games), prices of the rows (games, n), t and the scaled residual (games,)."""

    probabilities: Array
    prices: Array
    t: Array
    residual: Array


def mix(program: Mixtures) -> Mixed:
    """Solve the programs; vectors should be of the size of 1."""
    games = program.vectors.shape[1]
    if games == 1:  # a column of one would be summed in another order than a table
        pair = mix(program.take(np.zeros(2, np.intp)))
        return Mixed(pair.probabilities[:, :1], pair.prices[:1], pair.t[:1], pair.residual[:1])
    found = Mixed(
        np.zeros(program.member.shape), np.zeros(program.direction.shape), np.zeros(games), np.full(games, np.inf)
    )
    working, part, state = np.arange(games), program, _start(program)
    stalled, live = np.zeros(games, np.intp), np.ones(games, np.bool_)
    for _ in range(STEPS):
        with np.errstate(all="ignore"):
            state, residual = _step(part, state)
        better = live & (residual < found.residual[working])
        at = working[better]
        found.probabilities[:, at], found.prices[at] = state.p[:, better], state.y[better]
        found.t[at], found.residual[at] = state.t[better], residual[better]
        stalled = np.where(better, 0, stalled + 1)
        best = found.residual[working]
        live &= ~((best <= TOL) | ((stalled >= PATIENCE) & (best <= GOOD)))  # a game that is done is left alone
        left = np.flatnonzero(live)
        if not left.size:
            break
        if 1 < left.size <= SPARSE * live.size:
            working, part, state = working[left], part.take(left), state.take(left)
            stalled, live = stalled[left], live[left]
    if not np.any(program.weights > 0):
        for game in np.flatnonzero(~(found.residual <= FAILED)):
            _by_simplex(program, int(game), found)
    return found


def _by_simplex(program: Mixtures, game: int, found: Mixed) -> None:
    """Solve a linear program at a corner, where the interior is too thin for the iteration (HiGHS, Huangfu and Hall 2018).

    What it finds is taken if its residual is smaller.
    """
    own, free = program.member[:, game], ~program.equal[game]
    vectors, objective = program.vectors[own, game], program.objective[own, game]
    rows = np.concatenate([-vectors.T, program.direction[game][:, None]], axis=1)
    rows = rows if program.ray else rows[:, :-1]
    sums = np.concatenate([np.ones(len(vectors)), [0.0] if program.ray else []])[None]
    fixed = np.concatenate([rows[~free], sums])
    level = np.concatenate([np.zeros(np.count_nonzero(~free)), [1.0]])
    solved = linprog(
        -np.concatenate([objective, [1.0] if program.ray else []]),
        A_ub=rows[free] if np.any(free) else None, b_ub=np.zeros(np.count_nonzero(free)) if np.any(free) else None,
        A_eq=fixed, b_eq=level, bounds=[(0, None)] * len(vectors) + [(None, None)] * program.ray, method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    if solved.status != 0 or solved.x is None:
        return
    p = np.zeros(len(own))
    p[own] = np.maximum(solved.x[: len(vectors)], 0.0)
    p /= np.sum(p)
    y = np.zeros(len(free))
    y[free], y[~free] = -solved.ineqlin.marginals, -solved.eqlin.marginals[:-1]
    t = float(solved.x[-1]) if program.ray else 0.0
    part = program.take(np.array([game]))
    nu = np.atleast_1d(-solved.eqlin.marginals[-1])
    slack = np.where(free, _mean(part, p[:, None])[0] - t * program.direction[game], 0.0)
    z = np.where(own[:, None], nu - _worth(part, y[None]), 1.0)
    state = _State(p[:, None], np.maximum(z, 0.0), np.maximum(slack, 0.0)[None], y[None], np.array([t]), nu)
    residual = float(_residual(part, state, np.zeros((1, len(free)), np.bool_), free[None])[0])
    if residual < found.residual[game]:
        found.probabilities[:, game], found.prices[game] = p, y
        found.t[game], found.residual[game] = t, residual


@dataclass(frozen=True)
class _State:
    p: Array
    z: Array  # duals of p >= 0
    s: Array
    y: Array  # prices of the rows
    t: Array
    nu: Array  # price of sum p = 1

    def take(self, games: Indices) -> _State:
        return _State(
            self.p.take(games, axis=1),
            self.z.take(games, axis=1),
            self.s[games],
            self.y[games],
            self.t[games],
            self.nu[games],
        )


def _worth(program: Mixtures, y: Array) -> Array:
    """Return what each vector is worth at prices y, (k, games)."""
    return np.asarray(program.objective + np.sum(program.vectors * y, axis=-1))


def _mean(program: Mixtures, p: Array) -> Array:
    """Return the expected vectors, (games, n)."""
    return np.asarray(np.sum(program.vectors * p[..., None], axis=0))


def _start(program: Mixtures) -> _State:
    p = np.where(program.member, 1.0, 0.0) / np.sum(program.member, axis=0)
    s = np.where(program.equal, 0.0, np.maximum(_mean(program, p), 0.1))
    y = np.where(program.equal, 0.0, np.where(program.weights > 0, program.weights / np.where(s > 0, s, 1.0), 1.0))
    values = _worth(program, y)
    nu = np.max(np.where(program.member, values, -np.inf), axis=0) + 1.0
    return _State(p, np.where(program.member, np.maximum(nu - values, 0.1), 1.0), s, y, np.zeros(len(s)), nu)


def _step(program: Mixtures, now: _State) -> tuple[_State, Array]:
    """Make one Newton step; return the new point and the residual there."""
    member, free = program.member, ~program.equal
    nash = free & (program.weights > 0)
    bound = free & ~nash
    products = np.sum(now.p * now.z, axis=0) + np.sum(np.where(bound, now.s * now.y, 0.0), axis=1)
    mu = 0.1 * products / (np.sum(member, axis=0) + np.count_nonzero(bound, axis=1))
    target = np.where(nash, program.weights, np.where(free, mu[:, None], 0.0))
    y = np.where(free, now.y, 1.0)
    weight = now.p / now.z
    push = np.where(member, mu / np.where(member, now.p, 1.0) - now.z, 0.0)  # what centring asks of the duals
    q = _worth(program, now.y) - now.nu + now.z + push
    row = _mean(program, now.p) - program.direction * now.t[:, None] - now.s
    system, right = _system(program, now, weight, q)
    right[:, :-2] += np.where(free, target / y - now.s, 0.0) - row
    change = _solve(system, right)
    dy, dnu, dt = change[:, :-2], change[:, -2], change[:, -1]
    dp = weight * (np.sum(program.vectors * dy, axis=-1) - dnu + q)
    dz = push - np.where(member, dp / np.where(member, weight, 1.0), 0.0)
    ds = np.where(free, (target - now.y * now.s - now.s * dy) / y, 0.0)
    ahead = np.minimum(_room(now.p, dp, 0), _room(now.s, ds, 1))
    back = np.minimum(_room(now.z, dz, 0), _room(y, np.where(free, dy, 0.0), 1))
    new = _State(
        now.p + ahead * dp, now.z + back * dz, now.s + ahead[:, None] * ds, now.y + back[:, None] * dy,
        now.t + ahead * dt, now.nu + back * dnu,
    )  # fmt: skip
    return new, _residual(program, new, nash, free)


def _system(program: Mixtures, now: _State, weight: Array, q: Array) -> tuple[Array, Array]:
    """Return the condensed Newton system in the prices, the price of sum p = 1 and t."""
    vectors = program.vectors
    games, n = now.s.shape
    tall = weight[..., None] * vectors
    system, right = np.zeros((games, n + 2, n + 2)), np.zeros((games, n + 2))
    for i in range(n):
        system[:, i, :n] = np.sum(tall[..., i, None] * vectors, axis=0)
    system[:, range(n), range(n)] += np.where(program.equal, 0.0, now.s / np.where(program.equal, 1.0, now.y))
    system[:, :n, n] = system[:, n, :n] = -np.sum(tall, axis=0)
    system[:, n, n] = np.sum(weight, axis=0)
    right[:, :n] = -np.sum(tall * q[..., None], axis=0)
    right[:, n] = np.sum(now.p, axis=0) - 1.0 + np.sum(weight * q, axis=0)
    if program.ray:
        system[:, :n, n + 1] = system[:, n + 1, :n] = -program.direction
        right[:, n + 1] = np.sum(program.direction * now.y, axis=1) - 1.0
    else:
        system[:, n + 1, n + 1] = 1.0
    return system, right


def _residual(program: Mixtures, at: _State, nash: Bools, free: Bools) -> Array:
    """Return the largest violation of the optimality conditions, prices scaled to the size of 1."""
    row = _mean(program, at.p) - program.direction * at.t[:, None] - at.s
    dual = np.where(program.member, _worth(program, at.y) - at.nu + at.z, 0.0)
    size = np.maximum(1.0, np.max(np.abs(at.y), axis=1))
    pairs = np.where(nash, at.s * at.y - program.weights, np.where(free, at.s * at.y / size[:, None], 0.0))
    parts = [
        np.max(np.abs(row), axis=1), np.max(np.abs(dual), axis=0) / size, np.max(np.abs(pairs), axis=1),
        np.max(at.p * at.z, axis=0) / size, np.abs(np.sum(at.p, axis=0) - 1.0),
    ]  # fmt: skip
    if program.ray:
        parts.append(np.abs(np.sum(program.direction * at.y, axis=1) - 1.0))
    worst = np.max(parts, axis=0)
    return np.where(np.isfinite(worst), worst, np.inf)


def _room(value: Array, change: Array, axis: int) -> Array:
    """Return the longest step, at most 1, that keeps values positive."""
    with np.errstate(all="ignore"):
        steps = np.where(change < 0, -CLOSE * value / change, 1.0)
    return np.asarray(np.minimum(1.0, np.min(steps, axis=axis)))


def _solve(system: Array, right: Array) -> Array:
    """Solve small systems, scaled by their diagonals, singular ones in the least-squares sense."""
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diagonal(system, axis1=1, axis2=2)), 1e-30))
    scale = np.where(scale > 1e10, 1.0, scale)
    scaled = system * scale[:, :, None] * scale[:, None, :]
    bad = ~np.all(np.isfinite(scaled), axis=(1, 2)) | ~np.all(np.isfinite(right), axis=1)
    scaled[bad] = np.eye(system.shape[1])
    sides = (np.where(bad[:, None], 0.0, right) * scale)[..., None]
    try:
        found = np.linalg.solve(scaled, sides)
    except np.linalg.LinAlgError:  # some system is singular: one by one, so that the others do not notice
        found = np.array([_solve_one(a, b) for a, b in zip(scaled, sides, strict=True)])
    return np.asarray(found[..., 0] * scale)


def _solve_one(system: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(system, right), dtype=float)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(system, right)[0], dtype=float)
