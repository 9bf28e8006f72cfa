"""The table of `compare.py`: rows, blocks, and promises held against what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

SHORT = 1e-6
"""A log product that falls short by more is counted."""

Array = np.ndarray[Any, Any]


@dataclass
class Row:
    """One solver in one block: its speeds, games per CPU second, and how good its answers are."""

    name: str
    games: int = 0
    speeds: list[float] = field(default_factory=list)
    reached: Array = field(default_factory=lambda: np.empty(0))  # log products, of the first games
    note: str = ""

    @property
    def speed(self) -> float:
        return float(np.median(self.speeds))

    def timed(self, games: int, seconds: float) -> None:
        self.games += games
        self.speeds.append(games / seconds)


def heading(title: str, columns: list[tuple[str, int]]) -> None:
    print(f"\n{title}\n{'':36}" + "".join(f"{name:>{width}}" for name, width in columns))


def block(title: str, rows: list[Row], base: Row) -> dict[str, float]:
    """Print a block of the table; return each row's worst shortfall against the best that any row reached."""
    columns = [
        ("games", 11),
        ("us a game", 12),
        (f"x {base.name.split(', ')[-1]}", 12),
        ("short", 10),
        (">1e-6", 8),
        ("none", 6),
    ]
    heading(title, columns)
    best = np.full(max(row.reached.size for row in rows), -np.inf)
    for row in rows:
        best[: row.reached.size] = np.fmax(best[: row.reached.size], row.reached)
    worst = {}
    for row in rows:
        if row.note:
            print(f"{row.name:36}{row.note}")
            continue
        there = best[: row.reached.size] > -np.inf
        missed = best[: row.reached.size][there] - row.reached[there]
        found = missed[np.isfinite(missed)]
        worst[row.name] = float(np.max(found, initial=0.0)) if found.size == missed.size else np.inf
        print(
            f"{row.name:36}{row.games:>11,}{1e6 / row.speed:>12,.2f}{row.speed / base.speed:>12,.1f}"
            f"{np.max(found, initial=0.0):>10.0e}{np.mean(found > SHORT):>8.1%}{missed.size - found.size:>6,}"
        )
    return worst


@dataclass
class Promises:
    """What was promised, what was measured, and whether it was kept."""

    lines: list[tuple[str, str, bool]] = field(default_factory=list)

    def least(self, what: str, promised: float, measured: float) -> None:
        self.lines.append((what, f"{measured:,.4g}, promised at least {promised:,g}", measured >= promised))

    def most(self, what: str, promised: float, measured: float) -> None:
        self.lines.append((what, f"{measured:,.4g}, promised at most {promised:,g}", measured <= promised))

    def report(self) -> bool:
        """Print them; return whether all are kept."""
        print()
        for what, measured, kept in self.lines:
            print(f"{'kept' if kept else 'BROKEN':8}{what:48}{measured}")
        return all(kept for _, _, kept in self.lines)
