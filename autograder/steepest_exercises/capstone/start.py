"""Exercise `prepare_training` of `14_capstone`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._drives.entrant import PARTS
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator

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
    zeros,
)

Start = Callable[[Generator], Any]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    inputs = {"seed": int(rng.integers(2**62)), "calls": list(PARTS)}
    return [Case("starts with one seed, and with another", inputs, "learner_start")]


def _drawn_with(make: Callable[[Generator], Generator]) -> Start:
    """A start that is drawn from another generator than the given one."""
    return lambda generator: he_everywhere(make(generator))


def _global(generator: Generator) -> Any:
    return he_everywhere(torch.default_generator)


def _last_layer_global(generator: Generator) -> Any:
    state = reference.prepare_training(generator)
    state["layers"][-1]["weight"] = 0.1 * torch.randn(10, 128)
    return state


def _by_numpy(generator: Generator) -> Any:
    return he_everywhere(torch.Generator().manual_seed(int(np.random.randint(2**31))))


def _by_random(generator: Generator) -> Any:
    return he_everywhere(torch.Generator().manual_seed(random.getrandbits(31)))


def _seeded(generator: Generator) -> Any:
    torch.manual_seed(0)
    return _global(generator)


def _filled_anew() -> Start:
    """A start whose layers are one and the same list in all trainings, which each of them fills anew."""
    kept: list[Any] = []

    def prepare_training(generator: Generator) -> Any:
        state = he_everywhere(generator)
        kept[:] = state["layers"]
        return {**state, "layers": kept}

    return prepare_training


PREPARE_TRAINING = Exercise(
    id="prepare_training",
    reference=reference.prepare_training,
    cases=_cases,
    points=1,
    seconds=30.0,
    companions={"train_step": reference.train_step, "predict_digits": reference.predict_digits},
    accepted=[
        Accepted("weights_in_the_last_layer", he_everywhere, companions={"train_step": autograd_step}),
        Accepted("plain", plain_start, companions={"train_step": plain_step, "predict_digits": plain_answers}),
        Accepted("module", module_start, companions={"train_step": module_step, "predict_digits": module_answers}),
    ],
    mistakes=[
        Mistake(
            "not_from_the_generator",
            _global,
            "The same seed gives two starts. Either something is drawn from elsewhere than `generator`, "
            "or the net is made once outside of the function and has been trained already.",
            0.25,
            forms=[_last_layer_global, _by_numpy, _by_random],
        ),
        Mistake(
            "always_the_same_start",
            _drawn_with(lambda generator: torch.Generator().manual_seed(0)),
            "Another seed gives the same start: a generator of your own with a fixed seed stands where the given one "
            "belongs, or the given one is seeded again.",
            forms=[
                _drawn_with(lambda generator: torch.Generator()),
                _drawn_with(lambda generator: generator.manual_seed(1)),
            ],
        ),
        Mistake(
            "seeds_the_global_generator",
            _seeded,
            "A global generator is seeded, which changes what everybody else draws, and the start is "
            "always the same. Draw from `generator`.",
        ),
        Mistake(
            "shared_between_trainings",
            _filled_anew(),
            "A second start changes the training that is under way: the net, or a part of it, is kept outside of the "
            "state. Make all of it within the function and return it, for the state alone is carried on.",
            0.5,
        ),
        Mistake(
            "one_class_for_all",
            zeros,
            "After a few minibatches every row gets one and the same class. Weights that are all 0, or all alike, stay "
            "alike: hidden units have to begin apart (lesson 9).",
        ),
    ],
)
