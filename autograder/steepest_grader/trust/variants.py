"""The source text of an accepted variant or a mistake, as a student could have written it into a cell.

Implementations live in the packages of exercises, next to helpers and to references. Whatever one of them needs
is copied along: what stands in the exercise's own module by its own name, what stands in another under a prefix.
Where it comes from a list that several exercises share, see `listed`, the text is that of the list with the arguments
of the helper filled in.
"""

from __future__ import annotations

import ast
import copy
import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from steepest_grader.installed import exercise_packages
from steepest_grader.notebook.watched import PRIVATE_PARTS
from steepest_grader.trust.listed import Scope, definitions, imported, names, stored, written

__all__ = ["partners", "source_of"]


def source_of(exercise: Exercise, variant: Accepted | Mistake) -> str:
    """A cell's worth of code that defines the exercise's function as this variant does.

    Raises
    ------
    CourseError
        If the variant is not written as an expression in its `Accepted` or `Mistake`, or if the way from the
        exercise to it cannot be followed.
    """
    found = written(exercise_packages()).get((exercise.id, variant.name))
    implementation, companions = (found.implementation, found.companions) if found else (None, None)
    if found is None or implementation is None or companions is None:
        raise CourseError(
            f"The variant {variant.name!r} of {exercise.id} cannot be written out: give its implementation as an "
            "expression within Accepted(...) or Mistake(...), inside the Exercise(...) that it belongs to."
        )
    text = _Text(found.home)
    expression = text.filled(implementation, found.scope)
    others = {name: text.of_function(function) for name, function in partners(exercise).items()}
    others |= {name: text.filled(*value) for name, value in companions.items()}
    beside = [f"{name} = {ast.unparse(value)}" for name, value in others.items()]
    parts = ["\n".join(text.imports)] if text.imports else []
    body = [ast.unparse(node) for node in text.nodes]
    if not beside and isinstance(expression, ast.Name) and text.defines(expression.id):
        renamed = _rename(ast.parse("\n\n\n".join(body)), expression.id, exercise.id)
        return "\n\n\n".join([*parts, ast.unparse(renamed)]) + "\n"
    own = f"_{exercise.id}_itself"  # of this exercise alone: a notebook holds several texts
    function = (
        f"{own} = {ast.unparse(expression)}\n\n\ndef {exercise.id}(*args, **kwargs):\n    return {own}(*args, **kwargs)"
    )
    return "\n\n\n".join([*parts, *body, function, *beside]) + "\n"


def partners(exercise: Exercise) -> Mapping[str, Callable[..., Any]]:
    """The companions of an exercise that fit only it, as it fits them alone: each asks for the others."""
    known = catalogue.by_id()
    mutual = all(name in known and exercise.id in known[name].companions for name in exercise.companions)
    return exercise.companions if mutual else {}


class _Text:
    """Definitions and imports, in the order in which they must stand, of what expressions need."""

    def __init__(self, home: ModuleType) -> None:
        self.home = home
        self.nodes: list[ast.stmt] = []
        self.imports: list[str] = []
        self._collectors: dict[str, _Collector] = {}

    def defines(self, name: str) -> bool:
        """Whether the exercise's own module defines a function of this name."""
        return isinstance(definitions(self.home).get(name), ast.FunctionDef)

    def of(self, module: ModuleType) -> _Collector:
        """What visits code of this module."""
        return self._collectors.setdefault(module.__name__, _Collector(module, self))

    def of_function(self, function: Callable[..., Any]) -> ast.expr:
        """A function of a package of exercises, by the name that it has in the text."""
        module = importlib.import_module(function.__module__)
        found: ast.expr = self.of(module).visit(ast.Name(function.__name__, ast.Load()))
        return found

    def filled(self, node: ast.expr, scope: Scope) -> ast.expr:
        """An expression as it can stand in the text, with the arguments of its helper in place."""
        given = {name: scope.given[name] for name in sorted(names(node) & scope.given.keys())}
        values = {f"_given_{name}": self.filled(*item) for name, item in given.items()}
        holes: dict[str, ast.expr] = {name: ast.Name(f"_given_{name}", ast.Load()) for name in given}
        visited = self.of(scope.module).visit(_Fill(holes).visit(copy.deepcopy(node)))  # visiting changes it
        filled: ast.expr = _Fill(values).visit(visited)
        return filled


class _Fill(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return copy.deepcopy(self.values.get(node.id, node))


class _Collector(ast.NodeTransformer):
    """Collects, from one module, the definitions that visited code needs; drops annotations on the way."""

    def __init__(self, module: ModuleType, text: _Text) -> None:
        self.module = module
        self.text = text
        self.prefix = "" if module is text.home else f"_{'_'.join(module.__name__.split('.')[1:])}_"
        self.top = definitions(module)
        self._seen: set[str] = set()
        self._local: list[set[str]] = []

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if self._is_local(node) or node.id not in self.top:
            return node
        other, name = imported(self.module, node.id)
        if other is not None and name is not None:
            return self._elsewhere(other, name, node)
        if (number := _private_number(self.top[node.id], node.id)) is not None:
            return ast.copy_location(ast.Constant(number), node)
        self._need(node.id)
        prefix = "" if _is_import(self.top[node.id]) else self.prefix
        return ast.copy_location(ast.Name(f"{prefix}{node.id}", node.ctx), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and not self._is_local(node.value):
            other, name = imported(self.module, node.value.id)
            if other is not None and name is None:
                return self._elsewhere(other, node.attr, node)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        for part in (node.bases, node.keywords, node.decorator_list):
            part[:] = [self.visit(item) for item in part]
        node.body = [self._field(part) if isinstance(part, ast.AnnAssign) else self.visit(part) for part in node.body]
        return node

    def _field(self, node: ast.AnnAssign) -> ast.AnnAssign:
        """One of a named tuple or a dataclass, which is one by its annotation."""
        node.annotation = ast.Name("object", ast.Load())
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._function(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def _elsewhere(self, module: ModuleType, name: str, node: ast.Name | ast.Attribute) -> ast.AST:
        found: ast.expr = self.text.of(module).visit(ast.Name(name, node.ctx))
        return ast.copy_location(found, node)

    def _is_local(self, node: ast.Name) -> bool:
        return any(node.id in names for names in self._local)

    def _function(self, node: ast.FunctionDef | ast.Lambda) -> ast.AST:
        self.visit(node.args)  # defaults belong to the scope around it
        self._local.append({part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)} | stored(node))
        self.generic_visit(node)
        self._local.pop()
        return node

    def _need(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        node = self.top[name]
        if _is_import(node):
            line = ast.unparse(_one_import(node, name))
            self.text.imports += [line] if line not in self.text.imports else []
            return
        around, self._local = self._local, []
        needed = self.visit(copy.deepcopy(node))
        self._local = around
        if isinstance(needed, ast.FunctionDef | ast.ClassDef):
            needed.name = f"{self.prefix}{needed.name}"
        self.text.nodes.append(needed)


def _private_number(node: ast.stmt, name: str) -> float | None:
    """A number that comes from where no student imports from: it is written out."""
    if not isinstance(node, ast.ImportFrom) or not str(node.module).startswith(PRIVATE_PARTS):
        return None
    alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
    value = getattr(importlib.import_module(str(node.module)), alias.name)
    return value if isinstance(value, int | float) else None


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
