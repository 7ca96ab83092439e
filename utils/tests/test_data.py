"""Loaders: shapes, types, scales, and the same data from the same seed."""

from __future__ import annotations

import pytest
import steepest.data
import torch
from steepest.data import (
    Data,
    blobs,
    breast_cancer,
    diabetes,
    digits,
    line,
    mnist1d,
    shuffled,
    split,
    wine,
    with_ones,
)

LOADERS = {
    "blobs": (blobs, (1000, 2), 6),
    "breast_cancer": (breast_cancer, (569, 30), 2),
    "diabetes": (diabetes, (442, 10), None),
    "digits": (digits, (1797, 64), 10),
    "line": (line, (30, 2), None),
    "mnist1d": (mnist1d, (5000, 40), 10),
    "wine": (wine, (178, 13), 3),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_loader_gives_rows_and_targets(name: str, dtype: torch.dtype) -> None:
    loader, shape, classes = LOADERS[name]
    x, y = loader(dtype=dtype)
    assert tuple(x.shape) == shape
    assert tuple(y.shape) == shape[:1]
    assert x.dtype == dtype
    if classes is None:
        assert y.dtype == dtype
    else:
        assert y.unique().tolist() == list(range(classes))
        assert y.dtype == torch.int64


@pytest.mark.parametrize("loader", [breast_cancer, diabetes, wine])
def test_features_are_standardized(loader: object) -> None:
    x = loader(dtype=torch.float64).x  # type: ignore[operator]
    assert x.mean(0).abs().max() < 1e-12
    assert (x.std(0, correction=0) - 1).abs().max() < 1e-12


@pytest.mark.parametrize("loader", [line, blobs, mnist1d])
def test_a_seed_decides_the_data(loader: object) -> None:
    first, again, other = loader(seed=1), loader(seed=1), loader(seed=2)  # type: ignore[operator]
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.y, again.y)
    assert not torch.equal(first.x, other.x)


def test_the_line_is_the_one_asked_for() -> None:
    x, y = line(200, intercept=-1.0, slope=0.5, noise=0.1, dtype=torch.float64)
    rest = y - (-1.0 + 0.5 * x[:, 1])
    assert torch.equal(x[:, 0], torch.ones(200, dtype=torch.float64))
    assert 0.08 < rest.abs().max() <= 0.1


# Of the package `mnist1d` 0.0.2.post1, `make_dataset` with these seeds, to four digits: beginnings of rows, classes.
ROWS = {
    42: ({0: (-0.3320, -0.4719, -0.7787, -1.0097), 4999: (-0.5193, -0.6987, -1.281, -2.161)}, [2, 6, 4, 5, 6, 6, 6, 0]),
    7: ({0: (-0.1313, 0.0515, 0.1202, -0.6607), 4999: (-0.1365, -0.3591, 0.6691, 2.2237)}, [8, 1, 7, 5, 4, 5, 4, 8]),
}


@pytest.mark.parametrize("seed", ROWS)
def test_mnist1d_is_that_of_its_author(seed: int) -> None:
    rows, classes = ROWS[seed]
    x, y = mnist1d(seed=seed, dtype=torch.float64)
    for row, wanted in rows.items():
        assert x[row, :4].tolist() == pytest.approx(wanted, abs=6e-5)
    assert y[: len(classes)].tolist() == classes


def test_mnist1d_has_as_many_rows_of_each_class_and_one_scale() -> None:
    x, y = mnist1d(300, seed=3, dtype=torch.float64)
    assert y.bincount().tolist() == [30] * 10
    assert (float(x.mean()), float(x.std(correction=0))) == pytest.approx((0, 1), abs=1e-12)


@pytest.mark.parametrize("n", [0, -10, 4005])
def test_mnist1d_has_whole_classes(n: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 10.*{n}"):
        mnist1d(n)


def test_digits_are_scaled() -> None:
    assert (float(digits().x.min()), float(digits().x.max())) == (0.0, 1.0)


def test_ones_come_first() -> None:
    assert with_ones(torch.tensor([[2.0], [3.0]])).tolist() == [[1.0, 2.0], [1.0, 3.0]]


def test_split_keeps_every_row_with_its_target() -> None:
    whole = Data(torch.arange(10.0)[:, None], torch.arange(10))
    train, test = split(whole, test=0.3, seed=4)
    assert (len(train.x), len(test.x)) == (7, 3)
    assert sorted([*train.y.tolist(), *test.y.tolist()]) == list(range(10))
    assert all(torch.equal(part.x[:, 0], part.y.float()) for part in (train, test))
    assert train.y.tolist() != sorted(train.y.tolist())


@pytest.mark.parametrize("test", [0.0, 1.0, 3])
def test_split_refuses_an_empty_part(test: float) -> None:
    with pytest.raises(ValueError, match="`test` must leave rows in both sets"):
        split(line(), test=test)


def test_shuffled_minibatches_use_each_row_once_an_epoch_and_leave_the_rest_out() -> None:
    rows = Data(torch.arange(10)[:, None], torch.arange(10))
    batches = shuffled(rows, 4, seed=0)
    epochs = [[next(batches) for _ in range(2)] for _ in range(3)]
    orders = [[int(y) for _, part in epoch for y in part] for epoch in epochs]
    assert all(len(order) == len(set(order)) == 8 for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert all(torch.equal(x[:, 0], y) for epoch in epochs for x, y in epoch)
    again = shuffled(rows, 4, seed=0)
    assert torch.equal(next(again)[1], epochs[0][0][1])


def test_public_names() -> None:
    assert steepest.data.__all__ == [
        "Data", "blobs", "breast_cancer", "diabetes", "digits", "line", "mnist1d", "shuffled", "split", "wine",
        "with_ones",
    ]  # fmt: skip
