"""What is installed beside the grader."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec

from steepest_grader.errors import CourseError

__all__ = ["exercise_packages", "secret_packages"]

GROUP = "steepest_grader.exercises"


@cache
def exercise_packages() -> tuple[str, ...]:
    """Names of all installed packages of exercises: whatever the entry points of the group name.

    Raises
    ------
    CourseError
        If one of them is not there.
    """
    found = {entry.value: entry.dist for entry in entry_points(group=GROUP)}
    for name, distribution in found.items():
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise CourseError(
                f"The distribution {distribution.name if distribution else '?'} names the package of exercises "
                f"{name!r}, which is not there, or has no __init__.py: install it anew, or uninstall it."
            )
    return tuple(sorted(found))


@cache
def secret_packages() -> tuple[str, ...]:
    """Names of all packages that no student may read."""
    return ("steepest_grader", *exercise_packages())
