"""How the numbers that a function gives are related to those it should give: a sign, a factor, a power, an order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from steepest._checks.played import Played, plain
from steepest._checks.work import leaves

NEAR = 1e-6  # two factors of one kind are alike up to here

# --- the same change in every case

CHANGES: Mapping[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "sign_reversed": ("It is right but for its sign.", lambda w: -w),
    "squared": ("It is the square of what is asked for.", lambda w: w * w),
    "root_taken": ("It is the root of what is asked for.", lambda w: w.abs().sqrt()),
    "inverted": ("It is 1 divided by what is asked for.", lambda w: 1 / w),
    "sign_lost": (
        "It is right but for its sign, which is lost: look for an absolute value or a root.",
        lambda w: w.abs(),
    ),
    "one_minus": ("It is 1 minus what is asked for.", lambda w: 1 - w),
    "logarithm_taken": ("It is the logarithm of what is asked for.", lambda w: w.abs().log()),
    "exponential_taken": ("It is the exponential of what is asked for.", lambda w: w.exp()),
    "rounded": ("It is rounded to a whole number.", lambda w: w.round()),
    "rounded_down": ("It is rounded down.", lambda w: w.floor()),
    "rounded_up": ("It is rounded up.", lambda w: w.ceil()),
    "one_too_many": ("It is 1 more than what is asked for: where does counting begin?", lambda w: w + 1),
    "one_too_few": ("It is 1 less than what is asked for: where does counting begin?", lambda w: w - 1),
    "in_reverse_order": ("The values are right, but in reverse order.", lambda w: w.flip(0) if w.ndim else w),
    "transposed": ("Rows and columns are exchanged.", lambda w: w.mT if w.ndim > 1 else w),
    "late_by_one": ("The values are right, but each stands one place too late.", lambda w: _moved(w, 1)),
    "early_by_one": ("The values are right, but each stands one place too early.", lambda w: _moved(w, -1)),
}


def same_change(played: Sequence[Played]) -> tuple[str, str] | None:
    """Name and text of the one change by which received numbers come of the wanted ones in every case, if any does."""
    return _related(played, _changed, _reduced, _one_more) or _reversed(played)


def same_factor(played: Sequence[Played]) -> tuple[str, str] | None:
    """The same for a factor, which may be something that was given, and for the first move of a stepper."""
    return _related(played, _scaled, _moved_on)


def proportional(played: Sequence[Played]) -> bool:
    """Whether everything that is wrong has many entries, which are in each case a multiple of the right ones.

    A multiple of something that was given is none: it may come of no work at all.
    """
    compared = [(item, *_as_moves(item, name, want, got)) for item, name, want, got in _compared(played)]
    pairs = [(item, want, got) for item, want, got in compared if want is not None and got is not None]
    many = [(item, want, got) for item, want, got in pairs if int((want != 0).sum()) > 1]
    return (
        len(pairs) == len(compared)
        and 2 * len(many) > len(pairs)
        and all(item.close(want, got) or _factor(item, want, got) is not None for item, want, got in pairs)
        and not all(_multiple_of_given(item, got) for item, _, got in pairs)
    )


def _multiple_of_given(item: Played, got: Tensor) -> bool:
    given = [plain(value) for value in leaves(list(item.case.inputs.values()))]
    return any(value is not None and _factor(item, value, got) is not None for value in given)


def _as_moves(item: Played, name: str, want: Any, got: Any) -> tuple[Tensor | None, Tensor | None]:
    """Two values as numbers, and those of a stepper's theta from its start on."""
    start, left, right = plain(item.case.inputs.get("theta")), plain(want), plain(got)
    if item.case.drive != "stepper" or not name.startswith("theta after step") or start is None:
        return left, right
    if left is None or right is None or not left.shape == right.shape == start.shape:
        return None, None
    return left - start, right - start


def _related(
    played: Sequence[Played], *relations: Callable[[Sequence[Pair]], tuple[str, str] | None]
) -> tuple[str, str] | None:
    pairs: list[Pair] = []
    for item, name, want, got in _compared(played):
        left, right = plain(want), plain(got)
        if left is None or right is None:
            return None
        pairs.append((item, name, left, right))
    found = (relation(pairs) for relation in relations) if pairs else ()
    return next((said for said in found if said), None)


def _reversed(played: Sequence[Played]) -> tuple[str, str] | None:
    """Yes and no exchanged in every case, of which there are both."""
    compared = _compared(played)
    flags = all(isinstance(want, bool) and got is (not want) for _, _, want, got in compared)
    if len({want for _, _, want, _ in compared if isinstance(want, bool)}) < 2 or not flags:
        return None
    return "condition_reversed", "It says yes where no is right, and no where yes is: a condition is reversed."


Pair = tuple[Played, str, Tensor, Tensor]


def _compared(played: Sequence[Played]) -> list[tuple[Played, str, Any, Any]]:
    """What is wrong in any case, in all of them; nothing where it raises, or where something is missing."""
    bearing = [item for item in played if not item.want.error]
    if not all(item.whole for item in bearing):
        return []
    wrong = {name for item in bearing for name, want, got in item.pairs() if not item.right(want, got)}
    return [(item, name, want, got) for item in bearing for name, want, got in item.pairs() if name in wrong]


def _said(pairs: Sequence[Pair], text: str) -> str:
    names = list(dict.fromkeys(name.partition(" after step ")[0] for _, name, _, _ in pairs))
    observed = {name for item, *_ in pairs for name in item.want.observations}
    return text.replace("It is", f"{' and '.join(names)}: it is", 1) if len(names) <= 2 and len(observed) > 1 else text


def _changed(pairs: Sequence[Pair]) -> tuple[str, str] | None:
    for name, (text, change) in CHANGES.items():
        if all(item.close(change(want), got) for item, _, want, got in pairs):
            return name, _said(pairs, text)
    return None


def _moved(values: Tensor, places: int) -> Tensor:
    """The entries along the first axis moved on, round the end."""
    return values.roll(places, 0) if values.ndim else values


def _reduced(pairs: Sequence[Pair]) -> tuple[str, str] | None:
    """A mean or a sum that is taken over too many or too few."""
    for verb, reduce in (("mean", torch.mean), ("sum", torch.sum)):
        if all(not want.ndim and got.ndim and item.close(want, reduce(got)) for item, _, want, got in pairs):
            return "not_reduced", f"What is returned has an entry for each, and its {verb} is what is asked for."
        if all(want.ndim and not got.ndim and item.close(reduce(want), got) for item, _, want, got in pairs):
            return "reduced_too_far", f"One number is returned: the {verb} of the entries that are asked for."
        for axis in (0, -1):
            if all(
                got.ndim == want.ndim + 1 and item.close(want, reduce(got, dim=axis)) for item, _, want, got in pairs
            ):
                return "not_reduced", f"What is returned has one axis too many: its {verb} over that axis is asked for."
    return None


def _one_more(pairs: Sequence[Pair]) -> tuple[str, str] | None:
    """An entry too many or too few at an end of the first axis."""
    if not all(want.ndim and want.ndim == got.ndim for _, _, want, got in pairs):
        return None
    for where, cut in (("the first", slice(1, None)), ("the last", slice(None, -1))):
        if all(len(want) > 1 and item.close(want[cut], got) for item, _, want, got in pairs):
            return "one_entry_too_few", f"The values are right, but one entry is missing: {where}."
        if all(len(got) > 1 and item.close(want, got[cut]) for item, _, want, got in pairs):
            return "one_entry_too_many", f"The values are right, but one entry is too many: {where}."
    return None


# --- a factor, and where it comes from


def _scaled(pairs: Sequence[Pair]) -> tuple[str, str] | None:
    """One factor in each case: a constant, the size of an axis, or something that was given."""
    factors = []
    for item, _, want, got in pairs:
        factor = _factor(item, want, got)
        if factor is None:
            return None
        factors.append((item, factor))
    what = _what(factors)
    if what is None:
        return None
    return "off_by_a_factor", _said(pairs, f"It is {what}.")


def _factor(item: Played, want: Tensor, got: Tensor) -> float | None:
    if want.shape != got.shape or not want.numel():
        return None
    place = int(want.abs().argmax())
    largest, other = float(want.reshape(-1)[place]), float(got.reshape(-1)[place])
    if not (largest and math.isfinite(largest) and math.isfinite(other) and other):
        return None
    factor = other / largest
    return factor if item.close(want * factor, got) else None


def _what(factors: Sequence[tuple[Played, float]]) -> str | None:
    """The product in words: "twice what is asked for"."""
    first = factors[0][1]
    if all(_near(factor, first) for _, factor in factors):
        return _constant(first) if len(factors) > 1 else None
    for name, size in _sizes(factors):
        for kind, power in KINDS.items():
            if all(_near(factor, power(size(item))) for item, factor in factors):
                return kind.format(name)
    return None


def _constant(factor: float) -> str:
    for number in (factor, 1 / factor):
        simple = next((n for n in (*range(2, 13), 100, 1000) if _near(abs(number), n)), None)
        if simple:
            times = f"{simple} times" if number is factor else f"a {simple}th of" if simple > 2 else "half of"
            return f"{times} what is asked for{', with the other sign' if factor < 0 else ''}"
    return f"always {factor:.4g} times what is asked for"


def _near(left: float, right: float) -> bool:
    return math.isfinite(right) and abs(left - right) <= NEAR * abs(right)


KINDS: Mapping[str, Callable[[float], float]] = {
    "{} times what is asked for": lambda n: n,
    "what is asked for, divided by {}": lambda n: 1 / n if n else math.nan,
    "what is asked for times the root of {}": lambda n: math.sqrt(abs(n)),
    "what is asked for, divided by the root of {}": lambda n: 1 / math.sqrt(abs(n)) if n else math.nan,
    "what is asked for times the square of {}": lambda n: n * n,
    "what is asked for, divided by the square of {}": lambda n: 1 / (n * n) if n else math.nan,
    "what is asked for times 1 − {}": lambda n: 1 - n,
    "what is asked for, divided by 1 − {}": lambda n: 1 / (1 - n) if n != 1 else math.nan,
    "what is asked for times 1 + {}": lambda n: 1 + n,
    "off by a factor n/(n − 1), where n is {}": lambda n: n / (n - 1) if n != 1 else math.nan,
    "off by a factor (n − 1)/n, where n is {}": lambda n: (n - 1) / n if n else math.nan,
    "off by the root of n/(n − 1), where n is {}": lambda n: math.sqrt(abs(n / (n - 1))) if n != 1 else math.nan,
    "off by the root of (n − 1)/n, where n is {}": lambda n: math.sqrt(abs((n - 1) / n)) if n else math.nan,
    "with the other sign, and {} times what is asked for": lambda n: -n,
}


def _sizes(factors: Sequence[tuple[Played, float]]) -> Iterator[tuple[str, Callable[[Played], float]]]:
    """What every case has: numbers that were given, and the sizes of axes."""
    for name, value in factors[0][0].given.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"`{name}`", _of(name, _number)
        if isinstance(value, Tensor):
            if value.numel() == 1:
                yield f"`{name}`", _of(name, _number)
            yield f"the size of the first axis of `{name}`", _of(name, lambda t: t.shape[0] if t.ndim else math.nan)
            yield f"the size of the last axis of `{name}`", _of(name, lambda t: t.shape[-1] if t.ndim else math.nan)
            yield f"the number of entries of `{name}`", _of(name, lambda t: t.numel())
        if isinstance(value, list | tuple):
            yield f"the length of `{name}`", _of(name, len)


def _of(name: str, size: Callable[[Any], float]) -> Callable[[Played], float]:
    def found(item: Played) -> float:
        try:
            return float(size(item.given[name]))
        except (KeyError, TypeError, AttributeError):
            return math.nan

    return found


def _number(value: Any) -> float:
    return float(value) if not isinstance(value, Tensor) or value.numel() == 1 else math.nan


# --- the first move of a stepper


def _moved_on(pairs: Sequence[Pair]) -> tuple[str, str] | None:
    """What relates the first move to the right one."""
    moves: list[Pair] = []
    for item, name, want, got in pairs:
        start = item.case.inputs.get("theta")
        if item.case.drive != "stepper" or not isinstance(start, Tensor):
            return None
        if name == "theta after step 1" and want.shape == got.shape == start.shape:
            moves.append((item, name, want - start.double(), got - start.double()))
    if not moves or any(name.endswith(" after step 1") and not name.startswith("theta") for _, name, _, _ in pairs):
        return None
    if all(item.close(-want, got) for item, _, want, got in moves):
        return (
            "moves_the_wrong_way",
            "theta moves in the opposite direction: subtract where you add, or the other way round.",
        )
    if all(not got.any() for _, _, _, got in moves):
        return "does_not_move", "theta stays where it is in the first step."
    factors = [(item, factor) for item, _, want, got in moves if (factor := _factor(item, want, got)) is not None]
    what = _what(factors) if len(factors) == len(moves) else None
    return ("moves_too_far_or_too_little", f"The first move is {what}.") if what else None
