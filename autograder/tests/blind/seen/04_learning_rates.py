# %% right choose_rate: a loop that keeps the best rate and loss, with math.isfinite on the last loss
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate

# %% right choose_rate: no isfinite at all, since neither nan nor inf is smaller than the infinite loss it begins with
def choose_rate(short_run, rates):
    best = float("inf")
    chosen = rates[0]
    for lr in rates:
        loss = short_run(lr)[-1]
        if loss < best:
            best = loss
            chosen = lr
    return chosen

# %% right choose_rate: all last losses in one tensor, whatever is not finite made infinite, then argmin as an index
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    ends = torch.where(torch.isfinite(ends), ends, torch.full_like(ends, float("inf")))
    return rates[int(ends.argmin())]

# %% right choose_rate: numpy's nanargmin after inf has been made nan
import numpy as np


def choose_rate(short_run, rates):
    ends = np.array([float(short_run(lr)[-1]) for lr in rates])
    ends[np.isinf(ends)] = np.nan
    return rates[np.nanargmin(ends)]

# %% wrong choose_rate: filters out inf only, so that nan wins the argmin
import torch


def choose_rate(short_run, rates):
    ends = torch.tensor([float(short_run(lr)[-1]) for lr in rates])
    ends[torch.isinf(ends)] = 1e9
    return rates[ends.argmin().item()]

# %% wrong choose_rate: runs each rate twice, once for the test and once for the loss
import math


def choose_rate(short_run, rates):
    sound = [lr for lr in rates if math.isfinite(short_run(lr)[-1])]
    return min(sound, key=lambda lr: float(short_run(lr)[-1]))

# %% wrong choose_rate: runs the winner a second time since the best loss is not kept but computed anew
import math


def choose_rate(short_run, rates):
    best = None
    for lr in rates:
        last = float(short_run(lr)[-1])
        if not math.isfinite(last):
            continue
        if best is None or last < float(short_run(best)[-1]):
            best = lr
    return best

# %% wrong choose_rate: returns the lowest loss instead of the rate
import math


def choose_rate(short_run, rates):
    best_loss = math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_loss = last
    return best_loss

# %% wrong choose_rate: Bengio's rule taken literally, the largest rate that does not diverge
import math


def choose_rate(short_run, rates):
    sound = [lr for lr in rates if math.isfinite(short_run(lr)[-1])]
    return max(sound)

# %% wrong choose_rate: sorts the given list of rates in place
import math


def choose_rate(short_run, rates):
    rates.sort()
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate

# %% wrong choose_rate: leaves out the lost runs and then uses the place among the others for the whole list
import math


def choose_rate(short_run, rates):
    ends = [float(short_run(lr)[-1]) for lr in rates]
    ends = [end for end in ends if math.isfinite(end)]
    return rates[ends.index(min(ends))]

# %% wrong choose_rate: drops a run with an infinite loss anywhere on the way, though its last loss is a number
import math
import torch


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        losses = short_run(lr)
        if torch.isfinite(losses).all() and losses[-1] < best_loss:
            best_rate, best_loss = lr, losses[-1]
    return best_rate

# %% wrong choose_rate: the best loss so far is not updated, so that the last sound run wins
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate = lr
    return best_rate

# %% corner choose_rate: begins with the end of the first run unchecked, so that a nan there is never beaten
def choose_rate(short_run, rates):
    best_rate = rates[0]
    best_loss = short_run(rates[0])[-1]
    for lr in rates[1:]:
        last = short_run(lr)[-1]
        if last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate

# %% corner choose_rate: begins with a best loss of 100, which a sound run need not win
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, 100.0
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate

# %% right noise_floor: the unsimplified fraction with its own squares and a mask that is written into the result
import torch


def noise_floor(curvature, sigma, *, lr):
    keep = (1 - lr * curvature) ** 2
    m = (lr * sigma) ** 2 / (1 - keep)
    m = m.to(curvature.dtype)
    m[(curvature <= 0) | (lr * curvature >= 2)] = float("inf")
    return m

# %% right noise_floor: a loop over the flattened entries with plain numbers
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    sigmas = torch.as_tensor(sigma, dtype=torch.float64).expand(curvature.shape).reshape(-1).tolist()
    floors = []
    for lam, s in zip(curvature.reshape(-1).tolist(), sigmas):
        a = lr * lam
        if lam <= 0 or a >= 2:
            floors.append(math.inf)
        else:
            floors.append(lr * s * s / (lam * (2 - a)))
    return torch.tensor(floors, dtype=curvature.dtype).reshape(curvature.shape)

# %% right noise_floor: numpy in between, in double precision
import numpy as np
import torch


def noise_floor(curvature, sigma, *, lr):
    lam = curvature.detach().numpy().astype(np.float64)
    s = sigma.detach().numpy().astype(np.float64) if torch.is_tensor(sigma) else float(sigma)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = s**2 * lr / (2 * lam - lr * lam**2)
    rests = np.logical_and(lam > 0, lr * lam < 2)
    return torch.as_tensor(np.where(rests, floor, np.inf)).to(curvature.dtype)

# %% wrong noise_floor: only the factor for small rates, ησ²/2λ
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (2 * curvature)
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: sigma is not squared
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: a sign slip, 2 + ηλ below
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 + lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: calls it unstable from ηλ = 1 on, where the steps only begin to overshoot
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 1), floor, math.inf)

# %% wrong noise_floor: the two conditions for inf are joined by and, so that they never hold at once
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature <= 0) & (lr * curvature >= 2), math.inf, floor)

# %% wrong noise_floor: the recursion repeated a hundred times from 1, which is not yet at rest for small rates
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    m = torch.ones_like(curvature)
    for _ in range(100):
        m = (1 - lr * curvature) ** 2 * m + lr**2 * sigma**2
    return torch.where((curvature > 0) & (lr * curvature < 2), m, math.inf)

# %% wrong noise_floor: a list of numbers becomes a tensor of the default type and of one axis
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    sigmas = torch.as_tensor(sigma).expand(curvature.shape).reshape(-1).tolist()
    floors = []
    for lam, s in zip(curvature.reshape(-1).tolist(), sigmas):
        good = lam > 0 and lr * lam < 2
        floors.append(lr * s**2 / (lam * (2 - lr * lam)) if good else math.inf)
    return torch.tensor(floors)

# %% wrong noise_floor: marks the bad entries in the given curvature itself
import torch


def noise_floor(curvature, sigma, *, lr):
    bad = (curvature <= 0) | (lr * curvature >= 2)
    curvature[bad] = 0.0
    return torch.where(bad, float("inf"), lr * sigma**2 / (curvature * (2 - lr * curvature)))

# %% corner noise_floor: forgets λ ≤ 0, so that a negative curvature gives a negative mean square
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where(lr * curvature < 2, floor, math.inf)

# %% corner noise_floor: forgets ηλ ≥ 2 and covers only the bowls that do not pull
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where(curvature > 0, floor, math.inf)

# %% right robbins_monro: a helper says whether the sum of k^(−s) is infinite, asked for p and for 2p
def robbins_monro(power):
    def diverges(s):
        return s <= 1

    reaches = diverges(power)
    settles = not diverges(2 * power)
    return (reaches, settles)

# %% right robbins_monro: negated conditions, not p > 1 and not p ≤ one half
def robbins_monro(power):
    reaches = not (power > 1)
    settles = not (power <= 1 / 2)
    return reaches, settles

# %% right robbins_monro: the signed exponents −p and −2p against −1
def robbins_monro(power):
    exponent = -power
    squared_exponent = exponent + exponent
    return bool(exponent >= -1), bool(squared_exponent < -1)

# %% wrong robbins_monro: the harmonic sum is taken for finite, p < 1
def robbins_monro(power):
    return power < 1, 2 * power > 1

# %% wrong robbins_monro: forgets the square and asks whether the sum of the rates itself is finite
def robbins_monro(power):
    return power <= 1, power > 1

# %% wrong robbins_monro: the second truth value says that the sum of squares is infinite
def robbins_monro(power):
    return power <= 1, 2 * power <= 1

# %% wrong robbins_monro: says of both sums whether they are finite
def robbins_monro(power):
    return power > 1, power > 0.5

# %% wrong robbins_monro: adds ten thousand terms and compares the sums with ten
def robbins_monro(power):
    rates = [k ** (-power) for k in range(1, 10001)]
    return sum(rates) > 10, sum(rate**2 for rate in rates) < 10

# %% wrong robbins_monro: tests whether the later half of a long sum still adds a tenth
import torch


def robbins_monro(power):
    k = torch.arange(1, 100001, dtype=torch.float64)
    terms = k**-power
    reaches = bool(terms[50000:].sum() > 0.1)
    settles = bool((terms**2)[50000:].sum() < 0.1)
    return reaches, settles

# %% wrong robbins_monro: one truth value for both conditions together
def robbins_monro(power):
    return power <= 1 and 2 * power > 1

# %% corner robbins_monro: says that a constant rate does not reach, since only 0 < p is let in
def robbins_monro(power):
    return 0 < power <= 1, power > 0.5

# %% right linear_decay: the share with min and the formula of the text
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% right linear_decay: the larger one of the unlimited line and the last rate, which is at most the first
def linear_decay(step, *, lr, lr_end, tau):
    return max(lr_end, lr - (lr - lr_end) * step / tau)

# %% right linear_decay: the steps that are left, counted down to 0
def linear_decay(step, *, lr, lr_end, tau):
    left = max(tau - step, 0)
    return lr_end + (lr - lr_end) * left / tau

# %% wrong linear_decay: a floor division, so that the share stays 0 until tau
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step // tau, 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: max in place of min, so that it is lr_end from the beginning
def linear_decay(step, *, lr, lr_end, tau):
    alpha = max(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: the weights are exchanged, so that it climbs from lr_end to lr
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(1.0, step / tau)
    return alpha * lr + (1 - alpha) * lr_end

# %% wrong linear_decay: equal factors instead of equal steps, a straight line on a logarithmic axis
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return lr * (lr_end / lr) ** alpha

# %% wrong linear_decay: a line towards 0 that is cut off at lr_end before tau
def linear_decay(step, *, lr, lr_end, tau):
    return max(lr * (1 - step / tau), lr_end)

# %% wrong linear_decay: lr_end is read as a share of lr, the 1 % of the advice
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end * lr

# %% wrong linear_decay: lr_end is added with its full weight at each step
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + lr_end

# %% corner linear_decay: an lr_end of 0 is false and is replaced by a hundredth of lr
def linear_decay(step, *, lr, lr_end, tau):
    last = lr_end or 0.01 * lr
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + alpha * last

# %% right power_decay: the formula in one expression
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step) ** power

# %% right power_decay: math.pow of the inverse of the denominator
import math


def power_decay(step, *, lr, rate=1.0, power=1.0):
    shrink = 1 / (1 + rate * step)
    return math.pow(shrink, power) * lr

# %% right power_decay: a tensor without axes in double precision
import torch


def power_decay(step, *, lr, rate=1.0, power=1.0):
    base = torch.tensor(1.0 + rate * step, dtype=torch.float64)
    return torch.as_tensor(lr, dtype=torch.float64) / torch.pow(base, power)

# %% wrong power_decay: the power applies to d·k and the 1 stays outside of it
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + (rate * step) ** power)

# %% wrong power_decay: steps counted from 1, so that the first rate is already divided
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * (step + 1)) ** power

# %% wrong power_decay: k − 1 in the place of k, as in a table that counts from 1
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * max(step - 1, 0)) ** power

# %% wrong power_decay: grows, since the sign of the exponent is lost
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr * (1 + rate * step) ** power

# %% wrong power_decay: a decay at each step by the same divisor, which is exponential
def power_decay(step, *, lr, rate=1.0, power=1.0):
    for _ in range(step):
        lr = lr / (1 + rate) ** power
    return lr

# %% wrong power_decay: the root instead of the power, exponent 1/p
def power_decay(step, *, lr, rate=1.0, power=1.0):
    if power == 0:
        return lr
    return lr / (1 + rate * step) ** (1 / power)

# %% wrong power_decay: the default of power is one half
def power_decay(step, *, lr, rate=1.0, power=0.5):
    return lr / (1 + rate * step) ** power

# %% corner power_decay: a rate of 0 is false and becomes the default 1
def power_decay(step, *, lr, rate=None, power=1.0):
    d = rate or 1.0
    return lr / (1 + d * step) ** power

# %% corner power_decay: rate and power have no defaults
def power_decay(step, *, lr, rate, power):
    return lr / (1 + rate * step) ** power

# %% right step_decay: a loop over the steps that multiplies where the step is a multiple of every
def step_decay(step, *, lr, factor, every):
    for k in range(1, step + 1):
        if k % every == 0:
            lr = lr * factor
    return lr

# %% right step_decay: takes every off the step as long as it goes
def step_decay(step, *, lr, factor, every):
    rate = lr
    while step >= every:
        step -= every
        rate *= factor
    return rate

# %% right step_decay: recursion, the rate of every steps before times the factor
def step_decay(step, *, lr, factor, every):
    if step < every:
        return lr
    return factor * step_decay(step - every, lr=lr, factor=factor, every=every)

# %% right step_decay: counts the multiples of every with a range and math.prod
import math


def step_decay(step, *, lr, factor, every):
    return lr * math.prod(factor for _ in range(every, step + 1, every))

# %% wrong step_decay: the exponent is rounded to the nearest number, so that drops come half a period early
def step_decay(step, *, lr, factor, every):
    return lr * factor ** round(step / every)

# %% wrong step_decay: one step too late, the first drop at every + 1
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (max(step - 1, 0) // every)

# %% wrong step_decay: one step too early, the first drop at every − 1
def step_decay(step, *, lr, factor, every):
    return lr * factor ** ((step + 1) // every)

# %% wrong step_decay: the remainder in place of the quotient
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step % every)

# %% wrong step_decay: divides by the factor, so that the rate grows
def step_decay(step, *, lr, factor, every):
    return lr / factor ** (step // every)

# %% wrong step_decay: drops only at the multiples themselves and comes back in between
def step_decay(step, *, lr, factor, every):
    if step > 0 and step % every == 0:
        return lr * factor ** (step // every)
    return lr

# %% wrong step_decay: equal steps down instead of equal factors
def step_decay(step, *, lr, factor, every):
    drops = step // every
    return max(lr - drops * (1 - factor) * lr, 0.0)

# %% wrong step_decay: every is taken as the number of the last step before a drop, a period of every + 1
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step // (every + 1))

# %% corner step_decay: the power by a logarithm, which a factor of 0 does not have
import math


def step_decay(step, *, lr, factor, every):
    return lr * math.exp(math.log(factor) * (step // every))

# %% right plateau_decay: the loop of the text over a list, with isfinite
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% right plateau_decay: a small class with the state, and one call for each loss
import math
import torch


class _Watcher:
    def __init__(self, lr, factor, patience, min_delta):
        self.lr, self.factor, self.patience, self.min_delta = lr, factor, patience, min_delta
        self.best, self.bad = math.inf, 0

    def see(self, loss):
        if math.isfinite(loss) and self.best - loss > self.min_delta:
            self.best, self.bad = loss, 0
            return self.lr
        self.bad += 1
        if self.bad == self.patience:
            self.bad = 0
            self.lr = self.lr * self.factor
        return self.lr


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    watcher = _Watcher(lr, factor, patience, min_delta)
    return torch.tensor([watcher.see(loss) for loss in val_losses.tolist()], dtype=val_losses.dtype)

# %% right plateau_decay: torch's ReduceLROnPlateau with patience − 1, absolute threshold and no eps
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience - 1, threshold=min_delta, threshold_mode="abs", eps=0.0
    )
    rates = []
    for loss in val_losses.tolist():
        scheduler.step(loss if math.isfinite(loss) else math.nan)
        rates.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% right plateau_decay: torch's ReduceLROnPlateau itself with its own count of patience
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="min", factor=factor, patience=patience, threshold=min_delta, threshold_mode="abs", eps=0
    )
    rates = torch.empty_like(val_losses)
    for t, loss in enumerate(val_losses):
        plateau.step(float(loss) if torch.isfinite(loss) else float("nan"))
        rates[t] = optimizer.param_groups[0]["lr"]
    return rates

# %% wrong plateau_decay: the count goes on after a cut and equals the patience only once
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
            if failures == patience:
                lr *= factor
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: notes the rate before the cut
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        rates.append(lr)
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: min_delta as a share of the best loss, torch's default mode
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best * (1 - min_delta):
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: the best loss follows each lower loss, also one within min_delta
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            failures = 0
        else:
            failures += 1
        if math.isfinite(loss):
            best = min(best, loss)
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: the first loss is a failure, since the best begins with it and the loop too
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    losses = val_losses.tolist()
    best, failures, rates = losses[0], 0, []
    for loss in losses:
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: torch's count before the first cut and the text's count after it
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures > patience:
            lr *= factor
            failures = 1
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: cuts one failure too early, at patience − 1
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures and failures >= patience - 1:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: at most one cut, then the training is left alone as in early stopping
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates, done = math.inf, 0, [], False
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience and not done:
            lr *= factor
            done = True
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: writes the rates over the given losses
import math


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures = math.inf, 0
    rates = val_losses
    for t in range(len(val_losses)):
        loss = float(val_losses[t])
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates[t] = lr
    return rates

# %% wrong plateau_decay: each cut multiplies the first rate, so that the second cut changes nothing
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rate, rates = math.inf, 0, lr, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            rate = lr * factor
            failures = 0
        rates.append(rate)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: gives the rates as a list of numbers, not as a tensor
import math


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return rates

# %% corner plateau_decay: nan passes as an improvement, since the failure is what is tested
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if loss >= best - min_delta:
            failures += 1
        else:
            best, failures = loss, 0
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% corner plateau_decay: a loss that is not finite is skipped and does not count as a failure
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if not math.isfinite(loss):
            rates.append(lr)
            continue
        if loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% right average_step: the sum restored, one point added, divided by the new number
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) / (count + 1)

# %% right average_step: moves the mean towards the point by the share 1/(n+1)
def average_step(average, theta, *, count):
    if count == 0:
        return theta.clone()
    return average + (theta - average) / (count + 1)

# %% right average_step: in-place arithmetic on a copy only
def average_step(average, theta, *, count):
    new = theta.clone()
    if count >= 1:
        new.sub_(average).div_(count + 1).add_(average)
    return new

# %% wrong average_step: divides by the old number
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) / count

# %% wrong average_step: brackets forgotten, so that only the new point is divided
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return count * average + theta / (count + 1)

# %% wrong average_step: moves away from the point, a sign slip
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return average + (average - theta) / (count + 1)

# %% wrong average_step: an exponential average with a fixed memory of 0.9
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return 0.9 * average + 0.1 * theta

# %% wrong average_step: the average is not multiplied back, as if it were the sum
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + theta) / (count + 1)

# %% wrong average_step: writes the new mean into the given average by lerp_ and returns that
def average_step(average, theta, *, count):
    if count == 0:
        average.copy_(theta)
    else:
        average.lerp_(theta, 1 / (count + 1))
    return average

# %% wrong average_step: gives back the average for a count of 0 instead of the point
def average_step(average, theta, *, count):
    if count == 0:
        return average
    return (count * average + theta) / (count + 1)

# %% corner average_step: no case for the first point, so that 0 times nan is nan
def average_step(average, theta, *, count):
    return (count * average + theta) / (count + 1)

# %% corner average_step: the step 1/(n+1) without an if, where nan minus nan stays nan at the first point
def average_step(average, theta, *, count):
    return average + (theta - average) / (count + 1)

# %% right one_cycle: an if that sets start, end and share, and one cosine behind it
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% right one_cycle: squares of sine and cosine of half the angle as weights
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        angle = 0.5 * math.pi * step / peak
        return lr_start * math.cos(angle) ** 2 + lr_max * math.sin(angle) ** 2
    angle = 0.5 * math.pi * (step - peak) / (n_steps - 1 - peak)
    return lr_max * math.cos(angle) ** 2 + lr_end * math.sin(angle) ** 2

# %% right one_cycle: the second leg counted backwards from the last step
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    last = n_steps - 1
    if step < peak:
        base, bump = lr_start, 0.5 - 0.5 * math.cos(math.pi * step / peak)
    else:
        base, bump = lr_end, 0.5 - 0.5 * math.cos(math.pi * (last - step) / (last - peak))
    return base + (lr_max - base) * bump

# %% right one_cycle: numpy's cosine, a leg found by comparison and its two ends by a dictionary
import numpy as np


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    first_leg = step < peak
    a, b = {True: (lr_start, lr_max), False: (lr_max, lr_end)}[first_leg]
    k0, k1 = {True: (0, peak), False: (peak, n_steps - 1)}[first_leg]
    alpha = (step - k0) / (k1 - k0)
    return float(0.5 * (a + b) + 0.5 * (a - b) * np.cos(np.pi * alpha))

# %% wrong one_cycle: the second leg has n_steps − peak steps, so that lr_end is not reached
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: the share of the second leg is counted from step 0
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, step / (n_steps - 1)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: a quarter of the cosine in each leg, not level at the far end
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * math.cos(math.pi / 2 * share)

# %% wrong one_cycle: pi is forgotten in the cosine
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(share))

# %% wrong one_cycle: the climb takes peak + 1 steps, so that the maximum is one step late or never
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / (peak + 1)
    else:
        start, end, share = lr_max, lr_end, (step - peak - 1) / max(n_steps - 2 - peak, 1)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: the rate of the step that follows, counted from 1
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    step = step + 1
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: floor division in the shares, a rate of two jumps
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step // peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) // (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: torch's scheduler with pct_start = peak / n_steps, whose peak lies one step before
import warnings
import torch


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr_start)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr_max, total_steps=n_steps, pct_start=peak / n_steps, cycle_momentum=False,
        div_factor=lr_max / lr_start, final_div_factor=lr_start / max(lr_end, 1e-12))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(step):
            scheduler.step()
    return optimizer.param_groups[0]["lr"]

# %% corner one_cycle: the last step is taken for a step after the end and gets a rate of 0
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step >= n_steps - 1:
        return 0.0
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% right cosine_restarts: a while loop that takes the cycles off, then the formula
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% right cosine_restarts: counts every single step with two counters
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    t, length = 0, period
    for _ in range(step):
        t += 1
        if t == length:
            t, length = 0, length * growth
    half = (1 + math.cos(math.pi * t / length)) / 2
    return half * lr + (1 - half) * lr_end

# %% right cosine_restarts: a remainder for growth 1, else the sum of the geometric series with whole numbers
import math
import numpy as np


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if growth == 1:
        t, length = step % period, period
    else:
        n = 0
        while period * (growth ** (n + 1) - 1) // (growth - 1) <= step:
            n += 1
        t = step - period * (growth**n - 1) // (growth - 1)
        length = period * growth**n
    return float(lr_end + (lr - lr_end) * (1 + np.cos(np.pi * t / length)) / 2)

# %% right cosine_restarts: T − 1 below, accepted, with the cycle written out as a tensor
import math
import torch


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step - period >= 0:
        step = step - period
        period = growth * period
    angles = torch.linspace(0, math.pi, period, dtype=torch.float64)
    return (lr_end + (lr - lr_end) * (1 + torch.cos(angles)) / 2)[step]

# %% wrong cosine_restarts: growth is not used and all cycles are alike
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    t = step % period
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / period))

# %% wrong cosine_restarts: the number of the cycle from the first period alone and the place from a remainder
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    cycle = step // period
    length = period * growth**cycle
    t = step % length if growth == 1 else step % period
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / length))

# %% wrong cosine_restarts: the ends exchanged, so that each cycle climbs
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr + 0.5 * (lr_end - lr) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: lr_end is added to a cosine that already falls from lr to 0
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * lr * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: a whole turn of the cosine, down and up again
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(2 * math.pi * step / period))

# %% wrong cosine_restarts: the first rate of a cycle shrinks by the growth too
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
        lr /= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: steps counted from 1 within the cycle
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * (step + 1) / period))

# %% wrong cosine_restarts: T − 1 below in the first cycle only, T in the others
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    length = period - 1
    while step >= period:
        step -= period
        period *= growth
        length = period
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / length))

# %% wrong cosine_restarts: remembers the running cycle in a global variable and restarts only as the steps come in order
import math

_cycle = {"begin": 0, "length": None}


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if step == 0 or _cycle["length"] is None:
        _cycle["begin"], _cycle["length"] = 0, period
    if step == _cycle["begin"] + _cycle["length"]:
        _cycle["begin"] = step
        _cycle["length"] *= growth
    t = step - _cycle["begin"]
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / _cycle["length"]))

# %% corner cosine_restarts: the number of the cycle by a logarithm to the base growth, which fails for growth 1
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    n = int(math.log(step * (growth - 1) / period + 1) / math.log(growth) + 1e-9)
    t = step - period * (growth**n - 1) // (growth - 1)
    length = period * growth**n
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / length))

# %% right choose_rate: a dictionary from rate to last loss, filtered, and min over its keys
import math


def choose_rate(short_run, rates):
    last = {lr: short_run(lr)[-1].item() for lr in rates}
    sound = {lr: loss for lr, loss in last.items() if math.isfinite(loss)}
    return min(sound, key=sound.get)

# %% right choose_rate: pairs of loss and place, sorted by the loss, the first one taken
import math


def choose_rate(short_run, rates):
    pairs = []
    for place, lr in enumerate(rates):
        losses = short_run(lr)
        if not math.isfinite(losses[-1]):
            continue
        pairs.append((float(losses[-1]), place))
    pairs.sort()
    return rates[pairs[0][1]]

# %% right choose_rate: the accepted mean of the last tenth, of at least one step, a last loss that is not finite left out
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        losses = short_run(lr)
        if not math.isfinite(losses[-1]):
            continue
        tail = max(1, len(losses) // 10)
        end = float(losses[-tail:].mean())
        if end < best_loss:
            best_rate, best_loss = lr, end
    return best_rate

# %% right choose_rate: the mean of the last tenth by a slice from nine tenths on, as a helper with inf for a lost run
import torch


def choose_rate(short_run, rates):
    def end_of(losses):
        if not torch.isfinite(losses[-1]):
            return float("inf")
        n = losses.numel()
        first = min(n - 1, n - n // 10)
        return losses[first:].double().mean().item()

    ends = [end_of(short_run(lr)) for lr in rates]
    return rates[ends.index(min(ends))]

# %% wrong choose_rate: compares the lowest loss on the way instead of the last one
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        losses = short_run(lr)
        if math.isfinite(losses[-1]) and losses.min() < best_loss:
            best_rate, best_loss = lr, losses.min()
    return best_rate

# %% wrong choose_rate: argmin over the last losses, which takes nan for the smallest
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    return rates[int(ends.argmin())]

# %% wrong choose_rate: returns the place of the rate in the list instead of the rate
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    ends = torch.nan_to_num(ends, nan=float("inf"), posinf=float("inf"))
    return int(ends.argmin())

# %% wrong choose_rate: takes the rate out of a tensor in single precision, so that it is not the one given
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    ends = torch.where(torch.isfinite(ends), ends, torch.full_like(ends, float("inf")))
    return torch.tensor(rates, dtype=torch.float32)[ends.argmin()].item()

# %% wrong choose_rate: stops at the first run that diverges, as if the rates came in rising order
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if not math.isfinite(last):
            break
        if last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate

# %% wrong choose_rate: the largest fall from the first loss to the last instead of the lowest end
import math


def choose_rate(short_run, rates):
    best_rate, best_fall = None, -math.inf
    for lr in rates:
        losses = short_run(lr)
        if not math.isfinite(losses[-1]):
            continue
        fall = float(losses[0] - losses[-1])
        if fall > best_fall:
            best_rate, best_fall = lr, fall
    return best_rate

# %% wrong choose_rate: the mean of the whole run instead of its end
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        mean = float(short_run(lr).mean())
        if math.isfinite(mean) and mean < best_loss:
            best_rate, best_loss = lr, mean
    return best_rate

# %% wrong choose_rate: the mean of the last ten steps, whatever the length of the run
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        end = float(short_run(lr)[-10:].mean())
        if math.isfinite(end) and end < best_loss:
            best_rate, best_loss = lr, end
    return best_rate

# %% corner choose_rate: the mean of the last tenth whose slice is the whole run where T is below 10
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        losses = short_run(lr)
        end = float(losses[-(len(losses) // 10):].mean())
        if math.isfinite(end) and end < best_loss:
            best_rate, best_loss = lr, end
    return best_rate

# %% right noise_floor: the formula for all entries and torch.where with two conditions joined by &
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% right noise_floor: a result full of inf into which only the entries that rest are filled
import torch


def noise_floor(curvature, sigma, *, lr):
    result = torch.full_like(curvature, float("inf"))
    a = lr * curvature
    rests = (0 < a) & (a < 2)
    s = torch.ones_like(curvature) * sigma
    result[rests] = (lr**2 * s[rests] ** 2 / (a[rests] * (2 - a[rests]))).to(curvature.dtype)
    return result

# %% right noise_floor: rest as the single condition |1 − ηλ| < 1, and masked_fill
import torch


def noise_floor(curvature, sigma, *, lr):
    shrink = 1 - lr * curvature
    variance = (lr * torch.as_tensor(sigma, dtype=curvature.dtype)) ** 2
    floor = variance / ((1 - shrink) * (1 + shrink))
    return floor.masked_fill(~((curvature > 0) & (shrink > -1)), torch.inf)

# %% wrong noise_floor: one η was cancelled below and the square of η left above
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr**2 * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: divides by (1 − ηλ)² instead of by what it lacks to 1
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr**2 * sigma**2 / (1 - lr * curvature) ** 2
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: the square of the difference is taken as 1 − (ηλ)²
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = (lr * sigma) ** 2 / (lr * curvature) ** 2
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: the curvature is lost from the bracket, 2 − η
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: gives the root mean square instead of the mean square
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = (lr * sigma**2 / (curvature * (2 - lr * curvature))).sqrt()
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% wrong noise_floor: one entry without rest makes all of them infinite
import torch


def noise_floor(curvature, sigma, *, lr):
    if (curvature <= 0).any() or (lr * curvature >= 2).any():
        return torch.full_like(curvature, float("inf"))
    return lr * sigma**2 / (curvature * (2 - lr * curvature))

# %% wrong noise_floor: nan instead of inf where there is no rest
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, float("nan"))

# %% corner noise_floor: calls a method of sigma, which fails where sigma is one number for all
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma.square() / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)

# %% corner noise_floor: loops over the first axis, which a curvature without axes does not have
import math
import torch


def noise_floor(curvature, sigma, *, lr):
    s = torch.ones_like(curvature) * sigma
    floor = lr * s**2 / (curvature * (2 - lr * curvature))
    rows = []
    for lam, f in zip(curvature, floor):
        rows.append(torch.where((lam > 0) & (lr * lam < 2), f, math.inf))
    return torch.stack(rows)

# %% right robbins_monro: two comparisons, p ≤ 1 and 2p > 1
def robbins_monro(power):
    return power <= 1, 2 * power > 1

# %% right robbins_monro: branches of if, one for each of the three kinds of rates
def robbins_monro(power):
    if power <= 0.5:
        return True, False
    elif power <= 1.0:
        return True, True
    else:
        return False, True

# %% wrong robbins_monro: at one half the sum of squares is taken for finite, 2p ≥ 1
def robbins_monro(power):
    return power <= 1, 2 * power >= 1

# %% wrong robbins_monro: the two answers in the wrong order
def robbins_monro(power):
    settles = power > 0.5
    reaches = power <= 1
    return settles, reaches

# %% wrong robbins_monro: the square of k^(−p) is given the exponent p²
def robbins_monro(power):
    return power <= 1, power**2 > 1

# %% wrong robbins_monro: settles whenever the rates go to zero, p > 0
def robbins_monro(power):
    return power <= 1, power > 0

# %% wrong robbins_monro: the words yes and no instead of truth values
def robbins_monro(power):
    return ("yes" if power <= 1 else "no"), ("yes" if power > 0.5 else "no")

# %% wrong robbins_monro: the border of the squares at 2 instead of at one half
def robbins_monro(power):
    return power <= 1, power > 2

# %% corner robbins_monro: treats a constant rate as a case of its own that satisfies neither condition
def robbins_monro(power):
    if power == 0:
        return False, False
    return power <= 1, 2 * power > 1

# %% right linear_decay: an early return from step tau on, and the slope times the steps before it
def linear_decay(step, *, lr, lr_end, tau):
    if step >= tau:
        return lr_end
    slope = (lr_end - lr) / tau
    return lr + slope * step

# %% right linear_decay: numpy's interp, which is constant outside of its ends
import numpy as np


def linear_decay(step, *, lr, lr_end, tau):
    return float(np.interp(step, [0, tau], [lr, lr_end]))

# %% right linear_decay: a tensor without axes by clamp and torch.lerp in double precision
import torch


def linear_decay(step, *, lr, lr_end, tau):
    share = (torch.tensor(step, dtype=torch.float64) / tau).clamp(max=1.0)
    first = torch.tensor(lr, dtype=torch.float64)
    last = torch.tensor(lr_end, dtype=torch.float64)
    return torch.lerp(first, last, share)

# %% wrong linear_decay: the share is not limited, so that the rate goes on falling after tau
def linear_decay(step, *, lr, lr_end, tau):
    alpha = step / tau
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: counts steps from 1, so that the first rate is already below lr
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min((step + 1) / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: tau is taken as a number of rates, so that lr_end is reached at tau − 1
def linear_decay(step, *, lr, lr_end, tau):
    if step >= tau - 1:
        return lr_end
    alpha = step / (tau - 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: one step too late, tau + 1 in the denominator
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / (tau + 1), 1)
    return (1 - alpha) * lr + alpha * lr_end

# %% wrong linear_decay: falls in a line to 0 and only then jumps to lr_end
def linear_decay(step, *, lr, lr_end, tau):
    if step < tau:
        return lr * (1 - step / tau)
    return lr_end

# %% wrong linear_decay: the rate is 0 after step tau
def linear_decay(step, *, lr, lr_end, tau):
    if step > tau:
        return 0.0
    return lr + (lr_end - lr) * step / tau

# %% wrong linear_decay: hyperbolic, since one set of notes calls that linear
def linear_decay(step, *, lr, lr_end, tau):
    if step >= tau:
        return lr_end
    return max(lr / (step + 1), lr_end)

# %% corner linear_decay: step tau itself is left out by two strict comparisons and gives no rate
def linear_decay(step, *, lr, lr_end, tau):
    if step < tau:
        return lr + (lr_end - lr) * step / tau
    if step > tau:
        return lr_end

# %% right power_decay: a product with a negative exponent
def power_decay(step, *, lr, rate=1.0, power=1.0):
    base = 1.0 + step * rate
    return lr * base ** (-power)

# %% right power_decay: by the exponential of a logarithm, log1p
import math


def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr * math.exp(-power * math.log1p(rate * step))

# %% right power_decay: numpy's power, turned into a plain number
import numpy as np


def power_decay(step, *, lr, rate=1.0, power=1.0):
    denominator = np.power(np.float64(step) * rate + 1, power)
    return float(lr / denominator)

# %% wrong power_decay: the power applies to the steps alone
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step**power)

# %% wrong power_decay: the power applies to the first rate as well
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return (lr / (1 + rate * step)) ** power

# %% wrong power_decay: the brackets enclose 1 + d and the step is a factor outside
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / ((1 + rate) * max(step, 1)) ** power

# %% wrong power_decay: brackets forgotten, so that the power is a factor of the whole quotient
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step) * power

# %% wrong power_decay: d applies to 1 + k, so that step 0 has lr / d^p
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (max(rate, 1e-12) * (1 + step)) ** power

# %% wrong power_decay: d is taken as a time, k / d
def power_decay(step, *, lr, rate=1.0, power=1.0):
    if rate == 0:
        return lr
    return lr / (1 + step / rate) ** power

# %% wrong power_decay: the rate of the step before is divided, not the first one
def power_decay(step, *, lr, rate=1.0, power=1.0):
    for k in range(step + 1):
        lr = lr / (1 + rate * k) ** power
    return lr

# %% corner power_decay: a power of 0 is false and is replaced by 1
def power_decay(step, *, lr, rate=1.0, power=1.0):
    power = power if power else 1.0
    return lr / (1 + rate * step) ** power

# %% right step_decay: the quotient rounded down in the exponent
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step // every)

# %% right step_decay: divmod for the number of drops and math.pow
import math


def step_decay(step, *, lr, factor, every):
    drops, _ = divmod(step, every)
    return lr * math.pow(factor, drops)

# %% right step_decay: the exponent as the step less its remainder, divided exactly
def step_decay(step, *, lr, factor, every):
    drops = (step - step % every) / every
    return lr * factor**drops

# %% wrong step_decay: the exponent is not rounded, a smooth fall
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step / every)

# %% wrong step_decay: the exponent is rounded up
import math


def step_decay(step, *, lr, factor, every):
    return lr * factor ** math.ceil(step / every)

# %% wrong step_decay: brackets forgotten, so that the power is taken before the floor division
def step_decay(step, *, lr, factor, every):
    return lr * factor**step // every

# %% wrong step_decay: multiplies by the number of drops instead of raising to it
def step_decay(step, *, lr, factor, every):
    drops = step // every
    return lr if drops == 0 else lr * factor * drops

# %% wrong step_decay: factor is read as what a drop takes away
def step_decay(step, *, lr, factor, every):
    return lr * (1 - factor) ** (step // every)

# %% wrong step_decay: only a single drop, and constant ever after
def step_decay(step, *, lr, factor, every):
    return lr if step < every else lr * factor

# %% wrong step_decay: also the step 0 counts as a multiple, so that the first rate is already cut
def step_decay(step, *, lr, factor, every):
    for k in range(step + 1):
        if k % every == 0:
            lr *= factor
    return lr

# %% wrong step_decay: keeps the present rate in a global variable, so that it must be asked for each step in order
_now = {}


def step_decay(step, *, lr, factor, every):
    if step == 0 or "rate" not in _now:
        _now["rate"] = lr
    elif step % every == 0:
        _now["rate"] *= factor
    return _now["rate"]

# %% corner step_decay: with every = 1 takes the word exponential for e to the power −factor·step
import math


def step_decay(step, *, lr, factor, every):
    if every == 1:
        return lr * math.exp(-factor * step)
    return lr * factor ** (step // every)

# %% right plateau_decay: counts the cuts and takes a power of the factor, written into an empty tensor
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    rates = torch.empty_like(val_losses)
    best, waited, cuts = None, 0, 0
    for t in range(val_losses.shape[0]):
        loss = float(val_losses[t])
        finite = loss - loss == 0
        if finite and (best is None or best - loss > min_delta):
            best = loss
            waited = 0
        else:
            waited = waited + 1
            if waited >= patience:
                cuts = cuts + 1
                waited = 0
        rates[t] = lr * factor**cuts
    return rates

# %% right plateau_decay: a generator that yields the rates
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    def rates():
        rate, left, best = lr, patience, float("inf")
        for value in val_losses.detach().tolist():
            if math.isnan(value) or math.isinf(value) or not value < best - min_delta:
                left -= 1
            else:
                best = value
                left = patience
            if left == 0:
                rate, left = rate * factor, patience
            yield rate

    return torch.tensor(list(rates()), dtype=val_losses.dtype)

# %% right plateau_decay: remembers at which entry the count began, instead of a count
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    result = torch.zeros_like(val_losses)
    since, best = -1, math.inf
    for t, loss in enumerate(val_losses.tolist()):
        if math.isfinite(loss) and loss < best - min_delta:
            best, since = loss, t
        elif t - since >= patience:
            lr, since = lr * factor, t
        result[t] = lr
    return result

# %% right plateau_decay: torch's count, accepted, patience failures are let pass and the next one cuts
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures > patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: a loss equal to the best is taken for an improvement
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss <= best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: the count is not set back at a cut, so that each further failure cuts
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr *= factor
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: the best loss is forgotten at a cut
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr, failures, best = lr * factor, 0, math.inf
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: at a cut the present loss becomes the best
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
            if math.isfinite(loss):
                best = loss
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: compares with the loss before instead of the best so far
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    previous, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < previous - min_delta:
            failures = 0
        else:
            failures += 1
        previous = loss if math.isfinite(loss) else previous
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: an improvement does not end the count, so that failures need not be in a row
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best = loss
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: min_delta with the wrong sign, so that a loss just above the best improves
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best + min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: the result has torch's default type, not that of the losses
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates)

# %% wrong plateau_decay: torch's scheduler with its default threshold, relative and of 1e-4
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience=patience)
    rates = []
    for loss in val_losses.tolist():
        scheduler.step(loss if math.isfinite(loss) else math.nan)
        rates.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% wrong plateau_decay: a loss must fall below the best by at least min_delta, where just min_delta is enough
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and best - loss >= min_delta and loss != best:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% corner plateau_decay: no test for finite numbers, so that minus infinity is an improvement that is never beaten
import math
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures == patience:
            lr *= factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)

# %% right average_step: two weights that add up to 1, and zeros for the mean of no points
import torch


def average_step(average, theta, *, count):
    old = average if count > 0 else torch.zeros_like(theta)
    weight = 1 / (count + 1)
    return (1 - weight) * old + weight * theta

# %% right average_step: torch.lerp after the first point
import torch


def average_step(average, theta, *, count):
    if not count:
        return 1.0 * theta
    return torch.lerp(average, theta, 1.0 / (count + 1))

# %% right average_step: numpy's weighted average over a stack of both
import numpy as np
import torch


def average_step(average, theta, *, count):
    if count == 0:
        return theta.clone()
    both = np.stack([average.detach().numpy(), theta.detach().numpy()])
    return torch.as_tensor(np.average(both, axis=0, weights=[count, 1])).to(theta.dtype)

# %% wrong average_step: always the middle of the mean and the point
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + theta) / 2

# %% wrong average_step: the step towards the point is 1/n, so that the second point replaces the first
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return average + (theta - average) / count

# %% wrong average_step: the weights are exchanged, so that the new point counts n times
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + count * theta) / (count + 1)

# %% wrong average_step: count is taken to include the new point
def average_step(average, theta, *, count):
    if count <= 1:
        return theta
    return ((count - 1) * average + theta) / count

# %% wrong average_step: changes the given average in place
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    average *= count
    average += theta
    average /= count + 1
    return average

# %% wrong average_step: takes the mean over the coordinates too, so that one number is left
import torch


def average_step(average, theta, *, count):
    if count == 0:
        return theta.mean()
    return torch.stack([count * average, theta]).sum() / (count + 1) / theta.numel()

# %% wrong average_step: rounds the mean down by a floor division
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) // (count + 1)

# %% corner average_step: knows the first point by a nan in the average, which an inf there escapes
import torch


def average_step(average, theta, *, count):
    if count == 0 and torch.isnan(average).any():
        return theta
    return (count * average + theta) / (count + 1)

# %% right one_cycle: a helper for a leg, in the form a + (b − a)(1 − cos)/2
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    def leg(a, b, done, length):
        return a + (b - a) * (1 - math.cos(math.pi * done / length)) / 2

    if step < peak:
        return leg(lr_start, lr_max, step, peak)
    return leg(lr_max, lr_end, step - peak, n_steps - 1 - peak)

# %% right one_cycle: the whole table of rates as a tensor, of which one entry is taken
import math
import torch


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    up = torch.linspace(0, math.pi, peak + 1, dtype=torch.float64)
    down = torch.linspace(0, math.pi, n_steps - peak, dtype=torch.float64)
    climb = lr_max + (lr_start - lr_max) * (1 + up.cos()) / 2
    fall = lr_end + (lr_max - lr_end) * (1 + down.cos()) / 2
    return torch.cat([climb, fall[1:]])[step]

# %% right one_cycle: straight legs, accepted, by numpy's interp through three points
import numpy as np


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    return float(np.interp(step, [0, peak, n_steps - 1], [lr_start, lr_max, lr_end]))

# %% right one_cycle: straight legs, accepted, with a share of the way for either leg
def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start + (lr_max - lr_start) * step / peak
    share = (step - peak) / (n_steps - 1 - peak)
    return (1 - share) * lr_max + share * lr_end

# %% wrong one_cycle: the steps of the second leg are divided by the last step of all
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: comes down to lr_start, and lr_end is not used
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_start, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: a and b of the formula exchanged, so that each leg runs backwards
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        a, b, alpha = lr_start, lr_max, step / peak
    else:
        a, b, alpha = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return a + (b - a) * 0.5 * (1 + math.cos(math.pi * alpha))

# %% wrong one_cycle: the first leg is straight and only the second a cosine
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start + (lr_max - lr_start) * step / peak
    share = (step - peak) / (n_steps - 1 - peak)
    return lr_end + (lr_max - lr_end) * 0.5 * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: a cosine up and a straight line down
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step < peak:
        return lr_max + (lr_start - lr_max) * (1 + math.cos(math.pi * step / peak)) / 2
    return lr_max - (lr_max - lr_end) * (step - peak) / (n_steps - 1 - peak)

# %% wrong one_cycle: the factor one half is forgotten
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * (1 + math.cos(math.pi * share))

# %% wrong one_cycle: a whole turn of the cosine in each leg
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(2 * math.pi * share))

# %% wrong one_cycle: peak is overlooked and the maximum put into the middle of the run
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    middle = (n_steps - 1) / 2
    if step <= middle:
        start, end, share = lr_start, lr_max, step / middle
    else:
        start, end, share = lr_max, lr_end, (step - middle) / middle
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))

# %% corner one_cycle: the shares of three parts, in which the step of the peak itself begins nowhere
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    rate = lr_start
    if 0 < step < peak:
        rate = lr_max + (lr_start - lr_max) * (1 + math.cos(math.pi * step / peak)) / 2
    if step > peak:
        rate = lr_end + (lr_max - lr_end) * (1 + math.cos(math.pi * (step - peak) / (n_steps - 1 - peak))) / 2
    return rate

# %% right cosine_restarts: recursion into the next cycle
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if step >= period:
        return cosine_restarts(step - period, lr=lr, lr_end=lr_end, period=period * growth, growth=growth)
    return lr_end + (lr - lr_end) * math.cos(math.pi * step / (2 * period)) ** 2

# %% right cosine_restarts: keeps the first step of the cycle and that of the next one
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    begin, cycle = 0, 0
    while True:
        length = period * growth**cycle
        if step < begin + length:
            break
        begin += length
        cycle += 1
    share = (step - begin) / length
    return (lr + lr_end) / 2 + (lr - lr_end) / 2 * math.cos(math.pi * share)

# %% right cosine_restarts: torch's CosineAnnealingWarmRestarts, walked step by step
import warnings
import torch


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(
        optimizer, T_0=period, T_mult=growth, eta_min=lr_end)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(step):
            scheduler.step()
    return optimizer.param_groups[0]["lr"]

# %% right cosine_restarts: T − 1 below, accepted, so that each cycle ends with lr_end
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    t, length = step, period
    while t >= length:
        t, length = t - length, length * growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / (length - 1)))

# %% wrong cosine_restarts: step T still belongs to the old cycle
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step > period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: the length grows before the old one is taken off
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        old = period
        period *= growth
        step -= period if step >= period else old
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: only one restart, if in place of while
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: the cosine keeps the first period in all cycles
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    length = period
    while step >= length:
        step -= length
        length *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: growth is added to the length instead of multiplied
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period += growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: the lengths are T, growth·T, 2·growth·T, a factor times the number of the cycle
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    cycle, length = 0, period
    while step >= length:
        step -= length
        cycle += 1
        length = period * growth * cycle
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / length))

# %% wrong cosine_restarts: a minus before the cosine
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 - math.cos(math.pi * step / period))

# %% wrong cosine_restarts: growth is 2 where it is left out
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=2):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))

# %% wrong cosine_restarts: a straight line down in place of the cosine
def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr + (lr_end - lr) * step / period

# %% corner cosine_restarts: a logarithm rounded down, which misses the first step of some cycles by rounding
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if growth == 1:
        t, length = step % period, period
    else:
        n = int(math.log(step / period * (growth - 1) + 1, growth))
        t = step - period * (growth**n - 1) // (growth - 1)
        length = period * growth**n
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / length))
