"""What a sandbox is."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from steepest_grader.sandbox.bounded import Children
from steepest_grader.sandbox.courier import Courier
from steepest_grader.sandbox.seen import NOTHING_MORE, Private
from steepest_grader.sandbox.zygote import Process, SandboxError, Zygote

HOME = "/home/student"


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    address_space : int
        Of one process in bytes; torch alone maps over 1 GiB.
    resident : int
        Memory in bytes that all processes together may own.
    processes : int
        At a time, threads of other processes included.
    cpu_seconds : int
        CPU time of one process.
    file_size : int
        Size of one file in bytes.
    open_files : int
        Open file descriptors of one process.
    disk : int
        Size of the private home, of `/tmp` and of `/dev/shm`, each, in bytes.
    locks, sockets : int
        Locks on files, and sockets, of all processes together: the memory behind them is counted nowhere.
    """

    address_space: int = 4 * 2**30
    resident: int = 2 * 2**30
    processes: int = 64
    cpu_seconds: int = 600
    file_size: int = 64 * 2**20
    open_files: int = 256
    disk: int = 128 * 2**20
    locks: int = 1_000
    sockets: int = 256

    def of_process(self) -> dict[str, int]:
        """The limits under the names by which the kernel's side knows them, see ``setrlimit(2)``."""
        return {
            "as": self.address_space,
            "fsize": self.file_size,
            "nofile": self.open_files,
            "nproc": 4 * self.processes,
            "cpu": self.cpu_seconds,
            "core": 0,
            "msgqueue": 0,
            "resident": self.resident,
            "processes": self.processes,
            "disk": self.disk,
            "locks": self.locks,
            "sockets": self.sockets,
        }


# CUDA maps all of the GPU's and the machine's memory into its address space.
ON_A_GPU = Limits(address_space=2**44, resident=8 * 2**30, processes=256)


class Kernels(ABC):
    """Where kernels for student code come from. Safe to use from several threads.

    Parameters
    ----------
    device : {"cpu", "cuda"}
        Whether kernels reach the GPU.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._lock = threading.Lock()
        self._couriers: list[Courier] = []

    @abstractmethod
    def fork(self, connection: dict[str, Any]) -> Process:
        """Start a kernel.

        Parameters
        ----------
        connection : dict
            Content of a Jupyter connection file, without `ip`.

        Raises
        ------
        SandboxError
            If it does not come up.
        """

    @abstractmethod
    def kill(self, process: Process) -> None:
        """End a kernel and everything that it started."""

    def courier(self) -> Courier:
        """A process that reads the messages of one kernel at a time; to be given back, or closed.

        Raises
        ------
        SandboxError
            If it cannot be started.
        """
        with self._lock:
            if self._couriers:
                return self._couriers.pop()
        try:
            return Courier()
        except OSError as error:
            raise SandboxError(f"No process can be started that reads a kernel's messages: {error}.") from error

    def give_back(self, courier: Courier) -> None:
        """Keep it for the next kernel."""
        with self._lock:
            self._couriers.append(courier)


class Sandbox(Kernels):
    """Forks kernels for student code behind walls.

    Parameters
    ----------
    limits : Limits, optional
        For each kernel.
    device : {"cpu", "cuda"}
        Whether kernels reach the GPU.
    private : Private
        What no kernel may read, where there are walls.

    Attributes
    ----------
    children : Children
        Processes of this one in which submissions are graded.
    """

    walled: bool

    def __init__(self, limits: Limits | None = None, *, device: str = "cpu", private: Private = NOTHING_MORE) -> None:
        super().__init__(device)
        self.private = private
        self.limits = limits or (Limits() if device == "cpu" else ON_A_GPU)
        self.children = Children()
        self._zygote: Zygote | None = None

    @abstractmethod
    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The command to start instead of `argv`: the same program behind the outer wall."""

    @abstractmethod
    def advice(self, reason: str) -> str:
        """A sentence for someone whose machine refuses this sandbox."""

    @property
    def kept(self) -> Sequence[str]:
        """What kernels must see, even where it lies in a folder of which each has its own."""
        return ()

    def fork(self, connection: dict[str, Any]) -> Process:
        """Start a kernel."""
        return self._warm().fork(connection)

    def kill(self, process: Process) -> None:
        """End a kernel and everything that it started."""
        if self._zygote is not None:
            self._zygote.kill(process)

    def check(self) -> None:
        """Start the warm process; called before any submission is touched.

        Raises
        ------
        SandboxError
            If that fails, with the way to mend it.
        """
        self._warm()

    def close(self) -> None:
        """End every process of it; it can be used again afterwards."""
        self.children.close()
        with self._lock:
            if self._zygote is not None:
                self._zygote.close()
                self._zygote = None
            while self._couriers:
                self._couriers.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _warm(self) -> Zygote:
        with self._lock:
            if self._zygote is not None and not self._zygote.alive:
                self._zygote.close()
                self._zygote = None
            if self._zygote is None:
                try:
                    self._zygote = Zygote(
                        self.wrap, walled=self.walled, limits=self.limits.of_process(), kept=self.kept
                    )
                except (SandboxError, OSError) as error:
                    raise SandboxError(self.advice(str(error))) from error
            return self._zygote


def environment(home: str) -> dict[str, str]:
    """The whole environment of student code; nothing of ours is passed on."""
    return {
        "HOME": home,
        "USER": "student",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "TORCHDYNAMO_DISABLE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "NBGRADER_EXECUTION": "autograde",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
