"""What the hidden cases of a course follow from: made once, for its owner alone, and in nothing that is handed out."""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from steepest_grader.course import find, release
from steepest_grader.course.nbgrader_course import NbgraderCourse
from steepest_grader.course.places import SECRET, Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError
from steepest_grader.sandbox.bubblewrap import Bubblewrap


@pytest.mark.parametrize("kind", [TextCourse, NbgraderCourse])
def test_it_is_made_once(kind: type[Course], tmp_path: Path) -> None:
    course = kind(tmp_path)
    secret, new = course.secret()
    path = course.course_dir / SECRET
    assert (len(secret), new, stat.S_IMODE(path.stat().st_mode)) == (32, True, 0o600)
    assert course.secret() == (secret, False)
    path.unlink()
    assert course.secret()[0] != secret


def test_who_come_at_once_get_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = os.urandom
    monkeypatch.setattr(os, "urandom", lambda size: time.sleep(0.05) or random(size))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: TextCourse(tmp_path).secret(), range(32)))
    assert len({secret for secret, _ in found}) == 1
    assert sum(new for _, new in found) == 1


BROKEN: dict[str, Callable[[Path], object]] = {
    "damaged": lambda path: path.write_bytes(b"short"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_that_cannot_be_used_is_told(name: str, tmp_path: Path) -> None:
    BROKEN[name](tmp_path / SECRET)
    with pytest.raises(CourseError, match=re.escape(str(tmp_path / SECRET))):
        NbgraderCourse(tmp_path).secret()


def test_it_is_not_handed_out(built: TextCourse, tmp_path: Path) -> None:
    secret, _ = built.secret()
    release.write_course(built)
    with zipfile.ZipFile(release.archive(built, tmp_path / "lessons.zip")) as file:
        assert SECRET not in {Path(name).name for name in file.namelist()}
        assert not any(secret in file.read(name) for name in file.namelist())
    assert [path.name for path in built.course_dir.glob(f"*/**/{SECRET}")] == []


def test_no_sandbox_holds_it(built: TextCourse) -> None:
    bound = [Path(path) for path in Bubblewrap().kept]
    assert not any((built.course_dir / SECRET).resolve().is_relative_to(path) for path in bound)


def test_where_a_folder_is_all_that_is_known(built: TextCourse, tmp_path: Path) -> None:
    """In a notebook that plain nbgrader runs, and for files that are judged: the course's, or one of this process."""
    inside = built.course_dir / "autograded" / "ada" / "90_tiny"
    inside.mkdir(parents=True)
    assert find.secret_of(inside) == built.secret()[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert find.secret_of(elsewhere) == find.secret_of(elsewhere) != find.secret_of(inside)
    other = TextCourse(Path(shutil.copytree(built.root, tmp_path / "other", ignore=shutil.ignore_patterns(SECRET))))
    assert other.secret()[0] != built.secret()[0]
