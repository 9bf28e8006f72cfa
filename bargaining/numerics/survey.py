"""What points spread through the box say of games: ranges, functions without numbers, and answers that may be beaten.

A `glance` is cheap, and the same in NumPy and in C. It holds an answer against the points by the line that supports the
payoffs there: with weights w and prices p of the payoffs' rows, no point at which all rows hold has an objective above the
answer's by more than

    worth . (u(point) - u(answer)),    worth_i = w_i + p_i,

since log z <= z - 1 for the Nash terms. Where this is no more than rounding at all such points, none beats the answer.
Where it is more, there may be a dent, or the answer is wrong, and a `survey` ranks the points by the objective itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools, Entry, Indices, Sparse
from bargaining.numerics import backends
from bargaining.numerics.batches import EVEN, sample, score
from bargaining.numerics.c_source import PRELUDE, literal, statements
from bargaining.numerics.kernel import Functions, Parameters, Program, take_all, take_each, worth
from bargaining.numerics.native import Text, call, compiled, fingerprint, written
from bargaining.numerics.tracing import Graph

SNAP = 1e-9  # an issue this near its bound is put there, if no function moves by more than MOVES of its range
MOVES = 1e-11
NO_FLOOR = -1e300
LIKE = 1e-9  # of a function's range and size: C and NumPy differ by less
AHEAD = 1e-11  # of the ranges: a point that leads by less does not beat the answer
PORTION = 1024  # games sampled at a time in NumPy: each has many points


@dataclass(frozen=True)
class Glance:
    """Arrays over games on the last axis."""

    spans: Array  # (functions, games): each function's range over the evenly spread points; 1 for a constant
    broken: Bools  # a function has no finite value inside the box, or a payoff is infinite at a corner
    values: Array  # (functions, games): at the answer
    moved: Array  # the most that a function moves, in its range, if issues next to their bounds are put there
    lead: Array  # the most that a point at which the rows hold leads by, in worth times range
    unlike: Bools  # generated C has other values at the answer than NumPy: nothing that C says of such a game counts

    def snapped(self, x: Array) -> Array:
        """Put issues that are within rounding of their bounds exactly there, where no payoff or constraint notices."""
        return np.where(self.moved <= MOVES, snap(x), x)

    @property
    def doubtful(self) -> Indices:
        """The games in which a point may do better than the answer."""
        return np.flatnonzero(~(self.lead <= AHEAD))


@dataclass(frozen=True)
class Survey:
    """Ranks by a program's objective; arrays over games."""

    best: Array  # the highest among the points
    width: Array  # how far they spread among the points that have one
    own: Array  # of the answer

    def beaten(self, margin: float = 1e-10) -> Bools:
        """Say in which games some point does better: there the program is not concave, or the answer is wrong.

        Better means by more than `margin` of the range of the objective over the sampled points.
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(self.best > self.own + 1e-9 * np.abs(self.own) + margin * self.width)


def snap(x: Entry) -> Entry:
    """Put what is within rounding of 0 or 1 there."""
    return np.where(x < SNAP, 0.0, np.where(x > 1.0 - SNAP, 1.0, x))


def at(functions: Functions, parameters: Parameters, x: Array) -> Array:
    """Return all functions at unit-box points, (functions, games)."""
    with np.errstate(all="ignore"):
        values = functions(list(x), parameters)
    return np.array([np.broadcast_to(v, x.shape[1:]) for v in values], dtype=float)


def sampled(functions: Functions, parameters: Parameters, issues: int, games: int) -> Array:
    """Return all functions at points spread evenly through the box, (functions, games, points)."""
    columns = {name: value[:, None] if np.ndim(value) else value for name, value in parameters.items()}
    with np.errstate(all="ignore"):
        points = sample(issues)
        values = functions([p[None, :] for p in points], columns)
    return np.array([np.broadcast_to(v, (games, points.shape[1])) for v in values], dtype=float)


def spans(values: Array) -> Array:
    """Return the range of each function over the evenly spread points; 1 for a constant."""
    with np.errstate(invalid="ignore"):
        ranges = np.ptp(values[..., :EVEN], axis=-1)
    return np.asarray(np.where(np.isfinite(ranges) & (ranges > 0), ranges, 1.0))


def survey(program: Program, values: Array, answer: Array) -> Survey:
    """Rank sampled points of every game of a program beside its answer, by the functions' values there.

    `values` are (functions, games, points), of the answer (functions, games).
    """
    units = spans(values)
    own = score(program, answer[..., None], units)[:, 0]
    others = score(program, values, units)
    best = np.max(others, axis=1)
    with np.errstate(invalid="ignore"):
        width = np.nan_to_num(best - np.min(np.where(np.isfinite(others), others, best[:, None]), axis=1))
    return Survey(best, width, own)


@dataclass(frozen=True)
class Stakes:
    """What an answer stands on: what a unit of each payoff counts, the least asked of each function; None for nothing."""

    worth: list[Sparse]
    floors: list[Sparse]

    @staticmethod
    def of(program: Program, prices: Sequence[Entry], parties: int) -> Stakes:
        """Return the stakes of a program whose rows have these prices."""
        floors: list[Sparse] = [None] * len(program.weights)
        for r, (i, offset) in enumerate(zip(program.rows, program.offsets, strict=True)):
            d = None if program.directions is None else program.directions[r]
            floors[i] = offset if d is None else np.where(d > 0, NO_FLOOR, offset)
        counts = worth(program, prices)
        return Stakes(counts[:parties] + [None] * (len(counts) - parties), floors)

    def take(self, pick: Indices) -> Stakes:
        """Return those of the picked games."""
        return Stakes(take_all(self.worth, pick), take_all(self.floors, pick))


def glance(
    functions: Functions, parameters: Parameters, x: Array, stakes: Stakes, parties: int, own: Array | None = None
) -> Glance:
    """Look at every game with its answer `x`, (issues, games); `own` are the functions' values there, if they are known."""
    games = x.shape[1]
    if games and backends.wanted(games):
        key = ("glance", fingerprint(functions, parameters, len(x)), len(x), parties)
        text = compiled(lambda: write_glance(functions, parameters, len(x), parties), key)
        if text is not None:
            x = np.where(np.isfinite(x), x, 0.5)
            return _by_c(
                text, functions, parameters, x, stakes, parties, at(functions, parameters, x) if own is None else own
            )
    return _in_portions(functions, parameters, x, stakes, parties)


def _in_portions(functions: Functions, parameters: Parameters, x: Array, stakes: Stakes, parties: int) -> Glance:
    games, pieces = x.shape[1], []
    for first in range(0, max(games, 1), PORTION):
        pick = np.arange(first, min(first + PORTION, games))
        pieces.append(_by_numpy(functions, take_each(parameters, pick), x[:, pick], stakes.take(pick), parties))
    return Glance(*(np.concatenate(parts, axis=-1) for parts in zip(*(vars(p).values() for p in pieces), strict=True)))


def _by_numpy(functions: Functions, parameters: Parameters, x: Array, stakes: Stakes, parties: int) -> Glance:
    values = sampled(functions, parameters, *x.shape)
    units, own = spans(values), at(functions, parameters, x)
    inside = ~np.all(np.isfinite(values[:, :, :EVEN]), axis=(0, 2))
    size, ahead = np.zeros(x.shape[1]), np.zeros(values.shape[1:])
    with np.errstate(all="ignore"):
        moved = np.max(np.abs(at(functions, parameters, snap(x)) - own) / units, axis=0)
        for i, (count, floor) in enumerate(zip(stakes.worth, stakes.floors, strict=True)):
            if count is not None:
                value = np.broadcast_to(count, x.shape[1:])
                ahead = ahead + value[:, None] * (values[i] - own[i][:, None])
                size = size + np.abs(value) * units[i]
            if floor is not None:
                ahead = np.where(values[i] >= np.broadcast_to(floor, x.shape[1:])[:, None], ahead, -np.inf)
        lead = np.max(np.where(np.isnan(ahead), -np.inf, ahead), axis=1) / np.where(size > 0, size, 1.0)
    broken = inside | np.any(np.isposinf(values[:parties]), axis=(0, 2))
    return Glance(units, broken, own, moved, np.where(np.isfinite(size), lead, np.nan), np.zeros(x.shape[1], np.bool_))


def _by_c(
    text: Text, functions: Functions, parameters: Parameters, x: Array, stakes: Stakes, parties: int, truth: Array
) -> Glance:
    """Glance in C, hold its values at the answers against NumPy's, and glance in NumPy at the games where they differ.

    Fast arithmetic makes numbers of what is none, such as 0 * nan, and a model may mean something else to C than to NumPy.
    """
    counts = [0.0 if count is None else count for count in stakes.worth]
    floors = [NO_FLOOR if floor is None else floor for floor in stakes.floors]
    out, _ = call(text, [*parameters.values(), *x, *counts, *floors], x.shape[1])
    size = len(counts)
    broken, moved, lead = out[2 * size :]
    seen = Glance(out[:size], broken > 0, truth, moved, lead, _unlike(out[size : 2 * size], truth, out[:size]))
    games = np.flatnonzero(seen.unlike)
    if games.size:
        own = _in_portions(functions, take_each(parameters, games), x[:, games], stakes.take(games), parties)
        for mine, other in zip(vars(seen).values(), vars(own).values(), strict=True):
            mine[..., games] = other
        seen.unlike[games] = True
    return seen


def _unlike(values: Array, truth: Array, ranges: Array) -> Bools:
    """Say in which games C's values are not NumPy's."""
    with np.errstate(all="ignore"):
        near = np.abs(values - truth) <= LIKE * (ranges + np.abs(truth))
        same = (values == truth) | (np.isnan(values) & np.isnan(truth))
    return np.asarray(~np.all((near & np.isfinite(truth)) | same, axis=0))


def write_glance(functions: Functions, parameters: Parameters, issues: int, parties: int) -> Text:
    """Write a glance down in C.

    The inputs are the parameters, the answers, and the functions' worth and floors; the outputs are spans, values, broken,
    moved and lead.
    """
    graph, functions = Graph(), written(functions)
    known = {name: graph.leaf(f"parameter {name}") for name in parameters}
    x = [graph.leaf(f"x {j}") for j in range(issues)]
    point = [graph.leaf(f"point {j}") for j in range(issues)]
    values = [graph.number(v) for v in functions(list(point), known)]
    here = [graph.number(v) for v in functions(list(x), known)]
    there = [graph.number(v) for v in functions([snap(v) for v in x], known)]
    places = {f"parameter {name}": f"I[{i}][l]" for i, name in enumerate(parameters)}
    places |= {f"x {j}": f"I[{len(parameters) + j}][l]" for j in range(issues)}
    places |= {f"point {j}": f"P[p][{j}]" for j in range(issues)}
    size = len(values)
    loops = (
        statements(graph, places, [(f"V[{i}][l]", v) for i, v in enumerate(values)], {}),
        statements(
            graph,
            places,
            [(f"X[{i}][l]", v) for i, v in enumerate(here)] + [(f"Y[{i}][l]", v) for i, v in enumerate(there)],
            {},
        ),
    )
    inputs = len(parameters) + issues + 2 * size
    return Text(_assemble(loops, inputs, size, parties, sample(issues)), inputs, 2 * size + 3)


def _assemble(loops: tuple[str, str], inputs: int, size: int, parties: int, points: Array) -> str:
    table = ",\n".join("{" + ", ".join(literal(float(v)) for v in point) + "}" for point in points.T)
    at_point, at_answer = loops
    return f"""{PRELUDE}
#undef LANES
#define LANES 32
#define POINTS {points.shape[1]}
static const double P[POINTS][{len(points)}] = {{
{table}
}};

void run(long n, const double *const *in, const long *stride, double *const *out, long *steps, long limit)
{{
    const double inf_ = endless;
    (void)steps; (void)limit;
    for (long first = 0; first < n; first += LANES) {{
    const int lanes = n - first < LANES ? (int)(n - first) : LANES;
    double I[{inputs}][LANES], V[{size}][LANES], X[{size}][LANES], Y[{size}][LANES];
    double low[{size}][LANES], high[{size}][LANES], lead[LANES], unit[LANES], moved[LANES];
    uint64_t broken[LANES] = {{0}}, sound[{size}][LANES];
    double (*const worth)[LANES] = I + {inputs - 2 * size}, (*const floors)[LANES] = I + {inputs - size};
    for (int i = 0; i < {inputs}; i++)
        for (int l = 0; l < LANES; l++) I[i][l] = in[i][stride[i] * (l < lanes ? first + l : n - 1)];
{at_answer}
    for (int l = 0; l < LANES; l++) lead[l] = -inf_, unit[l] = 0.0, moved[l] = 0.0;
    for (int i = 0; i < {size}; i++)
        for (int l = 0; l < LANES; l++) low[i][l] = inf_, high[i][l] = -inf_, sound[i][l] = 1;
    for (int p = 0; p < POINTS; p++) {{
{at_point}
        double ahead[LANES] = {{0}};
        uint64_t missed[LANES] = {{0}};
        for (int i = 0; i < {size}; i++)
            for (int l = 0; l < LANES; l++) {{
                ahead[l] += worth[i][l] * (V[i][l] - X[i][l]);
                missed[l] |= V[i][l] < floors[i][l];
            }}
        for (int l = 0; l < LANES; l++)
            lead[l] = !missed[l] && !is_nan(ahead[l]) && ahead[l] > lead[l] ? ahead[l] : lead[l];
        for (int i = 0; i < {parties}; i++)
            for (int l = 0; l < LANES; l++) broken[l] |= is_infinite(V[i][l]);
        for (int i = 0; p < {EVEN} && i < {size}; i++)
            for (int l = 0; l < LANES; l++) {{
                const double v = V[i][l];
                sound[i][l] &= is_finite(v);
                low[i][l] = v < low[i][l] ? v : low[i][l];
                high[i][l] = v > high[i][l] ? v : high[i][l];
            }}
    }}
    for (int i = 0; i < {size}; i++)
        for (int l = 0; l < LANES; l++) {{
            const double range = high[i][l] - low[i][l];
            const double span = sound[i][l] && is_finite(range) && range > 0.0 ? range : 1.0;
            const double move = fabs(Y[i][l] - X[i][l]) / span;
            broken[l] |= !sound[i][l];
            unit[l] += fabs(worth[i][l]) * span;
            moved[l] = is_nan(move) || move > moved[l] ? move : moved[l];
            low[i][l] = span;
        }}
    for (int i = 0; i < {size}; i++)
        for (int l = 0; l < lanes; l++) out[i][first + l] = low[i][l], out[{size} + i][first + l] = X[i][l];
    for (int l = 0; l < lanes; l++) {{
        out[{2 * size}][first + l] = (double)broken[l];
        out[{2 * size + 1}][first + l] = moved[l];
        out[{2 * size + 2}][first + l] = is_finite(unit[l]) ? lead[l] / (unit[l] > 0.0 ? unit[l] : 1.0) : endless - endless;
    }}
    }}
}}
"""
