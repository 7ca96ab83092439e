"""Lines put into a Python file that somebody else has written."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from itertools import groupby

from steepest_grader.errors import CourseError

__all__ = ["defined", "parsed", "with_entry", "with_imports"]

WIDTH = 120


def parsed(text: str, name: str) -> ast.Module:
    """The file's tree.

    Raises
    ------
    CourseError
        If it is no Python.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise CourseError(f"{name}{f', line {line}' if line else ''}, is no Python: {error}. Correct it.") from error


def defined(tree: ast.Module) -> dict[str, ast.stmt]:
    """What a module defines at its outermost level, by name; imports are left out."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (leaf for target in targets for leaf in ast.walk(target))
            found |= {leaf.id: node for leaf in names if isinstance(leaf, ast.Name)}
    return found


def with_imports(text: str, lines: Sequence[str], name: str, own: str = "") -> str:
    """The text with these imports among those that it has, or behind its docstring; none twice.

    Parameters
    ----------
    text : str
        Of a module.
    lines : sequence of str
        Imports, each a line by itself.
    name : str
        What messages call the module.
    own : str
        The package whose imports come last.
    """
    tree = parsed(text, name)
    heads = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    has = [ast.unparse(node) for node in heads]
    new = [line for line in dict.fromkeys(lines) if line not in has]
    if not new:
        return text
    behind: list[ast.stmt] = [*heads] or [node for node in tree.body[:1] if ast.get_docstring(tree) is not None]
    end = behind[-1].end_lineno or 0 if behind else 0
    old = text.splitlines()
    start = heads[0].lineno - 1 if heads else end
    block = [line for line in old[start:end] if line.strip()]
    plain = block == has  # without comments, and not laid out by hand
    block = _ordered([*has, *new], own) if plain else [*old[start:end], *new]
    before = [*old[:start], *([""] if behind and not heads else [])]
    after = old[end:] if heads or not any(old[end:]) else ["", *old[end:]]
    return "\n".join([*before, *block, *after]).rstrip("\n") + "\n"


def _ordered(lines: Sequence[str], own: str) -> list[str]:
    """Imports as sorters have them: Python's, those of others, the package's own; with a line between."""

    def section(line: str) -> int:
        root = line.split()[1].partition(".")[0]
        return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 3 if root == own else 2

    groups = groupby(
        sorted(lines, key=lambda line: (section(line), line.startswith("from"), line.lower())), key=section
    )
    parts = [list(group) for _, group in groups]
    return [line for number, part in enumerate(parts) for line in ([""] if number else []) + part]


def with_entry(text: str, variable: str, entry: str, name: str) -> str:
    """The text with a name at the end of a tuple or list that it assigns.

    Raises
    ------
    CourseError
        If it assigns none that is written out.
    """
    node = defined(parsed(text, name)).get(variable)
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if node is None or not isinstance(value, ast.Tuple | ast.List):
        raise CourseError(f"{name} assigns no tuple to {variable}: write {variable} = (...) there, and try again.")
    items = [ast.get_source_segment(text, item) or "" for item in value.elts] + [entry]
    left, right = "()" if isinstance(value, ast.Tuple) else "[]"
    comma = "," if len(items) == 1 and left == "(" else ""
    short = f"{left}{', '.join(items)}{comma}{right}"
    head = text.splitlines()[value.lineno - 1].encode()[: value.col_offset].decode()
    if len(head) + len(short) > WIDTH or any("\n" in item for item in items):
        short = "\n".join([left, *(f"    {item}," for item in items), right])
    lines = text.splitlines(keepends=True)
    tail = lines[(value.end_lineno or value.lineno) - 1].encode()[value.end_col_offset :].decode()
    return "".join([*lines[: value.lineno - 1], head, short, tail, *lines[value.end_lineno or value.lineno :]])
