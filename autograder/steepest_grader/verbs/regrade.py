"""`regrade`: whose marks a change of exercises would change, and a case that a student asks to be looked at again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Column, Table

from steepest_grader.errors import escaped, printable
from steepest_grader.terminal import ERR, OUT, add_row, fail, fail_for_ours, progress, say, warn, warn_of, write_json
from steepest_grader.verbs.sandboxed import jobs_option, open_for, private, unsafe_option
from steepest_grader.verbs.shared import Settings, gradebook_option, json_option

if TYPE_CHECKING:
    from steepest_grader.course.places import Course
    from steepest_grader.exercise.model import Verdict
    from steepest_grader.grading.changes import Change
    from steepest_grader.grading.regrade import Regrade
    from steepest_grader.grading.requested import Case
    from steepest_grader.sandbox.base import Sandbox

__all__ = ["regrade"]

MOST_ROWS = 200  # of a table for people; --json has all
MOST_LINES = 200  # of code


@click.command()
@click.argument("lessons", nargs=-1)
@click.option("--write", is_flag=True, help="Take it over into the gradebook, and write these students' feedback anew.")
@click.option("--request", "line", metavar="LINE", help="Show the case of a line that a student sent.")
@click.option("--student", help="Only this student.")
@click.option("--submitted", type=click.Path(path_type=Path), help="Folder of <student>/<lesson>/<lesson>.ipynb.")
@gradebook_option
@jobs_option
@json_option
@unsafe_option
@click.pass_obj
def regrade(
    settings: Settings,
    lessons: tuple[str, ...],
    write: bool,
    line: str | None,
    student: str | None,
    submitted: Path | None,
    gradebook: str | None,
    jobs: int,
    json_file: Path | None,
    unsafe_no_sandbox: bool,
) -> None:
    """After a change of exercises: whose marks would change, by how much and why. Writes nothing without --write."""
    course = settings.any_course
    if line is not None and (lessons or write or student is not None):
        fail("A --request says itself what it is about: give it alone, without lessons, --student and --write.")
    named = course.named(lessons)
    folder = submitted or course.folder("submitted")
    if not folder.is_dir():
        fail(f"There is no folder {folder}. Name the folder of submissions with --submitted.")
    from steepest_grader.grading import requested
    from steepest_grader.grading.regrade import graded_lessons

    graded = graded_lessons(course, gradebook)
    asked = None if line is None else requested.checked(course, line)
    named = named or graded
    if not named:
        fail("Nothing is graded. Run `steepest-grader grade` first.")
    sandbox = open_for(unsafe_no_sandbox, private(course, folder, gradebook=gradebook))
    if asked is not None:
        case = requested.look(course, asked, folder, sandbox=sandbox, url=gradebook)
        write_json(json_file, case.as_json())
        _print_case(case, submitted)
        return
    students = None if student is None else {student}
    found = [_one(course, name, folder, sandbox, gradebook, jobs, students) for name in named]
    refused = [item for item in found if item.refused]
    troubles = [f"{item.lesson}: {item.refused}." for item in refused]
    written = False
    if write:
        if refused:
            fail("\n".join([*troubles, "Nothing is written."]))
        troubles += _take_over(course, found, folder, sandbox, gradebook, jobs)
        written = True
    write_json(json_file, {"written": written, "lessons": [item.as_json() for item in found]})
    for trouble in troubles:
        warn(trouble)
    if not written and any(item.changes for item in found):
        say(f"Nothing is written. `{_taking_over(lessons, student, submitted)}` takes it over.")
    fail_for_ours([name for item in found for name in item.failed])
    if troubles:
        raise SystemExit(1)


def _one(
    course: Course,
    name: str,
    folder: Path,
    sandbox: Sandbox,
    gradebook: str | None,
    jobs: int,
    students: set[str] | None,
) -> Regrade:
    from steepest_grader.grading.regrade import regrade_lesson

    with progress() as bar:
        task = bar.add_task(name, total=None)

        def tell(done: int, total: int, who: str) -> None:
            bar.update(task, completed=done, total=total, description=escape(who))

        found = regrade_lesson(
            course, name, folder, sandbox=sandbox, url=gradebook, jobs=jobs, students=students, tell=tell
        )
    _print_changes(found)
    return found


def _take_over(
    course: Course, found: list[Regrade], folder: Path, sandbox: Sandbox, gradebook: str | None, jobs: int
) -> list[str]:
    from steepest_grader.desk.feedback import write_feedback
    from steepest_grader.grading.regrade import take_over

    troubles = []
    for item in found:
        if not item.compared:
            continue
        trouble = take_over(course, item, folder, sandbox=sandbox, url=gradebook, jobs=jobs)
        troubles += [trouble] if trouble else []
        changed = [each.student for each in item.changes]
        pages: list[Path] = []
        if changed:
            with ERR.status(f"{item.lesson}: writing pages"):
                pages, _, failed = write_feedback(course, item.lesson, gradebook, changed)
            warn_of(failed, f"{item.lesson}, no page for")
            troubles += [f"{item.lesson}: {len(failed)} pages are not written."] if failed else []
        say(
            f"{item.lesson}: {len(item.moved)} students have other marks in the gradebook; {len(pages)} pages in "
            f"{course.folder('feedback')}"
        )
    return troubles


def _print_changes(found: Regrade) -> None:
    if found.changes:
        table = Table(Column("student", overflow="fold"), "exercise", "before", "after", "why", title=found.lesson)
        rows = [row for change in found.changes for row in _rows(change)]
        for row in rows[:MOST_ROWS]:
            add_row(table, *row)
        OUT.print(table)
        if len(rows) > MOST_ROWS:
            say(f"… and {len(rows) - MOST_ROWS} more rows; --json has all.")
    moved, named = len(found.moved), len(found.changes) - len(found.moved)
    say(
        f"{found.lesson}: {len(found.compared)} submissions compared, {found.reused} of them without running again. "
        f"Other marks: {moved} students; only another finding: {named}."
    )
    for who, said in (
        (found.again, "handed in anew since, which `steepest-grader grade` grades"),
        (found.absent, "graded, but not in the folder of submissions; they keep what they have"),
    ):
        if who:
            say(f"{len(who)} {said}: {escaped(', '.join(who[:10]))}{', …' * (len(who) > 10)}")
    warn_of(found.failed, f"{found.lesson}, not graded:")


def _rows(change: Change) -> list[tuple[str, str, str, str, str]]:
    """One for each exercise, and one for the whole where that is another."""
    rows = [(change.student, item.exercise, *_sides(item.counted, item.points), item.why) for item in change.exercises]
    if change.moves:
        whole = _sides((change.before, change.after), change.points)
        rows.append((change.student, "", *whole, "all exercises"))
    return rows


def _sides(scores: tuple[float, float], points: tuple[float, float]) -> tuple[str, str]:
    return f"{scores[0]:g} / {points[0]:g}", f"{scores[1]:g} / {points[1]:g}"


def _print_case(case: Case, submitted: Path | None) -> None:
    """Both sides beside each other, without anything that a terminal would follow."""
    asked = case.request
    say(f"{escaped(asked.student)}, {asked.lesson}, {asked.exercise}")
    code = Table("what was handed in", "what is expected", expand=True)
    code.add_row(_code(case.handed_in), _code(case.expected))
    OUT.print(code)
    table = Table("", "when it was graded", "by the exercise as it is now", expand=True)
    then, now = _finding(case.then), _finding(case.now)
    for name, left in then.items():
        if left or now[name]:
            add_row(table, name, left, now[name])
    OUT.print(table)
    if case.by_hand is not None:
        say(f"A person has given {case.by_hand:g} points, which count.")
    if case.same:
        say("The exercise finds the same now. Points can be given by hand in formgrader, with a comment.")
        return
    words = _taking_over([asked.lesson], asked.student, submitted)
    say(f"The exercise finds something else now: `{words}` takes it over.")


def _taking_over(lessons: Sequence[str], student: str | None, submitted: Path | None) -> str:
    """The command that writes what was shown."""
    more = {"--student": student, "--submitted": submitted}
    words = [word for option, value in more.items() if value is not None for word in (option, str(value))]
    return shlex.join(["steepest-grader", "regrade", *lessons, *words, "--write"])


def _finding(verdict: Verdict) -> dict[str, str]:
    from steepest_grader.grading.changes import named

    found = {
        "points": f"{verdict.score or 0:g} / {verdict.points:g}",
        "finding": named(verdict),
        "said": verdict.message,
    }
    shown = verdict.example
    public = {"case": "", **dict.fromkeys(("expected", "received"), "")}
    if shown is not None:
        public = {"case": shown.case, "expected": shown.expected, "received": shown.received}
    return found | public


def _code(text: str) -> str:
    lines = text.expandtabs(4).splitlines()
    more = [f"… {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return escape(printable("\n".join([*lines[:MOST_LINES], *more]), kept="\n"))
