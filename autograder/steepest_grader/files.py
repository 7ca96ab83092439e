"""Files that are never seen half written, those that others handed in, and work that only one process does."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

PART = ".part"
SHARED = stat.S_ISGID | stat.S_IWGRP
INNER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW


class OddFileError(Exception):
    """What bears a name is not read, whatever it holds; the message says why, to whoever handed it in."""


@contextmanager
def inner_folder(name: str, at: int) -> Iterator[int]:
    """A descriptor of a folder in another: what is reached by it is of that folder, whatever the name means later.

    Raises
    ------
    NotADirectoryError
        If it is something else, as a link to a folder is.
    """
    descriptor = os.open(name, INNER, dir_fd=at)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def outer_folder(path: Path) -> Iterator[int]:
    """The same of a folder that the person at the keyboard named, who may reach it through links."""
    descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_regular(name: str, at: int, *, most: int) -> bytes:
    """What a regular file in a folder holds.

    Parameters
    ----------
    name : str
    at : int
        Descriptor of the folder.
    most : int
        Size in bytes from which on it is not read.

    Raises
    ------
    OddFileError
        If it is a link, a pipe, a folder or the like, or too large.
    """
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OddFileError(f"{name} is a symbolic link, which is not followed") from error
        if error.errno == errno.ENXIO:
            raise OddFileError(f"{name} is not a regular file") from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OddFileError(f"{name} is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1) if status.st_size <= most else b""
    if max(len(data), status.st_size) > most:
        size = max(len(data), status.st_size)
        raise OddFileError(f"{name} has {size:,} bytes; more than {most:,} are not read")
    return data


def read_below(folder: Path, *names: str, most: int) -> bytes:
    """What `read_regular` gives of a file below a folder, with no link followed on the way.

    Raises
    ------
    OddFileError
        As there, or if there is a link or a file in the place of a folder.
    """
    with ExitStack() as stack:
        at = stack.enter_context(outer_folder(folder))
        for name in names[:-1]:
            try:
                at = stack.enter_context(inner_folder(name, at))
            except NotADirectoryError as error:
                raise OddFileError(f"{name} is a symbolic link or a file, where a folder is needed") from error
        return read_regular(names[-1], at, most=most)


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new content in one step; a file that has it already is left alone.

    Raises
    ------
    OSError
        If that fails; its `filename` is of the file itself, or of a folder above it.
    """
    if path.is_file() and path.read_bytes() == data:
        return
    _make_folder(path.parent)
    try:
        _replace(path, data)
    except OSError as error:  # of a file whose name says nothing to anybody
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o664 if _is_shared(path.parent) else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _make_folder(path: Path) -> None:
    """Make a folder with all above it; what lies in a folder that a group shares is shared as well."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    with contextlib.suppress(FileExistsError):  # somebody else has made it meanwhile
        path.mkdir()
        if _is_shared(path.parent):
            path.chmod(stat.S_IMODE(path.stat().st_mode) | SHARED)


def _is_shared(folder: Path) -> bool:
    """Whether a folder is one in which nbgrader's `groupshared` lets a group work."""
    return folder.stat().st_mode & SHARED == SHARED


def remove_parts(folder: Path, pattern: str) -> None:
    """Remove what killed runs have left of `replace_file` in the folders that the pattern names."""
    for path in folder.glob(f"{pattern}/.*{PART}"):
        path.unlink(missing_ok=True)


def can_be_written(folder: Path) -> bool:
    """Whether a folder takes new files at all."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return file.write(b"x" * 4096) > 0
    except OSError:
        return False


def kept_secret(path: Path, size: int) -> tuple[bytes, bool]:
    """Random bytes that only the owner of a file can read, and whether they are new.

    They are made by whoever comes first; whoever comes at the same time waits and gets the same.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    """
    if path.is_file() and (found := path.read_bytes()):  # the folder may be read-only by now
        return found, False
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = file.read()
        if found:
            return found, False
        made = os.urandom(size)
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
        return made, True


def last_line(file: IO[bytes]) -> str:
    """What a process has written last into a file, as far as it is text; "" if nothing."""
    file.seek(0)
    lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however that ends; the empty file stays.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
