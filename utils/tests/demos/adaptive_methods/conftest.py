"""What tests of the demos of adaptive methods share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

State = dict[str, Any]


@pytest.fixture(scope="session")
def adagrad_step() -> Callable[..., tuple[Tensor, State]]:
    def adagrad_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, eps: float) -> tuple[Tensor, State]:
        total = state["sum_squares"] + grad.square()
        return theta - lr * grad / (total.sqrt() + eps), {"sum_squares": total}

    return adagrad_step
