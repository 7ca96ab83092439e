"""What stands in a cell of code, read without running it: names, assignments, classes, texts, commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal

from steepest_grader.notebook.parse import parse

__all__ = ["Code", "Seen", "read_code"]

Kind = Literal[
    "import", "use", "set", "part", "text", "method", "function", "outer", "computed", "command", "letters", "unread"
]

MAX_NAME = 200
MAX_CHAIN = 100  # parts of one dotted name; each is looked at again for every call that stands in it
TOO_LONG = "…"
PARTIALS = frozenset({"partial", "partialmethod", "attrgetter", "methodcaller", "itemgetter", "compose"})
# Possessive, and within a line: a cell of blanks must not take forever.
MAGIC = re.compile(r"^([ \t]*+)([%!].*|\?{1,2}\S.*|[\w.]++\?{1,2}[ \t]*+)$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([\w, \t]++=[ \t]*+)[%!].*$", re.MULTILINE)
# Magics whose line is code, with their options.
TIMED = r"%%?(?:time|timeit|prun|memit)\b(?:[ \t]++-\w++(?:[ \t]++\d++)?+)*+[ \t]*+"
TIMED_LINE = re.compile(rf"^([ \t]*+(?:[\w, \t]++=[ \t]*+)?){TIMED}", re.MULTILINE)
PROGRAMS = re.compile(
    r"%%?(bash|sh|script|system|sx|perl|ruby|javascript|js|html|svg|writefile|file|run|load|macro)\b|!"
)
INSTALLS = re.compile(r"[!%] ?([\w./{}]++ -m )?(pip|conda|mamba)\b")
# Zero-width and direction marks, and whole alphabets that Python reads as Latin letters.
HIDDEN_LETTERS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\uff21-\uff5a\U0001d400-\U0001d7ff]")


@dataclass(frozen=True)
class Seen:
    """One thing in a cell.

    Attributes
    ----------
    line : int
        Where it begins, from 1.
    kind : str
        An imported module; a dotted name that is used or set; a part of an object, whatever the object is; a text; a
        method as ``Class.method``; a function's own name; names of an outer scope that are assigned; an attribute
        whose name is computed; a command of IPython's that runs a program; letters that cannot be seen or look like
        others; or a cell that cannot be read.
    name : str
    within : str
        The function around it, or "".
    """

    line: int
    kind: Kind
    name: str
    within: str = ""


@dataclass
class Code:
    """All that stands in one cell.

    Attributes
    ----------
    seen : list of Seen
    imports : dict of str to str
        Names that are bound by imports, and what they stand for.
    renamed : list of (str, str)
        Variables that were assigned a dotted name, in turn.
    calls : dict of str to set of str
        For each function, class, lambda and partial that has a name, the names that stand in it.
    values : dict of str to set of str
        The same for whatever else a name is given.
    """

    seen: list[Seen] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    calls: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=dict)


def read_code(source: str) -> Code:
    """Read one cell; never raises, whatever it holds."""
    code = Code()
    hidden = None if source.isascii() else HIDDEN_LETTERS.search(source)
    if hidden:
        code.seen.append(Seen(_line(source, hidden.start()), "letters", f"U+{ord(hidden.group()):04X}"))
    tree = _parsed(source, code)
    if tree is None and any(mark in source for mark in "%!?"):
        tree = _parsed(_without_magics(source, code), code)
    if tree is not None:
        _Reader(code).read(tree)
    return code


def _parsed(source: str, code: Code) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError):
        return None  # it does not run either
    except (RecursionError, MemoryError):
        code.seen.append(Seen(1, "unread", "nested too deeply"))
        return None


def _without_magics(source: str, code: Code) -> str:
    """The source with IPython's own commands taken out; those that run programs are noted."""
    source = TIMED_LINE.sub(r"\1", source)
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        if PROGRAMS.match(first):
            code.seen.append(Seen(1, "command", first))
            return ""
        source = f"\n{rest}"
    for match in chain(MAGIC.finditer(source), ASSIGNED_MAGIC.finditer(source)):
        command = match.group().strip()
        if match.re is ASSIGNED_MAGIC:
            command = command.partition("=")[2].strip()
        if PROGRAMS.match(command) and not INSTALLS.match(command):
            code.seen.append(Seen(_line(source, match.start()), "command", command))
            break  # one is enough for a person to look
    return ASSIGNED_MAGIC.sub(r"\1None", MAGIC.sub(r"\1pass", source))


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


class _Reader:
    """Walks a tree without recursion."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.within_chain: set[int] = set()  # nodes of `a.b` in `a.b.c`, which are named with it

    def read(self, tree: ast.Module) -> None:
        waiting: list[tuple[ast.AST, str]] = [(tree, "")]
        while waiting:
            node, within = waiting.pop()
            handler = _HANDLERS.get(type(node))
            if handler is not None:
                handler(self, node, within)
            if not within:
                within = self.begun(node)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            waiting.extend([(child, within) for child in _children(node)])
        self.code.seen.sort(key=lambda item: item.line)

    def begun(self, node: ast.AST) -> str:
        """The name that what stands in a node belongs to: of a function or class, or of a variable of the notebook."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.code.calls.setdefault(node.name, set())
            return node.name
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            return ""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = next((target.id for target in targets if isinstance(target, ast.Name)), "")
        if name:
            called = node.value.func if isinstance(node.value, ast.Call) else None
            partial = called is not None and (_dotted(called) or "").rpartition(".")[2] in PARTIALS
            stands = self.code.calls if isinstance(node.value, ast.Lambda) or partial else self.code.values
            stands.setdefault(name, set())
        return name

    def note(self, node: ast.AST, kind: Kind, name: str, within: str = "") -> None:
        name = name if kind == "text" else name[: 10 * MAX_NAME]
        self.code.seen.append(Seen(getattr(node, "lineno", 1), kind, name, within))

    def imported(self, node: ast.Import, within: str) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.code.imports[bound] = alias.name if alias.asname else bound
            self.note(node, "import", alias.name)

    def imported_from(self, node: ast.ImportFrom, within: str) -> None:
        module = str(node.module)[:MAX_NAME]
        for alias in node.names:
            self.code.imports[alias.asname or alias.name] = f"{module}.{alias.name}"
            self.note(node, "import", f"{module}.{alias.name}")

    def variable(self, node: ast.Name, within: str) -> None:
        names = self.code.calls if within in self.code.calls else self.code.values
        names.setdefault(within, set()).add(node.id)
        if isinstance(node.ctx, ast.Load):
            self.note(node, "use", node.id, within)

    def attribute(self, node: ast.Attribute, within: str) -> None:
        self.note(node, "part", node.attr)
        self.within_chain.add(id(node.value))
        name = None if id(node) in self.within_chain else _dotted(node)
        if name == TOO_LONG:
            self.note(node, "unread", f"more than {MAX_CHAIN} names in a chain")
        elif name is not None:
            self.note(node, "use" if isinstance(node.ctx, ast.Load) else "set", name, within)

    def item(self, node: ast.Subscript, within: str) -> None:
        """``sys.modules[...] = x``, ``vars(torch)[...] = x``, ``torch.__dict__[...] = x``."""
        owner = node.value
        if isinstance(node.ctx, ast.Load):
            return
        if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id in ("vars", "globals"):
            self.note(node, "set", f"{_dotted(owner.args[0]) or '' if owner.args else ''}.__dict__", within)
        elif (name := _dotted(owner)) is not None and "." in name:
            self.note(node, "set", name, within)

    def call(self, node: ast.Call, within: str) -> None:
        called = (_dotted(node.func) or "").rpartition(".")[2]
        if called in ("setattr", "delattr", "__setattr__", "__delattr__") and node.args:
            self.note(node, "set", f"{_dotted(node.args[0])}.{_text(node.args[1:2])}", within)
        elif called == "getattr" and len(node.args) > 1:
            plain = isinstance(node.args[1], ast.Constant)
            self.note(node, "use" if plain else "computed", (plain and _dotted(node)) or "getattr", within)

    def assigned(self, node: ast.Assign, within: str) -> None:
        name = _dotted(node.value)
        if (
            name is not None
            and len(name) <= MAX_NAME
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        ):
            self.code.renamed.append((node.targets[0].id, name))

    def defined(self, node: ast.ClassDef, within: str) -> None:
        for item in node.body:
            targets = item.targets if isinstance(item, ast.Assign) else []
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            for name in [item.name] if isinstance(item, ast.FunctionDef) else names:
                self.note(item, "method", f"{node.name[:MAX_NAME]}.{name}")

    def function(self, node: ast.FunctionDef, within: str) -> None:
        self.note(node, "function", node.name)

    def outer(self, node: ast.Global | ast.Nonlocal, within: str) -> None:
        self.note(node, "outer", ", ".join(node.names))

    def constant(self, node: ast.Constant, within: str) -> None:
        if isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            self.note(node, "text", text)


_HANDLERS: dict[type[ast.AST], Any] = {
    ast.Import: _Reader.imported,
    ast.ImportFrom: _Reader.imported_from,
    ast.Name: _Reader.variable,
    ast.Attribute: _Reader.attribute,
    ast.Subscript: _Reader.item,
    ast.Call: _Reader.call,
    ast.Assign: _Reader.assigned,
    ast.ClassDef: _Reader.defined,
    ast.FunctionDef: _Reader.function,
    ast.Global: _Reader.outer,
    ast.Nonlocal: _Reader.outer,
    ast.Constant: _Reader.constant,
}


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            yield value


def _dotted(node: ast.AST) -> str | None:
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
        parts.append(_text(node.args[1:2]))
        node = node.args[0]
    return ".".join([node.id, *reversed(parts)])[: 10 * MAX_NAME]


def _text(nodes: Sequence[ast.AST]) -> str:
    value = nodes[0].value if nodes and isinstance(nodes[0], ast.Constant) else None
    return value if isinstance(value, str) else "?"
