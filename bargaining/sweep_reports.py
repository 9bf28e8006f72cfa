"""A swept case as tables for the terminal, as files, and with the deals to set beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bargaining.case import Case
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status
from bargaining.sweeps.spreads import LEVELS, Spread, outcomes, percent, spreads, words_of
from bargaining.sweeps.swept import BASELINE

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[str, list[str]]

HEADS = ("at low", *(f"{level:.0%}" for level in LEVELS), "at high")
"""The columns of a block, before those of marked deals."""

DRAWS_ARE = (
    "Draws are uniform over the ranges chosen, parameter by parameter: their quantiles describe these ranges. They are no "
    "confidence interval, no forecast of the deal, and no probability of anything in the world."
)


def answers(case: Case, scenarios: Sequence[str], kinds: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the terms, then the gains, that a case has in any of these scenarios and options."""
    terms: dict[str, None] = {}
    gains: dict[str, None] = {}
    for scenario in scenarios:
        for kind in kinds:
            problem = _problem(case, scenario, kind)
            terms |= dict.fromkeys(problem.feasible.bounds())
            gains |= dict.fromkeys(f"gain {party}" for party in problem.parties)
    return [*terms, *gains]


def _problem(case: Case, scenario: str, kind: Mapping[str, Any]) -> Problem:
    return case.problem(None if scenario == BASELINE else scenario, **kind)


@dataclass(frozen=True)
class SweepReport:
    """A table of `sweep` over draws from a case's ranges."""

    case: Case
    table: pd.DataFrame
    axes: tuple[str, ...] = ()
    """Parameters and choices whose values have blocks of their own."""

    @property
    def money(self) -> str:
        """The unit of gains in a sentence."""
        units = {self.table.attrs["units"].get(name, "") for name in self.outcomes if name.startswith("gain ")} - {""}
        return f"Money: {', '.join(sorted(units))}. " if units else ""

    @property
    def heads(self) -> list[str]:
        """The columns of a block: shares at both ends, quantiles, and the marked deals."""
        return [*HEADS, *(name.replace("-", " ") for name in self.case.deals)]

    @property
    def outcomes(self) -> list[str]:
        """The terms and gains in the table."""
        return [name for name in outcomes(self.table) if not name.startswith("utility ")]

    def blocks(self) -> list[tuple[str, list[Row]]]:
        """Return a titled block of rows for every scenario, option and concept; a row an outcome."""
        keys = list(dict.fromkeys([*words_of(self.table), *self.axes]))
        found = []
        for group, rows in self.table.groupby(keys, sort=False, dropna=False):
            named = dict(zip(keys, map(str, group), strict=True))
            options: dict[str, Any] = {name: word for name, word in named.items() if name in self.case.choices}
            options |= {name: float(named[name]) for name in self.axes if name in self.case.parameters}
            problem = _problem(self.case, named["scenario"], options)
            parts = {name: self._spread(rows, name, problem) for name in self.outcomes}
            known = {name: spread for name, spread in parts.items() if spread is not None}
            lines = [line for name, spread in known.items() for line in self._lines(name, spread, problem, named, options)]
            found.append((f"{_words(named)}: {_missing(next(iter(known.values())))}", lines))
        return found

    def _spread(self, rows: pd.DataFrame, name: str, problem: Problem) -> Spread | None:
        return next(iter(spreads(rows, name, bounds=problem.feasible.bounds().get(name))), None)

    def _lines(
        self, name: str, spread: Spread, problem: Problem, named: Mapping[str, str], options: Mapping[str, Any]
    ) -> list[Row]:
        """Return an outcome's row, and the same in other conventions."""
        unit, digits = problem.feasible.units().get(name, ""), 1 if name.startswith("gain ") else 3
        label = name.replace("_", " ") + (f", {unit}" if unit else "")
        shares = [percent(share) if share else "-" for share in spread.at]
        marks = [deal.terms.get(name, np.nan) for deal in self.case.deals.values()]
        lines: list[Row] = [(label, [shares[0], *_numbers(spread.levels, digits), shares[1], *_numbers(marks, digits)])]
        settings = self.case.settings(None if named["scenario"] == BASELINE else named["scenario"], **options)
        levels = self.case.model.restate({name: spread.levels}, settings)
        others = self.case.model.restate({name: np.array(marks)}, settings)
        lines += [(words, ["", *_numbers(levels[words], digits), "", *_numbers(others[words], digits)]) for words in levels]
        return lines

    def marks(self, column: str) -> dict[str, float]:
        """Return the marked deals that name a term, for figures: their names say it in other conventions too."""
        found = {}
        for name, deal in self.case.deals.items():
            if column in deal.terms:
                others = self.case.model.restate({column: np.array(deal.terms[column])}, self.case.settings())
                said = "".join(f" ({float(value):.3g} {words.partition(', ')[2]})" for words, value in others.items())
                found[name.replace("-", " ") + said] = deal.terms[column]
        return found

    def notes(self) -> list[str]:
        """Return what must be said beside the numbers."""
        said = [
            "At low, at high: the share of all draws at that end of the range. Quantiles: over draws with a deal.",
            DRAWS_ARE,
        ]
        said += [f"{name.replace('-', ' ').capitalize()}: {deal.title}." for name, deal in self.case.deals.items()]
        if self.case.model.restate(dict.fromkeys(self.outcomes, np.array(0.5)), self.case.settings()):
            said.append("Other conventions are converted at the baseline.")
        return [*said, "These assumptions give these deals; the model does not predict the deal."]

    def write_rows(self, folder: Path) -> Path:
        """Write all rows, as Parquet where pyarrow is installed, else as CSV."""
        if find_spec("pyarrow"):
            self.table.to_parquet(folder / "sweep.parquet", index=False)
            return folder / "sweep.parquet"
        self.table.to_csv(folder / "sweep.csv", index=False)
        return folder / "sweep.csv"

    def write_quantiles(self, folder: Path) -> Path:
        """Write the quantiles of draws as CSV."""
        import pandas as pd

        rows = [{"group": title, "outcome": label, **dict(zip(self.heads, cells, strict=True))}
                for title, lines in self.blocks() for label, cells in lines]  # fmt: skip
        pd.DataFrame(rows).to_csv(folder / "quantiles.csv", index=False)
        return folder / "quantiles.csv"


def _words(named: Mapping[str, str]) -> str:
    """Return a group in words: its concept, scenario and options."""
    options = [f"{name}={word}" for name, word in named.items() if name not in ("scenario", "concept")]
    return ", ".join([named["concept"], named["scenario"], *options])


def _missing(spread: Spread) -> str:
    none = spread.missing.get(Status.NO_AGREEMENT.label, 0.0)
    other = sum(spread.missing.values()) - none
    said = f"no agreement in {percent(none)}" if none else "none without an agreement"
    return f"{spread.rows:,} draws, {said}" + f", no answer in {percent(other)}" * (other > 0)


def _numbers(values: Any, digits: int) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.{digits}f}" for value in np.asarray(values, dtype=float)]
