"""Constructions drawn: every concept has one, the solution is marked where it is, files come out the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

import bargaining as bg
from bargaining import plots
from bargaining.concept import Concept
from bargaining.errors import InvalidProblem, NoAgreement
from bargaining.plots.constructions import DRAWN, SECOND
from bargaining.problems.problem import Problem
from bargaining.sets.base import Answer
from tests.problems import kinked, parabola, pie, three_points

mpl.use("Agg")

CONCEPTS = (
    bg.Nash(), bg.Nash((1, 3)), bg.Nash((0, 1)), bg.KalaiSmorodinsky(), bg.KalaiSmorodinsky((2, 1)),
    bg.KalaiRosenthal(), bg.Egalitarian(),
    bg.Proportional((1, 3)), bg.Proportional((1, 0)), bg.Utilitarian(), bg.Utilitarian((3, 1)),
    bg.Utilitarian((1, 0), rational=False), bg.EqualLoss(), bg.EqualLoss((1, 2), rational=False), bg.Yu(1), bg.Yu(2),
    bg.Yu(np.inf, weights=(2, 1)), bg.EqualArea(), bg.AveragePayoff(), bg.PerlesMaschler(), bg.Raiffa(), bg.Raiffa(0.5),
    bg.Raiffa(0), bg.GuptaLivne((1.2, 1.5)), bg.Dictatorial(0), bg.Dictatorial("party 2"), bg.LexicographicEgalitarian(),
    bg.LexicographicKalaiSmorodinsky(), bg.NashSet(), bg.ConleyWilkie(),
)  # fmt: skip

PROBLEMS = {
    "polygon": kinked((1, 1)),
    "level and steep ends": bg.lotteries(bg.from_points([[1, 9], [3, 4]], disagreement=[0.5, 1])),
    "curve": parabola((0.5, 0.5)),
    "pie": pie(bg.Power(0.5), bg.Linear(), size=4),
}


def dots(ax: Axes) -> np.ndarray:
    """The filled dots, which mark solutions, (m, 2)."""
    marked = [line.get_xydata() for line in ax.lines if line.get_marker() == "o" and line.get_markerfacecolor() == DRAWN]
    return np.concatenate(marked)


def paths(ax: Axes, color: str = DRAWN) -> list[np.ndarray]:
    """The lines of the construction."""
    lines = [line for line in ax.lines if line.get_linestyle() != "None" and to_hex(line.get_color()) == color.lower()]
    return [np.asarray(line.get_xydata()) for line in lines]


def test_every_concept_of_the_library_is_here() -> None:
    public = {value for name in dir(bg) if isinstance(value := getattr(bg, name), type)}
    own = {value for value in public if issubclass(value, Concept) and not value.__abstractmethods__}
    assert own == {type(concept) for concept in CONCEPTS}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("concept", CONCEPTS, ids=repr)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_solution_is_marked_where_it_is(name: str, concept: Concept) -> None:
    problem = PROBLEMS[name]
    ax = plots.draw_construction(problem, concept)
    solution = bg.solve(problem, concept)
    assert dots(ax)[0] == pytest.approx(solution.gains, abs=0)
    assert ax.get_title() == concept.label
    ax.figure.canvas.draw()
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    assert np.all(low < np.minimum(solution.gains, 0)) and np.all(high > problem.gains(problem.ideal))


def test_nash_halves_the_tangent_between_the_axes() -> None:
    ax = plots.draw_construction(parabola(), bg.Nash())
    tangent, product = paths(ax)
    assert np.mean(tangent, axis=0) == pytest.approx([2 / 3**0.5, 8 / 3])
    assert np.sort(tangent.ravel())[:2] == pytest.approx([0, 0])
    assert np.ptp(np.prod(product, axis=1)) == pytest.approx(0, abs=1e-12)
    assert np.all(4 - product[:, 0] ** 2 - product[:, 1] <= 1e-6)  # it nowhere enters the set


@pytest.mark.parametrize("p", [1, 1.5, 2, 7, np.inf])
def test_the_ball_around_the_ideal_point_touches(p: float) -> None:
    ax = plots.draw_construction(parabola(), bg.Yu(p, weights=(2, 1)))
    ball = paths(ax)[0]
    losses = ([2, 4] - ball) * [2, 1]
    assert np.ptp(np.linalg.norm(losses, ord=p, axis=1)) == pytest.approx(0, abs=1e-9)
    least = np.min(ball[:, 0] ** 2 + ball[:, 1])  # 4 on the frontier
    assert least == pytest.approx(4, abs=1e-3)


def test_halves_are_equal() -> None:
    ax = plots.draw_construction(kinked(), bg.EqualArea())
    areas = []
    for patch in ax.patches[1:]:
        x, y = patch.get_path().vertices[:-1].T
        areas.append(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2)
    assert areas[0] == pytest.approx(areas[1], rel=1e-12)
    ax = plots.draw_construction(kinked(), bg.PerlesMaschler())
    lengths = [
        np.sum(np.sqrt(np.abs(np.prod(np.diff(path, axis=0), axis=1))))
        for color in (DRAWN, SECOND)
        for path in paths(ax, color)
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-12)


def test_centre_of_gravity() -> None:
    line = bg.lotteries(bg.from_points([[3, 0], [0, 6]], disagreement=[0, 0]))
    ax = plots.draw_construction(line, bg.AveragePayoff())
    assert next(note.xy for note in ax.texts if note.get_text() == "$g$") == pytest.approx((1, 2))


def test_raiffa_goes_half_way_to_the_ideal_point_over_the_last_stop() -> None:
    stops = bg.Raiffa().path(parabola())
    assert stops[:2] == pytest.approx(np.array([[0, 0], [1, 2]]))
    assert stops[2] == pytest.approx([(1 + 2**0.5) / 2, 2.5])  # the ideal point over (1, 2) is (sqrt 2, 3)
    assert stops[-1] == pytest.approx(bg.solve(parabola(), bg.Raiffa()).utilities, abs=1e-9)
    with pytest.raises(InvalidProblem, match="one problem"):
        bg.Raiffa().path(parabola().replace(disagreement=[[0, 0], [1, 1]]))
    with pytest.raises(InvalidProblem, match="no agreement"):
        bg.Raiffa().path(kinked((10, 10)))


def test_raiffa_steps_tend_to_the_path() -> None:
    path, small = bg.Raiffa(0).path(kinked()), bg.Raiffa(0.01).path(kinked())
    assert np.all(np.diff(path, axis=0) >= 0)
    assert np.interp(small[:, 0], *path.T) == pytest.approx(small[:, 1], abs=0.02)
    assert path[-1] == pytest.approx(bg.solve(kinked(), bg.Raiffa(0)).utilities, abs=1e-9)


def test_all_maximisers_are_marked() -> None:
    dent = bg.from_issues([bg.Issue("x")], {"a": lambda x: x**2, "b": lambda x: (1 - x) ** 2}, [-1, -1])
    assert sorted(map(tuple, dots(plots.draw_construction(dent, bg.NashSet())).round(6)))[::2] == [(1, 2), (2, 1)]
    assert len(np.unique(dots(plots.draw_construction(three_points(), bg.NashSet())), axis=0)) == 2
    ax = plots.draw_construction(three_points(), bg.ConleyWilkie())
    assert dots(ax)[0] == pytest.approx([1.6, 1.6])
    assert next(note.xy for note in ax.texts if note.get_text() == "$n$") == pytest.approx((2.5, 2.5))


def test_the_lexicographic_step_is_drawn() -> None:
    wide = bg.lotteries(bg.from_points([[1, 3]], disagreement=[0, 0]))
    ray, step = paths(plots.draw_construction(wide, bg.LexicographicEgalitarian()))
    assert ray[-1] == pytest.approx([1, 1]) and step == pytest.approx(np.array([[1, 1], [1, 3]]))


def test_a_derived_concept_is_drawn_as_what_it_is_derived_from() -> None:
    @dataclass(frozen=True)
    class Own(bg.KalaiSmorodinsky):
        @property
        def label(self) -> str:
            return "own"

    assert plots.draw_construction(kinked(), Own()).get_title() == "own"


@dataclass(frozen=True)
class Unheard(Concept):
    @property
    def label(self) -> str:
        return "unheard-of"

    def outcome(self, problem: Problem) -> Answer:
        return bg.Nash().outcome(problem)


def test_takes_an_axis_and_gives_it_back() -> None:
    _, ax = plt.subplots()
    assert plots.draw_construction(kinked(), bg.Nash(), ax=ax) is ax
    assert ax.get_xlabel() == "Gain of party 1"


def test_refusals() -> None:
    with pytest.raises(InvalidProblem, match=r"unheard-of \(Unheard\).*KalaiSmorodinsky"):
        plots.draw_construction(kinked(), Unheard())
    with pytest.raises(InvalidProblem, match=r"two parties; the problem has 3"):
        plots.draw_construction(bg.split(1, [bg.Linear()] * 3), bg.Nash())
    with pytest.raises(InvalidProblem, match=r"stack of shape \(2,\)"):
        plots.draw_construction(kinked().replace(disagreement=[[0, 0], [1, 1]]), bg.Nash())
    with pytest.raises(InvalidProblem, match="no Problem"):
        plots.draw_construction(bg.frontier(kinked()), bg.Nash())  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="no Concept"):
        plots.draw_construction(kinked(), bg.AlternatingOffers(period=1))  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match="no Axes"):
        plots.draw_construction(kinked(), bg.Nash(), ax=plt.figure())  # type: ignore[arg-type]
    with pytest.raises(NoAgreement):
        plots.draw_construction(kinked((10, 10)), bg.Nash())


def test_files_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    for concept in (bg.EqualArea(), bg.Raiffa()):
        written = [plots.save(plots.draw_construction(kinked(), concept), tmp_path / run) for run in ("one", "two")]
        for one, two in zip(*written, strict=True):
            assert one.read_bytes() == two.read_bytes(), (concept, one.suffix)
            assert one.stat().st_size > 1000


def test_the_style_leaves_interactive_drawing_as_the_backend_sets_it() -> None:
    """Backends of notebooks turn it on with the first figure; turned off again, later figures would not be shown."""
    assert not mpl.is_interactive()
    try:
        with plots.paper():
            mpl.interactive(True)
        assert mpl.is_interactive()
    finally:
        mpl.interactive(False)
