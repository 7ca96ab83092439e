"""Files that are never seen half written, what is said in them last, and work that only one process does."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PART = ".part"


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new content in one step; a file that has it already is left alone."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_parts(folder: Path, pattern: str) -> None:
    """Remove what killed runs have left of `replace_file` in the folders that the pattern names."""
    for path in folder.glob(f"{pattern}/.*{PART}"):
        path.unlink(missing_ok=True)


def kept_secret(path: Path, size: int) -> tuple[bytes, bool]:
    """Random bytes that only the owner of a file can read, and whether they are new.

    They are made by whoever comes first; whoever comes at the same time waits and gets the same.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    """
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
