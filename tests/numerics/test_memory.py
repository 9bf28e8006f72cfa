"""Memory of temporary arrays is fetched once, not for each of them."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT = """
import resource
import numpy as np
from bargaining.numerics.memory import keep_freed

arrays = [np.ones(8000) for _ in range(8)]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(300):
        made = [array + 1.0 for array in arrays]  # half a megabyte, freed in every round
        del made
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

first = faults()
keep_freed()
faults()
print(first, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the thresholds are those of glibc")
def test_freed_memory_is_kept() -> None:
    said = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True).stdout
    without, kept = map(int, said.split())
    assert without > 1000
    assert kept < without / 10
