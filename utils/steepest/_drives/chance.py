"""How far counts may lie from what chance would make of them."""

from __future__ import annotations

import math

import torch

QUANTILE = 7.0  # of the normal distribution: exceeded with a probability of about 1e-12


def chi_square_bound(freedom: int) -> float:
    """What a chi-square variable of so many degrees of freedom stays under; Wilson and Hilferty's approximation."""
    return freedom * (1 - 2 / (9 * freedom) + QUANTILE * math.sqrt(2 / (9 * freedom))) ** 3


def spread(counts: torch.Tensor, size: int) -> float:
    """Pearson's statistic of how far counts out of `size` lie from their mean; 0 where nothing or all is kept."""
    mean = float(counts.mean())
    variance = mean * (1 - mean / size)
    return float((counts - mean).square().sum()) / variance if variance > 0 else 0.0
