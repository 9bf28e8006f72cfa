"""From an observed deal back to the bargaining weights that it implies, if any."""
