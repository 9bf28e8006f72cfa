"""The numerical room: the only one that calls an optimiser or a root finder."""
