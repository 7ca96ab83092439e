"""Take out of a graded notebook what would run, load or lie over the page in an instructor's browser.

formgrader shows outputs and texts of students as they are, with the rights of whoever is looking: a script in them
could change marks. What decides is what it shows: a text is rendered as there, and stays as it is where that is
harmless. Else the text becomes what renders to harmless HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mistune.util import escape_url
from nbformat import NotebookNode

from steepest_grader.notebook.cells import by_grade_id
from steepest_grader.notebook.coloring import Coloring
from steepest_grader.notebook.harmless import as_text, harmless, tokens
from steepest_grader.notebook.pictures import Pictures, without_pictures
from steepest_grader.notebook.rendered import rendered

__all__ = ["few_colors", "inert"]

MAX_LETTERS = 2**20  # of a notebook: of its texts, of its code, and of HTML in its outputs
MAX_COST, LEAST = 1_000_000_000, 3_000  # of a notebook; at worst a few ns for each pair of letters, or 20 µs a letter
MAX_LINES = 200_000_000  # the same of texts that are shown as typed
MAX_COLORS = 20_000_000  # of a text; each change of color copies the rest of it
TOO_LONG = "*(This text takes too long to show. It stands as it was handed in.)*"
CUT = "# This code is cut here: the notebook holds more than can be shown.\n"
BACKTICKS = re.compile(r"`+")
BLANK = re.compile(r"\n(?=[ \t\v\f\r]*\n)")
LONG_CODE = re.compile(r"\x1b\[[^@-~]{60,}")
COLOR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]?|\x1b")
FENCE = re.compile(r"(?<![`~])(`{3,}+|~{3,}+)[ \t]*+([^\s`]+)")
COLORED = {"json", "py", "python", "python3", "text"}  # others, as that of shells, take for ever to color
STREAMS = ("stdout", "stderr")
PAGE = {"notebook", "notebook-container", "statusmessage"}  # what formgrader calls its own parts


def inert(notebook: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Change a graded notebook in place so that nothing in it runs, loads, submits or leaves its place.

    Of outputs plain text, pictures and cleaned HTML stay. Sources of code and what was given out stay as they are;
    what no notebook needs in length is cut.

    Parameters
    ----------
    notebook : NotebookNode
        As graded.
    released : NotebookNode
        As given out.
    """
    given = {cell.source for cell in released.cells}
    names = by_grade_id(released)
    seal = _Seal({*PAGE, *(f"{name}{end}" for name in names for end in ("", "-comment", "_extra_credit"))})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(seal.output, cell.outputs) if output is not None]
        if cell.source not in given:
            seal.source(cell)
    return notebook


class _Seal:
    """What is done to one notebook, within bounds of time and length."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._pictures = Pictures()
        self._coloring = Coloring()
        self._cost = self._lines = 0
        self._letters = dict.fromkeys(("code", "markdown", "raw", "html"), 0)

    def source(self, cell: NotebookNode) -> None:
        kind, before = cell.cell_type, self._letters[cell.cell_type]
        self._letters[kind] += len(without_pictures(cell.source))
        long = self._letters[kind] > MAX_LETTERS
        if kind == "code":
            if long:
                cell.source = CUT + cell.source[: max(MAX_LETTERS - before, 0)]
            cell.source = self._coloring.bounded(cell.source)
        elif kind == "raw":
            self._raw(cell, long)
        else:
            attachments = self._attached(cell)
            cell.source = TOO_LONG if long else self._text(cell.source, attachments)
            cell.pop("attachments", None)
            if used := {name: kinds for name, kinds in attachments.items() if f"attachment:{name}" in cell.source}:
                cell.attachments = NotebookNode(used)

    def _raw(self, cell: NotebookNode, long: bool) -> None:
        """A raw cell goes into the page as it is."""
        if long:
            cell.source = as_text(TOO_LONG)
        elif not _alike(cell.source, harmless(cell.source)):
            cell.source = as_text(cell.source)

    def _attached(self, cell: NotebookNode) -> dict[str, dict[str, str]]:
        """What is attached to a cell, by the names under which the renderer looks for it: pictures that are some."""
        found = {}
        for name, kinds in (cell.get("attachments") or {}).items():
            sound = {kind: "".join(text.split()) for kind, text in kinds.items() if self._pictures.sound(kind, text)}
            if sound:
                found[escape_url(name)] = sound
        return found

    def _text(self, source: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
        """A text that shows the same, as far as that is harmless; as it is, where it is."""
        source = FENCE.sub(lambda fence: fence[0] if fence[2] in COLORED else fence[1], source)
        if self._affordable(source):
            shown = rendered(source, attachments)
            cleaned = self._cleaned(shown, attachments)
            if _alike(shown, cleaned):
                return source
            wanted = f"<div>{cleaned.strip()}</div>"
            written = BLANK.sub("&#10;", wanted)
            if self._stays(written, wanted):
                return written
        typed = _as_typed(source)
        self._lines += sum(len(line) * line.count("[") * (1 + line.count("files/")) for line in typed.split("\n"))
        return typed if self._lines < MAX_LINES and self._stays(typed) else TOO_LONG

    def _cleaned(self, shown: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
        def picture(address: str) -> str | None:
            return self._pictures.attached(attachments or {}, address)

        return harmless(shown, picture=picture, taken=self._taken)

    def _affordable(self, source: str) -> bool:
        """Whether there is time to render it; some of what is done for that grows with the square of its length."""
        size = len(without_pictures(source))
        cost = size * (size + LEAST) * (1 + source.count("files/"))
        if self._cost + cost > MAX_COST:
            return False
        self._cost += cost
        return True

    def _stays(self, source: str, wanted: str | None = None) -> bool:
        """Whether a text of ours renders to what is wanted, and that is harmless."""
        shown = rendered(source).strip()
        return _alike(shown, self._cleaned(shown)) and (wanted is None or _alike(shown, wanted))

    def output(self, output: NotebookNode) -> NotebookNode | None:
        """An output of which only harmless parts are left; None where nothing is."""
        kind = output.get("output_type")
        if kind == "stream":
            output.name = output.name if output.get("name") in STREAMS else STREAMS[0]
            output.text = few_colors(output.get("text", ""))
        elif kind == "error":
            output.ename, output.evalue = str(output.get("ename", "")), str(output.get("evalue", ""))
            output.traceback = [few_colors(line) for line in output.get("traceback", []) if isinstance(line, str)]
        elif kind in ("display_data", "execute_result"):
            data = self._data(output.get("data", {}))
            output.data, output.metadata = NotebookNode(data), NotebookNode()
            return output if data else None
        else:
            return None
        return output

    def _data(self, data: Mapping[str, Any]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for kind in ("image/png", "image/jpeg"):
            if self._pictures.sound(kind, data.get(kind)):
                kept[kind] = data[kind]
        if isinstance(text := data.get("text/plain"), str):
            kept["text/plain"] = few_colors(text)
        if isinstance(text := data.get("text/html"), str):
            self._letters["html"] += len(without_pictures(text))
            fits = self._letters["html"] <= MAX_LETTERS
            if fits or "text/plain" not in kept:
                kept["text/html"] = self._cleaned(text) if fits else as_text(TOO_LONG)
        return kept


def few_colors(text: object) -> str:
    """A text of a terminal; without colors where it takes too long to turn them into HTML."""
    if not isinstance(text, str):
        return ""
    if LONG_CODE.search(text) or text.count("\x1b[") * len(text) > MAX_COLORS:
        return COLOR.sub("", text).replace("\x1b", "")
    return text


def _alike(one: str, other: str) -> bool:
    """Whether two pieces of HTML hold the same, and every parser reads them alike."""
    found = tokens(one)
    return found is not None and found == tokens(other)


def _as_typed(source: str) -> str:
    """A text as a block of code, which no browser reads as more than letters."""
    fence = "`" * max(3, 1 + max((len(run) for run in BACKTICKS.findall(source)), default=0))
    return f"{fence}text\n{source}\n{fence}"
