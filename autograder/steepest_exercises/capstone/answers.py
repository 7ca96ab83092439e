"""Exercise `predict_digits` of `14_capstone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._drives.entrant import PARTS
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.capstone import reference
from steepest_exercises.capstone.entrants import (
    module_answers,
    module_start,
    module_step,
    plain_answers,
    plain_start,
    plain_step,
    small_start,
)

State = dict[str, Any]
Answers = Callable[[State, Tensor], Any]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    inputs = {"seed": int(rng.integers(2**62)), "calls": list(PARTS)}
    return [
        Case("rows that it has not seen", inputs, "learner_answers"),
        Case("a row by itself", inputs, "learner_alone", corner=0.1),
    ]


def _scores(state: State, x: Tensor) -> Tensor:
    return reference.network_scores(x, state["layers"], eps=reference.EPS)


def _of_scores(change: Callable[[Tensor], Any]) -> Answers:
    return lambda state, x: change(_scores(state, x))


def _with_statistics(correction: int, *, refused: bool = False, kept: bool = False) -> Answers:
    """Batch norm by the statistics of the rows that are asked about."""

    def predict_digits(state: State, x: Tensor) -> Tensor:
        if refused and len(x) == 1:
            raise ValueError("Expected more than 1 value per channel when training")
        for layer in state["layers"][:-1]:
            z = x @ layer["weight"].T
            mean, variance = z.mean(dim=0), z.var(dim=0, correction=min(correction, len(z) - 1))
            if kept:
                layer["mean"].lerp_(mean, 0.1)
                layer["variance"].lerp_(variance, 0.1)
            u = (z - mean) / torch.sqrt(variance + reference.EPS)
            x = torch.relu(layer["gamma"] * u + layer["beta"])
        last = state["layers"][-1]
        answers: Tensor = (x @ last["weight"].T + last["bias"]).argmax(dim=1)
        return answers

    return predict_digits


def _dropped(keep: float) -> Answers:
    """Units are dropped while answering."""

    def predict_digits(state: State, x: Tensor) -> Tensor:
        mask = (torch.rand(x.shape) < keep).to(x)
        return reference.predict_digits(state, x * mask / keep)

    return predict_digits


def _in_training_mode(state: State, x: Tensor) -> Any:
    return _with_statistics(1, refused=True, kept=True)(state, x)


def _trains_on(state: State, x: Tensor) -> Tensor:
    """The weights are moved while answering."""
    answers = reference.predict_digits(state, x)
    state["layers"][0]["weight"].mul_(0.9)
    return answers


def _standardized(state: State, x: Tensor) -> Tensor:
    return reference.predict_digits(state, (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + 1e-5))


PREDICT_DIGITS = Exercise(
    id="predict_digits",
    reference=reference.predict_digits,
    cases=_cases,
    points=2,
    seconds=60.0,
    companions={"prepare_training": small_start, "train_step": reference.train_step},
    accepted=[
        Accepted("by_the_largest", _of_scores(lambda scores: scores.max(dim=1).indices)),
        Accepted("by_probabilities", _of_scores(lambda scores: scores.softmax(dim=1).argmax(dim=1))),
        Accepted("plain", plain_answers, companions={"prepare_training": plain_start, "train_step": plain_step}),
        Accepted("module", module_answers, companions={"prepare_training": module_start, "train_step": module_step}),
    ],
    mistakes=[
        Mistake(
            "scores",
            _of_scores(lambda scores: scores),
            "These are ten numbers for each row. A single class is asked for: that of the highest score.",
            0.5,
            forms=[_of_scores(lambda scores: scores.softmax(dim=1))],
        ),
        Mistake(
            "along_the_wrong_axis",
            _of_scores(lambda scores: scores.argmax(dim=0)),
            "There are ten answers, whatever the number of rows: the highest score is looked for among "
            "the rows instead of the classes.",
            0.25,
        ),
        Mistake(
            "a_single_number",
            _of_scores(lambda scores: scores.argmax()),
            "There is one answer for all rows. Look for the highest score of each row: dim=1.",
            0.25,
        ),
        Mistake(
            "a_column",
            _of_scores(lambda scores: scores.argmax(dim=1, keepdim=True)),
            "The answers have two axes, (n, 1). They should have one, (n,).",
            0.5,
        ),
        Mistake(
            "highest_scores",
            _of_scores(lambda scores: scores.max(dim=1).values),
            "These are the highest scores themselves. Where they stand is asked for: argmax, or `.indices`.",
            0.25,
            forms=[_of_scores(lambda scores: scores.softmax(dim=1).max(dim=1).values)],
        ),
        Mistake(
            "another_type",
            _of_scores(lambda scores: scores.argmax(dim=1).int()),
            "The classes are right, but not of type int64, which argmax gives by itself.",
            0.5,
            forms=[
                _of_scores(lambda scores: scores.argmax(dim=1).to(scores.dtype)),
                _of_scores(lambda scores: scores.argmax(dim=1).numpy()),
            ],
        ),
        Mistake(
            "a_list",
            _of_scores(lambda scores: scores.argmax(dim=1).tolist()),
            "The answers come as a list. A tensor is asked for.",
            0.5,
        ),
        Mistake(
            "counts_from_one",
            _of_scores(lambda scores: scores.argmax(dim=1) + 1),
            "The classes are counted from 1. They are numbered from 0, as the labels are.",
            0.25,
        ),
        Mistake(
            "guessing",
            _of_scores(lambda scores: scores.argmin(dim=1)),
            "The answers are no better than guessing. Is it the highest score that counts? Does the net "
            "read the weights that were trained, and does `train_step` learn at all?",
            forms=[_of_scores(lambda scores: torch.zeros_like(scores.argmax(dim=1)))],
        ),
        Mistake(
            "statistics_of_the_batch",
            _with_statistics(0),
            "What a row is called depends on the rows beside it: something is normalized by the rows that "
            "are asked about together, as in training. In evaluation the stored statistics count (lesson 12).",
            0.25,
            forms=[_with_statistics(1), _with_statistics(1, refused=True), _standardized],
        ),
        Mistake(
            "in_training_mode",
            _in_training_mode,
            "The net is in training mode: rows depend on each other, and to be asked changes the running "
            "statistics. Use the stored ones (`model.eval()`).",
            0.25,
            forms=[_with_statistics(0, kept=True)],
        ),
        Mistake(
            "dropout_at_test_time",
            _dropped(0.5),
            "Asked twice, it says two things: units are dropped while it answers. Dropout belongs to training alone.",
            0.25,
            forms=[_dropped(0.8)],
        ),
        Mistake(
            "changes_the_state",
            _trains_on,
            "The state is another one after answering, so that training goes on differently. Only look at it.",
            0.25,
        ),
    ],
)
