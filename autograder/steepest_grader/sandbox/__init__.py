"""Where student code runs: bubblewrap by default, nothing at all only on explicit request."""

from __future__ import annotations

from steepest_grader.sandbox.base import Limits, Sandbox, SandboxError
from steepest_grader.sandbox.bubblewrap import Bubblewrap
from steepest_grader.sandbox.none import NoSandbox

__all__ = ["Bubblewrap", "Limits", "NoSandbox", "Sandbox", "SandboxError", "open_sandbox"]


def open_sandbox(*, unsafe: bool = False) -> Sandbox:
    """The sandbox of this machine, tried out.

    Parameters
    ----------
    unsafe : bool
        Run student code as an ordinary process of this user instead.

    Raises
    ------
    SandboxError
        If the sandbox does not work here; the message says how to get it.
    """
    sandbox: Sandbox = NoSandbox() if unsafe else Bubblewrap()
    sandbox.check()
    return sandbox
