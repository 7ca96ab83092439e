"""Exercise `dropout_backward` of `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.dropout.classic import zeros_and_ones
from steepest_exercises.inputs import normal


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, mask: Tensor, keep: float) -> Case:
        inputs = {"args": [grad, mask], "kwargs": {"keep": keep}, "output": "the gradient"}
        return Case(name, inputs, "settled")

    def mask(*shape: int, keep: float) -> Tensor:
        return zeros_and_ones(rng, *shape, keep=keep)

    return [
        case("keep = 0.5", normal(rng, 12, 10), mask(12, 10, keep=0.5), 0.5),
        case("keep = 0.8", normal(rng, 15, 12), mask(15, 12, keep=0.8), 0.8),
        case("keep = 0.25, float32", normal(rng, 10, 12).float(), mask(10, 12, keep=0.25).float(), 0.25),
        case("non-contiguous", normal(rng, 11, 14).T, mask(14, 11, keep=0.6), 0.6),
        case("images", normal(rng, 20, 3, 3), mask(20, 9, keep=0.4).reshape(20, 3, 3), 0.4),
        case("nothing is dropped", normal(rng, 3, 4), torch.ones(3, 4).double(), 1.0),
    ]


def _autograd(grad_out: Tensor, mask: Tensor, *, keep: float) -> Tensor:
    with torch.enable_grad():
        x = torch.zeros_like(grad_out, requires_grad=True)
        (grad_x,) = torch.autograd.grad(x * mask / keep, x, grad_out)
    return grad_x


def _drawn_again(grad_out: Tensor, mask: Tensor, *, keep: float) -> Tensor:
    own = torch.Generator()
    own.seed()
    again = torch.rand(grad_out.shape, generator=own) < keep
    return grad_out * again / keep


DROPOUT_BACKWARD = Exercise(
    id="dropout_backward",
    reference=reference.dropout_backward,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("scaled_mask", lambda grad_out, mask, *, keep: grad_out * (mask / keep)),
        Accepted(
            "where_kept",
            lambda grad_out, mask, *, keep: torch.where(mask == 1, grad_out / keep, torch.zeros_like(grad_out)),
        ),
        Accepted("autograd", _autograd),
        Accepted("masked_fill", lambda grad_out, mask, *, keep: (grad_out / keep).masked_fill(mask == 0, 0)),
    ],
    mistakes=[
        Mistake(
            "gradient_passed_through",
            lambda grad_out, mask, *, keep: grad_out.clone(),
            "The gradient goes back as if there were no dropout. What the forward pass multiplied by a factor comes "
            "back multiplied by the same factor.",
        ),
        Mistake(
            "scale_forgotten",
            lambda grad_out, mask, *, keep: grad_out * mask,
            "The mask is there, the scale is not: the forward pass also divided by keep.",
            0.5,
        ),
        Mistake(
            "multiplied_by_keep",
            lambda grad_out, mask, *, keep: grad_out * mask * keep,
            "The backward pass does not undo the forward one: the derivative of x/keep is 1/keep, not keep.",
            0.25,
        ),
        Mistake(
            "mask_forgotten",
            lambda grad_out, mask, *, keep: grad_out / keep,
            "Dropped units get a gradient. Their output did not depend on x, so theirs is 0.",
            0.25,
        ),
        Mistake(
            "mask_drawn_again",
            _drawn_again,
            "A new mask is drawn: the gradient belongs to another thinned network than the one that gave the output. "
            "Use the mask of the forward pass.",
            0.25,
        ),
        Mistake(
            "mask_turned_round",
            lambda grad_out, mask, *, keep: grad_out * (1 - mask) / keep,
            "The gradient goes to the units that were dropped. 1 means kept.",
            0.25,
        ),
        Mistake(
            "keep_and_drop_exchanged",
            lambda grad_out, mask, *, keep: grad_out * mask / (1 - keep) if keep < 1 else grad_out.clone(),
            "The scale is 1/(1 − keep), which fits torch's p. Here the forward pass divided by keep.",
            0.25,
        ),
        Mistake(
            "scaled_twice",
            lambda grad_out, mask, *, keep: grad_out * mask / keep**2,
            "Divided by keep twice. The forward pass did it once, and so does the backward pass.",
            0.25,
        ),
        Mistake(
            "scaled_by_the_observed_share",
            lambda grad_out, mask, *, keep: grad_out * mask / mask.mean(),
            "The scale is the share of ones in this mask. The forward pass divided by keep, whatever was drawn.",
            0.5,
        ),
        Mistake(
            "divided_by_the_mask",
            lambda grad_out, mask, *, keep: grad_out / (mask * keep),
            "Dividing by the mask divides by 0 where a unit was dropped. The derivative of m·x/keep is m/keep.",
        ),
        Mistake(
            "gradient_before_it_is_forgotten",
            lambda grad_out, mask, *, keep: mask / keep,
            "This is the derivative of the layer alone. The chain rule multiplies it by the gradient that arrives.",
            0.25,
        ),
        Mistake(
            "first_mask_for_all_rows",
            lambda grad_out, mask, *, keep: grad_out * mask[0] / keep,
            "The first row of the mask is used for all rows. Each example had a mask of its own.",
            0.25,
        ),
        Mistake(
            "summed_over_the_batch",
            lambda grad_out, mask, *, keep: (grad_out * mask / keep).sum(dim=0),
            "The gradients of the examples are added up. That is right for weights, which they share; x has a row for "
            "each example.",
            0.25,
        ),
    ],
)
