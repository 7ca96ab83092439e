"""Time on a socket: waiting for an answer and reading it count, what the judge works for itself does not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from steepest._checks import wire
from steepest._checks.agent import receive
from steepest_grader.sandbox.remote import SocketTransport

FRAME = wire.encode(1)
WORK = 0.1


def _work() -> None:
    until = time.thread_time() + WORK
    while time.thread_time() < until:
        pass


@pytest.fixture
def transport() -> Iterator[SocketTransport]:
    """One whose other side sends back what it gets."""
    ours, theirs = socket.socketpair()

    def echo() -> None:
        while (frame := receive(theirs)) is not None:
            theirs.sendall(frame)

    thread = threading.Thread(target=echo)
    thread.start()
    with theirs:
        with ours:
            yield SocketTransport(ours, seconds=5)
        thread.join()


def test_work_on_answers_counts(transport: SocketTransport) -> None:
    transport.exchange(FRAME)
    before = transport.spent
    _work()
    transport.exchange(FRAME)
    assert transport.spent - before >= WORK


def test_work_of_the_judge_for_itself_does_not(transport: SocketTransport) -> None:
    transport.exchange(FRAME)
    before = transport.spent
    with transport.uncounted():
        _work()
    begun = time.monotonic()
    transport.exchange(FRAME)
    assert transport.spent - before <= time.monotonic() - begun + WORK / 2
