"""Demos of `14_capstone`: a budget, an ablation and a table of confusions, by the student's own functions."""

from __future__ import annotations

from steepest.demos.capstone.ablation import ablation_demo
from steepest.demos.capstone.confusion import confusion_demo
from steepest.demos.capstone.recipe import recipe_demo

__all__ = ["ablation_demo", "confusion_demo", "recipe_demo"]
