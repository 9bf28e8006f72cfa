"""One verb, `solve`, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape

import numpy as np

from bargaining._types import Array, Codes
from bargaining.checks import instance
from bargaining.concept import Certificate, Concept, Equilibrium, StrategicModel, is_rational
from bargaining.errors import InvalidProblem, NoAgreement, NotConverged, NotConvex, NotFinite
from bargaining.problems.problem import Problem, require_measurable
from bargaining.sets.base import LEAST_GAIN, ROUNDING, Answer, Lottery, Status, Ties

NO_FLOOR = -1e30
"""What games without an answer are asked for, whose floors may be out of reach."""

CLOSED = 1e-8
"""A relative gap below which the supporting line is said to close on the solution."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The deal that a concept or model picks in every game of a problem.

    Attributes
    ----------
    problem, concept
        What was asked, in full.
    utilities : array, shape (..., n)
        Payoffs, in the problem's units.
    terms : mapping of issue to array
        The deal.
    normal : array, shape (..., n)
        Weights of the supporting line at the deal: the slope of the frontier.
    status : array of Status codes
        Why a game has numbers, or why they are NaN.
    certificate : Certificate
        What was proved.
    equilibrium : Equilibrium or None
        Of a strategic model: both parties' proposals, thresholds and slack.
    ties : Ties or None
        The deals that the concept likes equally, of the games where there are several; `utilities` is one of them.
    lottery : Lottery or None
        Where deals are lotteries: the deals drawn from, their probabilities and what each gives.
    spare : array, shape (..., n), or None
        What the deal gives on top of `utilities`, where the concept's point is only weakly efficient.
    """

    problem: Problem
    concept: Concept | StrategicModel
    utilities: Array
    terms: Mapping[str, Array]
    normal: Array = field(repr=False)
    status: Codes
    certificate: Certificate
    equilibrium: Equilibrium | None = field(default=None, repr=False)
    ties: Ties | None = field(default=None, repr=False)
    lottery: Lottery | None = field(default=None, repr=False)
    spare: Array | None = field(default=None, repr=False)

    @cached_property
    def gains(self) -> Array:
        """Utilities less disagreement, (..., n)."""
        return self.problem.gains(self.utilities)

    @cached_property
    def fractions(self) -> Array:
        """Each party's gain as a fraction of its ideal gain, (..., n)."""
        return np.asarray(self.gains / self.problem.gains(self.problem.ideal))

    def __repr__(self) -> str:
        if self.problem.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.concept!r}: {ok:,} of {self.status.size:,} games solved; {self.certificate!r}"
        gains = ", ".join(f"{p} {float(g):+.4g}" for p, g in zip(self.problem.parties, self.gains, strict=True))
        return f"{self.concept.label}: {'; '.join([*_deal(self), f'gains {gains}'])} [{self.certificate!r}]"

    def _repr_html_(self) -> str:
        return _html(self)


def solve(problem: Problem, concept: Concept | StrategicModel, *, certify: bool = True) -> Solution:
    """Solve a bargaining problem, or every problem of a stack.

    Parameters
    ----------
    problem : Problem
        One problem, or a stack.
    concept : Concept or StrategicModel
        The solution concept or bargaining game.
    certify : bool
        Whether to check every answer by the supporting line through it, which costs one more program a game.

    Returns
    -------
    Solution
        With numbers that are NaN exactly in the games of a stack whose status is not ok.

    Raises
    ------
    NoAgreement
        On a single problem without a deal that is strictly better than disagreement for all.
    NotFinite, NotConverged, NotConvex, InvalidProblem
        On a single problem whose utilities are not finite, which the solver cannot finish, that has a dent a concept has
        no use for, or that has no feasible deal; and on settings that the problem gives no meaning.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.from_issues([bg.Issue("share")], {"one": lambda share: share, "two": lambda share: 1 - share}, [0, 0.2])
    >>> bg.solve(pie, bg.Nash()).gains.round(9).tolist()
    [0.4, 0.4]
    """
    found = attempt(problem, concept, certify=certify)
    if not problem.shape and found.status != Status.OK:
        origin = None if found.equilibrium is None else found.equilibrium.origin
        raise failure(problem, concept.label, Status(int(found.status)), float(found.certificate.residual), origin)
    return found


def attempt(problem: Problem, concept: Concept | StrategicModel, *, certify: bool = True) -> Solution:
    """Solve like `solve`, but let a single problem fail like a game of a stack: by its status, with NaN for numbers."""
    instance(problem, Problem, "build one with bg.from_issues, bg.split, bg.from_points or bg.from_curve")
    problem = problem.whole
    require_measurable(problem)
    equilibrium = None
    if isinstance(concept, StrategicModel):
        answer, equilibrium = concept.equilibrium(problem)
    elif isinstance(concept, Concept):
        answer = concept.outcome(problem)
    else:
        raise InvalidProblem(f"{concept!r} is no solution concept or strategic model; write for example bg.Nash().")
    if answer.status.shape != problem.shape:
        raise InvalidProblem(
            f"the settings of {concept.label} make a stack of shape {answer.status.shape}, the problem {problem.shape}; "
            "settings are single numbers, and problem.replace(disagreement=...) with more rows makes a stack."
        )
    lost = ~problem.measurable & (answer.status == Status.OK) | ~np.all(np.isfinite(problem.disagreement), axis=-1)
    if np.any(lost):
        answer = replace(answer, status=np.where(lost, np.int8(Status.NOT_FINITE), answer.status)).where_ok()
    certificate = _certify(problem, concept, answer, equilibrium) if certify else _unchecked(answer)
    return Solution(
        problem, concept, answer.utilities, answer.terms, answer.normal, answer.status, certificate, equilibrium,
        answer.ties, answer.lottery, answer.spare,
    )  # fmt: skip


def _certify(
    problem: Problem, concept: Concept | StrategicModel, answer: Answer, equilibrium: Equilibrium | None
) -> Certificate:
    """Look for a feasible deal beyond the supporting line through the answer, or through either proposal."""
    if equilibrium is None:
        gap = _gap(problem, answer, problem.disagreement if is_rational(concept) else None)
    else:
        gaps = np.array([_gap(problem, proposal, equilibrium.origin) for proposal in equilibrium.proposals])
        gap = np.take_along_axis(gaps, np.argmax(np.abs(np.nan_to_num(gaps)), axis=0)[None], axis=0)[0]
    return Certificate(answer.residual, gap, (*_claims(problem, answer, gap), *_remarks(problem, concept, answer)))


def _gap(problem: Problem, answer: Answer, floor: Array | None) -> Array:
    ok = (answer.status == Status.OK)[..., None]
    if not np.any(ok):
        return np.full(answer.status.shape, np.nan)
    weights = np.where(ok, np.maximum(np.nan_to_num(answer.normal), 0.0), 1.0)
    lined = np.any(weights > 0, axis=-1) & np.all(~(answer.normal < 0), axis=-1)  # else no line of use supports the point
    weights = np.where(lined[..., None], weights, 1.0)
    value = np.sum(weights * problem.feasible.spread(), axis=-1)
    if floor is None:
        rival = problem.feasible.support(weights)
    else:
        base = np.where(ok, floor, NO_FLOOR)
        rival = problem.feasible.support(weights, floor=base)
        value = np.maximum(np.abs(np.sum(weights * (answer.utilities - base), axis=-1)), ROUNDING * value)
    gap = np.sum(weights * (rival.utilities - answer.utilities), axis=-1) / value
    return np.where(lined, gap, np.nan)


def _claims(problem: Problem, answer: Answer, gap: Array) -> tuple[str, ...]:
    if not answer.status.ndim:
        return f"optimality error {float(answer.residual):.0e}", _verdict(problem, float(gap))
    ok = answer.status == Status.OK
    if not np.any(ok):
        return ("no game solved",)
    closed = int(np.count_nonzero(np.abs(gap[ok]) <= CLOSED))
    return (
        f"optimality error at most {float(np.max(answer.residual[ok])):.0e}",
        f"supporting line closes on {closed:,} of {int(np.count_nonzero(ok)):,} {_standing(problem)}",
    )


def _verdict(problem: Problem, gap: float) -> str:
    """Say what a gap means."""
    if np.isnan(gap):
        return "NOT CHECKED: no line supports the set at this point"
    if abs(gap) <= CLOSED:
        return f"supporting-line gap {max(gap, 0.0):.0e} {_standing(problem)}"
    if problem.feasible.convex is False:
        return f"best of all alternatives; lotteries could raise the weighted sum of gains by {gap:.1%}"
    if gap > 0:
        return f"LOCAL: supporting-line gap {gap:.1e}, so another deal may do better"
    return "NOT CHECKED: the search for a better deal found less than the solution itself"


def _standing(problem: Problem) -> str:
    """Say what a line that closes is worth."""
    return "(proof)" if problem.feasible.certain else "(no proof)"


def _remarks(problem: Problem, concept: Concept | StrategicModel, answer: Answer) -> tuple[str, ...]:
    """Say what a reader should know besides: ties, weak efficiency, comparisons of utility."""
    found = []
    if answer.ties is not None:
        games = np.unique(answer.ties.games).size
        found.append(f"{answer.ties.games.size} deals tie" if not problem.shape else f"deals tie in {games:,} games")
    if answer.spare is not None and np.any(np.nan_to_num(answer.spare) > 0):
        found.append(
            "only weakly efficient: the deal gives some party more" if not problem.shape else "some only weakly efficient"
        )
    if isinstance(concept, Concept) and concept.compares:
        units = list(dict.fromkeys(unit for unit in problem.units if unit))
        found.append("compares utilities between parties" + (f" ({' with '.join(units)})" if units else ""))
    return tuple(found)


def _deal(solution: Solution) -> list[str]:
    """Say a single game's deal, or lottery over deals, in words; nothing if there are no terms."""
    if solution.lottery is None:
        return [", ".join(f"{name} {float(value):.4g}" for name, value in solution.terms.items())] if solution.terms else []
    drawn = []
    for s in np.flatnonzero(solution.lottery.probabilities > 0):
        terms = ", ".join(f"{name} {float(value[s]):.4g}" for name, value in solution.lottery.terms.items())
        drawn.append(f"{float(solution.lottery.probabilities[s]):.4g} on ({terms or 'a point'})")
    return [" + ".join(drawn)]


def _unchecked(answer: Answer) -> Certificate:
    worst = float(np.max(np.where(answer.status == Status.OK, answer.residual, 0.0), initial=0.0))
    return Certificate(
        answer.residual, np.full(answer.status.shape, np.nan), (f"optimality error at most {worst:.0e}", "not certified")
    )


def failure(problem: Problem, what: str, status: Status, residual: float, origin: Array | None = None) -> Exception:
    """Turn the status of a single problem, in which `what` was not found, into an error with its evidence."""
    if status == Status.NO_AGREEMENT:
        return _no_agreement(problem, what, origin)
    if status == Status.INFEASIBLE:
        problem.feasible.reach(problem.disagreement, problem.feasible.spread())  # some sets say more when asked alone
        return InvalidProblem("no deal meets the constraints; relax one, or widen the issues' ranges.")
    if status == Status.NOT_FINITE:
        return NotFinite(
            "a utility or constraint is NaN or infinite inside the issues' ranges, or a utility grows without bound "
            "towards one of their ends; narrow the ranges or mend the function."
        )
    if status == Status.NOT_CONVEX:
        return NotConvex(
            f"{what} is defined on convex sets; this one has a dent, where the mean of two deals is out of reach. Allow "
            "lotteries over its deals: bg.lotteries(problem).", {},
        )  # fmt: skip
    if residual <= LEAST_GAIN:
        return NotConverged(
            f"{what} was not found: optimality holds where the search ended (error {residual:.1e}), but sampled deals "
            "do better than that. A utility has several narrow peaks, or a jump; narrow the issues' ranges to "
            "those of interest, or list the deals with bg.from_points.",
            {"residual": residual},
        )
    return NotConverged(
        f"{what} was not found to tolerance (optimality error {residual:.1e}). The usual cause is a kink at "
        "the solution (clip, maximum, minimum, abs or where in a utility): write it as one more issue with a constraint. "
        "Others: a jump in a utility, or gains that are lost in rounding beside much larger payoffs.",
        {"residual": residual},
    )


def _no_agreement(problem: Problem, what: str, origin: Array | None) -> Exception:
    """Return the error that says how far the parties of a single problem are from a deal better than `origin` for all.

    The origin is disagreement, or what waiting for ever is worth in talks that may break down.
    """
    name = "disagreement" if origin is None else "waiting for ever"
    origin = problem.disagreement if origin is None else origin
    spread = problem.feasible.spread()
    if not problem.feasible.free_disposal and np.all(problem.gains(problem.ideal) > problem.feasible.least_gain()):
        return NoAgreement(
            f"{what} asks for gains over {name} in proportions that no deal gives: without free disposal the ray from "
            f"{origin.tolist()} misses the set. Allow free disposal, or use bg.Nash.", np.full(problem.n, np.nan), {},
        )  # fmt: skip
    nearest = problem.feasible.reach(origin, spread)
    if nearest.status != Status.OK:
        return NoAgreement(
            f"no deal is strictly better than {name} for every party, and how much is missing could not be measured: its "
            f"payoffs {origin.tolist()} are far from all deals. Check them and their units.",
            np.full(problem.n, np.nan), {},
        )  # fmt: skip
    if np.all(nearest.utilities - origin > problem.feasible.least_gain()):
        return NotConverged(
            f"{what} leaves some party with less than can be told from nothing, though there are deals that are better for "
            "all. Its weights or proportions are very unequal for these ranges of utilities; write 0 for a party that is "
            "to get nothing.",
            {"utilities": nearest.utilities},
        )
    short = np.maximum(-np.min((nearest.utilities - origin) / spread), 0.0) * spread
    deal = {term: float(value) for term, value in nearest.terms.items()}
    if np.all(short <= problem.feasible.least_gain()):
        return NoAgreement(
            f"no deal is strictly better than {name}, worth {origin.tolist()}, for every party; some deal is as good. "
            "Check these payoffs and their units.",
            short, deal,
        )  # fmt: skip
    lacks = ", ".join(
        f"{party} {float(s):.4g}{' ' + unit if unit else ''}"
        for party, s, unit in zip(problem.parties, short, problem.units, strict=True)
    )
    words = ", ".join(f"{term} = {value:.4g}" for term, value in deal.items())
    return NoAgreement(
        f"no deal is strictly better than {name} for every party. The nearest one ({words}) would be accepted if {name} "
        f"were worse by: {lacks}. Check its payoffs {origin.tolist()} and their units.",
        short, deal,
    )  # fmt: skip


def _html(solution: Solution) -> str:
    """Return a small table of a solution for notebooks."""
    problem = solution.problem
    if problem.shape:
        return f"<pre>{escape(repr(solution))}</pre>"
    terms = {name: f"{float(value):.4g}" for name, value in solution.terms.items()}
    if solution.lottery is not None:
        terms = {"lottery": " ".join(_deal(solution))}
    deal = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in terms.items())
    money = "".join(
        f"<tr><td>{escape(party)}</td><td>{u:.4g}</td><td>{g:+.4g}</td><td>{f:.1%}</td><td>{escape(unit)}</td></tr>"
        for party, u, g, f, unit in zip(
            problem.parties, solution.utilities, solution.gains, solution.fractions, problem.units, strict=True
        )
    )
    return (
        f"<p><b>{escape(solution.concept.label)}</b> <code>{escape(repr(solution.concept))}</code></p>"
        f"<table><tr><th>term</th><th>value</th></tr>{deal}</table>"
        "<table><tr><th>party</th><th>utility</th><th>gain</th><th>of ideal gain</th><th>unit</th></tr>"
        f"{money}</table><p><small>{escape(repr(solution.certificate))}</small></p>"
    )
