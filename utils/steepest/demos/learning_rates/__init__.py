"""Demos of `04_learning_rates`: the floor of a constant rate, a range test, and all schedules on a noisy bowl."""

from __future__ import annotations

from steepest.demos.learning_rates.floor import floor_demo
from steepest.demos.learning_rates.range_test import range_test_demo
from steepest.demos.learning_rates.schedules import schedule_demo

__all__ = ["floor_demo", "range_test_demo", "schedule_demo"]
