"""Exercises `stable_lr_limit` and `optimal_lr` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import spread, turned

Rate = Callable[[Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor) -> Case:
        return Case(name, {"args": [hessian], "kwargs": {}, "outputs": ["the rate"]}, slack=10)

    flat = torch.diag(torch.tensor([float(rng.uniform(1, 2)), 0.0, float(rng.uniform(3, 4))]).double())
    return [
        case("a narrow valley", turned(rng, spread(rng, 2, 0.3, 6))),
        case("a bowl of three dimensions", turned(rng, spread(rng, 3, 0.4, 3))),
        case("a bowl of five dimensions", turned(rng, spread(rng, 5, 0.7, 20))),
        case("a round bowl", float(rng.uniform(2, 3)) * torch.eye(3, dtype=torch.float64)),
        case("a flat direction", flat),
        case("small curvatures", 0.01 * turned(rng, spread(rng, 3, 0.5, 5))),
        case("float32", turned(rng, spread(rng, 4, 0.5, 8)).float()),
        case("one weight", float(rng.uniform(1.5, 4)) * torch.eye(1, dtype=torch.float64)),
    ]


def _rate(formula: Callable[[Tensor], Tensor]) -> Rate:
    """A rate from the eigenvalues in ascending order."""
    return lambda hessian: formula(torch.linalg.eigvalsh(hessian))


def _diagonal(formula: Callable[[Tensor], Tensor]) -> Rate:
    return lambda hessian: formula(hessian.diagonal().sort().values)


def _by_general_solver(formula: Callable[[Tensor], Tensor]) -> Rate:
    return lambda hessian: formula(torch.linalg.eigvals(hessian).real.sort().values)


def _by_singular_values(formula: Callable[[Tensor], Tensor]) -> Rate:
    return lambda hessian: formula(torch.linalg.svdvals(hessian).flip(0))


def _best(values: Tensor) -> Tensor:
    return 2 / (values[0] + values[-1])


def _limit(values: Tensor) -> Tensor:
    return 2 / values[-1]


def _in_numpy(hessian: Tensor) -> Tensor:
    values = np.linalg.eigvalsh(hessian.cpu().numpy())
    return torch.tensor(2 / (values.min() + values.max()), dtype=hessian.dtype, device=hessian.device)


STABLE_LR_LIMIT = Exercise(
    id="stable_lr_limit",
    reference=reference.stable_lr_limit,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("largest_eigenvalue", lambda hessian: 2 / torch.linalg.eigvalsh(hessian).max()),
        Accepted("spectral_norm", lambda hessian: 2 / torch.linalg.matrix_norm(hessian, 2)),
        Accepted("general_solver", _by_general_solver(_limit)),
        Accepted("smallest_of_all_limits", lambda hessian: 2 * torch.linalg.eigvalsh(hessian).reciprocal()[-1]),
    ],
    mistakes=[
        Mistake(
            "one_over_the_largest",
            _rate(lambda values: 1 / values[-1]),
            "At 1/λ_max the steepest direction is solved in one step. It still converges beyond: solve |1 - ηλ| < 1 "
            "for η.",
            0.25,
        ),
        Mistake(
            "two_over_the_smallest",
            _rate(lambda values: 2 / values[0]),
            "With this rate the steepest direction has long blown up. The limit must hold in every direction, and the "
            "largest curvature sets it.",
        ),
        Mistake(
            "optimal_rate",
            _rate(_best),
            "This is the best rate, which lies below the limit wherever λ_min is above 0. For the limit, only one end "
            "of the spectrum counts.",
            0.25,
        ),
        Mistake(
            "trace_for_largest",
            _rate(lambda values: 2 / values.sum()),
            "The trace is the sum of all curvatures, which act in different directions. Only the largest can make a "
            "step unstable.",
            0.25,
        ),
        Mistake(
            "diagonal_entries",
            _diagonal(_limit),
            "The largest diagonal entry is the curvature along an axis. Along an eigenvector it can be larger, so this "
            "rate can diverge.",
        ),
        Mistake(
            "row_sums",
            lambda hessian: 2 / hessian.abs().sum(dim=1).max(),
            "The largest row sum only bounds λ_max from above: safe, but not the limit. Take the eigenvalue itself.",
            0.25,
        ),
        Mistake(
            "frobenius_norm",
            lambda hessian: 2 / torch.linalg.matrix_norm(hessian),
            "The Frobenius norm counts all eigenvalues and is larger than λ_max. The limit comes from the largest "
            "alone.",
            0.25,
        ),
        Mistake(
            "hessian_read_as_its_inverse",
            _rate(lambda values: 2 * values[-1]),
            "The rate grows with the curvature here. A rate has the unit 1/λ: the steeper the bowl, the shorter the "
            "step.",
        ),
        Mistake(
            "upside_down",
            _rate(lambda values: values[-1] / 2),
            "Upside down: a rate has the unit 1/λ, so λ_max belongs under the 2.",
        ),
        Mistake(
            "mean_curvature",
            _rate(lambda values: 2 / values.mean()),
            "The mean curvature lets the steepest direction diverge. The limit must hold in every direction.",
        ),
        Mistake(
            "half_in_front_forgotten",
            _rate(lambda values: 4 / values[-1]),
            "Twice the limit. The loss is ½λx², whose slope is λx; the factor of a step is 1 - ηλ.",
            0.25,
        ),
    ],
)


OPTIMAL_LR = Exercise(
    id="optimal_lr",
    reference=reference.optimal_lr,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("singular_values", _by_singular_values(_best)),
        Accepted("one_over_the_middle", _rate(lambda values: 1 / (values.min() + (values.max() - values.min()) / 2))),
        Accepted("general_solver", _by_general_solver(_best)),
        Accepted("in_numpy", _in_numpy),
    ],
    mistakes=[
        Mistake(
            "one_over_the_largest",
            _rate(lambda values: 1 / values[-1]),
            "1/λ_max is safe and solves the steepest direction in one step, but the flattest then shrinks slowly. A "
            "somewhat larger rate balances both ends.",
            0.25,
        ),
        Mistake(
            "stable_limit",
            _rate(_limit),
            "2/λ_max is the limit: there the steepest direction swings for ever. The best rate makes both ends of the "
            "spectrum shrink equally fast.",
            0.25,
        ),
        Mistake(
            "two_forgotten",
            _rate(lambda values: 1 / (values[0] + values[-1])),
            "Half the best rate. Solve 1 - ηλ_min = -(1 - ηλ_max) for η and look for the 2.",
            0.5,
        ),
        Mistake(
            "one_over_the_smallest",
            _rate(lambda values: 1 / values[0]),
            "This rate suits the flattest direction alone and lets the steepest diverge as soon as κ is above 2.",
        ),
        Mistake(
            "trace",
            _rate(lambda values: 2 / values.sum()),
            "The trace sums all eigenvalues. In two dimensions that is λ_min + λ_max; in more it is not.",
            0.25,
        ),
        Mistake(
            "mean_curvature",
            _rate(lambda values: 1 / values.mean()),
            "This is one over the mean of all curvatures. Only the two extremes decide: take the middle between them.",
            0.25,
        ),
        Mistake(
            "geometric_mean",
            _rate(lambda values: 1 / (values[0] * values[-1]).sqrt()),
            "One over the geometric mean of the extremes is too long a step. |1 - ηλ| is linear in λ: the arithmetic "
            "middle balances the ends.",
            0.25,
        ),
        Mistake(
            "hessian_read_as_its_inverse",
            _rate(lambda values: 2 / (1 / values[0] + 1 / values[-1])),
            "Here 1/λ stands where λ belongs, as if the matrix were the inverse of the Hessian. Check the unit: a rate "
            "has 1/λ.",
        ),
        Mistake(
            "upside_down",
            _rate(lambda values: (values[0] + values[-1]) / 2),
            "Upside down: a steep bowl wants a short step.",
            0.25,
        ),
        Mistake(
            "diagonal_entries",
            _diagonal(_best),
            "The diagonal holds the curvatures along the axes. The extreme curvatures are eigenvalues.",
        ),
        Mistake(
            "convergence_factor",
            _rate(lambda values: (values[-1] - values[0]) / (values[-1] + values[0])),
            "(λ_max - λ_min)/(λ_max + λ_min) is the factor by which the error shrinks with the best rate. The rate "
            "itself is asked for.",
        ),
        Mistake(
            "momentum_rate",
            _rate(lambda values: 4 / (values[0].sqrt() + values[-1].sqrt()).square()),
            "This rate belongs to momentum with Polyak's β. Without momentum so long a step overshoots.",
        ),
    ],
)
