"""What the gradebook says of lessons, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from steepest_grader.course.places import Course
from steepest_grader.gradebook.late import HandedIn, read_times
from steepest_grader.gradebook.marks import Mark, Person, read_people, read_points, read_results
from steepest_grader.gradebook.opened import transaction

__all__ = ["LessonMarks", "class_marks"]


@dataclass(frozen=True)
class LessonMarks:
    """What the gradebook says of one lesson.

    Attributes
    ----------
    points : mapping of str to float
        What each graded cell is worth.
    marks : mapping of str to mapping of str to Mark
        By student and cell, of everything handed in.
    wrong : mapping of str to str
        Students who are not among these, because a mark of theirs is no number, each with the reason.
    times : mapping of str to HandedIn
        When everything was handed in, and until when it could be.
    """

    points: Mapping[str, float]
    marks: Mapping[str, Mapping[str, Mark]]
    wrong: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, HandedIn] = field(default_factory=dict)

    @property
    def awaiting(self) -> dict[str, set[str]]:
        """For each student, the answers that a person has yet to mark."""
        return {
            student: {name for name, mark in marks.items() if mark.automatic is None and mark.by_hand is None}
            for student, marks in self.marks.items()
        }


def class_marks(
    course: Course, url: str | None, lessons: Sequence[str]
) -> tuple[dict[str, Person], dict[str, LessonMarks]]:
    """Everybody in the gradebook, and what it says of some lessons.

    Raises
    ------
    GradebookError
        If the database cannot be used.
    """
    with transaction(course, url) as connection:
        people = read_people(connection)
        found = {
            name: LessonMarks(
                read_points(connection, name), *read_results(connection, name), read_times(connection, name)
            )
            for name in lessons
        }
    return people, found
