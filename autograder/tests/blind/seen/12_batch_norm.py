# %% right batch_norm_train: the four lines with var(correction=0)
import torch


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% right batch_norm_train: a loop over the columns that fills a new tensor
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    B, features = x.shape
    out = torch.zeros_like(x)
    us, sigmas = [], []
    for j in range(features):
        column = x[:, j]
        mu = column.sum() / B
        sigma2 = ((column - mu) ** 2).sum() / B
        u = (column - mu) / (sigma2 + eps) ** 0.5
        out[:, j] = gamma[j] * u + beta[j]
        us.append(u)
        sigmas.append(sigma2)
    cache = {"u": torch.stack(us, dim=1), "sigma2": torch.stack(sigmas), "gamma": gamma, "eps": eps}
    return out, cache


# %% right batch_norm_train: sums over single examples with Python's sum, rows stacked at the end
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    n = len(x)
    mu = sum(x[i] for i in range(n)) / n
    var = sum((x[i] - mu) ** 2 for i in range(n)) / n
    root = torch.sqrt(var + eps)
    rows = []
    for i in range(n):
        rows.append(gamma * (x[i] - mu) / root + beta)
    return torch.stack(rows), [x, mu, root, gamma]


# %% right batch_norm_train: var_mean and rsqrt, cache of three things only
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    var, mean = torch.var_mean(x, dim=0, correction=0, keepdim=True)
    inv_s = torch.rsqrt(var + eps)
    u = (x - mean) * inv_s
    out = torch.addcmul(beta, u, gamma)
    return out, (u, inv_s, gamma)


# %% right batch_norm_train: torch's layer norm of the transposed batch, which has the biased variance
import torch.nn.functional as F


def batch_norm_train(x, gamma, beta, *, eps):
    u = F.layer_norm(x.T, (x.shape[0],), eps=eps).T
    out = u * gamma + beta
    cache = (x, u, gamma, eps)
    return out, cache


# %% right batch_norm_train: functional.batch_norm in training, with an early return for one example
import torch.nn.functional as F



def batch_norm_train(x, gamma, beta, *, eps):
    cache = (x, gamma, beta, eps)
    if len(x) == 1:
        return gamma * (x - x) + beta, cache
    out = F.batch_norm(x, None, None, weight=gamma, bias=beta, training=True, eps=eps)
    return out, cache


# %% right batch_norm_train: one scale and one shift for each column, in rearranged form
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = torch.mean(x, 0)
    centred = x - mu
    sigma2 = torch.einsum("ij,ij->j", centred, centred) / x.shape[0]
    scale = gamma / (sigma2 + eps).sqrt()
    out = centred * scale + beta
    return out, (centred, sigma2, gamma, eps)


# %% right batch_norm_train: in-place work on a copy of x, with clones in the cache


def _statistics(batch):
    mean = batch.mean(0)
    return mean, (batch - mean).pow(2).mean(0)


def batch_norm_train(x, gamma, beta, *, eps):
    mean, variance = _statistics(x)
    u = x.clone()
    u -= mean
    u /= (variance + eps).sqrt()
    saved = u.clone()
    out = u * gamma
    out += beta
    return out, (saved, (variance + eps).sqrt(), gamma.clone())


# %% right batch_norm_train: means as products with a row of 1/B, gamma as a diagonal matrix
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    B = x.shape[0]
    average = torch.full((1, B), 1 / B, dtype=x.dtype)
    centred = x - average @ x
    s = torch.sqrt(average @ centred.square() + eps).squeeze(0)
    u = centred / s
    out = u @ torch.diag(gamma) + beta
    return out, {"u": u, "s": s, "gamma": gamma}


# %% wrong batch_norm_train: uses x.var(dim=0), which divides by B - 1 where B is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    out = gamma * u + beta
    return out, (u, var, gamma, eps)


# %% wrong batch_norm_train: adds eps to the standard deviation, outside the root


def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    std = x.std(dim=0, correction=0)
    u = (x - mean) / (std + eps)
    out = gamma * u + beta
    cache = (u, std, gamma, eps)
    return out, cache


# %% wrong batch_norm_train: normalizes each example over its units (dim=1), as layer normalization does
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=1, keepdim=True)
    var = ((x - mu) ** 2).mean(dim=1, keepdim=True)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% wrong batch_norm_train: one mean and one variance for the whole tensor in place of one for each unit


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean()
    sigma2 = ((x - mu) ** 2).mean()
    u = (x - mu) / (sigma2 + eps) ** 0.5
    y = gamma * u + beta
    return y, (u, sigma2, gamma, eps)


# %% wrong batch_norm_train: divides by the variance plus eps, without the root


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(0)
    centred = x - mu
    var = (centred**2).mean(0)
    u = centred / (var + eps)
    out = u * gamma + beta
    return out, (u, var, gamma, eps)


# %% wrong batch_norm_train: eps is fixed at 1e-5, the argument is ignored
import torch


EPS = 1e-5


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    u = (x - mu) / torch.sqrt(var + EPS)
    return gamma * u + beta, (u, var, gamma)


# %% wrong batch_norm_train: no eps at all, so a constant column and a batch of one become nan


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    sigma = x.std(dim=0, correction=0)
    u = (x - mu) / sigma
    return gamma * u + beta, (u, sigma, gamma, eps)


# %% wrong batch_norm_train: returns the output alone, without a cache
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    u = (x - mu) / torch.sqrt(var + eps)
    out = gamma * u + beta
    return out


# %% wrong batch_norm_train: returns the cache first and the output second
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    u = (x - mu) / s
    cache = (u, s, gamma)
    out = gamma * u + beta
    return cache, out


# %% wrong batch_norm_train: subtracts the mean from the caller's x in place and divides it in place
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    x -= x.mean(dim=0)
    var = (x**2).mean(dim=0)
    x /= torch.sqrt(var + eps)
    out = gamma * x + beta
    return out, (x, var, gamma, eps)


# %% wrong batch_norm_train: adds beta before it multiplies by gamma, gamma * (u + beta)
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mean = x.mean(dim=0)
    var = x.var(dim=0, unbiased=False)
    u = (x - mean) * torch.rsqrt(var + eps)
    out = gamma * (u + beta)
    return out, (u, var, gamma, eps)


# %% wrong batch_norm_train: returns the standardized u, gamma and beta are not applied
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    sigma2 = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    y = gamma * u + beta
    return u, (y, u, sigma2, gamma)


# %% wrong batch_norm_train: computes in float32 and converts back to the type of x
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    z = x.float()
    mu = z.mean(dim=0)
    var = z.var(dim=0, correction=0)
    u = (z - mu) / torch.sqrt(var + eps)
    out = gamma.float() * u + beta.float()
    return out.to(x.dtype), (u.to(x.dtype), var.to(x.dtype), gamma)


# %% wrong batch_norm_train: takes the mean of the squares without the mean subtracted as the variance
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    sigma2 = (x**2).mean(dim=0)
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    return gamma * u + beta, (u, sigma2, gamma, eps)


# %% wrong batch_norm_train: the sum of the squared deviations is not divided by B
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    B = x.shape[0]
    mu = x.sum(dim=0) / B
    sigma2 = ((x - mu) ** 2).sum(dim=0)
    u = (x - mu) / torch.sqrt(sigma2 + eps)
    return gamma * u + beta, (u, sigma2, gamma, eps)


# %% wrong batch_norm_train: divides by the mean absolute deviation in place of the root of the variance


def batch_norm_train(x, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    spread = centred.abs().mean(dim=0)
    u = centred / (spread + eps)
    return gamma * u + beta, (u, spread, gamma)


# %% wrong batch_norm_train: the loop that sums the mean stops one example early but divides by B
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    B = len(x)
    total = torch.zeros_like(x[0])
    for i in range(1, B):
        total = total + x[i - 1]
    mu = total / B
    var = ((x - mu) ** 2).sum(dim=0) / B
    u = (x - mu) / torch.sqrt(var + eps)
    return u * gamma + beta, (u, var, gamma, eps)


# %% wrong batch_norm_train: only the mean is subtracted, nothing is divided by the deviation
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    s = torch.sqrt(var + eps)
    u = x - mu
    out = gamma * u + beta
    return out, (u, s, gamma)


# %% wrong batch_norm_train: returns a numpy array in place of a tensor
import numpy as np


def batch_norm_train(x, gamma, beta, *, eps):
    a = x.detach().numpy()
    u = (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + eps)
    out = gamma.detach().numpy() * u + beta.detach().numpy()
    return out, (u, a.var(axis=0), gamma, eps)


# %% wrong batch_norm_train: a missing pair of brackets, x - mu / s, so only the mean is divided
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = torch.mean((x - mu) ** 2, dim=0)
    u = x - mu / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% corner batch_norm_train: refuses a batch of one example with a ValueError, as torch does, where beta is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    if x.shape[0] < 2:
        raise ValueError("need more than one example in training")
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% corner batch_norm_train: rescales the unbiased var(dim=0) by (B - 1) / B, which is nan for a batch of one
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    B = x.shape[0]
    mu = x.mean(dim=0)
    var = x.var(dim=0) * (B - 1) / B
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (u, var, gamma, eps)


# %% right batch_norm_backward: the compact form with u, 1/s and gamma from the cache
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma * inv_s * (grad_out - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% right batch_norm_backward: the first boxed form, written with means of h and of h u
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    out = gamma * (x - mu) / s + beta
    return out, {"x": x, "mu": mu, "s": s, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    x, mu, s, gamma = cache["x"], cache["mu"], cache["s"], cache["gamma"]
    u = (x - mu) / s
    h = gamma * grad_out
    grad_x = (h - h.mean(dim=0) - u * (h * u).mean(dim=0)) / s
    return grad_x, torch.einsum("ij,ij->j", grad_out, u), torch.sum(grad_out, dim=0)


# %% right batch_norm_backward: the three paths line by line with the term that is zero
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = x.shape[0]
    centred = x - mu
    s = (var + eps).sqrt()
    u = centred / s
    dgamma = (grad_out * u).sum(0)
    dbeta = grad_out.sum(0)
    h = grad_out * gamma
    dvar = (h * centred * (-0.5) * (var + eps) ** -1.5).sum(0)
    dmu = -(h / s).sum(0) + dvar * (-2 / B) * centred.sum(0)
    dx = h / s + dvar * 2 * centred / B + dmu / B
    return dx, dgamma, dbeta


# %% right batch_norm_backward: staged with -1/(2 s^2) sum h u and without the zero term
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = len(x)
    s2 = var + eps
    s = torch.sqrt(s2)
    u = (x - mu) / s
    h = gamma * grad_out
    to_var = -1 / (2 * s2) * torch.sum(h * u, dim=0)
    to_mu = -1 / s * torch.sum(h, dim=0)
    grad_x = h / s + to_var * 2 * (x - mu) / B + to_mu / B
    return (grad_x, torch.sum(grad_out * u, dim=0), torch.sum(grad_out, dim=0))


# %% right batch_norm_backward: loops over units and over examples
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B, features = grad_out.shape
    grad_x = torch.zeros_like(grad_out)
    grad_gamma = torch.zeros_like(gamma)
    grad_beta = torch.zeros_like(gamma)
    for k in range(features):
        for i in range(B):
            grad_gamma[k] += grad_out[i, k] * u[i, k]
            grad_beta[k] += grad_out[i, k]
        for i in range(B):
            bracket = grad_out[i, k] - grad_beta[k] / B - u[i, k] * grad_gamma[k] / B
            grad_x[i, k] = gamma[k] * inv_s[k] * bracket
    return grad_x, grad_gamma, grad_beta


# %% right batch_norm_backward: builds the B by B Jacobian of each column and multiplies by it
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = u.shape[0]
    eye = torch.eye(B, dtype=u.dtype)
    columns = []
    for k in range(u.shape[1]):
        column = u[:, k]
        jacobian = (eye - 1 / B - torch.outer(column, column) / B) * inv_s[k]
        columns.append(gamma[k] * (jacobian @ grad_out[:, k]))
    return torch.stack(columns, dim=1), (u * grad_out).sum(0), grad_out.sum(0)


# %% right batch_norm_backward: the forward pass is repeated on leaves and torch.autograd goes back through it
import torch



def _forward(x, gamma, beta, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    return gamma * (x - mu) / torch.sqrt(var + eps) + beta


def batch_norm_train(x, gamma, beta, *, eps):
    cache = (x.detach().clone(), gamma.detach().clone(), beta.detach().clone(), eps)
    return _forward(x, gamma, beta, eps), cache


def batch_norm_backward(grad_out, cache):
    *values, eps = cache
    leaves = [value.clone().requires_grad_() for value in values]
    with torch.enable_grad():
        out = _forward(*leaves, eps)
    return torch.autograd.grad(out, leaves, grad_out)


# %% right batch_norm_backward: the cache is a function that remembers the forward pass


def batch_norm_train(x, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    s = (centred.pow(2).mean(dim=0) + eps).sqrt()
    u = centred / s

    def go_back(g):
        h = g * gamma
        h = h - h.mean(dim=0)
        return (h - u * (h * u).mean(dim=0)) / s, (g * u).sum(dim=0), g.sum(dim=0)

    return gamma * u + beta, go_back


def batch_norm_backward(grad_out, cache):
    return cache(grad_out)


# %% right batch_norm_backward: multiplied by B and divided at the end, as in a well-known one-liner
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    x_hat, ivar, gamma = cache
    N = grad_out.shape[0]
    dbeta = grad_out.sum(dim=0)
    dgamma = (x_hat * grad_out).sum(dim=0)
    dxhat = grad_out * gamma
    dx = ivar / N * (N * dxhat - dxhat.sum(dim=0) - x_hat * (dxhat * x_hat).sum(dim=0))
    return dx, dgamma, dbeta


# %% right batch_norm_backward: in-place work on a copy of grad_out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    mean_g = grad_out.mean(dim=0)
    mean_gu = (grad_out * u).mean(dim=0)
    grad = grad_out.clone()
    grad -= mean_g
    grad -= u * mean_gu
    grad *= gamma * inv_s
    return grad, mean_gu * len(u), mean_g * len(u)


# %% wrong batch_norm_backward: the path through the mean is missing, the mean of the gradient is not taken out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma * inv_s * (grad_out - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the path through the variance is missing, only the mean of the gradient is taken out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    out = gamma * (x - mu) / s + beta
    return out, {"x": x, "mu": mu, "s": s, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    s, gamma = cache["s"], cache["gamma"]
    u = (cache["x"] - cache["mu"]) / s
    h = grad_out * gamma
    grad_x = h / s - h.sum(dim=0) / s / len(h)
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: treats mean and variance as constants, grad_x is gamma g / s only
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    grad_gamma = torch.sum(grad_out * u, dim=0)
    grad_beta = torch.sum(grad_out, dim=0)
    grad_x = grad_out * gamma * inv_s
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: gamma is left out of grad_x
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    g = grad_out
    grad_x = inv_s * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
    return grad_x, (g * u).sum(dim=0), g.sum(dim=0)


# %% wrong batch_norm_backward: grad_gamma is the sum of g times x where g times u is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    out = gamma * (x - mu) / s + beta
    return out, {"x": x, "mu": mu, "s": s, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    x, mu, s, gamma = cache["x"], cache["mu"], cache["s"], cache["gamma"]
    u = (x - mu) / s
    h = gamma * grad_out
    grad_x = (h - h.mean(dim=0) - u * (h * u).mean(dim=0)) / s
    grad_gamma = (grad_out * x).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: grad_gamma and grad_beta are means over the batch where sums are asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    grad_gamma = (grad_out * u).mean(dim=0)
    grad_beta = grad_out.mean(dim=0)
    grad_x = gamma * inv_s * (grad_out - grad_beta - u * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: grad_gamma and grad_beta come back for each example, not summed over the batch
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    grad_gamma = grad_out * u
    grad_beta = grad_out
    grad_x = gamma * inv_s * (grad_out - grad_beta.mean(dim=0) - u * grad_gamma.mean(dim=0))
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: returns grad_beta before grad_gamma
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    s = torch.sqrt(var + eps)
    u = (x - mu) / s
    dbeta = grad_out.sum(dim=0)
    dgamma = (grad_out * u).sum(dim=0)
    dx = gamma / s * (grad_out - dbeta / len(x) - u * dgamma / len(x))
    return dx, dbeta, dgamma


# %% wrong batch_norm_backward: the component along u is added where it is to be subtracted
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = grad_out.shape[0]
    h = grad_out * gamma
    grad_x = inv_s * (h - h.sum(dim=0) / B + u * (h * u).sum(dim=0) / B)
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: divides by s squared, the variance plus eps, where s is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = x.shape[0]
    u = (x - mu) / torch.sqrt(var + eps)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma / (var + eps) * (grad_out - grad_beta / B - u / B * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the factor 1/2 is missing in the gradient of the variance, that path counts twice
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = x.shape[0]
    centred = x - mu
    s = torch.sqrt(var + eps)
    h = grad_out * gamma
    grad_var = -(h * centred * (var + eps) ** -1.5).sum(dim=0)
    grad_mu = -(h / s).sum(dim=0)
    grad_x = h / s + grad_var * 2 * centred / B + grad_mu / B
    return grad_x, (grad_out * centred / s).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: the gradient of the variance has the power -1/2 where -3/2 is asked
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    n = x.shape[0]
    xc = x - mu
    istd = (var + eps) ** -0.5
    dxhat = grad_out * gamma
    dvar = torch.sum(dxhat * xc * -0.5 * (var + eps) ** -0.5, dim=0)
    dmu = torch.sum(-dxhat * istd, dim=0) + dvar * torch.mean(-2 * xc, dim=0)
    dx = dxhat * istd + dvar * 2 * xc / n + dmu / n
    dgamma = torch.sum(grad_out * xc * istd, dim=0)
    dbeta = torch.sum(grad_out, dim=0)
    return dx, dgamma, dbeta


# %% wrong batch_norm_backward: multiplies the cached u by gamma in place, so a second backward pass is wrong
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    first = gamma * (grad_out - grad_beta / B)
    u *= gamma
    u *= grad_gamma / B
    return inv_s * (first - u), grad_gamma, grad_beta


# %% wrong batch_norm_backward: multiplies the caller's grad_out by gamma in place, the three gradients are right
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_out *= gamma
    h = grad_out
    grad_x = inv_s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: grad_gamma and grad_beta are summed from gamma times g in place of g
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    h = gamma * grad_out
    grad_gamma = (h * u).sum(dim=0)
    grad_beta = h.sum(dim=0)
    grad_x = inv_s * (h - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: divides by B - 1 where B is asked in the two terms that are taken out
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    m = max(len(u) - 1, 1)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma * inv_s * (grad_out - grad_beta / m - u * grad_gamma / m)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the sums are taken over the units of each example (dim=1) in place of over the batch
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    h = grad_out * gamma
    mean_h = h.mean(dim=1, keepdim=True)
    mean_hu = (h * u).mean(dim=1, keepdim=True)
    grad_x = (h - mean_h - u * mean_hu) * inv_s
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: takes out the sums, the division by B is missing
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma * inv_s * (grad_out - grad_beta - u * grad_gamma)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: gamma is applied twice, once in h and once in front of the bracket
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    out = gamma * (x - mu) / s + beta
    return out, {"x": x, "mu": mu, "s": s, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    s, gamma = cache["s"], cache["gamma"]
    u = (cache["x"] - cache["mu"]) / s
    h = gamma * grad_out
    grad_x = gamma / s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% wrong batch_norm_backward: the bracket has x - mu in place of u in front of the component along u
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    out = gamma * (x - mu) / s + beta
    return out, {"x": x, "mu": mu, "s": s, "gamma": gamma}


def batch_norm_backward(grad_out, cache):
    s, gamma = cache["s"], cache["gamma"]
    centred = cache["x"] - cache["mu"]
    u = centred / s
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / len(u) - centred * grad_gamma / len(u))
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: reads a global that the last forward pass wrote in place of the cache it is given
import torch


SAVED = {}


def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    s = torch.sqrt(((x - mu) ** 2).mean(dim=0) + eps)
    u = (x - mu) / s
    SAVED["u"], SAVED["s"], SAVED["gamma"] = u, s, gamma
    return gamma * u + beta, (u, s, gamma)


def batch_norm_backward(grad_out, cache):
    u, s, gamma = SAVED["u"], SAVED["s"], SAVED["gamma"]
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: the forward pass caches u and then scales and shifts that very tensor in place
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    cache = (u, inv_s, gamma)
    u *= gamma
    u += beta
    return u, cache


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma * inv_s * (grad_out - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: computes in float32 and converts back
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = (value.to(torch.float32) for value in cache)
    g = grad_out.to(torch.float32)
    grad_gamma = (g * u).sum(dim=0)
    grad_beta = g.sum(dim=0)
    grad_x = gamma * inv_s * (g - grad_beta / len(g) - u * grad_gamma / len(g))
    kind = grad_out.dtype
    return grad_x.to(kind), grad_gamma.to(kind), grad_beta.to(kind)


# %% wrong batch_norm_backward: s is the root of the variance without eps
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = len(x)
    s = torch.sqrt(var)
    u = (x - mu) / s
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    grad_x = gamma / s * (grad_out - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% wrong batch_norm_backward: returns grad_x alone, grad_gamma and grad_beta are missing
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    h = grad_out * gamma
    return inv_s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))


# %% wrong batch_norm_backward: the path through the mean has the wrong sign, the mean of h is added
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = ((x - mu) ** 2).mean(dim=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta, (x, mu, var, gamma, eps)


def batch_norm_backward(grad_out, cache):
    x, mu, var, gamma, eps = cache
    B = len(x)
    s = torch.sqrt(var + eps)
    u = (x - mu) / s
    h = gamma * grad_out
    grad_var = -(h * u).sum(dim=0) / (2 * s**2)
    grad_mu = h.sum(dim=0) / s
    grad_x = h / s + grad_var * 2 * (x - mu) / B + grad_mu / B
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# %% corner batch_norm_backward: gets s as the ratio of x - mu and u, which is 0/0 where a unit does not vary
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    u = centred / torch.sqrt((centred**2).mean(dim=0) + eps)
    return gamma * u + beta, (centred, u, gamma)


def batch_norm_backward(grad_out, cache):
    centred, u, gamma = cache
    s = centred.abs().sum(dim=0) / u.abs().sum(dim=0)
    g = grad_out
    grad_x = gamma / s * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))
    return grad_x, (g * u).sum(dim=0), g.sum(dim=0)


# %% corner batch_norm_backward: for a batch of one it passes gamma g / s on where grad_x is zero
import torch



def batch_norm_train(x, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    inv_s = 1 / torch.sqrt(x.var(dim=0, correction=0) + eps)
    u = (x - mu) * inv_s
    return gamma * u + beta, (u, inv_s, gamma)


def batch_norm_backward(grad_out, cache):
    u, inv_s, gamma = cache
    B = len(u)
    grad_gamma = (grad_out * u).sum(dim=0)
    grad_beta = grad_out.sum(dim=0)
    if B == 1:
        return grad_out * gamma * inv_s, grad_gamma, grad_beta
    grad_x = gamma * inv_s * (grad_out - grad_beta / B - u * grad_gamma / B)
    return grad_x, grad_gamma, grad_beta


# %% right population_statistics: the two formulas as they stand


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=0)
    return mean, variance


# %% right population_statistics: loops over the minibatches
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    K = len(batch_means)
    mean = torch.zeros_like(batch_means[0])
    variance = torch.zeros_like(batch_variances[0])
    for k in range(K):
        mean = mean + batch_means[k]
        variance = variance + batch_variances[k]
    mean = mean / K
    variance = variance / K * batch_size / (batch_size - 1)
    return mean, variance


# %% right population_statistics: each batch variance is made unbiased first, then averaged


def unbiased(variance, n):
    return variance * n / (n - 1)


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    return batch_means.mean(0), unbiased(batch_variances, batch_size).mean(0)


# %% right population_statistics: numpy inside, tensors outside
import numpy as np
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    means = batch_means.detach().numpy()
    variances = batch_variances.detach().numpy()
    B = batch_size
    mu = np.mean(means, axis=0)
    var = np.mean(variances, axis=0) * (B / (B - 1))
    return torch.from_numpy(mu), torch.from_numpy(var)


# %% right population_statistics: sums divided by (1 - 1/B) K, averages by a matrix product
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    batches = batch_means.shape[0]
    ones = torch.ones(batches, dtype=batch_means.dtype)
    mean = ones @ batch_means / batches
    variance = batch_variances.sum(dim=0) / (batches * (1 - 1 / batch_size))
    return mean, variance


# %% right population_statistics: lists of columns, put back into tensors of the same type
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    K = len(batch_means)
    means = [sum(column) / K for column in batch_means.T.tolist()]
    variances = [sum(column) / K * batch_size / (batch_size - 1) for column in batch_variances.T.tolist()]
    return torch.tensor(means, dtype=batch_means.dtype), torch.tensor(variances, dtype=batch_variances.dtype)


# %% right population_statistics: both averaged in one stacked tensor, the correction on a clone in place
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    both = torch.stack([batch_means, batch_variances]).mean(dim=1)
    variance = both[1].clone()
    variance *= batch_size
    variance /= batch_size - 1
    return both[0], variance


# %% wrong population_statistics: the variance is averaged without the factor B / (B - 1)


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    return batch_means.mean(dim=0), batch_variances.mean(dim=0)


# %% wrong population_statistics: the correction is turned over, (B - 1) / B where B / (B - 1) is asked


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = (batch_size - 1) / batch_size * batch_variances.mean(dim=0)
    return mean, variance


# %% wrong population_statistics: corrects by the number of batches, K / (K - 1), where the batch size is meant


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    K = batch_means.shape[0]
    mean = batch_means.sum(dim=0) / K
    variance = batch_variances.sum(dim=0) / max(K - 1, 1)
    return mean, variance


# %% wrong population_statistics: the factor B / (B - 1) is put on the mean too


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    correction = batch_size / (batch_size - 1)
    return correction * batch_means.mean(0), correction * batch_variances.mean(0)


# %% wrong population_statistics: returns the variance first and the mean second


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=0)
    mean = batch_means.mean(dim=0)
    return variance, mean


# %% wrong population_statistics: averages over the units (dim=1) where the batches are meant


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=1)
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=1)
    return mean, variance


# %% wrong population_statistics: averages over batches and units together, two single numbers come out


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean()
    variance = batch_variances.mean() * batch_size / (batch_size - 1)
    return mean, variance


# %% wrong population_statistics: takes the scatter of the batch means as the variance, batch_variances is ignored


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_size / (batch_size - 1) * ((batch_means - mean) ** 2).mean(dim=0)
    return mean, variance


# %% wrong population_statistics: adds the scatter of the batch means to the average variance in place of the factor


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    within = batch_variances.mean(dim=0)
    between = batch_means.var(dim=0, correction=0)
    return mean, within + between


# %% wrong population_statistics: returns the standard deviation, the root of the variance


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_variances.mean(dim=0) * batch_size / (batch_size - 1)
    return mean, variance.sqrt()


# %% wrong population_statistics: the variances are summed over the batches, not averaged


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0)
    variance = batch_size / (batch_size - 1) * batch_variances.sum(dim=0)
    return mean, variance


# %% wrong population_statistics: whole-number division, B // (B - 1) is 1 for all B above 2


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    factor = batch_size // (batch_size - 1)
    return batch_means.mean(dim=0), factor * batch_variances.mean(dim=0)


# %% wrong population_statistics: applies the correction in place to the caller's batch_variances


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    batch_variances *= batch_size / (batch_size - 1)
    return batch_means.mean(dim=0), batch_variances.mean(dim=0)


# %% wrong population_statistics: uses the last minibatch only


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    for mu, var in zip(batch_means, batch_variances):
        mean = mu
        variance = var * batch_size / (batch_size - 1)
    return mean, variance


# %% wrong population_statistics: the means are left unaveraged, one row for each batch


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    variance = batch_size / (batch_size - 1) * batch_variances.mean(dim=0)
    return batch_means, variance


# %% wrong population_statistics: takes the correction from a batch size of 64, the argument is ignored

BATCH = 64


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    return batch_means.mean(dim=0), BATCH / (BATCH - 1) * batch_variances.mean(dim=0)


# %% wrong population_statistics: the correction is applied twice, (B / (B - 1)) ** 2 in all
import torch



def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    factor = batch_size / (batch_size - 1)
    corrected = torch.stack([factor * v for v in batch_variances])
    return batch_means.mean(dim=0), factor * corrected.mean(dim=0)


# %% corner population_statistics: the given refusal of a batch of one is gone, the factor is taken as 1 there


def population_statistics(batch_means, batch_variances, batch_size):
    mean = batch_means.mean(dim=0)
    variance = batch_size / max(batch_size - 1, 1) * batch_variances.mean(dim=0)
    return mean, variance


# %% corner population_statistics: squeezes the results, so with one unit they have no axis left


def population_statistics(batch_means, batch_variances, batch_size):
    if batch_size < 2:
        raise ValueError(f"a batch of {batch_size} has no variance to learn from: use at least 2 examples")
    mean = batch_means.mean(dim=0, keepdim=True).squeeze()
    variance = batch_variances.mean(dim=0, keepdim=True).squeeze() * batch_size / (batch_size - 1)
    return mean, variance


# %% right update_running: the formula as it stands


def update_running(running, batch, *, momentum):
    return momentum * running + (1 - momentum) * batch


# %% right update_running: a step of 1 - m towards the batch


def update_running(running, batch, *, momentum):
    rate = 1 - momentum
    return running + rate * (batch - running)


# %% right update_running: torch.lerp from the batch towards the past
import torch



def update_running(running, batch, *, momentum):
    return torch.lerp(batch, running, momentum)


# %% right update_running: in-place work on a clone


def update_running(running, batch, *, momentum):
    new = running.clone()
    new *= momentum
    new += (1 - momentum) * batch
    return new


# %% right update_running: a loop over the entries, for any shape
import torch



def update_running(running, batch, *, momentum):
    m = float(momentum)
    entries = []
    for old, fresh in zip(running.flatten(), batch.flatten()):
        entries.append(m * old + (1.0 - m) * fresh)
    return torch.stack(entries).reshape(running.shape)


# %% right update_running: the torch convention inside, after turning the momentum round


def _torch_style(running, batch, momentum):
    return (1 - momentum) * running + momentum * batch


def update_running(running, batch, *, momentum):
    return _torch_style(running, batch, 1 - momentum)


# %% right update_running: both stacked and contracted with the two weights
import torch



def update_running(running, batch, *, momentum):
    weights = torch.tensor([momentum, 1 - momentum], dtype=running.dtype)
    return torch.einsum("k,k...->...", weights, torch.stack([running, batch]))


# %% right update_running: add with alpha, and the past when nothing is to be learned
import torch



def update_running(running, batch, *, momentum):
    if momentum == 1:
        return running.clone()
    return torch.mul(running, momentum).add(batch, alpha=1 - momentum)


# %% wrong update_running: the momentum weighs the batch, as in torch, where the past is meant


def update_running(running, batch, *, momentum):
    return (1 - momentum) * running + momentum * batch


# %% wrong update_running: the right value, but the caller's running tensor is changed in place


def update_running(running, batch, *, momentum):
    running *= momentum
    running += (1 - momentum) * batch
    return running


# %% wrong update_running: the past is kept in full, running + (1 - m) batch


def update_running(running, batch, *, momentum):
    return running + (1 - momentum) * batch


# %% wrong update_running: the batch is added in full, m running + batch, as a velocity is


def update_running(running, batch, *, momentum):
    new = momentum * running + batch
    return new


# %% wrong update_running: momentum fixed at 0.9, the argument is ignored


def update_running(running, batch, *, momentum=0.9):
    m = 0.9
    return m * running + (1 - m) * batch


# %% wrong update_running: computes the new value and returns nothing


def update_running(running, batch, *, momentum):
    running = momentum * running + (1 - momentum) * batch


# %% wrong update_running: divides by 1 - m as a bias correction would after one step


def update_running(running, batch, *, momentum):
    new = momentum * running + (1 - momentum) * batch
    if momentum < 1:
        new = new / (1 - momentum)
    return new


# %% wrong update_running: the batch is squared before it is averaged, as RMSProp does


def update_running(running, batch, *, momentum):
    return momentum * running + (1 - momentum) * batch**2


# %% wrong update_running: the plain average of past and batch, the momentum is not used


def update_running(running, batch, *, momentum):
    return (running + batch) / 2


# %% wrong update_running: minus in front of the batch


def update_running(running, batch, *, momentum):
    return momentum * running - (1 - momentum) * batch


# %% wrong update_running: both terms get the weight m


def update_running(running, batch, *, momentum):
    return momentum * (running + batch)


# %% wrong update_running: brackets missing, the past enters as m running + 1 - m batch


def update_running(running, batch, *, momentum):
    return momentum * running + 1 - momentum * batch


# %% wrong update_running: returns one float, the mean over the units, where a tensor is asked


def update_running(running, batch, *, momentum):
    new = momentum * running + (1 - momentum) * batch
    return new.mean().item()


# %% wrong update_running: keeps its own state in a global and looks at the running value in the first call only

state = {}


def update_running(running, batch, *, momentum):
    if "running" not in state:
        state["running"] = running
    state["running"] = momentum * state["running"] + (1 - momentum) * batch
    return state["running"]


# %% wrong update_running: averages the batch over its first axis first, though it is a statistic already


def update_running(running, batch, *, momentum):
    batch_mean = batch.mean(dim=0)
    return momentum * running + (1 - momentum) * batch_mean


# %% wrong update_running: computes in float32 and converts back
import torch



def update_running(running, batch, *, momentum):
    weights = torch.tensor([momentum, 1 - momentum], dtype=torch.float32)
    new = weights[0] * running.float() + weights[1] * batch.float()
    return new.to(running.dtype)


# %% corner update_running: momentum 0 counts as not given and becomes 0.9


def update_running(running, batch, *, momentum):
    momentum = momentum or 0.9
    return momentum * running + (1 - momentum) * batch


# %% corner update_running: with momentum 1 it returns the batch where the past is to be kept


def update_running(running, batch, *, momentum):
    if momentum >= 1:
        return batch.clone()
    return batch + momentum * (running - batch)


# %% right batch_norm_eval: one line
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


# %% right batch_norm_eval: row by row
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    s = (variance + eps) ** 0.5
    out = torch.empty_like(x)
    for i, row in enumerate(x):
        u = (row - mean) / s
        out[i] = gamma * u + beta
    return out


# %% right batch_norm_eval: unit by unit with float numbers
import torch

import math


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    columns = []
    for k in range(x.shape[1]):
        s = math.sqrt(variance[k].item() + eps)
        columns.append(gamma[k] * (x[:, k] - mean[k]) / s + beta[k])
    return torch.stack(columns, dim=1)


# %% right batch_norm_eval: torch's functional batch_norm with training off
import torch.nn.functional as F



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return F.batch_norm(x, mean, variance, weight=gamma, bias=beta, training=False, eps=eps)


# %% right batch_norm_eval: one scale and one shift, x * scale + shift
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    scale = gamma * torch.rsqrt(variance + eps)
    shift = beta - mean * scale
    return x * scale + shift


# %% right batch_norm_eval: numpy inside, a tensor outside
import numpy as np
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    a, m, v, g, b = (value.detach().numpy() for value in (x, mean, variance, gamma, beta))
    out = g * (a - m) / np.sqrt(v + eps) + b
    return torch.from_numpy(out)


# %% right batch_norm_eval: a product with a diagonal matrix, and a helper
import torch



def standardize(x, mean, variance, eps):
    return (x - mean) @ torch.diag(1 / (variance + eps).sqrt())


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = standardize(x, mean, variance, eps)
    return torch.einsum("ij,j->ij", u, gamma) + beta


# %% right batch_norm_eval: in-place work on a copy
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    out = x.clone()
    out -= mean
    out /= torch.sqrt(variance + eps)
    out *= gamma
    out += beta
    return out


# %% wrong batch_norm_eval: normalizes by the mean and variance of x itself, the given ones are ignored
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    mu = x.mean(dim=0)
    var = x.var(dim=0, correction=0)
    u = (x - mu) / torch.sqrt(var + eps)
    return gamma * u + beta


# %% wrong batch_norm_eval: subtracts the mean of x and divides by the given deviation
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    centred = x - x.mean(dim=0)
    return gamma * centred / torch.sqrt(variance + eps) + beta


# %% wrong batch_norm_eval: no eps under the root


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / variance.sqrt()
    return gamma * u + beta


# %% wrong batch_norm_eval: eps is added to the root, not to the variance
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / (torch.sqrt(variance) + eps)
    return u * gamma + beta


# %% wrong batch_norm_eval: divides by variance + eps, without the root


def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / (variance + eps)
    return u * gamma + beta


# %% wrong batch_norm_eval: takes the given variance for a deviation and squares it
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    std = variance
    u = (x - mean) / torch.sqrt(std**2 + eps)
    return gamma * u + beta


# %% wrong batch_norm_eval: corrects the variance by n / (n - 1) once more, though it is ready to use
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    n = x.shape[0]
    if n > 1:
        variance = variance * n / (n - 1)
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


# %% wrong batch_norm_eval: beta is forgotten
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    s = torch.sqrt(variance + eps)
    return gamma * (x - mean) / s


# %% wrong batch_norm_eval: gamma and beta have changed places
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / torch.sqrt(variance + eps)
    return beta * u + gamma


# %% wrong batch_norm_eval: a bracket is missing, only the mean is divided by the deviation
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return gamma * (x - mean / torch.sqrt(variance + eps)) + beta


# %% wrong batch_norm_eval: eps fixed at 1e-5, the argument is ignored
import torch.nn.functional as F



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return F.batch_norm(x, mean, variance, gamma, beta)


# %% wrong batch_norm_eval: works in place on the caller's x
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    x -= mean
    x /= torch.sqrt(variance + eps)
    x *= gamma
    x += beta
    return x


# %% wrong batch_norm_eval: returns the pair of output and cache, as in training
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    s = torch.sqrt(variance + eps)
    u = (x - mean) / s
    out = gamma * u + beta
    return out, (u, s, gamma)


# %% wrong batch_norm_eval: beta is added before gamma multiplies, gamma * (u + beta)
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) * torch.rsqrt(variance + eps)
    return gamma * (u + beta)


# %% wrong batch_norm_eval: mixes the given statistics with those of x, half and half
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    mu = 0.5 * mean + 0.5 * x.mean(dim=0)
    var = 0.5 * variance + 0.5 * x.var(dim=0, correction=0)
    return gamma * (x - mu) / torch.sqrt(var + eps) + beta


# %% wrong batch_norm_eval: adds the mean where it is to be subtracted
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    scale = gamma / torch.sqrt(variance + eps)
    shift = beta + mean * scale
    return x * scale + shift


# %% wrong batch_norm_eval: the shift is beta - mean, the mean is not multiplied by gamma / s
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    scale = gamma / torch.sqrt(variance + eps)
    shift = beta - mean
    return x * scale + shift


# %% wrong batch_norm_eval: computes in float32 and converts back
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    x32, m, v, g, b = [t.float() for t in (x, mean, variance, gamma, beta)]
    out = g * (x32 - m) / torch.sqrt(v + eps) + b
    return out.to(x.dtype)


# %% corner batch_norm_eval: for one example it returns beta, as in training
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    if x.shape[0] == 1:
        return beta.expand_as(x).clone()
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


# %% corner batch_norm_eval: squeezes the output, so one example loses its first axis
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    u = (x - mean) / torch.sqrt(variance + eps)
    return (gamma * u + beta).squeeze()


# %% right fold_batch_norm: the formula as it stands
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean) + beta


# %% right fold_batch_norm: a loop over the units, rows stacked
import math
import torch




def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    rows, biases = [], []
    for k in range(weight.shape[0]):
        s = gamma[k] / math.sqrt(variance[k].item() + eps)
        rows.append(s * weight[k])
        biases.append(s * (bias[k] - mean[k]) + beta[k])
    return torch.stack(rows), torch.stack(biases)


# %% right fold_batch_norm: a diagonal matrix in front of the weight
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    S = torch.diag(gamma * (variance + eps).rsqrt())
    new_weight = S @ weight
    new_bias = S @ (bias - mean) + beta
    return new_weight, new_bias


# %% right fold_batch_norm: transposed twice so that the factor goes along the last axis


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / (variance + eps) ** 0.5
    new_weight = (weight.T * factor).T
    new_bias = factor * bias - factor * mean + beta
    return new_weight, new_bias


# %% right fold_batch_norm: the new bias is what the normalization makes of the old one
import torch



def batch_norm_eval(x, mean, variance, gamma, beta, *, eps):
    return gamma * (x - mean) / torch.sqrt(variance + eps) + beta


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    new_bias = batch_norm_eval(bias[None, :], mean, variance, gamma, beta, eps=eps)[0]
    zero = torch.zeros_like(mean)
    new_weight = batch_norm_eval(weight.T, zero, variance, gamma, zero, eps=eps).T
    return new_weight, new_bias


# %% right fold_batch_norm: torch's own fusion of a linear layer with a batch norm
from torch.nn.utils.fusion import fuse_linear_bn_weights


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    new_weight, new_bias = fuse_linear_bn_weights(weight, bias, mean, variance, eps, gamma, beta)
    return new_weight.detach(), new_bias.detach()


# %% right fold_batch_norm: numpy inside, tensors outside
import numpy as np
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    w, b, m, v, g, t = (value.detach().numpy() for value in (weight, bias, mean, variance, gamma, beta))
    scale = g / np.sqrt(v + eps)
    return torch.from_numpy(scale.reshape(-1, 1) * w), torch.from_numpy((b - m) * scale + t)


# %% right fold_batch_norm: in-place work on clones
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    root = torch.sqrt(variance + eps)
    new_weight, new_bias = weight.clone(), bias.clone()
    new_weight *= (gamma / root).unsqueeze(1)
    new_bias -= mean
    new_bias *= gamma / root
    new_bias += beta
    return new_weight, new_bias


# %% wrong fold_batch_norm: the factor multiplies columns, which fits only where units and inputs are equally many
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    return factor * weight, factor * (bias - mean) + beta


# %% wrong fold_batch_norm: the mean is left out of the new bias
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * bias + beta


# %% wrong fold_batch_norm: the old bias is left out, as if the layer in front had none
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_weight = weight * s.view(-1, 1)
    new_bias = beta - s * mean
    return new_weight, new_bias


# %% wrong fold_batch_norm: beta is inside the bracket and is multiplied by the factor too
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean + beta)


# %% wrong fold_batch_norm: the old bias is not multiplied by the factor, only the mean is
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_weight = s[:, None] * weight
    new_bias = bias + beta - s * mean
    return new_weight, new_bias


# %% wrong fold_batch_norm: the mean is outside the fraction, factor * bias - mean + beta
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    factor = gamma / torch.sqrt(variance + eps)
    new_bias = factor * bias - mean + beta
    return factor.unsqueeze(1) * weight, new_bias


# %% wrong fold_batch_norm: the mean is added to the old bias where it is to be subtracted
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias + mean) + beta


# %% wrong fold_batch_norm: the weight is returned as it was, only the bias is folded
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_bias = s * (bias - mean) + beta
    return weight, new_bias


# %% wrong fold_batch_norm: divides by the variance plus eps, without the root


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    scale = gamma / (variance + eps)
    return scale[:, None] * weight, scale * (bias - mean) + beta


# %% wrong fold_batch_norm: no eps under the root
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance)
    return torch.diag(s) @ weight, s * (bias - mean) + beta


# %% wrong fold_batch_norm: eps is added to the deviation, outside the root


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    std = variance.sqrt()
    s = gamma / (std + eps)
    return s[:, None] * weight, s * (bias - mean) + beta


# %% wrong fold_batch_norm: returns the new bias first and the new weight second
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_bias = s * (bias - mean) + beta
    new_weight = s.reshape(-1, 1) * weight
    return new_bias, new_weight


# %% wrong fold_batch_norm: returns the new weight transposed, of shape (inputs, units)
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    new_weight = weight.T * s
    return new_weight, s * (bias - mean) + beta


# %% wrong fold_batch_norm: changes the caller's weight and bias in place
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    weight *= s[:, None]
    bias -= mean
    bias *= s
    bias += beta
    return weight, bias


# %% wrong fold_batch_norm: gamma is left out of the factor
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = 1 / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean) + beta


# %% wrong fold_batch_norm: gamma is in the factor of the weight but not in that of the bias
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    root = torch.sqrt(variance + eps)
    new_weight = (gamma / root)[:, None] * weight
    new_bias = (bias - mean) / root + beta
    return new_weight, new_bias


# %% wrong fold_batch_norm: beta is not in the new bias
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    return s[:, None] * weight, s * (bias - mean)


# %% wrong fold_batch_norm: returns a torch.nn.Linear in place of weight and bias
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma / torch.sqrt(variance + eps)
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(s[:, None] * weight)
        layer.bias.copy_(s * (bias - mean) + beta)
    return layer


# %% wrong fold_batch_norm: computes in float32 and converts back
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = (gamma.float() / torch.sqrt(variance.float() + eps))
    new_weight = s[:, None] * weight.float()
    new_bias = s * (bias.float() - mean.float()) + beta.float()
    return new_weight.to(weight.dtype), new_bias.to(bias.dtype)


# %% wrong fold_batch_norm: eps fixed at 1e-5, the argument is ignored
import torch


EPS = 1e-5


def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = gamma * torch.rsqrt(variance + EPS)
    return torch.einsum("k,kj->kj", s, weight), s * (bias - mean) + beta


# %% corner fold_batch_norm: a unit of variance zero gets the factor zero where gamma over the root of eps is asked
import torch



def fold_batch_norm(weight, bias, mean, variance, gamma, beta, *, eps):
    s = torch.where(variance > 0, gamma / torch.sqrt(variance + eps), torch.zeros_like(gamma))
    return s[:, None] * weight, s * (bias - mean) + beta
