"""The games of one query, flattened: programs for the kernel, restarts, and the reasons of failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bargaining._types import Array, Bools, Codes, Indices, Sparse
from bargaining.numerics import backends, kernel
from bargaining.numerics.batches import EVEN, FEASIBLE, TOL, Optimum, restart, stream
from bargaining.numerics.kernel import Functions, Parameters, Program, take_all, take_each
from bargaining.numerics.survey import Glance, Stakes, at, glance, sampled, spans, survey
from bargaining.sets.base import LEAST_GAIN, Status

ACCEPT = 1e-9  # a larger optimality error is reported as not converged; the certificate carries the error itself
VERDICT = 1e-10  # to tell an agreement from none; where a whole face of deals is worth nothing, less is out of reach
FIRST_STEPS = 30  # games that need more are diagnosed, then started again with a longer limit
NEAR = 1e-9  # of the box, and the barrier parameter: a start this near a good deal is not drawn away from it
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
        return self._solve(self._ray(origins, directions), origins)

    def reach_from(self, x: Array, origins: list[Array], directions: list[Array]) -> Optimum:
        """Maximise as `reach` does, from starts `x`, (issues, games), that are near the answers."""
        return self._run_from(x, self._ray(origins, directions))

    def support(self, weights: list[Array], floors: list[Array] | None) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of payoffs, above the floors if there are any."""
        return self._solve(replace(self.rows(floors), weights=[*weights, *blank(self.constraints)]), floors)

    def nash(self, origins: list[Array], weights: list[Array]) -> tuple[Optimum, Codes]:
        """Maximise the weighted sum of log gains. Gains of the size of the solver's tolerance are no agreement."""
        return self._solve(self._shared(origins, list(weights)), origins)

    def _ray(self, origins: list[Array], directions: list[Array]) -> Program:
        return replace(self.rows(origins), directions=[*directions, *blank(self.constraints)])

    def _shared(self, origins: list[Array], weights: list[Sparse]) -> Program:
        return replace(self.rows(origins), targets=weights + blank(self.constraints))

    # -- how they are answered ---------------------------------------------------------------------------------------

    def _solve(self, program: Program, floors: list[Array] | None) -> tuple[Optimum, Codes]:
        found = self.run(program)
        verdict = self._examine(program, floors, found)
        if floors is not None:
            for hard in portions(np.flatnonzero((verdict.failed | verdict.idle) & ~verdict.broken), MANY):
                done = hard[self._from_shared_gains(program, floors, found, hard)]
                verdict.failed[done] = verdict.local[done] = False
        status = np.where(verdict.broken, np.int8(Status.NOT_FINITE), np.int8(Status.OK))
        for lost in portions(np.flatnonzero(verdict.failed & ~verdict.broken), MANY):
            status[lost] = self.take(lost).diagnose(None if floors is None else take_all(floors, lost))
        for retry in portions(np.flatnonzero((status == Status.NOT_CONVERGED) | (verdict.local & ~verdict.broken)), MANY):
            self._retry(program, found, status, verdict.local, retry)
        if self.count and backends.wanted(self.count):
            left = np.flatnonzero(verdict.unlike | (status == Status.NOT_CONVERGED))
            if left.size:
                self._again_in_numpy(program, floors, found, status, left)
        return found, status

    def _from_shared_gains(self, program: Program, floors: list[Array], found: Optimum, hard: Indices) -> Indices:
        """Start these games again from deals by which all gain, and return the places in `hard` of those that it solves.

        Where utilities are not concave, such as what is expected of a deal that may fail, a deal worth nothing can be
        stationary, and no sampled point may show that there are better ones. The logarithms of gains keep away from it.
        """
        part, low = self.take(hard), take_all(floors, hard)
        shared = part.run(part._shared(low, [1.0] * self.parties))
        some = np.flatnonzero(shared.converged())
        games, asked, low = part.take(some), program.take(hard[some]), take_all(low, some)
        again = games._run_from(shared.x[:, some], asked)
        verdict = games._examine(asked, low, again)
        good = ~(verdict.failed | verdict.idle | verdict.local | verdict.broken)
        found.update(again, hard[some], good)
        return some[good]

    def _again_in_numpy(
        self, program: Program, floors: list[Array] | None, found: Optimum, status: Codes, left: Indices
    ) -> None:
        """Solve these games afresh without generated C, whose functions may be at fault."""
        with backends.using("numpy", left.size):
            own = None if floors is None else take_all(floors, left)
            again, status[left] = self.take(left)._solve(program.take(left), own)
        found.update(again, left, np.ones(left.size, np.bool_))

    def _retry(self, program: Program, found: Optimum, status: Codes, local: Bools, retry: Indices) -> None:
        """Start these games again from sampled points; one that a sampled point still beats has no answer."""
        part, piece = self.take(retry), program.take(retry)
        values = part.sampled()
        restart(found, retry, piece, self.functions, part.parameters, values, spans(values), local[retry])
        x = found.x[:, retry]
        seen = part.glance(x, Stakes.of(piece, list(found.prices[:, retry]), self.parties))
        good = found.converged(ACCEPT)[retry] & ~part.beaten(piece, seen)
        status[retry] = np.where(good, Status.OK, Status.NOT_CONVERGED)
        found.x[:, retry] = seen.snapped(x)

    def _examine(self, program: Program, floors: list[Array] | None, found: Optimum) -> _Verdict:
        """Hold results against sampled points. Issues at their bounds are put there exactly."""
        seen = self.glance(found.x, Stakes.of(program, list(found.prices), self.parties))
        failed, idle = ~found.converged(), self._idle(program, seen, floors)
        if _shares(program):  # gains of the size of the tolerance are no solution
            failed |= idle
            found.residual[idle & found.converged()] = np.inf
        local = ~failed & self.beaten(program, seen)
        found.x[:] = seen.snapped(found.x)
        broken = seen.broken if floors is None else seen.broken | ~np.all(np.isfinite(np.array(floors)), axis=0)
        return _Verdict(failed, idle, local, broken, seen.unlike)

    def _idle(self, program: Program, seen: Glance, floors: list[Array] | None) -> Bools:
        """Say where any party whose own gain counts, or all whose sum does, gain nothing: no more than rounding.

        Of products of gains a loss is no more; elsewhere it is what a floor out of reach must leave.
        """
        if floors is None:
            return np.zeros(self.count, np.bool_)
        nothing = self.scraps(seen, floors)
        if _shares(program):
            return np.asarray(np.any(nothing & self._counted(program.targets), axis=0))
        nothing &= seen.values[: self.parties] - np.array(floors) >= -LEAST_GAIN * seen.spans[: self.parties]
        if program.directions is None:
            return np.asarray(np.all(nothing | ~self._counted(program.weights), axis=0))
        return np.asarray(np.any(nothing & self._counted(program.directions), axis=0))

    def _counted(self, counts: list[Sparse]) -> Bools:
        """Say which parties count, (parties, games)."""
        own = [0.0 if count is None else count for count in counts[: self.parties]]
        return np.array([np.broadcast_to(count, (self.count,)) > 0 for count in own])

    def glance(self, x: Array, stakes: Stakes, own: Array | None = None) -> Glance:
        """Look at every game with its answer, and what that stands on; `own` are the functions' values there, if known."""
        seen = glance(self.functions, self.parameters, x, stakes, self.parties, own)
        self.__dict__.setdefault("ranges", seen.spans)  # whatever is asked
        return seen

    def beaten(self, program: Program, seen: Glance) -> Bools:
        """Say in which games a sampled point does better than the answer, after a glance at them."""
        found = np.zeros(self.count, np.bool_)
        for doubt in portions(seen.doubtful, MANY):
            found[doubt] = survey(program.take(doubt), self.take(doubt).sampled(), seen.values[:, doubt]).beaten()
        return found

    def run(self, program: Program, tol: float = TOL) -> Optimum:
        """Run the kernel from the centre of the box."""
        centre = np.full((self.issues, self.count), 0.5)
        return stream(kernel, program, self.functions, self.parameters, centre, tol=tol, steps=FIRST_STEPS)

    def _run_from(self, x: Array, program: Program) -> Optimum:
        """Run the kernel from deals that are nearly as good as the best."""
        return stream(kernel, program, self.functions, self.parameters, np.clip(x, NEAR, 1.0 - NEAR), NEAR)

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
            survey(program, values, self.at(best.x)).beaten(10 * VERDICT), VERDICT,
        )  # fmt: skip
        seen = survey(program, values, self.at(best.x))
        gain = np.maximum(np.where(np.isfinite(seen.own), seen.own, -np.inf), seen.best)
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
        seen = survey(program, values, self.at(best.x))
        return np.asarray(best.converged(ACCEPT) & (np.maximum(seen.own, seen.best) < -FEASIBLE))

    def scraps(self, seen: Glance, origins: list[Array]) -> Bools:
        """Say which parties, (parties, games), gain no more than the solver's tolerance."""
        gains = seen.values[: self.parties] - np.array(origins)
        return np.asarray(gains <= LEAST_GAIN * seen.spans[: self.parties])

    # -- values ------------------------------------------------------------------------------------------------------

    def payoffs(self, x: Array) -> Array:
        """Return the payoffs at unit-box points, (parties, games)."""
        return self.at(x)[: self.parties]

    def at(self, x: Array) -> Array:
        """Return all functions at unit-box points, (functions, games)."""
        return at(self.functions, self.parameters, x)

    def sampled(self) -> Array:
        """Return all functions at points spread evenly through the box, (functions, games, points)."""
        return sampled(self.functions, self.parameters, self.issues, self.count)

    @cached_property
    def ranges(self) -> Array:
        """Each function's range over the sampled points, (functions, games)."""
        nothing = blank(self.parties + self.constraints)
        return self.glance(np.full((self.issues, self.count), 0.5), Stakes(nothing, nothing)).spans

    def rows(self, floors: list[Array] | None) -> Program:
        """Return a program whose rows are the payoff floors, if any, and the constraints."""
        own = list(range(self.parties, self.parties + self.constraints))
        rows = own if floors is None else [*range(self.parties), *own]
        offsets = [*([] if floors is None else floors), *([0.0] * self.constraints)]
        return Program(blank(self.parties + self.constraints), rows, offsets, None, blank(len(rows)))


@dataclass(frozen=True)
class _Verdict:
    """What an examination says of every game."""

    failed: Bools
    idle: Bools  # nobody, or not everybody, gains anything: of a best deal possible, of a product of gains a failure
    local: Bools  # a sampled point does better
    broken: Bools  # there are no numbers, of functions or floors
    unlike: Bools  # in C there are others


def _shares(program: Program) -> bool:
    """Say whether a program maximises a product of gains."""
    return any(target is not None for target in program.targets)


def blank(size: int) -> list[Sparse]:
    """Return so many structural zeros."""
    return [None] * size


def portions(games: Indices, size: int) -> list[Indices]:
    """Split games into pieces small enough to be sampled at many points."""
    return np.array_split(games, -(-games.size // size)) if games.size else []
