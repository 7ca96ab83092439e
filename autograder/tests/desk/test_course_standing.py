"""The report over the term: lessons weighed as the plan has it, and no mean of what nobody has touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from steepest_grader.cli import main
from steepest_grader.course.plan import Plan
from steepest_grader.course.plan_file import PLAN
from steepest_grader.course.text_course import TextCourse
from steepest_grader.desk.course_standing import CourseStanding, MistakeRow, course_standing
from steepest_grader.desk.standing import ExerciseStanding, MistakeCount, Standing
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook.writer import GradebookWriter

LESSON, EXERCISE = "90_tiny", "momentum_step"
Tried = dict[str, dict[str, float]]
# of exercises x and y, which are worth 2 and 4 points
FULL, HALF, ONE, DRAFT = {"x": 2.0, "y": 4.0}, {"x": 2.0, "y": 1.0}, {"x": 1.0}, dict[str, float]()


def standing(lesson: str, tried: Tried, *mistakes: MistakeCount) -> Standing:
    exercises = [
        ExerciseStanding(name, worth, sum(name in own for own in tried.values()), len(tried), {}, 0.0, None)
        for name, worth in (("x", 2.0), ("y", 4.0))
    ]
    scores = {student: sum(own.values()) for student, own in tried.items()}
    return Standing(lesson, len(tried), 6.0, scores, exercises, mistakes, (), (), (), tried=tried)


def plan(**lessons: dict[str, Any]) -> Plan:
    return Plan.model_validate({"lessons": lessons})


CLASS = {"ada": FULL, "bob": HALF}
SHARES: dict[str, tuple[Plan, dict[str, Tried], dict[str, float]]] = {
    "one lesson": (plan(), {"a": CLASS}, {"ada": 1, "bob": 1 / 2}),
    "two": (plan(), {"a": CLASS, "b": {"ada": ONE, "bob": FULL}}, {"ada": 7 / 12, "bob": 3 / 4}),
    "weights": (plan(b={"weight": 3}), {"a": CLASS, "b": {"ada": ONE, "bob": FULL}}, {"ada": 3 / 8, "bob": 7 / 8}),
    "no weight": (plan(b={"weight": 0}), {"a": CLASS, "b": {"ada": ONE, "bob": FULL}}, {"ada": 1, "bob": 1 / 2}),
    "not taught": (plan(b={"taught": False}), {"a": CLASS, "b": {"ada": ONE}}, {"ada": 1, "bob": 1 / 2}),
    "not handed in": (plan(), {"a": CLASS, "b": {"ada": FULL}}, {"ada": 1, "bob": 1 / 4}),
    "a draft": (plan(), {"a": CLASS, "b": {"ada": FULL, "bob": DRAFT}}, {"ada": 1, "bob": 1 / 4}),
    "drafts alone": (plan(), {"a": CLASS, "b": {"ada": DRAFT, "bob": DRAFT}}, {"ada": 1, "bob": 1 / 2}),
    "somebody's draft": (plan(), {"a": {**CLASS, "cyd": DRAFT}}, {"ada": 1, "bob": 1 / 2}),
    "nothing at all": (plan(), {"a": {"ada": DRAFT}}, {}),
    "optional": (plan(a={"exercises": {"y": "optional"}}), {"a": CLASS}, {"ada": 1, "bob": 1}),
    "left out": (plan(a={"exercises": {"x": "left out"}}), {"a": CLASS}, {"ada": 1, "bob": 1 / 4}),
    "extra": (plan(a={"exercises": {"x": "extra"}}), {"a": CLASS}, {"ada": 6 / 4, "bob": 3 / 4}),
    "other points": (plan(a={"exercises": {"x": 12}}), {"a": CLASS}, {"ada": 1, "bob": 13 / 16}),
    "two notebooks of one assignment": (
        plan(), {"a/x": CLASS, "a/y": {"ada": DRAFT, "bob": FULL}, "b": CLASS}, {"ada": 3 / 4, "bob": 5 / 8},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHARES)
def test_shares_over_the_term(case: str) -> None:
    rules, lessons, wanted = SHARES[case]
    found = course_standing(rules, [standing(name, tried) for name, tried in lessons.items()])
    assert found.shares == pytest.approx(wanted)


MEANS: dict[str, tuple[Tried, int, float | None, list[float | None]]] = {
    "all": (CLASS, 0, 3 / 4, [1, 5 / 8]),
    "a draft is no mean": ({**CLASS, "cyd": DRAFT}, 1, 3 / 4, [1, 5 / 8]),
    "tried by some": ({"ada": FULL, "bob": ONE}, 0, 7 / 12, [3 / 4, 1]),
    "nobody tried one": ({"ada": ONE}, 0, 1 / 6, [1 / 2, None]),
    "tried, and nothing earned": ({"ada": {"x": 0.0}}, 0, 0, [0, None]),
    "drafts alone": ({"ada": DRAFT, "bob": DRAFT}, 2, None, [None, None]),
}


@pytest.mark.parametrize("case", MEANS)
def test_means_are_of_what_was_worked_on(case: str) -> None:
    tried, drafts, mean, means = MEANS[case]
    (row,) = course_standing(plan(), [standing("a", tried)]).lessons
    assert (row.handed_in, row.drafts, row.mean) == (len(tried), drafts, pytest.approx(mean))
    assert [item.mean for item in row.exercises] == pytest.approx(means)


def test_the_commonest_mistakes_of_each_exercise() -> None:
    made = [MistakeCount("x", f"m{number}", 9 - number, "") for number in range(5)] + [MistakeCount("y", "n", 1, "")]
    (row,) = course_standing(plan(), [standing("a", CLASS, *made)]).lessons
    assert row.exercises[0].mistakes == [MistakeRow("m0", 9), MistakeRow("m1", 8), MistakeRow("m2", 7)]
    assert row.exercises[1].mistakes == [MistakeRow("n", 1)]


def test_nobody_has_worked() -> None:
    found = CourseStanding([])
    assert (found.mean, found.median) == (None, None)


def named(submission: GradedSubmission, diagnosis: str) -> GradedSubmission:
    return replace(submission, verdicts=[replace(item, diagnosis=diagnosis) for item in submission.verdicts])


@pytest.fixture
def report(built: TextCourse, submit: Callable[..., GradedSubmission], tmp_path: Path) -> Callable[..., Any]:
    """Reports on a class of which some have worked."""

    def make(*args: str, worked: bool = True) -> tuple[int, str, str, Any]:
        wrong = {"outcome": Outcome.FAILED, "credit": 0.0}
        with GradebookWriter(None, built) as book:
            if worked:
                book.record(submit("ada"))
                book.record(named(submit("bob", **wrong), "velocity_forgets_its_past"))
            book.record(named(submit("cyd", **wrong, reflection=None), "not_attempted"))
        (built.root / PLAN).write_text(f"[lessons.{LESSON}]\nweight = 2.5\n")
        path, page = tmp_path / "found.json", tmp_path / "page.html"
        path.unlink(missing_ok=True)
        words = ["report", *args, "--json", str(path), "--out", str(page)]
        result = CliRunner().invoke(main, ["--course", str(built.root), *words])
        text = re.sub(r"<[^>]*>", "|", page.read_text()) if page.is_file() else ""
        return result.exit_code, result.output, text, json.loads(path.read_text()) if path.is_file() else None

    return make


def test_the_command(report: Callable[..., Any]) -> None:
    code, _, page, found = report("--course")
    assert code == 0
    assert (found["students"], found["mean"], found["median"]) == (2, 0.5, 0.5)
    (lesson,) = found["lessons"]
    exercises = lesson.pop("exercises")
    assert lesson == {"lesson": LESSON, "weight": 2.5, "handed_in": 3, "drafts": 1, "mean": 0.5}
    assert exercises == [
        {
            "id": EXERCISE, "points": 2, "counts": "yes", "mean": 0.5, "tried": 2, "handed_in": 3,
            "mistakes": [{"name": "velocity_forgets_its_past", "count": 1}],
        }
    ]  # fmt: skip
    assert "The whole course" in page
    assert f"|{LESSON}||2.5||3||3||1||50 %|" in page.replace("\n", "")


def test_what_nobody_has_touched_has_no_mean(report: Callable[..., Any]) -> None:
    for words in (("--course",), (LESSON,)):
        code, _, page, _ = report(*words, worked=False)
        row = re.search(rf"\|{EXERCISE}\|[|\s]*2\|\|(.*)", page)
        assert (code, "0 of 1" in page, row and row[1][:2]) == (0, True, "–|")
        assert re.search(r"mean score\|\|–\|", page)
        assert "The hardest exercise" not in page
    assert report("--course", worked=False)[3]["lessons"][0]["mean"] is None


def test_lessons_or_the_course(report: Callable[..., Any]) -> None:
    code, said, page, _ = report("--course", LESSON)
    assert (code, "Name lessons or --course, and not both." in said, page) == (1, True, "")
