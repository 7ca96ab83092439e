"""The demo of `00_start_here`: the student's own `fit_line` moves a line and `gd_step` a point, as the rate changes."""

from __future__ import annotations

from steepest.demos.start_here.line import line_demo

__all__ = ["line_demo"]
