# %% right gd_step: the formula as it stands
def gd_step(theta, grad, *, lr):
    return theta - lr * grad

# %% right gd_step: torch.sub with alpha
import torch


def gd_step(theta, grad, *, lr):
    return torch.sub(theta, grad, alpha=lr)

# %% right gd_step: in-place work on a copy
def gd_step(theta, grad, *, lr):
    new = theta.clone()
    new -= lr * grad
    return new

# %% right gd_step: a loop over the flattened entries
import torch


def gd_step(theta, grad, *, lr):
    flat_theta = theta.reshape(-1)
    flat_grad = grad.reshape(-1)
    result = torch.empty_like(flat_theta)
    for i in range(flat_theta.numel()):
        result[i] = flat_theta[i] - lr * flat_grad[i]
    return result.reshape(theta.shape)

# %% right gd_step: a named step that is added, with a helper function
def step_of(grad, lr):
    return -lr * grad

def gd_step(theta, grad, *, lr):
    step = step_of(grad, lr)
    new_theta = theta + step
    return new_theta

# %% right gd_step: preallocated result, out of place add
import torch


def gd_step(theta, grad, *, lr):
    result = torch.zeros_like(theta)
    result += theta
    result.add_(grad, alpha=-lr)
    return result

# %% wrong gd_step: adds the step instead of subtracting it
def gd_step(theta, grad, *, lr):
    return theta + lr * grad

# %% wrong gd_step: overwrites the caller's theta in place
def gd_step(theta, grad, *, lr):
    theta.sub_(lr * grad)
    return theta

# %% wrong gd_step: the learning rate is ignored, the whole gradient is subtracted
def gd_step(theta, grad, *, lr):
    new_theta = theta - grad
    return new_theta

# %% wrong gd_step: a constant rate of 0.1 stands in the place of lr
def gd_step(theta, grad, *, lr):
    lr = 0.1
    return theta - lr * grad

# %% wrong gd_step: returns only the step -lr * grad and not the new point
def gd_step(theta, grad, *, lr):
    step = -lr * grad
    return step

# %% wrong gd_step: divides the gradient by its norm, so that every step has the length lr
def gd_step(theta, grad, *, lr):
    direction = grad / grad.norm()
    return theta - lr * direction

# %% wrong gd_step: uses only the sign of the gradient
import torch


def gd_step(theta, grad, *, lr):
    return theta - lr * torch.sign(grad)

# %% wrong gd_step: theta and grad are swapped in the formula
def gd_step(theta, grad, *, lr):
    return grad - lr * theta

# %% wrong gd_step: brackets misplaced, the whole difference is multiplied by lr
def gd_step(theta, grad, *, lr):
    return lr * (theta - grad)

# %% wrong gd_step: an extra factor 2 on the step
def gd_step(theta, grad, *, lr):
    return theta - 2 * lr * grad

# %% wrong gd_step: subtracts the mean of the gradient's entries from every entry
def gd_step(theta, grad, *, lr):
    return theta - lr * grad.mean()

# %% wrong gd_step: computes in float32 and casts back, so that float64 loses digits
import torch


def gd_step(theta, grad, *, lr):
    t = theta.to(torch.float32)
    g = grad.to(torch.float32)
    return (t - lr * g).to(theta.dtype)

# %% wrong gd_step: scales the caller's gradient in place
def gd_step(theta, grad, *, lr):
    grad *= lr
    return theta - grad

# %% wrong gd_step: returns a tuple of the new point and the gradient
def gd_step(theta, grad, *, lr):
    theta = theta - lr * grad
    return theta, grad

# %% wrong gd_step: updates only the first two entries of the first axis, whatever the shape
import torch


def gd_step(theta, grad, *, lr):
    a = theta[0] - lr * grad[0]
    b = theta[1] - lr * grad[1]
    return torch.stack([a, b])

# %% wrong gd_step: prints the new point and returns nothing
def gd_step(theta, grad, *, lr):
    new_theta = theta - lr * grad
    print(new_theta.shape)

# %% corner gd_step: a tensor without axes (a scalar parameter) cannot be iterated and raises an error
import torch


def gd_step(theta, grad, *, lr):
    return torch.stack([t - lr * g for t, g in zip(theta, grad)])

# %% right descent_path: broken_path with a new tensor in each step
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% right descent_path: preallocated tensor filled row by row
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = torch.empty(n_steps + 1, len(theta0), dtype=theta0.dtype, device=theta0.device)
    path[0] = theta0
    for k in range(n_steps):
        path[k + 1] = path[k] - lr * grad_fn(path[k])
    return path

# %% right descent_path: keeps -= but works on a copy and stores copies
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = [theta.clone()]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path, dim=0)

# %% right descent_path: calls gd_step on the last point of the list
import torch


def gd_step(theta, grad, *, lr):
    return theta - lr * grad

def descent_path(grad_fn, theta0, *, lr, n_steps):
    points = [theta0]
    while len(points) < n_steps + 1:
        last = points[-1]
        points.append(gd_step(last, grad_fn(last), lr=lr))
    return torch.vstack(points)

# %% right descent_path: recursion with concatenation
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    first = theta0.reshape(1, -1)
    if n_steps == 0:
        return first.clone()
    rest = descent_path(grad_fn, theta0 - lr * grad_fn(theta0), lr=lr, n_steps=n_steps - 1)
    return torch.cat([first, rest], dim=0)

# %% right descent_path: itertools.accumulate over the steps
import torch

import itertools


def descent_path(grad_fn, theta0, *, lr, n_steps):
    points = itertools.accumulate(range(n_steps), lambda theta, _: theta - lr * grad_fn(theta), initial=theta0)
    return torch.stack(list(points))

# %% right descent_path: stores rows as Python lists and makes one tensor of them
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    rows = [theta.tolist()]
    for k in range(1, n_steps + 1):
        theta = theta - lr * grad_fn(theta)
        rows.append(theta.tolist())
    return torch.tensor(rows, dtype=theta0.dtype, device=theta0.device)

# %% wrong descent_path: broken_path unrepaired, all rows are one tensor and the start is overwritten
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: the start is copied, but one tensor is changed in place, so that all rows are the last point
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: the rows are right, but the caller's theta0 is overwritten by the steps
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta.clone()]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path)

# %% wrong descent_path: stores the point before each step, so that the point after the last step is missing
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = torch.zeros(n_steps, theta0.shape[0], dtype=theta0.dtype)
    for k in range(n_steps):
        path[k] = theta
        theta = theta - lr * grad_fn(theta)
    return path

# %% wrong descent_path: the start is not part of the path (n_steps rows)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta, path = theta0, []
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path) if path else theta0.new_zeros(0, len(theta0))

# %% wrong descent_path: takes the gradient at theta0 in every step
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    grad = grad_fn(theta0)
    theta = theta0
    path = [theta0]
    for _ in range(n_steps):
        theta = theta - lr * grad
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: climbs, the step has a plus sign
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = [theta0.clone()]
    for i in range(n_steps):
        path.append(path[i] + lr * grad_fn(path[i]))
    return torch.stack(path)

# %% wrong descent_path: takes one step too many (n_steps + 2 rows)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps + 1):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: returns a Python list of points, not one tensor
def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return path

# %% wrong descent_path: returns only the last point
def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
    return theta

# %% wrong descent_path: stacks the points as columns, shape (d, n_steps + 1)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path, dim=1)

# %% wrong descent_path: joins the points with cat to one long vector
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.cat(path)

# %% wrong descent_path: the path is a tensor of the default type float32 also for a float64 start
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = torch.zeros(n_steps + 1, len(theta0))
    theta = theta0
    path[0] = theta
    for k in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path[k + 1] = theta
    return path

# %% wrong descent_path: the first row stays zero, since the start is never written into it
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = torch.zeros((n_steps + 1, theta0.numel()), dtype=theta0.dtype)
    theta = theta0
    for k in range(1, n_steps + 1):
        theta = theta - lr * grad_fn(theta)
        path[k] = theta
    return path

# %% wrong descent_path: the rate is divided by the number of the step
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for k in range(n_steps):
        theta = theta - lr / (k + 1) * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: inserts each point in front, so that the path runs backwards
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = [theta0]
    for _ in range(n_steps):
        path.insert(0, path[0] - lr * grad_fn(path[0]))
    return torch.stack(path)

# %% wrong descent_path: the rate of the example, 0.5, stands in the place of lr
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - 0.5 * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)

# %% wrong descent_path: stores the gradients of the visited points in place of the points
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta0]
    for _ in range(n_steps):
        grad = grad_fn(theta)
        theta = theta - lr * grad
        path.append(grad)
    return torch.stack(path)

# %% corner descent_path: with no steps it returns theta0 of shape (d,) and not (1, d)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    if n_steps == 0:
        return theta0.clone()
    path = [theta0]
    for _ in range(n_steps):
        path.append(path[-1] - lr * grad_fn(path[-1]))
    return torch.stack(path)

# %% corner descent_path: with no steps it stacks an empty list of steps and raises an error
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta, steps = theta0, []
    for _ in range(n_steps):
        steps.append(-lr * grad_fn(theta))
        theta = theta + steps[-1]
    moved = theta0 + torch.cumsum(torch.stack(steps), dim=0)
    return torch.cat([theta0[None], moved])

# %% right fit_line: the way of the hint, with gd_step
import torch


def gd_step(theta, grad, *, lr):
    return theta - lr * grad

def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        grad = torch.stack([2 * r.mean(), 2 * (r * x).mean()])
        theta = gd_step(theta, grad, lr=lr)
    return theta

# %% right fit_line: design matrix and matrix products
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    n = x.shape[0]
    X = torch.stack([torch.ones_like(x), x], dim=1)
    theta = theta0.clone()
    for _ in range(n_steps):
        theta = theta - lr * (2 / n) * (X.T @ (X @ theta - y))
    return theta

# %% right fit_line: autograd of the mean squared error
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.detach().clone()
    for _ in range(n_steps):
        theta.requires_grad_(True)
        loss = ((theta[0] + theta[1] * x - y) ** 2).mean()
        (grad,) = torch.autograd.grad(loss, theta)
        theta = theta.detach() - lr * grad
    return theta

# %% right fit_line: torch.optim.SGD
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = torch.nn.Parameter(theta0.detach().clone())
    opt = torch.optim.SGD([theta], lr=lr)
    for _ in range(n_steps):
        opt.zero_grad()
        loss = torch.nn.functional.mse_loss(theta[0] + theta[1] * x, y)
        loss.backward()
        opt.step()
    return theta.detach()

# %% right fit_line: loops over the points in plain Python numbers
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    a, b = theta0[0].item(), theta0[1].item()
    xs, ys = x.tolist(), y.tolist()
    n = len(xs)
    for _ in range(n_steps):
        ga = gb = 0.0
        for xi, yi in zip(xs, ys):
            r = a + b * xi - yi
            ga += 2 * r / n
            gb += 2 * r * xi / n
        a, b = a - lr * ga, b - lr * gb
    return torch.tensor([a, b], dtype=theta0.dtype, device=theta0.device)

# %% right fit_line: numpy inside, a tensor of the given type outside
import torch

import numpy as np


def fit_line(x, y, theta0, *, lr, n_steps):
    xn, yn = x.cpu().numpy(), y.cpu().numpy()
    theta = theta0.cpu().numpy().copy()
    for _ in range(n_steps):
        r = theta[0] + theta[1] * xn - yn
        grad = np.array([2 * np.mean(r), 2 * np.mean(r * xn)])
        theta = theta - lr * grad
    return torch.as_tensor(theta, dtype=theta0.dtype, device=theta0.device)

# %% right fit_line: the normal matrix is made once, the gradient is 2 (A theta - b)
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    X = torch.stack((torch.ones_like(x), x))
    A = X @ X.T / len(x)
    b = X @ y / len(x)
    theta = theta0
    for _ in range(n_steps):
        theta = theta - 2 * lr * (A @ theta - b)
    return theta

# %% right fit_line: calls descent_path with a gradient function and takes the last row
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = [theta0]
    for _ in range(n_steps):
        path.append(path[-1] - lr * grad_fn(path[-1]))
    return torch.stack(path)

def fit_line(x, y, theta0, *, lr, n_steps):
    def gradient(theta):
        r = theta[0] + theta[1] * x - y
        return 2 / len(x) * torch.stack([r.sum(), torch.einsum("i,i->", r, x)])

    return descent_path(gradient, theta0, lr=lr, n_steps=n_steps)[-1]

# %% wrong fit_line: the factor 2 of the gradient is missing
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        theta = theta - lr * torch.stack([r.mean(), (r * x).mean()])
    return theta

# %% wrong fit_line: sums over the points where the mean is asked
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    X = torch.stack([torch.ones_like(x), x], dim=1)
    theta = theta0
    for _ in range(n_steps):
        theta = theta - lr * 2 * X.T @ (X @ theta - y)
    return theta

# %% wrong fit_line: the slope's derivative is worked out with the intercept that has already moved
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    a, b = theta0[0], theta0[1]
    for _ in range(n_steps):
        a = a - lr * 2 * (a + b * x - y).mean()
        b = b - lr * 2 * ((a + b * x - y) * x).mean()
    return torch.stack([a, b])

# %% wrong fit_line: the residual is y minus prediction, but the gradient keeps its sign, so that it climbs
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.clone()
    n = len(x)
    for _ in range(n_steps):
        r = y - (theta[0] + theta[1] * x)
        g0 = 2 / n * r.sum()
        g1 = 2 / n * (r * x).sum()
        theta = theta - lr * torch.stack([g0, g1])
    return theta

# %% wrong fit_line: the factor x is missing in the derivative for the slope
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        g = 2 * r.mean()
        theta = theta - lr * torch.stack([g, g])
    return theta

# %% wrong fit_line: takes theta[0] as the slope and theta[1] as the intercept
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] * x + theta[1] - y
        grad = torch.stack([2 * (r * x).mean(), 2 * r.mean()])
        theta = theta - lr * grad
    return theta

# %% wrong fit_line: returns slope and intercept in the wrong order
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    b0, b1 = theta0
    for _ in range(n_steps):
        r = b0 + b1 * x - y
        d0, d1 = 2 * r.mean(), 2 * (r * x).mean()
        b0, b1 = b0 - lr * d0, b1 - lr * d1
    return torch.stack([b1, b0])

# %% wrong fit_line: the two derivatives are stacked in the wrong order
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        grad = torch.stack([2 * (r * x).mean(), 2 * r.mean()])
        theta = theta - lr * grad
    return theta

# %% wrong fit_line: starts at zero and ignores theta0
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = torch.zeros_like(theta0)
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        theta = theta - lr * 2 * torch.stack([r.mean(), (r * x).mean()])
    return theta

# %% wrong fit_line: overwrites the caller's theta0 in place
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        theta -= lr * torch.stack([2 * r.mean(), 2 * (r * x).mean()])
    return theta

# %% wrong fit_line: each step uses a single point, one after another, instead of all points
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for k in range(n_steps):
        i = k % len(x)
        r = theta[0] + theta[1] * x[i] - y[i]
        theta = theta - lr * 2 * torch.stack([r, r * x[i]])
    return theta

# %% wrong fit_line: takes one step too few
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for k in range(1, n_steps):
        r = theta[0] + theta[1] * x - y
        theta = theta - lr * torch.stack([2 * r.mean(), 2 * (r * x).mean()])
    return theta

# %% wrong fit_line: the residuals are computed once before the loop and not renewed
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    residuals = theta[0] + theta[1] * x - y
    for _ in range(n_steps):
        grad = torch.stack([2 * residuals.mean(), 2 * (residuals * x).mean()])
        theta = theta - lr * grad
    return theta

# %% wrong fit_line: returns the whole path and not the last point
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    path = [theta0]
    for _ in range(n_steps):
        theta = path[-1]
        r = theta[0] + theta[1] * x - y
        path.append(theta - lr * torch.stack([2 * r.mean(), 2 * (r * x).mean()]))
    return torch.stack(path)

# %% wrong fit_line: returns a tuple of two Python numbers, not a tensor
def fit_line(x, y, theta0, *, lr, n_steps):
    a, b = theta0.tolist()
    for _ in range(n_steps):
        r = a + b * x - y
        da, db = (2 * r.mean()).item(), (2 * (r * x).mean()).item()
        a -= lr * da
        b -= lr * db
    return a, b

# %% wrong fit_line: torch.tensor([...]) of Python numbers makes the gradient float32, so that float64 loses digits
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        grad = torch.tensor([2 * r.mean().item(), 2 * (r * x).mean().item()])
        theta = theta - lr * grad
    return theta

# %% wrong fit_line: returns the best line in closed form, whatever the rate and the number of steps
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    intercept = y.mean() - slope * x.mean()
    return torch.stack([intercept, slope])

# %% wrong fit_line: descends the root of the mean squared error
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.detach().clone().requires_grad_(True)
    for _ in range(n_steps):
        loss = (theta[0] + theta[1] * x - y).square().mean().sqrt()
        grad = torch.autograd.grad(loss, theta)[0]
        theta = (theta - lr * grad).detach().requires_grad_(True)
    return theta.detach()

# %% wrong fit_line: .grad is never set to zero, so that the gradients of all steps add up
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.detach().clone().requires_grad_(True)
    for _ in range(n_steps):
        loss = ((theta[0] + theta[1] * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            theta -= lr * theta.grad
    return theta.detach()

# %% wrong fit_line: a column of predictions minus a vector of targets broadcasts to n times n residuals
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    X = torch.stack([torch.ones_like(x), x], dim=1)
    theta = theta0.reshape(2, 1)
    for _ in range(n_steps):
        residuals = X @ theta - y
        g0 = 2 * residuals.mean()
        g1 = 2 * (residuals * x[:, None]).mean()
        theta = theta - lr * torch.stack([g0, g1]).reshape(2, 1)
    return theta.reshape(2)

# %% corner fit_line: with no steps the name that is returned has never been assigned
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    old = theta0
    for _ in range(n_steps):
        r = old[0] + old[1] * x - y
        new = old - lr * torch.stack([2 * r.mean(), 2 * (r * x).mean()])
        old = new
    return new
