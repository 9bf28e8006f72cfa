"""What happens to the memory of arrays that are no longer needed."""

from __future__ import annotations

from functools import cache

import numpy as np

LARGEST = 2**25 - 2**13
"""Bytes of nearly the largest array whose release moves the thresholds of glibc's allocator."""


@cache
def keep_freed() -> None:
    """Let the C library keep what is freed for the arrays that come next, once a process.

    A solve makes temporary arrays of the same few sizes by the thousand. By default glibc gives the end of the heap back to
    the system as soon as 128 kB of it are free, and fetches it again for the next array, which takes longer than most
    arithmetic on it. Once a large array has been released it expects more of them, and keeps up to twice as much; this one
    is never written to, so that it takes no memory. (The GNU C Library, mallopt(3): "M_MMAP_THRESHOLD".)
    """
    np.empty(LARGEST, np.uint8)
