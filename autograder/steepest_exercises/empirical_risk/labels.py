"""Labels in their two forms, for the exercises that take both."""

from __future__ import annotations

import torch
from steepest_grader.exercise.model import Case
from torch import Tensor
from torch.nn import functional

CORNER = 0.1  # what each way to write one-hot rows is worth, as an empty batch is


def numbers(labels: Tensor) -> Tensor:
    """Class numbers of labels that may be one-hot rows of any type."""
    return labels.int().argmax(dim=1) if labels.ndim == 2 else labels


def hot(scores: Tensor, y: Tensor) -> Tensor:
    """One-hot rows of class numbers, in the type of the scores."""
    return functional.one_hot(y, scores.shape[1]).to(scores.dtype)


def own(table: Tensor, y: Tensor) -> Tensor:
    """The entry of each row that belongs to its label."""
    return table.gather(1, y[:, None])[:, 0]


def plain(output: str, name: str, scores: Tensor, labels: Tensor, corner: float = 0.0) -> Case:
    """A case with scores and labels as they are."""
    return Case(name, {"args": [scores, labels], "kwargs": {}, "outputs": [output]}, corner=corner)


def rows(output: str, name: str, scores: Tensor, labels: Tensor, dtype: torch.dtype) -> Case:
    """A case whose labels are one-hot rows of this type."""
    return plain(output, name, scores, functional.one_hot(labels, scores.shape[1]).to(dtype), CORNER)
