"""Talks over time: what is drawn where."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bargaining as bg
from bargaining import plots
from bargaining.errors import InvalidProblem


def curve() -> bg.Talks:
    problem = bg.from_curve(lambda u: 4 - u**2, [0, 0], low=0, high=2, concave=True)
    return bg.solve(problem, bg.SequentialOffers(factors=(0.9, 0.7)))  # type: ignore[return-value]


def deadline() -> bg.Talks:
    pie = bg.split(1, [bg.Power(0.6), bg.Linear()], parties=("Ann", "Bob"))
    return bg.solve(pie, bg.SequentialOffers(factors=(0.9, 0.8), rounds=8))  # type: ignore[return-value]


def case() -> bg.Talks:
    return bg.solve(bg.cases.load("microsoft-openai").talks("cliff"), bg.MarkovPerfect())


TALKS: dict[str, Callable[[], bg.Talks]] = {"curve": curve, "deadline": deadline, "the case": case}


@pytest.mark.parametrize("name", TALKS)
def test_every_offer_is_on_both_panels_and_no_label_on_another(name: str) -> None:
    talks = TALKS[name]()
    left, right = plots.draw_offers(talks)
    figure = left.get_figure(root=True)
    figure.canvas.draw()
    drawn = np.concatenate([line.get_xydata() for line in left.lines if line.get_marker() not in ("None", "")])
    assert len(drawn) == sum(len(made) for made in talks.offers)
    (low, high), (bottom, top) = left.get_xlim(), left.get_ylim()
    assert np.all((drawn >= [low, bottom]) & (drawn <= [high, top]))
    boxes = [text.get_window_extent() for text in right.texts]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_axes_of_ones_own() -> None:
    axes = tuple(plt.subplots(1, 2)[1])
    assert plots.draw_offers(deadline(), axes=axes) == axes  # type: ignore[arg-type]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="two parties"):
        plots.draw_offers(bg.solve(bg.split(1, [bg.Linear()] * 3), bg.SequentialOffers(factors=(0.9,) * 3, rounds=2)))  # type: ignore[arg-type]
    with pytest.raises(InvalidProblem, match=r"bg\.solve"):
        plots.draw_offers("talks")  # type: ignore[arg-type]
    pie = bg.split(1, [bg.Linear()] * 2)
    idle = bg.StochasticProblem((bg.State("a", pie, 0, "end", factors=1.0), bg.End("end", (2, 2))))
    with pytest.raises(InvalidProblem, match="nothing is proposed"):
        plots.draw_offers(bg.solve(idle, bg.MarkovPerfect()))
