"""Python source as a tree, in any thread."""

from __future__ import annotations

import ast
import threading

_TURN = threading.Lock()


def parse(source: str) -> ast.Module:
    """What `ast.parse` gives.

    CPython counts the depth of all trees under construction together, and where threads build at the same time the
    count can come out wrong: ``SystemError: AST constructor recursion depth mismatch``. So they take turns.
    """
    with _TURN:
        return ast.parse(source)
