"""From an observed deal back to bargaining weights: which ones rationalise it in a model, if any.

Weights of Nash bargaining estimated from observed outcomes: Svejnar (1986), Bargaining power, fear of disagreement, and
wage settlements, Econometrica 54, 1055-1078; that payoffs alone may leave them open, or contradict every weight: Chiappori,
Donni and Komunjer (2012), Learning from a piece of pie, Review of Economic Studies 79, 162-195.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import product
from reprlib import repr as brief
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from bargaining._types import Array
from bargaining.case import Case
from bargaining.checks import instance, number, numbers, sequence, vector, words
from bargaining.errors import InvalidProblem, UnknownName
from bargaining.problems.problem import Problem, require_measurable
from bargaining.rays import prospects
from bargaining.sets.base import Status, flat
from bargaining.sets.issues import IssueSet
from bargaining.weights.contract_curve import ContractCurve, Curve, Term
from bargaining.weights.implied import SAME, Identification, ImpliedWeights, Reason, identification
from bargaining.weights.rationalised import rationalise

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-9
GAMES = 4096
"""Games whose contract curves are followed at a time."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Uncertain: TypeAlias = Sequence[str] | Mapping[str, Any]


@overload
def implied_weights(
    question: Problem, terms: Mapping[str, Any] | None = None, *, utilities: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
) -> ImpliedWeights: ...  # fmt: skip
@overload
def implied_weights(
    question: Case, terms: Mapping[str, Any] | None = None, *, utilities: ArrayLike | None = None,
    tolerance: float = TOLERANCE, scenario: str | None = None,
) -> ImpliedWeights: ...  # fmt: skip
@overload
def implied_weights(
    question: Case, terms: Mapping[str, Any] | None = None, *, utilities: ArrayLike | None = None,
    tolerance: float = TOLERANCE, scenario: str | Sequence[str | None] | None = None, uncertain: Uncertain,
    games: int = 1000, rng: int | np.random.Generator | None = 0,
) -> WeightSpread: ...  # fmt: skip
def implied_weights(
    question: Problem | Case,
    terms: Mapping[str, Any] | None = None,
    *,
    utilities: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
    scenario: str | Sequence[str | None] | None = None,
    uncertain: Uncertain | None = None,
    games: int = 1000,
    rng: int | np.random.Generator | None = 0,
) -> ImpliedWeights | WeightSpread:
    """Find the bargaining weights under which an observed deal is the Nash deal, with the disagreement point as it is.

    A deal u that maximises sum_i a_i log(u_i - d_i) lies on the frontier, and a_i is proportional to w_i (u_i - d_i), where
    w are the weights of a line that supports the set at u: one point where the frontier is smooth, an interval or polytope
    where it has a corner. Of a few terms alone, the weights are those whose Nash deal has them: one or several points,
    intervals where a term is at a bound, or none. Every weight found is checked by solving afresh; a proof only where the
    set is known to be convex. The result is about this model and this disagreement point: it does not measure power.

    Parameters
    ----------
    question : Problem or Case
        One problem, a stack, or a documented case.
    terms : mapping of term to number or (low, high)
        The deal, or some of its terms; with a range, all weights whose deal lies in it count. Reported terms are rounded:
        write (0.195, 0.205) for a stake of "20 %". Several terms of part of a deal must hold at once.
    utilities : array, shape (..., n)
        The payoffs observed, instead of terms.
    tolerance : float
        Share of the ideal gains within which a whole deal, or payoffs, count as on the frontier; the deal taken is then the
        efficient one at equal such distance for all parties.
    scenario : str, or sequence of str
        Of a case: what it is asked in; None is the baseline.
    uncertain : sequence of names, or mapping of name to range
        Of a case: parameters drawn uniformly and independently from their documented ranges, or from (low, high); and
        choices, each option of which gives a row of its own, never an average. None that a scenario sets.
    games : int
        Draws of the uncertain parameters, the same in every row.
    rng : int or Generator
        Source of randomness.

    Returns
    -------
    ImpliedWeights
        With `lower`, `upper`, `status`, `distance` and `reason`.
    WeightSpread
        With uncertain parameters or several scenarios: one `ImpliedWeights` a row, and a table.

    Raises
    ------
    InvalidProblem, UnknownName
        If both or neither of terms and utilities are given, terms are not in the problem, or are part of the deal of more
        than two parties or of a set without issues, ranges are empty, or a scenario sets what is uncertain.

    Examples
    --------
    >>> import bargaining as bg
    >>> sale = bg.from_issues(
    ...     [bg.Issue("price", 0, 100), bg.Issue("quality", 0, 10)],
    ...     {"buyer": lambda price, quality: 12 * quality - price,
    ...      "seller": lambda price, quality: price - 0.8 * quality**2}, [5, 5])
    >>> bg.implied_weights(sale, {"price": 60.5, "quality": 7.5})
    buyer's weight 0.7 (identified)
    >>> bg.implied_weights(sale, {"price": (60, 62)})
    buyer's weight between 0.6571 and 0.7143: price was observed as a range
    >>> bg.implied_weights(sale, utilities=[20, 10])
    none: the deal is inside the frontier: all parties could have 0.21 of their ideal gains more at once, or one alone:
    buyer 15, seller 15
    """
    instance(question, Problem, "give a bargaining problem, or a case from bg.cases.load", Case)
    tolerance = number("tolerance, a share of the ideal gains,", tolerance, low=0.0, high=1.0)
    if isinstance(question, Case):
        asked = _Asked(terms, utilities, tolerance)
        return _of_case(question, asked, scenario, uncertain, games, rng)
    if scenario is not None or uncertain is not None:
        raise InvalidProblem(
            "scenario and uncertain belong to a case, whose parameters have names: give implied_weights the case instead "
            "of its problem; of a problem, make a stack with parameters that are arrays."
        )
    return _of_problem(question, _Asked(terms, utilities, tolerance))


@dataclass(frozen=True)
class _Asked:
    """What was observed, as the user said it."""

    terms: Mapping[str, Any] | None
    utilities: ArrayLike | None
    tolerance: float


def _of_problem(problem: Problem, asked: _Asked) -> ImpliedWeights:
    require_measurable(problem)
    problem = problem.whole
    if (asked.terms is None) == (asked.utilities is None):
        raise InvalidProblem("give either the deal's `terms` or the `utilities` that it gives.")
    if asked.utilities is not None:
        observed = vector("utilities", asked.utilities, problem.n)
        problem = _stretched(problem, observed.shape[:-1])
        return rationalise(problem, {}, np.broadcast_to(observed, (*problem.shape, problem.n)), asked.tolerance)
    terms = _terms(problem, asked.terms)
    known = problem.feasible.bounds()
    if not isinstance(problem.feasible, IssueSet):
        if any(term.low < term.high for term in terms):
            raise InvalidProblem(
                "ranges of terms need a problem over issues, bg.from_issues; give a whole deal, or utilities."
            )
        return _told_deal(problem, terms, asked.tolerance)
    missing = [i.name for i in problem.feasible.issues if i.implied is None and i.name not in {t.name for t in terms}]
    if not missing and all(term.low == term.high for term in terms):
        return _told_deal(problem, terms, asked.tolerance)
    if problem.n > 2:
        raise InvalidProblem(
            f"some terms of a deal of {problem.n} parties leave a surface of weights open; give every term, here also "
            f"{', '.join(missing) or 'as one number each'} of {', '.join(known)}, or utilities."
        )
    if asked.tolerance != TOLERANCE:
        raise InvalidProblem("tolerance is for whole deals; of some terms, say how exact each is by a range, (low, high).")
    return _some_terms(problem, problem.feasible, terms)


def _stretched(problem: Problem, lead: tuple[int, ...]) -> Problem:
    """Return the problem as a stack with these leading axes, if it is one."""
    if not lead:
        return problem
    return problem.replace(disagreement=problem.disagreement + np.zeros((*lead, 1))).whole


def _terms(problem: Problem, given: Any) -> tuple[Term, ...]:
    """Return the observed terms as ranges."""
    known = problem.feasible.bounds()
    if not isinstance(given, Mapping) or not given:
        raise InvalidProblem(
            f"terms = {brief(given)} must map terms to numbers or ranges, as in {{'stake': (0.17, 0.41)}}."
        )
    found = []
    for name, value in given.items():
        if name not in known:
            raise UnknownName("term of the deal", str(name), known)
        ends = numbers(str(name), value)
        if ends.shape not in ((), (2,)) or not np.all(np.isfinite(ends)) or np.any(ends.ravel()[:1] > ends.ravel()[-1:]):
            raise InvalidProblem(f"{name} = {brief(value)} must be one number, or a range (low, high) with low first.")
        found.append(Term(str(name), float(ends.ravel()[0]), float(ends.ravel()[-1])))
    return tuple(found)


def _told_deal(problem: Problem, terms: tuple[Term, ...], tolerance: float) -> ImpliedWeights:
    """Return the weights of a deal all of whose terms are given."""
    feasible = problem.feasible
    deal = {term.name: term.low for term in terms}
    if not problem.shape:
        payoffs = feasible.evaluate(deal)
    else:  # in some games of a stack the deal may break a constraint
        full = {name: np.broadcast_to(value, problem.shape) for name, value in feasible.complete(deal).items()}
        payoffs = feasible.gives(problem.disagreement, full)
    return rationalise(problem, _observed(terms), payoffs, tolerance)


def _observed(terms: tuple[Term, ...]) -> dict[str, tuple[float, float]]:
    return {term.name: (term.low, term.high) for term in terms}


def _some_terms(problem: Problem, feasible: IssueSet, terms: tuple[Term, ...]) -> ImpliedWeights:
    """Return the weights of two parties whose Nash deals have these terms."""
    shape = problem.shape
    origin, solver = problem.disagreement.reshape(-1, 2), prospects(problem).reshape(-1)
    ideal = np.where((solver == Status.OK)[:, None], flat(problem.gains(problem.ideal), shape), 1.0)
    asked = np.flatnonzero(solver == Status.OK)
    whole = ContractCurve(feasible, shape, origin, terms)
    found = Curve.blank(len(solver), len(terms))
    short = np.zeros(len(solver))
    for games in np.array_split(asked, -(-asked.size // GAMES)) if asked.size else []:
        part = whole.take(games)
        curve = part.search()
        found = found.updated(games, curve)
        lost = np.flatnonzero((curve.status == Status.OK) & np.isnan(curve.pieces[:, 0, 0]))
        if lost.size:
            values = np.stack(
                [np.clip(curve.nearest[lost, t], term.low, term.high) for t, term in enumerate(terms)], axis=-1
            )
            short[games[lost]] = part.take(lost).shortfall(values, ideal[games[lost]])
    solver = np.where(solver == Status.OK, found.status, solver).astype(np.int8)
    lower = np.where(np.isnan(found.pieces[:, 0, 0]), np.nan, found.pieces[:, 0, 0])
    upper = np.max(np.where(np.isnan(found.pieces[..., 1]), -np.inf, found.pieces[..., 1]), axis=1)
    upper = np.where(np.isnan(lower), np.nan, upper)
    ends = np.stack([lower, 1.0 - upper], axis=-1), np.stack([upper, 1.0 - lower], axis=-1)
    why = np.where(np.isnan(lower), np.where(found.beaten, Reason.BEATEN, Reason.NO_WEIGHT), Reason.NONE)
    why = np.where(upper - lower > SAME, Reason.OPEN, why)
    why = np.where(solver == Status.OK, why, Reason.FAILED).astype(np.int8)
    short[why == Reason.FAILED] = np.nan
    return ImpliedWeights(
        problem, _observed(terms), None, TOLERANCE, ends[0].reshape(*shape, 2), ends[1].reshape(*shape, 2),
        identification(why).reshape(shape), why.reshape(shape), short.reshape(shape), found.gap.reshape(shape),
        solver.reshape(shape), pieces=found.pieces.reshape(*shape, -1, 2),
        nearest={term.name: found.nearest[:, t].reshape(shape) for t, term in enumerate(terms)}, at=found.at.reshape(shape),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class SpreadRow:
    """Implied weights in one scenario under one option of every uncertain choice."""

    scenario: str | None
    options: Mapping[str, str]
    found: ImpliedWeights

    @property
    def label(self) -> str:
        """The scenario and the options in words."""
        named = [self.scenario or "baseline", *(f"{name}={option}" for name, option in self.options.items())]
        return ", ".join(named)


@dataclass(frozen=True, eq=False)
class WeightSpread:
    """Implied weights of a case over draws of uncertain parameters, one row a scenario and option of a choice.

    Quantiles over draws are those of the ranges that were chosen, not a confidence interval; weights do not measure power.

    Attributes
    ----------
    case : Case
        The case that was asked about.
    draws : mapping of parameter to array
        The draws, the same in every row.
    rows : tuple of SpreadRow
        The implied weights, each with the draws as its leading axis.
    """

    case: Case = field(repr=False)
    draws: Mapping[str, Array] = field(repr=False)
    rows: tuple[SpreadRow, ...]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a scenario and option: shares of draws by status, and quantiles of the first party's bounds.

        Quantiles are over those draws in which some weight rationalises what was observed.
        """
        import pandas as pd

        table = []
        for row in self.rows:
            found = row.found
            entry: dict[str, Any] = {"scenario": row.scenario or "baseline", **row.options, "draws": found.status.size}
            entry |= {kind.label: float(np.mean(found.status == kind)) for kind in Identification}
            some = found.status <= Identification.SET
            for word, ends in (("lower", found.lower), ("upper", found.upper)):
                known = ends[..., 0][some]
                for q in QUANTILES:
                    entry[f"{word} {q:.0%}"] = float(np.quantile(known, q)) if known.size else np.nan
            away = found.distance[found.status == Identification.EMPTY]
            away = away[~np.isnan(away)]
            entry["median distance where empty"] = float(np.median(away)) if away.size else np.nan
            table.append(entry)
        return pd.DataFrame(table)

    def __repr__(self) -> str:
        party = self.rows[0].found.problem.parties[0]
        lines = [
            f"weights of {party} implied by the observation, quantiles over the ranges chosen (no confidence interval)"
        ]
        for row in self.rows:
            found = row.found
            some = found.status <= Identification.SET
            empty = float(np.mean(found.status == Identification.EMPTY))
            said = f"{row.label}: none in {empty:.0%} of {found.status.size:,} draws"
            if np.any(some):
                low = np.quantile(found.lower[..., 0][some], (0.5, QUANTILES[0]))
                high = np.quantile(found.upper[..., 0][some], (0.5, QUANTILES[-1]))
                said += f"; elsewhere medians of the bounds {low[0]:.3g} and {high[0]:.3g}"
                said += f", 5 to 95 % from {low[1]:.3g} to {high[1]:.3g}"
            lines.append(said)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        note = "Quantiles over the ranges chosen, no confidence interval; weights do not measure power."
        return (
            f"{self.to_dataframe().to_html(index=False, float_format='{:.3g}'.format)}<p><small>{escape(note)}</small></p>"
        )


def _of_case(
    case: Case, asked: _Asked, scenario: Any, uncertain: Uncertain | None, games: int, rng: Any
) -> ImpliedWeights | WeightSpread:
    """Ask the problems of a case, in every scenario and option, over draws of its uncertain parameters."""
    several = uncertain is not None or not (scenario is None or isinstance(scenario, str))
    if not several:
        return _of_problem(case.problem(scenario), asked)
    scenarios = [scenario] if scenario is None or isinstance(scenario, str) else sequence("scenario", scenario)
    if not len(scenarios):
        raise InvalidProblem("there is no scenario to ask in; write None for the baseline.")
    ranges, choices = _uncertain(case, {} if uncertain is None else uncertain)
    for name in filter(None, scenarios):
        case.settings(name)  # which refuses unknown names
        lost = [key for key in case.scenarios[name].set if key in ranges or key in choices]
        if lost:
            raise InvalidProblem(
                f"scenario {name!r} sets {', '.join(lost)}: leave these out of `uncertain`, or the scenario."
            )
    if not number("games, how many draws,", games, low=1.0, high=1e7).is_integer():
        raise InvalidProblem(f"games = {games!r} must be a whole number of draws.")
    try:
        source = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise InvalidProblem(f"rng = {rng!r} is neither a NumPy Generator nor a seed: {error}.") from error
    draws = {name: source.uniform(low, high, int(games)) for name, (low, high) in ranges.items()}
    rows = []
    for name, options in product(scenarios, product(*choices.values())):
        chosen = dict(zip(choices, options, strict=True))
        rows.append(SpreadRow(name, chosen, _of_problem(case.problem(name, **draws, **chosen), asked)))
    return WeightSpread(case, draws, tuple(rows))


def _uncertain(case: Case, given: Any) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[str, ...]]]:
    """Return ranges of uncertain parameters, and options of uncertain choices."""
    asked = dict(given) if isinstance(given, Mapping) else dict.fromkeys(words("uncertain", given))
    ranges: dict[str, tuple[float, float]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    for name, value in asked.items():
        if name in case.choices:
            choices[name] = case.choices[name].options if value is None else words(name, value)
        elif name in case.parameters:
            known = case.parameters[name]
            if value is None and (known.low is None or known.high is None):
                raise InvalidProblem(f"{name} has no documented range; give one, uncertain={{{name!r}: (low, high)}}.")
            ends = numbers(name, (known.low, known.high) if value is None else value)
            if ends.shape != (2,) or not np.all(np.isfinite(ends)) or not ends[0] <= ends[1]:
                raise InvalidProblem(f"{name} = {brief(value)} must be a range (low, high) with low first.")
            ranges[name] = float(ends[0]), float(ends[1])
        else:
            raise UnknownName("parameter or choice", str(name), [*case.parameters, *case.choices])
    return ranges, choices
