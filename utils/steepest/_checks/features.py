"""What cases have in common, as their inputs show it: "wherever `x` has two axes"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

FEW = 2  # cases in which a form is no accident
SEVERAL = 4  # and in which a value is none
Given = Mapping[str, Any]
Feature = tuple[str, Callable[[Any], bool]]

OF_TENSORS: Sequence[Feature] = (
    ("`{}` is a single number without axes", lambda t: t.ndim == 0),
    ("`{}` has one axis", lambda t: t.ndim == 1),
    ("`{}` has more than one axis", lambda t: t.ndim > 1),
    ("`{}` has more than two axes", lambda t: t.ndim > 2),
    ("`{}` has no entries", lambda t: not t.numel()),
    ("`{}` has a single row", lambda t: bool(t.ndim) and len(t) == 1),
    ("`{}` has a single entry", lambda t: t.numel() == 1),
    ("`{}` is in float32", lambda t: t.dtype == torch.float32),
    ("`{}` is in float64", lambda t: t.dtype == torch.float64),
    ("`{}` is in a floating type", lambda t: t.is_floating_point()),
    ("`{}` holds whole numbers", lambda t: not t.is_floating_point()),
    ("`{}` is not contiguous in memory", lambda t: not t.is_contiguous()),
    ("`{}` is not square", lambda t: t.ndim == 2 and t.shape[0] != t.shape[1]),
)
OF_VALUES: Sequence[Feature] = (
    ("`{}` has an entry 0", lambda t: bool((t == 0).any())),
    ("`{}` is 0 throughout", lambda t: bool(t.numel()) and not bool(t.any())),
    ("`{}` has a negative entry", lambda t: bool((t < 0).any())),
    ("`{}` has a positive entry", lambda t: bool((t > 0).any())),
    ("`{}` has entries of both signs", lambda t: bool((t < 0).any() and (t > 0).any())),
    ("`{}` has equal entries", lambda t: t.numel() > 1 and len(t.reshape(-1).unique()) < t.numel()),
    ("`{}` has nan or inf in it", lambda t: bool((~t.isfinite()).any()) if t.is_floating_point() else False),
    ("`{}` has very large entries", lambda t: bool(t.numel()) and float(t.double().abs().nan_to_num().max()) > 80),
    ("`{}` is not symmetric", lambda t: t.ndim == 2 and t.shape[0] == t.shape[1] and not torch.equal(t, t.mT)),
)
OF_NUMBERS: Sequence[Feature] = (
    ("`{}` is 0", lambda n: n == 0),
    ("`{}` is negative", lambda n: n < 0),
    ("`{}` is 1", lambda n: n == 1),
    ("`{}` is greater than 1", lambda n: n > 1),
)
OF_LISTS: Sequence[Feature] = (
    ("`{}` is empty", lambda items: not len(items)),
    ("`{}` has one item", lambda items: len(items) == 1),
    ("`{}` has more than one item", lambda items: len(items) > 1),
)


def what_sets_apart(right: Sequence[Given], wrong: Sequence[Given]) -> str:
    """A feature that all of the second have and none of the first; "" if there is none, or too few cases to tell.

    Parameters
    ----------
    right, wrong : sequence of mapping
        Arguments by name.
    """
    if len(right) < FEW or not wrong:
        return ""
    for said, holds, enough in (*_features(wrong[0]), *_left_out(right, wrong[0])):
        if len(wrong) >= enough and all(map(holds, wrong)) and not any(map(holds, right)):
            return said
    return ""


def zero_where_right(right: Sequence[Given], wrong: Sequence[Given]) -> str:
    """The name of a number that is 0 in all of the first and in none of the second; "" if there is none, or several.

    Parameters
    ----------
    right, wrong : sequence of mapping
        Arguments by name.
    """
    if not right or not wrong:
        return ""
    names = [name for name, value in right[0].items() if isinstance(value, int | float) and not isinstance(value, bool)]
    telling = [
        name
        for name in names
        if all(given.get(name) == 0 for given in right) and all(given.get(name) != 0 for given in wrong)
    ]
    return telling[0] if len(telling) == 1 else ""


def _features(given: Given) -> Iterator[tuple[str, Callable[[Given], bool], int]]:
    """Every feature that could be asked of these arguments, and in how many cases it has to be seen."""
    kinds: Sequence[tuple[Any, Sequence[Feature], int]] = (
        (Tensor, OF_TENSORS, FEW),
        (list | tuple, OF_LISTS, FEW),
        (Tensor, OF_VALUES, SEVERAL),
        (int | float, OF_NUMBERS, SEVERAL),
    )
    for kind, features, enough in kinds:
        for name, value in given.items():
            if isinstance(value, kind) and not isinstance(value, bool):
                for said, holds in features:
                    yield said.format(name), _asked(name, kind, holds), enough
    for name, value in given.items():
        if isinstance(value, bool):
            yield f"`{name}` is {value}", _asked(name, bool, value.__eq__), FEW
        yield f"`{name}` is given", _asked(name, object, lambda _: True), FEW


def _left_out(right: Sequence[Given], wrong: Given) -> Iterator[tuple[str, Callable[[Given], bool], int]]:
    """What others are given, and this is not."""
    for name in dict.fromkeys(name for given in right for name in given if name not in wrong):
        yield f"`{name}` is left out", lambda other, name=name: name not in other, FEW  # type: ignore[misc]


def _asked(name: str, kind: Any, holds: Callable[[Any], bool]) -> Callable[[Given], bool]:
    return lambda other: name in other and isinstance(other[name], kind) and holds(other[name])
