"""`samples_for_error`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises import reasons
from steepest_exercises.minibatches import reference

Counted = Callable[[float, float], Any]


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
            "Where (σ/target)² is not whole, this is one sample too few: σ/√m is still above the target. Round up; // "
            "and int(...) cut off.",
            0.5,
            forms=[lambda sigma, target: math.floor((sigma / target) ** 2)],
        ),
        Mistake(
            "rounded_to_nearest",
            lambda sigma, target: max(1, round((sigma / target) ** 2)),
            "Rounding to the nearest number can fall short: then σ/√m is still above the target. Round up.",
            0.5,
            forms=[lambda sigma, target: round((sigma / target) ** 2)],
        ),
        Mistake(
            "not_rounded",
            lambda sigma, target: (sigma / target) ** 2,
            "A number of samples is whole: the smallest integer that is not below (σ/target)².",
            0.25,
            forms=[lambda sigma, target: max(1.0, (sigma / target) ** 2)],
        ),
        Mistake(
            "one_too_many",
            lambda sigma, target: math.ceil((sigma / target) ** 2) + 1,
            "One sample fewer already meets the target, and the smallest number is asked for. The m − 1 of a variance "
            "has no place in σ/√m.",
            0.5,
        ),
        Mistake(
            "one_too_few",
            _just_before_the_search_ends,
            "One sample too few: σ/√m is still above the target. The smallest number that meets it is asked for: round "
            "up, or look at where a search ends.",
            0.5,
            forms=[lambda sigma, target: max(1, math.ceil((sigma / target) ** 2) - 1)],
        ),
        Mistake(
            "one_more_where_it_is_whole",
            lambda sigma, target: math.floor((sigma / target) ** 2) + 1,
            "Where (σ/target)² is whole, that number meets the target itself, since “at most” allows it. math.ceil "
            "rounds "
            "up only what is not whole; in a search, go on while the error is greater than the target.",
            0.8,
        ),
        Mistake(
            "float_instead_of_int",
            lambda sigma, target: float(max(1, math.ceil((sigma / target) ** 2))),
            "A number of samples is an int, and this is of another type, such as a float or a tensor. math.ceil gives "
            "an int, and int(...) makes one of a whole number.",
            0.5,
            forms=[
                lambda sigma, target: torch.tensor(max(1, math.ceil((sigma / target) ** 2))),
                lambda sigma, target: torch.tensor([float(max(1, math.ceil((sigma / target) ** 2)))]),
                lambda sigma, target: float(math.floor((sigma / target) ** 2) + 1),
            ],
        ),
        Mistake(
            "rounded_before_the_square",
            lambda sigma, target: math.ceil(sigma / target) ** 2,
            "The ratio is rounded up before it is squared, so only square numbers come out. Square first, then round "
            "up.",
            0.25,
        ),
        Mistake(
            "whole_number_division",
            lambda sigma, target: max(1, int((sigma // target) ** 2)),
            "The ratio is made whole before it is squared, as // does. Divide with /, square, and round up at the end.",
            0.25,
            forms=[
                lambda sigma, target: int((sigma // target) ** 2),
                lambda sigma, target: max(1, round(sigma / target) ** 2),
            ],
        ),
        Mistake(
            "interval_of_95_percent",
            _count(lambda sigma, target: (1.96 * sigma / target) ** 2),
            "This asks for a 95 % interval, with the factor 1.96 or 2. The standard error itself is to be at most "
            "target.",
            0.5,
            forms=[_count(lambda sigma, target: (2 * sigma / target) ** 2)],
        ),
        Mistake(
            "condition_of_the_search_turned",
            _search_turned,
            "Where many samples are needed, 1 comes back, as from a search that ends at once. In a search, go on while "
            "the error is greater than the target.",
        ),
        Mistake(
            "sigma_returned",
            lambda sigma, target: sigma,
            "What comes back is σ itself, or the target. Solve σ/√m = target for m.",
            forms=[lambda sigma, target: target],
        ),
        Mistake(
            "two_samples_at_least",
            lambda sigma, target: max(2, math.ceil((sigma / target) ** 2)),
            "Right but where one sample is good enough: m ≥ 1, so 1 is an answer too.",
            0.8,
        ),
        Mistake(
            "ratio_not_squared",
            _count(lambda sigma, target: sigma / target),
            "The error falls with √m: half of it takes four times the samples, so square the ratio.",
            forms=[lambda sigma, target: sigma / target, lambda sigma, target: int(sigma / target)],
        ),
        Mistake(
            "only_target_squared",
            _count(lambda sigma, target: sigma / target**2),
            "σ must be squared as well: m = σ²/target². Check the units, m has none.",
        ),
        Mistake(
            "only_sigma_squared",
            _count(lambda sigma, target: sigma**2 / target),
            "The target must be squared as well: m = σ²/target². Check the units, m has none.",
        ),
        Mistake(
            "variance_for_the_deviation",
            _count(lambda sigma, target: (sigma**2 / target) ** 2),
            "The power of σ is too high. σ is a deviation already: σ/√m ≤ target, so m = (σ/target)².",
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
            forms=[_count(lambda sigma, target: target / sigma)],
        ),
        Mistake(
            "product_instead_of_ratio",
            _count(lambda sigma, target: (sigma * target) ** 2),
            "σ is multiplied by the target. A smaller target must take more samples: divide by it.",
        ),
        Mistake(
            "next_power_of_two",
            _power_of_two,
            "This is a power of two, as batch sizes often are, but here the smallest m is asked for.",
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
