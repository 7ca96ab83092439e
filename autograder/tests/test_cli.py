"""The command line: every verb does its work, and bad input gets a sentence and loses nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from steepest_grader import doctor
from steepest_grader.cli import main
from steepest_grader.course.places import Course
from steepest_grader.errors import escaped
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.zygote import SandboxError

LESSON = "90_tiny"
Run = Callable[..., Result]


@pytest.fixture
def run(built: Course) -> Run:
    """Runs a command within the tiny course."""
    return lambda *args: CliRunner().invoke(main, ["--course", str(built.root), *map(str, args)])


@pytest.fixture
def sample(run: Run, built: Course) -> Path:
    """A correct, a blank and a broken submission."""
    folder = built.root / "class"
    assert run("sample-class", LESSON, "--out", folder, "--size", 3).exit_code == 0
    return folder


def commands() -> dict[str, click.Command]:
    groups = {name: item.commands for name, item in main.commands.items() if isinstance(item, click.Group)}
    inner = {f"{name} {verb}": item for name, group in groups.items() for verb, item in group.items()}
    return {**main.commands, **inner}


def test_the_verbs() -> None:
    assert set(main.commands) == {
        "build", "release", "sample-class", "grade", "judge", "feedback", "report", "export", "leaderboard",
        "verify", "new", "doctor", "course", "marks", "solutions", "site", "regrade",
    }  # fmt: skip


@pytest.mark.parametrize("verb", sorted(commands()))
def test_every_verb_and_option_is_documented(verb: str) -> None:
    command = commands()[verb]
    assert command.help
    assert [item.name for item in command.params if isinstance(item, click.Option) and not item.help] == []
    assert f"`{verb}" in (Path(__file__).parents[2] / "CHANGELOG.md").read_text()


def test_build_check_follows_the_sources(run: Run, built: Course) -> None:
    assert run("build", "--check").exit_code == 0
    source = built.solutions / LESSON / f"{LESSON}.py"
    source.write_text(source.read_text().replace("# # Momentum", "# # Moment"))
    before = {path: path.read_bytes() for path in built.root.rglob("*") if path.is_file()}
    checked = run("build", "--check")
    assert (checked.exit_code, f"lessons/{LESSON}/{LESSON}.ipynb" in checked.output) == (1, True)
    assert {path: path.read_bytes() for path in built.root.rglob("*") if path.is_file()} == before
    assert run("build").exit_code == 0
    assert run("build", "--check").exit_code == 0


def test_release_writes_the_archive(run: Run, built: Course) -> None:
    assert run("release", built.root / "out.zip").exit_code == 0
    assert (built.root / "out.zip").read_bytes()[:2] == b"PK"


@pytest.mark.sandbox
def test_grade_feedback_and_again(run: Run, built: Course, sample: Path, warm: None) -> None:
    out = built.root / "out.json"
    graded = run("grade", LESSON, "--submitted", sample, "--json", out, "--jobs", 2)
    assert graded.exit_code == 0, graded.output
    rows = {row["student"]: row for row in json.loads(out.read_text())}
    assert {name: (row["score"], row["outcome"]) for name, row in rows.items()} == {
        "correct": (2.0, "PASSED"),
        "blank": (0.0, "FAILED"),
        "broken-syntax_error": (0.0, "ERRORED"),
    }
    assert list(rows["blank"]) == ["student", "lesson", "score", "max_score", "outcome", "seconds", "exercises"]
    assert list(rows["blank"]["exercises"][0]) == ["id", "score", "points", "outcome", "diagnosis", "message"]
    again = run("grade", LESSON, "--submitted", sample, "--json", out)
    assert "3 submissions, 3 of them graded before" in again.output
    assert {row["student"]: row for row in json.loads(out.read_text())} == rows
    notebook = sample / "blank" / LESSON / f"{LESSON}.ipynb"
    notebook.write_bytes((sample / "correct" / LESSON / f"{LESSON}.ipynb").read_bytes())
    changed = run("grade", LESSON, "--submitted", sample, "--json", out)
    assert "3 submissions, 2 of them graded before" in changed.output
    all_of_it = run("grade", "--submitted", sample, "--quiet")
    assert "3 submissions, 3 of them graded before" in all_of_it.output
    assert f"{LESSON}: 1.33 of 2 points in the mean." in all_of_it.output
    assert [name for name in rows if name in all_of_it.output] == ["broken-syntax_error"]  # which ended otherwise
    pages = built.course_dir / "feedback"
    assert run("feedback", LESSON, "--student", "blank").exit_code == 0
    assert [path.parts[-3] for path in pages.rglob("*.html")] == ["blank"]
    assert run("feedback").exit_code == 0
    assert len(list(pages.rglob("*.html"))) == 3


@pytest.mark.sandbox
def test_judge_files(run: Run, tmp_path: Path) -> None:
    """In a sandbox that the command opens itself."""
    files = {
        "good.py": "def momentum_step(theta, grad, state, *, lr, beta):\n"
        "    v = beta * state['velocity'] - lr * grad\n    return theta + v, {'velocity': v}\n",
        "none.py": "def other(): pass\n",
        "broken.py": "def momentum_step(:\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = run("judge", *(tmp_path / name for name in files), "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    rows = json.loads((tmp_path / "out.json").read_text())
    assert [(row["exercise"], row["outcome"], row["score"]) for row in rows] == [
        ("momentum_step", "PASSED", 2.0),
        (None, "MISSING", 0),
        (None, "UNREADABLE", 0),
    ]
    assert list(rows[0]) == ["file", "exercise", "score", "points", "outcome", "diagnosis", "message"]


@pytest.mark.sandbox
def test_verify(run: Run, tmp_path: Path, warm: None) -> None:
    done = run("verify", LESSON, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    proof = json.loads((tmp_path / "out.json").read_text())[LESSON]["momentum_step"]
    accepted, mistakes = proof.pop("accepted"), proof.pop("caught")
    assert accepted[0] == accepted[1] >= 3
    assert mistakes == proof.pop("named") and mistakes[0] == mistakes[1] >= 6
    assert proof == {"solution": True, "blank": 0.0, "mutants": [0, 0], "zeros_rejected": True}


@pytest.mark.sandbox
def test_verify_mutants(run: Run, tmp_path: Path, warm: None) -> None:
    done = run("verify", LESSON, "--mutants", "--jobs", 1, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    proof = json.loads((tmp_path / "out.json").read_text())[LESSON]["momentum_step"]
    assert proof["mutants"][0] == proof["mutants"][1] > 20
    assert proof["survivors"] == [] and proof["zeros_rejected"]
    assert proof["library"][0] == proof["library"][1] == proof["accepted"][1]


def test_a_page_is_of_the_whole_course(run: Run, tmp_path: Path) -> None:
    for words in ((LESSON, "--mutants"), ()):
        done = run("verify", *words, "--page", tmp_path / "trust.md")
        assert (done.exit_code, "name no lesson" in done.output) == (1, True)


def test_doctor(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--json", tmp_path / "out.json")
    found = {item["name"]: item for item in json.loads((tmp_path / "out.json").read_text())}
    assert set(found) == {"python", "packages", "sandbox", "database", "postgresql", "gpu", "browser"}
    assert (done.exit_code == 0) == all(item["works"] for item in found.values() if item["needed"])


def test_doctor_says_how_to_get_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Bubblewrap) -> None:
        raise SandboxError(self.advice("no"))

    monkeypatch.setattr(Bubblewrap, "check", refuse)
    monkeypatch.setattr("shutil.which", lambda name: None)
    said = {item.name: item for item in doctor.examine()}
    assert not said["sandbox"].works
    assert "apt-get install bubblewrap" in said["sandbox"].said


REASONS = {  # what the warm process says last, and what is advised
    "ModuleNotFoundError: No module named 'ipykernel'": "cannot be imported: ModuleNotFoundError: No module named",
    "ImportError: libgomp.so.1: cannot open shared object file": "cannot be imported: ImportError: libgomp",
    "bwrap: setting up uid map: Permission denied": "Unprivileged user namespaces may be switched off",
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_missing_module_is_told_from_namespaces_that_are_forbidden(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    said = Bubblewrap().advice(reason)
    assert [words for words in REASONS.values() if words in said] == [REASONS[reason]]
    assert ("namespaces" in said) == ("bwrap" in reason)


def test_feedback_on_what_nobody_has_handed_in_fails(run: Run) -> None:
    done = run("feedback", LESSON)
    assert (done.exit_code, f"Nothing of {LESSON} is graded." in done.output) == (1, True)


BAD_INPUT = {
    "an unknown lesson": (("grade", "99_none", "--submitted", "{class}"), "There is no lesson '99_none'"),
    "a missing folder": (("grade", LESSON, "--submitted", "{class}/none"), "There is no folder"),
    "an unknown student": (("grade", LESSON, "--submitted", "{class}", "--student", "nobody"), "nothing to grade"),
    "a folder of something else": (("grade", LESSON, "--submitted", "{class}/correct"), "nothing to grade"),
    "nothing of any lesson": (("grade", "--submitted", "{class}/correct"), "nothing to grade"),
    "feedback for an unknown student": (("feedback", LESSON, "--student", "nobody"), "nothing is graded for nobody"),
    "feedback for nobody": (("feedback", "--student", "nobody"), "Nothing is graded."),
    "a gradebook that is no database": (
        ("grade", LESSON, "--submitted", "{class}", "--gradebook", "marks"),
        "names no database",
    ),
    "a gradebook out of reach": (
        ("grade", LESSON, "--submitted", "{class}", "--gradebook", "sqlite:////nowhere/at/all/gradebook.db"),
        "cannot be opened",
    ),
    "an unknown lesson to verify": (("verify", "99_none"), "There is no lesson '99_none'"),
    "an unknown lesson to sample": (("sample-class", "99_none"), "There is no lesson '99_none'"),
    "an unknown lesson for feedback": (("feedback", "99_none"), "There is no lesson '99_none'"),
    "an unknown lesson to report": (("report", "99_none"), "There is no lesson '99_none'"),
    "an unknown lesson to export": (("export", "99_none", "--format", "csv"), "There is no lesson '99_none'"),
    "an unknown exercise": (("judge", __file__, "--exercise", "adam"), "There is no exercise 'adam'"),
    "an archive of an unknown kind": (("release", "{class}/out.rar"), ".zip"),
    "a folder to write JSON into": (("doctor", "--json", "{class}"), "Is a directory"),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("case", BAD_INPUT, ids=str)
def test_bad_input_gets_a_sentence(case: str, run: Run, sample: Path, warm: None) -> None:
    words, said = BAD_INPUT[case]
    done = run(*(word.replace("{class}", str(sample)) for word in words))
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit), done.exception
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output


@pytest.mark.sandbox
def test_a_locked_gradebook_is_named_and_nothing_is_lost(run: Run, built: Course, sample: Path, warm: None) -> None:
    out = built.root / "out.json"
    assert run("grade", LESSON, "--submitted", sample, "--student", "correct", "--json", out).exit_code == 0
    before = json.loads(out.read_text())
    other = sqlite3.connect(built.course_dir / "gradebook.db")
    other.execute("begin exclusive")
    try:
        locked = run("grade", LESSON, "--submitted", sample)
    finally:
        other.close()
    assert (locked.exit_code, "another program is writing to it" in " ".join(locked.output.split())) == (1, True)
    after = run("grade", LESSON, "--submitted", sample, "--json", out)
    assert "3 submissions, 1 of them graded before" in after.output
    assert [row for row in json.loads(out.read_text()) if row["student"] == "correct"] == before


def test_a_folder_that_cannot_be_a_student_stops_nothing(run: Run, built: Course, no_kernel: None) -> None:
    folder = built.root / "class"
    odd = ["a\\b", "line\nbreak", "x" * 200, os.fsdecode(b"\xff")]
    for name in (*odd, "zoë"):
        (folder / name / LESSON).mkdir(parents=True)
    out = built.root / "out.json"
    done = run("grade", LESSON, "--submitted", folder, "--json", out, "--unsafe-no-sandbox")
    assert (done.exit_code, "The grader failed" in done.output) == (0, False)
    rows = {row["student"]: row for row in json.loads(out.read_text())}
    assert {name: (row["score"], row["outcome"]) for name, row in rows.items()} == {
        **dict.fromkeys(map(escaped, odd), (0.0, "UNREADABLE")),
        "zoë": (0.0, "MISSING"),
    }
    assert all("Rename the folder" in rows[escaped(name)]["exercises"][0]["message"] for name in odd)
    (folder / "zoë" / LESSON / f"{LESSON}.ipynb").write_bytes(b"")
    run("grade", LESSON, "--submitted", folder, "--json", out, "--unsafe-no-sandbox")
    assert {row["student"]: row["outcome"] for row in json.loads(out.read_text())}["zoë"] == "UNREADABLE"


def test_outside_a_course(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--course", str(tmp_path), "build"])
    assert (done.exit_code, "is not within a course" in " ".join(done.output.split())) == (1, True)


def test_no_sandbox_no_grading(run: Run, sample: Path, built: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Bubblewrap) -> None:
        raise SandboxError("bubblewrap does not work here")

    monkeypatch.setattr(Bubblewrap, "check", refuse)
    refused = run("grade", LESSON, "--submitted", sample)
    assert (refused.exit_code, "bubblewrap does not work here" in refused.output) == (1, True)
    unsafe = run("grade", LESSON, "--submitted", sample, "--student", "correct", "--unsafe-no-sandbox")
    assert unsafe.exit_code == 0, unsafe.output
    assert "all your rights" in unsafe.output


def test_help_and_a_mistyped_name_wait_for_no_large_package() -> None:
    code = """
import sys
from click.testing import CliRunner
from steepest_grader.cli import main
for words in (["--help"], ["grade", "--help"], *([verb, "99_none"] for verb in ("grade", "verify", "feedback"))):
    CliRunner().invoke(main, words)
print({"torch", "nbformat", "nbgrader"} & set(sys.modules))
import nbformat, jsonschema
print("rfc3987_syntax.syntax_helpers" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent)
    assert done.stdout.split() == ["set()", "False"], done.stderr
