"""Exercises of `10_regularization`."""
