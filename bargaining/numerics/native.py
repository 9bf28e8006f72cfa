"""The kernel in C: its own text, run once on symbols together with the user's functions, compiled, and called.

One translation unit holds one method (`kernel` or `offers`), one structure of program and one set of functions. It works
on LANES games at a time: a first point, what does not change from step to step, and then steps until every lane has met
the tolerance or the limit; a lane is written down when it first converges, so that its company does not matter.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from bargaining._types import Array, Indices
from bargaining.numerics import backends
from bargaining.numerics.c_source import PRELUDE, statements
from bargaining.numerics.compiler import NoCompiler, library
from bargaining.numerics.jets import plain
from bargaining.numerics.kernel import Functions, Parameters
from bargaining.numerics.offers import OffersProgram
from bargaining.numerics.tracing import TRUTHS, Graph, Symbol, Untraceable

MU, TOLERANCE = "mu", "tolerance"
PROBES = 24
"""Points at which functions are compared with what they were."""
PIECE = 1024
"""Games that a thread takes at a time: few enough that no thread is left with much work at the end."""


def flatten(entry: Any) -> list[Any]:
    """Return the entries of a program or state that are not zero by structure, in a fixed order."""
    if entry is None:
        return []
    if is_dataclass(entry):
        return [leaf for field in fields(entry) for leaf in flatten(getattr(entry, field.name))]
    if isinstance(entry, list | tuple):
        return [leaf for part in entry for leaf in flatten(part)]
    return [] if isinstance(entry, int) and not isinstance(entry, bool) else [entry]


def rebuild(template: Any, leaves: list[Any]) -> Any:
    """Return a program or state of the same structure whose entries are taken, in order, from `leaves`."""
    if template is None:
        return None
    if is_dataclass(template) and not isinstance(template, type):
        changes = {field.name: rebuild(getattr(template, field.name), leaves) for field in fields(template)}
        return replace(template, **changes)
    if isinstance(template, list | tuple):
        return type(template)([rebuild(part, leaves) for part in template])
    return template if isinstance(template, int) and not isinstance(template, bool) else leaves.pop(0)


@dataclass(frozen=True)
class Text:
    """C text with one function, and how many numbers it reads and writes a game."""

    source: str
    inputs: int
    outputs: int


def structure(entry: Any) -> Any:
    """Return what a text depends on in a program: which entries are arrays, constants, or zero."""
    if isinstance(entry, np.ndarray):
        return "array"
    if is_dataclass(entry):
        return (type(entry).__name__, *(structure(getattr(entry, field.name)) for field in fields(entry)))
    return tuple(structure(part) for part in entry) if isinstance(entry, list | tuple) else entry


def call(text: Text, inputs: Sequence[Any], games: int, limit: int = 0) -> tuple[Array, Indices]:
    """Run a text on arrays with an entry a game, or one for all; return its outputs, (outputs, games), and steps."""
    kept, sources, strides = _laid_out(inputs, games)
    lengths = (ctypes.c_long * len(strides))(*(stride // 8 for stride in strides))
    steps = np.zeros(games, np.int64)
    out = np.empty((text.outputs, games))
    results, ages = _address(out), _address(steps)
    run = library(text.source).run

    def piece(first: int, last: int) -> None:
        reads = [source + first * stride for source, stride in zip(sources, strides, strict=True)]
        writes = range(results + 8 * first, results + 8 * games * len(out), 8 * games)
        run(
            ctypes.c_long(last - first), (ctypes.c_void_p * len(reads))(*reads), lengths,
            (ctypes.c_void_p * len(writes))(*writes), ctypes.c_void_p(ages + 8 * first), ctypes.c_long(limit),
        )  # fmt: skip

    threads = backends.threads()
    if threads == 1 or games <= PIECE:
        piece(0, games)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda first: piece(first, min(first + PIECE, games)), range(0, games, PIECE)))
    del kept  # until here the addresses are of these
    return out, steps


def _laid_out(inputs: Sequence[Any], games: int) -> tuple[list[Array], list[int], list[int]]:
    """Return arrays that hold the inputs, and where each begins and how many bytes its entries are apart."""
    if games == 1:  # one array of all numbers, whose address is asked for once
        packed = np.array([np.asarray(entry).item() for entry in inputs], dtype=float)
        first = _address(packed)
        return [packed], list(range(first, first + packed.nbytes, 8)), [0] * len(inputs)
    flat = [np.ascontiguousarray(entry, dtype=float) for entry in inputs]
    return flat, [_address(entry) for entry in flat], [8 * (entry.size > 1) for entry in flat]


def _address(array: Array | Indices) -> int:
    """Return where an array's numbers are; its attribute `ctypes` says the same, ten times as slowly."""
    return int(array.__array_interface__["data"][0])


def fingerprint(functions: Functions, parameters: Parameters, issues: int) -> Hashable:
    """Return functions as a key, with their values at some points, since what they refer to may change.

    They are asked once a solve.
    """
    key = id(functions), tuple(parameters), issues  # what is found keeps the functions, so that the number stays theirs
    return backends.once(key, lambda: (functions, _asked(functions, parameters, issues)))[1]


def _asked(functions: Functions, parameters: Parameters, issues: int) -> Hashable:
    """Return functions with their values at PROBES points.

    Parameters are of sizes from 0.01 to 1000 there. Functions that have no values there have no key.
    """
    shares, sizes = _probes(issues, len(parameters))
    try:
        with np.errstate(all="ignore"):
            asked = functions(list(shares), dict(zip(parameters, sizes, strict=True)))
            values = [np.broadcast_to(value, (PROBES,)) for value in asked]
    except Exception:  # such as a check of the user's own: they are written down anew every time
        return functions, []
    return functions, np.asarray(values, dtype=float).tobytes(), tuple(parameters)


@cache
def _probes(issues: int, parameters: int) -> tuple[Array, Array]:
    """Return points to ask functions at: issues between 0 and 1, and parameters."""
    ways = np.arange(1, issues + parameters + 1)[:, None] * 0.6180339887
    shares = np.asarray(0.02 + 0.96 * ((0.5 + ways * np.arange(1, PROBES + 1)) % 1.0))
    return shares[:issues], shares[issues:] * 10.0 ** (np.arange(PROBES) % 6 - 2.0)


def written(functions: Functions) -> Functions:
    """Return functions whose every trouble with symbols says that they cannot be written down: NumPy has the last word.

    The graph learns that their variables lie between 0 and 1.
    """

    def asked(x: list[Any], parameters: Parameters) -> list[Any]:
        for share in map(plain, x):
            if isinstance(share, Symbol):
                share.graph.shares.add(share.index)
        try:
            return functions(x, parameters)
        except Untraceable:
            raise
        except Exception as error:  # whatever code that is not ours may raise
            raise Untraceable(f"a utility or constraint ({type(error).__name__}: {error})") from error

    return asked


def compiled(write: Callable[[], Text], key: Hashable) -> Text | None:
    """Return a text that is compiled and can be called; None, with a notice, where that cannot be."""
    try:
        return _written[key]
    except TypeError:  # a function without a hash is written down every time
        return _attempt(write)
    except KeyError:
        text = _attempt(write)
    with _changing:
        if len(_written) >= MOST:
            _written.pop(next(iter(_written)))
        _written[key] = text
    return text


LONGEST = 400_000
"""Characters of a text: compilers take minutes for longer ones, such as those of a hundred constraints."""

MOST = 256
_changing = Lock()
_written: dict[Hashable, Text | None] = {}


def _attempt(write: Callable[[], Text]) -> Text | None:
    try:
        text = write()
        if len(text.source) > LONGEST:
            raise Untraceable(f"a program of so many operations ({len(text.source) // 1000} thousand characters)")
        library(text.source)
    except Untraceable as error:
        backends.notice(f"{error} cannot be written in C")
        return None
    except NoCompiler as error:
        backends.notice(str(error))
        return None
    return text


def stream_text(
    method: ModuleType, program: Any, functions: Functions, parameters: Parameters, variables: int
) -> Text | None:
    """Return a method's stream of these functions in C, ready to be called; None where that cannot be."""
    issues = variables // 2 if isinstance(program, OffersProgram) else variables
    key = ("stream", method.__name__, structure(program), fingerprint(functions, parameters, issues), variables)
    return compiled(lambda: write_stream(method, program, functions, parameters, variables), key)


def run_stream(
    text: Text, program: Any, parameters: Parameters, seeds: Array, mu: float, tol: float, limit: int
) -> tuple[Array, Indices]:
    """Run a stream; return its outputs (see `write_stream`), (outputs, games), and steps."""
    entries = [entry for entry in flatten(program) if isinstance(entry, np.ndarray)]
    return call(text, [*entries, *parameters.values(), *seeds, mu, tol], seeds.shape[1], limit)


def write_stream(method: ModuleType, program: Any, functions: Functions, parameters: Parameters, variables: int) -> Text:
    """Write a method's stream of these functions down in C.

    The inputs are the entries of `program` that are arrays, the parameters, the first points, `mu` and the tolerance, in
    this order; the outputs are the final points, the prices of the rows, and the residual.
    """
    first, functions = Graph(), written(functions)
    places: dict[str, str] = {}

    def read(name: str) -> Symbol:
        places[name] = f"I[{len(places)}][l]"
        return first.leaf(name)

    entries = flatten(program)
    asked = rebuild(program, [read(f"program {i}") if isinstance(e, np.ndarray) else e for i, e in enumerate(entries)])
    known = {name: read(f"parameter {name}") for name in parameters}
    seeds = [read(f"x {j}") for j in range(variables)]
    normal, state = method.start(asked, functions, known, seeds, read(MU))
    read(TOLERANCE)

    kept: list[tuple[str, int]] = []
    again = Graph()

    def carry(entry: Any, name: str, always: bool) -> Any:
        """Return what the step sees of an entry of the start: a leaf, or the constant that it is."""
        number = first.number(entry)
        constant = first.constant(number)
        if constant is not None and not always:
            return constant
        place = f"S[{len(kept)}][l]"
        kept.append((place, number))
        places[name] = place
        return again.leaf(name)

    fixed = {id(entry) for entry in flatten(state.scale)}
    rules = rebuild(normal, [carry(entry, f"rule {i}", False) for i, entry in enumerate(flatten(normal))])
    was = flatten(state)
    moving = [id(entry) not in fixed for entry in was]
    now = [carry(entry, f"state {i}", move) for i, (entry, move) in enumerate(zip(was, moving, strict=True))]
    at = {name: again.leaf(f"parameter {name}") for name in parameters}
    here = rebuild(state, list(now))
    accept, new, old = method.trial(rules, functions, at, here, again.leaf(TOLERANCE))
    after = [n if accept is True else np.where(accept, n, o) for n, o in zip(flatten(new), flatten(old), strict=True)]
    done = rebuild(state, list(after))
    prices = [m / s * p for m, s, p in zip(done.lam, done.scale, rules.prices, strict=True)]
    results = [*done.y[: len(done.low)], *prices, done.residual]
    writes = [
        (places[f"state {i}"], again.number(e)) for i, (e, move) in enumerate(zip(after, moving, strict=True)) if move
    ]
    reports = [(f"O[{i}][l]", again.number(entry)) for i, entry in enumerate(results)]
    still, hoisted = _hoist(again, [number for _, number in writes + reports])
    source = _assemble(
        statements(first, places, kept, {}),
        statements(again, places, [(f"H[{i}][l]", number) for i, number in enumerate(still)], {}),
        statements(again, places, reports + writes, hoisted),
        (sum(place.startswith("I[") for place in places.values()), len(kept), len(still), len(results)),
    )
    return Text(source, sum(place.startswith("I[") for place in places.values()), len(results))


def _hoist(graph: Graph, outputs: list[int]) -> tuple[list[int], dict[int, str]]:
    """Return the operations that do not change from step to step but are used by some that do, and their places."""
    varies: dict[int, bool] = {}
    needed = graph.needed(outputs)
    for index in needed:
        name, operands = graph.operations[index]
        if name == "leaf":
            varies[index] = str(operands[0]).startswith("state ")
        else:
            varies[index] = any(varies[i] for i in graph.operands(index))
    used = {i for index in needed if varies[index] for i in graph.operands(index)} | set(outputs)
    plain = ("leaf", "constant", "truth")
    still = [i for i in sorted(used) if not varies[i] and graph.operations[i][0] not in plain]
    truths = [graph.operations[number][0] in TRUTHS for number in still]  # kept as numbers, which `&` would refuse
    return still, {
        n: f"(H[{i}][l] != 0.0)" if t else f"H[{i}][l]" for i, (n, t) in enumerate(zip(still, truths, strict=True))
    }


def _assemble(start: str, hoist: str, step: str, sizes: tuple[int, int, int, int]) -> str:
    inputs, kept, still, outputs = sizes
    return f"""{PRELUDE}
void run(long n, const double *const *in, const long *stride, double *const *out, long *steps, long limit)
{{
    const double inf_ = endless;
    double I[{inputs}][LANES] __attribute__((aligned(64)));
    double S[{kept}][LANES] __attribute__((aligned(64)));
    double H[{max(still, 1)}][LANES] __attribute__((aligned(64)));
    double O[{outputs}][LANES] __attribute__((aligned(64)));
    (void)inf_;
    for (long first = 0; first < n; first += LANES) {{
    int open = n - first < LANES ? (int)(n - first) : LANES;
    uint64_t busy[LANES];
    for (int l = 0; l < LANES; l++) busy[l] = l < open;
    for (int i = 0; i < {inputs}; i++)
        for (int l = 0; l < LANES; l++) I[i][l] = in[i][stride[i] * (l < n - first ? first + l : n - 1)];
{start}{hoist}
    for (long age = 1; age <= limit && open; age++) {{
{step}
    uint64_t lost[LANES] = {{0}}, due[LANES], some = 0;
    for (int i = 0; i < {outputs}; i++)
        for (int l = 0; l < LANES; l++) lost[l] |= is_nan(O[i][l]);  /* a lane that is lost stays so */
    for (int l = 0; l < LANES; l++) {{
        due[l] = busy[l] & (lost[l] | (age == limit) | (O[{outputs - 1}][l] <= I[{inputs - 1}][l]));
        some |= due[l];
    }}
    if (!some) continue;
    for (int l = 0; l < LANES; l++) {{
        if (!due[l]) continue;
        if (lost[l]) O[{outputs - 1}][l] = endless;
        for (int i = 0; i < {outputs}; i++) out[i][first + l] = O[i][l];
        steps[first + l] = age;
        busy[l] = 0;
        open--;
    }}
    }}
    }}
}}
"""
