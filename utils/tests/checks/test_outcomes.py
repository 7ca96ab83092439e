"""Stored outcomes: data without code, the same bytes for the same outcomes."""

from __future__ import annotations

import pytest
import torch
from steepest._checks.cases import Candidate, Case, Result
from steepest._checks.compare import same_bits
from steepest._checks.outcomes import Outcomes, dump, load, names, read

CASES = [Case("a case", {"args": [torch.ones(2)], "kwargs": {}, "outputs": ["x"]}, "call", 2.0)]
RESULTS = [
    Result({"x": torch.ones(2)}, ("argument 1",)),
    Result(error="ValueError", message="no", line="line 1"),
    Result({"x": torch.ones(2)}, undecided=("y",)),
]
OUTCOMES = Outcomes("f", "f(x)", ["x"], CASES, [Candidate("mistake", "wrong", "a hint", 0.5, RESULTS)])


def test_what_is_written_is_read() -> None:
    back = read(dump(OUTCOMES))
    assert (back.exercise, back.signature, back.parameters) == ("f", "f(x)", ["x"])
    assert same_bits(dict(back.cases[0].inputs), dict(CASES[0].inputs))
    assert (back.cases[0].name, back.cases[0].drive, back.cases[0].slack) == ("a case", "call", 2.0)
    candidate = back.candidates[0]
    assert (candidate.kind, candidate.name, candidate.text, candidate.credit) == (
        "mistake",
        "wrong",
        "a hint",
        0.5,
    )
    assert tuple(candidate.results[0].effects) == ("argument 1",)
    assert candidate.results[1] == RESULTS[1]
    assert candidate.results[2].undecided == ("y",)
    assert list(candidate.results[2].observations) == ["x"]
    assert candidate.undecided == 1


def test_a_file_says_only_of_what_is_undecided_that_it_is() -> None:
    clear = Outcomes("f", "f(x)", ["x"], CASES, [Candidate("mistake", "wrong", "a hint", 0.5, RESULTS[:2])])
    assert b"undecided" not in dump(clear)
    assert [result.undecided for result in read(dump(clear)).candidates[0].results] == [(), ()]


def test_the_same_outcomes_give_the_same_bytes() -> None:
    assert dump(OUTCOMES) == dump(read(dump(OUTCOMES)))


def test_an_unknown_exercise_has_none() -> None:
    with pytest.raises(KeyError):
        load("no_such_exercise")


@pytest.mark.parametrize("exercise", names())
def test_every_stored_file_can_be_read(exercise: str) -> None:
    outcomes = load(exercise)
    assert outcomes.exercise == exercise
    assert outcomes.candidates[0].kind == "reference"
    assert all(len(candidate.results) <= len(outcomes.cases) for candidate in outcomes.candidates)
