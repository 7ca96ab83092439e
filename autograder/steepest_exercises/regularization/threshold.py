"""Exercise `soft_threshold` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal, uniform
from steepest_exercises.regularization import reference

Threshold = Tensor | float


def some_beyond(rng: np.random.Generator, threshold: Tensor) -> Tensor:
    """Numbers of the shape of thresholds: within and beyond each of them, on both sides, in an order that is drawn."""
    flat = threshold.reshape(-1)
    kinds = np.resize([0.2, 0.6, 1.4, 3.0], flat.numel()) * np.resize([1, -1, -1, 1, 1, 1, -1, -1], flat.numel())
    factors = torch.from_numpy(rng.permutation(kinds) * rng.uniform(0.9, 1.1, flat.numel())).to(threshold.dtype)
    return (factors * flat).reshape(threshold.shape)


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, x: Tensor, threshold: Threshold, corner: float = 0.0) -> Case:
        inputs = {"args": [x, threshold], "kwargs": {}, "outputs": ["the result"]}
        return Case(name, inputs, corner=corner)

    def one_for_all(*shape: int, low: float, high: float, dtype: torch.dtype = torch.float64) -> tuple[Tensor, float]:
        t = float(rng.uniform(low, high))
        return some_beyond(rng, torch.full(shape, t, dtype=dtype)), t

    one_each, table = uniform(rng, 0.3, 2, 8), uniform(rng, 0.3, 2, 4, 3)
    single = torch.tensor(float(rng.uniform(0.4, 0.8)), dtype=torch.float64)
    return [
        case("a vector", *one_for_all(8, low=0.4, high=0.8)),
        case("a large threshold", *one_for_all(9, low=1.5, high=2.5)),
        case("a small threshold", *one_for_all(8, low=0.05, high=0.1)),
        case("a threshold for each entry", some_beyond(rng, one_each), one_each),
        case("a non-contiguous matrix", some_beyond(rng, table).T, table.T),
        case("float32", *one_for_all(8, low=0.4, high=0.8, dtype=torch.float32)),
        case("the threshold is a tensor without axes", some_beyond(rng, single.expand(8).clone()), single),
        case("no threshold, t = 0", normal(rng, 6), 0.0, 0.1),
        case("no threshold, and an entry that is 0", torch.cat([torch.zeros(1).double(), normal(rng, 3)]), 0.0, 0.1),
        case("exact zeros among the entries", torch.cat([torch.zeros(2).double(), normal(rng, 3)]), 0.25, 0.1),
        case("an infinite threshold", normal(rng, 3), torch.tensor([torch.inf, 0.01, torch.inf]).double(), 0.1),
    ]


def _made(rule: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Threshold], Tensor]:
    """`rule(x, t)` with t as a tensor."""

    def soft_threshold(x: Tensor, threshold: Threshold) -> Tensor:
        return rule(x, torch.as_tensor(threshold, dtype=x.dtype, device=x.device))

    return soft_threshold


def _three_cases(x: Tensor, threshold: Threshold) -> Tensor:
    return torch.where(x > threshold, x - threshold, torch.where(x < -threshold, x + threshold, 0.0)).to(x.dtype)


def _one_by_one(x: Tensor, threshold: Threshold) -> Tensor:
    thresholds = torch.as_tensor(threshold, dtype=x.dtype).expand(x.shape).reshape(-1).tolist()
    values = x.reshape(-1).tolist()
    shrunk = [
        value - t if value > t else value + t if value < -t else 0.0
        for value, t in zip(values, thresholds, strict=True)
    ]
    return torch.tensor(shrunk, dtype=x.dtype).reshape(x.shape)


def _in_torch(x: Tensor, threshold: Threshold) -> Tensor:
    return torch.nn.functional.softshrink(x, float(threshold))


def _share_left(x: Tensor, threshold: Threshold) -> Tensor:
    return torch.where(x == 0, x, x * (1 - threshold / x.abs()).clamp(min=0))


SOFT_THRESHOLD = Exercise(
    id="soft_threshold",
    reference=reference.soft_threshold,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("sign_and_size", lambda x, threshold: torch.sign(x) * torch.clamp(x.abs() - threshold, min=0)),
        Accepted("what_clamping_leaves", lambda x, threshold: x - torch.clamp(x, -threshold, threshold)),
        Accepted("by_cases", _three_cases),
        Accepted("both_ends", lambda x, threshold: (x - threshold).clamp(min=0) + (x + threshold).clamp(max=0)),
        Accepted("one_by_one", _one_by_one),
        Accepted("share_that_is_left", _share_left),
        Accepted("relu_of_the_size", _made(lambda x, t: x.sign() * torch.maximum(x.abs() - t, torch.zeros_like(x)))),
    ],
    mistakes=[
        Mistake(
            "hard_threshold",
            _made(lambda x, t: torch.where(x.abs() > t, x, 0.0).to(x.dtype)),
            "What is kept is kept whole: this is the hard threshold. The soft one also moves what is left towards 0 "
            "by t.",
            0.25,
            forms=[_made(lambda x, t: x * (x.abs() > t))],
        ),
        Mistake(
            "clipped",
            _made(lambda x, t: torch.clamp(x, -t, t)),
            "Entries are clipped to [-t, t]. That is what the threshold takes away; asked for is what it leaves.",
            0.25,
        ),
        Mistake(
            "positive_side_only",
            _made(lambda x, t: torch.relu(x - t)),
            "Large negative entries become 0. Both sides are moved towards 0: work with the size, and give the sign "
            "back.",
            0.25,
            forms=[_made(lambda x, t: torch.where(x > t, x - t, 0.0).to(x.dtype))],
        ),
        Mistake(
            "negative_entries_kept",
            _made(lambda x, t: torch.where(x > t, x - t, torch.where(x >= 0, 0.0, x)).to(x.dtype)),
            "Negative entries are not moved, or not as far as 0. Both sides are moved towards 0 by t.",
            0.25,
            forms=[
                _made(lambda x, t: torch.where(x >= 0, torch.relu(x - t), x + t)),
                _made(lambda x, t: torch.where(x > t, x - t, torch.where(x < -t, x, 0.0)).to(x.dtype)),
            ],
        ),
        Mistake(
            "sign_forgotten",
            _made(lambda x, t: torch.relu(x.abs() - t)),
            "The sizes are right and the signs are gone. What was negative stays negative.",
            0.5,
            forms=[_made(lambda x, t: torch.relu(x - t) + torch.relu(-x - t))],
        ),
        Mistake(
            "beyond_zero",
            _made(lambda x, t: x - t * x.sign()),
            "Small entries are pushed through 0 and come out on the other side. They stop at 0: max(|x| - t, 0).",
            0.5,
            forms=[_made(lambda x, t: torch.where(x > 0, x - t, x + t))],
        ),
        Mistake(
            "always_subtracted",
            _made(lambda x, t: x - t),
            "t is subtracted from every entry, so negative ones move away from 0. Move each towards 0, and stop there.",
            0.25,
            forms=[_made(lambda x, t: torch.where(x.abs() > t, x - t, 0.0).to(x.dtype))],
        ),
        Mistake(
            "away_from_zero",
            _made(lambda x, t: x.sign() * (x.abs() + t)),
            "Entries move away from 0, and none becomes 0. Subtract t from the size.",
            0.25,
            forms=[
                _made(lambda x, t: torch.where(x.abs() > t, x + t * x.sign(), 0.0).to(x.dtype)),
            ],
        ),
        Mistake(
            "small_entries_kept",
            _made(lambda x, t: torch.where(x.abs() < t, x, 0.0).to(x.dtype)),
            "The small entries stay, and the large ones become 0. It is the other way round.",
            0.25,
            forms=[
                _made(lambda x, t: x.sign() * (x.abs() - t).clamp(max=0)),
                _made(lambda x, t: torch.where(x.abs() <= t, x - t * x.sign(), 0.0).to(x.dtype)),
            ],
        ),
        Mistake(
            "small_entries_left_alone",
            _made(lambda x, t: torch.where(x.abs() > t, x - t * x.sign(), x)),
            "Large entries are moved by t, and small ones stay as they are. What is not larger than t becomes 0.",
            0.5,
        ),
        Mistake(
            "scaled",
            _made(lambda x, t: x / (1 + t)),
            "Every entry is scaled down, as L2 does, and none becomes 0. Here each moves by the same distance t, "
            "however large it is.",
            0.25,
            forms=[_made(lambda x, t: x * (1 - t)), _made(lambda x, t: x * t)],
        ),
        Mistake(
            "whole_vector_shrunk",
            _made(lambda x, t: x * torch.relu(1 - t / x.norm().clamp(min=1e-30))),
            "The whole tensor is shortened by t, which keeps its direction. Each entry has a threshold of its own.",
            0.25,
            forms=[_made(lambda x, t: x * torch.relu(1 - t / x.abs().max().clamp(min=1e-30)))],
        ),
        Mistake(
            "sizes_differ",
            _made(lambda x, t: x.sign() * (x.abs() - t).abs()),
            "Small entries grow again below the threshold, as t - |x|. There the result is 0: a maximum, not an "
            "absolute value.",
            0.5,
            forms=[_made(lambda x, t: (x.abs() - t).abs())],
        ),
        Mistake(
            "threshold_doubled_or_halved",
            _made(lambda x, t: x.sign() * torch.relu(x.abs() - 2 * t)),
            "Entries move by twice or half the threshold. They move by t.",
            0.5,
            forms=[
                _made(lambda x, t: x.sign() * torch.relu(x.abs() - t / 2)),
                _made(lambda x, t: torch.where(x.abs() > t, x - t / 2 * x.sign(), 0.0).to(x.dtype)),
            ],
        ),
        Mistake(
            "threshold_squared",
            _made(lambda x, t: x.sign() * torch.relu(x.abs() - t * t)),
            "The threshold, or the entry, is squared. Compare |x| with t.",
            0.25,
            forms=[_made(lambda x, t: torch.where(x * x > t, x - t * x.sign(), 0.0).to(x.dtype))],
        ),
        Mistake(
            "signs_alone",
            _made(lambda x, t: x.sign() * (x.abs() > t)),
            "This tells which entries survive, and of which sign they are. What they are worth is missing.",
            forms=[_made(lambda x, t: (x.abs() > t).to(x.dtype))],
        ),
        Mistake(
            "zero_over_zero",
            lambda x, threshold: x * (1 - threshold / x.abs()).clamp(min=0),
            "Where an entry and its threshold are both 0, 0/0 gives nan. Work with the size and the sign, or treat "
            "0 apart.",
            0.9,
        ),
        Mistake(
            "threshold_must_be_a_number",
            _in_torch,
            "The threshold may be a tensor, with another threshold for each entry. torch's softshrink takes one "
            "number only.",
            0.75,
        ),
        Mistake(
            "one_threshold_for_all",
            _made(lambda x, t: x.sign() * torch.relu(x.abs() - t.reshape(-1)[0])),
            "One threshold serves all entries, where there is another one for each. Subtract the tensor as it is.",
            0.5,
            forms=[
                _made(lambda x, t: x.sign() * torch.relu(x.abs() - t.mean())),
                _made(lambda x, t: x.sign() * torch.relu(x.abs() - t.max())),
            ],
        ),
        Mistake(
            "multiplied_by_the_entry",
            _made(lambda x, t: x * torch.relu(x.abs() - t)),
            "What is left of the size is multiplied by x itself. The sign alone belongs there: torch.sign(x).",
            0.25,
        ),
        Mistake(
            "border_for_small_entries",
            _made(lambda x, t: torch.where(x.abs() > t, x - t * x.sign(), t)),
            "Small entries become t, or as large as t. What is not larger than t becomes 0.",
            0.25,
            forms=[
                _made(lambda x, t: torch.where(x.abs() > t, x - t * x.sign(), t * x.sign())),
                _made(lambda x, t: x.sign() * torch.maximum(x.abs() - t, t)),
            ],
        ),
        Mistake(
            "second_side_mixed_up",
            _made(lambda x, t: torch.relu(x - t) - torch.relu(x + t)),
            "A sign is another one in what is done for the negative side. Above t it is x − t, and below −t it is x + "
            "t: relu(x − t) − relu(−x − t).",
            0.25,
            forms=[
                _made(lambda x, t: torch.relu(x - t) + torch.relu(x + t)),
                _made(lambda x, t: torch.where(x > t, x - t, x + t)),
                _made(lambda x, t: torch.where(x > 0, torch.relu(x - t), torch.relu(x + t))),
                _made(lambda x, t: torch.where(x > t, x - t, torch.where(x < -t, t - x, 0.0)).to(x.dtype)),
            ],
        ),
    ],
)
