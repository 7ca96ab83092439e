"""The real lessons from outside: every kind of submission gets what it must, by our grader and by plain nbgrader."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from steepest_grader.course import release
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import SECRET, SECRET_BYTES, Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.trust.sample_class import Sample, samples, solved, with_variant
from traitlets.config import Config

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(1200)]

HOME = find_course(Path(__file__).parent)
LONG = bool(os.environ.get("STEEPEST_LONG"))
# `make test-long` takes all lessons, every mixed submission, and compares each lesson with plain nbgrader
LESSONS = HOME.lessons() if LONG else ["01_empirical_risk", "02_minibatches", "05_momentum"]
STEP, COMPARED = (1, LESSONS) if LONG else (5, ["02_minibatches"])
Row = dict[str, object]


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    return load(HOME, request.param)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, lesson: Lesson) -> Course:
    """The real course, with a build folder of its own."""
    root = tmp_path_factory.mktemp("course")
    for name in ("solutions", "autograder", "lessons"):
        (root / name).symlink_to(HOME.root / name)
    course = TextCourse(root)
    release.write_course(course, [lesson.id])
    (course.course_dir / SECRET).write_bytes(bytes(SECRET_BYTES))  # so that what mistakes give is made once for all
    return course


def grade(course: Course, lesson: Lesson, submissions: Mapping[str, bytes | None], sandbox: Sandbox) -> dict[str, Row]:
    folder = course.root / "submissions"
    shutil.rmtree(folder, ignore_errors=True)
    for student, data in submissions.items():
        place = folder / student / lesson.id
        place.mkdir(parents=True)
        if data is not None:
            (place / f"{lesson.id}.ipynb").write_bytes(data)
    rows = grade_lesson(course, lesson.id, folder, sandbox=sandbox, jobs=os.cpu_count() or 1).rows
    return {str(row["student"]): row for row in rows}


def unlike(row: Row, sample: Sample) -> list[str]:
    """What is not as the sample says it must be."""
    said = [] if row["outcome"] == sample.outcome else [f"{sample.kind} ended as {row['outcome']}"]
    exercises = {item["id"]: item for item in row["exercises"]}  # type: ignore[attr-defined]
    for name, expected in sample.exercises.items():
        found = exercises[name]
        as_said = found["outcome"] == expected.outcome and found["score"] == expected.credit * found["points"]
        if not as_said or expected.diagnosis not in (None, found["diagnosis"]):
            said.append(f"{sample.kind}, {name}: expected {expected}, got {found}")
    return said


def test_correct_blank_and_broken_kinds(course: Course, lesson: Lesson, sandbox: Sandbox) -> None:
    kinds = [item for item in _samples(lesson) if not item.kind.startswith(("accepted-", "mistake-"))]
    rows = grade(course, lesson, {item.kind: item.data for item in kinds}, sandbox)
    assert len(rows) == len(kinds) == 14
    assert [line for item in kinds for line in unlike(rows[item.kind], item)] == []


def _samples(lesson: Lesson) -> Iterator[Sample]:
    return samples(lesson)


def _mixed(lesson: Lesson) -> dict[str, tuple[bytes, dict[str, Accepted | Mistake]]]:
    """Submissions that have one variant of every exercise at a time, so that a few of them hold them all."""
    correct = solved(lesson)
    each: list[list[tuple[Exercise, Accepted | Mistake] | None]] = []
    turns: dict[frozenset[str], int] = {}  # functions that only fit together are exchanged one by one
    for item in lesson.exercises.values():
        own: list[tuple[Exercise, Accepted | Mistake] | None] = [
            (item, variant) for variant in (*item.accepted, *item.mistakes)
        ]
        together = frozenset({item.id, *item.companions})
        before = turns.get(together, 0)
        turns[together] = before + len(own)
        each.append([None] * before + own)
    mixed: dict[str, tuple[bytes, dict[str, Accepted | Mistake]]] = {}
    for number, row in list(enumerate(zip_longest(*each)))[::STEP]:
        chosen: list[tuple[Exercise, Accepted | Mistake]] = [pair for pair in row if pair is not None]
        notebook = correct
        for exercise, variant in chosen:
            notebook = with_variant(notebook, exercise, variant)
        # what does not count is left out: plain nbgrader would run every figure
        notebook.cells = [cell for cell in notebook.cells if "demo" not in cell.metadata.get("tags", [])]
        data = nbformat.writes(notebook).encode()
        mixed[f"mixed-{number:02}"] = data, {exercise.id: variant for exercise, variant in chosen}
    return mixed


@pytest.fixture(scope="module")
def mixed(
    course: Course, lesson: Lesson, sandbox: Sandbox
) -> tuple[dict[str, Row], dict[str, dict[str, Accepted | Mistake]]]:
    made = _mixed(lesson)
    rows = grade(course, lesson, {name: data for name, (data, _) in made.items()}, sandbox)
    return rows, {name: chosen for name, (_, chosen) in made.items()}


def test_accepted_variants_and_mistakes(mixed: tuple[dict[str, Row], dict[str, dict[str, Accepted | Mistake]]]) -> None:
    rows, made = mixed
    refused, uncaught, unnamed, mistakes = [], [], [], 0
    for name, chosen in made.items():
        for found in rows[name]["exercises"]:  # type: ignore[attr-defined]
            variant = chosen.get(found["id"])
            if variant is None:  # the solution, which may build on an exercise that is wrong here
                continue
            label = f"{found['id']}.{variant.name}"
            said = f"{label}: {found['score']} {found['outcome']} {found['diagnosis']} {found['message']}"
            if not isinstance(variant, Mistake):
                refused += [said] if found["score"] != found["points"] else []
                continue
            mistakes += 1
            uncaught += [said] if found["score"] != variant.credit * found["points"] else []
            unnamed += [label] if found["diagnosis"] != variant.name else []
    assert (refused, uncaught) == ([], [])
    assert len(unnamed) <= 0.05 * mistakes, unnamed


def test_plain_nbgrader_gives_the_same_scores(
    course: Course,
    lesson: Lesson,
    sandbox: Sandbox,
    mixed: tuple[dict[str, Row], dict[str, dict[str, Accepted | Mistake]]],
) -> None:
    """Some of the mixed submissions, which hold a variant or mistake of every exercise each, and the blank one."""
    if lesson.id not in COMPARED:
        pytest.skip("nbgrader takes a minute for each lesson: `make test-long`")
    rows, _ = mixed
    chosen = [*sorted(rows)[:2], "blank"]
    plain = course.root / "plain"
    shutil.copytree(course.course_dir / "source", plain / "source")
    shutil.copy(course.course_dir / "nbgrader_config.py", plain)
    released = copy.deepcopy(lesson.released)
    released.cells = [cell for cell in released.cells if "demo" not in cell.metadata.get("tags", [])]
    made = {name: data for name, (data, _) in _mixed(lesson).items()} | {"blank": nbformat.writes(released).encode()}
    for student in chosen:
        place = plain / "submitted" / student / lesson.id
        place.mkdir(parents=True)
        (place / f"{lesson.id}.ipynb").write_bytes(made[student])
    scripts = Path(sys.executable).parent
    env = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}  # nbgrader calls `alembic` by name
    for verb in (["generate_assignment", lesson.id, "--force"], ["autograde", lesson.id]):
        command = [scripts / "nbgrader", *verb]
        done = subprocess.run(command, cwd=plain, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    theirs: dict[str, dict[str, float | None]] = {}
    with Gradebook(f"sqlite:///{plain / 'gradebook.db'}", "steepest") as book:
        for student in chosen:
            grades = book.find_submission_notebook(lesson.id, lesson.id, student).grades
            theirs[student] = {grade.name: grade.auto_score for grade in grades if grade.name in lesson.exercises}
    ours = grade(course, lesson, {name: made[name] for name in chosen}, sandbox)
    assert theirs == {
        name: {item["id"]: item["score"] for item in ours[name]["exercises"]}  # type: ignore[attr-defined]
        for name in chosen
    }


def test_formgrader_reads_our_gradebook(course: Course, lesson: Lesson, sandbox: Sandbox) -> None:
    grade(course, lesson, {"ada": nbformat.writes(solved(lesson)).encode()}, sandbox)
    config = Config()
    config.CourseDirectory.root = str(course.course_dir)
    config.CourseDirectory.db_url = f"sqlite:///{course.course_dir / 'gradebook.db'}"
    config.CourseDirectory.course_id = "steepest"
    api = NbGraderAPI(config=config)
    (submission,) = [item for item in api.get_submissions(lesson.id) if item["student"] == "ada"]
    points = sum(item.points for item in lesson.exercises.values())
    assert (submission["autograded"], submission["code_score"], submission["max_code_score"]) == (True, points, points)
    assert submission["needs_manual_grade"]
    sidecar = course.course_dir / "autograded" / "ada" / lesson.id / "steepest.json"
    assert json.loads(sidecar.read_text())["outcome"] == "PASSED"
