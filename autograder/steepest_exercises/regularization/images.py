"""Exercise `shift_images` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import uniform
from steepest_exercises.regularization import reference

Moved = Callable[[Tensor, int, int], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        shape: tuple[int, int, int],
        shifts: Sequence[tuple[int, int]],
        corner: float = 0.0,
        dtype: torch.dtype = torch.float64,
    ) -> Case:
        images = uniform(rng, 0.2, 1, *shape).to(dtype)
        order = rng.permutation(len(shifts))
        moves = torch.tensor([shifts[place] for place in order])
        return Case(name, {"args": [images, moves], "kwargs": {}, "outputs": ["the images"]}, corner=corner)

    def sign() -> int:
        return int(rng.choice([-1, 1]))

    far = [(sign() * int(rng.integers(6, 9)), 1), (-1, sign() * int(rng.integers(6, 9))), (sign() * 5, 0), (1, -1)]
    return [
        case("four directions", (4, 5, 5), [(1, 0), (-1, 0), (0, 1), (0, -1)]),
        case("down and right at once", (4, 5, 6), [(1, 2), (2, 1), (1, 1), (2, 3)]),
        case("up and left at once", (4, 6, 5), [(-1, -2), (-2, -1), (-1, -1), (-3, -2)]),
        case("both ways", (4, 5, 5), [(1, -2), (-2, 1), (2, -1), (-1, 3)]),
        case("high images", (3, 7, 3), [(2, 1), (-3, 1), (4, -2)]),
        case("wide images", (3, 3, 7), [(1, 3), (2, -4), (-1, 5)]),
        case("some images stay", (4, 4, 4), [(0, 0), (1, 0), (0, -1), (0, 0)]),
        case("float32", (3, 5, 5), [(1, 2), (-2, 1), (0, -1)], dtype=torch.float32),
        case("one image", (1, 4, 5), [(sign(), 2 * sign())]),
        case("shifts to the edge and beyond", (4, 5, 5), far, 0.2),
    ]  # fmt: skip


def _each(moved: Moved) -> Callable[[Tensor, Tensor], Tensor]:
    """`moved(image, down, right)` of every image."""

    def shift_images(images: Tensor, shifts: Tensor) -> Tensor:
        return torch.stack([moved(image, *move) for image, move in zip(images, shifts.tolist(), strict=True)])

    return shift_images


def _rolled(image: Tensor, down: int, right: int) -> Tensor:
    """Rolled round, and what came round set to 0."""
    height, width = image.shape
    rolled = torch.roll(image, (down, right), dims=(0, 1))
    if down > 0:
        rolled[:down] = 0
    elif down < 0:
        rolled[down:] = 0
    if right > 0:
        rolled[:, :right] = 0
    elif right < 0:
        rolled[:, right:] = 0
    return rolled if abs(down) < height and abs(right) < width else torch.zeros_like(image)


def _padded(image: Tensor, down: int, right: int) -> Tensor:
    """A window into the image with room on all sides."""
    height, width = image.shape
    around = torch.nn.functional.pad(image, (abs(right), abs(right), abs(down), abs(down)))
    top, left = abs(down) - down, abs(right) - right
    return around[top : top + height, left : left + width]


def _sliced(image: Tensor, down: int, right: int) -> Tensor:
    height, width = image.shape
    result = torch.zeros_like(image)
    if abs(down) < height and abs(right) < width:
        result[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
            max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
        ]
    return result


def _by_matrices(image: Tensor, down: int, right: int) -> Tensor:
    def shifting(size: int, by: int) -> Tensor:
        at = torch.arange(size, device=image.device)
        return (at[:, None] - by == at).to(image.dtype)

    return shifting(image.shape[0], down) @ image @ shifting(image.shape[1], right).T


def _pixel_by_pixel(image: Tensor, down: int, right: int) -> Tensor:
    result = torch.zeros_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            if 0 <= row - down < image.shape[0] and 0 <= column - right < image.shape[1]:
                result[row, column] = image[row - down, column - right]
    return result


def _in_scipy(image: Tensor, down: int, right: int) -> Tensor:
    from scipy import ndimage  # type: ignore[import-untyped]

    moved = ndimage.shift(image.cpu().numpy(), (down, right), order=0, mode="constant", cval=0.0)
    return torch.as_tensor(moved, device=image.device)


def _filled(value: Callable[[Tensor], Tensor | float]) -> Moved:
    """Moved, and the place that is left filled with `value(image)`."""

    def moved(image: Tensor, down: int, right: int) -> Tensor:
        empty = _sliced(torch.ones_like(image), down, right) == 0
        return torch.where(empty, torch.as_tensor(value(image), dtype=image.dtype), _sliced(image, down, right))

    return moved


def _edge(image: Tensor, down: int, right: int) -> Tensor:
    rows = (torch.arange(image.shape[0]) - down).clamp(0, image.shape[0] - 1)
    columns = (torch.arange(image.shape[1]) - right).clamp(0, image.shape[1] - 1)
    return image[rows][:, columns]


def _kept_below(image: Tensor, down: int, right: int) -> Tensor:
    """Written over a copy of the image, which shows where nothing moved to."""
    return torch.where(_sliced(torch.ones_like(image), down, right) == 0, image, _sliced(image, down, right))


def _within(image: Tensor, down: int, right: int) -> Tensor:
    height, width = image.shape
    return _sliced(image, max(1 - height, min(height - 1, down)), max(1 - width, min(width - 1, right)))


def _wraps_twice(image: Tensor, down: int, right: int) -> Tensor:
    """Rolled, with as many lines set to 0 as the shift says: beyond the edge all of them, or slices that wrap."""
    height, width = image.shape
    return _sliced(image, int(np.fmod(down, height)), int(np.fmod(right, width)))


def _larger(images: Tensor, shifts: Tensor) -> Tensor:
    """All images in a frame that has room for the largest shift."""
    room = int(shifts.abs().max())
    wide = torch.nn.functional.pad(images, (room, room, room, room))
    return _each(_sliced)(wide, shifts)


def _first_for_all(images: Tensor, shifts: Tensor) -> Tensor:
    return _each(_sliced)(images, shifts[:1].expand_as(shifts))


SHIFT_IMAGES = Exercise(
    id="shift_images",
    reference=reference.shift_images,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("rolled_and_cleared", _each(_rolled)),
        Accepted("window_of_a_padded_image", _each(_padded)),
        Accepted("slices", _each(_sliced)),
        Accepted("products_with_matrices", _each(_by_matrices)),
        Accepted("pixel_by_pixel", _each(_pixel_by_pixel)),
        Accepted("in_scipy", _each(_in_scipy), library=True),
    ],
    mistakes=[
        Mistake(
            "wraps_around",
            _each(lambda image, down, right: torch.roll(image, (down, right), dims=(0, 1))),
            "What leaves on one side comes back on the other, as torch.roll does it. Zeros are to move in.",
            0.5,
            forms=[
                _each(lambda image, down, right: torch.roll(_sliced(image, down, 0), right, dims=1)),
                _each(lambda image, down, right: torch.roll(_sliced(image, 0, right), down, dims=0)),
            ],
        ),
        Mistake(
            "axes_exchanged",
            _each(lambda image, down, right: _sliced(image, right, down)),
            "Down and right have changed places: the first number of a shift moves rows, the second columns.",
            0.5,
            forms=[_each(lambda image, down, right: torch.roll(image, (right, down), dims=(0, 1)))],
        ),
        Mistake(
            "other_direction",
            _each(lambda image, down, right: _sliced(image, -down, -right)),
            "The images move the other way. Down is towards larger rows, so that a row comes from `row - down`.",
            0.5,
            forms=[_each(lambda image, down, right: torch.roll(image, (-down, -right), dims=(0, 1)))],
        ),
        Mistake(
            "one_direction_turned_round",
            _each(lambda image, down, right: _sliced(image, -down, right)),
            "One of the two directions is turned round. Positive numbers mean down and right.",
            0.5,
            forms=[_each(lambda image, down, right: _sliced(image, down, -right))],
        ),
        Mistake(
            "one_shift_for_all",
            _first_for_all,
            "All images are moved alike, by the first shift or the last. Each has a row of its own in `shifts`.",
            0.25,
            forms=[
                lambda images, shifts: _each(_sliced)(images, shifts[-1:].expand_as(shifts)),
                lambda images, shifts: torch.roll(images, tuple(shifts[0].tolist()), dims=(1, 2)),
            ],
        ),
        Mistake(
            "edge_repeated",
            _each(_edge),
            "The edge of the image is drawn out into the place that is left. Zeros are to move in.",
            0.5,
        ),
        Mistake(
            "image_left_behind",
            _each(_kept_below),
            "The moved image is written over the old one, which still shows where nothing has moved to. Start from "
            "zeros.",
            0.5,
        ),
        Mistake(
            "filled_with_another_value",
            _each(_filled(lambda image: 1.0)),
            "The place that is left is filled with something else than zeros.",
            0.5,
            forms=[_each(_filled(lambda image: image.mean())), _each(_filled(lambda image: image.min()))],
        ),
        Mistake(
            "shift_limited",
            _each(_within),
            "A shift beyond the edge still leaves a line of the image, as when it is limited to the size less one. "
            "Nothing is left of such an image.",
            0.8,
        ),
        Mistake(
            "shift_reduced",
            _each(_wraps_twice),
            "A shift beyond the edge is taken modulo the size of the image, and something comes back. Nothing is "
            "left of such an image.",
            0.8,
        ),
        Mistake(
            "signs_ignored",
            _each(lambda image, down, right: _sliced(image, abs(down), abs(right))),
            "Negative shifts move down and right too, or nowhere. They move up and left.",
            0.25,
            forms=[_each(lambda image, down, right: _sliced(image, max(down, 0), max(right, 0)))],
        ),
        Mistake(
            "one_direction_only",
            _each(lambda image, down, right: _sliced(image, down, 0)),
            "Only one of the two directions is followed. A shift has two numbers, down and right.",
            0.25,
            forms=[
                _each(lambda image, down, right: _sliced(image, 0, right)),
                _each(lambda image, down, right: torch.roll(image, down, dims=0)),
            ],
        ),
        Mistake(
            "frame_grows",
            _larger,
            "The images have become larger, so that nothing is lost. They keep their size: what leaves it is gone.",
            0.25,
        ),
        Mistake(
            "off_by_one",
            _each(lambda image, down, right: _sliced(
                image, down + (down > 0) - (down < 0), right + (right > 0) - (right < 0))),
            "The images move by a pixel too many or too few. Look at the bounds of the slices.",
            0.25,
            forms=[_each(lambda image, down, right: _sliced(
                image, down - (down > 0) + (down < 0), right - (right > 0) + (right < 0)))],
        ),
        Mistake(
            "moved_twice",
            _each(lambda image, down, right: _sliced(_sliced(image, down, right), down, right)),
            "The images move twice as far as they should.",
            0.25,
        ),
        Mistake(
            "turned_over",
            _each(lambda image, down, right: _sliced(image, down, right).flip(0)),
            "The images are turned over or transposed besides being moved.",
            0.25,
            forms=[_each(lambda image, down, right: _sliced(image, down, right).flip(1))],
        ),
    ],
    equivalent={
        "A number and a tensor without axes are alike here.": ["for number, (down, right) in enumerate(shifts):"],
        "A shift by the whole size cuts everything off: zeros either way.": [
            "if abs(down) <= height and abs(right) < width:",
            "if abs(down) < height and abs(right) <= width:",
        ],
    },
)  # fmt: skip
