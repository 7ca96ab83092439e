"""`he_uniform` and `he_normal`: fan_in is taught, fan_out is accepted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from steepest_grader.exercise.model import Accepted, Exercise
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.initialization import draws, reference

Shape = Sequence[int]

BACKWARD = (
    "fan_out keeps the gradient's variance on the way back; fan_in, taught here, the signal's on the way forward."
)
NO_GAIN = "A ReLU silences half of the signal. The variance must be 2/fan_in to make up for it, not 1/fan_in."
TOO_SMALL = (
    "The 2 is on the wrong side: a ReLU loses half of the mean square, so He doubles LeCun's variance, 2/fan_in."
)
TWICE = "The deviation is doubled, where the variance should be: the 2 stands under the root, √(2/fan_in)."
ROOT_ABOVE = "The root goes over the whole fraction, √(2/fan_in): here fan_in stands without it."
LEAKY = (
    "torch.nn.Linear starts with a sixth of He's variance: kaiming with a = √5 stands for a leaky ReLU of slope √5. For"
    " a ReLU take nonlinearity='relu'."
)
ROOT_OF_SIX = "The root goes over the whole fraction, √(6/fan_in): here the 6 stands without it."
ROOT_OF_FAN = "The root goes over the whole fraction, √(6/fan_in): here fan_in stands without it."
NOT_SCALED = "The weights have the same scale whatever the layer's size: the fan in must enter the formula."
BOTH_FANS = "This averages the fans, as Glorot does. He takes one of them: 2/fan_in."


def _he(into: int, out: int) -> float:
    return math.sqrt(2 / into)


def _he_out(into: int, out: int) -> float:
    return math.sqrt(2 / out)


def _no_gain(into: int, out: int) -> float:
    return math.sqrt(1 / into)


def _both(into: int, out: int) -> float:
    return math.sqrt(2 / (into + out))


# --- he_uniform -------------------------------------------------------------------------------------------

SOUND_UNIFORM = (draws.Scale(_he, draws.uniform), draws.Scale(_he_out, draws.uniform))
UNIFORM = (
    draws.slip(
        "bound_without_the_three",
        draws.uniform,
        draws.NO_THREE,
        draws.times(3**-0.5, _he),
        draws.times(3**-0.5, _he_out),
    ),
    draws.slip("three_for_its_root", draws.uniform, draws.THREE, draws.times(3**0.5, _he)),
    draws.slip("divided_by_the_three", draws.uniform, draws.DIVIDED_BY_THREE, draws.times(1 / 3, _he)),
    draws.slip(
        "bound_without_the_root",
        draws.uniform,
        "The bound is √(6/fan_in); the root is missing.",
        lambda into, out: 6 / into / math.sqrt(3),
        lambda into, out: 6 / out / math.sqrt(3),
        lambda into, out: 2 / into,
        lambda into, out: 2 / into / math.sqrt(3),
    ),
    draws.slip("half_the_range", draws.uniform, draws.HALF_RANGE, draws.times(0.5, _he)),
    draws.slip("unit_range", draws.uniform, draws.UNIT_RANGE, draws.times(12**-0.5, _he)),
    draws.slip("twice_the_range", draws.uniform, draws.TWELVE, draws.times(2, _he)),
    draws.slip("without_the_two", draws.uniform, NO_GAIN, _no_gain),
    draws.slip("two_for_its_root", draws.uniform, TWICE, draws.times(2**0.5, _he)),
    draws.slip("root_of_the_fans_alone", draws.uniform, ROOT_OF_SIX, draws.times(6**0.5, _he)),
    draws.slip("root_of_the_number_alone", draws.uniform, ROOT_OF_FAN, lambda into, out: math.sqrt(2) / into),
    draws.slip("both_fans", draws.uniform, BOTH_FANS, _both, lambda into, out: math.sqrt(4 / (into + out))),
    draws.slip("torchs_default_for_linear", draws.uniform, LEAKY, lambda into, out: (3 * into) ** -0.5, credit=0.25),
    draws.slip("not_scaled", draws.uniform, NOT_SCALED, lambda into, out: 3**-0.5, credit=0),
    draws.slip("receptive_field_forgotten", draws.uniform, draws.NO_FIELD, _he, fans=draws.bare_fans),
    draws.slip("field_of_fan_out_forgotten", draws.uniform, draws.NO_FIELD, _he_out, fans=draws.bare_fans),
    draws.slip("last_axis_for_fan_in", draws.uniform, draws.LAST_AXIS, _he, fans=draws.last_axis_fans),
    draws.slip(
        "normal_with_the_bound",
        draws.normal,
        "The bound stands as deviation of a normal law. Draw uniformly between −a and a.",
        draws.times(3**0.5, _he),
        credit=0.25,
    ),
)


def _torch_uniform(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)


def _in_place(shape: Shape, generator: Generator) -> Tensor:
    limit = (6 * shape[0] / math.prod(shape)) ** 0.5
    weight = torch.rand(tuple(shape), generator=generator, device=generator.device)
    return weight.mul_(2 * limit).sub_(limit)


HE_UNIFORM = Exercise(
    id="he_uniform",
    reference=reference.he_uniform,
    cases=lambda rng: draws.cases(SOUND_UNIFORM, UNIFORM, rng),
    points=1,
    accepted=[
        Accepted("stretched_random_numbers", draws.scaled(draws.uniform, _he)),
        Accepted("torchs_own", _torch_uniform, library=True),
        Accepted("in_place", _in_place),
        Accepted("fan_out", draws.scaled(draws.uniform, _he_out), BACKWARD),
    ],
    mistakes=[
        *(slip.mistake for slip in UNIFORM),
        *draws.not_uniform(_he),
        *draws.careless(reference.he_uniform),
        *draws.elsewhere(SOUND_UNIFORM, UNIFORM),
    ],
    equivalent=draws.SAME_UNIFORM,
)

# --- he_normal --------------------------------------------------------------------------------------------

SOUND_NORMAL = tuple(draws.Scale(of, law) for law in (draws.normal, draws.widened) for of in (_he, _he_out))
NORMAL = (
    draws.slip(
        "variance_for_deviation",
        draws.normal,
        draws.VARIANCE,
        lambda into, out: 2 / into,
        lambda into, out: 2 / out,
    ),
    draws.slip("without_the_two", draws.normal, NO_GAIN, _no_gain),
    draws.slip("half_for_two", draws.normal, TOO_SMALL, draws.times(0.5, _he)),
    draws.slip("two_for_its_root", draws.normal, TWICE, draws.times(2**0.5, _he)),
    draws.slip("root_of_the_number_alone", draws.normal, ROOT_ABOVE, lambda into, out: math.sqrt(2) / into),
    draws.slip(
        "root_taken_twice",
        draws.normal,
        "The root is taken twice: 2/fan_in is the variance, and its root the deviation.",
        lambda into, out: (2 / into) ** 0.25,
    ),
    draws.slip(
        "upside_down",
        draws.normal,
        "The more inputs, the larger the weights: fan_in belongs below the line, √(2/fan_in).",
        lambda into, out: (into / 2) ** 0.5,
    ),
    draws.slip("both_fans", draws.normal, BOTH_FANS, _both, lambda into, out: math.sqrt(4 / (into + out))),
    draws.slip(
        "bound_for_deviation",
        draws.normal,
        "√(6/fan_in) is the bound of the uniform law. The deviation is smaller by √3.",
        lambda into, out: (6 / into) ** 0.5,
    ),
    draws.slip("torchs_default_for_linear", draws.normal, LEAKY, lambda into, out: (3 * into) ** -0.5, credit=0.25),
    draws.slip("not_scaled", draws.normal, NOT_SCALED, lambda into, out: 1.0, lambda into, out: 2**0.5, credit=0),
    draws.slip("receptive_field_forgotten", draws.normal, draws.NO_FIELD, _he, fans=draws.bare_fans),
    draws.slip("field_of_fan_out_forgotten", draws.normal, draws.NO_FIELD, _he_out, fans=draws.bare_fans),
    draws.slip("last_axis_for_fan_in", draws.normal, draws.LAST_AXIS, _he, fans=draws.last_axis_fans),
    draws.slip("cut_off_and_too_narrow", draws.cut_off, draws.CUT_OFF, _he, credit=0.75),
    draws.slip(
        "uniform_within_the_deviation",
        draws.uniform,
        "The weights are uniform in ±σ, which has a third of the variance. Draw from a normal.",
        draws.times(3**-0.5, _he),
        credit=0.25,
    ),
)


def _torch_normal(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.normal_(0, (2 * shape[0] / weight.numel()) ** 0.5, generator=generator)


HE_NORMAL = Exercise(
    id="he_normal",
    reference=reference.he_normal,
    cases=lambda rng: draws.cases(SOUND_NORMAL, NORMAL, rng),
    points=2,
    accepted=[
        Accepted("scaled_standard_normal", draws.scaled(draws.normal, _he)),
        Accepted("torchs_own", _torch_normal, library=True),
        Accepted("filled_in_place", _filled),
        Accepted("fan_out", draws.scaled(draws.normal, _he_out), BACKWARD),
        Accepted("cut_off_and_rescaled", SOUND_NORMAL[2].draw, draws.REDRAWN),
        Accepted("fan_out_cut_off_and_rescaled", SOUND_NORMAL[3].draw, f"{draws.REDRAWN} {BACKWARD}"),
    ],
    mistakes=[
        *(slip.mistake for slip in NORMAL),
        *draws.not_normal(_he),
        *draws.careless(reference.he_normal),
        *draws.elsewhere(SOUND_NORMAL, NORMAL),
    ],
    equivalent={
        reasons.DEVICE: ["return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator)"],
    },
)
