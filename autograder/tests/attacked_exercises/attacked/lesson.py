"""Three exercises, with less patience than for students, so that a thousand endless loops take minutes."""

from __future__ import annotations

from dataclasses import replace

from steepest_exercises.momentum.ewa import EWA
from steepest_exercises.momentum.polyak import MOMENTUM_STEP
from steepest_exercises.momentum.speed import TERMINAL_SPEED

LESSON = "91_attacked"
SECONDS = 2.0
EXERCISES = tuple(replace(item, seconds=SECONDS) for item in (EWA, MOMENTUM_STEP, TERMINAL_SPEED))
