"""Exercises of `10_regularization`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.regularization.adamw import ADAMW_STEP
from steepest_exercises.regularization.elastic import ELASTIC_NET_STEP
from steepest_exercises.regularization.images import SHIFT_IMAGES
from steepest_exercises.regularization.noise import NOISY_LOSS
from steepest_exercises.regularization.parameters import EFFECTIVE_PARAMETERS
from steepest_exercises.regularization.penalty import L2_OPTIMUM
from steepest_exercises.regularization.sparse import L1_OPTIMUM
from steepest_exercises.regularization.stopping import EARLY_STOPPED
from steepest_exercises.regularization.threshold import SOFT_THRESHOLD
from steepest_exercises.regularization.wall import MATCHING_ALPHA

__all__ = ["EXERCISES", "LESSON"]

LESSON = "10_regularization"
EXERCISES = (
    L2_OPTIMUM,
    EFFECTIVE_PARAMETERS,
    SOFT_THRESHOLD,
    L1_OPTIMUM,
    ELASTIC_NET_STEP,
    MATCHING_ALPHA,
    EARLY_STOPPED,
    ADAMW_STEP,
    NOISY_LOSS,
    SHIFT_IMAGES,
)
