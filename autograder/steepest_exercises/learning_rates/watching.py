"""Loops that lower the rate where a validation loss no longer falls: sound ones, and places for their bugs."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Better = Callable[[float, float, float], bool]
Rule = Callable[[list[float], float, float, int, float], list[float]]


def series(rule: Rule) -> Callable[..., Tensor]:
    """The exercise's function from a rule of (losses, lr, factor, patience, min_delta) that gives a list."""

    def plateau_decay(val_losses: Tensor, *, lr: float, factor: float, patience: int, min_delta: float = 0.0) -> Tensor:
        return torch.tensor(rule(val_losses.tolist(), lr, factor, patience, min_delta), dtype=val_losses.dtype)

    return plateau_decay


def improves(loss: float, best: float, delta: float) -> bool:
    """The taught comparison."""
    return loss < best - delta


def watch(
    better: Better = improves,
    *,
    extra: int = 0,
    begins: int = 0,
    resets: bool = True,
    after_a_cut: float | None = 0,
    best_after_a_cut: Callable[[float, float], float] = lambda best, loss: best,
    cut: Callable[[float, float, float], float] = lambda lr, factor, first: lr * factor,
    cuts: float = math.inf,
) -> Rule:
    """The loop with a counter.

    Parameters
    ----------
    better : callable
        What counts as an improvement.
    extra : int
        By how much longer it waits.
    begins : int
        Where the count begins, also after an improvement.
    resets : bool
        Whether an improvement sets the count back.
    after_a_cut : float or None
        The count after a cut; None leaves it.
    best_after_a_cut : callable
        The mark to beat after a cut, of the old one and the loss.
    cut : callable
        The new rate, of the rate, the factor and the first rate.
    cuts : float
        How many cuts there are at most.
    """

    def rule(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
        best, waited, left, first, rates = math.inf, begins, cuts, lr, []
        for loss in losses:
            if better(loss, best, delta):
                best, waited = loss, begins if resets else waited
            else:
                waited += 1
                if waited >= patience + extra and left:
                    lr, left = cut(lr, factor, first), left - 1
                    waited = waited if after_a_cut is None else int(after_a_cut)
                    best = best_after_a_cut(best, loss)
            rates.append(lr)
        return rates

    return rule


def against_the_loss_before(better: Better = improves) -> Rule:
    """Every loss is compared with the one before it."""

    def rule(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
        before, waited, rates = math.inf, 0, []
        for loss in losses:
            waited = 0 if better(loss, before, delta) else waited + 1
            if waited == patience:
                lr, waited = lr * factor, 0
            before = loss
            rates.append(lr)
        return rates

    return rule


def against_a_window(*, every_step: bool = False) -> Rule:
    """Every loss is compared with that of `patience` steps ago; a cut at every step, or `patience` apart at least."""

    def rule(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
        rates, since = [], 0
        for step, loss in enumerate(losses):
            since += 1
            late = every_step or since >= patience
            if step >= patience and late and not loss < losses[step - patience] - delta:
                lr, since = lr * factor, 0
            rates.append(lr)
        return rates

    return rule


def from_any_rise(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """Losses that are higher than the one before are counted."""
    before, waited, rates = math.inf, 0, []
    for loss in losses:
        waited = waited + 1 if loss > before else 0
        if waited == patience:
            lr, waited = lr * factor, 0
        before = loss
        rates.append(lr)
    return rates


def skipping_nan(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """What is not finite is passed over."""
    best, waited, rates = math.inf, 0, []
    for loss in losses:
        if loss < best - delta:
            best, waited = loss, 0
        elif math.isfinite(loss):
            waited += 1
            if waited == patience:
                lr, waited = lr * factor, 0
        rates.append(lr)
    return rates


def tolerant(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """Rises by less than min_delta set the count back, and the mark stays at the lowest loss."""
    best, waited, rates = math.inf, 0, []
    for loss in losses:
        waited = 0 if loss < best + delta else waited + 1
        best = min(best, loss)
        if waited == patience:
            lr, waited = lr * factor, 0
        rates.append(lr)
    return rates


def best_creeps(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """Every dip moves the mark."""
    best, waited, rates = math.inf, 0, []
    for loss in losses:
        waited = 0 if loss < best - delta else waited + 1
        best = min(best, loss)
        if waited == patience:
            lr, waited = lr * factor, 0
        rates.append(lr)
    return rates


def any_dip_resets(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """A dip that is too small to count sets the count back, and leaves the mark."""
    best, waited, rates = math.inf, 0, []
    for loss in losses:
        if loss < best - delta:
            best, waited = loss, 0
        elif loss < best:
            waited = 0
        else:
            waited += 1
            if waited == patience:
                lr, waited = lr * factor, 0
        rates.append(lr)
    return rates


def late(rule: Rule) -> Rule:
    """The rate with which the step before each loss was taken."""

    def delayed(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
        return [lr, *rule(losses, lr, factor, patience, delta)[:-1]]

    return delayed


def every_failure(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """No patience at all."""
    return watch()(losses, lr, factor, 1, delta)


def by_the_clock(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """A cut after every so many losses, whatever they are."""
    return [lr * factor ** (step // patience) for step in range(len(losses))]


def from_the_best_step(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """Steps since the last improvement or cut stand for the counter."""
    best, since, rates = losses[0], 0, [lr]
    for step, loss in enumerate(losses[1:], start=1):
        if best - loss > delta:
            best, since = loss, step
        if step - since == patience:
            rates.append(rates[-1] * factor)
            since = step
        else:
            rates.append(rates[-1])
    return rates


def exponents(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """Counts the failures since the last improvement; every multiple of the patience is a cut."""
    best, failed, cuts, rates = math.inf, 0, 0, []
    for loss in losses:
        if loss < best - delta:
            best, failed = loss, 0
        else:
            failed += 1
            cuts += failed % patience == 0
        rates.append(lr * factor**cuts)
    return rates


def first_fails(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """The mark begins as the first loss, which then does not beat it."""
    best, waited, rates = losses[0], 0, []
    for loss in losses:
        if loss < best - delta:
            best, waited = loss, 0
        else:
            waited += 1
            if waited == patience:
                lr, waited = lr * factor, 0
        rates.append(lr)
    return rates


def only_the_first_run(losses: list[float], lr: float, factor: float, patience: int, delta: float) -> list[float]:
    """One cut for each plateau, however long."""
    best, failed, rates = math.inf, 0, []
    for loss in losses:
        if loss < best - delta:
            best, failed = loss, 0
        else:
            failed += 1
            lr = lr * factor if failed == patience else lr
        rates.append(lr)
    return rates
