"""Exercises `dropconnect` and `zoneout` of `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.dropout.classic import zeros_and_ones
from steepest_exercises.inputs import normal


def _dropconnect_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, batch: int, n_in: int, n_out: int, keep: float, dtype: torch.dtype = torch.float64) -> Case:
        x, weight, bias = normal(rng, batch, n_in), normal(rng, n_out, n_in), normal(rng, n_out)
        mask = zeros_and_ones(rng, n_out, n_in, keep=keep)
        args = [value.to(dtype) for value in (x, weight, bias, mask)]
        return Case(name, {"args": args, "kwargs": {}, "output": "the output"}, "settled", 4.0)

    return [
        case("six inputs, four units", 5, 6, 4, 0.5),
        case("as many inputs as units", 4, 5, 5, 0.5),
        case("most are kept, float32", 6, 8, 3, 0.8, torch.float32),
        case("few are kept", 3, 7, 6, 0.25),
        case("one example", 1, 4, 6, 0.6),
    ]


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return x @ weight.T + bias


def _unit_by_unit(x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
    units = zip(weight, bias, mask, strict=True)
    return torch.stack([(x * (row * kept)).sum(dim=1) + offset for row, offset, kept in units], dim=1)


DROPCONNECT = Exercise(
    id="dropconnect",
    reference=reference.dropconnect,
    cases=_dropconnect_cases,
    points=2,
    accepted=[
        Accepted("product", lambda x, weight, bias, mask: _linear(x, weight * mask, bias)),
        Accepted("einsum", lambda x, weight, bias, mask: torch.einsum("bi,oi,oi->bo", x, weight, mask) + bias),
        Accepted("unit_by_unit", _unit_by_unit),
        Accepted(
            "dropped_part_subtracted",
            lambda x, weight, bias, mask: _linear(x, weight, bias) - x @ ((1 - mask) * weight).T,
        ),
    ],
    mistakes=[
        Mistake(
            "ignores_the_mask",
            lambda x, weight, bias, mask: _linear(x, weight, bias),
            "All connections are there: the mask is not used. Multiply it into the weights.",
        ),
        Mistake(
            "keeps_the_dropped",
            lambda x, weight, bias, mask: _linear(x, weight * (1 - mask), bias),
            "The mask is turned round: 1 means that the connection is kept.",
            0.25,
        ),
        Mistake(
            "bias_forgotten",
            lambda x, weight, bias, mask: x @ (weight * mask).T,
            "The bias is missing. It belongs to the unit and is always added.",
            0.5,
        ),
        Mistake(
            "bias_subtracted",
            lambda x, weight, bias, mask: x @ (weight * mask).T - bias,
            "The bias is subtracted. It is added to every unit's sum.",
            0.5,
        ),
        Mistake(
            "bias_masked_too",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask[:, 0]),
            "The bias is dropped along with the first connection of its unit. This mask speaks about weights only.",
            0.25,
        ),
        Mistake(
            "bias_scaled_by_the_share_kept",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask.mean(dim=1)),
            "The bias is scaled by the share of kept connections. It is no connection: add it whole.",
            0.25,
        ),
        Mistake(
            "inputs_dropped",
            lambda x, weight, bias, mask: _linear(x * mask[0], weight, bias),
            "The mask's first row is laid on the inputs, so a dropped input is lost to all units: that is dropout. "
            "In DropConnect each unit loses connections of its own.",
            0.25,
        ),
        Mistake(
            "units_dropped",
            lambda x, weight, bias, mask: _linear(x, weight, bias) * mask[:, 0],
            "Whole units are switched off: that is dropout on the outputs. DropConnect drops single weights.",
            0.25,
        ),
        Mistake(
            "units_dropped_before_the_bias",
            lambda x, weight, bias, mask: (x @ weight.T) * mask[:, 0] + bias,
            "A unit loses all its connections or none. The mask has an entry for every single weight.",
            0.25,
        ),
        Mistake(
            "scaled_by_the_share_kept",
            lambda x, weight, bias, mask: _linear(x, weight * mask / mask.mean(), bias),
            "The kept weights are divided by the share of ones. Here the mask is applied as it is; scaling is a second "
            "question.",
            0.5,
        ),
        Mistake(
            "mask_added",
            lambda x, weight, bias, mask: _linear(x, weight + mask, bias),
            "The mask is added to the weights. A dropped connection has weight 0: multiply.",
        ),
        Mistake(
            "weights_replaced_by_the_mask",
            lambda x, weight, bias, mask: _linear(x, mask, bias),
            "The mask stands in the place of the weights. It only says which of them are there.",
        ),
        Mistake(
            "sum_masked_by_the_share",
            lambda x, weight, bias, mask: (x @ weight.T) * mask.mean(dim=1) + bias,
            "Each unit's sum is scaled by its share of kept connections. Which connections are missing matters: mask "
            "the weights before the sum.",
            0.25,
        ),
        Mistake(
            "weights_not_transposed",
            lambda x, weight, bias, mask: x @ (weight * mask) + bias,
            "Weights are (out, in) and x is (batch, in), so the product needs the transpose. It goes unnoticed only "
            "where both sizes are equal.",
            0.25,
        ),
    ],
)


# --- zoneout -----------------------------------------------------------------


def _zoneout_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, zone: float, dtype: torch.dtype = torch.float64) -> Case:
        mask = zeros_and_ones(rng, *shape, keep=zone)
        args = [value.to(dtype) for value in (normal(rng, *shape), normal(rng, *shape), mask)]
        return Case(name, {"args": args, "kwargs": {}, "output": "the state"}, "settled")

    def whole(name: str, mask: Tensor) -> Case:
        args = [normal(rng, *mask.shape), normal(rng, *mask.shape), mask.double()]
        return Case(name, {"args": args, "kwargs": {}, "output": "the state"}, "settled")

    return [
        case("half stays", 6, 8, zone=0.5),
        case("few stay, float32", 5, 9, zone=0.15, dtype=torch.float32),
        case("most stay", 7, 6, zone=0.8),
        whole("all stay", torch.ones(3, 4)),
        whole("none stays", torch.zeros(3, 4)),
    ]


def _written_into_a_copy(h_old: Tensor, h_new: Tensor, mask: Tensor) -> Tensor:
    out = h_new.clone()
    out[mask == 1] = h_old[mask == 1]
    return out


ZONEOUT = Exercise(
    id="zoneout",
    reference=reference.zoneout,
    cases=_zoneout_cases,
    points=1,
    accepted=[
        Accepted("sum_of_two_parts", lambda h_old, h_new, mask: mask * h_old + (1 - mask) * h_new),
        Accepted("masked_change", lambda h_old, h_new, mask: h_old + (1 - mask) * (h_new - h_old)),
        Accepted("lerp", lambda h_old, h_new, mask: torch.lerp(h_new, h_old, mask)),
        Accepted("written_into_a_copy", _written_into_a_copy),
    ],
    mistakes=[
        Mistake(
            "old_and_new_exchanged",
            lambda h_old, h_new, mask: mask * h_new + (1 - mask) * h_old,
            "The mask is turned round. Here 1 means that the unit keeps its old state.",
            0.25,
        ),
        Mistake(
            "dropout_of_the_new_state",
            lambda h_old, h_new, mask: (1 - mask) * h_new,
            "The chosen units become 0: this is dropout, and the memory is lost. In zoneout they keep their old state.",
            0.25,
        ),
        Mistake(
            "new_state_kept_where_one",
            lambda h_old, h_new, mask: mask * h_new,
            "This is dropout of the new state, with 1 for keep; the old state is not used. Zoneout copies it.",
        ),
        Mistake(
            "updated_units_become_zero",
            lambda h_old, h_new, mask: mask * h_old,
            "The units that should move on become 0. Add the new state where the mask is 0.",
            0.25,
        ),
        Mistake(
            "old_state_added_to_the_new",
            lambda h_old, h_new, mask: mask * h_old + h_new,
            "The old state is added on top of the new one. Where the old is kept the new must be left out.",
            0.25,
        ),
        Mistake(
            "new_state_added_to_the_old",
            lambda h_old, h_new, mask: h_old + (1 - mask) * h_new,
            "The new state is added to the old one. To move from old to new, add the masked difference of the two.",
            0.25,
        ),
        Mistake(
            "mixed_by_the_share",
            lambda h_old, h_new, mask: mask.mean() * h_old + (1 - mask.mean()) * h_new,
            "All units take the same mixture of both states. That is the expected state, for evaluation; in training "
            "each unit takes the one or the other.",
            0.25,
        ),
        Mistake(
            "ignores_the_mask",
            lambda h_old, h_new, mask: h_new.clone(),
            "Every unit moves on: nothing is zoned out. The mask says which units stay.",
        ),
        Mistake(
            "nothing_moves",
            lambda h_old, h_new, mask: h_old.clone(),
            "No unit moves on. Only where the mask is 1 the old state stays.",
        ),
        Mistake(
            "first_mask_for_all_rows",
            lambda h_old, h_new, mask: torch.where(mask[0] == 1, h_old, h_new),
            "The first row of the mask is used for all rows. Each sequence of the batch has a mask of its own.",
            0.25,
        ),
        Mistake(
            "whole_rows_stay",
            lambda h_old, h_new, mask: torch.where(mask[:, :1] == 1, h_old, h_new),
            "A row stays or moves as a whole, by its first entry. The mask speaks about single units.",
            0.25,
        ),
        Mistake(
            "kept_state_scaled",
            lambda h_old, h_new, mask: mask * h_old / mask.mean().clamp(min=1e-9) + (1 - mask) * h_new,
            "The kept state is divided by the share of ones. Nothing is missing that had to be made up for: each unit "
            "has exactly one state.",
            0.5,
        ),
    ],
)
