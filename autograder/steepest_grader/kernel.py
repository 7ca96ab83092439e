"""One kernel in a sandbox: runs cells, and connects a judge to the functions they defined."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output

from steepest_grader.model import Outcome
from steepest_grader.remote import SocketTransport, connect
from steepest_grader.sandbox import Limits, Sandbox, SandboxError

CELL_SECONDS = 30
START_SECONDS = 60
MAX_OUTPUT = 2**20
OUT_OF_MEMORY_STATUS = (137, -9)

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False
# Student code may have given any name a new meaning, so none is used, and none is left behind.
_SERVE = (
    "__import__('steepest._agent', fromlist=['serve'])"
    ".serve(__import__('builtins').globals(), {address!r}, device={device!r})"
)
# `quit()` ends a kernel a little later, in the middle of a cell that has nothing to do with it.
_STAY = "get_ipython().ask_exit = lambda: None"
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
    limits : Limits
        What it may use.
    device : {"cpu", "cuda"}
        Where the judge's tensors are made.
    """

    def __init__(
        self, sandbox: Sandbox, notebook: NotebookNode, *, limits: Limits | None = None, device: str = "cpu"
    ) -> None:
        self._sandbox = sandbox
        self._notebook = notebook
        self._limits = limits or Limits()
        self._device = device

    def __enter__(self) -> Kernel:
        self._folder = tempfile.TemporaryDirectory(prefix="st-")
        shared = Path(self._folder.name)
        try:
            self._start(shared)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def _start(self, shared: Path) -> None:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        argv.append(f"--IPKernelApp.exec_lines={_STAY}")
        self._manager = AsyncKernelManager(
            transport="ipc", ip=str(shared / "k"), connection_file=str(shared / "kernel.json")
        )
        self._manager._kernel_spec = KernelSpec(
            argv=self._sandbox.command(argv, shared=shared, limits=self._limits),
            display_name="sandbox",
            language="python",
            interrupt_mode="message",
        )
        self._client = _Client(
            self._notebook,
            km=self._manager,
            timeout=CELL_SECONDS,
            startup_timeout=START_SECONDS,
            allow_errors=True,
            coalesce_streams=True,
            store_widget_state=False,
            log=_LOG,
        )
        try:
            self._client.start_new_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._client.start_new_kernel_client()
        except (RuntimeError, OSError) as error:
            self.__exit__()
            raise SandboxError(f"The sandboxed kernel did not start: {error}.") from error

    def __exit__(self, *exc: object) -> None:
        try:
            if self._client.km is not None:  # nbclient lets go of a kernel that did not start by itself
                if self._client.kc is not None:
                    self._client.kc.stop_channels()
                if self._manager.has_kernel:
                    run_sync(self._manager.shutdown_kernel)(now=True)
                run_sync(self._manager.cleanup_resources)()
        finally:
            self._folder.cleanup()
            ensure_event_loop().close()  # each thread has one of its own, and each kernel makes it anew

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
            code = _SERVE.format(address=address, device=self._device)
            self._client.kc.execute(code, silent=True, store_history=False)

        with connect(Path(self._folder.name), start, seconds=seconds) as transport:
            yield transport

    def ended(self) -> KernelLost:
        """What to say of a kernel that has gone."""
        status = run_sync(self._manager.provisioner.poll)() if self._manager.provisioner else None
        if status in OUT_OF_MEMORY_STATUS:
            return KernelLost(Outcome.OUT_OF_MEMORY, "the process was killed, most likely for its use of memory")
        return KernelLost(Outcome.ERRORED, "the process ended in the middle of the work")


def _size(content: dict[str, Any]) -> int:
    if "text" in content:
        return len(str(content["text"]))
    return len(json.dumps(content.get("data") or content.get("traceback") or "", default=str))
