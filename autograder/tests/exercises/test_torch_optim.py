"""References of `06_adaptive_methods` and `adamw_step`, and their accepted conventions, against `torch.optim`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from steepest.trajectory import init_state
from steepest_grader.exercise.catalogue import exercise
from torch import Tensor

SCALES = torch.logspace(-4, 3, 8, dtype=torch.float64)
STEPS = 500
RHOS = {"rho1": 0.9, "rho2": 0.999}
BETAS = {"betas": (0.9, 0.999)}

Setting = tuple[str, str, type[torch.optim.Optimizer], dict[str, Any], dict[str, Any]]

TABLE: list[Setting] = [
    ("adagrad_step", "", torch.optim.Adagrad, {"eps": 1e-8}, {"eps": 1e-8}),
    ("adagrad_step", "", torch.optim.Adagrad, {"eps": 0.1}, {"eps": 0.1}),
    ("rmsprop_step", "", torch.optim.RMSprop, {"rho": 0.9, "eps": 1e-8}, {"alpha": 0.9, "eps": 1e-8}),
    ("rmsprop_step", "", torch.optim.RMSprop, {"rho": 0.99, "eps": 0.1}, {"alpha": 0.99, "eps": 0.1}),
    (
        "rmsprop_step",
        "centred",
        torch.optim.RMSprop,
        {"rho": 0.9, "eps": 1e-3},
        {"alpha": 0.9, "eps": 1e-3, "centered": True},
    ),
    ("adadelta_step", "", torch.optim.Adadelta, {"rho": 0.9, "eps": 1e-6}, {"rho": 0.9, "eps": 1e-6}),
    ("adam_step", "", torch.optim.Adam, {**RHOS, "eps": 1e-8}, {**BETAS, "eps": 1e-8}),
    ("adam_step", "", torch.optim.Adam, {**RHOS, "eps": 0.1}, {**BETAS, "eps": 0.1}),
    (
        "adamw_step",
        "",
        torch.optim.AdamW,
        {**RHOS, "eps": 1e-8, "decay": 0.1},
        {**BETAS, "eps": 1e-8, "weight_decay": 0.1},
    ),
    ("adamax_step", "as_in_torch", torch.optim.Adamax, {**RHOS, "eps": 0.1}, {**BETAS, "eps": 0.1}),
    ("adamax_step", "", torch.optim.Adamax, {**RHOS, "eps": 0.0}, {**BETAS, "eps": 0.0}),
    ("nadam_step", "schedule_of_torch", torch.optim.NAdam, {**RHOS, "eps": 1e-8}, {**BETAS, "eps": 1e-8}),
    ("nadam_step", "schedule_of_torch_with_memory", torch.optim.NAdam, {**RHOS, "eps": 0.1}, {**BETAS, "eps": 0.1}),
    # so large a decay makes torch's schedule the constant that the lesson teaches
    (
        "nadam_step",
        "",
        torch.optim.NAdam,
        {**RHOS, "eps": 1e-8},
        {**BETAS, "eps": 1e-8, "momentum_decay": 1e6},
    ),
]


@pytest.fixture(autouse=True)
def _double_by_default() -> Iterator[None]:
    """torch.optim.NAdam keeps the product of its ρ₁ in the default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def _rate(step: int) -> float:
    return 0.05 / (1 + 0.01 * step) * (2 if step % 7 == 0 else 1)


def _gradient(theta: Tensor, step: int) -> Tensor:
    """Of a bowl for each weight with curvatures over seven orders of magnitude, and a part that changes with time."""
    return SCALES * (theta - 0.3 + torch.sin(0.2 * step + torch.arange(len(theta), dtype=theta.dtype)))


def _implementation(name: str, variant: str) -> Callable[..., tuple[Tensor, dict[str, Any]]]:
    item = exercise(name)
    if not variant:
        return item.reference
    found: Callable[..., Any] = {accepted.name: accepted for accepted in item.accepted}[variant].implementation
    return found


@pytest.mark.parametrize(("name", "variant", "optimizer", "ours", "theirs"), TABLE)
def test_it_takes_the_path_of_torch(
    name: str,
    variant: str,
    optimizer: Callable[..., torch.optim.Optimizer],
    ours: dict[str, Any],
    theirs: dict[str, Any],
) -> None:
    step_of = _implementation(name, variant)
    theta = torch.linspace(-1, 1, len(SCALES), dtype=torch.float64)
    weight = torch.nn.Parameter(theta.clone())
    moving = optimizer([weight], lr=_rate(0), **theirs)
    state = init_state(name, theta)
    for step in range(STEPS):
        moving.param_groups[0]["lr"] = _rate(step)
        weight.grad = _gradient(weight.detach(), step)
        moving.step()
        theta, state = step_of(theta, _gradient(theta, step), state, lr=_rate(step), **ours)
        torch.testing.assert_close(theta, weight.detach(), rtol=1e-9, atol=1e-10)
    assert (theta - torch.linspace(-1, 1, len(SCALES), dtype=torch.float64)).abs().min() > 1e-3


@pytest.mark.parametrize("eps", [1e-8, 1e-3])
def test_adamax_differs_from_torch_by_the_place_of_eps_only(eps: float) -> None:
    step_of = exercise("adamax_step").reference
    theta = torch.linspace(-1, 1, len(SCALES), dtype=torch.float64)
    state = init_state("adamax", theta)
    theirs, memory = theta, dict(state)
    as_in_torch = _implementation("adamax_step", "as_in_torch")
    gradients = [_gradient(theta, step) for step in range(STEPS)]
    for grad in gradients:
        theta, state = step_of(theta, grad, state, lr=0.01, **RHOS, eps=eps)
        theirs, memory = as_in_torch(theirs, grad, memory, lr=0.01, **RHOS, eps=eps)
    assert 0 < (theta - theirs).abs()[-4:].max() < 10 * eps


def test_rprop_takes_the_path_of_torch() -> None:
    """Rates are the method's own here; its two factors change instead."""
    step_of = exercise("rprop_step").reference
    theta = torch.linspace(-1, 1, len(SCALES), dtype=torch.float64)
    weight = torch.nn.Parameter(theta.clone())
    moving = torch.optim.Rprop([weight], lr=0.05, step_sizes=(1e-4, 0.5))
    state = init_state("rprop", theta, rate=0.05)
    for step in range(STEPS):
        down, up = 0.5 + 0.1 * (step % 3), 1.2 + 0.05 * (step % 4)
        moving.param_groups[0]["etas"] = (down, up)
        weight.grad = _gradient(weight.detach(), step)
        moving.step()
        theta, state = step_of(theta, _gradient(theta, step), state, up=up, down=down, step_min=1e-4, step_max=0.5)
        torch.testing.assert_close(theta, weight.detach(), rtol=1e-9, atol=1e-12)
