"""What a sandbox is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = "/home/student"


class SandboxError(Exception):
    """The sandbox cannot be had or did not start; never the student's fault."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    memory : int
        Address space of a process in bytes; torch alone maps over 1 GiB.
    file_size : int
        Size of one file in bytes.
    open_files : int
        Open file descriptors.
    disk : int
        Size of the private home and of the private `/tmp` in bytes.
    """

    memory: int = 4 * 2**30
    file_size: int = 64 * 2**20
    open_files: int = 512
    disk: int = 256 * 2**20

    def prefix(self) -> list[str]:
        """A command that sets the limits and then becomes the one that follows it."""
        return [
            "prlimit",
            f"--as={self.memory}",
            f"--fsize={self.file_size}",
            f"--nofile={self.open_files}",
            "--core=0",
            "--",
        ]


class Sandbox(ABC):
    """Turns a command into one that runs the same program walled in."""

    @abstractmethod
    def command(self, argv: Sequence[str], *, shared: Path, limits: Limits) -> list[str]:
        """The command to start instead of `argv`; called once a kernel.

        Parameters
        ----------
        argv : sequence of str
            The program and its arguments.
        shared : Path
            The one folder that both sides see, at the same path; sockets live there.
        limits : Limits
            What the program may use.
        """

    def check(self) -> None:
        """Run a trivial program inside; called before any submission is touched.

        Raises
        ------
        SandboxError
            If that fails, with the way to mend it.
        """
        with tempfile.TemporaryDirectory(prefix="st-") as shared:
            self._try([sys.executable, "-c", "import steepest"], Path(shared))

    def _try(self, argv: Sequence[str], shared: Path) -> None:
        command = self.command(argv, shared=shared, limits=Limits())
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except OSError as error:
            raise SandboxError(self.advice(str(error))) from error
        except subprocess.TimeoutExpired as error:
            raise SandboxError(self.advice("it did not answer within 120 s")) from error
        if done.returncode:
            raise SandboxError(self.advice((done.stderr.strip().splitlines() or ["no reason given"])[-1]))

    @abstractmethod
    def advice(self, reason: str) -> str:
        """A sentence for someone whose machine refuses this sandbox; called by `check`."""


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
    }
