"""Exercises `clip_by_value` and `clip_by_norm` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal, uniform
from steepest_exercises.loss_landscapes import reference

Clip = Callable[[Sequence[Tensor], float], list[Tensor]]


# --- clip_by_value -----------------------------------------------------------


def _value_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grad: Tensor, limit: float) -> Case:
        return Case(name, {"args": [grad, limit], "kwargs": {}, "outputs": ["the clipped gradient"]})

    tame = uniform(rng, -0.8, 0.8, 5)
    wild = 3 + normal(rng, 4).abs()
    return [
        case("some entries beyond the limit", torch.cat([tame, wild, -wild]), 1.0),
        case("all entries within the limit", tame, 2.0),
        case("entries far below zero", torch.cat([-5 * wild, tame]), 2.5),
        case("a matrix", 3 * normal(rng, 3, 4), 0.5),
        case("a zero gradient", torch.zeros(3, dtype=torch.float64), 1.0),
        case("an entry that has overflowed", torch.cat([tame, torch.full((1,), torch.inf).double()]), 1.5),
        case("float32", torch.cat([wild, -wild, tame]).float(), 0.9),
    ]


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


CLIP_BY_VALUE = Exercise(
    id="clip_by_value",
    reference=reference.clip_by_value,
    cases=_value_cases,
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
            "negative_entries_lost",
            lambda grad, limit: grad.clamp(0, limit),
            "Everything below 0 becomes 0. The range is from -limit to limit.",
            0.25,
        ),
        Mistake(
            "sign_lost",
            lambda grad, limit: grad.abs().clamp(max=limit),
            "The size is clipped and the sign is gone, so half of the steps would go the wrong way.",
            0.25,
        ),
        Mistake(
            "beyond_the_limit_dropped",
            lambda grad, limit: torch.where(grad.abs() > limit, torch.zeros_like(grad), grad),
            "Entries beyond the limit become 0 here. They should become the limit, with their sign.",
            0.25,
        ),
        Mistake(
            "sign_times_limit",
            lambda grad, limit: grad.sign() * limit,
            "Every entry gets the size of the limit, also the small ones. Leave alone what is within the range.",
        ),
        Mistake(
            "scaled_by_the_largest",
            lambda grad, limit: grad * (limit / grad.abs().max()).clamp(max=1),
            "All entries are scaled together. Clipping by value treats each entry by itself, and so it changes the "
            "direction.",
            0.25,
        ),
        Mistake(
            "clipped_by_norm",
            lambda grad, limit: grad * (limit / grad.norm()).clamp(max=1),
            "This limits the norm of the whole gradient. By value means entry by entry.",
            0.25,
        ),
        Mistake(
            "soft_limit",
            lambda grad, limit: limit * torch.tanh(grad / limit),
            "tanh changes the small entries too. Clipping leaves them exactly as they are.",
            0.25,
        ),
        Mistake(
            "limits_exchanged",
            lambda grad, limit: torch.maximum(grad.abs(), torch.full_like(grad, limit)) * grad.sign(),
            "Here the limit is a lower bound for the size: small entries grow, large ones pass. It is an upper bound.",
        ),
        Mistake(
            "wrapped_around",
            lambda grad, limit: torch.remainder(grad + limit, 2 * limit) - limit,
            "What leaves the range on one side comes back in on the other. It should stop at the edge.",
        ),
    ],
)


# --- clip_by_norm ------------------------------------------------------------


def _norm_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grads: Sequence[Tensor], max_norm: float) -> Case:
        return Case(name, {"args": [list(grads), max_norm], "kwargs": {}, "outputs": ["the clipped gradients"]})

    def layers() -> list[Tensor]:
        return [normal(rng, 3, 4), 4 * normal(rng, 3), 0.1 * normal(rng, 2, 3)]

    def tame() -> list[Tensor]:
        """Three tensors, each within a norm of 1.2, all together beyond it."""
        return [part / part.norm() for part in (normal(rng, 4), normal(rng, 2, 2), normal(rng, 3))]

    return [
        case("a weight, a bias and a quiet layer", layers(), 1.0),
        case("each tensor within the limit, not all together", tame(), 1.2),
        case("a norm under the limit", [0.1 * part for part in tame()], 1.5),
        case("a norm just under the limit", tame(), 1.8),
        case("a norm at the limit", [torch.tensor([3.0, 0.0]).double(), torch.tensor([[4.0]]).double()], 5.0),
        case("one loud tensor", [30 * normal(rng, 5), 0.2 * normal(rng, 3)], 2.0),
        case("one tensor", [3 + normal(rng, 3).abs()], 1.0),
        case("zero gradients", [torch.zeros(2, 2, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)], 1.0),
        case("float32", [part.float() for part in layers()], 0.7),
    ]


def _flat(grads: Sequence[Tensor]) -> Tensor:
    return torch.cat([grad.reshape(-1) for grad in grads])


def _factor(grads: Sequence[Tensor], max_norm: float) -> Tensor:
    factor: Tensor = (max_norm / _flat(grads).norm()).clamp(max=1)
    return factor


def _by(size: Callable[[Sequence[Tensor]], Tensor]) -> Clip:
    """Scales all tensors by one factor, wherever `size` is beyond the limit."""

    def clip(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
        factor = (max_norm / size(grads)).clamp(max=1)
        return [grad * factor for grad in grads]

    return clip


def _norms(grads: Sequence[Tensor]) -> Tensor:
    return torch.stack([grad.norm() for grad in grads])


def _sum_of_squares(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = sum(float(grad.square().sum()) for grad in grads) ** 0.5
    return [grad if norm <= max_norm else grad / norm * max_norm for grad in grads]


def _largest_of_both(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = max(float(_flat([grad.double() for grad in grads]).norm()), max_norm)
    return [grad * (max_norm / norm) for grad in grads]


def _as_torch(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    factor = (max_norm / (_norms(grads).norm() + 1e-6)).clamp(max=1)
    return [grad * factor for grad in grads]


def _each_by_itself(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    return [grad * (max_norm / grad.norm()).clamp(max=1) for grad in grads]


def _always_to_the_norm(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = _flat(grads).norm()
    return [grad * (max_norm / norm) for grad in grads]


def _always_up_to_the_norm(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = _flat(grads).norm()
    return [grad / norm if norm > max_norm else grad for grad in grads]


def _factor_upside_down(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = _flat(grads).norm()
    return [grad * (norm / max_norm) if norm > max_norm else grad for grad in grads]


def _small_ones_raised(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = _flat(grads).norm()
    return [grad * (max_norm / norm) if norm < max_norm else grad for grad in grads]


def _dropped(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    return [torch.zeros_like(grad) if _flat(grads).norm() > max_norm else grad for grad in grads]


CLIP_BY_NORM = Exercise(
    id="clip_by_norm",
    reference=reference.clip_by_norm,
    cases=_norm_cases,
    points=2,
    accepted=[
        Accepted("norm_of_all_entries", _by(lambda grads: _flat(grads).norm())),
        Accepted("sum_of_squares", _sum_of_squares),
        Accepted("larger_of_norm_and_limit", _largest_of_both),
        Accepted(
            "torch_form",
            _as_torch,
            "torch adds 1e-6 to the norm before it divides, so the result is shorter than the limit by that much.",
        ),
    ],
    mistakes=[
        Mistake(
            "each_tensor_by_itself",
            _each_by_itself,
            "Each tensor is clipped by its own norm, so that loud layers are turned down and quiet ones are not: the "
            "direction of the step changes. One norm is taken over all of them.",
            0.25,
        ),
        Mistake(
            "small_gradients_scaled_up",
            _always_to_the_norm,
            "Every gradient is brought to the norm, also one that is already small: near a minimum the steps would "
            "not get shorter, and a zero gradient gives nan. Change only what is beyond the limit.",
            0.25,
        ),
        Mistake(
            "only_small_gradients_scaled",
            _small_ones_raised,
            "The comparison is turned round: small gradients are lengthened and large ones pass.",
        ),
        Mistake(
            "scaled_to_norm_one",
            _always_up_to_the_norm,
            "Beyond the limit the gradient is divided by its norm and is then 1 long. It should be `max_norm` long.",
            0.5,
        ),
        Mistake(
            "factor_upside_down",
            _factor_upside_down,
            "The factor is above 1 here, and a large gradient gets larger. It is the limit divided by the norm.",
            0.25,
        ),
        Mistake(
            "root_forgotten",
            _by(lambda grads: _flat(grads).square().sum()),
            "The sum of squares is compared with the limit. The norm is its root.",
            0.25,
        ),
        Mistake(
            "sum_of_norms",
            _by(lambda grads: _norms(grads).sum()),
            "The norms of the tensors are added. Lengths add like the sides of a right angle: squares first, then the "
            "root.",
            0.25,
        ),
        Mistake(
            "largest_norm",
            _by(lambda grads: _norms(grads).max()),
            "Only the loudest tensor is looked at. The norm of all entries together is larger.",
            0.25,
        ),
        Mistake(
            "largest_entry",
            _by(lambda grads: _flat(grads).abs().max()),
            "The factor comes from the largest entry, which is the maximum norm. The Euclidean norm is asked for.",
            0.25,
        ),
        Mistake(
            "sum_of_sizes",
            _by(lambda grads: _flat(grads).abs().sum()),
            "The sizes of the entries are added, which is the 1-norm. The Euclidean norm is the root of the sum of "
            "squares.",
            0.25,
        ),
        Mistake(
            "first_tensor_only",
            _by(lambda grads: grads[0].norm()),
            "The norm is that of the first tensor alone. All gradients count together.",
        ),
        Mistake(
            "clipped_by_value",
            lambda grads, max_norm: [grad.clamp(-max_norm, max_norm) for grad in grads],
            "Entries are clipped one by one, which bends the direction. All of them are scaled by one factor.",
        ),
        Mistake(
            "large_gradients_dropped",
            _dropped,
            "Beyond the limit nothing is left. The direction is still good: keep it and shorten the gradient.",
            0.25,
        ),
        Mistake(
            "joined_to_one_vector",
            lambda grads, max_norm: _flat(grads) * _factor(grads, max_norm),
            "The numbers are right, but in one long vector. Return a list with the shapes that came in, so that each "
            "layer gets its own.",
            0.5,
        ),
    ],
    equivalent={
        "At the limit itself the factor is 1.": ["if norm < max_norm:"],
        "The same tensors: a list of its own is not asked for.": ["return grads"],
    },
)
