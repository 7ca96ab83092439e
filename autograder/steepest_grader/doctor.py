"""What works on this machine, and how to mend what does not."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from steepest_grader.sandbox.choice import open_sandbox
from steepest_grader.sandbox.kernel import CONNECTION
from steepest_grader.sandbox.seen import NOTHING_MORE, Private
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["Diagnosis", "examine"]


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What it is.
    works : bool
        Whether it does.
    needed : bool
        Whether grading needs it.
    said : str
        What was found, or how to mend it.
    """

    name: str
    works: bool
    needed: bool
    said: str

    def as_json(self) -> dict[str, Any]:
        """As a plain dict."""
        return asdict(self)


def examine(private: Private = NOTHING_MORE) -> list[Diagnosis]:
    """Look at everything that grading uses or could use.

    Parameters
    ----------
    private : Private
        What students' code must not see, where there is a course.
    """
    return [_python(), _packages(), _sandbox(private), _database(), _postgresql(), _gpu(), _browser()]


def _python() -> Diagnosis:
    works = (3, 11) <= sys.version_info[:2] <= (3, 13)
    said = platform.python_version() if works else f"{platform.python_version()}: use Python 3.11, 3.12 or 3.13."
    return Diagnosis("python", works, True, said)


def _packages() -> Diagnosis:
    names = ("steepest", "nbgrader", "nbclient", "jupytext", "torch")
    return Diagnosis("packages", True, True, ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names))


def _sandbox(private: Private) -> Diagnosis:
    try:
        with open_sandbox(private=private) as sandbox:
            sandbox.kill(sandbox.fork(CONNECTION))
    except SandboxError as error:
        return Diagnosis("sandbox", False, True, str(error))
    apart = ", and nothing of the course is seen there" if private.folders else ""
    return Diagnosis("sandbox", True, True, f"bubblewrap runs, and kernels within it{apart}")


def _database() -> Diagnosis:
    with tempfile.TemporaryDirectory() as folder:
        try:
            connection = sqlite3.connect(Path(folder) / "probe.db")
            connection.execute("create table probe (x)")
            connection.close()
        except sqlite3.Error as error:
            return Diagnosis("database", False, True, f"SQLite cannot write to the temporary folder: {error}.")
    return Diagnosis("database", True, True, f"SQLite {sqlite3.sqlite_version} writes")


def _postgresql() -> Diagnosis:
    try:
        version = importlib.import_module("psycopg").__version__
    except ImportError as error:
        advice = "only a gradebook in PostgreSQL needs it: pip install 'steepest-grader[postgresql]'."
        return Diagnosis("postgresql", False, False, f"its driver cannot be used ({error}); {advice}")
    return Diagnosis("postgresql", True, False, f"psycopg {version} is there for gradebooks in PostgreSQL")


def _gpu() -> Diagnosis:
    works = torch.cuda.is_available()
    said = torch.cuda.get_device_name(0) if works else "none is seen by torch; grading runs on the CPU."
    return Diagnosis("gpu", works, False, said)


def _browser() -> Diagnosis:
    found = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    said = found or "no Chromium is on PATH; only tests of the demos in a browser need one."
    return Diagnosis("browser", found is not None, False, said)
