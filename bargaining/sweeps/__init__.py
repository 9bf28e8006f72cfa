"""Many calibrations solved by several concepts: chunks, workers, checkpoints, and quantiles of what comes out."""
