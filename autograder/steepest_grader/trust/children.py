"""Work that may never end, item by item, in a process that can be ended."""

from __future__ import annotations

import os
import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

__all__ = ["each_in_a_child"]

WALL = 10  # so many times the CPU seconds, on a machine that does something else as well
MEMORY = 4 << 30  # beside what the process holds already

Item = TypeVar("Item")


def each_in_a_child(work: Callable[[Item], str], items: Sequence[Item], *, seconds: float) -> Iterator[str | None]:
    """What is said of each item in one line, or None where that had to be ended.

    A child works on one item after the other and says what comes of each. The item at which it ends has used up its
    time; the next child goes on behind it.

    Parameters
    ----------
    work : callable
        Maps an item to a line.
    items : sequence
        What is worked on, in this order.
    seconds : float
        CPU seconds for each item.

    Raises
    ------
    RuntimeError
        If the work raises, or ends the child otherwise.
    """
    rest = list(items)
    while rest:
        told = _in_a_child(work, rest, seconds)
        yield from told
        if len(told) < len(rest):
            yield None
        rest = rest[len(told) + 1 :]


def _in_a_child(work: Callable[[Item], str], rest: Sequence[Item], seconds: float) -> list[str]:
    receive, send = os.pipe()
    with warnings.catch_warnings():  # of threads: a lane runs nothing in them
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _work_through(work, rest, seconds, send)
    os.close(send)
    with os.fdopen(receive, encoding="utf-8") as stream:
        told = [line.removesuffix("\n") for line in stream if line.endswith("\n")]
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status > 0 or (status == 0 and len(told) < len(rest)):
        raise RuntimeError(f"judging failed; see above. It was\n{rest[len(told)]}")
    return told


def _work_through(work: Callable[[Item], str], rest: Sequence[Item], seconds: float, send: int) -> NoReturn:
    """What the child does: it is ended by a signal, or exits."""
    status = 1
    try:
        warnings.simplefilter("ignore")  # what is judged may do what torch warns of
        _limit_memory()
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        for item in rest:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, WALL * seconds)
            line = f"{work(item)}\n".encode()
            while line:
                line = line[os.write(send, line) :]
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may go on from here as if it were the parent
        traceback.print_exc()
    finally:
        os._exit(status)


def _limit_memory() -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
