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
    def case(name: str, loss: Named, x: Tensor, *outputs: int, corner: float = 0.0) -> Case:
        theta = normal(rng, x.shape[1], *outputs, dtype=x.dtype)
        y = normal(rng, len(x), *outputs, dtype=x.dtype) + 0.5
        inputs = [Named("linear_predictor", {"theta": theta}), loss, x, y]
        return Case(name, {"args": inputs, "kwargs": {}, "outputs": ["the empirical risk"]}, corner=corner)

    def signed() -> Case:
        """A loss that counts gains as negative; the first two losses add up to 0, and the third is 0."""
        theta = torch.tensor([1.0, -0.5], dtype=torch.float64)
        x = torch.from_numpy(rng.integers(-4, 5, (7, 2)) / 4)
        losses = torch.tensor([1.0, -1.0, 0.0, *(rng.integers(1, 9, 4) / 4)], dtype=torch.float64)
        losses[5] = -10  # so that the mean is negative as well
        y = x @ theta + torch.where(losses > 0, losses / 2, losses)  # each unit too low costs 2, too high earns 1
        inputs = [Named("linear_predictor", {"theta": theta}), Named("pinball_error", {"share": 2.0}), x, y]
        return Case(
            "losses of both signs, and zeros", {"args": inputs, "kwargs": {}, "outputs": ["the empirical risk"]}
        )

    return [
        case("squared error, seven examples", SQUARED, normal(rng, 7, 3)),
        case("a loss that is not symmetric", Named("pinball_error", {"share": 0.9}), normal(rng, 6, 2)),
        case("another loss that is not symmetric", Named("pinball_error", {"share": 0.2}), normal(rng, 8, 3)),
        case("two outputs for each example", SQUARED, normal(rng, 5, 3), 2),
        signed(),
        case("non-contiguous rows", SQUARED, normal(rng, 2, 8).T),
        case("float32", SQUARED, normal(rng, 9, 3, dtype=torch.float32)),
        case("a single example", SQUARED, normal(rng, 1, 4), corner=0.1),
        case("an empty batch", SQUARED, normal(rng, 0, 3), corner=0.1),
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


def _of_losses(risk: Callable[[Tensor], Tensor | float]) -> Callable[..., Tensor | float]:
    """A risk that is made of the losses, and refuses an empty batch."""
    return _refusing(lambda predict, loss, x, y: risk(loss(predict(x), y)))


def _running(mean_of: Callable[[Tensor, Tensor, int], Tensor]) -> Callable[..., Tensor | float]:
    """A running mean, by what it becomes of `(mean, next loss, count)`."""

    def risk(losses: Tensor) -> Tensor:
        mean = losses[0]
        for count, value in enumerate(losses[1:], start=2):
            mean = mean_of(mean, value, count)
        return mean

    return _of_losses(risk)


def _plainly(losses: Tensor) -> Tensor:
    return torch.tensor(sum(losses.tolist()) / len(losses), dtype=losses.dtype, device=losses.device)


def _restarts_at_zero(mean: Tensor, value: Tensor, count: int) -> Tensor:
    return mean + (value - mean) / count if mean else value


def _one_output_after_another(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([loss(predict(row), target) for row, target in zip(x, y, strict=True)]).mean()


def _guard_turned(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    if len(x) > 0:
        raise ValueError("the batch is empty")
    return loss(predict(x), y).mean()


def _zero_for_nothing(predict: Predict, loss: Loss, x: Tensor, y: Tensor) -> Tensor:
    return loss(predict(x), y).mean() if len(x) else torch.tensor(0.0)


EMPIRICAL_RISK = Exercise(
    id="empirical_risk",
    reference=reference.empirical_risk,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("sum_over_length", _refusing(lambda f, loss, x, y: loss(f(x), y).sum() / len(x))),
        Accepted("one_by_one", _refusing(_one_by_one)),
        Accepted("running_mean", _refusing(_running_mean)),
        Accepted("running_mean_from_the_first", _running(lambda mean, value, count: mean + (value - mean) / count)),
        Accepted("a_sum_of_plain_numbers", _of_losses(_plainly)),
        Accepted(
            "weighted_by_the_empirical_distribution",
            _refusing(lambda f, loss, x, y: loss(f(x), y) @ torch.full_like(x[:, 0], 1 / len(x))),
        ),
    ],
    mistakes=[
        Mistake(
            "sum_instead_of_mean",
            _of_losses(lambda losses: losses.sum()),
            "A sum grows with the number of examples; the risk is an expectation, so its estimate is a mean.",
            credit=0.5,
        ),
        Mistake(
            "not_averaged",
            _of_losses(lambda losses: losses),
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
            "loss_not_called",
            _refusing(lambda f, loss, x, y: (f(x) - y).square().reshape(len(x), -1).sum(dim=1).mean()),
            "One loss is written out here, whatever `loss` is handed over. Call it: `loss(predict(x), y)`.",
            credit=0.25,
            forms=[
                _refusing(lambda f, loss, x, y: (f(x) - y).square().mean()),
                _refusing(lambda f, loss, x, y: (f(x) - y).abs().mean()),
                _refusing(lambda f, loss, x, y: (f(x) - y).abs().reshape(len(x), -1).sum(dim=1).mean()),
            ],
        ),
        Mistake(
            "predictor_not_called",
            _refusing(lambda f, loss, x, y: loss(x, y).mean()),
            "The rows themselves, or a column of them, are handed to the loss. It compares predictions with targets: "
            "`predict(x)` comes first.",
            forms=[_refusing(lambda f, loss, x, y: loss(x[:, 0], y).mean())],
        ),
        Mistake(
            "averaged_over_all_entries",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / y.numel()),
            "The mean runs over examples. A target of several numbers is still one example: divide by `len(x)`, and "
            "if you hand over rows one by one, keep their first axis, x[i:i + 1].",
            credit=0.5,
            forms=[_refusing(_one_output_after_another)],
        ),
        Mistake(
            "divided_by_the_entries_of_x",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / x.numel()),
            "The sum is divided by the number of entries of x, which counts every feature. Divide by the number of "
            "rows, `len(x)`.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_the_features",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / x.shape[1]),
            "The sum is divided by the number of columns of x. Examples are its rows: divide by `len(x)`.",
            credit=0.5,
        ),
        Mistake(
            "averaged_twice",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).mean() / len(x)),
            "The sum is divided by the number of examples twice. A mean has done so already.",
            credit=0.5,
        ),
        Mistake(
            "divided_by_one_less",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / (len(x) - 1)),
            "n − 1 belongs to a variance whose mean was estimated. A mean of n losses divides by n.",
            credit=0.5,
            forms=[_refusing(lambda f, loss, x, y: _losses(f, loss, x, y).sum() / max(len(x) - 1, 1))],
        ),
        Mistake(
            "halved",
            _of_losses(lambda losses: losses.mean() / 2),
            "This is half of the mean; some books put a ½ before the squared error. If `loss` wants one it has it "
            "already.",
            credit=0.5,
        ),
        Mistake(
            "example_left_out",
            _of_losses(lambda losses: losses[1:].sum() / len(losses)),
            "One example, the first or the last, has no part in the result. All n count: if there is a loop or a "
            "slice, look at where it begins and ends.",
            credit=0.25,
            forms=[
                _of_losses(lambda losses: losses[:-1].sum() / len(losses)),
                _of_losses(lambda losses: losses[1:].mean()),
                _of_losses(lambda losses: losses[:-1].mean()),
            ],
        ),
        Mistake(
            "loss_of_the_means",
            _refusing(lambda f, loss, x, y: loss(f(x).mean(0, keepdim=True), y.mean(0, keepdim=True))[0]),
            "Predictions are averaged before the loss sees them, so errors can cancel. Take the loss of each example "
            "first, then the mean.",
            forms=[
                _refusing(lambda f, loss, x, y: loss(f(x).mean(), y.mean())),
                _refusing(lambda f, loss, x, y: loss(f(x).mean(0), y.mean(0)).mean()),
            ],
        ),
        Mistake(
            "every_prediction_with_every_target",
            _refusing(lambda f, loss, x, y: loss(f(x)[:, None], y).mean()),
            "Every prediction is compared with every target, as in a table. Each has one target of its own: the loss "
            "takes both as they are, n and n.",
        ),
        Mistake(
            "root_of_the_mean",
            _of_losses(lambda losses: losses.mean().sqrt()),
            "The root of the mean loss is another figure. The risk is the expectation of the loss itself.",
            credit=0.25,
            forms=[_of_losses(lambda losses: losses.mean().abs().sqrt())],
        ),
        Mistake(
            "squared_again",
            _of_losses(lambda losses: losses.square().mean()),
            "The losses are squared before the mean. The risk is the mean of the losses as `loss` gives them.",
            credit=0.25,
        ),
        Mistake(
            "signs_of_the_losses_lost",
            _of_losses(lambda losses: losses.abs().mean()),
            "Right for losses that are never negative. `loss` may also count a gain as a negative loss: leave its "
            "values as they are.",
            credit=0.5,
            forms=[
                _of_losses(lambda losses: losses.mean().abs()),
                _of_losses(lambda losses: losses.clamp(min=0).mean()),
            ],
        ),
        Mistake(
            "zero_losses_left_out",
            _of_losses(lambda losses: losses[losses != 0].mean()),
            "Examples whose loss is 0 are left out of the mean. They count as well: the sum of all losses is divided "
            "by all n.",
            credit=0.5,
            forms=[_of_losses(lambda losses: losses[losses > 0].mean())],
        ),
        Mistake(
            "running_mean_begins_anew_at_zero",
            _running(_restarts_at_zero),
            "Examples are lost here, as when a running mean that happens to be 0 is taken for one that has not begun. "
            "Whatever the losses are, each of them counts with weight 1/n.",
            credit=0.5,
        ),
        Mistake(
            "running_mean_with_equal_parts",
            _running(lambda mean, value, count: (mean + value) / 2),
            "Each new loss gets half of the weight, so the last ones count most. The mean moves by (loss − mean)/k at "
            "the k-th example.",
            credit=0.25,
        ),
        Mistake(
            "median_instead_of_mean",
            _of_losses(lambda losses: losses.median()),
            "The median ignores how bad the bad examples are. An expectation is estimated by the mean.",
            credit=0.25,
            forms=[_of_losses(lambda losses: losses.quantile(0.5))],
        ),
        Mistake(
            "worst_example",
            _of_losses(lambda losses: losses.max()),
            "This is the loss of the worst example. Every example counts with the same weight 1/n.",
        ),
        Mistake(
            "best_example",
            _of_losses(lambda losses: losses.min()),
            "This is the loss of the best example. Every example counts with the same weight 1/n.",
        ),
        Mistake(
            "first_example_only",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x[:1], y[:1])[0]),
            "Only the first example is used. Did a `return` slip into the loop?",
        ),
        Mistake(
            "last_example_only",
            _refusing(lambda f, loss, x, y: _losses(f, loss, x[-1:], y[-1:])[0]),
            "Only the last example has a part in the result. Does a loop write over its result where it should add to "
            "it?",
            forms=[_of_losses(lambda losses: losses[-1] / len(losses))],
        ),
        Mistake(
            "predicts_nothing",
            _refusing(lambda f, loss, x, y: loss(torch.zeros_like(f(x)), y).mean()),
            "The predictions do not reach the loss: it has to compare `predict(x)` with `y`.",
        ),
        Mistake(
            "guard_turned",
            _guard_turned,
            "The guard refuses every batch that has examples, and lets the empty one pass. It is the empty batch that "
            "has no mean: `if len(x) == 0`.",
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda f, loss, x, y: _losses(f, loss, x, y).mean(),
            "An empty batch is let pass, but nothing has no mean. Refuse it: raise a ValueError before you compute.",
            credit=0.9,
            forms=[_zero_for_nothing],
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(x) <= 0:"],
        reasons.ROWS: ["if len(y) == 0:"],
    },
)
