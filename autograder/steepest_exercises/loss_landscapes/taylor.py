"""Exercises `taylor_terms` and `hvp` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes import reference
from steepest_exercises.loss_landscapes.spectrum import turned

Terms = tuple[Tensor, Tensor]
Objective = Callable[[Tensor], Tensor]


# --- taylor_terms ------------------------------------------------------------


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
            "half_forgotten",
            lambda grad, hessian, lr: (_linear(grad, lr), lr**2 * (grad @ hessian @ grad)),
            "The second term of a Taylor expansion carries a ½.",
            0.5,
        ),
        Mistake(
            "rate_not_squared",
            lambda grad, hessian, lr: (_linear(grad, lr), 0.5 * lr * (grad @ hessian @ grad)),
            "The step -εg enters the quadratic term twice, so ε is squared there.",
            0.5,
        ),
        Mistake(
            "rate_forgotten",
            lambda grad, hessian, lr: (grad @ grad, 0.5 * (grad @ hessian @ grad)),
            "ε is missing in both terms: these are the terms of a step as long as the gradient.",
            0.25,
        ),
        Mistake(
            "norm_not_squared",
            lambda grad, hessian, lr: (lr * grad.norm(), _quadratic(grad, hessian, lr)),
            "gᵀg is the square of the norm, not the norm.",
            0.5,
        ),
        Mistake(
            "hessian_read_as_its_inverse",
            lambda grad, hessian, lr: (_linear(grad, lr), _quadratic(grad, torch.linalg.pinv(hessian), lr)),
            "The Hessian is inverted, as in Newton's step. The expansion needs H itself.",
            0.25,
        ),
        Mistake(
            "diagonal_of_the_hessian",
            lambda grad, hessian, lr: (_linear(grad, lr), 0.5 * lr**2 * (hessian.diagonal() * grad**2).sum()),
            "Only the diagonal of H is used. The entries beside it count as well: first the vector Hg, then its "
            "product with g.",
            0.25,
        ),
        Mistake(
            "elementwise_product",
            lambda grad, hessian, lr: (_linear(grad, lr), 0.5 * lr**2 * (grad * hessian * grad).sum()),
            "`*` multiplies entry by entry and repeats g over the rows. gᵀHg is a chain of matrix products: use `@`.",
            0.25,
        ),
        Mistake(
            "norm_of_the_product",
            lambda grad, hessian, lr: (_linear(grad, lr), 0.5 * lr**2 * (hessian @ grad).square().sum()),
            "This is ‖Hg‖², in which H stands twice. The quadratic form is g times Hg.",
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
            "Each term is a vector here. gᵀg and gᵀHg are single numbers: `@` between vectors sums.",
            0.25,
        ),
    ],
    equivalent={
        "A Hessian is symmetric, so it may be multiplied from either side first.": [
            "quadratic = 0.5 * lr ** 2 * (grad @ (grad @ hessian))",
            "quadratic = 0.5 * lr ** 2 * (hessian @ grad @ grad)",
        ],
    },
)


# --- hvp ---------------------------------------------------------------------


def _hvp_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, dtype: torch.dtype = torch.float64, still: bool = False) -> Case:
        n = int(np.prod(shape))
        f = Named("tanh_energy", {"matrix": (normal(rng, n + 1, n) * 0.8).to(dtype)})
        x, v = (normal(rng, *shape).to(dtype) for _ in range(2))
        direction = torch.zeros_like(v) if still else v
        return Case(name, {"args": [f, x, direction], "kwargs": {}, "outputs": ["the product Hv"]}, slack=10)

    return [
        case("three parameters", 3),
        case("six parameters", 6),
        case("a matrix of parameters", 2, 3),
        case("one parameter", 1),
        case("a direction of zeros", 4, still=True),
        case("float32", 5, dtype=torch.float32),
    ]


def _gradient(f: Objective, x: Tensor) -> tuple[Tensor, Tensor]:
    """A leaf at x, and the gradient there, which can be differentiated again."""
    at = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(at), at, create_graph=True)
    return at, gradient


def _slope(f: Objective, x: Tensor, scalar: Callable[[Tensor], Tensor]) -> Tensor:
    """Gradient of a number that is made of the gradient."""
    at, gradient = _gradient(f, x)
    (slope,) = torch.autograd.grad(scalar(gradient), at)
    return slope


def _vector_first(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    product: Tensor = torch.autograd.functional.vhp(f, x, v)[1]  # type: ignore[no-untyped-call]
    return product


def _library(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    product: Tensor = torch.autograd.functional.hvp(f, x, v)[1]  # type: ignore[no-untyped-call]
    return product


def _hessian(f: Objective, x: Tensor) -> Tensor:
    matrix: Tensor = torch.autograd.functional.hessian(f, x)  # type: ignore[no-untyped-call]
    return matrix.reshape(x.numel(), x.numel())


def _backward_twice(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    at = x.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(f(at), at, create_graph=True)[0]
    (gradient * v).sum().backward()  # type: ignore[no-untyped-call]
    assert at.grad is not None
    return at.grad


HVP = Exercise(
    id="hvp",
    reference=reference.hvp,
    cases=_hvp_cases,
    points=3,
    accepted=[
        Accepted("gradient_of_the_slope_along_v", lambda f, x, v: _slope(f, x, lambda g: (g * v).sum())),
        Accepted("backward_twice", _backward_twice),
        Accepted("vector_first", _vector_first),
        Accepted("library_function", _library),
        Accepted("whole_hessian", lambda f, x, v: (_hessian(f, x) @ v.reshape(-1)).reshape(v.shape)),
    ],
    mistakes=[
        Mistake(
            "gradient_alone",
            lambda f, x, v: _gradient(f, x)[1].detach(),
            "This is the gradient. Multiply it with v to one number and differentiate that once more.",
        ),
        Mistake(
            "gradient_times_v",
            lambda f, x, v: (_gradient(f, x)[1] * v).detach(),
            "Only one derivative has been taken: this is the gradient, multiplied by v. Its sum is the slope along v, "
            "and the gradient of that slope is Hv.",
        ),
        Mistake(
            "slope_along_v",
            lambda f, x, v: (_gradient(f, x)[1] * v).sum().detach(),
            "This number is the slope of f along v. Differentiate it once more with respect to x.",
            0.25,
        ),
        Mistake(
            "v_forgotten",
            lambda f, x, v: _slope(f, x, lambda g: g.sum()),
            "The entries of the gradient are summed with weight 1, which gives H times a vector of ones. Weigh them "
            "with v before you sum.",
            0.25,
        ),
        Mistake(
            "v_multiplied_too_late",
            lambda f, x, v: _slope(f, x, lambda g: g.sum()) * v,
            "This is H times a vector of ones, then multiplied by v entry by entry. v must stand inside, before the "
            "second derivative.",
            0.25,
        ),
        Mistake(
            "diagonal_of_the_hessian",
            lambda f, x, v: _hessian(f, x).diagonal().reshape(v.shape) * v,
            "Only the diagonal of the Hessian is used, which leaves out how one parameter changes another's slope.",
            0.25,
        ),
        Mistake(
            "quadratic_form",
            lambda f, x, v: (reference.hvp(f, x, v) * v).sum(),
            "This is the number vᵀHv. The vector Hv is asked for, in the shape of v.",
            0.5,
        ),
        Mistake(
            "gradient_for_v",
            lambda f, x, v: _slope(f, x, lambda g: (g * g.detach()).sum()),
            "Here the gradient stands in the place of v, which gives Hg. Take the direction that is passed in.",
            0.25,
        ),
        Mistake(
            "squared_gradient",
            lambda f, x, v: _slope(f, x, lambda g: (g * g).sum()),
            "The gradient of gᵀg is 2Hg, and v does not occur in it. Differentiate gᵀv.",
            0.25,
        ),
        Mistake(
            "difference_over_a_whole_step",
            lambda f, x, v: (_gradient(f, x + v)[1] - _gradient(f, x)[1]).detach(),
            "The difference of two gradients a whole v apart is Hv only where f is quadratic. Differentiate at x "
            "itself.",
            0.25,
        ),
        Mistake(
            "derivative_at_v",
            lambda f, x, v: reference.hvp(f, v, x),
            "x and v are exchanged: the second derivative is taken at x, in the direction v.",
            0.25,
        ),
        Mistake(
            "outer_product_of_gradients",
            lambda f, x, v: ((_gradient(f, x)[1] * v).sum() * _gradient(f, x)[1]).detach(),
            "This is g(gᵀv): an outer product of first derivatives takes the place of the second ones. Keep gᵀv in "
            "the graph and differentiate it.",
        ),
        Mistake(
            "hessian_read_as_its_inverse",
            lambda f, x, v: (torch.linalg.pinv(_hessian(f, x)) @ v.reshape(-1)).reshape(v.shape),
            "This solves Hz = v, which is Newton's question. Here v is multiplied by H.",
            0.25,
        ),
    ],
    equivalent={
        "Nothing is written into the point, so it need not be a copy.": ["at = x.detach().requires_grad_()"],
        "The point comes without a graph, so there is none to leave.": ["at = x.clone().requires_grad_()"],
    },
)
