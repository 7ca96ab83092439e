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


def can_be_written(folder: Path) -> bool:
    """Whether a folder takes new files at all."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return file.write(b"x" * 4096) > 0
    except OSError:
        return False


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
