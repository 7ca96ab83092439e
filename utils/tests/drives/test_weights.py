"""The drive for initializers: facts that do not depend on the draw, and sentences for odd answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._drives.weights import weights
from torch import Generator, Tensor

SHAPE = (160, 500)
SCALES = [0.25, 0.5, 1.0]
SOUND = {
    "the list of sizes of the weights": [160, 500],
    "the type of the weights": "float32",
    "“every weight is a finite number”": True,
    "“the weights differ from each other”": True,
    "“no two neurons are alike”": True,
    "“the weights have mean zero”": True,
    "the standard deviation of the weights": 0.5,
    "the distribution": "normal",
    "“the same seed brings the same weights”": True,
    "“another seed brings other weights”": True,
    "“a second call is independent of the first”": True,
}
LAW, MEAN, SCALE, AGAIN, OTHER, SECOND = (
    "the distribution",
    "“the weights have mean zero”",
    "the standard deviation of the weights",
    "“the same seed brings the same weights”",
    "“another seed brings other weights”",
    "“a second call is independent of the first”",
)


def _normal(shape: Any, generator: Generator) -> Tensor:
    return 0.5 * torch.randn(tuple(shape), generator=generator)


def _uniform(shape: Any, generator: Generator) -> Tensor:
    return math.sqrt(3) * (torch.rand(tuple(shape), generator=generator) - 0.5)


def _cut_off(shape: Any, generator: Generator) -> Tensor:
    return torch.nn.init.trunc_normal_(torch.empty(tuple(shape)), generator=generator) * 0.5 / 0.8796256610342398


def _half_normal(shape: Any, generator: Generator) -> Tensor:
    draw = torch.randn(tuple(shape), generator=generator).abs()
    return 0.5 * (draw - math.sqrt(2 / math.pi)) / math.sqrt(1 - 2 / math.pi)


# how a draw differs from a sound one
DRAWS: dict[str, tuple[Callable[[Any, Generator], Tensor], dict[str, Any]]] = {
    "normal": (_normal, {}),
    "uniform": (_uniform, {LAW: "uniform"}),
    "cut off": (_cut_off, {LAW: "normal, cut off at two deviations"}),
    "skewed": (_half_normal, {LAW: "another"}),
    "wider": (lambda s, g: 2 * _normal(s, g), {SCALE: 1.0}),
    "shifted": (lambda s, g: _normal(s, g) + 0.1, {MEAN: False}),
    "set back": (lambda s, g: _normal(s, g.manual_seed(g.initial_seed())), {SECOND: False}),
    "fixed": (lambda s, g: _normal(s, g.manual_seed(3)), {OTHER: False, SECOND: False}),
    "its own": (lambda s, g: _normal(s, torch.Generator().manual_seed(torch.seed())), {AGAIN: False}),
    "double": (lambda s, g: _normal(s, g).double(), {"the type of the weights": "float64"}),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seed", range(3))
def test_weights_finds_what_is_different(name: str, seed: int) -> None:
    draw, different = DRAWS[name]
    assert weights(local(draw, "w"), shape=SHAPE, seed=seed, scales=SCALES) == SOUND | different


def test_a_deviation_that_is_not_listed_is_told_as_measured() -> None:
    seen = weights(local(lambda s, g: 1.3 * _normal(s, g), "w"), shape=SHAPE, seed=0, scales=SCALES)
    assert seen[SCALE] == pytest.approx(0.65, rel=0.02)


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        (torch.zeros(500, 160), ("the list of sizes of the weights", [500, 160])),
        (torch.zeros(SHAPE), ("“the weights differ from each other”", False)),
        (torch.full(SHAPE, math.nan), ("“the weights differ from each other”", True)),
        (torch.arange(500.0).expand(SHAPE), ("“no two neurons are alike”", False)),
        (torch.arange(80_000.0).reshape(SHAPE).double() * 1e300, (SECOND, False)),
        (torch.arange(80_000).reshape(SHAPE), (SECOND, False)),
    ],
)
def test_wild_weights_do_not_crash(answer: Tensor, last: tuple[str, Any]) -> None:
    seen = weights(local(lambda s, g: answer, "w"), shape=SHAPE, seed=0, scales=SCALES)
    assert list(seen.items())[-1] == last


@pytest.mark.parametrize(
    ("answer", "sentence"), [(None, "is the `return` missing"), ([1.0], "of type list"), (object(), "of type object")]
)
def test_odd_answers_are_told_in_a_sentence(answer: Any, sentence: str) -> None:
    with pytest.raises(StudentError, match=sentence):
        weights(local(lambda s, g: answer, "w"), shape=SHAPE, seed=0, scales=SCALES)
