"""Exercise `softmax_backward` of `08_backpropagation`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, n: int, k: int, dtype: torch.dtype = torch.float64, spread: float = 1.5, corner: float = 0.0
    ) -> Case:
        probabilities = torch.softmax(spread * normal(rng, n, k), dim=1).to(dtype)
        grad_out = (0.7 + normal(rng, n, k)).to(dtype)
        inputs = {"args": [probabilities, grad_out], "kwargs": {}, "outputs": ["the gradient"]}
        return Case(name, inputs, corner=corner)

    turned = [torch.softmax(normal(rng, 4, 6), dim=0).T, normal(rng, 4, 6).T]
    return [
        case("five rows, three classes", 5, 3),
        case("as many rows as classes", 4, 4),
        case("two classes", 7, 2),
        case("many classes", 3, 12),
        case("nearly equal probabilities", 5, 4, spread=0.1),
        case("nearly certain rows", 6, 3, spread=5.0),
        Case("non-contiguous", {"args": turned, "kwargs": {}, "outputs": ["the gradient"]}),
        case("float32", 8, 5, torch.float32),
        case("a single row", 1, 4, corner=0.1),
    ]


def _by_jacobians(p: Tensor, g: Tensor) -> Tensor:
    rows = [(torch.diag(row) - torch.outer(row, row)) @ slope for row, slope in zip(p, g, strict=True)]
    return torch.stack(rows)


def _all_jacobians(p: Tensor, g: Tensor) -> Tensor:
    jacobians = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return torch.einsum("nij,nj->ni", jacobians, g)


def _two_products(p: Tensor, g: Tensor) -> Tensor:
    return p * g - p * (p * g).sum(dim=1, keepdim=True)


def _entry_by_entry(p: Tensor, g: Tensor) -> Tensor:
    grad = torch.zeros_like(p)
    for j in range(p.shape[1]):
        for i in range(p.shape[1]):
            grad[:, j] += g[:, i] * p[:, i] * (float(i == j) - p[:, j])
    return grad


def _by_autograd(p: Tensor, g: Tensor) -> Tensor:
    with torch.enable_grad():
        scores = p.detach().log().requires_grad_()  # any scores with these probabilities will do
        (grad,) = torch.autograd.grad(torch.softmax(scores, dim=1), scores, g)
    return grad


def _in_place(p: Tensor, g: Tensor) -> Tensor:
    weighted = p.mul_(g)
    return weighted - p * weighted.sum(dim=1, keepdim=True)


def _in_place_in_front(p: Tensor, g: Tensor) -> Tensor:
    p *= g
    return p * (g - p.sum(dim=1, keepdim=True))


def _mean(p: Tensor, g: Tensor) -> Tensor:
    """Σ g p of each row."""
    return (g * p).sum(dim=1, keepdim=True)


SOFTMAX_BACKWARD = Exercise(
    id="softmax_backward",
    reference=reference.softmax_backward,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("a_jacobian_a_row", _by_jacobians),
        Accepted("all_jacobians_at_once", _all_jacobians),
        Accepted("two_products", _two_products),
        Accepted("entry_by_entry", _entry_by_entry),
        Accepted("by_autograd", _by_autograd, library=True),
    ],
    mistakes=[
        Mistake(
            "diagonal_only",
            lambda p, g: p * (1 - p) * g,
            "Only the diagonal of the Jacobian is used, as if each probability depended on its own score alone. "
            "Raising one score lowers all other probabilities: −p_i p_j.",
            0.25,
            forms=[lambda p, g: (1 - p) * g],
        ),
        Mistake(
            "outer_only",
            lambda p, g: -p * _mean(p, g),
            "The diagonal of the Jacobian is missing: each score also raises its own probability, which gives p ⊙ g.",
            0.25,
            forms=[lambda p, g: -p * (_mean(p, g) - p * g)],
        ),
        Mistake(
            "no_minus_mean",
            lambda p, g: p * g,
            "The mean Σ g p is not subtracted. Check: moving all scores of a row alike changes nothing, so each row of "
            "the result must sum to 0.",
            0.25,
        ),
        Mistake(
            "tables_interchanged",
            lambda p, g: g * (p - _mean(p, g)),
            "p and g have changed places: the mean is subtracted from g, and the difference multiplied by p.",
            0.25,
        ),
        Mistake(
            "square_subtracted_twice",
            lambda p, g: p * (g - _mean(p, g)) - p * p * g,
            "On the diagonal of the Jacobian p² is subtracted twice: p(1 − p) holds it already, and so does diag(p) − "
            "p pᵀ. Take one of them.",
            0.5,
        ),
        Mistake(
            "plus_for_minus",
            lambda p, g: p * (g + _mean(p, g)),
            "The mean is added where it should be subtracted: the others lose what one score gains.",
            0.5,
        ),
        Mistake(
            "sign_reversed",
            lambda p, g: p * (_mean(p, g) - g),
            "The sign is reversed: p ⊙ (g − Σ g p).",
            0.5,
        ),
        Mistake(
            "p_left_out_in_front",
            lambda p, g: g - _mean(p, g),
            "The factor p in front is missing. A class of probability 0 gets no gradient.",
            0.25,
        ),
        Mistake(
            "sum_over_rows",
            lambda p, g: p * (g - (g * p).sum(dim=0, keepdim=True)),
            "The sum runs over the examples. Each row is a softmax of its own: sum over the classes, dim=1.",
            0.25,
            forms=[lambda p, g: p * (g - (g * p).mean(dim=0, keepdim=True))],
        ),
        Mistake(
            "keepdim_forgotten",
            lambda p, g: p * (g - (g * p).sum(dim=1)),
            "The sums of the rows come as one row, which does not fit, or is laid on the columns where there are as "
            "many rows as classes. keepdim=True keeps them as a column, one for each row.",
            0.25,
        ),
        Mistake(
            "sum_over_everything",
            lambda p, g: p * (g - (g * p).sum()),
            "One sum over the whole table is subtracted. Each row has its own: sum over the classes, keepdim=True.",
            0.25,
            forms=[
                lambda p, g: p * (g - (g * p).mean()),
                lambda p, g: p * (g - (g * p).sum() / len(p)),
            ],
        ),
        Mistake(
            "mean_for_sum",
            lambda p, g: p * (g - (g * p).mean(dim=1, keepdim=True)),
            "It is divided by the number of classes. Σ g p is a mean already, since the probabilities sum to 1.",
            0.5,
        ),
        Mistake(
            "plain_mean",
            lambda p, g: p * (g - g.mean(dim=1, keepdim=True)),
            "The plain mean, or sum, of the gradients is subtracted. They are weighted by the probabilities: Σ g p.",
            0.25,
            forms=[lambda p, g: p * (g - g.sum(dim=1, keepdim=True))],
        ),
        Mistake(
            "p_squared",
            lambda p, g: p * (g - p * _mean(p, g)),
            "The sum gets one factor p too many. p stands in front of the bracket, once.",
            0.5,
            forms=[
                lambda p, g: p * (g - (g * p * p).sum(dim=1, keepdim=True)),
                lambda p, g: p * p * (g - _mean(p, g)),
            ],
        ),
        Mistake(
            "g_minus_p",
            lambda p, g: p - g,
            "This is the formula for softmax and cross-entropy taken together, prediction − target. Here a gradient "
            "at the probabilities comes in, from any loss.",
            forms=[lambda p, g: g - p, lambda p, g: (p - g) / len(p), lambda p, g: p * (g - p)],
        ),
        Mistake(
            "probabilities_twice",
            lambda p, g: reference.softmax_backward(torch.softmax(p, dim=1), g),
            "Another softmax is taken of the probabilities. They are given: use them as they are.",
            0.5,
        ),
        Mistake(
            "logarithms",
            lambda p, g: g - p * g.sum(dim=1, keepdim=True),
            "This is the backward pass of log-softmax. Here the gradient belongs to the probabilities themselves.",
            0.25,
        ),
        Mistake(
            "divides_by_p",
            lambda p, g: (g - _mean(p, g)) / p,
            "It is divided by p where it should be multiplied.",
            0.25,
            forms=[lambda p, g: g / p],
        ),
        Mistake(
            "averages_over_rows",
            lambda p, g: p * (g - _mean(p, g)) / len(p),
            "It is divided by the number of rows. A mean, if there is one, is in the loss and so in grad_out already.",
            0.5,
            forms=[lambda p, g: p * (g - _mean(p, g)) / p.shape[1]],
        ),
        Mistake(
            "jacobians",
            lambda p, g: torch.diag_embed(p) - p[:, :, None] * p[:, None, :],
            "These are the Jacobians. Multiply each with its row of grad_out.",
            0.25,
        ),
        Mistake(
            "products_not_added",
            lambda p, g: (torch.diag_embed(p) - p[:, :, None] * p[:, None, :]) * g[:, None, :],
            "Each row of the Jacobian is multiplied with the gradient, but the products are not added up: a matrix "
            "times a vector, for each example.",
            0.25,
            forms=[lambda p, g: (torch.diag_embed(p) - p[:, :, None] * p[:, None, :]) * g[:, :, None]],
        ),
        Mistake(
            "rows_added",
            lambda p, g: reference.softmax_backward(p, g).sum(dim=0),
            "The rows are added. Every example keeps its own gradient: (n, k).",
            0.25,
            forms=[lambda p, g: reference.softmax_backward(p, g).mean(dim=0)],
        ),
        Mistake(
            "sizes_of_g",
            lambda p, g: p * (g.abs() - _mean(p, g.abs())),
            "Signs of grad_out are lost.",
            0.25,
        ),
        Mistake(
            "p_missing_in_front_of_the_mean",
            lambda p, g: p * g - _mean(p, g),
            "The mean Σ g p is subtracted outside of the bracket, without the factor p. Both terms have it: "
            "p ⊙ (g − Σ g p).",
            0.25,
        ),
        Mistake(
            "identity_for_the_diagonal",
            lambda p, g: g - p * _mean(p, g),
            "The first term is g alone, as if the Jacobian were I − p pᵀ. On its diagonal stands p: diag(p) − p pᵀ.",
            0.25,
        ),
        Mistake(
            "one_minus_p_in_front",
            lambda p, g: (1 - p) * (g - _mean(p, g)),
            "A factor 1 − p is in front. It comes from the sigmoid's slope; here p ⊙ (g − Σ g p) holds it already.",
            0.25,
            forms=[
                lambda p, g: p * (1 - p) * (g - _mean(p, g)),
                lambda p, g: p * (1 - p) * g.sum(dim=1, keepdim=True),
            ],
        ),
        Mistake(
            "largest_for_the_sum",
            lambda p, g: p * (g - (p * g).amax(dim=1, keepdim=True)),
            "The largest of a row is subtracted, as one does before an exponential. Here it is the mean Σ g p.",
            0.25,
            forms=[
                lambda p, g: p * (g - g.amax(dim=1, keepdim=True)),
                lambda p, g: p * (g - g.gather(1, p.argmax(dim=1, keepdim=True))),
            ],
        ),
        Mistake(
            "mean_of_the_probabilities",
            lambda p, g: p * (g - p.sum(dim=1, keepdim=True)),
            "The probabilities alone are added, which gives 1, or averaged. What is subtracted is the mean of g by "
            "them: Σ g p.",
            0.25,
            forms=[lambda p, g: p * (g - p.mean(dim=1, keepdim=True))],
        ),
        Mistake(
            "one_jacobian_for_all_rows",
            lambda p, g: g @ (torch.diag(p[0]) - torch.outer(p[0], p[0])),
            "The Jacobian of one row serves all rows. Each row has probabilities of its own, and so a Jacobian.",
            0.25,
            forms=[
                lambda p, g: g @ (torch.diag(p[-1]) - torch.outer(p[-1], p[-1])),
                lambda p, g: g @ (torch.diag(p.mean(dim=0)) - torch.outer(p.mean(dim=0), p.mean(dim=0))),
            ],
        ),
        Mistake(
            "multiplied_in_place",
            _in_place,
            "p is multiplied by g in place, so that the p that is used then is p ⊙ g; and what the caller holds is "
            "changed too. Make a new tensor: p * g.",
            0.25,
            forms=[_in_place_in_front],
        ),
    ],
)
