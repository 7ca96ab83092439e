"""No sandbox: student code runs as this user, with limits but without walls."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from steepest_grader.sandbox.base import Sandbox, environment


class NoSandbox(Sandbox):
    """For machines where nothing else can be had and every submission is trusted."""

    walled = False

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """A clean environment, no more."""
        settings = [f"{name}={value}" for name, value in environment(tempfile.gettempdir()).items()]
        return ["env", "-i", *settings, *argv]

    def advice(self, reason: str) -> str:
        """What to say where even a plain process cannot be started."""
        return f"A plain process cannot be started: {reason}. Check that `env` (coreutils) is on PATH."
