"""Two exercises, borrowed from the course, and a contest of them that takes no time."""

from __future__ import annotations

import numpy as np
import torch
from steepest._checks.calls import Function, StudentError
from steepest_exercises.momentum.ewa import EWA
from steepest_exercises.momentum.polyak import MOMENTUM_STEP
from steepest_grader.exercise.contest import Contest

LESSON = "92_contest"
EXERCISES = (EWA, MOMENTUM_STEP)
LINE = "the gradient alone"
ROWS = 200


def play(function: Function, seed: int) -> float:
    """The share of numbers for which a step goes where momentum goes; a tenth of them for a step that stays."""
    source = np.random.default_rng(seed)
    theta, grad, velocity = (torch.from_numpy(source.normal(size=ROWS)) for _ in range(3))
    grad[: ROWS // 10], velocity[: ROWS // 10] = 0.0, 0.0
    found = function(theta, grad, {"velocity": velocity}, lr=0.1, beta=0.9)
    if not (isinstance(found, tuple) and isinstance(found[0], torch.Tensor) and found[0].shape == theta.shape):
        raise StudentError("what `momentum_step` returned is no pair of a tensor and a state")
    return float(((found[0] - theta).sign() == (0.9 * velocity - 0.1 * grad).sign()).double().mean())


def gradient_step(theta, grad, state, *, lr, beta):  # type: ignore[no-untyped-def]
    return theta - lr * grad, state


CONTEST = Contest(
    ("momentum_step", "ewa"),
    play,
    lines={LINE: {"momentum_step": gradient_step, "ewa": EWA.reference}},
    brought=("steepest.data",),
    seconds=2.0,
)
