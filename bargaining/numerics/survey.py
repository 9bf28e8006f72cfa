"""What points spread through the box say of every game: ranges, functions without numbers, and answers that are beaten.

The same arithmetic runs in NumPy, where all points of a portion of games are held at once, and in C, where each game's
points are gone through in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bargaining._types import Array, Bools, Entry
from bargaining.numerics import backends
from bargaining.numerics.batches import EVEN, rank, sample, score
from bargaining.numerics.c_source import PRELUDE, SHARE, literal, statements
from bargaining.numerics.kernel import Functions, Parameters, Program, largest, take_each
from bargaining.numerics.native import Text, call, compiled, fingerprint, flatten, rebuild, structure
from bargaining.numerics.tracing import Graph

SNAP = 1e-9  # an issue this near its bound is put there, if no function moves by more than MOVES of its range
MOVES = 1e-11
NONE = np.arange(0)
PORTION = 1024  # games sampled at a time in NumPy: each has many points


@dataclass(frozen=True)
class Survey:
    """Arrays over games on the last axis; `own`, `best` and `width` rank points by a program's objective."""

    spans: Array  # (functions, games): each function's range over the evenly spread points; 1 for a constant
    broken: Bools  # a function has no finite value inside the box, or a payoff is infinite at a corner
    best: Array  # the highest rank among the points
    width: Array  # how far ranks spread among the points that have one
    own: Array  # the rank of the answer
    values: Array  # (functions, games): at the answer
    moved: Array  # the most that a function moves, in its range, if issues next to their bounds are put there

    def beaten(self, margin: float = 1e-10) -> Bools:
        """Say in which games some point does better: there the program is not concave, or the answer is wrong.

        Better means by more than `margin` of the range of the objective over the sampled points.
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(self.best > self.own + 1e-9 * np.abs(self.own) + margin * self.width)

    def snapped(self, x: Array) -> Array:
        """Put issues that are within rounding of their bounds exactly there, where no payoff or constraint notices."""
        return np.where(self.moved <= MOVES, snap(x), x)


def snap(x: Entry) -> Entry:
    """Put what is within rounding of 0 or 1 there."""
    return np.where(x < SNAP, 0.0, np.where(x > 1.0 - SNAP, 1.0, x))


def survey(program: Program, functions: Functions, parameters: Parameters, x: Array, parties: int) -> Survey:
    """Look at every game of a program with its answer `x`, (issues, games)."""
    games = x.shape[1]
    if games and backends.wanted(games):
        key = ("survey", structure(program), fingerprint(functions, parameters, len(x)), len(x), parties)
        text = compiled(lambda: write_survey(program, functions, parameters, len(x), parties), key)
        if text is not None:
            return _by_c(text, program, parameters, x)
    pieces = [_in_numpy(program.take(NONE), functions, take_each(parameters, NONE), x[:, NONE], parties)]
    for first in range(0, games, PORTION):
        pick = np.arange(first, min(first + PORTION, games))
        pieces.append(_in_numpy(program.take(pick), functions, take_each(parameters, pick), x[:, pick], parties))
    return Survey(*(np.concatenate(parts, axis=-1) for parts in zip(*(vars(p).values() for p in pieces), strict=True)))


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


def _in_numpy(program: Program, functions: Functions, parameters: Parameters, x: Array, parties: int) -> Survey:
    games = x.shape[1]
    values = sampled(functions, parameters, len(x), games)
    units = spans(values)
    own_values = at(functions, parameters, x)
    own, others = score(program, own_values[..., None], units)[:, 0], score(program, values, units)
    best = np.max(others, axis=1)
    inside = ~np.all(np.isfinite(values[:, :, :EVEN]), axis=(0, 2))
    with np.errstate(invalid="ignore"):
        width = np.nan_to_num(best - np.min(np.where(np.isfinite(others), others, best[:, None]), axis=1))
        moved = np.max(np.abs(at(functions, parameters, snap(x)) - own_values) / units, axis=0)
    broken = inside | np.any(np.isposinf(values[:parties]), axis=(0, 2))
    return Survey(units, broken, best, width, own, own_values, moved)


def _by_c(text: Text, program: Program, parameters: Parameters, x: Array) -> Survey:
    entries = [entry for entry in flatten(program) if isinstance(entry, np.ndarray)]
    out, _ = call(text, [*entries, *parameters.values(), *x], x.shape[1])
    functions = (len(out) - 5) // 2
    broken, best, width, own, moved = out[2 * functions :]
    return Survey(out[:functions], broken > 0, best, width, own, out[functions : 2 * functions], moved)


def write_survey(program: Program, functions: Functions, parameters: Parameters, issues: int, parties: int) -> Text:
    """Write the survey of a program down in C.

    The inputs are the entries of `program` that are arrays, the parameters, and the answers; the outputs are spans, values,
    broken, best, width, own and moved.
    """
    graph = Graph()
    places: dict[str, str] = {}
    for i, entry in enumerate(flatten(program)):
        if isinstance(entry, np.ndarray):
            places[f"program {i}"] = f"I[{len(places)}][l]"
    for name in parameters:
        places[f"parameter {name}"] = f"I[{len(places)}][l]"
    for j in range(issues):
        places[f"{SHARE}x {j}"] = f"I[{len(places)}][l]"
    inputs = len(places)
    known = {name: graph.leaf(f"parameter {name}") for name in parameters}
    asked = rebuild(
        program,
        [graph.leaf(f"program {i}") if isinstance(e, np.ndarray) else e for i, e in enumerate(flatten(program))],
    )
    places |= {f"{SHARE}point {j}": f"P[p][{j}]" for j in range(issues)}
    point = [graph.leaf(f"{SHARE}point {j}") for j in range(issues)]
    x = [graph.leaf(f"{SHARE}x {j}") for j in range(issues)]
    values = functions(list(point), known)
    size = len(values)
    places |= {f"value {i}": f"V[{i}][p][l]" for i in range(size)}
    places |= {f"unit {i}": f"U[{i}][l]" for i in range(size)}
    at_point = [graph.leaf(f"value {i}") for i in range(size)]
    units = [graph.leaf(f"unit {i}") for i in range(size)]
    here, there = functions(list(x), known), functions([snap(v) for v in x], known)
    own = [graph.number(v) for v in here]
    away = [np.abs(t - h) / u for t, h, u in zip(there, here, units, strict=True)]
    number = graph.number
    loops = {
        "VALUES": statements(graph, places, [(f"V[{i}][p][l]", number(v)) for i, v in enumerate(values)], {}),
        "RANKS": statements(graph, places, [("R[p][l]", number(rank(asked, at_point, units)))], {}),
        "OWN": statements(
            graph,
            places,
            [(f"out[{size + i}][first + l]", v) for i, v in enumerate(own)]
            + [(f"out[{2 * size + 3}][first + l]", number(rank(asked, list(here), units)))]
            + [(f"out[{2 * size + 4}][first + l]", number(largest(away)))],
            {},
        ),
    }
    return Text(_assemble(loops, inputs, size, parties, sample(issues)), inputs, 2 * size + 5)


def _assemble(loops: dict[str, str], inputs: int, size: int, parties: int, points: Array) -> str:
    table = ",\n".join("{" + ", ".join(literal(float(v)) for v in point) + "}" for point in points.T)
    own = loops["OWN"].replace("l < LANES", "l < lanes")
    return f"""{PRELUDE}
#define POINTS {points.shape[1]}
static const double P[POINTS][{len(points)}] = {{
{table}
}};

void run(long n, const double *const *in, const long *stride, double *const *out, long *steps, long limit)
{{
    const double inf_ = endless;
    double I[{inputs}][LANES] __attribute__((aligned(64)));
    double V[{size}][POINTS][LANES] __attribute__((aligned(64)));
    double R[POINTS][LANES] __attribute__((aligned(64)));
    double U[{size}][LANES] __attribute__((aligned(64)));
    (void)steps; (void)limit;
    for (long first = 0; first < n; first += LANES) {{
    const int lanes = n - first < LANES ? (int)(n - first) : LANES;
    for (int i = 0; i < {inputs}; i++)
        for (int l = 0; l < LANES; l++) I[i][l] = in[i][stride[i] * (l < lanes ? first + l : n - 1)];
    for (int p = 0; p < POINTS; p++)
{loops["VALUES"]}
    uint64_t broken[LANES] = {{0}};
    for (int i = 0; i < {size}; i++) {{
        double low[LANES], high[LANES];
        uint64_t unsound[LANES] = {{0}};
        for (int l = 0; l < LANES; l++) low[l] = high[l] = V[i][0][l];
        for (int p = 0; p < {EVEN}; p++)
            for (int l = 0; l < LANES; l++) {{
                const double v = V[i][p][l];
                unsound[l] |= !is_finite(v);
                low[l] = v < low[l] ? v : low[l];
                high[l] = v > high[l] ? v : high[l];
            }}
        for (int p = {EVEN}; i < {parties} && p < POINTS; p++)
            for (int l = 0; l < LANES; l++) broken[l] |= is_infinite(V[i][p][l]);
        for (int l = 0; l < LANES; l++) {{
            const double span = high[l] - low[l];
            broken[l] |= unsound[l];
            U[i][l] = !unsound[l] && is_finite(span) && span > 0.0 ? span : 1.0;
        }}
    }}
    for (int p = 0; p < POINTS; p++)
{loops["RANKS"]}
    double best[LANES], least[LANES];
    for (int l = 0; l < LANES; l++) best[l] = -inf_, least[l] = inf_;
    for (int p = 0; p < POINTS; p++)
        for (int l = 0; l < LANES; l++) {{
            const double r = R[p][l];
            best[l] = r > best[l] ? r : best[l];
            least[l] = is_finite(r) && r < least[l] ? r : least[l];
        }}
    for (int l = 0; l < lanes; l++) {{
        for (int i = 0; i < {size}; i++) out[i][first + l] = U[i][l];
        out[{2 * size}][first + l] = (double)broken[l];
        out[{2 * size + 1}][first + l] = best[l];
        out[{2 * size + 2}][first + l] = is_finite(best[l]) && is_finite(least[l]) ? best[l] - least[l] : 0.0;
    }}
{own}
    }}
}}
"""
