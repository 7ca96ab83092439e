"""What students' own machines tell of how they practised: how often they checked an exercise, and for how long.

It comes in a file that students can write to, so it is read within bounds, shown as what it is, and no mark depends
on it. `check` writes ``{"exercises": {ID: {"attempts": int, "seconds": number, …}}}`` into `progress.json` beside the
notebook, and nbgrader's exchange collects it with the notebook.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steepest._checks.progress import LONGEST, NAME

from steepest_grader.course.places import nbgrader_names
from steepest_grader.files import OddFileError, read_below

__all__ = ["Practice", "practice"]

MOST_ATTEMPTS, MOST_SECONDS = 100_000, 10_000_000.0


@dataclass(frozen=True)
class Practice:
    """How one student worked at one exercise; None where that is not told."""

    attempts: int | None = None
    seconds: float | None = None


def practice(submitted: Path, lesson: str) -> dict[str, dict[str, Practice]]:
    """Read what lies beside the submitted notebooks of a lesson.

    Parameters
    ----------
    submitted : Path
        Holds ``<student>/<lesson>/``; need not be there.
    lesson : str

    Returns
    -------
    dict
        By student and exercise. A file that is no such file counts as absent.
    """
    assignment, _ = nbgrader_names(lesson)
    found = {}
    for path in sorted(submitted.glob(f"*/{assignment}/{NAME}")):
        student = path.parent.parent.name
        if told := _told(submitted, student, assignment):
            found[student] = told
    return found


def _told(submitted: Path, student: str, assignment: str) -> dict[str, Practice]:
    try:
        content = json.loads(read_below(submitted, student, assignment, NAME, most=LONGEST))
    except (OddFileError, OSError, ValueError, RecursionError):
        return {}
    exercises = content.get("exercises") if isinstance(content, dict) else None
    if not isinstance(exercises, dict):
        return {}
    return {name: _practice(item) for name, item in exercises.items() if isinstance(item, dict)}


def _practice(item: dict[str, Any]) -> Practice:
    attempts, seconds = _number(item.get("attempts"), MOST_ATTEMPTS), _number(item.get("seconds"), MOST_SECONDS)
    return Practice(None if attempts is None else int(attempts), seconds)


def _number(value: Any, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        return None
    return float(value) if math.isfinite(value) else None
