"""The exercises of `12_batch_norm`."""
