"""The race of all steppers, run once on every track, at every rate and from every start; and what is shown of it."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from steepest.demos.adaptive_methods.runners import PLAIN, LineUp, Step, line_up
from steepest.race import ARRIVED, RATES, SCORED, Track, landscape_track
from steepest.trajectory import steps_to_reach

LENGTHS = {"beale": 160, "long valley": 200, "saddle": 80}
N_STEPS = 200
N_STARTS = 20
BEST = "each its best"
CHOICES = (BEST, *(f"{rate:g} for all" for rate in RATES))
RIVALS = (PLAIN[0], "Adam")


class Race(NamedTuple):
    """Where everybody was at every step.

    Attributes
    ----------
    field : LineUp
        Who ran; its runners are the second axis.
    paths : Tensor, shape (N_STEPS + 1, runners, tracks, rates, starts, 2)
        All points.
    losses : Tensor, shape (N_STEPS + 1, runners, tracks, rates, starts)
        Loss above the minimum; inf where a run left the numbers.
    best : Tensor, shape (runners, tracks)
        Index of the rate with the lowest mean of log₁₀ loss, as `steepest.race` finds it.
    """

    field: LineUp
    paths: Tensor
    losses: Tensor
    best: Tensor


class Heat(NamedTuple):
    """What is shown of a race: one track, one start, and one rate for each runner.

    Attributes
    ----------
    track : str
        A key of `LENGTHS`.
    goal : float
        Loss at which a runner has arrived.
    rates : list of float
        Each runner's.
    paths, losses : Tensor, shapes (runners, N_STEPS + 1, 2) and (runners, N_STEPS + 1)
        Where each is.
    needed : list of int or None
        Steps after which each stays at the goal.
    """

    track: str
    goal: float
    rates: list[float]
    paths: Tensor
    losses: Tensor
    needed: list[int | None]


@cache
def tracks() -> tuple[Track, ...]:
    """The landscapes of the race, in the order of `LENGTHS`, with the starts of the lesson's table."""
    return tuple(landscape_track(name, n_runs=N_STARTS, n_steps=length, seed=1) for name, length in LENGTHS.items())


def run_race(steppers: tuple[Step, ...]) -> Race:
    """Let everybody run side by side, on all tracks, at all rates and from all starts at once.

    Parameters
    ----------
    steppers : tuple of callable
        The student's functions, in the order of `LEARNERS`.
    """
    rates = torch.tensor(RATES, dtype=torch.float64)
    starts = torch.stack([track.starts for track in tracks()]).unsqueeze(1).repeat(1, len(RATES), 1, 1)
    field = line_up(steppers, starts, rates)
    theta = starts.expand(len(field.runners), *starts.shape)
    points = [theta]
    for step in range(N_STEPS):
        slopes = [track.gradient(theta[:, number], step) for number, track in enumerate(tracks())]
        moves = zip(field.runners.values(), theta, torch.stack(slopes, dim=1), strict=True)
        theta = torch.stack([runner.move(place, slope) for runner, place, slope in moves])
        points.append(theta)
    paths = torch.stack(points)
    losses = torch.stack([track.loss(paths[:, :, number]) for number, track in enumerate(tracks())], dim=2)
    losses = losses.nan_to_num(nan=torch.inf, posinf=torch.inf)
    return Race(field, paths, losses, _best(losses))


def choose(race: Race, landscape: str, rates: str, start: int) -> Heat:
    """Take one track and one start out of a race, and for each runner the rate asked for, or its best.

    Parameters
    ----------
    race : Race
        All that was run.
    landscape : str
        A key of `LENGTHS`.
    rates : str
        One of `CHOICES`.
    start : int
        Number of the start, from 1.
    """
    number = list(LENGTHS).index(landscape)
    runners = torch.arange(len(race.field.runners))
    picks = race.best[:, number] if rates == BEST else torch.full_like(runners, CHOICES.index(rates) - 1)
    losses = race.losses[:, runners, number, picks, start - 1].T
    paths = race.paths[:, runners, number, picks, start - 1].transpose(0, 1)
    goal = tracks()[number].goal
    needed = [steps_to_reach(line, goal) for line in losses]
    return Heat(landscape, goal, [RATES[pick] for pick in picks.tolist()], paths, losses, needed)


def duel(field: LineUp, heat: Heat, step: int) -> str:
    """Who of the two rivals has arrived first by this step; nobody if none has, both at once or one is missing."""
    names = list(field.runners)
    if not set(RIVALS) <= set(names):
        return ""
    first, second = (heat.needed[names.index(name)] or N_STEPS + 1 for name in RIVALS)
    if first == second or min(first, second) > step:
        return ""
    return RIVALS[first > second]


def _best(losses: Tensor) -> Tensor:
    best = []
    for number, length in enumerate(LENGTHS.values()):
        part = losses[: length + 1, :, number]
        part = part.masked_fill((part <= ARRIVED).cummax(dim=0).values, ARRIVED)
        best.append(part.clamp(*SCORED).log10().mean(dim=(0, 3)).argmin(dim=1))
    return torch.stack(best, dim=1)
