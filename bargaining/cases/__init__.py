"""Documented cases, one a folder: `model.py` and `parameters.toml`. The folder's name is the case's name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from bargaining.case import Case, Model, read
from bargaining.errors import UnknownName


def names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.parent.name.replace("_", "-") for path in Path(__file__).parent.glob("*/parameters.toml"))


def load(name: str) -> Case:
    """Return a case by name.

    Raises
    ------
    UnknownName
        If there is no such case; the message offers the nearest.
    """
    if name not in names():
        raise UnknownName("case", name, names())
    folder = name.replace("-", "_")
    model = cast(Model, import_module(f"bargaining.cases.{folder}.model"))
    return read(Path(__file__).parent / folder / "parameters.toml", name, model)
