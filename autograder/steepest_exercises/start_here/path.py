"""Exercise `descent_path` of `00_start_here`: a short routine with a bug to find and mend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.start_here import reference

GradFn = Callable[[Tensor], Tensor]


def _path_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, d: int, lr: float, n_steps: int, dtype: torch.dtype = torch.float64) -> Case:
        draw, curvature = rng.standard_normal((d, d)), rng.uniform(0.4, 2.0, d)
        turn = np.linalg.qr(draw)[0]
        bowl = {
            "matrix": torch.from_numpy(turn @ np.diag(curvature) @ turn.T).to(dtype),
            "center": normal(rng, d, dtype=dtype),
        }
        theta0 = (normal(rng, d) + 2).to(dtype)
        kwargs = {"lr": lr, "n_steps": n_steps}
        inputs = {"args": [Named("quadratic_gradient", bowl), theta0], "kwargs": kwargs, "outputs": ["the path"]}
        return Case(name, inputs, slack=10.0)

    return [
        case("three steps in the plane", 2, 0.3, 3),
        case("a single step", 3, 0.2, 1),
        case("no step at all", 2, 0.5, 0),
        case("one parameter", 1, 0.4, 4),
        case("as many steps as parameters", 4, 0.1, 4),
        case("forty steps", 3, 0.6, 40),
        case("float32", 3, 0.25, 5, torch.float32),
    ]


def _new_points(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta, path = theta0, [theta0]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


def _copies_kept(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0.clone()
    path = [theta.clone()]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path)


def _accumulated(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    def step(theta: Tensor, _: int) -> Tensor:
        return theta - lr * grad_fn(theta)

    return torch.stack(list(itertools.accumulate(range(n_steps), step, initial=theta0)))


def _from_the_last_of_the_path(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = [theta0]
    while len(path) <= n_steps:
        path.append(path[-1] - lr * grad_fn(path[-1]))
    return torch.stack(path)


def _one_tensor_changed(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


def _copied_once(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return _one_tensor_changed(grad_fn, theta0.clone(), lr=lr, n_steps=n_steps)


def _start_not_copied(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path)


def _start_of_a_copy_overwritten(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return _start_not_copied(grad_fn, theta0.clone(), lr=lr, n_steps=n_steps)


def _stale_gradient(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta, path, grad = theta0, [theta0], grad_fn(theta0)
    for _ in range(n_steps):
        theta = theta - lr * grad
        path.append(theta)
    return torch.stack(path)


def _always_from_the_start(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return torch.stack([theta0] + [theta0 - lr * grad_fn(theta0) for _ in range(n_steps)])


def _without_the_end(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)[: max(n_steps, 1)]


def _steps_instead_of_points(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], path[1:] - path[:-1]])


DESCENT_PATH = Exercise(
    id="descent_path",
    reference=reference.descent_path,
    cases=_path_cases,
    points=2,
    accepted=[
        Accepted("a_new_point_each_step", _new_points),
        Accepted("copies_kept", _copies_kept),
        Accepted("accumulated", _accumulated),
        Accepted("from_the_last_of_the_path", _from_the_last_of_the_path),
    ],
    mistakes=[
        Mistake(
            "one_tensor_changed_in_place",
            _one_tensor_changed,
            "The list holds one tensor many times, and each step changes it in place: all rows are the last point, "
            "and the caller's theta0 is gone too. Look for the operator that changes a tensor instead of making one.",
        ),
        Mistake(
            "every_row_is_the_last",
            _copied_once,
            "theta0 is safe now, but all rows are still one and the same tensor, changed in place. Each row needs a "
            "tensor of its own.",
            0.25,
        ),
        Mistake(
            "start_overwritten",
            _start_not_copied,
            "The later rows are right. The first is still the caller's theta0 itself, which every step changes in "
            "place.",
            0.25,
        ),
        Mistake(
            "first_row_overwritten",
            _start_of_a_copy_overwritten,
            "The later rows are right, and theta0 is safe. The first row is the tensor that every step changes in "
            "place, so it ends as the last point.",
            0.5,
        ),
        Mistake(
            "start_missing",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)[1:],
            "The path begins after the first step. Its first row is the start: n steps visit n + 1 points.",
            0.5,
        ),
        Mistake(
            "end_missing",
            _without_the_end,
            "The last point is missing: n steps visit n + 1 points. Store after the step, not before it.",
            0.5,
        ),
        Mistake(
            "last_point_only",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)[-1],
            "Only the last point is returned. Keep every point on the way, the start first.",
            0.25,
        ),
        Mistake(
            "one_step_too_many",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps + 1),
            "One step too many: range(n) runs n times, from 0 to n - 1.",
            0.5,
        ),
        Mistake(
            "gradient_of_the_start",
            _stale_gradient,
            "Every step uses the gradient at theta0. The slope changes on the way: ask grad_fn again at each point.",
            0.25,
        ),
        Mistake(
            "every_step_from_the_start",
            _always_from_the_start,
            "Every step starts from theta0 again, so all rows but the first are alike. The next step starts where "
            "the last one ended.",
            0.25,
        ),
        Mistake(
            "climbs",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=-lr, n_steps=n_steps),
            "The rows are kept apart now, but the path leads uphill: the step is subtracted.",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=1.0, n_steps=n_steps),
            "The rows are kept apart now, but lr is not used: every step is the whole gradient.",
            0.25,
        ),
        Mistake(
            "steps_instead_of_points",
            _steps_instead_of_points,
            "The rows are the steps, not the points that they lead to.",
            0.25,
        ),
        Mistake(
            "not_stacked",
            lambda grad_fn, theta0, *, lr, n_steps: list(
                reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
            ),
            "The points are right, but they come as a list. torch.stack makes one tensor of them, a row each.",
            0.5,
        ),
        Mistake(
            "points_in_columns",
            lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps).T,
            "The points stand in columns. A path has one row a point: stack along the first axis.",
            0.5,
        ),
    ],
)
