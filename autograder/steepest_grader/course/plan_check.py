"""Everything that can be wrong with a plan, and what follows from one, as values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.course.plan import Counts, ExercisePlan
from steepest_grader.course.plan_file import Mistake, PlanError, named_exercises, read_plan
from steepest_grader.course.text_course import TextCourse
from steepest_grader.notebook.cells import bears_marks, by_grade_id

__all__ = ["as_json", "mistakes"]

Tell = Callable[[str], None]


def mistakes(course: Course, *, tell: Tell = lambda name: None) -> list[Mistake]:
    """Every mistake of the plan, also those for which lessons have to be read.

    Parameters
    ----------
    course : Course
    tell : callable
        Told each lesson before it is read.

    Raises
    ------
    CourseError
        If a lesson breaks a rule whatever the plan says.
    """
    found: list[Mistake] = []
    try:
        read_plan(course.root, course.lessons())
    except PlanError as error:
        found = list(error.mistakes)
    try:
        planned = named_exercises(course.root)
    except PlanError:  # which was told above
        return found
    for assignment, names in planned.items():
        known: dict[str, float] = {}
        for lesson in course.lessons():
            if nbgrader_names(lesson)[0] == assignment:
                tell(lesson)
                known |= _worth(course, lesson)
        if known:
            found += names.unknown(list(known))
            if not isinstance(course, TextCourse):
                found += names.changed(known)
    return sorted(found, key=lambda each: each.line or 0)


def as_json(course: Course) -> dict[str, Any]:
    """What `course show --json` writes."""
    plan = course.plan
    rows: dict[str, dict[str, Any]] = {}
    for lesson in course.lessons():
        name = nbgrader_names(lesson)[0]
        item = plan.of(name)
        moments = {"release": plan.release(name), "due": plan.due(name), "solutions": plan.solutions(name)}
        row = rows.setdefault(
            name,
            {
                "lesson": name,
                "title": item.title,
                "taught": item.taught,
                **{key: when.isoformat() if when else None for key, when in moments.items()},
                "weight": item.weight,
                "points": 0.0,
                "planned": {key: _said(rule) for key, rule in item.exercises.items()},
            },
        )
        for key, points in _worth(course, lesson).items():
            rule = item.exercises.get(key, ExercisePlan())
            if rule.counts is Counts.YES:
                row["points"] += points if rule.points is None else rule.points
    whole = plan.model_dump(mode="json", by_alias=True, exclude={"lessons", "begins"})
    return {**whole, "begins": plan.begins.isoformat() if plan.begins else None, "lessons": list(rows.values())}


def _worth(course: Course, lesson: str) -> dict[str, float]:
    """Points of a lesson's exercises, whatever the plan says."""
    notebook = course.written(lesson) if isinstance(course, TextCourse) else course.source(lesson)
    return {
        name: float(cell.metadata.nbgrader.get("points", 0.0))
        for name, cell in by_grade_id(notebook).items()
        if bears_marks(cell)
    }


def _said(rule: ExercisePlan) -> str:
    points = "" if rule.points is None else f"{rule.points:g} points"
    counts = "" if rule.counts is Counts.YES else str(rule.counts)
    return ", ".join(filter(None, (points, counts)))
