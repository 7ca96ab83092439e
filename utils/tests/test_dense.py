"""Dense nets side by side: each is what it would be alone, and gradients go through a joined backward pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import Any

import pytest
import torch
from steepest.data import Data, digits
from steepest.dense import Nets, accuracy, fit, make_nets, scores, train, with_backward
from torch import Generator, Tensor
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


@pytest.mark.parametrize("beta", [0.0, 0.9])
@pytest.mark.parametrize("rate", [0.2, torch.tensor([0.2, 0.05])], ids=["one rate", "a rate each"])
def test_steps_are_those_of_torch(beta: float, rate: float | Tensor) -> None:
    data, start = _data(), make_nets((64, 7, 10), seeds=[1, 2])
    rows, classes = torch.stack([data.x, data.x.flip(0)]), torch.stack([data.y, data.y.flip(0)])
    trained, losses = train(start, repeat((rows, classes)), repeat(rate, 4), beta=beta)
    assert losses.shape == (4, 2)
    for net in range(2):
        alone = [part[net].clone().requires_grad_() for part in (*start.weights, *start.biases)]
        optimizer = torch.optim.SGD(alone, lr=float(torch.as_tensor(rate).expand(2)[net]), momentum=beta)
        for step in range(4):
            loss = cross_entropy((rows[net] @ alone[0].T + alone[2]).relu() @ alone[1].T + alone[3], classes[net])
            torch.testing.assert_close(losses[step, net], loss.detach())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        for part, own in zip((*trained.weights, *trained.biases), alone, strict=True):
            torch.testing.assert_close(part[net], own.detach())


def test_rates_may_change_from_step_to_step() -> None:
    data, start = _data(), make_nets((64, 10), seeds=[1])
    once, _ = train(start, repeat(data), [0.3])
    then, _ = train(start, repeat(data), [0.3, 0.0, 0.0])
    assert torch.equal(once.weights[0], then.weights[0]) and not torch.equal(once.weights[0], start.weights[0])


def test_whoever_watches_sees_each_step_and_may_end_the_training() -> None:
    seen: list[tuple[Tensor, Any]] = []

    def watch(out: Tensor, gradients: tuple[Tensor | None, ...]) -> bool:
        seen.append((out, gradients))
        return len(seen) == 3

    start = make_nets(SIZES, seeds=[1, 2])
    trained, losses = train(start, repeat(_data()), repeat(0.1), watch=watch)
    assert len(losses) == 3 and torch.equal(trained.weights[0], train(start, repeat(_data()), [0.1] * 2)[0].weights[0])
    assert torch.equal(seen[0][0], scores(start, _data().x))
    shapes = [None if gradient is None else gradient.shape for gradient in seen[0][1]]
    assert shapes == [*(part.shape for part in (*start.weights, *start.biases)), *[None] * 4]


def test_a_mask_is_worn_in_each_step_by_what_enters_a_layer() -> None:
    def drop(h: Tensor, layer: int) -> Tensor:
        return h * (torch.arange(h.shape[2]) % 2) if layer == 1 else h

    start = make_nets((64, 6, 10), seeds=[3])
    trained, _ = train(start, repeat(_data()), repeat(0.1, 2), forward=partial(scores, drop=drop))
    moved = (trained.weights[1] != start.weights[1])[0].any(dim=0)
    assert moved.tolist() == [False, True] * 3


def _scaled(shape: tuple[int, int], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64) / 7


def test_weights_are_drawn_by_whom_one_wishes_net_by_net() -> None:
    nets, generator = make_nets((5, 4, 3), seeds=[2, 2], count=2, draw=_scaled), Generator().manual_seed(2)
    for net in range(2):
        for weight, shape in zip(nets.weights, ((4, 5), (3, 4)), strict=True):
            assert torch.equal(weight[net], _scaled(shape, generator))
    assert torch.equal(nets.weights[0][:2], nets.weights[0][2:])
    assert {part.dtype for part in nets.parameters} == {torch.float64}
    assert [part.shape for part in nets.biases] == [(4, 1, 4), (4, 1, 3)]


def test_weights_of_another_shape_are_refused() -> None:
    def draw(shape: tuple[int, int], generator: Generator) -> Tensor:
        return torch.zeros(shape[::-1])

    with pytest.raises(ValueError, match=r"`draw` must return weights of the shape .* Got \(5, 4\) for \(4, 5\)"):
        make_nets((5, 4), seeds=[0], draw=draw)


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_normal_weights_have_the_variance_of_their_gain(gain: float) -> None:
    nets = make_nets((400, 300, 10), seeds=[0], count=3, gain=gain)
    assert [float(weight.var() * weight.shape[2]) for weight in nets.weights] == pytest.approx([gain] * 2, rel=0.05)
    assert not torch.equal(nets.weights[0][0], nets.weights[0][1])


@pytest.mark.parametrize("size", [0, 51])
def test_a_batch_of_more_rows_than_there_are_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="`batch_size` must lie between 1 and the number of rows, 50"):
        fit(make_nets(SIZES, seeds=[1]), _data(), lr=0.1, n_steps=1, batch_size=size)


@pytest.mark.parametrize("behind", [False, True])
def test_a_normalization_stands_in_front_of_the_activation_or_behind_it(behind: bool) -> None:
    nets, x = make_nets((64, 7, 10), seeds=[1]), _data().x
    columns = x @ nets.weights[0][0].T
    ones = nets.gammas[0], nets.betas[0]
    hidden = _normalize(0, columns.relu(), *ones) if behind else _normalize(0, columns, *ones).relu()
    torch.testing.assert_close(scores(nets, x, _normalize, behind=behind)[0], hidden @ nets.weights[1][0].T)


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
