"""The demo of KL weights, driven as its slider and its handle drive it, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.coders import stored_coders
from steepest.demos._demo import Demo
from steepest.demos.representations import vae_demo
from steepest.demos.representations.vae import FIRST, TRUE, draw_frames, parts, scored, weights
from torch import Tensor

Loss = Callable[..., Tensor]


@pytest.fixture
def demo(vae_loss: Loss) -> Demo:
    return vae_demo(vae_loss)


def _try(demo: Demo, *tried: float) -> str:
    for weight in tried:
        demo.controls["weight"].value = weight
    return str(demo.message.value)


def test_the_goal_is_the_lowest_loss_between_two_neighbours(demo: Demo) -> None:
    assert demo.message.value.endswith("The lowest of 1 net so far: look at its neighbours.")
    assert _try(demo, 1.0).endswith("The lowest of 2 nets so far: look at its neighbours.")
    assert all(_try(demo, weight).endswith("Not yet.") for weight in (3.0, 0.3))
    assert _try(demo, 1.0).endswith("The goal is reached.")
    assert _try(demo, 0.1, 0.0).endswith("Not yet.")
    demo.reset.click()
    assert demo.controls["weight"].value == FIRST
    assert _try(demo, 1.0).endswith("The lowest of 2 nets so far: look at its neighbours.")  # it forgets


def test_the_parts_are_the_students_own_numbers(vae_loss: Loss) -> None:
    for weight, net in zip(weights(), scored(), strict=True):
        found = parts(vae_loss, weight)
        divergence = (net.log_variance.exp() + net.mean**2 - 1 - net.log_variance).sum(dim=1).mean() / 2
        assert found.whole - found.reconstruction == pytest.approx(float(divergence), rel=1e-3, abs=1e-3)
        assert found.whole == pytest.approx(float(vae_loss(net.x, net.scores, net.mean, net.log_variance)), rel=1e-6)


def test_a_sum_over_the_rows_is_shown_as_a_mean(vae_loss: Loss) -> None:
    def summed(x: Tensor, *more: Tensor) -> Tensor:
        return len(x) * vae_loss(x, *more)

    for weight in weights():
        assert parts(summed, weight) == pytest.approx(parts(vae_loss, weight), rel=1e-5)


def test_the_weight_trades_copies_for_order() -> None:
    spread = [float(net.mean.std(dim=0).mean()) for net in scored()]
    sharp = [float((net.log_variance / 2).exp().mean()) for net in scored()]
    assert sharp == sorted(sharp) and spread[0] > 2 > 1.2 > spread[3] > 0.8 > 0.1 > spread[-1]


def test_pictures_lie_where_their_codes_do() -> None:
    corners = torch.tensor([[-2.4, 2.4], [2.4, 2.4], [-2.4, -2.4], [2.4, -2.4]])
    decoded = stored_coders().variational.decode(corners).sigmoid()
    for net, wanted in zip(scored(), decoded, strict=True):
        assert torch.allclose(net.pictures[[0, 8, -9, -1]], wanted, atol=1e-5)  # from above, line by line


def test_the_handle_moves_from_net_to_net(new_picture: Any, pull: Any, demo: Demo) -> None:
    assert new_picture(demo)
    pull(demo, "weight:", at=(1.9, 0.0))
    assert demo.controls["weight"].value == 0.3
    assert new_picture(demo)
    for key, weight in ((1, TRUE), (-1, 0.3), (-1, 0.1)):
        pull(demo, "weight:", key=(key, 0))
        assert demo.controls["weight"].value == weight
        assert new_picture(demo)
    pull(demo, "weight:", at=(-3.0, 0.0))
    assert demo.controls["weight"].value == 0.0


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    plane, pictures, losses = draw_frames(figure)
    assert all(ax.get_xlabel() for ax in (plane, pictures, losses))
    assert plane.get_legend() and losses.get_legend()


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = vae_demo(blank)
    assert "Write <code>vae_loss</code>" in demo.message.value
    assert demo.image.value == b""


@pytest.mark.parametrize(
    ("wrong", "got"), [(lambda *given: None, "Got None."), (lambda *given: given[1].sum(dim=1), "Got shape (500,).")]
)
def test_what_returns_nothing_or_no_mean_is_told(wrong: Loss, got: str) -> None:
    said = vae_demo(wrong).message.value
    assert f"`vae_loss` must return a tensor without axes. {got}" in said.replace("&#x27;", "'")


WRONG: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mean_over_pixels": lambda bits, divergence: (bits / 64 + divergence).mean(),
    "mean_over_code": lambda bits, divergence: (bits + divergence / 2).mean(),
    "sign": lambda bits, divergence: (bits - divergence).mean(),
    "negated": lambda bits, divergence: -(bits + divergence).mean(),
    "no_divergence": lambda bits, divergence: bits.mean(),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_loss_by_which_another_net_wins_is_told(wrong: str) -> None:
    def vae_loss(x: Tensor, scores: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        bits = torch.nn.functional.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(dim=1)
        return WRONG[wrong](bits, (log_variance.exp() + mean**2 - 1 - log_variance).sum(dim=1) / 2)

    said = _try(vae_demo(vae_loss), *weights())
    assert said.endswith(f"beats {TRUE:g}, which was trained on it: look at <code>vae_loss</code>.")


def test_a_loss_that_works_in_place_changes_nothing_but_its_copies(demo: Demo, vae_loss: Loss) -> None:
    def in_place(x: Tensor, scores: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        loss = vae_loss(x, scores, mean, log_variance)
        for part in (x, scores, mean, log_variance):
            part.mul_(2)
        return loss

    other = vae_demo(in_place)
    for weight in weights():
        assert _try(other, weight) == _try(demo, weight)


def test_a_loss_that_is_no_number_is_told(vae_loss: Loss) -> None:
    demo = vae_demo(lambda *given: vae_loss(*given) * float("nan"))
    assert demo.message.value == "Your loss of this net is nan: look at <code>vae_loss</code>."
