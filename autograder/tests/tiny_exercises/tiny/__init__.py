"""The exercises of `90_tiny`."""
