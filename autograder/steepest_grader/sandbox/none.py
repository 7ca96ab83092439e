"""No sandbox: student code runs as this user, with limits but without walls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from steepest_grader.sandbox.base import Limits, Sandbox, environment


class NoSandbox(Sandbox):
    """For machines where nothing else can be had and every submission is trusted."""

    def command(self, argv: Sequence[str], *, shared: Path, limits: Limits) -> list[str]:
        """Limits and a clean environment, no more."""
        settings = [f"{name}={value}" for name, value in environment(str(shared)).items()]
        return ["env", "-i", *settings, *limits.prefix(), *argv]

    def advice(self, reason: str) -> str:
        """What to say where even a plain process cannot be started."""
        return f"A plain process cannot be started: {reason}. Check that `env` and `prlimit` (util-linux) are on PATH."
