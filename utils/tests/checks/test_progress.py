"""What a student has checked: remembered across kernels, mended where it is damaged, silent while a grader runs."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from steepest import progress
from steepest._checks import outcomes
from steepest._checks import progress as module

GOOD = {"passed": True, "diagnosis": None, "time": "2020-01-01T00:00:00+00:00", "attempts": 2, "seconds": 5.0}


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the lessons, of which one is the working directory."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    (tmp_path / "05_momentum").mkdir()
    monkeypatch.chdir(tmp_path / "05_momentum")
    return tmp_path


def test_the_last_check_and_the_number_of_checks_are_kept(lessons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module.remember("ewa", False, "weights_exchanged")
    assert "✗ ewa (weights exchanged, 1 check, 20" in str(progress())
    module.remember("ewa", True, None)
    (lessons / "06_adaptive_methods").mkdir()
    monkeypatch.chdir(lessons / "06_adaptive_methods")  # another notebook
    assert "✓ ewa (2 checks, 20" in str(progress())
    assert "05_momentum  1 of 7" in str(progress())
    monkeypatch.chdir(lessons)
    assert "✓ ewa (2 checks, 20" in str(progress())
    assert [path.name for path in (lessons / "05_momentum").iterdir()] == ["progress.json"]
    page = progress()._repr_mimebundle_()["text/html"]
    assert page.count("<details") == len(outcomes.lessons())
    assert page.count("<details open") == 1


DAMAGED: dict[str, Any] = {
    "empty": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a nest": b"[" * 200_000,
    "too long": b'{"a": "' + b"x" * 2**21 + b'"}',
    "a check that is none": json.dumps({"exercises": {"ewa": GOOD, "polyak": 5}}).encode(),
    "a check of wrong parts": json.dumps(
        {"exercises": {"ewa": GOOD, "ewa_corrected": GOOD | {"time": "noon"}}}
    ).encode(),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_is_put_aside(what: str, lessons: Path) -> None:
    Path("progress.json").write_bytes(DAMAGED[what])
    kept = "check" in what
    assert "could not be read as a whole" in progress().note
    assert ("ewa" in progress().checks) is kept
    module.remember("ewa_corrected", True, None)
    assert progress().note == ""
    assert set(progress().checks) == {"ewa_corrected", *(["ewa"] if kept else [])}
    assert Path("progress.damaged.json").read_bytes() == DAMAGED[what]


def test_an_exercise_of_another_version_is_kept_out_and_does_no_harm(lessons: Path) -> None:
    Path("progress.json").write_text(json.dumps({"exercises": {"ewa": GOOD, "gone": GOOD}}))
    assert set(progress().checks) == {"ewa"}
    assert progress().note == ""


def test_what_the_file_says_is_no_html(lessons: Path) -> None:
    Path("progress.json").write_text(json.dumps({"exercises": {"ewa": GOOD | {"diagnosis": "<script>"}}}))
    assert "<script>" not in progress()._repr_mimebundle_()["text/html"]


def test_a_grader_leaves_no_trace(lessons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    module.remember("ewa", True, None)
    assert list(lessons.glob("**/*.json")) == []


def test_a_folder_that_cannot_be_written_is_told_of(lessons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(13, "no")

    monkeypatch.setattr(module.tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(os, "access", lambda *args: False)
    module.remember("ewa", True, None)
    assert "cannot be written" in progress().note


TIMES = {  # seconds since the last check of anything, and what is counted
    "at once": (20, 20),
    "after a pause": (7200, 0),
    "a clock set back": (-60, 0),
}


@pytest.mark.parametrize("what", TIMES)
def test_time_is_counted_without_pauses(what: str, lessons: Path) -> None:
    apart, counted = TIMES[what]
    last = datetime.now(UTC) - timedelta(seconds=apart)
    Path("progress.json").write_text(json.dumps({"exercises": {"ewa": GOOD | {"time": last.isoformat()}}}))
    module.remember("ewa_corrected", True, None)
    assert progress().checks["ewa_corrected"]["seconds"] == pytest.approx(counted, abs=5)


def test_a_check_in_a_notebook_is_remembered(lessons: Path) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython() or InteractiveShell.instance()
    shell.run_cell("def ewa(values, *, beta):\n    return values\nfrom steepest import check\ncheck(ewa)")
    InteractiveShell.clear_instance()
    assert progress().checks["ewa"]["passed"] is False
