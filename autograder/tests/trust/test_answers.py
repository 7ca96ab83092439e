"""The judge on answers of others, who had seen the released notebooks alone; `docs/trust.md` says the same."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from steepest.check import examine
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.errors import CourseError
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.judge import judge_local
from steepest_grader.exercise.model import Outcome, Verdict
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.trust.answers import Answer, answers, files, judged, tally, verdicts
from steepest_grader.trust.mutants import solutions

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "autograder" / "tests" / "blind"
SEED = int(os.environ.get("STEEPEST_SEED", random.SystemRandom().randrange(10**6)))
LONG = bool(os.environ.get("STEEPEST_LONG"))
FILES = [(part, lesson, path) for part, paths in files(FOLDER).items() for lesson, path in paths.items()]
PATHS = {lesson: [path for _, other, path in FILES if other == lesson] for _, lesson, _ in FILES}
ROW = re.compile(r"^\| (\w+) \| (\w+) " + 5 * r"\| (\d+ / \d+) " + r"\|$", re.MULTILINE)
EDGE = 2  # names that another processor may give or take in a file


def on_the_page() -> dict[tuple[str, str], tuple[str, ...]]:
    rows = ROW.findall((ROOT / "docs" / "trust.md").read_text(encoding="utf-8"))
    return {(part, lesson): tuple(cells) for part, lesson, *cells in rows}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("part", "lesson", "path"), FILES, ids=[f"{part}-{lesson}" for part, lesson, _ in FILES])
def test_right_answers_are_accepted_and_wrong_ones_caught(part: str, lesson: str, path: Path) -> None:
    found = tally(path)
    unrated = [said for said in found.amiss if said.startswith("not rated")]
    assert len(unrated) <= EDGE, f"rate these, see CONTRIBUTING: {unrated}"
    assert [said for said in found.amiss if said not in unrated] == []
    now, then = found.shares, on_the_page()[part, lesson]
    assert now[:2] == then[:2], "run `make trust`"
    assert all(abs(int(a.split()[0]) - int(b.split()[0])) <= EDGE for a, b in zip(now, then, strict=True))


RIGHTLY = {"seen": 0.99, "unseen": 0.97}


def test_nine_in_ten_wrong_answers_are_named_and_few_of_them_wrongly() -> None:
    page = on_the_page()
    assert {(part, lesson) for part, lesson, _ in FILES} <= page.keys()
    for part in {part for part, _, _ in FILES}:
        _, _, named, rightly, _ = page[part, "all"]
        got, of = map(int, named.split(" / "))
        assert got >= 0.9 * of
        right, all_named = map(int, rightly.split(" / "))
        assert right >= RIGHTLY[part] * all_named


@pytest.mark.sandbox
@pytest.mark.timeout(3600 if LONG else 600)
@pytest.mark.filterwarnings("ignore")  # answers may warn
@pytest.mark.parametrize("lesson", PATHS)
def test_check_grade_and_plain_nbgrader_say_the_same(lesson: str, sandbox: Sandbox) -> None:
    """Of notebooks that hold an answer to each exercise: one of a lesson, and in the long run as many as hold all."""
    by_exercise: dict[str, list[Answer]] = {}
    for path in PATHS[lesson]:
        for answer in answers(path):
            by_exercise.setdefault(answer.exercise, []).append(answer)
    rows = range(max(map(len, by_exercise.values())))
    for row in rows if LONG else [random.Random(SEED).choice(rows)]:
        chosen = [each[row % len(each)] for each in by_exercise.values()]
        graded = _graded(chosen, sandbox)
        namespace: dict[str, object] = {"__name__": "answers"}
        for answer in chosen:
            exec(compile(answer.source, f"<{answer.key}>", "exec"), namespace)
        for answer in chosen:
            function = namespace[answer.exercise]
            plain = judge_local(exercise(answer.exercise), function, companions=namespace)  # type: ignore[arg-type]
            checked = examine(function, namespace)  # type: ignore[arg-type]
            verdict = graded[answer.exercise]
            said = f"STEEPEST_SEED={SEED}: {answer.key}"
            assert (verdict.credit, verdict.diagnosis) == (plain.credit, plain.diagnosis), said
            if plain.diagnosis != "forgotten_corner":  # one that is on an edge by rounding need not show in both
                assert checked.passed == (plain.credit == 1), said


def _graded(chosen: Sequence[Answer], sandbox: Sandbox) -> dict[str, Verdict]:
    """What `grade` says of a notebook with these answers."""
    items = {answer.exercise: exercise(answer.exercise) for answer in chosen}
    cells = [new_code_cell(answer.source, id=f"answer_{answer.exercise}") for answer in chosen]
    for name, item in items.items():
        header = {"grade_id": name, "grade": True, "solution": False, "locked": True, "points": item.points}
        cells.append(new_code_cell("", id=name, metadata={"nbgrader": header}))
    lesson = Lesson("answers", new_notebook(cells=cells), items, {}, version="")
    data = nbformat.writes(lesson.released).encode()
    return {verdict.exercise: verdict for verdict in grade_submission(lesson, "ada", data, sandbox=sandbox).verdicts}


def test_answers_are_cells_under_a_line_that_says_what_they_are(tmp_path: Path) -> None:
    text = "# %% right gd_step: short\ndef gd_step(): ...\n# %% wrong gd_step: the sign\nx = 1\n"
    path = tmp_path / "set" / "00_start_here.py"
    path.parent.mkdir()
    path.write_text(text)
    assert answers(path) == [
        Answer("right", "gd_step", "short", "\ndef gd_step(): ...\n"),
        Answer("wrong", "gd_step", "the sign", "\nx = 1\n"),
    ]
    assert files(tmp_path) == {"set": {"00_start_here": path}}


SIGN = "\nimport torch\ndef gd_step(theta, grad, *, lr):\n    return theta + lr * grad\n"
SOUND = SIGN.replace("+", "-")
TALLIES: dict[str, tuple[str, str, str, tuple[str, ...], str]] = {
    "a sound answer": ("right", SOUND, "", ("1 / 1", "0 / 0", "0 / 0", "0 / 0", "0 / 0"), ""),
    "a right answer is refused": ("right", SIGN, "", ("0 / 1", "0 / 0", "0 / 0", "0 / 0", "0 / 0"), "refused"),
    "a wrong one is let through": ("wrong", SOUND, "", ("0 / 0", "0 / 1", "0 / 1", "0 / 0", "0 / 0"), "let through"),
    "a name that nobody rated": ("wrong", SIGN, "", ("0 / 0", "1 / 1", "1 / 1", "0 / 1", "0 / 0"), "not rated"),
    "a right name": ("wrong", SIGN, "true", ("0 / 0", "1 / 1", "1 / 1", "1 / 1", "0 / 0"), ""),
    "a wrong name": ("wrong", SIGN, "false", ("0 / 0", "1 / 1", "1 / 1", "0 / 1", "0 / 0"), ""),
    "a corner that costs too much": ("corner", SIGN, "", ("0 / 0", "0 / 0", "0 / 0", "0 / 0", "0 / 1"), ""),
}


@pytest.mark.parametrize("name", TALLIES)
def test_answers_are_counted(tmp_path: Path, name: str) -> None:
    kind, source, rightly, counts, amiss = TALLIES[name]
    path = tmp_path / "00_start_here.py"
    path.write_text(f"# %% {kind} gd_step: it is so{source}")
    if rightly:
        diagnosis = judged(answers(path)[0]).diagnosis
        rating = f'{{"diagnosis": "{diagnosis}", "rightly": {rightly}}}'
        (tmp_path / "rated.json").write_text(f'{{"00_start_here": {{"gd_step: it is so": {rating}}}}}')
    found = tally(path)
    assert found.shares == counts
    assert [said.partition(":")[0] for said in found.amiss] == ([amiss] if amiss else [])


def test_an_answer_that_never_ends_is_ended_and_the_next_is_judged(tmp_path: Path) -> None:
    endless = SOUND.replace("return", "while True: pass\n    return")
    path = tmp_path / "00_start_here.py"
    path.write_text(f"# %% wrong gd_step: it waits{endless}# %% right gd_step: it is so{SOUND}")
    judged(answers(path)[1])  # what they are compared with is made once, before processes part
    slow, sound = verdicts(answers(path), seconds=0.5)
    assert (slow[1].outcome, slow[1].credit) == (Outcome.TIMED_OUT, 0)
    assert (sound[1].outcome, sound[1].credit) == (Outcome.PASSED, 1)


HELPER = """
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.mean(dim=0)
"""


def test_a_slip_in_a_function_that_an_answer_defines_anew_is_its_own() -> None:
    solved = solutions(load(find_course(ROOT), "08_backpropagation"))
    source = "\n".join([solved.imports, *solved.sources.values()])
    sound, slip = (judged(Answer("right", "mlp_backprop", "", text)) for text in (source, source + HELPER))
    assert (sound.credit, slip.diagnosis) == (1, "bias_mean")


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There are no answers in"):
        files(tmp_path / "nothing")
