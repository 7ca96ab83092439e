"""What a change of exercises does to marks: two gradings of the same work, compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict
from steepest_grader.gradebook.marks import Mark

__all__ = ["Change", "ExerciseChange", "change", "named"]


@dataclass(frozen=True)
class ExerciseChange:
    """What is other than before in one exercise.

    Attributes
    ----------
    exercise : str
    before, after : Verdict or None
        None where the lesson did not ask for it, or does no longer.
    recorded : float or None
        The automatic mark in the gradebook, which another program may have changed.
    by_hand : float or None
        A person's mark, which counts and stays.
    """

    exercise: str
    before: Verdict | None
    after: Verdict | None
    recorded: float | None = None
    by_hand: float | None = None

    @property
    def scores(self) -> tuple[float, float]:
        """The automatic marks."""
        after = (self.after.score if self.after else None) or 0.0
        return self.recorded or 0.0, after

    @property
    def counted(self) -> tuple[float, float]:
        """What counts, before and after."""
        return self.scores if self.by_hand is None else (self.by_hand, self.by_hand)

    @property
    def points(self) -> tuple[float, float]:
        """What it is worth."""
        before, after = (0.0 if verdict is None else float(verdict.points) for verdict in (self.before, self.after))
        return before, after

    @property
    def moves(self) -> bool:
        """Whether the mark that counts is another, or is out of another number of points."""
        return self.counted[0] != self.counted[1] or self.points[0] != self.points[1]

    @property
    def differs(self) -> bool:
        """Whether anything is other than before."""
        return self.moves or self.scores[0] != self.scores[1] or named(self.before) != named(self.after)

    @property
    def why(self) -> str:
        """In words."""
        if self.before is None:
            return f"asked for now: {named(self.after)}"
        if self.after is None:
            return f"no longer judged; it was: {named(self.before)}"
        said = []
        if self.points[0] != self.points[1]:
            said.append(f"worth {self.points[0]:g} → {self.points[1]:g} points")
        old, new = named(self.before), named(self.after)
        if old != new:
            said.append(f"{old} → {new}")
        elif self.before.credit != self.after.credit:
            said.append(f"{new} earns {100 * self.before.credit:g} → {100 * self.after.credit:g} %")
        if self.recorded != self.before.score:
            said.append("the gradebook has another mark than was given")
        if self.by_hand is not None:
            said.append(f"the mark given by hand, {self.by_hand:g}, stays")
        return "; ".join(said)

    def as_json(self) -> dict[str, Any]:
        """The shape that `regrade --json` promises for an exercise."""
        sides = {"before": self.before, "after": self.after}
        told = {side: None if verdict is None else _told(verdict) for side, verdict in sides.items()}
        if told["before"] is not None:
            told["before"]["score"] = self.recorded
        return {"id": self.exercise, **told, "by_hand": self.by_hand, "why": self.why}


@dataclass(frozen=True)
class Change:
    """What is other than before for one student.

    Attributes
    ----------
    student : str
    exercises : sequence of ExerciseChange
        Those in which something is.
    before, after : float
        What counts of all judged exercises, before what being late costs.
    points : tuple of float
        What can be earned in them, before and after.
    """

    student: str
    exercises: Sequence[ExerciseChange]
    before: float
    after: float
    points: tuple[float, float]

    @property
    def moves(self) -> bool:
        """Whether a mark is another, and not only what is found."""
        return any(item.moves for item in self.exercises)

    def as_json(self) -> dict[str, Any]:
        """The shape that `regrade --json` promises for a student."""
        sides = zip(("before", "after"), (self.before, self.after), self.points, strict=True)
        told = {side: {"score": score, "max_score": points} for side, score, points in sides}
        return {"student": self.student, **told, "exercises": [item.as_json() for item in self.exercises]}


def change(before: GradedSubmission, after: GradedSubmission, marks: Mapping[str, Mark]) -> Change:
    """Compare two gradings of the same work.

    Parameters
    ----------
    before : GradedSubmission
        As it is recorded.
    after : GradedSubmission
        As it would be.
    marks : mapping of str to Mark
        What the gradebook says of this student, by cell.
    """
    old, new = ({verdict.exercise: verdict for verdict in item.verdicts} for item in (before, after))
    rows = [_exercise(name, old.get(name), new.get(name), marks.get(name)) for name in _names(old, new)]
    counted = [sum(row.counted[side] for row in rows) for side in (0, 1)]
    points = before.max_score, after.max_score
    return Change(after.student, [row for row in rows if row.differs], counted[0], counted[1], points)


def named(verdict: Verdict | None) -> str:
    """The name of the mistake or convention, or how it ended."""
    if verdict is None:
        return ""
    plain = verdict.outcome.lower().replace("_", " ")
    if not verdict.diagnosis:
        return plain
    name = verdict.diagnosis.replace("_", " ")
    return f"{plain} ({name})" if verdict.outcome is Outcome.PASSED else name


def _exercise(name: str, old: Verdict | None, new: Verdict | None, mark: Mark | None) -> ExerciseChange:
    recorded = old.score if old is not None and (mark is None or mark.automatic is None) else None
    if mark is not None and mark.automatic is not None:
        recorded = mark.automatic
    return ExerciseChange(name, old, new, recorded, None if mark is None else mark.by_hand)


def _names(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*new, *old]))


def _told(verdict: Verdict) -> dict[str, Any]:
    return {key: value for key, value in verdict.as_json().items() if key != "id"}
