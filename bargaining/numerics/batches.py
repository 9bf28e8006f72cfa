"""Run the kernel over any number of games: a working set that refills, restarts for what fails, answers in user units."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import TypeVar

import numpy as np

from bargaining._types import Array, Bools, Entry, Indices, Sparse
from bargaining.numerics import backends, kernel
from bargaining.numerics.kernel import (
    MU_START,
    Functions,
    Parameters,
    Program,
    State,
    smallest,
    take,
    take_each,
    times,
    total,
)
from bargaining.numerics.native import run_stream, stream_text
from bargaining.numerics.offers import OffersProgram, OffersState
from bargaining.numerics.recheck import PASSES, passes

Batch = TypeVar("Batch")
AnyProgram = Program | OffersProgram
AnyState = State | OffersState

TOL = 1e-12
MAX_STEPS = 150
CHUNK = 8192
PUSH = 0.02  # starts keep this far from the bounds
EVEN, CORNERS = 32, 16  # sampled points: evenly spread, and corners of the box
RESTARTS = 3
FEASIBLE = 1e-9  # of a function's range: a row missed by no more holds


@dataclass(frozen=True)
class Optimum:
    """What the kernel found: arrays over games on the last axis."""

    x: Array  # (issues, games), unit box; an active bound is met to the last digits only
    prices: Array  # (rows, games), multipliers in user units: what a unit more of offset_r costs the objective
    residual: Array  # (games,), scaled optimality error; inf where nothing converged
    steps: Indices
    starts: Indices

    def converged(self, tol: float = TOL) -> Bools:
        """Say which games meet the optimality conditions."""
        return np.asarray(self.residual <= tol)

    def update(self, other: Optimum, games: Indices, chosen: Bools) -> None:
        """Overwrite the chosen ones of `games` by `other`, an optimum of just these games."""
        for old, new in zip(vars(self).values(), vars(other).values(), strict=True):
            old[..., games[chosen]] = new[..., chosen]


def restart(
    found: Optimum, games: Indices, program: Program, functions: Functions, parameters: Parameters, values: Array,
    unit: Array, insist: Bools, tol: float = TOL,
) -> None:  # fmt: skip
    """Start these games again from their best sampled points; `found` keeps the best result of each.

    `program`, `parameters`, `values` (the functions at the sampled points) and `unit` (their ranges) hold just these games.
    A game is left alone once it has converged, but for those to `insist` on, which use all starts.
    """
    best = np.argsort(-preference(program, values, unit), axis=1, kind="stable")
    for attempt in range(RESTARTS):
        at = np.flatnonzero(insist | ~found.converged(tol)[games])
        if not at.size:
            return
        part, own = program.take(at), take_each(parameters, at)
        seeds = np.clip(sample(len(found.x))[:, best[at, attempt]], PUSH, 1.0 - PUSH)
        again = stream(kernel, part, functions, own, seeds, tol=tol)
        found.starts[games[at]] = again.starts[:] = attempt + 2
        found.update(again, games[at], _improves(again, found, games[at], part, functions, own, unit[:, at], tol))


def _improves(
    again: Optimum, found: Optimum, games: Indices, program: Program, functions: Functions, parameters: Parameters,
    unit: Array, tol: float,
) -> Bools:  # fmt: skip
    """Say where a new result is to be preferred: it converged and the old one did not, or it has the larger objective."""

    def worth(x: Array) -> Array:
        with np.errstate(all="ignore"):
            values = functions(list(x), parameters)
        table = np.array([np.broadcast_to(v, (games.size,)) for v in values], dtype=float)
        return score(program, table[..., None], unit)[:, 0]

    before, after = found.converged(tol)[games], again.converged(tol)
    larger = worth(again.x) > worth(found.x[:, games])
    closer = again.residual < found.residual[games]
    return np.where(before, after & larger, after | closer)


def stream(
    method: ModuleType, program: AnyProgram, functions: Functions, parameters: Parameters, seeds: Array,
    mu: float = MU_START, tol: float = TOL, steps: int = MAX_STEPS,
) -> Optimum:  # fmt: skip
    """Iterate a method (a module with `start` and `trial`) from `seeds`, (variables, games).

    Generated C does it where it is wanted and can be had. What it finds is examined in NumPy, and a game that does not
    pass is solved in NumPy.
    """
    games = seeds.shape[1]
    text = stream_text(method, program, functions, parameters, len(seeds)) if games and backends.wanted(games) else None
    if text is None:
        return _in_numpy(method, program, functions, parameters, seeds, mu, tol, steps)
    out, ages = run_stream(text, program, parameters, seeds, mu, tol, steps)
    found = Optimum(out[: len(seeds)], out[len(seeds) : -1], out[-1], ages.astype(np.intp), np.ones(games, np.intp))
    found.residual[~np.isfinite(found.residual)] = np.inf
    claimed = found.converged(max(tol, PASSES))  # also what is not yet good, but may be accepted for want of better
    wrong = np.flatnonzero(claimed & ~passes(program, functions, parameters, found.x, found.prices))
    if wrong.size:
        part = program.take(wrong), functions, take_each(parameters, wrong), seeds[:, wrong]
        found.update(_in_numpy(method, *part, mu, tol, steps), wrong, np.ones(wrong.size, np.bool_))
    return found


def _in_numpy(
    method: ModuleType, program: AnyProgram, functions: Functions, parameters: Parameters, seeds: Array,
    mu: float, tol: float, steps: int,
) -> Optimum:  # fmt: skip
    """Iterate in NumPy.

    A working set of games advances together; each is written down when it first converges, and new ones come in when a
    quarter has left, so that neither the order nor the company of a game changes its answer.
    """
    games = seeds.shape[1]
    rows = len(program.rows)
    found = Optimum(
        seeds.copy(), np.full((rows, games), np.nan), np.full(games, np.inf), np.zeros(games, np.intp),
        np.ones(games, np.intp),
    )  # fmt: skip
    waiting = deque(np.array_split(np.arange(games), -(-games // (CHUNK // 4))) if games else [])
    crew = _Crew(method, functions, mu, tol, steps)
    with np.errstate(all="ignore"):
        while waiting or crew.busy:
            while waiting and crew.size + waiting[0].size <= CHUNK:
                fresh = waiting.popleft()
                crew.join(fresh, program.take(fresh), take_each(parameters, fresh), list(seeds[:, fresh]))
            crew.advance(found)
    return found


class _Crew:
    """The games being worked on; the only mutable object of the kernel."""

    def __init__(self, method: ModuleType, functions: Functions, mu: float, tol: float, steps: int) -> None:
        self.method, self.functions, self.mu, self.tol, self.steps = method, functions, mu, tol, steps
        self.size, self.busy = 0, False
        self.games: Indices = np.empty(0, np.intp)
        self.age: Indices = np.empty(0, np.intp)
        self.open = np.empty(0, np.bool_)
        self.program: AnyProgram
        self.parameters: Parameters
        self.state: AnyState

    def join(self, games: Indices, program: AnyProgram, parameters: Parameters, x: list[Array]) -> None:
        """Take in new games at their starts."""
        program, state = self.method.start(program, self.functions, parameters, x, self.mu)
        if self.size:
            n, m = self.size, games.size
            program = _concatenate(self.program, program, n, m)
            state = _concatenate(self.state, state, n, m)
            parameters = {name: _append(self.parameters[name], parameters[name], n, m) for name in parameters}
        self.program, self.parameters, self.state = program, parameters, state
        self.games = np.concatenate([self.games, games])
        self.age = np.concatenate([self.age, np.zeros(games.size, np.intp)])
        self.open = np.concatenate([self.open, np.ones(games.size, np.bool_)])
        self.size, self.busy = self.games.size, True

    def advance(self, found: Optimum) -> None:
        """Make one step, record what has converged and drop what is finished once it is worth a copy."""
        accept, new, old = self.method.trial(self.program, self.functions, self.parameters, self.state, self.tol)
        _keep(new, old, np.flatnonzero(~np.asarray(accept)))
        self.state = new
        self.age = self.age + 1
        done = self.open & (self.state.residual <= self.tol)
        lost = self.open & ~done & ((self.age >= self.steps) | np.isnan(self.state.residual))
        if done.any() or lost.any():
            self._record(np.flatnonzero(done | lost), found)
            self.open &= ~(done | lost)
        left = int(np.count_nonzero(self.open))
        self.busy = left > 0
        if left <= 0.75 * self.size:
            keep = np.flatnonzero(self.open)
            self.program, self.state = self.program.take(keep), self.state.take(keep)
            self.parameters = take_each(self.parameters, keep)
            self.games, self.age, self.open = self.games[keep], self.age[keep], self.open[keep]
            self.size = keep.size

    def _record(self, pick: Indices, found: Optimum) -> None:
        games, state = self.games[pick], self.state
        found.x[:, games] = [take(v, pick) for v in state.y[: len(state.low)]]
        for r, entries in enumerate(zip(state.lam, state.scale, self.program.prices, strict=True)):
            lam, scale, price = (take(entry, pick) for entry in entries)
            found.prices[r, games] = lam / scale * price
        found.residual[games] = np.nan_to_num(state.residual[pick], nan=np.inf, posinf=np.inf)
        found.steps[games] = self.age[pick]


def _keep(new: AnyState, old: AnyState, games: Indices) -> None:
    """Put these games back as they were: `where(accept, new, old)` at the cost of the few refused.

    Every entry of a new state is an array of its own, so it can be written to.
    """
    if not games.size:
        return
    for name, entries in vars(new).items():
        before = getattr(old, name)
        pairs = zip(entries, before, strict=True) if isinstance(entries, list) else [(entries, before)]
        for entry, past in pairs:
            if entry is not past:
                entry[games] = past[games]


def _append(a: Entry, b: Entry, n: int, m: int) -> Entry:
    if isinstance(a, Program):
        return _concatenate(a, b, n, m)
    if isinstance(a, list):
        return [_append(p, q, n, m) for p, q in zip(a, b, strict=True)]
    if a is None or (np.ndim(a) == 0 and np.ndim(b) == 0):
        return a
    return np.concatenate([np.broadcast_to(a, (n,)), np.broadcast_to(b, (m,))])


def _concatenate(a: Batch, b: Batch, n: int, m: int) -> Batch:
    return type(a)(**{name: _append(entry, getattr(b, name), n, m) for name, entry in vars(a).items()})


@cache
def sample(issues: int) -> Array:
    """Return points of the unit box, (issues, points), the same on every call: evenly spread ones, then corners.

    The first EVEN are multiples, modulo one, of the powers of 1/phi with phi**(issues + 1) = phi + 1: the generalised
    golden ratio, which makes this Kronecker sequence even in every dimension. The rest are the corners of the box, or
    CORNERS of them if there are more.
    """
    ratio = 2.0
    for _ in range(64):  # the fixed-point iteration contracts; 64 rounds reach the last digit
        ratio = (1.0 + ratio) ** (1.0 / (issues + 1))
    strides = ratio ** -np.arange(1.0, issues + 1)[:, None]
    inner = PUSH + (1.0 - 2 * PUSH) * ((0.5 + strides * np.arange(1, EVEN + 1)) % 1.0)
    numbers = np.unique(np.linspace(0, 2**issues - 1, min(2**issues, CORNERS)).astype(np.int64))
    corners = (numbers[None, :] >> np.arange(issues)[:, None]) & 1
    return np.concatenate([inner, corners.astype(float)], axis=1)


def score(program: Program, values: Array, units: Array) -> Array:
    """Rank points, (games, points): the objective where every row holds, -inf where one does not or there is no number.

    `values` (functions, games, points) are judged against `units` (functions, games).
    """
    with np.errstate(all="ignore"):
        ranks = rank(columns(program), list(values), [column(unit) for unit in units])
    return np.broadcast_to(ranks, values.shape[1:])


def rank(program: Program, values: list[Entry], units: list[Entry]) -> Entry:
    """Rank a point as `score` does."""
    objective, missed = judge(program, values, units)
    return np.where((missed > 0) | np.isnan(objective), -np.inf, objective)


def column(entry: Sparse) -> Sparse:
    """Return an entry to be met by many points a game."""
    return entry[..., None] if isinstance(entry, np.ndarray) and entry.ndim else entry


def columns(program: Program) -> Program:
    """Return a program whose entries are met by many points a game."""
    return replace(
        program,
        weights=[column(entry) for entry in program.weights],
        offsets=[column(entry) for entry in program.offsets],
        directions=None if program.directions is None else [column(entry) for entry in program.directions],
        targets=[column(entry) for entry in program.targets],
    )


def judge(program: Program, values: list[Entry], units: list[Entry]) -> tuple[Entry, Entry]:
    """Return the objective at a point, and by how much of their units rows are missed there: straight-line arithmetic."""
    parts = [times(w, value) for w, value in zip(program.weights, values, strict=True)]
    missed: Entry = 0.0
    reach: list[Entry] = []
    for r, (i, offset, a) in enumerate(zip(program.rows, program.offsets, program.targets, strict=True)):
        gain = values[i] - offset
        d = None if program.directions is None else program.directions[r]
        if d is not None:
            reach.append(np.where(d > 0, gain / np.where(d > 0, d, 1.0), np.inf))
            gain = np.where(d > 0, 0.0, gain)
        short = -gain / units[i] - FEASIBLE
        missed = missed + np.where(short > 0, short, 0.0) + np.where(np.isnan(gain), np.inf, 0.0)
        if a is not None:
            parts.append(np.where(a > 0, a * np.log(np.maximum(gain, 0.0)), 0.0))
    objective = smallest(reach) if reach else total(parts)
    return 0.0 if objective is None else objective, missed


def preference(program: Program, values: Array, units: Array) -> Array:
    """Rank points, (games, points), as starts: first by how little they miss, then by the objective."""
    with np.errstate(all="ignore"):
        objective, missed = judge(columns(program), list(values), [column(unit) for unit in units])
    ranks = np.where(missed > 0, -1e300 * np.minimum(missed, 1e6), np.nan_to_num(objective, nan=-np.inf, posinf=1e290))
    return np.broadcast_to(ranks, values.shape[1:])
