"""Exercises of `12_batch_norm`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.batch_norm.backward import BATCH_NORM_BACKWARD
from steepest_exercises.batch_norm.eval import BATCH_NORM_EVAL
from steepest_exercises.batch_norm.fold import FOLD_BATCH_NORM
from steepest_exercises.batch_norm.running import UPDATE_RUNNING
from steepest_exercises.batch_norm.statistics import POPULATION_STATISTICS
from steepest_exercises.batch_norm.train import BATCH_NORM_TRAIN

__all__ = ["EXERCISES", "LESSON"]

LESSON = "12_batch_norm"
EXERCISES = (
    BATCH_NORM_TRAIN,
    BATCH_NORM_BACKWARD,
    POPULATION_STATISTICS,
    UPDATE_RUNNING,
    BATCH_NORM_EVAL,
    FOLD_BATCH_NORM,
)
