"""The drive for draws of rows: facts that do not depend on the draw, and sentences for odd answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest._checks.calls import StudentError, local
from steepest._drives.rows import ANOTHER, FIRST, GREEDY, draws_of_rows
from torch import Generator, Tensor

Odds = Callable[[Tensor, list[int]], Tensor]
K = 4
SOUND = {
    "the list of sizes of the centres": [K, 2],
    "the type of the centres": "that of x",
    "“every centre is a row of x”": True,
    "“the same seed brings the same centres”": True,
    "“another seed brings other centres”": True,
    "“a second call goes on with the generator”": True,
    "“no place is chosen twice”": True,
    FIRST: True,
    "how the next centre is drawn:": "in proportion to the squared distance to the nearest centre",
}
LAW = "how the next centre is drawn:"
ROWS, AGAIN, OTHER, SECOND, TWICE = list(SOUND)[2:7]


def _rows() -> Tensor:
    """Sixteen places at all distances from their middle, the last one sixteen times."""
    numbers = torch.arange(31).clamp(max=15).double()
    angles, lengths = 2.4 * numbers, torch.exp(0.22 * numbers - 1.5)
    return (4 * (lengths[:, None] * torch.stack([angles.cos(), angles.sin()], dim=1) + 6)).round() / 4


X = _rows()


def _nearest(x: Tensor, numbers: list[int]) -> Tensor:
    return (x[:, None] - x[numbers]).square().sum(dim=2).amin(dim=1)


def _drawn(
    odds: Odds = _nearest, first: Callable[[Tensor, Generator], int] | None = None
) -> Callable[[Tensor, int, Generator], Tensor]:
    def draw(x: Tensor, k: int, generator: Generator) -> Tensor:
        numbers = [int(torch.randint(len(x), (1,), generator=generator)) if first is None else first(x, generator)]
        while len(numbers) < k:
            numbers.append(int(torch.multinomial(odds(x, numbers), 1, generator=generator)))
        return x[numbers]

    return draw


def _greedy(trials: int) -> Callable[[Tensor, int, Generator], Tensor]:
    def best(x: Tensor, numbers: list[int], generator: Generator) -> int:
        drawn = torch.multinomial(_nearest(x, numbers), trials, replacement=True, generator=generator).tolist()
        return int(min(drawn, key=lambda row: float(_nearest(x, [*numbers, row]).sum())))

    def draw(x: Tensor, k: int, generator: Generator) -> Tensor:
        numbers = [int(torch.randint(len(x), (1,), generator=generator))]
        while len(numbers) < k:
            numbers.append(best(x, numbers, generator))
        return x[numbers]

    return draw


def _to_last(x: Tensor, numbers: list[int]) -> Tensor:
    return _nearest(x, numbers[-1:])


def _first_preferred(x: Tensor, numbers: list[int]) -> Tensor:
    """Twenty times the odds for rows whose nearest centre is the first."""
    owner = (x[:, None] - x[numbers]).square().sum(dim=2).argmin(dim=1)
    return _nearest(x, numbers) * (1 + 19 * (owner == 0))


# how a draw differs from a sound one; None is for what is not observed of it
DRAWS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "sound": (_drawn(), {}),
    "greedy": (_greedy(2), {LAW: GREEDY}),
    "greedy of many": (_greedy(9), {LAW: GREEDY}),
    "by the distance": (
        _drawn(lambda x, numbers: _nearest(x, numbers).sqrt()),
        {LAW: "in proportion to the distance to the nearest centre"},
    ),
    "to the fourth": (
        _drawn(lambda x, numbers: _nearest(x, numbers) ** 2),
        {LAW: "in proportion to the fourth power of the distance"},
    ),
    "to the sixth": (_drawn(lambda x, numbers: _nearest(x, numbers) ** 3), {LAW: ANOTHER}),
    "first centre apart": (_drawn(_first_preferred), {LAW: ANOTHER}),
    "all alike": (_drawn(lambda x, numbers: torch.ones(len(x))), {LAW: "all rows alike", TWICE: False}),
    "to the newest": (_drawn(_to_last), {LAW: "by the distance to the newest centre", TWICE: False}),
    "to the middle of the centres": (
        _drawn(lambda x, numbers: (x - x[numbers].mean(dim=0)).square().sum(dim=1)),
        {LAW: "by the distance to the mean of the centres", TWICE: False},
    ),
    "exponentials": (
        _drawn(lambda x, numbers: torch.softmax(_nearest(x, numbers), dim=0)),
        {LAW: "by exponentials of the squared distance"},
    ),
    "exponentials of distances": (
        _drawn(lambda x, numbers: torch.softmax(_nearest(x, numbers).sqrt(), dim=0)),
        {LAW: "by exponentials of the distance", TWICE: False},
    ),
    "first row first": (_drawn(first=lambda x, generator: 0), {FIRST: False}),
    "place by place": (
        _drawn(first=lambda x, generator: int(torch.randint(16, (1,), generator=generator))),
        {FIRST: False},
    ),
    "set back": (
        lambda x, k, generator: _drawn()(x, k, generator.manual_seed(generator.initial_seed())),
        {SECOND: False, FIRST: None, LAW: None},
    ),
    "seeded": (
        lambda x, k, generator: _drawn()(x, k, generator.manual_seed(3)),
        {OTHER: False, SECOND: False, FIRST: None, LAW: None},
    ),
}


def _seen(function: Callable[..., Any], **more: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = {"x": X, "k": K, "seed": 5, "count": 300, "law": True} | more
    return draws_of_rows(local(function, "kmeans_plus_plus"), **inputs)


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_observed_of_draws(name: str) -> None:
    function, differs = DRAWS[name]
    expected = {fact: value for fact, value in (SOUND | differs).items() if value is not None}
    assert _seen(function) == expected


@pytest.mark.parametrize("seed", range(12))
def test_the_luck_of_a_sound_draw_does_not_matter(seed: int) -> None:
    assert _seen(_drawn(), seed=seed) == SOUND


def test_rows_that_are_none_of_x() -> None:
    seen = _seen(lambda x, k, generator: x[:k] + 0.1 * torch.rand(1, generator=generator))
    assert seen[ROWS] is False and LAW not in seen


def test_a_generator_of_ones_own() -> None:
    def draw(x: Tensor, k: int, generator: Generator) -> Tensor:
        own = Generator()
        own.seed()
        return _drawn()(x, k, own)

    assert _seen(draw) == SOUND | {AGAIN: False}


def test_few_draws_say_nothing_of_the_law() -> None:
    seen = _seen(_drawn(), count=10, law=False)
    assert FIRST not in seen and LAW not in seen


def test_one_centre_alone() -> None:
    assert _seen(_drawn(), k=1)[LAW] == "not at all"


@pytest.mark.parametrize(
    ("result", "said"),
    [(None, "it returned None"), ([1, 2], "of type list, expected a torch.Tensor"), (2.0, "of type float")],
)
def test_odd_answers(result: Any, said: str) -> None:
    with pytest.raises(StudentError, match=said):
        _seen(lambda x, k, generator: result)


def test_a_table_of_another_shape_is_told_by_its_shape() -> None:
    seen = _seen(lambda x, k, generator: _drawn()(x, k, generator).T)
    assert list(seen) == ["the list of sizes of the centres", "the type of the centres"]
