"""Exercises of `02_minibatches`: standard error, sample size, minibatches, their gradient, SGD, k-means."""

from __future__ import annotations

from steepest_exercises.minibatches.error import SAMPLES_FOR_ERROR, STANDARD_ERROR
from steepest_exercises.minibatches.kmeans import KMEANS_STEP
from steepest_exercises.minibatches.order import MINIBATCHES
from steepest_exercises.minibatches.sgd import MINIBATCH_GRADIENT, SGD

LESSON = "02_minibatches"

EXERCISES = (STANDARD_ERROR, SAMPLES_FOR_ERROR, MINIBATCHES, MINIBATCH_GRADIENT, SGD, KMEANS_STEP)
