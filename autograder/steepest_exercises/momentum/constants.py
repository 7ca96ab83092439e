"""Exercise `polyak_constants` of `05_momentum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.momentum import reference

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
            "beta comes out as (√L - √μ)/(√L + √μ). That is the rate of convergence, √beta; beta is its square.",
            0.5,
        ),
        Mistake(
            "beta_not_squared_and_negative",
            _constants(_rate, lambda m, M: (m - M) / (m + M)),
            "beta came out negative, as (√μ - √L)/(√L + √μ): beta is the square of that.",
            0.5,
        ),
        Mistake(
            "rate_not_squared",
            _constants(lambda m, M: 4 / (m + M), _memory),
            "The sum of the roots must be squared in lr. A rate has the unit 1/λ, and 4/(√L + √μ) has not.",
            0.5,
        ),
        Mistake(
            "root_of_the_rate",
            _constants(lambda m, M: 2 / (m + M), _memory),
            "2/(√L + √μ) is √lr: adding the roots of both equations gives √lr (√μ + √L) = 2. Square it, and see that "
            "beta is a square too.",
            0.5,
            forms=[_constants(lambda m, M: 2 / (m + M), lambda m, M: (M - m) / (M + m))],
        ),
        Mistake(
            "two_for_four",
            _constants(lambda m, M: 2 / (m + M) ** 2, _memory),
            "The numerator of lr is 4: lr is the square of 2/(√L + √μ).",
            0.5,
            forms=[_constants(lambda m, M: 1 / (m + M) ** 2, _memory)],
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
            forms=[_constants(_rate, lambda m, M: (M * M - m * m) / (M * M + m * m))],
        ),
        Mistake(
            "roots_forgotten_in_the_rate",
            _constants(lambda m, M: 4 / (m * m + M * M) ** 2, _memory),
            "beta is right; lr needs the square roots of the eigenvalues as well: 4/(√L + √μ)².",
            0.5,
            forms=[_constants(lambda m, M: (2 / (M * M + m * m)) ** 2 * M * M, _memory)],
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
            "beta came out above 1: it is one over what is asked, ((√L - √μ)/(√L + √μ))².",
            0.25,
        ),
        Mistake(
            "order_exchanged",
            lambda lam_min, lam_max: reference.polyak_constants(lam_min, lam_max)[::-1],
            "The two results are right, in the wrong order: return lr first, then beta.",
            0.5,
        ),
        Mistake(
            "rate_of_one_over_the_largest_curvature",
            _constants(lambda m, M: 1 / (M * M), _memory),
            "lr depends on the largest eigenvalue alone, as in 1/L or 2/L. With Polyak's momentum lr solves both "
            "equations: 4/(√L + √μ)².",
            0.25,
            forms=[_constants(lambda m, M: 2 / (M * M), _memory)],
        ),
        Mistake(
            "curvature_lost_in_the_rate",
            _constants(lambda m, M: (1 + (M - m) / (M + m)) ** 2, _memory),
            "The edge gives the product lr * lam, and this is the product: divide (1 + √beta)² by lam_max, or "
            "(1 - √beta)² by lam_min.",
            0.5,
            forms=[
                _constants(lambda m, M: (1 - (M - m) / (M + m)) ** 2, _memory),
                _constants(lambda m, M: 4 / (1 + M / m) ** 2, _memory),
            ],
        ),
        Mistake(
            "edges_exchanged",
            _constants(lambda m, M: (1 - (M - m) / (M + m)) ** 2 / (M * M), _memory),
            "The edges have changed places: lr * lam_max lies on the upper edge, (1 + √beta)², and lr * lam_min on the "
            "lower one, (1 - √beta)².",
            0.5,
            forms=[_constants(lambda m, M: (1 + (M - m) / (M + m)) ** 2 / (m * m), _memory)],
        ),
        Mistake(
            "beta_for_its_root_in_the_rate",
            _constants(lambda m, M: (1 + _memory(m, M)) ** 2 / (M * M), _memory),
            "beta stands in the edge where its root belongs: lr * lam_max = (1 + √beta)².",
            0.5,
            forms=[
                _constants(lambda m, M: (1 - _memory(m, M)) ** 2 / (m * m), _memory),
                _constants(lambda m, M: (1 + _memory(m, M)) / (M * M), _memory),
            ],
        ),
        Mistake(
            "limit_of_stability",
            _constants(lambda m, M: 2 * (1 + _memory(m, M)) / (M * M), _memory),
            "2 (1 + beta)/lam_max is the rate beyond which momentum diverges. The fastest one lies on the edge of the "
            "complex regime: (1 + √beta)²/lam_max.",
            0.25,
        ),
        Mistake(
            "square_of_the_edge_forgotten",
            _constants(lambda m, M: (1 + (M - m) / (M + m)) / (M * M), _memory),
            "The edge is the square of 1 + √beta: lr * lam_max = (1 + √beta)².",
            0.5,
            forms=[_constants(lambda m, M: (1 - (M - m) / (M + m)) / (m * m), _memory)],
        ),
        Mistake(
            "whole_condition_number",
            lambda lam_min, lam_max: (
                reference.polyak_constants(lam_min, lam_max)[0],
                (((lam_max // lam_min) ** 0.5 - 1) / ((lam_max // lam_min) ** 0.5 + 1)) ** 2,
            ),
            "The condition number is cut down to a whole number, as `//` or int() does it. Divide with `/` and keep "
            "what stands behind the point.",
            0.5,
            forms=[
                lambda lam_min, lam_max: (
                    4 / lam_min / (1 + (lam_max // lam_min) ** 0.5) ** 2,
                    (((lam_max // lam_min) ** 0.5 - 1) / ((lam_max // lam_min) ** 0.5 + 1)) ** 2,
                ),
            ],
        ),
        Mistake(
            "approximation_for_large_condition_numbers",
            _constants(_rate, lambda m, M: (1 - 2 * m / M) ** 2),
            "beta comes from an approximation for large κ, as √beta ≈ 1 - 2/√κ is one. The equations have an exact "
            "solution: √beta = (√κ - 1)/(√κ + 1).",
            0.5,
            forms=[
                _constants(_rate, lambda m, M: 1 - 4 * m / M),
                _constants(_rate, lambda m, M: 1 - 2 * m / M),
            ],
        ),
        Mistake(
            "one_minus_beta_returned",
            _constants(_rate, lambda m, M: 1 - _memory(m, M)),
            "This is 1 - beta. beta is the share of the velocity that is kept, ((√L - √μ)/(√L + √μ))².",
            0.5,
        ),
        Mistake(
            "fourth_power",
            _constants(_rate, lambda m, M: _memory(m, M) ** 2),
            "beta is squared once too often: it is the square of (√L - √μ)/(√L + √μ).",
            0.5,
        ),
        Mistake(
            "rate_inverted",
            _constants(lambda m, M: (m + M) ** 2 / 4, _memory),
            "The first result is one over lr. Large curvatures ask for small steps: 4/(√L + √μ)².",
            0.25,
        ),
        Mistake(
            "mixed_term_forgotten_in_beta",
            _constants(_rate, lambda m, M: (M - m) ** 2 / (M * M + m * m)),
            "beta is the square (√L - √μ)² over the square (√L + √μ)². Look at the mixed terms: (√L + √μ)² is not L + "
            "μ, and (√L - √μ)² is L - 2√(Lμ) + μ.",
            0.5,
            forms=[
                _constants(_rate, lambda m, M: (M * M - m * m) / (M * M + m * m + 2 * m * M) - 2 * m * M / (m + M) ** 2)
            ],
        ),
        Mistake(
            "mean_of_the_curvatures",
            _constants(lambda m, M: 2 / (M * M + m * m), lambda m, M: ((M * M - m * m) / (M * M + m * m)) ** 2),
            "lr is the rate of plain descent, 2/(μ + L), and beta holds the eigenvalues themselves. Momentum's "
            "constants hold the roots √μ and √L.",
        ),
    ],
    equivalent={
        "Both formulas are symmetric in the two roots.": ["low, high = (math.sqrt(lam_max), math.sqrt(lam_min))"],
        reasons.SIGN_LOST: ["beta = ((low - high) / (high + low)) ** 2"],
    },
)
