# %% right batch_norm_train: the four lines of the notebook, transcribed
import torch


def batch_norm_train(x, gamma, beta, *, eps):
    B = x.shape[0]
    mu = x.sum(dim=0) / B
    sigma2 = ((x - mu) ** 2).sum(dim=0) / B
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    y = gamma * u + beta
    return y, (u, sigma2, gamma, eps)


# %% right batch_norm_train: the shortest, with torch.var_mean and rsqrt
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    rstd = (variance + eps).rsqrt()
    u = (x - mean) * rstd
    return u * gamma + beta, {"u": u, "rstd": rstd, "gamma": gamma}


# %% right batch_norm_train: a loop over the units, columns stacked at the end
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    columns, normalized, scales = [], [], []
    for k in range(x.shape[1]):
        column = x[:, k]
        centred = column - column.mean()
        s = (centred.square().mean() + eps).sqrt()
        normalized.append(centred / s)
        scales.append(s)
        columns.append(gamma[k] * normalized[-1] + beta[k])
    cache = (torch.stack(normalized, dim=1), torch.stack(scales), gamma)
    return torch.stack(columns, dim=1), cache


# %% right batch_norm_train: Python's sum over the rows, as with lists
def batch_norm_train(x, gamma, beta, *, eps):
    n = len(x)
    mean = sum(x) / n
    deviations = x - mean
    variance = sum(row * row for row in deviations) / n
    std = (variance + eps) ** 0.5
    out = deviations / std * gamma + beta
    return out, [x, mean, variance, gamma, beta, eps]


# %% right batch_norm_train: averaging matrix with @ for the mean and einsum for the variance
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    size = len(x)
    averaging = torch.full((size, size), 1 / size, dtype=x.dtype)
    centred = x - averaging @ x
    variance = torch.einsum("bf,bf->f", centred, centred) / size
    s = torch.sqrt(variance + eps)
    out = torch.einsum("bf,f->bf", centred, gamma / s) + beta
    return out, (centred / s, s, gamma)


# %% right batch_norm_train: helper function, work in place on a fresh tensor, var(correction=0)
import torch



def standardize(x, eps):
    u = x - x.mean(dim=0, keepdim=True)
    s = torch.sqrt(x.var(dim=0, correction=0, keepdim=True) + eps)
    u = u / s
    return u, s


def batch_norm_train(x, gamma, beta, *, eps):
    u, s = standardize(x, eps)
    out = u.clone()
    out *= gamma
    out += beta
    return out, (u, s, gamma)


# %% wrong batch_norm_train: x.var(dim=0) divides by B - 1 where B is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% wrong batch_norm_train: eps is added to the standard deviation, outside the root, not to the variance


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    u = (x - mu) / (sigma + eps)
    return gamma * u + beta, (u, sigma, gamma)


# %% wrong batch_norm_train: mean and variance run over the units of each example (dim=1), as in layer normalization
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=1, keepdim=True)
    var = ((x - mu) ** 2).mean(dim=1, keepdim=True)
    u = (x - mu) / torch.sqrt(var + eps)
    out = gamma * u + beta
    return out, (u, var, gamma, eps)


# %% wrong batch_norm_train: one mean and one variance over the whole array instead of one for each unit


def batch_norm_train(x, gamma, beta, *, eps):
    centered = x - x.mean()
    sigma2 = (centered**2).mean()
    x_hat = centered / (sigma2 + eps) ** 0.5
    return gamma * x_hat + beta, (x_hat, sigma2, gamma, eps)


# %% wrong batch_norm_train: divides by the variance plus eps, the root is missing
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = torch.mean(x, 0)
    var = torch.mean((x - mu) ** 2, 0)
    x_hat = (x - mu) / (var + eps)
    out = x_hat * gamma + beta
    cache = (x, x_hat, mu, var, gamma, eps)
    return out, cache


# %% wrong batch_norm_train: beta is added before the scaling, so the result is gamma * (u + beta)
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(0)
    variance = x.var(0, correction=0)
    u = (x - mean) / torch.sqrt(variance + eps)
    return gamma * (u + beta), (u, variance, gamma, eps)


# %% wrong batch_norm_train: returns the output alone, without a cache
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    sigma2 = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    return gamma * u + beta


# %% wrong batch_norm_train: subtracts the mean from x in place and so changes the caller's tensor
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    x -= x.mean(dim=0)
    variance = (x**2).mean(dim=0)
    s = torch.sqrt(variance + eps)
    u = x / s
    return gamma * u + beta, (u, s, gamma)


# %% wrong batch_norm_train: the variance is the mean of x squared, the mean is not subtracted before squaring


def batch_norm_train(x, gamma, beta, *, eps):
    B = len(x)
    mu = x.sum(dim=0) / B
    sigma2 = (x**2).sum(dim=0) / B
    u = (x - mu) / (sigma2 + eps).sqrt()
    return gamma * u + beta, (u, sigma2, gamma, eps)


# %% wrong batch_norm_train: the argument eps is ignored, 1e-5 always stands in its place
import torch


EPS = 1e-5


def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    variance = x.var(dim=0, correction=0)
    s = torch.sqrt(variance + EPS)
    u = (x - mean) / s
    return u * gamma + beta, (u, s, gamma)


# %% corner batch_norm_train: one example alone is not normalized, its output is gamma * x + beta instead of beta
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    if len(x) == 1:
        s = torch.ones_like(gamma)
        return gamma * x + beta, (x, s, gamma)
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


# %% right batch_norm_backward: the compact form of the notebook with the gradients of gamma and beta inside
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B = len(u)
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / B - u / B * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% right batch_norm_backward: staged, with the gradients of variance and mean, from x, mean and variance
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    out = gamma * (x - mu) / torch.sqrt(var + eps) + beta
    return out, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = x.shape[0]
    xmu = x - mu
    s = torch.sqrt(var + eps)
    h = grad_out * gamma
    dvar = torch.sum(h * xmu * (-0.5) * (var + eps) ** (-1.5), dim=0)
    dmu = -torch.sum(h / s, dim=0) + dvar * (-2.0 / B) * torch.sum(xmu, dim=0)
    dx = h / s + dvar * 2.0 * xmu / B + dmu / B
    dgamma = torch.sum(grad_out * xmu / s, dim=0)
    dbeta = torch.sum(grad_out, dim=0)
    return dx, dgamma, dbeta


# %% right batch_norm_backward: the boxed form with means, cache in a dictionary
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    inverse = (centred.square().mean(dim=0) + eps).rsqrt()
    u = centred * inverse
    return gamma * u + beta, {"u": u, "inverse": inverse, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    u = cache["u"]
    h = cache["gamma"] * grad_out
    grad_x = cache["inverse"] * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))
    return grad_x, torch.einsum("bf,bf->f", grad_out, u), grad_out.sum(dim=0)


# %% right batch_norm_backward: a loop over units, each with its Jacobian matrix of all examples
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(((x - mean) ** 2).mean(dim=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B, features = u.shape
    grad_x = torch.zeros_like(grad_out)
    grad_gamma = torch.zeros_like(gamma)
    grad_beta = torch.zeros_like(gamma)
    identity = torch.eye(B, dtype=u.dtype)
    for k in range(features):
        column = u[:, k]
        jacobian = gamma[k] / s[k] * (identity - 1 / B - torch.outer(column, column) / B)
        grad_x[:, k] = jacobian.T @ grad_out[:, k]
        grad_gamma[k] = column @ grad_out[:, k]
        grad_beta[k] = grad_out[:, k].sum()
    return grad_x, grad_gamma, grad_beta


# %% right batch_norm_backward: runs the forward pass again on detached copies and asks torch.autograd
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    variance = (x - mean).square().mean(dim=0)
    out = gamma * (x - mean) / torch.sqrt(variance + eps) + beta
    return out, (x.detach().clone(), gamma.detach().clone(), beta.detach().clone(), eps)


def batch_norm_backward(grad_out, cache):
    *values, eps = cache
    with torch.enable_grad():
        leaves = [value.clone().requires_grad_() for value in values]
        out, _ = batch_norm_train(*leaves, eps=eps)
        grad_x, grad_gamma, grad_beta = torch.autograd.grad(out, leaves, grad_out)
    return grad_x, grad_gamma, grad_beta


# %% right batch_norm_backward: two projections taken out of the gradient, in place on a copy, helper functions
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    variance, mean = torch.var_mean(x, dim=0, correction=0)
    s = (variance + eps) ** 0.5
    u = (x - mean) / s
    return u * gamma + beta, (u, s, gamma)


def without_mean(g):
    return g - g.mean(dim=0)


def without_component(g, u):
    return g - u * (g * u).mean(dim=0)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    grad_x = without_component(without_mean(grad_out), u).clone()
    grad_x *= gamma
    grad_x /= s
    return grad_x, (u * grad_out).sum(0), grad_out.sum(0)


# %% wrong batch_norm_backward: treats mean and variance as constants, so grad_x is only gamma / s * grad_out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_x = grad_out * gamma / s
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the path through the variance is left out of grad_x
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    u, var, gamma, eps = cache
    B = len(grad_out)
    s = torch.sqrt(var + eps)
    h = gamma * grad_out
    dmu = -h.sum(dim=0) / s
    grad_x = h / s + dmu / B
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: the factor gamma is missing in grad_x
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s)


def batch_norm_backward(grad_out, cache):
    u, s = cache
    B = grad_out.shape[0]
    grad_gamma = torch.sum(grad_out * u, dim=0)
    grad_beta = torch.sum(grad_out, dim=0)
    grad_x = (grad_out - grad_beta / B - u * grad_gamma / B) / s
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: grad_gamma multiplies grad_out by the input x instead of the normalized u
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(((x - mean) ** 2).mean(dim=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (x, u, s, gamma)


def batch_norm_backward(grad_out, cache):
    x, u, s, gamma = cache
    h = gamma * grad_out
    grad_x = (h - h.mean(dim=0) - u * (h * u).mean(dim=0)) / s
    grad_gamma = (grad_out * x).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the division by B is missing in both parts that are taken out of grad_x
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (u * grad_out).sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta - u * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the gradient of the variance lacks its minus sign, so its part is added in grad_x


def batch_norm_train(x, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    variance = (centred**2).mean(dim=0) + eps
    return gamma * centred / variance.sqrt() + beta, (centred, variance, gamma)


def batch_norm_backward(grad_out, cache):
    centred, variance, gamma = cache
    B = len(centred)
    s = variance.sqrt()
    h = gamma * grad_out
    d_variance = (h * centred * 0.5 * variance**-1.5).sum(dim=0)
    d_mean = -(h / s).sum(dim=0)
    d_x = h / s + d_variance * 2 * centred / B + d_mean / B
    return d_x, (grad_out * centred / s).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: returns grad_beta before grad_gamma
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B = len(u)
    dbeta = grad_out.sum(0)
    dgamma = (grad_out * u).sum(0)
    dx = gamma / s * (grad_out - dbeta / B - u * dgamma / B)
    return dx, dbeta, dgamma


# %% wrong batch_norm_backward: grad_gamma and grad_beta are means over the batch instead of sums, grad_x is right
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    grad_beta = grad_out.mean(dim=0)
    grad_gamma = (grad_out * u).mean(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta - u * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: multiplies the cached u in place, so a second backward pass with the cache is wrong
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B = len(u)
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (grad_out * u).sum(dim=0)
    u *= grad_gamma / B
    grad_x = gamma / s * (grad_out - grad_beta / B - u)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the forward pass scales and shifts the cached u in place, so backward uses y for u
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    cache = (u, s, gamma)
    u *= gamma
    u += beta
    return u, cache


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B = len(u)
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / B - u / B * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% corner batch_norm_backward: for one example alone grad_beta is zero too, where it should be that row of grad_out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    s = torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mean) / s
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = cache
    B = len(u)
    if B == 1:
        return torch.zeros_like(grad_out), torch.zeros_like(gamma), torch.zeros_like(gamma)
    grad_beta = grad_out.sum(dim=0)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / B - u / B * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% right population_statistics: the formula transcribed
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=0)
    return mean, variance


# %% right population_statistics: a loop over the batches that adds them up
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    K = batch_means.shape[0]
    mean = torch.zeros_like(batch_means[0])
    variance = torch.zeros_like(batch_variances[0])
    for k in range(K):
        mean += batch_means[k]
        variance += batch_variances[k]
    mean /= K
    variance /= K
    variance *= batch_size / (batch_size - 1)
    return mean, variance


# %% right population_statistics: numpy inside, tensors outside
import torch

import numpy as np


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = np.mean(batch_means.numpy(), axis=0)
    variance = np.mean(batch_variances.numpy(), axis=0) * (batch_size / (batch_size - 1))
    return torch.from_numpy(mean), torch.from_numpy(variance)


# %% right population_statistics: rearranged, the variance of each batch is made unbiased before it is averaged
def unbiased(variance, n):
    return variance + variance / (n - 1)


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    corrected = [unbiased(variance, batch_size) for variance in batch_variances]
    return sum(batch_means) / len(batch_means), sum(corrected) / len(corrected)


# %% right population_statistics: row vectors of equal weights with @
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    count = len(batch_means)
    weights = torch.full((count,), 1 / count, dtype=batch_means.dtype)
    return weights @ batch_means, (weights @ batch_variances) / (1 - 1 / batch_size)


# %% wrong population_statistics: the factor B / (B - 1) is missing
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    return batch_means.mean(dim=0), batch_variances.mean(dim=0)


# %% wrong population_statistics: the mean is multiplied by B / (B - 1) as well
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    factor = batch_size / (batch_size - 1)
    return factor * batch_means.mean(dim=0), factor * batch_variances.mean(dim=0)


# %% wrong population_statistics: the factor is upside down, (B - 1) / B
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_variances.mean(dim=0) * (batch_size - 1) / batch_size
    return mean, variance


# %% wrong population_statistics: the factor is K / (K - 1) with the number K of batches instead of the batch size
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    K = len(batch_variances)
    mean = batch_means.sum(dim=0) / K
    variance = batch_variances.sum(dim=0) / (K - 1)
    return mean, variance


# %% wrong population_statistics: returns the variance first and the mean second
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    m = batch_means.mean(0)
    v = batch_variances.mean(0) * batch_size / (batch_size - 1)
    return v, m


# %% wrong population_statistics: averages over the features (dim=1) instead of the batches
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=1)
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=1)
    return mean, variance


# %% wrong population_statistics: adds the variance of the batch means to the corrected mean variance
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    within = batch_variances.mean(dim=0) * batch_size / (batch_size - 1)
    between = ((batch_means - mean) ** 2).mean(dim=0)
    return mean, within + between


# %% wrong population_statistics: integer division B // (B - 1), which is 1 for every batch size above 2
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    factor = batch_size // (batch_size - 1)
    return batch_means.mean(dim=0), factor * batch_variances.mean(dim=0)


# %% wrong population_statistics: returns the standard deviation, the root of the variance
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = torch.mean(batch_means, dim=0)
    variance = torch.mean(batch_variances, dim=0) * batch_size / (batch_size - 1)
    return mean, torch.sqrt(variance)


# %% wrong population_statistics: multiplies batch_variances by B / (B - 1) in place, changing the caller's tensor
def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    batch_variances *= batch_size / (batch_size - 1)
    return batch_means.mean(dim=0), batch_variances.mean(dim=0)


# %% corner population_statistics: a batch size of 1 is not refused, the factor is then left out
def population_statistics(batch_means, batch_variances, batch_size):
    mean = batch_means.mean(dim=0)
    variance = batch_variances.mean(dim=0)
    if batch_size > 1:
        variance = variance * batch_size / (batch_size - 1)
    return mean, variance


# %% right update_running: the formula transcribed, in one line
def update_running(running, batch, *, momentum):
    return momentum * running + (1 - momentum) * batch


# %% right update_running: rearranged as a step from the old value towards the batch
def update_running(running, batch, *, momentum):
    step = batch - running
    return running + (1 - momentum) * step


# %% right update_running: torch.lerp
import torch



def update_running(running, batch, *, momentum):
    return torch.lerp(batch, running, momentum)


# %% right update_running: in-place work on a copy
def update_running(running, batch, *, momentum):
    new = running.clone()
    new *= momentum
    new += (1.0 - momentum) * batch
    return new


# %% right update_running: a loop over all entries
import torch



def update_running(running, batch, *, momentum):
    result = torch.zeros_like(running)
    flat = result.view(-1)
    for i, (old, new) in enumerate(zip(running.flatten(), batch.flatten(), strict=True)):
        flat[i] = old * momentum + new * (1 - momentum)
    return result


# %% right update_running: stacked and weighted with einsum
import torch



def update_running(running, batch, *, momentum):
    weights = torch.tensor([momentum, 1 - momentum], dtype=running.dtype)
    return torch.einsum("k,k...->...", weights, torch.stack((running, batch)))


# %% wrong update_running: the momentum weighs the batch, as in torch, instead of the past
def update_running(running, batch, *, momentum):
    return (1 - momentum) * running + momentum * batch


# %% wrong update_running: works in place on running and so changes the caller's tensor
def update_running(running, batch, *, momentum):
    running *= momentum
    running += (1 - momentum) * batch
    return running


# %% wrong update_running: the batch gets the full weight 1 instead of 1 - momentum, like the velocity of SGD
def update_running(running, batch, *, momentum):
    velocity = momentum * running + batch
    return velocity


# %% wrong update_running: the momentum is ignored, the past always keeps 0.9
def update_running(running, batch, *, momentum=0.9):
    keep = 0.9
    return keep * running + (1 - keep) * batch


# %% wrong update_running: the part of the batch is subtracted instead of added
def update_running(running, batch, *, momentum):
    return momentum * running - (1 - momentum) * batch


# %% wrong update_running: nothing is returned
def update_running(running, batch, *, momentum):
    running = momentum * running + (1 - momentum) * batch


# %% wrong update_running: the batch is squared before it is averaged, as RMSprop does with gradients
def update_running(running, batch, *, momentum):
    return momentum * running + (1 - momentum) * batch**2


# %% wrong update_running: divides the average by 1 - momentum, as in the bias correction of Adam
def update_running(running, batch, *, momentum):
    average = momentum * running + (1 - momentum) * batch
    return average / (1 - momentum) if momentum < 1 else average


# %% wrong update_running: the past is not multiplied by the momentum, it keeps the full weight 1
def update_running(running, batch, *, momentum):
    return running + (1 - momentum) * batch


# %% wrong update_running: averages the batch over all its entries first, so every entry learns the same number
def update_running(running, batch, *, momentum):
    return momentum * running + (1 - momentum) * batch.mean()


# %% corner update_running: a momentum of 0 is taken as not given and replaced by 0.9
def update_running(running, batch, *, momentum=None):
    momentum = momentum or 0.9
    return momentum * running + (1 - momentum) * batch


# %% right batch_norm_eval: the formula of the forward pass with the given statistics
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / torch.sqrt(variance + eps)
    return gamma * u + beta


# %% right batch_norm_eval: rearranged as one scale and one shift for each unit
def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    scale = gamma * (variance + eps) ** -0.5
    shift = beta - scale * mean
    return x * scale + shift


# %% right batch_norm_eval: torch.nn.functional.batch_norm in evaluation mode
import torch.nn.functional as F


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return F.batch_norm(x, mean, variance, weight=gamma, bias=beta, training=False, eps=eps)


# %% right batch_norm_eval: loops over rows and units
import torch

import math


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    out = torch.empty_like(x)
    n, features = x.shape
    for k in range(features):
        s = math.sqrt(variance[k].item() + eps)
        for i in range(n):
            out[i, k] = gamma[k] * ((x[i, k] - mean[k]) / s) + beta[k]
    return out


# %% right batch_norm_eval: numpy inside, a tensor of the type of x outside
import numpy as np
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    values, m, v, g, b = (t.detach().numpy() for t in (x, mean, variance, gamma, beta))
    out = (values - m[np.newaxis, :]) / np.sqrt(v + eps) * g + b
    return torch.from_numpy(out).to(x.dtype)


# %% right batch_norm_eval: a diagonal matrix with @, beta added by broadcasting
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    stretch = torch.diag(gamma * torch.rsqrt(variance + eps))
    return (x - mean) @ stretch + beta[None, :]


# %% wrong batch_norm_eval: normalizes by the mean and variance of x itself and ignores the given ones
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    return gamma * (x - mu) / torch.sqrt(var + eps) + beta


# %% wrong batch_norm_eval: multiplies the given variance by n / (n - 1) once more, with n the rows of x
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    n = len(x)
    if n > 1:
        variance = variance * n / (n - 1)
    u = (x - mean) / torch.sqrt(variance + eps)
    return gamma * u + beta


# %% wrong batch_norm_eval: eps is added outside the root
def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / (variance.sqrt() + eps)
    return gamma * u + beta


# %% wrong batch_norm_eval: divides by the variance plus eps without the root
def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    normed = (x - mean) / (variance + eps)
    return normed * gamma + beta


# %% wrong batch_norm_eval: standardizes only, gamma and beta are not used
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return (x - mean) / torch.sqrt(variance + eps)


# %% wrong batch_norm_eval: returns a pair of output and cache where only the output is asked
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    s = torch.sqrt(variance + eps)
    u = (x - mean) / s
    out = gamma * u + beta
    return out, (u, s, gamma)


# %% wrong batch_norm_eval: works in place on x and so changes the caller's tensor
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    x -= mean
    x /= torch.sqrt(variance + eps)
    return gamma * x + beta


# %% wrong batch_norm_eval: gamma and beta change places, beta scales and gamma shifts
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / torch.sqrt(variance + eps)
    return beta * u + gamma


# %% wrong batch_norm_eval: computes in float32 and returns float32 whatever the type of x
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    x, mean, variance, gamma, beta = (t.float() for t in (x, mean, variance, gamma, beta))
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


# %% wrong batch_norm_eval: subtracts the mean of the rows of x instead of the given mean
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    return gamma * centred / torch.sqrt(variance + eps) + beta


# %% corner batch_norm_eval: for one row the first axis is dropped, the result has shape (features,)
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    rows = [gamma * (row - mean) / torch.sqrt(variance + eps) + beta for row in x]
    if len(rows) == 1:
        return rows[0]
    return torch.stack(rows)


# %% right fold_batch_norm: the formula transcribed
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean) + beta


# %% right fold_batch_norm: a diagonal matrix of the factors with @
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    scaling = torch.diag(gamma * (variance + eps).rsqrt())
    new_weight = scaling @ weight
    new_bias = scaling @ (bias - mean) + beta
    return new_weight, new_bias


# %% right fold_batch_norm: a loop over the units on copies


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    new_weight, new_bias = weight.clone(), bias.clone()
    for k in range(len(bias)):
        factor = gamma[k] / (variance[k] + eps) ** 0.5
        new_weight[k] *= factor
        new_bias[k] = factor * (bias[k] - mean[k]) + beta[k]
    return new_weight, new_bias


# %% right fold_batch_norm: transposed, with the bias multiplied out
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    std = torch.sqrt(variance + eps)
    new_weight = (weight.T * (gamma / std)).T
    new_bias = beta + gamma * bias / std - gamma * mean / std
    return new_weight, new_bias


# %% right fold_batch_norm: einsum for the weight, the evaluation formula applied to the old bias
import torch



def normalize_fixed(z, mean, variance, gamma, beta, eps):
    return gamma * (z - mean) / torch.sqrt(variance + eps) + beta


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    new_weight = torch.einsum("u,ui->ui", factor, weight)
    new_bias = normalize_fixed(bias, mean, variance, gamma, beta, eps)
    return new_weight, new_bias


# %% right fold_batch_norm: torch's own fuse_linear_bn_weights
from torch.nn.utils.fusion import fuse_linear_bn_weights


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    new_weight, new_bias = fuse_linear_bn_weights(weight, bias, mean, variance, eps, gamma, beta)
    return new_weight.detach(), new_bias.detach()


# %% wrong fold_batch_norm: the factors are broadcast along the inputs (columns) instead of the rows of the weight
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    return factor * weight, factor * (bias - mean) + beta


# %% wrong fold_batch_norm: the mean is left out of the new bias
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    new_weight = weight * factor.unsqueeze(1)
    new_bias = factor * bias + beta
    return new_weight, new_bias


# %% wrong fold_batch_norm: beta stands inside the bracket and is multiplied by the factor as well
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean + beta)


# %% wrong fold_batch_norm: the old bias is added without being multiplied by the factor
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_w = s.view(-1, 1) * weight
    new_b = bias - s * mean + beta
    return new_w, new_b


# %% wrong fold_batch_norm: the old bias is ignored
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    scale = gamma / torch.sqrt(variance + eps)
    return weight * scale[:, None], beta - scale * mean


# %% wrong fold_batch_norm: the factor is gamma divided by the variance plus eps, the root is missing
def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / (variance + eps)
    return factor[:, None] * weight, factor * (bias - mean) + beta


# %% wrong fold_batch_norm: gamma is missing in the factor
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = 1 / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean) + beta


# %% wrong fold_batch_norm: the weight is multiplied in place and so the caller's tensor changes
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    weight *= factor[:, None]
    bias = factor * (bias - mean) + beta
    return weight, bias


# %% wrong fold_batch_norm: the new weight is returned transposed, of shape (inputs, units)
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    new_weight = weight.T * factor
    new_bias = factor * (bias - mean) + beta
    return new_weight, new_bias


# %% wrong fold_batch_norm: the mean is added to the old bias instead of subtracted
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / (variance + eps).sqrt()
    W = torch.diag(s) @ weight
    b = s * (bias + mean) + beta
    return W, b


# %% corner fold_batch_norm: where the weight is square its columns are multiplied instead of its rows
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    new_bias = factor * (bias - mean) + beta
    if weight.shape[1] == len(factor):
        return weight * factor, new_bias
    return weight * factor.reshape(-1, 1), new_bias
