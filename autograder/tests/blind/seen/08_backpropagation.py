# %% right graph_gradient: sorts the edges by their start, largest first, and uses each of them once
def graph_gradient(edges, n):
    grads = [0.0 for _ in range(n)]
    grads[-1] = 1.0
    for i, j, s in sorted(edges, key=lambda e: e[0], reverse=True):
        grads[i] += s * grads[j]
    return grads

# %% right graph_gradient: fills a matrix of slopes and solves a triangular system in float64
import torch


def graph_gradient(edges, n):
    A = torch.zeros(n, n, dtype=torch.float64)
    for start, end, slope in edges:
        A[start, end] = slope
    last = torch.zeros(n, 1, dtype=torch.float64)
    last[-1] = 1
    system = torch.eye(n, dtype=torch.float64) - A
    return torch.linalg.solve_triangular(system, last, upper=True)[:, 0].tolist()

# %% right graph_gradient: forward mode once per node, each start being the 1 in a sweep of its own
import numpy as np


def graph_gradient(edges, n):
    moves = np.eye(n)
    for start, end, slope in sorted(edges, key=lambda edge: edge[1]):
        moves[end] += slope * moves[start]
    return [float(v) for v in moves[n - 1]]

# %% right graph_gradient: multiplies powers of the slope matrix onto the last unit vector and returns a float64 tensor
import torch


def graph_gradient(edges, n):
    slopes = torch.zeros((n, n), dtype=torch.float64)
    for start, end, slope in edges:
        slopes[start, end] += slope
    term = torch.eye(n, dtype=torch.float64)[n - 1]
    total = term.clone()
    for _ in range(n - 1):
        term = slopes @ term
        total = total + term
    return total

# %% wrong graph_gradient: keeps one outgoing edge per node in a dict, so that later edges replace earlier ones
def graph_gradient(edges, n):
    following = {start: (end, slope) for start, end, slope in edges}
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 2, -1, -1):
        if node in following:
            end, slope = following[node]
            gradient[node] = slope * gradient[end]
    return gradient

# %% wrong graph_gradient: sorts the edges upwards by their end, so that gradients are passed on before they are complete
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in sorted(edges, key=lambda e: e[1]):
        gradient[start] += gradient[end] * slope
    return gradient

# %% wrong graph_gradient: begins with the gradient 1 at all nodes and not at the last one alone
def graph_gradient(edges, n):
    gradient = [1.0] * n
    for node in range(n - 1, -1, -1):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[end]
    return gradient

# %% wrong graph_gradient: stops the loop over the starts at node 1, so that node 0 keeps its zero
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for i in range(n - 2, 0, -1):
        for start, end, slope in edges:
            if start == i:
                gradient[i] += slope * gradient[end]
    return gradient

# %% wrong graph_gradient: collects the gradients from the last node to the first and forgets to turn the list round
def graph_gradient(edges, n):
    known = {n - 1: 1.0}
    result = [1.0]
    for node in range(n - 2, -1, -1):
        known[node] = sum((s * known[j] for i, j, s in edges if i == node), 0.0)
        result.append(known[node])
    return result

# %% wrong graph_gradient: sorts the list of edges in place and so changes the argument
def graph_gradient(edges, n):
    edges.sort(key=lambda e: e[1], reverse=True)
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in edges:
        gradient[start] += slope * gradient[end]
    return gradient

# %% wrong graph_gradient: keeps its memory in a default argument, so that a second graph gets the gradients of the first
def graph_gradient(edges, n, known={}):
    def bar(i):
        if i == n - 1:
            return 1.0
        if i not in known:
            known[i] = sum((slope * bar(end) for start, end, slope in edges if start == i), 0.0)
        return known[i]

    return [bar(i) for i in range(n)]

# %% wrong graph_gradient: goes back breadth first and expands a node when it is first met, before it is complete
from collections import deque


def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    queue, seen = deque([n - 1]), {n - 1}
    while queue:
        node = queue.popleft()
        for start, end, slope in sorted(edges):
            if end == node:
                gradient[start] += slope * gradient[node]
                if start not in seen:
                    seen.add(start)
                    queue.append(start)
    return gradient

# %% corner graph_gradient: takes the last node from the edges, which fails when n is 1 and there are none
def graph_gradient(edges, n):
    last = max(end for _, end, _ in edges)
    gradient = [0.0] * n
    gradient[last] = 1.0
    for start, end, slope in sorted(edges, reverse=True):
        gradient[start] += slope * gradient[end]
    return gradient

# %% corner graph_gradient: a node without an edge out of it counts as a last node and gets the gradient 1
def graph_gradient(edges, n):
    gradient = [0.0] * n
    starts = {start for start, _, _ in edges}
    for node in reversed(range(n)):
        if node not in starts:
            gradient[node] = 1.0
            continue
        for start, end, slope in edges:
            if start == node:
                gradient[node] += slope * gradient[end]
    return gradient

# %% right chain_costs: a list of neighbours' products, summed without its first and without its last
from itertools import pairwise


def chain_costs(sizes):
    areas = [a * b for a, b in pairwise(sizes)]
    return sizes[0] * sum(areas[1:]), sizes[-1] * sum(areas[:-1])

# %% right chain_costs: one function for the forward direction, called with the sizes turned round for the other
def chain_costs(sizes):
    def one_way(s):
        return sum(s[0] * s[k - 1] * s[k] for k in range(2, len(s)))

    return one_way(sizes), one_way(sizes[::-1])

# %% right chain_costs: begins each direction with an identity matrix, which is one product more
def chain_costs(sizes):
    forward = reverse = 0
    for into, out in zip(sizes, sizes[1:]):
        forward += out * into * sizes[0]
        reverse += sizes[-1] * out * into
    return forward, reverse

# %% wrong chain_costs: gives the two costs in the other order, reverse first
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return sizes[-1] * sum(areas[:-1]), sizes[0] * sum(areas[1:])

# %% wrong chain_costs: believes that forward mode keeps the outputs' size and reverse mode the inputs'
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return sizes[-1] * sum(areas[1:]), sizes[0] * sum(areas[:-1])

# %% wrong chain_costs: counts a product with an identity on the forward side alone
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return sizes[0] * sum(areas), sizes[-1] * sum(areas[:-1])

# %% wrong chain_costs: leaves out the wrong end of the list in both directions
def chain_costs(sizes):
    areas = [sizes[k] * sizes[k + 1] for k in range(len(sizes) - 1)]
    return sizes[0] * sum(areas[:-1]), sizes[-1] * sum(areas[1:])

# %% wrong chain_costs: stops one layer early, as range leaves out its end
def chain_costs(sizes):
    L = len(sizes) - 1
    forward = sum(sizes[k] * sizes[k - 1] * sizes[0] for k in range(2, L))
    reverse = sum(sizes[k] * sizes[k - 1] * sizes[L] for k in range(1, L - 1))
    return forward, reverse

# %% wrong chain_costs: counts one vector sent through the chain, without the columns or rows that are kept
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return sum(areas[1:]), sum(areas[:-1])

# %% wrong chain_costs: turns the list round in place for the reverse direction and so changes the argument
def chain_costs(sizes):
    forward = sum(sizes[0] * a * b for a, b in zip(sizes[1:], sizes[2:]))
    sizes.reverse()
    reverse = sum(sizes[0] * a * b for a, b in zip(sizes[1:], sizes[2:]))
    return forward, reverse

# %% corner chain_costs: counts the entries of the only Jacobian when there is a single layer
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    if len(areas) == 1:
        return areas[0], areas[0]
    return sizes[0] * sum(areas[1:]), sizes[-1] * sum(areas[:-1])

# %% right numerical_gradient: a tensor of zeros with the step in one place, as a long row
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.zeros(x.numel(), dtype=x.dtype)
    for place in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=x.dtype)
        nudge[place] = eps
        nudge = nudge.reshape(x.shape)
        grad[place] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return grad.reshape(x.shape)

# %% right numerical_gradient: one working copy whose entry is set up, down and back to the old value
import torch


def numerical_gradient(f, x, *, eps):
    work = x.clone(memory_format=torch.contiguous_format)
    row = work.view(-1)
    slopes = []
    for k in range(row.numel()):
        old = row[k].item()
        row[k] = old + eps
        above = float(f(work))
        row[k] = old - eps
        below = float(f(work))
        row[k] = old
        slopes.append(0.5 * (above - below) / eps)
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)

# %% right numerical_gradient: numpy does the moving, and f gets tensors made from the arrays
import numpy as np
import torch


def numerical_gradient(f, x, *, eps):
    base = x.detach().numpy()
    out = np.zeros(base.shape, dtype=base.dtype)
    for index in np.ndindex(*base.shape):
        plus, minus = base.copy(), base.copy()
        plus[index] += eps
        minus[index] -= eps
        out[index] = (float(f(torch.from_numpy(plus))) - float(f(torch.from_numpy(minus)))) / (2 * eps)
    return torch.from_numpy(out)

# %% right numerical_gradient: the mean of the difference quotients to the right and to the left
import torch


def numerical_gradient(f, x, *, eps):
    flat = x.reshape(-1)

    def moved(k, step):
        copy = flat.clone()
        copy[k] = copy[k] + step
        return f(copy.reshape(x.shape))

    here = f(x)
    both = [((moved(k, eps) - here) / eps + (here - moved(k, -eps)) / eps) / 2 for k in range(len(flat))]
    return torch.tensor([float(b) for b in both], dtype=x.dtype).reshape(x.shape)

# %% wrong numerical_gradient: the difference to one side, from x to x plus eps
import torch


def numerical_gradient(f, x, *, eps):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for k in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=x.dtype)
        nudge[k] = eps
        gradient[k] = (f(x + nudge.reshape(x.shape)) - f(x)) / eps
    return gradient.reshape(x.shape)

# %% wrong numerical_gradient: makes the nudge outside the loop and does not set its entries back
import torch


def numerical_gradient(f, x, *, eps):
    gradient, nudge = torch.zeros(x.numel(), dtype=x.dtype), torch.zeros(x.numel(), dtype=x.dtype)
    for k in range(x.numel()):
        nudge[k] = eps
        step = nudge.reshape(x.shape)
        gradient[k] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)

# %% wrong numerical_gradient: asks torch.func.grad, which is autograd as well
import torch


def numerical_gradient(f, x, *, eps):
    return torch.func.grad(f)(x)

# %% wrong numerical_gradient: ignores the argument eps and always steps by 1e-5
import torch


def numerical_gradient(f, x, *, eps=1e-5):
    eps = 1e-5
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + eps * u) - f(x - eps * u)) / (2 * eps) for u in units]).reshape(x.shape)

# %% wrong numerical_gradient: returns the slopes as one long row and not in the shape of x
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + eps * u) - f(x - eps * u)) / (2 * eps) for u in units])

# %% wrong numerical_gradient: collects the slopes in a tensor of torch's default type whatever the type of x is
import torch


def numerical_gradient(f, x, *, eps):
    gradient = torch.zeros(x.numel())
    for k in range(x.numel()):
        nudge = torch.zeros(x.numel()).to(x)
        nudge[k] = eps
        nudge = nudge.reshape(x.shape)
        gradient[k] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return gradient.reshape(x.shape)

# %% wrong numerical_gradient: computes in float64 for the sake of precision and returns float64 for float32 too
import torch


def numerical_gradient(f, x, *, eps):
    wide = x.double()
    units = torch.eye(x.numel(), dtype=torch.float64).reshape(-1, *x.shape)
    slopes = [float(f((wide + eps * u).to(x.dtype)) - f((wide - eps * u).to(x.dtype))) / (2 * eps) for u in units]
    return torch.tensor(slopes, dtype=torch.float64).reshape(x.shape)

# %% wrong numerical_gradient: moves the entry of x itself and brings it back by adding eps, which rounding does not undo
import torch


def numerical_gradient(f, x, *, eps):
    gradient, row = torch.zeros_like(x), x.view(-1)
    for k in range(x.numel()):
        row[k] += eps
        above = float(f(x))
        row[k] -= 2 * eps
        below = float(f(x))
        row[k] += eps
        gradient.view(-1)[k] = (above - below) / (2 * eps)
    return gradient

# %% wrong numerical_gradient: up and down are two names of x and no copies, so that nothing is left of the difference
import torch


def numerical_gradient(f, x, *, eps):
    gradient = torch.zeros_like(x)
    for k in range(x.numel()):
        up, down = x, x
        up.view(-1)[k] += eps
        down.view(-1)[k] -= eps
        gradient.view(-1)[k] = (f(up) - f(down)) / (2 * eps)
    return gradient

# %% wrong numerical_gradient: subtracts the value above from the value below
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x - eps * u) - f(x + eps * u)) / (2 * eps) for u in units]).reshape(x.shape)

# %% corner numerical_gradient: asks for len(x), which a tensor without axes does not have
import torch


def numerical_gradient(f, x, *, eps):
    table = x.reshape(len(x), -1)
    out = torch.zeros_like(table)
    for i in range(len(x)):
        for j in range(table.shape[1]):
            nudge = torch.zeros_like(table)
            nudge[i, j] = eps
            nudge = nudge.reshape(x.shape)
            out[i, j] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return out.reshape(x.shape)

# %% corner numerical_gradient: gives a tensor with one entry and one axis for an x without axes
import torch


def numerical_gradient(f, x, *, eps):
    table = torch.atleast_1d(x)
    out = torch.zeros_like(table)
    for k in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=x.dtype)
        nudge[k] = eps
        nudge = nudge.reshape(x.shape)
        out.view(-1)[k] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return out

# %% right dense_backward: einsum names the axes
import torch


def dense_backward(grad_out, x, weight):
    grad_x = torch.einsum("no,oi->ni", grad_out, weight)
    grad_weight = torch.einsum("no,ni->oi", grad_out, x)
    grad_bias = torch.einsum("no->o", grad_out)
    return grad_x, grad_weight, grad_bias

# %% right dense_backward: a loop over the rows that adds outer products
import torch


def dense_backward(grad_out, x, weight):
    grad_x = torch.zeros_like(x)
    grad_weight = torch.zeros_like(weight)
    grad_bias = torch.zeros(weight.shape[0], dtype=weight.dtype)
    for r, (g, row) in enumerate(zip(grad_out, x)):
        grad_x[r] = weight.T @ g
        grad_weight += torch.outer(g, row)
        grad_bias += g
    return grad_x, grad_weight, grad_bias

# %% right dense_backward: a column of ones beside x gives the bias's gradient along with the weights'
import torch


def dense_backward(grad_out, x, weight):
    wide = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    both = (wide.mT @ grad_out).mT
    grad_x = (weight.mT @ grad_out.mT).mT
    return grad_x, both[:, :-1], both[:, -1]

# %% right dense_backward: numpy in between, and tensors again at the end
import numpy as np
import torch


def dense_backward(grad_out, x, weight):
    g, a, w = (t.detach().numpy() for t in (grad_out, x, weight))
    return [torch.from_numpy(np.ascontiguousarray(part)) for part in (g.dot(w), g.T.dot(a), g.sum(axis=0))]

# %% wrong dense_backward: averages the weights' and biases' gradients over the rows, as a course with 1/m does
def dense_backward(grad_out, x, weight):
    n = len(x)
    return grad_out @ weight, grad_out.T @ x / n, grad_out.sum(dim=0) / n

# %% wrong dense_backward: takes the mean over the rows for the biases only
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.mean(dim=0)

# %% wrong dense_backward: gives the weights' gradient turned round, (in, out)
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, x.T @ grad_out, grad_out.sum(dim=0)

# %% wrong dense_backward: adds the biases' gradient over the units, one number a row
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=1)

# %% wrong dense_backward: passes the incoming gradient on as the biases' gradient, row by row
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out

# %% wrong dense_backward: makes leaves of the arguments themselves, whose grad fields grow with each call
import torch


def dense_backward(grad_out, x, weight):
    x.requires_grad_()
    weight.requires_grad_()
    bias = torch.zeros(weight.shape[0], dtype=weight.dtype, requires_grad=True)
    z = x @ weight.T + bias
    z.backward(grad_out)
    return x.grad, weight.grad, bias.grad

# %% wrong dense_backward: collects the gradients in float32 zeros, whatever the type of the arguments is
import torch


def dense_backward(grad_out, x, weight):
    n, out = grad_out.shape
    grad_weight, grad_bias = torch.zeros(out, x.shape[1]), torch.zeros(out)
    for r in range(n):
        grad_weight += torch.outer(grad_out[r], x[r]).float()
        grad_bias += grad_out[r].float()
    return (grad_out @ weight).float(), grad_weight, grad_bias

# %% wrong dense_backward: adds the gradient of x over the rows as well, so that all rows get the same
def dense_backward(grad_out, x, weight):
    total = grad_out.sum(dim=0)
    return (total @ weight).expand_as(x), grad_out.T @ x, total

# %% right activation_slope: an if for each name, with the formulas of the table
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, scale * torch.ones_like(x), scale * alpha * torch.exp(x))
    if name == "GELU":
        normal = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return normal + x * torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-(x**2))
    raise ValueError(name)

# %% right activation_slope: autograd through torch.nn.functional, and the Gaussian written out
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    functions = {
        "sigmoid": F.sigmoid, "tanh": F.tanh, "ReLU": F.relu, "leaky ReLU": lambda t: F.leaky_relu(t, 0.01),
        "ELU": F.elu, "SELU": F.selu, "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus,
        "Gaussian": lambda t: torch.exp(-t * t),
    }
    with torch.enable_grad():
        t = x.detach().clone()
        t.requires_grad = True
        functions[name](t).backward(torch.ones_like(t))
    return t.grad

# %% right activation_slope: a dictionary of lambdas that clamps the exponent at 0
import math

import torch


def activation_slope(name, x):
    below = torch.exp(torch.clamp(x, max=0))
    up = (x > 0).to(x.dtype)
    down = 1 - up
    sigma = torch.sigmoid(x)
    la, al = 1.0507009873554805, 1.6732632423543772
    return {
        "sigmoid": lambda: sigma - sigma.square(),
        "tanh": lambda: 1 / torch.cosh(x).square(),
        "ReLU": lambda: up,
        "leaky ReLU": lambda: up + 0.01 * down,
        "ELU": lambda: up + below * down,
        "SELU": lambda: la * (up + al * below * down),
        "GELU": lambda: torch.special.ndtr(x) + x * torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi),
        "SiLU": lambda: sigma * (1 + x * (1 - sigma)),
        "softplus": lambda: sigma,
        "Gaussian": lambda: -2 * x / torch.exp(x.square()),
    }[name]()

# %% right activation_slope: numpy and masks, computed in float64 and brought back to the type of x
import numpy as np
import torch


def activation_slope(name, x):
    v = x.detach().double().reshape(-1).numpy()
    out = np.ones_like(v)
    neg = v <= 0
    if name in ("sigmoid", "SiLU", "softplus"):
        s = np.empty_like(v)
        s[~neg] = 1 / (1 + np.exp(-v[~neg]))
        s[neg] = np.exp(v[neg]) / (1 + np.exp(v[neg]))
        out = s if name == "softplus" else s * (1 - s) if name == "sigmoid" else s + v * s * (1 - s)
    elif name == "tanh":
        out = 1 - np.tanh(v) ** 2
    elif name == "ReLU":
        out[neg] = 0
    elif name == "leaky ReLU":
        out[neg] = 0.01
    elif name == "ELU":
        out[neg] = np.exp(v[neg])
    elif name == "SELU":
        out *= 1.0507009873554805
        out[neg] *= 1.6732632423543772 * np.exp(v[neg])
    elif name == "GELU":
        phi = np.exp(-v * v / 2) / np.sqrt(2 * np.pi)
        cdf = 0.5 * torch.special.erfc(torch.from_numpy(-v / np.sqrt(2))).numpy()
        out = cdf + v * phi
    elif name == "Gaussian":
        out = -2 * v * np.exp(-v * v)
    return torch.from_numpy(out).to(x.dtype).reshape(x.shape)

# %% wrong activation_slope: GELU's slope is the normal distribution function alone, as if the product had one factor that moves
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: GELU's density with minus x squared and not half of it in the exponent
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: SiLU's slope misses the factor x in the second term
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: softplus gets the sigmoid's slope in the place of the sigmoid
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x) * (1 - torch.sigmoid(x))
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: SELU forgets lambda below 0
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: SELU forgets alpha, so that it is lambda times an ELU
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: ELU gives its own value e^x − 1 below 0 in place of the slope
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x) - 1)
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: ELU and SELU return what is below 0 with the value's formula, alpha (e^x − 1)
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp() - 1),
        "SELU": lam * torch.where(x > 0, one, alpha * (x.exp() - 1)),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the Gaussian mixes the two conventions: −x times e to minus x squared
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -x * torch.exp(-(x**2))

# %% wrong activation_slope: the Gaussian's slope has lost its minus sign
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return 2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: the ReLU's and the leaky ReLU's branches are chosen the wrong way round
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x < 0, one, 0 * one),
        "leaky ReLU": torch.where(x < 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the ReLU's slope by .float(), which is float32 whatever x is
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).float()
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: chooses the branch of ELU and SELU by the sign with sign(x), which gives −e^x below 0
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.sign(x) * torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.sign(x) * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: returns the functions and not their slopes
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    return {
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "ELU": F.elu,
        "SELU": F.selu, "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus, "Gaussian": lambda t: torch.exp(-t * t),
    }[name](x)

# %% corner activation_slope: ELU and SELU multiply both branches by 0 or 1 and add them, which is nan where e^x is infinite
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": (x > 0) * one + (x <= 0) * x.exp(),
        "SELU": lam * ((x > 0) * one + (x <= 0) * alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% corner activation_slope: tanh as a quotient of exponentials, which is nan far from 0
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - ((x.exp() - (-x).exp()) / (x.exp() + (-x).exp())).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% corner activation_slope: autograd through torch.where with exponentials, whose unused branch makes nan of large x
import torch


def activation_slope(name, x):
    functions = {
        "sigmoid": lambda t: torch.sigmoid(t),
        "tanh": lambda t: torch.tanh(t),
        "ReLU": lambda t: torch.relu(t),
        "leaky ReLU": lambda t: torch.where(t > 0, t, 0.01 * t),
        "ELU": lambda t: torch.where(t > 0, t, torch.exp(t) - 1),
        "SELU": lambda t: 1.0507009873554805 * torch.where(t > 0, t, 1.6732632423543772 * (torch.exp(t) - 1)),
        "GELU": lambda t: t * 0.5 * (1 + torch.erf(t / 2**0.5)),
        "SiLU": lambda t: t * torch.sigmoid(t),
        "softplus": lambda t: torch.log(1 + torch.exp(t)),
        "Gaussian": lambda t: torch.exp(-(t**2)),
    }
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(functions[name](leaf).sum(), leaf)[0]

# %% right maxout: a dense layer for each piece, stacked, and the largest along the new axis
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias, strict=True)]).amax(dim=0)

# %% right maxout: einsum for all pieces at once
import torch


def maxout(x, weight, bias):
    z = torch.einsum("poi,ni->npo", weight, x) + bias
    return z.max(dim=1).values

# %% right maxout: one large dense layer of all units and pieces, split again afterwards
import torch


def maxout(x, weight, bias):
    pieces, out, into = weight.shape
    z = x @ weight.reshape(pieces * out, into).T + bias.reshape(-1)
    return torch.amax(z.reshape(len(x), pieces, out), 1)

# %% right maxout: numpy's tensordot, and a sort of which the last is taken
import numpy as np
import torch


def maxout(x, weight, bias):
    z = np.tensordot(x.numpy(), weight.numpy(), axes=(1, 2)) + bias.numpy()
    return torch.from_numpy(np.sort(z, axis=1)[:, -1].copy())

# %% wrong maxout: returns which piece is the largest and not its value
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).argmax(dim=0)

# %% wrong maxout: takes the maximum of the products first and adds the largest bias afterwards
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T for w in weight]).amax(dim=0) + bias.amax(dim=0)

# %% wrong maxout: compares the pieces without their biases, and adds the bias of the chosen one
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T for w in weight])
    best = z.argmax(dim=0)
    return z.amax(dim=0) + bias.gather(0, best)

# %% wrong maxout: takes the largest weights and the largest biases and makes one layer of them
def maxout(x, weight, bias):
    return x @ weight.amax(dim=0).T + bias.amax(dim=0)

# %% wrong maxout: adds the pieces up in place of choosing the largest
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).sum(dim=0)

# %% wrong maxout: forgets the biases
def maxout(x, weight, bias):
    return (x @ weight.mT).amax(dim=0)

# %% wrong maxout: gives the table turned round, (out, n)
import torch


def maxout(x, weight, bias):
    return (weight @ x.T + bias[:, :, None]).amax(dim=0)

# %% wrong maxout: multiplies by the weights without turning them round, which only square layers allow
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w + b for w, b in zip(weight, bias)]).amax(dim=0)

# %% wrong maxout: picks one piece per unit for the whole batch, the one that is largest on average
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T + b for w, b in zip(weight, bias)])
    chosen = z.mean(dim=1).argmax(dim=0)
    return z[chosen, :, torch.arange(z.shape[2])].T

# %% wrong maxout: picks one piece per example for all units, the one with the largest sum
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T + b for w, b in zip(weight, bias)])
    chosen = z.sum(dim=2).argmax(dim=0)
    return z[chosen, torch.arange(len(x))]

# %% corner maxout: squeezes the result, which takes away the axis of a single unit or a single example
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).amax(dim=0).squeeze()

# %% right softmax_backward: autograd through a softmax of the logarithms, which has the same probabilities
import torch


def softmax_backward(probabilities, grad_out):
    scores = probabilities.detach().log().requires_grad_()
    again = torch.softmax(scores, dim=1)
    return torch.autograd.grad(again, scores, grad_out)[0]

# %% right softmax_backward: einsum for the weighted means, multiplied out
import torch


def softmax_backward(probabilities, grad_out):
    weighted = probabilities * grad_out
    return weighted - torch.einsum("nk,nk->n", probabilities, grad_out)[:, None] * probabilities

# %% right softmax_backward: two loops over numbers by the two cases of the derivative
import torch


def softmax_backward(probabilities, grad_out):
    n, k = probabilities.shape
    result = torch.zeros_like(probabilities)
    for r in range(n):
        p, g = probabilities[r], grad_out[r]
        for j in range(k):
            for i in range(k):
                slope = p[i] * (1 - p[i]) if i == j else -p[i] * p[j]
                result[r, j] += g[i] * slope
    return result

# %% right softmax_backward: transposed, so that the rows' sums broadcast by themselves
def softmax_backward(probabilities, grad_out):
    p, g = probabilities.T, grad_out.T
    return (p * (g - (p * g).sum(0))).T

# %% wrong softmax_backward: forgets keepdim, so that the means go along the wrong axis or do not fit
def softmax_backward(probabilities, grad_out):
    return probabilities * (grad_out - (grad_out * probabilities).sum(dim=1))

# %% wrong softmax_backward: adds p times g over the whole table, one number for all rows
def softmax_backward(probabilities, grad_out):
    return probabilities * (grad_out - (grad_out * probabilities).sum())

# %% wrong softmax_backward: takes the mean over the classes of p times g and not the sum
def softmax_backward(probabilities, grad_out):
    return probabilities * (grad_out - (grad_out * probabilities).mean(dim=1, keepdim=True))

# %% wrong softmax_backward: autograd through a softmax of the probabilities
import torch


def softmax_backward(probabilities, grad_out):
    leaf = probabilities.detach().clone().requires_grad_()
    return torch.autograd.grad(torch.softmax(leaf, dim=1), leaf, grad_out)[0]

# %% wrong softmax_backward: multiplies by g in the end and subtracts the mean from p, the two tables interchanged
def softmax_backward(probabilities, grad_out):
    return grad_out * (probabilities - (grad_out * probabilities).sum(dim=1, keepdim=True))

# %% wrong softmax_backward: adds p pᵀ to the diagonal instead of subtracting it
import torch


def softmax_backward(probabilities, grad_out):
    J = torch.diag_embed(probabilities) + probabilities[:, :, None] * probabilities[:, None, :]
    return (J @ grad_out[:, :, None])[:, :, 0]

# %% wrong softmax_backward: puts p(1 − p) on the diagonal and subtracts p pᵀ there once more
import torch


def softmax_backward(probabilities, grad_out):
    rows = []
    for p, g in zip(probabilities, grad_out):
        rows.append((torch.diag(p * (1 - p)) - torch.outer(p, p)) @ g)
    return torch.stack(rows)

# %% wrong softmax_backward: divides by the number of rows, as for a mean loss
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean) / len(probabilities)

# %% wrong softmax_backward: subtracts the mean from grad_out in place and so changes the argument
def softmax_backward(probabilities, grad_out):
    grad_out -= (grad_out * probabilities).sum(dim=1, keepdim=True)
    return grad_out * probabilities

# %% corner softmax_backward: divides by the probabilities on the way, which is nan where one of them is 0
def softmax_backward(probabilities, grad_out):
    weighted = grad_out * probabilities
    ratio = weighted / probabilities
    return probabilities * (ratio - weighted.sum(dim=1, keepdim=True))

# %% right output_delta: three predictions, minus the targets, divided by the number of rows
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% right output_delta: autograd of torch's own losses
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    s = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = 0.5 * (s - targets).square().sum(dim=1).mean()
    elif task == "binary":
        loss = F.binary_cross_entropy_with_logits(s, targets.to(s))
    else:
        loss = F.cross_entropy(s, targets)
    return torch.autograd.grad(loss, s)[0]

# %% right output_delta: own softmax with the largest score subtracted, and a comparison for one-hot rows
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    match task:
        case "regression":
            prediction, target = scores, targets
        case "binary":
            prediction, target = 0.5 * (1 + torch.tanh(scores / 2)), targets
        case "classes":
            e = torch.exp(scores - scores.max(dim=1, keepdim=True).values)
            prediction = e / e.sum(dim=1, keepdim=True)
            target = (torch.arange(scores.shape[1]) == targets[:, None]).to(scores)
    return (prediction - target) / n

# %% right output_delta: the regression's loss without the ½, which gives twice the gradient there
import torch


def output_delta(scores, targets, *, task):
    n = len(targets)
    if task == "regression":
        return 2 / n * (scores - targets)
    if task == "binary":
        return (1 / (1 + torch.exp(-scores)) - targets) / n
    y = torch.zeros_like(scores).scatter_(1, targets[:, None], 1.0)
    return (torch.exp(torch.log_softmax(scores, 1)) - y) / n

# %% wrong output_delta: uses torch's mse_loss in the regression, whose mean runs over the columns too
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    leaf = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = 0.5 * F.mse_loss(leaf, targets)
    elif task == "binary":
        loss = F.binary_cross_entropy_with_logits(leaf, targets.to(leaf))
    else:
        loss = F.cross_entropy(leaf, targets)
    return torch.autograd.grad(loss, leaf)[0]

# %% wrong output_delta: target minus prediction
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (targets - scores) / n
    if task == "binary":
        return (targets - torch.sigmoid(scores)) / n
    return (F.one_hot(targets, scores.shape[1]) - torch.softmax(scores, dim=1)) / n

# %% wrong output_delta: takes the scores of the two classes for probabilities and leaves out the sigmoid
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task in ("regression", "binary"):
        return (scores - targets) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% wrong output_delta: the softmax runs over the examples, dim 0
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    return (torch.softmax(scores, dim=0) - F.one_hot(targets, scores.shape[1])) / n

# %% wrong output_delta: a sigmoid for each class in the place of the softmax
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    y = targets if task == "binary" else F.one_hot(targets, scores.shape[1])
    return (torch.sigmoid(scores) - y) / n

# %% wrong output_delta: divides by n first and then subtracts a whole 1 at the right class
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1) / n
    delta[torch.arange(n), targets] -= 1
    return delta

# %% wrong output_delta: subtracts the number of the class from all probabilities of the row
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    return (torch.softmax(scores, dim=1) - targets[:, None]) / n

# %% wrong output_delta: rounds the sigmoid to a decision before it subtracts
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return ((scores > 0).to(scores) - targets) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% wrong output_delta: turns everything into float32 for the subtraction and returns it so
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "classes":
        return (torch.softmax(scores, dim=1).float() - F.one_hot(targets, scores.shape[1]).float()) / n
    prediction = scores if task == "regression" else torch.sigmoid(scores)
    return (prediction.float() - targets.float()) / n

# %% corner output_delta: own softmax without subtracting the largest score, nan for scores of 10 000
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    e = torch.exp(scores)
    return (e / e.sum(dim=1, keepdim=True) - F.one_hot(targets, scores.shape[1])) / n

# %% corner output_delta: the sigmoid as e^s over 1 + e^s, nan for a score of 10 000
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        e = torch.exp(scores)
        return (e / (1 + e) - targets) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% corner output_delta: clamps the scores to ±50 against overflow, so that large scores that differ become equal
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    safe = scores.clamp(-50, 50)
    if task == "binary":
        return (torch.sigmoid(safe) - targets) / n
    return (torch.softmax(safe, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% right mlp_backprop: keeps sums and outputs, calls dense_backward and fills lists by their numbers
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% right mlp_backprop: recursion that goes up through one layer, calls itself for the rest and comes back with the gradient
import torch


def mlp_backprop(x, labels, weights, biases):
    def down(a, layer):
        z = a @ weights[layer].T + biases[layer]
        if layer == len(weights) - 1:
            rows = torch.arange(len(z))
            loss = (torch.logsumexp(z, dim=1) - z[rows, labels]).mean()
            delta = torch.exp(z - torch.logsumexp(z, dim=1, keepdim=True))
            delta[rows, labels] -= 1
            delta = delta / len(z)
            gw, gb = [], []
        else:
            h = torch.tanh(z)
            loss, grad_h, gw, gb = down(h, layer + 1)
            delta = grad_h * (1 - h) * (1 + h)
        return loss, delta @ weights[layer], [delta.T @ a, *gw], [delta.sum(0), *gb]

    loss, _, grad_weights, grad_biases = down(x, 0)
    return loss, grad_weights, grad_biases

# %% right mlp_backprop: one example after the other with column vectors, and python's number as the loss
import torch


def mlp_backprop(x, labels, weights, biases):
    n, L, loss = len(x), len(weights), 0.0
    grad_weights = [torch.zeros_like(w) for w in weights]
    grad_biases = [torch.zeros_like(b) for b in biases]
    for row, label in zip(x, labels):
        a = [row]
        for k in range(L):
            z = weights[k] @ a[-1] + biases[k]
            a.append(z if k == L - 1 else torch.tanh(z))
        loss -= float(torch.log_softmax(a[-1], dim=0)[label]) / n
        delta = torch.softmax(a[-1], dim=0)
        delta[label] -= 1
        for k in reversed(range(L)):
            grad_weights[k] += torch.outer(delta, a[k]) / n
            grad_biases[k] += delta / n
            delta = (weights[k].T @ delta) * (1 - a[k] ** 2)
    return loss, grad_weights, grad_biases

# %% right mlp_backprop: pushes a function for the way back of each step and runs them in reverse
import torch


def output_delta(scores, targets, *, task):
    p = torch.softmax(scores, dim=1)
    p[torch.arange(len(p)), targets] -= 1
    return p / len(p)


def mlp_backprop(x, labels, weights, biases):
    tape, grad_weights, grad_biases = [], [], []

    def dense(a, w, b):
        def back(g):
            grad_weights.insert(0, g.T @ a)
            grad_biases.insert(0, g.sum(dim=0))
            return g @ w

        tape.append(back)
        return a @ w.T + b

    def squash(z):
        h = torch.tanh(z)
        tape.append(lambda g: g / torch.cosh(z) ** 2)
        return h

    h = x
    for w, b in zip(weights[:-1], biases[:-1]):
        h = squash(dense(h, w, b))
    scores = dense(h, weights[-1], biases[-1])
    loss = torch.nn.functional.nll_loss(torch.log_softmax(scores, dim=1), labels)
    g = output_delta(scores, labels, task="classes")
    for back in reversed(tape):
        g = back(g)
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: the slope is 1 − a without the square
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer])
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: applies tanh once more to the outputs that are kept before squaring
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - torch.tanh(outputs[layer]) ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: the lists of gradients run from the last layer to the first
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: turns the weights' gradients round and forgets the biases'
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases

# %% wrong mlp_backprop: adds the losses of the examples instead of averaging, the gradients being those of the mean
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].sum()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: averages the biases' gradients over the rows although the mean is in delta already
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.mean(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: subtracts 1 in whole columns of the probabilities
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[:, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: one_hot counts the classes by the labels and fails where the last class is missing
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels)) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: the loss has no minus sign
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: the weights' gradient uses the outputs of the layer itself and not what came into it
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ (outputs[layer + 1] if layer + 1 < len(outputs) else scores))
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: multiplies by the slope before it goes down through the weights, with the outputs above
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            above = outputs[layer + 1] if layer + 1 < len(outputs) else torch.tanh(scores)
            delta = (delta * (1 - above**2)) @ weights[layer]
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: goes down through the weights of the layer below
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer - 1]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: one list of pairs, weight and bias alternating, in the place of two lists
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    grads = []
    for grad_weight, grad_bias in zip(grad_weights[::-1], grad_biases[::-1]):
        grads += [grad_weight, grad_bias]
    return loss, grads

# %% wrong mlp_backprop: calls backward on the weights themselves, whose grad fields add up from call to call
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    for p in [*weights, *biases]:
        p.requires_grad_()
    h = x
    for w, b in zip(weights[:-1], biases[:-1]):
        h = torch.tanh(F.linear(h, w, b))
    loss = F.cross_entropy(F.linear(h, weights[-1], biases[-1]), labels)
    loss.backward()
    return loss.detach(), [w.grad for w in weights], [b.grad for b in biases]

# %% corner mlp_backprop: makes the first layer a hidden one always, which is wrong for a net of a single layer
import torch


def mlp_backprop(x, labels, weights, biases):
    n, L = len(x), len(weights)
    a = [x, torch.tanh(x @ weights[0].T + biases[0])]
    for k in range(1, L):
        z = a[-1] @ weights[k].T + biases[k]
        a.append(z if k == L - 1 else torch.tanh(z))
    scores = a[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta /= n
    gw, gb = [], []
    for k in range(L - 1, -1, -1):
        gw.insert(0, delta.T @ a[k])
        gb.insert(0, delta.sum(0))
        delta = delta @ weights[k] * (1 - a[k] ** 2)
    return loss, gw, gb

# %% wrong mlp_backprop: written out for two layers, so that deeper nets and a single layer fail
import torch


def mlp_backprop(x, labels, weights, biases):
    (w1, w2), (b1, b2) = weights, biases
    n = len(x)
    h = torch.tanh(x @ w1.T + b1)
    s = h @ w2.T + b2
    loss = torch.nn.functional.cross_entropy(s, labels)
    d2 = torch.softmax(s, dim=1)
    d2[torch.arange(n), labels] -= 1
    d2 = d2 / n
    d1 = (d2 @ w2) * (1 - h**2)
    return loss, [d1.T @ x, d2.T @ h], [d1.sum(0), d2.sum(0)]

# %% right delta_norms: from the last layer to the first, and the list turned round
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% right delta_norms: fills a tensor from its end by the numbers of the layers
import torch


def delta_norms(delta, weights, slopes):
    L = len(weights)
    result = torch.zeros(L + 1, dtype=delta.dtype)
    result[L] = torch.linalg.vector_norm(delta)
    g = delta.clone()
    for layer in range(L - 1, -1, -1):
        g = torch.einsum("oi,o->i", weights[layer], slopes[layer] * g)
        result[layer] = torch.linalg.vector_norm(g)
    return result

# %% right delta_norms: multiplies the Jacobians first, from the top, and sends the one vector through each product
import torch


def delta_norms(delta, weights, slopes):
    product = torch.eye(len(delta), dtype=delta.dtype)
    norms = [(delta @ product).norm()]
    for weight, slope in zip(weights[::-1], slopes[::-1]):
        product = product @ torch.diag(slope) @ weight
        norms.insert(0, (delta @ product).norm())
    return torch.stack(norms)

# %% right delta_norms: scales the rows of the weights by the slopes, and collects python numbers in torch's default type
import math

import torch


def delta_norms(delta, weights, slopes):
    vector, lengths = delta, [math.sqrt(float(delta @ delta))]
    for k in reversed(range(len(weights))):
        jacobian = slopes[k][:, None] * weights[k]
        vector = jacobian.T.mv(vector)
        lengths.append(math.sqrt(float(vector @ vector)))
    lengths.reverse()
    return torch.tensor(lengths)

# %% wrong delta_norms: leaves the norms in the order in which they were found, from the top to the input
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms)

# %% wrong delta_norms: goes through the layers from the first to the last and turns the norms round
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(weights, slopes):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: first the weights and then the slopes
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = slope * (weight.T @ delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: takes delta for the gradient at the sums, so that the last layer's slope is left out
import torch


def delta_norms(delta, weights, slopes):
    L = len(weights)
    norms = [delta.norm()]
    for k in range(L - 1, -1, -1):
        if k < L - 1:
            delta = delta * slopes[k]
        delta = weights[k].T @ delta
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: leaves out the norm of delta itself, L entries only
import torch


def delta_norms(delta, weights, slopes):
    norms = []
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: gives the squared lengths
import torch


def delta_norms(delta, weights, slopes):
    norms = [(delta**2).sum()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append((delta**2).sum())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: divides by the norm at the top, as the figure does
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1]) / norms[0]

# %% wrong delta_norms: multiplies the upper bounds, largest slope times largest singular value
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        norms.append(norms[-1] * slope.max() * torch.linalg.matrix_norm(weight, ord=2))
    return torch.stack(norms[::-1])

# %% wrong delta_norms: multiplies by the slopes in place and so changes delta itself
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta *= slope
        delta = weight.T @ delta
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: turns the lists of the caller round in place
import torch


def delta_norms(delta, weights, slopes):
    weights.reverse()
    slopes.reverse()
    norms = [delta.norm()]
    for weight, slope in zip(weights, slopes):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    norms.reverse()
    return torch.stack(norms)

# %% wrong delta_norms: turns the weights round but not the slopes
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), slopes):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% corner delta_norms: makes the table of gradients as wide as the top, which fails if the layers differ in width
import torch


def delta_norms(delta, weights, slopes):
    table = torch.zeros(len(weights) + 1, len(delta), dtype=delta.dtype)
    table[-1] = delta
    for k in reversed(range(len(weights))):
        table[k] = weights[k].T @ (slopes[k] * table[k + 1])
    return table.norm(dim=1)


# %% right graph_gradient: sweeps over the nodes from the last to the first and adds to the starts of the edges that end there
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in reversed(range(n)):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[node]
    return gradient

# %% right graph_gradient: recursion with a memory made anew in every call
from functools import lru_cache


def graph_gradient(edges, n):
    following = {}
    for start, end, slope in edges:
        following.setdefault(start, []).append((end, slope))

    @lru_cache(maxsize=None)
    def bar(node):
        if node == n - 1:
            return 1.0
        return float(sum(slope * bar(end) for end, slope in following.get(node, [])))

    return [bar(node) for node in reversed(range(n))][::-1]

# %% right graph_gradient: gives every node a nudge of its own and lets autograd find the gradient of the last node
import torch


def graph_gradient(edges, n):
    nudges = torch.zeros(n, dtype=torch.float64, requires_grad=True)
    values = [nudges[i] for i in range(n)]
    for start, end, slope in sorted(edges):
        values[end] = values[end] + slope * values[start]
    (gradient,) = torch.autograd.grad(values[-1], nudges)
    return gradient.tolist()

# %% right graph_gradient: repeats the equation for all nodes n times, from the old values, until nothing changes any more
def graph_gradient(edges, n):
    def once(old):
        new = [0.0] * (n - 1) + [1.0]
        for start, end, slope in edges:
            new[start] += slope * old[end]
        return new

    gradient = [0.0] * (n - 1) + [1.0]
    for _ in range(n):
        gradient = once(gradient)
    return gradient

# %% wrong graph_gradient: overwrites the gradient of the start in place of adding to it
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in sorted(edges, reverse=True):
        gradient[start] = slope * gradient[end]
    return gradient

# %% wrong graph_gradient: takes the edges in the order in which they are given, from the back
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in reversed(edges):
        gradient[start] += slope * gradient[end]
    return gradient

# %% wrong graph_gradient: accumulates forwards from node 0, and so gives the derivative of every node by the first one
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[0] = 1.0
    for node in range(n):
        for start, end, slope in edges:
            if start == node:
                gradient[end] += slope * gradient[start]
    return gradient

# %% wrong graph_gradient: initialises with ones, and replaces them only where a node has edges that go out
def graph_gradient(edges, n):
    out = [1.0] * n
    for node in reversed(range(n - 1)):
        parts = [slope * out[end] for start, end, slope in edges if start == node]
        if parts:
            out[node] = sum(parts)
    return out

# %% wrong graph_gradient: walks all the paths by recursion without remembering anything
def graph_gradient(edges, n):
    def bar(node):
        if node == n - 1:
            return 1.0
        return float(sum(slope * bar(end) for start, end, slope in edges if start == node))

    return [bar(node) for node in range(n)]

# %% wrong graph_gradient: adds the slopes along a path instead of multiplying them
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in sorted(edges, reverse=True):
        gradient[start] += slope + gradient[end]
    return gradient

# %% wrong graph_gradient: gives the total derivative along the strongest path only, by max in the place of the sum
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for node in range(n - 2, -1, -1):
        ways = [slope * gradient[end] for start, end, slope in edges if start == node]
        gradient[node] = max(ways, key=abs, default=0.0)
    return gradient

# %% corner graph_gradient: puts only those nodes into the result that reach the last one
def graph_gradient(edges, n):
    gradient = {n - 1: 1.0}
    for start, end, slope in sorted(edges, reverse=True):
        if end in gradient:
            gradient[start] = gradient.get(start, 0.0) + slope * gradient[end]
    return [gradient[node] for node in sorted(gradient)]

# %% right chain_costs: follows the shapes of the intermediate products, from either end
def chain_costs(sizes):
    shapes = [(sizes[k + 1], sizes[k]) for k in range(len(sizes) - 1)]
    forward, current = 0, shapes[0]
    for rows, columns in shapes[1:]:
        forward += rows * columns * current[1]
        current = (rows, current[1])
    reverse, current = 0, shapes[-1]
    for rows, columns in shapes[-2::-1]:
        reverse += current[0] * rows * columns
        current = (current[0], columns)
    return forward, reverse

# %% right chain_costs: the dot product of shifted numpy arrays of whole numbers
import numpy as np


def chain_costs(sizes):
    s = np.array(sizes, dtype=np.int64)
    forward = s[0] * np.dot(s[1:-1], s[2:])
    reverse = s[-1] * np.dot(s[:-2], s[1:-1])
    return int(forward), int(reverse)

# %% right chain_costs: recursion that takes off one layer after the other
def chain_costs(sizes):
    def forward(s):
        return 0 if len(s) < 3 else forward(s[:-1]) + s[-1] * s[-2] * s[0]

    def reverse(s):
        return 0 if len(s) < 3 else reverse(s[1:]) + s[-1] * s[1] * s[0]

    return (forward(list(sizes)), reverse(list(sizes)))

# %% wrong chain_costs: counts a product with an identity in the reverse direction alone
def chain_costs(sizes):
    forward = sum(sizes[0] * sizes[k] * sizes[k - 1] for k in range(2, len(sizes)))
    reverse = sum(sizes[-1] * sizes[k] * sizes[k - 1] for k in range(1, len(sizes)))
    return forward, reverse

# %% wrong chain_costs: multiplies each three neighbouring sizes and forgets that the intermediate product keeps the outer one
def chain_costs(sizes):
    forward = sum(a * b * c for a, b, c in zip(sizes, sizes[1:], sizes[2:]))
    back = sizes[::-1]
    reverse = sum(a * b * c for a, b, c in zip(back, back[1:], back[2:]))
    return forward, reverse

# %% wrong chain_costs: counts multiplications and additions, so that both are twice as many
def chain_costs(sizes):
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return 2 * sizes[0] * sum(areas[1:]), 2 * sizes[-1] * sum(areas[:-1])

# %% wrong chain_costs: counts the entries of the intermediate products instead of the multiplications
def chain_costs(sizes):
    return sum(n * sizes[0] for n in sizes[2:]), sum(n * sizes[-1] for n in sizes[:-2])

# %% wrong chain_costs: pops the outer sizes off the list that was handed in
def chain_costs(sizes):
    first, last = sizes[0], sizes[-1]
    forward = reverse = 0
    for k in range(1, len(sizes) - 1):
        reverse += last * sizes[k] * sizes[k - 1]
    while len(sizes) > 2:
        n = sizes.pop()
        forward += n * sizes[-1] * first
    return forward, reverse

# %% wrong chain_costs: adds the three sizes of a product instead of multiplying them
def chain_costs(sizes):
    pairs = list(zip(sizes[:-1], sizes[1:]))
    return sum(a + b + sizes[0] for a, b in pairs[1:]), sum(a + b + sizes[-1] for a, b in pairs[:-1])

# %% wrong chain_costs: multiplies the costs of the single products with each other in place of adding them
import math


def chain_costs(sizes):
    if len(sizes) == 2:
        return 0, 0
    areas = [a * b for a, b in zip(sizes[:-1], sizes[1:])]
    return math.prod(sizes[0] * a for a in areas[1:]), math.prod(sizes[-1] * a for a in areas[:-1])

# %% corner chain_costs: starts with the product of the first three sizes, which a single layer does not have
def chain_costs(sizes):
    forward = sizes[0] * sizes[1] * sizes[2]
    for k in range(3, len(sizes)):
        forward += sizes[k] * sizes[k - 1] * sizes[0]
    reverse = sizes[-1] * sizes[-2] * sizes[-3]
    for k in range(len(sizes) - 4, -1, -1):
        reverse += sizes[-1] * sizes[k + 1] * sizes[k]
    return forward, reverse

# %% right numerical_gradient: unit tensors from an identity matrix and one stack of all the slopes
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    slopes = [(f(x + eps * unit) - f(x - eps * unit)) / (2 * eps) for unit in units]
    return torch.stack(slopes).reshape(x.shape).to(x)

# %% right numerical_gradient: goes through all index tuples and moves the entry in two copies
import itertools

import torch


def numerical_gradient(f, x, *, eps):
    result = torch.zeros_like(x)
    for index in itertools.product(*(range(size) for size in x.shape)):
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        result[index] = (f(up) - f(down)) / eps / 2
    return result

# %% right numerical_gradient: chooses the moved entry by torch.where from a table of running numbers
import torch


def numerical_gradient(f, x, *, eps):
    numbers = torch.arange(x.numel()).reshape(x.shape)
    gradient = torch.zeros_like(x)
    for k in range(x.numel()):
        here = numbers == k
        slope = (f(torch.where(here, x + eps, x)) - f(torch.where(here, x - eps, x))) / (2 * eps)
        gradient[here] = torch.as_tensor(slope).to(x.dtype)
    return gradient

# %% wrong numerical_gradient: the difference to one side, backwards from x to x minus eps
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x) - f(x - eps * unit)) / eps for unit in units]).reshape(x.shape)

# %% wrong numerical_gradient: steps to both sides but divides by eps and not by twice eps
import torch


def numerical_gradient(f, x, *, eps):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for k in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=x.dtype)
        nudge[k] = eps
        nudge = nudge.reshape(x.shape)
        gradient[k] = (f(x + nudge) - f(x - nudge)) / eps
    return gradient.reshape(x.shape)

# %% wrong numerical_gradient: writes the quotient without brackets, so that it divides by 2 and multiplies by eps
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    return torch.stack([(f(x + eps * u) - f(x - eps * u)) / 2 * eps for u in units]).reshape(x.shape)

# %% wrong numerical_gradient: takes eps for the whole distance and moves by half of it to each side
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
    half = eps / 2
    return torch.stack([(f(x + half * u) - f(x - half * u)) / eps for u in units]).reshape(x.shape)

# %% wrong numerical_gradient: moves all entries at once and gives each the same slope
import torch


def numerical_gradient(f, x, *, eps):
    slope = (f(x + eps) - f(x - eps)) / (2 * eps)
    return torch.zeros_like(x) + slope

# %% wrong numerical_gradient: asks torch.autograd for the gradient
import torch


def numerical_gradient(f, x, *, eps):
    leaf = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(leaf), leaf)
    return gradient

# %% wrong numerical_gradient: scales the step by the size of the entry
import torch


def numerical_gradient(f, x, *, eps):
    flat, out = x.reshape(-1), []
    for k in range(x.numel()):
        step = eps * max(1.0, abs(float(flat[k])))
        up, down = flat.clone(), flat.clone()
        up[k] += step
        down[k] -= step
        out.append(float(f(up.reshape(x.shape)) - f(down.reshape(x.shape))) / (2 * step))
    return torch.tensor(out, dtype=x.dtype).reshape(x.shape)

# %% wrong numerical_gradient: loops over the first axis only and so moves whole rows of a matrix
import torch


def numerical_gradient(f, x, *, eps):
    if x.dim() == 0:
        return (f(x + eps) - f(x - eps)) / (2 * eps)
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        up, down = x.clone(), x.clone()
        up[i] += eps
        down[i] -= eps
        gradient[i] = (f(up) - f(down)) / (2 * eps)
    return gradient

# %% wrong numerical_gradient: hands the flattened tensor to f, which expects the shape of x
import torch


def numerical_gradient(f, x, *, eps):
    row, slopes = x.reshape(-1), []
    for k in range(len(row)):
        nudge = torch.zeros_like(row)
        nudge[k] = eps
        slopes.append((f(row + nudge) - f(row - nudge)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)

# %% corner numerical_gradient: builds the index table by cartesian_prod, which a tensor without axes does not allow
import torch


def numerical_gradient(f, x, *, eps):
    places = torch.cartesian_prod(*[torch.arange(size) for size in x.shape]).reshape(x.numel(), -1)
    gradient = torch.zeros_like(x)
    for place in places:
        index = tuple(place.tolist())
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        gradient[index] = (f(up) - f(down)) / (2 * eps)
    return gradient

# %% right dense_backward: two matrix products and a sum over the rows
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)

# %% right dense_backward: builds the layer again from copies and leaves the work to autograd
import torch


def dense_backward(grad_out, x, weight):
    leaves = [x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()]
    bias = torch.zeros(len(weight), dtype=weight.dtype, requires_grad=True)
    z = torch.nn.functional.linear(leaves[0], leaves[1], bias)
    return torch.autograd.grad(z, (*leaves, bias), grad_outputs=grad_out)

# %% right dense_backward: three broadcast products, summed over the axis that is too many
def dense_backward(grad_out, x, weight):
    grad_x = (grad_out[:, :, None] * weight[None]).sum(1)
    grad_weight = (grad_out[:, :, None] * x[:, None, :]).sum(0)
    return grad_x, grad_weight, grad_out.sum(0)

# %% wrong dense_backward: divides the incoming gradient by the number of rows before anything else
def dense_backward(grad_out, x, weight):
    g = grad_out / grad_out.shape[0]
    return g @ weight, g.T @ x, g.sum(dim=0)

# %% wrong dense_backward: transposes the weights for the gradient of x, as on the way up
def dense_backward(grad_out, x, weight):
    return grad_out @ weight.T, grad_out.T @ x, grad_out.sum(dim=0)

# %% wrong dense_backward: keeps the summed axis, so that the biases' gradient is (1, out)
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0, keepdim=True)

# %% wrong dense_backward: adds everything into a single number for the biases
def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum()

# %% wrong dense_backward: returns weight, bias, x in the order of most deep learning courses
def dense_backward(grad_out, x, weight):
    return grad_out.T @ x, grad_out.sum(dim=0), grad_out @ weight

# %% wrong dense_backward: multiplies by a tanh's slope, although the gradient given is the one at z
import torch


def dense_backward(grad_out, x, weight):
    z = x @ weight.T
    g = grad_out * (1 - torch.tanh(z) ** 2)
    return g @ weight, g.T @ x, g.sum(dim=0)

# %% wrong dense_backward: uses the sum of z as the loss in autograd and forgets the gradient from above
import torch


def dense_backward(grad_out, x, weight):
    a, w = x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    b = torch.zeros(len(weight), dtype=weight.dtype, requires_grad=True)
    return torch.autograd.grad((a @ w.T + b).sum(), (a, w, b))

# %% wrong dense_backward: overwrites the weights' gradient in the loop over the rows instead of adding
import torch


def dense_backward(grad_out, x, weight):
    grad_weight, grad_bias = torch.zeros_like(weight), torch.zeros_like(weight[:, 0])
    for g, row in zip(grad_out, x):
        grad_weight = g[:, None] * row[None, :]
        grad_bias = grad_bias + g
    return grad_out @ weight, grad_weight, grad_bias

# %% right activation_slope: autograd through the course's own activation
import torch
from steepest.activations import activation


def activation_slope(name, x):
    leaf = x.detach().clone().requires_grad_(True)
    value = activation(name)(leaf)
    return torch.autograd.grad(value.sum(), leaf)[0]

# %% right activation_slope: one number after the other with math, put together at the end
import math

import torch


def _sigma(v):
    return 1 / (1 + math.exp(-v)) if v > -30 else math.exp(max(v, -700))


def _slope(name, v):
    if name == "sigmoid":
        return _sigma(v) * _sigma(-v)
    if name == "tanh":
        return 1 - math.tanh(v) ** 2
    if name == "ReLU":
        return 1.0 if v > 0 else 0.0
    if name == "leaky ReLU":
        return 1.0 if v > 0 else 0.01
    if name == "ELU":
        return 1.0 if v > 0 else math.exp(v)
    if name == "SELU":
        return 1.0507009873554805 * (1.0 if v > 0 else 1.6732632423543772 * math.exp(v))
    if name == "GELU":
        return 0.5 * math.erfc(-v / 2**0.5) + v * math.exp(-v * v / 2) / (2 * math.pi) ** 0.5
    if name == "SiLU":
        return _sigma(v) + v * _sigma(v) * _sigma(-v)
    if name == "softplus":
        return _sigma(v)
    return -2 * v * math.exp(-v * v)


def activation_slope(name, x):
    return torch.tensor([_slope(name, v) for v in x.reshape(-1).tolist()], dtype=x.dtype).reshape(x.shape)

# %% right activation_slope: GELU by its tanh approximation, SELU's constants rounded, and the Gaussian with x²/2
import math

import torch


def activation_slope(name, x):
    one = torch.ones_like(x)
    match name:
        case "sigmoid":
            return torch.sigmoid(x) * torch.sigmoid(-x)
        case "tanh":
            return one - torch.tanh(x).pow(2)
        case "ReLU":
            return torch.heaviside(x, torch.zeros_like(x))
        case "leaky ReLU":
            return torch.where(x > 0, one, 0.01 * one)
        case "ELU":
            return torch.exp(torch.minimum(x, torch.zeros_like(x)))
        case "SELU":
            return 1.0507 * torch.where(x > 0, one, 1.67326 * x.exp())
        case "GELU":
            c = math.sqrt(2 / math.pi)
            t = torch.tanh(c * (x + 0.044715 * x**3))
            return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x**2)
        case "SiLU":
            s = torch.sigmoid(x)
            value = x * s
            return value + s * (1 - value)
        case "softplus":
            return torch.sigmoid(x)
        case "Gaussian":
            return -x * torch.exp(-0.5 * x * x)

# %% right activation_slope: clamps x to ±40 first, where all slopes are level to the last digit
import torch


def activation_slope(name, x):
    c = x.clamp(-40, 40)
    e = torch.exp(-c.abs())
    if name in ("sigmoid", "softplus", "SiLU"):
        s = torch.where(c > 0, 1 / (1 + e), e / (1 + e))
        if name == "softplus":
            return s
        return e / (1 + e) ** 2 + (0 if name == "sigmoid" else s + c * e / (1 + e) ** 2 - e / (1 + e) ** 2)
    if name == "tanh":
        return 4 * e**2 / (1 + e**2) ** 2
    if name == "Gaussian":
        return -2 * c * torch.exp(-c * c)
    if name == "GELU":
        return (1 + torch.erf(c * 0.5**0.5)) / 2 + c * torch.exp(-c * c / 2) * (2 * torch.pi) ** -0.5
    low, high = {"ReLU": (0 * e, 1), "leaky ReLU": (0 * e + 0.01, 1), "ELU": (e, 1),
                 "SELU": (1.0507009873554805 * 1.6732632423543772 * e, 1.0507009873554805)}[name]
    return torch.where(c > 0, high * torch.ones_like(e), low)

# %% wrong activation_slope: tanh's slope without the square
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x)
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: takes x for the value that the sigmoid and tanh have already had, and uses x(1 − x) and 1 − x²
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": x * (1 - x),
        "tanh": 1 - x.square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: GELU's density without its factor of one over the root of two pi
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2)
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the normal distribution function without dividing by the root of 2 inside erf
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: SiLU's slope is x times the sigmoid's slope, the other term of the product rule is missing
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: SELU keeps slope 1 above 0 and has lambda alpha e^x below only
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": torch.where(x > 0, one, lam * alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the Gaussian mixes the conventions the other way: −2x times e to minus half of x squared
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.01 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x / 2),
    }
    return slopes[name]

# %% wrong activation_slope: the leaky ReLU has 0.1 below 0
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, one, 0 * one),
        "leaky ReLU": torch.where(x > 0, one, 0.1 * one),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the leaky ReLU's slope below 0 is 0.01 x, the value and not the slope
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * x)
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: the ReLU's slope is the table of true and false, and not of numbers
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return x > 0
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: plain numbers in torch.where make the slopes of the ReLUs float32 for a float64 x
import torch


def activation_slope(name, x):
    one, sig = torch.ones_like(x), torch.sigmoid(x)
    lam, alpha = 1.0507009873554805, 1.6732632423543772
    phi = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    Phi = (1 + torch.erf(x / 2**0.5)) / 2
    slopes = {
        "sigmoid": sig * (1 - sig),
        "tanh": 1 - torch.tanh(x).square(),
        "ReLU": torch.where(x > 0, 1.0, 0.0),
        "leaky ReLU": torch.where(x > 0, 1.0, 0.01),
        "ELU": torch.where(x > 0, one, x.exp()),
        "SELU": lam * torch.where(x > 0, one, alpha * x.exp()),
        "GELU": Phi + x * phi,
        "SiLU": sig + x * sig * (1 - sig),
        "softplus": sig,
        "Gaussian": -2 * x * torch.exp(-x * x),
    }
    return slopes[name]

# %% wrong activation_slope: the ReLU writes ones and zeros into x itself
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        x[x > 0] = 1
        x[x < 0] = 0
        return x
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% wrong activation_slope: makes x itself a leaf, whose grad field adds up over the calls
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    functions = {
        "sigmoid": F.sigmoid, "tanh": F.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "ELU": F.elu, "SELU": F.selu,
        "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus, "Gaussian": lambda t: torch.exp(-t * t),
    }
    x.requires_grad_()
    functions[name](x).sum().backward()
    return x.grad

# %% wrong activation_slope: takes differences of the function over a step of 0.001, exact to a few digits only
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    functions = {
        "sigmoid": F.sigmoid, "tanh": F.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "ELU": F.elu, "SELU": F.selu,
        "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus, "Gaussian": lambda t: torch.exp(-t * t),
    }
    f, eps = functions[name], 1e-3
    return (f(x + eps) - f(x)) / eps

# %% corner activation_slope: the sigmoid as e^x over 1 + e^x, which is infinite over infinite for large x
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.exp(x) / (1 + torch.exp(x))
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% corner activation_slope: the sigmoid's slope as e^−x over (1 + e^−x)², which is nan far below 0
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        return torch.exp(-x) / (1 + torch.exp(-x)) ** 2
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    return -2 * x * torch.exp(-(x**2))

# %% corner activation_slope: softplus's slope as e^x over 1 + e^x, nan from 89 on in float32
import math

import torch


def activation_slope(name, x):
    if name == "sigmoid":
        s = torch.sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - torch.tanh(x) ** 2
    if name == "ReLU":
        return (x > 0).to(x)
    if name == "leaky ReLU":
        return torch.where(x > 0, torch.ones_like(x), 0.01 * torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        lam, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, lam * torch.ones_like(x), lam * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        return cdf + x * pdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.exp(x) / (1 + torch.exp(x))
    return -2 * x * torch.exp(-(x**2))

# %% right maxout: a batched matrix product, with the biases as a row
def maxout(x, weight, bias):
    z = x @ weight.mT + bias[:, None, :]
    return z.max(dim=0)[0]

# %% right maxout: keeps the largest so far and compares it with one piece after the other
import torch
import torch.nn.functional as F


def maxout(x, weight, bias):
    best = F.linear(x, weight[0], bias[0])
    for k in range(1, len(weight)):
        best = torch.maximum(best, F.linear(x, weight[k], bias[k]))
    return best

# %% right maxout: three loops and python's max over the pieces
import torch


def maxout(x, weight, bias):
    pieces, out, _ = weight.shape
    result = torch.empty(len(x), out, dtype=x.dtype)
    for r in range(len(x)):
        for u in range(out):
            result[r, u] = max(float(weight[p, u] @ x[r] + bias[p, u]) for p in range(pieces))
    return result

# %% wrong maxout: compares the units with each other and not the pieces, max over the last axis
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T + b for w, b in zip(weight, bias)])
    return z.amax(dim=2).T

# %% wrong maxout: takes the maximum over the examples, the axis in the middle of the stack
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).amax(dim=1)

# %% wrong maxout: stacks along axis 1 but takes the maximum along axis 0, which then is that of the examples
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)], dim=1).amax(dim=0)

# %% wrong maxout: returns the pair of values and places that max gives
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).max(dim=0)

# %% wrong maxout: chooses the piece that is largest in size and drops its sign
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T + b for w, b in zip(weight, bias)]).abs().amax(dim=0)

# %% wrong maxout: starts the running maximum at 0, so that no output is negative
import torch


def maxout(x, weight, bias):
    best = torch.zeros(len(x), weight.shape[1], dtype=x.dtype)
    for w, b in zip(weight, bias):
        best = torch.maximum(best, x @ w.T + b)
    return best

# %% wrong maxout: sends the largest piece through a ReLU as well
import torch


def maxout(x, weight, bias):
    z = x @ weight.mT + bias[:, None]
    return torch.relu(z.amax(dim=0))

# %% wrong maxout: uses the first two pieces only
import torch


def maxout(x, weight, bias):
    return torch.maximum(x @ weight[0].T + bias[0], x @ weight[-1].T + bias[-1]) if len(weight) == 2 else torch.maximum(
        x @ weight[0].T + bias[0], x @ weight[1].T + bias[1])

# %% wrong maxout: splits the large layer into (out, pieces) although the pieces come first
import torch


def maxout(x, weight, bias):
    pieces, out, into = weight.shape
    z = x @ weight.reshape(-1, into).T + bias.reshape(-1)
    return z.view(len(x), out, pieces).amax(dim=2)

# %% corner maxout: starts the running maximum at −100, which is too high for very negative pieces
import torch


def maxout(x, weight, bias):
    best = torch.full((len(x), weight.shape[1]), -100.0, dtype=x.dtype)
    for w, b in zip(weight, bias):
        best = torch.maximum(best, x @ w.T + b)
    return best

# %% right softmax_backward: minus the weighted mean of the row, times the probabilities
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)

# %% right softmax_backward: builds the Jacobian of each row and multiplies by it
import torch


def softmax_backward(probabilities, grad_out):
    jacobians = torch.diag_embed(probabilities) - probabilities[:, :, None] * probabilities[:, None, :]
    return torch.bmm(jacobians, grad_out.unsqueeze(2)).squeeze(2)

# %% right softmax_backward: row by row with diag and outer
import torch


def softmax_backward(probabilities, grad_out):
    rows = []
    for p, g in zip(probabilities, grad_out, strict=True):
        rows.append((torch.diag(p) - torch.outer(p, p)) @ g)
    return torch.stack(rows)

# %% right softmax_backward: differences of g between all pairs of classes, weighted by both probabilities
def softmax_backward(probabilities, grad_out):
    apart = grad_out[:, :, None] - grad_out[:, None, :]
    return probabilities * (apart * probabilities[:, None, :]).sum(dim=-1)

# %% wrong softmax_backward: uses the diagonal of the Jacobian only, p(1 − p) times g
def softmax_backward(probabilities, grad_out):
    return grad_out * probabilities * (1 - probabilities)

# %% wrong softmax_backward: adds p times g over the examples and not along the row
def softmax_backward(probabilities, grad_out):
    return probabilities * (grad_out - (grad_out * probabilities).sum(dim=0))

# %% wrong softmax_backward: subtracts the plain mean of g, without the weights
def softmax_backward(probabilities, grad_out):
    return probabilities * (grad_out - grad_out.mean(dim=1, keepdim=True))

# %% wrong softmax_backward: treats the probabilities as scores and applies a softmax to them once more
import torch


def softmax_backward(probabilities, grad_out):
    p = torch.softmax(probabilities, dim=1)
    return p * (grad_out - (grad_out * p).sum(dim=1, keepdim=True))

# %% wrong softmax_backward: does not multiply by the probabilities in the end
def softmax_backward(probabilities, grad_out):
    return grad_out - (grad_out * probabilities).sum(dim=1, keepdim=True)

# %% wrong softmax_backward: subtracts the gradient from the mean, the sign turned round
def softmax_backward(probabilities, grad_out):
    return probabilities * ((grad_out * probabilities).sum(dim=1, keepdim=True) - grad_out)

# %% wrong softmax_backward: gives prediction minus target, with the gradient taken for a target
def softmax_backward(probabilities, grad_out):
    return probabilities - grad_out

# %% wrong softmax_backward: multiplies the probabilities by their gradient in place
def softmax_backward(probabilities, grad_out):
    weighted = probabilities.mul_(grad_out)
    return weighted - probabilities * weighted.sum(dim=1, keepdim=True)

# %% wrong softmax_backward: uses the Jacobian of the first row for all rows
import torch


def softmax_backward(probabilities, grad_out):
    p = probabilities[0]
    return grad_out @ (torch.diag(p) - torch.outer(p, p))

# %% corner softmax_backward: drops all axes of length 1, which spoils a table of one row
import torch


def softmax_backward(probabilities, grad_out):
    J = torch.diag_embed(probabilities) - probabilities[:, :, None] * probabilities[:, None, :]
    return (J @ grad_out[:, :, None]).squeeze()

# %% right output_delta: subtracts 1 at one place of each row of a new table
import torch


def output_delta(scores, targets, *, task):
    if task == "classes":
        delta = scores.softmax(dim=1)
        delta[torch.arange(len(targets)), targets] -= 1
    elif task == "binary":
        delta = scores.sigmoid() - targets.to(scores.dtype)
    elif task == "regression":
        delta = scores - targets
    else:
        raise ValueError(task)
    return delta / scores.shape[0]

# %% right output_delta: loops over the rows and python numbers
import math

import torch


def output_delta(scores, targets, *, task):
    n, rows = len(scores), []
    for s, y in zip(scores.tolist(), targets.tolist()):
        if task == "regression":
            rows.append([(a - b) / n for a, b in zip(s, y)])
        elif task == "binary":
            e = math.exp(-abs(s))
            p = 1 / (1 + e) if s >= 0 else e / (1 + e)
            rows.append((p - y) / n)
        else:
            top = max(s)
            e = [math.exp(a - top) for a in s]
            rows.append([(v / sum(e) - (j == y)) / n for j, v in enumerate(e)])
    return torch.tensor(rows, dtype=scores.dtype)

# %% right output_delta: the two classes as a softmax of (0, s), and identity rows for the classes
import torch


def output_delta(scores, targets, *, task):
    share = torch.ones_like(scores) / len(scores)
    if task == "regression":
        return share * scores - share * targets
    if task == "binary":
        pair = torch.stack([torch.zeros_like(scores), scores], dim=1)
        return share * (torch.softmax(pair, dim=1)[:, 1] - targets)
    return share * (torch.softmax(scores, dim=1) - torch.eye(scores.shape[1], dtype=scores.dtype)[targets])

# %% wrong output_delta: gives the gradient of the sum over the rows and not of the mean
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "regression":
        return scores - targets
    if task == "binary":
        return torch.sigmoid(scores) - targets
    return torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])

# %% wrong output_delta: divides by the number of entries, rows times columns
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "regression":
        delta = scores - targets
    elif task == "binary":
        delta = torch.sigmoid(scores) - targets
    else:
        delta = torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])
    return delta / scores.numel()

# %% wrong output_delta: multiplies the two classes' difference by the sigmoid's slope, as the squared error would
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        p = torch.sigmoid(scores)
        return (p - targets) * p * (1 - p) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% wrong output_delta: subtracts 1 in whole columns, delta[:, targets], and not in one place of each row
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[:, targets] -= 1
    return delta / n

# %% wrong output_delta: in the regression delta is another name for scores and is changed in place
import torch


def output_delta(scores, targets, *, task):
    delta = scores
    if task == "regression":
        delta -= targets
    elif task == "binary":
        delta = torch.sigmoid(scores) - targets
    else:
        delta = torch.softmax(scores, dim=1)
        delta[torch.arange(len(scores)), targets] -= 1
    return delta / len(scores)

# %% wrong output_delta: lets one_hot find the number of classes, which fails if the last class is not among the targets
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "regression":
        delta = scores - targets
    elif task == "binary":
        delta = torch.sigmoid(scores) - targets
    else:
        delta = torch.softmax(scores, dim=1) - F.one_hot(targets)
    return delta / len(scores)

# %% wrong output_delta: gives the gradient at the probabilities, −1/p at the right class
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        p = torch.sigmoid(scores)
        return (p - targets) / (p * (1 - p)) / n
    p = torch.softmax(scores, dim=1)
    delta = torch.zeros_like(p)
    rows = torch.arange(n)
    delta[rows, targets] = -1 / p[rows, targets]
    return delta / n

# %% wrong output_delta: doubles all three gradients because the squared error without the ½ has a 2
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        delta = scores - targets
    elif task == "binary":
        delta = torch.sigmoid(scores) - targets
    else:
        delta = torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])
    return 2 * delta / n

# %% wrong output_delta: divides by the number of rows in the regression and the classes but not for two classes
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "binary":
        return torch.sigmoid(scores) - targets
    prediction, y = scores, targets
    if task == "classes":
        prediction, y = torch.softmax(scores, dim=1), F.one_hot(targets, scores.shape[1])
    return (prediction - y) / len(scores)

# %% corner output_delta: multiplies (p − y)/(p(1 − p)) by p(1 − p), which is 0 over 0 where the sigmoid is saturated
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        p = torch.sigmoid(scores)
        at_p = (p - targets) / (p * (1 - p))
        return at_p * p * (1 - p) / n
    return (torch.softmax(scores, dim=1) - F.one_hot(targets, scores.shape[1])) / n

# %% corner output_delta: BCELoss of the sigmoid under autograd, which wants float targets and loses saturated scores
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    leaf = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = (leaf - targets).pow(2).sum() / 2 / len(leaf)
    elif task == "binary":
        loss = torch.nn.BCELoss()(torch.sigmoid(leaf), targets)
    else:
        loss = F.cross_entropy(leaf, targets)
    return torch.autograd.grad(loss, leaf)[0]

# %% right mlp_backprop: one function with a list of outputs, appended gradients and lists turned round
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% right mlp_backprop: autograd on copies of weights and biases, with the loss detached
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    leaves = [p.detach().clone().requires_grad_() for p in (*weights, *biases)]
    ws, bs = leaves[: len(weights)], leaves[len(weights) :]
    h = x
    for k, (w, b) in enumerate(zip(ws, bs)):
        h = F.linear(h, w, b)
        if k + 1 < len(ws):
            h = h.tanh()
    loss = F.cross_entropy(h, labels)
    grads = torch.autograd.grad(loss, leaves)
    return loss.detach(), list(grads[: len(ws)]), list(grads[len(ws) :])

# %% right mlp_backprop: puts the biases into the weights as one more column, and ones beside the inputs
import torch


def mlp_backprop(x, labels, weights, biases):
    n = x.shape[0]
    ones = torch.ones(n, 1, dtype=x.dtype)
    full = [torch.cat([w, b[:, None]], dim=1) for w, b in zip(weights, biases)]
    inputs, h = [], x
    for k, w in enumerate(full):
        inputs.append(torch.cat([h, ones], dim=1))
        h = inputs[-1] @ w.mT
        if k < len(full) - 1:
            h = torch.tanh(h)
    log_p = torch.log_softmax(h, dim=1)
    y = torch.zeros_like(log_p).scatter_(1, labels[:, None], 1)
    loss = -(y * log_p).sum() / n
    grads, g = [], (log_p.exp() - y) / n
    for w, a in zip(reversed(full), reversed(inputs)):
        grads.insert(0, torch.einsum("no,ni->oi", g, a))
        g = ((1 - a**2) * (g @ w))[:, :-1]
    return loss, [grad[:, :-1] for grad in grads], [grad[:, -1] for grad in grads]

# %% wrong mlp_backprop: the last layer has a tanh as well
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = torch.tanh(outputs[-1] @ weights[-1].T + biases[-1])
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: sends the scores through the tanh before the softmax, and multiplies the delta by its slope
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = a[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    delta = delta * (1 - scores**2)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: leaves the slopes of the hidden layers out
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer])
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: the slope is 1 − z² with the sums in the place of the outputs
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - z[k - 1] ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: multiplies by the slope of the layer below, so that the first hidden layer meets the input
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            below = outputs[layer - 1] if outputs[layer - 1].shape == outputs[layer].shape else outputs[layer]
            delta = (delta @ weights[layer]) * (1 - below**2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: gives the gradients of the sum over the examples beside the mean loss
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: divides by the number of examples in every layer again
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer] / n)
        grad_biases.append(delta.mean(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: the weights' gradients are turned round, (in, out)
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, x.T @ grad_out, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: the sign of delta is turned round, target minus prediction
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = -delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: softmax over the examples in delta
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=0)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: takes the mean over rows and classes in the loss
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -(torch.nn.functional.one_hot(labels, scores.shape[1]) * torch.log_softmax(scores, dim=1)).mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: gives the softmax to cross_entropy, which applies another one
import torch
import torch.nn.functional as F


def dense_backward(grad_out, x, weight):
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    L = len(weights)
    a, z = [x], []
    for k in range(L):
        z.append(a[k] @ weights[k].T + biases[k])
        a.append(torch.tanh(z[k]))
    scores = z[-1]
    loss = F.cross_entropy(F.softmax(scores, dim=1), labels)
    delta = (F.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(labels)
    grad_weights, grad_biases = [None] * L, [None] * L
    for k in range(L - 1, -1, -1):
        grad_a, grad_weights[k], grad_biases[k] = dense_backward(delta, a[k], weights[k])
        delta = grad_a * (1 - torch.tanh(z[k - 1]) ** 2) if k > 0 else None
    return loss, grad_weights, grad_biases

# %% wrong mlp_backprop: ReLU slopes for a net of tanh units
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (outputs[layer] > 0)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: takes a step of descent on the weights within the backward loop before they are used
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(len(weights))):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        weights[layer] -= 0.1 * grad_weights[-1]
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% wrong mlp_backprop: pops the layers off the lists that were handed in
import torch


def mlp_backprop(x, labels, weights, biases):
    n = len(x)
    outputs = [x]
    for weight, bias in zip(weights[:-1], biases[:-1]):
        outputs.append(torch.tanh(outputs[-1] @ weight.T + bias))
    scores = outputs[-1] @ weights[-1].T + biases[-1]
    loss = -torch.log_softmax(scores, dim=1)[torch.arange(n), labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    L = len(weights)
    for layer in reversed(range(L)):
        grad_weights.append(delta.T @ outputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights.pop()) * (1 - outputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]

# %% corner mlp_backprop: takes the scores from a variable that only the loop over the hidden layers sets, which a single layer never enters
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    L, inputs = len(weights), [x]
    for k in range(L - 1):
        h = torch.tanh(F.linear(inputs[k], weights[k], biases[k]))
        inputs.append(h)
    scores = F.linear(h, weights[-1], biases[-1])
    loss = F.cross_entropy(scores, labels)
    g = (torch.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(x)
    grad_weights, grad_biases = [], []
    for k in range(L - 1, -1, -1):
        grad_weights = [g.T @ inputs[k]] + grad_weights
        grad_biases = [g.sum(dim=0)] + grad_biases
        g = g @ weights[k] * (1 - inputs[k].square())
    return loss, grad_weights, grad_biases

# %% right delta_norms: recursion on the lists without their last layer
import torch


def delta_norms(delta, weights, slopes):
    own = torch.sqrt((delta * delta).sum()).reshape(1)
    if len(weights) == 0:
        return own
    below = (delta * slopes[-1]) @ weights[-1]
    return torch.cat([delta_norms(below, weights[:-1], slopes[:-1]), own])

# %% right delta_norms: numpy and a deque that grows at its left end
from collections import deque

import numpy as np
import torch


def delta_norms(delta, weights, slopes):
    v = delta.numpy()
    norms = deque([np.linalg.norm(v)])
    for w, s in reversed(list(zip(weights, slopes, strict=True))):
        v = w.numpy().T @ (s.numpy() * v)
        norms.appendleft(np.linalg.norm(v))
    return torch.tensor(np.array(norms), dtype=delta.dtype)

# %% right delta_norms: itertools.accumulate makes all the gradients, which are measured afterwards
from itertools import accumulate

import torch


def delta_norms(delta, weights, slopes):
    layers = list(zip(weights, slopes))[::-1]
    gradients = list(accumulate(layers, lambda g, layer: layer[0].mT @ (layer[1] * g), initial=delta))
    return torch.stack([torch.norm(g) for g in gradients]).flip(0)

# %% wrong delta_norms: sends the gradient up by W, not down by its transpose
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: leaves the slopes out
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight in reversed(weights):
        delta = weight.T @ delta
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: measures at the sums, after the slopes and before the weights
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        at_sums = slope * delta
        norms.append(at_sums.norm())
        delta = weight.T @ at_sums
    return torch.stack(norms[::-1])

# %% wrong delta_norms: measures before each layer and never at the input
import torch


def delta_norms(delta, weights, slopes):
    norms = []
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        norms.append(delta.norm())
        delta = weight.T @ (slope * delta)
    return torch.stack(norms[::-1])

# %% wrong delta_norms: gives the root of the mean square and not of the sum
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.square().mean().sqrt()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.square().mean().sqrt())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: adds the absolute values, another norm
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.abs().sum()]
    for weight, slope in zip(weights[::-1], slopes[::-1]):
        delta = weight.T @ (slope * delta)
        norms.append(torch.linalg.norm(delta, ord=1))
    return torch.stack(norms[::-1])

# %% wrong delta_norms: starts at every layer from the top's delta again
import torch


def delta_norms(delta, weights, slopes):
    norms = []
    for weight, slope in zip(weights, slopes):
        norms.append((weight.T @ (slope * delta)).norm())
    norms.append(delta.norm())
    return torch.stack(norms)

# %% wrong delta_norms: multiplies by the mean slope of the layer in place of each unit's own
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = slope.mean() * (weight.T @ delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])

# %% wrong delta_norms: normalises the gradient to length 1 after each layer to keep the numbers in range
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
        delta = delta / delta.norm()
    return torch.stack(norms[::-1])

# %% wrong delta_norms: returns a python list of numbers and no tensor
def delta_norms(delta, weights, slopes):
    norms = [float(delta.norm())]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta = weight.T @ (slope * delta)
        norms.append(float(delta.norm()))
    return norms[::-1]
