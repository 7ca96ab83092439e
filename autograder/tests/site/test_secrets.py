"""What pages must not tell is found however a page writes it."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from steepest_grader.site.secrets import Secrets, without_hidden_tests

LINE = 'velocity = beta * state["velocity"] - lr * grad'
SHORT = "return theta + velocity"
ANSWER = "It swings past the minimum, since it remembers."
CELL = f"def step():\n    ### BEGIN SOLUTION\n    {LINE}\n    {SHORT}\n    ### END SOLUTION"
TEST = "check(step)\n### BEGIN HIDDEN TESTS\nfrom steepest_grader import grade\ngrade(step)\n### END HIDDEN TESTS"
HAND = {"nbgrader": {"grade": True, "solution": True, "grade_id": "reflection"}}
SOURCE = new_notebook(
    cells=[new_code_cell(CELL), new_code_cell(TEST), new_markdown_cell(ANSWER, metadata=HAND)],
)
COLOURED = '<span class="n">velocity</span> <span class="o">=</span> beta * state[&quot;velocity&quot;] - lr * grad'
TEXTS = [
    ("nothing", "The velocity forgets its past.", 0),
    ("a line", LINE, 1),
    ("a line in other blanks", LINE.replace(" ", "\n  "), 1),
    ("a line as a page colours it", COLOURED, 1),
    ("a line as JSON", f'"source": ["x = 1\\n", {LINE!r}]', 1),
    ("a line that is too short to tell", SHORT, 0),
    ("the whole answer, with its long line", CELL, 2),
    ("a hidden test, with its long line", TEST, 2),
    ("what is visible of a test", "check(step)", 0),
    ("an answer in words", f"<p>{ANSWER}</p>", 1),
]


@pytest.mark.parametrize(("text", "number"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_what_a_text_tells(text: str, number: int) -> None:
    assert len(Secrets.of([SOURCE], []).told_by(text)) == number


def test_what_is_public_is_no_secret() -> None:
    assert Secrets.of([SOURCE], [f"# {LINE}"]).told_by(LINE) == []


def test_hidden_tests_are_cut_out() -> None:
    assert without_hidden_tests(TEST).strip() == "check(step)"
    assert without_hidden_tests(CELL) == CELL
