"""Exercise `condition_number` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import OfMatrix, disordered, spread, turned


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, slack: float = 10, corner: float = 0.0) -> Case:
        inputs = {"args": [hessian], "kwargs": {}, "outputs": ["the condition number"]}
        return Case(name, inputs, slack=slack, corner=corner)

    singular = torch.diag(torch.tensor([float(rng.uniform(1, 2)), 0.0, float(rng.uniform(3, 4))]).double())
    indefinite = [-value for value in spread(rng, 2, 0.8, 6)] + spread(rng, 2, 0.3, 3)
    return [
        case("a valley", turned(rng, spread(rng, 2, 0.5, 5))),
        case("a bowl of four dimensions", turned(rng, spread(rng, 4, 0.2, 8))),
        case("a round bowl", float(rng.uniform(2, 3)) * torch.eye(3, dtype=torch.float64)),
        case("a saddle that falls more steeply than it rises", turned(rng, indefinite)),
        case("a saddle whose weakest curvature is negative", -turned(rng, indefinite)),
        case("a cap", -turned(rng, spread(rng, 3, 0.4, 4))),
        case("curvatures along the axes, in no order", disordered(rng)),
        case("a flat direction", singular, 1, 0.25),
        case("small curvatures", 0.001 * turned(rng, spread(rng, 3, 0.5, 3))),
        case("float32", turned(rng, spread(rng, 3, 0.5, 6)).float()),
    ]


def _ratio(sizes: Callable[[Tensor], Tensor]) -> OfMatrix:
    """Largest over smallest of what `sizes` takes from the Hessian."""

    def condition_number(hessian: Tensor) -> Tensor:
        values = sizes(hessian)
        return values.max() / values.min()

    return condition_number


def _inverted(hessian: Tensor) -> Tensor:
    values = torch.linalg.eigvalsh(hessian).abs()
    inverse: Tensor = values.min() / values.max()
    return inverse


def _sorted_ends(hessian: Tensor) -> Tensor:
    ordered: Tensor = torch.linalg.eigvals(hessian).abs().sort().values
    return ordered[-1] / ordered[0]


def _sizes(read: Callable[[Tensor], Tensor]) -> OfMatrix:
    """What `read` makes of the sizes of the eigenvalues, from the smallest on."""
    return lambda hessian: read(torch.linalg.eigvalsh(hessian).abs().sort().values)


def _unsorted(read: Callable[[Tensor], Tensor]) -> OfMatrix:
    """What `read` makes of the eigenvalues in the order of the general solver."""
    return lambda hessian: read(torch.linalg.eigvals(hessian).real)


def _of_one_sign(values: Tensor) -> Tensor:
    """The eigenvalues above 0; where there is none, all of them."""
    return values[values > 0] if bool((values > 0).any()) else values


def _norms(kind: float | str) -> OfMatrix:
    return lambda hessian: torch.linalg.cond(hessian, kind)


def _largest_two(hessian: Tensor) -> Tensor:
    ordered: Tensor = torch.linalg.eigvalsh(hessian).abs().sort().values
    return ordered[-1] / ordered[-2]


CONDITION_NUMBER = Exercise(
    id="condition_number",
    reference=reference.condition_number,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("singular_values", _ratio(torch.linalg.svdvals)),
        Accepted("library_function", lambda hessian: torch.linalg.cond(hessian)),
        Accepted("sorted_sizes", _sorted_ends),
    ],
    mistakes=[
        Mistake(
            "upside_down",
            _inverted,
            "A condition number is never under 1: the largest size stands on top. A long valley has a large one.",
        ),
        Mistake(
            "signs_kept",
            _ratio(torch.linalg.eigvalsh),
            "At a saddle this gives a negative number, at a cap one under 1. What counts is the size of each "
            "eigenvalue, not its sign.",
            0.25,
        ),
        Mistake(
            "size_of_the_ratio",
            lambda hessian: _ratio(torch.linalg.eigvalsh)(hessian).abs(),
            "The two ends that are used are the smallest and the largest number, which need not be the smallest and "
            "the largest in size. Take sizes first, then the extremes of them.",
            0.25,
            forms=[lambda hessian: (1 / _ratio(torch.linalg.eigvalsh)(hessian)).abs()],
        ),
        Mistake(
            "signed_ends_before_sizes",
            lambda hessian: torch.linalg.eigvalsh(hessian)[-1].abs() / torch.linalg.eigvalsh(hessian).abs().min(),
            "The largest number stands on top, not the largest size: at a cap it is the weakest curvature. Take sizes "
            "first.",
            0.25,
            forms=[lambda hessian: torch.linalg.eigvalsh(hessian)[-1] / torch.linalg.eigvalsh(hessian).abs().min()],
        ),
        Mistake(
            "smallest_with_its_sign",
            lambda hessian: torch.linalg.eigvalsh(hessian).abs().max() / torch.linalg.eigvalsh(hessian).min(),
            "The largest size is divided by the smallest number, which at a saddle is the steepest way down. Take "
            "sizes first, then both extremes of them.",
            0.25,
            forms=[
                lambda hessian: torch.linalg.eigvalsh(hessian).abs().max() / torch.linalg.eigvalsh(hessian)[0].abs()
            ],
        ),
        Mistake(
            "negative_ones_clipped",
            _ratio(lambda hessian: torch.linalg.eigvalsh(hessian).clamp(min=0)),
            "At a saddle the negative eigenvalues do not count with their size: they are cut to 0 or near it, or left "
            "out. A direction that falls counts as much as one that rises.",
            0.25,
            forms=[
                _ratio(lambda hessian: _of_one_sign(torch.linalg.eigvalsh(hessian))),
                _ratio(lambda hessian: torch.linalg.eigvalsh(hessian).clamp(min=1e-12)),
            ],
        ),
        Mistake(
            "not_sorted",
            _unsorted(lambda values: values.abs()[-1] / values.abs()[0]),
            "Two eigenvalues are taken by their places, as if they were sorted. What comes from `eigvals` need not be: "
            "take `max()` and `min()` of the sizes.",
            0.25,
            forms=[
                _unsorted(lambda values: values.abs()[0] / values.abs()[-1]),
                _unsorted(lambda values: values[0] / values[-1]),
            ],
        ),
        Mistake(
            "diagonal_entries",
            _ratio(lambda hessian: hessian.diagonal().abs()),
            "The diagonal holds the curvatures along the axes. A valley that lies aslant has its extremes along the "
            "eigenvectors.",
            forms=[_ratio(lambda hessian: hessian.diagonal())],
        ),
        Mistake(
            "entries",
            _ratio(lambda hessian: hessian.abs()),
            "The largest and the smallest entry of the matrix take the place of the eigenvalues. Entries change when "
            "the axes are turned; eigenvalues do not.",
            forms=[_ratio(lambda hessian: hessian)],
        ),
        Mistake(
            "squared",
            _ratio(lambda hessian: torch.linalg.eigvalsh(hessian @ hessian).abs()),
            "This is the square of the condition number, as HᵀH has it, whose eigenvalues are squared. κ is the ratio "
            "of the plain sizes.",
            0.25,
        ),
        Mistake(
            "square_root",
            lambda hessian: reference.condition_number(hessian).sqrt(),
            "This is the root of the condition number. κ is the plain ratio of the two curvatures; √κ is what momentum "
            "makes of it.",
            0.25,
        ),
        Mistake(
            "frobenius_norms",
            _norms("fro"),
            "The Frobenius norm counts all eigenvalues. Only the largest and the smallest decide here: a round bowl "
            "must have κ = 1.",
            0.25,
        ),
        Mistake(
            "norms_of_rows",
            _norms(1),
            "This is the condition number in a norm that sums over rows, over columns or over all eigenvalues. The "
            "ratio of curvatures belongs to the 2-norm.",
            0.25,
            forms=[_norms("nuc")],
        ),
        Mistake(
            "difference",
            lambda hessian: torch.linalg.eigvalsh(hessian).abs().max() - torch.linalg.eigvalsh(hessian).abs().min(),
            "A difference depends on the units of the loss. The condition number is a ratio.",
            forms=[lambda hessian: torch.linalg.eigvalsh(hessian)[-1] - torch.linalg.eigvalsh(hessian)[0]],
        ),
        Mistake(
            "product",
            _sizes(lambda sizes: sizes[-1] * sizes[0]),
            "The two extreme sizes are multiplied. The condition number is their ratio, which stays the same when the "
            "loss is doubled.",
        ),
        Mistake(
            "largest_curvature_alone",
            lambda hessian: torch.linalg.eigvalsh(hessian).abs().max(),
            "This is the largest curvature. Divide it by the smallest: twice the loss must leave κ as it is.",
            forms=[lambda hessian: torch.linalg.eigvalsh(hessian).max()],
        ),
        Mistake(
            "largest_two",
            _largest_two,
            "This is the ratio of the two largest sizes. In more than two dimensions the smallest stands at the other "
            "end.",
        ),
        Mistake(
            "second_smallest",
            _sizes(lambda sizes: sizes[-1] / sizes[1]),
            "The second smallest size stands in the place of one of the two ends. Counting begins at 0: of sorted "
            "sizes the smallest is `[0]` and the largest `[-1]`.",
            0.25,
            forms=[_sizes(lambda sizes: sizes[1] / sizes[0])],
        ),
        Mistake(
            "mean_for_smallest",
            _sizes(lambda sizes: sizes[-1] / sizes.mean()),
            "One of the two extremes is replaced by a mean, a median or a sum over all directions. Only the steepest "
            "and the flattest direction enter κ.",
            0.25,
            forms=[
                _sizes(lambda sizes: sizes.mean() / sizes[0]),
                _sizes(lambda sizes: sizes[-1] / sizes.median()),
                _sizes(lambda sizes: sizes.sum() / sizes[0]),
                _sizes(lambda sizes: sizes[-1] / sizes.sum()),
                lambda hessian: hessian.trace() / torch.linalg.eigvalsh(hessian).abs().min(),
            ],
        ),
        Mistake(
            "convergence_factor",
            _sizes(lambda sizes: (sizes[-1] - sizes[0]) / (sizes[-1] + sizes[0])),
            "This is (κ - 1)/(κ + 1), the factor of a step with the best rate. The ratio κ itself is asked for.",
            0.25,
        ),
    ],
)
