"""A pristine clone stays clean: no verb that `make demo` runs writes a tracked file, on whatever processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from steepest_grader.course.find import find_course

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = find_course(Path(__file__).parent).root
LESSON = "05_momentum"
DEMO = (
    ("build",),
    ("sample-class", LESSON, "--out", "build/sample", "--size", "3"),
    # the sandbox would hide the clone's packages, which are not the installed ones
    ("grade", LESSON, "--submitted", "build/sample", "--json", "build/demo.json", "--unsafe-no-sandbox"),
    ("feedback", LESSON),
    ("report", LESSON),
    ("export", LESSON, "--format", "csv"),
    ("release", "build/students.zip"),
)
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
    for verb in DEMO:
        run(sys.executable, "-c", "from steepest_grader.cli import main; main()", *verb)
    assert (clone / "build" / "students.zip").is_file()
    assert run("git", "status", "--porcelain") == ""
