"""Exercise `average_step` of `04_learning_rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.learning_rates import reference

Rule = Callable[[Tensor, Tensor, int], Tensor]

NOTHING = 0.05  # there are two cases in which the average holds nothing of use, which cost a tenth together


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, *shape: int, count: int, dtype: torch.dtype = torch.float64, turned: bool = False, slack: float = 1.0
    ) -> Case:
        average, theta = normal(rng, *shape).to(dtype), (1 + normal(rng, *shape)).to(dtype)
        if turned:
            average, theta = average.T, theta.T
        inputs = {"args": [average, theta], "kwargs": {"count": count}, "outputs": ["the average"]}
        return Case(name, inputs, slack=slack)

    nothing = torch.full((3,), torch.nan, dtype=torch.float64)
    empty = {"args": [nothing, normal(rng, 3)], "kwargs": {"count": 0}, "outputs": ["the average"]}
    beyond = torch.tensor([torch.inf, 1e300, -torch.inf, -1e300], dtype=torch.float64)
    return [
        case("the second point", 4, count=1),
        case("the third point", 3, count=2),
        case("the fifth point", 5, count=4),
        case("some points", 4, count=int(rng.integers(7, 20))),
        case("many points", 4, count=int(rng.integers(200, 900))),
        case("the first point", 3, count=0),
        case("a single weight", 1, count=int(rng.integers(3, 9))),
        case("a non-contiguous matrix of weights", 3, 2, count=int(rng.integers(3, 9)), turned=True),
        case("float32", 6, count=int(rng.integers(3, 9)), dtype=torch.float32),
        Case("the first point, the average is nan", empty, corner=NOTHING),
        Case(
            "the first point, the average is infinite or huge",
            {**empty, "args": [beyond, normal(rng, 4)]},
            corner=NOTHING,
        ),
        case("a weight without axes", count=int(rng.integers(3, 9))),
    ]


def _from_the_second(rule: Rule) -> Callable[..., Tensor]:
    """`rule(average, theta, n)`, and the point itself where there is no average yet."""

    def average_step(average: Tensor, theta: Tensor, *, count: int) -> Tensor:
        return rule(average, theta, count) if count > 0 else theta.clone()

    return average_step


def _always(rule: Rule) -> Callable[..., Tensor]:
    """`rule(average, theta, n)`, whatever n is."""

    def average_step(average: Tensor, theta: Tensor, *, count: int) -> Tensor:
        return rule(average, theta, count)

    return average_step


def _by_lerp(average: Tensor, theta: Tensor, *, count: int) -> Tensor:
    return theta if count == 0 else torch.lerp(average, theta, 1 / (count + 1))


AVERAGE_STEP = Exercise(
    id="average_step",
    reference=reference.average_step,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("sum_over_count", _from_the_second(lambda a, x, n: (n * a + x) / (n + 1))),
        Accepted("two_weights", _from_the_second(lambda a, x, n: n / (n + 1) * a + 1 / (n + 1) * x)),
        Accepted("moved_by_a_share", _from_the_second(lambda a, x, n: a - (a - x) / (n + 1))),
        Accepted("by_lerp", _by_lerp),
    ],
    mistakes=[
        Mistake(
            "nan_kept",
            _always(lambda a, x, n: (n * a + x) / (n + 1)),
            "0 times nan is nan: where there is no average yet, what stands in its place must not be used, not even "
            "multiplied by 0. Return the point.",
            credit=0.9,
            forms=[
                _always(lambda a, x, n: a + (x - a) / (n + 1)),
                _always(lambda a, x, n: a * n / (n + 1) + x / (n + 1)),
            ],
        ),
        Mistake(
            "average_for_the_first_point",
            _always(lambda a, x, n: (n * a + x) / (n + 1) if n else a),
            "With a count of 0 the average comes back, which nobody has made yet. The mean of one point is that point.",
            credit=0.5,
        ),
        Mistake(
            "zero_for_the_first_point",
            _always(lambda a, x, n: (n * a + x) / (n + 1) if n else torch.zeros_like(x)),
            "With a count of 0 something else than the point comes back. The mean of one point is that point.",
            credit=0.5,
            forms=[
                _always(lambda a, x, n: (n * a + x) / (n + 1) if n else x / 2),
                _always(lambda a, x, n: (n * a + x) / (n + 1) if n else torch.full_like(x, torch.nan)),
            ],
        ),
        Mistake(
            "second_point_replaces_the_first",
            _always(lambda a, x, n: (n * a + x) / (n + 1) if n > 1 else x.clone()),
            "With a count of 1 there is an average already, that of the first point. Only with 0 there is none.",
            credit=0.5,
        ),
        Mistake(
            "rounded_on_the_way",
            _from_the_second(lambda a, x, n: (n * a + x) // (n + 1)),
            "`//` rounds down: a mean is divided by `/`. And 1 // (n + 1) is 0.",
            credit=0.25,
            forms=[
                _from_the_second(lambda a, x, n: a + (x - a) * (1 // (n + 1))),
                _from_the_second(lambda a, x, n: a + (x - a) // (n + 1)),
                _from_the_second(lambda a, x, n: a * (n // (n + 1)) + x / (n + 1)),
                _from_the_second(lambda a, x, n: ((n * a + x) / (n + 1)).round()),
            ],
        ),
        Mistake(
            "brackets_forgotten",
            _from_the_second(lambda a, x, n: (n * a + x) / n + 1),
            "Brackets are missing: a / n + 1 is (a / n) + 1. Divide by (count + 1).",
            credit=0.5,
            forms=[
                _from_the_second(lambda a, x, n: a + (x - a) / n + 1),
                _from_the_second(lambda a, x, n: n * (a + x) / (n + 1)),
            ],
        ),
        Mistake(
            "mean_over_the_entries",
            _from_the_second(lambda a, x, n: ((n * a + x) / (n + 1)).mean()),
            "The entries of the point are averaged too, so that one number is left. The mean is over points: the "
            "result has the shape of `theta`.",
            credit=0.25,
            forms=[_always(lambda a, x, n: ((n * a + x) / (n + 1) if n else x).mean())],
        ),
        Mistake(
            "half_and_half",
            _from_the_second(lambda a, x, n: (a + x) / 2),
            "The average of n points counts as one point here. It stands for n of them: weigh it by `count`.",
            credit=0.25,
            forms=[_always(lambda a, x, n: (a + x) / 2)],
        ),
        Mistake(
            "divides_by_the_old_count",
            _from_the_second(lambda a, x, n: (n * a + x) / n),
            "There are count + 1 points with the new one. Divide by that.",
            credit=0.5,
            forms=[
                _from_the_second(lambda a, x, n: (n * a + x) / (n + 2)),
                _always(lambda a, x, n: (n * a + x) / (n + 2)),
                _from_the_second(lambda a, x, n: (n * a + x) / 2),
            ],
        ),
        Mistake(
            "one_point_forgotten",
            _from_the_second(lambda a, x, n: ((n - 1) * a + x) / n),
            "The average counts as one point less than it holds. It is the mean of `count` points, and the new one is "
            "number count + 1.",
            credit=0.5,
            forms=[
                _from_the_second(lambda a, x, n: a + (x - a) / n),
                _from_the_second(lambda a, x, n: ((n + 1) * a + x) / (n + 2)),
            ],
        ),
        Mistake(
            "weights_swapped",
            _from_the_second(lambda a, x, n: (a + n * x) / (n + 1)),
            "The weights have changed places: the new point counts once, and the average `count` times.",
            credit=0.5,
            forms=[
                _always(lambda a, x, n: (a + n * x) / (n + 1)),
                _from_the_second(lambda a, x, n: x + (x - a) / (n + 1)),
            ],
        ),
        Mistake(
            "sum_kept",
            _from_the_second(lambda a, x, n: n * a + x),
            "This is the sum of the points. Divide by how many there are, count + 1.",
            credit=0.5,
            forms=[_from_the_second(lambda a, x, n: a + x), _always(lambda a, x, n: a + x)],
        ),
        Mistake(
            "average_taken_for_a_sum",
            _from_the_second(lambda a, x, n: (a + x) / (n + 1)),
            "`average` is a mean already, and not a sum: multiply it by `count` before the new point is added.",
            credit=0.5,
            forms=[_always(lambda a, x, n: (a + x) / (n + 1))],
        ),
        Mistake(
            "fixed_share",
            _from_the_second(lambda a, x, n: 0.9 * a + 0.1 * x),
            "The new point gets the same share however many there were: that is an exponentially weighted average, "
            "which forgets. In a mean all points count alike, and the share is 1/(count + 1).",
            credit=0.25,
            forms=[
                _always(lambda a, x, n: 0.9 * a + 0.1 * x),
                _from_the_second(lambda a, x, n: 0.99 * a + 0.01 * x),
                _from_the_second(lambda a, x, n: 0.999 * a + 0.001 * x),
            ],
        ),
        Mistake(
            "last_point",
            _always(lambda a, x, n: x.clone()),
            "This is the newest point, without the average of the others.",
        ),
        Mistake(
            "moves_away",
            _from_the_second(lambda a, x, n: a - (x - a) / (n + 1)),
            "The average moves away from the new point. It has to move towards it by the share 1/(count + 1).",
            credit=0.5,
        ),
        Mistake(
            "whole_distance_added",
            _from_the_second(lambda a, x, n: a + x / (n + 1)),
            "The average grows by the new point over n + 1, and the old one has to shrink for it: add the share of the "
            "distance, theta - average.",
            credit=0.5,
        ),
        Mistake(
            "share_of_the_average_wrong",
            _from_the_second(lambda a, x, n: (1 - 1 / (n + 1)) * a + x),
            "One of the two shares is wrong. The average's is count/(count + 1) and that of the new point "
            "1/(count + 1): brackets around the sum divide both.",
            credit=0.5,
            forms=[_from_the_second(lambda a, x, n: a * n + x / (n + 1))],
        ),
    ],
    equivalent={
        "A count is never negative.": ["if count <= 0:"],
        "The point itself is as good as a copy of it: nobody changes it in place.": ["return theta"],
    },
)
