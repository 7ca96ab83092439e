"""What tests of the demos of momentum share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

State = dict[str, Any]
Stepper = Callable[..., tuple[Tensor, State]]


@pytest.fixture(scope="session")
def forms(momentum_step: Stepper) -> dict[str, Stepper]:
    """Momentum in the forms that a student may have written."""

    def as_torch(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        velocity = beta * state["velocity"] + grad
        return theta - lr * velocity, {"velocity": velocity}

    def averaged(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        velocity = beta * state["velocity"] + (1 - beta) * grad
        return theta - lr * velocity, {"velocity": velocity}

    return {"taught": momentum_step, "torch": as_torch, "averaged": averaged}
