"""`bargaining statics`: what moves the deal of a case, a little and over whole ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape

import bargaining as bg
from bargaining import cases
from bargaining.commands.common import console, plain_errors, plain_table, say_written, settings
from bargaining.errors import InvalidProblem
from bargaining.reports import chosen_concepts
from bargaining.statics.comparative import Activity, ComparativeStatics
from bargaining.statics.swings import OneAtATime

HEADS = ("value", "derivative", "elasticity", "low", "high", "at low", "at high")


def statics_command(
    case: Annotated[str, typer.Argument(help="The case; see `bargaining list`.")],
    concept: Annotated[str, typer.Option(help="The concept.")] = "nash",
    scenario: Annotated[str | None, typer.Option(help="A named scenario of the case.")] = None,
    of: Annotated[list[str] | None, typer.Option(help="An outcome: a term or 'gain PARTY'; may repeat.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter.")] = None,
    most: Annotated[int, typer.Option(help="How many parameters to list.")] = 12,
    out: Annotated[Path | None, typer.Option(help="Write derivatives and figures into this folder.")] = None,
) -> None:
    """Print derivatives and elasticities of a deal, and where each parameter takes it over its range."""
    with plain_errors():
        if most < 1:
            raise InvalidProblem(f"--most {most}: list at least one parameter.")
        found = cases.load(case)
        overrides = settings(set_ or [])
        chosen = chosen_concepts(found, [concept], scenario, overrides)[concept]
        moves = bg.comparative_statics(found, chosen, scenario, **overrides)
        ends = bg.one_at_a_time(found, chosen, scenario, **overrides)
        shown = of or [*list(moves.terms)[:1], *(name for name in moves.outcomes if name.startswith("gain "))]
        for name in shown:
            moves.value(name)
        console().print(f"[bold]{found.title}[/]\nInformation of {found.as_of}. {_at(moves)}\n")
        for name in shown:
            _print(moves, ends, name, most)
        console().print("\n".join(escape(line) for line in _notes(moves)))
        if out is not None:
            say_written(_write(moves, ends, shown, out))


def _at(moves: ComparativeStatics) -> str:
    """Return the deal in words, with the terms that are held by a bound."""
    terms = [
        f"{name.replace('_', ' ')} {float(moves.value(name)):.3f}"
        + (f" ({Activity(int(code)).label})" if code != Activity.INTERIOR else "")
        for name, code in moves.activity.items()
    ]
    return escape(f"{moves.solution.label}: {', '.join(terms)}.")


def _print(moves: ComparativeStatics, ends: OneAtATime, name: str, most: int) -> None:
    """Print the parameters that move an outcome most over their ranges."""
    rows = []
    swings = ends.swings(name)
    for _, row in swings[(swings["span"] > 0) | swings["at low"].isna() | swings["at high"].isna()].head(most).iterrows():
        known = row["parameter"] in moves.parameters
        index = list(moves.parameters).index(row["parameter"]) if known else -1
        slope = float(moves.derivatives(name)[index]) if known else np.nan
        stretch = float(moves.elasticities(name)[index]) if known else np.nan
        new = [_number(ends.value(name) + row[end]) or str(row[f"status {end[3:]}"]) for end in ("at low", "at high")]
        cells = [f"{row[key]:g}" for key in ("low", "high")]
        rows.append((row["parameter"], [f"{row['value']:g}", _number(slope), _number(stretch), *cells, *new]))
    unit = ends.rows.attrs["units"].get(name, "")
    title = f"{name.replace('_', ' ')}{', ' + unit if unit else ''}: {ends.value(name):.4g}"
    if rows:
        console().print(plain_table(HEADS, rows, escape(title)), "")
    else:
        console().print(f"[bold]{escape(title)}[/]\nNo parameter moves it over its range.\n")


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value + 0.0:.3g}"


def _notes(moves: ComparativeStatics) -> list[str]:
    said = [
        "Derivative, elasticity: of a small move, exact. At low, at high: the outcome solved again there, one parameter at "
        "a time, others as they are; sorted by it. Ranges are those of the case.",
    ]
    if np.any(moves.weak):
        said.append("A bound or constraint is weakly active: the deal has a kink, and derivatives are those of one side.")
    said += [f"Derivatives in {name} are those to the left of a kink." for name, left in moves.from_left.items() if left]
    return [*said, "These assumptions give these deals; the model does not predict the deal."]


def _write(moves: ComparativeStatics, ends: OneAtATime, shown: list[str], folder: Path) -> list[Path]:
    import matplotlib as mpl

    mpl.use("Agg")
    from bargaining import plots

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "derivatives.csv"]
    moves.to_dataframe(moves.outcomes).to_csv(paths[0], index=False)
    for name in shown:
        if np.any(ends.swings(name)["span"] > 0):
            paths += plots.save(plots.draw_tornado(ends, name), folder / f"tornado-{name.replace(' ', '-')}")
    return paths
