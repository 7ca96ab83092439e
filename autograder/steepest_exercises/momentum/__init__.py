"""The exercises of `05_momentum`."""
