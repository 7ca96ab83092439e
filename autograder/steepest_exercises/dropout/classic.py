"""Exercise `dropout_train` of `11_dropout`, and the masks of the cases of this lesson."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.inputs import normal


def zeros_and_ones(rng: np.random.Generator, *shape: int, keep: float) -> Tensor:
    """A mask in float64 with a 0 and a 1 in its first column and in its first row, whatever is drawn."""
    mask = torch.from_numpy(rng.random(shape) < keep).double()
    mask[0, :2], mask[1:2, :2] = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    return mask


def _train_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, mask: Tensor) -> Case:
        return Case(name, {"args": [x, mask], "kwargs": {}, "output": "the output"}, "settled")

    def mask(*shape: int, keep: float) -> Tensor:
        return zeros_and_ones(rng, *shape, keep=keep)

    return [
        case("half is kept", normal(rng, 6, 5), mask(6, 5, keep=0.5)),
        case("most are kept, float32", normal(rng, 5, 8).float(), mask(5, 8, keep=0.8).float()),
        case("few are kept", normal(rng, 7, 6), mask(7, 6, keep=0.2)),
        case("nothing is dropped", normal(rng, 3, 4), torch.ones(3, 4).double()),
        case("non-contiguous", normal(rng, 5, 6).T, mask(6, 5, keep=0.6)),
        case("images", normal(rng, 4, 3, 3), mask(4, 9, keep=0.5).reshape(4, 3, 3)),
    ]


def _drawn_anew(x: Tensor, mask: Tensor) -> Tensor:
    own = torch.Generator()
    own.seed()
    return x * (torch.rand(x.shape, generator=own) < mask.mean())


DROPOUT_TRAIN = Exercise(
    id="dropout_train",
    reference=reference.dropout_train,
    cases=_train_cases,
    points=1,
    accepted=[
        Accepted("product", lambda x, mask: mask * x),
        Accepted("where", lambda x, mask: torch.where(mask == 1, x, torch.zeros_like(x))),
        Accepted("dropped_part_subtracted", lambda x, mask: x - (1 - mask) * x),
        Accepted("masked_fill", lambda x, mask: x.masked_fill(mask == 0, 0)),
    ],
    mistakes=[
        Mistake(
            "ignores_the_mask",
            lambda x, mask: x.clone(),
            "The output is x itself: nothing is dropped. The mask has to enter the product.",
        ),
        Mistake(
            "keeps_the_dropped",
            lambda x, mask: (1 - mask) * x,
            "The mask is turned round: 1 means keep, 0 means drop.",
            0.25,
        ),
        Mistake(
            "mask_drawn_anew",
            _drawn_anew,
            "A mask of its own is drawn, so two calls with the same arguments disagree. The mask is given: multiply by "
            "that one.",
            forms=[lambda x, mask: 2 * _drawn_anew(x, 0.5 * torch.ones_like(mask))],
        ),
        Mistake(
            "scaled_as_at_test_time",
            lambda x, mask: x * mask * mask.mean(),
            "The kept entries shrink by the share of ones. That factor belongs to test time, when nothing is dropped; "
            "in training the mask alone acts.",
            0.25,
            forms=[lambda x, mask: x * mask.mean()],
        ),
        Mistake(
            "negative_outputs_cut_off",
            lambda x, mask: x.clamp(min=0) * mask,
            "Negative outputs of kept units become 0 or positive, as by a ReLU or an absolute value. A kept unit puts "
            "out what it put out before.",
            0.5,
            forms=[lambda x, mask: x.abs() * mask],
        ),
        Mistake(
            "dropped_for_the_whole_batch",
            lambda x, mask: x * mask.amin(dim=0),
            "A unit is dropped for all examples as soon as one example drops it. Each row of the mask speaks about its "
            "own example.",
            0.25,
        ),
        Mistake(
            "mask_averaged_over_the_batch",
            lambda x, mask: x * mask.mean(dim=0),
            "The mask enters by its means over an axis, so units become quieter where each should be kept or "
            "silenced. Multiply entry by entry.",
            0.25,
            forms=[lambda x, mask: x * mask.mean(dim=-1, keepdim=True)],
        ),
        Mistake(
            "matrix_product",
            lambda x, mask: x @ mask.mT,
            "This is a matrix product, which adds outputs up. The mask acts entry by entry: `*`, not `@`.",
            0.25,
            forms=[
                lambda x, mask: mask @ x.mT,
                lambda x, mask: x.mT @ mask,
                lambda x, mask: mask.mT @ x,
                lambda x, mask: x @ mask.T if x.ndim == 2 else x * mask,
            ],
        ),
        Mistake(
            "summed_over_the_units",
            lambda x, mask: (x * mask).sum(dim=-1),
            "The outputs are added up. That is the next layer's work: here each unit keeps an entry of its own.",
            0.25,
            forms=[lambda x, mask: (x * mask).sum(dim=0), lambda x, mask: (x * mask).sum()],
        ),
        Mistake(
            "mask_returned_too",
            lambda x, mask: (x * mask, mask),
            "The output is right, but the mask is returned beside it. Return the output alone.",
            0.5,
            forms=[lambda x, mask: (mask, x * mask)],
        ),
        Mistake(
            "mask_alone",
            lambda x, mask: mask.clone(),
            "The mask is returned, without the outputs. Multiply the two.",
        ),
        Mistake(
            "rescaled_by_the_share_kept",
            lambda x, mask: x * mask / mask.mean(),
            "The kept entries are divided by the share of ones. The classic form leaves them as they are in training; "
            "it scales at test time.",
            0.5,
        ),
        Mistake(
            "rescaled_by_the_share_kept_in_each_row",
            lambda x, mask: x * mask / mask.flatten(1).mean(dim=1).clamp(min=1e-9).reshape(-1, *[1] * (x.ndim - 1)),
            "Each row is divided by its own share of ones. The classic form leaves the kept entries as they are in "
            "training; it scales at test time.",
            0.5,
        ),
        Mistake(
            "first_mask_for_all_rows",
            lambda x, mask: x * mask[0],
            "The first row of the mask is used for all rows. Each example has a mask of its own.",
            0.25,
        ),
        Mistake(
            "whole_rows_dropped",
            lambda x, mask: x * mask.flatten(1)[:, 0].reshape(-1, *[1] * (x.ndim - 1)),
            "A row is kept or dropped as a whole. The mask speaks about single units.",
            0.25,
        ),
        Mistake(
            "kept_entries_only",
            lambda x, mask: x[mask == 1],
            "Only the kept entries are returned, so the shape is lost. A dropped unit stays in its place, as a 0.",
            0.25,
        ),
        Mistake(
            "mask_added",
            lambda x, mask: x + mask,
            "The mask is added. Multiplying by 0 silences a unit; adding 0 leaves it alone.",
        ),
        Mistake(
            "dropped_entries_become_the_mean",
            lambda x, mask: mask * x + (1 - mask) * x.mean(),
            "A dropped entry takes the mean of x. A dropped unit is silent: its output is 0.",
        ),
        Mistake(
            "dropped_entries_change_sign",
            lambda x, mask: x * (2 * mask - 1),
            "A dropped entry changes its sign. A dropped unit is silent: its output is 0.",
        ),
        Mistake(
            "dropped_entries_shifted",
            lambda x, mask: x - (1 - mask),
            "The mask of the dropped units is subtracted, so a dropped entry is 1 less. Multiply: a dropped unit puts "
            "out 0.",
            0.25,
        ),
        Mistake(
            "dropped_entries_become_one",
            lambda x, mask: torch.where(mask == 1, x, torch.ones_like(x)),
            "A dropped entry becomes 1 or −1. A dropped unit is silent: its output is 0.",
            0.25,
            forms=[
                lambda x, mask: torch.where(mask == 1, x, -torch.ones_like(x)),
                lambda x, mask: x**mask,
            ],
        ),
        Mistake(
            "dropped_entries_are_not_zero",
            lambda x, mask: x.masked_fill(mask == 0, -torch.inf),
            "The kept entries are right, and the dropped ones are not 0. Minus infinity, or a very large negative "
            "number, hides an entry from a softmax; here the next layer adds outputs up, so silence is 0.",
            forms=[
                lambda x, mask: x.masked_fill(mask == 0, -1e9),
                lambda x, mask: x.masked_fill(mask == 0, torch.nan),
                lambda x, mask: x / mask,
            ],
        ),
    ],
)
