# %% right min_max: follows the hint with torch.where on the range
import torch


def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    span = high - low
    return (x - low) / torch.where(span == 0, torch.ones_like(span), span)


# %% right min_max: loop over the columns, filling a tensor of zeros
import torch



def min_max(x):
    result = torch.zeros_like(x)
    for j in range(x.shape[1]):
        column = x[:, j]
        smallest, largest = column.min(), column.max()
        if largest > smallest:
            result[:, j] = (column - smallest) / (largest - smallest)
    return result


# %% right min_max: numpy in the middle, type kept, tensor returned
import torch

import numpy as np


def min_max(x):
    a = x.detach().cpu().numpy()
    low = a.min(axis=0)
    span = np.ptp(a, axis=0)
    span[span == 0] = 1
    return torch.from_numpy((a - low) / span)


# %% right min_max: divides first and replaces the nan of constant columns by 0
import torch



def min_max(x):
    lo, hi = torch.aminmax(x, dim=0)
    return torch.nan_to_num((x - lo) / (hi - lo), nan=0.0)


# %% right min_max: in-place work on a clone with a boolean mask for the columns that vary


def min_max(x):
    scaled = x.clone()
    scaled -= x.amin(dim=0, keepdim=True)
    top = scaled.amax(dim=0)
    varies = top != 0
    scaled[:, varies] /= top[varies]
    return scaled


# %% right min_max: helper for one column and torch.stack along dim 1
import torch



def scale_column(column):
    if torch.all(column == column[0]):
        return torch.zeros_like(column)
    return (column - column.min()) / (column.max() - column.min())


def min_max(x):
    return torch.stack([scale_column(c) for c in x.T], dim=1)


# %% right min_max: rearranged as x times a factor minus an offset times the factor, from sorted columns
import torch



def min_max(x):
    ordered = torch.sort(x, dim=0).values
    first, last = ordered[0], ordered[-1]
    constant = first == last
    factor = 1 / (last - first + constant.to(x.dtype))
    return (x - first) * factor


# %% wrong min_max: takes one minimum and one maximum of the whole table instead of one per column
import torch



def min_max(x):
    low, high = x.min(), x.max()
    if high == low:
        return torch.zeros_like(x)
    return (x - low) / (high - low)


# %% wrong min_max: scales every row instead of every column (dim=1)
import torch



def min_max(x):
    low = x.min(dim=1, keepdim=True).values
    span = x.max(dim=1, keepdim=True).values - low
    return (x - low) / torch.where(span == 0, torch.ones_like(span), span)


# %% wrong min_max: divides by the maximum of the column instead of maximum minus minimum
import torch



def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    scaled = (x - low) / torch.where(high == 0, torch.ones_like(high), high)
    return scaled


# %% wrong min_max: parentheses are missing, so only the minimum is divided by the range
import torch



def min_max(x):
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    span = torch.where(span == 0, 1.0, span)
    return x - low / span


# %% wrong min_max: scales to the interval from -1 to 1 instead of 0 to 1
import torch



def min_max(x):
    low = x.amin(dim=0)
    span = x.amax(dim=0) - low
    safe = torch.where(span == 0, torch.ones_like(span), span)
    return torch.where(span == 0, torch.zeros_like(x), 2 * (x - low) / safe - 1)


# %% wrong min_max: subtracts the mean of the column instead of its minimum


def min_max(x):
    span = x.max(dim=0).values - x.min(dim=0).values
    span[span == 0] = 1
    return (x - x.mean(dim=0)) / span


# %% wrong min_max: subtracts and divides in place, so the caller's tensor is changed
import torch



def min_max(x):
    x -= x.min(dim=0).values
    span = x.max(dim=0).values
    x /= torch.where(span == 0, torch.ones_like(span), span)
    return x


# %% wrong min_max: computes and returns float32 whatever the type of x
import torch



def min_max(x):
    x = x.float()
    low = x.min(dim=0).values
    span = x.max(dim=0).values - low
    return (x - low) / torch.where(span == 0, torch.ones_like(span), span)


# %% wrong min_max: subtracts from the maximum, so the columns come out reversed (largest value 0, smallest 1)
import torch



def min_max(x):
    high = x.max(dim=0).values
    span = high - x.min(dim=0).values
    return (high - x) / torch.where(span == 0, torch.ones_like(span), span)


# %% wrong min_max: clamps the range to at least 1, so columns with a range below 1 do not reach 1


def min_max(x):
    low = x.min(dim=0).values
    span = (x.max(dim=0).values - low).clamp(min=1)
    return (x - low) / span


# %% wrong min_max: stacks the scaled columns as rows, so the result is transposed, of shape (d, n)
import torch



def min_max(x):
    columns = []
    for j in range(x.shape[1]):
        c = x[:, j]
        span = c.max() - c.min()
        columns.append((c - c.min()) / span if span > 0 else torch.zeros_like(c))
    return torch.stack(columns)


# %% wrong min_max: returns a tuple of the scaled table, the minima and the maxima instead of the table alone
import torch



def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    span = torch.where(high == low, torch.ones_like(high), high - low)
    return (x - low) / span, low, high


# %% wrong min_max: does not divide by the range but by the standard deviation of the column
import torch



def min_max(x):
    low = x.min(dim=0).values
    sigma = x.std(dim=0, correction=0)
    return (x - low) / torch.where(sigma == 0, torch.ones_like(sigma), sigma)


# %% corner min_max: a constant column is divided by 0 and becomes nan instead of 0


def min_max(x):
    low = x.min(dim=0).values
    high = x.max(dim=0).values
    return (x - low) / (high - low)


# %% corner min_max: a constant column is skipped and keeps its value instead of becoming 0


def min_max(x):
    result = x.clone()
    for j in range(x.shape[1]):
        low, high = x[:, j].min(), x[:, j].max()
        if high == low:
            continue
        result[:, j] = (x[:, j] - low) / (high - low)
    return result


# %% right z_score: the shortest one, with correction=0


def z_score(x, *, eps):
    return (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + eps)


# %% right z_score: the formula written out, mean square of the centred column and root
import torch



def z_score(x, *, eps):
    n = x.shape[0]
    mu = x.sum(dim=0) / n
    sigma_squared = ((x - mu) ** 2).sum(dim=0) / n
    sigma = torch.sqrt(sigma_squared)
    return (x - mu) / (sigma + eps)


# %% right z_score: loop over the columns of a clone


def z_score(x, *, eps):
    result = x.clone()
    for j in range(x.shape[1]):
        column = x[:, j]
        mu = column.mean()
        sigma = (column - mu).pow(2).mean().sqrt()
        result[:, j] = (column - mu) / (sigma + eps)
    return result


# %% right z_score: numpy, whose std is biased by default
import numpy as np
import torch



def z_score(x, *, eps):
    a = x.detach().numpy()
    z = (a - np.mean(a, axis=0)) / (np.std(a, axis=0) + eps)
    return torch.from_numpy(z)


# %% right z_score: torch.std_mean with the old argument unbiased=False
import torch



def z_score(x, *, eps):
    sigma, mu = torch.std_mean(x, dim=0, unbiased=False, keepdim=True)
    return (x - mu) / (sigma + eps)


# %% right z_score: deviation as the norm of the centred column over the root of n
import torch

import math


def z_score(x, *, eps):
    centred = x - x.mean(dim=0, keepdim=True)
    sigma = torch.linalg.norm(centred, dim=0) / math.sqrt(len(x))
    return centred / (sigma + eps)


# %% right z_score: in-place work on a centred copy, times the reciprocal
import torch



def mean_and_deviation(table):
    var, mean = torch.var_mean(table, dim=0, correction=0)
    return mean, var.sqrt()


def z_score(x, *, eps):
    mean, deviation = mean_and_deviation(x)
    out = torch.empty_like(x)
    torch.sub(x, mean, out=out)
    out *= (deviation + eps).reciprocal()
    return out


# %% wrong z_score: uses the unbiased deviation (division by n - 1) where the biased one is asked


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0)
    return (x - mu) / (sigma + eps)


# %% wrong z_score: adds eps to the variance inside the root, as batch normalization does, not to the deviation
import torch



def z_score(x, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    return (x - mu) / torch.sqrt(var + eps)


# %% wrong z_score: forgets the root and divides by the variance plus eps


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.var(dim=0, correction=0)
    return (x - mu) / (sigma + eps)


# %% wrong z_score: works along dim=1, so every row instead of every column is standardized


def z_score(x, *, eps):
    mu = x.mean(dim=1, keepdim=True)
    sigma = x.std(dim=1, keepdim=True, correction=0)
    return (x - mu) / (sigma + eps)


# %% wrong z_score: one mean and one deviation of the whole table instead of one per column


def z_score(x, *, eps):
    return (x - x.mean()) / (x.std(correction=0) + eps)


# %% wrong z_score: ignores eps, so nothing is added to the deviation and constant columns become nan


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    return (x - mu) / sigma


# %% wrong z_score: adds a fixed 1e-8 to the deviation in the place of the argument eps


def z_score(x, *, eps):
    eps = 1e-8
    centred = x - x.mean(dim=0)
    sigma = (centred**2).mean(dim=0).sqrt()
    return centred / (sigma + eps)


# %% wrong z_score: does not subtract the mean, only divides by the deviation plus eps
import torch



def z_score(x, *, eps):
    sigma = torch.std(x, dim=0, correction=0)
    return x / (sigma + eps)


# %% wrong z_score: centres the caller's tensor in place


def z_score(x, *, eps):
    x -= x.mean(dim=0)
    return x / (x.std(dim=0, correction=0) + eps)


# %% wrong z_score: uses the mean absolute deviation instead of the standard deviation


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = (x - mu).abs().mean(dim=0)
    return (x - mu) / (sigma + eps)


# %% wrong z_score: adds eps to the quotient instead of the deviation


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    return (x - mu) / sigma + eps


# %% wrong z_score: takes the sum of squares instead of their mean, so every deviation is sqrt(n) too large
import torch



def z_score(x, *, eps):
    mu = torch.mean(x, dim=0)
    sigma = torch.sqrt(torch.sum((x - mu) ** 2, dim=0))
    return (x - mu) / (sigma + eps)


# %% wrong z_score: takes the deviation as the larger of sigma and eps instead of their sum


def z_score(x, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0).clamp(min=eps)
    return (x - mu) / sigma


# %% wrong z_score: converts to float32 in the middle and back to the type of x at the end
import torch



def z_score(x, *, eps):
    values = x.to(torch.float32)
    mu = values.mean(dim=0)
    sigma = values.std(dim=0, correction=0)
    return ((values - mu) / (sigma + eps)).to(x.dtype)


# %% wrong z_score: returns the mean and the deviation too, a tuple instead of the table alone


def z_score(x, *, eps):
    mu, sigma = x.mean(dim=0), x.std(dim=0, correction=0)
    return (x - mu) / (sigma + eps), mu, sigma


# %% corner z_score: gets the biased deviation from the unbiased one, which is nan with a single row
import math




def z_score(x, *, eps):
    n = len(x)
    sigma = x.std(dim=0) * math.sqrt((n - 1) / n)
    return (x - x.mean(dim=0)) / (sigma + eps)


# %% right zca: the formula transcribed literally with eigh and torch.diag
import torch



def zca(x, *, eps):
    n = x.shape[0]
    xc = x - x.mean(dim=0)
    c = xc.T @ xc / n
    values, u = torch.linalg.eigh(c)
    return xc @ u @ torch.diag((values + eps) ** -0.5) @ u.T


# %% right zca: covariance divided by n - 1
import torch



def zca(x, *, eps):
    centred = x - x.mean(dim=0, keepdim=True)
    covariance = centred.T @ centred / (len(x) - 1)
    eigenvalues, vectors = torch.linalg.eigh(covariance)
    matrix = (vectors / torch.sqrt(eigenvalues + eps)) @ vectors.T
    return centred @ matrix


# %% right zca: torch.cov with correction=0, brought to d x d for a single column too
import torch



def zca(x, *, eps):
    d = x.shape[1]
    cov = torch.cov(x.T, correction=0).reshape(d, d)
    lam, u = torch.linalg.eigh(cov)
    w = u @ torch.diag(torch.rsqrt(lam.clamp(min=0) + eps)) @ u.T
    return (x - x.mean(0)) @ w


# %% right zca: singular values of the centred data, without forming the covariance
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    u, s, vh = torch.linalg.svd(xc, full_matrices=False)
    stretched = s / torch.sqrt(s**2 / len(x) + eps)
    return (u * stretched) @ vh


# %% right zca: numpy eigh, tensor of the same type returned
import numpy as np
import torch



def zca(x, *, eps):
    a = x.detach().numpy()
    a = a - a.mean(axis=0)
    lam, u = np.linalg.eigh(a.T.dot(a) / a.shape[0])
    white = a.dot(u).dot(np.diag(1 / np.sqrt(lam + eps))).dot(u.T)
    return torch.from_numpy(white).to(x.dtype)


# %% right zca: covariance by einsum, matrix as a loop over the principal axes
import torch



def zca(x, *, eps):
    centred = x - torch.mean(x, 0)
    covariance = torch.einsum("ni,nj->ij", centred, centred) / x.shape[0]
    values, vectors = torch.linalg.eigh(covariance)
    matrix = torch.zeros_like(covariance)
    for k in range(len(values)):
        axis = vectors[:, k]
        matrix += torch.outer(axis, axis) / (values[k] + eps).sqrt()
    return torch.einsum("nj,jk->nk", centred, matrix)


# %% right zca: solves with the symmetric root of C + eps I instead of inverting it
import torch



def symmetric_root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


def zca(x, *, eps):
    n, d = x.shape
    centred = x - x.mean(dim=0)
    shifted = centred.T @ centred / n + eps * torch.eye(d, dtype=x.dtype, device=x.device)
    return torch.linalg.solve(symmetric_root(shifted), centred.T).T


# %% wrong zca: does not turn back with U^T at the end, so it is PCA whitening
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return xc @ u / torch.sqrt(lam + eps)


# %% wrong zca: multiplies the rows that were not centred by the whitening matrix, so the mean is not 0
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return x @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% wrong zca: adds eps to the root of the eigenvalues instead of the eigenvalues inside the root
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    scale = 1 / (torch.sqrt(lam.clamp(min=0)) + eps)
    return xc @ u @ torch.diag(scale) @ u.T


# %% wrong zca: forgets the root and divides by the eigenvalues plus eps
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return xc @ u @ torch.diag(1 / (lam + eps)) @ u.T


# %% wrong zca: multiplies by the roots of the eigenvalues plus eps instead of dividing by them
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return xc @ u @ torch.diag((lam + eps) ** 0.5) @ u.T


# %% wrong zca: has U and U^T exchanged, as if the eigenvectors were the rows
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return xc @ u.T @ torch.diag((lam + eps) ** -0.5) @ u


# %% wrong zca: does not divide the covariance by n, so the result has covariance I/n
import torch



def zca(x, *, eps):
    centred = x - x.mean(dim=0)
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    return centred @ (vectors * (values + eps).rsqrt()) @ vectors.T


# %% wrong zca: divides the columns by their deviations first and whitens the correlation matrix (ZCA-cor)
import torch



def zca(x, *, eps):
    z = (x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + eps)
    lam, u = torch.linalg.eigh(z.T @ z / len(x))
    return z @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% wrong zca: does not centre at all, takes x^T x / n as covariance and multiplies x itself
import torch



def zca(x, *, eps):
    c = x.T @ x / x.shape[0]
    lam, u = torch.linalg.eigh(c)
    return x @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% wrong zca: whitens with the Cholesky factor of the covariance, which decorrelates but is not symmetric
import torch



def zca(x, *, eps):
    n, d = x.shape
    xc = x - x.mean(dim=0)
    c = xc.T @ xc / n + eps * torch.eye(d, dtype=x.dtype)
    factor = torch.linalg.cholesky(c)
    return torch.linalg.solve_triangular(factor, xc.T, upper=False).T


# %% wrong zca: ignores eps and adds a fixed 1e-5 to the eigenvalues
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return xc @ u @ torch.diag((lam + 1e-5) ** -0.5) @ u.T


# %% wrong zca: returns the d x d whitening matrix instead of the whitened rows
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    return u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% wrong zca: adds the mean back after whitening, so the columns are not centred
import torch



def zca(x, *, eps):
    mean = x.mean(dim=0)
    xc = x - mean
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    w = u @ torch.diag((lam + eps) ** -0.5) @ u.T
    return xc @ w + mean


# %% wrong zca: subtracts the mean from the caller's tensor in place
import torch



def zca(x, *, eps):
    x -= x.mean(dim=0)
    lam, u = torch.linalg.eigh(x.T @ x / len(x))
    return x @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% wrong zca: sorts the eigenvalues largest first but leaves the eigenvectors in the order of eigh
import torch



def zca(x, *, eps):
    xc = x - x.mean(dim=0)
    lam, u = torch.linalg.eigh(xc.T @ xc / len(x))
    lam = torch.sort(lam, descending=True).values
    return xc @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% corner zca: torch.cov of a single column has no axes, so eigh fails when x has one feature
import torch



def zca(x, *, eps):
    lam, u = torch.linalg.eigh(torch.cov(x.T))
    xc = x - x.mean(dim=0)
    return xc @ u @ torch.diag((lam + eps) ** -0.5) @ u.T


# %% right fans: the shortest one, math.prod of the kernel
import math



def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


# %% right fans: starred assignment and a loop over the kernel
def fans(shape):
    fan_out, fan_in, *kernel = shape
    for size in kernel:
        fan_in *= size
        fan_out *= size
    return fan_in, fan_out


# %% right fans: number of all weights over out and over in
import math



def fans(shape):
    count = math.prod(shape)
    return count // shape[0], count // shape[1]


# %% right fans: numpy product turned into ints
import numpy as np



def fans(shape):
    fan_in = int(np.prod(shape[1:]))
    fan_out = int(shape[0] * np.prod(shape[2:]))
    return (fan_in, fan_out)


# %% right fans: early return for the dense layer, functools.reduce for convolutions
from functools import reduce
from operator import mul


def fans(shape):
    if len(shape) == 2:
        return shape[1], shape[0]
    receptive = reduce(mul, shape[2:])
    return shape[1] * receptive, shape[0] * receptive


# %% right fans: recursion that folds the last kernel axis into both fans
def fans(shape):
    if len(shape) == 2:
        return (shape[1], shape[0])
    fan_in, fan_out = fans(shape[:-1])
    return (fan_in * shape[-1], fan_out * shape[-1])


# %% right fans: the function behind torch.nn.init, on a meta tensor
import torch



def fans(shape):
    return torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape, device="meta"))


# %% wrong fans: returns (fan_out, fan_in), the two in the wrong order
import math



def fans(shape):
    kernel = math.prod(shape[2:])
    fan_out = shape[0] * kernel
    fan_in = shape[1] * kernel
    return fan_out, fan_in


# %% wrong fans: leaves the kernel out of both fans
def fans(shape):
    return shape[1], shape[0]


# %% wrong fans: has the kernel in fan in only, fan out is the number of out-channels
import math



def fans(shape):
    return math.prod(shape[1:]), shape[0]


# %% wrong fans: counts only the first axis of the kernel
def fans(shape):
    kernel = shape[2] if len(shape) > 2 else 1
    return shape[1] * kernel, shape[0] * kernel


# %% wrong fans: adds up the axes of the kernel instead of multiplying them
def fans(shape):
    kernel = sum(shape[2:])
    if kernel == 0:
        kernel = 1
    return shape[1] * kernel, shape[0] * kernel


# %% wrong fans: counts the kernel for exactly two kernel axes only, with one or three the fans lack it
def fans(shape):
    kernel = 1
    if len(shape) == 4:
        kernel = shape[2] * shape[3]
    return shape[1] * kernel, shape[0] * kernel


# %% wrong fans: reads the shape as (*kernel, in, out), the order of Keras
import math



def fans(shape):
    kernel = math.prod(shape[:-2])
    return shape[-2] * kernel, shape[-1] * kernel


# %% wrong fans: squares the last kernel axis, as if every kernel were a square in two dimensions
def fans(shape):
    receptive = shape[-1] ** 2 if len(shape) > 2 else 1
    return shape[1] * receptive, shape[0] * receptive


# %% wrong fans: fan out is the product of the whole shape, so it contains the in-channels too
import math



def fans(shape):
    fan_in = math.prod(shape[1:])
    fan_out = shape[0] * fan_in
    return fan_in, fan_out


# %% wrong fans: returns two tensors instead of two ints
import torch



def fans(shape):
    sizes = torch.tensor(shape)
    kernel = sizes[2:].prod()
    return sizes[1] * kernel, sizes[0] * kernel


# %% wrong fans: returns fan in alone
import math



def fans(shape):
    return math.prod(shape[1:])


# %% wrong fans: starts the kernel at the fourth axis (shape[3:]), so its first axis is not counted
import math



def fans(shape):
    receptive_field = math.prod(shape[3:])
    fan_in = shape[1] * receptive_field
    fan_out = shape[0] * receptive_field
    return fan_in, fan_out


# %% wrong fans: takes the last axis as fan in and the first as fan out, which fits dense layers only
def fans(shape):
    fan_in = shape[-1]
    fan_out = shape[0]
    return fan_in, fan_out


# %% wrong fans: has the kernel in fan out only, fan in is the number of in-channels
import math



def fans(shape):
    out, into, *kernel = shape
    return into, out * math.prod(kernel)


# %% wrong fans: reduces the kernel without a start value, which fails for every dense layer
from functools import reduce



def fans(shape):
    kernel = reduce(lambda a, b: a * b, shape[2:])
    return shape[1] * kernel, shape[0] * kernel


# %% right lecun_normal: randn times one over the root of fan in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


# %% right lecun_normal: torch.normal with mean and deviation
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    std = fans(shape)[0] ** -0.5
    return torch.normal(0.0, std, size=shape, generator=generator, device=generator.device)


# %% right lecun_normal: fills an empty tensor in place, fan in counted without fans
import math
import torch




def lecun_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    w.normal_(mean=0, std=1 / math.sqrt(math.prod(shape[1:])), generator=generator)
    return w


# %% right lecun_normal: library function kaiming_normal_ with the gain of a linear layer
import torch



def lecun_normal(shape, generator):
    weights = torch.empty(shape, device=generator.device)
    return torch.nn.init.kaiming_normal_(weights, mode="fan_in", nonlinearity="linear", generator=generator)


# %% right lecun_normal: draws unit by unit and stacks
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    deviation = math.sqrt(1 / fan_in)
    units = []
    for _ in range(shape[0]):
        units.append(deviation * torch.randn(shape[1:], generator=generator, device=generator.device))
    return torch.stack(units)


# %% right lecun_normal: Box-Muller from two uniform draws of the generator
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    u = 1 - torch.rand(shape, generator=generator, device=generator.device)
    angle = 2 * math.pi * torch.rand(shape, generator=generator, device=generator.device)
    normal = torch.sqrt(-2 * torch.log(u)) * torch.cos(angle)
    return normal * fans(shape)[0] ** -0.5


# %% right lecun_normal: one long vector of draws, scaled by the root of the variance and reshaped
import math
import torch




def lecun_normal(shape, generator):
    count = math.prod(shape)
    variance = shape[0] / count
    flat = torch.randn(count, generator=generator, device=generator.device)
    flat *= variance**0.5
    return flat.reshape(shape)


# %% wrong lecun_normal: multiplies by the variance 1/fan_in instead of its root
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * (1 / fan_in)


# %% wrong lecun_normal: takes the fourth root of fan in, since 1/sqrt(fan_in) is read as the variance
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    variance = 1 / math.sqrt(fan_in)
    return math.sqrt(variance) * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong lecun_normal: scales with fan out instead of fan in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    _, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_out)


# %% wrong lecun_normal: uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in), like torch.nn.Linear
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    bound = 1 / math.sqrt(fans(shape)[0])
    return 2 * bound * torch.rand(shape, generator=generator, device=generator.device) - bound


# %% wrong lecun_normal: right variance but a uniform law instead of a normal one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    bound = math.sqrt(3 / fans(shape)[0])
    return torch.empty(shape, device=generator.device).uniform_(-bound, bound, generator=generator)


# %% wrong lecun_normal: does not use the generator, draws from torch's global one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape) / math.sqrt(fan_in)


# %% wrong lecun_normal: reseeds the generator with 0 before the draw, so all layers get the same numbers
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    generator.manual_seed(0)
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


# %% wrong lecun_normal: draws from a copy of the generator, whose own state does not advance
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    random = torch.Generator(device=generator.device)
    random.set_state(generator.get_state())
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=random, device=random.device) / math.sqrt(fan_in)


# %% wrong lecun_normal: leaves the kernel out of fan in, so convolutions get too large weights
import math
import torch




def lecun_normal(shape, generator):
    fan_in = shape[1]
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


# %% wrong lecun_normal: variance 2/fan_in, He's instead of LeCun's
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / fan_in)


# %% wrong lecun_normal: cuts the normal law off at two deviations, so the tails are missing and the variance is small
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    std = fans(shape)[0] ** -0.5
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.trunc_normal_(w, std=std, a=-2 * std, b=2 * std, generator=generator)


# %% wrong lecun_normal: draws one unit and repeats it, so all units of the layer have the same weights
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    unit = torch.randn(shape[1:], generator=generator, device=generator.device) / math.sqrt(fan_in)
    return unit.expand(shape).clone()


# %% wrong lecun_normal: always draws in float64 instead of torch's default type
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    w = torch.randn(shape, generator=generator, device=generator.device, dtype=torch.float64)
    return w / math.sqrt(fans(shape)[0])


# %% corner lecun_normal: draws on the cpu without the generator's device, so it fails with a generator on a gpu
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator) / fan_in**0.5


# %% corner lecun_normal: fixes float32, which is wrong when torch's default type has been set to float64
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    fan_in, _ = fans(shape)
    w = torch.randn(shape, generator=generator, device=generator.device, dtype=torch.float32)
    return w * math.sqrt(1 / fan_in)


# %% right activation_spread: loop with the hint's product and torch.stack, unbiased deviation
import torch



def activation_spread(x, weights, activation):
    spreads = []
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)


# %% right activation_spread: biased deviation, preallocated result
import torch



def activation_spread(x, weights, activation):
    h = x
    result = torch.empty(len(weights), dtype=x.dtype)
    for layer, weight in enumerate(weights):
        h = activation(torch.nn.functional.linear(h, weight))
        result[layer] = h.std(correction=0)
    return result


# %% right activation_spread: deviation written out as root of the mean squared distance to the mean, einsum
import torch



def spread(values):
    return ((values - values.mean()) ** 2).mean().sqrt()


def activation_spread(x, weights, activation):
    out = []
    h = x
    for w in weights:
        z = torch.einsum("ni,oi->no", h, w)
        h = activation(z)
        out.append(spread(h))
    return torch.stack(out)


# %% right activation_spread: examples as columns, W times h, transposed back for the activation
import torch



def activation_spread(x, weights, activation):
    h = x.T
    spreads = torch.zeros(len(weights), dtype=x.dtype)
    for i in range(len(weights)):
        h = activation((weights[i] @ h).T).T
        spreads[i] = torch.sqrt(torch.var(h, unbiased=False))
    return spreads


# %% right activation_spread: list of floats turned into a tensor of the type of x
import torch



def activation_spread(x, weights, activation):
    numbers = []
    signal = x
    for weight in weights:
        signal = activation(torch.matmul(signal, weight.t()))
        numbers.append(torch.std(signal).item())
    return torch.tensor(numbers, dtype=x.dtype)


# %% right activation_spread: first all signals by itertools.accumulate, then their deviations
import torch

from itertools import accumulate


def activation_spread(x, weights, activation):
    signals = list(accumulate(weights, lambda h, w: activation(h @ w.T), initial=x))
    return torch.stack([h.std(correction=0) for h in signals[1:]])


# %% right activation_spread: numpy for the deviations only
import numpy as np
import torch



def activation_spread(x, weights, activation):
    spreads = np.zeros(len(weights))
    for i, w in enumerate(weights):
        x = activation(x @ w.mT)
        spreads[i] = np.std(x.detach().numpy(), dtype=np.float64)
    return torch.from_numpy(spreads).to(x.dtype)


# %% right activation_spread: list of floats handed to torch.tensor, no type is asked for
import torch



def activation_spread(x, weights, activation):
    found = []
    for weight in weights:
        x = activation(x.matmul(weight.T))
        mean = x.mean()
        found.append(float(((x - mean) ** 2).mean()) ** 0.5)
    return torch.tensor(found)


# %% wrong activation_spread: measures the deviation before the activation instead of after it
import torch



def activation_spread(x, weights, activation):
    spreads = []
    for weight in weights:
        z = x @ weight.T
        spreads.append(z.std())
        x = activation(z)
    return torch.stack(spreads)


# %% wrong activation_spread: every layer gets the input x, not the output before it (fails if the widths differ)
import torch



def activation_spread(x, weights, activation):
    spreads = []
    for weight in weights:
        h = activation(x @ weight.T)
        spreads.append(h.std())
    return torch.stack(spreads)


# %% wrong activation_spread: applies the activation for the measurement only, the next layer gets z
import torch



def activation_spread(x, weights, activation):
    spreads = []
    h = x
    for weight in weights:
        h = h @ weight.T
        spreads.append(activation(h).std())
    return torch.stack(spreads)


# %% wrong activation_spread: includes the deviation of the input, one entry too many
import torch



def activation_spread(x, weights, activation):
    spreads = [x.std()]
    for weight in weights:
        x = activation(x @ weight.T)
        spreads.append(x.std())
    return torch.stack(spreads)


# %% wrong activation_spread: records before the layer is applied, so the input is first and the last layer is missing
import torch



def activation_spread(x, weights, activation):
    spreads = torch.zeros(len(weights), dtype=x.dtype)
    for i, weight in enumerate(weights):
        spreads[i] = x.std(correction=0)
        x = activation(x @ weight.T)
    return spreads


# %% wrong activation_spread: returns the variance instead of the deviation
import torch



def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        x = activation(x @ weight.T)
        result.append(x.var())
    return torch.stack(result)


# %% wrong activation_spread: averages the deviations of the single units over the examples (dim=0)
import torch



def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        x = activation(x @ weight.T)
        result.append(x.std(dim=0, correction=0).mean())
    return torch.stack(result)


# %% wrong activation_spread: takes the root of the mean square without subtracting the mean
import torch



def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        x = activation(x @ weight.T)
        result.append(x.pow(2).mean().sqrt())
    return torch.stack(result)


# %% wrong activation_spread: returns the deviation of the last layer only


def activation_spread(x, weights, activation):
    for weight in weights:
        x = activation(x @ weight.T)
    return x.std()


# %% wrong activation_spread: leaves the activation out in the last layer
import torch



def activation_spread(x, weights, activation):
    result = []
    for i, weight in enumerate(weights):
        x = x @ weight.T
        if i < len(weights) - 1:
            x = activation(x)
        result.append(x.std())
    return torch.stack(result)


# %% wrong activation_spread: ignores the argument activation and always applies tanh
import torch



def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        x = torch.tanh(x @ weight.T)
        result.append(x.std())
    return torch.stack(result)


# %% wrong activation_spread: returns a list of floats instead of a tensor


def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        x = activation(x @ weight.T)
        result.append(float(x.std()))
    return result


# %% wrong activation_spread: takes the layers out of the caller's list with pop, which is empty afterwards
import torch



def activation_spread(x, weights, activation):
    result = []
    while weights:
        weight = weights.pop(0)
        x = activation(x @ weight.T)
        result.append(x.std())
    return torch.stack(result)


# %% wrong activation_spread: copies the weights into torch.nn.Linear layers but leaves their random biases
import torch



def activation_spread(x, weights, activation):
    result = []
    for weight in weights:
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        with torch.no_grad():
            layer.weight.copy_(weight)
            x = activation(layer(x))
        result.append(x.std())
    return torch.stack(result)


# %% wrong activation_spread: divides each deviation by that of the layer before and returns the ratios
import torch



def activation_spread(x, weights, activation):
    result = []
    before = x.std()
    for weight in weights:
        x = activation(x @ weight.T)
        result.append(x.std() / before)
        before = x.std()
    return torch.stack(result)


# %% right glorot_uniform: rand moved to [-1, 1) and multiplied by the bound
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% right glorot_uniform: bound as the root of 3 times the deviation
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    sigma = math.sqrt(2 / sum(fans(shape)))
    a = math.sqrt(3) * sigma
    u = torch.rand(shape, generator=generator, device=generator.device)
    return -a + 2 * a * u


# %% right glorot_uniform: uniform_ in place on an empty tensor
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    bound = (6 / (fan_in + fan_out)) ** 0.5
    return torch.empty(shape, device=generator.device).uniform_(-bound, bound, generator=generator)


# %% right glorot_uniform: library function xavier_uniform_
import torch



def glorot_uniform(shape, generator):
    w = torch.empty(*shape, device=generator.device)
    torch.nn.init.xavier_uniform_(w, generator=generator)
    return w


# %% right glorot_uniform: centred rand divided by its deviation 1/sqrt(12), then times sigma
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    standard = (torch.rand(shape, generator=generator, device=generator.device) - 0.5) * math.sqrt(12)
    return standard * math.sqrt(2 / (fan_in + fan_out))


# %% right glorot_uniform: draws row by row into an empty tensor, fans counted by hand
import math
import torch




def glorot_uniform(shape, generator):
    count = math.prod(shape)
    fan_in, fan_out = count // shape[0], count // shape[1]
    a = math.sqrt(6) / math.sqrt(fan_in + fan_out)
    w = torch.empty(shape, device=generator.device)
    for row in range(shape[0]):
        u = torch.rand(shape[1:], generator=generator, device=generator.device)
        w[row] = a - 2 * a * u
    return w


# %% wrong glorot_uniform: draws from 0 to a instead of -a to a
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * torch.rand(shape, generator=generator, device=generator.device)


# %% wrong glorot_uniform: takes the deviation sqrt(2/(fan_in + fan_out)) as the bound, without the root of 3
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(2 / (fan_in + fan_out))
    return torch.rand(shape, generator=generator, device=generator.device) * 2 * a - a


# %% wrong glorot_uniform: forgets the root, the bound is 6/(fan_in + fan_out)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = 6 / (fan_in + fan_out)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: multiplies by 3 instead of the root of 3, so the bound is sqrt(3) times too large
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    a = 3 * sigma
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: centres rand but does not double it, so the draws lie between -a/2 and a/2
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * (torch.rand(shape, generator=generator, device=generator.device) - 0.5)


# %% wrong glorot_uniform: subtracts 1 after multiplying by 2a, so the draws lie between -1 and 2a - 1
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return 2 * a * torch.rand(shape, generator=generator, device=generator.device) - 1


# %% wrong glorot_uniform: right variance but a normal law instead of a uniform one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    return sigma * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_uniform: adds shape[0] and shape[1] without the kernel, so convolutions get too large a bound
import math
import torch




def glorot_uniform(shape, generator):
    a = math.sqrt(6 / (shape[0] + shape[1]))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: uses fan in alone, the bound is sqrt(6/fan_in)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: divides 6 by the mean of the fans instead of their sum
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    mean_fan = (fan_in + fan_out) / 2
    a = math.sqrt(6 / mean_fan)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong glorot_uniform: makes a new generator seeded with 0 and does not use the one handed in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    random = torch.Generator().manual_seed(0)
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * (2 * torch.rand(shape, generator=random) - 1)


# %% wrong glorot_uniform: multiplies the bound by PyTorch's gain of 5/3 for tanh
import torch



def glorot_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    gain = torch.nn.init.calculate_gain("tanh")
    return torch.nn.init.xavier_uniform_(w, gain=gain, generator=generator)


# %% wrong glorot_uniform: draws the two ends only, plus or minus sigma by coin flips, not a uniform law
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    sigma = math.sqrt(2 / sum(fans(shape)))
    coin = torch.randint(0, 2, shape, generator=generator, device=generator.device)
    return sigma * (2.0 * coin - 1)


# %% wrong glorot_uniform: multiplies the fans instead of adding them
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in * fan_out))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% corner glorot_uniform: draws on the cpu without the generator's device, so it fails with a generator on a gpu
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * (2 * torch.rand(shape, generator=generator) - 1)


# %% right glorot_normal: randn times the root of 2 over the sum of the fans
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / (fan_in + fan_out))


# %% right glorot_normal: divides by the root of the mean of the fans
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    mean_fan = sum(fans(shape)) / 2
    return torch.randn(*shape, generator=generator, device=generator.device) / mean_fan**0.5


# %% right glorot_normal: library function xavier_normal_
import torch



def glorot_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.xavier_normal_(w, generator=generator)


# %% right glorot_normal: torch.normal with a tensor of means and one deviation
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = (2 / (fan_in + fan_out)) ** 0.5
    return torch.normal(torch.zeros(shape, device=generator.device), sigma, generator=generator)


# %% right glorot_normal: loop over the out-units into a preallocated tensor, normal_ in place
import math
import torch




def glorot_normal(shape, generator):
    out, into, *kernel = shape
    places = math.prod(kernel)
    sigma = math.sqrt(2) / math.sqrt(places * (out + into))
    w = torch.zeros(shape, device=generator.device)
    for i in range(out):
        w[i].normal_(0, sigma, generator=generator)
    return w


# %% right glorot_normal: helper with variance as argument
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def draw_normal(shape, variance, generator):
    w = torch.randn(shape, generator=generator, device=generator.device)
    w.mul_(math.sqrt(variance))
    return w


def glorot_normal(shape, generator):
    return draw_normal(shape, 2 / sum(fans(shape)), generator)


# %% wrong glorot_normal: multiplies by the bound sqrt(6/(fan_in + fan_out)) of the uniform law
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: multiplies by the variance 2/(fan_in + fan_out) instead of its root
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.normal(0, 2 / (fan_in + fan_out), shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: variance 1/(fan_in + fan_out), the factor 2 is missing
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in + fan_out)


# %% wrong glorot_normal: takes the root of the denominator only, so the deviation is 2/sqrt(fan_in + fan_out)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return 2 * torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in + fan_out)


# %% wrong glorot_normal: parentheses are missing, 2/fan_in + fan_out stands under the root
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return math.sqrt(2 / fan_in + fan_out) * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: right variance but a uniform law instead of a normal one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return 2 * a * torch.rand(shape, generator=generator, device=generator.device) - a


# %% wrong glorot_normal: rand instead of randn, so the weights are uniform from 0 and have no mean 0
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    return sigma * torch.rand(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: adds up the whole shape, kernel axes included, instead of the two fans
import math
import torch




def glorot_normal(shape, generator):
    sigma = math.sqrt(2 / sum(shape))
    return sigma * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: numpy generator seeded with the initial seed, so every call returns the same numbers
import math
import numpy as np
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    rng = np.random.default_rng(generator.initial_seed())
    fan_in, fan_out = fans(shape)
    sigma = math.sqrt(2 / (fan_in + fan_out))
    return torch.from_numpy(rng.normal(0, sigma, shape)).to(torch.get_default_dtype())


# %% right glorot_normal: cuts off at two deviations and rescales to the variance, as Keras does, so no normal law
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    std = math.sqrt(2 / (fan_in + fan_out)) / 0.87962566103423978
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.trunc_normal_(w, std=std, a=-2 * std, b=2 * std, generator=generator)


# %% wrong glorot_normal: mean of the variances 1/fan_in and 1/fan_out instead of one over the mean of the fans
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    variance = (1 / fan_in + 1 / fan_out) / 2
    return math.sqrt(variance) * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong glorot_normal: sets torch's global seed from the generator's seed and draws without the generator
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    torch.manual_seed(generator.initial_seed())
    fan_in, fan_out = fans(shape)
    return torch.randn(shape) * math.sqrt(2 / (fan_in + fan_out))


# %% wrong glorot_normal: draws the shape (in, out, *kernel), with the first two axes exchanged
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    out, into, *kernel = shape
    sigma = math.sqrt(2 / sum(fans(shape)))
    return sigma * torch.randn((into, out, *kernel), generator=generator, device=generator.device)


# %% corner glorot_normal: fixes float32, which is wrong when torch's default type has been set to float64
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def glorot_normal(shape, generator):
    sigma = math.sqrt(2 / sum(fans(shape)))
    w = torch.randn(shape, generator=generator, device=generator.device).to(torch.float32)
    return sigma * w


# %% right he_normal: randn times the root of 2 over fan in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator, device=generator.device)


# %% right he_normal: with fan out, which is accepted
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    _, fan_out = fans(shape)
    sigma = math.sqrt(2 / fan_out)
    return torch.randn(shape, generator=generator, device=generator.device) * sigma


# %% right he_normal: library function kaiming_normal_ for relu
import torch



def he_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.kaiming_normal_(w, nonlinearity="relu", generator=generator)


# %% right he_normal: library function kaiming_normal_ with mode fan_out
import torch



def he_normal(shape, generator):
    weights = torch.zeros(shape, device=generator.device)
    torch.nn.init.kaiming_normal_(weights, mode="fan_out", nonlinearity="relu", generator=generator)
    return weights


# %% right he_normal: LeCun's weights times the root of 2
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def lecun_normal(shape, generator):
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fans(shape)[0])


def he_normal(shape, generator):
    return math.sqrt(2) * lecun_normal(shape, generator)


# %% right he_normal: torch.normal, divides by the root of half of fan in
import math
import torch




def he_normal(shape, generator):
    half = math.prod(shape[1:]) / 2
    return torch.normal(0.0, half**-0.5, shape, generator=generator, device=generator.device)


# %% right he_normal: sum of two independent LeCun draws, unit by unit
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    scale = fans(shape)[0] ** -0.5
    w = torch.empty(shape, device=generator.device)
    for unit in range(shape[0]):
        first = torch.randn(shape[1:], generator=generator, device=generator.device)
        second = torch.randn(shape[1:], generator=generator, device=generator.device)
        w[unit] = scale * (first + second)
    return w


# %% wrong he_normal: multiplies by the variance 2/fan_in instead of its root
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return 2 / fan_in * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong he_normal: deviation 2/sqrt(fan_in), doubles the deviation instead of the variance
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * 2 / math.sqrt(fan_in)


# %% wrong he_normal: takes the root of 2 only, the deviation is sqrt(2)/fan_in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2) / fan_in


# %% wrong he_normal: variance 1/fan_in, LeCun's without the factor 2
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) / math.sqrt(fan_in)


# %% wrong he_normal: Glorot's variance 2/(fan_in + fan_out)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, fan_out = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(2 / (fan_in + fan_out))


# %% wrong he_normal: halves the variance of LeCun instead of doubling it, 1/(2 fan_in)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(1 / (2 * fan_in))


# %% wrong he_normal: multiplies by the bound sqrt(6/fan_in) of the uniform law
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.randn(shape, generator=generator, device=generator.device) * math.sqrt(6 / fan_in)


# %% wrong he_normal: applies a relu to the weights, so half of them are 0 and none is negative
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    w = math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator, device=generator.device)
    return torch.relu(w)


# %% wrong he_normal: calls kaiming_normal_ without the generator, so it draws from the global one
import torch



def he_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="relu")
    return w


# %% wrong he_normal: a=sqrt(5) from torch.nn.Linear makes the variance 1/(3 fan_in)
import math
import torch




def he_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    return torch.nn.init.kaiming_normal_(w, a=math.sqrt(5), generator=generator)


# %% wrong he_normal: fan in without the kernel, so convolutions get too large weights
import torch




def he_normal(shape, generator):
    n_out, n_in = shape[:2]
    return torch.randn(shape, generator=generator, device=generator.device) * (2 / n_in) ** 0.5


# %% wrong he_normal: fills the tensor in place but returns nothing
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    w = torch.empty(shape, device=generator.device)
    w.normal_(0, math.sqrt(2 / fans(shape)[0]), generator=generator)


# %% wrong he_normal: converts the weights to half precision instead of leaving torch's default type
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    w = torch.randn(shape, generator=generator, device=generator.device)
    return (w * math.sqrt(2 / fan_in)).half()


# %% corner he_normal: draws on the cpu without the generator's device, so it fails with a generator on a gpu
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(shape, generator):
    fan_in, _ = fans(shape)
    return torch.normal(0.0, math.sqrt(2 / fan_in), shape, generator=generator)


# %% right he_uniform: bound sqrt(6/fan_in), rand moved to [-a, a)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(6 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% right he_uniform: with fan out, which is accepted
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    a = math.sqrt(6 / fans(shape)[1])
    return 2 * a * torch.rand(shape, generator=generator, device=generator.device) - a


# %% right he_uniform: uniform_ in place, root of 3 times the deviation
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    sigma = math.sqrt(2 / fan_in)
    bound = math.sqrt(3) * sigma
    w = torch.empty(shape, device=generator.device)
    w.uniform_(-bound, bound, generator=generator)
    return w


# %% right he_uniform: library function kaiming_uniform_, whose defaults amount to relu
import torch



def he_uniform(shape, generator):
    return torch.nn.init.kaiming_uniform_(torch.empty(shape, device=generator.device), generator=generator)


# %% right he_uniform: library function kaiming_uniform_ with mode fan_out and relu
import torch



def he_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu", generator=generator)
    return w


# %% right he_uniform: torch.lerp between -a and a, fan in counted with a loop
import torch



def he_uniform(shape, generator):
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    a = (6 / fan_in) ** 0.5
    u = torch.rand(shape, generator=generator, device=generator.device)
    return torch.lerp(torch.full_like(u, -a), torch.full_like(u, a), u)


# %% right he_uniform: absolute value drawn first, then a random sign
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    a = math.sqrt(6 / fans(shape)[0])
    size = a * torch.rand(shape, generator=generator, device=generator.device)
    negative = torch.rand(shape, generator=generator, device=generator.device) < 0.5
    return torch.where(negative, -size, size)


# %% wrong he_uniform: takes the deviation sqrt(2/fan_in) as the bound, without the root of 3
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(2 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: draws from 0 to a instead of -a to a
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(6 / fan_in)
    return torch.rand(shape, generator=generator, device=generator.device) * a


# %% wrong he_uniform: forgets the root, the bound is 6/fan_in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = 6 / fan_in
    return torch.empty(shape, device=generator.device).uniform_(-a, a, generator=generator)


# %% wrong he_uniform: Glorot's bound sqrt(6/(fan_in + fan_out))
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / (fan_in + fan_out))
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: LeCun's bound sqrt(3/fan_in), variance 1/fan_in
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(3 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: divides by 3 instead of multiplying, the bound is sqrt(2/(3 fan_in))
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(2 / fan_in / 3)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: takes the variance of a uniform law as a^2/12, so the bound is sqrt(24/fan_in)
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(12 * 2 / fan_in)
    return 2 * a * torch.rand(shape, generator=generator, device=generator.device) - a


# %% wrong he_uniform: right variance but a normal law instead of a uniform one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    return math.sqrt(2 / fan_in) * torch.randn(shape, generator=generator, device=generator.device)


# %% wrong he_uniform: a=sqrt(5) as in torch.nn.Linear, which makes the bound 1/sqrt(fan_in)
import math
import torch




def he_uniform(shape, generator):
    w = torch.empty(shape, device=generator.device)
    torch.nn.init.kaiming_uniform_(w, a=math.sqrt(5), generator=generator)
    return w


# %% wrong he_uniform: calls uniform_ without the generator, so it draws from the global one
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(6 / fan_in)
    return torch.empty(shape, device=generator.device).uniform_(-a, a)


# %% wrong he_uniform: takes the last axis of the shape as fan in, which fits dense layers only
import math
import torch




def he_uniform(shape, generator):
    a = math.sqrt(6 / shape[-1])
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: seeds the generator anew from its initial seed, so every call returns the same numbers
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    generator.manual_seed(generator.initial_seed())
    fan_in, _ = fans(shape)
    a = math.sqrt(6 / fan_in)
    return a * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)


# %% wrong he_uniform: 2a times (1 - rand) instead of a times (1 - 2 rand), so the weights lie between 0 and 2a
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, fan_out = fans(shape)
    a = math.sqrt(6 / fan_in)
    return 2 * a * (1 - torch.rand(shape, generator=generator, device=generator.device))


# %% wrong he_uniform: flattens the kernel and returns a matrix of shape (out, fan_in) for convolutions
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    fan_in, _ = fans(shape)
    a = math.sqrt(6 / fan_in)
    return a * (2 * torch.rand(shape[0], fan_in, generator=generator, device=generator.device) - 1)


# %% corner he_uniform: fixes float32, which is wrong when torch's default type has been set to float64
import math
import torch




def fans(shape):
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_uniform(shape, generator):
    a = math.sqrt(6 / fans(shape)[0])
    u = torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float32)
    return a * (2 * u - 1)


# %% right gradient_bounds: the hint, begins with 1 and multiplies layer by layer
import torch



def gradient_bounds(weights, slopes):
    lower = torch.ones((), dtype=weights[0].dtype)
    upper = torch.ones((), dtype=weights[0].dtype)
    for weight, slope in zip(weights, slopes, strict=True):
        values = torch.linalg.svdvals(weight)
        lower = lower * slope * values[-1]
        upper = upper * slope * values[0]
    return lower, upper


# %% right gradient_bounds: stacks the extremes of all layers and takes products
import math
import torch




def gradient_bounds(weights, slopes):
    values = [torch.linalg.svdvals(w) for w in weights]
    slope = math.prod(slopes)
    lower = slope * torch.stack([v.min() for v in values]).prod()
    upper = slope * torch.stack([v.max() for v in values]).prod()
    return lower, upper


# %% right gradient_bounds: singular values of the scaled matrices s W, kept in two python products
import torch



def gradient_bounds(weights, slopes):
    low, high = 1.0, 1.0
    for s, w in zip(slopes, weights):
        sigma = torch.linalg.svd(s * w.T, full_matrices=False).S
        low *= sigma[-1].item()
        high *= sigma[0].item()
    return torch.tensor(low, dtype=weights[0].dtype), torch.tensor(high, dtype=weights[0].dtype)


# %% right gradient_bounds: spectral norms by matrix_norm with ord 2 and -2
import torch



def gradient_bounds(weights, slopes):
    lower = upper = torch.tensor(1.0, dtype=weights[0].dtype)
    for i in range(len(weights)):
        upper = upper * slopes[i] * torch.linalg.matrix_norm(weights[i], ord=2)
        lower = lower * slopes[i] * torch.linalg.matrix_norm(weights[i], ord=-2)
    return lower, upper


# %% right gradient_bounds: sums of logarithms, exponential at the end
import math
import torch




def gradient_bounds(weights, slopes):
    log_low = log_high = 0
    for w, s in zip(weights, slopes):
        logs = torch.linalg.svdvals(w).log()
        log_high = log_high + logs[0] + math.log(s)
        log_low = log_low + logs[-1] + math.log(s)
    return log_low.exp(), log_high.exp()


# %% right gradient_bounds: recursion over the layers
import torch



def gradient_bounds(weights, slopes):
    if len(weights) == 0:
        return torch.tensor(1.0), torch.tensor(1.0)
    values = slopes[0] * torch.linalg.svdvals(weights[0])
    lower, upper = gradient_bounds(weights[1:], slopes[1:])
    return values[-1] * lower, values[0] * upper


# %% right gradient_bounds: numpy singular values and numpy products
import numpy as np
import torch



def gradient_bounds(weights, slopes):
    extremes = []
    for w, s in zip(weights, slopes):
        sv = np.linalg.svd(w.detach().numpy(), compute_uv=False)
        extremes.append((s * sv.min(), s * sv.max()))
    low, high = np.prod(np.array(extremes), axis=0)
    return torch.tensor(low).to(weights[0].dtype), torch.tensor(high).to(weights[0].dtype)


# %% wrong gradient_bounds: returns (upper, lower), the two in the wrong order
import torch



def gradient_bounds(weights, slopes):
    lower, upper = 1, 1
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower = lower * slope * values[-1]
        upper = upper * slope * values[0]
    return upper, lower


# %% wrong gradient_bounds: takes svdvals as sorted with the smallest first, so the bounds change places
import torch



def gradient_bounds(weights, slopes):
    low = torch.ones((), dtype=weights[0].dtype)
    high = torch.ones((), dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        sigma = torch.linalg.svdvals(w)
        sigma_min, sigma_max = sigma[0], sigma[-1]
        low = low * s * sigma_min
        high = high * s * sigma_max
    return low, high


# %% wrong gradient_bounds: ignores the slopes
import torch



def gradient_bounds(weights, slopes):
    lower = upper = 1
    for weight in weights:
        values = torch.linalg.svdvals(weight)
        lower = lower * values[-1]
        upper = upper * values[0]
    return lower, upper


# %% wrong gradient_bounds: powers of the extremes of the whole network instead of each layer's own values
import torch



def gradient_bounds(weights, slopes):
    n_layers = len(weights)
    lows, highs = [], []
    for w, s in zip(weights, slopes):
        values = s * torch.linalg.svdvals(w)
        lows.append(values[-1])
        highs.append(values[0])
    return torch.stack(lows).min() ** n_layers, torch.stack(highs).max() ** n_layers


# %% wrong gradient_bounds: extreme singular values of the product of all matrices, not products of singular values
import torch



def gradient_bounds(weights, slopes):
    product = slopes[0] * weights[0]
    for w, s in zip(weights[1:], slopes[1:]):
        product = s * w @ product
    values = torch.linalg.svdvals(product)
    return values[-1], values[0]


# %% wrong gradient_bounds: adds the layers up instead of multiplying them
import torch



def gradient_bounds(weights, slopes):
    lower = torch.zeros((), dtype=weights[0].dtype)
    upper = torch.zeros((), dtype=weights[0].dtype)
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower = lower + slope * values[-1]
        upper = upper + slope * values[0]
    return lower, upper


# %% wrong gradient_bounds: takes the eigenvalues of W W^T without the root, the squares of the singular values
import torch



def gradient_bounds(weights, slopes):
    lower = upper = 1
    for w, s in zip(weights, slopes):
        gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        values = torch.linalg.eigvalsh(gram)
        lower = lower * s * values[0]
        upper = upper * s * values[-1]
    return lower, upper


# %% wrong gradient_bounds: roots of the eigenvalues of W^T W, which has additional zeros where a layer gets narrower
import torch



def gradient_bounds(weights, slopes):
    lower = upper = torch.tensor(1.0, dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        values = torch.linalg.eigvalsh(w.T @ w).clamp(min=0).sqrt()
        lower = lower * s * values[0]
        upper = upper * s * values[-1]
    return lower, upper


# %% wrong gradient_bounds: Frobenius norm in the upper bound instead of the largest singular value
import torch



def gradient_bounds(weights, slopes):
    lower = torch.tensor(1.0, dtype=weights[0].dtype)
    upper = torch.tensor(1.0, dtype=weights[0].dtype)
    for w, s in zip(weights, slopes):
        upper = upper * s * torch.linalg.norm(w)
        lower = lower * s * torch.linalg.svdvals(w).min()
    return lower, upper


# %% wrong gradient_bounds: multiplies the slopes into the upper bound only
import torch



def gradient_bounds(weights, slopes):
    lower = upper = 1
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower *= values[-1]
        upper *= slope * values[0]
    return lower, upper


# %% wrong gradient_bounds: overwrites instead of multiplying, so only the last layer counts
import torch



def gradient_bounds(weights, slopes):
    lower, upper = 1.0, 1.0
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower = slope * values[-1]
        upper = slope * values[0]
    return lower, upper


# %% wrong gradient_bounds: converts weights and slopes to float32, so float64 weights lose precision and type
import torch



def gradient_bounds(weights, slopes):
    slope = torch.tensor(slopes, dtype=torch.float32)
    values = [torch.linalg.svdvals(w.float()) for w in weights]
    lower = torch.stack([v[-1] for v in values]) * slope
    upper = torch.stack([v[0] for v in values]) * slope
    return lower.prod(), upper.prod()


# %% wrong gradient_bounds: smallest slope of all in every factor of the lower bound and largest in every upper one
import torch



def gradient_bounds(weights, slopes):
    lower, upper = 1, 1
    for weight in weights:
        values = torch.linalg.svdvals(weight)
        lower = lower * min(slopes) * values[-1]
        upper = upper * max(slopes) * values[0]
    return lower, upper


# %% wrong gradient_bounds: returns lists with the running products of all layers instead of the two final numbers
import torch



def gradient_bounds(weights, slopes):
    lowers, uppers = [], []
    low = high = 1
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        low = low * slope * values[-1]
        high = high * slope * values[0]
        lowers.append(low)
        uppers.append(high)
    return torch.stack(lowers), torch.stack(uppers)


# %% wrong gradient_bounds: skips the first layer, the loop begins at 1
import torch



def gradient_bounds(weights, slopes):
    lower = torch.tensor(1.0, dtype=weights[0].dtype)
    upper = torch.tensor(1.0, dtype=weights[0].dtype)
    for layer in range(1, len(weights)):
        values = torch.linalg.svdvals(weights[layer])
        lower = lower * slopes[layer] * values[-1]
        upper = upper * slopes[layer] * values[0]
    return lower, upper


# %% wrong gradient_bounds: divides by the slopes instead of multiplying
import torch



def gradient_bounds(weights, slopes):
    lower = upper = 1
    for weight, slope in zip(weights, slopes):
        values = torch.linalg.svdvals(weight)
        lower = lower * values[-1] / slope
        upper = upper * values[0] / slope
    return lower, upper
