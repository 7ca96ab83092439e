"""Your functions of earlier lessons, brought into the notebook at hand: their text, for you to run."""

from __future__ import annotations

import ast
import difflib
import html
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steepest._checks import outcomes
from steepest._notebooks import TOO_DEEP, Definition, Definitions, Unreadable, is_blank, read_definitions, same

__all__ = ["Collection", "collect"]

HEAD = "# Brought here by `toolbox.collect`. Run this cell; it is handed in with the notebook."


@dataclass(frozen=True)
class Collection:
    """What was found; shows itself in a notebook and prints as text.

    Attributes
    ----------
    found : mapping of str to str
        The lesson of each function that is brought.
    here : tuple of str
        Functions that this notebook has already, as they stand in their lessons.
    missing : mapping of str to str
        Why each of the others is not brought.
    source : str
        The text of a cell with the functions that are brought; empty where there are none.
    """

    found: Mapping[str, str] = field(default_factory=dict)
    here: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __str__(self) -> str:
        lines = [f"✓ {name}: from {lesson}" for name, lesson in self.found.items()]
        lines += [f"✓ {name}: here already" for name in self.here]
        lines += [f"✗ {name}: {why}." for name, why in self.missing.items()]
        if self.found:
            lines.append(
                "They stand in a new cell below. Run it: it is handed in with this notebook, the others are not."
            )
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        lines = "<br>".join(html.escape(line) for line in str(self).splitlines())
        bundle = {"text/plain": str(self), "text/html": f"<div>{lines}</div>"}
        if self.source:  # for front ends that put no new cell below
            text = f"<details><summary>The text of the cell</summary><pre>{html.escape(self.source)}</pre></details>"
            bundle["text/html"] += text
        return bundle


def collect(*names: str, folder: str | Path | None = None) -> Collection:
    """Bring functions of earlier lessons into this notebook, as a new cell below.

    Nothing of the other notebooks is run. Of each function the last definition is taken, with what it needs: imports,
    other functions and classes, and names of plain numbers and words.

    Parameters
    ----------
    *names : str
        Names of exercises.
    folder : str or Path, optional
        Where the lessons are; by default they are looked for beside this one.

    Returns
    -------
    Collection
        What was found and what is missing, with the reason. It shows itself as the last line of a cell.

    Examples
    --------
    >>> print(collect("adam_stepp", folder="."))
    ✗ adam_stepp: no exercise has this name; did you mean `adam_step`.
    """
    here = sys._getframe(1).f_globals
    collection = _collected(names, Path(folder) if folder is not None else None, here)
    if collection.source and "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None:
            shell.set_next_input(collection.source)
    return collection


def _collected(names: tuple[str, ...], folder: Path | None, here: Mapping[str, Any]) -> Collection:
    lessons = {name: lesson for lesson, exercises in outcomes.lessons().items() for name in exercises}
    notebooks: dict[str, Definitions | Unreadable] = {}
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
    already: list[str] = []
    pieces: dict[str, str] = {}
    for name in dict.fromkeys(names):
        lesson = lessons.get(name)
        if lesson is None:
            near = difflib.get_close_matches(str(name), lessons, n=1)
            missing[name] = "no exercise has this name" + (f"; did you mean `{near[0]}`" if near else "")
            continue
        if lesson not in notebooks:
            notebooks[lesson] = _read(lesson, folder)
        try:
            wanted = _wanted(name, lesson, notebooks[lesson], pieces)
        except Unreadable as why:
            missing[name] = str(why)
            continue
        if _is_here(here.get(name), wanted[name]):
            already.append(name)
            continue
        found[name] = lesson
        pieces |= wanted
    return Collection(found, tuple(already), missing, _cell(pieces) if found else "")


def _read(lesson: str, folder: Path | None) -> Definitions | Unreadable:
    here = Path.cwd()
    folders = [folder] if folder is not None else [here.parent, here, here / "lessons"]
    places = [place / part / f"{lesson}.ipynb" for place in folders for part in (lesson, "")]
    path = next((place for place in places if place.exists()), None)
    if path is None:
        return Unreadable(f"the notebook {lesson}.ipynb is not beside this one")
    try:
        return read_definitions(path)
    except Unreadable as why:
        return Unreadable(f"{lesson}.ipynb cannot be read: {why}")


def _wanted(name: str, lesson: str, notebook: Definitions | Unreadable, pieces: Mapping[str, str]) -> dict[str, str]:
    """The text of a function and of all that it needs, by name.

    Raises
    ------
    Unreadable
        If it cannot be brought, with the reason.
    """
    if isinstance(notebook, Unreadable):
        raise notebook
    node = notebook.nodes.get(name)
    if not isinstance(node, Definition):
        broken = any(f"def {name}(" in cell for cell in notebook.broken)
        raise Unreadable(f"its cell in {lesson} is no Python yet" if broken else f"{lesson} does not define it")
    if is_blank(node):
        raise Unreadable(f"not written yet in {lesson}")
    try:
        order, unknown = notebook.needed(name)
    except (SyntaxError, ValueError, *TOO_DEEP):
        raise Unreadable(f"its text in {lesson} cannot be taken apart") from None
    wanted = {one: notebook.texts[one] for one in order}
    if unknown and notebook.stars:
        wanted = {star: star for star in notebook.stars} | wanted
    elif unknown:
        others = ", ".join(f"`{other}`" for other in sorted(unknown)[:3])
        raise Unreadable(f"it uses {others}, which {lesson} sets by code that would have to be run")
    clash = [one for one in wanted if one in pieces and not same(pieces[one], wanted[one])]
    if clash:
        raise Unreadable(
            f"it uses `{clash[0]}` of {lesson}, and another lesson has a different one: rename one of them"
        )
    unwritten = [one for one in order if is_blank(notebook.nodes[one])]
    if unwritten:
        raise Unreadable(f"it uses `{unwritten[0]}`, which is not written yet in {lesson}")
    return wanted


def _is_here(function: Any, text: str) -> bool:
    """Whether a function of this notebook stands there as it does in its lesson."""
    try:
        return callable(function) and same(inspect.getsource(function), text)
    except (OSError, TypeError):
        return False


def _cell(pieces: Mapping[str, str]) -> str:
    """One cell with all the pieces, imports first."""
    imports = [text for text in pieces.values() if text.startswith(("import ", "from "))]
    first = sorted(dict.fromkeys(imports), key=lambda text: (not text.startswith("from __future__"), text))
    rest = [text for text in pieces.values() if text not in imports]
    plain = [text for text in rest if not isinstance(ast.parse(text).body[0], Definition)]
    return "\n\n\n".join(["\n".join([HEAD, *first, *plain]), *(text for text in rest if text not in plain)])
