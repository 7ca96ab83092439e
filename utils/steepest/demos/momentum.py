"""Demos of `05_momentum`: averages, a ball in a bowl and the map of its rates, by the student's own functions."""

from __future__ import annotations

from steepest.demos._momentum_averages import AverageView, average_demo, draw_average, score, temperatures
from steepest.demos._momentum_map import RateMap, Scene, convergence_map_demo, draw_convergence_map, rate_map
from steepest.demos._momentum_path import MomentumView, draw_momentum, momentum_demo

__all__ = [
    "AverageView",
    "MomentumView",
    "RateMap",
    "Scene",
    "average_demo",
    "convergence_map_demo",
    "draw_average",
    "draw_convergence_map",
    "draw_momentum",
    "momentum_demo",
    "rate_map",
    "score",
    "temperatures",
]
