"""`fans` and `lecun_normal`."""

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
Fans = tuple[int, int]

# --- fans -------------------------------------------------------------------------------------------------


def _fan_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *kernel: int) -> Case:
        into = int(rng.integers(3, 9))
        shape = (into + int(rng.integers(2, 9)), into, *kernel)
        return Case(name, {"args": [shape], "kwargs": {}, "outputs": ["fan_in", "fan_out"]})

    return [
        case("a dense layer"),
        case("another dense layer"),
        case("a 5 × 5 kernel", 5, 5),
        case("a 3 × 7 kernel", 3, 7),
        case("a convolution along one axis", 4),
        case("a convolution in space", 2, 3, 5),
        case("a 1 × 1 kernel", 1, 1),
    ]


def _by_loop(shape: Shape) -> Fans:
    field = 1
    for size in shape[2:]:
        field *= size
    return shape[1] * field, shape[0] * field


def _by_numel(shape: Shape) -> Fans:
    weights = torch.empty(tuple(shape), device="meta").numel()
    return weights // shape[0], weights // shape[1]


def _by_torch(shape: Shape) -> Fans:
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(tuple(shape), device="meta"))
    return fan_in, fan_out


def _by_array(shape: Shape) -> Fans:
    field = int(np.prod(shape[2:], dtype=int))
    return shape[1] * field, shape[0] * field


def _first_kernel_axis(shape: Shape) -> Fans:
    side = shape[2] if len(shape) > 2 else 1
    return shape[1] * side, shape[0] * side


def _square_kernel(shape: Shape) -> Fans:
    area = shape[-1] ** 2 if len(shape) > 2 else 1
    return shape[1] * area, shape[0] * area


FANS = Exercise(
    id="fans",
    reference=reference.fans,
    cases=_fan_cases,
    points=1,
    accepted=[
        Accepted("by_loop", _by_loop),
        Accepted("number_of_weights_divided", _by_numel),
        Accepted("numpy_product", _by_array),
        Accepted("torchs_own", _by_torch, library=True),
    ],
    mistakes=[
        Mistake(
            "exchanged",
            lambda shape: reference.fans(shape)[::-1],
            "fan_in and fan_out are exchanged. Weights are (out, in, …): a row feeds one unit.",
            credit=0.25,
        ),
        Mistake(
            "receptive_field_forgotten",
            lambda shape: (shape[1], shape[0]),
            "These are channels. In a convolution each unit sees in-channels × all places of the kernel.",
            credit=0.5,
        ),
        Mistake(
            "field_only_in_fan_in",
            lambda shape: (reference.fans(shape)[0], shape[0]),
            "Going back, an input meets every place of the kernel of every out-channel: fan_out needs the field too.",
            credit=0.5,
        ),
        Mistake(
            "field_only_in_fan_out",
            lambda shape: (shape[1], reference.fans(shape)[1]),
            "A unit's input comes from every place of the kernel: fan_in needs the field as well.",
            credit=0.5,
        ),
        Mistake(
            "one_side_of_the_kernel",
            _first_kernel_axis,
            "Only one axis of the kernel is counted. The field is the product of all axes after the second.",
            credit=0.5,
        ),
        Mistake(
            "kernel_taken_as_square",
            _square_kernel,
            "A kernel need not be square, nor have two axes: multiply the sizes of all axes after the second.",
            credit=0.5,
        ),
        Mistake(
            "kernel_axes_added",
            lambda shape: (shape[1] * sum(shape[2:] or [1]), shape[0] * sum(shape[2:] or [1])),
            "A 3 × 5 kernel has 15 places, not 8: multiply the sizes of its axes.",
            credit=0.25,
        ),
        Mistake(
            "all_weights_counted",
            lambda shape: (math.prod(shape), math.prod(shape)),
            "This counts the weights of the whole layer. A fan counts those that enter, or leave, one unit.",
        ),
        Mistake(
            "channels_last",
            lambda shape: (math.prod(shape[:-1]), math.prod(shape[:-2]) * shape[-1]),
            "This reads the shape as (*kernel, in, out), as Keras has it. Here it is (out, in, *kernel).",
        ),
    ],
)

# --- lecun_normal -----------------------------------------------------------------------------------------


def _lecun(into: int, out: int) -> float:
    return float(into**-0.5)


LECUN = (
    _lecun,
    lambda into, out: out**-0.5,
    lambda into, out: 1 / into,
    lambda into, out: (2 / into) ** 0.5,
    lambda into, out: (2 / (into + out)) ** 0.5,
    lambda into, out: (3 * into) ** -0.5,
    draws.narrowed(_lecun),
    lambda into, out: 1.0,
)


def _filled(shape: Shape, generator: Generator) -> Tensor:
    weight = torch.empty(tuple(shape), device=generator.device)
    return weight.normal_(0, shape[0] ** 0.5 * weight.numel() ** -0.5, generator=generator)


def _drawn_with_deviation(shape: Shape, generator: Generator) -> Tensor:
    fan_in, _ = reference.fans(shape)
    where = torch.zeros(tuple(shape), device=generator.device)
    return torch.normal(where, 1 / math.sqrt(fan_in), generator=generator)


def _box_muller(shape: Shape, generator: Generator) -> Tensor:
    one, two = (torch.rand(tuple(shape), generator=generator, device=generator.device) for _ in range(2))
    return (-2 * (1 - one).log() / draws.field_fans(shape)[0]).sqrt() * (2 * math.pi * two).cos()


LECUN_NORMAL = Exercise(
    id="lecun_normal",
    reference=reference.lecun_normal,
    cases=lambda rng: draws.cases(LECUN, LECUN[:1], rng),
    points=2,
    accepted=[
        Accepted("filled_in_place", _filled),
        Accepted("drawn_with_the_deviation", _drawn_with_deviation),
        Accepted("box_muller", _box_muller),
        Accepted("cut_off_and_rescaled", draws.scaled(draws.widened, _lecun), draws.REDRAWN),
    ],
    mistakes=[
        Mistake("fan_out", draws.scaled(draws.normal, lambda into, out: out**-0.5), draws.SWAPPED, credit=0.5),
        Mistake(
            "variance_for_deviation",
            draws.scaled(draws.normal, lambda into, out: 1 / into),
            draws.VARIANCE,
            credit=0.5,
        ),
        Mistake(
            "receptive_field_forgotten",
            draws.scaled(draws.normal, _lecun, draws.bare_fans),
            draws.NO_FIELD,
            credit=0.5,
        ),
        Mistake(
            "hes_factor_two",
            draws.scaled(draws.normal, lambda into, out: (2 / into) ** 0.5),
            "The 2 is He's, for units that are silent half of the time. LeCun's variance is 1/fan_in.",
            credit=0.5,
        ),
        Mistake(
            "glorots_mean_of_fans",
            draws.scaled(draws.normal, lambda into, out: (2 / (into + out)) ** 0.5),
            "This is Glorot's compromise between both directions. LeCun looks forward only: 1/fan_in.",
            credit=0.5,
        ),
        Mistake(
            "uniform_within_the_deviation",
            draws.scaled(draws.uniform, lambda into, out: (3 * into) ** -0.5),
            "The weights are uniform in ±1/√fan_in, which has a third of the variance. Draw from a normal.",
            credit=0.25,
        ),
        *draws.not_normal(_lecun),
        Mistake(
            "not_scaled",
            draws.normal,
            "The deviation is 1 whatever the layer's size: a sum over fan_in such terms has deviation √fan_in.",
        ),
        *draws.careless(reference.lecun_normal),
        Mistake("one_number", draws.scaled(draws.constant, _lecun), draws.CONSTANT),
    ],
    equivalent={
        reasons.DEVICE: ["return torch.randn(shape, generator=generator) / math.sqrt(fan_in)"],
    },
)
