"""Heavy packages load only when used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bargaining as bg

HEAVY = ("matplotlib", "pandas", "nashpy", "pydantic", "typer", "scipy.stats", "scipy.special")


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(eval(found))  # noqa: S307 - our own list, printed a line above


SOLVE = """
import bargaining as bg
pie = bg.from_issues([bg.Issue("x")], {"a": lambda x: x, "b": lambda x: 1 - x}, [0, 0])
"""


def test_import_loads_nothing_heavy() -> None:
    assert loaded_after("import bargaining") == set()


@pytest.mark.parametrize("concept", ["bg.Nash()", "bg.KalaiSmorodinsky()"])
def test_solving_loads_nothing_heavy(concept: str) -> None:
    assert not loaded_after(f"{SOLVE}bg.solve(pie, {concept})\nbg.frontier(pie)") & {
        "matplotlib",
        "pandas",
        "nashpy",
        "scipy.stats",
    }


def test_tables_load_pandas_and_nothing_else() -> None:
    assert not loaded_after(f"{SOLVE}bg.compare(pie, [bg.Nash()])") & {"matplotlib", "nashpy"}


def test_every_promised_name_exists() -> None:
    for name in bg.__all__:
        assert getattr(bg, name) is not None
        assert name in dir(bg)
    with pytest.raises(AttributeError, match="no attribute 'nash'"):
        bg.nash  # noqa: B018
