"""What the initializers share: laws of unit deviation, ways to count fans, and mistakes with any of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._drives.weights import CUT_DEVIATION
from steepest_grader.exercise.model import Case, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons

Shape = Sequence[int]
Draw = Callable[[Shape, Generator], Tensor]
Fans = Callable[[Shape], tuple[int, int]]
Deviation = Callable[[int, int], float]

SHAPES = (
    ("many inputs, few outputs", (104, 760)),
    ("few inputs, many outputs", (660, 96)),
    ("a convolution with a 3 × 5 kernel", (24, 172, 3, 5)),
    ("a convolution along one axis", (156, 44, 7)),
)


def field_fans(shape: Shape) -> tuple[int, int]:
    """Fan in and fan out, with the receptive field."""
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def bare_fans(shape: Shape) -> tuple[int, int]:
    """Channels alone, as if every kernel had one weight."""
    return shape[1], shape[0]


def cases(deviations: Sequence[Deviation], bare: Sequence[Deviation], rng: np.random.Generator) -> list[Case]:
    """One case a shape; refuses deviations, of fans with or without the field, that it could not tell apart."""
    made = []
    for name, shape in SHAPES:
        found = [of(*field_fans(shape)) for of in deviations] + [of(*bare_fans(shape)) for of in bare]
        known = sorted({float(f"{deviation:.12g}") for deviation in found})
        for small, large in itertools.pairwise(known):
            if large / small < 1.055:
                raise ValueError(f"in the case {name} the deviations {small} and {large} are too near")
        made.append(Case(name, {"shape": shape, "seed": int(rng.integers(2**31)), "scales": known}, "weights"))
    return made


def normal(shape: Shape, generator: Generator) -> Tensor:
    """Standard normal."""
    return torch.randn(tuple(shape), generator=generator, device=generator.device)


def uniform(shape: Shape, generator: Generator) -> Tensor:
    """Uniform of unit deviation, between −√3 and √3."""
    return (2 * torch.rand(tuple(shape), generator=generator, device=generator.device) - 1) * math.sqrt(3)


def positive(shape: Shape, generator: Generator) -> Tensor:
    """Uniform between 0 and √3."""
    return torch.rand(tuple(shape), generator=generator, device=generator.device) * math.sqrt(3)


def cut_off(shape: Shape, generator: Generator) -> Tensor:
    """Standard normal, drawn again beyond ±2."""
    weight = torch.empty(tuple(shape), device=generator.device)
    return torch.nn.init.trunc_normal_(weight, generator=generator)


def widened(shape: Shape, generator: Generator) -> Tensor:
    """A normal law that is cut off at two of its deviations, of unit deviation."""
    return cut_off(shape, generator) / CUT_DEVIATION


def constant(shape: Shape, generator: Generator) -> Tensor:
    """One everywhere."""
    return torch.ones(tuple(shape), device=generator.device)


def scaled(law: Draw, deviation: Deviation, fans: Fans = field_fans) -> Draw:
    """Draws of a law of unit deviation, times what the fans ask for."""
    return lambda shape, generator: law(shape, generator) * deviation(*fans(shape))


def narrowed(deviation: Deviation) -> Deviation:
    """What is left of a deviation where the draws are cut off and not widened."""
    return lambda into, out: CUT_DEVIATION * deviation(into, out)


def reseeded(draw: Draw, seed: Callable[[Generator], int]) -> Draw:
    """Set the generator back before each draw."""
    return lambda shape, generator: draw(shape, generator.manual_seed(seed(generator)))


def from_global(draw: Draw) -> Draw:
    """Draw from torch's global generator."""
    return lambda shape, generator: draw(shape, torch.default_generator)


def global_seed(draw: Draw) -> Draw:
    """Seed torch's global generator and draw from it."""
    return lambda shape, generator: draw(shape, torch.manual_seed(0))


def in_by_out(draw: Draw) -> Draw:
    """The right deviation, but in the shape (in, out, *kernel)."""
    return lambda shape, generator: draw(shape, generator).transpose(0, 1)


def doubled(draw: Draw) -> Draw:
    """In double precision."""
    return lambda shape, generator: draw(shape, generator).double()


def one_neuron(draw: Draw) -> Draw:
    """The weights of one neuron, for all."""
    return lambda shape, generator: draw(shape, generator)[:1].repeat(shape[0], *[1] * (len(shape) - 1))


SWAPPED = "fan_in and fan_out are exchanged. Weights are (out, in): what enters a unit is counted along axis 1."
VARIANCE = "The variance stands where the deviation belongs: torch.randn is multiplied by σ, not by σ²."
NO_FIELD = "The kernel's size is forgotten: a unit of a convolution is fed by in-channels × kernel weights."
NO_THREE = "U(−a, a) has deviation a/√3. For a deviation of σ the bound must be √3 · σ."
CUT_OFF = "Cutting a normal off at two deviations takes 12 % of its deviation away. Do not cut, or widen it again."
REDRAWN = "a normal distribution that is cut off at two deviations and widened again, as Keras draws it."
ONE_SIDED = "All weights have one sign, so their mean is not zero. Stretch [0, 1) to [−a, a) before you scale."
HALF_RANGE = "The range is [−a/2, a/2), half of what is asked for: rand − ½ must be multiplied by 2a."
IGNORED = "The same seed does not bring the same weights. Hand the generator on: generator=generator."
GLOBAL_SEED = "Seeding torch inside the function makes every layer start alike and disturbs everybody else's draws."
FIXED_SEED = (
    "A seed stands in the function, so all layers of one shape get the same weights. Leave the generator alone."
)
SET_BACK = "The generator is set back on each call, so a second layer repeats the first. Let it go on."
IN_BY_OUT = "The result is (in, out). Weights are (out, in) here, as in torch: give the very shape you were handed."
DOUBLED = "The weights are double precision; layers expect torch's default type. Do not convert."
ALIKE = "All neurons of the layer get the same weights, so they will get the same gradients and never part."
CONSTANT = "Every weight is the same number. The deviation says how far to scatter the draws, not what to fill in."
SAME_UNIFORM = {  # mutants of a uniform draw that are as sound as it
    reasons.SYMMETRIC_DRAW: [
        "return limit * (1 - 2 * torch.rand(shape, generator=generator, device=generator.device))"
    ],
    reasons.DEVICE: ["return limit * (2 * torch.rand(shape, generator=generator) - 1)"],
}


def not_normal(deviation: Deviation) -> list[Mistake]:
    """Another law than a normal one, with the right deviation before it is cut off."""
    return [
        Mistake(
            "uniform_for_normal",
            scaled(uniform, deviation),
            "The deviation is right, but the draws are uniform. torch.randn draws from a normal.",
            credit=0.5,
        ),
        Mistake("cut_off_and_too_narrow", scaled(cut_off, deviation), CUT_OFF, credit=0.75),
    ]


def not_uniform(deviation: Deviation) -> list[Mistake]:
    """Another law than a uniform one around zero."""
    return [
        Mistake("one_sided", scaled(positive, deviation), ONE_SIDED, credit=0.25),
        Mistake("half_the_range", scaled(uniform, lambda into, out: deviation(into, out) / 2), HALF_RANGE, credit=0.5),
        Mistake(
            "normal_for_uniform",
            scaled(normal, deviation),
            "The deviation is right, but the draws are normal: some lie far beyond the bound.",
            credit=0.5,
        ),
    ]


def careless(sound: Draw) -> list[Mistake]:
    """What goes wrong around any sound draw: with its generator, its shape, its type."""
    return [
        Mistake("ignores_the_generator", from_global(sound), IGNORED, credit=0.5),
        Mistake("seeds_globally", global_seed(sound), GLOBAL_SEED, credit=0.25),
        Mistake("fixed_seed", reseeded(sound, lambda generator: 0), FIXED_SEED, credit=0.25),
        Mistake(
            "generator_set_back", reseeded(sound, lambda generator: generator.initial_seed()), SET_BACK, credit=0.5
        ),
        Mistake("in_by_out", in_by_out(sound), IN_BY_OUT, credit=0.5),
        Mistake("double_precision", doubled(sound), DOUBLED, credit=0.75),
        Mistake("identical_neurons", one_neuron(sound), ALIKE),
    ]
