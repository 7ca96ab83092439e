"""The references of `04_learning_rates`, and what they accept, against `torch.optim.lr_scheduler`, step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from steepest_grader.exercise.catalogue import exercise
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

N_STEPS, LR = 60, 0.3
Setting = tuple[str, str, Callable[..., Any], dict[str, Any]]

TABLE: list[Setting] = [
    (
        "linear_decay",
        "",
        partial(lr_scheduler.LinearLR, start_factor=1.0, end_factor=0.1, total_iters=40),
        {"lr": LR, "lr_end": 0.1 * LR, "tau": 40},
    ),
    (
        "power_decay",
        "",
        partial(lr_scheduler.LambdaLR, lr_lambda=lambda step: (1 + 0.2 * step) ** -0.5),
        {"lr": LR, "rate": 0.2, "power": 0.5},
    ),
    (
        "step_decay",
        "",
        partial(lr_scheduler.StepLR, step_size=7, gamma=0.5),
        {"lr": LR, "factor": 0.5, "every": 7},
    ),
    (
        "step_decay",
        "",
        partial(lr_scheduler.ExponentialLR, gamma=0.9),
        {"lr": LR, "factor": 0.9, "every": 1},
    ),
    *[
        (
            "one_cycle",
            name,
            partial(
                lr_scheduler.OneCycleLR,
                max_lr=LR,
                total_steps=N_STEPS,
                pct_start=0.25,  # the peak is at pct_start · N − 1
                div_factor=10.0,
                final_div_factor=100.0,
                anneal_strategy=strategy,
                cycle_momentum=False,
            ),
            {"lr_start": LR / 10, "lr_max": LR, "lr_end": LR / 1000, "peak": 14, "n_steps": N_STEPS},
        )
        for name, strategy in (("", "cos"), ("straight_legs", "linear"))
    ],
    *[
        (
            "cosine_restarts",
            "",
            partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=7, T_mult=growth, eta_min=0.02),
            {"lr": LR, "lr_end": 0.02, "period": 7, "growth": growth},
        )
        for growth in (1, 2, 3)
    ],
]


def _optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)


@pytest.mark.parametrize(
    ("name", "variant", "scheduler", "constants"), TABLE, ids=[f"{name}-{variant}" for name, variant, *_ in TABLE]
)
def test_schedules_are_those_of_torch(
    name: str, variant: str, scheduler: Callable[..., Any], constants: dict[str, Any]
) -> None:
    item = exercise(name)
    known = {accepted.name: accepted.implementation for accepted in item.accepted}
    ours = known[variant] if variant else item.reference
    optimizer = _optimizer()
    theirs = scheduler(optimizer)
    for step in range(N_STEPS):
        assert theirs.get_last_lr()[0] == pytest.approx(ours(step, **constants), rel=1e-9), step
        optimizer.step()
        if step < N_STEPS - 1:
            theirs.step()


@pytest.mark.parametrize("extra", [0, 1])
def test_the_count_of_plateaus_is_that_of_torch_or_one_less(extra: int) -> None:
    item = exercise("plateau_decay")
    torch_form = next(accepted for accepted in item.accepted if accepted.name == "count_of_torch")
    ours = torch_form.implementation if extra else item.reference
    losses = torch.tensor([5, 4, 4.5, 4.2, 4.1, 4.0, 3, 3.5, 3.2, 3.1, 3.1, 3.4, 2.8, 2.9, 2.9, 2.9, 2.9, 2.9]).double()
    optimizer = _optimizer()
    theirs = lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=1 + extra, threshold=0.25, threshold_mode="abs", eps=0.0
    )
    seen = []
    for loss in losses.tolist():
        theirs.step(loss)
        seen.append(optimizer.param_groups[0]["lr"])
    rates = ours(losses, lr=LR, factor=0.5, patience=2, min_delta=0.25)
    torch.testing.assert_close(rates, torch.tensor(seen).double())
    assert len(set(seen)) > 2


def test_the_average_is_that_of_torch() -> None:
    weight = torch.nn.Linear(3, 1, bias=False, dtype=torch.float64)
    averaged = AveragedModel(weight)
    average = torch.full((1, 3), torch.nan, dtype=torch.float64)
    for count in range(5):
        with torch.no_grad():
            weight.weight += torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64) * count
        averaged.update_parameters(weight)
        average = exercise("average_step").reference(average, weight.weight.detach(), count=count)
        torch.testing.assert_close(average, averaged.module.weight.detach())
