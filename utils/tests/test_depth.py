"""Batched trainings, intervals, gradients through layers, and activations by name."""

from __future__ import annotations

import pytest
import torch
from steepest.activations import ACTIVATIONS, activation, scaled_tanh
from steepest.depth import gradient_spread, train_classifier, wilson_interval, xor, xor_runs
from torch import Generator, Tensor


def _normal(shape: tuple[int, int], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


def test_runs_side_by_side_do_not_mix() -> None:
    """Networks trained together go the way of a torch network that is trained alone."""
    runs = xor_runs(_normal, n_runs=3, seed=1, n_epochs=40)
    assert runs.losses.shape == (41, 3)
    assert runs.hidden.shape == (41, 3, 4, 2)
    generator = Generator().manual_seed(1)
    pairs = [(_normal((4, 2), generator), _normal((1, 4), generator)) for _ in range(3)]
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 1), torch.nn.Sigmoid())
    net = net.double()
    with torch.no_grad():
        for part, value in zip(net.parameters(), (pairs[2][0], 0, pairs[2][1], 0), strict=True):
            part.copy_(value) if isinstance(value, Tensor) else part.zero_()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.99)
    x, y = xor()
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(net(x)[:, 0], y).backward()
        optimizer.step()
    last = torch.nn.functional.binary_cross_entropy(net(x)[:, 0], y).detach()
    torch.testing.assert_close(runs.losses[-1, 2], last, rtol=1e-9, atol=0)


def test_equal_neurons_stay_equal() -> None:
    hidden = xor_runs(lambda shape, generator: torch.full(shape, 0.3), n_runs=1, n_epochs=20).hidden
    assert hidden.std(dim=2, correction=0).max() == 0


@pytest.mark.parametrize(
    ("count", "total", "low", "high"), [(0, 20, 0.0, 0.1611), (6, 20, 0.1455, 0.5190), (20, 20, 0.8389, 1.0)]
)
def test_wilson_interval(count: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(count, total) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("count", "total"), [(-1, 3), (4, 3), (0, 0)])
def test_wilson_interval_refuses(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="`count` must lie"):
        wilson_interval(count, total)


def test_gradient_spread_of_scaled_identities() -> None:
    x = torch.randn(400, 6, generator=Generator().manual_seed(0), dtype=torch.float64)
    spread = gradient_spread(x, [2 * torch.eye(6, dtype=torch.float64)] * 3, activation("identity"))
    torch.testing.assert_close(spread / spread[-1], torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64))


def test_train_classifier_descends_and_leaves_its_weights_alone() -> None:
    generator = Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=generator)
    y = (x[:, 0] > 0).long()
    weights = [_normal((8, 4), generator), _normal((2, 8), generator)]
    copies = [weight.clone() for weight in weights]
    training = train_classifier(weights, x, y, activation("ReLU"), n_steps=30)
    assert training.losses.shape == (31,)
    assert training.gradients.shape == (31, 2)
    assert training.losses[-1] < 0.5 * training.losses[0]
    assert training.accuracy > 0.9
    assert all(torch.equal(*pair) for pair in zip(weights, copies, strict=True))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_keeps_shape_and_type(name: str) -> None:
    x = torch.linspace(-2, 2, 6, dtype=torch.float64).reshape(2, 3)
    assert activation(name)(x).shape == x.shape
    assert activation(name)(x).dtype == x.dtype


def test_scaled_tanh_keeps_one() -> None:
    assert scaled_tanh(torch.tensor([-1.0, 1.0])).tolist() == pytest.approx([-1, 1], abs=1e-4)


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="`name` must be one of"):
        activation("mish")
