"""Hidden cases follow from a secret, and their order from that and the submission; no verdict depends on the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from steepest._checks.calls import local
from steepest._checks.cases import Case, play
from steepest_grader.exercise.hidden import KNOWN, Hidden, in_order
from steepest_grader.exercise.judge import PUBLIC_SEED, judge_local
from steepest_grader.exercise.model import Accepted, Exercise, Mistake


def _case(name: str, x: Any) -> Case:
    return Case(name, {"args": [x], "kwargs": {}, "outputs": ["the answer"]})


CASES = [_case(f"number {n}", float(n)) for n in range(9)]


def test_seeds_follow_from_the_secret() -> None:
    one, other = Hidden(b"1" * 32), Hidden(b"2" * 32)
    assert one.seeds == Hidden(b"1" * 32).seeds
    assert len({*one.seeds, *other.seeds, *KNOWN, PUBLIC_SEED}) == 7
    assert Hidden().seeds == KNOWN
    assert one.mark == Hidden(b"1" * 32).mark != other.mark
    assert "111" not in repr(one)


def test_the_order_follows_from_secret_exercise_and_submission() -> None:
    one = Hidden(b"1" * 32)
    orders = {one.order("f", b"a"), one.order("f", b"b"), one.order("g", b"a"), Hidden(b"2" * 32).order("f", b"a")}
    assert len(orders) == 4
    assert one.order("f", b"a") in orders


def _from(start: float, error: BaseException) -> Callable[[float], float]:
    def function(x: float) -> float:
        if x >= start:
            raise error
        return x

    return function


@pytest.mark.parametrize("start", [0, 4, 8, 99])
@pytest.mark.parametrize("error", [NotImplementedError(), MemoryError(), ValueError("no")], ids=repr)
def test_results_do_not_depend_on_the_order(start: float, error: BaseException) -> None:
    function = local(_from(start, error), "f")
    wanted = play(function, CASES)
    assert all(in_order(function, CASES, order) == wanted for order in (None, 1, 2, 3))


def test_cases_are_played_in_another_order() -> None:
    def calls(order: int | None) -> list[float]:
        seen: list[float] = []
        in_order(local(seen.append, "f"), CASES, order)
        return seen

    assert calls(None) == sorted(calls(1)) != calls(1) != calls(2)
    assert calls(1) == calls(1)


def _double(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


def _cases(rng: Any) -> list[Case]:
    return [_case(f"{n} entries", torch.from_numpy(rng.normal(size=n))) for n in range(2, 8)]


EXERCISE = Exercise(
    "f", _double, _cases, [Accepted("sum", lambda x: x + x)], [Mistake("twice_too_much", lambda x: 4 * x, "Halve it.")]
)
ANSWERS: dict[str, Callable[..., Any]] = {
    "right": _double,
    "listed": lambda x: 4 * x,
    "unlisted": lambda x: 2 * x + (len(x) > 5),
    "raises at times": lambda x: 2 * x if len(x) < 6 else x[9],
    "another type": lambda x: (2 * x).float(),
    "another form": lambda x: [2 * x],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_said_does_not_depend_on_the_order(name: str) -> None:
    verdicts = {judge_local(EXERCISE, ANSWERS[name], order=order) for order in (None, 1, 2, 3)}
    assert len(verdicts) == 1


def test_hidden_seeds_may_have_other_cases() -> None:
    """An answer that is right for public cases alone."""
    other = replace(EXERCISE, hidden=lambda rng: [*_cases(rng), _case("one entry", torch.ones(1))])
    by_heart = lambda x: 2 * x if len(x) > 1 else x  # noqa: E731
    assert judge_local(other, by_heart, seeds=(PUBLIC_SEED,)).credit == 1
    assert judge_local(other, by_heart).credit < 1
