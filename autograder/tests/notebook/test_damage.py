"""Whatever is handed in gets an outcome: notebooks damaged at random, and files made to be costly."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.exercise.model import Outcome
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.schedule import grade_all
from steepest_grader.notebook.restore import MAX_BYTES, UnreadableError, read, restore
from steepest_grader.sandbox.base import Sandbox

SEED = int(os.environ.get("STEEPEST_SEED", random.SystemRandom().randrange(10**6)))
LONG = bool(os.environ.get("STEEPEST_LONG"))
FILES, GRADED = (20_000, 200) if LONG else (2_400, 36)
SECONDS = 5.0  # of CPU time, before a kernel starts
MEMORY = 900 * 2**20

Content = dict[str, Any]
DEEP, LONG_NUMBER, TWICE = "@deep", "@number", "@twice"
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**400, float("nan"), float("inf"), "", "\0", "\ud800", "\udfff x", "\x1b[2J",
    [], {}, [[]], [{}], [None], ["a", 7, None, {}], {"": {}}, {"nbgrader": []}, {"nbgrader": {"grade_id": []}},
    "code", "markdown", "heading", "momentum_step", "reflection", "%%bash\nid", "!id", "def momentum_step(", "def " * 9,
    DEEP, LONG_NUMBER, TWICE, "x" * 2**21, ["y"] * 5_000, [{}] * 2_001, {str(number): number for number in range(500)},
]  # fmt: skip


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within, with each of its keys."""
    for key in content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield content, key
        yield from _places(content[key])


def _place(chance: random.Random, content: Content) -> tuple[Any, Any]:
    return chance.choice([*_places(content)] or [(content, "cells")])


def _cells(content: Content) -> list[Any]:
    cells = content.get("cells")
    return cells if isinstance(cells, list) else []


def _set(chance: random.Random, content: Content) -> None:
    place, key = _place(chance, content)
    place[key] = copy.deepcopy(chance.choice(ODD))


def _drop(chance: random.Random, content: Content) -> None:
    place, key = _place(chance, content)
    if key in place or isinstance(place, list):
        del place[key]


def _exchange(chance: random.Random, content: Content) -> None:
    (one, here), (other, there) = _place(chance, content), _place(chance, content)
    if (isinstance(one, list) or here in one) and (isinstance(other, list) or there in other):
        one[here], other[there] = copy.deepcopy(other[there]), copy.deepcopy(one[here])


def _rename(chance: random.Random, content: Content) -> None:
    place, key = _place(chance, content)
    if isinstance(place, dict) and key in place:
        place[
            chance.choice(["source", "cells", "cell_type", "metadata", "nbgrader", "grade_id", "id", "", "\ud800"])
        ] = place.pop(key)


def _shuffle(chance: random.Random, content: Content) -> None:
    chance.shuffle(_cells(content))


def _repeat(chance: random.Random, content: Content) -> None:
    cells = _cells(content)
    cells[:] = (cells * chance.choice([2, 3, 50]))[:2_100]


def _foreign_cell(chance: random.Random, content: Content) -> None:
    cells = _cells(content)
    cells.insert(chance.randrange(len(cells) + 1), copy.deepcopy(chance.choice(ODD)))


def _strip(chance: random.Random, content: Content) -> None:
    for cell in _cells(content):
        if isinstance(cell, dict) and chance.random() < 0.7:
            cell.pop(chance.choice(["metadata", "id", "source", "cell_type"]), None)


def _retype(chance: random.Random, content: Content) -> None:
    for cell in _cells(content):
        if isinstance(cell, dict) and chance.random() < 0.5:
            cell["cell_type"] = chance.choice(["code", "markdown", "raw", "heading", "", None, 3, ["code"], {}])


def _version_3(chance: random.Random, content: Content) -> None:
    for cell in _cells(content):
        if isinstance(cell, dict) and "source" in cell:
            cell["input"] = cell.pop("source")
    sheet = chance.choice([{"cells": content.pop("cells", [])}, {"cells": 7}, {"cells": {"a": 1}}, {}, None, "x"])
    content["worksheets"] = [sheet] * chance.choice([1, 1, 3])


TREES: list[Callable[[random.Random, Content], None]] = [
    _set, _set, _set, _drop, _exchange, _rename, _shuffle, _repeat, _foreign_cell, _strip, _retype, _version_3,
]  # fmt: skip


def _somewhere(chance: random.Random, data: bytes) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice([0, 1, 3, 40, 4_000]))


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _overwrite(chance: random.Random, data: bytes) -> bytes:
    start, stop = _somewhere(chance, data)
    return data[:start] + chance.randbytes(stop - start) + data[stop:]


def _swap_signs(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 2, 20]) if data else 0):
        changed[chance.randrange(len(changed))] = chance.choice(b'{}[]",:\\\n\t\0 0-.eE/ntfu')
    return bytes(changed)


def _leave_out(chance: random.Random, data: bytes) -> bytes:
    start, stop = _somewhere(chance, data)
    return data[:start] + data[stop:]


def _double(chance: random.Random, data: bytes) -> bytes:
    start, stop = _somewhere(chance, data)
    return data[:stop] + data[start:]


def _insert(chance: random.Random, data: bytes) -> bytes:
    start, _ = _somewhere(chance, data)
    odd = [
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"NaN",
        b"-Infinity",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"1" * 5_000,
        b"[" * 3_000,
    ]
    return (
        data[:start]
        + chance.choice([*odd, b"<<<<<<< HEAD\n", b"\r\n", b"// no\n", b"{}", b"'", b"\\u0000"])
        + data[start:]
    )


def _encode(chance: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    name = chance.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037", "utf-7"])
    return text.encode(name, "replace")


BYTES: list[Callable[[random.Random, bytes], bytes]] = [
    _cut, _overwrite, _swap_signs, _leave_out, _double, _insert, _encode,
]  # fmt: skip


def _damaged(chance: random.Random, original: Content) -> tuple[list[str], bytes]:
    """A notebook after some damages, and their names: first to its content, then to its bytes."""
    content = copy.deepcopy(original)
    trees = chance.choices(TREES, k=chance.choice([0, 1, 1, 2, 5]))
    for damage in trees:
        damage(chance, content)
    data = json.dumps(content, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    depth = chance.choice([10, 900, 2_000, 200_000])
    data = data.replace(f'"{DEEP}"'.encode(), b"[" * depth + b"]" * depth)
    data = data.replace(f'"{LONG_NUMBER}"'.encode(), b"9" * chance.choice([5_000, 500_000]))
    data = data.replace(f'"{TWICE}"'.encode(), b'{"source": "a", "source": ["b"], "cell_type": 1, "cell_type": "code"}')
    rest = chance.choices(BYTES, k=chance.choice([0, 0, 1, 2]))
    for change in rest:
        data = change(chance, data)
    return [item.__name__ for item in (*trees, *rest)], data


@pytest.fixture
def released(tiny: Course) -> NotebookNode:
    return load(tiny, "90_tiny").released


def test_a_damaged_notebook_is_restored_or_refused(released: NotebookNode) -> None:
    original = json.loads(nbformat.writes(released))
    locked = {cell.id: cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution") is False}
    assert locked
    counts = {"read": 0, "refused": 0}
    for number in range(FILES):
        names, data = _damaged(random.Random(f"{SEED} {number}"), original)
        label = f"STEEPEST_SEED={SEED}, file {number}: {names}"
        begun = time.process_time()
        try:
            restored = restore(read(data), released)
        except UnreadableError as error:
            assert str(error).isprintable(), label
            counts["refused"] += 1
            continue
        except Exception as error:
            raise AssertionError(label) from error
        assert time.process_time() - begun < SECONDS, label
        counts["read"] += 1
        nbformat.validate(restored)
        text = nbformat.writes(restored).encode()
        assert nbformat.reads(text.decode(), as_version=4) == restored, label
        graded = [cell for cell in restored.cells if "nbgrader" in cell.metadata]
        assert [cell for cell in graded if not cell.metadata.nbgrader.solution] == [
            locked[cell.id] for cell in graded if cell.id in locked
        ], label
        assert locked.keys() <= {cell.id for cell in graded}, label
        assert len({cell.metadata.nbgrader.grade_id for cell in graded}) == len(graded), label
        ours = {cell.id: cell.metadata for cell in released.cells}
        assert all(cell.metadata == ours.get(cell.id, {}) for cell in restored.cells), label
    assert min(counts.values()) > FILES / 8, counts


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_damaged_notebook_is_graded(tiny: Course, released: NotebookNode, sandbox: Sandbox) -> None:
    """All the way, kernels included: what can be read at all is not the grader's fault."""
    original = json.loads(nbformat.writes(released))
    lesson = load(tiny, "90_tiny")
    files: dict[str, bytes] = {}
    for number in range(FILES):
        names, data = _damaged(random.Random(f"{SEED} {number}"), original)
        try:
            read(data)
        except UnreadableError:
            continue
        files[f"STEEPEST_SEED={SEED}, file {number}: {names}"] = data
        if len(files) == GRADED:
            break
    submissions = [Submission(label, data) for label, data in files.items()]
    found = {item.student: item for item in grade_all(lesson, submissions, sandbox=sandbox, jobs=2)}
    assert found.keys() == files.keys()
    ours = {label: item.message for label, item in found.items() if item.outcome is Outcome.GRADER_ERROR}
    assert ours == {}
    assert all(0 <= verdict.credit <= 1 for item in found.values() for verdict in item.verdicts)


def _full_of(unit: bytes, start: bytes = b'{"cells": [{"source": ["a"], "x": [', end: bytes = b"0]}]}") -> bytes:
    return start + unit * ((MAX_BYTES - len(start) - len(end)) // len(unit)) + end


COSTLY: dict[str, Callable[[], bytes]] = {
    "empty lists": lambda: _full_of(b"[],"),
    "lists in lists": lambda: _full_of(b"[[]],"),
    "small objects": lambda: _full_of(b'{"":{}},'),
    "numbers": lambda: _full_of(b"-9,"),
    "one long number": lambda: _full_of(b"9"),
    "short strings": lambda: _full_of('"Ā",'.encode()),
    "one wide text": lambda: _full_of(b"a", b'{"cells": [{"source": "a", "x": "', '\U0001f600"}]}'.encode()),
    "deep lists": lambda: _full_of(b"[" * 900 + b"]" * 900 + b","),
    "lines": lambda: _full_of(b'"",', b'{"cells": [{"x": 0, "source": ['),
    "brackets as code": lambda: _full_of(b'0], "y": 0}, {"source": ["' + b"(" * 17_000 + b'"], "x": ['),
}
MEASURE = """
import re, resource, sys, time
from steepest_grader.notebook.read import UnreadableError, read_parts
data = sys.stdin.buffer.read()
begun = time.process_time()
try:
    said = str(len(read_parts(data)))
except UnreadableError as error:
    said = str(error)
others = resource.getrusage(resource.RUSAGE_CHILDREN)
own = int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
print(time.process_time() - begun + others.ru_utime + others.ru_stime, (own + others.ru_maxrss) * 1024, said)
"""


@pytest.mark.parametrize("kind", COSTLY, ids=str)
def test_a_costly_file_takes_bounded_time_and_memory(kind: str) -> None:
    data = COSTLY[kind]()
    assert MAX_BYTES - 2**16 < len(data) <= MAX_BYTES
    done = subprocess.run([sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True)
    seconds, memory, said = done.stdout.decode().split(maxsplit=2)
    assert float(seconds) < SECONDS, said
    assert int(memory) < MEMORY, said
