"""Exercises of `04_learning_rates`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.learning_rates.choose import CHOOSE_RATE
from steepest_exercises.learning_rates.conditions import ROBBINS_MONRO
from steepest_exercises.learning_rates.cycle import ONE_CYCLE
from steepest_exercises.learning_rates.drops import STEP_DECAY
from steepest_exercises.learning_rates.floor import NOISE_FLOOR
from steepest_exercises.learning_rates.linear import LINEAR_DECAY
from steepest_exercises.learning_rates.mean import AVERAGE_STEP
from steepest_exercises.learning_rates.plateau import PLATEAU_DECAY
from steepest_exercises.learning_rates.power import POWER_DECAY
from steepest_exercises.learning_rates.restarts import COSINE_RESTARTS

__all__ = ["EXERCISES", "LESSON"]

LESSON = "04_learning_rates"
EXERCISES = (
    CHOOSE_RATE,
    NOISE_FLOOR,
    ROBBINS_MONRO,
    LINEAR_DECAY,
    POWER_DECAY,
    STEP_DECAY,
    PLATEAU_DECAY,
    AVERAGE_STEP,
    ONE_CYCLE,
    COSINE_RESTARTS,
)
