"""Exercise `terminal_speed` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.momentum import reference


def _speed_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, lr: float, beta: float, corner: float = 0.0) -> Case:
        inputs = {"args": [grad], "kwargs": {"lr": lr, "beta": beta}, "outputs": ["the speed"]}
        return Case(name, inputs, corner=corner)

    return [
        case("three parameters", normal(rng, 3), 0.1, 0.9),
        case("a short memory", normal(rng, 6), 0.3, 0.4),
        case("one parameter", 2 + normal(rng, 1).abs(), 0.02, 0.7),
        case("float32", normal(rng, 5).float(), 0.05, 0.95),
        case("a non-contiguous matrix of parameters", normal(rng, 3, 2).T, 0.2, 0.8),
        case("a long memory", normal(rng, 4), 0.02, 0.98),
        case("a tensor with three axes", normal(rng, 2, 3, 2), 0.01, 0.9),
        case("a gradient without axes", 1 + normal(rng).abs(), 0.05, 0.6, 0.1),
        case("no memory at all, beta = 0", normal(rng, 4), 0.3, 0.0, 0.1),
    ]


def _speed(formula: Callable[[Tensor, float, float], Tensor]) -> Callable[..., Tensor]:
    """A terminal speed from `formula(g, lr, beta)`."""

    def terminal_speed(grad: Tensor, *, lr: float, beta: float) -> Tensor:
        return formula(grad, lr, beta)

    return terminal_speed


def _after(steps: int) -> Callable[[Tensor, float, float], Tensor]:
    """The speed after so many steps from rest."""

    def formula(g: Tensor, lr: float, beta: float) -> Tensor:
        v = torch.zeros_like(g)
        for _ in range(steps):
            v = beta * v - lr * g
        speed: Tensor = v.norm()
        return speed

    return formula


def _row_norms(g: Tensor, lr: float, beta: float) -> Tensor:
    speeds: Tensor = lr * torch.linalg.vector_norm(g, dim=-1) / (1 - beta)
    return speeds


def _largest_singular_value(g: Tensor, lr: float, beta: float) -> Tensor:
    size: Tensor = torch.linalg.matrix_norm(g, ord=2) if g.ndim > 1 else torch.linalg.vector_norm(g)
    return lr * size / (1 - beta)


TERMINAL_SPEED = Exercise(
    id="terminal_speed",
    reference=reference.terminal_speed,
    cases=_speed_cases,
    points=1,
    accepted=[
        Accepted("root_of_the_sum_of_squares", _speed(lambda g, lr, b: lr * (g**2).sum().sqrt() / (1 - b))),
        Accepted("norm_of_the_velocity", _speed(lambda g, lr, b: (-lr * g / (1 - b)).flatten().norm())),
        Accepted("simulated", _speed(_after(1000))),
        Accepted(
            "geometric_series",
            _speed(lambda g, lr, b: lr * torch.linalg.norm(g) * sum(b**k for k in range(1000))),
        ),
    ],
    mistakes=[
        Mistake(
            "norm_forgotten",
            _speed(lambda g, lr, b: lr * g / (1 - b)),
            "This is the velocity, up to signs. The speed is its norm: one number.",
            0.5,
            forms=[_speed(lambda g, lr, b: -lr * g / (1 - b)), _speed(lambda g, lr, b: lr * g.abs() / (1 - b))],
        ),
        Mistake(
            "sum_instead_of_norm",
            _speed(lambda g, lr, b: lr * g.sum() / (1 - b)),
            "The entries are added, so that opposite signs cancel. The norm is the root of the sum of squares.",
            0.25,
            forms=[
                _speed(lambda g, lr, b: lr * g.sum().abs() / (1 - b)),
                _speed(lambda g, lr, b: -lr * g.sum() / (1 - b)),
            ],
        ),
        Mistake(
            "sum_of_absolute_values",
            _speed(lambda g, lr, b: lr * g.abs().sum() / (1 - b)),
            "This is the sum of absolute values. A speed is a Euclidean length: the root of the sum of squares.",
            0.5,
        ),
        Mistake(
            "squared_norm",
            _speed(lambda g, lr, b: lr * (g**2).sum() / (1 - b)),
            "The square root is missing: this holds the squared norm of the gradient.",
            0.5,
            forms=[_speed(lambda g, lr, b: ((lr * g / (1 - b)) ** 2).sum())],
        ),
        Mistake(
            "largest_entry",
            _speed(lambda g, lr, b: lr * g.abs().max() / (1 - b)),
            "Only the largest entry counts here. The norm takes all of them together.",
            0.25,
            forms=[_speed(lambda g, lr, b: lr * g.max() / (1 - b))],
        ),
        Mistake(
            "mean_instead_of_sum",
            _speed(lambda g, lr, b: lr * (g**2).mean().sqrt() / (1 - b)),
            "The number of entries, or its root, stands in the denominator. A norm adds the squares up and does not "
            "divide by how many there are.",
            0.5,
            forms=[_speed(lambda g, lr, b: lr * (g**2).sum().sqrt() / g.numel() / (1 - b))],
        ),
        Mistake(
            "norm_of_each_row",
            _speed(_row_norms),
            "Each row gets a speed of its own. All parameters move together: take one norm over all entries.",
            0.5,
        ),
        Mistake(
            "largest_singular_value",
            _speed(_largest_singular_value),
            "For a matrix of parameters this is the spectral norm. The length of the step is the root of "
            "the sum of all squares.",
            0.5,
            forms=[_speed(lambda g, lr, b: lr * torch.linalg.norm(g, ord=2) / (1 - b))],
        ),
        Mistake(
            "one_plus_beta",
            _speed(lambda g, lr, b: lr * g.norm() / (1 + b)),
            "The series 1 + beta + beta² + … sums to 1/(1 - beta), not to 1/(1 + beta). Momentum makes a "
            "steady slope faster.",
            0.25,
        ),
        Mistake(
            "divides_by_beta",
            _speed(lambda g, lr, b: lr * g.norm() / b),
            "The speed settles where the friction, (1 - beta) of it a step, equals lr times the gradient. "
            "Divide by 1 - beta.",
            0.25,
        ),
        Mistake(
            "multiplies_by_one_minus_beta",
            _speed(lambda g, lr, b: lr * g.norm() * (1 - b)),
            "A steady gradient adds up: the more memory, the faster. Divide by 1 - beta.",
            0.25,
        ),
        Mistake(
            "beta_forgotten",
            _speed(lambda g, lr, b: lr * g.norm()),
            "This is the speed without momentum, and of the averaged form. With v = beta * v - lr * g the "
            "past adds up to 1/(1 - beta) times as much.",
            0.25,
        ),
        Mistake(
            "rate_forgotten",
            _speed(lambda g, lr, b: g.norm() / (1 - b)),
            "lr has no part in the result. torch keeps it outside the velocity, but the speed asked for is that of v "
            "= beta * v - lr * g.",
            0.5,
        ),
        Mistake(
            "negative_speed",
            _speed(lambda g, lr, b: -lr * g.norm() / (1 - b)),
            "The velocity points against the gradient, but its norm, the speed, is positive: no minus sign, and "
            "1 - beta in the denominator.",
            0.5,
        ),
        Mistake(
            "mean_of_absolute_values",
            _speed(lambda g, lr, b: lr * g.abs().mean() / (1 - b)),
            "This is a mean over the entries, or over their sizes. A speed is a Euclidean length: the root of the sum "
            "of squares.",
            0.25,
            forms=[_speed(lambda g, lr, b: lr * g.mean() / (1 - b))],
        ),
        Mistake(
            "standard_deviation",
            _speed(lambda g, lr, b: lr * (g - g.mean()).pow(2).mean().sqrt() / (1 - b)),
            "This is the standard deviation of the entries, which leaves out their mean. The norm is the root of the "
            "sum of squares.",
        ),
        Mistake(
            "sum_of_the_norms",
            _speed(
                lambda g, lr, b: (
                    lr * torch.linalg.vector_norm(g.reshape(-1, g.shape[-1] if g.ndim else 1), dim=-1).sum() / (1 - b)
                )
            ),
            "The norms of the rows are added or averaged. All entries belong to one step: one norm over all of them.",
            0.5,
            forms=[
                _speed(
                    lambda g, lr, b: (
                        lr
                        * torch.linalg.vector_norm(g.reshape(-1, g.shape[-1] if g.ndim else 1), dim=-1).mean()
                        / (1 - b)
                    )
                ),
            ],
        ),
        Mistake(
            "stopped_early",
            _speed(_after(100)),
            "The velocity has not settled yet: this is the speed after a limited number of steps, where the term "
            "beta**t is still there. Let t grow without end: the series 1 + beta + beta² + … sums to 1/(1 - beta).",
            0.5,
            forms=[
                _speed(_after(2)),
                _speed(_after(3)),
                _speed(_after(5)),
                _speed(_after(10)),
                _speed(_after(20)),
                _speed(_after(50)),
                _speed(_after(200)),
            ],
        ),
        Mistake(
            "series_begins_with_beta",
            _speed(lambda g, lr, b: lr * g.norm() * b / (1 - b)),
            "The first term of the series is missing: 1 + beta + beta² + … sums to 1/(1 - beta), and "
            "beta + beta² + … to beta/(1 - beta).",
            0.5,
        ),
        Mistake(
            "root_of_one_minus_beta",
            _speed(lambda g, lr, b: lr * g.norm() / (1 - b) ** 0.5),
            "A square root is taken in the denominator, of 1 - beta or of beta. The norm takes one of the squared "
            "entries; the series still sums to 1/(1 - beta).",
            0.25,
            forms=[_speed(lambda g, lr, b: lr * g.norm() / (1 - b**0.5))],
        ),
        Mistake(
            "square_of_one_minus_beta",
            _speed(lambda g, lr, b: lr * g.norm() / (1 - b) ** 2),
            "It is divided by 1 - beta twice. One series of pushes adds up: once.",
            0.25,
        ),
        Mistake(
            "beta_squared",
            _speed(lambda g, lr, b: lr * g.norm() / (1 - b**2)),
            "1 - beta² stands in the denominator. The pushes keep the shares 1, beta, beta², …, which sum to "
            "1/(1 - beta).",
            0.25,
            forms=[_speed(lambda g, lr, b: lr * g.norm() / (1 - b**2) ** 0.5)],
        ),
        Mistake(
            "rate_squared",
            _speed(lambda g, lr, b: lr * lr * g.norm() / (1 - b)),
            "The rate enters twice. It scales each push once: v = beta * v - lr * g.",
            0.25,
        ),
        Mistake(
            "divides_by_the_rate",
            _speed(lambda g, lr, b: g.norm() / (lr * (1 - b))),
            "It is divided by lr. Each push is lr times the gradient, so a larger rate is faster.",
            0.25,
        ),
        Mistake(
            "rate_and_beta_exchanged",
            _speed(lambda g, lr, b: b * g.norm() / (1 - lr)),
            "lr and beta have changed places: lr times the norm, divided by 1 - beta.",
            0.25,
        ),
        Mistake(
            "gradient_forgotten",
            _speed(lambda g, lr, b: torch.full((), lr / (1 - b), dtype=g.dtype)),
            "The gradient does not enter. On a slope twice as steep the ball ends twice as fast: multiply by its norm.",
            0.25,
        ),
        Mistake(
            "gain_alone",
            _speed(lambda g, lr, b: torch.full((), 1 / (1 - b), dtype=g.dtype)),
            "This is the gain over plain descent. The speed itself is this many times lr times the gradient's norm.",
            0.25,
        ),
    ],
)
