"""How MNIST-1D is drawn: Greydanus's recipe (2020), written for many rows at a time.

What is drawn, and in which order, is that of his package `mnist1d`, so that a seed gives the rows that it gives there.
"""

from __future__ import annotations

import numpy as np

CLASSES, LENGTH = 10, 40
PADDING = 36, 60  # zeros behind a shape: the fewer, the wider it is stretched
WIDE = 72  # numbers of a row before it is cut down
SHIFTS = 48
SCALE, SHEAR = 0.4, 0.75
CORRELATED, INDEPENDENT = 0.25, 0.02  # deviations of the noise
BLUR, REACH = 2.0, 8
SHAPES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)


def drawn(count: int, source: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """So many rows of each class, shuffled, and their classes."""
    n = CLASSES * count
    padding, shift = np.empty(n, np.int64), np.empty(n, np.int64)
    scale, shear = np.empty(n), np.empty(n)
    noise = np.empty((n, 2, WIDE))
    low, high = PADDING
    for row in range(n):
        padding[row] = low + int(source.random_sample() * (high - low + 1))
        scale[row] = 1 + SCALE * (source.random_sample() - 0.5)
        shift[row] = source.randint(SHIFTS)
        noise[row] = source.standard_normal((2, WIDE))
        shear[row] = SHEAR * (source.random_sample() - 0.5)
    shape = np.repeat(np.arange(CLASSES), count)
    rows: np.ndarray = _stretched(_shapes()[shape], padding) * scale[:, None]
    rows = np.take_along_axis(rows, (np.arange(WIDE) - shift[:, None]) % WIDE, axis=1)
    rows = np.where(rows != 0, rows, _blurred(CORRELATED * noise[:, 0])) + INDEPENDENT * noise[:, 1]
    rows = rows - shear[:, None] * np.linspace(-0.5, 0.5, WIDE)
    order = source.permutation(n)
    return _at(rows, np.linspace(0, WIDE - 1, LENGTH)[None])[order], shape[order]


def _shapes() -> np.ndarray:
    """The ten shapes, each beginning at nearly 0: what is exactly 0 is no part of it."""
    x = np.array(SHAPES)
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    shapes: np.ndarray = (x - x[:, :1]) / 6 + 1e-8
    return shapes


def _stretched(rows: np.ndarray, padding: np.ndarray) -> np.ndarray:
    """Rows with so many zeros behind them, stretched to one and the same length."""
    length = rows.shape[1]
    padded = np.pad(rows, ((0, 0), (0, PADDING[1])))
    return _at(padded, np.linspace(0, 1, WIDE) * (length + padding[:, None] - 1))


def _at(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The value of each row's broken line at places between its numbers."""
    places = np.broadcast_to(places, (len(rows), places.shape[1]))
    left = np.clip(np.floor(places), 0, rows.shape[1] - 2).astype(np.int64)
    low, high = (np.take_along_axis(rows, index, axis=1) for index in (left, left + 1))
    found: np.ndarray = low + (places - left) * (high - low)
    return found


def _blurred(rows: np.ndarray) -> np.ndarray:
    """Smoothed by a Gaussian, with the rows mirrored at their ends."""
    reach = np.arange(-REACH, REACH + 1)
    weights = np.exp(-0.5 * (reach / BLUR) ** 2)
    mirrored = np.pad(rows, ((0, 0), (REACH, REACH)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, len(reach), axis=1)
    blurred: np.ndarray = windows @ (weights / weights.sum())
    return blurred
