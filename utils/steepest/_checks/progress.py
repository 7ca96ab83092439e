"""What a student has checked so far: a small file beside each notebook, and a table of all of them."""

from __future__ import annotations

import contextlib
import html
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steepest._checks import outcomes

NAME = "progress.json"
ASIDE = "progress.damaged.json"
LONGEST = 2**20
PAUSE_SECONDS = 1800.0  # who checks nothing for so long has done something else
MARKS = {True: "✓", False: "✗", None: "·"}


@dataclass(frozen=True)
class Progress:
    """All lessons and exercises with their last check; shows itself in a notebook and prints as text.

    Attributes
    ----------
    checks : mapping of str to dict
        By exercise: whether it ``passed``, the ``diagnosis``, the ``time`` (UTC), how many ``attempts`` there were,
        and how many ``seconds`` lay between them and the checks before them, pauses left out.
    note : str
        What was wrong with the files, if anything was.
    lessons : mapping of str to sequence of str
        Ids of the exercises of each lesson.
    """

    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""
    lessons: Mapping[str, Sequence[str]] = field(default_factory=outcomes.lessons)

    def __str__(self) -> str:
        lines = []
        for lesson, names in self.lessons.items():
            lines.append(f"{lesson}  {self._passed(names)} of {len(names)}")
            lines += [f"  {MARKS[self._mark(name)]} {name}{self._said(name)}" for name in names]
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        blocks = []
        for lesson, names in self.lessons.items():
            passed = self._passed(names)
            items = "".join(
                f"<li>{MARKS[self._mark(name)]} <code>{name}</code>{html.escape(self._said(name))}</li>"
                for name in names
            )
            begun = any(name in self.checks for name in names) and passed < len(names)
            meter = f'<progress max="{len(names)}" value="{passed}" aria-label="{lesson}"></progress>'
            blocks.append(
                f"<details{' open' if begun else ''}><summary><code>{lesson}</code> {meter} {passed} of {len(names)}"
                f'</summary><ul style="list-style: none">{items}</ul></details>'
            )
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return {"text/plain": str(self), "text/html": "".join(blocks) + note}

    def _mark(self, name: str) -> bool | None:
        return bool(self.checks[name]["passed"]) if name in self.checks else None

    def _passed(self, names: Sequence[str]) -> int:
        return sum(self._mark(name) is True for name in names)

    def _said(self, name: str) -> str:
        """What is known of the last check."""
        if name not in self.checks:
            return ""
        check = self.checks[name]
        words = [str(check["diagnosis"]).replace("_", " ")] if check["diagnosis"] else []
        times = "1 check" if check["attempts"] == 1 else f"{check['attempts']} checks"
        return f" ({', '.join([*words, times, check['time'][:10]])})"


def progress() -> Progress:
    """All lessons and exercises, each with what its last `check` said in a notebook here or in a folder beside it.

    Where several courses are installed, those are shown of which a lesson lies here or something has been checked.

    The file `progress.json` lies beside a notebook and travels with it. One that cannot be read is put aside at the
    next check, and a new one begun.

    Examples
    --------
    >>> print(str(progress()).splitlines()[0])
    00_start_here  0 of 3
    """
    here = Path.cwd()
    beside = [here.parent / lesson for lesson in outcomes.lessons()] if here.name in outcomes.lessons() else []
    below = [here / lesson for lesson in outcomes.lessons()]
    checks: dict[str, Mapping[str, Any]] = {}
    notes = []
    for folder in dict.fromkeys([*below, *beside, here]):
        found, good = _read(folder / NAME)
        for name, check in found.items():
            if name not in checks or checks[name]["time"] <= check["time"]:
                checks[name] = check
        if not good:
            notes.append(f"{folder.name}/{NAME} could not be read as a whole; what could be is shown.")
    if not os.access(here, os.W_OK):
        notes.append(f"The folder {here.name} cannot be written, so checks are not remembered.")
    return Progress(checks, " ".join(notes), _shown(here, checks))


def _shown(here: Path, checks: Mapping[str, Any]) -> dict[str, list[str]]:
    """The lessons of the courses that a student takes; of all where nothing tells which these are."""

    def taken(course: Mapping[str, Sequence[str]]) -> bool:
        lies_here = any((folder / lesson).is_dir() for folder in (here, here.parent) for lesson in course)
        return lies_here or any(name in checks for names in course.values() for name in names)

    courses = list(filter(taken, outcomes.courses())) or outcomes.courses()
    return {lesson: names for course in courses for lesson, names in course.items()}


def remember(exercise: str, passed: bool, diagnosis: str | None) -> None:
    """Keep what a check said. A folder that cannot be written is no reason to fail: `progress` tells of it."""
    if os.environ.get("NBGRADER_EXECUTION"):  # a grader runs this, not the student
        return
    path = Path.cwd() / NAME
    now = datetime.now(UTC).replace(microsecond=0)
    with contextlib.suppress(OSError):
        checks, good = _read(path)
        if not good:
            path.replace(path.with_name(ASIDE))
        before = checks.get(exercise, {"attempts": 0, "seconds": 0.0})
        passing = min(
            ((now - datetime.fromisoformat(check["time"])).total_seconds() for check in checks.values()), default=0
        )
        checks[exercise] = {
            "passed": passed,
            "diagnosis": diagnosis,
            "time": now.isoformat(),
            "attempts": before["attempts"] + 1,
            "seconds": before["seconds"] + (passing if 0 < passing < PAUSE_SECONDS else 0),
        }
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{NAME}", delete=False) as file:
            json.dump({"exercises": checks}, file, indent=1, sort_keys=True)
        Path(file.name).replace(path)  # whole or not at all


def _read(path: Path) -> tuple[dict[str, dict[str, Any]], bool]:
    """The checks that the file holds, and whether that was all of it."""
    try:
        with path.open("rb") as file:
            stored = json.loads(file.read(LONGEST))
    except (FileNotFoundError, NotADirectoryError):
        return {}, True
    except (OSError, ValueError, RecursionError):
        return {}, False
    exercises = stored.get("exercises") if isinstance(stored, dict) else None
    if not isinstance(exercises, dict):
        return {}, False
    known = {name for names in outcomes.lessons().values() for name in names}
    checks = {name: check for name, check in exercises.items() if name in known and _sound(check)}
    return checks, all(_sound(check) for check in exercises.values())


def _sound(check: object) -> bool:
    if not isinstance(check, dict):
        return False
    try:
        aware = datetime.fromisoformat(check["time"]).tzinfo is not None
        numbers = 0 <= check["attempts"] < math.inf and 0 <= check["seconds"] < math.inf
    except (KeyError, TypeError, ValueError):
        return False
    return (
        aware and numbers and isinstance(check.get("passed"), bool) and isinstance(check.get("diagnosis"), str | None)
    )
