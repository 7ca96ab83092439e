"""Mechanical mutants of a function's source: each is the source with one small change.

An operator maps a node of the syntax tree to the nodes that may stand in its place. Sources are compared and shown in
the form that `ast.unparse` gives them, without docstrings and comments, so that every change is one line.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from steepest_grader.notebook.parse import parse

__all__ = ["ANOTHER_NAME", "OPERATORS", "Mutant", "mutants"]

Operator = Callable[[ast.AST], Iterator[ast.AST]]

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
RARE_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.MatMult: (ast.Mult, ast.Add),
    ast.FloorDiv: (ast.Div, ast.Mult, ast.Mod),
    ast.Mod: (ast.FloorDiv, ast.Mult),
}
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
OTHER_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMMUTES = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
ANOTHER_NAME = "another name"
MODULES = ("torch", "math", "np")
# Functions and methods that are easily taken for one another; each stands for the other.
SIBLINGS = (
    ("max", "min"), ("amax", "amin"), ("argmax", "argmin"), ("maximum", "minimum"), ("any", "all"), ("sum", "mean"),
    ("zeros", "ones"), ("zeros_like", "ones_like"), ("rand", "randn"), ("std", "var"), ("sqrt", "square"),
    ("exp", "log"), ("sin", "cos"), ("ceil", "floor"), ("stack", "cat"), ("sum", "prod"),
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A source with one change.

    Attributes
    ----------
    operator : str
        What kind of change it is, a key of `OPERATORS` or `ANOTHER_NAME`.
    source : str
        The whole changed source.
    change : str
        The line that differs, as it is now, or ``"without …"`` where it is gone: how an exercise names a mutant that
        is equivalent.
    difference : str
        The unified difference, without the names of files.
    """

    operator: str
    source: str
    change: str
    difference: str


def mutants(source: str) -> list[Mutant]:
    """All mutants of a source that differ from it and from each other.

    Parameters
    ----------
    source : str
        Definitions of functions, as in an answer cell.

    Returns
    -------
    list of Mutant
        In the order of the source; the same for the same source.
    """
    tree = _bare(parse(source))
    original = ast.unparse(tree)
    operators = {**OPERATORS, ANOTHER_NAME: _another_name(tree)}
    found: dict[str, Mutant] = {}
    for node, put in _places(tree):
        for name, operator in operators.items():
            for new in operator(node):
                put(new)
                changed = ast.unparse(tree)
                if changed != original and changed not in found and _compiles(changed):
                    found[changed] = _mutant(name, original, changed)
        put(node)
    return list(found.values())


def _mutant(operator: str, original: str, changed: str) -> Mutant:
    lines = list(difflib.unified_diff(original.splitlines(), changed.splitlines(), n=1, lineterm=""))[2:]
    old, new = ("; ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return Mutant(operator, changed, f"without {old}" if new == "pass" else new, "\n".join(lines))


def _bare(tree: ast.Module) -> ast.Module:
    """Without docstrings, and without what a student does not write: imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return tree


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _places(parent: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """Every node below this one, with a function that puts another in its place.

    What an error says is left alone, and so are the targets of assignments. A called function is changed together
    with its call.
    """
    for field, value in ast.iter_fields(parent):
        if isinstance(parent, ast.Raise) or field in ("targets", "target", "ctx", "returns", "annotation", "op", "ops"):
            continue
        for place, node in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(node, ast.AST):
                if field != "func":
                    yield node, _putter(parent, field, place if isinstance(value, list) else None)
                yield from _places(node)


def _putter(parent: ast.AST, field: str, place: int | None) -> Callable[[ast.AST], None]:
    def put(node: ast.AST) -> None:
        if place is None:
            setattr(parent, field, node)
        else:
            getattr(parent, field)[place] = node

    return put


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A node like this one but for some of its fields; what lies below it is shared."""
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


# --- operators -------------------------------------------------------------------------------------------------


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        others = RARE_ARITHMETIC.get(type(node.op), ARITHMETIC if isinstance(node.op, ARITHMETIC) else ())
        yield from (_with(node, op=other()) for other in others if not isinstance(node.op, other))
    elif isinstance(node, ast.UnaryOp):
        yield node.operand


def _order_of_operands(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and not isinstance(node.op, COMMUTES):
        yield _with(node, left=node.right, right=node.left)


def _dropped_operand(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.BoolOp):
        yield from node.values


def _comparison(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op = node.ops[0]
        others = ORDER if isinstance(op, ORDER) else (OTHER_COMPARISONS[type(op)],)
        yield from (_with(node, ops=[other()]) for other in others if not isinstance(op, other))


def _logic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.If | ast.IfExp):
        tests = (ast.UnaryOp(ast.Not(), node.test), ast.Constant(True), ast.Constant(False))
        yield from (_with(node, test=test) for test in tests)
    elif isinstance(node, ast.While):
        yield _with(node, test=ast.Constant(False))


def _constant(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(value + 1), ast.Constant(round(value * 1.1, 12)))
    elif isinstance(value, str):
        yield ast.Constant(f"{value}_")


def _order_of_arguments(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        yield from (_with(node, args=args) for args in _exchanged(node.args))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from (_with(node, elts=parts) for parts in _exchanged(node.elts))
    elif isinstance(node, ast.Dict):
        yield from (_with(node, values=values) for values in _exchanged(node.values))


def _dropped_argument(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        yield from (_with(node, keywords=rest) for rest in _without_one(node.keywords))
        yield from (_with(node, args=rest) for rest in _without_one(node.args))
    elif isinstance(node, ast.Tuple | ast.List):
        yield from (_with(node, elts=rest) for rest in _without_one(node.elts))
    elif isinstance(node, ast.Dict):
        pairs = zip(_without_one(node.keys), _without_one(node.values), strict=True)
        yield from (_with(node, keys=keys, values=values) for keys, values in pairs)
    elif isinstance(node, ast.Slice):
        parts = (part for part in ("lower", "upper", "step") if getattr(node, part) is not None)
        yield from (_with(node, **{part: None}) for part in parts)


def _dropped_call(node: ast.AST) -> Iterator[ast.AST]:
    """What a function was to work on in the place of what it gives."""
    if isinstance(node, ast.Call):
        yield from node.args[:1]
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
            yield node.func.value
    elif isinstance(node, ast.Attribute) and not _is_module(node.value):
        yield node.value


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in MODULES


def _sibling(node: ast.AST) -> Iterator[ast.AST]:
    function = node.func if isinstance(node, ast.Call) else None
    field = "id" if isinstance(function, ast.Name) else "attr"
    name = getattr(function, field, None)
    for pair in SIBLINGS:
        if function is not None and name in pair:
            yield _with(node, func=_with(function, **{field: pair[1 - pair.index(name)]}))


def _dropped_statement(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Raise | ast.Break | ast.Continue):
        yield ast.Pass()


def _loop(node: ast.AST) -> Iterator[ast.AST]:
    """No pass through a loop, only the first, and all but the first."""
    if isinstance(node, ast.For | ast.comprehension):
        every: ast.expr = ast.List([ast.Starred(node.iter, ast.Load())], ast.Load())
        yield _with(node, iter=ast.Tuple([], ast.Load()))
        yield _with(node, iter=ast.Subscript(every, ast.Slice(None, ast.Constant(1), None), ast.Load()))
        yield _with(node, iter=ast.Subscript(every, ast.Slice(ast.Constant(1), None, None), ast.Load()))


def _exchanged(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Each two neighbours exchanged."""
    for place in range(len(items) - 1):
        yield [*items[:place], items[place + 1], items[place], *items[place + 2 :]]


def _without_one(items: list[Any]) -> Iterator[list[Any]]:
    for place in range(len(items)):
        yield [*items[:place], *items[place + 1 :]]


def _another_name(tree: ast.Module) -> Operator:
    """Each other parameter in the place of one."""
    parameters = list(dict.fromkeys(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)))

    def operator(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.Name) and node.id in parameters:
            yield from (_with(node, id=other) for other in parameters if other != node.id)

    return operator


OPERATORS: dict[str, Operator] = {
    "arithmetic": _arithmetic,
    "order of operands": _order_of_operands,
    "dropped operand": _dropped_operand,
    "comparison": _comparison,
    "logic": _logic,
    "constant": _constant,
    "order of arguments": _order_of_arguments,
    "dropped argument": _dropped_argument,
    "dropped call": _dropped_call,
    "sibling": _sibling,
    "dropped statement": _dropped_statement,
    "loop": _loop,
}
