"""Work in children of this process, each of which is ended from outside where a piece of it goes over its budget.

What is done for one submission outside of its kernel is done in such a child. It is a fork, because to import all
that anew takes seconds; of what it inherits it keeps nothing open but its own connection and the standard streams.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn, Protocol

from steepest_grader.exercise.model import Outcome
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["BUDGET", "Bounded", "Budget", "Children", "OverBudget", "Work"]

LOOK_SECONDS = 0.05
KEPT = 256 * 2**20  # a child that has grown by more is not used again
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")
FRESH = "import sys; from steepest_grader.sandbox.bounded import fresh; fresh(int(sys.argv[1]))"

Ask = Callable[..., Any]
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Budget:
    """What one piece of work may use, the processes that its child starts included.

    Attributes
    ----------
    seconds : float
        Of CPU time.
    memory : int
        By how many bytes it may grow; looked at every `LOOK_SECONDS`, so some more may be used for a moment.
    answer : int
        Bytes that may be handed back.
    """

    seconds: float = 29.0
    memory: int = 960 * 2**20
    answer: int = 64 * 2**20


BUDGET = Budget()


class OverBudget(Exception):
    """A piece of work went over its budget; the message says of what, to end "it takes more than …".

    Attributes
    ----------
    outcome : Outcome
        What it is for whoever handed it in.
    """

    def __init__(self, outcome: Outcome, what: str) -> None:
        super().__init__(what)
        self.outcome = outcome


class Work(Protocol):
    """What a child does."""

    def begin(self) -> None:
        """Called once, in the child, before any budget counts."""

    def __call__(self, ask: Ask, /, *args: Any) -> Any:
        """Do one piece; `ask` puts a question to the process that started the child."""


class Bounded:
    """A child that does one piece of work after another.

    Parameters
    ----------
    work : Work
        What it does.
    fresh : bool
        Whether it is a new interpreter: threads of a GPU's driver survive no fork. The work has to be picklable then.

    Attributes
    ----------
    seconds, memory : float, int
        What the piece used that was done last.

    Raises
    ------
    Exception
        Whatever `work.begin` raises.
    """

    def __init__(self, work: Work, *, fresh: bool = False) -> None:
        self.seconds, self.memory = 0.0, 0
        self._lost = ""
        self._connection, theirs = Pipe()
        with theirs:
            if fresh:
                command = [sys.executable, "-c", FRESH, str(theirs.fileno())]
                started = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
                started.returncode = 0  # it is waited for here
                self.pid = started.pid
                self._connection.send(work)
            else:
                self.pid = os.fork()
                if self.pid == 0:
                    _become(theirs, work)
        self._heard(BUDGET, lambda: None, lambda *question: None)
        self._born = self._use()[1]

    def __call__(
        self, *args: Any, answer: Callable[..., Any] = lambda *question: None, budget: Budget | None = BUDGET
    ) -> Any:
        """Do a piece of work.

        Parameters
        ----------
        *args
            What goes to `work`.
        answer : callable
            Answers what it asks.
        budget : Budget or None
            For this piece; None where nothing in it comes from a submission.

        Raises
        ------
        OverBudget
            If it had to be ended.
        SandboxError
            If it ended by itself.
        Exception
            Whatever the work raises.
        """
        seconds, memory = self._use()
        looked = time.monotonic()
        self.seconds, self.memory = 0.0, 0

        def look() -> None:
            nonlocal looked
            if time.monotonic() - looked < LOOK_SECONDS:
                return
            used = self._use()
            self.seconds, self.memory = used[0] - seconds, max(self.memory, used[1] - memory)
            looked = time.monotonic()
            if budget is None:
                return
            if self.seconds > budget.seconds:
                self._over(Outcome.TIMED_OUT, f"{budget.seconds:g} s of CPU time")
            if self.memory > budget.memory:
                self._over(Outcome.OUT_OF_MEMORY, f"{budget.memory // 2**20} MiB of memory")

        with contextlib.suppress(OSError):  # then it has ended, which is told below
            self._connection.send(args)
        try:
            return self._heard(budget, look, answer)
        finally:
            if not self._lost:
                used = self._use()
                self.seconds = used[0] - seconds
                if budget is None:
                    self._born = used[1]

    @property
    def usable(self) -> bool:
        """Whether it is there, and has not grown too much."""
        if not self._lost and os.waitpid(self.pid, os.WNOHANG) != (0, 0):
            self._lost = "it has ended"
            self._connection.close()
        return not self._lost and self._use()[1] - self._born < KEPT

    def close(self) -> None:
        """End it, and what it has started."""
        if not self._lost:
            self._lost = "it was ended"
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._connection.close()

    def _heard(self, budget: Budget | None, look: Callable[[], None], answer: Answer) -> Any:
        """What it says in the end."""
        longest = (budget or BUDGET).answer
        while True:
            heard = self._connection.poll(LOOK_SECONDS)
            look()
            if not heard:
                continue
            try:
                said = self._connection.recv_bytes(longest)
            except (EOFError, ConnectionError):
                self._gone()
            except OSError:  # so says `recv_bytes` of what is too long
                self._over(Outcome.OUT_OF_MEMORY, f"{longest // 2**20} MiB to be kept")
            kind, value = pickle.loads(said)
            if kind == "done":
                return value
            if kind == "raised":
                raise value
            try:
                reply = True, answer(*value)
            except Exception as error:  # noqa: BLE001 - it is raised on the other side
                reply = False, error
            with contextlib.suppress(OSError):
                self._connection.send(reply)

    def _over(self, outcome: Outcome, what: str) -> NoReturn:
        self.close()
        raise OverBudget(outcome, what)

    def _gone(self) -> NoReturn:
        _, status = os.waitpid(self.pid, 0)
        self._lost = f"it ended with status {os.waitstatus_to_exitcode(status)}"
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what it had started
        self._connection.close()
        raise SandboxError(f"A process of the grader was lost: {self._lost}.")

    def _use(self) -> tuple[float, int]:
        """CPU seconds and bytes of memory of the child and of its own children."""
        return _used(self.pid)


class Children:
    """Children that wait for the next piece of work. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[object, Bounded]] = []

    @contextmanager
    def one(self, key: object, make: Callable[[], Bounded]) -> Iterator[Bounded]:
        """A child that was made for this very key, or a new one; those that wait for others are ended."""
        with self._lock:
            idle, self._idle = self._idle, []
            child = None
            for known, other in idle:
                if known is key and child is None and other.usable:
                    child = other
                elif known is key:
                    self._idle.append((known, other))
                else:
                    other.close()
        child = child or make()
        try:
            yield child
        except BaseException:
            child.close()  # nobody knows what it is at
            raise
        if child.usable:
            with self._lock:
                self._idle.append((key, child))
        else:
            child.close()

    def close(self) -> None:
        """End those that wait."""
        with self._lock:
            while self._idle:
                self._idle.pop()[1].close()


def _used(pid: int) -> tuple[float, int]:
    seconds, memory = 0.0, 0
    try:
        children = (PROC / f"{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    own = _words(str(pid))
    for process in (str(pid), *children):
        with contextlib.suppress(OSError):  # it has just ended
            fields = (PROC / process / "stat").read_text().rpartition(")")[2].split()
            pages = (PROC / process / "statm").read_text().split()
            seconds += sum(map(int, fields[11:15])) / TICKS
            if process == str(pid) or _words(process) != own:  # until it is a program of its own it has what this has
                memory += (int(pages[1]) - int(pages[2])) * PAGE  # without what is mapped from files
    return seconds, memory


def _words(process: str) -> bytes:
    """The command line of a process; nothing where it has ended."""
    with contextlib.suppress(OSError):
        return (PROC / process / "cmdline").read_bytes()
    return b""


# --- in the child


def _become(connection: Connection, work: Work) -> NoReturn:
    """Be a child: the fork of one thread of many, which must come back to nothing of the others'."""
    try:
        gc.freeze()  # what is shared stays shared
        os.setsid()  # Ctrl-C is for the grader, which then waits for its children
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            # objects of other threads still own these numbers, so none is closed
            if int(name) not in (2, null, connection.fileno()):
                os.dup2(null, int(name), inheritable=int(name) < 2)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - another thread may hold the lock of the old one
        _serve(connection, work)
    except BaseException:  # noqa: BLE001 - whatever it is, nothing of the parent's may run on here
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def fresh(descriptor: int) -> None:
    """Be a child that is no fork; called by the program that `Bounded` starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    connection = Connection(descriptor)
    _serve(connection, connection.recv())


def _serve(connection: Connection, work: Work) -> NoReturn:
    """Do what is asked until the other side hangs up."""

    def ask(*question: Any) -> Any:
        connection.send(("asked", question))
        fine, value = connection.recv()
        if not fine:
            raise value
        return value

    try:
        _say(connection, work.begin)
        while True:
            args = connection.recv()
            _say(connection, lambda: work(ask, *args))  # noqa: B023 - it is called at once
    except (EOFError, ConnectionError):  # whoever asked has gone
        os._exit(0)


def _say(connection: Connection, work: Callable[[], Any]) -> None:
    try:
        said = pickle.dumps(("done", work()))
    except (EOFError, ConnectionError):
        raise
    except Exception as error:  # noqa: BLE001 - it is raised on the other side
        error.add_note("".join(traceback.format_exception(error)))
        try:
            said = pickle.dumps(("raised", error))
            pickle.loads(said)
        except Exception:  # noqa: BLE001 - many exceptions do not travel
            said = pickle.dumps(("raised", RuntimeError(f"{type(error).__name__}: {error}")))
    connection.send_bytes(said)
