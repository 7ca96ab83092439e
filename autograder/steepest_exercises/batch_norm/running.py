"""Exercise `update_running` of `12_batch_norm`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.batch_norm import reference
from steepest_exercises.inputs import normal


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, momentum: float, dtype: torch.dtype = torch.float64, corner: float = 0.0) -> Case:
        running, batch = ((2 + normal(rng, *shape)).to(dtype) for _ in range(2))
        inputs = {"args": [running, batch], "kwargs": {"momentum": momentum}, "outputs": ["the new average"]}
        return Case(name, inputs, corner=corner)

    return [
        case("three features", 3, momentum=0.9),
        case("a long memory", 4, momentum=0.99),
        case("a short memory", 3, momentum=0.2),
        case("float32", 5, momentum=0.9, dtype=torch.float32),
        case("a matrix of features", 2, 3, momentum=0.7),
        case("a single number without axes", momentum=0.8, corner=0.1),
        case("no memory, momentum 0", 3, momentum=0.0, corner=0.1),
        case("nothing is learned, momentum 1", 3, momentum=1.0, corner=0.1),
    ]


def _in_place_on_a_copy(running: Tensor, batch: Tensor, *, momentum: float) -> Tensor:
    new = running.clone()
    new *= momentum
    new += (1 - momentum) * batch
    return new


def _counted(batch: Tensor) -> float:
    """B/(B − 1) as if the entries of a statistic were examples."""
    size = len(batch) if batch.ndim else 1
    return size / max(size - 1, 1)


def _unbiased(batch: Tensor) -> Tensor:
    return batch.var(dim=0, correction=1) if batch.ndim else torch.zeros_like(batch)


def _biased(batch: Tensor) -> Tensor:
    return batch.var(dim=0, correction=0) if batch.ndim else torch.zeros_like(batch)


UPDATE_RUNNING = Exercise(
    id="update_running",
    reference=reference.update_running,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("weighted_sum", lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch),
        Accepted("linear_interpolation", lambda running, batch, *, momentum: torch.lerp(batch, running, momentum)),
        Accepted("correction", lambda running, batch, *, momentum: running - (1 - momentum) * (running - batch)),
        Accepted(
            "from_the_batch",
            lambda running, batch, *, momentum: batch + momentum * (running - batch),
        ),
        Accepted("in_place_on_a_copy", _in_place_on_a_copy),
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
            "The old value keeps its full weight, so no batch is ever forgotten. Multiply it by momentum: the weights "
            "sum to 1.",
            0.25,
            forms=[
                lambda running, batch, *, momentum: running + momentum * batch,
                lambda running, batch, *, momentum: running + batch,
            ],
        ),
        Mistake(
            "batch_with_full_weight",
            lambda running, batch, *, momentum: momentum * running + batch,
            "The batch enters with full weight, so the weights sum to more than 1. Keep the share momentum of the "
            "running value, and weigh the batch with 1 - momentum.",
            0.25,
            forms=[lambda running, batch, *, momentum: (1 - momentum) * running + batch],
        ),
        Mistake(
            "one_weight_for_both",
            lambda running, batch, *, momentum: momentum * (running + batch),
            "Both have the same weight. The weights must sum to 1: momentum for the past and 1 - momentum for the "
            "batch.",
            0.25,
            forms=[lambda running, batch, *, momentum: (1 - momentum) * (running + batch)],
        ),
        Mistake(
            "momentum_fixed",
            lambda running, batch, *, momentum: 0.9 * running + 0.1 * batch,
            "A number of your own stands where `momentum` belongs: use the argument, whose value differs from call to "
            "call.",
            0.5,
            forms=[
                lambda running, batch, *, momentum: 0.99 * running + 0.01 * batch,
                lambda running, batch, *, momentum: 0.1 * running + 0.9 * batch,
            ],
        ),
        Mistake(
            "plain_mean",
            lambda running, batch, *, momentum: (running + batch) / 2,
            "Old and new are averaged half and half: momentum has no part in it.",
        ),
        Mistake(
            "divided_by_two_as_well",
            lambda running, batch, *, momentum: (momentum * running + (1 - momentum) * batch) / 2,
            "The weighted sum is divided by 2. Its weights sum to 1, so it is an average already.",
            0.5,
        ),
        Mistake(
            "moves_away",
            lambda running, batch, *, momentum: running + (1 - momentum) * (running - batch),
            "The value moves away from the batch: the difference has the wrong sign.",
            0.25,
            forms=[lambda running, batch, *, momentum: running - (1 - momentum) * (batch - running)],
        ),
        Mistake(
            "batch_subtracted",
            lambda running, batch, *, momentum: momentum * running - (1 - momentum) * batch,
            "The batch is subtracted. Both parts are added, with weights that sum to 1.",
            0.5,
            forms=[lambda running, batch, *, momentum: running - (1 - momentum) * batch],
        ),
        Mistake(
            "brackets_missing",
            lambda running, batch, *, momentum: momentum * running + 1 - momentum * batch,
            "1 stands alone in the sum, as in 1 - momentum * batch, which is 1 - (momentum * batch). Write (1 - "
            "momentum) * batch.",
            0.5,
        ),
        Mistake(
            "only_the_step",
            lambda running, batch, *, momentum: (1 - momentum) * (batch - running),
            "This is a share of the difference between the two values, a step alone. Add (1 - momentum) * (batch - "
            "running) to the running value.",
            0.25,
            forms=[
                lambda running, batch, *, momentum: momentum * (batch - running),
                lambda running, batch, *, momentum: momentum * (running - batch),
                lambda running, batch, *, momentum: (1 - momentum) * (running - batch),
            ],
        ),
        Mistake(
            "one_number_for_all_features",
            lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch.mean(),
            "The batch's statistics are averaged over the features first. Each feature has a running value of its own, "
            "and `batch` holds the statistic already.",
            0.25,
            forms=[lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch.mean(dim=0)],
        ),
        Mistake(
            "result_averaged_over_features",
            lambda running, batch, *, momentum: (momentum * running + (1 - momentum) * batch).mean(),
            "The result is one number for all features. Each feature has a running value of its own: return a tensor "
            "of the shape of `running`.",
            0.25,
            forms=[
                lambda running, batch, *, momentum: (momentum * running + (1 - momentum) * batch).mean().item(),
                lambda running, batch, *, momentum: (momentum * running + (1 - momentum) * batch).sum(),
            ],
        ),
        Mistake(
            "statistic_of_a_statistic",
            lambda running, batch, *, momentum: momentum * running + (1 - momentum) * _biased(batch),
            "A variance of `batch` is taken. `batch` is the statistic of the new batch already, its mean or its "
            "variance, and enters as it is.",
            0.25,
            forms=[lambda running, batch, *, momentum: momentum * running + (1 - momentum) * _unbiased(batch)],
        ),
        Mistake(
            "corrected_here",
            lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch * _counted(batch),
            "`batch` is multiplied by n/(n - 1). Its entries are features, not examples: how many examples there were "
            "cannot be seen here, and what comes in is unbiased already.",
            0.5,
        ),
        Mistake(
            "batch_squared",
            lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch**2,
            "The batch's value is squared, or its root is taken. A mean or a variance enters as it is.",
            0.5,
            forms=[lambda running, batch, *, momentum: momentum * running + (1 - momentum) * batch.abs().sqrt()],
        ),
        Mistake(
            "start_corrected",
            lambda running, batch, *, momentum: (
                (momentum * running + (1 - momentum) * batch) / ((1 - momentum) if momentum < 1 else 1)
            ),
            "The result is divided by 1 - momentum, like Adam's correction after one step. A running average of batch "
            "norm is used as it is: it does not start from nothing at every call.",
            0.5,
            forms=[
                lambda running, batch, *, momentum: (
                    (momentum * running + (1 - momentum) * batch) / torch.tensor(1 - momentum, dtype=running.dtype)
                ),
            ],
        ),
        Mistake(
            "past_forgotten",
            lambda running, batch, *, momentum: (1 - momentum) * batch,
            "The running value itself is missing: add momentum times it.",
            0.25,
            forms=[lambda running, batch, *, momentum: momentum * batch],
        ),
        Mistake(
            "batch_forgotten",
            lambda running, batch, *, momentum: momentum * running,
            "The batch is missing: the running value only shrinks. Add (1 - momentum) times the batch.",
            0.25,
            forms=[lambda running, batch, *, momentum: (1 - momentum) * running],
        ),
    ],
)
