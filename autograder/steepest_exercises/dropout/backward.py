"""Exercise `dropout_backward` of `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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


def _hidden(rng: np.random.Generator) -> Sequence[Case]:
    """A table of answers in turn gives two for the same arguments, but not in their shape."""
    return [replace(case, inputs={**case.inputs, "shaped": True}) for case in _cases(rng)]


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


def _always_drawn(grad_out: Tensor, mask: Tensor, *, keep: float) -> Tensor:
    own = torch.Generator()
    own.seed()
    return grad_out * torch.rand(grad_out.shape, generator=own)


DROPOUT_BACKWARD = Exercise(
    id="dropout_backward",
    reference=reference.dropout_backward,
    cases=_cases,
    hidden=_hidden,
    points=2,
    accepted=[
        Accepted("scaled_mask", lambda grad_out, mask, *, keep: grad_out * (mask / keep)),
        Accepted(
            "where_kept",
            lambda grad_out, mask, *, keep: torch.where(mask == 1, grad_out / keep, torch.zeros_like(grad_out)),
        ),
        Accepted("autograd", _autograd, library=True),
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
            "The result is random: two calls with the same arguments disagree. The gradient belongs to the thinned "
            "network that gave the output: use the mask of the forward pass, which is given.",
            forms=[_always_drawn],
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
            "The gradients of the examples are added up or averaged. That is right for weights, which they share; x "
            "has a row for each example.",
            0.25,
            forms=[
                lambda grad_out, mask, *, keep: (grad_out * mask / keep).mean(dim=0),
                lambda grad_out, mask, *, keep: (grad_out * mask / keep).sum(dim=0, keepdim=True).expand_as(grad_out),
            ],
        ),
        Mistake(
            "summed_over_the_units",
            lambda grad_out, mask, *, keep: (grad_out * mask / keep).sum(dim=-1),
            "The gradients of the units are added up or averaged. Each entry of x has a gradient of its own.",
            0.25,
            forms=[
                lambda grad_out, mask, *, keep: (grad_out * mask / keep).sum(),
                lambda grad_out, mask, *, keep: (grad_out * mask / keep).mean(dim=-1),
            ],
        ),
        Mistake(
            "divided_by_the_number_of_examples",
            lambda grad_out, mask, *, keep: grad_out * mask / keep / len(grad_out),
            "It is also divided by the number of examples or of entries. A mean over the batch belongs to the loss, "
            "whose gradient arrives with that factor already.",
            0.5,
            forms=[lambda grad_out, mask, *, keep: grad_out * mask / keep / grad_out.numel()],
        ),
        Mistake(
            "sign_of_a_descent_step",
            lambda grad_out, mask, *, keep: -grad_out * mask / keep,
            "The sign is turned round. The gradient itself is handed back; whoever takes a step subtracts it.",
            0.5,
        ),
        Mistake(
            "forward_pass_undone",
            lambda grad_out, mask, *, keep: grad_out * keep / mask,
            "The forward pass is undone here: times keep, divided by the mask, so that dropped entries become "
            "infinite. The chain rule multiplies by the derivative, mask/keep.",
            0.25,
        ),
        Mistake(
            "mask_and_scale_of_the_dropped",
            lambda grad_out, mask, *, keep: grad_out * (1 - mask) / (1 - keep) if keep < 1 else 0 * grad_out,
            "The gradient goes to the units that were dropped, with their scale. 1 means kept, with probability keep.",
            0.25,
        ),
        Mistake(
            "root_of_keep",
            lambda grad_out, mask, *, keep: grad_out * mask / keep**0.5,
            "Divided by the root of keep. The forward pass divided by keep itself.",
            0.25,
        ),
        Mistake(
            "scaled_as_at_test_time",
            lambda grad_out, mask, *, keep: grad_out * keep,
            "keep times the gradient belongs to the classic form at test time. Here a mask was laid on x, and it was "
            "divided by keep.",
            0.25,
        ),
        Mistake(
            "mask_averaged",
            lambda grad_out, mask, *, keep: grad_out * mask.mean() / keep,
            "The mask enters by its mean only, so every entry gets a share. Multiply entry by entry: a dropped unit "
            "gets no gradient at all.",
            0.25,
            forms=[
                lambda grad_out, mask, *, keep: grad_out * mask.mean(dim=0) / keep,
                lambda grad_out, mask, *, keep: grad_out * mask.mean(dim=-1, keepdim=True) / keep,
            ],
        ),
        Mistake(
            "dropped_for_the_whole_batch",
            lambda grad_out, mask, *, keep: grad_out * mask.amin(dim=0) / keep,
            "A unit gets no gradient in any example as soon as one example dropped it. Each row of the mask speaks "
            "about its own example.",
            0.25,
        ),
        Mistake(
            "mean_of_the_mask_subtracted",
            lambda grad_out, mask, *, keep: grad_out * (mask - keep) / keep,
            "keep is subtracted from the mask. The derivative of m·x/keep is m/keep.",
            0.25,
        ),
        Mistake(
            "derivative_added",
            lambda grad_out, mask, *, keep: grad_out + mask / keep,
            "The derivative is added to the gradient. The chain rule multiplies.",
            0.25,
        ),
        Mistake(
            "negative_gradients_cut_off",
            lambda grad_out, mask, *, keep: grad_out.clamp(min=0) * mask / keep,
            "Negative gradients become 0 or positive. A dropout layer does not look at signs: what arrives at a kept "
            "unit is only divided by keep.",
            0.25,
            forms=[lambda grad_out, mask, *, keep: grad_out.abs() * mask / keep],
        ),
        Mistake(
            "matrix_product",
            lambda grad_out, mask, *, keep: grad_out @ mask.mT / keep,
            "This is a matrix product, which adds gradients up. The mask acts entry by entry: `*`, not `@`.",
            0.25,
            forms=[
                lambda grad_out, mask, *, keep: grad_out.mT @ mask / keep,
                lambda grad_out, mask, *, keep: mask @ grad_out.mT / keep,
                lambda grad_out, mask, *, keep: mask.mT @ grad_out / keep,
            ],
        ),
        Mistake(
            "second_gradient_returned_too",
            lambda grad_out, mask, *, keep: (grad_out * mask / keep, None),
            "The gradient is right, but something is returned beside it. The mask is no parameter and needs no "
            "gradient: return one tensor.",
            0.5,
            forms=[
                lambda grad_out, mask, *, keep: (grad_out * mask / keep, mask),
                lambda grad_out, mask, *, keep: (grad_out * mask / keep, grad_out / keep),
                lambda grad_out, mask, *, keep: (grad_out * mask / keep, None, None),
            ],
        ),
        Mistake(
            "dropped_entries_unscaled",
            lambda grad_out, mask, *, keep: torch.where(mask == 1, grad_out / keep, grad_out),
            "Where a unit was dropped the gradient is handed on as it came. Its output did not depend on x: 0.",
            0.25,
        ),
        Mistake(
            "divided_by_the_mask",
            lambda grad_out, mask, *, keep: grad_out / (mask * keep),
            "Right where a unit was kept, and not 0 where it was dropped; dividing by the mask, for one, divides by 0 "
            "there. The derivative of m·x/keep is m/keep.",
        ),
    ],
)
