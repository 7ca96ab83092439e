"""`standard_error` and `samples_for_error`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

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
    corners = {"one coordinate, seven samples": 0.1, "samples of a matrix": 0.1}
    return [
        Case(name, {"args": [x], "kwargs": {}, "outputs": ["the standard error"]}, corner=corners.get(name, 0.0))
        for name, x in inputs
    ]


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


def _as_printed(samples: Tensor) -> Tensor:
    m = samples.shape[0]
    variance: Tensor = ((samples - samples.mean(dim=0)) ** 2).sum(dim=0) / (m - 1)
    return variance.sqrt().div(math.sqrt(m))


def _over_rows(samples: Tensor) -> Tensor:
    if samples.ndim == 1:
        return samples.std() / math.sqrt(len(samples))
    wrong: Tensor = samples.std(dim=1) / math.sqrt(samples.shape[1])
    return wrong


def _around_one_mean(samples: Tensor) -> Tensor:
    m = len(samples)
    return (samples - samples.mean()).square().sum(dim=0).div(m - 1).sqrt().div(m**0.5)


def _mean_deviation(divisor: Callable[[int], int]) -> Callable[[Tensor], Tensor]:
    def standard_error(samples: Tensor) -> Tensor:
        m = len(samples)
        return (samples - samples.mean(0)).abs().sum(0).div(divisor(m) * m**0.5)

    return standard_error


STANDARD_ERROR = Exercise(
    id="standard_error",
    reference=reference.standard_error,
    cases=_error_cases,
    points=2,
    accepted=[
        Accepted("formulas_as_printed", _as_printed),
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
            forms=[lambda samples: samples.std(dim=0, correction=0)],
        ),
        Mistake(
            "divided_by_m",
            lambda samples: samples.std(dim=0) / len(samples),
            "The variance of a mean falls as 1/m, so its deviation falls only as 1/√m.",
            credit=0.25,
            forms=[lambda samples: samples.std(dim=0, correction=0) / len(samples)],
        ),
        Mistake(
            "variance_of_the_mean",
            lambda samples: samples.var(dim=0) / len(samples),
            "This is the variance of the mean, σ²/m. The standard error is its root, in the samples' units.",
            credit=0.5,
            forms=[lambda samples: samples.var(dim=0, correction=0) / len(samples)],
        ),
        Mistake(
            "variance_over_root",
            lambda samples: samples.var(dim=0) / len(samples) ** 0.5,
            "The variance stands where the deviation belongs: take its root before you divide by √m.",
            credit=0.25,
            forms=[lambda samples: samples.var(dim=0, correction=0) / len(samples) ** 0.5],
        ),
        Mistake(
            "over_all_entries",
            lambda samples: samples.std() / len(samples) ** 0.5,
            "All coordinates are thrown together. Each has its own spread: reduce the first axis (dim=0).",
            credit=0.25,
            forms=[
                lambda samples: samples.std() / samples.numel() ** 0.5,
                lambda samples: samples.std(correction=0) / len(samples) ** 0.5,
            ],
        ),
        Mistake(
            "around_one_mean",
            _around_one_mean,
            "One mean is subtracted from all coordinates. Each has a mean of its own: samples.mean(dim=0).",
            credit=0.25,
        ),
        Mistake(
            "along_the_last_axis",
            lambda samples: samples.std(dim=-1) / samples.shape[-1] ** 0.5,
            "Samples lie along the first axis, coordinates along the others: reduce dim=0; m is its length.",
            forms=[_over_rows],
        ),
        Mistake(
            "length_of_another_axis",
            lambda samples: samples.std(dim=0) / samples.shape[-1] ** 0.5,
            "The deviation is right, but m is the length of the last axis. It is the number of samples: len(samples).",
            credit=0.5,
        ),
        Mistake(
            "counts_entries_for_samples",
            lambda samples: samples.std(dim=0) / samples.numel() ** 0.5,
            "m is the number of samples, `len(samples)`, not the number of entries.",
            credit=0.5,
            forms=[lambda samples: samples.std(dim=0, correction=0) / samples.numel() ** 0.5],
        ),
        Mistake(
            "not_centered",
            lambda samples: (samples.square().sum(0) / (len(samples) - 1) / len(samples)).sqrt(),
            "The squares are taken about zero. Subtract the mean of each coordinate first.",
            credit=0.25,
            forms=[lambda samples: samples.square().mean(0).sqrt() / len(samples) ** 0.5],
        ),
        Mistake(
            "absolute_deviation",
            _mean_deviation(lambda m: m),
            "σ is the root of the mean square of the deviations, not the mean of their absolute values.",
            forms=[_mean_deviation(lambda m: m - 1)],
        ),
        Mistake(
            "interval_of_95_percent",
            lambda samples: 1.96 * samples.std(dim=0) / len(samples) ** 0.5,
            "This is half the width of a 95 % interval. The standard error itself carries no factor 1.96.",
            credit=0.5,
            forms=[
                lambda samples: 2 * samples.std(dim=0) / len(samples) ** 0.5,
                lambda samples: 1.96 * samples.std(dim=0, correction=0) / len(samples) ** 0.5,
            ],
        ),
        Mistake(
            "root_of_the_deviation",
            lambda samples: (samples.std(dim=0) / len(samples)).sqrt(),
            "The root is taken of σ/m, so σ loses its units. σ stands before the root: σ/√m, or the root of σ²/m.",
            credit=0.25,
        ),
        Mistake(
            "multiplied_by_the_root",
            lambda samples: samples.std(dim=0) * len(samples) ** 0.5,
            "More samples make the mean steadier: divide by √m, do not multiply.",
            credit=0.25,
        ),
        Mistake(
            "norm_over_coordinates",
            lambda samples: (samples.std(dim=0) / len(samples) ** 0.5).norm(),
            "One number is returned, the length of all standard errors together. Each coordinate has its own: return a "
            "tensor of the shape of one sample.",
            credit=0.25,
        ),
        Mistake(
            "mean_over_root",
            lambda samples: samples.mean(dim=0) / len(samples) ** 0.5,
            "The mean itself is divided by √m. How far it strays is asked for: σ over √m.",
        ),
        Mistake(
            "range_over_root",
            lambda samples: (samples.amax(dim=0) - samples.amin(dim=0)) / len(samples) ** 0.5,
            "The range stands where the deviation belongs. It grows with the number of samples; σ does not.",
        ),
    ],
    equivalent={
        "A correction of 1 is torch's default.": ["sigma = samples.std(dim=0)"],
    },
)


Counted = Callable[[float, float], Any]

# --- samples_for_error ------------------------------------------------------------------------------------


def _count_cases(rng: np.random.Generator) -> Sequence[Case]:
    def given(name: str, sigma: float, target: float, *, corner: float = 0.0) -> Case:
        return Case(name, {"sigma": sigma, "target": target}, "sample_size", corner=corner)

    def case(name: str, m: int, part: float, *, scale: float = 1.0, corner: float = 0.0) -> Case:
        """σ and target for which (σ/target)² = m − 1 + part: the answer is m, far from any tie."""
        sigma = scale * float(rng.uniform(0.5, 3))
        return given(name, sigma, sigma / math.sqrt(m - 1 + part), corner=corner)

    whole = 2.0 ** int(rng.integers(2, 5))  # powers of two: whatever way one goes, nothing is rounded

    return [
        case("a few samples", int(rng.integers(6, 12)), 0.25),
        case("dozens of samples", int(rng.integers(40, 90)), 0.7),
        case("thousands of samples", int(rng.integers(3000, 5000)), 0.4),
        case("a large deviation", int(rng.integers(200, 300)), 0.8, scale=100.0),
        case("a small deviation", int(rng.integers(15, 30)), 0.3, scale=0.01),
        case("one sample is good enough", 1, 0.4, corner=0.1),
        given("whole numbers", 10, 3),
        given("a whole number of samples meets the target exactly", 0.5 * whole, 0.5, corner=0.1),
        given("the target is σ itself", 0.25, 0.25, corner=0.1),
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


def _just_before_the_search_ends(sigma: float, target: float) -> int:
    m = 1
    while sigma / math.sqrt(m) > target:
        m += 1
    return m - 1


def _search_turned(sigma: float, target: float) -> int:
    m = 1
    while sigma / math.sqrt(m) <= target and m < 10_000:
        m += 1
    return m


def _power_of_two(sigma: float, target: float) -> int:
    return int(2 ** math.ceil(math.log2(max(1.0, (sigma / target) ** 2))))


def _listed(
    name: str, first: Counted, hint: str, credit: float = 0.0, forms: Sequence[Counted] = (), *, number: bool = True
) -> Mistake:
    """A mistake, and the same in numbers of other types: as a float, and as a tensor."""

    def floating(count: Counted) -> Counted:
        return lambda sigma, target: float(count(sigma, target))

    def tensor(count: Counted) -> Counted:
        return lambda sigma, target: torch.tensor(count(sigma, target))

    ways = [first, *forms]
    others = [kind(way) for way in ways for kind in (floating, tensor)] if number else []
    return Mistake(name, first, hint, credit, forms=[*forms, *others])


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
        _listed(
            "rounded_down",
            lambda sigma, target: max(1, math.floor((sigma / target) ** 2)),
            "One sample too few: σ/√m is still a little above the target. Round up; // and int(...) cut off.",
            0.5,
            [lambda sigma, target: math.floor((sigma / target) ** 2)],
        ),
        _listed(
            "rounded_to_nearest",
            lambda sigma, target: max(1, round((sigma / target) ** 2)),
            "Rounding to the nearest number falls short half of the time. Round up.",
            0.5,
            [lambda sigma, target: round((sigma / target) ** 2)],
        ),
        _listed(
            "not_rounded",
            lambda sigma, target: (sigma / target) ** 2,
            "A number of samples is whole: the smallest integer that is not below (σ/target)².",
            0.25,
            [lambda sigma, target: max(1.0, (sigma / target) ** 2)],
        ),
        _listed(
            "one_too_many",
            lambda sigma, target: math.ceil((sigma / target) ** 2) + 1,
            "One sample fewer already meets the target, and the smallest number is asked for. (The m − 1 of a variance "
            "has "
            "no place in σ/√m.)",
            0.5,
        ),
        _listed(
            "one_too_few",
            _just_before_the_search_ends,
            "One sample too few: what comes back is the last number that does not meet the target yet. Add 1, or look "
            "at where the loop ends.",
            0.5,
            [lambda sigma, target: max(1, math.ceil((sigma / target) ** 2) - 1)],
        ),
        _listed(
            "one_more_where_it_is_whole",
            lambda sigma, target: math.floor((sigma / target) ** 2) + 1,
            "Where (σ/target)² is whole, that number meets the target itself, since “at most” allows it. math.ceil "
            "rounds "
            "up only what is not whole; in a search, go on while the error is greater than the target.",
            0.8,
            number=False,
        ),
        _listed(
            "float_instead_of_int",
            lambda sigma, target: float(max(1, math.ceil((sigma / target) ** 2))),
            "The value is right, but it is not an int: 9.0 and tensor(9) cannot be the end of a range. math.ceil gives "
            "an "
            "int, and int(...) makes one of a whole number.",
            0.5,
            [
                lambda sigma, target: torch.tensor(max(1, math.ceil((sigma / target) ** 2))),
                lambda sigma, target: torch.tensor([float(max(1, math.ceil((sigma / target) ** 2)))]),
                lambda sigma, target: float(math.floor((sigma / target) ** 2) + 1),
            ],
            number=False,
        ),
        _listed(
            "rounded_before_the_square",
            lambda sigma, target: math.ceil(sigma / target) ** 2,
            "The ratio is rounded up before it is squared, so only square numbers come out. Square first, then round "
            "up.",
            0.25,
        ),
        _listed(
            "whole_number_division",
            lambda sigma, target: max(1, int((sigma // target) ** 2)),
            "// cuts the ratio off before it is squared. Divide with /, square, and round up at the end.",
            0.25,
            [
                lambda sigma, target: int((sigma // target) ** 2),
                lambda sigma, target: max(1, round(sigma / target) ** 2),
            ],
        ),
        _listed(
            "interval_of_95_percent",
            _count(lambda sigma, target: (1.96 * sigma / target) ** 2),
            "This asks for a 95 % interval, with the factor 1.96 or 2. The standard error itself is to be at most "
            "target.",
            0.5,
            [_count(lambda sigma, target: (2 * sigma / target) ** 2)],
        ),
        _listed(
            "condition_of_the_search_turned",
            _search_turned,
            "The search ends at once, or never where it should: its condition is the wrong way round. Go on while the "
            "error is greater than the target.",
        ),
        _listed(
            "sigma_returned",
            lambda sigma, target: sigma,
            "What comes back is σ itself. Solve σ/√m = target for m.",
            forms=[lambda sigma, target: target],
            number=False,
        ),
        _listed(
            "two_samples_at_least",
            lambda sigma, target: max(2, math.ceil((sigma / target) ** 2)),
            "Right but where one sample is good enough: m ≥ 1, so 1 is an answer too.",
            0.8,
            number=False,
        ),
        _listed(
            "ratio_not_squared",
            _count(lambda sigma, target: sigma / target),
            "The error falls with √m: half of it takes four times the samples, so square the ratio.",
            forms=[lambda sigma, target: sigma / target, lambda sigma, target: int(sigma / target)],
        ),
        _listed(
            "only_target_squared",
            _count(lambda sigma, target: sigma / target**2),
            "σ² stands under the root too: m = σ²/target². Check the units, m has none.",
        ),
        _listed(
            "only_sigma_squared",
            _count(lambda sigma, target: sigma**2 / target),
            "The target must be squared as well: m = σ²/target². Check the units, m has none.",
        ),
        _listed(
            "variance_for_the_deviation",
            _count(lambda sigma, target: (sigma**2 / target) ** 2),
            "σ is squared twice. It is a deviation already: σ/√m ≤ target, so m = (σ/target)².",
        ),
        _listed(
            "root_instead_of_square",
            _count(lambda sigma, target: math.sqrt(sigma / target)),
            "Solving σ/√m = target for m squares the ratio; this takes its root.",
        ),
        _listed(
            "ratio_upside_down",
            _count(lambda sigma, target: (target / sigma) ** 2),
            "A smaller target must take more samples: the ratio is σ/target.",
            forms=[_count(lambda sigma, target: target / sigma)],
        ),
        _listed(
            "product_instead_of_ratio",
            _count(lambda sigma, target: (sigma * target) ** 2),
            "σ is multiplied by the target. A smaller target must take more samples: divide by it.",
        ),
        _listed(
            "next_power_of_two",
            _power_of_two,
            "Batches are often powers of two, but here the smallest m is asked for.",
            0.5,
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["return max(math.ceil(sigma ** 2 / target ** 2), 1)"],
        "Both numbers are positive, so what is rounded up is 1 at least.": [
            "return max(0, math.ceil(sigma ** 2 / target ** 2))"
        ],
    },
)
