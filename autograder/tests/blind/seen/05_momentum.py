# %% right ewa: the loop of the hint, list and torch.stack
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)

# %% right ewa: fills a preallocated tensor and looks at the row before
import torch


def ewa(values, *, beta):
    averages = torch.zeros_like(values)
    for t in range(values.shape[0]):
        if t == 0:
            averages[t] = (1 - beta) * values[t]
        else:
            averages[t] = beta * averages[t - 1] + (1 - beta) * values[t]
    return averages

# %% right ewa: lower triangular matrix of weights times the flattened series
import torch


def ewa(values, *, beta):
    n = len(values)
    days = torch.arange(n, dtype=values.dtype)
    age = days[:, None] - days[None, :]
    weights = torch.where(age >= 0, (1 - beta) * beta ** age.clamp(min=0), torch.zeros_like(age))
    return (weights @ values.reshape(n, -1)).reshape(values.shape)

# %% right ewa: the written out sum, one weighted sum over the past for each t
import torch


def ewa(values, *, beta):
    result = torch.empty_like(values)
    for t in range(1, len(values) + 1):
        w = torch.tensor([(1 - beta) * beta ** k for k in range(t)], dtype=values.dtype)
        past = values[:t].flip(0)
        result[t - 1] = torch.tensordot(w, past, dims=1)
    return result

# %% right ewa: done in numpy and turned back into a tensor of the same type
import torch

import numpy as np


def ewa(values, *, beta):
    x = values.detach().numpy()
    v = np.zeros_like(x[0])
    rows = []
    for row in x:
        v = beta * v + (1.0 - beta) * row
        rows.append(v)
    return torch.from_numpy(np.stack(rows)).to(values.dtype)

# %% right ewa: rearranged, the average moves a share 1 - beta of the way to the new value
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = torch.zeros_like(values)
    for t, x in enumerate(values):
        v = v + (1 - beta) * (x - v)
        out[t] = v
    return out

# %% right ewa: itertools.accumulate with a zero as the start, which is cut off again
import torch

from itertools import accumulate


def ewa(values, *, beta):
    start = torch.zeros_like(values[0])
    steps = list(accumulate(values, lambda v, x: v * beta + x * (1 - beta), initial=start))
    return torch.stack(steps[1:])

# %% right ewa: works in place on a scaled copy

def ewa(values, *, beta):
    out = values.clone()
    out *= 1 - beta
    for t in range(1, len(out)):
        out[t] += beta * out[t - 1]
    return out

# %% wrong ewa: beta and 1 - beta are swapped, so the new value counts with beta
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = (1 - beta) * v + beta * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: the factor 1 - beta on the new value is missing, so it is a fading sum
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: the average starts at the first value where a start at zero is asked
import torch


def ewa(values, *, beta):
    v = values[0]
    out = [v]
    for x in values[1:]:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: appends the average before it is updated, so every row is one value late
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        out.append(v)
        v = beta * v + (1 - beta) * x
    return torch.stack(out)

# %% wrong ewa: returns only the last average and not the whole series
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    for x in values:
        v = beta * v + (1 - beta) * x
    return v

# %% wrong ewa: returns a Python list of tensors where one tensor is asked
import torch


def ewa(values, *, beta):
    averages = []
    v = torch.zeros_like(values[0])
    for x in values:
        v = beta * v + (1 - beta) * x
        averages.append(v)
    return averages

# %% wrong ewa: updates one tensor in place and appends it each time, so all rows are the last average
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v *= beta
        v += (1 - beta) * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: collects in a torch.zeros of the default type, so float64 values come back as float32
import torch


def ewa(values, *, beta):
    out = torch.zeros(values.shape)
    v = 0.0
    for t in range(len(values)):
        v = beta * v + (1 - beta) * values[t]
        out[t] = v
    return out

# %% wrong ewa: the result keeps the zero of the start as its first row and so has T + 1 rows
import torch


def ewa(values, *, beta):
    v = [torch.zeros_like(values[0])]
    for x in values:
        v.append(beta * v[-1] + (1 - beta) * x)
    return torch.stack(v)

# %% wrong ewa: beta is ignored, 0.9 is written in its place
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = 0.9 * v + 0.1 * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa: writes the averages into the caller's tensor

def ewa(values, *, beta):
    values[0] = (1 - beta) * values[0]
    for t in range(1, len(values)):
        values[t] = beta * values[t - 1] + (1 - beta) * values[t]
    return values

# %% wrong ewa: mixes today with yesterday's value and not with yesterday's average
import torch


def ewa(values, *, beta):
    out = torch.zeros_like(values)
    previous = torch.zeros_like(values[0])
    for t, x in enumerate(values):
        out[t] = beta * previous + (1 - beta) * x
        previous = x
    return out

# %% wrong ewa: plain mean over a window of the last 1 / (1 - beta) values
import torch


def ewa(values, *, beta):
    window = max(1, round(1 / (1 - beta)))
    out = torch.zeros_like(values)
    for t in range(len(values)):
        out[t] = values[max(0, t - window + 1):t + 1].mean(dim=0)
    return out

# %% wrong ewa: divides by 1 - beta ** t, which is the corrected average of the next exercise
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta ** t))
    return torch.stack(out)

# %% wrong ewa: turns each value into one float, so it fails when the values are vectors
import torch


def ewa(values, *, beta):
    v = 0.0
    out = []
    for x in values:
        v = beta * v + (1 - beta) * float(x)
        out.append(v)
    return torch.tensor(out, dtype=values.dtype)

# %% wrong ewa: averages along the last axis where the first is asked, which differs for two axes and more
import torch


def ewa(values, *, beta):
    out = torch.zeros_like(values)
    v = torch.zeros_like(values[..., 0])
    for t in range(values.shape[-1]):
        v = beta * v + (1 - beta) * values[..., t]
        out[..., t] = v
    return out

# %% corner ewa: divides by powers of beta, which gives nan for beta = 0
import torch


def ewa(values, *, beta):
    t = torch.arange(len(values), dtype=torch.float64).reshape(-1, *[1] * (values.ndim - 1))
    scale = beta ** t
    return ((1 - beta) * scale * torch.cumsum(values / scale, dim=0)).to(values.dtype)

# %% right ewa_corrected: one loop with enumerate from 1
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta ** t))
    return torch.stack(out)

# %% right ewa_corrected: calls ewa and divides all rows at once
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
    t = torch.arange(1, len(values) + 1, dtype=torch.float64)
    correction = (1 - beta ** t).to(values.dtype)
    return averages / correction.view([-1] + [1] * (values.ndim - 1))

# %% right ewa_corrected: keeps the sum of the weights beside the average, without any power
import torch


def ewa_corrected(values, *, beta):
    total = torch.zeros_like(values[0])
    weight = 0.0
    result = torch.empty_like(values)
    for t in range(values.shape[0]):
        total = beta * total + (1 - beta) * values[t]
        weight = beta * weight + (1 - beta)
        result[t] = total / weight
    return result

# %% right ewa_corrected: rearranged into a running mean with the rate (1 - beta) / (1 - beta^t)
import torch


def ewa_corrected(values, *, beta):
    mean = values[0].clone()
    out = [mean]
    for t in range(2, len(values) + 1):
        rate = (1 - beta) / (1 - beta ** t)
        mean = mean + rate * (values[t - 1] - mean)
        out.append(mean)
    return torch.stack(out)

# %% right ewa_corrected: matrix of weights beta^age, each row divided by its sum, with einsum
import torch


def ewa_corrected(values, *, beta):
    t = torch.arange(len(values))
    age = t.unsqueeze(1) - t.unsqueeze(0)
    weights = torch.tril(torch.pow(torch.tensor(beta, dtype=torch.float64), age.clamp(min=0)))
    weights = weights / weights.sum(dim=1, keepdim=True)
    return torch.einsum("ts,s...->t...", weights.to(values.dtype), values)

# %% right ewa_corrected: numpy, with the power of beta carried along
import numpy as np
import torch


def ewa_corrected(values, *, beta):
    x = values.detach().numpy()
    answer = np.zeros_like(x)
    v = np.zeros_like(x[0])
    power = 1.0
    for i in range(x.shape[0]):
        v = beta * v + (1 - beta) * x[i]
        power *= beta
        answer[i] = v / (1 - power)
    return torch.from_numpy(answer)

# %% right ewa_corrected: fills a tensor with ewa's recursion and divides it row by row in place

def ewa_corrected(values, *, beta):
    out = (1 - beta) * values
    for t in range(1, len(out)):
        out[t] += beta * out[t - 1]
    for t in range(len(out)):
        out[t] /= 1 - beta ** (t + 1)
    return out

# %% wrong ewa_corrected: counts t from 0, so the first row is divided by zero and the others too strongly
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta ** t))
    return torch.stack(out)

# %% wrong ewa_corrected: the exponent is t + 1 where t is asked, so even the first row is too small
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta ** (t + 1)))
    return torch.stack(out)

# %% wrong ewa_corrected: divides every row by 1 - beta, the power t is missing
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta))
    return torch.stack(out)

# %% wrong ewa_corrected: the recursion goes on with the corrected average and not with the uncorrected one
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        v = v / (1 - beta ** t)
        out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: multiplies by 1 - beta^t where it should divide
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = torch.zeros_like(values)
    for t in range(len(values)):
        v = beta * v + (1 - beta) * values[t]
        out[t] = v * (1 - beta ** (t + 1))
    return out

# %% wrong ewa_corrected: divides all rows by 1 - beta^T with the length T of the series
import torch


def ewa(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for x in values:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)

def ewa_corrected(values, *, beta):
    return ewa(values, beta=beta) / (1 - beta ** len(values))

# %% wrong ewa_corrected: the correction is 1 - (1 - beta)^t, with 1 - beta in the place of beta
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    alpha = 1 - beta
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + alpha * x
        out.append(v / (1 - alpha ** t))
    return torch.stack(out)

# %% wrong ewa_corrected: computes the corrected average but collects the uncorrected one
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        v_hat = v / (1 - beta ** t)
        out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: starts the average at the first value in place of correcting a start from zero
import torch


def ewa_corrected(values, *, beta):
    v = values[0]
    out = [v]
    for x in values[1:]:
        v = beta * v + (1 - beta) * x
        out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: starts from the first value and divides by 1 - beta^t as well, so it is corrected twice
import torch


def ewa_corrected(values, *, beta):
    v = values[0].clone()
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta ** t))
    return torch.stack(out)

# %% wrong ewa_corrected: the divisor is 1 - beta * t, a product where a power is asked
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 - beta * t))
    return torch.stack(out)

# %% wrong ewa_corrected: lays the correction along the last axis, so it is right for one axis only
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
    return ewa(values, beta=beta) / (1 - beta ** t)

# %% wrong ewa_corrected: the recursion lacks the factor 1 - beta, so all rows are too large by 1 / (1 - beta)
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + x
        out.append(v / (1 - beta ** t))
    return torch.stack(out)

# %% wrong ewa_corrected: only the first row is corrected, the later ones are left as they are
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values):
        v = beta * v + (1 - beta) * x
        if t == 0:
            out.append(x)
        else:
            out.append(v)
    return torch.stack(out)

# %% wrong ewa_corrected: returns only the corrected average after the last value
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    t = 0
    for x in values:
        t += 1
        v = beta * v + (1 - beta) * x
        v_hat = v / (1 - beta ** t)
    return v_hat

# %% wrong ewa_corrected: the divisor is 1 + beta^t, a plus where a minus is asked
import torch


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / (1 + beta ** t))
    return torch.stack(out)

# %% corner ewa_corrected: takes the logarithm of beta, which raises for beta = 0
import torch

import math


def ewa_corrected(values, *, beta):
    v = torch.zeros_like(values[0])
    out = []
    for t, x in enumerate(values, start=1):
        v = beta * v + (1 - beta) * x
        out.append(v / -math.expm1(t * math.log(beta)))
    return torch.stack(out)

# %% right momentum_step: the form taught here, two lines

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + v, {"velocity": v}

# %% right momentum_step: torch's form, b <- beta b + g, theta <- theta - lr b

def momentum_step(theta, grad, state, *, lr, beta):
    b = beta * state["velocity"] + grad
    new_theta = theta - lr * b
    return new_theta, {"velocity": b}

# %% right momentum_step: averaged form, m <- beta m + (1 - beta) g, theta <- theta - lr m

def momentum_step(theta, grad, state, *, lr, beta):
    m = state["velocity"]
    m = beta * m + (1 - beta) * grad
    theta = theta - lr * m
    return theta, {"velocity": m}

# %% right momentum_step: taught form with the sign of v turned round throughout

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] + lr * grad
    return theta - v, {"velocity": v}

# %% right momentum_step: torch's form with the sign turned round throughout

def momentum_step(theta, grad, state, *, lr, beta):
    velocity = state["velocity"] * beta - grad
    return theta + lr * velocity, {"velocity": velocity}

# %% right momentum_step: averaged form with the sign turned round throughout

def momentum_step(theta, grad, state, *, lr, beta):
    m = beta * state["velocity"] - (1 - beta) * grad
    return theta + lr * m, {"velocity": m}

# %% right momentum_step: works in place, but on clones

def momentum_step(theta, grad, state, *, lr, beta):
    v = state["velocity"].clone()
    v *= beta
    v -= lr * grad
    point = theta.clone()
    point += v
    new_state = dict(state)
    new_state["velocity"] = v
    return point, new_state

# %% right momentum_step: numpy inside, tensors of the old type outside
import numpy as np
import torch


def momentum_step(theta, grad, state, *, lr, beta):
    lr, beta = np.asarray(lr), np.asarray(beta)
    v = beta * state["velocity"].detach().numpy() - lr * grad.detach().numpy()
    p = theta.detach().numpy() + v
    return torch.as_tensor(p).to(theta.dtype), {"velocity": torch.as_tensor(v).to(theta.dtype)}

# %% right momentum_step: moves theta by all the terms at once in a helper, the velocity is computed beside it

def roll(theta, velocity, push, keep):
    return theta + keep * velocity - push

def momentum_step(theta, grad, state, *, lr, beta):
    new = roll(theta, state["velocity"], lr * grad, beta)
    return new, {"velocity": beta * state["velocity"] - lr * grad}

# %% wrong momentum_step: the point moves by the old velocity, the new one is only stored

def momentum_step(theta, grad, state, *, lr, beta):
    v = state["velocity"]
    new_theta = theta + v
    new_v = beta * v - lr * grad
    return new_theta, {"velocity": new_v}

# %% wrong momentum_step: plus lr times the gradient and plus v, so it climbs

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] + lr * grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: the learning rate counts twice, in the velocity and in the step

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + lr * v, {"velocity": v}

# %% wrong momentum_step: the learning rate is not used at all

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: returns the old state, the new velocity is lost

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta = theta + v
    return theta, state

# %% wrong momentum_step: the in-place operators on the velocity change the caller's tensor

def momentum_step(theta, grad, state, *, lr, beta):
    v = state["velocity"]
    v *= beta
    v -= lr * grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: writes the new velocity into the state dictionary that it was given

def momentum_step(theta, grad, state, *, lr, beta):
    state["velocity"] = beta * state["velocity"] - lr * grad
    return theta + state["velocity"], state

# %% wrong momentum_step: theta += v moves the caller's point

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta += v
    return theta, {"velocity": v}

# %% wrong momentum_step: the velocity keeps the share 1 - beta and not beta

def momentum_step(theta, grad, state, *, lr, beta):
    v = (1 - beta) * state["velocity"] - lr * grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: moves by beta times the new velocity minus lr times the gradient, which is Nesterov's step

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + beta * v - lr * grad, {"velocity": v}

# %% wrong momentum_step: returns the velocity itself as the second value and not a dictionary

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + v, v

# %% wrong momentum_step: returns only the new point

def momentum_step(theta, grad, state, *, lr, beta):
    velocity = beta * state["velocity"] - lr * grad
    return theta + velocity

# %% wrong momentum_step: the new state has the key "v" where "velocity" is asked

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + v, {"v": v}

# %% wrong momentum_step: keeps the velocity in a global variable and never reads the state

velocity = 0.0

def momentum_step(theta, grad, state, *, lr, beta):
    global velocity
    velocity = beta * velocity - lr * grad
    return theta + velocity, {"velocity": velocity}

# %% wrong momentum_step: beta also multiplies the gradient, v = beta * (v - lr g)

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * (state["velocity"] - lr * grad)
    return theta + v, {"velocity": v}

# %% wrong momentum_step: plain gradient descent, the stored velocity is neither kept nor used

def momentum_step(theta, grad, state, *, lr, beta):
    v = -lr * grad
    return theta + v, {"velocity": v}

# %% wrong momentum_step: forms mixed, lr is in the velocity as taught here, yet the step is - lr v

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    theta_new = theta - lr * v
    return theta_new, {"velocity": v}

# %% wrong momentum_step: the velocity is converted to float32, and so the result is exact to seven digits only

def momentum_step(theta, grad, state, *, lr, beta):
    v = (beta * state["velocity"] - lr * grad).float()
    return theta + v, {"velocity": v}

# %% wrong momentum_step: returns the state first and the point second

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return {"velocity": v}, theta + v

# %% right terminal_speed: the limit of the formula with vector_norm
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad) / (1 - beta)

# %% right terminal_speed: the limit velocity first, then its norm over all entries

def terminal_speed(grad, *, lr, beta):
    v = -lr * grad / (1 - beta)
    return v.norm()

# %% right terminal_speed: root of the sum of squares
import torch


def terminal_speed(grad, *, lr, beta):
    length = torch.sqrt((grad ** 2).sum())
    return length * (lr / (1 - beta))

# %% right terminal_speed: numpy, made into a tensor without axes at the end
import numpy as np
import torch


def terminal_speed(grad, *, lr, beta):
    g = grad.detach().numpy().ravel()
    speed = lr * float(np.sqrt(np.sum(g * g))) / (1.0 - beta)
    return torch.tensor(speed, dtype=grad.dtype)

# %% right terminal_speed: flattened gradient times itself

def terminal_speed(grad, *, lr, beta):
    flat = grad.flatten()
    return (flat @ flat).sqrt() * lr / (1 - beta)

# %% right terminal_speed: runs the recursion of the speed until it stands still
import math
import torch



def terminal_speed(grad, *, lr, beta):
    push = lr * math.sqrt(sum(g * g for g in grad.flatten().tolist()))
    speed = 0.0
    for _ in range(100_000):
        faster = beta * speed + push
        if faster == speed:
            break
        speed = faster
    return torch.tensor(speed, dtype=grad.dtype)

# %% right terminal_speed: solves v = beta v - lr g for each entry and adds the squares in a loop
import torch


def terminal_speed(grad, *, lr, beta):
    total = torch.zeros((), dtype=grad.dtype)
    for g in grad.reshape(-1):
        v = -lr * g / (1 - beta)
        total = total + v * v
    return total.sqrt()

# %% wrong terminal_speed: returns the velocity vector and not its norm

def terminal_speed(grad, *, lr, beta):
    return -lr * grad / (1 - beta)

# %% wrong terminal_speed: the learning rate is missing
import torch


def terminal_speed(grad, *, lr, beta):
    return torch.linalg.vector_norm(grad) / (1 - beta)

# %% wrong terminal_speed: lr times the norm without the division by 1 - beta, the speed of the averaged form
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad)

# %% wrong terminal_speed: multiplies by 1 - beta where it should divide
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad) * (1 - beta)

# %% wrong terminal_speed: divides by 1 + beta where 1 - beta is asked

def terminal_speed(grad, *, lr, beta):
    return lr * grad.norm() / (1 + beta)

# %% wrong terminal_speed: the square root of the norm is missing, it takes the sum of squares

def terminal_speed(grad, *, lr, beta):
    return lr * grad.square().sum() / (1 - beta)

# %% wrong terminal_speed: sum of the absolute values in place of the Euclidean norm

def terminal_speed(grad, *, lr, beta):
    return lr * grad.abs().sum() / (1 - beta)

# %% wrong terminal_speed: largest absolute entry in place of the Euclidean norm

def terminal_speed(grad, *, lr, beta):
    return lr * grad.abs().max() / (1 - beta)

# %% wrong terminal_speed: the norm is taken along the last axis only, so a matrix gives a vector of norms
import torch


def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad, dim=-1) / (1 - beta)

# %% wrong terminal_speed: norm with ord=2 is the largest singular value when the gradient is a matrix
import torch


def terminal_speed(grad, *, lr, beta):
    return lr / (1 - beta) * torch.linalg.norm(grad, ord=2)

# %% wrong terminal_speed: returns a Python float where a tensor is asked
import torch



def terminal_speed(grad, *, lr, beta):
    return lr * torch.linalg.vector_norm(grad).item() / (1 - beta)

# %% wrong terminal_speed: the answer has one axis of length 1
import torch


def terminal_speed(grad, *, lr, beta):
    norm = torch.linalg.vector_norm(grad)
    return torch.tensor([lr * norm / (1 - beta)], dtype=grad.dtype)

# %% wrong terminal_speed: keeps the minus sign of the velocity, so the speed is negative
import torch


def terminal_speed(grad, *, lr, beta):
    return -lr * torch.linalg.vector_norm(grad) / (1 - beta)

# %% wrong terminal_speed: root of the mean of squares where the sum is asked

def terminal_speed(grad, *, lr, beta):
    return lr * grad.square().mean().sqrt() / (1 - beta)

# %% wrong terminal_speed: stops after 10 steps, the term beta^10 is still there
import torch


def terminal_speed(grad, *, lr, beta):
    v = torch.zeros_like(grad)
    for _ in range(10):
        v = beta * v - lr * grad
    return torch.linalg.vector_norm(v)

# %% wrong terminal_speed: builds a new tensor of the default type, so a float64 gradient gives float32
import math
import torch



def terminal_speed(grad, *, lr, beta):
    squares = sum(g ** 2 for g in grad.flatten().tolist())
    return torch.tensor(lr * math.sqrt(squares) / (1 - beta))

# %% corner terminal_speed: adds the squares row by row, which fails for a gradient without axes

def terminal_speed(grad, *, lr, beta):
    total = sum(row @ row for row in grad.reshape(-1, grad.shape[-1]))
    return lr * total.sqrt() / (1 - beta)

# %% right nesterov_step: the formula as printed

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    v = beta * v - lr * grad_fn(theta + beta * v)
    return theta + v, {"velocity": v}

# %% right nesterov_step: torch.optim.SGD's form, which stores the look-ahead point

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    g = grad_fn(theta)
    b = beta * state["velocity"] + g
    return theta - lr * (g + beta * b), {"velocity": b}

# %% right nesterov_step: Keras's form, which stores the look-ahead point

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    g = grad_fn(theta)
    v = beta * state["velocity"] - lr * g
    return theta + beta * v - lr * g, {"velocity": v}

# %% right nesterov_step: plain descent from the look-ahead point, velocity as the difference of the points

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    ahead = theta + beta * state["velocity"]
    new = ahead - lr * grad_fn(ahead)
    return new, {"velocity": new - theta}

# %% right nesterov_step: the kept part of the velocity computed once and used twice

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    kept = state["velocity"] * beta
    look_ahead = theta + kept
    gradient = grad_fn(look_ahead)
    new_velocity = kept - lr * gradient
    new_theta = theta + new_velocity
    return new_theta, {"velocity": new_velocity}

# %% right nesterov_step: momentum_step called with the gradient of the look-ahead point

def momentum_step(theta, grad, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad
    return theta + v, {"velocity": v}

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    grad = grad_fn(theta + beta * state["velocity"])
    return momentum_step(theta, grad, state, lr=lr, beta=beta)

# %% right nesterov_step: in-place work on clones

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"].clone().mul_(beta)
    g = grad_fn(theta.clone().add_(v))
    v.sub_(lr * g)
    return theta.clone().add_(v), {**state, "velocity": v}

# %% right nesterov_step: numpy around the call of grad_fn
import torch


def nesterov_step(theta, grad_fn, state, *, lr, beta):
    p = theta.detach().numpy()
    v = state["velocity"].detach().numpy()
    g = grad_fn(torch.as_tensor(p + beta * v)).detach().numpy()
    v = beta * v - lr * g
    return torch.as_tensor(p + v), {"velocity": torch.as_tensor(v)}

# %% wrong nesterov_step: the gradient is taken at theta, which is plain momentum

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad_fn(theta)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: looks behind, the gradient is taken at theta - beta v

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta - beta * v)
    v = beta * v - lr * g
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: looks ahead by the whole velocity v, beta is missing in the look-ahead point

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + v)
    v = beta * v - lr * g
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: the point moves from the look-ahead point and not from theta, so beta v counts twice

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    look = theta + beta * v
    v = beta * v - lr * grad_fn(look)
    return look + v, {"velocity": v}

# %% wrong nesterov_step: adds lr times the gradient to the velocity, so it climbs

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    v = beta * v + lr * grad_fn(theta + beta * v)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: the new velocity keeps all of the old one, beta is used in the look-ahead point only

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    new_v = v - lr * grad_fn(theta + beta * v)
    return theta + new_v, {"velocity": new_v}

# %% wrong nesterov_step: the point moves by -lr g from theta, without the velocity

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + beta * v)
    v = beta * v - lr * g
    return theta - lr * g, {"velocity": v}

# %% wrong nesterov_step: torch's form with g and b exchanged, the step is lr (b + beta g)

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    g = grad_fn(theta)
    b = beta * state["velocity"] + g
    return theta - lr * (b + beta * g), {"velocity": b}

# %% wrong nesterov_step: Keras's form without the last term, the step is beta v and - lr g is missing

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    g = grad_fn(theta)
    v = beta * state["velocity"] - lr * g
    return theta + beta * v, {"velocity": v}

# %% wrong nesterov_step: updates the velocity with the gradient at theta first and then again with the one ahead

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = beta * state["velocity"] - lr * grad_fn(theta)
    v = beta * v - lr * grad_fn(theta + beta * v)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: theta += beta v shifts the caller's point, and the step then starts from there

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    theta += beta * v
    v = beta * v - lr * grad_fn(theta)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: torch's velocity with a look-ahead by beta b that lacks the factor - lr

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    b = state["velocity"]
    b = beta * b + grad_fn(theta + beta * b)
    return theta - lr * b, {"velocity": b}

# %% wrong nesterov_step: the look-ahead is shortened by lr, the gradient is taken at theta + lr beta v

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    v = beta * v - lr * grad_fn(theta + lr * beta * v)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: returns the old state, the new velocity is lost

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    look = theta + beta * state["velocity"]
    v = beta * state["velocity"] - lr * grad_fn(look)
    return theta + v, state

# %% wrong nesterov_step: stores the gradient as the new velocity

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    g = grad_fn(theta + beta * v)
    return theta + beta * v - lr * g, {"velocity": g}

# %% wrong nesterov_step: beta is ignored, 0.9 stands in its place

BETA = 0.9

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    v = BETA * v - lr * grad_fn(theta + BETA * v)
    return theta + v, {"velocity": v}

# %% wrong nesterov_step: the velocity is scaled in place, which changes the caller's state

def nesterov_step(theta, grad_fn, state, *, lr, beta):
    v = state["velocity"]
    v.mul_(beta)
    v.sub_(lr * grad_fn(theta + v))
    return theta + v, {"velocity": v}

# %% right convergence_rate: complex roots, the larger size, back to the type of lam
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum(((b + root) / 2).abs(), ((b - root) / 2).abs()).to(lam.dtype)

# %% right convergence_rate: the two regimes apart with torch.where
import math
import torch



def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b ** 2 - 4 * beta
    real = (b.abs() + disc.clamp(min=0).sqrt()) / 2
    return torch.where(disc < 0, torch.full_like(lam, math.sqrt(beta)), real)

# %% right convergence_rate: real formula with the negative part cut off, but never below the root of beta
import torch


def convergence_rate(lam, *, lr, beta):
    half = (1 + beta - lr * lam).abs() / 2
    larger = half + torch.relu(half * half - beta).sqrt()
    return larger.clamp(min=beta ** 0.5)

# %% right convergence_rate: loop over the entries with cmath
import torch

import cmath


def convergence_rate(lam, *, lr, beta):
    rates = []
    for value in lam.flatten().tolist():
        b = 1 + beta - lr * value
        d = cmath.sqrt(b * b - 4 * beta)
        rates.append(max(abs(b + d) / 2, abs(b - d) / 2))
    return torch.tensor(rates, dtype=lam.dtype).reshape(lam.shape)

# %% right convergence_rate: eigenvalues of the printed matrix, all of them in one batch
import torch


def convergence_rate(lam, *, lr, beta):
    matrix = torch.zeros(*lam.shape, 2, 2, dtype=torch.float64)
    matrix[..., 0, 0] = 1 + beta - lr * lam.double()
    matrix[..., 0, 1] = -beta
    matrix[..., 1, 0] = 1
    return torch.linalg.eigvals(matrix).abs().amax(dim=-1).to(lam.dtype)

# %% right convergence_rate: np.roots for each curvature
import numpy as np
import torch


def convergence_rate(lam, *, lr, beta):
    flat = lam.detach().numpy().astype(np.float64).ravel()
    radius = np.array([np.abs(np.roots([1.0, -(1 + beta - lr * x), beta])).max(initial=0.0) for x in flat])
    return torch.from_numpy(radius).to(lam.dtype).reshape(lam.shape)

# %% right convergence_rate: boolean masks on a tensor that is filled with the root of beta
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b * b - 4 * beta
    rate = torch.ones_like(lam) * beta ** 0.5
    real = disc >= 0
    rate[real] = 0.5 * (b[real].abs() + disc[real].sqrt())
    return rate

# %% right convergence_rate: case by case in plain floats with a helper
import math
import torch



def larger_root(b, beta):
    disc = b * b - 4 * beta
    if disc < 0:
        return math.sqrt(beta)
    return max(abs(b + math.sqrt(disc)), abs(b - math.sqrt(disc))) / 2

def convergence_rate(lam, *, lr, beta):
    out = torch.empty_like(lam).reshape(-1)
    for i, value in enumerate(lam.reshape(-1)):
        out[i] = larger_root(1 + beta - lr * value.item(), beta)
    return out.reshape(lam.shape)

# %% wrong convergence_rate: only the root with the plus sign, which is the smaller one where b is negative
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    z = (b + (b ** 2 - 4 * beta).sqrt()) / 2
    return z.abs().to(lam.dtype)

# %% wrong convergence_rate: real square root without care, so the complex regime gives nan
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    root = torch.sqrt(b ** 2 - 4 * beta)
    return torch.maximum((b + root).abs(), (b - root).abs()) / 2

# %% wrong convergence_rate: the discriminant is cut off at zero and the complex regime gives |b| / 2
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    root = (b ** 2 - 4 * beta).clamp(min=0).sqrt()
    return torch.maximum(((b + root) / 2).abs(), ((b - root) / 2).abs())

# %% wrong convergence_rate: the factor 1/2 of the roots is missing
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum((b + root).abs(), (b - root).abs()).to(lam.dtype)

# %% wrong convergence_rate: the sqrt of beta is returned for every curvature, real roots are forgotten
import math
import torch



def convergence_rate(lam, *, lr, beta):
    return torch.full_like(lam, math.sqrt(beta))

# %% wrong convergence_rate: the complex regime gives beta where its square root is asked
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b ** 2 - 4 * beta
    real = (b.abs() + disc.clamp(min=0).sqrt()) / 2
    return torch.where(disc < 0, torch.full_like(lam, beta), real)

# %% wrong convergence_rate: the condition of torch.where is reversed, each regime gets the other's formula
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam
    disc = b ** 2 - 4 * beta
    real = (b.abs() + disc.abs().sqrt()) / 2
    return torch.where(disc > 0, torch.full_like(lam, beta ** 0.5), real)

# %% wrong convergence_rate: plus in front of lr times lambda, b = 1 + beta + lr lam
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta + lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum(((b + root) / 2).abs(), ((b - root) / 2).abs()).to(lam.dtype)

# %% wrong convergence_rate: b lacks beta, it is 1 - lr lam
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 - lr * lam).to(torch.complex128)
    root = (b * b - 4 * beta).sqrt()
    roots = torch.stack([(b + root) / 2, (b - root) / 2])
    return roots.abs().amax(dim=0).to(lam.dtype)

# %% wrong convergence_rate: the discriminant is b^2 - beta, the factor 4 is missing
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = torch.sqrt(b ** 2 - beta)
    roots = torch.stack([(b + root) / 2, (b - root) / 2])
    return roots.abs().max(dim=0).values.to(lam.dtype)

# %% wrong convergence_rate: the matrix has + beta in its corner where - beta is asked
import torch


def convergence_rate(lam, *, lr, beta):
    matrix = torch.zeros(*lam.shape, 2, 2, dtype=lam.dtype)
    matrix[..., 0, 0] = 1 + beta - lr * lam
    matrix[..., 0, 1] = beta
    matrix[..., 1, 0] = 1
    return torch.linalg.eigvals(matrix).abs().amax(dim=-1)

# %% wrong convergence_rate: largest singular value of the matrix in place of its largest eigenvalue size
import torch


def convergence_rate(lam, *, lr, beta):
    matrix = torch.zeros(*lam.shape, 2, 2, dtype=lam.dtype)
    matrix[..., 0, 0] = 1 + beta - lr * lam
    matrix[..., 0, 1] = -beta
    matrix[..., 1, 0] = 1
    return torch.linalg.matrix_norm(matrix, ord=2)

# %% wrong convergence_rate: takes the smaller of the two sizes where the larger is asked
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.minimum(((b + root) / 2).abs(), ((b - root) / 2).abs()).to(lam.dtype)

# %% wrong convergence_rate: takes the real part of the roots where their size is asked
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum(((b + root) / 2).real, ((b - root) / 2).real).to(lam.dtype)

# %% wrong convergence_rate: returns one number, the worst rate over all curvatures
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    roots = torch.stack([(b + root) / 2, (b - root) / 2])
    return roots.abs().max().to(lam.dtype)

# %% wrong convergence_rate: the factor of plain gradient descent, |1 - lr lam|, without beta

def convergence_rate(lam, *, lr, beta):
    return (1 - lr * lam).abs()

# %% wrong convergence_rate: the learning rate is ignored, b = 1 + beta - lam
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum((b + root).abs(), (b - root).abs()).to(lam.dtype) / 2

# %% wrong convergence_rate: the rates come back as one flat row, a matrix of curvatures loses its shape
import cmath
import torch



def convergence_rate(lam, *, lr, beta):
    rates = []
    for value in lam.flatten().tolist():
        b = 1 + beta - lr * value
        d = cmath.sqrt(b * b - 4 * beta)
        rates.append(max(abs(b + d), abs(b - d)) / 2)
    return torch.tensor(rates, dtype=lam.dtype)

# %% wrong convergence_rate: calculates in complex64 and returns float32 for curvatures in float64
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex64)
    root = (b ** 2 - 4 * beta).sqrt()
    return torch.maximum(((b + root) / 2).abs(), ((b - root) / 2).abs())

# %% corner convergence_rate: divides beta by the smaller root, which gives nan for beta = 0
import torch


def convergence_rate(lam, *, lr, beta):
    b = (1 + beta - lr * lam).to(torch.complex128)
    root = (b ** 2 - 4 * beta).sqrt()
    smaller = torch.minimum(((b + root) / 2).abs(), ((b - root) / 2).abs())
    return (beta / smaller).to(lam.dtype)

# %% corner convergence_rate: negative curvatures are set to zero first
import torch


def convergence_rate(lam, *, lr, beta):
    b = 1 + beta - lr * lam.clamp(min=0)
    disc = b ** 2 - 4 * beta
    real = (b.abs() + disc.clamp(min=0).sqrt()) / 2
    return torch.where(disc < 0, torch.full_like(lam, beta ** 0.5), real)

# %% right polyak_constants: closed form with the roots of both curvatures
import math


def polyak_constants(lam_min, lam_max):
    small, large = math.sqrt(lam_min), math.sqrt(lam_max)
    return (2 / (large + small)) ** 2, ((large - small) / (large + small)) ** 2

# %% right polyak_constants: beta by the condition number, then the rate from the upper edge
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = (1 + math.sqrt(beta)) ** 2 / lam_max
    return lr, beta

# %% right polyak_constants: the rate first, then beta from the lower edge
def polyak_constants(lam_min, lam_max):
    lr = 4 / (lam_min ** 0.5 + lam_max ** 0.5) ** 2
    beta = (1 - (lr * lam_min) ** 0.5) ** 2
    return lr, beta

# %% right polyak_constants: linear system for the roots of lr and beta, solved by numpy
import numpy as np


def polyak_constants(lam_min, lam_max):
    matrix = np.array([[np.sqrt(lam_min), 1.0], [np.sqrt(lam_max), -1.0]])
    root_lr, root_beta = np.linalg.solve(matrix, np.ones(2))
    return float(root_lr ** 2), float(root_beta ** 2)

# %% right polyak_constants: torch in float64 and .item() at the end
import torch


def polyak_constants(lam_min, lam_max):
    mu, L = torch.tensor([lam_min, lam_max], dtype=torch.float64).sqrt()
    lr = (2 / (L + mu)).square()
    beta = ((L - mu) / (L + mu)).square()
    return lr.item(), beta.item()

# %% right polyak_constants: squares multiplied out, with the geometric mean of the curvatures
import math


def polyak_constants(lam_min, lam_max):
    cross = 2 * math.sqrt(lam_min * lam_max)
    total = lam_min + lam_max
    lr = 4 / (total + cross)
    beta = 1 - 2 * cross / (total + cross)
    return (lr, beta)

# %% right polyak_constants: bisection for the root of beta

def polyak_constants(lam_min, lam_max):
    kappa = lam_max / lam_min
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if (1 + middle) ** 2 < kappa * (1 - middle) ** 2:
            low = middle
        else:
            high = middle
    r = (low + high) / 2
    return (1 + r) ** 2 / lam_max, r ** 2

# %% wrong polyak_constants: the square of beta is missing, it returns the root of beta
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    return (2 / (a + b)) ** 2, (b - a) / (b + a)

# %% wrong polyak_constants: the square of the rate is missing, it returns the root of lr
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    lr = 2 / (a + b)
    beta = ((b - a) / (b + a)) ** 2
    return lr, beta

# %% wrong polyak_constants: beta comes first and lr second
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    lr = (2 / (a + b)) ** 2
    beta = ((b - a) / (b + a)) ** 2
    return beta, lr

# %% wrong polyak_constants: the rate is the best one of plain descent, 2 / (mu + L)
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    return 2 / (lam_min + lam_max), ((root - 1) / (root + 1)) ** 2

# %% wrong polyak_constants: beta uses the condition number itself where its square root is asked
import math


def polyak_constants(lam_min, lam_max):
    kappa = lam_max / lam_min
    lr = (2 / (math.sqrt(lam_max) + math.sqrt(lam_min))) ** 2
    beta = ((kappa - 1) / (kappa + 1)) ** 2
    return lr, beta

# %% wrong polyak_constants: Nesterov's constants, lr = 1/L and beta = (root kappa - 1)/(root kappa + 1)
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    return 1 / lam_max, (root - 1) / (root + 1)

# %% wrong polyak_constants: the 2 of the rate is not squared, lr = 2 / (root mu + root L)^2
import math


def polyak_constants(lam_min, lam_max):
    s = math.sqrt(lam_min) + math.sqrt(lam_max)
    d = math.sqrt(lam_max) - math.sqrt(lam_min)
    return 2 / s ** 2, (d / s) ** 2

# %% wrong polyak_constants: the rate's denominator is mu + L, the mixed term of the square is missing
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    lr = 4 / (a ** 2 + b ** 2)
    beta = ((b - a) / (b + a)) ** 2
    return lr, beta

# %% wrong polyak_constants: the rate divides by the difference of the roots where their sum is asked
import math


def polyak_constants(lam_min, lam_max):
    total = math.sqrt(lam_max) + math.sqrt(lam_min)
    difference = math.sqrt(lam_max) - math.sqrt(lam_min)
    lr = (2 / difference) ** 2
    beta = (difference / total) ** 2
    return lr, beta

# %% wrong polyak_constants: the rate is that for a largest curvature of 1, the size of lam_max is lost
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = (1 + math.sqrt(beta)) ** 2
    return lr, beta

# %% wrong polyak_constants: pairs the lower edge (1 - root beta)^2 with the largest curvature
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = (1 - math.sqrt(beta)) ** 2 / lam_max
    return lr, beta

# %% wrong polyak_constants: the condition number is found by integer division
import math


def polyak_constants(lam_min, lam_max):
    kappa = lam_max // lam_min
    lr = 4 / (math.sqrt(lam_max) + math.sqrt(lam_min)) ** 2
    beta = ((math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)) ** 2
    return lr, beta

# %% wrong polyak_constants: puts beta where its root belongs when it takes the rate from the upper edge
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = (1 + beta) ** 2 / lam_max
    return lr, beta

# %% wrong polyak_constants: takes no square roots of the curvatures, neither in lr nor in beta
def polyak_constants(lam_min, lam_max):
    lr = (2 / (lam_max + lam_min)) ** 2
    beta = ((lam_max - lam_min) / (lam_max + lam_min)) ** 2
    return lr, beta

# %% wrong polyak_constants: returns a dictionary where a pair is asked
import math


def polyak_constants(lam_min, lam_max):
    a, b = math.sqrt(lam_min), math.sqrt(lam_max)
    return {"lr": (2 / (a + b)) ** 2, "beta": ((b - a) / (b + a)) ** 2}

# %% wrong polyak_constants: returns only beta
import math


def polyak_constants(lam_min, lam_max):
    root = math.sqrt(lam_max / lam_min)
    lr = 4 / (math.sqrt(lam_max) + math.sqrt(lam_min)) ** 2
    beta = ((root - 1) / (root + 1)) ** 2
    return beta
