"""What tests of the demos of empirical risk share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor


@pytest.fixture(scope="session")
def empirical_risk() -> Callable[..., Tensor]:
    def empirical_risk(
        predict: Callable[[Tensor], Tensor], loss: Callable[..., Tensor], x: Tensor, y: Tensor
    ) -> Tensor:  # fmt: skip
        return loss(predict(x), y).mean()

    return empirical_risk
