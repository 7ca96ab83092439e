"""Drives for what draws dropout masks: they turn random zeros into facts that do not depend on the draw.

Every fact below is wrong by accident with a probability under 1e-7, for sound code and for each known mistake,
with the sizes that the exercises use: 50 rows or more of 50 entries or more, and `keep` between 0.2 and 0.8 and
at least 0.04 away from where a share to the nearest tenth changes.
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
ROUGHLY = "the share of entries that are kept, to the nearest tenth,"
QUANTILE = 6.0  # of the normal distribution: exceeded with a probability of 2e-9


def masks(function: Function, *, shape: Sequence[int], keep: float, seed: int) -> dict[str, Any]:
    """Draw several masks and observe what independent draws with probability `keep` have in common.

    Parameters
    ----------
    shape : sequence of int
        Shape of a mask, rows first; of one with a single axis less is observed.
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
    seen |= _zeros(table != 0, keep) | _scale(table[table != 0], "the value of kept entries")
    return seen | _seeds(drawn, again, other, table != 0)


def dropped(function: Function, *, x: torch.Tensor, keep: float, seed: int) -> dict[str, Any]:
    """Call a layer that drops entries several times, and observe its zeros and its scale.

    Parameters
    ----------
    x : Tensor
        The input, without zeros; rows first.
    keep : float
        Probability that an entry is kept; where it is 1 only the values are observed.
    seed : int
        Of the generator that all calls share.
    """

    def draws(times: int, seed: int) -> list[torch.Tensor]:
        setting = {"keep": keep, "training": True, "generator": function.generator(seed)}
        results = [function(x, **setting)]
        if any(effect.startswith("argument") for effect in function.effects):  # x has to be a fresh one each time
            results += [function(x, **setting) for _ in range(times - 1)]
        elif times > 1:
            results += function.repeat(times - 1, x, **setting)
        return [_tensor(result, "the output") for result in results]

    generator = function.generator(seed)
    still = [function(x, keep=keep, training=False, generator=generator) for _ in range(2)]
    seen: dict[str, Any] = {"“two evaluations give the same output”": same_bits(*still)}
    if same_bits(*still):
        seen["the output in evaluation"] = still[0]
    if keep == 1:
        return seen | {"the output in training with keep = 1": draws(1, seed)[0]}
    drawn = draws(DRAWS, seed)
    seen["the shape of the output in training"] = list(drawn[0].shape)
    if any(output.shape != x.shape for output in drawn):
        return seen
    seen["the output in training"] = drawn[0][:0].clone()  # of its entries only the type is no matter of chance
    factors = torch.stack(drawn).double() / x.double()
    kept = factors != 0
    seen |= _zeros(kept, keep) | _scale(factors[kept], "the factor on kept entries")
    return seen | _seeds(drawn, draws(1, seed)[0], draws(1, seed + 1)[0], kept)


def _zeros(kept: torch.Tensor, keep: float) -> dict[str, Any]:
    """What is seen of the places that are kept; the first axis counts draws, the second rows."""
    anew = bool((kept[1:] != kept[:1]).any())
    if kept.ndim < 3:
        return {"“another draw keeps other entries”": anew}
    of_rows = bool((kept != kept[:, :1]).any())
    of_entries = bool((kept != kept[..., :1]).any())
    share = float(kept.double().mean())
    seen: dict[str, Any] = {} if anew and _alike(kept) else {ROUGHLY: round(share, 1)}
    seen |= {
        "“another draw keeps other entries”": anew,
        "“rows are dropped apart from each other”": of_rows,
        "“entries of a row are dropped apart from each other”": of_entries,
    }
    if anew and of_rows and of_entries:
        in_rows = kept.flatten(2).sum(dim=2)
        in_draws = in_rows.sum(dim=1)
        independent = spread(in_draws.double(), kept[0].numel()) < chi_square_bound(len(kept) - 1)
        seen["“the number of kept entries varies between rows”"] = bool((in_rows != in_rows[0, 0]).any())
        seen["“the number of kept entries varies between draws”"] = bool((in_draws != in_draws[0]).any())
        seen["“entries are dropped independently”"] = independent
        if independent:
            error = math.sqrt(keep * (1 - keep) / kept.numel())
            seen["“as many entries are kept as `keep` says”"] = abs(share - keep) < QUANTILE * error
    return seen


def _alike(kept: torch.Tensor) -> bool:
    """Whether each draw keeps all or nothing, as one number for all entries does."""
    flat = kept.flatten(1)
    return bool((flat == flat[:, :1]).all())


def _scale(values: torch.Tensor, what: str) -> dict[str, Any]:
    """Whether all kept entries have one value, up to rounding, and which, to two places."""
    middle = float(values.mean()) if values.numel() else math.nan
    one = math.isfinite(middle) and bool(((values - middle).abs() <= ROUNDING * abs(middle)).all())
    seen: dict[str, Any] = {f"“{what} is one and the same”": one}
    return seen | ({f"{what}, to two places,": round(middle, 2)} if one else {})


def _seeds(
    drawn: Sequence[torch.Tensor], again: torch.Tensor, other: torch.Tensor, kept: torch.Tensor
) -> dict[str, Any]:
    if bool((kept[1:] != kept[:1]).any()) and _alike(kept):
        return {}  # two such draws are the same one time in two
    return {
        "“the same seed brings the same draw”": same_bits(drawn[0], again),
        "“another seed brings another draw”": not same_bits(drawn[0], other),
    }


def _tensor(result: Any, what: str) -> torch.Tensor:
    if not isinstance(result, torch.Tensor):
        if result is None:
            raise StudentError(f"it returned None, expected {what}: is the `return` missing?")
        raise StudentError(f"{what} is {type_name(result)}, expected a tensor")
    return result


DRIVES = {"dropped": dropped, "masks": masks}
