"""Demos of `13_representations`: bumps that fit a curve, and codes of digits, by the student's own functions."""

from __future__ import annotations

from steepest.demos.representations.rbf import rbf_demo

__all__ = ["rbf_demo"]
