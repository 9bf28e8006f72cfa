"""Aliases for the few shapes that recur."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""Real numbers; the last axis counts the parties wherever a user sees it."""

Bools: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.int8]
Indices: TypeAlias = NDArray[np.intp]
Pick: TypeAlias = Indices | slice | int
"""Which games to take: any by their numbers, a run of them as a view, or one."""

Entry: TypeAlias = Any
"""One number a game: a float, an array of shape (games,), or a jet that carries derivatives with either."""

Sparse: TypeAlias = Any
"""An Entry, or None where it is zero by structure."""
