"""Exercises of `09_initialization`: standardization, fans, five initializers, spread and gradients through depth."""

from __future__ import annotations

from steepest_exercises.initialization.depth import ACTIVATION_SPREAD, GRADIENT_BOUNDS
from steepest_exercises.initialization.fans import FANS, LECUN_NORMAL
from steepest_exercises.initialization.glorot import GLOROT_NORMAL, GLOROT_UNIFORM
from steepest_exercises.initialization.he import HE_NORMAL, HE_UNIFORM
from steepest_exercises.initialization.scaling import MIN_MAX, Z_SCORE
from steepest_exercises.initialization.zca import ZCA

LESSON = "09_initialization"

EXERCISES = (
    MIN_MAX,
    Z_SCORE,
    ZCA,
    FANS,
    LECUN_NORMAL,
    ACTIVATION_SPREAD,
    GLOROT_UNIFORM,
    GLOROT_NORMAL,
    HE_UNIFORM,
    HE_NORMAL,
    GRADIENT_BOUNDS,
)
