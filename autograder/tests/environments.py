"""Interpreters with distributions of their own, for tests that install something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def venv_with(folder: Path, *distributions: Path) -> Path:
    """An interpreter with all that this one has, and with distributions that are installed for editing."""
    shutil.copytree(sys.prefix, folder, symlinks=True, copy_function=_linked)
    python = folder / "bin" / "python"
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    for path in distributions:
        subprocess.run([python, "-m", "pip", *words, "-e", path], check=True, timeout=300)
    return python


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
