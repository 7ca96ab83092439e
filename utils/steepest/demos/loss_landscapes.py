"""Demos of `03_loss_landscapes`: steps, bowls, walls and saddles under the student's own functions."""

from __future__ import annotations

from steepest.demos._loss_landscapes_bowl import BowlView, Roll, bowl_demo, draw_bowl, roll
from steepest.demos._loss_landscapes_regimes import RegimeView, draw_regime, regime_demo

__all__ = ["BowlView", "RegimeView", "Roll", "bowl_demo", "draw_bowl", "draw_regime", "regime_demo", "roll"]
