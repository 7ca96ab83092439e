"""Every public function and class of the package has an example, and the examples do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import pytest
import steepest

WITHOUT = {"steepest.ablation.Run"}  # is made by `Bench`, whose trainings take long


def _modules() -> Iterator[ModuleType]:
    """Those whose names say that they are public, and those that demos stand in."""
    for info in pkgutil.walk_packages(steepest.__path__, "steepest."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield importlib.import_module(info.name)


MODULES = list(_modules())
HANDED_ON = [steepest.check, steepest.progress]


def _documented() -> Iterator[tuple[str, Any]]:
    for module in MODULES:
        for name in getattr(module, "__all__", ()):
            item = getattr(module, name)
            face = hasattr(module, "__path__")
            in_room = "demos" in module.__name__ and not face
            if (inspect.isfunction(item) or inspect.isclass(item)) and not in_room:
                yield f"{module.__name__}.{name}", item
    yield from ((f"steepest.{item.__name__}", item) for item in HANDED_ON)


def test_every_public_function_and_class_has_an_example() -> None:
    found = dict(_documented())
    assert len(found) > 100
    assert {name for name, item in found.items() if ">>> " not in (item.__doc__ or "")} == WITHOUT


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples(module: ModuleType) -> None:
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    named = [item for name, item in _documented() if name.rpartition(".")[0] == module.__name__]
    handed_on = [item for item in named if "._" in item.__module__]  # from rooms that are not looked into
    for example in [*finder.find(module), *(found for item in handed_on for found in finder.find(item))]:
        runner.run(example, out=said.append)
    plt.close("all")
    assert "".join(said) == ""
