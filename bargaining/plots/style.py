"""The style of figures for papers."""

from __future__ import annotations

from contextlib import AbstractContextManager

import matplotlib.pyplot as plt


def paper() -> AbstractContextManager[None]:
    """Return a context in which figures have the paper style: `with plots.paper(): ...`."""
    return plt.style.context("bargaining.styles.paper")
