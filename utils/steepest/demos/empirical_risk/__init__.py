"""Demos of `01_empirical_risk`: capacity and early stopping, and surrogates, by the student's own functions."""

from __future__ import annotations

from steepest.demos.empirical_risk.capacity import capacity_demo
from steepest.demos.empirical_risk.surrogates import surrogate_demo

__all__ = ["capacity_demo", "surrogate_demo"]
