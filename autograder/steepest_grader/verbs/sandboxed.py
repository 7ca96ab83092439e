"""What verbs share that run students' code: options, what no student may read, and the sandbox."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from steepest_grader.course.places import Course
from steepest_grader.terminal import ERR

if TYPE_CHECKING:
    from steepest_grader.sandbox.base import Sandbox
    from steepest_grader.sandbox.seen import Private

__all__ = ["jobs_option", "open_for", "private", "unsafe_option"]

unsafe_option = click.option(
    "--unsafe-no-sandbox",
    is_flag=True,
    help="Run submissions as ordinary processes of yours. Never for a real class.",
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default=True,
    help="Kernels at a time.",
)


def private(course: Course | None, *paths: Path, gradebook: str | None = None) -> Private:
    """What no student may read: the course, what was handed in, the gradebook."""
    from steepest_grader.gradebook.database import complete, file_of
    from steepest_grader.sandbox.seen import Private

    book = None if gradebook is None else file_of(complete(gradebook))
    places = [path.absolute() for path in (*paths, book) if path is not None]
    if course is None:
        return Private(tuple(places))
    own = [course.folder("submitted"), course.folder("autograded"), file_of(complete(course.gradebook))]
    elsewhere = [path.absolute() for path in own if path is not None and not path.is_relative_to(course.course_dir)]
    return Private((course.root, course.course_dir, *places, *elsewhere), tuple(course.private_packages))


def open_for(unsafe: bool, unseen: Private, device: str = "cpu", *, here: bool = True) -> Sandbox:
    """The sandbox, which ends with the command; only its kind, where the workers of a cluster open theirs."""
    from steepest_grader.sandbox.bubblewrap import Bubblewrap
    from steepest_grader.sandbox.choice import open_sandbox
    from steepest_grader.sandbox.none import NoSandbox

    if unsafe:
        ERR.print("[yellow]No sandbox: submissions run with all your rights.[/]")
    if not here:
        return (NoSandbox if unsafe else Bubblewrap)(device=device, private=unseen)
    with ERR.status("warming up the sandbox"):
        opened = open_sandbox(unsafe=unsafe, device=device, private=unseen)
        return click.get_current_context().with_resource(opened)
