"""What lies outside the sandbox and must not be read, changed or reached: one small world for each attack."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import steepest_grader

__all__ = ["Listeners", "World", "listeners", "survivors"]

PREFIX = "steepest-left-"
PLACES = tuple(map(Path, ("/", "/dev", "/home", "/etc", "/run", "/tmp", "/dev/shm")))
SETTINGS = (
    "kernel/core_pattern", "kernel/hostname", "kernel/domainname", "kernel/modprobe", "kernel/randomize_va_space",
    "kernel/sysrq", "kernel/yama/ptrace_scope", "vm/overcommit_memory", "vm/swappiness", "fs/suid_dumpable",
    "net/ipv4/ip_forward",
)  # fmt: skip


@dataclass
class Listeners:
    """Sockets that tell the secret to whoever connects."""

    secret: str
    port: int
    abstract: str
    path: Path
    met: int = 0  # how often someone has connected


@contextmanager
def listeners(folder: Path) -> Iterator[Listeners]:
    """A TCP port, an abstract socket and one with a path, as a display, a bus or a database may have them."""
    found = Listeners(secrets.token_hex(16), 0, f"steepest-{secrets.token_hex(4)}", folder / "bus")
    tcp = socket.create_server(("127.0.0.1", 0))
    abstract, path = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0{found.abstract}")
    path.bind(str(found.path))
    found.port = tcp.getsockname()[1]
    for listener in (tcp, abstract, path):
        listener.listen()
        threading.Thread(target=_tell, args=(listener, found), daemon=True).start()
    try:
        yield found
    finally:
        for listener in (tcp, abstract, path):
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _tell(listener: socket.socket, found: Listeners) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        found.met += 1
        with connection, contextlib.suppress(OSError):
            connection.sendall(found.secret.encode())


class World:
    """A folder with a secret, a gradebook and a neighbour's notebook, and a process that holds the secret too.

    Parameters
    ----------
    folder : Path
        Is made.
    listeners : Listeners
        Shared by all worlds.
    """

    def __init__(self, folder: Path, listeners: Listeners) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.secret = secrets.token_hex(16)
        self.token = secrets.token_hex(4)
        self.listeners = listeners
        (folder / "secret.txt").write_text(self.secret)
        (folder / "neighbour.ipynb").write_text(f'{{"cells": [], "secret": "{self.secret}"}}')
        with sqlite3.connect(folder / "gradebook.db") as book:
            book.execute("create table grade (auto_score float)")
            book.execute("insert into grade values (1)")
        self.open_file = (folder / "secret.txt").open()
        os.set_inheritable(self.open_file.fileno(), True)
        self.process = subprocess.Popen(
            ["sleep", "3600"], env={"STEEPEST_SECRET": self.secret}, stdin=subprocess.DEVNULL
        )
        self._before = self._state()

    def fill(self, text: str) -> str:
        """Put what lies outside in the place of the words that stand for it."""
        values = {
            "SECRET": self.secret,
            "SECRET_FILE": self.folder / "secret.txt",
            "WORLD": self.folder,
            "NEIGHBOUR": self.folder / "neighbour.ipynb",
            "GRADEBOOK": self.folder / "gradebook.db",
            "GRADER": Path(steepest_grader.__file__).parents[1],
            "PID": self.process.pid,
            "FD": self.open_file.fileno(),
            "TOKEN": f"{PREFIX}{self.token}",
            "NAME": f"sl-{self.token}",  # the kernel keeps 15 characters of a process's name
            "PORT": self.listeners.port,
            "ABSTRACT": self.listeners.abstract,
            "BUS": self.listeners.path,
        }
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text.replace("BREACH", "\\x42REACH")  # so that a traceback, which shows the source, does not say it

    def told(self, text: str) -> bool:
        """Whether a text holds what nobody inside may know, or says that something was done."""
        return any(word in text for word in (self.secret, self.listeners.secret, "BREACH"))

    def changes(self) -> list[str]:
        """What is not as it was, and what is still there."""
        after = self._state()
        keys = sorted(self._before.keys() | after.keys())
        changed = [key for key in keys if self._before.get(key) != after.get(key)]
        left = [str(path) for place in PLACES for path in place.glob(f"{PREFIX}{self.token}*")]
        return [*changed, *left, *(f"process {pid}" for pid in survivors(self.token))]

    def _state(self) -> dict[str, str]:
        state = {"the process": _status(self.process.pid)}
        for path in sorted(self.folder.rglob("*")):
            content = path.read_bytes() if path.is_file() else b""
            state[str(path)] = f"{path.lstat().st_mode:o} {hashlib.sha256(content).hexdigest()}"
        for name in SETTINGS:
            path = Path("/proc/sys") / name
            state[name] = path.read_text() if path.is_file() else ""
        return state

    def end(self) -> None:
        """End its process, and whatever an attack left behind."""
        for pid in survivors(self.token):
            os.kill(pid, 9)
        for place in PLACES:
            for path in place.glob(f"{PREFIX}{self.token}*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.process.kill()
        self.process.wait()
        self.open_file.close()
        shutil.rmtree(self.folder)


def _status(pid: int) -> str:
    """Whether a process is there, stopped, traced or slowed down."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
        priority = os.getpriority(os.PRIO_PROCESS, pid)
    except OSError:
        return "gone"
    values = dict(line.split(":", 1) for line in text.splitlines())
    state = values["State"].split()[0]
    return f"{state if state in 'TtZX' else 'runs'}, traced by{values['TracerPid']}, priority {priority}"


def survivors(token: str) -> list[int]:
    """Processes that bear a token in their name or in their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            said = (folder / "comm").read_bytes() + (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if token.encode() in said and state != "Z":
            found.append(int(folder.name))
    return found
