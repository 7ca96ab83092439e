"""Small data sets that need no network: what scikit-learn ships, and synthetic ones made from a seed.

Every loader returns `Data(x, y)`: rows are examples, columns features; `y` holds numbers (float) or classes (int64).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steepest._mnist1d import drawn

__all__ = [
    "Data",
    "blobs",
    "breast_cancer",
    "diabetes",
    "digits",
    "line",
    "mnist1d",
    "shuffled",
    "split",
    "wine",
    "with_ones",
]


class Data(NamedTuple):
    """Examples and their targets.

    Attributes
    ----------
    x : Tensor, shape (n, d)
        One row an example.
    y : Tensor, shape (n,)
        Targets of a regression, or class numbers.

    Examples
    --------
    >>> Data(torch.zeros(3, 2), torch.ones(3)).y
    tensor([1., 1., 1.])
    """

    x: Tensor
    y: Tensor


def line(
    n: int = 30,
    *,
    intercept: float = 2.0,
    slope: float = 3.0,
    noise: float = 0.1,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Points near a line: y = intercept + slope · x + U(−noise, noise), x standard normal.

    Returns
    -------
    Data
        ``x`` of shape (n, 2) has a column of ones first, so that θ = (intercept, slope).

    Examples
    --------
    >>> line(4).x.shape
    torch.Size([4, 2])
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    y = intercept + slope * x + rng.uniform(-noise, noise, n)
    return Data(with_ones(torch.from_numpy(x)[:, None]).to(dtype), torch.from_numpy(y).to(dtype))


def blobs(
    n: int = 1000,
    *,
    k: int = 6,
    dim: int = 2,
    side: float = 10.0,
    spread: float = 0.8,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Round clusters with centres drawn uniformly from a cube.

    Parameters
    ----------
    n, k, dim : int
        Number of points, of clusters and of coordinates.
    side : float
        Length of the cube's edges.
    spread : float
        Standard deviation of a cluster in each coordinate.
    seed : int
        Of centres and points.
    dtype : torch.dtype
        Type of ``x``.

    Returns
    -------
    Data
        ``y`` is the number of the cluster that a point was drawn from.

    Examples
    --------
    >>> x, y = blobs(100, k=3)
    >>> x.shape, y.unique()
    (torch.Size([100, 2]), tensor([0, 1, 2]))
    """
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, side, (k, dim))
    labels = rng.integers(k, size=n)
    points = centers[labels] + spread * rng.standard_normal((n, dim))
    return Data(torch.from_numpy(points).to(dtype), torch.from_numpy(labels))


def digits(*, dtype: torch.dtype = torch.float32) -> Data:
    """1797 handwritten digits of 8 × 8 pixels, scaled to [0, 1] (Alpaydin & Kaynak 1998).

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape, x.max()
    (torch.Size([1797, 64]), tensor(1.))
    """
    raw = _shipped("load_digits")
    return Data(torch.from_numpy(raw.data / 16).to(dtype), torch.from_numpy(raw.target).long())


def mnist1d(n: int = 5000, *, seed: int = 42, dtype: torch.dtype = torch.float32) -> Data:
    """MNIST-1D: ten shapes of 40 numbers, each stretched, scaled, moved, sheared and noised anew (Greydanus 2020).

    Parameters
    ----------
    n : int
        Rows, in random order, a tenth of each class: a multiple of 10.
    seed : int
        From 0 to 2³² − 1. With 42 and 5000 rows these are the author's own, of which the first 4000 are for training.
    dtype : torch.dtype
        Type of ``x``, whose numbers have mean 0 and deviation 1 all together.

    Raises
    ------
    ValueError
        If `n` is no positive multiple of 10.

    Examples
    --------
    >>> x, y = mnist1d(100)
    >>> x.shape, y.bincount()
    (torch.Size([100, 40]), tensor([10, 10, 10, 10, 10, 10, 10, 10, 10, 10]))
    """
    if n < 10 or n % 10:
        raise ValueError(f"`n` must be a positive multiple of 10, a tenth for each class. Got {n!r}.")
    x, y = drawn(n // 10, np.random.RandomState(seed))
    return Data(torch.from_numpy((x - x.mean()) / x.std()).to(dtype), torch.from_numpy(y))


def breast_cancer(*, dtype: torch.dtype = torch.float32) -> Data:
    """569 tumours, 30 features with mean 0 and deviation 1; class 1 is benign (Wolberg et al. 1995).

    Examples
    --------
    >>> x, y = breast_cancer()
    >>> x.shape, y.bincount()
    (torch.Size([569, 30]), tensor([212, 357]))
    """
    raw = _shipped("load_breast_cancer")
    return Data(_standardized(raw.data).to(dtype), torch.from_numpy(raw.target).long())


def wine(*, dtype: torch.dtype = torch.float32) -> Data:
    """178 wines of three growers, 13 features with mean 0 and deviation 1 (Forina et al. 1988).

    Examples
    --------
    >>> x, y = wine()
    >>> x.shape, y.bincount()
    (torch.Size([178, 13]), tensor([59, 71, 48]))
    """
    raw = _shipped("load_wine")
    return Data(_standardized(raw.data).to(dtype), torch.from_numpy(raw.target).long())


def diabetes(*, dtype: torch.dtype = torch.float32) -> Data:
    """442 patients, 10 features; features and progression have mean 0, deviation 1 (Efron et al. 2004).

    The columns are age, sex, body mass index, blood pressure and six blood measurements.

    Examples
    --------
    >>> diabetes().x.shape
    torch.Size([442, 10])
    """
    raw = _shipped("load_diabetes")
    y = _standardized(raw.target[:, None])[:, 0]
    return Data(_standardized(raw.data).to(dtype), y.to(dtype))


def with_ones(x: Tensor) -> Tensor:
    """Put a column of ones before the features, so that the first parameter is an intercept.

    Examples
    --------
    >>> with_ones(torch.tensor([[5.0], [7.0]]))
    tensor([[1., 5.],
            [1., 7.]])
    """
    return torch.cat([torch.ones_like(x[:, :1]), x], dim=1)


def shuffled(data: Data, size: int, *, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Minibatches without end: the rows are shuffled anew for every epoch, and a short last batch is left out.

    Parameters
    ----------
    data : Data
        What they are taken from.
    size, seed : int
        Rows of a minibatch, and seed of the shuffling.

    Examples
    --------
    >>> x, y = next(shuffled(Data(torch.zeros(10, 3), torch.arange(10)), 4, seed=0))
    >>> x.shape, y.shape
    (torch.Size([4, 3]), torch.Size([4]))
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(data.x), generator=generator)
        for rows in order[: len(order) // size * size].view(-1, size):
            yield data.x[rows], data.y[rows]


def split(data: Data, *, test: float = 0.2, seed: int = 0) -> tuple[Data, Data]:
    """Shuffle and cut into a training and a test set.

    Parameters
    ----------
    data : Data
        What to cut.
    test : float
        Share of the test set, between 0 and 1.
    seed : int
        Of the shuffle.

    Raises
    ------
    ValueError
        If `test` leaves one of the two sets empty.

    Examples
    --------
    >>> train, test = split(line(10), test=0.3)
    >>> len(train.x), len(test.x)
    (7, 3)
    """
    n = len(data.x)
    held = round(test * n)
    if not 0 < held < n:
        raise ValueError(
            f"`test` must leave rows in both sets. Got {test!r} for {n} rows. Did you pass a number of rows?"
        )
    order = torch.from_numpy(np.random.default_rng(seed).permutation(n))
    train, rest = order[held:], order[:held]
    return Data(data.x[train], data.y[train]), Data(data.x[rest], data.y[rest])


def _shipped(name: str) -> Any:
    from sklearn import datasets  # takes a second: only for those who ask

    return getattr(datasets, name)()


def _standardized(table: np.ndarray) -> Tensor:
    return torch.from_numpy((table - table.mean(axis=0)) / table.std(axis=0))
