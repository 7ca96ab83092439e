"""Exercises of `14_capstone`."""
