"""Every concept on every kind of problem: what it picks passes re-examination and has the concept's defining property."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bargaining as bg
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem, NotFinite
from bargaining.problems.problem import Problem
from bargaining.solution import Solution
from tests.problems import CONCEPTS, applicable, problems, refusal

PROBLEMS = problems()


def relative(solution: Solution, values: object) -> np.ndarray:
    return np.asarray(values) / solution.problem.feasible.spread()


def defining_property(solution: Solution) -> None:
    problem, concept = solution.problem, solution.concept
    if isinstance(concept, bg.KalaiSmorodinsky):
        assert np.ptp(solution.fractions, axis=-1) == pytest.approx(0, abs=1e-9)
    if isinstance(concept, bg.Egalitarian):
        level = np.max(np.abs(solution.utilities)) + np.max(np.abs(problem.disagreement))
        assert np.ptp(solution.gains, axis=-1) == pytest.approx(0, abs=1e-9 * level)
    if isinstance(concept, bg.Nash) and problem.feasible.convex is not False:
        # Shapley (1969): with weights a_i / gain_i the Nash point has the largest weighted sum.
        assert np.all(np.abs(solution.certificate.gap) <= 1e-9)


@pytest.mark.parametrize("concept", CONCEPTS, ids=repr)
@pytest.mark.parametrize("name", PROBLEMS)
def test_solution_passes_examination(name: str, concept: Concept) -> None:
    problem = PROBLEMS[name]()
    refused = refusal(problem, concept)
    if refused is NotFinite and problem.shape:
        assert np.all(bg.solve(problem, concept).status == bg.Status.NOT_FINITE)
        return
    if refused is not None:
        with pytest.raises(refused, match=r"two parties|bg\.lotteries|without bound"):
            bg.solve(problem, concept)
        return
    solution = bg.solve(problem, concept)
    assert np.all(solution.status == bg.Status.OK)
    assert bg.verify(solution, trials=300).ok, bg.verify(solution, trials=300)
    defining_property(solution)


@pytest.mark.parametrize("name", [name for name, make in PROBLEMS.items() if make().n == 2])
def test_alternating_offers_on_every_set(name: str) -> None:
    problem = PROBLEMS[name]()
    talks = bg.AlternatingOffers(period=0.5, impatience=(0.1, 0.2), breakdown=bg.Breakdown(0.1))
    if problem.feasible.convex is False:
        with pytest.raises(InvalidProblem, match=r"bg\.lotteries"):
            bg.solve(problem, talks)
        return
    solution = bg.solve(problem, talks)
    assert bg.verify(solution, trials=300).ok, bg.verify(solution, trials=300)
    assert solution.equilibrium is not None
    slack, best = relative(solution, solution.equilibrium.slack), relative(solution, problem.ideal)
    assert np.all(slack >= -1e-9)
    for i, proposal in enumerate(
        solution.equilibrium.proposals
    ):  # more than is needed is offered with one's best deal only
        own = relative(solution, proposal.utilities)[..., i]
        assert np.all((slack[..., 1 - i] <= 1e-9) | (own >= best[..., i] - 1e-9))


@pytest.mark.parametrize(
    "name", ["linear pie", "risk-averse pie", "kinked polygon", "parabola", "Edgeworth box", "log-rolling"]
)
def test_alternating_offers_tend_to_asymmetric_nash(name: str) -> None:
    """Binmore (1987): the proposals straddle the limit, and their distance is proportional to the length of a round."""
    problem, rates = PROBLEMS[name](), (0.1, 0.3)
    weights = tuple(bg.AlternatingOffers(0, rates).limit_weights(problem))
    limit = bg.solve(problem, bg.Nash(weights)).utilities
    spread = problem.feasible.spread()
    widths = []
    for period in (1e-1, 1e-2, 1e-5, 1e-8, 1e-12):
        found = bg.solve(problem, bg.AlternatingOffers(period, rates)).equilibrium
        assert found is not None
        first, second = (proposal.utilities for proposal in found.proposals)
        assert bg.verify(bg.solve(problem, bg.AlternatingOffers(period, rates)), trials=50).ok
        assert first[0] >= limit[0] - 1e-9 * spread[0] and second[0] <= limit[0] + 1e-9 * spread[0]
        widths.append(np.max(np.abs(first - second) / spread) / period)
        assert np.max(np.abs(first - limit) / spread) <= 2 * period + 1e-9
    assert widths[2] == pytest.approx(widths[1], rel=1e-2)
    assert widths[3] == pytest.approx(widths[2], rel=1e-5)


@pytest.mark.parametrize("period", [10.0, 1.0, 1e-2, 1e-5, 1e-8, 1e-12])
def test_closed_forms_of_alternating_offers_keep_twelve_digits(period: float) -> None:
    """Rubinstein (1982), x = (1 - D_2) / (1 - D_1 D_2), with D_i = exp(-r_i period / rho_i) for u_i = x^rho_i."""
    talks = bg.AlternatingOffers(period, (0.05, 0.1))
    for rho in ((1.0, 1.0), (0.5, 0.8)):
        lost = [-rate * period / power for rate, power in zip((0.05, 0.1), rho, strict=True)]
        share = np.expm1(lost[1]) / np.expm1(sum(lost))
        pie = bg.split(1, [bg.Power(rho[0]), bg.Power(rho[1])])
        assert float(bg.solve(pie, talks).terms["party 1"]) == pytest.approx(share, rel=1e-12)
        line = bg.lotteries(bg.from_points([[12, 0], [0, 8]], disagreement=[3, 2]))  # half of it is at stake
        if rho == (1.0, 1.0):
            assert bg.solve(line, talks).gains == pytest.approx([6 * share, 4 * (1 - share)], rel=1e-12)


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_statuses_and_numbers_agree_in_stacks(make: Callable[[], Problem]) -> None:
    """A game without agreement and one without numbers leave the others as they are, to the last bit."""
    problem = make()
    if problem.shape:
        return
    d = problem.disagreement
    beyond = problem.ideal + problem.feasible.spread()
    stack = problem.replace(disagreement=np.stack([d, beyond, np.full(problem.n, np.nan), d]))
    for concept in (c for c in applicable(problem) if getattr(c, "rational", True)):
        solution = bg.solve(stack, concept)
        assert solution.status[1] != bg.Status.OK and solution.status[2] == bg.Status.NOT_FINITE
        assert np.all(np.isnan(solution.utilities) == (solution.status != bg.Status.OK)[:, None])
        alone = bg.solve(stack.replace(disagreement=d[None]), concept)
        for game in (0, 3):
            assert np.array_equal(solution.utilities[game], alone.utilities[0])


@pytest.mark.parametrize("stacked", ["disagreement", "impatience", "both", "none"])
@pytest.mark.parametrize(
    "name", ["risk-averse pie", "points", "kinked polygon", "parabola", "log-rolling", "lotteries over a dent"]
)
def test_a_stack_may_be_in_any_field(name: str, stacked: str) -> None:
    single = PROBLEMS[name]().replace(impatience=[0.1, 0.2])
    d = single.disagreement
    fields: dict[str, dict[str, object]] = {
        "disagreement": {"disagreement": np.tile(d, (3, 1))},
        "impatience": {"impatience": np.full((3, 2), [0.1, 0.2])},
        "both": {"disagreement": np.tile(d, (2, 1, 1)), "impatience": np.full((1, 3, 2), [0.1, 0.2])},
        "none": {"disagreement": np.zeros((0, 2))},
    }
    stack = single.replace(**fields[stacked])
    talks = [] if single.feasible.convex is False else [bg.AlternatingOffers(period=0.5), bg.AlternatingOffers(period=0)]
    for concept in [*applicable(single), *talks]:
        solution = bg.solve(stack, concept)
        assert solution.utilities.shape == (*stack.shape, 2)
        assert all(np.shape(value) == stack.shape for value in solution.terms.values())
        alone = bg.solve(single, concept).utilities
        assert np.array_equal(solution.utilities, np.broadcast_to(alone, solution.utilities.shape))
        assert bg.verify(solution, trials=20).ok


NONSENSE: dict[str, Callable[[], Problem]] = {
    "no disagreement": lambda: bg.split(1, [bg.Linear()] * 2).replace(disagreement=[[0, 0], [np.nan, 0]]),
    "a fallback below nothing": lambda: bg.split(1, [bg.Linear()] * 2, [[0, 0], [-1, -1]]),
    "nothing is worth minus infinity": lambda: bg.split([1, 2], [bg.CRRA([0.5, 2]), bg.Linear()]),
    "an unbounded curve": lambda: bg.from_curve(lambda u, *, b: 1 - b * u, [0, 0], parameters={"b": [1, 0]}),
    "a scale of nothing": lambda: bg.rescaled(bg.split(1, [bg.Linear()] * 2), [[1, 1], [0, 1]]),
    "a cap that is no number": lambda: bg.capped(bg.split(1, [bg.Linear()] * 2), [[1, 1], [np.nan, 1]]),
    "a capped pie without disagreement": lambda: bg.capped(bg.split(1, [bg.Linear()] * 2), [0.6, 0.6]).replace(
        disagreement=[[0, 0], [np.nan, 0]]
    ),
    "an infinite disagreement": lambda: bg.lotteries(bg.from_points([[0, 1], [1, 0]], [[0, 0], [np.inf, 0]])),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("make", NONSENSE.values(), ids=NONSENSE)
def test_a_game_that_makes_no_sense_gets_a_status(make: Callable[[], Problem]) -> None:
    for concept in (*CONCEPTS, bg.Nash((0, 1)), bg.Proportional((1, 0)), bg.AlternatingOffers(factors=(0.9, 0.8))):
        problem = make()
        solution = bg.solve(problem, concept)
        fine = not isinstance(concept, bg.KalaiRosenthal) or bool(np.all(np.isfinite(concept.ideal(problem)[0])))
        first = bg.Status.OK if fine else bg.Status.NOT_FINITE
        assert solution.status.tolist() == [first, bg.Status.NOT_FINITE], concept
        assert np.all(np.isnan(solution.utilities[1])) and np.all(np.isfinite(solution.utilities[0])) == fine
