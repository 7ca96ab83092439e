"""A transport to an agent in a sandboxed kernel, over a Unix socket in the kernel's folder."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from steepest._checks import wire
from steepest._checks.agent import receive
from steepest._checks.calls import NoAnswer

CONNECT_SECONDS = 30.0
PATIENCE = 3  # wall time at most, in limits, where others keep the processors
SHORTEST = 1e-3


class Stopped(NoAnswer):
    """The student's process gave no answer."""


class TooSlow(Stopped):
    """It did not answer in time."""


class Gone(Stopped):
    """It closed the connection, or ended."""


class SocketTransport:
    """Exchanges frames over a connected socket while time is left.

    Parameters
    ----------
    connection : socket
        Connected to an agent's `serve`.
    seconds : float
        Wall time for all exchanges together, and CPU time that the judge needs for what was answered: an answer
        may be within all limits and still take long to read. Time in which the other side's process waits for a
        processor does not count, up to `PATIENCE` times the limit in all.

    Attributes
    ----------
    spent : float
        Of that time so far, in seconds.
    """

    def __init__(self, connection: socket.socket, *, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self.spent = 0.0
        self._since = time.thread_time()
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        self._schedule = Path(f"/proc/{struct.unpack('3i', credentials)[0]}/schedstat")
        self._excused = 0.0

    def exchange(self, frame: bytes) -> bytes:
        """Send a request and wait for its reply.

        Raises
        ------
        TooSlow, Gone
            If no whole reply comes.
        """
        begun, waits = time.monotonic(), self._waits()
        self.spent += time.thread_time() - self._since
        excused = 0.0

        def excuse() -> float:
            return min(max(self._waits() - waits, 0.0), (PATIENCE - 1) * self._seconds - self._excused)

        try:
            left = self._seconds - self.spent
            self._connection.settimeout(max(left, 1e-3))
            self._connection.sendall(frame)
            while not self._answers(begun + left + excused):
                before, excused = excused, excuse()
                if excused - before < SHORTEST:
                    raise TooSlow
            reply = receive(self._connection, deadline=begun + left + excused)
        except TimeoutError as error:
            raise TooSlow from error
        except (wire.WireError, OSError) as error:
            raise Gone from error
        finally:
            excused = excuse()
            self._excused += excused
            self.spent += time.monotonic() - begun - excused
            self._since = time.thread_time()
        if reply is None:
            raise Gone
        return reply

    def _answers(self, deadline: float) -> bool:
        """Whether an answer, or the end of the connection, begins to arrive in time."""
        self._connection.settimeout(max(deadline - time.monotonic(), 1e-3))
        try:
            self._connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        return True

    def _waits(self) -> float:
        """For how long the other side's process has wanted a processor and had none; 0 where nobody can say."""
        try:
            return int(self._schedule.read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[None]:
        """Work of the judge that has nothing to do with what was answered."""
        begun = time.thread_time()
        yield
        self._since += time.thread_time() - begun


@contextlib.contextmanager
def connect(folder: Path, inside: Path, start: Callable[[str], None], *, seconds: float) -> Iterator[SocketTransport]:
    """Open a socket in a kernel's folder, have an agent connect to it, and close it afterwards.

    Parameters
    ----------
    folder, inside : Path
        The kernel's own folder, as the judge and as the kernel see it.
    start : callable
        Given the socket's address within, makes the other side call `steepest._checks.agent.serve`.
    seconds : float
        Wall time for all exchanges together.
    """
    name = f"{uuid.uuid4().hex[:12]}.sock"
    address = folder / name
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(address))
        except OSError as error:  # the student has filled or spoiled the folder
            raise Gone from error
        try:
            listener.listen(1)
            listener.settimeout(CONNECT_SECONDS)
            start(str(inside / name))
            try:
                connection, _ = listener.accept()
            except TimeoutError as error:
                raise Gone from error
            with connection:
                yield SocketTransport(connection, seconds=seconds)
        finally:
            with contextlib.suppress(OSError):  # the student may have put anything in its place
                address.unlink()
