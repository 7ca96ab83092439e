"""Exercise `zoneout` of `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.dropout.classic import zeros_and_ones
from steepest_exercises.inputs import normal


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


def _drawn_anew(h_old: Tensor, h_new: Tensor, mask: Tensor) -> Tensor:
    own = torch.Generator()
    own.seed()
    return torch.where(torch.rand(h_old.shape, generator=own) < mask.mean(), h_old, h_new)


def _one_after_the_other(h_old: Tensor, h_new: Tensor, mask: Tensor) -> Tensor:
    return torch.cat([h_old[mask == 1], h_new[mask == 0]])


ZONEOUT = Exercise(
    id="zoneout",
    reference=reference.zoneout,
    cases=_zoneout_cases,
    points=1,
    accepted=[
        Accepted("sum_of_two_parts", lambda h_old, h_new, mask: mask * h_old + (1 - mask) * h_new),
        Accepted("where", lambda h_old, h_new, mask: torch.where(mask == 1, h_old, h_new)),
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
            "This is dropout of the new state, with 1 for keep; the old state has no part in it. Zoneout copies it "
            "where the mask is 1.",
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
            "A row stays or moves as a whole. The mask speaks about single units: each entry decides for its own.",
            0.25,
            forms=[
                lambda h_old, h_new, mask: torch.where((mask == 1).any(dim=1, keepdim=True), h_old, h_new),
                lambda h_old, h_new, mask: torch.where((mask == 1).all(dim=1, keepdim=True), h_old, h_new),
                lambda h_old, h_new, mask: torch.where(mask.mean(dim=1, keepdim=True) >= 0.5, h_old, h_new),
            ],
        ),
        Mistake(
            "one_for_the_whole_batch",
            lambda h_old, h_new, mask: torch.where((mask == 1).any(dim=0), h_old, h_new),
            "A unit stays in all sequences as soon as it stays in one. Each row of the mask speaks about its own "
            "sequence.",
            0.25,
        ),
        Mistake(
            "kept_state_scaled",
            lambda h_old, h_new, mask: mask * h_old / mask.mean().clamp(min=1e-9) + (1 - mask) * h_new,
            "A state is divided by the share of units that it stands for. Nothing is missing that had to be made up "
            "for: each unit has exactly one state.",
            0.5,
            forms=[
                lambda h_old, h_new, mask: mask * h_old + (1 - mask) * h_new / (1 - mask).mean().clamp(min=1e-9),
                lambda h_old, h_new, mask: (mask * h_old + (1 - mask) * h_new) / mask.mean().clamp(min=1e-9),
            ],
        ),
        Mistake(
            "brackets_forgotten",
            lambda h_old, h_new, mask: mask * h_old + 1 - mask * h_new,
            "The brackets around 1 - mask are missing, so 1 stands alone and the mask acts on the new state: "
            "mask * h_old + (1 - mask) * h_new.",
            0.5,
            forms=[lambda h_old, h_new, mask: mask * h_old + (1 - mask * h_new)],
        ),
        Mistake(
            "new_state_subtracted",
            lambda h_old, h_new, mask: mask * h_old - (1 - mask) * h_new,
            "One of the two states enters with a minus sign. The two parts are added: where the one is, the other is "
            "0.",
            0.25,
            forms=[lambda h_old, h_new, mask: (1 - mask) * h_new - mask * h_old],
        ),
        Mistake(
            "old_state_not_added_back",
            lambda h_old, h_new, mask: mask * h_old + (1 - mask) * (h_new - h_old),
            "Where a unit moves on it becomes the *difference* of the two states. Add the old state to it, or use "
            "h_new itself.",
            0.25,
            forms=[lambda h_old, h_new, mask: (1 - mask) * (h_new - h_old)],
        ),
        Mistake(
            "step_of_the_other_sign",
            lambda h_old, h_new, mask: h_old + (1 - mask) * (h_old - h_new),
            "The step leads the wrong way: from the old state to the new it is h_new - h_old, and from the new to the "
            "old h_old - h_new.",
            0.25,
            forms=[lambda h_old, h_new, mask: h_new + mask * (h_new - h_old)],
        ),
        Mistake(
            "both_states_added",
            lambda h_old, h_new, mask: h_old + h_new,
            "The two states are put together, as a sum, a mean or a product, and the mask has no say. Each unit takes "
            "the one or the other.",
            forms=[lambda h_old, h_new, mask: (h_old + h_new) / 2, lambda h_old, h_new, mask: h_old * h_new],
        ),
        Mistake(
            "half_of_the_state",
            lambda h_old, h_new, mask: (mask * h_old + (1 - mask) * h_new) / 2,
            "The sum is halved. Each unit takes one state whole, and the other part is 0: nothing is averaged.",
            0.5,
        ),
        Mistake(
            "activation_applied_again",
            lambda h_old, h_new, mask: mask * h_old + (1 - mask) * h_new.tanh(),
            "An activation is applied to a state. h_new is already what the network would move to: take it as it is.",
            0.5,
            forms=[
                lambda h_old, h_new, mask: (mask * h_old + (1 - mask) * h_new).tanh(),
                lambda h_old, h_new, mask: (mask * h_old + (1 - mask) * h_new).clamp(min=0),
                lambda h_old, h_new, mask: mask * h_old + (1 - mask) * h_new.clamp(min=0),
            ],
        ),
        Mistake(
            "mask_drawn_anew",
            _drawn_anew,
            "A mask of its own is drawn, so two calls with the same arguments disagree. The mask is given: use that "
            "one.",
            forms=[lambda h_old, h_new, mask: _drawn_anew(h_old, h_new, torch.full_like(mask, 0.5))],
        ),
        Mistake(
            "mixed_by_the_share_of_each_unit",
            lambda h_old, h_new, mask: mask.mean(dim=0) * h_old + (1 - mask.mean(dim=0)) * h_new,
            "States are mixed, with shares between 0 and 1, where the mask says the one or the other. Multiply by the "
            "mask itself, entry by entry.",
            0.25,
            forms=[
                lambda h_old, h_new, mask: (
                    mask.mean(dim=1, keepdim=True) * h_old + (1 - mask.mean(dim=1, keepdim=True)) * h_new
                ),
                lambda h_old, h_new, mask: 0.5 * mask * h_old + (1 - 0.5 * mask) * h_new,
            ],
        ),
        Mistake(
            "state_and_mask_returned",
            lambda h_old, h_new, mask: (torch.where(mask == 1, h_old, h_new), mask),
            "The state is right, but something is returned beside it. Return the state alone.",
            0.5,
            forms=[
                lambda h_old, h_new, mask: (mask * h_old, (1 - mask) * h_new),
                lambda h_old, h_new, mask: (torch.where(mask == 1, h_old, h_new), h_new),
                lambda h_old, h_new, mask: (torch.where(mask == 1, h_old, h_new), h_old),
            ],
        ),
        Mistake(
            "one_after_the_other",
            _one_after_the_other,
            "The kept and the new entries stand one after the other, so their places are lost. Each unit stays in its "
            "place: add mask * h_old and (1 - mask) * h_new.",
            0.25,
        ),
        Mistake(
            "wrong_where_the_unit_stays",
            lambda h_old, h_new, mask: torch.where(mask == 1, torch.nan, h_new),
            "Right where the mask is 0, and wrong where it is 1: there the old state comes back exactly as it was.",
            0.25,
        ),
        Mistake(
            "wrong_where_the_unit_moves",
            lambda h_old, h_new, mask: torch.where(mask == 1, h_old, torch.nan),
            "Right where the mask is 1, and wrong where it is 0: there the new state is taken exactly as it is given.",
            0.25,
        ),
    ],
)
