"""CONTRIBUTING is followed word for word, and a course of somebody else's is made, graded and verified."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import venv_with
from steepest_grader.course.find import find_course

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.timeout(900)]

HOME = find_course(Path(__file__)).root
PAGE = (HOME / "CONTRIBUTING.md").read_text(encoding="utf-8")
# A file's name in the sentence before a block of Python, and the block.
BLOCK = re.compile(
    r"(?P<says>[^\n]*)`(?P<path>(?:autograder|solutions)/[^`<]+\.py)`(?:(?!```|`(?:autograder|solutions)/).)*?"
    r"\n+ *```python\n(?P<code>.*?)\n *```",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def place(worker_id: str) -> Iterator[Path]:
    """A folder on the file system of the environment, where its files need not be copied."""
    folder = HOME / "build" / f"courses-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def run(python: Path, course: Path, *words: str, status: int = 0) -> str:
    """What a module prints that is run in a course."""
    environment = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, "-m", *words], cwd=course, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


# --- CONTRIBUTING ----------------------------------------------------------------------------------------------


def follow(section: str, course: Path) -> list[str]:
    """Write the files of a section as it says; their names."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    written = []
    for block in BLOCK.finditer(text):
        path, code = course / block["path"], textwrap.dedent(block["code"]) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        if "steepest_exercises" in block["path"] and not (path.parent / "__init__.py").exists():
            (path.parent / "__init__.py").write_text('"""Exercises of a lesson."""\n')
        before = path.read_text(encoding="utf-8") if "To the end of" in block["says"] else ""
        path.write_text(before + code, encoding="utf-8")
        written.append(path.name)
    return written


@pytest.fixture(scope="module")
def checkout(place: Path) -> Path:
    """A copy of the repository with its first lesson alone, so that building it takes little."""
    course = place / "checkout"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HOME,
        capture_output=True,
        check=True,
    )
    for name in filter(None, names.stdout.decode().split("\0")):
        if (HOME / name).is_file() and not name.startswith(("docs/", "lessons/")):
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(HOME / name, course / name)
    for folder in (course / "solutions").glob("0[1-9]_*"):
        shutil.rmtree(folder)
    for folder in (course / "solutions").glob("1*"):
        shutil.rmtree(folder)
    return course


def test_a_lesson_and_then_an_exercise_are_added_as_contributing_says(checkout: Path, place: Path) -> None:
    python = venv_with(place / "venv", checkout / "utils", checkout / "autograder")
    assert follow("Add a lesson", checkout) == ["reference.py", "huber.py", "lesson.py", "90_robust_losses.py"]
    run(python, checkout, "steepest_grader", "build")
    assert (checkout / "lessons/90_robust_losses/90_robust_losses.ipynb").is_file()
    run(python, checkout, "steepest_grader", "verify", "90_robust_losses", "--json", "build/verify.json")
    proved = json.loads((checkout / "build/verify.json").read_text())["90_robust_losses"]
    assert (proved["huber"]["accepted"], proved["huber"]["named"]) == ([3, 3], [6, 6])
    assert follow("Add an exercise", checkout) == ["reference.py", "slope.py", "lesson.py", "90_robust_losses.py"]
    run(python, checkout, "steepest_grader", "build")
    run(python, checkout, "steepest_grader", "verify", "90_robust_losses", "--mutants", "--json", "build/verify.json")
    proved = json.loads((checkout / "build/verify.json").read_text())["90_robust_losses"]
    assert list(proved) == ["huber", "huber_slope"]
    assert all(item["solution"] and not item["blank"] and item["zeros_rejected"] for item in proved.values())
    contract = run(
        python, checkout, "pytest", "-q", "-p", "no:cacheprovider", "autograder/tests/exercises", "-k", "huber"
    )
    assert " passed" in contract
    for tool in (("ruff", "format"), ("ruff", "check", "--select", "I", "--fix"), ("ruff", "check"), ("mypy",)):
        run(python, checkout, *tool)


# --- a course of somebody else's -------------------------------------------------------------------------------

COURSE = {
    "pyproject.toml": """
        [tool.steepest-grader]
        course-id = "counting-1"
        student-package = "counting"
        exercises = "counting_exercises"
        """,
    "environment.yml": "name: counting\n",
    "LICENSE": "None.\n",
    "utils/README.md": "# Counting\n",
    "utils/pyproject.toml": """
        [build-system]
        requires = ["setuptools>=77"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "counting"
        version = "1"
        [project.entry-points."steepest.content"]
        counting = "counting"
        [tool.setuptools.packages.find]
        include = ["counting*"]
        [tool.setuptools.package-data]
        counting = ["outcomes/*"]
        """,
    "utils/counting/__init__.py": '"""What students of counting import."""\n',
    "utils/counting/callables.py": '''
        """Functions that can be handed on by name."""

        def next_number(step):
            """Counts on by so many."""
            return lambda number: number + step

        CALLABLES = {"next_number": next_number}
        ''',
    "utils/counting/_drives/__init__.py": "",
    "utils/counting/_drives/rounds.py": '''
        """A drive of the course's own."""

        def rounds(function, *, number, times):
            """Hand on what came of the last call, so many times."""
            seen = {}
            for turn in range(1, times + 1):
                number = function(number)
                seen[f"the number after turn {turn}"] = number
            return seen

        DRIVES = {"rounds": rounds}
        ''',
    "autograder/pyproject.toml": """
        [build-system]
        requires = ["setuptools>=77"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "counting-exercises"
        version = "1"
        [project.entry-points."steepest_grader.exercises"]
        counting = "counting_exercises"
        [tool.setuptools.packages.find]
        include = ["counting_exercises*"]
        """,
    "autograder/counting_exercises/__init__.py": "",
    "autograder/counting_exercises/first/__init__.py": "",
    "autograder/counting_exercises/first/lesson.py": '''
        """Two exercises."""

        from steepest._checks.wire import Named
        from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

        def _doubled(number):
            return number + number

        def _rounds(rng):
            start = float(rng.uniform(1, 2))
            return [Case("some turns", {"number": start, "times": 3}, drive="rounds")]

        def _steps(rng):
            next_number = Named("next_number", {"step": float(rng.uniform(1, 2))})
            arguments = {"args": [next_number, 1.5, 4], "kwargs": {}, "outputs": ["the last number"]}
            return [Case("four steps", arguments)]

        def _applied(function, number, times):
            for _ in range(times):
                number = function(number)
            return number

        LESSON = "01_first"
        EXERCISES = (
            Exercise(
                "doubled", _doubled, _rounds,
                [Accepted("by_two", lambda number: 2 * number)],
                [Mistake("squared", lambda number: number * number, "Twice, not to the power of two: a + a.")],
            ),
            Exercise(
                "applied", _applied, _steps,
                [Accepted("folded", lambda function, number, times: _applied(function, number, times))],
                [Mistake("once", lambda function, number, times: function(number), "It is called once: go on.", 0.5)],
            ),
        )
        ''',
    "solutions/01_first/01_first.py": """
        # %%
        from steepest import check

        # %% nbgrader={"solution": true, "grade_id": "answer_doubled"}
        def doubled(number):
            ### BEGIN SOLUTION
            return 2 * number
            ### END SOLUTION

        # %% nbgrader={"grade": true, "grade_id": "doubled"}
        check(doubled)
        ### BEGIN HIDDEN TESTS
        from steepest_grader import grade
        grade(doubled)
        ### END HIDDEN TESTS

        # %% nbgrader={"solution": true, "grade_id": "answer_applied"}
        def applied(function, number, times):
            ### BEGIN SOLUTION
            for _ in range(times):
                number = function(number)
            return number
            ### END SOLUTION

        # %% nbgrader={"grade": true, "grade_id": "applied"}
        check(applied)
        ### BEGIN HIDDEN TESTS
        from steepest_grader import grade
        grade(applied)
        ### END HIDDEN TESTS
        """,
}
STUDENT = """
from steepest import check, progress
def doubled(number): return number * number
check(doubled)
def applied(function, number, times): return doubled
print(progress())
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course's files, outside this repository."""
    root = tmp_path_factory.mktemp("counting")
    for name, text in COURSE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def python(course: Path, place: Path) -> Path:
    """An interpreter that has the course installed beside the grader."""
    return venv_with(place / "other", course / "utils", course / "autograder")


def test_a_course_of_somebody_elses_is_built_checked_graded_and_verified(
    course: Path, python: Path, tmp_path: Path
) -> None:
    def grader(*words: str, status: int = 0) -> str:
        return run(python, course, "steepest_grader", *words, status=status)

    grader("build")
    assert sorted(path.name for path in (course / "utils/counting/outcomes").iterdir()) == [
        "applied.wire", "doubled.wire", "lessons.json",
    ]  # fmt: skip
    assert "Everything is current" in grader("build", "--check")
    grader("release", str(tmp_path / "counting.zip"))
    shutil.unpack_archive(tmp_path / "counting.zip", tmp_path)
    given = {path.relative_to(tmp_path / "counting-1").as_posix() for path in (tmp_path / "counting-1").rglob("*.*")}
    assert {"lessons/01_first/01_first.ipynb", "utils/counting/outcomes/doubled.wire", "environment.yml"} <= given
    assert not any("exercises" in name or "solutions" in name for name in given)
    (tmp_path / "student.py").write_text(STUDENT)
    lesson = tmp_path / "counting-1" / "lessons" / "01_first"
    said = subprocess.run([python, tmp_path / "student.py"], capture_output=True, text=True, check=True, cwd=lesson)
    assert "This matches a known mistake (squared): Twice, not to the power of two: a + a." in said.stdout
    assert said.stdout.splitlines()[-3:] == ["01_first  0 of 2", "  · doubled", "  · applied"]
    grader("sample-class", "01_first", "--out", str(course / "class"))
    grader("grade", "01_first", "--submitted", str(course / "class"), "--json", str(course / "grades.json"))
    rows = {row["student"]: row for row in json.loads((course / "grades.json").read_text())}
    assert (rows["correct"]["score"], rows["blank"]["score"], rows["mistake-applied-once"]["score"]) == (4, 0, 3)
    assert rows["mistake-doubled-squared"]["exercises"][0]["diagnosis"] == "squared"
    assert rows["accepted-doubled-by_two"]["outcome"] == "PASSED"
    grader("feedback", "01_first")
    grader("report", "01_first")
    grader("verify", "--json", str(course / "verify.json"))
    proved = json.loads((course / "verify.json").read_text())
    assert [list(proved), list(proved["01_first"])] == [["01_first"], ["doubled", "applied"]]
    assert all(item["named"] == [1, 1] for item in proved["01_first"].values())


def test_two_packages_that_use_one_id_are_told(course: Path, python: Path) -> None:
    lesson = course / "autograder/counting_exercises/first/lesson.py"
    text = lesson.read_text()
    lesson.write_text(text.replace('"doubled", _doubled', '"ewa", _doubled'))
    try:
        said = run(python, course, "steepest_grader", "judge", str(lesson), status=1)
    finally:
        lesson.write_text(text)
    assert "both define 'ewa': rename one of them" in " ".join(said.split())
