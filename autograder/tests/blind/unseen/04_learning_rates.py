# %% right choose_rate: a loop that keeps the best rate and the best finite last loss
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate


# %% right choose_rate: collects pairs of loss and place, and takes the minimum of those that are numbers
import math


def choose_rate(short_run, rates):
    ends = [short_run(lr)[-1].item() for lr in rates]
    sound = [(end, place) for place, end in enumerate(ends) if math.isfinite(end)]
    return rates[min(sound)[1]]


# %% right choose_rate: stacks the last losses in a tensor, puts inf in the place of what is no number, and uses argmin
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([torch.as_tensor(short_run(lr))[-1].detach() for lr in rates])
    ends = torch.where(torch.isfinite(ends), ends, torch.full_like(ends, float("inf")))
    return rates[int(ends.argmin())]


# %% right choose_rate: the mean of the last tenth, for runs whose last loss is finite
import math

import torch


def choose_rate(short_run, rates):
    winner, lowest = None, None
    for lr in rates:
        losses = short_run(lr)
        if not torch.isfinite(losses[-1]):
            continue
        tail = losses[-(len(losses) // 10):]
        end = float(tail[torch.isfinite(tail)].mean())
        if lowest is None or end < lowest:
            winner, lowest = lr, end
    return winner


# %% right choose_rate: numpy's nanargmin after inf has become nan as well
import numpy as np


def choose_rate(short_run, rates):
    ends = np.array([float(short_run(rate)[-1]) for rate in rates])
    ends[np.isinf(ends)] = np.nan
    return rates[np.nanargmin(ends)]


# %% right choose_rate: the built-in min with a key that makes a failed run infinitely bad
import math


def choose_rate(short_run, rates):
    def end(lr):
        last = short_run(lr)[-1].item()
        return last if math.isfinite(last) else math.inf

    return min(rates, key=end)


# %% right choose_rate: goes by numbers, leaves the diverged runs out and sorts the rest by their last loss
import torch


def choose_rate(short_run, rates):
    table = []
    for number in range(len(rates)):
        losses = short_run(rates[number])
        last = losses[len(losses) - 1]
        if torch.isnan(last) or torch.isinf(last):
            pass
        else:
            table.append([float(last), number])
    table.sort(key=lambda row: row[0])
    return rates[table[0][1]]


# %% wrong choose_rate: takes the lowest loss on the way instead of the last one
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
    return rates[int(torch.argmin(ends))]


# %% wrong choose_rate: asks whether the loss is not higher, so that a nan replaces the best
import math


def choose_rate(short_run, rates):
    best, chosen = math.inf, rates[0]
    for lr in rates:
        last = float(short_run(lr)[-1])
        if not last >= best:
            best, chosen = last, lr
    return chosen


# %% wrong choose_rate: throws a run out that was inf or nan somewhere on the way
import math

import torch


def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], math.inf
    for lr in rates:
        losses = short_run(lr)
        if torch.isfinite(losses).all() and losses[-1] < best_loss:
            best_rate, best_loss = lr, losses[-1]
    return best_rate


# %% wrong choose_rate: calls the run twice for each rate, once for the test and once for the comparison
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = None, math.inf
    for lr in rates:
        if math.isfinite(short_run(lr)[-1]) and short_run(lr)[-1] < best_loss:
            best_rate, best_loss = lr, short_run(lr)[-1]
    return best_rate


# %% wrong choose_rate: trains the best rate so far again at every comparison
import math


def choose_rate(short_run, rates):
    best = None
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and (best is None or last < float(short_run(best)[-1])):
            best = lr
    return best


# %% wrong choose_rate: returns the lowest loss and not its rate
import math


def choose_rate(short_run, rates):
    ends = [float(short_run(lr)[-1]) for lr in rates]
    return min(end for end in ends if math.isfinite(end))


# %% wrong choose_rate: returns the place of the rate in the list
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    ends[~torch.isfinite(ends)] = float("inf")
    return int(ends.argmin())


# %% wrong choose_rate: takes the largest rate whose run does not diverge
import math


def choose_rate(short_run, rates):
    sound = [lr for lr in rates if math.isfinite(short_run(lr)[-1])]
    return max(sound)


# %% wrong choose_rate: compares the means of the whole runs
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], math.inf
    for lr in rates:
        losses = short_run(lr)
        if math.isfinite(losses[-1]) and losses.mean() < best_loss:
            best_rate, best_loss = lr, losses.mean()
    return best_rate


# %% wrong choose_rate: sorts the list of the caller in place
import math


def choose_rate(short_run, rates):
    rates.sort()
    best_rate, best_loss = None, math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate


# %% wrong choose_rate: runs the rates in sorted order and looks the winner up in the unsorted list
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in sorted(rates)])
    ends = torch.where(torch.isfinite(ends), ends, float("inf"))
    return rates[int(ends.argmin())]


# %% wrong choose_rate: nan_to_num makes a perfect loss of 0 out of nan
import torch


def choose_rate(short_run, rates):
    ends = torch.nan_to_num(torch.stack([short_run(lr)[-1] for lr in rates]))
    return rates[int(ends.argmin())]


# %% wrong choose_rate: begins with a best loss of 10, which runs with larger losses never beat
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], 10.0
    for lr in rates:
        last = float(short_run(lr)[-1])
        if math.isfinite(last) and last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate


# %% wrong choose_rate: gives the rate back out of a float32 tensor, rounded
import torch


def choose_rate(short_run, rates):
    ends = torch.stack([short_run(lr)[-1] for lr in rates])
    ends = torch.where(torch.isfinite(ends), ends, float("inf"))
    return torch.tensor(rates, dtype=torch.float32)[ends.argmin()].item()


# %% wrong choose_rate: takes the mean of the last ten losses, however long the run is
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], math.inf
    for lr in rates:
        losses = short_run(lr)
        end = losses[-10:].mean()
        if math.isfinite(losses[-1]) and end < best_loss:
            best_rate, best_loss = lr, end
    return best_rate


# %% corner choose_rate: begins with the first run as the best, and if that one ends in nan nothing is lower
def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], short_run(rates[0])[-1]
    for lr in rates[1:]:
        last = short_run(lr)[-1]
        if last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate


# %% corner choose_rate: stops looking at the first run that ends in inf or nan, as if all later rates were larger
import math


def choose_rate(short_run, rates):
    best_rate, best_loss = rates[0], math.inf
    for lr in rates:
        last = float(short_run(lr)[-1])
        if not math.isfinite(last):
            break
        if last < best_loss:
            best_rate, best_loss = lr, last
    return best_rate


# %% right noise_floor: the cancelled formula for all entries, and torch.where
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% right noise_floor: the uncancelled fraction in double precision, and masked_fill
import torch


def noise_floor(curvature, sigma, *, lr):
    lam = curvature.double()
    shrink = (1 - lr * lam) ** 2
    floor = lr**2 * sigma**2 / (1 - shrink)
    bad = (lam <= 0) | (lr * curvature >= 2)
    return floor.masked_fill(bad, float("inf")).to(curvature.dtype)


# %% right noise_floor: a loop over plain numbers
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    sigmas = torch.as_tensor(sigma, dtype=curvature.dtype).expand(curvature.shape)
    result = []
    for lam, s in zip(curvature.reshape(-1).tolist(), sigmas.reshape(-1).tolist()):
        if lam <= 0 or lr * lam >= 2:
            result.append(math.inf)
        else:
            result.append(lr * s * s / (lam * (2 - lr * lam)))
    return torch.tensor(result, dtype=curvature.dtype).reshape(curvature.shape)


# %% right noise_floor: begins with inf everywhere and fills in the places of rest
import torch


def noise_floor(curvature, sigma, *, lr):
    out = torch.full_like(curvature, float("inf"))
    s = torch.ones_like(curvature) * sigma
    rests = torch.logical_and(curvature > 0, curvature * lr < 2)
    lam = curvature[rests]
    out[rests] = s[rests].square() * lr / (2 * lam - lr * lam.square())
    return out


# %% right noise_floor: numpy in between
import numpy as np
import torch


def noise_floor(curvature, sigma, *, lr):
    lam = curvature.detach().numpy()
    s = sigma.detach().numpy() if isinstance(sigma, torch.Tensor) else sigma
    with np.errstate(all="ignore"):
        m = np.where((lam > 0) & (lr * lam < 2), lr * s**2 / (lam * (2 - lr * lam)), np.inf)
    return torch.as_tensor(m, dtype=curvature.dtype).reshape(curvature.shape)


# %% right noise_floor: partial fractions, half the rate times 1/λ and η/(2 − ηλ)
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    inside = (curvature > 0).logical_and(lr * curvature < 2)
    safe = torch.where(inside, curvature, torch.full_like(curvature, 1 / lr))
    m = lr * sigma**2 / 2 * (1 / safe + lr / (2 - lr * safe))
    return torch.where(inside, m, torch.full_like(m, math.inf))


# %% wrong noise_floor: the plain formula, negative where nothing comes to rest
def noise_floor(curvature, sigma, *, lr):
    return lr * sigma**2 / (curvature * (2 - lr * curvature))


# %% wrong noise_floor: the approximation for small rates
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (2 * curvature)
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: the root of the mean square
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = (lr * sigma**2 / (curvature * (2 - lr * curvature))).sqrt()
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: takes sigma for the variance
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: one factor of the rate was not cancelled above
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr**2 * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: the factor (1 − ηλ) is not squared, which gives ησ²/λ
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr**2 * sigma**2 / (1 - (1 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: multiplies by the second factor since brackets are missing
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / curvature * (2 - lr * curvature)
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: says inf already from ηλ = 1 on, where the steps begin to overshoot
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 1), floor, math.inf)


# %% wrong noise_floor: compares the curvature with 2 and forgets the rate
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (curvature < 2), floor, math.inf)


# %% wrong noise_floor: joins the two cases of inf by and, so that neither is met
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature <= 0) & (lr * curvature >= 2), math.inf, floor)


# %% wrong noise_floor: one bad curvature makes every entry inf
import torch


def noise_floor(curvature, sigma, *, lr):
    if (curvature <= 0).any() or (lr * curvature >= 2).any():
        return torch.full_like(curvature, float("inf"))
    return lr * sigma**2 / (curvature * (2 - lr * curvature))


# %% wrong noise_floor: nan where there is no rest
import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, float("nan"))


# %% wrong noise_floor: the result of the loop has torch's default type and no shape
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    s = torch.as_tensor(sigma).expand(curvature.shape).flatten()
    values = [math.inf if lam <= 0 or lr * lam >= 2 else float(lr * v**2 / (lam * (2 - lr * lam)))
              for lam, v in zip(curvature.flatten().tolist(), s)]
    return torch.tensor(values)


# %% wrong noise_floor: divides by 2 − η instead of 2 − ηλ
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr))
    return torch.where((curvature > 0) & (lr * curvature < 2), floor, math.inf)


# %% wrong noise_floor: overwrites the bad curvatures in the tensor of the caller
def noise_floor(curvature, sigma, *, lr):
    bad = (curvature <= 0) | (lr * curvature >= 2)
    curvature[bad] = 1 / lr
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    floor[bad] = float("inf")
    return floor


# %% corner noise_floor: forgets that a negative curvature does not pull back
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where(lr * curvature < 2, floor, math.inf)


# %% corner noise_floor: forgets that the steps overshoot where ηλ is above 2
import math

import torch


def noise_floor(curvature, sigma, *, lr):
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    return torch.where(curvature > 0, floor, math.inf)


# %% right robbins_monro: two comparisons
def robbins_monro(power):
    return power <= 1, 2 * power > 1


# %% right robbins_monro: a helper that says whether a sum of powers is infinite, called for both exponents
def robbins_monro(power):
    def infinite(exponent):
        return exponent <= 1

    return infinite(power), not infinite(2 * power)


# %% right robbins_monro: three ranges of the exponent by if and elif
def robbins_monro(power):
    if power <= 0.5:
        return True, False
    elif power <= 1:
        return True, True
    else:
        return False, True


# %% right robbins_monro: exact fractions and turned comparisons
from fractions import Fraction


def robbins_monro(power):
    p = Fraction(power)
    reaches = not p > 1
    settles = not p + p <= 1
    return (reaches, settles)


# %% right robbins_monro: the integral test, whose antiderivative has the exponent 1 − s
def robbins_monro(power):
    def tail_is_finite(s):
        return 1 - s < 0

    reaches = bool(not tail_is_finite(power))
    settles = bool(tail_is_finite(power * 2))
    return reaches, settles


# %% wrong robbins_monro: counts the harmonic series among the finite sums
def robbins_monro(power):
    return power < 1, 2 * power > 1


# %% wrong robbins_monro: lets the power ½ settle
def robbins_monro(power):
    return power <= 1, power >= 0.5


# %% wrong robbins_monro: forgets the square in the second sum
def robbins_monro(power):
    return power <= 1, power > 1


# %% wrong robbins_monro: gives the two answers in the other order
def robbins_monro(power):
    return 2 * power > 1, power <= 1


# %% wrong robbins_monro: squares the power instead of doubling it
def robbins_monro(power):
    return power <= 1, power**2 > 1


# %% wrong robbins_monro: says for the squares whether their sum is infinite
def robbins_monro(power):
    return power <= 1, 2 * power <= 1


# %% wrong robbins_monro: adds up a hundred thousand terms and compares with a bound
import torch


def robbins_monro(power):
    k = torch.arange(1, 100001, dtype=torch.float64)
    rates = k ** -power
    return bool(rates.sum() > 10), bool((rates**2).sum() < 10)


# %% wrong robbins_monro: thinks that it settles as soon as the rates go to zero
def robbins_monro(power):
    return power <= 1, power > 0


# %% wrong robbins_monro: the first comparison is turned round
def robbins_monro(power):
    return power >= 1, 2 * power > 1


# %% wrong robbins_monro: one answer, whether both conditions hold
def robbins_monro(power):
    return 0.5 < power <= 1


# %% wrong robbins_monro: halves the power for the squares
def robbins_monro(power):
    return power <= 1, power / 2 > 1


# %% wrong robbins_monro: words instead of truth values
def robbins_monro(power):
    return "yes" if power <= 1 else "no", "yes" if 2 * power > 1 else "no"


# %% wrong robbins_monro: treats the rates as k to the power, without the minus
def robbins_monro(power):
    return -power <= 1, -2 * power > 1


# %% corner robbins_monro: a constant rate does not reach everywhere here
def robbins_monro(power):
    return 0 < power <= 1, power > 0.5


# %% right linear_decay: the share with min, then the formula of the text
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% right linear_decay: an if for the constant part and a slope for the line
def linear_decay(step, *, lr, lr_end, tau):
    if step >= tau:
        return lr_end
    slope = (lr_end - lr) / tau
    return lr + slope * step


# %% right linear_decay: the larger of the line and the last rate, which is at most the first
def linear_decay(step, *, lr, lr_end, tau):
    return max(lr - (lr - lr_end) * step / tau, lr_end)


# %% right linear_decay: counts the steps that are left
def linear_decay(step, *, lr, lr_end, tau):
    left = max(tau - step, 0)
    return lr_end + (lr - lr_end) * left / tau


# %% right linear_decay: numpy's interp, which is constant outside
import numpy as np


def linear_decay(step, *, lr, lr_end, tau):
    return float(np.interp(step, [0, tau], [lr, lr_end]))


# %% right linear_decay: torch.lerp on double tensors without axes
import torch


def linear_decay(step, *, lr, lr_end, tau):
    first = torch.tensor(float(lr), dtype=torch.float64)
    last = torch.tensor(float(lr_end), dtype=torch.float64)
    return torch.lerp(first, last, min(1.0, step / tau))


# %% wrong linear_decay: the line goes on below the last rate
def linear_decay(step, *, lr, lr_end, tau):
    alpha = step / tau
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: the share is rounded down by //
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step // tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: counts steps from 1
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min((step + 1) / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: arrives one step early, with tau − 1 below
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / max(tau - 1, 1), 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: the two weights are exchanged
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return alpha * lr + (1 - alpha) * lr_end


# %% wrong linear_decay: the line goes to 0 and jumps to the last rate at tau
def linear_decay(step, *, lr, lr_end, tau):
    if step < tau:
        return lr * (1 - step / tau)
    return lr_end


# %% wrong linear_decay: the line to 0, cut off where it meets the last rate
def linear_decay(step, *, lr, lr_end, tau):
    return max(lr * (1 - step / tau), lr_end)


# %% wrong linear_decay: max in the place of min on the share
def linear_decay(step, *, lr, lr_end, tau):
    alpha = max(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: the last rate is added without its weight
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + lr_end


# %% wrong linear_decay: brackets missing around 1 − α
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return 1 - alpha * lr + alpha * lr_end


# %% wrong linear_decay: equal factors instead of equal steps
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step / tau, 1)
    return lr * (lr_end / lr) ** alpha


# %% wrong linear_decay: goes back to the first rate after tau
def linear_decay(step, *, lr, lr_end, tau):
    if step > tau:
        return lr
    alpha = step / tau
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: stops with the training, rate 0 after tau
def linear_decay(step, *, lr, lr_end, tau):
    if step > tau:
        return 0.0
    return lr + (lr_end - lr) * step / tau


# %% wrong linear_decay: falls from step tau on and is constant before
def linear_decay(step, *, lr, lr_end, tau):
    if step < tau:
        return lr
    alpha = min((step - tau) / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% wrong linear_decay: keeps the last rate of the line before tau by clamping the step to tau − 1
def linear_decay(step, *, lr, lr_end, tau):
    alpha = min(step, tau - 1) / tau
    return (1 - alpha) * lr + alpha * lr_end


# %% corner linear_decay: takes a last rate of 0 for left out and uses one percent
def linear_decay(step, *, lr, lr_end, tau):
    lr_end = lr_end or 0.01 * lr
    alpha = min(step / tau, 1)
    return (1 - alpha) * lr + alpha * lr_end


# %% right power_decay: one expression
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step) ** power


# %% right power_decay: times a negative power
def power_decay(step, *, lr, rate=1.0, power=1.0):
    base = rate * step + 1
    return lr * base ** (-power)


# %% right power_decay: exponential of a logarithm
import math


def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr * math.exp(-power * math.log1p(rate * step))


# %% right power_decay: math.pow of the reciprocal
import math


def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr * math.pow(1.0 / (1.0 + step * rate), power)


# %% right power_decay: a double tensor without axes
import torch


def power_decay(step, *, lr, rate=1.0, power=1.0):
    base = torch.tensor(1 + rate * step, dtype=torch.float64)
    return lr / torch.pow(base, power)


# %% right power_decay: numpy with the special cases written out
import numpy as np


def power_decay(step, *, lr, rate=1.0, power=1.0):
    if step == 0 or rate == 0 or power == 0:
        return lr
    return float(np.divide(lr, np.power(1.0 + rate * step, power)))


# %% wrong power_decay: the power applies to the product of rate and steps only
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + (rate * step) ** power)


# %% wrong power_decay: the power applies to the steps only
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step**power)


# %% wrong power_decay: the first rate is raised to the power too
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return (lr / (1 + rate * step)) ** power


# %% wrong power_decay: no brackets around the denominator
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / 1 + rate * step**power


# %% wrong power_decay: counts the steps from 1
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * (step + 1)) ** power


# %% wrong power_decay: another default of the power, one half
def power_decay(step, *, lr, rate=1.0, power=0.5):
    return lr / (1 + rate * step) ** power


# %% wrong power_decay: another default of the decay rate, one tenth
def power_decay(step, *, lr, rate=0.1, power=1.0):
    return lr / (1 + rate * step) ** power


# %% wrong power_decay: the decay rate is not used
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + step) ** power


# %% wrong power_decay: the power is not used
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step)


# %% wrong power_decay: exponential decay
import math


def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr * math.exp(-rate * step * power)


# %% wrong power_decay: divides the rate of the last step again at every step
def power_decay(step, *, lr, rate=1.0, power=1.0):
    for k in range(1, step + 1):
        lr = lr / (1 + rate * k) ** power
    return lr


# %% wrong power_decay: multiplies by the power instead of raising to it
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step * power)


# %% wrong power_decay: raises (1 + d) to the number of steps, compound interest
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate) ** (step * power)


# %% wrong power_decay: adds rate and step
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (rate + step) ** power


# %% wrong power_decay: a minus in the exponent and a quotient, so that the rate grows
def power_decay(step, *, lr, rate=1.0, power=1.0):
    return lr / (1 + rate * step) ** -power


# %% wrong power_decay: the power is rounded to a whole number
def power_decay(step, *, lr, rate=1.0, power=1.0):
    result = lr
    for _ in range(int(power)):
        result = result / (1 + rate * step)
    return result


# %% corner power_decay: a decay rate of 0 counts as left out
def power_decay(step, *, lr, rate=None, power=1.0):
    rate = rate or 1.0
    return lr / (1 + rate * step) ** power


# %% corner power_decay: a power of 0 counts as left out
def power_decay(step, *, lr, rate=1.0, power=None):
    if not power:
        power = 1.0
    return lr / (1 + rate * step) ** power


# %% right step_decay: one expression
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step // every)


# %% right step_decay: a loop that takes off one stretch after the other
def step_decay(step, *, lr, factor, every):
    while step >= every:
        lr = lr * factor
        step = step - every
    return lr


# %% right step_decay: divmod and math.pow
import math


def step_decay(step, *, lr, factor, every):
    drops, _ = divmod(step, every)
    return math.pow(factor, drops) * lr


# %% right step_decay: counts the drops in a range and multiplies them together
import math


def step_decay(step, *, lr, factor, every):
    drops = len(range(every, step + 1, every))
    return math.prod([factor] * drops, start=lr)


# %% right step_decay: the step without its remainder, divided exactly, in torch
import torch


def step_decay(step, *, lr, factor, every):
    drops = torch.div(torch.tensor(step), every, rounding_mode="floor").item()
    return torch.tensor(float(lr), dtype=torch.float64) * float(factor) ** drops


# %% right step_decay: tests every number up to the step for a drop
def step_decay(step, *, lr, factor, every):
    rate = lr
    for k in range(1, step + 1):
        if k % every == 0:
            rate *= factor
    return rate


# %% wrong step_decay: a smooth exponential with the quotient not rounded
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step / every)


# %% wrong step_decay: rounds the quotient to the nearest number
def step_decay(step, *, lr, factor, every):
    return lr * factor ** round(step / every)


# %% wrong step_decay: rounds the quotient up
import math


def step_decay(step, *, lr, factor, every):
    return lr * factor ** math.ceil(step / every)


# %% wrong step_decay: the first drop comes one step early
def step_decay(step, *, lr, factor, every):
    return lr * factor ** ((step + 1) // every)


# %% wrong step_decay: the first drop comes one step late, by a strict comparison in the loop
def step_decay(step, *, lr, factor, every):
    while step > every:
        lr *= factor
        step -= every
    return lr


# %% wrong step_decay: the first drop comes one step late, by a step less in the quotient
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (max(step - 1, 0) // every)


# %% wrong step_decay: the remainder in the exponent
def step_decay(step, *, lr, factor, every):
    return lr * factor ** (step % every)


# %% wrong step_decay: the rate is low only at the steps of the drops themselves
def step_decay(step, *, lr, factor, every):
    if step > 0 and step % every == 0:
        return lr * factor
    return lr


# %% wrong step_decay: drops only once
def step_decay(step, *, lr, factor, every):
    return lr * factor if step >= every else lr


# %% wrong step_decay: takes the factor for the part that is lost
def step_decay(step, *, lr, factor, every):
    return lr * (1 - factor) ** (step // every)


# %% wrong step_decay: divides by the factor
def step_decay(step, *, lr, factor, every):
    return lr / factor ** (step // every)


# %% wrong step_decay: raises the first rate to the number of drops as well
def step_decay(step, *, lr, factor, every):
    return (lr * factor) ** (step // every)


# %% wrong step_decay: the brackets in the exponent are missing, and the whole is rounded down
def step_decay(step, *, lr, factor, every):
    return lr * factor ** step // every


# %% wrong step_decay: multiplies by the number of drops times the factor
def step_decay(step, *, lr, factor, every):
    drops = step // every
    return lr * (factor * drops if drops > 0 else 1)


# %% wrong step_decay: a drop at every step of the later stretches
def step_decay(step, *, lr, factor, every):
    if step < every:
        return lr
    return lr * factor ** (step - every + 1)


# %% wrong step_decay: takes a fixed share of the first rate off at every drop, down to 0
def step_decay(step, *, lr, factor, every):
    return max(lr - (1 - factor) * lr * (step // every), 0.0)


# %% wrong step_decay: counts step 0 as a drop when drops are tested by the remainder
def step_decay(step, *, lr, factor, every):
    rate = lr
    for k in range(step + 1):
        if k % every == 0:
            rate = rate * factor
    return rate


# %% right plateau_decay: the loop with three things remembered
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
            lr = lr * factor
            failures = 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% right plateau_decay: torch's count of failures, cut when more than patience have passed
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    rates = torch.empty_like(val_losses)
    best, bad = val_losses[0].item(), 0
    rates[0] = lr
    for t in range(1, len(val_losses)):
        loss = val_losses[t].item()
        if math.isfinite(loss) and best - loss > min_delta:
            best = loss
            bad = 0
        else:
            bad = bad + 1
            if bad > patience:
                lr, bad = lr * factor, 0
        rates[t] = lr
    return rates


# %% right plateau_decay: torch's own scheduler, told one failure less
import math

import torch
import torch._dynamo


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="min", factor=factor, patience=patience - 1, threshold=min_delta, threshold_mode="abs", eps=0.0
    )
    rates = []
    for loss in val_losses.tolist():
        scheduler.step(loss if math.isfinite(loss) else math.inf)
        rates.append(float(optimizer.param_groups[0]["lr"]))
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% right plateau_decay: counts the cuts and makes all rates at the end
import numpy as np
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    values = val_losses.detach().numpy().astype(float)
    cuts = np.zeros(len(values))
    best, row, done = values[0], 0, 0
    for t in range(1, len(values)):
        improved = np.isfinite(values[t]) and values[t] + min_delta < best
        row = 0 if improved else row + 1
        best = values[t] if improved else best
        if row == patience:
            done, row = done + 1, 0
        cuts[t] = done
    return torch.as_tensor(lr * float(factor) ** cuts).to(val_losses.dtype)


# %% right plateau_decay: itertools.accumulate over a state of three numbers
import itertools
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    def after(state, loss):
        best, failures, rate = state
        if math.isfinite(loss) and loss < best - min_delta:
            return loss, 0, rate
        if failures + 1 == patience:
            return best, 0, rate * factor
        return best, failures + 1, rate

    states = itertools.accumulate(val_losses.tolist(), after, initial=(math.inf, 0, lr))
    return torch.tensor([rate for _, _, rate in states][1:], dtype=val_losses.dtype)


# %% right plateau_decay: remembers the step of the last improvement or cut instead of a count
import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    rate, best, since = lr, val_losses[0], 0
    out = [rate]
    for t in range(1, val_losses.shape[0]):
        loss = val_losses[t]
        if torch.isfinite(loss) and loss < best - min_delta:
            best, since = loss, t
        elif t - since >= patience:
            rate, since = rate * factor, t
        out.append(rate)
    return torch.as_tensor(out, dtype=val_losses.dtype)


# %% wrong plateau_decay: the count is not set back after a cut
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
            lr = lr * factor
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: cuts when the count equals the patience and never again in the same row
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
            lr = lr * factor
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: forgets the best loss after a cut
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
            lr, failures, best = lr * factor, 0, math.inf
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: compares with the loss before instead of the best
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    last, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < last - min_delta:
            failures = 0
        else:
            failures += 1
        last = loss
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: an equal loss counts as an improvement
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss <= best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: min_delta is not used
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: min_delta has the other sign, as a tolerance
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best + min_delta:
            best, failures = min(best, loss), 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: the rate is noted down before the cut
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
        if failures >= patience:
            lr, failures = lr * factor, 0
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: failures need not be in a row, an improvement leaves the count
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best = loss
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
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
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: lowers the best loss also by falls that are too small to be improvements
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
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: mixes the two counts, torch's for the first cut and the text's for the later ones
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
            lr, failures = lr * factor, 1
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: starts with the first loss as the best and then counts that loss as a failure
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = val_losses[0].item(), 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: the result has torch's default type
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
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates)


# %% wrong plateau_decay: gives only the last rate
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures = math.inf, 0
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
    return torch.tensor(lr, dtype=val_losses.dtype)


# %% wrong plateau_decay: after a cut the next loss is the new best
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
                lr, failures, best = lr * factor, 0, loss
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% wrong plateau_decay: a cut restores the first rate times factor instead of cutting further
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rate, rates = math.inf, 0, lr, []
    for loss in val_losses.tolist():
        if math.isfinite(loss) and loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            rate, failures = lr * factor, 0
        rates.append(rate)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% corner plateau_decay: nan counts as an improvement, since the question is asked the other way round
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if loss >= best - min_delta or loss == -math.inf:
            failures += 1
        else:
            best, failures = loss if loss == loss else best, 0
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% corner plateau_decay: a loss of minus infinity becomes the best one
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if loss < best - min_delta:
            best, failures = loss, 0
        else:
            failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% corner plateau_decay: a nan is skipped and does not count as a failure
import math

import torch


def plateau_decay(val_losses, *, lr, factor, patience, min_delta=0.0):
    best, failures, rates = math.inf, 0, []
    for loss in val_losses.tolist():
        if math.isfinite(loss):
            if loss < best - min_delta:
                best, failures = loss, 0
            else:
                failures += 1
        if failures >= patience:
            lr, failures = lr * factor, 0
        rates.append(lr)
    return torch.tensor(rates, dtype=val_losses.dtype)


# %% right average_step: the formula with an if for the first point
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) / (count + 1)


# %% right average_step: moves the mean by a share of the difference
def average_step(average, theta, *, count):
    if count < 1:
        return theta.clone()
    return average + (theta - average) / (count + 1)


# %% right average_step: torch.lerp from the mean to the point
import torch


def average_step(average, theta, *, count):
    start = theta if count == 0 else average
    return torch.lerp(start, theta, 1 / (1 + count))


# %% right average_step: two weights that sum to 1, and a mean of zeros at the beginning
import torch


def average_step(average, theta, *, count):
    old = torch.zeros_like(theta) if count == 0 else average
    share = 1.0 / (count + 1)
    return (1 - share) * old + share * theta


# %% right average_step: numpy in between
import numpy as np
import torch


def average_step(average, theta, *, count):
    new = theta.detach().numpy()
    if count > 0:
        new = np.add(count * average.detach().numpy(), new) / (count + 1)
    return torch.as_tensor(np.array(new), dtype=theta.dtype)


# %% right average_step: adds the point to a sum that is empty at first
def average_step(average, theta, *, count):
    total = theta.clone()
    if count:
        total += average * count
    return total.div(count + 1)


# %% wrong average_step: half of each
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + theta) / 2


# %% wrong average_step: divides by the old number
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) / count


# %% wrong average_step: moves by the share 1/n instead of 1/(n + 1)
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return average + (theta - average) / count


# %% wrong average_step: an exponential mean with 0.9
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return 0.9 * average + 0.1 * theta


# %% wrong average_step: the weights are exchanged
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + count * theta) / (count + 1)


# %% wrong average_step: takes the average for a sum
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (average + theta) / (count + 1)


# %% wrong average_step: brackets missing, only the point is divided
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return count * average + theta / (count + 1)


# %% wrong average_step: writes the new mean into the old tensor
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    average += (theta - average) / (count + 1)
    return average


# %% wrong average_step: adds the old mean into the tensor of the new point
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    theta += count * average
    return theta / (count + 1)


# %% wrong average_step: takes count for the number with the new point in it
def average_step(average, theta, *, count):
    if count <= 1:
        return theta
    return ((count - 1) * average + theta) / count


# %% wrong average_step: the mean over all entries of the point
def average_step(average, theta, *, count):
    if count == 0:
        return theta.mean()
    return (count * average.mean() + theta.mean()) / (count + 1)


# %% wrong average_step: moves away from the point, the difference has the other sign
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return average + (average - theta) / (count + 1)


# %% wrong average_step: rounds the quotient down
def average_step(average, theta, *, count):
    if count == 0:
        return theta
    return (count * average + theta) // (count + 1)


# %% wrong average_step: gives zeros for the first point
import torch


def average_step(average, theta, *, count):
    if count == 0:
        return torch.zeros_like(theta)
    return (count * average + theta) / (count + 1)


# %% wrong average_step: starts anew while count is 1 as well
def average_step(average, theta, *, count):
    if count <= 1:
        return theta
    return (count * average + theta) / (count + 1)


# %% corner average_step: no case for the first point, 0 times nan is nan
def average_step(average, theta, *, count):
    return (count * average + theta) / (count + 1)


# %% corner average_step: looks for nan instead of asking count, and an average of inf spoils the first point
def average_step(average, theta, *, count):
    if average.isnan().any():
        return theta
    return (count * average + theta) / (count + 1)


# %% corner average_step: sets nan and inf to 0 but moves from the old average, so that a huge one swallows the first point
import torch


def average_step(average, theta, *, count):
    average = torch.nan_to_num(average, nan=0.0, posinf=0.0, neginf=0.0)
    return average + (theta - average) / (count + 1)


# %% right one_cycle: an if for the leg and one formula of half a cosine
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% right one_cycle: straight legs with numpy's interp
import numpy as np


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    return float(np.interp(step, [0, peak, n_steps - 1], [lr_start, lr_max, lr_end]))


# %% right one_cycle: the square of a sine
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    def leg(a, b, done, length):
        return a + (b - a) * math.sin(math.pi / 2 * done / length) ** 2

    if step < peak:
        return leg(lr_start, lr_max, step, peak)
    return leg(lr_max, lr_end, step - peak, n_steps - peak - 1)


# %% right one_cycle: straight legs by two lines and an if
def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step < peak:
        return lr_start + (lr_max - lr_start) * step / peak
    left = n_steps - 1 - step
    return lr_end + (lr_max - lr_end) * left / (n_steps - 1 - peak)


# %% right one_cycle: half the sum and half the difference of the ends, with torch's cosine in double
import torch


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    last = n_steps - 1
    if step <= peak:
        angle = torch.tensor(step / peak, dtype=torch.float64) * torch.pi
        return (lr_start + lr_max) / 2 - (lr_max - lr_start) / 2 * torch.cos(angle)
    angle = torch.tensor((step - peak) / (last - peak), dtype=torch.float64) * torch.pi
    return (lr_max + lr_end) / 2 + (lr_max - lr_end) / 2 * torch.cos(angle)


# %% right one_cycle: the whole table with numpy and one entry of it
import numpy as np


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    up = (1 - np.cos(np.pi * np.arange(peak + 1) / peak)) / 2
    down = (1 + np.cos(np.linspace(0, np.pi, n_steps - peak))) / 2
    table = np.concatenate([lr_start + (lr_max - lr_start) * up, (lr_end + (lr_max - lr_end) * down)[1:]])
    return float(table[step])


# %% wrong one_cycle: straight up and half a cosine down
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start + (lr_max - lr_start) * step / peak
    share = (step - peak) / (n_steps - 1 - peak)
    return lr_end + (lr_max - lr_end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: half a cosine up and straight down
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_max + (lr_start - lr_max) * 0.5 * (1 + math.cos(math.pi * step / peak))
    share = (step - peak) / (n_steps - 1 - peak)
    return lr_max + (lr_end - lr_max) * share


# %% wrong one_cycle: the second leg has a step too many and does not reach its end
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: straight legs, of which the second has a step too many
def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start + (lr_max - lr_start) * step / peak
    return lr_max + (lr_end - lr_max) * (step - peak) / (n_steps - peak)


# %% wrong one_cycle: no π in the cosine
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(share))


# %% wrong one_cycle: the two ends of a leg are exchanged in the formula
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return start + (end - start) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: the half is missing
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: the share of the second leg is counted from the beginning of the run
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, step / (n_steps - 1)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: comes down to the first rate instead of the last
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        share = step / peak
    else:
        share = (n_steps - 1 - step) / (n_steps - 1 - peak)
    return lr_start + (lr_max - lr_start) * 0.5 * (1 - math.cos(math.pi * share))


# %% wrong one_cycle: a quarter of a cosine on each leg, level at one end only
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start + (lr_max - lr_start) * math.sin(math.pi / 2 * step / peak)
    share = (step - peak) / (n_steps - 1 - peak)
    return lr_end + (lr_max - lr_end) * math.cos(math.pi / 2 * share)


# %% wrong one_cycle: the second leg begins one step after the peak, with the peak's rate twice
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak - 1) / max(n_steps - 2 - peak, 1)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: reaches the peak one step early
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step < peak:
        start, end, share = lr_start, lr_max, (step + 1) / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: a polynomial that is level at both ends instead of the cosine
def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return start + (end - start) * (3 * share**2 - 2 * share**3)


# %% wrong one_cycle: a whole cosine, which comes back to where the leg began
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(2 * math.pi * share))


# %% wrong one_cycle: the share is rounded down by //
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step // peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) // (n_steps - 1 - peak)
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: the difference is missing and the first rate itself is taken
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        start, end, share = lr_start, lr_max, step / peak
    else:
        start, end, share = lr_max, lr_end, (step - peak) / (n_steps - 1 - peak)
    return end + start * 0.5 * (1 + math.cos(math.pi * share))


# %% wrong one_cycle: straight legs in the logarithm of the rate
import math


def one_cycle(step, *, lr_start, lr_max, lr_end, peak, n_steps):
    if step <= peak:
        return lr_start * (lr_max / lr_start) ** (step / peak)
    return lr_max * (lr_end / lr_max) ** ((step - peak) / (n_steps - 1 - peak))


# %% right cosine_restarts: the while loop and the formula
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% right cosine_restarts: T − 1 below, so that the last rate is reached
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    begin, length = 0, period
    while begin + length <= step:
        begin, length = begin + length, length * growth
    t = step - begin
    return lr_end + (lr - lr_end) / 2 * (1 + math.cos(math.pi * t / (length - 1)))


# %% right cosine_restarts: a loop over the numbers of the cycles and the square of a cosine
import itertools
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    t = step
    for number in itertools.count():
        length = period * growth**number
        if t < length:
            break
        t = t - length
    return lr_end + (lr - lr_end) * math.cos(math.pi / 2 * t / length) ** 2


# %% right cosine_restarts: the remainder where cycles are equal, a geometric sum in whole numbers where they grow
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if growth == 1:
        t, length = step % period, period
    else:
        n = 0
        while period * (growth ** (n + 1) - 1) // (growth - 1) <= step:
            n += 1
        t = step - period * (growth**n - 1) // (growth - 1)
        length = period * growth**n
    return 0.5 * (lr + lr_end) + 0.5 * (lr - lr_end) * math.cos(math.pi * t / length)


# %% right cosine_restarts: a list of restarts, bisect, and torch's cosine in double
import bisect

import torch


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    begins, length = [0], period
    while begins[-1] <= step:
        begins.append(begins[-1] + length)
        length = length * growth
    place = bisect.bisect_right(begins, step) - 1
    share = torch.tensor((step - begins[place]) / (begins[place + 1] - begins[place]), dtype=torch.float64)
    return lr_end + (lr - lr_end) * (1 + torch.cos(torch.pi * share)) / 2


# %% right cosine_restarts: T − 1 below with the sine of the other half, in a function that hands the cycle on
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    def place(t, length):
        while not t < length:
            t, length = t - length, growth * length
        return t, length

    t, length = place(step, period)
    return lr - (lr - lr_end) * math.sin(0.5 * math.pi * t / (length - 1)) ** 2


# %% wrong cosine_restarts: all cycles have the first period
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    t = step % period
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / period))


# %% wrong cosine_restarts: the restart comes one step late, by a strict comparison
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step > period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: each cycle is longer by a number of steps, not by a factor
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period += growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: lets the period grow before it takes the old one off
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        period *= growth
        step -= period
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: divides by the first period in every cycle
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    length, t = period, step
    while t >= length:
        t -= length
        length *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / period))


# %% wrong cosine_restarts: the half is missing
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: the last rate is not taken off the first
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * lr * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: decays to 0, the last rate is not used
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return 0.5 * lr * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: no π in the cosine
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(step / period))


# %% wrong cosine_restarts: begins each cycle with the last rate and climbs
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 - math.cos(math.pi * step / period))


# %% wrong cosine_restarts: a whole cosine without a jump, down and up again
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(2 * math.pi * step / period))


# %% wrong cosine_restarts: the default lets the cycles double
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=2):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: cycles of T − 1 steps, the last step and the restart are one
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period - 1:
        step -= period - 1
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / (period - 1)))


# %% wrong cosine_restarts: the growth itself grows, so that the third cycle is too long
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    factor = growth
    while step >= period:
        step -= period
        period *= factor
        factor *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: the first rate is divided by growth at every restart too
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
        lr /= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: no restart at all, the cosine goes on
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * step / period))


# %% wrong cosine_restarts: one step further into the cycle, counted from 1
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    while step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * (step + 1) / period))


# %% wrong cosine_restarts: restarts only once, with an if in the place of the loop
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if step >= period:
        step -= period
        period *= growth
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * min(step, period) / period))


# %% corner cosine_restarts: the geometric sum divides by growth − 1, which is 0 where growth is left out
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    n = 0
    while period * (growth ** (n + 1) - 1) // (growth - 1) <= step:
        n += 1
    t = step - period * (growth**n - 1) // (growth - 1)
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / (period * growth**n)))


# %% corner cosine_restarts: the number of the cycle by a logarithm whose rounding misses some restarts, such as period 2, growth 10, step 222
import math


def cosine_restarts(step, *, lr, lr_end, period, growth=1):
    if growth == 1:
        t, length = step % period, period
    else:
        n = int(math.log(step / period * (growth - 1) + 1, growth))
        t = step - period * (growth**n - 1) // (growth - 1)
        length = period * growth**n
    return lr_end + 0.5 * (lr - lr_end) * (1 + math.cos(math.pi * t / length))
