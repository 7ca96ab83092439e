"""Exercises of `06_adaptive_methods`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.adaptive_methods.adadelta import ADADELTA_STEP
from steepest_exercises.adaptive_methods.adagrad import ADAGRAD_STEP
from steepest_exercises.adaptive_methods.adam import ADAM_STEP
from steepest_exercises.adaptive_methods.adamax import ADAMAX_STEP
from steepest_exercises.adaptive_methods.delta_bar_delta import DELTA_BAR_DELTA_STEP
from steepest_exercises.adaptive_methods.gauss_newton import DIAGONAL_GAUSS_NEWTON
from steepest_exercises.adaptive_methods.nadam import NADAM_STEP
from steepest_exercises.adaptive_methods.quickprop import QUICKPROP_STEP
from steepest_exercises.adaptive_methods.rmsprop import RMSPROP_STEP
from steepest_exercises.adaptive_methods.rprop import RPROP_STEP

__all__ = ["EXERCISES", "LESSON"]

LESSON = "06_adaptive_methods"
EXERCISES = (
    DELTA_BAR_DELTA_STEP,
    RPROP_STEP,
    QUICKPROP_STEP,
    ADAGRAD_STEP,
    DIAGONAL_GAUSS_NEWTON,
    RMSPROP_STEP,
    ADADELTA_STEP,
    ADAM_STEP,
    ADAMAX_STEP,
    NADAM_STEP,
)
