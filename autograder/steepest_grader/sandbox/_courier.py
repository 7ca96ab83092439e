"""The program that carries Jupyter's messages between the grader and one kernel after another.

It is a process of its own, because what a kernel sends can make libzmq end the process that reads it. Requests and
answers are lines of JSON on standard input, which is a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
import traceback
from queue import Empty
from typing import Any, cast

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import KernelConnectionInfo
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets import Type

MAX_OUTPUT = 2**20
MAX_ERROR = 1_000
MAX_DEPTH = 64
OUTPUT_SECONDS = 2
ALIVE_SECONDS = 0.05
LONGEST_REQUEST = 2**30

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False
_NO_OUTPUT = (ValidationError, AttributeError, LookupError, TypeError, ValueError)


class _Channel(AsyncZMQSocketChannel):
    """Passes over whatever is no message of Jupyter's: student code can send what it likes."""

    async def _recv(self, **settings: Any) -> dict[str, Any]:  # type: ignore[override]
        parts = await self.socket.recv_multipart(**settings)
        try:
            message: dict[str, Any] = self.session.deserialize(self.session.feed_identities(parts)[1])
            return message if _well_formed(message) else {}
        except Exception:  # noqa: BLE001 - Jupyter trusts kernels, and fails in many ways where they lie
            return {}

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:  # type: ignore[override]
        """The next message; raises `Empty` where none has come within so many seconds."""
        deadline = time.monotonic() + (timeout or 0)
        message: dict[str, Any] = {}
        while not message:
            message = await super().get_msg(None if timeout is None else max(deadline - time.monotonic(), 0))
        return message


class _Channels(AsyncKernelClient):
    """Jupyter's channels to a process that no kernel manager started."""

    shell_channel_class = Type(_Channel)
    iopub_channel_class = Type(_Channel)
    ended = False

    async def _async_is_alive(self) -> bool:
        return not self.ended

    is_alive = _async_is_alive

    async def responds(self, seconds: float) -> bool:
        """Whether shell and output channel both bring something within so many seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.ended:
            self.kernel_info()
            with contextlib.suppress(Empty):
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=1)
                return True
        return False


class _Client(NotebookClient):  # type: ignore[misc]
    """Keeps at most `MAX_OUTPUT` characters of a notebook's output, and no widget state."""

    kc: _Channels
    spent = 0

    def __init__(self, channels: _Channels) -> None:
        super().__init__(
            new_notebook(),
            iopub_timeout=OUTPUT_SECONDS,
            allow_errors=True,
            store_widget_state=False,
            on_cell_error=self._keep_error,
            log=_LOG,
        )
        self.kc = channels
        self.touched: set[int] = set()
        self.error: dict[str, str] | None = None

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data", "error"):
            before, self.spent = self.spent, self.spent + _size(msg) * self._places(msg)
            if self.spent > MAX_OUTPUT:
                if before <= MAX_OUTPUT:
                    cell.outputs.append(new_output("stream", name="stdout", text="… further output was cut …\n"))
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except _NO_OUTPUT:  # student code can display what no notebook can hold
            return None

    def _places(self, msg: dict[str, Any]) -> int:
        """How many outputs will show it: what is displayed under an id replaces all that was, wherever it stands."""
        transient = msg["content"].get("transient")
        name = transient.get("display_id") if isinstance(transient, dict) else None
        known: dict[int, list[int]] = self._display_id_map.get(name, {}) if isinstance(name, str | int | float) else {}
        return max(1, sum(map(len, known.values())) + int(msg["msg_type"] != "update_display_data"))

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        super()._update_display_id(display_id, msg)
        self.touched.update(self._display_id_map.get(display_id, ()))

    async def _async_poll_kernel_alive(self) -> None:
        while not self.kc.ended:
            await asyncio.sleep(ALIVE_SECONDS)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Widgets need no front end here."""

    def _keep_error(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        content = execute_reply["content"]
        self.error = {key: str(content.get(key, ""))[:MAX_ERROR] for key in ("ename", "evalue")}


class _Courier:
    """Answers the grader's requests, one at a time, and hears meanwhile that the kernel has ended."""

    def __init__(self) -> None:
        self.context = zmq.asyncio.Context()
        self.context.setsockopt(zmq.LINGER, 0)
        # what a kernel may send, and how much of it waits here, is bounded
        self.context.setsockopt(zmq.MAXMSGSIZE, 32 * MAX_OUTPUT)
        self.context.setsockopt(zmq.RCVHWM, 4)
        self.context.setsockopt(zmq.RECONNECT_IVL, -1)  # by then the address may be a link to anywhere
        self.client: _Client | None = None
        self.main: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve until the grader hangs up."""
        self.main = asyncio.current_task()
        connection = socket.socket(fileno=0)
        reader, writer = await asyncio.open_connection(sock=connection, limit=LONGEST_REQUEST)
        replies: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            request = json.loads(line)
            if request["op"] == "ended":
                if self.client is not None:
                    self.client.kc.ended = True
                continue
            task = asyncio.ensure_future(self._answer(request, writer))
            replies.add(task)
            task.add_done_callback(replies.discard)
        os._exit(0)  # nobody is left who hears; tidying up a context whose sockets are open can wait for ever

    async def _answer(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        number = request.pop("number")
        try:
            answer = await getattr(self, f"_{request.pop('op')}")(**request)
        except Exception:  # noqa: BLE001 - a kernel can send what nobody has foreseen; whoever asked should not wait
            traceback.print_exc()
            answer = None
        # whatever a kernel has sent goes through here, and half a character is no text
        writer.write(json.dumps([number, answer], ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        await writer.drain()

    async def _open(self, connection: dict[str, Any], seconds: float) -> bool:
        """Connect to a kernel; whether it answers."""
        channels = _Channels(context=self.context)
        channels.load_connection_info(cast(KernelConnectionInfo, connection))
        channels.start_channels(stdin=False, hb=False, control=False)
        channels.allow_stdin = False
        self.client = _Client(channels)
        return await channels.responds(seconds)

    async def _write(self, path: str, data: str) -> None:
        """Have the kernel write a file, and wait for nothing."""
        self._tell("steepest_write", path=path, data=data)

    async def _serve(self, address: str, device: str) -> None:
        """Have the kernel connect to the judge, and wait for nothing."""
        self._tell("steepest_serve", address=address, device=device)

    def _tell(self, kind: str, **content: Any) -> None:
        """Send a message of our own."""
        assert self.client is not None
        channels = self.client.kc
        channels.shell_channel.send(channels.session.msg(kind, content))

    async def _execute(self, source: str, index: int, seconds: float) -> dict[str, Any]:
        """Run a cell; what it shows, and what earlier cells show now."""
        client = self.client
        assert client is not None
        cells: list[NotebookNode] = client.nb.cells
        cells.extend(new_code_cell() for _ in range(len(cells), index + 1))
        cells[index] = new_code_cell(source)
        client.timeout_func = lambda _: seconds  # `timeout` takes whole seconds only
        client.touched, client.error, lost = set(), None, ""
        try:
            await client.async_execute_cell(cells[index], index)
        except CellTimeoutError:
            lost = "time"
        except DeadKernelError:
            lost = "kernel"
        cells[index].outputs = _joined(cells[index].outputs)
        changed = {number: _plain(cells[number].outputs) for number in {index} | client.touched}
        return {"outputs": changed, "error": client.error, "lost": lost}

    async def _close(self) -> None:
        """Let go of the kernel."""
        if self.client is not None:
            self.client.kc.stop_channels()
            self.client = None
        for task in asyncio.all_tasks() - {self.main, asyncio.current_task()}:
            task.cancel()


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """All that was written to one stream in one piece, as a terminal shows it, and stdout first.

    nbclient's own way takes a time that grows with the square of a line's length.
    """
    streams: dict[str, list[str]] = {}
    others, first = [], 0
    for place, output in enumerate(outputs):
        if output.output_type == "stream" and isinstance(output.name, str) and isinstance(output.text, str):
            first = first if streams else place
            streams.setdefault(output.name, []).append(output.text)
        else:
            others.append(output)
    texts = {name: _shown("".join(streams[name])) for name in sorted(streams, reverse=True)}
    return [
        *others[:first],
        *(new_output("stream", name=name, text=text) for name, text in texts.items()),
        *others[first:],
    ]


def _shown(text: str) -> str:
    """What is left of each line behind the last carriage return that something follows."""
    return "\n".join(line[line.rfind("\r", 0, -1) + 1 :] for line in text.split("\n"))


def _plain(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Those that JSON can hold, and in which nothing is nested deeper than a program that reads it can follow."""
    kept = []
    for output in outputs:
        if _depth(output) > MAX_DEPTH:
            continue
        try:
            json.dumps(output)
        except (TypeError, ValueError):
            continue
        kept.append(output)
    return kept


def _depth(value: object) -> int:
    """How deep containers lie in containers, as far as it matters."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
    return depth


def _well_formed(message: dict[str, Any]) -> bool:
    content, parent, kind = message["content"], message["parent_header"], message["msg_type"]
    return (
        isinstance(content, dict)
        and isinstance(parent, dict)
        and isinstance(parent.get("msg_id", ""), str)
        and isinstance(kind, str)
        and (not kind.endswith("_reply") or content.get("status") in ("ok", "error", "aborted"))
    )


def _size(msg: dict[str, Any]) -> int:
    """Characters that a message adds to the notebook; of streams, which are joined, those of the text."""
    content = msg["content"]
    if msg["msg_type"] == "stream" and content.get("name") in ("stdout", "stderr"):
        return len(str(content.get("text", "")))
    return len(json.dumps(content, default=str))


if __name__ == "__main__":
    asyncio.run(_Courier().run())
