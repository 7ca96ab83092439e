"""Take out of a graded notebook what would run in an instructor's browser.

formgrader shows outputs and texts of students as they are, with the rights of whoever is looking: a script in them
could change marks.
"""

from __future__ import annotations

import html
import re

from nbformat import NotebookNode

from steepest_grader.notebook.harmless import BASE64, harmless

__all__ = ["inert"]

MAX_TAGS = 500  # in a text; a notebook may hold thousands of texts
PICTURES = ("image/png", "image/jpeg")
SCHEMES = re.compile(r"(javascript|vbscript|data)\s*:", re.IGNORECASE)
BACKTICKS = re.compile(r"`+")


def inert(notebook: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Change a graded notebook in place so that nothing in it runs, loads or submits.

    Of outputs plain text, pictures and cleaned HTML stay. A text that holds more than harmless HTML is shown as it
    was typed; sources of code and what was given out stay as they are.

    Parameters
    ----------
    notebook : NotebookNode
        As graded.
    released : NotebookNode
        As given out.
    """
    given = {cell.source for cell in released.cells}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_inert_output, cell.outputs) if output is not None]
        elif cell.source not in given and not _is_inert(cell.source):
            cell.source = _as_typed(cell.source)
    return notebook


def _inert_output(output: NotebookNode) -> NotebookNode | None:
    if "data" not in output:
        return output
    data = {kind: text for kind, text in output.data.items() if isinstance(text, str)}
    kept = {kind: text for kind, text in data.items() if kind in PICTURES and BASE64.fullmatch(text)}
    if "text/plain" in data:
        kept["text/plain"] = data["text/plain"]
    if "text/html" in data:
        kept["text/html"] = harmless(data["text/html"])
    output.data, output.metadata = NotebookNode(kept), NotebookNode()
    return output if kept else None


def _is_inert(source: str) -> bool:
    """Whether a text means the same after cleaning, and names no address that runs."""
    if source.count("<") > MAX_TAGS:
        return False
    plain = html.unescape(source)
    return html.unescape(harmless(source)) == plain and not SCHEMES.search(re.sub(r"[\s\0-\x1f]", "", plain))


def _as_typed(source: str) -> str:
    """A text as a block of code, which no browser reads as more than letters."""
    fence = "`" * max(3, 1 + max((len(run) for run in BACKTICKS.findall(source)), default=0))
    return f"{fence}text\n{source}\n{fence}"
