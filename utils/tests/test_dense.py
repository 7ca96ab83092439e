"""Dense nets side by side: each is what it would be alone, and gradients go through a joined backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.data import Data, digits
from steepest.dense import Nets, accuracy, fit, make_nets, scores, with_backward
from torch import Tensor
from torch.nn.functional import batch_norm, cross_entropy

SIZES = (64, 7, 5, 10)


def _normalize(number: int, z: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    return batch_norm(z, None, None, gamma, beta, training=True)


SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "in front": {"normalize": _normalize},
    "behind": {"normalize": _normalize, "behind": True},
    "sigmoid": {"activation": torch.sigmoid},
}


def _data() -> Data:
    everything = digits()
    return Data(everything.x[:50], everything.y[:50])


@pytest.mark.parametrize("name", SETTINGS)
def test_a_net_is_the_same_alone_and_beside_others(name: str) -> None:
    rates = torch.tensor([0.1, 0.3, 0.05])
    beside, losses = fit(
        make_nets(SIZES, seeds=[4, 5, 4]), _data(), lr=rates, n_steps=7, batch_size=16, **SETTINGS[name]
    )
    assert losses.shape == (7, 3)
    for place, seed in enumerate((4, 5, 4)):
        start = make_nets(SIZES, seeds=[seed])
        alone, own = fit(start, _data(), lr=float(rates[place]), n_steps=7, batch_size=16, **SETTINGS[name])
        torch.testing.assert_close(losses[:, place], own[:, 0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(beside.weights[1][place], alone.weights[1][0], rtol=1e-3, atol=1e-5)


def test_a_step_is_a_step_of_gradient_descent_on_the_mean_loss() -> None:
    data, start = _data(), make_nets((64, 10), seeds=[1])
    after, losses = fit(start, data, lr=0.5, n_steps=1, batch_size=50)
    weight = start.weights[0][0].clone().requires_grad_()
    loss = cross_entropy(data.x @ weight.T, data.y)
    (gradient,) = torch.autograd.grad(loss, weight)
    torch.testing.assert_close(losses[0, 0], loss.detach())
    torch.testing.assert_close(after.weights[0][0], (weight - 0.5 * gradient).detach())
    assert not start.biases[0].any() and after.biases[0].any()


def test_a_bias_in_front_of_a_normalization_is_left_alone() -> None:
    in_front, _ = fit(make_nets(SIZES, seeds=[1]), _data(), _normalize, lr=0.1, n_steps=2, batch_size=16)
    behind, _ = fit(make_nets(SIZES, seeds=[1]), _data(), _normalize, lr=0.1, n_steps=2, batch_size=16, behind=True)
    assert [bool(bias.any()) for bias in in_front.biases] == [False, False, True]
    assert [bool(bias.any()) for bias in behind.biases] == [True, True, True]


@pytest.mark.parametrize(
    ("right", "share"), [([3, 1], [1.0, 0.5]), ([3, 0], [0.5, 0.0])], ids=["all and half", "half and none"]
)
def test_accuracy_counts_rows_of_each_net(right: list[int], share: list[float]) -> None:
    answers = torch.tensor([[3, 1], [0, 1]])
    out = torch.nn.functional.one_hot(answers, 4).double()
    assert accuracy(out, torch.tensor(right)).tolist() == share


def test_scores_have_one_table_a_net() -> None:
    nets: Nets = make_nets(SIZES, seeds=[0, 1])
    assert scores(nets, _data().x).shape == (2, 50, 10)


@pytest.mark.parametrize("keyword", [1.0, 2.0])
def test_autograd_goes_through_a_joined_backward_pass(keyword: float) -> None:
    calls: list[Any] = []

    def ahead(x: Tensor, y: Tensor, *, power: float) -> tuple[Tensor, Any]:
        return x**power * y, {"x": x, "y": y, "power": power}

    def back(grad: Tensor, cache: Any) -> tuple[Tensor, Tensor]:
        calls.append(cache)
        x, y, power = cache.values()
        return grad * power * x ** (power - 1) * y, grad * x**power

    joined: Callable[..., Tensor] = with_backward(ahead, back)
    x, y = (torch.tensor([value], requires_grad=True) for value in (3.0, 5.0))
    grads = torch.autograd.grad(2 * joined(x, y, power=keyword).sum(), (x, y))
    assert [grad.item() for grad in grads] == [2 * keyword * 3 ** (keyword - 1) * 5, 2 * 3**keyword]
    assert len(calls) == 1
