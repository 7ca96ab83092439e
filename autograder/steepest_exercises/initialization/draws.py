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
    ("many inputs, few outputs", (103, 761)),
    ("few inputs, many outputs", (692, 84)),
    ("a convolution with a 3 × 5 kernel", (36, 108, 3, 5)),
    ("a convolution along one axis", (159, 53, 7)),
)
ENOUGH = 56_000  # weights, for what the drive observes
APART = (
    1.055,
    1.035,
    1.005,
)  # what the drive tells apart where none, one or both of two deviations are of uniform draws


def field_fans(shape: Shape) -> tuple[int, int]:
    """Fan in and fan out, with the receptive field."""
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def bare_fans(shape: Shape) -> tuple[int, int]:
    """Channels alone, as if every kernel had one weight."""
    return shape[1], shape[0]


def last_axis_fans(shape: Shape) -> tuple[int, int]:
    """The last axis for fan in and the first for fan out: right for dense layers alone."""
    return shape[-1], shape[0]


class Scale:
    """Draws of a law of unit deviation, times what the fans ask for.

    Parameters
    ----------
    law : callable
        Draws of unit deviation.
    deviation : callable
        Of fan in and fan out.
    fans : callable
        How the fans are counted.
    """

    def __init__(self, law: Draw, deviation: Deviation, fans: Fans = field_fans) -> None:
        self.law, self.deviation, self.fans = law, deviation, fans

    def __call__(self, shape: Shape, generator: Generator) -> Tensor:
        """Draw."""
        return self.law(shape, generator) * self.deviation(*self.fans(shape))

    def of(self, shape: Shape) -> float:
        """The deviation of weights of a shape, to twelve digits."""
        return float(f"{self.deviation(*self.fans(shape)):.12g}")


def cases(
    sound: Sequence[Scale], mistakes: Sequence[Mistake], rng: np.random.Generator, *, hidden: bool = False
) -> list[Case]:
    """One case a shape; the drive knows the taught deviation, which comes first, and that of every mistake.

    Hidden shapes are others than the public ones, because the deviation for those stands in the public cases.
    """
    scales = [*sound, *_scales(mistakes)]
    made = []
    for name, public in SHAPES:
        shape = _other(scales, public, rng) if hidden else public
        near = too_near(scales, shape)
        if near:
            raise ValueError(f"in the case {name} these deviations are too near to each other: {near}")
        known = list(dict.fromkeys(scale.of(shape) for scale in scales))
        made.append(Case(name, {"shape": shape, "seed": int(rng.integers(2**31)), "scales": known}, "weights"))
    return made


def _other(scales: Sequence[Scale], shape: Shape, rng: np.random.Generator) -> Shape:
    """A shape of about as many weights, for which the drive can tell the deviations apart."""
    for _ in range(10_000):
        ratio = float(rng.uniform(0.7, 1.4))
        other = (round(shape[0] * ratio), round(shape[1] / ratio * float(rng.uniform(1, 1.15))), *shape[2:])
        if other != shape and math.prod(other) >= ENOUGH and not too_near(scales, other):
            return other
    return shape


def too_near(scales: Sequence[Scale], shape: Shape) -> list[tuple[float, float]]:
    """Deviations of a shape that the drive could not tell apart."""
    uniforms: dict[float, bool] = {}  # whether uniform draws alone have it
    for scale in scales:
        uniforms[scale.of(shape)] = uniforms.get(scale.of(shape), True) and scale.law is uniform
    pairs = itertools.pairwise(sorted(uniforms))
    return [(small, large) for small, large in pairs if large / small < APART[uniforms[small] + uniforms[large]]]


def _scales(mistakes: Sequence[Mistake]) -> list[Scale]:
    written = (form for mistake in mistakes for form in (mistake.implementation, *mistake.forms))
    return [form for form in written if isinstance(form, Scale)]


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


def coins(shape: Shape, generator: Generator) -> Tensor:
    """−1 or 1."""
    return torch.randint(0, 2, tuple(shape), generator=generator, device=generator.device) * 2.0 - 1


def exponential(shape: Shape, generator: Generator) -> Tensor:
    """Two-sided exponential of unit deviation."""
    size = torch.empty(tuple(shape), device=generator.device).exponential_(generator=generator)
    return size * coins(shape, generator) / math.sqrt(2)


def shifted(draw: Draw, shift: float) -> Draw:
    """A number added to every weight."""
    return lambda shape, generator: draw(shape, generator) + shift


def rectified(draw: Draw) -> Draw:
    """Negative weights set to zero."""
    return lambda shape, generator: draw(shape, generator).relu()


def unsigned(draw: Draw) -> Draw:
    """The sizes of the weights, without their signs."""
    return lambda shape, generator: draw(shape, generator).abs()


def flattened(draw: Draw) -> Draw:
    """A matrix (out, fan_in) for every shape."""
    return lambda shape, generator: draw(shape, generator).flatten(1)


def narrowed(deviation: Deviation) -> Deviation:
    """What is left of a deviation where the draws are cut off and not widened."""
    return lambda into, out: CUT_DEVIATION * deviation(into, out)


def times(factor: float, deviation: Deviation) -> Deviation:
    """A factor too much."""
    return lambda into, out: factor * deviation(into, out)


def first_seed(generator: Generator) -> int:
    """The seed that a generator began with."""
    return generator.initial_seed()


def no_seed(generator: Generator) -> int:
    """Always the same."""
    return 0


def reseeded(draw: Draw, seed: Callable[[Generator], int]) -> Draw:
    """Set the generator back before each draw."""
    return lambda shape, generator: draw(shape, generator.manual_seed(seed(generator)))


def from_copy(draw: Draw, seed: Callable[[Generator], int]) -> Draw:
    """Draw from a new generator."""
    return lambda shape, generator: draw(shape, torch.Generator(generator.device).manual_seed(seed(generator)))


def from_global(draw: Draw) -> Draw:
    """Draw from torch's global generator."""
    return lambda shape, generator: draw(shape, torch.default_generator)


def global_seed(draw: Draw, seed: Callable[[Generator], int]) -> Draw:
    """Seed torch's global generator and draw from it."""
    return lambda shape, generator: draw(shape, torch.manual_seed(seed(generator)))


def in_by_out(draw: Draw) -> Draw:
    """The right deviation, but in the shape (in, out, *kernel)."""
    return lambda shape, generator: draw(shape, generator).transpose(0, 1)


def converted(draw: Draw, dtype: torch.dtype) -> Draw:
    """In another floating type."""
    return lambda shape, generator: draw(shape, generator).to(dtype)


def one_neuron(draw: Draw) -> Draw:
    """The weights of one neuron, for all."""
    return lambda shape, generator: draw(shape, generator)[:1].repeat(shape[0], *[1] * (len(shape) - 1))


REDRAWN = "a normal distribution that is cut off at two deviations and widened again, as Keras draws it."
SWAPPED = (
    "fan_out stands where fan_in belongs. Weights are (out, in, …): what enters a unit is counted along axis 1, and"
    " over the kernel."
)
VARIANCE = "The weights scatter with the variance, σ², where σ is asked for. The standard deviation is its root."
NO_FIELD = (
    "Dense layers are right and convolutions are not: the kernel's size counts too little there, or not at all. A unit"
    " of a convolution is fed by in-channels × kernel weights."
)
LAST_AXIS = (
    "Dense layers are right and convolutions are not: they scatter as if the last axis of the shape told the fan in."
    " In (out, in, *kernel) it is a side of the kernel."
)
NO_THREE = "U(−a, a) has deviation a/√3. For a deviation of σ the bound must be √3 · σ."
THREE = (
    "The weights reach to ±3σ. The bound is √3 · σ, with the root of the 3, because the variance of U(−a, a) is a²/3."
)
DIVIDED_BY_THREE = (
    "The weights lie within ±σ/√3, as if the 3 stood on the wrong side. The variance a²/3 must be σ², so a² = 3σ²."
)
TWELVE = (
    "The weights reach twice as far as they should. The variance is width²/12, and the width of [−a, a] is 2a, so it is"
    " a²/3 and a = √3 · σ."
)
HALF_RANGE = (
    "The range is [−a/2, a/2], half of what is asked for: the weights should lie between −a and a. If you stretch rand"
    " − ½, which spans 1, it has to span 2a."
)
UNIT_RANGE = (
    "The weights lie within ±σ/2, which has deviation σ/√12 and not σ. They should lie between −a and a, with a = √3 ·"
    " σ."
)
CUT_OFF = "Cutting a normal off at two deviations takes 12 % of its deviation away. Do not cut, or widen it again."
NOT_AROUND_ZERO = (
    "The weights are uniform, but their range is not centred on zero, so neither is their mean. They should lie"
    " between −a and a. Numbers from [0, 1), as rand draws them, are centred by 2 · rand − 1."
)
RAND_FOR_RANDN = (
    "The draws are uniform, and their mean is not zero. A normal around zero is asked for, as torch.randn draws it."
)
ONE_SIGN = (
    "The mean of the weights is not zero, and they are not normal either: it looks as if signs, or all negative"
    " values, were lost. Leave abs and ReLU to what comes after the weights."
)
MEAN = "The weights are normal, but their mean is not zero. They should scatter around zero."
IGNORED = (
    "The same seed does not bring the same weights. Let all randomness come from the generator that is handed in:"
    " torch's draws take it as generator=generator."
)
GLOBAL_SEED = (
    "Seeding a global generator inside the function disturbs everybody else's draws. Draw from the generator that is"
    " handed in, and seed none."
)
FIXED_SEED = (
    "The weights are the same whatever generator comes in, so layers of one shape get the same ones. Draw from the"
    " generator that is handed in, as it is."
)
SET_BACK = (
    "A second call with the same generator is not independent of the first, as when the generator is set back or"
    " copied before each draw. Draw from the generator itself, and let it go on from layer to layer."
)
IN_BY_OUT = (
    "The result begins with (in, out). Weights are (out, in, …) here, as in torch: give the very shape you were handed."
)
FLATTENED = (
    "The weights of a convolution come as a matrix, with the kernel's axes in one with the in-channels. Give the very"
    " shape you were handed."
)
DOUBLED = "The weights are double precision; layers expect torch's default type."
HALVED = "The weights are half precision; layers expect torch's default type."
ALIKE = (
    "Some neurons of the layer, perhaps all, have exactly the same weights, so they answer every input alike. Draw"
    " each weight on its own."
)
CONSTANT = "Every weight is the same number. They should be drawn at random: the deviation says how far they scatter."
LAW = "Deviation and mean are right, but the weights are not distributed as asked. "
TOO_LARGE = (
    "Distribution and shape of the weights are right, but they scatter too far, in most layers or all. Print w.std()"
    " for a large layer beside the σ of the formula: is there a factor, a root or a fan too many or too few?"
)
TOO_SMALL = (
    "Distribution and shape of the weights are right, but they scatter too little, in most layers or all. Print"
    " w.std() for a large layer beside the σ of the formula: is there a factor, a root or a fan too many or too few?"
)
MIXED = (
    "Distribution and shape of the weights are right, but they scatter too far where fan_in is larger than fan_out,"
    " and too little where it is smaller: look at how each fan enters the formula."
)
MIXED_OTHERWISE = (
    "Distribution and shape of the weights are right, but they scatter too little where fan_in is larger than fan_out,"
    " and too far where it is smaller: look at how each fan enters the formula."
)
FAR = 1e6  # beyond every known deviation
SAME_UNIFORM = {  # mutants of a uniform draw that are as sound as it
    reasons.SYMMETRIC_DRAW: [
        "return limit * (1 - 2 * torch.rand(shape, generator=generator, device=generator.device))"
    ],
    reasons.DEVICE: ["return limit * (2 * torch.rand(shape, generator=generator) - 1)"],
}


def leaning(sound: Deviation, more_inputs: bool) -> Deviation:
    """Far too large where one fan is larger, and far too small elsewhere."""
    return lambda into, out: sound(into, out) * (FAR if (into > out) == more_inputs else 1 / FAR)


def elsewhere(law: Draw, sound: Deviation) -> list[Mistake]:
    """Everything right but a deviation that nobody has listed."""
    return [
        Mistake("weights_too_large", scaled(law, times(FAR, sound)), TOO_LARGE, credit=0.25),
        Mistake("weights_too_small", scaled(law, times(1 / FAR, sound)), TOO_SMALL, credit=0.25),
        Mistake("fans_mixed_up", scaled(law, leaning(sound, True)), MIXED, credit=0.25),
        Mistake("fans_mixed_up_the_other_way", scaled(law, leaning(sound, False)), MIXED_OTHERWISE, credit=0.25),
    ]


def not_normal(deviation: Deviation) -> list[Mistake]:
    """Another law than a normal one around zero."""
    return [
        Mistake(
            "uniform_for_normal",
            scaled(uniform, deviation),
            "The deviation is right, but the draws are uniform. torch.randn draws from a normal.",
            credit=0.5,
        ),
        Mistake("rand_for_randn", scaled(positive, deviation), RAND_FOR_RANDN, credit=0.25),
        Mistake(
            "weights_of_one_sign",
            rectified(scaled(normal, deviation)),
            ONE_SIGN,
            credit=0.25,
            forms=[unsigned(scaled(normal, deviation))],
        ),
        Mistake("mean_not_zero", shifted(scaled(normal, deviation), 1.0), MEAN, credit=0.25),
        Mistake(
            "not_normal",
            scaled(exponential, deviation),
            LAW + "torch.randn draws from a normal, and what is done with its draws must not bend it.",
            credit=0.25,
            forms=[scaled(coins, deviation)],
        ),
    ]


def not_uniform(deviation: Deviation) -> list[Mistake]:
    """Another law than a uniform one around zero."""
    return [
        Mistake("not_around_zero", scaled(positive, deviation), NOT_AROUND_ZERO, credit=0.25),
        Mistake(
            "normal_for_uniform",
            scaled(normal, deviation),
            "The deviation is right, but the draws are normal, cut off or not: some lie beyond the bound.",
            credit=0.5,
            forms=[scaled(widened, deviation)],
        ),
        Mistake(
            "not_uniform",
            scaled(coins, deviation),
            LAW + "Between −a and a every number must be equally likely, and beyond there is none.",
            credit=0.25,
        ),
    ]


def careless(sound: Draw) -> list[Mistake]:
    """What goes wrong around any sound draw: with its generator, its shape, its type."""
    return [
        Mistake("ignores_the_generator", from_global(sound), IGNORED, credit=0.5),
        Mistake(
            "seeds_globally",
            global_seed(sound, no_seed),
            GLOBAL_SEED,
            credit=0.25,
            forms=[global_seed(sound, first_seed)],
        ),
        Mistake("fixed_seed", reseeded(sound, no_seed), FIXED_SEED, credit=0.25, forms=[from_copy(sound, no_seed)]),
        Mistake(
            "generator_set_back",
            reseeded(sound, first_seed),
            SET_BACK,
            credit=0.5,
            forms=[from_copy(sound, first_seed)],
        ),
        Mistake("in_by_out", in_by_out(sound), IN_BY_OUT, credit=0.5),
        Mistake("kernel_flattened", flattened(sound), FLATTENED, credit=0.5),
        Mistake("double_precision", converted(sound, torch.float64), DOUBLED, credit=0.75),
        Mistake("half_precision", converted(sound, torch.float16), HALVED, credit=0.5),
        Mistake("identical_neurons", one_neuron(sound), ALIKE),
        Mistake("one_number", lambda shape, generator: constant(shape, generator) / 2, CONSTANT),
    ]
