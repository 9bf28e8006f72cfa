"""What commands share: a console of 80 columns, errors as sentences, assignments."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bargaining.case import Case
from bargaining.errors import BargainingError, InvalidProblem, OutsideRange, UnknownName
from bargaining.sweeps.swept import BASELINE

WIDTH = 80


def console(error: bool = False) -> Console:
    """Return where to print."""
    return Console(stderr=error, width=WIDTH, highlight=False, soft_wrap=False)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn the library's errors and warnings into sentences."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", OutsideRange)
        try:
            yield
        except BargainingError as error:
            console(error=True).print(f"[bold red]Error:[/] {escape(str(error))}")
            raise typer.Exit(2) from error
        except OSError as error:
            console(error=True).print(f"[bold red]Error:[/] cannot write: {escape(str(error))}")
            raise typer.Exit(1) from error
        finally:
            for message in dict.fromkeys(str(warning.message) for warning in caught):
                console(error=True).print(f"[yellow]Warning:[/] {escape(message)}")


def assignment(option: str, text: str, example: str) -> tuple[str, str]:
    """Return both sides of name=value."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise InvalidProblem(f"{option} {text!r}: write name=value, for example {option} {example}.")
    return name, value


def settings(texts: Iterable[str]) -> dict[str, Any]:
    """Return parameters with their numbers, and choices with their options."""
    return distinct("--set", map(_setting, texts))


def distinct(option: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return names with their values, and refuse a name that is given two of them."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidProblem(f"{option} names {name} twice; give it one value.")
        found[name] = value
    return found


def _setting(text: str) -> tuple[str, str | float]:
    name, value = assignment("--set", text, "L=0.05")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def scenario_names(case: Case, names: Sequence[str] | None) -> list[str]:
    """Return the scenarios asked for, each once; the baseline if there are none."""
    for name in names or ():
        if name != BASELINE and name not in case.scenarios:
            raise UnknownName("scenario", name, [BASELINE, *case.scenarios])
    return list(dict.fromkeys(names or [BASELINE]))


def plain_table(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], title: str = "") -> Table:
    """Return a table with labels on the left and numbers on the right; long names of columns take several lines."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), title=title or None, title_justify="left", title_style="bold")
    table.add_column("", overflow="fold")
    for head in heads:
        table.add_column(head.replace(" ", "\n"), justify="right", vertical="bottom", no_wrap=True)
    for label, cells in rows:
        table.add_row(label, *cells)
    return table


def say_written(paths: Iterable[Path]) -> None:
    """List the files that were written."""
    sys.stdout.write("\nWrote\n" + "".join(f"  {path}\n" for path in paths))
