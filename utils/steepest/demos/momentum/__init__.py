"""Demos of `05_momentum`: averages, a ball in a bowl and the map of its rates, by the student's own functions."""

from __future__ import annotations

from steepest.demos.momentum.averages import average_demo
from steepest.demos.momentum.map import convergence_map_demo
from steepest.demos.momentum.path import momentum_demo

__all__ = ["average_demo", "convergence_map_demo", "momentum_demo"]
