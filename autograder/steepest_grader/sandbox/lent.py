"""The kernels of another process's sandbox, for a child in which one submission is graded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from steepest_grader.sandbox.base import Kernels, Sandbox
from steepest_grader.sandbox.bounded import Ask, Bounded, Work
from steepest_grader.sandbox.zygote import Process

__all__ = ["Lender", "Lent", "lending"]

State = tuple[int | None, str, float, int]


class Lent(Kernels):
    """Asks for each kernel, and how it is; reads their messages by itself.

    Parameters
    ----------
    ask : callable
        Puts a question to a `Lender`.
    device : {"cpu", "cuda"}
    """

    def __init__(self, ask: Ask, device: str) -> None:
        super().__init__(device)
        self._ask = ask

    def fork(self, connection: dict[str, Any]) -> Process:
        """Start a kernel."""
        return _Process(self._ask, *self._ask("fork", connection))

    def kill(self, process: Process) -> None:
        """End it."""
        process.status, process.reason, process.cpu, process.memory = self._ask("kill", process.name)


class _Process(Process):
    def __init__(self, ask: Ask, name: str, folder: Path, inside: Path) -> None:
        super().__init__(name, folder, inside)
        self._ask = ask

    def wait(self, seconds: float) -> bool:
        if self.status is None:
            self.status, self.reason, self.cpu, self.memory = self._ask("wait", self.name, seconds)
        return self.status is not None


class Lender:
    """Answers a `Lent`.

    Parameters
    ----------
    sandbox : Sandbox
        Whose kernels it lends.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lent: dict[str, Process] = {}

    def answer(self, op: str, *args: Any) -> Any:
        """Answer one question: `fork`, `wait` or `kill`."""
        return getattr(self, f"_{op}")(*args)

    def _fork(self, connection: dict[str, Any]) -> tuple[str, Path, Path]:
        process = self._sandbox.fork(connection)
        self._lent[process.name] = process
        return process.name, process.folder, process.inside

    def _wait(self, name: str, seconds: float) -> State:
        """How a kernel is, once it has ended or so many seconds have passed."""
        process = self._lent[name]
        process.wait(seconds)
        return process.status, process.reason, process.cpu, process.memory

    def _kill(self, name: str) -> State:
        """End a kernel, and say how it was."""
        process = self._lent.pop(name)
        self._sandbox.kill(process)
        return process.status, process.reason, process.cpu, process.memory

    def close(self) -> None:
        """End what was not given back."""
        for name in list(self._lent):
            self._kill(name)


@contextmanager
def lending(sandbox: Sandbox, key: object, work: Work) -> Iterator[tuple[Bounded, Lender]]:
    """A child of this process for some work, and who answers it when it asks for the sandbox's kernels.

    Parameters
    ----------
    sandbox : Sandbox
        Whose kernels it uses, and which keeps the child for the next who comes with the same key.
    key : object
        Stands for what the child does.
    work : Work
        What a new child is to do.
    """
    lender = Lender(sandbox)
    try:
        with sandbox.children.one(key, lambda: Bounded(work, fresh=torch.cuda.device_count() > 0)) as child:
            yield child, lender
    finally:
        lender.close()
