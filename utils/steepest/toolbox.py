"""Your functions of earlier lessons, brought into the notebook at hand: defined, and written into its cell."""

from __future__ import annotations

import ast
import difflib
import html
import linecache
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steepest._checks import outcomes
from steepest._notebooks import (
    TOO_DEEP,
    Definition,
    Definitions,
    Unreadable,
    computes,
    is_blank,
    read_definitions,
    same,
)

__all__ = ["Collection", "collect"]

MARK = (
    "# ---- Brought from other lessons. To bring all anew: delete from here on, remove the # above, run the cell. ----"
)
FILE = "<toolbox>"
KEPT = """\
Found, not checked: whether they are right the checks of their own lessons say. They stand in this cell
now and are handed in with it; the other notebooks are not. Where your front end
still shows the call alone, copy the text of the cell from below into it."""


@dataclass(frozen=True)
class Collection:
    """What was found; shows itself in a notebook and prints as text.

    Attributes
    ----------
    found : mapping of str to str
        The lesson of each function that is brought.
    missing : mapping of str to str
        Why each of the others is not brought.
    source : str
        The text of all that is brought; empty where that is nothing.

    Examples
    --------
    >>> print(Collection(found={"adam_step": "06_adaptive_methods"}).found)
    {'adam_step': '06_adaptive_methods'}
    """

    found: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __str__(self) -> str:
        lines = [f"✓ {name}: from {lesson}" for name, lesson in self.found.items()]
        lines += [f"✗ {name}: {why}." for name, why in self.missing.items()]
        return "\n".join([*lines, *([KEPT] if self.found else [])])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        lines = "<br>".join(html.escape(line) for line in str(self).splitlines())
        bundle = {"text/plain": str(self), "text/html": f"<div>{lines}</div>"}
        if self.source:
            text = f"<details><summary>The text of the cell</summary><pre>{html.escape(self.source)}</pre></details>"
            bundle["text/html"] += text
        return bundle


def collect(*names: str, folder: str | Path | None = None) -> Collection:
    """Bring functions of earlier lessons into this notebook.

    They are defined here, and their text takes the place of the call, so that it goes along when the notebook is handed
    in. Of the other notebooks nothing is run: their text is read, and of each function the last definition is taken,
    with what it needs: imports, other functions and classes, and names of plain numbers and words.

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
    collection = _collected(names, Path(folder) if folder is not None else None)
    if collection.source:
        _define(collection.source, sys._getframe(1).f_globals)
        _write(collection.source)
    return collection


def _collected(names: tuple[str, ...], folder: Path | None) -> Collection:
    lessons = {name: lesson for lesson, exercises in outcomes.lessons().items() for name in exercises}
    notebooks: dict[str, Definitions | Unreadable] = {}
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
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
            pieces |= _wanted(name, lesson, notebooks[lesson], pieces)
        except Unreadable as why:
            missing[name] = str(why)
        else:
            found[name] = lesson
    return Collection(found, missing, _text(pieces) if found else "")


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
    for one in order:
        if is_blank(notebook.nodes[one]):
            raise Unreadable(f"it uses `{one}`, which is not written yet in {lesson}")
        if computes(notebook.nodes[one]):
            raise Unreadable(f"to define `{one}`, code of {lesson} would have to be run")
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
    try:
        _define(_text(wanted), {"__name__": FILE})
    except Exception as error:  # noqa: BLE001 - a module that is not there, above all
        raise Unreadable(f"it cannot be defined here ({type(error).__name__}: {error})") from None
    return wanted


def _text(pieces: Mapping[str, str]) -> str:
    """All the pieces as one text, imports first."""
    imports = [text for text in pieces.values() if text.startswith(("import ", "from "))]
    first = sorted(dict.fromkeys(imports), key=lambda text: (not text.startswith("from __future__"), text))
    rest = [text for text in pieces.values() if text not in imports]
    plain = [text for text in rest if not isinstance(ast.parse(text).body[0], Definition)]
    blocks = ["\n".join([*first, *plain]), *(text for text in rest if text not in plain)]
    return "\n\n\n".join(block for block in blocks if block)


def _define(source: str, space: dict[str, Any]) -> None:
    linecache.cache[FILE] = len(source), None, source.splitlines(keepends=True), FILE  # for tracebacks
    exec(compile(source, FILE, "exec"), space)


def _write(source: str) -> None:
    """Put the text into the cell that runs; below it where there is more in the cell than the call."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    call = str(shell.history_manager.input_hist_raw[-1]).strip()
    alone = _is_call_alone(call)
    kept = "\n".join(line if line.startswith("#") else f"# {line}" for line in call.splitlines()) if alone else ""
    shell.set_next_input("\n".join([*([kept] if kept else []), MARK, source]), replace=alone)


def _is_call_alone(text: str) -> bool:
    """Whether a cell holds one call, and imports at most."""
    try:
        body = [node for node in ast.parse(text).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    except (SyntaxError, ValueError, *TOO_DEEP):
        return False
    return len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Call)
