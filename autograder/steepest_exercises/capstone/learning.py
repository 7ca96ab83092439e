"""Exercise `train_step` of `14_capstone`: what counts is how far it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from steepest._drives.entrant import PARTS
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises.capstone import reference
from steepest_exercises.capstone.entrants import (
    autograd_step,
    he_everywhere,
    module_answers,
    module_start,
    module_step,
    plain_answers,
    plain_start,
    plain_step,
)
from steepest_exercises.capstone.steps import LEVELS, ladder

PUBLIC, HIDDEN = 3, 5  # seeds that are played

State = dict[str, Any]


def _cases(rng: np.random.Generator, count: int = PUBLIC) -> Sequence[Case]:
    seeds = [int(seed) for seed in rng.integers(2**62, size=count)]
    return [Case("400 minibatches, several times", {"seeds": seeds, "levels": LEVELS, "calls": list(PARTS)}, "learner")]


def _returns_the_old(
    state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int
) -> State:
    reference.train_step(state, x, labels, generator, step=step, n_steps=n_steps)
    return state


def _copies_the_old(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    return dict(state)


def _too_far(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    """The weights are not finite after a few steps."""
    new = reference.train_step(state, x, labels, generator, step=step, n_steps=n_steps)
    last = new["layers"][-1]
    return {**new, "layers": [*new["layers"][:-1], {key: 1e9 * value**3 / 0 for key, value in last.items()}]}


TRAIN_STEP = Exercise(
    id="train_step",
    reference=reference.train_step,
    cases=_cases,
    hidden=lambda rng: _cases(rng, HIDDEN),
    points=6,
    seconds=60.0,
    companions={"prepare_training": reference.prepare_training, "predict_digits": reference.predict_digits},
    ladder=ladder(),
    accepted=[
        Accepted("autograd", autograd_step, library=True),
        Accepted(
            "plain",
            plain_step,
            companions={"prepare_training": plain_start, "predict_digits": plain_answers},
            library=True,
        ),
        Accepted(
            "module",
            module_step,
            companions={"prepare_training": module_start, "predict_digits": module_answers},
            library=True,
        ),
    ],
    mistakes=[
        Mistake(
            "nothing_is_learned",
            _returns_the_old,
            "The answers stay what they were before the first minibatch. Does `train_step` return the new "
            "state, or the one that it was given?",
            companions={"prepare_training": he_everywhere},
        ),
        Mistake(
            "one_class_for_all",
            _too_far,
            "Every row gets one and the same class. Look at the weights after a few steps: are they "
            "finite, and not all alike? A rate that is too high, a start from zeros and a state that "
            "never changes look like this.",
            forms=[_copies_the_old],
        ),
    ],
)
