"""What a function adds is judged apart from a wrong function of the same student that it calls."""

from __future__ import annotations

from typing import Any

import pytest
from steepest_grader.exercise.catalogue import exercise
from steepest_grader.exercise.judge import judge_local
from steepest_grader.exercise.model import Outcome

NOTEBOOK = """
import torch

def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator)
    return list(order.split(size))

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta
"""
UNSHUFFLED = ("torch.randperm(n, generator=generator)", "torch.arange(n)")
RAISES = ("    order =", "    raise ValueError('later')\n    order =")
WHOLE = ("grad_fn(theta, x[index], y[index])", "grad_fn(theta, x, y)")
UPHILL = ("theta - lr *", "theta + lr *")
MISSING = ("def minibatches(", "def batches(")
HOW: dict[str, tuple[list[tuple[str, str]], float, str]] = {
    "all is right": ([], 1, ""),
    "the batches are not shuffled": ([UNSHUFFLED], 1, "Your own `minibatches` is not right yet"),
    "the batches raise": ([RAISES], 1, "Your own `minibatches` is not right yet"),
    "there are no batches": ([MISSING], 1, "Your own `minibatches` is not right yet"),
    "both are wrong": ([UNSHUFFLED, WHOLE], 1, "Your own `minibatch_gradient` and `minibatches` are not right yet"),
    "it is wrong itself": ([UPHILL], 0, ""),
    "it is wrong itself as well": ([UPHILL, UNSHUFFLED], 0, "Your own `minibatches` is not right yet"),
}


def notebook(*changes: tuple[str, str]) -> dict[str, Any]:
    text = NOTEBOOK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    space: dict[str, Any] = {"__name__": "notebook"}
    exec(text, space)
    return space


@pytest.mark.parametrize("how", HOW)
def test_sgd_is_judged_for_what_it_adds(how: str) -> None:
    changes, credit, said = HOW[how]
    space = notebook(*changes)
    verdict = judge_local(exercise("sgd"), space["sgd"], companions=space)
    assert (verdict.credit, verdict.outcome is Outcome.PASSED) == (credit, credit == 1)
    assert verdict.message.startswith(said)
    assert bool(said) == verdict.message.startswith("Your own")


def test_the_function_that_is_wrong_keeps_its_own_mark() -> None:
    space = notebook(UNSHUFFLED)
    assert judge_local(exercise("minibatches"), space["minibatches"], companions=space).credit < 1


BACKWARD = """
import torch

def batch_norm_train(x, gamma, beta, *, eps):
    centered = x - x.mean(0)
    deviation = (centered.square().mean(0) + eps).sqrt()
    u = centered / deviation
    return gamma * u + beta, (u, deviation, gamma)

def batch_norm_backward(grad_out, cache):
    u, deviation, gamma = cache
    g = grad_out * gamma
    return (g - g.mean(0) - u * (g * u).mean(0)) / deviation, (grad_out * u).sum(0), grad_out.sum(0)
"""


@pytest.mark.parametrize(
    ("old", "new", "credit", "own"),
    [
        ("", "", 1, False),
        ("gamma * u + beta,", "gamma * u,", 1, True),
        ("(grad_out * u).sum(0)", "(grad_out * u).mean(0)", 0.5, False),
    ],
)
def test_a_backward_pass_is_judged_apart_from_what_the_forward_pass_gives(
    old: str, new: str, credit: float, own: bool
) -> None:
    text = BACKWARD.replace(old, new) if old else BACKWARD
    space: dict[str, Any] = {}
    exec(text, space)
    verdict = judge_local(exercise("batch_norm_backward"), space["batch_norm_backward"], companions=space)
    assert (verdict.credit == 1) is (credit == 1)
    assert ("Your own `batch_norm_train` is not right yet" in verdict.message) is own
