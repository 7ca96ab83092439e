"""Interpreters with distributions of their own, for tests that install something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def venv_with(folder: Path, *distributions: Path) -> Path:
    """An interpreter with all that this one has, and with distributions that are installed for editing."""
    python = copy_of(folder) / "bin" / "python"
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    for path in distributions:
        subprocess.run([python, "-m", "pip", *words, "-e", path], check=True, timeout=300)
    return python


def copy_of(folder: Path) -> Path:
    """An environment with all that this one has; it can be changed in every way, and this one stays as it is."""
    shutil.copytree(sys.prefix, folder, symlinks=True, copy_function=_linked)
    for path in (folder / "pyvenv.cfg", *(folder / "bin").iterdir()):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes().replace(f"{sys.prefix}/bin/".encode(), f"{folder}/bin/".encode())
            mode = path.stat().st_mode
            path.unlink()  # and with it the link to what the other one has
            path.write_bytes(data)
            path.chmod(mode)
    return folder


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
