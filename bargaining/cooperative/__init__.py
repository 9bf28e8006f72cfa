"""Cooperative solution concepts, one a file."""
