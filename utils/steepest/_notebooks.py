"""What a notebook defines, read off its text: nothing in it is run."""

from __future__ import annotations

import ast
import builtins
import json
import symtable
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Definitions", "Unreadable", "computes", "is_blank", "read_definitions", "same"]

LARGEST = 16 * 2**20  # bytes of a notebook
LARGEST_CELL = 2**18
MAGICS = ("%", "!", "?")
TOO_DEEP = (RecursionError, MemoryError)
DECORATORS = frozenset({
    "staticmethod", "classmethod", "property", "cache", "lru_cache", "wraps", "contextmanager", "dataclass", "no_grad",
    "inference_mode", "enable_grad",
})  # fmt: skip
RUNS = ast.Call | ast.Await | ast.NamedExpr | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Unreadable(Exception):
    """A notebook out of which nothing can be read, with the reason."""


@dataclass(frozen=True)
class Definitions:
    """What the cells of a notebook bind to names; the last one counts, as when it is run from top to bottom.

    Attributes
    ----------
    nodes : mapping of str to ast.stmt
        Functions, classes, imports, and names of plain numbers and words, by name.
    texts : mapping of str to str
        Each as it is written.
    stars : tuple of str
        Imports of everything.
    broken : tuple of str
        Cells that are no Python, each as it is written.
    """

    nodes: Mapping[str, ast.stmt] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def needed(self, name: str) -> tuple[list[str], set[str]]:
        """What has to stand before a name can be used, itself last, and what nothing here defines."""
        order: list[str] = []
        unknown: set[str] = set()
        waiting = [(name, False)]
        seen: set[str] = set()
        while waiting:
            one, done = waiting.pop()
            if done:
                order.append(one)
            elif one not in self.nodes:
                unknown |= {one} - set(dir(builtins))
            elif one not in seen:
                seen.add(one)
                waiting.append((one, True))
                waiting += [(other, False) for other in sorted(_globals(self.texts[one])) if other not in seen]
        return order, unknown


def read_definitions(path: Path) -> Definitions:
    """Read the definitions in a notebook.

    Raises
    ------
    Unreadable
        If it is no notebook, too large, or cannot be opened.
    """
    nodes: dict[str, ast.stmt] = {}
    texts: dict[str, str] = {}
    stars: list[str] = []
    broken: list[str] = []
    for source in _code(path):
        try:
            cell, body = _parsed(source)
        except (SyntaxError, ValueError, *TOO_DEEP):
            broken.append(source)
            continue
        for node in body:
            for name, one, text in _bound(cell, node):
                if name == "*":
                    stars.append(text)
                elif text:
                    nodes[name], texts[name] = one, text
                else:
                    nodes.pop(name, None)
    return Definitions(nodes, texts, tuple(dict.fromkeys(stars)), tuple(broken))


def is_blank(node: ast.stmt) -> bool:
    """Whether a function raises NotImplementedError whatever it is given: it is not written yet."""
    ends = [step for step in getattr(node, "body", []) if isinstance(step, ast.Raise | ast.Return)]
    raised = ends[0].exc if ends and isinstance(ends[0], ast.Raise) else None
    return raised is not None and ast.unparse(raised).startswith("NotImplementedError")


def computes(node: ast.AST) -> bool:
    """Whether to define this runs more than definitions: calls in defaults, in annotations, in the body of a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        given = node.args
        each = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        evaluated = [*given.defaults, *given.kw_defaults, node.returns, *(one.annotation for one in each if one)]
        return any(map(_runs, filter(None, evaluated))) or any(map(_is_strange, node.decorator_list))
    if isinstance(node, ast.ClassDef):
        inner = [part for part in node.body if not isinstance(part, Definition)]
        return (
            bool(node.keywords)
            or any(map(_runs, [*node.bases, *inner]))
            or any(map(_is_strange, node.decorator_list))
            or any(computes(part) for part in node.body if isinstance(part, Definition))
        )
    return False


def _runs(node: ast.AST) -> bool:
    if isinstance(node, ast.Lambda):  # only its defaults
        return any(map(_runs, filter(None, [*node.args.defaults, *node.args.kw_defaults])))
    return isinstance(node, RUNS) or any(map(_runs, ast.iter_child_nodes(node)))


def _is_strange(decorator: ast.expr) -> bool:
    """Whether this is no decorator that is known to run nothing."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    within = [*decorator.args, *decorator.keywords] if isinstance(decorator, ast.Call) else []
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name not in DECORATORS or any(map(_runs, within))


def same(text: str, other: str) -> bool:
    """Whether two texts are the same code; comments and spaces do not matter."""
    try:
        return ast.dump(_tree(text)) == ast.dump(_tree(other))
    except (SyntaxError, ValueError, *TOO_DEEP):
        return False


def _code(path: Path) -> Iterator[str]:
    """The code cells of a notebook."""
    try:
        if not path.is_file():  # a pipe would wait for ever
            raise Unreadable("it is no file")
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"it is larger than {LARGEST // 2**20} MiB; clear its outputs and save it")
        notebook = json.loads(path.read_bytes())
        cells = notebook["cells"]
        sources = [_text(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be opened") from None
    except (ValueError, KeyError, TypeError, AttributeError, *TOO_DEEP):
        raise Unreadable("it is no notebook of version 4") from None
    yield from sources


def _text(source: Any) -> str:
    lines = source if isinstance(source, str) else "".join(source)
    return lines.replace("\r\n", "\n").replace("\r", "\n")


def _parsed(source: str) -> tuple[str, list[ast.stmt]]:
    """The statements of a cell and the text that they stand in, in which lines for IPython are left out."""
    if len(source) > LARGEST_CELL:
        raise ValueError
    try:
        return source, _tree(source).body
    except SyntaxError:
        plain = "\n".join(_without_magic(line) for line in source.split("\n"))
        return plain, _tree(plain).body


def _without_magic(line: str) -> str:
    bare = line.strip()
    if bare.startswith(MAGICS) or bare.endswith("?"):
        return f"{line[: len(line) - len(line.lstrip())]}pass"
    return line


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python does not know
        return ast.parse(text)


def _bound(cell: str, node: ast.stmt) -> Iterator[tuple[str, ast.stmt, str]]:
    """The names that a statement binds without running anything else, with what binds each."""
    if isinstance(node, Definition):
        yield node.name, node, _written(cell, node)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            one = ast.ImportFrom(node.module, [alias], node.level) if isinstance(node, ast.ImportFrom) else None
            text = ast.unparse(one or ast.Import([alias]))
            yield (alias.asname or alias.name.partition(".")[0]), node, text
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        plain = _is_plain(node.value)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):  # where the value is not plain, the name means nothing more
                yield target.id, node, f"{target.id} = {ast.unparse(node.value)}" if plain else ""


def _is_plain(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, *TOO_DEEP):
        return False
    return True


def _written(cell: str, node: Definition) -> str:
    """A definition as it stands in its cell, with its comments; spelled anew where that cannot be cut out."""
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    text = "\n".join(cell.split("\n")[first - 1 : node.end_lineno])
    return text if same(text, spelled := ast.unparse(node)) else spelled


def _globals(text: str) -> set[str]:
    """Names that a piece of code takes from the module."""
    found: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        waiting = [symtable.symtable(text, "cell", "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        within = table.get_type() != "module"
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (symbol.is_global() or not (within or symbol.is_assigned()))
        }
    return found
