"""Exercises of `09_initialization`: standardization, fans, five initializers, spread and gradients through depth."""

from __future__ import annotations

from steepest_exercises.initialization.bounds import GRADIENT_BOUNDS
from steepest_exercises.initialization.fans import FANS
from steepest_exercises.initialization.glorot import GLOROT_NORMAL, GLOROT_UNIFORM
from steepest_exercises.initialization.he import HE_NORMAL, HE_UNIFORM
from steepest_exercises.initialization.lecun import LECUN_NORMAL
from steepest_exercises.initialization.min_max import MIN_MAX
from steepest_exercises.initialization.spread import ACTIVATION_SPREAD
from steepest_exercises.initialization.z_score import Z_SCORE
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
