"""What a student of Steepest imports: landscapes, data, plots, trajectories, demos and instant checks."""

from steepest.check import check

__all__ = ["check"]
__version__ = "0.1.0"
