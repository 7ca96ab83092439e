"""`fans`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.initialization import reference

Shape = Sequence[int]
Fans = tuple[int, int]


def _fan_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, *kernel: int) -> Case:
        into = int(rng.integers(3, 9))
        shape = (into + int(rng.integers(2, 9)), into, *kernel)
        inputs = {"shape": shape, "outputs": ["fan_in", "fan_out"], "whole": "“both are ints”"}
        return Case(name, inputs, "two_whole_numbers")

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


def _last_kernel_axis(shape: Shape) -> Fans:
    side = shape[-1] if len(shape) > 2 else 1
    return shape[1] * side, shape[0] * side


def _square_kernel(shape: Shape, side: int = -1) -> Fans:
    area = shape[side] ** 2 if len(shape) > 2 else 1
    return shape[1] * area, shape[0] * area


def _from(start: int) -> Callable[[Shape], Fans]:
    return lambda shape: (shape[1] * math.prod(shape[start:]), shape[0] * math.prod(shape[start:]))


def _two_axes_alone(shape: Shape) -> Fans:
    field = shape[2] * shape[3] if len(shape) == 4 else 1
    return shape[1] * field, shape[0] * field


def _first_two_axes(shape: Shape) -> Fans:
    field = shape[2] * shape[3] if len(shape) > 3 else 1
    return shape[1] * field, shape[0] * field


def _four_axes(shape: Shape) -> Fans:
    out, into, height, width = shape
    return into * height * width, out * height * width


def _axes_two_and_three(shape: Shape) -> Fans:
    return shape[1] * shape[2] * shape[3], shape[0] * shape[2] * shape[3]


def _kernel_axes_added(shape: Shape) -> Fans:
    field = sum(shape[2:]) if len(shape) > 2 else 1
    return shape[1] * field, shape[0] * field


def _field_added(shape: Shape) -> Fans:
    field = math.prod(shape[2:]) if len(shape) > 2 else 0
    return shape[1] + field, shape[0] + field


def _divided(shape: Shape) -> tuple[float, float]:
    weights = math.prod(shape)
    return weights / shape[0], weights / shape[1]


def _as_floats(shape: Shape) -> tuple[Any, Any]:
    field = np.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _as_tensors(shape: Shape) -> tuple[Tensor, Tensor]:
    fan_in, fan_out = reference.fans(shape)
    return torch.tensor(fan_in), torch.tensor(fan_out)


def _numpy_ints(shape: Shape) -> tuple[Any, Any]:
    sizes = np.array(shape)
    return sizes[1:].prod(), np.delete(sizes, 1).prod()


def _by_first_axis(shape: Shape) -> Fans:
    field = shape[2]
    for size in shape[3:]:
        field *= size
    return shape[1] * field, shape[0] * field


def _by_reduce(shape: Shape) -> Fans:
    field = reduce(mul, shape[2:])
    return shape[1] * field, shape[0] * field


FANS = Exercise(
    id="fans",
    reference=reference.fans,
    cases=_fan_cases,
    points=1,
    accepted=[
        Accepted("by_loop", _by_loop),
        Accepted("number_of_weights_divided", _by_numel),
        Accepted("numpy_product", _by_array),
        Accepted("numpy_ints", _numpy_ints),
        Accepted("list_of_two", lambda shape: list(reference.fans(shape))),
        Accepted("torchs_own", _by_torch, library=True),
    ],
    mistakes=[
        Mistake(
            "not_ints",
            _as_floats,
            "The values are right, but not all of them are ints: look at their type for every kind of layer."
            " math.prod and // keep ints, and int() makes one of a whole float or of a tensor.",
            credit=0.75,
            forms=[_divided, _as_tensors],
        ),
        Mistake(
            "exchanged",
            lambda shape: reference.fans(shape)[::-1],
            "fan_in and fan_out are exchanged. Weights are (out, in, …): a row feeds one unit.",
            credit=0.25,
        ),
        Mistake(
            "receptive_field_forgotten",
            lambda shape: (shape[1], shape[0]),
            "These are channels: the kernel does not multiply them. In a convolution each unit sees in-channels ×"
            " all places of the kernel.",
            credit=0.5,
        ),
        Mistake(
            "exchanged_and_without_the_field",
            lambda shape: (shape[0], shape[1]),
            "The fans are exchanged, and the kernel is left out. Weights are (out, in, *kernel), and all places of the"
            " kernel count.",
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
            "field_of_two_axes_alone",
            _two_axes_alone,
            "Kernels of two axes are right, and others are not. With one or three axes the field is the product of"
            " all sizes after the second as well: math.prod(shape[2:]).",
            credit=0.5,
            forms=[_first_two_axes],
        ),
        Mistake(
            "two_kernel_axes_taken_for_granted",
            _four_axes,
            "Kernels of two axes are right, but a dense layer, which has none, raises. The field is the product of"
            " all sizes after the second, however many: math.prod(shape[2:]).",
            credit=0.25,
            forms=[_axes_two_and_three],
        ),
        Mistake(
            "one_side_of_the_kernel",
            _first_kernel_axis,
            "Only one axis of the kernel is counted. The field is the product of all axes after the second.",
            credit=0.5,
            forms=[_last_kernel_axis],
        ),
        Mistake(
            "kernel_from_the_fourth_axis",
            _from(3),
            "The first axis of the kernel is left out. Axes 0 and 1 are out and in, so the kernel begins with axis 2:"
            " shape[2:].",
            credit=0.5,
        ),
        Mistake(
            "kernel_from_the_second_axis",
            _from(1),
            "Both fans are too large by the in-channels, as if these were part of the kernel. Axes 0 and 1 are out"
            " and in, so the kernel begins with axis 2: shape[2:].",
            credit=0.25,
        ),
        Mistake(
            "last_axis_for_fan_in",
            lambda shape: (shape[-1], shape[0]),
            "fan_in comes out as shape[-1], which is the in-axis of a dense layer alone. In (out, in, *kernel) the"
            " last axis belongs to the kernel.",
            credit=0.25,
        ),
        Mistake(
            "kernel_taken_as_square",
            _square_kernel,
            "A kernel need not be square, nor have two axes: multiply the sizes of all axes after the second.",
            credit=0.5,
            forms=[lambda shape: _square_kernel(shape, 2 if len(shape) > 2 else -1)],
        ),
        Mistake(
            "kernel_axes_added",
            _kernel_axes_added,
            "A 3 × 5 kernel has 15 places, not 8: multiply the sizes of its axes.",
            credit=0.25,
        ),
        Mistake(
            "field_added",
            _field_added,
            "The kernel's size is added to the channels. Each channel has all of its places: multiply.",
            credit=0.25,
            forms=[lambda shape: (sum(shape[1:]), shape[0] + sum(shape[2:]))],
        ),
        Mistake(
            "fan_out_of_all_weights",
            lambda shape: (math.prod(shape[1:]), math.prod(shape)),
            "fan_in is right. fan_out counts all weights of the layer: leave out the in-axis, since one input feeds out"
            " × field places.",
            credit=0.5,
        ),
        Mistake(
            "fan_in_of_all_weights",
            lambda shape: (math.prod(shape), reference.fans(shape)[1]),
            "fan_out is right. fan_in counts all weights of the layer: leave out the out-axis, since a unit is fed by"
            " in × field weights.",
            credit=0.5,
        ),
        Mistake(
            "fan_in_twice",
            lambda shape: (math.prod(shape[1:]), math.prod(shape[1:])),
            "Both numbers are the fan in. The fan out counts along axis 0: out × field.",
            credit=0.25,
        ),
        Mistake(
            "all_weights_counted",
            lambda shape: (math.prod(shape), math.prod(shape)),
            "This counts the weights of the whole layer. A fan counts those that enter, or leave, one unit.",
        ),
        Mistake(
            "divided_by_the_field",
            lambda shape: (shape[1] // math.prod(shape[2:]), shape[0] // math.prod(shape[2:])),
            "The channels are divided by the kernel's size. A larger kernel feeds a unit from more places: multiply.",
            credit=0.25,
        ),
        Mistake(
            "channels_last",
            lambda shape: (math.prod(shape[:-1]), math.prod(shape[:-2]) * shape[-1]),
            "The fans are those of a shape (*kernel, in, out), as Keras has it. Here it is (out, in, *kernel).",
        ),
        Mistake(
            "dense_layers_fail",
            _by_reduce,
            "Convolutions are right, and a dense layer raises: it has no kernel axes. Its field is 1, which is"
            " also what math.prod gives for no sizes at all.",
            credit=0.5,
            forms=[_by_first_axis],
        ),
    ],
)
