"""The source text of an accepted variant or a mistake, as a student could have written it into a cell.

Implementations live in the packages of exercises, next to helpers and to references. Whatever one of them needs
is copied along: helpers by their own names, functions of a reference module under a prefix.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from steepest_grader.errors import CourseError
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from steepest_grader.installed import exercise_packages

__all__ = ["source_of"]


def source_of(exercise: Exercise, variant: Accepted | Mistake) -> str:
    """A cell's worth of code that defines the exercise's function as this variant does.

    Raises
    ------
    CourseError
        If the variant is not written as an expression in its `Accepted` or `Mistake`.
    """
    module, expression, others = _expression(exercise.id, variant.name)
    collector = _Collector(module)
    expression = collector.visit(expression)
    beside = [f"{name} = {ast.unparse(collector.visit(other))}" for name, other in others.items()]
    body = [ast.unparse(node) for node in collector.nodes]
    parts = ["\n".join(collector.imports), *body] if collector.imports else body
    if (
        not beside
        and isinstance(expression, ast.Name)
        and isinstance(collector.top.get(expression.id), ast.FunctionDef)
    ):
        renamed = _rename(ast.parse("\n\n\n".join(body)), expression.id, exercise.id)
        return "\n\n\n".join([*parts[: len(parts) - len(body)], ast.unparse(renamed)]) + "\n"
    parts.append(
        f"_implementation = {ast.unparse(expression)}\n\n\n"
        f"def {exercise.id}(*args, **kwargs):\n    return _implementation(*args, **kwargs)"
    )
    parts += beside
    return "\n\n\n".join(parts) + "\n"


@cache
def _modules() -> list[tuple[ModuleType, ast.Module]]:
    found = [pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}.") for name in exercise_packages()]
    modules = [importlib.import_module(info.name) for infos in found for info in infos if not info.ispkg]
    return [(module, ast.parse(inspect.getsource(module))) for module in modules]


def _expression(exercise_id: str, name: str) -> tuple[ModuleType, ast.expr, dict[str, ast.expr]]:
    """A variant's module, its implementation, and by name what it brings along as companions."""
    if found := _written().get((exercise_id, name)):
        module, item = found
        keyword = [k.value for k in item.keywords if k.arg == "implementation"]
        implementation = (keyword or item.args[1:2])[0]
        return module, copy.deepcopy(implementation), copy.deepcopy(_companions(item))  # visiting changes them
    raise CourseError(
        f"The variant {name!r} of {exercise_id} cannot be written out: give its implementation as an expression "
        "within Accepted(...) or Mistake(...), inside the Exercise(...) that it belongs to."
    )


@cache
def _written() -> dict[tuple[object, object], tuple[ModuleType, ast.Call]]:
    """Where each variant is written, by the ids of exercise and variant."""
    return {
        (_argument(call, 0, "id"), _argument(item, 0, "name")): (module, item)
        for module, tree in _modules()
        for call in _calls(tree, ("Exercise",))
        for item in _calls(call, ("Accepted", "Mistake"))
    }


def _calls(tree: ast.AST, names: tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def _companions(call: ast.Call) -> dict[str, ast.expr]:
    given = [k.value for k in call.keywords if k.arg == "companions"]
    table = given[0] if given and isinstance(given[0], ast.Dict) else ast.Dict([], [])
    pairs = zip(table.keys, table.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _argument(call: ast.Call, position: int, name: str) -> object:
    values = [k.value for k in call.keywords if k.arg == name] or call.args[position : position + 1]
    return values[0].value if values and isinstance(values[0], ast.Constant) else None


class _Collector(ast.NodeTransformer):
    """Collects, from one module, the definitions that visited code needs; drops annotations on the way."""

    def __init__(self, module: ModuleType, prefix: str = "") -> None:
        self.prefix = prefix
        self.top = _definitions(module)
        self.nodes: list[ast.stmt] = []
        self.imports: list[str] = []
        self._seen: set[str] = set()
        self._others: dict[str, _Collector] = {}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self._need(node.id)
        if self.prefix and node.id in self.top and not _is_import(self.top[node.id]):
            return ast.copy_location(ast.Name(f"{self.prefix}{node.id}", node.ctx), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and (module := self._grader_module(node.value.id)):
            other = self._others.setdefault(
                node.value.id, _Collector(module, f"_{module.__name__.rpartition('.')[2]}_")
            )
            name: ast.expr = other.visit(ast.Name(node.attr, ast.Load()))
            self.imports += [line for line in other.imports if line not in self.imports]
            self.nodes += [item for item in other.nodes if item not in self.nodes]
            return ast.copy_location(name, node)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def _need(self, name: str) -> None:
        if name in self._seen or name not in self.top:
            return
        self._seen.add(name)
        node = self.top[name]
        if _is_import(node):
            if self._grader_module(name) is None:
                line = ast.unparse(_one_import(node, name))
                self.imports += [line] if line not in self.imports else []
            return
        needed = self.visit(ast.parse(ast.unparse(node)).body[0])
        if self.prefix and isinstance(needed, ast.FunctionDef):
            needed.name = f"{self.prefix}{needed.name}"
        self.nodes.append(needed)

    def _grader_module(self, name: str) -> ModuleType | None:
        node = self.top.get(name)
        if not isinstance(node, ast.ImportFrom) or str(node.module).partition(".")[0] not in exercise_packages():
            return None
        alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
        return importlib.import_module(f"{node.module}.{alias.name}")


@cache
def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """What stands in a module by name; what is taken from it is copied, see `_need`."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _one_import(node: ast.stmt, name: str) -> ast.stmt:
    assert isinstance(node, ast.Import | ast.ImportFrom)
    aliases = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) == name]
    return ast.Import(aliases) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, aliases, 0)


def _rename(tree: ast.Module, old: str, new: str) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new
        elif isinstance(node, ast.FunctionDef) and node.name == old:
            node.name = new
    return tree
