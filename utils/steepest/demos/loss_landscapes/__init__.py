"""Demos of `03_loss_landscapes`: steps, bowls, walls and saddles under the student's own functions."""

from __future__ import annotations

from steepest.demos.loss_landscapes.bowl import bowl_demo
from steepest.demos.loss_landscapes.cliff import cliff_demo
from steepest.demos.loss_landscapes.gabor import gabor_demo
from steepest.demos.loss_landscapes.monitor import monitor_demo
from steepest.demos.loss_landscapes.regimes import regime_demo
from steepest.demos.loss_landscapes.saddle import saddle_demo
from steepest.demos.loss_landscapes.taylor import landscape_demo

__all__ = ["bowl_demo", "cliff_demo", "gabor_demo", "landscape_demo", "monitor_demo", "regime_demo", "saddle_demo"]
