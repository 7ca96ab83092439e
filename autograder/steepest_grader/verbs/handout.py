"""`release` and `solutions`: what students get, and when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from steepest_grader.errors import escaped
from steepest_grader.terminal import OUT, fail, progress, say
from steepest_grader.verbs.shared import Settings, now

if TYPE_CHECKING:
    from steepest_grader.course.places import Course

__all__ = ["release", "solutions"]


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("lessons", nargs=-1)
@click.option("--week", type=click.IntRange(1, 60), help="What is due to be given out by the end of this week of term.")
@click.pass_obj
def release(settings: Settings, archive: Path, lessons: tuple[str, ...], week: int | None) -> None:
    """Write the students' bundle, a .zip or .tar.gz: what the plan gives out by now, and what was in it before."""
    course = settings.course
    if lessons and week is not None:
        fail("Name lessons or a --week, and not both.")
    course.named(lessons)
    from steepest_grader.course import release as module
    from steepest_grader.course.bundle import check_suffix, lessons_in

    check_suffix(archive)
    until = _until(course, week)
    chosen = list(lessons) or course.plan.given_out(course.lessons(), until)
    partly = set(chosen) != set(course.lessons())
    before = lessons_in(archive, course.course_id) if partly else []
    names = [name for name in course.lessons() if name in chosen or name in before]
    if not names:
        fail(f"No lesson is given out by {course.plan.shown(until)}: name one, or change course.toml.")
    try:
        with progress() as bar:
            task = bar.add_task("release", total=None)
            path = module.archive(
                course, archive, lessons=names, progress=lambda text: bar.update(task, description=escape(text))
            )
    except OSError as error:
        fail(f"{escaped(str(archive))} cannot be written: {error.strerror}. Name another place.")
    OUT.print(f"{path}: {path.stat().st_size / 1024:.0f} KiB", markup=False, highlight=False)
    if partly:
        new = [name for name in names if name not in before]
        say(f"{len(names)} lessons: {', '.join(names)}")
        say(f"new in it: {', '.join(new) or 'none'}")


@click.command()
@click.argument("lessons", nargs=-1)
@click.option("--early", is_flag=True, help="Also of lessons whose solutions may not be seen yet.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="By default build/course/solutions.")
@click.pass_obj
def solutions(settings: Settings, lessons: tuple[str, ...], early: bool, out: Path | None) -> None:
    """Write solved notebooks, model answers and rubrics to hand out; of all that may be seen where none is named."""
    course = settings.any_course
    named = course.named(lessons) if lessons else course.plan.taught(course.lessons())
    waiting = {name: when for name in named if (when := course.plan.solutions(name)) is not None and when > now()}
    if waiting and lessons and not early:
        dates = ", ".join(f"{name} on {course.plan.shown(when)}" for name, when in waiting.items())
        fail(f"Solutions may be seen later: {dates}. With --early they are written now.")
    chosen = [name for name in named if early or name not in waiting]
    if not chosen:
        fail("No solutions may be seen yet. With --early they are written now.")
    from steepest_grader.course.lesson import load
    from steepest_grader.course.solutions import write_solutions

    folder = out or course.course_dir / "solutions"
    try:
        with progress() as bar:
            for name in bar.track(chosen, description="solutions"):
                write_solutions(load(course, name), folder)
    except OSError as error:
        fail(f"{escaped(str(folder))} cannot be written: {error.strerror}. Name another place with --out.")
    say(f"{', '.join(chosen)}: {folder}")
    if left := [name for name in named if name not in chosen]:
        say(f"not yet: {', '.join(left)}")


def _until(course: Course, week: int | None) -> datetime:
    if week is None:
        return now()
    try:
        return course.plan.end_of(week)
    except ValueError:
        fail("Weeks of the term need its first day: write begins = 2026-10-05, say, into course.toml.")
