"""The grader grades itself: every solution, blank, variant and mistake must come out as the course says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nbformat
import torch
from nbformat import NotebookNode

from steepest_grader.grading import grade_submission
from steepest_grader.judge import judge_local, refusals
from steepest_grader.lesson import Lesson
from steepest_grader.model import Accepted, Exercise, GradedSubmission, Mistake, Outcome, Verdict
from steepest_grader.sample_class import solved
from steepest_grader.sandbox import Sandbox

__all__ = ["NAMED_SHARE", "Proof", "shortfalls", "verify"]

NAMED_SHARE = 0.95
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
    accepted, caught, named, mutants : tuple of int
        How many passed, were caught, were named, were killed; and how many there are.
    zeros_rejected : bool
        Zeros in the shape of the answer, and the first argument handed back, are both refused.
    unnamed : tuple of str
        Mistakes that were caught under another name or none.
    refused : dict of str to list of int
        Further seeds with which an accepted variant would be refused, by its name.
    """

    solution: bool
    blank: float
    accepted: tuple[int, int]
    caught: tuple[int, int]
    named: tuple[int, int]
    zeros_rejected: bool
    mutants: tuple[int, int] = (0, 0)
    unnamed: tuple[str, ...] = ()
    refused: Mapping[str, list[int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The shape that `verify --json` promises."""
        return {
            "solution": self.solution,
            "blank": self.blank,
            "accepted": list(self.accepted),
            "caught": list(self.caught),
            "named": list(self.named),
            "mutants": list(self.mutants),
            "zeros_rejected": self.zeros_rejected,
        }


def verify(
    lesson: Lesson,
    solution: NotebookNode,
    *,
    sandbox: Sandbox,
    seeds: int = 0,
    progress: Progress = lambda text: None,
) -> dict[str, Proof]:
    """Try a lesson's exercises.

    Parameters
    ----------
    lesson : Lesson
        What is asked.
    solution : NotebookNode
        Its source notebook; it and the released one are graded as submissions are.
    sandbox : Sandbox
        Where they run.
    seeds : int
        With how many further seeds every accepted variant is judged.
    progress : callable
        Told what is being done.

    Returns
    -------
    dict of str to Proof
        By exercise id, in the lesson's order.
    """
    progress("solution")
    full = _graded(lesson, "solution", solved(lesson, solution), sandbox)
    progress("blank")
    blank = _graded(lesson, "blank", lesson.released, sandbox)
    proofs = {}
    for name, exercise in lesson.exercises.items():
        progress(name)
        proofs[name] = _prove(exercise, full[name], blank[name], range(1, seeds + 1))
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
        if proof.caught[0] < proof.caught[1]:
            said.append(f"{where}: {proof.caught[1] - proof.caught[0]} mistakes get full marks.")
        if not proof.zeros_rejected:
            said.append(f"{where}: zeros, or the first argument handed back, are let pass.")
    named = [sum(proof.named[part] for proof in proofs.values()) for part in (0, 1)]
    if named[0] < NAMED_SHARE * named[1]:
        unnamed = [f"{name}.{mistake}" for name, proof in proofs.items() for mistake in proof.unnamed]
        said.append(f"{lesson}: only {named[0]} of {named[1]} mistakes are named; not {', '.join(unnamed)}.")
    return said


def _prove(exercise: Exercise, full: float, blank: float, seeds: Sequence[int]) -> Proof:
    accepted = [_judged(exercise, item).outcome is Outcome.PASSED for item in exercise.accepted]
    verdicts = [_judged(exercise, item) for item in exercise.mistakes]
    caught = [verdict.credit < 1 for verdict in verdicts]
    named = [verdict.diagnosis == mistake.name for verdict, mistake in zip(verdicts, exercise.mistakes, strict=True)]
    cheats = (_zeros(exercise), _first_argument)
    return Proof(
        solution=full == exercise.points,
        blank=blank,
        accepted=(sum(accepted), len(accepted)),
        caught=(sum(caught), len(caught)),
        named=(sum(named), len(named)),
        zeros_rejected=all(judge_local(exercise, cheat).credit == 0 for cheat in cheats),
        unnamed=tuple(item.name for item, good in zip(exercise.mistakes, named, strict=True) if not good),
        refused=refusals(exercise, seeds),
    )


def _judged(exercise: Exercise, item: Accepted | Mistake) -> Verdict:
    return judge_local(exercise, item.implementation, companions=exercise.companions_of(item))


def _graded(lesson: Lesson, student: str, notebook: NotebookNode, sandbox: Sandbox) -> dict[str, float]:
    graded: GradedSubmission = grade_submission(lesson, student, nbformat.writes(notebook).encode(), sandbox=sandbox)
    return {verdict.exercise: verdict.score or 0.0 for verdict in graded.verdicts}


def _zeros(exercise: Exercise) -> Callable[..., Any]:
    def zeros(*args: Any, **kwargs: Any) -> Any:
        return _zeroed(exercise.reference(*args, **kwargs))

    return zeros


def _zeroed(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.zeros_like(value)
    if isinstance(value, list | tuple):
        return type(value)(_zeroed(item) for item in value)
    if isinstance(value, dict):
        return {key: _zeroed(item) for key, item in value.items()}
    return type(value)() if isinstance(value, bool | int | float | str) else value


def _first_argument(*args: Any, **kwargs: Any) -> Any:
    return args[0]
