"""Bargaining games in extensive form, one a file."""
