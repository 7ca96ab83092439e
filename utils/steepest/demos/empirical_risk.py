"""Demos of `01_empirical_risk`: capacity and early stopping, and surrogates, by the student's own functions."""

from __future__ import annotations

from steepest.demos._empirical_risk_capacity import (
    CapacityView,
    Course,
    best_fits,
    capacity_demo,
    course,
    draw_capacity,
    true_risk,
)
from steepest.demos._empirical_risk_surrogates import (
    SURROGATES,
    Losses,
    Standing,
    SurrogateView,
    borders,
    draw_surrogate,
    examples,
    measure,
    slope,
    surrogate_demo,
)

__all__ = [
    "SURROGATES",
    "CapacityView",
    "Course",
    "Losses",
    "Standing",
    "SurrogateView",
    "best_fits",
    "borders",
    "capacity_demo",
    "course",
    "draw_capacity",
    "draw_surrogate",
    "examples",
    "measure",
    "slope",
    "surrogate_demo",
    "true_risk",
]
