"""A drive for what draws rows of data one after the other: it tells by which law the next row is drawn.

The likelihood of all draws is computed under every law below, and the largest is told, if the draws are as likely
under it as they should be. With 300 draws of four rows whose distances differ as much as in the exercises, the
sound law and any other here are nine standard errors apart, and the sound one is taken for none with a probability
of 2e-9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import type_name
from steepest._drives.chance import chi_square_bound

ERRORS = 6.0  # normal tail on both sides: 2e-9
TRIALS = range(2, 21)
AGAIN = 8  # draws that are made once more: one alone may agree by accident
GREEDY = "of several rows drawn in proportion to the squared distance, the best"
ANOTHER = "another one"
ONWARDS = "“a second call goes on with the generator”"
FIRST = "“every row is equally often the first centre”"

Law = Callable[["_Draws"], Tensor]


def draws_of_rows(function: Function, *, x: Tensor, k: int, seed: int, count: int, law: bool) -> dict[str, Any]:
    """Draw `k` rows of `x` many times and observe what does not depend on the draw.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        The rows; equal ones stand for one place.
    k : int
        Number of rows to draw, at most that of places.
    seed : int
        Of the generator that all draws share.
    count : int
        Number of draws.
    law : bool
        Whether it is told by which law they are drawn: there must be enough of them, and more places than `k`.
    """

    def draw(times: int, seed: int) -> list[Tensor]:
        return [_table(result) for result in function.repeat(times, x, k, function.generator(seed))]

    drawn = draw(count, seed)
    kind = drawn[0].dtype
    seen: dict[str, Any] = {
        "the list of sizes of the centres": list(drawn[0].shape),
        "the type of the centres": "that of x" if kind == x.dtype else str(kind).removeprefix("torch."),
    }
    if any(list(table.shape) != [k, x.shape[1]] for table in drawn):
        return seen
    places, sizes = torch.unique(x.double(), dim=0, return_counts=True)
    stacked = torch.stack(drawn).to(places)
    equal = (stacked[:, :, None] == places).all(dim=3)
    seen["“every centre is a row of x”"] = bool(equal.any(dim=2).all())
    again, other = (draw(min(count, AGAIN), number) for number in (seed, seed + 1))
    seen |= {
        "“the same seed brings the same centres”": all(map(torch.equal, drawn, again)),
        "“another seed brings other centres”": not all(map(torch.equal, drawn, other)),
        ONWARDS: any(not torch.equal(drawn[0], table) for table in drawn[1:]),
    }
    if not seen["“every centre is a row of x”"]:
        return seen
    chosen = equal.int().argmax(dim=2)
    seen["“no place is chosen twice”"] = all(len(set(row)) == k for row in chosen.tolist())
    if law and seen[ONWARDS]:  # one draw again and again follows no law
        seen[FIRST] = _even(chosen[:, 0], sizes)
        seen["how the next centre is drawn:"] = _law(_Draws(places, sizes.double(), chosen)) if k > 1 else "not at all"
    return seen


class _Draws:
    """The draws as numbers of places, and what laws are made of: one table (choices, places) of each."""

    def __init__(self, places: Tensor, sizes: Tensor, chosen: Tensor) -> None:
        self.sizes, self.chosen = sizes, chosen
        self.apart = (places[:, None] - places).square().sum(dim=2)
        self.steps = range(1, chosen.shape[1])
        self.next = torch.cat([chosen[:, step] for step in self.steps])
        one_hot = torch.nn.functional.one_hot(chosen, len(sizes)).to(sizes)
        self.left = torch.cat([sizes - one_hot[:, :step].sum(dim=1) for step in self.steps])
        self.nearest = self.of_earlier(lambda squares: squares.amin(dim=1))
        self.traits = self._traits()
        middles = torch.cat([places[chosen[:, :step]].mean(dim=1) for step in self.steps])
        self.from_middle = (places - middles[:, None]).square().sum(dim=2)
        self.centred = (places - (sizes[:, None] * places).sum(dim=0) / sizes.sum()).square().sum(dim=1)
        self.from_zero = places.square().sum(dim=1)

    def of_earlier(self, join: Callable[[Tensor], Tensor]) -> Tensor:
        """`join(squared distances of every place to the earlier choices)`, of shape (draws, earlier, places)."""
        return torch.cat([join(self.apart[self.chosen[:, :step]]) for step in self.steps])

    def _traits(self) -> list[Tensor]:
        """Whether the first of the earlier choices is the nearest one, and whether the newest is."""
        owners = {step: self.apart[self.chosen[:, :step]].argmin(dim=1) for step in self.steps}
        first = torch.cat([owner == 0 for owner in owners.values()])
        newest = torch.cat([owner == step - 1 for step, owner in owners.items()])
        return [first.double(), newest.double()]


def _weighed(odds: Tensor, draws: _Draws) -> Tensor:
    """Chances of places from odds of their rows."""
    chances = (odds * draws.sizes).clamp(min=0).expand(len(draws.next), -1)
    return chances / chances.sum(dim=1, keepdim=True)


def _greatest(draws: _Draws) -> Tensor:
    best = draws.nearest.amax(dim=1, keepdim=True)
    return _weighed((draws.nearest >= best * (1 - 1e-9)).double(), draws)


def _inverse(draws: _Draws) -> Tensor:
    return _weighed(torch.where(draws.nearest > 0, 1 / draws.nearest.clamp(min=1e-300), 0.0), draws)


LAWS: dict[str, Law] = {
    "in proportion to the squared distance to the nearest centre": lambda draws: _weighed(draws.nearest, draws),
    "in proportion to the distance to the nearest centre": lambda draws: _weighed(draws.nearest.sqrt(), draws),
    "in proportion to the fourth power of the distance": lambda draws: _weighed(draws.nearest.square(), draws),
    "always the farthest row": _greatest,
    "in proportion to the inverse of the squared distance": _inverse,
    "all rows alike": lambda draws: _weighed(torch.ones_like(draws.nearest), draws),
    "all rows alike that are not drawn yet": lambda draws: _weighed(draws.left / draws.sizes, draws),
    "by the distance to the newest centre": lambda draws: _weighed(draws.of_earlier(lambda part: part[:, -1]), draws),
    "by the distance to the first centre": lambda draws: _weighed(draws.of_earlier(lambda part: part[:, 0]), draws),
    "by the distance to the first centre, of those not drawn yet": lambda draws: _weighed(
        draws.of_earlier(lambda part: part[:, 0]) * draws.left / draws.sizes, draws
    ),
    "by the sum of the squared distances": lambda draws: _weighed(
        draws.of_earlier(lambda part: part.sum(dim=1)), draws
    ),
    "by the sum of the distances": lambda draws: _weighed(draws.of_earlier(lambda part: part.sqrt().sum(dim=1)), draws),
    "by the distance to the farthest centre": lambda draws: _weighed(
        draws.of_earlier(lambda part: part.amax(dim=1)), draws
    ),
    "by the distance to the mean of the centres": lambda draws: _weighed(draws.from_middle, draws),
    "by exponentials of the squared distance": lambda draws: _weighed(torch.softmax(draws.nearest, dim=1), draws),
    "by exponentials of the distance": lambda draws: _weighed(torch.softmax(draws.nearest.sqrt(), dim=1), draws),
    "by the distance to the mean of the rows": lambda draws: _weighed(draws.centred, draws),
    "by the distance to the origin": lambda draws: _weighed(draws.from_zero, draws),
}


def _greedy(draws: _Draws, trials: int) -> Tensor:
    """Chances where that of so many places, drawn by squared distance, is taken which leaves the least of it."""
    chances = _weighed(draws.nearest, draws)
    left = (torch.minimum(draws.nearest[:, None], draws.apart) * draws.sizes).sum(dim=2)
    order = left.argsort(dim=1, descending=True)
    reached = chances.gather(1, order).cumsum(dim=1)
    before = torch.cat([torch.zeros_like(reached[:, :1]), reached[:, :-1]], dim=1)
    return torch.zeros_like(chances).scatter(1, order, reached**trials - before**trials)


def _law(draws: _Draws) -> str:
    """Name of the law under which the draws are most likely, unless they are not likely under it."""
    tables = {name: law(draws) for name, law in LAWS.items()}
    tables |= {f"{GREEDY} {trials}": _greedy(draws, trials) for trials in TRIALS}
    scores = {name: _score(table, draws.next) for name, table in tables.items()}
    best = max(scores, key=scores.__getitem__)
    logs = tables[best].clamp(min=1e-300).log()
    if any(_is_off(trait, tables[best], draws.next) for trait in (logs, *draws.traits)):
        return ANOTHER
    return GREEDY if best.startswith(GREEDY) else best


def _is_off(trait: Tensor, chances: Tensor, chosen: Tensor) -> bool:
    """Whether the rows that were drawn have more or less of a trait than these chances give them."""
    expected = (chances * trait).sum(dim=1)
    spread = float(((chances * trait.square()).sum(dim=1) - expected.square()).sum().clamp(min=0).sqrt())
    gap = float((trait.gather(1, chosen[:, None])[:, 0] - expected).sum())
    return not math.isfinite(gap) or abs(gap) > ERRORS * spread + 1e-6 * len(chosen)


def _score(table: Tensor, chosen: Tensor) -> float:
    return float(table.gather(1, chosen[:, None]).clamp(min=0).log().sum())


def _even(first: Tensor, sizes: Tensor) -> bool:
    """Whether places come first as often as they have rows, by Pearson's statistic."""
    expected = len(first) * sizes.double() / sizes.sum()
    found = torch.bincount(first, minlength=len(sizes)).double()
    return float(((found - expected).square() / expected).sum()) < chi_square_bound(len(sizes) - 1)


def _table(result: Any) -> Tensor:
    if result is None:
        raise StudentError("it returned None, expected a tensor of k rows: is the `return` missing?")
    if not isinstance(result, Tensor):
        raise StudentError(f"what it returned is {type_name(result)}, expected a torch.Tensor of k rows")
    return result


DRIVES = {"draws_of_rows": draws_of_rows}
