"""How fast the demos are: the map of rates and β beside a loop over torch.optim, and sliders in a browser."""

from __future__ import annotations

import json
import re
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from steepest.demos._play import FRAME_SECONDS, WHOLE_SECONDS
from steepest.demos.momentum.map import N_STEPS, START, rate_maps
from steepest_grader.course.find import find_course
from torch import Tensor

HOME = find_course(Path(__file__).parent)
TABLE = HOME.root / "docs" / "benchmarks.md"
MEASURED = HOME.root / "build" / "demos"
CONDITION = 30
CURVATURES = torch.tensor([1 / CONDITION, 1.0], dtype=torch.float64)
EVERY = 8  # of the rows and columns torch.optim does one in so many
PART = re.compile(r"<!-- demos -->.*<!-- end of demos -->\n", re.DOTALL)
State = dict[str, Any]
OUT = Console(width=110)


def main() -> None:
    """Measure, print, and write the part of docs/benchmarks.md that is about demos."""
    text = "\n".join(["<!-- demos -->", "## Demos", "", *_map(), "", *_sliders(), "<!-- end of demos -->", ""])
    OUT.print(text, markup=False, highlight=False)
    page = TABLE.read_text()
    TABLE.write_text(PART.sub(lambda _: text, page) if PART.search(page) else f"{page.rstrip()}\n\n{text}")


def _map() -> list[str]:
    rate_maps(_solution, [CONDITION], batched=True)
    begun = time.perf_counter()
    whole = rate_maps(_solution, [CONDITION], batched=True)[CONDITION]
    ours = time.perf_counter() - begun
    rates, betas = whole.rates[::EVERY].tolist(), whole.betas[::EVERY].tolist()
    _torch(rates[0], betas[0])
    begun = time.perf_counter()
    ends = torch.stack([torch.stack([_torch(rate, beta) for rate in rates]) for beta in betas])
    theirs = (time.perf_counter() - begun) * EVERY**2
    factors = (ends / max(map(abs, START))) ** (1 / N_STEPS)
    finite = whole.factors[::EVERY, ::EVERY].isfinite() & factors.isfinite()
    torch.testing.assert_close(whole.factors[::EVERY, ::EVERY][finite], factors[finite], rtol=1e-6, atol=1e-6)
    cells = len(whole.rates)
    return [
        f"The map of rates and β, {cells} × {cells} points of {N_STEPS} steps, takes {ours:.2f} s with the",
        f"lesson's stepper on the whole grid at once. A loop over `torch.optim.SGD` takes {theirs:.0f} s,",
        f"{theirs / ours:.0f} times as long; measured on every {EVERY}th row and column, whose numbers agree.",
    ]


def _solution(theta: Tensor, grad: Tensor, state: State, *, lr: Any, beta: Any) -> tuple[Tensor, State]:
    """The stepper as a student writes it, in the lesson's own form."""
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}


def _torch(rate: float, beta: float) -> Tensor:
    """The largest part of the error at the last two steps of torch's momentum."""
    theta = torch.tensor(START, dtype=torch.float64)
    optimizer = torch.optim.SGD([theta], lr=rate, momentum=beta)
    before = theta.clone()
    for _ in range(N_STEPS):
        before.copy_(theta)
        theta.grad = CURVATURES * theta
        optimizer.step()
    return torch.maximum(before.abs(), theta.abs()).max()


def _sliders() -> list[str]:
    """The latencies and the frames a second that the last `make test-long` has left."""
    names = "latency", "drag", "frames"
    if not all((MEASURED / f"{name}.json").exists() for name in names):
        return ["Latencies in a browser: run `make test-long` first."]
    latency, drag, frames = (json.loads((MEASURED / f"{name}.json").read_text()) for name in names)
    rows = [
        f"| `{name}` | {_waits(waits)} | {_waits(drag.get(name, []))} | {frames.get(name, '')} |"
        for name, waits in latency.items()
        if len(waits) > 1
    ]
    return [
        "From the press of a key on a slider or a handle, and from a pull at a handle by the pointer, until Chromium",
        "shows the new picture (ms), and the frames a second that it shows while a demo plays:",
        f"{1 / FRAME_SECONDS:.0f} at most, and fewer where there are few, which last {WHOLE_SECONDS:g} s from first to",
        "last. Kernel, server, browser and test share two cores.",
        "",
        "| demo | key: median | 95th percentile | presses | drag: median | 95th percentile | moves | frames a second |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]


def _waits(waits: list[float]) -> str:
    if len(waits) < 2:
        return "| |"
    return f"{statistics.median(waits):.0f} | {statistics.quantiles(waits, n=20)[-1]:.0f} | {len(waits)}"


if __name__ == "__main__":
    main()
