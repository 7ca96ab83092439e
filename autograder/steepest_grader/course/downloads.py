"""What cells may fetch while a notebook is graded: addresses that the course declares, and the files behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from steepest._checks.downloads import as_files

from steepest_grader.course.places import CONFIG, Course
from steepest_grader.course.settings import is_path, nbgrader_settings
from steepest_grader.errors import CourseError

__all__ = ["MAX_BYTES", "downloads"]

MAX_BYTES = 32 * 2**20  # of all together: every kernel gets them
SETTING = "SteepestGrader.downloads"


def downloads(course: Course) -> dict[str, bytes]:
    """Files that let a lesson's cells fetch what is declared, by path.

    Raises
    ------
    CourseError
        If the setting says something else, or a file of it is not there.
    """
    declared = nbgrader_settings(course).SteepestGrader.get("downloads", {})
    if not isinstance(declared, dict) or not all(is_path(path) for path in declared.values()):
        raise _wrong(
            f'is {declared!r}. It takes addresses with their files, such as {{"https://example.org/x.csv": '
            '"downloads/x.csv"}, within the folder of the course.'
        )
    found = {at: file for address, path in declared.items() for at, file in _behind(course, str(address), path)}
    if sum(file.stat().st_size for file in found.values()) > MAX_BYTES:
        raise _wrong(f"names files of more than {MAX_BYTES // 2**20} MiB together.")
    try:
        return as_files({address: file.read_bytes() for address, file in found.items()})
    except ValueError as error:
        raise _wrong(f"has what is no address: {error}.") from error


def _behind(course: Course, address: str, path: str) -> Iterator[tuple[str, Path]]:
    """An address with its file; of one that ends in a slash, each file of a folder."""
    place = course.root / path.rstrip("/")
    if not place.resolve().is_relative_to(course.root.resolve()):
        raise _wrong(f"names {path}, which leads out of {course.root}.")
    if not address.endswith("/"):
        if not place.is_file():
            raise _wrong(f"names {path} for {address}, and there is no such file in {course.root}.")
        yield address, place
        return
    if not place.is_dir():
        raise _wrong(
            f"names {path} for {address}, which ends in a slash, and there is no such folder in {course.root}."
        )
    for file in sorted(place.rglob("*")):
        inner = file.relative_to(place)
        if file.is_file() and not file.is_symlink() and not any(part.startswith(".") for part in inner.parts):
            yield address + quote(inner.as_posix()), file


def _wrong(what: str) -> CourseError:
    return CourseError(f"{CONFIG} sets {SETTING}, which {what}")
