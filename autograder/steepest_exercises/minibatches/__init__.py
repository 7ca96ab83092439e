"""The exercises of `02_minibatches`."""
