"""Every sentence of a lesson that promises something to be accepted stands in a table, beside variants that show it.

`promises/<lesson>.toml` holds a table for each: the `sentence`, as the lesson's source has it, the `exercise`, and the
`accepted` variants that follow it to the letter; `test_exercises` sees that these get full marks. A sentence that says
"accept" and promises nothing stands under `aside`.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from steepest_grader.exercise.catalogue import by_id, lessons

FOLDER = Path(__file__).parent / "promises"
SOLUTIONS = Path(__file__).parents[3] / "solutions"
PROMISES: list[tuple[str, dict[str, Any]]] = [
    (path.stem, promise)
    for path in sorted(FOLDER.glob("*.toml"))
    for promise in tomllib.loads(path.read_text()).get("promise", [])
]


def prose(lesson: str) -> str:
    """A lesson's text in one line, without the marks of comments."""
    source = (SOLUTIONS / lesson / f"{lesson}.py").read_text()
    return " ".join(re.sub(r"(?m)^\s*#+ ?", "", source).split())


@pytest.mark.parametrize(
    ("lesson", "promise"), PROMISES, ids=[f"{lesson}-{promise['exercise']}" for lesson, promise in PROMISES]
)
def test_a_promise_stands_in_the_lesson_and_is_kept(lesson: str, promise: dict[str, Any]) -> None:
    assert " ".join(promise["sentence"].split()) in prose(lesson)
    known = {item.name for item in by_id()[promise["exercise"]].accepted}
    assert promise["accepted"], "which variants show it?"
    assert set(promise["accepted"]) <= known


@pytest.mark.parametrize("lesson", lessons())
def test_no_promise_is_forgotten(lesson: str) -> None:
    path = FOLDER / f"{lesson}.toml"
    table = tomllib.loads(path.read_text()) if path.exists() else {}
    text = prose(lesson)
    for said in (*(promise["sentence"] for promise in table.get("promise", [])), *table.get("aside", [])):
        text = text.replace(" ".join(said.split()), "")
    found = [text[max(match.start() - 80, 0) : match.end() + 80] for match in re.finditer(r"accept", text)]
    assert found == []
