"""Every attack of the corpus: worth its honest part and no more, and real where nothing holds it back."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from attacked_exercises.attacked.lesson import LESSON, SECONDS
from attacks import ATTACKS, RIGHT, Attack, Shown
from attacks.naive import TESTS, naive_lesson
from attacks.world import Listeners, World, listeners
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from steepest_grader.course import release
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import escaped
from steepest_grader.gradebook.autograded import SIDECAR
from steepest_grader.grading.batch import grade_lesson
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox import kernel, remote
from steepest_grader.sandbox.base import Limits, Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.none import NoSandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]

POINTS = {"ewa": 1, "momentum_step": 2, "terminal_speed": 1}
ANSWERS = {
    "ewa": """\
def ewa(values, *, beta):
    average, averages = torch.zeros_like(values[0]), []
    for value in values:
        average = beta * average + (1 - beta) * value
        averages.append(average)
    return torch.stack(averages)
""",
    "momentum_step": RIGHT,
    "terminal_speed": """\
def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad) / (1 - beta)
""",
}
SETUP = """\
# %% nbgrader={"locked": true, "grade_id": "setup"}
import torch
from steepest import check

"""
EXERCISE = """\
# %% nbgrader={{"solution": true, "grade_id": "answer_{name}"}}
{head}
    ### BEGIN SOLUTION
{body}
    ### END SOLUTION

# %% nbgrader={{"grade": true, "grade_id": "{name}"}}
check({name})
### BEGIN HIDDEN TESTS
from steepest_grader import grade
grade({name})
### END HIDDEN TESTS

"""
LIMITS = Limits(resident=768 * 2**20, processes=48, disk=48 * 2**20)
UNLIMITED = Limits(2**36, resident=2**36, processes=4000, file_size=2**36, open_files=4096, disk=2**36)
NEIGHBOURS = 3  # attacks to each honest submission
AS_TYPED = re.compile(r"^(```+)text\n.*\n\1$", re.DOTALL)  # see `inert`
REACHED = re.compile(r"REACHED (\d+)")


@dataclass
class Graded:
    """What came of one submission, and of the world around it."""

    row: dict[str, Any]
    notebook: str = ""
    flags: list[str] = field(default_factory=list)
    told: bool = False
    changes: list[str] = field(default_factory=list)

    @property
    def scores(self) -> dict[str, float]:
        return {item["id"]: item["score"] for item in self.row["exercises"]}

    @property
    def reached(self) -> int:
        return max(map(int, REACHED.findall(_outputs(self.notebook))), default=0)

    @property
    def measured(self) -> bool:
        """Whether the attack came so far as to say a number, or was stopped before."""
        return "REACHED" in _outputs(self.notebook) or '"output_type": "error"' in _outputs(self.notebook)


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """Less patience than for students, so that a thousand endless loops take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "CELL_SECONDS", SECONDS)
        patch.setattr(kernel, "GONE_SECONDS", 1)
        patch.setattr(remote, "CONNECT_SECONDS", SECONDS)
        yield


@pytest.fixture(scope="module")
def course(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Three exercises: an honest one before and one after the attacked one."""
    course = TextCourse(tmp_path_factory.mktemp("course"))
    text = SETUP
    for name, answer in ANSWERS.items():
        head, _, body = answer.rstrip().partition("\n")
        text += EXERCISE.format(name=name, head=head, body=body)
    source = course.solutions / LESSON / f"{LESSON}.py"
    source.parent.mkdir(parents=True)
    source.write_text(text)
    (course.root / "pyproject.toml").write_text('[tool.steepest-grader]\nexercises = "attacked_exercises"\n')
    release.write_course(course)
    return course


@pytest.fixture(scope="module")
def released(course: Course) -> NotebookNode:
    return load(course, LESSON).released


@pytest.fixture(scope="module")
def honest(course: Course, released: NotebookNode) -> NotebookNode:
    answered = copy.deepcopy(released)
    for cell in answered.cells:
        cell.source = ANSWERS.get(cell.id.removeprefix("answer_"), cell.source) if "answer_" in cell.id else cell.source
    return answered


@pytest.fixture(scope="module")
def short(honest: NotebookNode) -> NotebookNode:
    """Only the attacked exercise."""
    shortened = copy.deepcopy(honest)
    shortened.cells = [cell for cell in honest.cells if cell.id.endswith(("setup", "momentum_step"))]
    return shortened


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listeners]:
    with listeners(tmp_path_factory.mktemp("listeners")) as found:
        yield found


def notebook_of(attack: Attack, honest: NotebookNode, world: World) -> bytes:
    """The honest notebook with the attack's cells in it."""
    notebook = copy.deepcopy(honest)
    place = next(place for place, cell in enumerate(notebook.cells) if cell.id == "answer_momentum_step")
    notebook.cells[place].source = world.fill(attack.answer)
    if attack.code:
        notebook.cells.insert(place, new_code_cell(world.fill(attack.code), id="attack"))
    if attack.file is not None:
        return attack.file(json.loads(json.dumps(notebook)))
    return nbformat.writes(notebook).encode("utf-8", "surrogatepass")


def hand_in(attack: Attack, folder: Path, honest: NotebookNode, world: World) -> None:
    folder.mkdir(parents=True)
    data = notebook_of(attack, honest, world)
    if attack.folder is not None:
        attack.folder(folder, data, world)
    else:
        (folder / f"{folder.name}.ipynb").write_bytes(data)


@pytest.fixture(scope="module")
def chosen(request: pytest.FixtureRequest) -> list[Attack]:
    """The attacks that this run of pytest is about."""
    items = [item for item in request.session.items if "sealed" in getattr(item, "fixturenames", ())]
    wanted = {item.callspec.params["attack"] for item in items if hasattr(item, "callspec")}
    return [attack for attack in ATTACKS if attack in wanted]


@dataclass
class Run:
    """All attacks graded in two lanes, with honest submissions between them."""

    attacks: dict[str, Graded]
    neighbours: dict[str, Graded]
    connections: int


@pytest.fixture(scope="module")
def sealed(
    course: Course,
    honest: NotebookNode,
    chosen: list[Attack],
    outside: Listeners,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Run]:
    """Everything graded at once, as a class is."""
    folder = tmp_path_factory.mktemp("submitted")
    students = {attack.name: attack.student or f"{number:03}-{attack.name}" for number, attack in enumerate(chosen)}
    neighbours = [f"{number:03}-honest" for number in range(0, len(chosen), NEIGHBOURS)]
    for student in neighbours:
        (folder / student / LESSON).mkdir(parents=True)
        (folder / student / LESSON / f"{LESSON}.ipynb").write_text(nbformat.writes(honest))
    with contextlib.ExitStack() as stack, Bubblewrap(LIMITS) as sandbox:
        worlds = {}
        for attack in chosen:
            worlds[attack.name] = world = World(tmp_path_factory.mktemp("world") / attack.name, outside)
            stack.callback(world.end)
            hand_in(attack, folder / students[attack.name] / LESSON, honest, world)
        rows = {row["student"]: row for row in grade_lesson(course, LESSON, folder, sandbox=sandbox, jobs=2).rows}
        attacks = {}
        for name, world in worlds.items():  # before the sandbox is closed: each kernel must be gone with all it began
            attacks[name] = graded = _graded(course, rows[escaped(students[name])])
            graded.told = world.told(_outputs(graded.notebook) + json.dumps(graded.row))
            graded.changes = world.changes()
        connections = outside.met
    yield Run(attacks, {name: _graded(course, rows[name]) for name in neighbours}, connections)


def _graded(course: Course, row: dict[str, Any]) -> Graded:
    place = course.course_dir / "autograded" / row["student"] / LESSON
    sidecar = json.loads((place / SIDECAR).read_bytes()) if (place / SIDECAR).is_file() else {}
    notebook = place / f"{LESSON}.ipynb"
    return Graded(row, notebook.read_text() if notebook.is_file() else "", sidecar.get("flags", []))


def _outputs(notebook: str) -> str:
    """What is shown of a graded notebook besides code."""
    cells = json.loads(notebook)["cells"] if notebook else []
    return json.dumps([cell.get("outputs", AS_TYPED.sub("", cell["source"])) for cell in cells])


def _id(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", ATTACKS, ids=_id)
def test_an_attack_earns_its_honest_part(attack: Attack, sealed: Run) -> None:
    graded = sealed.attacks[attack.name]
    shares = {"ewa": 1, "momentum_step": 0, "terminal_speed": 1} | dict(attack.earns)
    expected = {name: POINTS[name] * share for name, share in shares.items() if share is not None}
    assert {name: graded.scores[name] for name in expected} == expected, graded.row
    outcome = graded.row["exercises"][1]["outcome"]
    assert not attack.outcomes or outcome in attack.outcomes
    assert not graded.told
    assert graded.changes == []
    assert all(char.isprintable() or char == "\n" for item in graded.row["exercises"] for char in item["message"])
    if attack.limit:
        assert graded.reached < attack.limit
        assert graded.measured


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.flag], ids=_id)
def test_an_attack_is_shown_to_a_person(attack: Attack, sealed: Run) -> None:
    assert any(attack.flag in flag for flag in sealed.attacks[attack.name].flags), sealed.attacks[attack.name].flags


def test_the_neighbours_keep_their_marks(sealed: Run) -> None:
    assert {name: item.scores for name, item in sealed.neighbours.items() if item.scores != POINTS} == {}
    assert {name: item.flags for name, item in sealed.neighbours.items() if item.flags} == {}


def test_nobody_connects_to_the_machine(sealed: Run) -> None:
    assert sealed.connections == 0


# --- with the seal off -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unsealed(quick: None) -> Iterator[Sandbox]:
    with NoSandbox(UNLIMITED) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "CELL_SECONDS", 30)
        yield sandbox


REAL = [attack for attack in ATTACKS if attack.shown is not Shown.NOT]


@pytest.mark.parametrize("attack", REAL, ids=_id)
def test_an_attack_is_real(
    attack: Attack,
    honest: NotebookNode,
    short: NotebookNode,
    unsealed: Sandbox,
    outside: Listeners,
    tmp_path: Path,
) -> None:
    if attack.root and os.geteuid():
        pytest.skip("only the superuser can be shown to do this")
    world = World(tmp_path / "world", outside)
    folder = tmp_path / LESSON
    try:
        hand_in(attack, folder, honest if attack.file else short, world)
        if attack.shown is Shown.BELIEVED:
            assert attack.believed is not None and attack.believed(folder, world)
            return
        lesson = naive_lesson(short, world.fill(TESTS[attack.test]))
        graded = grade_submission(lesson, "ada", (folder / f"{LESSON}.ipynb").read_bytes(), sandbox=unsealed)
        outputs = _outputs(graded.notebook)
        if attack.shown is Shown.MARKS:
            assert graded.score == POINTS["momentum_step"], (graded.verdicts, outputs[-3000:])
        elif attack.shown is Shown.SAID:
            assert world.told(outputs), outputs[-3000:]
        elif attack.shown is Shown.CHANGED:
            assert world.changes(), outputs[-3000:]
        else:
            assert Graded({}, graded.notebook).reached >= attack.limit, outputs[-3000:]
    finally:
        world.end()


@pytest.mark.parametrize("test", TESTS)
def test_the_naive_tests_tell_right_from_wrong(test: str, short: NotebookNode, unsealed: Sandbox) -> None:
    lesson = naive_lesson(short, TESTS[test])
    wrong = copy.deepcopy(short)
    for cell in wrong.cells:
        cell.source = cell.source.replace("beta * state", "2 + state")
    scores = [
        grade_submission(lesson, "ada", nbformat.writes(notebook).encode(), sandbox=unsealed).score
        for notebook in (short, wrong)
    ]
    assert scores[0] == POINTS["momentum_step"]
    assert scores[1] is not None and scores[1] <= POINTS["momentum_step"] / 4


def test_every_attack_is_shown_or_says_why_not() -> None:
    assert [attack.name for attack in ATTACKS if (attack.shown is Shown.NOT) and not attack.why] == []
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 50


def test_the_docs_count_the_attacks() -> None:
    text = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    for kind in {attack.kind for attack in ATTACKS}:
        of = [attack for attack in ATTACKS if attack.kind == kind]
        counts = len(of), sum(attack.shown is not Shown.NOT for attack in of), sum(bool(attack.flag) for attack in of)
        assert f"| {kind} | {' | '.join(map(str, counts))} |" in text
