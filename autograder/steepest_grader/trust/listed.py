"""Where accepted variants and mistakes are written: in their exercise, or in a list that several exercises share.

What several exercises share may come from a list with a name, ``mistakes=[*SHARED, Mistake(...)]``, or from a helper
whose body is one return of such a list, ``mistakes=[*careless(reference.step), Mistake(...)]``. Both may stand
in another module of the packages of exercises.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import symtable
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import TypeGuard

from steepest_grader.installed import exercise_packages

__all__ = ["Item", "Scope", "definitions", "imported", "names", "stored", "written"]


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands: its module, and within a helper the arguments with the scopes they come from."""

    module: ModuleType
    given: Mapping[str, tuple[ast.expr, Scope]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Item:
    """An ``Accepted(...)`` or ``Mistake(...)``, the scope in which it stands, and the module of its exercise."""

    call: ast.Call
    scope: Scope
    home: ModuleType

    @property
    def implementation(self) -> ast.expr | None:
        """What its function is, as it is written."""
        return _argument(self.call, 1, "implementation")

    @property
    def companions(self) -> dict[str, tuple[ast.expr, Scope]] | None:
        """By name what it brings along, and the scope in which that stands; None where it cannot be followed."""
        given = _argument(self.call, 4, "companions") or ast.Dict([], [])
        table, scope = _value(given, self.scope)
        if not isinstance(table, ast.Dict) or not all(isinstance(key, ast.Constant) for key in table.keys):
            return None
        pairs = zip(table.keys, table.values, strict=True)
        return {str(key.value): (value, scope) for key, value in pairs if isinstance(key, ast.Constant)}


@cache
def written(packages: tuple[str, ...]) -> dict[tuple[object, object], Item]:
    """Where each variant is written, by the ids of exercise and variant."""
    found = {}
    for module in _modules(packages):
        for call in [node for node in ast.walk(_tree(module)) if _is_call(node, "Exercise")]:
            scope = Scope(module)
            lists = [_argument(call, 3, "accepted"), _argument(call, 4, "mistakes")]
            for item, within in (pair for part in lists for pair in _followed(part, scope)):
                key = _constant(_argument(call, 0, "id"), scope), _constant(_argument(item, 0, "name"), within)
                found[key] = Item(item, within, module)
    return found


def _modules(packages: tuple[str, ...]) -> list[ModuleType]:
    infos = [pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}.") for name in packages]
    return [importlib.import_module(info.name) for found in infos for info in found if not info.ispkg]


def _followed(node: ast.expr | None, scope: Scope) -> Iterator[tuple[ast.Call, Scope]]:
    """Every ``Accepted(...)`` and ``Mistake(...)`` to which an expression leads; nothing where it leads astray."""
    if isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            yield from _followed(part.value if isinstance(part, ast.Starred) else part, scope)
    elif _is_call(node, "Accepted", "Mistake"):
        if not _captures(node, scope):
            yield node, scope
    elif isinstance(node, ast.Call):
        helper, module = _definition(node.func, scope.module)
        returned = _returned(helper)
        given = _given(helper, node, scope, module) if isinstance(helper, ast.FunctionDef) else None
        if returned is not None and given is not None:
            yield from _followed(returned, Scope(module, given))
    elif node is not None:
        value, within = _value(node, scope)
        if value is not node:
            yield from _followed(value, within)


def _is_call(node: ast.AST | None, *names: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _returned(helper: ast.stmt | None) -> ast.expr | None:
    """What a function returns whose body is a docstring, which may be missing, and one return."""
    if not isinstance(helper, ast.FunctionDef) or helper.decorator_list:
        return None
    body = helper.body[ast.get_docstring(helper) is not None :]
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def _given(
    helper: ast.FunctionDef, call: ast.Call, scope: Scope, module: ModuleType
) -> dict[str, tuple[ast.expr, Scope]] | None:
    """The arguments of a call by parameter, defaults among them; None where stars hide them."""
    own, stars = helper.args, [arg for arg in call.args if isinstance(arg, ast.Starred)]
    if own.vararg or own.kwarg or stars or any(keyword.arg is None for keyword in call.keywords):
        return None
    positional = [arg.arg for arg in (*own.posonlyargs, *own.args)]
    defaults = [*zip(reversed(positional), reversed(own.defaults), strict=False)]
    defaults += [(arg.arg, value) for arg, value in zip(own.kwonlyargs, own.kw_defaults, strict=True) if value]
    passed = [*zip(positional, call.args, strict=False), *((str(item.arg), item.value) for item in call.keywords)]
    return {name: (value, Scope(module)) for name, value in defaults} | {name: (value, scope) for name, value in passed}


def _captures(node: ast.expr, scope: Scope) -> bool:
    """Whether a name that an expression binds itself, as a lambda does, would hide what is filled in."""
    bound = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)} | stored(node, deep=True)
    return bool(scope.given and bound & (scope.given.keys() | _filled_names(node, scope)))


def _filled_names(node: ast.expr, scope: Scope) -> set[str]:
    """Names in the arguments that are filled into an expression, and in theirs."""
    given = [scope.given[name] for name in names(node) & scope.given.keys()]
    return {name for value, outer in given for name in _free(value) | _filled_names(value, outer)}


def _free(node: ast.expr) -> set[str]:
    """Names that an expression needs from around it."""
    tables = [symtable.symtable(ast.unparse(node), "argument", "eval")]
    found = {symbol.get_name() for symbol in tables[0].get_symbols()}
    for table in tables:
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
        tables += table.get_children()
    return found


def _value(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """What a name stands for, be it a parameter or a variable of a module; any other expression is itself."""
    if isinstance(node, ast.Name) and node.id in scope.given:
        return _value(*scope.given[node.id])
    definition, module = _definition(node, scope.module)
    value = definition.value if isinstance(definition, ast.Assign | ast.AnnAssign) else None
    return (node, scope) if value is None else _value(value, Scope(module))


def _definition(node: ast.expr, module: ModuleType) -> tuple[ast.stmt | None, ModuleType]:
    """The statement that defines a name, or a name of a module of exercises, and the module in which it stands."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        other, name = imported(module, node.value.id)
        return _definition(ast.Name(node.attr), other) if other and name is None else (None, module)
    if not isinstance(node, ast.Name):
        return None, module
    other, name = imported(module, node.id)
    return _definition(ast.Name(name), other) if other and name else (definitions(module).get(node.id), module)


def _constant(node: ast.expr | None, scope: Scope) -> object:
    value = None if node is None else _value(node, scope)[0]
    return value.value if isinstance(value, ast.Constant) else None


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    values = [k.value for k in call.keywords if k.arg == name] or call.args[position : position + 1]
    return values[0] if values else None


# --- what stands in a source ----------------------------------------------------------------------------------


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@cache
def definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """What a module defines at its top, by name."""
    found: dict[str, ast.stmt] = {}
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    found |= _each(target, node.value)
    return found


def _each(targets: ast.Tuple, values: ast.Tuple) -> dict[str, ast.stmt]:
    """``a, b = 1, 2`` as an assignment to each."""
    pairs = zip(targets.elts, values.elts, strict=False)
    found = {target.id: ast.Assign([target], value) for target, value in pairs if isinstance(target, ast.Name)}
    return {name: ast.fix_missing_locations(ast.copy_location(node, targets)) for name, node in found.items()}


def imported(module: ModuleType, name: str) -> tuple[ModuleType | None, str | None]:
    """The module of exercises that a name stands for, or the one that it comes from and its name there."""
    node = definitions(module).get(name)
    if not isinstance(node, ast.ImportFrom) or str(node.module).partition(".")[0] not in exercise_packages():
        return None, None
    alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
    source = importlib.import_module(str(node.module))
    if hasattr(source, "__path__") and find_spec(f"{node.module}.{alias.name}"):
        return importlib.import_module(f"{node.module}.{alias.name}"), None
    return source, alias.name


def names(node: ast.AST) -> set[str]:
    """Every name that code uses or assigns to."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def stored(node: ast.AST, *, deep: bool = False) -> set[str]:
    """Names to which code assigns; what stands in functions within it counts where `deep`."""
    found: set[str] = set()
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        if deep or not isinstance(part, ast.FunctionDef | ast.Lambda):
            found |= stored(part, deep=deep)
        elif isinstance(part, ast.FunctionDef):
            found.add(part.name)
    return found
