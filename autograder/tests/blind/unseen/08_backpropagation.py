# %% right graph_gradient: nodes from the last to the first, and for each a scan of the edges that end there.
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 1, 0, -1):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[end]
    return gradient


# %% right graph_gradient: edges sorted by their end, largest first, pushed into a float64 tensor.
import torch


def graph_gradient(edges, n):
    g = torch.zeros(n, dtype=torch.float64)
    g[-1] = 1
    for a, b, s in sorted(edges, key=lambda edge: edge[1], reverse=True):
        g[a] += s * g[b]
    return g


# %% right graph_gradient: pulls: sorts the edges by start and lets each start collect from its ends.
from collections import defaultdict


def graph_gradient(edges, n):
    out = defaultdict(list)
    for start, end, slope in edges:
        out[start].append((end, slope))
    result = [0.0] * (n - 1) + [1.0]
    for i in reversed(range(n - 1)):
        result[i] = float(sum(slope * result[j] for j, slope in out[i]))
    return result


# %% right graph_gradient: recursion with a cache, from each node towards the last.
import functools


def graph_gradient(edges, n):
    after = {i: [] for i in range(n)}
    for i, j, slope in edges:
        after[i].append((j, slope))

    @functools.cache
    def gradient(i):
        if i == n - 1:
            return 1.0
        return sum((slope * gradient(j) for j, slope in after[i]), 0.0)

    for i in range(n - 1, -1, -1):
        gradient(i)
    return [gradient(i) for i in range(n)]


# %% right graph_gradient: solves the unit triangular system (I - A) g = e of the adjacency matrix.
import torch


def graph_gradient(edges, n):
    matrix = torch.eye(n, dtype=torch.float64)
    for start, end, slope in edges:
        matrix[start, end] = -slope
    last = torch.zeros(n, 1, dtype=torch.float64)
    last[-1] = 1
    return torch.linalg.solve_triangular(matrix, last, upper=True, unitriangular=True)[:, 0].tolist()


# %% right graph_gradient: autograd: every node is its inputs times slopes plus a nudge of its own.
import torch


def graph_gradient(edges, n):
    nudges = torch.zeros(n, dtype=torch.float64, requires_grad=True)
    nodes = [nudges[i] for i in range(n)]
    for start, end, slope in sorted(edges):
        nodes[end] = nodes[end] + slope * nodes[start]
    (gradient,) = torch.autograd.grad(nodes[n - 1], nudges)
    return gradient.tolist()


# %% right graph_gradient: forward accumulation in numpy, once from every node as a seed.
import numpy as np


def graph_gradient(edges, n):
    order = sorted(edges, key=lambda e: e[0])
    moves = np.eye(n)
    for start, end, slope in order:
        moves[:, end] += moves[:, start] * slope
    return [float(v) for v in moves[:, n - 1]]


# %% wrong graph_gradient: sets the gradient of the start with = where += belongs.
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 1, 0, -1):
        for start, end, slope in edges:
            if end == node:
                gradient[start] = slope * gradient[end]
    return gradient


# %% wrong graph_gradient: takes the edges in the reverse of the order they are given in, without sorting.
import torch


def graph_gradient(edges, n):
    g = torch.zeros(n, dtype=torch.float64)
    g[-1] = 1
    for a, b, s in reversed(edges):
        g[a] += s * g[b]
    return g


# %% wrong graph_gradient: takes the edges in the given order, as if they began at the last node.
import torch


def graph_gradient(edges, n):
    g = torch.zeros(n, dtype=torch.float64)
    g[-1] = 1
    for a, b, s in edges:
        g[a] += s * g[b]
    return g


# %% wrong graph_gradient: goes forward through the nodes and so uses gradients that are not complete.
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(1, n):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[end]
    return gradient


# %% wrong graph_gradient: derivatives of every node with respect to the first, forward instead of backward.
def graph_gradient(edges, n):
    gradient = [1.0] + [0.0] * (n - 1)
    for start, end, slope in sorted(edges):
        gradient[end] += slope * gradient[start]
    return gradient


# %% wrong graph_gradient: adds the slopes along a path instead of multiplying them.
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 1, 0, -1):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope + gradient[end]
    return gradient


# %% wrong graph_gradient: multiplies the contributions of different paths.
def graph_gradient(edges, n):
    gradient = [1.0] * n
    for i in range(n - 2, -1, -1):
        for start, end, slope in edges:
            if start == i:
                gradient[i] *= slope * gradient[end]
    return gradient


# %% wrong graph_gradient: every node begins with gradient 1 and not only the last.
def graph_gradient(edges, n):
    gradient = [1.0] * n
    gradient[n - 1] = 1.0
    for node in range(n - 1, 0, -1):
        for start, end, slope in edges:
            if end == node:
                gradient[start] += slope * gradient[end]
    return gradient


# %% wrong graph_gradient: walks all paths by plain recursion, which takes exponential time on a ladder unless it gives up after a hundred thousand calls.
def graph_gradient(edges, n):
    calls = [0]

    def walk(i):
        calls[0] += 1
        if calls[0] > 100_000:
            raise RecursionError("too many paths")
        if i == n - 1:
            return 1.0
        return sum((slope * walk(end) for start, end, slope in edges if start == i), 0.0)

    return [walk(i) for i in range(n)]


# %% wrong graph_gradient: sorts the edges by start in rising order before pushing backward.
import torch


def graph_gradient(edges, n):
    g = torch.zeros(n, dtype=torch.float64)
    g[-1] = 1
    for a, b, s in sorted(edges):
        g[a] += s * g[b]
    return g


# %% wrong graph_gradient: sorts the caller's list of edges in place.
def graph_gradient(edges, n):
    edges.sort(key=lambda e: e[1], reverse=True)
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in edges:
        gradient[start] += slope * gradient[end]
    return gradient


# %% wrong graph_gradient: counts only the direct edges into the last node.
def graph_gradient(edges, n):
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in edges:
        if end == n - 1:
            gradient[start] += slope
    return gradient


# %% corner graph_gradient: takes the largest end among the edges for the last node, which fails when there is no edge.
def graph_gradient(edges, n):
    last = max(end for _, end, _ in edges)
    g = [0.0] * n
    g[last] = 1.0
    for node in range(last, 0, -1):
        for start, end, slope in edges:
            if end == node:
                g[start] += slope * g[end]
    return g


# %% corner graph_gradient: a node that no edge leaves gets the gradient 1, although it is not the last.
def graph_gradient(edges, n):
    result = [0.0] * n
    for i in range(n - 1, -1, -1):
        leaving = [(end, slope) for start, end, slope in edges if start == i]
        result[i] = sum(slope * result[end] for end, slope in leaving) if leaving else 1.0
    return result


# %% right chain_costs: a list of products of neighbours, its sums without the first and without the last.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sizes[0] * sum(layers[1:]), sizes[-1] * sum(layers[:-1])


# %% right chain_costs: two index loops over the layers.
def chain_costs(sizes):
    forward, reverse = 0, 0
    last = len(sizes) - 1
    for layer in range(2, last + 1):
        forward += sizes[layer] * sizes[layer - 1] * sizes[0]
    for layer in range(1, last):
        reverse += sizes[last] * sizes[layer] * sizes[layer - 1]
    return forward, reverse


# %% right chain_costs: follows the shape of the running product matrix by matrix.
def chain_costs(sizes):
    shapes = [(sizes[i + 1], sizes[i]) for i in range(len(sizes) - 1)]

    def forward():
        rows, cols = shapes[0]
        total = 0
        for a, b in shapes[1:]:
            assert b == rows
            total += a * b * cols
            rows = a
        return total

    def reverse():
        rows, cols = shapes[-1]
        total = 0
        for a, b in reversed(shapes[:-1]):
            assert cols == a
            total += rows * a * b
            cols = b
        return total

    return forward(), reverse()


# %% right chain_costs: the reverse cost is the forward cost of the sizes turned round.
def chain_costs(sizes):
    def one_way(s):
        return sum(s[0] * s[i] * s[i + 1] for i in range(1, len(s) - 1))

    return one_way(sizes), one_way(sizes[::-1])


# %% right chain_costs: numpy dot product of neighbours, turned into ints.
import numpy as np


def chain_costs(sizes):
    s = np.array(sizes, dtype=np.int64)
    return int(s[0] * (s[1:-1] @ s[2:])), int(s[-1] * (s[:-2] @ s[1:-1]))


# %% right chain_costs: begins each direction with an identity matrix, as the text accepts.
def chain_costs(sizes):
    total = sum(a * b for a, b in zip(sizes[:-1], sizes[1:]))
    return sizes[0] * total, sizes[-1] * total


# %% wrong chain_costs: returns reverse first and forward second.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sizes[-1] * sum(layers[:-1]), sizes[0] * sum(layers[1:])


# %% wrong chain_costs: leaves out the wrong layer: the last one forward and the first one in reverse.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sizes[0] * sum(layers[:-1]), sizes[-1] * sum(layers[1:])


# %% wrong chain_costs: keeps the outputs in the forward products and the inputs in the reverse ones.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sizes[-1] * sum(layers[1:]), sizes[0] * sum(layers[:-1])


# %% wrong chain_costs: multiplies three neighbouring sizes, as if each product began anew.
def chain_costs(sizes):
    triples = [sizes[i] * sizes[i + 1] * sizes[i + 2] for i in range(len(sizes) - 2)]
    return sum(triples), sum(reversed(triples))


# %% wrong chain_costs: begins the forward direction alone with an identity matrix.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sizes[0] * sum(layers), sizes[-1] * sum(layers[:-1])


# %% wrong chain_costs: begins the reverse direction alone with an identity matrix.
def chain_costs(sizes):
    forward, reverse = 0, 0
    last = len(sizes) - 1
    for layer in range(2, last + 1):
        forward += sizes[layer] * sizes[layer - 1] * sizes[0]
    for layer in range(1, last + 1):
        reverse += sizes[last] * sizes[layer] * sizes[layer - 1]
    return forward, reverse


# %% wrong chain_costs: counts the multiplications of one vector, without the columns or rows.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return sum(layers[1:]), sum(layers[:-1])


# %% wrong chain_costs: counts a product (a x b)(b x c) as a c multiplications.
def chain_costs(sizes):
    forward, reverse = 0, 0
    last = len(sizes) - 1
    for layer in range(2, last + 1):
        forward += sizes[layer] * sizes[0]
    for layer in range(1, last):
        reverse += sizes[last] * sizes[layer - 1]
    return forward, reverse


# %% wrong chain_costs: multiplies the costs of the products instead of adding them.
import math
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    return math.prod(sizes[0] * c for c in layers[1:]), math.prod(sizes[-1] * c for c in layers[:-1])


# %% wrong chain_costs: the last forward product is forgotten by an off-by-one in the range.
def chain_costs(sizes):
    forward, reverse = 0, 0
    last = len(sizes) - 1
    for layer in range(2, last):
        forward += sizes[layer] * sizes[layer - 1] * sizes[0]
    for layer in range(1, last):
        reverse += sizes[last] * sizes[layer] * sizes[layer - 1]
    return forward, reverse


# %% wrong chain_costs: counts additions too, two operations for each entry and term.
def chain_costs(sizes):
    forward, reverse = 0, 0
    last = len(sizes) - 1
    for layer in range(2, last + 1):
        forward += 2 * sizes[layer] * sizes[layer - 1] * sizes[0]
    for layer in range(1, last):
        reverse += 2 * sizes[last] * sizes[layer] * sizes[layer - 1]
    return forward, reverse


# %% wrong chain_costs: pops the sizes off the caller's list.
def chain_costs(sizes):
    first, last = sizes[0], sizes[-1]
    layers = []
    while len(sizes) > 1:
        end = sizes.pop()
        layers.insert(0, end * sizes[-1])
    return first * sum(layers[1:]), last * sum(layers[:-1])


# %% corner chain_costs: begins with the first product outside the loop and so needs two layers.
def chain_costs(sizes):
    forward = sizes[2] * sizes[1] * sizes[0]
    for i in range(3, len(sizes)):
        forward += sizes[i] * sizes[i - 1] * sizes[0]
    back = sizes[::-1]
    reverse = back[0] * back[1] * back[2]
    for i in range(3, len(back)):
        reverse += back[0] * back[i - 1] * back[i]
    return forward, reverse


# %% corner chain_costs: a single layer is said to cost its number of weights.
from itertools import pairwise


def chain_costs(sizes):
    layers = [a * b for a, b in pairwise(sizes)]
    if len(layers) == 1:
        return layers[0], layers[0]
    return sizes[0] * sum(layers[1:]), sizes[-1] * sum(layers[:-1])


# %% right numerical_gradient: a fresh nudge of zeros for each place of the flattened tensor.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = torch.zeros(x.shape, dtype=x.dtype)
    for place in range(x.numel()):
        nudge = torch.zeros(x.shape, dtype=x.dtype)
        nudge.view(-1)[place] = eps
        slopes.view(-1)[place] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return slopes


# %% right numerical_gradient: clones moved by eps at every index of itertools.product.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / (2 * eps)
    return grad


# %% right numerical_gradient: rows of an identity matrix reshaped to the shape of x, and a stack.
import torch


def numerical_gradient(f, x, *, eps):
    units = torch.eye(x.numel(), dtype=x.dtype)
    found = [(f(x + eps * u.reshape(x.shape)) - f(x - eps * u.reshape(x.shape))) / (2 * eps) for u in units]
    return torch.stack(found).reshape(x.shape)


# %% right numerical_gradient: plain list of numbers, put back into a tensor of the same type at the end.
import torch


def numerical_gradient(f, x, *, eps):
    flat = x.reshape(-1).tolist()
    out = []
    for i, value in enumerate(flat):
        def at(moved):
            entries = flat[:i] + [moved] + flat[i + 1:]
            return float(f(torch.tensor(entries, dtype=x.dtype).reshape(x.shape)))
        out.append((at(value + eps) - at(value - eps)) / (2 * eps))
    return torch.tensor(out, dtype=x.dtype).reshape(x.shape)


# %% right numerical_gradient: mean of the difference to the right and the one to the left.
import torch


def numerical_gradient(f, x, *, eps):
    here = f(x)
    result = torch.zeros(x.numel(), dtype=x.dtype)
    for k in range(x.numel()):
        mask = (torch.arange(x.numel()) == k).reshape(x.shape)
        right = f(torch.where(mask, x + eps, x)) - here
        left = here - f(torch.where(mask, x - eps, x))
        result[k] = 0.5 * (right + left) / eps
    return result.reshape(x.shape)


# %% right numerical_gradient: one working copy in numpy, whose entry is set, evaluated twice and restored.
import numpy as np
import torch


def numerical_gradient(f, x, *, eps):
    work = x.detach().numpy().copy()
    grad = np.zeros_like(work)
    for index in np.ndindex(work.shape):
        old = work[index].copy()
        work[index] = old + eps
        plus = f(torch.from_numpy(np.array(work)))
        work[index] = old - eps
        minus = f(torch.from_numpy(np.array(work)))
        work[index] = old
        grad[index] = (float(plus) - float(minus)) / (2 * eps)
    return torch.from_numpy(np.array(grad))


# %% wrong numerical_gradient: difference to one side only.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = torch.zeros(x.shape, dtype=x.dtype)
    for place in range(x.numel()):
        nudge = torch.zeros(x.shape, dtype=x.dtype)
        nudge.view(-1)[place] = eps
        slopes.view(-1)[place] = (f(x + nudge) - f(x)) / eps
    return slopes


# %% wrong numerical_gradient: difference to the left side only.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / eps
    return grad


# %% wrong numerical_gradient: divides by eps although the points are two eps apart.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = torch.zeros(x.shape, dtype=x.dtype)
    for place in range(x.numel()):
        nudge = torch.zeros(x.shape, dtype=x.dtype)
        nudge.view(-1)[place] = eps
        slopes.view(-1)[place] = (f(x + nudge) - f(x - nudge)) / eps
    return slopes


# %% wrong numerical_gradient: / 2 * eps without brackets, which multiplies by eps.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / 2 * eps
    return grad


# %% wrong numerical_gradient: moves by half of eps to each side but divides by 2 eps.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        up[index] += eps / 2
        down[index] -= eps / 2
        grad[index] = (f(up) - f(down)) / (2 * eps)
    return grad


# %% wrong numerical_gradient: moves by half of eps to each side and divides by eps, so the step is not the one asked for.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        up[index] += eps / 2
        down[index] -= eps / 2
        grad[index] = (f(up) - f(down)) / eps
    return grad


# %% wrong numerical_gradient: difference taken the wrong way round, minus before plus.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = torch.zeros(x.shape, dtype=x.dtype)
    for place in range(x.numel()):
        nudge = torch.zeros(x.shape, dtype=x.dtype)
        nudge.view(-1)[place] = eps
        slopes.view(-1)[place] = (f(x - nudge) - f(x + nudge)) / (2 * eps)
    return slopes


# %% wrong numerical_gradient: the nudge is made once before the loop and never set back to zero.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = torch.zeros(x.shape, dtype=x.dtype)
    nudge = torch.zeros(x.shape, dtype=x.dtype)
    for place in range(x.numel()):
        nudge.view(-1)[place] = eps
        slopes.view(-1)[place] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return slopes


# %% wrong numerical_gradient: moves all entries at the same time.
import torch


def numerical_gradient(f, x, *, eps):
    return (f(x + eps) - f(x - eps)) / (2 * eps) * torch.ones_like(x)


# %% wrong numerical_gradient: loops over the first axis only and moves whole rows.
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.zeros_like(x)
    for i in range(len(x)):
        nudge = torch.zeros_like(x)
        nudge[i] = eps
        grad[i] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return grad


# %% wrong numerical_gradient: up and down are x itself and not copies, so the argument is changed.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up = down = x
        up[index] += eps
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / (2 * eps)
    return grad


# %% wrong numerical_gradient: moves the entry of x in place by +eps, -2 eps, +eps and so changes the argument by rounding.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.zeros_like(x)
    for index in itertools.product(*[range(size) for size in x.shape]):
        x[index] += eps
        plus = f(x).clone()
        x[index] -= 2 * eps
        minus = f(x).clone()
        x[index] += eps
        grad[index] = (plus - minus) / (2 * eps)
    return grad


# %% wrong numerical_gradient: leaves the work to autograd.
import torch


def numerical_gradient(f, x, *, eps):
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


# %% wrong numerical_gradient: returns one flat row whatever the shape of x.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = []
    for place in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=x.dtype)
        nudge[place] = eps
        nudge = nudge.reshape(x.shape)
        slopes.append((f(x + nudge) - f(x - nudge)) / (2 * eps))
    return torch.stack(slopes)


# %% wrong numerical_gradient: returns a tensor of the default type, whatever the type of x.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up, down = x.clone(), x.clone()
        up[index] += eps
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / (2 * eps)
    return grad


# %% wrong numerical_gradient: the step is relative, eps times the entry, and so nothing at an entry of 0.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.zeros_like(x)
    for index in itertools.product(*[range(size) for size in x.shape]):
        step = float(eps * x[index].abs())
        up, down = x.clone(), x.clone()
        up[index] += step
        down[index] -= step
        grad[index] = (f(up) - f(down)) / (2 * step) if step else 0.0
    return grad


# %% wrong numerical_gradient: only the lower point is moved back to its own copy: down starts from up.
import itertools
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.empty(x.shape, dtype=x.dtype)
    for index in itertools.product(*[range(size) for size in x.shape]):
        up = x.clone()
        up[index] += eps
        down = up.clone()
        down[index] -= eps
        grad[index] = (f(up) - f(down)) / (2 * eps)
    return grad


# %% corner numerical_gradient: does not do an x without axes, for it asks for its length.
import torch


def numerical_gradient(f, x, *, eps):
    grad = torch.zeros_like(x)
    rows, out = x.reshape(len(x), -1), grad.reshape(len(x), -1)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            nudge = torch.zeros_like(rows)
            nudge[i, j] = eps
            out[i, j] = (f((rows + nudge).reshape(x.shape)) - f((rows - nudge).reshape(x.shape))) / (2 * eps)
    return out.reshape(x.shape)


# %% corner numerical_gradient: gives one entry with an axis where x has no axes.
import torch


def numerical_gradient(f, x, *, eps):
    slopes = []
    for unit in torch.eye(x.numel(), dtype=x.dtype):
        nudge = eps * unit.reshape(x.shape)
        slopes.append((f(x + nudge) - f(x - nudge)) / (2 * eps))
    slopes = torch.stack(slopes)
    return slopes.reshape(x.shape) if x.dim() else slopes


# %% right dense_backward: two matrix products and a sum.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=0)
    return grad_x, grad_weight, grad_bias


# %% right dense_backward: three einsums.
import torch


def dense_backward(grad_out, x, weight):
    return (
        torch.einsum("ro,oi->ri", grad_out, weight),
        torch.einsum("ro,ri->oi", grad_out, x),
        torch.einsum("ro->o", grad_out),
    )


# %% right dense_backward: a loop over the rows that adds outer products.
import torch


def dense_backward(grad_out, x, weight):
    grad_weight = torch.zeros_like(weight)
    grad_bias = torch.zeros(weight.shape[0], dtype=weight.dtype)
    grad_x = []
    for g, row in zip(grad_out, x):
        grad_x.append(weight.T @ g)
        grad_weight += torch.outer(g, row)
        grad_bias += g
    return torch.stack(grad_x), grad_weight, grad_bias


# %% right dense_backward: autograd of the layer with a bias of zeros.
import torch


def dense_backward(grad_out, x, weight):
    x, weight = x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    bias = torch.zeros(weight.shape[0], dtype=weight.dtype, requires_grad=True)
    z = x @ weight.T + bias
    return torch.autograd.grad(z, (x, weight, bias), grad_out)


# %% right dense_backward: numpy and back, with the bias as a product with a row of ones.
import numpy as np
import torch


def dense_backward(grad_out, x, weight):
    g, a, w = grad_out.numpy(), x.numpy(), weight.numpy()
    ones = np.ones(len(g), dtype=g.dtype)
    return torch.from_numpy(g.dot(w)), torch.from_numpy((a.T @ g).T.copy()), torch.from_numpy(ones @ g)


# %% right dense_backward: broadcast products that are summed over one axis.
def dense_backward(grad_out, x, weight):
    grad_x = (grad_out[:, :, None] * weight[None]).sum(1)
    grad_weight = (grad_out.unsqueeze(2) * x.unsqueeze(1)).sum(0)
    return grad_x, grad_weight, grad_out.T.sum(-1)


# %% wrong dense_backward: the gradient of the weights is averaged over the rows.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x / len(x)
    grad_bias = grad_out.sum(dim=0)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the gradient of the bias is the mean and not the sum over the rows.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.mean(dim=0)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: weights and bias both divided by the number of rows.
import torch


def dense_backward(grad_out, x, weight):
    return (
        torch.einsum("ro,oi->ri", grad_out, weight),
        torch.einsum("ro,ri->oi", grad_out, x) / x.shape[0],
        torch.einsum("ro->o", grad_out) / x.shape[0],
    )


# %% wrong dense_backward: the gradient of the weights is turned, (in, out).
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = x.T @ grad_out
    grad_bias = grad_out.sum(dim=0)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the bias sums over the units instead of the rows.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=1)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the bias sums over everything to one number.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum()
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the bias keeps the summed axis, (1, out).
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=0, keepdim=True)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the gradient of x goes through the transposed weights.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight.T
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=0)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the order of the three results is weights, bias, x.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=0)
    return grad_weight, grad_bias, grad_x


# %% wrong dense_backward: the gradient of x is multiplied by x as well.
def dense_backward(grad_out, x, weight):
    grad_x = (grad_out @ weight) * x
    grad_weight = grad_out.T @ x
    grad_bias = grad_out.sum(dim=0)
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the gradient of the bias is not summed, one row for each example.
def dense_backward(grad_out, x, weight):
    grad_x = grad_out @ weight
    grad_weight = grad_out.T @ x
    grad_bias = grad_out
    return grad_x, grad_weight, grad_bias


# %% wrong dense_backward: the gradient of x is summed over the rows as well.
import torch


def dense_backward(grad_out, x, weight):
    return (
        torch.einsum("ro,oi->i", grad_out, weight),
        torch.einsum("ro,ri->oi", grad_out, x),
        torch.einsum("ro->o", grad_out),
    )


# %% wrong dense_backward: applies the slope of a tanh before, as if the layer had an activation.
import torch


def dense_backward(grad_out, x, weight):
    grad_out = grad_out * (1 - torch.tanh(x @ weight.T) ** 2)
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0)


# %% wrong dense_backward: only the last row counts for the weights, = instead of +=.
import torch


def dense_backward(grad_out, x, weight):
    grad_weight = torch.zeros_like(weight)
    for r in range(len(x)):
        grad_weight = torch.outer(grad_out[r], x[r])
    return grad_out @ weight, grad_weight, grad_out.sum(0)


# %% corner dense_backward: squeezes the results, which takes an axis from one row or one unit.
def dense_backward(grad_out, x, weight):
    return (grad_out @ weight).squeeze(), (grad_out.T @ x).squeeze(), grad_out.sum(dim=0).squeeze()


# %% right activation_slope: an if for each name and the table of the text.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% right activation_slope: a dictionary of lambdas, with clamp before the exponential.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% right activation_slope: autograd through the functions of torch.nn.functional.
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    functions = {
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": lambda t: F.leaky_relu(t, 0.01),
        "ELU": F.elu, "SELU": F.selu, "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus,
        "Gaussian": lambda t: torch.exp(-t * t),
    }
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(functions[name](leaf).sum(), leaf)[0]


# %% right activation_slope: GELU by its tanh approximation and the Gaussian with the half, both accepted conventions.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        c = math.sqrt(2 / math.pi)
        t = torch.tanh(c * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -x * torch.exp(-(x**2) / 2)
    raise ValueError(name)


# %% right activation_slope: match statement, boolean indexing into an empty tensor, SELU with rounded constants.
import torch


def activation_slope(name, x):
    out = torch.ones_like(x)
    below = x < 0
    match name:
        case "ReLU":
            out[below] = 0
        case "leaky ReLU":
            out[below] = 0.01
        case "ELU":
            out[below] = torch.exp(x[below])
        case "SELU":
            out = out * 1.0507
            out[below] = 1.0507 * 1.67326 * torch.exp(x[below])
        case "sigmoid" | "softplus" | "SiLU":
            sigma = 1 / (1 + torch.exp(-x))
            slope = sigma * (1 - sigma)
            out = {"sigmoid": slope, "softplus": sigma, "SiLU": sigma + x * slope}[name]
        case "tanh":
            out = 1 / torch.cosh(x) ** 2
        case "GELU":
            normal = torch.distributions.Normal(torch.zeros((), dtype=x.dtype), torch.ones((), dtype=x.dtype))
            out = normal.cdf(x) + x * normal.log_prob(x).exp()
        case "Gaussian":
            out = -2 * x * torch.exp(-(x**2))
    return out


# %% right activation_slope: numpy with where, and back in the type of x.
import math
import numpy as np
import torch


def activation_slope(name, x):
    v = x.detach().numpy().astype(np.float64)
    low = np.exp(np.minimum(v, 0))
    sigma = np.where(v > 0, 1, low) / (1 + np.exp(-np.abs(v)))
    if name == "sigmoid":
        out = sigma * (1 - sigma)
    elif name == "tanh":
        out = (1 - np.tanh(v)) * (1 + np.tanh(v))
    elif name == "ReLU":
        out = np.where(v > 0, 1.0, 0.0)
    elif name == "leaky ReLU":
        out = np.where(v > 0, 1.0, 0.01)
    elif name == "ELU":
        out = low
    elif name == "SELU":
        out = 1.0507009873554805 * np.where(v > 0, 1.0, 1.6732632423543772 * low)
    elif name == "GELU":
        erf = np.array([math.erf(t / 2**0.5) for t in v.ravel()]).reshape(v.shape)
        out = (1 + erf) / 2 + v * np.exp(-v * v / 2) / (2 * np.pi) ** 0.5
    elif name == "SiLU":
        out = sigma * (1 + v * (1 - sigma))
    elif name == "softplus":
        out = sigma
    else:
        out = -2 * v * np.exp(-v * v)
    return torch.as_tensor(out).to(x)


# %% wrong activation_slope: GELU has the first term of the product rule only.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: GELU: the density lacks its factor 1/sqrt(2 pi).
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: GELU: erf of x instead of x over the root of 2.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: GELU by x sigmoid(1.702 x), an approximation the text does not name.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        s = torch.sigmoid(1.702 * x)
        return s + 1.702 * x * s * (1 - s)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: SiLU lacks the first term of the product rule.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: SiLU: the slope of x times sigmoid is taken as sigmoid times 1 + x.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% wrong activation_slope: Gaussian without the minus sign.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return 2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: Gaussian without the 2 of the chain rule.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% wrong activation_slope: Gaussian mixes its two conventions, 2 in front and half in the exponent.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2 / 2)
    raise ValueError(name)


# %% wrong activation_slope: tanh: 1 - tanh without the square.
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
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: softplus is given the slope of the sigmoid and not the sigmoid.
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x) * (1 - torch.sigmoid(x))
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: ELU: its value exp(x) - 1 below zero in the place of its slope.
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
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x) - 1)
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: SELU: 1 above zero, the scale forgotten on that side.
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
        return torch.where(x > 0, torch.ones_like(x), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: SELU: alpha without the scale below zero.
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
        return torch.where(x > 0, torch.full_like(x, scale), alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: SELU: the two constants are exchanged.
import math
import torch


SCALE, ALPHA = 1.6732632423543772, 1.0507009873554805
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% wrong activation_slope: leaky ReLU with 0.1 below zero.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.1 + 0.9 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% wrong activation_slope: the ReLU returns a tensor of booleans.
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
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: leaky ReLU by where of two plain numbers, which gives the default type whatever x is.
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
        return torch.where(x > 0, 1.0, 0.01)
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: the leaky ReLU is sorted by x > 0 with its branches exchanged.
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
        return torch.where(x > 0, torch.full_like(x, 0.01), torch.ones_like(x))
    if name == "ELU":
        return torch.where(x > 0, torch.ones_like(x), torch.exp(x))
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% wrong activation_slope: the sigmoid slope is written for an x that already is the sigmoid, x (1 - x).
import math
import torch


def activation_slope(name, x):
    if name == "sigmoid":
        return x * (1 - x)
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% corner activation_slope: clamps x in place to keep the exponentials finite and so changes the argument.
import math
import torch


def activation_slope(name, x):
    x = x.clamp_(-80, 80)
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% corner activation_slope: ELU and SELU multiply both branches by 0 or 1 and add, which is nan where the exponential is infinite.
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
        return (x > 0).to(x) + (x <= 0).to(x) * torch.exp(x)
    if name == "SELU":
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        return scale * ((x > 0).to(x) + (x <= 0).to(x) * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% corner activation_slope: the sigmoid slope as exp(-x) / (1 + exp(-x))^2, infinity over infinity far to the left.
import math
import torch


def activation_slope(name, x):
    if name == "sigmoid":
        e = torch.exp(-x)
        return e / (1 + e) ** 2
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
        return torch.where(x > 0, torch.full_like(x, scale), scale * alpha * torch.exp(x))
    if name == "GELU":
        cdf = 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return cdf + x * torch.exp(-x**2 / 2) / math.sqrt(2 * math.pi)
    if name == "SiLU":
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
    if name == "softplus":
        return torch.sigmoid(x)
    if name == "Gaussian":
        return -2 * x * torch.exp(-x**2)
    raise ValueError(name)


# %% corner activation_slope: softplus slope as exp(x) / (1 + exp(x)), nan far to the right.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - x.tanh().square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.exp() / (1 + x.exp()),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% corner activation_slope: tanh by its exponentials, nan far out.
import math
import torch


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
SLOPES = {
    "sigmoid": lambda x: x.sigmoid() * (-x).sigmoid(),
    "tanh": lambda x: 1 - ((x.exp() - (-x).exp()) / (x.exp() + (-x).exp())).square(),
    "ReLU": lambda x: torch.heaviside(x, torch.zeros_like(x)),
    "leaky ReLU": lambda x: 0.01 + 0.99 * (x > 0).to(x.dtype),
    "ELU": lambda x: x.clamp(max=0).exp(),
    "SELU": lambda x: SCALE * torch.where(x > 0, torch.ones_like(x), ALPHA * x.clamp(max=0).exp()),
    "GELU": lambda x: torch.special.ndtr(x) + x * (-0.5 * x * x).exp() / (2 * math.pi) ** 0.5,
    "SiLU": lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())),
    "softplus": lambda x: x.sigmoid(),
    "Gaussian": lambda x: -2 * x * (-x.square()).exp(),
}


def activation_slope(name, x):
    return SLOPES[name](x)


# %% corner activation_slope: autograd through a where whose other branch overflows, which gives nan for large x.
import torch
import torch.nn.functional as F


def activation_slope(name, x):
    functions = {
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": lambda t: F.leaky_relu(t, 0.01),
        "ELU": lambda t: torch.where(t > 0, t, torch.exp(t) - 1), "SELU": F.selu, "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus,
        "Gaussian": lambda t: torch.exp(-t * t),
    }
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(functions[name](leaf).sum(), leaf)[0]


# %% right maxout: a dense layer for each piece, a stack and amax.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).amax(dim=0)


# %% right maxout: einsum to (n, pieces, out) and the values of max along the pieces.
import torch


def maxout(x, weight, bias):
    sums = torch.einsum("ni,poi->npo", x, weight) + bias
    return sums.max(dim=1).values


# %% right maxout: a running torch.maximum over the pieces.
import torch


def maxout(x, weight, bias):
    best = x @ weight[0].T + bias[0]
    for k in range(1, weight.shape[0]):
        best = torch.maximum(best, x @ weight[k].T + bias[k])
    return best


# %% right maxout: one big dense layer, then a view of its outputs as pieces by units.
import torch.nn.functional as F


def maxout(x, weight, bias):
    pieces, out, into = weight.shape
    z = F.linear(x, weight.reshape(pieces * out, into), bias.reshape(-1))
    return z.view(len(x), pieces, out).amax(1)


# %% right maxout: numpy, batched product with the axes turned.
import numpy as np
import torch


def maxout(x, weight, bias):
    z = x.numpy() @ weight.numpy().transpose(0, 2, 1) + bias.numpy()[:, None, :]
    return torch.from_numpy(np.max(z, axis=0))


# %% right maxout: three loops over examples, units and pieces.
def maxout(x, weight, bias):
    n, out = x.shape[0], weight.shape[1]
    result = x.new_empty(n, out)
    for r in range(n):
        for u in range(out):
            result[r, u] = max((weight[p, u] * x[r]).sum() + bias[p, u] for p in range(len(weight)))
    return result


# %% wrong maxout: takes the maximum over the units and leaves the pieces.
import torch


def maxout(x, weight, bias):
    sums = torch.einsum("ni,poi->npo", x, weight) + bias
    return sums.max(dim=2).values


# %% wrong maxout: takes the maximum over the examples.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).amax(dim=1)


# %% wrong maxout: adds the largest bias after the maximum of the products.
import torch


def maxout(x, weight, bias):
    return torch.stack([x @ w.T for w in weight]).amax(dim=0) + bias.amax(dim=0)


# %% wrong maxout: forgets the biases.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).amax(dim=0)


# %% wrong maxout: returns the pair of values and places that max gives.
import torch


def maxout(x, weight, bias):
    sums = torch.einsum("ni,poi->npo", x, weight) + bias
    return sums.max(dim=1)


# %% wrong maxout: returns the number of the winning piece.
import torch


def maxout(x, weight, bias):
    sums = torch.einsum("ni,poi->npo", x, weight) + bias
    return sums.argmax(dim=1)


# %% wrong maxout: the running maximum begins with zeros, so that negative outputs become 0.
import torch


def maxout(x, weight, bias):
    best = torch.zeros(len(x), weight.shape[1], dtype=x.dtype)
    for w, b in zip(weight, bias):
        best = torch.maximum(best, x @ w.T + b)
    return best


# %% wrong maxout: takes the largest weights and biases first and one layer of them.
def maxout(x, weight, bias):
    return x @ weight.amax(dim=0).T + bias.amax(dim=0)


# %% wrong maxout: chooses one piece for all units, the one with the largest sum.
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T + b for w, b in zip(weight, bias)], dim=1)
    best = z.sum(dim=2).argmax(dim=1)
    return z[torch.arange(len(x)), best]


# %% wrong maxout: the outputs of one big layer are viewed as units by pieces and not as pieces by units.
def maxout(x, weight, bias):
    pieces, out, into = weight.shape
    z = x @ weight.reshape(pieces * out, into).T + bias.reshape(-1)
    return z.view(len(x), out, pieces).amax(dim=2)


# %% wrong maxout: takes the piece that is largest in size.
import torch


def maxout(x, weight, bias):
    z = torch.stack([x @ w.T + b for w, b in zip(weight, bias)])
    place = z.abs().argmax(dim=0, keepdim=True)
    return z.gather(0, place)[0]


# %% wrong maxout: adds the pieces up.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).sum(dim=0)


# %% wrong maxout: takes the smooth maximum, log-sum-exp.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).logsumexp(dim=0)


# %% wrong maxout: compares the first two pieces only.
import torch


def maxout(x, weight, bias):
    return torch.maximum(x @ weight[0].T + bias[0], x @ weight[1].T + bias[1])


# %% wrong maxout: returns the result turned, (out, n).
def maxout(x, weight, bias):
    return (weight @ x.T + bias[:, :, None]).amax(dim=0)


# %% wrong maxout: the smallest piece instead of the largest.
import torch


def maxout(x, weight, bias):
    sums = torch.einsum("ni,poi->npo", x, weight) + bias
    return sums.min(dim=1).values


# %% corner maxout: squeezes the result, which takes an axis away for one example or one unit.
import torch


def maxout(x, weight, bias):
    pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=True)]
    return torch.stack(pieces).amax(dim=0).squeeze()


# %% right softmax_backward: subtracts the weighted mean of the row and multiplies by p.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)


# %% right softmax_backward: the Jacobian of each row times its gradient.
import torch


def softmax_backward(probabilities, grad_out):
    rows = []
    for p, g in zip(probabilities, grad_out):
        jacobian = torch.diag(p) - torch.outer(p, p)
        rows.append(jacobian.T @ g)
    return torch.stack(rows)


# %% right softmax_backward: batched Jacobians by diag_embed and einsum.
import torch


def softmax_backward(probabilities, grad_out):
    p = probabilities
    jacobians = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return torch.einsum("nij,ni->nj", jacobians, grad_out)


# %% right softmax_backward: autograd through the softmax of the logarithms.
import torch


def softmax_backward(probabilities, grad_out):
    scores = probabilities.detach().log().requires_grad_()
    return torch.autograd.grad(torch.softmax(scores, dim=1), scores, grad_out)[0]


# %% right softmax_backward: numpy, the bracket multiplied out.
import torch


def softmax_backward(probabilities, grad_out):
    p, g = probabilities.numpy(), grad_out.numpy()
    pg = p * g
    return torch.from_numpy(pg - p * pg.sum(axis=1)[:, None])


# %% right softmax_backward: two loops over the entries of the Jacobian, column by column for all rows at once.
import torch


def softmax_backward(probabilities, grad_out):
    out = torch.zeros_like(probabilities)
    k = probabilities.shape[1]
    for i in range(k):
        for j in range(k):
            if j != i:
                out[:, i] -= probabilities[:, i] * probabilities[:, j] * grad_out[:, j]
        out[:, i] += probabilities[:, i] * (1 - probabilities[:, i]) * grad_out[:, i]
    return out


# %% wrong softmax_backward: sums over the rows of the table instead of along each row.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=0, keepdim=True)
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: one sum for the whole table.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum()
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: forgets keepdim and so subtracts along the wrong axis.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1)
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: subtracts the plain mean of the row and not the one weighted by p.
def softmax_backward(probabilities, grad_out):
    mean = grad_out.mean(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: only the diagonal of the Jacobian, p (1 - p) g.
def softmax_backward(probabilities, grad_out):
    return grad_out * probabilities * (1 - probabilities)


# %% wrong softmax_backward: forgets the last factor p.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return grad_out - mean


# %% wrong softmax_backward: brackets lost: p g minus the mean, which is not multiplied by p.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * grad_out - mean


# %% wrong softmax_backward: takes the softmax once more of what already are probabilities.
import torch


def softmax_backward(probabilities, grad_out):
    probabilities = torch.softmax(probabilities, dim=1)
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: the sign is turned, mean minus g.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (mean - grad_out)


# %% wrong softmax_backward: p p^T is added to the diagonal instead of subtracted.
import torch


def softmax_backward(probabilities, grad_out):
    rows = []
    for p, g in zip(probabilities, grad_out):
        jacobian = torch.diag(p) + torch.outer(p, p)
        rows.append(jacobian.T @ g)
    return torch.stack(rows)


# %% wrong softmax_backward: the diagonal of the Jacobian is the identity and not diag(p).
import torch


def softmax_backward(probabilities, grad_out):
    rows = []
    for p, g in zip(probabilities, grad_out):
        jacobian = torch.eye(len(p), dtype=p.dtype) - torch.outer(p, p)
        rows.append(jacobian.T @ g)
    return torch.stack(rows)


# %% wrong softmax_backward: takes grad_out for a one-hot target and returns p minus it.
def softmax_backward(probabilities, grad_out):
    return probabilities - grad_out


# %% wrong softmax_backward: divides by the number of rows.
def softmax_backward(probabilities, grad_out):
    mean = (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean) / len(probabilities)


# %% wrong softmax_backward: the sum is that of g alone, without the weights p.
def softmax_backward(probabilities, grad_out):
    mean = grad_out.sum(dim=1, keepdim=True)
    return probabilities * (grad_out - mean)


# %% wrong softmax_backward: subtracts the mean from grad_out in place.
def softmax_backward(probabilities, grad_out):
    grad_out -= (grad_out * probabilities).sum(dim=1, keepdim=True)
    return probabilities * grad_out


# %% right output_delta: three branches, 1 subtracted in one place of each row.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% right output_delta: prediction minus target with a one-hot target.
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "classes":
        prediction = scores.softmax(dim=-1)
        targets = F.one_hot(targets, scores.shape[1])
    elif task == "binary":
        prediction = scores.sigmoid()
    else:
        prediction = scores
    return (prediction - targets.to(scores.dtype)) / len(scores)


# %% right output_delta: autograd through the losses of torch.nn.functional.
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    s = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = 0.5 * (s - targets).square().sum(dim=1).mean()
    elif task == "binary":
        loss = F.binary_cross_entropy_with_logits(s, targets.to(s.dtype))
    else:
        loss = F.cross_entropy(s, targets)
    return torch.autograd.grad(loss, s)[0]


# %% right output_delta: regression without the half, with twice the gradient, as the text accepts.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return 2 * (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% right output_delta: numpy with the largest score of each row subtracted, and a sigmoid by tanh.
import numpy as np
import torch


def output_delta(scores, targets, *, task):
    s, y = scores.numpy(), targets.numpy()
    if task == "binary":
        p = 0.5 * (1 + np.tanh(0.5 * s))
    elif task == "classes":
        e = np.exp(s - s.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        y = np.arange(s.shape[1])[None, :] == y[:, None]
    else:
        p = s
    return torch.as_tensor((p - y) / len(s), dtype=scores.dtype)


# %% right output_delta: row by row, with exp of log_softmax.
import torch


def output_delta(scores, targets, *, task):
    rows = []
    for s, y in zip(scores, targets):
        if task == "regression":
            rows.append(s - y)
        elif task == "binary":
            rows.append(torch.sigmoid(s) - y)
        elif task == "classes":
            p = torch.log_softmax(s, dim=0).exp()
            rows.append(torch.stack([p[j] - 1 if j == int(y) else p[j] for j in range(len(s))]))
        else:
            raise ValueError(task)
    return torch.stack(rows) / len(rows)


# %% wrong output_delta: target minus prediction in all three.
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "classes":
        prediction = scores.softmax(dim=-1)
        targets = F.one_hot(targets, scores.shape[1])
    elif task == "binary":
        prediction = scores.sigmoid()
    else:
        prediction = scores
    return (targets.to(scores.dtype) - prediction) / len(scores)


# %% wrong output_delta: the sum over the rows and not the mean.
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "classes":
        prediction = scores.softmax(dim=-1)
        targets = F.one_hot(targets, scores.shape[1])
    elif task == "binary":
        prediction = scores.sigmoid()
    else:
        prediction = scores
    return (prediction - targets.to(scores.dtype))


# %% wrong output_delta: the regression is divided by all entries, n times k.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / scores.numel()
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% wrong output_delta: the regression by the gradient of mse_loss, which averages over the columns too.
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    s = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = F.mse_loss(s, targets)
    elif task == "binary":
        loss = F.binary_cross_entropy_with_logits(s, targets.to(s.dtype))
    else:
        loss = F.cross_entropy(s, targets)
    return torch.autograd.grad(loss, s)[0]


# %% wrong output_delta: softmax along the examples instead of the classes.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=0)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% wrong output_delta: the binary delta keeps the slope of the sigmoid, as if the loss were the squared error.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        p = torch.sigmoid(scores)
        return (p - targets) * p * (1 - p) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% wrong output_delta: binary: the score itself minus the target, without the sigmoid.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (scores - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% wrong output_delta: subtracts 1 from whole columns, since a colon stands where the row numbers belong.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[:, targets] -= 1
    return delta / n


# %% wrong output_delta: subtracts the number of the class from each probability of its row.
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    return (torch.softmax(scores, dim=1) - targets[:, None]) / n


# %% wrong output_delta: classes: divides by the number of classes.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / scores.shape[1]


# %% wrong output_delta: classes: forgets to divide by the number of rows.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta


# %% wrong output_delta: classes: a binary cross-entropy with a sigmoid for every class.
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    if task == "classes":
        prediction = scores.sigmoid()
        targets = F.one_hot(targets, scores.shape[1])
    elif task == "binary":
        prediction = scores.sigmoid()
    else:
        prediction = scores
    return (prediction - targets.to(scores.dtype)) / len(scores)


# %% wrong output_delta: subtracts 1 from the scores before the softmax and so changes the argument.
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    p = torch.softmax(scores, dim=1)
    delta = scores
    delta.copy_(p)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% wrong output_delta: the regression multiplies by half, although the half has cancelled the 2.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return 0.5 * (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% corner output_delta: sigmoid as exp(s) / (1 + exp(s)), nan at large scores.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.exp(scores) / (1 + torch.exp(scores)) - targets) / n
    delta = torch.softmax(scores, dim=1)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% corner output_delta: softmax by plain exponentials, nan at scores of 10 000.
import torch


def output_delta(scores, targets, *, task):
    n = len(scores)
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (1 / (1 + torch.exp(-scores)) - targets) / n
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    p[torch.arange(n), targets] -= 1
    return p / n


# %% corner output_delta: softmax with the largest score of the whole table subtracted, 0/0 in rows that lie far below.
import torch


def output_delta(scores, targets, *, task):
    n = scores.shape[0]
    if task == "regression":
        return (scores - targets) / n
    if task == "binary":
        return (torch.sigmoid(scores) - targets) / n
    delta = torch.exp(scores - scores.max())
    delta = delta / delta.sum(dim=1, keepdim=True)
    delta[torch.arange(n), targets] -= 1
    return delta / n


# %% corner output_delta: autograd of the logarithms of a saturated sigmoid, nan at large scores.
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    s = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = 0.5 * (s - targets).square().sum(dim=1).mean()
    elif task == "binary":
        loss = -(targets * torch.sigmoid(s).log() + (1 - targets) * (1 - torch.sigmoid(s)).log()).mean()
    else:
        loss = F.cross_entropy(s, targets)
    return torch.autograd.grad(loss, s)[0]


# %% corner output_delta: the library loss with targets as they are, which does not take whole numbers.
import torch
import torch.nn.functional as F


def output_delta(scores, targets, *, task):
    s = scores.detach().clone().requires_grad_()
    if task == "regression":
        loss = 0.5 * (s - targets).square().sum(dim=1).mean()
    elif task == "binary":
        loss = F.binary_cross_entropy_with_logits(s, targets)
    else:
        loss = F.cross_entropy(s, targets)
    return torch.autograd.grad(loss, s)[0]


# %% right mlp_backprop: a list of the inputs of the layers, and one loop back.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% right mlp_backprop: autograd on copies of the weights and biases.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    w = [p.detach().clone().requires_grad_() for p in weights]
    b = [p.detach().clone().requires_grad_() for p in biases]
    h = x
    for i in range(len(w)):
        h = F.linear(h, w[i], b[i])
        if i < len(w) - 1:
            h = h.tanh()
    loss = F.cross_entropy(h, labels)
    grads = torch.autograd.grad(loss, w + b)
    return loss.detach(), list(grads[: len(w)]), list(grads[len(w):])


# %% right mlp_backprop: keeps the sums, with 1/cosh^2 for the slope, einsum and one-hot targets.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(a[-1] @ w.T + b)
        a.append(torch.tanh(z[-1]))
    scores = z[-1]
    target = F.one_hot(labels, scores.shape[1]).to(scores)
    log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    loss = -(target * log_p).sum(dim=1).mean()
    delta = (log_p.exp() - target) / len(x)
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights) - 1, -1, -1):
        grad_w[i] = torch.einsum("no,ni->oi", delta, a[i])
        grad_b[i] = torch.einsum("no->o", delta)
        if i:
            delta = torch.einsum("no,oi->ni", delta, weights[i]) / torch.cosh(z[i - 1]) ** 2
    return loss, grad_w, grad_b


# %% right mlp_backprop: recursion over the layers: each call goes up, and comes back with its gradient.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    grad_weights, grad_biases = [None] * len(weights), [None] * len(weights)
    losses = []

    def descend(a, layer):
        z = F.linear(a, weights[layer], biases[layer])
        if layer == len(weights) - 1:
            losses.append(F.cross_entropy(z, labels))
            g = (z.softmax(dim=1) - F.one_hot(labels, z.shape[1]).to(z.dtype)) / len(z)
        else:
            h = torch.tanh(z)
            g = descend(h, layer + 1) * (1 - h * h)
        grad_weights[layer], grad_biases[layer] = g.T @ a, g.sum(0)
        return g @ weights[layer]

    descend(x, 0)
    return float(losses[0]), grad_weights, grad_biases


# %% right mlp_backprop: helper functions for the end and for a layer, gradients inserted at the front.
import torch
import torch.nn.functional as F


def output_delta(scores, labels):
    p = torch.softmax(scores, dim=1)
    p[range(len(labels)), labels] -= 1
    return p / len(labels)


def dense_backward(g, x, w):
    return g @ w, g.T @ x, g.sum(dim=0)


def mlp_backprop(x, labels, weights, biases):
    stack, h = [], x
    for w, b in zip(weights[:-1], biases[:-1]):
        stack.append(h)
        h = torch.tanh(h @ w.T + b)
    stack.append(h)
    scores = h @ weights[-1].T + biases[-1]
    loss = F.nll_loss(F.log_softmax(scores, dim=1), labels)
    g = output_delta(scores, labels)
    gw, gb = [], []
    for w in reversed(weights):
        a = stack.pop()
        g, dw, db = dense_backward(g, a, w)
        gw.insert(0, dw)
        gb.insert(0, db)
        g = g * (1 - a**2)
    return loss, gw, gb


# %% right mlp_backprop: numpy all through, example by example, divided by n at the end.
import numpy as np
import torch


def mlp_backprop(x, labels, weights, biases):
    W, B = [w.numpy() for w in weights], [b.numpy() for b in biases]
    gw, gb, total = [np.zeros_like(w) for w in W], [np.zeros_like(b) for b in B], 0.0
    n = len(x)
    for row, label in zip(x.numpy(), labels.tolist()):
        a = [row]
        for w, b in zip(W[:-1], B[:-1]):
            a.append(np.tanh(w @ a[-1] + b))
        s = W[-1] @ a[-1] + B[-1]
        s = s - s.max()
        log_p = s - np.log(np.exp(s).sum())
        total -= log_p[label]
        d = np.exp(log_p)
        d[label] -= 1
        for i in range(len(W) - 1, -1, -1):
            gw[i] += np.outer(d, a[i])
            gb[i] += d
            d = (W[i].T @ d) * (1 - a[i] ** 2)
    as_tensor = lambda v: torch.tensor(v / n, dtype=x.dtype)
    return as_tensor(total), [as_tensor(g) for g in gw], [as_tensor(g) for g in gb]


# %% wrong mlp_backprop: the lists come back from the last layer to the first.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights, grad_biases


# %% wrong mlp_backprop: only the list of the weights is turned round, not that of the biases.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases


# %% wrong mlp_backprop: forgets the slope of the tanh between the layers.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer])
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the slope is 1 - a without the square.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer])
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the slope 1 - z^2 takes the sums where the outputs belong.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(a[-1] @ w.T + b)
        a.append(torch.tanh(z[-1]))
    scores = z[-1]
    target = F.one_hot(labels, scores.shape[1]).to(scores)
    log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    loss = -(target * log_p).sum(dim=1).mean()
    delta = (log_p.exp() - target) / len(x)
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights) - 1, -1, -1):
        grad_w[i] = torch.einsum("no,ni->oi", delta, a[i])
        grad_b[i] = torch.einsum("no->o", delta)
        if i:
            delta = torch.einsum("no,oi->ni", delta, weights[i]) * (1 - z[i - 1] ** 2)
    return loss, grad_w, grad_b


# %% wrong mlp_backprop: takes tanh of the outputs once more in the slope.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - torch.tanh(inputs[layer]) ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the last layer has a tanh too.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    w = [p.detach().clone().requires_grad_() for p in weights]
    b = [p.detach().clone().requires_grad_() for p in biases]
    h = x
    for i in range(len(w)):
        h = F.linear(h, w[i], b[i])
        h = h.tanh()
    loss = F.cross_entropy(h, labels)
    grads = torch.autograd.grad(loss, w + b)
    return loss.detach(), list(grads[: len(w)]), list(grads[len(w):])


# %% wrong mlp_backprop: the slope of a tanh is applied at the scores, which have none.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(a[-1] @ w.T + b)
        a.append(torch.tanh(z[-1]))
    scores = z[-1]
    target = F.one_hot(labels, scores.shape[1]).to(scores)
    log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    loss = -(target * log_p).sum(dim=1).mean()
    delta = (log_p.exp() - target) / len(x) * (1 - a[-1] ** 2)
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights) - 1, -1, -1):
        grad_w[i] = torch.einsum("no,ni->oi", delta, a[i])
        grad_b[i] = torch.einsum("no->o", delta)
        if i:
            delta = torch.einsum("no,oi->ni", delta, weights[i]) / torch.cosh(z[i - 1]) ** 2
    return loss, grad_w, grad_b


# %% wrong mlp_backprop: the gradients are those of the summed loss, not divided by n.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: divides by n twice, at the scores and again at the weights and biases.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer] / n)
        grad_biases.append(delta.sum(dim=0) / n)
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the biases take the mean over the rows although the delta is divided already.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.mean(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the loss is summed over the rows and not averaged.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].sum()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the loss has the wrong sign.
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * (1 - inputs[layer] ** 2)
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the loss averages over the table of classes as well.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(a[-1] @ w.T + b)
        a.append(torch.tanh(z[-1]))
    scores = z[-1]
    target = F.one_hot(labels, scores.shape[1]).to(scores)
    log_p = scores - torch.logsumexp(scores, dim=1, keepdim=True)
    loss = -(target * log_p).mean()
    delta = (log_p.exp() - target) / len(x)
    grad_w, grad_b = [None] * len(weights), [None] * len(weights)
    for i in range(len(weights) - 1, -1, -1):
        grad_w[i] = torch.einsum("no,ni->oi", delta, a[i])
        grad_b[i] = torch.einsum("no->o", delta)
        if i:
            delta = torch.einsum("no,oi->ni", delta, weights[i]) / torch.cosh(z[i - 1]) ** 2
    return loss, grad_w, grad_b


# %% wrong mlp_backprop: hidden layers use a sigmoid in the backward pass, a (1 - a).
import torch


def mlp_backprop(x, labels, weights, biases):
    n, depth = len(x), len(weights)
    inputs = [x]
    for layer in range(depth - 1):
        inputs.append(torch.tanh(inputs[-1] @ weights[layer].T + biases[layer]))
    scores = inputs[-1] @ weights[-1].T + biases[-1]
    rows = torch.arange(n)
    loss = -torch.log_softmax(scores, dim=1)[rows, labels].mean()
    delta = torch.softmax(scores, dim=1)
    delta[rows, labels] -= 1
    delta = delta / n
    grad_weights, grad_biases = [], []
    for layer in reversed(range(depth)):
        grad_weights.append(delta.T @ inputs[layer])
        grad_biases.append(delta.sum(dim=0))
        if layer > 0:
            delta = (delta @ weights[layer]) * inputs[layer] * (1 - inputs[layer])
    return loss, grad_weights[::-1], grad_biases[::-1]


# %% wrong mlp_backprop: the weights take the outputs of their layer in the place of its inputs, where the widths allow it.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    outputs, h = [], x
    for layer, (w, b) in enumerate(zip(weights, biases)):
        h = h @ w.T + b
        if layer < len(weights) - 1:
            h = torch.tanh(h)
        outputs.append(h)
    loss = F.cross_entropy(h, labels)
    delta = (torch.softmax(h, dim=1) - F.one_hot(labels, h.shape[1])) / len(x)
    gw, gb = [], []
    for layer in reversed(range(len(weights))):
        gw.append(delta.T @ outputs[layer])
        gb.append(delta.sum(0))
        if layer > 0:
            delta = delta @ weights[layer] * (1 - outputs[layer - 1] ** 2)
    return loss, gw[::-1], gb[::-1]


# %% wrong mlp_backprop: calls backward on the given tensors themselves, so that they change and their gradients pile up over calls.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    for p in [*weights, *biases]:
        p.requires_grad_()
    h = x
    for w, b in zip(weights[:-1], biases[:-1]):
        h = torch.tanh(h @ w.T + b)
    loss = F.cross_entropy(h @ weights[-1].T + biases[-1], labels)
    loss.backward()
    return loss.detach(), [w.grad for w in weights], [b.grad for b in biases]


# %% corner mlp_backprop: always computes a first hidden layer, which a net of one layer does not have.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    hidden = [torch.tanh(x @ weights[0].T + biases[0])]
    for w, b in zip(weights[1:-1], biases[1:-1]):
        hidden.append(torch.tanh(hidden[-1] @ w.T + b))
    scores = hidden[-1] @ weights[-1].T + biases[-1]
    loss = F.cross_entropy(scores, labels)
    delta = (torch.softmax(scores, dim=1) - F.one_hot(labels, scores.shape[1])) / len(x)
    gw, gb = [], []
    for layer in range(len(weights) - 1, 0, -1):
        gw.insert(0, delta.T @ hidden[layer - 1])
        gb.insert(0, delta.sum(dim=0))
        delta = delta @ weights[layer] * (1 - hidden[layer - 1] ** 2)
    gw.insert(0, delta.T @ x)
    gb.insert(0, delta.sum(dim=0))
    return loss, gw, gb


# %% corner mlp_backprop: written out for two layers and for three, four are treated as three and one as two.
import torch
import torch.nn.functional as F


def mlp_backprop(x, labels, weights, biases):
    deep = len(weights) >= 3
    a1 = torch.tanh(x @ weights[0].T + biases[0])
    a2 = torch.tanh(a1 @ weights[1].T + biases[1]) if deep else a1
    s = a2 @ weights[-1].T + biases[-1]
    loss = F.cross_entropy(s, labels)
    d3 = (torch.softmax(s, dim=1) - F.one_hot(labels, s.shape[1])) / len(x)
    gw, gb = [d3.T @ a2], [d3.sum(dim=0)]
    d = d3 @ weights[-1] * (1 - a2**2)
    if deep:
        gw, gb = [d.T @ a1, *gw], [d.sum(dim=0), *gb]
        d = d @ weights[1] * (1 - a1**2)
    return loss, [d.T @ x, *gw], [d.sum(dim=0), *gb]


# %% right delta_norms: a list that is turned round at the end.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% right delta_norms: fills the result from its end by index, with the row vector times the weights.
import torch


def delta_norms(delta, weights, slopes):
    L = len(weights)
    result = torch.zeros(L + 1, dtype=delta.dtype)
    result[L] = torch.linalg.vector_norm(delta)
    d = delta.clone()
    for i in range(L - 1, -1, -1):
        d = (slopes[i] * d) @ weights[i]
        result[i] = torch.linalg.vector_norm(d)
    return result


# %% right delta_norms: multiplies the Jacobians diag(slope) W from the left.
import torch


def delta_norms(delta, weights, slopes):
    product = torch.eye(len(delta), dtype=delta.dtype)
    norms = [(delta @ product).square().sum().sqrt()]
    for i in reversed(range(len(weights))):
        product = product @ (torch.diag(slopes[i]) @ weights[i])
        norms.insert(0, (delta @ product).square().sum().sqrt())
    return torch.stack(norms)


# %% right delta_norms: recursion that appends on its way back.
import torch


def delta_norms(delta, weights, slopes):
    def lengths(d, upto):
        own = [torch.dot(d, d) ** 0.5]
        if upto == 0:
            return own
        return lengths(torch.mv(weights[upto - 1].T, slopes[upto - 1] * d), upto - 1) + own

    return torch.stack(lengths(delta, len(weights)))


# %% right delta_norms: plain numbers by numpy, in the type of delta again.
import numpy as np
import torch


def delta_norms(delta, weights, slopes):
    d = delta.numpy()
    out = [np.linalg.norm(d)]
    for w, s in list(zip(weights, slopes))[::-1]:
        d = np.einsum("oi,o,o->i", w.numpy(), s.numpy(), d)
        out.append(np.linalg.norm(d))
    return torch.tensor(np.array(out[::-1]), dtype=delta.dtype)


# %% right delta_norms: a tensor of floats in the default type of torch, which the text accepts.
import torch


def delta_norms(delta, weights, slopes):
    norms = [float(delta.norm())]
    for i in range(1, len(weights) + 1):
        delta = (weights[-i] * (slopes[-i] * delta)[:, None]).sum(dim=0)
        norms = [float(delta.norm())] + norms
    return torch.tensor(norms)


# %% wrong delta_norms: first the weights and then the slopes of the layer below.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for i in reversed(range(len(weights))):
        delta = weights[i].T @ delta
        if i > 0:
            delta = slopes[i - 1] * delta
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: multiplies by the slopes after the weights, which fits where all layers are equally wide.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = slope * (weight.T @ delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: the result runs from the top to the input.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms)


# %% wrong delta_norms: goes through the layers from the first to the last.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(weights, slopes, strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: turns the weights round but not the slopes.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), slopes, strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: forgets to transpose the weights.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: the squares of the norms.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.square().sum()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.square().sum())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: measures the gradient at the sums, after the slopes and before the weights.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        at_sums = slope * delta
        norms.append(at_sums.norm())
        delta = weight.T @ at_sums
    return torch.stack(norms[::-1])


# %% wrong delta_norms: leaves out the norm at the top, L entries only.
import torch


def delta_norms(delta, weights, slopes):
    norms = []
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: stops before the first layer and leaves out the norm at the input.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[:-1][::-1])


# %% wrong delta_norms: divides all norms by the one at the top.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    norms = torch.stack(norms[::-1])
    return norms / norms[-1]


# %% wrong delta_norms: multiplies the norms by the largest slope and singular value, which is only a bound.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        norms.append(norms[-1] * slope.max() * torch.linalg.matrix_norm(weight, ord=2))
    return torch.stack(norms[::-1])


# %% wrong delta_norms: the sum of the sizes for the norm.
import torch


def delta_norms(delta, weights, slopes):
    L = len(weights)
    result = torch.zeros(L + 1, dtype=delta.dtype)
    result[L] = torch.linalg.vector_norm(delta, ord=1)
    d = delta.clone()
    for i in range(L - 1, -1, -1):
        d = (slopes[i] * d) @ weights[i]
        result[i] = torch.linalg.vector_norm(d, ord=1)
    return result


# %% wrong delta_norms: the root of the mean square and not of the sum.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.square().mean().sqrt()]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        delta = weight.T @ (slope * delta)
        norms.append(delta.square().mean().sqrt())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: multiplies delta by the slopes in place and so changes the argument.
import torch


def delta_norms(delta, weights, slopes):
    norms = [delta.norm()]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        delta *= slope
        delta = weight.T @ delta
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: reverses the caller's lists in place.
import torch


def delta_norms(delta, weights, slopes):
    weights.reverse()
    slopes.reverse()
    norms = [delta.norm()]
    for weight, slope in zip(weights, slopes):
        delta = weight.T @ (slope * delta)
        norms.append(delta.norm())
    return torch.stack(norms[::-1])


# %% wrong delta_norms: leaves the slopes out.
import torch


def delta_norms(delta, weights, slopes):
    L = len(weights)
    result = torch.zeros(L + 1, dtype=delta.dtype)
    result[L] = torch.linalg.vector_norm(delta)
    d = delta.clone()
    for i in range(L - 1, -1, -1):
        d = d @ weights[i]
        result[i] = torch.linalg.vector_norm(d)
    return result


# %% wrong delta_norms: stacks the gradients of all layers to one table, which needs layers of equal width.
import torch


def delta_norms(delta, weights, slopes):
    table = [delta]
    for weight, slope in zip(reversed(weights), reversed(slopes)):
        table.append(weight.T @ (slope * table[-1]))
    return torch.stack(table[::-1]).norm(dim=1)


