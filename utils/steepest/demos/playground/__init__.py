"""The playground of `12_batch_norm`: a small net, trained live with the student's functions or torch's."""

from __future__ import annotations

from steepest.demos.playground.playground import playground_demo

__all__ = ["playground_demo"]
