"""One page a student: marks, messages, and the notebook as graded. It runs no script and needs no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.filters import ansi2html
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import GetGrades
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.desk.pages import part, policy, template
from steepest_grader.desk.shown import (
    cleaning,
    hidden_lines,
    of_the_lesson,
    picture,
    without_hidden,
)
from steepest_grader.errors import GradebookError, Reasons
from steepest_grader.exercise.hidden import Hidden
from steepest_grader.exercise.model import Example, GradedSubmission, Verdict
from steepest_grader.files import replace_file
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.class_marks import class_marks
from steepest_grader.gradebook.opened import database_url, translated_errors
from steepest_grader.gradebook.receipts import lay_receipt
from steepest_grader.gradebook.requests import request_line
from steepest_grader.notebook.cells import bears_marks, by_grade_id, is_answer, rubric
from steepest_grader.notebook.formulas import Formulas
from steepest_grader.notebook.harmless import harmless
from steepest_grader.notebook.inert import few_colors
from steepest_grader.notebook.pictures import Pictures
from steepest_grader.notebook.rendered import rendered
from steepest_grader.sandbox.bounded import BUDGET, Ask, Bounded, Budget, Children, OverBudget

__all__ = ["write_feedback"]

SIGNS = {"passed": "✓", "partial": "◐", "failed": "✗", "open": "…", "marked": "✎"}
MAX_COLORED, MAX_LINE = 50_000, 2_000  # letters of a cell, and of a line, whose code is shown in colors
NOT_YET, BY_HAND, CHANGED = "to be graded by hand", "graded by hand", "mark changed by hand"
BEHIND = "Marks given by hand are in the gradebook."


@dataclass(frozen=True)
class Row:
    """What came of one exercise, for its student."""

    id: str
    anchor: str
    score: float
    points: float
    kind: str
    outcome: str
    mistake: str = ""
    message: str = ""
    example: Example | None = None
    request: str = ""

    @property
    def open(self) -> bool:
        return self.kind == "open"

    @property
    def sign(self) -> str:
        return SIGNS[self.kind]


@dataclass(frozen=True)
class Total:
    """The numbers at the top of a page, in points."""

    score: float
    points: float
    solved: int
    exercises: int
    open: float = 0.0
    penalty: float = 0.0


@dataclass
class Shown:
    """One cell of a page, as HTML that is harmless."""

    markdown: str | None = None
    code: str | None = None
    folded: bool = False
    outputs: list[str] = field(default_factory=list)
    row: Row | None = None
    comment: str = ""
    rubric: str = ""


def write_feedback(
    course: Course,
    lesson: str,
    gradebook_url: str | None = None,
    students: Sequence[str] | None = None,
    *,
    budget: Budget = BUDGET,
) -> tuple[list[Path], list[str], Reasons]:
    """Write feedback on what is graded.

    Parameters
    ----------
    course : Course
    lesson : str
    gradebook_url : str, optional
        The database; the course's own by default.
    students : sequence of str, optional
        For whom; all whose submission is graded by default.
    budget : Budget
        For each page; what takes more is not shown, and the page says so.

    Returns
    -------
    pages : list of Path
        One a student.
    passed_over : list of str
        Students whose graded notebook is there, but whose marks are not in this gradebook.
    failed : Reasons
        Students of whom there is no new page, each with the reason.

    Raises
    ------
    CourseError
        If there is no such lesson.
    GradebookError
        If nothing of the lesson is graded, or not for a student named, or the gradebook cannot be read.
    """
    asked = load(course, lesson)
    hidden = hidden_lines(asked.source, asked.released)
    kept = Autograded(course, lesson)
    stored = kept.stored()
    book = class_marks(course, gradebook_url, [lesson])[1][lesson]
    awaiting = book.awaiting
    passed_over = [student for student in stored if student not in awaiting and student not in book.wrong]
    if not stored and students is None:
        raise GradebookError(f"Nothing of {lesson} is graded. Run `steepest-grader grade` first.")
    unknown = sorted(student for student in students or () if student not in stored or student in passed_over)
    if unknown:
        names = ", ".join(unknown)
        raise GradebookError(f"{lesson}: nothing is graded for {names}. Run `steepest-grader grade` first.")
    pages = []
    wanted = [name for name in stored if name not in passed_over] if students is None else students
    failed = Reasons({name: book.wrong[name] for name in wanted if name in book.wrong})
    work = _Pages(course, asked, hidden, database_url(course, gradebook_url), awaiting, Hidden(course.secret()[0]))
    children = Children()
    try:
        for student in [name for name in wanted if name not in failed]:
            with failed.apart(student, "Writing the page"):
                submission = GradedSubmission.from_json(without_hidden(stored[student].as_stored(), hidden))
                path = kept.notebook(student)
                page = course.folder("feedback") / student / path.parent.name / f"{path.stem}.html"
                with children.one(work, lambda: Bounded(work)) as child:
                    try:
                        text = child(path, submission, budget=budget)
                    except OverBudget as over:
                        said = f"This notebook is not shown, because that takes more than {over}. {BEHIND}"
                        text = work.marks_alone(replace(submission, message=f"{submission.message} {said}".strip()))
                lay_receipt(path.parent, page.parent)
                replace_file(page, text.encode())
                pages.append(page)
    finally:
        children.close()
    return pages, passed_over, failed


@dataclass(frozen=True)
class _Pages:
    """What a child does: make the text of one page after another."""

    course: Course
    asked: Lesson
    hidden: Sequence[str]
    url: str
    awaiting: Mapping[str, set[str]]
    secret: Hidden

    def begin(self) -> None:
        """Nothing is needed."""

    def __call__(self, ask: Ask, path: Path, submission: GradedSubmission) -> str:
        """Make one."""
        if not path.is_file():
            return self.marks_alone(submission)
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        for step in cleaning(self.asked.released, self.hidden):
            step(notebook)
        _enter_marks(self.course, notebook, submission, self.url)
        rows = self._rows(notebook, submission)
        lesson = of_the_lesson(notebook, self.asked.released)
        cells = [_cell(cell, rows, lesson, self._rubrics) for cell in notebook.cells]
        return _page(notebook, submission, rows, cells)

    def marks_alone(self, submission: GradedSubmission) -> str:
        """Make one without the notebook: the marks are those of the gradebook, whatever was handed in."""
        notebook = deepcopy(self.asked.released)
        _enter_marks(self.course, notebook, submission, self.url)
        return _page(notebook, submission, self._rows(notebook, submission), [])

    @cached_property
    def _rubrics(self) -> dict[str, str]:
        """What points of answers that a person marks are given for."""
        return {name: rubric(cell) for name, cell in by_grade_id(self.asked.source).items() if is_answer(cell)}

    def _rows(self, notebook: NotebookNode, submission: GradedSubmission) -> dict[str, Row]:
        verdicts = {verdict.exercise: verdict for verdict in submission.verdicts}
        awaiting = self.awaiting[submission.student]
        rows = {
            name: _row(cell.metadata.nbgrader, verdicts.get(name), name in awaiting, submission.message)
            for name, cell in by_grade_id(notebook).items()
            if bears_marks(cell)
        }
        return {name: self._with_request(row, submission) if name in verdicts else row for name, row in rows.items()}

    def _with_request(self, row: Row, submission: GradedSubmission) -> Row:
        """With the line that asks for another look, where points are missing."""
        if row.score >= row.points or not submission.work:
            return row
        line = request_line(self.secret, submission.student, submission.lesson, row.id, submission.work)
        return replace(row, request=line)


def _enter_marks(course: Course, notebook: NotebookNode, submission: GradedSubmission, url: str) -> None:
    """Copy marks and comments from the gradebook to the cells, and their sum to the notebook."""
    assignment, name = nbgrader_names(submission.lesson)
    names = {"notebook": name, "assignment": assignment, "student": submission.student, "db_url": url}
    with translated_errors(url, course):
        _, resources = GetGrades().preprocess(notebook, {"nbgrader": names})
    notebook.metadata.nbgrader = resources["nbgrader"]


def _page(notebook: NotebookNode, submission: GradedSubmission, rows: Mapping[str, Row], cells: Sequence[Shown]) -> str:
    whole = notebook.metadata.nbgrader
    total = Total(
        whole["score"],
        whole["max_score"],
        sum(row.kind == "passed" for row in rows.values()),
        len(submission.verdicts),
        sum(row.points for row in rows.values() if row.open),
        whole["late_penalty"],
    )
    return template("feedback.html.j2").render(
        lesson=submission.lesson,
        student=submission.student,
        reason=submission.message,
        rows=list(rows.values()),
        total=total,
        cells=cells,
        policy=policy(),
        style=_style(),
    )


def _row(mark: Mapping[str, Any], verdict: Verdict | None, open: bool, reason: str) -> Row:
    """Put together the mark in the gradebook and what the grader said; `reason` is said above all rows."""
    name = verdict.exercise if verdict is not None else str(mark["grade_id"])
    score, points = float(mark["score"] or 0), float(mark["points"])
    kind = "passed" if score >= points else "partial" if score > 0 else "failed"
    if open:
        return Row(name, f"mark-{name}", score, points, "open", NOT_YET)
    if verdict is None:
        return Row(name, f"mark-{name}", score, points, "marked", BY_HAND)
    outcome = verdict.outcome.lower().replace("_", " ")
    if score != verdict.score:
        outcome = f"{outcome}, {CHANGED}"
    return Row(
        name,
        f"mark-{name}",
        score,
        points,
        kind,
        outcome,
        "" if kind == "passed" else (verdict.diagnosis or "").replace("_", " "),
        "" if verdict.message == reason else verdict.message,
        verdict.example,
    )


def _cell(cell: NotebookNode, rows: Mapping[str, Row], lesson: set[str], rubrics: Mapping[str, str]) -> Shown:
    if cell.cell_type == "markdown":
        shown = Shown(markdown=_markdown(cell.source, cell.get("attachments", {})))
    else:
        shown = Shown(code=_code(cell.source), folded=cell.id in lesson)
    mark = cell.metadata.get("nbgrader")
    test = mark and mark.get("grade") and not mark.get("solution")
    for output in cell.get("outputs", []):
        if not test or output.output_type == "stream":  # the row says what came of a test
            shown.outputs.append(_output(output))
    if mark:
        shown.row = rows.get(mark.grade_id)
        shown.comment = _markdown(mark.get("comment") or "")
        if shown.row is not None and shown.row.kind == "marked":  # whoever hands in later knows nothing of it yet
            shown.rubric = _markdown(rubrics.get(mark.grade_id, ""))
    return shown


def _output(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return f'<pre class="{html.escape(output.name)}">{_terminal(output.text)}</pre>'
    if output.output_type == "error":
        said = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}".removesuffix(": ")
        return f'<pre class="error">{_terminal(said)}</pre>'
    if "text/html" in output.data:
        return harmless(output.data["text/html"], picture=Pictures().data)
    return picture(output.data) or f"<pre>{_terminal(output.data.get('text/plain', ''))}</pre>"


def _markdown(source: str, attachments: Mapping[str, Mapping[str, object]] | None = None) -> str:
    formulas = Formulas()
    shown = rendered(source, attachments, anchors=False, formulas=formulas)
    return formulas.put_back(harmless(shown, picture=partial(Pictures().attached, attachments or {})))


def _terminal(text: str) -> str:
    shown: str = ansi2html(few_colors(text))
    return shown


def _code(source: str) -> str:
    if len(source) > MAX_COLORED or max(map(len, source.split("\n"))) > MAX_LINE:
        return html.escape(source)
    text: str = highlight(source, _lexer(), HtmlFormatter(nowrap=True))
    return text.rstrip("\n")


@cache
def _lexer() -> Any:
    return get_lexer_by_name("ipython3")


@cache
def _style() -> str:
    """The look of pages and of code, on light and on dark paper."""
    light, dark = (
        HtmlFormatter(style=name, nobackground=True).get_style_defs("pre.code") for name in ("default", "github-dark")
    )
    dark = f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}"
    return "\n".join((part("page.css"), light, dark, part("feedback.css")))
