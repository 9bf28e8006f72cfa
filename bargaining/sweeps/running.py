"""Many calibrations solved by several concepts, in chunks: in one process or many, and again after an interruption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, get_args, overload

import numpy as np

from bargaining.calibrations.records import calibrations as as_calibrations
from bargaining.calibrations.rows import Calibrations, Grid, Rows
from bargaining.case import Case
from bargaining.checks import flag, option, sequence, whole, words
from bargaining.errors import InvalidProblem, MissingPackage, UnknownName
from bargaining.numerics.backends import resolved
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.solution import Method, Question
from bargaining.sweeps.checkpoints import Checkpoint, opened
from bargaining.sweeps.chunks import FAULTS, KEYS, Plan, finite
from bargaining.sweeps.dispatch import progressing, solved
from bargaining.sweeps.fingerprints import environment, fingerprint
from bargaining.sweeps.swept import Swept, swept, units_of
from bargaining.tables import Columns

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import xarray as xr

CHUNK = 32768  # games: the solver wants tens of thousands at a time; more of them raise memory, not speed
AHEAD = 32
LOOKED_AT = 64  # rows at most, spread over the calibrations, that a sweep is tried on before work begins
DIGITS = 32  # of a fingerprint

Form = Literal["table", "grid", "files"]


@overload
def sweep(
    asked: Case | Problem | Callable[..., Any], calibrations: Any, concepts: Method | Iterable[Method], *,
    scenarios: str | Iterable[str] | None = None, keep: Iterable[str] | None = None, certify: bool = False,
    form: Literal["table"] = "table", chunk: int = CHUNK, checkpoint: str | Path | None = None,
    executor: Executor | None = None, ahead: int = AHEAD, progress: bool = False, backend: str = "auto",
) -> pd.DataFrame: ...  # fmt: skip
@overload
def sweep(
    asked: Case | Problem | Callable[..., Any], calibrations: Any, concepts: Method | Iterable[Method], *,
    scenarios: str | Iterable[str] | None = None, keep: Iterable[str] | None = None, certify: bool = False,
    form: Literal["grid"], chunk: int = CHUNK, checkpoint: str | Path | None = None,
    executor: Executor | None = None, ahead: int = AHEAD, progress: bool = False, backend: str = "auto",
) -> xr.Dataset: ...  # fmt: skip
@overload
def sweep(
    asked: Case | Problem | Callable[..., Any], calibrations: Any, concepts: Method | Iterable[Method], *,
    scenarios: str | Iterable[str] | None = None, keep: Iterable[str] | None = None, certify: bool = False,
    form: Literal["files"], chunk: int = CHUNK, checkpoint: str | Path | None = None,
    executor: Executor | None = None, ahead: int = AHEAD, progress: bool = False, backend: str = "auto",
) -> tuple[Path, ...]: ...  # fmt: skip
def sweep(
    asked: Case | Problem | Callable[..., Any], calibrations: Any, concepts: Method | Iterable[Method], *,
    scenarios: str | Iterable[str] | None = None, keep: Iterable[str] | None = None, certify: bool = False,
    form: Form = "table", chunk: int = CHUNK, checkpoint: str | Path | None = None,
    executor: Executor | None = None, ahead: int = AHEAD, progress: bool = False, backend: str = "auto",
) -> pd.DataFrame | xr.Dataset | tuple[Path, ...]:  # fmt: skip
    """Solve the problems of many calibrations by one or several concepts.

    The answers of a game depend on its calibration alone, to the last bit: not on the chunks, the number of workers, or an
    interruption. Calibrations are solved, never averaged; scenarios and choices have rows of their own.

    Parameters
    ----------
    asked : Case, Problem or function
        A documented case; a problem over issues, whose parameters, disagreement payoffs ("disagreement NAME") and rates of
        impatience ("impatience NAME") the calibrations replace, and which is taken at its word if it says it is concave;
        or a function of parameters by keyword, arrays with one number a game, that returns the stack of problems.
    calibrations : Calibrations, mapping, DataFrame or path
        `bg.draws`, `bg.grid`, columns by name, or a CSV or Parquet file with a column a parameter.
    concepts : what `solve` takes, or a list of it
        How to solve each problem. Concepts with the same label go by their full settings.
    scenarios : str or list of str
        Of a case: scenarios that are each asked of all calibrations; "baseline" is the case as it is, and the default.
    keep : list of str
        The columns to keep besides game, scenario, concept and status; all by default. A case has dozens of parameters.
    certify : bool
        Whether to check every answer by the supporting line through it, for one more program a game.
    form : "table", "grid" or "files"
        A DataFrame; of `bg.grid`, an xarray Dataset, in which each parameter is a dimension; or, for more rows than memory
        holds, the Parquet files of the checkpoint.
    chunk : int
        How many games are solved at a time. Memory grows with it; at a few thousand the solver is at full speed.
    checkpoint : path
        A folder that keeps every chunk solved. A sweep that is asked again with the same folder goes on where it stopped.
    executor : Executor
        Any `concurrent.futures.Executor`: its workers solve the chunks. With cloudpickle lambdas travel to them.
    ahead : int
        How many chunks are with the executor at once: twice as many as it has workers, or more. Memory grows with it.
    progress : bool
        Whether to show a bar on the standard error stream.
    backend : "auto", "numpy" or "c"
        What solves the games, as in `solve`; "auto" goes by the number of all games, and holds for all chunks.

    Returns
    -------
    DataFrame
        With the question, units and the date of the information in its `attrs`. A row a game, scenario and concept, in this
        order. Its columns: the game's number, its calibration, scenario (of a case), concept, the terms of the deal,
        "utility NAME" and "gain NAME" of each party, status, and with `certify` the gap of the certificate; models with
        other results add the columns that `compare` has. Numbers are NaN where the status is not ok, and where a scenario
        or concept has no such number. The status of a calibration that makes no problem is "not finite" if a number is
        missing or infinite, else "invalid"; the problem itself says why, as in `case.problem(**calibration)`.
    Dataset
        With the same columns as variables over the dimensions of the grid, scenario and concept; units are in the `attrs`
        of each, and `to_netcdf` saves it.
    tuple of Path
        The files in order; `pandas.read_parquet(checkpoint)` reads them all.

    Raises
    ------
    UnknownName, InvalidProblem, NotDifferentiable
        Before work begins, for what concerns all games: names, settings, concepts that do not fit the problem. Later, if
        problems turn out to have other terms or parties than those tried at first, or a file of calibrations has changed.
    UnusableCheckpoint
        If the folder belongs to another sweep, holds other files, is in use by another process, or a file in it is damaged.
    SweepStopped
        If the executor breaks.
    MissingPackage
        If a package is not installed; the message names the extra.

    Warns
    -----
    OutsideRange
        If calibrations of a case leave the documented ranges.

    Examples
    --------
    >>> import bargaining as bg
    >>> case = bg.cases.load("microsoft-openai")
    >>> table = bg.sweep(case, bg.grid(L=[0.1, 0.25]), bg.Nash(), scenarios=["baseline", "cap-joint"])
    >>> table[["game", "L", "scenario", "concept", "stake", "status"]].round(3)
       game     L   scenario concept  stake status
    0     0  0.10   baseline    Nash  0.067     ok
    1     0  0.10  cap-joint    Nash  0.000     ok
    2     1  0.25   baseline    Nash  0.112     ok
    3     1  0.25  cap-joint    Nash  0.058     ok
    """
    rows = as_calibrations(calibrations)
    _require_settings(rows, form, checkpoint, executor, chunk=chunk, ahead=ahead)
    plan = _planned(swept(asked, scenarios), rows, concepts, keep, flag("certify", certify))
    chosen = resolved(backend, rows.games * len(plan.scenarios))
    plan = replace(plan, backend=chosen, threads=0 if executor is None else 1)  # workers share the cores as they are
    chunks = [(number, start, min(start + chunk, rows.games)) for number, start in enumerate(range(0, rows.games, chunk))]
    with nullcontext() if checkpoint is None else opened(checkpoint, _record(plan, rows, chunk), len(chunks)) as store:
        missing = chunks if store is None else [chunks[number] for number in store.missing]
        found = solved(plan, rows, missing, executor, ahead)
        kept: dict[int, pd.DataFrame] = {}
        for number, part in _shown(found, missing, rows.games, flag("progress", progress)):
            if store is None:
                kept[number] = part
            else:
                store.write(number, part)
        if store is not None and form == "files":
            return store.files
        table = _joined(kept, store)
    table.attrs = {
        "swept": plan.swept.words, "calibrations": repr(rows), "concepts": [repr(concept) for concept in plan.concepts],
        "units": {name: plan.units[name] for name in table.columns if name in plan.units},
        "as_of": plan.swept.as_of,
    }  # fmt: skip
    return _gridded(table, rows, plan) if isinstance(rows, Grid) and form == "grid" else table


def _require_settings(rows: Calibrations, form: str, checkpoint: Any, executor: Any, **counts: Any) -> None:
    """Refuse settings that make no sense, before anything is computed."""
    option("form", form, get_args(Form))
    if form == "grid" and not isinstance(rows, Grid):
        raise InvalidProblem('form="grid" needs calibrations that are a grid: bg.grid(L=[0.1, 0.2, 0.3]).')
    if form == "files" and checkpoint is None:
        raise InvalidProblem('form="files" needs a folder to write them to: checkpoint="sweep".')
    if form == "grid":
        _xarray()
    if checkpoint is not None and not isinstance(checkpoint, str | Path):
        raise InvalidProblem(f"checkpoint = {checkpoint!r} must be the path of a folder.")
    if executor is not None and not isinstance(executor, Executor):
        raise InvalidProblem(
            f"executor = {executor!r} is no concurrent.futures.Executor; of a Dask client, pass client.get_executor()."
        )
    for name, count in counts.items():
        whole(name, count)


def _planned(family: Swept, rows: Calibrations, concepts: Any, keep: Any, certify: bool) -> Plan:
    """Return the plan of a sweep, once it has been tried on a few games."""
    methods = (concepts,) if isinstance(concepts, Method | type | str) else sequence("concepts", concepts)
    if not methods:
        raise InvalidProblem("there is no concept to solve by; give at least one, for example bg.Nash().")
    for method in methods:
        if not isinstance(method, Method):
            raise InvalidProblem(f"{method!r} is no solution concept or strategic model; write for example bg.Nash().")
    family.check(rows)
    bare = Plan(family, methods, _labels(methods), certify)
    numbers, units = _tried(bare, rows)
    scenario = () if family.scenarios is None else ("scenario",)
    columns = ("game", *rows.names, *scenario, "concept", *(n for n in numbers if n != "gap"), "status")
    columns += ("gap",) if "gap" in numbers else ()
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise InvalidProblem(
            f"{', '.join(twice)} would name two columns of the table: a parameter and something else; rename it."
        )
    if keep is not None:
        kept = words("keep", keep)
        for name in kept:
            if name not in columns:
                raise UnknownName("column to keep", name, columns)
        columns = tuple(name for name in columns if name in kept or name in KEYS)
    return replace(bare, numbers=numbers, columns=columns, units=units)


def _labels(methods: tuple[Method, ...]) -> tuple[str, ...]:
    """Return a name for each concept: its label, or its full settings where several have the same label."""
    count = Counter(method.label for method in methods)
    labels = tuple(method.label if count[method.label] == 1 else repr(method) for method in methods)
    if len(set(labels)) < len(labels):
        raise InvalidProblem(f"the concepts {list(labels)} name one twice.")
    return labels


def _tried(plan: Plan, rows: Calibrations) -> tuple[tuple[str, ...], dict[str, str]]:
    """Solve a few games of every scenario and combination of words, and return the columns of answers, and units.

    What concerns all games is raised here; what concerns some is left to their status.
    """
    columns: dict[str, None] = {}
    units = dict(plan.swept.units)
    for scenario in plan.scenarios:
        for kind in rows.kinds:
            problem, answers = _first_answers(plan, scenario, kind, rows)
            units |= units_of(problem)
            for found in answers:
                columns |= dict.fromkeys(name for name in found if name != "status")
    order = sorted(columns, key=lambda name: name.startswith(("utility ", "gain ")))  # stable: terms first
    return tuple(sorted(order, key=lambda name: name.startswith("gain "))), units


def _typical_rows(family: Swept, rows: Calibrations) -> Iterator[Rows]:
    """Return numbers to try a sweep on, a row each: typical ones, if any are known, then some of the calibrations."""
    names = list(rows.spans)
    if not names:
        yield {}
        return
    typical = family.typical(names)
    if typical is not None:
        yield {name: np.array([value]) for name, value in typical.items()}
    for at in np.unique(np.linspace(0, rows.games - 1, LOOKED_AT).astype(int)).tolist():
        row = {name: values for name, values in rows.rows(at, at + 1).items() if name in names}
        if finite(row).all():
            yield row


def _first_answers(
    plan: Plan, scenario: str | None, kind: Mapping[str, str], rows: Calibrations
) -> tuple[Question, list[Columns]]:
    """Return the problem of the first of some rows that has answers, and those of all concepts.

    The row is asked twice over, so that what is swept sees arrays: code for single numbers fails here, not later.
    """
    refusal: Exception | None = None
    for row in _typical_rows(plan.swept, rows):
        try:
            problem = plan.build(scenario, kind, {name: np.repeat(value, 2) for name, value in row.items()})
            return problem, [plan.answer(problem, concept) for concept in plan.concepts]
        except FAULTS as error:
            refusal = refusal or error
    raise refusal or InvalidProblem(
        "none of the calibrations looked at has finite numbers; there is nothing to learn from them."
    )


def _record(plan: Plan, rows: Calibrations, chunk: int) -> dict[str, Any]:
    """Return all that determines the result of a sweep, in words and fingerprints."""

    def said(words: str, value: Any) -> str:
        return f"{words} [{fingerprint(value)[:DIGITS]}]"

    return {
        "environment": environment(),
        "swept": said(plan.swept.words, plan.swept),
        "scenarios": list(plan.swept.scenarios or ()),
        "concepts": [said(label, concept) for label, concept in zip(plan.labels, plan.concepts, strict=True)],
        "calibrations": said(repr(rows), rows),
        "certify": plan.certify,
        "backend": plan.backend,
        "columns": list(plan.columns),
        "chunk": int(chunk),
    }


@dataclass
class _Tally:
    """What the bar says."""

    begun: float
    games: int = 0
    unsolved: int = 0


def _shown(
    found: Iterator[tuple[int, pd.DataFrame]], missing: list[tuple[int, int, int]], games: int, shown: bool
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Return chunks as they come, and count them on a bar if it is to be shown."""
    if not shown:
        yield from found
        return
    sizes = {number: stop - start for number, start, stop in missing}
    tally = _Tally(perf_counter())
    with progressing() as bar:
        task = bar.add_task("sweep", total=games, completed=games - sum(sizes.values()), speed=0.0, unsolved=0)
        for number, part in found:
            yield number, part
            tally.games += sizes[number]
            tally.unsolved += int(np.count_nonzero(part["status"] != Status.OK.label))
            speed = tally.games / (perf_counter() - tally.begun)
            bar.update(task, advance=sizes[number], speed=speed, unsolved=tally.unsolved)


def _joined(kept: dict[int, pd.DataFrame], store: Checkpoint | None) -> pd.DataFrame:
    """Return all chunks as one table."""
    import pandas as pd

    parts = [kept[number] for number in sorted(kept)] if store is None else list(store.read())
    return pd.concat(parts, ignore_index=True).infer_objects()  # where all words are missing a chunk has no type


def _gridded(table: pd.DataFrame, grid: Grid, plan: Plan) -> xr.Dataset:
    """Return a table as arrays over the parameters of its grid."""
    axes: dict[str, Any] = dict(grid.axes)
    if plan.swept.scenarios is not None:
        axes["scenario"] = plan.swept.scenarios
    axes["concept"] = plan.labels
    shape = tuple(len(values) for values in axes.values())
    held = [name for name in table.columns if name not in axes and name != "game"]
    about = {**table.attrs, "concepts": ", ".join(table.attrs["concepts"])}  # files of arrays hold words, no lists of them
    units = {name: {"units": unit} for name, unit in about.pop("units").items()}
    found: xr.Dataset = _xarray().Dataset(
        {name: (tuple(axes), table[name].to_numpy().reshape(shape), units.get(name)) for name in held},
        coords={name: (name, list(values), units.get(name)) for name, values in axes.items()}, attrs=about,
    )  # fmt: skip
    return found


def _xarray() -> Any:
    try:
        import xarray as xr
    except ImportError as error:
        raise MissingPackage('form="grid"', "xarray", "grids") from error
    return xr
