"""Random functions and the search for critical points."""

from __future__ import annotations

import pytest
import torch
from steepest.landscapes import saddle
from steepest.terrain import critical_points, random_waves


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_random_waves_take_batches_and_are_the_same_for_a_seed(dtype: torch.dtype) -> None:
    at = torch.linspace(-2, 2, 24, dtype=dtype).reshape(2, 4, 3)
    one, again, other = random_waves(3), random_waves(3), random_waves(3, seed=1)
    assert one(at).shape == (2, 4)
    assert one(at).dtype == dtype
    assert torch.equal(one(at), again(at))
    assert not torch.allclose(one(at), other(at))
    assert torch.allclose(one(at)[1, 2], one(at[1, 2]))


def test_random_waves_have_mean_0_and_variance_1() -> None:
    generator = torch.Generator().manual_seed(0)
    values = random_waves(2, n_waves=200)(100 * torch.rand(20_000, 2, generator=generator))
    assert abs(values.mean()) < 0.05
    assert abs(values.var() - 1) < 0.1


def test_every_critical_point_of_the_saddle_is_found_once() -> None:
    starts = torch.cartesian_prod(torch.linspace(-1, 1, 9), torch.linspace(-1.5, 1.5, 9)).double()
    points, hessians = critical_points(saddle(), starts)
    assert sorted(points.round(decimals=6).tolist()) == [[0, -1], [0, 0], [0, 1]]
    assert sorted(torch.linalg.eigvalsh(hessians)[:, 0].round().tolist()) == [-1, 1, 1]


def test_none_found_is_no_error() -> None:
    points, hessians = critical_points(saddle(), torch.full((1, 2), 9.0).double(), n_steps=1)
    assert points.shape == (0, 2)
    assert hessians.shape == (0, 2, 2)
