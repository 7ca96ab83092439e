"""What a student of Steepest imports: landscapes, data, plots, trajectories, demos and instant checks."""

from steepest._checks.progress import progress
from steepest.check import check

__all__ = ["check", "progress"]
__version__ = "0.1.0"
