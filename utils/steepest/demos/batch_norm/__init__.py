"""Demos of `12_batch_norm`: batches that drift, and nets at a chosen rate, by the student's own functions."""

from __future__ import annotations

from steepest.demos.batch_norm.rates import rates_demo
from steepest.demos.batch_norm.shift import shift_demo

__all__ = ["rates_demo", "shift_demo"]
