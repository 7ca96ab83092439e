"""Exercise `clip_by_norm` of `03_loss_landscapes`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes import reference

Clip = Callable[[Sequence[Tensor], float], list[Tensor]]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, grads: Sequence[Tensor], max_norm: float, corner: float = 0.0) -> Case:
        inputs = {"args": [list(grads), max_norm], "kwargs": {}, "outputs": ["the clipped gradients"]}
        slack = 100 if grads[0].dtype == torch.float64 else 1  # up to 1e-6 beside the norm makes no difference
        return Case(name, inputs, slack=slack, corner=corner)

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
        case("a long gradient and a limit above 1", [5 * part for part in layers()], 3.0),
        case("a norm over 1 and far under the limit", [0.75 * part for part in tame()], 2.5),
        case("a norm under 1 and over the limit", [0.35 * part for part in tame()], 0.5),
        case("a quiet tensor before a loud one", [0.1 * normal(rng, 2), 6 * normal(rng, 2, 2)], 1.5),
        case("a short gradient and a limit under 1", [0.1 * part for part in tame()], 0.8),
        case(
            "zero gradients", [torch.zeros(2, 2, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)], 1.0, 0.25
        ),
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


def _own_tensors(grads: Sequence[Tensor], max_norm: float) -> Sequence[Tensor]:
    norm = _norms(grads).square().sum().sqrt()
    return grads if norm <= max_norm else [grad * (max_norm / norm) for grad in grads]


def _added(small: float) -> Clip:
    """With a small number beside the norm."""

    def clip(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
        factor = (max_norm / (_norms(grads).norm() + small)).clamp(max=1)
        return [grad * factor for grad in grads]

    return clip


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


def _above(length: Tensor, limit: float, factor: Tensor) -> Tensor:
    """The factor where a length is beyond the limit, and 1 elsewhere."""
    return torch.where(length > limit, factor, torch.ones_like(factor))


def _small_number_added(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    norm = _flat(grads).norm()
    return [grad * (max_norm / (norm + 1e-6)) if norm > max_norm else grad for grad in grads]


def _scaled(factor: Callable[[Tensor, float], Tensor]) -> Clip:
    """All tensors times one factor, which is made of the norm and the limit."""
    return lambda grads, max_norm: [grad * factor(_flat(grads).norm(), max_norm) for grad in grads]


def _own_norm_decides(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    return [grad * _factor(grads, max_norm) if grad.norm() > max_norm else grad for grad in grads]


def _only_the_first(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    return [grad * _factor(grads, max_norm) if place == 0 else grad for place, grad in enumerate(grads)]


def _one_after_the_other(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    """The norm is taken again after each tensor that has been scaled."""
    clipped = list(grads)
    for place in range(len(clipped)):
        clipped[place] = clipped[place] * _factor(clipped, max_norm)
    return clipped


def _entries_alone(grads: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    factor = _factor(grads, max_norm)
    return [(grad * factor).reshape(-1) for grad in grads]


CLIP_BY_NORM = Exercise(
    id="clip_by_norm",
    reference=reference.clip_by_norm,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("norm_of_all_entries", _by(lambda grads: _flat(grads).norm())),
        Accepted("sum_of_squares", _sum_of_squares),
        Accepted("larger_of_norm_and_limit", _largest_of_both),
        Accepted(
            "torch_form",
            _added(1e-6),
            "torch adds 1e-6 to the norm before it divides, so the result is shorter than the limit by that much.",
        ),
        Accepted(
            "torch_form_beyond_the_limit",
            _small_number_added,
            "1e-6 is added to the norm, as torch does, so the result is shorter than the limit by that much.",
        ),
        Accepted("a_smaller_number_added", _added(1e-12)),
        Accepted("a_number_of_middling_size_added", _added(3e-7)),
        Accepted("own_tensors_handed_back", _own_tensors),
    ],
    mistakes=[
        Mistake(
            "each_tensor_by_itself",
            _each_by_itself,
            "Each tensor is scaled by its own norm, so that loud layers are turned down more than quiet ones: the "
            "direction of the step changes. One norm is taken over all of them.",
            0.25,
            forms=[
                lambda grads, max_norm: [grad * (max_norm / (grad.norm() + 1e-6)).clamp(max=1) for grad in grads],
                lambda grads, max_norm: [grad * (max_norm / grad.norm()) for grad in grads],
            ],
        ),
        Mistake(
            "own_norm_decides",
            _own_norm_decides,
            "The factor is right, but each tensor's own norm decides whether it is used, so that quiet layers keep "
            "their length. Compare the norm of all of them with the limit, once.",
            0.25,
        ),
        Mistake(
            "only_one_tensor_scaled",
            _only_the_first,
            "The tensors are not all scaled by one and the same factor. One gradient, one factor: it multiplies every "
            "tensor of the list.",
            0.25,
            forms=[_one_after_the_other],
        ),
        Mistake(
            "small_gradients_scaled_up",
            _always_to_the_norm,
            "A gradient that is already short enough is lengthened to the limit. Change only what is beyond the limit, "
            "and leave the rest as it is.",
            0.25,
            forms=[_scaled(lambda norm, limit: limit / (norm + 1e-6))],
        ),
        Mistake(
            "only_small_gradients_scaled",
            _small_ones_raised,
            "The wrong way round: short gradients are lengthened and long ones pass. Shorten what is beyond the limit, "
            "and leave the rest as it is.",
            forms=[_scaled(lambda norm, limit: (limit / norm).clamp(min=1))],
        ),
        Mistake(
            "scaled_to_norm_one",
            _always_up_to_the_norm,
            "A long gradient comes out 1 long, whatever the limit is. Beyond the limit it should be `max_norm` long.",
            0.5,
            forms=[_scaled(lambda norm, limit: 1 / norm.clamp(min=1)), _scaled(lambda norm, limit: 1 / norm)],
        ),
        Mistake(
            "compared_with_one",
            _scaled(lambda norm, limit: _above(norm, 1.0, limit / norm)),
            "A norm of 1 decides what happens to the gradient. Whether a gradient is too long is decided by the limit "
            "that is passed in, `max_norm`.",
            0.25,
            forms=[_scaled(lambda norm, limit: (1 / norm).clamp(max=1) * limit)],
        ),
        Mistake(
            "limit_subtracted",
            _scaled(lambda norm, limit: _above(norm, limit, (norm - limit) / norm)),
            "A long gradient does not come out `max_norm` long, as when the limit is subtracted from the norm or added "
            "to it. Beyond the limit the factor is max_norm / norm.",
            0.25,
            forms=[_scaled(lambda norm, limit: limit / (limit + norm))],
        ),
        Mistake(
            "scaled_by_the_limit",
            _scaled(lambda norm, limit: _above(norm, limit, torch.full_like(norm, limit))),
            "The gradient is multiplied or divided by the limit alone, and the norm has no part in the factor. It is "
            "max_norm / norm.",
            forms=[
                _scaled(lambda norm, limit: _above(norm, limit, torch.full_like(norm, 1 / limit))),
                _scaled(lambda norm, limit: limit * torch.ones_like(norm)),
            ],
        ),
        Mistake(
            "power_of_the_factor",
            _scaled(lambda norm, limit: (limit / norm).clamp(max=1).sqrt()),
            "The factor is squared, or its root is taken. It is max_norm / norm as it stands: then the length becomes "
            "max_norm.",
            0.25,
            forms=[_scaled(lambda norm, limit: (limit / norm).clamp(max=1).square())],
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
            "The sum of squares takes the place of the norm, in the comparison or in the factor. The norm is its root.",
            0.25,
            forms=[
                _scaled(lambda norm, limit: _above(norm, limit, limit / norm.square())),
                _scaled(lambda norm, limit: _above(norm.square(), limit, limit / norm)),
            ],
        ),
        Mistake(
            "sum_of_norms",
            _by(lambda grads: _norms(grads).sum()),
            "The norms of the tensors are added or averaged. Lengths add like the sides of a right angle: squares "
            "first, then the root.",
            0.25,
            forms=[_by(lambda grads: _norms(grads).mean())],
        ),
        Mistake(
            "root_mean_square",
            _by(lambda grads: _flat(grads).square().mean().sqrt()),
            "A mean stands where a sum belongs: there is a division by the number of entries or of tensors. The norm "
            "is the root of the sum of squares, and grows with the number of entries.",
            0.25,
            forms=[
                _by(lambda grads: _norms(grads).square().mean().sqrt()),
                _by(lambda grads: _flat(grads).square().mean()),
                _by(lambda grads: _flat(grads).norm() / len(_flat(grads))),
                _by(lambda grads: _flat(grads).norm() / len(grads)),
            ],
        ),
        Mistake(
            "largest_norm",
            _by(lambda grads: _norms(grads).max()),
            "Only the loudest tensor counts here. The norm is taken over all entries together, and the other tensors "
            "add to it.",
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
            "The entries, or their sizes, are added or averaged without a square. The Euclidean norm is the root of "
            "the sum of squares.",
            0.25,
            forms=[_by(lambda grads: _flat(grads).sum().abs()), _by(lambda grads: _flat(grads).abs().mean())],
        ),
        Mistake(
            "first_tensor_only",
            _by(lambda grads: grads[0].norm()),
            "The norm is that of a single tensor, the first or the last. All gradients count together: add up their "
            "squares.",
            forms=[_by(lambda grads: grads[-1].norm())],
        ),
        Mistake(
            "clipped_by_value",
            lambda grads, max_norm: [grad.clamp(-max_norm, max_norm) for grad in grads],
            "Entries are clipped one by one, which bends the direction. All of them are scaled by one factor.",
            0.25,
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
            forms=[lambda grads, max_norm: [_flat(grads) * _factor(grads, max_norm)]],
        ),
        Mistake(
            "shapes_lost",
            _entries_alone,
            "The numbers are right, but each tensor has become a vector. Every one keeps the shape in which it came.",
            0.5,
        ),
        Mistake(
            "norm_returned_too",
            lambda grads, max_norm: ([grad * _factor(grads, max_norm) for grad in grads], _flat(grads).norm()),
            "The list of gradients is right, but a second value is returned with it. The list alone is asked for.",
            0.5,
            forms=[
                lambda grads, max_norm: (_flat(grads).norm(), [grad * _factor(grads, max_norm) for grad in grads]),
                lambda grads, max_norm: ([grad * _factor(grads, max_norm) for grad in grads], _factor(grads, max_norm)),
            ],
        ),
        Mistake(
            "norm_returned",
            lambda grads, max_norm: _flat(grads).norm(),
            "The norm, or the factor, is returned. It is the first half of the work: multiply every tensor by the "
            "factor and return the list.",
            0.25,
            forms=[lambda grads, max_norm: _factor(grads, max_norm)],
        ),
    ],
    equivalent={
        "At the limit itself the factor is 1.": ["if norm < max_norm:"],
        "The same tensors: a list of its own is not asked for.": ["return grads"],
    },
)
