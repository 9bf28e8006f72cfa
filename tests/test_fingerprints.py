"""Fingerprints: equal in every process, different as soon as anything differs that a result depends on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bargaining as bg
from bargaining.errors import InvalidProblem
from bargaining.sweeps.fingerprints import fingerprint


def written(source: str, **known: Any) -> Any:
    """Return `f` as a notebook would define it."""
    space: dict[str, Any] = {"__name__": "__main__", "np": np, **known}
    exec(source, space)  # noqa: S102 - our own lines
    return space["f"]


def closed(value: Any) -> Callable[[], Any]:
    return lambda: value


BASE = "def f(x, y=1): return helper(x) + y * scale"
HELPER = written("def f(x): return x + 1")

DIFFERENT: list[tuple[str, Any, Any]] = [
    ("numbers", 1.0, 1.0000000000000002),
    ("kinds of numbers", 1, 1.0),
    ("signs of zero", 0.0, -0.0),
    ("arrays", np.array([1.0, 2.0]), np.array([[1.0, 2.0]])),
    ("kinds of arrays", np.array([1.0]), np.array([1.0], dtype=np.float32)),
    ("orders", {"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ("nestings", [["a"], "b"], [["a", "b"]]),
    ("code", written("def f(x): return x + 1"), written("def f(x): return x + 2")),
    ("operations", written("def f(x): return x + 1"), written("def f(x): return x - 1")),
    ("inner code", written("def f(x): return [y * 1 for y in x]"), written("def f(x): return [y * 2 for y in x]")),
    ("defaults", written(BASE), written(BASE.replace("1", "2"))),
    ("closures", closed(1), closed(2)),
    ("globals", written(BASE, scale=1.0, helper=HELPER), written(BASE, scale=2.0, helper=HELPER)),
    ("helpers", written(BASE, scale=1.0, helper=HELPER), written(BASE, scale=1.0, helper=written("def f(x): return x"))),
    ("partial settings", partial(HELPER, x=1), partial(HELPER, x=2)),
    ("settings", bg.Nash(), bg.Nash((0.7, 0.3))),
    ("concepts", bg.Nash(), bg.KalaiSmorodinsky()),
    ("methods of classes", written("class f:\n def g(self): return 1"), written("class f:\n def g(self): return 2")),
    ("numbers of classes", written("class f:\n k = 1"), written("class f:\n k = 2")),
    ("arrays of classes", written("class f:\n k = np.ones(2)"), written("class f:\n k = np.zeros(2)")),
    ("tables of classes", written("class f:\n k = {'a': [1]}"), written("class f:\n k = {'a': [2]}")),
    ("functions of NumPy", np.exp, np.log),
    ("methods of tables", {"a": 1.0}.get, {"a": 2.0}.get),
    ("methods of arrays", np.array([1.0, 2.0]).dot, np.array([3.0, 4.0]).dot),
    ("statuses", bg.Status.OK, bg.Status.INVALID),
    ("draws", bg.draws({"a": (0, 1)}, 9, 1), bg.draws({"a": (0, 1)}, 9, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT])
def test_what_differs_has_another_fingerprint(one: Any, two: Any) -> None:
    assert fingerprint(one) != fingerprint(two)


EQUAL: list[tuple[str, Callable[[], Any]]] = [
    ("functions written again", lambda: written(BASE, scale=1.0, helper=HELPER)),
    ("sets", lambda: {"z", "a", "q"}),
    ("constants that are sets", lambda: written("def f(x): return x in {'z', 'a', 'q'}")),
    ("functions that call themselves", lambda: written("def f(x): return f(x - 1)")),
    ("arrays", lambda: np.arange(6.0).reshape(2, 3).T),
    ("problems", lambda: bg.split(10, [bg.CRRA(0.3), bg.Linear()])),
    ("cases", lambda: bg.cases.load("microsoft-openai")),
]


@pytest.mark.parametrize("make", [row[1] for row in EQUAL], ids=[row[0] for row in EQUAL])
def test_what_is_equal_has_the_same_fingerprint(make: Callable[[], Any]) -> None:
    assert fingerprint(make()) == fingerprint(make())


def test_other_processes_agree() -> None:
    code = "from tests.test_fingerprints import EQUAL, fingerprint\nfor _, make in EQUAL: print(fingerprint(make()))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert found.stdout.split() == [fingerprint(make()) for _, make in EQUAL]


def test_fields_that_do_not_count_do_not_count() -> None:
    @dataclass(frozen=True)
    class Located:
        what: int
        where: str = field(compare=False)

    assert fingerprint(Located(1, "here")) == fingerprint(Located(1, "there"))
    assert fingerprint(Located(1, "here")) != fingerprint(Located(2, "here"))


def test_the_source_of_a_user_module_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mymodel.py").write_text("SCALE = 1\n")
    (tmp_path / "beside.py").write_text("SCALE = 1\n")
    import mymodel  # type: ignore[import-not-found]

    before = fingerprint(mymodel)
    assert fingerprint(mymodel) == before
    (tmp_path / "beside.py").write_text("SCALE = 2\n")
    assert fingerprint(mymodel) != before


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="generator is used by what is swept"):
        fingerprint(closed(x for x in [1]))
    with pytest.raises(InvalidProblem, match="ufunc is used by what is swept"):
        fingerprint(np.frompyfunc(closed(1), 1, 1))
