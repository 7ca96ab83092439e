"""Grading on a Dask cluster of separate processes: the same values, whatever becomes of the workers."""

from __future__ import annotations

import copy
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
import steepest
import steepest_grader
from click.testing import CliRunner
from distributed import Client
from nbformat.v4 import new_code_cell
from steepest_grader.cli import main
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.errors import ClusterError
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading import cluster
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.schedule import grade_all
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.zygote import SandboxError

pytestmark = pytest.mark.sandbox

STUB = Path(__file__).parents[1] / "dask_worker.py"
ONE_THREAD = ("--nthreads", "1", "--no-nanny")
SECONDS = 240
GOOD = """\
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}
"""
FROM_A_FILE = f"{GOOD}x = int(open('x.txt').read())"
Running = subprocess.Popen[bytes]


@contextmanager
def process(*words: str, **environment: str) -> Iterator[Running]:
    """Runs `dask` with these words, and in the end kills it with all that it started."""
    command = [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    running = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        yield running
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def scheduler(folder: Path, **environment: str) -> Iterator[tuple[str, Running]]:
    """Runs a scheduler at a port that the system chooses."""
    file = folder / "scheduler.json"
    with process("scheduler", "--port", "0", "--scheduler-file", str(file), **environment) as running:
        yield until(lambda: json.loads(file.read_text())["address"]), running


def worker(address: str, folder: Path, *words: str, **environment: str) -> AbstractContextManager[Running]:
    """Runs a worker."""
    return process("worker", address, "--local-directory", str(folder), *words, **environment)


def stub(
    address: str, folder: Path, words: tuple[str, ...] = ONE_THREAD, **environment: str
) -> AbstractContextManager[Running]:
    """Runs a worker that does what the bytes of a submission say."""
    return worker(
        address, folder, *words, "--preload", str(STUB), STEEPEST_TEST_FOLDER=str(folder), **environment
    )  # fmt: skip


def ready(address: str, workers: int) -> str:
    """Wait until so many workers have joined."""
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=SECONDS)
    return address


def until(look: Callable[[], Any]) -> Any:
    """Wait until something is there."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if found := look():
                return found
        except (OSError, ValueError):
            pass
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """One judged exercise, and one test cell in nbgrader's own way."""

    def cell(source: str, grade_id: str, **header: object) -> nbformat.NotebookNode:
        meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
        return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta | {"grade_id": grade_id} | header})

    cells = [
        cell("raise NotImplementedError()", "answer_momentum_step", solution=True),
        cell("", "momentum_step", grade=True, locked=True, points=2),
        cell("assert x", "plain", grade=True, locked=True, points=3),
    ]
    tests = {"plain": "assert x == 3, 'hidden'"}
    notebook = nbformat.v4.new_notebook(cells=cells)
    return Lesson("90_tiny", notebook, {"momentum_step": exercise("momentum_step")}, tests, "v1")


def handed_in(lesson: Lesson, answer: str) -> bytes:
    notebook = copy.deepcopy(lesson.released)
    notebook.cells[0].source = answer
    return nbformat.writes(notebook).encode()


def run(
    lesson: Lesson, address: str | None, *submissions: Submission, sandbox: Sandbox | None = None
) -> dict[str, GradedSubmission]:
    sandbox = sandbox or Bubblewrap()  # workers open their own, and this one stays cold
    graded = list(grade_all(lesson, submissions, sandbox=sandbox, scheduler=address, jobs=2))
    found = {item.student: item for item in graded}
    assert len(found) == len(graded), "a submission came twice"
    return found


def outcomes(graded: dict[str, GradedSubmission]) -> dict[str, Outcome]:
    return {student: item.outcome for student, item in graded.items()}


def test_a_lesson_travels_with_its_exercises_by_id(lesson: Lesson) -> None:
    data = pickle.dumps(lesson)
    there = pickle.loads(data)
    assert there == lesson
    assert there.exercises["momentum_step"] is lesson.exercises["momentum_step"]
    assert b"lambda" not in data and len(data) < 10_000


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler, and one worker of two threads as `dask worker` starts it by itself."""
    folder = tmp_path_factory.mktemp("real")
    with scheduler(folder) as (address, _), worker(address, folder, "--nthreads", "2"):
        yield ready(address, 1)


def test_the_same_values_as_in_lanes(lesson: Lesson, real: str, sandbox: Sandbox) -> None:
    submissions = [
        Submission("sound", handed_in(lesson, f"{GOOD}x = 3")),
        Submission("wrong", handed_in(lesson, GOOD.replace("- lr", "+ lr"))),
        Submission("files", handed_in(lesson, FROM_A_FILE), beside={"x.txt": b"3"}, unused=["not used: y.txt"]),
        Submission("broken", b"{"),
        Submission("empty", None, Outcome.MISSING, "There is no file."),
    ]
    ours, theirs = run(lesson, None, *submissions, sandbox=sandbox), run(lesson, real, *submissions)
    assert outcomes(theirs) == {
        "sound": Outcome.PASSED, "wrong": Outcome.PARTIAL, "broken": Outcome.UNREADABLE, "empty": Outcome.MISSING,
        "files": Outcome.PASSED,
    }  # fmt: skip
    for student, item in theirs.items():
        assert {**item.as_json(), "seconds": 0} == {**ours[student].as_json(), "seconds": 0}
        assert (item.digest, bool(item.notebook)) == (ours[student].digest, bool(ours[student].notebook))
        assert item.flags == ours[student].flags
    assert theirs["files"].flags == ["not used: y.txt"]


def test_from_the_command_line(built: Course, real: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Bubblewrap) -> None:
        raise SandboxError("no sandbox is opened on this machine")

    def run(*words: object) -> str:
        done = CliRunner().invoke(main, ["--course", str(built.root), *map(str, words)])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    folder, out = built.root / "class", built.root / "out.json"
    run("sample-class", "90_tiny", "--out", folder, "--size", 2)
    monkeypatch.setattr(Bubblewrap, "check", refuse)
    run("grade", "90_tiny", "--submitted", folder, "--scheduler", real, "--json", out)
    assert {row["student"]: row["score"] for row in json.loads(out.read_text())} == {"blank": 0.0, "correct": 2.0}
    again = run("grade", "90_tiny", "--submitted", folder, "--scheduler", real)
    assert "2 submissions, 2 of them graded before" in again


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler, and two workers of one thread that do what they are told."""
    folder = tmp_path_factory.mktemp("stubs")
    with scheduler(folder) as (address, _), stub(address, folder), stub(address, folder):
        yield ready(address, 2)


def test_few_submissions_are_in_flight(lesson: Lesson, stubs: str) -> None:
    taken: list[str] = []

    def submissions() -> Iterator[Submission]:
        for number in range(30):
            taken.append(str(number))
            yield Submission(str(number), b"pass")

    ahead, graded = [], set()
    for item in grade_all(lesson, submissions(), sandbox=Bubblewrap(), scheduler=stubs):
        ahead.append(len(taken) - len(graded))
        graded.add(item.student)
    assert graded == set(taken)
    assert max(ahead) <= 4  # of two threads


def test_what_is_our_fault_is_no_zero_and_names_the_worker(lesson: Lesson, stubs: str) -> None:
    graded = run(lesson, stubs, *(Submission(data, data.encode()) for data in ("pass", "sandbox", "bug")))
    ours = Outcome.GRADER_ERROR
    assert outcomes(graded) == {"pass": Outcome.PASSED, "sandbox": ours, "bug": ours}
    for student, reason in (("sandbox", "A kernel did not start."), ("bug", "ZeroDivisionError: a bug")):
        assert graded[student].score is None
        assert reason in graded[student].message and "This was on tcp://127.0.0.1:" in graded[student].message


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler for tests that start workers of their own, and end them."""
    with scheduler(tmp_path_factory.mktemp("lonely")) as (address, _):
        yield address


@pytest.fixture
def empty(lonely: str) -> str:
    """The same, once it knows that the workers of the last test are gone."""
    with Client(lonely, set_as_default=False) as client:
        until(lambda: not client.nthreads())
    return lonely


def test_a_worker_is_lost_and_another_comes(lesson: Lesson, tmp_path: Path, empty: str) -> None:
    address = empty
    with ExitStack() as stack:
        first = stack.enter_context(stub(address, tmp_path))

        def replace_first() -> None:
            until(lambda: list(tmp_path.glob("held.*")))
            first.kill()
            stack.enter_context(stub(address, tmp_path))
            (tmp_path / "go").touch()

        change = threading.Thread(target=replace_first)
        change.start()
        submissions = [Submission("held", b"hold"), *(Submission(f"s{n}", b"pass") for n in range(5))]
        graded = run(lesson, address, *submissions)
        change.join()
    assert set(outcomes(graded).values()) == {Outcome.PASSED}
    assert len(graded) == 6
    assert len(list(tmp_path.glob("held.*"))) == 2, "it was not begun a second time"


def test_a_submission_that_ends_its_workers_harms_no_other(lesson: Lesson, tmp_path: Path) -> None:
    def let_go() -> None:
        until(lambda: any(len(list(tmp_path.glob(f"{name}.*"))) == 2 for name in ("held", "deadly")))
        (tmp_path / "go").touch()

    strict = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with scheduler(tmp_path, **strict) as (address, _), stub(address, tmp_path, ("--nthreads", "2")):
        threading.Thread(target=let_go).start()
        submissions = [Submission("held", b"hold"), Submission("deadly", b"end"), Submission("other", b"pass")]
        graded = run(lesson, address, *submissions)
    assert outcomes(graded) == {"held": Outcome.PASSED, "deadly": Outcome.GRADER_ERROR, "other": Outcome.PASSED}
    assert "Every worker that graded it ended" in graded["deadly"].message


def test_workers_that_cannot_be_used(
    lesson: Lesson, tmp_path: Path, empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = empty
    other, none = tmp_path / "other", tmp_path / "none"
    for package in (steepest, steepest_grader):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, other / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "steepest_grader" / "model.py").open("a") as file:
        file.write("# another version\n")
    none.mkdir()
    (none / "steepest_grader.py").touch()  # a module hides the package that is installed, a package might not
    submissions = [Submission(str(number), b"pass") for number in range(6)]
    with ExitStack() as stack:
        stack.enter_context(stub(address, tmp_path, PYTHONPATH=str(other)))
        stack.enter_context(stub(address, tmp_path, STEEPEST_TEST_BROKEN="1"))
        stack.enter_context(worker(address, tmp_path, *ONE_THREAD, PYTHONPATH=str(none)))
        ready(address, 3)
        with pytest.raises(ClusterError, match="can be used") as refused:
            run(lesson, address, *submissions)
        for reason in ("are not those of this machine", "bubblewrap is not installed", "no steepest_grader that can"):
            assert reason in str(refused.value)
        stack.enter_context(stub(address, tmp_path))
        ready(address, 4)
        caplog.clear()
        assert set(outcomes(run(lesson, address, *submissions)).values()) == {Outcome.PASSED}
        assert "is not used" in caplog.text


def test_a_scheduler_that_goes(lesson: Lesson, tmp_path: Path) -> None:
    with scheduler(tmp_path) as (address, running), stub(address, tmp_path):
        graded = grade_all(
            lesson, [Submission("a", b"pass"), Submission("b", b"hold")], sandbox=Bubblewrap(), scheduler=address
        )
        assert next(graded).student == "a"
        until(lambda: list(tmp_path.glob("b.*")))
        running.kill()
        with pytest.raises(ClusterError, match="has gone"):
            next(graded)


def test_a_scheduler_without_workers(lesson: Lesson, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ABSENT_SECONDS", 0.1)
    with pytest.raises(ClusterError, match=f"`dask worker {empty}`"):
        run(lesson, empty, Submission("a", b"pass"))


@pytest.mark.parametrize("address", ["{closed}", "{silent}", "nowhere", "tcp://127.0.0.1", "http://127.0.0.1:1"])
def test_no_scheduler_there(address: str, built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2)
    folder = built.root / "class" / "ada" / "90_tiny"
    folder.mkdir(parents=True)
    (folder / "90_tiny.ipynb").write_bytes(b"{}")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            ports = {"closed": closed.getsockname()[1], "silent": silent.getsockname()[1]}
        address = address.format(**{name: f"tcp://127.0.0.1:{port}" for name, port in ports.items()})
        begun = time.monotonic()
        words = ["--course", built.root, "grade", "90_tiny", "--submitted", folder.parents[1], "--scheduler", address]
        done = CliRunner().invoke(main, [str(word) for word in words])
        assert time.monotonic() - begun < 10
    said = " ".join(done.output.split())
    assert (done.exit_code, f"No Dask scheduler answers at {address}" in said) == (1, True), said
    assert "Traceback" not in said
