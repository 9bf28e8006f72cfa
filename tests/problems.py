"""Solved problems as data: what was published, where, and what the library must say.

`problems()` are bargaining problems of all kinds for tests that ask every concept about every problem; `SOLVED` are
published results with the exact values they must reproduce.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import bargaining as bg
from bargaining.concept import Concept, StrategicModel
from bargaining.errors import BargainingError, InvalidProblem, NotConvex, NotFinite
from bargaining.problems.problem import Problem
from bargaining.solution import Method, Question, Solution

# -- problems --------------------------------------------------------------------------------------------------------

GOODS = {  # what each good is worth to Bill and to Jack; Bill owns the first five (Nash 1950)
    "book": (2, 4), "whip": (2, 2), "ball": (2, 1), "bat": (2, 2), "box": (4, 1),
    "pen": (10, 1), "toy": (4, 1), "knife": (6, 2), "hat": (2, 2),
}  # fmt: skip


def barters() -> list[tuple[int, ...]]:
    """All ways to hand goods over: one bit a good."""
    return list(itertools.product((0, 1), repeat=len(GOODS)))


def barter() -> Problem:
    bill, jack = np.array(list(GOODS.values())).T
    to_bill = np.array([-1] * 5 + [1] * 4)  # handing over Bill's goods costs him
    gains = [(np.dot(moved, to_bill * bill), np.dot(moved, -to_bill * jack)) for moved in barters()]
    return bg.from_points(gains, disagreement=[0, 0], parties=("Bill", "Jack"))


def parabola(d: tuple[float, float] = (0, 0)) -> Problem:
    return bg.from_curve(lambda u: 4 - u**2, d, low=0, high=2, concave=True)


def other_units() -> Problem:
    """The parabola with u_1 -> 1 + 3 u_1 and u_2 -> -1 + u_2 / 2, written anew."""
    return bg.from_curve(lambda u: -1 + (4 - ((u - 1) / 3) ** 2) / 2, (1, -1), low=1, high=7, concave=True)


def circle() -> Problem:
    return bg.from_curve(lambda u: np.sqrt(4 - u**2), (0, 0), low=0, high=2, concave=True)


def hull(points: Any, d: Any = None) -> Problem:
    d = np.zeros(np.shape(points)[-1]) if d is None else d
    return bg.lotteries(bg.from_points(points, disagreement=d))


def kinked(d: tuple[float, float] = (0, 0)) -> Problem:
    return hull([[0, 12], [6, 10], [9, 4], [10, 0]], d)


def pie(one: Any = None, two: Any = None, size: float = 1, fallback: Any = None) -> Problem:
    return bg.split(size, [one or bg.Linear(), two or bg.Linear()], fallback)


def powers() -> Problem:
    return pie(bg.Power(0.5), bg.Power(0.8))


def log_rolling() -> Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {"one": lambda x, y: 3 * x + y, "two": lambda x, y: (1 - x) + 2 * (1 - y)},
        [0, 0],
        concave=True,
    )


def edgeworth_box() -> Problem:
    return bg.from_issues(
        [bg.Issue("x"), bg.Issue("y")],
        {
            "one": lambda x, y: x ** (2 / 3) * y ** (1 / 3),
            "two": lambda x, y: (1 - x) ** (1 / 3) * (1 - y) ** (2 / 3),
        },
        [0, 0],
    )


def firm_and_union() -> Problem:
    """Ten members; those not employed earn 1/2 elsewhere; f(l) = 2 sqrt(l)."""
    return bg.from_issues(
        [bg.Issue("employment", 0, 10), bg.Issue("wage", 0, 2)],
        {
            "union": lambda employment, wage: employment * (wage - 0.5),
            "firm": lambda employment, wage: 2 * employment**0.5 - wage * employment,
        },
        [0, 0],
    )


def ellipsoid() -> Problem:
    return bg.from_issues(
        [bg.Issue("a", 0, 1), bg.Issue("b", 0, 2), bg.Issue("c", 0, 4)],
        {"one": lambda a: a, "two": lambda b: b, "three": lambda c: c},
        [0, 0, 0],
        constraints=lambda a, b, c: 1 - a**2 - (b / 2) ** 2 - (c / 4) ** 2,
    )


def capped_simplex() -> Problem:
    return hull([[0.2, 0.8, 0], [0.2, 0, 0.8], [0, 1, 0], [0, 0, 1]])


def simplex_of_issues() -> Problem:
    """The same set, described by its shares."""
    return bg.from_issues(
        [bg.Issue("a", 0, 0.2), bg.Issue("b"), bg.Issue("c")],
        {"one": lambda a: a, "two": lambda b: b, "three": lambda c: c},
        [0, 0, 0],
        constraints=lambda a, b, c: 1 - a - b - c,
        concave=True,
    )


def three_points() -> Problem:
    return bg.from_points([[1, 4], [4, 1], [2.2, 1.6]], disagreement=[0, 0])


def peaks() -> Problem:
    """A narrow peak of both utilities, which the points looked at by the solver miss."""

    def bump(x: Any) -> Any:
        return np.exp(-(((x - 0.317) / 0.02) ** 2))

    return bg.from_issues([bg.Issue("x")], {"a": lambda x: x + bump(x), "b": lambda x: 1 - x + bump(x)}, [0, 0])


def large_utilities() -> Problem:
    return pie(size=2e9 + 1e-3, fallback=[1e9, 1e9])


def problems() -> dict[str, Callable[[], Problem]]:
    """One problem of each kind, or more: sets, numbers of parties, disagreement points, stacks."""
    return {
        "linear pie": lambda: pie(size=100, fallback=[10, 70]),
        "risk-averse pie": lambda: pie(bg.CRRA(2, 0.1), bg.CARA(3), fallback=[0.05, 0.1]),
        "pie for four": lambda: bg.split(10, [bg.Linear(), bg.Power(0.5), bg.Log(2), bg.CRRA(1)], [1, 1, 1, 1]),
        "stack of pies": lambda: bg.split(
            [1, 5, 20], [bg.Power([0.2, 0.5, 0.9]), bg.Linear()], [[0, 0], [1, 2], [0.3, 0.1]]
        ),
        "parabola": parabola,
        "parabola, d above zero": lambda: parabola((0.5, 1)),
        "circle": circle,
        "stack of curves": lambda: bg.from_curve(
            lambda u, *, k: k - u**2, np.zeros((3, 2)), parameters={"k": [1.0, 2.0, 4.0]}
        ),
        "kinked polygon": kinked,
        "kinked polygon, d above zero": lambda: kinked((1, 2)),
        "rectangle": lambda: hull([[1, 3]]),
        "line": lambda: hull([[12, 0], [0, 8]], (2, 1)),
        "stack of polygons": lambda: hull(np.random.default_rng(1).random((20, 15, 2)), np.full((20, 2), 0.2)),
        "hull for three": capped_simplex,
        "hull of many for three": lambda: hull(np.random.default_rng(8).random((30, 3)), [0.1, 0.1, 0.1]),
        "stack of hulls for three": lambda: hull(np.random.default_rng(2).random((10, 12, 3)), np.full((10, 3), 0.2)),
        "points": three_points,
        "points for three": lambda: bg.from_points(np.random.default_rng(3).random((40, 3)), [0.1, 0.2, 0.3]),
        "stack of points": lambda: bg.from_points(np.random.default_rng(4).random((9, 7, 2)), np.full((9, 2), 0.1)),
        "log-rolling": log_rolling,
        "Edgeworth box": edgeworth_box,
        "ellipsoid": ellipsoid,
        "lotteries over a dent": lambda: bg.lotteries(
            bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2 + 0.2 * x, "b": lambda x: 1 - x**0.5}, [0, 0.1])
        ),
        "side payments": lambda: bg.ThreatGame([[0, 6], [4, 5]], [[0, 2], [-1, 5]], transferable=True).problem([3, 2]),
        "stack of side payments": lambda: bg.ThreatGame(
            *np.random.default_rng(6).random((2, 5, 2, 2)) * 10, transferable=True
        ).problem(np.full((5, 2), 0.5)),
        "capped pie": lambda: bg.capped(pie(size=10), [3, np.inf]),
        "rescaled polygon": lambda: bg.rescaled(kinked(), [1e6, 1e-3], [5, -7]),
    }


CONCEPTS: list[Concept] = [
    bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian(), bg.Utilitarian(), bg.Utilitarian(rational=False),
    bg.EqualLoss(), bg.Yu(2), bg.Dictatorial(0), bg.LexicographicEgalitarian(), bg.LexicographicKalaiSmorodinsky(),
    bg.NashSet(), bg.ConleyWilkie(), bg.KalaiRosenthal(), bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(),
    bg.Raiffa(),
]  # fmt: skip

FOR_TWO = (bg.EqualArea, bg.AveragePayoff, bg.PerlesMaschler, bg.Yu)
CONVEX_ONLY = (*FOR_TWO, bg.Raiffa)


def refusal(problem: Problem, concept: Concept | StrategicModel) -> type[BargainingError] | None:
    """The error by which a concept says that it does not apply to a problem."""
    searched = isinstance(concept, bg.NashSet) and problem.feasible.convex is None
    if problem.n > 2 and (isinstance(concept, FOR_TWO) or searched):
        return InvalidProblem
    if problem.feasible.convex is False and isinstance(concept, CONVEX_ONLY):
        return NotConvex
    if isinstance(concept, bg.KalaiRosenthal) and not np.all(np.isfinite(concept.ideal(problem))):
        return NotFinite
    return None


def applicable(problem: Problem) -> list[Concept]:
    """The concepts that apply to a problem."""
    return [concept for concept in CONCEPTS if refusal(problem, concept) is None]


# -- published results -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Solved:
    title: str
    problem: Callable[[], Question]
    concept: Method
    value: Callable[[Any], Any]
    expected: Any
    source: str
    tolerance: float = 1e-9
    printed: bool = False
    """Whether the numbers are those of the source; if not, its definition or theorem is applied to numbers of our own."""


def utilities(solution: Solution) -> Any:
    return solution.utilities


def gains(solution: Solution) -> Any:
    return solution.gains


def first_utility(solution: Solution) -> Any:
    return solution.utilities[0]


def ideal(solution: Solution) -> Any:
    return solution.problem.ideal


def term(name: str) -> Callable[[Solution], Any]:
    return lambda solution: solution.terms[name]


def offer(number: int) -> Callable[[Solution], Any]:
    """What the other party's proposal would have been."""
    return lambda solution: solution.equilibrium.proposals[number].utilities  # type: ignore[union-attr]


def talks(one: float, two: float, **options: Any) -> bg.AlternatingOffers:
    return bg.AlternatingOffers(factors=(one, two), **options)


def threat_point(solution: Solution) -> Any:
    return solution.threats.point  # type: ignore[union-attr]


def in_turn(one: float, two: float, **options: Any) -> bg.SequentialOffers:
    return bg.SequentialOffers(factors=(one, two), **options)


def hart_mas_colell() -> bg.CoalitionalProblem:
    worth = {("a", "b"): 6, ("a", "c"): 4, ("b", "c"): 2, ("a", "b", "c"): 10}
    return bg.CoalitionalProblem(worth, ("a", "b", "c"))


def flows() -> Problem:
    """A pie of 2 beside which flows of .02 and .05, at the rates .06 and .1, are worth a third and a half."""
    return pie(size=2).replace(disagreement=[1 / 3, 1 / 2])


def with_event(period: float) -> list[float]:
    """What the parties have in these rounds: x_1 = 2 - c_2(y_2), y_2 = 2 - c_1(x_1), with c what waiting is worth."""
    melt = [math.expm1(-rate * period) for rate in (0.06, 0.1, 0.15, 0.06 + 0.15, 0.1 + 0.15, 0.06 + 0.1 + 2 * 0.15)]
    one, two = (-melt[i] * z - (1 + melt[i]) * melt[2] * b for i, z, b in ((0, 1 / 3, 0.1), (1, 1 / 2, 0.3)))
    share = (-2 * melt[4] - two + (1 + melt[4]) * one) / -melt[5]
    return [share, 2 - share]


def worth(one: float, two: float) -> Problem:
    """An issue that is worth so much to each party."""
    return bg.rescaled(pie(), [one, two])


def issue_x() -> Problem:
    return worth(4, 3)


def first_range(found: Any) -> Any:
    return [found.lowest[0], found.highest[0]]


def second_utility(solution: Any) -> Any:
    return solution.utilities[1]


def shares_by_proposer(found: bg.Talks) -> Any:
    return [offer.utilities[0] for offer in found.offers[0].values()]


def shares_by_state(found: bg.Talks) -> Any:
    return [offer.utilities[0] for made in found.offers for offer in made.values()]


def hall_milgrom() -> bg.StochasticProblem:
    """A match worth 360; a day of talks gives the worker .71 and costs the employer .23, and ends them with chance .0055.

    W_k = q U + (1 - q) (z + W_w / (1 + r)), and 360 - W_w = (1 - q) (-g + (360 - W_k) / (1 + r)), with U = 150, r = .0002.
    """
    q, r, match = 0.0055, 0.0002, bg.split(360, [bg.Linear(), bg.Linear()])
    costs: dict[str, Any] = {
        "factors": 1 / (1 + r), "breakdown": q, "breakdown_payoffs": [150 * (1 + r), 0],
        "inside": np.array([0.71, -0.23]) * (1 - q) * (1 + r) / r,
    }  # fmt: skip
    return bg.StochasticProblem(
        (bg.State("worker", match, 0, "employer", **costs), bg.State("employer", match, 1, "worker", **costs))
    )


def shrinking(sizes: tuple[float, ...]) -> bg.StochasticProblem:
    """Alternating offers over a pie of these sizes, then nothing."""
    names = [f"round {k}" for k in range(len(sizes))]
    states = [
        bg.State(name, bg.split(size, [bg.Linear(), bg.Linear()]), k % 2, after)
        for k, (name, size, after) in enumerate(zip(names, sizes, [*names[1:], "over"], strict=True))
    ]
    return bg.StochasticProblem((*states, bg.End("over", (0, 0))))


def threats(solution: Solution) -> Any:
    return [*solution.threats.row, *solution.threats.column]  # type: ignore[union-attr]


def ferguson() -> bg.ThreatGame:
    return bg.ThreatGame([[0, 6, -1], [4, 3, 5]], [[0, 2, 2], [-1, 6, 5]], transferable=True)


def bananas() -> bg.ThreatGame:
    """Low bananas or climbing, which needs a boost; the friend stays or boosts."""
    return bg.ThreatGame([[2, 2], [0, 4]], [[0, 0], [0, 0]], transferable=True)


def mixed_threats() -> bg.ThreatGame:
    return bg.ThreatGame([[8, 0], [2, 6]], [[4, 6], [9, 1]], transferable=True)


def dilemma() -> bg.ThreatGame:
    return bg.ThreatGame([[3, 0], [5, 1]], [[3, 5], [0, 1]], transferable=True)


def straffin() -> bg.ThreatGame:
    return bg.ThreatGame([[2, 10], [4, 0]], [[6, 5], [8, 0]])


def luce_raiffa() -> bg.ThreatGame:
    return bg.ThreatGame([[1, 8], [4, 2]], [[2, 3], [4, 1]])


def duopoly() -> bg.ThreatGame:
    """Quantities 0, 1/4, ..., 12 at the price 12 - q_1 - q_2, or nothing, and costs of 2 and 4 a unit."""
    one, two = np.meshgrid(np.arange(0, 12.25, 0.25), np.arange(0, 12.25, 0.25), indexing="ij")
    price = np.maximum(12 - one - two, 0)
    return bg.ThreatGame(one * (price - 2), two * (price - 4), transferable=True)


def quantities(solution: Solution) -> Any:
    """Return the mean quantities that the firms of the duopoly threaten with."""
    return [np.arange(0, 12.25, 0.25) @ strategy for strategy in (solution.threats.row, solution.threats.column)]  # type: ignore[union-attr]


def estate(size: float, claims: Any = (100, 200, 300)) -> Callable[[], bg.ClaimsProblem]:
    return lambda: bg.ClaimsProblem(size, claims)


def awards(found: Any) -> Any:
    return found.awards


NASH, KS, EGALITARIAN = bg.Nash(), bg.KalaiSmorodinsky(), bg.Egalitarian()
NASH_1950 = "Nash (1950)"
FERGUSON = "Ferguson, part III, section 4.3"
KS_1975 = "Kalai and Smorodinsky (1975)"
KALAI_1977 = "Kalai (1977a)"
MYERSON_1981 = "Myerson (1981)"
ROTH_1979 = "Roth (1979)"
KRS_1981 = "Kihlstrom, Roth and Schmeidler (1981)"
HARSANYI_SELTEN = "Harsanyi and Selten (1972); Kalai (1977b)"
OR_1990 = "Osborne and Rubinstein (1990), chapter 2"
RUBINSTEIN = "Rubinstein (1982)"
BRW_1986 = "Binmore, Rubinstein and Wolinsky (1986)"
MUTHOO = "Muthoo (1999)"
CHUN_1988 = "Chun (1988)"
ANBARCI_BIGELOW = "Anbarci and Bigelow (1994)"
RADZIK = "Anbarci (1995); Radzik (1998)"
PERLES_MASCHLER = "Perles and Maschler (1981)"
LIVNE = "Raiffa (1953); Livne (1989)"
RAIFFA_1953 = "Raiffa (1953); Diskin, Koppel and Samet (2011)"
IMAI_1983 = "Imai (1983)"
CHUN_PETERS = "Chun and Peters (1988)"
AGENDA = bg.Agenda(0.9, (worth(1, 2),))
STUBBORN = bg.Reputation((0.6, 0.7), (0.1, 0.1), (1, 1))
RATIONAL, SECURITY, COCO = bg.RationalThreats(), bg.SecurityLevels(), bg.Coco()
NASH_1953 = "Nash (1953)"
FERGUSON_TU = "Ferguson, part III, section 4.2"
SODOMKA = "Sodomka, Hilliard, Littman and Greenwald (2013); Kalai and Kalai (2013)"
KALAI_KALAI = "Kalai and Kalai (2013)"
STRAFFIN = "Straffin (1993), chapter 16"
LUCE_RAIFFA = "Luce and Raiffa (1957), chapter 6"
MAYBERRY = "Nash (1953); Mayberry, Nash and Shubik (1953)"
FERSHTMAN, ABREU_GUL = "Fershtman (1990); Busch and Horstmann (1997)", "Abreu and Gul (2000)"
AUMANN_MASCHLER = "Aumann and Maschler (1985)"
O_NEILL = "O'Neill (1982)"
DAGAN_VOLIJ = "Dagan and Volij (1993)"
CURIEL = "Curiel, Maschler and Tijs (1987)"
THIRD = 100 / 3
HALF_AREA = 2 * ((1 + 2**0.5) ** (1 / 3) - (2**0.5 - 1) ** (1 / 3))  # x^3 + 12 x = 16
FIRST_SET, SECOND_SET = [[0, 0], [0, 1], [0.75, 0.75], [1, 0]], [[0, 0], [0, 1], [1, 0.7], [1, 0]]

SOLVED = [
    Solved("barter of Bill and Jack", lambda: bg.lotteries(barter()), NASH, gains, [12, 5], NASH_1950, printed=True),
    Solved("barter: utility of what each owns in the end", lambda: bg.lotteries(barter()), NASH,
           lambda s: s.gains + np.array([12, 6]), [24, 11], NASH_1950, printed=True),
    Solved("barter without lotteries", barter, NASH, gains, [12, 5], NASH_1950),
    Solved("parabola", parabola, NASH, utilities, [2 / 3**0.5, 8 / 3], FERGUSON, printed=True),
    Solved("parabola, d = (0, 1)", lambda: parabola((0, 1)), NASH, utilities, [1, 3], FERGUSON, printed=True),
    Solved("parabola", parabola, KS, utilities, [5**0.5 - 1, 2 * 5**0.5 - 2], KS_1975),
    Solved("parabola", parabola, EGALITARIAN, utilities, [(17**0.5 - 1) / 2] * 2, KALAI_1977),
    Solved("parabola, d = (0, 1)", lambda: parabola((0, 1)), KS, utilities, [(15**0.5 - 3**0.5) / 2, (3 * 5**0.5 - 1) / 2],
           KS_1975),
    Solved("parabola, d = (0, 1): ideal point", lambda: parabola((0, 1)), KS, ideal, [3**0.5, 4], KS_1975),
    Solved("parabola", parabola, bg.EqualLoss(), utilities, [1, 3], CHUN_1988),
    Solved("parabola", parabola, bg.AveragePayoff(), utilities, [6 / 5, 64 / 25], RADZIK),
    Solved("parabola", parabola, bg.EqualArea(), utilities, [HALF_AREA, 4 - HALF_AREA**2], ANBARCI_BIGELOW),
    Solved("parabola", parabola, bg.PerlesMaschler(), utilities, [2 ** (1 / 3), 4 - 2 ** (2 / 3)], PERLES_MASCHLER),
    Solved("parabola", parabola, bg.Raiffa(), utilities, [1.2159418171471696, 2.521485497312839], RAIFFA_1953),
    Solved("parabola, after one step of Raiffa's", lambda: parabola((1, 2)), bg.Raiffa(), utilities,
           [1.2159418171471696, 2.521485497312839], RAIFFA_1953),
    Solved("parabola, after two steps of Raiffa's", lambda: parabola(((1 + 2**0.5) / 2, 2.5)), bg.Raiffa(), utilities,
           [1.2159418171471696, 2.521485497312839], RAIFFA_1953),
    Solved("parabola in other units", other_units, NASH, utilities, [1 + 6 / 3**0.5, 1 / 3], ROTH_1979),
    Solved("parabola in other units", other_units, KS, utilities, [3 * 5**0.5 - 2, 5**0.5 - 2], ROTH_1979),
    Solved("parabola in other units", other_units, bg.PerlesMaschler(), utilities,
           [1 + 3 * 2 ** (1 / 3), 1 - 2 ** (-1 / 3)], ROTH_1979),
    Solved("parabola in other units", other_units, EGALITARIAN, gains, [117**0.5 - 9] * 2, KALAI_1977),
    Solved("parabola in other units", other_units, bg.EqualLoss(), utilities, [189**0.5 - 8, 189**0.5 - 14], CHUN_1988),
    Solved("kinked polygon", kinked, NASH, utilities, [6, 10], NASH_1950),
    Solved("kinked polygon", kinked, KS, utilities, [55 / 8, 33 / 4], KS_1975),
    Solved("kinked polygon", kinked, EGALITARIAN, utilities, [22 / 3, 22 / 3], KALAI_1977),
    Solved("kinked polygon", kinked, bg.EqualLoss(), utilities, [20 / 3, 26 / 3], CHUN_1988),
    Solved("kinked polygon", kinked, bg.EqualArea(), utilities, [149 / 22, 93 / 11], ANBARCI_BIGELOW, 1e-12),
    Solved("kinked polygon", kinked, bg.AveragePayoff(), utilities, [12001 / 1758, 7337 / 879], RADZIK, 1e-12),
    Solved("kinked polygon", kinked, bg.Raiffa(), utilities, [161 / 24, 103 / 12], RAIFFA_1953, 1e-12),
    Solved("kinked polygon", kinked, bg.Raiffa(step=0), utilities, [6.546938965560376, 8.906122068879554], LIVNE, 1e-12),
    Solved("kinked polygon", kinked, bg.Utilitarian(), lambda s: np.sum(s.utilities), 16, MYERSON_1981),
    Solved("monotonicity, smaller set", lambda: hull(FIRST_SET), NASH, utilities, [0.75, 0.75], KS_1975, printed=True),
    Solved("monotonicity, larger set", lambda: hull(SECOND_SET), NASH, utilities, [1, 0.7], KS_1975, printed=True),
    Solved("monotonicity, smaller set", lambda: hull(FIRST_SET), KS, utilities, [0.75, 0.75], KS_1975, printed=True),
    Solved("monotonicity, larger set", lambda: hull(SECOND_SET), KS, utilities, [10 / 13, 10 / 13], KS_1975, printed=True),
    Solved("power utilities .5 and .8", powers, NASH, term("party 1"), 5 / 13, ROTH_1979),
    Solved("power utilities .5 and .8", powers, bg.Nash((0.3, 0.7)), term("party 1"), 15 / 71, ROTH_1979),
    Solved("square root against linear", lambda: pie(bg.Power(0.5)), KS, term("party 1"), (3 - 5**0.5) / 2, KS_1975),
    Solved("square root against linear", lambda: pie(bg.Power(0.5)), KS, utilities, [(5**0.5 - 1) / 2] * 2, KS_1975),
    Solved("CARA 1 against CARA 2", lambda: pie(bg.CARA(1), bg.CARA(2)), NASH, term("party 1"),
           0.5491770806462644, KRS_1981),  # log z with 2 z^3 - z^2 = e^2
    Solved("log against linear", lambda: pie(bg.Log()), NASH, term("party 1"),
           0.4547332175610647, OR_1990),  # exp(W(2e) - 1) - 1
    Solved("linear frontier 2 u_1 + 3 u_2 = 24", lambda: hull([[12, 0], [0, 8]], (2, 1)), bg.Nash((0.3, 0.7)), utilities,
           [91 / 20, 149 / 30], HARSANYI_SELTEN),
    Solved("firm and union: employment", firm_and_union, NASH, term("employment"), 4, OR_1990, 1e-8),
    Solved("firm and union: wage", firm_and_union, NASH, term("wage"), 0.75, OR_1990, 1e-8),
    Solved("firm and union: profit", firm_and_union, NASH, lambda s: s.utilities[1], 1, OR_1990, 1e-8),
    Solved("log-rolling", log_rolling, NASH, utilities, [3, 2], "Raiffa (1982)"),
    Solved("log-rolling: terms", log_rolling, NASH, lambda s: list(s.terms.values()), [1, 0], "Raiffa (1982)"),
    Solved("log-rolling", log_rolling, KS, utilities, [36 / 13, 27 / 13], "Brams and Taylor (1996), adjusted winner"),
    Solved("log-rolling", log_rolling, bg.PerlesMaschler(), utilities, [1.5 + 6**0.5 / 2, 2.5 - 6**0.5 / 6],
           PERLES_MASCHLER),
    Solved("log-rolling", log_rolling, EGALITARIAN, utilities, [2.25, 2.25], KALAI_1977),
    Solved("Edgeworth box: terms", edgeworth_box, NASH, lambda s: list(s.terms.values()), [2 / 3, 1 / 3], NASH_1950, 1e-8),
    Solved("Edgeworth box", edgeworth_box, NASH, utilities, [2 ** (2 / 3) / 3] * 2, NASH_1950, 1e-8),
    Solved("three points: all maximisers", three_points, NASH, lambda s: s.ties.utilities if s.ties else None,
           [[1, 4], [4, 1]], "Kaneko (1980); Herrero (1989)"),
    Solved("three points: all maximisers", three_points, bg.NashSet(), lambda s: s.ties.utilities if s.ties else None,
           [[1, 4], [4, 1]], "Kaneko (1980); Herrero (1989)"),
    Solved("three points: on the way to the Nash point of the hull", three_points, bg.ConleyWilkie(), utilities, [1.6, 1.6],
           "Conley and Wilkie (1996)"),
    Solved("three points with lotteries", lambda: bg.lotteries(three_points()), NASH, utilities, [2.5, 2.5],
           NASH_1950),
    Solved("three points: weakly efficient", three_points, KS, utilities, [1.6, 1.6], "Conley and Wilkie (1991)"),
    Solved("linear frontier, d = (2, 3)", lambda: hull([[10, 0], [0, 10]], (2, 3)), NASH, utilities, [4.5, 5.5], NASH_1950),
    Solved("linear frontier, d = (2, 3)", lambda: hull([[10, 0], [0, 10]], (2, 3)), KS, utilities, [4.5, 5.5], KS_1975),
    Solved("linear frontier, d = (2, 3): whole ideal", lambda: hull([[10, 0], [0, 10]], (2, 3)), bg.KalaiRosenthal(),
           utilities, [14 / 3, 16 / 3], "Kalai and Rosenthal (1978)"),
    Solved("linear frontier, d = (2, 3): ideal", lambda: hull([[10, 0], [0, 10]], (2, 3)), KS, ideal, [7, 8], KS_1975),
    Solved("rectangle: weakly efficient", lambda: hull([[1, 3]]), EGALITARIAN, utilities, [1, 1], KALAI_1977),
    *(
        Solved("rectangle", lambda: hull([[1, 3]]), concept, utilities, [1, 3], CHUN_PETERS)
        for concept in (bg.LexicographicEgalitarian(), NASH, KS, bg.PerlesMaschler())
    ),
    Solved("kinked polygon, d = (1, 2)", lambda: kinked((1, 2)), bg.Proportional((2, 1)), utilities, [8.2, 5.6],
           KALAI_1977),
    Solved("tiny surplus, large utilities", large_utilities, NASH, gains, [5e-4, 5e-4], NASH_1950, 2e-7),
    Solved("tiny surplus, large utilities", large_utilities, KS, gains, [5e-4, 5e-4], KS_1975, 2e-7),
    Solved("tiny surplus, large utilities", large_utilities, EGALITARIAN, gains, [5e-4, 5e-4], KALAI_1977, 2e-7),
    Solved("tiny surplus, large utilities", large_utilities, bg.Nash((0.9, 0.1)), gains, [9e-4, 1e-4], HARSANYI_SELTEN,
           2e-7),
    Solved("risk sensitivity: before", parabola, bg.PerlesMaschler(), first_utility, 2 ** (1 / 3), KRS_1981),
    Solved("risk sensitivity: after", circle, bg.PerlesMaschler(), utilities, [2**0.5] * 2, KRS_1981),
    Solved("risk sensitivity: after", circle, NASH, utilities, [2**0.5] * 2, KRS_1981),
    Solved("risk sensitivity: after", circle, KS, utilities, [2**0.5] * 2, KRS_1981),
    Solved("three parties, u_1 + 2 u_2 + 3 u_3 = 30", lambda: hull(np.diag([30, 15, 10]), (1, 0, 2)),
           bg.Nash((0.5, 0.3, 0.2)), utilities, [25 / 2, 69 / 20, 53 / 15], ROTH_1979),
    Solved("ellipsoid", ellipsoid, bg.Nash((0.5, 0.3, 0.2)), utilities, [0.5**0.5, 2 * 0.3**0.5, 4 * 0.2**0.5],
           HARSANYI_SELTEN),
    Solved("ellipsoid", ellipsoid, KS, utilities, [3**-0.5, 2 * 3**-0.5, 4 * 3**-0.5], KS_1975),
    Solved("ellipsoid", ellipsoid, EGALITARIAN, utilities, [4 / 21**0.5] * 3, KALAI_1977),
    Solved("simplex with a cap", capped_simplex, NASH, utilities, [0.2, 0.4, 0.4], "Thomson (1994)"),
    Solved("simplex with a cap", capped_simplex, KS, utilities, [1 / 11, 5 / 11, 5 / 11], "Thomson (1994)"),
    Solved("simplex with a cap", capped_simplex, EGALITARIAN, utilities, [0.2, 0.2, 0.2], KALAI_1977),
    Solved("simplex with a cap", capped_simplex, bg.LexicographicEgalitarian(), utilities, [0.2, 0.4, 0.4], IMAI_1983),
    Solved("simplex with a cap, as issues", simplex_of_issues, bg.LexicographicEgalitarian(), utilities, [0.2, 0.4, 0.4],
           IMAI_1983),
    Solved("Rubinstein, factors .9 and .8", pie, talks(0.9, 0.8), utilities, [5 / 7, 2 / 7], RUBINSTEIN, 1e-12),
    Solved("Rubinstein, second's offer", pie, talks(0.9, 0.8), lambda s: offer(1)(s)[0], 9 / 14, RUBINSTEIN, 1e-12),
    *(
        Solved(f"rates .05 and .1, rounds of {h:g} years", pie, bg.AlternatingOffers(h, (0.05, 0.1)), first_utility, share,
               f"{MUTHOO}, corollary 3.1", 1e-12)
        for h, share in (
            (1.0, 0.6831875905144053), (0.1, 0.6683319375087213), (0.01, 0.6668333194374856), (0.0, 2 / 3),
            (1e-6, np.expm1(-1e-7) / np.expm1(-1.5e-7)), (1e-12, np.expm1(-1e-13) / np.expm1(-1.5e-13)),
        )
    ),
    Solved("power utilities, first's offer", powers, talks(0.9, 0.85), term("party 1"),
           0.5424493829419045, BRW_1986),  # (1 - .85^1.25) / (1 - .81 * .85^1.25)
    Solved("power utilities, second's offer", powers, talks(0.9, 0.85, first=1), term("party 1"),
           0.4393840001829427, BRW_1986),
    Solved("parabola, factor .95, first's offer", parabola, talks(0.95, 0.95), utilities,
           [1.184178492834674, 2.5977212971078], f"{RUBINSTEIN}; {OR_1990}"),  # u_1 = 2 sqrt((1 - d) / (1 - d^3))
    Solved("parabola, factor .95, second's offer", parabola, talks(0.95, 0.95), offer(1),
           [1.1249695681929401, 2.73444347063979], f"{RUBINSTEIN}; {OR_1990}"),
    Solved("parabola, limit of short rounds", parabola, bg.AlternatingOffers(0, (0.1, 0.1)), utilities, [2 / 3**0.5, 8 / 3],
           "Binmore (1987)"),
    Solved("breakdown with probability .1, payoffs .2 and .3", lambda: pie(fallback=[0.2, 0.3]),
           bg.AlternatingOffers(1, (0, 0), breakdown=bg.Breakdown(-math.log(0.9))), first_utility, 0.2 + 0.5 / 1.9,
           f"{BRW_1986}; {MUTHOO}, proposition 4.1"),
    Solved("the same, limit of short rounds", lambda: pie(fallback=[0.2, 0.3]),
           bg.AlternatingOffers(0, (0, 0), breakdown=bg.Breakdown(-math.log(0.9))), first_utility, 0.45, BRW_1986),
    # In the source talks break down right after a rejection, here at the end of the round, so payoffs grow by exp(r).
    Solved("impatience and breakdown, payoffs one round later", pie,
           bg.AlternatingOffers(1, (0.05, 0.1), breakdown=bg.Breakdown(0.2, (0.2 * math.exp(0.05), 0.3 * math.exp(0.1)))),
           first_utility, 0.5475910970370791, f"{MUTHOO}, section 4.4"),
    Solved("impatience and breakdown, limit", pie,
           bg.AlternatingOffers(0, (0.05, 0.1), breakdown=bg.Breakdown(0.2, (0.2, 0.3))), first_utility, 28 / 55,
           f"{MUTHOO}, section 4.4"),
    Solved("impatience and breakdown: limit d", pie,
           bg.AlternatingOffers(0, (0.05, 0.1), breakdown=bg.Breakdown(0.2, (0.2, 0.3))),
           lambda s: s.equilibrium.origin if s.equilibrium else None, [4 / 25, 1 / 5], f"{MUTHOO}, section 4.4"),
    Solved("impatience and breakdown: limit weight", pie,
           bg.AlternatingOffers(0, (0.05, 0.1), breakdown=bg.Breakdown(0.2, (0.2, 0.3))),
           lambda s: s.concept.limit_weights(s.problem)[0], 6 / 11, f"{MUTHOO}, section 4.4"),
    Solved("time preference alone", lambda: pie(bg.Power(0.5)), bg.AlternatingOffers(0, (0.05, 0.1)), term("party 1"), 0.5,
           BRW_1986),
    Solved("risk of breakdown alone", lambda: pie(bg.Power(0.5)),
           bg.AlternatingOffers(0, (0, 0), breakdown=bg.Breakdown(0.3)), term("party 1"), 1 / 3, BRW_1986),
    *(
        Solved(f"{rounds} rounds, factors .9", pie, in_turn(0.9, 0.9, rounds=rounds), first_utility,
               (1 - (-0.9) ** rounds) / 1.9, "Stahl (1972)")
        for rounds in range(1, 7)
    ),
    *(
        Solved(f"{rounds} rounds, factors .9 and .7", pie, in_turn(0.9, 0.7, rounds=rounds), first_utility, share,
               "Stahl (1972)")
        for rounds, share in ((2, 0.3), (3, 0.93), (10, 0.730342983), (11, 0.8295866373))
    ),
    *(
        Solved(f"outside options {one:g} and {two:g}", pie, in_turn(0.9, 0.9, outside_options=(one, two)), first_utility,
               share, "Binmore, Shaked and Sutton (1989)")
        for one, two, share in ((0.3, 0.3, 10 / 19), (0.3, 0.6, 2 / 5), (0.6, 0.2, 16 / 25), (0.55, 0.44, 14 / 25))
    ),
    Solved("flows of .01 and .02 while talks last, rates .05 and .1, rounds of a year", pie,
           bg.SequentialOffers(1.0, (0.05, 0.1), inside=(0.2, 0.2)), first_utility,
           0.2 + 0.6 * math.expm1(-0.1) / math.expm1(-0.15), "Muthoo (1999)"),
    Solved("the same, limit of short rounds", lambda: pie().replace(disagreement=[0.2, 0.2]),
           bg.AlternatingOffers(0, (0.05, 0.1)), first_utility, 0.6, "Muthoo (1999)"),
    Solved("a pie of 2, flows of .02 and .05, an event at the rate .15 that pays .1 and .3, rates .06 and .1: limit", flows,
           bg.AlternatingOffers(0, (0.06, 0.1), breakdown=bg.Breakdown(0.15, (0.1, 0.3))), utilities, [22 / 23, 24 / 23],
           f"Binmore, Rubinstein and Wolinsky (1986); {MUTHOO}, chapters 4 and 6"),
    Solved("the same in rounds of a millionth of a year", flows,
           bg.SequentialOffers(1e-6, (0.06, 0.1), breakdown=bg.Breakdown(0.15, (0.1, 0.3))), utilities,
           with_event(1e-6), f"Binmore, Rubinstein and Wolinsky (1986); {MUTHOO}, chapters 4 and 6"),
    Solved("proposer drawn with probability .3 and .7", pie, in_turn(0.9, 0.8, proposers=(0.3, 0.7)), utilities,
           [6 / 13, 7 / 13], "Binmore (1987)"),
    Solved("the same: the first party's share when it proposes and when it does not", pie,
           in_turn(0.9, 0.8, proposers=(0.3, 0.7)), shares_by_proposer, [37 / 65, 27 / 65], "Binmore (1987)"),
    Solved("1 and 3 years to answer, rates .05 and .1", pie, bg.SequentialOffers(impatience=(0.05, 0.1), delays=(1, 3)),
           first_utility, math.expm1(-0.3) / math.expm1(-0.35), "Muthoo (1999)"),
    Solved("four who propose in turn, factor .9", lambda: bg.split(1, [bg.Linear()] * 4),
           bg.SequentialOffers(factors=(0.9,) * 4, stationary=True), utilities,
           [0.9**k / (1 + 0.9 + 0.9**2 + 0.9**3) for k in range(4)], "Herrero (1985); Sutton (1986)"),
    Solved("wages with delay costs and breakdown: the worker's and the employer's offer", hall_milgrom, bg.MarkovPerfect(),
           shares_by_state, [334.5897695071677, 334.21408417704293], "Hall and Milgrom (2008)"),
    *(
        Solved(f"costs of delay .1 and .2, party {first + 1} first", pie, bg.FixedCosts((0.1, 0.2), first), first_utility,
               share, "Rubinstein (1982), conclusion I")
        for first, share in ((0, 1), (1, 0.9))
    ),
    Solved("old wage .3, factor .9: lowest and highest wage", pie, bg.Strikes(0.9, 0.3), first_range, [0.3, 127 / 190],
           "Fernandez and Glazer (1991); Haller and Holden (1990)"),
    *(
        Solved(f"the second may leave for {option:g} when its offer is refused: the first's payoffs", pie,
               bg.ProposerOutsideOption((0.9, 0.9), option), first_range, ends,
               "Shaked (1994); Osborne and Rubinstein (1990), section 3.12.2")
        for option, ends in ((0.3, [10 / 19, 10 / 19]), (0.6, [0.1, 0.37]), (0.85, [0.1, 0.1]))
    ),
    Solved("five members, three votes, factor .9: kept, price, value", lambda: bg.split(1, [bg.Linear()] * 5),
           bg.BaronFerejohn(3, 0.9), lambda s: [s.kept[0], s.prices[1], s.gains[2]], [0.64, 0.18, 0.2],
           "Baron and Ferejohn (1989), proposition 3"),
    Solved("X worth (4, 3), then Y worth (1, 2), factor .9: shares of X and Y", issue_x, AGENDA,
           lambda s: [s.deals[0]["party 1"], s.deals[1]["party 1"]], [559 / 760, 9 / 19], FERSHTMAN),
    Solved("the same: payoffs", issue_x, AGENDA, utilities, [64 / 19, 1323 / 760], FERSHTMAN),
    Solved("the same, the second first: the first's share of X", issue_x, bg.Agenda(0.9, (worth(1, 2),), first=1),
           lambda s: s.deals[0]["party 1"], 243 / 380, FERSHTMAN),
    Solved("X worth (3, 1): all of X to the first", lambda: worth(3, 1), AGENDA, lambda s: s.deals[0]["party 1"], 1,
           FERSHTMAN),
    Solved("demands .6 and .7, each stubborn with probability .1: payoffs", pie, STUBBORN, utilities,
           [0.3 + 0.3 * (1 - 10**-0.25), 0.4], ABREU_GUL),
    Solved("the same: rates of concession", pie, STUBBORN, lambda s: s.concession, [4 / 3, 1], ABREU_GUL),
    Solved("the same: when both are known to be stubborn", pie, STUBBORN, lambda s: s.end, 0.75 * math.log(10), ABREU_GUL),
    Solved("the same: conceded at once", pie, STUBBORN, lambda s: s.at_once, [0, 1 - 10**-0.25], ABREU_GUL),
    *(
        Solved(f"demands .8 and .5, stubborn with probability {z:g}: the second concedes at once", pie,
               bg.Reputation((0.8, 0.5), (z, z), (0.5, 2)), lambda s: s.at_once[1], 1 - z ** (3 / 8), ABREU_GUL)
        for z in (1e-2, 1e-4, 1e-8)
    ),
    *(
        Solved(f"both sure to propose, factor .9, {rounds} rounds: rounds until agreement", pie,
               bg.Optimism((1, 1), 0.9, rounds), lambda s: s.date, date, "Yildiz (2003)")
        for rounds, date in ((7, 6), (8, 0))
    ),
    Solved("both sure to propose, factor .9, no last round: what each expects", pie, bg.Optimism((1, 1), 0.9), utilities,
           [1 / 1.9, 1 / 1.9], "Yildiz (2003)"),
    Solved("demands that cost 2 and .5 a unit to give up", pie, bg.PartialCommitments((2, 0.5)), utilities, [2 / 3, 1 / 3],
           "Muthoo (1996); Muthoo (1999), chapter 8"),
    *(
        Solved(f"a coalition of three with a breakdown of {1 - rho:g} after a refusal", hart_mas_colell,
               bg.HartMasColell(rho), utilities, [13 / 3, 10 / 3, 7 / 3], "Hart and Mas-Colell (1996), theorem 2")
        for rho in (0, 0.5, 0.95)
    ),
    *(
        Solved(f"a pie that shrinks, {', '.join(f'{size:g}' for size in sizes)}: the opening offer", lambda sizes=sizes:
               shrinking(sizes), bg.MarkovPerfect(), second_utility, 1.25, "Neelin, Sonnenschein and Spiegel (1988)")
        for sizes in ((5, 1.25), (5, 2.5, 1.25), (5, 1.7, 0.58, 0.2, 0.07))
    ),
    Solved("cake of 100, d = (10, 70)", lambda: pie(size=100, fallback=[10, 70]), NASH, utilities, [20, 80], MUTHOO,
           printed=True),
    Solved("2 x 3 game with side payments: value", ferguson, RATIONAL, utilities, [91 / 20, 109 / 20], FERGUSON_TU),
    Solved("the same: threats", ferguson, RATIONAL, threats, [0.3, 0.7, 0, 0.3, 0.7], FERGUSON_TU),
    Solved("the same: threat point", ferguson, RATIONAL, threat_point, [3.41, 4.31], FERGUSON_TU),
    Solved("the same: side payment at (5, 5)", ferguson, RATIONAL, term("payment"), 0.45, FERGUSON_TU),
    Solved("picking bananas", bananas, COCO, utilities, [3, 1], SODOMKA, printed=True),
    Solved("picking bananas: cooperative and competitive part", bananas, COCO,
           lambda s: s.concept.components(s.threats.game), [2, 1], SODOMKA),
    Solved("picking bananas", bananas, RATIONAL, utilities, [3, 1], NASH_1953),
    Solved("prisoner's dilemma with side payments", dilemma, RATIONAL, utilities, [3, 3], KALAI_KALAI),
    Solved("mixed threats with side payments", mixed_threats, RATIONAL, utilities, [11 / 2, 13 / 2], KALAI_KALAI),
    Solved("mixed threats with side payments", mixed_threats, COCO, utilities, [11 / 2, 13 / 2], KALAI_KALAI),
    Solved("mixed threats: threats", mixed_threats, RATIONAL, threats, [6 / 11, 5 / 11, 1 / 2, 1 / 2], KALAI_KALAI),
    Solved("arbitration game: status quo", straffin, SECURITY, threat_point, [10 / 3, 6], STRAFFIN),
    Solved("arbitration game", straffin, SECURITY, utilities, [17 / 3, 43 / 6], STRAFFIN),
    Solved("2 x 2 game: security levels", luce_raiffa, SECURITY, threat_point, [10 / 3, 5 / 2], LUCE_RAIFFA),
    Solved("2 x 2 game", luce_raiffa, SECURITY, utilities, [20 / 3, 10 / 3], LUCE_RAIFFA),
    Solved("2 x 2 game: threat point", luce_raiffa, RATIONAL, threat_point, [1, 2], f"{LUCE_RAIFFA}; {NASH_1953}"),
    Solved("2 x 2 game", luce_raiffa, RATIONAL, utilities, [13 / 2, 27 / 8], f"{LUCE_RAIFFA}; {NASH_1953}"),
    Solved("duopoly with side payments", duopoly, RATIONAL, utilities, [17, 8], MAYBERRY),
    Solved("duopoly: threats", duopoly, RATIONAL, quantities, [5, 4], MAYBERRY),
    Solved("uncertain pie, spread 1/2: demands", pie, bg.UncertainDemandGame(0.5), lambda s: s.demands, [0.5, 0.5],
           "Nash (1953); Carlsson (1991)"),
    Solved("uncertain pie, spread 1/2: chance of agreement", pie, bg.UncertainDemandGame(0.5), lambda s: s.probability, 0.5,
           "Nash (1953); Carlsson (1991)"),
    Solved("blurred pie, width 1/2", pie, bg.NashDemandGame(0.5), lambda s: s.demands, [(1 + 3**0.5) / 4] * 2,
           "Nash (1953); van Damme (1991)"),
    *(Solved(f"claims of 100, 200 and 300 on {size}", estate(size), bg.Talmud(), awards, shares, AUMANN_MASCHLER,
             printed=size <= 300)
      for size, shares in ((100, [THIRD] * 3), (200, [50, 75, 75]), (300, [50, 100, 150]), (400, [50, 125, 225]),
                           (500, [2 * THIRD, 5 * THIRD, 8 * THIRD]))),
    *(Solved(f"claims of 100, 200 and 300 on {size}", estate(size), bg.RandomArrival(), awards, shares, O_NEILL)
      for size, shares in ((100, [THIRD] * 3), (200, [THIRD, 250 / 3, 250 / 3]), (300, [50, 100, 150]))),
    Solved("claims of 100, 200 and 300 on 200", estate(200), NASH, utilities, [200 / 3] * 3, DAGAN_VOLIJ),
    Solved("claims of 100, 200 and 300 on 200", estate(200), bg.ConstrainedEqualAwards(), awards, [200 / 3] * 3,
           DAGAN_VOLIJ),
    Solved("claims of 100, 200 and 300 on 200", estate(200), bg.Nash((100, 200, 300)), utilities, [THIRD, 200 / 3, 100],
           DAGAN_VOLIJ),
    Solved("claims of 100, 200 and 300 on 200", estate(200), bg.ProportionalAwards(), awards, [THIRD, 200 / 3, 100],
           DAGAN_VOLIJ),
    Solved("claims of 100, 200 and 300 on 200", estate(200), KS, utilities, [40, 80, 80], DAGAN_VOLIJ),
    Solved("claims of 100, 200 and 300 on 200", estate(200), bg.EqualLoss(reference=(100, 200, 300)), utilities,
           [0, 50, 150], "Bossert (1993)"),
    Solved("claims of 100, 200 and 300 on 200", estate(200), bg.ConstrainedEqualLosses(), awards, [0, 50, 150],
           "Thomson (2003)"),
    Solved("claims of 40, 200 and 300 on 300", estate(300, (40, 200, 300)), NASH, utilities, [40, 130, 130], DAGAN_VOLIJ),
    Solved("claims of 40, 200 and 300 on 300", estate(300, (40, 200, 300)), bg.ConstrainedEqualAwards(), awards,
           [40, 130, 130], DAGAN_VOLIJ),
    Solved("claims of 40, 200 and 300 on 300", estate(300, (40, 200, 300)), KS, utilities, [200 / 9, 1000 / 9, 500 / 3],
           DAGAN_VOLIJ),
    *(Solved("contested garment, 100 and 200 on 200", estate(200, (100, 200)), rule, awards, [50, 150], AUMANN_MASCHLER)
      for rule in (bg.Talmud(), bg.RandomArrival(), bg.MinimalOverlap(), bg.AdjustedProportional())),
    *(Solved("contested garment, from minimal rights",
             lambda: bg.ClaimsProblem(200, (100, 200)).problem.replace(disagreement=[0, 100]), concept, utilities,
             [50, 150], DAGAN_VOLIJ) for concept in (NASH, KS)),
    Solved("claims of 30, 40, 60 and 120 on 120 (Ibn Ezra's)", estate(120, (30, 40, 60, 120)), bg.MinimalOverlap(), awards,
           [7.5, 10 + 5 / 6, 20 + 5 / 6, 80 + 5 / 6], O_NEILL),
    Solved("claims of 100, 200 and 300 on 400", estate(400), bg.AdjustedProportional(), awards, [60, 120, 220], CURIEL),
]  # fmt: skip
