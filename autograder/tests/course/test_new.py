"""What `new` writes is complete, marks what is left, overwrites nothing, and says in a sentence what it refuses."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.authoring.edits import with_entry, with_imports
from steepest_grader.authoring.plain import Start, read_start
from steepest_grader.cli import main
from steepest_grader.course.find import find_course
from steepest_grader.course.release import archive
from steepest_grader.course.text_course import TextCourse
from steepest_grader.course.unfilled import MARK, Unfilled, unfilled
from steepest_grader.errors import CourseError
from steepest_grader.trust import verify

LESSON = "01_averages"
HOME = find_course(Path(__file__)).root
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `new` in an empty folder, or in a course within it."""

    def words(*args: object, within: str = "") -> Result:
        return CliRunner().invoke(main, ["--course", str(tmp_path / within), "new", *map(str, args)])

    return words


@pytest.fixture
def course(run: Run, tmp_path: Path) -> TextCourse:
    """A new course with a new lesson that asks for `spread_of`."""
    for words, within in ((("course", "surveys"), ""), (("lesson", LESSON), "surveys")):
        assert run(*words, within=within).exit_code == 0
    assert run("exercise", "spread_of", "--lesson", LESSON, within="surveys").exit_code == 0
    return TextCourse(tmp_path / "surveys")


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_the_files_of_a_course(course: TextCourse) -> None:
    assert set(files(course.root)) == {
        "pyproject.toml", ".gitignore", "environment.yml", "LICENSE", "utils/README.md", "utils/pyproject.toml",
        "utils/surveys/__init__.py", "autograder/pyproject.toml", "autograder/surveys_exercises/__init__.py",
        "autograder/surveys_exercises/averages/__init__.py", "autograder/surveys_exercises/averages/lesson.py",
        "autograder/surveys_exercises/averages/reference.py", "autograder/surveys_exercises/averages/spread_of.py",
        f"solutions/{LESSON}/{LESSON}.py", "solutions/.gitkeep",
    }  # fmt: skip
    assert find_course(course.solutions) == course
    assert (course.lessons(), course.course_id, course.student_package.name) == ([LESSON], "surveys", "surveys")


def test_every_mark_is_told_by_file_and_line(course: TextCourse) -> None:
    places = unfilled(course)
    marked = {
        (name, number)
        for name, text in files(course.root).items()
        for number, line in enumerate(text.splitlines(), start=1)
        if MARK in line
    }
    assert {(place.path, place.line) for place in places} == marked
    assert all(place.what for place in places)
    own = unfilled(course, [LESSON])
    assert {place.path for place in places} - {place.path for place in own} == {
        "environment.yml", "LICENSE", "utils/README.md",
    }  # fmt: skip
    assert str(own[0]).startswith(f"solutions/{LESSON}/{LESSON}.py, line 17: to be filled in: what the lesson is about")
    for name, text in files(course.root).items():
        (course.root / name).write_text(text.replace(MARK, "done"))
    assert unfilled(course) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('# FILL_IN: a case for f(table["age"])', ['a case for f(table["age"])']),
        ('"FILL_IN: This is the sum.",', ["This is the sum"]),
        ("# <summary>Hint</summary>FILL_IN: a question.</details>", ["a question"]),
        ("# FILL_IN: an answer. FILL_IN: a rubric.", ["an answer", "a rubric"]),
        ("FILL_IN", [""]),
        ("# REFILL_INK", []),
    ],
)
def test_what_a_mark_says(line: str, what: list[str], tiny: TextCourse) -> None:
    (tiny.root / "LICENSE").write_text(f"\n{line}\n")
    assert unfilled(tiny) == [Unfilled("LICENSE", 2, text) for text in what]


def test_nothing_is_released_with_a_place_that_is_left(built: TextCourse, tmp_path: Path) -> None:
    (built.root / "LICENSE").write_text(f"{MARK}: the terms.\n{MARK}: more.\n")
    with pytest.raises(CourseError, match="LICENSE, line 1: to be filled in: the terms and 1 more places"):
        archive(built, tmp_path / "out.zip")
    checked = CliRunner().invoke(main, ["--course", str(built.root), "build", "--check"])
    assert (checked.exit_code, "LICENSE, line 2: to be filled in: more." in checked.output) == (1, True)


def test_verify_tells_what_is_left_in_a_lesson(
    built: TextCourse, no_kernel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "verify", lambda lesson, **_: {})  # which is tried elsewhere
    source = built.solutions / "90_tiny" / "90_tiny.py"
    source.write_text(source.read_text().replace("# # Momentum", f"# # Momentum {MARK}: a title"))
    done = CliRunner().invoke(main, ["--course", str(built.root), "verify", "90_tiny", "--jobs", "1"])
    said = " ".join(done.output.split())
    assert (done.exit_code, "90_tiny.py, line 2: to be filled in: a title." in said) == (1, True), done.output


def test_what_is_written_is_well_formed(course: TextCourse) -> None:
    for tool in (("format", "--check"), ("check",)):
        words = [sys.executable, "-m", "ruff", *tool, "--config", HOME / "pyproject.toml", course.root / "autograder"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


REFUSED = {  # what is typed, and what is said
    "a course that is a keyword": (("course", "class"), "must be an identifier"),
    "a course in another folder": (("course", "../surveys2"), "must be an identifier"),
    "a course with a sign": (("course", "two-part"), "must be an identifier"),
    "a long course": (("course", "a" * 41), "at most 40"),
    "a course that is a package": (("course", "steepest"), "a package 'steepest' is installed"),
    "a course that is a module": (("course", "statistics"), "a package 'statistics' is installed"),
    "a course that is there": (("course", "surveys"), "is taken"),
    "a lesson that is a path": (("lesson", "02/two"), "must be a number, _ and an identifier"),
    "a lesson without a word": (("lesson", "02"), "must be a number, _ and an identifier"),
    "a lesson that is a keyword": (("lesson", "02_import"), "must be a number, _ and an identifier"),
    "a lesson that goes up": (("lesson", "02_.."), "must be a number, _ and an identifier"),
    "a long lesson": (("lesson", "02_" + "a" * 40), "of at most 40"),
    "a lesson that is there": (("lesson", LESSON), "is taken by another lesson"),
    "a lesson whose folder is there": (("lesson", "02_averages"), "averages is there"),
    "a lesson of another course": (("lesson", "05_momentum"), "is taken by another lesson"),
    "an exercise that is a path": (("exercise", "a/b", "--lesson", LESSON), "is that of the function"),
    "an exercise that is a keyword": (("exercise", "lambda", "--lesson", LESSON), "is that of the function"),
    "an exercise that is private": (("exercise", "_inner", "--lesson", LESSON), "is that of the function"),
    "a long exercise": (("exercise", "a" * 58, "--lesson", LESSON), "of at most 57 letters"),
    "an exercise that is there": (("exercise", "spread_of", "--lesson", LESSON), "is taken by another exercise"),
    "an exercise of another course": (("exercise", "momentum_step", "--lesson", LESSON), "is taken by another"),
    "an exercise that is a file": (("exercise", "reference", "--lesson", LESSON), "reference.py is there"),
    "an exercise of no lesson": (("exercise", "mode", "--lesson", "02_none"), "There is no lesson '02_none'"),
    "an exercise without a name": (("exercise", "--lesson", LESSON), "Name the function"),
    "a cell of no notebook": (("exercise", "--lesson", LESSON, "--cell", "x"), "--from FILE and --cell ID together"),
    "a notebook that is not there": (
        ("exercise", "--lesson", LESSON, "--from", "none.ipynb", "--cell", "x"),
        "none.ipynb cannot be read: No such file",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_gets_a_sentence_and_changes_nothing(
    case: str, course: TextCourse, run: Run, tmp_path: Path
) -> None:
    words, said = REFUSED[case]
    before = files(tmp_path)
    done = run(*words, within="" if words[0] == "course" else "surveys")
    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code, said in " ".join(done.output.split())) == (1, True), done.output
    assert files(tmp_path) == before


def test_a_list_that_is_no_list_is_told_before_anything_is_written(course: TextCourse, run: Run) -> None:
    listed = course.root / "autograder/surveys_exercises/averages/lesson.py"
    listed.write_text(listed.read_text().replace("(SPREAD_OF,)", "tuple(ALL)"))
    before = files(course.root)
    done = run("exercise", "mode", "--lesson", LESSON, within="surveys")
    assert (done.exit_code, "assigns no tuple to EXERCISES" in " ".join(done.output.split())) == (1, True)
    assert files(course.root) == before


ENTRIES = [
    ("X = ()\n", "X = (B,)\n"),
    ("X = (A,)  # in order\n", "X = (A, B)  # in order\n"),
    ("X: tuple[int, ...] = (\n    A,\n    C,\n)\nY = 1\n", "X: tuple[int, ...] = (A, C, B)\nY = 1\n"),
    ("X = []\n", "X = [B]\n"),
    (f"X = ({'A' * 58}, {'C' * 58})\n", f"X = (\n    {'A' * 58},\n    {'C' * 58},\n    B,\n)\n"),
]


@pytest.mark.parametrize(("text", "found"), ENTRIES)
def test_a_name_goes_behind_the_others(text: str, found: str) -> None:
    assert with_entry(text, "X", "B", "lesson.py") == found


IMPORTS = [
    ('"""A."""\n', '"""A."""\n\nimport math\nfrom math import pi\n'),
    ("x = 1\n", "import math\nfrom math import pi\n\nx = 1\n"),
    ("import math\nfrom math import pi\n", "import math\nfrom math import pi\n"),
    (
        "from __future__ import annotations\n\nimport torch\nfrom own.b import c\n\n\nx = 1\n",
        "from __future__ import annotations\n\nimport math\nfrom math import pi\n\nimport torch\n\n"
        "from own.b import c\n\n\nx = 1\n",
    ),
    ("import torch  # slow\n\nx = 1\n", "import torch  # slow\nimport math\nfrom math import pi\n\nx = 1\n"),
]


@pytest.mark.parametrize(("text", "found"), IMPORTS)
def test_imports_go_among_the_others(text: str, found: str) -> None:
    assert with_imports(text, ["import math", "from math import pi"], "reference.py", "own") == found


# --- from a test of plain nbgrader -----------------------------------------------------------------------------

SOLUTION = '''def squares(n, *, shift=0):
    """Squares."""
    n = int(n)
    ### BEGIN SOLUTION
    return [helper(i) + shift for i in range(1, n + 1)]
    ### END SOLUTION'''
BARE = "def total(values):\n    '''Adds.'''\n    # all of them\n    return np.sum(values) + len(squares(2))"
HELPER = "LEAST = 2\ndef helper(x):\n    return x ** LEAST\ndef unused(): pass"
LONG = 10**80
TESTS = {
    "alike": f"assert squares({LONG})\nassert squares({LONG + 1})",
    "calls": "assert squares(1) == [1]\nassert_equal(squares(2, shift=-3), [-2, 1])\nassert squares(1)[0] == 1",
    "loops": "for n, m in [(1, 1), (3, 9)]:\n    assert squares(n)[-1] == m\nfor n in range(2, 4): squares(n)",
    "names": "most = 5\nassert len(squares(most)) == most\nn = 1\nn = 2\nassert squares(n)",
    "unknown": "assert squares(int(data['n'])) == []\nassert squares(*args)\nassert squares(**{'n': 1})",
    "refusals": "try:\n    squares(-1)\nexcept ValueError:\n    pass\nwith raises(ValueError):\n    squares(-2)",
    "arrays": "import torch\nassert total(np.array([1.0, 2]))\nassert total(torch.ones(3)) == total(np.random.rand(2))",
    "both": "assert squares(2) == [1, 4] and total([1]) == 3\nassert spread(2)",
    "spread": "assert spread(3) == 9",
    "neither": "assert helper(2) == 4",
    "broken": "assert squares(",
}


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A source notebook of plain nbgrader with two solutions and a table of tests."""

    def cell(source: str, **header: object) -> NotebookNode:
        flags = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
        return new_code_cell(source, metadata={"nbgrader": flags | header} if header else {})

    cells = [
        new_markdown_cell("# Problem 1"),
        new_code_cell("%matplotlib inline\nimport numpy as np\nimport os"),
        cell(HELPER),
        new_markdown_cell("## Part A"),
        new_markdown_cell("Squares of $1$ to $n$."),
        cell(SOLUTION, solution=True, grade_id="squares"),
        cell(BARE + "\n\ndef spread(x):\n    return helper(x)", solution=True, grade_id="total"),
        *(cell(text, grade=True, locked=True, grade_id=name, points=1.5) for name, text in TESTS.items()),
    ]
    path = tmp_path / "problem1.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


TOLD: list[tuple[str, str, list[str], list[str]]] = [  # test, function, arguments that are told, lines that are not
    ("calls", "squares", ["1", "2, shift=-3"], []),
    ("loops", "squares", ["1", "3", "2"], []),
    ("names", "squares", ["5"], ["assert squares(n)"]),
    (
        "unknown",
        "squares",
        [],
        ['assert squares(int(data["n"])) == []', "assert squares(*args)", "assert squares(**{'n': 1})"],
    ),
    ("refusals", "squares", [], ["try: squares(-1) except ValueError: pass", "with raises(ValueError): squares(-2)"]),
    (
        "arrays",
        "total",
        ["np.array([1.0, 2])", "torch.ones(3)"],
        ["assert total(torch.ones(3)) == total(np.random.rand(2))"],
    ),
    ("alike", "squares", [str(LONG + n) for n in range(2)], []),
]


@pytest.mark.parametrize(("test", "function", "told", "untold"), TOLD, ids=[row[0] for row in TOLD])
def test_what_calls_say(test: str, function: str, told: list[str], untold: list[str], notebook: Path) -> None:
    start = read_start(notebook, test)
    assert (start.name, start.points) == (function, 1.5)
    assert [item.arguments for item in start.cases] == told
    assert len({item.label for item in start.cases}) == len(told)
    assert [text.replace("'", '"') for text in start.untold] == [text.replace("'", '"') for text in untold]


def test_what_a_solution_says(notebook: Path) -> None:
    start = read_start(notebook, "calls")
    assert start.text == "## Part A\n\nSquares of $1$ to $n$."
    assert (start.answer, list(start.definitions)) == (SOLUTION, ["LEAST", "helper", "squares"])
    assert "SOLUTION" not in start.definitions["squares"]
    assert (start.given, start.companions, start.imports) == (["LEAST", "helper"], [], [])
    total = read_start(notebook, "arrays")
    assert total.answer.splitlines()[2:] == [
        "    # all of them",
        "    ### BEGIN SOLUTION",
        "    return np.sum(values) + len(squares(2))",
        "    ### END SOLUTION",
    ]
    assert (total.companions, total.imports, total.case_imports) == (
        ["squares"],
        ["import numpy as np"],
        ["import torch"],
    )
    assert (read_start(notebook, "both", "squares").name, total.text) == ("squares", "")


@pytest.mark.parametrize(
    ("test", "name", "said"),
    [
        ("none", None, "holds no test cell 'none'. Its test cells are: alike, calls"),
        ("squares", None, "holds no test cell 'squares'"),
        ("both", None, "calls several functions, total, spread: name the one that is meant"),
        ("neither", None, "calls no function of a solution before it"),
        ("calls", "helper", "no solution before it defines 'helper', but: squares, total, spread"),
        ("broken", None, "cell 'broken' is no Python"),
    ],
)
def test_what_cannot_be_taken_gets_a_sentence(test: str, name: str | None, said: str, notebook: Path) -> None:
    with pytest.raises(CourseError, match=said.replace(".", r"\.")):
        read_start(notebook, test, name)


def test_an_exercise_begins_with_a_test(course: TextCourse, run: Run, notebook: Path) -> None:
    for test in ("calls", "arrays"):
        done = run("exercise", "--lesson", LESSON, "--from", notebook, "--cell", test, within="surveys")
        assert done.exit_code == 0, done.output
    folder = course.root / "autograder/surveys_exercises/averages"
    defined = [node.name for node in ast.parse((folder / "reference.py").read_text()).body if hasattr(node, "name")]
    assert defined == ["spread_of", "helper", "squares", "total"]
    module = (folder / "total.py").read_text()
    assert 'case("total(np.array([1.0, 2]))", np.array([1.0, 2])),' in module
    assert '"squares": reference.squares,' in module
    assert "EXERCISES = (SPREAD_OF, SQUARES, TOTAL)" in (folder / "lesson.py").read_text()
    source = (course.solutions / LESSON / f"{LESSON}.py").read_text()
    parts = ["given_squares", "answer_squares", "given_total", "answer_total", "# ## Reflection"]
    assert sorted(parts, key=source.index) == parts
    assert (
        run(
            "exercise", "spread", "--lesson", LESSON, "--from", notebook, "--cell", "spread", within="surveys"
        ).exit_code
        == 0
    )
    source = (course.solutions / LESSON / f"{LESSON}.py").read_text()
    assert source.count("def helper(x):") == 1  # which `spread` uses as well
    ast.parse(module)
    ast.parse(source)


def test_a_start_is_a_value(notebook: Path) -> None:
    assert isinstance(read_start(notebook, "calls"), Start)
