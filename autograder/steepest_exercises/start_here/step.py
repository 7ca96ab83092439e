"""Exercise `gd_step` of `00_start_here`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.start_here import reference


def _gd_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, theta: Tensor, grad: Tensor, lr: float, *, corner: float = 0.0) -> Case:
        inputs = {"args": [theta, grad], "kwargs": {"lr": lr}, "outputs": ["the new θ"]}
        return Case(name, inputs, corner=corner)

    return [
        case("a vector", normal(rng, 3), normal(rng, 3), 0.1),
        case("a matrix", normal(rng, 2, 3), normal(rng, 2, 3), 0.5),
        case("a tensor without axes", normal(rng), normal(rng), 0.3, corner=0.15),
        case("a gradient of zero", normal(rng, 4), torch.zeros(4, dtype=torch.float64), 0.2),
        case("a rate above 1", normal(rng, 3), normal(rng, 3), 1.7),
        case("a non-contiguous matrix", normal(rng, 3, 2).T, normal(rng, 2, 3), 0.05),
        case("three axes", normal(rng, 2, 3, 2), normal(rng, 2, 3, 2), 0.4),
        case("a long steep gradient", normal(rng, 12), 30 * normal(rng, 12), 0.01),
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


def _step(change: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """The step with something else in the gradient's place."""
    return lambda theta, grad, *, lr: theta - lr * change(grad)


def _first_two(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    return torch.stack([theta[0] - lr * grad[0], theta[1] - lr * grad[1]])


def _some_entries(part: slice) -> Callable[..., Tensor]:
    def gd_step(theta: Tensor, grad: Tensor, *, lr: float) -> Tensor:
        new = theta.clone()
        for place in range(len(theta))[part]:
            new[place] = theta[place] - lr * grad[place]
        return new

    return gd_step


def _more_returned(theta: Tensor, grad: Tensor, *, lr: float) -> tuple[Tensor, Tensor]:
    return theta - lr * grad, grad


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
            "The result does not depend on lr: a constant in its place looks the same. The step is lr times the "
            "gradient.",
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
            "This is lr times the gradient alone, without theta, and it points uphill. Return the point that is "
            "reached from theta.",
        ),
        Mistake(
            "sign_turned",
            lambda theta, grad, *, lr: lr * grad - theta,
            "This is minus the point that is asked for. theta keeps its own sign, and the step from it leads against "
            "the gradient.",
            0.25,
        ),
        Mistake(
            "rate_scales_theta_too",
            lambda theta, grad, *, lr: lr * (theta - grad),
            "The rate scales theta as well. Only the gradient is scaled.",
            0.25,
        ),
        Mistake(
            "weighted_average",
            lambda theta, grad, *, lr: (1 - lr) * theta - lr * grad,
            "theta is multiplied by 1 - lr, as in an average. A step keeps theta whole and only adds to it.",
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
            "The step carries theta as a factor. It is lr times the gradient, wherever theta lies.",
        ),
        Mistake(
            "gradient_normalized",
            lambda theta, grad, *, lr: theta - lr * grad / (torch.linalg.vector_norm(grad) + 1e-12),
            "Every step has the length lr here. The gradient's length matters: where the slope is gentle, the "
            "step is short.",
            0.25,
            forms=[_step(lambda grad: grad / grad.norm())],
        ),
        Mistake(
            "sign_of_the_gradient",
            lambda theta, grad, *, lr: theta - lr * torch.sign(grad),
            "Only the gradient's sign is used, so each coordinate moves by lr however steep the slope is.",
            0.25,
            forms=[_step(lambda grad: grad / grad.abs())],
        ),
        Mistake(
            "gradient_divided_by_its_own_size",
            _step(lambda grad: grad / grad.abs().max()),
            "The gradient is divided by a measure of itself, such as its largest entry or its squared length, so a "
            "steep slope makes no longer step than a gentle one. It enters as it is.",
            0.25,
            forms=[_step(lambda grad: grad / grad.norm() ** 2), _step(lambda grad: grad / grad.sum())],
        ),
        Mistake(
            "steepest_coordinate_only",
            _step(lambda grad: grad * (grad.abs() == grad.abs().max())),
            "Only the coordinate with the largest derivative moves. All of them move, each by its own derivative.",
            0.25,
        ),
        Mistake(
            "gradient_averaged",
            lambda theta, grad, *, lr: theta - lr * grad.mean(),
            "All coordinates move by the same amount, lr times the mean of the gradient. Each has its own entry of the "
            "gradient, and moves by lr times that.",
            0.25,
        ),
        Mistake(
            "gradient_summed",
            _step(torch.sum),
            "All coordinates move by the same amount, lr times the sum of the gradient. Each has its own entry of the "
            "gradient, and moves by lr times that.",
            0.25,
        ),
        Mistake(
            "length_of_the_gradient",
            _step(lambda grad: grad.norm()),
            "All coordinates move by the same amount, lr times the length of the gradient. Its entries say how far "
            "each of them goes, and in which direction.",
            0.25,
        ),
        Mistake(
            "gradient_divided_by_its_size",
            _step(lambda grad: grad / grad.numel()),
            "The gradient is divided by the number of its entries, or of its rows. It is a gradient already: nothing "
            "is averaged here.",
            0.25,
            forms=[lambda theta, grad, *, lr: theta - lr * grad / len(theta)],
        ),
        Mistake(
            "gradient_squared",
            _step(torch.square),
            "The gradient is squared, so its sign is lost and every coordinate moves down. The step takes the gradient "
            "itself.",
            0.25,
        ),
        Mistake(
            "gradient_without_its_sign",
            _step(torch.abs),
            "The gradient enters without its sign, so every coordinate moves down. Where the gradient is negative, "
            "descent moves up.",
            0.25,
        ),
        Mistake(
            "gradient_clipped",
            _step(lambda grad: grad.clamp(-1, 1)),
            "Large gradients are cut down. That is a method of its own; here the gradient enters as it is.",
            0.25,
            forms=[_step(lambda grad: grad / max(1.0, float(grad.norm()))), _step(torch.tanh)],
        ),
        Mistake(
            "step_twice_as_long",
            _step(lambda grad: 2 * grad),
            "The step is twice as long as it should be. It is lr times `grad`, and taken once: whatever comes from the "
            "loss is in `grad` already.",
            0.5,
        ),
        Mistake(
            "step_half_as_long",
            _step(lambda grad: grad / 2),
            "The step is half as long as it should be. It is lr times `grad`: whatever comes from the loss is in "
            "`grad` already.",
            0.5,
        ),
        Mistake(
            "rate_on_theta",
            lambda theta, grad, *, lr: lr * theta - grad,
            "The rate scales theta, and the gradient enters with full weight. It belongs to the gradient.",
            0.25,
        ),
        Mistake(
            "rate_subtracted_too",
            lambda theta, grad, *, lr: theta - (lr + grad),
            "The rate is added to the gradient, or taken from it. It multiplies the gradient: it says which part of it "
            "to go.",
            0.25,
            forms=[lambda theta, grad, *, lr: theta - lr - grad, lambda theta, grad, *, lr: theta - (grad - lr)],
        ),
        Mistake(
            "one_minus_the_rate",
            lambda theta, grad, *, lr: theta - (1 - lr) * grad,
            "The gradient is multiplied by 1 - lr. The rate itself is its factor.",
            0.25,
        ),
        Mistake(
            "first_entries_only",
            _first_two,
            "Only the first entries or rows of theta are in the result. theta may have any shape: write the formula "
            "for the whole tensor, without picking entries.",
            0.25,
            forms=[lambda theta, grad, *, lr: theta[0] - lr * grad[0]],
        ),
        Mistake(
            "some_entries_do_not_move",
            _some_entries(slice(0, 1)),
            "Some entries stay where they are, or some rows. theta moves as a whole: if there is a loop, look at where "
            "it begins and ends.",
            0.25,
            forms=[_some_entries(slice(0, -1)), _some_entries(slice(1, None))],
        ),
        Mistake(
            "more_than_the_point_returned",
            _more_returned,
            "The new point is right, but it does not come alone: it stands in a tuple or a list. Return the point "
            "itself, a tensor.",
            0.5,
            forms=[
                lambda theta, grad, *, lr: (theta - lr * grad, lr),
                lambda theta, grad, *, lr: (theta, theta - lr * grad),
                lambda theta, grad, *, lr: (theta - lr * grad, lr * grad),
                lambda theta, grad, *, lr: (theta - lr * grad, -lr * grad),
                lambda theta, grad, *, lr: [theta - lr * grad],
            ],
        ),
        Mistake(
            "returned_as_a_list",
            lambda theta, grad, *, lr: (theta - lr * grad).tolist(),
            "The numbers are right, but they do not come as a tensor. Return one, as theta is one.",
            0.5,
        ),
    ],
)
