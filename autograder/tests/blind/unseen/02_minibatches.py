# %% right standard_error: std over the root of the number of rows
import math

import torch


def standard_error(samples):
    return samples.std(dim=0) / math.sqrt(len(samples))


# %% right standard_error: the formulas of the text written out
import torch


def standard_error(samples):
    m = samples.shape[0]
    mean = samples.sum(dim=0) / m
    variance = ((samples - mean) ** 2).sum(dim=0) / (m - 1)
    return (variance / m).sqrt()


# %% right standard_error: the deviation with m in the denominator over the root of m - 1, which is the same number
import torch


def standard_error(samples):
    m = len(samples)
    return samples.std(dim=0, correction=0) / (m - 1) ** 0.5


# %% right standard_error: a loop over the samples
import torch


def standard_error(samples):
    m = samples.size(0)
    mean = torch.zeros_like(samples[0])
    for sample in samples:
        mean = mean + sample / m
    total = torch.zeros_like(mean)
    for sample in samples:
        total += (sample - mean).square()
    return torch.sqrt(total / (m * (m - 1)))


# %% right standard_error: numpy with ddof=1
import numpy as np
import torch


def standard_error(samples):
    values = samples.detach().cpu().numpy()
    deviation = np.std(values, axis=0, ddof=1)
    return torch.as_tensor(deviation / np.sqrt(values.shape[0])).to(samples)


# %% right standard_error: torch.var and the root at the end
import torch


def standard_error(samples):
    return torch.var(samples, dim=0, unbiased=True).div(samples.shape[0]).pow(0.5)


# %% wrong standard_error: returns the standard deviation of one sample, not divided by the root of m
import torch


def standard_error(samples):
    return samples.std(dim=0)


# %% wrong standard_error: divides the standard deviation by m instead of its square root
import torch


def standard_error(samples):
    m = samples.shape[0]
    return samples.std(dim=0) / m


# %% wrong standard_error: estimates the variance with m instead of m - 1 in the denominator
import torch


def standard_error(samples):
    m = samples.shape[0]
    centred = samples - samples.mean(dim=0)
    sigma = centred.square().mean(dim=0).sqrt()
    return sigma / m**0.5


# %% wrong standard_error: takes the number of all numbers for m instead of the number of rows
import torch


def standard_error(samples):
    return samples.std(dim=0) / samples.numel() ** 0.5


# %% wrong standard_error: one standard deviation over all numbers together instead of one for each coordinate
import math

import torch


def standard_error(samples):
    return samples.std() / math.sqrt(samples.shape[0])


# %% wrong standard_error: returns the variance of the mean, the square root is missing
import torch


def standard_error(samples):
    return samples.var(dim=0) / samples.shape[0]


# %% wrong standard_error: corrects twice: std with m - 1 already, then divided by the root of m - 1 instead of m
import torch


def standard_error(samples):
    m = len(samples)
    return torch.std(samples, dim=0) / (m - 1) ** 0.5


# %% wrong standard_error: takes the deviation along the last axis instead of the first
import torch


def standard_error(samples):
    m = samples.shape[-1]
    return samples.std(dim=-1) / m**0.5


# %% wrong standard_error: converts to float32 and returns float32, also for float64 samples
import math

import torch


def standard_error(samples):
    samples = samples.float()
    return samples.std(dim=0) / math.sqrt(samples.shape[0])


# %% wrong standard_error: uses the mean of squares without subtracting the square of the mean
import torch


def standard_error(samples):
    m = samples.shape[0]
    variance = (samples**2).sum(dim=0) / (m - 1)
    return (variance / m).sqrt()


# %% corner standard_error: fails for samples with one axis only, where each sample is a single number
import torch


def standard_error(samples):
    m = samples.shape[0]
    rows = samples.flatten(start_dim=1)
    errors = rows.std(dim=0) / m**0.5
    return errors.reshape(samples.shape[1:])


# %% right samples_for_error: solves for m and rounds up
import math


def samples_for_error(sigma, target):
    return math.ceil((sigma / target) ** 2)


# %% right samples_for_error: rounds down, then tries whole numbers against the definition
import math


def samples_for_error(sigma, target):
    m = max(1, int((sigma / target) ** 2) - 1)
    while sigma / math.sqrt(m) > target:
        m += 1
    return m


# %% right samples_for_error: doubles until it is enough, then halves the interval
import math


def samples_for_error(sigma, target):
    def enough(m):
        return sigma / math.sqrt(m) <= target

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


# %% right samples_for_error: numpy, converted to int, with the 1 as a floor
import numpy as np


def samples_for_error(sigma, target):
    ratio = sigma / target
    return max(1, int(np.ceil(ratio * ratio)))


# %% right samples_for_error: early return where one sample is enough
import math


def samples_for_error(sigma, target):
    if sigma <= target:
        return 1
    m = math.floor((sigma / target) ** 2)
    if sigma / m**0.5 <= target:
        return m
    return m + 1


# %% wrong samples_for_error: rounds down, so the error is above the target
def samples_for_error(sigma, target):
    m = int((sigma / target) ** 2)
    return max(m, 1)


# %% wrong samples_for_error: rounds down and adds 1, which is one too many where the solution is a whole number
import math


def samples_for_error(sigma, target):
    return math.floor((sigma / target) ** 2) + 1


# %% wrong samples_for_error: rounds to the nearest whole number instead of up
def samples_for_error(sigma, target):
    return max(1, round((sigma / target) ** 2))


# %% wrong samples_for_error: forgets the square, ceil(sigma / target)
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma / target)


# %% wrong samples_for_error: the fraction is upside down, (target / sigma) squared
import math


def samples_for_error(sigma, target):
    return max(1, math.ceil((target / sigma) ** 2))


# %% wrong samples_for_error: returns a numpy float instead of an int
import numpy as np


def samples_for_error(sigma, target):
    return np.ceil((sigma / target) ** 2)


# %% wrong samples_for_error: squares only the target, sigma / target ** 2
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma / target**2)


# %% wrong samples_for_error: lets the variance sigma ** 2 / m meet the target instead of the standard error
import math


def samples_for_error(sigma, target):
    m = sigma**2 / target
    return math.ceil(m)


# %% wrong samples_for_error: asks that 1.96 standard errors be within the target (a 95 % interval)
import math


def samples_for_error(sigma, target):
    z = 1.96
    return math.ceil((z * sigma / target) ** 2)


# %% wrong samples_for_error: rounds up before it squares, ceil(sigma / target) ** 2
import math


def samples_for_error(sigma, target):
    root = math.ceil(sigma / target)
    return root**2


# %% corner samples_for_error: divides by zero where sigma is smaller than target, instead of returning 1
import math


def samples_for_error(sigma, target):
    m = math.floor((sigma / target) ** 2)
    return m if sigma / math.sqrt(m) <= target else m + 1


# %% right minibatches: randperm and slices, as a list
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


# %% right minibatches: yields the batches
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    start = 0
    while start < n:
        yield order[start : start + size]
        start += size


# %% right minibatches: sorts random numbers and splits
import torch


def minibatches(n, size, generator):
    keys = torch.rand(n, generator=generator, device=generator.device, dtype=torch.float64)
    return list(torch.argsort(keys).split(size))


# %% right minibatches: Fisher-Yates on a Python list
import torch


def minibatches(n, size, generator):
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(torch.randint(i + 1, (1,), generator=generator, device=generator.device))
        order[i], order[j] = order[j], order[i]
    batches = []
    for start in range(0, n, size):
        batches.append(torch.tensor(order[start : start + size], dtype=torch.int64, device=generator.device))
    return batches


# %% right minibatches: multinomial without replacement, cut into ceil(n / size) pieces
import math

import torch


def minibatches(n, size, generator):
    weights = torch.ones(n, device=generator.device)
    order = torch.multinomial(weights, n, replacement=False, generator=generator)
    steps = math.ceil(n / size)
    return [order[k * size : min((k + 1) * size, n)] for k in range(steps)]


# %% right minibatches: draws every batch from the indices that are left
import torch


def minibatches(n, size, generator):
    left = torch.arange(n, device=generator.device)
    batches = []
    while len(left) > 0:
        pick = torch.randperm(len(left), generator=generator, device=generator.device)
        batches.append(left[pick[:size]])
        left = left[pick[size:]]
    return batches


# %% wrong minibatches: drops the short last batch
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[k * size : (k + 1) * size] for k in range(n // size)]


# %% wrong minibatches: cuts 0 ... n-1 in order, without any shuffling
import torch


def minibatches(n, size, generator):
    order = torch.arange(n, device=generator.device)
    return [order[i : i + size] for i in range(0, n, size)]


# %% wrong minibatches: shuffles with the global random numbers, the generator is not used
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n)
    for start in range(0, n, size):
        yield order[start : start + size]


# %% wrong minibatches: draws with replacement, so some indices come twice and others never
import torch


def minibatches(n, size, generator):
    batches = []
    for start in range(0, n, size):
        m = min(size, n - start)
        batches.append(torch.randint(0, n, (m,), generator=generator, device=generator.device))
    return batches


# %% wrong minibatches: takes size for the number of batches instead of the examples in each
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return list(torch.chunk(order, size))


# %% wrong minibatches: cuts the sorted indices into blocks and shuffles only the order of the blocks
import torch


def minibatches(n, size, generator):
    blocks = torch.arange(n, device=generator.device).split(size)
    order = torch.randperm(len(blocks), generator=generator, device=generator.device)
    return [blocks[i] for i in order.tolist()]


# %% wrong minibatches: starts a new generator from the initial seed on every call, so every epoch has the same order
import torch


def minibatches(n, size, generator):
    own = torch.Generator(device=generator.device)
    own.manual_seed(generator.initial_seed())
    order = torch.randperm(n, generator=own, device=own.device)
    return [order[start : start + size] for start in range(0, n, size)]


# %% wrong minibatches: fills the short last batch up to size with indices from the beginning of the epoch
import math

import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    steps = math.ceil(n / size)
    positions = torch.arange(steps * size, device=generator.device) % n
    return [order[positions[k * size : (k + 1) * size]] for k in range(steps)]


# %% wrong minibatches: gives lists of Python ints instead of index tensors
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device).tolist()
    batches = []
    for start in range(0, n, size):
        batches.append(order[start : start + size])
    return batches


# %% wrong minibatches: returns inside the loop, so only the first batch comes back
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    batches = []
    for start in range(0, n, size):
        batches.append(order[start : start + size])
        return batches


# %% corner minibatches: adds an empty batch at the end where size divides n
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    full = n // size
    batches = [order[k * size : (k + 1) * size] for k in range(full)]
    batches.append(order[full * size :])
    return batches


# %% right minibatch_gradient: indexes the rows of both
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


# %% right minibatch_gradient: index_select
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    x_rows = torch.index_select(x, 0, index)
    y_rows = torch.index_select(y, 0, index)
    return grad_fn(theta, x_rows, y_rows)


# %% right minibatch_gradient: the mean of the gradients of single rows
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    total = torch.zeros_like(theta)
    for i in index.tolist():
        total = total + grad_fn(theta, x[i : i + 1], y[i : i + 1])
    return total / len(index)


# %% right minibatch_gradient: rows gathered in a list and stacked
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    rows = [(x[i], y[i]) for i in index]
    batch_x = torch.stack([row for row, _ in rows])
    batch_y = torch.stack([value for _, value in rows])
    return grad_fn(theta, batch_x, batch_y)


# %% right minibatch_gradient: a helper that takes the rows of any number of tensors, and a list of indices
import torch


def take(index, *tensors):
    numbers = index.tolist()
    return [tensor[numbers] for tensor in tensors]


def minibatch_gradient(grad_fn, theta, x, y, index):
    batch = take(index, x, y)
    return grad_fn(theta, *batch)


# %% wrong minibatch_gradient: takes the first len(index) entries of y, which do not belong to the rows of x
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[: len(index)])


# %% wrong minibatch_gradient: ignores index and gives the gradient over all examples
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x, y)


# %% wrong minibatch_gradient: multiplies by the batch size, so it is a sum instead of a mean
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    g = grad_fn(theta, x[index], y[index])
    return g * len(index)


# %% wrong minibatch_gradient: divides the mean gradient by the batch size once more
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    m = index.shape[0]
    return 1 / m * grad_fn(theta, x[index], y[index])


# %% wrong minibatch_gradient: sorts the index for x but not for y, so rows and targets are mixed up
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    ordered, _ = index.sort()
    x_rows = x[ordered]
    y_rows = y[index]
    return grad_fn(theta, x_rows, y_rows)


# %% wrong minibatch_gradient: takes the first len(index) rows instead of the rows in index
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    m = len(index)
    return grad_fn(theta, x[:m], y[:m])


# %% wrong minibatch_gradient: returns the negative gradient
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    return -grad_fn(theta, x[index], y[index])


# %% wrong minibatch_gradient: divides the sum of the single gradients by the size of the data set, not of the batch
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    total = torch.zeros_like(theta)
    for i in index:
        total = total + grad_fn(theta, x[i].unsqueeze(0), y[i].unsqueeze(0))
    return total / len(x)


# %% wrong minibatch_gradient: takes all rows from the smallest to the largest index instead of those in index
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    first, last = int(index.min()), int(index.max())
    return grad_fn(theta, x[first : last + 1], y[first : last + 1])


# %% wrong minibatch_gradient: overwrites the gradient in the loop, so only the last example of the batch counts
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    for i in index.tolist():
        gradient = grad_fn(theta, x[i : i + 1], y[i : i + 1])
    return gradient


# %% corner minibatch_gradient: for a batch of one it hands grad_fn the bare example without the row axis
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    if len(index) == 1:
        i = index[0]
        return grad_fn(theta, x[i], y[i])
    return grad_fn(theta, x[index], y[index])


# %% right sgd: two loops with minibatches and minibatch_gradient
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% right sgd: shuffles the data itself and cuts it, in place on a copy of theta0
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.clone()
    n = x.shape[0]
    for epoch in range(epochs):
        order = torch.randperm(n, generator=generator, device=generator.device)
        x_shuffled, y_shuffled = x[order], y[order]
        for start in range(0, n, batch_size):
            stop = start + batch_size
            theta -= lr * grad_fn(theta, x_shuffled[start:stop], y_shuffled[start:stop])
    return theta


# %% right sgd: draws the orders of all epochs beforehand
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    for start in range(0, n, size):
        yield order[start : start + size]


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    plan = [index for _ in range(epochs) for index in minibatches(x.shape[0], batch_size, generator)]
    theta = theta0.clone()
    for index in plan:
        g_hat = grad_fn(theta, x[index], y[index])
        theta = theta - lr * g_hat
    return theta


# %% right sgd: torch.optim.SGD makes the steps, on a parameter of its own
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return list(order.split(size))


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    weights = torch.nn.Parameter(theta0.detach().clone())
    optimizer = torch.optim.SGD([weights], lr=lr)
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            gradient = minibatch_gradient(grad_fn, weights.detach().clone(), x, y, index)
            weights.grad = gradient.detach().clone()
            optimizer.step()
    return weights.detach()


# %% right sgd: one helper for an epoch, and an order from sorted random numbers
import torch


def one_epoch(grad_fn, theta, x, y, lr, batch_size, generator):
    keys = torch.rand(len(x), generator=generator, device=generator.device, dtype=torch.float64)
    order = torch.argsort(keys)
    while len(order) > 0:
        index, order = order[:batch_size], order[batch_size:]
        theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        theta = one_epoch(grad_fn, theta, x, y, lr, batch_size, generator)
    return theta


# %% wrong sgd: sets theta back to theta0 at the beginning of every epoch
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    for _ in range(epochs):
        theta = theta0
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% wrong sgd: draws one order before the loop and uses it in every epoch
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    batches = minibatches(len(x), batch_size, generator)
    for _ in range(epochs):
        for index in batches:
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% wrong sgd: steps in place, so the caller's theta0 is changed (the returned values are right)
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta -= lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% wrong sgd: adds the gradient step instead of subtracting it
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta + lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% wrong sgd: divides the mean gradient by the batch size once more
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.clone()
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            g = minibatch_gradient(grad_fn, theta, x, y, index)
            theta = theta - lr * g / len(index)
    return theta


# %% wrong sgd: the step stands outside the inner loop, so there is one step an epoch, with the last batch's gradient
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            g = minibatch_gradient(grad_fn, theta, x, y, index)
        theta = theta - lr * g
    return theta


# %% wrong sgd: returns inside the outer loop, after the first epoch
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
        return theta


# %% wrong sgd: draws from a generator of its own with seed 0 instead of the one that is passed
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[start : start + size] for start in range(0, n, size)]


def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    generator = torch.Generator().manual_seed(0)
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta


# %% wrong sgd: leaves out the short last batch of every epoch
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.clone()
    n = len(x)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator, device=generator.device)
        for step in range(n // batch_size):
            index = order[step * batch_size : (step + 1) * batch_size]
            theta = theta - lr * grad_fn(theta, x[index], y[index])
    return theta


# %% wrong sgd: goes through the data in their given order, without shuffling, and does not use the generator
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            x_batch = x[start : start + batch_size]
            y_batch = y[start : start + batch_size]
            theta = theta - lr * grad_fn(theta, x_batch, y_batch)
    return theta


# %% right kmeans_step: one point after another, as MacQueen did
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts


# %% right kmeans_step: assigns all points first and then moves the centres point by point, as Sculley did
import torch


def kmeans_step(centers, points, counts):
    new_centers = centers.clone()
    new_counts = counts.clone()
    nearest = [int(torch.argmin((centers - p).square().sum(dim=1))) for p in points]
    for p, k in zip(points, nearest):
        new_counts[k] = new_counts[k] + 1
        eta = 1 / new_counts[k].item()
        new_centers[k] = new_centers[k] + eta * (p - new_centers[k])
    return new_centers, new_counts


# %% right kmeans_step: all points assigned at once, running means by one-hot sums without a loop
import torch


def kmeans_step(centers, points, counts):
    distance = (points[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    hits = torch.nn.functional.one_hot(distance.argmin(dim=1), num_classes=len(centers))
    won = hits.sum(dim=0)
    new_counts = counts + won.to(counts.dtype)
    total = counts[:, None].to(centers.dtype) * centers + hits.to(points.dtype).T @ points
    means = total / new_counts.clamp(min=1)[:, None].to(centers.dtype)
    return torch.where((won > 0)[:, None], means, centers), new_counts


# %% right kmeans_step: numpy copies, one point after another, with the weights (1 - eta) and eta
import numpy as np
import torch


def kmeans_step(centers, points, counts):
    c = centers.detach().cpu().numpy().copy()
    n = counts.detach().cpu().numpy().copy()
    for x in points.detach().cpu().numpy():
        k = np.argmin(np.sum((c - x) ** 2, axis=1))
        n[k] += 1
        eta = 1.0 / float(n[k])
        c[k] = (1 - eta) * c[k] + eta * x
    return torch.from_numpy(c).to(centers), torch.from_numpy(n).to(counts)


# %% right kmeans_step: all assigned first, then for each centre the mean of its points with the share of the new ones
import torch


def kmeans_step(centers, points, counts):
    winner = torch.stack([(points - c).norm(dim=1) for c in centers]).argmin(dim=0)
    rows, new_counts = [], counts.clone()
    for k, c in enumerate(centers):
        mine = points[winner == k]
        if len(mine) == 0:
            rows.append(c)
            continue
        new_counts[k] += len(mine)
        share = len(mine) / float(new_counts[k])
        rows.append(c + share * (mine.mean(dim=0) - c))
    return torch.stack(rows), new_counts


# %% right kmeans_step: lists of rows and a helper, with an own case for count 0
import torch


def nearest(rows, x):
    distances = [float((row - x) @ (row - x)) for row in rows]
    return distances.index(min(distances))


def kmeans_step(centers, points, counts):
    rows = [row.clone() for row in centers]
    won = counts.tolist()
    for x in points:
        k = nearest(rows, x)
        if won[k] == 0:
            rows[k] = x.clone()
        else:
            rows[k] = (won[k] * rows[k] + x) / (won[k] + 1)
        won[k] += 1
    return torch.stack(rows), torch.tensor(won, dtype=counts.dtype, device=counts.device)


# %% wrong kmeans_step: divides by the count before it is raised (by 1 for count 0), not by the raised count
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        centers[k] += (x - centers[k]) / max(int(counts[k]), 1)
        counts[k] += 1
    return centers, counts


# %% wrong kmeans_step: does not copy, so the caller's centers and counts are changed in place
import torch


def kmeans_step(centers, points, counts):
    for x in points:
        k = int(((centers - x) ** 2).sum(dim=1).argmin())
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts


# %% wrong kmeans_step: one clock for all centres: divides by the sum of all counts instead of the winner's own count
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        eta = 1 / float(counts.sum())
        centers[k] = centers[k] + eta * (x - centers[k])
    return centers, counts


# %% wrong kmeans_step: moves with the constant rate 0.1 instead of one over the count
import torch


def kmeans_step(centers, points, counts, eta=0.1):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = torch.argmin(torch.sum((centers - x) ** 2, dim=1))
        counts[k] += 1
        centers[k] += eta * (x - centers[k])
    return centers, counts


# %% wrong kmeans_step: takes the farthest centre instead of the nearest
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        distances = ((centers - x) ** 2).sum(dim=1)
        k = distances.argmax()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts


# %% wrong kmeans_step: starts the counts at zero in every call, the counts that are passed in are ignored
import torch


def kmeans_step(centers, points, counts):
    centers = centers.clone()
    counts = torch.zeros_like(counts)
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts


# %% wrong kmeans_step: batch k-means: each centre jumps to the mean of the points it wins now, whatever it won before
import torch


def kmeans_step(centers, points, counts):
    winners = ((points[:, None] - centers[None]) ** 2).sum(dim=2).argmin(dim=1)
    new_centers, new_counts = centers.clone(), counts.clone()
    for k in range(len(centers)):
        mine = points[winners == k]
        if len(mine) > 0:
            new_centers[k] = mine.mean(dim=0)
            new_counts[k] += len(mine)
    return new_centers, new_counts


# %% wrong kmeans_step: moves once towards the mean of the new points with the rate 1 / count, not new points / count
import torch


def kmeans_step(centers, points, counts):
    winners = ((points[:, None] - centers[None]) ** 2).sum(dim=2).argmin(dim=1)
    new_centers, new_counts = centers.clone(), counts.clone()
    for k in range(len(centers)):
        mine = points[winners == k]
        if len(mine) > 0:
            new_counts[k] += len(mine)
            new_centers[k] += (mine.mean(dim=0) - new_centers[k]) / new_counts[k]
    return new_centers, new_counts


# %% wrong kmeans_step: squares the sum of the differences instead of summing their squares for the nearest centre
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        distances = (centers - x).sum(dim=1) ** 2
        k = distances.argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts


# %% wrong kmeans_step: returns the centers only, without the counts
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers


# %% corner kmeans_step: a centre of count 0 that wins no point becomes nan, zero divided by zero
import torch


def kmeans_step(centers, points, counts):
    winners = ((points[:, None] - centers[None]) ** 2).sum(dim=2).argmin(dim=1)
    hits = torch.nn.functional.one_hot(winners, len(centers))
    new_counts = counts + hits.sum(dim=0).to(counts.dtype)
    total = counts[:, None] * centers + hits.to(points.dtype).T @ points
    return total / new_counts[:, None], new_counts
