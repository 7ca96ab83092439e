# %% right gd_step: the formula as it stands
import torch


def gd_step(theta, grad, *, lr):
    return theta - lr * grad


# %% right gd_step: adds the step in the direction of the negative gradient
import torch


def gd_step(theta, grad, *, lr):
    direction = -grad
    step = lr * direction
    return step + theta


# %% right gd_step: torch.sub with alpha
import torch


def gd_step(theta, grad, *, lr):
    return torch.sub(theta, grad, alpha=lr)


# %% right gd_step: in place on a copy
import torch


def gd_step(theta, grad, *, lr):
    new_theta = theta.clone()
    new_theta -= lr * grad
    return new_theta


# %% right gd_step: a loop over all entries of a flattened copy
import torch


def gd_step(theta, grad, *, lr):
    new = theta.clone().reshape(-1)
    slopes = grad.reshape(-1)
    for i in range(len(new)):
        new[i] = new[i] - lr * slopes[i]
    return new.reshape(theta.shape)


# %% right gd_step: torch.optim.SGD on a parameter of its own
import torch


def gd_step(theta, grad, *, lr):
    parameter = torch.nn.Parameter(theta.detach().clone())
    parameter.grad = grad.detach().clone()
    torch.optim.SGD([parameter], lr=lr).step()
    return parameter.detach()


# %% wrong gd_step: adds lr * grad instead of subtracting it, so it goes uphill
import torch


def gd_step(theta, grad, *, lr):
    return theta + lr * grad


# %% wrong gd_step: subtracts in place, so the caller's theta is changed
import torch


def gd_step(theta, grad, *, lr):
    theta.sub_(grad * lr)
    return theta


# %% wrong gd_step: returns the step -lr * grad alone, without theta
import torch


def gd_step(theta, grad, *, lr):
    step = -lr * grad
    return step


# %% wrong gd_step: ignores lr and subtracts the whole gradient
import torch


def gd_step(theta, grad, *, lr):
    new_theta = theta - grad
    return new_theta


# %% wrong gd_step: computes the new point but returns nothing
import torch


def gd_step(theta, grad, *, lr):
    theta = theta - lr * grad


# %% wrong gd_step: always answers in float32, also where theta is float64
import torch


def gd_step(theta, grad, *, lr):
    theta = theta.to(torch.float32)
    grad = grad.to(torch.float32)
    return theta - lr * grad


# %% wrong gd_step: divides the gradient by its norm, so every step has the length lr
import torch


def gd_step(theta, grad, *, lr):
    direction = grad / (grad.norm() + 1e-12)
    return theta - lr * direction


# %% wrong gd_step: uses the constant rate 0.01 instead of the lr that is passed
import torch


def gd_step(theta, grad, *, lr):
    learning_rate = 0.01
    return theta - learning_rate * grad


# %% wrong gd_step: multiplies the caller's grad by lr in place (the returned point is right)
import torch


def gd_step(theta, grad, *, lr):
    grad *= lr
    return theta - grad


# %% wrong gd_step: multiplies theta by lr as well, lr * (theta - grad)
import torch


def gd_step(theta, grad, *, lr):
    return lr * (theta - grad)


# %% corner gd_step: fails for a theta without axes (a single number), whose len() does not exist
import torch


def gd_step(theta, grad, *, lr):
    result = torch.zeros_like(theta)
    for i in range(len(theta)):
        result[i] = theta[i] - lr * grad[i]
    return result


# %% right descent_path: the broken path with a new tensor for every step
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


# %% right descent_path: fills a table that is made beforehand
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = theta0.new_zeros((n_steps + 1, theta0.shape[0]))
    path[0] = theta0
    for k in range(1, n_steps + 1):
        before = path[k - 1].clone()
        path[k] = before - lr * grad_fn(before)
    return path


# %% right descent_path: in place on a copy of the start, and a copy of every point is kept
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = [theta.clone()]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path, dim=0)


# %% right descent_path: itertools.accumulate instead of a loop
from itertools import accumulate

import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    points = accumulate(range(n_steps), lambda theta, _: theta - lr * grad_fn(theta), initial=theta0)
    return torch.stack(list(points))


# %% right descent_path: grows the table row by row with torch.cat
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = theta0.clone().unsqueeze(0)
    while len(path) < n_steps + 1:
        last = path[-1]
        new = last - lr * grad_fn(last)
        path = torch.cat([path, new.unsqueeze(0)])
    return path


# %% right descent_path: rows as lists of numbers, with gd_step
import torch


def gd_step(theta, grad, *, lr):
    return theta - lr * grad


def descent_path(grad_fn, theta0, *, lr, n_steps):
    rows = [theta0.tolist()]
    theta = theta0
    for _ in range(n_steps):
        theta = gd_step(theta, grad_fn(theta), lr=lr)
        rows.append(theta.tolist())
    return torch.tensor(rows, dtype=theta0.dtype, device=theta0.device)


# %% wrong descent_path: the broken path unrepaired: in place on theta0, so all rows are alike and theta0 is changed
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


# %% wrong descent_path: copies theta0 once but appends the same tensor each time, so all rows are the last point
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = [theta]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


# %% wrong descent_path: returns the right path but moves the caller's theta0 in place
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta.clone()]
    for _ in range(n_steps):
        theta -= lr * grad_fn(theta)
        path.append(theta.clone())
    return torch.stack(path)


# %% wrong descent_path: the start is missing, only the n_steps points after the steps are returned
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = torch.zeros(n_steps, len(theta0), dtype=theta0.dtype, device=theta0.device)
    theta = theta0
    for k in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path[k] = theta
    return path


# %% wrong descent_path: one step too few, the point after the last step is missing
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = [theta0]
    theta = theta0
    for _ in range(1, n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path)


# %% wrong descent_path: takes the gradient at theta0 for every step instead of at the current point
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    grad = grad_fn(theta0)
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad
        path.append(theta)
    return torch.stack(path)


# %% wrong descent_path: adds lr times the gradient, so it climbs
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = [theta0]
    for _ in range(n_steps):
        path.append(path[-1] + lr * grad_fn(path[-1]))
    return torch.stack(path)


# %% wrong descent_path: returns a Python list of points instead of one tensor
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0.clone()
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return path


# %% wrong descent_path: stacks along axis 1, so the points are the columns and the shape is (d, n_steps + 1)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    theta = theta0
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path.append(theta)
    return torch.stack(path, dim=1)


# %% wrong descent_path: collects the points in a float32 table, also where theta0 is float64
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    path = torch.zeros(n_steps + 1, len(theta0), dtype=torch.float32)
    theta = theta0
    path[0] = theta
    for i in range(n_steps):
        theta = theta - lr * grad_fn(theta)
        path[i + 1] = theta
    return path


# %% corner descent_path: for n_steps = 0 it returns theta0 of shape (d,) instead of one row of shape (1, d)
import torch


def descent_path(grad_fn, theta0, *, lr, n_steps):
    if n_steps == 0:
        return theta0.clone()
    points = [theta0]
    for _ in range(n_steps):
        points.append(points[-1] - lr * grad_fn(points[-1]))
    return torch.stack(points)


# %% right fit_line: residuals, two means, stack, gd_step, as in the hint
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


# %% right fit_line: a column of ones and matrix products
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    n = len(x)
    X = torch.stack((torch.ones_like(x), x), dim=1)
    theta = theta0.clone()
    for _ in range(n_steps):
        theta = theta - lr * (2 / n) * (X.T @ (X @ theta - y))
    return theta


# %% right fit_line: the gradient by autograd
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.detach().clone()
    for _ in range(n_steps):
        theta.requires_grad_(True)
        loss = ((theta[0] + theta[1] * x - y) ** 2).mean()
        (grad,) = torch.autograd.grad(loss, theta)
        theta = theta.detach() - lr * grad
    return theta


# %% right fit_line: Python numbers and a loop over the points
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    intercept, slope = theta0.tolist()
    points = list(zip(x.tolist(), y.tolist()))
    n = len(points)
    for _ in range(n_steps):
        d_intercept, d_slope = 0.0, 0.0
        for xi, yi in points:
            residual = intercept + slope * xi - yi
            d_intercept += 2 * residual / n
            d_slope += 2 * residual * xi / n
        intercept, slope = intercept - lr * d_intercept, slope - lr * d_slope
    return torch.tensor([intercept, slope], dtype=theta0.dtype, device=theta0.device)


# %% right fit_line: writes both entries of a copy after both derivatives are known
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.clone()
    n = x.shape[0]
    for step in range(n_steps):
        error = y - (theta[0] + theta[1] * x)
        g0 = -2 / n * error.sum()
        g1 = -2 / n * torch.dot(error, x)
        theta[0] -= lr * g0
        theta[1] -= lr * g1
    return theta


# %% right fit_line: numpy inside, a tensor of the type of theta0 outside
import numpy as np
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    xs, ys = x.cpu().numpy(), y.cpu().numpy()
    a, b = theta0.cpu().numpy().copy()
    for _ in range(n_steps):
        res = a + b * xs - ys
        da = 2 * np.mean(res)
        db = 2 * np.mean(res * xs)
        a, b = a - lr * da, b - lr * db
    return torch.tensor([float(a), float(b)], dtype=theta0.dtype, device=theta0.device)


# %% wrong fit_line: leaves out the factor 2 of the derivative, as if the loss had a 1/2 before it
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        grad = torch.stack([r.mean(), (r * x).mean()])
        theta = theta - lr * grad
    return theta


# %% wrong fit_line: sums over the points instead of taking the mean (no division by n)
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.clone()
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        grad = torch.stack([2 * r.sum(), 2 * (r * x).sum()])
        theta = theta - lr * grad
    return theta


# %% wrong fit_line: moves the intercept first and takes the slope's derivative at the new intercept
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0.clone()
    for _ in range(n_steps):
        theta[0] = theta[0] - lr * 2 * (theta[0] + theta[1] * x - y).mean()
        theta[1] = theta[1] - lr * 2 * ((theta[0] + theta[1] * x - y) * x).mean()
    return theta


# %% wrong fit_line: forgets the factor x in the slope's derivative, so both parameters get the intercept's derivative
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        residuals = theta[0] + theta[1] * x - y
        theta = theta - lr * 2 * residuals.mean()
    return theta


# %% wrong fit_line: takes theta[0] for the slope and theta[1] for the intercept
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] * x + theta[1] - y
        theta = theta - lr * torch.stack([2 * (r * x).mean(), 2 * r.mean()])
    return theta


# %% wrong fit_line: takes the residual as y minus prediction but keeps the signs of the derivatives, so it climbs
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = y - (theta[0] + theta[1] * x)
        grad = torch.stack([2 * r.mean(), 2 * (r * x).mean()])
        theta = theta - lr * grad
    return theta


# %% wrong fit_line: steps in place, so the caller's theta0 is changed (the returned values are right)
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    for _ in range(n_steps):
        r = theta[0] + theta[1] * x - y
        theta -= lr * 2 * torch.stack([r.mean(), (r * x).mean()])
    return theta


# %% wrong fit_line: computes residuals and gradient once before the loop and never again
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    r = theta[0] + theta[1] * x - y
    grad = torch.stack([2 * r.mean(), 2 * (r * x).mean()])
    for _ in range(n_steps):
        theta = theta - lr * grad
    return theta


# %% wrong fit_line: a column of predictions minus the row y gives n × n residuals, so the slope's derivative is wrong
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    theta = theta0
    column = x.reshape(-1, 1)
    for _ in range(n_steps):
        r = theta[0] + theta[1] * column - y
        grad = torch.stack([2 * r.mean(), 2 * (r * column).mean()])
        theta = theta - lr * grad
    return theta


# %% wrong fit_line: solves for the best line directly and ignores theta0, lr and n_steps
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    X = torch.stack([torch.ones_like(x), x], dim=1)
    return torch.linalg.lstsq(X, y.unsqueeze(1)).solution.squeeze(1)


# %% corner fit_line: raises an error for n_steps = 0, because the result is only named inside the loop
import torch


def fit_line(x, y, theta0, *, lr, n_steps):
    a, b = theta0[0], theta0[1]
    for _ in range(n_steps):
        r = a + b * x - y
        a, b = a - lr * 2 * r.mean(), b - lr * 2 * (r * x).mean()
        result = torch.stack([a, b])
    return result
