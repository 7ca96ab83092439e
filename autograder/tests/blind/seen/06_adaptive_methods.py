# %% right delta_bar_delta_step: two nested torch.where, the notebook's formula line by line
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    product = bar * grad
    rate = torch.where(product > 0, rate + kappa, torch.where(product < 0, (1 - phi) * rate, rate))
    theta = theta - rate * grad
    bar = (1 - beta) * grad + beta * bar
    return theta, {"rate": rate, "bar": bar}

# %% right delta_bar_delta_step: boolean masks on a copy of the rates

def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    agree = state["bar"] * grad
    new_rate = state["rate"].clone()
    new_rate[agree > 0] += kappa
    new_rate[agree < 0] *= 1 - phi
    new_bar = (1 - beta) * grad + beta * state["bar"]
    new_theta = theta - new_rate * grad
    return new_theta, {"rate": new_rate, "bar": new_bar}

# %% right delta_bar_delta_step: a loop over the flattened weights with Python floats
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rates, bars, points = [], [], []
    for w, g, eta, bar in zip(theta.flatten().tolist(), grad.flatten().tolist(),
                              state["rate"].flatten().tolist(), state["bar"].flatten().tolist()):
        if bar * g > 0:
            eta = eta + kappa
        elif bar * g < 0:
            eta = (1 - phi) * eta
        rates.append(eta)
        points.append(w - eta * g)
        bars.append((1 - beta) * g + beta * bar)

    def back(values):
        return torch.tensor(values, dtype=theta.dtype).reshape(theta.shape)

    return back(points), {"rate": back(rates), "bar": back(bars)}

# %% right delta_bar_delta_step: arithmetic with the conditions as numbers, no where

def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    same = (state["bar"] * grad > 0).to(theta.dtype)
    changed = (state["bar"] * grad < 0).to(theta.dtype)
    rate = state["rate"] + kappa * same - phi * changed * state["rate"]
    return theta - rate * grad, {"rate": rate, "bar": beta * state["bar"] + (1 - beta) * grad}

# %% right delta_bar_delta_step: numpy's select, turned back into tensors
import torch

import numpy as np


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    eta, bar, g = state["rate"].numpy(), state["bar"].numpy(), grad.numpy()
    eta = np.select([bar * g > 0, bar * g < 0], [eta + kappa, eta * (1 - phi)], default=eta)
    rate = torch.as_tensor(eta, dtype=theta.dtype)
    average = torch.as_tensor((1 - beta) * g + beta * bar, dtype=theta.dtype)
    return theta - rate * grad, {"rate": rate, "bar": average}

# %% right delta_bar_delta_step: compares the two signs and moves the average with lerp
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    vote = torch.sign(state["bar"]) * torch.sign(grad)
    new = dict(state)
    new["rate"] = torch.where(vote == 1, state["rate"] + kappa, state["rate"])
    new["rate"] = torch.where(vote == -1, new["rate"] - phi * new["rate"], new["rate"])
    new["bar"] = torch.lerp(grad, state["bar"], beta)
    return theta - new["rate"] * grad, new

# %% wrong delta_bar_delta_step: the condition compares the gradient with the new average, not with the one before
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    bar = (1 - beta) * grad + beta * state["bar"]
    product = bar * grad
    rate = state["rate"]
    rate = torch.where(product > 0, rate + kappa, torch.where(product < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": bar}

# %% wrong delta_bar_delta_step: theta is moved with the old rate, the new rate is only stored
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    theta = theta - rate * grad
    rate = torch.where(bar * grad > 0, rate + kappa, torch.where(bar * grad < 0, (1 - phi) * rate, rate))
    return theta, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}

# %% wrong delta_bar_delta_step: after a change of sign the rate is multiplied by phi instead of 1 - phi

def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"].clone()
    p = state["bar"] * grad
    rate[p > 0] = rate[p > 0] + kappa
    rate[p < 0] = rate[p < 0] * phi
    theta = theta - rate * grad
    return theta, {"rate": rate, "bar": (1 - beta) * grad + beta * state["bar"]}

# %% wrong delta_bar_delta_step: the rate grows by the factor 1 + kappa instead of by adding kappa
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    sign = torch.sign(bar * grad)
    rate = torch.where(sign > 0, (1 + kappa) * rate, torch.where(sign < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}

# %% wrong delta_bar_delta_step: reversed, the rate grows where the sign changed, shrinks where it is kept
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    product = bar * grad
    rate = torch.where(product < 0, rate + kappa, torch.where(product > 0, (1 - phi) * rate, rate))
    new_bar = (1 - beta) * grad + beta * bar
    return theta - rate * grad, {"rate": rate, "bar": new_bar}

# %% wrong delta_bar_delta_step: beta and 1 - beta are exchanged in the average
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    rate = torch.where(bar * grad > 0, rate + kappa, torch.where(bar * grad < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": beta * grad + (1 - beta) * bar}

# %% wrong delta_bar_delta_step: stores the last gradient as "bar" instead of the average
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"]
    same = state["bar"] * grad
    rate = torch.where(same > 0, rate + kappa, torch.where(same < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": grad.clone()}

# %% wrong delta_bar_delta_step: theta is moved along the new average instead of along the gradient
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, old = state["rate"], state["bar"]
    rate = torch.where(old * grad > 0, rate + kappa, torch.where(old * grad < 0, (1 - phi) * rate, rate))
    bar = (1 - beta) * grad + beta * old
    theta = theta - rate * bar
    return theta, {"rate": rate, "bar": bar}

# %% wrong delta_bar_delta_step: changes the caller's rates in place

def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"]
    product = state["bar"] * grad
    rate[product > 0] += kappa
    rate[product < 0] *= 1 - phi
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}

# %% wrong delta_bar_delta_step: one decision for all weights, from the sum of the products

def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    product = (state["bar"] * grad).sum()
    if product > 0:
        rate = state["rate"] + kappa
    elif product < 0:
        rate = (1 - phi) * state["rate"]
    else:
        rate = state["rate"]
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * state["bar"]}

# %% wrong delta_bar_delta_step: subtracts phi from the rate instead of multiplying it by 1 - phi
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    change = torch.zeros_like(rate)
    change[bar * grad > 0] = kappa
    change[bar * grad < 0] = -phi
    rate = rate + change
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}

# %% wrong delta_bar_delta_step: only two cases, where the product is 0 (as in every first step) the rate shrinks too
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    rate = torch.where(bar * grad > 0, rate + kappa, (1 - phi) * rate)
    theta = theta - rate * grad
    return theta, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}

# %% wrong delta_bar_delta_step: returns the new rates alone as the state, the average is missing
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    rate = torch.where(bar * grad > 0, rate + kappa, torch.where(bar * grad < 0, (1 - phi) * rate, rate))
    bar = (1 - beta) * grad + beta * bar
    return theta - rate * grad, {"rate": rate}

# %% wrong delta_bar_delta_step: where the product is 0 (as in every first step) the rate grows instead of staying
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    rate = torch.where(bar * grad < 0, (1 - phi) * rate, rate + kappa)
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}

# %% right rprop_step: the form taught in the notebook, factors from ones_like, gradient set to 0 before the move
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    grad = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(grad) * step, {"step": step, "grad": grad}

# %% right rprop_step: Riedmiller and Braun 1993, takes the last move back and stores 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    old_step, old_grad = state["step"], state["grad"]
    product = old_grad * grad
    step = torch.where(product > 0, torch.clamp(up * old_step, max=step_max), old_step)
    step = torch.where(product < 0, torch.clamp(down * old_step, min=step_min), step)
    move = torch.where(product < 0, old_grad.sign() * old_step, -grad.sign() * step)
    stored = torch.where(product < 0, 0.0, grad)
    return theta + move, {"step": step, "grad": stored}

# %% right rprop_step: the lecture notes' loop, last move back, shrink, forward again in the old direction (stores 0)
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    new, step, kept = theta.clone().reshape(-1), state["step"].clone().reshape(-1), grad.clone().reshape(-1)
    old = state["grad"].reshape(-1)
    for i in range(new.numel()):
        if old[i] * kept[i] > 0:
            step[i] = min(up * step[i].item(), step_max)
            new[i] -= torch.sign(kept[i]) * step[i]
        elif old[i] * kept[i] < 0:
            new[i] += torch.sign(old[i]) * step[i]
            step[i] = max(down * step[i].item(), step_min)
            new[i] -= torch.sign(old[i]) * step[i]
            kept[i] = 0
        else:
            new[i] -= torch.sign(kept[i]) * step[i]
    return new.reshape(theta.shape), {"step": step.reshape(theta.shape), "grad": kept.reshape(theta.shape)}

# %% right rprop_step: Rprop- of Igel and Huesken 2003, moves in the new direction at once and stores the gradient
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    agreement = (state["grad"] * grad).sign()
    longer = (state["step"] * up).clamp(max=step_max)
    shorter = (state["step"] * down).clamp(min=step_min)
    step = torch.where(agreement > 0, longer, torch.where(agreement < 0, shorter, state["step"]))
    return theta - grad.sign() * step, {"step": step, "grad": grad.clone()}

# %% right rprop_step: torch.optim.Rprop with the state put in and read out
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.Rprop([weight], etas=(down, up), step_sizes=(step_min, step_max), foreach=False)
    optimizer.state[weight] = {
        "step": torch.tensor(1.0), "prev": state["grad"].clone(), "step_size": state["step"].clone(),
    }
    optimizer.step()
    after = optimizer.state[weight]
    return weight.detach(), {"step": after["step_size"], "grad": after["prev"]}

# %% right rprop_step: lists of Python floats, weight by weight, no move after a change of sign
import torch


def one_weight(w, g, step, old, up, down, step_min, step_max):
    if g * old < 0:
        return w, max(down * step, step_min), 0.0
    if g * old > 0:
        step = min(up * step, step_max)
    if g > 0:
        w -= step
    elif g < 0:
        w += step
    return w, step, g

def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    columns = (theta, grad, state["step"], state["grad"])
    rows = zip(*(c.flatten().tolist() for c in columns))
    results = [one_weight(*row, up, down, step_min, step_max) for row in rows]
    new, step, kept = (torch.tensor(c, dtype=theta.dtype).reshape(theta.shape) for c in zip(*results))
    return new, {"step": step, "grad": kept}

# %% right rprop_step: the power trick, up ** (product > 0) times down ** (product < 0)
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    same, changed = state["grad"] * grad > 0, state["grad"] * grad < 0
    step = state["step"] * up ** same.to(theta.dtype) * down ** changed.to(theta.dtype)
    step = torch.clamp(step, step_min, step_max)
    g = grad * ~changed
    return theta - step * torch.sign(g), dict(step=step, grad=g)

# %% wrong rprop_step: up and down exchanged, the step shrinks where the sign is kept and grows where it changed
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product < 0] = up
    factor[product > 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(g) * step, {"step": step, "grad": g}

# %% wrong rprop_step: moves by step times the gradient instead of step times its sign

def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = state["step"].clone()
    step[product > 0] = (step[product > 0] * up).clamp(max=step_max)
    step[product < 0] = (step[product < 0] * down).clamp(min=step_min)
    g = grad.clone()
    g[product < 0] = 0
    return theta - g * step, {"step": step, "grad": g}

# %% wrong rprop_step: no bounds, the step is kept neither below step_max nor above step_min
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = torch.where(product > 0, up * state["step"], torch.where(product < 0, down * state["step"], state["step"]))
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(g) * step, {"step": step, "grad": g}

# %% wrong rprop_step: theta is moved with the old step length, the new one is only stored
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    g = grad.clone()
    g[product < 0] = 0
    theta = theta - g.sign() * state["step"]
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = torch.clamp(state["step"] * factor, step_min, step_max)
    return theta, {"step": step, "grad": g}

# %% wrong rprop_step: does not move after a change of sign but stores the gradient itself instead of 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = torch.where(product > 0, (up * state["step"]).clamp(max=step_max), state["step"])
    step = torch.where(product < 0, (down * state["step"]).clamp(min=step_min), step)
    move = torch.where(product < 0, torch.zeros_like(theta), -grad.sign() * step)
    return theta + move, {"step": step, "grad": grad.clone()}

# %% wrong rprop_step: 1.2 and 0.5 are written into the code, the arguments up and down are ignored
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.where(product > 0, 1.2, torch.where(product < 0, 0.5, 1.0)).to(theta.dtype)
    step = (factor * state["step"]).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * step, {"step": step, "grad": g}

# %% wrong rprop_step: moves uphill, plus sign(grad) times step
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    change = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[change > 0] = up
    factor[change < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    g = torch.where(change < 0, torch.zeros_like(grad), grad)
    theta = theta + g.sign() * step
    return theta, {"step": step, "grad": g}

# %% wrong rprop_step: two cases only, where the product is 0 the step shrinks instead of keeping its length
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = torch.where(product > 0, up * state["step"], down * state["step"]).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(g) * step, {"step": step, "grad": g}

# %% wrong rprop_step: writes the zeros into the caller's gradient in place
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    grad[product < 0] = 0
    return theta - torch.sign(grad) * step, {"step": step, "grad": grad}

# %% wrong rprop_step: max where min belongs, a growing step jumps to at least step_max at once
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = state["step"]
    longer = torch.maximum(up * step, torch.full_like(step, step_max))
    shorter = torch.maximum(down * step, torch.full_like(step, step_min))
    step = torch.where(product > 0, longer, torch.where(product < 0, shorter, step))
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * step, {"step": step, "grad": g}

# %% wrong rprop_step: after a change of sign the weight stays and 0 is stored, but the step is not shortened
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    changed = state["grad"] * grad < 0
    grown = (state["step"] * up).clamp(step_min, step_max)
    step = torch.where(state["grad"] * grad > 0, grown, state["step"])
    g = grad.masked_fill(changed, 0)
    return theta - g.sign() * step, {"step": step, "grad": g}

# %% wrong rprop_step: takes the last move back after a change of sign but stores the gradient instead of 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    old_step, old_grad = state["step"], state["grad"]
    product = old_grad * grad
    step = torch.where(product > 0, torch.clamp(up * old_step, max=step_max), old_step)
    step = torch.where(product < 0, torch.clamp(down * old_step, min=step_min), step)
    move = torch.where(product < 0, old_grad.sign() * old_step, -grad.sign() * step)
    return theta + move, {"step": step, "grad": grad.clone()}

# %% wrong rprop_step: never stores the new gradient, "grad" stays what it was in the old state
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    new = dict(state)
    new["step"] = (state["step"] * factor).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(g) * new["step"], new

# %% corner rprop_step: bounded above by step_max only, the lower bound step_min is forgotten
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(max=step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - torch.sign(g) * step, {"step": step, "grad": g}

# %% right quickprop_step: shortest, clamp with tensor bounds and where for weights at rest
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last, limit = state["delta"], growth * state["delta"].abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad}

# %% right quickprop_step: safe denominator, the full allowed step along the last one where both gradients agree
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    difference = grad - state["grad"]
    flat = difference == 0
    safe = torch.where(flat, torch.ones_like(difference), difference)
    jump = torch.where(flat, growth * last, -grad * last / safe)
    limit = growth * last.abs()
    jump = torch.minimum(torch.maximum(jump, -limit), limit)
    delta = torch.where(last == 0, -lr * grad, jump)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right quickprop_step: a loop with Python floats and early decisions
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    changes = []
    for g, old, last in zip(grad.flatten().tolist(), state["grad"].flatten().tolist(),
                            state["delta"].flatten().tolist()):
        if last == 0:
            changes.append(-lr * g)
            continue
        if g == old:
            changes.append(growth * last)
            continue
        change = -g * last / (g - old)
        limit = growth * abs(last)
        changes.append(max(-limit, min(limit, change)))
    delta = torch.tensor(changes, dtype=theta.dtype).reshape(theta.shape)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right quickprop_step: the curvature first, then Newton's step
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    moving = state["delta"] != 0
    last = torch.where(moving, state["delta"], torch.ones_like(theta))
    curvature = (grad - state["grad"]) / last
    newton = -grad / curvature
    bounded = newton.clamp(-growth * last.abs(), growth * last.abs())
    delta = torch.where(moving, bounded, -lr * grad)
    delta = torch.nan_to_num(delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right quickprop_step: Fahlman's own rule, uphill steps repeat the last change growth times as long
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    difference = grad - state["grad"]
    difference = torch.where(difference == 0, torch.full_like(difference, 1e-30), difference)
    delta = -grad * last / difference
    uphill = delta * grad > 0
    limit = growth * last.abs()
    delta = delta.clamp(-limit, limit)
    delta = torch.where(uphill, growth * last, delta)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right quickprop_step: as a factor of the last change, bounded by plus and minus growth
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    factor = (grad / (state["grad"] - grad)).clamp(min=-growth, max=growth)
    factor = torch.nan_to_num(factor, nan=0.0)
    rest = state["delta"] == 0
    delta = factor * state["delta"]
    delta[rest] = -lr * grad[rest]
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right quickprop_step: numpy with np.clip and np.where
import numpy as np
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    g, old, last = grad.numpy(), state["grad"].numpy(), state["delta"].numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = np.clip(-g * last / (g - old), -growth * np.abs(last), growth * np.abs(last))
    jump = np.where(np.isnan(jump), 0.0, jump)
    delta = torch.as_tensor(np.where(last == 0, -lr * g, jump), dtype=theta.dtype)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: the minus sign of the parabola step is missing, it walks away from the minimum
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad}

# %% wrong quickprop_step: no limit, the argument growth is ignored
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    difference = grad - state["grad"]
    difference = torch.where(difference == 0, torch.full_like(difference, 1e-12), difference)
    delta = torch.where(last == 0, -lr * grad, -grad * last / difference)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: limits the change to growth itself instead of growth times the last change's size
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = -grad * last / (grad - state["grad"])
    delta = delta.clamp(-growth, growth)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: bounds are growth * last without abs, crossed where the last change was negative
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = -grad * last / (grad - state["grad"])
    delta = torch.clamp(delta, -growth * last, growth * last)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: weights at rest are forgotten, with a last change of 0 they never start
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    difference = grad - state["grad"]
    difference = torch.where(difference == 0, torch.ones_like(difference), difference)
    delta = (-grad * last / difference).clamp(-limit, limit)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: stores the change before the limit is applied as "delta"
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = -grad * last / (grad - state["grad"])
    delta = torch.where(last == 0, -lr * grad, delta)
    bounded = torch.where(last == 0, delta, torch.clamp(delta, -limit, limit))
    return theta + bounded, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: the stored gradient is not replaced by the new one
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last, old = state["delta"], state["grad"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - old), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": old}

# %% wrong quickprop_step: adds -lr * grad to the parabola step of every weight, not only of weights at rest
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    difference = grad - state["grad"]
    difference = torch.where(difference == 0, torch.full_like(difference, 1e-12), difference)
    delta = (-grad * last / difference).clamp(-limit, limit) - lr * grad
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: the old gradient stands in the numerator instead of the new one
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last, old = state["delta"], state["grad"]
    limit = growth * last.abs()
    delta = torch.clamp(-old * last / (grad - old), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: limits only upwards, long changes in the negative direction are not cut
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = -grad * last / (grad - state["grad"])
    delta = torch.minimum(delta, growth * last.abs())
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: the limit is taken from the norms of the whole vectors instead of weight by weight
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    difference = grad - state["grad"]
    difference = torch.where(difference == 0, torch.full_like(difference, 1e-12), difference)
    delta = torch.where(last == 0, -lr * grad, -grad * last / difference)
    longest = growth * last.norm()
    if longest > 0 and delta.norm() > longest:
        delta = delta * longest / delta.norm()
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: the parabola step is multiplied by lr as well
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    jump = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = lr * torch.where(last == 0, -grad, jump)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% wrong quickprop_step: theta minus the change instead of plus, while the change already has its sign
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    theta = theta - delta
    return theta, {"delta": delta, "grad": grad.clone()}

# %% corner quickprop_step: starts with -lr * grad only if all weights are at rest, a single one at rest stays
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    if not last.any():
        delta = -lr * grad
    else:
        limit = growth * last.abs()
        difference = grad - state["grad"]
        difference = torch.where(difference == 0, torch.full_like(difference, 1e-12), difference)
        delta = torch.clamp(-grad * last / difference, -limit, limit)
    return theta + delta, {"delta": delta, "grad": grad.clone()}

# %% right adagrad_step: the two formulas as they stand
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    theta = theta - lr / (torch.sqrt(r) + eps) * grad
    return theta, {"sum_squares": r}

# %% right adagrad_step: eps inside the root, as the notebook accepts

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad**2
    return theta - lr * grad / (r + eps).sqrt(), {"sum_squares": r}

# %% right adagrad_step: addcmul and addcdiv
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    total = torch.addcmul(state["sum_squares"], grad, grad)
    denominator = total.sqrt().add_(eps)
    return torch.addcdiv(theta, grad, denominator, value=-lr), {"sum_squares": total}

# %% right adagrad_step: a loop over the entries with math.sqrt
import math


def adagrad_step(theta, grad, state, *, lr, eps):
    new_theta, new_sum = theta.clone().contiguous(), state["sum_squares"].clone().contiguous()
    flat_theta, flat_sum, flat_grad = new_theta.view(-1), new_sum.view(-1), grad.reshape(-1)
    for i in range(flat_grad.numel()):
        g = flat_grad[i].item()
        flat_sum[i] += g * g
        flat_theta[i] -= lr * g / (math.sqrt(flat_sum[i].item()) + eps)
    return new_theta, {"sum_squares": new_sum}

# %% right adagrad_step: numpy in the middle
import numpy as np
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    g = grad.numpy()
    r = np.asarray(state["sum_squares"].numpy() + np.square(g))
    new = np.asarray(theta.numpy() - lr * g / (np.sqrt(r) + eps))
    return torch.tensor(new, dtype=theta.dtype), {"sum_squares": torch.tensor(r, dtype=theta.dtype)}

# %% right adagrad_step: copies the state, works on the copy, effective rate as a helper

def effective_rate(sum_squares, lr, eps):
    return lr / (sum_squares.pow(0.5) + eps)

def adagrad_step(theta, grad, state, *, lr, eps):
    new_state = {key: value.clone() for key, value in state.items()}
    new_state["sum_squares"] += grad.square()
    rate = effective_rate(new_state["sum_squares"], lr, eps)
    return theta - rate * grad, new_state

# %% right adagrad_step: torch.optim.Adagrad with its sum set by hand
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.Adagrad([weight], lr=lr, eps=eps, foreach=False)
    optimizer.state[weight]["sum"] = state["sum_squares"].clone()
    optimizer.step()
    return weight.detach(), {"sum_squares": optimizer.state[weight]["sum"]}

# %% wrong adagrad_step: divides by the sum of squares, the root is missing

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    theta = theta - lr / (r + eps) * grad
    return theta, {"sum_squares": r}

# %% wrong adagrad_step: divides by the root of the old sum, the new square is added afterwards
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"]
    theta = theta - lr / (torch.sqrt(r) + eps) * grad
    r = r + grad * grad
    return theta, {"sum_squares": r}

# %% wrong adagrad_step: returns the old state, the sum of squares never grows

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad.square()
    return theta - lr * grad / (r.sqrt() + eps), state

# %% wrong adagrad_step: an average of squares with weight 0.9 (RMSProp) instead of the sum

def adagrad_step(theta, grad, state, *, lr, eps):
    r = 0.9 * state["sum_squares"] + 0.1 * grad**2
    return theta - lr * grad / (r.sqrt() + eps), {"sum_squares": r}

# %% wrong adagrad_step: adds up absolute values and divides by their sum, no squares

def adagrad_step(theta, grad, state, *, lr, eps):
    total = state["sum_squares"] + grad.abs()
    return theta - lr * grad / (total + eps), {"sum_squares": total}

# %% wrong adagrad_step: one rate for all weights, adds the squared norm of the whole gradient

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + (grad**2).sum()
    return theta - lr / (r.sqrt() + eps) * grad, {"sum_squares": r}

# %% wrong adagrad_step: adds to the caller's sum_squares in place

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"]
    r += grad * grad
    theta = theta - lr * grad / (r.sqrt() + eps)
    return theta, {"sum_squares": r}

# %% wrong adagrad_step: moves theta in place, the caller's tensor changes

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    theta -= lr * grad / (r.sqrt() + eps)
    return theta, {"sum_squares": r}

# %% wrong adagrad_step: moves uphill, plus instead of minus

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad.pow(2)
    step = lr / (r.sqrt() + eps) * grad
    return theta + step, {"sum_squares": r}

# %% wrong adagrad_step: returns the new point alone, no state

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad.pow(2)
    theta = theta - lr / (r.sqrt() + eps) * grad
    state = {"sum_squares": r}
    return theta

# %% wrong adagrad_step: stores the root of the sum as sum_squares
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    root = torch.sqrt(state["sum_squares"] + grad * grad)
    return theta - lr * grad / (root + eps), {"sum_squares": root}

# %% wrong adagrad_step: missing brackets, eps is added to the quotient lr / sqrt(r) instead of to the root
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    theta = theta - (lr / torch.sqrt(r) + eps) * grad
    return theta, {"sum_squares": r}

# %% wrong adagrad_step: eps is fixed at 1e-8, the argument is ignored
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    return theta - lr * grad / (torch.sqrt(r) + 1e-8), {"sum_squares": r}

# %% wrong adagrad_step: moves by lr * sign of the gradient over the root, the size of the gradient is lost

def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad.square()
    return theta - lr * grad.sign() / (r.sqrt() + eps), {"sum_squares": r}

# %% right diagonal_gauss_newton: mean of the squares over the examples

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean(dim=0)

# %% right diagonal_gauss_newton: a loop over the examples that adds up
import torch


def diagonal_gauss_newton(per_example_grads):
    total = torch.zeros_like(per_example_grads[0])
    for g in per_example_grads:
        total = total + g * g
    return total / len(per_example_grads)

# %% right diagonal_gauss_newton: einsum with an ellipsis
import torch


def diagonal_gauss_newton(per_example_grads):
    n = per_example_grads.shape[0]
    return torch.einsum("n...,n...->...", per_example_grads, per_example_grads) / n

# %% right diagonal_gauss_newton: numpy and back
import numpy as np
import torch


def diagonal_gauss_newton(per_example_grads):
    g = per_example_grads.detach().numpy()
    return torch.as_tensor(np.mean(g**2, axis=0), dtype=per_example_grads.dtype)

# %% right diagonal_gauss_newton: squared column norms divided by n
import torch


def diagonal_gauss_newton(per_example_grads):
    norms = torch.linalg.vector_norm(per_example_grads, dim=0)
    return norms**2 / per_example_grads.shape[0]

# %% right diagonal_gauss_newton: biased variance plus squared mean

def diagonal_gauss_newton(per_example_grads):
    mean = per_example_grads.mean(dim=0)
    return (per_example_grads - mean).pow(2).mean(dim=0) + mean.pow(2)

# %% right diagonal_gauss_newton: weight by weight, a dot product of each flattened column with itself
import torch


def diagonal_gauss_newton(per_example_grads):
    n = len(per_example_grads)
    columns = per_example_grads.reshape(n, -1).T
    entries = [column @ column / n for column in columns]
    return torch.stack(entries).reshape(per_example_grads.shape[1:])

# %% wrong diagonal_gauss_newton: sums over the examples without dividing by n

def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads**2).sum(dim=0)

# %% wrong diagonal_gauss_newton: squares the mean gradient instead of averaging the squares

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.mean(dim=0) ** 2

# %% wrong diagonal_gauss_newton: divides by n - 1 where n is asked

def diagonal_gauss_newton(per_example_grads):
    n = per_example_grads.shape[0]
    return per_example_grads.pow(2).sum(dim=0) / (n - 1)

# %% wrong diagonal_gauss_newton: averages over the second axis, one number for each example

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean(dim=1)

# %% wrong diagonal_gauss_newton: averages over all axes and returns a single number

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean()

# %% wrong diagonal_gauss_newton: takes the root, returns the root mean square

def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads * per_example_grads).mean(dim=0).sqrt()

# %% wrong diagonal_gauss_newton: returns the variance, the mean gradient is subtracted first

def diagonal_gauss_newton(per_example_grads):
    centered = per_example_grads - per_example_grads.mean(dim=0, keepdim=True)
    return centered.square().mean(dim=0)

# %% wrong diagonal_gauss_newton: averages absolute values instead of squares

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.abs().mean(dim=0)

# %% wrong diagonal_gauss_newton: keeps the axis of the examples, shape (1, ...) instead of (...)

def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean(dim=0, keepdim=True)

# %% wrong diagonal_gauss_newton: returns the whole matrix of outer products instead of its diagonal

def diagonal_gauss_newton(per_example_grads):
    rows = per_example_grads.flatten(1) if per_example_grads.dim() > 1 else per_example_grads.unsqueeze(1)
    return rows.T @ rows / rows.shape[0]

# %% wrong diagonal_gauss_newton: computes in float32 and returns float32 whatever the gradients' type
import torch


def diagonal_gauss_newton(per_example_grads):
    g = per_example_grads.to(torch.float32)
    return (g * g).mean(dim=0)

# %% wrong diagonal_gauss_newton: squares the caller's gradients in place

def diagonal_gauss_newton(per_example_grads):
    per_example_grads *= per_example_grads
    return per_example_grads.mean(0)

# %% wrong diagonal_gauss_newton: divides by the number of all entries instead of the number of examples

def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads**2).sum(dim=0) / per_example_grads.numel()

# %% wrong diagonal_gauss_newton: flattens weights with several axes, the result is a vector and not of shape (...)

def diagonal_gauss_newton(per_example_grads):
    rows = per_example_grads.reshape(len(per_example_grads), -1)
    return rows.square().mean(dim=0)

# %% wrong diagonal_gauss_newton: averages over every axis but the last, right for one axis of weights only

def diagonal_gauss_newton(per_example_grads):
    g = per_example_grads
    return g.square().reshape(-1, g.shape[-1]).mean(dim=0)

# %% right rmsprop_step: the formulas as they stand
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    theta = theta - lr / (torch.sqrt(r) + eps) * grad
    return theta, {"mean_square": r}

# %% right rmsprop_step: the centred form, average of the gradient under the key "mean"
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    m = state["mean"] if "mean" in state else torch.zeros_like(theta)
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    m = rho * m + (1 - rho) * grad
    deviation = (r - m**2).clamp(min=0).sqrt()
    return theta - lr * grad / (deviation + eps), {"mean_square": r, "mean": m}

# %% right rmsprop_step: lerp and addcdiv
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = torch.lerp(state["mean_square"], grad.square(), 1 - rho)
    return theta.addcdiv(grad, r.sqrt() + eps, value=-lr), {"mean_square": r}

# %% right rmsprop_step: in-place work on a copy of the average

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    state = {"mean_square": state["mean_square"].clone()}
    state["mean_square"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
    return theta - lr * grad / state["mean_square"].sqrt().add(eps), state

# %% right rmsprop_step: a loop over lists of floats
import math
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    points, averages = [], []
    for w, g, r in zip(theta.reshape(-1), grad.reshape(-1), state["mean_square"].reshape(-1)):
        w, g, r = float(w), float(g), float(r)
        r = rho * r + (1 - rho) * g**2
        averages.append(r)
        points.append(w - lr * g / (math.sqrt(r) + eps))
    new = torch.tensor(points, dtype=theta.dtype).reshape(theta.shape)
    return new, {"mean_square": torch.tensor(averages, dtype=theta.dtype).reshape(theta.shape)}

# %% right rmsprop_step: rearranged, old average plus a share of the difference

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    old = state["mean_square"]
    new = old + (1 - rho) * (grad.pow(2) - old)
    direction = grad / (new.pow(0.5) + eps)
    return theta - lr * direction, dict(mean_square=new)

# %% right rmsprop_step: torch.optim.RMSprop with its average set by hand
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.RMSprop([weight], lr=lr, alpha=rho, eps=eps, foreach=False)
    optimizer.state[weight] = {"step": torch.tensor(0.0), "square_avg": state["mean_square"].clone()}
    optimizer.step()
    return weight.detach(), {"mean_square": optimizer.state[weight]["square_avg"]}

# %% wrong rmsprop_step: divides by the mean square itself, the root is missing

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    return theta - lr / (r + eps) * grad, {"mean_square": r}

# %% wrong rmsprop_step: divides by the root of the old average and updates it afterwards

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    old = state["mean_square"]
    theta = theta - lr / (old.sqrt() + eps) * grad
    return theta, {"mean_square": rho * old + (1 - rho) * grad.square()}

# %% wrong rmsprop_step: rho and 1 - rho are exchanged

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = (1 - rho) * state["mean_square"] + rho * grad.square()
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: averages the root of the old value with the gradient's size and squares that average

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    average = rho * state["mean_square"].sqrt() + (1 - rho) * grad.abs()
    r = average**2
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: adds up the squares as AdaGrad does, rho is ignored
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = state["mean_square"] + grad * grad
    theta = theta - lr / (torch.sqrt(r) + eps) * grad
    return theta, {"mean_square": r}

# %% wrong rmsprop_step: the factor 1 - rho in front of the square is missing

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + grad * grad
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: changes the caller's average in place with mul_ and add_

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = state["mean_square"]
    r.mul_(rho).add_((1 - rho) * grad**2)
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: rho is fixed at 0.9, the argument is ignored

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = 0.9 * state["mean_square"] + 0.1 * grad * grad
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: centred form that does not store its average of the gradient, it starts from 0 in every step
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    mean = torch.zeros_like(grad)
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    mean = rho * mean + (1 - rho) * grad
    return theta - lr * grad / ((r - mean**2).clamp(min=0).sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: averages the gradients instead of their squares and divides by the root of its absolute value

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad
    theta = theta - lr * grad / (r.abs().sqrt() + eps)
    return theta, {"mean_square": r}

# %% wrong rmsprop_step: returns the change of theta instead of the new point
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    change = -lr * grad / (torch.sqrt(r) + eps)
    return change, {"mean_square": r}

# %% wrong rmsprop_step: returns state and point in the wrong order
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    theta = theta - lr / (torch.sqrt(r) + eps) * grad
    return {"mean_square": r}, theta

# %% wrong rmsprop_step: one average for all weights, the mean of the squares over the weights is averaged

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.square().mean()
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}

# %% wrong rmsprop_step: Adam's bias correction for the first step, r is divided by 1 - rho

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.square()
    corrected = r / (1 - rho)
    return theta - lr * grad / (corrected.sqrt() + eps), {"mean_square": r}

# %% right adadelta_step: the four formulas in their order
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% right adadelta_step: helpers for the root mean square and for the average

def rms(average, eps):
    return (average + eps).sqrt()

def blend(old, new, rho):
    return rho * old + (1 - rho) * new

def adadelta_step(theta, grad, state, *, lr, rho, eps):
    squares = blend(state["mean_square"], grad.square(), rho)
    change = rms(state["mean_delta"], eps) / rms(squares, eps) * grad
    theta = theta - lr * change
    return theta, {"mean_square": squares, "mean_delta": blend(state["mean_delta"], change.square(), rho)}

# %% right adadelta_step: one root of the quotient, lerp for the averages

def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = grad.square().lerp(state["mean_square"], rho)
    ratio = ((state["mean_delta"] + eps) / (r + eps)).sqrt()
    d = (ratio * grad).square().lerp(state["mean_delta"], rho)
    return theta - lr * ratio * grad, {"mean_square": r, "mean_delta": d}

# %% right adadelta_step: a loop over the entries with math.sqrt
import math
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    out = [[], [], []]
    for w, g, r, d in zip(theta.flatten().tolist(), grad.flatten().tolist(),
                          state["mean_square"].flatten().tolist(), state["mean_delta"].flatten().tolist()):
        r = rho * r + (1 - rho) * g * g
        delta = -math.sqrt(d + eps) / math.sqrt(r + eps) * g
        d = rho * d + (1 - rho) * delta * delta
        for column, value in zip(out, (w + lr * delta, r, d)):
            column.append(value)
    new, r, d = [torch.tensor(column, dtype=theta.dtype).reshape(theta.shape) for column in out]
    return new, {"mean_square": r, "mean_delta": d}

# %% right adadelta_step: torch.optim.Adadelta with its averages set by hand
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.Adadelta([weight], lr=lr, rho=rho, eps=eps, foreach=False)
    optimizer.state[weight] = {
        "step": torch.tensor(0.0),
        "square_avg": state["mean_square"].clone(),
        "acc_delta": state["mean_delta"].clone(),
    }
    optimizer.step()
    new = optimizer.state[weight]
    return weight.detach(), {"mean_square": new["square_avg"], "mean_delta": new["acc_delta"]}

# %% right adadelta_step: numpy, with the new state written into a copied dict
import numpy as np
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    g, r, d = (x.numpy() for x in (grad, state["mean_square"], state["mean_delta"]))
    r = rho * r + (1 - rho) * g**2
    delta = -(np.sqrt(d + eps) / np.sqrt(r + eps)) * g
    d = rho * d + (1 - rho) * delta**2
    new = state.copy()
    new["mean_square"] = torch.as_tensor(r, dtype=theta.dtype)
    new["mean_delta"] = torch.as_tensor(d, dtype=theta.dtype)
    return theta + lr * torch.as_tensor(delta, dtype=theta.dtype), new

# %% wrong adadelta_step: collects lr times the change in mean_delta instead of the change without lr
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -lr * torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: eps stands outside both roots
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -(torch.sqrt(state["mean_delta"]) + eps) / (torch.sqrt(r) + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: moves theta without the factor lr
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: the fraction uses the old average of squared gradients instead of the new one
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r, d = state["mean_square"], state["mean_delta"]
    delta = -torch.sqrt(d + eps) / torch.sqrt(r + eps) * grad
    r = rho * r + (1 - rho) * grad**2
    d = rho * d + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: the sign appears twice, theta - lr * delta although delta is already negative
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    theta = theta - lr * delta
    return theta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: averages the changes themselves (their sizes) instead of their squares
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta.abs()
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: the fraction is upside down, gradients' root over changes' root
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(r + eps) / torch.sqrt(state["mean_delta"] + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: no roots, the quotient of the averages itself multiplies the gradient

def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -(state["mean_delta"] + eps) / (r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: eps is missing in the numerator, from a state of zeros the method never moves
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"]) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: mean_delta is returned as it came in, changes are never collected
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    new = dict(state)
    new["mean_square"] = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(new["mean_delta"] + eps) / torch.sqrt(new["mean_square"] + eps) * grad
    return theta + lr * delta, new

# %% wrong adadelta_step: the two averages are returned under each other's key
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": d, "mean_delta": r}

# %% wrong adadelta_step: writes the new averages into the caller's dict
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    state["mean_square"] = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(state["mean_square"] + eps) * grad
    state["mean_delta"] = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, state

# %% wrong adadelta_step: the numerator is the new average, computed beforehand with the old average's change
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    d = state["mean_delta"]
    first = -torch.sqrt(d + eps) / torch.sqrt(r + eps) * grad
    d = rho * d + (1 - rho) * first**2
    delta = -torch.sqrt(d + eps) / torch.sqrt(r + eps) * grad
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% wrong adadelta_step: collects squares of the gradient in mean_delta instead of squares of the change

def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.pow(2)
    delta = -(state["mean_delta"] + eps).sqrt() / (r + eps).sqrt() * grad
    d = rho * state["mean_delta"] + (1 - rho) * grad.pow(2)
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}

# %% right adam_step: the formulas as they stand
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    theta = theta - lr * s_hat / (torch.sqrt(r_hat) + eps)
    return theta, {"s": s, "r": r, "t": k}

# %% right adam_step: the paper's quicker order, both corrections in the rate and eps at the uncorrected root
import math


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    rate = lr * math.sqrt(1 - rho2**k) / (1 - rho1**k)
    return theta - rate * s / (r.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% right adam_step: eps in the root of the corrected average
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    s = torch.lerp(grad, state["s"], rho1)
    r = torch.lerp(grad.square(), state["r"], rho2)
    denominator = torch.sqrt(r / (1 - rho2**t) + eps)
    return theta - lr * (s / (1 - rho1**t)) / denominator, {"s": s, "r": r, "t": t}

# %% right adam_step: in-place work on copies, as torch does it inside

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s, r, t = state["s"].clone(), state["r"].clone(), int(state["t"]) + 1
    s.mul_(rho1).add_(grad, alpha=1 - rho1)
    r.mul_(rho2).addcmul_(grad, grad, value=1 - rho2)
    denominator = (r.sqrt() / (1 - rho2**t) ** 0.5).add_(eps)
    new = theta.clone().addcdiv_(s, denominator, value=-lr / (1 - rho1**t))
    return new, dict(s=s, r=r, t=t)

# %% right adam_step: helper functions for average and correction

def average(old, new, rho):
    return rho * old + (1 - rho) * new

def corrected(value, rho, k):
    return value / (1 - rho**k)

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    new = {
        "s": average(state["s"], grad, rho1),
        "r": average(state["r"], grad.square(), rho2),
        "t": state["t"] + 1,
    }
    direction = corrected(new["s"], rho1, new["t"]) / (corrected(new["r"], rho2, new["t"]).sqrt() + eps)
    return theta - lr * direction, new

# %% right adam_step: a loop over the weights with Python floats
import math
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    thetas, ss, rs = [], [], []
    for w, g, s, r in zip(theta.flatten().tolist(), grad.flatten().tolist(),
                          state["s"].flatten().tolist(), state["r"].flatten().tolist()):
        s = rho1 * s + (1 - rho1) * g
        r = rho2 * r + (1 - rho2) * g * g
        w = w - lr * (s / (1 - rho1**k)) / (math.sqrt(r / (1 - rho2**k)) + eps)
        thetas.append(w)
        ss.append(s)
        rs.append(r)
    new, s, r = (torch.tensor(v, dtype=theta.dtype).reshape(theta.shape) for v in (thetas, ss, rs))
    return new, {"s": s, "r": r, "t": k}

# %% right adam_step: torch.optim.Adam with its state put in and read out
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.Adam([weight], lr=lr, betas=(rho1, rho2), eps=eps, foreach=False)
    optimizer.state[weight] = {
        "step": torch.tensor(float(state["t"])),
        "exp_avg": state["s"].clone(),
        "exp_avg_sq": state["r"].clone(),
    }
    optimizer.step()
    after = optimizer.state[weight]
    return weight.detach(), {"s": after["exp_avg"], "r": after["exp_avg_sq"], "t": state["t"] + 1}

# %% wrong adam_step: no bias correction at all
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    theta = theta - lr * s / (torch.sqrt(r) + eps)
    return theta, {"s": s, "r": r, "t": state["t"] + 1}

# %% wrong adam_step: only s is corrected, r is used uncorrected
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat = s / (1 - rho1**k)
    return theta - lr * s_hat / (torch.sqrt(r) + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: the root of r is missing in the denominator

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    s_hat, r_hat = s / (1 - rho1**k), r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: corrects with the number of steps already taken, k = t instead of t + 1 (divides by 0 at t = 0)
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = torch.tensor(float(state["t"]))
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    s_hat = s / (1 - rho1**t)
    r_hat = r / (1 - rho2**t)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": state["t"] + 1}

# %% wrong adam_step: the state keeps the corrected averages instead of the uncorrected ones

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s = s / (1 - rho1**k)
    r = r / (1 - rho2**k)
    return theta - lr * s / (r.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: t is returned without being increased

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"]
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat = s / (1 - rho1 ** (t + 1))
    r_hat = r / (1 - rho2 ** (t + 1))
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": t}

# %% wrong adam_step: rho1 and rho2 are exchanged, in the averages and in the corrections
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho2 * state["s"] + (1 - rho2) * grad
    r = rho1 * state["r"] + (1 - rho1) * grad.square()
    update = s / (1 - rho2**k) / (torch.sqrt(r / (1 - rho1**k)) + eps)
    return theta - lr * update, {"s": s, "r": r, "t": k}

# %% wrong adam_step: both corrections use rho1

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    correction = 1 - rho1**k
    theta = theta - lr * (s / correction) / ((r / correction).sqrt() + eps)
    return theta, {"s": s, "r": r, "t": k}

# %% wrong adam_step: quicker order with the factor upside down, lr * (1 - rho1^k) / sqrt(1 - rho2^k)
import math


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    rate = lr * (1 - rho1**k) / math.sqrt(1 - rho2**k)
    return theta - rate * s / (r.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: the gradient stands in the numerator instead of the corrected average (RMSProp with correction)

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    return theta - lr * grad / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: s collects gradients without the factor 1 - rho1

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**k), r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: rho times k instead of rho to the power k in both corrections

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1 * k), r / (1 - rho2 * k)
    return theta - lr * s_hat / (r_hat.abs().sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong adam_step: increases t in the caller's dict

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    state["t"] += 1
    k = state["t"]
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    theta = theta - lr * s / (1 - rho1**k) / ((r / (1 - rho2**k)).sqrt() + eps)
    return theta, {"s": s, "r": r, "t": k}

# %% wrong adam_step: a global counter gives k instead of the state's t

steps_taken = 0

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    global steps_taken
    steps_taken += 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**steps_taken), r / (1 - rho2**steps_taken)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": steps_taken}

# %% wrong adam_step: r averages the squares of s instead of the squares of the gradient

def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * s * s
    return theta - lr * s / (1 - rho1**k) / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% right adamax_step: the formulas as they stand
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    theta = theta - lr / (1 - rho1**k) * s / (u + eps)
    return theta, {"s": s, "u": u, "t": k}

# %% right adamax_step: torch's form, eps inside the maximum
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs() + eps)
    return theta - lr / (1 - rho1**k) * s / u, {"s": s, "u": u, "t": k}

# %% right adamax_step: torch.where as maximum, the corrected average by itself
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    s = state["s"] + (1 - rho1) * (grad - state["s"])
    faded, size = rho2 * state["u"], abs(grad)
    u = torch.where(faded > size, faded, size)
    s_hat = s / (1 - rho1**t)
    return theta - lr * s_hat / (u + eps), {"s": s, "u": u, "t": t}

# %% right adamax_step: a loop with Python's max
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    rate = lr / (1 - rho1**k)
    new_theta, new_s, new_u = [], [], []
    for i in range(theta.numel()):
        g = grad.flatten()[i].item()
        s = rho1 * state["s"].flatten()[i].item() + (1 - rho1) * g
        u = max(rho2 * state["u"].flatten()[i].item(), abs(g))
        new_s.append(s)
        new_u.append(u)
        new_theta.append(theta.flatten()[i].item() - rate * s / (u + eps))
    new, s, u = (torch.tensor(x, dtype=theta.dtype).view(theta.shape) for x in (new_theta, new_s, new_u))
    return new, {"s": s, "u": u, "t": k}

# %% right adamax_step: stacks the two candidates and takes amax
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    new = dict(state)
    new["t"] = state["t"] + 1
    new["s"] = state["s"].lerp(grad, 1 - rho1)
    new["u"] = torch.stack([rho2 * state["u"], grad.abs()]).amax(dim=0)
    return theta.addcdiv(new["s"], new["u"] + eps, value=-lr / (1 - rho1 ** new["t"])), new

# %% right adamax_step: numpy's maximum
import numpy as np
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    u = torch.as_tensor(np.maximum(rho2 * state["u"].numpy(), np.abs(grad.numpy())), dtype=theta.dtype)
    s = torch.as_tensor(rho1 * state["s"].numpy() + (1 - rho1) * grad.numpy(), dtype=theta.dtype)
    return theta - (lr * s) / ((1 - rho1**k) * (u + eps)), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: torch.max of the whole tensor, one maximum for all weights
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    largest = torch.max(torch.max(rho2 * state["u"]), torch.max(grad.abs()))
    u = torch.full_like(theta, largest.item())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: u is divided by 1 - rho2^k, a correction that a maximum does not need
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    s_hat, u_hat = s / (1 - rho1**k), u / (1 - rho2**k)
    return theta - lr * s_hat / (u_hat + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: s is not corrected for its start from 0
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr * s / (u + eps), {"s": s, "u": u, "t": state["t"] + 1}

# %% wrong adamax_step: the absolute value is missing, the maximum is taken with the signed gradient
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad)
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the old maximum does not fade, rho2 is ignored
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the gradient's size is multiplied by 1 - rho2 as in an average
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], (1 - rho2) * grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the smaller of the two is kept instead of the larger
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.minimum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: takes the root of u in the denominator as Adam does with r
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u.sqrt() + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: u compares with the squared gradient instead of its size
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.square())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the correction of s uses rho2 instead of rho1
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho2**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: stores the corrected average as s
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = (rho1 * state["s"] + (1 - rho1) * grad) / (1 - rho1**k)
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the old s moves theta, the new one is only stored
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    u = torch.maximum(rho2 * state["u"], grad.abs())
    theta = theta - lr / (1 - rho1**k) * state["s"] / (u + eps)
    s = rho1 * state["s"] + (1 - rho1) * grad
    return theta, {"s": s, "u": u, "t": k}

# %% wrong adamax_step: the maximum is written into the caller's u
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = state["u"]
    u *= rho2
    torch.maximum(u, grad.abs(), out=u)
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}

# %% wrong adamax_step: no eps at all as in the paper, a weight whose gradients were all 0 becomes nan
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / u, {"s": s, "u": u, "t": k}

# %% right nadam_step: the formula as it stands
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    theta = theta - lr / (torch.sqrt(r_hat) + eps) * ahead
    return theta, {"s": s, "r": r, "t": k}

# %% right nadam_step: both terms corrected with 1 - rho1^k, as many summaries do

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    ahead = (rho1 * s + (1 - rho1) * grad) / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% right nadam_step: torch's schedule of rho1 with the product of the scheduled values, computed from t
import math


def scheduled(rho1, k):
    return rho1 * (1 - 0.5 * 0.96 ** (k / 250))

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    now, after = scheduled(rho1, k), scheduled(rho1, k + 1)
    product = math.prod(scheduled(rho1, i) for i in range(1, k + 1))
    ahead = after * s / (1 - product * after) + (1 - now) * grad / (1 - product)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% right nadam_step: torch.optim.NAdam with its state put in and read out
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    weight = theta.detach().clone().requires_grad_()
    weight.grad = grad.detach().clone()
    optimizer = torch.optim.NAdam([weight], lr=lr, betas=(rho1, rho2), eps=eps, foreach=False)
    product = torch.tensor(1.0, dtype=torch.float64)
    for i in range(1, state["t"] + 1):
        product = product * rho1 * (1 - 0.5 * 0.96 ** (i * 0.004))
    optimizer.state[weight] = {
        "step": torch.tensor(float(state["t"])),
        "mu_product": product,
        "exp_avg": state["s"].clone(),
        "exp_avg_sq": state["r"].clone(),
    }
    optimizer.step()
    after = optimizer.state[weight]
    return weight.detach(), {"s": after["exp_avg"], "r": after["exp_avg_sq"], "t": state["t"] + 1}

# %% right nadam_step: Adam's averages in a helper, numerator in two named parts
import torch


def adam_averages(grad, state, rho1, rho2):
    s = torch.lerp(state["s"], grad, 1 - rho1)
    r = torch.lerp(state["r"], grad * grad, 1 - rho2)
    return s, r, state["t"] + 1

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s, r, k = adam_averages(grad, state, rho1, rho2)
    from_past = s * (rho1 / (1 - rho1 ** (k + 1)))
    from_now = grad * ((1 - rho1) / (1 - rho1**k))
    root = torch.sqrt(r / (1 - rho2**k))
    return theta - lr * (from_past + from_now) / (root + eps), {"s": s, "r": r, "t": k}

# %% right nadam_step: two moves one after the other, in-place on a copy

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"]
    s = state["s"] * rho1 + grad * (1 - rho1)
    r = state["r"] * rho2 + grad.pow(2) * (1 - rho2)
    denominator = (r / (1 - rho2 ** (t + 1))).sqrt() + eps
    new = theta.clone()
    new.addcdiv_(grad, denominator, value=-lr * (1 - rho1) / (1 - rho1 ** (t + 1)))
    new.addcdiv_(s, denominator, value=-lr * rho1 / (1 - rho1 ** (t + 2)))
    return new, {"s": s, "r": r, "t": t + 1}

# %% right nadam_step: a loop over the weights with Python floats
import math
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    rows = []
    for w, g, s, r in zip(*(x.flatten().tolist() for x in (theta, grad, state["s"], state["r"]))):
        s = rho1 * s + (1 - rho1) * g
        r = rho2 * r + (1 - rho2) * g**2
        top = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * g / (1 - rho1**k)
        rows.append([w - lr * top / (math.sqrt(r / (1 - rho2**k)) + eps), s, r])
    new, s, r = torch.tensor(rows, dtype=theta.dtype).T
    return new.reshape(theta.shape), {"s": s.reshape(theta.shape), "r": r.reshape(theta.shape), "t": k}

# %% wrong nadam_step: the look-ahead uses the old s instead of the new one

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = rho1 * state["s"] / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: plain Adam, no look-ahead

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat, r_hat = s / (1 - rho1**k), r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: the powers are exchanged, k for the look-ahead and k + 1 for the gradient

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = rho1 * s / (1 - rho1**k) + (1 - rho1) * grad / (1 - rho1 ** (k + 1))
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: the gradient's term lacks its factor 1 - rho1

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + grad / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: the factor rho1 in front of s is missing in the look-ahead

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: r is not corrected, the denominator is sqrt(r) + eps

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / (r.sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: neither term of the numerator is corrected

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    ahead = rho1 * s + (1 - rho1) * grad
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: divides by the corrected mean square, the root is missing

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr / (r_hat + eps) * ahead, {"s": s, "r": r, "t": k}

# %% wrong nadam_step: the state keeps the look-ahead numerator as s instead of the average

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    s = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * s / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: all powers are one too high, k is taken as t + 2

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    k = t + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": t}

# %% wrong nadam_step: torch's schedule, corrected with single scheduled values instead of their product

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    mu = rho1 * (1 - 0.5 * 0.96 ** (k / 250))
    mu_next = rho1 * (1 - 0.5 * 0.96 ** ((k + 1) / 250))
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    ahead = mu_next * s / (1 - mu_next) + (1 - mu) * grad / (1 - mu)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: the second term holds s instead of the gradient

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * s / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}

# %% wrong nadam_step: s and r are returned without t

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state.get("t", 0) + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    theta = theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps)
    return theta, {"s": s, "r": r}

# %% wrong nadam_step: changes the caller's s and r in place

def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s, r = state["s"], state["r"]
    s.mul_(rho1).add_((1 - rho1) * grad)
    r.mul_(rho2).add_((1 - rho2) * grad**2)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / ((r / (1 - rho2**k)).sqrt() + eps), {"s": s, "r": r, "t": k}
