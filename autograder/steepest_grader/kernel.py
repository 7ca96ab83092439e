"""One kernel in a sandbox: runs cells, and connects a judge to the functions they defined."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import signal
import time
from collections.abc import Iterator, Mapping
from functools import cache
from queue import Empty
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output
from steepest._wire import printable
from traitlets import Type

from steepest_grader.model import Outcome
from steepest_grader.remote import SocketTransport, connect
from steepest_grader.sandbox import Process, Sandbox, SandboxError

CELL_SECONDS = 30
START_SECONDS = 60
MAX_OUTPUT = 2**20
MAX_ERROR = 1_000
GONE_SECONDS = 5
OUTPUT_SECONDS = 2
ALIVE_SECONDS = 0.05
OUT_OF_MEMORY_STATUS = (137, -9)
# Ports are names of sockets in the kernel's own folder; whoever reaches that needs no key.
CONNECTION: dict[str, Any] = {"transport": "ipc", "key": "", "signature_scheme": "hmac-sha256"} | {
    f"{channel}_port": number for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1)
}

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False
# Student code may have given any name a new meaning, so none is used, and none is left behind.
_SERVE = (
    "__import__('steepest._agent', fromlist=['serve'])"
    ".serve(__import__('builtins').globals(), {address!r}, device={device!r})"
)
_WRITE = (
    "(lambda path, data: path.parent.mkdir(parents=True, exist_ok=True) or path.write_bytes(data))"
    "(__import__('pathlib').Path({path!r}), __import__('base64').b64decode({data!r}))"
)
_NO_OUTPUT = (ValidationError, AttributeError, LookupError, TypeError, ValueError)


class KernelLost(Exception):
    """The kernel ended or had to be ended while it ran student code.

    Attributes
    ----------
    outcome : Outcome
        `TIMED_OUT`, `OUT_OF_MEMORY` or `ERRORED`.
    """

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


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

    def __init__(self, process: Process, **settings: Any) -> None:
        super().__init__(**settings)
        self._process = process

    async def _async_is_alive(self) -> bool:
        return self._process.status is None

    is_alive = _async_is_alive

    async def answers(self, seconds: float) -> bool:
        """Whether shell and output channel both bring something within so many seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.status is None:
            self.kernel_info()
            with contextlib.suppress(Empty):
                await self.get_shell_msg(timeout=1)
                await self.get_iopub_msg(timeout=1)
                return True
        return False


class _Client(NotebookClient):  # type: ignore[misc]
    """Keeps at most `MAX_OUTPUT` characters of a notebook's output, and no widget state."""

    spent = 0

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data", "error"):
            before, self.spent = self.spent, self.spent + _size(msg["content"])
            if self.spent > MAX_OUTPUT:
                if before <= MAX_OUTPUT:
                    cell.outputs.append(new_output("stream", name="stdout", text="… further output was cut …\n"))
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except _NO_OUTPUT:  # student code can display what no notebook can hold
            return None

    async def _async_poll_kernel_alive(self) -> None:
        while self.kc._process.status is None:
            await asyncio.sleep(ALIVE_SECONDS)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Widgets need no front end here."""


class Kernel:
    """A fresh kernel behind a sandbox's walls, as a context manager.

    Parameters
    ----------
    sandbox : Sandbox
        Where it runs.
    notebook : NotebookNode
        Whose cells it will run.
    """

    def __init__(self, sandbox: Sandbox, notebook: NotebookNode) -> None:
        self._sandbox = sandbox
        self._notebook = notebook

    def __enter__(self) -> Kernel:
        self.process = self._sandbox.fork(CONNECTION)
        try:
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _connect(self) -> None:
        self._channels = _Channels(self.process, context=_context())
        address: Any = CONNECTION | {"ip": f"{self.process.folder}/k"}
        self._channels.load_connection_info(address)
        self._client = _Client(
            self._notebook,
            timeout=CELL_SECONDS,
            iopub_timeout=OUTPUT_SECONDS,
            allow_errors=True,
            coalesce_streams=True,
            store_widget_state=False,
            on_cell_error=_keep_error,
            log=_LOG,
        )
        self._client.kc = self._channels
        self._channels.start_channels(stdin=False, hb=False, control=False)
        self._channels.allow_stdin = False
        if not run_sync(self._channels.answers)(START_SECONDS):
            raise SandboxError(f"The sandboxed kernel did not answer within {START_SECONDS} s.")

    def __exit__(self, *exc: object) -> None:
        self._sandbox.kill(self.process)
        if hasattr(self, "_channels"):
            self._channels.stop_channels()
        loop = ensure_event_loop()  # each thread has one of its own, and each kernel makes it anew
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files where the cells look for them, by path; before any cell has run."""
        for path, data in files.items():
            code = _WRITE.format(path=path, data=base64.b64encode(data))
            self._channels.execute(code, silent=True, store_history=False)

    def execute(self, cell: NotebookNode, index: int) -> None:
        """Run one cell and keep its outputs in it.

        Raises
        ------
        KernelLost
            If it takes too long or ends the kernel.
        """
        try:
            self._client.execute_cell(cell, index)
        except CellTimeoutError as error:
            raise KernelLost(Outcome.TIMED_OUT, f"the cell took more than {CELL_SECONDS} s") from error
        except DeadKernelError as error:
            raise self.ended() from error

    @contextlib.contextmanager
    def functions(self, *, seconds: float) -> Iterator[SocketTransport]:
        """Connect to the agent of this kernel, for so many seconds of wall time."""

        def start(address: str) -> None:
            code = _SERVE.format(address=address, device=self._sandbox.device)
            self._channels.execute(code, silent=True, store_history=False)

        with connect(self.process.folder, self.process.inside, start, seconds=seconds) as transport:
            yield transport

    def ended(self) -> KernelLost:
        """What to say of a kernel that has gone, or has let go of its connection."""
        if not self.process.wait(GONE_SECONDS):
            return KernelLost(Outcome.ERRORED, "the connection to the process was closed")
        if self.process.reason == "processes":
            return KernelLost(Outcome.ERRORED, "the process was ended, because it started too many others")
        if self.process.reason == "memory" or self.process.status in OUT_OF_MEMORY_STATUS:
            return KernelLost(Outcome.OUT_OF_MEMORY, "the process was ended for its use of memory")
        if self.process.status == -signal.SIGXCPU:
            return KernelLost(Outcome.TIMED_OUT, "the process used up its time")
        return KernelLost(Outcome.ERRORED, "the process ended in the middle of the work")


@cache
def _context() -> zmq.asyncio.Context:
    """One for all kernels: what a kernel may send, and how much of it waits here, is bounded."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.LINGER, 0)
    context.setsockopt(zmq.MAXMSGSIZE, 32 * MAX_OUTPUT)
    context.setsockopt(zmq.RCVHWM, 4)
    context.setsockopt(zmq.RECONNECT_IVL, -1)  # by then the address may be a link to anywhere
    return context


def _well_formed(message: dict[str, Any]) -> bool:
    content, parent, kind = message["content"], message["parent_header"], message["msg_type"]
    return (
        isinstance(content, dict)
        and isinstance(parent, dict)
        and isinstance(parent.get("msg_id", ""), str)
        and isinstance(kind, str)
        and (not kind.endswith("_reply") or content.get("status") in ("ok", "error", "aborted"))
    )


def _keep_error(cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
    """Show an error that student code kept from being shown: nbgrader's tests fail by what is shown."""
    if all(output.output_type != "error" for output in cell.outputs):
        name, value = (str(execute_reply["content"].get(key, ""))[:MAX_ERROR] for key in ("ename", "evalue"))
        cell.outputs.append(new_output("error", ename=printable(name), evalue=printable(value), traceback=[]))


def _size(content: dict[str, Any]) -> int:
    if "text" in content:
        return len(str(content["text"]))
    return len(json.dumps(content.get("data") or content.get("traceback") or "", default=str))
