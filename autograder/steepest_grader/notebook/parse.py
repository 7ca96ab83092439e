"""Python source as a tree, in any thread."""

from __future__ import annotations

import ast
import threading

from steepest_grader.notebook.read import apart, names

SMALL = 2**14
_TURN = threading.Lock()


def parse(source: str) -> ast.Module:
    """What `ast.parse` gives.

    CPython counts the depth of all trees under construction together, and where threads build at the same time the
    count can come out wrong: ``SystemError: AST constructor recursion depth mismatch``. So they take turns.
    """
    with _TURN:
        return ast.parse(source)


def read_names(data: bytes) -> set[str]:
    """Every name that a Python file may define, wherever in it, in bounded time and memory.

    Raises
    ------
    UnreadableError
        If it is no text, or no Python; the message is Python's own where there is one.
    RuntimeError
        If the process that reads large files fails.
    """
    if len(data) > SMALL:
        return set(apart("names", data))
    with _TURN:
        return set(names(data))
