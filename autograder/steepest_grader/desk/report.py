"""The instructor's page: where a class stands and where it is stuck. It opens from a file and needs no network."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from steepest_grader.course.lesson import load
from steepest_grader.course.places import CONFIG, Course, nbgrader_names
from steepest_grader.desk import charts
from steepest_grader.desk.course_standing import CourseStanding, course_standing
from steepest_grader.desk.pages import part, policy, template
from steepest_grader.desk.standing import LEFT_OUT, Standing, standing
from steepest_grader.errors import GradebookError
from steepest_grader.files import replace_file
from steepest_grader.gradebook.class_marks import class_marks
from steepest_grader.gradebook.database import shown
from steepest_grader.gradebook.marks import Person

__all__ = ["as_json", "class_standing", "report_path", "write_report"]

FEW = 20  # submissions below which a discrimination says little
MANY_GROUPS, MANY_LINES = 30, 60  # what a page can show of near-identical answers
KINDS = {
    LEFT_OUT: "could not be looked at",
    "no mark": "no mark: the grader failed",
    "unreadable": "unreadable",
    "missing": "no notebook",
    "library": "leaves the work to a library",
    "flagged": "flagged",
}


def class_standing(
    course: Course, lessons: Sequence[str], gradebook_url: str | None = None, submitted: Path | None = None
) -> tuple[list[Standing], dict[str, Person]]:
    """How a class stands in those of some lessons of which something is graded, and who is in it.

    Parameters
    ----------
    course : Course
    lessons : sequence of str
    gradebook_url : str, optional
        The database; the course's own by default.
    submitted : Path, optional
        Where the submissions came from, for what students' machines tell; the course's `submitted/` by default.

    Raises
    ------
    CourseError
        If there is no such lesson.
    GradebookError
        If the gradebook cannot be read, or nothing of the lessons is in it.
    """
    asked = {name: load(course, name) for name in lessons}
    people, books = class_marks(course, gradebook_url, lessons)
    folder = submitted or course.folder("submitted")
    found = [standing(course, asked[name], book, folder) for name, book in books.items() if book.marks or book.wrong]
    if not found:
        raise GradebookError(f"Nothing of {', '.join(lessons)} is graded. Run `steepest-grader grade` first.")
    return found, people


def report_path(course: Course, lessons: Sequence[str]) -> Path:
    """Where the page of a lesson, or of several, is written if nothing else is said."""
    name = lessons[0].replace("/", ".") if len(lessons) == 1 else "course"
    return course.course_dir / "reports" / f"{name}.html"


def write_report(
    course: Course,
    path: Path,
    standings: Sequence[Standing],
    people: Mapping[str, Person],
    gradebook_url: str | None = None,
    whole: CourseStanding | None = None,
) -> None:
    """Write one page about one or several lessons; whatever comes from students is text in it.

    Parameters
    ----------
    course : Course
    path : Path
    standings : sequence of Standing
    people : mapping of str to Person
    gradebook_url : str, optional
        The database, where it is not the course's own.
    whole : CourseStanding, optional
        How the class stands over the term. Without it the page is about a lesson, if it is one alone.
    """
    one = standings[0] if len(standings) == 1 and whole is None else None
    term = whole or (None if one else course_standing(course.plan, standings))
    shares = _totals(standings) if term is None else term.shares
    page = template("report.html.j2").render(
        title=one.lesson if one else "The whole course",
        lessons=standings,
        one=one,
        facts=_facts(standings, shares),
        charts=_drawn(standings, shares, whole=one is None),
        totals=shares,
        term=term,
        rows={row.lesson: row for row in term.lessons} if term else {},
        people=people,
        links=_links(course, path, standings),
        formgrader={item.lesson: _formgrader(course, item.lesson) for item in standings},
        gradebook=shown(gradebook_url) if gradebook_url else None,
        config=_place(course, course.course_dir / CONFIG),
        policy=policy(part("report.js")),
        style=part("page.css") + part("report.css"),
        script=part("report.js"),
        kinds=KINDS,
        few=FEW,
        many_groups=MANY_GROUPS,
        many_lines=MANY_LINES,
    )  # fmt: skip
    replace_file(path, page.encode("utf-8", "replace"))


def as_json(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """The shape that `report --json` writes: `Standing` as it is, without sources."""
    own = {"answers", "tried"}
    return [{key: value for key, value in asdict(item).items() if key not in own} for item in standings]


# --- what the page says ----------------------------------------------------------------------------------------


def _totals(standings: Sequence[Standing]) -> dict[str, float]:
    """Share of the automatic points of a lesson that each student has, without drafts."""
    (item,) = standings
    return {name: score / (item.points or 1.0) for name, score in sorted(item.scores.items()) if item.tried[name]}


def _facts(standings: Sequence[Standing], totals: Mapping[str, float]) -> dict[str, Any]:
    """What to look at first."""
    exercises = [
        (item, lesson)
        for lesson in standings
        for item in lesson.exercises
        if item.difficulty is not None and item.tried
    ]
    mistakes = [(item, lesson) for lesson in standings for item in lesson.mistakes if item.count > 1]
    shares = list(totals.values())
    return {
        "hardest": min(exercises, key=lambda pair: pair[0].difficulty or 0.0, default=None),
        "commonest": max(mistakes, key=lambda pair: pair[0].count, default=None),
        "backwards": [
            (item, lesson)
            for item, lesson in exercises
            if item.discrimination is not None and item.discrimination < 0 and item.handed_in >= FEW
        ],
        "told": any(
            item.attempts is not None or item.minutes is not None for lesson in standings for item in lesson.exercises
        ),
        "concerned": len({concern.student for lesson in standings for concern in lesson.concerns}),
        "alike": sum(len(lesson.similar) for lesson in standings),
        "awaiting": sum(len(cell.awaiting) for lesson in standings for cell in lesson.by_hand),
        "again": sum(len(cell.again) for lesson in standings for cell in lesson.by_hand),
        "mean": mean(shares) if shares else None,
        "median": median(shares) if shares else None,
    }


def _drawn(standings: Sequence[Standing], totals: Mapping[str, float], *, whole: bool) -> dict[str, Any]:
    exercises = [item for lesson in standings for item in lesson.exercises if item.tried]
    what = "share of the automatic points" + " of all lessons, weighted" * whole
    drawn = {"scores": charts.histogram(list(totals.values()), what=what)}
    if not whole:
        drawn["ends"] = charts.ends(standings[0].exercises)
    else:
        worked = {item.lesson: [who for who, own in item.tried.items() if own] for item in standings}
        drawn["lessons"] = charts.spreads(
            {item.lesson: [item.scores[who] / (item.points or 1) for who in worked[item.lesson]] for item in standings}
        )
    if any(item.discrimination is not None for item in exercises):
        drawn["map"] = charts.item_map(exercises)
    return drawn


def _links(course: Course, page: Path, standings: Sequence[Standing]) -> dict[tuple[str, str], str]:
    """Where the feedback page of a student lies, as seen from this page, for those who are named on it."""
    found = {}
    for item in standings:
        assignment, notebook = nbgrader_names(item.lesson)
        named = {concern.student for concern in item.concerns} | {
            who for group in item.similar for who in group.students
        }
        named |= {who for cell in item.by_hand for who in (*cell.awaiting, *cell.again)}
        for student in named:
            feedback = course.folder("feedback") / student / assignment / f"{notebook}.html"
            with suppress(OSError):  # what cannot be looked at is no link
                if "/" not in student and feedback.is_file():
                    place = Path(os.path.relpath(feedback, page.resolve().parent)).as_posix()
                    found[item.lesson, student] = quote(place, errors="surrogateescape")
    return found


def _formgrader(course: Course, lesson: str) -> str:
    """The command that opens formgrader at a lesson's submissions."""
    assignment, notebook = nbgrader_names(lesson)
    address = f"/formgrader/gradebook/{quote(assignment)}/{quote(notebook)}"
    place = _place(course, course.course_dir)
    return f"{f'cd {shlex.quote(place)} && ' if place != '.' else ''}jupyter lab --LabApp.default_url={address}"


def _place(course: Course, path: Path) -> str:
    return Path(os.path.relpath(path, course.root)).as_posix()
