"""The lists of packages agree: metadata of the two distributions, environment.yml, requirements.lock."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
CONDA_NAMES = {"pytorch": "torch"}
OURS = {"steepest", "steepest-grader"}


def _metadata(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


UTILS, GRADER = _metadata("utils"), _metadata("autograder")


def _requirements(lines: list[str]) -> dict[str, Requirement]:
    parsed = map(Requirement, lines)
    return {canonicalize_name(item.name): item for item in parsed}


STUDENT = _requirements(UTILS["project"]["dependencies"])
INSTRUCTOR = _requirements(GRADER["project"]["dependencies"])
MAKE = _requirements(GRADER["dependency-groups"]["make"])
SITE = _requirements(GRADER["project"]["optional-dependencies"]["site"])
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
LOCK_LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
LOCK = {
    canonicalize_name(name): Version(version)
    for name, _, version in (line.partition("==") for line in LOCK_LINES if not line.startswith("#"))
}


def test_environment_gives_the_ranges_of_the_packages_own_metadata() -> None:
    conda = _requirements([item for item in CONDA if isinstance(item, str)])
    python, _ = conda.pop("python"), conda.pop("pip")
    assert python.specifier == Requirement(f"python{UTILS['project']['requires-python']}").specifier
    ours = {CONDA_NAMES.get(name, name): str(item.specifier) for name, item in conda.items()}
    wanted = [*STUDENT.values(), INSTRUCTOR["nbgrader"], MAKE["jupyterlab"]]
    assert ours == {canonicalize_name(item.name): str(item.specifier) for item in wanted}


def test_environment_installs_the_student_package_and_no_grader() -> None:
    assert [item["pip"] for item in CONDA if isinstance(item, dict)] == [["-e ./utils"]]


@pytest.mark.parametrize("name", sorted({*STUDENT, *INSTRUCTOR, *MAKE, *SITE} - OURS))
def test_the_lock_has_every_direct_requirement_within_its_range(name: str) -> None:
    ranges = [group[name].specifier for group in (STUDENT, INSTRUCTOR, MAKE, SITE) if name in group]
    assert all(LOCK[name] in specifier for specifier in ranges)


def test_both_packages_agree_on_what_they_share() -> None:
    for name in STUDENT.keys() & INSTRUCTOR.keys():
        assert STUDENT[name].specifier == INSTRUCTOR[name].specifier
    assert UTILS["project"]["requires-python"] == GRADER["project"]["requires-python"]
    assert Version(UTILS["project"]["version"]) in INSTRUCTOR["steepest"].specifier


def test_the_lock_pins_every_line_and_names_no_place() -> None:
    for line in LOCK_LINES:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
    assert not OURS & LOCK.keys()


def test_the_repository_root_is_no_package() -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(root) == {"tool"}
    assert set(root["tool"]) == {"ruff", "mypy", "pytest", "steepest-grader"}
