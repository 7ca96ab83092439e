"""Exercises of `11_dropout`: masks, scaling at test time, the inverted form and its gradient, two relatives."""

from __future__ import annotations

from steepest_exercises.dropout.backward import DROPOUT_BACKWARD
from steepest_exercises.dropout.classic import DROPOUT_TRAIN
from steepest_exercises.dropout.connect import DROPCONNECT
from steepest_exercises.dropout.inverted import INVERTED_DROPOUT
from steepest_exercises.dropout.mask import DROPOUT_MASK
from steepest_exercises.dropout.scaling import DROPOUT_TEST, FOLD_KEEP
from steepest_exercises.dropout.zoneout import ZONEOUT

LESSON = "11_dropout"

EXERCISES = (
    DROPOUT_MASK,
    DROPOUT_TRAIN,
    DROPOUT_TEST,
    FOLD_KEEP,
    INVERTED_DROPOUT,
    DROPOUT_BACKWARD,
    DROPCONNECT,
    ZONEOUT,
)
