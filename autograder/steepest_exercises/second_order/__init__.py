"""Exercises of `07_second_order`."""
