"""The right values in another form: container, type, axes, order of parts, digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import torch

from steepest._checks.cases import Case
from steepest._checks.compare import RELATIVE, Measure, difference, type_name
from steepest._checks.general import FORM, NEAR, Fact
from steepest._checks.played import Played, plain, unpacked

MOST_PARTS = 2
SINGLE = RELATIVE[torch.float32] / RELATIVE[torch.float64]
COARSE = 0.03 / RELATIVE[torch.float64]


def nothing(played: Sequence[Played]) -> Fact | None:
    empty = [item for item in played if any(got is None and want is not None for _, want, got in item.pairs())]
    if empty:
        return Fact("nothing_returned", "Nothing is returned there: does every path end in `return` with a value?")
    return None


def words(played: Sequence[Played]) -> Fact | None:
    """A text where a value is asked for."""
    pairs = [pair for item in played for pair in item.pairs() if not item.right(*pair[1:])]
    told = next((name for name, _, got in pairs if isinstance(got, str)), None)
    if told is None or any(isinstance(want, str) for _, want, _ in pairs):
        return None
    return Fact("words_returned", f"{told} is a text. Return the value itself: True or False, a number, a tensor.")


def another_container(played: Sequence[Played]) -> Fact | None:
    """The right values, but in a list, an array, a number or a tensor where another of them is asked for."""
    told = ""
    for item in played:
        for name, want, got in item.pairs():
            if item.right(want, got):
                continue
            left, right = unpacked(want), unpacked(got)
            if left is None or right is None or left.shape != right.shape or not item.close(left, right):
                return None
            if type(got) is not type(want):
                told = told or f"{name} is {type_name(got)}, and {_asked(want)} is asked for"
            elif isinstance(got, torch.Tensor):
                types = (str(value.dtype).removeprefix("torch.") for value in (got, want))
                told = told or "{} has numbers of type {}, and {} is asked for".format(name, *types)
            else:
                told = told or f"{name} holds values of another type"
    return Fact("another_type", f"The values are right, but {told}.", FORM) if told else None


def _asked(want: Any) -> str:
    return "a torch.Tensor" if isinstance(want, torch.Tensor) else type_name(want).removeprefix("of type ")


def among_others(played: Sequence[Played]) -> Fact | None:
    """The right value together with a few others, in a tuple, a list or a dict; among many it may be guessed."""
    places: set[object] | None = None
    alone = True
    for item in played:
        for _, want, got in item.pairs():
            if item.right(want, got):
                continue
            parts = dict(enumerate(got)) if isinstance(got, list | tuple) else got if isinstance(got, dict) else {}
            if len(parts) > MOST_PARTS:
                return None
            alone = alone and len(parts) == 1
            here = {place for place, part in parts.items() if item.right(want, part)}
            places = here if places is None else places & here
            if not places:
                return None
    if not places:
        return None
    how = "packed into a tuple, a list or a dict: take it out" if alone else "together with others: return it alone"
    return Fact("more_than_asked", f"The right value is returned, but {how}.", FORM if alone else NEAR)


def another_shape(played: Sequence[Played]) -> Fact | None:
    """The right values with other axes."""
    told = None
    for item in played:
        for name, want, got in item.pairs():
            if item.right(want, got):
                continue
            left, right = unpacked(want), unpacked(got)
            if left is None or right is None or left.shape == right.shape:
                return None
            shapes = f"{name} has shape {tuple(right.shape)}, and {tuple(left.shape)} is asked for"
            if right.ndim == 2 and right.mT.shape == left.shape and item.close(left, right.mT):
                told = told or Fact(
                    "transposed", f"The values are right, but rows and columns are exchanged: {shapes}.", FORM
                )
            elif left.numel() == right.numel() and item.close(left.reshape(-1), right.reshape(-1)):
                told = told or Fact("another_shape", f"The values are right, but {shapes}.", FORM)
            elif left.numel() and right.numel() and item.close(*_broadcast(left, right)):
                told = told or Fact("another_shape", f"The values are right, but repeated: {shapes}.", FORM)
            else:
                return None
    return told


def _broadcast(left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    try:
        shape = torch.broadcast_shapes(left.shape, right.shape)  # type: ignore[no-untyped-call]
    except RuntimeError:
        return left, torch.full_like(left, torch.nan)
    return left.expand(shape), right.expand(shape)


def parts_exchanged(played: Sequence[Played]) -> Fact | None:
    """The right values under each other's names."""
    names = list(next((item.want.observations for item in played if len(item.want.observations) > 1), {}))
    if not 2 <= len(names) <= 4 or any(list(item.want.observations) != names for item in played if not item.want.error):
        return None
    bearing = [item for item in played if not item.want.error and list(item.got.observations) == names]
    if not bearing:
        return None
    for order in list(permutations(names))[1:]:
        if all(
            item.right(item.want.observations[name], item.got.observations[other])
            for item in bearing
            for name, other in zip(names, order, strict=True)
        ):
            said = ", ".join(
                f"{name} stands where {other} belongs"
                for name, other in zip(names, order, strict=True)
                if name != other
            )
            return Fact("parts_exchanged", f"The values are right, but in another order: {said}.", FORM)
    return None


def single_precision(played: Sequence[Played]) -> Fact | None:
    """Right to the digits of float32 alone, where more are asked for."""
    if not _nearly(played, lambda case: 0.0 if case.slack >= SINGLE else SINGLE):
        return None
    return Fact(
        "single_precision",
        "Only the first seven digits are right, as they are where a number passes through float32 on the way, or where"
        " a small number is added to a divisor: make new tensors with dtype=x.dtype, do not divide a tensor of whole"
        " numbers, and add nothing that the formula does not have.",
        FORM,
    )


def too_coarse(played: Sequence[Played]) -> Fact | None:
    """Right to two digits or so, where a search is to find more: such cases ask for no more than float32 has."""
    if not _nearly(played, lambda case: COARSE if case.slack >= SINGLE else 0.0):
        return None
    return Fact(
        "too_coarse",
        "It comes near what is asked for, but not near enough, as on a grid or after a few steps of a search: go on"
        " until another step changes nothing that matters.",
        FORM,
    )


def _nearly(played: Sequence[Played], slack: Callable[[Case], float]) -> bool:
    """Whether whatever is not right agrees within a wider slack, and something is not right."""
    told = False
    for item in played:
        for _, want, got in item.pairs():
            if item.right(want, got):
                continue
            left, right = plain(want), plain(got)
            if left is None or right is None or left.shape != right.shape:
                return False
            if difference(left, right, Measure(slack=slack(item.case), scale=item.case.scale)) is not None:
                return False
            told = True
    return told and not any(item.got.error for item in played if not item.want.error)
