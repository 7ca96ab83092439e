"""Exercise `taylor_terms` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import turned

Terms = tuple[Tensor, Tensor]
Both = Callable[[Tensor, Tensor, float], Terms]
Quadratic = Callable[[Tensor, Tensor, float], Tensor]


def _terms_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, hessian: Tensor, lr: float) -> Case:
        outputs = ["the linear term", "the quadratic term"]
        return Case(name, {"args": [grad, hessian, lr], "kwargs": {}, "outputs": outputs}, slack=10)

    along = normal(rng, 3)
    falling = turned(rng, [-4.0, -1.0, 0.3]) - 2 * torch.outer(along, along) / along.dot(along)
    flat = torch.diag(torch.tensor([float(rng.uniform(2, 3)), 0.0, 1.0]).double())
    return [
        case("a bowl", 1 + normal(rng, 3).abs(), turned(rng, [0.5, 2.0, 6.0]), 0.3),
        case("a short step", normal(rng, 4), turned(rng, [0.5, 2.0, 4.0, 9.0]), 0.01),
        case("a step downhill with falling slope", along, falling, 0.2),
        case("a singular Hessian", normal(rng, 3), flat, 0.5),
        case("a zero gradient", torch.zeros(2, dtype=torch.float64), turned(rng, [1.0, 3.0]), 0.1),
        case("float32", 1 + normal(rng, 3).abs().float(), turned(rng, [1.0, 2.0, 5.0]).float(), 0.4),
        case("one parameter", normal(rng, 1), 3 * torch.eye(1, dtype=torch.float64), 0.7),
    ]


def _linear(g: Tensor, lr: float) -> Tensor:
    return lr * (g @ g)


def _quadratic(g: Tensor, H: Tensor, lr: float) -> Tensor:
    return 0.5 * lr**2 * (g @ H @ g)


def _with_quadratic(quadratic: Quadratic) -> Both:
    """The right linear term, and another quadratic one."""
    return lambda grad, hessian, lr: (_linear(grad, lr), quadratic(grad, hessian, lr))


def _by_the_step(grad: Tensor, hessian: Tensor, lr: float) -> Terms:
    step = lr * grad
    return step @ grad, 0.5 * step @ (hessian @ step)


def _by_einsum(grad: Tensor, hessian: Tensor, lr: float) -> Terms:
    return lr * grad.square().sum(), torch.einsum("i,ij,j->", grad, hessian, grad) * lr * lr / 2


def _by_eigenvectors(grad: Tensor, hessian: Tensor, lr: float) -> Terms:
    values, vectors = torch.linalg.eigh(hessian)
    parts = (vectors.T @ grad).square()
    return lr * parts.sum(), lr**2 / 2 * (values * parts).sum()


TAYLOR_TERMS = Exercise(
    id="taylor_terms",
    reference=reference.taylor_terms,
    cases=_terms_cases,
    points=2,
    accepted=[
        Accepted("by_the_step", _by_the_step),
        Accepted("by_einsum", _by_einsum),
        Accepted("by_eigenvectors", _by_eigenvectors),
    ],
    mistakes=[
        Mistake(
            "linear_term_negative",
            lambda grad, hessian, lr: (-_linear(grad, lr), _quadratic(grad, hessian, lr)),
            "The minus stands in front of the term in the expansion. The two terms are compared as sizes, so the first "
            "is +εgᵀg.",
            0.5,
        ),
        Mistake(
            "quadratic_term_negative",
            lambda grad, hessian, lr: (_linear(grad, lr), -_quadratic(grad, hessian, lr)),
            "The step is -εg, and it enters the second term twice: the signs cancel. Curvature upwards adds to the "
            "loss.",
            0.5,
        ),
        Mistake(
            "both_terms_negative",
            lambda grad, hessian, lr: (-_linear(grad, lr), -_quadratic(grad, hessian, lr)),
            "Both terms have the wrong sign. They are returned without the signs in front: +εgᵀg and +½ε²gᵀHg.",
            0.25,
        ),
        Mistake(
            "sign_of_the_curvature_lost",
            _with_quadratic(lambda grad, hessian, lr: _quadratic(grad, hessian, lr).abs()),
            "The quadratic term is never negative here. Where the slope falls along the step gᵀHg is negative, and "
            "curvature then helps: keep the sign.",
            0.5,
            forms=[_with_quadratic(lambda grad, hessian, lr: _quadratic(grad, hessian, lr).clamp(min=0))],
        ),
        Mistake(
            "half_forgotten",
            _with_quadratic(lambda grad, hessian, lr: lr**2 * (grad @ hessian @ grad)),
            "The second term of a Taylor expansion carries a ½.",
            0.5,
        ),
        Mistake(
            "half_squared",
            _with_quadratic(lambda grad, hessian, lr: (0.5 * lr) ** 2 * (grad @ hessian @ grad)),
            "The quadratic term is half of what it should be: the ½ is squared together with the rate, or stands there "
            "twice. It is ½·ε², with a single ½.",
            0.5,
        ),
        Mistake(
            "half_in_both_terms",
            lambda grad, hessian, lr: (0.5 * _linear(grad, lr), _quadratic(grad, hessian, lr)),
            "The ½ belongs to the quadratic term alone. The linear term is εgᵀg.",
            0.5,
        ),
        Mistake(
            "rate_not_squared",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr * (grad @ hessian @ grad)),
            "The step -εg enters the quadratic term twice, so ε is squared there.",
            0.5,
            forms=[_with_quadratic(lambda grad, hessian, lr: lr * (grad @ hessian @ grad))],
        ),
        Mistake(
            "rate_squared_in_the_linear_term",
            lambda grad, hessian, lr: (lr * _linear(grad, lr), _quadratic(grad, hessian, lr)),
            "The step -εg enters the linear term once, so ε is not squared there: εgᵀg.",
            0.5,
        ),
        Mistake(
            "rate_forgotten",
            lambda grad, hessian, lr: (grad @ grad, 0.5 * (grad @ hessian @ grad)),
            "ε has no part in one of the terms, or in both. The step is -εg, so ε stands once in the linear term and "
            "twice in the quadratic one.",
            0.25,
            forms=[
                lambda grad, hessian, lr: (grad @ grad, _quadratic(grad, hessian, lr)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * (grad @ hessian @ grad)),
                lambda grad, hessian, lr: (grad @ grad, grad @ hessian @ grad),
            ],
        ),
        Mistake(
            "norm_not_squared",
            lambda grad, hessian, lr: (lr * grad.norm(), _quadratic(grad, hessian, lr)),
            "gᵀg is the square of the norm, not the norm.",
            0.5,
        ),
        Mistake(
            "entries_summed_without_squares",
            lambda grad, hessian, lr: (lr * grad.sum(), _quadratic(grad, hessian, lr)),
            "The entries of the gradient are summed, or their sizes. gᵀg is the sum of their squares.",
            0.5,
            forms=[lambda grad, hessian, lr: (lr * grad.abs().sum(), _quadratic(grad, hessian, lr))],
        ),
        Mistake(
            "gradient_made_a_unit_vector",
            _with_quadratic(lambda grad, hessian, lr: _quadratic(grad, hessian, lr) / grad.square().sum()),
            "The length of the gradient is divided out, wholly or in part, as for the curvature along a direction of "
            "length 1. The step is -εg with the gradient's own length: ½ε²gᵀHg.",
            0.25,
            forms=[
                _with_quadratic(lambda grad, hessian, lr: grad @ hessian @ grad / (grad @ grad)),
                _with_quadratic(lambda grad, hessian, lr: _quadratic(grad, hessian, lr) / grad.norm()),
                lambda grad, hessian, lr: (
                    lr * grad.norm(),
                    _quadratic(grad, hessian, lr) / grad.square().sum(),
                ),
            ],
        ),
        Mistake(
            "hessian_forgotten",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (grad @ grad)),
            "The Hessian has no part in the quadratic term. Curvature along the gradient is gᵀHg: first Hg, then its "
            "product with g.",
        ),
        Mistake(
            "hessian_read_as_its_inverse",
            _with_quadratic(lambda grad, hessian, lr: _quadratic(grad, torch.linalg.pinv(hessian), lr)),
            "The Hessian is inverted, as in Newton's step. The expansion needs H itself.",
            0.25,
            forms=[
                _with_quadratic(
                    lambda grad, hessian, lr: (
                        0.5 * lr**2 * (grad @ torch.linalg.lstsq(hessian, grad[:, None]).solution[:, 0])
                    )
                )
            ],
        ),
        Mistake(
            "one_number_for_the_hessian",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * hessian.trace() * (grad @ grad)),
            "A single number stands for the Hessian, such as its trace, its determinant, its norm, the sum of its "
            "entries or an eigenvalue. What counts is the curvature along the gradient, gᵀHg.",
            0.25,
            forms=[
                _with_quadratic(
                    lambda grad, hessian, lr: 0.5 * lr**2 * torch.linalg.eigvalsh(hessian)[-1] * (grad @ grad)
                ),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * torch.linalg.det(hessian) * (grad @ grad)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * hessian.norm() * (grad @ grad)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * hessian.sum() * (grad @ grad)),
            ],
        ),
        Mistake(
            "diagonal_of_the_hessian",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (hessian.diagonal() * grad**2).sum()),
            "Only the diagonal of H is used. The entries beside it count as well: first the vector Hg, then its "
            "product with g.",
            0.25,
        ),
        Mistake(
            "elementwise_product",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (grad * hessian * grad).sum()),
            "This is not gᵀHg but what comes of `*`, say, which multiplies entry by entry and repeats g over the rows. "
            "gᵀHg is a chain of matrix products: use `@`.",
            0.25,
            forms=[
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (grad * (hessian * grad)).sum(dim=1).mean())
            ],
        ),
        Mistake(
            "norm_of_the_product",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (hessian @ grad).square().sum()),
            "This is ‖Hg‖, or its square, in which H stands twice. The quadratic form is g times Hg.",
            0.25,
            forms=[_with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (hessian @ grad).norm())],
        ),
        Mistake(
            "sum_of_the_product",
            _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (hessian @ grad).sum()),
            "The entries of Hg are summed, and the second g is missing: gᵀHg is the product of g with Hg.",
            0.25,
        ),
        Mistake(
            "order_exchanged",
            lambda grad, hessian, lr: (_quadratic(grad, hessian, lr), _linear(grad, lr)),
            "The two values come in the wrong order: first the linear term, then the quadratic one.",
            0.5,
        ),
        Mistake(
            "terms_not_summed",
            lambda grad, hessian, lr: (lr * grad * grad, 0.5 * lr**2 * grad * (hessian @ grad)),
            "A term has many entries here instead of one. gᵀg and gᵀHg are single numbers: `@` between vectors sums, "
            "`*` does not.",
            0.25,
            forms=[
                lambda grad, hessian, lr: (lr * grad * grad, 0.5 * lr**2 * grad * hessian * grad),
                lambda grad, hessian, lr: (lr * grad**2, 0.5 * lr**2 * hessian * grad**2),
                lambda grad, hessian, lr: (lr * grad * grad, _quadratic(grad, hessian, lr)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * grad * (hessian @ grad)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (hessian @ grad)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * grad * hessian * grad),
                lambda grad, hessian, lr: (lr * torch.outer(grad, grad), _quadratic(grad, hessian, lr)),
            ],
        ),
        Mistake(
            "means_for_sums",
            lambda grad, hessian, lr: (lr * (grad * grad).mean(), 0.5 * lr**2 * (grad * (hessian @ grad)).mean()),
            "A mean is taken where a sum belongs. gᵀg and gᵀHg are sums over all parameters.",
            0.25,
            forms=[
                lambda grad, hessian, lr: (lr * (grad * grad).mean(), _quadratic(grad, hessian, lr)),
                _with_quadratic(lambda grad, hessian, lr: 0.5 * lr**2 * (grad * (hessian @ grad)).mean()),
            ],
        ),
        Mistake(
            "total_for_the_quadratic_term",
            _with_quadratic(lambda grad, hessian, lr: _quadratic(grad, hessian, lr) - _linear(grad, lr)),
            "The linear term has entered the second value as well. The two terms are returned apart: εgᵀg, and ½ε²gᵀHg "
            "without it.",
            0.25,
            forms=[
                _with_quadratic(lambda grad, hessian, lr: _linear(grad, lr) - _quadratic(grad, hessian, lr)),
                _with_quadratic(lambda grad, hessian, lr: _linear(grad, lr) + _quadratic(grad, hessian, lr)),
            ],
        ),
    ],
    equivalent={
        "A Hessian is symmetric, so it may be multiplied from either side first.": [
            "quadratic = 0.5 * lr ** 2 * (grad @ (grad @ hessian))",
            "quadratic = 0.5 * lr ** 2 * (hessian @ grad @ grad)",
        ],
    },
)
