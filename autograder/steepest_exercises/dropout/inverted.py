"""`inverted_dropout`: zeros, scale and seeds are judged, not one draw (see `steepest._drives.masks`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.dropout import reference
from steepest_exercises.dropout.mask import WHOLE_ROWS

Rule = Callable[[Tensor, float], Tensor]
Layer = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *shape: int, keep: float, dtype: torch.dtype = torch.float64, corner: float = 0.0) -> Case:
        sizes = torch.from_numpy(rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)).to(dtype)
        return Case(name, {"x": sizes, "keep": keep, "seed": int(rng.integers(2**31))}, "dropped", corner=corner)

    return [
        case("keep = 0.5", 60, 50, keep=0.5),
        case("keep = 0.8", 55, 60, keep=0.8),
        case("keep = 0.3, float32", 50, 60, keep=0.3, dtype=torch.float32),
        case("keep = 0.71", 50, 70, keep=0.71),
        case("images of 7 × 10 pixels, keep = 0.61", 70, 7, 10, keep=0.61),
        case("nothing is dropped, keep = 1", 4, 6, keep=1.0, corner=0.15),
    ]


def _mask(x: Tensor, keep: float, generator: Generator) -> Tensor:
    u = torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    return (u < keep).to(x.dtype)


def _one_mask(x: Tensor, keep: float, generator: Generator) -> Tensor:
    return _mask(x[:1], keep, generator)


def _whole_rows(x: Tensor, keep: float, generator: Generator) -> Tensor:
    return _mask(x.flatten(1)[:, 0], keep, generator).reshape(-1, *[1] * (x.ndim - 1))


def _fixed_number(x: Tensor, keep: float, generator: Generator) -> Tensor:
    keys = torch.rand(x.numel(), generator=generator, device=x.device)
    return (keys.argsort().argsort() < round(keep * x.numel())).to(x.dtype).reshape(x.shape)


def _from_fixed_seed(x: Tensor, keep: float, generator: Generator) -> Tensor:
    return _mask(x, keep, generator.manual_seed(0))


def _from_own_generator(x: Tensor, keep: float, generator: Generator) -> Tensor:
    own = Generator()
    own.seed()
    return _mask(x, keep, own)


def _layer(
    scaled: Rule = lambda x, keep: x / keep,
    still: Rule = lambda x, keep: x,
    draw: Callable[[Tensor, float, Generator], Tensor] = _mask,
    drops_if: Callable[[bool], bool] = lambda training: training,
) -> Layer:
    """Dropout with `scaled(x, keep)` under the mask in training and `still(x, keep)` in evaluation."""

    def layer(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
        return draw(x, keep, generator) * scaled(x, keep) if drops_if(training) else still(x, keep)

    return layer


def _where(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    if not training or keep == 1:
        return x
    kept = torch.rand(x.shape, generator=generator, device=x.device) < keep
    return torch.where(kept, x / keep, torch.zeros_like(x))


def _always_draws(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    kept = torch.bernoulli(torch.full_like(x, keep), generator=generator)
    return x * (kept / keep) if training else x.clone()


def _zeros_written(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    out = x.clone()
    if training:
        out /= keep
        out[torch.rand(x.shape, generator=generator, device=x.device) >= keep] = 0
    return out


def _mask_divided_first(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    return x * (_mask(x.float(), keep, generator) / keep) if training else x


def _by_observed_share(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    if not training:
        return x
    mask = _mask(x, keep, generator)
    return x * mask / mask.mean()


def _every_entry_shifted(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    mask = _mask(x, keep, generator) if training else torch.ones_like(x)
    return x * mask + (1 - mask) * x.mean()


def _noisy(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    return x * (1 + ((1 - keep) / keep) ** 0.5 * noise) if training else x


def _below_normal(x: Tensor, keep: float, generator: Generator) -> Tensor:
    drawn = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    return (drawn < keep).to(x.dtype)


def _rounded(count: Callable[[float], float]) -> Callable[[Tensor, float, Generator], Tensor]:
    """A mask from whole numbers under 10, for keep rounded to tenths by `count`."""

    def draw(x: Tensor, keep: float, generator: Generator) -> Tensor:
        return (torch.randint(0, 10, x.shape, generator=generator) < count(10 * keep)).to(x.dtype)

    return draw


def _rows_and_columns(x: Tensor, keep: float, generator: Generator) -> Tensor:
    rows = torch.ones(len(x), *[1] * (x.ndim - 1), dtype=x.dtype)
    return _mask(rows, keep**0.5, generator) * _mask(x[:1], keep**0.5, generator)


def _from_first_seed(x: Tensor, keep: float, generator: Generator) -> Tensor:
    return _mask(x, keep, generator.manual_seed(generator.initial_seed()))


def _two_axes_unpacked(x: Tensor, keep: float, generator: Generator) -> Tensor:
    rows, columns = x.shape
    return _mask(x[:rows, :columns], keep, generator)


def _two_axes_read(x: Tensor, keep: float, generator: Generator) -> Tensor:
    u = torch.rand(x.shape[0], x.shape[1], generator=generator, dtype=x.dtype)
    return (u < keep).to(x.dtype)


def _one_number(x: Tensor, keep: float, generator: Generator) -> Tensor:
    return _mask(x.reshape(-1)[:1], keep, generator)


def _by_observed_share_of_rows(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    if not training:
        return x
    mask = _mask(x, keep, generator)
    shares = mask.flatten(1).mean(dim=1).clamp(min=1e-9)
    return x * mask / shares.reshape(-1, *[1] * (x.ndim - 1))


def _filled(value: Callable[[Tensor], Tensor]) -> Layer:
    """Dropped entries hold value(x)."""

    def layer(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
        return torch.where(_mask(x, keep, generator) == 1, x / keep, value(x)) if training else x

    return layer


def _drops_twice(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    return _mask(x, keep, generator) * _mask(x, keep, generator) * x / keep if training else x


INVERTED_DROPOUT = Exercise(
    id="inverted_dropout",
    reference=reference.inverted_dropout,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("mask_times_x_over_keep", _layer()),
        Accepted("where_kept", _where),
        Accepted("scaled_mask", _always_draws),
        Accepted("zeros_written_into_a_copy", _zeros_written),
        Accepted("mask_divided_first", _mask_divided_first),
    ],
    mistakes=[
        Mistake(
            "never_scaled",
            _layer(lambda x, keep: x),
            "Dropped in training, and scaled nowhere: the next layer sees larger sums at evaluation than it was "
            "trained with. The inverted form divides by keep in training.",
            0.25,
        ),
        Mistake(
            "classic_scaling",
            _layer(lambda x, keep: x, lambda x, keep: keep * x),
            "This is the classic form: unscaled in training, times keep in evaluation. It is sound, but asked for is "
            "the inverted one, which leaves evaluation alone.",
            0.5,
        ),
        Mistake(
            "scaled_at_both_times",
            _layer(still=lambda x, keep: keep * x),
            "Training divides by keep, and evaluation multiplies by keep as well. One of the two is enough: the "
            "inverted form leaves evaluation alone.",
            0.25,
        ),
        Mistake(
            "multiplied_by_keep_in_training",
            _layer(lambda x, keep: keep * x),
            "The kept entries shrink. They must make up for what is dropped: divide by keep.",
            0.25,
        ),
        Mistake(
            "scaled_by_the_drop_probability",
            _layer(lambda x, keep: x / (1 - keep) if keep < 1 else x),
            "The mask keeps with probability keep, but the scale is 1/(1 − keep). The expected output is then x times "
            "keep/(1 − keep).",
            0.25,
        ),
        Mistake(
            "keep_taken_as_drop_probability",
            _layer(
                lambda x, keep: x / (1 - keep) if keep < 1 else x,
                draw=lambda x, keep, generator: _mask(x, 1 - keep if keep < 1 else 1.0, generator),
            ),
            "keep is used as the probability to drop, as torch's p. Here it is the probability to keep.",
            0.25,
            forms=[
                _layer(
                    lambda x, keep: x / (1 - keep) if keep < 1 else x,
                    draw=lambda x, keep, generator: _mask(x, 1 - keep, generator),
                ),
            ],
        ),
        Mistake(
            "keep_rounded_to_tenths",
            _layer(draw=_rounded(lambda count: count)),
            "Entries are kept with probability keep rounded to tenths, as with a draw that has ten outcomes only. "
            "Compare numbers from torch.rand, which are (almost) continuous.",
            0.5,
            forms=[_layer(draw=_rounded(round)), _layer(draw=_rounded(int))],
        ),
        Mistake(
            "normal_instead_of_uniform",
            _layer(draw=_below_normal),
            "Entries are kept with probability Φ(keep), as where standard normal numbers are compared with keep. "
            "Uniform numbers lie below keep with probability keep: torch.rand.",
            0.25,
        ),
        Mistake(
            "mask_for_one_half",
            _layer(draw=lambda x, keep, generator: _mask(x, 0.5, generator)),
            "The mask keeps one half, whatever keep is, and only the scale knows keep. Compare with keep.",
            0.25,
        ),
        Mistake(
            "scale_of_one_half",
            _layer(lambda x, keep: 2 * x),
            "The scale of the kept entries, such as 2, is the same whatever keep is. Divide by keep.",
            0.25,
            forms=[_layer(lambda x, keep: x / 0.8)],
        ),
        Mistake(
            "mask_of_the_dropped",
            _layer(draw=lambda x, keep, generator: 1 - _mask(x, keep, generator)),
            "Entries are kept with probability 1 − keep. The scale is right; look at which way the mask is drawn: 1 "
            "with probability keep.",
            0.25,
            forms=[_layer(draw=lambda x, keep, generator: _mask(x, 1 - keep, generator))],
        ),
        Mistake(
            "scale_of_the_odds",
            _layer(lambda x, keep: x * (1 - keep) / keep),
            "The scale is another expression in keep than 1/keep, such as (1 − keep)/keep or 1 − keep. The kept share "
            "of the mean is keep, so 1/keep brings it back.",
            0.25,
            forms=[_layer(lambda x, keep: x * (1 - keep)), _layer(lambda x, keep: x * (1 + keep))],
        ),
        Mistake(
            "variance_kept_instead_of_mean",
            _layer(lambda x, keep: x / keep**0.5),
            "Dividing by the square root of keep keeps the mean square. What evaluation needs is the mean: divide by "
            "keep.",
            0.25,
        ),
        Mistake(
            "scaled_twice",
            _layer(lambda x, keep: x / keep**2),
            "The factor 1/keep is applied twice, for example in the mask and again in the product.",
            0.25,
        ),
        Mistake(
            "scaled_by_the_observed_share",
            _by_observed_share,
            "The scale is the share of ones in this draw, or in each of its rows, so it changes from call to call. "
            "Divide by keep itself.",
            0.5,
            forms=[_by_observed_share_of_rows],
        ),
        Mistake(
            "scales_without_dropping",
            lambda x, *, keep, training, generator: x / keep if training else x,
            "In training every entry is divided by keep, and none is dropped. Draw a mask and multiply by it.",
            0.25,
        ),
        Mistake(
            "scaled_in_evaluation",
            _layer(lambda x, keep: x, lambda x, keep: x / keep),
            "The division by keep stands in evaluation. The inverted form divides in training, where entries are "
            "dropped, and leaves evaluation alone.",
            0.25,
            forms=[_layer(lambda x, keep: x / keep, lambda x, keep: x / keep)],
        ),
        Mistake(
            "evaluation_gives_nothing",
            _layer(still=lambda x, keep: torch.zeros_like(x)),
            "In evaluation every output is one and the same number, such as 0, whatever x is. All units speak there: "
            "return x.",
            0.25,
            forms=[_layer(still=lambda x, keep: torch.ones_like(x))],
        ),
        Mistake(
            "evaluation_of_the_mean",
            _layer(still=lambda x, keep: (1 - keep) * x),
            "Evaluation is scaled by 1 − keep. The division by keep in training has set the mean right: leave "
            "evaluation alone.",
            0.25,
        ),
        Mistake(
            "nothing_becomes_zero",
            _filled(lambda x: x),
            "In training entries change, and none becomes 0: noise is multiplied in, for example, or a dropped entry "
            "keeps its value or takes a mean. A dropped unit is silent: draw zeros and ones, and multiply.",
            forms=[_noisy, _every_entry_shifted],
        ),
        Mistake(
            "never_drops",
            lambda x, *, keep, training, generator: x.clone(),
            "Nothing is dropped, in training either. Draw a mask where `training` is true.",
        ),
        Mistake(
            "evaluation_drops",
            _layer(still=lambda x, keep: x, drops_if=lambda training: True),
            "Evaluation is random: the same input gives another output each time. Look at `training` first.",
            0.25,
        ),
        Mistake(
            "training_and_evaluation_exchanged",
            _layer(drops_if=lambda training: not training),
            "It drops in evaluation and not in training. The condition on `training` is turned round.",
            0.25,
        ),
        Mistake(
            "one_mask_for_the_whole_batch",
            _layer(draw=_one_mask),
            "All rows lose the same units: the whole batch meets one thinned network. Draw a mask of the shape of x.",
            0.25,
        ),
        Mistake(
            "two_axes_only",
            _layer(draw=_two_axes_unpacked),
            "It works for inputs with two axes alone. x may have any number of axes: draw a mask of the shape x.shape.",
            0.5,
            forms=[_layer(draw=_two_axes_read)],
        ),
        Mistake(
            "one_number_for_all",
            _layer(draw=_one_number),
            "One number decides for the whole batch: either everything is kept or nothing is. Draw a mask of the shape "
            "of x.",
            0.25,
        ),
        Mistake(
            "product_of_a_row_and_a_column",
            _layer(draw=_rows_and_columns),
            "Entries that share a row or a column are dropped together more often than chance would have it. Draw as "
            "many numbers as x has entries.",
            0.25,
        ),
        Mistake(
            "whole_rows_dropped",
            _layer(draw=_whole_rows),
            WHOLE_ROWS,
            0.25,
        ),
        Mistake(
            "fixed_number_kept",
            _layer(draw=_fixed_number),
            "Every call keeps the same number of entries, so they depend on each other. Draw them independently.",
            0.5,
        ),
        Mistake(
            "drops_twice",
            _drops_twice,
            "Entries are kept with probability keep², as if two masks both had to keep them. One mask, drawn with "
            "keep itself, is enough.",
            0.25,
        ),
        Mistake(
            "fixed_seed",
            _layer(draw=_from_fixed_seed),
            "Every call drops the same entries, whatever the generator: a seed stands in the function, or a mask is "
            "kept from call to call. Draw anew from the generator given.",
            0.25,
        ),
        Mistake(
            "same_mask_in_every_call",
            _layer(draw=_from_first_seed),
            "A generator brings the same dropped entries in every call, as if it began with its first seed again, so "
            "one thinned network is trained all the time. Let the generator go on from where it is.",
            0.5,
        ),
        Mistake(
            "ignores_the_generator",
            _layer(draw=_from_own_generator),
            "The same seed does not bring the same output. Hand generator=generator to the function that draws.",
            0.5,
        ),
    ],
    equivalent={
        "x is of float32 or float64, and its product with zeros and ones of float32 keeps that type.": [
            "mask = dropout_mask(x.shape, keep=keep, generator=generator).to()",
            "mask = dropout_mask(x.shape, keep=keep, generator=generator)",
        ],
        reasons.SAME_DEVICE: ["mask = dropout_mask(x.shape, keep=keep, generator=generator).to(x)"],
    },
)
