# %% right min_max: torch.where on a zero range
import torch


def min_max(x):
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    return (x - low) / torch.where(span == 0, torch.ones_like(span), span)


# %% right min_max: loop over the columns of a copy, constant columns set to 0 by an if
import torch


def min_max(x):
    out = x.clone()
    for j in range(x.shape[1]):
        column = x[:, j]
        lo, hi = column.min(), column.max()
        if hi == lo:
            out[:, j] = 0
        else:
            out[:, j] = (column - lo) / (hi - lo)
    return out


# %% right min_max: numpy inside, a tensor of the same type outside
import numpy as np
import torch


def min_max(x):
    a = x.detach().cpu().numpy()
    lo = a.min(axis=0, keepdims=True)
    hi = a.max(axis=0, keepdims=True)
    span = hi - lo
    span[span == 0] = 1
    return torch.from_numpy(np.asarray((a - lo) / span)).to(x.dtype)


# %% right min_max: zeros filled only in the columns that vary, with a mask
import torch


def min_max(x):
    smallest, largest = torch.aminmax(x, dim=0)
    varies = largest > smallest
    result = torch.zeros_like(x)
    result[:, varies] = (x[:, varies] - smallest[varies]) / (largest - smallest)[varies]
    return result


# %% right min_max: the formula as printed, and 0/0 replaced afterwards
import torch


def min_max(x):
    mn, mx = torch.amin(x, 0), torch.amax(x, 0)
    scaled = (x - mn) / (mx - mn)
    return torch.nan_to_num(scaled, nan=0.0)


# %% right min_max: subtract the minimum first, then divide by the maximum of what is left, in place on the new tensor
import torch


def min_max(x):
    shifted = x - x.min(dim=0, keepdim=True)[0]
    top = shifted.max(dim=0, keepdim=True)[0]
    top[top == 0] = 1.0
    shifted /= top
    return shifted


# %% wrong min_max: takes the minimum and maximum of the whole tensor instead of each column
import torch


def min_max(x):
    low, high = x.min(), x.max()
    if high == low:
        return torch.zeros_like(x)
    return (x - low) / (high - low)


# %% wrong min_max: scales every row to [0, 1] (dim=1) instead of every column
import torch


def min_max(x):
    low = x.min(dim=1, keepdim=True).values
    span = x.max(dim=1, keepdim=True).values - low
    return (x - low) / torch.where(span == 0, torch.ones_like(span), span)


# %% wrong min_max: divides by the maximum of the column instead of by maximum minus minimum
import torch


def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    high = torch.where(high == 0, torch.ones_like(high), high)
    return (x - low) / high


# %% wrong min_max: scales to [-1, 1] instead of [0, 1]
import torch


def min_max(x):
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    safe = torch.where(span == 0, torch.ones_like(span), span)
    scaled = 2 * (x - low) / safe - 1
    return torch.where(span == 0, torch.zeros_like(scaled), scaled)


# %% wrong min_max: subtracts the mean of the column instead of its minimum
import torch


def min_max(x):
    mean = x.mean(dim=0)
    span = x.max(dim=0).values - x.min(dim=0).values
    span = torch.where(span == 0, torch.ones_like(span), span)
    return (x - mean) / span


# %% wrong min_max: changes the caller's tensor in place (the values returned are right)
import torch


def min_max(x):
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    span[span == 0] = 1
    x -= low
    x /= span
    return x


# %% wrong min_max: parentheses missing, only the minimum is divided by the range: x - min / (max - min)
import torch


def min_max(x):
    out = torch.zeros_like(x)
    for j in range(x.shape[1]):
        col = x[:, j]
        if col.max() != col.min():
            out[:, j] = col - col.min() / (col.max() - col.min())
    return out


# %% wrong min_max: turned round, (max - x) / (max - min), so that the largest entry becomes 0 and the smallest 1
import torch


def min_max(x):
    low, high = x.min(dim=0).values, x.max(dim=0).values
    span = high - low
    return (high - x) / torch.where(span > 0, span, torch.ones_like(span))


# %% wrong min_max: after shifting, takes the minimum off the new maximum once more and divides by max - 2 min
import torch


def min_max(x):
    out = x.clone()
    for j in range(out.shape[1]):
        low = float(out[:, j].min())
        out[:, j] -= low
        high = float(out[:, j].max())
        if high > 0:
            out[:, j] /= high - low
    return out


# %% wrong min_max: always returns float32, also for float64 input
import torch


def min_max(x):
    x = x.float()
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    span = torch.where(span == 0, torch.tensor(1.0), span)
    return (x - low) / span


# %% corner min_max: a constant column becomes nan (0/0) instead of 0
import torch


def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    return (x - low) / (high - low)


# %% right z_score: torch.std with correction=0, the shortest one
import torch


def z_score(x, *, eps):
    return (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + eps)


# %% right z_score: the sums of the notebook's formula written out
import torch


def z_score(x, *, eps):
    n = x.shape[0]
    mu = x.sum(dim=0) / n
    sigma = torch.sqrt(((x - mu) ** 2).sum(dim=0) / n)
    return (x - mu) / (sigma + eps)


# %% right z_score: loop over the columns, stacked at the end
import torch


def z_score(x, *, eps):
    columns = []
    for j in range(x.shape[1]):
        centred = x[:, j] - x[:, j].mean()
        deviation = (centred * centred).mean().sqrt()
        columns.append(centred / (deviation + eps))
    return torch.stack(columns, dim=1)


# %% right z_score: numpy inside, whose std is biased by default
import torch


def z_score(x, *, eps):
    a = x.detach().numpy()
    z = (a - a.mean(axis=0)) / (a.std(axis=0) + eps)
    return torch.as_tensor(z, dtype=x.dtype)


# %% right z_score: torch.var with unbiased=False and a root, in place on the centred copy
import torch


def z_score(x, *, eps):
    centred = x - torch.mean(x, 0, keepdim=True)
    sigma = torch.var(x, dim=0, unbiased=False, keepdim=True).sqrt()
    centred /= sigma + eps
    return centred


# %% right z_score: norm of the centred columns over the root of n
import math

import torch


def z_score(x, *, eps):
    centred = x - x.mean(0)
    sigma = torch.linalg.vector_norm(centred, dim=0) / math.sqrt(len(x))
    return centred / (sigma + eps)


# %% wrong z_score: unbiased deviation, divides by n - 1 where n is asked
import torch


def z_score(x, *, eps):
    return (x - x.mean(dim=0)) / (x.std(dim=0) + eps)


# %% wrong z_score: divides by the variance plus eps, the root is missing
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    return (x - mu) / (var + eps)


# %% wrong z_score: eps stands inside the root, sqrt(variance + eps), instead of being added to the deviation
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    return (x - mu) / torch.sqrt(var + eps)


# %% wrong z_score: mean and deviation of the whole tensor instead of each column
import torch


def z_score(x, *, eps):
    return (x - x.mean()) / (x.std(correction=0) + eps)


# %% wrong z_score: mean and deviation of every row (dim=1) instead of every column
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=1, keepdim=True)
    sigma = x.std(dim=1, correction=0, keepdim=True)
    return (x - mu) / (sigma + eps)


# %% wrong z_score: the mean is not subtracted, only divided by the deviation
import torch


def z_score(x, *, eps):
    sigma = torch.std(x, dim=0, correction=0)
    return x / (sigma + eps)


# %% wrong z_score: parentheses missing, x minus (mean / (deviation + eps))
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    return x - mu / (sigma + eps)


# %% wrong z_score: root of the mean square of x itself, the mean is not taken off before squaring
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = (x ** 2).mean(dim=0).sqrt()
    return (x - mu) / (sigma + eps)


# %% wrong z_score: divides by the mean absolute deviation instead of the standard deviation
import torch


def z_score(x, *, eps):
    centred = x - x.mean(dim=0)
    return centred / (centred.abs().mean(dim=0) + eps)


# %% wrong z_score: the sum of squares is not divided by n before the root
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = torch.sqrt(torch.sum((x - mu) ** 2, dim=0))
    return (x - mu) / (sigma + eps)


# %% corner z_score: eps is left out, so that a constant column becomes nan (0/0)
import torch


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    return (x - mu) / sigma


# %% right zca: the notebook's formula with torch.diag
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    cov = centred.T @ centred / len(x)
    values, u = torch.linalg.eigh(cov)
    return centred @ u @ torch.diag((values + eps) ** -0.5) @ u.T


# %% right zca: columns of U scaled by broadcasting, d x d matrix built first
import torch


def zca(x, *, eps):
    n, d = x.shape
    xc = x - x.mean(0, keepdim=True)
    lam, vec = torch.linalg.eigh(xc.T.mm(xc) / n)
    whitening = (vec * torch.rsqrt(lam + eps)) @ vec.T
    return xc @ whitening


# %% right zca: singular values of the centred data instead of the covariance
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    left, s, right = torch.linalg.svd(centred, full_matrices=False)
    lam = s ** 2 / x.shape[0]
    return left @ torch.diag(s / torch.sqrt(lam + eps)) @ right


# %% right zca: torch.cov, the covariance divided by n - 1
import torch


def zca(x, *, eps):
    d = x.shape[1]
    cov = torch.cov(x.T).reshape(d, d)
    values, vectors = torch.linalg.eigh(cov)
    root = vectors @ torch.diag(1 / (values + eps).sqrt()) @ vectors.T
    return (x - x.mean(dim=0)) @ root


# %% right zca: sum over the eigenvectors in a loop
import torch


def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    cov = torch.einsum("ni,nj->ij", xc, xc) / x.shape[0]
    values, vectors = torch.linalg.eigh(cov)
    matrix = torch.zeros_like(cov)
    for k in range(len(values)):
        u = vectors[:, k]
        matrix += torch.outer(u, u) / (values[k] + eps) ** 0.5
    return xc @ matrix


# %% right zca: numpy's eigh on eps added to the diagonal of the covariance
import numpy as np
import torch


def zca(x, *, eps):
    a = x.detach().numpy()
    a = a - a.mean(axis=0)
    c = a.T @ a / a.shape[0] + eps * np.eye(a.shape[1])
    w, v = np.linalg.eigh(c)
    out = a @ (v @ np.diag(1 / np.sqrt(w)) @ v.T)
    return torch.tensor(out, dtype=x.dtype)


# %% wrong zca: PCA whitening, the turn back by U transposed is missing
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    cov = centred.T @ centred / len(x)
    values, u = torch.linalg.eigh(cov)
    return centred @ u / torch.sqrt(values + eps)


# %% wrong zca: multiplies the rows as they are, not the centred ones, by the whitening matrix
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    cov = centred.T @ centred / len(x)
    values, u = torch.linalg.eigh(cov)
    return x @ u @ torch.diag((values + eps) ** -0.5) @ u.T


# %% wrong zca: divides by the eigenvalues, the root is missing (power -1 instead of -1/2)
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    values, u = torch.linalg.eigh(centred.T @ centred / len(x))
    return centred @ (u @ torch.diag(1 / (values + eps)) @ u.T)


# %% wrong zca: multiplies by the root of the eigenvalues instead of dividing by it (power +1/2)
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    values, u = torch.linalg.eigh(centred.T @ centred / len(x))
    return centred @ (u * (values + eps).sqrt()) @ u.T


# %% wrong zca: the products X^T X are not divided by n, so the covariance comes out as 1/n times the identity
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    values, u = torch.linalg.eigh(centred.T @ centred)
    return centred @ u @ torch.diag((values + eps) ** -0.5) @ u.T


# %% wrong zca: takes the rows of U for the eigenvectors, U^T scale U instead of U scale U^T
import torch


def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    cov = xc.T @ xc / len(x)
    values, vectors = torch.linalg.eigh(cov)
    matrix = vectors.T @ torch.diag((values + eps) ** -0.5) @ vectors
    return xc @ matrix


# %% wrong zca: the covariance is taken of the rows as they are, only the data multiplied at the end are centred
import torch


def zca(x, *, eps):
    cov = x.T @ x / x.shape[0]
    values, u = torch.linalg.eigh(cov)
    whitening = u @ torch.diag((values + eps) ** -0.5) @ u.T
    return (x - x.mean(dim=0)) @ whitening


# %% wrong zca: Cholesky whitening, a triangular matrix in place of the symmetric one
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    cov = centred.T @ centred / len(x)
    lower = torch.linalg.cholesky(cov + eps * torch.eye(len(cov), dtype=x.dtype))
    return torch.linalg.solve_triangular(lower, centred.T, upper=False).T


# %% wrong zca: standardizes every column first, so that the correlation matrix is whitened instead of the covariance
import torch


def zca(x, *, eps):
    z = (x - x.mean(dim=0)) / x.std(dim=0, correction=0)
    values, u = torch.linalg.eigh(z.T @ z / len(z))
    return z @ u @ torch.diag((values + eps) ** -0.5) @ u.T


# %% wrong zca: eps stands outside the root, 1 / (sqrt(eigenvalue) + eps)
import torch


def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    values, u = torch.linalg.eigh(centred.T @ centred / len(x))
    scale = 1 / (values.clamp(min=0).sqrt() + eps)
    return centred @ u @ torch.diag(scale) @ u.T


# %% right fans: math.prod of the kernel, the shortest one
import math


def fans(shape):
    return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])


# %% right fans: the kernel multiplied up in a loop
def fans(shape):
    out, into = shape[0], shape[1]
    field = 1
    for size in shape[2:]:
        field *= size
    return into * field, out * field


# %% right fans: starred unpacking, a branch for the dense layer
import math


def fans(shape):
    out, into, *kernel = shape
    if not kernel:
        return into, out
    receptive = math.prod(kernel)
    return receptive * into, receptive * out


# %% right fans: both fans from the number of all weights
import math


def fans(shape):
    total = math.prod(shape)
    fan_in = total // shape[0]
    fan_out = total // shape[1]
    return fan_in, fan_out


# %% right fans: numpy's prod turned back into ints
import numpy as np


def fans(shape):
    kernel = int(np.prod(shape[2:])) if len(shape) > 2 else 1
    return (int(shape[1]) * kernel, int(shape[0]) * kernel)


# %% right fans: recursion over the last axis of the kernel
def fans(shape):
    if len(shape) == 2:
        return shape[1], shape[0]
    fan_in, fan_out = fans(shape[:-1])
    return fan_in * shape[-1], fan_out * shape[-1]


# %% wrong fans: returned in the wrong order, (fan_out, fan_in)
import math


def fans(shape):
    kernel = math.prod(shape[2:])
    fan_out = shape[0] * kernel
    fan_in = shape[1] * kernel
    return fan_out, fan_in


# %% wrong fans: the kernel is left out of both fans
def fans(shape):
    return shape[1], shape[0]


# %% wrong fans: the kernel is contained in fan in only, fan out is the bare number of out-channels
import math


def fans(shape):
    return math.prod(shape[1:]), shape[0]


# %% wrong fans: the kernel is contained in fan out only, fan in is the bare number of in-channels
import math


def fans(shape):
    out, into, *kernel = shape
    return into, out * math.prod(kernel)


# %% wrong fans: only the first axis of the kernel is counted
def fans(shape):
    field = 1
    if len(shape) > 2:
        field = shape[2]
    return shape[1] * field, shape[0] * field


# %% wrong fans: the kernel is taken to be square with two axes, last size squared, so other kernels come out wrong
def fans(shape):
    if len(shape) == 2:
        out, into = shape
        return into, out
    k = shape[-1]
    return shape[1] * k ** 2, shape[0] * k ** 2


# %% wrong fans: the sizes of the kernel are added instead of multiplied
def fans(shape):
    field = sum(shape[2:]) if len(shape) > 2 else 1
    return shape[1] * field, shape[0] * field


# %% wrong fans: reads the shape as (*kernel, in, out), the convention of Keras, so dense fans are swapped
import math


def fans(shape):
    kernel = math.prod(shape[:-2])
    return shape[-2] * kernel, shape[-1] * kernel


# %% wrong fans: fan out also contains the in-channels, it is the number of all weights
import math


def fans(shape):
    fan_in = math.prod(shape[1:])
    fan_out = math.prod(shape)
    return fan_in, fan_out


# %% wrong fans: returns the sum of the fans, one number instead of the pair
import math


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel + shape[0] * kernel


# %% right lecun_normal: randn divided by the root of fan in
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


# %% right lecun_normal: torch.normal with the deviation, fan in from fans
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    std = (1 / fan_in) ** 0.5
    return torch.normal(0.0, std, size=tuple(shape), generator=generator, device=generator.device)


# %% right lecun_normal: an empty tensor filled in place
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    weights = torch.empty(shape, device=generator.device)
    weights.normal_(mean=0.0, std=fans(shape)[0] ** -0.5, generator=generator)
    return weights


# %% right lecun_normal: one unit after the other in a loop
import torch


def lecun_normal(shape, generator):
    out, *rest = shape
    fan_in = 1
    for size in rest:
        fan_in *= size
    rows = []
    for _ in range(out):
        row = torch.randn(rest, generator=generator, device=generator.device)
        rows.append(row * (1.0 / fan_in) ** 0.5)
    return torch.stack(rows)


# %% right lecun_normal: torch.nn.init's Kaiming with the gain 1 of a linear layer
import torch


def lecun_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="linear", generator=generator)


# %% right lecun_normal: Box and Muller from uniform draws of the same generator
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape) // shape[0]
    u = torch.rand(shape, generator=generator, device=generator.device)
    v = torch.rand(shape, generator=generator, device=generator.device)
    z = torch.sqrt(-2 * torch.log(1 - u)) * torch.cos(2 * math.pi * v)
    return z * math.sqrt(1 / fan_in)


# %% wrong lecun_normal: multiplies the draws by the variance 1/fan_in instead of its root
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) / fan_in


# %% wrong lecun_normal: uses fan out in place of fan in
import math

import torch


def lecun_normal(shape, generator):
    fan_out = shape[0] * math.prod(shape[2:])
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_out)


# %% wrong lecun_normal: uniform draws with the right variance instead of normal ones
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    bound = math.sqrt(3 / fan_in)
    return (2 * torch.rand(shape, generator=generator, device=generator.device) - 1) * bound


# %% wrong lecun_normal: draws from torch's global generator, the one handed in is not used
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape) / math.sqrt(fan_in)


# %% wrong lecun_normal: seeds the generator anew on every call, so that all layers get the same draws
import math

import torch


def lecun_normal(shape, generator):
    generator = generator.manual_seed(42)
    std = 1 / math.sqrt(math.prod(shape[1:]))
    return std * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong lecun_normal: fan in is shape[1] alone, the kernel of a convolution is left out
import torch


def lecun_normal(shape, generator):
    fan_in = shape[1]
    return torch.randn(shape, generator=generator, device=generator.device) * fan_in ** -0.5


# %% wrong lecun_normal: variance 2/(fan_in + fan_out), Glorot's rule
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    std = math.sqrt(2 / (fan_in + fan_out))
    return torch.randn(shape, generator=generator, device=generator.device) * std


# %% wrong lecun_normal: the draws are clipped at two deviations, not normal any more and of too small a variance
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    z = torch.randn(shape, generator=generator, device=generator.device)
    return z.clamp(-2, 2) / math.sqrt(fan_in)


# %% wrong lecun_normal: multiplies by the root of fan in instead of dividing by it
import math

import torch


def lecun_normal(shape, generator):
    w = torch.empty(shape, device=generator.device).normal_(generator=generator)
    fan_in = math.prod(shape[1:])
    w *= math.sqrt(fan_in)
    return w


# %% wrong lecun_normal: returns float64 instead of torch's default type
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    draws = torch.randn(shape, generator=generator, device=generator.device, dtype=torch.float64)
    return draws / math.sqrt(fan_in)


# %% right activation_spread: plain loop and torch.stack, unbiased deviation
import torch


def activation_spread(x, weights, activation):
    spreads = []
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)


# %% right activation_spread: biased deviation, a tensor filled entry by entry
import torch


def activation_spread(x, weights, activation):
    result = torch.zeros(len(weights), dtype=x.dtype)
    h = x
    for i, w in enumerate(weights):
        h = activation(torch.nn.functional.linear(h, w))
        result[i] = torch.std(h, correction=0)
    return result


# %% right activation_spread: examples as columns, floats collected in a list
import torch


def activation_spread(x, weights, activation):
    h = x.T
    values = []
    for w in weights:
        h = activation(w @ h)
        values.append(h.std().item())
    return torch.tensor(values, dtype=x.dtype)


# %% right activation_spread: einsum, deviation written out with sums
import torch


def activation_spread(x, weights, activation):
    def deviation(h):
        mean = h.sum() / h.numel()
        return (((h - mean) ** 2).sum() / h.numel()).sqrt()

    spreads, h = [], x
    for w in weights:
        h = activation(torch.einsum("ni,oi->no", h, w))
        spreads.append(deviation(h))
    return torch.stack(spreads)


# %% right activation_spread: signals of all layers first, then numpy's std of each
import numpy as np
import torch


def activation_spread(x, weights, activation):
    signals = [x]
    for w in weights:
        signals.append(activation(signals[-1].matmul(w.t())))
    return torch.tensor([float(np.std(h.detach().numpy())) for h in signals[1:]], dtype=x.dtype)


# %% right activation_spread: itertools.accumulate, root of the unbiased variance
from itertools import accumulate

import torch


def activation_spread(x, weights, activation):
    states = accumulate(weights, lambda h, w: activation(h @ w.mT), initial=x)
    next(states)
    return torch.stack([h.flatten().var().sqrt() for h in states])


# %% wrong activation_spread: measures before the activation, not after it
import torch


def activation_spread(x, weights, activation):
    spreads = []
    h = x
    for weight in weights:
        z = h @ weight.T
        spreads.append(z.std())
        h = activation(z)
    return torch.stack(spreads)


# %% wrong activation_spread: the deviation of the input is the first entry, one entry too many
import torch


def activation_spread(x, weights, activation):
    spreads = [x.std()]
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)


# %% wrong activation_spread: passes on the sums before the activation to the next layer, not the activated signal
import torch


def activation_spread(x, weights, activation):
    spreads = []
    h = x
    for weight in weights:
        h = h @ weight.T
        spreads.append(activation(h).std())
    return torch.stack(spreads)


# %% wrong activation_spread: deviation of each unit over the examples, averaged over the units
import torch


def activation_spread(x, weights, activation):
    result = []
    for w in weights:
        x = activation(x @ w.T)
        result.append(x.std(dim=0).mean())
    return torch.stack(result)


# %% wrong activation_spread: the variance instead of the deviation
import torch


def activation_spread(x, weights, activation):
    h, out = x, []
    for w in weights:
        h = activation(h @ w.T)
        out.append(((h - h.mean()) ** 2).mean())
    return torch.stack(out)


# %% wrong activation_spread: root of the mean square, the mean is not taken off
import torch


def activation_spread(x, weights, activation):
    h, out = x, []
    for w in weights:
        h = activation(h @ w.T)
        out.append(torch.sqrt(torch.mean(h * h)))
    return torch.stack(out)


# %% wrong activation_spread: the last layer is left without its activation
import torch


def activation_spread(x, weights, activation):
    spreads = []
    for i, w in enumerate(weights):
        x = x @ w.T
        if i < len(weights) - 1:
            x = activation(x)
        spreads.append(x.std())
    return torch.stack(spreads)


# %% wrong activation_spread: always uses tanh, the activation handed in is ignored
import torch


def activation_spread(x, weights, activation):
    spreads = torch.zeros(len(weights), dtype=x.dtype)
    for i, w in enumerate(weights):
        x = torch.tanh(x @ w.T)
        spreads[i] = x.std()
    return spreads


# %% wrong activation_spread: returns only the deviation after the last layer
import torch


def activation_spread(x, weights, activation):
    for w in weights:
        x = activation(x @ w.T)
        spread = x.std().reshape(1)
    return spread


# %% wrong activation_spread: divides the signal by its deviation before it goes into the next layer
import torch


def activation_spread(x, weights, activation):
    spreads = []
    h = x
    for w in weights:
        h = activation(h @ w.T)
        s = h.std()
        spreads.append(s)
        h = h / s
    return torch.stack(spreads)


# %% right glorot_uniform: 2 rand - 1 times the bound
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    a = math.sqrt(6 / sum(fans(shape)))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% right glorot_uniform: an empty tensor filled by uniform_
import math

import torch


def glorot_uniform(shape, generator):
    kernel = math.prod(shape[2:])
    a = (6 / ((shape[0] + shape[1]) * kernel)) ** 0.5
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% right glorot_uniform: root of 3 times sigma, draws shifted by one half
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    bound = math.sqrt(3) * sigma
    draws = torch.rand(*shape, generator=generator, device=generator.device)
    return (draws - 0.5) * 2 * bound


# %% right glorot_uniform: torch.nn.init.xavier_uniform_
import torch


def glorot_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.xavier_uniform_(w, generator=generator)
    return w


# %% right glorot_uniform: one unit after the other in a loop, low + (high - low) u
import math

import torch


def glorot_uniform(shape, generator):
    total = math.prod(shape)
    fan_in, fan_out = total // shape[0], total // shape[1]
    high = math.sqrt(6.0 / (fan_in + fan_out))
    low = -high
    w = torch.zeros(shape, device=generator.device)
    for i in range(shape[0]):
        u = torch.rand(shape[1:], generator=generator, device=generator.device)
        w[i] = low + (high - low) * u
    return w


# %% wrong glorot_uniform: draws from [0, a) instead of [-a, a)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * torch.rand(shape, generator=generator, device=generator.device)


# %% wrong glorot_uniform: takes the deviation sqrt(2/(fan_in + fan_out)) as the bound, the factor sqrt(3) is missing
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    return sigma * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: the bound is 6/(fan_in + fan_out), the root is missing
import math

import torch


def glorot_uniform(shape, generator):
    kernel = math.prod(shape[2:])
    a = 6 / (shape[0] * kernel + shape[1] * kernel)
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% wrong glorot_uniform: (rand - 0.5) times a reaches only from -a/2 to a/2
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    a = math.sqrt(6 / sum(fans(shape)))
    return (torch.rand(shape, generator=generator, device=generator.device) - 0.5) * a


# %% wrong glorot_uniform: bound sqrt(6/fan_in), fan out is left out (He's bound)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: normal draws of the right variance instead of uniform ones
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    std = math.sqrt(2 / (fan_in + fan_out))
    return std * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_uniform: draws from torch's global generator, the one handed in is not used
import math

import torch


def glorot_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.xavier_uniform_(w)
    return w


# %% wrong glorot_uniform: the fans are shape[1] and shape[0], the kernel of a convolution is left out
import math

import torch


def glorot_uniform(shape, generator):
    fan_in, fan_out = shape[1], shape[0]
    limit = math.sqrt(6 / (fan_in + fan_out))
    u = torch.rand(shape, generator=generator, device=generator.device)
    return -limit + 2 * limit * u


# %% wrong glorot_uniform: root of 6 alone, a = sqrt(6)/(fan_in + fan_out)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    bound = math.sqrt(6) / (fan_in + fan_out)
    return torch.empty(shape, device=generator.device).uniform_(-bound, bound, generator=generator)


# %% wrong glorot_uniform: the weights come out transposed, (in, out) instead of (out, in)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    size = (shape[1], shape[0], *shape[2:])
    return a * (2 * torch.rand(size, generator=generator, device=generator.device) - 1)


# %% right glorot_normal: randn times the deviation
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / (fan_in + fan_out))


# %% right glorot_normal: torch.nn.init.xavier_normal_
import torch


def glorot_normal(shape, generator):
    return torch.nn.init.xavier_normal_(torch.empty(shape, device=generator.device), generator=generator)


# %% right glorot_normal: one over the root of the mean of the fans
import math

import torch


def glorot_normal(shape, generator):
    field = 1
    for k in shape[2:]:
        field = field * k
    mean_fan = (shape[0] * field + shape[1] * field) / 2
    w = torch.randn(shape, generator=generator, device=generator.device)
    w /= math.sqrt(mean_fan)
    return w


# %% right glorot_normal: torch.normal with a size
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    std = (2.0 / sum(fans(shape))) ** 0.5
    return torch.normal(mean=0.0, std=std, size=shape, generator=generator, device=generator.device)


# %% right glorot_normal: all weights drawn flat, scaled by a tensor root, reshaped
import math

import torch


def glorot_normal(shape, generator):
    count = math.prod(shape)
    fan_in = count // shape[0]
    fan_out = count // shape[1]
    flat = torch.randn(count, generator=generator, device=generator.device)
    variance = torch.tensor(2 / (fan_in + fan_out), device=generator.device)
    return (flat * torch.sqrt(variance)).reshape(shape)


# %% wrong glorot_normal: a factor sqrt(3) too many, the bound sqrt(6/(fan_in + fan_out)) taken as the deviation
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(6 / (fan_in + fan_out))


# %% wrong glorot_normal: multiplies by the variance 2/(fan_in + fan_out), the root is missing
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return 2 / (fan_in + fan_out) * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: variance 1/(fan_in + fan_out), the factor 2 is missing
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    std = 1 / math.sqrt(sum(fans(shape)))
    return torch.normal(0.0, std, size=shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: uniform draws of the right variance instead of normal ones
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(3) * math.sqrt(2 / (fan_in + fan_out))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_normal: variance 1/fan_in, fan out is left out (LeCun's rule)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    std = fan_in ** -0.5
    return torch.empty(shape, device=generator.device).normal_(0, std, generator=generator)


# %% wrong glorot_normal: the fans are multiplied instead of added, variance 2/(fan_in fan_out)
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    std = math.sqrt(2 / (fan_in * fan_out))
    return std * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: draws from a new generator seeded with 0, the one handed in is not used
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    g = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=g) * math.sqrt(2 / (fan_in + fan_out))


# %% wrong glorot_normal: the kernel is contained in fan in only, so a convolution gets too large a variance
import math

import torch


def glorot_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    fan_out = shape[0]
    sigma = math.sqrt(2 / (fan_in + fan_out))
    return sigma * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: the draws come from [0, infinity), their absolute values, so the mean is not 0
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    std = math.sqrt(2 / sum(fans(shape)))
    return (std * torch.randn(shape, generator=generator, device=generator.device)).abs()


# %% right he_normal: randn times the root of 2/fan_in
import math

import torch


def he_normal(shape, generator):
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / math.prod(shape[1:]))


# %% right he_normal: the root of two times LeCun's weights
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


def he_normal(shape, generator):
    return math.sqrt(2) * lecun_normal(shape, generator)


# %% right he_normal: fan out in place of fan in
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_out = fans(shape)[1]
    std = (2 / fan_out) ** 0.5
    return std * torch.randn(shape, generator=generator, device=generator.device)


# %% right he_normal: torch.nn.init.kaiming_normal_ for a ReLU
import torch


def he_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.kaiming_normal_(w, nonlinearity="relu", generator=generator)
    return w


# %% right he_normal: fan in multiplied up in a loop, filled by normal_
import math

import torch


def he_normal(shape, generator):
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    weights = torch.zeros(shape, device=generator.device)
    weights.normal_(0, math.sqrt(2) / math.sqrt(fan_in), generator=generator)
    return weights


# %% wrong he_normal: variance 1/fan_in, the factor 2 is missing
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(1 / fan_in)


# %% wrong he_normal: multiplies by the variance 2/fan_in, the root is missing
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * 2 / fan_in


# %% wrong he_normal: twice LeCun's weights, which makes the variance 4/fan_in
import math

import torch


def lecun_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


def he_normal(shape, generator):
    return 2 * lecun_normal(shape, generator)


# %% wrong he_normal: root of 2 alone, the deviation is sqrt(2)/fan_in
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    std = math.sqrt(2) / fan_in
    return torch.normal(0.0, std, size=shape, generator=generator, device=generator.device)


# %% wrong he_normal: divides by the root of 2 instead of multiplying, variance 1/(2 fan_in)
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    w = torch.randn(shape, generator=generator, device=generator.device)
    return w / math.sqrt(2 * fan_in)


# %% wrong he_normal: variance 2/(fan_in + fan_out), Glorot's rule
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    std = math.sqrt(2 / (fan_in + fan_out))
    return std * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong he_normal: negative weights are set to 0, as a ReLU would do
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    w = torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / fan_in)
    return torch.relu(w)


# %% wrong he_normal: uniform draws of variance 2/fan_in instead of normal ones
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    a = math.sqrt(6 / fan_in)
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% wrong he_normal: numpy's global random numbers, the generator handed in is not used
import math

import numpy as np
import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    draws = np.random.randn(*shape) * np.sqrt(2.0 / fan_in)
    return torch.tensor(draws, dtype=torch.get_default_dtype())


# %% wrong he_normal: fan in is shape[1] alone, the kernel of a convolution is left out
import math

import torch


def he_normal(shape, generator):
    return math.sqrt(2 / shape[1]) * torch.randn(shape, generator=generator, device=generator.device)


# %% right he_uniform: 2 rand - 1 times the bound
import math

import torch


def he_uniform(shape, generator):
    a = math.sqrt(6 / math.prod(shape[1:]))
    return (2 * torch.rand(shape, generator=generator, device=generator.device) - 1) * a


# %% right he_uniform: root of 3 times the deviation, filled by uniform_
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    sigma = (2 / fan_in) ** 0.5
    a = 3 ** 0.5 * sigma
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% right he_uniform: fan out in place of fan in
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    _, fan_out = fans(shape)
    a = math.sqrt(6 / fan_out)
    return -a + 2 * a * torch.rand(shape, generator=generator, device=generator.device)


# %% right he_uniform: torch.nn.init.kaiming_uniform_ for a ReLU
import torch


def he_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.kaiming_uniform_(w, a=0, mode="fan_in", nonlinearity="relu", generator=generator)


# %% right he_uniform: unit draws of variance 1 in a helper, in place on them
import math

import torch


def unit_uniform(shape, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    u.sub_(0.5).mul_(math.sqrt(12))
    return u


def he_uniform(shape, generator):
    fan_in = math.prod(shape) / shape[0]
    return unit_uniform(shape, generator).mul_(math.sqrt(2 / fan_in))


# %% wrong he_uniform: the deviation sqrt(2/fan_in) is taken as the bound, the factor sqrt(3) is missing
import math

import torch


def he_uniform(shape, generator):
    a = math.sqrt(2 / math.prod(shape[1:]))
    return (2 * torch.rand(shape, generator=generator, device=generator.device) - 1) * a


# %% wrong he_uniform: draws from [0, a) instead of [-a, a)
import math

import torch


def he_uniform(shape, generator):
    a = math.sqrt(6 / math.prod(shape[1:]))
    return torch.rand(shape, generator=generator, device=generator.device) * a


# %% wrong he_uniform: bound 1/sqrt(fan_in), the start of torch.nn.Linear
import math

import torch


def he_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.kaiming_uniform_(w, a=math.sqrt(5), generator=generator)
    return w


# %% wrong he_uniform: bound sqrt(3/fan_in), the variance is 1/fan_in and the factor 2 is missing
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(3) * math.sqrt(1 / fan_in)
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% wrong he_uniform: bound sqrt(6/(fan_in + fan_out)), Glorot's
import math

import torch


def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return (2 * torch.rand(shape, generator=generator, device=generator.device) - 1) * a


# %% wrong he_uniform: the factor is 12 instead of 6, bound sqrt(12/fan_in)
import math

import torch


def he_uniform(shape, generator):
    fan_in = math.prod(shape[1:])
    a = math.sqrt(12 / fan_in)
    u = torch.rand(shape, generator=generator, device=generator.device)
    return -a + 2 * a * u


# %% wrong he_uniform: parentheses missing, 2 a rand - 1 lies in [-1, 2a - 1)
import math

import torch


def he_uniform(shape, generator):
    a = math.sqrt(6 / math.prod(shape[1:]))
    return 2 * a * torch.rand(shape, generator=generator, device=generator.device) - 1


# %% wrong he_uniform: a new generator with the seed of the one handed in, which does not move on between calls
import math

import torch


def he_uniform(shape, generator):
    g = torch.Generator(device=generator.device)
    g.manual_seed(generator.initial_seed())
    a = math.sqrt(6 / math.prod(shape[1:]))
    return (2 * torch.rand(shape, generator=g, device=g.device) - 1) * a


# %% wrong he_uniform: normal draws of variance 2/fan_in instead of uniform ones
import math

import torch


def he_normal(shape, generator):
    fan_in = math.prod(shape[1:])
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / fan_in)


def he_uniform(shape, generator):
    return he_normal(shape, generator)


# %% wrong he_uniform: every weight is -a or a, with nothing in between (and so of variance a^2 = 6/fan_in)
import math

import torch


def he_uniform(shape, generator):
    a = math.sqrt(6 / math.prod(shape[1:]))
    signs = torch.randint(0, 2, tuple(shape), generator=generator, device=generator.device)
    return a * (2.0 * signs - 1.0)


# %% right gradient_bounds: svdvals, begin with 1 and multiply layer by layer
import torch


def gradient_bounds(weights, slopes):
    lower = upper = torch.ones((), dtype=weights[0].dtype)
    for weight, slope in zip(weights, slopes, strict=True):
        values = torch.linalg.svdvals(weight)
        lower = lower * slope * values[-1]
        upper = upper * slope * values[0]
    return lower, upper


# %% right gradient_bounds: matrix norms 2 and -2, slopes multiplied separately
import math

import torch


def gradient_bounds(weights, slopes):
    factor = math.prod(float(s) for s in slopes)
    largest = torch.stack([torch.linalg.matrix_norm(w, ord=2) for w in weights])
    smallest = torch.stack([torch.linalg.matrix_norm(w, ord=-2) for w in weights])
    return factor * smallest.prod(), factor * largest.prod()


# %% right gradient_bounds: numpy's svd, a tensor of the weights' type at the end
import numpy as np
import torch


def gradient_bounds(weights, slopes):
    low, high = 1.0, 1.0
    for w, s in zip(weights, slopes):
        sv = np.linalg.svd(w.detach().numpy(), compute_uv=False)
        low *= float(s) * float(sv.min())
        high *= float(s) * float(sv.max())
    dtype = weights[0].dtype
    return torch.tensor(low, dtype=dtype), torch.tensor(high, dtype=dtype)


# %% right gradient_bounds: from the top layer down to the input, as the gradient goes
import torch


def gradient_bounds(weights, slopes):
    lower = upper = 1
    for i in range(len(weights) - 1, -1, -1):
        _, sigma, _ = torch.linalg.svd(slopes[i] * weights[i])
        lower = lower * sigma.min()
        upper = upper * sigma.max()
    return lower, upper


# %% right gradient_bounds: sums of logarithms, the exponential at the end
import math

import torch


def gradient_bounds(weights, slopes):
    log_low, log_high = 0.0, 0.0
    for w, s in zip(weights, slopes):
        sigma = torch.linalg.svdvals(w)
        log_low = log_low + math.log(s) + torch.log(sigma[-1])
        log_high = log_high + math.log(s) + torch.log(sigma[0])
    return torch.exp(log_low), torch.exp(log_high)


# %% right gradient_bounds: roots of the eigenvalues of the smaller Gram matrix, in double precision
import torch


def gradient_bounds(weights, slopes):
    lower, upper = torch.tensor(1.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    for w, s in zip(weights, slopes):
        a = w.double()
        gram = a @ a.T if a.shape[0] <= a.shape[1] else a.T @ a
        sigma = torch.linalg.eigvalsh(gram).clamp(min=0).sqrt()
        lower *= s * sigma[0]
        upper *= s * sigma[-1]
    return lower.to(weights[0].dtype), upper.to(weights[0].dtype)


# %% wrong gradient_bounds: returned in the wrong order, (upper, lower)
import torch


def gradient_bounds(weights, slopes):
    first = last = torch.ones((), dtype=weights[0].dtype)
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        first = first * slope * values[0]
        last = last * slope * values[-1]
    return first, last


# %% wrong gradient_bounds: the slopes are ignored
import torch


def gradient_bounds(weights, slopes):
    sigma = [torch.linalg.svdvals(w) for w in weights]
    lower = torch.stack([s[-1] for s in sigma]).prod()
    upper = torch.stack([s[0] for s in sigma]).prod()
    return lower, upper


# %% wrong gradient_bounds: the slopes are multiplied into the upper bound only
import torch


def gradient_bounds(weights, slopes):
    lower = upper = torch.ones((), dtype=weights[0].dtype)
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower = lower * values[-1]
        upper = upper * slope * values[0]
    return lower, upper


# %% wrong gradient_bounds: extremes of the whole network to the power L, instead of each layer's own
import torch


def gradient_bounds(weights, slopes):
    depth = len(weights)
    lows = [s * torch.linalg.svdvals(w)[-1] for w, s in zip(weights, slopes)]
    highs = [s * torch.linalg.svdvals(w)[0] for w, s in zip(weights, slopes)]
    return min(lows) ** depth, max(highs) ** depth


# %% wrong gradient_bounds: adds the layers' factors instead of multiplying them
import torch


def gradient_bounds(weights, slopes):
    lower, upper = 0, 0
    for w, s in zip(weights, slopes):
        values = torch.linalg.svdvals(w)
        lower = lower + s * values[-1]
        upper = upper + s * values[0]
    return lower, upper


# %% wrong gradient_bounds: Frobenius norm in place of the largest singular value
import torch


def gradient_bounds(weights, slopes):
    lower = upper = torch.ones((), dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        lower = lower * s * torch.linalg.svdvals(w).min()
        upper = upper * s * torch.linalg.norm(w)
    return lower, upper


# %% wrong gradient_bounds: eigenvalues of W W^T without their root, squares of the singular values
import torch


def gradient_bounds(weights, slopes):
    lower = upper = torch.ones((), dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        values = torch.linalg.eigvalsh(gram)
        lower = lower * s * values[0]
        upper = upper * s * values[-1]
    return lower, upper


# %% wrong gradient_bounds: singular values of the product of all matrices instead of the product of singular values
import math

import torch


def gradient_bounds(weights, slopes):
    product = weights[0]
    for w in weights[1:]:
        product = w @ product
    sigma = math.prod(slopes) * torch.linalg.svdvals(product)
    return sigma[-1], sigma[0]


# %% wrong gradient_bounds: only the last layer's slope and singular values, the products are not accumulated
import torch


def gradient_bounds(weights, slopes):
    lower = upper = torch.ones((), dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        values = torch.linalg.svdvals(w)
        lower = s * values[-1]
        upper = s * values[0]
    return lower, upper


# %% wrong gradient_bounds: the first layer is left out of both products (range starts at 1)
import torch


def gradient_bounds(weights, slopes):
    lower = torch.tensor(1.0, dtype=weights[0].dtype)
    upper = torch.tensor(1.0, dtype=weights[0].dtype)
    for i in range(1, len(weights)):
        values = torch.linalg.svdvals(weights[i])
        lower = lower * slopes[i] * values[-1]
        upper = upper * slopes[i] * values[0]
    return lower, upper
