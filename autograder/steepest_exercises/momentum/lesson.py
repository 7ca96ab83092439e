"""Exercises of `05_momentum`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.momentum.constants import POLYAK_CONSTANTS
from steepest_exercises.momentum.corrected import EWA_CORRECTED
from steepest_exercises.momentum.ewa import EWA
from steepest_exercises.momentum.nesterov import NESTEROV_STEP
from steepest_exercises.momentum.polyak import MOMENTUM_STEP
from steepest_exercises.momentum.rate import CONVERGENCE_RATE
from steepest_exercises.momentum.speed import TERMINAL_SPEED

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
