"""References for `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def empirical_risk(
    predict: Callable[[Tensor], Tensor], loss: Callable[[Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> Tensor:
    """(1/n) Σ L(f(xᵢ), yᵢ)  (Vapnik 1992)."""
    _refuse_empty(x)
    return loss(predict(x), y).mean()


def zero_one_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of rows whose first highest score is not the label's."""
    _refuse_empty(scores)
    wrong = scores.argmax(dim=1).ne(class_numbers(labels))
    return wrong.to(scores.dtype).mean()


def logistic_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean of log(1 + exp(−m)), m = s for label 1 and −s for label 0."""
    _refuse_empty(scores)
    margins = torch.where(labels > 0, scores, -scores)
    return (margins.neg().clamp(min=0) + margins.abs().neg().exp().log1p()).mean()


def negative_log_likelihood(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean of log Σⱼ exp(sⱼ) − s_y, the highest score taken out of the sum."""
    _refuse_empty(scores)
    top = scores.amax(dim=1, keepdim=True)
    shifted = scores - top
    chosen = shifted.gather(1, class_numbers(labels)[:, None])[:, 0]
    return (shifted.exp().sum(dim=1).log() - chosen).mean()


def nll_gradient(scores: Tensor, labels: Tensor) -> Tensor:
    """(softmax(s) − one-hot(y)) / n, row by row."""
    n, k = scores.shape
    target = torch.nn.functional.one_hot(class_numbers(labels), k).to(scores.dtype)
    weights = (scores - scores.amax(dim=1, keepdim=True)).exp()
    return (weights / weights.sum(dim=1, keepdim=True) - target) / n


def early_stop(val_losses: Tensor, *, patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """Last improvement, and where `patience` steps in a row have brought none  (Prechelt 1998)."""
    losses = val_losses.tolist()
    if not losses:
        raise ValueError("`val_losses` must hold at least one loss. Got none.")
    best_step = 0
    for step in range(1, len(losses)):
        if losses[step] < losses[best_step] - min_delta:
            best_step = step
        elif step - best_step == patience:
            return best_step, step
    return best_step, len(losses) - 1


def class_numbers(labels: Tensor) -> Tensor:
    """Class numbers of labels that may be one-hot rows of any type."""
    return labels.int().argmax(dim=1) if labels.ndim == 2 else labels


def _refuse_empty(rows: Tensor) -> None:
    if len(rows) == 0:
        raise ValueError("A mean needs at least one example. Got an empty batch.")
