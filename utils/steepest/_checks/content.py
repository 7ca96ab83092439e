"""What installed courses bring along for the checks: stored outcomes, callables, and drives of their own.

A course's student package names itself by an entry point of the group `steepest.content`; this package comes first
and needs none. In each package, all of it optional, `outcomes/` holds what `steepest-grader build` wrote, `callables`
defines `CALLABLES`, and every module of `_drives` defines `DRIVES`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from typing import Any

from steepest._checks.wire import Named, WireError

GROUP = "steepest.content"
OWN = __name__.partition(".")[0]


@cache
def packages() -> tuple[str, ...]:
    """Names of the student packages of all installed courses, this one first."""
    named = {entry.value for entry in entry_points(group=GROUP)} - {OWN}
    return (OWN, *sorted(named))


@cache
def folders() -> tuple[str, ...]:
    """Where these packages lie."""
    return tuple(str(files(package)) for package in packages())


def outcome_folders() -> list[Traversable]:
    """Where stored outcomes lie."""
    found = [files(package) / "outcomes" for package in packages()]
    return [folder for folder in found if folder.is_dir()]


@cache
def callables() -> dict[str, Callable[..., Callable[..., Any]]]:
    """What can be handed to a student's function by name; see `Named`.

    Raises
    ------
    ValueError
        If two packages use a name.
    """
    modules = [f"{package}.callables" for package in packages() if find_spec(f"{package}.callables")]
    return joined((module, importlib.import_module(module).CALLABLES) for module in modules)


@cache
def drives() -> dict[str, Callable[..., dict[str, Any]]]:
    """The courses' own ways of playing a case, by name.

    Raises
    ------
    ValueError
        If two modules use a name.
    """
    found = [f"{package}._drives" for package in packages() if find_spec(f"{package}._drives")]
    modules = [
        f"{name}.{info.name}" for name in found for info in pkgutil.iter_modules(importlib.import_module(name).__path__)
    ]
    tables = ((module, getattr(importlib.import_module(module), "DRIVES", {})) for module in modules)
    return joined(tables)


def build(named: Named) -> Callable[..., Any]:
    """Build the function that a `Named` stands for.

    Raises
    ------
    WireError
        If no public function has this name.
    """
    if named.name not in callables():
        raise WireError(f"no public function is called {named.name!r}")
    return callables()[named.name](**named.params)


def joined(tables: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Tables in one, each with the name of where it comes from.

    Raises
    ------
    ValueError
        If two of them use a name.
    """
    whole: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for module, table in tables:
        for name, item in table.items():
            if name in whole:
                raise ValueError(f"{module} and {origin[name]} both define {name!r}: rename one of them.")
            whole[name], origin[name] = item, module
    return whole
