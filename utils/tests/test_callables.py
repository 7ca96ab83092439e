from __future__ import annotations

import pytest
import torch
from steepest.callables import rate_table

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
