"""Titles of axes and figures that are drawn from tables of sweeps: names, units, dates."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from bargaining.plots.marks import GREY

NO_BREAK = "\N{NO-BREAK SPACE}"
LEAST = 30  # letters in a line
LETTER = 2.8  # points that a letter of small print takes of the width of the axes, over whose ends it may run a little


def spoken(column: str) -> str:
    """Return the name of a column in words: "revenue_share" as "Revenue share", "gain OpenAI" as "Gain of OpenAI"."""
    word, _, party = column.partition(" ")
    if word in ("gain", "utility") and party:
        return f"{word.capitalize()} of {party}"
    words = column.replace("_", " ")
    return words[:1].upper() + words[1:]


def axis_title(column: str, table: pd.DataFrame, between: str = " ") -> str:
    """Return an outcome's name in words with its unit, as far as the table knows it; `between` them a space or line."""
    return _with_unit(spoken(column), column, table, between)


def parameter_title(column: str, table: pd.DataFrame) -> str:
    """Return a parameter's name, as it is written in code, with its unit."""
    return _with_unit(column, column, table, " ")


def _with_unit(words: str, column: str, table: pd.DataFrame, between: str) -> str:
    unit = table.attrs.get("units", {}).get(column, "")
    return f"{words}{between}({unit})" if unit else words


def annotate_below(ax: Axes, parts: Sequence[str]) -> None:
    """Write in small print, below the title of the horizontal axis, what is drawn; lines break between its parts."""
    width = max(int(ax.bbox.width / ax.figure.dpi * 72 / LETTER), LEAST)
    kept = [part.replace(" ", NO_BREAK) if len(part) < width else part for part in parts]
    lines = wrap("; ".join(kept), width, break_on_hyphens=False)
    ax.annotate(
        "\n".join(lines).replace(NO_BREAK, " "), (0.5, 0.0), xycoords=ax.xaxis.label, xytext=(0, -2),
        textcoords="offset points", ha="center", va="top", fontsize="small", color=GREY, annotation_clip=False,
        linespacing=1.1,
    )  # fmt: skip


def named(table: pd.DataFrame) -> list[str]:
    """Return the concept and the scenario of a table's rows, where all have the same."""
    found = []
    for name in ("concept", "scenario"):
        values: Any = table[name].unique() if name in table.columns else []
        if len(values) == 1:
            found.append(str(values[0]))
    return [", ".join(found)] if found else []


def dated(table: pd.DataFrame) -> list[str]:
    """Return the date of the information behind a table, where there is one."""
    date = table.attrs.get("as_of", "")
    return [f"information of {date}"] if date else []
