"""Exercises `terminal_speed` and `polyak_constants` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.momentum import reference

# --- terminal_speed ----------------------------------------------------------


def _speed_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, lr: float, beta: float) -> Case:
        return Case(name, {"args": [grad], "kwargs": {"lr": lr, "beta": beta}, "outputs": ["the speed"]})

    return [
        case("three parameters", normal(rng, 3), 0.1, 0.9),
        case("a short memory", normal(rng, 6), 0.3, 0.4),
        case("one parameter", 2 + normal(rng, 1).abs(), 0.02, 0.7),
        case("float32", normal(rng, 5).float(), 0.05, 0.95),
        case("a non-contiguous matrix of parameters", normal(rng, 3, 2).T, 0.2, 0.8),
        case("a tensor with three axes", normal(rng, 2, 3, 2), 0.01, 0.9),
    ]


def _speed(formula: Callable[[Tensor, float, float], Tensor]) -> Callable[..., Tensor]:
    """A terminal speed from `formula(g, lr, beta)`."""

    def terminal_speed(grad: Tensor, *, lr: float, beta: float) -> Tensor:
        return formula(grad, lr, beta)

    return terminal_speed


def _simulated(g: Tensor, lr: float, beta: float) -> Tensor:
    v = torch.zeros_like(g)
    for _ in range(400):
        v = beta * v - lr * g
    speed: Tensor = v.norm()
    return speed


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
        Accepted("simulated", _speed(_simulated)),
        Accepted(
            "geometric_series",
            _speed(lambda g, lr, b: lr * torch.linalg.norm(g) * sum(b**k for k in range(1000))),
        ),
    ],
    mistakes=[
        Mistake(
            "norm_forgotten",
            _speed(lambda g, lr, b: lr * g / (1 - b)),
            "This is the velocity, up to its sign. The speed is its norm: one number.",
            0.5,
        ),
        Mistake(
            "sum_instead_of_norm",
            _speed(lambda g, lr, b: lr * g.sum() / (1 - b)),
            "The entries are added, so that opposite signs cancel. The norm is the root of the sum of squares.",
            0.25,
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
        ),
        Mistake(
            "largest_entry",
            _speed(lambda g, lr, b: lr * g.abs().max() / (1 - b)),
            "This is the speed of the fastest parameter. The norm takes all of them together.",
            0.25,
        ),
        Mistake(
            "mean_instead_of_sum",
            _speed(lambda g, lr, b: lr * (g**2).mean().sqrt() / (1 - b)),
            "The squares are averaged where they should be added: a norm does not divide by the number of entries.",
            0.5,
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
            "The rate is missing. torch keeps it outside the velocity, but the speed asked for is that of v"
            " = beta * v - lr * g.",
            0.5,
        ),
        Mistake(
            "negative_speed",
            _speed(lambda g, lr, b: -lr * g.norm() / (1 - b)),
            "The velocity points against the gradient, but its norm, the speed, is positive.",
            0.5,
        ),
    ],
)


# --- polyak_constants --------------------------------------------------------

Constants = Callable[..., tuple[float, float]]


def _constants_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, lam_min: float, lam_max: float) -> Case:
        inputs = {"args": [lam_min, lam_max], "kwargs": {}, "outputs": ["lr", "beta"]}
        return Case(name, inputs)

    low = rng.uniform(0.2, 3.0, 4)
    return [
        case("condition number 9", 1.0, 9.0),
        case("a well conditioned quadratic", float(low[0]), float(low[0] * rng.uniform(3, 6))),
        case("an ill conditioned quadratic", float(low[1]), float(low[1] * rng.uniform(50, 150))),
        case("small eigenvalues", float(low[2] / 100), float(low[2] * rng.uniform(0.1, 0.4))),
        case("condition number in the thousands", float(low[3]), float(low[3] * rng.uniform(2e3, 5e3))),
    ]


def _constants(rate: Callable[[float, float], float], memory: Callable[[float, float], float]) -> Constants:
    """Constants from the *roots* m = √λ_min and M = √λ_max."""

    def polyak_constants(lam_min: float, lam_max: float) -> tuple[float, float]:
        m, M = lam_min**0.5, lam_max**0.5
        return rate(m, M), memory(m, M)

    return polyak_constants


def _rate(m: float, M: float) -> float:
    return 4 / (m + M) ** 2


def _memory(m: float, M: float) -> float:
    return ((M - m) / (M + m)) ** 2


def _from_the_condition_number(lam_min: float, lam_max: float) -> tuple[float, float]:
    root = (lam_max / lam_min) ** 0.5
    return 4 / lam_min / (1 + root) ** 2, (1 - 2 / (1 + root)) ** 2


def _beta_from_the_rate(lam_min: float, lam_max: float) -> tuple[float, float]:
    lr = (2 / (lam_min**0.5 + lam_max**0.5)) ** 2
    return lr, max(abs(1 - (lr * lam_min) ** 0.5), abs(1 - (lr * lam_max) ** 0.5)) ** 2


def _in_torch(lam_min: float, lam_max: float) -> tuple[Tensor, Tensor]:
    m, M = torch.tensor(lam_min).sqrt(), torch.tensor(lam_max).sqrt()
    return 4 / (m + M) ** 2, ((M - m) / (M + m)) ** 2


def _in_numpy(lam_min: float, lam_max: float) -> tuple[float, float]:
    m, M = np.sqrt([lam_min, lam_max])
    return 4 / np.square(M + m), np.square((M - m) / (M + m))


POLYAK_CONSTANTS = Exercise(
    id="polyak_constants",
    reference=reference.polyak_constants,
    cases=_constants_cases,
    points=2,
    accepted=[
        Accepted("from_the_condition_number", _from_the_condition_number),
        Accepted("beta_from_the_rate", _beta_from_the_rate),
        Accepted("in_torch", _in_torch),
        Accepted("in_numpy", _in_numpy),
        Accepted(
            "averaged_form",
            _constants(lambda m, M: 1 / (m * M), _memory),
            "this rate belongs to the averaged form of momentum; it is 1/(1 - beta) times the lesson's.",
        ),
    ],
    mistakes=[
        Mistake(
            "beta_not_squared",
            _constants(_rate, lambda m, M: (M - m) / (M + m)),
            "The square of beta is missing. (√L - √μ)/(√L + √μ) is the rate of convergence, and that is √beta.",
            0.5,
        ),
        Mistake(
            "beta_not_squared_and_negative",
            _constants(_rate, lambda m, M: (m - M) / (m + M)),
            "beta came out negative: the square is missing.",
            0.5,
        ),
        Mistake(
            "rate_not_squared",
            _constants(lambda m, M: 4 / (m + M), _memory),
            "The sum of the roots must be squared in lr. A rate has the unit 1/λ, and 4/(√L + √μ) has not.",
            0.5,
        ),
        Mistake(
            "two_for_four",
            _constants(lambda m, M: 2 / (m + M) ** 2, _memory),
            "The numerator of lr is 4: lr is the square of 2/(√L + √μ).",
            0.5,
        ),
        Mistake(
            "roots_forgotten",
            _constants(lambda m, M: 4 / (m * m + M * M) ** 2, lambda m, M: ((M * M - m * m) / (M * M + m * m)) ** 2),
            "Both formulas hold the square roots of the eigenvalues. That is where the gain from κ to √κ comes from.",
            0.25,
        ),
        Mistake(
            "roots_forgotten_in_beta",
            _constants(_rate, lambda m, M: ((M * M - m * m) / (M * M + m * m)) ** 2),
            "lr is right; beta needs the square roots of the eigenvalues as well.",
            0.5,
        ),
        Mistake(
            "root_of_the_sum",
            _constants(lambda m, M: 4 / (m * m + M * M), _memory),
            "lr holds the square of the sum of the roots, (√L + √μ)², which is not L + μ.",
            0.5,
        ),
        Mistake(
            "gradient_descent_rate",
            _constants(lambda m, M: 2 / (m * m + M * M), _memory),
            "2/(λ_min + λ_max) is the best rate without momentum. With it, longer steps pay: 4/(√L + √μ)².",
            0.25,
        ),
        Mistake(
            "gradient_descent_constants",
            _constants(lambda m, M: 2 / (m * m + M * M), lambda m, M: (M * M - m * m) / (M * M + m * m)),
            "These are the best rate of plain gradient descent and the factor by which it converges. "
            "Momentum's constants hold the square roots of the eigenvalues.",
        ),
        Mistake(
            "nesterov_constants",
            _constants(lambda m, M: 1 / (M * M), lambda m, M: (M - m) / (M + m)),
            "1/L and (√κ - 1)/(√κ + 1) are the constants for Nesterov's method. Polyak's take both ends of "
            "the spectrum into account.",
            0.25,
        ),
        Mistake(
            "difference_in_the_rate",
            _constants(lambda m, M: 4 / (M - m) ** 2, _memory),
            "lr holds the sum of the roots; with their difference the step is beyond the stable limit.",
            0.25,
        ),
        Mistake(
            "beta_inverted",
            _constants(_rate, lambda m, M: ((M + m) / (M - m)) ** 2),
            "beta came out above 1: numerator and denominator are exchanged.",
            0.25,
        ),
        Mistake(
            "order_exchanged",
            lambda lam_min, lam_max: reference.polyak_constants(lam_min, lam_max)[::-1],
            "The two results are right, in the wrong order: return lr first, then beta.",
            0.5,
        ),
    ],
    equivalent={
        "Both formulas are symmetric in the two roots.": ["low, high = (math.sqrt(lam_max), math.sqrt(lam_min))"],
        reasons.SIGN_LOST: ["beta = ((low - high) / (high + low)) ** 2"],
    },
)
