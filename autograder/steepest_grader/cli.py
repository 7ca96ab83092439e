"""The command line: each verb parses, calls one function, and prints what it returns.

What a verb needs it imports itself, so that help and a mistyped name do not wait for torch.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from steepest_grader.course.find import find_any_course, find_course, secret_of
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.course.unfilled import unfilled
from steepest_grader.errors import CourseError
from steepest_grader.terminal import (
    ERR,
    OURS,
    OUT,
    add_row,
    errors_of_files,
    errors_told,
    fail,
    fail_for_ours,
    print_board,
    print_grades,
    print_proofs,
    print_table,
    progress,
    say,
    warn,
    warn_of,
    write_json,
)
from steepest_grader.verbs import handout
from steepest_grader.verbs.course import course as course_verbs
from steepest_grader.verbs.marks import marks
from steepest_grader.verbs.new import new
from steepest_grader.verbs.regrade import regrade
from steepest_grader.verbs.sandboxed import jobs_option, open_for, private, unsafe_option
from steepest_grader.verbs.shared import (
    exports_option,
    gradebook_option,
    identify_option,
    json_option,
    say_unfilled,
)
from steepest_grader.verbs.site import site

if TYPE_CHECKING:
    from steepest_grader.exercise.model import GradedSubmission


class _Group(click.Group):
    """Tells errors as `errors_told` does."""

    def invoke(self, context: click.Context) -> Any:
        with errors_told():
            return super().invoke(context)


@dataclass(frozen=True)
class _Settings:
    start: Path

    @property
    def course(self) -> TextCourse:
        return find_course(self.start)

    @property
    def any_course(self) -> Course:
        return find_any_course(self.start)

    @property
    def no_course(self) -> Course | None:
        """The course, for verbs that need none."""
        try:
            return self.any_course
        except CourseError:
            return None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--course",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="A folder of the course.",
)
@click.version_option(package_name="steepest-grader")
@click.pass_context
def main(context: click.Context, course: Path) -> None:
    """Build, release, grade and verify the lessons of a course."""
    os.environ["OMP_NUM_THREADS"] = "1"  # torch's threads: lanes take the cores, and tensors are small
    context.obj = _Settings(course)


main.add_command(course_verbs)
main.add_command(handout.release)
main.add_command(handout.solutions)
main.add_command(marks)
main.add_command(new)
main.add_command(regrade)
main.add_command(site)


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; show what is not current, and exit 1.")
@click.pass_obj
def build(settings: _Settings, check: bool) -> None:
    """Write lessons/ and the stored outcomes from solutions/ and the exercises."""
    from steepest_grader.course import release

    with progress() as bar:
        task = bar.add_task("build", total=None)
        changed = release.build(settings.course, check=check, progress=lambda text: bar.update(task, description=text))
    for line in changed:
        OUT.print(line, markup=False, highlight=False)
    wrong = ["These files are not current. Run `steepest-grader build`."] if check and changed else []
    wrong += map(str, unfilled(settings.course) if check else [])
    if wrong:
        fail("\n".join(wrong))
    if not check:
        release.write_course(settings.course)
    OUT.print("Everything is current." if not changed else f"{len(changed)} files were written.")
    if not check:
        say_unfilled(settings.course)


@main.command("sample-class")
@click.argument("lessons", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="Where to; by default build/sample.")
@click.option("--size", type=click.IntRange(1), help="How many submissions; by default one of each kind.")
@click.pass_obj
def sample_class(settings: _Settings, lessons: tuple[str, ...], out: Path | None, size: int | None) -> None:
    """Write a class of submissions of known kinds."""
    course = settings.course
    named = course.named(lessons)
    from steepest_grader.course.lesson import load
    from steepest_grader.trust import sample_class as module

    folder = out or course.build_dir / "sample"
    with errors_of_files():
        for name in named:
            written = module.write(load(course, name), folder, size=size)
            OUT.print(f"{name}: {len(written)} submissions in {folder}")


@main.command()
@click.argument("lessons", nargs=-1)
@click.option("--submitted", type=click.Path(path_type=Path), help="Folder of <student>/<lesson>/<lesson>.ipynb.")
@gradebook_option
@jobs_option
@click.option("--scheduler", help="Address of a Dask scheduler: grade on its workers, as many at a time as threads.")
@click.option("--student", help="Only this student.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", help="Where judge and students compute.")
@click.option("--force", is_flag=True, help="Grade again what has not changed.")
@click.option("--quiet", is_flag=True, help="Print of a class only what wants an eye, and a line that sums it up.")
@json_option
@unsafe_option
@click.pass_obj
def grade(
    settings: _Settings,
    lessons: tuple[str, ...],
    submitted: Path | None,
    gradebook: str | None,
    jobs: int,
    scheduler: str | None,
    student: str | None,
    device: str,
    force: bool,
    quiet: bool,
    json_file: Path | None,
    unsafe_no_sandbox: bool,
) -> None:
    """Grade what is new or changed, and write the gradebook; all that was handed in where no lesson is named."""
    course = settings.any_course
    named = course.named(lessons)
    folder = submitted or course.folder("submitted")
    if not folder.is_dir():
        fail(f"There is no folder {folder}. Name the folder of submissions with --submitted.")
    from steepest_grader.exercise.model import Outcome
    from steepest_grader.grading.batch import grade_lesson
    from steepest_grader.grading.collect import handed_in

    named = named or handed_in(folder, course.lessons(), student=student)
    if not named:
        path = folder / (student or "<student>") / "<lesson>"
        fail(f"There is nothing to grade: no folder {path} of any lesson. Check --submitted and --student.")
    sandbox = open_for(unsafe_no_sandbox, private(course, folder, gradebook=gradebook), device, here=scheduler is None)
    graded: list[GradedSubmission] = []
    troubles = []
    for name in named:
        with progress() as bar:
            task = bar.add_task(name, total=None)

            def tell(done: int, total: int, who: str, task: Any = task, bar: Progress = bar) -> None:
                bar.update(task, completed=done, total=total, description=escape(who))

            batch = grade_lesson(
                course,
                name,
                folder,
                sandbox=sandbox,
                url=gradebook,
                jobs=jobs,
                scheduler=scheduler,
                students=None if student is None else {student},
                force=force,
                tell=tell,
            )
        graded += batch.submissions
        print_grades(name, batch.submissions, batch.reused, quiet=quiet)
        if batch.lost:
            say(
                f"{batch.lost}, which the hidden cases follow from, was missing, and a new one is made: whatever was "
                "graded before is graded again with new cases when its lesson is."
            )
        if batch.undated:
            shown = [f"{who} ({why})" for who, why in list(batch.undated.items())[:10]]
            more = ", …" * (len(batch.undated) > 10)
            say(
                f"{len(batch.undated)} submissions count as in time, or as what came before, for want of a time: "
                f"{', '.join(shown)}{more}"
            )
        troubles += [batch.trouble] if batch.trouble else []
    write_json(json_file, [item.as_json() for item in graded])
    for trouble in troubles:
        warn(trouble)
    fail_for_ours([item.student for item in graded if item.outcome is Outcome.GRADER_ERROR])
    if troubles:
        raise SystemExit(1)
    for name in set(named) - {item.lesson for item in graded}:
        path = folder / (student or "<student>") / name
        fail(f"There is nothing to grade: no folder {path}. Check --submitted and --student.")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--exercise", help="Judge this exercise and no other.")
@jobs_option
@json_option
@unsafe_option
@click.pass_obj
def judge(
    settings: _Settings,
    paths: tuple[Path, ...],
    exercise: str | None,
    jobs: int,
    json_file: Path | None,
    unsafe_no_sandbox: bool,
) -> None:
    """Judge Python files: every function that bears an exercise's id."""
    from steepest_grader.exercise import catalogue
    from steepest_grader.exercise.hidden import Hidden
    from steepest_grader.exercise.model import Outcome
    from steepest_grader.grading import judging

    known = catalogue.by_id()
    if exercise is not None and exercise not in known:
        fail(f"There is no exercise {exercise!r}. The exercises are: {', '.join(known)}.")
    for path in paths:
        if not os.path.lexists(path):
            fail(f"There is no file {path}.")
    shared = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    sandbox = open_for(unsafe_no_sandbox, private(settings.no_course, shared))
    rows: list[dict[str, Any]] = []
    hidden = Hidden(secret_of(settings.start.resolve()))
    judged = partial(judging.judge_file, sandbox=sandbox, hidden=hidden, only=exercise, below=shared)
    with progress() as bar, ThreadPoolExecutor(max_workers=jobs) as lanes:
        for found in bar.track(lanes.map(judged, paths), total=len(paths), description="judge"):
            rows += found
    table = Table("file", "exercise", "score", "outcome", "diagnosis", "message")
    for row in rows:
        score = "" if row["score"] is None else f"{row['score']:g} / {row['points']:g}"
        add_row(table, row["file"], row["exercise"], score, row["outcome"], row["diagnosis"], row["message"])
    print_table(table)
    write_json(json_file, rows)
    fail_for_ours([row["file"] for row in rows if row["outcome"] == Outcome.GRADER_ERROR])


@main.command()
@click.argument("lessons", nargs=-1)
@gradebook_option
@click.option("--student", help="Only this student.")
@click.pass_obj
def feedback(settings: _Settings, lessons: tuple[str, ...], gradebook: str | None, student: str | None) -> None:
    """Write a page for each student, without hidden tests; of all that is graded where no lesson is named."""
    course = settings.any_course
    named = course.named(lessons)
    from steepest_grader.desk.feedback import write_feedback
    from steepest_grader.gradebook.autograded import Autograded

    if not named:
        graded = {name: Autograded(course, name).stored() for name in course.lessons()}
        named = [name for name, found in graded.items() if (found if student is None else student in found)]
    if not named:
        fail("Nothing is graded. Run `steepest-grader grade` first.")
    without: list[str] = []
    for name in named:
        with ERR.status(f"{name}: writing pages"):
            pages, passed_over, failed = write_feedback(course, name, gradebook, None if student is None else [student])
        OUT.print(f"{name}: {len(pages)} pages in {course.folder('feedback')}")
        if passed_over:
            say(f"Not in this gradebook, and passed over: {', '.join(passed_over)}.")
        warn_of(failed, f"{name}, no page for")
        without += list(failed)
    if without:
        raise SystemExit(OURS)


@main.command()
@click.argument("lessons", nargs=-1)
@click.option("--course", "whole", is_flag=True, help="Over the term: all lessons, weighed as course.toml has it.")
@gradebook_option
@click.option(
    "--submitted",
    type=click.Path(path_type=Path),
    help="Where the submissions came from, for attempts and minutes; by default build/course/submitted.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="By default in build/course/reports.")
@json_option
@click.pass_obj
def report(
    settings: _Settings,
    lessons: tuple[str, ...],
    whole: bool,
    gradebook: str | None,
    submitted: Path | None,
    out: Path | None,
    json_file: Path | None,
) -> None:
    """Write the instructor's page for lessons; for the whole course where none is named."""
    course = settings.any_course
    if whole and lessons:
        fail("Name lessons or --course, and not both.")
    named = course.named(lessons) if lessons else course.lessons()
    from steepest_grader.desk import report as module
    from steepest_grader.desk.course_standing import course_standing
    from steepest_grader.desk.standing import LEFT_OUT

    with ERR.status("reading marks and answers"):
        found, people = module.class_standing(course, named, gradebook, submitted)
    term = course_standing(course.plan, found) if whole else None
    path = out or module.report_path(course, [] if whole else named)
    with errors_of_files():
        module.write_report(course, path, found, people, gradebook, term)
    write_json(json_file, module.as_json(found) if term is None else term.as_json())
    concerned = {concern.student for item in found for concern in item.concerns}
    alike = sum(len(item.similar) for item in found)
    awaiting = sum(len(cell.awaiting) for item in found for cell in item.by_hand)
    say(f"{', '.join(item.lesson for item in found)}: {path}")
    say(f"students who want a human eye: {len(concerned)}; groups of answers that are nearly the same: {alike}")
    say(f"answers that wait to be graded by hand: {awaiting}")
    for item in found:
        left_out = {who.student: who.reasons[0] for who in item.concerns if who.kind == LEFT_OUT}
        warn_of(left_out, f"{item.lesson}, could not be looked at:")
    if any(who.kind == LEFT_OUT for item in found for who in item.concerns):
        raise SystemExit(OURS)


@main.command()
@click.argument("lessons", nargs=-1)
@click.option(
    "--format", "style", type=click.Choice(["csv", "canvas", "moodle"]), required=True, help="What imports it."
)
@click.option(
    "--per", type=click.Choice(["lesson", "exercise"]), default="lesson", help="A mark for each lesson or exercise."
)
@gradebook_option
@click.option("--unfinished", is_flag=True, help="A lesson's mark also where an answer waits to be graded by hand.")
@identify_option
@exports_option
@click.pass_obj
def export(
    settings: _Settings,
    lessons: tuple[str, ...],
    style: str,
    per: str,
    gradebook: str | None,
    unfinished: bool,
    identify: str,
    out: Path | None,
) -> None:
    """Write marks as a table; of the whole course where no lesson is named."""
    course = settings.any_course
    named = course.named(lessons) if lessons else course.lessons()
    from steepest_grader.desk import export as module

    table = module.export(
        course, named, style, url=gradebook, exercises=per == "exercise", unfinished=unfinished, identify=identify
    )
    path = out or module.export_path(course, named, style)
    with errors_of_files():
        module.write(path, table)
    say(f"{', '.join(table.lessons)}: {table.students} students in {path}")
    for name, count in table.awaiting.items():
        say(f"{name}: {count} without a mark, because answers wait to be graded by hand; --unfinished gives one.")
    for reason in dict.fromkeys(table.left_out.values()):
        names = [student for student, found in table.left_out.items() if found == reason]
        say(f"Left out: {', '.join(names[:10])}{f' and {len(names) - 10} more' * (len(names) > 10)}: {reason}.")


@main.command()
@click.argument("lesson")
@click.option("--seed", type=click.IntRange(0), help="Play the tasks of an earlier run again; by default new ones.")
@click.option("--tasks", type=click.IntRange(2, 1000), default=20, show_default=True, help="How many tasks each plays.")
@click.option("--admit", multiple=True, metavar="STUDENT", help="Show this submission: you have looked at it.")
@click.option("--force", is_flag=True, help="With --seed: play again what has not changed.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="By default in build/course/leaderboards.")
@jobs_option
@json_option
@unsafe_option
@click.pass_obj
def leaderboard(
    settings: _Settings,
    lesson: str,
    seed: int | None,
    tasks: int,
    admit: tuple[str, ...],
    force: bool,
    out: Path | None,
    jobs: int,
    json_file: Path | None,
    unsafe_no_sandbox: bool,
) -> None:
    """Play the graded submissions of a contest on new tasks: a page and a table for the class. No mark changes."""
    course = settings.any_course
    course.named([lesson])
    from steepest_grader.desk import leaderboard as module
    from steepest_grader.grading.contest import play_contest

    path = out or module.board_path(course, lesson)
    module.table_path(path)  # before all the work
    fresh = seed is None
    seed = secrets.randbits(48) if seed is None else seed
    sandbox = open_for(unsafe_no_sandbox, private(course))
    say(f"{lesson}: {tasks} tasks of --seed {seed}")
    with progress() as bar:
        task = bar.add_task(lesson, total=None)
        played = play_contest(
            course, lesson, seed=seed, tasks=tasks, sandbox=sandbox, jobs=jobs, force=force,
            tell=lambda done, total, who: bar.update(task, completed=done, total=total, description=escape(who)),
        )  # fmt: skip
    found = module.board(played, admitted=admit)
    with errors_of_files():
        table = module.write_board(found, path)
    write_json(json_file, module.as_json(found))
    print_board(found, played.reused)
    if not fresh and played.reused < len(played.entries):
        say("Some were played now on the tasks of an earlier run, which may be known: for a contest draw new ones.")
    say(f"for the class: {path} and {table}")
    fail_for_ours(found.ours)


@main.command()
@click.argument("lessons", nargs=-1)
@click.option("--seeds", default=0, show_default=True, help="Judge every accepted variant with so many further seeds.")
@click.option("--mutants", is_flag=True, help="Change each solution in small ways, and see that it loses marks.")
@click.option("--page", type=click.Path(path_type=Path), help="With --mutants: write what was found to FILE, as text.")
@click.option("--answers", type=click.Path(path_type=Path), help="With --page: judge the answers of others in DIR too.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Processes at a time."
)
@json_option
@unsafe_option
@click.pass_obj
def verify(
    settings: _Settings,
    lessons: tuple[str, ...],
    seeds: int,
    mutants: bool,
    page: Path | None,
    answers: Path | None,
    jobs: int,
    json_file: Path | None,
    unsafe_no_sandbox: bool,
) -> None:
    """Grade the grader: solutions, blanks, accepted variants, mistakes, zeros, mutants."""
    course = settings.course
    named = course.named(lessons) if lessons else course.lessons()
    if page is not None and (lessons or not mutants):
        fail("The page is of the whole course: use --page with --mutants, and name no lesson.")
    if answers is not None and page is None:
        fail("What is found with --answers stands on the page: use it with --page.")
    from steepest_grader.course.lesson import load
    from steepest_grader.exercise.processes import processes
    from steepest_grader.trust import answers as others
    from steepest_grader.trust import page as trust
    from steepest_grader.trust import verify as module

    sandbox = open_for(unsafe_no_sandbox, private(course))
    found, said = {}, []
    files = {} if answers is None else others.files(answers)
    with processes(jobs) as pool, progress() as bar:
        tallies = {
            part: {name: pool.submit(others.tally, path) for name, path in files[part].items()} for part in files
        }
        for name in named:
            task = bar.add_task(name, total=None)
            lesson = load(course, name)
            bar.update(task, total=len(lesson.exercises) + 2)
            found[name] = module.verify(
                lesson, sandbox=sandbox, pool=pool, seeds=seeds, mutants=mutants,
                progress=partial(_advance, bar, task),
            )  # fmt: skip
            said += module.shortfalls(name, found[name])
        said += map(str, unfilled(course, named if lessons else None))
        told = {part: {name: tally.result() for name, tally in group.items()} for part, group in tallies.items()}
    rows = {name: {key: proof.as_json() for key, proof in proofs.items()} for name, proofs in found.items()}
    write_json(json_file, rows)
    print_proofs(found, mutants)
    if page is not None:
        with errors_of_files():
            page.write_text(trust.page(rows, trust.states(course), told), encoding="utf-8")
    if said:
        fail("\n".join(said))


@main.command()
@json_option
@click.pass_obj
def doctor(settings: _Settings, json_file: Path | None) -> None:
    """Say what works on this machine, and how to mend what does not."""
    from steepest_grader.doctor import examine

    with ERR.status("looking"):
        found = examine(private(settings.no_course))
    table = Table("", "part", "found")
    for item in found:
        mark = "[green]✓[/]" if item.works else "[red]✗[/]" if item.needed else "[yellow]–[/]"
        table.add_row(mark, item.name, escape(item.said))
    print_table(table)
    write_json(json_file, [item.as_json() for item in found])
    if not all(item.works for item in found if item.needed):
        fail("Grading does not work here yet.")


def _advance(bar: Progress, task: TaskID, text: str) -> None:
    bar.update(task, advance=1, description=text)
