"""Demos of `08_backpropagation`: a graph, the check by differences and a deep net, by the student's own functions."""

from __future__ import annotations

from steepest.demos.backpropagation.checking import gradient_check_demo
from steepest.demos.backpropagation.depth import slope_demo
from steepest.demos.backpropagation.graph import graph_demo

__all__ = ["gradient_check_demo", "graph_demo", "slope_demo"]
