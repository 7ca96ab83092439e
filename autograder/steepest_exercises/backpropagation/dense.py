"""Exercise `dense_backward` of `08_backpropagation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal

Gradients = tuple[Tensor, Tensor, Tensor]
Part = Callable[[Tensor, Tensor, Tensor], Tensor]
OUTPUTS = ["grad_x", "grad_weight", "grad_bias"]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, into: int, out: int, dtype: torch.dtype = torch.float64, corner: float = 0.0) -> Case:
        grad_out, x, weight = (normal(rng, *shape).to(dtype) for shape in ((n, out), (n, into), (out, into)))
        return Case(name, {"args": [grad_out, x, weight], "kwargs": {}, "outputs": OUTPUTS}, corner=corner)

    turned = [normal(rng, *shape).T for shape in ((4, 5), (3, 5), (3, 4))]
    return [
        case("five rows, four inputs and three units", 5, 4, 3),
        case("a layer that gets wider", 6, 2, 7),
        case("as many inputs as units", 5, 4, 4),
        case("as many rows as inputs and units", 3, 3, 3),
        case("one unit", 7, 4, 1),
        case("one input", 5, 1, 3),
        Case("non-contiguous", {"args": turned, "kwargs": {}, "outputs": OUTPUTS}),
        case("float32", 8, 5, 6, torch.float32),
        case("a single row", 1, 4, 3, corner=0.1),
    ]


def _row_by_row(grad_out: Tensor, x: Tensor, weight: Tensor) -> Gradients:
    grad_weight, grad_bias, rows = torch.zeros_like(weight), torch.zeros_like(weight[:, 0]), []
    for delta, row in zip(grad_out, x, strict=True):
        rows.append(weight.T @ delta)
        grad_weight = grad_weight + torch.outer(delta, row)
        grad_bias = grad_bias + delta
    return torch.stack(rows), grad_weight, grad_bias


def _by_ones(grad_out: Tensor, x: Tensor, weight: Tensor) -> Gradients:
    return (weight.T @ grad_out.T).T, (x.T @ grad_out).T, grad_out.T @ torch.ones_like(x[:, 0])


def _by_broadcasting(grad_out: Tensor, x: Tensor, weight: Tensor) -> Gradients:
    return (
        (grad_out[:, :, None] * weight).sum(dim=1),
        (grad_out[:, :, None] * x[:, None, :]).sum(dim=0),
        grad_out.sum(dim=0),
    )


def _by_autograd(grad_out: Tensor, x: Tensor, weight: Tensor) -> Gradients:
    with torch.enable_grad():
        leaves = [part.detach().clone().requires_grad_() for part in (x, weight, torch.zeros_like(weight[:, 0]))]
        grads = torch.autograd.grad(torch.nn.functional.linear(*leaves), leaves, grad_out)
    return grads[0], grads[1], grads[2]


def _backward(
    grad_x: Part = lambda g, x, w: g @ w,
    grad_weight: Part = lambda g, x, w: g.T @ x,
    grad_bias: Part = lambda g, x, w: g.sum(dim=0),
    *,
    order: Callable[[Gradients], Any] = lambda gradients: gradients,
) -> Callable[..., Any]:
    """The three gradients, one of them wrong."""
    return lambda grad_out, x, weight: order(
        (grad_x(grad_out, x, weight), grad_weight(grad_out, x, weight), grad_bias(grad_out, x, weight))
    )


DENSE_BACKWARD = Exercise(
    id="dense_backward",
    reference=reference.dense_backward,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("matrix_products", _backward()),
        Accepted("row_by_row", _row_by_row),
        Accepted("product_with_ones", _by_ones),
        Accepted("by_broadcasting", _by_broadcasting),
        Accepted("by_autograd", _by_autograd, library=True),
    ],
    mistakes=[
        Mistake(
            "no_transpose",
            _backward(grad_x=lambda g, x, w: g @ w.T),
            "grad_x is multiplied by the weights the wrong way round. Forward x met Wᵀ, so backward grad_out (n, out) "
            "meets W (out, in). With a square layer nothing raises.",
            0.5,
            forms=[_backward(grad_x=lambda g, x, w: g @ w.T, grad_weight=lambda g, x, w: x.T @ g)],
        ),
        Mistake(
            "weight_transposed",
            _backward(grad_weight=lambda g, x, w: x.T @ g),
            "grad_weight is (in, out). A gradient has the shape of what it belongs to, and weights are (out, in): "
            "grad_outᵀ x.",
            0.5,
        ),
        Mistake(
            "bias_mean",
            _backward(grad_bias=lambda g, x, w: g.mean(dim=0)),
            "grad_bias is averaged over the rows. The bias serves every row, so its gradient is their sum; a mean, if "
            "there is one, is in the loss and so in grad_out already.",
            0.5,
        ),
        Mistake(
            "bias_not_summed",
            _backward(grad_bias=lambda g, x, w: g.clone()),
            "grad_bias has a row for each example. One bias serves them all, so the rows are added: shape (out,).",
            0.5,
        ),
        Mistake(
            "bias_kept_a_row",
            _backward(grad_bias=lambda g, x, w: g.sum(dim=0, keepdim=True)),
            "grad_bias has two axes. It is right otherwise: the bias has shape (out,), and so has its gradient.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: g.sum(dim=0)[:, None])],
        ),
        Mistake(
            "bias_scalar",
            _backward(grad_bias=lambda g, x, w: g.sum()),
            "grad_bias is one number. Each unit has a bias of its own: sum over the rows alone, the first axis.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: g.mean())],
        ),
        Mistake(
            "bias_over_the_units",
            _backward(grad_bias=lambda g, x, w: g.sum(dim=1)),
            "grad_bias is summed over the units, so that each row keeps a number. Sum over the rows, the first axis.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: g.mean(dim=1))],
        ),
        Mistake(
            "bias_of_ones",
            _backward(grad_bias=lambda g, x, w: torch.ones_like(w[:, 0])),
            "grad_bias is 1, the slope of z by b. The chain rule multiplies it with grad_out, and adds over the rows.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: torch.full_like(w[:, 0], len(g)))],
        ),
        Mistake(
            "bias_from_one_row",
            _backward(grad_bias=lambda g, x, w: g[0].clone()),
            "grad_bias is that of a single row. All rows move it: add them.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: g[-1].clone())],
        ),
        Mistake(
            "bias_with_inputs",
            _backward(grad_bias=lambda g, x, w: (g.T @ x).sum(dim=1)),
            "grad_bias has the inputs in it. The bias is multiplied by 1 and not by x: sum grad_out over the rows.",
            0.5,
            forms=[_backward(grad_bias=lambda g, x, w: (g * x.sum(dim=1, keepdim=True)).sum(dim=0))],
        ),
        Mistake(
            "averages",
            _backward(
                grad_weight=lambda g, x, w: g.T @ x / len(x),
                grad_bias=lambda g, x, w: g.mean(dim=0),
            ),
            "It is divided by the number of rows. The mean belongs to the loss, and grad_out brings it along: here "
            "rows are added.",
            0.5,
            forms=[
                _backward(grad_weight=lambda g, x, w: g.T @ x / len(x)),
                _backward(
                    grad_x=lambda g, x, w: g @ w / len(x),
                    grad_weight=lambda g, x, w: g.T @ x / len(x),
                    grad_bias=lambda g, x, w: g.mean(dim=0),
                ),
                _backward(grad_x=lambda g, x, w: g @ w / len(x)),
            ],
        ),
        Mistake(
            "x_and_weight_exchanged",
            _backward(grad_x=lambda g, x, w: g.T @ x, grad_weight=lambda g, x, w: g @ w),
            "The gradients of x and of the weights have changed places: grad_x needs the weights, and grad_weight "
            "needs x.",
            0.5,
            forms=[_backward(order=lambda gradients: (gradients[1], gradients[0], gradients[2]))],
        ),
        Mistake(
            "order_of_the_parts",
            _backward(order=lambda gradients: (gradients[1], gradients[2], gradients[0])),
            "The parts come in another order: return grad_x, grad_weight, grad_bias.",
            0.5,
            forms=[
                _backward(order=lambda gradients: (gradients[0], gradients[2], gradients[1])),
                _backward(order=lambda gradients: gradients[::-1]),
            ],
        ),
        Mistake(
            "forgets_grad_out",
            _backward(
                grad_x=lambda g, x, w: w.sum(dim=0).expand(len(x), -1).clone(),
                grad_weight=lambda g, x, w: x.sum(dim=0).expand(len(w), -1).clone(),
                grad_bias=lambda g, x, w: torch.full_like(w[:, 0], len(g)),
            ),
            "grad_out has no part in the result, as if it were 1 everywhere. These are slopes of the layer alone; the "
            "chain rule multiplies them with what comes from above.",
            forms=[
                _backward(grad_weight=lambda g, x, w: x.sum(dim=0).expand(len(w), -1).clone()),
                _backward(grad_x=lambda g, x, w: w.sum(dim=0).expand(len(x), -1).clone()),
            ],
        ),
        Mistake(
            "weights_from_one_row",
            _backward(grad_weight=lambda g, x, w: torch.outer(g[0], x[0])),
            "grad_weight is that of a single row. Each row has its outer product of grad_out and x; they are added.",
            0.5,
            forms=[
                _backward(grad_weight=lambda g, x, w: torch.outer(g[0], x[0]), grad_bias=lambda g, x, w: g[0].clone()),
                _backward(grad_weight=lambda g, x, w: torch.outer(g[-1], x[-1])),
                _backward(
                    grad_weight=lambda g, x, w: torch.outer(g[-1], x[-1]), grad_bias=lambda g, x, w: g[-1].clone()
                ),
            ],
        ),
        Mistake(
            "sums_multiplied",
            _backward(grad_weight=lambda g, x, w: torch.outer(g.sum(dim=0), x.sum(dim=0))),
            "grad_weight multiplies two sums. In each row grad_out meets x of the same row: multiply first, and add "
            "over the rows then, as grad_outᵀ x does.",
            0.25,
            forms=[_backward(grad_weight=lambda g, x, w: torch.outer(g.mean(dim=0), x.mean(dim=0)))],
        ),
        Mistake(
            "weights_row_by_row",
            _backward(grad_weight=lambda g, x, w: g[:, :, None] * x[:, None, :]),
            "grad_weight has a matrix for each row. One weight serves all rows: add them, so that it is (out, in).",
            0.5,
        ),
        Mistake(
            "rows_added_in_x",
            _backward(grad_x=lambda g, x, w: g.sum(dim=0) @ w),
            "grad_x is added over the rows. Every row has inputs of its own, so it keeps (n, in).",
            0.5,
            forms=[_backward(grad_x=lambda g, x, w: (g @ w).mean(dim=0))],
        ),
        Mistake(
            "weights_in_place_of_x",
            _backward(grad_weight=lambda g, x, w: g.T @ (g @ w)),
            "grad_weight is made of grad_x and not of x. The weights met x on the way forward.",
            0.25,
            forms=[
                _backward(grad_weight=lambda g, x, w: g.T @ g @ w / len(g)),
                _backward(grad_weight=lambda g, x, w: (x @ w.T).T @ x),
                _backward(grad_weight=lambda g, x, w: w * g.sum(dim=0)[:, None]),
            ],
        ),
        Mistake(
            "signs_reversed",
            _backward(lambda g, x, w: -g @ w, lambda g, x, w: -g.T @ x, lambda g, x, w: -g.sum(dim=0)),
            "All signs are reversed. These are gradients: the step downhill comes later, with its minus.",
            0.5,
        ),
        Mistake(
            "sizes_of_grad_out",
            _backward(lambda g, x, w: g.abs() @ w, lambda g, x, w: g.abs().T @ x, lambda g, x, w: g.abs().sum(dim=0)),
            "Signs of grad_out are lost, so that rows which pull in opposite directions no longer cancel.",
            0.25,
            forms=[_backward(grad_bias=lambda g, x, w: g.abs().sum(dim=0))],
        ),
        Mistake(
            "slope_of_an_activation",
            lambda grad_out, x, weight: _backward()(grad_out * (1 - torch.tanh(x @ weight.T) ** 2), x, weight),
            "grad_out is multiplied by the slope of an activation. It is the gradient at z, in front of any "
            "activation: take it as it comes.",
            0.25,
            forms=[
                lambda grad_out, x, weight: _backward()(grad_out * (x @ weight.T > 0), x, weight),
                lambda grad_out, x, weight: _backward()(
                    grad_out * (s := torch.sigmoid(x @ weight.T)) * (1 - s), x, weight
                ),
                lambda grad_out, x, weight: _backward()(grad_out * (1 - grad_out**2), x, weight),
                _backward(grad_x=lambda g, x, w: (g @ w) * (1 - x**2)),
                _backward(grad_x=lambda g, x, w: (g @ w) * (1 - torch.tanh(x) ** 2)),
                _backward(grad_x=lambda g, x, w: (g @ w) * (x > 0)),
            ],
        ),
        Mistake(
            "forward_again",
            _backward(grad_x=lambda g, x, w: x @ w.T),
            "grad_x is the way forward, x Wᵀ, once more. Backward grad_out meets the weights: grad_out W.",
            0.25,
            forms=[_backward(grad_x=lambda g, x, w: (x @ w.T) @ w)],
        ),
    ],
)
