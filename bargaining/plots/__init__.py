"""Figures: functions that take data and an axis and return the axis. Importing this loads matplotlib."""

from bargaining.plots.constructions import draw_construction
from bargaining.plots.frontiers import draw_frontier
from bargaining.plots.saving import save
from bargaining.plots.style import paper

__all__ = ["draw_construction", "draw_frontier", "paper", "save"]
