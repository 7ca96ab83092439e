"""A function judged apart from wrong functions of the same student that it builds on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from steepest._checks.calls import Function
from steepest._checks.cases import Candidate, Result
from steepest._checks.drives import FORWARD
from steepest._checks.finding import find

from steepest_grader.exercise.hidden import in_order
from steepest_grader.exercise.model import Case, Exercise, Verdict
from steepest_grader.exercise.verdicts import as_verdict

__all__ = ["apart"]


def apart(
    exercise: Exercise,
    function: Function,
    verdict: Verdict,
    cases: Sequence[Case],
    known: Sequence[Candidate],
    others: Collection[str],
    order: int | None,
) -> Verdict:
    """What a function is worth with references in the place of the student's other functions, if that says more.

    Where a drive itself calls such a function, as it does for a cache that only the student can read, what it gives
    is not looked at.
    """
    called = {name for case in cases for name in (case.inputs.get("forward"), *case.inputs.get("calls", ()))}
    replaced = {name: exercise.companions[name] for name in others if name not in called}
    if not replaced and not any(name.endswith(FORWARD) for item in known[0].results for name in item.observations):
        return verdict
    results = in_order(function.with_references(replaced), cases, order)
    seen = [replace(item, results=_without_forward(item.results)) for item in known]
    results = _without_forward(results)
    finding = find(cases, seen, results, parameters=exercise.parameters, reveal=False)
    if finding.credit < verdict.credit or (finding.credit == verdict.credit and not finding.listed):
        return verdict
    own = as_verdict(exercise, finding, results)
    names = " and ".join(f"`{name}`" for name in sorted(others))
    said = f"Your own {names} {'are' if len(others) > 1 else 'is'} not right yet, and judged there; here only what"
    return replace(own, message=f"{said} `{exercise.id}` adds is judged. {own.message}".strip())


def _without_forward(results: Sequence[Result]) -> list[Result]:
    return [
        replace(
            result,
            observations={name: seen for name, seen in result.observations.items() if not name.endswith(FORWARD)},
        )
        for result in results
    ]
