"""`standard_error`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.minibatches import reference


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
            "This is half the width of a 95 % interval. The standard error itself carries no factor 1.96 or 2.",
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
