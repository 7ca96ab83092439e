"""`glorot_uniform` and `glorot_normal`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]

FORWARD_ONLY = (
    "fan_out has no part in the result: only the way forward is kept in mind. Glorot averages fan_in and fan_out."
)
BACKWARD_ONLY = (
    "fan_in has no part in the result: only the way back is kept in mind. Glorot averages fan_in and fan_out."
)
SUM = (
    "The deviation is √2 times too small, as if the fans were added but not halved. Their mean is (fan_in +"
    " fan_out)/2, so σ² has a 2 on top, and a² = 3σ² a 6."
)
MEAN_TWICE = (
    "The deviation is √2 times too large, as if a 2 counted twice. σ² is 2 over the sum of the fans, or 1 over their"
    " mean, and all of it stands under the root."
)
PRODUCT = "The weights scatter by the product of the fans. Glorot's compromise is their mean, (fan_in + fan_out)/2."
MEAN_OF_VARIANCES = (
    "σ² comes out as the mean of 1/fan_in and 1/fan_out. Glorot averages the fans: σ² is 1 over their mean."
)
ROOT_BELOW = (
    "The bound comes out as 6/√(fan_in + fan_out). The root goes over the whole fraction, and so over the 6 too."
)
ROOT_ABOVE = (
    "The weights are as small as if the sum of the fans stood outside of the root. The root goes over the whole"
    " fraction, and so over that sum too."
)
BRACKETS = (
    "The weights grow like √fan_out, as when brackets are missing: in Python a/b + c adds c to the quotient. The whole"
    " sum fan_in + fan_out belongs below the line."
)
GAIN = "The weights are larger by 5/3, which is torch's gain for tanh. Glorot's rule, which is asked for, has no gain."
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

SOUND_UNIFORM = (draws.Scale(draws.uniform, _glorot),)


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_uniform_(weight, generator=generator)


def _lerp(shape: Shape, generator: Generator) -> Tensor:
    limit = math.sqrt(6 / sum(draws.field_fans(shape)))
    share = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return limit * share - limit * (1 - share)


def _cases_of_glorot_uniform(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_UNIFORM, GLOROT_UNIFORM.mistakes, rng)


def _hidden_of_glorot_uniform(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_UNIFORM, GLOROT_UNIFORM.mistakes, rng, hidden=True)


GLOROT_UNIFORM = Exercise(
    id="glorot_uniform",
    reference=reference.glorot_uniform,
    cases=_cases_of_glorot_uniform,
    hidden=_hidden_of_glorot_uniform,
    points=2,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _glorot)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("between_two_ends", _lerp),
    ],
    mistakes=[
        Mistake(
            "bound_without_the_three",
            draws.Scale(draws.uniform, draws.times(3**-0.5, _glorot)),
            draws.NO_THREE,
            credit=0.5,
        ),
        Mistake(
            "three_for_its_root", draws.Scale(draws.uniform, draws.times(3**0.5, _glorot)), draws.THREE, credit=0.5
        ),
        Mistake(
            "divided_by_the_three",
            draws.Scale(draws.uniform, draws.times(1 / 3, _glorot)),
            draws.DIVIDED_BY_THREE,
            credit=0.5,
        ),
        Mistake(
            "bound_without_the_root",
            draws.Scale(draws.uniform, lambda into, out: 6 / (into + out) / math.sqrt(3)),
            "The weights shrink with the sum of the fans and not with its root: the bound is √(6/(fan_in +"
            " fan_out)), all of it under the root.",
            credit=0.5,
            forms=[
                draws.Scale(draws.uniform, lambda into, out: 2 / (into + out)),
                draws.Scale(draws.uniform, lambda into, out: 2 / (into + out) / math.sqrt(3)),
            ],
        ),
        Mistake("half_the_range", draws.Scale(draws.uniform, draws.times(0.5, _glorot)), draws.HALF_RANGE, credit=0.5),
        Mistake("unit_range", draws.Scale(draws.uniform, draws.times(12**-0.5, _glorot)), draws.UNIT_RANGE, credit=0.5),
        Mistake("twice_the_range", draws.Scale(draws.uniform, draws.times(2, _glorot)), draws.TWELVE, credit=0.5),
        Mistake("sum_for_mean", draws.Scale(draws.uniform, _sum), SUM, credit=0.5),
        Mistake("two_counted_twice", draws.Scale(draws.uniform, draws.times(2**0.5, _glorot)), MEAN_TWICE, credit=0.5),
        Mistake(
            "fan_in_alone",
            draws.Scale(draws.uniform, _only_in),
            FORWARD_ONLY,
            credit=0.5,
            forms=[draws.Scale(draws.uniform, _forward)],
        ),
        Mistake(
            "fan_out_alone",
            draws.Scale(draws.uniform, _only_out),
            BACKWARD_ONLY,
            credit=0.5,
            forms=[draws.Scale(draws.uniform, lambda into, out: out**-0.5)],
        ),
        Mistake(
            "fans_multiplied",
            draws.Scale(draws.uniform, lambda into, out: math.sqrt(2 / (into * out))),
            PRODUCT,
            credit=0.5,
            forms=[draws.Scale(draws.uniform, lambda into, out: (into * out) ** -0.25)],
        ),
        Mistake("mean_of_variances", draws.Scale(draws.uniform, _mean_of_variances), MEAN_OF_VARIANCES, credit=0.5),
        Mistake(
            "root_of_the_fans_alone", draws.Scale(draws.uniform, draws.times(6**0.5, _glorot)), ROOT_BELOW, credit=0.5
        ),
        Mistake(
            "root_of_the_number_alone",
            draws.Scale(draws.uniform, lambda into, out: math.sqrt(2) / (into + out)),
            ROOT_ABOVE,
            credit=0.5,
        ),
        Mistake(
            "brackets_missing",
            draws.Scale(draws.uniform, lambda into, out: math.sqrt((6 / into + out) / 3)),
            BRACKETS,
            credit=0.25,
        ),
        Mistake("gain_of_tanh", draws.Scale(draws.uniform, draws.times(5 / 3, _glorot)), GAIN, credit=0.5),
        Mistake(
            "old_rule",
            draws.Scale(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            "U(±1/√fan_in) is the older rule that Glorot and Bengio replaced: its variance is 1/(3 fan_in).",
            credit=0.25,
        ),
        Mistake("not_scaled", draws.Scale(draws.uniform, lambda into, out: 3**-0.5), NOT_SCALED),
        Mistake(
            "receptive_field_forgotten",
            draws.Scale(draws.uniform, _glorot, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        Mistake(
            "last_axis_for_fan_in",
            draws.Scale(draws.uniform, _glorot, draws.last_axis_fans),
            draws.LAST_AXIS,
            credit=0.5,
        ),
        Mistake(
            "normal_with_the_bound",
            draws.Scale(draws.normal, draws.times(3**0.5, _glorot)),
            "The weights are normal, with the bound as their deviation. Draw uniformly between −a and a.",
            credit=0.25,
        ),
        *draws.not_uniform(_glorot),
        *draws.careless(reference.glorot_uniform),
        *draws.elsewhere(draws.uniform, _glorot),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- glorot_normal ----------------------------------------------------------------------------------------

SOUND_NORMAL = (draws.Scale(draws.normal, _glorot), draws.Scale(draws.widened, _glorot))


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.xavier_normal_(weight, generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    mean_fan = sum(draws.field_fans(shape)) / 2
    return torch.empty(tuple(shape), device=generator.device).normal_(0, mean_fan**-0.5, generator=generator)


def _cases_of_glorot_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_NORMAL, GLOROT_NORMAL.mistakes, rng)


def _hidden_of_glorot_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_NORMAL, GLOROT_NORMAL.mistakes, rng, hidden=True)


GLOROT_NORMAL = Exercise(
    id="glorot_normal",
    reference=reference.glorot_normal,
    cases=_cases_of_glorot_normal,
    hidden=_hidden_of_glorot_normal,
    points=1,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _glorot)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _glorot), draws.REDRAWN),
    ],
    mistakes=[
        Mistake(
            "variance_for_deviation",
            draws.Scale(draws.normal, lambda into, out: 2 / (into + out)),
            draws.VARIANCE,
            credit=0.5,
        ),
        Mistake("sum_for_mean", draws.Scale(draws.normal, _sum), SUM, credit=0.5),
        Mistake("two_counted_twice", draws.Scale(draws.normal, draws.times(2**0.5, _glorot)), MEAN_TWICE, credit=0.5),
        Mistake(
            "fan_in_alone",
            draws.Scale(draws.normal, _forward),
            FORWARD_ONLY,
            credit=0.5,
            forms=[draws.Scale(draws.normal, _only_in)],
        ),
        Mistake(
            "fan_out_alone",
            draws.Scale(draws.normal, lambda into, out: out**-0.5),
            BACKWARD_ONLY,
            credit=0.5,
            forms=[draws.Scale(draws.normal, _only_out)],
        ),
        Mistake(
            "fans_multiplied",
            draws.Scale(draws.normal, lambda into, out: math.sqrt(2 / (into * out))),
            PRODUCT,
            credit=0.5,
            forms=[draws.Scale(draws.normal, lambda into, out: (into * out) ** -0.25)],
        ),
        Mistake("mean_of_variances", draws.Scale(draws.normal, _mean_of_variances), MEAN_OF_VARIANCES, credit=0.5),
        Mistake(
            "root_of_the_number_alone",
            draws.Scale(draws.normal, lambda into, out: math.sqrt(2) / (into + out)),
            ROOT_ABOVE,
            credit=0.5,
        ),
        Mistake(
            "brackets_missing",
            draws.Scale(draws.normal, lambda into, out: math.sqrt(2 / into + out)),
            BRACKETS,
            credit=0.25,
        ),
        Mistake(
            "bound_for_deviation",
            draws.Scale(draws.normal, lambda into, out: (6 / (into + out)) ** 0.5),
            "√(6/(fan_in + fan_out)) is the bound of the uniform law. The deviation is smaller by √3.",
            credit=0.5,
        ),
        Mistake(
            "root_taken_twice",
            draws.Scale(draws.normal, lambda into, out: (2 / (into + out)) ** 0.25),
            "The deviation is as large as if the root were taken twice: 2/(fan_in + fan_out) is the variance, and"
            " its root the deviation.",
            credit=0.5,
        ),
        Mistake("not_scaled", draws.Scale(draws.normal, lambda into, out: 1.0), NOT_SCALED),
        Mistake(
            "receptive_field_forgotten", draws.Scale(draws.normal, _glorot, draws.bare_fans), draws.NO_FIELD, credit=0.5
        ),
        Mistake(
            "last_axis_for_fan_in",
            draws.Scale(draws.normal, _glorot, draws.last_axis_fans),
            draws.LAST_AXIS,
            credit=0.5,
        ),
        Mistake("cut_off_and_too_narrow", draws.Scale(draws.cut_off, _glorot), draws.CUT_OFF, credit=0.75),
        Mistake(
            "uniform_within_the_deviation",
            draws.Scale(draws.uniform, draws.times(3**-0.5, _glorot)),
            "The weights are uniform in ±σ, which has a third of the variance. Draw from a normal.",
            credit=0.25,
        ),
        *draws.not_normal(_glorot),
        *draws.careless(reference.glorot_normal),
        *draws.elsewhere(draws.normal, _glorot),
    ],
    equivalent={
        reasons.DEVICE: ["return deviation * torch.randn(shape, generator=generator)"],
    },
)
