"""Exercises of `13_representations`, in the order of the lesson."""

from __future__ import annotations

from steepest_exercises.representations.bumps import RBF_FEATURES
from steepest_exercises.representations.clusters import CLUSTER_WIDTHS
from steepest_exercises.representations.denoising import DENOISING_LOSS
from steepest_exercises.representations.gradients import RBF_GRADIENTS
from steepest_exercises.representations.latent import REPARAMETRIZE
from steepest_exercises.representations.readout import FIT_READOUT
from steepest_exercises.representations.seeding import KMEANS_PLUS_PLUS
from steepest_exercises.representations.sparsity import SPARSITY_PENALTY
from steepest_exercises.representations.stack import PRETRAIN_STACK
from steepest_exercises.representations.variational import VAE_LOSS

__all__ = ["EXERCISES", "LESSON"]

LESSON = "13_representations"
EXERCISES = (
    RBF_FEATURES,
    KMEANS_PLUS_PLUS,
    CLUSTER_WIDTHS,
    FIT_READOUT,
    RBF_GRADIENTS,
    SPARSITY_PENALTY,
    DENOISING_LOSS,
    PRETRAIN_STACK,
    REPARAMETRIZE,
    VAE_LOSS,
)
