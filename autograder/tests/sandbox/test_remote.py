"""Time on a socket: waiting for an answer and reading it count, what the judge works for itself does not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from steepest._checks import wire
from steepest._checks.agent import receive
from steepest_grader.sandbox import remote
from steepest_grader.sandbox.remote import SocketTransport, TooSlow

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


@pytest.fixture
def silent() -> Iterator[SocketTransport]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield SocketTransport(ours, seconds=0.2)


@pytest.mark.parametrize(("waits", "answered"), [(0.0, False), (0.3, False), (0.9, True)])
def test_time_without_a_processor_does_not_count(
    silent: SocketTransport, monkeypatch: pytest.MonkeyPatch, waits: float, answered: bool
) -> None:
    """The other side answers after 0.5 s where 0.2 s are allowed, and wants a processor for a share of that."""
    begun = time.monotonic()
    monkeypatch.setattr(silent, "_waits", lambda: waits * (time.monotonic() - begun))
    monkeypatch.setattr(remote, "receive", lambda *_, **__: FRAME)
    monkeypatch.setattr(silent, "_answers", lambda deadline: _until(min(deadline, begun + 0.5)) > begun + 0.45)
    if answered:
        silent.exchange(FRAME)
        assert silent.spent < 0.15
    else:
        with pytest.raises(TooSlow):
            silent.exchange(FRAME)


def test_patience_ends(silent: SocketTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    monkeypatch.setattr(silent, "_waits", time.monotonic)
    monkeypatch.setattr(silent, "_answers", lambda deadline: _until(deadline) < 0)
    with pytest.raises(TooSlow):
        silent.exchange(FRAME)
    assert 0.19 * remote.PATIENCE <= time.monotonic() - begun < 0.4 * remote.PATIENCE


def test_the_kernel_says_how_long_it_waits(silent: SocketTransport) -> None:
    assert silent._schedule.read_text().split()[1].isdigit()


def _until(when: float) -> float:
    time.sleep(max(when - time.monotonic(), 0))
    return time.monotonic()
