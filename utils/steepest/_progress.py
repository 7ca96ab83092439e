"""What a student has checked so far: a small file beside the lessons, and a table of it."""

from __future__ import annotations

import contextlib
import html
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steepest import _outcomes

NAME = "progress.json"
ASIDE = "progress.damaged.json"
LONGEST = 2**20
MARKS = {True: "✓", False: "✗", None: "·"}


@dataclass(frozen=True)
class Progress:
    """All lessons and exercises with their last check; shows itself in a notebook and prints as text.

    Attributes
    ----------
    checks : mapping of str to dict
        By exercise: whether it ``passed``, the ``diagnosis``, the ``time`` (UTC) and how many ``attempts`` there were.
    note : str
        What was wrong with the file, if anything was.
    """

    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""

    def __str__(self) -> str:
        lines = []
        for lesson, names in _outcomes.lessons().items():
            lines.append(f"{lesson}  {self._passed(names)} of {len(names)}")
            lines += [f"  {MARKS[self._mark(name)]} {name}{self._said(name)}" for name in names]
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        blocks = []
        for lesson, names in _outcomes.lessons().items():
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

    def _passed(self, names: list[str]) -> int:
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
    """All lessons and exercises, each with what its last `check` said in a notebook of this folder.

    The file `progress.json` lies beside the lessons' folders and travels with them. One that cannot be read is put
    aside, and a new one begun.

    Examples
    --------
    >>> print(str(progress()).splitlines()[0])
    00_start_here  0 of 3
    """
    path = _place() / NAME
    checks, good = _read(path)
    note = "" if good else f"{NAME} could not be read as a whole; what could be was kept."
    if not os.access(path.parent, os.W_OK):
        note = f"The folder {path.parent} cannot be written, so checks are not remembered."
    return Progress(checks, note)


def remember(exercise: str, passed: bool, diagnosis: str | None) -> None:
    """Keep what a check said. A folder that cannot be written is no reason to fail: `progress` tells of it."""
    if os.environ.get("NBGRADER_EXECUTION"):  # a grader runs this, not the student
        return
    path = _place() / NAME
    with contextlib.suppress(OSError):
        checks, good = _read(path)
        if not good:
            path.replace(path.with_name(ASIDE))
        attempts = checks.get(exercise, {}).get("attempts", 0) + 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        checks[exercise] = {"passed": passed, "diagnosis": diagnosis, "time": now, "attempts": attempts}
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{NAME}", delete=False) as file:
            json.dump(checks, file, indent=1, sort_keys=True)
        Path(file.name).replace(path)  # whole or not at all


def _place() -> Path:
    """The folder of the lessons' folders where this is one of them, and else this folder."""
    here = Path.cwd()
    return here.parent if here.name in _outcomes.lessons() else here


def _read(path: Path) -> tuple[dict[str, dict[str, Any]], bool]:
    """The checks that the file holds, and whether that was all of it."""
    try:
        with path.open("rb") as file:
            stored = json.loads(file.read(LONGEST))
    except FileNotFoundError:
        return {}, True
    except (OSError, ValueError, RecursionError):
        return {}, False
    if not isinstance(stored, dict):
        return {}, False
    known = {name for names in _outcomes.lessons().values() for name in names}
    checks = {name: check for name, check in stored.items() if name in known and _sound(check)}
    return checks, all(_sound(check) for check in stored.values())


def _sound(check: object) -> bool:
    return (
        isinstance(check, dict)
        and isinstance(check.get("passed"), bool)
        and isinstance(check.get("diagnosis"), str | None)
        and isinstance(check.get("time"), str)
        and isinstance(check.get("attempts"), int)
    )
