"""What students handed in is opened once, by descriptor, and only where it is an ordinary file of bounded size."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from steepest_exercises.momentum import reference
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.desk.practice import Practice, practice
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import Outcome
from steepest_grader.gradebook.late import TIMESTAMP, time_of
from steepest_grader.grading import collect as collecting
from steepest_grader.grading.collect import collect
from steepest_grader.grading.judging import judge_file
from steepest_grader.notebook import parse as module
from steepest_grader.notebook.parse import read_names
from steepest_grader.notebook.read import MAX_BYTES, MAX_SOURCE, UnreadableError
from steepest_grader.notebook.restore import read
from steepest_grader.sandbox.none import NoSandbox

NEIGHBOUR = b'{"cells": [], "of": "the neighbour"}'
REFERENCE = Path(reference.__file__)


def _grown(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


ODD: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a link": (lambda path: path.symlink_to(REFERENCE), "is a symbolic link, which is not followed"),
    "a link to nothing": (lambda path: path.symlink_to("/nowhere"), "is a symbolic link, which is not followed"),
    "a link without an end": (lambda path: path.symlink_to("/dev/zero"), "is a symbolic link, which is not followed"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a folder": (Path.mkdir, "is not a regular file"),
    "a file of great size": (_grown, "are not read"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("reader", ["collect", "judge"])
def test_only_ordinary_files_are_read(kind: str, reader: str, tmp_path: Path) -> None:
    make, said = ODD[kind]
    path = tmp_path / "ada" / "L" / ("L.ipynb" if reader == "collect" else "L.py")
    path.parent.mkdir(parents=True)
    make(path)
    if reader == "collect":
        (found,) = collect(tmp_path, "L")
        outcome, message = found.outcome, found.message
    else:
        (row,) = judge_file(path, sandbox=NoSandbox(), hidden=Hidden())
        outcome, message = row["outcome"], row["message"]
    assert outcome == Outcome.UNREADABLE
    assert said in message


LINES = [{"output_type": "stream", "name": "stdout", "text": ["a line of text\n"] * 600_000}] * 4
IMAGE = [{"output_type": "display_data", "data": {"image/png": "A" * 40 * 2**20}, "metadata": {}}]
LARGE: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "lines of text": ({"outputs": LINES}, {}, True),
    "one picture": ({"outputs": IMAGE}, {}, True),
    "the state of widgets": ({}, {"widgets": {"state": LINES}}, True),
    "half a character, in a line that was cut": ({"outputs": [*LINES, {"text": "\ude00"}]}, {}, True),
    "a pair of halves and many backslashes": ({"outputs": [*LINES, {"text": "\\\\ud83d \U0001f600 \\"}]}, {}, True),
    "outputs that are none": ({"outputs": "x" * 40 * 2**20}, {}, True),
    "source": ({"source": "x" * 40 * 2**20}, {}, False),
    "an attachment": ({"attachments": {"a": "x" * 40 * 2**20}}, {}, False),
}


@pytest.mark.parametrize("where", LARGE)
def test_of_a_large_notebook_all_is_read_but_its_outputs(where: str, tmp_path: Path) -> None:
    more, metadata, readable = LARGE[where]
    header = {"nbgrader": {"grade_id": "f", "points": 2.5, "grade": True}}
    cells = [
        {"cell_type": "code", "source": "x = 1", "id": "a", "metadata": header, "outputs": []},
        {"cell_type": "code", "source": ["y = 'é'\n", "z"], "metadata": {}, **more},
        {"cell_type": "markdown", "source": "words", "metadata": {}, "attachments": {"a.png": {"image/png": "aGk="}}},
    ]
    path = tmp_path / "ada" / "L" / "L.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    assert path.stat().st_size > MAX_BYTES
    (found,) = collect(tmp_path, "L")
    assert found.data is not None
    if readable:
        small = json.dumps({"cells": [{**cell, "outputs": []} for cell in cells]}).encode()
        assert read(found.data) == read(small)
    else:
        with pytest.raises(UnreadableError, match="without its outputs"):
            read(found.data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" + b"{}," * 2**24 + b"{}]", "too much time or memory"),
        (b'{"cells": [' + b"[[]]," * 2**23 + b"7]}", "too much time or memory"),
        (b'{"cells": [' + b'"' + "é".encode() * 10**8 + b'"]}', "too much time or memory"),
        (b'{"cells": [' + b"[" * 3000 + b"]" * 3000 + b', "' + b"x" * 40 * 2**20 + b'"]}', "nested too deeply"),
        (b" " * 40 * 2**20, "MiB"),
        (b'{"cells": [' + b"x" * 40 * 2**20, "MiB"),
    ],
    ids=["many objects", "many cells", "many accents", "depth", "nothing", "no JSON"],
)
def test_a_large_file_that_is_no_notebook(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "ada" / "L" / "L.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    (found,) = collect(tmp_path, "L")
    if found.data is None:
        assert (found.outcome, said in found.message) == (Outcome.UNREADABLE, True)
    else:
        with pytest.raises(UnreadableError, match=said):
            read(found.data)


def test_what_fails_while_outputs_are_left_out_costs_its_own_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in (("ada", b" " * (MAX_BYTES + 1)), ("bob", NEIGHBOUR)):
        path = tmp_path / name / "L" / "L.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)

    def broken(data: bytes) -> bytes:
        raise RuntimeError("planted")

    monkeypatch.setattr(collecting, "slim", broken)
    ada, bob = collect(tmp_path, "L")
    assert (ada.outcome, ada.data, "planted" in ada.message) == (Outcome.GRADER_ERROR, None, True)
    assert bob.data == NEIGHBOUR


def test_a_large_file_is_slimmed_once_and_known_by_the_whole_of_it(tmp_path: Path, built: Course) -> None:
    lesson = load(built, "90_tiny")
    path = tmp_path / "ada" / "L" / "L.ipynb"
    path.parent.mkdir(parents=True)
    digests = []
    for letter in "xy":
        outputs = [{"output_type": "stream", "name": "stdout", "text": letter * (MAX_BYTES + 1)}]
        path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "a = 1", "outputs": outputs}]}))
        (quick,), (slow,) = collect(tmp_path, "L", slimmed=False), collect(tmp_path, "L")
        assert (quick.data, quick.seconds) == (None, 0)
        assert slow.data is not None and 0 < slow.seconds < 10
        assert quick.digest(lesson) == slow.digest(lesson)
        digests.append(quick.digest(lesson))
    assert digests[0] != digests[1]


def test_a_folder_on_the_way_to_a_judged_file_is_no_link(tmp_path: Path) -> None:
    """Below the folder that all files share, since what lies above it is the instructor's."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.py").write_text("def other(): pass\n")
    (tmp_path / "eve").symlink_to(tmp_path / "real")
    (row,) = judge_file(tmp_path / "eve" / "x.py", sandbox=NoSandbox(), hidden=Hidden(), below=tmp_path)
    assert (row["outcome"], "eve is a symbolic link" in row["message"]) == (Outcome.UNREADABLE, True)
    (row,) = judge_file(tmp_path / "eve" / "x.py", sandbox=NoSandbox(), hidden=Hidden())
    assert row["outcome"] == Outcome.MISSING


def test_source_that_takes_too_much_to_read_costs_its_own_file() -> None:
    with pytest.raises(UnreadableError, match="too much memory"):
        read_names(b"a\n" * (MAX_SOURCE // 2))


def test_names_are_the_same_in_a_process_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    data = REFERENCE.read_bytes()
    here = read_names(data)
    monkeypatch.setattr(module, "SMALL", 0)
    assert read_names(data) == here >= {"momentum_step"}
    for broken in (b"def f(:\n", b"\xff", b"\0", b"(" * 1000):
        with pytest.raises(UnreadableError):
            read_names(broken)


def test_who_hands_in_says_who_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file, folder in (("file", 0o000, 0o755), ("folder", 0o644, 0o000), ("private", 0o600, 0o700)):
        path = tmp_path / name / "L" / "L.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}")
        path.chmod(file)
        path.parent.chmod(folder)
    opened = os.open

    def refuse(path: Any, *words: Any, **more: Any) -> int:  # who runs this may be the superuser, who may read all
        if path == "L.ipynb":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *words, **more)

    monkeypatch.setattr(os, "open", refuse)
    found = {item.student: item.outcome for item in collect(tmp_path, "L")}
    (tmp_path / "folder" / "L").chmod(0o755)
    assert found == dict.fromkeys(("file", "folder", "private"), Outcome.UNREADABLE)


# --- a folder that is exchanged for a link while it is read ------------------------------------------------------


EXCHANGE = """
import os, sys
place, link, aside = sys.argv[1:]
while True:
    os.rename(place, aside)
    os.rename(link, place)
    os.rename(place, link)
    os.rename(aside, place)
"""


@contextmanager
def exchanging(place: Path, target: Path) -> Iterator[None]:
    """In a loop put a link to the target into the place of a folder, and the folder back."""
    link, aside = place.with_name(".link"), place.with_name(".aside")
    link.symlink_to(target)
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", EXCHANGE, place, link, aside]) as process:
        try:
            yield
        finally:
            process.kill()


def _trusting(folder: Path, *names: str) -> bytes | None:
    """Looks, and then opens: what was done before."""
    path = folder.joinpath(*names)
    if any(part.is_symlink() for part in (path.parent.parent, path.parent)):
        return None
    try:
        return os.read(descriptor := os.open(path, os.O_RDONLY | os.O_NOFOLLOW), 1000)
    except OSError:
        return None
    finally:
        if "descriptor" in locals():
            os.close(descriptor)


@pytest.mark.parametrize("level", ["the lesson's folder", "the student's folder"])
def test_a_folder_exchanged_for_a_link_gives_nobody_elses_bytes(level: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "submitted", tmp_path / "neighbour"
    for root, data, year in ((folder / "ada", b"own", 2030), (other, NEIGHBOUR, 2020)):
        (root / "L").mkdir(parents=True)
        (root / "L" / "L.ipynb").write_bytes(data)
        (root / "L" / TIMESTAMP).write_text(f"{year}-01-15 11:00:00")
        (root / "L" / "progress.json").write_text(f'{{"exercises": {{"x": {{"attempts": {len(data)}}}}}}}')
    place = folder / "ada" / "L" if level.startswith("the lesson") else folder / "ada"
    with exchanging(place, other / "L" if place.name == "L" else other):
        assert NEIGHBOUR in _tried(lambda: _trusting(folder, "ada", "L", "L.ipynb"), until=NEIGHBOUR)
        read = _tried(lambda: [item.data for item in collect(folder, "L", students={"ada"})], until=[b"own"])
        times = _tried(lambda: _or_none(lambda: time_of(folder / "ada" / "L").year), until=2030)
        told = _tried(lambda: practice(folder, "L").get("ada", {}).get("x"), until=Practice(3, None))
    assert [NEIGHBOUR] not in read
    assert 2020 not in times
    assert all(item in (None, Practice(3, None)) for item in told)


def _tried(call: Callable[[], Any], *, until: Any) -> list[Any]:
    """What calls give, of which at least one gives what is waited for."""
    given = [call() for _ in range(1000)]
    while until not in given[-1000:] and len(given) < 200_000:
        given += [call() for _ in range(1000)]
    assert until in given, "the race is never won, so it proves nothing"
    return given


def _or_none(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ValueError:
        return None
