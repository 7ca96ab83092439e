"""Many submissions on a Dask cluster: bytes go out, values come back."""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, Security
from distributed.comm import connect

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import ClusterError, told
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.grading.collect import Submission
from steepest_grader.grading.lanes import unread
from steepest_grader.grading.worker import pack
from steepest_grader.installed import code_digest
from steepest_grader.notebook.restore import MAX_BYTES
from steepest_grader.sandbox.base import Sandbox

CONNECT_SECONDS = 8
LOOK_SECONDS = 1.0
FETCH_SECONDS = 30
ABSENT_SECONDS = 60.0
AHEAD = 1.25  # submissions in flight for each thread: enough that none waits for the next
QUIET = {"distributed.admin.large-graph-warning-threshold": 2 * MAX_BYTES}  # a submission may be as large as that

LOG = logging.getLogger(__name__)


def grade_on_cluster(
    lesson: Lesson,
    submissions: Iterable[Submission],
    *,
    sandbox: Sandbox,
    address: str,
    started: Callable[[str], None] | None = None,
) -> Iterator[GradedSubmission]:
    """What `schedule.grade_all` promises, on the workers of the Dask scheduler at an address."""
    with _connected(address) as client:
        run = _Run(client, address, lesson, sandbox)
        yield from run.results(iter(submissions), started or (lambda student: None))


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        asyncio.run(_ask(address))
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ClusterError(
            f"No Dask scheduler answers at {address}: {reason}. Start one with `dask scheduler` and name its address."
        ) from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is said here, once
    try:
        yield client
    except (OSError, CancelledError) as error:
        raise ClusterError(
            f"The scheduler at {address} has gone. What was graded is recorded: start it again, and run this again."
        ) from error
    finally:
        client.close(timeout=CONNECT_SECONDS)


async def _ask(address: str) -> None:
    """Fail soon where something answers that is no scheduler: `Client` would wait for it without end."""
    settings = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=CONNECT_SECONDS, **settings), CONNECT_SECONDS)
    await comm.close()


class _Run:
    """One run: what is in flight, which workers can be used, and what has to be graded alone."""

    def __init__(self, client: Client, address: str, lesson: Lesson, sandbox: Sandbox) -> None:
        self.client = client
        self.address = address
        self.lesson = lesson
        self.task = _task(code_digest().hex(), pack(lesson, sandbox))
        self.in_flight: dict[Future, tuple[Submission, set[str]]] = {}
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.refused: dict[str, str] = {}
        self.workers: dict[str, int] = {}
        self.seen = time.monotonic()
        self.looked = -math.inf
        self.suspects: list[Submission] = []
        self.alone = False

    def results(self, rest: Iterator[Submission], started: Callable[[str], None]) -> Iterator[GradedSubmission]:
        """Send, wait, hand on; at the end, what may have ended its worker is graded once more, alone."""
        try:
            while True:
                self._look()
                while len(self.in_flight) < self._room() and (item := next(rest, None)) is not None:
                    started(item.student)
                    if item.data is None:
                        yield unread(self.lesson, item)
                    else:
                        self._send(item)
                if self.in_flight:
                    yield from self._receive()
                elif self.suspects:
                    rest, self.suspects, self.alone = iter(self.suspects), [], True
                else:
                    return
        finally:
            if self.in_flight:
                self.client.cancel(list(self.in_flight))

    def _room(self) -> int:
        return 1 if self.alone else 1 + math.ceil(AHEAD * sum(self.workers.values()))

    def _send(self, item: Submission) -> None:
        only = set(self.workers) if self.refused else set()
        with dask.config.set(QUIET):
            future = self.client.submit(
                self.task,
                item.as_plain(),
                pure=False,
                workers=only or None,
            )
        self.in_flight[future] = item, only
        future.add_done_callback(self.done.put)

    def _receive(self) -> Iterator[GradedSubmission]:
        """Wait a little for one result."""
        try:
            future = self.done.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return
        if future not in self.in_flight:  # it was cancelled and sent again
            return
        item, only = self.in_flight.pop(future)
        try:
            value = future.result(timeout=FETCH_SECONDS)
        except TimeoutError:  # the worker that held the result has gone, and Dask makes it again
            self.in_flight[future] = item, only
            future.add_done_callback(self.done.put)
        except KilledWorker as error:
            # Dask counts against everything that was on a worker when it ended
            if self.alone:
                message = f"Every worker that graded it ended, the last at {error.last_worker.address}."
                yield self.lesson.ungraded(item.student, Outcome.GRADER_ERROR, message)
            else:
                self.suspects.append(item)
        except CancelledError:
            raise
        except Exception as error:
            LOG.exception("grading of %a failed", item.student)
            message = f"The grader failed: {told(error)}."
            yield self.lesson.ungraded(item.student, Outcome.GRADER_ERROR, message)
        else:
            if isinstance(value, GradedSubmission):
                yield value
            else:
                self._refuse(*value)
                self._send(item)

    def _refuse(self, worker: str, reason: str) -> None:
        """Use a worker no more in this run; what was meant for it goes to another."""
        if worker not in self.refused:
            LOG.warning("The worker %s is not used: %s", worker, reason)
            self.refused[worker] = reason
            self.looked = -math.inf
            self._look()

    def _look(self) -> None:
        """See which workers there are, at most once in `LOOK_SECONDS`."""
        now = time.monotonic()
        if now - self.looked < LOOK_SECONDS:
            return
        present = self.client.nthreads()
        self.looked = now
        self.workers = {worker: threads for worker, threads in present.items() if worker not in self.refused}
        if present and not self.workers:
            reasons = "; ".join(f"{worker}: {self.refused[worker]}" for worker in present)
            raise ClusterError(f"No worker of the scheduler at {self.address} can be used. {reasons}")
        if self.workers:
            self.seen = now
        elif now - self.seen > ABSENT_SECONDS:
            raise ClusterError(
                f"The scheduler at {self.address} has had no worker for {ABSENT_SECONDS:g} s. Start some with "
                f"`dask worker {self.address}`, and run this again: what was graded is recorded."
            )
        for future, (item, only) in list(self.in_flight.items()):
            if only and self.workers and not only & set(self.workers):  # they have all gone
                del self.in_flight[future]
                self.client.cancel([future])
                self._send(item)


def _task(version: str, packed: bytes) -> Callable[[dict[str, Any]], Any]:
    """The work as a function that travels by value, so that a worker without this grader can say so.

    It gives a `GradedSubmission`, or the worker's address and why it cannot grade.
    """

    def grade(found: dict[str, Any]) -> Any:
        from distributed import get_worker

        where = get_worker().address
        try:
            from steepest_grader.installed import code_digest

            if code_digest().hex() != version:
                return where, "its steepest and steepest_grader are not those of this machine. Install the same there."
            from steepest_grader.grading.worker import SandboxError, grade
        except ImportError as error:
            return where, f"it has no steepest_grader that can be used ({error}). Install it there."
        try:
            return grade(packed, found, where=where)
        except SandboxError as error:
            return where, str(error)

    return grade
