"""Values like others, and answers without work of every kind that can be asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from steepest_grader.exercise.alike import alike
from steepest_grader.exercise.judge import judge_local
from steepest_grader.exercise.model import Case, Exercise
from steepest_grader.exercise.trivial import TRIVIAL, WRONG_SHAPE


@pytest.mark.parametrize("value", [0, 0.0, True, None, "linear", "", [], (), {}, np.array(["a"])], ids=repr)
def test_what_is_no_number_but_zero_stays(value: Any) -> None:
    assert repr(alike(np.random.default_rng(0), value)) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        3, -3, 2.5, -2.5, [1, 2.5], (4, [0.5]), {"rate": 0.1, "steps": 7}, np.array([[1.0, 2.0]]),
        np.array([3, 4], dtype=np.int32), torch.tensor([1.5, -2.0]), torch.tensor([[2, 3]], dtype=torch.int16),
    ],
    ids=repr,
)  # fmt: skip
def test_numbers_are_drawn_and_their_kinds_stay(value: Any) -> None:
    drawn = [alike(np.random.default_rng(seed), value) for seed in range(20)]
    assert len({repr(other) for other in drawn}) > 3
    for other in drawn:
        for old, new in zip(numbers(value), numbers(other), strict=True):
            assert type(old) is type(new) and old * new > 0
            assert min(1, abs(old) / 2) <= abs(new) <= 2 * abs(old)
        assert (type(other), getattr(other, "dtype", None)) == (type(value), getattr(value, "dtype", None))
        assert getattr(other, "shape", None) == getattr(value, "shape", None)


def numbers(value: Any) -> list[Any]:
    """All numbers of a value, in turn."""
    if isinstance(value, np.ndarray | torch.Tensor):
        return [number for row in [value.tolist()] for number in numbers(row)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else None
    return [value] if parts is None else [number for part in parts for number in numbers(part)]


RESULTS = {
    "an array": lambda values: 2 * np.asarray(values) + 1,
    "an array of whole numbers": lambda values: np.round(10 * np.asarray(values)).astype(int),
    "a number of NumPy's": lambda values: np.sum(values) + 1,
    "a whole number of NumPy's": lambda values: np.int64(round(100 * sum(values))),
    "a list": lambda values: [2 * value for value in values],
    "a tensor": lambda values: 2 * torch.tensor(values),
}


@pytest.mark.parametrize("name", [*TRIVIAL, *WRONG_SHAPE])
@pytest.mark.parametrize("kind", RESULTS)
def test_answers_without_work_earn_nothing_whatever_is_asked_for(kind: str, name: str) -> None:
    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            Case(
                f"{size} values", {"args": [rng.uniform(1, 9, size).tolist()], "kwargs": {}, "outputs": ["the result"]}
            )
            for size in (3, 5, 8)
        ]

    exercise = Exercise("asked", RESULTS[kind], cases, accepted=[], mistakes=[])
    credit = judge_local(exercise, (TRIVIAL | WRONG_SHAPE)[name](exercise)).credit
    assert credit < 1 if name in WRONG_SHAPE else credit == 0
