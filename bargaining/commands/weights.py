"""`bargaining weights`: the bargaining weights under which an observed deal is the Nash deal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

import bargaining as bg
from bargaining import cases
from bargaining.case import Case
from bargaining.commands.common import assignment, console, distinct, plain_errors, plain_table, say_written, scenario_names
from bargaining.errors import InvalidProblem
from bargaining.sweeps.swept import BASELINE
from bargaining.weights.inference import WeightSpread

SHARES = {"identified": "one weight", "set": "a set", "empty": "none", "failed": "no answer"}
"""What draws may lead to, in words."""

NOT_POWER = (
    "These weights say which setting of the Nash solution reproduces the terms in this model with this disagreement "
    "point. They do not measure power."
)


def weights_command(
    case: Annotated[str, typer.Argument(help="The case; see `bargaining list`.")],
    term: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A term, or LOW:HIGH; may repeat.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="A scenario, or baseline; may repeat.")] = None,
    uncertain: Annotated[list[str] | None, typer.Option(help="A parameter to draw, or a choice; may repeat.")] = None,
    draws: Annotated[int, typer.Option(help="How many draws of the uncertain parameters.")] = 1000,
    rng: Annotated[int, typer.Option(help="The seed of the draws.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the table of a spread into this folder.")] = None,
) -> None:
    """Find the weights under which terms that were observed are those of the Nash deal."""
    with plain_errors():
        found = cases.load(case)
        if not term:
            raise InvalidProblem("say what was observed: --term stake=0.2, or a range, --term stake=0.17:0.41.")
        terms = distinct("--term", map(_term, term))
        scenarios = [None if name == BASELINE else name for name in scenario_names(found, scenario)]
        spread = bg.implied_weights(
            found, terms, scenario=scenarios, uncertain=uncertain or [], games=draws if uncertain else 1, rng=rng
        )
        screen = console()
        screen.print(f"[bold]{found.title}[/]\nInformation of {found.as_of}. Observed: {_observed(found, terms)}.\n")
        if uncertain:
            _print_spread(spread)
        else:
            for row in spread.rows:
                screen.print(escape(f"{row.label}: {row.found!r}"))
        screen.print("\n" + NOT_POWER)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            spread.to_dataframe().to_csv(out / "weights.csv", index=False)
            say_written([out / "weights.csv"])


def _term(text: str) -> tuple[str, Any]:
    name, said = assignment("--term", text, "stake=0.2")
    try:
        ends = [float(value) for value in said.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise InvalidProblem(f"--term {text!r}: write a number, stake=0.2, or a range, stake=0.17:0.41.")
    return name, ends[0] if len(ends) == 1 else tuple(ends)


def _observed(case: Case, terms: dict[str, Any]) -> str:
    """Return what was observed in words, with units."""
    units = case.problem().feasible.units()
    return escape(
        ", ".join(
            f"{name.replace('_', ' ')} {f'{v[0]:g} to {v[1]:g}' if isinstance(v, tuple) else f'{v:g}'}"
            + (f" ({units[name]})" if units.get(name) else "")
            for name, v in terms.items()
        )
    )


def _print_spread(spread: WeightSpread) -> None:
    frame = spread.to_dataframe()
    ends = [f"{end} {level}" for end in ("lower", "upper") for level in ("5%", "50%", "95%")]
    shares = {name: words for name, words in SHARES.items() if frame[name].any()}
    rows = [
        (
            row.label.replace(", ", ",\n"),
            [*(f"{values[name]:.0%}" for name in shares), *(_number(values[name]) for name in ends)],
        )
        for row, (_, values) in zip(spread.rows, frame.iterrows(), strict=True)
    ]
    party = spread.rows[0].found.problem.parties[0]
    count = int(frame["draws"].iloc[0])
    title = f"{party}'s weight, {count:,} draw{'s' * (count > 1)} a row"
    console().print(plain_table([*shares.values(), *ends], rows, escape(title)))
    if spread.draws:
        console().print(
            "Lower and upper: quantiles, over draws in which some weight agrees with what was observed, of the ends of the "
            "weights. They describe the ranges chosen; they are no confidence interval."
        )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.2f}"  # noqa: PLR0124 - NaN
