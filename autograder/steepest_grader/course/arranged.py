"""A lesson's notebook as the plan has it: what its exercises are worth this term, and which are left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

from steepest_grader.course.plan import Counts, ExercisePlan, Plan
from steepest_grader.notebook.cells import bears_marks, grade_id, is_answer, is_test

__all__ = ["arranged"]

ANSWER = "answer_"  # begins the id of the cell in which a judged exercise is answered
NOTES = {
    Counts.OPTIONAL: "**Optional this term.** It is checked at once, and has no mark.",
    Counts.LEFT_OUT: "**Left out this term.** Go on behind it: what needs it later says that it is not written.",
}


def arranged(plan: Plan, lesson: str, source: NotebookNode) -> NotebookNode:
    """A lesson's source with the plan's points, without the marks that it takes away, and with a note at each.

    Parameters
    ----------
    plan : Plan
        Whose exercises are all in the notebook.
    lesson : str
    source : NotebookNode
        As `Course.source` gives it; it is left as it is.
    """
    rules = {name: rule for name, rule in plan.of(lesson).exercises.items() if _note(rule)}
    if not rules:
        return source
    notebook = copy.copy(source)
    notebook.cells = [new for cell in source.cells for new in _planned(cell, rules)]
    return notebook


def _planned(cell: NotebookNode, rules: dict[str, ExercisePlan]) -> Iterator[NotebookNode]:
    """What stands in a cell's place."""
    name = grade_id(cell) or ""
    exercise = name.removeprefix(ANSWER) if is_answer(cell) and not bears_marks(cell) else name
    rule = rules.get(exercise)
    if rule is None:
        yield cell
        return
    cell = copy.deepcopy(cell)
    if is_answer(cell):  # of a task, which has a note as well, there is one cell
        note = new_markdown_cell(_note(rule))
        note.id = f"plan_{exercise}"[:64]
        yield note
    marked = bears_marks(cell)
    if marked and rule.points is not None:
        whole = rule.points == int(rule.points)
        cell.metadata.nbgrader["points"] = int(rule.points) if whole else rule.points
    if rule.counts is Counts.LEFT_OUT:
        if not is_test(cell):
            yield _unmarked(cell, ClearSolutions)
    elif rule.counts is Counts.OPTIONAL and marked:
        yield _unmarked(cell, ClearHiddenTests if is_test(cell) else ClearSolutions)
    else:
        yield cell


def _unmarked(cell: NotebookNode, step: type) -> NotebookNode:
    """An ordinary cell of what students would see in this one."""
    cell, _ = step().preprocess_cell(cell, {"language": "python"}, 0)
    del cell.metadata["nbgrader"]
    cell.metadata.pop("deletable", None)
    return cell


def _note(rule: ExercisePlan) -> str:
    """What students are told of it; "" where everything is as the course has it."""
    if rule.counts in NOTES:
        return NOTES[rule.counts]
    points = "" if rule.points is None else f"{rule.points:g} point{'s' * (rule.points != 1)}"
    if rule.counts is Counts.EXTRA:
        return f"**Extra.** What it earns{f', up to {points},' * bool(points)} comes on top of the total."
    return f"**Worth {points} this term.**" if points else ""
