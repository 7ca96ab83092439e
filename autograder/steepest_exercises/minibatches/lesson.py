"""Exercises of `02_minibatches`: standard error, sample size, minibatches, their gradient, SGD, k-means."""

from __future__ import annotations

from steepest_exercises.minibatches.error import STANDARD_ERROR
from steepest_exercises.minibatches.gradient import MINIBATCH_GRADIENT
from steepest_exercises.minibatches.kmeans import KMEANS_STEP
from steepest_exercises.minibatches.order import MINIBATCHES
from steepest_exercises.minibatches.sgd import SGD
from steepest_exercises.minibatches.size import SAMPLES_FOR_ERROR

LESSON = "02_minibatches"

EXERCISES = (STANDARD_ERROR, SAMPLES_FOR_ERROR, MINIBATCHES, MINIBATCH_GRADIENT, SGD, KMEANS_STEP)
