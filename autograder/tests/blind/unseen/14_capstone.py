# %% right step_all: loop over zip with two appends
def step_all(step, parameters, grads, states, **hyper):
    new_parameters, new_states = [], []
    for theta, grad, state in zip(parameters, grads, states):
        theta, state = step(theta, grad, state, **hyper)
        new_parameters.append(theta)
        new_states.append(state)
    return new_parameters, new_states


# %% right step_all: comprehension of pairs that is taken apart by two more comprehensions
def step_all(step, parameters, grads, states, **hyper):
    pairs = [step(*three, **hyper) for three in zip(parameters, grads, states, strict=True)]
    return [theta for theta, _ in pairs], [state for _, state in pairs]


# %% right step_all: map with a partial, then zip(*…) made into lists
from functools import partial


def step_all(step, parameters, grads, states, **hyper):
    moved = map(partial(step, **hyper), parameters, grads, states)
    thetas, news = zip(*moved)
    return list(thetas), list(news)


# %% right step_all: preallocated lists filled by index
def step_all(step, parameters, grads, states, **hyper):
    n = len(parameters)
    out, memory = [None] * n, [None] * n
    for i in range(n):
        result = step(parameters[i], grads[i], states[i], **hyper)
        out[i] = result[0]
        memory[i] = result[1]
    return out, memory


# %% right step_all: shallow copies of the lists and of each state, then the copies are overwritten
def step_all(step, parameters, grads, states, **hyper):
    parameters = list(parameters)
    states = [dict(state) for state in states]
    for i, grad in enumerate(grads):
        parameters[i], states[i] = step(parameters[i], grad, states[i], **hyper)
    return parameters, states


# %% wrong step_all: every tensor is moved by the first one's gradient
def step_all(step, parameters, grads, states, **hyper):
    new_parameters, new_states = [], []
    for theta, state in zip(parameters, states):
        theta, state = step(theta, grads[0], state, **hyper)
        new_parameters.append(theta)
        new_states.append(state)
    return new_parameters, new_states


# %% wrong step_all: the state that one tensor returns is handed on to the next tensor
def step_all(step, parameters, grads, states, **hyper):
    new_parameters, new_states = [], []
    state = states[0]
    for theta, grad in zip(parameters, grads):
        theta, state = step(theta, grad, state, **hyper)
        new_parameters.append(theta)
        new_states.append(state)
    return new_parameters, new_states


# %% wrong step_all: only the rate is passed on, other hyperparameters are lost
def step_all(step, parameters, grads, states, **hyper):
    pairs = [step(p, g, s, lr=hyper["lr"]) for p, g, s in zip(parameters, grads, states)]
    return [p for p, _ in pairs], [s for _, s in pairs]


# %% wrong step_all: hyperparameters are passed on by position instead of by name
def step_all(step, parameters, grads, states, **hyper):
    pairs = [step(p, g, s, *hyper.values()) for p, g, s in zip(parameters, grads, states)]
    return [p for p, _ in pairs], [s for _, s in pairs]


# %% wrong step_all: the given lists are overwritten and returned
def step_all(step, parameters, grads, states, **hyper):
    for i in range(len(parameters)):
        parameters[i], states[i] = step(parameters[i], grads[i], states[i], **hyper)
    return parameters, states


# %% wrong step_all: the old states are returned, since the new one is thrown away
def step_all(step, parameters, grads, states, **hyper):
    moved = [step(p, g, s, **hyper)[0] for p, g, s in zip(parameters, grads, states)]
    return moved, states


# %% wrong step_all: a list of pairs comes back, not two lists
def step_all(step, parameters, grads, states, **hyper):
    return [step(p, g, s, **hyper) for p, g, s in zip(parameters, grads, states)]


# %% wrong step_all: the new values are copied into the given tensors
def step_all(step, parameters, grads, states, **hyper):
    new_states = []
    for theta, grad, state in zip(parameters, grads, states):
        moved, state = step(theta, grad, state, **hyper)
        theta.copy_(moved)
        new_states.append(state)
    return list(parameters), new_states


# %% wrong step_all: the lists are built from behind with append, so the order is reversed
def step_all(step, parameters, grads, states, **hyper):
    new_parameters, new_states = [], []
    for i in range(len(parameters) - 1, -1, -1):
        theta, state = step(parameters[i], grads[i], states[i], **hyper)
        new_parameters.append(theta)
        new_states.append(state)
    return new_parameters, new_states


# %% corner step_all: for a single tensor the bare result of the step comes back, without lists
def step_all(step, parameters, grads, states, **hyper):
    if len(parameters) == 1:
        return step(parameters[0], grads[0], states[0], **hyper)
    pairs = [step(p, g, s, **hyper) for p, g, s in zip(parameters, grads, states)]
    return [p for p, _ in pairs], [s for _, s in pairs]


# %% right train_pass: backward line by line, with the compact form of the normalization
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = len(x)
    h = x
    cache = []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        root = torch.sqrt(z.var(dim=0, unbiased=False) + eps)
        u = (z - z.mean(dim=0)) / root
        y = layer["gamma"] * u + layer["beta"]
        cache.append((h, u, root, y, mask))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    scores = h @ last["weight"].T + last["bias"]
    log_p = torch.log_softmax(scores, dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, (before, u, root, y, mask) in zip(reversed(layers[:-1]), reversed(cache)):
        g = delta * mask / keep * (y > 0)
        beta, gamma = g.sum(dim=0), (g * u).sum(dim=0)
        dz = layer["gamma"] / root * (g - beta / n - u * gamma / n)
        grads.insert(0, {"weight": dz.T @ before, "gamma": gamma, "beta": beta})
        delta = dz @ layer["weight"]
    return loss, grads


# %% right train_pass: detached copies that require gradients, and torch.autograd.grad
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    names = [("weight", "gamma", "beta")] * (len(layers) - 1) + [("weight", "bias")]
    copies = [{k: layer[k].detach().clone().requires_grad_() for k in keys} for layer, keys in zip(layers, names)]
    h = x
    for layer, mask in zip(copies, masks):
        z = h @ layer["weight"].T
        centred = z - z.mean(0, keepdim=True)
        var = (centred * centred).mean(0, keepdim=True)
        y = layer["gamma"] * centred / (var + eps).sqrt() + layer["beta"]
        h = torch.relu(y) * mask / keep
    scores = h @ copies[-1]["weight"].T + copies[-1]["bias"]
    loss = (scores.logsumexp(dim=1) - scores[torch.arange(len(x)), labels]).mean()
    flat = [layer[k] for layer, keys in zip(copies, names) for k in keys]
    slopes = iter(torch.autograd.grad(loss, flat))
    return loss.detach(), [{k: next(slopes) for k in keys} for keys in names]


# %% right train_pass: library functions for all layers, backward() on leaves of its own
import torch
import torch.nn.functional as F


def train_pass(x, labels, layers, masks, *, keep, eps):
    leaves = []
    out = x
    for number, layer in enumerate(layers):
        hidden = number < len(layers) - 1
        keys = ["weight", "gamma", "beta"] if hidden else ["weight", "bias"]
        own = {key: layer[key].clone().detach().requires_grad_(True) for key in keys}
        leaves.append(own)
        if hidden:
            out = F.linear(out, own["weight"])
            out = F.batch_norm(out, None, None, own["gamma"], own["beta"], training=True, eps=eps)
            out = F.relu(out) * (masks[number] / keep)
        else:
            out = F.linear(out, own["weight"], own["bias"])
    loss = F.cross_entropy(out, labels)
    loss.backward()
    return loss.detach(), [{key: value.grad for key, value in own.items()} for own in leaves]


# %% right train_pass: all in numpy with the three paths through mean and variance, and back to torch
import numpy as np
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    kind = layers[-1]["weight"].dtype
    arr = lambda t: t.detach().numpy()
    n, lab = x.shape[0], arr(labels)
    inputs, memory = [arr(x)], []
    for i in range(len(layers) - 1):
        w, g, b = (arr(layers[i][k]) for k in ("weight", "gamma", "beta"))
        z = inputs[-1] @ w.T
        mu, var = z.mean(axis=0), z.var(axis=0)
        hat = (z - mu) / np.sqrt(var + eps)
        y = g * hat + b
        memory.append((z, mu, var, hat, y))
        inputs.append(np.maximum(y, 0) * arr(masks[i]) / keep)
    w, b = arr(layers[-1]["weight"]), arr(layers[-1]["bias"])
    s = inputs[-1] @ w.T + b
    s = s - s.max(axis=1, keepdims=True)
    p = np.exp(s)
    total = p.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - s[np.arange(n), lab])
    d = (p / total - np.eye(w.shape[0])[lab]) / n
    grads = [None] * len(layers)
    grads[-1] = {"weight": d.T @ inputs[-1], "bias": d.sum(axis=0)}
    d = d @ w
    for i in range(len(layers) - 2, -1, -1):
        w, g = arr(layers[i]["weight"]), arr(layers[i]["gamma"])
        z, mu, var, hat, y = memory[i]
        dy = np.where(y > 0, d * arr(masks[i]) / keep, 0)
        dhat = dy * g
        dvar = (dhat * (z - mu) * -0.5 * (var + eps) ** -1.5).sum(axis=0)
        dmu = -(dhat / np.sqrt(var + eps)).sum(axis=0)
        dz = dhat / np.sqrt(var + eps) + dvar * 2 * (z - mu) / n + dmu / n
        grads[i] = {"weight": dz.T @ inputs[i], "gamma": (dy * hat).sum(axis=0), "beta": dy.sum(axis=0)}
        d = dz @ w
    return torch.tensor(loss, dtype=kind), [{k: torch.as_tensor(v).to(kind) for k, v in gr.items()} for gr in grads]


# %% right train_pass: torch.func.grad_and_value of a pure loss function
import torch
from torch.func import grad_and_value


def train_pass(x, labels, layers, masks, *, keep, eps):
    def cost(net):
        h = x
        for (w, gamma, beta), mask in zip(net[:-1], masks):
            z = h @ w.T
            var, mean = torch.var_mean(z, dim=0, correction=0)
            h = torch.relu(gamma * (z - mean) * torch.rsqrt(var + eps) + beta) * mask / keep
        w, b = net[-1]
        return -torch.log_softmax(h @ w.T + b, dim=-1).gather(1, labels[:, None]).mean()

    net = [(l["weight"], l["gamma"], l["beta"]) for l in layers[:-1]] + [(layers[-1]["weight"], layers[-1]["bias"])]
    g, value = grad_and_value(cost)(net)
    return value, [dict(zip(("weight", "gamma", "beta"), t)) for t in g[:-1]] + [dict(zip(("weight", "bias"), g[-1]))]


# %% wrong train_pass: the variance of the minibatch is the unbiased one
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: masked activations are not divided by keep, neither forward nor back
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y)
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: the slope of the ReLU looks at z in front of the normalization
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (z > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: backward takes mean and variance for constants
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * g
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: gradients of gamma and beta are means over the rows, though 1/n is in delta already
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).mean(dim=0), g.mean(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: eps is added to the standard deviation, outside the root
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = var.sqrt() + eps
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss, grads[::-1]


# %% wrong train_pass: ReLU comes before the normalization
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    nets = []
    h = x
    for number, layer in enumerate(layers[:-1]):
        p = {k: layer[k].detach().clone().requires_grad_() for k in ("weight", "gamma", "beta")}
        nets.append(p)
        z = torch.relu(h @ p["weight"].T)
        u = (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=0) + eps)
        h = (p["gamma"] * u + p["beta"]) * masks[number] / keep
    p = {k: layers[-1][k].detach().clone().requires_grad_() for k in ("weight", "bias")}
    nets.append(p)
    loss = torch.nn.functional.cross_entropy(h @ p["weight"].T + p["bias"], labels)
    loss.backward()
    return loss.detach(), [{k: v.grad for k, v in p.items()} for p in nets]


# %% wrong train_pass: the given tensors themselves are made to require gradients and get a grad
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    nets = []
    h = x
    for number, layer in enumerate(layers[:-1]):
        p = {k: layer[k].requires_grad_() for k in ("weight", "gamma", "beta")}
        nets.append(p)
        z = h @ p["weight"].T
        u = (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=0) + eps)
        h = torch.relu(p["gamma"] * u + p["beta"]) * masks[number] / keep
    p = {k: layers[-1][k].requires_grad_() for k in ("weight", "bias")}
    nets.append(p)
    loss = torch.nn.functional.cross_entropy(h @ p["weight"].T + p["bias"], labels)
    loss.backward()
    return loss.detach(), [{k: v.grad.clone() for k, v in p.items()} for p in nets]


# %% wrong train_pass: the loss comes back as a Python float
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    return loss.item(), grads[::-1]


# %% wrong train_pass: mask and factor keep are applied in front of the ReLU and gamma, at the normalized values
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    nets = []
    h = x
    for number, layer in enumerate(layers[:-1]):
        p = {k: layer[k].detach().clone().requires_grad_() for k in ("weight", "gamma", "beta")}
        nets.append(p)
        z = h @ p["weight"].T
        u = (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=0) + eps) * masks[number] / keep
        h = torch.relu(p["gamma"] * u + p["beta"])
    p = {k: layers[-1][k].detach().clone().requires_grad_() for k in ("weight", "bias")}
    nets.append(p)
    loss = torch.nn.functional.cross_entropy(h @ p["weight"].T + p["bias"], labels)
    loss.backward()
    return loss.detach(), [{k: v.grad for k, v in p.items()} for p in nets]


# %% corner train_pass: keys that are not parameters get a gradient of zeros too
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    n = x.shape[0]
    h, saved = x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = (var + eps).sqrt()
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, z, u, root, y))
        h = mask * torch.relu(y) / keep
    log_p = torch.log_softmax(h @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)
    loss = -log_p[range(n), labels].mean()
    delta = log_p.exp()
    delta[range(n), labels] -= 1
    delta = delta / n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ layers[-1]["weight"]
    for i in reversed(range(len(layers) - 1)):
        h, z, u, root, y = saved[i]
        g = delta * masks[i] / keep * (y > 0)
        d_gamma, d_beta = (g * u).sum(dim=0), g.sum(dim=0)
        dz = layers[i]["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.append({"weight": dz.T @ h, "gamma": d_gamma, "beta": d_beta})
        delta = dz @ layers[i]["weight"]
    grads = grads[::-1]
    full = [{k: g.get(k, torch.zeros_like(v)) for k, v in layer.items()} for g, layer in zip(grads, layers)]
    return loss, full


# %% corner train_pass: all keys of a layer are asked of autograd, which refuses those that play no part
import torch


def train_pass(x, labels, layers, masks, *, keep, eps):
    nets = []
    h = x
    for number, layer in enumerate(layers[:-1]):
        p = {k: layer[k].detach().clone().requires_grad_() for k in layer}
        nets.append(p)
        z = h @ p["weight"].T
        u = (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=0) + eps)
        h = torch.relu(p["gamma"] * u + p["beta"]) * masks[number] / keep
    p = {k: layers[-1][k].detach().clone().requires_grad_() for k in ("weight", "bias")}
    nets.append(p)
    loss = torch.nn.functional.cross_entropy(h @ p["weight"].T + p["bias"], labels)
    flat = [v for p in nets for v in p.values()]
    slopes = iter(torch.autograd.grad(loss, flat))
    return loss.detach(), [{k: next(slopes) for k in p} for p in nets]


# %% right network_scores: loop over all layers but the last, formula as it stands
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["beta"]
        x = torch.relu(y)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% right network_scores: with a helper batch_norm_eval of its own and clamp, last layer unpacked by a star
import torch


def batch_norm_eval(z, gamma, beta, mean, variance, *, eps):
    return gamma * (z - mean) / (variance + eps) ** 0.5 + beta


def network_scores(x, layers, *, eps):
    *hidden, last = layers
    for layer in hidden:
        statistics = {key: layer[key] for key in ("gamma", "beta", "mean", "variance")}
        x = batch_norm_eval(x @ layer["weight"].T, **statistics, eps=eps).clamp(min=0)
    return x @ last["weight"].T + last["bias"]


# %% right network_scores: normalization is folded into the weights and a bias in front of the product
import torch


def network_scores(x, layers, *, eps):
    h = x
    for l in layers[:-1]:
        scale = l["gamma"] * torch.rsqrt(l["variance"] + eps)
        shift = l["beta"] - scale * l["mean"]
        h = torch.addmm(shift, h, (l["weight"] * scale[:, None]).T).relu()
    return torch.addmm(layers[-1]["bias"], h, layers[-1]["weight"].T)


# %% right network_scores: library functions F.linear and F.batch_norm with training=False
import torch
import torch.nn.functional as F


def network_scores(x, layers, *, eps):
    for layer in layers:
        if "gamma" not in layer:
            return F.linear(x, layer["weight"], layer["bias"])
        x = F.linear(x, layer["weight"])
        x = F.relu(F.batch_norm(x, layer["mean"], layer["variance"], layer["gamma"], layer["beta"], False, 0.1, eps))


# %% right network_scores: recursion on the rest of the layers, columns instead of rows
import torch


def network_scores(x, layers, *, eps):
    def onward(columns, rest):
        first = rest[0]
        z = first["weight"] @ columns
        if len(rest) == 1:
            return z + first["bias"][:, None]
        u = (z - first["mean"][:, None]) / (first["variance"] + eps).sqrt()[:, None]
        y = first["gamma"][:, None] * u + first["beta"][:, None]
        return onward(torch.where(y > 0, y, torch.zeros_like(y)), rest[1:])

    return onward(x.T, layers).T


# %% wrong network_scores: statistics of the rows that are asked about
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, unbiased=False) + eps) + layer["beta"]
        x = torch.relu(y)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% wrong network_scores: F.batch_norm is left in training mode, which also moves the stored statistics
import torch
import torch.nn.functional as F


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = F.linear(x, layer["weight"])
        x = F.relu(F.batch_norm(z, layer["mean"], layer["variance"], layer["gamma"], layer["beta"], training=True, eps=eps))
    return F.linear(x, layers[-1]["weight"], layers[-1]["bias"])


# %% wrong network_scores: the variance is used as if it were a standard deviation
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / (layer["variance"] + eps) + layer["beta"]
        x = torch.relu(y)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% wrong network_scores: eps stands outside the root
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / (torch.sqrt(layer["variance"]) + eps) + layer["beta"]
        x = torch.relu(y)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% wrong network_scores: ReLU at the last layer too
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["beta"]
        x = torch.relu(y)
    return torch.relu(x @ layers[-1]["weight"].T + layers[-1]["bias"])


# %% wrong network_scores: probabilities by a softmax instead of scores
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["beta"]
        x = torch.relu(y)
    return torch.softmax(x @ layers[-1]["weight"].T + layers[-1]["bias"], dim=1)


# %% wrong network_scores: no ReLU between the layers
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["beta"]
        x = y
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% wrong network_scores: gamma and beta have changed places
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["beta"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["gamma"]
        x = torch.relu(y)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% wrong network_scores: the last layer is taken off the given list by pop
import torch


def network_scores(x, layers, *, eps):
    last = layers.pop()
    for layer in layers:
        u = (x @ layer["weight"].T - layer["mean"]) / (layer["variance"] + eps).sqrt()
        x = (layer["gamma"] * u + layer["beta"]).clamp(min=0)
    return x @ last["weight"].T + last["bias"]


# %% corner network_scores: the first layer is always taken for a hidden one, so a net without hidden layers fails
import torch


def network_scores(x, layers, *, eps):
    def hidden(h, layer):
        u = (h @ layer["weight"].T - layer["mean"]) / (layer["variance"] + eps).sqrt()
        return torch.relu(layer["gamma"] * u + layer["beta"])

    h = hidden(x, layers[0])
    if len(layers) == 3:
        h = hidden(h, layers[1])
    return h @ layers[-1]["weight"].T + layers[-1]["bias"]


# %% corner network_scores: the scores of a single row lose their first axis by a squeeze
import torch


def network_scores(x, layers, *, eps):
    for layer in layers[:-1]:
        z = x @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + eps) + layer["beta"]
        x = torch.relu(y)
    return (x @ layers[-1]["weight"].T + layers[-1]["bias"]).squeeze(0)


# %% right evaluate: sums over slices with cross_entropy(reduction="sum"), divided once
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for start in range(0, len(x), batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return right / len(x), total / len(x)


# %% right evaluate: zip of split tensors, entries of log_softmax by gather, tensors returned
import torch


def evaluate(predict, x, labels, *, batch_size):
    hits = torch.zeros((), dtype=torch.int64)
    losses = torch.zeros((), dtype=torch.float64)
    for rows, truth in zip(x.split(batch_size), labels.split(batch_size)):
        log_p = torch.log_softmax(predict(rows), dim=-1)
        hits += (log_p.argmax(dim=-1) == truth).sum()
        losses -= log_p.gather(1, truth.unsqueeze(1)).double().sum()
    return hits / x.shape[0], losses / x.shape[0]


# %% right evaluate: batch means weighted with the number of rows in the batch
import torch


def evaluate(predict, x, labels, *, batch_size):
    n = len(labels)
    accuracy = loss = 0.0
    start = 0
    while start < n:
        stop = min(start + batch_size, n)
        scores, y = predict(x[start:stop]), labels[start:stop]
        weight = (stop - start) / n
        accuracy += weight * float((scores.max(dim=1).indices == y).double().mean())
        loss += weight * float(torch.nn.functional.cross_entropy(scores, y))
        start = stop
    return accuracy, loss


# %% right evaluate: scores of all batches are joined first, then measured at once
import torch


def evaluate(predict, x, labels, *, batch_size):
    scores = torch.cat([predict(part) for part in torch.split(x, batch_size)])
    own = scores[torch.arange(len(labels)), labels]
    loss = (torch.logsumexp(scores, dim=1) - own).mean()
    return (scores.argmax(1) == labels).double().mean(), loss


# %% right evaluate: DataLoader without shuffling, results per row in lists, numpy for the softmax
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset


def evaluate(predict, x, labels, *, batch_size):
    hits, losses = [], []
    for rows, truth in DataLoader(TensorDataset(x, labels), batch_size=batch_size):
        s = predict(rows).detach().numpy().astype(np.float64)
        s = s - s.max(axis=1, keepdims=True)
        log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        for line, label in zip(log_p, truth.tolist()):
            hits.append(int(line.argmax()) == label)
            losses.append(-line[label])
    return float(np.mean(hits)), float(np.mean(losses))


# %% wrong evaluate: mean of the batch means
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    accuracies, losses = [], []
    for start in range(0, len(x), batch_size):
        scores = predict(x[start:start + batch_size])
        truth = labels[start:start + batch_size]
        accuracies.append((scores.argmax(dim=1) == truth).double().mean())
        losses.append(F.cross_entropy(scores, truth))
    return sum(accuracies) / len(accuracies), sum(losses) / len(losses)


# %% wrong evaluate: accuracy is counted right, but the loss is a mean of batch means
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, losses = 0, []
    for start in range(0, len(x), batch_size):
        scores = predict(x[start:start + batch_size])
        truth = labels[start:start + batch_size]
        right += int((scores.argmax(dim=1) == truth).sum())
        losses.append(F.cross_entropy(scores, truth).item())
    return right / len(x), sum(losses) / len(losses)


# %% wrong evaluate: the short last batch is dropped
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for start in range(0, len(x) - batch_size + 1, batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return right / len(x), total / len(x)


# %% wrong evaluate: the last batch is moved back so as to be full, and some rows count twice
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total, count = 0, 0.0, 0
    for start in range(0, len(x), batch_size):
        start = max(min(start, len(x) - batch_size), 0)
        scores, truth = predict(x[start:start + batch_size]), labels[start:start + batch_size]
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
        count += len(truth)
    return right / count, total / count


# %% wrong evaluate: all rows are handed to predict at once
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    scores = predict(x)
    right = (scores.argmax(dim=1) == labels).double().mean()
    return right, F.cross_entropy(scores, labels)


# %% wrong evaluate: accuracy in percent
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for start in range(0, len(x), batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return 100 * right / len(x), total / len(x)


# %% wrong evaluate: softmax in front of cross_entropy, which makes another one
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for start in range(0, len(x), batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores.softmax(dim=1), truth, reduction="sum").item()
    return right / len(x), total / len(x)


# %% wrong evaluate: loss first and accuracy second
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for start in range(0, len(x), batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return total / len(x), right / len(x)


# %% wrong evaluate: torch.chunk takes batch_size for the number of chunks, so that batches may be larger
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    right, total = 0, 0.0
    for rows, truth in zip(x.chunk(batch_size), labels.chunk(batch_size)):
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return right / len(x), total / len(x)


# %% corner evaluate: a batch size above the number of rows is refused
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    if not 0 < batch_size <= len(x):
        raise ValueError("batch_size must not exceed the number of rows")
    right, total = 0, 0.0
    for start in range(0, len(x), batch_size):
        rows, truth = x[start:start + batch_size], labels[start:start + batch_size]
        scores = predict(rows)
        right += (scores.argmax(dim=1) == truth).sum().item()
        total += F.cross_entropy(scores, truth, reduction="sum").item()
    return right / len(x), total / len(x)


# %% corner evaluate: first batch, full batches, then the rest, which counts all rows twice where batch_size is larger than n
import torch
import torch.nn.functional as F


def evaluate(predict, x, labels, *, batch_size):
    def count(rows, truth):
        scores = predict(rows)
        return (scores.argmax(dim=1) == truth).sum().item(), F.cross_entropy(scores, truth, reduction="sum").item()

    n = len(x)
    right, total = count(x[:batch_size], labels[:batch_size])
    for start in range(batch_size, n - batch_size + 1, batch_size):
        r, t = count(x[start:start + batch_size], labels[start:start + batch_size])
        right, total = right + r, total + t
    if n % batch_size:
        r, t = count(x[-(n % batch_size):], labels[-(n % batch_size):])
        right, total = right + r, total + t
    return right / n, total / n


# %% right confusion: loop over pairs of numbers
import torch


def confusion(labels, predictions, *, n_classes):
    table = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    for truth, guess in zip(labels.tolist(), predictions.tolist()):
        table[truth, guess] += 1
    return table


# %% right confusion: bincount of the pair written as one number
import torch


def confusion(labels, predictions, *, n_classes):
    codes = labels * n_classes + predictions
    return torch.bincount(codes, minlength=n_classes**2).reshape(n_classes, n_classes)


# %% right confusion: product of one-hot matrices by comparison with arange
import torch


def confusion(labels, predictions, *, n_classes):
    classes = torch.arange(n_classes)
    true = (labels[:, None] == classes).long()
    called = (predictions[:, None] == classes).long()
    return true.T @ called


# %% right confusion: Counter of pairs, read out by nested comprehensions
from collections import Counter

import torch


def confusion(labels, predictions, *, n_classes):
    pairs = Counter(zip(labels.tolist(), predictions.tolist()))
    return torch.tensor([[pairs[i, j] for j in range(n_classes)] for i in range(n_classes)], dtype=torch.int64)


# %% right confusion: np.add.at in numpy and from_numpy
import numpy as np
import torch


def confusion(labels, predictions, *, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(counts, (labels.numpy(), predictions.numpy()), 1)
    return torch.from_numpy(counts)


# %% wrong confusion: rows are predictions and columns true classes
import torch


def confusion(labels, predictions, *, n_classes):
    table = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    for truth, guess in zip(labels.tolist(), predictions.tolist()):
        table[guess, truth] += 1
    return table


# %% wrong confusion: the prediction is the high digit of the code, which transposes the table
import torch


def confusion(labels, predictions, *, n_classes):
    codes = labels + n_classes * predictions
    return torch.bincount(codes, minlength=n_classes * n_classes).view(n_classes, n_classes)


# %% wrong confusion: indexed += 1 counts equal pairs once
import torch


def confusion(labels, predictions, *, n_classes):
    table = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    table[labels, predictions] += 1
    return table


# %% wrong confusion: float counts, since zeros has no dtype given
import torch


def confusion(labels, predictions, *, n_classes):
    table = torch.zeros(n_classes, n_classes)
    for truth, guess in zip(labels, predictions):
        table[truth, guess] += 1
    return table


# %% wrong confusion: base ten instead of n_classes in the code, right for ten classes only
import torch


def confusion(labels, predictions, *, n_classes):
    counts = torch.bincount(labels * 10 + predictions, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes)


# %% wrong confusion: codes are made in place in the labels that were given
import torch


def confusion(labels, predictions, *, n_classes):
    labels *= n_classes
    labels += predictions
    return torch.bincount(labels, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


# %% wrong confusion: rows are divided by their sums, shares instead of counts
import torch


def confusion(labels, predictions, *, n_classes):
    counts = torch.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


# %% corner confusion: the table has only as many rows and columns as the classes that occur
import torch


def confusion(labels, predictions, *, n_classes):
    present = torch.unique(torch.cat([labels, predictions])).tolist()
    lines = [[((labels == i) & (predictions == j)).sum() for j in present] for i in present]
    return torch.tensor(lines, dtype=torch.int64)


# %% corner confusion: bincount without minlength, which is too short where the last pair is missing
import torch


def confusion(labels, predictions, *, n_classes):
    codes = labels * n_classes + predictions
    return torch.bincount(codes).reshape(n_classes, n_classes)


# %% corner confusion: one table for each row is stacked and summed, which fails without rows
import torch


def confusion(labels, predictions, *, n_classes):
    tables = []
    for truth, guess in zip(labels, predictions):
        one = torch.zeros(n_classes, n_classes, dtype=torch.int64)
        one[truth, guess] = 1
        tables.append(one)
    return torch.stack(tables).sum(dim=0)


# %% right prepare_training: a dict of layers with running statistics and Adam states, all in own functions with He start
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% right prepare_training: an instance of a class of its own that holds tensors and velocities, trained by Nesterov momentum
import torch
import torch.nn.functional as F

WIDTHS = (40, 320, 320, 10)


class Net:
    def __init__(self, generator):
        self.weights = [torch.randn(o, i, generator=generator).mul_((2 / i) ** 0.5) for i, o in zip(WIDTHS, WIDTHS[1:])]
        self.bias = torch.zeros(10)
        self.gammas = [torch.ones(o) for o in WIDTHS[1:-1]]
        self.betas = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.means = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.variances = [torch.ones(o) for o in WIDTHS[1:-1]]
        for theta in self.all():
            theta.requires_grad = True
        self.velocity = [torch.zeros_like(theta) for theta in self.all()]

    def all(self):
        return [*self.weights, self.bias, *self.gammas, *self.betas]

    def forward(self, x, training):
        for w, g, b, mean, var in zip(self.weights, self.gammas, self.betas, self.means, self.variances):
            x = torch.relu(F.batch_norm(x @ w.T, mean, var, g, b, training=training, momentum=0.1))
        return x @ self.weights[-1].T + self.bias


def prepare_training(generator):
    return Net(generator)


def train_step(state, x, labels, generator, *, step, n_steps):
    loss = F.cross_entropy(state.forward(x, True), labels)
    grads = torch.autograd.grad(loss, state.all())
    part = step / n_steps
    rate = 0.4 * (part / 0.15 if part < 0.15 else (1 - part) / 0.85)
    with torch.no_grad():
        for theta, grad, v in zip(state.all(), grads, state.velocity):
            v.mul_(0.9).add_(grad)
            theta -= rate * (grad + 0.9 * v)
    return state


def predict_digits(state, x):
    with torch.no_grad():
        return torch.argmax(state.forward(x, False), -1)


# %% right prepare_training: two nets at once in stacked tensors, all drawn by randn from the generator
import math

import torch
import torch.nn.functional as F


def prepare_training(generator):
    def he(out, into):
        return torch.randn((2, out, into), generator=generator) * math.sqrt(2 / into)

    p = [he(160, 40), torch.ones(2, 1, 160), torch.zeros(2, 1, 160),
         he(160, 160), torch.ones(2, 1, 160), torch.zeros(2, 1, 160), he(10, 160), torch.zeros(2, 1, 10)]
    return {"p": p, "m": [torch.zeros_like(t) for t in p], "v": [torch.zeros_like(t) for t in p],
            "stats": [(torch.zeros(2, 1, 160), torch.ones(2, 1, 160))] * 2}


def both(p, x, stats=None):
    h, found = x.expand(2, *x.shape), []
    for i in range(2):
        w, gamma, beta = p[3 * i:3 * i + 3]
        z = h @ w.mT
        mean, var = (z.mean(1, keepdim=True), z.var(1, keepdim=True, correction=0)) if stats is None else stats[i]
        found.append((mean.detach(), var.detach()))
        h = F.relu(gamma * (z - mean) / (var + 1e-4).sqrt() + beta)
    return h @ p[6].mT + p[7], found


def train_step(state, x, labels, generator, *, step, n_steps):
    p = [t.detach().requires_grad_() for t in state["p"]]
    scores, found = both(p, x)
    loss = F.cross_entropy(scores[0], labels) + F.cross_entropy(scores[1], labels)
    grads = torch.autograd.grad(loss, p)
    t = step + 1
    lr = 0.02 * min(t / (0.25 * n_steps), (n_steps - step) / (0.75 * n_steps), 1)
    new = {"p": [], "m": [], "v": [], "stats": []}
    for theta, g, m, v in zip(p, grads, state["m"], state["v"]):
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        new["p"].append((theta - lr * m / (1 - 0.9**t) / (torch.sqrt(v / (1 - 0.99**t)) + 1e-7)).detach())
        new["m"].append(m)
        new["v"].append(v)
    for (a, b), (mean, var) in zip(state["stats"], found):
        new["stats"].append((0.9 * a + 0.1 * mean, 0.9 * b + 0.1 * var))
    return new


def predict_digits(state, x):
    scores, _ = both(state["p"], x, state["stats"])
    return scores.softmax(dim=-1).mean(dim=0).argmax(dim=-1)


# %% wrong prepare_training: nn.Linear draws from the global generator, and its weights are not drawn again
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong prepare_training: weights are drawn again from the generator, but the biases of nn.Linear stay as the global one drew them
import math

import torch
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, generator, width=224):
        super().__init__()
        self.a = nn.Linear(40, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 10)
        self.na, self.nb = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        for layer in (self.a, self.b, self.c):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features), generator=generator)

    def drop(self, h, generator, keep=0.9):
        if not self.training:
            return h
        return h * (torch.rand(h.shape, generator=generator) < keep) / keep

    def forward(self, x, generator=None):
        h = self.drop(F.relu(self.na(self.a(x))), generator)
        h = self.drop(F.relu(self.nb(self.b(h))), generator)
        return self.c(h)


def prepare_training(generator):
    net = Classifier(generator)
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.02), []


def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer, seen = state
    net.train()
    seen.append((x, labels))
    rate = 0.012 * min(1, (step + 1) / (0.1 * n_steps)) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
    optimizer.param_groups[0]["lr"] = rate
    again = torch.randint(len(seen), (2,), generator=generator).tolist()
    for rows, truth in [(x, labels), *(seen[i] for i in again)]:
        optimizer.zero_grad()
        F.cross_entropy(net(rows, generator), truth).backward()
        optimizer.step()
    return net, optimizer, seen


def predict_digits(state, x):
    net = state[0].eval()
    with torch.inference_mode():
        return net(x).argmax(1)


# %% wrong prepare_training: a generator of its own with a fixed seed instead of the given one
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    generator = torch.Generator().manual_seed(0)
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong prepare_training: the global generator is seeded with the seed of the given one and draws the start
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    torch.manual_seed(generator.initial_seed())
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong prepare_training: weights from numpy's global random numbers
import numpy as np
import torch
import torch.nn.functional as F

WIDTHS = (40, 320, 320, 10)


class Net:
    def __init__(self, generator):
        self.weights = [torch.tensor(np.random.randn(o, i) * (2 / i) ** 0.5, dtype=torch.float32) for i, o in zip(WIDTHS, WIDTHS[1:])]
        self.bias = torch.zeros(10)
        self.gammas = [torch.ones(o) for o in WIDTHS[1:-1]]
        self.betas = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.means = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.variances = [torch.ones(o) for o in WIDTHS[1:-1]]
        for theta in self.all():
            theta.requires_grad = True
        self.velocity = [torch.zeros_like(theta) for theta in self.all()]

    def all(self):
        return [*self.weights, self.bias, *self.gammas, *self.betas]

    def forward(self, x, training):
        for w, g, b, mean, var in zip(self.weights, self.gammas, self.betas, self.means, self.variances):
            x = torch.relu(F.batch_norm(x @ w.T, mean, var, g, b, training=training, momentum=0.1))
        return x @ self.weights[-1].T + self.bias


def prepare_training(generator):
    return Net(generator)


def train_step(state, x, labels, generator, *, step, n_steps):
    loss = F.cross_entropy(state.forward(x, True), labels)
    grads = torch.autograd.grad(loss, state.all())
    part = step / n_steps
    rate = 0.4 * (part / 0.15 if part < 0.15 else (1 - part) / 0.85)
    with torch.no_grad():
        for theta, grad, v in zip(state.all(), grads, state.velocity):
            v.mul_(0.9).add_(grad)
            theta -= rate * (grad + 0.9 * v)
    return state


def predict_digits(state, x):
    with torch.no_grad():
        return torch.argmax(state.forward(x, False), -1)


# %% wrong prepare_training: the module is made once outside the function, so a second training goes on with the scales, shifts and statistics of the first
import math

import torch
from torch import nn


model = nn.Sequential(
    nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
    nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
    nn.Linear(256, 10),
)


def prepare_training(generator):
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong prepare_training: all weights begin at 0, so the hidden layers never move
import math

import torch


def he_normal(shape, generator):
    return torch.zeros(shape)


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% right train_step: nn.Sequential and torch.optim.Adam, weights drawn again, the rate of one cycle set by hand
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% right train_step: layer normalization and GELU, gradients by autograd, own AdamW in place with a linear decay
import torch
import torch.nn.functional as F


def scores_of(p, x):
    h = x
    for i in range(3):
        h = F.gelu(F.layer_norm(h @ p[f"w{i}"] + p[f"b{i}"], (p[f"b{i}"].numel(),), p[f"g{i}"], p[f"s{i}"]))
    return h @ p["w3"] + p["b3"]


def prepare_training(generator):
    sizes = (40, 256, 256, 256, 10)
    p = {}
    for i in range(4):
        p[f"w{i}"] = torch.empty(sizes[i], sizes[i + 1]).normal_(0, (2 / sizes[i]) ** 0.5, generator=generator)
        p[f"b{i}"] = torch.zeros(sizes[i + 1])
        if i < 3:
            p[f"g{i}"], p[f"s{i}"] = torch.ones(sizes[i + 1]), torch.zeros(sizes[i + 1])
    for tensor in p.values():
        tensor.requires_grad_()
    first = {k: torch.zeros_like(v) for k, v in p.items()}
    second = {k: torch.zeros_like(v) for k, v in p.items()}
    return [p, first, second]


def train_step(state, x, labels, generator, *, step, n_steps):
    p, first, second = state
    loss = F.cross_entropy(scores_of(p, x), labels)
    slopes = torch.autograd.grad(loss, list(p.values()))
    lr = 0.006 * min(1.0, (step + 1) / 30) * (1 - step / n_steps)
    with torch.no_grad():
        for (k, v), g in zip(p.items(), slopes):
            first[k].mul_(0.9).add_(g, alpha=0.1)
            second[k].mul_(0.98).addcmul_(g, g, value=0.02)
            up = first[k] / (1 - 0.9 ** (step + 1))
            down = (second[k] / (1 - 0.98 ** (step + 1))).sqrt() + 1e-8
            if v.ndim == 2:
                v.mul_(1 - 0.01 * lr)
            v.sub_(lr * up / down)
    return [p, first, second]


@torch.no_grad()
def predict_digits(state, x):
    return scores_of(state[0], x).max(dim=1).indices


# %% right train_step: three optimizer steps a call, two of them on minibatches stored in the state, dropout masks from the generator
import math

import torch
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, generator, width=224):
        super().__init__()
        self.a = nn.Linear(40, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 10)
        self.na, self.nb = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        for layer in (self.a, self.b, self.c):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features), generator=generator)
            nn.init.zeros_(layer.bias)

    def drop(self, h, generator, keep=0.9):
        if not self.training:
            return h
        return h * (torch.rand(h.shape, generator=generator) < keep) / keep

    def forward(self, x, generator=None):
        h = self.drop(F.relu(self.na(self.a(x))), generator)
        h = self.drop(F.relu(self.nb(self.b(h))), generator)
        return self.c(h)


def prepare_training(generator):
    net = Classifier(generator)
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.02), []


def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer, seen = state
    net.train()
    seen.append((x, labels))
    rate = 0.012 * min(1, (step + 1) / (0.1 * n_steps)) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
    optimizer.param_groups[0]["lr"] = rate
    again = torch.randint(len(seen), (2,), generator=generator).tolist()
    for rows, truth in [(x, labels), *(seen[i] for i in again)]:
        optimizer.zero_grad()
        F.cross_entropy(net(rows, generator), truth).backward()
        optimizer.step()
    return net, optimizer, seen


def predict_digits(state, x):
    net = state[0].eval()
    with torch.inference_mode():
        return net(x).argmax(1)


# %% wrong train_step: F.dropout draws its masks from the global generator
import math

import torch
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, generator, width=224):
        super().__init__()
        self.a = nn.Linear(40, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 10)
        self.na, self.nb = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        for layer in (self.a, self.b, self.c):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features), generator=generator)
            nn.init.zeros_(layer.bias)

    def drop(self, h, generator, keep=0.9):
        if not self.training:
            return h
        return F.dropout(h, 1 - keep)

    def forward(self, x, generator=None):
        h = self.drop(F.relu(self.na(self.a(x))), generator)
        h = self.drop(F.relu(self.nb(self.b(h))), generator)
        return self.c(h)


def prepare_training(generator):
    net = Classifier(generator)
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.02), []


def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer, seen = state
    net.train()
    seen.append((x, labels))
    rate = 0.012 * min(1, (step + 1) / (0.1 * n_steps)) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
    optimizer.param_groups[0]["lr"] = rate
    again = torch.randint(len(seen), (2,), generator=generator).tolist()
    for rows, truth in [(x, labels), *(seen[i] for i in again)]:
        optimizer.zero_grad()
        F.cross_entropy(net(rows, generator), truth).backward()
        optimizer.step()
    return net, optimizer, seen


def predict_digits(state, x):
    net = state[0].eval()
    with torch.inference_mode():
        return net(x).argmax(1)


# %% wrong train_step: the global generator is seeded with the step, and nn.functional.dropout draws from it
import math

import torch
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, generator, width=224):
        super().__init__()
        self.a = nn.Linear(40, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 10)
        self.na, self.nb = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        for layer in (self.a, self.b, self.c):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features), generator=generator)
            nn.init.zeros_(layer.bias)

    def drop(self, h, generator, keep=0.9):
        if not self.training:
            return h
        return F.dropout(h, p=1 - keep, training=True)

    def forward(self, x, generator=None):
        h = self.drop(F.relu(self.na(self.a(x))), generator)
        h = self.drop(F.relu(self.nb(self.b(h))), generator)
        return self.c(h)


def prepare_training(generator):
    net = Classifier(generator)
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.02), []


def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer, seen = state
    net.train()
    torch.manual_seed(step)
    seen.append((x, labels))
    rate = 0.012 * min(1, (step + 1) / (0.1 * n_steps)) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
    optimizer.param_groups[0]["lr"] = rate
    again = torch.randint(len(seen), (2,), generator=generator).tolist()
    for rows, truth in [(x, labels), *(seen[i] for i in again)]:
        optimizer.zero_grad()
        F.cross_entropy(net(rows, generator), truth).backward()
        optimizer.step()
    return net, optimizer, seen


def predict_digits(state, x):
    net = state[0].eval()
    with torch.inference_mode():
        return net(x).argmax(1)


# %% wrong train_step: labels are ignored, the net is taught what it answers itself
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    scores = model(x)
    loss = nn.functional.cross_entropy(scores, scores.argmax(dim=1))
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong train_step: the old state is returned, the new layers and moments are lost
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return state


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong train_step: running mean and variance are never updated, the start values are used in evaluation
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong train_step: softmax over the rows instead of over the classes
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=0)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% right train_step: the moments begin anew at each step on purpose, which is a step by the sign of the gradient
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        memory = {"t": 0, "m": torch.zeros_like(memory["m"]), "v": torch.zeros_like(memory["v"])}
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong train_step: velocities live in a list outside the functions and go over from one training into the next
import torch
import torch.nn.functional as F

WIDTHS = (40, 320, 320, 10)
velocity = []


class Net:
    def __init__(self, generator):
        self.weights = [torch.randn(o, i, generator=generator).mul_((2 / i) ** 0.5) for i, o in zip(WIDTHS, WIDTHS[1:])]
        self.bias = torch.zeros(10)
        self.gammas = [torch.ones(o) for o in WIDTHS[1:-1]]
        self.betas = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.means = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.variances = [torch.ones(o) for o in WIDTHS[1:-1]]
        for theta in self.all():
            theta.requires_grad = True

    def all(self):
        return [*self.weights, self.bias, *self.gammas, *self.betas]

    def forward(self, x, training):
        for w, g, b, mean, var in zip(self.weights, self.gammas, self.betas, self.means, self.variances):
            x = torch.relu(F.batch_norm(x @ w.T, mean, var, g, b, training=training, momentum=0.1))
        return x @ self.weights[-1].T + self.bias


def prepare_training(generator):
    return Net(generator)


def train_step(state, x, labels, generator, *, step, n_steps):
    loss = F.cross_entropy(state.forward(x, True), labels)
    grads = torch.autograd.grad(loss, state.all())
    if not velocity:
        velocity.extend(torch.zeros_like(theta) for theta in state.all())
    part = step / n_steps
    rate = 0.4 * (part / 0.15 if part < 0.15 else (1 - part) / 0.85)
    with torch.no_grad():
        for theta, grad, v in zip(state.all(), grads, velocity):
            v.mul_(0.9).add_(grad)
            theta -= rate * (grad + 0.9 * v)
    return state


def predict_digits(state, x):
    with torch.no_grad():
        return torch.argmax(state.forward(x, False), -1)


# %% wrong train_step: gradients are never set to zero and pile up over the steps
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong train_step: the steps are counted by a variable outside, which does not begin anew with the next training
import math

import torch
from torch import nn

used = 0


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    global used
    used += 1
    done = used / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% corner train_step: the rates are a table for 400 steps, n_steps is not looked at
import math

import torch
from torch import nn

RATES = [0.02 * min((s + 1) / 80, 0.5 * (1 + math.cos(math.pi * max(s - 79, 0) / 321))) for s in range(400)]


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    rate = RATES[step]
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% right predict_digits: evaluation with statistics of all stored training rows and an averaged net, recomputed at each call
import copy

import torch
from torch import nn


def prepare_training(generator):
    with torch.random.fork_rng(devices=[]):
        model = nn.Sequential(nn.Linear(40, 300), nn.BatchNorm1d(300), nn.ReLU(),
                              nn.Linear(300, 300), nn.BatchNorm1d(300), nn.ReLU(), nn.Linear(300, 10))
    with torch.no_grad():
        for linear in model[::3]:
            bound = (6 / linear.in_features) ** 0.5
            linear.weight.uniform_(-bound, bound, generator=generator)
            linear.bias.zero_()
    average = copy.deepcopy(model)
    return {"model": model, "average": average, "optimizer": torch.optim.NAdam(model.parameters(), lr=0.01),
            "rows": []}


def train_step(state, x, labels, generator, *, step, n_steps):
    model = state["model"].train()
    state["rows"].append(x)
    optimizer = state["optimizer"]
    optimizer.param_groups[0]["lr"] = 0.01 if step < 0.6 * n_steps else 0.01 * (n_steps - step) / (0.4 * n_steps)
    optimizer.zero_grad(set_to_none=True)
    nn.CrossEntropyLoss(label_smoothing=0.05)(model(x), labels).backward()
    optimizer.step()
    with torch.no_grad():
        for slow, fast in zip(state["average"].parameters(), model.parameters()):
            slow.lerp_(fast, 1 / min(step + 1, 10))
    return state


def predict_digits(state, x):
    with torch.no_grad():
        h, asked = torch.cat(state["rows"]), x
        for part in state["average"]:
            if isinstance(part, nn.BatchNorm1d):
                mean, var = h.mean(dim=0), h.var(dim=0)
                h, asked = ((part.weight * (t - mean) / (var + part.eps).sqrt() + part.bias) for t in (h, asked))
            else:
                h, asked = part(h), part(asked)
        return asked.argmax(dim=1)


# %% right predict_digits: rows one at a time in a loop, classes put into an int64 tensor
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    *hidden, last = state["layers"]
    classes = torch.empty(len(x), dtype=torch.int64)
    folded = []
    for layer in hidden:
        scale = layer["gamma"] / torch.sqrt(layer["variance"] + 1e-5)
        folded.append((scale[:, None] * layer["weight"], layer["beta"] - scale * layer["mean"]))
    for i, h in enumerate(x):
        for weight, shift in folded:
            h = torch.relu(weight @ h + shift)
        classes[i] = int(torch.argmax(last["weight"] @ h + last["bias"]))
    return classes


# %% right predict_digits: numpy for the evaluation, with from_numpy in the end
import numpy as np
import torch
import torch.nn.functional as F

WIDTHS = (40, 320, 320, 10)


class Net:
    def __init__(self, generator):
        self.weights = [torch.randn(o, i, generator=generator).mul_((2 / i) ** 0.5) for i, o in zip(WIDTHS, WIDTHS[1:])]
        self.bias = torch.zeros(10)
        self.gammas = [torch.ones(o) for o in WIDTHS[1:-1]]
        self.betas = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.means = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.variances = [torch.ones(o) for o in WIDTHS[1:-1]]
        for theta in self.all():
            theta.requires_grad = True
        self.velocity = [torch.zeros_like(theta) for theta in self.all()]

    def all(self):
        return [*self.weights, self.bias, *self.gammas, *self.betas]

    def forward(self, x, training):
        for w, g, b, mean, var in zip(self.weights, self.gammas, self.betas, self.means, self.variances):
            x = torch.relu(F.batch_norm(x @ w.T, mean, var, g, b, training=training, momentum=0.1))
        return x @ self.weights[-1].T + self.bias


def prepare_training(generator):
    return Net(generator)


def train_step(state, x, labels, generator, *, step, n_steps):
    loss = F.cross_entropy(state.forward(x, True), labels)
    grads = torch.autograd.grad(loss, state.all())
    part = step / n_steps
    rate = 0.4 * (part / 0.15 if part < 0.15 else (1 - part) / 0.85)
    with torch.no_grad():
        for theta, grad, v in zip(state.all(), grads, state.velocity):
            v.mul_(0.9).add_(grad)
            theta -= rate * (grad + 0.9 * v)
    return state


def predict_digits(state, x):
    h = x.numpy()
    for w, g, b, mean, var in zip(state.weights, state.gammas, state.betas, state.means, state.variances):
        w, g, b = (t.detach().numpy() for t in (w, g, b))
        h = np.maximum(g * (h @ w.T - mean.numpy()) / np.sqrt(var.numpy() + 1e-5) + b, 0)
    h = h @ state.weights[-1].detach().numpy().T + state.bias.detach().numpy()
    return torch.from_numpy(np.argmax(h, axis=1)).to(torch.int64)


# %% wrong predict_digits: the module is not told that it is evaluated and normalizes by the rows that are asked about
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong predict_digits: own normalization with mean and variance of the asked rows
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, unbiased=False) + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1)


# %% wrong predict_digits: inputs are standardized by mean and deviation of the rows that are asked about
import torch
import torch.nn.functional as F


def scores_of(p, x):
    h = x
    for i in range(3):
        h = F.gelu(F.layer_norm(h @ p[f"w{i}"] + p[f"b{i}"], (p[f"b{i}"].numel(),), p[f"g{i}"], p[f"s{i}"]))
    return h @ p["w3"] + p["b3"]


def prepare_training(generator):
    sizes = (40, 256, 256, 256, 10)
    p = {}
    for i in range(4):
        p[f"w{i}"] = torch.empty(sizes[i], sizes[i + 1]).normal_(0, (2 / sizes[i]) ** 0.5, generator=generator)
        p[f"b{i}"] = torch.zeros(sizes[i + 1])
        if i < 3:
            p[f"g{i}"], p[f"s{i}"] = torch.ones(sizes[i + 1]), torch.zeros(sizes[i + 1])
    for tensor in p.values():
        tensor.requires_grad_()
    first = {k: torch.zeros_like(v) for k, v in p.items()}
    second = {k: torch.zeros_like(v) for k, v in p.items()}
    return [p, first, second]


def train_step(state, x, labels, generator, *, step, n_steps):
    p, first, second = state
    x = (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + 1e-6)
    loss = F.cross_entropy(scores_of(p, x), labels)
    slopes = torch.autograd.grad(loss, list(p.values()))
    lr = 0.006 * min(1.0, (step + 1) / 30) * (1 - step / n_steps)
    with torch.no_grad():
        for (k, v), g in zip(p.items(), slopes):
            first[k].mul_(0.9).add_(g, alpha=0.1)
            second[k].mul_(0.98).addcmul_(g, g, value=0.02)
            up = first[k] / (1 - 0.9 ** (step + 1))
            down = (second[k] / (1 - 0.98 ** (step + 1))).sqrt() + 1e-8
            if v.ndim == 2:
                v.mul_(1 - 0.01 * lr)
            v.sub_(lr * up / down)
    return [p, first, second]


@torch.no_grad()
def predict_digits(state, x):
    x = (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + 1e-6)
    return scores_of(state[0], x).max(dim=1).indices


# %% wrong predict_digits: running statistics are moved by the asked rows first, then evaluated
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    with torch.no_grad():
        model.train()
        model(x.repeat(2, 1))
        model.eval()
        return model(x).argmax(dim=1)


# %% wrong predict_digits: dropout stays on, twenty random masks of the global generator are averaged
import math

import torch
from torch import nn
from torch.nn import functional as F


class Classifier(nn.Module):
    def __init__(self, generator, width=224):
        super().__init__()
        self.a = nn.Linear(40, width)
        self.b = nn.Linear(width, width)
        self.c = nn.Linear(width, 10)
        self.na, self.nb = nn.BatchNorm1d(width), nn.BatchNorm1d(width)
        for layer in (self.a, self.b, self.c):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features), generator=generator)
            nn.init.zeros_(layer.bias)

    def drop(self, h, generator, keep=0.9):
        if not self.training:
            return h
        return h * (torch.rand(h.shape, generator=generator) < keep) / keep

    def forward(self, x, generator=None):
        h = self.drop(F.relu(self.na(self.a(x))), generator)
        h = self.drop(F.relu(self.nb(self.b(h))), generator)
        return self.c(h)


def prepare_training(generator):
    net = Classifier(generator)
    return net, torch.optim.AdamW(net.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.02), []


def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer, seen = state
    net.train()
    seen.append((x, labels))
    rate = 0.012 * min(1, (step + 1) / (0.1 * n_steps)) * (0.5 + 0.5 * math.cos(math.pi * step / n_steps))
    optimizer.param_groups[0]["lr"] = rate
    again = torch.randint(len(seen), (2,), generator=generator).tolist()
    for rows, truth in [(x, labels), *(seen[i] for i in again)]:
        optimizer.zero_grad()
        F.cross_entropy(net(rows, generator), truth).backward()
        optimizer.step()
    return net, optimizer, seen


def predict_digits(state, x):
    net = state[0]
    net.train()
    net.na.eval()
    net.nb.eval()
    with torch.inference_mode():
        return sum(net(x).softmax(1) for _ in range(20)).argmax(1)


# %% wrong predict_digits: argmax over the rows instead of over the classes
import torch
import torch.nn.functional as F

WIDTHS = (40, 320, 320, 10)


class Net:
    def __init__(self, generator):
        self.weights = [torch.randn(o, i, generator=generator).mul_((2 / i) ** 0.5) for i, o in zip(WIDTHS, WIDTHS[1:])]
        self.bias = torch.zeros(10)
        self.gammas = [torch.ones(o) for o in WIDTHS[1:-1]]
        self.betas = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.means = [torch.zeros(o) for o in WIDTHS[1:-1]]
        self.variances = [torch.ones(o) for o in WIDTHS[1:-1]]
        for theta in self.all():
            theta.requires_grad = True
        self.velocity = [torch.zeros_like(theta) for theta in self.all()]

    def all(self):
        return [*self.weights, self.bias, *self.gammas, *self.betas]

    def forward(self, x, training):
        for w, g, b, mean, var in zip(self.weights, self.gammas, self.betas, self.means, self.variances):
            x = torch.relu(F.batch_norm(x @ w.T, mean, var, g, b, training=training, momentum=0.1))
        return x @ self.weights[-1].T + self.bias


def prepare_training(generator):
    return Net(generator)


def train_step(state, x, labels, generator, *, step, n_steps):
    loss = F.cross_entropy(state.forward(x, True), labels)
    grads = torch.autograd.grad(loss, state.all())
    part = step / n_steps
    rate = 0.4 * (part / 0.15 if part < 0.15 else (1 - part) / 0.85)
    with torch.no_grad():
        for theta, grad, v in zip(state.all(), grads, state.velocity):
            v.mul_(0.9).add_(grad)
            theta -= rate * (grad + 0.9 * v)
    return state


def predict_digits(state, x):
    with torch.no_grad():
        return torch.argmax(state.forward(x, False), 0)


# %% wrong predict_digits: probabilities come back and not classes
import math

import torch
import torch.nn.functional as F


def prepare_training(generator):
    def he(out, into):
        return torch.randn((2, out, into), generator=generator) * math.sqrt(2 / into)

    p = [he(160, 40), torch.ones(2, 1, 160), torch.zeros(2, 1, 160),
         he(160, 160), torch.ones(2, 1, 160), torch.zeros(2, 1, 160), he(10, 160), torch.zeros(2, 1, 10)]
    return {"p": p, "m": [torch.zeros_like(t) for t in p], "v": [torch.zeros_like(t) for t in p],
            "stats": [(torch.zeros(2, 1, 160), torch.ones(2, 1, 160))] * 2}


def both(p, x, stats=None):
    h, found = x.expand(2, *x.shape), []
    for i in range(2):
        w, gamma, beta = p[3 * i:3 * i + 3]
        z = h @ w.mT
        mean, var = (z.mean(1, keepdim=True), z.var(1, keepdim=True, correction=0)) if stats is None else stats[i]
        found.append((mean.detach(), var.detach()))
        h = F.relu(gamma * (z - mean) / (var + 1e-4).sqrt() + beta)
    return h @ p[6].mT + p[7], found


def train_step(state, x, labels, generator, *, step, n_steps):
    p = [t.detach().requires_grad_() for t in state["p"]]
    scores, found = both(p, x)
    loss = F.cross_entropy(scores[0], labels) + F.cross_entropy(scores[1], labels)
    grads = torch.autograd.grad(loss, p)
    t = step + 1
    lr = 0.02 * min(t / (0.25 * n_steps), (n_steps - step) / (0.75 * n_steps), 1)
    new = {"p": [], "m": [], "v": [], "stats": []}
    for theta, g, m, v in zip(p, grads, state["m"], state["v"]):
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        new["p"].append((theta - lr * m / (1 - 0.9**t) / (torch.sqrt(v / (1 - 0.99**t)) + 1e-7)).detach())
        new["m"].append(m)
        new["v"].append(v)
    for (a, b), (mean, var) in zip(state["stats"], found):
        new["stats"].append((0.9 * a + 0.1 * mean, 0.9 * b + 0.1 * var))
    return new


def predict_digits(state, x):
    scores, _ = both(state["p"], x, state["stats"])
    return scores.softmax(dim=-1).mean(dim=0)


# %% wrong predict_digits: the class is a float number
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator) * math.sqrt(2 / shape[1])


def adam_step(theta, grad, state, *, lr, rho1=0.9, rho2=0.99, eps=1e-8):
    t = state["t"] + 1
    m = rho1 * state["m"] + (1 - rho1) * grad
    v = rho2 * state["v"] + (1 - rho2) * grad**2
    new = theta - lr * (m / (1 - rho1**t)) / ((v / (1 - rho2**t)).sqrt() + eps)
    return new, {"t": t, "m": m, "v": v}


def one_cycle(t, n_steps, *, peak, warm=0.25):
    top = max(1, warm * n_steps)
    if t < top:
        return peak * (0.04 + 0.96 * t / top)
    return peak * 0.5 * (1 + math.cos(math.pi * (t - top) / (n_steps - top)))


def train_pass(x, labels, layers, masks, *, keep, eps):
    n, h, saved = len(x), x, []
    for layer, mask in zip(layers[:-1], masks):
        z = h @ layer["weight"].T
        mean, var = z.mean(dim=0), z.var(dim=0, unbiased=False)
        root = torch.sqrt(var + eps)
        u = (z - mean) / root
        y = layer["gamma"] * u + layer["beta"]
        saved.append((h, u, root, y, mean, var))
        h = mask * y.clamp(min=0) / keep
    last = layers[-1]
    log_p = torch.log_softmax(h @ last["weight"].T + last["bias"], dim=1)
    rows = torch.arange(n)
    loss = -log_p[rows, labels].mean()
    delta = log_p.exp()
    delta[rows, labels] -= 1
    delta /= n
    grads = [{"weight": delta.T @ h, "bias": delta.sum(dim=0)}]
    delta = delta @ last["weight"]
    for layer, mask, (before, u, root, y, _, _) in zip(layers[-2::-1], masks[::-1], saved[::-1]):
        g = delta * mask / keep * (y > 0)
        dz = layer["gamma"] / root * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
        grads.insert(0, {"weight": dz.T @ before, "gamma": (g * u).sum(dim=0), "beta": g.sum(dim=0)})
        delta = dz @ layer["weight"]
    return loss, grads, [(mean, var) for *_, mean, var in saved]


def prepare_training(generator):
    sizes = [40, 192, 192, 10]
    layers = []
    for into, out in zip(sizes[:-2], sizes[1:-1]):
        layers.append({"weight": he_normal((out, into), generator), "gamma": torch.ones(out),
                       "beta": torch.zeros(out), "mean": torch.zeros(out), "variance": torch.ones(out)})
    layers.append({"weight": he_normal((sizes[-1], sizes[-2]), generator), "bias": torch.zeros(sizes[-1])})
    keys = [(i, key) for i, layer in enumerate(layers) for key in layer if key not in ("mean", "variance")]
    states = [{"t": 0, "m": torch.zeros_like(layers[i][key]), "v": torch.zeros_like(layers[i][key])} for i, key in keys]
    return {"layers": layers, "keys": keys, "states": states}


def train_step(state, x, labels, generator, *, step, n_steps):
    layers, keys, states = state["layers"], state["keys"], state["states"]
    keep = 0.97
    masks = [(torch.rand(len(x), len(layer["weight"]), generator=generator) < keep).float() for layer in layers[:-1]]
    loss, grads, statistics = train_pass(x, labels, layers, masks, keep=keep, eps=1e-5)
    rate = one_cycle(step, n_steps, peak=0.02)
    new_layers = [dict(layer) for layer in layers]
    new_states = []
    for (i, key), memory in zip(keys, states):
        new_layers[i][key], memory = adam_step(layers[i][key], grads[i][key], memory, lr=rate)
        new_states.append(memory)
    for layer, (mean, var) in zip(new_layers, statistics):
        layer["mean"] = 0.9 * layer["mean"] + 0.1 * mean
        layer["variance"] = 0.9 * layer["variance"] + 0.1 * var * len(x) / (len(x) - 1)
    return {"layers": new_layers, "keys": keys, "states": new_states}


def predict_digits(state, x):
    h = x
    for layer in state["layers"][:-1]:
        z = h @ layer["weight"].T
        y = layer["gamma"] * (z - layer["mean"]) / torch.sqrt(layer["variance"] + 1e-5) + layer["beta"]
        h = y.clamp(min=0)
    scores = h @ state["layers"][-1]["weight"].T + state["layers"][-1]["bias"]
    return scores.argmax(dim=1).float()


# %% wrong predict_digits: the largest score is returned as the class, values and not indices of max
import torch
import torch.nn.functional as F


def scores_of(p, x):
    h = x
    for i in range(3):
        h = F.gelu(F.layer_norm(h @ p[f"w{i}"] + p[f"b{i}"], (p[f"b{i}"].numel(),), p[f"g{i}"], p[f"s{i}"]))
    return h @ p["w3"] + p["b3"]


def prepare_training(generator):
    sizes = (40, 256, 256, 256, 10)
    p = {}
    for i in range(4):
        p[f"w{i}"] = torch.empty(sizes[i], sizes[i + 1]).normal_(0, (2 / sizes[i]) ** 0.5, generator=generator)
        p[f"b{i}"] = torch.zeros(sizes[i + 1])
        if i < 3:
            p[f"g{i}"], p[f"s{i}"] = torch.ones(sizes[i + 1]), torch.zeros(sizes[i + 1])
    for tensor in p.values():
        tensor.requires_grad_()
    first = {k: torch.zeros_like(v) for k, v in p.items()}
    second = {k: torch.zeros_like(v) for k, v in p.items()}
    return [p, first, second]


def train_step(state, x, labels, generator, *, step, n_steps):
    p, first, second = state
    loss = F.cross_entropy(scores_of(p, x), labels)
    slopes = torch.autograd.grad(loss, list(p.values()))
    lr = 0.006 * min(1.0, (step + 1) / 30) * (1 - step / n_steps)
    with torch.no_grad():
        for (k, v), g in zip(p.items(), slopes):
            first[k].mul_(0.9).add_(g, alpha=0.1)
            second[k].mul_(0.98).addcmul_(g, g, value=0.02)
            up = first[k] / (1 - 0.9 ** (step + 1))
            down = (second[k] / (1 - 0.98 ** (step + 1))).sqrt() + 1e-8
            if v.ndim == 2:
                v.mul_(1 - 0.01 * lr)
            v.sub_(lr * up / down)
    return [p, first, second]


@torch.no_grad()
def predict_digits(state, x):
    return scores_of(state[0], x).max(dim=1).values.long()


# %% corner predict_digits: a squeeze takes the axis of a single row away, and its class has no axes
import math

import torch
from torch import nn


def prepare_training(generator):
    model = nn.Sequential(
        nn.Linear(40, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 10),
    )
    for part in model:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    return {"model": model, "optimizer": optimizer}


def train_step(state, x, labels, generator, *, step, n_steps):
    model, optimizer = state["model"], state["optimizer"]
    model.train()
    done = (step + 1) / n_steps
    rate = 0.02 * min(done / 0.2, 0.5 * (1 + math.cos(math.pi * max(done - 0.2, 0) / 0.8)) + 0.005)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return state


def predict_digits(state, x):
    model = state["model"]
    model.eval()
    with torch.no_grad():
        return model(x).squeeze().argmax(dim=-1)


