"""Mutants are judged as submissions are; the page on trust is that of the course as it is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.model import Case, Exercise
from steepest_grader.exercise.processes import processes
from steepest_grader.trust import mutants
from steepest_grader.trust.mutants import Solutions, Survey, solutions, survey
from steepest_grader.trust.mutation import mutants as mutants_of
from steepest_grader.trust.page import page, stated, states
from steepest_grader.trust.verify import Proof, shortfalls
from torch import Tensor

HOME = find_course(Path(__file__).parent)
TRUST = HOME.root / "docs" / "trust.md"


# --- solutions -------------------------------------------------------------------------------------------------


def test_solutions_are_taken_with_the_imports_that_they_need() -> None:
    found = solutions(load(HOME, "02_minibatches"))
    assert set(found.sources) == {item.id for item in catalogue.lessons()["02_minibatches"]}
    assert set(found.imports.splitlines()) == {"import math", "import torch"}
    assert found.dependents("minibatches") == ["sgd"]
    assert found.dependents("sgd") == []


def test_an_exercise_judged_with_another_depends_on_it() -> None:
    found = solutions(load(HOME, "12_batch_norm"))
    assert found.dependents("batch_norm_train") == ["batch_norm_backward"]


# --- fates -----------------------------------------------------------------------------------------------------

GROW = """\
def grow(x, times):
    while times > 0:
        x = 2 * x
        times -= 1
    return x
"""
UNLIKE = "while times != 0:"


def _grow(x: Tensor, times: int) -> Tensor:
    return x * 2 ** max(times, 0)


def _exercise(*times: int, **more: Any) -> Exercise:
    """Tried with so many rounds only."""

    def cases(rng: np.random.Generator) -> list[Case]:
        x = torch.from_numpy(rng.standard_normal(3))
        return [Case(f"{n} rounds", {"args": [x, n], "kwargs": {}, "outputs": ["x"]}) for n in times]

    return Exercise("grow", _grow, cases, accepted=[], mistakes=[], **more)


def _surveyed(monkeypatch: pytest.MonkeyPatch, exercise: Exercise, source: str = GROW) -> Survey:
    monkeypatch.setattr(catalogue, "exercise", lambda name: exercise)
    return survey(Solutions("", {"grow": source}), "grow", seconds=0.2)


def test_a_mutant_that_loops_forever_is_ended_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _surveyed(monkeypatch, _exercise(-1, 0, 1, 3))
    assert found.survivors == found.stale == ()
    assert found.killed == len(mutants_of(GROW))
    assert 5 <= found.ended <= 10


def test_what_survives_is_shown_unless_it_is_known_to_be_equivalent(monkeypatch: pytest.MonkeyPatch) -> None:
    few = _surveyed(monkeypatch, _exercise(1))
    assert any(f"+    {UNLIKE}" in text for text in few.survivors)
    record = {"No number of rounds is negative.": [UNLIKE], "It commutes.": ["x = x * 2"]}
    known = _surveyed(monkeypatch, _exercise(1, equivalent=record))
    assert list(known.equivalent.values()) == ["No number of rounds is negative."]
    assert set(known.survivors) | set(known.equivalent) == set(few.survivors)
    assert known.stale == ("x = x * 2",)
    assert (known.killed, few.killed) == (few.killed, len(mutants_of(GROW)) - len(few.survivors))


def test_a_solution_that_fails_is_no_ground_for_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CourseError, match="the solution itself"):
        _surveyed(monkeypatch, _exercise(1), GROW.replace("2 * x", "3 * x"))


def test_a_failure_of_the_judge_kills_no_mutant(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = iter([True])
    monkeypatch.setattr(mutants, "_survives", lambda *parts: next(judged))
    with pytest.raises(RuntimeError, match="judging failed"):
        _surveyed(monkeypatch, _exercise(1))


# --- what verify makes of it -----------------------------------------------------------------------------------

SURVEY = Survey(98, survivors=("-a\n+b", "-a\n+c"))
GOOD = Proof(True, 0.0, (3, 3), (6, 6), (6, 6), (3, 3), mutants=SURVEY)
SHORT: dict[str, tuple[Proof, str]] = {
    "too many survive": (replace(GOOD, mutants=replace(SURVEY, killed=97)), "only 97 of 99 mutants"),
    "a stale record": (
        replace(GOOD, mutants=replace(SURVEY, stale=("a → b",))),
        "not among the survivors: a → b",
    ),
    "a trivial answer": (replace(GOOD, let_pass=("zeros", "NaN")), "are let pass: zeros, NaN."),
    "a library unnoticed": (replace(GOOD, library=(2, 3)), "of 1 accepted variants it is said wrongly"),
}


def test_nothing_falls_short() -> None:
    assert shortfalls("00", {"step": GOOD}) == []
    assert GOOD.killed == (98, 100)
    assert replace(GOOD, mutants=None).killed == (0, 0)


@pytest.mark.parametrize("case", SHORT)
def test_what_falls_short_is_said(case: str) -> None:
    proof, said = SHORT[case]
    assert [said in sentence for sentence in shortfalls("00", {"step": proof})] == [True]


def test_json_says_more_where_there_are_mutants() -> None:
    plain = replace(GOOD, mutants=None).as_json()
    assert list(plain) == ["solution", "blank", "accepted", "caught", "named", "mutants", "zeros_rejected"]
    more = GOOD.as_json()
    assert more["mutants"] == [98, 100]
    assert more | plain == more | {"mutants": [0, 0]}
    assert set(more) - set(plain) == {"library", "survivors", "equivalent", "ended"}


# --- the page --------------------------------------------------------------------------------------------------


def test_the_page_is_current() -> None:
    rows, state = stated(TRUST.read_text(encoding="utf-8")), states(HOME)
    assert list(rows) == list(state)
    for item in (item for group in catalogue.lessons().values() for item in group):
        row = rows[item.id]
        assert row["state"] == state[item.id], f"{item.id} has changed: run `make trust`"
        assert row["accepted"] == f"{len(item.accepted)} / {len(item.accepted)}"
        assert row["mistakes"] == row["named"] == f"{len(item.wrong)} / {len(item.wrong)}"
        assert (row["trivial"], row["survive"]) == ("refused", "0")
        assert int(row["mutants"]) == int(row["killed"]) + int(row["equivalent"])
        assert int(row["equivalent"]) >= sum(map(len, item.equivalent.values()))


def test_the_page_shows_what_survives_and_why_the_rest_is_equivalent() -> None:
    survey_ = Survey(1, survivors=("-a\n+b",), equivalent={"-c\n+d": "c is d"})
    text = page({"00": {"step": replace(GOOD, mutants=survey_).as_json()}}, {"step": "abc"})
    assert stated(text) == {
        "step": {
            "accepted": "3 / 3", "mistakes": "6 / 6", "named": "6 / 6", "trivial": "refused",
            "mutants": "3", "killed": "1", "equivalent": "1", "survive": "1", "state": "abc",
        }
    }  # fmt: skip
    assert "```diff\n-a\n+b\n```" in text.partition("## What survives")[2]
    assert "`step`: c is d" in text.partition("## Equivalent mutants")[2]
    assert "50.0%" in text


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not os.environ.get("STEEPEST_LONG"), reason="takes minutes: STEEPEST_LONG=1")
def test_the_page_is_what_the_mutants_say() -> None:
    given = {name: solutions(load(HOME, name)) for name in HOME.lessons()}
    rows = stated(TRUST.read_text(encoding="utf-8"))
    with processes(os.cpu_count() or 1) as pool:
        tried = {name: pool.submit(survey, each, name) for each in given.values() for name in each.sources}
        found = {name: future.result() for name, future in tried.items()}
    assert {name: (str(each.killed), str(len(each.equivalent))) for name, each in found.items()} == {
        name: (row["killed"], row["equivalent"]) for name, row in rows.items()
    }
