"""Run by `test_student_archive` with the interpreter of a student's machine: what do the checks say there?"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import pkgutil
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import steepest
from steepest.check import check, examine


def _called(name: str, implementation: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return implementation(*args, **kwargs)

    function.__name__ = name
    return function


def _printed(name: str, solutions: dict[str, Any]) -> str:
    """What `check` prints, or nothing where it says that every case passed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(f"check({name})", {**solutions, "check": check})
    said = out.getvalue()
    return "" if said.startswith("✓") and "passed." in said else said


def main(folder: Path) -> None:
    """Import the whole student package, and check solutions and mistakes."""
    for info in pkgutil.walk_packages(steepest.__path__, "steepest."):
        importlib.import_module(info.name)
    solutions = runpy.run_path(str(folder / "solutions.py"))
    mistakes = cloudpickle.loads((folder / "mistakes.pickle").read_bytes())
    found = {
        "grader": importlib.util.find_spec("steepest_grader") is not None,
        "solutions": {name: _printed(name, solutions) for name in mistakes},
        "mistakes": {
            name: {
                mistake: examine(_called(name, implementation), beside).diagnosis
                for mistake, (implementation, beside) in group.items()
            }
            for name, group in mistakes.items()
        },
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
