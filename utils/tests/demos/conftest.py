"""What tests of demos share: whether a picture is new, and functions as students write them, or have not yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from steepest.demos._demo import Demo
from steepest.demos._looks import line_look
from steepest.demos._png import SIGNATURE
from torch import Tensor

State = dict[str, Any]


@pytest.fixture
def new_picture() -> Callable[[Demo], bool]:
    """Whether a demo shows a picture that has not been seen before in the same test."""
    seen: set[bytes] = set()

    def is_new(demo: Demo) -> bool:
        picture = bytes(demo.image.value)
        assert picture.startswith(SIGNATURE)
        known = picture in seen
        seen.add(picture)
        return not known

    return is_new


@pytest.fixture(scope="session")
def pull() -> Callable[..., None]:
    """Do to a demo's handle what a hand does in the browser: `at` a place, by a `key`, or a `press`."""

    def pull(demo: Demo, handle: str, **done: Any) -> None:
        assert handle in demo.stage.handles
        demo.stage.surface._handle_custom_msg({"id": handle, **done, "n": demo.stage.surface.seen + 1}, [])

    return pull


@pytest.fixture(scope="session")
def drawn() -> Callable[..., list[np.ndarray]]:
    """The places of what a demo draws by `plot` in a style now, of shape (n, 2) for each call."""

    def drawn(demo: Demo, style: dict[str, Any]) -> list[np.ndarray]:
        looks = [look for look in line_look(style).values() if look]
        return [mark.numbers for mark in demo.stage.marks if mark.record.get("look") in looks]

    return drawn


@pytest.fixture(scope="session")
def blank() -> Callable[..., Any]:
    """A function that is not written yet."""

    def blank(*args: Any, **settings: Any) -> Any:
        raise NotImplementedError

    return blank


@pytest.fixture(scope="session")
def no_return() -> Callable[..., Any]:
    """A function that lacks its return."""

    def no_return(*args: Any, **settings: Any) -> None:
        pass

    return no_return


@pytest.fixture(scope="session")
def gd_step() -> Callable[..., tuple[Tensor, State]]:
    def gd_step(theta: Tensor, grad: Tensor, state: State, *, lr: float) -> tuple[Tensor, State]:
        return theta - lr * grad, state

    return gd_step


@pytest.fixture(scope="session")
def momentum_step() -> Callable[..., tuple[Tensor, State]]:
    def momentum_step(theta: Tensor, grad: Tensor, state: State, *, lr: float, beta: float) -> tuple[Tensor, State]:
        velocity = beta * state["velocity"] - lr * grad
        return theta + velocity, {"velocity": velocity}

    return momentum_step


@pytest.fixture(scope="session")
def batch_norm_train() -> Callable[..., tuple[Tensor, Any]]:
    def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> tuple[Tensor, Any]:
        inverse = 1 / (x.var(dim=0, correction=0) + eps).sqrt()
        u = (x - x.mean(dim=0)) * inverse
        return gamma * u + beta, (u, gamma * inverse)

    return batch_norm_train


@pytest.fixture(scope="session")
def batch_norm_backward() -> Callable[..., tuple[Tensor, Tensor, Tensor]]:
    def batch_norm_backward(grad_out: Tensor, cache: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        u, scale = cache
        grad_gamma, grad_beta = (grad_out * u).sum(dim=0), grad_out.sum(dim=0)
        return scale * (grad_out - (grad_beta + u * grad_gamma) / len(u)), grad_gamma, grad_beta

    return batch_norm_backward


@pytest.fixture(scope="session")
def batch_norm_eval() -> Callable[..., Tensor]:
    def batch_norm_eval(
        x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor, *, eps: float
    ) -> Tensor:  # fmt: skip
        return gamma * (x - mean) / (variance + eps).sqrt() + beta

    return batch_norm_eval
