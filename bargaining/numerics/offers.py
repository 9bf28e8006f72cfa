"""Both proposals of an alternating-offers equilibrium by one Newton iteration.

In a stationary equilibrium each party proposes the best deal for itself among those that leave the other just willing to
accept (Rubinstein 1982; with transferable time preferences as in Binmore, Rubinstein and Wolinsky 1986). With d the
payoff of perpetual disagreement and m_j the factor by which party j's gain shrinks over a round,

    x_1 = argmax { F_1(x) : F_2(x) >= o_1 },    o_1 = d_2 + m_2 (F_2(x_2) - d_2)        what 2 gets by waiting to propose
    x_2 = argmax { F_2(x) : F_1(x) >= o_2 },    o_2 = d_1 + m_1 (F_1(x_1) - d_1)

Each argmax is a program of the kernel. Newton is applied to the optimality conditions of both and to the two equations
that tie them at once: each block is solved for its residual and for a unit move of its threshold, and a 2 x 2 system closes
the loop. The arithmetic is straight-line like the kernel's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Entry, Pick, Sparse
from bargaining.numerics import kernel
from bargaining.numerics.jets import Jet
from bargaining.numerics.kernel import (
    NOISE,
    Functions,
    Optimality,
    Parameters,
    Program,
    back_solve,
    conditions,
    differentiate,
    dot,
    factor,
    falling,
    largest,
    linearise,
    longest_step,
    newton_right,
    row_steps,
    settle,
    take_all,
    times,
)  # fmt: skip


@dataclass(frozen=True)
class OffersProgram:
    """Two proposers' programs, tied: `origin` is d, `factors` are m, both with an entry a party."""

    blocks: list[Program]  # block b: party b proposes; its first row is the other's threshold
    origin: list[Entry]
    factors: list[Entry]

    @property
    def rows(self) -> list[int]:
        """The functions of all rows, block after block."""
        return [i for block in self.blocks for i in block.rows]

    @property
    def prices(self) -> list[Entry]:
        """What turns each row's multiplier, divided by its scale, into the user's units."""
        return [price for block in self.blocks for price in block.prices]

    def take(self, pick: Pick) -> OffersProgram:
        """Return the program of the picked games."""
        return OffersProgram(
            [block.take(pick) for block in self.blocks], take_all(self.origin, pick), take_all(self.factors, pick)
        )


@dataclass(frozen=True)
class OffersState:
    """Iterates of both blocks, flat and in block order, with the pending step and the thresholds."""

    y: list[Entry]
    slack: list[Entry]
    lam: list[Entry]
    low: list[Entry]
    high: list[Entry]
    dy: list[Entry]
    dslack: list[Entry]
    dlam: list[Entry]
    dlow: list[Entry]
    dhigh: list[Entry]
    scale: list[Entry]
    scalars: list[Entry]  # mu, primal step, dual step, threshold 1, threshold 2 and their steps
    residual: Entry

    def take(self, pick: Pick) -> OffersState:
        """Return the state of the picked games."""
        return OffersState(**kernel.pick_fields(vars(self), pick))


def program(origin: list[Entry], factors: list[Entry], constraints: int, like: Entry) -> OffersProgram:
    """Return the tied programs of two parties with this many constraint functions after their payoffs."""
    blocks = []
    for b in (0, 1):
        weights: list[Sparse] = [None] * (2 + constraints)
        weights[b] = np.ones_like(like)
        rows = [1 - b, *range(2, 2 + constraints)]
        blocks.append(Program(weights, rows, [0.0] * len(rows), None, [None] * len(rows)))
    return OffersProgram(blocks, origin, factors)


def start(
    tied: OffersProgram, functions: Functions, parameters: Parameters, x: list[Entry], mu: float
) -> tuple[OffersProgram, OffersState]:
    """Normalise both blocks at the proposals `x` (the first block's issues, then the second's)."""
    k = len(x) // 2
    halves = [x[:k], x[k:]]
    jets = [differentiate(functions, half, parameters) for half in halves]
    blocks, scales, slacks, lams = [], [], [], []
    owed = _owed(tied, jets)
    for b in (0, 1):
        block, scale = kernel.normalise(_with_threshold(tied.blocks[b], owed[b]), jets[b])
        margin, _ = linearise(block, scale, jets[b], halves[b], k)
        slack = [np.maximum(c, 0.1) * np.ones_like(x[0]) for c in margin]
        blocks.append(block)
        scales += scale
        slacks += slack
        lams += [mu / s for s in slack]
    zero = np.zeros_like(x[0])
    still, calm = [zero] * (2 * k), [zero] * len(slacks)
    scalars = [mu + zero, zero, zero, owed[0] + zero, owed[1] + zero, zero, zero]
    state = OffersState(
        list(x), slacks, lams, [mu / v for v in x], [mu / (1.0 - v) for v in x],
        still, calm, calm, still, still, scales, scalars, np.inf + zero,
    )  # fmt: skip
    return replace(tied, blocks=blocks), state


def _owed(tied: OffersProgram, jets: list[list[Jet]]) -> list[Entry]:
    """Return what the responder to each proposer must be given: its gain from waiting to propose itself."""
    return [tied.origin[1 - b] + tied.factors[1 - b] * (jets[1 - b][1 - b].value - tied.origin[1 - b]) for b in (0, 1)]


def _room(lam: Entry, slack: Entry, mu: Entry) -> Entry:
    """Return the slack that the barrier keeps at a threshold that binds, and next to nothing at one that does not.

    A binding row holds s = mu / lam above its threshold; the threshold is lowered by as much, so that the responder is
    exactly indifferent although the barrier never closes.
    """
    return slack * lam / (lam + np.sqrt(mu))


def _with_threshold(block: Program, threshold: Entry) -> Program:
    return replace(block, offsets=[threshold, *block.offsets[1:]])


def trial(
    tied: OffersProgram, functions: Functions, parameters: Parameters, state: OffersState, tol: float
) -> tuple[bool, OffersState, OffersState]:
    """Take the pending step, always, and compute the next one (see `kernel.trial`)."""
    mu, primal, dual, *pending = state.scalars
    thresholds = [o + primal * d for o, d in zip(pending[:2], pending[2:], strict=True)]
    k, rows = len(state.low) // 2, len(state.slack) // 2
    y = [v + primal * d for v, d in zip(state.y, state.dy, strict=True)]
    lam = [v + dual * d for v, d in zip(state.lam, state.dlam, strict=True)]
    low = [v + dual * d for v, d in zip(state.low, state.dlow, strict=True)]
    high = [v + dual * d for v, d in zip(state.high, state.dhigh, strict=True)]
    slack: list[Entry] = []
    jets: list[list[Jet]] = []
    parts: list[Optimality] = []
    for b in (0, 1):
        of, at = slice(b * k, (b + 1) * k), slice(b * rows, (b + 1) * rows)
        block = _with_threshold(tied.blocks[b], thresholds[b])
        jets.append(differentiate(functions, y[of], parameters))
        margin, jacobian = linearise(block, state.scale[at], jets[b], y[of], k)
        moved = [s + primal * d for s, d in zip(state.slack[at], state.dslack[at], strict=True)]
        slack += settle(moved, margin)
        parts.append(
            conditions(block, state.scale[at], jets[b], margin, jacobian, y[of], slack[at], lam[at], low[of], high[of])
        )
    wrong = [
        owed - o - _room(lam[b * rows], slack[b * rows], mu) * state.scale[b * rows]
        for b, (owed, o) in enumerate(zip(_owed(tied, jets), thresholds, strict=True))
    ]
    top = largest(parts[0].products + parts[1].products)
    margins = parts[0].margin + parts[1].margin
    melting = 1.0 - tied.factors[0] * tied.factors[1]
    ties = [np.maximum(np.abs(wrong[b]) - NOISE * np.abs(thresholds[b]), 0.0) / state.scale[b * rows] for b in (0, 1)]
    error0 = largest([part.dual_error for part in parts] + [s - c for s, c in zip(slack, margins, strict=True)] + ties)
    # What is left of an error in the ties moves the proposals by 1 / melting as much.
    residual = largest([error0, top, *(error / melting for error in ties)])
    mu = falling(mu, error0, top, tol)

    dy, dslack, dlam, moves = _directions(tied, state, parts, jets, wrong, mu, y, slack, lam, k, rows)
    above = parts[0].above + parts[1].above
    dlow, dhigh = kernel.bound_steps(above, mu, y, dy, low, high)
    primal = longest_step(y + slack, dy + dslack, above, dy)
    dual = longest_step(lam + low + high, dlam + dlow + dhigh)
    scalars = [mu, primal, dual, *thresholds, *moves]
    new = OffersState(y, slack, lam, low, high, dy, dslack, dlam, dlow, dhigh, state.scale, scalars, residual)
    return True, new, state


def _directions(
    tied: OffersProgram, state: OffersState, parts: list[Optimality], jets: list[list[Jet]], wrong: list[Entry],
    mu: Entry, y: list[Entry], slack: list[Entry], lam: list[Entry], k: int, rows: int,
) -> tuple[list[Entry], list[Entry], list[Entry], list[Entry]]:  # fmt: skip
    """Solve both blocks and the 2 x 2 system that ties them; return the steps of y, slacks, multipliers, thresholds."""
    targets = [mu] * rows
    bases, tilts, carried, passed = [], [], [], []
    for b in (0, 1):
        of, at = slice(b * k, (b + 1) * k), slice(b * rows, (b + 1) * rows)
        factors = factor(parts[b].matrix)
        base = back_solve(factors, newton_right(parts[b], targets, mu, y[of], slack[at]))
        stiffness = lam[at][0] / (slack[at][0] * state.scale[at][0])
        tilt = back_solve(factors, [times(entry, stiffness) for entry in parts[b].jacobian[0]])
        own = jets[b][b].gradient
        carried.append(_along(own, base))
        passed.append(_along(own, tilt))
        bases.append(base)
        tilts.append(tilt)
    m1, m2 = tied.factors
    first = (wrong[0] + m2 * (carried[1] + passed[1] * (wrong[1] + m1 * carried[0]))) / (
        1.0 - m1 * m2 * passed[0] * passed[1]
    )
    moves = [first, wrong[1] + m1 * (carried[0] + passed[0] * first)]
    dy: list[Entry] = []
    dslack: list[Entry] = []
    dlam: list[Entry] = []
    for b in (0, 1):
        at = slice(b * rows, (b + 1) * rows)
        block_dy = [base + tilt * moves[b] for base, tilt in zip(bases[b], tilts[b], strict=True)]
        margin = list(parts[b].margin)
        margin[0] = margin[0] - moves[b] / state.scale[at][0]
        ds, dl = row_steps(replace(parts[b], margin=margin), targets, block_dy, slack[at], lam[at])
        dy += block_dy
        dslack += ds
        dlam += dl
    return dy, dslack, dlam, moves


def _along(gradient: dict[int, Entry], direction: list[Entry]) -> Entry:
    entry = dot([gradient.get(j) for j in range(len(direction))], direction)
    return 0.0 if entry is None else entry
