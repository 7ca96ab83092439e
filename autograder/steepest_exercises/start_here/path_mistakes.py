"""What goes wrong in `descent_path`, once its bug is mended and before."""

from __future__ import annotations

from collections.abc import Callable

import torch
from steepest_grader.exercise.model import Mistake
from torch import Tensor

from steepest_exercises.start_here import reference

GradFn = Callable[[Tensor], Tensor]
Path = Callable[..., Tensor]


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


def _stored_before_the_step(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)[:n_steps]


def _steps_alone(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return path[1:] - path[:-1]


def _lengths_of_steps(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], path[:-1] - path[1:]])


def _gradients(*, start: bool) -> Path:
    def descent_path(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
        gradients = [grad_fn(point) for point in path]
        return torch.stack([theta0, *gradients[:-1]] if start else gradients)

    return descent_path


def _start_never_written(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    path[0] = 0
    return path


def _start_twice(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], path[:-1]]) if n_steps else path


def _start_twice_and_the_end(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], path])


def _with_rates(rate: Callable[[float, int], float]) -> Path:
    """The rate of step k = 0, 1, … in place of lr."""

    def descent_path(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        path = [theta0]
        for step in range(n_steps):
            path.append(path[-1] - rate(lr, step) * grad_fn(path[-1]))
        return torch.stack(path)

    return descent_path


def _with_steps(change: Callable[[Tensor, float], Tensor]) -> Path:
    """A change of the gradient and the rate in place of their product."""

    def descent_path(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        path = [theta0]
        for _ in range(n_steps):
            path.append(path[-1] - change(grad_fn(path[-1]), lr))
        return torch.stack(path)

    return descent_path


def _start_minus_one_step(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta, path = theta0, [theta0]
    for _ in range(n_steps):
        theta = theta0 - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


def _gradient_one_late(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta, path, grad = theta0, [theta0], grad_fn(theta0)
    for _ in range(n_steps):
        theta, grad = theta - lr * grad, grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


def _returned_inside_the_loop(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor | None:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return path[:2] if n_steps else None


def _two_steps_a_row(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.descent_path(grad_fn, theta0, lr=lr, n_steps=2 * n_steps)[::2]


def _stops_early(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = [theta0]
    for _ in range(n_steps):
        gradient = grad_fn(path[-1])
        if gradient.norm() < 1e-6:
            break
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


def _path_and_end(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> tuple[Tensor, Tensor]:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return path, path[-1]


def _steps_instead_of_points(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], path[1:] - path[:-1]])


def _start_without_a_row(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    return reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps) if n_steps else theta0


def _with_velocity(beta: float, share: float = 1.0) -> Path:
    def descent_path(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
        path, velocity = [theta0], torch.zeros_like(theta0)
        for _ in range(n_steps):
            velocity = beta * velocity + share * grad_fn(path[-1])
            path.append(path[-1] - lr * velocity)
        return torch.stack(path)

    return descent_path


def _last_row_not_written(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    path[max(n_steps, 1) :] = 0
    return path


def _stored_twice(grad_fn: GradFn, theta0: Tensor, *, lr: float, n_steps: int) -> Tensor:
    path = reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)
    return torch.cat([path[:1], *(torch.stack([path[k], path[k + 1]]) for k in range(n_steps))])


MISTAKES = [
    Mistake(
        "gradients_add_up",
        _with_velocity(1.0),
        "Earlier gradients enter again: they add up, or are kept as a momentum. Each step is lr times the gradient at "
        "the "
        "present point.",
        0.25,
        forms=[_with_velocity(0.9), _with_velocity(0.9, 0.1), _with_velocity(0.5)],
    ),
    Mistake(
        "last_row_not_written",
        _last_row_not_written,
        "The last row is 0. Rows 1 to n_steps hold the points that the steps lead to: does the loop reach the last of "
        "them?",
        0.5,
    ),
    Mistake(
        "points_stored_twice",
        _stored_twice,
        "Most points stand in the path twice, as when each is stored before its step and after it. Each has one row: n "
        "steps visit n + 1 points.",
        0.5,
    ),
    Mistake(
        "gradient_clipped",
        _with_steps(lambda grad, lr: lr * grad / max(1.0, float(grad.norm()))),
        "Large gradients are cut down. Here the gradient enters as it is.",
        0.25,
        forms=[_with_steps(lambda grad, lr: lr * grad.clamp(-1, 1))],
    ),
    Mistake(
        "one_tensor_changed_in_place",
        _one_tensor_changed,
        "All rows are the last point, and the caller's theta0 is gone too: that happens when every step changes one "
        "and the same tensor. Look for the operator that changes a tensor in place instead of making one.",
    ),
    Mistake(
        "every_row_is_the_last",
        _copied_once,
        "theta0 is safe, but all rows are the last point, as when one tensor is changed in place and stored many "
        "times. Each row needs a tensor of its own.",
        0.25,
    ),
    Mistake(
        "start_overwritten",
        _start_not_copied,
        "The later rows are right, but the first is the last point, and the caller's theta0 is changed too. Look for "
        "what changes theta0 in place.",
        0.25,
    ),
    Mistake(
        "first_row_overwritten",
        _start_of_a_copy_overwritten,
        "The later rows are right, and theta0 is safe, but the first row is the last point and not the start. Is it a "
        "tensor that the steps change in place?",
        0.5,
    ),
    Mistake(
        "start_without_a_row",
        _start_without_a_row,
        "Right but for no steps: then the path is one row, of shape (1, d), and not theta0 itself, of shape (d,).",
        0.85,
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
        "The last point is missing: n steps visit n + 1 points. Is the last step taken, and the point stored that it "
        "leads to?",
        0.5,
        forms=[_stored_before_the_step],
    ),
    Mistake(
        "start_twice",
        _start_twice,
        "The start stands in the path twice, and the last point is missing, as when each point is stored before its "
        "step. A row holds the point after it.",
        0.5,
        forms=[
            lambda grad_fn, theta0, *, lr, n_steps: torch.cat(
                [theta0[None], reference.descent_path(grad_fn, theta0, lr=lr, n_steps=max(n_steps - 1, 0))]
            )
        ],
    ),
    Mistake(
        "start_twice_and_the_end",
        _start_twice_and_the_end,
        "The start stands in the path twice. One row is enough for it: n steps visit n + 1 points.",
        0.5,
    ),
    Mistake(
        "start_not_written",
        _start_never_written,
        "The first row is 0. The path begins with the start: theta0 belongs into row 0.",
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
        "One step too many: the path ends after n_steps steps, with n_steps + 1 rows. range(n) runs n times, from 0 to "
        "n - 1.",
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
        "All rows but the first are the point after one step, as when every step starts from theta0 again. The next "
        "step starts where the last one ended.",
        0.25,
    ),
    Mistake(
        "climbs",
        lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=-lr, n_steps=n_steps),
        "The rows are kept apart, but the path leads uphill. Descent goes against the gradient: look at the sign of "
        "the step.",
        0.25,
    ),
    Mistake(
        "rate_forgotten",
        lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=1.0, n_steps=n_steps),
        "The rows are kept apart, but the path does not depend on lr: a constant in its place looks the same. Each "
        "step is lr times the gradient.",
        0.25,
    ),
    Mistake(
        "steps_instead_of_points",
        _steps_instead_of_points,
        "The rows hold the steps, or the steps with their sign turned, and not the points that they lead to.",
        0.25,
        forms=[_steps_alone, _lengths_of_steps],
    ),
    Mistake(
        "gradients_instead_of_points",
        _gradients(start=True),
        "The rows hold gradients. What belongs there is the point that each step leads to, not the gradient that it "
        "uses.",
        0.25,
        forms=[_gradients(start=False)],
    ),
    Mistake(
        "rate_shrinks",
        _with_rates(lambda lr, step: lr / (step + 1)),
        "The rate shrinks from step to step. Here it is the same lr in every step.",
        0.25,
        forms=[
            _with_rates(lambda lr, step: lr / (step + 1) ** 0.5),
            _with_rates(lambda lr, step: lr / (step + 2)),
            _with_rates(lambda lr, step: lr ** (step + 1)),
            _with_rates(lambda lr, step: lr * 0.9**step),
            _with_rates(lambda lr, step: lr * 0.5**step),
        ],
    ),
    Mistake(
        "step_of_another_length",
        _with_steps(lambda grad, lr: 2 * lr * grad),
        "The rows are kept apart now, but every step is twice as long as it should be, or half as long. The step "
        "is lr "
        "times what grad_fn gives, no more.",
        0.5,
        forms=[_with_steps(lambda grad, lr: 0.5 * lr * grad)],
    ),
    Mistake(
        "gradient_normalized",
        _with_steps(lambda grad, lr: lr * grad / grad.norm()),
        "Every step has the length lr. The step is lr times the gradient, which is short where the slope is gentle.",
        0.25,
    ),
    Mistake(
        "sign_of_the_gradient",
        _with_steps(lambda grad, lr: lr * grad.sign()),
        "Only the gradient's sign is used, so each coordinate moves by lr however steep the slope is.",
        0.25,
    ),
    Mistake(
        "start_minus_one_step",
        _start_minus_one_step,
        "The gradient is taken where the last step ended, but each step is taken from theta0 again. The next step "
        "starts where the last one ended.",
        0.25,
    ),
    Mistake(
        "gradient_one_step_late",
        _gradient_one_late,
        "From the second step on, each uses the gradient of the point before. Ask grad_fn at the point where the step "
        "begins.",
        0.25,
    ),
    Mistake(
        "one_step_only",
        lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=min(n_steps, 1)),
        "The path ends after one step: does the `return` stand inside the loop?",
        0.25,
        forms=[_returned_inside_the_loop],
    ),
    Mistake(
        "two_steps_for_a_row",
        _two_steps_a_row,
        "Two steps lie between each row and the next. Every step has a row of its own for the point that it leads to.",
        0.25,
    ),
    Mistake(
        "stops_early",
        _stops_early,
        "The path can end before all n_steps steps are taken, as when a loop stops at a small gradient. All of them "
        "are asked for, with a row for each.",
        0.5,
    ),
    Mistake(
        "path_runs_backwards",
        lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps).flip(0),
        "The points are right, but the path runs backwards: the start comes first, and the last point at the end.",
        0.5,
    ),
    Mistake(
        "more_than_the_path_returned",
        _path_and_end,
        "The path is right, but more is returned with it. Return the path alone.",
        0.5,
    ),
    Mistake(
        "not_stacked",
        lambda grad_fn, theta0, *, lr, n_steps: list(reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps)),
        "The points are right, but they do not come as one tensor. torch.stack makes one of a list of points, a row "
        "each.",
        0.5,
    ),
    Mistake(
        "points_in_columns",
        lambda grad_fn, theta0, *, lr, n_steps: reference.descent_path(grad_fn, theta0, lr=lr, n_steps=n_steps).T,
        "The points stand in columns. A path has one row a point: its first axis counts the points.",
        0.5,
    ),
]
