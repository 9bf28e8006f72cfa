"""Run the command line as `python -m bargaining`."""

from bargaining.cli import app

app()
