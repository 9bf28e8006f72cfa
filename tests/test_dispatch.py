"""Workers: the answers are those of one process, lambdas travel, few chunks are under way, deaths are told."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem, MissingPackage, SweepStopped
from bargaining.problems.problem import Problem
from tests.test_sweeps import exact, sale

DRAWS = bg.draws({"cost": (0.5, 1.5), "disagreement seller": (0.0, 60.0)}, 90, rng=1, method="latin-hypercube")


def run(executor: Executor | None = None, **options: Any) -> pd.DataFrame:
    settings = {"asked": sale(), "calibrations": DRAWS, "concepts": bg.Nash(), "chunk": 12} | options
    return bg.sweep(**settings, executor=executor)


def processes(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


class Late(Executor):
    """Works in its own order: the last chunk that it was given first."""

    def __init__(self) -> None:
        self.most, self.waiting = 0, list[tuple[Future[Any], Any, Any]]()

    def submit(self, work: Any, /, *inputs: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work, inputs))
        self.most = max(self.most, len(self.waiting))
        threading.Timer(0.01, self._work).start()
        return future

    def _work(self) -> None:
        future, work, inputs = self.waiting.pop()
        future.set_result(work(*inputs))


def test_order_and_company_of_chunks_do_not_matter(tmp_path: Path) -> None:
    plain = run()
    late = Late()
    exact(run(late, ahead=3), plain)
    assert late.most <= 3
    with ThreadPoolExecutor(3) as threads:
        exact(run(threads, checkpoint=tmp_path), plain)
        exact(run(threads, chunk=7), plain)


def test_functions_without_a_module_travel() -> None:
    steep = 2.0
    family = lambda cost: bg.from_issues(  # noqa: E731 - the point is that it has no name
        [bg.Issue("x")], {"a": lambda x, cost: x - cost * x**steep, "b": lambda x: 1 - x}, [0, 0], parameters={"cost": cost}
    )
    costs = {"cost": np.linspace(0.1, 0.4, 20)}
    with processes(1) as pool:
        found = bg.sweep(family, costs, bg.Nash(), chunk=8, executor=pool)
    exact(found, bg.sweep(family, costs, bg.Nash()))


def test_without_cloudpickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with ThreadPoolExecutor(1) as threads, pytest.raises(MissingPackage, match=r"cloudpickle.*bargaining\[parallel\]"):
        run(threads)


def test_what_cannot_travel_is_told_and_needs_no_fingerprint() -> None:
    lock = threading.Lock()

    def family(cost: Any) -> Problem:
        with lock:
            return sale(cost)

    assert len(bg.sweep(family, {"cost": [0.8]}, bg.Nash())) == 1  # a fingerprint is for checkpoints
    with ThreadPoolExecutor(1) as threads, pytest.raises(InvalidProblem, match=r"cannot be sent to workers.*locks"):
        bg.sweep(family, {"cost": [0.8]}, bg.Nash(), executor=threads)


def test_dead_workers_are_told_and_the_sweep_goes_on(tmp_path: Path) -> None:
    class Deadly(bg.Nash):
        def outcome(self, problem: Problem) -> Any:
            if (tmp_path / "armed").exists() and problem.shape == (12,) and problem.disagreement[0, 1] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            return bg.Nash().outcome(problem)

    limit = DRAWS.rows(48, 49)["disagreement seller"][0]  # the fifth chunk
    (tmp_path / "armed").touch()
    store = tmp_path / "store"
    with processes(1) as pool, pytest.raises(SweepStopped, match=r"ProcessPoolExecutor are gone.*same checkpoint"):
        run(pool, concepts=Deadly(), checkpoint=store, ahead=2)
    done = len(list(store.glob("part-*")))
    assert 3 <= done <= 4
    (tmp_path / "armed").unlink()
    exact(run(concepts=Deadly(), checkpoint=store), run(concepts=Deadly()))


def test_an_executor_that_was_shut_down() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(SweepStopped, match="shut down"):
        run(pool)


def test_errors_of_workers_arrive() -> None:
    class Broken(bg.Nash):
        def outcome(self, problem: Problem) -> Any:
            if problem.shape == (12,):
                raise KeyError("a bug")
            return bg.Nash().outcome(problem)

    with ThreadPoolExecutor(2) as threads, pytest.raises(KeyError, match="a bug"):
        run(threads, concepts=Broken())


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="tcp://127.0.0.1", dashboard_address=None,
            local_directory=str(tmp_path / "dask"), silence_logs=50,
        ) as workers,
        distributed.Client(workers) as client,
    ):  # fmt: skip
        yield client


@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_survives_the_death_of_a_worker(cluster: Any) -> None:
    workers = cluster.scheduler_info()["workers"]
    assert len(workers) == 2
    assert all(address.startswith("tcp://") for address in workers)
    victim = cluster.run(os.getpid)[next(iter(workers))]
    games = bg.draws(DRAWS.ranges, 1500, rng=1)
    settings: dict[str, Any] = {"asked": sale(), "calibrations": games, "concepts": bg.Nash(), "chunk": 100}
    received: list[int] = []

    class Watched(Executor):
        def submit(self, work: Any, /, *inputs: Any, **options: Any) -> Future[Any]:
            future = executor.submit(work, *inputs, **options)
            future.add_done_callback(self.count)
            return future

        def count(self, future: Future[Any]) -> None:
            received.append(os.getpid())
            if len(received) == 5:
                os.kill(victim, signal.SIGKILL)

    executor = cluster.get_executor()
    found = bg.sweep(**settings, executor=Watched(), ahead=6)
    exact(found, bg.sweep(**settings))
    assert len(received) == 15
    assert victim not in cluster.run(os.getpid).values()
