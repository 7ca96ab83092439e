"""Instant checks for students: what is wrong, and which misunderstanding it looks like."""

from __future__ import annotations

import contextlib
import difflib
import html
import linecache
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from steepest._checks import outcomes as stored
from steepest._checks.calls import local, name_of, no_function
from steepest._checks.cases import play
from steepest._checks.finding import Finding, find
from steepest._checks.probes import without_effect
from steepest._checks.progress import remember

__all__ = ["CheckResult", "check", "examine"]

VALIDATING = "NBGRADER_VALIDATING"  # set by nbgrader
CALLED = re.compile(r"\bcheck\(\s*(\w+)\s*\)")


@dataclass(frozen=True)
class CheckResult:
    """The result of one check; shows itself in a notebook and prints as text.

    Attributes
    ----------
    exercise : str
        The exercise's id.
    passed : bool
        Whether every public case was answered soundly.
    diagnosis : str or None
        Name of the mistake that the answers agree with, or of an accepted convention.
    message : str
        What is wrong and what to look at first.

    Examples
    --------
    >>> def momentum_step(theta, grad, state, *, lr, beta):
    ...     return theta
    >>> examine(momentum_step).passed
    False
    """

    exercise: str
    passed: bool
    diagnosis: str | None
    message: str

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '✗'} {self.exercise}: {self.message}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        color = "#1a7f37" if self.passed else "#b35900"
        lines = "<br>".join(html.escape(line) for line in str(self).splitlines())
        box = f"border-left: 4px solid {color}; padding: 0.3em 0.8em; max-width: 48em"
        return {"text/plain": str(self), "text/html": f'<div style="{box}">{lines}</div>'}


def check(function: Callable[..., Any]) -> None:
    """Try a function on the public cases and show what came of it.

    Parameters
    ----------
    function : callable
        Your function, under the name that the exercise gives it.

    Raises
    ------
    ValueError
        If no exercise has this name.
    AssertionError
        If something is wrong and nbgrader validates the notebook, which believes nothing else.

    Examples
    --------
    >>> def ewa(values, *, beta):
    ...     raise NotImplementedError
    >>> check(ewa)
    ✗ ewa: not written yet. Write the body of the function and run the cell again.
    """
    caller = sys._getframe(1)
    known = callable(function)
    result = examine(function, caller.f_globals) if known else _no_function(function, caller)
    if os.environ.get(VALIDATING) and not result.passed:
        raise AssertionError(str(result))
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()) is not None:
        del shell
        sys.modules["IPython"].display.display(result)
        if known:
            remember(result.exercise, result.passed, result.diagnosis)
    else:
        print(result)


def examine(function: Callable[..., Any], namespace: Mapping[str, Any] | None = None) -> CheckResult:
    """Like `check`, but return the result instead of showing it; `namespace` is where the function was named.

    Examples
    --------
    >>> def momentum_step(theta, grad, state, *, lr, beta):
    ...     raise NotImplementedError
    >>> print(examine(momentum_step))
    ✗ momentum_step: not written yet. Write the body of the function and run the cell again.
    """
    name = name_of(function, namespace or {}, stored.names())
    try:
        outcomes = stored.load(name)
    except KeyError:
        near = difflib.get_close_matches(name, stored.names(), n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise ValueError(f"`check` knows no exercise called `{name}`.{hint}") from None
    # nbgrader gives no points to a cell that writes to stderr, and a warning is not a failure
    with contextlib.redirect_stderr(sys.stdout):
        played = local(function, name, companions=namespace)
        results = play(played, outcomes.cases)
        finding = find(
            outcomes.cases,
            outcomes.candidates,
            results,
            parameters=outcomes.parameters,
            probe=lambda: without_effect(played, outcomes.cases, outcomes.candidates[0].results, outcomes.probes),
        )
    return CheckResult(name, finding.credit == 1, finding.name, describe(finding, len(outcomes.cases)))


def _no_function(value: object, caller: FrameType) -> CheckResult:
    """What to say where no function is given: the name is that in the caller's line, else of an exercise."""
    space = caller.f_globals
    line = linecache.getline(caller.f_code.co_filename, caller.f_lineno, space)
    written, exercises = (
        [name for name in names if name in space and space[name] is value]
        for names in (CALLED.findall(line), stored.names())
    )
    name = written[0] if written else exercises[0] if len(exercises) == 1 else ""
    return CheckResult(name or "check", False, None, no_function(name, type(value).__name__))


def describe(finding: Finding, cases: int) -> str:
    """Put a finding into words for the person who wrote the function."""
    if finding.measured:
        return f"{finding.symptom}.\n{finding.text}" if finding.symptom else finding.text
    if finding.credit == 1:
        passed = f"all {cases} cases passed." if cases > 1 else "its only case passed."
        if finding.name is None:
            return passed
        return f"{passed}\nYou use another sound convention ({_words(finding.name)}): {finding.text}"
    if finding.name == "not_attempted":
        return f"not written yet. {finding.text}"
    if finding.name is None:
        return f"{finding.symptom}."
    if not finding.listed:
        return f"{finding.symptom}.\n{finding.text}"
    return f"{finding.symptom}.\nThis matches a known mistake ({_words(finding.name)}): {finding.text}"


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
