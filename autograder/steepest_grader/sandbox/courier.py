"""The grader's side of a courier: a process that reads what kernels send, so that the grader need not."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from steepest_grader.files import last_line

__all__ = ["Courier", "CourierLost"]

PROGRAM = "steepest_grader.sandbox._courier"
GRACE_SECONDS = 20.0
LOOK_SECONDS = 0.05
END_SECONDS = 5.0
# Its environment holds no secrets either.
PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH")


class CourierLost(Exception):
    """A courier ended, or gave no answer; it can be used no more."""


class Courier:
    """Carries messages to one kernel after another; see `_courier` for what it can be asked.

    Attributes
    ----------
    lost : bool
        Whether it owes an answer, and so can only be closed.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self) -> None:
        self.lost, self._number = False, 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(LOOK_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM],
                stdin=theirs.fileno(),
                stdout=self._errors,
                stderr=self._errors,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            )

    def ask(self, op: str, *, seconds: float = 0.0, ended: Callable[[], bool] = lambda: False, **request: Any) -> Any:
        """Ask for something, and wait for the answer.

        Parameters
        ----------
        op : str
            ``"open"``, ``"serve"``, ``"write"``, ``"execute"`` or ``"close"``.
        seconds : float
            How long that may take, as the courier is told; `GRACE_SECONDS` later it is given up.
        ended : callable
            Whether the kernel has ended; asked now and then while it lasts.
        **request
            What goes with it.

        Raises
        ------
        CourierLost
            If there is no answer, now or to an earlier request.
        """
        if self.lost:
            raise CourierLost("the process that reads the kernel's messages gave no answer before")
        self.lost = True  # until there is one: a late answer must never be taken for that to another request
        self._number += 1
        request["number"] = self._number
        if seconds:
            request["seconds"] = seconds
        deadline = time.monotonic() + seconds + GRACE_SECONDS
        told, answer = False, bytearray()
        try:
            self._send(op, request)
            while not answer.endswith(b"\n"):
                if time.monotonic() > deadline:
                    raise CourierLost("the process that reads the kernel's messages gave no answer")
                if not told and ended():
                    self._send("ended", {})
                    told = True
                with contextlib.suppress(TimeoutError):
                    part = self._socket.recv(2**16)
                    if not part:
                        raise CourierLost(self._said())
                    answer += part
        except OSError as error:
            raise CourierLost(self._said()) from error
        number, found = json.loads(answer)
        if number != self._number:
            raise CourierLost("the process that reads the kernel's messages gave an answer to something else")
        self.lost = False
        return found

    def close(self) -> None:
        """End it."""
        self._socket.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _send(self, op: str, request: dict[str, Any]) -> None:
        self._socket.settimeout(GRACE_SECONDS)
        self._socket.sendall(json.dumps({"op": op, **request}).encode() + b"\n")
        self._socket.settimeout(LOOK_SECONDS)

    def _said(self) -> str:
        """Why it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        said = last_line(self._errors)
        return f"the process that reads the kernel's messages ended ({self._process.poll()}): {said}"
