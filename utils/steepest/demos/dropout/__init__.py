"""The demo of `11_dropout`: thinned networks, and what they put out, by the student's own masks."""

from __future__ import annotations

from steepest.demos.dropout.masks import dropout_demo

__all__ = ["dropout_demo"]
