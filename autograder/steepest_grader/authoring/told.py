"""Which arguments a test calls a function with, as far as that can be told without running it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["CaseText", "Told", "calls"]

FUNCTIONS = {  # of arrays and numbers, whose results can travel to a student's function
    "numpy": {"array", "arange", "linspace", "zeros", "ones", "eye", "full"},
    "torch": {"tensor", "arange", "linspace", "zeros", "ones", "eye", "full"},
}
BUILTIN = {"list", "tuple", "range", "float", "int"}
PLAIN = (
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
    ast.keyword,
)
MOST = 20  # cases
LONGEST = 60  # of a label or of what could not be told

Names = Mapping[str, ast.expr]


@dataclass(frozen=True)
class CaseText:
    """A case as Python text.

    Attributes
    ----------
    label : str
        The name of the case, as a literal.
    other : str
        The name of a case like it with other numbers.
    arguments : str
        What stands between the brackets of the call.
    """

    label: str
    other: str
    arguments: str


@dataclass(frozen=True)
class Told:
    """What a test says of a function.

    Attributes
    ----------
    cases : sequence of CaseText
        The calls whose arguments are written out, none twice.
    untold : sequence of str
        The lines in which a call is, whose arguments are not.
    imports : sequence of str
        What the arguments need.
    """

    cases: Sequence[CaseText]
    untold: Sequence[str]
    imports: Sequence[str]


def calls(tree: ast.Module, function: str, modules: Mapping[str, str]) -> Told:
    """Find the calls of a function in a test.

    Parameters
    ----------
    tree : Module
        The test.
    function : str
        Its name.
    modules : mapping of str to str
        Which modules the notebook has imported, by the names that they have there.
    """
    found: dict[str, None] = {}
    untold: dict[str, None] = {}
    used: set[str] = set()
    for statement, names in _statements(tree.body, _assigned(tree)):
        for call in _calls(statement, function):
            written = None if names is None else _written(call, names, modules)
            if written is None:
                untold[_short(ast.unparse(statement))] = None
            else:
                found[written] = None
                used |= {node.id for node in ast.walk(ast.parse(f"f({written})")) if isinstance(node, ast.Name)}
    labels = [_short(f"{function}({arguments})") for arguments in list(found)[:MOST]]
    cases = [
        _case(label + f" ({number})" * (labels.count(label) > 1), arguments)
        for number, (label, arguments) in enumerate(zip(labels, found, strict=False), start=1)
    ]
    untold |= {f"{len(found) - MOST} calls more": None} if len(found) > MOST else {}
    imports = [
        f"import {modules[name]}" + f" as {name}" * (name != modules[name]) for name in sorted(used & set(modules))
    ]
    return Told(cases, list(untold), [line for line in imports if line != "import numpy as np"])


def _case(label: str, arguments: str) -> CaseText:
    return CaseText(_literal(label), _literal(f"like {label}"), arguments)


def _literal(text: str) -> str:
    """The text as formatters write it: in double quotes where that needs no more of them escaped."""
    plain = repr(text)
    return plain if plain.startswith('"') or '"' in text else f'"{plain[1:-1]}"'


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that the test assigns once and for all, with what they stand for."""
    stores = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and stores.count(node.targets[0].id) == 1
    }


def _statements(body: Sequence[ast.stmt], names: Names) -> Iterator[tuple[ast.stmt, Names | None]]:
    """Every statement, with what the names in it stand for; those of a loop over what is written out, for each turn.

    None stands for what is not told: an exception may be meant there, or a name may change.
    """
    for node in body:
        if isinstance(node, ast.For) and (turns := _turns(node, names)) is not None:
            for turn in turns:
                yield from _statements(node.body, {**names, **turn})
        else:
            yield node, names if isinstance(node, ast.Assert | ast.Expr | ast.Assign | ast.AnnAssign) else None


def _turns(node: ast.For, names: Names) -> list[dict[str, ast.expr]] | None:
    """What a loop's variables stand for in each turn; None where that cannot be told."""
    over = names.get(node.iter.id) if isinstance(node.iter, ast.Name) else node.iter
    try:
        counted = ast.unparse(node.iter)
        if counted.startswith("range(") and isinstance(over, ast.Call):
            numbers = range(*(int(ast.literal_eval(item)) for item in over.args))
            over = ast.List([ast.Constant(number) for number in numbers[: MOST + 1]])
    except (ValueError, TypeError):
        return None
    if not isinstance(over, ast.List | ast.Tuple):
        return None
    targets = node.target.elts if isinstance(node.target, ast.Tuple) else [node.target]
    named = [target.id for target in targets if isinstance(target, ast.Name)]
    turns = []
    for item in over.elts:
        parts = [item] if isinstance(node.target, ast.Name) else getattr(item, "elts", [])
        if not len(named) == len(targets) == len(parts):
            return None
        turns.append(dict(zip(named, parts, strict=True)))
    return turns


def _calls(statement: ast.stmt, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
            yield node


class _Put(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        rest = {name: value for name, value in self.names.items() if name != node.id}
        put: ast.expr = _Put(rest).visit(copy.deepcopy(self.names[node.id]))
        return put


def _written(call: ast.Call, names: Names, modules: Mapping[str, str]) -> str | None:
    """The call's arguments as text in which nothing stands but what is written out; None where there is more."""
    parts = []
    for node in (*call.args, *(keyword.value for keyword in call.keywords)):
        put = _Put(names).visit(copy.deepcopy(node))
        if not _is_plain(put, modules):
            return None
        parts.append(ast.unparse(put))
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    words = [f"{keyword.arg}={part}" for keyword, part in zip(call.keywords, parts[len(call.args) :], strict=True)]
    return _quoted(", ".join([*parts[: len(call.args)], *words]))


def _quoted(arguments: str) -> str:
    """Texts among them in double quotes, as formatters write them."""
    return arguments.replace("'", '"') if '"' not in arguments and "\\" not in arguments else arguments


def _is_plain(node: ast.AST, modules: Mapping[str, str]) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float | str | None)
    if isinstance(node, ast.Call):
        named = isinstance(node.func, ast.Name) and node.func.id in BUILTIN
        return (named or _of_arrays(node.func, modules)) and all(
            _is_plain(part, modules) for part in (*node.args, *node.keywords)
        )
    return isinstance(node, PLAIN) and all(_is_plain(part, modules) for part in ast.iter_child_nodes(node))


def _of_arrays(function: ast.expr, modules: Mapping[str, str]) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.attr in FUNCTIONS.get(modules.get(function.value.id, ""), ())
    )
