"""The mark of the term: what the gradebook says of each lesson, weighed as the plan has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.course.plan import Counts, Plan
from steepest_grader.desk.export import share_kept
from steepest_grader.errors import GradebookError
from steepest_grader.gradebook.class_marks import LessonMarks, class_marks
from steepest_grader.gradebook.late import HandedIn
from steepest_grader.gradebook.marks import Mark, Person

__all__ = ["Earned", "LessonMark", "Term", "TermMark", "term"]

DIGITS = 2  # of a per cent; what is shown decides who passes


@dataclass(frozen=True)
class Earned:
    """What one exercise has earned.

    Attributes
    ----------
    exercise : str
    points : float or None
        None until a person has marked it.
    worth : float
    extra : bool
        Whether it comes on top of the total.
    """

    exercise: str
    points: float | None
    worth: float
    extra: bool = False


@dataclass(frozen=True)
class LessonMark:
    """What one lesson has earned.

    Attributes
    ----------
    lesson : str
        nbgrader's name of the assignment.
    weight : float
    worth : float
        The total, without extra points.
    earned : sequence of Earned
        Empty where nothing was handed in.
    kept : float
        The share that is left for being late.
    late : timedelta
        By how much; zero where it was in time, or no time is known.
    note : str
        What a person should know: "" for nothing.
    dropped : bool
        Whether it is among the worst that do not count.
    """

    lesson: str
    weight: float
    worth: float
    earned: Sequence[Earned] = ()
    kept: float = 1.0
    late: timedelta = timedelta()
    note: str = ""
    dropped: bool = False

    @property
    def points(self) -> float:
        """Of all exercises that are marked, before what being late costs."""
        return sum(item.points or 0.0 for item in self.earned)

    @property
    def share(self) -> float:
        """Of the total; more than 1 where there are extra points."""
        return self.points * self.kept / self.worth

    @property
    def awaiting(self) -> int:
        """How many answers a person has yet to mark."""
        return sum(item.points is None for item in self.earned)


@dataclass(frozen=True)
class TermMark:
    """The mark of one student.

    Attributes
    ----------
    person : Person
    lessons : sequence of LessonMark
        Those that count by now, and those that are dropped.
    pass_mark : float
        Per cent.
    """

    person: Person
    lessons: Sequence[LessonMark]
    pass_mark: float

    @property
    def counting(self) -> list[LessonMark]:
        """Those that are not dropped and have a weight."""
        return [item for item in self.lessons if not item.dropped and item.weight]

    @property
    def awaiting(self) -> int:
        """How many answers of lessons that count wait to be marked by a person."""
        return sum(item.awaiting for item in self.lessons if item.weight)

    @property
    def percent(self) -> float | None:
        """Of the whole, with unmarked answers as nothing; None where no lesson counts yet."""
        weight = sum(item.weight for item in self.counting)
        if not weight:
            return None
        return round(100 * sum(item.weight * item.share for item in self.counting) / weight, DIGITS)

    @property
    def passed(self) -> bool | None:
        """Whether that is enough; None while nobody can say."""
        percent = self.percent
        return None if percent is None or self.awaiting else percent >= self.pass_mark


@dataclass(frozen=True)
class Term:
    """The marks of a class.

    Attributes
    ----------
    lessons : sequence of str
        Assignments that count by now.
    later : sequence of str
        Those that do not yet: they are not due, or nothing of them is graded.
    marks : Mapping of str to TermMark
        By student.
    wrong : mapping of str to str
        Students without a mark, each with the reason.
    """

    lessons: Sequence[str]
    later: Sequence[str]
    marks: Mapping[str, TermMark]
    wrong: Mapping[str, str] = field(default_factory=dict)


def term(course: Course, now: datetime, url: str | None = None) -> Term:
    """Weigh what the gradebook says of all lessons.

    A lesson counts once it has been due, or, without a date, once something of it is graded. Whoever has handed in
    nothing has nothing for it.

    Parameters
    ----------
    course : Course
    now : datetime
        With its time zone.
    url : str, optional
        The gradebook; the course's own by default.

    Raises
    ------
    GradebookError
        If nothing counts yet, or the gradebook cannot be read.
    """
    plan = course.plan
    lessons = plan.taught(course.lessons())
    people, books = class_marks(course, url, lessons)
    groups: dict[str, list[LessonMarks]] = {}
    for name in lessons:
        groups.setdefault(nbgrader_names(name)[0], []).append(books[name])
    counting = [name for name, group in groups.items() if _counts(plan, name, group, now)]
    if not counting:
        raise GradebookError(
            "No lesson counts yet: none has been due, or nothing is graded. Run `steepest-grader grade`."
        )
    wrong = {who: reason for book in books.values() for who, reason in book.wrong.items()}
    marks = {}
    for student in sorted(people.keys() - wrong.keys()):
        found = [_lesson_mark(plan, name, groups[name], student) for name in counting]
        found = [item for item in found if item.worth > 0]
        marks[student] = TermMark(people[student], _with_dropped(found, plan.marks.drop), plan.marks.pass_mark)
    return Term(counting, [name for name in groups if name not in counting], marks, wrong)


def _counts(plan: Plan, lesson: str, group: Sequence[LessonMarks], now: datetime) -> bool:
    graded = any(book.marks or book.wrong for book in group)
    due = _due(plan, lesson, next((each for book in group for each in book.times.values()), None))
    return any(book.points for book in group) and (graded if due is None else due <= now)


def _due(plan: Plan, lesson: str, handed_in: HandedIn | None) -> datetime | None:
    """As the plan says, or else the gradebook."""
    return plan.due(lesson) or (handed_in.due if handed_in else None)


def _lesson_mark(plan: Plan, lesson: str, group: Sequence[LessonMarks], student: str) -> LessonMark:
    earned: list[Earned] = []
    worth, late, note = 0.0, timedelta(), ""
    whole = left = 0.0
    handed_in = any(student in book.marks for book in group)
    for book in group:
        own = book.marks.get(student, {})
        found = (_earned(plan, lesson, name, points, own.get(name)) for name, points in book.points.items())
        items = [item for item in found if item is not None]
        worth += sum(item.worth for item in items if not item.extra)
        if student not in book.marks:
            continue
        late, said = _late(plan, lesson, book.times.get(student))
        note = note or said
        points = sum(item.points or 0.0 for item in items)
        kept = plan.late.share(late) if plan.late.days else share_kept(own)
        whole, left = whole + points, left + points * kept
        earned += items
    kept = left / whole if whole > 0 else 1.0
    return LessonMark(
        lesson, plan.of(lesson).weight, worth, earned, kept, late, note if handed_in else "nothing was handed in"
    )


def _earned(plan: Plan, lesson: str, name: str, points: float, mark: Mark | None) -> Earned | None:
    """What a cell has earned, in the plan's points; None where it does not count."""
    rule = plan.exercise(lesson, name)
    if rule.counts in (Counts.OPTIONAL, Counts.LEFT_OUT):
        return None
    worth = points if rule.points is None else rule.points
    score = 0.0 if mark is None else mark.score  # a cell that was not there when it was graded earns nothing
    if score is not None and mark is not None and worth != points:  # the gradebook has them from before the plan
        score = (score - mark.extra) * (worth / points if points else 0.0) + mark.extra
    return Earned(name, score, worth, rule.counts is Counts.EXTRA)


def _late(plan: Plan, lesson: str, handed_in: HandedIn | None) -> tuple[timedelta, str]:
    due = _due(plan, lesson, handed_in)
    if handed_in is None or due is None:
        return timedelta(), ""
    if handed_in.came is None:
        return timedelta(), "when it came is not known, so it counts as in time"
    return max(timedelta(), handed_in.came - due - handed_in.extension), ""


def _with_dropped(lessons: Sequence[LessonMark], drop: int) -> list[LessonMark]:
    """The same, with the worst marked; at least one is left."""
    weighed = [item for item in lessons if item.weight]
    worst = sorted((item.share, item.lesson) for item in weighed)[: max(0, min(drop, len(weighed) - 1))]
    dropped = {lesson for _, lesson in worst}
    return [replace(item, dropped=item.lesson in dropped) for item in lessons]
