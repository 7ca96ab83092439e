"""What of a graded notebook may be shown to its student: nothing that runs, nothing that is hidden."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell

TAGS = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "code", "del", "div", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"
    }
)  # fmt: skip
STYLES = CSSSanitizer(
    allowed_css_properties=(
        "border-left", "color", "background-color", "font-weight", "font-style", "max-width", "padding", "text-align",
    )
)  # fmt: skip
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
RICH = ("text/html", *PICTURES)  # what an output may show besides plain text
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
BLOCKS = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*", re.DOTALL | re.MULTILINE)
HIDDEN_HERE = "(a line of the tests is left out)"
HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
VOID = frozenset({"br", "hr", "img", "wbr", "input", "col", "meta", "link"})
MAX_HTML, MAX_TAGS, MAX_DEPTH = 200_000, 5_000, 40
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
    known, seen = graded_cells(released), set()
    notebook.metadata = NotebookNode(released.metadata)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.pop("attachments", None)
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.metadata = NotebookNode()
        if grade_id in known and grade_id not in seen and known[grade_id].cell_type == cell.cell_type:
            seen.add(grade_id)
            cell.metadata.nbgrader = NotebookNode(known[grade_id].metadata.nbgrader)


def _show_released_tests(notebook: NotebookNode, released: NotebookNode) -> None:
    """Show of a locked cell what students have, and of its failure only the error itself."""
    for grade_id, cell in graded_cells(notebook).items():
        if cell.metadata.nbgrader.solution:
            continue
        cell.source = graded_cells(released)[grade_id].source
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
    text = {cell.source for cell in released.cells if _is_plain(cell)}
    return {cell.id for cell in notebook.cells if cell.source in text and _is_plain(cell)}


def _is_plain(cell: NotebookNode) -> bool:
    mark = cell.metadata.get("nbgrader", {})
    return not any(mark.get(kind) for kind in ("grade", "solution", "task"))


def hidden_lines(source: NotebookNode, released: NotebookNode) -> list[str]:
    """Lines of hidden tests that stand nowhere in what students have."""
    handed_out = {line.strip() for cell in released.cells for line in cell.source.split("\n")}
    regions = [region for cell in source.cells for region in HIDDEN.findall(cell.source)]
    lines = {line.strip() for region in regions for line in region.split("\n")}
    return sorted(line for line in lines - handed_out if len(line) >= SHORTEST)


def without_hidden(value: Any, hidden: Sequence[str]) -> Any:
    """The same text, list or dict without lines that quote a hidden test."""
    if isinstance(value, str):
        return "\n".join(
            HIDDEN_HERE if any(secret in ANSI.sub("", line) for secret in hidden) else line
            for line in value.split("\n")
        )
    if isinstance(value, list):
        return [without_hidden(item, hidden) for item in value]
    if isinstance(value, dict):
        return {key: without_hidden(item, hidden) for key, item in value.items()}
    return value


def graded_cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Cells that nbgrader knows, by grade id."""
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def picture(data: Mapping[str, str]) -> str:
    """The first picture of an output as HTML, or ""; a drawing that is shown as an image runs nothing."""
    for kind in PICTURES:
        if kind in data:
            coded = data[kind] if kind != "image/svg+xml" else base64.b64encode(data[kind].encode()).decode()
            return f'<img alt="what the cell drew" src="data:{kind};base64,{"".join(coded.split())}">'
    return ""


def harmless(text: str) -> str:
    """HTML without anything that runs, loads or submits; what would take too long to clean is shown as it was typed."""
    if len(text) > MAX_HTML or text.count("<") > MAX_TAGS or _depth(text) > MAX_DEPTH:
        return f"<pre>{html.escape(text)}</pre>"
    cleaned: str = bleach.clean(
        BLOCKS.sub("", str(text)),
        tags=TAGS,
        attributes=_is_harmless,
        protocols=("http", "https", "mailto", "data"),
        strip=True,
        css_sanitizer=STYLES,
    )
    return cleaned


def _depth(text: str) -> int:
    """How deep tags are nested at most; the time to clean grows with its square."""
    depth = deepest = 0
    for closing, name in TAG.findall(text):
        if name.lower() not in VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and re.match(r"data:image/(png|jpeg|gif|svg\+xml);base64,", value) is not None
    if name == "href":
        return re.match(r"(https?:|mailto:|#)", value) is not None
    return name in ("class", "style", "alt", "title", "colspan", "rowspan", "align")
