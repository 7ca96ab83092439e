"""One page a student: marks, messages, and the notebook as graded. It runs no script and needs no network."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import DictLoader, pass_context
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import GetGrades

from steepest_grader._files import replace_file
from steepest_grader._shown import cleaning, graded_cells, harmless, hidden_lines, without_hidden
from steepest_grader.autograded import GradebookError, paths, stored_submissions, submission_folder
from steepest_grader.gradebook import awaiting_marks, database_url, translated_errors
from steepest_grader.release import released_notebook
from steepest_grader.source import Course, nbgrader_names, source_notebook

__all__ = ["write_feedback"]

# A page may show images that it carries and its own styles, and nothing else: no script, no font, no request.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"/>"
)
LOOK = """
<style>
table.steepest { border-collapse: collapse; margin: 1em 0; }
table.steepest td, table.steepest th { border: 1px solid #ccc; padding: 0.3em 0.8em; text-align: left; }
table.steepest td.earned { white-space: nowrap; text-align: right; }
div.steepest { max-width: 60em; margin: 1em auto; padding: 0 15px; font-family: sans-serif; }
</style>"""
TOP = '<a name="top"></a>'
CHARSET = '<meta charset="utf-8" />'
FONTS = re.compile(r"@font-face\s*\{[^}]*\}")  # glyphs of buttons that a page does not have
NOT_YET = "To be graded by hand."


def write_feedback(
    course: Course, lesson: str, gradebook_url: str | None = None, students: Sequence[str] | None = None
) -> tuple[list[Path], list[str]]:
    """Write feedback on what is graded.

    Parameters
    ----------
    course : Course
    lesson : str
    gradebook_url : str, optional
        The database; the course's own by default.
    students : sequence of str, optional
        For whom; all whose submission is graded by default.

    Returns
    -------
    pages : list of Path
        One a student.
    passed_over : list of str
        Students whose graded notebook is there, but whose marks are not in this gradebook.

    Raises
    ------
    CourseError
        If there is no such lesson.
    GradebookError
        If a student named has no graded submission, or the gradebook cannot be read.
    """
    source = source_notebook(course, lesson)
    released = released_notebook(source, config=course.config)
    hidden = hidden_lines(source, released)
    stored = stored_submissions(course, lesson)
    awaiting = awaiting_marks(course, gradebook_url, lesson)
    passed_over = [student for student in stored if student not in awaiting]
    unknown = sorted(student for student in students or () if student not in stored or student in passed_over)
    if unknown:
        names = ", ".join(unknown)
        raise GradebookError(f"{lesson}: nothing is graded for {names}. Run `steepest-grader grade` first.")
    pages = []
    for student in [name for name in stored if name in awaiting] if students is None else students:
        submission = without_hidden(stored[student], hidden)
        path, _ = paths(submission_folder(course, student, lesson), lesson)
        page = course.course_dir / "feedback" / student / path.parent.name / f"{path.stem}.html"
        if path.is_file():
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
            for step in cleaning(released, hidden):
                step(notebook)
            _enter_marks(course, notebook, submission, database_url(course, gradebook_url))
            text = _page(notebook, submission, awaiting[student])
        else:
            text = _small_page(submission)
        replace_file(page, text.encode())
        pages.append(page)
    return pages, passed_over


@cache  # compiling the template takes longer than a hundred pages
def _exporter() -> HTMLExporter:
    """nbgrader's feedback template, with everything that students write made harmless."""
    formgrader = Path(str(files("nbgrader"))) / "server_extensions" / "formgrader"
    exporter = HTMLExporter(
        template_name="feedback",
        extra_template_basedirs=[str(formgrader / "templates")],
        extra_template_paths=[str(formgrader / "static" / "node_modules" / "bootstrap" / "dist" / "css")],
        # MathJax would be fetched from the network: formulas stay as they were typed
        extra_loaders=[DictLoader({"mathjax.html.j2": "{% macro mathjax(url='') %}{% endmacro %}"})],
        sanitize_html=True,
        exclude_anchor_links=True,
    )

    @pass_context
    def markdown(context: Any, text: str) -> str:
        return harmless(exporter.markdown2html(context, text))

    exporter.register_filter("markdown2html", markdown)
    exporter.register_filter("clean_html", harmless)
    return exporter


def _enter_marks(course: Course, notebook: NotebookNode, submission: dict[str, Any], url: str) -> None:
    """Copy marks and comments from the gradebook to the cells, and their sum to the notebook."""
    assignment, name = nbgrader_names(submission["lesson"])
    names = {"notebook": name, "assignment": assignment, "student": submission["student"], "db_url": url}
    with translated_errors(url, course):
        _, resources = GetGrades().preprocess(notebook, {"nbgrader": names})
    notebook.metadata.nbgrader = resources["nbgrader"]


def _page(notebook: NotebookNode, submission: dict[str, Any], awaiting: set[str]) -> str:
    exporter = _exporter()
    resources = {"nbgrader": notebook.metadata.pop("nbgrader"), "unique_key": submission["lesson"]}
    # the parent's method: what HTMLExporter adds to it serves another template and takes three times as long
    resources = exporter._init_resources(resources)
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3"))
    page: str = super(HTMLExporter, exporter).from_notebook_node(notebook, resources)[0]
    rows = []
    for name, cell in graded_cells(notebook).items():
        meta = cell.metadata.nbgrader
        if meta.grade:
            note = "" if not meta.solution else NOT_YET if name in awaiting else "Graded by hand."
            rows.append((name, meta.score, meta.points, note))
    for mark in (CHARSET, TOP, "</head>"):
        if page.count(mark) != 1:
            raise RuntimeError(f"nbgrader's feedback template has changed: {mark} is not in it exactly once")
    head, body = page.split("</head>")
    head = FONTS.sub("", head).replace(CHARSET, f"{CHARSET}{POLICY}{LOOK}")
    return f"{head}</head>{body.replace(TOP, f'{TOP}{_summary(submission, rows)}')}"


def _small_page(submission: dict[str, Any]) -> str:
    """The page of a submission of which there is no notebook to show."""
    rows = [(item["id"], item["score"], item["points"], "") for item in submission["exercises"]]
    title = html.escape(submission["lesson"])
    return (
        '<!DOCTYPE html>\n<html lang="en">\n'
        f'<head><meta charset="utf-8"/>{POLICY}<title>{title}</title>{LOOK}</head>\n'
        f"<body>{_summary(submission, rows)}</body>\n</html>\n"
    )


def _summary(submission: dict[str, Any], rows: Sequence[tuple[str, float, float, str]]) -> str:
    """Marks and messages as a table; whatever is in them is text."""
    said = {item["id"]: item for item in submission["exercises"]}
    lines = []
    for name, score, points, note in rows:
        item = said.get(name, {})
        outcome = str(item.get("outcome", "")).lower().replace("_", " ")
        message = item.get("message") or note
        if message == submission["message"]:
            message = ""  # said above the table
        cells = (name, outcome, message)
        shown = [html.escape(str(cell)).replace("\n", "<br/>") for cell in cells]
        earned = "–" if note == NOT_YET else f"{score:g}"
        lines.append(
            f'<tr><td>{shown[0]}</td><td class="earned">{earned} / {points:g}</td>'
            f"<td>{shown[1]}</td><td>{shown[2]}</td></tr>"
        )
    reason = f"<p>{html.escape(str(submission['message']))}</p>" if submission["message"] else ""
    head = "<tr><th>exercise</th><th>points</th><th>outcome</th><th>what to look at</th></tr>"
    return (
        f'<div class="steepest"><h1>{html.escape(submission["lesson"])}</h1>{reason}'
        f'<table class="steepest">{head}{"".join(lines)}</table></div>'
    )
