"""Pages of the student package: one for each public module, made from its docstrings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

__all__ = ["public_modules", "reference"]

INDEX = """\
Reference
=========

What a notebook imports from ``{package}``. The pages are made from the docstrings of its modules, and the examples in
them are run by the tests.

.. list-table::
   :widths: 35 65

{rows}

.. toctree::
   :hidden:

{names}
"""
PAGE = """\
{title}
{line}

.. automodule:: {name}
   :members:{elsewhere}
"""


def public_modules(package: str) -> Iterator[ModuleType]:
    """Those that say what is public in them, the demos' faces included."""
    root = importlib.import_module(package)
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = importlib.import_module(info.name)
        is_face = info.ispkg or "." not in info.name.removeprefix(f"{package}.")
        if is_face and getattr(module, "__all__", None):
            yield module


def reference(package: str) -> dict[str, bytes]:
    """Files of the site, by path."""
    modules = list(public_modules(package))
    rows, pages = [], {}
    for module in modules:
        name = module.__name__
        first, _, _ = inspect.cleandoc(module.__doc__ or "").partition("\n")
        rows.append(f"   * - :doc:`{name} <{name}>`\n     - {first}")
        title = f"``{name}``"
        elsewhere = "".join(f"\n   :exclude-members: {others}" for others in filter(None, [_handed_on(module)]))
        page = PAGE.format(title=title, line="=" * len(title), name=name, elsewhere=elsewhere)
        pages[f"reference/{name}.rst"] = page.encode()
    names = "\n".join(f"   {_short(module.__name__)} <{module.__name__}>" for module in modules)
    pages["reference/index.rst"] = INDEX.format(package=package, rows="\n".join(rows), names=names).encode()
    return pages


def _short(name: str) -> str:
    return name.partition(".")[2]


def _handed_on(module: ModuleType) -> str:
    """Names that have a page of their own in another public module; a package's face hands on all it has."""
    if hasattr(module, "__path__"):
        return ""
    named = {name: getattr(getattr(module, name), "__module__", module.__name__) for name in module.__all__}
    return ", ".join(
        name for name, home in named.items() if home.startswith(f"{module.__package__}.") and home != module.__name__
    )
