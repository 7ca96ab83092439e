"""Tables in a terminal keep words whole, and text of students is printed without control characters."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.table import Table
from steepest_grader import terminal
from steepest_grader.exercise.model import GradedSubmission, Outcome, Verdict

NARROW = 74
MESSAGE = (
    "The result is wrong, in the case “nine values, two cut”. Sort the values before you cut at both ends of them."
)


def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int, message: str) -> list[str]:
    """What is printed of a class of one."""
    monkeypatch.setattr(terminal, "OUT", Console(width=width))
    verdict = Verdict("trimmed_mean", 2, Outcome.FAILED, message=message)
    submission = GradedSubmission("a-student-with-a-name", "01_averages", Outcome.OUT_OF_MEMORY, [verdict])
    terminal.print_grades("01_averages", [submission], 0)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [NARROW, 90, 120])
def test_no_word_is_cut(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = lines(monkeypatch, capsys, width, MESSAGE)
    assert max(map(len, printed)) <= width
    words = {word for line in printed if "│" in line for word in line.replace("│", " ").split()}
    others = {"a-student-with-a-name", "0", "/", "2", "OUT_OF_MEMORY", "trimmed_mean:", "…"}
    assert others <= words <= others | set(MESSAGE.split())


def test_where_there_is_no_room_everything_is_still_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = lines(monkeypatch, capsys, 40, "wrong")
    columns = [line.split("│")[4] for line in printed if line.count("│") == 6]
    assert max(map(len, printed)) <= 40
    assert "".join("".join(columns).split()) == "OUT_OF_MEMORY"


def test_a_word_without_end_is_folded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal, "OUT", Console(width=60))
    table = Table("name", "what")
    table.add_row("x" * 100, "a word")
    terminal.print_table(table)
    printed = capsys.readouterr().out
    assert printed.count("x") == 100
    assert max(map(len, printed.splitlines())) <= 60
