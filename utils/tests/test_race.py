from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.landscapes import LANDSCAPES
from steepest.race import RATES, Entrant, document_track, landscape_track, race, scheduled, torch_sgd
from steepest.trajectory import run
from steepest.words import bag_of_words, document_gradient, document_loss
from torch import Tensor

State = dict[str, Any]


def descent(theta: Tensor, grad: Tensor, state: State, *, lr: float) -> tuple[Tensor, State]:
    return theta - lr * grad, state


def blank(theta: Tensor, grad: Tensor, state: State, *, lr: float) -> tuple[Tensor, State]:
    raise NotImplementedError


@pytest.mark.parametrize("name", LANDSCAPES)
def test_the_gradient_of_a_track_is_that_of_its_landscape(name: str) -> None:
    track = landscape_track(name, n_runs=7, n_steps=1)
    points = 2 * track.starts - 0.3
    torch.testing.assert_close(track.gradient(points, 0), LANDSCAPES[name]().gradient(points))
    assert (track.loss(track.starts) > track.goal).all()


def test_a_track_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="beale"):
        landscape_track("hill")


def test_every_method_races_at_its_best_rate_and_blank_ones_stay_away() -> None:
    track = landscape_track("saddle", n_runs=4, n_steps=60)
    laps = race([torch_sgd("torch"), Entrant("ours", descent, "gd"), Entrant("blank", blank, "gd")], track)
    assert list(laps) == ["torch", "ours"]
    torch.testing.assert_close(laps["torch"].losses, laps["ours"].losses)
    lap = laps["ours"]
    assert lap.rate == RATES[min(range(len(RATES)), key=lap.scores.__getitem__)] == 0.3
    assert lap.losses.shape == (4, 61)
    for losses, needed in zip(lap.losses, lap.needed.tolist(), strict=True):
        assert (losses[needed:] <= track.goal).all()
        assert losses[needed - 1] > track.goal


def test_a_run_that_runs_away_has_no_finite_end() -> None:
    track = landscape_track("long valley", n_runs=2, n_steps=60)
    lap = race([Entrant("ours", descent, "gd")], track, rates=(10.0,))["ours"]
    assert lap.losses.shape == (2, 61)
    assert lap.losses[:, -1].isinf().all()
    assert (lap.needed == 61).all()


def test_a_schedule_enters_the_race_and_takes_a_share_of_each_rate() -> None:
    track = landscape_track("saddle", n_runs=3, n_steps=40)
    shares = [0.5, *[1.0] * 19, *[0.0] * 20]
    entrant = Entrant("on schedule", scheduled(descent, shares.__getitem__), "gd")
    laps = race([entrant, Entrant("ours", descent, "gd")], track, rates=(0.1,))
    by_hand = run(descent, lambda at: track.gradient(at, 0), track.starts, state={}, n_steps=40,
                  lr=lambda step: 0.1 * shares[step])  # fmt: skip
    torch.testing.assert_close(laps["on schedule"].losses, track.loss(by_hand.transpose(0, 1)))
    assert not torch.equal(laps["on schedule"].losses[:, 1], laps["ours"].losses[:, 1])


def test_momentum_is_that_of_torch() -> None:
    step = torch_sgd("momentum", momentum=0.9).step
    weight = torch.ones(2).requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    theta, state = torch.ones(2), {"velocity": torch.zeros(2)}
    for _ in range(5):
        weight.grad = 3 * weight.detach()
        optimizer.step()
        theta, state = step(theta, 3 * theta, state, lr=0.1)
    torch.testing.assert_close(theta, weight.detach())


def test_documents_follow_zipf_and_rare_words_say_more() -> None:
    x, y = bag_of_words(4000, n_words=50, length=30)
    assert x.shape == (4000, 50)
    assert (x.sum(dim=1) == 30).all()
    assert set(y.tolist()) == {0.0, 1.0}
    share = x.mean(dim=0)
    assert float(share[0] / share[9]) == pytest.approx(10, rel=0.1)
    again, other = bag_of_words(10, n_words=50), bag_of_words(10, n_words=50, seed=1)
    assert torch.equal(again.x, bag_of_words(10, n_words=50).x)
    assert not torch.equal(again.x, other.x)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_the_logistic_gradient_is_that_of_the_loss(leading: tuple[int, ...]) -> None:
    x, y = bag_of_words(20, n_words=12)
    generator = torch.Generator().manual_seed(0)
    theta = torch.randn(*leading, 12, generator=generator, dtype=torch.float64).requires_grad_()
    loss = document_loss(theta, x, y)
    assert loss.shape == leading
    (slope,) = torch.autograd.grad(loss.sum(), theta)
    torch.testing.assert_close(document_gradient(theta.detach(), x, y), slope)


def test_runs_on_documents_differ_by_their_minibatches_only() -> None:
    x, y = bag_of_words(60, n_words=12)
    track = document_track(x, y, n_runs=3, batch_size=5, n_steps=20, goal=0.1)
    first = track.gradient(track.starts, 0)
    assert torch.equal(first, track.gradient(track.starts, 0))
    assert not torch.equal(first[0], first[1])
    assert track.loss(track.starts).tolist() == pytest.approx([0.6931471805599453] * 3)
    assert race([Entrant("ours", descent, "gd")], track)["ours"].losses.shape == (3, 3)
