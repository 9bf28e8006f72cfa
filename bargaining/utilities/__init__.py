"""Utilities of money, one a file."""
