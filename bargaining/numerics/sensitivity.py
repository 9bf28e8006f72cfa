"""Derivatives of the kernel's answers in parameters, by the implicit function theorem on the active set.

At a solution of one of the kernel's programs (see `kernel`) the issues that are not at a bound, the multipliers of the rows
that bind and, of a ray, its length t solve as many smooth equations,

    sum_i w_i dF_i/dx + sum_r lam_r dF_r/dx = 0      for the issues inside the box
    F_r = o_r + t dir_r                              for the rows that bind
    lam_r (F_r - o_r) = a_r                          for Nash terms
    sum_r lam_r dir_r = 1                            where there is a ray,

so that their derivatives in parameters solve a linear system (Fiacco 1983, Introduction to Sensitivity and Stability
Analysis in Nonlinear Programming, chapter 3). A few Newton steps on the same system first take the answer to the last
digits. Issues at a bound move with it. Where a bound or row is weakly active, met but for nothing, answers have a kink: the
numbers are then those of one side.

Parameters that move are jets in variables -1, -2, ..., one a column; everything returned is such a jet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bargaining._types import Array, Bools, Codes, Entry, Indices, Sparse
from bargaining.numerics.jets import Jet, as_jet, plain, variable
from bargaining.numerics.kernel import Functions, take

MET = 1e-7
"""How near a bound or row must be to be met, in shares of the box: the barrier's last value leaves weak ones 2e-7 away."""

WEAK = 1e-6
"""Share of the largest marginal value below which a multiplier is next to nothing, or of the box below which a distance is.

Derivatives have all their digits wherever the active set is known; what is flagged is a kink nearer than a step of 1e-6,
which the kernel, whose barrier ends at 5e-14, cannot tell from one right here if it is nearer than the root of that."""

CONDITION = 1e12
"""Condition of the equations, in balanced units, above which they do not determine the answer."""

POLISH = 3
"""Newton steps before derivatives are taken: each squares the error, and the kernel leaves 1e-6 at worst."""

SETTLED = 1e-9
"""Length of a Newton step, in shares of the box, whose square is rounding: the next would add nothing."""

FAR = 1e-5
"""Share of the box beyond which a Newton step is no polish: the active set is another than it seems."""

DEPENDENT = 1e-8
"""Share of a row's gradient that must be its own: less, and other rows and bounds that are met leave it no say."""

PORTION = 1024
"""Games at a time: few calls, and arrays that stay in the cache."""


@dataclass(frozen=True)
class Asked:
    """A program of each game whose numbers may move: the kernel's `Program`, with jets for entries.

    `weights` has an entry a function, the others have one a row; `targets` is not None in Nash terms, and `directions` is
    None where there is no ray.
    """

    weights: list[Sparse]
    rows: list[int]
    offsets: list[Entry]
    directions: list[Sparse] | None
    targets: list[Sparse]


@dataclass(frozen=True)
class Moved:
    """An answer with its derivatives: `x` (unit box) and all `functions` are jets, `t` too where there is a ray.

    `activity` (issues, games) is -1 for issues at their lower bound, 1 at their upper, else 0; `weak` (issues + rows,
    games) says which bounds and rows are met, or missed, only just, and `known` (games,) whether the equations determine
    the derivatives.
    """

    x: list[Jet]
    functions: list[Jet]
    t: Jet | None
    activity: Codes
    weak: Bools
    known: Bools


def dense(entries: Sequence[Entry], games: int, columns: int) -> Array:
    """Return the derivatives of entries in the columns, (games, entries, columns)."""
    out = np.zeros((games, len(entries), columns))
    for e, entry in enumerate(entries):
        for variable_number, slope in as_jet(entry).gradient.items() if isinstance(entry, Jet) else ():
            out[:, e, -1 - variable_number] = slope
    return out


def jets(values: Array, slopes: Array) -> list[Jet]:
    """Return values (games, entries) with their derivatives (games, entries, columns) as jets, one an entry."""
    return [
        Jet(values[:, e], {-1 - c: slopes[:, e, c] for c in range(slopes.shape[2])}, {}) for e in range(values.shape[1])
    ]


def pick(entry: Sparse, games: Indices) -> Sparse:
    """Pick games from an entry that may be a jet."""
    if isinstance(entry, Jet):
        return Jet(take(entry.value, games), {i: take(slope, games) for i, slope in entry.gradient.items()}, {})
    return take(entry, games)


@dataclass(frozen=True)
class System:
    """The functions and their derivatives at a point, as arrays with games first, and what is met there."""

    values: Array  # (games, functions)
    gradients: Array  # (games, functions, issues)
    free: Bools  # (games, issues)
    on: Bools  # (games, rows)


def move(asked: Asked, functions: Functions, parameters: dict[str, Entry], x: Array, bounds: list[tuple[Sparse, Sparse]],
         columns: int) -> Moved:  # fmt: skip
    """Differentiate the answers `x` (issues, games) to a program in the columns.

    `bounds` are jets, one pair an issue, of the ends of its range in shares of the range, or None where they stay.
    """
    games = x.shape[1]
    pieces = []
    for at in np.array_split(np.arange(games), max(-(-games // PORTION), 1)):
        part = Asked(
            [pick(w, at) for w in asked.weights], asked.rows, [pick(o, at) for o in asked.offsets],
            None if asked.directions is None else [pick(d, at) for d in asked.directions],
            [pick(a, at) for a in asked.targets],
        )  # fmt: skip
        own = {name: pick(value, at) for name, value in parameters.items()}
        ends = [(pick(low, at), pick(high, at)) for low, high in bounds]
        with np.errstate(all="ignore"):
            pieces.append(_Work(part, functions, own, ends, columns, at.size).run(x[:, at].copy()))
    return _joined(pieces)


@dataclass(frozen=True)
class _Work:
    """One portion of games; arrays have games first."""

    asked: Asked
    functions: Functions
    parameters: dict[str, Entry]
    bounds: list[tuple[Sparse, Sparse]]
    columns: int
    games: int

    def run(self, x: Array) -> Moved:
        """Find what is met, polish the point, and differentiate it."""
        still = {name: plain(value) for name, value in self.parameters.items()}
        x = np.where(x <= MET, 0.0, np.where(x >= 1.0 - MET, 1.0, x))
        found = self._evaluate(x, still)
        values, gradients = self._arrays(found)
        t = self._length(values)
        system = System(values, gradients, ((x > 0) & (x < 1)).T, self._met(values, gradients, t))
        system = replace(system, on=self._independent(system))
        lam, residual, done = self._multipliers(system, t), np.full(self.games, np.inf), np.zeros(self.games, np.bool_)
        for _ in range(POLISH):
            curvature = self._curvature(found, lam)
            errors = self._errors(system, lam, t)
            step, _ = self._solve(system, lam, curvature, errors[:, :, None])
            dx, dlam, dt = self._split(step[:, :, 0])
            size = np.max(np.abs(dx), axis=1, initial=0.0)
            good = (size <= FAR) & ~done  # a game's steps do not depend on its company
            x = x + np.where(good, dx.T, 0.0)
            lam = lam + np.where(good[:, None], dlam, 0.0)
            t = t + np.where(good, dt, 0.0)
            residual = np.where(done, residual, size)
            done |= ~(size > SETTLED) | ~good
            found = self._evaluate(x, still)
            values, gradients = self._arrays(found)
            system = replace(system, values=values, gradients=gradients)
            if np.all(done):
                break
        return self._differentiated(x, lam, t, system, residual)

    # -- evaluation ---------------------------------------------------------------------------------------------------

    def _evaluate(self, x: Array, parameters: dict[str, Entry]) -> list[Jet]:
        return [as_jet(f) for f in self.functions([variable(j, row) for j, row in enumerate(x)], parameters)]

    def _arrays(self, found: list[Jet]) -> tuple[Array, Array]:
        """Return values and gradients as arrays with games first."""
        k = len(self.bounds)
        values = np.stack([np.broadcast_to(jet.value, (self.games,)) for jet in found], axis=1).astype(float)
        gradients = np.zeros((self.games, len(found), k))
        for f, jet in enumerate(found):
            for j, slope in jet.gradient.items():
                if j >= 0:
                    gradients[:, f, j] = slope
        return values, gradients

    def _row(self, entries: Sequence[Sparse]) -> Array:
        """Return the values of entries, (games, entries), zero for None."""
        return np.stack([np.broadcast_to(0.0 if e is None else plain(e), (self.games,)) for e in entries], axis=1)

    @cached_property
    def _ways(self) -> Array:
        none: list[Sparse] = [None] * len(self.asked.rows)
        return self._row(self.asked.directions or none) if none else np.zeros((self.games, 0))

    @cached_property
    def _offsets(self) -> Array:
        return self._row(self.asked.offsets) if self.asked.rows else np.zeros((self.games, 0))

    @cached_property
    def _targets(self) -> Array:
        return self._row(self.asked.targets) if self.asked.rows else np.zeros((self.games, 0))

    @cached_property
    def _nash(self) -> Bools:
        return self._targets > 0

    def _length(self, values: Array) -> Array:
        """Return how far along the ray each answer lies."""
        ways = self._ways
        margin = values[:, self.asked.rows] - self._offsets
        return np.where(
            np.any(ways > 0, axis=1),
            np.min(np.where(ways > 0, margin / np.where(ways > 0, ways, 1.0), np.inf), axis=1, initial=np.inf), 0.0,
        )  # fmt: skip

    # -- what binds ---------------------------------------------------------------------------------------------------

    def _slack(self, values: Array, gradients: Array, t: Array) -> Array:
        """Return how far the rows are from binding, in shares of the box on the steepest way there."""
        margin = values[:, self.asked.rows] - self._offsets - t[:, None] * self._ways
        steep = _largest(gradients[:, self.asked.rows])
        return margin / np.where(steep > 0, steep, 1.0)

    def _met(self, values: Array, gradients: Array, t: Array) -> Bools:
        return np.asarray((self._slack(values, gradients, t) <= MET) & ~self._nash)

    def _independent(self, system: System) -> Bools:
        """Return the rows that are met less those whose gradient, over the free issues, others already span."""
        rows = np.where(system.free[:, None, :], system.gradients[:, self.asked.rows], 0.0)
        steep = _largest(system.gradients[:, self.asked.rows])[:, :, None]
        unit = np.where(steep > 0, steep, 1.0)
        # The ray's length is one more variable; its way is compared with the steepest row's.
        ways = self._ways[:, :, None] / unit
        longest = np.max(np.abs(ways), axis=(1, 2), keepdims=True, initial=0.0)
        rows = np.concatenate([rows / unit, -ways / np.where(longest > 0, longest, 1.0)], axis=2)
        rows = np.where(np.isfinite(rows), rows, 0.0)
        on, basis = system.on.copy(), np.zeros((self.games, 0, rows.shape[2]))
        order = np.argsort(-np.max(np.abs(self._ways), axis=0, initial=0.0), kind="stable")
        for r in order:  # rows of the ray first, since it is they that stop it
            left = rows[:, r]
            for _ in range(2):  # twice is enough to be orthogonal
                left = left - np.einsum("gbi,gb->gi", basis, np.einsum("gbi,gi->gb", basis, left))
            size = np.sqrt(np.sum(left**2, axis=1))
            on[:, r] &= size > DEPENDENT
            new = np.where(on[:, r, None], left / np.where(size > 0, size, 1.0)[:, None], 0.0)
            basis = np.concatenate([basis, new[:, None]], axis=1)
        return on

    def _multipliers(self, system: System, t: Array) -> Array:
        """Return multipliers: of Nash terms as they are, of rows that bind those that miss optimality least."""
        gain = system.values[:, self.asked.rows] - self._offsets
        lam = np.where(self._nash, self._targets / np.where(self._nash, gain, 1.0), 0.0)
        k = len(self.bounds)
        flat = np.broadcast_to(-np.eye(k), (self.games, k, k))
        size = _largest(self._slope(system, lam)[:, None])  # of the objective, so that the step is of the size of the box
        flat = flat * np.where(size > 0, size, 1.0)[:, :, None]
        step, _ = self._solve(system, lam, flat, self._errors(system, lam, t)[:, :, None], fixed=self._nash)
        return lam + np.where(self._nash, 0.0, self._split(step[:, :, 0])[1])

    # -- the equations ------------------------------------------------------------------------------------------------

    def _pull(self, lam: Array) -> Array:
        """Return what a unit of each function counts, (games, functions)."""
        counts = self._row(self.asked.weights)
        for r, i in enumerate(self.asked.rows):
            counts[:, i] += lam[:, r]
        return counts

    def _slope(self, system: System, lam: Array) -> Array:
        """Return the slope of the Lagrangian in the issues, without the bounds."""
        counts = self._pull(lam)[:, :, None]
        return np.asarray(np.sum(np.where(counts == 0, 0.0, counts * system.gradients), axis=1))

    def _curvature(self, found: list[Jet], lam: Array) -> Array:
        k, counts = len(self.bounds), self._pull(lam)
        matrix = np.zeros((self.games, k, k))
        for f, jet in enumerate(found):
            for (i, j), bend in jet.hessian.items():
                if i >= 0:
                    matrix[:, i, j] += counts[:, f] * bend
                    if i != j:
                        matrix[:, j, i] = matrix[:, i, j]
        return matrix

    def _errors(self, system: System, lam: Array, t: Array) -> Array:
        """Return the right-hand side of a Newton step: minus what the equations miss, (games, unknowns)."""
        margin = system.values[:, self.asked.rows] - self._offsets - t[:, None] * self._ways
        rows = np.where(self._nash, self._targets / np.where(self._nash, lam, 1.0) - margin, -margin)
        rows = np.where(system.on | self._nash, rows, 0.0)
        parts = [np.where(system.free, -self._slope(system, lam), 0.0), rows]
        if self.asked.directions is not None:
            parts.append((np.sum(lam * self._ways, axis=1) - 1.0)[:, None])
        return np.concatenate(parts, axis=1)

    def _solve(
        self, system: System, lam: Array, curvature: Array, right: Array, fixed: Bools | None = None
    ) -> tuple[Array, Bools]:
        """Solve the linearised equations, with identities for what does not move; say which games have one solution."""
        k, rows, on = len(self.bounds), len(self.asked.rows), system.on | self._nash
        if fixed is not None:
            on = on & ~fixed
        size = k + rows + (self.asked.directions is not None)
        matrix = np.zeros((self.games, size, size))
        both = system.free[:, :, None] & system.free[:, None, :]
        matrix[:, :k, :k] = np.where(both, curvature, 0.0)
        slopes = np.where(on[:, :, None] & system.free[:, None, :], system.gradients[:, self.asked.rows], 0.0)
        matrix[:, k : k + rows, :k] = slopes
        matrix[:, :k, k : k + rows] = np.swapaxes(slopes, 1, 2)
        gain = system.values[:, self.asked.rows] - self._offsets
        stays = np.concatenate([~system.free, ~on], axis=1)
        spring = np.concatenate([np.zeros((self.games, k)), np.where(self._nash & on, gain / lam, 0.0)], axis=1)
        diagonal = np.arange(k + rows)
        matrix[:, diagonal, diagonal] += np.where(stays, 1.0, spring)
        if self.asked.directions is not None:
            ways = np.where(on, -self._ways, 0.0)
            matrix[:, -1, k : k + rows] = matrix[:, k : k + rows, -1] = ways
        return _balanced_solve(matrix, right)

    def _split(self, step: Array) -> tuple[Array, Array, Array]:
        """Return the parts of a step: issues, multipliers, length of the ray."""
        k, rows = len(self.bounds), len(self.asked.rows)
        return step[:, :k], step[:, k : k + rows], step[:, k + rows] if step.shape[1] > k + rows else np.zeros(self.games)

    # -- derivatives --------------------------------------------------------------------------------------------------

    def _differentiated(self, x: Array, lam: Array, t: Array, system: System, residual: Array) -> Moved:
        k, rows, on = len(self.bounds), self.asked.rows, system.on
        moving = [name for name, value in self.parameters.items() if isinstance(value, Jet)]
        own = {
            name: variable(-1 - moving.index(name), value.value) if isinstance(value, Jet) else value
            for name, value in self.parameters.items()
        }
        found = self._evaluate(x, own)
        chain = dense([self.parameters[name] for name in moving], self.games, self.columns)
        counts = self._pull(lam)
        direct, mixed = np.zeros((self.games, len(found), len(moving))), np.zeros((self.games, k, len(moving)))
        for f, jet in enumerate(found):
            for q, slope in jet.gradient.items():
                if q < 0:
                    direct[:, f, -1 - q] = slope
            for (q, j), bend in jet.hessian.items():
                if q < 0:
                    mixed[:, j, -1 - q] += counts[:, f] * bend
        direct, pulls = direct @ chain, _clean(mixed) @ chain
        weights = dense(self.asked.weights, self.games, self.columns)
        pulls = pulls + _clean(np.swapaxes(system.gradients, 1, 2)) @ weights
        pulls = pulls + _clean(np.swapaxes(system.gradients[:, rows], 1, 2)) @ self._first_weights(system)
        right = np.concatenate([-pulls, self._row_moves(direct, lam, t)], axis=1)
        right[:, :k] = np.where(system.free[:, :, None], right[:, :k], self._bound_moves(x))
        right[:, k : k + len(rows)] *= (on | self._nash)[:, :, None]
        if self.asked.directions is not None:
            ways = dense(self.asked.directions, self.games, self.columns)
            right = np.concatenate([right, np.sum(lam[:, :, None] * ways, axis=1, keepdims=True)], axis=1)
        curvature = self._curvature(found, lam)
        # Issues at bounds that move take the others along: what they do to the equations goes to the right-hand side.
        ends = np.where(system.free[:, :, None], 0.0, right[:, :k])
        if np.any(ends):
            slopes = _clean(system.gradients[:, rows]) @ ends
            right[:, :k] -= np.where(system.free[:, :, None], _clean(curvature) @ ends, 0.0)
            right[:, k : k + len(rows)] -= np.where((on | self._nash)[:, :, None], slopes, 0.0)
        step, known = self._solve(system, lam, curvature, right)
        dx = step[:, :k]
        slopes = direct + np.sum(
            np.where(dx[:, None] == 0, 0.0, system.gradients[..., None] * dx[:, None]), axis=2
        )  # fmt: skip
        ray = None if self.asked.directions is None else jets(t[:, None], step[:, -1:])[0]
        activity, weak = self._activity(x, lam, t, system)
        known &= (residual <= MET) & np.all(np.isfinite(dx), axis=(1, 2)) & np.all(np.isfinite(slopes), axis=(1, 2))
        return Moved(jets(x.T, dx), jets(system.values, slopes), ray, activity.T, weak.T, known)

    def _row_moves(self, direct: Array, lam: Array, t: Array) -> Array:
        """Return how the right-hand sides of the rows move with the columns, (games, rows, columns)."""
        rows = len(self.asked.rows)
        moves = dense(self.asked.offsets, self.games, self.columns) - direct[:, self.asked.rows]
        if self.asked.directions is not None:
            moves += t[:, None, None] * dense(self.asked.directions, self.games, self.columns)
        held = lam > 0  # a party of no weight at its floor gains what its first weight divided by its multiplier gives it
        share = np.where(held, 1.0 / np.where(held, lam, 1.0), 0.0).reshape(self.games, rows, 1)
        return moves + share * dense(self.asked.targets, self.games, self.columns)

    def _first_weights(self, system: System) -> Array:
        """Return how multipliers of parties of no weight that are above their floors move, (games, rows, columns)."""
        gain = system.values[:, self.asked.rows] - self._offsets
        above = ~(system.on | self._nash) & (gain > 0)
        share = np.where(above, 1.0 / np.where(above, gain, 1.0), 0.0)
        return np.asarray(share[:, :, None] * dense(self.asked.targets, self.games, self.columns))

    def _bound_moves(self, x: Array) -> Array:
        """Return how issues at a bound move with it, (games, issues, columns)."""
        low, high = (dense([pair[side] for pair in self.bounds], self.games, self.columns) for side in (0, 1))
        return np.where((x.T < 0.5)[:, :, None], low, high)

    def _activity(self, x: Array, lam: Array, t: Array, system: System) -> tuple[Codes, Bools]:
        """Say which issues are at bounds, and of all issues and rows whether they bind, or miss binding, only just."""
        activity = np.where(x == 0, -1, np.where(x == 1, 1, 0)).T.astype(np.int8)
        counts = np.abs(self._pull(lam))[:, :, None]
        sizes = np.sum(np.where(counts == 0, 0.0, counts * np.abs(system.gradients)), axis=1)
        value = np.max(np.where(np.isfinite(sizes), sizes, 0.0), axis=1, initial=0.0)[:, None]
        press = activity * self._slope(system, lam) / np.where(value > 0, value, 1.0)
        near = np.minimum(x, 1.0 - x).T < WEAK
        issues = np.where(system.free, near, ~(press >= WEAK) & ~np.isposinf(press))
        steep = _largest(system.gradients[:, self.asked.rows])
        worth = lam * np.where(steep > 0, steep, 1.0) / np.where(value > 0, value, 1.0)
        slack = self._slack(system.values, system.gradients, t)
        rows = np.where(self._nash, False, np.where(system.on, ~(worth >= WEAK), ~(slack >= WEAK)))
        return activity, np.concatenate([issues, rows], axis=1)


def _largest(gradients: Array) -> Array:
    """Return the largest finite slope of each function, (games, functions)."""
    return np.asarray(np.max(np.where(np.isfinite(gradients), np.abs(gradients), 0.0), axis=-1, initial=0.0))


def _clean(entries: Array) -> Array:
    """Return entries with zero for slopes that are not finite, which only issues at a bound have."""
    return np.where(np.isfinite(entries), entries, 0.0)


def _balanced_solve(matrix: Array, right: Array) -> tuple[Array, Bools]:
    """Solve symmetric systems in units in which rows and columns are alike; say which have one solution."""
    games, size, _ = matrix.shape
    scale = np.ones((games, size))
    for _ in range(4):  # Ruiz (2001), A scaling algorithm to equilibrate both rows and columns norms in matrices
        rows = np.max(np.abs(matrix) * scale[:, :, None] * scale[:, None, :], axis=2)
        scale = scale / np.sqrt(np.where((rows > 0) & np.isfinite(rows), rows, 1.0))
    even = matrix * scale[:, :, None] * scale[:, None, :]
    good = np.all(np.isfinite(even), axis=(1, 2))
    even = np.where(good[:, None, None], even, np.eye(size))
    good &= np.abs(np.linalg.det(even)) > 0
    even = np.where(good[:, None, None], even, np.eye(size))
    aim = np.concatenate([right * scale[:, :, None], np.broadcast_to(np.eye(size), even.shape)], axis=2)
    found = np.linalg.solve(even, np.where(np.isfinite(aim), aim, 0.0))
    inverse = found[:, :, right.shape[2] :]
    condition = np.max(np.sum(np.abs(even), axis=2), axis=1) * np.max(np.sum(np.abs(inverse), axis=2), axis=1)
    good &= (condition < CONDITION) & np.all(np.isfinite(right), axis=(1, 2))
    return found[:, :, : right.shape[2]] * scale[:, :, None], good


def _joined(pieces: list[Moved]) -> Moved:
    """Put portions of games together."""

    def entries(several: list[list[Jet]]) -> list[Jet]:
        return [_append(list(same)) for same in zip(*several, strict=True)]

    rays = [piece.t for piece in pieces]
    return Moved(
        entries([piece.x for piece in pieces]), entries([piece.functions for piece in pieces]),
        None if rays[0] is None else _append([ray for ray in rays if ray is not None]),
        *(np.concatenate([getattr(piece, name) for piece in pieces], axis=-1) for name in
          ("activity", "weak", "known")),
    )  # fmt: skip


def _append(several: list[Jet]) -> Jet:
    gradient = {i: np.concatenate([jet.gradient[i] for jet in several]) for i in several[0].gradient}
    return Jet(np.concatenate([jet.value for jet in several]), gradient, {})
