"""Every solution concept of the library, found by looking."""

from __future__ import annotations

import pkgutil
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any

from bargaining import cooperative
from bargaining.concept import Concept


def concepts() -> dict[str, Concept]:
    """Return all solution concepts of the library that need no settings, by name, in their usual form.

    Those that need one (a party for `Dictatorial`, weights for `Proportional`, a reference for `GuptaLivne`) are missing.
    Some apply to two parties only, or to convex sets only, and say so when asked.

    Examples
    --------
    >>> import bargaining as bg
    >>> pie = bg.split(1, [bg.Power(0.5), bg.Linear()])
    >>> table = bg.compare(pie, bg.concepts().values())
    >>> table.set_index("concept").loc[["Nash", "Kalai-Smorodinsky"], "party 1"].round(4).tolist()
    [0.3333, 0.382]
    """
    found = {}
    for module in pkgutil.iter_modules(cooperative.__path__):
        home = import_module(f"{cooperative.__name__}.{module.name}")
        for kind in vars(home).values():
            if _is_own(kind, home.__name__) and not any(_needed(field) for field in fields(kind)):
                found[module.name.replace("_", "-")] = kind()
    return found


def _is_own(kind: Any, home: str) -> bool:
    return isinstance(kind, type) and issubclass(kind, Concept) and kind.__module__ == home


def _needed(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
