"""Forged answers: whatever a student's process can send to the judge in the place of a result."""

from __future__ import annotations

import contextlib
import json
import pickle
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steepest._checks import wire

from attacks._attack import RIGHT, Attack, Shown

KIND = "forged answers on the wire"
PRELUDE = "import json, pickle, socket, struct, time\nimport steepest._checks.agent as agent\n"
ENDED = frozenset({"FAILED", "ERRORED", "TIMED_OUT"})


def _frame(header: str, buffers: str = "b''") -> str:
    """Source of a frame with any header."""
    return f"struct.pack('<4sIQ', b'STP1', len({header}), len({buffers})) + {header} + {buffers}"


def _claim(header: str, buffers: str) -> str:
    return f"struct.pack('<4sIQ', b'STP1', {header}, {buffers}) + b'{{}}'"


def _value(node: str, sizes: str = "[]", buffers: str = "b''") -> str:
    """Source of a frame that looks like a result."""
    answer = f"{{'dict': [['value', {node}], ['effects', {{'list': []}}]]}}"
    return _frame(f"json.dumps({{'value': {answer}, 'buffers': {sizes}}}).encode()", buffers)


def _error(kind: str, message: str) -> str:
    """Source of a frame that looks like an exception."""
    error = f"{{'dict': [['type', {kind}], ['message', {message}], ['line', {message}]]}}"
    return _frame(f"json.dumps({{'value': {{'dict': [['error', {error}]]}}, 'buffers': []}}).encode()")


# What a judge without care would do with the same bytes, and how that shows.


def _announces_gigabytes(frame: bytes) -> bool:
    """A reader that takes memory for what is announced."""
    _, header, buffers = struct.unpack("<4sIQ", frame[:16])
    return bool(header + buffers > 2**30)


def _runs_code(frame: bytes) -> bool:
    """A reader that unpickles."""
    ran: list[object] = []
    socket.steepest_ran = ran.append  # type: ignore[attr-defined]
    with contextlib.suppress(Exception):
        pickle.loads(frame)
    del socket.steepest_ran  # type: ignore[attr-defined]
    return bool(ran)


def _full_marks(frame: bytes) -> bool:
    """A reader that believes in marks."""
    return bool(json.loads(frame[16:])["score"] == 1000)


def _overflows(frame: bytes) -> bool:
    """A reader that decodes as deep as the other side likes."""
    try:
        json.loads(frame[16:])
    except RecursionError:
        return True
    return False


def _asks_for_gigabytes(frame: bytes) -> bool:
    """A reader that makes every tensor in the size that is written beside it."""
    _, header, _ = struct.unpack("<4sIQ", frame[:16])
    return "281474976710656" in frame[16 : 16 + header].decode() or frame.count(b'"tensor": 0') > 100


def _shows_control_characters(frame: bytes) -> bool:
    """A reader that hands a message on as it is."""
    return "\x1b]0;" in str(json.loads(frame[16:])["value"]["dict"][0][1]["dict"][1][1])


def _stumbles_over_equality(frame: bytes) -> bool:
    """A reader that compares what came by `==`, as one does with the parameters of a function's name."""
    value = wire.decode(frame)["value"]
    try:
        return bool(value == wire.decode(frame)["value"]) and False
    except RuntimeError:
        return True


def _stumbles_over_digits(folder: Path, world: Any) -> bool:
    """A reader that takes for a number what `isdigit` calls one."""
    position = "argument ²".removeprefix("argument ")
    try:
        return position.isdigit() and int(position) < 0
    except ValueError:
        return True


Reader = Callable[[bytes], bool]
PICKLE = (
    "pickle.dumps(type('Run', (), {'__reduce__': lambda self: (eval, (\"__import__('socket').steepest_ran(1)\",))})())"
)
TENSOR = "{{'tensor': {index}, 'dtype': 'float32', 'shape': {shape}}}"
HUGE = TENSOR.format(index=0, shape="[281474976710656]")
FAT = [TENSOR.format(index=index, shape="[2**23]") for index in (0, 1)]
AGAIN = TENSOR.format(index=0, shape="[4096]")

# Name → what it tries, source of the frame, and the reader that is taken in by it.
FRAMES: dict[str, tuple[str, str, Reader | None]] = {
    "claims-a-mark": (
        "answers with marks instead of a result",
        _frame("json.dumps({'score': 1000, 'passed': True, 'credit': 1, 'value': None, 'buffers': []}).encode()"),
        _full_marks,
    ),
    "pickled-code": ("answers with a pickle that runs code in the judge", PICKLE, _runs_code),
    "gigabytes-of-buffers": ("announces 2⁶³ bytes", _claim("2", "2**63"), _announces_gigabytes),
    "gigabytes-of-header": ("announces a header of 4 GiB", _claim("2**32 - 1", "0"), _announces_gigabytes),
    "deep-header": ("answers with a header of a million brackets", _frame("b'[' * 10**6"), _overflows),
    "deep-value": (
        "answers with a value nested a hundred thousand deep",
        _frame("b'{\"value\":' + b'{\"list\":[' * 10**5 + b']}' * 10**5 + b',\"buffers\":[]}'"),
        _overflows,
    ),
    "huge-shape": ("gives a small buffer a shape of 2⁴⁸ numbers", _value(HUGE, "[4]", "bytes(4)"), _asks_for_gigabytes),
    "one-buffer-often": (
        "uses one buffer for ten thousand tensors",
        _value(f"{{'list': [{AGAIN}] * 10**4}}", "[16384]", "bytes(16384)"),
        _asks_for_gigabytes,
    ),
    "wide-strides": (
        "spreads two numbers over 2⁴⁷ places",
        _value("{'tensor': 0, 'dtype': 'float32', 'shape': [2], 'stride': [2**47]}", "[8]", "bytes(8)"),
        None,
    ),
    "negative-sizes": (
        "answers with sizes below zero", _value(TENSOR.format(index=-1, shape="[-1, -4]"), "[-16]", "bytes(16)"), None,
    ),
    "not-a-number": (
        "writes numbers that JSON does not have",
        _frame("b'{\"value\": {\"tuple\": [NaN, 1e999, -Infinity]}, \"buffers\": []}'"),
        None,
    ),
    "long-digits": ("writes an integer of a million digits", _frame("b'{\"value\": ' + b'9' * 10**6 + b'}'"), None),
    "name-with-a-tensor": (
        "answers with the name of a public function that has a tensor among its parameters",
        _value(f"{{'named': 'quadratic', 'params': {{'dict': [['t', {TENSOR.format(index=0, shape='[2]')}]]}}}}", "[8]", "bytes(8)"),
        _stumbles_over_equality,
    ),
    "unknown-kind": ("answers with a kind of value that there is none of", _value("{'__class__': []}"), None),
    "inner-method": ("names a method of the decoder as its kind", _value("{'value': {'value': 1}}"), None),
    "unknown-handle": ("answers with a handle that was never given", _value("{'handle': 10**9, 'type': 'x'}"), None),
    "forged-value-error": (
        "answers with an exception that some exercises ask for", _error("'ValueError'", "''"), None,
    ),
    "odd-error": ("answers with an error that is none", _error("{'list': []}", "{'dict': []}"), None),
    "control-characters": (
        "puts control characters for terminals into a message",
        _error("'Error'", "'\\x1b]0;taken\\x07\\u202e'"), _shows_control_characters,
    ),
    "another-magic": ("answers with bytes that are no frame", "b'HTTP/1.1 200 OK\\r\\n\\r\\n' + bytes(100)", None),
    "empty": ("answers with nothing at all", "b''", None),
    "fat-answers": (
        "answers every call with as much as is let through",
        _value(f"{{'tuple': [{FAT[0]}, {{'dict': [['velocity', {FAT[1]}]]}}]}}", "[2**25, 2**25]", "bytes(2**26)"),
        None,
    ),
    "many-parts": (
        "answers every call with as many parts as are let through",
        _value("{'tuple': [None, {'dict': [[str(n), n] for n in range(190_000)]}]}"),
        None,
    ),
}  # fmt: skip

ANSWER = """
frame, answer = {frame}, agent.Agent.answer
agent.Agent.answer = lambda self, request: (
    answer(self, request) if b'"names"' in request or b'"momentum_step"' not in request else frame)
"""
# Ways to treat the connection itself; each is also tried on a reader that waits for each byte anew.
CONNECTIONS = {
    "never-answers": ("takes the first request and never answers", "time.sleep(60)"),
    "byte-by-byte": (
        "sends its answer so slowly that each byte comes just in time",
        "connection.sendall(struct.pack('<4sIQ', b'STP1', 4000, 0))\n"
        "for _ in range(4000):\n    connection.sendall(b' ')\n    time.sleep(0.1)",
    ),
    "endless-frames": (
        "sends frames without end",
        "while True:\n    connection.sendall(struct.pack('<4sIQ', b'STP1', 2, 0) + b'{}')",
    ),
    "endless-frame": (
        "sends one frame that does not end",
        "connection.sendall(struct.pack('<4sIQ', b'STP1', 2**22, 2**26))\nwhile True:\n    connection.sendall(b' ')\n"
        "    time.sleep(0.05)",
    ),
}
SERVE = """
def serve(namespace, address, *, device="cpu"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        honest, request = agent.Agent(namespace, device=device), agent.receive(connection)
        while b'"momentum_step"' not in request:
            connection.sendall(honest.answer(request))
            request = agent.receive(connection) or b'"momentum_step"'
        {body}
agent.serve = serve
"""
TWICE = """
others = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
for other in others:
    other.setblocking(False)
    try:
        other.connect(address)
        other.sendall(b"STP1")
    except OSError:
        pass
connection.sendall(b"STP1" + bytes(12))
"""
FOLDER = """
import os, time
from ipykernel.kernelapp import IPKernelApp
folder = os.path.dirname(IPKernelApp.instance().abs_connection_file)
"""
SPOILED = (
    FOLDER
    + """
def momentum_step(theta, grad, state, *, lr, beta):
    for name in os.listdir(folder):
        if name.endswith(".sock"):
            os.unlink(os.path.join(folder, name))
            os.makedirs(os.path.join(folder, name, "x"))
    return theta * 0, state
"""
)
LINKED = (
    FOLDER
    + """
for name in os.listdir(folder):
    if name.startswith("k"):
        os.unlink(os.path.join(folder, name))
        os.symlink("@BUS@", os.path.join(folder, name))
app = IPKernelApp.instance()
for connection in (app.shell_socket, app.iopub_socket):
    connection.close(0)
time.sleep(60)
"""
)
FIRST = (
    FOLDER
    + """
import threading
def wait(folder):
    while True:
        for name in os.listdir(folder):
            if name.endswith(".sock"):
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    try:
                        connection.connect(os.path.join(folder, name))
                        connection.sendall(struct.pack("<4sIQ", b"STP1", 2, 0) + b"{}")
                    except OSError:
                        pass
        time.sleep(0.001)
threading.Thread(target=wait, args=(folder,), daemon=True).start()
serve = agent.serve
agent.serve = lambda *arguments, **settings: (time.sleep(0.3), serve(*arguments, **settings))
"""
)


def _believed(source: str, reader: Reader) -> Callable[[Path, Any], bool]:
    def believed(folder: Path, world: Any) -> bool:
        return reader(eval(source, {"json": json, "pickle": pickle, "struct": struct}))

    return believed


def _waits(body: str) -> Callable[[Path, Any], bool]:
    """Whether a reader that allows half a second for each byte is still waiting after one and a half."""

    def misbehave(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            exec(body.replace("sleep(60)", "sleep(2)"), {"connection": connection, "struct": struct, "time": time})

    def believed(folder: Path, world: Any) -> bool:
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=misbehave, args=(theirs,))
        thread.start()
        begun, size = time.monotonic(), 2**62
        ours.settimeout(2 if "sleep(60)" in body else 0.5)
        while size > 0 and time.monotonic() - begun < 1.5:
            with contextlib.suppress(TimeoutError):
                size -= len(ours.recv(2**16))
        ours.close()
        theirs.close()
        thread.join()
        return time.monotonic() - begun >= 1.5

    return believed


ATTACKS = [
    *(
        Attack(
            name, KIND, tries, code=PRELUDE + ANSWER.format(frame=frame), outcomes=ENDED, flag="private parts",
            shown=Shown.BELIEVED if reader else Shown.NOT, believed=_believed(frame, reader) if reader else None,
            why="" if reader else "only a judge that decodes without checks would stumble, and there is no usual one",
        )
        for name, (tries, frame, reader) in FRAMES.items()
    ),
    *(
        Attack(
            name, KIND, tries, code=PRELUDE + SERVE.format(body=body.replace("\n", "\n        ")), outcomes=ENDED, flag="private parts", shown=Shown.BELIEVED,
            believed=_waits(body),
        )
        for name, (tries, body) in CONNECTIONS.items()
    ),
    *(
        Attack(
            f"{name}-at-once", KIND, f"{FRAMES[name][0]}, already when it is asked whether there is a function",
            code=f"{PRELUDE}frame = {FRAMES[name][1]}\nagent.Agent.answer = lambda self, request: frame",
            earns={"terminal_speed": 0}, outcomes=ENDED | {"MISSING"}, flag="private parts", shown=Shown.NOT,
            why="as above",
        )
        for name in ("deep-header", "forged-value-error", "unknown-handle", "unknown-kind")
    ),
    Attack(
        "effect-of-no-number", KIND, "says that a right function changed an argument whose number is no digit",
        code=f"{PRELUDE}call = agent.Agent._call\n"
        "agent.Agent._call = lambda *given: call(*given) | {'effects': ['argument ²', 'requires_grad of argument ²']}",
        answer=RIGHT, earns={"momentum_step": 0.5, "terminal_speed": 0.5}, flag="private parts",
        shown=Shown.BELIEVED, believed=_stumbles_over_digits,
    ),
    Attack(
        "folder-for-socket", KIND, "puts a folder where the judge's socket is", answer=SPOILED, outcomes=ENDED,
        shown=Shown.NOT, why="it spoils what is its own; what must hold is that it gets a mark", flag="looks around",
    ),
    Attack(
        "links-for-sockets", KIND, "puts links to a socket of the machine where its own are, and has the judge connect",
        code=LINKED, answer=RIGHT, earns={"momentum_step": 1}, shown=Shown.NOT, flag="notebook's kernel",
        why="without a sandbox it could connect by itself, as it does in the attack on a bus",
    ),
    Attack(
        "connects-twice", KIND, "connects several times and sends rubbish",
        code=PRELUDE + SERVE.format(body=TWICE.strip().replace("\n", "\n        ")), outcomes=ENDED, flag="private parts", shown=Shown.NOT,
        why="a judge with one socket for all would mix the connections up; there is no usual one",
    ),
    Attack(
        "connects-first", KIND, "has a thread connect before the course's own package does", code=PRELUDE + FIRST,
        earns={"terminal_speed": 0}, outcomes=ENDED, flag="starts threads", shown=Shown.NOT,
        why="it takes the place of its own answers only",
    ),
]  # fmt: skip
