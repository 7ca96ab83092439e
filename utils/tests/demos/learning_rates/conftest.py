"""The functions of `04_learning_rates` as a student may write them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

Written = dict[str, Callable[..., Any]]


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


@pytest.fixture(scope="session")
def written() -> Written:
    """By name."""

    def choose_rate(short_run: Callable[[float], Tensor], rates: list[float]) -> float:
        return min(rates, key=lambda lr: float(short_run(lr)[-1]))

    def noise_floor(curvature: Tensor, sigma: float, *, lr: float) -> Tensor:
        floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
        return torch.where((curvature > 0) & (lr * curvature < 2), floor, torch.inf)

    def average_step(average: Tensor, theta: Tensor, *, count: int) -> Tensor:
        return average + (theta - average) / (count + 1) if count else theta

    def linear_decay(step: int, *, lr: float, lr_end: float, tau: int) -> float:
        return lr + (lr_end - lr) * min(step / tau, 1)

    def power_decay(step: int, *, lr: float, rate: float = 1.0, power: float = 1.0) -> float:
        return float(lr / (1 + rate * step) ** power)

    def step_decay(step: int, *, lr: float, factor: float, every: int) -> float:
        return float(lr * factor ** (step // every))

    def one_cycle(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> float:
        if step <= peak:
            return _half_cosine(lr_start, lr_max, step / peak)
        return _half_cosine(lr_max, lr_end, (step - peak) / (n_steps - 1 - peak))

    def cosine_restarts(step: int, *, lr: float, lr_end: float, period: int, growth: int = 1) -> float:
        while step >= period:
            step, period = step - period, period * growth
        return _half_cosine(lr, lr_end, step / period)

    def robbins_monro(power: float) -> tuple[bool, bool]:
        return power <= 1, power > 0.5

    functions = (
        choose_rate, noise_floor, average_step, linear_decay, power_decay, step_decay, one_cycle, cosine_restarts,
        robbins_monro,
    )  # fmt: skip
    return {function.__name__: function for function in functions}
