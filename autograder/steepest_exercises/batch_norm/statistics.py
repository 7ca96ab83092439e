"""Exercise `population_statistics` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.batch_norm import reference
from steepest_exercises.inputs import normal, uniform

Statistics = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]


def _population_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, n_batches: int, features: int, size: int, dtype: torch.dtype = torch.float64, corner: float = 0.0
    ) -> Case:
        means = (2 + normal(rng, n_batches, features)).to(dtype)
        variances = uniform(rng, 0.5, 3.0, n_batches, features).to(dtype)
        inputs = {"args": [means, variances, size], "kwargs": {}, "outputs": ["mean", "variance"]}
        return Case(name, inputs, corner=corner)

    return [
        case("five batches of eight", 5, 3, 8),
        case("batches of two", 6, 2, 2),
        case("as many batches as features", 4, 4, 10),
        case("float32", 7, 3, 16, torch.float32),
        case("one batch", 1, 3, 5, corner=0.1),
        case("a single feature", 5, 1, 6, corner=0.1),
        case("batches of one", 3, 2, 1, corner=0.1),
    ]


def _statistics(
    mean: Callable[[Tensor, int], Tensor] = lambda means, size: means.mean(dim=0),
    variance: Callable[[Tensor, int], Tensor] = lambda variances, size: variances.mean(dim=0) * size / (size - 1),
) -> Statistics:
    """Population statistics from their parts; batches of one are refused, as in the text that students are given."""

    def population_statistics(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
        if batch_size < 2:
            raise ValueError(batch_size)
        return mean(batch_means, batch_size), variance(batch_variances, batch_size)

    return population_statistics


def _sums_over_counts(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    if batch_size == 1:
        raise ValueError("one example has no variance")
    squares = batch_size * batch_variances.sum(dim=0)
    return batch_means.sum(dim=0) / len(batch_means), squares / (len(batch_variances) * (batch_size - 1))


def _batch_after_batch(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    if not batch_size > 1:
        raise ValueError("one example has no variance")
    mean, variance = torch.zeros_like(batch_means[0]), torch.zeros_like(batch_variances[0])
    for n, (m, v) in enumerate(zip(batch_means, batch_variances, strict=True), start=1):
        mean = mean + (m - mean) / n
        variance = variance + (v / (1 - 1 / batch_size) - variance) / n
    return mean, variance


def _as_printed(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> list[Tensor]:
    if batch_size < 2:
        raise ValueError(batch_size)
    k = len(batch_means)
    return [
        1 / k * batch_means.sum(dim=0),
        batch_size / (batch_size - 1) * (1 / k) * batch_variances.sum(dim=0),
    ]


def _of_both(variance: Callable[[Tensor, Tensor, int], Tensor]) -> Statistics:
    """The mean of the means, and a variance from the means and the variances."""

    def population_statistics(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
        if batch_size < 2:
            raise ValueError(batch_size)
        return batch_means.mean(dim=0), variance(batch_means, batch_variances, batch_size)

    return population_statistics


def _with_spread_of_the_means(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    mean, variance = reference.population_statistics(batch_means, batch_variances, batch_size)
    return mean, variance + batch_means.var(dim=0, correction=0)


def _corrected_by(variance: Callable[[Tensor, int], Tensor]) -> Statistics:
    """The mean of the means, and a variance from the variances."""
    return _of_both(lambda means, variances, size: variance(variances, size))


def _running(momentum: float, from_the_first: bool) -> Statistics:
    """Running averages over the batches, from 0 and 1 or from the first batch."""

    def population_statistics(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
        if batch_size < 2:
            raise ValueError(batch_size)
        variances = batch_variances * batch_size / (batch_size - 1)
        mean = batch_means[0] if from_the_first else torch.zeros_like(batch_means[0])
        variance = variances[0] if from_the_first else torch.ones_like(variances[0])
        for m, v in zip(batch_means, variances, strict=True):
            mean = momentum * mean + (1 - momentum) * m
            variance = momentum * variance + (1 - momentum) * v
        return mean, variance

    return population_statistics


POPULATION_STATISTICS = Exercise(
    id="population_statistics",
    reference=reference.population_statistics,
    cases=_population_cases,
    points=2,
    accepted=[
        Accepted("corrected_after", _statistics()),
        Accepted("corrected_before", _statistics(variance=lambda v, b: (v * (b / (b - 1))).mean(dim=0))),
        Accepted("sums_over_counts", _sums_over_counts),
        Accepted("batch_after_batch", _batch_after_batch),
        Accepted("as_printed", _as_printed),
    ],
    mistakes=[
        Mistake(
            "variance_left_biased",
            _statistics(variance=lambda v, b: v.mean(dim=0)),
            "The batch variances are only averaged. Each was taken about its own batch's mean and divided by B, so it "
            "is too small on average; B/(B - 1) makes up for it.",
            0.5,
        ),
        Mistake(
            "whole_number_division",
            _statistics(variance=lambda v, b: v.mean(dim=0) * (b // (b - 1))),
            "The correction is a whole number, 1 for every B above 2, as B // (B - 1) gives it. B/(B - 1) is a little "
            "more than 1: write `/`.",
            0.5,
        ),
        Mistake(
            "correction_upside_down",
            _statistics(variance=lambda v, b: v.mean(dim=0) * (b - 1) / b),
            "The correction is upside down: it must make the variance larger.",
            0.5,
        ),
        Mistake(
            "correction_without_b",
            _statistics(variance=lambda v, b: v.mean(dim=0) / (b - 1)),
            "Divided by B - 1, but not multiplied by B: a batch variance has been divided by B already.",
            0.5,
        ),
        Mistake(
            "correction_without_b_minus_one",
            _statistics(variance=lambda v, b: v.mean(dim=0) * b),
            "The variance is multiplied by a whole number, B or B - 1. The correction is the ratio of the two, B/(B - "
            "1), a little more than 1.",
            0.5,
            forms=[_statistics(variance=lambda v, b: v.mean(dim=0) * (b - 1))],
        ),
        Mistake(
            "another_correction",
            _statistics(variance=lambda v, b: v.mean(dim=0) * (b + 1) / b),
            "The correction is near B/(B - 1), and not it: 1/B of the variance is lost in the batch mean, and what is "
            "left is the share (B - 1)/B.",
            0.5,
            forms=[
                _statistics(variance=lambda v, b: v.mean(dim=0) * b / (b + 1)),
                _statistics(variance=lambda v, b: v.mean(dim=0) * (b / (b - 1)) ** 0.5),
                _statistics(variance=lambda v, b: v.mean(dim=0) + 1 / (b - 1)),
            ],
        ),
        Mistake(
            "corrected_twice",
            _statistics(variance=lambda v, b: v.mean(dim=0) * (b / (b - 1)) ** 2),
            "The correction B/(B - 1) enters twice. Once is enough, for each batch or for their mean.",
            0.5,
        ),
        Mistake(
            "mean_corrected_too",
            _statistics(mean=lambda m, b: m.mean(dim=0) * b / (b - 1)),
            "The mean is corrected too. A batch mean is unbiased as it is; only the variance is too small.",
            0.5,
        ),
        Mistake(
            "mean_corrected_instead",
            _statistics(lambda m, b: m.mean(dim=0) * b / (b - 1), lambda v, b: v.mean(dim=0)),
            "The correction stands at the mean. A batch mean is unbiased as it is; it is the variance that is too "
            "small.",
            0.5,
        ),
        Mistake(
            "number_of_batches_for_batch_size",
            _corrected_by(lambda v, b: v.sum(dim=0) / max(len(v) - 1, 1)),
            "The correction uses the number of batches. The bias comes from within a batch: B is its number of "
            "examples.",
            0.5,
            forms=[
                _corrected_by(lambda v, b: v.sum(dim=0) / (len(v) - 1) if len(v) > 1 else v[0]),
                _corrected_by(lambda v, b: v.sum(dim=0) / torch.tensor(len(v) - 1)),
                _corrected_by(lambda v, b: v.mean(dim=0) * (len(v) / (len(v) - 1) if len(v) > 1 else 1)),
            ],
        ),
        Mistake(
            "number_of_features_for_batch_size",
            _corrected_by(lambda v, b: v.mean(dim=0) * v.shape[1] / max(v.shape[1] - 1, 1)),
            "The correction uses the number of features, the second axis. Its B is `batch_size`, the number of "
            "examples in a batch.",
            0.5,
        ),
        Mistake(
            "all_examples_for_batch_size",
            _corrected_by(lambda v, b: v.mean(dim=0) * len(v) * b / (len(v) * b - 1)),
            "The correction uses the number of examples in all batches together. Each variance was taken about the "
            "mean of its own batch, so B is the number of examples in one.",
            0.5,
        ),
        Mistake(
            "batch_size_fixed",
            _corrected_by(lambda v, b: v.mean(dim=0) * 64 / 63),
            "The correction uses a batch size of your own. Use the argument `batch_size`, which differs from call to "
            "call.",
            0.5,
            forms=[
                _corrected_by(lambda v, b: v.mean(dim=0) * 32 / 31),
                _corrected_by(lambda v, b: v.mean(dim=0) * 8 / 7),
            ],
        ),
        Mistake(
            "spread_of_the_means_added",
            _with_spread_of_the_means,
            "The spread of the batch means is added. It is what B/(B - 1) stands for already: the means scatter with "
            "variance σ²/B. Use the factor, and leave the spread.",
            0.25,
            forms=[
                _of_both(lambda m, v, b: v.mean(dim=0) + m.var(dim=0, correction=0)),
                _of_both(lambda m, v, b: v.mean(dim=0) + m.var(dim=0, correction=min(len(m) - 1, 1))),
                _of_both(lambda m, v, b: (v.mean(dim=0) + m.var(dim=0, correction=0)) * b / (b - 1)),
            ],
        ),
        Mistake(
            "spread_of_the_means_alone",
            _of_both(lambda m, v, b: m.var(dim=0, correction=0)),
            "The variance is that of the batch means, and `batch_variances` has no part in it. Means scatter much "
            "less than examples do, with σ²/B: average the batch variances.",
            0.25,
            forms=[
                _of_both(lambda m, v, b: m.var(dim=0, correction=0) * b / (b - 1)),
                _of_both(lambda m, v, b: m.var(dim=0, correction=min(len(m) - 1, 1))),
                _of_both(lambda m, v, b: m.var(dim=0, correction=0) * b),
                _of_both(lambda m, v, b: m.var(dim=0, correction=min(len(m) - 1, 1)) * b),
                _of_both(lambda m, v, b: m.var(dim=0, correction=min(len(m) - 1, 1)) * b / (b - 1)),
            ],
        ),
        Mistake(
            "variance_of_the_variances",
            _statistics(variance=lambda v, b: v.var(dim=0, correction=0) * b / (b - 1)),
            "This is how much the batch variances differ from each other. Average them.",
            0.25,
            forms=[
                _statistics(variance=lambda v, b: v.var(dim=0, correction=0)),
                _statistics(variance=lambda v, b: v.var(dim=0, correction=min(len(v) - 1, 1)) * b / (b - 1)),
                _statistics(variance=lambda v, b: v.var(dim=0, correction=min(len(v) - 1, 1))),
            ],
        ),
        Mistake(
            "one_batch_only",
            _statistics(lambda m, b: m[-1], lambda v, b: v[-1] * b / (b - 1)),
            "Only one of the batches counts, for the mean and the variance or for one of them: average over all "
            "batches.",
            0.25,
            forms=[
                _statistics(lambda m, b: m[0], lambda v, b: v[0] * b / (b - 1)),
                _statistics(variance=lambda v, b: v[-1] * b / (b - 1)),
                _statistics(variance=lambda v, b: v[0] * b / (b - 1)),
                _statistics(lambda m, b: m[-1], lambda v, b: v[-1]),
            ],
        ),
        Mistake(
            "one_batch_left_out",
            _statistics(lambda m, b: m[1:].sum(dim=0) / len(m), lambda v, b: v[1:].sum(dim=0) / len(v) * b / (b - 1)),
            "One of the batches is left out: count how often a loop runs, or where a slice begins and ends.",
            0.25,
            forms=[
                _statistics(
                    lambda m, b: m[:-1].sum(dim=0) / len(m), lambda v, b: v[:-1].sum(dim=0) / len(v) * b / (b - 1)
                ),
            ],
        ),
        Mistake(
            "running_average_of_the_batches",
            _running(0.9, False),
            "This is a running average, in which later batches weigh more. Here all batches count alike: take means.",
            0.25,
            forms=[_running(0.9, True), _running(0.99, False), _running(0.5, False), _running(0.1, False)],
        ),
        Mistake(
            "median_for_mean",
            _statistics(lambda m, b: m.median(dim=0).values, lambda v, b: v.median(dim=0).values * b / (b - 1)),
            "Medians are taken over the batches. The estimates are means: it is a mean that B/(B - 1) makes unbiased.",
            0.25,
        ),
        Mistake(
            "summed_over_batches",
            _statistics(lambda m, b: m.sum(dim=0), lambda v, b: v.sum(dim=0) * b / (b - 1)),
            "Statistics are summed over the batches. Divide by how many there are.",
            0.25,
            forms=[
                _statistics(variance=lambda v, b: v.sum(dim=0) * b / (b - 1)),
                _statistics(mean=lambda m, b: m.sum(dim=0)),
                _statistics(lambda m, b: m.sum(dim=0), lambda v, b: v.sum(dim=0)),
            ],
        ),
        Mistake(
            "divided_by_the_batch_size",
            _statistics(lambda m, b: m.sum(dim=0) / b, lambda v, b: v.sum(dim=0) / (b - 1)),
            "The sums over the batches are divided by the number of examples in a batch. There are as many terms as "
            "batches, so divide by their number, the first axis.",
            0.25,
            forms=[
                _statistics(variance=lambda v, b: v.sum(dim=0) / (b - 1)),
                _statistics(lambda m, b: m.sum(dim=0) / b),
                _statistics(lambda m, b: m.sum(dim=0) / b, lambda v, b: v.sum(dim=0) / b * b / (b - 1)),
            ],
        ),
        Mistake(
            "averaged_over_features",
            _statistics(lambda m, b: m.mean(dim=1), lambda v, b: v.mean(dim=1) * b / (b - 1)),
            "The average runs over the features of each batch. Rows are batches: average over the first axis.",
            0.25,
        ),
        Mistake(
            "averaged_over_everything",
            _statistics(lambda m, b: m.mean(), lambda v, b: v.mean() * b / (b - 1)),
            "Batches and features are averaged together into one number. Each feature has its own mean and variance: "
            "average over the first axis only.",
            0.25,
        ),
        Mistake(
            "deviation_for_variance",
            _statistics(variance=lambda v, b: (v.mean(dim=0) * b / (b - 1)).sqrt()),
            "A standard deviation is returned. Return the variance: the root is taken later, with ε under it.",
            0.5,
            forms=[
                _statistics(variance=lambda v, b: v.mean(dim=0).sqrt()),
                _statistics(variance=lambda v, b: v.sqrt().mean(dim=0) * b / (b - 1)),
            ],
        ),
        Mistake(
            "deviations_averaged",
            _statistics(variance=lambda v, b: v.sqrt().mean(dim=0) ** 2 * b / (b - 1)),
            "Standard deviations are averaged and then squared. It is the variance that B/(B - 1) makes unbiased: "
            "average the variances.",
            0.5,
        ),
        Mistake(
            "variances_squared",
            _statistics(variance=lambda v, b: (v**2).mean(dim=0) * b / (b - 1)),
            "The given variances are squared. They are variances already, not standard deviations: average them as "
            "they are.",
            0.5,
        ),
        Mistake(
            "order_exchanged",
            lambda batch_means, batch_variances, batch_size: reference.population_statistics(
                batch_means, batch_variances, batch_size
            )[::-1],
            "The two results are right, in the wrong order: return the mean first, then the variance.",
            0.5,
        ),
    ],
)
