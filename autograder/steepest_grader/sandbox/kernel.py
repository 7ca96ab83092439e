"""One kernel in a sandbox: runs cells, and connects a judge to the functions they defined."""

from __future__ import annotations

import base64
import contextlib
import logging
import signal
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_output
from steepest._checks.wire import printable

from steepest_grader.exercise.model import Outcome
from steepest_grader.sandbox.base import Kernels
from steepest_grader.sandbox.courier import CourierLost
from steepest_grader.sandbox.remote import Gone, SocketTransport, connect
from steepest_grader.sandbox.zygote import SandboxError

CELL_SECONDS = 30
START_SECONDS = 60
GONE_SECONDS = 5
OUT_OF_MEMORY_STATUS = (137, -9)
TOO_MANY = {
    "processes": "started too many others",
    "locks": "held too many locks on files",
    "sockets": "opened too many sockets",
    "busy": "kept too many others busy at a time",
}
UNREAD = "what it sent cannot be read"
# Ports are names of sockets in the kernel's own folder; whoever reaches that needs no key.
CONNECTION: dict[str, Any] = {"transport": "ipc", "key": "", "signature_scheme": "hmac-sha256"} | {
    f"{channel}_port": number for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1)
}

LOG = logging.getLogger(__name__)


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


class Kernel:
    """A fresh kernel behind a sandbox's walls, as a context manager.

    Parameters
    ----------
    sandbox : Kernels
        Where it runs.
    notebook : NotebookNode
        Whose cells it will run.
    """

    def __init__(self, sandbox: Kernels, notebook: NotebookNode) -> None:
        self._sandbox = sandbox
        self._notebook = notebook

    def __enter__(self) -> Kernel:
        self._courier = self._sandbox.courier()
        try:
            self.process = self._sandbox.fork(CONNECTION)
        except BaseException:
            self._sandbox.give_back(self._courier)
            raise
        try:
            address = CONNECTION | {"ip": f"{self.process.folder}/k"}
            if not self._ask("open", connection=address, seconds=START_SECONDS):
                raise SandboxError(f"The sandboxed kernel did not answer within {START_SECONDS} s.")
        except CourierLost as error:
            self.__exit__()
            raise SandboxError(f"A kernel could not be reached: {error}.") from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._sandbox.kill(self.process)
        try:
            self._ask("close")
        except CourierLost as error:
            LOG.info("%s", error)
            self._courier.close()
        else:
            self._sandbox.give_back(self._courier)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files where the cells look for them, by path; before any cell has run."""
        for path, data in files.items():
            self._ask("write", path=path, data=base64.b64encode(data).decode())

    def execute(self, cell: NotebookNode, index: int, seconds: float | None = None) -> None:
        """Run one cell and keep its outputs in it, and in earlier cells what they show anew.

        Parameters
        ----------
        cell : NotebookNode
        index : int
            Its place in the notebook.
        seconds : float, optional
            For how long it may run; `CELL_SECONDS` by default.

        Raises
        ------
        KernelLost
            If it takes too long or ends the kernel.
        """
        if not cell.source.strip():
            return
        seconds = CELL_SECONDS if seconds is None else seconds
        try:
            answer = self._ask("execute", source=cell.source, index=index, seconds=seconds)
        except CourierLost as error:
            if self.process.wait(GONE_SECONDS):
                raise self.ended() from error
            raise KernelLost(Outcome.ERRORED, UNREAD) from error
        if answer is None:
            raise KernelLost(Outcome.ERRORED, UNREAD)
        try:
            shown = {int(number): from_dict(outputs) for number, outputs in answer["outputs"].items()}
        except RecursionError as error:
            raise KernelLost(Outcome.ERRORED, UNREAD) from error
        for number, outputs in shown.items():
            changed = cell if number == index else self._notebook.cells[number]
            changed.outputs = outputs
        if answer["error"]:
            _keep_error(cell, answer["error"])
        if answer["lost"] == "time":
            raise KernelLost(Outcome.TIMED_OUT, f"the cell took more than {seconds:.3g} s")
        if answer["lost"]:
            raise self.ended()

    @contextlib.contextmanager
    def functions(self, *, seconds: float) -> Iterator[SocketTransport]:
        """Connect to the agent of this kernel, for so many seconds of wall time."""

        def start(address: str) -> None:
            try:
                self._ask("serve", address=address, device=self._sandbox.device)
            except CourierLost as error:
                raise Gone from error

        with connect(self.process.folder, self.process.inside, start, seconds=seconds) as transport:
            yield transport

    def _ask(self, op: str, **request: Any) -> Any:
        return self._courier.ask(op, ended=lambda: self.process.wait(0), **request)

    def ended(self) -> KernelLost:
        """What to say of a kernel that has gone, or has let go of its connection."""
        if not self.process.wait(GONE_SECONDS):
            return KernelLost(Outcome.ERRORED, "the connection to the process was closed")
        if self.process.reason in TOO_MANY:
            return KernelLost(Outcome.ERRORED, f"the process was ended, because it {TOO_MANY[self.process.reason]}")
        if self.process.reason == "memory" or self.process.status in OUT_OF_MEMORY_STATUS:
            return KernelLost(Outcome.OUT_OF_MEMORY, "the process was ended for its use of memory")
        if self.process.status == -signal.SIGXCPU:
            return KernelLost(Outcome.TIMED_OUT, "the process used up its time")
        return KernelLost(Outcome.ERRORED, "the process ended in the middle of the work")


def _keep_error(cell: NotebookNode, error: Mapping[str, str]) -> None:
    """Show an error that student code kept from being shown: nbgrader's tests fail by what is shown."""
    if all(output.output_type != "error" for output in cell.outputs):
        name, value = printable(error["ename"]), printable(error["evalue"])
        cell.outputs.append(new_output("error", ename=name, evalue=value, traceback=[]))
