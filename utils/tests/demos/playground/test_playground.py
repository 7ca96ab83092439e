"""The playground of `12_batch_norm`: training as functions, then the demo as its controls drive it, no browser."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch
from steepest._methods import METHODS
from steepest.demos._demo import Demo
from steepest.demos._marks import NEGATIVE, POSITIVE
from steepest.demos._touch import Held
from steepest.demos.playground import playground_demo
from steepest.demos.playground.data import BLOBS, CENTRES, NAMES, REACH, TEST, TRAINING, points
from steepest.demos.playground.diagram import NUMBERED, SHOWN, SWITCH, WEIGHTS, layout
from steepest.demos.playground.net import Design, Dials, answers, begin, layers
from steepest.demos.playground.playground import BATCHES, BY_HAND, GOAL, GOAL_STEPS, PLAYED_STEPS
from steepest.demos.playground.seen import GRID, coloured, look
from steepest.demos.playground.stepping import data_of, measure, minibatch, take_one_step
from steepest.demos.playground.training import Training
from steepest.demos.playground.view import CLASSES
from steepest.tools import STARTS, gather
from torch import Generator, Tensor

Memory = dict[str, Any]
EPS = 1e-5
TORCH = gather({})


def design(**changes: Any) -> Design:
    usual = Design("XOR", 0.05, "gradient descent", 2, 8, "ReLU", "He", False, 0)
    return usual._replace(**changes)


def dials(**changes: Any) -> Dials:
    return Dials(0.1, 32, 1.0, 0.0, 0.0, frozenset(), CENTRES)._replace(**changes)


def trained(n: int, functions: dict[str, Any] | None = None, *, net: Design, **changes: Any) -> Training:
    training = Training(gather(functions or {}))
    training.seek(net, dials(**changes), n)
    return training


# What a student may have written


def nesterov_step(theta: Tensor, grad_fn: Any, state: Memory, *, lr: float, beta: float) -> tuple[Tensor, Memory]:
    velocity = beta * state["velocity"] - lr * grad_fn(theta + beta * state["velocity"])
    return theta + velocity, {"velocity": velocity}


def rprop_step(theta: Tensor, grad: Tensor, state: Memory, *, up: float = 1.2) -> tuple[Tensor, Memory]:
    product = state["grad"] * grad
    step = torch.where(product > 0, up * state["step"], torch.where(product < 0, 0.5 * state["step"], state["step"]))
    kept = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - kept.sign() * step, {"step": step, "grad": kept}


def adam_step(
    theta: Tensor, grad: Tensor, state: Memory, *, lr: float, rho1: float, rho2: float, eps: float
) -> tuple[Tensor, Memory]:
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    return theta - lr * s / (1 - rho1**k) / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}


def quickprop_step(theta: Tensor, grad: Tensor, state: Memory, *, lr: float) -> tuple[Tensor, Memory]:
    return theta - lr * grad, dict(state)


def update_running(running: Tensor, batch: Tensor, *, momentum: float) -> Tensor:
    return momentum * running + (1 - momentum) * batch


def inverted_dropout(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
    return x * (torch.rand(x.shape, generator=generator) < keep) / keep if training else x


def he_normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator) * (2 / shape[1]) ** 0.5


def adamw_step(
    theta: Tensor, grad: Tensor, state: Memory, *, lr: float, rho1: float, rho2: float, eps: float, decay: float
) -> tuple[Tensor, Memory]:
    moved, state = adam_step(theta, grad, state, lr=lr, rho1=rho1, rho2=rho2, eps=eps)
    return moved - lr * decay * theta, state


def mlp_backprop(
    x: Tensor, labels: Tensor, weights: list[Tensor], biases: list[Tensor]
) -> tuple[Tensor, list[Tensor], list[Tensor]]:  # fmt: skip
    found = [x]
    for weight, bias in zip(weights, biases, strict=True):
        z = found[-1] @ weight.T + bias
        found.append(z if len(found) == len(weights) else z.tanh())
    loss = torch.nn.functional.cross_entropy(found[-1], labels)
    delta = (found[-1].softmax(1) - torch.nn.functional.one_hot(labels, found[-1].shape[1])) / len(x)
    grad_weights, grad_biases = [], []
    for number in reversed(range(len(weights))):
        grad_weights.insert(0, delta.T @ found[number])
        grad_biases.insert(0, delta.sum(0))
        delta = delta @ weights[number] * (1 - found[number] ** 2)
    return loss, grad_weights, grad_biases


@pytest.fixture(scope="module")
def norm(batch_norm_train: Any, batch_norm_backward: Any, batch_norm_eval: Any) -> dict[str, Any]:
    functions = batch_norm_train, batch_norm_backward, batch_norm_eval, update_running
    return {function.__name__: function for function in functions}


@pytest.fixture(scope="module")
def mine(norm: dict[str, Any], gd_step: Any, momentum_step: Any) -> dict[str, Any]:
    steppers = gd_step, momentum_step, nesterov_step, adam_step, adamw_step, rprop_step
    functions = *steppers, inverted_dropout, he_normal
    return norm | {function.__name__: function for function in functions}


@pytest.mark.parametrize("name", NAMES)
def test_data_sets_have_two_classes_and_fit_the_picture(name: str) -> None:
    data = points(name, 0.05, CENTRES)
    assert (data.x.shape, data.test_x.shape) == ((TRAINING, 2), (TEST, 2))
    assert data.x.abs().max() < REACH
    for y in (data.y, data.test_y):
        assert set(y.tolist()) == {0.0, 1.0}
        assert 0.35 < y.mean() < 0.65
    assert (points(name, 0.4, CENTRES).x - points(name, 0.0, CENTRES).x).std() == pytest.approx(0.4, rel=0.15)


@pytest.mark.parametrize("size", BATCHES)
def test_an_epoch_sees_every_row_once(size: int) -> None:
    per_epoch = TRAINING // size
    for epoch in (0, 3):
        seen = torch.cat([minibatch(epoch * per_epoch + place, TRAINING, size, 1) for place in range(per_epoch)])
        assert sorted(seen.tolist()) == list(range(TRAINING))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_step_is_that_of_the_same_net_in_torch(norm: dict[str, Any], batch_norm: bool) -> None:
    net = design(batch_norm=batch_norm, activation="tanh")
    state = begin(TORCH, net, 0.1)
    modules: list[torch.nn.Module] = []
    for number, layer in enumerate(layers(net, state.theta)):
        linear = torch.nn.Linear(*layer.weight.T.shape, bias=not (batch_norm and number < 2))
        linear.weight.data = layer.weight.clone()
        if linear.bias is not None:
            linear.bias.data = layer.shift.clone()
        hidden = [torch.nn.BatchNorm1d(8), torch.nn.Tanh()] if batch_norm else [torch.nn.Tanh()]
        modules += [linear, *(hidden if number < 2 else [])]
    model = torch.nn.Sequential(*modules)
    data, rows = data_of(net, dials()), minibatch(0, TRAINING, 32, 0)
    for functions in ({}, norm):
        model.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model.train()(data.x[rows])[:, 0], data.y[rows])
        loss.backward()
        after = take_one_step(gather(functions), net, state, dials(rate=0.5))
        for layer, linear in zip(
            layers(net, after.theta), (part for part in modules if isinstance(part, torch.nn.Linear)), strict=True
        ):
            assert linear.weight.grad is not None
            torch.testing.assert_close(layer.weight, linear.weight.data - 0.5 * linear.weight.grad)
        if batch_norm and not functions:
            torch.testing.assert_close(after.running[0][1], modules[1].running_var)
    assert after.step == 1


def test_penalties_pull_weights_and_nothing_else() -> None:
    net = design(batch_norm=True)
    state = begin(TORCH, net, 0.1)
    plain, l1, l2 = (take_one_step(TORCH, net, state, dials(**kind)).theta for kind in ({}, {"l1": 0.1}, {"l2": 0.1}))
    for start, a, b, c in zip(*(layers(net, theta) for theta in (state.theta, plain, l1, l2)), strict=True):
        torch.testing.assert_close(a.weight - b.weight, 0.1 * 0.1 * start.weight.sign())
        torch.testing.assert_close(a.weight - c.weight, 0.1 * 0.2 * start.weight)
        torch.testing.assert_close(a.shift, b.shift)


@pytest.mark.parametrize("name", METHODS)
def test_every_stepper_of_torch_descends(name: str) -> None:
    rate = {"AdaDelta": 3.0, "gradient descent": 0.3, "delta-bar-delta": 0.3, "Quickprop": 0.3}.get(name, 0.02)
    training = trained(60, net=design(stepper=name), rate=rate)
    assert training.now.train < 0.8 * training.curve[0].train


@pytest.mark.parametrize("name", ["gradient descent", "momentum 0.9", "Adam", "AdamW", "Rprop"])
def test_the_students_stepper_and_that_of_torch_go_the_same_way(mine: Any, name: str) -> None:
    net = design(stepper=name, activation="tanh")
    tools = gather(mine), gather({"he_normal": he_normal})
    assert [each.yours(METHODS[name].exercise) for each in tools] == [True, False]
    own, theirs = (trained(12, dict(each.functions), net=net, rate=0.01, batch=160) for each in tools)
    torch.testing.assert_close(own.state.theta, theirs.state.theta, rtol=1e-3, atol=1e-4)


def test_a_stepper_that_looks_ahead_gets_the_gradient_itself(mine: dict[str, Any]) -> None:
    training = trained(60, mine, net=design(stepper="Nesterov 0.9"), rate=0.05)
    assert training.now.train < 0.5 * training.curve[0].train


@pytest.mark.parametrize("start", STARTS)
def test_first_weights(start: str) -> None:
    net = design(start=start, width=32)
    weight = layers(net, begin(TORCH, net, 0.1).theta)[1].weight
    expected = {"He": (2 / 32) ** 0.5, "Glorot": (1 / 32) ** 0.5, "LeCun": (1 / 32) ** 0.5, "deviation 1": 1.0,
                "deviation 0.01": 0.01, "all 0.1": 0.0}  # fmt: skip
    assert float(weight.std()) == pytest.approx(expected[start], rel=0.1, abs=1e-7)


@pytest.mark.parametrize("keep", [1.0, 0.7])
@pytest.mark.parametrize("written", [False, True], ids=["torch", "mine"])
def test_going_back_and_in_pieces_leads_to_the_same_place(mine: dict[str, Any], written: bool, keep: float) -> None:
    functions = mine if written else {}
    net, now = design(stepper="Adam", batch_norm=True), dials(keep=keep)
    whole = trained(130, functions, net=net, keep=keep)
    pieces = Training(gather(functions))
    for step in (50, 130, 17, 120, 104, 130):
        pieces.seek(net, now, step)
        assert (pieces.state.step, len(pieces.plan), len(pieces.curve)) == (step, step, 1 + step // 5)
    assert torch.equal(whole.state.theta, pieces.state.theta)
    assert whole.curve == pieces.curve
    pieces.seek(net, now, 0)
    pieces.seek(net, now, 130, seconds=-1)
    assert pieces.state.step == 1
    while pieces.state.step < 130:
        pieces.seek(net, now, 130, seconds=0.01)
    assert torch.equal(whole.state.theta, pieces.state.theta)


def test_dials_hold_from_where_they_are_set_until_one_goes_back() -> None:
    net, training = design(), Training(TORCH)
    training.seek(net, dials(rate=0.1), 20)
    training.seek(net, dials(rate=0.7), 20)
    assert {each.rate for each in training.plan} == {0.1}
    training.seek(net, dials(rate=0.7), 30)
    assert [each.rate for each in training.plan] == [0.1] * 20 + [0.7] * 10
    fixed = training.state.theta
    training.seek(net._replace(width=4), dials(rate=5.0), 30)  # another net by the same plan
    training.seek(net, dials(rate=5.0), 30)
    assert torch.equal(training.state.theta, fixed)
    training.seek(net, dials(rate=5.0), 25)
    training.seek(net, dials(rate=5.0), 26)
    assert [each.rate for each in training.plan] == [0.1] * 20 + [0.7] * 5 + [5.0]


def test_the_first_rate_of_a_method_with_rates_of_its_own() -> None:
    net, training = design(stepper="Rprop"), Training(TORCH)
    for rate in (0.01, 0.1):
        training.seek(net, dials(rate=rate), 0)
        before = training.state.theta
        training.seek(net, dials(rate=rate), 1)
        assert float((training.state.theta - before).abs().max()) == pytest.approx(rate, rel=1e-3)


def test_a_step_in_place_does_not_blur_what_is_kept() -> None:
    def in_place(theta: Tensor, grad: Tensor, state: Memory, *, lr: float) -> tuple[Tensor, Memory]:
        return theta.sub_(lr * grad), state

    net, training = design(), Training(gather({"gd_step": in_place}))
    training.seek(net, dials(), 110)
    for step in (0, 110):
        training.seek(net, dials(), step)
    torch.testing.assert_close(training.state.theta, trained(110, net=net).state.theta)


def test_what_is_seen_is_what_the_net_answers_on_the_grid_and_at_the_probe() -> None:
    training = trained(40, net=design(), rate=0.3)
    seen = look(training, design(), dials(), (0.3, -0.2))
    place = ((0.5 + 41) / GRID * 2 * REACH - REACH, (0.5 + 7) / GRID * 2 * REACH - REACH)
    *hidden, out = answers(TORCH, design(), training.state, torch.tensor([place, (0.3, -0.2)]), frozenset())
    for number, layer in enumerate([torch.tensor([place, (0.3, -0.2)]), *hidden, out.sigmoid()]):
        assert seen.maps[number].shape == (layer.shape[1], GRID, GRID)
        assert seen.maps[number][:, 7, 41] == pytest.approx(layer[0].numpy(), abs=1e-5)
        assert seen.here[number] == pytest.approx(layer[1].numpy(), abs=1e-5)
    assert measure(TORCH, design(), training.state, dials()) == training.now == training.curve[-1]


def test_colours_tell_the_sign_and_differ_in_greyscale() -> None:
    dots = coloured(np.array([[-2.0, 0.0], [1.0, 2.0]]), False).astype(float)
    (orange, white), (pale, blue) = dots[..., :3] @ [0.2126, 0.7152, 0.0722]
    assert blue + 40 < pale < white and blue + 40 < orange < white
    np.testing.assert_array_equal(coloured(np.array([[0.0, 0.5], [0.75, 1.0]]), True), dots)


def test_weights_and_classes_and_what_units_see_have_the_colours_of_dropout() -> None:
    assert WEIGHTS["color"] == (POSITIVE, NEGATIVE) == (CLASSES[1]["color"], CLASSES[0]["color"])
    low, high = coloured(np.array([[-1.0, 1.0]]), False)[0, :, :3].astype(int)
    assert low[0] > low[2] and high[2] > high[0]  # orange and blue


def test_units_that_are_off_say_nothing_and_do_not_learn() -> None:
    net, off = design(), frozenset({(0, 2), (1, 7), (3, 0), (0, 30)})  # two of them are not there
    training = trained(30, net=net, off=off)
    first, second, _ = answers(TORCH, net, training.state, torch.randn(9, 2), off)
    assert not first[:, 2].any() and not second[:, 7].any() and first[:, 3].any()
    before, after = (layers(net, theta) for theta in (begin(TORCH, net, 0.1).theta, training.state.theta))
    assert torch.equal(before[0].weight[2], after[0].weight[2])
    assert not torch.equal(before[0].weight[3], after[0].weight[3])


@pytest.mark.parametrize("depth", [0, 2, 3])
def test_backpropagation_by_hand_gives_the_gradients_of_autograd(depth: int) -> None:
    net = design(activation="tanh", depth=depth)
    own, theirs = (
        trained(5, functions, net=net, l1=1e-3, l2=1e-3) for functions in ({"mlp_backprop": mlp_backprop}, {})
    )
    torch.testing.assert_close(own.state.theta, theirs.state.theta)


def test_a_schedule_sets_the_rate_of_every_step_to_come() -> None:
    training = trained(10, net=design(), rate=0.1)
    training.seek(design(), dials(rate=0.1), 13, schedule=lambda step: 1 / (1 + step))
    assert [each.rate for each in training.plan] == [0.1] * 10 + [1 / 11, 1 / 12, 1 / 13]
    fresh = Training(TORCH)
    fresh.seek(design(stepper="Rprop"), dials(rate=5.0), 0, schedule=lambda step: 0.25)
    assert set(fresh.state.memory["1r"].tolist()) == {0.25}  # also what a stepper starts with


# The demo


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes a demo that opens at step 10, so that changes cost little."""
    monkeypatch.setattr("steepest.demos.playground.playground.FIRST_STEP", 10)
    return playground_demo


def test_each_control_redraws(new_picture: Any, quick: Any) -> None:
    demo = quick(shrinking=lambda step: 1 / (1 + step))
    assert new_picture(demo)
    changes = [
        ("step", 40), ("rate", 0.1), ("step", 60), ("schedule", "shrinking"), ("stepper", "Adam"), ("data", "moons"),
        ("noise", 0.2), ("depth", 2), ("width", 4), ("activation", "tanh"), ("start", "Glorot"), ("batch_norm", True),
        ("keep", 0.8), ("l1", 1e-3), ("l2", 1e-3), ("batch", 8), ("seed", 3), ("step", 61), ("step", 20),
        ("probe", (0.0, 0.0)), ("looked", (1, 2)), ("off", frozenset({(0, 0)})), ("data", BLOBS),
        ("centres", ((1.0, 1.0), *CENTRES[1:])),
    ]  # fmt: skip
    for name, value in changes:
        demo.controls[name].value = value
        assert new_picture(demo), name
    assert {name for name, _ in changes} | {"pressed"} == set(demo.controls)
    assert "Step 20: loss" in demo.message.value


def test_the_ends_of_each_range_and_every_choice(mine: dict[str, Any], quick: Any) -> None:
    demo = alive(quick(**mine))
    for name, control in demo.controls.items():
        first = control.value
        if name == "step" or isinstance(control, Held):
            continue
        ends = getattr(control, "options", None) or (getattr(control, "min", False), getattr(control, "max", True))
        for end in ends:
            control.value = end
            assert demo.message.value.startswith("Step 10: "), (name, end)
        control.value = first
    for step in (0, 1):
        demo.controls["step"].value = step
        assert demo.message.value.startswith(f"Step {step}: loss")


def test_the_students_functions_do_the_work(norm: dict[str, Any], mine: dict[str, Any], quick: Any) -> None:
    calls: list[str] = []

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            calls.append(function.__name__)
            return function(*args, **keywords)

        return call

    def counted_rprop(theta: Tensor, grad: Tensor, state: Memory) -> tuple[Tensor, Memory]:
        calls.append("rprop_step")
        return rprop_step(theta, grad, state)

    functions = {name: counted(function) for name, function in mine.items() if name != "nesterov_step"}
    demo = quick(**functions | {"rprop_step": counted_rprop})
    demo.controls["batch_norm"].value = True
    demo.controls["keep"].value = 0.5
    calls.clear()
    demo.controls["step"].value = 11
    assert set(calls) == {"gd_step", *norm, "inverted_dropout"}
    said = "Steps by your <code>gd_step</code>; batch norm by your functions; dropout by your"
    assert said in demo.message.value
    for name, exercise in (("Adam", "adam_step"), ("Rprop", "rprop_step"), ("momentum 0.9", "momentum_step")):
        calls.clear()
        demo.controls["stepper"].value = name
        assert calls.count(exercise) == 11, name
        assert calls.count("he_normal") == 4
        assert f"Steps by your <code>{exercise}</code>" in demo.message.value


def test_what_is_not_written_torch_does_and_the_message_says_so(blank: Any, norm: dict[str, Any], quick: Any) -> None:
    demo = quick(gd_step=blank, quickprop_step=blank, **norm | {"batch_norm_backward": blank})
    demo.controls["batch_norm"].value = True
    assert "Steps by torch.optim's sgd, since <code>gd_step</code> is not written yet" in demo.message.value
    assert "batch norm by torch, since <code>batch_norm_backward</code> is not written yet" in demo.message.value
    demo.controls["stepper"].value = "Quickprop"
    assert "torch.optim's sgd, since <code>quickprop_step</code>" in demo.message.value
    demo.controls["stepper"].value = "Adam"
    assert "Steps by torch.optim's adam;" in demo.message.value
    assert "Quickprop" not in quick().controls["stepper"].options
    assert "Quickprop" in quick(quickprop_step=quickprop_step).controls["stepper"].options


@pytest.mark.parametrize("function", [adam_step, lambda: 0.1, lambda step, lr: lr, lambda k: 0.1])
def test_functions_without_a_place_are_refused(quick: Any, function: Any) -> None:
    with pytest.raises(TypeError, match=r"`adam` has no place here.* or a schedule, a function of `step` alone"):
        quick(adam=function)


def test_threads_take_turns(quick: Any) -> None:
    """A kernel hears the browser in several of them."""
    demo, problems = alive(quick()), []

    def move(name: str, values: list[Any]) -> None:
        for value in 12 * values:
            demo.controls[name].value = value
            if not demo.message.value.startswith("Step "):
                problems.append(demo.message.value)

    changes: list[tuple[str, list[Any]]] = [("depth", [0, 4]), ("width", [32, 4])]
    threads = [Thread(target=move, args=change) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_wrong_stepper_is_named(quick: Any) -> None:
    demo = quick(gd_step=lambda theta, grad, state, *, lr: theta - lr * grad)
    assert "`gd_step` must return (theta, state)" in demo.message.value


def test_a_training_that_runs_away_says_so(quick: Any) -> None:
    demo = quick()
    demo.controls["data"].value = "moons"
    demo.controls["activation"].value = "identity"
    demo.controls["l2"].value = 0.03
    demo.controls["rate"].value = 10.0
    demo.controls["depth"].value = 4
    demo.controls["step"].value = 0
    demo.controls["step"].value = 60
    assert "it has run away" in demo.message.value


def test_the_goal(norm: dict[str, Any]) -> None:
    demo = alive(playground_demo(**norm))
    assert demo.message.value.endswith(f"The goal is {GOAL:.0%}.")
    demo.controls["batch_norm"].value = True
    demo.controls["width"].value = 16
    demo.controls["step"].value = GOAL_STEPS
    assert demo.message.value.endswith("The goal is reached.")
    demo.controls["step"].value = GOAL_STEPS + 30
    assert demo.message.value.endswith(f"For the goal, get there within {GOAL_STEPS} steps.")
    demo.controls["off"].value = frozenset({(0, 0)})
    assert demo.message.value.endswith("For the goal, switch all units on.")
    demo.controls["depth"].value = 0  # and the unit is gone
    assert demo.message.value.endswith(f"The goal is {GOAL:.0%}.")
    demo.controls["data"].value = "blobs"
    assert "goal" not in demo.message.value


def test_what_is_changed_on_the_way_is_said_to_count_from_there(quick: Any) -> None:
    note, demo = "counts from here on; for all steps, set the step to 0.", quick()
    changes = [("rate", 1.0, True), ("step", 14, True), ("step", 0, False), ("step", 10, False), ("batch", 8, True)]
    assert note not in demo.message.value
    for name, value, noted in changes:
        demo.controls[name].value = value
        assert (note in demo.message.value) == noted, (name, value)


def test_a_schedule_is_no_change_on_the_way(quick: Any) -> None:
    demo = quick(halved=lambda step: 0.5**step)
    for name, value in (("step", 0), ("schedule", "halved"), ("step", 12)):
        demo.controls[name].value = value
    assert "counts from here on" not in demo.message.value


def test_reset_brings_back_the_first_state_and_forgets_the_rates(quick: Any) -> None:
    demo = quick()
    first = bytes(demo.image.value), demo.message.value
    for name, value in (("step", 4), ("rate", 1.0), ("step", 14), ("depth", 1)):
        demo.controls[name].value = value
    demo.reset.click()
    assert (bytes(demo.image.value), demo.message.value) == first


def test_playing_takes_a_few_steps_a_frame_and_keys_take_one(quick: Any) -> None:
    demo = quick()
    assert demo.play is not None
    assert (demo.play.slider, demo.play.step) == (demo.controls["step"], PLAYED_STEPS)
    assert demo.play.slider.step == 1


def test_in_a_notebook_a_far_step_is_reached_in_pieces_that_are_shown(
    quick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = quick()
    monkeypatch.setattr("steepest.demos.playground.playground.CATCH_UP_SECONDS", -1.0)  # a step a frame
    pictures: list[str] = []
    demo.image.observe(lambda change: pictures.append(demo.message.value.partition(":")[0]), names="value")

    async def jump() -> None:
        demo.controls["step"].value = 13
        while len(pictures) < 3:
            await asyncio.sleep(0.005)

    asyncio.run(asyncio.wait_for(jump(), 60))
    assert pictures == ["Step 11 of 13", "Step 12 of 13", "Step 13"]


# Whose functions, what is seen, and what can be touched


def test_it_opens_before_it_has_learned_and_learns_while_it_is_watched() -> None:
    demo = alive(playground_demo())
    first = right(demo)
    demo.controls["step"].value += 5 * 15 * PLAYED_STEPS  # five seconds at half the pace
    assert first < 0.75
    assert right(demo) > 0.9


def alive(demo: Demo) -> Demo:
    """As if a browser drew it, which takes less time than a picture."""
    demo.stage.surface._handle_custom_msg({"alive": True}, [])
    return demo


def right(demo: Demo) -> float:
    found = re.search(r"([\d.]+)% of which are right", demo.message.value)
    assert found is not None
    return float(found[1]) / 100


@pytest.mark.parametrize("written", [True, False])
def test_schedules_and_backpropagation_are_told_of(quick: Any, blank: Any, written: bool) -> None:
    own: dict[str, Any] = {"mlp_backprop": mlp_backprop if written else blank}

    def cosine_decay(step: int, *, lr: float = 0.5) -> float:
        return lr / (1 + step) if written else blank()  # type: ignore[no-any-return]

    demo = quick(cosine_decay=cosine_decay, **own)
    demo.controls["activation"].value = "tanh"
    demo.controls["schedule"].value = "cosine_decay"
    if written:
        assert "the rate by your <code>cosine_decay</code>; gradients by your <code>mlp_b" in demo.message.value
        demo.controls["activation"].value = "ReLU"
        assert "Your <code>mlp_backprop</code> is for tanh alone" in demo.message.value
    else:
        for said in ("the rate by hand, since <code>cosine_decay</code>", "gradients by torch, since <code>mlp_b"):
            assert f"{said}" in demo.message.value
    assert "schedule" not in quick().controls
    assert demo.controls["schedule"].options == (BY_HAND, "cosine_decay")


@pytest.mark.parametrize(
    ("functions", "said"),
    [
        ({"halved": lambda step: None}, "`halved` must return a rate for step 10"),
        ({"mlp_backprop": lambda *args: None}, "`mlp_backprop` must return (loss, grad_weights, grad_biases)"),
    ],
)
def test_what_returns_nothing_is_named(quick: Any, functions: dict[str, Any], said: str) -> None:
    demo = quick(**functions)
    demo.controls["activation"].value = "tanh"
    if "schedule" in demo.controls:
        demo.controls["schedule"].value = "halved"
    assert said in demo.message.value


def test_the_probe_is_pulled_over_the_plane_and_units_tell_what_they_make_of_it(quick: Any, pull: Any) -> None:
    demo = quick()
    for place in ((0.25, -0.75), (1.0, 0.5)):
        pull(demo, "probe", at=place)
        assert demo.controls["probe"].value == place
        for number in range(2):
            assert told(demo, f"looked:0.{number + 1}").startswith(
                f"{place[number]:.2f} at the probe".replace("-", "−")
            )
    assert shown_texts(demo, 0)[-1] == told(demo, "looked:4.1")[:4]


def test_a_unit_is_pressed_to_be_seen_large_and_again_for_the_output(quick: Any, pull: Any) -> None:
    demo = quick()
    titles = []
    for handle in ("looked:2.3", "looked:0.1", "looked:0.1", "looked:1.8", "looked:4.1"):
        pull(demo, handle, press=True)
        titles += shown_texts(demo, 1)
    output = "output: the probability of class 1"
    assert titles == ["layer 2, unit 3", "x₁", output, "layer 1, unit 8", output]
    pull(demo, "looked:3.8", press=True)
    demo.controls["width"].value = 4  # it is gone
    assert shown_texts(demo, 1) == [output]


def test_a_unit_is_switched_off_and_on_and_keeps_its_place_for_the_keyboard(quick: Any, pull: Any) -> None:
    demo = quick()
    first = demo.message.value
    demo.controls["pressed"].value = SWITCH
    handles = set(demo.stage.handles)
    pull(demo, "off:1.2", press=True)
    pull(demo, "off:3.8", press=True)
    assert demo.controls["off"].value == {(0, 1), (2, 7)}
    assert told(demo, "off:1.2").startswith("switched off")
    assert demo.message.value != first and set(demo.stage.handles) == handles
    for handle in ("off:1.2", "off:3.8"):
        pull(demo, handle, press=True)
    assert demo.message.value == first
    pull(demo, "looked:0.2", press=True)  # inputs can only be looked at
    assert demo.controls["looked"].value == (0, 1)


def test_middles_of_blobs_are_pulled_and_the_net_has_to_follow(quick: Any, pull: Any) -> None:
    demo = quick()
    demo.controls["data"].value = BLOBS
    demo.controls["step"].value = 60
    before = right(demo)
    pull(demo, "centres:1", at=CENTRES[0])
    pull(demo, "centres:0", at=CENTRES[1])
    assert demo.controls["centres"].value[:2] == (CENTRES[1], CENTRES[0])
    confused = right(demo)
    demo.controls["step"].value = 200
    assert confused < before - 0.2
    assert right(demo) > confused + 0.1


def test_the_training_is_pulled_back_and_the_rate_up(quick: Any, pull: Any) -> None:
    demo = quick()
    demo.controls["step"].value = 40
    pull(demo, "step:", at=(12.4, 1.0))
    assert demo.message.value.startswith("Step 12: loss")
    pull(demo, ":rate", at=(500.0, 0.9))
    assert (demo.controls["rate"].value, demo.controls["step"].value) == (1.0, 12)


@pytest.mark.parametrize(("depth", "width"), [(0, 8), (1, 1), (3, 8), (4, 32)])
def test_every_link_is_told_with_its_weight(quick: Any, depth: int, width: int) -> None:
    demo = alive(quick())
    demo.controls["depth"].value, demo.controls["width"].value = depth, width
    (mark,) = (mark for mark in demo.stage.marks if mark.record["kind"] == "links")
    names = demo.stage.surface.names[mark.record["names"]]
    values = mark.numbers[4 * len(names) :]
    shown = [2, *[min(width, SHOWN)] * depth, 1]
    assert len(values) == len(names) == sum(a * b for a, b in itertools.pairwise(shown))
    state = begin(TORCH, design(depth=depth, width=width), 0.3)
    demo.controls["step"].value = 0
    demo.controls["data"].value = "XOR"
    (mark,) = (mark for mark in demo.stage.marks if mark.record["kind"] == "links")
    weight = layers(design(depth=depth, width=width), state.theta)[0].weight
    assert mark.numbers[4 * len(names) + 1] == pytest.approx(float(weight[0, 1]))
    ends = mark.numbers[: 4 * len(names)].reshape(-1, 4)
    assert ends[1, 1] < ends[0, 1] and ends[1, 3] == ends[0, 3]  # x₂ stands below x₁
    assert names[1] == f"x₂ → {'layer 1, unit 1' if depth else 'output'}: weight"
    if depth:
        texts = [f"{value:.2f}".replace("-", "−") for value in weight[0].tolist()]
        assert f"weights in: {',  '.join(texts)}" in told(demo, "looked:1.1")


@pytest.mark.parametrize("width", [1, NUMBERED, SHOWN, 32])
@pytest.mark.parametrize("depth", range(5))
def test_the_net_finds_room(depth: int, width: int) -> None:
    laid = layout(depth, width, (535.0, 574.0))
    places = np.concatenate(laid.columns)
    assert (places - laid.side / 2).min() >= 0 and (places + laid.side / 2).max() <= 1
    assert laid.side * (535, 574) == pytest.approx([laid.side[0] * 535] * 2)  # square
    apart = abs(places[:, None] - places[None]) / laid.side
    assert (apart.max(axis=2) + 9 * np.eye(len(places)) > 1.1).all()


def told(demo: Demo, handle: str) -> str:
    (said,) = (record["told"] for record in demo.stage.records if record["id"] == handle)
    return str(said)


def shown_texts(demo: Demo, panel: int) -> list[str]:
    texts = (mark.record for mark in demo.stage.marks if mark.record["kind"] == "text")
    return [record["said"] for record in texts if record["panel"] == panel]
