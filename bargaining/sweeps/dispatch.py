"""Chunks of a sweep, solved here or by the workers of any executor, a bounded number of them at a time."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from bargaining.calibrations.rows import Calibrations
from bargaining.errors import InvalidProblem, MissingPackage, SweepStopped
from bargaining.sweeps.chunks import Plan

if TYPE_CHECKING:
    import pandas as pd


def solved(
    plan: Plan, calibrations: Calibrations, chunks: Iterable[tuple[int, int, int]], executor: Executor | None, ahead: int
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Solve chunks, (number, start, stop) each, and return their numbers and tables as they come in.

    With an executor at most `ahead` chunks are with the workers, done or not; what they need besides the rows travels with
    every chunk and is unpacked once a worker.

    Raises
    ------
    SweepStopped
        If the executor breaks, because a worker was killed or it was shut down.
    MissingPackage, InvalidProblem
        If functions have to travel that only cloudpickle can pack, or that nothing can.
    """
    if executor is None:
        for number, start, stop in chunks:
            yield number, plan.table(calibrations.excerpt(start, stop), start)
        return
    parcel = _packed(plan)
    tasks = iter(chunks)
    pending: dict[Future[pd.DataFrame], int] = {}
    try:
        while True:
            for number, start, stop in islice(tasks, ahead - len(pending)):
                pending[_handed(executor, parcel, calibrations.excerpt(start, stop), start)] = number
            if not pending:
                return
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield pending.pop(future), future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise _stopped(executor, error) from error
    finally:
        for future in pending:
            future.cancel()


def _handed(executor: Executor, parcel: bytes, calibrations: Calibrations, start: int) -> Future[pd.DataFrame]:
    """Give a chunk to the executor."""
    try:
        return executor.submit(run, parcel, calibrations, start)
    except RuntimeError as error:  # what executors raise that are broken, or were shut down
        raise _stopped(executor, error) from error


def _stopped(executor: Executor, error: BaseException) -> SweepStopped:
    return SweepStopped(
        f"the workers of {type(executor).__name__} are gone ({str(error) or type(error).__name__}): one was killed, often "
        "for want of memory, or the executor was shut down. Start a new executor and sweep again, with fewer workers or a "
        "smaller chunk; with the same checkpoint only what is missing is computed."
    )


def run(parcel: bytes, calibrations: Calibrations, first: int) -> pd.DataFrame:
    """Solve a chunk at a worker."""
    return _unpacked(parcel).table(calibrations, first)


@lru_cache(maxsize=2)
def _unpacked(parcel: bytes) -> Plan:
    return pickle.loads(parcel)  # type: ignore[no-any-return]  # noqa: S301 - packed by the sweep that sent it


def _packed(plan: Plan) -> bytes:
    """Pack a plan for the workers: lambdas and functions of notebooks travel by their code."""
    packer: Any = pickle
    with suppress(ImportError):
        import cloudpickle as packer  # type: ignore[import-untyped,no-redef,unused-ignore]
    try:
        return packer.dumps(plan)  # type: ignore[no-any-return]
    except Exception as error:
        if packer is pickle:
            raise MissingPackage(f"sending what is swept to workers ({error})", "cloudpickle", "parallel") from error
        raise InvalidProblem(
            f"what is swept cannot be sent to workers ({error}): let its functions do without locks, open files and "
            "connections, or leave out the executor."
        ) from error


def progressing() -> Any:
    """Return a bar on the standard error stream that counts games, and those without an answer."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("games"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]:,.0f} a second"),
        TimeRemainingColumn(), TextColumn("{task.fields[unsolved]:,} rows without an answer"),
        console=Console(stderr=True),
    )  # fmt: skip
