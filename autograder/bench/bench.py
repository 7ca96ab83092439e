"""Grade the same submissions with plain nbgrader and with ours, in one run; print and keep the comparison.

Run by `make bench`. The ratio is what counts: both are measured on the same machine, one right after the other.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import matplotlib
import psutil  # type: ignore[import-untyped]
import torch
from nbgrader.api import Gradebook
from rich.console import Console
from steepest_grader.course import release
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse
from steepest_grader.exercise.judge import candidates, judge_local
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.schedule import grade_all
from steepest_grader.notebook.restore import read, restore
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.choice import open_sandbox
from steepest_grader.sandbox.courier import PROGRAM
from steepest_grader.trust.sample_class import Sample, samples

LESSON = "05_momentum"
HOME = find_course(Path(__file__).parent)
TABLE = HOME.root / "docs" / "benchmarks.md"
OUT = Console(width=110)


@dataclass
class Run:
    """What one way of grading took, per submission where nothing else is said."""

    count: int
    scores: dict[str, dict[str, float | None]] = field(default_factory=dict)
    begin: float = 0.0
    wall: float = 0.0
    core: float = 0.0
    beginning: float = 0.0
    writing: float = 0.0
    graded: list[GradedSubmission] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Wall time of a submission."""
        return self.wall / self.count

    def mean(self, name: str) -> float:
        """Mean of one of the figures in `Spent`."""
        return sum(float(getattr(item.spent, name)) for item in self.graded) / self.count


@click.command()
@click.option("--size", default=60, show_default=True, help="Submissions that both grade.")
@click.option("--many", default=2000, show_default=True, help="Submissions that show whether memory grows; 0: none.")
@click.option("--write/--no-write", default=True, help="Write the table to docs/benchmarks.md.")
def main(size: int, many: int, write: bool) -> None:
    """Compare with plain nbgrader, and look for growth."""
    with tempfile.TemporaryDirectory(prefix="st-") as folder:
        course = _course(Path(folder))
        lesson = load(HOME, LESSON)
        chosen = honest_samples(lesson, size)
        with OUT.status(f"ours: {size} submissions"):
            ours, peaks = _ours(course, lesson, chosen)
        with OUT.status(f"growth over {many} submissions"):
            growth = _growth(course, lesson, chosen, many) if many else []
        with OUT.status(f"nbgrader: {size} submissions, one after another"):
            theirs = _nbgrader(course, lesson, chosen)
    unequal = sorted(name for name in ours.scores if ours.scores[name] != theirs.scores[name])
    if unequal:
        raise SystemExit(f"The scores of {len(unequal)} submissions differ: {', '.join(unequal[:5])}.")
    text = _report(ours, theirs, _own(lesson, chosen), peaks, growth)
    OUT.print(text, markup=False, highlight=False)
    if write:
        before = TABLE.read_text() if TABLE.exists() else ""
        rest = before.partition("<!-- end of bench -->")[2] or "\n"
        TABLE.write_text(f"{text}\n<!-- end of bench -->{rest}")


def _course(folder: Path) -> Course:
    """The real course, with a build folder of its own."""
    for name in ("solutions", "autograder", "lessons"):
        (folder / name).symlink_to(HOME.root / name)
    course = TextCourse(folder)
    release.write_course(course, [LESSON])
    return course


def honest_samples(lesson: Lesson, size: int) -> list[Sample]:
    """Honest submissions, right and wrong, evenly from all kinds."""
    kinds = [item for item in samples(lesson) if item.kind.startswith(("correct", "accepted-", "mistake-"))]
    return [kinds[number * len(kinds) // size] for number in range(size)]


def _ours(course: Course, lesson: Lesson, chosen: list[Sample]) -> tuple[Run, tuple[int, int]]:
    run = Run(len(chosen))
    submissions = [Submission(item.kind, item.data) for item in chosen]
    with _clock(run), GradebookWriter(None, course) as book:
        begun, used = time.monotonic(), time.process_time()
        book.prepare(load(HOME, LESSON))
        for exercise in lesson.exercises.values():
            candidates(exercise)
        with open_sandbox() as sandbox:
            run.begin = time.monotonic() - begun
            run.beginning = time.process_time() - used + cpu(_zygote(sandbox))
            whole = 0
            for graded in grade_all(lesson, submissions, sandbox=sandbox, jobs=os.cpu_count() or 1):
                started = time.monotonic()
                book.record(graded)
                run.writing += time.monotonic() - started
                run.graded.append(graded)
                whole = max(whole, memory(os.getpid()) + _couriers())
            run.core += cpu(_zygote(sandbox))  # no wait of ours counts it: it is a grandchild
            zygote = memory(_zygote(sandbox))
    run.scores = {item.student: {v.exercise: v.score for v in item.verdicts} for item in run.graded}
    lane = max(item.spent.memory for item in run.graded)
    return run, (lane, whole + zygote)


def _growth(course: Course, lesson: Lesson, chosen: list[Sample], many: int) -> list[tuple[int, int]]:
    """Memory of grader, couriers and zygote as more and more is graded: how many, and bytes."""
    found = []
    every = max(many // 5, 1)
    with open_sandbox() as sandbox, GradebookWriter(None, course) as book:
        names = (Submission(f"s{number}", chosen[number % len(chosen)].data) for number in range(many))
        graded = grade_all(lesson, names, sandbox=sandbox, jobs=os.cpu_count() or 1)
        for number, item in enumerate(graded, start=1):
            book.record(item)
            if number % every == 0:
                found.append((number, memory(os.getpid()) + _couriers() + memory(_zygote(sandbox))))
    return found


def _own(lesson: Lesson, chosen: list[Sample]) -> float:
    """Core seconds of a submission that are the student's own: its cells, and what its functions take when judged.

    Measured in this process: no kernel, no message, no wall. The samples are ours and can be trusted.
    """
    total = 0.0

    @contextmanager
    def clock() -> Iterator[None]:
        nonlocal total
        before = time.process_time()
        try:
            yield
        finally:
            total += time.process_time() - before

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with clock():
                return function(*args, **kwargs)

        return call

    def run(item: Sample) -> None:
        space: dict[str, Any] = {"__name__": "__main__"}
        for cell in restore(read(item.data or b""), lesson.released).cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if cell.cell_type != "code" or "demo" in cell.metadata.get("tags", []):
                continue
            if name in lesson.exercises:
                judge_local(lesson.exercises[name], timed(space[name]))
            else:
                with clock():
                    exec(compile(cell.source, name, "exec"), space)

    matplotlib.use("agg")
    run(chosen[0])  # imports
    total = 0.0
    for item in chosen:
        run(item)
    return total / len(chosen)


def _nbgrader(course: Course, lesson: Lesson, chosen: list[Sample]) -> Run:
    run = Run(len(chosen))
    plain = course.root / "plain"
    shutil.copytree(course.course_dir / "source", plain / "source")
    shutil.copy(course.course_dir / "nbgrader_config.py", plain)
    for item in chosen:
        place = plain / "submitted" / item.kind / LESSON
        place.mkdir(parents=True)
        (place / f"{LESSON}.ipynb").write_bytes(item.data or b"")
    _call(plain, "generate_assignment", LESSON, "--force")
    with _clock(run):
        _call(plain, "autograde", LESSON)
    with Gradebook(f"sqlite:///{plain / 'gradebook.db'}", "steepest") as book:
        for item in chosen:
            grades = book.find_submission_notebook(LESSON, LESSON, item.kind).grades
            run.scores[item.kind] = {grade.name: grade.auto_score for grade in grades if grade.name in lesson.exercises}
    return run


def _call(folder: Path, *verb: str) -> None:
    scripts = Path(sys.executable).parent
    env = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}  # nbgrader calls `alembic` by name
    done = subprocess.run(
        [scripts / "nbgrader", *verb], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])


@contextmanager
def _clock(run: Run) -> Iterator[None]:
    """Wall and core seconds of this process and of all that end within."""

    def core() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(item.ru_utime + item.ru_stime for item in used)

    wall, before = time.monotonic(), core()
    yield
    run.wall, run.core = time.monotonic() - wall, run.core + core() - before


def _zygote(sandbox: Sandbox) -> int:
    """The process that forks: the innermost of the sandbox's."""
    assert sandbox._zygote is not None
    pid = sandbox._zygote._process.pid
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[0])
    return pid


def _couriers() -> int:
    """Memory of the lanes' children beyond this process's own, and of the processes that read messages, in bytes."""
    total, own = 0, memory(os.getpid())
    for child in psutil.Process().children(recursive=True):
        if PROGRAM in child.cmdline():
            total += memory(child.pid)
        elif child.cmdline() == psutil.Process().cmdline():  # a fork
            total += max(memory(child.pid) - own, 0)
    return total


def cpu(pid: int) -> float:
    """Core seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """What a process holds that is not mapped from files, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon", "RssShmem")))


def _report(ours: Run, theirs: Run, own: float, peaks: tuple[int, int], growth: list[tuple[int, int]]) -> str:
    mib = 2**20
    cpu = ours.mean("cpu")
    rest = (ours.core - ours.beginning) / ours.count - cpu
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench`: {ours.count} submissions of `{LESSON}`, right and wrong, graded by plain",
        "`nbgrader autograde` and by `steepest-grader`; all scores of all exercises are equal.",
        "",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_ram()} GiB; Linux {platform.release()}, "
        f"Python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}.",
        "",
        "| a submission | nbgrader | steepest-grader | ratio |",
        "|---|---:|---:|---:|",
        f"| wall time (s) | {theirs.seconds:.2f} | {ours.seconds:.3f} | {theirs.seconds / ours.seconds:.1f} |",
        f"| core time (s) | {theirs.core / theirs.count:.2f} | {ours.core / ours.count:.3f} "
        f"| {theirs.core / ours.core:.1f} |",
        "",
        f"Ours includes {ours.begin:.1f} s ({ours.beginning:.1f} core seconds) before the first submission: the",
        "sandbox warms up, and every known mistake is computed once. nbgrader's kernels compute those mistakes each",
        "for itself, and run the figures and demos of the notebook too; ours leave out those that are as released,",
        "because no mark depends on them.",
        "",
        "| where the time of a submission goes | s |",
        "|---|---:|",
        f"| start: until a forked kernel answers | {ours.mean('start'):.3f} |",
        f"| the notebook's cells | {ours.mean('cells'):.3f} |",
        f"| calls of the student's functions, with their way there and back | {ours.mean('calls'):.3f} |",
        f"| judging what they returned | {ours.mean('judging'):.3f} |",
        f"| writing, beside the lanes | {ours.writing / ours.count:.3f} |",
        "",
        "| core time of a submission, without the beginning | s |",
        "|---|---:|",
        f"| its kernel | {cpu:.3f} |",
        f"| everything else | {rest:.3f} |",
        f"| of both together, the student's own code, as measured without any kernel | {own:.3f} |",
        "",
        f"Memory of a lane's kernel: at most {peaks[0] / mib:.0f} MiB, most of it shared with the warm process; of",
        f"grader, couriers and warm process together, files not counted: {peaks[1] / mib:.0f} MiB.",
    ]
    if growth:
        told = ", ".join(f"{size / mib:.0f} MiB after {number}" for number, size in growth)
        lines += ["", f"Over many submissions: {told}."]
    return "\n".join(lines)


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return names[0] if names else platform.machine()


def _ram() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


if __name__ == "__main__":
    main()
