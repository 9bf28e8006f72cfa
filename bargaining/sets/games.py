"""The games of one query, flattened: programs for the kernel, restarts, and the reasons of failure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices, Sparse
from bargaining.numerics import kernel
from bargaining.numerics.batches import EVEN, FEASIBLE, TOL, Optimum, restart, sample, score, stream
from bargaining.numerics.kernel import Functions, Parameters, Program, take_all, take_each
from bargaining.sets.base import LEAST_GAIN, Status

ACCEPT = 1e-9  # a larger optimality error is reported as not converged; the certificate carries the error itself
VERDICT = 1e-10  # to tell an agreement from none; where a whole face of deals is worth nothing, less is out of reach
FIRST_STEPS = 30  # games that need more are diagnosed, then started again with a longer limit
SNAP = 1e-9  # an issue this near its bound is put there, if no function moves by more than MOVES of its range
MOVES = 1e-11
PORTION = 1024  # games sampled at a time: each has many points
MANY = 16384  # games diagnosed and started again at a time: few calls, and still room for their points


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
        program = replace(self.rows(origins), directions=[*directions, *blank(self.constraints)])
        return self._solve(program, origins)

    def support(self, weights: list[Array], floors: list[Array] | None) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of payoffs, above the floors if there are any."""
        return self._solve(replace(self.rows(floors), weights=[*weights, *blank(self.constraints)]), floors)

    def nash(self, origins: list[Array], weights: list[Array]) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of log gains. Gains of the size of the solver's tolerance are no agreement."""
        program = replace(self.rows(origins), targets=[*weights, *blank(self.constraints)])
        return self._solve(program, origins, np.array(weights))

    # -- how they are answered ---------------------------------------------------------------------------------------

    def _solve(self, program: Program, floors: list[Array] | None, weights: Array | None = None) -> tuple[Optimum, Codes]:
        found = self.run(program)
        failed, local, broken = self._examine(program, floors, weights, found)
        status = np.where(broken, np.int8(Status.NOT_FINITE), np.int8(Status.OK))
        for at in portions(np.flatnonzero(failed & ~broken), MANY):
            status[at] = self.take(at).diagnose(None if floors is None else take_all(floors, at))
        for retry in portions(np.flatnonzero((status == Status.NOT_CONVERGED) | (local & ~broken)), MANY):
            self._retry(program, found, status, local, retry)
        return found, status

    def _retry(self, program: Program, found: Optimum, status: Codes, local: Bools, retry: Indices) -> None:
        """Start these games again from sampled points; one that a sampled point still beats has no answer."""
        part, piece = self.take(retry), program.take(retry)
        values = part.sampled()
        units = spans(values)
        restart(found, retry, piece, self.functions, part.parameters, values, units, local[retry])
        beaten = part.beaten(piece, found.x[:, retry], values)
        status[retry] = np.where(found.converged(ACCEPT)[retry] & ~beaten, Status.OK, Status.NOT_CONVERGED)
        found.x[:, retry] = part.snap(found.x[:, retry], units)

    def _examine(
        self, program: Program, floors: list[Array] | None, weights: Array | None, found: Optimum
    ) -> tuple[Bools, Bools, Bools]:
        """Hold results against sampled points; say which failed, which a sampled point beats, and which have no numbers.

        Issues at their bounds are put there exactly.
        """
        failed, local, broken = ~found.converged(), np.zeros(self.count, np.bool_), np.zeros(self.count, np.bool_)
        for games in portions(np.arange(self.count)):
            part, x = self.take(games), found.x[:, games]
            values = part.sampled()
            units = spans(values)
            if weights is not None and floors is not None:
                scraps = part.scraps(x, take_all(floors, games), units) & (weights[:, games] > 0)
                failed[games] |= np.any(scraps, axis=0)
            broken[games] = part.broken(values)
            local[games] = ~failed[games] & part.beaten(program.take(games), x, values)
            found.x[:, games] = part.snap(x, units)
        found.residual[failed & found.converged()] = np.inf  # gains of the size of the tolerance are no solution
        return failed, local, broken

    def run(self, program: Program, tol: float = TOL) -> Optimum:
        """Run the kernel from the centre of the box."""
        centre = np.full((self.issues, self.count), 0.5)
        return stream(kernel, program, self.functions, self.parameters, centre, tol=tol, steps=FIRST_STEPS)

    def diagnose(self, floors: list[Array] | None) -> Codes:
        """Say of games that fail whether they have an answer: by the largest common gain over the floors."""
        values = self.sampled()
        units = spans(values)
        origins = list(np.min(values[: self.parties, :, :EVEN], axis=-1)) if floors is None else floors
        finite = np.all(np.isfinite(np.array(origins)), axis=0)
        ranges = units[: self.parties]
        program = replace(self.rows(origins), directions=[*ranges, *blank(self.constraints)])
        best = self.run(program, VERDICT)
        restart(
            best, np.arange(self.count), program, self.functions, self.parameters, values, units,
            self.beaten(program, best.x, values, 10 * VERDICT), VERDICT,
        )  # fmt: skip
        own, seen = score(program, self.at(best.x)[..., None], units)[:, 0], np.max(score(program, values, units), axis=1)
        gain = np.maximum(np.where(np.isfinite(own), own, -np.inf), seen)
        none = best.converged(ACCEPT) & (gain <= LEAST_GAIN)
        status = np.where(none, Status.NO_AGREEMENT, Status.NOT_CONVERGED)
        unseen = np.flatnonzero(~np.isfinite(gain))  # no sampled point, nor the best one found, meets the constraints
        if unseen.size and self.constraints:
            status[unseen[self.take(unseen)._empty()]] = Status.INFEASIBLE
        return np.where(finite, status, Status.NOT_FINITE).astype(np.int8)

    def _empty(self) -> Bools:
        """Say where the constraints cannot all hold: the largest common slack, sought from many starts, is negative."""
        rows = list(range(self.parties, self.parties + self.constraints))
        values = self.sampled()
        units = spans(values)
        zeros = [np.zeros(self.count)] * len(rows)
        program = Program(blank(self.parties + self.constraints), rows, zeros, [units[r] for r in rows], blank(len(rows)))
        best = self.run(program)
        restart(
            best, np.arange(self.count), program, self.functions, self.parameters, values, units,
            np.ones(self.count, np.bool_),
        )  # fmt: skip
        slack = score(program, self.at(best.x)[..., None], units)[:, 0]
        return np.asarray(
            best.converged(ACCEPT) & (np.maximum(slack, np.max(score(program, values, units), axis=1)) < -FEASIBLE)
        )

    def scraps(self, x: Array, origins: list[Array], units: Array) -> Bools:
        """Say which parties, (parties, games), gain no more than the solver's tolerance."""
        return np.asarray(self.payoffs(x) - np.array(origins) <= LEAST_GAIN * units[: self.parties])

    def broken(self, values: Array) -> Bools:
        """Say in which games a function has no finite value inside the box, or a payoff is infinite at a corner."""
        inside = ~np.all(np.isfinite(values[:, :, :EVEN]), axis=(0, 2))
        return np.asarray(inside | np.any(np.isposinf(values[: self.parties]), axis=(0, 2)))

    def beaten(self, program: Program, x: Array, values: Array, margin: float = 1e-10) -> Bools:
        """Say in which games some sampled point does better than `x`: there the program is not concave, or `x` is wrong.

        Better means by more than `margin` of the range of the objective over the sampled points.
        """
        units = spans(values)
        own = score(program, self.at(x)[..., None], units)[:, 0]
        others = score(program, values, units)
        best = np.max(others, axis=1)
        with np.errstate(invalid="ignore"):
            width = np.nan_to_num(best - np.min(np.where(np.isfinite(others), others, best[:, None]), axis=1))
            return np.asarray(best > own + 1e-9 * np.abs(own) + margin * width)

    # -- values ------------------------------------------------------------------------------------------------------

    def payoffs(self, x: Array) -> Array:
        """Return the payoffs at unit-box points, (parties, games)."""
        return self.at(x)[: self.parties]

    def snap(self, x: Array, units: Array) -> Array:
        """Put issues that are within rounding of their bounds exactly there, where no payoff or constraint notices."""
        snapped = np.where(x < SNAP, 0.0, np.where(x > 1.0 - SNAP, 1.0, x))
        with np.errstate(invalid="ignore"):
            moved = np.max(np.abs(self.at(snapped) - self.at(x)) / units, axis=0)
        return np.where(moved <= MOVES, snapped, x)

    def at(self, x: Array) -> Array:
        """Return all functions at unit-box points, (functions, games)."""
        with np.errstate(all="ignore"):
            values = self.functions(list(x), self.parameters)
        return np.array([np.broadcast_to(v, (self.count,)) for v in values], dtype=float)

    def sampled(self) -> Array:
        """Return all functions at points spread evenly through the box, (functions, games, points)."""
        columns = {name: value[:, None] if np.ndim(value) else value for name, value in self.parameters.items()}
        with np.errstate(all="ignore"):
            points = sample(self.issues)
            values = self.functions([p[None, :] for p in points], columns)
        return np.array([np.broadcast_to(v, (self.count, points.shape[1])) for v in values], dtype=float)

    def ranges(self) -> Array:
        """Return each function's range over the sampled points, (functions, games)."""
        pieces = [spans(self.take(games).sampled()) for games in portions(np.arange(self.count))]
        return np.concatenate(pieces, axis=1) if pieces else np.ones((self.parties + self.constraints, 0))

    def rows(self, floors: list[Array] | None) -> Program:
        """Return a program whose rows are the payoff floors, if any, and the constraints."""
        own = list(range(self.parties, self.parties + self.constraints))
        rows = own if floors is None else [*range(self.parties), *own]
        offsets = [*([] if floors is None else floors), *([0.0] * self.constraints)]
        return Program(blank(self.parties + self.constraints), rows, offsets, None, blank(len(rows)))


def blank(size: int) -> list[Sparse]:
    """Return so many structural zeros."""
    return [None] * size


def spans(values: Array) -> Array:
    """Return the range of each function over the evenly spread points; 1 for a constant."""
    with np.errstate(invalid="ignore"):
        ranges = np.ptp(values[..., :EVEN], axis=-1)
    return np.asarray(np.where(np.isfinite(ranges) & (ranges > 0), ranges, 1.0))


def portions(games: Indices, size: int = PORTION) -> list[Indices]:
    """Split games into pieces small enough to be sampled at many points."""
    return np.array_split(games, -(-games.size // size)) if games.size else []
