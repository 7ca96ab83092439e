"""What is installed beside the grader."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from steepest._checks import content

from steepest_grader.errors import CourseError

__all__ = ["code_digest", "exercise_packages", "secret_packages"]

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


def code_digest() -> bytes:
    """Digest of all code that takes part in a mark or in a stored outcome."""
    digest = hashlib.sha256()
    for name in (*content.packages(), *secret_packages()):
        for path in sorted(Path(str(files(name))).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()
