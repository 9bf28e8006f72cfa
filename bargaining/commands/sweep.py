"""`bargaining sweep`: many calibrations of a case, their quantiles and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.markup import escape

import bargaining as bg
from bargaining import cases
from bargaining.case import Case
from bargaining.commands.common import (
    WIDTH,
    assignment,
    console,
    plain_errors,
    plain_table,
    say_written,
    scenario_names,
)
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.reports import chosen_concepts
from bargaining.sweep_reports import SweepReport, answers
from bargaining.sweeps.spreads import words_of
from bargaining.sweeps.swept import BASELINE

if TYPE_CHECKING:
    from bargaining.calibrations.rows import Calibrations

ALL = "all"
DRAWS = 10_000
LINES = 40  # rows of a grid that are printed


def sweep_command(
    case: Annotated[str, typer.Argument(help="The case; see `bargaining list`.")],
    draws: Annotated[
        int | None, typer.Option(help=f"How many draws from the case's ranges; {DRAWS:,} if there is no grid.")
    ] = None,
    rng: Annotated[int, typer.Option(help="The seed of the draws.")] = 0,
    method: Annotated[str, typer.Option(help="How to draw: uniform, latin-hypercube or sobol.")] = "uniform",
    concept: Annotated[list[str] | None, typer.Option(help="A concept; may repeat. Default: the case's.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="A scenario, or baseline; may repeat.")] = None,
    choice: Annotated[
        list[str] | None, typer.Option(metavar="NAME=OPTION", help="Rows for an option, or for all; may repeat.")
    ] = None,
    grid: Annotated[
        list[str] | None, typer.Option(metavar="NAME=LOW:HIGH:COUNT", help="Values of a parameter; may repeat.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="A column to keep; may repeat; all for the parameters too. Default: answers.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the rows, quantiles and figures into this folder.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="A folder to go on from after an interruption.")] = None,
    backend: Annotated[str, typer.Option(help="What solves: auto, numpy or c.")] = "auto",
    progress: Annotated[bool, typer.Option("--progress", help="Show a bar.")] = False,
) -> None:
    """Solve many calibrations of a case: print quantiles, write all rows and figures."""
    with plain_errors():
        found = cases.load(case)
        scenarios = scenario_names(found, scenario)
        axes = _joined([*(_option(found, text) for text in choice or []), *(_axis(text) for text in grid or [])])
        calibrations = _calibrations(found, scenarios, axes, draws, (rng, method))
        concepts = list(chosen_concepts(found, concept or []).values())
        kept = _kept(found, scenarios, calibrations, axes, keep or [])
        _prepare(out, checkpoint)
        table = bg.sweep(
            found, calibrations, concepts, scenarios=scenarios, keep=kept, checkpoint=checkpoint, backend=backend,
            progress=progress,
        )  # fmt: skip
        drawn = draws is not None or not any(name in found.parameters for name in axes)
        report = SweepReport(found, table, tuple(axes))
        head = f"[bold]{found.title}[/]\nInformation of {found.as_of}. {escape(report.money)}"
        console().print(f"{head}\n{escape(repr(calibrations))}\n")
        _print_quantiles(report) if drawn else _print_rows(report)
        if out is not None:
            written = [report.write_rows(out), *([report.write_quantiles(out)] if drawn else [])]
            say_written([*written, *_draw(report, _first(report, keep), list(axes), out, drawn)])


def _prepare(out: Path | None, checkpoint: Path | None) -> None:
    """Make the folder of results, so that one that cannot be written to is known before anything is computed."""
    if out is not None:
        if checkpoint is not None and out.resolve() == checkpoint.resolve():
            raise InvalidProblem(f"--out and --checkpoint are both {out}; a checkpoint needs a folder of its own.")
        out.mkdir(parents=True, exist_ok=True)


def _joined(axes: Iterable[tuple[str, Sequence[Any]]]) -> dict[str, list[Any]]:
    """Return the values of every parameter and choice, those of one that is named again after the first ones."""
    found: dict[str, list[Any]] = {}
    for name, values in axes:
        found[name] = [*found.get(name, []), *values]
    return found


def _option(case: Case, text: str) -> tuple[str, Sequence[str]]:
    """Return a choice with the options asked for."""
    name, word = assignment("--choice", text, "cap_reading=all")
    if name not in case.choices:
        raise UnknownName("choice", name, case.choices)
    options = case.choices[name].options
    if word != ALL and word not in options:
        raise UnknownName(f"option of {name}", word, [*options, ALL])
    return name, options if word == ALL else (word,)


def _axis(text: str) -> tuple[str, Sequence[float]]:
    """Return a parameter with its values: LOW:HIGH:COUNT, one number, or several with commas between them."""
    name, said = assignment("--grid", text, "L=0.1:0.5:9")
    try:
        if ":" not in said:
            return name, [float(value) for value in said.split(",")]
        low, high, count = said.split(":")
        return name, np.linspace(float(low), float(high), int(count)).tolist()
    except ValueError as error:
        raise InvalidProblem(
            f"--grid {text!r}: write NAME=LOW:HIGH:COUNT, as in L=0.1:0.5:9, or values with commas, L=0.1,0.25."
        ) from error


def _calibrations(
    case: Case, scenarios: Sequence[str], axes: Mapping[str, Any], draws: int | None, how: tuple[int, Any]
) -> Calibrations:
    """Return draws from the ranges of all that neither a scenario nor the grid sets, crossed with the grid."""
    for name in axes:
        if name not in case.parameters and name not in case.choices:
            raise UnknownName("parameter or choice", name, [*case.parameters, *case.choices])
    if draws is None and any(name in case.parameters for name in axes):
        return bg.grid(**axes)
    taken = {name for scenario in scenarios if scenario != BASELINE for name in case.scenarios[scenario].set} | set(axes)
    ranges = {name: ends for name, ends in case.ranges.items() if name not in taken}
    drawn = bg.draws(ranges, DRAWS if draws is None else draws, *how)
    return bg.crossed(drawn, **axes) if axes else drawn


def _kept(
    case: Case, scenarios: Sequence[str], calibrations: Calibrations, axes: Iterable[str], keep: Sequence[str]
) -> list[str] | None:
    """Return the columns to keep: besides what tells rows apart, those asked for, or all answers."""
    if ALL in keep:
        return None
    known = answers(case, scenarios, calibrations.kinds)
    if keep and not any(name in known for name in keep):
        raise UnknownName("term or gain to keep, of which there must be one,", keep[0], known)
    return [*axes, *(keep or known)]


def _first(report: SweepReport, keep: Sequence[str] | None) -> list[str]:
    """Return the outcomes to draw: those asked for by name, or the first term."""
    return [name for name in keep or [] if name in report.outcomes] or report.outcomes[:1]


def _print_quantiles(report: SweepReport) -> None:
    screen = console()
    for title, rows in report.blocks():
        screen.print(plain_table(report.heads, rows, escape(title)), "")
    screen.print("\n".join(escape(line) for line in report.notes()))


def _print_rows(report: SweepReport) -> None:
    screen, table = console(), report.table
    same = {name: table[name].iloc[0] for name in table.columns if table[name].nunique(dropna=False) == 1}
    shown = table.head(LINES)
    columns = {name: [_cell(value) for value in shown[name]] for name in table.columns if name not in ("game", *same)}
    for heads in _fitting(columns):
        cells = zip(*(columns[name] for name in heads), strict=True)
        screen.print(plain_table(heads, [(str(number), row) for number, row in zip(shown.index, cells, strict=True)]))
    said = [f"{name} {_cell(value) or 'none'}" for name, value in same.items() if name != "game"]
    screen.print(escape(f"The same in all rows: {', '.join(said)}."))
    if len(table) > LINES:
        screen.print(f"... {len(table) - LINES:,} rows more; --out writes all of them.")
    screen.print("These assumptions give these deals; the model does not predict the deal.")


def _fitting(columns: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the names of columns, in groups that fit on the screen beside the numbers of rows."""
    groups: list[list[str]] = []
    room = 0
    for name, cells in columns.items():
        width = max(len(word) for word in [*name.split(), *cells]) + 2
        if width > room:
            groups.append([])
            room = WIDTH - len(str(LINES)) - 2
        groups[-1].append(name)
        room -= width
    return groups


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if np.isnan(value) else f"{value:.4g}"


def _draw(report: SweepReport, columns: Sequence[str], axes: list[str], folder: Path, drawn: bool) -> list[Path]:
    """Draw outcomes: a distribution a concept, of draws; over one parameter or two, of a grid."""
    import matplotlib as mpl

    mpl.use("Agg")
    from bargaining import plots

    paths: list[Path] = []
    for name in columns:
        if drawn:
            for concept, rows in report.table.groupby("concept", sort=False):
                by = [key for key in ("scenario", *axes) if rows[key].nunique() > 1]
                panels = plots.draw_distribution(rows, name, by, marks=report.marks(name))
                paths += plots.save(panels[0], folder / f"distribution-{name}-{_slug(concept)}".replace(" ", "-"))
        else:
            across = [axis for axis in axes if axis in report.case.parameters and report.table[axis].nunique() > 1]
            if len(across) == 1:
                paths += plots.save(plots.draw_sweep(report.table, across[0], name)[0], folder / f"sweep-{name}")
            if len(across) == 2:
                for group, rows in report.table.groupby(words_of(report.table), sort=False):
                    ax = plots.draw_sweep(rows, across, name)[0]
                    paths += plots.save(ax, folder / f"sweep-{name}-{_slug('-'.join(map(str, group)))}")
    return paths


def _slug(words: Any) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in str(words).lower()).strip("-")
