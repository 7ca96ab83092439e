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
