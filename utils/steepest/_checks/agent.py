"""The student's side of a judged call: finds the function, calls it, and sends back what came of it.

The same code answers in the student's own notebook (`steepest.check`), in a plain nbgrader kernel and in
the grader's sandbox, so that all three see the same behaviour. Each argument is a fresh copy; each result is
copied at once, so that a later change in place cannot reach it.
"""

from __future__ import annotations

import contextlib
import io
import socket
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from steepest._checks import content, wire
from steepest._checks.beside import stand_ins
from steepest._checks.generators import watched
from steepest._checks.given import Given
from steepest._checks.tracer import Tracer

MAX_ITEMS = 100_000
WHOLE = -1  # in the place of a part that is left here: all of what is returned
MAX_MESSAGE = 2_000
LIBRARIES = (
    str(Path(torch.__file__).parents[1]),
    str(Path(traceback.__file__).parent),
)


class Agent:
    """Answers requests about the functions of one namespace.

    Parameters
    ----------
    namespace : mapping of str to object
        Where functions are looked up, for example the globals of a notebook.
    device : str
        Where tensors in arguments and generators are made, ``"cpu"`` or ``"cuda"``.
    ask : callable, optional
        Brings a frame to the judge while a call is under way, and one back, see `beside`.
    """

    def __init__(
        self, namespace: Mapping[str, Any], *, device: str = "cpu", ask: Callable[[bytes], bytes] | None = None
    ) -> None:
        self._namespace = namespace
        self._ask_frame = ask
        self._device = device
        self._held: list[Any] = []
        self._calls = 0
        self._tracer = Tracer()

    def answer(self, frame: bytes) -> bytes:
        """Answer one request frame with one reply frame."""
        try:
            return wire.encode(self._reply(frame), hold=self._hold)
        except KeyboardInterrupt:
            raise
        except wire.WireError as error:
            return wire.encode({"error": {"type": "ResultError", "message": str(error), "line": ""}})
        except BaseException as error:  # noqa: BLE001 - whatever a student's code raises is an answer
            return wire.encode({"error": _describe(error)})

    def _reply(self, frame: bytes) -> dict[str, Any]:
        request = wire.decode(frame, resolve=self._resolve, device=self._device)
        tracer = self._tracer if request.get("traced") is True and self._tracer.left else None
        if request["op"] == "names":
            return {"value": [name for name in request["names"] if callable(self._namespace.get(name))]}
        if request["op"] == "kind":
            name = request["name"]
            return {"value": type(self._namespace[name]).__name__ if name in self._namespace else ""}
        if request["op"] == "generator":
            return {"value": self._hold(torch.Generator(self._device).manual_seed(request["seed"]))}
        if request["op"] == "differentiate":
            function = self._namespace[request["name"]]
            return differentiated(function, request["args"], request["place"], tracer) | _told(tracer)
        if request["op"] == "series":
            return self._series(self._namespace[request["name"]], request, tracer) | _told(tracer)
        if request["op"] == "call":
            function, times = self._namespace[request["name"]], request["times"]
            reply = self._call(function, request["args"], request["kwargs"], times, request["beside"], tracer)
            reply |= _told(tracer)
            return reply if request["keep"] is None else reply | {"value": self._keep(reply["value"], request["keep"])}
        raise wire.WireError(f"no such request: {request['op']!r}")

    def _call(
        self,
        function: Any,
        args: list[Any],
        kwargs: dict[str, Any],
        times: int | None,
        beside: list[str],
        tracer: Tracer | None,
    ) -> dict[str, Any]:
        built: list[Any] = []
        args = [_rebuild(value, built) for value in args]
        kwargs = {name: _rebuild(value, built) for name, value in kwargs.items()}
        before = Given(args, kwargs)
        self._calls += 1
        drawing, results = before.generator, []
        with watched(self._calls, given=drawing) as chance, unwarned(), stand_ins(function, beside, built, self._ask):
            for number in range(1 if times is None else times):
                with contextlib.nullcontext() if number or tracer is None else tracer:  # one of many tells enough
                    results.append(listed(function(*args, **kwargs)))
        return {"value": results[0] if times is None else results, "effects": [*before.changed(), *sorted(chance)]}

    def _series(self, function: Any, request: dict[str, Any], tracer: Tracer | None) -> dict[str, Any]:
        """Calls in turn; where they are chained each begins with what the one before gave, and the last stays here."""
        first, chained = request["first"], request["chained"]
        calls = [(_rebuild(args, []), _rebuild(kwargs, [])) for args, kwargs in request["calls"]]
        before = [Given(args, kwargs, after=1) for args, kwargs in calls] + ([] if chained else [Given([first], {})])
        results: list[Any] = []
        self._calls += 1
        with watched(self._calls, given=any(item.generator for item in before)) as chance, unwarned():
            for number, (args, kwargs) in enumerate(calls):
                with contextlib.nullcontext() if number or tracer is None else tracer:
                    result = listed(function(first, *args, **kwargs))
                if chained:
                    first = result
                else:  # the next may be the same tensor, written over
                    results.append(result.detach().clone() if isinstance(result, torch.Tensor) else result)
        effects = dict.fromkeys(effect for item in before for effect in item.changed())
        return {"value": self._hold(first) if chained else results, "effects": [*effects, *sorted(chance)]}

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Put a question to the judge in the midst of a call."""
        if self._ask_frame is None:
            raise wire.WireError("there is nobody to ask")
        answer: dict[str, Any] = wire.decode(self._ask_frame(wire.encode({"ask": asked}, hold=self._hold)))
        return answer

    def _keep(self, result: Any, part: int) -> Any:
        """The result with one of its parts left here and a handle in its place."""
        if part == WHOLE:
            return self._hold(result)
        if not isinstance(result, list | tuple):
            return result
        return tuple(self._hold(item) if place == part else item for place, item in enumerate(result))

    def _hold(self, value: Any) -> wire.Handle:
        self._held.append(value)
        name = type(value).__name__
        if isinstance(value, torch.Tensor):  # one that cannot travel: what sets it apart is its type of numbers
            name = f"{name} ({str(value.dtype).removeprefix('torch.')})"
        return wire.Handle(len(self._held) - 1, name)

    def _resolve(self, handle: wire.Handle) -> Any:
        if handle.id >= len(self._held):
            raise wire.WireError(f"nothing is held under number {handle.id}")
        return self._held[handle.id]


def _told(tracer: Tracer | None) -> dict[str, Any]:
    return {} if tracer is None else {"called": sorted(tracer.called)}


@contextlib.contextmanager
def unwarned() -> Iterator[None]:
    """Without warnings, which are no failure; within `watched`, whose lock keeps other threads from the filters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def differentiated(function: Any, args: list[Any], place: int, tracer: Tracer | None = None) -> dict[str, Any]:
    """The result, and its gradient by one argument; None where it is no number that hangs together with that."""
    args = [_rebuild(value, []) for value in args]
    leaf = args[place] = args[place].detach().clone().requires_grad_()
    with contextlib.nullcontext() if tracer is None else tracer:
        result = function(*args)
    linked = isinstance(result, torch.Tensor) and result.numel() == 1 and result.requires_grad
    gradient = torch.autograd.grad(result.sum(), leaf, allow_unused=True)[0] if linked else None
    return {"value": (result, gradient), "effects": []}


def serve(namespace: Mapping[str, Any], address: str, *, device: str = "cpu") -> None:
    """Answer requests over a Unix socket until the other side closes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address)

        def ask(frame: bytes) -> bytes:
            connection.sendall(frame)
            answer = receive(connection)
            if answer is None:
                raise wire.WireError("the judge has gone")
            return answer

        agent = Agent(namespace, device=device, ask=ask)
        while (frame := receive(connection)) is not None:
            with contextlib.redirect_stdout(_Sink()), contextlib.redirect_stderr(_Sink()):
                reply = agent.answer(frame)
            connection.sendall(reply)


def receive(connection: socket.socket, *, deadline: float | None = None) -> bytes | None:
    """Read one frame, or None where the other side has closed the connection between frames.

    Parameters
    ----------
    connection : socket
        A connected stream socket.
    deadline : float, optional
        Time on the monotonic clock by which the whole frame must have come, else `TimeoutError`.
    """
    prefix = _read(connection, wire.PREFIX.size, deadline)
    if not prefix:
        return None
    size = sum(wire.frame_sizes(prefix))
    body = _read(connection, size, deadline)
    if len(body) != size:
        raise wire.WireError("the connection closed within a frame")
    return prefix + body


def _read(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            connection.settimeout(max(deadline - time.monotonic(), 1e-3))
        part = connection.recv(min(size - len(data), 2**20))
        if not part:
            break
        data += part
    return bytes(data)


class _Sink(io.TextIOBase):
    """A text stream that forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)

    def writable(self) -> bool:
        return True


def listed(result: Any) -> Any:
    """What an iterator gives, as a list; anything else as it is."""
    return list(islice(result, MAX_ITEMS)) if isinstance(result, Iterator) else result


def _rebuild(value: Any, built: list[Any]) -> Any:
    """Turn names of public functions, wherever they stand in an argument, into functions, and note these."""
    if isinstance(value, wire.Named):
        built.append(content.build(value))
        return built[-1]
    if type(value) in (list, tuple):  # any other was made here, and is the student's own
        return type(value)(_rebuild(item, built) for item in value)
    if type(value) is dict:
        return {key: _rebuild(item, built) for key, item in value.items()}
    return value


def _describe(error: BaseException) -> dict[str, str]:
    """Name, message and line of a student's exception, each of bounded length."""
    message = line = ""
    with contextlib.suppress(Exception):  # the student's own exception may fail to describe itself
        message = str(error)[:MAX_MESSAGE]
    with contextlib.suppress(Exception):  # Python reads the source for it, which a spoiled `open` or import prevents
        line = _line(error.__traceback__)[:200]
    return {"type": type(error).__name__[:100], "message": message, "line": line}


def _line(trace: TracebackType | None) -> str:
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename != __file__]
    written = [frame for frame in frames if not frame.filename.startswith((*LIBRARIES, *content.folders()))]
    cells = [frame for frame in written if "ipykernel" in frame.filename or "<ipython" in frame.filename]
    if not frames:
        return ""
    frame = (cells or written or frames)[-1]
    return f"line {frame.lineno}: {frame.line or ''}".rstrip(": ")
