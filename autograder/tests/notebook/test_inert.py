"""A graded notebook runs nothing in the browser of whoever marks it, and loses nothing that a student wrote."""

from __future__ import annotations

import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from steepest_grader.notebook.harmless import harmless
from steepest_grader.notebook.inert import inert

KEPT = {
    "prose": "It *swings* past the minimum: $a_1 < b$ & $\\beta = 0.9$.",
    "a list": "1. one\n2. two\n\n> a quotation\n\n`a < b`",
    "plain HTML": "a<sup>2</sup> <b>bold</b><br>",
    "a link": "[a page](https://example.org/a?b=1&c=2)",
    "given out": "<details><summary>Hint</summary></details>",
}
TYPED = {
    "a script": "<script>run()</script>",
    "an event": "<img src=x onerror=run()>",
    "a frame": "a <iframe src='https://example.org'></iframe>",
    "a link that runs": "[x](javascript:run())",
    "a link that runs, disguised": "[x](&#106;ava\tScript\n:run())",
    "a link with data": "[x]: data:text/html,<b>x</b>",
    "a picture from elsewhere": "<img src='https://example.org/x.png'>",
    "a fence": "```\n<script>run()</script>\n```\n<script>run()</script>",
}
RELEASED = nbformat.v4.new_notebook(cells=[new_markdown_cell(KEPT["given out"])])


@pytest.mark.parametrize("make", [new_markdown_cell, new_raw_cell])
@pytest.mark.parametrize("case", [*KEPT, *TYPED])
def test_texts(case: str, make: type) -> None:
    source = (KEPT | TYPED)[case]
    (cell,) = inert(nbformat.v4.new_notebook(cells=[make(source)]), RELEASED).cells
    if case in KEPT:
        assert cell.source == source
        return
    first, *lines, last = cell.source.split("\n")
    assert "\n".join(lines) == source
    assert first == f"{last}text"
    assert set(last) == {"`"} and last not in source


OUTPUTS = {
    "plain text": ({"text/plain": "<b>"}, {"text/plain": "<b>"}),
    "a table": ({"text/html": "<table>\n<tbody></tbody></table>"}, {"text/html": "<table>\n<tbody></tbody></table>"}),
    "a script": ({"text/html": "<p>a</p><script>run()</script>"}, {"text/html": "<p>a</p>"}),
    "an event": ({"text/html": '<p onclick="run()">a</p>'}, {"text/html": "<p>a</p>"}),
    "a picture": ({"image/png": "QUJD\n"}, {"image/png": "QUJD\n"}),
    "no picture": ({"image/png": '"><script>', "text/plain": "x"}, {"text/plain": "x"}),
    "JavaScript": ({"application/javascript": "run()"}, None),
    "a drawing": ({"image/svg+xml": "<svg onload=run()>", "text/plain": "x"}, {"text/plain": "x"}),
    "a widget": ({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}}, None),
    "Markdown": ({"text/markdown": "<script>run()</script>"}, None),
    "LaTeX": ({"text/latex": "$\\href{javascript:run()}{x}$"}, None),
    "no text": ({"text/plain": ["x"]}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTPUTS)
def test_outputs(case: str) -> None:
    data, expected = OUTPUTS[case]
    output = nbformat.from_dict({"output_type": "display_data", "data": data, "metadata": {"image/png": {"x": "<"}}})
    (cell,) = inert(nbformat.v4.new_notebook(cells=[new_code_cell("x", outputs=[output])]), RELEASED).cells
    assert [(dict(item.data), dict(item.metadata)) for item in cell.outputs] == ([(expected, {})] if expected else [])


HOSTILE = [
    "<b>",
    "<a>",
    "<div>",
    "<p>x</p>",
    "<table><b>x",
    "<b><p>",
    "<",
    "&x;",
    "<p a=b",
    "</b></p>",
    "<a><table>",
    "<div c=",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_html_is_cleaned_in_time(part: str) -> None:
    text = part * (300_000 // len(part))
    output = new_output("display_data", data={"text/html": text})
    begun = time.thread_time()
    cells = [new_code_cell("x", outputs=[output]), new_markdown_cell(text)]
    inert(nbformat.v4.new_notebook(cells=cells), RELEASED)
    for size in (1_000, 20_000):
        harmless(part * (size // len(part)))
    assert time.thread_time() - begun < 3


def test_other_outputs_stay() -> None:
    outputs = [new_output("stream", text="<script>"), new_output("error", ename="E", evalue="<b>", traceback=["<b>"])]
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell("<script>", outputs=outputs)])
    (cell,) = inert(notebook, RELEASED).cells
    assert (cell.source, cell.outputs) == ("<script>", outputs)
