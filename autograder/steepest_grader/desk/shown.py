"""What of a graded notebook may be shown to its student: nothing that runs, nothing that is hidden."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell

from steepest_grader.notebook.cells import by_grade_id, grade_id, is_plain
from steepest_grader.notebook.pictures import BASE64

PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
RICH = ("text/html", *PICTURES)  # what an output may show besides plain text
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*", re.DOTALL | re.MULTILINE)
HIDDEN_HERE = "(a line of the tests is left out)"
HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
SHORTEST = 4  # shorter lines, such as ")", tell nothing

Step = Callable[[NotebookNode], None]


def cleaning(released: NotebookNode, hidden: Sequence[str]) -> tuple[Step, ...]:
    """Everything that is done to a notebook before it is shown."""
    return (
        partial(_keep_known_metadata, released=released),  # first: the others go by grade_id
        partial(_show_released_tests, released=released),  # before lines are looked for, so that few are found
        _bound_outputs,  # only types that are known from here on
        partial(_leave_out_hidden, hidden=hidden),
        partial(_shorten_lesson, released=released),  # last: sources must still be what they were
    )


def _keep_known_metadata(notebook: NotebookNode, released: NotebookNode) -> None:
    """Let a cell be nbgrader's only where the lesson has it, and only once."""
    known, seen = by_grade_id(released), set()
    notebook.metadata = NotebookNode(released.metadata)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        name = grade_id(cell)
        cell.metadata = NotebookNode()
        if name in known and name not in seen and known[name].cell_type == cell.cell_type:
            seen.add(name)
            cell.metadata.nbgrader = NotebookNode(known[name].metadata.nbgrader)


def _show_released_tests(notebook: NotebookNode, released: NotebookNode) -> None:
    """Show of a locked cell what students have, and of its failure only the error itself."""
    given = by_grade_id(released)
    for name, cell in by_grade_id(notebook).items():
        if cell.metadata.nbgrader.solution:
            continue
        cell.source = given[name].source
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]


def _bound_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        for output in cell.outputs:
            if "data" in output:
                shown = {kind: data for kind, data in output.data.items() if _is_shown(kind, data)}
                output.data, output.metadata = NotebookNode(shown), NotebookNode()
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def _is_shown(kind: str, data: Any) -> bool:
    if not isinstance(data, str) or kind not in (*RICH, "text/plain"):
        return False
    return kind not in ("image/png", "image/jpeg") or BASE64.fullmatch(data) is not None


def _leave_out_hidden(notebook: NotebookNode, hidden: Sequence[str]) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = without_hidden(output.text, hidden)
            elif output.output_type == "error":
                output.traceback = without_hidden(output.traceback, hidden)
            else:
                output.data = NotebookNode(
                    {
                        kind: data if kind.startswith("image/p") else without_hidden(data, hidden)
                        for kind, data in output.data.items()
                    }
                )


def _shorten_lesson(notebook: NotebookNode, released: NotebookNode) -> None:
    """Keep of what the student has in the lesson already only code that has drawn or said something, and headings."""
    repeated = of_the_lesson(notebook, released)
    kept: list[NotebookNode] = []
    headings: list[str] = []  # above what comes next, and not yet shown
    for cell in notebook.cells:
        if cell.id in repeated and cell.cell_type == "markdown":
            for line in HEADING.findall(cell.source):
                level = len(line) - len(line.lstrip("#"))
                headings = [above for above in headings if len(above) - len(above.lstrip("#")) < level] + [line]
        elif cell.source.strip() and (cell.id not in repeated or cell.get("outputs")):
            if headings:
                kept.append(new_markdown_cell("\n\n".join(headings)))
            headings = []
            kept.append(cell)
    notebook.cells = kept


def of_the_lesson(notebook: NotebookNode, released: NotebookNode) -> set[str]:
    """Ids of the cells that stand in the lesson as they are, and bear neither answer nor mark."""
    text = {cell.source for cell in released.cells if is_plain(cell)}
    return {cell.id for cell in notebook.cells if cell.source in text and is_plain(cell)}


def hidden_lines(source: NotebookNode, released: NotebookNode) -> list[str]:
    """Lines of hidden tests that stand nowhere in what students have."""
    handed_out = {line.strip() for cell in released.cells for line in cell.source.split("\n")}
    regions = [region for cell in source.cells for region in HIDDEN.findall(cell.source)]
    lines = {line.strip() for region in regions for line in region.split("\n")}
    return sorted(line for line in lines - handed_out if len(line) >= SHORTEST)


def without_hidden(value: Any, hidden: Sequence[str]) -> Any:
    """The same text, list or dict without lines that quote a hidden test."""
    if isinstance(value, str):
        plain = ANSI.sub("", value)
        told = [secret for secret in hidden if secret in plain]
        if not told:
            return value
        return "\n".join(
            HIDDEN_HERE if any(secret in shown for secret in told) else line
            for line, shown in zip(value.split("\n"), plain.split("\n"), strict=True)
        )
    if isinstance(value, list):
        return [without_hidden(item, hidden) for item in value]
    if isinstance(value, dict):
        return {key: without_hidden(item, hidden) for key, item in value.items()}
    return value


def picture(data: Mapping[str, str]) -> str:
    """The first picture of an output as HTML, or ""; a drawing that is shown as an image runs nothing."""
    for kind in PICTURES:
        if kind in data:
            coded = data[kind] if kind != "image/svg+xml" else base64.b64encode(data[kind].encode()).decode()
            return f'<img alt="what the cell drew" src="data:{kind};base64,{"".join(coded.split())}">'
    return ""
