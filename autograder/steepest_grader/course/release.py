"""What the course's sources give: students' notebooks, stored outcomes, nbgrader's course, the archive."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from importlib.resources import files
from pathlib import Path

import nbformat

from steepest_grader.course.bundle import check_suffix, members, packed
from steepest_grader.course.handout import write_notebook
from steepest_grader.course.lesson import load
from steepest_grader.course.plan import Counts
from steepest_grader.course.text_course import TextCourse
from steepest_grader.course.unfilled import unfilled
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue, stored
from steepest_grader.exercise.processes import processes
from steepest_grader.files import replace_file
from steepest_grader.installed import code_digest, exercise_packages

__all__ = ["archive", "build", "write_course"]

Progress = Callable[[str], None]

CONFIG = '''\
"""nbgrader's settings for this course; written by `steepest-grader build`."""

from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = COURSE_ID
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.OverwriteCells.add_missing_cells = True
c.Execute.timeout = 120
c.Execute.startup_timeout = 120
if find_spec("steepest_grader"):  # formgrader may run where it is not installed
    c.HTMLExporter.preprocessors = ["steepest_grader.gradebook.rubrics.Rubrics"]

# Settings of your own stand in nbgrader_config.py beside solutions/: this file is written anew.
load_subconfig("nbgrader_config.py", path=str(Path(__file__).resolve().parent.parent.parent))  # noqa: F821
'''
DIFF_LINES = 40
STAMP = "built"
FEW = 10  # exercises


def build(course: TextCourse, *, check: bool = False, progress: Progress | None = None) -> list[str]:
    """Write the students' notebooks and the stored outcomes, and remove those that nothing stands behind.

    Parameters
    ----------
    course : TextCourse
    check : bool
        Write nothing; say what would change.
    progress : callable, optional
        Told each file's name before it is made.

    Returns
    -------
    list of str
        Paths, relative to the course, of what changed; with `check`, a notebook's path is followed by the
        difference of its cells on further lines.

    Raises
    ------
    CourseError
        If a lesson or an exercise breaks a rule, or a mistake cannot be told from a sound answer on the public cases;
        nothing has been written then.
    """
    if not check and _is_built(course):
        return []
    catalogue.lessons()  # an id that another installed course uses as well would be told only by `grade`
    changed: list[str] = []
    made = _made(course, progress)  # all before the first is written: a mistake anywhere leaves everything as it is
    for path, (old, new) in made.items():
        if old == new or (old is not None and path.suffix == ".wire" and stored.agree(old, new)):
            continue
        changed.append(_told(course, path, old, new, check))
        if not check:
            replace_file(path, new)
    for path in _stale(course, set(made)):
        changed.append(path.relative_to(course.root).as_posix())
        if not check:
            path.unlink()
            if path.parent != course.outcomes_dir and not any(path.parent.iterdir()):
                path.parent.rmdir()
    if not check:
        replace_file(course.build_dir / STAMP, _fingerprint(course).encode())
    return changed


def _made(course: TextCourse, progress: Progress | None) -> dict[Path, tuple[bytes | None, bytes]]:
    """Every file that the sources give: what is there, and what it should be.

    Outcomes of many exercises are made in processes side by side; of few, a process takes longer to start.
    """
    paths = {
        course.outcomes_dir / f"{item.id}.wire": (lesson, item.id)
        for lesson in course.lessons()
        for item in course.exercises(lesson)
    }
    if len(paths) <= FEW:
        return _each(course, progress, {})
    with processes(os.cpu_count() or 1) as pool:
        later = {path: pool.submit(_outcomes, course, *names, _there(path)) for path, names in paths.items()}
        return _each(course, progress, later)


def _each(
    course: TextCourse, progress: Progress | None, later: Mapping[Path, Future[bytes]]
) -> dict[Path, tuple[bytes | None, bytes]]:
    made = {}
    for path, make in _products(course):
        if progress is not None:
            progress(path.relative_to(course.root).as_posix())
        old = _there(path)
        made[path] = old, later[path].result() if path in later else make(old)
    return made


def _there(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _outcomes(course: TextCourse, lesson: str, exercise: str, old: bytes | None) -> bytes:
    """The outcomes of one exercise, in a process that has none of them yet."""
    return stored.outcomes(next(item for item in course.exercises(lesson) if item.id == exercise), old)


def _is_built(course: TextCourse) -> bool:
    """Whether a build of exactly these files has already been made here."""
    stamp = course.build_dir / STAMP
    return stamp.is_file() and stamp.read_text() == _fingerprint(course)


def _fingerprint(course: TextCourse) -> str:
    """Stands for everything a build reads and writes, so that a build with nothing to do ends at once."""
    planned = {name: each.exercises for name, each in course.plan.lessons.items()}
    digest = hashlib.sha256(code_digest() + repr((sorted(course.settings.items()), planned)).encode())
    for folder, pattern in ((course.solutions, "*/*.py"), (course.lessons_dir, "*/*"), (course.outcomes_dir, "*")):
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(course.root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def write_course(course: TextCourse, lessons: Sequence[str] | None = None) -> None:
    """Write nbgrader's course directory, in which plain nbgrader works too.

    Parameters
    ----------
    course : TextCourse
    lessons : sequence of str, optional
        The lessons to write; all by default.
    """
    config = CONFIG.replace("COURSE_ID", json.dumps(course.course_id))
    replace_file(course.course_dir / "nbgrader_config.py", config.encode())
    for name in course.lessons() if lessons is None else lessons:
        lesson = load(course, name)
        for step, notebook in (("source", lesson.source), ("release", lesson.released)):
            replace_file(course.course_dir / step / name / f"{name}.ipynb", write_notebook(notebook))


def archive(
    course: TextCourse, path: Path, *, lessons: Sequence[str] | None = None, progress: Progress | None = None
) -> Path:
    """Write what students get, in one folder named as the course; the same course gives the same bytes.

    Parameters
    ----------
    course : TextCourse
    path : Path
        Ends in `.zip` or `.tar.gz`.
    lessons : sequence of str, optional
        The lessons that it holds; all that are taught by default.
    progress : callable, optional
        Told each file's name before it is looked at.

    Raises
    ------
    CourseError
        If the suffix is another, a file is missing, `lessons/` is not current, or a place is to be filled in.
    """
    check_suffix(path)
    if not _is_built(course) and build(course, check=True, progress=progress):
        raise CourseError("The lessons are not current. Run `steepest-grader build` first.")
    if places := unfilled(course):
        more = f" and {len(places) - 1} more places" * (len(places) > 1)
        raise CourseError(f"{str(places[0]).rstrip('.')}{more}. Students would get that: see `build --check`.")
    for name in exercise_packages():
        if Path(str(files(name))).resolve().is_relative_to(course.student_package.resolve()):
            raise CourseError(f"The package of exercises {name} lies in the student package. Move it out of there.")
    named = course.plan.taught(course.lessons()) if lessons is None else lessons
    replace_file(path, packed(path, course.course_id, dict(sorted(members(course, named)))))
    return path


def _products(course: TextCourse) -> Iterator[tuple[Path, Callable[[bytes | None], bytes]]]:
    """Every file that the sources give, and how to make it beside the one that is there."""
    yield course.outcomes_dir / "lessons.json", lambda old: _index(course)
    for lesson in course.lessons():
        yield course.lessons_dir / lesson / f"{lesson}.ipynb", partial(_lesson, course, lesson)
        for item in course.exercises(lesson):
            yield course.outcomes_dir / f"{item.id}.wire", partial(stored.outcomes, item)


def _index(course: TextCourse) -> bytes:
    """The exercises of each lesson, for the student's view of progress."""
    lessons = {
        lesson: [
            item.id
            for item in course.exercises(lesson)
            if course.plan.exercise(lesson, item.id).counts is not Counts.LEFT_OUT
        ]
        for lesson in course.lessons()
    }
    return (json.dumps(lessons, indent=1) + "\n").encode()


def _lesson(course: TextCourse, lesson: str, old: bytes | None = None) -> bytes:
    return write_notebook(load(course, lesson).released)


def _stale(course: TextCourse, wanted: set[Path]) -> list[Path]:
    made = [*course.lessons_dir.glob("*/*.ipynb"), *course.outcomes_dir.glob("*.wire")]
    return sorted(path for path in made if path not in wanted)


def _told(course: TextCourse, path: Path, old: bytes | None, new: bytes, check: bool) -> str:
    name = path.relative_to(course.root).as_posix()
    if not check or path.suffix != ".ipynb":
        return name
    lines = list(difflib.unified_diff(_text(old), _text(new), "as it is", "as built", n=1, lineterm=""))
    more = [f"… {len(lines) - DIFF_LINES} more lines"] if len(lines) > DIFF_LINES else []
    return "\n".join([name, *lines[:DIFF_LINES], *more])


def _text(data: bytes | None) -> list[str]:
    """A notebook's cells as lines, for people; anything else as no lines."""
    if data is None:
        return []
    try:
        cells = nbformat.reads(data.decode(), as_version=4).cells
    except (ValueError, AttributeError, KeyError):
        return ["(not a notebook)"]
    return [line for cell in cells for line in (f"# [{cell.cell_type}] {cell.get('id', '')}", *cell.source.split("\n"))]
