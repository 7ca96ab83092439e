"""What methods with averages of gradients share: cases, corrections, and where ε stands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from steepest_grader.exercise.model import Case
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared

Correction = Callable[[float, float, int], float]

SLACK = 20  # 1 - rho**t is a float32 tensor where t is a tensor, and may be


def moment_cases(rng: np.random.Generator) -> list[Case]:
    """Cases with averages `s` and `r` and the count `t`."""
    usual = {"lr": 0.1, "rho1": 0.8, "rho2": 0.95, "eps": 0.05}
    return shared.accumulating_cases(
        rng,
        start={"s": inputs.zeros, "r": inputs.zeros, "t": 0},
        usual=usual,
        changing=[
            {"lr": 0.3, "rho1": 0.7, "rho2": 0.9, "eps": 0.1},
            {"lr": 0.05, "rho1": 0.9, "rho2": 0.8, "eps": 0.01},
            usual,
        ],
        slack=SLACK,
        length=13,  # some correct the first ten steps only
    )


def first_average(a: float, b: float, k: int) -> float:
    """What the weights of the gradients sum to."""
    return 1 - a**k


def second_average(a: float, b: float, k: int) -> float:
    """What the weights of the squares sum to."""
    return 1 - b**k


def none(a: float, b: float, k: int) -> float:
    """No correction."""
    return 1.0


def outside(r: Tensor, correction: float, eps: float) -> Tensor:
    """The root of the corrected average, and ε."""
    return (r / correction).sqrt() + eps


def inside(r: Tensor, correction: float, eps: float) -> Tensor:
    """The same with ε in the root."""
    return (r / correction + eps).sqrt()


def hat(r: Tensor, correction: float, eps: float) -> Tensor:
    """ε at the uncorrected root: both corrections are drawn into the rate."""
    rate: float = correction**0.5
    return (r.sqrt() + eps) / rate


def blend_s(s: Tensor, g: Tensor, a: float, lr: float) -> Tensor:
    """The average of the gradients."""
    return a * s + (1 - a) * g


def blend_r(r: Tensor, g: Tensor, b: float, s: Tensor) -> Tensor:
    """The average of their squares."""
    return b * r + (1 - b) * g * g
