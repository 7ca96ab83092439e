"""Exercises `dropout_train`, `dropout_test` and `fold_keep` of `11_dropout`: the classic form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.inputs import normal


def zeros_and_ones(rng: np.random.Generator, *shape: int, keep: float) -> Tensor:
    """A mask in float64 with a 0 and a 1 in its first column and in its first row, whatever is drawn."""
    mask = torch.from_numpy(rng.random(shape) < keep).double()
    mask[0, :2], mask[1, :2] = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    return mask


# --- dropout_train -----------------------------------------------------------


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
            "rescaled_by_the_share_kept",
            lambda x, mask: x * mask / mask.mean(),
            "The kept entries grow by the share of ones. The classic form leaves them as they are in training; it "
            "scales at test time.",
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
            "A row is kept or dropped as a whole, by its first entry. The mask speaks about single units.",
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
            "dropped_entries_become_minus_infinity",
            lambda x, mask: x.masked_fill(mask == 0, -torch.inf),
            "Minus infinity hides an entry from a softmax. Here the next layer adds outputs up, so silence is 0.",
        ),
    ],
)


# --- dropout_test and fold_keep ----------------------------------------------


def _scale_cases(what: str) -> Callable[[np.random.Generator], Sequence[Case]]:
    def cases(rng: np.random.Generator) -> Sequence[Case]:
        def case(name: str, values: Tensor, keep: float) -> Case:
            return Case(name, {"args": [values], "kwargs": {"keep": keep}, "output": what}, "settled")

        return [
            case("keep = 0.5", normal(rng, 12, 10), 0.5),
            case("keep = 0.8", normal(rng, 10, 20), 0.8),
            case("keep = 0.3, float32", normal(rng, 9, 15).float(), 0.3),
            case("nothing is dropped", normal(rng, 3, 4), 1.0),
            case("non-contiguous", normal(rng, 8, 15).T, 0.6),
        ]

    return cases


def _drops(values: Tensor, *, keep: float) -> Tensor:
    own = torch.Generator()
    own.seed()
    return values * (torch.rand(values.shape, generator=own) < keep)


DROPOUT_TEST = Exercise(
    id="dropout_test",
    reference=reference.dropout_test,
    cases=_scale_cases("the output"),
    points=1,
    accepted=[
        Accepted("product", lambda x, *, keep: keep * x),
        Accepted("dropped_share_subtracted", lambda x, *, keep: x - (1 - keep) * x),
        Accepted("expectation_of_two_outcomes", lambda x, *, keep: keep * x + (1 - keep) * torch.zeros_like(x)),
        Accepted("expected_mask", lambda x, *, keep: torch.full_like(x, keep) * x),
    ],
    mistakes=[
        Mistake(
            "not_scaled",
            lambda x, *, keep: x.clone(),
            "At test time all units speak, so the next layer sees sums that are 1/keep times as large as in training. "
            "Return the expected output.",
        ),
        Mistake(
            "divided_by_keep",
            lambda x, *, keep: x / keep,
            "Dividing makes the outputs larger still. On average training let only the share keep through.",
            0.25,
        ),
        Mistake(
            "keep_and_drop_exchanged",
            lambda x, *, keep: (1 - keep) * x,
            "This scales by the probability to drop. A unit is there with probability keep.",
            0.25,
        ),
        Mistake(
            "divided_by_the_drop_probability",
            lambda x, *, keep: x / (1 - keep) if keep < 1 else x.clone(),
            "1/(1 − p) is what torch does in training, with p the probability to drop. Here the expected output is "
            "wanted, and keep is the probability to keep.",
        ),
        Mistake(
            "test_drops",
            _drops,
            "Units are still dropped at test time, so the answer is random. Use the expected output instead.",
        ),
        Mistake(
            "scaled_twice",
            lambda x, *, keep: keep**2 * x,
            "keep enters twice. One layer of dropout costs one factor.",
            0.25,
        ),
        Mistake(
            "root_of_keep",
            lambda x, *, keep: keep**0.5 * x,
            "The square root of keep preserves the mean square of the outputs. The classic form preserves their mean.",
            0.25,
        ),
        Mistake(
            "cut_off_at_keep",
            lambda x, *, keep: torch.where(x < keep, x, torch.zeros_like(x)),
            "The outputs are compared with keep. keep is a probability; it says nothing about the size of an output.",
        ),
        Mistake(
            "cut_off_above_keep",
            lambda x, *, keep: torch.where(x > keep, x, torch.zeros_like(x)),
            "The outputs are compared with keep. keep is a probability; it says nothing about the size of an output.",
        ),
        Mistake(
            "first_units_only",
            lambda x, *, keep: x * (torch.arange(x.shape[1]) < keep * x.shape[1]),
            "The first units are kept and the rest is cut away. At test time every unit speaks, more quietly.",
        ),
    ],
)


FOLD_KEEP = Exercise(
    id="fold_keep",
    reference=reference.fold_keep,
    cases=_scale_cases("the folded weights"),
    points=1,
    accepted=[
        Accepted("product", lambda weight, *, keep: keep * weight),
        Accepted(
            "dropped_share_subtracted", lambda weight, *, keep: torch.lerp(weight, torch.zeros_like(weight), 1 - keep)
        ),
        Accepted("diagonal_matrix", lambda weight, *, keep: weight @ (keep * torch.eye(weight.shape[1]).to(weight))),
        Accepted("row_by_row", lambda weight, *, keep: torch.stack([keep * row for row in weight])),
    ],
    mistakes=[
        Mistake(
            "not_scaled",
            lambda weight, *, keep: weight.clone(),
            "These are the trained weights. With all units awake their sums are 1/keep times too large.",
        ),
        Mistake(
            "divided_by_keep",
            lambda weight, *, keep: weight / keep,
            "Dividing makes the weights larger still. They must shrink, since more units speak than in training.",
            0.25,
        ),
        Mistake(
            "keep_and_drop_exchanged",
            lambda weight, *, keep: (1 - keep) * weight,
            "This scales by the probability to drop. A unit was there with probability keep.",
            0.25,
        ),
        Mistake(
            "random_weights_dropped",
            _drops,
            "Weights are dropped at random. Folding is no draw: it makes one fixed network out of the trained one.",
        ),
        Mistake(
            "scaled_twice",
            lambda weight, *, keep: keep**2 * weight,
            "keep enters twice. The weights meet one dropped layer, the one that they read from.",
            0.25,
        ),
        Mistake(
            "root_of_keep",
            lambda weight, *, keep: keep**0.5 * weight,
            "The square root of keep preserves the mean square of a sum. Folding preserves its mean.",
            0.25,
        ),
        Mistake(
            "keep_to_the_number_of_inputs",
            lambda weight, *, keep: keep ** weight.shape[1] * weight,
            "keep to the power of the fan-in is the probability that all inputs are there. The mean of a sum needs "
            "keep once, whatever the fan-in.",
        ),
        Mistake(
            "keep_times_the_number_of_inputs",
            lambda weight, *, keep: keep * weight.shape[1] * weight,
            "keep times the fan-in is the expected number of inputs. Each weight is scaled by its share, keep.",
        ),
        Mistake(
            "transposed",
            lambda weight, *, keep: keep * weight.T,
            "The scale is right, the shape is turned. Weights stay (out, in), and each is scaled alike.",
            0.5,
        ),
        Mistake(
            "first_inputs_only",
            lambda weight, *, keep: weight * (torch.arange(weight.shape[1]) < keep * weight.shape[1]),
            "The weights of the last inputs are cut off. Every weight stays, scaled by keep.",
        ),
    ],
)
