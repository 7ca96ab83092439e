"""Exercise `fit_line` of `00_start_here`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise
from torch import Tensor

from steepest_exercises.start_here import reference
from steepest_exercises.start_here.line_mistakes import MISTAKES, descent, pair, residuals


def _line_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        x: np.ndarray,
        lr: float,
        n_steps: int,
        *,
        theta0: Sequence[float] | None = None,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
    ) -> Case:
        """A fit; digits that float32 loses on the way show in float64."""
        y = 3 * x + 2 + rng.uniform(-0.5, 0.5, x.shape)
        start = rng.normal(5, 2, 2) if theta0 is None else np.array(theta0)
        args = [torch.from_numpy(part).to(dtype) for part in (x, y, start)]
        kwargs = {"lr": lr, "n_steps": n_steps}
        slack = 0.05 if dtype == torch.float64 else 20.0
        return Case(name, {"args": args, "kwargs": kwargs, "outputs": ["the last θ"]}, slack=slack, corner=corner)

    return [
        case("five steps on thirty points", rng.uniform(-2, 2, 30), 0.05, 5),
        case("a single step from zero", rng.uniform(-1, 2, 8), 0.1, 1, theta0=[0.0, 0.0]),
        case("no step at all", rng.uniform(-1, 1, 5), 0.1, 0, corner=0.15),
        case("a single point", rng.uniform(0.5, 1.5, 1), 0.1, 3, corner=0.1),
        case("x far from zero", rng.uniform(4, 6, 12), 0.01, 4),
        case("a column of a table", rng.uniform(-1, 2, (9, 2))[:, 1], 0.08, 6),
        case("two hundred steps", rng.uniform(-2, 1, 10), 0.2, 200),
        case("a rate that is too large", rng.uniform(-2, 2, 14), 1.3, 4),
        case("float32", rng.uniform(-1, 1, 15), 0.1, 8, dtype=torch.float32),
    ]


def _automatic(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = theta.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(residuals(x, y, leaf).square().mean(), leaf)
    return slope


def _two_numbers(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    intercept, slope = theta0[0], theta0[1]
    for _ in range(n_steps):
        r = intercept + slope * x - y
        intercept, slope = intercept - 2 * lr * r.mean(), slope - 2 * lr * (r * x).mean()
    return torch.stack([intercept, slope])


def _hessian_once(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    one = torch.ones_like(x)
    curvature = 2 * torch.stack([torch.stack([one.mean(), x.mean()]), torch.stack([x.mean(), (x * x).mean()])])
    pull = 2 * torch.stack([y.mean(), (x * y).mean()])
    theta = theta0.clone()
    for _ in range(n_steps):
        theta = theta - lr * (curvature @ theta - pull)
    return theta


def _torch_optimizer(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    weight = torch.nn.Parameter(theta0.clone())
    optimizer = torch.optim.SGD([weight], lr=lr)
    for _ in range(n_steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(weight[0] + weight[1] * x, y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weight.detach()


def _linear_layer(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    layer = torch.nn.utils.skip_init(torch.nn.Linear, 1, 1, dtype=x.dtype, device=x.device)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        layer.bias.copy_(theta0[:1])
        layer.weight.copy_(theta0[1:, None])
    for _ in range(n_steps):
        layer.zero_grad()
        torch.nn.functional.mse_loss(layer(x[:, None]), y[:, None]).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for weight in layer.parameters():
                weight -= lr * weight.grad
    return torch.cat([layer.bias, layer.weight[0]]).detach()


def _as_printed(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    n = len(x)
    theta = theta0.clone()
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        theta = theta - lr * torch.stack([2 / n * r.sum(), 2 / n * (r * x).sum()])
    return theta


FIT_LINE = Exercise(
    id="fit_line",
    reference=reference.fit_line,
    cases=_line_cases,
    points=3,
    accepted=[
        Accepted("formulas_as_printed", _as_printed),
        Accepted("linear_layer", _linear_layer, library=True),
        Accepted("derivatives_by_hand", descent(lambda x, y, theta: pair(residuals(x, y, theta), x))),
        Accepted("automatic_differentiation", descent(_automatic)),
        Accepted("two_numbers", _two_numbers),
        Accepted("hessian_once", _hessian_once),
        Accepted("torch_optimizer", _torch_optimizer, library=True),
    ],
    mistakes=MISTAKES,
)
