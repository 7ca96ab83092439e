"""Functions that exercises hand over by name."""

from __future__ import annotations

import math

import pytest
import torch
from steepest.callables import CALLABLES, budgeted_energy, budgeted_product, half_plane_energy, tanh_energy


def test_every_function_stands_in_the_table_under_its_own_name() -> None:
    assert all(function.__name__ == name for name, function in CALLABLES.items())


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_products_are_handed_out_until_they_are_used_up(calls: int) -> None:
    matrix = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    hvp, other = (budgeted_product(matrix, calls) for _ in range(2))
    v = torch.tensor([1.0, -1.0])
    assert all(torch.equal(hvp(v), matrix @ v) for _ in range(calls))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f"all {calls} products"):
            hvp(v)
    if calls:
        assert torch.equal(other(v), matrix @ v)  # each has a number of its own


def test_a_loss_that_is_finite_on_one_side_alone() -> None:
    f = half_plane_energy(3)
    inside, border, beyond = (f(torch.tensor([first, 3.0], dtype=torch.float64)) for first in (1.0, 0.0, -1.0))
    assert float(inside) == pytest.approx(5.0)
    assert float(border) == math.inf
    assert math.isnan(float(beyond))
    assert inside.dtype == beyond.dtype == torch.float64
    with pytest.raises(RuntimeError, match="all 3 values of the loss"):
        f(torch.ones(2))


def test_a_budget_changes_no_value() -> None:
    matrix, theta = torch.tensor([[1.0, -2.0], [0.5, 1.0]]), torch.tensor([0.3, 0.4])
    assert torch.equal(budgeted_energy(matrix, 1)(theta), tanh_energy(matrix)(theta))
