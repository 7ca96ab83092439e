"""Exercises of the course that is attacked."""
