"""The grader's side of the warm process: starts it, asks it for kernels, and hears how they end."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from steepest_grader.errors import MendableError
from steepest_grader.files import last_line

START_SECONDS = 120.0
FORK_SECONDS = 60.0
# The program comes over the stream, so that no file of the grader is needed within the wall.
BOOT = "import json, sys; exec(compile(json.loads(sys.stdin.buffer.readline()), 'zygote', 'exec'))"


class SandboxError(MendableError):
    """The sandbox cannot be had or did not start; never the student's fault."""


@dataclass(eq=False)
class Process:
    """One forked kernel.

    Attributes
    ----------
    folder : Path
        Where the grader finds the kernel's own folder, for sockets.
    inside : Path
        The same folder as the kernel sees it.
    status : int or None
        Exit status, negative for a signal; None while it runs.
    reason : str
        ``"memory"``, ``"processes"``, ``"locks"``, ``"sockets"`` or ``"busy"`` where it was ended for using too much.
    cpu : float
        Seconds of CPU that it used, once it has ended.
    memory : int
        Peak resident size in bytes, once it has ended.
    """

    name: str
    folder: Path
    inside: Path
    status: int | None = None
    reason: str = ""
    cpu: float = 0.0
    memory: int = 0
    said: str = ""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within so many seconds."""
        with self.changed:
            return self.changed.wait_for(lambda: self.status is not None, seconds)


class Zygote:
    """A process behind the outer wall that has imported everything and forks kernels.

    Parameters
    ----------
    wrap : callable
        Maps a command to one that runs it behind the outer wall.
    walled : bool
        Whether there is a wall, and kernels get walls between them.
    limits : dict of str to int
        For each kernel.
    kept : sequence of str
        What must stay in sight of kernels, even where it lies in a folder of which each has its own.

    Raises
    ------
    SandboxError
        If it does not start; the message is what it said last.
    """

    def __init__(
        self,
        wrap: Callable[[Sequence[str]], list[str]],
        *,
        walled: bool,
        limits: dict[str, int],
        kept: Sequence[str] = (),
    ) -> None:
        self._walled = walled
        self._kernels: dict[str, Process] = {}
        self._numbers = itertools.count()
        self._warm = threading.Event()
        self._ended = False
        self._lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._folder = None if walled else tempfile.TemporaryDirectory(prefix="st-")
        settings = {"walled": walled, "limits": limits, "kept": list(kept)}
        started: Future[subprocess.Popen[bytes]] = Future()
        try:
            command = wrap([sys.executable, "-c", BOOT])
            self._listener = threading.Thread(target=self._live, args=(command, started), name="zygote", daemon=True)
            self._listener.start()
            self._process = started.result()
        except OSError:
            self._errors.close()
            raise
        self._finalizer = weakref.finalize(self, _end, self._process)
        try:
            program = files("steepest_grader.sandbox").joinpath("_inside.py").read_text()
            self._send(f"{program}\n\nmain({settings!r})\n")
            if not self._warm.wait(START_SECONDS) or self._ended:
                raise SandboxError(self._said() or f"it did not start within {START_SECONDS:g} s")
        except SandboxError:
            self.close()
            raise
        self._root = self._find_root()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._ended

    def fork(self, connection: dict[str, Any]) -> Process:
        """Start a kernel that listens as `connection`, a Jupyter connection file's content, says.

        Raises
        ------
        SandboxError
            If it does not come up.
        """
        name = f"k{next(self._numbers)}"
        if self._folder is None:
            process = Process(name, self._root / "run" / name, Path("/run/kernel"))
        else:
            folder = Path(self._folder.name) / name
            folder.mkdir()
            process = Process(name, folder, folder)
        self._kernels[name] = process
        self._send({"op": "fork", "kernel": name, "folder": str(process.inside), "connection": connection})
        with process.changed:
            process.changed.wait_for(lambda: process.said or process.status is not None, FORK_SECONDS)
        if process.said != "ready" or process.status is not None:
            self.kill(process)
            ended = f"it ended with {process.status}" if process.status is not None else ""
            said = process.said.strip().rpartition("\n")[2] or self._said() or ended
            raise SandboxError(
                f"A kernel did not start in the sandbox: {said or f'no answer within {FORK_SECONDS:g} s'}."
            )
        return process

    def kill(self, process: Process) -> None:
        """End a kernel and everything that it started, and wait until it is gone."""
        if process.status is None and self.alive:
            self._send({"op": "kill", "kernel": process.name})
            process.wait(FORK_SECONDS)
        self._kernels.pop(process.name, None)
        if self._folder is not None:
            shutil.rmtree(process.folder, ignore_errors=True)

    def close(self) -> None:
        """End it, and all of its kernels with it."""
        self._finalizer()
        self._listener.join()
        if self._folder is not None:
            self._folder.cleanup()
        self._errors.close()

    def _send(self, request: dict[str, Any] | str) -> None:
        assert self._process.stdin is not None
        try:
            with self._lock:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
        except OSError as error:
            raise SandboxError(f"the sandbox has ended: {self._said() or error}") from error

    def _live(self, command: list[str], started: Future[subprocess.Popen[bytes]]) -> None:
        """Start the process and hear it to its end: bubblewrap's ends with the thread that started it."""
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result(process)
        assert process.stdout is not None
        with process.stdout as events:
            for line in events:
                self._hear(json.loads(line))
        self._ended = True
        for kernel in list(self._kernels.values()):
            with kernel.changed:
                kernel.status = -9 if kernel.status is None else kernel.status
                kernel.changed.notify_all()
        process.wait()
        self._warm.set()

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "warm":
            self._warm.set()
        elif process := self._kernels.get(event["kernel"]):
            with process.changed:
                if event["event"] == "ready":
                    process.said = event["said"] or "it ended at once"
                else:
                    process.reason, process.cpu, process.memory = event["reason"], event["cpu"], event["memory"]
                    process.status = event["status"]
                process.changed.notify_all()

    def _find_root(self) -> Path:
        """The file system within the wall, as the grader reaches it: nothing of the host's own is shared."""
        if not self._walled:
            return Path("/")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return Path(f"/proc/{children[0]}/root")

    def _said(self) -> str:
        return "" if self._errors.closed else last_line(self._errors)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()  # it ends its kernels, and then itself
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
