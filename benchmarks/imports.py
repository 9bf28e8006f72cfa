"""The cost of `import bargaining`, as a ratio to `import numpy, scipy.optimize`: CPU seconds of fresh interpreters."""

from __future__ import annotations

import resource
import subprocess
import sys

import numpy as np

OURS, BASE = "import bargaining", "import numpy, scipy.optimize"
EVERYTHING = (
    "import bargaining as bg; [getattr(bg, name) for name in ('solve', 'Nash', 'AlternatingOffers', 'from_issues')]"
)


def cpu_seconds(code: str) -> float:
    """Run code in a new interpreter and return its user and system time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    for code in (OURS, BASE, EVERYTHING):
        cpu_seconds(code)
    runs = np.array([[cpu_seconds(code) for code in (OURS, EVERYTHING, BASE)] for _ in range(11)])
    ours, everything, base = np.median(runs, axis=0)
    print(f"{BASE}: {base:.2f} s")
    print(f"{OURS}: {np.median(runs[:, 0] / runs[:, 2]):.2f} of that ({ours:.2f} s)")
    print(f"... and its solver: {np.median(runs[:, 1] / runs[:, 2]):.2f} of that ({everything:.2f} s)")


if __name__ == "__main__":
    main()
