"""Figures as files that come out the same, byte for byte, every time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from bargaining.errors import InvalidProblem, UnknownName

_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}
"""Metadata that would differ from run to run or version to version."""


def save(ax: Axes, stem: str | Path, formats: Iterable[str] = ("png", "pdf", "svg")) -> list[Path]:
    """Write the figure of an axis as `stem.png`, `stem.pdf` and `stem.svg`, without dates or versions; return the paths.

    Raises
    ------
    UnknownName
        If a format is not one of the three.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InvalidProblem("the axis belongs to no figure.")
    paths = []
    for extension in formats:
        if extension not in _UNDATED:
            raise UnknownName("figure format", extension, _UNDATED)
        path = Path(f"{stem}.{extension}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({"svg.hashsalt": "bargaining", "pdf.fonttype": 42}):
            figure.savefig(path, metadata=_UNDATED[extension])
        paths.append(path)
    return paths
