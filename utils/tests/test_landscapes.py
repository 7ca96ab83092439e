"""Landscapes: their minima, gradients, batches and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from steepest.landscapes import LANDSCAPES, Landscape, beale, derivatives, long_valley, quadratic, saddle

ALL: dict[str, Callable[[], Landscape]] = {
    **LANDSCAPES,
    "quadratic": lambda: quadratic(25),
    "turned quadratic": lambda: quadratic(25, angle=0.7),
    "quadratic of 5 parameters": lambda: quadratic(100, dimension=5),
    "gentle valley": lambda: long_valley(5),
}

each = pytest.mark.parametrize("make", ALL.values(), ids=ALL.keys())


def points(landscape: Landscape, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    low, high = torch.tensor(landscape.domain, dtype=dtype).T
    share = torch.rand(*shape, landscape.dimension, generator=generator, dtype=dtype)
    return low + (high - low) * share


@each
def test_gradient_vanishes_and_curvature_is_positive_at_every_minimum(make: Callable[[], Landscape]) -> None:
    landscape = make()
    for minimum in landscape.minima:
        at = torch.tensor(minimum, dtype=torch.float64)
        assert landscape.gradient(at).abs().max() < 1e-9
        assert torch.linalg.eigvalsh(landscape.hessian(at)).min() > 0


@each
def test_minima_are_the_lowest_points_of_the_domain(make: Callable[[], Landscape]) -> None:
    landscape = make()
    lowest = landscape(torch.tensor(landscape.minima, dtype=torch.float64))
    assert torch.allclose(lowest, lowest[:1].expand_as(lowest))
    assert (landscape(points(landscape, 1000)) >= lowest[0] - 1e-12).all()
    for (low, high), place in zip(landscape.domain, zip(*landscape.minima, strict=True), strict=True):
        assert all(low <= coordinate <= high for coordinate in place)


@each
def test_gradient_is_that_of_finite_differences(make: Callable[[], Landscape]) -> None:
    landscape = make()
    at = points(landscape, 6)
    slope = landscape.gradient(at)
    for axis in range(landscape.dimension):
        step = torch.zeros(landscape.dimension, dtype=torch.float64)
        step[axis] = 1e-5
        difference = (landscape(at + step) - landscape(at - step)) / 2e-5
        assert torch.allclose(slope[:, axis], difference, rtol=1e-5, atol=1e-5 * slope.abs().max())


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_batches_agree_with_single_points(make: Callable[[], Landscape], dtype: torch.dtype) -> None:
    landscape = make()
    batch = points(landscape, 2, 3, dtype=dtype)
    loss, slope, distance = landscape(batch), landscape.gradient(batch), landscape.distance(batch)
    assert loss.shape == distance.shape == (2, 3)
    assert slope.shape == batch.shape
    assert loss.dtype == slope.dtype == distance.dtype == dtype
    assert torch.allclose(loss[1, 2], landscape(batch[1, 2]))
    assert torch.allclose(slope[1, 2], landscape.gradient(batch[1, 2]))
    assert torch.allclose(distance[1, 2], landscape.distance(batch[1, 2]))


@each
def test_derivatives_of_many_points_are_those_of_each(make: Callable[[], Landscape]) -> None:
    landscape = make()
    batch = points(landscape, 4)
    slopes, hessians = derivatives(landscape, batch)
    assert torch.allclose(slopes, landscape.gradient(batch))
    assert torch.allclose(hessians, torch.stack([landscape.hessian(point) for point in batch]))
    assert not slopes.requires_grad and not hessians.requires_grad


def test_gradient_leaves_its_argument_alone() -> None:
    at = torch.tensor([1.0, 2.0])
    with torch.no_grad():
        beale().gradient(at)
    assert not at.requires_grad
    assert torch.equal(at, torch.tensor([1.0, 2.0]))


@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 2])
@pytest.mark.parametrize("condition", [1, 10, 1000.0])
def test_quadratic_has_the_condition_number_it_is_asked_for(condition: float, angle: float) -> None:
    hessian = quadratic(condition, angle=angle).hessian(torch.zeros(2, dtype=torch.float64))
    curvatures = torch.linalg.eigvalsh(hessian)
    assert curvatures.tolist() == pytest.approx([1 / condition, 1.0])


def test_quadratic_turns_counter_clockwise() -> None:
    flat = quadratic(100, angle=math.pi / 6)
    along = torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6)], dtype=torch.float64)
    assert flat(along).item() == pytest.approx(0.5 / 100)


def test_saddle_point_is_critical_and_no_minimum() -> None:
    origin = torch.zeros(2, dtype=torch.float64)
    assert saddle().gradient(origin).abs().max() == 0
    assert torch.linalg.eigvalsh(saddle().hessian(origin)).tolist() == pytest.approx([-1, 1])
    assert saddle().distance(origin).item() == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: quadratic(0.5), "at least 1. Got 0.5"),
        (lambda: quadratic(2, dimension=3, angle=0.1), "two dimensions. Got dimension=3"),
        (lambda: long_valley(0), "must be positive. Got 0"),
        (lambda: beale().hessian(torch.zeros(4, 2)), r"one point, of shape \(d,\)"),
    ],
)
def test_errors_state_rule_and_value(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
