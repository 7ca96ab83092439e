# %% right ewa: loop over the rows, list and torch.stack as in the hint
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    averages = []
    for x in values:
        v = beta * v + (1 - beta) * x
        averages.append(v)
    return torch.stack(averages)

# %% right ewa: fills a preallocated tensor by index, with the first row apart
import torch


def ewa(values, *, beta):
    out = torch.empty_like(values)
    out[0] = (1 - beta) * values[0]
    for t in range(1, len(values)):
        out[t] = beta * out[t - 1] + (1 - beta) * values[t]
    return out

# %% right ewa: the unrolled sum as a triangular matrix of weights
import torch


def ewa(values, *, beta):
    T = values.shape[0]
    t = torch.arange(T)
    age = t[:, None] - t[None, :]
    weights = (1 - beta) * torch.tensor(beta, dtype=values.dtype) ** age.clamp(min=0)
    weights = torch.where(age >= 0, weights, torch.zeros_like(weights))
    return torch.tensordot(weights, values, dims=1)

# %% right ewa: numpy loop with a change of the running value by (1 - beta) times the difference
import numpy as np
import torch


def ewa(values, *, beta):
    x = values.detach().numpy()
    out = np.empty_like(x)
    v = np.zeros_like(x[0])
    for t in range(x.shape[0]):
        v = v + (1 - beta) * (x[t] - v)
        out[t] = v
    return torch.from_numpy(out)

# %% right ewa: itertools.accumulate and torch.lerp
from itertools import accumulate

import torch


def ewa(values, *, beta):
    zero = torch.zeros_like(values[0])
    return torch.stack(list(accumulate(values, lambda v, x: torch.lerp(x, v, beta), initial=zero))[1:])

# %% right ewa: the explicit weighted sum for each row, with a helper
import torch


def ewa(values, *, beta):
    def average(past):
        n = len(past)
        w = torch.tensor([(1 - beta) * beta ** (n - 1 - i) for i in range(n)], dtype=values.dtype)
        return torch.einsum("t,t...->...", w, past)

    return torch.stack([average(values[: t + 1]) for t in range(len(values))])

# %% wrong ewa: starts the average at the first value instead of at zero
import torch


def ewa(values, *, beta):
    v = values[0]
    out = [v]
    for x in values[1:]:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: beta and 1 - beta are swapped, the new value is weighted by beta
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = (1 - beta) * v + beta * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: adds the new value without the factor 1 - beta
import torch


def ewa(values, *, beta):
    out = torch.zeros_like(values)
    running = torch.zeros_like(values[0])
    for t in range(values.shape[0]):
        running = beta * running + values[t]
        out[t] = running
    return out

# %% wrong ewa: returns only the last average instead of one for each row
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    for x in values:
        v = beta * v + (1 - beta) * x
    return v

# %% wrong ewa: updates one tensor in place and collects it, so that every row is the last average
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    averages = []
    for x in values:
        v.mul_(beta).add_((1 - beta) * x)
        averages.append(v)
    return torch.stack(averages)

# %% wrong ewa: runs along the last axis instead of the first (right for a series of plain numbers only)
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[..., 0])
    out = []
    for t in range(values.shape[-1]):
        v = beta * v + (1 - beta) * values[..., t]
        out.append(v)
    return torch.stack(out, dim=-1)

# %% wrong ewa: stores the average before the update, so that row t lacks value t
import torch


def ewa(values, *, beta):
    out = torch.zeros_like(values)
    for t in range(1, len(values)):
        out[t] = beta * out[t - 1] + (1 - beta) * values[t - 1]
    return out

# %% wrong ewa: divides by 1 - beta**t, that is, gives the corrected average
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta**t))
    return torch.stack(out)

# %% wrong ewa: mixes each value with the previous value instead of with the previous average
import torch


def ewa(values, *, beta):
    previous = torch.zeros_like(values)
    previous[1:] = values[:-1]
    return beta * previous + (1 - beta) * values

# %% wrong ewa: collects the results in a float32 tensor, also when the values are float64
import torch


def ewa(values, *, beta):
    result = torch.zeros(values.shape, dtype=torch.float32)
    v = 0
    for t, x in enumerate(values):
        v = beta * v + (1 - beta) * x
        result[t] = v
    return result

# %% corner ewa: takes the logarithm of beta, which raises an error for beta = 0
import math

import torch


def ewa(values, *, beta):
    T = len(values)
    rows = torch.arange(T, dtype=values.dtype)
    age = (rows[:, None] - rows[None, :]).clamp(min=0)
    weights = torch.tril((1 - beta) * torch.exp(math.log(beta) * age))
    return torch.tensordot(weights, values, dims=1)

# %% right ewa_corrected: loop with enumerate from 1, as in the hint
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta**t))
    return torch.stack(out)

# %% right ewa_corrected: calls ewa and divides by a reshaped column of 1 - beta**t
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)


def ewa_corrected(values, *, beta):
    t = torch.arange(1, len(values) + 1, dtype=torch.float64)
    correction = (1 - beta**t).to(values.dtype)
    return ewa(values, beta=beta) / correction.reshape(-1, *[1] * (values.ndim - 1))

# %% right ewa_corrected: keeps the sum of the values and the sum of the weights, both with decay beta
import torch


def ewa_corrected(values, *, beta):
    total = torch.zeros_like(values[0])
    weight = 0.0
    out = torch.empty_like(values)
    for i in range(values.shape[0]):
        total = beta * total + values[i]
        weight = beta * weight + 1.0
        out[i] = total / weight
    return out

# %% right ewa_corrected: recursion for the corrected average itself, with a share that depends on t
import torch


def ewa_corrected(values, *, beta):
    mean = values[0].clone()
    result = [mean]
    power = beta
    for x in values[1:]:
        power = power * beta
        gain = (1 - beta) / (1 - power)
        mean = mean + gain * (x - mean)
        result.append(mean)
    return torch.stack(result, dim=0)

# %% right ewa_corrected: a weighted mean of all values so far, weights made to sum to one
import torch


def ewa_corrected(values, *, beta):
    averages = []
    for t in range(1, len(values) + 1):
        ages = torch.arange(t - 1, -1, -1)
        w = torch.tensor(beta, dtype=torch.float64) ** ages
        w = (w / w.sum()).to(values.dtype)
        averages.append(torch.tensordot(w, values[:t], dims=1))
    return torch.stack(averages)

# %% right ewa_corrected: numpy, all uncorrected averages first and then a division row by row
import numpy as np
import torch


def ewa_corrected(values, *, beta):
    x = values.detach().numpy()
    v = np.zeros_like(x)
    v[0] = (1 - beta) * x[0]
    for i in range(1, len(x)):
        v[i] = beta * v[i - 1] + (1 - beta) * x[i]
    for i in range(len(x)):
        v[i] /= 1 - beta ** (i + 1)
    return torch.as_tensor(v)

# %% wrong ewa_corrected: counts t from 0, so that the first row is divided by zero and the others by 1 - beta**(t-1)
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta**t))
    return torch.stack(out)

# %% wrong ewa_corrected: uses the power t + 1, so that the first value is divided by 1 - beta**2
import torch


def ewa_corrected(values, *, beta):
    out = torch.zeros_like(values)
    v = torch.zeros_like(values[0])
    t = 1
    for i in range(len(values)):
        v = beta * v + (1 - beta) * values[i]
        t += 1
        out[i] = v / (1 - beta**t)
    return out

# %% wrong ewa_corrected: puts the corrected average back into the recursion
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        v = v / (1 - beta**t)
        out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: divides every row by the constant 1 - beta instead of by 1 - beta**t
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta))
    return torch.stack(out)

# %% wrong ewa_corrected: multiplies by 1 - beta**t instead of dividing by it
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)


def ewa_corrected(values, *, beta):
    averages = ewa(values, beta=beta)
    return torch.stack([a * (1 - beta**t) for t, a in enumerate(averages, start=1)])

# %% wrong ewa_corrected: starts the average at the first value in place of the correction by 1 - beta**t
import torch


def ewa_corrected(values, *, beta):
    v = values[0].clone()
    out = [v]
    for i in range(1, len(values)):
        v = beta * v + (1 - beta) * values[i]
        out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: divides all rows by 1 - beta**T, with the length of the series in place of t
import torch


def ewa_corrected(values, *, beta):
    T = values.shape[0]
    v = torch.zeros_like(values[0])
    rows = []
    for x in values:
        v = beta * v + (1 - beta) * x
        rows.append(v)
    return torch.stack(rows) / (1 - beta**T)

# %% wrong ewa_corrected: divides by (1 - beta)**t instead of by 1 - beta**t
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = torch.empty_like(values)
    for t in range(1, len(values) + 1):
        v = beta * v + (1 - beta) * values[t - 1]
        out[t - 1] = v / (1 - beta) ** t
    return out

# %% wrong ewa_corrected: the corrections lie along the last axis (right for a series of plain numbers only)
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)


def ewa_corrected(values, *, beta):
    t = torch.arange(1, len(values) + 1, dtype=values.dtype)
    return ewa(values, beta=beta) / (1 - beta**t)

# %% wrong ewa_corrected: the recursion adds x without the factor 1 - beta, and is then divided by 1 - beta**t
import torch


def ewa_corrected(values, *, beta):
    s = torch.zeros_like(values[0])
    hats = []
    for t, x in enumerate(values, 1):
        s = beta * s + x
        hats.append(s / (1 - beta**t))
    return torch.stack(hats)

# %% corner ewa_corrected: computes beta**t through the logarithm of beta, which raises an error for beta = 0
import math

import torch


def ewa_corrected(values, *, beta):
    log_beta = math.log(beta)
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / -math.expm1(t * log_beta))
    return torch.stack(out)

# %% right momentum_step: the form taught here, in two lines
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}

# %% right momentum_step: torch's form, b = beta b + g and theta - lr b
def momentum_step(theta, grad, state, *, lr, beta):
    b = state["velocity"]
    b = beta * b + grad
    theta = theta - lr * b
    return theta, {"velocity": b}

# %% right momentum_step: the averaged form, m = beta m + (1 - beta) g and theta - lr m
def momentum_step(theta, grad, state, *, lr, beta):
    m = beta * state["velocity"] + (1 - beta) * grad
    return theta - lr * m, dict(velocity=m)

# %% right momentum_step: the taught form with the sign of v turned round throughout
def momentum_step(theta, grad, state, *, lr, beta):
    v_old = state["velocity"]
    v_new = v_old * beta + grad * lr
    new_theta = theta - v_new
    return (new_theta, {"velocity": v_new})

# %% right momentum_step: the taught form, in place on clones
import torch


def momentum_step(theta, grad, state, *, lr, beta):
    with torch.no_grad():
        v = state["velocity"].clone()
        point = theta.clone()
        v *= beta
        v -= lr * grad
        point += v
    new_state = dict(state)
    new_state["velocity"] = v
    return point, new_state

# %% right momentum_step: the taught form in two named parts, summed in the return line
def momentum_step(theta, grad, state, *, lr, beta):
    kept = beta * state["velocity"]
    push = -lr * grad
    return theta + (kept + push), {"velocity": kept + push}

# %% wrong momentum_step: moves the point by the old velocity instead of by the new one
def momentum_step(theta, grad, state, *, lr, beta):
    v = state["velocity"]
    new_theta = theta + v
    new_v = beta * v - lr * grad
    return new_theta, {"velocity": new_v}

# %% wrong momentum_step: returns the old state, the new velocity is not stored
def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta = theta + v
    return theta, state

# %% wrong momentum_step: adds lr * grad to the velocity and then adds the velocity, which climbs
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] + lr * grad
    return theta + velocity, {"velocity": velocity}

# %% wrong momentum_step: theta += v changes the caller's point in place
def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta += v
    return theta, {"velocity": v}

# %% wrong momentum_step: writes the new velocity into the caller's state dictionary and returns that
def momentum_step(theta, grad, state, *, lr, beta):
    state["velocity"] = beta * state["velocity"] - lr * grad
    return theta + state["velocity"], state

# %% wrong momentum_step: applies the learning rate twice, in the velocity and again in the step
def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    new_theta = theta + lr * v
    return new_theta, {"velocity": v}

# %% wrong momentum_step: keeps the share 1 - beta of the velocity instead of beta
def momentum_step(theta, grad, state, *, lr, beta):
    friction = 1 - beta
    v = friction * state["velocity"] - lr * grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: steps by beta * v_new - lr * grad, which is Nesterov's step in the form of Keras
def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta_new = theta + beta * v - lr * grad
    return theta_new, {"velocity": v}

# %% wrong momentum_step: the point makes a plain gradient step, the velocity is stored but never used in it
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    theta = theta - lr * grad
    return theta, {"velocity": velocity}

# %% wrong momentum_step: returns the velocity as a bare tensor instead of in a dictionary
def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + v, v

# %% corner momentum_step: add(..., alpha=-lr) takes numbers only and fails when lr has a row for each point
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = (beta * state["velocity"]).add(grad, alpha=-lr)
    return theta + velocity, {"velocity": velocity}

# %% right terminal_speed: vector_norm times lr / (1 - beta)
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad) / (1 - beta)

# %% right terminal_speed: norm of the fixed point of v = beta v - lr g
import torch


def terminal_speed(grad, *, lr, beta):
    v = -lr * grad / (1 - beta)
    return torch.linalg.vector_norm(v)

# %% right terminal_speed: root of the sum of the squares, written out
def terminal_speed(grad, *, lr, beta):
    squares = (grad**2).sum()
    return lr / (1 - beta) * squares.sqrt()

# %% right terminal_speed: flattens and takes the scalar product with itself
import torch


def terminal_speed(grad, *, lr, beta):
    g = grad.reshape(-1)
    length = torch.sqrt(g @ g)
    return length * (lr / (1.0 - beta))

# %% right terminal_speed: Python loop over all entries, made a tensor of the right type at the end
import math

import torch


def terminal_speed(grad, *, lr, beta):
    total = 0.0
    for entry in grad.flatten().tolist():
        total += entry * entry
    speed = lr * math.sqrt(total) / (1 - beta)
    return torch.tensor(speed, dtype=grad.dtype)

# %% right terminal_speed: the method norm, which takes all entries together
def terminal_speed(grad, *, lr, beta):
    amplification = 1 / (1 - beta)
    return (lr * amplification * grad).norm()

# %% wrong terminal_speed: leaves out the factor 1 / (1 - beta), the speed of the averaged form
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad)

# %% wrong terminal_speed: multiplies by 1 - beta instead of dividing by it
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad) * (1 - beta)

# %% wrong terminal_speed: the root of the sum of squares is missing, the squared norm is used
def terminal_speed(grad, *, lr, beta):
    return lr * (grad**2).sum() / (1 - beta)

# %% wrong terminal_speed: takes the norm along the last axis only, so that a matrix gives a vector
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad, dim=-1) / (1 - beta)

# %% wrong terminal_speed: returns the terminal velocity itself, a tensor of the shape of grad, instead of its norm
def terminal_speed(grad, *, lr, beta):
    return -lr * grad / (1 - beta)

# %% wrong terminal_speed: sums the absolute values (1-norm) instead of taking the Euclidean norm
def terminal_speed(grad, *, lr, beta):
    speed = lr * grad / (1 - beta)
    return speed.abs().sum()

# %% wrong terminal_speed: returns a Python float instead of a tensor
import torch


def terminal_speed(grad, *, lr, beta):
    norm = torch.linalg.vector_norm(grad)
    return float(lr * norm / (1 - beta))

# %% wrong terminal_speed: ignores the learning rate
import torch


def terminal_speed(grad, *, lr, beta):
    return torch.linalg.vector_norm(grad) / (1 - beta)

# %% wrong terminal_speed: takes the root of the mean of the squares instead of the root of their sum
def terminal_speed(grad, *, lr, beta):
    size = grad.pow(2).mean().sqrt()
    return lr * size / (1 - beta)

# %% wrong terminal_speed: stops the geometric sum after ten steps instead of letting t grow without end
import torch


def terminal_speed(grad, *, lr, beta):
    v = torch.zeros_like(grad)
    for _ in range(10):
        v = beta * v - lr * grad
    return torch.linalg.vector_norm(v)

# %% corner terminal_speed: goes through the rows of grad, which fails for a gradient without axes
import torch


def terminal_speed(grad, *, lr, beta):
    row_norms = torch.stack([torch.linalg.vector_norm(row) for row in grad])
    return lr * torch.linalg.vector_norm(row_norms) / (1 - beta)

# %% right nesterov_step: the taught form with the look-ahead point named
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    ahead = theta + beta * v
    v = beta * v - lr * grad_fn(ahead)
    return theta + v, {"velocity": v}

# %% right nesterov_step: Keras's form, which stores the look-ahead point
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    g = grad_fn(theta)
    velocity = beta * state["velocity"] - lr * g
    return theta + beta * velocity - lr * g, {"velocity": velocity}

# %% right nesterov_step: the form of torch.optim.SGD(nesterov=True), with its buffer as velocity
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    grad = grad_fn(theta)
    buf = beta * state["velocity"] + grad
    direction = grad + beta * buf
    return theta - lr * direction, {"velocity": buf}

# %% right nesterov_step: coasts first, then a gradient step from there; velocity is the whole displacement
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    coast = beta * state["velocity"]
    correction = -lr * grad_fn(theta + coast)
    velocity = coast + correction
    new_theta = theta + velocity
    return new_theta, {"velocity": velocity}

# %% right nesterov_step: the taught form through a momentum helper that gets the gradient of the look-ahead point
def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity, {"velocity": velocity}


def nesterov_step(theta, grad_fn, state, *, lr, beta):
    look_ahead = theta + beta * state["velocity"]
    return momentum_step(theta, grad_fn(look_ahead), state, lr=lr, beta=beta)

# %% right nesterov_step: works in place on clones
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"].clone()
    v *= beta
    g = grad_fn(theta + v)
    v -= lr * g
    new = theta.clone()
    new += v
    return new, {"velocity": v}

# %% wrong nesterov_step: takes the gradient at theta, which is plain momentum
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad_fn(theta)
    return theta + velocity, {"velocity": velocity}

# %% wrong nesterov_step: looks ahead to theta + v, without the factor beta
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + v)
    v_new = beta * v - lr * g
    return theta + v_new, {"velocity": v_new}

# %% wrong nesterov_step: adds the new velocity to the look-ahead point instead of to theta
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    theta = theta + beta * v
    v = beta * v - lr * grad_fn(theta)
    theta = theta + v
    return theta, {"velocity": v}

# %% wrong nesterov_step: looks back to theta - beta v, the sign of the look-ahead is wrong
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    ahead = theta - beta * v
    v = beta * v - lr * grad_fn(ahead)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: the new velocity is v - lr * g, without beta in front of the old one
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + beta * v)
    new_velocity = v - lr * g
    return theta + new_velocity, {"velocity": new_velocity}

# %% wrong nesterov_step: stores only -lr * g as the new velocity, beta v is dropped from the state
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    ahead = theta + beta * state["velocity"]
    step = -lr * grad_fn(ahead)
    return ahead + step, {"velocity": step}

# %% wrong nesterov_step: moves the point by the old velocity, before the velocity is updated
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + beta * v)
    new_theta = theta + v
    v = beta * v - lr * g
    return new_theta, {"velocity": v}

# %% wrong nesterov_step: torch's buffer b with step -lr b, yet looks ahead to theta + beta b without the factor -lr
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    b = state["velocity"]
    b = beta * b + grad_fn(theta + beta * b)
    return theta - lr * b, {"velocity": b}

# %% wrong nesterov_step: looks ahead twice, gradient at theta + beta v and then the step beta v_new - lr g
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + beta * v)
    v = beta * v - lr * g
    return theta + beta * v - lr * g, {"velocity": v}

# %% wrong nesterov_step: returns the state it was given, the new velocity is lost
def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    new_v = beta * v - lr * grad_fn(theta + beta * v)
    return theta + new_v, {"velocity": v}

# %% right convergence_rate: complex roots and the larger of the two sizes
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = torch.sqrt(b * b - 4 * beta)
    sizes = torch.maximum(((b + root) / 2).abs(), ((b - root) / 2).abs())
    return sizes.to(lam.dtype)

# %% right convergence_rate: the two regimes apart with torch.where, |b| for the larger real root
import math

import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b**2 - 4 * beta
    real = (b.abs() + disc.clamp(min=0).sqrt()) / 2
    return torch.where(disc < 0, torch.full_like(b, math.sqrt(beta)), real)

# %% right convergence_rate: eigenvalues of the 2 x 2 matrix in float64
import torch


def convergence_rate(lam, *, lr, beta):
    x = lam.to(torch.float64)
    matrix = torch.zeros(*x.shape, 2, 2, dtype=torch.float64)
    matrix[..., 0, 0] = 1 + beta - lr * x
    matrix[..., 0, 1] = -beta
    matrix[..., 1, 0] = 1
    return torch.linalg.eigvals(matrix).abs().amax(dim=-1).to(lam.dtype)

# %% right convergence_rate: Python loop with cmath over the flattened curvatures
import cmath

import torch


def convergence_rate(lam, *, lr, beta):
    rates = []
    for x in lam.flatten().tolist():
        b = 1 + beta - lr * x
        s = cmath.sqrt(b * b - 4 * beta)
        rates.append(max(abs(b + s), abs(b - s)) / 2)
    return torch.tensor(rates, dtype=lam.dtype).reshape(lam.shape)

# %% right convergence_rate: masks, fills only the real regime of a tensor that starts as sqrt(beta)
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    rate = torch.ones_like(lam) * beta**0.5
    real = b**2 >= 4 * beta
    br = b[real]
    root = (br**2 - 4 * beta).sqrt()
    rate[real] = torch.maximum((br + root).abs(), (br - root).abs()) / 2
    return rate

# %% right convergence_rate: numpy.roots of the polynomial for each curvature
import numpy as np
import torch


def convergence_rate(lam, *, lr, beta):
    values = lam.detach().numpy().astype(np.float64)
    out = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        roots = np.roots([1.0, -(1 + beta - lr * values[index]), beta])
        out[index] = np.abs(roots).max()
    return torch.tensor(out, dtype=lam.dtype)

# %% wrong convergence_rate: takes only the root with the plus sign, which is the smaller one where b is negative
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    z = (b + torch.sqrt(b**2 - 4 * beta)) / 2
    return z.abs().to(lam.dtype)

# %% wrong convergence_rate: takes the real square root, so that the complex regime gives nan
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    root = torch.sqrt(b**2 - 4 * beta)
    z1 = (b + root) / 2
    z2 = (b - root) / 2
    return torch.maximum(z1.abs(), z2.abs())

# %% wrong convergence_rate: b = 1 - lr * lam, the beta in the coefficient is missing
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 - lr * lam).to(torch.complex128)
    d = (b * b - 4 * beta).sqrt()
    roots = torch.stack([(b + d) / 2, (b - d) / 2])
    return roots.abs().amax(dim=0).to(lam.dtype)

# %% wrong convergence_rate: the factor 1/2 of the roots is missing
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    s = torch.sqrt(b**2 - 4 * beta)
    return torch.maximum((b + s).abs(), (b - s).abs()).to(lam.dtype)

# %% wrong convergence_rate: gives beta instead of sqrt(beta) in the complex regime
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b * b - 4 * beta
    larger = 0.5 * (b.abs() + torch.sqrt(torch.clamp(disc, min=0)))
    return torch.where(disc >= 0, larger, torch.full_like(lam, beta))

# %% wrong convergence_rate: takes the real part of the roots instead of their size
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b**2 - 4 * beta).sqrt()
    z1, z2 = (b + root) / 2, (b - root) / 2
    return torch.maximum(z1.real.abs(), z2.real.abs()).to(lam.dtype)

# %% wrong convergence_rate: gives one number for all curvatures, the slowest, instead of one rate for each
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = torch.sqrt(b**2 - 4 * beta)
    both = torch.stack([(b + root) / 2, (b - root) / 2])
    return both.abs().max().to(lam.dtype)

# %% wrong convergence_rate: does not go back to the type of lam, float32 curvatures give float64 rates
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = torch.sqrt(b * b - 4 * beta)
    return torch.maximum((b + root).abs(), (b - root).abs()) / 2

# %% wrong convergence_rate: ignores beta and gives |1 - lr * lam|, the rate of plain gradient descent
def convergence_rate(lam, *, lr, beta):
    return (1 - lr * lam).abs()

# %% wrong convergence_rate: takes the smaller of the two roots' sizes instead of the larger
import torch


def convergence_rate(lam, *, lr, beta):
    b = torch.as_tensor(1 + beta - lr * lam, dtype=torch.complex128)
    root = torch.sqrt(b * b - 4 * beta)
    first, second = ((b + root) / 2).abs(), ((b - root) / 2).abs()
    return torch.minimum(first, second).to(lam.dtype)

# %% corner convergence_rate: gets the larger root as beta over the smaller one, which is 0/0 = nan for beta = 0
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam.to(torch.float64)).abs()
    disc = b * b - 4 * beta
    small = (b - disc.clamp(min=0).sqrt()) / 2
    rate = torch.where(disc > 0, beta / small, torch.full_like(b, beta**0.5))
    return rate.to(lam.dtype)

# %% right polyak_constants: the closed form with both square roots
import math


def polyak_constants(lam_min, lam_max):
    low, high = math.sqrt(lam_min), math.sqrt(lam_max)
    lr = (2 / (high + low)) ** 2
    beta = ((high - low) / (high + low)) ** 2
    return lr, beta

# %% right polyak_constants: beta from the condition number, lr from the equation for the largest curvature
import math


def polyak_constants(lam_min, lam_max):
    root_kappa = math.sqrt(lam_max / lam_min)
    root_beta = (root_kappa - 1) / (root_kappa + 1)
    return (1 + root_beta) ** 2 / lam_max, root_beta**2

# %% right polyak_constants: lr first by adding the roots of the equations, then beta from the first equation
def polyak_constants(lam_min, lam_max):
    root_lr = 2 / (lam_min**0.5 + lam_max**0.5)
    root_beta = 1 - root_lr * lam_min**0.5
    return (root_lr**2, root_beta**2)

# %% right polyak_constants: a linear system for sqrt(lr) and sqrt(beta)
import numpy as np


def polyak_constants(lam_min, lam_max):
    A = np.array([[np.sqrt(lam_min), 1.0], [np.sqrt(lam_max), -1.0]])
    x, s = np.linalg.solve(A, np.array([1.0, 1.0]))
    return float(x**2), float(s**2)

# %% right polyak_constants: without square roots of single curvatures, by the arithmetic and the geometric mean
import math


def polyak_constants(lam_min, lam_max):
    total = lam_min + lam_max
    geometric = math.sqrt(lam_min * lam_max)
    denominator = total + 2 * geometric
    lr = 4 / denominator
    beta = (total - 2 * geometric) / denominator
    return lr, beta

# %% right polyak_constants: bisection for sqrt(beta), then lr from the equation for the largest curvature
def polyak_constants(lam_min, lam_max):
    low, high = 0.0, 1.0
    for _ in range(100):
        s = (low + high) / 2
        if (1 + s) ** 2 * lam_min > (1 - s) ** 2 * lam_max:
            high = s
        else:
            low = s
    s = (low + high) / 2
    return (1 + s) ** 2 / lam_max, s**2

# %% wrong polyak_constants: returns beta first and lr second
import math


def polyak_constants(lam_min, lam_max):
    s = math.sqrt(lam_max) + math.sqrt(lam_min)
    d = math.sqrt(lam_max) - math.sqrt(lam_min)
    lr = 4 / s**2
    beta = (d / s) ** 2
    return beta, lr

# %% wrong polyak_constants: gives sqrt(beta) in place of beta, the square is missing
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    return 4 / (a + b) ** 2, (b - a) / (b + a)

# %% wrong polyak_constants: lr = 1 / (sqrt(L) + sqrt(mu))**2, the factor 4 is missing
import math


def polyak_constants(lam_min, lam_max):
    root_sum = math.sqrt(lam_min) + math.sqrt(lam_max)
    beta = ((math.sqrt(lam_max) - math.sqrt(lam_min)) / root_sum) ** 2
    lr = (1 / root_sum) ** 2
    return lr, beta

# %% wrong polyak_constants: gives sqrt(lr) = 2 / (sqrt(L) + sqrt(mu)) in place of lr, the square is missing
import math


def polyak_constants(lam_min, lam_max):
    low = math.sqrt(lam_min)
    high = math.sqrt(lam_max)
    lr = 2 / (low + high)
    beta = ((high - low) / (high + low)) ** 2
    return lr, beta

# %% wrong polyak_constants: the square roots of the curvatures are missing in lr and in beta
def polyak_constants(lam_min, lam_max):
    lr = 4 / (lam_max + lam_min) ** 2
    beta = ((lam_max - lam_min) / (lam_max + lam_min)) ** 2
    return lr, beta

# %% wrong polyak_constants: lr = 2 / (mu + L), the best rate of plain descent, beside Polyak's beta
import math


def polyak_constants(lam_min, lam_max):
    kappa = lam_max / lam_min
    beta = ((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)) ** 2
    lr = 2 / (lam_min + lam_max)
    return lr, beta

# %% wrong polyak_constants: gives the constants of Nesterov's method, 1 / L and (sqrt(kappa) - 1) / (sqrt(kappa) + 1)
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    return 1 / lam_max, (root - 1) / (root + 1)

# %% wrong polyak_constants: puts beta where sqrt(beta) belongs in the equation for lr
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = (1 + beta) ** 2 / lam_max
    return lr, beta

# %% wrong polyak_constants: takes the largest curvature to be 1 in lr, which depends on the condition number only
import math


def polyak_constants(lam_min, lam_max):
    kappa = lam_max / lam_min
    root_beta = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    lr = (1 + root_beta) ** 2
    return lr, root_beta**2

# %% wrong polyak_constants: the two ends are swapped in the equation for lr, (1 - sqrt(beta))**2 is divided by L
import math


def polyak_constants(lam_min, lam_max):
    root_beta = (math.sqrt(lam_max) - math.sqrt(lam_min)) / (math.sqrt(lam_max) + math.sqrt(lam_min))
    lr = (1 - root_beta) ** 2 / lam_max
    return lr, root_beta**2
