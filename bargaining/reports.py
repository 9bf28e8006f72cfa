"""A solved case as a table for the terminal and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import bargaining
from bargaining._types import Array
from bargaining.case import Case, Settings
from bargaining.catalogue import concepts as all_concepts
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import InvalidProblem, NotConvex, UnknownName
from bargaining.problems.problem import Problem
from bargaining.solution import CLOSED, Solution, solve
from bargaining.strategic.alternating_offers import AlternatingOffers

Row = tuple[str, list[str]]

ALL = "all"
"""The name under which every concept of the library is asked for."""


@dataclass(frozen=True)
class Report:
    """A case, the settings it was solved under, its solutions by name, and the deals to set beside them."""

    case: Case
    scenario: str | None
    settings: Settings
    problem: Problem
    solutions: Mapping[str, Solution]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why concepts of the library that were asked for with all others do not apply."""

    @property
    def deals(self) -> dict[str, dict[str, float]]:
        """The case's marked deals that are on the table under these settings."""
        return {name: deal for name, (deal, refusal) in self._judged.items() if not refusal}

    @property
    def refused(self) -> dict[str, str]:
        """Why the other marked deals are not on the table."""
        return {name: refusal for name, (_, refusal) in self._judged.items() if refusal}

    @cached_property
    def _judged(self) -> dict[str, tuple[dict[str, float], str]]:
        judged = {}
        for name, deal in self.case.deals.items():
            refusal = ""
            try:
                self.problem.evaluate(deal.terms)
            except InvalidProblem as error:
                refusal = str(error)
            judged[name.replace("-", " ")] = (dict(deal.terms), refusal)
        return judged

    def heads(self) -> list[str]:
        """Return the names of the columns: solutions, then marked deals."""
        return [solution.concept.label for solution in self.solutions.values()] + list(self.deals)

    def blocks(self) -> list[tuple[str, list[Row]]]:
        """Return the rows of the table in titled blocks."""
        solutions, deals = list(self.solutions.values()), list(self.deals.values())
        columns: list[dict[str, Array]] = [dict(solution.terms) for solution in solutions]
        columns += [self.problem.feasible.complete(deal) for deal in deals]
        restated = [self.case.model.restate(column, self.settings) for column in columns]
        units = self.problem.feasible.units()
        terms: list[Row] = [
            (f"{name.replace('_', ' ')}, {units[name]}", [self._term(name, column) for column in columns])
            for name in columns[0]
        ]
        terms += [(label, [f"{float(other[label]):.3f}" for other in restated]) for label in restated[0]]
        utilities = [solution.utilities for solution in solutions] + [self.problem.evaluate(deal) for deal in deals]
        ideal = self.problem.gains(self.problem.ideal)
        money: list[Row] = []
        for i, party in enumerate(self.problem.parties):
            gains = [float(self.problem.gains(u)[i]) for u in utilities]
            money.append((f"{party}: value", [f"{float(u[i]):.1f}" for u in utilities]))
            money.append(("  gain over no deal", [f"{g:+.1f}" for g in gains]))
            money.append(("  share of its ideal gain", [f"{g / float(ideal[i]):.1%}" for g in gains]))
        proof: list[Row] = [
            ("optimality error", [f"{float(s.certificate.residual):.0e}" for s in solutions] + [""] * len(deals)),
            ("supporting-line gap", [_gap(s) for s in solutions] + [""] * len(deals)),
        ]
        return [("Terms (* at a bound)", terms), ("Money", money), ("Certificate", proof)]

    def lines(self) -> list[Row]:
        """Return one row a solution or marked deal, for tables of many: its terms, then each party's gain."""
        columns = [dict(solution.terms) for solution in self.solutions.values()]
        columns += [self.problem.feasible.complete(deal) for deal in self.deals.values()]
        utilities = [s.utilities for s in self.solutions.values()] + [self.problem.evaluate(d) for d in self.deals.values()]
        return [
            (head, [self._term(name, terms) for name in columns[0]] + [f"{float(g):+.1f}" for g in self.problem.gains(u)])
            for head, terms, u in zip(self.heads(), columns, utilities, strict=True)
        ]

    def _term(self, name: str, column: Mapping[str, Array]) -> str:
        value = float(column[name])
        bounds = self.problem.feasible.bounds().get(name, ())
        return f"{value:.3f}{'*' if value in bounds else ''}"

    def offers(self) -> list[str]:
        """Return what both parties would propose in each alternating-offers game, and what is assumed of it."""
        lines = []
        for solution in self.solutions.values():
            if solution.equilibrium is None or not isinstance(solution.concept, AlternatingOffers):
                continue
            lines.append(f"{solution.concept.label}: {solution.concept.describe(self.problem)}.")
            for party, proposal in zip(self.problem.parties, solution.equilibrium.proposals, strict=True):
                gains = " / ".join(f"{g:+.1f}" for g in self.problem.gains(proposal.utilities))
                deal = ", ".join(f"{name.replace('_', ' ')} {float(v):.3f}" for name, v in proposal.terms.items())
                lines.append(f"  {party} proposes {deal}: gains {gains}")
        return lines

    def comparisons(self) -> list[str]:
        """Return which solutions compare the parties' gains, and in what unit: another unit would make another deal."""
        unit = self.problem.units[0] or "the units given"
        compared = [s.concept for s in self.solutions.values() if isinstance(s.concept, Concept) and s.concept.compares]
        if not compared:
            return []
        labels = ", ".join(concept.label for concept in compared)
        return [f"Gains are compared between the parties, in {unit}, by: {labels}."]

    def record(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return {
            "bargaining": bargaining.__version__,
            "case": self.case.name,
            "as_of": self.case.as_of,
            "scenario": self.scenario or "baseline",
            "settings": {name: value if isinstance(value, str) else float(value) for name, value in self.settings.items()},
            "parties": list(self.problem.parties),
            "units": list(self.problem.units),
            "disagreement": self.problem.disagreement.tolist(),
            "ideal": self.problem.ideal.tolist(),
            "solutions": {name: _plain(solution) for name, solution in self.solutions.items()},
            "deals": {
                name: {"terms": deal, "gains": self.problem.gains(self.problem.evaluate(deal)).tolist()}
                for name, deal in self.deals.items()
            },
        }

    def write(self, folder: Path) -> list[Path]:
        """Write `solutions.csv` and `solutions.json`; return their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        table, data = folder / "solutions.csv", folder / "solutions.json"
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["concept", *_flat(next(iter(self.solutions.values())))])
            for name, solution in self.solutions.items():
                writer.writerow([name, *_flat(solution).values()])
        data.write_text(json.dumps(self.record(), indent=2) + "\n", encoding="utf-8")
        return [table, data]


def _gap(solution: Solution) -> str:
    gap = float(solution.certificate.gap)
    if abs(gap) > CLOSED:
        return "local" if gap > 0 else "unchecked"
    return f"{gap:.0e}" if np.isnan(gap) or gap > 1e-15 else "<1e-15"


def _flat(solution: Solution) -> dict[str, float]:
    parties = solution.problem.parties
    row = {name: float(value) for name, value in solution.terms.items()}
    for word, values in (("utility", solution.utilities), ("gain", solution.gains), ("fraction", solution.fractions)):
        row |= {f"{word} {party}": float(value) for party, value in zip(parties, values, strict=True)}
    return row | {"residual": float(solution.certificate.residual), "gap": float(solution.certificate.gap)}


def _plain(solution: Solution) -> dict[str, Any]:
    data: dict[str, Any] = {
        "concept": repr(solution.concept),
        "terms": {name: float(value) for name, value in solution.terms.items()},
        "utilities": solution.utilities.tolist(),
        "gains": solution.gains.tolist(),
        "fractions_of_ideal_gain": solution.fractions.tolist(),
        "normal": solution.normal.tolist(),
        "certificate": {
            "optimality_error": float(solution.certificate.residual), "supporting_line_gap": float(solution.certificate.gap)
        },
    }  # fmt: skip
    if solution.equilibrium is not None:
        data["proposals"] = [
            {"terms": {name: float(v) for name, v in proposal.terms.items()}, "utilities": proposal.utilities.tolist()}
            for proposal in solution.equilibrium.proposals
        ]
        data["acceptance_thresholds"] = solution.equilibrium.thresholds.tolist()
        data["acceptance_slack"] = solution.equilibrium.slack.tolist()
    return data


def known_concepts(
    case: Case, scenario: str | None = None, overrides: Mapping[str, Any] | None = None
) -> dict[str, Concept | StrategicModel]:
    """Return the concepts that a case may be solved by, by name: its own first, then those of the library."""
    own = case.concepts(scenario, **(overrides or {}))
    return own | {name: concept for name, concept in all_concepts().items() if name not in own}


def chosen_concepts(
    case: Case, names: Sequence[str], scenario: str | None = None, overrides: Mapping[str, Any] | None = None
) -> dict[str, Concept | StrategicModel]:
    """Return the concepts of these names; of none, those that the case is solved by."""
    known = known_concepts(case, scenario, overrides)
    for name in names:
        if name not in known:
            raise UnknownName("concept", name, known)
    return {name: known[name] for name in dict.fromkeys(names or case.concepts(scenario, **(overrides or {})))}


def solve_case(case: Case, scenario: str | None, overrides: Mapping[str, Any], wanted: Sequence[str]) -> Report:
    """Solve a case by the wanted concepts, by the case's own if none are named, or by all of the library if "all" is."""
    problem = case.problem(scenario, **overrides)
    own, known = case.concepts(scenario, **overrides), known_concepts(case, scenario, overrides)
    for name in wanted:
        if name not in known and name != ALL:
            raise UnknownName("concept", name, [*known, ALL])
    solutions, left_out = {}, {}
    for name in known if ALL in wanted else wanted or own:
        try:
            solutions[name] = solve(problem, known[name])
        except (InvalidProblem, NotConvex) as error:
            if name in wanted or name in own:
                raise
            left_out[name] = str(error)
    return Report(case, scenario, case.settings(scenario, **overrides), problem, solutions, left_out)
