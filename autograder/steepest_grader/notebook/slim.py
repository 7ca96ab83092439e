"""A large notebook without its outputs, which no mark depends on.

JSON is read as a stream, in a process of its own within limits: this file as a program. What it leaves is read as any
other notebook.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
import time
from typing import Any

import ijson

MAX_FILE = 256 * 2**20
CPU_SECONDS = 10
MEMORY = 512 * 2**20
MOST = 33 * 2**20  # of what is left: a little more than is read, so that its reader says how much it is
DROPPED = ("cells.item.outputs", "worksheets.item.cells.item.outputs", "metadata")  # with all that lies below
ENDS = ("start_array", "end_array", "start_map", "end_map", "null")
CHUNK = 8 * 2**20  # a text that goes over many chunks is copied with each
NO_JSON, TOO_DEEP, TOO_LARGE = 3, 4, 5  # statuses
TOO_MUCH = "it takes too much time or memory to read"
REASONS = {
    -signal.SIGXCPU: TOO_MUCH,
    TOO_DEEP: "it is nested too deeply to be a notebook",
    TOO_LARGE: TOO_MUCH,
}
# An escape, whole: a pair of halves of a character, half of one, or any other.
ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
REPLACEMENT = rb"\ufffd"

__all__ = ["MAX_FILE", "SlimError", "slim"]


class SlimError(ValueError):
    """The notebook cannot be read; the message says why, to the student."""


def slim(data: bytes) -> tuple[bytes, float]:
    """Leave the outputs of a notebook out.

    Parameters
    ----------
    data : bytes
        The file's content, at most `MAX_FILE`.

    Returns
    -------
    bytes
        JSON with everything else, but the metadata of the whole; its beginning where it is too large to be read; the
        data as it is where it is no JSON.
    float
        Seconds of CPU time that it took.

    Raises
    ------
    SlimError
        If it takes more time or memory to read than is given, or is nested too deeply.
    RuntimeError
        If the process fails.
    """
    done = subprocess.run([sys.executable, "-I", __file__], input=data, capture_output=True, check=False)
    if done.returncode in REASONS:
        raise SlimError(REASONS[done.returncode])
    if done.returncode not in (0, NO_JSON):
        raise RuntimeError(f"the reader ended with status {done.returncode}: {done.stderr[-300:]!r}")
    return data if done.returncode else done.stdout, float(done.stderr)


def main() -> int:
    """Write standard input without outputs to standard output, and seconds of CPU time to standard error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status = 0
    try:
        sys.stdout.write(_text(_Whole(sys.stdin.buffer))[:MOST])
    except (ijson.JSONError, UnicodeDecodeError):
        status = NO_JSON
    except RecursionError:
        return TOO_DEEP
    except MemoryError:
        return TOO_LARGE
    sys.stderr.write(f"{time.process_time()}")
    return status


def _text(file: Any) -> str:
    builder = ijson.ObjectBuilder()
    for prefix, event, value in ijson.parse(file, use_float=True, buf_size=CHUNK):
        if not prefix.startswith(DROPPED) or (prefix in DROPPED and event in ENDS):
            builder.event(event, value)
    return json.dumps(getattr(builder, "value", None))


class _Whole:
    """A file without half characters, which JSON can hold, an output cut within an emoji has, and UTF-8 cannot."""

    def __init__(self, file: Any) -> None:
        self._data, self._place = bytearray(file.read()), 0
        for found in ESCAPE.finditer(self._data):
            if found[1]:
                self._data[found.start() : found.end()] = REPLACEMENT

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many."""
        part = bytes(memoryview(self._data)[self._place : self._place + size])
        self._place += len(part)
        return part


if __name__ == "__main__":
    sys.exit(main())
