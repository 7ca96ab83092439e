"""How a class stands in one lesson, as a value: what a report says, before it is made a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from steepest._checks.general import GENERAL

from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.course.settings import submitted_files
from steepest_grader.desk.items import difficulty, discriminations
from steepest_grader.desk.practice import Practice, practice
from steepest_grader.desk.reached import TOO_MUCH, that_fit
from steepest_grader.desk.similarity import Group, near_identical
from steepest_grader.errors import Reasons
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.files import inner_folder, outer_folder
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.beside import Allowed
from steepest_grader.gradebook.class_marks import LessonMarks
from steepest_grader.notebook.cells import by_grade_id
from steepest_grader.notebook.read import UnreadableError, text_of
from steepest_grader.notebook.watched import LIBRARY

__all__ = ["LEFT_OUT", "Concern", "ExerciseStanding", "HandGraded", "MistakeCount", "Standing", "standing"]

NOT_ATTEMPTED, OWN_CELLS = "not_attempted", "cells of their own"
LEFT_OUT = "left out"
UNREAD = frozenset({Outcome.MISSING, Outcome.UNREADABLE})
ENDED_BADLY = frozenset({Outcome.ERRORED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.UNREADABLE})


@dataclass(frozen=True)
class ExerciseStanding:
    """What a class has made of one exercise.

    Attributes
    ----------
    tried, handed_in : int
        How many wrote something, of how many whose notebook could be read.
    ended : mapping of str to int
        How many ended as ``"passed"``, ``"partial"``, ``"failed"``, ``"error"`` and ``"not attempted"``.
    difficulty, discrimination : float or None
        See `items`; over automatic marks, unless a person has changed them.
    attempts, minutes : float or None
        Medians of what students' own machines tell.
    """

    id: str
    points: float
    tried: int
    handed_in: int
    ended: Mapping[str, int]
    difficulty: float | None
    discrimination: float | None
    attempts: float | None = None
    minutes: float | None = None


@dataclass(frozen=True)
class MistakeCount:
    """A named mistake, and how many have made it."""

    exercise: str
    name: str
    count: int
    hint: str


@dataclass(frozen=True)
class Concern:
    """A submission that a person should look at.

    Attributes
    ----------
    kind : str
        ``"left out"``, ``"no mark"``, ``"unreadable"``, ``"missing"``, ``"library"`` or ``"flagged"``.
    reasons : sequence of str
        May hold text of the student's.
    """

    student: str
    kind: str
    reasons: Sequence[str]


@dataclass(frozen=True)
class HandGraded:
    """A cell that a person marks.

    Attributes
    ----------
    awaiting : sequence of str
        Students whose answer has no mark yet.
    again : sequence of str
        Students whose answer has a mark, and came anew since.
    """

    id: str
    points: float
    difficulty: float | None
    awaiting: Sequence[str]
    again: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """How a class stands in one lesson.

    Attributes
    ----------
    handed_in : int
        Submissions in this gradebook, whatever became of them.
    points : float
        What can be earned automatically.
    scores : mapping of str to float
        Automatic points of each submission that could be read.
    others : sequence of str
        Students whose graded notebook is there, but whose marks are not in this gradebook.
    answers : mapping of str to mapping of str to str
        Sources of the answers that are in `similar`, by student and cell.
    tried : mapping of str to mapping of str to float
        Automatic points by student and exercise, of those exercises that are not as they were handed out. A student
        with none of them has handed in a draft.
    """

    lesson: str
    handed_in: int
    points: float
    scores: Mapping[str, float]
    exercises: Sequence[ExerciseStanding]
    mistakes: Sequence[MistakeCount]
    concerns: Sequence[Concern]
    similar: Sequence[Group]
    by_hand: Sequence[HandGraded]
    others: Sequence[str] = ()
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    tried: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)


def standing(course: Course, lesson: Lesson, book: LessonMarks, submitted: Path) -> Standing:
    """Gather what is known of a class in one lesson.

    Parameters
    ----------
    course : Course
    lesson : Lesson
    book : LessonMarks
        What the gradebook says.
    submitted : Path
        Where the submissions came from, for what lies beside them; need not be there.
    """
    kept = Autograded(course, lesson.id)
    stored = kept.stored()
    known = {student: item for student, item in stored.items() if student in book.marks}
    read = [student for student, item in known.items() if item.outcome not in UNREAD]
    automatic = [name for name in (*lesson.exercises, *lesson.tests) if name in book.points]
    order = list(by_grade_id(lesson.released))
    automatic.sort(key=order.index)
    points = {student: [_score(book, student, name) or 0.0 for name in automatic] for student in read}
    said = {student: {verdict.exercise: verdict for verdict in known[student].verdicts} for student in read}
    left_out, answers, beside = Reasons(book.wrong), {}, dict[str, list[str]]()
    allowed = Allowed(submitted_files(course), frozenset(lesson.files))
    for student in read:
        with left_out.apart(student, "Reading the answers"):
            answers[student], own = _answers(kept.notebook(student), lesson)
            rest = [*own, *_helpers(submitted, student, lesson, allowed)]
            beside[student] = that_fit(rest)
            if len(beside[student]) < len(rest):
                left_out[student] = TOO_MUCH
    similar = near_identical(answers, _given(lesson), beside=beside, left_out=left_out)
    linked = {student for group in similar for student in group.students}
    return Standing(
        lesson.id,
        len(book.marks) + len(book.wrong),
        sum(book.points[name] for name in automatic),
        {student: sum(row) for student, row in points.items()},
        _exercises(automatic, book, points, said, practice(submitted, lesson.id)),
        _mistakes(lesson, automatic, said),
        [*(Concern(who, LEFT_OUT, [why]) for who, why in left_out.items()), *_concerns(known, kept.ungraded())],
        similar,
        [_by_hand(name, book) for name in order if name in book.points and name not in automatic],
        [student for student in stored if student not in book.marks and student not in book.wrong],
        {student: answers[student] for student in sorted(linked)},
        {
            student: {
                name: score
                for name, score in zip(automatic, row, strict=True)
                if score or _end(said[student].get(name)) != "not attempted"
            }
            for student, row in points.items()
        },
    )


def _score(book: LessonMarks, student: str, name: str) -> float | None:
    mark = book.marks[student].get(name)
    return None if mark is None else mark.score


def _exercises(
    names: Sequence[str],
    book: LessonMarks,
    points: Mapping[str, Sequence[float]],
    said: Mapping[str, Mapping[str, Verdict]],
    told: Mapping[str, Mapping[str, Practice]],
) -> list[ExerciseStanding]:
    apart = discriminations(list(points.values())) or [None] * len(names)
    found = []
    for place, name in enumerate(names):
        worth = book.points[name]
        shares = [row[place] / worth for row in points.values()] if worth else []
        ended = Counter(_end(said[student].get(name)) for student in points)
        tries = [told[student][name] for student in points if name in told.get(student, {})]
        found.append(
            ExerciseStanding(
                name,
                worth,
                len(points) - ended["not attempted"],
                len(points),
                dict(ended),
                difficulty(shares),
                apart[place],
                _median(item.attempts for item in tries),
                _median(None if item.seconds is None else item.seconds / 60 for item in tries),
            )
        )
    return found


def _end(verdict: Verdict | None) -> str:
    if verdict is None or verdict.outcome is Outcome.MISSING or verdict.diagnosis == NOT_ATTEMPTED:
        return "not attempted"
    return "error" if verdict.outcome in ENDED_BADLY else verdict.outcome.lower()


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None


def _mistakes(lesson: Lesson, names: Sequence[str], said: Mapping[str, Mapping[str, Verdict]]) -> list[MistakeCount]:
    """Named mistakes, the commonest first within each exercise; sound conventions and blanks are none."""
    counts: Counter[tuple[str, str]] = Counter()
    for items in said.values():
        for name, verdict in items.items():
            wrong = verdict.outcome is not Outcome.PASSED and verdict.diagnosis not in (None, NOT_ATTEMPTED)
            counts.update([(name, str(verdict.diagnosis))] if wrong and name in names else [])
    hints = {(name, mistake.name): mistake.hint for name, item in lesson.exercises.items() for mistake in item.mistakes}
    found = [
        MistakeCount(name, what, count, hints.get((name, what), GENERAL.get(what, "")))
        for (name, what), count in counts.items()
    ]
    return sorted(found, key=lambda item: (names.index(item.exercise), -item.count, item.name))


def _concerns(known: Mapping[str, GradedSubmission], failed: Mapping[str, str]) -> list[Concern]:
    found = [Concern(student, "no mark", [reason]) for student, reason in failed.items()]
    for student, item in known.items():
        if item.outcome in UNREAD:
            found.append(Concern(student, item.outcome.lower(), [item.message]))
        library = [flag for flag in item.flags if LIBRARY in flag]
        others = [flag for flag in item.flags if LIBRARY not in flag]
        found += [Concern(student, kind, said) for kind, said in (("library", library), ("flagged", others)) if said]
    return found


def _by_hand(name: str, book: LessonMarks) -> HandGraded:
    marks = {student: cells[name] for student, cells in book.marks.items() if name in cells}
    worth = book.points[name]
    shares = [mark.score / worth for mark in marks.values() if mark.score is not None and worth]
    awaiting = [student for student, mark in marks.items() if mark.score is None]
    again = [student for student, mark in marks.items() if mark.score is not None and mark.look_again]
    return HandGraded(name, worth, difficulty(shares), sorted(awaiting), sorted(again))


def _answers(path: Path, lesson: Lesson) -> tuple[dict[str, str], list[str]]:
    """The code that a student has written, by cell; cells of the student's own as one, and each by itself."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
    except (OSError, ValueError, KeyError):
        return {}, []
    given = {cell.source for cell in lesson.released.cells}
    found: dict[str, list[str]] = {}
    for cell in cells:
        text, header = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and (header.get("solution") or (not header and text not in given)):
            found.setdefault(header.get("grade_id", OWN_CELLS), []).append(text)
    return {name: "\n".join(texts) for name, texts in found.items()}, found.get(OWN_CELLS, [])


def _helpers(submitted: Path, student: str, lesson: Lesson, allowed: Allowed) -> list[str]:
    """The Python that was handed in beside a notebook."""
    if not allowed.patterns:
        return []
    name, _ = nbgrader_names(lesson.id)
    try:
        with outer_folder(submitted) as top, inner_folder(student, top) as own, inner_folder(name, own) as at:
            files, _ = allowed.found(at)
    except OSError:
        return []
    return [_text(data) for path, data in sorted(files.items()) if path.endswith(".py")]


def _text(data: bytes) -> str:
    try:
        return text_of(data)
    except UnreadableError:  # `flags` says so
        return data.decode("utf-8", "replace")


def _given(lesson: Lesson) -> list[str]:
    """Code that everybody has, or may come to: the lesson's own, and the model solution."""
    cells = (*lesson.released.cells, *lesson.source.cells)
    return [cell.source for cell in cells if cell.cell_type == "code"]
