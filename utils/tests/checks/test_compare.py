"""Comparison: what passes, what does not, and in which words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.compare import Measure, difference, same_bits, show, show_apart
from steepest._checks.wire import Handle, Named

T = torch.tensor
D = torch.float64


def _t(*values: float, dtype: torch.dtype = D) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)


SAME: dict[str, tuple[Any, Any]] = {
    "float64 to rounding": (_t(1.0, 2.0), _t(1.0 + 1e-12, 2.0)),
    "float32 to rounding": (_t(1.0, 3.0, dtype=torch.float32), _t(1 + 1e-6, 3.0, dtype=torch.float32)),
    "a small entry beside a large one": (_t(1e6, 1e-6), _t(1e6, 2e-6)),
    "zeros": (_t(0.0, 0.0), _t(0.0, 1e-17)),
    "nan and infinities": (_t(math.nan, math.inf, -math.inf), _t(math.nan, math.inf, -math.inf)),
    "no entries": (torch.empty(0, 2), torch.empty(0, 2)),
    "integers": (T([1, 2]), T([1, 2])),
    "a number as a tensor": (0.5, _t(0.5)),
    "a number as a scalar array entry": (0.5, np.float64(0.5)),
    "a float32 number": (1 / 3, T(1 / 3)),
    "a number as an array": (0.5, np.array(0.5)),
    "a count as a tensor": (3, T(3)),
    "a count as an array": (3, np.array([3])),
    "a count as a float": (3, 3.0),
    "a flag as a tensor": (True, T(True)),
    "a flag of numpy": (True, np.bool_(True)),
    "a list for a tuple": ((1.0, 2.0), [1.0, 2.0]),
    "more keys than asked for": ({"a": 1}, {"a": 1, "b": 2}),
    "text": ("saddle", "saddle"),
    "none": (None, None),
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_sound_passes(name: str) -> None:
    expected, actual = SAME[name]
    assert difference(expected, actual) is None


WRONG: dict[str, tuple[Any, Any, str]] = {
    "both values are shown": (_t(-0.19, -0.19), _t(-0.1, -0.1), "is [-0.1, -0.1], expected [-0.19, -0.19]"),
    "zeros for small values": (_t(1e-9, 2e-9), _t(0.0, 0.0), "is [0, 0], expected [1e-09, 2e-09]"),
    "digits until the two differ": (_t(1.0), _t(1.00001), "is [1.00001], expected [1]"),
    "all digits where it takes them": (1.0, 1.0 + 1e-7, "is 1.0000001000000001, expected 1"),
    "nan for a number": (_t(1.0), _t(math.nan), "is [nan], expected [1]"),
    "a number for an infinity": (_t(math.inf), _t(1e300), "is [1e+300], expected [inf]"),
    "another shape": (torch.ones(2), torch.ones(2, 1), "has shape (2, 1), expected (2,)"),
    "another float type": (_t(1.0), _t(1.0, dtype=torch.float32), "has type float32, expected float64"),
    "a tensor for nothing": (_t(1.0), None, "is None, expected a torch.Tensor"),
    "a list for a tensor": (_t(1.0), [1.0], "is of type list, expected a torch.Tensor"),
    "something that stayed": (_t(1.0), Handle(0, "Cache"), "is of type Cache, expected a torch.Tensor"),
    "integers": (T([1, 2]), T([1, 3]), "is [1, 3], expected [1, 2]"),
    "many entries": (T([0] * 9), T([1] * 9), "is [1, 1, 1, 1, 1, 1, …], expected [0, 0, 0, 0, 0, 0, …]"),
    "a matrix": (T([[0, 0]]), T([[1, 1]]), "is [1, 1] of shape (1, 2), expected [0, 0] of shape (1, 2)"),
    "a count": (3, 4, "is 4, expected 3"),
    "a coarse type of one's own": (0.5, T(0.51, dtype=torch.bfloat16), "is 0.5117, expected 0.5"),
    "no number": (3.0, "three", "is of type str, expected a number"),
    "flags for a number": (1.0, np.array(True), "is of type ndarray, expected a number"),
    "a flag for a number": (1.0, True, "is of type bool, expected a number"),
    "a number for a flag": (True, 1, "is 1, expected True"),
    "a word": ("saddle", "minimum", "is 'minimum', expected 'saddle'"),
    "fewer items": ([1, 2], [1], "has 1 items, expected 2"),
    "no list": ([1, 2], 1, "is of type int, expected a list of 2"),
    "an item": ([_t(1.0), _t(2.0)], [_t(1.0), _t(3.0)], "at position 1 is [3], expected [2]"),
    "a missing key": ({"velocity": 1}, {"v": 1}, "has no 'velocity'"),
    "a key": ({"v": 1}, {"v": 2}, "under 'v' is 2, expected 1"),
    "no dict": ({"v": 1}, [1], "is of type list, expected a dict"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    expected, actual, sentence = WRONG[name]
    assert difference(expected, actual) == sentence


@pytest.mark.parametrize("name", WRONG)
def test_without_leave_no_expected_value_is_shown(name: str) -> None:
    expected, actual, open_sentence = WRONG[name]
    sentence = difference(expected, actual, Measure(reveal=False))
    assert sentence is not None
    if ", expected " in open_sentence and open_sentence.startswith("is ") and "of type" not in open_sentence:
        assert sentence in ("is wrong", "is None, expected a torch.Tensor")


def test_slack_widens_the_tolerance_and_nothing_else_does() -> None:
    expected, actual = _t(1.0), _t(1 + 1e-6)
    assert difference(expected, actual) is not None
    assert difference(expected, actual, Measure(slack=1e3)) is None


def test_another_float_type_can_be_let_pass_at_its_own_tolerance() -> None:
    expected = _t(1 / 3)
    measure = Measure(any_dtype=True)
    assert difference(expected, expected.float(), measure) is None
    assert difference(expected, expected.float() + 1e-3, measure) is not None
    assert difference(expected, T([0]), measure) is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_coarse_type_of_ones_own_widens_no_slack(dtype: torch.dtype) -> None:
    for expected, off in ((0.5, 5e-4), (_t(0.5), 5e-4)):
        for slack, same in ((1.0, False), (1e2, False), (1e4, False), (1e6, True)):
            measure = Measure(slack=slack, any_dtype=True)
            given = T(0.5 + off, dtype=dtype).reshape(expected.shape if isinstance(expected, torch.Tensor) else ())
            assert (difference(expected, given, measure) is None) is same
            assert difference(0.5, T(0.5 + 5e-6, dtype=torch.float32), measure) is None


@pytest.mark.parametrize(
    ("scale", "actual", "same"),
    [(1.0, 1e-16, True), (1.0, 1e-7, False), (1e4, 1e-5, True), (0.0, 1e-16, False), (0.0, 0.0, True)],
)
def test_zeros_are_compared_on_the_scale_of_what_was_given(scale: float, actual: float, same: bool) -> None:
    for expected, got in ((_t(0.0, 0.0), _t(0.0, actual)), (0.0, actual)):
        assert (difference(expected, got, Measure(scale=scale)) is None) is same
    assert difference(_t(0.0, 1e-9), _t(0.0, 2e-9), Measure(scale=1e4)) is not None


def test_where_only_finite_numbers_count_others_are_passed_over() -> None:
    expected, actual = _t(1.0, math.nan, 3.0), _t(1.0, 2.0, math.inf)
    assert difference(expected, actual, Measure(finite=True)) is None
    assert difference(expected, actual + 1, Measure(finite=True)) is not None


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (_t(1.0), _t(1.0), True),
        (_t(math.nan), _t(math.nan), True),
        (_t(1.0), _t(1.0 + 1e-15), False),
        (_t(1.0), torch.ones(1), False),
        (_t(1.0), _t(1.0, 1.0), False),
        (1, 1.0, False),
        (math.nan, math.nan, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ([1, [2]], [1, [2]], True),
        (np.ones(2), np.ones((2, 1)), False),
    ],
)  # fmt: skip
def test_same_bits(left: Any, right: Any, same: bool) -> None:
    assert same_bits(left, right) is same


def test_show_is_short() -> None:
    assert show(list(range(100))) == "[0, 1, 2, 3, 4, 5, …]"
    assert show(T(0.5)) == "0.5"
    assert len(show("a" * 1000)) == 200
    assert show(Handle(0, "Cache")) == "something of type Cache"
    assert show({"v": T([1.0, 2.0])}) == "{v: [1, 2]}"
    assert show(Named("bowl", {"condition": 9.0})) == "bowl(condition=9)"


@pytest.mark.parametrize(
    ("expected", "actual", "shown"),
    [
        (1.0, 2.0, ("1", "2")),
        (1.0, 1.000001, ("1", "1.000001")),
        (_t(*range(9)), _t(*range(8), 9.5), ("[…, 8]", "[…, 9.5]")),
        ([0] * 20, [0] * 8 + [1] * 12, ("[…, 0, 0, 0, 0, 0, 0, …]", "[…, 1, 1, 1, 1, 1, 1, …]")),
        (_t(1.0), _t(1.0).float(), ("[1] (float64 of shape (1,))", "[1] (float32 of shape (1,))")),
        ([7] * 8, [7] * 9, ("[7, 7, 7, 7, 7, 7, …] (list of 8)", "[7, 7, 7, 7, 7, 7, …] (list of 9)")),
        (_t(1.0, 2.0), _t(1.0, math.nan), ("[1, 2]", "[1, nan]")),
        (_t(*range(8)), _t(*range(7), 7).to(torch.complex128), None),
    ],
)  # fmt: skip
def test_what_sets_two_values_apart_is_shown(expected: Any, actual: Any, shown: tuple[str, str] | None) -> None:
    found = show_apart(expected, actual)
    assert found[0] != found[1]
    assert shown is None or found == shown


@pytest.mark.parametrize("measure", [Measure(), Measure(slack=1e6), Measure(finite=True), Measure(scale=3.0)])
def test_few_numbers_are_close_where_many_are(measure: Measure) -> None:
    """Few are compared one by one, many by torch: the same numbers again and again are as close as once."""
    generator = torch.Generator().manual_seed(3)
    odd = _t(0.0, -0.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 1.0, 1e-300)
    told = set()
    for _ in range(2000):
        few = int(torch.randint(1, 6, (), generator=generator))
        expected = torch.randn(few, generator=generator, dtype=D)
        away = torch.randn(few, generator=generator, dtype=D) * 10.0 ** -torch.randint(
            0, 18, (few,), generator=generator
        )
        actual = expected + away
        for values in (expected, actual):
            place = torch.rand(few, generator=generator) < 0.3
            values[place] = odd[torch.randint(0, len(odd), (int(place.sum()),), generator=generator)]
        some, many = (
            difference(want.repeat(n), got.repeat(n), measure) is None
            for n, want, got in ((1, expected, actual), (64, expected, actual))
        )
        assert some is many, (expected, actual)
        told.add(some)
    assert told == {True, False}
