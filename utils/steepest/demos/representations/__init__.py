"""Demos of `13_representations`: bumps that fit a curve, and codes of digits, by the student's own functions."""

from __future__ import annotations

from steepest.demos.representations.codes import code_demo
from steepest.demos.representations.rbf import rbf_demo
from steepest.demos.representations.vae import vae_demo

__all__ = ["code_demo", "rbf_demo", "vae_demo"]
