"""Exercises of `03_loss_landscapes`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.loss_landscapes.clipping import CLIP_BY_VALUE
from steepest_exercises.loss_landscapes.condition import CONDITION_NUMBER
from steepest_exercises.loss_landscapes.critical import CLASSIFY_CRITICAL_POINT
from steepest_exercises.loss_landscapes.gabor import GABOR_LOSS
from steepest_exercises.loss_landscapes.norms import CLIP_BY_NORM
from steepest_exercises.loss_landscapes.products import HVP
from steepest_exercises.loss_landscapes.rates import OPTIMAL_LR, STABLE_LR_LIMIT
from steepest_exercises.loss_landscapes.regime import STEP_REGIME
from steepest_exercises.loss_landscapes.spectrum import CURVATURES
from steepest_exercises.loss_landscapes.taylor import TAYLOR_TERMS

__all__ = ["EXERCISES", "LESSON"]

LESSON = "03_loss_landscapes"
EXERCISES = (
    STEP_REGIME,
    CURVATURES,
    CONDITION_NUMBER,
    STABLE_LR_LIMIT,
    OPTIMAL_LR,
    TAYLOR_TERMS,
    HVP,
    GABOR_LOSS,
    CLASSIFY_CRITICAL_POINT,
    CLIP_BY_VALUE,
    CLIP_BY_NORM,
)
