"""One verb, `solve`, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import Any, TypeAlias, TypeVar, cast, overload

import numpy as np

from bargaining._types import Array, Codes
from bargaining.awards import Awards, ClaimsRule, award
from bargaining.checks import instance
from bargaining.concept import Certificate, Concept, Equilibrium, StrategicModel, ThreatModel, Threats, is_rational
from bargaining.demands import DemandGame, Demands, play
from bargaining.errors import InvalidProblem
from bargaining.failures import failure
from bargaining.numerics.backends import using
from bargaining.problems.claims import ClaimsProblem
from bargaining.problems.coalitional import CoalitionalProblem
from bargaining.problems.problem import Problem, require_measurable
from bargaining.problems.stochastic import StochasticProblem
from bargaining.problems.threats import ThreatGame
from bargaining.protocols import Played, ProtocolModel
from bargaining.sets.base import LEAST_GAIN, ROUNDING, Answer, Lottery, Status, Ties
from bargaining.sets.points import ALTERNATIVE
from bargaining.talks import Talks

NO_FLOOR = -1e30
"""What games without an answer are asked for, whose floors may be out of reach."""

CLOSED = 1e-8
"""A relative gap below which the supporting line is said to close on the solution."""


Question: TypeAlias = Problem | ThreatGame | ClaimsProblem | StochasticProblem | CoalitionalProblem
Method: TypeAlias = Concept | StrategicModel | DemandGame | ThreatModel | ClaimsRule | ProtocolModel
Kind = TypeVar("Kind")

REMEDIES: dict[type, str] = {
    Problem: "build one with bg.from_issues, bg.split, bg.from_points or bg.from_curve",
    ThreatGame: "{0} is about games of threats: bg.ThreatGame(A, B)",
    ClaimsProblem: "{0} is a rule for conflicting claims: bg.ClaimsProblem(estate, claims)",
    StochasticProblem: "{0} is about talks described as bg.StochasticProblem(states)",
    CoalitionalProblem: "{0} is about what coalitions can have: bg.CoalitionalProblem(worth, parties)",
}
"""What to give instead of a problem of another kind."""


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
    threats : Threats or None
        Of a game of threats: what each party threatens with, and the disagreement point that they make.
    """

    problem: Problem
    concept: Concept | StrategicModel | ThreatModel
    utilities: Array
    terms: Mapping[str, Array]
    normal: Array = field(repr=False)
    status: Codes
    certificate: Certificate
    equilibrium: Equilibrium | None = field(default=None, repr=False)
    ties: Ties | None = field(default=None, repr=False)
    lottery: Lottery | None = field(default=None, repr=False)
    spare: Array | None = field(default=None, repr=False)
    threats: Threats | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """The name of the concept in tables and figures."""
        return self.concept.label

    @cached_property
    def gains(self) -> Array:
        """Utilities less disagreement, (..., n)."""
        return self.problem.gains(self.utilities)

    @cached_property
    def fractions(self) -> Array:
        """Each party's gain as a fraction of its ideal gain, (..., n); NaN where there is nothing to gain."""
        return fractions_of_ideal(self.problem.gains(self.problem.ideal), self.gains)

    def __repr__(self) -> str:
        if self.problem.shape:
            ok = int(np.count_nonzero(self.status == Status.OK))
            return f"{self.concept!r}: {ok:,} of {self.status.size:,} games solved; {self.certificate!r}"
        gains = ", ".join(f"{p} {float(g):+.4g}" for p, g in zip(self.problem.parties, self.gains, strict=True))
        parts = [*_deal(self), *_threats(self), f"gains {gains}"]
        return f"{self.concept.label}: {'; '.join(parts)} [{self.certificate!r}]"

    def _repr_html_(self) -> str:
        return _html(self)


@overload
def solve(problem: ClaimsProblem, concept: ClaimsRule, *, certify: bool = True, backend: str = "auto") -> Awards: ...
@overload
def solve(problem: Problem, concept: DemandGame, *, certify: bool = True, backend: str = "auto") -> Demands: ...
@overload
def solve(problem: StochasticProblem, concept: ProtocolModel, *, certify: bool = True, backend: str = "auto") -> Talks: ...
@overload
def solve(
    problem: Problem | CoalitionalProblem, concept: ProtocolModel, *, certify: bool = True, backend: str = "auto"
) -> Played: ...
@overload
def solve(problem: ThreatGame, concept: ThreatModel, *, certify: bool = True, backend: str = "auto") -> Solution: ...
@overload
def solve(
    problem: Problem | ClaimsProblem, concept: Concept | StrategicModel, *, certify: bool = True, backend: str = "auto"
) -> Solution: ...
def solve(
    problem: Question, concept: Method, *, certify: bool = True, backend: str = "auto"
) -> Solution | Awards | Demands | Played:
    """Solve a bargaining problem, or every problem of a stack.

    Parameters
    ----------
    problem : Problem, ThreatGame, ClaimsProblem, StochasticProblem or CoalitionalProblem
        One problem, or a stack.
    concept : Concept, StrategicModel, DemandGame, ThreatModel, ClaimsRule or ProtocolModel
        The solution concept or bargaining game. Those of games of threats take a `ThreatGame`, rules for conflicting claims
        a `ClaimsProblem`, `MarkovPerfect` a `StochasticProblem`, `HartMasColell` a `CoalitionalProblem`; all others take a
        `Problem`, or the bargaining problem that a `ClaimsProblem` is.
    certify : bool
        Whether to check every answer by the supporting line through it, which costs one more program a game.
    backend : "auto", "numpy" or "c"
        What solves the games over issues: NumPy, or C generated for their functions, which answers millions of games a
        minute once it is compiled (a second or so, remembered from then on). "auto" takes C from 20,000 games on if a
        compiler is found. Every answer of C is examined in NumPy; they agree to rounding, save where an issue is at a
        bound that hardly binds.

    Returns
    -------
    Solution
        With numbers that are NaN exactly in the games of a stack whose status is not ok.
    Awards
        Of a rule for conflicting claims.
    Demands
        Of a demand game.
    Played
        Of a protocol: `Talks` with offers over time, or a `PayoffRange` where a game has many equilibria.

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
    found = attempt(problem, concept, certify=certify, backend=backend)
    if isinstance(found, Played):
        if not found.problem.shape and found.status not in (Status.OK, Status.UNDETERMINED):
            raise found.why() or failure(found.problem, found.label, Status(int(found.status)), float(found.residual))
        return found
    if isinstance(found, Awards) or found.problem.shape or found.status == Status.OK:
        return found
    origin = None if isinstance(found, Demands) or found.equilibrium is None else found.equilibrium.origin
    residual = found.residual if isinstance(found, Demands) else found.certificate.residual
    raise failure(found.problem, concept.label, Status(int(found.status)), float(residual), origin)


@overload
def attempt(problem: ClaimsProblem, concept: ClaimsRule, *, certify: bool = True, backend: str = "auto") -> Awards: ...
@overload
def attempt(
    problem: Question, concept: Concept | StrategicModel, *, certify: bool = True, backend: str = "auto"
) -> Solution: ...
@overload
def attempt(
    problem: Question, concept: Method, *, certify: bool = True, backend: str = "auto"
) -> Solution | Awards | Demands | Played: ...
def attempt(
    problem: Question, concept: Method, *, certify: bool = True, backend: str = "auto"
) -> Solution | Awards | Demands | Played:
    """Solve like `solve`, but let a single problem fail like a game of a stack: by its status, with NaN for numbers."""
    games = int(np.prod(getattr(problem, "shape", ()), dtype=int))  # what is no problem is refused below
    with using(backend, games):
        return _attempt(problem, concept, certify)


def _attempt(problem: Question, concept: Method, certify: bool) -> Solution | Awards | Demands | Played:
    if isinstance(concept, ClaimsRule):
        return award(_asked(problem, ClaimsProblem, concept), concept)
    if isinstance(concept, ThreatModel):
        left, answer, threats = concept.resolve(_asked(problem, ThreatGame, concept))
        return _solution(left.whole, concept, answer, certify, threats=threats)
    if isinstance(concept, ProtocolModel):
        usual = concept.about is Problem
        return concept.play(_measurable(problem, concept) if usual else _asked(problem, concept.about, concept))
    if not isinstance(concept, Concept | StrategicModel | DemandGame):
        raise InvalidProblem(f"{concept!r} is no solution concept or strategic model; write for example bg.Nash().")
    whole = _asked(problem, Problem, concept).whole
    if isinstance(concept, DemandGame):
        return play(whole, concept)
    if isinstance(concept, StrategicModel):
        answer, equilibrium = concept.equilibrium(whole)
        return _solution(whole, concept, answer, certify, equilibrium=equilibrium)
    return _solution(whole, concept, concept.outcome(whole), certify)


def _measurable(problem: Any, concept: Method) -> Problem:
    """Return a bargaining problem with a disagreement point for every game, or refuse."""
    whole = _asked(problem, Problem, concept).whole
    require_measurable(whole)
    return whole


def _asked(problem: Any, kind: type[Kind], concept: Method) -> Kind:
    """Return the problem as one of the kind that a concept is about, or refuse."""
    if kind is Problem and isinstance(problem, ClaimsProblem):
        problem = problem.problem
    if kind is Problem and isinstance(problem, ThreatGame):
        raise InvalidProblem(
            f"{type(concept).__name__} needs a disagreement point, which a game of threats has yet to make: solve it by "
            "bg.RationalThreats(), bg.SecurityLevels() or bg.NoDealEquilibrium(), or give the point, game.problem([0, 0])."
        )
    if kind is Problem and isinstance(problem, StochasticProblem):
        raise InvalidProblem(
            f"{type(concept).__name__} is about one bargaining problem, and these are talks through several states: solve "
            "them by bg.MarkovPerfect(), or ask about the deals of one state."
        )
    if kind is Problem and isinstance(problem, CoalitionalProblem):
        raise InvalidProblem(
            f"{type(concept).__name__} is about one bargaining problem, and this is about coalitions: solve it by "
            "bg.HartMasColell(), or ask about the bargaining of all parties, game.problem."
        )
    instance(problem, kind, REMEDIES[kind].format(type(concept).__name__))
    return cast(Kind, problem)


def _solution(
    problem: Problem, concept: Concept | StrategicModel | ThreatModel, answer: Answer, certify: bool,
    equilibrium: Equilibrium | None = None, threats: Threats | None = None,
) -> Solution:  # fmt: skip
    """Return an answer as a solution, with what was proved about it."""
    if threats is None:  # whose own rule says why a game has no disagreement point
        require_measurable(problem)  # asked last: who solved the game has looked at its range
    if answer.status.shape != problem.shape:
        raise InvalidProblem(
            f"the settings of {concept.label} make a stack of shape {answer.status.shape}, the problem {problem.shape}; "
            "settings are single numbers, and problem.replace(disagreement=...) with more rows makes a stack."
        )
    lost = ~problem.measurable & (answer.status == Status.OK) | ~np.all(np.isfinite(problem.disagreement), axis=-1)
    if np.any(lost) and threats is None:
        answer = replace(answer, status=np.where(lost, np.int8(Status.NOT_FINITE), answer.status)).where_ok()
    found = Solution(
        problem, concept, answer.utilities, answer.terms, answer.normal, answer.status, _unchecked(answer), equilibrium,
        answer.ties, answer.lottery, answer.spare, threats,
    )  # fmt: skip
    return replace(found, certificate=_certify(found, answer)) if certify else found


def _certify(found: Solution, answer: Answer) -> Certificate:
    """Look for a feasible deal beyond the supporting line through the answer, or through either proposal."""
    problem, equilibrium = found.problem, found.equilibrium
    if equilibrium is None:
        # Threats may leave nothing to bargain over; the line through the deal supports the whole set all the same.
        above = is_rational(found.concept) and found.threats is None
        gap = _gap(problem, answer, problem.disagreement if above else None)
    else:
        gaps = np.array([_gap(problem, proposal, equilibrium.origin) for proposal in equilibrium.proposals])
        gap = np.take_along_axis(gaps, np.argmax(np.abs(np.nan_to_num(gaps)), axis=0)[None], axis=0)[0]
    return Certificate(answer.residual, gap, (*_claims(problem, answer, gap), *_remarks(found)))


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


def _remarks(solution: Solution) -> tuple[str, ...]:
    """Say what a reader should know besides: threats, ties, weak efficiency, comparisons of utility."""
    problem = solution.problem
    found = []
    if solution.threats is not None:
        found += _about_threats(solution, solution.threats)
    if solution.ties is not None:
        games = np.unique(solution.ties.games).size
        found.append(f"{solution.ties.games.size} deals tie" if not problem.shape else f"deals tie in {games:,} games")
    if solution.spare is not None and np.any(np.nan_to_num(solution.spare) > 0):
        found.append(
            "only weakly efficient: the deal gives some party more" if not problem.shape else "some only weakly efficient"
        )
    concept = solution.concept if solution.threats is None else solution.threats.concept
    if isinstance(concept, Concept) and concept.compares:
        units = list(dict.fromkeys(unit for unit in problem.units if unit))
        found.append("compares utilities between parties" + (f" ({' with '.join(units)})" if units else ""))
    return tuple(found)


def _about_threats(solution: Solution, threats: Threats) -> list[str]:
    """Say whether threats are in equilibrium, and whether they leave anything to bargain over."""
    known = threats.gap[np.isfinite(threats.gap)]
    found = [f"no other threat gains more than {np.max(known):.0e} of a range"] if known.size else []
    with np.errstate(invalid="ignore"):
        nothing = np.any(solution.gains <= solution.problem.feasible.least_gain(), axis=-1)
    if np.any(nothing & (solution.status == Status.OK)):
        found.append("nothing left to bargain over" if not solution.problem.shape else "some leave nothing to bargain over")
    return found


def fractions_of_ideal(ideal: Array, gains: Array) -> Array:
    """Return gains as fractions of the ideal ones, (..., n); NaN where there is nothing to gain."""
    with np.errstate(invalid="ignore"):
        some = ideal > 0
    return np.where(some, gains / np.where(some, ideal, 1.0), np.nan)


def _deal(solution: Solution) -> list[str]:
    """Say a single game's deal, or lottery over deals, in words; nothing if there are no terms."""
    if solution.lottery is None:
        return [", ".join(f"{name} {float(value):.4g}" for name, value in solution.terms.items())] if solution.terms else []
    drawn = []
    for s in np.flatnonzero(solution.lottery.probabilities > 0):
        terms = _actions(solution, int(s)) or ", ".join(
            f"{name} {float(value[s]):.4g}" for name, value in solution.lottery.terms.items()
        )
        drawn.append(f"{float(solution.lottery.probabilities[s]):.4g} on ({terms or 'a point'})")
    return [" + ".join(drawn)]


def _actions(solution: Solution, drawn: int) -> str:
    """Say which actions of a game of threats a lottery over pairs of them draws; nothing if it is over other deals."""
    if solution.threats is None or solution.threats.game.agreements is not None or solution.lottery is None:
        return ""
    game = solution.threats.game
    row, column = divmod(int(solution.lottery.terms[ALTERNATIVE][drawn]), game.A.shape[-1])
    return f"{(game.rows or ())[row]}, {(game.columns or ())[column]}"


def _threats(solution: Solution) -> list[str]:
    """Say in words what a single game's disagreement point is made by; nothing if it was given."""
    threats = solution.threats
    if threats is None:
        return []
    game = threats.game
    own, other = (
        " + ".join(f"{p:.4g} {name}" if p < 1 else name for name, p in zip(names or (), strategy, strict=True) if p > 0)
        for names, strategy in ((game.rows, threats.row), (game.columns, threats.column))
    )
    x, y = (f"{value:.4g}" for value in threats.point)
    if np.isfinite(threats.gap):
        return [f"threats {own} v {other} give ({x}, {y})"]
    apart = np.abs(game.payoffs(threats.row, threats.column) - threats.point)
    if np.all(apart <= LEAST_GAIN * solution.problem.feasible.spread()):
        return [f"without a deal {own} v {other} give ({x}, {y})"]
    return [f"{own} guarantees {x}, {other} guarantees {y}"]


def _unchecked(answer: Answer) -> Certificate:
    worst = float(np.max(np.where(answer.status == Status.OK, answer.residual, 0.0), initial=0.0))
    return Certificate(
        answer.residual, np.full(answer.status.shape, np.nan), (f"optimality error at most {worst:.0e}", "not certified")
    )


def _percent(fraction: float) -> str:
    return "" if np.isnan(fraction) else f"{fraction:.1%}"


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
        f"<tr><td>{escape(party)}</td><td>{u:.4g}</td><td>{g:+.4g}</td><td>{_percent(f)}</td><td>{escape(unit)}</td></tr>"
        for party, u, g, f, unit in zip(
            problem.parties, solution.utilities, solution.gains, solution.fractions, problem.units, strict=True
        )
    )
    return (
        f"<p><b>{escape(solution.concept.label)}</b> <code>{escape(repr(solution.concept))}</code></p>"
        f"<table><tr><th>term</th><th>value</th></tr>{deal}</table>"
        "<table><tr><th>party</th><th>utility</th><th>gain</th><th>of ideal gain</th><th>unit</th></tr>"
        f"{money}</table>{''.join(f'<p>{escape(said)}</p>' for said in _threats(solution))}"
        f"<p><small>{escape(repr(solution.certificate))}</small></p>"
    )
