"""Drives for what draws dropout masks: they turn random zeros into facts that do not depend on the draw.

Every fact below is wrong by accident with a probability under 1e-7, for sound code and for each known mistake,
with the sizes that the exercises use: 50 rows or more of 50 entries or more, and `keep` between 0.2 and 0.8.
A fact that a broken draw would leave to chance is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import same_bits, type_name
from steepest._drives.chance import chi_square_bound, spread

DRAWS = 64
ROUNDING = 1e-5


def masks(function: Function, *, shape: Sequence[int], keep: float, seed: int) -> dict[str, Any]:
    """Draw several masks and observe what independent draws with probability `keep` have in common.

    Parameters
    ----------
    shape : sequence of int
        Shape of a mask, rows first.
    keep : float
        Probability of a 1; where it is 1 only the values are observed.
    seed : int
        Of the generator that all draws share.
    """

    def draws(times: int, seed: int) -> list[torch.Tensor]:
        results = function.repeat(times, tuple(shape), keep=keep, generator=function.generator(seed))
        return [_tensor(result, "the mask") for result in results]

    drawn = draws(1 if keep == 1 else DRAWS, seed)
    seen: dict[str, Any] = {"the shape of the mask": list(drawn[0].shape)}
    if any(list(mask.shape) != list(shape) for mask in drawn):
        return seen
    seen["“the mask is of a floating type”"] = all(mask.is_floating_point() for mask in drawn)
    table = torch.stack(drawn).double()
    seen["“every entry is 0 or 1”"] = bool(((table == 0) | (table == 1)).all())
    if keep == 1:
        return seen | {"“no entry is 0”": bool((table != 0).all())}
    again, other = draws(1, seed)[0], draws(1, seed + 1)[0]
    seen |= _zeros(table != 0) | _scale(table[table != 0], "the value of kept entries")
    return seen | _seeds(drawn, again, other)


def dropped(function: Function, *, x: torch.Tensor, keep: float, seed: int) -> dict[str, Any]:
    """Call a layer that drops entries several times, and observe its zeros and its scale.

    Parameters
    ----------
    x : Tensor
        The input, without zeros; rows first.
    keep : float
        Probability that an entry is kept, below 1.
    seed : int
        Of the generator that all calls share.
    """

    def draws(times: int, seed: int) -> list[torch.Tensor]:
        results = function.repeat(times, x, keep=keep, training=True, generator=function.generator(seed))
        return [_tensor(result, "the output") for result in results]

    generator = function.generator(seed)
    still = [function(x, keep=keep, training=False, generator=generator) for _ in range(2)]
    corner = x[..., :2, :3].contiguous()
    seen: dict[str, Any] = {
        "“two evaluations give the same output”": same_bits(*still),
        "the output in training with keep = 1": function(corner, keep=1.0, training=True, generator=generator),
    }
    if same_bits(*still):
        seen["the output in evaluation"] = still[0]
    drawn = draws(DRAWS, seed)
    seen["the shape of the output in training"] = list(drawn[0].shape)
    if any(output.shape != x.shape for output in drawn):
        return seen
    factors = torch.stack(drawn).double() / x.double()
    kept = factors != 0
    seen |= _zeros(kept) | _scale(factors[kept], "the factor on kept entries")
    return seen | _seeds(drawn, draws(1, seed)[0], draws(1, seed + 1)[0])


def _zeros(kept: torch.Tensor) -> dict[str, Any]:
    """What is seen of the places that are kept; the first axis counts draws, the second rows."""
    share = float(kept.double().mean())
    anew = bool((kept[1:] != kept[:1]).any())
    of_rows = bool((kept != kept[:, :1]).any())
    of_entries = bool((kept != kept[..., :1]).any())
    seen: dict[str, Any] = {
        "the share of entries that are kept, to the nearest tenth,": round(share, 1),
        "“another draw keeps other entries”": anew,
        "“rows are dropped apart from each other”": of_rows,
        "“entries of a row are dropped apart from each other”": of_entries,
    }
    if anew and of_rows and of_entries:
        in_rows = kept.flatten(2).sum(dim=2)
        in_draws = in_rows.sum(dim=1)
        seen["“the number of kept entries varies between rows”"] = bool((in_rows != in_rows[0, 0]).any())
        seen["“the number of kept entries varies between draws”"] = bool((in_draws != in_draws[0]).any())
        seen["“entries are dropped independently”"] = spread(in_draws.double(), kept[0].numel()) < chi_square_bound(
            len(kept) - 1
        )
    return seen


def _scale(values: torch.Tensor, what: str) -> dict[str, Any]:
    """Whether all kept entries have one value, up to rounding, and which, to two places."""
    middle = float(values.mean()) if values.numel() else math.nan
    one = math.isfinite(middle) and bool(((values - middle).abs() <= ROUNDING * abs(middle)).all())
    seen: dict[str, Any] = {f"“{what} is one and the same”": one}
    return seen | ({f"{what}, to two places,": round(middle, 2)} if one else {})


def _seeds(drawn: Sequence[torch.Tensor], again: torch.Tensor, other: torch.Tensor) -> dict[str, Any]:
    return {
        "“the same seed brings the same draw”": same_bits(drawn[0], again),
        "“another seed brings another draw”": not same_bits(drawn[0], other),
    }


def _tensor(result: Any, what: str) -> torch.Tensor:
    if not isinstance(result, torch.Tensor):
        hint = ": is the `return` missing?" if result is None else ""
        raise StudentError(f"{what} is {type_name(result)}, expected a tensor{hint}")
    return result


DRIVES = {"dropped": dropped, "masks": masks}
