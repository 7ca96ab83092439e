"""Exercise `hvp` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes import reference

Objective = Callable[[Tensor], Tensor]
Product = Callable[[Objective, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
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
        case("three axes", 2, 1, 3),
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


def _rows(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    at, gradient = _gradient(f, x)
    rows = [torch.autograd.grad(entry, at, retain_graph=True)[0] for entry in gradient.reshape(-1)]
    return torch.stack([(row * v).sum() for row in rows]).reshape(v.shape)


def _functional(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    product: Tensor = torch.func.grad(lambda at: (torch.func.grad(f)(at) * v).sum())(x)
    return product


def _kept_in_the_graph(f: Objective, x: Tensor, v: Tensor) -> Tensor:
    at, gradient = _gradient(f, x)
    return torch.autograd.grad(gradient, at, grad_outputs=v, create_graph=True)[0]


def _forward_difference(width: float) -> Product:
    return lambda f, x, v: ((_gradient(f, x + width * v)[1] - _gradient(f, x)[1]) / width).detach()


def _central_difference(width: float) -> Product:
    return lambda f, x, v: ((_gradient(f, x + width * v)[1] - _gradient(f, x - width * v)[1]) / (2 * width)).detach()


HVP = Exercise(
    id="hvp",
    reference=reference.hvp,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("gradient_of_the_slope_along_v", lambda f, x, v: _slope(f, x, lambda g: (g * v).sum())),
        Accepted("backward_twice", _backward_twice),
        Accepted("row_by_row", _rows),
        Accepted("functional", _functional),
        Accepted("still_in_the_graph", _kept_in_the_graph),
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
            "This is H times a vector of ones, and v has no part in it. Weigh the entries of the gradient with v "
            "before you sum them.",
            0.25,
        ),
        Mistake(
            "v_multiplied_too_late",
            lambda f, x, v: _slope(f, x, lambda g: g.sum()) * v,
            "This is H times a vector of ones, multiplied by v entry by entry. Every entry of Hv takes all of v: weigh "
            "with v first, then sum.",
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
            "This is 2Hg, the gradient of gᵀg, and v does not occur in it. Differentiate gᵀv.",
            0.25,
        ),
        Mistake(
            "difference_over_a_whole_step",
            lambda f, x, v: (_gradient(f, x + v)[1] - _gradient(f, x)[1]).detach(),
            "A difference of gradients over a step as long as v is Hv only where f is quadratic. Differentiate at x "
            "itself.",
            0.25,
            forms=[_central_difference(1.0)],
        ),
        Mistake(
            "difference_of_gradients",
            _forward_difference(0.1),
            "This comes near Hv and is not Hv, as differences of gradients do: too coarse where the step is wide, lost "
            "in rounding where it is small, above all in float32. Let autograd differentiate a second time.",
            0.25,
            forms=[
                *(_forward_difference(width) for width in (0.5, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)),
                *(_central_difference(width) for width in (0.5, 0.1, 0.01, 1e-3)),
            ],
        ),
        Mistake(
            "gradient_added",
            lambda f, x, v: _gradient(f, x)[1].detach() + reference.hvp(f, x, v),
            "The gradient is in it too: g + Hv. Does the second `backward` add to a `.grad` that still holds the "
            "first? `torch.autograd.grad` adds nothing up.",
            0.5,
        ),
        Mistake(
            "direction_made_a_unit_vector",
            lambda f, x, v: reference.hvp(f, x, v) / v.norm(),
            "v is brought to length 1, or the product divided by its length or the square of it. Twice the direction "
            "must give twice the product: take v as it comes.",
            0.5,
            forms=[
                lambda f, x, v: reference.hvp(f, x, v / (v.norm() + 1e-12)),
                lambda f, x, v: reference.hvp(f, x, v) / v.square().sum(),
            ],
        ),
        Mistake(
            "mean_for_sum",
            lambda f, x, v: _slope(f, x, lambda g: (g * v).mean()),
            "The product is too small by the number of entries, as with a mean in the place of a sum. The slope along "
            "v is the sum of the entries of g times v.",
            0.5,
        ),
        Mistake(
            "second_derivative_elsewhere",
            lambda f, x, v: reference.hvp(f, x + v, v),
            "Right, but at another point: the second derivative is not taken at x but, say, at x + v, at v or at 0. It "
            "is wanted at x.",
            0.25,
            forms=[
                lambda f, x, v: reference.hvp(f, torch.zeros_like(x), v),
                lambda f, x, v: reference.hvp(f, v, v),
                lambda f, x, v: reference.hvp(f, torch.ones_like(x), v),
            ],
        ),
        Mistake(
            "graph_cut",
            lambda f, x, v: torch.zeros_like(v),
            "The product is 0 everywhere, as it is where the first gradient has been cut off from x: by `detach`, by a "
            "missing `create_graph=True`, by a new tensor. Then nothing is left to differentiate.",
        ),
        Mistake(
            "value_and_product",
            lambda f, x, v: (f(x), reference.hvp(f, x, v)),
            "Two things are returned, one of them the product. Return the product alone; "
            "`torch.autograd.functional.hvp`, for one, gives the value of f first and the product second.",
            0.5,
            forms=[
                lambda f, x, v: (_gradient(f, x)[1].detach(), reference.hvp(f, x, v)),
                lambda f, x, v: (reference.hvp(f, x, v), f(x)),
            ],
        ),
        Mistake(
            "vectors_only",
            lambda f, x, v: _slope(f, x, lambda g: torch.dot(g, v)),
            "Right where x is a vector, and it fails where x has more axes. Multiply entry by entry and sum, or make "
            "vectors of x and v first and give the product its shape at the end.",
            0.5,
        ),
        Mistake(
            "product_twice",
            lambda f, x, v: reference.hvp(f, x, reference.hvp(f, x, v)),
            "H is applied twice, which gives HHv. Multiply v by H once.",
            0.25,
        ),
        Mistake(
            "multiplied_by_v_again",
            lambda f, x, v: reference.hvp(f, x, v) * v,
            "v stands in it twice: Hv is multiplied by v entry by entry, or H by the squares of v. Multiply H by v "
            "once, and leave it at that.",
            0.5,
            forms=[lambda f, x, v: _slope(f, x, lambda g: (g * v * v).sum())],
        ),
        Mistake(
            "derivative_at_v",
            lambda f, x, v: reference.hvp(f, v, x),
            "x and v are exchanged: the second derivative should be taken at x, in the direction v.",
            0.25,
        ),
        Mistake(
            "outer_product_of_gradients",
            lambda f, x, v: ((_gradient(f, x)[1] * v).sum() * _gradient(f, x)[1]).detach(),
            "This is g(gᵀv): an outer product of first derivatives takes the place of the second ones. Hv is the "
            "derivative of gᵀv with respect to x.",
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
