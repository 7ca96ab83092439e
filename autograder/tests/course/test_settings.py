"""Each setting that nbgrader lists stands in docs/nbgrader.md, and what stands there is so."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from kinds import AUTOTESTS, NO_DIFFERENCE
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderApp
from steepest_grader.course.find import find_any_course, find_course
from steepest_grader.course.lesson import load
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.course.settings import REFUSED
from steepest_grader.errors import CourseError
from steepest_grader.files import replace_file

PAGE = find_course(Path(__file__).parent).root / "docs" / "nbgrader.md"
ROW = re.compile(r"^\| (`.*`) \| (.*) \|$", re.MULTILINE)
REFUSAL = re.compile(r"ends? the command")


def listed() -> dict[str, str]:
    """What the page says of each setting."""
    found: dict[str, str] = {}
    text = PAGE.read_text(encoding="utf-8")
    for names, said in ROW.findall(text[text.index("## Settings") : text.index("## Marking by hand")]):
        owner, _, first = names.split(", ")[0].strip("`").partition(".")
        for name in (first, *(other.strip("`") for other in names.split(", ")[1:])):
            assert f"{owner}.{name}" not in found
            found[f"{owner}.{name}"] = said
    return found


def course(root: Path, config: str, source: NotebookNode | None = None) -> NbgraderCourse:
    (root / "nbgrader_config.py").write_text(f"c = get_config()\n{config}\n")
    path = root / "source" / "ps1" / "p.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source or new_notebook(), path)
    return NbgraderCourse(root)


def test_the_page_lists_what_nbgrader_lists() -> None:
    app = NbGraderApp()
    app.initialize([])
    theirs = {f"{kind.__name__}.{name}" for kind in app.classes for name in kind.class_own_traits(config=True)}
    assert set(listed()) == theirs


def test_the_page_names_what_ends_the_command() -> None:
    own = {f"{kind.__name__}" for kind in NbGraderApp().classes}
    said = {setting for setting, text in listed().items() if REFUSAL.fullmatch(text)}
    assert said == {setting for setting in REFUSED if setting.partition(".")[0] in own} | {"IgnorePattern.enabled"}


def test_the_page_names_what_makes_no_difference() -> None:
    tried = {line.partition(" = ")[0].removeprefix("c.") for line in NO_DIFFERENCE.strip().splitlines()}
    assert tried == {name for name, text in listed().items() if re.match("makes? no difference", text)}


@pytest.mark.parametrize("setting", [*REFUSED, "IgnorePattern.enabled", "ExecutePreprocessor.kernel_name"])
def test_what_cannot_hold_ends_the_command(setting: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=rf"sets {re.escape(setting)}, which cannot hold here: .+ Take it out"):
        load(course(tmp_path, f"c.{setting} = 'x'"), "ps1/p")


FOLDERS = {"source": "source", "submitted": "handed_in", "autograded": "graded", "feedback": "fb"}


def test_folders_and_the_gradebook_lie_where_they_are_put(tmp_path: Path) -> None:
    lines = [f"c.CourseDirectory.{step}_directory = {name!r}" for step, name in FOLDERS.items()]
    own = course(tmp_path, "\n".join([*lines, "c.CourseDirectory.db_url = 'sqlite:////books/marks.db'"]))
    assert {step: own.folder(step) for step in FOLDERS} == {step: tmp_path / name for step, name in FOLDERS.items()}
    assert own.gradebook == "sqlite:////books/marks.db"


def test_a_course_lies_where_its_root_is(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(elsewhere)!r}\nc.CourseDirectory.source_directory = 'src'\n"
    )
    (elsewhere / "src" / "ps1").mkdir(parents=True)
    nbformat.write(new_notebook(), elsewhere / "src" / "ps1" / "p.ipynb")
    found = find_any_course(tmp_path)
    assert (found.lessons(), found.folder("submitted")) == (["ps1/p"], elsewhere / "submitted")


def test_what_nbgrader_refuses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="nbgrader refuses what it says"):
        course(tmp_path, "c.Execute.timeout = 'soon'").lessons()


@pytest.mark.parametrize(
    ("config", "metadata", "seconds"),
    [
        ("", {}, None),
        ("c.Execute.timeout = 120", {}, 120),
        ("c.ExecutePreprocessor.timeout = 120", {}, 120),
        ("c.NotebookClient.timeout = 120", {}, 120),
        ("c.Execute.timeout = None", {}, math.inf),
        ("c.Execute.timeout = -1", {}, math.inf),
        ("c.Execute.timeout = 120", {"execution": {"timeout": 60}}, 60),
    ],
)
def test_how_long_a_cell_may_run(config: str, metadata: dict[str, Any], seconds: float, tmp_path: Path) -> None:
    assert load(course(tmp_path, config, new_notebook(metadata=metadata)), "ps1/p").cell_seconds == seconds


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_none_is_told(value: str, tmp_path: Path) -> None:
    tagged = new_notebook(cells=[new_code_cell("", metadata={"tags": [f"seconds={value}"]})])
    with pytest.raises(CourseError, match="limit of time"):
        load(course(tmp_path, "", tagged), "ps1/p")


def test_what_lies_in_a_shared_folder_is_shared(tmp_path: Path) -> None:
    for name, mode in (("shared", 0o2775), ("own", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
        replace_file(tmp_path / name / "ada" / "ps1" / "p.ipynb", b"x")
    modes = [
        [path.stat().st_mode & 0o2020 for path in (tmp_path / name / "ada", tmp_path / name / "ada" / "ps1")]
        for name in ("shared", "own")
    ]
    assert modes == [[0o2020, 0o2020], [0, 0]]
    assert (tmp_path / "shared" / "ada" / "ps1" / "p.ipynb").stat().st_mode & 0o777 == 0o664
    assert (tmp_path / "own" / "ada" / "ps1" / "p.ipynb").stat().st_mode & 0o777 == 0o644


SOLVES, TESTS, MARKS = {"solution": True}, {"grade": True, "locked": True, "points": 1}, {"task": True, "points": 1}
ANSWER = {"grade": True, "solution": True, "points": 1}
# A setting, a cell under it and its header, and what stands in the student's notebook and does not.
HOLD: list[tuple[str, NotebookNode, dict[str, Any], str, str]] = [
    ("IncludeHeaderFooter.header = 'more.ipynb'", new_code_cell("1"), {}, "more", "-"),
    ("IncludeHeaderFooter.footer = 'more.ipynb'", new_code_cell("1"), {}, "more", "-"),
    ("InstantiateTests.autotest_filename = 'mine.yml'", new_code_cell("### AUTOTEST 5"), TESTS, "assert", "AUTOTEST"),
    ("InstantiateTests.autotest_delimiter = 'MINE'", new_code_cell("### MINE 5"), TESTS, "assert", "MINE"),
    (
        "InstantiateTests.hashed_delimiter = 'SECRET'",
        new_code_cell("### SECRET AUTOTEST 5"),
        TESTS,
        "hexdigest",
        "SECRET",
    ),
    ("InstantiateTests.enforce_metadata = False", new_code_cell("### AUTOTEST 5"), {}, "assert", "AUTOTEST"),
    (
        "InstantiateTests.comment_strs = {'python3': '//'}",
        new_code_cell("### AUTOTEST 5"),
        TESTS,
        "### AUTOTEST 5",
        "assert",
    ),
    (
        "InstantiateTests.sanitizers = {'python3': lambda text: 'clean'}",
        new_code_cell("### AUTOTEST 5"),
        TESTS,
        "clean",
        "AUTOTEST",
    ),
    (
        "ClearSolutions.begin_solution_delimeter = 'GO'",
        new_code_cell("mine\n# GO\nx\n### END SOLUTION"),
        SOLVES,
        "mine",
        "GO",
    ),
    (
        "ClearSolutions.end_solution_delimeter = 'OH'",
        new_code_cell("### BEGIN SOLUTION\nx\n# OH"),
        SOLVES,
        "YOUR",
        "OH",
    ),
    ("ClearSolutions.code_stub = {'python': 'mine'}", new_code_cell("x"), SOLVES, "mine", "YOUR CODE"),
    ("ClearSolutions.text_stub = 'mine'", new_markdown_cell("x"), ANSWER, "mine", "YOUR ANSWER"),
    (
        "ClearSolutions.enforce_metadata = False",
        new_code_cell("### BEGIN SOLUTION\nx\n### END SOLUTION"),
        {},
        "YOUR",
        "x",
    ),
    (
        "ClearHiddenTests.begin_test_delimeter = 'GO'",
        new_code_cell("1\n# GO\nx\n### END HIDDEN TESTS"),
        TESTS,
        "1",
        "x",
    ),
    (
        "ClearHiddenTests.end_test_delimeter = 'OH'",
        new_code_cell("1\n### BEGIN HIDDEN TESTS\nx\n# OH"),
        TESTS,
        "1",
        "x",
    ),
    (
        "ClearHiddenTests.enforce_metadata = False",
        new_code_cell("1\n### BEGIN HIDDEN TESTS\nx\n### END HIDDEN TESTS"),
        {},
        "1",
        "x",
    ),
    (
        "ClearMarkScheme.begin_mark_scheme_delimeter = 'GO'",
        new_markdown_cell("1\nGO\nx\n### END MARK SCHEME"),
        MARKS,
        "1",
        "x",
    ),
    (
        "ClearMarkScheme.end_mark_scheme_delimeter = 'OH'",
        new_markdown_cell("1\n### BEGIN MARK SCHEME\nx\nOH"),
        MARKS,
        "1",
        "x",
    ),
    (
        "ClearMarkScheme.enforce_metadata = False",
        new_markdown_cell("1\n### BEGIN MARK SCHEME\nx\n### END MARK SCHEME"),
        {},
        "1",
        "x",
    ),
    (
        "ClearMarkScheme.check_attachment_leakage = False",
        new_markdown_cell("1\n### BEGIN MARK SCHEME\n![](attachment:x)\n### END MARK SCHEME"),
        MARKS,
        "1",
        "x",
    ),
    ("LockCells.lock_all_cells = True", new_code_cell("1"), {}, '"editable": false', "-"),
    (
        "LockCells.lock_grade_cells = c.LockCells.lock_readonly_cells = False",
        new_code_cell("1"),
        {"grade": True, "points": 1},
        "1",
        '"deletable": false',
    ),
    ("LockCells.lock_readonly_cells = False", new_code_cell("1"), {"locked": True}, "1", '"editable": false'),
    ("LockCells.lock_solution_cells = False", new_code_cell("1"), SOLVES, "YOUR", '"deletable": false'),
]


# nbgrader does not close what it used to make its autotests
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("setting", "cell", "header", "stands", "gone"), HOLD, ids=[row[0] for row in HOLD])
def test_what_changes_the_students_notebook_holds(
    setting: str, cell: NotebookNode, header: dict[str, Any], stands: str, gone: str, tmp_path: Path
) -> None:
    flags = {"grade": False, "solution": False, "locked": False, "task": False} | header
    marked = {"nbgrader": flags | {"grade_id": "cell", "schema_version": 3}} if header else {}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    source = new_notebook(cells=[NotebookNode(cell, metadata=NotebookNode(marked))], metadata={"kernelspec": kernel})

    def given_out(place: str, config: str) -> str:
        root = tmp_path / place
        root.mkdir()
        tests = AUTOTESTS.read_text()
        (root / "autotests.yml").write_text(tests)
        (root / "mine.yml").write_text(tests.replace("value of {{snippet}}", "my value of {{snippet}}"))
        nbformat.write(new_notebook(cells=[new_markdown_cell("more")]), root / "more.ipynb")
        try:
            cells = load(course(root, config, source), "ps1/p").released.cells
        except CourseError as error:
            return str(error)
        return "\n".join(f"{each.source}\n{json.dumps(each.metadata)}" for each in cells)

    found = given_out("changed", f"c.{setting}")
    assert stands in found and gone not in found.replace("schema_version", "")
    assert found != given_out("usual", "")
