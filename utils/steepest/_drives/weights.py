"""A drive for initializers: it turns a random draw into facts that do not depend on the draw.

With 48 000 weights or more in a case, as the exercises have, the chance that a sound initializer misses one of
the facts below is under 1e-10: means, correlations and distribution functions are held to bounds at seven standard
errors and their like, a deviation may be off by seven standard errors before it counts as another one, and draws as
many as these reach within 0.1 % of a bound, or beyond 3.3 deviations, but for a chance of e⁻⁴⁶. The deviation of
uniform draws is told by their range, which is as exact as that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import type_name

ERRORS = 7.0  # two-sided normal tail: 2.6e-12
DISTANCE = 3.6  # Kolmogorov's bound √n · D: 2 exp(−2 · 3.6²) = 1.1e-11
BAND, BAND_OF_UNIFORM = 0.025, 0.002
CUT = 2.0
# Of a standard normal that is drawn again beyond ±c: √(1 − 2c φ(c) / (Φ(c) − Φ(−c))).
CUT_DEVIATION = math.sqrt(1 - CUT * math.sqrt(2 / math.pi) * math.exp(-(CUT**2) / 2) / math.erf(CUT / math.sqrt(2)))


def two_whole_numbers(
    function: Function, *, shape: Sequence[int], outputs: Sequence[str], whole: str
) -> dict[str, Any]:
    """Call with a shape and observe two numbers, and whether their types are those of whole numbers.

    Parameters
    ----------
    shape : sequence of int
        What the function is given.
    outputs : sequence of str
        Names of the two numbers.
    whole : str
        Name of what is observed of their types.
    """
    result = function(tuple(shape))
    if result is None:
        raise StudentError(f"it returned None, expected {', '.join(outputs)}: is the `return` missing?")
    if not isinstance(result, list | tuple):
        raise StudentError(f"what it returned is {type_name(result)}, expected a tuple of {', '.join(outputs)}")
    if len(result) != len(outputs):
        raise StudentError(f"it returned {len(result)} values, expected {len(outputs)}: {', '.join(outputs)}")
    for name, part in zip(outputs, result, strict=True):
        if isinstance(part, float) and not math.isfinite(part):
            raise StudentError(f"{name} is {part}, expected a whole number")
    ints = all(isinstance(part, int | np.integer) and not isinstance(part, bool) for part in result)
    return {**dict(zip(outputs, result, strict=True)), whole: ints}


def weights(function: Function, *, shape: Sequence[int], seed: int, scales: Sequence[float]) -> dict[str, Any]:
    """Draw weights several times and observe what every sound way to draw them has in common.

    Parameters
    ----------
    shape : sequence of int
        Shape of the weights, (out, in) or (out, in, *kernel).
    seed : int
        Of the generator.
    scales : sequence of float
        Standard deviations that are told apart, the one that is asked for first. The measured one is taken for the
        nearest of them, if that lies within 2.5 %, or 0.2 % for uniform draws. Of any other it is told whether it
        is larger or smaller than what is asked for.
    """
    first, second = (_tensor(result) for result in function.repeat(2, shape, function.generator(seed)))
    seen: dict[str, Any] = {
        "the list of sizes of the weights": list(first.shape),
        "the type of the weights": str(first.dtype).removeprefix("torch."),
        "“every weight is a finite number”": bool(first.isfinite().all()),
        "“the weights differ from each other”": bool(first.numel()) and bool((first != first.flatten()[0]).any()),
    }
    if not all(list(seen.values())[2:]):
        return seen
    rows = first.double().flatten(1) if first.ndim > 1 else first.double()[:, None]
    mirrored = rows * torch.where(rows[:, :1] < 0, -1.0, 1.0)  # a neuron and its opposite learn alike
    seen["“no two neurons are alike”"] = len(torch.unique(mirrored, dim=0)) == len(rows) or first.ndim < 2
    if not seen["“no two neurons are alike”"]:
        return seen
    again = _tensor(function(shape, function.generator(seed)))
    other = _tensor(function(shape, function.generator(seed + 1)))
    return seen | _moments(first.double().flatten(), scales) | {
        "“the same seed brings the same weights”": torch.equal(first, again),
        "“another seed brings other weights”": not _same_values(first, other),
        "“a second call is independent of the first”": _independent(first, second),
    }  # fmt: skip


def _moments(draw: Tensor, scales: Sequence[float]) -> dict[str, Any]:
    mean, deviation = float(draw.mean()), float(draw.std())
    centred = abs(mean) < ERRORS * deviation / math.sqrt(len(draw))
    scale, band = deviation, BAND
    by_range = float(draw.max() - draw.min()) / math.sqrt(12)
    if abs(by_range / deviation - 1) < BAND and _law((draw - mean) / by_range) == "uniform":
        scale, band = by_range, BAND_OF_UNIFORM
    near = min(scales, key=lambda known: abs(math.log(scale / known)))
    known = abs(scale / near - 1) < band
    asked = f"{scales[0]:.3g}"
    said = f"{near:.3g}" if known else f"larger than {asked}" if deviation > scales[0] else f"smaller than {asked}"
    return {
        "“the weights have mean zero”": centred,
        "the standard deviation of the weights": said if centred else "not compared, as the mean is not zero",
        "the distribution": _law((draw - mean) / (near if known and centred else scale)),
    }


def _law(unit: Tensor) -> str:
    """Name of the distribution of numbers that have mean 0 and deviation 1."""
    ordered = torch.from_numpy(np.sort(unit.cpu().numpy()))  # many times as fast as torch on one core
    ranks = torch.arange(len(unit) + 1, dtype=torch.float64) / len(unit)
    reach, half_range = float(ordered.abs().max()), float(ordered[-1] - ordered[0]) / 2

    def follows(distribution: Callable[[Tensor], Tensor]) -> bool:
        height = distribution(ordered)
        gap = max(float((ranks[1:] - height).max()), float((height - ranks[:-1]).max()))
        return gap * math.sqrt(len(unit)) < DISTANCE

    if 0.999 < half_range / math.sqrt(3) < 1 + 1e-5 and follows(_uniform):
        return "uniform"
    if reach > 3.3 and follows(torch.special.ndtr):
        return "normal"
    if half_range * CUT_DEVIATION < CUT * (1 + 1e-5) and follows(_truncated):
        return "normal, cut off at two deviations"
    return "another"


def _uniform(x: Tensor) -> Tensor:
    return (0.5 + x / math.sqrt(12)).clamp(0, 1)


def _truncated(x: Tensor) -> Tensor:
    low, high = torch.special.ndtr(torch.tensor([-CUT, CUT], dtype=x.dtype, device=x.device))
    height: Tensor = (torch.special.ndtr(x * CUT_DEVIATION) - low) / (high - low)
    return height.clamp(0, 1)


def _independent(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape:
        return True
    one, two = (draw.double().flatten() - draw.double().mean() for draw in (first, second))
    product = float((one * two).sum())
    return abs(product) * math.sqrt(len(one)) < ERRORS * float(one.norm() * two.norm())


def _same_values(first: Tensor, second: Tensor) -> bool:
    """Whether one holds the numbers of the other, in whatever order: third and fourth powers have the same sum."""
    if first.shape != second.shape:
        return False
    one, two = first.double().flatten(), second.double().flatten()
    return all(
        abs(float(one.pow(power).sum() - two.pow(power).sum())) <= 1e-9 * float(one.abs().pow(power).sum())
        for power in (3, 4)
    )


def _tensor(result: Any) -> Tensor:
    if result is None:
        raise StudentError("it returned None, expected a tensor of weights: is the `return` missing?")
    if not isinstance(result, torch.Tensor):
        raise StudentError(f"what it returned is {type_name(result)}, expected a torch.Tensor of weights")
    return result


DRIVES = {"two_whole_numbers": two_whole_numbers, "weights": weights}
