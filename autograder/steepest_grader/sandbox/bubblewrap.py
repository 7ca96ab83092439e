"""Student code behind bubblewrap: what it must not reach is not there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import matplotlib
from steepest._checks import content

from steepest_grader.installed import secret_packages
from steepest_grader.sandbox.base import HOME, Sandbox, environment
from steepest_grader.sandbox.zygote import SandboxError

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
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
        arguments = list(_python())
        return [arguments[at + 2] for at, name in enumerate(arguments) if name == "--ro-bind"]

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The outer wall; nothing of the host can be written to."""
        settings = [part for item in environment(HOME).items() for part in ("--setenv", *item)]
        return [
            "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
            "--uid", "0", "--gid", "0", "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN",
            "--cap-add", "CAP_SETFCAP", "--cap-add", "CAP_NET_ADMIN", "--hostname", "sandbox",
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", HOME,
            *_system(), *_python(), *_fonts(), *_gpu(self.device),
            "--remount-ro", "/", "--remount-ro", "/dev",  # all kernels see them, and they have no size of their own
            "--chdir", HOME, *settings, "--", *argv,
        ]  # fmt: skip

    def advice(self, reason: str) -> str:
        """Say how to get bubblewrap, or how user namespaces are switched on."""
        if shutil.which("bwrap") is None:
            return (
                "The sandbox needs bubblewrap, which is not installed: `apt-get install bubblewrap`, or "
                "`conda install -c conda-forge bubblewrap`."
            )
        return (
            f"bubblewrap does not work here: {reason}. Unprivileged user namespaces may be switched off: see "
            "`sysctl kernel.unprivileged_userns_clone` and `kernel.apparmor_restrict_unprivileged_userns`."
        )


def _system() -> Iterator[str]:
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    for name in SETTINGS:
        yield from ("--ro-bind-try", name, name)


def _python() -> Iterator[str]:
    """The interpreter with its packages, student packages, and nothing in the place of grader and exercises."""
    students = [_package(name) for name in content.packages()]
    roots = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}
    for path in (*sorted(roots), *students):
        if not any(path.is_relative_to(name) for name in SYSTEM):
            yield from ("--ro-bind", str(path), str(path))
    if Path(sys.prefix) != Path(sys.prefix).resolve():  # no second mount, in which what is hidden would be seen
        yield from ("--symlink", str(Path(sys.prefix).resolve()), sys.prefix)
    for name in secret_packages():
        hidden = _package(name)
        if any(hidden.is_relative_to(root) for root in (*roots, *students, Path("/usr"))):
            yield from ("--tmpfs", str(hidden), "--remount-ro", str(hidden))  # all kernels see it


def _gpu(device: str) -> Iterator[str]:
    """The GPU's devices, and what its driver reads, where they are asked for."""
    if device == "cuda":
        for path in sorted(Path("/dev").glob("nvidia*")):
            yield from ("--dev-bind", str(path), str(path))
        yield from ("--ro-bind-try", "/sys", "/sys")


def _fonts() -> Iterator[str]:
    """Matplotlib's list of fonts, so that no kernel has to search for them again."""
    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        yield from ("--ro-bind", str(path), f"{HOME}/.matplotlib/{path.name}")


def _package(name: str) -> Path:
    """The folder of an installed package.

    Raises
    ------
    SandboxError
        If there is none: of a single module the folder around it would be mounted.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None or spec.submodule_search_locations is None:
        raise SandboxError(f"The package {name!r} is not installed, or is no folder with an __init__.py.")
    return Path(spec.origin).resolve().parent
