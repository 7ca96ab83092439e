"""Exercises of the tiny course."""
