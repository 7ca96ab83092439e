"""Exercise `early_stopped` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes.spectrum import spread, turned
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.penalty import far_from_zero

Stopped = Callable[..., Tensor]
Slope = Callable[[Tensor, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, lr: float, n_steps: int, corner: float = 0.0, slack: float = 10.0) -> Case:
        theta_star = far_from_zero(rng, len(hessian)).to(hessian.dtype)
        given = {"lr": lr, "n_steps": n_steps}
        inputs = {"args": [hessian, theta_star], "kwargs": given, "outputs": ["the point"]}
        return Case(name, inputs, slack=slack, corner=corner)

    drawn = rng.uniform
    return [
        case("a few steps", turned(rng, spread(rng, 3, 0.4, 3)), drawn(0.1, 0.15), int(rng.integers(3, 6))),
        case("two steps", turned(rng, spread(rng, 3, 0.4, 3)), drawn(0.15, 0.25), 2),
        case("one step", turned(rng, spread(rng, 2, 0.3, 4)), drawn(0.1, 0.2), 1),
        case("some dozen steps", turned(rng, spread(rng, 4, 0.05, 3)), drawn(0.2, 0.3), int(rng.integers(20, 40))),
        case("a rate that overshoots", turned(rng, spread(rng, 3, 0.6, 3)), drawn(0.5, 0.55), int(rng.integers(5, 9))),
        case("a flat direction", turned(rng, [0.0, *spread(rng, 2, 0.8, 3)]), drawn(0.1, 0.2), int(rng.integers(4, 8))),
        case(
            "a diagonal Hessian", torch.diag(torch.tensor(spread(rng, 4, 0.2, 3)).double()), drawn(0.1, 0.2),
            int(rng.integers(4, 8)),
        ),
        case("one parameter", torch.full((1, 1), drawn(1.5, 3)).double(), drawn(0.1, 0.2), int(rng.integers(3, 6))),
        case("float32", turned(rng, spread(rng, 5, 0.4, 3)).float(), drawn(0.1, 0.2), int(rng.integers(4, 8))),
        case("no step", turned(rng, spread(rng, 3, 0.5, 3)), drawn(0.1, 0.2), 0, 0.15),
    ]  # fmt: skip


def _loop(
    slope: Slope = lambda h, theta, star: h @ (theta - star),
    start: Callable[[Tensor], Tensor] = torch.zeros_like,
    count: Callable[[int], int] = lambda n: n,
    rate: Callable[[float], float] = lambda lr: -lr,
    end: Callable[[list[Tensor]], Tensor] = lambda path: path[-1],
) -> Stopped:
    """θ ← θ + rate(η)·slope(H, θ, θ*), count(n) times, and what `end` makes of the path."""

    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        path = [start(theta_star)]
        for _ in range(count(n_steps)):
            path.append(path[-1] + rate(lr) * slope(hessian, path[-1], theta_star))
        return end(path)

    return early_stopped


def _falling(factor: Callable[[int], float]) -> Stopped:
    """In step k, counted from 0, the rate times a factor of k."""

    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = torch.zeros_like(theta_star)
        for k in range(n_steps):
            theta = theta - lr * factor(k) * hessian @ (theta - theta_star)
        return theta

    return early_stopped


def _with_momentum(share: float) -> Stopped:
    """With a velocity, of which a step keeps this share."""

    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        theta = velocity = torch.zeros_like(theta_star)
        for _ in range(n_steps):
            velocity = share * velocity - lr * hessian @ (theta - theta_star)
            theta = theta + velocity
        return theta

    return early_stopped


def _one_after_another(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        for place in range(len(theta)):
            theta[place] -= lr * hessian[place] @ (theta - theta_star)
    return theta


def _closed(rule: Callable[[Tensor, Tensor, Tensor, float, int], Tensor]) -> Stopped:
    """`rule(H, I, θ*, η, n)`."""

    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
        return rule(hessian, eye, theta_star, lr, n_steps)

    return early_stopped


def _by_autograd(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        with torch.enable_grad():
            point = theta.clone().requires_grad_()
            off = point - theta_star
            (slope,) = torch.autograd.grad(off @ hessian @ off / 2, point)
        theta = theta - lr * slope
    return theta


def _power(matrix: Tensor, n: int) -> Tensor:
    power: Tensor = torch.linalg.matrix_power(matrix, n)
    return power


def _ridge(hessian: Tensor, eye: Tensor, star: Tensor, alpha: float) -> Tensor:
    theta: Tensor = torch.linalg.solve(hessian + alpha * eye, hessian @ star)
    return theta


def _shares(back: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Stopped:
    """`back(Q, shares, θ*)`, the shares of the eigenvalues."""

    def early_stopped(hessian: Tensor, theta_star: Tensor, *, lr: float, n_steps: int) -> Tensor:
        curvatures, axes = torch.linalg.eigh(hessian)
        return back(axes, 1 - (1 - lr * curvatures) ** n_steps, theta_star)

    return early_stopped


EARLY_STOPPED = Exercise(
    id="early_stopped",
    reference=reference.early_stopped,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("loop", _loop()),
        Accepted("power_of_a_matrix", _closed(lambda h, eye, star, lr, n: star - _power(eye - lr * h, n) @ star)),
        Accepted("loop_over_the_distance", _loop(
            lambda h, off, star: h @ off, torch.neg, end=lambda path: path[-1] - path[0])),
        Accepted("by_autograd", _by_autograd),
        Accepted("shares_of_eigenvectors", _shares(lambda axes, shares, star: axes @ (shares * (axes.T @ star)))),
        Accepted("series", _closed(lambda h, eye, star, lr, n: lr * sum(
            (_power(eye - lr * h, k) for k in range(n)), torch.zeros_like(h)) @ h @ star)),
    ],
    mistakes=[
        Mistake(
            "starts_at_the_optimum",
            _loop(start=torch.clone),
            "This is θ* itself, as where the descent begins there or never ends. It begins at 0 and is stopped on its "
            "way.",
            forms=[_closed(lambda h, eye, star, lr, n: star.clone() if n else 0 * star)],
        ),
        Mistake(
            "one_step_too_many",
            _loop(count=lambda n: n + 1),
            "One step too many or too few: range(n_steps) counts n_steps steps.",
            0.5,
            forms=[_loop(count=lambda n: n - 1)],
        ),
        Mistake(
            "power_entry_by_entry",
            _closed(lambda h, eye, star, lr, n: star - (eye - lr * h) ** n @ star),
            "Every entry of the matrix is raised to the power n, or put into the exponential, by itself. The matrix "
            "acts n times: torch.linalg.matrix_power, or a loop.",
            0.25,
            forms=[
                _closed(lambda h, eye, star, lr, n: (eye - torch.exp(-n * lr * h)) @ star),
                _closed(lambda h, eye, star, lr, n: star - torch.exp(-n * lr * h) @ star),
                _closed(lambda h, eye, star, lr, n: (eye - (eye - lr * h) ** n) @ star),
            ],
        ),
        Mistake(
            "identity_forgotten",
            _closed(lambda h, eye, star, lr, n: star - _power(lr * h, n) @ star),
            "The factor of a step is I - ηH. Here the I is missing, or ones stand in every entry.",
            0.25,
            forms=[
                _closed(lambda h, eye, star, lr, n: _power(lr * h, n) @ star),
                _closed(lambda h, eye, star, lr, n: star - _power(1 - lr * h, n) @ star),
            ],
        ),
        Mistake(
            "continuous_time",
            _closed(lambda h, eye, star, lr, n: star - torch.linalg.matrix_exp(-n * lr * h) @ star),
            "This is descent in steps without length, exp(-nηH). A step of length η multiplies by I - ηH.",
            0.5,
        ),
        Mistake(
            "what_is_left_to_go",
            _closed(lambda h, eye, star, lr, n: _power(eye - lr * h, n) @ star),
            "This is the part of θ* that is still to go, (I - ηH)ⁿθ*. Asked for is where the descent is.",
            0.25,
            forms=[_closed(lambda h, eye, star, lr, n: -_power(eye - lr * h, n) @ star)],
        ),
        Mistake(
            "penalty_instead",
            _closed(lambda h, eye, star, lr, n: _ridge(h, eye, star, 1 / (lr * n)) if n else 0 * star),
            "This is the optimum with an L2 penalty of α = 1/(ηn). Early stopping comes near it, and is not the same.",
            0.25,
        ),
        Mistake(
            "climbs",
            _loop(rate=lambda lr: lr),
            "The steps go uphill, away from θ*. The gradient is subtracted.",
            0.25,
            forms=[_closed(lambda h, eye, star, lr, n: star - _power(eye + lr * h, n) @ star)],
        ),
        Mistake(
            "stays_at_zero",
            _loop(lambda h, theta, star: h @ theta),
            "The descent never leaves 0: its gradient has no θ* in it. It is H(θ - θ*).",
        ),
        Mistake(
            "hessian_forgotten",
            _loop(lambda h, theta, star: theta - star),
            "H has no part in the result: all directions come equally far. The gradient is H(θ - θ*), so that steep "
            "ones are ahead.",
            0.25,
        ),
        Mistake(
            "diagonal_only",
            _loop(lambda h, theta, star: h.diagonal() * (theta - star)),
            "Only the diagonal of H acts. The gradient is the product of matrix and vector, H @ (θ - θ*).",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            _loop(rate=lambda lr: -1.0),
            "The rate has no part in the result.",
            0.25,
            forms=[_closed(lambda h, eye, star, lr, n: star - _power(eye - h, n) @ star)],
        ),
        Mistake(
            "factor_of_two",
            _loop(rate=lambda lr: -2 * lr),
            "The steps are twice or half as long. The loss has a ½, so that its gradient is H(θ - θ*).",
            0.5,
            forms=[_loop(rate=lambda lr: -lr / 2)],
        ),
        Mistake(
            "all_steps_from_the_first_gradient",
            _closed(lambda h, eye, star, lr, n: n * lr * h @ star),
            "All steps go along the first gradient, as n times one step. It has to be taken anew at each point.",
            0.25,
        ),
        Mistake(
            "one_step_alone",
            _closed(lambda h, eye, star, lr, n: lr * h @ star if n else 0 * star),
            "One step is all that is taken, whatever n_steps is. Does the `return` stand inside the loop, or does "
            "every step begin at 0 again?",
            0.25,
        ),
        Mistake(
            "hessian_on_theta_alone",
            _loop(lambda h, theta, star: h @ theta - star),
            "H meets one of the two points alone: without brackets `H @ theta - theta_star` multiplies first. The "
            "gradient is H(θ − θ*).",
            0.25,
            forms=[_loop(lambda h, theta, star: theta - h @ star)],
        ),
        Mistake(
            "rate_changes",
            _falling(lambda k: 1 / (k + 1)),
            "The rate changes from step to step. It is lr in each of them.",
            0.25,
            forms=[_falling(lambda k: 1 / (k + 1) ** 0.5), _falling(lambda k: k), _falling(lambda k: k + 1)],
        ),
        Mistake(
            "with_momentum",
            _with_momentum(0.9),
            "The steps remember those before them, as with momentum. Plain descent takes the gradient at the point "
            "alone.",
            0.25,
            forms=[_with_momentum(0.5), _with_momentum(1.0)],
        ),
        Mistake(
            "all_points_returned",
            _loop(end=lambda path: torch.stack(path)),
            "The whole path is returned, or its mean. Asked for is the point at which it is stopped.",
            0.5,
            forms=[_loop(end=lambda path: torch.stack(path[1:] or path)),
                   _loop(end=lambda path: torch.stack(path).mean(dim=0))],
        ),
        Mistake(
            "in_the_basis_of_eigenvectors",
            _shares(lambda axes, shares, star: shares * star),
            "The shares 1 - (1 - ηλ)ⁿ are applied in, or left in, the wrong basis. They hold along the eigenvectors: "
            "into these by Qᵀ, multiply, and back by Q.",
            0.25,
            forms=[
                _shares(lambda axes, shares, star: shares * (axes.T @ star)),
                _shares(lambda axes, shares, star: axes.T @ (shares * (axes @ star))),
            ],
        ),
        Mistake(
            "starts_at_ones",
            _loop(start=torch.ones_like),
            "The descent begins somewhere else than at 0.",
            0.25,
            forms=[_loop(start=torch.neg)],
        ),
        Mistake(
            "hessian_squared",
            _loop(lambda h, theta, star: h @ (h @ (theta - star))),
            "H acts twice in a step, as if the loss were squared. The gradient is H(θ − θ*).",
            0.25,
        ),
        Mistake(
            "gradient_normalized",
            _loop(lambda h, theta, star: (g := h @ (theta - star)) / g.norm()),
            "The gradient is made one of length 1, or only its signs are used. Plain descent takes it with its length.",
            0.25,
            forms=[_loop(lambda h, theta, star: (h @ (theta - star)).sign())],
        ),
        Mistake(
            "implicit_steps",
            _closed(lambda h, eye, star, lr, n: star - _power(torch.linalg.inv(eye + lr * h), n) @ star),
            "The gradient is taken where the step leads, and not where it begins: these are implicit steps, with the "
            "factor (I + ηH)⁻¹. Descent has I − ηH.",
            0.25,
        ),
        Mistake(
            "sums_of_rows",
            _loop(lambda h, theta, star: h.sum(dim=1) * (theta - star)),
            "H is multiplied entry by entry and added up along a row. The gradient is the product of matrix and "
            "vector, H @ (θ − θ*).",
            0.25,
            forms=[_loop(lambda h, theta, star: h.sum() * (theta - star))],
        ),
        Mistake(
            "one_coordinate_after_another",
            _one_after_another,
            "One coordinate is moved after the other, and the later ones see the earlier ones moved. The gradient is "
            "taken once for a step, at one point.",
            0.25,
        ),
    ],
    equivalent={"A Hessian is symmetric.": ["theta = theta - (theta - theta_star) @ (lr * hessian)"]},
)  # fmt: skip
