from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from steepest_grader.course.find import find_course
from steepest_grader.course.judged import is_judged
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue

LESSON, EXERCISE = "90_tiny", "momentum_step"
TEST_HEADER = '# %% nbgrader={"grade": true, "grade_id": "momentum_step"}'
ANSWER_HEADER = '# %% nbgrader={"solution": true, "grade_id": "answer_momentum_step"}'
IMPORT = "from steepest_grader import grade"


def nbgrader_metadata(course: Course) -> dict[str, dict]:
    cells = course.source(LESSON).cells
    return {c.metadata.nbgrader.grade_id: dict(c.metadata.nbgrader) for c in cells if "nbgrader" in c.metadata}


def test_short_headers_are_completed(tiny: Course) -> None:
    common = {"schema_version": 3, "task": False}
    assert nbgrader_metadata(tiny) == {
        "answer_momentum_step": {
            **common,
            "grade_id": "answer_momentum_step",
            "grade": False,
            "solution": True,
            "locked": False,
        },
        EXERCISE: {
            **common,
            "grade_id": EXERCISE,
            "grade": True,
            "solution": False,
            "locked": True,
            "points": catalogue.exercise(EXERCISE).points,
        },
        "reflection": {
            **common,
            "grade_id": "reflection",
            "grade": True,
            "solution": True,
            "locked": False,
            "points": 3,
        },
    }


def test_the_notebook_is_valid_and_always_the_same(tiny: Course, text: str, write: Callable[..., Path]) -> None:
    write(tiny, f"{text}\n\n\n# %%\ntwice()\n\n# %%\ntwice()\n# %% [markdown]\n# text\n")
    first, second = tiny.source(LESSON), tiny.source(LESSON)
    assert first == second
    nbformat.validate(first)
    ids = [cell.id for cell in first.cells]
    assert len(set(ids)) == len(ids)
    assert {EXERCISE, f"answer_{EXERCISE}", "reflection"} <= set(ids)
    assert set(first.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"nbgrader", "deletable", "tags"} for cell in first.cells)
    assert all(cell.metadata.deletable is False for cell in first.cells if "nbgrader" in cell.metadata)


def test_ids_depend_on_the_lesson_and_not_on_what_stands_before(
    tiny: Course, text: str, write: Callable[..., Path]
) -> None:
    before = [cell.id for cell in tiny.source(LESSON).cells]
    write(tiny, f"# %%\nnew = 1\n\n{text}")
    assert [cell.id for cell in tiny.source(LESSON).cells][-len(before) :] == before
    write(tiny, "# %%\nnew = 1\n", "91_other")
    (other,) = tiny.source("91_other").cells
    assert other.id not in [cell.id for cell in tiny.source(LESSON).cells]


def test_locked_cells_and_tags_and_titles(tiny: Course, text: str, write: Callable[..., Path]) -> None:
    write(
        tiny,
        f'{text}\n# %% Set-up tags=["demo"] nbgrader={{"locked": true, "grade_id": "setup"}}\nimport math\n',
    )
    cell = tiny.source(LESSON).cells[-1]
    assert cell.metadata.tags == ["demo"]
    assert cell.metadata.nbgrader.locked
    assert "title" not in cell.metadata


REFUSED = {
    "unknown metadata": (lambda t: t.replace("# %%\n", "# %% solutoin=true\n", 1), "the header says solutoin"),
    "unknown nbgrader key": (lambda t: t.replace('"points": 3', '"point": 3'), "header says point;"),
    "header is no dict": (lambda t: t.replace(TEST_HEADER, "# %% nbgrader=[1]"), "header says"),
    "no grade_id": (lambda t: t.replace(', "grade_id": "reflection"', ""), "grade_id must be .* Got None"),
    "odd grade_id": (lambda t: t.replace('"reflection"', '"a b"'), "Got 'a b'"),
    "flag is text": (lambda t: t.replace('"solution": true', '"solution": "yes"', 1), "true or false. Got 'yes'"),
    "no flag": (lambda t: t.replace('"solution": true, ', "", 1), "say grade, solution or locked"),
    "locked solution": (lambda t: t.replace('"solution"', '"locked": true, "solution"', 1), "cannot be locked"),
    "no points": (lambda t: t.replace(', "points": 3', ""), "give this graded cell its points"),
    "negative points": (lambda t: t.replace('"points": 3', '"points": -1'), "Got -1"),
    "points are true": (lambda t: t.replace('"points": 3', '"points": true'), "Got True"),
    "points on an answer": (
        lambda t: t.replace(ANSWER_HEADER, ANSWER_HEADER.replace("}", ', "points": 1}')),
        "only a graded cell has points",
    ),
    "other points": (
        lambda t: t.replace(TEST_HEADER, TEST_HEADER.replace("}", ', "points": 77}')),
        "the header says 77",
    ),
    "same id twice": (lambda t: t.replace('"reflection"', '"answer_momentum_step"'), "more than one cell"),
    "unknown exercise": (lambda t: t.replace("momentum_step", "mystery"), "no exercise has this id"),
    "other function": (lambda t: t.replace("grade(momentum_step)", "grade(other)"), "calls grade on other"),
    "graded twice": (
        lambda t: t.replace("grade(momentum_step)\n", "grade(momentum_step)\ngrade(momentum_step)\n"),
        "call it once",
    ),
    "mark thrown away": (
        lambda t: t.replace("grade(momentum_step)\n", "grade(momentum_step)\nprint()\n"),
        "must be the last line",
    ),
    "no test cell": (lambda t: t.replace(IMPORT, "").replace(TEST_HEADER, "# %%"), "has no test cell"),
    "no answer cell": (lambda t: t.replace('"answer_momentum_step"', '"answer"'), "has no answer cell"),
}


@pytest.mark.parametrize(("edit", "says"), REFUSED.values(), ids=REFUSED)
def test_mistakes_in_a_lesson_are_named(
    tiny: Course, edit: Callable[[str], str], says: str, text: str, write: Callable[..., Path]
) -> None:
    edited = edit(text)
    assert edited != text
    write(tiny, edited)
    with pytest.raises(CourseError, match=says):
        tiny.source(LESSON)


def test_unknown_lessons_and_missing_files(tiny: Course) -> None:
    with pytest.raises(CourseError, match=r"no lesson '05_x'.* lessons are: 90_tiny"):
        tiny.source("05_x")
    with pytest.raises(CourseError, match="no lesson"):
        tiny.source("../solutions/90_tiny")
    (tiny.solutions / "91_empty").mkdir()
    with pytest.raises(CourseError, match=r"holds no 91_empty\.py"):
        tiny.source("91_empty")


def test_a_course_is_found_from_within(tiny: Course, tmp_path: Path) -> None:
    (tiny.solutions / "__pycache__").mkdir()
    assert find_course(tiny.solutions / LESSON).root == tiny.root.resolve()
    assert find_course(tiny.root).lessons() == [LESSON]
    with pytest.raises(CourseError, match="not within a course"):
        find_course(tmp_path)
    with pytest.raises(CourseError, match="no folder solutions/"):
        TextCourse(tmp_path).lessons()


@pytest.mark.parametrize(
    ("source", "judged"),
    [
        (f"check(f)\n{IMPORT}\ngrade(f)", "f"),
        ("from steepest_grader import grade as g\ng(f)", "f"),
        ("import steepest_grader\nsteepest_grader.grade(f)", "f"),
        ("import steepest_grader as s\ns.grade(f)", "f"),
        (f"%%time\n{IMPORT}\ngrade(f)", "f"),
        (f"%matplotlib inline\n!ls\nx = !pwd\nplot?\n{IMPORT}\ngrade(f)", "f"),
        ("grade(f)", None),
        ("from elsewhere import grade\ngrade(f)", None),
        ("import os\nos.grade(f)", None),
        (f"{IMPORT}\n# grade(f)", None),
        (f'{IMPORT}\n"grade(f)"', None),
        (f"{IMPORT}\ngrade", None),
        (f"{IMPORT}\ngrade(f, 2)", None),
        (f"{IMPORT}\ngrade(lambda: 1)", None),
        (f"{IMPORT}\ngrade(f", None),
        ("", None),
    ],
)
def test_judged_cells_are_told_by_their_code(source: str, judged: str | None) -> None:
    test_cell = {"nbgrader": {"grade": True, "solution": False, "grade_id": "x"}}
    assert is_judged(new_code_cell(source, metadata=test_cell)) == judged
    answer = {"nbgrader": {"grade": True, "solution": True, "grade_id": "x"}}
    assert is_judged(new_code_cell(source, metadata=answer)) is None
    assert is_judged(new_code_cell(source)) is None
    assert is_judged(new_markdown_cell(source, metadata=test_cell)) is None
