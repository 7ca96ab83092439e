"""Exercise `gd_step` of `00_start_here`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.start_here import reference


def _gd_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, theta: Tensor, grad: Tensor, lr: float) -> Case:
        return Case(name, {"args": [theta, grad], "kwargs": {"lr": lr}, "outputs": ["the new θ"]})

    return [
        case("a vector", normal(rng, 3), normal(rng, 3), 0.1),
        case("a matrix", normal(rng, 2, 3), normal(rng, 2, 3), 0.5),
        case("a single number", normal(rng), normal(rng), 0.3),
        case("a gradient of zero", normal(rng, 4), torch.zeros(4, dtype=torch.float64), 0.2),
        case("a rate above 1", normal(rng, 3), normal(rng, 3), 1.7),
        case("a non-contiguous matrix", normal(rng, 3, 2).T, normal(rng, 2, 3), 0.05),
        case("float32", normal(rng, 4).float(), normal(rng, 4).float(), 0.2),
    ]


def _entry_by_entry(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    entries = [t - lr * g for t, g in zip(theta.flatten(), grad.flatten(), strict=True)]
    return torch.stack(entries).reshape(theta.shape)


def _copy_changed(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    new = theta.clone()
    new -= lr * grad
    return new


def _torch_optimizer(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    weight = torch.nn.Parameter(theta.clone())
    weight.grad = grad.clone()
    torch.optim.SGD([weight], lr=lr).step()
    return weight.detach()


GD_STEP = Exercise(
    id="gd_step",
    reference=reference.gd_step,
    cases=_gd_cases,
    points=1,
    accepted=[
        Accepted("minus_the_product", lambda theta, grad, *, lr: theta - lr * grad),
        Accepted("plus_the_downhill_step", lambda theta, grad, *, lr: theta + (-lr) * grad),
        Accepted("entry_by_entry", _entry_by_entry),
        Accepted("a_copy_changed_in_place", _copy_changed),
        Accepted("torch_optimizer", _torch_optimizer, library=True),
    ],
    mistakes=[
        Mistake(
            "climbs",
            lambda theta, grad, *, lr: theta + lr * grad,
            "This walks uphill: the gradient points where the loss grows. Descent goes the opposite way.",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            lambda theta, grad, *, lr: theta - grad,
            "lr is not used: the gradient enters with full weight, so every rate gives the same step.",
            0.25,
        ),
        Mistake(
            "rate_divides",
            lambda theta, grad, *, lr: theta - grad / lr,
            "The gradient is divided by the rate, so a small rate makes a large step. The rate multiplies.",
            0.25,
        ),
        Mistake(
            "rate_squared",
            lambda theta, grad, *, lr: theta - lr**2 * grad,
            "The rate enters twice, so the step is lr times as long as it should be. Once is enough.",
            0.25,
        ),
        Mistake(
            "step_instead_of_point",
            lambda theta, grad, *, lr: -lr * grad,
            "This is the step alone. Return where it leads: the old theta is still missing.",
            0.25,
        ),
        Mistake(
            "uphill_step_instead_of_point",
            lambda theta, grad, *, lr: lr * grad,
            "This is only the length and direction of the step, and it points uphill. Return the point that is "
            "reached from theta.",
        ),
        Mistake(
            "sign_turned",
            lambda theta, grad, *, lr: lr * grad - theta,
            "The difference is the wrong way round: theta comes first, and the step is taken from it.",
            0.25,
        ),
        Mistake(
            "rate_scales_theta_too",
            lambda theta, grad, *, lr: lr * (theta - grad),
            "The rate scales theta as well, which pulls every point to zero. Only the gradient is scaled.",
            0.25,
        ),
        Mistake(
            "weighted_average",
            lambda theta, grad, *, lr: (1 - lr) * theta - lr * grad,
            "theta is shrunk by 1 - lr, as in an average. A step keeps theta whole and only adds to it.",
            0.25,
        ),
        Mistake(
            "theta_and_gradient_exchanged",
            lambda theta, grad, *, lr: grad - lr * theta,
            "theta and the gradient have changed places. The point is moved; the gradient is scaled.",
            0.25,
        ),
        Mistake(
            "product_instead_of_difference",
            lambda theta, grad, *, lr: theta * (1 - lr * grad),
            "theta is multiplied by what should be subtracted from it, so a theta of zero could never move.",
        ),
        Mistake(
            "gradient_normalized",
            lambda theta, grad, *, lr: theta - lr * grad / (torch.linalg.vector_norm(grad) + 1e-12),
            "Every step has the length lr here. The gradient's length matters: where the slope is gentle, the "
            "step is short.",
            0.25,
        ),
        Mistake(
            "sign_of_the_gradient",
            lambda theta, grad, *, lr: theta - lr * torch.sign(grad),
            "Only the gradient's sign is used, so each coordinate moves by lr however steep the slope is.",
            0.25,
        ),
        Mistake(
            "gradient_averaged",
            lambda theta, grad, *, lr: theta - lr * grad.mean(),
            "All coordinates move by the mean of the gradient. Each has its own entry: subtract tensors, entry "
            "by entry.",
            0.25,
        ),
        Mistake(
            "returned_as_a_list",
            lambda theta, grad, *, lr: (theta - lr * grad).tolist(),
            "The numbers are right, but they come as a Python list. Return a tensor, as theta is one.",
            0.5,
        ),
    ],
)
