"""From bytes to cells: reading, restoring, flags for a human eye, and what must not run in a browser."""
