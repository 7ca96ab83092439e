"""What wants a network, a front end or a compiler while a notebook is graded gets a sentence, and the cell goes on."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from steepest._checks import downloads

__all__ = ["go_offline"]

FETCHES = (
    "pip", "pip3", "uv", "pipx", "poetry", "conda", "mamba", "micromamba", "apt", "apt-get", "npm", "wget", "curl",
    "git", "gdown", "kaggle",
)  # fmt: skip
COMMAND = re.compile(
    rf"(?:^|[;&|])\s*(?:sudo\s+)?(?:yes\s*\|\s*)?(?:\S*python[\d.]*\s+-m\s+)?(?:\S*/)?({'|'.join(FETCHES)})(?=\s|$)"
)
COLAB = "google.colab"
FAILED = 1


def go_offline(shell: Any) -> None:
    """Answer installers, downloads and what only a hosted notebook has with a sentence.

    What the course has declared can be fetched; it lies below the folder that is current now.

    Parameters
    ----------
    shell : InteractiveShell
        Of the kernel that is going to run a notebook.
    """
    from ipykernel import zmqshell
    from IPython.core import interactiveshell  # whoever only checks answers needs no kernel

    magic = shell.run_line_magic

    def line_magic(name: str, line: str, _stack_depth: int = 1) -> Any:
        if name in FETCHES:
            return _say(f"%{name}")
        if shell.find_line_magic(name) is None:
            return print(f"%{name} is not known to this kernel, and was passed over.")
        if name not in ("load_ext", "reload_ext", "config", "matplotlib"):
            return magic(name, line, _stack_depth + 1)
        try:
            return magic(name, line, _stack_depth + 1)
        except Exception as error:  # noqa: BLE001 - what is not here must not cost what follows in the cell
            return print(f"%{name} {line}: {type(error).__name__}: {error}. It was passed over.")

    shell.run_line_magic = line_magic
    home = Path.cwd()
    # what they are given by the shell has its variables put in already
    zmqshell.system = _unless_it_fetches(zmqshell.system, FAILED, home)  # type: ignore[attr-defined]
    interactiveshell.getoutput = _unless_it_fetches(interactiveshell.getoutput, "", home)
    downloads.answer(home)
    _say_who_is_not_there()
    _add_colab()
    _keep_backend()
    _compile_nothing()


def _unless_it_fetches(run: Callable[[str], Any], otherwise: Any, home: Path) -> Callable[[str], Any]:
    def call(command: str) -> Any:
        found = COMMAND.findall(command)
        if not found or (downloads.PROGRAMS.keys() >= set(found) and downloads.declares(home)):
            return run(command)
        _say(found[0])
        return otherwise

    return call


def _say_who_is_not_there() -> None:
    """Name the machine that a cell looks for, where Python says no more than that there is a failure."""
    look = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return look(host, *args, **kwargs)
        except socket.gaierror as error:
            if host == "localhost":  # there is no list of hosts
                return look("127.0.0.1", *args, **kwargs)
            said = f"there is no network while a notebook is graded, and {str(host)[:200]} cannot be reached"
            raise socket.gaierror(error.errno, said) from error

    socket.getaddrinfo = look_up


def _keep_backend() -> None:
    """Pass over a choice of matplotlib's backend that cannot be had here."""
    if "matplotlib" not in sys.modules:
        return
    matplotlib = sys.modules["matplotlib"]
    use = matplotlib.use

    def keep(backend: str, *, force: bool = True) -> None:
        try:
            use(backend, force=force)
        except ImportError as error:
            print(f"matplotlib.use({backend!r}): {error}. It was passed over.")

    matplotlib.use = keep  # type: ignore[attr-defined]


def _compile_nothing() -> None:
    """Let functions that are handed to torch's compiler stay as they are: it takes longer than all that they do."""
    if "torch" not in sys.modules:
        return

    def stay(model: Any = None, **_: Any) -> Any:
        print("torch.compile was passed over: while a notebook is graded, functions and models run as they are.")
        return model if model is not None else lambda model: model

    sys.modules["torch"].compile = stay  # type: ignore[attr-defined]


def _say(name: str) -> None:
    print(f"{name} was not run: there is no network while a notebook is graded. What the course uses is installed.")


def _add_colab() -> None:
    """The parts of `google.colab` that ask for something from outside."""
    module = ModuleType(COLAB)
    parts: dict[str, dict[str, Callable[..., Any]]] = {
        "drive": {"mount": _absent("drive.mount", None), "flush_and_unmount": _absent("drive.flush_and_unmount", None)},
        "files": {"upload": _absent("files.upload", {}), "download": _absent("files.download", None)},
        "userdata": {"get": _absent("userdata.get", "")},
        "auth": {"authenticate_user": _absent("auth.authenticate_user", None)},
    }
    for name, functions in parts.items():
        part = ModuleType(f"{COLAB}.{name}")
        vars(part).update(functions)
        setattr(module, name, part)
        sys.modules[part.__name__] = part
    sys.modules[COLAB] = module
    parent = sys.modules.setdefault("google", ModuleType("google"))
    parent.colab = module  # type: ignore[attr-defined]


def _absent(name: str, given: Any) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        print(f"{name} does nothing while a notebook is graded: nothing but the notebook was handed in.")
        return given

    return call
