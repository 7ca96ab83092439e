"""Demos of `06_adaptive_methods`: the race, effective rates, and Adam's correction, by the student's own steppers."""

from __future__ import annotations

from steepest.demos._adaptive_methods_correction import correction_demo
from steepest.demos._adaptive_methods_race import race_demo
from steepest.demos._adaptive_methods_rates import effective_rate_demo

__all__ = ["correction_demo", "effective_rate_demo", "race_demo"]
