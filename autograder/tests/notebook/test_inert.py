"""A graded notebook runs nothing in the browser of whoever marks it, and loses nothing that a student wrote."""

from __future__ import annotations

import random
import re
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.lib.lexers import IPython3Lexer
from nbconvert.filters import ansi2html
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pygments import highlight
from pygments.formatters import HtmlFormatter
from renderings import ELSEWHERE, HTML, TEXTS, picture
from steepest_grader.grading import submission
from steepest_grader.notebook import harmless as harmless_module
from steepest_grader.notebook.harmless import TAGS, harmless, tokens
from steepest_grader.notebook.inert import inert
from steepest_grader.notebook.pictures import Pictures
from steepest_grader.notebook.rendered import rendered

LESSONS = Path(__file__).parents[3] / "lessons"
KEPT = {
    "prose": "It *swings* past the minimum: $a_1 < b$ & $\\beta = 0.9$.",
    "a list": "1. one\n2. two\n\n> a quotation\n\n- [x] done\n- [ ] not\n\n`a < b`",
    "headings": "# One\n\n## The other: $x$\n\ntext",
    "a table": "| a | b |\n|:-:|--:|\n| 1 | ~~2~~ |",
    "code": "```python\nx = [1]  # <b>\n```\n\n~~~\ny\n~~~",
    "formulas": "$$\\begin{aligned} a &= b \\\\ c &< d \\end{aligned}$$\n\n\\begin{align} \\frac12\\end{align}",
    "plain HTML": "a<sup>2</sup> <b>bold</b><br>",
    "a link": "[a page](https://example.org/a?b=1&c=2) https://example.org <a@example.org>",
    "a picture": f"![a](data:image/png;base64,{picture()})",
}
RELEASED = new_notebook(
    cells=[
        new_markdown_cell("<details><summary>Hint</summary></details><script>ours()</script>"),
        *(
            new_code_cell("", metadata={"nbgrader": {"grade_id": name, "grade": True, "solution": False}})
            for name in ("gd_step", "reflection_start_here")
        ),
    ]
)


def sealed(cell: NotebookNode) -> NotebookNode:
    return inert(new_notebook(cells=[cell]), RELEASED).cells[0]


@pytest.mark.parametrize("source", [*KEPT.values(), RELEASED.cells[0].source], ids=[*KEPT, "what was given out"])
def test_what_is_harmless_stays_as_it_was(source: str) -> None:
    assert sealed(new_markdown_cell(source)).source == source


def test_texts_of_lessons_are_harmless() -> None:
    cells = [cell for path in LESSONS.glob("0[0-3]*/*.ipynb") for cell in nbformat.read(path, as_version=4).cells]
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert len(texts) > 100
    changed = inert(new_notebook(cells=[new_markdown_cell(text) for text in texts]), RELEASED)
    assert [cell.source for cell, text in zip(changed.cells, texts, strict=True) if cell.source != text] == []


@pytest.mark.parametrize("make", [new_markdown_cell, new_raw_cell])
@pytest.mark.parametrize("case", TEXTS)
def test_what_is_rendered_is_on_the_list(case: str, make: Callable[[str], NotebookNode]) -> None:
    source = sealed(make(TEXTS[case])).source
    shown = rendered(source) if make is new_markdown_cell else source
    found = tokens(shown)
    assert found is not None
    for closing, tag, given in [token for token in found if isinstance(token, tuple)]:
        assert tag in TAGS
        assert closing or not {"id", "srcset"} & given.keys()
        assert not re.search("url|position|margin|height", given.get("style", ""))
        assert given.get("href", "#").startswith(("https://", "#"))
        assert given.get("src", "data:image/").startswith("data:image/")
        assert not re.search("modal|credit|score", given.get("class", ""))
    assert shown.count("<div") == shown.count("</div")
    assert "\\href" not in re.sub("<(pre|code)>.*?</", "", shown)


def test_the_texts_would_do_harm() -> None:
    """Each has something that is not on the list, as it is written."""
    assert [case for case, text in TEXTS.items() if sealed(new_markdown_cell(text)).source == text] == []
    assert [case for case, text in HTML.items() if harmless(text) == text] == []


PICTURE = {"image/png": picture()}
ATTACHED: dict[str, tuple[dict[str, Any], bool]] = {
    "png": ({"x.png": PICTURE}, True),
    "jpeg": ({"x.png": {"image/jpeg": picture("jpeg")}}, True),
    "gif": ({"x.png": {"image/gif": picture("gif")}}, True),
    "webp": ({"x.png": {"image/webp": picture("webp")}}, True),
    "none": ({}, False),
    "another": ({"y.png": PICTURE}, False),
    "a drawing": ({"x.png": {"image/svg+xml": "PHN2Zy8+"}}, False),
    "what it is not": ({"x.png": {"image/jpeg": picture("png")}}, False),
    "half": ({"x.png": {"image/png": picture(size=(64, 64))[:80]}}, False),
    "huge": ({"x.png": {"image/png": picture(size=(5000, 4000))}}, False),
    "no base64": ({"x.png": {"image/png": '"><script>'}}, False),
}


@pytest.mark.parametrize("case", ATTACHED)
def test_attached_pictures(case: str) -> None:
    attachments, stays = ATTACHED[case]
    source = "Look: ![a picture](attachment:x.png)"
    cell = sealed(new_markdown_cell(source, attachments=attachments))
    shown = rendered(cell.source, cell.get("attachments"))
    if stays:
        assert (cell.source, cell.attachments) == (source, attachments)
        assert 'src="data:image/' in shown
    else:
        assert "attachments" not in cell
        assert "(picture that is not here: a picture)" in shown


def test_a_picture_beside_what_does_harm_stays() -> None:
    source = "![a](attachment:x y.png)<script>x</script>".replace("x y", "x%20y")
    cell = sealed(new_markdown_cell(source, attachments={"x y.png": PICTURE}))
    assert f'src="data:image/png;base64,{PICTURE["image/png"]}"' in rendered(cell.source)


def test_pictures_from_elsewhere_become_links() -> None:
    source = sealed(new_markdown_cell(f"![a plot]({ELSEWHERE}/x.png)")).source
    assert f'<a href="{ELSEWHERE}/x.png">picture from elsewhere: a plot ({ELSEWHERE}/x.png)</a>' in source


def test_pictures_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest_grader.notebook.pictures.MAX_ALL_PIXELS", 500)
    pictures = Pictures()
    each = [picture(size=(10, 10 + number)) for number in range(6)]
    assert [pictures.sound("image/png", coded) for coded in each] == [True] * 4 + [False] * 2
    assert pictures.sound("image/png", each[0])


FORMULAS = ("href", "class", "cssId", "style", "smash", "rlap", "raise", "Rule", "bbox", "require", "unicode")


@pytest.mark.parametrize("macro", FORMULAS)
def test_formulas_stay_in_their_place(macro: str) -> None:
    """MathJax takes a formula only as far as the next tag."""
    for text in (f"$\\{macro}{{x}}$", f"<p>$&#92;{macro} x$</p>"):
        shown = rendered(sealed(new_markdown_cell(text)).source)
        assert f"\\{macro}" not in re.sub("<code>.*?</code>", "", shown)
        assert f"\\{macro}" in shown


MOVES = [
    "\\hspace{-9em}", "\\hspace*{-9em}", "\\hspace{ -9em}", "\\hspace{{-9em}}", "\\kern-9em x", "\\kern -9em x",
    "\\mkern-90mu", "\\hskip-9em", "\\mskip-90mu", "\\mspace{-90mu}", "\\\\[-9em]", "\\\\<br>[-9em]", "\\\\*[ -9em]",
    "\\cr[-9em]", "\\newline<br><br>[<br>-9em]", "\\rule{-9em}{1em}", "\\sqrt[\\uproot{90} 3]{x}", "\\!" * 9,
    "\\negthinspace {}" * 9, "\\def\\q#1{\\\\[#1]}\\q{-9em}", "\\let\\q=\\hspace \\q{-9em}", "\\gdef\\q{}",
    "\\newcommand{\\q}{\\\\}", "\\fcolorbox{red;position:fixed}{white}{x}",
]  # fmt: skip
APART = ["<!-- -->", "<foo>", "</b>", "<style></style>", "<script>x</script>", "</foo>", "<foo><!---->"]
KEEPS = ["\\hspace{1em}", "\\kern.5em x", "\\mskip 3mu", "\\\\[1em]", "a \\\\ [b]", "\\!\\!x", "\\leq \\deg \\letter"]


@pytest.mark.parametrize("formula", MOVES)
def test_formulas_move_nothing(formula: str) -> None:
    assert "<code>\\" in harmless(f"<p>$${formula}$$</p>")


@pytest.mark.parametrize("formula", KEEPS)
def test_formulas_that_move_nothing_stay(formula: str) -> None:
    assert "<code>" not in harmless(f"<p>$${formula}$$</p>")


@pytest.mark.parametrize("apart", APART)
@pytest.mark.parametrize("macro", ["href{x}", "style{x}", "raise9em x", "hspace{-9em}"])
def test_what_vanishes_parts_no_formula(macro: str, apart: str) -> None:
    """What is looked at is the text that will stand, wherever something was taken out."""
    for place in range(4):
        whole = harmless(f"$\\{macro}$")
        assert harmless(f"$\\{macro[:place]}{apart}{macro[place:]}$") == whole
        assert "<code>" in whole


def test_words_of_a_picture_are_no_formula() -> None:
    assert "<code>\\href</code>" in harmless(f"<img src='{ELSEWHERE}/x.png' alt='$\\href{{x}}{{y}}$'>")


OUTPUTS = {
    "plain text": ({"text/plain": "<b>"}, {"text/plain": "<b>"}),
    "a table": ({"text/html": "<table>\n<tbody></tbody></table>"}, {"text/html": "<table>\n<tbody></tbody></table>"}),
    "a check": (
        {"text/html": '<div style="border-left: 4px solid #1a7f37; padding: 0.3em 0.8em; max-width: 48em">a</div>'},
        {"text/html": '<div style="border-left:4px solid #1a7f37;padding:0.3em 0.8em;max-width:48em">a</div>'},
    ),
    "a script": ({"text/html": "<p>a</p><script>run()</script>"}, {"text/html": "<p>a</p>"}),
    "an event": ({"text/html": '<p onclick="run()">a</p>'}, {"text/html": "<p>a</p>"}),
    "an address in a style": ({"text/html": "<p style='background-color:url(//x)'>a</p>"}, {"text/html": "<p>a</p>"}),
    "a picture": (PICTURE, PICTURE),
    "no picture": ({"image/png": "QUJD", "text/plain": "x"}, {"text/plain": "x"}),
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
    cell = sealed(new_code_cell("x", outputs=[output]))
    assert [(dict(item.data), dict(item.metadata)) for item in cell.outputs] == ([(expected, {})] if expected else [])


def test_other_outputs_stay() -> None:
    outputs = [new_output("stream", text="<script>"), new_output("error", ename="E", evalue="<b>", traceback=["<b>"])]
    cell = sealed(new_code_cell("<script>", outputs=outputs))
    assert (cell.source, cell.outputs) == ("<script>", outputs)


PARTS = [
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<li>",
    "<ul>",
    "</ul>",
    "</li>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<pre>",
    "</pre>",
    "<h1>",
    "</h1>",
    "</a>",
    "<a\thref='#a'>",
    "<dl>",
    "<dt>",
    "<dd>",
    "</dl>",
    "<img\tsrc=x\talt=q>",
    "<br>",
    "<hr>",
    "<caption>",
    "<thead>",
    "<tbody>",
    "<code>",
    "</code>",
    "<svg>",
    "<blockquote>",
    "</blockquote>",
    "<details>",
    "<summary>",
    "</summary>",
    "&lt;",
    "<!--\tc\t-->",
    "<span\tstyle='color:red'>",
    "</span>",
    "x",
    "</br>",
    "<i>",
    "</i>",
    "<script>",
    "</script>",
    "<",
    "\\href{x}",
    "<input\ttype=checkbox\tdisabled>",
    "\n",
]


def test_html_is_written_as_every_parser_nests_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another parser finds nothing to mend in it, and neither does a second time."""
    parse = harmless_module._once_more
    monkeypatch.setattr(harmless_module, "_once_more", lambda text: text)
    chance = random.Random(16)
    for _ in range(2_000):
        text = "".join(chance.choices(PARTS, k=chance.randint(1, 14)))
        written = harmless(text)
        assert tokens(parse(written)) == tokens(written) == tokens(harmless(written)), text


SLOW = {
    "HTML": [
        "\\" + " " * 999, "\\!" + " " * 99, "\\hspace" + "<br>" * 99, "\\colorbox{",
        "<b>", "<a>", "<div>", "<p>x</p>", "<table><b>x", "<b><p>", "<b title=1><p>", "<", "&x;", "<p a=b",
    ],
    "texts": ["[", "# a\n", "a\n=\n", "[](files/", "\\\\[ ", "a" + " " * 999, "*_", "> - ", "`", "<a b='", "$$a "],
}  # fmt: skip


def notebook_of(kind: str, part: str, size: int) -> NotebookNode:
    """A notebook that holds nothing but this, in one piece or in many."""
    text = (part * (size // len(part) + 1))[:size]
    if kind == "HTML":
        return new_notebook(cells=[new_code_cell("", outputs=[new_output("display_data", data={"text/html": text})])])
    return new_notebook(cells=[new_markdown_cell(text) for _ in range(1_000_000 // size)])


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, parts in SLOW.items() for part in parts])
def test_no_notebook_takes_long(kind: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a tenth of what may be spent, so that this takes a tenth of the time too."""
    monkeypatch.setattr("steepest_grader.notebook.inert.MAX_COST", 10**8)
    monkeypatch.setattr("steepest_grader.notebook.inert.MAX_LINES", 2 * 10**7)
    for size in (100_000,) if kind == "HTML" else (1_000_000, 5_000):
        notebook = notebook_of(kind, part, size)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.thread_time()
        text = nbformat.writes(inert(notebook, RELEASED))
        assert time.thread_time() - begun < 9
        assert len(text) < 10 * 2**20
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 2**10


@pytest.mark.parametrize("text", ["\x1b[m", "\x1b[1;31mx", "\x1b[" + "1;" * 10**5 + "m", "\x1b[1"], ids=repr)
def test_colors_take_no_long(text: str) -> None:
    output = new_output("stream", text=(text * (10**6 // len(text))))
    cell = sealed(new_code_cell("", outputs=[output]))
    begun = time.thread_time()
    ansi2html(cell.outputs[0].text)
    assert time.thread_time() - begun < 3
    few = new_output("stream", text="\x1b[31mred\x1b[0m" * 50)
    assert sealed(new_code_cell("", outputs=[few])).outputs == [few]


def colored_in(code: str) -> float:
    """Seconds that formgrader needs for it."""
    begun = time.thread_time()
    highlight(code, IPython3Lexer(), HtmlFormatter())
    return time.thread_time() - begun


PIECES = ["   \n", "\x0c\n", "\r\n", "**", "\xb2", "\n" * 99 + "x"]
ALPHABET = " \t\n*?!%()[]{}'\"\\0.1x_\xe9\xb2#@=:,f"
COSTLY = {"   \n": 2_000, "**": 6_000}


def relatives(count: int = 2) -> list[str]:
    chance = random.Random(16)
    return ["".join(chance.choices(ALPHABET, k=chance.randint(1, 5))) for _ in range(count)]


@pytest.mark.parametrize("piece", [*PIECES, *relatives()], ids=lambda piece: repr(piece[-9:]))
def test_code_is_colored_in_time(piece: str) -> None:
    """By whoever shows it; what nobody writes by hand is made shorter or parted."""
    begun = time.thread_time()
    code = sealed(new_code_cell(f"x = 1\n{(piece * 60_000)[:60_000]}\na.b.c = 1")).source
    assert time.thread_time() - begun < 5
    assert colored_in(code) < 5
    assert code.rstrip("\n").endswith("a.b.c = 1")


@pytest.mark.parametrize("piece", COSTLY, ids=repr)
def test_the_code_would_take_long(piece: str) -> None:
    size = COSTLY[piece]
    few, many = (colored_in(f"x = 1\n{(piece * part)[:part]}\ny = 2") for part in (size // 4, size))
    assert many > 6 * few


EXPONENTIAL = "'" + "\\00" * 40
SHOWN_PLAIN = {
    "a shell": f"x = 1\n!echo ${EXPONENTIAL}\ny = 2",
    "a shell of two marks": f"!!echo ${EXPONENTIAL}",
    "a shell by name": f"x = %sx echo ${EXPONENTIAL}",
    "a cell of a shell": f"%%bash\necho ${EXPONENTIAL}",
    "another language below": f"x = 1\n\n%%perl\n{EXPONENTIAL}",
    "a long line of a shell": "!" + "x " * 2_000,
}


@pytest.mark.parametrize("case", SHOWN_PLAIN)
def test_code_of_another_language_is_shown_without_colors(case: str) -> None:
    source = SHOWN_PLAIN[case]
    first, *lines = sealed(new_code_cell(source)).source.splitlines()
    assert first.startswith("# This is of another language")
    assert lines == [f"# {line}" for line in source.splitlines()]
    assert colored_in("\n".join([first, *lines])) < 2


def test_what_takes_too_long_in_all_is_shown_without_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest_grader.notebook.coloring.SECONDS", 0.1)
    cells = [new_code_cell("(" * 2_000) for _ in range(40)]
    shown = [cell.source for cell in inert(new_notebook(cells=cells), RELEASED).cells]
    assert (shown[0], shown[-1].splitlines()[1]) == ("(" * 2_000, "# " + "(" * 2_000)


ORDINARY = [
    "!pip install 'torch>=2'\nprint('Done!\\n')\nassert a != b",
    "%%time\nx = 1\n%matplotlib inline",
    "def f(*args, **kwargs):\n    return 1.0  \n\n   \n\t\n\nf?",
    "#" + "=" * 900 + "\nx = 1\n" + "\n" * 90 + f"y = '{'a1' * 900}'",
]


@pytest.mark.parametrize("source", ORDINARY)
def test_ordinary_code_stays_as_it_was(source: str) -> None:
    assert sealed(new_code_cell(source)).source == source


@pytest.mark.parametrize("language", ["ipython3", "bash", "sh", "perl"])
def test_a_language_that_is_none_of_ours_has_no_colors(language: str) -> None:
    """Half of them take for ever, and that while the notebook is graded."""
    cell = sealed(new_markdown_cell(f"```{language}\n{'x.' * 5_000}\n${EXPONENTIAL}\n```"))
    rendered(cell.source)
    assert cell.source.startswith("```\n")


HALF = "\ud800"
HALVES = [HALF, f"<b title='{HALF}'>{HALF}</b>", f"<{HALF}>", HALF * 600_000, f"<img src={HALF}>"]


@pytest.mark.parametrize("text", HALVES, ids=["text", "tag", "no tag", "long", "picture"])
def test_half_a_character_is_no_text(text: str) -> None:
    harmless(text).encode()
    output = new_output("display_data", data={"text/html": text, "text/plain": "x"})
    cell = sealed(new_code_cell("x", outputs=[output, new_output("stream", text=HALF)]))
    assert "text/html" in cell.outputs[0].data
    nbformat.writes(nbformat.reads(submission._written(new_notebook(cells=[cell])), as_version=4)).encode()


def test_what_no_notebook_needs_in_length_is_cut() -> None:
    many = [make("\x01" * 2**20) for make in (new_code_cell, new_markdown_cell, new_raw_cell) for _ in range(4)]
    assert len(nbformat.writes(inert(new_notebook(cells=many), RELEASED))) < 25 * 2**20
