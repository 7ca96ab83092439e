# %% right delta_bar_delta_step: two nested torch.where, straight from the formula
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    agree = bar * grad
    rate = torch.where(agree > 0, rate + kappa, torch.where(agree < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}


# %% right delta_bar_delta_step: masks on a clone of the rates
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"].clone()
    product = state["bar"] * grad
    same = product > 0
    changed = product < 0
    rate[same] += kappa
    rate[changed] *= 1 - phi
    new_theta = theta - rate * grad
    new_bar = (1 - beta) * grad + beta * state["bar"]
    return new_theta, {"rate": rate, "bar": new_bar}


# %% right delta_bar_delta_step: Python loop over the flattened weights with floats
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rates = []
    for eta, g, b in zip(state["rate"].flatten().tolist(), grad.flatten().tolist(), state["bar"].flatten().tolist()):
        if b * g > 0:
            eta = eta + kappa
        elif b * g < 0:
            eta = (1 - phi) * eta
        rates.append(eta)
    rate = torch.tensor(rates, dtype=theta.dtype).reshape(theta.shape)
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% right delta_bar_delta_step: one arithmetic formula with indicator tensors, bar updated by lerp
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    grow = (state["bar"] * grad > 0).to(theta.dtype)
    shrink = (state["bar"] * grad < 0).to(theta.dtype)
    rate = state["rate"] + kappa * grow - phi * shrink * state["rate"]
    bar = torch.lerp(grad, state["bar"], beta)
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% right delta_bar_delta_step: numpy with np.select, converted back to tensors
import numpy as np
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    g = grad.detach().numpy()
    rate = state["rate"].detach().numpy()
    bar = state["bar"].detach().numpy()
    s = np.sign(bar) * np.sign(g)
    new_rate = np.select([s > 0, s < 0], [rate + kappa, rate * (1 - phi)], default=rate)
    new_rate = torch.as_tensor(new_rate, dtype=theta.dtype)
    new_bar = torch.as_tensor((1 - beta) * g + beta * bar, dtype=theta.dtype)
    return theta - new_rate * grad, {"rate": new_rate, "bar": new_bar}


# %% wrong delta_bar_delta_step: judges the sign with the new average, which already contains this gradient
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    bar = (1 - beta) * grad + beta * state["bar"]
    product = bar * grad
    rate = state["rate"]
    rate = torch.where(product > 0, rate + kappa, torch.where(product < 0, (1 - phi) * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% wrong delta_bar_delta_step: moves theta with the old rate instead of the new one
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    theta = theta - rate * grad
    product = bar * grad
    new_rate = torch.where(product > 0, rate + kappa, rate)
    new_rate = torch.where(product < 0, (1 - phi) * rate, new_rate)
    return theta, {"rate": new_rate, "bar": (1 - beta) * grad + beta * bar}


# %% wrong delta_bar_delta_step: lets rates grow by the factor 1 + kappa instead of adding kappa
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    factor = torch.ones_like(grad)
    product = state["bar"] * grad
    factor[product > 0] = 1 + kappa
    factor[product < 0] = 1 - phi
    rate = state["rate"] * factor
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * state["bar"]}


# %% wrong delta_bar_delta_step: shrinks a rate to phi times itself instead of 1 - phi times
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    test = bar * grad
    rate = torch.where(test > 0, rate + kappa, torch.where(test < 0, phi * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * bar}


# %% wrong delta_bar_delta_step: beta and 1 - beta are swapped in the average
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate, bar = state["rate"], state["bar"]
    test = bar * grad
    rate = torch.where(test > 0, rate + kappa, torch.where(test < 0, (1 - phi) * rate, rate))
    new_bar = beta * grad + (1 - beta) * bar
    return theta - rate * grad, {"rate": rate, "bar": new_bar}


# %% wrong delta_bar_delta_step: only two cases, so a product of 0 (as in the first step) shrinks the rate too
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    same_sign = state["bar"] * grad > 0
    rate = torch.where(same_sign, state["rate"] + kappa, (1 - phi) * state["rate"])
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% wrong delta_bar_delta_step: moves along the average of the gradients instead of the gradient
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"].clone()
    product = state["bar"] * grad
    rate[product > 0] += kappa
    rate[product < 0] *= 1 - phi
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * bar, {"rate": rate, "bar": bar}


# %% wrong delta_bar_delta_step: decides once for all weights, by the sign of the summed product
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"]
    agreement = (state["bar"] * grad).sum().item()
    if agreement > 0:
        rate = rate + kappa
    elif agreement < 0:
        rate = (1 - phi) * rate
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% wrong delta_bar_delta_step: changes the caller's rate tensor in place
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"]
    product = state["bar"] * grad
    rate[product > 0] += kappa
    rate[product < 0] *= 1 - phi
    bar = (1 - beta) * grad + beta * state["bar"]
    return theta - rate * grad, {"rate": rate, "bar": bar}


# %% wrong delta_bar_delta_step: stores the last gradient as bar, so that no average is kept and beta is ignored
import torch


def delta_bar_delta_step(theta, grad, state, *, kappa, phi, beta):
    rate = state["rate"]
    product = state["bar"] * grad
    rate = torch.where(product > 0, rate + kappa, torch.where(product < 0, rate - phi * rate, rate))
    return theta - rate * grad, {"rate": rate, "bar": grad.clone()}


# %% right rprop_step: the taught form as the hint says, with a tensor of factors
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    kept = grad.clone()
    kept[product < 0] = 0
    return theta - kept.sign() * step, {"step": step, "grad": kept}


# %% right rprop_step: the taught form as a loop over the weights with min and max
import math

import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    new_theta = theta.clone().flatten()
    new_step = state["step"].clone().flatten()
    new_grad = grad.clone().flatten()
    last = state["grad"].flatten()
    for i in range(new_theta.numel()):
        d = new_step[i].item()
        g = new_grad[i].item()
        old = last[i].item()
        if old * g > 0:
            d = min(up * d, step_max)
        elif old * g < 0:
            d = max(down * d, step_min)
            g = 0.0
        if g != 0:
            new_theta[i] -= math.copysign(d, g)
        new_step[i] = d
        new_grad[i] = g
    return new_theta.reshape(theta.shape), {
        "step": new_step.reshape(theta.shape),
        "grad": new_grad.reshape(theta.shape),
    }


# %% right rprop_step: Riedmiller and Braun 1993, shrinks, takes the last move back and stores 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    old_step, old_grad = state["step"], state["grad"]
    product = old_grad * grad
    longer = torch.clamp(up * old_step, max=step_max)
    shorter = torch.clamp(down * old_step, min=step_min)
    step = torch.where(product > 0, longer, torch.where(product < 0, shorter, old_step))
    last_move = -old_grad.sign() * old_step
    move = torch.where(product < 0, -last_move, -grad.sign() * step)
    stored = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta + move, {"step": step, "grad": stored}


# %% right rprop_step: the lecture notes' form, back, shrink and forward again in the old direction, stores 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    old = state["grad"].sign()
    change = old * grad.sign()
    step = state["step"].clone()
    step[change > 0] = (step[change > 0] * up).clamp(max=step_max)
    step[change < 0] = (step[change < 0] * down).clamp(min=step_min)
    back = theta + old * state["step"]
    again = back - old * step
    new_theta = torch.where(change < 0, again, theta - grad.sign() * step)
    return new_theta, {"step": step, "grad": torch.where(change < 0, torch.zeros_like(grad), grad)}


# %% right rprop_step: Rprop- of Igel and Huesken, shrinks and moves in the new direction at once, stores the gradient
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    step = state["step"]
    product = state["grad"] * grad
    step = torch.where(product > 0, (up * step).clamp(max=step_max), step)
    step = torch.where(product < 0, (down * step).clamp(min=step_min), step)
    return theta - torch.sign(grad) * step, {"step": step, "grad": grad.clone()}


# %% right rprop_step: the taught form with powers of up and down and a mask that multiplies
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    s = torch.sign(state["grad"]) * torch.sign(grad)
    grow, shrink = (s > 0).to(grad.dtype), (s < 0).to(grad.dtype)
    step = state["step"] * (1 + (up - 1) * grow + (down - 1) * shrink)
    step = torch.clamp(step, min=step_min, max=step_max)
    g = grad * (1 - shrink)
    return theta - torch.sign(g) * step, dict(step=step, grad=g)


# %% wrong rprop_step: multiplies the step length by the gradient instead of by its sign
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - step * g, {"step": step, "grad": g}


# %% wrong rprop_step: moves with the step length from before the update
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    old = state["step"]
    product = state["grad"] * grad
    step = torch.where(product > 0, (up * old).clamp(max=step_max), old)
    step = torch.where(product < 0, (down * old).clamp(min=step_min), step)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * old, {"step": step, "grad": g}


# %% wrong rprop_step: grows where the sign changed and shrinks where it stayed (up and down swapped)
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product < 0] = up
    factor[product > 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    g = grad.clone()
    g[product < 0] = 0
    return theta - g.sign() * step, {"step": step, "grad": g}


# %% wrong rprop_step: does not move after a change of sign but stores the gradient itself there, not 0
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    direction = grad.sign()
    direction[product < 0] = 0
    return theta - direction * step, {"step": step, "grad": grad.clone()}


# %% wrong rprop_step: never limits the step lengths from above, step_max is ignored
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = state["step"].clone()
    step[product > 0] *= up
    step[product < 0] *= down
    step = torch.clamp(step, min=step_min)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * step, {"step": step, "grad": g}


# %% wrong rprop_step: a product of 0 (as in the first step) counts as a change of sign: shrinks and does not move
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    same = state["grad"] * grad > 0
    step = torch.where(same, state["step"] * up, state["step"] * down).clamp(step_min, step_max)
    g = torch.where(same, grad, torch.zeros_like(grad))
    return theta - torch.sign(g) * step, {"step": step, "grad": g}


# %% wrong rprop_step: uses the constants 1.2 and 0.5 and ignores the arguments up and down
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = 1.2
    factor[product < 0] = 0.5
    step = (factor * state["step"]).clamp(step_min, step_max)
    g = grad.clone()
    g[product < 0] = 0
    return theta - g.sign() * step, {"step": step, "grad": g}


# %% wrong rprop_step: goes uphill, adds sign(g) times the step instead of subtracting it
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = state["step"].clone()
    step[product > 0] = torch.clamp(step[product > 0] * up, max=step_max)
    step[product < 0] = torch.clamp(step[product < 0] * down, min=step_min)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta + g.sign() * step, {"step": step, "grad": g}


# %% wrong rprop_step: hands the old stored gradient on, so "grad" in the state never changes
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * step, {**state, "step": step}


# %% wrong rprop_step: sets the caller's gradient to 0 in place where the sign changed
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    factor = torch.ones_like(grad)
    factor[product > 0] = up
    factor[product < 0] = down
    step = (state["step"] * factor).clamp(step_min, step_max)
    grad[product < 0] = 0
    return theta - grad.sign() * step, {"step": step, "grad": grad}


# %% corner rprop_step: ignores step_min, so that a step length can shrink below it
import torch


def rprop_step(theta, grad, state, *, up=1.2, down=0.5, step_min=1e-6, step_max=50.0):
    product = state["grad"] * grad
    step = state["step"]
    step = torch.where(product > 0, torch.clamp(up * step, max=step_max), step)
    step = torch.where(product < 0, down * step, step)
    g = torch.where(product < 0, torch.zeros_like(grad), grad)
    return theta - g.sign() * step, {"step": step, "grad": g}


# %% right quickprop_step: clamp with tensors as bounds, torch.where for weights at rest
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% right quickprop_step: as a factor of the last change, kept finite where both gradients are the same
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    difference = state["grad"] - grad
    flat = difference == 0
    ratio = grad / torch.where(flat, torch.ones_like(grad), difference)
    ratio = torch.where(flat, torch.full_like(grad, growth), ratio)
    ratio = ratio.clamp(-growth, growth)
    delta = ratio * state["delta"]
    resting = state["delta"] == 0
    delta[resting] = -lr * grad[resting]
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% right quickprop_step: loop with floats, early continue for weights at rest
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    changes = []
    for g, old, last in zip(grad.flatten().tolist(), state["grad"].flatten().tolist(),
                            state["delta"].flatten().tolist()):
        if last == 0:
            changes.append(-lr * g)
            continue
        limit = growth * abs(last)
        if g == old:
            changes.append(growth * last)
            continue
        change = -g * last / (g - old)
        changes.append(max(-limit, min(limit, change)))
    delta = torch.tensor(changes, dtype=theta.dtype).reshape(theta.shape)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% right quickprop_step: Newton's step with the curvature of the parabola, limited by minimum and maximum
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    moving = last != 0
    curvature = (grad - state["grad"]) / torch.where(moving, last, torch.ones_like(last))
    newton = -grad / curvature
    longest = growth * last.abs()
    newton = torch.minimum(torch.maximum(newton, -longest), longest)
    delta = torch.where(moving, newton, -lr * grad)
    return theta + delta, {"delta": delta, "grad": grad}


# %% right quickprop_step: Fahlman's rule, a step that would lead uphill repeats the last change growth times as long
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    raw = -grad * last / (grad - state["grad"])
    limit = growth * last.abs()
    delta = raw.clamp(min=-limit, max=limit)
    uphill = raw * grad > 0
    delta = torch.where(uphill, growth * last, delta)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% right quickprop_step: numpy, limits the size and gives the sign back
import numpy as np
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    g, old, last = (x.detach().numpy() for x in (grad, state["grad"], state["delta"]))
    with np.errstate(divide="ignore", invalid="ignore"):
        wish = -g * last / (g - old)
    size = np.minimum(np.abs(wish), growth * np.abs(last))
    delta = np.where(last == 0, -lr * g, np.sign(wish) * size)
    delta = torch.as_tensor(delta, dtype=theta.dtype)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: the minus sign of the parabola's step is missing
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: the change is not limited at all, growth is ignored
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = -grad * last / (grad - state["grad"])
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: limits the change to growth itself instead of growth times the last change
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = (-grad * last / (grad - state["grad"])).clamp(-growth, growth)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: weights at rest get no first change, they stay where they are for ever
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = -grad * last / (grad - state["grad"])
    delta = torch.minimum(torch.maximum(delta, -limit), limit)
    delta = torch.nan_to_num(delta, nan=0.0)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: bounds are -growth * last and growth * last without abs, wrong where last is negative
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    wanted = -grad * last / (grad - state["grad"])
    delta = torch.clamp(wanted, min=-growth * last, max=growth * last)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: the last gradient stands in the numerator instead of the new one
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last, old = state["delta"], state["grad"]
    limit = growth * last.abs()
    delta = torch.clamp(-old * last / (grad - old), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: stores the new point instead of the change under "delta"
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    new = theta + torch.where(last == 0, -lr * grad, delta)
    return new, {"delta": new, "grad": grad.clone()}


# %% wrong quickprop_step: the state keeps the old gradient, "grad" is never updated
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": state["grad"]}


# %% wrong quickprop_step: limits the change from above only, large negative changes pass
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    delta = -grad * last / (grad - state["grad"])
    delta = torch.minimum(delta, growth * last.abs())
    delta = torch.where(last == 0, -lr * grad, delta)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% wrong quickprop_step: adds the new change to theta in place, so the caller's theta changes
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    limit = growth * last.abs()
    delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    delta = torch.where(last == 0, -lr * grad, delta)
    theta += delta
    return theta, {"delta": delta, "grad": grad.clone()}


# %% corner quickprop_step: uses -lr * g only if all weights are at rest, a single resting weight among others stays
import torch


def quickprop_step(theta, grad, state, *, lr, growth=1.75):
    last = state["delta"]
    if (last == 0).all():
        delta = -lr * grad
    else:
        limit = growth * last.abs()
        delta = torch.clamp(-grad * last / (grad - state["grad"]), -limit, limit)
    return theta + delta, {"delta": delta, "grad": grad.clone()}


# %% right adagrad_step: the formula in two lines
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    return theta - lr / (r.sqrt() + eps) * grad, {"sum_squares": r}


# %% right adagrad_step: eps inside the root
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    total = state["sum_squares"] + grad.square()
    return theta - lr * grad / torch.sqrt(total + eps), {"sum_squares": total}


# %% right adagrad_step: loop over the flattened weights with math.sqrt
import math

import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    points, sums = [], []
    for w, g, r in zip(theta.flatten().tolist(), grad.flatten().tolist(), state["sum_squares"].flatten().tolist()):
        r += g**2
        sums.append(r)
        points.append(w - lr * g / (math.sqrt(r) + eps))
    new = torch.tensor(points, dtype=theta.dtype).reshape(theta.shape)
    return new, {"sum_squares": torch.tensor(sums, dtype=theta.dtype).reshape(theta.shape)}


# %% right adagrad_step: addcmul and addcdiv on copies
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"].clone()
    r.addcmul_(grad, grad)
    new = theta.clone()
    new.addcdiv_(grad, r.sqrt().add_(eps), value=-lr)
    return new, {"sum_squares": r}


# %% right adagrad_step: a copied dict and the effective rate as a helper
import torch


def effective_rate(r, lr, eps):
    return lr / (r**0.5 + eps)


def adagrad_step(theta, grad, state, *, lr, eps):
    state = dict(state)
    state["sum_squares"] = state["sum_squares"] + grad**2
    return theta - effective_rate(state["sum_squares"], lr, eps) * grad, state


# %% wrong adagrad_step: divides by the root of the old sum, the new square is added afterwards
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"]
    theta = theta - lr * grad / (torch.sqrt(r) + eps)
    return theta, {"sum_squares": r + grad**2}


# %% wrong adagrad_step: divides by the sum of squares, the root is missing
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    return theta - lr * grad / (r + eps), {"sum_squares": r}


# %% wrong adagrad_step: adds the squared norm of the whole gradient, so that all weights share one sum
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + (grad * grad).sum()
    return theta - lr * grad / (r.sqrt() + eps), {"sum_squares": r}


# %% wrong adagrad_step: += changes the caller's sum_squares in place
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"]
    r += grad**2
    return theta - lr * grad / (r.sqrt() + eps), {"sum_squares": r}


# %% wrong adagrad_step: forgets the past, the new sum is the square of this gradient alone
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = grad.square()
    new_theta = theta - lr / (torch.sqrt(r) + eps) * grad
    return new_theta, {"sum_squares": r}


# %% wrong adagrad_step: parentheses missing, divides by the root alone and adds eps to the quotient
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    return theta - lr * (grad / torch.sqrt(r) + eps), {"sum_squares": r}


# %% wrong adagrad_step: stores the root of the sum in the state and adds the next square to that root
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    root = (state["sum_squares"] + grad**2).sqrt()
    return theta - lr * grad / (root + eps), {"sum_squares": root}


# %% wrong adagrad_step: returns the state first and the point second
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad * grad
    theta = theta - lr * grad / (r.sqrt() + eps)
    return {"sum_squares": r}, theta


# %% wrong adagrad_step: adds absolute values instead of squares
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    r = state["sum_squares"] + grad.abs()
    return theta - lr * grad / (r.sqrt() + eps), {"sum_squares": r}


# %% wrong adagrad_step: fills float32 tensors in the loop, so that point and state come back in single precision
import torch


def adagrad_step(theta, grad, state, *, lr, eps):
    new = torch.zeros(theta.shape)
    sums = torch.zeros(theta.shape)
    for i in range(theta.numel()):
        sums.view(-1)[i] = state["sum_squares"].flatten()[i] + grad.flatten()[i] ** 2
        new.view(-1)[i] = theta.flatten()[i] - lr * grad.flatten()[i] / (sums.view(-1)[i].sqrt() + eps)
    return new, {"sum_squares": sums}


# %% right diagonal_gauss_newton: mean of squares over the examples
import torch


def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean(dim=0)


# %% right diagonal_gauss_newton: loop that adds the squares of each example
import torch


def diagonal_gauss_newton(per_example_grads):
    n = len(per_example_grads)
    total = torch.zeros_like(per_example_grads[0])
    for g in per_example_grads:
        total += g * g
    return total / n


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
    diagonal = np.sum(g**2, axis=0) / g.shape[0]
    return torch.as_tensor(diagonal, dtype=per_example_grads.dtype)


# %% right diagonal_gauss_newton: squared column norms of the flattened rows, reshaped at the end
import torch


def diagonal_gauss_newton(per_example_grads):
    n, *shape = per_example_grads.shape
    flat = per_example_grads.reshape(n, -1)
    return (flat.norm(dim=0) ** 2 / n).reshape(shape)


# %% wrong diagonal_gauss_newton: squares the mean gradient instead of averaging the squares
import torch


def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.mean(dim=0) ** 2


# %% wrong diagonal_gauss_newton: sums over the examples without dividing by n
import torch


def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads * per_example_grads).sum(dim=0)


# %% wrong diagonal_gauss_newton: averages over the last axis, the weights, instead of the examples
import torch


def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads**2).mean(dim=-1)


# %% wrong diagonal_gauss_newton: takes the root of the mean square
import torch


def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.square().mean(dim=0).sqrt()


# %% wrong diagonal_gauss_newton: returns the variance, the mean gradient is subtracted first
import torch


def diagonal_gauss_newton(per_example_grads):
    centred = per_example_grads - per_example_grads.mean(dim=0)
    return centred.square().mean(dim=0)


# %% wrong diagonal_gauss_newton: divides by n - 1 where n is asked
import torch


def diagonal_gauss_newton(per_example_grads):
    n = per_example_grads.shape[0]
    return per_example_grads.square().sum(dim=0) / (n - 1)


# %% wrong diagonal_gauss_newton: returns the whole matrix of the flattened gradients, not its diagonal
import torch


def diagonal_gauss_newton(per_example_grads):
    g = per_example_grads.flatten(start_dim=1)
    return g.T @ g / g.shape[0]


# %% wrong diagonal_gauss_newton: averages over everything and returns one number
import torch


def diagonal_gauss_newton(per_example_grads):
    return (per_example_grads**2).mean()


# %% wrong diagonal_gauss_newton: averages absolute values, the square is missing
import torch


def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.abs().mean(dim=0)


# %% wrong diagonal_gauss_newton: returns a flat vector although the weights have several axes
import torch


def diagonal_gauss_newton(per_example_grads):
    n = per_example_grads.shape[0]
    g = per_example_grads.reshape(n, -1)
    return (g * g).mean(dim=0)


# %% corner diagonal_gauss_newton: squeezes the result, so that axes of length 1 of the weights vanish
import torch


def diagonal_gauss_newton(per_example_grads):
    return per_example_grads.pow(2).mean(dim=0, keepdim=True).squeeze()


# %% right rmsprop_step: the formula in two lines
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    return theta - lr / (r.sqrt() + eps) * grad, {"mean_square": r}


# %% right rmsprop_step: the centred form with the average of the gradient under "mean"
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    mean = state.get("mean", torch.zeros_like(grad))
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    m = rho * mean + (1 - rho) * grad
    deviation = (r - m**2).clamp(min=0).sqrt()
    return theta - lr * grad / (deviation + eps), {"mean_square": r, "mean": m}


# %% right rmsprop_step: in-place work on copies like torch.optim does
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    avg = state["mean_square"].clone().mul_(rho).addcmul_(grad, grad, value=1 - rho)
    new = theta.clone().addcdiv_(grad, avg.sqrt().add_(eps), value=-lr)
    return new, {"mean_square": avg}


# %% right rmsprop_step: rearranged, the average moves by a share 1 - rho towards the new square
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    old = state["mean_square"]
    new = old + (1 - rho) * (grad.square() - old)
    step = lr * grad / (torch.sqrt(new) + eps)
    return theta - step, {"mean_square": new}


# %% right rmsprop_step: numpy and back
import numpy as np
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    g = grad.detach().numpy()
    r = rho * state["mean_square"].detach().numpy() + (1 - rho) * g**2
    w = theta.detach().numpy() - lr * g / (np.sqrt(r) + eps)
    return torch.as_tensor(w, dtype=theta.dtype), {"mean_square": torch.as_tensor(r, dtype=theta.dtype)}


# %% right rmsprop_step: loop over the weights
import math

import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    new = theta.clone().flatten()
    r = state["mean_square"].clone().flatten()
    for i, g in enumerate(grad.flatten().tolist()):
        r[i] = rho * r[i].item() + (1 - rho) * g * g
        new[i] = new[i].item() - lr * g / (math.sqrt(r[i].item()) + eps)
    return new.reshape(theta.shape), {"mean_square": r.reshape(theta.shape)}


# %% wrong rmsprop_step: rho and 1 - rho are swapped
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = (1 - rho) * state["mean_square"] + rho * grad**2
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}


# %% wrong rmsprop_step: keeps AdaGrad's sum, rho is ignored
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = state["mean_square"] + grad * grad
    return theta - lr / (torch.sqrt(r) + eps) * grad, {"mean_square": r}


# %% wrong rmsprop_step: the new square is added without the factor 1 - rho
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + grad.square()
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}


# %% wrong rmsprop_step: divides by the mean square itself, the root is missing
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.square()
    return theta - lr * grad / (r + eps), {"mean_square": r}


# %% wrong rmsprop_step: divides by the root of the old average
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    old = state["mean_square"]
    new = rho * old + (1 - rho) * grad**2
    return theta - lr * grad / (old.sqrt() + eps), {"mean_square": new}


# %% wrong rmsprop_step: averages the squares over all weights first, so that all weights share one rate
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.square().mean()
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}


# %% wrong rmsprop_step: divides by the root twice, uses the normalised gradient in place of the gradient
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    denominator = r.sqrt() + eps
    scaled = grad / denominator
    return theta - lr / denominator * scaled, {"mean_square": r}


# %% wrong rmsprop_step: squares the factor along with the gradient, ((1 - rho) g) ** 2
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + ((1 - rho) * grad) ** 2
    return theta - lr * grad / (r.sqrt() + eps), {"mean_square": r}


# %% wrong rmsprop_step: writes the new average into the caller's state dict
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    state["mean_square"] = rho * state["mean_square"] + (1 - rho) * grad**2
    theta = theta - lr * grad / (state["mean_square"].sqrt() + eps)
    return theta, state


# %% wrong rmsprop_step: returns only the new point, no state
import torch


def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    return theta - lr * grad / (r.sqrt() + eps)


# %% right adadelta_step: four lines, the four formulas
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% right adadelta_step: one root of the quotient, positive step subtracted
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r, d = state["mean_square"], state["mean_delta"]
    r = rho * r + (1 - rho) * grad * grad
    step = ((d + eps) / (r + eps)).sqrt() * grad
    d = rho * d + (1 - rho) * step * step
    return theta - lr * step, {"mean_square": r, "mean_delta": d}


# %% right adadelta_step: helper functions for the average and the root mean square
import torch


def average(old, new, rho):
    return rho * old + (1 - rho) * new


def rms(x, eps):
    return (x + eps).sqrt()


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    mean_square = average(state["mean_square"], grad.square(), rho)
    delta = -rms(state["mean_delta"], eps) / rms(mean_square, eps) * grad
    mean_delta = average(state["mean_delta"], delta.square(), rho)
    return theta + lr * delta, {"mean_square": mean_square, "mean_delta": mean_delta}


# %% right adadelta_step: in-place work on copies like torch.optim
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    square_avg = state["mean_square"].clone()
    acc_delta = state["mean_delta"].clone()
    square_avg.mul_(rho).addcmul_(grad, grad, value=1 - rho)
    std = square_avg.add(eps).sqrt_()
    delta = acc_delta.add(eps).sqrt_().div_(std).mul_(grad)
    acc_delta.mul_(rho).addcmul_(delta, delta, value=1 - rho)
    return theta.add(delta, alpha=-lr), {"mean_square": square_avg, "mean_delta": acc_delta}


# %% right adadelta_step: lists and a loop over the weights
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    rows = []
    for w, g, r, d in zip(*(x.flatten().tolist() for x in (theta, grad, state["mean_square"], state["mean_delta"]))):
        r = rho * r + (1 - rho) * g**2
        change = -((d + eps) ** 0.5) / (r + eps) ** 0.5 * g
        d = rho * d + (1 - rho) * change**2
        rows.append([w + lr * change, r, d])
    columns = torch.tensor(rows, dtype=theta.dtype).T
    new, r, d = (column.reshape(theta.shape).clone() for column in columns)
    return new, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: the average of changes collects lr * Delta instead of Delta
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -lr * torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: lr is ignored in the move
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: eps stands outside both roots instead of inside
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad.square()
    delta = -(state["mean_delta"].sqrt() + eps) / (r.sqrt() + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta.square()
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: subtracts the change although it already carries the minus sign, so it goes uphill
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt((state["mean_delta"] + eps) / (r + eps)) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta - lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: the fraction is upside down, root of r over root of d
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(r + eps) / torch.sqrt(state["mean_delta"] + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: divides by the root of the old average of squared gradients
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r, d = state["mean_square"], state["mean_delta"]
    delta = -torch.sqrt(d + eps) / torch.sqrt(r + eps) * grad
    r = rho * r + (1 - rho) * grad**2
    d = rho * d + (1 - rho) * delta**2
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: the average of changes is not updated, mean_delta is returned as it came
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad**2
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    return theta + lr * delta, {**state, "mean_square": r}


# %% wrong adadelta_step: averages the absolute changes instead of their squares
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta.abs()
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: no root over the average of changes in the numerator
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = rho * state["mean_square"] + (1 - rho) * grad * grad
    delta = -(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = rho * state["mean_delta"] + (1 - rho) * delta * delta
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% wrong adadelta_step: updates both averages of the caller's state in place with mul_ and add_
import torch


def adadelta_step(theta, grad, state, *, lr, rho, eps):
    r = state["mean_square"].mul_(rho).add_((1 - rho) * grad**2)
    delta = -torch.sqrt(state["mean_delta"] + eps) / torch.sqrt(r + eps) * grad
    d = state["mean_delta"].mul_(rho).add_((1 - rho) * delta**2)
    return theta + lr * delta, {"mean_square": r, "mean_delta": d}


# %% right adam_step: algorithm 1, line by line
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% right adam_step: the quicker order, both corrections in the rate and eps added to the uncorrected root
import math

import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    rate = lr * math.sqrt(1 - rho2**t) / (1 - rho1**t)
    return theta - rate * s / (torch.sqrt(r) + eps), {"s": s, "r": r, "t": t}


# %% right adam_step: eps inside the root of the corrected average
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = torch.lerp(grad, state["s"], rho1)
    r = torch.lerp(grad.square(), state["r"], rho2)
    move = s / (1 - rho1**k) / torch.sqrt(r / (1 - rho2**k) + eps)
    return theta - lr * move, {"s": s, "r": r, "t": k}


# %% right adam_step: like torch.optim, in place on copies, the root corrected by the root of 1 - rho2 ** k
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    new = {"s": state["s"].clone(), "r": state["r"].clone(), "t": state["t"] + 1}
    new["s"].mul_(rho1).add_(grad, alpha=1 - rho1)
    new["r"].mul_(rho2).addcmul_(grad, grad, value=1 - rho2)
    correction1 = 1 - rho1 ** new["t"]
    correction2 = 1 - rho2 ** new["t"]
    denominator = new["r"].sqrt() / correction2**0.5 + eps
    return theta.addcdiv(new["s"], denominator, value=-lr / correction1), new


# %% right adam_step: a helper that returns an average and its corrected form
import torch


def averaged(old, new, rho, k):
    average = rho * old + (1 - rho) * new
    return average, average / (1 - rho**k)


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = int(state["t"]) + 1
    s, s_hat = averaged(state["s"], grad, rho1, k)
    r, r_hat = averaged(state["r"], grad**2, rho2, k)
    return theta - lr * s_hat / (r_hat**0.5 + eps), dict(s=s, r=r, t=k)


# %% right adam_step: loop over the weights with floats
import math

import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    w = theta.clone().flatten()
    s = state["s"].clone().flatten()
    r = state["r"].clone().flatten()
    for i, g in enumerate(grad.flatten().tolist()):
        s[i] = rho1 * s[i].item() + (1 - rho1) * g
        r[i] = rho2 * r[i].item() + (1 - rho2) * g * g
        root = math.sqrt(r[i].item() / (1 - rho2**k))
        w[i] = w[i].item() - lr * s[i].item() / (1 - rho1**k) / (root + eps)
    shape = theta.shape
    return w.reshape(shape), {"s": s.reshape(shape), "r": r.reshape(shape), "t": k}


# %% wrong adam_step: stores the corrected averages in the state
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = (rho1 * state["s"] + (1 - rho1) * grad) / (1 - rho1**k)
    r = (rho2 * state["r"] + (1 - rho2) * grad**2) / (1 - rho2**k)
    return theta - lr * s / (r.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: the counter is not advanced, the returned t is the old one
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": state["t"]}


# %% wrong adam_step: only s is corrected, r is used as it is
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    return theta - lr * s_hat / (r.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: the root of the corrected mean square is missing
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    s_hat, r_hat = s / (1 - rho1**k), r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: the number of the step is taken as the old t (1 at least), one too small from the second step on
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = max(state["t"], 1)
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": state["t"] + 1}


# %% wrong adam_step: no bias correction at all
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    return theta - lr * s / (torch.sqrt(r) + eps), {"s": s, "r": r, "t": state["t"] + 1}


# %% wrong adam_step: the gradient itself stands in the numerator instead of its corrected average
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    return theta - lr * grad / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: averages the square of s instead of the square of the gradient
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * s**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: both corrections use rho1
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    correction = 1 - rho1**k
    return theta - lr * (s / correction) / ((r / correction).sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong adam_step: updates s and r of the caller in place
import torch


def adam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s, r, k = state["s"], state["r"], state["t"] + 1
    s.mul_(rho1).add_(grad, alpha=1 - rho1)
    r.mul_(rho2).addcmul_(grad, grad, value=1 - rho2)
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% right adamax_step: the formula, with torch.maximum
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% right adamax_step: torch.optim's form, eps added to the size of the gradient inside the maximum
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    s = state["s"].lerp(grad, 1 - rho1)
    u = torch.maximum(state["u"] * rho2, grad.abs() + eps)
    return theta - lr / (1 - rho1**t) * s / u, {"s": s, "u": u, "t": t}


# %% right adamax_step: torch.where instead of maximum, s corrected first
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    faded = rho2 * state["u"]
    size = torch.abs(grad)
    u = torch.where(faded > size, faded, size)
    s_hat = s / (1 - rho1**k)
    return theta - lr * s_hat / (u + eps), {"s": s, "u": u, "t": k}


# %% right adamax_step: maximum over a stacked axis
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = (1 - rho1) * grad + rho1 * state["s"]
    u = torch.stack([rho2 * state["u"], grad.abs()]).amax(dim=0)
    rate = lr / ((1 - rho1**k) * (u + eps))
    return theta - rate * s, {"s": s, "u": u, "t": k}


# %% right adamax_step: list comprehension with Python's max
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    shape, dtype = theta.shape, theta.dtype
    gs = grad.flatten().tolist()
    s = [rho1 * old + (1 - rho1) * g for old, g in zip(state["s"].flatten().tolist(), gs)]
    u = [max(rho2 * old, abs(g)) for old, g in zip(state["u"].flatten().tolist(), gs)]
    w = [x - lr / (1 - rho1**k) * a / (b + eps) for x, a, b in zip(theta.flatten().tolist(), s, u)]
    w, s, u = (torch.tensor(x, dtype=dtype).reshape(shape) for x in (w, s, u))
    return w, {"s": s, "u": u, "t": k}


# %% wrong adamax_step: compares with the largest entry of the gradient, so that all weights share one size
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], torch.max(grad.abs()))
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: the absolute value is missing, the maximum is taken with the signed gradient
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad)
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: the maximum does not fade, the old u is not multiplied by rho2
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: u is corrected by 1 - rho2 ** k as in Adam
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    s_hat = s / (1 - rho1**k)
    u_hat = u / (1 - rho2**k)
    return theta - lr * s_hat / (u_hat + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: s is not corrected for its start from 0
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr * s / (u + eps), {"s": s, "u": u, "t": state["t"] + 1}


# %% wrong adamax_step: takes the minimum of the faded u and the gradient's size instead of the maximum
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    faded, size = rho2 * state["u"], grad.abs()
    u = torch.where(faded < size, faded, size)
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: takes the root of u in the denominator as if it were a mean square
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u.sqrt() + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: rho1 and rho2 are swapped in both updates
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho2 * state["s"] + (1 - rho2) * grad
    u = torch.maximum(rho1 * state["u"], grad.abs())
    return theta - lr / (1 - rho2**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% wrong adamax_step: the returned state has no counter "t"
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr / (1 - rho1**k) * s / (u + eps), {"s": s, "u": u}


# %% wrong adamax_step: multiplies by 1 - rho1 ** k instead of dividing by it
import torch


def adamax_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    u = torch.maximum(rho2 * state["u"], grad.abs())
    return theta - lr * (1 - rho1**k) * s / (u + eps), {"s": s, "u": u, "t": k}


# %% right nadam_step: the formula of the lesson
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr / (r_hat.sqrt() + eps) * ahead, {"s": s, "r": r, "t": k}


# %% right nadam_step: both terms corrected with 1 - rho1 ** k as in many summaries
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    numerator = rho1 * s_hat + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * numerator / (torch.sqrt(r_hat) + eps), {"s": s, "r": r, "t": k}


# %% right nadam_step: torch.optim.NAdam's schedule of rho1, corrected with the product of the scheduled values
import math

import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    def mu(k):
        return rho1 * (1 - 0.5 * 0.96 ** (k / 250))

    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    product = math.prod(mu(i) for i in range(1, k + 1))
    denominator = (r / (1 - rho2**k)).sqrt() + eps
    ahead = mu(k + 1) * s / (1 - product * mu(k + 1)) + (1 - mu(k)) * grad / (1 - product)
    return theta - lr * ahead / denominator, {"s": s, "r": r, "t": k}


# %% right nadam_step: in-place work on copies, two addcdiv
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    s = state["s"].clone().mul_(rho1).add_(grad, alpha=1 - rho1)
    r = state["r"].clone().mul_(rho2).addcmul_(grad, grad, value=1 - rho2)
    denominator = r.div(1 - rho2**t).sqrt_().add_(eps)
    new = theta.clone()
    new.addcdiv_(grad, denominator, value=-lr * (1 - rho1) / (1 - rho1**t))
    new.addcdiv_(s, denominator, value=-lr * rho1 / (1 - rho1 ** (t + 1)))
    return new, {"s": s, "r": r, "t": t}


# %% right nadam_step: numpy, with helper functions for the averages
import numpy as np
import torch


def mix(old, new, rho):
    return rho * old + (1 - rho) * new


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    w, g, s, r = (x.detach().numpy() for x in (theta, grad, state["s"], state["r"]))
    k = state["t"] + 1
    s = mix(s, g, rho1)
    r = mix(r, g**2, rho2)
    momentum = rho1 / (1 - rho1 ** (k + 1)) * s
    fresh = (1 - rho1) / (1 - rho1**k) * g
    w = w - lr * (momentum + fresh) / (np.sqrt(r / (1 - rho2**k)) + eps)
    w, s, r = (torch.as_tensor(x, dtype=theta.dtype) for x in (w, s, r))
    return w, {"s": s, "r": r, "t": k}


# %% wrong nadam_step: the look-ahead uses the old s instead of the new one
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * state["s"] / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: plain Adam without the look-ahead
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s_hat / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: the two powers are swapped, k + 1 stands under the gradient and k under s
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1**k) + (1 - rho1) * grad / (1 - rho1 ** (k + 1))
    return theta - lr * ahead / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: the numerator is not corrected at all
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s + (1 - rho1) * grad
    return theta - lr * ahead / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: the gradient enters the numerator without the factor 1 - rho1
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + grad / (1 - rho1**k)
    return theta - lr / (r_hat.sqrt() + eps) * ahead, {"s": s, "r": r, "t": k}


# %% wrong nadam_step: s enters the numerator without the factor rho1
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr / (r_hat.sqrt() + eps) * ahead, {"s": s, "r": r, "t": k}


# %% wrong nadam_step: r is used without its correction
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / (r.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: stores the looked-ahead numerator as s in the state
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    r_hat = r / (1 - rho2**k)
    return theta - lr * s / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: advances the counter twice, k is t + 2 and is stored so
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    t = state["t"] + 1
    k = t + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    ahead = rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k)
    return theta - lr * ahead / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": k}


# %% wrong nadam_step: moves theta of the caller in place with -=
import torch


def nadam_step(theta, grad, state, *, lr, rho1, rho2, eps):
    k = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    r_hat = r / (1 - rho2**k)
    theta -= lr / (r_hat.sqrt() + eps) * (rho1 * s / (1 - rho1 ** (k + 1)) + (1 - rho1) * grad / (1 - rho1**k))
    return theta, {"s": s, "r": r, "t": k}
