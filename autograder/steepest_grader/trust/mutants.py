"""Mutants of a lesson's solution, each judged as a submission is, in a process that can be ended."""

from __future__ import annotations

import ast
import contextlib
import os
import resource
import signal
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from steepest._checks.calls import Function, LocalTransport, local

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.judge import passes
from steepest_grader.exercise.ladder import is_measured
from steepest_grader.exercise.model import Exercise
from steepest_grader.notebook.cells import is_answer
from steepest_grader.notebook.parse import parse
from steepest_grader.trust.mutation import mutants

__all__ = ["Solutions", "Survey", "solutions", "survey"]

KILLED, SURVIVED = b"k", b"s"
WALL = 10  # so many times an exercise's own limit, on a machine that does something else as well
MEMORY = 4 << 30  # beside what the process holds already


@dataclass(frozen=True)
class Solutions:
    """What a lesson's solution consists of.

    Attributes
    ----------
    imports : str
        Those that the solutions need.
    sources : mapping of str to str
        By exercise id the cell that answers it, in the order of the lesson.
    """

    imports: str
    sources: Mapping[str, str]

    def dependents(self, exercise_id: str) -> list[str]:
        """Other exercises that an answer is part of: theirs calls it, or their judge does."""
        return [
            name
            for name, source in self.sources.items()
            if name != exercise_id
            and (exercise_id in _names(source) or exercise_id in catalogue.exercise(name).companions)
        ]


@dataclass(frozen=True)
class Survey:
    """What became of the mutants of one exercise's solution.

    Attributes
    ----------
    killed : int
        How many got less than full marks, for the exercise or for one that builds on it.
    ended : int
        How many of these had to be ended because they took too long.
    survivors : tuple of str
        Differences of those that got full marks and are not known to be equivalent.
    equivalent : dict of str to str
        Differences of those that are, and why.
    stale : tuple of str
        Changes recorded as equivalent that are none of the survivors.
    """

    killed: int
    ended: int = 0
    survivors: tuple[str, ...] = ()
    equivalent: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[str, ...] = ()


def solutions(lesson: Lesson) -> Solutions:
    """Take a lesson's solutions out of its source notebook."""
    cells = [cell for cell in lesson.source.cells if cell.cell_type == "code"]
    wanted = {exercise.id for exercise in lesson.exercises.values()}
    sources: dict[str, str] = {}
    for cell in cells:
        if is_answer(cell):
            tree = parse(cell.source)
            defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
            sources |= {name: cell.source for name in defined if name in wanted}
    needed = {name for source in sources.values() for name in _names(source)}
    lines: list[str] = []
    for cell in cells:
        with contextlib.suppress(SyntaxError):  # a magic
            lines += [line for line in _imports(parse(cell.source), needed) if line not in lines]
    return Solutions("\n".join(lines), sources)


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(parse(source)) if isinstance(node, ast.Name)}


def _imports(tree: ast.Module, needed: set[str]) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            used = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in needed]
            node.names = used
            yield from [ast.unparse(node)] if used else []


def survey(given: Solutions, exercise_id: str, *, seconds: float | None = None) -> Survey:
    """Judge every mutant of the answer to one exercise.

    Parameters
    ----------
    given : Solutions
        All solutions of the lesson: what is changed is one of them.
    exercise_id : str
        Which.
    seconds : float, optional
        CPU seconds that a mutant may take; by default the exercise's own limit.

    Raises
    ------
    CourseError
        If the answer itself does not get full marks.
    """
    exercise = catalogue.exercise(exercise_id)
    made = mutants(given.sources[exercise_id])
    for item in _asked(given, exercise):  # what it is compared with is made once, before processes part
        passes(item, local(item.reference, item.id, companions=item.companions))
    sources = [given.sources[exercise_id], *(mutant.source for mutant in made)]
    itself, *fates = _fates(given, exercise, sources, seconds or exercise.seconds)
    if itself != SURVIVED:
        raise CourseError(f"{exercise_id}: the solution itself does not get full marks, so its mutants say nothing.")
    left = [mutant for mutant, fate in zip(made, fates, strict=True) if fate == SURVIVED]
    reasons = {change: reason for reason, changes in exercise.equivalent.items() for change in changes}
    known = {mutant.difference: reasons.get(mutant.change) for mutant in left}
    return Survey(
        killed=len(made) - len(left),
        ended=fates.count(None),
        survivors=tuple(difference for difference, reason in known.items() if reason is None),
        equivalent={difference: reason for difference, reason in known.items() if reason is not None},
        stale=tuple(change for change in reasons if change not in {mutant.change for mutant in left}),
    )


def _survives(given: Solutions, exercise: Exercise, source: str) -> bool:
    """Whether a lesson with this answer gets full marks, as far as they depend on it."""
    namespace: dict[str, Any] = {}
    try:
        exec(given.imports, namespace)
        for text in {**given.sources, exercise.id: source}.values():
            exec(text, namespace)
    except Exception:  # noqa: BLE001 - a mutant may raise whatever it wants
        return False
    return all(passes(item, Function(item.id, LocalTransport(namespace))) for item in _asked(given, exercise))


def _asked(given: Solutions, exercise: Exercise) -> list[Exercise]:
    others = map(catalogue.exercise, given.dependents(exercise.id))
    return [
        exercise,
        *(item for item in others if not is_measured(item)),
    ]  # to measure takes seconds, and luck would decide


def _fates(given: Solutions, exercise: Exercise, sources: Sequence[str], seconds: float) -> Iterator[bytes | None]:
    """For each source whether it survives, or None where it had to be ended.

    A child judges one after the other and says what comes of it. The source at which it ends has used up its time;
    the next child goes on behind it.
    """
    rest = list(sources)
    while rest:
        told = _in_a_child(given, exercise, rest, seconds)
        yield from told
        if len(told) < len(rest):
            yield None
        rest = rest[len(told) + 1 :]


def _in_a_child(given: Solutions, exercise: Exercise, rest: Sequence[str], seconds: float) -> list[bytes]:
    receive, send = os.pipe()
    with warnings.catch_warnings():  # of threads: a lane runs nothing in them
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _judge_all(given, exercise, rest, seconds, send)
    os.close(send)
    with os.fdopen(receive, "rb") as stream:
        told = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status > 0 or (status == 0 and len(told) < len(rest)):
        raise RuntimeError(f"{exercise.id}: judging a mutant failed; see above. It is\n{rest[len(told)]}")
    return [told[place : place + 1] for place in range(len(told))]


def _judge_all(given: Solutions, exercise: Exercise, rest: Sequence[str], seconds: float, send: int) -> NoReturn:
    """What the child does: it is ended by a signal, or exits."""
    status = 1
    try:
        warnings.simplefilter("ignore")  # a mutant may do what torch warns of
        _limit_memory()
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        for source in rest:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, WALL * seconds)
            os.write(send, SURVIVED if _survives(given, exercise, source) else KILLED)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may go on from here as if it were the parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _limit_memory() -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
