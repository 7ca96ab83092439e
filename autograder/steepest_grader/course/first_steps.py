"""The archive's own README: how to install, how to begin, how to hand in, and where help is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import printable

__all__ = ["first_steps"]

TEXT = """\
# {title}

1. **Install**, once, in this folder, in one of three ways. With conda:
   `conda env create -f environment.yml`, then `conda activate {environment}`.
2. With pip: `python3 -m venv .venv`, then `. .venv/bin/activate` (Windows: `.venv\\Scripts\\activate`), then
   `pip install -e ./utils jupyterlab`. It takes Python 3.11 to 3.13.
3. With uv: `uv venv`, then the same line that activates it, then `uv pip install -e ./utils jupyterlab`.
4. **Begin**: `jupyter lab lessons`{first}. Run each cell with Shift+Enter; a cell `check(...)` says what is wrong.
5. **Hand in**: restart the kernel and run all cells, save, and hand in {notebook} under its own name.
6. **Help**: {help}
{links}"""


def first_steps(course: TextCourse, lessons: Sequence[str]) -> str:
    """The text for students who have been given some lessons.

    Parameters
    ----------
    course : TextCourse
    lessons : sequence of str
    """
    plan, links = course.plan, course.plan.links
    title = ", ".join(filter(None, (plan.title or course.course_id, plan.term)))
    begin = f", and open `{lessons[0]}`" if lessons else ""
    notebook = f"`lessons/{lessons[0]}/{lessons[0]}.ipynb`" if lessons else "the notebook"
    more = [
        f"   {name}: <{address}>" for name, address in (("site", links.site), ("sources", links.repository)) if address
    ]
    text = TEXT.format(
        title=title,
        environment=_environment(course),
        first=begin,
        notebook=f"{notebook}, and likewise of each lesson," if len(lessons) > 1 else notebook,
        help=f"<{links.help}>" if links.help else "ask whoever teaches this course; a hint stands under each exercise.",
        links="".join(f"{line}\n" for line in more),
    )
    dated = [(name, due) for name in lessons if (due := plan.due(name)) is not None]
    rows = "".join(f"| `{name}` | {printable(plan.shown(due))} |\n" for name, due in dated)
    return f"{text}\n| lesson | due ({plan.timezone}) |\n|---|---|\n{rows}" if rows else text


def _environment(course: TextCourse) -> str:
    """How the environment is called that conda makes."""
    path = course.root / "environment.yml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r"^name:\s*([\w.-]+)\s*$", text, re.MULTILINE)
    return found[1] if found else course.course_id
