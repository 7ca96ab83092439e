"""The marks of the term in words, as JSON, and as tables that learning systems import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from steepest_grader.course.plan import Plan
from steepest_grader.desk.export import Column, Export, Rows, number, safe_text, tabulated
from steepest_grader.desk.term import Earned, LessonMark, Term, TermMark
from steepest_grader.gradebook.marks import Person

__all__ = ["as_json", "table", "why"]

WHOLE = "course"
HEADER = ("student_id", "last_name", "first_name", "email", "group")


def table(
    found: Term, style: str, *, groups: Mapping[str, str], unfinished: bool = False, identify: str = "username"
) -> Export:
    """Per cent of each lesson and of the course, with nothing in it that a spreadsheet would run.

    Parameters
    ----------
    found : Term
    style : {"csv", "canvas", "moodle"}
    groups : mapping of str to str
        By student, as the list of students has them.
    unfinished : bool
        Give marks also where an answer waits to be graded by hand; such an answer counts nothing then.
    identify : {"username", "idnumber", "email"}
        How Moodle is told who a student is.
    """
    people = [mark.person for mark in found.marks.values()]
    of_lessons = {who: {item.lesson: item for item in mark.lessons} for who, mark in found.marks.items()}
    columns = [
        _column(name, {who: _of_lesson(of_lessons[who].get(name)) for who in of_lessons}) for name in found.lessons
    ]
    columns.append(_column(WHOLE, {who: (mark.percent, mark.awaiting) for who, mark in found.marks.items()}))
    if not unfinished:
        columns = [_column(item.lesson, {who: _finished(item, who) for who in item.scores}) for item in columns]

    def wide(columns: Sequence[Column], people: Sequence[Person], *_: Any) -> Rows:
        rows: Rows = [[*HEADER, *(item.title for item in columns), "passed", "awaiting"]]
        for person in people:
            who = [person.id, person.last_name, person.first_name, person.email, groups.get(person.id, "")]
            mark = found.marks[person.id]
            passed = {True: "yes", False: "no", None: ""}[mark.passed]
            marks = (number(item.scores[person.id]) for item in columns)
            rows.append([*map(safe_text, who), *marks, passed, mark.awaiting])
        return rows

    text, kept, left_out = tabulated(columns, people, style, identify, wide if style == "csv" else None)
    waiting = sum(mark.awaiting > 0 for who, mark in found.marks.items() if who in kept)
    return Export(text, found.lessons, len(kept), {WHOLE: waiting} if waiting else {}, {**left_out, **found.wrong})


def as_json(found: Term) -> dict[str, Any]:
    """What `marks --json` writes."""
    return {
        "lessons": list(found.lessons),
        "later": list(found.later),
        "marks": [_mark_as_json(mark) for mark in found.marks.values()],
        "wrong": dict(found.wrong),
    }


def why(plan: Plan, mark: TermMark) -> list[str]:
    """How a student's mark comes about, line by line, with text of the student in it."""
    name = " ".join(filter(None, (mark.person.first_name, mark.person.last_name)))
    lines = [f"{mark.person.id}{f' ({name})' if name else ''}: {_verdict(mark)}"]
    for item in mark.lessons:
        lines.append(f"{item.lesson}: {_sum_of(plan, item)}")
        lines += [f"    {each.exercise}: {_points_of(each)}" for each in item.earned]
    if (counting := mark.counting) and mark.percent is not None:
        above = " + ".join(f"{item.weight:g} × {_percent(item.share)}" for item in counting)
        below = " + ".join(f"{item.weight:g}" for item in counting)
        lines.append(f"course: ({above}) / ({below}) = {mark.percent:g} %")
    if mark.awaiting:
        lines.append(f"{mark.awaiting} answers wait to be marked by a person and count nothing so far.")
    return lines


def _verdict(mark: TermMark) -> str:
    if mark.percent is None:
        return "no lesson counts yet"
    said = {True: "passed", False: "not passed", None: "not complete yet"}[mark.passed]
    return f"{mark.percent:g} % of the whole, {mark.pass_mark:g} % are needed: {said}"


def _sum_of(plan: Plan, item: LessonMark) -> str:
    parts = [f"{item.points:g} of {item.worth:g} points = {_percent(item.points / item.worth)}"]
    if item.kept != 1:
        when = f"{_duration(item.late)} late" if item.late else "late"
        whose = "the table of the plan" if plan.late.days else "nbgrader's plugin"
        left = f"{_percent(item.kept)} of it is left"
        parts.append(f"{when}, so by {whose} {left}: {_percent(item.share)}")
    elif item.late:
        parts.append(f"{_duration(item.late)} late, which costs nothing")
    if item.note:
        parts.append(item.note)
    if item.dropped:
        parts.append("one of the worst, which do not count")
    elif not item.weight:
        parts.append("its weight is 0")
    return "; ".join(parts)


def _points_of(each: Earned) -> str:
    points = "waits to be marked by a person" if each.points is None else f"{each.points:.6g}"
    return f"{points}, extra" if each.extra else f"{points} of {each.worth:g}"


def _percent(share: float) -> str:
    return f"{round(100 * share, 2):g} %"


def _duration(late: timedelta) -> str:
    hours, rest = divmod(int(late.total_seconds()), 3600)
    days, hours = divmod(hours, 24)
    parts = {"d": days, "h": hours, "min": rest // 60}
    return " ".join(f"{value} {unit}" for unit, value in parts.items() if value) or "less than a minute"


def _column(name: str, values: Mapping[str, tuple[float | None, int]]) -> Column:
    scores = {who: value for who, (value, _) in values.items()}
    raw = {who: value or 0.0 for who, value in scores.items()}
    return Column(name, "", 100.0, scores, raw, {who: count for who, (_, count) in values.items()})


def _of_lesson(item: LessonMark | None) -> tuple[float | None, int]:
    return (None, 0) if item is None else (round(100 * item.share, 2), item.awaiting)


def _finished(item: Column, who: str) -> tuple[float | None, int]:
    return (None if item.waiting[who] else item.scores[who], item.waiting[who])


def _mark_as_json(mark: TermMark) -> dict[str, Any]:
    return {
        "student": mark.person.id,
        "percent": mark.percent,
        "passed": mark.passed,
        "awaiting": mark.awaiting,
        "lessons": [
            {
                "lesson": item.lesson,
                "weight": item.weight,
                "points": item.points,
                "worth": item.worth,
                "kept": item.kept,
                "late_seconds": item.late.total_seconds(),
                "percent": round(100 * item.share, 2),
                "awaiting": item.awaiting,
                "dropped": item.dropped,
                "note": item.note,
                "exercises": [
                    {"exercise": each.exercise, "points": each.points, "worth": each.worth, "extra": each.extra}
                    for each in item.earned
                ],
            }
            for item in mark.lessons
        ],
    }
