"""The page of a lesson: the student's cells with what the solved ones show."""

from __future__ import annotations

import base64
import copy
import io
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from steepest_grader.site.lesson_page import lesson_page
from steepest_grader.site.outputs import lighter, shown
from steepest_grader.site.secrets import Secrets

NONE = Secrets(frozenset())
TOLD = Secrets(frozenset({"abc"}))


def _png() -> str:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


PNG = _png()
VIEW = {"application/vnd.jupyter.widget-view+json": {"model_id": "box"}}
MODELS: dict[str, dict[str, Any]] = {
    "box": {"children": ["IPY_MODEL_goal", "IPY_MODEL_row", "IPY_MODEL_said"]},
    "goal": {"_model_name": "HTMLModel", "value": "<b>Goal:</b> come down"},
    "row": {"children": ["IPY_MODEL_rate"]},
    "rate": {"_model_name": "FloatSliderModel", "description": "rate <η>", "value": 0.1},
    "said": {"_model_name": "HTMLModel", "value": "After <b>20</b> steps &lt; 1"},
}
STATE = {name: {"state": state} for name, state in MODELS.items()}
WIDGETS = {"application/vnd.jupyter.widget-state+json": {"state": STATE}}
NOTE = (
    '<div class="demo-note"><p>In the notebook this picture moves under your hand. Controls: rate &lt;η&gt;.</p>'
    "<p><b>Goal:</b> come down</p></div>"
)


def _data(**data: Any) -> NotebookNode:
    return new_output("display_data", {name.replace("_", "/"): value for name, value in data.items()})


OUTPUTS = [
    ("printed", new_output("stream", name="stdout", text="12"), NONE, ["12"]),
    ("a warning", new_output("stream", name="stderr", text="12"), NONE, []),
    ("printed and secret", new_output("stream", name="stdout", text="a b c"), TOLD, []),
    ("a picture before words", _data(image_png=PNG, text_plain="<Figure>"), NONE, [{"image/png": PNG}]),
    ("a table before words", _data(text_html="<b>1</b>", text_plain="1"), NONE, [{"text/html": "<b>1</b>"}]),
    ("what is secret in one form", _data(text_html="a<b>bc</b>", text_plain="1"), TOLD, [{"text/plain": "1"}]),
    ("what is secret in each", _data(text_html="<b>abc</b>", text_plain="abc"), TOLD, []),
    ("an error", new_output("error", ename="E", evalue="abc", traceback=[]), NONE, []),
    (
        "a demo",
        new_output("display_data", VIEW | {"image/png": PNG, "text/plain": "VBox()"}),
        NONE,
        [{"text/html": NOTE}, {"image/png": PNG}],
    ),
]


@pytest.mark.parametrize(("output", "secrets", "wanted"), [row[1:] for row in OUTPUTS], ids=[row[0] for row in OUTPUTS])
def test_what_is_shown_of_an_output(output: NotebookNode, secrets: Secrets, wanted: list[Any]) -> None:
    found = list(shown([output], WIDGETS, secrets))
    assert [item.text if item.output_type == "stream" else dict(item.data) for item in found] == wanted


def test_a_demo_s_picture_says_what_the_demo_says() -> None:
    _, picture = shown([new_output("display_data", VIEW | {"image/png": PNG})], WIDGETS, NONE)
    assert picture.metadata["image/png"]["alt"] == "After 20 steps < 1"


def test_pictures_are_made_lighter() -> None:
    assert len(lighter(_data(image_png=PNG)).data["image/png"]) < len(PNG) / 1.5


FIRST = "# 5 · Momentum\n\nA memory."
ANSWER = {"nbgrader": {"solution": True, "grade_id": "answer"}}
TEST = {"nbgrader": {"grade": True, "grade_id": "test"}}
CELLS = [
    new_markdown_cell(FIRST, id="first"),
    new_markdown_cell("### A `valley` of $x$\n\nLook.", id="text"),
    new_code_cell("a = 1\nb = 2\nc = 3\nd = 4\nplot(a, b)", id="long"),
    new_code_cell("plot(1)", id="short"),
    new_code_cell("def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()", id="answer", metadata=ANSWER),
    new_code_cell("check(f)", id="test", metadata=TEST),
]


@pytest.fixture
def page() -> dict[str, NotebookNode]:
    released = new_notebook(cells=copy.deepcopy(CELLS))
    solved = new_notebook(cells=copy.deepcopy(CELLS))
    for cell in solved.cells[2:4]:
        cell.outputs = [new_output("display_data", {"image/png": PNG}, metadata={"image/png": {"width": 300}})]
    solved.cells[4].source = "def f():\n    return 1"
    solved.cells[5].outputs = [new_output("stream", name="stdout", text="✓")]
    made = lesson_page(released, solved, NONE, buttons="<p>buttons</p>")
    return {cell.id: cell for cell in made.cells}


def test_a_page_has_the_student_s_text(page: dict[str, NotebookNode]) -> None:
    assert page["answer"].source == CELLS[4].source
    assert page["test"].outputs == []


def test_buttons_stand_behind_the_title(page: dict[str, NotebookNode]) -> None:
    assert page["first"].source == "# 5 · Momentum\n\n<p>buttons</p>\n\nA memory."


def test_figures_have_a_size_and_a_text_and_long_code_is_folded(page: dict[str, NotebookNode]) -> None:
    image = {"alt": "Figure in the section “A valley of x”", "align": "center", "width": "300px"}
    assert page["long"].metadata == {"mystnb": {"image": image}, "tags": ["hide-input"]}
    assert page["short"].metadata == {"mystnb": {"image": image}, "tags": []}


TEXTS = [
    (
        "a formula in folded HTML",
        "<details><summary>Hint</summary>\n<p>Take $a < b$, not <code>$x$</code>.</p>\n</details>",
        "<details><summary>Hint</summary>\n<p>Take "
        r'<span class="math notranslate nohighlight">\(a &lt; b\)</span>'
        ", not <code>$x$</code>.</p>\n</details>",
    ),
    ("a formula in folded Markdown", "<details>\n\nTake $a$.\n\n</details>", "<details>\n\nTake $a$.\n\n</details>"),
    ("a formula in Markdown", "Take $a$.", "Take $a$."),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_formulas_within_html_are_marked(text: str, wanted: str) -> None:
    cells = [new_markdown_cell(text)]
    assert lesson_page(new_notebook(cells=cells), new_notebook(), NONE).cells[0].source == wanted
