"""Places that a skeleton leaves to its author: each bears one word, which is looked for in a course's own files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from steepest_grader.course.text_course import TextCourse

__all__ = ["MARK", "Unfilled", "unfilled"]

MARK = "FILL_IN"
PLACE = re.compile(rf"\b{MARK}\b:?\s*((?:(?!{MARK}|</).)*)")  # what belongs there ends with its element
PLAIN = ("pyproject.toml", "environment.yml", "LICENSE", "README.md", "*/pyproject.toml", "*/README.md")


@dataclass(frozen=True)
class Unfilled:
    """One place.

    Attributes
    ----------
    path : str
        Of the file, within the course.
    line : int
        Counted from 1.
    what : str
        What belongs there, as the skeleton says.
    """

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: to be filled in: {self.what or 'see there'}."


def unfilled(course: TextCourse, lessons: Sequence[str] | None = None) -> list[Unfilled]:
    """All places of a course that are still to be filled in.

    Parameters
    ----------
    course : TextCourse
    lessons : sequence of str, optional
        Only theirs; by default those of the whole course.
    """
    found = []
    for path in dict.fromkeys(_paths(course, lessons)):
        name = path.relative_to(course.root).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            found += [Unfilled(name, number, _said(place[1], line)) for place in PLACE.finditer(line)]
    return found


def _paths(course: TextCourse, lessons: Sequence[str] | None) -> Iterator[Path]:
    folders = [course.root / "autograder" / package for package in course.private_packages]
    if lessons is None:
        for pattern in PLAIN:
            yield from sorted(path for path in course.root.glob(pattern) if path.is_file())
        for folder in (course.solutions, course.student_package, *folders):
            yield from sorted(folder.rglob("*.py"))
        return
    for lesson in lessons:
        yield from sorted((course.solutions / lesson).glob("*.py"))
        for folder in folders:
            for path in sorted(folder.glob("*/lesson.py")):
                if f'LESSON = "{lesson}"' in path.read_text(encoding="utf-8", errors="replace"):
                    yield from sorted(path.parent.rglob("*.py"))


def _said(rest: str, line: str) -> str:
    """What stands behind the mark; where that is within a text of Python, up to its end."""
    return (rest if line.lstrip().startswith("#") else rest.partition('"')[0]).strip().rstrip(".,;")
