"""`standard_error` and `samples_for_error`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.minibatches import reference

# --- standard_error ---------------------------------------------------------------------------------------


def _samples(rng: np.random.Generator, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Samples with a mean and a deviation of its own in every coordinate."""
    scale, shift = rng.uniform(0.5, 3, shape[1:]), rng.uniform(1, 2, shape[1:])
    return torch.from_numpy(np.asarray(shift + scale * rng.standard_normal(shape))).to(dtype)


def _error_cases(rng: np.random.Generator) -> Sequence[Case]:
    inputs = [
        ("one coordinate, seven samples", _samples(rng, 7)),
        ("twelve samples of a gradient with three entries", _samples(rng, 12, 3)),
        ("samples of a matrix", _samples(rng, 5, 2, 3)),
        ("two samples", _samples(rng, 2, 4)),
        ("a non-contiguous tensor", _samples(rng, 4, 9).T),
        ("float32, many samples", _samples(rng, 400, 2, dtype=torch.float32)),
    ]
    return [Case(name, {"args": [x], "kwargs": {}, "outputs": ["the standard error"]}) for name, x in inputs]


def _std_over_root(samples: Tensor) -> Tensor:
    return samples.std(dim=0) / math.sqrt(len(samples))


def _root_of_variance(samples: Tensor) -> Tensor:
    return (samples.var(dim=0, correction=1) / samples.shape[0]) ** 0.5


def _biased_over_root_of_one_less(samples: Tensor) -> Tensor:
    return samples.std(dim=0, unbiased=False) / math.sqrt(len(samples) - 1)


def _one_coordinate_at_a_time(samples: Tensor) -> Tensor:
    flat = samples.reshape(len(samples), -1)
    m = len(flat)
    errors = [(((column - column.mean()) ** 2).sum() / (m - 1) / m).sqrt() for column in flat.unbind(1)]
    return torch.stack(errors).reshape(samples.shape[1:])


STANDARD_ERROR = Exercise(
    id="standard_error",
    reference=reference.standard_error,
    cases=_error_cases,
    points=2,
    accepted=[
        Accepted("std_over_root", _std_over_root),
        Accepted("root_of_variance", _root_of_variance),
        Accepted("biased_over_root_of_one_less", _biased_over_root_of_one_less),
        Accepted("one_coordinate_at_a_time", _one_coordinate_at_a_time),
    ],
    mistakes=[
        Mistake(
            "biased_deviation",
            lambda samples: samples.std(dim=0, correction=0) / len(samples) ** 0.5,
            "σ is estimated from the same samples as the mean: divide the sum of squares by m − 1, not by m.",
            credit=0.5,
        ),
        Mistake(
            "one_less_under_the_root",
            lambda samples: samples.std(dim=0) / (len(samples) - 1) ** 0.5,
            "The correction m − 1 belongs into the deviation, once. The mean of m samples still gains √m.",
            credit=0.5,
        ),
        Mistake(
            "deviation_not_divided",
            lambda samples: samples.std(dim=0),
            "This is the deviation of one sample. The mean of m samples strays √m times less.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_m",
            lambda samples: samples.std(dim=0) / len(samples),
            "The variance of a mean falls as 1/m, so its deviation falls only as 1/√m.",
            credit=0.25,
        ),
        Mistake(
            "variance_of_the_mean",
            lambda samples: samples.var(dim=0) / len(samples),
            "This is the variance of the mean, σ²/m. The standard error is its root, in the samples' units.",
            credit=0.5,
        ),
        Mistake(
            "variance_over_root",
            lambda samples: samples.var(dim=0) / len(samples) ** 0.5,
            "The variance stands where the deviation belongs: take its root before you divide by √m.",
            credit=0.25,
        ),
        Mistake(
            "over_all_entries",
            lambda samples: samples.std() / len(samples) ** 0.5,
            "All coordinates are thrown together. Each has its own spread: reduce the first axis (dim=0).",
            credit=0.25,
        ),
        Mistake(
            "along_the_last_axis",
            lambda samples: samples.std(dim=-1) / samples.shape[-1] ** 0.5,
            "Samples lie along the first axis, coordinates along the others: reduce dim=0; m is its length.",
        ),
        Mistake(
            "counts_entries_for_samples",
            lambda samples: samples.std(dim=0) / samples.numel() ** 0.5,
            "m is the number of samples, `len(samples)`, not the number of entries.",
            credit=0.5,
        ),
        Mistake(
            "not_centered",
            lambda samples: (samples.square().sum(0) / (len(samples) - 1) / len(samples)).sqrt(),
            "The squares are taken about zero. Subtract the mean of each coordinate first.",
            credit=0.25,
        ),
        Mistake(
            "absolute_deviation",
            lambda samples: (samples - samples.mean(0)).abs().mean(0) / len(samples) ** 0.5,
            "σ is the root of the mean square of the deviations, not the mean of their absolute values.",
        ),
    ],
    equivalent={
        "A correction of 1 is torch's default.": ["sigma = samples.std(dim=0)"],
    },
)


# --- samples_for_error ------------------------------------------------------------------------------------


def _count_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, m: int, part: float, *, scale: float = 1.0) -> Case:
        """σ and target for which (σ/target)² = m − 1 + part: the answer is m, far from any tie."""
        sigma = scale * float(rng.uniform(0.5, 3))
        target = sigma / math.sqrt(m - 1 + part)
        return Case(name, {"args": [sigma, target], "kwargs": {}, "outputs": ["the number of samples"]})

    return [
        case("a few samples", int(rng.integers(6, 12)), 0.25),
        case("dozens of samples", int(rng.integers(40, 90)), 0.7),
        case("thousands of samples", int(rng.integers(3000, 5000)), 0.4),
        case("a large deviation", int(rng.integers(200, 300)), 0.8, scale=100.0),
        case("a small deviation", int(rng.integers(15, 30)), 0.3, scale=0.01),
        case("one sample is good enough", 1, 0.4),
        Case("whole numbers", {"args": [10, 3], "kwargs": {}, "outputs": ["the number of samples"]}),
    ]


def _search(sigma: float, target: float) -> int:
    m = 1
    while sigma / math.sqrt(m) > target:
        m += 1
    return m


def _negative_floor(sigma: float, target: float) -> int:
    return int(-(-(sigma**2) // target**2))


def _in_torch(sigma: float, target: float) -> int:
    ratio = torch.tensor(sigma, dtype=torch.float64) / torch.tensor(target, dtype=torch.float64)
    return int(torch.ceil(ratio.square()).item())


def _power_of_two(sigma: float, target: float) -> int:
    return int(2 ** math.ceil(math.log2(max(1.0, (sigma / target) ** 2))))


def _count(formula: Callable[[float, float], float]) -> Callable[[float, float], int]:
    return lambda sigma, target: max(1, math.ceil(formula(sigma, target)))


SAMPLES_FOR_ERROR = Exercise(
    id="samples_for_error",
    reference=reference.samples_for_error,
    cases=_count_cases,
    points=1,
    accepted=[
        Accepted("search", _search),
        Accepted("negative_floor", _negative_floor),
        Accepted("in_torch", _in_torch),
    ],
    mistakes=[
        Mistake(
            "rounded_down",
            lambda sigma, target: max(1, math.floor((sigma / target) ** 2)),
            "One sample too few: σ/√m is still a little above the target. Round up.",
            credit=0.5,
        ),
        Mistake(
            "rounded_to_nearest",
            lambda sigma, target: max(1, round((sigma / target) ** 2)),
            "Rounding to the nearest number falls short half of the time. Round up.",
            credit=0.5,
        ),
        Mistake(
            "not_rounded",
            lambda sigma, target: (sigma / target) ** 2,
            "A number of samples is whole: the smallest integer that is not below (σ/target)².",
            credit=0.25,
        ),
        Mistake(
            "one_too_many",
            lambda sigma, target: math.ceil((sigma / target) ** 2) + 1,
            "One sample fewer already meets the target, and the smallest number is asked for.",
            credit=0.5,
        ),
        Mistake(
            "ratio_not_squared",
            _count(lambda sigma, target: sigma / target),
            "The error falls with √m: half of it takes four times the samples, so square the ratio.",
        ),
        Mistake(
            "only_target_squared",
            _count(lambda sigma, target: sigma / target**2),
            "σ² stands under the root too: m = σ²/target². Check the units, m has none.",
        ),
        Mistake(
            "only_sigma_squared",
            _count(lambda sigma, target: sigma**2 / target),
            "The target must be squared as well: m = σ²/target². Check the units, m has none.",
        ),
        Mistake(
            "root_instead_of_square",
            _count(lambda sigma, target: math.sqrt(sigma / target)),
            "Solving σ/√m = target for m squares the ratio; this takes its root.",
        ),
        Mistake(
            "ratio_upside_down",
            _count(lambda sigma, target: (target / sigma) ** 2),
            "A smaller target must take more samples: the ratio is σ/target.",
        ),
        Mistake(
            "next_power_of_two",
            _power_of_two,
            "Batches are often powers of two, but here the smallest m is asked for.",
            credit=0.5,
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["return max(math.ceil(sigma ** 2 / target ** 2), 1)"],
        "Both numbers are positive, so what is rounded up is 1 at least.": [
            "return max(0, math.ceil(sigma ** 2 / target ** 2))"
        ],
    },
)
