"""The games of one query, flattened: programs for the kernel, restarts, and the reasons of failure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices, Sparse
from bargaining.numerics import kernel
from bargaining.numerics.batches import SAMPLE, Optimum, restart, sample, score, stream
from bargaining.numerics.kernel import Functions, Parameters, Program, take_all, take_each
from bargaining.sets.base import LEAST_GAIN, Status

ACCEPT = 1e-9  # a larger optimality error is reported as not converged; the certificate carries the error itself
FIRST_STEPS = 30  # games that need more are diagnosed, then started again with a longer limit
SNAP = 1e-9  # an issue this near its bound is put there, if no function moves by more than MOVES of its range
MOVES = 1e-11
PORTION = 1024  # games sampled at a time: each has many points


@dataclass(frozen=True)
class Games:
    """Programs over issues in the unit box: `functions` are `parties` payoffs, then `constraints`."""

    functions: Functions
    parameters: Parameters
    count: int
    issues: int
    parties: int
    constraints: int

    def take(self, pick: Indices) -> Games:
        """Return the picked games."""
        return replace(self, parameters=take_each(self.parameters, pick), count=pick.size)

    # -- questions ---------------------------------------------------------------------------------------------------

    def reach(self, origins: list[Array], directions: list[Array]) -> tuple[Optimum, Codes]:
        """Maximise t with F_i >= origin_i + t direction_i."""
        program = replace(self._rows(origins), directions=[*directions, *self._blank(self.constraints)])
        return self._solve(program, origins)

    def support(self, weights: list[Array], floors: list[Array] | None) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of payoffs, above the floors if there are any."""
        return self._solve(replace(self._rows(floors), weights=[*weights, *self._blank(self.constraints)]), floors)

    def nash(self, origins: list[Array], weights: list[Array]) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of log gains. Gains of the size of the solver's tolerance are no agreement."""
        program = replace(self._rows(origins), targets=[*weights, *self._blank(self.constraints)])
        return self._solve(program, origins, np.array(weights))

    # -- how they are answered ---------------------------------------------------------------------------------------

    def _solve(self, program: Program, floors: list[Array] | None, weights: Array | None = None) -> tuple[Optimum, Codes]:
        found = self.run(program)
        failed, local, broken = self._examine(program, floors, weights, found)
        status = np.where(broken, np.int8(Status.NOT_FINITE), np.int8(Status.OK))
        at = np.flatnonzero(failed & ~broken)
        if at.size:
            status[at] = self.take(at).diagnose(None if floors is None else take_all(floors, at))
        retry = np.flatnonzero((status == Status.NOT_CONVERGED) | (local & ~broken))
        if retry.size:
            part = self.take(retry)
            restart(found, retry, program.take(retry), self.functions, part.parameters, part.sampled(), local[retry])
            status[retry] = np.where(found.converged(ACCEPT)[retry], Status.OK, Status.NOT_CONVERGED)
            found.x[:, retry] = part.snap(found.x[:, retry], part.units())
        return found, status

    def _examine(
        self, program: Program, floors: list[Array] | None, weights: Array | None, found: Optimum
    ) -> tuple[Bools, Bools, Bools]:
        """Hold results against sampled points; say which failed, which a sampled point beats, and which have no numbers.

        Issues at their bounds are put there exactly.
        """
        failed, local, broken = ~found.converged(), np.zeros(self.count, np.bool_), np.zeros(self.count, np.bool_)
        for games in np.array_split(np.arange(self.count), -(-self.count // PORTION)):
            part, x = self.take(games), found.x[:, games]
            values = part.sampled()
            units = spans(values)
            if weights is not None and floors is not None:
                scraps = part.scraps(x, take_all(floors, games), units) & (weights[:, games] > 0)
                failed[games] |= np.any(scraps, axis=0)
            broken[games] = ~np.all(np.isfinite(values), axis=(0, 2))
            local[games] = ~failed[games] & part.beaten(program.take(games), x, values)
            found.x[:, games] = part.snap(x, units)
        found.residual[failed & found.converged()] = np.inf  # gains of the size of the tolerance are no solution
        return failed, local, broken

    def run(self, program: Program) -> Optimum:
        """Run the kernel from the centre of the box."""
        centre = np.full((self.issues, self.count), 0.5)
        return stream(kernel, program, self.functions, self.parameters, centre, steps=FIRST_STEPS)

    def diagnose(self, floors: list[Array] | None) -> Codes:
        """Say of games that fail whether they have an answer: by the largest common gain over the floors."""
        values = self.sampled()
        finite = np.all(np.isfinite(np.array(floors or [np.zeros(self.count)])), axis=0)
        ranges = spans(values[: self.parties])
        origins = list(np.min(values[: self.parties], axis=-1)) if floors is None else floors
        best = self.run(replace(self._rows(origins), directions=[*ranges, *self._blank(self.constraints)]))
        gain = np.min((self.payoffs(best.x) - np.array(origins)) / ranges, axis=0)
        solved = best.residual <= ACCEPT
        empty = ~solved & np.all(np.any(values[self.parties :] < 0, axis=0), axis=-1)
        status = np.where(solved & (gain <= LEAST_GAIN), Status.NO_AGREEMENT, Status.NOT_CONVERGED)
        return np.where(finite, np.where(empty, Status.INFEASIBLE, status), Status.NOT_FINITE).astype(np.int8)

    def scraps(self, x: Array, origins: list[Array], units: Array) -> Bools:
        """Say which parties, (parties, games), gain no more than the solver's tolerance."""
        return np.asarray(self.payoffs(x) - np.array(origins) <= LEAST_GAIN * units[: self.parties])

    def beaten(self, program: Program, x: Array, values: Array) -> Bools:
        """Say in which games some sampled point does better than `x`: there the program is not concave."""
        own = score(program, self._at(x)[..., None], spans(values))[:, 0]
        others = score(program, values, spans(values))
        best = np.max(others, axis=1)
        noise = 1e-9 * np.abs(own) + 1e-12 * np.ptp(np.where(others > -1e299, others, own[:, None]), axis=1)
        return np.asarray(best > own + noise)

    # -- values ------------------------------------------------------------------------------------------------------

    def payoffs(self, x: Array) -> Array:
        """Return the payoffs at unit-box points, (parties, games)."""
        return self._at(x)[: self.parties]

    def snap(self, x: Array, units: Array) -> Array:
        """Put issues that are within rounding of their bounds exactly there, where no payoff or constraint notices."""
        snapped = np.where(x < SNAP, 0.0, np.where(x > 1.0 - SNAP, 1.0, x))
        with np.errstate(invalid="ignore"):
            moved = np.max(np.abs(self._at(snapped) - self._at(x)) / units, axis=0)
        return np.where(moved <= MOVES, snapped, x)

    def _at(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            values = self.functions(list(x), self.parameters)
        return np.array([np.broadcast_to(v, (self.count,)) for v in values], dtype=float)

    def sampled(self) -> Array:
        """Return all functions at points spread evenly through the box, (functions, games, points)."""
        columns = {name: value[:, None] if np.ndim(value) else value for name, value in self.parameters.items()}
        with np.errstate(all="ignore"):
            values = self.functions([p[None, :] for p in sample(self.issues)], columns)
        return np.array([np.broadcast_to(v, (self.count, SAMPLE)) for v in values], dtype=float)

    def units(self) -> Array:
        """Return each function's range over the sampled points, (functions, games)."""
        portions = np.array_split(np.arange(self.count), -(-self.count // PORTION))
        return np.concatenate([spans(self.take(games).sampled()) for games in portions], axis=1)

    def _rows(self, floors: list[Array] | None) -> Program:
        """Return a program whose rows are the payoff floors, if any, and the constraints."""
        own = list(range(self.parties, self.parties + self.constraints))
        rows = own if floors is None else [*range(self.parties), *own]
        offsets = [*([] if floors is None else floors), *([0.0] * self.constraints)]
        return Program(self._blank(self.parties + self.constraints), rows, offsets, None, self._blank(len(rows)))

    @staticmethod
    def _blank(size: int) -> list[Sparse]:
        return [None] * size


def spans(values: Array) -> Array:
    """Return the range of each function over its last axis; 1 for a constant."""
    ranges = np.ptp(values, axis=-1)
    return np.asarray(np.where(ranges > 0, ranges, 1.0))
