"""Exercise `pretrain_stack` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.representations import reference
from steepest_exercises.representations.reference import Encoder

Train = Callable[[Tensor, int], Encoder]
Stack = Callable[[Tensor, Sequence[int], Train], Sequence[Tensor]]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, d: int, *sizes: int, dtype: torch.dtype = torch.float64) -> Case:
        train = Named("train_layer", {"scale": float(rng.uniform(0.4, 0.8))})
        x = (normal(rng, n, d) + 0.5).to(dtype)
        return Case(name, {"args": [x, list(sizes), train], "kwargs": {}, "outputs": ["the codes"]})

    return [
        case("three layers, each smaller", 6, 5, 4, 3, 2),
        case("layers as wide as the rows", 5, 4, 4, 4, 4),
        case("two layers", 7, 4, 3, 2),
        case("two layers as wide as the rows", 6, 3, 3, 3),
        case("one layer", 6, 4, 3),
        case("a wide layer and a narrow one", 6, 3, 5, 3),
        case("float32", 6, 4, 3, 4, dtype=torch.float32),
    ]


def _looped(step: Callable[[Tensor, Tensor, int, Train], Tensor]) -> Stack:
    """`step(x, codes so far, size, train_layer)` gives the codes of each layer."""

    def pretrain_stack(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
        below, codes = x, []
        for size in sizes:
            below = step(x, below, size, train_layer)
            codes.append(below)
        return codes

    return pretrain_stack


def _looped_apart(step: Callable[[Tensor, Tensor, int, Train], tuple[Tensor, Tensor]]) -> Stack:
    """`step` gives the codes of each layer and, apart from these, what the next one sees."""

    def pretrain_stack(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
        below, codes = x, []
        for size in sizes:
            made, below = step(x, below, size, train_layer)
            codes.append(made)
        return codes

    return pretrain_stack


def _changed(change: Callable[[Tensor, Tensor], Tensor]) -> Stack:
    """The next layer sees `change(x, codes)`."""

    def step(x: Tensor, below: Tensor, size: int, train: Train) -> tuple[Tensor, Tensor]:
        codes = train(below, size)(below)
        return codes, change(x, codes)

    return _looped_apart(step)


def _recursive(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    if not sizes:
        return []
    codes = train_layer(x, sizes[0])(x)
    return [codes, *_recursive(codes, sizes[1:], train_layer)]


def _through_all_encoders(x: Tensor, sizes: Sequence[int], train_layer: Train) -> tuple[Tensor, ...]:
    """Keeps the encoders and sends the rows through all of them each time."""
    encoders: list[Encoder] = []
    codes: list[Tensor] = []
    for size in sizes:
        inputs = x
        for encode in encoders:
            inputs = encode(inputs)
        encoders.append(train_layer(inputs, size))
        codes.append(encoders[-1](inputs))
    return tuple(codes)


def _encoded_at_the_end(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    encoders, inputs = [], x
    for size in sizes:
        encoders.append(train_layer(inputs, size))
        inputs = encoders[-1](inputs)
    codes = [x]
    for encode in encoders:
        codes.append(encode(codes[-1]))
    return codes[1:]


def _fitting(encode: Encoder, rows: Tensor, other: Tensor) -> Tensor:
    """The codes of `rows`, or of `other` where the encoder does not take as many columns as those have."""
    try:
        return encode(rows)
    except RuntimeError:
        return encode(other)


def _each_on_x(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    return [train_layer(x, size)(x) for size in sizes]


def _last_for_all(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    """All codes by the encoder that was trained last, where it takes them."""
    below = [x]
    for size in sizes:
        encode = train_layer(below[-1], size)
        below.append(encode(below[-1]))
    return [_fitting(encode, rows, below[-2]) for rows in below[:-1]]


def _first_for_all(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    encode = train_layer(x, sizes[0])
    codes = [encode(x)]
    for _ in sizes[1:]:
        codes.append(_fitting(encode, codes[-1], x))
    return codes


def _each_on_the_first(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Tensor]:
    codes = [train_layer(x, sizes[0])(x)]
    return [*codes, *(train_layer(codes[0], size)(codes[0]) for size in sizes[1:])]


def _encoders(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Encoder]:
    encoders, inputs = [], x
    for size in sizes:
        encoders.append(train_layer(inputs, size))
        inputs = encoders[-1](inputs)
    return encoders


def _encoders_for_codes(x: Tensor, sizes: Sequence[int], train_layer: Train) -> list[Encoder]:
    encoders: list[Any] = [x]
    for size in sizes:
        encoders.append(train_layer(encoders[-1], size))
    return encoders[1:]


PRETRAIN_STACK = Exercise(
    id="pretrain_stack",
    reference=reference.pretrain_stack,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("loop", _looped(lambda x, below, size, train: train(below, size)(below))),
        Accepted("recursive", _recursive),
        Accepted("through_all_encoders", _through_all_encoders),
        Accepted("encoded_at_the_end", _encoded_at_the_end),
    ],
    mistakes=[
        Mistake(
            "from_x",
            _each_on_x,
            "Every layer is trained on the rows themselves. The second sees the codes of the first, and so on.",
            0.25,
        ),
        Mistake(
            "codes_of_inputs",
            _looped(lambda x, below, size, train: _fitting(train(below, size), x, below)),
            "Each layer is trained on the codes below it, and then given the rows. It encodes what it was trained on.",
            0.25,
        ),
        Mistake(
            "trained_on_x",
            _looped(lambda x, below, size, train: _fitting(train(x, size), below, x)),
            "Each layer is trained on the rows, and then given the codes of the one below. It is trained on what it is "
            "given.",
            0.25,
            forms=[_looped(lambda x, below, size, train: train(x, size)(below))],
        ),
        Mistake(
            "last_encoder_for_all",
            _last_for_all,
            "The encoder of the last layer makes the codes of all. Each layer has an encoder of its own.",
            0.25,
        ),
        Mistake(
            "first_encoder_for_all",
            _first_for_all,
            "Only one layer is trained, and its encoder is used again. Each layer is trained, with its own size.",
            0.25,
        ),
        Mistake(
            "last_only",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes, train_layer)[-1],
            "Only the codes of the last layer are returned. The codes of every layer are asked for.",
            0.5,
            forms=[lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes, train_layer)[-1:]],
        ),
        Mistake(
            "rows_among_the_codes",
            lambda x, sizes, train_layer: [x, *reference.pretrain_stack(x, sizes, train_layer)],
            "The rows stand among the codes. There are as many tensors as layers, and the first holds the codes of the "
            "first layer.",
            0.5,
            forms=[lambda x, sizes, train_layer: [x, *reference.pretrain_stack(x, sizes, train_layer)[:-1]]],
        ),
        Mistake(
            "last_layer_missing",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes[:-1], train_layer),
            "A layer is missing. There is one for each of `sizes`.",
            0.25,
            forms=[lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes[1:], train_layer)],
        ),
        Mistake(
            "sizes_reversed",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes[::-1], train_layer),
            "The sizes are taken from behind. The first is that of the layer next to the rows.",
            0.25,
        ),
        Mistake(
            "codes_reversed",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes, train_layer)[::-1],
            "The codes are right, but the last layer stands first. Begin with the layer next to the rows.",
            0.5,
        ),
        Mistake(
            "trains_twice",
            _looped(lambda x, below, size, train: (train(below, size), train(below, size))[1](below)),
            "Each layer is trained more than once, which costs as many times as much and may end elsewhere. Keep the "
            "encoder that `train_layer` returns.",
            0.5,
            forms=[_looped_apart(lambda x, below, size, train: (train(below, size)(below), train(below, size)(below))),
                   lambda x, sizes, train_layer: [
                       reference.pretrain_stack(x, sizes[:end], train_layer)[-1] for end in range(1, len(sizes) + 1)]],
        ),
        Mistake(
            "each_on_the_first_codes",
            _each_on_the_first,
            "All layers above the first are trained on its codes. The third sees the codes of the second, and so on.",
            0.25,
        ),
        Mistake(
            "first_layer_alone",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes[:1], train_layer),
            "Only the first layer is trained, or returned. Does the `return` stand within the loop?",
            0.25,
            forms=[lambda x, sizes, train_layer: reference.pretrain_stack(x, sizes[:1], train_layer)[0]],
        ),
        Mistake(
            "encoders_returned",
            _encoders,
            "Encoders are returned. Codes are what an encoder makes of the rows that it is given: call it.",
            forms=[_encoders_for_codes],
        ),
        Mistake(
            "squashed",
            _looped(lambda x, below, size, train: torch.sigmoid(train(below, size)(below))),
            "The codes go through one more function. They are what the encoder gives, as it is.",
            0.25,
            forms=[_looped(lambda x, below, size, train: torch.tanh(train(below, size)(below))),
                   _looped(lambda x, below, size, train: torch.relu(train(below, size)(below)))],
        ),
        Mistake(
            "codes_changed_on_the_way",
            _changed(lambda x, h: (h - h.mean(dim=0)) / (h.std(dim=0) + 1e-8)),
            "The next layer does not see the codes as they are: they are scaled, squashed or joined with something "
            "else on the way.",
            0.5,
            forms=[_changed(lambda x, h: (h - h.mean(dim=0)) / h.std(dim=0, unbiased=False)),
                   _changed(lambda x, h: torch.sigmoid(h)), _changed(lambda x, h: torch.relu(h)),
                   _changed(lambda x, h: torch.cat([x, h], dim=1)),
                   _changed(lambda x, h: torch.cat([h, x], dim=1))],
        ),
        Mistake(
            "first_size_for_all",
            lambda x, sizes, train_layer: reference.pretrain_stack(x, [sizes[0]] * len(sizes), train_layer),
            "All layers get the same size. Each has its own in `sizes`.",
            0.25,
            forms=[lambda x, sizes, train_layer: reference.pretrain_stack(x, [sizes[-1]] * len(sizes), train_layer)],
        ),
        Mistake(
            "codes_joined",
            lambda x, sizes, train_layer: torch.cat(reference.pretrain_stack(x, sizes, train_layer), dim=1),
            "The codes of all layers are joined into one tensor. Return a list, one tensor a layer.",
            0.5,
        ),
    ],
)  # fmt: skip
