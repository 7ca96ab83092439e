"""The archive that students get: what is in it, and how it is packed and read."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from steepest_grader.course.first_steps import first_steps
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError

__all__ = ["check_suffix", "lessons_in", "members", "packed"]

STUDENT_FILES = ("environment.yml", "LICENSE")
PACKAGE_FILES = ("pyproject.toml", "README.md")
OLDEST = (1980, 1, 1, 0, 0, 0)  # what a zip can hold


def check_suffix(path: Path) -> None:
    """Refuse an archive of another kind.

    Raises
    ------
    CourseError
        If its name ends neither in `.zip` nor in `.tar.gz`.
    """
    if not path.name.endswith((".zip", ".tar.gz")):
        raise CourseError(f"The archive must end in .zip or .tar.gz. Got {path.name!r}.")


def members(course: TextCourse, lessons: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Files of the archive: some lessons, and all that they need.

    Raises
    ------
    CourseError
        If one is missing.
    """
    for lesson in lessons:
        path = course.lessons_dir / lesson / f"{lesson}.ipynb"
        yield f"lessons/{lesson}/{lesson}.ipynb", _needed(course, path)
    utils = course.root / "utils"
    for name in STUDENT_FILES:
        yield name, _needed(course, course.root / name)
    for name in PACKAGE_FILES:
        yield f"utils/{name}", _needed(course, utils / name)
    yield "README.md", first_steps(course, lessons).encode()
    for path in course.student_package.rglob("*"):
        parts = path.relative_to(utils).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix != ".pyc":
            yield "/".join(("utils", *parts)), path.read_bytes()


def lessons_in(path: Path, folder: str) -> list[str]:
    """Which lessons an archive holds that was given out before; none where there is no file.

    Parameters
    ----------
    path : Path
    folder : str
        The one within it, which is named as the course.

    Raises
    ------
    CourseError
        If what is there is no archive of this course.
    """
    if not path.exists():
        return []
    try:
        if path.name.endswith(".zip"):
            with zipfile.ZipFile(path) as file:
                names = file.namelist()
        else:
            with tarfile.open(path) as tar:
                names = tar.getnames()
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, ValueError) as error:
        raise CourseError(
            f"{path} is there and cannot be read as an archive: {error}. Name another file, or remove it."
        ) from error
    parts = [name.split("/") for name in names]
    if any(each[0] != folder for each in parts):
        raise CourseError(f"{path} is an archive of something else. Name another file, or remove it.")
    return sorted(
        each[2] for each in parts if len(each) == 4 and each[1] == "lessons" and each[3] == f"{each[2]}.ipynb"
    )


def packed(path: Path, folder: str, files: dict[str, bytes]) -> bytes:
    """The bytes of an archive of the kind that its name says; the same files give the same."""
    return (_zip if path.name.endswith(".zip") else _tar)(folder, files)


def _needed(course: TextCourse, path: Path) -> bytes:
    if not path.is_file():
        raise CourseError(f"The archive needs {path.relative_to(course.root).as_posix()}, which is not there: add it.")
    return path.read_bytes()


def _zip(folder: str, members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            info = zipfile.ZipInfo(f"{folder}/{name}", OLDEST)
            info.compress_type, info.external_attr, info.create_system = (
                zipfile.ZIP_DEFLATED,
                0o100644 << 16,
                3,
            )
            file.writestr(info, data)
    return buffer.getvalue()


def _tar(folder: str, members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as file,
    ):
        for name, data in members.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size, info.mode = len(data), 0o644
            file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
