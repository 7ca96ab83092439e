"""Functions of `14_capstone` as a student may have written them, with torch's modules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

State = tuple[nn.Module, torch.optim.Optimizer]


def prepare_training(generator: Generator) -> State:
    layers: list[nn.Module] = []
    for into, out in ((40, 100), (100, 100), (100, 10)):
        dense = nn.Linear(into, out)
        nn.init.normal_(dense.weight, std=math.sqrt(2 / into), generator=generator)
        nn.init.zeros_(dense.bias)
        layers += [dense, nn.BatchNorm1d(out), nn.ReLU()]
    model = nn.Sequential(*layers[:-2])
    return model, torch.optim.Adam(model.parameters())


def train_step(state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
    model, optimizer = state
    for group in optimizer.param_groups:
        group["lr"] = 0.02 * min(1.0, (step + 1) / (0.3 * n_steps), (n_steps - step) / (0.7 * n_steps))
    model.train()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), labels).backward()
    optimizer.step()
    return state


@torch.no_grad()
def predict_digits(state: State, x: Tensor) -> Tensor:
    state[0].eval()
    answer: Tensor = state[0](x).argmax(dim=1)
    return answer


@pytest.fixture(scope="session")
def entrant() -> tuple[Callable[..., Any], ...]:
    return prepare_training, train_step, predict_digits


@pytest.fixture(scope="session")
def confusion() -> Callable[..., Tensor]:
    def confusion(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
        table = torch.zeros(n_classes, n_classes, dtype=torch.int64)
        for true, called in zip(labels.tolist(), predictions.tolist(), strict=True):
            table[true, called] += 1
        return table

    return confusion
