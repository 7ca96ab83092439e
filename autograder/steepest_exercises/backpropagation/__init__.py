"""Exercises of `08_backpropagation`."""
