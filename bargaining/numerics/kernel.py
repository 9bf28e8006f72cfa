"""The kernel: a primal-dual interior point that solves one concave program a game, for a batch of games at once.

Three programs over issues scaled to the unit box, y = (x[, t]), with functions F = payoffs, then constraints:

    nash       max  sum_i a_i log(F_i - o_i)      s.t.  constraints >= 0     (a_i = 0: only F_i >= o_i)
    reach      max  t                             s.t.  F_i - o_i >= t dir_i,  constraints >= 0
    support    max  sum_i w_i F_i                 s.t.  F_i >= o_i if there is a floor,  constraints >= 0

All share one form. Row r asks c_r(y) = (F_i - o_i) / scale_i - t dir_i >= 0 and has a slack s_r and a multiplier lam_r with
lam_r s_r = target_r, where the target of a Nash row is its weight a_i and that of any other row is the barrier mu -> 0.
A Nash term is thus a row that never closes, and an infeasible start, a corner or payoffs of unlike magnitude are no
special cases. Newton steps on the perturbed optimality conditions follow Nocedal and Wright, Numerical Optimization,
2nd ed. 2006, chapter 19: slacks eliminated, step lengths apart for primal and dual, an exact-penalty merit function.

`start` and `trial` are straight-line: elementwise arithmetic on lists with one entry a game, choices by `where`, no
branch on the value of any game. `None` stands for an entry that is zero by structure. The same text runs on arrays and,
with symbols in their place, is written down as a program in C (see `native`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bargaining._types import Bools, Entry, Pick, Sparse
from bargaining.numerics.jets import Jet, as_jet, variable

Parameters = dict[str, Entry]
Functions = Callable[[list[Any], Parameters], list[Any]]
"""(unit-box coordinates, parameters) -> payoffs, then constraints: jets for jets, arrays for arrays."""

MU_START = 0.1
SHRINK = 0.3
TO_BOUNDARY = 0.995
MAX_REJECTIONS = 6
PIVOT = 1e-15  # of its diagonal: a smaller pivot is rounding; a larger one is curvature, even beside a stiff row's 1e13
SETTLE = 0.1
NOISE = 16 * np.finfo(float).eps
LOG_GROUP = 8  # as many factors, each above 1e-16 or so, multiply without underflow


@dataclass(frozen=True)
class Program:
    """What is asked of each game; entries are arrays of shape (games,) or None.

    `weights` has an entry a function and is the linear objective; `rows` are the functions that must not fall below
    `offsets`; `directions` (an entry a row) is present if t is a variable; `targets` (an entry a row) holds the Nash
    weights, None for a plain constraint.
    """

    weights: list[Sparse]
    rows: list[int]
    offsets: list[Entry]
    directions: list[Sparse] | None
    targets: list[Sparse]
    price: Entry = 1.0

    @property
    def prices(self) -> list[Entry]:
        """What turns each row's multiplier, divided by its scale, into the user's units."""
        return [self.price] * len(self.rows)

    def take(self, pick: Pick) -> Program:
        """Return the program of the picked games."""
        return replace(
            self,
            weights=take_all(self.weights, pick),
            offsets=take_all(self.offsets, pick),
            directions=None if self.directions is None else take_all(self.directions, pick),
            targets=take_all(self.targets, pick),
            price=take(self.price, pick),
        )


@dataclass(frozen=True)
class State:
    """An accepted iterate of each game, the step from it and what the acceptance test must remember."""

    y: list[Entry]
    slack: list[Entry]
    lam: list[Entry]
    low: list[Entry]  # multipliers of x >= 0
    high: list[Entry]  # multipliers of x <= 1
    dy: list[Entry]
    dslack: list[Entry]
    dlam: list[Entry]
    dlow: list[Entry]
    dhigh: list[Entry]
    scale: list[Entry]  # one a row
    scalars: list[Entry]  # mu, nu, primal step, dual step, barrier error, merit parts (4), rejections
    residual: Entry  # the scaled optimality error at mu = 0

    def take(self, pick: Pick) -> State:
        """Return the state of the picked games."""
        return State(**pick_fields(vars(self), pick))


def take(entry: Entry, pick: Pick) -> Entry:
    """Pick games from an entry; what is the same for all games stays as it is."""
    return entry[pick] if isinstance(entry, np.ndarray) and entry.ndim else entry


def take_all(entries: Sequence[Sparse], pick: Pick) -> list[Sparse]:
    """Pick games from every entry of a list."""
    return [take(entry, pick) for entry in entries]


def pick_fields(fields: dict[str, Any], pick: Pick) -> dict[str, Any]:
    """Pick games from fields that are entries or lists of entries."""
    return {n: take_all(v, pick) if isinstance(v, list) else take(v, pick) for n, v in fields.items()}


def take_each(parameters: Parameters, pick: Pick) -> Parameters:
    """Pick games from every parameter."""
    return {name: take(value, pick) for name, value in parameters.items()}


def worth(program: Program, prices: Sequence[Entry]) -> list[Sparse]:
    """Return what a unit of each function counts in the Lagrangian: its weight, and the prices of its rows."""
    counts = list(program.weights)
    for i, price in zip(program.rows, prices, strict=True):
        counts[i] = plus(counts[i], price)
    return counts


def plus(a: Sparse, b: Sparse) -> Sparse:
    """Add, with None for zero."""
    return b if a is None else a if b is None else a + b


def minus(a: Sparse, b: Sparse) -> Sparse:
    """Subtract, with None for zero."""
    return a if b is None else -b if a is None else a - b


def times(a: Sparse, b: Sparse) -> Sparse:
    """Multiply, with None for zero."""
    return None if a is None or b is None else a * b


def total(entries: Iterable[Sparse]) -> Sparse:
    """Sum, with None for zero."""
    result: Sparse = None
    for entry in entries:
        result = plus(result, entry)
    return result


def dot(a: Sequence[Sparse], b: Sequence[Sparse]) -> Sparse:
    """Return the inner product, with None for zero."""
    return total(times(p, q) for p, q in zip(a, b, strict=True))


def largest(entries: Sequence[Entry]) -> Entry:
    """Return the elementwise maximum of at least one entry."""
    result = entries[0]
    for entry in entries[1:]:
        result = np.maximum(result, entry)
    return result


def smallest(entries: Sequence[Entry]) -> Entry:
    """Return the elementwise minimum of at least one entry."""
    result = entries[0]
    for entry in entries[1:]:
        result = np.minimum(result, entry)
    return result


def log_product(factors: Sequence[Entry]) -> Entry:
    """Return the sum of logarithms, by few calls of log."""
    result: Entry = 0.0
    for first in range(0, len(factors), LOG_GROUP):
        product = factors[first]
        for factor in factors[first + 1 : first + LOG_GROUP]:
            product = product * factor
        result = result + np.log(product)
    return result


def steepness(jet: Jet) -> Entry:
    """Return how much a function moves across the box, from its derivatives at a point; 1 for a constant."""
    sizes = [np.abs(g) for g in jet.gradient.values()] + [0.5 * np.abs(h) for h in jet.hessian.values()]
    if not sizes:
        return 1.0
    size = largest(sizes)
    return np.where((size > 0) & np.isfinite(size), size, 1.0)


def normalise(program: Program, jets: list[Jet]) -> tuple[Program, list[Entry]]:
    """Put rows, directions and the linear objective in units of each function's own steepness at the start.

    The returned program's `price` turns its multipliers, divided by their row's scale, into the user's units.
    """
    steep = [steepness(jet) for jet in jets]
    scale = [steep[i] for i in program.rows]
    if program.directions is None:
        size = total([times(w, s) for w, s in zip(program.weights, steep, strict=True)])
        if size is None:
            return program, scale
        return replace(program, weights=[times(w, 1.0 / size) for w in program.weights], price=size), scale
    unit = largest([d / s for d, s in zip(program.directions, scale, strict=True) if d is not None])
    directions = [None if d is None else d / s / unit for d, s in zip(program.directions, scale, strict=True)]
    return replace(program, directions=directions, price=1.0 / unit), scale


def differentiate(functions: Functions, x: list[Entry], parameters: Parameters) -> list[Jet]:
    """Evaluate the functions with derivatives in the unit-box coordinates."""
    return [as_jet(f) for f in functions([variable(j, v) for j, v in enumerate(x)], parameters)]


def start(
    program: Program, functions: Functions, parameters: Parameters, x: list[Entry], mu: float = MU_START
) -> tuple[Program, State]:
    """Normalise a program at the unit-box point `x` and return it with a first state; its first step has length zero."""
    jets = differentiate(functions, x, parameters)
    program, scale = normalise(program, jets)
    margin = [(jets[i].value - o) / s for i, o, s in zip(program.rows, program.offsets, scale, strict=True)]
    y = list(x)
    if program.directions is not None:
        reach = [np.where(d > 0, c / np.where(d > 0, d, 1.0), np.inf) for c, d in _rays(margin, program.directions)]
        t = smallest(reach) - 0.1
        y.append(t)
        margin = [c if d is None else c - t * d for c, d in zip(margin, program.directions, strict=True)]
    one = np.ones_like(x[0])
    slack = [np.maximum(c, 0.1) * one for c in margin]
    lam = [target / s for target, s in zip(_targets(program, mu), slack, strict=True)]
    still = [0.0 * one] * len(y)
    calm = [0.0 * one] * len(slack)
    low, high = [mu / v for v in x], [mu / (1.0 - v) for v in x]
    scalars = [mu * one, one, 0.0 * one, 0.0 * one, np.inf * one, np.inf * one] + [0.0 * one] * 4
    return program, State(
        y, slack, lam, low, high, still, calm, calm, still[: len(x)], still[: len(x)], scale, scalars, np.inf * one
    )


def _rays(margin: list[Entry], directions: list[Sparse]) -> list[tuple[Entry, Entry]]:
    return [(c, d) for c, d in zip(margin, directions, strict=True) if d is not None]


def _targets(program: Program, mu: Entry) -> list[Entry]:
    return [mu if a is None else np.maximum(a, mu) for a in program.targets]


def condense(
    jets: list[Jet],
    curvature: list[Sparse],
    jacobian: list[list[Sparse]],
    stiffness: list[Entry],
    size: int,
) -> tuple[list[list[Sparse]], list[Sparse]]:
    """Return the lower triangle of sum_r stiffness_r J_r' J_r - sum_i curvature_i H_i, and the diagonal of the latter."""
    matrix: list[list[Sparse]] = [[None] * (j + 1) for j in range(size)]
    for jet, weight in zip(jets, curvature, strict=True):
        if weight is not None:
            for (i, j), entry in jet.hessian.items():
                matrix[j][i] = minus(matrix[j][i], weight * entry)
    bend = [matrix[j][j] for j in range(size)]
    for row, weight in zip(jacobian, stiffness, strict=True):
        for j in range(size):
            if row[j] is not None:
                scaled = weight * row[j]
                for i in range(j + 1):
                    matrix[j][i] = plus(matrix[j][i], times(scaled, row[i]))
    return matrix, bend


def factor(matrix: list[list[Sparse]]) -> list[list[Sparse]]:
    """Return the unrolled LDL' factors (D on the diagonal), with pivots bent to positive where a game is not concave."""
    size = len(matrix)
    low: list[list[Sparse]] = [list(row) for row in matrix]
    for j in range(size):
        scaled = [times(low[j][p], low[p][p]) for p in range(j)]
        pivot = minus(low[j][j], dot(scaled, low[j][:j]))
        low[j][j] = np.maximum(np.abs(pivot), PIVOT * np.abs(matrix[j][j]))
        for i in range(j + 1, size):
            entry = minus(low[i][j], dot(scaled, low[i][:j]))
            low[i][j] = None if entry is None else entry / low[j][j]
    return low


def back_solve(low: list[list[Sparse]], right: Sequence[Sparse]) -> list[Entry]:
    """Solve L D L' z = right with the factors of `factor`."""
    size = len(low)
    z = list(right)
    for j in range(size):
        z[j] = minus(z[j], dot(low[j][:j], z[:j]))
    z = [None if z[j] is None else z[j] / low[j][j] for j in range(size)]
    for j in reversed(range(size)):
        z[j] = minus(z[j], dot([low[i][j] for i in range(j + 1, size)], z[j + 1 :]))
    return [0.0 if entry is None else entry for entry in z]


def longest_step(
    values: Sequence[Entry], steps: Sequence[Entry], falls: Sequence[Entry] = (), by: Sequence[Entry] = ()
) -> Entry:
    """Return the longest step t in (0, 1] that keeps `values + t steps` and `falls - t by` positive, short by a hair."""
    fastest = -smallest([d / v for v, d in zip(values, steps, strict=True)])
    for v, d in zip(falls, by, strict=True):
        fastest = np.maximum(fastest, d / v)
    return TO_BOUNDARY / np.maximum(fastest, TO_BOUNDARY)


def settle(slack: list[Entry], margin: list[Entry]) -> list[Entry]:
    """Put each slack on its row where the row holds with some room.

    Raising a slack is free. Lowering one removes the error that a concave row makes in its own linear model, which would
    otherwise shorten every step towards a corner of infinite slope; a row much below its slack keeps the slack.
    """
    return [np.where(c > SETTLE * s, c, s) for s, c in zip(slack, margin, strict=True)]


def linearise(
    program: Program, scale: list[Entry], jets: list[Jet], y: list[Entry], k: int
) -> tuple[list[Entry], list[list[Sparse]]]:
    """Return the rows c_r and their Jacobian."""
    margin, jacobian = [], []
    for r, (i, offset) in enumerate(zip(program.rows, program.offsets, strict=True)):
        inverse = 1.0 / scale[r]
        c = (jets[i].value - offset) * inverse
        row = [times(jets[i].gradient.get(j), inverse) for j in range(k)]
        if program.directions is not None:
            direction = program.directions[r]
            c = c if direction is None else c - y[k] * direction
            row.append(minus(None, direction))
        margin.append(c)
        jacobian.append(row)
    return margin, jacobian


@dataclass(frozen=True)
class Optimality:
    """The pieces of the optimality conditions of one program at one point."""

    gradient: list[Sparse]  # of the objective
    jacobian: list[list[Sparse]]  # of the rows c_r(y)
    matrix: list[list[Sparse]]  # condensed
    margin: list[Entry]  # c_r
    above: list[Entry]  # 1 - x
    stiffness: list[Entry]  # lam / s
    dual_error: Entry
    products: list[Entry]  # lam s of plain rows, z * distance of bounds: all must tend to mu
    nash_errors: list[Entry]


def conditions(
    program: Program, scale: list[Entry], jets: list[Jet], margin: list[Entry], jacobian: list[list[Sparse]],
    y: list[Entry], slack: list[Entry], lam: list[Entry], low: list[Entry], high: list[Entry],
) -> Optimality:  # fmt: skip
    """Evaluate the optimality conditions and the condensed matrix of the Newton system."""
    k, size = len(low), len(y)
    above = [1.0 - v for v in y[:k]]
    gradient = [dot(program.weights, [jet.gradient.get(j) for jet in jets]) for j in range(k)] + [1.0] * (size - k)
    curvature = list(program.weights)
    for r, i in enumerate(program.rows):
        curvature[i] = plus(curvature[i], lam[r] / scale[r])
    stiffness = [m / s for m, s in zip(lam, slack, strict=True)]
    matrix, bend = condense(jets, curvature, jacobian, stiffness, size)
    dual = []
    for j in range(size):
        entry = plus(gradient[j], dot(lam, [row[j] for row in jacobian]))
        if j < k:
            matrix[j][j] = plus(matrix[j][j], low[j] / y[j] + high[j] / above[j])
            entry = plus(entry, low[j] - high[j])
        # A few ulps of y move the gradient by this much: without the allowance no corner of infinite slope passes. Rows
        # and bounds have no part in it: their stiffness is in the matrix, but multipliers do not move with y.
        error = np.abs(0.0 if entry is None else entry)
        dual.append(error if bend[j] is None else error - NOISE * np.abs(bend[j]))
    weight = np.maximum(largest(lam), 1.0) if lam else 1.0
    products = [z * v for z, v in zip(low + high, y[:k] + above, strict=True)]
    nash_errors = []
    for m, s, a in zip(lam, slack, program.targets, strict=True):
        if a is None:
            products.append(m * s)
        else:
            nash_errors.append(np.abs(m * s - a))
    return Optimality(
        gradient, jacobian, matrix, margin, above, stiffness, np.maximum(largest(dual), 0.0) / weight, products,
        nash_errors,
    )  # fmt: skip


def newton_right(now: Optimality, targets: list[Entry], mu: Entry, y: list[Entry], slack: list[Entry]) -> list[Sparse]:
    """Return the right-hand side of the condensed Newton system."""
    pull = [t / s - stiff * (c - s) for t, s, stiff, c in zip(targets, slack, now.stiffness, now.margin, strict=True)]
    right = []
    for j, slope in enumerate(now.gradient):
        entry = plus(slope, dot([row[j] for row in now.jacobian], pull))
        right.append(plus(entry, mu / y[j] - mu / now.above[j]) if j < len(now.above) else entry)
    return right


def row_steps(
    now: Optimality, targets: list[Entry], dy: list[Entry], slack: list[Entry], lam: list[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Return the steps of slacks and multipliers that go with the step `dy`."""
    dslack = [plus(dot(row, dy), c - s) for row, c, s in zip(now.jacobian, now.margin, slack, strict=True)]
    dlam = [t / s - m - stiff * ds for t, m, s, stiff, ds in zip(targets, lam, slack, now.stiffness, dslack, strict=True)]
    return dslack, dlam


def bound_steps(
    above: list[Entry], mu: Entry, y: list[Entry], dy: list[Entry], low: list[Entry], high: list[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """Return the steps of the multipliers of the bounds that go with the step `dy`; `above` is 1 - x."""
    dlow = [(mu - z * d) / v - z for z, v, d in zip(low, y, dy, strict=False)]
    dhigh = [(mu + z * d) / v - z for z, v, d in zip(high, above, dy, strict=False)]
    return dlow, dhigh


def falling(mu: Entry, error0: Entry, top: Entry, tol: float, accept: Entry = True) -> Entry:
    """Lower the barrier parameter, at most twice, where the conditions hold to within ten times its value."""
    for _ in range(2):
        lower = np.maximum(tol / 20, np.minimum(0.2 * mu, mu * np.sqrt(mu)))
        mu = np.where(accept & (np.maximum(error0, top - mu) <= 10 * mu), lower, mu)
    return mu


def trial(
    program: Program, functions: Functions, parameters: Parameters, state: State, tol: float
) -> tuple[Bools, State, State]:
    """Try the pending step of each game: say where it is accepted, and return the next state if it is and if it is not."""
    mu, nu, primal, dual, last_error, f0, nash0, barrier0, gap0, rejections = state.scalars
    k = len(state.low)
    y = [v + primal * d for v, d in zip(state.y, state.dy, strict=True)]
    lam = [v + dual * d for v, d in zip(state.lam, state.dlam, strict=True)]
    low = [v + dual * d for v, d in zip(state.low, state.dlow, strict=True)]
    high = [v + dual * d for v, d in zip(state.high, state.dhigh, strict=True)]
    jets = differentiate(functions, y[:k], parameters)
    margin, jacobian = linearise(program, state.scale, jets, y, k)
    slack = settle([s + primal * d for s, d in zip(state.slack, state.dslack, strict=True)], margin)
    now = conditions(program, state.scale, jets, margin, jacobian, y, slack, lam, low, high)

    f, nash, barrier, missed = _merit_parts(program, jets, now, y, slack)
    gap = total([0.0 * mu, *missed])
    merit = f - nash - mu * barrier + nu * gap
    merit0 = f0 - nash0 - mu * barrier0 + nu * gap0
    top = largest(now.products)
    error0 = largest([now.dual_error, *missed, *now.nash_errors])
    better = merit <= merit0 + 1e-10 * np.abs(merit0)
    closer = np.maximum(error0, top - mu) <= 0.9 * last_error
    accept = np.isfinite(merit) & (better | closer | (rejections >= MAX_REJECTIONS))
    mu = falling(mu, error0, top, tol, accept)

    targets = _targets(program, mu)
    dy = back_solve(factor(now.matrix), newton_right(now, targets, mu, y, slack))
    dslack, dlam = row_steps(now, targets, dy, slack, lam)
    dlow, dhigh = bound_steps(now.above, mu, y, dy, low, high)
    new = State(
        y, slack, lam, low, high, dy, dslack, dlam, dlow, dhigh, state.scale,
        [
            mu, np.maximum(nu, 1.5 * largest([m + d for m, d in zip(lam, dlam, strict=True)])) if lam else nu,
            longest_step(y[:k] + slack, dy[:k] + dslack, now.above, dy[:k]),
            longest_step(lam + low + high, dlam + dlow + dhigh),
            np.maximum(error0, top - mu), f, nash, barrier, gap, 0.0 * mu,
        ],
        np.maximum(error0, top),
    )  # fmt: skip
    shortened = [SHRINK * primal, SHRINK * dual, last_error, f0, nash0, barrier0, gap0, rejections + 1]
    return accept, new, replace(state, scalars=[mu, nu, *shortened])


def _merit_parts(
    program: Program, jets: list[Jet], now: Optimality, y: list[Entry], slack: list[Entry]
) -> tuple[Entry, Entry, Entry, list[Entry]]:
    """Return minus the linear objective, sum a log s, the logarithms of the barrier, and how far rows are missed."""
    k = len(now.above)
    objective = y[k] if program.directions is not None else dot(program.weights, [jet.value for jet in jets])
    zero = 0.0 * y[0]
    logs = [times(a, np.log(s)) for s, a in zip(slack, program.targets, strict=True) if a is not None]
    plain = [s for s, a in zip(slack, program.targets, strict=True) if a is None]
    missed = [s - c for s, c in zip(slack, now.margin, strict=True)]
    return minus(zero, objective), total([zero, *logs]), log_product(y[:k] + now.above + plain), missed
