"""Which libraries are installed here beside the course, and which of them do no work for anybody.

A library is whatever lies where torch lies. None is imported or looked up for somebody's word.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import torch

from steepest._checks import content

# Tools of everybody: arithmetic, pictures, and what a notebook runs on. Whatever else is called did some of the work.
PLAIN_LIBRARIES = frozenset(
    {
        "numpy", "matplotlib", "mpl_toolkits", "contourpy", "kiwisolver", "IPython", "ipykernel", "ipywidgets", "comm",
        "traitlets", "zmq", "tornado", "debugpy", "stack_data", "executing", "typing_extensions", "tqdm",
    }
)  # fmt: skip
EXERCISES = ".exercises"  # ends the groups of entry points whose packages, and owner, play functions themselves
IN_PARTS = ("scipy",)  # too large for its name to say anything
FOLDER = Path(torch.__file__).parents[1]


@cache
def others() -> frozenset[str]:
    """The names of installed libraries that may do the work of an exercise; of torch `tracer` tells by itself."""
    groups = [group for group in entry_points().groups if group.endswith(EXERCISES)]
    playing = {entry.value for group in groups for entry in entry_points(group=group)}
    ours = {name.partition(".")[0] for name in (*content.packages(), *playing, *groups)}
    found = {item.name.partition(".")[0] for item in FOLDER.iterdir() if item.is_dir() or item.suffix in (".py", ".so")}
    named = {name for name in found if name.isidentifier() and not name.startswith("__")}
    return frozenset(named - ours - PLAIN_LIBRARIES - {"torch"})


@cache
def other(name: str) -> str:
    """The library that a dotted name lies in, or its part, as ``"mpmath"`` or ``"scipy.linalg"``; else ""."""
    root, *rest = name.split(".")
    if root not in others():
        return ""
    if root not in IN_PARTS:
        return root
    there = bool(rest) and (FOLDER / root / rest[0] / "__init__.py").is_file() and not rest[0].startswith("_")
    return f"{root}.{rest[0]}" if there else ""
