"""Exercise `fit_line` of `00_start_here`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.start_here import reference

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
Fit = Callable[..., Tensor]


def _line_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        x: np.ndarray,
        lr: float,
        n_steps: int,
        *,
        theta0: Sequence[float] | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> Case:
        y = 3 * x + 2 + rng.uniform(-0.5, 0.5, x.shape)
        start = rng.normal(5, 2, 2) if theta0 is None else np.array(theta0)
        args = [torch.from_numpy(part).to(dtype) for part in (x, y, start)]
        kwargs = {"lr": lr, "n_steps": n_steps}
        return Case(name, {"args": args, "kwargs": kwargs, "outputs": ["the last θ"]}, slack=20.0)

    return [
        case("five steps on thirty points", rng.uniform(-2, 2, 30), 0.05, 5),
        case("a single step from zero", rng.uniform(-1, 2, 8), 0.1, 1, theta0=[0.0, 0.0]),
        case("no step at all", rng.uniform(-1, 1, 5), 0.1, 0),
        case("a single point", rng.uniform(0.5, 1.5, 1), 0.1, 3),
        case("x far from zero", rng.uniform(4, 6, 12), 0.01, 4),
        case("a column of a table", rng.uniform(-1, 2, (9, 2))[:, 1], 0.08, 6),
        case("two hundred steps", rng.uniform(-2, 1, 10), 0.05, 200),
        case("float32", rng.uniform(-1, 1, 15), 0.1, 8, dtype=torch.float32),
    ]


def _residual(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    return theta[0] + theta[1] * x - y


def _pair(residual: Tensor, x: Tensor) -> Tensor:
    """The two derivatives of the mean of squares, from the residuals."""
    return 2 * torch.stack([residual.mean(), (residual * x).mean()])


def _descent(gradient: Gradient) -> Fit:
    """Descent with one thing changed: the gradient, a function of (x, y, theta)."""

    def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = theta0
        for _ in range(n_steps):
            theta = theta - lr * gradient(x, y, theta)
        return theta

    return fit_line


# --- accepted ------------------------------------------------------------------------------------------------


def _automatic(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = theta.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(_residual(x, y, leaf).square().mean(), leaf)
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


# --- mistakes ------------------------------------------------------------------------------------------------


def _root(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = _residual(x, y, theta)
    return _pair(residual, x) / (2 * residual.square().mean().sqrt())


def _table(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = theta[0] + theta[1] * x[:, None] - y
    return _pair(residual, x[:, None])


def _product_of_means(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = _residual(x, y, theta)
    return 2 * torch.stack([residual.mean(), residual.mean() * x.mean()])


def _without_x(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = _residual(x, y, theta)
    return 2 * torch.stack([residual.mean(), residual.mean()])


def _slope_only(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    pair = _pair(_residual(x, y, theta), x)
    return torch.stack([torch.zeros_like(pair[0]), pair[1]])


def _one_after_the_other(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    intercept, slope = theta0[0], theta0[1]
    for _ in range(n_steps):
        intercept = intercept - 2 * lr * (intercept + slope * x - y).mean()
        slope = slope - 2 * lr * ((intercept + slope * x - y) * x).mean()
    return torch.stack([intercept, slope])


def _one_point_a_step(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    for step in range(n_steps):
        row = slice(step % len(x), step % len(x) + 1)
        theta = theta - lr * _pair(_residual(x[row], y[row], theta), x[row])
    return theta


def _solved(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    best: Tensor = torch.linalg.pinv(torch.stack([torch.ones_like(x), x], dim=1)) @ y
    return best


def _straight_on(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return theta0 - n_steps * lr * _pair(_residual(x, y, theta0), x)


def _every_point(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return torch.stack([reference.fit_line(x, y, theta0, lr=lr, n_steps=step) for step in range(n_steps + 1)])


def _steps(change: Callable[[int], int]) -> Fit:
    def fit_line(*args: Any, lr: float, n_steps: int) -> Tensor:
        return reference.fit_line(*args, lr=lr, n_steps=change(n_steps))

    return fit_line


def _from_zero(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.fit_line(x, y, torch.zeros_like(theta0), lr=lr, n_steps=n_steps)


def _exchanged(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.fit_line(x, y, theta0.flip(0), lr=lr, n_steps=n_steps).flip(0)


FIT_LINE = Exercise(
    id="fit_line",
    reference=reference.fit_line,
    cases=_line_cases,
    points=3,
    accepted=[
        Accepted("derivatives_by_hand", _descent(lambda x, y, theta: _pair(_residual(x, y, theta), x))),
        Accepted("automatic_differentiation", _descent(_automatic)),
        Accepted("two_numbers", _two_numbers),
        Accepted("hessian_once", _hessian_once),
        Accepted("torch_optimizer", _torch_optimizer, library=True),
    ],
    mistakes=[
        Mistake(
            "factor_two_missing",
            _descent(lambda x, y, theta: _pair(_residual(x, y, theta), x) / 2),
            "The steps are half as long as they should be. The derivative of a square brings down a factor 2, and "
            "the loss here is the mean of the squares, without a ½.",
            0.5,
        ),
        Mistake(
            "sum_instead_of_mean",
            _descent(lambda x, y, theta: len(x) * _pair(_residual(x, y, theta), x)),
            "The gradient is summed over the points, so it grows with their number. The loss is a mean: divide by n.",
            0.5,
        ),
        Mistake(
            "sum_without_the_factor_two",
            _descent(lambda x, y, theta: len(x) * _pair(_residual(x, y, theta), x) / 2),
            "Two things about the loss: it is a mean, so divide by n, and the derivative of a square has a factor 2.",
            0.25,
        ),
        Mistake(
            "climbs",
            _descent(lambda x, y, theta: -_pair(_residual(x, y, theta), x)),
            "The loss grows with every step: the residual is taken as y minus the prediction, or the step is added. "
            "One sign has to turn.",
            0.25,
        ),
        Mistake(
            "intercept_and_slope_exchanged",
            _exchanged,
            "theta[0] is used as the slope. In this lesson it is the intercept, and theta[1] the slope.",
            0.25,
        ),
        Mistake(
            "slope_gradient_without_x",
            _descent(_without_x),
            "Both derivatives are the same here. The prediction changes by x when the slope changes by 1, so the "
            "chain rule brings an x into the second one.",
            0.25,
        ),
        Mistake(
            "product_of_means",
            _descent(_product_of_means),
            "The slope's derivative is the mean of products, residual times x. Here two means are multiplied, which "
            "forgets which residual belongs to which x.",
            0.25,
        ),
        Mistake(
            "intercept_never_moves",
            _descent(_slope_only),
            "Only the slope is fitted. The loss has a derivative by the intercept too.",
            0.25,
        ),
        Mistake(
            "one_parameter_after_the_other",
            _one_after_the_other,
            "The slope's derivative already uses the new intercept. A gradient belongs to one point: work out both "
            "derivatives before either parameter moves.",
            0.5,
        ),
        Mistake(
            "table_of_residuals",
            _descent(_table),
            "The residuals form a table of n rows and n columns: (n, 1) minus (n,) pairs every prediction with every "
            "target. Look at the shape of the residual; it should be (n,).",
            0.25,
        ),
        Mistake(
            "one_point_a_step",
            _one_point_a_step,
            "Each step uses a single point. That is a method of its own (lesson 2); here every step uses all points.",
            0.25,
        ),
        Mistake(
            "gradient_of_the_start",
            _straight_on,
            "The gradient is worked out once, at theta0, and used for all steps. It changes with theta: compute it "
            "inside the loop.",
            0.25,
        ),
        Mistake(
            "one_step_too_few",
            _steps(lambda n: max(n - 1, 0)),
            "One step too few: range(1, n) runs n - 1 times, range(n) runs n times.",
            0.5,
        ),
        Mistake(
            "one_step_too_many",
            _steps(lambda n: n + 1),
            "One step too many: range(n + 1) runs n + 1 times.",
            0.5,
        ),
        Mistake(
            "one_step_only",
            _steps(lambda n: min(n, 1)),
            "Only one step is taken: the `return` stands inside the loop, or every step starts from theta0 again.",
            0.25,
        ),
        Mistake(
            "starts_from_zero",
            _from_zero,
            "The descent starts from zero. It should start from the theta0 that it is given.",
            0.25,
        ),
        Mistake(
            "solved_exactly",
            _solved,
            "This is the least-squares line itself, where descent would end after very many steps. The point that "
            "n_steps steps reach is asked for.",
        ),
        Mistake(
            "descends_the_absolute_error",
            _descent(lambda x, y, theta: _pair(_residual(x, y, theta).sign(), x) / 2),
            "Only the residuals' signs are used: that descends the mean absolute error. Here the loss is the mean of "
            "the squares.",
            0.25,
        ),
        Mistake(
            "descends_the_root",
            _descent(_root),
            "The loss that is descended has a square root over the mean. The minimum is the same, the steps are not.",
            0.25,
        ),
        Mistake(
            "whole_path",
            _every_point,
            "All points on the way are returned. Here only the last theta is asked for.",
            0.5,
        ),
        Mistake(
            "tuple_instead_of_tensor",
            lambda x, y, theta0, *, lr, n_steps: tuple(reference.fit_line(x, y, theta0, lr=lr, n_steps=n_steps)),
            "The two numbers are right, but they come as a tuple. Put them into one tensor with torch.stack.",
            0.5,
        ),
    ],
)
