"""Functions that exercises hand over by name."""

from __future__ import annotations

import pytest
import torch
from steepest.callables import tanh_energy
from torch import Tensor

MATRIX = torch.tensor([[1.0, -2.0], [0.5, 0.25], [-1.5, 1.0]], dtype=torch.float64)
SHIFT = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)


@pytest.mark.parametrize("shift", [0.0, SHIFT], ids=["even", "shifted"])
def test_the_energy_is_half_the_squared_length(shift: Tensor | float) -> None:
    theta = torch.tensor([[0.4], [-0.7]], dtype=torch.float64)
    energy = tanh_energy(MATRIX, shift)
    assert energy(theta).shape == ()
    assert float(energy(theta)) == pytest.approx(float(torch.tanh(MATRIX @ theta[:, 0] + shift).norm()) ** 2 / 2)


def test_only_without_a_shift_the_energy_is_even() -> None:
    theta = torch.tensor([0.4, -0.7], dtype=torch.float64)
    assert float(tanh_energy(MATRIX)(theta)) == pytest.approx(float(tanh_energy(MATRIX)(-theta)))
    even, shifted = tanh_energy(MATRIX), tanh_energy(MATRIX, SHIFT)
    assert float(even(theta)) == pytest.approx(float(even(-theta)))
    assert float(shifted(theta)) != pytest.approx(float(shifted(-theta)), rel=1e-3)
