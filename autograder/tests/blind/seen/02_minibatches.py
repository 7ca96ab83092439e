# %% right standard_error: std over rows divided by the root of their number
def standard_error(samples):
    return samples.std(dim=0) / len(samples) ** 0.5

# %% right standard_error: the formula transcribed step by step
import torch


def standard_error(samples):
    m = samples.shape[0]
    mean = samples.mean(dim=0)
    variance = ((samples - mean) ** 2).sum(dim=0) / (m - 1)
    return torch.sqrt(variance) / m ** 0.5

# %% right standard_error: one root of variance over m
def standard_error(samples):
    return (samples.var(dim=0, correction=1) / samples.size(0)).sqrt()

# %% right standard_error: biased deviation over the root of m - 1, algebraically the same
import math


def standard_error(samples):
    m = samples.shape[0]
    return samples.std(dim=0, unbiased=False) / math.sqrt(m - 1)

# %% right standard_error: loops over the rows
import torch


def standard_error(samples):
    m = len(samples)
    total = torch.zeros_like(samples[0])
    for row in samples:
        total = total + row
    mean = total / m
    squares = torch.zeros_like(mean)
    for row in samples:
        squares = squares + (row - mean) ** 2
    return (squares / (m * (m - 1))) ** 0.5

# %% right standard_error: numpy with ddof=1, back to a tensor of the samples' type
import torch

import numpy as np


def standard_error(samples):
    a = samples.detach().cpu().numpy()
    se = np.std(a, axis=0, ddof=1) / np.sqrt(a.shape[0])
    return torch.as_tensor(se, dtype=samples.dtype, device=samples.device)

# %% right standard_error: norm of the centred rows
import torch


def standard_error(samples):
    m = samples.shape[0]
    centred = samples - samples.mean(dim=0, keepdim=True)
    return torch.linalg.vector_norm(centred, dim=0) / (m * (m - 1)) ** 0.5

# %% wrong standard_error: returns the standard deviation, not divided by the root of m
def standard_error(samples):
    return samples.std(dim=0)

# %% wrong standard_error: divides the deviation by m where its root is asked
def standard_error(samples):
    m = len(samples)
    return samples.std(dim=0) / m

# %% wrong standard_error: the variance divides by m where m - 1 is asked
def standard_error(samples):
    m = samples.shape[0]
    var = (samples - samples.mean(dim=0)).square().mean(dim=0)
    return (var / m).sqrt()

# %% wrong standard_error: takes the number of all entries (numel) for m
def standard_error(samples):
    m = samples.numel()
    return samples.std(dim=0) / m ** 0.5

# %% wrong standard_error: one deviation over all entries together, a single number
def standard_error(samples):
    return samples.std() / len(samples) ** 0.5

# %% wrong standard_error: returns the variance of the mean, the root is missing
def standard_error(samples):
    return samples.var(dim=0) / samples.shape[0]

# %% wrong standard_error: takes the deviation along the last axis instead of the first
def standard_error(samples):
    return samples.std(dim=-1) / samples.shape[-1] ** 0.5

# %% wrong standard_error: corrects twice, an unbiased deviation over the root of m - 1
import math


def standard_error(samples):
    m = samples.shape[0]
    return samples.std(dim=0) / math.sqrt(m - 1)

# %% wrong standard_error: takes the length of the last axis for m
def standard_error(samples):
    m = samples.shape[-1]
    return samples.std(dim=0) / m ** 0.5

# %% wrong standard_error: the mean is not subtracted before squaring
import torch


def standard_error(samples):
    m = len(samples)
    var = (samples ** 2).sum(dim=0) / (m - 1)
    return torch.sqrt(var / m)

# %% wrong standard_error: divides the variance by the root of m, without a root of the variance
def standard_error(samples):
    return samples.var(dim=0) / len(samples) ** 0.5

# %% wrong standard_error: keeps the first axis with length 1
def standard_error(samples):
    return samples.std(dim=0, keepdim=True) / len(samples) ** 0.5

# %% wrong standard_error: returns the norm over the coordinates, one number for all
def standard_error(samples):
    se = samples.std(dim=0) / samples.shape[0] ** 0.5
    return se.norm()

# %% wrong standard_error: always answers in float32
def standard_error(samples):
    samples = samples.float()
    return samples.std(dim=0) / len(samples) ** 0.5

# %% wrong standard_error: centres the caller's samples in place
def standard_error(samples):
    m = len(samples)
    samples -= samples.mean(dim=0)
    return (samples.square().sum(dim=0) / (m - 1)).sqrt() / m ** 0.5

# %% wrong standard_error: mean absolute deviation where the standard deviation is asked
def standard_error(samples):
    m = samples.shape[0]
    deviation = (samples - samples.mean(dim=0)).abs().sum(dim=0) / (m - 1)
    return deviation / m ** 0.5

# %% corner standard_error: expects exactly two axes, so that samples of shape (m,) or with three axes raise an error
def standard_error(samples):
    m, d = samples.shape
    return samples.std(dim=0) / m ** 0.5

# %% corner standard_error: flattens all coordinates into one axis, wrong shape unless samples has two axes
def standard_error(samples):
    m = samples.shape[0]
    flat = samples.reshape(m, -1)
    return flat.std(dim=0) / m ** 0.5

# %% right samples_for_error: ceiling of the squared ratio
import math


def samples_for_error(sigma, target):
    return math.ceil((sigma / target) ** 2)

# %% right samples_for_error: counts up until the target is met
def samples_for_error(sigma, target):
    m = 1
    while sigma / m ** 0.5 > target:
        m += 1
    return m

# %% right samples_for_error: starts near the solution and tries the neighbours
import math


def samples_for_error(sigma, target):
    m = max(1, math.floor((sigma / target) ** 2) - 1)
    while sigma / math.sqrt(m) > target:
        m += 1
    return m

# %% right samples_for_error: doubling, then bisection
import math


def samples_for_error(sigma, target):
    def good(m):
        return sigma / math.sqrt(m) <= target

    high = 1
    while not good(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if good(middle):
            high = middle
        else:
            low = middle
    return high

# %% right samples_for_error: numpy ceiling made an int, at least 1
import numpy as np


def samples_for_error(sigma, target):
    m = np.ceil(np.square(sigma / target))
    return max(1, int(m))

# %% right samples_for_error: floor, and one more unless the floor meets the target
def samples_for_error(sigma, target):
    m = int((sigma / target) ** 2)
    if m >= 1 and sigma / m ** 0.5 <= target:
        return m
    return m + 1

# %% right samples_for_error: minus the floor of the negative, variance over squared target
import math


def samples_for_error(sigma, target):
    ratio = sigma / target
    return -math.floor(-ratio * ratio)

# %% wrong samples_for_error: rounds down
def samples_for_error(sigma, target):
    return max(1, int((sigma / target) ** 2))

# %% wrong samples_for_error: the ratio is not squared
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma / target)

# %% wrong samples_for_error: rounds to the nearest whole number
def samples_for_error(sigma, target):
    return max(round((sigma / target) ** 2), 1)

# %% wrong samples_for_error: returns a float
import math


def samples_for_error(sigma, target):
    return float(math.ceil((sigma / target) ** 2))

# %% wrong samples_for_error: the ratio is upside down, target over sigma
import math


def samples_for_error(sigma, target):
    return math.ceil((target / sigma) ** 2)

# %% wrong samples_for_error: takes the root of the ratio instead of its square
import math


def samples_for_error(sigma, target):
    m = math.sqrt(sigma / target)
    return math.ceil(m)

# %% wrong samples_for_error: only the target is squared
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma / target ** 2)

# %% wrong samples_for_error: only sigma is squared
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma ** 2 / target)

# %% wrong samples_for_error: rounds up before it squares
import math


def samples_for_error(sigma, target):
    return math.ceil(sigma / target) ** 2

# %% wrong samples_for_error: solves sigma / sqrt(m - 1) = target, one sample too many
import math


def samples_for_error(sigma, target):
    return math.ceil((sigma / target) ** 2) + 1

# %% wrong samples_for_error: asks for a 95 percent interval, with the factor 1.96 on sigma
import math


def samples_for_error(sigma, target):
    return math.ceil((1.96 * sigma / target) ** 2)

# %% wrong samples_for_error: doubles m until the target is met, so that only powers of two come out
def samples_for_error(sigma, target):
    m = 1
    while sigma / m ** 0.5 > target:
        m *= 2
    return m

# %% wrong samples_for_error: the loop goes up to 100 only and returns nothing beyond
def samples_for_error(sigma, target):
    for m in range(1, 101):
        if sigma / m ** 0.5 <= target:
            return m

# %% wrong samples_for_error: returns a tensor, not an int
import torch


def samples_for_error(sigma, target):
    return torch.ceil((torch.tensor(sigma) / target) ** 2).long()

# %% wrong samples_for_error: whole-number division of sigma by target before squaring
def samples_for_error(sigma, target):
    m = (sigma // target) ** 2
    return max(1, int(m))

# %% wrong samples_for_error: the condition of the loop is reversed, so that 1 comes out unless one sample is enough
def samples_for_error(sigma, target):
    m = 1
    while sigma / m ** 0.5 <= target and m < 10000:
        m += 1
    return m

# %% corner samples_for_error: where a whole number meets the target exactly it takes one more
import math


def samples_for_error(sigma, target):
    return math.floor((sigma / target) ** 2) + 1

# %% corner samples_for_error: never returns less than 2, also where one sample is enough
import math


def samples_for_error(sigma, target):
    return max(2, math.ceil((sigma / target) ** 2))

# %% right minibatches: randperm and split
import torch


def minibatches(n, size, generator):
    return list(torch.randperm(n, generator=generator, device=generator.device).split(size))

# %% right minibatches: a generator function with slices
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    for start in range(0, n, size):
        yield order[start : start + size]

# %% right minibatches: sorts random numbers, cuts in a while loop
import torch


def minibatches(n, size, generator):
    order = torch.rand(n, generator=generator, device=generator.device).argsort()
    batches = []
    while len(order) > 0:
        batches.append(order[:size])
        order = order[size:]
    return batches

# %% right minibatches: Fisher-Yates by hand on a Python list
import torch


def minibatches(n, size, generator):
    numbers = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(torch.randint(i + 1, (1,), generator=generator, device=generator.device))
        numbers[i], numbers[j] = numbers[j], numbers[i]
    return [
        torch.tensor(numbers[k : k + size], dtype=torch.int64, device=generator.device) for k in range(0, n, size)
    ]

# %% right minibatches: multinomial without replacement, counted batches
import math
import torch


def minibatches(n, size, generator):
    weights = torch.ones(n, device=generator.device)
    order = torch.multinomial(weights, n, replacement=False, generator=generator)
    n_batches = math.ceil(n / size)
    return [order[b * size : min((b + 1) * size, n)] for b in range(n_batches)]

# %% right minibatches: numpy shuffles, with a seed drawn from the generator
import numpy as np
import torch


def minibatches(n, size, generator):
    seed = int(torch.randint(2**62, (1,), generator=generator, device=generator.device))
    order = np.random.default_rng(seed).permutation(n).astype(np.int64)
    return [torch.from_numpy(order[i : i + size]).to(generator.device) for i in range(0, n, size)]

# %% right minibatches: draws from what is left, batch by batch
import torch


def minibatches(n, size, generator):
    left = torch.arange(n, device=generator.device)
    batches = []
    while left.numel() > 0:
        left = left[torch.randperm(left.numel(), generator=generator, device=generator.device)]
        batch, left = left[:size], left[size:]
        batches.append(batch)
    return batches

# %% wrong minibatches: no shuffling, the batches are in order
import torch


def minibatches(n, size, generator):
    return list(torch.arange(n).split(size))

# %% wrong minibatches: drops the short last batch
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[b * size : (b + 1) * size] for b in range(n // size)]

# %% wrong minibatches: draws every batch with replacement
import torch


def minibatches(n, size, generator):
    batches = []
    for start in range(0, n, size):
        m = min(size, n - start)
        batches.append(torch.randint(n, (m,), generator=generator, device=generator.device))
    return batches

# %% wrong minibatches: does not use the generator but torch's global random numbers
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n)
    for i in range(0, n, size):
        yield order[i : i + size]

# %% wrong minibatches: makes a generator of its own with seed 0, so that every epoch is the same
import torch


def minibatches(n, size, generator):
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(n, generator=generator)
    return list(order.split(size))

# %% wrong minibatches: starts again from the generator's initial seed, so that a second call repeats the first
import torch


def minibatches(n, size, generator):
    g = torch.Generator(device=generator.device)
    g.manual_seed(generator.initial_seed())
    order = torch.randperm(n, generator=g, device=generator.device)
    return [order[i : i + size] for i in range(0, n, size)]

# %% wrong minibatches: cuts the epoch into `size` batches instead of batches of `size` examples
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return list(order.chunk(size))

# %% wrong minibatches: the numbers run from 1 to n
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device) + 1
    return list(torch.split(order, size))

# %% wrong minibatches: shuffles the batches but leaves neighbours together in them
import torch


def minibatches(n, size, generator):
    batches = list(torch.arange(n, device=generator.device).split(size))
    order = torch.randperm(len(batches), generator=generator, device=generator.device)
    return [batches[i] for i in order.tolist()]

# %% wrong minibatches: shuffles only inside each batch, which examples come together is always the same
import torch


def minibatches(n, size, generator):
    result = []
    for start in range(0, n, size):
        m = min(size, n - start)
        inner = torch.randperm(m, generator=generator, device=generator.device)
        result.append(start + inner)
    return result

# %% wrong minibatches: only a random rotation of 0 ... n-1, neighbours stay neighbours
import torch


def minibatches(n, size, generator):
    shift = int(torch.randint(n, (1,), generator=generator, device=generator.device))
    order = torch.arange(n, device=generator.device).roll(shift)
    return list(order.split(size))

# %% wrong minibatches: fills the last batch up with indices from the beginning of the epoch
import math
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    total = math.ceil(n / size) * size
    padded = order.repeat(total // n + 1)[:total]
    return list(padded.reshape(-1, size))

# %% wrong minibatches: draws a new permutation for every batch, so that examples are repeated and left out
import torch


def minibatches(n, size, generator):
    for start in range(0, n, size):
        order = torch.randperm(n, generator=generator, device=generator.device)
        yield order[start : start + size]

# %% wrong minibatches: gives Python lists of numbers, not tensors
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device).tolist()
    return [order[i : i + size] for i in range(0, n, size)]

# %% right minibatches: the index tensors are int32
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device).to(torch.int32)
    return [order[i : i + size] for i in range(0, n, size)]

# %% wrong minibatches: the slice ends at start + size - 1, each batch is one example short
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    batches = []
    for start in range(0, n, size):
        batches.append(order[start : start + size - 1])
    return batches

# %% wrong minibatches: sizes are evened out over the batches instead of `size` each and a short last one
import math
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return list(order.tensor_split(math.ceil(n / size)))

# %% wrong minibatches: the rest is added to the last full batch, which becomes larger than `size`
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    count = max(n // size, 1)
    batches = [order[i * size : (i + 1) * size] for i in range(count - 1)]
    batches.append(order[(count - 1) * size :])
    return batches

# %% corner minibatches: adds an empty batch at the end where size divides n
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    return [order[i * size : (i + 1) * size] for i in range(n // size + 1)]

# %% corner minibatches: a last batch that would hold a single example is left out
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    batches = [order[start : start + size] for start in range(0, n, size)]
    if size > 1 and len(batches[-1]) == 1:
        batches.pop()
    return batches

# %% right minibatch_gradient: indexes both and calls
def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

# %% right minibatch_gradient: index_select
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    x_rows = torch.index_select(x, 0, index)
    y_rows = torch.index_select(y, 0, index)
    return grad_fn(theta, x_rows, y_rows)

# %% right minibatch_gradient: mean of the gradients of single examples in a loop
def minibatch_gradient(grad_fn, theta, x, y, index):
    total = 0
    for i in index.tolist():
        total = total + grad_fn(theta, x[i : i + 1], y[i : i + 1])
    return total / len(index)

# %% right minibatch_gradient: rows collected in a list and stacked
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    rows = [x[i] for i in index]
    values = [y[i] for i in index]
    return grad_fn(theta, torch.stack(rows), torch.stack(values))

# %% right minibatch_gradient: an index made of Python numbers, an explicit colon
def minibatch_gradient(grad_fn, theta, x, y, index):
    rows = [int(i) for i in index]
    batch_x, batch_y = x[rows, ...], y[rows, ...]
    g = grad_fn(theta, batch_x, batch_y)
    return g

# %% right minibatch_gradient: single gradients by a stack and a mean over the first axis
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    single = torch.stack([grad_fn(theta, x[i][None], y[i][None]) for i in index])
    return single.mean(dim=0)

# %% wrong minibatch_gradient: uses all examples and ignores the index
def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x, y)

# %% wrong minibatch_gradient: multiplies by the batch size and so returns the sum
def minibatch_gradient(grad_fn, theta, x, y, index):
    return len(index) * grad_fn(theta, x[index], y[index])

# %% wrong minibatch_gradient: divides the mean once more by the batch size
def minibatch_gradient(grad_fn, theta, x, y, index):
    g = grad_fn(theta, x[index], y[index])
    return g / index.shape[0]

# %% wrong minibatch_gradient: rows of x by the index, but the first rows of y
def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[: len(index)])

# %% wrong minibatch_gradient: takes the first rows of x and y, as many as the index has
def minibatch_gradient(grad_fn, theta, x, y, index):
    m = len(index)
    return grad_fn(theta, x[:m], y[:m])

# %% wrong minibatch_gradient: returns the negative gradient
def minibatch_gradient(grad_fn, theta, x, y, index):
    return -grad_fn(theta, x[index], y[index])

# %% wrong minibatch_gradient: returns theta after a step instead of the gradient
def minibatch_gradient(grad_fn, theta, x, y, index):
    g = grad_fn(theta, x[index], y[index])
    return theta - g

# %% wrong minibatch_gradient: sorts the index for x but not for y, the rows no longer belong together
def minibatch_gradient(grad_fn, theta, x, y, index):
    x_rows = x[index.sort(descending=True).values]
    y_rows = y[index]
    return grad_fn(theta, x_rows, y_rows)

# %% wrong minibatch_gradient: sets the other rows to zero and takes the mean over all n rows
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    x_rows, y_rows = torch.zeros_like(x), torch.zeros_like(y)
    x_rows[index] = x[index]
    y_rows[index] = y[index]
    return grad_fn(theta, x_rows, y_rows)

# %% wrong minibatch_gradient: uses only the first example of the index
def minibatch_gradient(grad_fn, theta, x, y, index):
    i = int(index[0])
    return grad_fn(theta, x[i : i + 1], y[i : i + 1])

# %% wrong minibatch_gradient: uses every row between the smallest and the largest index
def minibatch_gradient(grad_fn, theta, x, y, index):
    low, high = int(index.min()), int(index.max()) + 1
    return grad_fn(theta, x[low:high], y[low:high])

# %% wrong minibatch_gradient: takes the gradient at zero instead of theta
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    theta = torch.zeros_like(theta)
    return grad_fn(theta, x[index], y[index])

# %% wrong minibatch_gradient: averages the coordinates too and returns one number
def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index]).mean()

# %% wrong minibatch_gradient: adds up the single gradients and divides by all n examples
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    total = torch.zeros_like(theta)
    for i in index:
        total = total + grad_fn(theta, x[i].unsqueeze(0), y[i].unsqueeze(0))
    return total / len(x)

# %% wrong minibatch_gradient: shortens the gradient to length 1
def minibatch_gradient(grad_fn, theta, x, y, index):
    g = grad_fn(theta, x[index], y[index])
    return g / g.norm()

# %% wrong minibatch_gradient: counts the row numbers from 1 and so takes the row before each
def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index - 1], y[index - 1])

# %% corner minibatch_gradient: an example that the index names twice counts only once
import torch


def minibatch_gradient(grad_fn, theta, x, y, index):
    chosen = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    chosen[index] = True
    return grad_fn(theta, x[chosen], y[chosen])

# %% corner minibatch_gradient: squeezes the index, so that a batch of one example loses its row axis
def minibatch_gradient(grad_fn, theta, x, y, index):
    index = index.squeeze()
    return grad_fn(theta, x[index], y[index])

# %% right sgd: two loops over the two functions of the lesson
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% right sgd: everything in one function, slices of a permutation
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    n = x.shape[0]
    theta = theta0.clone()
    for epoch in range(epochs):
        perm = torch.randperm(n, generator=generator, device=generator.device)
        for start in range(0, n, batch_size):
            batch = perm[start : start + batch_size]
            theta = theta - lr * grad_fn(theta, x[batch], y[batch])
    return theta

# %% right sgd: in-place steps on a copy
import torch


def minibatches(n, size, generator):
    order = torch.randperm(n, generator=generator, device=generator.device)
    for start in range(0, n, size):
        yield order[start : start + size]

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.detach().clone()
    for _ in range(epochs):
        for index in minibatches(len(y), batch_size, generator):
            theta -= lr * minibatch_gradient(grad_fn, theta.clone(), x, y, index)
    return theta

# %% right sgd: shuffles the rows themselves, then cuts x and y side by side
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        order = torch.rand(len(x), generator=generator, device=generator.device).argsort()
        for x_rows, y_rows in zip(x[order].split(batch_size), y[order].split(batch_size)):
            theta = theta - lr * grad_fn(theta, x_rows, y_rows)
    return theta

# %% right sgd: torch.optim.SGD with the gradient put into .grad
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = torch.nn.Parameter(theta0.detach().clone())
    optimizer = torch.optim.SGD([theta], lr=lr)
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta.grad = grad_fn(theta.detach(), x[index], y[index])
            optimizer.step()
    return theta.detach()

# %% right sgd: a helper for one epoch, called in a while loop
import torch


def one_epoch(grad_fn, theta, x, y, lr, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=generator.device)
    while order.numel():
        now, order = order[:batch_size], order[batch_size:]
        theta = theta.add(grad_fn(theta, x[now], y[now]), alpha=-lr)
    return theta

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta, done = theta0, 0
    while done < epochs:
        theta = one_epoch(grad_fn, theta, x, y, lr, batch_size, generator)
        done += 1
    return theta

# %% wrong sgd: climbs, the step has a plus sign
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta + lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: theta is set back to theta0 at the beginning of every epoch
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    for _ in range(epochs):
        theta = theta0.clone()
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: draws one order before the loops and uses it in every epoch
import torch


def minibatches(n, size, generator):
    return list(torch.randperm(n, generator=generator, device=generator.device).split(size))

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    batches = minibatches(len(x), batch_size, generator)
    for _ in range(epochs):
        for index in batches:
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: overwrites the caller's theta0 in place
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta -= lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: the step stands in the outer loop, one step per epoch with the last batch's gradient
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            g = minibatch_gradient(grad_fn, theta, x, y, index)
        theta = theta - lr * g
    return theta

# %% wrong sgd: every step uses the gradient over all examples
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * grad_fn(theta, x, y)
    return theta

# %% wrong sgd: adds up the gradients of an epoch at one theta and takes one step at its end
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        total = torch.zeros_like(theta)
        for index in minibatches(len(x), batch_size, generator):
            total = total + minibatch_gradient(grad_fn, theta, x, y, index)
        theta = theta - lr * total
    return theta

# %% wrong sgd: a constant rate of 0.01 stands in the place of lr
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.clone()
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator, device=generator.device)
        for i in range(0, len(x), batch_size):
            rows = order[i : i + batch_size]
            theta = theta - 0.01 * grad_fn(theta, x[rows], y[rows])
    return theta

# %% wrong sgd: seeds the generator anew with 0 in every epoch, so that all epochs have one order
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        generator.manual_seed(0)
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: takes `epochs` single steps, one minibatch per epoch
import torch


def minibatches(n, size, generator):
    return list(torch.randperm(n, generator=generator, device=generator.device).split(size))

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        index = minibatches(len(x), batch_size, generator)[0]
        theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
    return theta

# %% wrong sgd: takes all gradients at theta0 instead of the present theta
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            g = minibatch_gradient(grad_fn, theta0, x, y, index)
            theta = theta - lr * g
    return theta

# %% wrong sgd: returns the stacked path of all steps, not the last theta
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    path = [theta0]
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            path.append(path[-1] - lr * minibatch_gradient(grad_fn, path[-1], x, y, index))
    return torch.stack(path)

# %% wrong sgd: does not shuffle, takes the rows in the given order
def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for start in range(0, len(x), batch_size):
            stop = start + batch_size
            theta = theta - lr * grad_fn(theta, x[start:stop], y[start:stop])
    return theta

# %% wrong sgd: leaves out the short last batch of every epoch
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    n = len(x)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator, device=generator.device)
        for b in range(n // batch_size):
            rows = order[b * batch_size : (b + 1) * batch_size]
            theta = theta - lr * grad_fn(theta, x[rows], y[rows])
    return theta

# %% wrong sgd: divides the step once more by the batch size
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            g = minibatch_gradient(grad_fn, theta, x, y, index)
            theta = theta - lr / batch_size * g
    return theta

# %% wrong sgd: the return stands inside the outer loop, so that only one epoch is run
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def minibatch_gradient(grad_fn, theta, x, y, index):
    return grad_fn(theta, x[index], y[index])

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0.clone()
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * minibatch_gradient(grad_fn, theta, x, y, index)
        return theta

# %% wrong sgd: draws every minibatch with replacement, all of them of full size
import math
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    n = len(x)
    for _ in range(epochs * math.ceil(n / batch_size)):
        rows = torch.randint(n, (batch_size,), generator=generator, device=generator.device)
        theta = theta - lr * grad_fn(theta, x[rows], y[rows])
    return theta

# %% wrong sgd: shuffles with torch's global random numbers, the generator is not used
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch_size):
            theta = theta - lr * grad_fn(theta, x[rows], y[rows])
    return theta

# %% wrong sgd: ignores batch_size, one example a step
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    for _ in range(epochs):
        for i in torch.randperm(len(x), generator=generator, device=generator.device):
            theta = theta - lr * grad_fn(theta, x[i : i + 1], y[i : i + 1])
    return theta

# %% wrong sgd: returns the mean of all points of the path instead of the last
import torch


def minibatches(n, size, generator):
    return torch.randperm(n, generator=generator, device=generator.device).split(size)

def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta, total, count = theta0, torch.zeros_like(theta0), 0
    for _ in range(epochs):
        for index in minibatches(len(x), batch_size, generator):
            theta = theta - lr * grad_fn(theta, x[index], y[index])
            total, count = total + theta, count + 1
    return total / count

# %% corner sgd: a last batch that holds a single example is left out
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    n = len(x)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator, device=generator.device)
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            if batch_size > 1 and len(rows) == 1:
                continue
            theta = theta - lr * grad_fn(theta, x[rows], y[rows])
    return theta

# %% corner sgd: takes a last step with an empty batch where batch_size divides the number of examples
import torch


def sgd(grad_fn, theta0, x, y, *, lr, batch_size, epochs, generator):
    theta = theta0
    n = len(x)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator, device=generator.device)
        for b in range(n // batch_size + 1):
            rows = order[b * batch_size : (b + 1) * batch_size]
            theta = theta - lr * grad_fn(theta, x[rows], y[rows])
    return theta

# %% right kmeans_step: points one after another, as in the hint
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% right kmeans_step: all points assigned first, then moved one by one (Sculley)
import torch


def kmeans_step(centers, points, counts):
    new_centers, new_counts = centers.clone(), counts.clone()
    winners = torch.cdist(points, centers).argmin(dim=1)
    for x, k in zip(points, winners.tolist()):
        new_counts[k] += 1
        rate = 1 / int(new_counts[k])
        new_centers[k] = (1 - rate) * new_centers[k] + rate * x
    return new_centers, new_counts

# %% right kmeans_step: assigned first, then all centres at once as weighted means
import torch


def kmeans_step(centers, points, counts):
    winners = (points[:, None, :] - centers[None, :, :]).square().sum(dim=2).argmin(dim=1)
    hits = torch.nn.functional.one_hot(winners, len(centers))
    won = hits.sum(dim=0).to(counts.dtype)
    new_counts = counts + won
    sums = counts[:, None] * centers + hits.to(points.dtype).T @ points
    means = sums / new_counts.clamp(min=1)[:, None]
    return torch.where((won > 0)[:, None], means, centers), new_counts

# %% right kmeans_step: numpy, one point after another
import numpy as np
import torch


def kmeans_step(centers, points, counts):
    c = centers.cpu().numpy().copy()
    n = counts.cpu().numpy().copy()
    for x in points.cpu().numpy():
        k = np.argmin(np.linalg.norm(c - x, axis=1))
        n[k] += 1
        c[k] = c[k] + (x - c[k]) / n[k]
    return torch.from_numpy(c).to(centers.device), torch.from_numpy(n).to(counts.device)

# %% right kmeans_step: loop over the centres after a common assignment, moves by won / count towards the mean
import torch


def kmeans_step(centers, points, counts):
    nearest = torch.cdist(points, centers).min(dim=1).indices
    new_centers = centers.clone()
    new_counts = counts.clone()
    for k in range(centers.shape[0]):
        mine = points[nearest == k]
        if len(mine) == 0:
            continue
        new_counts[k] = counts[k] + len(mine)
        new_centers[k] = centers[k] + len(mine) / int(new_counts[k]) * (mine.mean(dim=0) - centers[k])
    return new_centers, new_counts

# %% right kmeans_step: lists of tensors and an early test for the first point of a centre
import torch


def kmeans_step(centers, points, counts):
    cs = list(centers.unbind(0))
    ns = counts.tolist()
    for x in points:
        distances = [float((c - x).square().sum()) for c in cs]
        k = distances.index(min(distances))
        ns[k] += 1
        if ns[k] == 1:
            cs[k] = x
        else:
            cs[k] = cs[k] + (x - cs[k]) / ns[k]
    return torch.stack(cs), torch.tensor(ns, dtype=counts.dtype, device=counts.device)

# %% right kmeans_step: without assignment to entries, one-hot vector of the winner
import torch


def kmeans_step(centers, points, counts):
    for x in points:
        winner = torch.linalg.vector_norm(centers - x, dim=1).argmin()
        one_hot = torch.arange(len(centers), device=centers.device) == winner
        counts = counts + one_hot.to(counts.dtype)
        rate = one_hot.to(centers.dtype) / counts.clamp(min=1).to(centers.dtype)
        centers = centers + rate[:, None] * (x - centers)
    return centers, counts

# %% wrong kmeans_step: raises the count after the move, so that the rate is 1 / old count (1 where it was 0)
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        centers[k] += (x - centers[k]) / max(int(counts[k]), 1)
        counts[k] += 1
    return centers, counts

# %% wrong kmeans_step: returns the counts that it was given instead of the new ones
def kmeans_step(centers, points, counts):
    new_centers, new_counts = centers.clone(), counts.clone()
    for x in points:
        k = ((new_centers - x) ** 2).sum(dim=1).argmin()
        new_counts[k] += 1
        new_centers[k] += (x - new_centers[k]) / new_counts[k]
    return new_centers, counts

# %% wrong kmeans_step: changes the caller's centers and counts in place
def kmeans_step(centers, points, counts):
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: copies the centers only, the caller's counts are changed in place
def kmeans_step(centers, points, counts):
    centers = centers.clone()
    for x in points:
        k = int(((centers - x) ** 2).sum(dim=1).argmin())
        counts[k] += 1
        centers[k] = centers[k] + (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: one clock for all centres, the rate is 1 / sum of all counts
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        eta = 1 / counts.sum().item()
        centers[k] = centers[k] + eta * (x - centers[k])
    return centers, counts

# %% wrong kmeans_step: moves all centres towards each point, not only the winner
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers = centers + (x - centers) / counts[k]
    return centers, counts

# %% wrong kmeans_step: a constant rate of 0.1 stands in the place of 1 / count
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += 0.1 * (x - centers[k])
    return centers, counts

# %% wrong kmeans_step: the farthest centre wins (argmax)
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = (centers - x).square().sum(dim=1).argmax()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: moves the winner away from the point, centre minus point is added
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = (x - centers).norm(dim=1).argmin()
        counts[k] += 1
        gradient = centers[k] - x
        centers[k] = centers[k] + gradient / counts[k]
    return centers, counts

# %% wrong kmeans_step: returns the centers only
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers

# %% wrong kmeans_step: returns counts and centers in the wrong order
def kmeans_step(centers, points, counts):
    c, n = centers.clone(), counts.clone()
    for x in points:
        k = ((c - x) ** 2).sum(dim=1).argmin()
        n[k] += 1
        c[k] += (x - c[k]) / n[k]
    return n, c

# %% wrong kmeans_step: begins to count at zero in every call and ignores the given counts
import torch


def kmeans_step(centers, points, counts):
    centers = centers.clone()
    counts = torch.zeros_like(counts)
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: a step of batch k-means, each centre becomes the mean of these points alone
import torch


def kmeans_step(centers, points, counts):
    winners = torch.cdist(points, centers).argmin(dim=1)
    new_centers, new_counts = centers.clone(), counts.clone()
    for k in range(len(centers)):
        mine = points[winners == k]
        if len(mine) > 0:
            new_centers[k] = mine.mean(dim=0)
            new_counts[k] += len(mine)
    return new_centers, new_counts

# %% wrong kmeans_step: a single move towards the mean of the won points with rate 1 / new count
import torch


def kmeans_step(centers, points, counts):
    winners = torch.cdist(points, centers).argmin(dim=1)
    new_centers, new_counts = centers.clone(), counts.clone()
    for k in range(len(centers)):
        mine = points[winners == k]
        if len(mine) > 0:
            new_counts[k] += len(mine)
            new_centers[k] += (mine.mean(dim=0) - centers[k]) / new_counts[k]
    return new_centers, new_counts

# %% wrong kmeans_step: fancy indexing with repeated winners, so that only one point of each winner counts
import torch


def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    winners = torch.cdist(points, centers).argmin(dim=1)
    counts[winners] += 1
    centers[winners] += (points - centers[winners]) / counts[winners][:, None]
    return centers, counts

# %% wrong kmeans_step: raises all counts first and then moves every point with its centre's final count
import torch


def kmeans_step(centers, points, counts):
    winners = torch.cdist(points, centers).argmin(dim=1)
    counts = counts + torch.bincount(winners, minlength=len(centers)).to(counts.dtype)
    centers = centers.clone()
    for x, k in zip(points, winners):
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: every move starts from the old centre, so that only the last point of a centre has an effect
def kmeans_step(centers, points, counts):
    new_centers, new_counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        new_counts[k] += 1
        new_centers[k] = centers[k] + (x - centers[k]) / new_counts[k]
    return new_centers, new_counts

# %% wrong kmeans_step: the winner is the centre with the largest inner product with the point
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = (centers @ x).argmax()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: sums the coordinate differences without squaring them when it looks for the nearest centre
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = (centers - x).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% wrong kmeans_step: the rate is 1 / (count + 1) with the count already raised, the old centre weighs one too much
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        centers[k] += (x - centers[k]) / (counts[k] + 1)
    return centers, counts

# %% wrong kmeans_step: 1 divided by an int64 tensor is a float32 rate, so that float64 centres lose digits
import torch


def kmeans_step(centers, points, counts):
    new_centers, new_counts = centers.clone(), counts.clone()
    winners = torch.cdist(points, centers).argmin(dim=1)
    for x, k in zip(points, winners.tolist()):
        new_counts[k] += 1
        rate = 1 / new_counts[k]
        new_centers[k] = (1 - rate) * new_centers[k] + rate * x
    return new_centers, new_counts

# %% corner kmeans_step: a centre with count 0 stays where it is at its first point instead of jumping there
def kmeans_step(centers, points, counts):
    centers, counts = centers.clone(), counts.clone()
    for x in points:
        k = ((centers - x) ** 2).sum(dim=1).argmin()
        counts[k] += 1
        if counts[k] > 1:
            centers[k] += (x - centers[k]) / counts[k]
    return centers, counts

# %% corner kmeans_step: a centre that has never won and wins nothing now becomes nan by 0 / 0
import torch


def kmeans_step(centers, points, counts):
    winners = torch.cdist(points, centers).argmin(dim=1)
    hits = torch.nn.functional.one_hot(winners, len(centers)).to(points.dtype)
    new_counts = counts + hits.sum(dim=0).to(counts.dtype)
    sums = centers * counts[:, None] + hits.T @ points
    return sums / new_counts[:, None], new_counts
