"""The exercises of `08_backpropagation`."""
