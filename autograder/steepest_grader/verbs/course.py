"""`course`: the plan of the course, checked, shown, and brought into the gradebook."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Column, Table

from steepest_grader.errors import escaped
from steepest_grader.terminal import OUT, add_row, errors_of_files, fail, progress, say, write_json
from steepest_grader.verbs.shared import Settings, gradebook_option, json_option

if TYPE_CHECKING:
    from steepest_grader.course.places import Course
    from steepest_grader.gradebook.roster import Difference

__all__ = ["course"]

SHOWN = 50  # students of a difference


@click.group()
def course() -> None:
    """The plan of the course, course.toml: dates, points, weights, students."""


@course.command("init")
@gradebook_option
@click.pass_obj
def init(settings: Settings, gradebook: str | None) -> None:
    """Write a commented course.toml that says what holds today; one that is there stays."""
    found = settings.any_course
    from steepest_grader.course.plan_file import PLAN
    from steepest_grader.course.plan_template import template

    path = found.root / PLAN
    if path.exists() or path.is_symlink():
        fail(f"{path} is there already and stays as it is. Edit it, or move it away first.")
    dates = _dates(found, gradebook)
    with errors_of_files(), path.open("x", encoding="utf-8") as file:
        file.write(template(found, dates))
    say(f"{path}: says what holds today. Edit it, and run `steepest-grader course check`.")


@course.command("check")
@click.pass_obj
def check(settings: Settings) -> None:
    """Tell every mistake in course.toml, and exit 1 if there is one."""
    found = settings.any_course
    from steepest_grader.course.plan_check import mistakes

    with progress() as bar:
        task = bar.add_task("check", total=None)
        told = mistakes(found, tell=lambda name: bar.update(task, description=escape(name)))
    if told:
        fail("\n".join(map(str, told)))
    say("The plan has no mistakes.")


@course.command("show")
@json_option
@click.pass_obj
def show(settings: Settings, json_file: Path | None) -> None:
    """Print the plan as a table: what is given out, due and counted when, and how much."""
    found = settings.any_course
    from steepest_grader.course.plan_check import as_json

    plan, rows = found.plan, as_json(found)
    heading = ", ".join(filter(None, (plan.title or found.course_id, plan.term)))
    table = Table(
        Column("lesson", overflow="fold"), "given out", "due", "solutions", "points", "weight", "changed exercises",
        title=escape(heading), caption=escape(f"times of {plan.timezone}"),
    )  # fmt: skip
    for row in rows["lessons"]:
        dates = [_shown(found, row[key]) for key in ("release", "due", "solutions")]
        odd = [f"{name}: {rule}" for name, rule in row["planned"].items()]
        taught = [f"{row['points']:g}", f"{row['weight']:g}"] if row["taught"] else ["–", "not taught"]
        add_row(table, row["lesson"], *dates, *taught, ", ".join(odd))
    OUT.print(table)
    late = plan.late
    steps = ", ".join(f"up to {days:g} days {100 * share:g} %" for days, share in late.days)
    say(f"late: {f'{steps}, later nothing' if steps else 'as nbgrader’s plugin has it'}; grace: {late.grace:g} min")
    say(f"passed with {plan.marks.pass_mark:g} %; the worst {plan.marks.drop} lessons do not count")
    write_json(json_file, rows)


@course.command("roster")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show the difference and write nothing.")
@gradebook_option
@click.pass_obj
def roster(settings: Settings, file: Path, yes: bool, dry_run: bool, gradebook: str | None) -> None:
    """Bring the students of a CSV file into the gradebook, once the difference has been seen; nobody is removed."""
    found = settings.any_course
    from steepest_grader.gradebook.planned import enter_people, people_of
    from steepest_grader.gradebook.roster import compared, read_roster

    listed = read_roster(file, found.plan.roster)
    difference = compared(listed, people_of(found, gradebook))
    _print_difference(difference)
    if dry_run or not (difference.added or difference.changed):
        return
    if not yes and not click.confirm("Write this to the gradebook?", err=True):
        fail("Nothing was written.")
    enter_people(found, gradebook, difference)
    say(f"The gradebook has {len(difference.added)} students more, and {len(difference.changed)} changed.")


@course.command("apply")
@gradebook_option
@click.pass_obj
def apply(settings: Settings, gradebook: str | None) -> None:
    """Bring due dates, points and students of the plan into nbgrader's gradebook; say what changed."""
    found = settings.any_course
    from steepest_grader.gradebook import planned

    with progress() as bar:
        task = bar.add_task("apply", total=None)
        changes, people = planned.apply(
            found,
            gradebook,
            tell=lambda done, total, name: bar.update(task, completed=done, total=total, description=escape(name)),
        )
    for line in changes:
        say(line)
    if people.added or people.changed or people.gone:
        _print_difference(people)
    if not (changes or people.added or people.changed):
        say("The gradebook says what the plan says: nothing changed.")


def _dates(found: Course, gradebook: str | None) -> dict[str, datetime]:
    """Due dates that the gradebook has, where there is one."""
    from steepest_grader.gradebook.database import complete, file_of
    from steepest_grader.gradebook.planned import gradebook_dates

    file = file_of(complete(gradebook or found.gradebook))
    return {} if file is not None and not file.is_file() else gradebook_dates(found, gradebook)


def _shown(found: Course, moment: str | None) -> str:
    return "" if moment is None else found.plan.shown(datetime.fromisoformat(moment))


def _print_difference(difference: Difference) -> None:
    lines: list[Any] = difference.lines
    for line in lines[:SHOWN]:
        say(escaped(line))
    if len(lines) > SHOWN:
        say(f"… and {len(lines) - SHOWN} more.")
    say(
        f"{len(difference.added)} added, {len(difference.changed)} changed; {len(difference.gone)} are in the "
        "gradebook alone and stay there."
    )
