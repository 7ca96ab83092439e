"""Networks that train side by side are what they would be alone."""

from __future__ import annotations

import pytest
import torch
from steepest import data
from steepest.nets import Nets, init_nets, net_errors, net_scores, train_nets


def _one(nets: Nets, number: int) -> list[torch.Tensor]:
    return [part[number] for part in (*nets.weights, *nets.biases)]


def test_scores_are_those_of_torch_layers() -> None:
    nets, x = init_nets([5, 7, 3], count=4, seed=2), torch.randn(6, 5, generator=torch.Generator().manual_seed(1))
    scores = net_scores(nets, x)
    assert scores.shape == (4, 6, 3)
    for number in range(4):
        hidden = torch.nn.functional.linear(x, nets.weights[0][number], nets.biases[0][number, 0]).relu()
        alone = torch.nn.functional.linear(hidden, nets.weights[1][number], nets.biases[1][number, 0])
        torch.testing.assert_close(scores[number], alone)


def test_drop_sees_what_enters_each_layer() -> None:
    nets, seen = init_nets([5, 7, 6, 3], count=2), []

    def drop(h: torch.Tensor, layer: int) -> torch.Tensor:
        seen.append((layer, tuple(h.shape)))
        return torch.zeros_like(h)

    scores = net_scores(nets, torch.ones(4, 5), drop=drop)
    assert seen == [(0, (2, 4, 5)), (1, (2, 4, 7)), (2, (2, 4, 6))]
    assert not scores.any()


@pytest.mark.parametrize("seed", [0, 1])
def test_training_learns_and_leaves_the_start_alone(seed: int) -> None:
    cut = data.blobs(120, k=3, seed=seed)
    x, y = cut.x.expand(3, -1, -1) / 10, cut.y.expand(3, -1)
    start = init_nets([2, 16, 3], count=3, seed=seed)
    before = [part.clone() for part in (*start.weights, *start.biases)]
    trained = train_nets(start, x, y, steps=200, batch_size=20, lr=0.1, seed=seed)
    assert all(torch.equal(old, new) for old, new in zip(before, (*start.weights, *start.biases), strict=True))
    assert (net_errors(trained, x, y) < net_errors(start, x, y)).all()
    assert not any(part.requires_grad for part in (*trained.weights, *trained.biases))


def test_networks_do_not_mix() -> None:
    cut = data.blobs(60, k=3, seed=0)
    x, y = cut.x.expand(2, -1, -1) / 10, torch.stack([cut.y, cut.y.flip(0)])
    start = init_nets([2, 8, 3], count=2, seed=0)
    both = train_nets(start, x, y, steps=20, batch_size=60, lr=0.1, seed=4)
    other = train_nets(start, x, torch.stack([y[0], y[0]]), steps=20, batch_size=60, lr=0.1, seed=4)
    torch.testing.assert_close(_one(both, 0), _one(other, 0))
    assert not torch.equal(both.weights[0][1], other.weights[0][1])
