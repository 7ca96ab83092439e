"""Exercises `population_statistics` and `update_running` of `12_batch_norm`."""

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
    def case(name: str, n_batches: int, features: int, size: int, dtype: torch.dtype = torch.float64) -> Case:
        means = (2 + normal(rng, n_batches, features)).to(dtype)
        variances = uniform(rng, 0.5, 3.0, n_batches, features).to(dtype)
        inputs = {"args": [means, variances, size], "kwargs": {}, "outputs": ["mean", "variance"]}
        return Case(name, inputs)

    return [
        case("five batches of eight", 5, 3, 8),
        case("batches of two", 6, 2, 2),
        case("as many batches as features", 4, 4, 10),
        case("float32", 7, 3, 16, torch.float32),
        case("one batch", 1, 3, 5),
        case("batches of one", 3, 2, 1),
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


def _with_spread_of_the_means(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    mean, variance = reference.population_statistics(batch_means, batch_variances, batch_size)
    return mean, variance + batch_means.var(dim=0, correction=0)


def _corrected_by_the_batches(batch_means: Tensor, batch_variances: Tensor, batch_size: int) -> tuple[Tensor, Tensor]:
    if batch_size < 2:
        raise ValueError(batch_size)
    n = len(batch_means)
    return batch_means.mean(dim=0), batch_variances.sum(dim=0) / max(n - 1, 1)


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
            "corrected_twice",
            _statistics(variance=lambda v, b: v.mean(dim=0) * (b / (b - 1)) ** 2),
            "The correction is applied twice, once for each batch and once for their mean. Once is enough.",
            0.5,
        ),
        Mistake(
            "mean_corrected_too",
            _statistics(mean=lambda m, b: m.mean(dim=0) * b / (b - 1)),
            "The mean is corrected too. A batch mean is unbiased as it is; only the variance is too small.",
            0.5,
        ),
        Mistake(
            "number_of_batches_for_batch_size",
            _corrected_by_the_batches,
            "The correction uses the number of batches. The bias comes from within a batch: B is its number of "
            "examples.",
            0.5,
        ),
        Mistake(
            "spread_of_the_means_added",
            _with_spread_of_the_means,
            "The spread of the batch means is added. It is what B/(B - 1) stands for already: the means scatter with "
            "variance σ²/B. Use one of the two.",
            0.25,
        ),
        Mistake(
            "last_batch_only",
            _statistics(lambda m, b: m[-1], lambda v, b: v[-1] * b / (b - 1)),
            "Only the last batch is used: average over all of them.",
            0.25,
        ),
        Mistake(
            "summed_over_batches",
            _statistics(lambda m, b: m.sum(dim=0), lambda v, b: v.sum(dim=0) * b / (b - 1)),
            "The statistics are summed over the batches. Divide by how many there are.",
            0.25,
        ),
        Mistake(
            "averaged_over_features",
            _statistics(lambda m, b: m.mean(dim=1), lambda v, b: v.mean(dim=1) * b / (b - 1)),
            "The average runs over the features of each batch. Rows are batches: average over the first axis.",
            0.25,
        ),
        Mistake(
            "deviation_for_variance",
            _statistics(variance=lambda v, b: (v.mean(dim=0) * b / (b - 1)).sqrt()),
            "A standard deviation is returned. Return the variance: the root is taken later, with ε under it.",
            0.5,
        ),
        Mistake(
            "deviations_averaged",
            _statistics(variance=lambda v, b: v.sqrt().mean(dim=0) ** 2 * b / (b - 1)),
            "Standard deviations are averaged and then squared. It is the variance that B/(B - 1) makes unbiased: "
            "average the variances.",
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


# --- update_running ----------------------------------------------------------


def _running_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, momentum: float, dtype: torch.dtype = torch.float64) -> Case:
        running, batch = ((2 + normal(rng, *shape)).to(dtype) for _ in range(2))
        return Case(name, {"args": [running, batch], "kwargs": {"momentum": momentum}, "outputs": ["the new average"]})

    return [
        case("three features", 3, momentum=0.9),
        case("a long memory", 4, momentum=0.99),
        case("a short memory", 3, momentum=0.2),
        case("float32", 5, momentum=0.9, dtype=torch.float32),
        case("a matrix of features", 2, 3, momentum=0.7),
        case("no memory", 3, momentum=0.0),
    ]


UPDATE_RUNNING = Exercise(
    id="update_running",
    reference=reference.update_running,
    cases=_running_cases,
    points=1,
    accepted=[
        Accepted("weighted_sum", lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch),
        Accepted("linear_interpolation", lambda running, batch, *, momentum: torch.lerp(batch, running, momentum)),
        Accepted("correction", lambda running, batch, *, momentum: running - (1 - momentum) * (running - batch)),
        Accepted(
            "from_the_batch",
            lambda running, batch, *, momentum: batch + momentum * (running - batch),
        ),
    ],
    mistakes=[
        Mistake(
            "momentum_on_the_wrong_side",
            lambda running, batch, *, momentum: (1 - momentum) * running + momentum * batch,
            "momentum weighs the batch here. That is torch's convention; in this course it weighs what is kept, so 0.9 "
            "is torch's 0.1.",
            0.5,
        ),
        Mistake(
            "never_updated",
            lambda running, batch, *, momentum: running.clone(),
            "The running value never changes: the batch does not enter. Is the new value returned?",
        ),
        Mistake(
            "replaced_by_the_batch",
            lambda running, batch, *, momentum: batch.clone(),
            "The past is thrown away: only the last batch counts. Keep the share momentum of the running value.",
        ),
        Mistake(
            "past_never_fades",
            lambda running, batch, *, momentum: running + (1 - momentum) * batch,
            "The old value keeps its full weight, so it only grows. Multiply it by momentum: the weights sum to 1.",
            0.25,
        ),
        Mistake(
            "batch_with_full_weight",
            lambda running, batch, *, momentum: momentum * running + batch,
            "The batch enters with full weight, so the value grows to 1/(1 - momentum) times what it should be. Weigh "
            "it with 1 - momentum.",
            0.25,
        ),
        Mistake(
            "one_weight_for_both",
            lambda running, batch, *, momentum: momentum * (running + batch),
            "Both are weighed with momentum. The weights must sum to 1: momentum and 1 - momentum.",
            0.25,
        ),
        Mistake(
            "plain_mean",
            lambda running, batch, *, momentum: (running + batch) / 2,
            "Old and new are averaged half and half: momentum is not used.",
        ),
        Mistake(
            "moves_away",
            lambda running, batch, *, momentum: running + (1 - momentum) * (running - batch),
            "The value moves away from the batch: the difference has the wrong sign.",
            0.25,
        ),
        Mistake(
            "one_number_for_all_features",
            lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch.mean(),
            "The batch's statistics are averaged over the features first. Each feature has a running value of its own.",
            0.25,
        ),
        Mistake(
            "past_forgotten",
            lambda running, batch, *, momentum: (1 - momentum) * batch,
            "The running value itself is missing: add momentum times it.",
            0.25,
        ),
    ],
)
