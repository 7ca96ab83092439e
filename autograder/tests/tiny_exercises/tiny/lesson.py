"""One exercise, borrowed from the course."""

from __future__ import annotations

from steepest_exercises.momentum.polyak import MOMENTUM_STEP

LESSON = "90_tiny"
EXERCISES = (MOMENTUM_STEP,)
