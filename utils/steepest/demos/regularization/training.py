"""Small nets that learn from moved and noisy digits, as far as somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from steepest.data import digits, split
from steepest.demos._sheet import SIDE
from steepest.dense import Nets, accuracy, make_nets, scores, train

Shift = Callable[[Tensor, Tensor], Tensor]

N_STEPS, EVERY = 400, 10
N_TRAINING, NETS, BATCH, RATE = 300, 3, 32, 0.5
SIZES = (64, 64, 10)
KEPT = 24  # mixtures


class Mix(NamedTuple):
    """What the nets are shown.

    Attributes
    ----------
    shift : int
        By how many pixels a digit may move in each direction.
    share : float
        Of the digits that are moved.
    noise : float
        Standard deviation of what is added to each pixel.
    """

    shift: int
    share: float
    noise: float


class Run:
    """The training on one mixture: its nets, and their errors on both test sets after every `EVERY` steps.

    Attributes
    ----------
    errors : Tensor, shape (points, 2)
        In percent, on the centred and on the shifted test set, mean of the nets; the first before any step.
    """

    def __init__(self, digits: Digits, mix: Mix) -> None:
        self._digits, self.mix = digits, mix
        self._nets: Nets = make_nets(SIZES, seeds=range(NETS))
        self._batches = digits.batches(mix)
        self.errors = self._measured()

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return EVERY * (len(self.errors) - 1)

    def train(self, step: int, seconds: float) -> None:
        """Train on, up to this step or as far as the seconds go."""
        due = time.perf_counter() + seconds
        while self.step < step and time.perf_counter() < due:
            rates = [RATE * (1 - (self.step + later) / N_STEPS) for later in range(EVERY)]
            self._nets, _ = train(self._nets, self._batches, rates)
            self.errors = torch.cat([self.errors, self._measured()])

    def _measured(self) -> Tensor:
        wrong = [1 - accuracy(scores(self._nets, rows), self._digits.classes).mean() for rows in self._digits.tests]
        return 100 * torch.stack(wrong)[None]


class Digits:
    """Training and test digits, moved by the student's function.

    Parameters
    ----------
    shift_images : callable
        The student's function.
    """

    def __init__(self, shift_images: Shift) -> None:
        self._shift_images = shift_images
        every = digits()
        training, test = split(every, test=1 - N_TRAINING / len(every.x), seed=0)
        self.rows, self.labels, self.classes = training.x, training.y, test.y
        self._test = test.x
        self._moved: dict[int, Tensor] = {}
        self._runs: dict[Mix, Run] = {}

    @cached_property
    def tests(self) -> tuple[Tensor, Tensor]:
        """The test digits as they are, and each moved at random by at most a pixel."""
        shifts = torch.randint(-1, 2, (len(self._test), 2), generator=Generator().manual_seed(0))
        return self._test, self.move(self._test, shifts)

    def move(self, rows: Tensor, shifts: Tensor) -> Tensor:
        """Rows of pixels, moved as images."""
        moved = self._shift_images(rows.view(-1, SIDE, SIDE), shifts)
        if not isinstance(moved, Tensor) or moved.shape != (len(rows), SIDE, SIDE):
            got = tuple(moved.shape) if isinstance(moved, Tensor) else type(moved).__name__
            raise ValueError(
                f"`shift_images` must return images of the shape ({len(rows)}, {SIDE}, {SIDE}). Got {got}."
            )
        return moved.reshape(len(rows), -1).to(rows.dtype)

    def moved(self, shift: int) -> Tensor:
        """The training rows in all places up to a shift, of shape (places, rows, pixels); the middle one is unmoved."""
        if shift not in self._moved:
            near = torch.arange(-shift, shift + 1)
            places = torch.cartesian_prod(near, near)
            moved = [self.move(self.rows, place.expand(len(self.rows), 2)) for place in places]
            self._moved[shift] = torch.stack(moved)
        return self._moved[shift]

    def drawn(self, mix: Mix, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """So many rows of a mixture, and their classes."""
        places = self.moved(mix.shift)
        at = torch.randint(len(self.rows), (count,), generator=generator)
        place = torch.randint(len(places), (count,), generator=generator)
        unmoved = torch.rand(count, generator=generator) >= mix.share
        rows = places[place.masked_fill(unmoved, len(places) // 2), at]
        return rows + mix.noise * torch.randn(rows.shape, generator=generator), self.labels[at]

    def batches(self, mix: Mix) -> Iterator[tuple[Tensor, Tensor]]:
        """Minibatches for all nets, without end."""
        generator = Generator().manual_seed(1)
        while True:
            x, y = self.drawn(mix, NETS * BATCH, generator)
            yield x.view(NETS, BATCH, -1), y.view(NETS, BATCH)

    def run(self, mix: Mix) -> Run:
        """The training on a mixture, as far as it has come."""
        if mix not in self._runs:
            while len(self._runs) >= KEPT:
                del self._runs[next(iter(self._runs))]
            self._runs[mix] = Run(self, mix)
        return self._runs[mix]

    @property
    def finished(self) -> list[Run]:
        """The trainings that have come to their end."""
        return [run for run in self._runs.values() if run.step == N_STEPS]
