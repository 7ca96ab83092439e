"""A run that is killed at any moment loses nothing that it has finished, and the next one grades the rest."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.gradebook.autograded import SIDECAR
from steepest_grader.gradebook.writer import GradebookWriter

LESSON, EXERCISE = "90_tiny", "momentum_step"
SEED = int(os.environ.get("STEEPEST_SEED", random.SystemRandom().randrange(10**6)))
LONG = bool(os.environ.get("STEEPEST_LONG"))
CLASS, JOBS, KILLS = 200, 2, 20
STEP = 1 if LONG else 5  # lines
State = dict[str, Any]


class Runs:
    """Starts runs of the grader, see `runs.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log, self.temporary = folder / "log", folder / "temporary"
        self.temporary.mkdir()
        script = Path(__file__).parents[1] / "runs.py"
        self._server = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def _hear(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def start(self, kind: str, course: Course, **more: Any) -> int:
        """The process group of a new run."""
        names = {"course": course.root, "log": self.log, "temporary": self.temporary, "output": self.folder / "output"}
        request = {"kind": kind, "jobs": JOBS, **{key: str(value) for key, value in names.items()}, **more}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request).encode() + b"\n")
        return int(self._hear()["pid"])

    def end(self) -> int:
        """The status of the run, once it has ended; no process of it may be left."""
        ended = self._hear()
        assert ended["left"] == []
        return int(ended["status"])

    def whole(self, kind: str, course: Course) -> float:
        """Let a run come to its end, and tell how long it took."""
        begun = time.monotonic()
        self.start(kind, course)
        assert self.end() == 0, (self.folder / "output").read_text()
        return time.monotonic() - begun

    def ended(self) -> bool:
        """Whether the run has come to its end by itself."""
        return bool(select.select([self._server.stdout], [], [], 0)[0])

    def graded(self) -> int:
        """How many were graded since the last time."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def take_log(self) -> list[str]:
        """Who was graded since the last time."""
        found = self.log.read_text().split("\n")[:-1] if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return found

    def close(self) -> None:
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(60)
        self._server.stdout.close()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    folder = tmp_path / "runs"
    folder.mkdir()
    runs = Runs(folder)
    yield runs
    runs.close()


@pytest.fixture
def notebook(built: Course) -> Callable[..., bytes]:
    """A notebook of the tiny lesson with the answers given."""

    def make(answer: str, reflection: str) -> bytes:
        notebook = load(built, LESSON).released
        cells = {cell.id: cell for cell in notebook.cells}
        cells["answer_momentum_step"].source += f"\n\n{answer}"
        cells["reflection"].source = reflection
        return nbformat.writes(notebook).encode()

    return make


RIGHT = """\
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""


def hand_in(course: Course, student: str, data: bytes | None) -> None:
    place = course.root / "submissions" / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    if data is not None:
        (place / f"{LESSON}.ipynb").write_bytes(data)


def hand_in_all(course: Course, notebook: Callable[..., bytes], *, readable: int) -> None:
    """A class in which so many have handed in a notebook, and the others a broken file, an empty one or none."""
    others = (None, b"", b'{"cells": [', b"\x89PNG")
    for number in range(CLASS):
        wrong = RIGHT.replace("beta *", "2 * beta *" if number % 2 else "")
        written = notebook(RIGHT if number % 3 else wrong, f"It swings, says s{number}.")
        within = number % (CLASS // readable) == 0
        hand_in(course, f"s{number:03}", written if within else others[number % len(others)])


def handed_in(course: Course) -> list[str]:
    """Students of whom there is a file, which is what is graded."""
    return sorted(path.parent.parent.name for path in course.root.glob(f"submissions/*/{LESSON}/*.ipynb"))


def finished(course: Course) -> dict[str, tuple[int, int, bytes]]:
    """What identifies each sidecar: it changes whenever it is written anew."""
    found = {}
    for path in course.course_dir.glob(f"autograded/*/{LESSON}/{SIDECAR}"):
        status = path.stat()
        found[path.parent.parent.name] = (status.st_ino, status.st_mtime_ns, path.read_bytes())
    return found


def state(course: Course) -> State:
    """All that a run writes, without random ids and times."""
    found: State = {}
    for path in sorted(course.course_dir.glob(f"autograded/*/{LESSON}/[!.]*")):
        if path.suffix not in (".ipynb", ".json"):
            continue  # when it came, and its secret
        said = json.loads(path.read_bytes())
        cells = [cell["source"] for cell in said.get("cells", [])]
        found[str(path.relative_to(course.course_dir))] = cells or {**said, "seconds": 0}
    with Gradebook(course.gradebook, "steepest") as book:
        for item in book.assignment_submissions(LESSON):
            (entry,) = item.notebooks
            grades = {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in entry.grades}
            found[item.student.id] = (grades, {comment.name: comment.comment for comment in entry.comments})
    return found


def left_over(course: Course, runs: Runs) -> list[str]:
    """Temporary files in the course and in the system's folder for them."""
    parts = [path for path in course.course_dir.rglob(".*") if path.name != f".{LESSON}.lock"]
    return [str(path) for path in (*parts, *runs.temporary.iterdir())]


class Moments:
    """Random moments of a run: while it starts, or somewhere in its share of those who are not graded yet.

    A whole run, and one that finds nothing to do, are made to see how long they take; the course is graded then.
    On a slow machine a run gets further than it should before it is killed, and the later shares are smaller.
    """

    def __init__(self, kind: str, course: Course, runs: Runs, kills: int) -> None:
        whole, self._nothing = runs.whole(kind, course), runs.whole(kind, course)
        files = handed_in(course)
        assert sorted(runs.take_log()) == files
        self._class, self._kills = len(files), kills
        self._pace = max(whole - self._nothing, 0.1) / len(files)

    def wait(self, chance: random.Random, runs: Runs, number: int, graded: int) -> None:
        """Wait in the run of this number, which begins with so many graded."""
        lines = chance.randint(0, int(1.7 * (self._class - graded) / (self._kills - number)))
        deadline = time.monotonic() + 60
        while runs.graded() < lines and time.monotonic() < deadline and not runs.ended():
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 2 * self._pace if lines else self._nothing))


def kill_and_check(kind: str, course: Course, runs: Runs, kills: int, moments: Moments) -> int:
    """Kill runs at random moments, then let one come to its end; returns how many were still running.

    A submission counts as finished once its sidecar stands. What is finished at a kill is never graded or written
    again. What was graded and is not finished are those in the lanes: no more than there are lanes.
    """
    chance = random.Random(SEED)
    runs.take_log()
    killed, total = 0, 0
    for number in range(kills):
        before = finished(course)
        group = runs.start(kind, course)
        done = before.keys() & handed_in(course)  # who handed in nothing has a sidecar too, and is not graded
        moments.wait(chance, runs, number, len(done))
        with contextlib.suppress(ProcessLookupError):  # it had come to its end
            os.killpg(group, signal.SIGKILL)
        killed += runs.end() == -signal.SIGKILL
        graded, after = runs.take_log(), finished(course)
        label = f"STEEPEST_SEED={SEED}, kill {number}"
        assert {name: after.get(name) for name in before} == before, label
        assert before.keys().isdisjoint(graded), label
        assert len(set(graded) - after.keys()) <= JOBS, label
        assert len(set(graded)) == len(graded), label
        total += len(graded)
    before = finished(course)
    runs.whole(kind, course)
    last = runs.take_log()
    assert before.keys().isdisjoint(last)
    assert {name: finished(course).get(name) for name in before} == before
    assert total + len(last) <= CLASS + killed * JOBS
    assert left_over(course, runs) == []
    return killed


@pytest.mark.slow
def test_the_writer_killed_at_random_moments(
    built: Course, notebook: Callable[..., bytes], runs: Runs, tmp_path: Path
) -> None:
    hand_in_all(built, notebook, readable=CLASS // 2)
    whole_course = TextCourse(shutil.copytree(built.root, tmp_path / "whole"))
    killed = kill_and_check("quick", built, runs, KILLS, Moments("quick", whole_course, runs, KILLS))
    assert killed > KILLS / 2, f"STEEPEST_SEED={SEED}: only {killed} runs were still going when they were killed"
    assert state(built) == state(whole_course)


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(3600 if LONG else 300)
def test_the_command_killed_at_random_moments(
    built: Course, notebook: Callable[..., bytes], runs: Runs, tmp_path: Path
) -> None:
    hand_in_all(built, notebook, readable=CLASS if LONG else 5)
    whole_course = TextCourse(shutil.copytree(built.root, tmp_path / "whole"))
    kills = KILLS if LONG else 2
    killed = kill_and_check("command", built, runs, kills, Moments("command", whole_course, runs, kills))
    assert killed
    assert state(built) == state(whole_course)


@pytest.mark.parametrize("again", ["# the same marks", "# other marks"])
def test_recording_killed_at_every_line(built: Course, notebook: Callable[..., bytes], runs: Runs, again: str) -> None:
    """A second attempt is recorded, and the process ends before each line of the grader's own code in turn."""

    def record(line: int) -> int:
        """From the first attempt on, the status of a process that ends before the line."""
        shutil.rmtree(built.course_dir)
        shutil.copytree(first, built.course_dir)
        runs.start("record", built, student="ada", line=line)
        return runs.end()

    hand_in(built, "ada", notebook(RIGHT, "First."))
    hand_in(built, "bob", notebook(RIGHT, "Mine."))
    runs.whole("quick", built)
    with Gradebook(built.gradebook, "steepest") as book:
        book.find_grade("reflection", LESSON, LESSON, "ada").manual_score = 2.5
        book.db.commit()
    states = {"first": state(built)}
    first = shutil.copytree(built.course_dir, built.root / "first")
    hand_in(built, "ada", notebook(f"{RIGHT}{again}", "Second."))
    assert record(10**6) == 0
    states["second"] = state(built)
    seen = []
    for line in range(SEED % STEP, 10**6, STEP):
        status = record(line)
        if status == 0:
            break
        assert status == -signal.SIGKILL, (runs.folder / "output").read_text()
        with GradebookWriter(None, built) as writer:
            graded = writer.graded(LESSON)
        now = state(built)
        found = next((name for name, whole in states.items() if now == whole), "neither")
        assert "bob" in graded
        assert ("ada" in graded) == (found != "neither"), f"line {line}: {found}"
        seen.append(found)
        if line % 60 < STEP:
            runs.whole("quick", built)
            assert state(built) == states["second"], f"line {line}"
            assert left_over(built, runs) == []
    assert len(seen) > 50 / STEP
    assert seen == sorted(seen, key=["first", "neither", "second"].index)
    assert seen.count("neither") > 10 / STEP
