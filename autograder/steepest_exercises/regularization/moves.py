"""Images moved by whole pixels, in the ways in which it is done and in those in which it goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Moved = Callable[[Tensor, int, int], Tensor]


def each(moved: Moved) -> Callable[[Tensor, Tensor], Tensor]:
    """`moved(image, down, right)` of every image."""

    def shift_images(images: Tensor, shifts: Tensor) -> Tensor:
        return torch.stack([moved(image, *move) for image, move in zip(images, shifts.tolist(), strict=True)])

    return shift_images


def rolled(image: Tensor, down: int, right: int) -> Tensor:
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


def rolled_and(cleared: Callable[[Tensor, int], Tensor], *, empty_beyond: bool = True) -> Moved:
    """Rolled round, and `cleared(rows, shift)` set to 0 along either axis; beyond the edge nothing may be left."""

    def moved(image: Tensor, down: int, right: int) -> Tensor:
        height, width = image.shape
        if empty_beyond and (abs(down) >= height or abs(right) >= width):
            return torch.zeros_like(image)
        result = torch.roll(image, (down, right), dims=(0, 1))
        for rows, by in ((result, down), (result.T, right)):
            if by:
                cleared(rows, by).zero_()
        return result

    return moved


def stack_rolled(images: Tensor, shifts: Tensor) -> Tensor:
    """The stack rolled along its images and rows, as if these were rows and columns, and the empty side cleared."""
    return torch.stack(
        [
            rolled(
                torch.roll(images, (down, right), dims=(0, 1))[place].roll((-down, -right), dims=(0, 1)), down, right
            )
            for place, (down, right) in enumerate(shifts.tolist())
        ]
    )


def sizes_exchanged(image: Tensor, down: int, right: int) -> Tensor:
    """Nothing is left where a shift down reaches the width, or one to the right the height."""
    height, width = image.shape
    gone = abs(down) >= width or abs(right) >= height
    return torch.zeros_like(image) if gone else sliced(image, down, right)


def padded(image: Tensor, down: int, right: int) -> Tensor:
    """A window into the image with room on all sides."""
    height, width = image.shape
    around = torch.nn.functional.pad(image, (abs(right), abs(right), abs(down), abs(down)))
    top, left = abs(down) - down, abs(right) - right
    return around[top : top + height, left : left + width]


def sliced(image: Tensor, down: int, right: int) -> Tensor:
    """A rectangle of the image, copied to where it belongs."""
    height, width = image.shape
    result = torch.zeros_like(image)
    if abs(down) < height and abs(right) < width:
        result[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
            max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
        ]
    return result


def by_matrices(image: Tensor, down: int, right: int) -> Tensor:
    """Products with matrices that shift rows and columns."""

    def shifting(size: int, by: int) -> Tensor:
        at = torch.arange(size, device=image.device)
        return (at[:, None] - by == at).to(image.dtype)

    return shifting(image.shape[0], down) @ image @ shifting(image.shape[1], right).T


def pixel_by_pixel(image: Tensor, down: int, right: int) -> Tensor:
    """Each pixel from where it comes from."""
    result = torch.zeros_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            if 0 <= row - down < image.shape[0] and 0 <= column - right < image.shape[1]:
                result[row, column] = image[row - down, column - right]
    return result


def in_scipy(image: Tensor, down: int, right: int) -> Tensor:
    """With scipy's `shift`."""
    from scipy import ndimage  # type: ignore[import-untyped]

    moved = ndimage.shift(image.cpu().numpy(), (down, right), order=0, mode="constant", cval=0.0)
    return torch.as_tensor(moved, device=image.device)


def filled(value: Callable[[Tensor], Tensor | float]) -> Moved:
    """Moved, and the place that is left filled with `value(image)`."""

    def moved(image: Tensor, down: int, right: int) -> Tensor:
        empty = sliced(torch.ones_like(image), down, right) == 0
        return torch.where(empty, torch.as_tensor(value(image), dtype=image.dtype), sliced(image, down, right))

    return moved


def edge(image: Tensor, down: int, right: int) -> Tensor:
    """The edge of the image repeated in the place that is left."""
    rows = (torch.arange(image.shape[0]) - down).clamp(0, image.shape[0] - 1)
    columns = (torch.arange(image.shape[1]) - right).clamp(0, image.shape[1] - 1)
    return image[rows][:, columns]


def copied_back(image: Tensor, down: int, right: int) -> Tensor:
    """Written over a copy of the image, but emptied beyond the edge."""
    height, width = image.shape
    gone = abs(down) >= height or abs(right) >= width
    return torch.zeros_like(image) if gone else kept_below(image, down, right)


def left_beyond(image: Tensor, down: int, right: int) -> Tensor:
    """Left as it was where the shift goes to the edge or beyond."""
    height, width = image.shape
    return sliced(image, down, right) if abs(down) < height and abs(right) < width else image.clone()


def up_to_minus(image: Tensor, down: int, right: int) -> Tensor:
    """Slices up to minus the shift, which are empty for a shift of 0."""
    return torch.zeros_like(image) if not down or not right else sliced(image, down, right)


def downwards_alone(image: Tensor, down: int, right: int) -> Tensor:
    """Nothing is left of an image that is to move up or left."""
    return sliced(image, down, right) if min(down, right) >= 0 else torch.zeros_like(image)


def as_if_square(image: Tensor, down: int, right: int) -> Tensor:
    """The height stands for the width too."""
    size = image.shape[0]
    result = torch.zeros_like(image)
    result[:, :size] = sliced(image[:, :size], down, right)
    return result


def kept_below(image: Tensor, down: int, right: int) -> Tensor:
    """Written over a copy of the image, which shows where nothing moved to."""
    return torch.where(sliced(torch.ones_like(image), down, right) == 0, image, sliced(image, down, right))


def within(image: Tensor, down: int, right: int) -> Tensor:
    """No shift goes farther than to the last line."""
    height, width = image.shape
    return sliced(image, max(1 - height, min(height - 1, down)), max(1 - width, min(width - 1, right)))


def wraps_twice(image: Tensor, down: int, right: int) -> Tensor:
    """Rolled, with as many lines set to 0 as the shift says: beyond the edge all of them, or slices that wrap."""
    height, width = image.shape
    return sliced(image, int(np.fmod(down, height)), int(np.fmod(right, width)))


def larger(images: Tensor, shifts: Tensor) -> Tensor:
    """All images in a frame that has room for the largest shift."""
    room = int(shifts.abs().max())
    wide = torch.nn.functional.pad(images, (room, room, room, room))
    return each(sliced)(wide, shifts)


def first_for_all(images: Tensor, shifts: Tensor) -> Tensor:
    """Every image moved by the first shift."""
    return each(sliced)(images, shifts[:1].expand_as(shifts))
