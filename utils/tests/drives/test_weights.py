"""The drive for initializers: facts that do not depend on the draw, and sentences for odd answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._drives.weights import two_whole_numbers, weights
from torch import Generator, Tensor

SHAPE = (160, 500)
SCALES = [0.5, 0.25, 0.51, 1.0]  # the one asked for first; 0.51 is told apart for uniform draws alone
SOUND = {
    "the list of sizes of the weights": [160, 500],
    "the type of the weights": "float32",
    "“every weight is a finite number”": True,
    "“the weights differ from each other”": True,
    "“no two neurons are alike”": True,
    "“the weights have mean zero”": True,
    "the standard deviation of the weights": "0.5",
    "the distribution": "normal",
    "“the same seed brings the same weights”": True,
    "“another seed brings other weights”": True,
    "“a second call is independent of the first”": True,
}
ALIKE = "“no two neurons are alike”"
LAW, MEAN, SCALE, AGAIN, OTHER, SECOND = (
    "the distribution",
    "“the weights have mean zero”",
    "the standard deviation of the weights",
    "“the same seed brings the same weights”",
    "“another seed brings other weights”",
    "“a second call is independent of the first”",
)
OFF = "not compared, as the mean is not zero"


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
    "wider": (lambda s, g: 2 * _normal(s, g), {SCALE: "1"}),
    "wider, uniform": (lambda s, g: 1.02 * _uniform(s, g), {SCALE: "0.51", LAW: "uniform"}),
    "much wider": (lambda s, g: 1.3 * _normal(s, g), {SCALE: "larger than 0.5"}),
    "narrower": (lambda s, g: 0.7 * _normal(s, g), {SCALE: "smaller than 0.5"}),
    "narrower, uniform": (lambda s, g: 0.99 * _uniform(s, g), {SCALE: "smaller than 0.5", LAW: "uniform"}),
    "shifted": (lambda s, g: _normal(s, g) + 0.1, {MEAN: False, SCALE: OFF}),
    "one-sided": (lambda s, g: torch.rand(tuple(s), generator=g), {MEAN: False, SCALE: OFF, LAW: "uniform"}),
    "transposed": (lambda s, g: _normal(s, g).T, {"the list of sizes of the weights": [500, 160]}),
    "without rows": (lambda s, g: _normal(s, g).flatten(), {"the list of sizes of the weights": [80_000]}),
    "set back": (lambda s, g: _normal(s, g.manual_seed(g.initial_seed())), {SECOND: False}),
    "fixed": (lambda s, g: _normal(s, g.manual_seed(3)), {OTHER: False, SECOND: False}),
    "its own": (lambda s, g: _normal(s, torch.Generator().manual_seed(torch.seed())), {AGAIN: False}),
    "in another order": (
        lambda s, g: _normal((80_000,), torch.Generator())[torch.randperm(80_000, generator=g)].view(s),
        {OTHER: False},
    ),
    "double": (lambda s, g: _normal(s, g).double(), {"the type of the weights": "float64"}),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seed", range(3))
def test_weights_finds_what_is_different(name: str, seed: int) -> None:
    draw, different = DRAWS[name]
    assert weights(local(draw, "w"), shape=SHAPE, seed=seed, scales=SCALES) == SOUND | different


@pytest.mark.parametrize(
    ("answer", "last"),
    [
        (torch.zeros(500, 160), ("“the weights differ from each other”", False)),
        (torch.zeros(0), ("“the weights differ from each other”", False)),
        (torch.zeros(()), ("“the weights differ from each other”", False)),
        (torch.zeros(SHAPE), ("“the weights differ from each other”", False)),
        (torch.full(SHAPE, math.nan), ("“the weights differ from each other”", True)),
        (torch.arange(500.0).expand(SHAPE), (ALIKE, False)),
        (torch.cat([_normal((250, 160), torch.Generator()) * sign for sign in (1, -1)]), (ALIKE, False)),
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


def test_weights_of_two_sizes_are_no_reason_to_stop() -> None:
    sizes = iter((SHAPE, (10, 10), SHAPE, SHAPE))
    seen = weights(local(lambda s, g: _normal(next(sizes), g), "w"), shape=SHAPE, seed=0, scales=SCALES)
    assert seen == SOUND


# --- two whole numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        ((3, 4), True),
        ([3, 4], True),
        ((np.int64(3), np.int32(4)), True),
        ((3, 4.0), False),
        ((np.float64(3), 4), False),
        ((torch.tensor(3), torch.tensor(4)), False),
        ((True, 4), False),
        (("3", None), False),
    ],
)
def test_whole_numbers_are_told_by_their_types(answer: Any, whole: bool) -> None:
    seen = two_whole_numbers(local(lambda shape: answer, "f"), shape=(2, 3), outputs=["one", "two"], whole="whole")
    assert (seen["one"], seen["two"], seen["whole"]) == (*answer, whole)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "is the `return` missing"),
        (3, "of type int"),
        ((1, 2, 3), "3 values"),
        (torch.tensor([3, 4]), "of type Tensor"),
    ],
)
def test_what_is_no_pair_is_told_in_a_sentence(answer: Any, sentence: str) -> None:
    with pytest.raises(StudentError, match=sentence):
        two_whole_numbers(local(lambda shape: answer, "f"), shape=(2, 3), outputs=["one", "two"], whole="whole")
