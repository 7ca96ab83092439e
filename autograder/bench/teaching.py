"""Fills the blocks of docs/teaching.md with what the lessons and their exercises say; the rest is written by hand.

A block begins with a comment that says what goes there, and ends with `<!-- end -->`:

- ``plan: 00 01 | 02``: a table of weeks, by the numbers of lessons.
- ``mistakes: 05_momentum`` and lines ``ewa: starts_from_first_value …``: mistakes by exercise, with their hints.
- ``rubric: reflection_momentum``: what the points of a written answer are given for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from steepest_grader.course.find import find_course
from steepest_grader.notebook.cells import bears_marks, by_grade_id, is_answer, rubric

COURSE = find_course(Path(__file__).parent)
PAGE = COURSE.root / "docs" / "teaching.md"
BLOCK = re.compile(r"(<!-- (plan|mistakes|rubric): (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)
MINUTES = re.compile(r"(?:\*\*about|\*\*Time:\*\*) (\d+)\s(?:# )?minutes")
CHECKED = re.compile(r"^check\((\w+)", re.MULTILINE)


def main() -> None:
    """Fill the page."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The page with every block as the sources have it now.

    Raises
    ------
    KeyError
        If a block names a lesson, an exercise, a mistake or an answer that is not there.
    """
    makers = {"plan": plan, "mistakes": mistakes, "rubric": told}
    return BLOCK.sub(lambda found: f"{found[1]}\n{makers[found[2]](found[3])}\n\n{found[4]}", text)


def lesson_of(number: str) -> str:
    """A lesson's name by its number."""
    return {name.partition("_")[0]: name for name in COURSE.lessons()}[number]


def minutes(lesson: str) -> dict[str, int]:
    """How long each exercise takes, as the lesson says: exercises and their checks stand in one order."""
    source = (COURSE.solutions / lesson / f"{lesson}.py").read_text(encoding="utf-8")
    times = dict(zip(CHECKED.findall(source), map(int, MINUTES.findall(source)), strict=True))
    return {item.id: times[item.id] for item in COURSE.exercises(lesson)}


def by_hand(lesson: str) -> dict[str, tuple[int, str]]:
    """Points and rubric of each answer that a person marks."""
    cells = by_grade_id(COURSE.source(lesson)).items()
    return {
        name: (int(cell.metadata.nbgrader["points"]), rubric(cell))
        for name, cell in cells
        if bears_marks(cell) and is_answer(cell)
    }


def plan(weeks: str) -> str:
    """A table of weeks: lessons, how many exercises, their minutes, points that are given by hand."""
    return "\n".join(
        ["| week | lessons | exercises | their minutes | points by hand |", "|---|---|---:|---:|---:|", *_weeks(weeks)]
    )


def _weeks(weeks: str) -> Iterator[str]:
    for week, numbers in enumerate(weeks.split("|"), start=1):
        lessons = [lesson_of(number) for number in numbers.split()]
        times = [time for lesson in lessons for time in minutes(lesson).values()]
        points = sum(given for lesson in lessons for given, _ in by_hand(lesson).values())
        names = ", ".join(f"`{lesson}`" for lesson in lessons)
        yield f"| {week} | {names} | {len(times)} | {sum(times)} | {points} |"


def mistakes(wanted: str) -> str:
    """A table of exercises, with minutes, and some of their mistakes, with hints."""
    lesson, *lines = wanted.splitlines()
    exercises = {item.id: item for item in COURSE.exercises(lesson)}
    times = minutes(lesson)
    rows = ["| exercise | mistake | what its hint says |", "|---|---|---|"]
    for line in lines:
        exercise, _, names = line.partition(":")
        hints = {mistake.name: mistake.hint for mistake in exercises[exercise].mistakes}
        for number, name in enumerate(names.split()):
            first = "" if number else f"`{exercise}`, {times[exercise]} min"
            hint = hints[name].replace("|", "\\|")
            rows.append(f"| {first} | `{name}` | {hint} |")
    return "\n".join(rows)


def told(name: str) -> str:
    """A rubric as a quotation, after the points that there are."""
    answers = {key: value for lesson in COURSE.lessons() for key, value in by_hand(lesson).items()}
    points, text = answers[name]
    return f"> `{name}`, {points} points\n>\n" + "\n".join(f"> {line}".rstrip() for line in text.splitlines())


if __name__ == "__main__":
    main()
