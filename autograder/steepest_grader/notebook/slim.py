"""A large notebook without its outputs, which no mark depends on.

JSON is read as a stream, in a process of its own within limits: this file as a program. What it leaves is read as any
other notebook.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from typing import Any

import ijson

MAX_FILE = 256 * 2**20
CPU_SECONDS = 10
MEMORY = 512 * 2**20
DROPPED = ("cells.item.outputs", "worksheets.item.cells.item.outputs", "metadata")  # with all that lies below
ENDS = ("start_array", "end_array", "start_map", "end_map", "null")
CHUNK = 8 * 2**20  # a text that goes over many chunks is copied with each
NO_JSON = 3

__all__ = ["MAX_FILE", "slim"]


def slim(data: bytes) -> bytes:
    """Leave the outputs of a notebook out.

    Parameters
    ----------
    data : bytes
        The file's content, at most `MAX_FILE`.

    Returns
    -------
    bytes
        JSON with everything else, but the metadata of the whole; the data as it is where it is no JSON.

    Raises
    ------
    MemoryError
        If it takes more time or memory to read than is given.
    RuntimeError
        If the process fails.
    """
    done = subprocess.run([sys.executable, "-I", __file__], input=data, capture_output=True, check=False)
    if done.returncode == NO_JSON:
        return data
    if done.returncode in (-signal.SIGXCPU, 1) and (done.returncode < 0 or b"MemoryError" in done.stderr):
        raise MemoryError("it takes too much time or memory to read")
    if done.returncode:
        raise RuntimeError(f"the reader ended with status {done.returncode}: {done.stderr[-300:]!r}")
    return done.stdout


def main() -> None:
    """Write standard input without outputs to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    builder = ijson.ObjectBuilder()
    try:
        for prefix, event, value in ijson.parse(sys.stdin.buffer, use_float=True, buf_size=CHUNK):
            if not prefix.startswith(DROPPED) or (prefix in DROPPED and event in ENDS):
                builder.event(event, value)
    except ijson.JSONError:
        sys.exit(NO_JSON)
    json.dump(_value(builder), sys.stdout)


def _value(builder: Any) -> Any:
    return getattr(builder, "value", None)


if __name__ == "__main__":
    main()
