"""The folder `autograded/`: a notebook and a sidecar for each graded submission. Knows no nbgrader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.errors import GradebookError
from steepest_grader.files import replace_file

__all__ = [
    "SUBMISSION_KEYS",
    "note_ungraded",
    "paths",
    "stored_submissions",
    "submission_folder",
    "ungraded",
]

SIDECAR = "steepest.json"
SUBMISSION_KEYS = ("student", "lesson", "score", "max_score", "outcome", "seconds", "exercises")
MAX_STUDENT = 128  # what nbgrader's schema holds


def submission_folder(course: Course, student: str, lesson: str) -> Path:
    """Where a graded submission is kept.

    Raises
    ------
    GradebookError
        If the student's id cannot be the name of a folder.
    """
    problem = None
    if not student or student in {".", ".."}:
        problem = "it is empty or names another folder"
    elif "/" in student or "\\" in student:
        problem = "it holds a path separator"
    elif not student.isprintable():
        problem = "it holds a control character"
    elif len(student) > MAX_STUDENT:
        problem = f"it has {len(student)} characters, more than the {MAX_STUDENT} that a gradebook holds"
    if problem:
        shown = student[:MAX_STUDENT]
        raise GradebookError(f"{shown!a} cannot be a student's id: {problem}. Rename the folder.")
    return course.course_dir / "autograded" / student / nbgrader_names(lesson)[0]


def paths(folder: Path, lesson: str) -> tuple[Path, Path]:
    """A graded notebook and its sidecar in the folder of a submission."""
    assignment, notebook = nbgrader_names(lesson)
    return folder / f"{notebook}.ipynb", folder / (SIDECAR if notebook == assignment else f"{notebook}.{SIDECAR}")


def stored_submissions(course: Course, lesson: str) -> dict[str, dict[str, Any]]:
    """What the sidecars say of a lesson, by student: a submission as JSON, with `digest`, `message` and `flags`.

    A sidecar that cannot be read counts as absent.
    """
    found = {}
    _, sidecar = paths(Path("autograded", "*", nbgrader_names(lesson)[0]), lesson)
    for path in sorted(course.course_dir.glob(str(sidecar))):
        try:
            submission = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(submission, dict) and {*SUBMISSION_KEYS, "digest", "message"} <= set(submission):
            found[path.parent.parent.name] = submission
    return found


def ungraded(course: Course, lesson: str) -> dict[str, str]:
    """Students whose submission the grader itself failed at when it last tried, each with the reason."""
    try:
        found = json.loads(_ungraded_path(course, lesson).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(student): str(reason) for student, reason in found.items()} if isinstance(found, dict) else {}


def note_ungraded(course: Course, lesson: str, reasons: Mapping[str, str]) -> None:
    """Keep the list that `ungraded` gives; there is no file where nothing is amiss."""
    path = _ungraded_path(course, lesson)
    if reasons:
        replace_file(path, json.dumps(dict(sorted(reasons.items()))).encode())
    else:
        path.unlink(missing_ok=True)


def _ungraded_path(course: Course, lesson: str) -> Path:
    return course.course_dir / f".{lesson.replace('/', '.')}.ungraded.json"
