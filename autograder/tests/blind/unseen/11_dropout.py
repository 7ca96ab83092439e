# %% right dropout_mask: uniform numbers compared with keep, as in the hint
import torch


def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()


# %% right dropout_mask: torch.bernoulli on a tensor of probabilities
import torch



def dropout_mask(shape, *, keep, generator):
    probs = torch.full(tuple(shape), float(keep), device=generator.device)
    return torch.bernoulli(probs, generator=generator)


# %% right dropout_mask: fills an empty tensor in place with bernoulli_
import torch



def dropout_mask(shape, *, keep, generator):
    mask = torch.empty(shape, device=generator.device)
    mask.bernoulli_(keep, generator=generator)
    return mask


# %% right dropout_mask: starts from ones and sets the dropped entries to 0 by a boolean index
import torch



def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    mask = torch.ones_like(u)
    mask[u >= keep] = 0.0
    return mask


# %% right dropout_mask: numpy draws the numbers, with a seed that is itself drawn from the generator
import torch

import numpy as np


def dropout_mask(shape, *, keep, generator):
    seed = int(torch.randint(2**62, (1,), generator=generator, device=generator.device))
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape))
    values = (rng.random(n) < keep).astype(np.float32)
    return torch.from_numpy(values).reshape(tuple(shape)).to(generator.device)


# %% right dropout_mask: drops where the uniform number is below 1 - keep, with torch.where
import torch



def dropout_mask(shape, *, keep, generator):
    device = generator.device
    u = torch.rand(shape, generator=generator, device=device)
    zero = torch.zeros(shape, device=device)
    one = torch.ones(shape, device=device)
    return torch.where(u < 1 - keep, zero, one)


# %% wrong dropout_mask: an entry is 1 with probability 1 - keep, since the comparison is reversed
import torch



def dropout_mask(shape, *, keep, generator):
    u = torch.rand(shape, generator=generator, device=generator.device)
    return (u > keep).float()


# %% wrong dropout_mask: returns truth values (a bool tensor) where floating point numbers are asked
import torch



def dropout_mask(shape, *, keep, generator):
    return torch.rand(shape, generator=generator, device=generator.device) < keep


# %% wrong dropout_mask: divides the mask by keep, so that kept entries are 1 / keep and not 1
import torch



def dropout_mask(shape, *, keep, generator):
    mask = (torch.rand(shape, generator=generator, device=generator.device) < keep).float()
    return mask / keep


# %% wrong dropout_mask: draws from torch's global random numbers, the generator is not used
import torch



def dropout_mask(shape, *, keep, generator):
    p = torch.ones(shape) * keep
    return torch.bernoulli(p)


# %% wrong dropout_mask: draws one mask for the last dimension and repeats it for every example
import torch



def dropout_mask(shape, *, keep, generator):
    units = shape[-1]
    one_mask = (torch.rand(units, generator=generator, device=generator.device) < keep).float()
    return one_mask.expand(shape).clone()


# %% wrong dropout_mask: keeps exactly round(keep * n) entries at random places, so they are not independent
import torch

import math


def dropout_mask(shape, *, keep, generator):
    n = math.prod(shape)
    order = torch.randperm(n, generator=generator, device=generator.device)
    mask = torch.zeros(n, device=generator.device)
    mask[order[:round(keep * n)]] = 1.0
    return mask.reshape(shape)


# %% wrong dropout_mask: sets the generator's seed to 0 in every call, so every call draws the same mask
import torch



def dropout_mask(shape, *, keep, generator):
    generator.manual_seed(0)
    rand = torch.rand(shape, generator=generator, device=generator.device)
    return (rand < keep).float()


# %% wrong dropout_mask: rounds the uniform numbers, which is always probability 0.5; keep is ignored
import torch



def dropout_mask(shape, *, keep, generator):
    return torch.rand(shape, generator=generator, device=generator.device).round()


# %% wrong dropout_mask: compares standard normal numbers (randn) with keep where uniform ones (rand) are needed
import torch



def dropout_mask(shape, *, keep, generator):
    r = torch.randn(shape, generator=generator, device=generator.device)
    return torch.where(r < keep, 1.0, 0.0)


# %% wrong dropout_mask: draws one number for each example, so that a row is kept or dropped as a whole
import torch



def dropout_mask(shape, *, keep, generator):
    per_example = torch.rand((shape[0],) + (1,) * (len(shape) - 1), generator=generator, device=generator.device)
    return (per_example < keep).float() * torch.ones(shape, device=generator.device)


# %% corner dropout_mask: raises an error for shapes that do not have exactly two dimensions
import torch



def dropout_mask(shape, *, keep, generator):
    examples, units = shape
    u = torch.rand(examples, units, generator=generator, device=generator.device)
    return (u < keep).float()


# %% right dropout_train: the product
def dropout_train(x, mask):
    return x * mask


# %% right dropout_train: torch.where on the kept entries
import torch



def dropout_train(x, mask):
    return torch.where(mask == 1, x, torch.zeros_like(x))


# %% right dropout_train: masked_fill with 0 where the mask is 0
def dropout_train(x, mask):
    dropped = mask == 0
    return x.masked_fill(dropped, 0.0)


# %% right dropout_train: a loop over the examples
import torch



def dropout_train(x, mask):
    mask = mask.expand_as(x)
    out = torch.zeros_like(x)
    for i in range(x.shape[0]):
        out[i] = x[i] * mask[i]
    return out


# %% right dropout_train: subtracts what the dropped units would have put out
def dropout_train(x, mask):
    silent = (1 - mask) * x
    return x - silent


# %% right dropout_train: in-place product on a copy
def dropout_train(x, mask):
    out = x.clone()
    out *= mask
    return out


# %% wrong dropout_train: divides by the share of ones in the mask (inverted scaling), the classic form has no scale
def dropout_train(x, mask):
    keep = mask.mean()
    return x * mask / keep


# %% wrong dropout_train: silences the kept units and lets the dropped ones through
def dropout_train(x, mask):
    return (1 - mask) * x


# %% wrong dropout_train: returns only the kept entries in a flat tensor, so the shape is not that of x
def dropout_train(x, mask):
    return x[mask.bool()]


# %% wrong dropout_train: a matrix product of x with the transposed mask where an entrywise product is asked
def dropout_train(x, mask):
    return x @ mask.T


# %% wrong dropout_train: multiplies the caller's x in place
def dropout_train(x, mask):
    x *= mask
    return x


# %% wrong dropout_train: puts out -inf for a dropped unit where 0 is asked (as for attention scores)
def dropout_train(x, mask):
    return x.masked_fill(mask == 0, float("-inf"))


# %% wrong dropout_train: uses the mask's first row for all examples
import torch



def dropout_train(x, mask):
    out = torch.empty_like(x)
    for i, row in enumerate(x):
        out[i] = row * mask[0]
    return out


# %% wrong dropout_train: ignores the mask given and draws one of its own with probability 0.5
import torch



def dropout_train(x, mask):
    mask = (torch.rand(x.shape) < 0.5).to(x.dtype)
    return x * mask


# %% wrong dropout_train: returns the pair (output, mask) where the output alone is asked
def dropout_train(x, mask):
    out = x * mask
    return out, mask


# %% wrong dropout_train: computes the output but returns nothing
def dropout_train(x, mask):
    out = x.clone()
    out[mask == 0] = 0


# %% right dropout_test: keep times x
def dropout_test(x, *, keep):
    return keep * x


# %% right dropout_test: the mean written out over both cases
import torch



def dropout_test(x, *, keep):
    kept, dropped = x, torch.zeros_like(x)
    return keep * kept + (1 - keep) * dropped


# %% right dropout_test: takes away the share that is dropped on average
def dropout_test(x, *, keep):
    p = 1 - keep
    return x - p * x


# %% right dropout_test: a loop over the rows of a new tensor
import torch



def dropout_test(x, *, keep):
    out = torch.empty_like(x)
    for i in range(x.shape[0]):
        out[i] = x[i] * keep
    return out


# %% right dropout_test: linear interpolation from zero to x
import torch



def dropout_test(x, *, keep):
    return torch.lerp(torch.zeros_like(x), x, float(keep))


# %% right dropout_test: multiplies by a tensor that holds the mean of the mask
import torch



def dropout_test(x, *, keep):
    mean_mask = torch.full_like(x, keep)
    return x * mean_mask


# %% wrong dropout_test: returns x unscaled, which belongs to the inverted form
def dropout_test(x, *, keep):
    return x


# %% wrong dropout_test: divides by keep where it must multiply
def dropout_test(x, *, keep):
    return x / keep


# %% wrong dropout_test: multiplies by 1 - keep, takes keep for the probability to drop
def dropout_test(x, *, keep):
    p = keep
    return (1 - p) * x


# %% wrong dropout_test: multiplies by keep * (1 - keep), the variance of the mask and not its mean
def dropout_test(x, *, keep):
    expected = keep * (1 - keep)
    return expected * x


# %% wrong dropout_test: draws a random mask at test time in place of the expected value
import torch



def dropout_test(x, *, keep):
    mask = (torch.rand(x.shape) < keep).to(x.dtype)
    return x * mask


# %% wrong dropout_test: multiplies by the square root of keep
import math



def dropout_test(x, *, keep):
    return x * math.sqrt(keep)


# %% wrong dropout_test: also averages over the examples, so the row dimension is lost
def dropout_test(x, *, keep):
    return (keep * x).mean(dim=0)


# %% wrong dropout_test: scales the caller's x in place
def dropout_test(x, *, keep):
    x.mul_(keep)
    return x


# %% wrong dropout_test: multiplies by a constant 0.5, keep is ignored
def dropout_test(x, *, keep=0.5):
    return 0.5 * x


# %% wrong dropout_test: multiplies by keep twice, so the factor is keep squared
def dropout_test(x, *, keep):
    expected = x * keep
    return keep * expected


# %% right fold_keep: keep times the weights
def fold_keep(weight, *, keep):
    return keep * weight


# %% right fold_keep: scales a copy in place
def fold_keep(weight, *, keep):
    folded = weight.clone()
    folded.mul_(keep)
    return folded


# %% right fold_keep: a loop over the input units, whose outgoing weights are the columns
import torch



def fold_keep(weight, *, keep):
    out = torch.zeros_like(weight)
    for j in range(weight.shape[1]):
        out[:, j] = keep * weight[:, j]
    return out


# %% right fold_keep: nested lists made into a tensor of the same type
import torch



def fold_keep(weight, *, keep):
    rows = [[keep * w for w in row] for row in weight.tolist()]
    return torch.tensor(rows, dtype=weight.dtype, device=weight.device).reshape(weight.shape)


# %% right fold_keep: matrix product with keep times the identity
import torch



def fold_keep(weight, *, keep):
    scale = keep * torch.eye(weight.shape[1], dtype=weight.dtype, device=weight.device)
    return weight @ scale


# %% right fold_keep: einsum with one factor for each input unit
import torch



def fold_keep(weight, *, keep):
    factors = torch.full((weight.shape[1],), keep, dtype=weight.dtype, device=weight.device)
    return torch.einsum("oi,i->oi", weight, factors)


# %% wrong fold_keep: divides by keep where it must multiply
def fold_keep(weight, *, keep):
    return weight / keep


# %% wrong fold_keep: multiplies by 1 - keep
def fold_keep(weight, *, keep):
    return weight * (1.0 - keep)


# %% wrong fold_keep: returns the transposed matrix, shape (in, out)
def fold_keep(weight, *, keep):
    return (keep * weight).T


# %% wrong fold_keep: multiplies by a random mask where one fixed factor keep is asked
import torch



def fold_keep(weight, *, keep):
    mask = torch.bernoulli(torch.full_like(weight, keep))
    return weight * mask


# %% wrong fold_keep: scales the caller's weights in place
def fold_keep(weight, *, keep):
    weight *= keep
    return weight


# %% wrong fold_keep: returns a copy of the weights unscaled
def fold_keep(weight, *, keep):
    return weight.clone()


# %% wrong fold_keep: multiplies by the square root of keep
def fold_keep(weight, *, keep):
    return keep ** 0.5 * weight


# %% wrong fold_keep: sums the scaled weights over the inputs, so that a vector of shape (out,) comes back
def fold_keep(weight, *, keep):
    return (keep * weight).sum(dim=1)


# %% wrong fold_keep: leaves the last column unscaled, as if it held the bias
def fold_keep(weight, *, keep):
    out = weight.clone()
    out[:, :-1] = keep * out[:, :-1]
    return out


# %% wrong fold_keep: keeps the first keep * in columns as they are and sets the others to 0
import torch



def fold_keep(weight, *, keep):
    n_in = weight.shape[1]
    n_kept = int(keep * n_in)
    out = torch.zeros_like(weight)
    out[:, :n_kept] = weight[:, :n_kept]
    return out


# %% right inverted_dropout: the formula with dropout_mask
import torch



def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = dropout_mask(x.shape, keep=keep, generator=generator)
    return (mask * x / keep).to(x.dtype)


# %% right inverted_dropout: mask in the type of x with bernoulli_, scaled before it is multiplied
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        noise = torch.empty_like(x, requires_grad=False).bernoulli_(keep, generator=generator)
        noise /= keep
        return x * noise
    return x


# %% right inverted_dropout: torch.where between x / keep and zeros
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        kept = torch.rand(x.shape, generator=generator, device=generator.device) < keep
        return torch.where(kept, x / keep, torch.zeros_like(x))
    else:
        return x


# %% right inverted_dropout: scales a copy, then sets the dropped entries to 0; a copy in evaluation too
import torch



def inverted_dropout(x, *, keep, training, generator):
    out = x.clone()
    if training:
        u = torch.rand(x.shape, generator=generator, device=generator.device)
        out = out / keep
        out[u >= keep] = 0
    return out


# %% right inverted_dropout: numpy mask, seeded by a number drawn from the generator
import numpy as np
import torch



def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    seed = torch.randint(0, 2**60, (1,), generator=generator, device=generator.device).item()
    draws = np.random.default_rng(seed).random(x.numel())
    mask = torch.from_numpy((draws < keep).astype(np.float64)).reshape(x.shape)
    scaled = mask / keep
    return x * scaled.to(device=x.device, dtype=x.dtype)


# %% right inverted_dropout: masked_fill of the dropped entries, times 1 / keep
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training is False:
        return x
    p = 1 - keep
    dropped = torch.rand(x.shape, generator=generator, device=generator.device) < p
    return x.masked_fill(dropped, 0.0) * (1 / keep)


# %% wrong inverted_dropout: drops in evaluation and returns x in training, the condition is reversed
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        return x
    mask = (torch.rand(x.shape, generator=generator, device=generator.device) < keep).to(x.dtype)
    return x * mask / keep


# %% wrong inverted_dropout: does not divide by keep in training
import torch



def dropout_mask(shape, *, keep, generator):
    return (torch.rand(shape, generator=generator, device=generator.device) < keep).float()


def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = dropout_mask(x.shape, keep=keep, generator=generator)
    return x * mask.to(x.dtype)


# %% wrong inverted_dropout: divides by keep in training and multiplies by keep in evaluation as well
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = torch.bernoulli(torch.full(x.shape, float(keep), device=generator.device), generator=generator)
        return x * mask.to(x.dtype) / keep
    return keep * x


# %% wrong inverted_dropout: takes keep for the probability to drop: keeps with 1 - keep and divides by 1 - keep
import torch



def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator, device=generator.device) > keep).to(x.dtype)
    if keep == 1:
        return x * mask
    return x * mask / (1 - keep)


# %% wrong inverted_dropout: uses torch's dropout, which draws from the global random numbers and not the generator
import torch.nn.functional as F


def inverted_dropout(x, *, keep, training, generator):
    return F.dropout(x, p=1 - keep, training=training)


# %% wrong inverted_dropout: ignores training and drops in evaluation too
import torch



def inverted_dropout(x, *, keep, training, generator):
    u = torch.rand(x.shape, generator=generator, device=generator.device)
    mask = torch.where(u < keep, 1.0, 0.0).to(x.dtype)
    return mask * x / keep


# %% wrong inverted_dropout: one mask of the last dimension's length serves all examples
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = torch.rand(x.shape[-1:], generator=generator, device=generator.device) < keep
        return x * mask.to(x.dtype) / keep
    return x


# %% wrong inverted_dropout: returns the pair (output, mask) in training where the output alone is asked
import torch



def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = (torch.rand(x.shape, generator=generator, device=generator.device) < keep).to(x.dtype)
    out = x * mask / keep
    return out, mask


# %% wrong inverted_dropout: changes the caller's x in place in training
import torch



def inverted_dropout(x, *, keep, training, generator):
    if training:
        mask = (torch.rand(x.shape, generator=generator, device=generator.device) < keep).to(x.dtype)
        x *= mask
        x /= keep
    return x


# %% wrong inverted_dropout: converts the training output to float32, so that a float64 x loses its type
import torch



def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    mask = torch.rand(x.shape, generator=generator, device=generator.device) < keep
    return x.float() * mask.float() / keep


# %% corner inverted_dropout: raises an error in training for an x that does not have exactly two dimensions
import torch



def inverted_dropout(x, *, keep, training, generator):
    if not training:
        return x
    batch, units = x.shape
    mask = (torch.rand((batch, units), generator=generator, device=generator.device) < keep).to(x.dtype)
    return x * mask / keep


# %% right dropout_backward: the formula
def dropout_backward(grad_out, mask, *, keep):
    return mask / keep * grad_out


# %% right dropout_backward: product first, division last
def dropout_backward(grad_out, mask, *, keep):
    return grad_out * mask / keep


# %% right dropout_backward: autograd on the forward pass
import torch



def dropout_backward(grad_out, mask, *, keep):
    x = torch.zeros_like(grad_out, requires_grad=True)
    with torch.enable_grad():
        y = mask.to(grad_out.dtype) * x / keep
    (grad,) = torch.autograd.grad(y, x, grad_outputs=grad_out)
    return grad


# %% right dropout_backward: torch.where between the scaled gradient and zero
import torch



def dropout_backward(grad_out, mask, *, keep):
    scaled = grad_out / keep
    return torch.where(mask > 0, scaled, torch.zeros_like(scaled))


# %% right dropout_backward: a loop over the examples with a helper for one row
import torch



def backward_row(g, m, keep):
    return g * (m / keep)


def dropout_backward(grad_out, mask, *, keep):
    result = torch.empty_like(grad_out)
    for i in range(len(grad_out)):
        result[i] = backward_row(grad_out[i], mask[i], keep)
    return result


# %% right dropout_backward: a copy, zeroed where dropped and scaled in place
def dropout_backward(grad_out, mask, *, keep):
    grad = grad_out.clone()
    grad[mask == 0] = 0
    grad *= 1 / keep
    return grad


# %% wrong dropout_backward: the factor 1 / keep is missing
def dropout_backward(grad_out, mask, *, keep):
    return grad_out * mask


# %% wrong dropout_backward: multiplies by keep where it must divide
def dropout_backward(grad_out, mask, *, keep):
    return keep * mask * grad_out


# %% wrong dropout_backward: ignores the mask, dropped units get a gradient too
def dropout_backward(grad_out, mask, *, keep):
    return grad_out / keep


# %% wrong dropout_backward: uses 1 - mask, the gradient goes to the dropped units
def dropout_backward(grad_out, mask, *, keep):
    return grad_out * (1 - mask) / keep


# %% wrong dropout_backward: draws a new mask in place of the one of the forward pass
import torch



def dropout_backward(grad_out, mask, *, keep):
    mask = (torch.rand(grad_out.shape) < keep).to(grad_out.dtype)
    return mask / keep * grad_out


# %% wrong dropout_backward: divides by 1 - keep, the probability to drop, where keep is asked
def dropout_backward(grad_out, mask, *, keep):
    if keep == 1:
        return grad_out * mask
    return grad_out * mask / (1 - keep)


# %% wrong dropout_backward: sums the gradient over the examples, so the row dimension is lost
def dropout_backward(grad_out, mask, *, keep):
    return (grad_out * mask / keep).sum(dim=0)


# %% wrong dropout_backward: also divides by the number of examples
def dropout_backward(grad_out, mask, *, keep):
    n = grad_out.shape[0]
    return grad_out * mask / (keep * n)


# %% wrong dropout_backward: divides by keep twice, so the scale is 1 / keep squared
def dropout_backward(grad_out, mask, *, keep):
    scale = mask / keep
    return scale * grad_out / keep


# %% wrong dropout_backward: inverts the forward pass, times keep and divided by the mask (infinite where dropped)
def dropout_backward(grad_out, mask, *, keep):
    return grad_out * keep / mask


# %% right dropconnect: masked weights and the @ operator
def dropconnect(x, weight, bias, mask):
    return x @ (mask * weight).T + bias


# %% right dropconnect: torch.nn.functional.linear with masked weights
import torch.nn.functional as F



def dropconnect(x, weight, bias, mask):
    return F.linear(x, weight * mask, bias)


# %% right dropconnect: one einsum over three tensors
import torch



def dropconnect(x, weight, bias, mask):
    return torch.einsum("bi,oi,oi->bo", x, weight, mask) + bias


# %% right dropconnect: broadcasting and a sum over the inputs
def dropconnect(x, weight, bias, mask):
    thinned = weight.masked_fill(mask == 0, 0.0)
    terms = x[:, None, :] * thinned[None, :, :]
    return terms.sum(dim=2) + bias


# %% right dropconnect: two loops, over examples and output units
import torch



def dropconnect(x, weight, bias, mask):
    n, n_out = x.shape[0], weight.shape[0]
    y = torch.zeros(n, n_out, dtype=x.dtype, device=x.device)
    for b in range(n):
        for o in range(n_out):
            y[b, o] = (mask[o] * weight[o] * x[b]).sum() + bias[o]
    return y


# %% right dropconnect: column vectors as in the formula, transposed at the end
import torch



def dropconnect(x, weight, bias, mask):
    kept = torch.where(mask == 1, weight, torch.zeros_like(weight))
    y = torch.matmul(kept, x.T) + bias[:, None]
    return y.T


# %% wrong dropconnect: drops inputs with the first row of the mask where single connections are asked
def dropconnect(x, weight, bias, mask):
    return (x * mask[0]) @ weight.T + bias


# %% wrong dropconnect: the bias is forgotten
def dropconnect(x, weight, bias, mask):
    return x @ (mask * weight).T


# %% wrong dropconnect: the bias is dropped too, with the first column of the mask
import torch.nn.functional as F



def dropconnect(x, weight, bias, mask):
    return F.linear(x, weight * mask, bias * mask[:, 0])


# %% wrong dropconnect: divides the masked weights by the mask's mean, though nothing is scaled here
def dropconnect(x, weight, bias, mask):
    keep = mask.mean()
    w = weight * mask / keep
    return x @ w.T + bias


# %% wrong dropconnect: drops output units with the first column of the mask where single connections are asked
def dropconnect(x, weight, bias, mask):
    y = x @ weight.T
    return y * mask[:, 0] + bias


# %% wrong dropconnect: returns the transposed result, shape (out, batch)
def dropconnect(x, weight, bias, mask):
    return (mask * weight) @ x.T + bias.unsqueeze(1)


# %% wrong dropconnect: reshapes the masked weights to (in, out) where they must be transposed
def dropconnect(x, weight, bias, mask):
    w = (mask * weight).reshape(x.shape[1], -1)
    return x @ w + bias


# %% wrong dropconnect: puts a ReLU on the result, which is not asked
import torch



def dropconnect(x, weight, bias, mask):
    return torch.relu(x @ (mask * weight).T + bias)


# %% wrong dropconnect: uses 1 - mask, so the kept connections are dropped and the dropped ones kept
def dropconnect(x, weight, bias, mask):
    return x @ ((1 - mask) * weight).T + bias


# %% wrong dropconnect: masks the caller's weights in place
def dropconnect(x, weight, bias, mask):
    weight *= mask
    return x @ weight.T + bias


# %% corner dropconnect: squeezes the result, which loses a dimension for a batch of one and for a single output unit
def dropconnect(x, weight, bias, mask):
    w = mask * weight
    y = x @ w.T + bias
    return y.squeeze()


# %% right zoneout: the formula
def zoneout(h_old, h_new, mask):
    return mask * h_old + (1 - mask) * h_new


# %% right zoneout: the new state plus the masked difference to the old one
def zoneout(h_old, h_new, mask):
    return h_new + mask * (h_old - h_new)


# %% right zoneout: the old state plus the step of the units that move
def zoneout(h_old, h_new, mask):
    moves = 1 - mask
    step = h_new - h_old
    return h_old + moves * step


# %% right zoneout: torch.lerp from new to old
import torch



def zoneout(h_old, h_new, mask):
    return torch.lerp(h_new, h_old, mask.to(h_new.dtype))


# %% right zoneout: a loop over the first dimension
import torch



def zoneout(h_old, h_new, mask):
    out = torch.zeros_like(h_new)
    for i in range(h_new.shape[0]):
        stays = mask[i] * h_old[i]
        moves = (1 - mask[i]) * h_new[i]
        out[i] = stays + moves
    return out


# %% right zoneout: stacks both states and both masks and sums the products
import torch



def zoneout(h_old, h_new, mask):
    states = torch.stack([h_old, h_new])
    shares = torch.stack([mask, 1 - mask])
    return (states * shares).sum(dim=0)


# %% wrong zoneout: old and new are exchanged, the new state is taken where the mask is 1
def zoneout(h_old, h_new, mask):
    return mask * h_new + (1 - mask) * h_old


# %% wrong zoneout: the new state is not multiplied by 1 - mask, so kept units get old plus new
def zoneout(h_old, h_new, mask):
    return mask * h_old + h_new


# %% wrong zoneout: puts 0 where the old state is asked, as classic dropout of the state does
def zoneout(h_old, h_new, mask):
    return (1 - mask) * h_new


# %% wrong zoneout: the new state enters with a minus sign
def zoneout(h_old, h_new, mask):
    kept = mask * h_old
    return kept - (1 - mask) * h_new


# %% wrong zoneout: brackets missing around 1 - mask, computes mask * h_old + 1 - mask * h_new
def zoneout(h_old, h_new, mask):
    return mask * h_old + 1 - mask * h_new


# %% wrong zoneout: blends with the mean of the mask in all units where the mask itself is asked
def zoneout(h_old, h_new, mask):
    m = mask.mean()
    return m * h_old + (1 - m) * h_new


# %% wrong zoneout: writes the new values into the caller's h_old in place
def zoneout(h_old, h_new, mask):
    moved = mask == 0
    h_old[moved] = h_new[moved]
    return h_old


# %% wrong zoneout: ignores the mask given and draws one of its own with probability 0.5
import torch



def zoneout(h_old, h_new, mask):
    m = torch.bernoulli(torch.full_like(h_old, 0.5))
    return m * h_old + (1 - m) * h_new


# %% wrong zoneout: uses the mask's first row for all examples
def zoneout(h_old, h_new, mask):
    m = mask[0]
    return m * h_old + (1 - m) * h_new


# %% wrong zoneout: decides for the whole state at once, returns all of h_old as soon as one entry of the mask is 1
def zoneout(h_old, h_new, mask):
    if mask.bool().any():
        return h_old
    return h_new
