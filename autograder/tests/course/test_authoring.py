"""docs/authoring.md is followed word for word, from an empty folder to a graded class."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import copy_of
from steepest_grader.course.find import find_course

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.timeout(900)]

HOME = find_course(Path(__file__)).root
PAGE = (HOME / "docs" / "authoring.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
FILE = re.compile(r"`([\w./]+\.(?:py|yml|md)|LICENSE)`")
FAILS = "# fails"
OFFLINE = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
PARTS = ("README.md", "pyproject.toml", "steepest", "steepest_grader", "steepest_exercises")


class Reader:
    """Somebody who does what the page says, in one shell and one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = f"{sys.base_prefix}/bin{os.pathsep}{os.environ['PATH']}"

    def type(self, line: str) -> str:
        """Type a command; what it prints."""
        script = f'{line.partition(FAILS)[0]}\nstatus=$?\n{{ pwd; echo "$PATH"; }} >"$STATE"\nexit $status'
        state = self.folder.parent / "state"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "VIRTUAL_"))}
        environment |= OFFLINE | {"PATH": self.path, "STATE": str(state), "OMP_NUM_THREADS": "1", "COLUMNS": "400"}
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == (FAILS in line), line + done.stdout + done.stderr
        folder, self.path = state.read_text().splitlines()
        self.folder = Path(folder)
        return done.stdout + done.stderr

    def do(self, name: str, kind: str, text: str) -> None:
        """Type what a block of commands says, and find what it promises; or write a file."""
        if kind != "console":
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")
            return
        printed = ""
        for line in text.splitlines():
            if line.startswith("$ "):
                printed = self.type(line.removeprefix("$ "))
            else:
                assert " ".join(line.split()) in " ".join(printed.split())


def blocks() -> Iterator[tuple[str, str, str]]:
    """Each block of the page with its kind, and the file that is named last before it."""
    end = 0
    for block in BLOCK.finditer(PAGE):
        named = FILE.findall(PAGE[end : block.start()])
        yield named[-1] if named else "", block["kind"], block["text"]
        end = end if block["kind"] == "console" else block.end()


@pytest.fixture(scope="module")
def reader(worker_id: str) -> Iterator[Reader]:
    """In a folder with a checkout, on the file system of the environment, whose files need not be copied then."""
    folder = HOME / "build" / f"authoring-{worker_id}" / "lecturer"
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in ("utils", "autograder"):
        for name in PARTS:
            if (HOME / part / name).is_dir():
                shutil.copytree(HOME / part / name, folder / "steepest" / part / name)
            elif (HOME / part / name).is_file():
                (folder / "steepest" / part).mkdir(parents=True, exist_ok=True)
                shutil.copy(HOME / part / name, folder / "steepest" / part)
    copy_of(folder / ".venv")
    yield Reader(folder)
    shutil.rmtree(folder.parent)


def test_a_lecturer_gets_to_a_graded_class(reader: Reader) -> None:
    for name, kind, text in blocks():
        reader.do(name, kind, text)
    course = reader.folder
    assert course.name == "surveys"
    proof = json.loads((course / "build/verify.json").read_text())["01_averages"]["trimmed_mean"]
    assert proof == {
        "solution": True, "blank": 0.0, "accepted": [3, 3], "caught": [6, 6], "named": [6, 6], "mutants": [0, 0],
        "zeros_rejected": True,
    }  # fmt: skip
    graded = {row["student"]: row["exercises"][0] for row in json.loads((course / "build/grades.json").read_text())}
    promised = re.findall(r"^\| (honest|hasty|unsorted|hostile) \| ([\d.]+) \| (\w*) ?\|$", PAGE, re.MULTILINE)
    assert {who: (item["score"], item["diagnosis"] or "") for who, item in graded.items()} == {
        who: (float(points), why) for who, points, why in promised
    }
    report = (course / "build/course/reports/01_averages.html").read_text(encoding="utf-8")
    assert [words for words in ("not sorted", "sort them before you cut", "hasty") if words not in report] == []
    assert len(list((course / "build/course/feedback").rglob("*.html"))) == 4
