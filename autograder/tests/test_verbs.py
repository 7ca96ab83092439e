"""`course`, `release` and `solutions`: what they write, what they refuse, and that a second time changes nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbgrader.api import Gradebook
from steepest_grader.cli import main
from steepest_grader.course.find import planned_points
from steepest_grader.course.lesson import load
from steepest_grader.course.plan import Plan
from steepest_grader.course.plan_file import PLAN
from steepest_grader.course.release import build
from steepest_grader.course.text_course import TextCourse
from steepest_grader.verbs import handout

LESSON, OTHER, EXERCISE = "90_tiny", "91_other", "momentum_step"
Run = Callable[..., Result]
DATED = f'begins = 2026-10-05\n[lessons.{LESSON}]\nrelease = "week 2"\ndue = 2026-11-10\n'


@pytest.fixture
def run(built: TextCourse) -> Run:
    return lambda *args, **more: CliRunner().invoke(main, ["--course", str(built.root), *map(str, args)], **more)


@pytest.fixture
def plan(built: TextCourse) -> Callable[[str], TextCourse]:
    def write(text: str) -> TextCourse:
        (built.root / PLAN).write_text(text)
        return TextCourse(built.root)

    return write


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handout, "now", lambda: datetime(2026, 10, 20, tzinfo=UTC))


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_init_writes_what_holds_and_overwrites_nothing(run: Run, built: TextCourse) -> None:
    with Gradebook(built.gradebook, "steepest") as book:
        book.update_or_create_assignment(LESSON, duedate=datetime(2026, 11, 10, 12))
    assert run("course", "init").exit_code == 0
    text = (built.root / PLAN).read_text()
    found = TextCourse(built.root).plan
    assert (f"# exercises.{EXERCISE} = 2\n" in text, "# exercises.reflection = 3\n" in text) == (True, True)
    assert found.due(LESSON) == datetime(2026, 11, 10, 12, tzinfo=UTC)
    assert found.model_copy(update={"title": None, "lessons": {}}) == Plan()
    assert run("course", "check").exit_code == 0
    again = run("course", "init")
    assert (again.exit_code, "is there already" in said(again)) == (1, True)
    assert (built.root / PLAN).read_text() == text


def test_check_tells_every_mistake(run: Run, plan: Callable[[str], TextCourse]) -> None:
    plan(f"titel = 1\n[lessons.{LESSON}.exercises]\nreflexion = 3\n")
    checked = run("course", "check")
    assert checked.exit_code == 1
    assert "line 1: titel: there is no such key; did you mean 'title'?" in said(checked)
    assert f"line 3: lessons.{LESSON}.exercises.reflexion: the lesson has no such exercise" in said(checked)


def test_show(run: Run, plan: Callable[[str], TextCourse], tmp_path: Path) -> None:
    plan(DATED + 'exercises.reflection = "extra"\n')
    shown = run("course", "show", "--json", tmp_path / "plan.json")
    assert (shown.exit_code, "Nov 10, 2026, 23:59" in said(shown)) == (0, True)
    (row,) = json.loads((tmp_path / "plan.json").read_text())["lessons"]
    assert (row["release"], row["points"], row["planned"]) == ("2026-10-12T00:00:00+00:00", 2, {"reflection": "extra"})


RULES = {
    f"{EXERCISE} = 4": ({EXERCISE: 4, "reflection": 3}, "Worth 4 points"),
    f'{EXERCISE} = "extra"': ({EXERCISE: 2, "reflection": 3}, "comes on top"),
    f'{EXERCISE} = "optional"': ({"reflection": 3}, "Optional this term"),
    f'{EXERCISE} = "left out"': ({"reflection": 3}, "Left out this term"),
    'reflection = "left out"': ({EXERCISE: 2}, "Left out this term"),
    'reflection = "optional"': ({EXERCISE: 2}, "Optional this term"),
}


@pytest.mark.parametrize("rule", RULES)
def test_notebook_checks_and_totals_follow_the_plan(rule: str, plan: Callable[[str], TextCourse]) -> None:
    points, note = RULES[rule]
    course = plan(f"[lessons.{LESSON}.exercises]\n{rule}\n")
    lesson = load(course, LESSON)
    cells = [cell for cell in lesson.released.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in cells} == points
    text = nbformat.writes(lesson.released)
    assert (note in text, "velocity" in text, "swings" in text) == (True, False, False)
    assert ("check(momentum_step)" in text) == (rule != f'{EXERCISE} = "left out"')
    assert [item.points for item in lesson.exercises.values()] == [
        worth for name, worth in points.items() if name == EXERCISE
    ]
    assert build(course)
    index = json.loads((course.outcomes_dir / "lessons.json").read_text())
    assert index == {LESSON: [] if rule == f'{EXERCISE} = "left out"' else [EXERCISE]}


def test_plain_nbgrader_gives_the_points_of_the_plan(plan: Callable[[str], TextCourse]) -> None:
    course = plan(f"[lessons.{LESSON}.exercises]\n{EXERCISE} = 4\n")
    assert planned_points(course.course_dir, EXERCISE) == 4


def test_apply_tells_what_changed_and_then_nothing(run: Run, plan: Callable[[str], TextCourse]) -> None:
    course = plan(
        f'[roster]\nfile = "s.csv"\n{DATED.partition(chr(10))[2]}exercises.{EXERCISE} = 4\n'.replace(
            '"week 2"', "2026-10-12"
        )
    )
    (course.root / "s.csv").write_text("id,first_name\nada,Ada\n")
    first, second = run("course", "apply"), run("course", "apply")
    assert f"{EXERCISE} is worth 4 points; it was 2" in said(first)
    assert f"{LESSON}: due Nov 10, 2026, 23:59; it had no date" in said(first)
    assert "+ ada Ada" in said(first)
    assert "nothing changed" in said(second)
    with Gradebook(course.gradebook, "steepest") as book:
        assert book.find_assignment(LESSON).duedate == datetime(2026, 11, 10, 23, 59, 59)
        assert (book.find_student("ada").first_name, book.find_assignment(LESSON).max_score) == ("Ada", 7)


@pytest.mark.parametrize(
    ("options", "answer", "status", "written"),
    [(["--yes"], "", 0, True), (["--dry-run"], "", 0, False), ([], "y\n", 0, True), ([], "n\n", 1, False)],
)
def test_roster_asks_before_it_writes(
    run: Run, built: TextCourse, tmp_path: Path, options: list[str], answer: str, status: int, written: bool
) -> None:
    (tmp_path / "s.csv").write_text("id\nada\n")
    assert run("course", "roster", tmp_path / "s.csv", *options, input=answer).exit_code == status
    with Gradebook(built.gradebook, "steepest") as book:
        assert [student.id for student in book.students] == ["ada"] * written


@pytest.fixture
def two(built: TextCourse, write: Callable[..., Path], text: str) -> TextCourse:
    """A second lesson, without exercises of the judge."""
    write(built, text[: text.index("# %% nbgrader")].replace("import torch\nfrom steepest import check\n", ""), OTHER)
    build(TextCourse(built.root))
    return built


def given(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as file:
        return {name.split("/")[2] for name in file.namelist() if name.startswith("steepest/lessons/")}


def test_release_gives_out_what_is_due_and_keeps_what_is_there(
    run: Run, two: TextCourse, plan: Callable[[str], TextCourse], tmp_path: Path
) -> None:
    plan(DATED.replace("week 2", "week 6") + 'title = "Tiny"\n')
    out = tmp_path / "a.zip"
    steps = [([], {OTHER}), (["--week", 5], {OTHER}), (["--week", 6], {OTHER, LESSON}), ([], {OTHER, LESSON})]
    for options, wanted in steps:
        assert run("release", out, *options).exit_code == 0
        assert given(out) == wanted
    with zipfile.ZipFile(out) as file:
        readme = file.read("steepest/README.md").decode()
    for word in ("conda env create", "pip install", "uv pip install", "jupyter lab", "Hand in", "Help", "Nov 10, 2026"):
        assert word in readme


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["a.zip", "--week", "1"], "Weeks of the term need its first day"),
        (["a.rar"], "must end in .zip"),
        (["a.zip", "nothing"], "There is no lesson 'nothing'"),
        (["file/a.zip"], "cannot be written"),
        (["bad.zip", LESSON], "cannot be read as an archive"),
    ],
)
def test_release_says_what_it_cannot_do(
    run: Run, two: TextCourse, tmp_path: Path, options: list[str], says: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "bad.zip").write_text("no archive")
    told = run("release", tmp_path / options[0], *options[1:])
    assert (told.exit_code, says in said(told)) == (1, True), told.output


def test_solutions_wait_for_their_day(run: Run, plan: Callable[[str], TextCourse], tmp_path: Path) -> None:
    plan(DATED)
    for args, says in (([], "No solutions may be seen yet"), ([LESSON], f"{LESSON} on Nov 10, 2026")):
        told = run("solutions", *args, "--out", tmp_path)
        assert (told.exit_code, says in said(told), "--early" in told.output) == (1, True, True)
    assert not list(tmp_path.glob(f"{LESSON}/*"))
    assert run("solutions", LESSON, "--early", "--out", tmp_path).exit_code == 0
    solved = (tmp_path / LESSON / f"{LESSON}.ipynb").read_text()
    answers = (tmp_path / LESSON / f"{LESSON}-answers.md").read_text()
    assert ("velocity = beta" in solved, "steepest_grader" in solved, "BEGIN" in solved, "nbgrader" in solved) == (
        True, False, False, False,
    )  # fmt: skip
    assert "## `reflection`, 3 points\n\nIt swings past the minimum." in answers


def test_solutions_that_cannot_be_written_are_told_of(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("solutions", "--out", tmp_path / "file" / "x")
    assert (told.exit_code, "cannot be written" in said(told)) == (1, True)
