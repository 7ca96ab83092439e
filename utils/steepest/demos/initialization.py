"""Demos of `09_initialization`: starts by the student's own functions, and what becomes of them."""

from steepest.demos._initialization_xor import (
    XorStart,
    XorView,
    draw_xor,
    start_xor,
    surfaces,
    xor_demo,
)

__all__ = [
    "XorStart",
    "XorView",
    "draw_xor",
    "start_xor",
    "surfaces",
    "xor_demo",
]
