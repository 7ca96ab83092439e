"""What stands in a cell of code, read without running it: names, assignments, classes, texts, commands."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from steepest_grader.notebook import commands
from steepest_grader.notebook.commands import Allowance, TooMuchError
from steepest_grader.notebook.letters import HIDDEN_LETTERS, looks_like_another
from steepest_grader.notebook.nodes import MAX_CHAIN, MAX_NAME, TOO_LONG, children, dotted, text_of
from steepest_grader.notebook.parse import parse

__all__ = ["Code", "Seen", "read_code"]

Kind = Literal[
    "import", "use", "handed", "set", "part", "text", "method", "outer", "computed", "command", "letters", "unread"
]

PARTIALS = frozenset({"partial", "partialmethod", "attrgetter", "methodcaller", "itemgetter", "compose"})
MAGICS = ("run_line_magic", "run_cell_magic")
SHELL = ("get_ipython().system", "get_ipython().getoutput")
SHOWING = frozenset({"help", "dir", "print", "hasattr", "getattr", "setattr", "delattr", "isinstance", "type", "str"})


@dataclass(frozen=True)
class Seen:
    """One thing in a cell.

    Attributes
    ----------
    line : int
        Where it begins, from 1.
    kind : str
        An imported module; a dotted name that is used or set, or that is handed on as a value; a part of an object,
        whatever the object is; a text; a method as ``Class.method``; names of an outer scope that are assigned; an
        attribute whose name is computed; a command of IPython's that runs a program; letters that cannot be seen or
        look like others; or a cell that cannot be read.
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


def read_code(source: str, allowance: Allowance | None = None) -> Code:
    """Read one cell; never raises, whatever it holds.

    Parameters
    ----------
    source : str
        The cell's text.
    allowance : Allowance, optional
        What all cells of a notebook share; one of its own by default.
    """
    code = Code()
    hidden = None if source.isascii() else HIDDEN_LETTERS.search(source)
    if hidden:
        code.seen.append(Seen(source.count("\n", 0, hidden.start()) + 1, "letters", f"U+{ord(hidden.group()):04X}"))
    allowance = allowance or Allowance()
    waiting = [_Text(source)]
    while waiting:
        text = waiting.pop()
        try:
            allowance.take(len(text.source) if text.source is not source else 0)
            waiting += _read(text, code, allowance)
        except TooMuchError as error:
            code.seen.append(Seen(text.line, "unread", str(error)))
            break
    code.seen.sort(key=lambda item: item.line)
    return code


@dataclass(frozen=True)
class _Text:
    """What is run as a cell: one, or a text that a magic runs; the line where it begins, and the function around it."""

    source: str
    line: int = 1
    within: str = ""


def _parsed(source: str, code: Code) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError):
        return None
    except (RecursionError, MemoryError):
        code.seen.append(Seen(1, "unread", "nested too deeply"))
        return None


def _read(text: _Text, code: Code, allowance: Allowance) -> list[_Text]:
    """Note what stands in a text, and hand back the texts that it runs."""
    tree = _parsed(text.source, code)
    if tree is None or commands.OTHERWISE.search(text.source):
        try:
            source = commands.as_python(text.source, allowance)
        except TooMuchError as error:
            code.seen.append(Seen(text.line, "unread", str(error)))
            source = text.source
        except Exception:  # noqa: BLE001 - whatever this is, the cell comes to the same in IPython, and does not run
            source = text.source
        if source != text.source:
            blank = len(text.source) - len(text.source.lstrip())
            text = replace(text, source=source, line=text.line + text.source.count("\n", 0, blank))
            tree = _parsed(source, code)  # what is no Python now does not run either
    texts = _Reader(code, text.line - 1).read(tree, text.within) if tree is not None else []
    run = commands.automagic(text.source)
    return texts + (_commanded(code, text, *run) if run else [])


def _commanded(code: Code, text: _Text, magic: str, line: str, body: str = "", sign: str = "%") -> list[_Text]:
    """The texts that a magic may run; where it runs a program that is noted."""
    command = f"{sign}{magic} {line}".strip() if magic else f"{sign}{line}"
    if commands.runs_program(command):
        code.seen.append(Seen(text.line, "command", command))
        return []
    return [replace(text, source=each, line=text.line + above) for above, each in commands.texts_of(magic, line, body)]


class _Reader:
    """Walks a tree without recursion."""

    def __init__(self, code: Code, before: int) -> None:
        self.code = code
        self.before = before  # lines above
        self.commanded: list[_Text] = []
        self.within_chain: set[int] = set()  # nodes of `a.b` in `a.b.c`, which are named with it
        self.stays: set[int] = set()  # nodes whose value is given one name, shown or asked, and goes nowhere else

    def read(self, tree: ast.Module, within: str) -> list[_Text]:
        """Note all that stands in it; what comes back are texts that it runs."""
        waiting: list[tuple[ast.AST, str]] = [(tree, within)]
        while waiting:
            node, within = waiting.pop()
            self.named(node)
            handler = _HANDLERS.get(type(node))
            if handler is not None:
                handler(self, node, within)
            if not within:
                within = self.begun(node)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            waiting.extend([(child, within) for child in children(node)])
        return self.commanded

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
            partial = called is not None and (dotted(called) or "").rpartition(".")[2] in PARTIALS
            stands = self.code.calls if isinstance(node.value, ast.Lambda) or partial else self.code.values
            stands.setdefault(name, set())
        return name

    def note(self, node: ast.AST, kind: Kind, name: str, within: str = "") -> None:
        name = name if kind == "text" else name[: 10 * MAX_NAME]
        self.code.seen.append(Seen(self.before + getattr(node, "lineno", 1), kind, name, within))

    def named(self, node: ast.AST) -> None:
        """Note a name that looks like another."""
        for part in ("id", "attr", "arg", "name", "asname"):
            name = getattr(node, part, None)
            if isinstance(name, str) and looks_like_another(name):
                self.note(node, "letters", name)

    def handed(self, node: ast.expr, name: str, within: str) -> None:
        """Note a name that stands for a value of its own; what is made of that by other names is not followed."""
        if id(node) not in self.stays and id(node) not in self.within_chain:
            self.note(node, "handed", name, within)

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
            self.handed(node, node.id, within)

    def attribute(self, node: ast.Attribute, within: str) -> None:
        self.note(node, "part", node.attr, within)
        self.within_chain.add(id(node.value))
        name = None if id(node) in self.within_chain else dotted(node)
        if name == TOO_LONG:
            self.note(node, "unread", f"more than {MAX_CHAIN} names in a chain")
        elif name is not None:
            self.note(node, "use" if isinstance(node.ctx, ast.Load) else "set", name, within)
            self.handed(node, name, within)

    def item(self, node: ast.Subscript, within: str) -> None:
        """``sys.modules[...] = x``, ``vars(torch)[...] = x``, ``torch.__dict__[...] = x``."""
        owner = node.value
        if isinstance(node.ctx, ast.Load):
            return
        if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id in ("vars", "globals"):
            self.note(node, "set", f"{dotted(owner.args[0]) or '' if owner.args else ''}.__dict__", within)
        elif (name := dotted(owner)) is not None and "." in name:
            self.note(node, "set", name, within)

    def call(self, node: ast.Call, within: str) -> None:
        function = dotted(node.func) or ""
        called = function.rpartition(".")[2]
        if function == "get_ipython":
            self.handed(node, "get_ipython()", within)
        if function in SHOWING:
            self.stays.update(map(id, node.args[:1]))
        if called in MAGICS or function in SHELL:
            self.command(node, function, within)
        elif called in ("setattr", "delattr", "__setattr__", "__delattr__") and node.args:
            self.note(node, "set", f"{dotted(node.args[0])}.{text_of(node.args[1:2])}", within)
        elif called == "getattr" and len(node.args) > 1:
            plain = isinstance(node.args[1], ast.Constant)
            self.note(node, "use" if plain else "computed", (plain and dotted(node)) or "getattr", within)

    def command(self, node: ast.Call, function: str, within: str) -> None:
        """A magic or a command of the shell, as IPython writes them."""
        words = [text_of([each]) for each in node.args]
        text = _Text("", self.before + node.lineno, within)
        if not words or node.keywords or "?" in words:
            self.note(node, "command", function)
        elif function in SHELL:
            self.commanded += _commanded(self.code, text, "", words[0], sign="!")
        else:
            sign = "%%" if function.endswith("run_cell_magic") else "%"
            line, body = [*words[1:3], "", ""][:2]
            self.commanded += _commanded(self.code, text, words[0], line, body, sign)

    def assigned(self, node: ast.Assign, within: str) -> None:
        name = dotted(node.value)
        if (
            name is not None
            and len(name) <= MAX_NAME
            and len(node.targets) == 1
            and isinstance(node.targets[0], ast.Name)
        ):
            self.code.renamed.append((node.targets[0].id, name))
            self.stays.add(id(node.value))

    def shown(self, node: ast.Expr, within: str) -> None:
        self.stays.add(id(node.value))

    def defined(self, node: ast.ClassDef, within: str) -> None:
        for item in node.body:
            if isinstance(item, ast.Assign) and (given := dotted(item.value)) is not None:
                self.handed(item.value, given, within)
            targets = item.targets if isinstance(item, ast.Assign) else []
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            for name in [item.name] if isinstance(item, ast.FunctionDef) else names:
                self.note(item, "method", f"{node.name[:MAX_NAME]}.{name}")

    def outer(self, node: ast.Global | ast.Nonlocal, within: str) -> None:
        self.note(node, "outer", ", ".join(node.names))

    def constant(self, node: ast.Constant, within: str) -> None:
        if isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            self.note(node, "text", text, within)


_HANDLERS: dict[type[ast.AST], Any] = {
    ast.Import: _Reader.imported,
    ast.ImportFrom: _Reader.imported_from,
    ast.Name: _Reader.variable,
    ast.Attribute: _Reader.attribute,
    ast.Subscript: _Reader.item,
    ast.Call: _Reader.call,
    ast.Assign: _Reader.assigned,
    ast.ClassDef: _Reader.defined,
    ast.Expr: _Reader.shown,
    ast.Global: _Reader.outer,
    ast.Nonlocal: _Reader.outer,
    ast.Constant: _Reader.constant,
}
