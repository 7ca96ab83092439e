"""Exercise `curvatures` of `03_loss_landscapes`."""

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


def disordered(rng: np.random.Generator) -> Tensor:
    """A diagonal matrix with its smallest and its largest entry in the middle."""
    low, *between, high = spread(rng, 4, 0.5, 6)
    return torch.diag(torch.tensor([between[0], high, low, between[1]]).double())


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
        case("curvatures along the axes, in no order", disordered(rng)),
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


def _triangle(uplo: str, build: OfMatrix = lambda matrix: matrix) -> OfMatrix:
    """What stands in one triangle of what `build` makes of the matrix."""

    def values(matrix: Tensor) -> Tensor:
        read: Tensor = torch.linalg.eigvalsh(build(matrix), UPLO=uplo)
        return read

    return values


def _by_size(matrix: Tensor) -> Tensor:
    values = reference.curvatures(matrix)
    return values[values.abs().argsort()]


def _of(build: OfMatrix) -> OfMatrix:
    """Eigenvalues of what `build` makes of the matrix."""

    def values(matrix: Tensor) -> Tensor:
        found: Tensor = torch.linalg.eigvalsh(build(matrix))
        return found

    return values


def _loose(values: OfMatrix) -> OfMatrix:
    """Curvatures that `values` makes of the symmetric part."""
    return lambda matrix: values((matrix + matrix.T) / 2)


def _complex(read: OfMatrix) -> OfMatrix:
    """What `read` takes from the complex eigenvalues of the matrix as it stands."""
    return lambda matrix: read(torch.linalg.eigvals(matrix))


CURVATURES = Exercise(
    id="curvatures",
    reference=reference.curvatures,
    cases=_matrix_cases,
    points=2,
    accepted=[
        Accepted("half_of_each", _eigenvectors_too),
        Accepted("general_solver_after_symmetrizing", _general_solver),
        Accepted("hessian_by_autodiff", _autodiff),
        Accepted("halved_afterwards", lambda matrix: torch.linalg.eigvalsh(matrix + matrix.T) / 2),
    ],
    mistakes=[
        Mistake(
            "lower_triangle_only",
            _triangle("L"),
            "This is still the bug: only one triangle of A counts, as when `eigvalsh` takes a matrix for symmetric "
            "that is not. Which symmetric matrix gives the same ½θᵀAθ?",
        ),
        Mistake(
            "upper_triangle_only",
            _triangle("U"),
            "Now the upper triangle counts, and the lower one has no part in it. Both halves act on θ: build the "
            "symmetric matrix that gives the same ½θᵀAθ.",
        ),
        Mistake(
            "triangle_with_its_diagonal_twice",
            _of(lambda matrix: matrix.triu() + matrix.triu().T),
            "One triangle is mirrored, the other is lost, and the diagonal is counted twice. Every entry of A acts on "
            "θ: average A and Aᵀ.",
            forms=[_of(lambda matrix: matrix.tril() + matrix.tril().T)],
        ),
        Mistake(
            "eigenvalues_of_the_unsymmetric_matrix",
            _complex(lambda values: values.real.sort().values),
            "The eigenvalues of a matrix that is not symmetric are not the curvatures of its quadratic, and may be "
            "complex. Make it symmetric first: differentiate ½θᵀAθ twice.",
            forms=[
                _complex(lambda values: values.real),
                _complex(lambda values: values.abs().sort().values),
                _complex(lambda values: values.abs()),
            ],
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
            "half_of_one_part",
            _of(lambda matrix: matrix + matrix.T / 2),
            "Only one of the two parts is halved, as in `A + A.T / 2`, which divides before it adds. Halve the whole "
            "sum of A and Aᵀ: that matrix is symmetric.",
            0.25,
            forms=[
                _of(lambda matrix: matrix / 2 + matrix.T),
                _triangle("L", lambda matrix: matrix + matrix.T / 2),
                _triangle("U", lambda matrix: matrix + matrix.T / 2),
            ],
        ),
        Mistake(
            "gram_matrix",
            _of(lambda matrix: matrix.T @ matrix),
            "A product of A and Aᵀ is symmetric, but it belongs to a loss like ½‖Aθ‖². For ½θᵀAθ take the symmetric "
            "part of A, which is a sum.",
            forms=[
                _of(lambda matrix: matrix @ matrix.T),
                _of(lambda matrix: matrix.T @ matrix / 2),
                _of(lambda matrix: matrix @ matrix.T / 2),
            ],
        ),
        Mistake(
            "singular_values",
            lambda matrix: torch.linalg.svdvals(matrix).flip(0),
            "No value is ever negative here, as with singular values, so no direction could curve downwards. Take "
            "eigenvalues of the symmetric part.",
            forms=[torch.linalg.svdvals, _loose(torch.linalg.svdvals)],
        ),
        Mistake(
            "signs_lost",
            lambda matrix: reference.curvatures(matrix).abs().sort().values,
            "The sizes of the curvatures are returned. Their signs tell a valley from a ridge: a negative eigenvalue "
            "stays negative.",
            0.25,
            forms=[lambda matrix: reference.curvatures(matrix).abs()],
        ),
        Mistake(
            "diagonal",
            lambda matrix: matrix.diagonal().sort().values,
            "The diagonal holds the curvatures along the axes. The extreme ones lie along the eigenvectors.",
            forms=[lambda matrix: matrix.diagonal()],
        ),
        Mistake(
            "difference_of_the_halves",
            _of(lambda matrix: (matrix - matrix.T) / 2),
            "A - Aᵀ is the part of A that ½θᵀAθ does not see: θᵀ(A - Aᵀ)θ is 0 for every θ. Keep the other part.",
            forms=[_of(lambda matrix: matrix - matrix.T), _triangle("U", lambda matrix: (matrix - matrix.T) / 2)],
        ),
        Mistake(
            "descending",
            lambda matrix: reference.curvatures(matrix).flip(0),
            "The values are right, but in the wrong order. They are asked for from the smallest to the largest.",
            0.5,
        ),
        Mistake(
            "not_sorted",
            _loose(lambda symmetric: torch.linalg.eigvals(symmetric).real),
            "The values are right, but not in ascending order: `eigvals` does not sort, and sizes sort otherwise than "
            "values. `eigvalsh` of a symmetric matrix gives them sorted.",
            0.5,
            forms=[_by_size],
        ),
        Mistake(
            "extremes_alone",
            lambda matrix: reference.curvatures(matrix)[[0, -1]],
            "Only the smallest and the largest curvature are returned. One for each direction is asked for.",
            0.25,
            forms=[lambda matrix: torch.stack([reference.curvatures(matrix)[0], reference.curvatures(matrix)[-1]])],
        ),
        Mistake(
            "eigenvectors_as_well",
            lambda matrix: tuple(torch.linalg.eigh((matrix + matrix.T) / 2)),
            "Eigenvalues and eigenvectors are returned. Only the eigenvalues are asked for: the first of the two that "
            "`eigh` gives.",
            0.5,
        ),
    ],
)
