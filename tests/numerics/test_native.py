"""The kernel in C against the kernel in NumPy: the same answers, whatever is asked, or a word why not."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import bargaining as bg
from bargaining.errors import NotCompiled, UnknownName
from bargaining.numerics import backends, batches, native
from bargaining.numerics.backends import using
from bargaining.numerics.c_source import PRELUDE
from bargaining.numerics.compiler import NoCompiler, compiler
from bargaining.numerics.recheck import passes
from bargaining.numerics.tracing import Graph
from bargaining.sets.issues import columns
from tests.programs import FAMILIES, QUESTIONS, ask, random_games, random_query

GAMES = 60
CELLS = [(family, 2, 2, "nash") for family in FAMILIES] + [
    *(("coupled", 2, 2, question) for question in QUESTIONS if question != "nash"),
    ("ces", 3, 3, "reach"),
    ("logarithmic", 2, 2, "offers"),
]


@pytest.fixture(autouse=True)
def found_compiler() -> None:
    try:
        compiler()
    except NoCompiler as error:  # pragma: no cover
        pytest.skip(str(error))


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Let notices be given again, and forget them afterwards."""
    backends.notice.cache_clear()
    yield
    backends.notice.cache_clear()


def sale(utility: Callable[..., Any], **parameters: Any) -> bg.Problem:
    return bg.from_issues(
        issues=[bg.Issue("price", 0, 100), bg.Issue("quality", 0, 10)],
        utilities={"buyer": lambda price, quality: 12 * quality - price, "seller": utility},
        disagreement=[5, 5],
        parameters=parameters,
    )


def quadratic(price: Any, quality: Any, *, cost: Any) -> Any:
    return price - cost * quality**2


@pytest.mark.parametrize(("family", "issues", "parties", "question"), CELLS)
def test_both_give_the_same_answers(family: str, issues: int, parties: int, question: str) -> None:
    rng = np.random.default_rng([FAMILIES.index(family), issues, parties, 11])
    problem = random_games(family, issues, parties, GAMES, rng)
    query = random_query(question, problem, rng)
    found = {}
    for backend in ("numpy", "c"):
        with using(backend, GAMES):
            found[backend] = ask(question, problem, query)
    for here, there in zip(found["numpy"], found["c"], strict=True):
        assert np.array_equal(here.status, there.status)
        ok = here.status == bg.Status.OK
        apart = np.abs(here.utilities - there.utilities)[ok] / problem.feasible.spread()[ok]
        assert np.max(apart) <= (1e-6 if family == "ripple" else 2e-8)  # flat corners; typically 1e-15
        assert np.quantile(apart, 0.9) <= 1e-10


def test_the_flagship_agrees_and_is_certified() -> None:
    case = bg.cases.load("microsoft-openai")
    problem = case.problem(**case.draw(3000, rng=3))
    here, there = (bg.solve(problem, bg.Nash(), backend=backend) for backend in ("numpy", "c"))
    assert np.array_equal(here.status, there.status)
    ok = here.status == bg.Status.OK
    assert np.max(np.abs(there.utilities / here.utilities - 1)[ok]) <= 1e-8
    assert np.quantile(np.abs(there.utilities / here.utilities - 1)[ok], 0.99) <= 1e-11
    assert np.nanmax(there.certificate.gap[ok]) <= 1e-9
    assert np.array_equal(np.isnan(there.certificate.gap), np.isnan(here.certificate.gap))
    assert np.max(np.sum(np.log(here.gains) - np.log(there.gains), axis=1)[ok]) <= 1e-9  # no log product is short


def test_every_operation() -> None:
    def utility(price: Any, quality: Any, *, a: Any) -> Any:
        z = quality / 10
        smooth = [
            np.exp(-z), np.log(1 + z), np.log1p(z), np.expm1(-z), np.sqrt(z + 0.1), np.sin(z), -np.cos(z), np.tan(z / 2),
            -np.sinh(z), -np.cosh(z), np.tanh(z), np.arctan(z), ndtr(z), np.square(z), np.exp2(-z), np.log2(1 + z),
            np.log10(1 + z), np.cbrt(z + 0.1), np.reciprocal(1 + z), 2.0**-z, (z + 0.1) ** 1.5, (z + 0.2) ** a, abs(z + 1),
        ]  # fmt: skip
        kinked = [
            np.maximum(z, -a), np.minimum(z, 2.0), np.clip(z, -1, 2), np.where(z > -1, z, 0.0), np.where(z >= 2, a, 1.0),
            np.where(z < 2, z, a), np.where(z <= -1, a, z), np.sign(a), np.fmax(z, -1.0), np.abs(a), -np.negative(a),
        ]  # fmt: skip
        return price - 0.1 * quality**2 + sum(smooth) / 10 + sum(kinked) / 20

    rng = np.random.default_rng(4)
    problem = sale(utility, a=rng.uniform(0.3, 1.5, 40))
    here, there = (bg.solve(problem, bg.Nash(), backend=backend) for backend in ("numpy", "c"))
    assert np.all(there.status == bg.Status.OK)
    assert np.max(np.abs(there.utilities / here.utilities - 1)) <= 1e-12


def test_powers_of_shares() -> None:
    """Within a few units in the last place of NumPy's, and the same where there is no number."""
    rng = np.random.default_rng(0)
    x, p = 10.0 ** rng.uniform(-12, 3, 20_000), rng.uniform(-3, 3, 20_000)
    odd = np.array([0.0, 1.0, 1e-300, 1e300, np.inf, np.nan])
    x, p = np.append(x, np.repeat(odd, 6)), np.append(p, np.tile([0.0, 0.5, -0.5, 3.0, np.nan, 300.0], 6))
    loop = "for (long i = 0; i < n; i++) out[0][i] = plain_power(in[0][i], in[1][i]);"
    head = "void run(long n, const double *const *in, const long *stride, double *const *out, long *steps, long limit)"
    out, _ = native.call(native.Text(f"{PRELUDE}{head} {{ {loop} }}", 2, 1), [x, p], x.size)
    with np.errstate(all="ignore"):
        truth = np.where(np.isnan(p), np.nan, x**p)  # NumPy's 1**nan is 1
        ulps = np.abs(out[0] / truth - 1.0) / np.finfo(float).eps / (1.0 + np.abs(p * np.log(x)))
    same = (out[0] == truth) | (np.isnan(truth) & np.isnan(out[0])) | (np.maximum(out[0], truth) < 1e-306)
    assert np.all(same | (ulps < 4.0))


def test_conditions_on_parameters_meet_conditions_on_issues() -> None:
    """Also those of the slope of a power whose base may be zero."""
    power = np.array([1.0, 2.0, 3.0])
    utilities = {
        "a": lambda x, power: (x - 0.5) ** power + np.where((x > 0.1) & (power > 1.5), 2.0, 1.0) * x,
        "b": lambda x: 1.0 - x * x,
    }
    problem = bg.from_issues([bg.Issue("x")], utilities, [-5.0, 0.0], parameters={"power": power})
    here, there = (bg.solve(problem, bg.Nash(), backend=name) for name in ("numpy", "c"))
    np.testing.assert_allclose(there.utilities, here.utilities, rtol=0, atol=1e-9)


def test_a_power_of_no_number_is_none_in_code_for_single_numbers_too() -> None:
    """Fast arithmetic compares NaN as equal to 0 there."""
    head = "void run(long n, const double *const *in, const long *stride, double *const *out, long *steps, long limit)"
    alone = "__attribute__((noinline)) static double alone(double x, double p) { return plain_power(x, p); }"
    loop = "for (long i = 0; i < n; i++) out[0][i] = alone(in[0][i], in[1][i]);"
    x, p = np.array([0.5, 0.5, 0.5, np.nan]), np.array([np.nan, 0.0, -0.0, 2.0])
    out, _ = native.call(native.Text(f"{PRELUDE}{alone}{head} {{ {loop} }}", 2, 1), [x, p], x.size)
    assert np.array_equal(out[0], [np.nan, 1.0, 1.0, np.nan], equal_nan=True)


def test_what_is_not_negative_is_seen_at_once_however_it_was_made() -> None:
    """Each step uses the last one thrice: 3**50 ways down; a sum of 3000 terms is as deep."""
    graph = Graph()
    share = graph.leaf("share")
    graph.shares.add(share.index)
    woven, long = share, share
    for _ in range(50):
        woven = woven + woven * woven
    for k in range(3000):
        long = long + (2.0 + k) * (1.0 - share)
    assert graph.nonnegative(woven.index)
    assert graph.nonnegative(long.index)
    assert not graph.nonnegative((woven + (long - 1.0)).index)
    assert not graph.nonnegative((0.5 - share).index)


def test_the_company_of_a_game_does_not_matter() -> None:
    problem = sale(quadratic, cost=np.linspace(0.3, 4.0, 5000))
    all_at_once = bg.solve(problem, bg.Nash(), backend="c")
    some = replace(problem.feasible, parameters={"cost": problem.feasible.parameters["cost"][1234:1301]})
    alone = bg.solve(problem.replace(feasible=some), bg.Nash(), backend="c")
    assert np.array_equal(alone.utilities, all_at_once.utilities[1234:1301], equal_nan=True)
    with using("c", 5000, threads=1):
        by_one = problem.feasible.nash(problem.disagreement, np.ones(2))
    with using("c", 5000, threads=3):
        by_three = problem.feasible.nash(problem.disagreement, np.ones(2))
    assert np.array_equal(by_one.utilities, by_three.utilities, equal_nan=True)


def test_games_without_an_answer_have_the_same_status() -> None:
    cost = np.array([0.5, np.nan, 40.0, np.inf, -np.inf, 1e300, 0.8])
    problem = sale(quadratic, cost=cost)
    here, there = (bg.solve(problem, bg.Nash(), backend=backend) for backend in ("numpy", "c"))
    assert np.array_equal(here.status, there.status)
    assert len(set(here.status.tolist())) >= 3
    assert np.array_equal(np.isnan(here.utilities), np.isnan(there.utilities))


UNSOUND = {
    "a maximum of what is no number": lambda price, quality, *, cost: price - np.maximum(cost * quality, 1.0) * quality,
    "a comparison of what is no number": lambda price, quality, *, cost: (
        price - np.where(np.equal(cost, cost), 0.7, 0.9) * quality**2
    ),
    "nought times nan": lambda price, quality, *, cost: price - (1 + 0 * cost) * quality**2,
    "a difference": lambda price, quality, *, cost: price - (1 + cost - cost) * quality**2,
    "a root, squared": lambda price, quality, *, cost: price - 0.8 * np.sqrt(cost) ** 2 * quality**2,
    "the sign of nan": lambda price, quality, *, cost: price - (1 + 0.2 * np.sign(cost)) * quality**2,
    "the known one of two": lambda price, quality, *, cost: price - np.fmax(cost, 0.7) * quality**2,
    "a sum of truths": lambda price, quality, *, cost: price - (0.5 + 0.1 * ((cost > 0) + (cost > 1))) * quality**2,
    "logic on numbers": lambda price, quality, *, cost: price - (0.5 + 0.1 * np.logical_and(cost, cost - 1)) * quality**2,
}


@pytest.mark.parametrize("name", UNSOUND)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_no_number_in_numpy_is_none_in_c(name: str) -> None:
    problem = sale(UNSOUND[name], cost=np.array([0.5, np.nan, 0.8, -1.0, 1.1, np.inf, 1.0]))
    here, there = (bg.solve(problem, bg.Nash(), backend=backend) for backend in ("numpy", "c"))
    assert np.array_equal(here.status, there.status)
    assert np.array_equal(np.isnan(there.utilities).any(axis=-1), there.status != bg.Status.OK)
    assert np.allclose(here.utilities, there.utilities, rtol=1e-9, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    ("utility", "word"),
    [
        (lambda price, quality, *, cost: price - (0.5 + cost % 2) * quality**2, "the operator %"),
        (lambda price, quality, *, cost: price - (0.5 + cost // 2) * quality**2, "the operator //"),
        (lambda price, quality, *, cost: price - cost.clip(0.5, 0.9) * quality**2, "an array's clip"),
        (lambda price, quality, *, cost: price - np.interp(cost, [0, 1], [0.5, 0.9]) * quality**2, "numpy's interp"),
        (lambda price, quality, *, cost: price - divmod(cost, 1)[0] * quality**2, "TypeError: unsupported operand"),
    ],
)
def test_what_symbols_cannot_do_is_left_to_numpy(utility: Callable[..., Any], word: str, forgetful: None) -> None:
    problem = sale(utility, cost=np.array([0.7, 1.0, 2.0, 3.0]))
    with pytest.warns(NotCompiled, match=word) as given:
        there = bg.solve(problem, bg.Nash(), backend="c")
    assert [word.filename for word in given] == [__file__]  # one notice, and it names the line that asked
    assert np.array_equal(bg.solve(problem, bg.Nash(), backend="numpy").utilities, there.utilities, equal_nan=True)


def test_what_is_too_long_for_a_compiler_is_left_to_numpy(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "LONGEST", 5_000)
    problem = sale(lambda price, quality, *, cost: price - 0.5 * cost * quality**2, cost=np.ones(5))
    with pytest.warns(NotCompiled, match="so many operations"):
        there = bg.solve(problem, bg.Nash(), backend="c", certify=False)
    assert np.array_equal(there.utilities, bg.solve(problem, bg.Nash(), backend="numpy", certify=False).utilities)


def test_one_game_in_c() -> None:
    problem = sale(quadratic, cost=0.8)
    deal = bg.solve(problem, bg.Nash(), backend="c")
    assert [float(v) for v in deal.terms.values()] == pytest.approx([67.5, 7.5], abs=1e-10)


def test_what_cannot_be_written_in_c_is_solved_in_numpy(forgetful: None) -> None:
    def utility(price: Any, quality: Any, *, cost: Any) -> Any:
        return price - np.arcsinh(cost) * quality**2

    problem = sale(utility, cost=np.linspace(0.5, 1, 30))
    with pytest.warns(NotCompiled, match="numpy's arcsinh cannot be written in C"):
        there = bg.solve(problem, bg.Nash(), backend="c")
    here = bg.solve(problem, bg.Nash(), backend="numpy")
    assert np.array_equal(here.utilities, there.utilities)


def test_without_a_compiler_one_notice(forgetful: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise NoCompiler("no C compiler was found; install gcc")

    problem = sale(quadratic, cost=np.linspace(0.5, 1, backends.MANY))
    monkeypatch.setattr(backends, "compiler", none)
    with pytest.warns(NotCompiled, match="no C compiler was found; install gcc") as given:
        found = bg.solve(problem, bg.Nash(), certify=False)
    assert [word.filename for word in given] == [__file__]
    assert np.all(found.status == bg.Status.OK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bg.solve(sale(quadratic, cost=np.linspace(0.5, 1, 5)), bg.Nash(), backend="c")


def test_few_games_are_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("asked for a compiler")

    monkeypatch.setattr(backends, "compiler", refuse)
    bg.solve(sale(quadratic, cost=np.linspace(0.5, 1, 50)), bg.Nash())


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(UnknownName, match="no backend named 'fortran'"):
        bg.solve(sale(quadratic, cost=0.8), bg.Nash(), backend="fortran")


def test_wrong_answers_of_c_are_found_and_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = sale(quadratic, cost=np.linspace(0.5, 1, 40))
    honest = native.run_stream

    def bent(*arguments: Any) -> Any:
        out, steps = honest(*arguments)
        out[0, ::2] += 1e-6  # in shares of the range
        return out, steps

    monkeypatch.setattr(batches, "run_stream", bent)
    there = bg.solve(problem, bg.Nash(), backend="c")
    here = bg.solve(problem, bg.Nash(), backend="numpy")
    assert np.max(np.abs(there.terms["price"] - here.terms["price"])) <= 1e-9
    assert np.array_equal(there.terms["price"][::2], here.terms["price"][::2])  # these are NumPy's


def test_answers_short_of_the_tolerance_are_examined_too(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = sale(quadratic, cost=np.linspace(0.5, 1, 40))
    honest = native.run_stream

    def bent(*arguments: Any) -> Any:
        out, steps = honest(*arguments)
        out[0] = np.clip(out[0] + 1e-4, 0, 1)
        out[-1] = 5e-10  # more than the tolerance, less than what is accepted after all starts
        return out, steps

    monkeypatch.setattr(batches, "run_stream", bent)
    there = bg.solve(problem, bg.Nash(), backend="c", certify=False)
    here = bg.solve(problem, bg.Nash(), backend="numpy", certify=False)
    assert np.array_equal(here.utilities, there.utilities)


def test_a_function_that_has_changed_its_meaning_is_noticed() -> None:
    world = {"cost": 0.8}
    problem = sale(lambda price, quality, *, scale: price - scale * world["cost"] * quality**2, scale=np.ones(20))
    assert bg.solve(problem, bg.Nash(), backend="c").terms["quality"] == pytest.approx(np.full(20, 7.5))
    world["cost"] = 1.2
    assert bg.solve(problem, bg.Nash(), backend="c").terms["quality"] == pytest.approx(np.full(20, 5.0))


def test_a_change_that_shows_only_beyond_a_threshold_is_noticed() -> None:
    world = {"free": 300.0}

    def utility(price: Any, quality: Any, *, scale: Any) -> Any:
        return price - 0.8 * quality**2 - np.where(scale > world["free"], quality, 0.0)

    problem = sale(utility, scale=np.full(20, 400.0))
    dear = bg.solve(problem, bg.Nash(), backend="c")
    world["free"] = 500.0
    cheap = bg.solve(problem, bg.Nash(), backend="c")
    assert np.all(cheap.utilities > dear.utilities)
    assert np.allclose(cheap.utilities, bg.solve(problem, bg.Nash(), backend="numpy").utilities, rtol=1e-12, atol=0)


def test_functions_that_check_their_arguments_are_solved() -> None:
    def utility(price: Any, quality: Any, *, cost: Any) -> Any:
        if not isinstance(cost, native.Symbol) and np.any(cost > 50):
            raise ValueError("cost is a share")
        return price - cost * quality**2

    deal = bg.solve(sale(utility, cost=np.full(3, 0.8)), bg.Nash(), backend="c")
    assert deal.terms["quality"] == pytest.approx(np.full(3, 7.5))


def test_a_game_that_c_loses_is_solved_in_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = native.run_stream

    def lost(*arguments: Any) -> Any:
        out, steps = honest(*arguments)
        out[-1] = np.inf
        return out, steps

    monkeypatch.setattr(batches, "run_stream", lost)
    problem = sale(quadratic, cost=np.linspace(0.5, 1, 10))
    assert np.all(bg.solve(problem, bg.Nash(), backend="c", certify=False).status == bg.Status.OK)


@pytest.mark.parametrize("question", ["nash", "reach", "support"])
def test_the_examination_knows_right_from_wrong(question: str) -> None:
    problem = random_games("coupled", 2, 2, 50, np.random.default_rng(8))
    games, lead = problem.feasible._games(problem.disagreement)
    rows = games.rows(columns(problem.disagreement, lead))
    size = list(problem.feasible.spread().T)
    asked = {
        "nash": replace(rows, targets=[np.full(50, 0.3), np.full(50, 0.7), None, None]),
        "reach": replace(rows, directions=[*size, None, None]),
        "support": replace(rows, weights=[1 / size[0], 1 / size[1], None, None]),
    }[question]
    found = games.run(asked)
    assert np.all(passes(asked, games.functions, games.parameters, found.x, found.prices))
    for j in (0, 1):
        bent = found.x.copy()
        bent[j] = np.where(bent[j] > 0.5, bent[j] - 1e-4, bent[j] + 1e-4)
        assert not np.any(passes(asked, games.functions, games.parameters, bent, found.prices))


@pytest.mark.parametrize("question", ["nash", "reach", "support"])
def test_the_examination_refuses_prices_that_hold_a_deal_where_it_would_rise(question: str) -> None:
    problem = bg.from_issues(
        issues=[bg.Issue("x")],
        utilities={"A": lambda x, *, a: a * x, "B": lambda x, *, a: 0.5 * a * x},
        disagreement=[-1, -1],
        constraints=lambda x: x - 0.5,
        parameters={"a": np.ones(3)},
    )
    games, lead = problem.feasible._games(problem.disagreement)
    rows = games.rows(columns(problem.disagreement, lead))
    one, none = np.ones(3), np.zeros(3)
    asked, prices = {
        "nash": (replace(rows, targets=[one, one, None]), [one / 1.5, one / 1.25, -one / 1.5 - 0.5 / 1.25]),
        "reach": (replace(rows, directions=[one, one, None]), [none, one, -0.5 * one]),
        "support": (replace(rows, weights=[one, one, None]), [none, none, -1.5 * one]),
    }[question]
    assert not np.any(passes(asked, games.functions, games.parameters, 0.5 * np.ones((1, 3)), np.array(prices)))
