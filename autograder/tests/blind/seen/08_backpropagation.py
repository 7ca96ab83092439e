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
