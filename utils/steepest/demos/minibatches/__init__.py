"""Demos of `02_minibatches`: a cloud of minibatch gradients, and paths, drawn by the student's own functions."""

from __future__ import annotations

from steepest.demos.minibatches.cloud import minibatch_demo
from steepest.demos.minibatches.paths import path_demo

__all__ = ["minibatch_demo", "path_demo"]
