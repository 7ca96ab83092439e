"""The exercises of `06_adaptive_methods`."""
