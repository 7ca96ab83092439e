"""`new course`, `new lesson`, `new exercise`: skeletons to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from steepest_grader.course.find import find_course
from steepest_grader.terminal import errors_of_files, fail, say
from steepest_grader.verbs.shared import Settings, say_unfilled

__all__ = ["new"]


@click.group()
def new() -> None:
    """Begin a course, a lesson or an exercise from a skeleton; docs/authoring.md goes through it."""


@new.command("course")
@click.argument("name")
@click.pass_obj
def new_course(settings: Settings, name: str) -> None:
    """Write a course without lessons into the folder NAME."""
    from steepest_grader.authoring import skeleton

    with errors_of_files():
        _say_new(skeleton.new_course(settings.start, name))
    say(f"Install it: pip install -e {name}/utils -e {name}/autograder")
    say_unfilled(find_course(settings.start / name))


@new.command("lesson")
@click.argument("name")
@click.pass_obj
def new_lesson(settings: Settings, name: str) -> None:
    """Write a lesson without exercises, such as 01_averages."""
    from steepest_grader.authoring import skeleton

    with errors_of_files():
        _say_new(skeleton.new_lesson(settings.course, name))
    say_unfilled(settings.course, [name])


@new.command("exercise")
@click.argument("name", required=False)
@click.option("--lesson", required=True, help="The lesson that it belongs to.")
@click.option(
    "--from",
    "notebook",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --cell: begin with a test of plain nbgrader and its solution, from this source notebook.",
)
@click.option("--cell", help="The grade_id of that test's cell.")
@click.pass_obj
def new_exercise(settings: Settings, name: str | None, lesson: str, notebook: Path | None, cell: str | None) -> None:
    """Write an exercise about a function NAME, which a test taken by --from tells as well."""
    if (notebook is None) != (cell is None):
        fail("A test is taken by --from FILE and --cell ID together.")
    if name is None and notebook is None:
        fail("Name the function that students write: `new exercise NAME --lesson LESSON`.")
    course = settings.course
    from steepest_grader.authoring import skeleton
    from steepest_grader.authoring.plain import read_start

    start = None if notebook is None or cell is None else read_start(notebook, cell, name)
    with errors_of_files():
        _say_new(skeleton.new_exercise(course, lesson, start.name if start else str(name), start))
    say_unfilled(course, [lesson])


def _say_new(paths: Sequence[Path]) -> None:
    here = Path.cwd()
    for path in paths:
        say(str(path.relative_to(here) if path.is_relative_to(here) else path))
