"""Exercise `empirical_risk` of `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.inputs import normal

Predict = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
SQUARED = Named("squared_error")


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, loss: Named, x: Tensor, *outputs: int) -> Case:
        theta = normal(rng, x.shape[1], *outputs, dtype=x.dtype)
        y = normal(rng, len(x), *outputs, dtype=x.dtype) + 0.5
        inputs = [Named("linear_predictor", {"theta": theta}), loss, x, y]
        return Case(name, {"args": inputs, "kwargs": {}, "outputs": ["the empirical risk"]})

    return [
        case("squared error, seven examples", SQUARED, normal(rng, 7, 3)),
        case("a loss that is not symmetric", Named("pinball_error", {"share": 0.9}), normal(rng, 6, 2)),
        case("two outputs for each example", SQUARED, normal(rng, 5, 3), 2),
        case("a single example", SQUARED, normal(rng, 1, 4)),
        case("non-contiguous rows", SQUARED, normal(rng, 2, 8).T),
        case("float32", SQUARED, normal(rng, 9, 3, dtype=torch.float32)),
        case("an empty batch", SQUARED, normal(rng, 0, 3)),
    ]


def _refusing(risk: Callable[[Predict, Loss, Tensor, Tensor], Tensor | float]) -> Callable[..., Tensor | float]:
    """A risk that refuses an empty batch."""

    def empirical_risk(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor | float:
        if len(x) == 0:
            raise ValueError("the batch is empty")
        return risk(predict, loss, x, y)

    return empirical_risk


def _one_by_one(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    losses = [loss(predict(x[i : i + 1]), y[i : i + 1]) for i in range(len(x))]
    return torch.cat(losses).sum() / len(losses)


def _running_mean(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    mean = torch.zeros((), dtype=x.dtype, device=x.device)
    for count, value in enumerate(loss(predict(x), y), start=1):
        mean = mean + (value - mean) / count
    return mean


def _losses(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    return loss(predict(x), y)


EMPIRICAL_RISK = Exercise(
    id="empirical_risk",
    reference=reference.empirical_risk,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("sum_over_length", _refusing(lambda f, loss, x, y: loss(f(x), y).sum() / len(x))),
        Accepted("one_by_one", _refusing(_one_by_one)),
        Accepted("running_mean", _refusing(_running_mean)),
        Accepted(
            "weighted_by_the_empirical_distribution",
            _refusing(lambda f, loss, x, y: loss(f(x), y) @ torch.full_like(x[:, 0], 1 / len(x))),
        ),
    ],
    mistakes=[
        Mistake(
            "sum_instead_of_mean",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum()),
            "A sum grows with the number of examples; the risk is an expectation, so its estimate is a mean.",
            credit=0.5,
        ),
        Mistake(
            "not_averaged",
            _refusing(_losses),
            "This is one loss for each example. The empirical risk is one number: their mean.",
            credit=0.25,
        ),
        Mistake(
            "arguments_of_the_loss_swapped",
            _refusing(lambda f, loss, x, y: loss(y, f(x)).mean()),
            "The loss takes the prediction first and the target second. A symmetric loss hides the swap.",
            credit=0.5,
        ),
        Mistake(
            "averaged_over_all_entries",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / y.numel()),
            "The mean runs over examples. A target of several numbers is still one example: divide by `len(x)`.",
            credit=0.5,
        ),
        Mistake(
            "averaged_twice",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).mean() / len(x)),
            "The mean has divided by the number of examples already; here it is divided again.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_one_less",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / (len(x) - 1)),
            "n − 1 belongs to a variance whose mean was estimated. A mean of n losses divides by n.",
            credit=0.5,
        ),
        Mistake(
            "loss_of_the_means",
            _refusing(lambda f, loss, x, y: loss(f(x).mean(0, keepdim=True), y.mean(0, keepdim=True))[0]),
            "Here predictions are averaged before the loss sees them, so errors cancel. Take the loss of each "
            "example first, then the mean.",
        ),
        Mistake(
            "root_of_the_mean",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).mean().sqrt()),
            "The root of the mean loss is another figure. The risk is the expectation of the loss itself.",
            credit=0.25,
        ),
        Mistake(
            "median_instead_of_mean",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).median()),
            "The median ignores how bad the bad examples are. An expectation is estimated by the mean.",
            credit=0.25,
        ),
        Mistake(
            "worst_example",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).max()),
            "This is the loss of the worst example. Every example counts with the same weight 1/n.",
        ),
        Mistake(
            "first_example_only",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x[:1], y[:1])[0]),
            "Only the first example is used. Did a `return` slip into the loop?",
        ),
        Mistake(
            "predicts_nothing",
            _refusing(lambda f, loss, x, y: loss(torch.zeros_like(f(x)), y).mean()),
            "The predictions do not reach the loss: it has to compare `predict(x)` with `y`.",
        ),
        Mistake(
            "plain_number",
            _refusing(lambda f, loss, x, y: float(_losses(f, loss, x, y).mean())),
            "The value is right, but it left torch: a plain number has no gradient and no device. "
            "Leave out `float` and `.item()`.",
            credit=0.5,
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda f, loss, x, y: _losses(f, loss, x, y).mean(),
            "The mean of nothing is nan, and a nan spreads silently. Refuse an empty batch: raise a ValueError "
            "before you compute.",
            credit=0.5,
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(x) <= 0:"],
        reasons.ROWS: ["if len(y) == 0:"],
    },
)
