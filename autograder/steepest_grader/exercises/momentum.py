"""Exercises of `05_momentum`, in the order of the lesson."""

from __future__ import annotations

from steepest_grader.exercises._momentum_averages import EWA, EWA_CORRECTED
from steepest_grader.exercises._momentum_constants import POLYAK_CONSTANTS, TERMINAL_SPEED
from steepest_grader.exercises._momentum_nesterov import NESTEROV_STEP
from steepest_grader.exercises._momentum_polyak import MOMENTUM_STEP
from steepest_grader.exercises._momentum_rate import CONVERGENCE_RATE

__all__ = ["EXERCISES", "LESSON"]

LESSON = "05_momentum"
EXERCISES = (
    EWA,
    EWA_CORRECTED,
    MOMENTUM_STEP,
    TERMINAL_SPEED,
    NESTEROV_STEP,
    CONVERGENCE_RATE,
    POLYAK_CONSTANTS,
)
