"""Exercises of `14_capstone`, in the order of the lesson.

The last three are judged by one another: in the notebook their answer cells stand together, and their test cells behind
them.
"""

from __future__ import annotations

from steepest_exercises.capstone.answers import PREDICT_DIGITS
from steepest_exercises.capstone.contest import CONTEST
from steepest_exercises.capstone.counting import CONFUSION
from steepest_exercises.capstone.evaluation import EVALUATE
from steepest_exercises.capstone.learning import TRAIN_STEP
from steepest_exercises.capstone.scores import NETWORK_SCORES
from steepest_exercises.capstone.start import PREPARE_TRAINING
from steepest_exercises.capstone.stepping import STEP_ALL
from steepest_exercises.capstone.training import TRAIN_PASS

__all__ = ["CONTEST", "EXERCISES", "LESSON"]

LESSON = "14_capstone"
EXERCISES = (
    STEP_ALL,
    TRAIN_PASS,
    NETWORK_SCORES,
    EVALUATE,
    CONFUSION,
    PREPARE_TRAINING,
    TRAIN_STEP,
    PREDICT_DIGITS,
)
