"""Answers by heart: what the public cases give, handed out by position, by likeness or by frequency, earns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest
from steepest_grader.exercise.catalogue import by_id
from steepest_grader.exercise.judge import PUBLIC_SEED, judge_local
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from steepest_grader.trust.replay import earning, replays

WORDS = ("left", "right", "up", "down")


@pytest.mark.parametrize("item", by_id().values(), ids=lambda item: item.id)
def test_a_replay_earns_nothing(item: Exercise) -> None:
    assert earning(item) == {}


def _word(x: float) -> str:
    return WORDS[int(abs(x)) % 4]


def _cases(rng: np.random.Generator, spread: float) -> Sequence[Case]:
    """Answers at fixed places; with no spread the numbers that give them are nearly the public ones."""
    turns = 4 * rng.integers(0, 500, 12) if spread else np.zeros(12)
    numbers = [place % 4 + 0.5 + 0.2 * rng.uniform() + turn for place, turn in enumerate(turns)]
    return [
        Case(f"number {place}", {"args": [float(x)], "kwargs": {}, "outputs": ["the word"]})
        for place, x in enumerate(numbers)
    ]


NEAR = Exercise(
    "f", _word, partial(_cases, spread=0.0), [Accepted("itself", _word)], [Mistake("up", lambda x: "up", ".")]
)
FAR = Exercise("f", _word, partial(_cases, spread=1.0), NEAR.accepted, NEAR.mistakes)


def test_a_replay_is_real() -> None:
    """In an order that it knows, by position; where hidden inputs are nearly public ones, by likeness too."""
    in_turn = {name for name, item in replays(FAR).items() if judge_local(FAR, item).credit == 1}
    assert in_turn == {"by position", "known input, else by position in its kind"}
    assert "nearest input" in earning(NEAR)
    assert earning(FAR) == {}


@pytest.mark.parametrize("name", ["by position", "known input, else by position in its kind", "nearest input"])
def test_a_replay_knows_the_public_cases(name: str) -> None:
    for item in (FAR, NEAR):
        assert judge_local(item, replays(item)[name], seeds=(PUBLIC_SEED,)).credit == 1
