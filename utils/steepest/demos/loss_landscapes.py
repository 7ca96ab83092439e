"""Demos of `03_loss_landscapes`: steps, bowls, walls and saddles under the student's own functions."""

from __future__ import annotations

from steepest.demos._loss_landscapes_bowl import BowlView, Roll, bowl_demo, draw_bowl, roll
from steepest.demos._loss_landscapes_cliff import CliffView, Fall, cliff_demo, draw_cliff
from steepest.demos._loss_landscapes_gabor import Fit, Gabor, GaborView, draw_gabor, gabor_demo
from steepest.demos._loss_landscapes_monitor import Monitor, MonitorView, draw_monitor, monitor_demo
from steepest.demos._loss_landscapes_regimes import RegimeView, draw_regime, regime_demo
from steepest.demos._loss_landscapes_saddle import SaddleView, draw_saddle, escape, saddle_demo
from steepest.demos._loss_landscapes_taylor import (
    LandscapeView,
    Watched,
    draw_taylor,
    landscape_demo,
    start_at,
    watch,
)

__all__ = [
    "BowlView",
    "CliffView",
    "Fall",
    "Fit",
    "Gabor",
    "GaborView",
    "LandscapeView",
    "Monitor",
    "MonitorView",
    "RegimeView",
    "Roll",
    "SaddleView",
    "Watched",
    "bowl_demo",
    "cliff_demo",
    "draw_bowl",
    "draw_cliff",
    "draw_gabor",
    "draw_monitor",
    "draw_regime",
    "draw_saddle",
    "draw_taylor",
    "escape",
    "gabor_demo",
    "landscape_demo",
    "monitor_demo",
    "regime_demo",
    "roll",
    "saddle_demo",
    "start_at",
    "watch",
]
