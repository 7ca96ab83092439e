"""Demos of `10_regularization`: corners, walls and springs, and invented examples, by the student's own functions."""

from __future__ import annotations

from steepest.demos.regularization.augment import augment_demo
from steepest.demos.regularization.ellipse import ellipse_demo
from steepest.demos.regularization.wall import wall_or_spring_demo

__all__ = ["augment_demo", "ellipse_demo", "wall_or_spring_demo"]
