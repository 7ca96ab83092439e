"""Exercise `effective_parameters` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.loss_landscapes.spectrum import spread, turned
from steepest_exercises.regularization import reference

Count = Callable[..., Tensor | float]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, hessian: Tensor, alpha: float, corner: float = 0.0) -> Case:
        inputs = {"args": [hessian], "kwargs": {"alpha": alpha}, "outputs": ["the number"]}
        return Case(name, inputs, slack=10, corner=corner)

    drawn = rng.uniform
    return [
        case("three parameters", turned(rng, spread(rng, 3, 0.3, 4)), drawn(0.6, 0.8)),
        case("curvatures of very different size", turned(rng, spread(rng, 5, 0.01, 100)), drawn(0.3, 0.6)),
        case("a strong penalty", turned(rng, spread(rng, 4, 0.4, 3)), drawn(8, 12)),
        case("a weak penalty", turned(rng, spread(rng, 4, 0.4, 3)), drawn(0.03, 0.06)),
        case("flat directions", turned(rng, [0.0, 0.0, *spread(rng, 3, 0.8, 3)]), drawn(0.3, 0.6), 0.1),
        case("an axis without curvature", torch.diag(torch.tensor([drawn(1, 3), 0.0]).double()), drawn(0.8, 1.2), 0.1),
        case("a diagonal Hessian", torch.diag(torch.tensor(spread(rng, 4, 0.3, 6)).double()), drawn(1.4, 1.8)),
        case("five parameters", turned(rng, spread(rng, 5, 0.3, 3)), drawn(0.4, 0.8)),
        case("one parameter", torch.full((1, 1), drawn(1.5, 3)).double(), drawn(0.4, 0.8)),
        case("no penalty, alpha = 0", turned(rng, spread(rng, 3, 0.5, 3)), 0.0, 0.1),
    ]


def plain_number(value: Tensor) -> Tensor | float:
    """A tensor without axes as a plain number, like the reference's, so that a mistake is told from either."""
    return value if value.ndim else float(value)


def _of_curvatures(count: Callable[[Tensor, float], Tensor]) -> Count:
    """`count(λ, α)` of the eigenvalues."""

    def effective_parameters(hessian: Tensor, *, alpha: float) -> Tensor | float:
        return plain_number(count(torch.linalg.eigvalsh(hessian), alpha))

    return effective_parameters


def _of_matrices(count: Callable[[Tensor, Tensor, float], Tensor]) -> Count:
    """`count(H, I, α)`."""

    def effective_parameters(hessian: Tensor, *, alpha: float) -> Tensor | float:
        eye = torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device)
        return plain_number(count(hessian, eye, alpha))

    return effective_parameters


def _one_by_one(hessian: Tensor, *, alpha: float) -> float:
    return float(sum(value / (value + alpha) for value in torch.linalg.eigvalsh(hessian).tolist()))


EFFECTIVE_PARAMETERS = Exercise(
    id="effective_parameters",
    reference=reference.effective_parameters,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("trace_of_the_product", _of_matrices(lambda h, eye, a: (h @ torch.linalg.inv(h + a * eye)).trace())),
        Accepted("trace_of_the_solution", _of_matrices(lambda h, eye, a: torch.linalg.solve(h + a * eye, h).trace())),
        Accepted("singular_values", lambda hessian, *, alpha: (
            (s := torch.linalg.svdvals(hessian)) / (s + alpha)).sum()),
        Accepted("one_by_one", _one_by_one),
        Accepted("n_less_what_is_lost", _of_curvatures(lambda c, a: len(c) - (a / (c + a)).sum())),
    ],
    mistakes=[
        Mistake(
            "large_curvatures_counted",
            _of_curvatures(lambda c, a: (c > a).sum().to(c.dtype)),
            "This counts the curvatures above α as whole parameters and drops the others. Each direction counts with "
            "its share λ/(λ + α), which is between 0 and 1.",
            0.25,
            forms=[_of_curvatures(lambda c, a: (c / (c + a)).round().sum()),
                   _of_curvatures(lambda c, a: (c > a).sum())],
        ),
        Mistake(
            "lost_parameters",
            _of_curvatures(lambda c, a: (a / (c + a)).sum()),
            "This counts what the penalty takes away, Σα/(λ + α). What is left is Σλ/(λ + α): it falls as α grows.",
            0.5,
        ),
        Mistake(
            "trace_of_the_hessian",
            _of_curvatures(lambda c, a: c.sum()),
            "The curvatures are added up, with no share taken of each. A very steep direction is still one parameter: "
            "add λ/(λ + α).",
            0.25,
            forms=[_of_curvatures(lambda c, a: (c / (a if a else 1.0)).sum())],
        ),
        Mistake(
            "shares_squared",
            _of_curvatures(lambda c, a: ((c / (c + a)) ** 2).sum()),
            "The shares are squared, or the curvatures are. Add the shares λ/(λ + α) as they stand.",
            0.5,
            forms=[_of_curvatures(lambda c, a: (c**2 / (c**2 + a**2)).sum()),
                   _of_curvatures(lambda c, a: (c**2 / (c**2 + a)).sum())],
        ),
        Mistake(
            "root_of_the_shares",
            _of_curvatures(lambda c, a: (c / (c + a)).norm()),
            "A root is taken, of the sum of squares or of the shares, as for a length. A number of parameters is a "
            "plain sum.",
            0.25,
            forms=[_of_curvatures(lambda c, a: (c.clamp(min=0) / (c.clamp(min=0) + a)).sqrt().sum())],
        ),
        Mistake(
            "mean_share",
            _of_curvatures(lambda c, a: (c / (c + a)).mean()),
            "This is the mean share of a direction. The number of parameters is the sum of the shares.",
            0.5,
        ),
        Mistake(
            "largest_share",
            _of_curvatures(lambda c, a: (c / (c + a)).max()),
            "One direction alone counts, the steepest or the flattest. Every direction counts with its share.",
            0.25,
            forms=[_of_curvatures(lambda c, a: (c / (c + a)).min())],
        ),
        Mistake(
            "diagonal_only",
            _of_matrices(lambda h, eye, a: (h.diagonal() / (h.diagonal() + a)).sum()),
            "The diagonal of H stands where its eigenvalues belong. They are the same only where H is diagonal.",
            0.25,
            forms=[_of_matrices(lambda h, eye, a: (h / (h + a * eye)).trace())],
        ),
        Mistake(
            "divided_entry_by_entry",
            _of_matrices(lambda h, eye, a: (h / (h + a * eye)).sum()),
            "Matrices are divided entry by entry, or all entries of one are added. H(H + αI)⁻¹ needs the inverse of a "
            "matrix, and its trace; or add over the eigenvalues.",
            forms=[_of_matrices(lambda h, eye, a: (h @ torch.linalg.inv(h + a * eye)).sum()),
                   _of_matrices(lambda h, eye, a: (h / (h + a)).sum())],
        ),
        Mistake(
            "number_of_parameters",
            _of_curvatures(lambda c, a: torch.full((), float(len(c)), dtype=c.dtype)),
            "This is the number of all parameters, or of those with any curvature. The penalty takes a share of each "
            "away.",
            forms=[_of_curvatures(lambda c, a: (c > 1e-5).sum().to(c.dtype))],
        ),
        Mistake(
            "alpha_doubled_or_halved",
            _of_curvatures(lambda c, a: (c / (c + 2 * a)).sum()),
            "α counts twice or half. The penalty is ½α‖θ‖², whose curvature is α.",
            0.5,
            forms=[_of_curvatures(lambda c, a: (c / (c + a / 2)).sum()),
                   _of_matrices(lambda h, eye, a: ((h + a * eye) @ torch.linalg.inv(h + 2 * a * eye)).trace())],
        ),
        Mistake(
            "complex_eigenvalues",
            lambda hessian, *, alpha: ((c := torch.linalg.eigvals(hessian)) / (c + alpha)).sum(),
            "The number is complex: torch.linalg.eigvals is for any square matrix. A Hessian is symmetric, and "
            "torch.linalg.eigvalsh gives its eigenvalues as real numbers.",
        ),
        Mistake(
            "alpha_subtracted",
            _of_curvatures(lambda c, a: (c / (c - a)).sum()),
            "α is subtracted from the curvatures, and the shares come out above 1 or negative. The share is λ/(λ + α).",
            0.25,
            forms=[_of_curvatures(lambda c, a: ((c - a) / c.clamp(min=0.05)).sum())],
        ),
        Mistake(
            "hessian_forgotten",
            _of_curvatures(lambda c, a: (1 / (c + a)).sum()),
            "The numerator is missing: each share is λ/(λ + α), and without its λ a flat direction would count most.",
            0.25,
        ),
        Mistake(
            "alpha_is_one",
            _of_curvatures(lambda c, a: (c / (c + 1)).sum()),
            "α has no part in the result: it is what the curvatures are compared with.",
            0.25,
        ),
        Mistake(
            "shares_not_added",
            _of_curvatures(lambda c, a: c / (c + a)),
            "These are the shares of the directions, or how much is left of a vector of ones. Their sum is asked for, "
            "one number.",
            0.5,
            forms=[_of_matrices(lambda h, eye, a: torch.linalg.solve(h + a * eye, h).sum(dim=1))],
        ),
        Mistake(
            "matrix_returned",
            _of_matrices(lambda h, eye, a: torch.linalg.solve(h + a * eye, h)),
            "This is the matrix that shrinks θ*. The number of parameters that it leaves is its trace.",
            0.5,
        ),
        Mistake(
            "ratio_of_the_sums",
            _of_curvatures(lambda c, a: c.sum() / (c.sum() + a)),
            "The curvatures are added first and divided afterwards. Each direction has a share of its own: divide, "
            "then add.",
            0.25,
            forms=[_of_curvatures(lambda c, a: c.sum() / (c + a).sum()),
                   _of_curvatures(lambda c, a: len(c) * c.mean() / (c.mean() + a))],
        ),
        Mistake(
            "product_of_the_shares",
            _of_curvatures(lambda c, a: (c / (c + a)).prod()),
            "The shares are multiplied, which is a determinant. The number of parameters adds them up: a trace.",
            0.25,
            forms=[_of_matrices(lambda h, eye, a: torch.linalg.det(h) / torch.linalg.det(h + a * eye))],
        ),
        Mistake(
            "alpha_in_every_entry",
            _of_matrices(lambda h, eye, a: torch.linalg.solve(h + a, h).trace()),
            "α is added to every entry of H. It belongs on the diagonal alone: H + αI.",
            0.25,
            forms=[_of_matrices(lambda h, eye, a: (
                torch.linalg.eigvalsh(h) / torch.linalg.eigvalsh(h + a)).sum())],
        ),
        Mistake(
            "division_before_the_sum",
            _of_curvatures(lambda c, a: (c / c + a).sum()),
            "Without brackets λ/λ + α divides first, and is 1 + α in every direction. Write λ / (λ + α).",
            0.25,
            forms=[_of_curvatures(lambda c, a: (c / c).sum() + a), _of_curvatures(lambda c, a: (1 + a / c).sum())],
        ),
        Mistake(
            "alpha_squared",
            _of_curvatures(lambda c, a: (c / (c + a**2)).sum()),
            "α enters as its square, or its root. The share is λ/(λ + α).",
            0.5,
            forms=[_of_curvatures(lambda c, a: (c / (c + a**0.5)).sum())],
        ),
        Mistake(
            "alpha_times_the_number",
            _of_curvatures(lambda c, a: (c / (c + len(c) * a)).sum()),
            "α is multiplied or divided by the number of parameters. Each direction has the share λ/(λ + α).",
            0.5,
            forms=[_of_curvatures(lambda c, a: (c / (c + a / len(c))).sum())],
        ),
        Mistake(
            "roots_of_the_curvatures",
            _of_curvatures(lambda c, a: ((s := c.clamp(min=0).sqrt()) / (s + a)).sum()),
            "The roots of the curvatures stand in the shares, as singular values of the data would. H has λ "
            "themselves: λ/(λ + α).",
            0.25,
        ),
    ],
)  # fmt: skip
