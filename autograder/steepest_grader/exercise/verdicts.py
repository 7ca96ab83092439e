"""From what was found to a verdict: the outcome, and what the student reads."""

from __future__ import annotations

from collections.abc import Sequence

from steepest._checks.cases import Result
from steepest._checks.finding import Finding

from steepest_grader.exercise.model import Exercise, Outcome, Verdict

__all__ = ["as_verdict"]


def as_verdict(exercise: Exercise, finding: Finding, results: Sequence[Result]) -> Verdict:
    """A finding as the verdict on an exercise."""
    return Verdict(
        exercise.id,
        exercise.points,
        _outcome(finding, results),
        credit=finding.credit,
        diagnosis=finding.name,
        message=_message(finding),
    )


def _outcome(finding: Finding, results: Sequence[Result]) -> Outcome:
    if finding.credit == 1:
        return Outcome.PASSED
    if finding.credit > 0:
        return Outcome.PARTIAL
    if finding.listed or finding.name == "not_attempted":
        return Outcome.FAILED
    if any(result.out_of_memory for result in results):
        return Outcome.OUT_OF_MEMORY
    if any(result.error not in ("", "ResultError") for result in results):
        return Outcome.ERRORED
    return Outcome.FAILED


def _message(finding: Finding) -> str:
    if finding.credit == 1:
        return finding.text
    symptom = f"{finding.symptom[0].upper()}{finding.symptom[1:]}. " if finding.symptom else ""
    return f"{symptom}{finding.text}".strip()
