"""`marks`: the marks of the term, weighed as the plan has it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Column, Table

from steepest_grader.errors import nearest
from steepest_grader.terminal import OUT, add_row, errors_of_files, fail, say, write_json
from steepest_grader.verbs.shared import Settings, exports_option, gradebook_option, identify_option, json_option, now

__all__ = ["marks"]


@click.command()
@click.option("--format", "style", type=click.Choice(["csv", "canvas", "moodle"]), help="Write a table for this.")
@click.option("--why", metavar="STUDENT", help="Write out how this student's mark comes about.")
@click.option("--unfinished", is_flag=True, help="In the table a mark also where an answer waits for a person.")
@identify_option
@exports_option
@gradebook_option
@json_option
@click.pass_obj
def marks(
    settings: Settings,
    style: str | None,
    why: str | None,
    unfinished: bool,
    identify: str,
    out: Path | None,
    gradebook: str | None,
    json_file: Path | None,
) -> None:
    """The marks of the term: weights, dropped lessons, what being late costs, and who has passed."""
    course = settings.any_course
    if out is not None and style is None:
        fail("The table that --out names needs a --format.")
    from steepest_grader.desk import export, term_table
    from steepest_grader.desk.term import term
    from steepest_grader.gradebook.roster import read_roster

    plan = course.plan
    listed = read_roster(course.root / plan.roster.file, plan.roster) if plan.roster.file else []
    groups = {item.person.id: item.group for item in listed}
    found = term(course, now(), gradebook)
    write_json(json_file, term_table.as_json(found))
    if why is not None:
        if why not in found.marks:
            fail(
                found.wrong.get(why) or f"There is no student {why!r} in the gradebook{nearest(why, list(found.marks))}"
            )
        for line in term_table.why(plan, found.marks[why]):
            say(line)
        return
    if style is not None:
        made = term_table.table(found, style, groups=groups, unfinished=unfinished, identify=identify)
        path = out or export.export_path(course, [], f"marks-{style}")
        with errors_of_files():
            export.write(path, made)
        say(f"{len(found.lessons)} lessons: {made.students} students in {path}")
        for count in made.awaiting.values():
            say(f"{count} without a mark, because answers wait to be graded by hand; --unfinished gives one.")
        for student, reason in made.left_out.items():
            say(f"Left out: {student}, {reason}.")
        return
    table = Table(Column("student", overflow="fold"), "name", "group", "%", "passed", "waiting", "not counted")
    for mark in found.marks.values():
        name = " ".join(filter(None, (mark.person.first_name, mark.person.last_name)))
        percent = "–" if mark.percent is None else f"{mark.percent:g}"
        passed = {True: "yes", False: "no", None: ""}[mark.passed]
        dropped = ", ".join(item.lesson for item in mark.lessons if item.dropped)
        add_row(
            table, mark.person.id, name, groups.get(mark.person.id), percent, passed, str(mark.awaiting or ""), dropped
        )
    OUT.print(table)
    say(f"counted: {', '.join(found.lessons)}")
    if found.later:
        say(f"not counted yet: {', '.join(found.later)}")
    for student, reason in found.wrong.items():
        say(f"Left out: {student}, {reason}")
