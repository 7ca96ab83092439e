"""The bounded format: what travels, what is refused, and that nothing but `WireError` escapes."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from steepest._checks import wire
from steepest._checks.compare import same_bits
from steepest._checks.wire import Handle, Named, WireError, decode, encode

ROUND_TRIPS: dict[str, Any] = {
    "none": None,
    "flags": [True, False],
    "integers": [0, -1, 2**63 - 1, -(2**63)],
    "floats": [0.1, -0.0, 1e308, 5e-324, math.inf, -math.inf, math.nan],
    "text": ["", "θ ← θ − ηg", "\x00", "a" * 1000],
    "containers": {"list": [1, (2.0, [])], "tuple": ((), ("a",)), "dict": {"dict": {}, "": None}},
    "scalar tensor": torch.tensor(1.5),
    "empty tensor": torch.empty(3, 0, 2),
    "tensor of nan and inf": torch.tensor([math.nan, math.inf, -math.inf, -0.0]),
    "many axes": torch.arange(2.0).reshape([1] * 15 + [2]),
    "array": np.arange(6.0).reshape(2, 3),
    "scalar array": np.array(1.5),
    "empty array": np.empty((0, 4), dtype=np.float32),
    "numpy scalars": [np.float64(0.1), np.float32(0.1), np.int64(3), np.bool_(True), np.uint8(255)],
    "named": Named("quadratic_gradient", {"matrix": torch.eye(2), "center": torch.zeros(2)}),
    "handle": [Handle(0, "Generator"), Handle(7, "Cache")],
    **{f"torch {name}": torch.tensor([0, 1, 1, 0]).to(dtype) for name, dtype in wire.TORCH_DTYPES.items()},
    **{f"numpy {name}": np.array([[0, 1], [1, 0]], dtype) for name, dtype in wire.ARRAY_DTYPES.items()},
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_what_travels_comes_back_the_same(name: str) -> None:
    value = ROUND_TRIPS[name]
    back = decode(encode(value))
    if isinstance(value, Named):
        assert back.name == value.name
        value, back = dict(value.params), dict(back.params)
    assert same_bits(value, back)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).T,
        torch.arange(10.0)[::3],
        torch.arange(24.0).reshape(2, 3, 4)[:, 1:, ::2],
    ],
    ids=["transposed", "every third", "a block"],
)
def test_a_tensor_that_is_not_contiguous_keeps_its_strides(tensor: torch.Tensor) -> None:
    back = decode(encode(tensor))
    assert torch.equal(back, tensor)
    assert back.stride() == tensor.stride()


def test_an_expanded_tensor_arrives_as_one_that_can_be_written_to() -> None:
    back = decode(encode(torch.ones(1).expand(4)))
    back[0] = 2
    assert back.tolist() == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (torch.ones(2).max(0), (1.0, 0)),
        (torch.zeros(2, 3).shape, (2, 3)),
        (torch.complex(torch.ones(3), torch.ones(3)).conj().imag.sum(), torch.tensor(-3.0)),
        (torch.complex(torch.ones(1), torch.ones(1)).conj().imag, torch.tensor([-1.0])),
        (torch.arange(4.0)[1::3], torch.tensor([1.0])),
    ],
    ids=["ordered dict", "default dict", "named tuple", "shape", "a sum", "lazily negated", "one of many"],
)
def test_what_behaves_like_a_plain_value_arrives_as_one(value: Any, plain: Any) -> None:
    back = decode(encode(value))
    assert type(back) is type(plain)
    assert back == plain


def test_a_parameter_arrives_as_a_plain_tensor_without_graph() -> None:
    back = decode(encode(torch.nn.Parameter(torch.ones(2))))
    assert type(back) is torch.Tensor
    assert not back.requires_grad


def test_handles_are_resolved_and_kept_things_are_held() -> None:
    held: list[Any] = []

    def hold(value: object) -> Handle:
        held.append(value)
        return Handle(len(held) - 1, type(value).__name__)

    frame = encode({"a": {1, 2}, "b": [torch.Generator()]}, hold=hold)
    assert [type(item).__name__ for item in held] == ["set", "Generator"]
    assert decode(frame)["a"] == Handle(0, "set")
    assert decode(frame, resolve=lambda handle: held[handle.id])["a"] == {1, 2}


def test_the_same_value_gives_the_same_bytes() -> None:
    assert encode(list(ROUND_TRIPS.values())) == encode(list(ROUND_TRIPS.values()))


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


UNSENDABLE = {
    "a set": ({1}, "type set"),
    "a generator": (torch.Generator(), "type Generator"),
    "a function": (print, "cannot be sent"),
    "a complex number": (1j, "type complex"),
    "an integer of 65 bits": (2**64, "type int"),
    "keys that are no text": ({1: 2}, "type dict"),
    "a sparse tensor": (torch.eye(2).to_sparse(), "type Tensor"),
    "a tensor without data": (torch.empty(2, device="meta"), "type Tensor"),
    "a complex tensor": (torch.zeros(1, dtype=torch.complex64), "type Tensor"),
    "an array of objects": (np.array([None]), "type ndarray"),
    "another byte order": (np.zeros(2, dtype=">f8"), "type ndarray"),
    "deep nesting": (_nested(wire.MAX_DEPTH + 1), "nested more than"),
    "too many parts": ([0] * wire.MAX_NODES, "parts"),
    "long text": ("a" * (wire.MAX_TEXT + 1), "type str"),
    "an expanded tensor": (torch.zeros(1).expand(2**40), "more than 2,097,152 numbers"),
    "a broadcast array": (np.broadcast_to(np.zeros(1), (2**40,)), "more than 2,097,152 numbers"),
    "one tensor many times": ([torch.zeros(2**20, dtype=torch.int8)] * 3, "more than 2,097,152 numbers"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
def test_what_cannot_travel_is_refused(name: str) -> None:
    value, message = UNSENDABLE[name]
    with pytest.raises(WireError, match=message):
        encode(value)


def _frame(header: Any, buffers: bytes = b"", *, magic: bytes = wire.MAGIC, announced: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(buffers) if announced is None else announced
    return wire.PREFIX.pack(magic, len(text), size) + text + buffers


def _tensor(shape: Any, data: bytes = b"", *, key: str = "tensor", dtype: Any = "float64", **more: Any) -> bytes:
    node = {key: 0, "dtype": dtype, "shape": shape, **more}
    return _frame({"value": node, "buffers": [len(data)]}, data)


def _value(value: Any, **more: Any) -> bytes:
    return _frame({"value": value, "buffers": [], **more})


EIGHT, SIXTEEN = bytes(8), bytes(16)
ONE = {"tensor": 0, "dtype": "float64", "shape": [1]}
FAR = [{"tensor": i, "dtype": "float64", "shape": [2], "stride": [2**22]} for i in range(8)]
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "ends in its prefix"),
    "another magic word": (_frame({"value": 1, "buffers": []}, magic=b"PK\x03\x04"), "not a frame"),
    "a header over the limit": (wire.PREFIX.pack(wire.MAGIC, wire.MAX_HEADER + 1, 0), "over the limit"),
    "buffers over the limit": (wire.PREFIX.pack(wire.MAGIC, 2, wire.MAX_BUFFERS + 1), "over the limit"),
    "2⁶⁴ bytes": (wire.PREFIX.pack(wire.MAGIC, 2**32 - 1, 2**64 - 1), "over the limit"),
    "bytes after the end": (_value(1) + b"\x00", "length"),
    "fewer bytes than announced": (_frame({"value": 1, "buffers": [8]}, b"", announced=8), "length"),
    "no JSON": (_frame(b"{"), "not JSON"),
    "no text": (_frame(b"\xff\xfe"), "not JSON"),
    "JSON nested very deep": (_frame(b"[" * 1_000_000), "not JSON"),
    "a million digits": (_frame(b'{"value":' + b"9" * 1_000_000 + b',"buffers":[]}'), "not JSON"),
    "a list for a header": (_frame([1]), "lists no buffers"),
    "no buffers": (_frame({"value": 1}), "lists no buffers"),
    "a negative buffer": (_frame({"value": 1, "buffers": [-8, 16]}, EIGHT), "announces"),
    "a flag for a size": (_frame({"value": 1, "buffers": [True]}, b"\x00"), "announces"),
    "a float for a size": (_frame({"value": 1, "buffers": [8.0]}, EIGHT), "announces"),
    "too many buffers": (_frame({"value": 1, "buffers": [0] * (wire.MAX_NODES + 1)}), "announces"),
    "an integer of 64 bits": (_value(2**63), "out of range"),
    "an integer of 4000 digits": (_frame(b'{"value":' + b"9" * 4000 + b',"buffers":[]}'), "out of range"),
    "an unknown kind": (_value({"pickle": "gASV"}), "no known kind"),
    "a private method": (_value({"_data": 0}), "no known kind"),
    "a method that is no kind": (_value({"value": 0}), "no known kind"),
    "a bare list": (_value([1]), "no known kind"),
    "an empty object": (_value({}), "no known kind"),
    "too deep": (_value(json.loads('{"list":[' * 25 + "1" + "]}" * 25)), "nested too deep"),
    "too many parts": (_value({"list": [0] * wire.MAX_NODES}), "too many parts"),
    "items that are no list": (_value({"list": {"0": 1}}), "no items"),
    "pairs that are no pairs": (_value({"dict": [["a"]]}), "list of pairs"),
    "a key that is no text": (_value({"dict": [[1, 2]]}), "list of pairs"),
    "a name that is no text": (_value({"named": 1, "params": {"dict": []}}), "no name"),
    "parameters that are no dict": (_value({"named": "f", "params": {"list": []}}), "no parameters"),
    "a negative handle": (_value({"handle": -1, "type": "x"}), "no number"),
    "a handle without a type": (_value({"handle": 0}), "no type"),
    "an unknown dtype": (_tensor([1], EIGHT, dtype="object"), "unknown type"),
    "a dtype of objects": (_tensor([1], EIGHT, key="array", dtype="O"), "unknown type"),
    "a dtype that is a list": (_tensor([1], EIGHT, dtype=["float64"]), "unknown type"),
    "a shape that is no list": (_tensor(1, EIGHT), "not a list of sizes"),
    "a negative shape": (_tensor([-1, -1], EIGHT), "not a list of sizes"),
    "a shape of floats": (_tensor([1.0], EIGHT), "not a list of sizes"),
    "a shape of many axes": (_tensor([1] * 17, EIGHT), "not a list of sizes"),
    "a shape for more bytes": (_tensor([2], EIGHT), "size of its shape"),
    "a shape for fewer bytes": (_tensor([1], SIXTEEN), "size of its shape"),
    "more numbers of one byte than may be": (_tensor([2**21 + 1], bytes(2**21 + 1), dtype="int8"), "numbers"),
    "more numbers in an array": (_tensor([2**21 + 1], bytes(2**21 + 1), key="array", dtype="bool"), "numbers"),
    "a huge shape": (_tensor([2**40], EIGHT), "too large"),
    "a huge shape without entries": (_tensor([2**47, 2**47, 0]), "too large"),
    "a huge array without entries": (_tensor([2**47, 2**47, 0], key="array"), "too large"),
    "a missing buffer": (_value({"tensor": 0, "dtype": "float64", "shape": [0]}), "missing"),
    "a negative buffer number": (_value({"tensor": -1, "dtype": "float64", "shape": [0]}), "missing"),
    "a buffer used twice": (_frame({"value": {"list": [ONE, ONE]}, "buffers": [8]}, EIGHT), "out of turn"),
    "a stride that is no list": (_tensor([1], EIGHT, stride=1), "does not fit"),
    "a stride of another length": (_tensor([1], EIGHT, stride=[1, 1]), "does not fit"),
    "a negative stride": (_tensor([2], SIXTEEN, stride=[-1]), "does not fit"),
    "a stride that reaches far": (_tensor([2], SIXTEEN, stride=[2**30]), "too far"),
    "strides that reach far together": (
        _frame({"value": {"list": FAR}, "buffers": [16] * 8}, bytes(128)),
        "too far",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_frame_is_refused(name: str) -> None:
    frame, message = REFUSED[name]
    with pytest.raises(WireError, match=message):
        decode(frame)


def test_an_overlapping_stride_gives_memory_of_its_own() -> None:
    tensor = decode(_tensor([2], SIXTEEN, stride=[0]))
    tensor[0] = 1
    assert tensor.tolist() == [1, 0]


@pytest.mark.parametrize("key", ["tensor", "array"])
def test_a_truth_value_is_read_as_zero_or_one(key: str) -> None:
    value = decode(_tensor([3], b"\x00\x01\x02", key=key, dtype="bool"))
    assert bytes(value.numpy() if key == "tensor" else value) == b"\x00\x01\x01"


def test_the_type_of_a_handle_can_be_shown() -> None:
    assert decode(_value({"handle": 0, "type": "a\x00\ud800b"})).type_name == "a??b"


SAMPLE = encode(
    {
        "value": [torch.arange(6.0).reshape(2, 3).T, np.arange(3), (1, 2.5, None, "text")],
        "named": Named("quadratic_gradient", {"center": torch.zeros(2)}),
        "handle": Handle(1, "Generator"),
    }
)


def test_a_frame_cut_at_any_byte_is_refused() -> None:
    for length in range(len(SAMPLE)):
        with pytest.raises(WireError):
            decode(SAMPLE[:length])


def _decode_or_refuse(frame: bytes) -> None:
    """Nothing but `WireError` may escape, and no more memory than a small multiple of the frame be taken."""
    tracemalloc.start()
    try:
        decode(frame)
    except WireError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * 2**20


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_frame_with_changed_bytes_gives_a_value_or_is_refused(data: st.DataObject) -> None:
    frame = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    _decode_or_refuse(bytes(frame))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5)
    | st.integers(-(2**70), 2**70) | st.sampled_from([-1, 0, 1, 8, 2**31, 2**47, 2**48]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NUMBER = st.integers(-1, 2) | JSON
SIZES = st.lists(st.sampled_from([0, 1, 2, 3, 2**16, 2**47]), max_size=4) | JSON
NODE = st.recursive(
    JSON,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"list": st.lists(inner, max_size=3) | inner}),
        st.fixed_dictionaries({"tuple": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"dict": st.lists(st.tuples(st.text(max_size=3), inner), max_size=3) | inner}),
        st.fixed_dictionaries({"named": st.text(max_size=3) | inner, "params": inner}),
        st.fixed_dictionaries({"handle": st.integers(-1, 3) | inner, "type": st.text(max_size=3) | inner}),
        st.fixed_dictionaries(
            {"tensor": NUMBER, "dtype": st.sampled_from(sorted(wire.TORCH_DTYPES)), "shape": SIZES},
            optional={"stride": SIZES},
        ),
        st.fixed_dictionaries(
            {"array": NUMBER, "dtype": st.sampled_from(sorted(wire.ARRAY_DTYPES)), "shape": SIZES},
            optional={"scalar": inner},
        ),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(NODE, st.lists(st.sampled_from([b"", b"\x01", bytes(8), bytes(16), bytes(24)]), max_size=3))
def test_any_header_gives_a_value_or_is_refused(node: Any, buffers: list[bytes]) -> None:
    header = {"value": node, "buffers": [len(data) for data in buffers]}
    _decode_or_refuse(_frame(header, b"".join(buffers)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(-(2**63), 2**63 - 1),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_plain_value_comes_back_the_same(value: Any) -> None:
    assert same_bits(decode(encode(value)), value)
