"""`he_uniform` and `he_normal`: fan_in is taught, fan_out is accepted."""

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

BACKWARD = (
    "fan_out keeps the gradient's variance on the way back; fan_in, taught here, the signal's on the way forward."
)
NO_GAIN = (
    "The variance is 1/fan_in here. A ReLU silences half of the signal: to make up for it the variance must be"
    " 2/fan_in."
)
TOO_SMALL = (
    "The variance comes out as 1/(2 · fan_in), as if the 2 stood on the wrong side. A ReLU loses half of the mean"
    " square, so He doubles LeCun's variance: 2/fan_in."
)
TWICE = (
    "The deviation is 2/√fan_in, twice LeCun's. It is the variance that doubles: the 2 stands under the root,"
    " √(2/fan_in)."
)
ROOT_ABOVE = (
    "The root goes over the whole fraction, √(2/fan_in): here the weights are as small as if fan_in stood outside of"
    " it."
)
LEAKY = (
    "The variance is a sixth of He's, like that of torch.nn.Linear, whose kaiming with a = √5 stands for a leaky ReLU"
    " of slope √5. For a ReLU it is 2/fan_in, in torch nonlinearity='relu'."
)
ROOT_OF_SIX = (
    "The bound comes out as 6/√fan_in. The root goes over the whole fraction, √(6/fan_in), and so over the 6 too."
)
ROOT_OF_FAN = (
    "The root goes over the whole fraction, √(6/fan_in): here the weights are as small as if fan_in stood outside of"
    " it."
)
NOT_SCALED = "The weights have the same scale whatever the layer's size: the fan in must enter the formula."
BOTH_FANS = "Both fans enter the result, as in Glorot's rule. He takes one of them: 2/fan_in."


def _he(into: int, out: int) -> float:
    return math.sqrt(2 / into)


def _he_out(into: int, out: int) -> float:
    return math.sqrt(2 / out)


def _no_gain(into: int, out: int) -> float:
    return math.sqrt(1 / into)


def _both(into: int, out: int) -> float:
    return math.sqrt(2 / (into + out))


# --- he_uniform -------------------------------------------------------------------------------------------

SOUND_UNIFORM = (draws.Scale(draws.uniform, _he), draws.Scale(draws.uniform, _he_out))


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)


def _in_place(shape: Shape, generator: Generator) -> Tensor:
    limit = (6 * shape[0] / math.prod(shape)) ** 0.5
    weight = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return weight.mul_(2 * limit).sub_(limit)


def _cases_of_he_uniform(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_UNIFORM, HE_UNIFORM.mistakes, rng)


def _hidden_of_he_uniform(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_UNIFORM, HE_UNIFORM.mistakes, rng, hidden=True)


HE_UNIFORM = Exercise(
    id="he_uniform",
    reference=reference.he_uniform,
    cases=_cases_of_he_uniform,
    hidden=_hidden_of_he_uniform,
    points=1,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _he)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("in_place", _in_place),
        Accepted("fan_out", draws.scaled(draws.uniform, _he_out), BACKWARD),
    ],
    mistakes=[
        Mistake(
            "bound_without_the_three",
            draws.Scale(draws.uniform, draws.times(3**-0.5, _he)),
            draws.NO_THREE,
            credit=0.5,
            forms=[draws.Scale(draws.uniform, draws.times(3**-0.5, _he_out))],
        ),
        Mistake("three_for_its_root", draws.Scale(draws.uniform, draws.times(3**0.5, _he)), draws.THREE, credit=0.5),
        Mistake(
            "divided_by_the_three",
            draws.Scale(draws.uniform, draws.times(1 / 3, _he)),
            draws.DIVIDED_BY_THREE,
            credit=0.5,
        ),
        Mistake(
            "bound_without_the_root",
            draws.Scale(draws.uniform, lambda into, out: 6 / into / math.sqrt(3)),
            "The weights shrink with the fan and not with its root: the bound is √(6/fan_in), all of it under the"
            " root.",
            credit=0.5,
            forms=[
                draws.Scale(draws.uniform, lambda into, out: 6 / out / math.sqrt(3)),
                draws.Scale(draws.uniform, lambda into, out: 2 / into),
                draws.Scale(draws.uniform, lambda into, out: 2 / into / math.sqrt(3)),
            ],
        ),
        Mistake("half_the_range", draws.Scale(draws.uniform, draws.times(0.5, _he)), draws.HALF_RANGE, credit=0.5),
        Mistake("unit_range", draws.Scale(draws.uniform, draws.times(12**-0.5, _he)), draws.UNIT_RANGE, credit=0.5),
        Mistake("twice_the_range", draws.Scale(draws.uniform, draws.times(2, _he)), draws.TWELVE, credit=0.5),
        Mistake("without_the_two", draws.Scale(draws.uniform, _no_gain), NO_GAIN, credit=0.5),
        Mistake("two_for_its_root", draws.Scale(draws.uniform, draws.times(2**0.5, _he)), TWICE, credit=0.5),
        Mistake(
            "root_of_the_fans_alone", draws.Scale(draws.uniform, draws.times(6**0.5, _he)), ROOT_OF_SIX, credit=0.5
        ),
        Mistake(
            "root_of_the_number_alone",
            draws.Scale(draws.uniform, lambda into, out: math.sqrt(2) / into),
            ROOT_OF_FAN,
            credit=0.5,
        ),
        Mistake(
            "both_fans",
            draws.Scale(draws.uniform, _both),
            BOTH_FANS,
            credit=0.5,
            forms=[draws.Scale(draws.uniform, lambda into, out: math.sqrt(4 / (into + out)))],
        ),
        Mistake(
            "torchs_default_for_linear",
            draws.Scale(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            LEAKY,
            credit=0.25,
        ),
        Mistake("not_scaled", draws.Scale(draws.uniform, lambda into, out: 3**-0.5), NOT_SCALED),
        Mistake(
            "receptive_field_forgotten", draws.Scale(draws.uniform, _he, draws.bare_fans), draws.NO_FIELD, credit=0.5
        ),
        Mistake(
            "field_of_fan_out_forgotten",
            draws.Scale(draws.uniform, _he_out, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        Mistake(
            "last_axis_for_fan_in", draws.Scale(draws.uniform, _he, draws.last_axis_fans), draws.LAST_AXIS, credit=0.5
        ),
        Mistake(
            "normal_with_the_bound",
            draws.Scale(draws.normal, draws.times(3**0.5, _he)),
            "The weights are normal, with the bound as their deviation. Draw uniformly between −a and a.",
            credit=0.25,
        ),
        *draws.not_uniform(_he),
        *draws.careless(reference.he_uniform),
        *draws.elsewhere(draws.uniform, _he),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- he_normal --------------------------------------------------------------------------------------------

SOUND_NORMAL = tuple(draws.Scale(law, of) for law in (draws.normal, draws.widened) for of in (_he, _he_out))


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.normal_(0, (2 * shape[0] / weight.numel()) ** 0.5, generator=generator)


def _cases_of_he_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_NORMAL, HE_NORMAL.mistakes, rng)


def _hidden_of_he_normal(rng: np.random.Generator) -> Sequence[Case]:
    return draws.cases(SOUND_NORMAL, HE_NORMAL.mistakes, rng, hidden=True)


HE_NORMAL = Exercise(
    id="he_normal",
    reference=reference.he_normal,
    cases=_cases_of_he_normal,
    hidden=_hidden_of_he_normal,
    points=2,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _he)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("fan_out", draws.scaled(draws.normal, _he_out), BACKWARD),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _he), draws.REDRAWN),
        Accepted("fan_out_cut_off_and_rescaled", draws.scaled(draws.widened, _he_out), f"{draws.REDRAWN} {BACKWARD}"),
    ],
    mistakes=[
        Mistake(
            "variance_for_deviation",
            draws.Scale(draws.normal, lambda into, out: 2 / into),
            draws.VARIANCE,
            credit=0.5,
            forms=[draws.Scale(draws.normal, lambda into, out: 2 / out)],
        ),
        Mistake("without_the_two", draws.Scale(draws.normal, _no_gain), NO_GAIN, credit=0.5),
        Mistake("half_for_two", draws.Scale(draws.normal, draws.times(0.5, _he)), TOO_SMALL, credit=0.5),
        Mistake("two_for_its_root", draws.Scale(draws.normal, draws.times(2**0.5, _he)), TWICE, credit=0.5),
        Mistake(
            "root_of_the_number_alone",
            draws.Scale(draws.normal, lambda into, out: math.sqrt(2) / into),
            ROOT_ABOVE,
            credit=0.5,
        ),
        Mistake(
            "root_taken_twice",
            draws.Scale(draws.normal, lambda into, out: (2 / into) ** 0.25),
            "The deviation is as large as if the root were taken twice: 2/fan_in is the variance, and its root the"
            " deviation.",
            credit=0.5,
        ),
        Mistake(
            "upside_down",
            draws.Scale(draws.normal, lambda into, out: (into / 2) ** 0.5),
            "The more inputs, the larger the weights: fan_in belongs below the line, √(2/fan_in).",
            credit=0.5,
        ),
        Mistake(
            "both_fans",
            draws.Scale(draws.normal, _both),
            BOTH_FANS,
            credit=0.5,
            forms=[draws.Scale(draws.normal, lambda into, out: math.sqrt(4 / (into + out)))],
        ),
        Mistake(
            "bound_for_deviation",
            draws.Scale(draws.normal, lambda into, out: (6 / into) ** 0.5),
            "√(6/fan_in) is the bound of the uniform law. The deviation is smaller by √3.",
            credit=0.5,
        ),
        Mistake(
            "torchs_default_for_linear",
            draws.Scale(draws.normal, lambda into, out: (3 * into) ** -0.5),
            LEAKY,
            credit=0.25,
        ),
        Mistake(
            "not_scaled",
            draws.Scale(draws.normal, lambda into, out: 1.0),
            NOT_SCALED,
            forms=[draws.Scale(draws.normal, lambda into, out: 2**0.5)],
        ),
        Mistake(
            "receptive_field_forgotten", draws.Scale(draws.normal, _he, draws.bare_fans), draws.NO_FIELD, credit=0.5
        ),
        Mistake(
            "field_of_fan_out_forgotten",
            draws.Scale(draws.normal, _he_out, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        Mistake(
            "last_axis_for_fan_in", draws.Scale(draws.normal, _he, draws.last_axis_fans), draws.LAST_AXIS, credit=0.5
        ),
        Mistake("cut_off_and_too_narrow", draws.Scale(draws.cut_off, _he), draws.CUT_OFF, credit=0.75),
        Mistake(
            "uniform_within_the_deviation",
            draws.Scale(draws.uniform, draws.times(3**-0.5, _he)),
            "The weights are uniform in ±σ, which has a third of the variance. Draw from a normal.",
            credit=0.25,
        ),
        *draws.not_normal(_he),
        *draws.careless(reference.he_normal),
        *draws.elsewhere(draws.normal, _he),
    ],
    equivalent={
        reasons.DEVICE: ["return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator)"],
    },
)
