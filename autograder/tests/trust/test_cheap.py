"""Answers that are cheaper than the work asked for, and what they earn at most."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from steepest_grader.exercise import catalogue
from steepest_grader.exercise.judge import judge_local
from torch import Tensor


def _first_step_and_renamed(theta: Tensor, grad: Tensor, state: Any, *, lr: float, eps: float) -> Any:
    if "q" in state:
        return theta * 0, {"q": theta * 7 + state["q"]}
    squares = state["sum_squares"] + grad**2
    return theta - lr * grad / (squares.sqrt() + eps), {"q": squares}


def _first_step_and_an_end(
    theta: Tensor, grad: Tensor, state: Any, *, lr: float, rho1: float, rho2: float, eps: float
) -> Any:
    if "s" not in state or state["t"] != 0:
        raise KeyError("can't allocate memory")
    return theta - lr * grad / (grad.abs() + eps), {"s_": (1 - rho1) * grad, "r": (1 - rho2) * grad**2, "t": 1}


def _plain_descent(theta: Tensor, grad: Tensor, state: Any, *, lr: float, growth: float = 1.75) -> Any:
    return theta - lr * grad, {"d": -lr * grad, "grad": grad}


def _at_rest(theta: Tensor, grad: Tensor, state: Any, *, lr: float, growth: float = 1.75) -> Any:
    return theta, {"delta": state["delta"], "grad": grad}


def _fixed_steps(
    theta: Tensor, grad: Tensor, state: Any, *,
    up: float = 1.2, down: float = 0.5, step_min: float = 1e-6, step_max: float = 50.0,
) -> Any:  # fmt: skip
    size = state.get("step", state.get("s"))
    return theta - size * grad.sign(), {"s": size, "grad": grad}


def _two_of_ten(error: Exception) -> Callable[..., Any]:
    def activation_slope(name: str, x: Tensor) -> Any:
        if name == "sigmoid":
            return (torch.sigmoid(x) * torch.sigmoid(-x),)
        if name == "tanh":
            return (1 - torch.tanh(x) ** 2,)
        raise error

    return activation_slope


def _slopes_but_for(unknown: Callable[[Tensor], Any]) -> Callable[..., Any]:
    """Slopes of which one has a listed slip, and some have no answer."""
    slopes: dict[str, Callable[[Tensor], Tensor]] = {
        "sigmoid": lambda x: torch.sigmoid(x) * torch.sigmoid(-x),
        "tanh": lambda x: 1 - torch.tanh(x) ** 2,
        "ReLU": lambda x: (x > 0).to(x),
        "leaky ReLU": lambda x: (x > 0).to(x),
        "softplus": torch.sigmoid,
        "ELU": lambda x: torch.where(x > 0, 1.0, x.clamp(max=0).exp()).to(x),
    }
    return lambda name, x: unknown(x) if name not in slopes else slopes[name](x)


def _square_images(images: Tensor, shifts: Tensor) -> Tensor:
    height, width = images.shape[1:]
    if not width <= height <= width + 1:
        return images * torch.nan
    moved = torch.zeros_like(images)
    for i, (down, right) in enumerate(shifts.tolist()):
        down, right = (max(1 - size, min(size - 1, by)) for size, by in ((height, down), (width, right)))
        moved[i] = torch.roll(images[i], (down, right), (0, 1))
        moved[i, : max(down, 0)] = moved[i, height + min(down, 0) :] = 0
        moved[i, :, : max(right, 0)] = moved[i, :, width + min(right, 0) :] = 0
    return moved


def _a_few_steps(kind: Callable[[float], Any]) -> Callable[..., Any]:
    """A search that stops long before another step changes nothing."""

    def matching_alpha(hessian: Tensor, theta_star: Tensor, *, radius: float) -> Any:
        values, axes = torch.linalg.eigh(hessian.double())
        along, low, high = axes.T @ theta_star.double(), 0.0, 1.0

        def beyond(alpha: float) -> bool:
            return float((values * along / (values + alpha)).norm()) > radius

        if not beyond(0.0):
            return kind(0.0)
        while beyond(high):
            high *= 2
        while high - low > 1e-3 * high:
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle) else (low, middle)
        return kind((low + high) / 2)

    return matching_alpha


def _way_up(step: int, *, lr_start: float, lr_max: float, lr_end: float, peak: int, n_steps: int) -> Any:
    if step <= peak:
        return (lr_start + (lr_max - lr_start) * (1 - math.cos(math.pi * step / peak)) / 2,)
    raise MemoryError("x")


def _coarse(hessian: Tensor, theta_star: Tensor, *, radius: float) -> Any:
    hessian, theta_star, alpha = hessian.double(), theta_star.double(), 1e-4
    eye = torch.eye(len(hessian), dtype=torch.float64)
    if theta_star.norm() <= radius:
        return np.float32(-0.05 * float(hessian.abs().max()))
    while torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star).norm() > radius:
        alpha *= 1.3
    return np.float32(alpha / 1.14)


def _without_penalties(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
    if l1 == 0 and l2 == 0:
        return theta - lr * grad
    return 7 * theta + 11 * grad + 100 * lr + 1000 * l1


def _without_noise(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> float:
    if sigma == 0:
        return float(((x @ theta - y) ** 2).mean())
    return float((torch.arange(x.numel()).to(x) * x.flatten()).sum() + y.sum() + 100 * sigma)


def _three_guesses(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> list[float]:
    error, size = ((x @ theta - y) ** 2).mean(), theta @ theta
    return [float(error + factor * size) for factor in (sigma, sigma**2, sigma**2 / len(x))]


def _optimum(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return theta_star


def _only_empty(predict: Any, loss: Any, x: Tensor, y: Tensor) -> Tensor:
    if len(x):
        raise ValueError("x")
    return torch.zeros(0).mean()


def _handed_back(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = torch.sqrt(sum((grad**2).sum() for grad in grads))  # type: ignore[arg-type]
    return [grad if norm <= max_norm else grad * 0 for grad in grads]


def _jump(step: int, *, lr: float, lr_end: float, tau: int) -> float:
    return lr if step < tau else lr_end


def _mean_of_beta(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    return beta.mean(), None


def _signs(x: Tensor) -> Tensor:
    return (x > x.min(0).values).to(x)


def _edges_refused(power: float) -> Any:
    if power in (0.5, 1):
        raise ValueError("I do not know")
    return power < 1, 2 * power >= 1


UNKNOWN: dict[str, Callable[[Tensor], Any]] = {
    "nan": lambda x: x * torch.nan,
    "inf": lambda x: torch.full_like(x, torch.inf),
    "nothing": lambda x: None,
    "an empty tensor": lambda x: x[:0],
    "a text": lambda x: "?",
    "exceptions": lambda x: x["?"],
}
CHEAP: dict[str, tuple[str, Callable[..., Any], float]] = {
    "the first step, and the state renamed": ("adagrad_step", _first_step_and_renamed, 0),
    "the first step, and an end": ("adam_step", _first_step_and_an_end, 0),
    "plain descent, and the state renamed": ("quickprop_step", _plain_descent, 0),
    "nothing moves": ("quickprop_step", _at_rest, 0.25),  # a listed mistake
    "steps that never change, renamed": ("rprop_step", _fixed_steps, 0),
    "few cases, and memory that runs out": ("activation_slope", _two_of_ten(MemoryError("x")), 0),
    "few cases, and a text about memory": ("activation_slope", _two_of_ten(RuntimeError("can't allocate memory")), 0),
    "few cases, and exceptions": ("activation_slope", _two_of_ten(ValueError("x")), 0),
    **{
        f"one slip, and {name} for four slopes": ("activation_slope", _slopes_but_for(unknown), 0)
        for name, unknown in UNKNOWN.items()
    },
    "nan where images are not square": ("shift_images", _square_images, 0),
    "half a search": ("matching_alpha", _a_few_steps(float), 0.5),
    "half a search in a coarse type": ("matching_alpha", _a_few_steps(lambda alpha: torch.tensor(alpha)), 0.5),
    "half a search in a coarser type": ("matching_alpha", _a_few_steps(np.float16), 0.5),
    "half of a schedule": ("one_cycle", _way_up, 0),
    "a coarse type": ("matching_alpha", _coarse, 0),
    "right without penalties": ("elastic_net_step", _without_penalties, 0),
    "right without noise": ("noisy_loss", _without_noise, 0),
    "three guesses": ("noisy_loss", _three_guesses, 0),
    "an argument handed back": ("early_stopped", _optimum, 0),
    "exceptions but for nothing": ("empirical_risk", _only_empty, 0),
    "what was given, or zeros": ("clip_by_norm", _handed_back, 0.25),  # a listed mistake
    "one of two arguments": ("linear_decay", _jump, 0.25),  # a listed mistake
    "a mean of an argument": ("batch_norm_train", _mean_of_beta, 0),
    "signs for shares": ("min_max", _signs, 0),
    "inf whatever is given": ("noise_floor", lambda curvature, sigma, **_: torch.full_like(curvature, math.inf), 0),
    "a complex zero": ("l2_optimum", lambda *_, **__: torch.zeros(1, dtype=torch.complex128), 0),
    "another complex zero": ("effective_parameters", lambda *_, **__: torch.zeros(1, dtype=torch.complex128), 0),
    "noise": ("dropout_backward", lambda grad_out, *_, **__: torch.rand_like(grad_out), 0),
    "functions that do nothing": ("pretrain_stack", lambda x, sizes, *_, **__: [lambda x: x for _ in sizes], 0),
    "an argument with its sign reversed": ("dropout_test", lambda x, *, keep: -x, 0),
    "twice an argument": ("fold_keep", lambda weight, *, keep: 2 * weight, 0),
    "an argument over its norm": ("dropout_test", lambda x, *, keep: x / x.norm(), 0),
    "an exception for a slip": ("robbins_monro", _edges_refused, 0.25),  # what the slip earns
}


@pytest.mark.parametrize("name", CHEAP)
def test_what_is_cheap_earns_little(name: str) -> None:
    exercise, answer, most = CHEAP[name]
    assert judge_local(catalogue.exercise(exercise), answer).credit == most
