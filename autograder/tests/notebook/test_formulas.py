"""Formulas are set as MathML, whatever is typed as one, and bring nothing along."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.desk.feedback import _markdown
from steepest_grader.notebook.formulas import ATTRIBUTES, MAX_LENGTH, MOST, TAGS, Formulas, mathml
from steepest_grader.notebook.rendered import rendered

COURSE = find_course(Path(__file__))
TEX = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$|(?<![$\\])\$([^$]+?)(?<![$\\])\$", re.DOTALL)


@pytest.mark.parametrize("lesson", COURSE.lessons())
def test_every_formula_of_a_lesson_is_set(lesson: str) -> None:
    texts = [re.sub(r"`[^`]*`", "", cell.source) for cell in load(COURSE, lesson).released.cells]
    found = [display or inline for text in texts for display, inline in TEX.findall(text)]
    assert len(found) > 10
    assert [tex for tex in found if mathml(tex) is None] == []


HOSTILE = {
    "a link": r"\href{javascript:alert(1)}{x}",
    "a class": r"\class{modal-backdrop}{x}",
    "a style": r"\style{position:fixed}{x}",
    "an id": r"\id{x}{x}",
    "tags in text": r"\text{<script>alert(1)</script><img src=x onerror=alert(1)>}",
    "entities in text": r"\text{&lt;script&gt;alert(1)&lt;/script&gt;&#60;b&#62;}",
    "a colour that is none": r"\color{red;background:url(//x)}{x}",
    "a width that is none": r'\hspace{1em" onmouseover="alert(1)}x',
    "a name that is none": r"\operatorname{<b>}x",
    "tags alone": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("tex", HOSTILE.values(), ids=HOSTILE)
def test_nothing_comes_along(tex: str) -> None:
    written = mathml(tex)
    if written is None:
        return
    for element in ET.fromstring(written).iter():
        assert element.tag in TAGS
        assert set(element.attrib) <= ATTRIBUTES


UNSET = {
    "an unknown command": r"\wibble{x}",
    "a brace": "{",
    "too long": "x" * (MAX_LENGTH + 1),
    "too deep": "{" * 200 + "x" + "}" * 200,
    "a row outside a table": "a & b",
}


@pytest.mark.parametrize("tex", UNSET.values(), ids=UNSET)
def test_what_cannot_be_set_stays_as_it_was_typed(tex: str) -> None:
    assert mathml(tex) is None
    assert "<math" not in _markdown(f"${tex}$")


PAGES = {
    "in a line": (r"so $\beta^2$ is", "so <math", "is</p>"),
    "in a line of its own": ("$$\\frac{1}{2}$$", '<math display="block">', "</math>"),
    "an environment": (r"\begin{align*}a&=b\end{align*}", '<math display="block">', "<mtable"),
    "as code": ("`$x$`", "<code>$x$</code>", ""),
    "beside markup": ("**a** $x$ [b](https://c.example)", "<strong>a</strong> <math", '<a href="https://c.example">'),
    "no formula": ("it costs 5 $", "it costs 5 $", ""),
}


@pytest.mark.parametrize(("text", "one", "two"), PAGES.values(), ids=PAGES)
def test_on_a_page(text: str, one: str, two: str) -> None:
    shown = _markdown(text)
    assert one in shown and two in shown


def test_formgrader_gets_what_was_typed() -> None:
    assert rendered("$x$ and $$y$$", anchors=False) == "<p>$x$ and $$y$$</p>\n"


def test_in_the_words_of_a_picture_a_formula_stays_text() -> None:
    formulas = Formulas()
    word = formulas.take('x"<')
    assert formulas.put_back(f'<img alt="{word}"> {word}').startswith('<img alt="x&quot;&lt;"> <math')


def test_too_many_formulas_stay_as_they_were_typed() -> None:
    assert _markdown("$x$ " * (MOST + 5)).count("<math") == MOST
