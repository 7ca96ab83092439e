"""The plan of a course: who is taught what, when, and how it counts. Pure values; `plan_file` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from steepest_grader.course.plan_values import (
    Address,
    Counts,
    Day,
    HowItCounts,
    Line,
    Moment,
    Place,
    Share,
    Size,
    Week,
    said,
)
from steepest_grader.errors import nearest

__all__ = ["Counts", "ExercisePlan", "Late", "LessonPlan", "Links", "Marks", "Plan", "Roster", "Week"]

LAST = time(23, 59, 59)  # of a day on which something is due


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class ExercisePlan(_Table):
    """What an exercise is worth this term.

    Attributes
    ----------
    points : float or None
        None for those of the exercise itself.
    counts : Counts
    """

    points: Size | None = None
    counts: HowItCounts = Counts.YES


class LessonPlan(_Table):
    """Dates and weight of a lesson.

    Attributes
    ----------
    title : str
        As people call it; "" for its name.
    taught : bool
        Whether it belongs to this term at all.
    release, due, solutions : date, datetime, Week or None
        As the file has them; `Plan` says which moments these are.
    weight : float
        How much it counts beside other lessons.
    exercises : dict of str to ExercisePlan
        By grade id; of those that are not named, the course itself says what they are worth.
    """

    title: Line | None = None
    taught: bool = True
    release: Moment = None
    due: Moment = None
    solutions: Moment = None
    weight: Size = 1.0
    exercises: dict[str, ExercisePlan] = Field(default_factory=dict)

    @field_validator("exercises", mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        """``name = 3`` is short for its points, ``name = "optional"`` for how it counts."""
        if not isinstance(value, dict):
            return value
        short = {str: "counts", int: "points", float: "points"}
        return {
            name: {short[type(each)]: each} if type(each) in short else each  # bool is no number here
            for name, each in value.items()
        }


class Late(_Table):
    """What is left of a lesson's mark when it comes late.

    Attributes
    ----------
    days : sequence of (float, float)
        Up to how many days late, and which share of the mark is left then; later, nothing is. Empty where nbgrader's
        plugin says it.
    grace : float
        Minutes that count as in time.
    """

    days: list[Annotated[tuple[Size, Share], Field(strict=False)]] = Field(default_factory=list)
    grace: Annotated[float, Field(ge=0, le=1440)] = 0.0

    @field_validator("days")
    @classmethod
    def _in_order(cls, value: list[tuple[float, float]]) -> list[tuple[float, float]]:
        for (day, share), (later, less) in pairwise(value):
            if later <= day or less > share:
                raise said("days must grow from pair to pair, and shares must not")
        return value

    def share(self, late: timedelta) -> float:
        """Which share of the mark is left."""
        if late <= timedelta(minutes=self.grace):
            return 1.0
        return next((share for days, share in self.days if late <= timedelta(days=days, minutes=self.grace)), 0.0)


class Marks(_Table):
    """How the mark of the term comes about.

    Attributes
    ----------
    pass_mark : float
        Per cent of the whole.
    drop : int
        How many of the worst lessons do not count.
    """

    pass_mark: Annotated[float, Field(ge=0, le=100, alias="pass")] = 50.0
    drop: Annotated[int, Field(ge=0, le=100)] = 0


class Roster(_Table):
    """Where the list of students lies, and how its columns are called; only letters and digits matter, in any case."""

    file: Line | None = None
    id: Line = "id"
    first_name: Line = "first_name"
    last_name: Line = "last_name"
    email: Line = "email"
    lms_user_id: Line = "lms_user_id"
    group: Line = "group"


class Links(_Table):
    """Addresses that students are given.

    Attributes
    ----------
    site, repository, help : str or None
    colab, binder : str or None
        Where a lesson opens; ``{lesson}`` stands for its name.
    package : str or None
        What pip installs as the student package there.
    """

    site: Address | None = None
    repository: Address | None = None
    help: Address | None = None
    colab: Place | None = None
    binder: Place | None = None
    package: Line | None = None


class Plan(_Table):
    """The plan of a course; without a file, the course as it stands.

    Attributes
    ----------
    title, term : str or None
    begins : date or None
        The first day of the first week of the term.
    language : str
        Of dates.
    timezone : str
        Of dates and times.
    lessons : dict of str to LessonPlan
        By nbgrader's name of the assignment.
    """

    title: Line | None = None
    term: Line | None = None
    begins: Moment = None
    language: Line = "en"
    timezone: Line = "UTC"
    links: Links = Field(default_factory=Links)
    marks: Marks = Field(default_factory=Marks)
    late: Late = Field(default_factory=Late)
    roster: Roster = Field(default_factory=Roster)
    lessons: dict[str, LessonPlan] = Field(default_factory=dict)

    @field_validator("begins")
    @classmethod
    def _is_a_day(cls, value: Any) -> Any:
        if isinstance(value, Week | datetime):
            raise said("it must be the first day of the term, such as 2026-10-05")
        return value

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        try:
            return str(Locale.parse(value.replace("-", "_")))
        except (ValueError, TypeError, UnknownLocaleError):
            raise said(f'it must be a language such as "en", "de" or "pt_BR", and is {value!r:.60}') from None

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in (known := available_timezones()):
            near = nearest(value, sorted(known))
            raise said(f'it must be a time zone such as "Europe/Vienna", and is {value!r:.60}{near}')
        return value

    @field_validator("lessons")
    @classmethod
    def _weeks_can_be_counted(cls, value: dict[str, LessonPlan], info: ValidationInfo) -> dict[str, LessonPlan]:
        used = any(isinstance(day, Week) for each in value.values() for day in (each.release, each.due, each.solutions))
        if used and "begins" in info.data and info.data["begins"] is None:
            raise said("dates in weeks need `begins`, the first day of the term, at the top of the file")
        return value

    def of(self, lesson: str) -> LessonPlan:
        """What is planned for a lesson, by its name or its assignment's."""
        return self.lessons.get(lesson) or self.lessons.get(lesson.partition("/")[0]) or LessonPlan()

    def exercise(self, lesson: str, grade_id: str) -> ExercisePlan:
        """What is planned for one of its exercises."""
        return self.of(lesson).exercises.get(grade_id) or ExercisePlan()

    def taught(self, lessons: Iterable[str]) -> list[str]:
        """Those of the lessons that belong to the term."""
        return [name for name in lessons if self.of(name).taught]

    def release(self, lesson: str) -> datetime | None:
        """From when on a lesson is given out, with its time zone; None where it always is."""
        return self._at(self.of(lesson).release, end=False)

    def due(self, lesson: str) -> datetime | None:
        """Until when it is in time: the last second of a day, the last day of a week."""
        return self._at(self.of(lesson).due, end=True)

    def solutions(self, lesson: str) -> datetime | None:
        """From when on its solutions may be seen: if nothing is said, when it has been due; None for at any time."""
        return self._at(self.of(lesson).solutions, end=False) or self.due(lesson)

    def given_out(self, lessons: Iterable[str], now: datetime) -> list[str]:
        """Those of the lessons that students have by a moment, given with its time zone."""
        return [name for name in self.taught(lessons) if (when := self.release(name)) is None or when <= now]

    def end_of(self, week: int) -> datetime:
        """The last second of a week of the term.

        Raises
        ------
        ValueError
            If the plan does not say when the term begins.
        """
        if self.begins is None:
            raise ValueError("the plan does not say when the term begins")
        found = self._at(Week(week), end=True)
        assert found is not None
        return found

    def shown(self, when: datetime | date | None) -> str:
        """A moment, or a day, in words of the plan's language and in its time zone; "" for None."""
        if isinstance(when, datetime):
            local = when.astimezone(ZoneInfo(self.timezone))
            return f"{format_date(local, 'medium', locale=self.language)}, {local:%H:%M}"
        return "" if when is None else str(format_date(when, "medium", locale=self.language))

    def _at(self, day: Day | None, *, end: bool) -> datetime | None:
        if day is None:
            return None
        if isinstance(day, Week):
            first: date = self.begins
            day = first + timedelta(days=7 * day - 1 if end else 7 * (day - 1))
        whole = day if isinstance(day, datetime) else datetime.combine(day, LAST if end else time.min)
        return whole.replace(tzinfo=ZoneInfo(self.timezone))


def out_of_order(plan: Plan, lesson: str) -> Sequence[tuple[str, str]]:
    """Which dates of a lesson come before what they must follow: the key, and what is wrong."""
    release, due, solutions = plan.release(lesson), plan.due(lesson), plan.solutions(lesson)
    found = []
    if release and due and due.astimezone(UTC) < release.astimezone(UTC):
        found.append(("due", f"it is due before it is given out on {plan.shown(release)}"))
    if plan.of(lesson).solutions is not None and solutions:
        first = due or release
        if first and solutions.astimezone(UTC) < first.astimezone(UTC):
            what = "due" if due else "given out"
            found.append(("solutions", f"solutions come before it is {what} on {plan.shown(first)}"))
    return found
