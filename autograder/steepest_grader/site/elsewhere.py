"""Where a lesson can be opened besides a reader's own machine, and what installs the student package there."""

from __future__ import annotations

import copy
import re
import tomllib
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from steepest_grader.errors import CourseError

__all__ = ["Elsewhere", "read_elsewhere"]

LESSON = "{lesson}"
SET_UP = """\
# Where the course's package is missing, as on a machine of Colab's, this installs it; elsewhere it does nothing.
try:
    import {package}
except ModuleNotFoundError:
    %pip install --quiet {requirement!r}
"""
ADDRESS = re.compile(r"https://[^\s\"'<>]+")


@dataclass(frozen=True)
class Elsewhere:
    """Addresses from the course's settings; what is empty is not to be had.

    Attributes
    ----------
    colab, binder : str
        Where a lesson opens; ``{lesson}`` stands for its name.
    package : str
        What pip installs as the student package.
    """

    colab: str = ""
    binder: str = ""
    package: str = ""

    def buttons(self, lesson: str, notebook: str) -> str:
        """Links to the notebook and to wherever it opens, in HTML.

        Parameters
        ----------
        lesson : str
        notebook : str
            Address of the notebook, as seen from the page.
        """
        links = [f'<a class="btn btn-sm btn-primary" href="{notebook}" download>Download the notebook</a>']
        for name, address in (("Colab", self.colab), ("Binder", self.binder)):
            if address:
                target = escape(address.replace(LESSON, lesson))
                links.append(f'<a class="btn btn-sm btn-outline-primary" href="{target}">Open in {name}</a>')
        return f'<p class="lesson-buttons">{" ".join(links)}</p>'

    def notebook(self, released: NotebookNode, student_package: str) -> NotebookNode:
        """A lesson to be downloaded: with a cell that installs the student package, where it is known from where."""
        if not self.package:
            return released
        notebook = copy.deepcopy(released)
        source = SET_UP.format(package=student_package, requirement=self.package).rstrip()
        notebook.cells.insert(1, new_code_cell(source, id="set_up_elsewhere"))
        return notebook


def read_elsewhere(path: Path) -> Elsewhere:
    """What a file in TOML says; nothing where it is missing.

    Raises
    ------
    CourseError
        If it is not TOML, or says something else.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Elsewhere()
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}.") from error
    known = [field.name for field in fields(Elsewhere)]
    for key, value in found.items():
        if key not in known or not isinstance(value, str) or not value.strip():
            raise CourseError(f"{path} says {key} = {value!r}; it may give a text for each of {', '.join(known)}.")
        if key != "package" and (not ADDRESS.fullmatch(value) or LESSON not in value):
            raise CourseError(
                f"{path}: {key} must be an address that begins with https:// and holds {LESSON}. Got {value!r}."
            )
    return Elsewhere(**found)
