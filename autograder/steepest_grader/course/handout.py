"""The student's notebook of a lesson, and the one that nbgrader restores locked cells from."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from traitlets.config import Config

from steepest_grader.errors import CourseError
from steepest_grader.installed import secret_packages

__all__ = ["MASTER", "RELEASE", "released_notebook", "write_notebook"]

# What nbgrader keeps in its gradebook to restore a locked cell from: no solution, but the hidden tests.
MASTER = (
    LockCells,  # before the checksums' cells are looked at by anyone: it only touches metadata
    ClearSolutions,  # before the checksums, so that an untouched answer is known by its checksum
    ClearOutput,
    CheckCellMetadata,  # before the checksums, which need grade_id and points
    ComputeChecksums,  # over the hidden tests too, since autograding restores them
)
# What a student gets.
RELEASE = (
    *MASTER,
    ClearHiddenTests,  # after the checksums of the full test cells were there to be saved
    ClearMarkScheme,
    ComputeChecksums,  # again: the test cells have just become shorter
    CheckCellMetadata,  # last, over what is really handed out
)
SECRETS = (*secret_packages(), "BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")


def released_notebook(
    source: NotebookNode, *, pipeline: Sequence[type] = RELEASE, config: Config | None = None
) -> NotebookNode:
    """The student's notebook of a lesson, made by nbgrader's own preprocessors.

    Parameters
    ----------
    source : NotebookNode
        What `Course.source` gives; it is left as it is.
    pipeline : sequence of type
        The preprocessors to apply, `RELEASE` or `MASTER`.
    config : Config, optional
        Their settings, as `Course.config` gives them.

    Raises
    ------
    CourseError
        If nbgrader refuses the notebook, or something that students must not see would be left in it.
    """
    notebook = copy.deepcopy(source)
    resources: dict[str, object] = {}
    try:
        for step in pipeline:
            notebook, resources = step(config=config).preprocess(notebook, resources)
    except (RuntimeError, ValueError, ValidationError) as error:
        said = str(error.__context__ or error).strip()  # nbgrader wraps what its schema says
        reason = said.partition("\n")[0].rstrip(".")
        raise CourseError(f"nbgrader refuses the notebook: {reason}.") from error
    if pipeline is RELEASE:
        for cell in notebook.cells:
            left = [secret for secret in SECRETS if secret in cell.source]
            if left:
                raise CourseError(
                    f"The student's copy of cell {cell.id} would say {left[0]!r}: put what is not for "
                    "students between BEGIN and END lines of a solution or of hidden tests."
                )
    return notebook


def write_notebook(notebook: NotebookNode) -> bytes:
    """A notebook as bytes: sorted keys, one final newline."""
    return f"{nbformat.writes(notebook, version=4).rstrip()}\n".encode()
