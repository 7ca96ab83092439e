"""A pristine clone stays clean: neither `make demo` nor `release` writes a tracked file, on whatever processor."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from steepest_grader.course.find import find_course

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = find_course(Path(__file__).parent).root
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LESSON = re.search(r"^LESSON := (\w+)$", MAKEFILE, re.MULTILINE)
RECIPE = MAKEFILE.partition("\ndemo: ")[2].partition("\n\n")[0]
RUN = """
import json, sys
from steepest_grader.cli import main
for words in json.loads(sys.argv[1]):
    main(words, standalone_mode=False)
"""
PROCESSORS = {
    "this": {},
    "an older": {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},  # other last bits
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is committed, in a folder of its own."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, tmp_path / "clone"], check=True)
    return tmp_path / "clone"


@pytest.mark.parametrize("processor", PROCESSORS)
def test_a_demo_leaves_a_clone_clean(clone: Path, processor: str) -> None:
    env = {
        **os.environ,
        **PROCESSORS[processor],
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{clone / 'utils'}:{clone / 'autograder'}",
    }

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    assert run(sys.executable, "-c", "import steepest_grader; print(steepest_grader.__file__)").startswith(str(clone))
    run(sys.executable, "-c", RUN, json.dumps([*_verbs(), ["release", "build/students.zip"]]))
    assert (clone / "build" / "students.zip").is_file()
    assert run("git", "status", "--porcelain") == ""


def _verbs() -> list[list[str]]:
    """What `make demo` runs, on a smaller class, and without a sandbox: it would hide the clone's packages."""
    assert LESSON is not None
    lines = [line.strip() for line in RECIPE.replace("$(LESSON)", LESSON[1]).splitlines()]
    verbs = [line.split()[1:] for line in lines if line.startswith("$(GRADER) ")]
    assert [words[0] for words in verbs] == ["build", "sample-class", "grade", "feedback", "report", "export"]
    small = {"24": ["3"], "grade": ["grade", "--unsafe-no-sandbox"]}
    return [[word for part in words for word in small.get(part, [part])] for words in verbs]
