"""Demos of `09_initialization`: starts by the student's own functions, and what becomes of them."""

from __future__ import annotations

from steepest.demos.initialization.signals import signal_demo
from steepest.demos.initialization.xor import xor_demo

__all__ = ["signal_demo", "xor_demo"]
