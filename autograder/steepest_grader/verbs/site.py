"""`site`: the course as pages to be read."""

from __future__ import annotations

import os
from pathlib import Path

import click

from steepest_grader.terminal import OUT, errors_of_files, fail, progress
from steepest_grader.verbs.shared import Settings

__all__ = ["site"]


@click.command()
@click.argument("lessons", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where to; by default build/site.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Lessons run at a time."
)
@click.pass_obj
def site(settings: Settings, lessons: tuple[str, ...], out: Path | None, jobs: int) -> None:
    """Write the reading site; with a page for every lesson where none is named. No solution is in it."""
    course = settings.course
    named = course.named(lessons)
    try:
        from steepest_grader.site.build import write_site
    except ModuleNotFoundError as error:
        fail(f"The site needs {error.name}, which is not installed: pip install 'steepest-grader[site]'.")
    folder = out or course.build_dir / "site"
    with progress() as bar, errors_of_files():
        task = bar.add_task("site", total=None)
        changed = write_site(course, folder, named, jobs=jobs, tell=lambda text: bar.update(task, description=text))
    OUT.print("Nothing has changed." if not changed else f"{folder / 'html' / 'index.html'} was written.", markup=False)
