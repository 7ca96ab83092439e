"""Autoencoders side by side: each is what it would be alone, and those trained ahead copy digits."""

from __future__ import annotations

import pytest
import torch
from steepest.coders import Coders, coder_digits, make_coders, stored_coders, train_coders
from torch import Generator, Tensor

SIZES = (64, 7, 2)


def _squared_error(coders: Coders, x: Tensor, generator: Generator) -> Tensor:
    return (coders.decode(coders.encode(x)) - x).square().sum(2).mean(1).sum()


def test_shapes_of_codes_and_of_copies() -> None:
    coders = make_coders(SIZES, seeds=range(3), per_code=2)
    codes = coders.encode(torch.zeros(5, 64))
    assert codes.shape == (3, 5, 4)
    assert coders.decode(codes[..., :2]).shape == coders.decode(torch.zeros(5, 2)).shape == (3, 5, 64)
    assert len(coders.parameters) == 8


def test_a_coder_is_the_same_alone_and_beside_others() -> None:
    x = coder_digits()[0].x[:200]
    beside = train_coders(make_coders(SIZES, seeds=[4, 5]), x, _squared_error, n_steps=7, batch_size=16)
    alone = train_coders(make_coders(SIZES, seeds=[5]), x, _squared_error, n_steps=7, batch_size=16)
    for one, other in zip(beside.pick(1).parameters, alone.parameters, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_training_lowers_the_loss_and_leaves_the_start_alone() -> None:
    x, start = coder_digits()[0].x, make_coders(SIZES, seeds=[1])
    before = [part.clone() for part in start.parameters]
    trained = train_coders(start, x, _squared_error, n_steps=100)
    first, last = (float(_squared_error(coders, x, Generator())) for coders in (start, trained))
    assert last < 0.6 * first
    assert all(torch.equal(*pair) for pair in zip(before, start.parameters, strict=True))


def test_the_digits_held_out_are_no_training_digits() -> None:
    train, test = coder_digits()
    assert (len(train.x), len(test.x)) == (1297, 500)


def test_the_stored_autoencoder_copies_digits_that_it_has_not_seen() -> None:
    x = coder_digits()[1].x
    plain = stored_coders().plain
    assert float(_squared_error(plain, x, Generator())) < 2.6 < float((x - x.mean(0)).square().sum(1).mean())


@pytest.mark.parametrize("number", range(6))
def test_a_larger_kl_weight_draws_codes_to_the_prior(number: int) -> None:
    stored = stored_coders()
    mean, log_variance = stored.variational.encode(coder_digits()[1].x).chunk(2, dim=2)
    divergence = (log_variance.exp() + mean.square() - 1 - log_variance).sum(2).mean(1) / 2
    assert len(divergence) == len(stored.kl_weights) == 6
    assert number == 0 or stored.kl_weights[number] > stored.kl_weights[number - 1]
    assert number == 0 or divergence[number] < divergence[number - 1]
