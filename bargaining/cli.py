"""The command line: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

import bargaining
from bargaining import cases
from bargaining.case import Case
from bargaining.catalogue import concepts
from bargaining.commands.common import console as console_of_80
from bargaining.commands.common import plain_errors, say_written, settings
from bargaining.commands.statics import statics_command
from bargaining.commands.sweep import sweep_command
from bargaining.commands.weights import weights_command
from bargaining.reports import ALL, Report, solve_case

MOST, WIDEST = 5, 7  # solutions side by side in a table, and numbers side by side in a row

app = typer.Typer(
    help="Solve bargaining problems.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.command("sweep")(sweep_command)
app.command("statics")(statics_command)
app.command("weights")(weights_command)


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Solve bargaining problems."""
    if version:
        typer.echo(bargaining.__version__)
        raise typer.Exit


@app.command("list")
def list_cases(
    case: Annotated[str | None, typer.Argument(help="Show this case's scenarios and parameters.")] = None,
) -> None:
    """List the cases, or what can be set in one of them."""
    console = console_of_80()
    with plain_errors():
        if case is not None:
            _describe(cases.load(case), console)
            return
        for name in cases.names():
            found = cases.load(name)
            console.print(f"[bold]{name}[/]  {found.title} (information of {found.as_of})")


def _describe(case: Case, console: Console) -> None:
    console.print(f"[bold]{case.name}[/]  {case.title} (information of {case.as_of})\n")
    usual = list(case.concepts())
    console.print("[bold]Concepts[/] (--concept): " + ", ".join(usual))
    others = [name for name in concepts() if name not in usual]
    console.print("  of the library: " + ", ".join(others) + f"; or {ALL}")
    for name in case.scenarios:
        if list(case.concepts(name)) != usual:
            console.print(f"  of {name}: " + ", ".join(case.concepts(name)))
    console.print()
    scenarios = Table("scenario", "what changes", title="Scenarios (--scenario)", title_justify="left", box=None)
    for name, scenario in case.scenarios.items():
        scenarios.add_row(name, scenario.title)
    console.print(scenarios, "")
    parameters = Table(
        "name",
        "value",
        "range",
        "",
        "what it is",
        title="Parameters (--set name=value)",
        title_justify="left",
        box=None,
    )
    for name, p in case.parameters.items():
        span = "" if p.low is None else f"{p.low:g}-{p.high:g}"
        parameters.add_row(name, f"{p.value:g}", span, p.evidence, f"{p.title} [dim]({p.unit})[/]")
    for name, choice in case.choices.items():
        parameters.add_row(name, choice.value, "", choice.evidence, f"{choice.title}: {', '.join(choice.options)}")
    console.print(parameters)
    console.print("SEEN: read in the source; SEEN-2: retold; MEM: recalled; A: assumption.")


@app.command("solve")
def solve_command(
    case: Annotated[str, typer.Argument(help="The case; see `bargaining list`.")],
    concept: Annotated[list[str] | None, typer.Option(help="A concept, or all; may repeat. Default: the case's.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A named scenario of the case.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write CSV, JSON and the figures into this folder.")] = None,
) -> None:
    """Solve a case: print the deals, and write the results."""
    with plain_errors():
        found = cases.load(case)
        overrides = settings(set_ or [])
        report = solve_case(found, scenario, overrides, concept or [])
        _print(report, console_of_80())
        if out is not None:
            _write(report, out)


def _print(report: Report, console: Console) -> None:
    chosen = report.case.scenarios[report.scenario].title if report.scenario else "baseline"
    console.print(f"[bold]{report.case.title}[/]")
    unit = report.problem.units[0]
    console.print(f"Scenario: {chosen}. Information of {report.case.as_of}." + (f" Money: {unit}." if unit else "") + "\n")
    console.print(_columns(report) if len(report.heads()) <= MOST else _lines(report))
    notes = [
        "The gap is the most, as a share, that any deal found could add to the weighted gains on which a solution stands."
    ]
    if len(report.heads()) > MOST:
        notes = []
    notes += report.comparisons()
    notes += [f"Left out: {reason}" for reason in dict.fromkeys(report.left_out.values())]
    notes += [f"{name.replace('-', ' ').capitalize()}: {deal.title}." for name, deal in report.case.deals.items()]
    notes += [f"{name.capitalize()} is not on the table: {reason}" for name, reason in report.refused.items()]
    notes.append("These assumptions give these deals; the model does not predict the deal.")
    console.print("\n" + "\n".join(escape(line) for line in report.offers() + notes))


def _columns(report: Report) -> Table:
    """Return a table with a column a solution."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for head in report.heads():
        table.add_column(head.replace("-", "-\n").replace(" ", "\n"), justify="right", vertical="bottom")
    for number, (title, rows) in enumerate(report.blocks()):
        if number:
            table.add_row("")
        table.add_row(f"[bold]{title}[/]")
        for label, cells in rows:
            table.add_row(label, *cells)
    return table


def _lines(report: Report) -> Group:
    """Return a table with a row a solution, for more of them than fit side by side; in two parts if it is too wide."""
    terms, gains = list(report.problem.feasible.bounds()), [f"gain of {party}" for party in report.problem.parties]
    heads, split = [*terms, *gains], len(terms) if len(terms) + len(gains) > WIDEST else 0
    parts = [slice(0, split), slice(split, len(heads))] if split else [slice(0, len(heads))]
    tables: list[Table | str] = []
    for part in parts:
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        table.add_column("")
        for head in heads[part]:
            table.add_column(head.replace("_", "\n").replace(" ", "\n"), justify="right", vertical="bottom")
        for label, cells in report.lines():
            table.add_row(label, *cells[part])
        tables += [table, ""]
    return Group(*tables, "* at a bound")


def _write(report: Report, folder: Path) -> None:
    paths = report.write(folder)
    if report.problem.n in (2, 3):
        paths += _draw(report, folder)
    say_written(paths)


def _draw(report: Report, folder: Path) -> list[Path]:
    import matplotlib as mpl

    mpl.use("Agg")
    from bargaining import plots
    from bargaining.pareto import frontier
    from bargaining.surfaces import surface

    solutions, deals = list(report.solutions.values()), report.deals
    if report.problem.n == 2:
        return plots.save(
            plots.draw_frontier(frontier(report.problem), solutions=solutions, deals=deals), folder / "frontier"
        )
    found = surface(report.problem)
    paths = plots.save(plots.draw_surface(found, solutions=solutions, deals=deals), folder / "surface")
    return paths + plots.save(plots.draw_ternary(found, solutions=solutions, deals=deals), folder / "shares")
