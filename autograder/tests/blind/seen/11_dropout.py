# %% right dropout_mask: the hint written out, uniform numbers below keep
import torch


def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()

# %% right dropout_mask: torch.bernoulli on a tensor of probabilities
import torch


def dropout_mask(shape, *, keep, generator):
    probabilities = torch.full(shape, float(keep), device=generator.device)
    return torch.bernoulli(probabilities, generator=generator)

# %% right dropout_mask: in-place bernoulli_ on a fresh tensor
import torch


def dropout_mask(shape, *, keep, generator):
    mask = torch.empty(shape, device=generator.device)
    mask.bernoulli_(keep, generator=generator)
    return mask

# %% right dropout_mask: a Python list of draws, turned into a tensor and reshaped
import torch

import math


def dropout_mask(shape, *, keep, generator):
    total = math.prod(shape)
    draws = torch.rand(total, generator=generator, device=generator.device).tolist()
    entries = []
    for u in draws:
        if u < keep:
            entries.append(1.0)
        else:
            entries.append(0.0)
    return torch.tensor(entries, dtype=torch.float32, device=generator.device).reshape(shape)

# %% right dropout_mask: one minus the mask of the dropped entries, in float64
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float64)
    dropped = (u >= keep).double()
    return 1 - dropped

# %% right dropout_mask: torch.where between ones and zeros
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return torch.where(u < keep, torch.ones_like(u), torch.zeros_like(u))

# %% right dropout_mask: the floor trick of the old TensorFlow code
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float64)
    return torch.floor(u + keep).clamp(max=1.0).float()

# %% right dropout_mask: zeros, then ones are written where the number is small enough
import torch


def dropout_mask(shape, *, keep, generator):
    mask = torch.zeros(shape, device=generator.device)
    u = torch.empty(shape, device=generator.device).uniform_(generator=generator)
    mask[u < keep] = 1.0
    return mask

# %% right dropout_mask: drops where the number is below 1 - keep, with an early return at keep = 1
import torch


def dropout_mask(shape, *, keep, generator):
    if keep == 1:
        return torch.ones(shape, device=generator.device)
    drop = 1 - keep
    u = torch.rand(shape, generator=generator, device=generator.device)
    return (u >= drop).to(torch.float32)

# %% right dropout_mask: through numpy and back
import torch

import numpy as np


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(tuple(shape), generator=generator, device=generator.device).cpu().numpy()
    mask = np.where(u < keep, 1.0, 0.0)
    return torch.tensor(mask, dtype=torch.float32, device=generator.device)

# %% wrong dropout_mask: compares u > keep, so an entry is 1 with probability 1 - keep
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return (u > keep).float()

# %% wrong dropout_mask: returns truth values (a bool tensor) instead of floating point numbers
import torch


def dropout_mask(shape, *, keep, generator):
    return torch.rand(shape, generator=generator, device=generator.device) < keep

# %% wrong dropout_mask: does not pass the generator on, draws from torch's global generator
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape)
    mask = (u < keep).float()
    return mask

# %% wrong dropout_mask: seeds the given generator with 0 at every call, so every step gets the same mask
import torch


def dropout_mask(shape, *, keep, generator):
    generator.manual_seed(0)
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()

# %% wrong dropout_mask: makes a generator of its own from the initial seed, which gives the same mask at every call
import torch


def dropout_mask(shape, *, keep, generator):
    g = torch.Generator(device=generator.device)
    g.manual_seed(generator.initial_seed())
    u = torch.rand(shape, generator=g, device=generator.device)
    return (u < keep).float()

# %% wrong dropout_mask: draws one mask for the units and repeats it for all examples (rows)
import torch


def dropout_mask(shape, *, keep, generator):
    units = shape[-1]
    row = (torch.rand(units, generator=generator, device=generator.device) < keep).float()
    return row.expand(shape).clone()

# %% wrong dropout_mask: draws one number for each row, so whole examples are kept or dropped together
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape[0], generator=generator, device=generator.device)
    mask = torch.zeros(shape)
    for i in range(shape[0]):
        mask[i] = 1.0 if u[i] < keep else 0.0
    return mask

# %% wrong dropout_mask: divides the mask by keep, so kept entries are 1 / keep instead of 1
import torch


def dropout_mask(shape, *, keep, generator):
    mask = (torch.rand(shape, generator=generator, device=generator.device) < keep).float()
    return mask / keep

# %% wrong dropout_mask: always keeps exactly round(keep * n) entries, so the entries are not independent
import math
import torch


def dropout_mask(shape, *, keep, generator):
    n = math.prod(shape)
    order = torch.randperm(n, generator=generator, device=generator.device)
    mask = torch.zeros(n, device=generator.device)
    mask[order[:round(keep * n)]] = 1
    return mask.reshape(shape)

# %% wrong dropout_mask: ignores keep, zeros and ones are equally likely
import torch


def dropout_mask(shape, *, keep, generator):
    return torch.randint(0, 2, tuple(shape), generator=generator, device=generator.device).float()

# %% wrong dropout_mask: compares normal instead of uniform numbers with keep
import torch


def dropout_mask(shape, *, keep, generator):
    noise = torch.randn(shape, generator=generator, device=generator.device)
    return (noise < keep).float()

# %% wrong dropout_mask: draws with numpy's global random numbers, the generator is not used
import numpy as np
import torch


def dropout_mask(shape, *, keep, generator):
    mask = np.random.binomial(1, keep, size=tuple(shape))
    return torch.tensor(mask, dtype=torch.float32)

# %% wrong dropout_mask: returns integers (int64) instead of floating point numbers
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return torch.where(u < keep, 1, 0)

# %% wrong dropout_mask: returns the uniform number itself where it is below keep, instead of 1
import torch


def dropout_mask(shape, *, keep, generator):
    mask = torch.rand(shape, generator=generator, device=generator.device)
    mask[mask >= keep] = 0
    return mask

# %% wrong dropout_mask: a dropped entry is -1 instead of 0
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return torch.where(u < keep, 1.0, -1.0)

# %% wrong dropout_mask: returns a flat tensor, the shape is lost
import math
import torch


def dropout_mask(shape, *, keep, generator):
    n = math.prod(shape)
    p = torch.full((n,), float(keep), device=generator.device)
    return torch.bernoulli(p, generator=generator)

# %% wrong dropout_mask: unpacks the shape into rows and columns, so it fails for anything but two dimensions
import torch


def dropout_mask(shape, *, keep, generator):
    rows, cols = shape
    u = torch.rand(rows, cols, generator=generator, device=generator.device)
    return (u < keep).float()

# %% wrong dropout_mask: draws whole numbers 0 to 9 and compares with 10 * keep, so keep is rounded up to tenths
import torch


def dropout_mask(shape, *, keep, generator):
    dice = torch.randint(0, 10, tuple(shape), generator=generator, device=generator.device)
    return (dice < 10 * keep).float()

# %% wrong dropout_mask: returns a nested Python list instead of a tensor
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return (u < keep).float().tolist()

# %% wrong dropout_mask: computes the mask but returns nothing
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    mask = torch.zeros(shape)
    mask[u < keep] = 1

# %% corner dropout_mask: raises ValueError at keep = 1, which is allowed
import torch


def dropout_mask(shape, *, keep, generator):
    if not 0 < keep < 1:
        raise ValueError("keep must lie between 0 and 1")
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()

# %% right dropout_train: the shortest one

def dropout_train(x, mask):
    return x * mask

# %% right dropout_train: the formula with the mask in front, by torch.mul
import torch


def dropout_train(x, mask):
    return torch.mul(mask, x)

# %% right dropout_train: torch.where on a condition
import torch


def dropout_train(x, mask):
    return torch.where(mask == 1, x, torch.zeros_like(x))

# %% right dropout_train: works in place on a copy

def dropout_train(x, mask):
    out = x.clone()
    out[mask == 0] = 0
    return out

# %% right dropout_train: masked_fill of the dropped units

def dropout_train(x, mask):
    dropped = ~mask.bool()
    return x.masked_fill(dropped, 0.0)

# %% right dropout_train: takes away what is dropped

def dropout_train(x, mask):
    return x - x * (1 - mask)

# %% right dropout_train: a loop over the examples
import torch


def dropout_train(x, mask):
    if len(x) == 0:
        return x.clone()
    rows = []
    for row, m in zip(x, mask):
        rows.append(row * m)
    return torch.stack(rows)

# %% right dropout_train: einsum
import torch


def dropout_train(x, mask):
    return torch.einsum("...,...->...", x, mask.to(x.dtype))

# %% wrong dropout_train: keeps the units that should be dropped (multiplies by 1 - mask)

def dropout_train(x, mask):
    return x * (1 - mask)

# %% wrong dropout_train: divides by the mean of the mask (inverted form), where the classic form scales nothing

def dropout_train(x, mask):
    keep = mask.mean()
    return x * mask / keep

# %% wrong dropout_train: returns only the kept entries as a flat tensor, the shape is lost

def dropout_train(x, mask):
    return x[mask.bool()]

# %% wrong dropout_train: multiplies by a matrix product with the transposed mask instead of entry by entry

def dropout_train(x, mask):
    return x @ mask.T

# %% wrong dropout_train: multiplies the caller's x in place

def dropout_train(x, mask):
    x *= mask
    return x

# %% wrong dropout_train: uses the mask of the first example for all examples
import torch


def dropout_train(x, mask):
    out = torch.zeros_like(x)
    for i in range(x.shape[0]):
        out[i] = x[i] * mask[0]
    return out

# %% wrong dropout_train: returns the pair of output and mask instead of the output

def dropout_train(x, mask):
    out = x * mask
    return out, mask

# %% wrong dropout_train: sets dropped units to minus infinity, as masks in attention do, instead of 0

def dropout_train(x, mask):
    return x.masked_fill(mask == 0, float("-inf"))

# %% wrong dropout_train: applies a ReLU as well, so negative outputs of kept units become 0
import torch


def dropout_train(x, mask):
    return torch.relu(x) * mask

# %% wrong dropout_train: ignores the values of the mask and drops at random with torch's dropout
import torch.nn.functional as F


def dropout_train(x, mask):
    p = 1 - float(mask.float().mean())
    return F.dropout(x, p=p, training=True)

# %% wrong dropout_train: multiplies by the mean of the mask as well, the test-time factor in training

def dropout_train(x, mask):
    keep = mask.mean()
    return keep * (x * mask)

# %% wrong dropout_train: converts to float32, so that float64 inputs lose digits and type

def dropout_train(x, mask):
    return x.float() * mask.float()

# %% wrong dropout_train: drops a unit for the whole batch as soon as one example drops it

def dropout_train(x, mask):
    units = mask.prod(dim=0)
    return x * units

# %% wrong dropout_train: replaces dropped units by the mean of x instead of 0
import torch


def dropout_train(x, mask):
    return torch.where(mask == 1, x, x.mean())

# %% wrong dropout_train: subtracts the mask of dropped units instead of multiplying

def dropout_train(x, mask):
    dropped = 1 - mask
    return x - dropped

# %% wrong dropout_train: forgets the return

def dropout_train(x, mask):
    y = x * mask

# %% corner dropout_train: goes through numpy and cuts the gradient that the zoneout demo sends through it
import numpy as np
import torch


def dropout_train(x, mask):
    out = x.detach().numpy() * mask.detach().numpy()
    return torch.from_numpy(np.asarray(out))

# %% right dropout_test: the shortest one

def dropout_test(x, *, keep):
    return keep * x

# %% right dropout_test: the mean of the two outcomes written out
import torch


def dropout_test(x, *, keep):
    kept, dropped = x, torch.zeros_like(x)
    return keep * kept + (1 - keep) * dropped

# %% right dropout_test: takes away the share that is dropped

def dropout_test(x, *, keep):
    drop = 1 - keep
    return x - drop * x

# %% right dropout_test: in place on a copy

def dropout_test(x, *, keep):
    out = x.clone()
    out *= keep
    return out

# %% right dropout_test: the mean mask as a tensor, then a product
import torch


def dropout_test(x, *, keep):
    mean_mask = torch.full_like(x, keep)
    return mean_mask * x

# %% right dropout_test: torch.lerp from zero to x
import torch


def dropout_test(x, *, keep):
    return torch.lerp(torch.zeros_like(x), x, float(keep))

# %% right dropout_test: a loop over flat entries
import torch


def dropout_test(x, *, keep):
    out = torch.zeros_like(x).reshape(-1)
    for i, value in enumerate(x.reshape(-1)):
        out[i] = keep * value
    return out.reshape(x.shape)

# %% right dropout_test: divides by how much larger the sums would be

def dropout_test(x, *, keep):
    too_large_by = 1 / keep
    return x / too_large_by

# %% wrong dropout_test: divides by keep where it has to multiply

def dropout_test(x, *, keep):
    return x / keep

# %% wrong dropout_test: returns x unscaled, as the inverted form does in evaluation

def dropout_test(x, *, keep):
    return x

# %% wrong dropout_test: multiplies by the probability to drop, 1 - keep

def dropout_test(x, *, keep):
    p = 1 - keep
    return p * x

# %% wrong dropout_test: draws a random mask instead of taking the mean over masks
import torch


def dropout_test(x, *, keep):
    mask = (torch.rand(x.shape) < keep).to(x.dtype)
    return mask * x

# %% wrong dropout_test: multiplies the caller's x in place

def dropout_test(x, *, keep):
    x *= keep
    return x

# %% wrong dropout_test: takes the expectation over the batch, returning the mean example times keep

def dropout_test(x, *, keep):
    return keep * x.mean(dim=0)

# %% wrong dropout_test: multiplies by the square root of keep
import math


def dropout_test(x, *, keep):
    return math.sqrt(keep) * x

# %% wrong dropout_test: multiplies by keep (1 - keep), the variance of a mask entry instead of its mean

def dropout_test(x, *, keep):
    return keep * (1 - keep) * x

# %% wrong dropout_test: ignores keep and always multiplies by 0.5

def dropout_test(x, *, keep):
    return 0.5 * x

# %% wrong dropout_test: raises keep to the number of units, so the factor depends on the width

def dropout_test(x, *, keep):
    n = x.shape[-1]
    return x * keep ** n

# %% wrong dropout_test: averages 100 random masks, which comes near the mean but is still a draw
import torch


def dropout_test(x, *, keep):
    total = torch.zeros_like(x)
    for _ in range(100):
        total += x * (torch.rand(x.shape) < keep)
    return total / 100

# %% wrong dropout_test: scales to float32, so that float64 inputs lose digits and type
import torch


def dropout_test(x, *, keep):
    return x.to(torch.float32) * keep

# %% wrong dropout_test: uses both the scaling of training and that of test, multiplying by keep and dividing by it

def dropout_test(x, *, keep):
    expected = keep * x
    return expected / keep

# %% wrong dropout_test: scales only the first example (row), the others stay as they are

def dropout_test(x, *, keep):
    out = x.clone()
    out[0] = keep * out[0]
    return out

# %% wrong dropout_test: sums the expected output over the units instead of returning it for each

def dropout_test(x, *, keep):
    return (keep * x).sum(dim=-1)

# %% wrong dropout_test: subtracts 1 - keep instead of scaling

def dropout_test(x, *, keep):
    return x - (1 - keep)

# %% wrong dropout_test: returns a numpy array instead of a tensor
import numpy as np


def dropout_test(x, *, keep):
    return np.asarray(x.detach()) * keep

# %% right fold_keep: the shortest one

def fold_keep(weight, *, keep):
    return keep * weight

# %% right fold_keep: in place on a copy

def fold_keep(weight, *, keep):
    folded = weight.clone()
    folded.mul_(keep)
    return folded

# %% right fold_keep: a product with a diagonal matrix on the input side
import torch


def fold_keep(weight, *, keep):
    scale = torch.eye(weight.shape[1], dtype=weight.dtype, device=weight.device) * keep
    return weight @ scale

# %% right fold_keep: a loop over the columns, one for each dropped unit
import torch


def fold_keep(weight, *, keep):
    out = torch.empty_like(weight)
    for j in range(weight.shape[1]):
        out[:, j] = weight[:, j] * keep
    return out

# %% right fold_keep: what is lost on average is taken away

def fold_keep(weight, *, keep):
    return weight - (1 - keep) * weight

# %% right fold_keep: one factor for each input, by einsum
import torch


def fold_keep(weight, *, keep):
    alpha = torch.full((weight.shape[1],), float(keep), dtype=weight.dtype, device=weight.device)
    return torch.einsum("oi,i->oi", weight, alpha)

# %% right fold_keep: nested lists
import torch


def fold_keep(weight, *, keep):
    rows = [[keep * w for w in row] for row in weight.tolist()]
    return torch.tensor(rows, dtype=weight.dtype).reshape(weight.shape)

# %% wrong fold_keep: divides by keep where it has to multiply

def fold_keep(weight, *, keep):
    return weight / keep

# %% wrong fold_keep: returns the weights unscaled

def fold_keep(weight, *, keep):
    return weight.clone()

# %% wrong fold_keep: multiplies by 1 - keep

def fold_keep(weight, *, keep):
    drop = 1.0 - keep
    return weight * drop

# %% wrong fold_keep: scales the caller's weights in place and returns them

def fold_keep(weight, *, keep):
    weight.mul_(keep)
    return weight

# %% wrong fold_keep: returns the scaled weights transposed, of shape (in, out)

def fold_keep(weight, *, keep):
    return keep * weight.T

# %% wrong fold_keep: applies a random mask to the weights instead of the fixed factor
import torch


def fold_keep(weight, *, keep):
    mask = torch.bernoulli(torch.full_like(weight, keep))
    return mask * weight

# %% wrong fold_keep: takes the last column for a bias and leaves it unscaled

def fold_keep(weight, *, keep):
    out = keep * weight
    out[:, -1] = weight[:, -1]
    return out

# %% wrong fold_keep: multiplies by keep squared

def fold_keep(weight, *, keep):
    return keep ** 2 * weight

# %% wrong fold_keep: multiplies by the square root of keep

def fold_keep(weight, *, keep):
    return weight * keep ** 0.5

# %% wrong fold_keep: scales only the diagonal of the matrix

def fold_keep(weight, *, keep):
    out = weight.clone()
    for i in range(min(weight.shape)):
        out[i, i] = keep * weight[i, i]
    return out

# %% wrong fold_keep: a constant 0.5 stands in the place of keep

def fold_keep(weight, *, keep=0.5):
    keep = 0.5
    return keep * weight

# %% wrong fold_keep: sums the scaled weights over the inputs, so the shape is (out,)

def fold_keep(weight, *, keep):
    return (keep * weight).sum(dim=1)

# %% wrong fold_keep: divides by the number of inputs as well

def fold_keep(weight, *, keep):
    n_in = weight.shape[1]
    return keep * weight / n_in

# %% wrong fold_keep: sets the last inputs to zero so that a share keep of the columns is left, instead of scaling all
import torch


def fold_keep(weight, *, keep):
    n = int(keep * weight.shape[1])
    out = torch.zeros_like(weight)
    out[:, :n] = weight[:, :n]
    return out

# %% wrong fold_keep: computes in float32, so that float64 weights lose digits and type
import torch


def fold_keep(weight, *, keep):
    w = torch.tensor(weight.tolist())
    return w * keep

# %% wrong fold_keep: scales a copy but returns the old weights

def fold_keep(weight, *, keep):
    folded = weight.clone()
    for row in range(folded.shape[0]):
        folded[row] = folded[row] * keep
    return weight

# %% wrong fold_keep: forgets the return

def fold_keep(weight, *, keep):
    w_test = keep * weight

# %% right inverted_dropout: early return in evaluation, dropout_mask for the mask
import torch


def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()

def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = dropout_mask(x.shape, keep=keep, generator=generator).to(x.dtype)
    return mask * x / keep

# %% right inverted_dropout: one expression, float32 mask times x
import torch


def inverted_dropout(x, *, keep, training, generator):
    return x * (torch.rand(x.shape, generator=generator) < keep) / keep if training else x

# %% right inverted_dropout: evaluation returns a copy
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = torch.bernoulli(torch.full(x.shape, float(keep), device=generator.device), generator=generator)
        return (x * mask.to(x.dtype)) / keep
    else:
        return x.clone()

# %% right inverted_dropout: bernoulli_ in the type of x, scaled before it meets x
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training is False:
        return x
    noise = torch.empty(x.shape, dtype=x.dtype, device=x.device).bernoulli_(keep, generator=generator)
    noise /= keep
    return x * noise

# %% right inverted_dropout: torch.where between x / keep and zero
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    kept = torch.rand(x.shape, generator=generator, device=generator.device) < keep
    return torch.where(kept, x / keep, torch.zeros_like(x))

# %% right inverted_dropout: in place on a copy
import torch


def inverted_dropout(x, *, keep, training, generator):
    out = x.clone()
    if training:
        u = torch.rand(x.shape, generator=generator, device=generator.device)
        out[u >= keep] = 0
        out /= keep
    return out

# %% right inverted_dropout: a drop probability and masked_fill, as in torch
import torch


def inverted_dropout(x, *, keep, training, generator):
    p = 1 - keep
    if not training or p == 0:
        return x
    dropped = torch.rand(x.shape, generator=generator, device=generator.device, dtype=torch.float64) < p
    scale = 1 / (1 - p)
    return x.masked_fill(dropped, 0.0) * scale

# %% right inverted_dropout: a loop over the rows, each with its own draw
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    if x.dim() == 0 or len(x) == 0:
        mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
        return x * mask / keep
    rows = []
    for row in x:
        m = (torch.rand(row.shape, generator=generator) < keep).to(x.dtype)
        rows.append(row * m / keep)
    return torch.stack(rows)

# %% right inverted_dropout: helper functions for the two modes and a cast back at the end
import torch


def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float64)
    return (u < keep).double()

def _train(x, keep, generator):
    mask = dropout_mask(x.shape, keep=keep, generator=generator)
    return (x.double() * mask / keep).to(x.dtype)

def _evaluate(x):
    return x

def inverted_dropout(x, *, keep, training, generator):
    return _train(x, keep, generator) if training else _evaluate(x)

# %% wrong inverted_dropout: does not divide by keep in training
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return x * mask

# %% wrong inverted_dropout: multiplies by keep in training where it has to divide
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return x * mask * keep

# %% wrong inverted_dropout: divides by 1 - keep instead of keep
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training and keep < 1:
        mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
        return x * mask / (1 - keep)
    return x

# %% wrong inverted_dropout: takes keep for torch's p, so entries are dropped with probability keep, mean right
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    p = keep
    if p == 1:
        return torch.zeros_like(x)
    mask = (torch.rand(x.shape, generator=generator) >= p).to(x.dtype)
    return mask * x / (1 - p)

# %% wrong inverted_dropout: scales in training and multiplies by keep in evaluation as well
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
        return mask * x / keep
    return keep * x

# %% wrong inverted_dropout: the classic form, unscaled in training and times keep in evaluation
import torch


def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()

def inverted_dropout(x, *, keep, training, generator):
    if training:
        return dropout_mask(x.shape, keep=keep, generator=generator).to(x.dtype) * x
    else:
        return keep * x

# %% wrong inverted_dropout: the condition on training is reversed, it drops in evaluation and not in training
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / keep

# %% wrong inverted_dropout: calls F.dropout, which draws from the global generator and not from the given one
import torch.nn.functional as F


def inverted_dropout(x, *, keep, training, generator):
    return F.dropout(x, p=1 - keep, training=training)

# %% wrong inverted_dropout: changes the caller's x in place in training
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training:
        with torch.no_grad():
            x *= (torch.rand(x.shape, generator=generator) < keep)
            x /= keep
    return x

# %% wrong inverted_dropout: returns output and mask in training instead of the output alone
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    out = mask * x / keep
    return out, mask

# %% wrong inverted_dropout: one mask is drawn for the units and shared by all examples
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape[1:], generator=generator) < keep).to(x.dtype)
    return x * mask / keep

# %% wrong inverted_dropout: the mask is float64, so a float32 input comes back as float64 in training
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator, dtype=torch.float64) < keep).double()
    return mask * x / keep

# %% wrong inverted_dropout: converts x to float32, so a float64 input loses digits and type
import torch


def inverted_dropout(x, *, keep, training, generator):
    x = x.float()
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).float()
    return mask * x / keep

# %% wrong inverted_dropout: divides by the share of entries that happened to be kept instead of keep
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / mask.mean().clamp(min=1e-9)

# %% wrong inverted_dropout: reseeds the generator at each call, so each step meets the same mask
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    generator.manual_seed(42)
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / keep

# %% wrong inverted_dropout: ignores training, it drops in evaluation too
import torch


def inverted_dropout(x, *, keep, training, generator):
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / keep

# %% wrong inverted_dropout: divides by the square root of keep
import math
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / math.sqrt(keep)

# %% wrong inverted_dropout: stores the first mask of each shape in a global and uses it in all later steps
import torch


_masks = {}

def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    key = tuple(x.shape)
    if key not in _masks:
        _masks[key] = torch.rand(x.shape, generator=generator) < keep
    return x * _masks[key].to(x.dtype) / keep

# %% wrong inverted_dropout: returns nothing in evaluation, because the return stands in the training branch
import torch


def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
        x = mask * x / keep
        return x

# %% wrong inverted_dropout: takes x to have exactly two dimensions, where any shape is promised
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    n, d = x.shape
    mask = torch.zeros(n, d, dtype=x.dtype)
    mask[torch.rand(n, d, generator=generator) < keep] = 1
    return mask * x / keep

# %% wrong inverted_dropout: scales all entries in training by 1 / keep but drops none

def inverted_dropout(x, *, keep, training, generator):
    if training:
        return x / keep
    return x

# %% corner inverted_dropout: goes through numpy and cuts the gradient, which the networks of section 6 train through
import numpy as np
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    values = x.detach().numpy()
    u = torch.rand(x.shape, generator=generator).numpy()
    out = np.where(u < keep, values / keep, 0.0)
    return torch.tensor(out, dtype=x.dtype)

# %% corner inverted_dropout: asserts keep < 1 in training, where keep = 1 is allowed
import torch


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    assert 0 < keep < 1, "keep must be a probability"
    mask = (torch.rand(x.shape, generator=generator) < keep).to(x.dtype)
    return mask * x / keep

# %% right dropout_backward: the shortest one

def dropout_backward(grad_out, mask, *, keep):
    return grad_out * mask / keep

# %% right dropout_backward: the formula literally, local derivative times gradient

def dropout_backward(grad_out, mask, *, keep):
    local = mask.to(grad_out.dtype) / keep
    return local * grad_out

# %% right dropout_backward: torch.where
import torch


def dropout_backward(grad_out, mask, *, keep):
    return torch.where(mask == 1, grad_out / keep, torch.zeros_like(grad_out))

# %% right dropout_backward: in place on a copy, dropped entries get no gradient

def dropout_backward(grad_out, mask, *, keep):
    grad = grad_out.clone()
    grad[mask == 0] = 0
    grad /= keep
    return grad

# %% right dropout_backward: asks autograd
import torch


def dropout_backward(grad_out, mask, *, keep):
    with torch.enable_grad():
        x = torch.zeros_like(grad_out).requires_grad_()
        y = mask * x / keep
        (grad_x,) = torch.autograd.grad(y, x, grad_outputs=grad_out.detach().to(y.dtype))
    return grad_x

# %% right dropout_backward: autograd by way of a scalar loss with this gradient
import torch


def dropout_backward(grad_out, mask, *, keep):
    x = torch.ones_like(grad_out, requires_grad=True)
    y = mask * x / keep
    loss = (grad_out.detach() * y).sum()
    loss.backward()
    return x.grad

# %% right dropout_backward: a loop over flat entries
import torch


def dropout_backward(grad_out, mask, *, keep):
    g, m = grad_out.flatten().tolist(), mask.flatten().tolist()
    out = []
    for gi, mi in zip(g, m):
        out.append(gi / keep if mi else 0.0)
    return torch.tensor(out, dtype=grad_out.dtype).reshape(grad_out.shape)

# %% right dropout_backward: multiplies by the inverse, with masked_fill

def dropout_backward(grad_out, mask, *, keep):
    scale = 1.0 / keep
    return (scale * grad_out).masked_fill(~mask.bool(), 0)

# %% wrong dropout_backward: forgets the factor 1 / keep

def dropout_backward(grad_out, mask, *, keep):
    return grad_out * mask

# %% wrong dropout_backward: multiplies by keep where it has to divide

def dropout_backward(grad_out, mask, *, keep):
    return keep * mask * grad_out

# %% wrong dropout_backward: the mask is reversed, gradients go to the dropped entries

def dropout_backward(grad_out, mask, *, keep):
    return grad_out * (1 - mask) / keep

# %% wrong dropout_backward: ignores the mask, dropped entries get gradient too

def dropout_backward(grad_out, mask, *, keep):
    return grad_out / keep

# %% wrong dropout_backward: returns only the local derivative mask / keep, without grad_out

def dropout_backward(grad_out, mask, *, keep):
    grad_x = mask / keep
    return grad_x

# %% wrong dropout_backward: divides by keep twice

def dropout_backward(grad_out, mask, *, keep):
    grad = grad_out / keep
    return grad * (mask / keep)

# %% wrong dropout_backward: draws a new mask instead of using the one of the forward pass
import torch


def dropout_backward(grad_out, mask, *, keep):
    mask = (torch.rand(grad_out.shape) < keep).to(grad_out.dtype)
    return grad_out * mask / keep

# %% wrong dropout_backward: changes the caller's grad_out in place

def dropout_backward(grad_out, mask, *, keep):
    grad_out *= mask
    grad_out /= keep
    return grad_out

# %% wrong dropout_backward: sums the gradient over the batch

def dropout_backward(grad_out, mask, *, keep):
    return (grad_out * mask / keep).sum(dim=0)

# %% wrong dropout_backward: averages over the batch by dividing by the number of rows

def dropout_backward(grad_out, mask, *, keep):
    n = grad_out.shape[0]
    return grad_out * mask / keep / n

# %% wrong dropout_backward: the sign is turned, as if it were a descent step

def dropout_backward(grad_out, mask, *, keep):
    return -grad_out * mask / keep

# %% wrong dropout_backward: divides by 1 - keep

def dropout_backward(grad_out, mask, *, keep):
    p = 1 - keep
    return mask * grad_out / p

# %% wrong dropout_backward: divides by the mean of the mask, the share really kept, instead of keep

def dropout_backward(grad_out, mask, *, keep):
    return grad_out * mask / mask.double().mean().to(grad_out.dtype)

# %% wrong dropout_backward: undoes the forward pass (times keep, divided by the mask), infinite or nan where dropped

def dropout_backward(grad_out, mask, *, keep):
    return grad_out * keep / mask

# %% wrong dropout_backward: dropped entries get grad_out unscaled instead of 0
import torch


def dropout_backward(grad_out, mask, *, keep):
    return torch.where(mask == 1, grad_out / keep, grad_out)

# %% wrong dropout_backward: a matrix product with the mask stands in the place of the product entry by entry

def dropout_backward(grad_out, mask, *, keep):
    return grad_out @ (mask.T / keep)

# %% wrong dropout_backward: uses the first row of the mask for all examples
import torch


def dropout_backward(grad_out, mask, *, keep):
    m = mask[0]
    rows = [g * m / keep for g in grad_out]
    return torch.stack(rows)

# %% wrong dropout_backward: sets negative gradients to 0 as well, mixing in a ReLU

def dropout_backward(grad_out, mask, *, keep):
    return grad_out.clamp(min=0) * mask / keep

# %% wrong dropout_backward: returns a pair of the gradients for x and for the mask

def dropout_backward(grad_out, mask, *, keep):
    grad_x = grad_out * mask / keep
    return grad_x, None

# %% wrong dropout_backward: computes in float32, so that float64 gradients lose digits and type

def dropout_backward(grad_out, mask, *, keep):
    return grad_out.float() * mask.float() / keep

# %% right dropconnect: masked weights, then a dense layer

def dropconnect(x, weight, bias, mask):
    return x @ (mask * weight).T + bias

# %% right dropconnect: F.linear
import torch.nn.functional as F


def dropconnect(x, weight, bias, mask):
    return F.linear(x, weight * mask, bias)

# %% right dropconnect: einsum over the three tensors
import torch


def dropconnect(x, weight, bias, mask):
    return torch.einsum("bi,oi,oi->bo", x, weight, mask.to(weight.dtype)) + bias

# %% right dropconnect: one example after another, the formula with a column x
import torch


def dropconnect(x, weight, bias, mask):
    w = mask * weight
    out = torch.zeros(x.shape[0], weight.shape[0], dtype=x.dtype)
    for n in range(x.shape[0]):
        out[n] = w @ x[n] + bias
    return out

# %% right dropconnect: broadcasting and a sum over the inputs

def dropconnect(x, weight, bias, mask):
    products = x[:, None, :] * (weight * mask)[None, :, :]
    return products.sum(dim=2) + bias

# %% right dropconnect: columns as in the formula, transposed at the end
import torch


def dropconnect(x, weight, bias, mask):
    kept = torch.where(mask == 1, weight, torch.zeros_like(weight))
    y = kept @ x.T + bias[:, None]
    return y.T

# %% right dropconnect: addmm with weights zeroed in a copy
import torch


def dropconnect(x, weight, bias, mask):
    w = weight.clone()
    w[mask == 0] = 0
    return torch.addmm(bias, x, w.t())

# %% right dropconnect: three plain loops
import torch


def dropconnect(x, weight, bias, mask):
    batch, n_in = x.shape
    n_out = weight.shape[0]
    xs, ws, ms, bs = x.tolist(), weight.tolist(), mask.tolist(), bias.tolist()
    y = torch.zeros(batch, n_out, dtype=x.dtype)
    for n in range(batch):
        for o in range(n_out):
            total = bs[o]
            for i in range(n_in):
                total += ms[o][i] * ws[o][i] * xs[n][i]
            y[n, o] = total
    return y

# %% right dropconnect: the whole layer minus the dropped connections

def dropconnect(x, weight, bias, mask):
    full = x @ weight.T + bias
    missing = x @ (weight * (1 - mask)).T
    return full - missing

# %% wrong dropconnect: forgets the bias

def dropconnect(x, weight, bias, mask):
    return x @ (weight * mask).T

# %% wrong dropconnect: ignores the mask, an ordinary dense layer
import torch.nn.functional as F


def dropconnect(x, weight, bias, mask):
    return F.linear(x, weight, bias)

# %% wrong dropconnect: keeps the connections that should be dropped

def dropconnect(x, weight, bias, mask):
    return x @ (weight * (1 - mask)).T + bias

# %% wrong dropconnect: divides by the mean of the mask, where nothing is scaled

def dropconnect(x, weight, bias, mask):
    keep = mask.mean()
    return x @ (weight * mask / keep).T + bias

# %% wrong dropconnect: does not transpose the masked weights, fails or is wrong unless in and out suit

def dropconnect(x, weight, bias, mask):
    return x @ (weight * mask) + bias

# %% wrong dropconnect: drops the bias too where the first connection of a unit is dropped

def dropconnect(x, weight, bias, mask):
    return x @ (weight * mask).T + bias * mask[:, 0]

# %% wrong dropconnect: drops inputs instead of connections, using the first row of the mask

def dropconnect(x, weight, bias, mask):
    return (x * mask[0]) @ weight.T + bias

# %% wrong dropconnect: drops output units (dropout) with the first column of the mask instead of connections

def dropconnect(x, weight, bias, mask):
    y = x @ weight.T + bias
    return y * mask[:, 0]

# %% wrong dropconnect: changes the caller's weights in place

def dropconnect(x, weight, bias, mask):
    weight *= mask
    return x @ weight.T + bias

# %% wrong dropconnect: returns the transposed output, of shape (out, batch)

def dropconnect(x, weight, bias, mask):
    w = mask * weight
    return w @ x.T + bias.reshape(-1, 1)

# %% wrong dropconnect: subtracts the bias

def dropconnect(x, weight, bias, mask):
    return x @ (weight * mask).T - bias

# %% wrong dropconnect: puts a ReLU behind the layer, which is not asked
import torch


def dropconnect(x, weight, bias, mask):
    y = x @ (weight * mask).T + bias
    return torch.relu(y)

# %% wrong dropconnect: converts all to float32, so that float64 inputs lose digits and type

def dropconnect(x, weight, bias, mask):
    w = (weight * mask).float()
    return x.float() @ w.T + bias.float()

# %% wrong dropconnect: adds the sum of all biases to every unit

def dropconnect(x, weight, bias, mask):
    return x @ (weight * mask).T + bias.sum()

# %% wrong dropconnect: scales the weights by the mean of their mask row (expected value) instead of masking

def dropconnect(x, weight, bias, mask):
    share = mask.mean(dim=1, keepdim=True)
    return x @ (share * weight).T + bias

# %% wrong dropconnect: computes only the first example of the batch

def dropconnect(x, weight, bias, mask):
    return ((mask * weight) @ x[0] + bias)[None, :]

# %% wrong dropconnect: draws a mask of its own instead of the one given
import torch


def dropconnect(x, weight, bias, mask):
    mask = torch.bernoulli(torch.full_like(weight, 0.5))
    return x @ (weight * mask).T + bias

# %% wrong dropconnect: returns the masked weights along with the output

def dropconnect(x, weight, bias, mask):
    masked = weight * mask
    return x @ masked.T + bias, masked

# %% wrong dropconnect: adds the mask to the weights instead of multiplying

def dropconnect(x, weight, bias, mask):
    w = weight + mask
    return x @ w.T + bias

# %% corner dropconnect: squeezes the output, so a batch of one or a single unit loses a dimension
import torch


def dropconnect(x, weight, bias, mask):
    w = (mask * weight).unsqueeze(0)
    y = torch.matmul(w, x.unsqueeze(2)).squeeze()
    return y + bias

# %% right zoneout: the formula

def zoneout(h_old, h_new, mask):
    return mask * h_old + (1 - mask) * h_new

# %% right zoneout: moves from the new state towards the old one

def zoneout(h_old, h_new, mask):
    return h_new + mask * (h_old - h_new)

# %% right zoneout: torch.where, each entry is one of two values
import torch


def zoneout(h_old, h_new, mask):
    return torch.where(mask == 1, h_old, h_new)

# %% right zoneout: torch.lerp with the mask as weight
import torch


def zoneout(h_old, h_new, mask):
    return torch.lerp(h_new, h_old, mask.to(h_new.dtype))

# %% right zoneout: the old state plus the share of the step that is taken

def zoneout(h_old, h_new, mask):
    step = h_new - h_old
    moves = 1 - mask
    return h_old + moves * step

# %% right zoneout: in place on a copy of the new state

def zoneout(h_old, h_new, mask):
    h = h_new.clone()
    stays = mask.bool()
    h[stays] = h_old[stays]
    return h

# %% right zoneout: a loop over the entries, gradients kept
import torch


def zoneout(h_old, h_new, mask):
    if mask.numel() == 0:
        return h_new.clone()
    entries = []
    for old, new, m in zip(h_old.reshape(-1), h_new.reshape(-1), mask.reshape(-1)):
        entries.append(m * old + (1 - m) * new)
    return torch.stack(entries).reshape(h_old.shape)

# %% right zoneout: stack and einsum
import torch


def zoneout(h_old, h_new, mask):
    m = mask.to(h_old.dtype)
    both = torch.stack([h_old, h_new])
    weights = torch.stack([m, 1 - m])
    return torch.einsum("k...,k...->...", weights, both)

# %% wrong zoneout: old and new are swapped, mask 1 takes the new state

def zoneout(h_old, h_new, mask):
    return mask * h_new + (1 - mask) * h_old

# %% wrong zoneout: sets the units that should stay to 0, which is dropout of the new state

def zoneout(h_old, h_new, mask):
    return (1 - mask) * h_new

# %% wrong zoneout: forgets the brackets around 1 - mask

def zoneout(h_old, h_new, mask):
    return mask * h_old + 1 - mask * h_new

# %% wrong zoneout: adds the whole new state, without the factor 1 - mask

def zoneout(h_old, h_new, mask):
    return mask * h_old + h_new

# %% wrong zoneout: writes into the caller's h_old

def zoneout(h_old, h_new, mask):
    h = h_old
    moves = mask == 0
    h[moves] = h_new[moves]
    return h

# %% wrong zoneout: writes into the caller's h_new

def zoneout(h_old, h_new, mask):
    h_new[mask == 1] = h_old[mask == 1]
    return h_new

# %% wrong zoneout: replaces the mask by its mean, the form for evaluation, mixing the states everywhere

def zoneout(h_old, h_new, mask):
    z = mask.mean()
    return z * h_old + (1 - z) * h_new

# %% wrong zoneout: subtracts the new part instead of adding it

def zoneout(h_old, h_new, mask):
    return mask * h_old - (1 - mask) * h_new

# %% wrong zoneout: uses the mask of the first example for all examples

def zoneout(h_old, h_new, mask):
    m = mask[0]
    return m * h_old + (1 - m) * h_new

# %% wrong zoneout: rescales the new part by the share that moves, as in inverted dropout

def zoneout(h_old, h_new, mask):
    moves = 1 - mask
    return mask * h_old + moves * h_new / moves.mean().clamp(min=1e-9)

# %% wrong zoneout: applies tanh to the new state once more
import torch


def zoneout(h_old, h_new, mask):
    return mask * h_old + (1 - mask) * torch.tanh(h_new)

# %% wrong zoneout: an example keeps its whole old state as soon as one unit is to stay
import torch


def zoneout(h_old, h_new, mask):
    stays = (mask == 1).any(dim=-1, keepdim=True)
    return torch.where(stays, h_old, h_new)

# %% wrong zoneout: multiplies the step instead of the new state by 1 - mask and forgets to add the old state there

def zoneout(h_old, h_new, mask):
    change = h_new - h_old
    return mask * h_old + (1 - mask) * change

# %% wrong zoneout: halves the sum, an average of the two parts

def zoneout(h_old, h_new, mask):
    return (mask * h_old + (1 - mask) * h_new) / 2

# %% wrong zoneout: draws its own mask at random and ignores the one given
import torch


def zoneout(h_old, h_new, mask):
    p = float(mask.float().mean())
    m = (torch.rand(h_old.shape) < p).to(h_old.dtype)
    return m * h_old + (1 - m) * h_new

# %% wrong zoneout: computes in float32, so that float64 states lose digits and type

def zoneout(h_old, h_new, mask):
    m = mask.float()
    return m * h_old.float() + (1 - m) * h_new.float()

# %% wrong zoneout: returns the pair of next state and mask
import torch


def zoneout(h_old, h_new, mask):
    h = torch.where(mask.bool(), h_old, h_new)
    return h, mask

# %% wrong zoneout: returns the kept and the moved entries one after the other in a flat tensor
import torch


def zoneout(h_old, h_new, mask):
    stays = mask.bool()
    return torch.cat([h_old[stays], h_new[~stays]])

# %% wrong zoneout: takes the old state in both terms, so the state never moves

def zoneout(h_old, h_new, mask):
    return mask * h_old + (1 - mask) * h_old

# %% corner zoneout: detaches the old state, so a unit that stays hands on no gradient

def zoneout(h_old, h_new, mask):
    return mask * h_old.detach() + (1 - mask) * h_new
