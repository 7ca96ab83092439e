"""Exercise `clip_by_value` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal, uniform
from steepest_exercises.loss_landscapes import reference

Clip = Callable[[Tensor, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, limit: float, corner: float = 0.0) -> Case:
        inputs = {"args": [grad, limit], "kwargs": {}, "outputs": ["the clipped gradient"]}
        return Case(name, inputs, corner=corner)

    tame = uniform(rng, -0.8, 0.8, 5)
    wild = 3 + normal(rng, 4).abs()
    return [
        case("some entries beyond the limit", torch.cat([tame, wild, -wild]), 1.0),
        case("all entries within the limit", tame, 2.0),
        case("entries far below zero", torch.cat([-5 * wild, tame]), 2.5),
        case("a matrix", 3 * normal(rng, 3, 4), 0.5),
        case("three axes", 2 * normal(rng, 2, 3, 2), 0.75),
        case("a small limit", torch.cat([tame, -wild]), 0.05),
        case("a zero gradient", torch.zeros(3, dtype=torch.float64), 1.0, 0.15),
        case("an entry that has overflowed", torch.cat([tame, torch.full((1,), torch.inf).double()]), 1.5, 0.15),
        case("float32", torch.cat([wild, -wild, tame]).float(), 0.9),
    ]


def _beyond(changed: Clip) -> Clip:
    """Leaves small entries as they are."""
    return lambda grad, limit: torch.where(grad.abs() > limit, changed(grad, limit), grad)


def _value_by_where(grad: Tensor, limit: float) -> Tensor:
    return torch.where(grad.abs() > limit, limit * grad.sign(), grad)


def _value_by_minimum(grad: Tensor, limit: float) -> Tensor:
    bound = torch.full_like(grad, limit)
    return torch.minimum(torch.maximum(grad, -bound), bound)


def _value_by_mask(grad: Tensor, limit: float) -> Tensor:
    clipped = grad.clone()
    clipped[clipped > limit] = limit
    clipped[clipped < -limit] = -limit
    return clipped


def _in_a_loop(grad: Tensor, limit: float) -> Tensor:
    clipped = grad.clone()
    for place, entry in enumerate(grad):
        if entry > limit:
            clipped[place] = limit
        elif entry < -limit:
            clipped[place] = -limit
    return clipped


CLIP_BY_VALUE = Exercise(
    id="clip_by_value",
    reference=reference.clip_by_value,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("by_where", _value_by_where),
        Accepted("by_minimum_and_maximum", _value_by_minimum),
        Accepted("by_masks", _value_by_mask),
        Accepted("hard_tanh", lambda grad, limit: torch.nn.functional.hardtanh(grad, -limit, limit)),
    ],
    mistakes=[
        Mistake(
            "only_from_above",
            lambda grad, limit: grad.clamp(max=limit),
            "Large negative entries pass. An exploding gradient may have either sign: clip at -limit as well.",
            0.25,
        ),
        Mistake(
            "only_from_below",
            lambda grad, limit: grad.clamp(min=-limit),
            "Large positive entries pass. An exploding gradient may have either sign: clip at +limit as well.",
            0.25,
        ),
        Mistake(
            "negative_entries_lost",
            lambda grad, limit: grad.clamp(0, limit),
            "Everything below 0 becomes 0. The range is from -limit to limit.",
            0.25,
            forms=[lambda grad, limit: grad.clamp(min=0)],
        ),
        Mistake(
            "limit_ignored",
            lambda grad, limit: grad.clamp(-1, 1),
            "The limit that is passed in has no part in it: the range is always the same. Bring the entries into "
            "[-limit, limit].",
            0.25,
            forms=[lambda grad, limit: grad.clamp(-5, 5), lambda grad, limit: grad.clamp(0, 1)],
        ),
        Mistake(
            "sign_lost_beyond_the_limit",
            _beyond(lambda grad, limit: torch.full_like(grad, limit)),
            "Beyond the limit all entries get the same sign, whichever they had. An entry should keep its sign: +limit "
            "on the upper side, -limit on the lower.",
            0.25,
            forms=[_beyond(lambda grad, limit: torch.full_like(grad, -limit))],
        ),
        Mistake(
            "bounds_exchanged",
            lambda grad, limit: grad.clamp(limit, -limit),
            "Every entry becomes one and the same number, as happens where the lower bound stands above the upper one. "
            "Entries between -limit and limit should stay as they are.",
            forms=[lambda grad, limit: torch.full_like(grad, limit)],
        ),
        Mistake(
            "limit_scaled",
            lambda grad, limit: grad.clamp(-limit / 2, limit / 2),
            "The range has another width, as with half of the limit, its double, its square or its root. It is from "
            "-limit to limit.",
            0.25,
            forms=[
                lambda grad, limit: grad.clamp(-2 * limit, 2 * limit),
                lambda grad, limit: grad.clamp(-(limit**2), limit**2),
                lambda grad, limit: grad.clamp(-(limit**0.5), limit**0.5),
            ],
        ),
        Mistake(
            "vectors_only",
            _in_a_loop,
            "Right for vectors, and it fails where the gradient has more axes, as a loop over its first axis does when "
            "it meets rows. `clamp` and `torch.where` work on all entries at once.",
            0.5,
        ),
        Mistake(
            "limit_subtracted",
            _beyond(lambda grad, limit: grad - limit * grad.sign()),
            "An entry beyond the limit is brought nearer to 0 by the limit. It should stop at the limit, and what is "
            "within the range stays as it is.",
            0.25,
            forms=[lambda grad, limit: grad.sign() * (grad.abs() - limit).clamp(min=0)],
        ),
        Mistake(
            "scaled_by_the_limit",
            lambda grad, limit: grad * limit,
            "Entries are multiplied or divided by the limit, all of them or some. Clipping leaves small entries alone "
            "and stops large ones at the limit.",
            forms=[
                lambda grad, limit: grad / limit,
                _beyond(lambda grad, limit: grad * limit),
                _beyond(lambda grad, limit: grad / limit),
                lambda grad, limit: (grad / limit).clamp(-1, 1),
            ],
        ),
        Mistake(
            "sign_lost",
            lambda grad, limit: grad.abs().clamp(max=limit),
            "The size is clipped and the sign is gone: negative entries come out positive, and a step along them would "
            "go the wrong way.",
            0.25,
        ),
        Mistake(
            "beyond_the_limit_dropped",
            lambda grad, limit: torch.where(grad.abs() > limit, torch.zeros_like(grad), grad),
            "Entries beyond the limit become 0 here, or are left out. They should become the limit, with their sign.",
            0.25,
            forms=[lambda grad, limit: grad[grad.abs() <= limit]],
        ),
        Mistake(
            "sign_times_limit",
            lambda grad, limit: grad.sign() * limit,
            "Small entries, too, get the size of the limit. Leave alone what is within the range.",
        ),
        Mistake(
            "scaled_by_the_largest",
            lambda grad, limit: grad * (limit / grad.abs().max()).clamp(max=1),
            "All entries are scaled together. Clipping by value treats each entry by itself, and so it changes the "
            "direction.",
            0.25,
            forms=[lambda grad, limit: grad * (limit / grad.abs().max())],
        ),
        Mistake(
            "clipped_by_norm",
            lambda grad, limit: grad * (limit / grad.norm()).clamp(max=1),
            "The whole gradient is scaled by means of its norm. By value means entry by entry: each one is stopped at "
            "-limit or limit by itself.",
            0.25,
            forms=[
                lambda grad, limit: grad * (limit / grad.norm()),
                lambda grad, limit: grad * (limit / (grad.norm() + 1e-6)).clamp(max=1),
                lambda grad, limit: grad if grad.norm() <= limit else grad * limit / grad.norm(),
            ],
        ),
        Mistake(
            "soft_limit",
            lambda grad, limit: limit * torch.tanh(grad / limit),
            "Small entries change too, as they do on a smooth curve such as tanh. Clipping leaves them exactly as they "
            "are.",
            0.25,
            forms=[
                lambda grad, limit: torch.tanh(grad).clamp(-limit, limit),
                lambda grad, limit: limit * torch.nn.functional.softsign(grad / limit),
            ],
        ),
        Mistake(
            "limits_exchanged",
            lambda grad, limit: torch.maximum(grad.abs(), torch.full_like(grad, limit)) * grad.sign(),
            "Here the limit is a lower bound for the size: small entries grow, large ones pass. It is an upper bound.",
            forms=[
                lambda grad, limit: torch.where(grad > 0, grad.clamp(min=limit), grad.clamp(max=-limit)),
                lambda grad, limit: torch.where(grad >= 0, grad.clamp(min=limit), grad.clamp(max=-limit)),
                lambda grad, limit: torch.where(grad.abs() < limit, limit * grad.sign(), grad),
            ],
        ),
        Mistake(
            "wrapped_around",
            lambda grad, limit: torch.remainder(grad + limit, 2 * limit) - limit,
            "What leaves the range on one side comes back in on the other. It should stop at the edge.",
        ),
    ],
)
