"""The bounded format in which values cross between a judge and a student's process.

A frame is a magic word, the length of a JSON header, the header, and raw buffers. It can carry numbers, text,
containers, tensors and arrays, the name of a public function with its parameters, and the handle of something
that stays where it is. It cannot carry code, and every size is checked before memory is taken for it.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch

MAGIC = b"STP1"
PREFIX = struct.Struct("<4sIQ")  # magic, bytes of header, bytes of buffers
MAX_HEADER = 4 * 2**20
MAX_NUMBERS = 2**21  # of a value; whoever compares them makes each one of eight bytes, several times
MAX_BUFFERS = 8 * MAX_NUMBERS
MAX_TOGETHER = 8 * MAX_NUMBERS
MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_TEXT = 100_000
# Marks above and below letters: no language stacks many, and a pile of them lies over what stands around it.
_MARKS = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
STACKED = re.compile(f"({_MARKS}{{4}}){_MARKS}+")

TORCH_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool,
        torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    )
}  # fmt: skip
ARRAY_DTYPES = {
    name: np.dtype(name)
    for name in ("float16", "float32", "float64", "bool", "uint8", "int8", "int16", "int32", "int64")
}


class WireError(Exception):
    """A value that cannot be sent, or bytes that are not a frame of this format."""


@dataclass(frozen=True)
class Named:
    """A function of a student package, by name and parameters; see `content.callables`."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Handle:
    """Something that stays in the other process: a generator, or a value that cannot travel."""

    id: int
    type_name: str


Hold = Callable[[object], Handle]
_Dtype = TypeVar("_Dtype", torch.dtype, np.dtype[Any])


class Allowance:
    """How many numbers and parts all answers may have together that are kept side by side."""

    left = MAX_TOGETHER

    def renew(self) -> None:
        """Nothing is kept of what was before."""
        self.left = MAX_TOGETHER

    def take(self, count: int) -> None:
        """Take some of it; raises `WireError` where nothing is left."""
        self.left -= count
        if self.left < 0:
            raise WireError(f"all answers together have more than {MAX_TOGETHER:,} numbers")


class _Encoder:
    def __init__(self, hold: Hold | None) -> None:
        self.hold = hold
        self.buffers: list[bytes] = []
        self.size = 0
        self.numbers = 0
        self.reach = 0
        self.nodes = 0

    def reserve(self, numbers: int, size: int) -> int:
        """Count a buffer before it is made, since an expanded tensor can be far larger than its storage."""
        self.size += size
        self.numbers += numbers
        if self.numbers > MAX_NUMBERS:
            raise WireError(f"the value has more than {MAX_NUMBERS:,} numbers")
        return len(self.buffers)

    def node(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise WireError(f"the value is nested more than {MAX_DEPTH} deep")
        if self.nodes > MAX_NODES:
            raise WireError(f"the value has more than {MAX_NODES} parts")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int and -(2**63) <= value < 2**63:
            return value
        if kind is str and len(value) <= MAX_TEXT:
            return value
        if isinstance(value, list | tuple):  # a named tuple is a tuple too
            name = "list" if isinstance(value, list) else "tuple"
            return {name: [self.node(item, depth + 1) for item in value]}
        if isinstance(value, dict) and all(type(key) is str for key in value):
            return {"dict": [[key, self.node(item, depth + 1)] for key, item in value.items()]}
        if kind is torch.Tensor or kind is torch.nn.Parameter:
            tensor = self.tensor(value)
            if tensor is not None:
                return tensor
        if isinstance(value, np.generic) or kind is np.ndarray:
            array = self.array(value)
            if array is not None:
                return array
        if kind is Named:
            return {"named": value.name, "params": self.node(dict(value.params), depth + 1)}
        if kind is Handle:
            return {"handle": value.id, "type": value.type_name}
        if self.hold is None:
            raise WireError(f"a value of type {kind.__name__} cannot be sent")
        return self.node(self.hold(value), depth + 1)

    def tensor(self, value: torch.Tensor) -> dict[str, Any] | None:
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype not in TORCH_DTYPES or value.layout is not torch.strided or value.is_meta:
            return None
        index = self.reserve(value.numel(), value.numel() * value.itemsize)
        flat = torch.empty(value.numel(), dtype=value.dtype, device="cpu").copy_(value.detach().reshape(-1))
        self.buffers.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
        node: dict[str, Any] = {"tensor": index, "dtype": dtype, "shape": list(value.shape)}
        if not value.is_contiguous() and value.numel():
            reach = _span(value.shape, value.stride()) * value.itemsize
            if self.reach + reach <= MAX_BUFFERS:
                self.reach += reach
                node["stride"] = list(value.stride())
        return node

    def array(self, value: Any) -> dict[str, Any] | None:
        array = np.asarray(value)
        if array.dtype.name not in ARRAY_DTYPES or not array.dtype.isnative:
            return None
        index = self.reserve(array.size, array.nbytes)
        self.buffers.append(array.tobytes())
        scalar = isinstance(value, np.generic)
        return {"array": index, "dtype": array.dtype.name, "shape": list(array.shape), "scalar": scalar}


def encode(value: Any, *, hold: Hold | None = None) -> bytes:
    """Encode a value as one frame.

    Parameters
    ----------
    value : object
        Numbers, text, containers, strided tensors, arrays, `Named` and `Handle`.
    hold : callable, optional
        Called with whatever cannot travel; keeps it and returns its `Handle`.

    Raises
    ------
    WireError
        If something can neither travel nor be held, or the value is too large.
    """
    encoder = _Encoder(hold)
    node = encoder.node(value)
    header = json.dumps({"value": node, "buffers": [len(data) for data in encoder.buffers]}).encode()
    if len(header) > MAX_HEADER:
        raise WireError(f"the value's header takes more than {MAX_HEADER // 2**20} MiB")
    return PREFIX.pack(MAGIC, len(header), encoder.size) + header + b"".join(encoder.buffers)


def frame_sizes(prefix: bytes) -> tuple[int, int]:
    """Sizes of header and buffers that a frame's first bytes announce, checked against the limits."""
    if len(prefix) != PREFIX.size:
        raise WireError("the frame ends in its prefix")
    magic, header, buffers = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("these bytes are not a frame")
    if header > MAX_HEADER or buffers > MAX_BUFFERS:
        raise WireError(f"the frame announces {header} + {buffers} bytes, over the limit")
    return header, buffers


class _Decoder:
    def __init__(self, buffers: list[memoryview], resolve: Callable[[Handle], Any] | None, device: str) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.device = device
        self.taken = 0
        self.numbers = 0
        self.reach = 0
        self.nodes = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError("the frame is nested too deep or has too many parts")
        if node is None or isinstance(node, bool | float | str):
            return node
        if isinstance(node, int):
            if not -(2**63) <= node < 2**63:
                raise WireError("an integer is out of range")
            return node
        if not isinstance(node, dict) or not node:
            raise WireError("the header holds a value of no known kind")
        kind = next(iter(node))
        read = getattr(self, f"_{kind}", None) if kind in _KINDS else None
        if read is None:
            raise WireError("the header holds a value of no known kind")
        return read(node, depth)

    def _items(self, node: dict[str, Any], kind: str, depth: int) -> list[Any]:
        items = node[kind]
        if not isinstance(items, list):
            raise WireError(f"a {kind} has no items")
        return [self.value(item, depth + 1) for item in items]

    def _list(self, node: dict[str, Any], depth: int) -> list[Any]:
        return self._items(node, "list", depth)

    def _tuple(self, node: dict[str, Any], depth: int) -> tuple[Any, ...]:
        return tuple(self._items(node, "tuple", depth))

    def _dict(self, node: dict[str, Any], depth: int) -> dict[str, Any]:
        pairs = node["dict"]
        if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs
        ):
            raise WireError("a dict is not a list of pairs")
        return {key: self.value(item, depth + 1) for key, item in pairs}

    def _data(self, index: Any, node: dict[str, Any], itemsize: int) -> tuple[memoryview, list[int]]:
        shape = node.get("shape")
        if not isinstance(shape, list) or len(shape) > 16 or not all(_is_size(size) for size in shape):
            raise WireError("a shape is not a list of sizes")
        if math.prod(size or 1 for size in shape) > MAX_BUFFERS:
            raise WireError("a shape is too large")
        # Each buffer is used once, in order: else a small frame could ask for one large buffer many times.
        if index != self.taken or not _is_size(index) or index >= len(self.buffers):
            raise WireError("a buffer is missing or used out of turn")
        self.taken += 1
        self.numbers += math.prod(shape)
        if self.numbers > MAX_NUMBERS:
            raise WireError(f"there are more than {MAX_NUMBERS:,} numbers in it")
        if math.prod(shape) * itemsize != len(self.buffers[index]):
            raise WireError("a buffer does not have the size of its shape and type")
        return self.buffers[index], shape

    def _tensor(self, node: dict[str, Any], depth: int) -> torch.Tensor:
        dtype = _known(TORCH_DTYPES, node)
        data, shape = self._data(node["tensor"], node, dtype.itemsize)
        if not len(data):
            return torch.empty(shape, dtype=dtype, device=self.device)
        if dtype is torch.bool:
            tensor = torch.frombuffer(bytearray(data), dtype=torch.uint8).ne(0).reshape(shape)
        else:
            tensor = torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
        stride = node.get("stride")
        if stride is not None:
            if not isinstance(stride, list) or len(stride) != len(shape) or not all(map(_is_size, stride)):
                raise WireError("a stride does not fit its shape")
            self.reach += _span(shape, stride) * dtype.itemsize
            if self.reach > MAX_BUFFERS:
                raise WireError("a stride reaches too far")
            if not _may_overlap(shape, stride):
                tensor = torch.empty_strided(shape, stride, dtype=dtype).copy_(tensor)
        return tensor.to(self.device)

    def _array(self, node: dict[str, Any], depth: int) -> Any:
        dtype = _known(ARRAY_DTYPES, node)
        data, shape = self._data(node["array"], node, dtype.itemsize)
        if dtype == np.bool_:
            array = (np.frombuffer(data, dtype=np.uint8) != 0).reshape(shape)
        else:
            array = np.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
        return array[()] if node.get("scalar") is True and not shape else array

    def _named(self, node: dict[str, Any], depth: int) -> Named:
        params = self.value(node.get("params"), depth + 1)
        if not isinstance(node["named"], str) or not isinstance(params, dict):
            raise WireError("a named function has no name or no parameters")
        return Named(node["named"], params)

    def _handle(self, node: dict[str, Any], depth: int) -> Any:
        if not _is_size(node["handle"]) or not isinstance(node.get("type"), str):
            raise WireError("a handle has no number or no type")
        handle = Handle(node["handle"], printable(node["type"][:200]))
        return handle if self.resolve is None else self.resolve(handle)


LONGEST_NAME = 60
_KINDS = ("list", "tuple", "dict", "tensor", "array", "named", "handle")


def printable(text: str) -> str:
    """Replace what cannot be shown or stored, such as control characters and lone surrogates, and unstack marks."""
    text = "".join(char if char.isprintable() or char == "\n" else "?" for char in text)
    return text if text.isascii() else STACKED.sub(r"\1", text)


def shown_name(text: str) -> str:
    """A name that somebody has chosen, as it may stand in a sentence: short, on one line, and without backticks."""
    short = text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
    return printable(short).replace("\n", "?").replace("`", "'")


def _known(dtypes: Mapping[str, _Dtype], node: dict[str, Any]) -> _Dtype:
    name = node.get("dtype")
    if not isinstance(name, str) or name not in dtypes:
        raise WireError("a tensor or an array has an unknown type")
    return dtypes[name]


def _span(shape: Sequence[int], stride: Sequence[int]) -> int:
    return 1 + sum(step * (size - 1) for step, size in zip(stride, shape, strict=True))


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _may_overlap(shape: list[int], stride: list[int]) -> bool:
    reach = 1
    for step, size in sorted(zip(stride, shape, strict=True)):
        if size > 1:
            if step < reach:
                return True
            reach = step * (size - 1) + reach
    return False


def decode(
    frame: bytes,
    *,
    resolve: Callable[[Handle], Any] | None = None,
    device: str = "cpu",
    allowance: Allowance | None = None,
) -> Any:
    """Read one frame.

    Parameters
    ----------
    frame : bytes
        What `encode` made, or anything that claims to be it.
    resolve : callable, optional
        Turns a `Handle` into what it stands for; without it handles are returned as they are.
    device : str
        Where tensors are put.
    allowance : Allowance, optional
        Of which is taken what the value has.

    Raises
    ------
    WireError
        If the bytes are not a well-formed frame within the limits.
    """
    header_size, buffers_size = frame_sizes(frame[: PREFIX.size])
    body = memoryview(frame)[PREFIX.size :]
    if len(body) != header_size + buffers_size:
        raise WireError("the frame does not have the length that it announces")
    try:
        header = json.loads(bytes(body[:header_size]))
    except (ValueError, RecursionError) as error:
        raise WireError("the header is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("buffers"), list):
        raise WireError("the header lists no buffers")
    sizes = header["buffers"]
    if len(sizes) > MAX_NODES or not all(map(_is_size, sizes)) or sum(sizes) != buffers_size:
        raise WireError("the buffers do not have the size that the frame announces")
    buffers, start = [], header_size
    for size in sizes:
        buffers.append(body[start : start + size])
        start += size
    decoder = _Decoder(buffers, resolve, device)
    value = decoder.value(header.get("value"))
    if allowance is not None:
        allowance.take(decoder.numbers + decoder.nodes)
    return value
