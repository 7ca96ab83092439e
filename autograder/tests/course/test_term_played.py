"""A term is played: plan, roster, release, forty students' work, an exercise that is changed, a request, and marks."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from environments import copy_of
from nbgrader.api import Gradebook
from steepest_grader.course.find import find_course

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.timeout(900)]

HOME = find_course(Path(__file__)).root
OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "OMP_NUM_THREADS": "1"}
LESSONS = {"01_mean": 1, "02_square": 2, "03_cube": 3, "04_fourth": 4}  # the power that is averaged in each
POINTS, BY_HAND = 4, 3
STUDENTS = [f"s{number:02d}" for number in range(40)]
LATE, ABSENT, CHANGED = {"s04", "s36"}, "s36", "03_cube"
BEFORE, AFTER = 0.25, 0.75  # what a mistake of the changed exercise earns
PLAN = """\
title = "Powers"
begins = 2026-02-02
timezone = "Europe/Vienna"

[marks]
drop = 1

[late]
days = [[1, 0.5]]

[roster]
file = "class.csv"
id = "Username"
email = "E-mail"
lms_user_id = "LMS id"

[lessons.01_mean]
due = "week 1"

[lessons.02_square]
due = 2026-02-15T18:00:00
weight = 2

[lessons.02_square.exercises]
spread_2 = "left out"

[lessons.03_cube]
due = "week 3"

[lessons.04_fourth]
due = "week 4"
solutions = 2999-01-01
"""
EXERCISE = '''\
"""`{name}`: the mean of powers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from powers_exercises.{package} import reference


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    return [
        Case(f"{{size}} values", {{"args": [rng.uniform(1, 3, size).tolist()], "kwargs": {{}}, "outputs": ["m"]}})
        for size in (3, 5, 8)
    ]


{upper} = Exercise(
    id="{name}",
    reference=reference.{name},
    cases=_cases,
    points={points},
    accepted=[Accepted("in_numpy", lambda values: float((np.array(values) ** {power}).mean()))],
    mistakes=[
        Mistake(
            "one_less",
            lambda values: sum(value**{power} for value in values) / (len(values) - 1),
            "Divide by how many values there are.",
            credit={credit},
        ),
        Mistake(
            "last_is_missing",
            lambda values: sum(value**{power} for value in values[:-1]) / len(values[:-1]),
            "The last value is left out.",
        ),
    ],
)
'''
REFERENCE = '''\
"""References."""

from __future__ import annotations

from collections.abc import Sequence

'''
FUNCTION = '''
def {name}(values: Sequence[float]) -> float:
    """The mean of powers."""
    return sum(value**{power} for value in values) / len(values)
'''
LESSON = """\
# %% [markdown]
# # {title}
#
# What is the mean of powers?

# %% nbgrader={{"locked": true, "grade_id": "setup"}}
from steepest import check
"""
ANSWER = '''
# %% nbgrader={{"solution": true, "grade_id": "answer_{name}"}}
def {name}(values):
    """The mean of powers."""
    ### BEGIN SOLUTION
    return sum(value**{power} for value in values) / len(values)
    ### END SOLUTION


# %% nbgrader={{"grade": true, "grade_id": "{name}"}}
check({name})
### BEGIN HIDDEN TESTS
from steepest_grader import grade

grade({name})
### END HIDDEN TESTS
'''
REFLECTION = f"""
# %% [markdown] nbgrader={{"grade": true, "solution": true, "grade_id": "reflection_mean", "points": {BY_HAND}}}
# It follows a wild value.
#
# *Rubric.* 1 point for each reason.
"""
LINE = re.compile(r"regrade/1(?: [!-~]+){5}")
KINDS = ("right", "right", "one_less", "last_is_missing")  # by a student's number


def kind_of(student: str) -> str:
    return KINDS[int(student[1:]) % len(KINDS)]


def written(kind: str, power: int) -> str:
    """What a student writes in the place of the stub."""
    rest = "values[:-1]" if kind == "last_is_missing" else "values"
    return f"    return sum(value**{power} for value in {rest}) / (len({rest}) - {int(kind == 'one_less')})"


def credit_of(kind: str, lesson: str, changed: bool) -> float:
    least = AFTER if changed and lesson == CHANGED else BEFORE
    return {"right": 1.0, "one_less": least, "last_is_missing": 0.0}[kind]


class Term:
    """A course, and an instructor who types commands in its folder."""

    def __init__(self, folder: Path, environment: Path) -> None:
        self.folder = folder
        self.path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.course_dir = folder / "build" / "course"

    def run(self, *words: str | Path, fails: str = "") -> str:
        """Run a command; what it prints. `fails` is what it says where it must not succeed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "VIRTUAL_"))}
        environment |= OFFLINE | {"PATH": self.path, "COLUMNS": "300"}
        done = subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600)
        printed = " ".join((done.stdout + done.stderr).split())
        assert (done.returncode != 0) == bool(fails) and fails in printed, printed
        return printed

    def grader(self, *words: str | Path, fails: str = "") -> str:
        return self.run("steepest-grader", *words, fails=fails)

    def told(self, *words: str | Path) -> Any:
        """What a command tells programs."""
        path = self.folder / "build" / "told.json"
        self.grader(*words, "--json", path)
        return json.loads(path.read_text(encoding="utf-8"))

    def write_lesson(self, lesson: str, power: int, credit: float = BEFORE) -> None:
        package = lesson.partition("_")[2]
        names = [f"moment_{power}", *(["spread_2"] if power == 2 else [])]
        own = self.folder / "autograder" / "powers_exercises" / package
        text = LESSON.format(title=lesson)
        reference = REFERENCE
        for name in names:
            more = {"name": name, "power": power, "package": package}
            exercise = EXERCISE.format(**more, upper=name.upper(), points=POINTS, credit=credit)
            (own / f"{name}.py").write_text(exercise, encoding="utf-8")
            reference += FUNCTION.format(**more)
            text += ANSWER.format(**more)
        (own / "reference.py").write_text(reference, encoding="utf-8")
        listed = "".join(f"from powers_exercises.{package}.{name} import {name.upper()}\n" for name in names)
        everything = ", ".join(name.upper() for name in names)
        (own / "lesson.py").write_text(f'{listed}\nLESSON = "{lesson}"\nEXERCISES = ({everything},)\n')
        text += REFLECTION if power == 1 else ""
        (self.folder / "solutions" / lesson / f"{lesson}.py").write_text(text, encoding="utf-8")

    def hand_in(self, released: Mapping[str, nbformat.NotebookNode]) -> None:
        """Everybody works on what was released; some are late, and one leaves out the last."""
        for student in STUDENTS:
            for lesson, power in LESSONS.items():
                if (student, power) == (ABSENT, 4):
                    continue
                notebook = nbformat.from_dict(released[lesson])
                sources = {
                    cell.get("metadata", {}).get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells
                }
                answer = sources[f"answer_moment_{power}"]
                stub = "    # YOUR CODE HERE\n    raise NotImplementedError()"
                assert stub in answer.source
                answer.source = answer.source.replace(stub, written(kind_of(student), power))
                if power == 1:
                    sources["reflection_mean"].source = "It follows a wild value."
                place = self.course_dir / "submitted" / student / lesson
                place.mkdir(parents=True)
                nbformat.write(notebook, place / f"{lesson}.ipynb")
                came = "2026-02-16 03:00:00" if (power, student in LATE) == (2, True) else "2026-02-05 12:00:00"
                (place / "timestamp.txt").write_text(f"{came} UTC")

    def mark_by_hand(self) -> None:
        """As formgrader does: the first half gets all points of the reflection, the others one."""
        with Gradebook(f"sqlite:///{self.course_dir}/gradebook.db", "powers") as book:
            for student in STUDENTS:
                grade = book.find_grade("reflection_mean", "01_mean", "01_mean", student)
                grade.manual_score, grade.needs_manual_grade = hand_mark(student), False
            book.db.commit()

    def page(self, student: str, lesson: str) -> str:
        """What a page of feedback says."""
        path = self.course_dir / "feedback" / student / lesson / f"{lesson}.html"
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", path.read_text(encoding="utf-8"))).split())

    def marks(self) -> dict[str, float]:
        """The marks of the term."""
        return {item["student"]: item["percent"] for item in self.told("marks")["marks"]}


def hand_mark(student: str) -> float:
    return BY_HAND if student < "s20" else 1.0


def expected(student: str, *, changed: bool) -> float:
    """The mark by hand: shares of lessons, half for being late, the worst dropped, the second of double weight."""
    shares = {}
    for lesson, power in LESSONS.items():
        got = POINTS * credit_of(kind_of(student), lesson, changed) + (hand_mark(student) if power == 1 else 0)
        share = got / (POINTS + (BY_HAND if power == 1 else 0))
        share *= 0.5 if (power, student in LATE) == (2, True) else 1
        shares[power] = 0.0 if (student, power) == (ABSENT, 4) else share
    kept = dict(shares)
    del kept[min(kept, key=kept.__getitem__)]
    weights = {power: 2 if power == 2 else 1 for power in kept}
    return 100 * sum(weights[power] * share for power, share in kept.items()) / sum(weights.values())


@pytest.fixture(scope="module")
def term(worker_id: str) -> Iterator[Term]:
    folder = HOME / "build" / f"term-{worker_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield made(folder)
    finally:
        shutil.rmtree(folder)


def made(folder: Path) -> Term:
    """The course with its plan and its list of students, installed in an environment of its own."""
    environment = copy_of(folder / ".venv")
    Term(folder, environment).grader("new", "course", "powers")
    term = Term(folder / "powers", environment)
    term.run("pip", "install", "--no-build-isolation", "-e", "utils", "-e", "autograder")
    for lesson, power in LESSONS.items():
        term.grader("new", "lesson", lesson)
        term.write_lesson(lesson, power)
    for name in ("environment.yml", "LICENSE", "utils/README.md"):
        (term.folder / name).write_text("Powers\n")
    (term.folder / "course.toml").write_text(PLAN)
    rows = "".join(f"{name},Fay,Lee,{name}@school.example,7{name[1:]}\n" for name in STUDENTS)
    (term.folder / "class.csv").write_text(f"Username,First name,Last name,E-mail,LMS id\n{rows}")
    return term


def released(archive: Path) -> dict[str, nbformat.NotebookNode]:
    found = {}
    with zipfile.ZipFile(archive) as bundle:
        for name in bundle.namelist():
            if name.endswith(".ipynb"):
                found[Path(name).stem] = nbformat.reads(bundle.read(name).decode(), as_version=4)
    return found


def test_a_term(term: Term) -> None:
    term.grader("build")
    term.grader("course", "check")
    term.grader("course", "roster", "class.csv", "--yes")
    term.grader("course", "apply")
    term.grader("release", "build/powers.zip")
    work = released(term.folder / "build" / "powers.zip")
    assert sorted(work) == sorted(LESSONS)
    assert "check(spread_2)" not in json.dumps(work)  # the plan leaves it out
    term.hand_in(work)

    # --- graded, and marked by hand
    term.grader("grade", "--quiet")
    term.mark_by_hand()
    assert term.marks() == {name: pytest.approx(expected(name, changed=False), abs=0.006) for name in STUDENTS}
    term.grader("feedback")

    # --- an exercise is changed: first it is shown, then taken over
    term.write_lesson(CHANGED, LESSONS[CHANGED], AFTER)
    term.grader("build")
    moved = [name for name in STUDENTS if kind_of(name) == "one_less"]
    shown = term.told("regrade")
    assert shown["written"] is False
    by_lesson = {item["lesson"]: item for item in shown["lessons"]}
    assert {name: len(item["changes"]) for name, item in by_lesson.items()} == {
        name: len(moved) * (name == CHANGED) for name in LESSONS
    }
    told = by_lesson[CHANGED]["changes"]
    assert {item["student"]: (item["before"]["score"], item["after"]["score"]) for item in told} == dict.fromkeys(
        moved, (POINTS * BEFORE, POINTS * AFTER)
    )
    assert term.marks()[moved[0]] == pytest.approx(expected(moved[0], changed=False), abs=0.006)

    # --- a student sends the line of the page
    line = LINE.findall(term.page(moved[0], CHANGED))[0]
    case = term.told("regrade", "--request", line)
    assert (case["student"], case["lesson"], case["exercise"]) == (moved[0], CHANGED, "moment_3")
    assert (case["then"]["score"], case["now"]["score"]) == (POINTS * BEFORE, POINTS * AFTER)
    forged = line.replace(moved[0], moved[1])
    term.grader("regrade", "--request", forged, fails="line")

    term.grader("regrade", "--write")
    assert all(not item["changes"] for item in term.told("regrade")["lessons"])
    assert term.marks() == {name: pytest.approx(expected(name, changed=True), abs=0.006) for name in STUDENTS}
    assert f"{POINTS * AFTER:g} / {POINTS}" in term.page(moved[0], CHANGED)

    # --- solutions, of what may be seen
    term.grader("solutions", "04_fourth", fails="--early")
    term.grader("solutions")
    given = {path.stem for path in (term.course_dir / "solutions").rglob("*.ipynb")}
    assert given == set(LESSONS) - {"04_fourth"}

    # --- marks for Canvas, each explained
    term.grader("marks", "--format", "canvas", "--out", "build/canvas.csv")
    text = (term.folder / "build" / "canvas.csv").read_text(encoding="utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["ID"]]
    assert [(row["ID"], row["SIS Login ID"]) for row in rows] == [(f"7{name[1:]}", name) for name in STUDENTS]
    column = next(title for title in rows[0] if title.startswith("course"))
    assert [float(row[column]) for row in rows] == [
        pytest.approx(expected(name, changed=True), abs=0.006) for name in STUDENTS
    ]
    explained = term.grader("marks", "--why", "s36")
    assert "10 h late, so by the table of the plan 50 % of it is left" in explained

    # --- and how the class stands
    report = term.told("report", "--course")
    assert report["students"] == len(STUDENTS)
    by_lesson = {item["lesson"]: item for item in report["lessons"]}
    assert {name: item["handed_in"] for name, item in by_lesson.items()} == {
        name: len(STUDENTS) - (name == "04_fourth") for name in LESSONS
    }
    mean = sum(credit_of(kind_of(name), CHANGED, changed=True) for name in STUDENTS) / len(STUDENTS)
    assert by_lesson[CHANGED]["mean"] == pytest.approx(mean)
