"""Exercises of `13_representations`: radial basis functions and autoencoders."""
