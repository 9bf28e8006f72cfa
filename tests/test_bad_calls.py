"""Two thousand calls with bad arguments end in an error of the library or in an answer that holds, and in no warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.sets.base import Answer
from bargaining.solution import CLOSED
from tests.bad_calls import Call, calls


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(20))
def test_bad_arguments_are_refused_or_answered(seed: int) -> None:
    refused = 0
    for call in calls(100, seed):
        try:
            result = call()
        except bg.BargainingError as error:
            assert str(error), call
            refused += 1
        except Exception as error:
            raise AssertionError(f"{call} ended in a raw {type(error).__name__}") from error
        else:
            _holds(result, call)
    assert 50 < refused < 100  # the calls are bad, but not all of them hopeless


def _holds(result: Any, call: Call) -> None:
    """Require numbers exactly where there is an answer, and answers that no random deal refutes."""
    if isinstance(result, bg.Solution | Answer):
        finite = np.all(np.isfinite(result.utilities), axis=-1)
        assert np.array_equal(finite, result.status == bg.Status.OK), call
    if isinstance(result, bg.Solution):
        found, proved = bg.verify(result, trials=50), ~(result.certificate.gap > CLOSED)
        for check in found.checks:  # solutions called local may be worse than others
            assert np.all(check.passed(found.tol) | ~proved), f"{call}\n{found}"
    if isinstance(result, bg.Played):
        numbers = np.all(np.isfinite(result.utilities), axis=-1)
        assert np.array_equal(numbers, result.status == bg.Status.OK), call
        assert bg.verify(result, trials=50).ok, f"{call}\n{bg.verify(result, trials=50)}"
    if isinstance(result, bg.Awards | bg.Demands):
        numbers = result.awards if isinstance(result, bg.Awards) else result.demands
        assert np.array_equal(np.all(np.isfinite(numbers), axis=-1), result.status == bg.Status.OK), call
        assert bg.verify(result, trials=50).ok, call
    if isinstance(result, bg.ImpliedWeights):
        some = result.status <= bg.Identification.SET
        for ends in (result.lower, result.upper):
            assert np.array_equal(np.all(np.isfinite(ends), axis=-1), some), call
        assert np.all((result.lower >= 0) & (result.upper <= 1) | ~some[..., None]), call
        assert repr(result), call
    if isinstance(result, np.ndarray):
        assert np.all(np.isfinite(result)), call
