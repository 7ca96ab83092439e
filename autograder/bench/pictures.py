"""The pictures of docs/demos.md: each demo as a lesson opens it, and one while somebody pulls at it."""

from __future__ import annotations

import ast
import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from steepest.demos._demo import Demo
from steepest.demos._touch import touch
from steepest_grader.course.find import find_course

HOME = find_course(Path(__file__).parent)
FOLDER = HOME.root / "docs" / "demos"
DEMO = re.compile(r"\b(\w+)_demo\(")
COLORS = 128  # a picture of lines has no more
MOVED, HANDLE = "momentum", "start"
N_FRAMES, FRAME_MS = 48, 60
PULLED: dict[str, Any] = {"lr": 1.8, "beta": 0.6}
OUT = Console()


def main() -> None:
    """Draw all demos with the solutions of their lessons."""
    FOLDER.mkdir(exist_ok=True)
    for lesson in HOME.lessons():
        for name, demo in demos(lesson):
            picture = Image.open(io.BytesIO(demo.stage.picture()))
            picture.convert("RGB").quantize(COLORS).save(FOLDER / f"{name}.png", optimize=True)
            OUT.print(f"{lesson}: {name}")
            if name == MOVED:
                first, *others = moved(demo)
                film = {"save_all": True, "append_images": others, "duration": FRAME_MS, "loop": 0, "optimize": True}
                first.save(FOLDER / f"{name}.gif", **film)


def demos(lesson: str) -> Iterator[tuple[str, Demo]]:
    """Each demo of a solved lesson by its name, as the lesson opens it."""
    space: dict[str, Any] = {}
    for cell in HOME.source(lesson).cells:
        found = DEMO.search(cell.source)
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or ("demo" in tags and not found) or cell.metadata.get("nbgrader", {}).get("grade"):
            continue
        body = ast.parse(cell.source).body
        last = body.pop() if found and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), lesson, "exec"), space)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), lesson, "eval"), space)
            if isinstance(shown, Demo):
                yield str(found[1]), shown


def moved(demo: Demo) -> Iterator[Image.Image]:
    """The pictures while a hand leads a handle once around the minimum."""
    for name, value in PULLED.items():
        demo.controls[name].value = value
    handle = demo.stage.handles[HANDLE]
    for frame in range(N_FRAMES):
        turn = 2 * math.pi * frame / N_FRAMES
        touch(demo.controls, handle, (1.8 * math.cos(turn), 1.5 * math.sin(turn)))
        yield Image.open(io.BytesIO(demo.stage.picture())).convert("RGB").quantize(COLORS)


if __name__ == "__main__":
    main()
