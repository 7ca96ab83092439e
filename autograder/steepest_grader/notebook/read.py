"""Cells out of the bytes of a notebook, names out of those of a Python file.

JSON can take thirty times its size in memory, Python's trees a thousand times, and both hold up every thread while they
are made. What is large is therefore parsed by a process of its own, within limits: this file as a program, which needs
the standard library only.
"""

from __future__ import annotations

import ast
import codecs
import gc
import io
import json
import resource
import signal
import subprocess
import sys
import threading
import tokenize
from collections.abc import Callable, Iterator
from typing import Any

MAX_BYTES = 32 * 2**20
MAX_CELLS = 2_000
MAX_SOURCE = 2**20
SMALL = 2**20
CPU_SECONDS = 10
MEMORY = 768 * 2**20
KINDS = ("code", "markdown", "raw")
HEADER = ("points", "grade", "solution", "locked", "task")
# Encodings that Python knows and nobody writes in; some of them take the square of a text.
ODD = frozenset(
    {"utf-7", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "punycode", "idna"}
)
INSTEAD = {
    b"version https://git-lfs": "the file is a pointer of Git LFS; the notebook itself was not handed in",
    b"<!doctype html": "the file is a web page, not a notebook",
    b"<html": "the file is a web page, not a notebook",
    b"# %%": "the file is a Python script, not a notebook",
    b"# ---\n# jupyter:": "the file is a Python script, not a notebook",
}

_TURN = threading.Lock()  # of all lanes only one at a time may take so much memory

Attached = dict[str, dict[str, str]]
Parts = tuple[str, str, str | None, str | None, dict[str, object], Attached]


class UnreadableError(Exception):
    """The bytes are not a notebook; the message says why, to the student."""


def read_parts(data: bytes) -> list[Parts]:
    """Kind, source, grade id, cell id, nbgrader's header and attachments of each cell.

    Raises
    ------
    UnreadableError
        If there is no sequence of cells to be had from it.
    RuntimeError
        If the process that parses it fails.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(
            f"without its outputs the notebook has more than {MAX_BYTES // 2**20} MiB, which are not read"
        )
    if len(data) <= SMALL:
        return parse(data)
    found = apart("parse", data)
    return [(kind, source, grade_id, cell_id, header, more) for kind, source, grade_id, cell_id, header, more in found]


def apart(task: str, data: bytes) -> Any:
    """What a function of this module makes of the data, in a process of its own.

    Raises
    ------
    UnreadableError
        If it can make nothing of it.
    RuntimeError
        If the process fails.
    """
    command = [sys.executable, "-I", "-S", __file__, task]
    with _TURN:
        done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode == -signal.SIGXCPU:
        raise UnreadableError("the file takes too long to read")
    if done.returncode:
        raise RuntimeError(f"the reader ended with status {done.returncode}: {done.stderr[-300:]!r}")
    answer = json.loads(done.stdout)
    if isinstance(answer, str):
        raise UnreadableError(answer)
    return answer


def parse(data: bytes) -> list[Parts]:
    """The same, in this process."""
    try:
        content = _loaded(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
            raise UnreadableError("the file is an archive; hand in the notebook that is in it") from error
        raise UnreadableError(f"the file is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise UnreadableError("the file is nested too deeply to be a notebook") from error
    except ValueError as error:
        raise UnreadableError(_instead(data) or f"the file is not JSON: {error}") from error
    cells = _cells_of(content)
    if len(cells) > MAX_CELLS:
        raise UnreadableError(f"the notebook has {len(cells)} cells; more than {MAX_CELLS} are not read")
    return [_parts(cell) for cell in cells]


def _instead(data: bytes) -> str:
    """What a file is that is no JSON, where its bytes tell; else ""."""
    place, text = 0, b"\n" + data
    for mark in (b"\n<<<<<<< ", b"\n=======", b"\n>>>>>>> "):
        place = text.find(mark, place)
        if place < 0:
            break
    else:
        line = text.count(b"\n", 0, text.find(b"\n<<<<<<< ") + 1)
        return f"the file holds a conflict that Git could not merge (line {line}); resolve it and hand in again"
    return next((said for start, said in INSTEAD.items() if data.lstrip()[:200].lower().startswith(start)), "")


def text_of(data: bytes) -> str:
    """The text of a Python file, in the encoding that it declares.

    Raises
    ------
    UnreadableError
        If it is none in this encoding, or there is no such encoding, or it is one that only hides what is written.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if codecs.lookup(encoding).name in ODD:
            raise UnreadableError(f"it is written in {encoding}")
        return data.decode(encoding)
    except (ValueError, SyntaxError, LookupError) as error:
        raise UnreadableError(str(error)) from error


def names(data: bytes) -> list[str]:
    """Every name that a Python file may define, wherever in it; see `parse.read_names`."""
    source = text_of(data)
    try:
        tree = ast.parse(source)
    except (ValueError, SyntaxError, RecursionError) as error:
        raise UnreadableError(str(error)) from error
    except MemoryError as error:
        raise UnreadableError(str(error) or "the file takes too much memory to read") from error
    return sorted(set(_defined(tree)))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _loaded(text: str) -> object:
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python refuses whole numbers of great length, and no number is needed here
        return json.loads(text, parse_int=float, strict=False)


def _cells_of(content: object) -> list[object]:
    if not isinstance(content, dict):
        raise UnreadableError(f"the file holds a JSON {type(content).__name__}, not a notebook")
    cells = content.get("cells")
    if cells is None and isinstance(content.get("worksheets"), list):
        found = [sheet.get("cells") for sheet in content["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for part in found if isinstance(part, list) for cell in part]
    if not isinstance(cells, list):
        raise UnreadableError("the file has no list of cells, so it is not a notebook")
    return cells


def _parts(cell: object) -> Parts:
    if not isinstance(cell, dict):
        return "raw", "", None, None, {}, {}
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str) or len(source) > MAX_SOURCE:
        source = ""
    source = source.encode("utf-8", "replace").decode()  # half a character is no text
    metadata = cell.get("metadata")
    header = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(header, dict):
        header = {}
    grade_id, cell_id = header.get("grade_id"), cell.get("id")
    return (
        kind if kind in KINDS else "code" if kind is None else "raw",
        source,
        grade_id if isinstance(grade_id, str) else None,
        cell_id if isinstance(cell_id, str) else None,
        {key: header[key] if isinstance(header[key], int | float) else None for key in HEADER if key in header},
        _attached(cell.get("attachments")) if kind == "markdown" else {},
    )


def _attached(found: object) -> Attached:
    """What is attached to a text: by name, and by kind, in base64."""
    if not isinstance(found, dict):
        return {}
    kept = {}
    for name, kinds in found.items():
        texts = {kind: text for kind, text in kinds.items() if isinstance(text, str)} if isinstance(kinds, dict) else {}
        kept[name.encode("utf-8", "replace").decode()] = {kind: text for kind, text in texts.items() if text.isascii()}
    return {name: kinds for name, kinds in kept.items() if kinds}


def main() -> None:
    """Write what the function named on the command line makes of standard input, or why it cannot, as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    task: Callable[[bytes], Any] = {"parse": parse, "names": names}[sys.argv[1]]
    try:
        answer = task(sys.stdin.buffer.read())
    except UnreadableError as error:
        answer = str(error)
    except MemoryError:
        answer = "the file takes too much memory to read"
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
