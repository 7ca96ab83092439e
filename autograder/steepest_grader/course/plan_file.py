"""`course.toml` at the root of a course, read so that every mistake in it is told by its line, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from steepest_grader.course.plan import Plan, out_of_order
from steepest_grader.errors import CourseError, escaped, nearest
from steepest_grader.notebook.cells import bears_marks, by_grade_id

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "PLAN",
    "Mistake",
    "NamedExercises",
    "PlanError",
    "check_exercises",
    "named_exercises",
    "read_plan",
    "written",
]

PLAN = "course.toml"
MAX_BYTES = 2**17
Key = tuple[str | int, ...]
MINUTES = re.compile(r"\d[T ]\d\d:\d\d(?![:\d])")  # which TOML takes for no time

KINDS = {  # what pydantic calls them: what a person does
    "string_type": "it must be text in quotes",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list in brackets",
    "tuple_type": "it must be a pair in brackets, such as [1, 0.9]",
    "dict_type": "it must be a table",
    "model_type": "it must be a table",
    "finite_number": "it must be a number",
    "missing": "it must be a pair in brackets, such as [1, 0.9]",
    "too_long": "it must be a pair in brackets, such as [1, 0.9]",
}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in the file.

    Attributes
    ----------
    line : int or None
        From 1; None where it is of no line.
    key : str
        As TOML writes it, with dots; "" for the file.
    said : str
        What is wrong, and what to do.
    """

    line: int | None
    key: str
    said: str

    def __str__(self) -> str:
        where = PLAN if self.line is None else f"{PLAN}, line {self.line}"
        said = f"{self.key}: {self.said}" if self.key else self.said
        return f"{where}: {said}{'' if said.endswith('?') else '.'}"


class PlanError(CourseError):
    """What is wrong with the plan, a line for each mistake.

    Parameters
    ----------
    mistakes : sequence of Mistake
        In the order of the file.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(map(str, mistakes)))


@dataclass(frozen=True)
class _File:
    lines: Sequence[str]
    table: Mapping[str, Any]

    def mistake(self, key: Key, said: str) -> Mistake:
        """A mistake with the line of the nearest part of the key that is in the file."""
        there: Key = key
        while there and not _holds(self.table, there):
            there = there[:-1]
        named = ".".join(written(part) for part in (there or key) if isinstance(part, str))
        return Mistake(_line_of(self.lines, there) if there else None, named, said.rstrip("."))


def read_plan(root: Path, lessons: Collection[str]) -> Plan:
    """The plan of a course: what its file says, or the course as it stands where there is none.

    Parameters
    ----------
    root : Path
        The course's folder.
    lessons : collection of str
        Names of its lessons. A plan is of assignments, so of ``assignment/notebook`` the first part counts.

    Raises
    ------
    PlanError
        With all mistakes of the file.
    """
    file = _read(root / PLAN)
    if file is None:
        return Plan()
    mistakes = []
    plan = None
    try:
        plan = Plan.model_validate(file.table)
    except ValidationError as error:
        mistakes = [_told(file, each) for each in error.errors(include_url=False)]
    planned = file.table.get("lessons", {})
    known = list(dict.fromkeys(name.partition("/")[0] for name in lessons))
    for name in planned if isinstance(planned, dict) else ():
        if name not in known:
            near = nearest(name, known) or f"; the lessons are {', '.join(known) or 'none'}"
            mistakes.append(file.mistake(("lessons", name), f"there is no lesson of this name{near}"))
        elif plan is not None:
            mistakes += [file.mistake(("lessons", name, key), said) for key, said in out_of_order(plan, name)]
    if mistakes or plan is None:
        raise PlanError(sorted(mistakes, key=lambda each: each.line or 0))
    return plan


@dataclass(frozen=True)
class NamedExercises:
    """The exercises that the file names for one lesson.

    Attributes
    ----------
    lesson : str
        The name of the assignment.
    rules : mapping of str to object
        As the file has them.
    """

    lesson: str
    rules: Mapping[str, Any]
    _file: _File

    def unknown(self, known: Sequence[str]) -> list[Mistake]:
        """Those that are none of the lesson's, of which all are given."""
        end = f"; it has {', '.join(known) or 'none'}"
        return [
            self._mistake(name, f"the lesson has no such exercise{nearest(name, known) or end}")
            for name in self.rules
            if name not in known
        ]

    def changed(self, points: Mapping[str, float]) -> list[Mistake]:
        """Those of which a plan may not say the points, since notebooks of plain nbgrader say them."""
        told = []
        for name, rule in self.rules.items():
            planned = rule.get("points") if isinstance(rule, dict) else rule
            if name in points and isinstance(planned, int | float) and planned != points[name]:
                said = f"the notebook in source/ says {points[name]:g} points: change it there, or leave them out here"
                told.append(self._mistake(name, said))
        return told

    def _mistake(self, name: str, said: str) -> Mistake:
        return self._file.mistake(("lessons", self.lesson, "exercises", name), said)


def named_exercises(root: Path) -> dict[str, NamedExercises]:
    """The exercises that the file names, by lesson; parts of it that are no tables name none.

    Raises
    ------
    PlanError
        If it is no TOML.
    """
    file = _read(root / PLAN)
    lessons = file.table.get("lessons", {}) if file is not None else {}
    found = {}
    for lesson, planned in lessons.items() if isinstance(lessons, dict) else ():
        rules = planned.get("exercises", {}) if isinstance(planned, dict) else {}
        if file is not None and isinstance(rules, dict) and rules:
            found[lesson] = NamedExercises(lesson, rules, file)
    return found


def check_exercises(root: Path, plan: Plan, lesson: str, notebook: NotebookNode) -> None:
    """Refuse a plan that names exercises which the lesson does not have.

    Parameters
    ----------
    root : Path
    plan : Plan
        As `read_plan` gives it.
    lesson : str
    notebook : NotebookNode
        The lesson's source, whatever the plan says.

    Raises
    ------
    PlanError
        With all of them.
    """
    known = [name for name, cell in by_grade_id(notebook).items() if bears_marks(cell)]
    if any(name not in known for name in plan.of(lesson).exercises):
        raise PlanError(named_exercises(root)[lesson].unknown(known))


def _read(path: Path) -> _File | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PlanError([Mistake(None, "", f"it cannot be read: {error.strerror}")]) from error
    if len(data) > MAX_BYTES:
        raise PlanError([Mistake(None, "", f"it has more than {MAX_BYTES // 1024} KiB, and no plan needs so much")])
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        return _File(text.split("\n"), tomllib.loads(text))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PlanError([Mistake(line, "", "it is not text in UTF-8; save it as that")]) from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError([_syntax(text, str(error))]) from error
    except RecursionError as error:
        raise PlanError([Mistake(None, "", "its tables are nested too deep")]) from error


def _syntax(text: str, said: str) -> Mistake:
    """What tomllib says as ``reason (at line 3, column 5)``, or ``(at end of document)``."""
    reason, _, where = said.rpartition(" (at ")
    words = where.rstrip(")").replace(",", "").split()
    lines = text.rstrip().split("\n")
    line = int(words[1]) if words[:1] == ["line"] else len(lines)
    if MINUTES.search(lines[min(line, len(lines)) - 1]):
        return Mistake(line, "", "a time is written with its seconds, such as 2026-11-16T18:00:00")
    return Mistake(line, "", f"this is not TOML: {escaped(reason or said)}")


def _told(file: _File, error: Any) -> Mistake:
    """One of pydantic's errors as a sentence."""
    key, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys(key[:-1])
        near = nearest(str(key[-1]), known) or f"; known are {', '.join(known)}"
        return file.mistake(key, f"there is no such key{near}")
    if kind == "plan":
        return file.mistake(key, str(context["said"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"at least {context['ge']:g}" if "ge" in context else f"at most {context['le']:g}"
        return file.mistake(key, f"it must be {bound}, and is {error['input']!r:.60}")
    said = KINDS.get(kind, escaped(str(error["msg"])))
    value = error["input"]
    if kind == "model_type" and "exercises" in key:
        said = 'it must be points such as 3, or one of "optional", "extra", "left out", or a table of both'
    return file.mistake(key, said if isinstance(value, dict | list) else f"{said}, and is {value!r:.60}")


def _keys(place: Key) -> list[str]:
    """Which keys the table at a place may have."""
    model: Any = Plan
    for part in place:
        if isinstance(model, type) and issubclass(model, BaseModel):
            names = {field.alias or name: field for name, field in model.model_fields.items()}
            model = names[str(part)].annotation
        else:
            model = get_args(model)[-1]  # of a dict, its values
    return [field.alias or name for name, field in model.model_fields.items()]


def written(part: str | int) -> str:
    """A part of a key as TOML has it: in quotes unless it is plain."""
    name = str(part)
    plain = name and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name)
    return name if plain else '"' + escaped(name)[:100].replace('"', '\\"') + '"'


def _line_of(lines: Sequence[str], key: Key) -> int:
    """The line on which a key first stands: the first after which the parser knows it.

    TOML's own parser is asked about beginnings of the file, since it hands on no lines. Where a beginning ends within a
    value it does not parse, and another one is tried.
    """
    absent, present = 0, len(lines)
    while True:
        for end in _from_the_middle(absent, present):
            try:
                found = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            absent, present = (absent, end) if _holds(found, key) else (end, present)
            break
        else:
            return absent + 1


def _from_the_middle(low: int, high: int) -> Iterator[int]:
    """Whole numbers between two others, the middle ones first."""
    middle = (low + high) // 2
    for step in range(high - low):
        for number in (middle - step, middle + step):
            if low < number < high:
                yield number


def _holds(table: Any, key: Key) -> bool:
    for part in key:
        if isinstance(table, Mapping):
            if part not in table:
                return False
        elif not isinstance(table, list) or not isinstance(part, int) or part >= len(table):
            return False
        table = table[part]
    return True
