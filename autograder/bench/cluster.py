"""Grade the same submissions on a Dask cluster of one worker and of two; print how well the second one helps.

Scheduler and workers are processes of this machine, so that the figures say what coordination costs, not what a
network does. Run it where at least as many cores are free as there are workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from bench import HOME, LESSON, OUT, cpu, honest_samples, memory
from distributed import Client
from steepest_grader.course.lesson import Lesson, load
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.schedule import grade_all
from steepest_grader.sandbox.choice import open_sandbox
from steepest_grader.trust.sample_class import Sample

MIB = 2**20


@dataclass
class Run:
    """What so many workers took for all submissions, after each had graded one."""

    workers: int
    count: int
    wall: float
    coordinator: float
    scheduler: float
    sizes: list[int]


@click.command()
@click.option("--size", default=2000, show_default=True, help="Submissions.")
@click.option(
    "--workers", default=(1, 2), multiple=True, type=int, show_default=True, help="Numbers of workers to try."
)
def main(size: int, workers: tuple[int, ...]) -> None:
    """Measure what a second worker brings, and what the coordinator costs."""
    lesson = load(HOME, LESSON)
    samples = honest_samples(lesson, min(size, 60))
    runs = []
    for number in workers:
        with OUT.status(f"{size} submissions, {number} workers"):
            runs.append(_run(lesson, samples, size, number))
    OUT.print(_report(runs), markup=False, highlight=False)


def _run(lesson: Lesson, samples: list[Sample], size: int, workers: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="st-") as folder, ExitStack() as stack:
        file = Path(folder) / "scheduler.json"
        running = stack.enter_context(_process("scheduler", "--port", "0", "--scheduler-file", str(file)))
        while not file.exists() or not file.read_text():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        for _ in range(workers):
            options = ("--nthreads", "1", "--no-nanny", "--local-directory", folder)
            stack.enter_context(_process("worker", address, *options))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers)
        # never opened: it tells the workers what kind of sandbox they need
        sandbox = open_sandbox()

        def grade(count: int) -> Iterator[int]:
            names = (Submission(f"s{number}", samples[number % len(samples)].data) for number in range(count))
            for number, item in enumerate(grade_all(lesson, names, sandbox=sandbox, scheduler=address), start=1):
                if item.score is None:
                    raise SystemExit(f"{item.student}: {item.message}")
                yield number

        for _ in grade(4 * workers):  # workers start their sandboxes, and compute every known mistake
            pass
        sizes = []
        wall, own, theirs = time.monotonic(), time.process_time(), cpu(running.pid)
        for number in grade(size):
            if number % max(size // 5, 1) == 0:
                sizes.append(memory(os.getpid()))
        wall, own = time.monotonic() - wall, time.process_time() - own
        return Run(workers, size, wall, own / size, (cpu(running.pid) - theirs) / size, sizes)


@contextmanager
def _process(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


def _report(runs: list[Run]) -> str:
    lines = [
        f"{runs[0].count} submissions of `{LESSON}` on a Dask cluster, workers of one thread; measured after every",
        f"worker had started, on {os.cpu_count()} cores that scheduler and coordinator share with the workers.",
        "",
        "| workers | s a submission | efficiency | coordinator, core ms a submission | scheduler, core ms | MiB |",
        "|---:|---:|---:|---:|---:|---|",
    ]
    for run in runs:
        efficiency = runs[0].wall * runs[0].workers / (run.wall * run.workers)
        sizes = ", ".join(f"{size / MIB:.0f}" for size in run.sizes)
        lines.append(
            f"| {run.workers} | {run.wall / run.count:.3f} | {efficiency:.2f} | {1000 * run.coordinator:.1f} "
            f"| {1000 * run.scheduler:.1f} | {sizes} |"
        )
    return "\n".join([*lines, "", "MiB: what the coordinator holds after each fifth of the submissions."])


if __name__ == "__main__":
    main()
