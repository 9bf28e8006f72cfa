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
from bargaining.commands.common import assignment, console, plain_errors, plain_table, say_written, scenario_names
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.reports import chosen_concepts
from bargaining.sweep_reports import SweepReport, answers
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
        axes = dict(_option(found, text) for text in choice or []) | dict(_axis(text) for text in grid or [])
        calibrations = _calibrations(found, scenarios, axes, draws, (rng, method))
        concepts = list(chosen_concepts(found, concept or []).values())
        kept = _kept(found, scenarios, calibrations, axes, keep or [])
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
            say_written([*report.write(out), *_draw(report, _first(report, keep), list(axes), out, drawn)])


def _option(case: Case, text: str) -> tuple[str, Sequence[str]]:
    """Return a choice with the options asked for."""
    name, word = assignment("--choice", text, "cap_reading=all")
    if name not in case.choices:
        raise UnknownName("choice", name, case.choices)
    options = case.choices[name].options
    if word != ALL and word not in options:
        raise UnknownName(f"option of {name}", word, [*options, ALL])
    return name, options if word == ALL else (word,)


def _axis(text: str) -> tuple[str, Any]:
    """Return a parameter with its values: LOW:HIGH:COUNT, one number, or several with commas between them."""
    name, said = assignment("--grid", text, "L=0.1:0.5:9")
    try:
        if ":" not in said:
            return name, np.array([float(value) for value in said.split(",")])
        low, high, count = said.split(":")
        return name, np.linspace(float(low), float(high), int(count))
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
    return [*axes, *(keep or answers(case, scenarios, calibrations.kinds))]


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
    heads = [name for name in table.columns if name != "game" and table[name].nunique(dropna=False) > 1]
    rows = [(str(number), [_cell(row[name]) for name in heads]) for number, row in table.head(LINES).iterrows()]
    screen.print(plain_table(heads, rows))
    if len(table) > LINES:
        screen.print(f"... {len(table) - LINES:,} rows more; --out writes all of them.")
    screen.print("These assumptions give these deals; the model does not predict the deal.")


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
            across = [axis for axis in axes if axis in report.case.parameters]
            if len(across) == 1:
                paths += plots.save(plots.draw_sweep(report.table, across[0], name)[0], folder / f"sweep-{name}")
    return paths


def _slug(words: Any) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in str(words).lower()).strip("-")
