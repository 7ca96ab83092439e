"""The exercises of `91_attacked`."""
