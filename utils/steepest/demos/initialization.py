"""Demos of `09_initialization`: starts by the student's own functions, and what becomes of them."""

from steepest.demos._initialization_signals import (
    Signals,
    SignalView,
    draw_layers,
    histograms,
    said,
    send,
    signal_demo,
)
from steepest.demos._initialization_xor import XorStart, XorView, draw_xor, start_xor, surfaces, xor_demo

__all__ = [
    "SignalView",
    "Signals",
    "XorStart",
    "XorView",
    "draw_layers",
    "draw_xor",
    "histograms",
    "said",
    "send",
    "signal_demo",
    "start_xor",
    "surfaces",
    "xor_demo",
]
