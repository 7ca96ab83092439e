"""The leaderboard as a value, as a page and as a table: places, who is shown, and nothing else of anybody."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steepest_grader.desk.leaderboard import Board, as_json, board, table_path, write_board
from steepest_grader.desk.pseudonyms import LONGEST
from steepest_grader.errors import CourseError
from steepest_grader.exercise.contest import Entry, Round, seeds_of

TASKS = 20
HARDNESS = np.random.default_rng(0).normal(0, 0.02, TASKS)
LINE = "nearest neighbour over stored rows"


def results(mean: float, seed: int = 0, spread: float = 0.004) -> list[float]:
    """On tasks of which some are harder for everybody."""
    own = np.random.default_rng(seed).normal(0, spread, TASKS)
    return list(mean + HARDNESS + own - own.mean() - HARDNESS.mean())


def entry(student: str, mean: float, name: str = "", **more: Any) -> Entry:
    return Entry(student, f"digest of {student}", name, results(mean, len(student)), **{"seconds": 1.0, **more})


def lost(student: str, name: str = "", reason: str = "task 3: `f` raised an error", **more: Any) -> Entry:
    return Entry(student, f"digest of {student}", name, reason=reason, **more)


def round_of(*entries: Entry, line: float | None = 0.6) -> Round:
    lines = {} if line is None else {LINE: results(line)}
    return Round("90_x", "accuracy", 7, seeds_of(7, TASKS), entries, lines)


CLASS = (
    entry("ada-s-id", 0.63, "Quiet Fox"),
    entry("bob-his-id", 0.6295, "Owl", seconds=1.2),
    entry("cy-id", 0.55, "Hare"),
    entry("dan-a-longer-id", 0.66),
    entry("eve-own-id", 0.7, "Raven", flags=["cell 7: opens a file (open)"]),
    lost("fay-the-id", "Mole", detail="ValueError: no! says fay-the-id"),
    lost("gil-an-id"),
)


class Page(HTMLParser):
    """The elements, attributes and names of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.names: list[str] = []
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "bdi":
            self._within = True
            self.names.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "bdi"

    def handle_data(self, data: str) -> None:
        if self._within:
            self.names[-1] += data


def written(found: Board, folder: Path) -> tuple[str, list[list[str]]]:
    table = write_board(found, folder / "board.html")
    text = table.read_bytes().decode()
    return (folder / "board.html").read_text(), list(csv.reader(io.StringIO(text, newline="")))


def test_who_stands_where() -> None:
    found = board(round_of(*CLASS))
    assert [(row.name, row.place) for row in found.rows] == [("Quiet Fox", 1), ("Owl", 1), (LINE, None), ("Hare", 3)]
    assert [row.student for row in found.unnamed] == ["eve-own-id", "dan-a-longer-id"]
    assert found.unplayed == [("Mole", "task 3: `f` raised an error")]
    assert found.waiting == {"eve-own-id": ["cell 7: opens a file (open)"]}
    assert found.failed["fay-the-id"] == "task 3: `f` raised an error (ValueError: no! says fay-the-id)"


def test_whoever_is_admitted_takes_a_place() -> None:
    found = board(round_of(*CLASS), admitted=["eve-own-id"])
    assert [(row.name, row.place) for row in found.rows][:2] == [("Raven", 1), ("Quiet Fox", 2)]
    assert found.waiting == {}
    best, second = found.rows[:2]
    assert (best.gap, second.gap) == (0, pytest.approx(-0.07))
    assert second.gap_error < second.error / 2


def test_nobody_is_admitted_by_mistake() -> None:
    with pytest.raises(CourseError, match="no entry of 'evve'"):
        board(round_of(*CLASS), admitted=["evve"])


@pytest.mark.parametrize(
    ("seconds", "others", "flagged"),
    [(30.0, 1.0, True), (9.0, 1.0, False), (0.9, 0.01, False), (3.0, 0.01, True)],
)
def test_who_takes_far_longer_is_looked_at(seconds: float, others: float, flagged: bool) -> None:
    slow = entry("ada", 0.6, "Fox", seconds=seconds)
    found = board(round_of(slow, *(entry(f"b{number}", 0.6, seconds=others) for number in range(4))))
    assert bool(found.waiting) is flagged
    assert [row.name for row in found.rows if row.place] == ([] if flagged else ["Fox"])


def test_a_failure_of_the_grader_is_nobodys_row() -> None:
    found = board(round_of(*CLASS, lost("hal", "Newt", reason="the grader failed", ours=True)))
    assert found.ours == ["hal"]
    assert "hal" not in found.failed
    assert "Newt" not in [name for name, _ in found.unplayed]


@pytest.mark.parametrize("admitted", [(), ("eve-own-id",)])
def test_the_class_sees_names_that_were_given_and_nothing_else_of_anybody(
    admitted: tuple[str, ...], tmp_path: Path
) -> None:
    page, rows = written(board(round_of(*CLASS), admitted=admitted), tmp_path)
    for text in (page, json.dumps(rows)):
        assert [item.student for item in CLASS if item.student in text] == []
        assert "ValueError" not in text and "opens a file" not in text
        assert ("Raven" in text) is bool(admitted)
    assert "2 submissions without a name" not in page and "1 submission without a name was played" in page


def test_the_order_of_equal_names_tells_nothing_of_ids() -> None:
    """Numbers behind a name that several have chosen follow from what they handed in."""
    both = [entry(name, 0.6, "Fox", seconds=1.0) for name in ("ada", "bob")]
    one = board(round_of(replace(both[0], digest="1"), replace(both[1], digest="2")))
    other = board(round_of(replace(both[0], digest="2"), replace(both[1], digest="1")))
    shown = [{row.student: row.name for row in found.rows if row.student} for found in (one, other)]
    assert shown == [{"ada": "Fox (1)", "bob": "Fox (2)"}, {"ada": "Fox (2)", "bob": "Fox (1)"}]


def test_nobody_is_shown_as_another_or_as_the_courses_own() -> None:
    found = board(round_of(entry("ada", 0.6, "Bob-Id"), entry("bob-id", 0.5, "Owl"), entry("eve", 0.4, LINE.upper())))
    assert [row.name for row in found.rows] == [LINE, "Owl", f"{LINE.upper()[:LONGEST]} (1)"]
    assert list(found.refused) == ["ada"]


HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=x>", "</title><b>", "&lt;b&gt;", "{{ 7 * 7 }}", "{% raw %}",
    '" onmouseover="x', "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", ";=1+1", "\uff1d1+1", "a\r\nb,c",
    'quo"te', "a\x1b]0;t\x07b", "a\u202eb", "x" * 5000, "[red]r[/]", LINE, "https://x.example/", "0", "`code`",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_text(name: str, tmp_path: Path) -> None:
    plain, _ = written(board(round_of(entry("ada", 0.6, "Fox"))), tmp_path)
    page, rows = written(board(round_of(entry("ada", 0.6, name), entry("bob", 0.5, name))), tmp_path)
    shown = sorted({row[1] for row in rows[1:]} - {LINE})
    seen, usual = Page(page), Page(plain)
    assert (seen.tags, seen.attributes) == (usual.tags, usual.attributes)
    names = sorted(text for text in seen.names if text != LINE)
    assert len(names) == len(set(names)) == 2
    assert [re.sub("'", "", text) for text in shown] == [re.sub("'", "", text) for text in names]
    assert all(len(text) < 50 for text in names)
    assert all(char.isprintable() for text in (*names, *shown) for char in text)
    assert not [text for text in shown if re.match(r"[\s\"\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]", text)]


def test_the_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    page, _ = written(board(round_of(*CLASS)), tmp_path)
    assert sorted(Page(page).names) == sorted(["Quiet Fox", "Owl", "Hare", "Mole", LINE])
    assert "default-src 'none'" in unescape(page) and "script-src" not in page
    assert not re.search(r"<script|<link|<img|src=|href=|@import|url\(|https?:", page)


def test_the_table_can_be_reckoned_again(tmp_path: Path) -> None:
    found = board(round_of(*CLASS))
    _, (head, *rows) = written(found, tmp_path)
    assert head[:6] == [
        "place", "name", "kind", "mean accuracy on 20 tasks (--seed 7)", "standard error", "seconds a task"
    ]  # fmt: skip
    assert head[6:] == [f"task of seed {seed}" for seed in seeds_of(7, TASKS)]
    assert [row[:3] for row in rows] == [
        ["1", "Quiet Fox", "entrant"], ["1", "Owl", "entrant"], ["", LINE, "for comparison"], ["3", "Hare", "entrant"]
    ]  # fmt: skip
    for row in rows:
        own = np.array(row[6:], float)
        assert float(row[3]) == pytest.approx(own.mean(), abs=2e-6)
        assert float(row[4]) == pytest.approx(own.std(ddof=1) / TASKS**0.5, abs=2e-6)


def test_nobody_at_all(tmp_path: Path) -> None:
    for entries in ((), (entry("ada", 0.5),), (lost("bob", "Fox"),)):
        page, rows = written(board(round_of(*entries)), tmp_path)
        assert "Nobody stands on it yet" in page
        assert [row[1] for row in rows[1:]] == [LINE]
    page, rows = written(board(round_of(line=None)), tmp_path)
    assert len(rows) == 1


def test_json_holds_everything(tmp_path: Path) -> None:
    found = json.loads(json.dumps(as_json(board(round_of(*CLASS)))))
    assert {row["student"] for row in found["entries"]} | found["failed"].keys() == {
        None, *(item.student for item in CLASS)
    }  # fmt: skip
    assert (found["seed"], len(found["tasks"])) == (7, TASKS)
    assert list(found["waiting"]) == ["eve-own-id"]


def test_page_and_table_are_two_files(tmp_path: Path) -> None:
    assert table_path(tmp_path / "a.b.html") == tmp_path / "a.b.csv"
    with pytest.raises(CourseError, match="page and table at once"):
        table_path(tmp_path / "board.csv")


def test_seeds_follow_from_one_and_are_all_different() -> None:
    assert seeds_of(7, 20) == seeds_of(7, 20)
    assert len({*seeds_of(7, 500), *seeds_of(8, 500)}) == 1000
    assert seeds_of(7, 20)[:5] == seeds_of(7, 5)
    assert all(0 <= seed < 2**63 for seed in seeds_of(2**200, 50))


@pytest.mark.parametrize(
    "damage",
    [
        {"results": ["x"]}, {"results": [2.0]}, {"results": [float("nan")]}, {"seconds": float("inf")},
        {"results": 3}, {"flags": None}, {"seconds": 10**400},
    ],
    ids=str,
)  # fmt: skip
def test_a_damaged_entry_is_none(damage: dict[str, Any]) -> None:
    sound = entry("ada", 0.5, "Fox", flags=("x",))
    assert Entry.from_json(json.loads(json.dumps(sound.as_json()))) == replace(sound, results=tuple(sound.results))
    with pytest.raises(ValueError, match=r"entry|float"):
        Entry.from_json({**sound.as_json(), **damage})
