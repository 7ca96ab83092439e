"""Functions that exercises hand over by name."""

from __future__ import annotations

import math

import pytest
import torch
from steepest.callables import (
    CALLABLES,
    budgeted_energy,
    budgeted_product,
    counting_step,
    half_plane_energy,
    rate_table,
    small_batches_only,
    tanh_energy,
)
from steepest.callables import train_layer as layer_trainer
from torch import Tensor


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


RATES = [0.1, 0.03]
FIRST = torch.tensor([[3.0, 1.0], [3.0, 2.0]])
AGAIN = torch.tensor([[3.0, 1.5], [3.0, 1.2]])


def test_a_rate_is_run_once_and_any_further_run_is_another() -> None:
    short_run = rate_table(RATES, FIRST, AGAIN)
    assert [short_run(rate).tolist() for rate in RATES] == FIRST.tolist()
    assert [short_run(rate).tolist() for rate in (*RATES, *RATES)] == [*AGAIN.tolist(), *AGAIN.tolist()]
    assert rate_table(RATES, FIRST, AGAIN)(0.1).tolist() == [3, 1]  # each table counts for itself


@pytest.mark.parametrize("lr", [torch.tensor(0.03), 0.03 * (1 + 1e-9), torch.tensor([0.03])])
def test_a_rate_is_found_in_any_form(lr: float) -> None:
    assert rate_table(RATES, FIRST, AGAIN)(lr).tolist() == [3, 2]


def test_a_rate_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="one of the rates to choose from"):
        rate_table(RATES, FIRST, AGAIN)(0.05)


def test_what_a_run_gives_can_be_changed() -> None:
    short_run = rate_table(RATES, FIRST, AGAIN)
    short_run(0.1).zero_()
    assert FIRST[0].tolist() == [3, 1]


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


def test_a_step_grows_with_its_number_and_changes_nothing_that_it_is_given() -> None:
    theta, grad, state = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0]), {"t": 1, "seen": torch.ones(2)}
    moved, new = counting_step()(theta, grad, state, lr=0.5, l2=2.0)
    assert moved.tolist() == [1 - 0.5 * 2 * 5, 2 - 0.5 * 2 * 3]
    assert (new["t"], new["seen"].tolist()) == (2, [4, 0])
    assert (theta.tolist(), grad.tolist(), state["t"]) == ([1, 2], [3, -1], 1)
    assert torch.equal(counting_step()(theta, grad, state)[0], theta - 0.1 * 2 * grad)


@pytest.mark.parametrize("rows", [0, 4])
def test_few_rows_are_taken_at_a_time(rows: int) -> None:
    theta = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
    predict = small_batches_only(theta, 3, 2)
    assert predict(torch.ones(3, 2)).tolist() == [[3, -1]] * 3
    with pytest.raises(RuntimeError, match=f"between 1 and 3 rows can be taken at a time, not {rows}"):
        predict(torch.ones(rows, 2))
    with pytest.raises(RuntimeError, match="all 2 batches are used up"):
        predict(torch.ones(1, 2))


def test_a_layer_depends_on_its_rows_its_size_and_how_many_were_trained_before() -> None:
    x = torch.tensor([[0.3, -1.0], [0.8, 0.1], [1.5, 2.0]], dtype=torch.float64)
    first, other_rows = (layer_trainer(0.7)(rows, 3)(x) for rows in (x, x + 1))
    train = layer_trainer(0.7)
    again, later = (train(x, 3)(x) for _ in range(2))
    assert first.shape == (3, 3) and layer_trainer(0.7)(x, 4)(x).shape == (3, 4)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other_rows) and not torch.allclose(first, later)
    assert layer_trainer(0.7)(x.float(), 2)(x.float()).dtype == torch.float32
