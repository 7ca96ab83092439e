"""Where student code runs: bubblewrap by default, nothing at all only on explicit request."""

from __future__ import annotations

import torch

from steepest_grader.sandbox.base import Sandbox
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.none import NoSandbox
from steepest_grader.sandbox.seen import NOTHING_MORE, Private
from steepest_grader.sandbox.zygote import SandboxError

__all__ = ["open_sandbox"]


def open_sandbox(*, unsafe: bool = False, device: str = "cpu", private: Private = NOTHING_MORE) -> Sandbox:
    """The sandbox of this machine, warm; a context manager.

    Parameters
    ----------
    unsafe : bool
        Run student code as an ordinary process of this user instead.
    device : {"cpu", "cuda"}
        Whether kernels reach the GPU.
    private : Private
        What student code may not read besides the grader.

    Raises
    ------
    SandboxError
        If the sandbox does not work here; the message says how to get it.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise SandboxError("There is no GPU here that torch can use. Grade with --device cpu.")
    kind: type[Sandbox] = NoSandbox if unsafe else Bubblewrap
    sandbox = kind(device=device, private=private)
    sandbox.check()
    return sandbox
