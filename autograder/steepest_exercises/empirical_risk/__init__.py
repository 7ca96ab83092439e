"""The exercises of `01_empirical_risk`."""
