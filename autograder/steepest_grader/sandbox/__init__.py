"""Where student code runs: walls, the warm process behind them, its kernels, and couriers for their messages."""
