"""Exercises of `09_initialization`: standardization, fans, five initializers, spread and gradients through depth."""

from __future__ import annotations

from steepest_grader.exercises._initialization_depth import ACTIVATION_SPREAD, GRADIENT_BOUNDS
from steepest_grader.exercises._initialization_fans import FANS, LECUN_NORMAL
from steepest_grader.exercises._initialization_glorot import GLOROT_NORMAL, GLOROT_UNIFORM
from steepest_grader.exercises._initialization_he import HE_NORMAL, HE_UNIFORM
from steepest_grader.exercises._initialization_scaling import MIN_MAX, Z_SCORE
from steepest_grader.exercises._initialization_zca import ZCA

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
