"""The style of figures for papers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import matplotlib.pyplot as plt


@contextmanager
def paper() -> Iterator[None]:
    """Return a context in which figures have the paper style: `with plots.paper(): ...`."""
    # A session's first figure loads the backend, which in notebooks turns on interactive drawing. Were that turned off
    # again with the style, every figure after the first would stay hidden.
    interactive = mpl.is_interactive()
    try:
        with plt.style.context("bargaining.styles.paper"):
            try:
                yield
            finally:
                interactive = mpl.is_interactive()
    finally:
        mpl.interactive(interactive)
