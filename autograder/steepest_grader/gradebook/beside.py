"""Files that are handed in beside a notebook, as far as the instructor allows them by name or pattern."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from steepest_grader.errors import escaped
from steepest_grader.files import OddFileError, inner_folder, read_regular
from steepest_grader.gradebook.late import TIMESTAMP
from steepest_grader.gradebook.receipts import SECRET

__all__ = ["Allowed"]

MAX_BYTES = 8 * 2**20  # of all files together
MAX_FILES, MAX_SEEN = 100, 1_000
LONGEST = 200  # letters of a path


@dataclass(frozen=True)
class Allowed:
    """What may be handed in beside a notebook.

    Attributes
    ----------
    patterns : sequence of str
        As the course's settings have them.
    given : collection of str
        Paths that the lesson itself brings: these stay as they are.
    """

    patterns: Sequence[str] = ()
    given: Collection[str] = field(default=frozenset())

    def found(self, folder: int) -> tuple[dict[str, bytes], list[str]]:
        """What lies in a submission's folder and may be used, by path, and of what may not, why.

        Parameters
        ----------
        folder : int
            A descriptor. No link is followed from there on.
        """
        files: dict[str, bytes] = {}
        unused: list[str] = []
        left = MAX_BYTES
        looks = [MAX_SEEN]  # that are left
        for number, (path, at) in enumerate(self._below(folder, "", looks) if self.patterns else ()):
            if number >= MAX_FILES:
                unused.append(f"more than {MAX_FILES} files were handed in beside the notebook")
                break
            try:
                if not path.isprintable() or len(path) > LONGEST:
                    raise OddFileError(f"{escaped(path)[:LONGEST]} cannot be the name of a file here")
                files[path] = read_regular(path.rpartition("/")[2], at, most=left)
                left -= len(files[path])
            except OddFileError as error:
                unused.append(str(error))
            except OSError as error:
                unused.append(f"{path} cannot be read: {error.strerror}")
        if looks[0] < 0:
            unused.append(f"there are more than {MAX_SEEN} names, of which the rest was not looked at")
        return files, [f"not used, though it was handed in: {reason}" for reason in unused]

    def _below(self, folder: int, place: str, looks: list[int]) -> Iterator[tuple[str, int]]:
        """Paths that a pattern allows, each with the descriptor of its folder."""
        for name, is_folder in _listing(folder):
            looks[0] -= 1
            if looks[0] < 0:
                return
            path = place + name
            if name.startswith("."):
                continue
            if not is_folder:
                if _matches(path, self.patterns) and not self._is_taken(path):
                    yield path, folder
            elif any(pattern.count("/") > path.count("/") for pattern in self.patterns):
                try:
                    with inner_folder(name, folder) as inner:
                        yield from self._below(inner, f"{path}/", looks)
                except OSError:  # it may not be entered, or is another thing by now
                    continue

    def _is_taken(self, path: str) -> bool:
        ours = any(path == own or path.startswith(f"{own}/") or own.startswith(f"{path}/") for own in self.given)
        return ours or path in (TIMESTAMP, SECRET) or path.endswith(".ipynb")


def _matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern fits a path part by part: `*` stands for no more than one name."""
    parts = path.split("/")
    split = [pattern.split("/") for pattern in patterns]
    return any(len(each) == len(parts) and all(map(fnmatchcase, parts, each)) for each in split)


def _listing(folder: int) -> list[tuple[str, bool]]:
    """Names in a folder, and which are folders themselves; a few more than are looked at."""
    try:
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
    except OSError:
        return []
    found = []
    try:
        with os.scandir(listing) as entries:
            for entry in entries:
                found.append((entry.name, entry.is_dir(follow_symlinks=False)))
                if len(found) > MAX_SEEN:
                    break
    finally:
        os.close(listing)
    return sorted(found)
