"""What is installed beside the grader."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

__all__ = ["exercise_packages"]

GROUP = "steepest_grader.exercises"


@cache
def exercise_packages() -> tuple[str, ...]:
    """Names of all installed packages of exercises: whatever the entry points of the group name."""
    return tuple(sorted({entry.value for entry in entry_points(group=GROUP)}))
