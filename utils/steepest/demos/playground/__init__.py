"""A playground: a small net on points in a plane, trained live with the student's functions or torch's."""

from __future__ import annotations

from steepest.demos.playground.playground import playground_demo

__all__ = ["playground_demo"]
