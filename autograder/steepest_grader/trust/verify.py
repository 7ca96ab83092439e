"""The grader grades itself: every solution, blank, variant and mistake must come out as the course says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode
from steepest._checks.finding import find

from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.delegated import delegated, traced
from steepest_grader.exercise.judge import first_forms, judge_local, refusals
from steepest_grader.exercise.ladder import is_measured
from steepest_grader.exercise.model import Accepted, Exercise, GradedSubmission, Mistake, Outcome, Verdict
from steepest_grader.exercise.trivial import TRIVIAL, WRONG_SHAPE
from steepest_grader.grading.submission import grade_submission
from steepest_grader.notebook.cells import Cell
from steepest_grader.notebook.flags import flags
from steepest_grader.notebook.watched import LIBRARY
from steepest_grader.sandbox.base import Sandbox
from steepest_grader.trust.mutants import Solutions, Survey, solutions, survey
from steepest_grader.trust.replay import earning
from steepest_grader.trust.sample_class import solved
from steepest_grader.trust.variants import source_of

__all__ = ["KILLED_SHARE", "NAMED_SHARE", "Proof", "shortfalls", "verify"]

NAMED_SHARE = 0.95
KILLED_SHARE = 0.98
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Proof:
    """What was found out about one exercise.

    Attributes
    ----------
    solution : bool
        The lesson's own solution gets full marks.
    blank : float
        What the released lesson gets as it is.
    accepted, caught, named : tuple of int
        How many passed, were caught, were named; and how many there are.
    library : tuple of int
        How many accepted variants are flagged as leaving the work to a library exactly if they do; and how many
        there are.
    let_pass : tuple of str
        Solutions without work and replays that earn something, or in a wrong shape that earn everything.
    unnamed : tuple of str
        Mistakes that were caught under another name or none.
    refused : dict of str to list of int
        Further seeds with which an accepted variant would be refused, by its name.
    luck : dict of str to tuple of float
        The least and the most that a mistake would earn with one of those seeds if it had no name, where they differ.
    mutants : Survey, optional
        What became of mutants of the solution, if they were made.
    """

    solution: bool
    blank: float
    accepted: tuple[int, int]
    caught: tuple[int, int]
    named: tuple[int, int]
    library: tuple[int, int] = (0, 0)
    let_pass: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    refused: Mapping[str, list[int]] = field(default_factory=dict)
    luck: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    mutants: Survey | None = None

    @property
    def killed(self) -> tuple[int, int]:
        """How many mutants were killed, and how many there are that are not equivalent."""
        found = self.mutants or Survey(0)
        return found.killed, found.killed + len(found.survivors)

    def as_json(self) -> dict[str, Any]:
        """The shape that `verify --json` promises; more is said of mutants where there are any."""
        result: dict[str, Any] = {
            "solution": self.solution,
            "blank": self.blank,
            "accepted": list(self.accepted),
            "caught": list(self.caught),
            "named": list(self.named),
            "mutants": list(self.killed),
            "zeros_rejected": not self.let_pass,
        }
        if self.mutants is not None:
            result |= {
                "library": list(self.library),
                "survivors": list(self.mutants.survivors),
                "equivalent": dict(self.mutants.equivalent),
                "ended": self.mutants.ended,
            }
        return result


def verify(
    lesson: Lesson,
    *,
    sandbox: Sandbox,
    pool: Executor,
    seeds: int = 0,
    mutants: bool = False,
    progress: Progress = lambda text: None,
) -> dict[str, Proof]:
    """Try a lesson's exercises.

    Parameters
    ----------
    lesson : Lesson
        What is asked; its solution and its blank are graded as submissions are.
    sandbox : Sandbox
        Where they run.
    pool : Executor
        Where exercises are tried, see `processes`.
    seeds : int
        With how many further seeds every accepted variant is judged.
    mutants : bool
        Whether mutants of the solution are made and judged.
    progress : callable
        Told what has been done.

    Returns
    -------
    dict of str to Proof
        By exercise id, in the lesson's order.
    """
    given = solutions(lesson) if mutants else None
    tried = {
        name: pool.submit(_prove, exercise.id, range(1, seeds + 1), given)
        for name, exercise in lesson.exercises.items()
    }
    full = _graded(lesson, "solution", solved(lesson), sandbox)
    progress("solution")
    blank = _graded(lesson, "blank", lesson.released, sandbox)
    progress("blank")
    proofs = {}
    for name, exercise in lesson.exercises.items():
        proofs[name] = replace(tried[name].result(), solution=full[name] == exercise.points, blank=blank[name])
        progress(name)
    return proofs


def shortfalls(lesson: str, proofs: dict[str, Proof]) -> list[str]:
    """Sentences for whatever is not as it must be."""
    said = []
    for name, proof in proofs.items():
        where = f"{lesson}, {name}"
        if not proof.solution:
            said.append(f"{where}: the solution does not get full marks.")
        if proof.blank:
            said.append(f"{where}: the blank lesson gets {proof.blank:g} points.")
        if proof.accepted[0] < proof.accepted[1]:
            said.append(f"{where}: {proof.accepted[1] - proof.accepted[0]} accepted variants are refused.")
        for variant, refused in proof.refused.items():
            said.append(f"{where}: the accepted variant {variant} is refused with the seeds {refused[:10]}.")
        for mistake, (_, most) in proof.luck.items():
            if most == 1:
                said.append(f"{where}: with some seeds the mistake {mistake} gets full marks.")
        if proof.caught[0] < proof.caught[1]:
            said.append(f"{where}: {proof.caught[1] - proof.caught[0]} mistakes get full marks.")
        if proof.let_pass:
            said.append(f"{where}: answers without work are let pass: {', '.join(proof.let_pass)}.")
        if proof.library[0] < proof.library[1]:
            wrong = proof.library[1] - proof.library[0]
            said.append(f"{where}: of {wrong} accepted variants it is said wrongly whether they lean on a library.")
        if proof.mutants is not None and proof.mutants.stale:
            said += [
                f"{where}: recorded as equivalent, but not among the survivors: {change}"
                for change in proof.mutants.stale
            ]
    killed = [sum(proof.killed[part] for proof in proofs.values()) for part in (0, 1)]
    if killed[0] < KILLED_SHARE * killed[1]:
        said.append(f"{lesson}: only {killed[0]} of {killed[1]} mutants are killed.")
    named = [sum(proof.named[part] for proof in proofs.values()) for part in (0, 1)]
    if named[0] < NAMED_SHARE * named[1]:
        unnamed = [f"{name}.{mistake}" for name, proof in proofs.items() for mistake in proof.unnamed]
        said.append(f"{lesson}: only {named[0]} of {named[1]} mistakes are named; not {', '.join(unnamed)}.")
    return said


def _prove(exercise_id: str, seeds: Sequence[int], given: Solutions | None) -> Proof:
    """What can be found out without a notebook; runs in a process of its own."""
    exercise = catalogue.exercise(exercise_id)
    accepted = [_judged(exercise, item).outcome is Outcome.PASSED for item in exercise.accepted]
    verdicts = {key: _judged(exercise, item) for key, item in exercise.wrong.items()}
    caught = [verdict.credit < 1 for verdict in verdicts.values()]
    named = {key: verdict.diagnosis == exercise.wrong[key].name for key, verdict in verdicts.items()}
    flagged = [_leans(exercise, item) == item.library for item in exercise.accepted]
    let_pass = [name for name, make in TRIVIAL.items() if judge_local(exercise, make(exercise)).credit > 0]
    let_pass += [name for name, make in WRONG_SHAPE.items() if judge_local(exercise, make(exercise)).credit == 1]
    let_pass += [f"a replay, {name}" for name in earning(exercise)]
    return Proof(
        solution=False,
        blank=0.0,
        accepted=(sum(accepted), len(accepted)),
        caught=(sum(caught), len(caught)),
        named=(sum(named.values()), len(named)),
        library=(sum(flagged), len(flagged)),
        let_pass=tuple(let_pass),
        unnamed=tuple(key for key, good in named.items() if not good),
        refused=refusals(exercise, seeds),
        luck=_luck(exercise, seeds),
        mutants=None if given is None else Survey(0) if is_measured(exercise) else survey(given, exercise_id),
    )


def _luck(exercise: Exercise, seeds: Sequence[int]) -> dict[str, tuple[float, float]]:
    """How much the mark of an answer that is partly right depends on the seed: each mistake, as if nobody knew it."""
    earned: dict[str, list[float]] = {}
    for seed in seeds:
        cases, known = first_forms(exercise, seed)
        for item in (item for item in known if item.kind == "mistake"):
            others = [other for other in known if other.name != item.name]
            found = find(cases, others, item.results, parameters=exercise.parameters, reveal=False)
            earned.setdefault(item.name, []).append(found.credit)
    return {name: (min(found), max(found)) for name, found in earned.items() if min(found) < max(found)}


def _leans(exercise: Exercise, item: Accepted) -> bool:
    """Whether a person would be told that a variant leaves the work to a library."""
    space: dict[str, object] = {**exercise.companions_of(item), exercise.id: item.implementation}
    called = {exercise.id: delegated(exercise, traced(exercise, space))}
    said = flags([Cell("code", source_of(exercise, item))], exercises=[exercise.id], called=called)
    return any(LIBRARY in sentence for sentence in said)


def _judged(exercise: Exercise, item: Accepted | Mistake) -> Verdict:
    return judge_local(exercise, item.implementation, companions=exercise.companions_of(item))


def _graded(lesson: Lesson, student: str, notebook: NotebookNode, sandbox: Sandbox) -> dict[str, float]:
    graded: GradedSubmission = grade_submission(lesson, student, nbformat.writes(notebook).encode(), sandbox=sandbox)
    return {verdict.exercise: verdict.score or 0.0 for verdict in graded.verdicts}
