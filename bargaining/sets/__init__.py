"""Feasible sets and the questions they answer."""
