"""What goes wrong in `fit_line`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from steepest_grader.exercise.model import Mistake
from torch import Tensor

from steepest_exercises.start_here import reference

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
Fit = Callable[..., Tensor]


def residuals(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    """What the line is too high by at every point."""
    return theta[0] + theta[1] * x - y


def pair(residual: Tensor, x: Tensor) -> Tensor:
    """The two derivatives of the mean of squares, from the residuals."""
    return 2 * torch.stack([residual.mean(), (residual * x).mean()])


def descent(gradient: Gradient) -> Fit:
    """Descent with one thing changed: the gradient, a function of (x, y, theta)."""

    def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = theta0
        for _ in range(n_steps):
            theta = theta - lr * gradient(x, y, theta)
        return theta

    return fit_line


# --- mistakes


def _root(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = residuals(x, y, theta)
    return pair(residual, x) / (2 * residual.square().mean().sqrt())


def _table(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = theta[0] + theta[1] * x[:, None] - y
    return pair(residual, x[:, None])


def _product_of_means(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = residuals(x, y, theta)
    return 2 * torch.stack([residual.mean(), residual.mean() * x.mean()])


def _without_x(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    residual = residuals(x, y, theta)
    return 2 * torch.stack([residual.mean(), residual.mean()])


def _slope_only(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    intercept, slope = pair(residuals(x, y, theta), x)
    return torch.stack([torch.zeros_like(intercept), slope])


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
        theta = theta - lr * pair(residuals(x[row], y[row], theta), x[row])
    return theta


def _solved(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    best: Tensor = torch.linalg.pinv(torch.stack([torch.ones_like(x), x], dim=1)) @ y
    return best


def _straight_on(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return theta0 - n_steps * lr * pair(residuals(x, y, theta0), x)


def _solved_with(solve: Callable[[Tensor, Tensor], Tensor]) -> Fit:
    return lambda x, y, theta0, *, lr, n_steps: solve(x, y)


def _centred_solution(x: Tensor, y: Tensor) -> Tensor:
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return torch.stack([y.mean() - slope * x.mean(), slope])


def _least_squares(x: Tensor, y: Tensor) -> Tensor:
    best: Tensor = torch.linalg.lstsq(torch.stack([torch.ones_like(x), x], dim=1), y[:, None]).solution[:, 0]
    return best


def _normal_equations(x: Tensor, y: Tensor) -> Tensor:
    rows = torch.stack([torch.ones_like(x), x], dim=1)
    best: Tensor = torch.linalg.solve(rows.T @ rows, rows.T @ y)
    return best


def _accumulated(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta, total = theta0, torch.zeros_like(theta0)
    for _ in range(n_steps):
        total = total + pair(residuals(x, y, theta), x)
        theta = theta - lr * total
    return theta


def _from_the_start_each_time(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    for _ in range(n_steps):
        theta = theta0 - lr * pair(residuals(x, y, theta), x)
    return theta


def _returned_inside_the_loop(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor | None:
    return reference.fit_line(x, y, theta0, lr=lr, n_steps=1) if n_steps else None


def _slope_first(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    intercept, slope = theta0[0], theta0[1]
    for _ in range(n_steps):
        slope = slope - 2 * lr * ((intercept + slope * x - y) * x).mean()
        intercept = intercept - 2 * lr * (intercept + slope * x - y).mean()
    return torch.stack([intercept, slope])


def _point_after_point(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    for _ in range(n_steps):
        theta0 = _one_point_a_step(x, y, theta0, lr=lr, n_steps=len(x))
    return theta0


def _first_point(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.fit_line(x[:1], y[:1], theta0, lr=lr, n_steps=n_steps)


def _last_point_left_out(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.fit_line(x[:-1], y[:-1], theta0, lr=lr, n_steps=n_steps)


def _stops_early(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    for _ in range(n_steps):
        gradient = pair(residuals(x, y, theta), x)
        if gradient.norm() < 1e-6:
            break
        theta = theta - lr * gradient
    return theta


def _best_on_the_way(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = _every_point(x, y, theta0, lr=lr, n_steps=n_steps)
    losses = torch.stack([residuals(x, y, theta).square().mean() for theta in path])
    return path[int(losses.argmin())]


def _shrinking(rate: Callable[[float, int], float]) -> Fit:
    def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = theta0
        for step in range(n_steps):
            theta = theta - rate(lr, step) * pair(residuals(x, y, theta), x)
        return theta

    return fit_line


def _both(intercept: Callable[[Tensor, Tensor], Tensor], slope: Callable[[Tensor, Tensor], Tensor]) -> Fit:
    """Descent with two derivatives, each a function of residual and x."""

    def gradient(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
        residual = residuals(x, y, theta)
        return torch.stack([intercept(residual, x), slope(residual, x)])

    return descent(gradient)


def _model_turned(x: Tensor, y: Tensor, theta: Tensor) -> Tensor:
    return pair(theta[0] * x + theta[1] - y, x)


def _theta_and_losses(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> tuple[Tensor, list[float]]:
    path = _every_point(x, y, theta0, lr=lr, n_steps=n_steps)
    return path[-1], [float(residuals(x, y, theta).square().mean()) for theta in path[1:]]


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


def _with_velocity(beta: float, share: float = 1.0) -> Fit:
    def fit_line(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta, velocity = theta0, torch.zeros_like(theta0)
        for _ in range(n_steps):
            velocity = beta * velocity + share * pair(residuals(x, y, theta), x)
            theta = theta - lr * velocity
        return theta

    return fit_line


def _adam(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    weight = torch.nn.Parameter(theta0.clone())
    optimizer = torch.optim.Adam([weight], lr=lr)
    for _ in range(n_steps):
        weight.grad = pair(residuals(x, y, weight.detach()), x)
        optimizer.step()
    return weight.detach()


def _moved_points(change: Callable[[Tensor], Tensor]) -> Fit:
    return lambda x, y, theta0, *, lr, n_steps: reference.fit_line(change(x), y, theta0, lr=lr, n_steps=n_steps)


def _final_loss(x: Tensor, y: Tensor, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return residuals(x, y, reference.fit_line(x, y, theta0, lr=lr, n_steps=n_steps)).square().mean()


MISTAKES = [
    Mistake(
        "another_method",
        _with_velocity(0.9),
        "This is another method, with a memory of earlier gradients (momentum, Adam). Here each step is lr times the "
        "gradient at the present point.",
        0.25,
        forms=[_with_velocity(0.9, 0.1), _with_velocity(0.5), _adam],
    ),
    Mistake(
        "points_moved_first",
        _moved_points(lambda x: x - x.mean()),
        "The result is that for points whose x is centred or standardized, so another line is fitted. Take the points "
        "as they are.",
        0.25,
        forms=[_moved_points(lambda x: (x - x.mean()) / x.var(correction=0).sqrt())],
    ),
    Mistake(
        "part_of_the_model_missing",
        descent(lambda x, y, theta: pair(theta[1] * x - y, x)),
        "The prediction lacks one of its two parts: it is θ₀ + θ₁x, intercept and slope.",
        0.25,
        forms=[descent(lambda x, y, theta: pair(theta[0] - y, x))],
    ),
    Mistake(
        "loss_returned",
        _final_loss,
        "The loss at the end is returned. Return the parameters, theta.",
        0.25,
    ),
    Mistake(
        "factor_two_missing",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x) / 2),
        "The steps are half as long as they should be. The derivative of a square brings down a factor 2, and "
        "the loss here is the mean of the squares, without a ½.",
        0.5,
    ),
    Mistake(
        "sum_instead_of_mean",
        descent(lambda x, y, theta: len(x) * pair(residuals(x, y, theta), x)),
        "The steps are n times as long as they should be, as with a gradient that is summed over the points. The loss "
        "is a mean: a sum has to be divided by n.",
        0.5,
    ),
    Mistake(
        "sum_without_the_factor_two",
        descent(lambda x, y, theta: len(x) * pair(residuals(x, y, theta), x) / 2),
        "The steps are n/2 times as long as they should be. Two things about the loss: it is a mean over the n points, "
        "and the derivative of a square has a factor 2.",
        0.25,
    ),
    Mistake(
        "climbs",
        descent(lambda x, y, theta: -pair(residuals(x, y, theta), x)),
        "theta moves uphill, so the loss grows with every step. Descent goes against the gradient: look at the sign of "
        "the residual and at that of the step.",
        0.25,
    ),
    Mistake(
        "intercept_and_slope_exchanged",
        _exchanged,
        "theta[0] is taken for the slope. In this lesson it is the intercept, and theta[1] the slope.",
        0.25,
    ),
    Mistake(
        "slope_gradient_without_x",
        descent(_without_x),
        "Both derivatives are the same here. The prediction changes by x when the slope changes by 1, so the "
        "chain rule brings an x into the second one.",
        0.25,
    ),
    Mistake(
        "product_of_means",
        descent(_product_of_means),
        "The slope's derivative is the mean of products, residual times x. What comes out here is the mean residual "
        "times the mean x, which forgets which residual belongs to which x.",
        0.25,
    ),
    Mistake(
        "intercept_never_moves",
        descent(_slope_only),
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
        "slope_moves_first",
        _slope_first,
        "The intercept's derivative already uses the new slope. A gradient belongs to one point: work out both "
        "derivatives before either parameter moves.",
        0.5,
    ),
    Mistake(
        "table_of_residuals",
        descent(_table),
        "Every prediction is compared with all targets, or with their mean, as in a table of n rows and n columns. "
        "Each has one target of its own: look at the residual; its shape should be (n,).",
        0.25,
    ),
    Mistake(
        "one_point_a_step",
        _one_point_a_step,
        "theta moves after a single point. That is a method of its own (lesson 2); here every step uses all points.",
        0.25,
        forms=[_point_after_point],
    ),
    Mistake(
        "first_point_only",
        _first_point,
        "Only the first point has a say. The loss is a mean over all points.",
        0.25,
    ),
    Mistake(
        "last_point_left_out",
        _last_point_left_out,
        "The last point has no say in the result. The loss is a mean over all points: if there is a slice or a range, "
        "look at where it ends.",
        0.25,
    ),
    Mistake(
        "gradient_of_the_start",
        _straight_on,
        "Every step uses the gradient at theta0. It changes with theta: take it anew at the point where each step "
        "begins.",
        0.25,
    ),
    Mistake(
        "gradients_add_up",
        _accumulated,
        "The gradients of all steps so far add up, but each step takes that of the present point alone. If you use "
        "backward(): it adds to .grad, which has to be set to zero before each step.",
        0.5,
    ),
    Mistake(
        "every_step_from_the_start",
        _from_the_start_each_time,
        "The gradient is taken where the last step ended, but each step is taken from theta0 again. The next step "
        "starts where the last one ended.",
        0.25,
    ),
    Mistake(
        "rate_shrinks",
        _shrinking(lambda lr, step: lr / (step + 1)),
        "The rate shrinks from step to step. Here it is the same lr in every step.",
        0.25,
        forms=[
            _shrinking(lambda lr, step: lr / (step + 1) ** 0.5),
            _shrinking(lambda lr, step: lr / (step + 2)),
            _shrinking(lambda lr, step: lr * 0.9**step),
            _shrinking(lambda lr, step: lr * 0.99**step),
        ],
    ),
    Mistake(
        "stops_early",
        _stops_early,
        "What comes back need not be the point after all n_steps steps: it can be an earlier one, such as the first "
        "where the gradient is small or the loss lowest. The last point is asked for.",
        0.5,
        forms=[_best_on_the_way],
    ),
    Mistake(
        "one_step_too_few",
        _steps(lambda n: max(n - 1, 0)),
        "The result is one step behind. Count the steps, and look at which theta is returned: range(1, n) runs n - 1 "
        "times, range(n) runs n times.",
        0.5,
    ),
    Mistake(
        "one_step_too_many",
        _steps(lambda n: n + 1),
        "The result is one step too far: n_steps steps are asked for. range(n) runs n times, range(n + 1) once more.",
        0.5,
    ),
    Mistake(
        "one_step_only",
        _steps(lambda n: min(n, 1)),
        "The result never goes beyond the first step. Does the `return` stand inside the loop, or does every step "
        "start from theta0 again?",
        0.25,
        forms=[_returned_inside_the_loop],
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
        "This is a least-squares line itself, worked out to the end. The point that n_steps steps from theta0 reach is "
        "asked for, and it may still be far from there.",
        forms=[*map(_solved_with, (_centred_solution, _least_squares, _normal_equations))],
    ),
    Mistake(
        "descends_the_absolute_error",
        descent(lambda x, y, theta: pair(residuals(x, y, theta).sign(), x) / 2),
        "Only the residuals' signs have a say, as when the mean absolute error is descended. Here the loss is the mean "
        "of the squares.",
        0.25,
        forms=[descent(lambda x, y, theta: pair(residuals(x, y, theta).sign(), x))],
    ),
    Mistake(
        "descends_the_root",
        descent(_root),
        "The loss that is descended has a square root over the mean. The minimum is the same, the steps are not.",
        0.25,
    ),
    Mistake(
        "gradient_normalized",
        descent(lambda x, y, theta: torch.nn.functional.normalize(pair(residuals(x, y, theta), x), dim=0)),
        "Every step has the length lr. The step is lr times the gradient, which is short where the slope is gentle.",
        0.25,
    ),
    Mistake(
        "sign_of_the_gradient",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x).sign()),
        "Only the gradient's sign is used, so each parameter moves by lr however steep the slope is.",
        0.25,
    ),
    Mistake(
        "gradient_clipped",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x).clamp(-1, 1)),
        "Large gradients are cut down. Here the gradient enters as it is.",
        0.25,
    ),
    Mistake(
        "slope_never_moves",
        _both(lambda r, x: 2 * r.mean(), lambda r, x: torch.zeros_like(r.mean())),
        "Only the intercept is fitted. The loss has a derivative by the slope too.",
        0.25,
    ),
    Mistake(
        "derivatives_exchanged",
        _both(lambda r, x: 2 * (r * x).mean(), lambda r, x: 2 * r.mean()),
        "The two derivatives are exchanged. The factor x belongs to that of the slope, theta[1]; that of the "
        "intercept, theta[0], has none.",
        0.5,
    ),
    Mistake(
        "slope_and_intercept_in_the_model_exchanged",
        descent(_model_turned),
        "The prediction takes theta[0] as the slope, the derivatives take it as the intercept. In this lesson "
        "theta[0] is the intercept: the line is θ₀ + θ₁x.",
        0.25,
    ),
    Mistake(
        "slope_returned_first",
        lambda x, y, theta0, *, lr, n_steps: reference.fit_line(x, y, theta0, lr=lr, n_steps=n_steps).flip(0),
        "The numbers are right, but they come in the wrong order: the intercept first, then the slope.",
        0.5,
    ),
    Mistake(
        "x_in_both_derivatives",
        _both(lambda r, x: 2 * (r * x).mean(), lambda r, x: 2 * (r * x).mean()),
        "Both derivatives carry a factor x. The prediction grows by 1 when the intercept does, so no x belongs into "
        "the intercept's derivative.",
        0.25,
    ),
    Mistake(
        "x_squared_in_the_slope",
        _both(lambda r, x: 2 * r.mean(), lambda r, x: 2 * (r * x * x).mean()),
        "The slope's derivative carries x twice. The chain rule brings it in once.",
        0.25,
    ),
    Mistake(
        "factor_two_in_one_derivative_only",
        _both(lambda r, x: 2 * r.mean(), lambda r, x: (r * x).mean()),
        "One of the two derivatives is right, and the other half as large as it should be. The factor 2 of the square "
        "belongs into both.",
        0.5,
        forms=[_both(lambda r, x: r.mean(), lambda r, x: 2 * (r * x).mean())],
    ),
    Mistake(
        "sum_in_one_derivative_only",
        _both(lambda r, x: 2 * r.mean(), lambda r, x: 2 * (r * x).sum()),
        "One derivative is right, and the other n times too large, as a sum over the points is. The loss is a mean: "
        "both are means over the n points.",
        0.5,
        forms=[_both(lambda r, x: 2 * r.sum(), lambda r, x: 2 * (r * x).mean())],
    ),
    Mistake(
        "divided_by_n_twice",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x) / len(x)),
        "The steps are too short by a factor n, or 2n. A mean has divided by the number of points already: once is "
        "enough.",
        0.5,
        forms=[descent(lambda x, y, theta: pair(residuals(x, y, theta), x) / (2 * len(x)))],
    ),
    Mistake(
        "divided_by_one_less",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x) * (len(x) / (len(x) - 1))),
        "The gradient comes out as if its sum were divided by n - 1. The loss is a plain mean: divide by n.",
        0.5,
        forms=[descent(lambda x, y, theta: pair(residuals(x, y, theta), x) * len(x) / (max(len(x) - 1, 1)))],
    ),
    Mistake(
        "factor_two_twice",
        descent(lambda x, y, theta: 2 * pair(residuals(x, y, theta), x)),
        "The steps are twice as long as they should be. The factor 2 of the square comes in once.",
        0.5,
    ),
    Mistake(
        "half_of_the_loss_taken_twice",
        descent(lambda x, y, theta: pair(residuals(x, y, theta), x) / 4),
        "The steps are a quarter as long as they should be. The derivative of a square has a factor 2, and the loss "
        "here is the mean of the squares, without a ½.",
        0.5,
    ),
    Mistake(
        "rate_forgotten",
        lambda x, y, theta0, *, lr, n_steps: reference.fit_line(x, y, theta0, lr=1.0, n_steps=n_steps),
        "The result does not depend on lr: a constant in its place looks the same. Each step is lr times the gradient.",
        0.25,
    ),
    Mistake(
        "targets_forgotten",
        descent(lambda x, y, theta: pair(residuals(x, torch.zeros_like(y), theta), x)),
        "The result does not depend on y. The residual is the prediction minus the target.",
        0.25,
    ),
    Mistake(
        "more_than_theta_returned",
        _theta_and_losses,
        "The last theta is right, but more is returned with it. Return theta alone.",
        0.5,
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
        "The two numbers are right, but they do not come as one tensor. torch.stack makes one tensor of two.",
        0.5,
    ),
]
