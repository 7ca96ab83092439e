"""The plan of a course: what `course.toml` means, and that each mistake in it is told with its line, key and remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from steepest_grader.course.plan import Counts, Plan
from steepest_grader.course.plan_file import PLAN, PlanError, read_plan

LESSONS = ("00_start", "05_momentum", "06_adaptive")
WHOLE = """\
title = "Training deep networks"
term = "Winter 2026/27"
begins = 2026-10-05
language = "de"
timezone = "Europe/Vienna"

[links]
help = "mailto:help@example.org"

[marks]
pass = 60
drop = 1

[late]
days = [
  [1, 0.9],
  [3, 0.5],
]
grace = 10

[roster]
file = "class.csv"
id = "Username"

[lessons.05_momentum]
release = "week 3"
due = 2026-11-02
solutions = 2026-11-05T08:00:00
weight = 2

[lessons.05_momentum.exercises]
ewa = 4
nesterov_step = "optional"
polyak = { points = 2, counts = "extra" }
"""


def plan_of(root: Path, text: str) -> Plan:
    (root / PLAN).write_bytes(text.encode())
    return read_plan(root, LESSONS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_a_file_it_is_the_course_as_it_stands(tmp_path: Path) -> None:
    plan = read_plan(tmp_path, LESSONS)
    assert plan == Plan()
    assert plan.given_out(LESSONS, utc("2026-01-01")) == list(LESSONS)
    assert [plan.due(name) for name in LESSONS] == [None] * 3
    assert (plan.marks.pass_mark, plan.marks.drop, plan.late.days) == (50, 0, [])


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_what_a_plan_says(tmp_path: Path, ending: str) -> None:
    plan = plan_of(tmp_path, WHOLE.replace("\n", ending))
    lesson = plan.of("05_momentum")
    assert (plan.title, plan.links.help, plan.roster.id) == (
        "Training deep networks", "mailto:help@example.org", "Username",
    )  # fmt: skip
    assert plan.release("05_momentum") == utc("2026-10-18T22:00")  # Vienna is two hours ahead until the 25th
    assert plan.due("05_momentum") == utc("2026-11-02T22:59:59")
    assert plan.solutions("05_momentum") == utc("2026-11-05T07:00")
    assert plan.of("05_momentum/05_momentum") is lesson
    found = {name: (each.points, each.counts) for name, each in lesson.exercises.items()}
    assert found == {"ewa": (4, Counts.YES), "nesterov_step": (None, Counts.OPTIONAL), "polyak": (2, Counts.EXTRA)}
    assert plan.shown(plan.due("05_momentum")) == "02.11.2026, 23:59"


@pytest.mark.parametrize(
    ("when", "given"),
    [
        ("2026-10-18T21:59", ["00_start", "06_adaptive"]),
        ("2026-10-18T22:00", ["00_start", "05_momentum", "06_adaptive"]),
    ],
)
def test_a_lesson_is_given_out_from_its_day_on(tmp_path: Path, when: str, given: list[str]) -> None:
    assert plan_of(tmp_path, WHOLE).given_out(LESSONS, utc(when)) == given


def test_weeks_end_on_their_last_second_and_solutions_follow_what_is_due(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 'begins = 2026-10-05\n[lessons.00_start]\ndue = "week 2"\ntaught = false\n')
    assert plan.due("00_start") == plan.solutions("00_start") == plan.end_of(2) == utc("2026-10-18T23:59:59")
    assert plan.taught(LESSONS) == list(LESSONS[1:])


@pytest.mark.parametrize(
    ("late", "share"),
    [
        ({"seconds": 0}, 1), ({"minutes": 10}, 1), ({"minutes": 11}, 0.9), ({"days": 1, "minutes": 10}, 0.9),
        ({"days": 1, "minutes": 11}, 0.5), ({"days": 3, "hours": 1}, 0), ({"days": -2}, 1),
    ],
)  # fmt: skip
def test_what_is_left_of_late_work(tmp_path: Path, late: dict[str, int], share: float) -> None:
    assert plan_of(tmp_path, WHOLE).late.share(timedelta(**late)) == share


MISTAKES = [
    ("titel", "title =", "titel =", 1, "titel", "there is no such key; did you mean 'title'?"),
    ("lines of text", '"Winter', '"\\u001b[2JWinter', 2, "term", "it must be one line"),
    ("no day", "2026-10-05", "2026-10-05T10:00:00", 3, "begins", "it must be the first day of the term"),
    ("language", '"de"', '"d"', 4, "language", "it must be a language such as"),
    ("zone", "Vienna", "Viena", 5, "timezone", "did you mean 'Europe/Vienna'?"),
    ("address", "mailto:", "javascript:", 8, "links.help", "it must be an address"),
    ("no place for a lesson", 'help = "', 'colab = "https://x/', 8, "links.colab", "it must be an address that begins"),
    ("not safe", 'help = "mailto:', 'binder = "http://{lesson}/', 8, "links.binder", "it must be an address"),
    ("text for a number", "pass = 60", 'pass = "60"', 11, "marks.pass", "it must be a number, and is '60'"),
    ("too much", "pass = 60", "pass = 600", 11, "marks.pass", "it must be at most 100, and is 600"),
    ("no whole number", "drop = 1", "drop = 1.5", 12, "marks.drop", "it must be a whole number, and is 1.5"),
    ("a bool", "drop = 1", "drop = true", 12, "marks.drop", "it must be a whole number, and is True"),
    ("no number", "grace = 10", "grace = nan", 19, "late.grace", "it must be a number, and is nan"),
    ("an order", "[1, 0.9]", "[4, 0.9]", 15, "late.days", "days must grow from pair to pair"),
    ("the same day", "[1, 0.9]", "[3, 0.9]", 15, "late.days", "days must grow from pair to pair"),
    ("a share that grows", "[1, 0.9]", "[1, 0.4]", 15, "late.days", "and shares must not"),
    ("no pair", "[1, 0.9]", "[1, 0.9, 2]", 15, "late.days", "it must be a pair in brackets"),
    ("an unknown lesson", "05_momentum]", "05_momentun]", 25, "lessons.05_momentun", "did you mean '05_momentum'?"),
    ("a week", '"week 3"', '"week 0"', 26, "lessons.05_momentum.release", "weeks of the term are numbered from 1"),
    ("no date", '"week 3"', '"soon"', 26, "lessons.05_momentum.release", "it must be a day such as 2026-11-16"),
    ("an offset", "2026-11-02\n", "2026-11-02T10:00:00Z\n", 27, "lessons.05_momentum.due", "write it without Z"),
    ("due too early", "2026-11-02\n", "2026-10-02\n", 27, "lessons.05_momentum.due", "it is due before it is"),
    ("solutions too early", "2026-11-05", "2026-11-01", 28, "lessons.05_momentum.solutions", "solutions come before"),
    ("infinity", "weight = 2", "weight = inf", 29, "lessons.05_momentum.weight", "and is inf"),
    ("short form", "ewa = 4", "ewa = -4", 32, "lessons.05_momentum.exercises.ewa", "it must be at least 0, and is -4"),
    ("counts", '"optional"', '"optinal"', 33, "lessons.05_momentum.exercises.nesterov_step", "mean 'optional'?"),
    ("no rule", "ewa = 4", "ewa = true", 32, "lessons.05_momentum.exercises.ewa", "it must be points such as 3"),
    ("a key within", "points = 2", "point = 2", 34, "lessons.05_momentum.exercises.polyak.point", "mean 'points'?"),
    ("no table", "[marks]\npass = 60\ndrop = 1\n", "marks = 3\n", 10, "links.marks", "there is no such key"),
    ("weeks without a term", "begins = 2026-10-05", "", 25, "lessons", "dates in weeks need `begins`"),
    ("no seconds", "T08:00:00", "T08:00", 28, "", "a time is written with its seconds"),
    ("no TOML", "drop = 1", "drop = ", 12, "", "this is not TOML: Invalid value"),
    ("a string left open", "polyak = {", 'polyak = """{', 34, "", "this is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "says"), [row[1:] for row in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_a_mistake_is_told_by_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str, says: str) -> None:
    assert old in WHOLE
    with pytest.raises(PlanError) as caught:
        plan_of(tmp_path, WHOLE.replace(old, new))
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.key) == (line, key)
    assert says in mistake.said
    told = str(caught.value)
    assert told.startswith(f"{PLAN}, line {line}: {key}{': ' * bool(key)}")
    assert told.isprintable()


def test_all_mistakes_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = WHOLE.replace("title", "titel").replace("Vienna", "Viena").replace("drop = 1", "drop = -1")
    with pytest.raises(PlanError) as caught:
        plan_of(tmp_path, text.replace("ewa = 4", "ewa = []"))
    assert [mistake.line for mistake in caught.value.mistakes] == [1, 5, 12, 32]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"title = '\xff'", "line 1: it is not text in UTF-8"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "its tables are nested too deep"),
        (b"# " + b"x" * 2**17, "more than 128 KiB"),
        (b"lessons = 3", "line 1: lessons: it must be a table"),
        (b"lessons = []", "line 1: lessons: it must be a table"),
        (b'[lessons]\n"\\u001b]0;x" = 1', "line 2: lessons."),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_told_of(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / PLAN).write_bytes(data)
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path, LESSONS)
    assert says in str(caught.value)
    assert str(caught.value).replace("\n", "").isprintable()


def test_a_folder_in_its_place_is_told_of(tmp_path: Path) -> None:
    (tmp_path / PLAN).mkdir()
    with pytest.raises(PlanError, match="it cannot be read: Is a directory"):
        read_plan(tmp_path, LESSONS)


def test_the_example_of_the_page_is_a_plan(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "course.md").read_text()
    (tmp_path / PLAN).write_text(page.split("```toml\n")[1].split("```")[0])
    assert read_plan(tmp_path, ["05_momentum", "14_capstone"]).taught(["05_momentum", "14_capstone"]) == ["05_momentum"]
