"""Bargaining problems and the ways to describe them."""
