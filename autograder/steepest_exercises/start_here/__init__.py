"""The exercises of `00_start_here`."""
