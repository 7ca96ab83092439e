"""Documents as counts of words, a few of which are in every document and most in hardly any: sparse features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from steepest.data import Data

__all__ = ["bag_of_words", "document_gradient", "document_loss"]


def bag_of_words(
    n: int = 1000,
    *,
    n_words: int = 400,
    length: int = 40,
    exponent: float = 1.0,
    signal: float = 1.0,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Data:
    """Documents of two classes, as word counts.

    Word k is drawn with a probability in proportion to k⁻ˢ (Zipf 1935). Each word has a hidden weight, which is the
    larger the rarer it is, and a document's class follows from the sum of its words' weights.

    Parameters
    ----------
    n, n_words, length : int
        Number of documents, of words that exist, and of words in a document.
    exponent : float
        The exponent s.
    signal : float
        Standard deviation of the documents' sums: the larger, the surer the class.
    seed : int
        Of weights and documents.
    dtype : torch.dtype
        Type of both tensors.

    Returns
    -------
    Data
        Counts of shape (n, n_words), the most frequent word first, and classes 0 and 1 as floats.

    Examples
    --------
    >>> bag_of_words(10, n_words=50).x.sum(dim=1)[0]
    tensor(40., dtype=torch.float64)
    """
    rng = np.random.default_rng(seed)
    share = np.arange(1, n_words + 1) ** -exponent
    share /= share.sum()
    counts = rng.multinomial(length, share, size=n)
    weights = rng.standard_normal(n_words) / np.sqrt(share)
    scores = counts @ weights
    scores = signal * (scores - scores.mean()) / scores.std()
    classes = rng.random(n) < 1 / (1 + np.exp(-scores))
    return Data(torch.from_numpy(counts).to(dtype), torch.from_numpy(classes).to(dtype))


def document_loss(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Mean of the negative log-likelihood of logistic regression.

    Parameters
    ----------
    theta : Tensor, shape (..., d)
        Weights; several sets of them at once where there are leading axes.
    x, y : Tensor, shapes (..., m, d) and (..., m)
        Rows, and classes 0 and 1.

    Returns
    -------
    Tensor, shape (...)

    Examples
    --------
    >>> x, y = bag_of_words(10, n_words=5)
    >>> document_loss(torch.zeros(5, dtype=x.dtype), x, y).round(decimals=3)
    tensor(0.6930, dtype=torch.float64)
    """
    scores = _scores(theta, x)
    targets = y.to(scores.dtype).expand_as(scores)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
    return losses.mean(dim=-1)


def document_gradient(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Gradient of `document_loss`, in the shape of `theta`.

    Examples
    --------
    >>> x, y = bag_of_words(10, n_words=5)
    >>> document_gradient(torch.zeros(5, dtype=x.dtype), x, y).shape
    torch.Size([5])
    """
    excess = (_scores(theta, x).sigmoid() - y) / x.shape[-2]
    return (excess.unsqueeze(-2) @ x).squeeze(-2)


def _scores(theta: Tensor, x: Tensor) -> Tensor:
    return (theta.unsqueeze(-2) @ x.mT).squeeze(-2)
