"""Calibrations: rows of parameters that are made when they are needed, drawn, on a grid, or read from files."""
