"""Exercises `curvatures` and `condition_number` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes import reference

OfMatrix = Callable[[Tensor], Tensor]


def turned(rng: np.random.Generator, values: Sequence[float]) -> Tensor:
    """A symmetric matrix with these eigenvalues, along random directions."""
    basis, _ = np.linalg.qr(rng.standard_normal((len(values), len(values))))
    matrix = basis @ np.diag(values) @ basis.T
    return torch.from_numpy((matrix + matrix.T) / 2)


def spread(rng: np.random.Generator, n: int, low: float, high: float) -> list[float]:
    """So many positive numbers, the smallest near `low`, the largest near `high`, and no two alike."""
    steps = np.geomspace(low, high, n)
    return [float(value) for value in steps * rng.uniform(0.95, 1.05, n)]


# --- curvatures --------------------------------------------------------------


def _matrix_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, matrix: Tensor) -> Case:
        return Case(name, {"args": [matrix], "kwargs": {}, "outputs": ["the curvatures"]})

    return [
        case("a symmetric matrix", turned(rng, [-1.5, 0.7, 3.0])),
        case("a matrix that is not symmetric", normal(rng, 3, 3)),
        case("four parameters", 2 * normal(rng, 4, 4)),
        case("a triangular matrix", normal(rng, 3, 3).triu()),
        case("a rotation, whose eigenvalues are complex", torch.tensor([[0.3, -2.0], [2.0, 0.9]]).double()),
        case("float32", normal(rng, 3, 3).float()),
        case("one parameter", normal(rng, 1, 1)),
    ]


def _autodiff(matrix: Tensor) -> Tensor:
    origin = torch.zeros(len(matrix), dtype=matrix.dtype, device=matrix.device)
    hessian: Tensor = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
        lambda theta: theta @ matrix @ theta / 2, origin
    )
    values: Tensor = torch.linalg.eigvalsh(hessian)
    return values


def _general_solver(matrix: Tensor) -> Tensor:
    values: Tensor = torch.linalg.eigvals((matrix + matrix.T) / 2).real.sort().values
    return values


def _eigenvectors_too(matrix: Tensor) -> Tensor:
    values: Tensor = torch.linalg.eigh(0.5 * matrix + 0.5 * matrix.T)[0]
    return values


def _triangle(uplo: str) -> OfMatrix:
    def values(matrix: Tensor) -> Tensor:
        read: Tensor = torch.linalg.eigvalsh(matrix, UPLO=uplo)
        return read

    return values


def _of(build: OfMatrix) -> OfMatrix:
    """Eigenvalues of what `build` makes of the matrix."""

    def values(matrix: Tensor) -> Tensor:
        found: Tensor = torch.linalg.eigvalsh(build(matrix))
        return found

    return values


CURVATURES = Exercise(
    id="curvatures",
    reference=reference.curvatures,
    cases=_matrix_cases,
    points=2,
    accepted=[
        Accepted("half_of_each", _eigenvectors_too),
        Accepted("general_solver_after_symmetrizing", _general_solver),
        Accepted("hessian_by_autodiff", _autodiff),
    ],
    mistakes=[
        Mistake(
            "lower_triangle_only",
            _triangle("L"),
            "This is still the bug: `eigvalsh` takes the matrix for symmetric and reads only one triangle of it. "
            "Which symmetric matrix gives the same ½θᵀAθ?",
        ),
        Mistake(
            "upper_triangle_only",
            _triangle("U"),
            "Now the other triangle is read and the lower one ignored. Both halves act on θ: build the symmetric "
            "matrix that gives the same ½θᵀAθ.",
        ),
        Mistake(
            "eigenvalues_of_the_unsymmetric_matrix",
            lambda matrix: torch.linalg.eigvals(matrix).real.sort().values,
            "The eigenvalues of a matrix that is not symmetric say nothing about a quadratic, and may be complex. "
            "Make it symmetric first: differentiate ½θᵀAθ twice.",
        ),
        Mistake(
            "half_forgotten",
            _of(lambda matrix: matrix + matrix.T),
            "Twice too large: A + Aᵀ is the Hessian of θᵀAθ. The quadratic has a ½ in front.",
            0.5,
        ),
        Mistake(
            "half_twice",
            _of(lambda matrix: (matrix + matrix.T) / 4),
            "Half as large as it should be. Test a symmetric A: its Hessian must be A itself.",
            0.5,
        ),
        Mistake(
            "gram_matrix",
            _of(lambda matrix: matrix.T @ matrix),
            "AᵀA is symmetric, but it is the Hessian of ½‖Aθ‖². For ½θᵀAθ take the symmetric part of A.",
        ),
        Mistake(
            "singular_values",
            lambda matrix: torch.linalg.svdvals(matrix).flip(0),
            "Singular values are never negative, so no direction could curve downwards. Take eigenvalues of the "
            "symmetric part.",
        ),
        Mistake(
            "diagonal",
            lambda matrix: matrix.diagonal().sort().values,
            "The diagonal holds the curvatures along the axes. The extreme ones lie along the eigenvectors.",
        ),
        Mistake(
            "difference_of_the_halves",
            _of(lambda matrix: (matrix - matrix.T) / 2),
            "A - Aᵀ is the part of A that ½θᵀAθ does not see: θᵀ(A - Aᵀ)θ is 0 for every θ. Keep the other part.",
        ),
        Mistake(
            "descending",
            lambda matrix: reference.curvatures(matrix).flip(0),
            "The values are right and in the wrong order: from the smallest to the largest.",
            0.5,
        ),
    ],
)


# --- condition_number --------------------------------------------------------


def _hessian_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, slack: float = 1.0) -> Case:
        return Case(name, {"args": [hessian], "kwargs": {}, "outputs": ["the condition number"]}, slack=slack)

    singular = torch.diag(torch.tensor([float(rng.uniform(1, 2)), 0.0, float(rng.uniform(3, 4))]).double())
    indefinite = [-value for value in spread(rng, 2, 0.8, 6)] + spread(rng, 2, 0.3, 3)
    return [
        case("a valley", turned(rng, spread(rng, 2, 0.5, 5)), 10),
        case("a bowl of four dimensions", turned(rng, spread(rng, 4, 0.2, 8)), 10),
        case("a round bowl", float(rng.uniform(2, 3)) * torch.eye(3, dtype=torch.float64), 10),
        case("a saddle that falls more steeply than it rises", turned(rng, indefinite), 10),
        case("a cap", -turned(rng, spread(rng, 3, 0.4, 4)), 10),
        case("a flat direction", singular),
        case("float32", turned(rng, spread(rng, 3, 0.5, 6)).float(), 10),
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


def _largest_two(hessian: Tensor) -> Tensor:
    ordered: Tensor = torch.linalg.eigvalsh(hessian).abs().sort().values
    return ordered[-1] / ordered[-2]


CONDITION_NUMBER = Exercise(
    id="condition_number",
    reference=reference.condition_number,
    cases=_hessian_cases,
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
            "The size is taken after the division. The largest eigenvalue need not be the largest in size: take "
            "sizes first, then the extremes.",
            0.25,
        ),
        Mistake(
            "signed_ends_before_sizes",
            lambda hessian: torch.linalg.eigvalsh(hessian)[-1].abs() / torch.linalg.eigvalsh(hessian).abs().min(),
            "The last eigenvalue is the largest number, not the one of largest size: at a cap it is the weakest. "
            "Take sizes first.",
            0.25,
        ),
        Mistake(
            "diagonal_entries",
            _ratio(lambda hessian: hessian.diagonal().abs()),
            "The diagonal holds the curvatures along the axes. A valley that lies aslant has its extremes along the "
            "eigenvectors.",
        ),
        Mistake(
            "entries",
            _ratio(lambda hessian: hessian.abs()),
            "These are the largest and the smallest entry of the matrix. Entries change when the axes are turned; "
            "eigenvalues do not.",
        ),
        Mistake(
            "squared",
            _ratio(lambda hessian: torch.linalg.eigvalsh(hessian @ hessian).abs()),
            "This is the square of the condition number: HᵀH has squared eigenvalues.",
            0.25,
        ),
        Mistake(
            "square_root",
            lambda hessian: reference.condition_number(hessian).sqrt(),
            "A root too much. κ is the plain ratio of the two curvatures; √κ is what momentum makes of it.",
            0.25,
        ),
        Mistake(
            "frobenius_norms",
            lambda hessian: torch.linalg.cond(hessian, "fro"),
            "The Frobenius norm counts all eigenvalues. Only the largest and the smallest decide here: a round bowl "
            "must have κ = 1.",
            0.25,
        ),
        Mistake(
            "difference",
            lambda hessian: torch.linalg.eigvalsh(hessian).abs().max() - torch.linalg.eigvalsh(hessian).abs().min(),
            "A difference depends on the units of the loss. The condition number is a ratio.",
        ),
        Mistake(
            "largest_curvature_alone",
            lambda hessian: torch.linalg.eigvalsh(hessian).abs().max(),
            "This is the largest curvature. Divide it by the smallest: twice the loss must leave κ as it is.",
        ),
        Mistake(
            "largest_two",
            _largest_two,
            "These are the two largest sizes. In more than two dimensions the smallest stands at the other end.",
        ),
    ],
)
