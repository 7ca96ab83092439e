"""Drives for random masks: facts that do not depend on the draw, and sentences for odd answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._drives.masks import dropped, masks
from torch import Generator, Tensor


def _below(u: Tensor, keep: float) -> Tensor:
    return (u < keep).float()


def _drawn(rule: Callable[[tuple[int, ...], float, Generator], Tensor]) -> Callable[..., Tensor]:
    return lambda shape, *, keep, generator: rule(shape, keep, generator)


def _fixed_count(shape: tuple[int, ...], keep: float, generator: Generator) -> Tensor:
    size = torch.Size(shape).numel()
    return (torch.randperm(size, generator=generator) < keep * size).float().reshape(shape)


def _outer(shape: tuple[int, ...], keep: float, generator: Generator) -> Tensor:
    row, column = torch.rand(1, shape[1], generator=generator), torch.rand(shape[0], 1, generator=generator)
    return _below(row, keep**0.5) * _below(column, keep**0.5)


# which facts each way of drawing fails, by a word of the fact
MASKS: dict[str, tuple[Callable[..., Tensor], set[str]]] = {
    "fair": (_drawn(lambda s, k, g: _below(torch.rand(s, generator=g), k)), set()),
    "float64": (_drawn(lambda s, k, g: torch.bernoulli(torch.full(s, k).double(), generator=g)), set()),
    "bool": (_drawn(lambda s, k, g: torch.rand(s, generator=g) < k), {"floating"}),
    "one row": (_drawn(lambda s, k, g: _below(torch.rand(1, s[1], generator=g), k).expand(s)), {"rows are"}),
    "whole rows": (_drawn(lambda s, k, g: _below(torch.rand(s[0], 1, generator=g), k).expand(s)), {"of a row"}),
    "fixed count": (_drawn(_fixed_count), {"between draws"}),
    "outer product": (_drawn(_outer), {"independently"}),
    "reseeded": (
        _drawn(lambda s, k, g: _below(torch.rand(s, generator=g.manual_seed(3)), k)),
        {"another draw keeps", "another seed"},
    ),
    "uniform": (_drawn(lambda s, k, g: _below(torch.rand(s, generator=g), k) * 3), {"0 or 1"}),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("seed", range(3))
def test_masks_finds_what_is_broken(name: str, seed: int) -> None:
    draw, words = MASKS[name]
    seen = masks(local(draw, "dropout_mask"), shape=[60, 50], keep=0.3, seed=seed)
    wrong = {fact for fact, holds in seen.items() if holds is False}
    assert wrong == {fact for fact in seen if any(word in fact for word in words)}
    assert seen["the share of entries that are kept, to the nearest tenth,"] == 0.3


@pytest.mark.parametrize(("seed", "keep"), list(itertools.product(range(20), (0.2, 0.5, 0.8))))
def test_a_fair_draw_is_never_called_unfair(seed: int, keep: float) -> None:
    seen = masks(local(MASKS["fair"][0], "dropout_mask"), shape=[50, 50], keep=keep, seed=seed)
    assert False not in seen.values()


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (torch.zeros(4), {"the shape of the mask": [4]}),
        (torch.full((60, 50), torch.nan), {"“every entry is 0 or 1”": False}),
        (torch.full((60, 50), torch.inf), {"“the value of kept entries is one and the same”": False}),
        (torch.zeros(60, 50), {"“the value of kept entries is one and the same”": False}),
    ],
)
def test_odd_masks_do_not_crash(answer: Tensor, facts: dict[str, Any]) -> None:
    seen = masks(local(lambda *args, **kwargs: answer, "dropout_mask"), shape=[60, 50], keep=0.5, seed=0)
    assert facts.items() <= seen.items()


@pytest.mark.parametrize(("answer", "sentence"), [(None, "is the `return` missing"), (7, "is of type int")])
def test_what_is_no_tensor_is_told_in_a_sentence(answer: Any, sentence: str) -> None:
    function = local(lambda *args, **kwargs: answer, "dropout_mask")
    with pytest.raises(StudentError, match=sentence):
        masks(function, shape=[60, 50], keep=0.5, seed=0)
    with pytest.raises(StudentError, match=sentence):
        dropped(function, x=torch.ones(60, 50), keep=0.5, seed=0)


@pytest.mark.parametrize(("scale", "seen_scale"), [(1.0, 1.0), (1 / 0.3, 3.33), (0.3, 0.3)])
def test_dropped_reads_the_scale(scale: float, seen_scale: float) -> None:
    def layer(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
        return x * _below(torch.rand(x.shape, generator=generator), keep) * scale if training else x

    x = torch.linspace(1, 2, 3000).reshape(60, 50)
    seen = dropped(local(layer, "inverted_dropout"), x=x, keep=0.3, seed=0)
    assert seen["the factor on kept entries, to two places,"] == seen_scale
    assert torch.equal(seen["the output in evaluation"], x)
    assert not any(holds is False for holds in seen.values())


def test_an_evaluation_that_drops_is_not_compared() -> None:
    def layer(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
        return x * _below(torch.rand(x.shape, generator=generator), keep)

    seen = dropped(local(layer, "inverted_dropout"), x=torch.ones(60, 50), keep=0.5, seed=0)
    assert seen["“two evaluations give the same output”"] is False
    assert "the output in evaluation" not in seen
