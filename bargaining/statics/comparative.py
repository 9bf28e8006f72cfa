"""Comparative statics: how terms and payoffs move with every raw parameter, by the implicit function theorem.

At a solution the optimality conditions of the programs behind a concept hold, and keep holding as a parameter moves: their
derivative is a linear system for the derivative of the deal (Samuelson 1947, Foundations of Economic Analysis, chapter 3;
with bounds, Fiacco 1983, Introduction to Sensitivity and Stability Analysis in Nonlinear Programming). Derivatives of the
utilities, and of the numbers that a case computes from its raw parameters, are exact, so that these are too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array, Bools, Codes, Entry
from bargaining.case import Case, Inputs
from bargaining.checks import instance, spans, words
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.numerics.jets import Jet, variable
from bargaining.numerics.sensitivity import dense
from bargaining.problems.problem import Problem
from bargaining.sets.base import Status, status_labels
from bargaining.sets.issues import IssueSet
from bargaining.solution import Solution, solve
from bargaining.statics.responses import Moving, Response, numbers_of, response, rule_of

if TYPE_CHECKING:
    import pandas as pd


UNITS = {"impatience": "per year", "period": "years", "breakdown hazard": "per year", "factor": "per round"}
"""Units of concepts' settings."""

DATE = "year"
"""Unit of parameters that are calendar years."""


class Activity(IntEnum):
    """Where a term of the deal stands: inside its range, at an end that holds it back, or at one that only just does."""

    INTERIOR = 0
    AT_LOW = 1
    AT_HIGH = 2
    WEAK = 3

    @property
    def label(self) -> str:
        """The place in words."""
        return ("interior", "at its lower bound", "at its upper bound", "weakly active")[self]


@dataclass(frozen=True)
class Raw:
    """A number that a derivative is taken in: its value (...), unit, and documented range if it has one."""

    value: Array
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class ComparativeStatics:
    """Derivatives of the deal of a concept in raw parameters, in every game.

    Attributes
    ----------
    solution : Solution
        The deal, with the problem and concept that were asked about.
    parameters : mapping of name to Raw
        What moves, in the order of the last axis of all derivatives.
    terms : mapping of issue to array, shape (..., p)
        Derivatives of the terms.
    utilities, gains : array, shape (..., n, p)
        Derivatives of payoffs, and of payoffs less disagreement.
    activity : mapping of issue to array of Activity codes, shape (...)
        Which terms are held by a bound: they move only if the bound does.
    weak : array of bool, shape (...)
        Where a bound, floor or constraint on which the deal depends is weakly active: there the deal has a kink, and the
        derivatives are those of one side.
    from_left : mapping of parameter to array of bool
        Where the numbers of a case have a kink in a parameter: the derivative in it is the one to the left.
    status : array of Status codes
        That of the solution, or UNDETERMINED where the deal has no derivative, as where several deals answer equally well.
        Derivatives are NaN exactly where it is not OK.
    """

    solution: Solution
    parameters: Mapping[str, Raw]
    terms: Mapping[str, Array] = field(repr=False)
    utilities: Array = field(repr=False)
    gains: Array = field(repr=False)
    activity: Mapping[str, Codes]
    weak: Bools
    from_left: Mapping[str, Bools]
    status: Codes

    @property
    def outcomes(self) -> list[str]:
        """What has derivatives: terms by name, then "utility PARTY" and "gain PARTY"."""
        parties = self.solution.problem.parties
        return [*self.terms, *(f"{word} {party}" for word in ("utility", "gain") for party in parties)]

    def value(self, of: str) -> Array:
        """Return an outcome itself, (...)."""
        found, parties = self.solution, self.solution.problem.parties
        known = dict(found.terms)
        known |= {f"utility {party}": found.utilities[..., i] for i, party in enumerate(parties)}
        known |= {f"gain {party}": found.gains[..., i] for i, party in enumerate(parties)}
        return known[self._named(of)]

    def derivatives(self, of: str) -> Array:
        """Return the derivatives of an outcome in all parameters, (..., p)."""
        parties = self.solution.problem.parties
        known = dict(self.terms)
        known |= {f"utility {party}": self.utilities[..., i, :] for i, party in enumerate(parties)}
        known |= {f"gain {party}": self.gains[..., i, :] for i, party in enumerate(parties)}
        return known[self._named(of)]

    def elasticities(self, of: str) -> Array:
        """Return by how many per cent an outcome moves when a parameter moves by one per cent, (..., p).

        NaN for an outcome that is zero and for a parameter that is a date (unit "year"): of them there are no per cent.
        """
        value = self.value(of)[..., None]
        raw = np.stack([np.broadcast_to(np.nan if p.unit == DATE else p.value, value.shape[:-1])
                        for p in self.parameters.values()], axis=-1)  # fmt: skip
        return np.where(value == 0, np.nan, self.derivatives(of) * raw / np.where(value == 0, 1.0, value))

    def derivative(self, of: str, parameter: str) -> Array:
        """Return the derivative of an outcome in one parameter, (...)."""
        if parameter not in self.parameters:
            raise UnknownName("parameter of these comparative statics", parameter, self.parameters)
        return np.asarray(self.derivatives(of)[..., list(self.parameters).index(parameter)])

    def table(self, of: Iterable[str] | None = None, *, elasticities: bool = False) -> pd.DataFrame:
        """Return one row a parameter: value, unit, range, then the derivatives (or elasticities) of outcomes.

        The outcomes are the terms and gains unless named. Of a stack, use `to_dataframe`.
        """
        import pandas as pd

        self._single("table")
        shown = self._shown(of)
        columns: dict[str, Any] = {
            "value": [float(p.value) for p in self.parameters.values()],
            "unit": [p.unit for p in self.parameters.values()],
        }
        rates = self.elasticities if elasticities else self.derivatives
        columns |= {name: rates(name) for name in shown}
        columns["side"] = [self._sides(name).item() for name in self.parameters]
        return pd.DataFrame(columns, index=pd.Index(list(self.parameters), name="parameter"))

    def swings(self, of: str, ranges: Mapping[str, tuple[float, float]] | None = None) -> pd.DataFrame:
        """Return how far each parameter moves an outcome across its range, to first order: the data of a tornado plot.

        Ranges are the documented ones of a case unless given. One row a parameter, the largest move first: its range, the
        outcome's change `at low` and `at high`, and the `span` between them. The line is that of the derivative here, so
        that bounds which a larger move would meet do not show; a sweep shows them.
        """
        import pandas as pd

        self._single("swings")
        slopes, rows = self.derivatives(of), []
        documented = {n: (p.low, p.high) for n, p in self.parameters.items() if p.low is not None and p.high is not None}
        known: Mapping[str, tuple[Any, Any]] = documented if ranges is None else spans("ranges", ranges)
        for name in known:
            if name not in self.parameters:
                raise UnknownName("parameter of these comparative statics", name, self.parameters)
        if not known:
            raise InvalidProblem("no parameter here has a documented range; give ranges={'name': (low, high)}.")
        for number, (name, raw) in enumerate(self.parameters.items()):
            if name in known:
                low, high = known[name]
                ends = [float(slopes[number] * (end - raw.value)) for end in (low, high)]
                rows.append((name, raw.unit, float(raw.value), low, high, *ends, abs(ends[1] - ends[0])))
        names = ["parameter", "unit", "value", "low", "high", "at low", "at high", "span"]
        return pd.DataFrame(rows, columns=names).sort_values("span", ascending=False, ignore_index=True, kind="stable")

    def to_dataframe(self, of: Iterable[str] | None = None) -> pd.DataFrame:
        """Return one row a game, parameter and outcome (terms and gains unless named), with derivative and elasticity."""
        import pandas as pd

        shape, names = self.solution.problem.shape, list(self.parameters)
        games, shown = int(np.prod(shape, dtype=int)), self._shown(of)
        values = np.stack([np.broadcast_to(self.parameters[n].value, shape).ravel() for n in names], axis=-1)
        sides = np.stack([self._sides(name).ravel() for name in names], axis=-1)
        frames = []
        for name in shown:
            columns: dict[str, Any] = {"game": np.repeat(np.arange(games), len(names))} if shape else {}
            columns |= {
                "parameter": names * games, "unit": [self.parameters[n].unit for n in names] * games,
                "value": values.ravel(), "outcome": name, "derivative": self.derivatives(name).ravel(),
                "elasticity": self.elasticities(name).ravel(), "side": sides.ravel(),
                "status": np.repeat(status_labels(self.status).ravel(), len(names)),
            }  # fmt: skip
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def _sides(self, name: str) -> np.ndarray[Any, Any]:
        """Return of which side the derivatives in a parameter are, (...)."""
        left = np.broadcast_to(self.from_left.get(name, np.False_), self.weak.shape)
        return np.where(left, "left", np.where(self.weak, "one", "both"))

    def _shown(self, of: Iterable[str] | None) -> list[str]:
        if of is None:
            return [name for name in self.outcomes if not name.startswith("utility ")]
        return [self._named(name) for name in ([of] if isinstance(of, str) else words("of", of))]

    def _named(self, of: str) -> str:
        if of not in self.outcomes:
            raise UnknownName("outcome", str(of), self.outcomes)
        return of

    def _single(self, what: str) -> None:
        if self.solution.problem.shape:
            raise InvalidProblem(f"{what} is of one game, and this is a stack; use to_dataframe(), or ask about one game.")

    def __repr__(self) -> str:
        count = f"in {len(self.parameters)} parameters"
        if self.solution.problem.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            weak = int(np.count_nonzero(self.weak))
            return (
                f"ComparativeStatics({self.solution.label}: derivatives {count}, {ok:,} of {self.status.size:,} games; "
                f"{weak:,} weakly active)"
            )
        places = [
            f"{name} {Activity(int(code)).label}" for name, code in self.activity.items() if code != Activity.INTERIOR
        ]
        places += ["one-sided: a bound or constraint is weakly active"] * bool(self.weak)
        places += [f"from the left in {name}" for name, left in self.from_left.items() if np.any(left)]
        return f"ComparativeStatics({self.solution.label}: {'; '.join([f'derivatives {count}', *places])})"

    def _repr_html_(self) -> str:
        head = f"<p>{escape(repr(self))}</p>"
        if self.solution.problem.shape:
            return head
        return head + str(self.table().to_html(float_format=lambda value: f"{value:.4g}"))


def comparative_statics(
    question: Case | Problem,
    concept: Concept | StrategicModel,
    scenario: str | None = None,
    with_respect_to: Iterable[str] | None = None,
    **overrides: ArrayLike | str,
) -> ComparativeStatics:
    """Differentiate the deal that a concept picks in raw parameters, in every game at once.

    Exact derivatives of terms, utilities and gains, by implicit differentiation of the optimality conditions with their
    active set. Of a case the raw parameters are its own, all that enter, with what it computes from them differentiated
    too; discrete choices are not moved. Of a problem over issues they are its parameters, "disagreement PARTY" and, where
    talks use it, "impatience PARTY". Besides come the concept's settings that are numbers: "weight PARTY" (weights are
    scaled to sum to one, and equal ones are written as 1), "period", "breakdown hazard", "breakdown payoff PARTY", "factor
    PARTY".

    A term at its bound does not move, unless the bound does. Where a bound or row is weakly active, held by a marginal
    value below 1e-6 of the largest or within 1e-6 of its range, the deal has a kink nearby: `weak` flags the game, and its
    derivatives are those of one side. A kink of a utility in a parameter itself, as of abs(k) at zero, is not seen.

    Parameters
    ----------
    question : Case or Problem
        A case, or a problem over issues; a stack gives arrays with its leading axes.
    concept : Nash, KalaiSmorodinsky, Egalitarian, Proportional, Utilitarian or AlternatingOffers
        With any settings.
    scenario : str, optional
        Of a case.
    with_respect_to : sequence of str, optional
        The parameters, if not all that enter; those that do not enter have zero derivatives.
    **overrides
        Of a case: parameters (arrays make a stack) and choices.

    Returns
    -------
    ComparativeStatics

    Raises
    ------
    InvalidProblem
        Of concepts or sets without such derivatives, and of a single problem whose deal has none.
    UnknownName
        If a parameter or scenario has another name.
    NoAgreement, NotFinite, NotConverged
        As `solve`.

    Examples
    --------
    >>> import bargaining as bg
    >>> sale = bg.from_issues(
    ...     issues=[bg.Issue("price", 0, 100, "USD"), bg.Issue("quality", 0, 10)],
    ...     utilities={"buyer": lambda price, quality, *, worth: worth * quality - price,
    ...                "seller": lambda price, quality, *, cost: price - cost * quality**2},
    ...     disagreement=[5, 5], parameters={"worth": 12, "cost": 0.8})
    >>> moves = bg.comparative_statics(sale, bg.Nash())
    >>> moves.table()[["value", "price", "quality"]].round(4) + 0.0
                         value   price  quality
    parameter
    worth                 12.0  11.250    0.625
    cost                   0.8 -84.375   -9.375
    disagreement buyer     5.0  -0.500    0.000
    disagreement seller    5.0   0.500    0.000
    weight buyer           1.0  -8.750    0.000
    weight seller          1.0   8.750    0.000
    """
    instance(question, Problem, "give a case, or a problem over issues made by bg.from_issues", Case)
    rule_of(concept)
    wanted = None if with_respect_to is None else words("with_respect_to", with_respect_to)
    if wanted is not None and not wanted:
        raise InvalidProblem("`with_respect_to` names no parameter; leave it out for all that enter.")
    if isinstance(question, Case):
        settings = dict(question.settings(scenario, **overrides))
        problem, asked = question.model.build(settings), _of_case(question, settings)
        if not _takes_impatience(concept, problem):
            asked = replace(asked, inputs=replace(asked.inputs, impatience=[]))
    else:
        if scenario is not None or overrides:
            raise InvalidProblem("a problem has no scenarios or overrides; build another, or give a case.")
        problem, asked = question, _of_problem(question, concept)
    if not isinstance(problem.feasible, IssueSet):
        raise InvalidProblem(
            f"comparative statics are of problems over issues, whose utilities are functions; {problem!r} is none. "
            "Write it by bg.from_issues, or compare solutions of a stack."
        )
    found = solve(problem, concept, certify=False)
    return _differentiate(found, asked, numbers_of(concept, problem), wanted)


@dataclass(frozen=True)
class _Asked:
    """What a question lets move: its raw parameters, and how the numbers of the problem depend on them, as jets."""

    raw: dict[str, Raw]
    inputs: Inputs


def _of_case(case: Case, settings: dict[str, Any]) -> _Asked:
    """Carry every raw parameter of a case as a variable through its model; keep the order of the case."""
    if not hasattr(case.model, "inputs"):
        raise InvalidProblem(
            f"the model of case {case.name!r} does not say how its numbers depend on its parameters; ask about the "
            "problem, case.problem(...), instead."
        )
    names = list(case.parameters)
    raw = {n: Raw(np.asarray(settings[n], dtype=float), p.unit, p.low, p.high) for n, p in case.parameters.items()}
    moving = {n: variable(-1 - c, raw[n].value) for c, n in enumerate(names)}
    with np.errstate(all="ignore"):  # of a stack, some games may have no such numbers
        return _Asked(raw, case.model.inputs({**settings, **moving}))


def entering(case: Case, settings: dict[str, Any], concept: Concept | StrategicModel) -> list[str]:
    """Return the parameters of a case on which its problem depends, in the case's order; all where the model cannot say."""
    if not hasattr(case.model, "inputs") or settings.get("impasse", "contract") != "contract":
        return list(case.parameters)
    asked = _of_case(case, settings)
    inputs = asked.inputs
    if not _takes_impatience(concept, case.model.build(settings)):
        inputs = replace(inputs, impatience=[])
    found = {-1 - number for jet in _entries(inputs) for number in jet.gradient}
    return [name for c, name in enumerate(asked.raw) if c in found]


def _of_problem(problem: Problem, concept: Any) -> _Asked:
    """Make every number of a problem a variable; impatience only where the concept would take it from the problem."""
    named = {}
    if isinstance(problem.feasible, IssueSet):
        named = dict(problem.feasible.parameters)
    parameters = list(named)
    named |= {f"disagreement {p}": problem.disagreement[..., i] for i, p in enumerate(problem.parties)}
    if problem.impatience is not None and _takes_impatience(concept, problem):
        named |= {f"impatience {p}": problem.impatience[..., i] for i, p in enumerate(problem.parties)}
    units = {f"disagreement {p}": unit for p, unit in zip(problem.parties, problem.units, strict=True)}
    jets = {n: variable(-1 - c, _spread(value, problem.shape)) for c, (n, value) in enumerate(named.items())}
    raw = {n: Raw(np.asarray(value, dtype=float), units.get(n, "")) for n, value in named.items()}
    return _Asked(
        raw,
        Inputs(
            {n: jets[n] for n in parameters},
            [jets[f"disagreement {p}"] for p in problem.parties],
            [jets[f"impatience {p}"] for p in problem.parties if f"impatience {p}" in jets],
        ),
    )


def _takes_impatience(concept: Any, problem: Problem) -> bool:
    """Say whether a concept takes impatience from the problem: talks do that do not say their own."""
    own = {f"{word} {party}" for word in ("impatience", "factor") for party in problem.parties}
    return isinstance(concept, StrategicModel) and not own & numbers_of(concept, problem).keys()


def _differentiate(
    found: Solution, asked: _Asked, own: dict[str, float], wanted: tuple[str, ...] | None
) -> ComparativeStatics:
    """Choose the columns, let them move, and put the derivatives in the shape of the stack."""
    problem, inputs, names = found.problem, asked.inputs, list(asked.raw)
    entered = {-1 - number for jet in _entries(inputs) for number in jet.gradient}
    known = [*names, *own]
    for name in wanted or ():
        if name not in known:
            raise UnknownName("parameter", name, known)
    chosen = list(wanted or [*(n for c, n in enumerate(names) if c in entered and n not in own), *own])
    # A setting of the concept goes before a parameter of the same name: it is the one that the question holds.
    place = {-1 - names.index(n): -1 - c for c, n in enumerate(chosen) if n in asked.raw and n not in own}

    def column(entry: Entry) -> Entry:
        if not isinstance(entry, Jet):
            return entry
        return Jet(_spread(entry.value, problem.shape), {
            place[i]: _spread(slope, problem.shape) for i, slope in entry.gradient.items() if i in place
        }, {})  # fmt: skip

    settings = {
        name: variable(-1 - chosen.index(name), np.asarray(value)) if name in chosen else value
        for name, value in own.items()
    }
    feasible = problem.feasible
    assert isinstance(feasible, IssueSet)  # noqa: S101 - others are refused above
    moving = Moving(
        feasible, int(np.prod(problem.shape, dtype=int)), len(chosen),
        {name: column(value) for name, value in inputs.parameters.items()},
        [column(d) for d in inputs.disagreement], [column(r) for r in inputs.impatience],
        {name: (column(low), column(high)) for name, (low, high) in inputs.bounds.items()}, settings,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        moved = response(moving, found)
    settled = {name: Raw(np.asarray(value), _unit(name)) for name, value in own.items()}
    raw = {name: settled[name] if name in own else asked.raw[name] for name in chosen}
    return _shaped(found, moved, moving, raw, {n: k for n, k in inputs.kinks.items() if n in chosen})


def _unit(setting: str) -> str:
    return UNITS.get(setting, UNITS.get(setting.split(" ", 1)[0], ""))


def _shaped(
    found: Solution, moved: Response, moving: Moving, raw: dict[str, Raw], kinks: dict[str, Bools]
) -> ComparativeStatics:
    problem = found.problem
    shape, games, columns = problem.shape, moving.games, moving.columns
    solved = found.status == Status.OK
    known = solved & moved.known.reshape(shape)
    if not shape and not known:
        raise InvalidProblem(
            f"the deal of {found.label} has no derivatives here: several deals answer equally well, or the optimality "
            "conditions do not determine how it moves (as at an infinite slope)."
        )
    status = np.where(solved & ~known, np.int8(Status.UNDETERMINED), found.status).astype(np.int8)

    def table(entries: list[Entry]) -> Array:
        slopes = dense(entries, games, columns).reshape(*shape, len(entries), columns)
        return np.where(known[..., None, None], slopes + 0.0, np.nan)  # no -0.0

    terms, utilities = table(list(moved.terms.values())), table(list(moved.utilities))
    place = np.where(
        moved.activity < 0, np.int8(Activity.AT_LOW), np.where(moved.activity > 0, np.int8(Activity.AT_HIGH), 0)
    )
    place = np.where(moved.weak_terms, np.int8(Activity.WEAK), place).astype(np.int8)
    return ComparativeStatics(
        found, raw, {name: terms[..., j, :] for j, name in enumerate(moved.terms)}, utilities,
        utilities - table(moving.disagreement),
        {name: place[j].reshape(shape) for j, name in enumerate(moved.terms)}, moved.weak.reshape(shape) & known,
        kinks, status,
    )  # fmt: skip


def _entries(inputs: Inputs) -> list[Jet]:
    entries = [*inputs.parameters.values(), *inputs.disagreement, *inputs.impatience]
    entries += [end for pair in inputs.bounds.values() for end in pair]
    return [entry for entry in entries if isinstance(entry, Jet)]


def _spread(value: Entry, shape: tuple[int, ...]) -> Entry:
    """Return a number a game on one axis; one number for all games stays one."""
    value = np.asarray(value, dtype=float)
    return np.broadcast_to(value, shape).ravel() if value.ndim else value
