"""The demo of training at a chosen rate of `12_batch_norm`, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from steepest.demos._stage import Stage
from steepest.demos.batch_norm import rates_demo
from steepest.demos.batch_norm.rates import HIGHEST, LOWEST, RATES, Board, draw_rates
from torch import Tensor

PLAIN, NORMAL = 0, 1
END = 140


@pytest.fixture(scope="module")
def trained(batch_norm_train: Any, batch_norm_backward: Any) -> Board:
    board = Board(batch_norm_train, batch_norm_backward)
    board.train(END)
    return board


def test_each_control_redraws_and_only_new_steps_run_the_students_functions(
    new_picture: Any, batch_norm_train: Any, batch_norm_backward: Any
) -> None:
    calls = {"forward": 0, "backward": 0}

    def forward(*args: Any, **settings: Any) -> Any:
        calls["forward"] += 1
        return batch_norm_train(*args, **settings)

    def backward(*args: Any) -> Any:
        calls["backward"] += 1
        return batch_norm_backward(*args)

    demo = rates_demo(forward, backward)
    assert calls == {"forward": 160, "backward": 160}  # 40 steps of four layers
    assert new_picture(demo)
    for name, value, fresh in (("rate", 0.3, 0), ("step", 48, 32), ("rate", 3.0, 0), ("step", 4, 0)):
        calls.update(forward=0, backward=0)
        demo.controls[name].value = value
        assert calls == {"forward": fresh, "backward": fresh}
        assert new_picture(demo)
    assert "rate 3, step 4: loss plain" in demo.message.value


def test_normalized_nets_bear_rates_that_plain_ones_do_not(trained: Board) -> None:
    losses = trained.at(END)
    assert losses.shape == (2, len(RATES))
    assert float(losses[PLAIN, RATES.index(0.3)]) < 1 < float(losses[PLAIN, RATES.index(1.0)])
    assert float(losses[NORMAL, RATES.index(1.0)]) < 0.2
    assert float(losses[NORMAL, RATES.index(3.0)]) < 1 < float(losses[NORMAL, RATES.index(10.0)])
    assert bool(losses.isfinite().all()) and float(losses.max()) <= 12


def test_the_goal_is_reached_by_trying_both_sides_of_both_limits(trained: Board) -> None:
    trained.tried.clear()
    stage = Stage((9.5, 4.0))
    said = draw_rates(trained, stage, step=100, rate=0.3)
    assert said.endswith("go on to step 140.")
    for rate, end in ((0.3, "find: plain and batch norm."), (0.5, "find: batch norm."), (3.0, "find: batch norm.")):
        assert draw_rates(trained, stage, step=END, rate=rate).endswith(end)
    said = draw_rates(trained, stage, step=END, rate=5.0)
    assert said.endswith("Plain nets bear 0.3, normalized ones 3: 10 times. The goal is reached.")


@pytest.mark.parametrize("rate", [RATES[0], RATES[-1]])
@pytest.mark.parametrize("step", [4, END])
def test_the_ends_of_the_ranges_are_drawn(trained: Board, rate: float, step: int) -> None:
    stage = Stage((9.5, 4.0))
    assert f"rate {rate:g}, step {step}: " in draw_rates(trained, stage, step=step, rate=rate)
    curves = [mark.numbers for mark in stage.marks if mark.record["kind"] == "dots" and mark.record["panel"] == 0]
    assert [len(curve) for curve in curves] == [step // 4] * 2
    assert all(LOWEST < value < HIGHEST for curve in curves for value in curve[:, 1])


def test_step_and_rate_are_pulled_to_the_goal(pull: Any, batch_norm_train: Any, batch_norm_backward: Any) -> None:
    demo = rates_demo(batch_norm_train, batch_norm_backward)
    pull(demo, "step:", at=(199.0, 0.1))
    assert demo.message.value.startswith("rate 0.1, step 140: ")
    for place, rate in ((0.28, 0.3), (0.55, 0.5), (2.7, 3.0), (5.4, 5.0)):
        assert "goal is reached" not in demo.message.value
        pull(demo, "rate:", at=(place, 0.1))
        assert demo.message.value.startswith(f"rate {rate:g}, step 140: ")
    assert demo.message.value.endswith("The goal is reached.")


def test_at_the_start_both_guess(trained: Board) -> None:
    assert trained.losses[:, 0, 0].tolist() == pytest.approx([math.log(10)] * 2, rel=0.15)


def test_a_wrong_backward_pass_shows_as_a_worse_curve(batch_norm_train: Any, trained: Board) -> None:
    def forgetful(grad_out: Tensor, cache: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        u, scale = cache
        return -scale * grad_out, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)

    board = Board(batch_norm_train, forgetful)
    board.train(20)
    assert float(board.at(20)[NORMAL, 2]) > 1.2 * float(trained.at(20)[NORMAL, 2])
    torch.testing.assert_close(board.at(20)[PLAIN], trained.at(20)[PLAIN])


@pytest.mark.parametrize("missing", ["batch_norm_train", "batch_norm_backward"])
def test_an_unwritten_function_is_a_message_and_no_picture(
    blank: Any, batch_norm_train: Any, batch_norm_backward: Any, missing: str
) -> None:
    functions = {"batch_norm_train": batch_norm_train, "batch_norm_backward": batch_norm_backward}
    demo = rates_demo(**functions | {missing: blank})
    assert "Write <code>batch_norm_train</code>, <code>batch_norm_backward</code>" in demo.message.value
    assert demo.image.value == b""
