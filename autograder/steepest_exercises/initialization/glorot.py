"""`glorot_uniform` and `glorot_normal`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from steepest_grader.exercise.model import Accepted, Exercise
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]

FORWARD_ONLY = "Only the way forward is kept in mind. Glorot averages fan_in and fan_out."
BACKWARD_ONLY = "Only the way back is kept in mind. Glorot averages fan_in and fan_out."
SUM = "The fans are added but not halved: their mean is (fan_in + fan_out)/2, so σ² has a 2 on top, and a² = 3σ² a 6."
MEAN_TWICE = (
    "The deviation is √2 times too large: one 2 is enough. σ² is 2 over the sum of the fans, or 1 over their mean, and"
    " all of it stands under the root."
)
PRODUCT = "The fans are multiplied. Glorot's compromise is their mean, (fan_in + fan_out)/2."
MEAN_OF_VARIANCES = (
    "The variances 1/fan_in and 1/fan_out are averaged, or the two laws mixed. Glorot averages the fans: σ² is 1 over"
    " their mean."
)
ROOT_BELOW = "The root goes over the whole fraction: the number on top is to be taken the root of, too."
ROOT_ABOVE = (
    "The root goes over the whole fraction: the sum of the fans below the line is to be taken the root of, too."
)
BRACKETS = (
    "The deviation is about √fan_out: in Python a/b + c adds c to the quotient. Put brackets around fan_in + fan_out."
)
GAIN = "torch's gain of 5/3 is for deep tanh networks. Glorot's rule, which is asked for, has no gain."
NOT_SCALED = "The weights have the same scale whatever the layer's size: the fans must enter the formula."


def _glorot(into: int, out: int) -> float:
    return math.sqrt(2 / (into + out))


def _only_in(into: int, out: int) -> float:
    return math.sqrt(2 / into)


def _only_out(into: int, out: int) -> float:
    return math.sqrt(2 / out)


def _mean_of_variances(into: int, out: int) -> float:
    return math.sqrt((1 / into + 1 / out) / 2)


def _sum(into: int, out: int) -> float:
    return math.sqrt(1 / (into + out))


def _forward(into: int, out: int) -> float:
    return math.sqrt(1 / into)


# --- glorot_uniform ---------------------------------------------------------------------------------------

SOUND_UNIFORM = (draws.Scale(_glorot, draws.uniform),)
UNIFORM = (
    draws.slip("bound_without_the_three", draws.uniform, draws.NO_THREE, draws.times(3**-0.5, _glorot)),
    draws.slip("three_for_its_root", draws.uniform, draws.THREE, draws.times(3**0.5, _glorot)),
    draws.slip("divided_by_the_three", draws.uniform, draws.DIVIDED_BY_THREE, draws.times(1 / 3, _glorot)),
    draws.slip(
        "bound_without_the_root",
        draws.uniform,
        "The bound is √(6/(fan_in + fan_out)); the root is missing.",
        lambda into, out: 6 / (into + out) / math.sqrt(3),
        lambda into, out: 2 / (into + out),
        lambda into, out: 2 / (into + out) / math.sqrt(3),
    ),
    draws.slip("half_the_range", draws.uniform, draws.HALF_RANGE, draws.times(0.5, _glorot)),
    draws.slip("unit_range", draws.uniform, draws.UNIT_RANGE, draws.times(12**-0.5, _glorot)),
    draws.slip("twice_the_range", draws.uniform, draws.TWELVE, draws.times(2, _glorot)),
    draws.slip("sum_for_mean", draws.uniform, SUM, _sum),
    draws.slip("two_counted_twice", draws.uniform, MEAN_TWICE, draws.times(2**0.5, _glorot)),
    draws.slip("fan_in_alone", draws.uniform, FORWARD_ONLY, _only_in, _forward),
    draws.slip("fan_out_alone", draws.uniform, BACKWARD_ONLY, _only_out, lambda into, out: out**-0.5),
    draws.slip(
        "fans_multiplied",
        draws.uniform,
        PRODUCT,
        lambda into, out: math.sqrt(2 / (into * out)),
        lambda into, out: (into * out) ** -0.25,
    ),
    draws.slip("mean_of_variances", draws.uniform, MEAN_OF_VARIANCES, _mean_of_variances),
    draws.slip("root_of_the_fans_alone", draws.uniform, ROOT_BELOW, draws.times(6**0.5, _glorot)),
    draws.slip(
        "root_of_the_number_alone",
        draws.uniform,
        ROOT_ABOVE,
        lambda into, out: math.sqrt(2) / (into + out),
    ),
    draws.slip(
        "brackets_missing", draws.uniform, BRACKETS, lambda into, out: math.sqrt((6 / into + out) / 3), credit=0.25
    ),
    draws.slip("gain_of_tanh", draws.uniform, GAIN, draws.times(5 / 3, _glorot)),
    draws.slip(
        "old_rule",
        draws.uniform,
        "U(±1/√fan_in) is the older rule that Glorot and Bengio replaced: its variance is 1/(3 fan_in).",
        lambda into, out: (3 * into) ** -0.5,
        credit=0.25,
    ),
    draws.slip("not_scaled", draws.uniform, NOT_SCALED, lambda into, out: 3**-0.5, credit=0),
    draws.slip("receptive_field_forgotten", draws.uniform, draws.NO_FIELD, _glorot, fans=draws.bare_fans),
    draws.slip("last_axis_for_fan_in", draws.uniform, draws.LAST_AXIS, _glorot, fans=draws.last_axis_fans),
    draws.slip(
        "normal_with_the_bound",
        draws.normal,
        "The bound stands as deviation of a normal law. Draw uniformly between −a and a.",
        draws.times(3**0.5, _glorot),
        credit=0.25,
    ),
)


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_uniform_(weight, generator=generator)


def _lerp(shape: Shape, generator: Generator) -> Tensor:
    limit = math.sqrt(6 / sum(draws.field_fans(shape)))
    share = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return limit * share - limit * (1 - share)


GLOROT_UNIFORM = Exercise(
    id="glorot_uniform",
    reference=reference.glorot_uniform,
    cases=lambda rng: draws.cases(SOUND_UNIFORM, UNIFORM, rng),
    points=2,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _glorot)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("between_two_ends", _lerp),
    ],
    mistakes=[
        *(slip.mistake for slip in UNIFORM),
        *draws.not_uniform(_glorot),
        *draws.careless(reference.glorot_uniform),
        *draws.elsewhere(SOUND_UNIFORM, UNIFORM),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- glorot_normal ----------------------------------------------------------------------------------------

SOUND_NORMAL = (draws.Scale(_glorot, draws.normal), draws.Scale(_glorot, draws.widened))
NORMAL = (
    draws.slip("variance_for_deviation", draws.normal, draws.VARIANCE, lambda into, out: 2 / (into + out)),
    draws.slip("sum_for_mean", draws.normal, SUM, _sum),
    draws.slip("two_counted_twice", draws.normal, MEAN_TWICE, draws.times(2**0.5, _glorot)),
    draws.slip("fan_in_alone", draws.normal, FORWARD_ONLY, _forward, _only_in),
    draws.slip("fan_out_alone", draws.normal, BACKWARD_ONLY, lambda into, out: out**-0.5, _only_out),
    draws.slip(
        "fans_multiplied",
        draws.normal,
        PRODUCT,
        lambda into, out: math.sqrt(2 / (into * out)),
        lambda into, out: (into * out) ** -0.25,
    ),
    draws.slip("mean_of_variances", draws.normal, MEAN_OF_VARIANCES, _mean_of_variances),
    draws.slip("root_of_the_number_alone", draws.normal, ROOT_ABOVE, lambda into, out: math.sqrt(2) / (into + out)),
    draws.slip("brackets_missing", draws.normal, BRACKETS, lambda into, out: math.sqrt(2 / into + out), credit=0.25),
    draws.slip(
        "bound_for_deviation",
        draws.normal,
        "√(6/(fan_in + fan_out)) is the bound of the uniform law. The deviation is smaller by √3.",
        lambda into, out: (6 / (into + out)) ** 0.5,
    ),
    draws.slip(
        "root_taken_twice",
        draws.normal,
        "The root is taken twice: 2/(fan_in + fan_out) is the variance, and its root the deviation.",
        lambda into, out: (2 / (into + out)) ** 0.25,
    ),
    draws.slip("not_scaled", draws.normal, NOT_SCALED, lambda into, out: 1.0, credit=0),
    draws.slip("receptive_field_forgotten", draws.normal, draws.NO_FIELD, _glorot, fans=draws.bare_fans),
    draws.slip("last_axis_for_fan_in", draws.normal, draws.LAST_AXIS, _glorot, fans=draws.last_axis_fans),
    draws.slip("cut_off_and_too_narrow", draws.cut_off, draws.CUT_OFF, _glorot, credit=0.75),
    draws.slip(
        "uniform_within_the_deviation",
        draws.uniform,
        "The weights are uniform in ±σ, which has a third of the variance. Draw from a normal.",
        draws.times(3**-0.5, _glorot),
        credit=0.25,
    ),
)


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_normal_(weight, generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    mean_fan = sum(draws.field_fans(shape)) / 2
    return torch.empty(tuple(shape), device=generator.device).normal_(0, mean_fan**-0.5, generator=generator)


GLOROT_NORMAL = Exercise(
    id="glorot_normal",
    reference=reference.glorot_normal,
    cases=lambda rng: draws.cases(SOUND_NORMAL, NORMAL, rng),
    points=1,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _glorot)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("cut_off_and_rescaled", SOUND_NORMAL[1].draw, draws.REDRAWN),
    ],
    mistakes=[
        *(slip.mistake for slip in NORMAL),
        *draws.not_normal(_glorot),
        *draws.careless(reference.glorot_normal),
        *draws.elsewhere(SOUND_NORMAL, NORMAL),
    ],
    equivalent={
        reasons.DEVICE: ["return deviation * torch.randn(shape, generator=generator)"],
    },
)
