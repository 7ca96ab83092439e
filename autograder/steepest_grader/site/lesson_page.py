"""The page of a lesson: the student's notebook, with the figures of the solved one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from html import escape

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from steepest_grader.notebook.cells import is_answer, is_test
from steepest_grader.site.outputs import is_demo, shown
from steepest_grader.site.secrets import Secrets

__all__ = ["lesson_page"]

DETAILS = re.compile(r"<details>(?:(?!\n\n).)*?</details>", re.DOTALL)  # else it is Markdown, which knows of formulas
CODE = re.compile(r"(<code>.*?</code>)", re.DOTALL)
FORMULA = re.compile(r"\$([^$]+)\$")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
SIGNS = re.compile(r"[`$*\\{}]")
LONG = 4  # lines of code above a figure, from which on they are folded
CALL = re.compile(r"\b(\w+_demo)\(")


def lesson_page(released: NotebookNode, solved: NotebookNode, secrets: Secrets, *, buttons: str = "") -> NotebookNode:
    """A notebook for MyST-NB.

    Parameters
    ----------
    released : NotebookNode
        As students get it.
    solved : NotebookNode
        The same lesson, run.
    secrets : Secrets
        What its outputs must not tell.
    buttons : str
        HTML behind the title.
    """
    page = copy.deepcopy(released)
    outputs = {cell.id: cell.outputs for cell in solved.cells if cell.cell_type == "code"}
    widgets = solved.metadata.get("widgets", {})
    page.metadata.pop("widgets", None)
    section = ""
    for cell in page.cells:
        if cell.cell_type == "markdown":
            section = ([section, *HEADING.findall(cell.source)])[-1]
            cell.source = _with_formulas(cell.source)
            cell.metadata = NotebookNode()
            continue
        given = [] if is_test(cell) else outputs[cell.id]
        cell.outputs = list(shown(given, widgets, secrets))
        cell.metadata = NotebookNode(_how(cell, given, section))
    page.cells = list(_with_buttons(page.cells, buttons))
    return page


def _how(cell: NotebookNode, given: list[NotebookNode], section: str) -> dict[str, object]:
    """How MyST-NB is to show a code cell: figures in their size and with a text, long code above them folded."""
    pictures = [output for output in cell.outputs if "image/png" in output.get("data", {})]
    if not pictures:
        return {}
    demo = CALL.search(cell.source) if any(map(is_demo, given)) else None
    where = SIGNS.sub("", section).strip()
    about = f"Demo {demo[1]} as the lesson opens it" if demo else f"Figure in the section “{where}”"
    told = pictures[0].metadata.get("image/png", {})
    image = {"alt": ": ".join([about, *filter(None, [told.get("alt")])]), "align": "center"}
    if "width" in told:
        image["width"] = f"{told['width']}px"
    folded = not is_answer(cell) and cell.source.count("\n") >= LONG
    return {"mystnb": {"image": image}, "tags": ["hide-input"] if folded else []}


def _with_formulas(text: str) -> str:
    """Markdown in which formulas within blocks of HTML are marked as such: there nothing else looks for them."""
    return DETAILS.sub(lambda block: "".join(map(_marked, CODE.split(block.group()))), text)


def _marked(part: str) -> str:
    if part.startswith("<code>"):
        return part
    return FORMULA.sub(lambda found: rf'<span class="math notranslate nohighlight">\({escape(found[1])}\)</span>', part)


def _with_buttons(cells: list[NotebookNode], buttons: str) -> Iterator[NotebookNode]:
    """Put them behind the title."""
    first, *others = cells
    title, _, rest = first.source.partition("\n")
    if not buttons or first.cell_type != "markdown" or not title.startswith("# "):
        yield from cells
        return
    yield new_markdown_cell(f"{title}\n\n{buttons}\n\n{rest.strip()}", id=first.id)
    yield from others
