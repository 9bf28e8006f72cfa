"""Figures: functions that take data and an axis and return the axis. Importing this loads matplotlib."""

from bargaining.plots.awards import draw_awards
from bargaining.plots.constructions import draw_construction
from bargaining.plots.distributions import draw_distribution
from bargaining.plots.frontiers import draw_frontier
from bargaining.plots.offers import draw_offers
from bargaining.plots.saving import save
from bargaining.plots.style import paper
from bargaining.plots.surfaces import draw_surface
from bargaining.plots.sweeps import draw_sweep
from bargaining.plots.ternary import draw_ternary
from bargaining.plots.threats import draw_threats
from bargaining.plots.tornadoes import draw_tornado

__all__ = [
    "draw_awards",
    "draw_construction",
    "draw_distribution",
    "draw_frontier",
    "draw_offers",
    "draw_surface",
    "draw_sweep",
    "draw_ternary",
    "draw_threats",
    "draw_tornado",
    "paper",
    "save",
]
