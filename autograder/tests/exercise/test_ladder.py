"""A ladder of credit: what is measured earns by how far it reaches, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from steepest._checks.calls import local
from steepest._checks.cases import play
from steepest._checks.finding import find
from steepest._checks.outcomes import read
from steepest.check import describe
from steepest_grader.exercise.example import example
from steepest_grader.exercise.judge import candidates, judge_local, passes, refusals
from steepest_grader.exercise.ladder import written
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake, Outcome, Rung
from steepest_grader.exercise.stored import outcomes
from steepest_grader.trust.replay import earning

LEVEL = "the height"


def _cases(rng: np.random.Generator) -> list[Case]:
    return [Case("a climb", {"args": [float(rng.uniform(1, 2))], "kwargs": {}, "outputs": [LEVEL]})]


def _stands(height: str) -> Callable[[float], str]:
    return lambda x: height if x else ""


def _step(name: str, height: str, credit: float) -> Rung:
    return Rung(name, {LEVEL: height}, f"You stand {height}.", credit)


LADDER = [
    _step("at_the_foot", "at the foot", 0.0),
    _step("halfway", "halfway", 0.5),
    _step("near_the_top", "near the top", 1.0),
    _step("at_the_top", "at the top", 1.0),
]
CLIMB = Exercise(
    "climb",
    _stands("at the top"),
    _cases,
    accepted=[Accepted("otherwise", _stands("at the top"))],
    mistakes=[Mistake("beside", _stands("beside"), "That is another mountain.", 0.25)],
    ladder=LADDER,
    points=4,
)
FOUND: dict[str, tuple[Outcome, float, str | None, str]] = {  # outcome, credit, diagnosis and the end of the message
    "at the top": (Outcome.PASSED, 1.0, None, "You stand at the top."),
    "near the top": (Outcome.PASSED, 1.0, "near_the_top", "You stand near the top."),
    "halfway": (Outcome.PARTIAL, 0.5, "halfway", "You stand halfway."),
    "at the foot": (Outcome.FAILED, 0.0, "at_the_foot", "You stand at the foot."),
    "beside": (Outcome.PARTIAL, 0.25, "beside", "That is another mountain."),
}


@pytest.mark.parametrize("height", FOUND)
def test_what_is_measured_earns_by_its_step(height: str) -> None:
    outcome, credit, diagnosis, end = FOUND[height]
    verdict = judge_local(CLIMB, _stands(height))
    assert (verdict.outcome, verdict.credit, verdict.diagnosis) == (outcome, credit, diagnosis)
    assert verdict.message.endswith(end)


def test_what_stands_on_no_step_earns_nothing() -> None:
    verdict = judge_local(CLIMB, _stands("in the air"))
    assert (verdict.credit, verdict.diagnosis) == (0.0, None)


@pytest.mark.parametrize("height", FOUND)
def test_a_student_reads_where_he_stands(height: str) -> None:
    stored = read(outcomes(CLIMB))
    results = play(local(_stands(height), "climb"), stored.cases)
    said = describe(find(stored.cases, stored.candidates, results), 1)
    assert said.endswith(FOUND[height][3])
    assert ("known mistake" in said) == (height == "beside")
    assert "convention" not in said


def test_a_measurement_is_made_with_one_seed() -> None:
    cases, _ = candidates(CLIMB, (1, 2, 3))
    assert len(cases) == 1
    assert len(candidates(replace(CLIMB, ladder=()), (1, 2, 3))[0]) == 3


def test_steps_stand_between_what_is_sound_and_the_mistakes() -> None:
    _, known = candidates(CLIMB, (1,))
    before, wrong = written(CLIMB, known)
    assert [item.name for item in before] == ["reference", "at_the_foot", "halfway", "near_the_top"]
    assert [item.name for item in wrong] == ["beside"]
    assert [item.kind for item in known] == ["reference", "mistake", "mistake", "accepted", "mistake"]
    assert [item.measured for item in known] == [True] * 4 + [False]


def test_full_marks_are_full_marks() -> None:
    assert [passes(CLIMB, local(_stands(height), "climb")) for height in FOUND] == [True, True, False, False, False]


def test_nothing_is_recited_shown_or_played_twice() -> None:
    calls: list[Any] = []

    def counted(x: float) -> str:
        calls.append(x)
        return "at the top"

    asked = replace(CLIMB, accepted=[Accepted("counted", counted)])
    assert refusals(asked, range(3)) == {}
    assert judge_local(asked, _stands("halfway")).credit == 0.5
    assert calls == []
    assert earning(CLIMB) == {}
    assert example(CLIMB, local(_stands("halfway"), "climb")) is None
