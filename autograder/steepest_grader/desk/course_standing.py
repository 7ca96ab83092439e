"""How a class stands over the term: lessons weighed as the plan has it, and of each exercise what was worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median
from typing import Any

from steepest_grader.course.places import nbgrader_names
from steepest_grader.course.plan import Counts, Plan
from steepest_grader.desk.standing import ExerciseStanding, Standing

__all__ = ["CourseStanding", "ExerciseRow", "LessonRow", "MistakeRow", "course_standing"]

COMMONEST = 3  # named mistakes of an exercise


@dataclass(frozen=True)
class MistakeRow:
    """A named mistake, and how many have made it."""

    name: str
    count: int


@dataclass(frozen=True)
class ExerciseRow:
    """What a class has made of one exercise.

    Attributes
    ----------
    points : float
        As the plan has it.
    counts : str
        How it counts, see `course.plan.Counts`.
    mean : float or None
        Share of the points that those earned who tried it; None where nobody has.
    tried, handed_in : int
    mistakes : sequence of MistakeRow
        The commonest first.
    """

    id: str
    points: float
    counts: str
    mean: float | None
    tried: int
    handed_in: int
    mistakes: Sequence[MistakeRow] = ()


@dataclass(frozen=True)
class LessonRow:
    """What a class has made of one lesson.

    Attributes
    ----------
    lesson : str
    weight : float
        Beside other lessons; 0 where the plan does not teach it.
    handed_in, drafts : int
        How many handed in, and how many of them a notebook in which no exercise is touched.
    mean : float or None
        Share of the automatic points, over those whose work is no draft; None where there is none.
    """

    lesson: str
    weight: float
    handed_in: int
    drafts: int
    mean: float | None
    exercises: Sequence[ExerciseRow]


@dataclass(frozen=True)
class CourseStanding:
    """How a class stands in all lessons of which something is graded.

    Attributes
    ----------
    lessons : sequence of LessonRow
        In the order of the course.
    shares : mapping of str to float
        Weighted share of the automatic points of each student who has worked on something. A lesson on which others
        have worked counts as nothing; what is late and what is dropped is for `marks` to say.
    """

    lessons: Sequence[LessonRow]
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """Of the shares."""
        return mean(self.shares.values()) if self.shares else None

    @property
    def median(self) -> float | None:
        """Of the shares."""
        return median(self.shares.values()) if self.shares else None

    def as_json(self) -> dict[str, Any]:
        """The shape that `report --course --json` promises; it names no student."""
        lessons = [asdict(row) for row in self.lessons]
        return {"students": len(self.shares), "mean": self.mean, "median": self.median, "lessons": lessons}


def course_standing(plan: Plan, standings: Sequence[Standing]) -> CourseStanding:
    """Put together how a class stands in single lessons.

    Parameters
    ----------
    plan : Plan
    standings : sequence of Standing
        In the order of the course.
    """
    shares = [_shares(plan, item) for item in standings]
    rows = [_lesson(plan, item, own) for item, own in zip(standings, shares, strict=True)]
    students = sorted({student for own in shares for student in own})
    counted = [(weight, own) for weight, own in zip(_weights(rows), shares, strict=True) if weight and own]
    whole = sum(weight for weight, _ in counted)
    totals = {
        student: sum(weight * own.get(student, 0.0) for weight, own in counted) / whole for student in students if whole
    }
    return CourseStanding(rows, totals)


def _weights(rows: Sequence[LessonRow]) -> list[float]:
    """Notebooks of one assignment share its weight."""
    names = [nbgrader_names(row.lesson)[0] for row in rows]
    return [row.weight / names.count(name) for row, name in zip(rows, names, strict=True)]


def _shares(plan: Plan, standing: Standing) -> dict[str, float]:
    """Of the automatic points, by student, without drafts."""
    rules = {item.id: _rule(plan, standing.lesson, item.id, item.points) for item in standing.exercises}
    worth = sum(points for counts, points in rules.values() if counts is Counts.YES)
    counted = {Counts.YES, Counts.EXTRA}
    values = {item.id: rules[item.id][1] / item.points for item in standing.exercises if item.points}
    return {
        student: sum(score * values.get(name, 0.0) for name, score in own.items() if rules[name][0] in counted) / worth
        for student, own in standing.tried.items()
        if own and worth
    }


def _rule(plan: Plan, lesson: str, exercise: str, points: float) -> tuple[Counts, float]:
    rule = plan.exercise(lesson, exercise)
    return rule.counts, points if rule.points is None else rule.points


def _lesson(plan: Plan, standing: Standing, shares: Mapping[str, float]) -> LessonRow:
    rules = plan.of(standing.lesson)
    return LessonRow(
        standing.lesson,
        float(rules.weight) if rules.taught else 0.0,
        standing.handed_in,
        sum(not own for own in standing.tried.values()) if standing.exercises else 0,
        mean(shares.values()) if shares else None,
        [_exercise(plan, standing, item) for item in standing.exercises],
    )


def _exercise(plan: Plan, standing: Standing, item: ExerciseStanding) -> ExerciseRow:
    counts, points = _rule(plan, standing.lesson, item.id, item.points)
    earned = [own[item.id] for own in standing.tried.values() if item.id in own]
    made = [MistakeRow(each.name, each.count) for each in standing.mistakes if each.exercise == item.id]
    average = mean(score / item.points for score in earned) if earned and item.points else None
    return ExerciseRow(item.id, points, counts.value, average, len(earned), item.handed_in, made[:COMMONEST])
