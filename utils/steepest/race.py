"""A race of steppers: every method on the same track, from the same starts, each at its own best rate of one grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim.sgd import sgd

from steepest.landscapes import LANDSCAPES
from steepest.trajectory import init_state
from steepest.words import document_gradient, document_loss

__all__ = ["RATES", "Entrant", "Lap", "Track", "document_track", "landscape_track", "race", "scheduled", "torch_sgd"]

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""The grid of learning rates, about two for each power of ten."""

ARRIVED = 1e-12
SCORED = (1e-6, 1e3)  # beyond these it does not matter how small or large a loss is


@dataclass(frozen=True)
class Entrant:
    """A method that enters the race.

    Parameters
    ----------
    name : str
        For legends and tables.
    step : callable
        ``step(theta, grad, state, **hyper) -> (theta, state)``.
    method : str
        Name for `init_state`.
    hyper : mapping
        Hyperparameters other than the rate.

    Examples
    --------
    >>> def mine(theta, grad, state, *, lr, beta):
    ...     raise NotImplementedError
    >>> Entrant("mine", mine, "momentum", {"beta": 0.9}).hyper
    {'beta': 0.9}
    """

    name: str
    step: Callable[..., tuple[Tensor, dict[str, Any]]]
    method: str
    hyper: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Track:
    """What is raced on.

    Parameters
    ----------
    name : str
        For titles.
    starts : Tensor, shape (n_runs, d)
        One start a run.
    gradient : callable
        Maps points of that shape, and the number of the step, to gradients.
    loss : callable
        Maps points of shape (..., d) to losses of shape (...); the lower, the better.
    n_steps : int
        Length of the race.
    goal : float
        A loss at which a run counts as arrived.
    every : int
        The loss is measured after so many steps.

    Examples
    --------
    >>> track = landscape_track("beale", n_runs=3, n_steps=10)
    >>> track.starts.shape, track.n_steps
    (torch.Size([3, 2]), 10)
    """

    name: str
    starts: Tensor
    gradient: Callable[[Tensor, int], Tensor]
    loss: Callable[[Tensor], Tensor]
    n_steps: int
    goal: float
    every: int = 1


@dataclass(frozen=True, eq=False)
class Lap:
    """How a method did at its best rate.

    Attributes
    ----------
    rate : float
        The rate of the grid with the best score.
    losses : Tensor, shape (n_runs, n_points)
        Loss of every run at the start and after every `Track.every` steps; inf where it ran away.
    needed : Tensor, shape (n_runs,)
        Steps after which the loss stays at the goal or under it; `Track.n_steps` + 1 where it does not.
    scores : tuple of float
        Mean of log₁₀ loss for every rate of the grid.

    Examples
    --------
    >>> lap = race([torch_sgd("SGD")], landscape_track("saddle", n_steps=20))["SGD"]
    >>> lap.losses.shape, lap.rate in RATES
    (torch.Size([20, 21]), True)
    """

    rate: float
    losses: Tensor
    needed: Tensor
    scores: tuple[float, ...]


def race(entrants: Sequence[Entrant], track: Track, *, rates: Sequence[float] = RATES) -> dict[str, Lap]:
    """Let every method take the track once at every rate, and keep its best.

    The best rate is that with the lowest mean of log₁₀ loss, over all runs and the whole race: a method must be quick
    and must not jump out again. Methods whose function is not written yet are left out.

    Parameters
    ----------
    entrants : sequence of Entrant
        The methods.
    track : Track
        Starts, gradient and length.
    rates : sequence of float
        The grid.

    Returns
    -------
    dict of str to Lap
        By name, in the order given.

    Examples
    --------
    >>> entrants = [torch_sgd("plain"), torch_sgd("momentum", momentum=0.9)]
    >>> list(race(entrants, landscape_track("saddle", n_steps=20)))
    ['plain', 'momentum']
    """
    laps: dict[str, Lap] = {}
    for entrant in entrants:
        try:
            tried = [_losses(entrant, track, rate) for rate in rates]
        except NotImplementedError:
            continue
        scores = [losses.clamp(*SCORED).log10().mean().item() for losses in tried]
        best = min(range(len(rates)), key=scores.__getitem__)
        laps[entrant.name] = Lap(rates[best], tried[best], _needed(tried[best], track), tuple(scores))
    return laps


def scheduled(
    step: Callable[..., tuple[Tensor, dict[str, Any]]], schedule: Callable[[int], float]
) -> Callable[..., tuple[Tensor, dict[str, Any]]]:
    """A stepper whose rate follows a schedule, for a race, for `steepest.trajectory.run` and for demos.

    Parameters
    ----------
    step : callable
        ``step(theta, grad, state, *, lr, ...) -> (theta, state)``; ``"steps_taken"`` joins its state.
    schedule : callable
        Maps the number of steps taken to a share of `lr`: ``lambda k: linear_decay(k, lr=1.0, lr_end=0.0, tau=300)``.

    Examples
    --------
    >>> halved = scheduled(lambda theta, grad, state, *, lr: (theta - lr * grad, state), lambda k: 0.5**k)
    >>> halved(torch.tensor(1.0), torch.tensor(1.0), {"steps_taken": 1}, lr=0.5)
    (tensor(0.7500), {'steps_taken': 2})
    """

    def step_on_schedule(
        theta: Tensor, grad: Any, state: Mapping[str, Any], *, lr: Any, **hyper: Any
    ) -> tuple[Tensor, dict[str, Any]]:
        taken = state.get("steps_taken", 0)
        inner = {key: value for key, value in state.items() if key != "steps_taken"}
        theta, inner = step(theta, grad, inner, lr=lr * schedule(taken), **hyper)
        return theta, {**inner, "steps_taken": taken + 1}

    return step_on_schedule


def torch_sgd(name: str, *, momentum: float = 0.0) -> Entrant:
    """Gradient descent as `torch.optim.SGD` takes it, to race against.

    Parameters
    ----------
    name : str
        For legends and tables.
    momentum : float
        Share of the velocity that is kept.

    Examples
    --------
    >>> torch_sgd("momentum", momentum=0.9).name
    'momentum'
    """

    def step(theta: Tensor, grad: Tensor, state: dict[str, Any], *, lr: float) -> tuple[Tensor, dict[str, Any]]:
        moved, velocity = theta.clone(), state["velocity"].clone()
        sgd(
            [moved], [grad], [velocity], foreach=False, lr=lr, momentum=momentum,
            weight_decay=0.0, dampening=0.0, nesterov=False, maximize=False,
        )  # fmt: skip
        return moved, {"velocity": velocity}

    return Entrant(name, step, "momentum")


def landscape_track(name: str, *, n_runs: int = 20, n_steps: int = 300, seed: int = 0) -> Track:
    """A track on one of the classic landscapes, each run from its own start.

    Parameters
    ----------
    name : {"beale", "long valley", "saddle"}
        Where to race. On the saddle the starts lie within 0.001 of the ridge.
    n_runs, n_steps, seed : int
        Number of starts, length of the race, and the seed of the starts.

    Raises
    ------
    ValueError
        If no landscape has this name.

    Examples
    --------
    >>> landscape_track("long valley", n_runs=4).starts.shape
    torch.Size([4, 2])
    """
    if name not in _COURSES:
        raise ValueError(f"`name` must be one of {', '.join(_COURSES)}. Got {name!r}.")
    course = _COURSES[name]
    landscape = LANDSCAPES[name]()
    generator = torch.Generator().manual_seed(seed)
    low, high = torch.tensor(course.box, dtype=torch.float64).T
    starts = low + (high - low) * torch.rand(n_runs, 2, generator=generator, dtype=torch.float64)
    lowest = landscape(torch.tensor(landscape.minima, dtype=starts.dtype)).min()
    return Track(
        landscape.name,
        starts,
        gradient=lambda theta, step: course.gradient(theta),
        loss=lambda theta: landscape(theta) - lowest,
        n_steps=n_steps,
        goal=course.goal,
    )


def document_track(
    x: Tensor, y: Tensor, *, n_runs: int, batch_size: int, n_steps: int, goal: float, seed: int = 0, every: int = 10
) -> Track:
    """A logistic regression from θ = 0, each run on its own minibatches; the loss is that of all rows.

    Parameters
    ----------
    x, y : Tensor, shapes (n, d) and (n,)
        Rows, and classes 0 and 1.
    n_runs, batch_size, seed : int
        Number of runs, rows in a minibatch, and the seed of the minibatches, which are the same for all methods.
    n_steps, goal, every : int, float, int
        See `Track`.

    Examples
    --------
    >>> from steepest.words import bag_of_words
    >>> track = document_track(*bag_of_words(50, n_words=20), n_runs=3, batch_size=10, n_steps=20, goal=0.5)
    >>> track.starts.shape
    torch.Size([3, 20])
    """
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(len(x), (n_steps, n_runs, batch_size), generator=generator)

    def gradient(theta: Tensor, step: int) -> Tensor:
        return document_gradient(theta, x[picks[step]], y[picks[step]])

    starts = torch.zeros(n_runs, x.shape[1], dtype=x.dtype)
    return Track("documents", starts, gradient, lambda theta: document_loss(theta, x, y), n_steps, goal, every)


def _beale_gradient(theta: Tensor) -> Tensor:
    x, y = theta.unbind(dim=-1)
    y2, y3 = y**2, y**3
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y3
    return 2 * torch.stack([a * (y - 1) + b * (y2 - 1) + c * (y3 - 1), x * (a + 2 * b * y + 3 * c * y2)], dim=-1)


def _long_valley_gradient(theta: Tensor) -> Tensor:
    x, y = theta.unbind(dim=-1)
    wall = y - x**2
    return torch.stack([2 * (x - 1) - 400 * x * wall, 200 * wall], dim=-1)


def _saddle_gradient(theta: Tensor) -> Tensor:
    x, y = theta.unbind(dim=-1)
    return torch.stack([x, y**3 - y], dim=-1)


@dataclass(frozen=True)
class _Course:
    """Where the starts lie, the loss to reach, and the gradient: automatic differentiation would take most time."""

    box: tuple[tuple[float, float], tuple[float, float]]
    goal: float
    gradient: Callable[[Tensor], Tensor]


_COURSES = {
    "beale": _Course(((0.5, 1.5), (0.5, 2.0)), 1e-3, _beale_gradient),
    "long valley": _Course(((-1.5, -0.5), (0.5, 2.0)), 1e-1, _long_valley_gradient),
    "saddle": _Course(((-1.5, -0.5), (-1e-3, 1e-3)), 1e-3, _saddle_gradient),
}


def _losses(entrant: Entrant, track: Track, rate: float) -> Tensor:
    state = init_state(entrant.method, track.starts, rate=rate)
    hyper = dict(entrant.hyper) | ({} if {"rate", "step"} & set(state) else {"lr": rate})
    theta = track.starts
    seen = [theta]
    for step in range(track.n_steps):
        theta, state = entrant.step(theta, track.gradient(theta, step), state, **hyper)
        if (step + 1) % track.every == 0:
            seen.append(theta)
        if (step + 1) % 20 == 0 and not ((loss := track.loss(theta)) > ARRIVED).logical_and(loss.isfinite()).any():
            break  # all runs have arrived or run away
    seen += [theta] * (1 + track.n_steps // track.every - len(seen))
    losses = track.loss(torch.stack(seen, dim=1)).nan_to_num(nan=torch.inf, posinf=torch.inf)
    arrived = (losses <= ARRIVED).cummax(dim=1).values
    return losses.masked_fill(arrived, ARRIVED)


def _needed(losses: Tensor, track: Track) -> Tensor:
    outside = losses > track.goal
    places = torch.arange(1, losses.shape[1] + 1) * track.every
    last = torch.where(outside, places, 0).amax(dim=1)
    return torch.where(outside[:, -1], track.n_steps + 1, last)
