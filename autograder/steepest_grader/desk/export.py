"""Marks as tables that learning systems import.

What the systems ask for, and what their importers make of odd input, as of Canvas' `gradebook_importer.rb` and Moodle's
`grade/import/csv`:

- Canvas wants the columns Student, ID, SIS User ID, SIS Login ID and Section, then one for each assignment, and a row
  "Points Possible". It knows a student by the first of the three ids that fits, and takes any row whose first cell
  holds "Points Possible" for that row. A number in brackets at the end of a title is an assignment's id.
- Moodle is told by a person which column holds the user and what the others are. It gives the marks of a row whose user
  is empty, or "0", to the user of the row before, and imports nothing at all if one user is unknown. "-" is no mark.
- Both look for a user whatever the case of the letters, and without blanks at the ends.
- A spreadsheet takes a cell for a formula that begins with = + - @, their full-width forms, a tab or a line break. The
  advice of OWASP is to put an apostrophe before it. Where the separator is a semicolon, a cell can begin within a name.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.errors import GradebookError
from steepest_grader.files import replace_file
from steepest_grader.gradebook.class_marks import LessonMarks, class_marks
from steepest_grader.gradebook.marks import Mark, Person
from steepest_grader.notebook.cells import bears_marks, by_grade_id

__all__ = [
    "Column",
    "Export",
    "Rows",
    "export",
    "export_path",
    "number",
    "safe_text",
    "share_kept",
    "tabulated",
    "write",
]
FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
BEGINS_FORMULA = re.compile(rf"(^|[;|])(?=[\s\"'\u00a0]*[{FORMULA}])")
ENTER = {  # where an instructor can mend that
    "username": "rename the folder",
    "idnumber": "enter it by `nbgrader db student add ID --lms-user-id …`, or choose another --identify",
    "email": "enter it by `nbgrader db student add ID --email …`, or choose another --identify",
}
BLANKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
BRACKETED = re.compile(r"\((\d+)\)\s*$")
TIDY = (
    "lesson", "exercise", "student_id", "last_name", "first_name", "email", "raw_score", "late_submission_penalty",
    "score", "max_score", "awaiting",
)  # fmt: skip


@dataclass(frozen=True)
class Export:
    """A table, and what a person must know about it.

    Attributes
    ----------
    text : str
        The file's content.
    lessons : sequence of str
        Those of which something is graded.
    students : int
        How many rows of students it has.
    awaiting : mapping of str to int
        How many have no mark for a lesson yet, because an answer waits to be graded by hand.
    left_out : mapping of str to str
        Students who are not in the table, or not with every mark, each with the reason.
    """

    text: str
    lessons: Sequence[str]
    students: int
    awaiting: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """Marks for one lesson or exercise: students without one are left out or have None."""

    lesson: str
    exercise: str
    points: float
    scores: Mapping[str, float | None]
    raw: Mapping[str, float]
    waiting: Mapping[str, int]

    @property
    def title(self) -> str:
        """What stands above it."""
        name = f"{self.lesson}: {self.exercise}" if self.exercise else self.lesson
        return BRACKETED.sub(r"[\1]", safe_text(name))


def export(
    course: Course,
    lessons: Sequence[str],
    style: str,
    *,
    url: str | None = None,
    exercises: bool = False,
    unfinished: bool = False,
    identify: str = "username",
) -> Export:
    """Make a table of marks as they stand in the gradebook.

    Parameters
    ----------
    course : Course
    lessons : sequence of str
    style : {"csv", "canvas", "moodle"}
        For programs and people, or for one of the learning systems.
    url : str, optional
        The gradebook; the course's own by default.
    exercises : bool
        A mark for each exercise and not for each lesson. What being late costs is then taken from the exercises in
        proportion to their marks, so that the sum stays what it is.
    unfinished : bool
        Give a lesson's mark even where an answer waits to be graded by hand; such an answer counts nothing then.
    identify : {"username", "idnumber", "email"}
        How Moodle is told who a student is: by the id that the gradebook has, the `lms_user_id` or the email.

    Raises
    ------
    CourseError
        If there is no such lesson.
    GradebookError
        If nothing of these lessons is in the gradebook, or it cannot be read.
    """
    orders = {name: _order(course, name) for name in lessons}
    people, books = class_marks(course, url, lessons)
    found = {name: book for name, book in books.items() if book.marks or book.wrong}
    columns = [
        column for name, book in found.items() for column in _columns(name, orders[name], book, exercises, unfinished)
    ]
    present = sorted({student for column in columns for student in column.scores})
    if not found:
        raise GradebookError(f"Nothing of {', '.join(lessons)} is graded. Run `steepest-grader grade` first.")
    known = [people.get(student, Person(student)) for student in present]
    text, kept, left_out = tabulated(columns, known, style, identify)
    for book in books.values():
        left_out |= book.wrong
    waiting = {(column.lesson, who) for column in columns for who in kept if column.scores.get(who, 0.0) is None}
    awaiting = Counter(lesson for lesson, _ in sorted(waiting))
    return Export(text, list(found), len(kept), dict(awaiting), left_out)


def tabulated(
    columns: Sequence[Column],
    people: Sequence[Person],
    style: str,
    identify: str,
    rows: Callable[..., Rows] | None = None,
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Marks as a table that nobody is taken for another in.

    Parameters
    ----------
    columns : sequence of Column
    people : sequence of Person
    style : {"csv", "canvas", "moodle"}
    identify : str
        As for `export`.
    rows : callable, optional
        Gives the rows of a table of another form from columns and people.

    Returns
    -------
    text : str
    kept : dict
        The ids of students who are in it, as they are written.
    left_out : dict
        Students who are not, each with the reason.
    """
    kept, left_out = _identified(people, identify) if style == "moodle" else _named_apart(people, READ_AS[style])
    known = [person for person in people if person.id in kept]
    rows = rows or {"csv": _tidy_rows, "canvas": _canvas_rows, "moodle": _moodle_rows}[style]
    return _written(rows(columns, known, kept, identify)), kept, left_out


def export_path(course: Course, lessons: Sequence[str], style: str) -> Path:
    """Where a table is written if nothing else is said."""
    name = lessons[0].replace("/", ".") if len(lessons) == 1 else "course"
    return course.course_dir / "exports" / f"{name}-{style}.csv"


def write(path: Path, table: Export) -> None:
    """Write a table as UTF-8, in one step."""
    replace_file(path, table.text.encode())


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: with an apostrophe where one would begin, and on one line.

    Whatever begins with a letter or a digit stays as it is: commas, quotes and accents belong to names.
    """
    return BEGINS_FORMULA.sub(r"\1'", BLANKS.sub(" ", text).strip())


# --- marks -----------------------------------------------------------------------------------------------------


def _order(course: Course, lesson: str) -> list[str]:
    cells = by_grade_id(load(course, lesson).released)
    return [name for name, cell in cells.items() if bears_marks(cell)]


def _columns(
    lesson: str, order: Sequence[str], book: LessonMarks, exercises: bool, unfinished: bool
) -> Iterator[Column]:
    cells = [name for name in order if name in book.points]
    groups = [(name, [name]) for name in cells] if exercises else [("", cells)]
    share = {student: share_kept(marks) for student, marks in book.marks.items()}
    for exercise, names in groups:
        scores: dict[str, float | None] = {}
        raw, waiting = {}, {}
        for student, marks in book.marks.items():
            given = [marks[name].score for name in names if name in marks]
            waiting[student] = given.count(None)
            raw[student] = sum(score for score in given if score is not None)
            whole = unfinished or not waiting[student]
            scores[student] = raw[student] * share[student] if whole else None
        yield Column(lesson, exercise, sum(book.points[name] for name in names), scores, raw, waiting)


def share_kept(marks: Mapping[str, Mark]) -> float:
    """What is left of a notebook's marks when its penalty for being late is taken off."""
    total = sum(mark.score or 0.0 for mark in marks.values())
    penalty = max((mark.penalty for mark in marks.values()), default=0.0)
    return max(0.0, total - penalty) / total if total > 0 else 1.0


# --- tables ----------------------------------------------------------------------------------------------------

Rows = list[list[Any]]


def _tidy_rows(columns: Sequence[Column], people: Sequence[Person], *_: Any) -> Rows:
    rows: Rows = [list(TIDY)]
    for column in columns:
        for person in people:
            if person.id in column.scores:
                who = [person.id, person.last_name, person.first_name, person.email]
                raw, score = column.raw[person.id], column.scores[person.id]
                penalty = None if score is None else number(raw - score)
                marks = [number(raw), penalty, number(score), number(column.points), column.waiting[person.id]]
                rows.append([safe_text(column.lesson), safe_text(column.exercise), *map(safe_text, who), *marks])
    return rows


def _canvas_rows(columns: Sequence[Column], people: Sequence[Person], *_: Any) -> Rows:
    rows: Rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(item.title for item in columns)]]
    rows.append(["    Points Possible", "", "", "", "", *(number(item.points) for item in columns)])
    for person in people:
        canvas_id = person.lms_user_id if re.fullmatch(r"[0-9]+", person.lms_user_id) else ""
        sis = "" if canvas_id else safe_text(person.lms_user_id)
        name = safe_text(", ".join(filter(None, (person.last_name, person.first_name))) or person.id)
        name = "" if "Points Possible" in name else name
        marks = (number(column.scores.get(person.id)) for column in columns)
        rows.append([name, canvas_id, sis, safe_text(person.id), "", *marks])
    return rows


def _moodle_rows(columns: Sequence[Column], people: Sequence[Person], ids: Mapping[str, str], identify: str) -> Rows:
    rows: Rows = [[identify, "lastname", "firstname", *(item.title for item in columns)]]
    for person in people:
        # PHP reads a backslash before a quote as part of the text
        names = [safe_text(name.replace("\\", "/")) for name in (person.last_name, person.first_name)]
        marks = (number(column.scores.get(person.id)) for column in columns)
        rows.append([ids[person.id], *names, *("-" if mark is None else mark for mark in marks)])
    return rows


def _identified(people: Sequence[Person], identify: str) -> tuple[dict[str, str], dict[str, str]]:
    """What Moodle is told of each student, and who cannot be told of, with the reason."""
    of: dict[str, Callable[[Person], str]] = {
        "username": lambda person: person.id,
        "idnumber": lambda person: person.lms_user_id,
        "email": lambda person: person.email,
    }
    given = {person.id: of[identify](person) for person in people}
    alike = _alike(given, _key)
    kept, left_out = {}, {}
    for student, value in ((student, value.strip()) for student, value in given.items()):
        if value in ("", "0"):
            left_out[student] = f"the gradebook has no {identify}; {ENTER[identify]}"
        elif student in alike:
            left_out[student] = f"another student has the same {identify}, as Moodle reads it"
        elif safe_text(value) != value or "\\" in value:
            left_out[student] = f"a spreadsheet would take this {identify} for a formula"
        else:
            kept[student] = value
    return kept, left_out


def _named_apart(people: Sequence[Person], key: Callable[[str], str]) -> tuple[dict[str, str], dict[str, str]]:
    """The ids of students as they are written, and whose would be taken for another's, with the reason."""
    ids = {person.id: person.id for person in people}
    alike = _alike(ids, key)
    kept = {student: safe_text(student) for student in ids if student not in alike and safe_text(student)}
    said = "in this table the id is the same as another student's, or empty: rename the folder"
    return kept, {student: said for student in ids if student not in kept}


def _alike(values: Mapping[str, str], key: Callable[[str], str]) -> set[str]:
    """Students whose value is read as that of another one. Who alone has a value as it is read keeps it."""
    times, exact = Counter(map(key, values.values())), Counter(values.values())
    return {
        student
        for student, value in values.items()
        if times[key(value)] > 1 and not (value == key(value) and exact[value] == 1)
    }


def _key(value: str) -> str:
    """A value as a learning system reads it, which is the same for two that it takes for one."""
    return unicodedata.normalize("NFKC", safe_text(value)).casefold()


READ_AS: Mapping[str, Callable[[str], str]] = {"csv": safe_text, "canvas": _key}


def number(value: float | None) -> str | None:
    """A mark as tables have it."""
    return None if value is None else format(round(value, 4), ".12g")


def _written(rows: Rows) -> str:
    """As RFC 4180 has it, and with nothing that cannot be encoded."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode("utf-8", "replace").decode()
