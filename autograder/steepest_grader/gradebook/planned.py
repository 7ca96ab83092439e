"""What the plan says, brought into nbgrader's gradebook: due dates, points, students."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.gradebook.marks import ASSIGNMENT, Person, read_people, read_points
from steepest_grader.gradebook.opened import transaction
from steepest_grader.gradebook.roster import Difference, compared, enrol, read_roster
from steepest_grader.gradebook.writer import GradebookWriter

__all__ = ["apply", "enter_people", "gradebook_dates", "people_of"]

Tell = Callable[[int, int, str], None]


def apply(
    course: Course, url: str | None = None, *, tell: Tell = lambda done, total, name: None
) -> tuple[list[str], Difference]:
    """Bring lessons, points, due dates and students of the plan into the gradebook. A second time changes nothing.

    What the plan does not say stays as it is there: a due date of formgrader's, a student who is not on the list.

    Parameters
    ----------
    course : Course
    url : str, optional
        The gradebook; the course's own by default.
    tell : callable
        Told how many lessons are done, how many there are, and which was done last.

    Returns
    -------
    changes : list of str
        A line for each change of a lesson.
    people : Difference
        Who was added or changed.

    Raises
    ------
    PlanError, RosterError
        If there is a mistake in the plan or the list; nothing is changed then.
    GradebookError
        If the database cannot be used, or marks in it stand in the way of new points.
    """
    plan = course.plan
    names = plan.taught(course.lessons())
    path = course.root / plan.roster.file if plan.roster.file else None
    roster = read_roster(path, plan.roster) if path else None
    lessons = [load(course, name) for name in names]
    with transaction(course, url) as connection:
        before = {name: read_points(connection, name) for name in names}
    with GradebookWriter(url, course) as book:
        for done, lesson in enumerate(lessons, start=1):
            book.prepare(lesson)
            tell(done, len(lessons), lesson.id)
    changes: list[str] = []
    with transaction(course, url) as connection:
        for name in names:
            changes += _of_points(name, before[name], read_points(connection, name))
        for assignment in dict.fromkeys(nbgrader_names(name)[0] for name in names):
            changes += _of_dates(connection, course, assignment)
        people = Difference() if roster is None else compared(roster, read_people(connection))
        enrol(connection, people)
    return changes, people


def people_of(course: Course, url: str | None) -> dict[str, Person]:
    """Everybody in the gradebook, by id.

    Raises
    ------
    GradebookError
        If the database cannot be used.
    """
    with transaction(course, url) as connection:
        return read_people(connection)


def enter_people(course: Course, url: str | None, difference: Difference) -> None:
    """Enter what a list of students says beyond the gradebook.

    Raises
    ------
    GradebookError
        If the database cannot be used.
    """
    with transaction(course, url) as connection:
        enrol(connection, difference)


def gradebook_dates(course: Course, url: str | None = None) -> dict[str, datetime]:
    """Until when assignments can be handed in, as far as the gradebook says; in UTC."""
    with transaction(course, url) as connection:
        rows = connection.execute(select(ASSIGNMENT.c.name, ASSIGNMENT.c.duedate)).all()
    return {name: due.replace(tzinfo=UTC) for name, due in rows if due is not None}


def _of_points(lesson: str, before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    if not before:
        return [f"{lesson}: entered, {sum(after.values()):g} points"] if after else []
    told = [f"{lesson}: {name} is gone" for name in before if name not in after]
    for name, points in after.items():
        if name not in before:
            told.append(f"{lesson}: {name} is new, {points:g} points")
        elif before[name] != points:
            told.append(f"{lesson}: {name} is worth {points:g} points; it was {before[name]:g}")
    return told


def _of_dates(connection: Connection, course: Course, assignment: str) -> list[str]:
    due = course.plan.due(assignment)
    if due is None:
        return []
    new = due.astimezone(UTC).replace(tzinfo=None)  # as nbgrader has it
    here = ASSIGNMENT.c.name == assignment
    old: datetime | None = connection.scalar(select(ASSIGNMENT.c.duedate).where(here))
    if old == new:
        return []
    connection.execute(update(ASSIGNMENT).where(here).values(duedate=new))
    was = f"it was {course.plan.shown(old.replace(tzinfo=UTC))}" if old else "it had no date"
    return [f"{assignment}: due {course.plan.shown(due)}; {was}"]
