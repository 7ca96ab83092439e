"""What verbs share: the course that is meant, and options that mean the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.course.unfilled import unfilled
from steepest_grader.terminal import say

__all__ = ["Settings", "exports_option", "gradebook_option", "identify_option", "json_option", "now", "say_unfilled"]

json_option = click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the result to FILE.")
identify_option = click.option(
    "--identify",
    type=click.Choice(["username", "idnumber", "email"]),
    default="username",
    show_default=True,
    help="How Moodle knows a student: by id, lms_user_id or email of the gradebook.",
)
exports_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="By default in build/course/exports."
)
gradebook_option = click.option("--gradebook", help="Database URL; by default build/course/gradebook.db.")


class Settings(Protocol):
    """What the command line was told before the verb."""

    @property
    def start(self) -> Path:
        """Where a course is looked for."""

    @property
    def course(self) -> TextCourse:
        """The course whose sources are text."""

    @property
    def any_course(self) -> Course:
        """The course of either kind."""


def now() -> datetime:
    """The moment by which dates of the plan are asked, with its time zone."""
    return datetime.now(UTC)


def say_unfilled(course: TextCourse, lessons: Sequence[str] | None = None) -> None:
    """Say how many places of a skeleton are left, where there are any."""
    if count := len(unfilled(course, lessons)):
        say(f"{count} places are to be filled in; `steepest-grader build --check` lists them.")
