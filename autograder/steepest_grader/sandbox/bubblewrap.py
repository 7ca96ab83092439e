"""Student code behind bubblewrap: what it must not reach is not there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib

from steepest_grader.sandbox.base import HOME, Sandbox, environment
from steepest_grader.sandbox.seen import Unfit, View, view
from steepest_grader.sandbox.zygote import SandboxError

SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/localtime",
)


class Bubblewrap(Sandbox):
    """No network, no other process, no file but the system's, Python's and the student package.

    Within this outer wall the warm process keeps the right to build walls around each kernel, and no kernel
    keeps any.
    """

    walled = True

    @property
    def kept(self) -> list[str]:
        """Where Python, its packages and the student package lie."""
        found = self._view()
        return [str(path) for path in (*found.shown, *found.links)]

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The outer wall; nothing of the host can be written to."""
        settings = [part for item in environment(HOME).items() for part in ("--setenv", *item)]
        return [
            "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
            "--uid", "0", "--gid", "0", "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN",
            "--cap-add", "CAP_SETFCAP", "--cap-add", "CAP_NET_ADMIN", "--hostname", "sandbox",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", HOME,
            *_mounts(self._view()), *_settings(), *_fonts(), *_gpu(self.device),
            "--remount-ro", "/", "--remount-ro", "/dev",  # all kernels see them, and they have no size of their own
            "--chdir", HOME, *settings, "--", *argv,
        ]  # fmt: skip

    def advice(self, reason: str) -> str:
        """Say how to get bubblewrap, what to move or install, or how user namespaces are switched on."""
        if shutil.which("bwrap") is None:
            return (
                "The sandbox needs bubblewrap, which is not installed: `apt-get install bubblewrap`, or "
                "`conda install -c conda-forge bubblewrap`."
            )
        try:
            view(self.private)
        except Unfit as error:
            return str(error)
        if "ModuleNotFoundError" in reason or "ImportError" in reason:
            return (
                f"bubblewrap works, but within it a package that kernels need cannot be imported: {reason}. "
                f"Install that package anew: {sys.executable} -m pip install …"
            )
        return (
            f"bubblewrap does not work here: {reason}. Unprivileged user namespaces may be switched off: see "
            "`sysctl kernel.unprivileged_userns_clone` and `kernel.apparmor_restrict_unprivileged_userns`."
        )

    def _view(self) -> View:
        try:
            return view(self.private)
        except Unfit as error:
            raise SandboxError(str(error)) from error


def _mounts(found: View) -> Iterator[str]:
    for path in found.shown:
        yield from ("--ro-bind", str(path), str(path))
    for path, target in found.links.items():
        yield from ("--symlink", str(target), str(path))
    for path in found.emptied:
        yield from ("--tmpfs", str(path), "--remount-ro", str(path))  # all kernels see it
    for path in found.covered:
        yield from ("--ro-bind", "/dev/null", str(path))


def _settings() -> Iterator[str]:
    for name in SETTINGS:
        yield from ("--ro-bind-try", name, name)


def _gpu(device: str) -> Iterator[str]:
    """The GPU's devices, and what its driver reads, where they are asked for."""
    if device == "cuda":
        for path in sorted(Path("/dev").glob("nvidia*")):
            yield from ("--dev-bind", str(path), str(path))
        for path in (Path("/sys"), *sorted(Path("/usr/local").glob("cuda*"))):
            yield from ("--ro-bind-try", str(path), str(path))


def _fonts() -> Iterator[str]:
    """Matplotlib's list of fonts, so that no kernel has to search for them again."""
    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        yield from ("--ro-bind", str(path), f"{HOME}/.matplotlib/{path.name}")
