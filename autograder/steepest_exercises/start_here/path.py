"""Exercise `descent_path` of `00_start_here`: a short routine with a bug to find and mend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.start_here import reference
from steepest_exercises.start_here.path_mistakes import MISTAKES

GradFn = Callable[[Tensor], Tensor]


def _path_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, d: int, lr: float, n_steps: int, dtype: torch.dtype = torch.float64, *, corner: float = 0.0
    ) -> Case:
        draw, curvature = rng.standard_normal((d, d)), rng.uniform(0.4, 2.0, d)
        turn = np.linalg.qr(draw)[0]
        bowl = {
            "matrix": torch.from_numpy(turn @ np.diag(curvature) @ turn.T).to(dtype),
            "center": normal(rng, d, dtype=dtype),
        }
        theta0 = (normal(rng, d) + 2).to(dtype)
        kwargs = {"lr": lr, "n_steps": n_steps}
        inputs = {"args": [Named("quadratic_gradient", bowl), theta0], "kwargs": kwargs, "outputs": ["the path"]}
        return Case(name, inputs, slack=1.0 if dtype == torch.float64 else 10.0, corner=corner)

    return [
        case("three steps in the plane", 2, 0.3, 3),
        case("a single step", 3, 0.2, 1),
        case("no step at all", 2, 0.5, 0, corner=0.15),
        case("one parameter", 1, 0.4, 4),
        case("as many steps as parameters", 4, 0.1, 4),
        case("a hundred steps", 3, 0.6, 100),
        case("a rate that is too large", 3, 1.4, 6),
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


DESCENT_PATH = Exercise(
    id="descent_path",
    reference=reference.descent_path,
    cases=_path_cases,
    points=2,
    companions={"gd_step": reference.gd_step},
    accepted=[
        Accepted("a_new_point_each_step", _new_points),
        Accepted("copies_kept", _copies_kept),
        Accepted("accumulated", _accumulated),
        Accepted("from_the_last_of_the_path", _from_the_last_of_the_path),
    ],
    mistakes=MISTAKES,
)
