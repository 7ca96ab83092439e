"""Exercises of `06_adaptive_methods`, in the order of the lesson."""

from __future__ import annotations

from steepest_grader.exercises._adaptive_methods_adagrad import ADAGRAD_STEP, DIAGONAL_GAUSS_NEWTON
from steepest_grader.exercises._adaptive_methods_adam import ADAM_STEP
from steepest_grader.exercises._adaptive_methods_adamax import ADAMAX_STEP
from steepest_grader.exercises._adaptive_methods_delta_bar_delta import DELTA_BAR_DELTA_STEP
from steepest_grader.exercises._adaptive_methods_nadam import NADAM_STEP
from steepest_grader.exercises._adaptive_methods_quickprop import QUICKPROP_STEP
from steepest_grader.exercises._adaptive_methods_rmsprop import ADADELTA_STEP, RMSPROP_STEP
from steepest_grader.exercises._adaptive_methods_rprop import RPROP_STEP

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
