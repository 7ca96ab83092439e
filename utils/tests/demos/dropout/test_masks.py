"""The demo of `11_dropout`, driven as its controls drive it, without a browser."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from steepest.demos._demo import Demo
from steepest.demos.dropout import dropout_demo
from steepest.demos.dropout.masks import REACH
from steepest.demos.dropout.nets import LAYERS, MASKS, small_net, thin, under
from torch import Generator, Tensor

ONE, TWO = LAYERS
HIDDEN = {ONE: (8,), TWO: (6, 4)}


def dropout_mask(shape: tuple[int, ...], *, keep: float, generator: Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) < keep).float()


def dropout_train(x: Tensor, mask: Tensor) -> Tensor:
    return x * mask


def dropout_test(x: Tensor, *, keep: float) -> Tensor:
    return keep * x


FUNCTIONS = (dropout_mask, dropout_train, dropout_test)


def test_each_control_redraws_with_the_students_own_functions(new_picture: Any) -> None:
    keeps: list[float] = []

    def noting(shape: tuple[int, ...], *, keep: float, generator: Generator) -> Tensor:
        keeps.append(keep)
        return dropout_mask(shape, keep=keep, generator=generator)

    demo = dropout_demo(noting, dropout_train, dropout_test)
    assert new_picture(demo)
    for name, value, calls in (("keep", 0.8, 1), ("start", 7, 1), ("masks", 200, 0), ("layers", TWO, 2)):
        keeps.clear()
        demo.controls[name].value = value
        assert keeps == [0.8] * calls, name
        assert new_picture(demo)


@pytest.mark.parametrize("masks", [10, MASKS])
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("keep", [0.1, 1.0])
def test_the_ends_of_the_ranges_are_drawn(keep: float, layers: str, masks: int) -> None:
    demo = dropout_demo(*FUNCTIONS)
    for name, value in {"keep": keep, "layers": layers, "masks": masks, "start": 50}.items():
        demo.controls[name].value = value
        assert demo.message.value.split()[1] == "masks:"
    assert ("nothing is dropped" in demo.message.value) == (keep == 1)


@pytest.mark.parametrize("play", [False, True])
def test_the_goal_is_reached_with_two_hidden_layers(play: bool) -> None:
    demo = dropout_demo(*FUNCTIONS)
    assert demo.message.value.endswith("That may be chance.")
    demo.controls["layers"].value = TWO
    assert "goal is reached" not in demo.message.value
    for masks in range(60, 401, 20) if play else [400]:
        demo.controls["masks"].value = masks
    assert demo.message.value.endswith("The goal is reached.")


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_with_one_hidden_layer_the_mean_settles_on_the_scaled_network(keep: float) -> None:
    for seed in range(1, 11):
        found = thin(*FUNCTIONS, layers=ONE, keep=keep, seed=seed)
        apart, error = found.apart(MASKS)
        assert apart < 4 * error


@pytest.mark.parametrize("layers", LAYERS)
def test_outputs_are_those_of_the_net_and_lie_on_the_axes(layers: str) -> None:
    net = small_net(layers)
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=sum(HIDDEN[layers]))), dtype=torch.float64)
    masks = every.split(HIDDEN[layers], dim=1)
    h = torch.tensor([1.0, 0.5, -0.8], dtype=torch.float64)
    passed, outputs = net.outputs(lambda h, layer: h * masks[layer], len(every))
    for layer in range(len(HIDDEN[layers])):
        h = (net.weights[layer] @ h + net.biases[layer]).relu()
    torch.testing.assert_close(outputs[-1:], net.weights[-1] @ h + net.biases[-1])
    torch.testing.assert_close(passed[-1][-1], h)
    low, high = REACH[layers]
    assert low < float(outputs.min()) and float(outputs.max()) < high
    for number in (0, 5, len(every) - 1):
        spoken, output = under(dropout_train, every[number].tolist(), layers=layers)
        assert output == pytest.approx(float(outputs[number]))
        assert spoken == pytest.approx(torch.cat([part[number] for part in passed]).tolist())


def test_a_unit_that_is_pressed_is_dropped_and_kept_again(pull: Any) -> None:
    demo = dropout_demo(*FUNCTIONS)
    for name, value in (("layers", TWO), ("masks", MASKS), ("start", 3)):
        demo.controls[name].value = value
    drawn = thin(*FUNCTIONS, layers=TWO, keep=0.5, seed=3).mask(MASKS - 1)
    assert _crossed(demo) == drawn.count(0.0) > 0
    first = demo.message.value
    for unit, flag in enumerate(drawn):
        pull(demo, f"own:{unit}", press=True)
        assert _crossed(demo) == drawn.count(0.0) + (1 if flag else -1)
        other = [*drawn[:unit], 1 - flag, *drawn[unit + 1 :]]
        output = under(dropout_train, other, layers=TWO)[1]
        assert demo.message.value == f"{first} Your own mask gives {output:.3f}."
        assert first.endswith("The goal is reached.")
        pull(demo, f"own:{unit}", press=True)
        assert _crossed(demo) == drawn.count(0.0)
    demo.controls["masks"].value = MASKS - 10
    assert "own mask" not in demo.message.value


def _crossed(demo: Demo) -> int:
    """How many units are crossed out; none of them says a number."""
    silent = sum(mark.numbers.size // 2 for mark in demo.stage.marks if mark.zorder == 5)
    said = sum(mark.record["kind"] == "text" and mark.record["panel"] == 0 for mark in demo.stage.marks)
    assert silent + said == 3 + sum(HIDDEN[TWO]) + 1
    return silent


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((dropout_mask, dropout_train, lambda x, *, keep: x), "With one hidden layer the two should agree"),
        ((dropout_mask, lambda x, mask: (x * mask).sum(dim=1), dropout_test), "must keep its shape"),
        ((lambda shape, **settings: torch.ones(shape), dropout_train, dropout_test), "All masks give the same output."),
    ],
    ids=["not scaled", "shape", "one mask"],
)
def test_a_wrong_function_shows_what_it_does(wrong: tuple[Any, ...], said: str) -> None:
    demo = dropout_demo(*wrong)
    demo.controls["masks"].value = MASKS
    assert said in demo.message.value


@pytest.mark.parametrize("missing", range(3))
def test_an_unwritten_function_is_a_message_and_no_picture(blank: Any, missing: int) -> None:
    functions: list[Any] = list(FUNCTIONS)
    functions[missing] = blank
    demo = dropout_demo(*functions)
    assert "Write <code>dropout_mask</code>" in demo.message.value
    assert demo.image.value == b""
