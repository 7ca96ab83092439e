"""Demos of `07_second_order`: two steps at a saddle, a matrix that learns, and the spectrum that CG sees."""

from __future__ import annotations

from steepest.demos.second_order.basins import newton_demo
from steepest.demos.second_order.secant import secant_demo
from steepest.demos.second_order.spectrum import cg_demo

__all__ = ["cg_demo", "newton_demo", "secant_demo"]
