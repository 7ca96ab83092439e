"""What fails around the grader is named, loses no grade that is written, and a second run completes the class."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from sqlalchemy.exc import DataError
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError, GradebookError
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.files import alone
from steepest_grader.gradebook import database, writer
from steepest_grader.gradebook.autograded import SIDECAR, Autograded
from steepest_grader.grading import collect, judging, lanes
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.grading.collect import Submission
from steepest_grader.sandbox.none import NoSandbox

LESSON = "90_tiny"
Submit = Callable[..., GradedSubmission]
Grade = Callable[[], Batch]
STUDENTS = ["ada", "bob", "cyd", "dan", "eve"]


def gradebook(course: Course) -> Path:
    return course.course_dir / "gradebook.db"


def sidecars(course_dir: Path) -> dict[str, bytes]:
    return {path.parent.parent.name: path.read_bytes() for path in course_dir.glob(f"autograded/*/{LESSON}/{SIDECAR}")}


# --- in the middle of a run


@pytest.fixture
def graded() -> list[str]:
    """Who was graded, in turn."""
    return []


@pytest.fixture
def grade(built: Course, submit: Submit, graded: list[str], monkeypatch: pytest.MonkeyPatch) -> Grade:
    """Grades a class of five; no kernel is started."""

    def grade_submission(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        graded.append(student)
        return submit(student, digest=lesson.digest(data))

    monkeypatch.setattr(lanes, "grade_submission", grade_submission)
    for student in STUDENTS:
        place = built.root / "submissions" / student / LESSON
        place.mkdir(parents=True)
        (place / f"{LESSON}.ipynb").write_text(student)
    return lambda: grade_lesson(built, LESSON, built.root / "submissions", sandbox=NoSandbox())


ODD = [b"a\x1b]0;pwn\x07", b"new\nline", b"bad\xff\xfe", "ada\u200b".encode(), "\u202e".encode(), b"x" * 200, b"a\\b"]


def test_a_name_that_cannot_be_an_id_costs_its_own_row(grade: Grade, graded: list[str], built: Course) -> None:
    """Whoever hands in may have named the folder."""
    for name in ODD:
        place = os.fsencode(built.root / "submissions") + b"/" + name + b"/" + os.fsencode(LESSON)
        os.makedirs(place)  # noqa: PTH103 - a path of these bytes
        Path(os.fsdecode(place), f"{LESSON}.ipynb").write_text("odd")
    batch = grade()
    assert graded == STUDENTS
    assert set(sidecars(built.course_dir)) == set(STUDENTS)
    rows = {row["student"]: row for row in batch.rows}
    assert {name: rows[name]["outcome"] for name in STUDENTS} == dict.fromkeys(STUDENTS, Outcome.PASSED)
    odd = [row for row in batch.rows if row["student"] not in STUDENTS]
    assert len(rows) == len(batch.rows) == len(STUDENTS) + len(odd) == len(STUDENTS) + len(ODD)
    assert {(row["outcome"], row["score"]) for row in odd} == {(Outcome.UNREADABLE, 0)}
    said = [item for item in batch.submissions if item.message]
    assert all("cannot be a student's id" in item.message for item in said)
    assert all((item.student + item.message).isprintable() for item in said) and len(said) == len(ODD)
    assert grade().reused == len(STUDENTS)


def _lock(path: Path) -> Callable[[], None]:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


def _delete(path: Path) -> Callable[[], None]:
    path.unlink()
    return lambda: None


def _put_back_a_copy(path: Path) -> Callable[[], None]:
    shutil.copy(path, f"{path}.copy")
    Path(f"{path}.copy").replace(path)
    return lambda: None


def _damage(path: Path) -> Callable[[], None]:
    content = path.read_bytes()
    path.write_bytes(b"\xff" * len(content))
    return lambda: path.write_bytes(content) and None


def _take_a_table(path: Path) -> Callable[[], None]:
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE comment RENAME TO remark")
    other.close()

    def give_back() -> None:
        with sqlite3.connect(path) as other:
            other.execute("ALTER TABLE remark RENAME TO comment")
        other.close()

    return give_back


MISHAPS: dict[str, tuple[Callable[[Path], Callable[[], None]], str, int]] = {
    "locked": (_lock, "another program is writing to it", 2),
    "deleted": (_delete, "deleted or replaced", 0),
    "replaced": (_put_back_a_copy, "deleted or replaced", 2),
    "damaged": (_damage, "something else, or damaged", 2),
    "without a table": (_take_a_table, "of another nbgrader", 2),
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_mishap_in_the_middle(
    mishap: str, grade: Grade, graded: list[str], built: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It strikes while the third submission is graded; two are written by then."""
    strike, says, kept = MISHAPS[mishap]
    real, mended = lanes.grade_submission, []

    def struck(lesson: Lesson, student: str, data: bytes, **settings: Any) -> GradedSubmission:
        if len(graded) == 2:
            mended.append(strike(gradebook(built)))
        return real(lesson, student, data, **settings)

    monkeypatch.setitem(database.SQLITE, "timeout", "0.05")
    with monkeypatch.context() as patch:
        patch.setattr(lanes, "grade_submission", struck)
        with pytest.raises(GradebookError, match=says) as refusal:
            grade()
    assert str(built.course_dir) in str(refusal.value)
    written = sidecars(built.course_dir)
    assert sorted(written) == STUDENTS[:2]
    mended[0]()
    graded.clear()
    batch = grade()
    assert ([row["outcome"] for row in batch.rows], batch.reused) == (["PASSED"] * 5, kept)
    assert graded == STUDENTS[kept:]
    assert {name: sidecars(built.course_dir)[name] for name in written} == written


# --- what strikes one submission


def _folder(course: Course) -> Path:
    return course.root / "submissions" / "cyd" / LESSON


def _no_number(course: Course, patch: pytest.MonkeyPatch) -> None:
    real = lanes.grade_submission

    def graded(lesson: Lesson, student: str, data: bytes, **settings: Any) -> GradedSubmission:
        found = real(lesson, student, data, **settings)
        if student == "cyd":
            object.__setattr__(found.verdicts[0], "credit", float("nan"))
        return found

    patch.setattr(lanes, "grade_submission", graded)


def _file_in_the_way(course: Course, patch: pytest.MonkeyPatch) -> None:
    place = course.course_dir / "autograded" / "cyd"
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where a folder must be")


def _at(name: str, error: Exception) -> Callable[[Course, pytest.MonkeyPatch], None]:
    """A function of the writer raises where it comes to cyd."""

    def strike(course: Course, patch: pytest.MonkeyPatch) -> None:
        real = getattr(writer, name)

        def struck(first: Any, second: Any, **settings: Any) -> None:
            if "cyd" in str(first) or "cyd" in str(second):
                raise error
            real(first, second, **settings)

        patch.setattr(writer, name, struck)

    return strike


def _vanishes(place: Callable[[Path], Path]) -> Callable[[Course, pytest.MonkeyPatch], None]:
    """It is gone when the first is graded."""

    def strike(course: Course, patch: pytest.MonkeyPatch) -> None:
        real = lanes.grade_submission

        def graded(*args: Any, **settings: Any) -> GradedSubmission:
            if (gone := place(_folder(course))).is_dir():
                shutil.rmtree(gone)
            return real(*args, **settings)

        patch.setattr(lanes, "grade_submission", graded)

    return strike


REFUSED = DataError("insert", {}, ValueError("value too long for type character varying(128)"))
READ_ONLY_FOLDER = OSError(errno.EROFS, os.strerror(errno.EROFS), "autograded/cyd")
STRIKES: dict[str, tuple[Callable[[Course, pytest.MonkeyPatch], None], str]] = {
    "a mark that is no number": (_no_number, "must be between 0 and 2. Got nan"),
    "a file where its folder must be": (_file_in_the_way, "cannot be written: .*Not a directory.* Mend that"),
    "a folder that cannot be written": (_at("replace_file", READ_ONLY_FOLDER), "Read-only file system.*Mend that"),
    "a text that the database refuses": (_at("write_marks", REFUSED), "the gradebook refuses it: .*too long"),
    "a text that is none": (_at("write_marks", UnicodeEncodeError("utf-8", "x", 0, 1, "no")), "UnicodeEncodeError"),
    "a fault of ours": (_at("write_marks", KeyError("a\x1b[31mb")), r"failed: KeyError: 'a\\x1b\[31mb' \(test_fai"),
    "its folder vanishes": (_vanishes(lambda folder: folder), "was gone when its turn came"),
    "all its folders vanish": (_vanishes(lambda folder: folder.parent), "was gone when its turn came"),
}


@pytest.mark.parametrize("strike", STRIKES)
def test_what_strikes_one_submission_costs_no_other(
    strike: str, grade: Grade, built: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    does, says = STRIKES[strike]
    with monkeypatch.context() as patch:
        does(built, patch)
        batch = grade()
    found = {row["student"]: (row["outcome"], row["score"]) for row in batch.rows}
    assert found == dict.fromkeys(STUDENTS, ("PASSED", 2.0)) | {"cyd": ("GRADER_ERROR", None)}
    reason = batch.submissions[2].message
    assert re.search(says, reason) and reason.isprintable()
    assert Autograded(built, LESSON).ungraded() == {"cyd": reason}
    assert sorted(sidecars(built.course_dir)) == [name for name in STUDENTS if name != "cyd"]
    for place in (built.course_dir / "autograded" / "cyd", _folder(built)):
        if place.is_file():
            place.unlink()
    _folder(built).mkdir(parents=True, exist_ok=True)
    (_folder(built) / f"{LESSON}.ipynb").write_text("cyd")
    again = grade()
    assert ([row["outcome"] for row in again.rows], again.reused) == (["PASSED"] * 5, 4)
    assert Autograded(built, LESSON).ungraded() == {}


def test_a_submission_that_loses_its_file_is_missing(
    grade: Grade, built: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    _vanishes(lambda folder: (folder / f"{LESSON}.ipynb").unlink(missing_ok=True) or folder / "none")(
        built, monkeypatch
    )
    found = {row["student"]: row["outcome"] for row in grade().rows}
    assert found == dict.fromkeys(STUDENTS, "PASSED") | {"cyd": "MISSING"}


def test_a_fault_at_one_file_ends_no_judging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any, **__: Any) -> GradedSubmission:
        raise KeyError("a\x1b[2Jb")

    monkeypatch.setattr(judging, "grade_submission", fault)
    (tmp_path / "ada.py").write_text("def momentum_step(): pass")
    (row,) = judging.judge_file(tmp_path / "ada.py", sandbox=NoSandbox(), hidden=Hidden())
    assert (row["outcome"], row["score"], row["exercise"]) == ("GRADER_ERROR", None, "momentum_step")
    assert "The grader failed: KeyError" in row["message"] and row["message"].isprintable()


def test_a_class_that_vanishes_is_said(grade: Grade, built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(built.root / "submissions")
    with pytest.raises(CourseError, match="submissions cannot be read: No such file"):
        grade()


def test_two_runs_of_a_lesson_do_not_meet(grade: Grade, built: Course) -> None:
    with alone(built.course_dir / f".{LESSON}.lock"), pytest.raises(GradebookError, match="Another run is grading"):
        grade()
    assert len(grade().rows) == 5


def test_what_a_killed_run_has_left_is_cleared_away(grade: Grade, built: Course) -> None:
    grade()
    part = built.course_dir / "autograded" / "ada" / LESSON / ".abc.part"
    part.write_text("half")
    grade()
    assert not part.exists()


def test_names_that_are_no_text_reach_no_database(grade: Grade, built: Course) -> None:
    place = built.root / "submissions" / "ada" / LESSON
    (place / f"{LESSON}.ipynb").rename(place / os.fsdecode(b"\xff.ipynb"))
    rows = {row["student"]: row["outcome"] for row in grade().rows}
    assert rows == {**dict.fromkeys(STUDENTS, "PASSED"), "ada": Outcome.MISSING}
    assert "Found instead" in Autograded(built, LESSON).stored()["ada"].message
    assert grade().reused == 5


def test_a_class_is_not_kept_in_memory(grade: Grade, graded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each notebook is read anew when its turn comes."""
    read: list[str] = []
    real = collect._read

    def reads(student: str, *rest: Any) -> Submission:
        read.append(student)
        assert len(read) <= len(STUDENTS) or len(read) - len(STUDENTS) <= len(graded) + 1
        return real(student, *rest)

    monkeypatch.setattr(collect, "_read", reads)
    grade()
    assert read == STUDENTS * 2


# --- file systems that are full or cannot be written, which bubblewrap can make

CLASS = 30
DISK, BALLAST = 2**20, 700 * 2**10
READ_ONLY = {
    "gradebook": ("gradebook.db", "Give yourself the right to write"),
    "folder": (".", "Read-only file system"),
    "graded notebooks": ("autograded", "Read-only file system"),
}


@pytest.fixture(scope="module")
def walled(template: Course, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A folder of courses, and how a run in each has ended: on a full disk, after room was made, and read-only."""
    root = tmp_path_factory.mktemp("walled")
    text = nbformat.writes(load(template, LESSON).released)
    walls, requests = ["--dev-bind", "/", "/"], []

    def course_of(name: str) -> Path:
        course = TextCourse(shutil.copytree(template.root, root / name))
        for number in range(CLASS):
            place = course.root / "submissions" / f"s{number:02}" / LESSON
            place.mkdir(parents=True)
            (place / f"{LESSON}.ipynb").write_text(text)
        (course.course_dir / "autograded").mkdir()
        return course.course_dir

    def run(name: str, number: int = 1) -> dict[str, Any]:
        names = {"course": root / name, "temporary": root, "log": root / f"{name} log {number}"}
        return {"kind": "quick", "jobs": 2, "output": str(root / f"{name} output {number}"), **_texts(names)}

    for name, (part, _) in READ_ONLY.items():
        path = course_of(name) / part
        walls += ["--ro-bind", str(path), str(path)]
        requests.append(run(name))
    disk = course_of("disk")
    walls += ["--size", str(DISK), "--tmpfs", str(disk)]
    (root / "ballast").mkdir()
    (root / "ballast" / "file").write_bytes(b"x" * BALLAST)
    requests += [
        {"kind": "copy", **_texts({"path": root / "ballast", "to": disk / "ballast"})},
        run("disk"),
        {"kind": "copy", **_texts({"path": disk, "to": root / "disk when full"})},
        {"kind": "remove", **_texts({"path": disk / "ballast" / "file"})},
        run("disk", 2),
        {"kind": "copy", **_texts({"path": disk, "to": root / "disk at the end"})},
    ]
    done = subprocess.run(
        ["bwrap", *walls, sys.executable, str(Path(__file__).parents[1] / "runs.py")],
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return root, [answer["status"] for answer in answers if "status" in answer]


def _texts(paths: dict[str, Path]) -> dict[str, str]:
    return {key: str(path) for key, path in paths.items()}


def _said(root: Path, name: str) -> str:
    return " ".join((root / f"{name} output 1").read_text().split())


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_disk_that_is_full_until_room_is_made(walled: tuple[Path, list[int]]) -> None:
    root, statuses = walled
    assert statuses[-2:] == [1, 0]
    said = _said(root, "disk")
    assert "disk is full" in said or "No space left on device" in said
    written, end = sidecars(root / "disk when full"), sidecars(root / "disk at the end")
    assert 0 < len(written) < CLASS
    assert set(written).isdisjoint((root / "disk log 2").read_text().split())
    assert len(end) == CLASS
    assert {name: end[name] for name in written} == written


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.parametrize("name", READ_ONLY)
def test_what_cannot_be_written(name: str, walled: tuple[Path, list[int]], grade: Grade) -> None:
    root, statuses = walled
    assert statuses[list(READ_ONLY).index(name)] == 1
    assert READ_ONLY[name][1] in _said(root, name)
    course = TextCourse(root / name)
    assert sidecars(course.course_dir) == {}
    rows = grade_lesson(course, LESSON, course.root / "submissions", sandbox=NoSandbox()).rows
    assert [row["outcome"] for row in rows] == ["PASSED"] * CLASS
    assert len(sidecars(course.course_dir)) == CLASS
