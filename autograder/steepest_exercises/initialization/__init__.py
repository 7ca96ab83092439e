"""The exercises of `09_initialization`."""
