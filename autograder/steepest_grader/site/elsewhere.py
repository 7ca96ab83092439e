"""Where a lesson can be opened besides a reader's own machine, and what installs the student package there."""

from __future__ import annotations

import copy
from html import escape

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from steepest_grader.course.plan import Links
from steepest_grader.course.plan_values import LESSON

__all__ = ["buttons", "with_set_up"]

SET_UP = """\
# Where the course's package is missing, as on a machine of Colab's, this installs it; elsewhere it does nothing.
try:
    import {package}
except ModuleNotFoundError:
    %pip install --quiet {requirement!r}
"""


def buttons(links: Links, lesson: str, notebook: str) -> str:
    """Links to the notebook and to wherever it opens, in HTML.

    Parameters
    ----------
    links : Links
        Of the course's plan.
    lesson : str
    notebook : str
        Address of the notebook, as seen from the page.
    """
    found = [f'<a class="btn btn-sm btn-primary" href="{notebook}" download>Download the notebook</a>']
    for name, address in (("Colab", links.colab), ("Binder", links.binder)):
        if address:
            target = escape(address.replace(LESSON, lesson))
            found.append(f'<a class="btn btn-sm btn-outline-primary" href="{target}">Open in {name}</a>')
    return f'<p class="lesson-buttons">{" ".join(found)}</p>'


def with_set_up(released: NotebookNode, requirement: str | None, student_package: str) -> NotebookNode:
    """A lesson to be downloaded: with a cell that installs the student package, if it is known from where."""
    if requirement is None:
        return released
    notebook = copy.deepcopy(released)
    source = SET_UP.format(package=student_package, requirement=requirement).rstrip()
    notebook.cells.insert(1, new_code_cell(source, id="set_up_elsewhere"))
    return notebook
