"""Nodes of a syntax tree: what stands in them, and their dotted names; without recursion."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

__all__ = ["MAX_CHAIN", "MAX_NAME", "TOO_LONG", "children", "dotted", "text_of"]

MAX_NAME = 200
MAX_CHAIN = 100  # parts of one dotted name; each is looked at again for every call that stands in it
TOO_LONG = "…"


def children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes right below a node."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            yield value


def dotted(node: ast.AST) -> str | None:
    """``a.b.c`` as text, also where `getattr` or `get_ipython()` stands in it; `TOO_LONG` where it has no end."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if len(parts) >= MAX_CHAIN:
            return TOO_LONG
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
            continue
        if not isinstance(node, ast.Call):
            return None
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "get_ipython":
            return ".".join(["get_ipython()", *reversed(parts)])
        if called != "getattr" or len(node.args) < 2:
            return None
        parts.append(text_of(node.args[1:2]))
        node = node.args[0]
    return ".".join([node.id, *reversed(parts)])[: 10 * MAX_NAME]


def text_of(nodes: Sequence[ast.AST]) -> str:
    """The text that the first of some nodes is, or "?"."""
    value = nodes[0].value if nodes and isinstance(nodes[0], ast.Constant) else None
    return value if isinstance(value, str) else "?"
