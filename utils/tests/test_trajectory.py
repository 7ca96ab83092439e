"""Trajectories: any stepper, any start, one contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.landscapes import beale, quadratic
from steepest.trajectory import METHODS, init_state, run, steps_to_reach
from torch import Tensor

State = dict[str, Any]


def descend(theta: Tensor, grad: Tensor, state: State, *, lr: float) -> tuple[Tensor, State]:
    return theta - lr * grad, state


def look_ahead(theta: Tensor, grad_fn: Callable[[Tensor], Tensor], state: State, *, lr: float) -> tuple[Tensor, State]:
    ahead = theta + 0.5 * state["velocity"]
    velocity = 0.5 * state["velocity"] - lr * grad_fn(ahead)
    return theta + velocity, {"velocity": velocity}


def count(theta: Tensor, grad: Tensor, state: State, *, lr: float) -> tuple[Tensor, State]:
    return theta + lr, {"t": state["t"] + 1}


@pytest.mark.parametrize("shape", [(2,), (4, 2), (2, 3, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_points_of_the_path(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    start = torch.ones(shape, dtype=dtype)
    path = run(descend, quadratic(4).gradient, start, state={}, n_steps=3, lr=0.5)
    assert path.shape == (4, *shape)
    assert path.dtype == dtype
    decay = torch.tensor([1 - 0.5 / 4, 0.5], dtype=dtype)
    for number, points in enumerate(path):
        assert torch.allclose(points, (decay**number).expand(shape))


def test_every_start_of_a_batch_goes_its_own_way() -> None:
    starts = torch.tensor([[1.0, 1.0], [-2.0, 0.5]], dtype=torch.float64)
    state = init_state("nesterov", starts)
    together = run(look_ahead, beale().gradient, starts, state=state, n_steps=20, lr=0.001)
    for number, start in enumerate(starts):
        alone = run(look_ahead, beale().gradient, start, state=init_state("nesterov", start), n_steps=20, lr=0.001)
        assert torch.allclose(together[:, number], alone)


def test_a_stepper_with_grad_fn_gets_the_function() -> None:
    start = torch.tensor([1.0, 1.0], dtype=torch.float64)
    path = run(look_ahead, lambda theta: theta, start, state=init_state("nesterov", start), n_steps=2, lr=0.1)
    # v = -0.1, θ = 0.9; look at 0.85: v = -0.05 - 0.085, θ = 0.765
    assert path[:, 0].tolist() == pytest.approx([1.0, 0.9, 0.765])


def test_hyperparameters_can_be_schedules() -> None:
    path = run(descend, lambda theta: torch.ones(1), torch.zeros(1), state={}, n_steps=3, lr=lambda k: 1.0 / (k + 1))
    assert path.flatten().tolist() == pytest.approx([0, -1, -1.5, -1.5 - 1 / 3])


def test_the_state_given_is_not_changed() -> None:
    state: State = {"t": 0}
    path = run(count, lambda theta: theta, torch.zeros(1), state=state, n_steps=5, lr=2.0)
    assert state == {"t": 0}
    assert path[-1].item() == 10


def test_what_runs_away_is_kept_as_it_is() -> None:
    path = run(descend, quadratic(1).gradient, torch.ones(2), state={}, n_steps=400, lr=1e3)
    assert not path[-1].isfinite().any()
    assert path[1].isfinite().all()


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "Got None"), (torch.ones(1), "Got a Tensor"), ((torch.ones(1), 3), "Got a tuple of Tensor, int")],
)
def test_a_step_that_returns_something_else(answer: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        run(lambda theta, grad, state: answer, lambda theta: theta, torch.ones(1), state={}, n_steps=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("suffix", ["", "_step"])
def test_first_state_of_each_method(method: str, suffix: str) -> None:
    theta = torch.ones(3, 2, dtype=torch.float32)
    state = init_state(method + suffix, theta, rate=0.2)
    assert list(state) == list(METHODS[method])
    for key, value in state.items():
        if key == "t":
            assert value == 0
            assert type(value) is int
        else:
            first = 0.2 if (method, key) in {("rprop", "step"), ("delta_bar_delta", "rate")} else 0.0
            assert torch.equal(value, torch.full_like(theta, first))
            assert value.dtype == theta.dtype


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="Got 'momentun'"):
        init_state("momentun", torch.ones(1))


@pytest.mark.parametrize(
    ("distances", "steps"),
    [
        ([4.0, 2.0, 0.5], 2),
        ([4.0, 0.5, 2.0, 0.5], 3),
        ([0.1, 0.1], 0),
        ([4.0, 2.0], None),
        ([0.5, 0.5, float("nan")], None),
        ([2.0, 1.0], 1),
    ],
)
def test_steps_to_reach(distances: list[float], steps: int | None) -> None:
    assert steps_to_reach(torch.tensor(distances), 1.0) == steps
