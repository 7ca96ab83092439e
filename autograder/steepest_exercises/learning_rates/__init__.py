"""The exercises of `04_learning_rates`."""
