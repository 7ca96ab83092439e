"""The whole site, from the course's sources to checked pages."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from steepest_grader.course.handout import write_notebook
from steepest_grader.course.lesson import load
from steepest_grader.course.text_course import TextCourse
from steepest_grader.errors import CourseError
from steepest_grader.files import replace_file
from steepest_grader.installed import code_digest
from steepest_grader.site import book
from steepest_grader.site.checked import faults
from steepest_grader.site.documents import documents
from steepest_grader.site.elsewhere import buttons, with_set_up
from steepest_grader.site.lesson_page import lesson_page
from steepest_grader.site.outline import outline
from steepest_grader.site.outputs import is_demo
from steepest_grader.site.overview import lessons_index, syllabus
from steepest_grader.site.reference import reference
from steepest_grader.site.secrets import Secrets
from steepest_grader.site.solved import solved_notebooks

__all__ = ["secrets_of", "write_site"]

STAMP = "made"
TOOLS = ("sphinx", "myst-nb", "sphinx-book-theme", "django-static-mathjax", "sphinx-copybutton")
MANY = 20  # faults that are told

Files = dict[str, bytes]


def write_site(
    course: TextCourse,
    out: Path,
    lessons: Sequence[str] = (),
    *,
    jobs: int = 1,
    tell: Callable[[str], None] = lambda text: None,
) -> bool:
    """Write the reading site of a course.

    Parameters
    ----------
    course : TextCourse
    out : Path
        Folder of the site; ``html`` in it is to be published.
    lessons : sequence of str
        Those that get a page; all by default.
    jobs : int
        Lessons that are run at a time.
    tell : callable, optional
        Told what is done, and of which lesson.

    Returns
    -------
    bool
        Whether anything had changed.

    Raises
    ------
    CourseError
        If a page wants mending, tells a secret, or has a link that leads nowhere.
    """
    named = course.named(lessons) or course.lessons()
    mark = _mark(course, named)
    stamp = out / STAMP
    if stamp.is_file() and stamp.read_text() == mark:
        return False
    stamp.unlink(missing_ok=True)
    secrets = secrets_of(course)
    solved = solved_notebooks(course, named, out / "solved", jobs=jobs, tell=lambda name: tell(f"running {name}"))
    tell("collecting pages")
    made = _lesson_files(course, named, solved, secrets)
    made |= documents(course.root, secrets) | reference(course.student_package.name) | book.mathjax()
    made["_static/site.css"] = (files("steepest_grader") / "site" / "site.css").read_bytes()
    _lay_out(out / "source", made)
    tell("making pages")
    html = out / "html"
    if html.is_dir() and not (out / "doctrees").is_dir():
        shutil.rmtree(html)
    book.make(
        out / "source",
        html,
        out / "doctrees",
        course.plan.title or course.course_id.capitalize(),
        course.student_package.name,
    )
    tell("checking pages")
    if found := faults(html, secrets):
        more = f"\n… and {len(found) - MANY} more" if len(found) > MANY else ""
        raise CourseError("The site is made, and not to be published:\n" + "\n".join(found[:MANY]) + more)
    replace_file(stamp, mark.encode())
    return True


def secrets_of(course: TextCourse) -> Secrets:
    """What no page of a course may tell."""
    lessons = [load(course, name) for name in course.lessons()]
    public = [cell.source for lesson in lessons for cell in lesson.released.cells]
    public += [path.read_text(encoding="utf-8") for path in sorted(course.student_package.rglob("*.py"))]
    return Secrets.of([lesson.source for lesson in lessons], public)


def _lesson_files(
    course: TextCourse,
    named: Sequence[str],
    solved: Mapping[str, NotebookNode],
    secrets: Secrets,
) -> Files:
    """Pages of lessons and what is made of all of them, by path."""
    made: Files = {}
    outlines, pictures, plan = {}, {}, course.plan
    for name in named:
        lesson = load(course, name)
        released = lesson.released
        outlines[name] = outline(name, released, {grade_id: item.points for grade_id, item in lesson.exercises.items()})
        opens = buttons(plan.links, name, f"../notebooks/{name}.ipynb")
        page = lesson_page(released, solved[name], secrets, buttons=opens)
        made[f"lessons/{name}.ipynb"] = nbformat.writes(page).encode()
        handed_out = with_set_up(released, plan.links.package, course.student_package.name)
        made[f"_extra/notebooks/{name}.ipynb"] = write_notebook(handed_out)
        if picture := next(_demo_pictures(solved[name]), b""):
            pictures[name] = f"pictures/{name}.png"
            made[f"lessons/{pictures[name]}"] = picture
    made["lessons/index.md"] = lessons_index(outlines, pictures)
    made["syllabus.md"] = syllabus(outlines, plan)
    return made


def _demo_pictures(solved: NotebookNode) -> Iterator[bytes]:
    for cell in solved.cells:
        for output in cell.get("outputs", []):
            if is_demo(output) and "image/png" in output.data:
                yield base64.b64decode(output.data["image/png"])


def _lay_out(folder: Path, made: Mapping[str, bytes]) -> None:
    """Give a folder exactly these files; what has not changed keeps its time, by which Sphinx goes."""
    for name, data in made.items():
        replace_file(folder / name, data)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in made:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _mark(course: TextCourse, named: Sequence[str]) -> str:
    """Stands for everything that the site is made of."""
    digest = hashlib.sha256(code_digest() + repr((named, [version(name) for name in TOOLS])).encode())
    for start, pattern in (
        (course.solutions, "*/*"),
        (course.root, "*.md"),
        (course.root, "docs/**/*"),
        (course.root, "*.toml"),
        (course.student_package, "**/*.npz"),
        (Path(str(files("steepest_grader"))), "site/*.css"),
    ):
        for path in sorted(start.glob(pattern)):
            if path.is_file():
                digest.update(os.fsencode(path.relative_to(start)) + path.read_bytes())
    return digest.hexdigest()
