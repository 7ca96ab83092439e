"""Exercises `dropout_test` and `fold_keep` of `11_dropout`: the one factor of the classic form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.inputs import normal


def _scale_cases(what: str) -> Callable[[np.random.Generator], Sequence[Case]]:
    def cases(rng: np.random.Generator) -> Sequence[Case]:
        def case(name: str, values: Tensor, keep: float) -> Case:
            return Case(name, {"args": [values], "kwargs": {"keep": keep}, "output": what}, "settled")

        return [
            case("keep = 0.5", normal(rng, 12, 10), 0.5),
            case("keep = 0.8", normal(rng, 10, 20), 0.8),
            case("keep = 0.3, float32", normal(rng, 9, 15).float(), 0.3),
            case("nothing is dropped", normal(rng, 3, 4), 1.0),
            case("non-contiguous", normal(rng, 8, 15).T, 0.6),
        ]

    return cases


def _drops(values: Tensor, *, keep: float) -> Tensor:
    own = torch.Generator()
    own.seed()
    return values * (torch.rand(values.shape, generator=own) < keep)


def _always_drops(values: Tensor, *, keep: float) -> Tensor:
    own = torch.Generator()
    own.seed()
    return values * torch.rand(values.shape, generator=own)


def _drops_the_same(seed: int) -> Callable[..., Tensor]:
    """Dropped by the mask that a seed brings."""

    def dropped(values: Tensor, *, keep: float) -> Tensor:
        return values * (torch.rand(values.shape, generator=torch.Generator().manual_seed(seed)) < keep)

    return dropped


def _first(axis: int, count: Callable[[float], float]) -> Callable[..., Tensor]:
    """The first entries along an axis alone, as many as `count` makes of keep times their number."""

    def cut(values: Tensor, *, keep: float) -> Tensor:
        size = values.shape[axis]
        stays = torch.arange(size) < count(keep * size)
        return values * (stays if axis == 1 else stays[:, None])

    return cut


def _scaled_at(places: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """The right values where places(values) says so, and what was given elsewhere."""
    return lambda values, *, keep: torch.where(places(values), keep * values, values)


def _row(values: Tensor, number: int) -> Tensor:
    rows = torch.arange(values.shape[0]) == number % values.shape[0]
    return rows[:, None].expand(values.shape)


def _column(values: Tensor, number: int) -> Tensor:
    return (torch.arange(values.shape[1]) == number % values.shape[1]).expand(values.shape)


def _other_factors() -> Sequence[Mistake]:
    """Slips about the factor that both exercises share."""
    return [
        Mistake(
            "variance_of_the_mask",
            lambda values, *, keep: keep * (1 - keep) * values,
            "keep · (1 − keep) is the variance of an entry of the mask, and its root the standard deviation. What is "
            "wanted is the mean, keep.",
            0.25,
            forms=[lambda values, *, keep: (keep * (1 - keep)) ** 0.5 * values],
        ),
        Mistake(
            "odds",
            lambda values, *, keep: keep / (1 - keep) * values if keep < 1 else values.clone(),
            "keep/(1 − keep) are the odds of being kept, and (1 − keep)/keep those of being dropped. The mean of the "
            "mask is keep itself.",
            0.25,
            forms=[lambda values, *, keep: (1 - keep) / keep * values],
        ),
        Mistake(
            "one_plus_keep",
            lambda values, *, keep: (1 + keep) * values,
            "1 + keep stands where keep belongs. Return keep times the values alone.",
            0.25,
            forms=[lambda values, *, keep: values / (1 + keep)],
        ),
        Mistake(
            "factor_subtracted",
            lambda values, *, keep: values - (1 - keep),
            "A number is added to all values or subtracted from them. The share that is lost is a share of each "
            "value: multiply by keep.",
            0.25,
            forms=[
                lambda values, *, keep: values - keep,
                lambda values, *, keep: values + keep,
                lambda values, *, keep: values + (1 - keep),
            ],
        ),
        Mistake(
            "power_for_product",
            lambda values, *, keep: values.sign() * values.abs() ** keep,
            "keep and the values stand in a power, as base and exponent. keep is a factor: `keep * …`.",
            0.25,
            forms=[lambda values, *, keep: values**keep, lambda values, *, keep: keep**values],
        ),
        Mistake(
            "same_mask_each_time",
            _drops_the_same(0),
            "Some entries are dropped, the same ones each time. Nothing is dropped here: scale every entry.",
            forms=[_drops_the_same(1), _drops_the_same(42)],
        ),
        Mistake(
            "cut_off_at_zero",
            lambda values, *, keep: keep * values.clamp(min=0),
            "Negative entries become 0 or positive. Every entry is scaled alike, whatever its sign.",
            0.25,
            forms=[lambda values, *, keep: keep * values.abs()],
        ),
        Mistake(
            "mixed_with_the_mean",
            lambda values, *, keep: keep * values + (1 - keep) * values.mean(),
            "The share that is missing is filled up, with a mean or another number. A dropped unit puts out 0, so "
            "nothing is added.",
            0.25,
            forms=[
                lambda values, *, keep: keep * values + (1 - keep) * values.mean(dim=0),
                lambda values, *, keep: keep * values + (1 - keep),
            ],
        ),
        Mistake(
            "only_the_first_row_scaled",
            _scaled_at(lambda values: _row(values, 0)),
            "Only some of the rows are scaled, and the others stay as they are. keep times the whole tensor scales "
            "every entry.",
            0.25,
            forms=[
                _scaled_at(lambda values: ~_row(values, 0)),
                _scaled_at(lambda values: ~_row(values, -1)),
                _scaled_at(lambda values: _row(values, -1)),
            ],
        ),
        Mistake(
            "scaled_by_the_number_of_rows",
            lambda values, *, keep: keep * values / values.shape[0],
            "It is also divided by the number of rows or of entries. No mean is taken here: keep is the only factor.",
            0.25,
            forms=[lambda values, *, keep: keep * values / values.numel()],
        ),
    ]


DROPOUT_TEST = Exercise(
    id="dropout_test",
    reference=reference.dropout_test,
    cases=_scale_cases("the output"),
    points=1,
    accepted=[
        Accepted("product", lambda x, *, keep: keep * x),
        Accepted("dropped_share_subtracted", lambda x, *, keep: x - (1 - keep) * x),
        Accepted("expectation_of_two_outcomes", lambda x, *, keep: keep * x + (1 - keep) * torch.zeros_like(x)),
        Accepted("expected_mask", lambda x, *, keep: torch.full_like(x, keep) * x),
    ],
    mistakes=[
        Mistake(
            "not_scaled",
            lambda x, *, keep: x.clone(),
            "At test time all units speak, so the next layer sees sums that are 1/keep times as large as in training. "
            "Return the expected output.",
        ),
        Mistake(
            "divided_by_keep",
            lambda x, *, keep: x / keep,
            "Dividing makes the outputs larger still. On average training let only the share keep through.",
            0.25,
        ),
        Mistake(
            "keep_and_drop_exchanged",
            lambda x, *, keep: (1 - keep) * x,
            "This scales by the probability to drop. A unit is there with probability keep.",
            0.25,
        ),
        Mistake(
            "divided_by_the_drop_probability",
            lambda x, *, keep: x / (1 - keep) if keep < 1 else x.clone(),
            "1/(1 − p) is what torch does in training, with p the probability to drop. Here the expected output is "
            "wanted, and keep is the probability to keep.",
        ),
        Mistake(
            "test_drops",
            _drops,
            "The output is random at test time: two calls with the same x disagree. Nothing is drawn there; return "
            "the expected output, keep times each entry.",
            forms=[_always_drops],
        ),
        Mistake(
            "keep_to_the_number_of_units",
            lambda x, *, keep: keep ** x.shape[-1] * x,
            "keep is raised to the power of a size, of the layer or of the batch. The mean of an output needs keep "
            "once, however wide the layer is.",
            forms=[lambda x, *, keep: keep ** x.shape[0] * x],
        ),
        Mistake(
            "averaged_over_the_batch",
            lambda x, *, keep: keep * x.mean(dim=0),
            "A mean is taken over examples or units. The expected output is a mean over masks, and it is known: keep "
            "times each entry. The shape stays.",
            0.25,
            forms=[
                lambda x, *, keep: keep * x.mean(dim=0, keepdim=True).expand_as(x).clone(),
                lambda x, *, keep: keep * x.mean(),
                lambda x, *, keep: keep * x.mean(dim=-1),
                lambda x, *, keep: x.mean(dim=0),
            ],
        ),
        Mistake(
            "summed_over_the_units",
            lambda x, *, keep: keep * x.sum(dim=-1),
            "The outputs are added up. That is the next layer's work: here each unit keeps an entry of its own.",
            0.25,
            forms=[lambda x, *, keep: keep * x.sum(dim=0), lambda x, *, keep: keep * x.sum()],
        ),
        Mistake(
            "scaled_by_the_number_of_units",
            lambda x, *, keep: keep * x / x.shape[-1],
            "It is also divided by the number of units, or multiplied by it. The mean is taken over masks and not "
            "over units: keep is the only factor.",
            0.25,
            forms=[lambda x, *, keep: keep * x * x.shape[-1]],
        ),
        Mistake(
            "scaled_twice",
            lambda x, *, keep: keep**2 * x,
            "keep enters twice. One layer of dropout costs one factor.",
            0.25,
        ),
        Mistake(
            "root_of_keep",
            lambda x, *, keep: keep**0.5 * x,
            "The square root of keep preserves the mean square of the outputs. The classic form preserves their mean.",
            0.25,
        ),
        Mistake(
            "cut_off_at_keep",
            lambda x, *, keep: torch.where(x < keep, x, torch.zeros_like(x)),
            "The outputs are compared with keep. keep is a probability; it says nothing about the size of an output.",
        ),
        Mistake(
            "cut_off_above_keep",
            lambda x, *, keep: torch.where(x > keep, x, torch.zeros_like(x)),
            "The outputs are compared with keep. keep is a probability; it says nothing about the size of an output.",
        ),
        Mistake(
            "first_units_only",
            lambda x, *, keep: x * (torch.arange(x.shape[1]) < keep * x.shape[1]),
            "The first units are kept and the rest is cut away. At test time every unit speaks, more quietly.",
            forms=[_first(1, round), _first(1, int)],
        ),
        *_other_factors(),
    ],
)


FOLD_KEEP = Exercise(
    id="fold_keep",
    reference=reference.fold_keep,
    cases=_scale_cases("the folded weights"),
    points=1,
    accepted=[
        Accepted("product", lambda weight, *, keep: keep * weight),
        Accepted(
            "dropped_share_subtracted", lambda weight, *, keep: torch.lerp(weight, torch.zeros_like(weight), 1 - keep)
        ),
        Accepted("diagonal_matrix", lambda weight, *, keep: weight @ (keep * torch.eye(weight.shape[1]).to(weight))),
        Accepted("row_by_row", lambda weight, *, keep: torch.stack([keep * row for row in weight])),
    ],
    mistakes=[
        Mistake(
            "not_scaled",
            lambda weight, *, keep: weight.clone(),
            "These are the trained weights. With all units awake their sums are 1/keep times too large.",
        ),
        Mistake(
            "divided_by_keep",
            lambda weight, *, keep: weight / keep,
            "Dividing makes the weights larger still. They must shrink, since more units speak than in training.",
            0.25,
        ),
        Mistake(
            "keep_and_drop_exchanged",
            lambda weight, *, keep: (1 - keep) * weight,
            "This scales by the probability to drop. A unit was there with probability keep.",
            0.25,
        ),
        Mistake(
            "random_weights_dropped",
            _drops,
            "The result is random: two calls with the same weights disagree. Folding is no draw: it makes one fixed "
            "network out of the trained one.",
            forms=[_always_drops],
        ),
        Mistake(
            "one_input_left_unscaled",
            _scaled_at(lambda weight: ~_column(weight, -1)),
            "One column is left as it was trained, as if it held the bias. The bias is a vector of its own, and every "
            "column of this matrix reads from a unit that was dropped: scale them all.",
            0.5,
            forms=[_scaled_at(lambda weight: ~_column(weight, 0))],
        ),
        Mistake(
            "only_one_input_scaled",
            _scaled_at(lambda weight: _column(weight, 0)),
            "Only one column is scaled. Every column reads from a unit that was dropped: scale them all.",
            0.25,
            forms=[_scaled_at(lambda weight: _column(weight, -1))],
        ),
        Mistake(
            "diagonal_alone",
            _scaled_at(lambda weight: torch.eye(*weight.shape) == 1),
            "Only the diagonal is scaled. Every weight reads from a unit that was dropped: scale them all.",
            0.25,
            forms=[lambda weight, *, keep: keep * weight * torch.eye(*weight.shape).to(weight)],
        ),
        Mistake(
            "summed_over_the_inputs",
            lambda weight, *, keep: keep * weight.sum(dim=1),
            "Weights are added up or averaged. Folding changes the size of each weight and leaves the matrix a matrix.",
            0.25,
            forms=[
                lambda weight, *, keep: keep * weight.sum(dim=0),
                lambda weight, *, keep: keep * weight.mean(dim=1),
                lambda weight, *, keep: keep * weight.mean(dim=0),
            ],
        ),
        Mistake(
            "divided_by_the_number_of_inputs",
            lambda weight, *, keep: keep * weight / weight.shape[1],
            "It is also divided by the number of inputs. The sum over the inputs stays a sum: keep is the only factor.",
            0.25,
        ),
        Mistake(
            "length_of_the_weights",
            lambda weight, *, keep: keep * weight / weight.norm(),
            "The weights are divided by their norm. Folding is one factor, keep.",
            0.25,
            forms=[lambda weight, *, keep: keep * weight / weight.norm(dim=1, keepdim=True)],
        ),
        Mistake(
            "scaled_twice",
            lambda weight, *, keep: keep**2 * weight,
            "keep enters twice. The weights meet one dropped layer, the one that they read from.",
            0.25,
        ),
        Mistake(
            "root_of_keep",
            lambda weight, *, keep: keep**0.5 * weight,
            "The square root of keep preserves the mean square of a sum. Folding preserves its mean.",
            0.25,
        ),
        Mistake(
            "keep_to_the_number_of_inputs",
            lambda weight, *, keep: keep ** weight.shape[1] * weight,
            "keep to the power of the fan-in is the probability that all inputs are there. The mean of a sum needs "
            "keep once, whatever the fan-in.",
        ),
        Mistake(
            "keep_to_the_number_of_outputs",
            lambda weight, *, keep: keep ** weight.shape[0] * weight,
            "keep is raised to the number of units. Each weight meets one dropped unit, so keep enters once.",
        ),
        Mistake(
            "keep_times_the_number_of_inputs",
            lambda weight, *, keep: keep * weight.shape[1] * weight,
            "keep times the fan-in is the expected number of inputs. Each weight is scaled by its share, keep.",
        ),
        Mistake(
            "transposed",
            lambda weight, *, keep: keep * weight.T,
            "The scale is right, the shape is turned. Weights stay (out, in), and each is scaled alike.",
            0.5,
        ),
        Mistake(
            "first_inputs_only",
            lambda weight, *, keep: weight * (torch.arange(weight.shape[1]) < keep * weight.shape[1]),
            "The weights of the last inputs or units are cut off. Every weight stays, scaled by keep.",
            forms=[_first(1, round), _first(1, int), _first(0, round), _first(0, int)],
        ),
        *_other_factors(),
    ],
)
