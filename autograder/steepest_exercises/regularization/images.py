"""Exercise `shift_images` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.inputs import uniform
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.moves import (
    as_if_square,
    by_matrices,
    copied_back,
    downwards_alone,
    each,
    edge,
    filled,
    first_for_all,
    in_scipy,
    kept_below,
    larger,
    left_beyond,
    padded,
    pixel_by_pixel,
    rolled,
    rolled_and,
    sizes_exchanged,
    sliced,
    stack_rolled,
    up_to_minus,
    within,
    wraps_twice,
)


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
        return Case(name, {"args": [images, moves], "kwargs": {}, "outputs": ["the batch of images"]}, corner=corner)

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


SHIFT_IMAGES = Exercise(
    id="shift_images",
    reference=reference.shift_images,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("rolled_and_cleared", each(rolled)),
        Accepted("window_of_a_padded_image", each(padded)),
        Accepted("slices", each(sliced)),
        Accepted("products_with_matrices", each(by_matrices)),
        Accepted("pixel_by_pixel", each(pixel_by_pixel)),
        Accepted("in_scipy", each(in_scipy), library=True),
    ],
    mistakes=[
        Mistake(
            "wraps_around",
            each(lambda image, down, right: torch.roll(image, (down, right), dims=(0, 1))),
            "What leaves on one side comes back on the other, as torch.roll does it. Zeros are to move in.",
            0.5,
            forms=[
                each(lambda image, down, right: torch.roll(sliced(image, down, 0), right, dims=1)),
                each(lambda image, down, right: torch.roll(sliced(image, 0, right), down, dims=0)),
            ],
        ),
        Mistake(
            "axes_exchanged",
            each(lambda image, down, right: sliced(image, right, down)),
            "Down and right have changed places: the first number of a shift moves rows, the second columns.",
            0.5,
            forms=[each(lambda image, down, right: torch.roll(image, (right, down), dims=(0, 1)))],
        ),
        Mistake(
            "other_direction",
            each(lambda image, down, right: sliced(image, -down, -right)),
            "The images move the other way. Down is towards larger rows, so that a row comes from `row - down`.",
            0.5,
            forms=[each(lambda image, down, right: torch.roll(image, (-down, -right), dims=(0, 1)))],
        ),
        Mistake(
            "one_direction_turned_round",
            each(lambda image, down, right: sliced(image, -down, right)),
            "One of the two directions is turned round. Positive numbers mean down and right.",
            0.5,
            forms=[each(lambda image, down, right: sliced(image, down, -right))],
        ),
        Mistake(
            "one_shift_for_all",
            first_for_all,
            "All images are moved alike, by the first shift or the last. Each has a row of its own in `shifts`.",
            0.25,
            forms=[
                lambda images, shifts: each(sliced)(images, shifts[-1:].expand_as(shifts)),
                lambda images, shifts: torch.roll(images, tuple(shifts[0].tolist()), dims=(1, 2)),
            ],
        ),
        Mistake(
            "edge_repeated",
            each(edge),
            "The edge of the image is drawn out into the place that is left. Zeros are to move in.",
            0.5,
        ),
        Mistake(
            "image_left_behind",
            each(kept_below),
            "The moved image is written over the old one, which still shows where nothing has moved to. Start from "
            "zeros.",
            0.5,
            forms=[
                each(copied_back),
                each(lambda image, down, right: image + sliced(image, down, right)),
            ],
        ),
        Mistake(
            "filled_with_another_value",
            each(filled(lambda image: 1.0)),
            "The place that is left is filled with something else than zeros.",
            0.5,
            forms=[
                each(filled(lambda image: image.mean())),
                each(filled(lambda image: image.min())),
                each(filled(lambda image: -1.0)),
                each(filled(lambda image: torch.nan)),
            ],
        ),
        Mistake(
            "shift_limited",
            each(within),
            "A shift beyond the edge still leaves a line of the image, as when it is limited to the size less one. "
            "Nothing is left of such an image.",
            0.8,
        ),
        Mistake(
            "shift_reduced",
            each(wraps_twice),
            "A shift beyond the edge is taken modulo the size of the image, and something comes back. Nothing is "
            "left of such an image.",
            0.8,
        ),
        Mistake(
            "left_as_it_was",
            each(left_beyond),
            "An image that is shifted to the edge or beyond comes back as it was. Nothing is left of it: zeros.",
            0.8,
        ),
        Mistake(
            "empty_slice",
            each(up_to_minus),
            "Where one of the two shifts is 0 nothing is left: a slice that ends at -0 is empty. End at the size less "
            "the shift, or at None.",
            0.25,
        ),
        Mistake(
            "as_if_square",
            each(as_if_square),
            "Height and width are taken to be the same, or for one another. An image may be wider than it is high, or "
            "higher than wide.",
            0.5,
            forms=[each(sizes_exchanged)],
        ),
        Mistake(
            "shifts_add_up",
            lambda images, shifts: each(sliced)(images, shifts.cumsum(dim=0)),
            "The shifts of the images before are added to that of each image. Every image starts from its own place.",
            0.25,
        ),
        Mistake(
            "signs_ignored",
            each(lambda image, down, right: sliced(image, abs(down), abs(right))),
            "Negative shifts move down and right too, or nowhere, or leave nothing. They move up and left.",
            0.25,
            forms=[each(downwards_alone), each(lambda image, down, right: sliced(image, max(down, 0), max(right, 0)))],
        ),
        Mistake(
            "one_direction_only",
            each(lambda image, down, right: sliced(image, down, 0)),
            "Only one of the two directions is followed. A shift has two numbers, down and right.",
            0.25,
            forms=[
                each(lambda image, down, right: sliced(image, 0, right)),
                each(lambda image, down, right: torch.roll(image, down, dims=0)),
            ],
        ),
        Mistake(
            "frame_grows",
            larger,
            "The images have become larger, so that nothing is lost. They keep their size: what leaves it is gone.",
            0.25,
        ),
        Mistake(
            "off_by_one",
            each(lambda image, down, right: sliced(
                image, down + (down > 0) - (down < 0), right + (right > 0) - (right < 0))),
            "The images move by a pixel too many or too few. Look at the bounds of the slices.",
            0.25,
            forms=[each(lambda image, down, right: sliced(
                image, down - (down > 0) + (down < 0), right - (right > 0) + (right < 0)))],
        ),
        Mistake(
            "moved_twice",
            each(lambda image, down, right: sliced(sliced(image, down, right), down, right)),
            "The images move twice as far as they should.",
            0.25,
        ),
        Mistake(
            "turned_over",
            each(lambda image, down, right: sliced(image, down, right).flip(0)),
            "The images are turned over or transposed besides being moved.",
            0.25,
            forms=[each(lambda image, down, right: sliced(image, down, right).flip(1))],
        ),
        Mistake(
            "wrong_side_cleared",
            each(rolled_and(lambda rows, by: rows[-by:] if by > 0 else rows[:-by])),
            "Zeros are written on one side, and what came round still stands on the other. A shift down leaves the "
            "upper rows empty, one up the lower ones, and so for columns.",
            0.5,
            forms=[
                each(rolled_and(lambda rows, by: rows[-by:] if by > 0 else rows[:-by], empty_beyond=False)),
                each(rolled_and(lambda rows, by: rows[:by] if by > 0 else rows[:0])),
                each(rolled_and(lambda rows, by: rows[:by] if by > 0 else rows[:0], empty_beyond=False)),
                each(rolled_and(lambda rows, by: rows[by:] if by < 0 else rows[:0])),
                each(rolled_and(lambda rows, by: rows[: abs(by)])),
                each(rolled_and(lambda rows, by: rows[-abs(by):])),
            ],
        ),
        Mistake(
            "images_moved_too",
            stack_rolled,
            "The axes are one too low: the stack is rolled along images and rows, so that an image comes to another "
            "place of the stack. In a stack the rows are axis 1 and the columns axis 2.",
            0.25,
            forms=[lambda images, shifts: torch.stack(
                [torch.roll(images, tuple(move), dims=(0, 1))[place] for place, move in enumerate(shifts.tolist())])],
        ),
        Mistake(
            "shifts_of_other_images",
            lambda images, shifts: each(sliced)(images, shifts.flip(0)),
            "Images are moved by the shifts of others. Image i moves by row i of `shifts`.",
            0.25,
            forms=[lambda images, shifts: each(sliced)(images, shifts.roll(1, 0)),
                   lambda images, shifts: each(sliced)(images, shifts.roll(-1, 0))],
        ),
        Mistake(
            "last_image_left_out",
            lambda images, shifts: torch.cat([each(sliced)(images, shifts)[:-1], 0 * images[-1:]]),
            "All is right but the last image, or the first, of which nothing is left: the loop ends or begins one "
            "image too early or too late.",
            0.5,
            forms=[lambda images, shifts: torch.cat([0 * images[:1], each(sliced)(images, shifts)[1:]]),
                   lambda images, shifts: torch.cat([each(sliced)(images, shifts)[:-1], images[-1:]])],
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
