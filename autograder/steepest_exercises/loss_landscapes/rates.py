"""Exercises `stable_lr_limit` and `optimal_lr` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import disordered, spread, turned

Rate = Callable[[Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, corner: float = 0.0) -> Case:
        return Case(name, {"args": [hessian], "kwargs": {}, "outputs": ["the rate"]}, slack=10, corner=corner)

    flat = torch.diag(torch.tensor([float(rng.uniform(1, 2)), 0.0, float(rng.uniform(3, 4))]).double())
    return [
        case("a narrow valley", turned(rng, spread(rng, 2, 0.3, 6))),
        case("a bowl of three dimensions", turned(rng, spread(rng, 3, 0.4, 3))),
        case("a bowl of five dimensions", turned(rng, spread(rng, 5, 0.7, 20))),
        case("a round bowl", float(rng.uniform(2, 3)) * torch.eye(3, dtype=torch.float64)),
        case("curvatures along the axes, in no order", disordered(rng)),
        case("a flat direction", flat, 0.2),
        case("a flat direction that lies aslant", turned(rng, [0.0, *spread(rng, 2, 1, 3)]), 0.1),
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


def _unsorted(formula: Callable[[Tensor], Tensor]) -> Rate:
    """A rate from the eigenvalues in the order of the general solver."""
    return lambda hessian: formula(torch.linalg.eigvals(hessian).real)


def _curved(values: Tensor) -> Tensor:
    """The eigenvalues above 0."""
    return values[values > 1e-9 * values.max()]


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
            "This is the limit of the flattest direction, and a steeper one diverges before it is reached. The limit "
            "must hold in every direction, and the largest curvature sets it.",
            forms=[_rate(lambda values: 2 / _curved(values)[0]), _rate(lambda values: (2 / values).max())],
        ),
        Mistake(
            "one_over_the_smallest",
            _rate(lambda values: 1 / values[0]),
            "1/λ_min is the rate that solves the flattest direction in one step. A direction more than twice as steep "
            "diverges there, and the steepest sets the limit.",
            forms=[_rate(lambda values: 1 / _curved(values)[0])],
        ),
        Mistake(
            "all_limits",
            _rate(lambda values: 2 / values),
            "A limit for each direction is returned. One rate must do for all of them: the smallest of these limits.",
            0.25,
            forms=[_rate(lambda values: 2 / _curved(values))],
        ),
        Mistake(
            "fixed_place_in_the_spectrum",
            _rate(lambda values: 2 / values[1]),
            "The eigenvalue at a fixed place is taken, such as the second, which is not the largest in every bowl. "
            "Take `max()`, or the last of sorted ones, `[-1]`.",
            0.25,
            forms=[
                _rate(lambda values: 2 / values[:2].max()),
                _rate(lambda values: 2 / values[min(1, len(values) - 1)]),
                _rate(lambda values: 2 / values[-2]),
            ],
        ),
        Mistake(
            "not_sorted",
            _unsorted(lambda values: 2 / values[-1]),
            "An eigenvalue is taken by its place, as if they were sorted. What comes from `eigvals` need not be: take "
            "`max()`, or `eigvalsh`, which sorts.",
            0.25,
            forms=[_unsorted(lambda values: 2 / values[0])],
        ),
        Mistake(
            "curvature_squared",
            _rate(lambda values: 2 / values[-1].square()),
            "The largest curvature is squared, as the largest eigenvalue of HᵀH is. The limit has λ_max itself.",
            0.25,
        ),
        Mistake(
            "root_of_the_curvature",
            _rate(lambda values: 2 / values[-1].sqrt()),
            "A root too much: |1 - ηλ| < 1 is solved by η < 2/λ, without a root.",
            0.25,
        ),
        Mistake(
            "difference_of_the_ends",
            _rate(lambda values: 2 / (values[-1] - values[0])),
            "The smallest curvature is subtracted from the largest. The limit comes from the largest alone, λ_max.",
        ),
        Mistake(
            "condition_number_for_curvature",
            _rate(lambda values: 2 * values[0] / values[-1]),
            "κ, or one over it, takes the place of a curvature. κ has no unit, and doubling the loss leaves it as it "
            "is, but halves the limit.",
            forms=[_rate(lambda values: values[-1] / values[0])],
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
            "The trace is the sum of all curvatures, which act in different directions. The limit comes from the "
            "largest of them alone.",
            0.25,
        ),
        Mistake(
            "diagonal_entries",
            _diagonal(_limit),
            "A diagonal entry is the curvature along an axis. Along an eigenvector the curvature can be larger, so "
            "this rate can diverge.",
            forms=[lambda hessian: 2 / hessian[0, 0], lambda hessian: 2 / hessian[-1, -1]],
        ),
        Mistake(
            "row_sums",
            lambda hessian: 2 / hessian.abs().sum(dim=1).max(),
            "The largest row sum only bounds λ_max from above: safe, but in general not the limit. Take the eigenvalue "
            "itself.",
            0.25,
        ),
        Mistake(
            "frobenius_norm",
            lambda hessian: 2 / torch.linalg.matrix_norm(hessian),
            "The Frobenius norm counts all eigenvalues and is larger than λ_max wherever a second direction curves. "
            "The limit comes from the largest alone.",
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
            "A mean, or a median, over the directions takes the place of the steepest one, which can then diverge. The "
            "limit must hold in every direction.",
            forms=[_rate(lambda values: 2 / values.median()), _rate(lambda values: (2 / values).mean())],
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
            "1/λ_max is safe and solves the steepest direction in one step, but a much flatter one then shrinks "
            "slowly. A somewhat larger rate balances both ends.",
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
            "smallest_alone",
            _rate(lambda values: 2 / values[0]),
            "This is the limit of the flattest direction, beyond that of every steeper one. Both ends stand under the "
            "2: λ_min + λ_max.",
        ),
        Mistake(
            "difference_of_the_ends",
            _rate(lambda values: 2 / (values[-1] - values[0])),
            "Under the 2 stands the sum of the ends, not their difference. Solve 1 - ηλ_min = -(1 - ηλ_max) with care "
            "for the signs: bring both ηλ to one side.",
            0.25,
        ),
        Mistake(
            "product_of_the_ends",
            _rate(lambda values: 2 / (values[-1] * values[0])),
            "The ends are multiplied. Solve 1 - ηλ_min = -(1 - ηλ_max): their sum stands under the 2.",
        ),
        Mistake(
            "brackets_forgotten",
            _rate(lambda values: 2 / values[0] + values[-1]),
            "Only one of the two ends stands under the 2, and the other is added to the quotient, as in `2 / a + b`. "
            "The sum of both belongs under it.",
            0.5,
            forms=[_rate(lambda values: 2 / values[-1] + values[0])],
        ),
        Mistake(
            "mean_of_the_rates",
            _rate(lambda values: (1 / values[0] + 1 / values[-1]) / 2),
            "Rates of single directions are averaged or added. The curvatures are averaged, not the rates: one over "
            "the middle of λ_min and λ_max.",
            0.25,
            forms=[
                _rate(lambda values: 1 / values[0] + 1 / values[-1]),
                _rate(lambda values: 2 / values[0] + 2 / values[-1]),
                _rate(lambda values: (1 / values).mean()),
                _rate(lambda values: (2 / values).mean()),
            ],
        ),
        Mistake(
            "second_for_last",
            _rate(lambda values: 2 / (values[0] + values[1])),
            "The eigenvalue at a fixed place, such as the second, stands for one of the two ends. Of sorted "
            "eigenvalues the ends are `[0]` and `[-1]`, however many there are.",
            0.25,
            forms=[
                _rate(lambda values: 2 / (values[0] + values[min(1, len(values) - 1)])),
                _rate(lambda values: 2 / (values[-2] + values[-1])),
                _rate(lambda values: 2 / (values[-1] + values[1])),
            ],
        ),
        Mistake(
            "median_curvature",
            _rate(lambda values: 1 / values.median()),
            "The median of the eigenvalues takes the place of the middle. What counts is the middle between the two "
            "ends, (λ_min + λ_max)/2.",
            0.25,
        ),
        Mistake(
            "not_sorted",
            _unsorted(lambda values: 2 / (values[0] + values[-1])),
            "Two eigenvalues are taken by their places, as if they were sorted. What comes from `eigvals` need not be: "
            "take `min()` and `max()`, or `eigvalsh`, which sorts.",
            0.25,
        ),
        Mistake(
            "condition_number_for_curvature",
            _rate(lambda values: 2 * values[0] / (values[0] + values[-1])),
            "κ stands where curvatures belong: 2/(κ + 1) is right only where λ_min is 1. Doubling the loss must halve "
            "the rate.",
            0.25,
            forms=[
                _rate(lambda values: 2 / (values[-1] / values[0] + 1)),
                _rate(lambda values: 2 * values[0] / values[-1]),
            ],
        ),
        Mistake(
            "frobenius_norm",
            lambda hessian: 2 / torch.linalg.matrix_norm(hessian),
            "The curvatures are squared and added, and a root is taken of the sum, as in the Frobenius norm. Only the "
            "two ends decide, and they are added as they are.",
            0.25,
            forms=[_rate(lambda values: 2 / (values[0].square() + values[-1].square()).sqrt())],
        ),
        Mistake(
            "curvatures_squared",
            _rate(lambda values: 2 / (values[0].square() + values[-1].square())),
            "The curvatures are squared here, as eigenvalues of HᵀH are. The rate has λ_min + λ_max under the 2.",
            0.25,
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
            "One over the geometric mean of the extremes is too long a step wherever they differ. |1 - ηλ| has its "
            "ends balanced by the arithmetic middle, as 1 - ηλ is linear in λ.",
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
            "Entries of the matrix take the place of its eigenvalues. Those on the diagonal are the curvatures along "
            "the axes; the extreme curvatures are eigenvalues.",
            forms=[
                lambda hessian: 2 / (hessian.min() + hessian.max()),
                lambda hessian: 2 / (hessian[0, 0] + hessian[-1, -1]),
            ],
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
            "Roots of the curvatures belong to momentum with Polyak's β. Without momentum the curvatures are added as "
            "they are.",
            forms=[
                _rate(lambda values: 2 / (values[0].sqrt() + values[-1].sqrt()).square()),
                _rate(lambda values: 2 / (values[0].sqrt() + values[-1].sqrt())),
            ],
        ),
    ],
)
