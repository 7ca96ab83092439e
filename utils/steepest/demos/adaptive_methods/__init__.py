"""Demos of `06_adaptive_methods`: the race, effective rates, and Adam's correction, by the student's own steppers."""

from __future__ import annotations

from steepest.demos.adaptive_methods.correction import correction_demo
from steepest.demos.adaptive_methods.race import race_demo
from steepest.demos.adaptive_methods.rates import effective_rate_demo

__all__ = ["correction_demo", "effective_rate_demo", "race_demo"]
