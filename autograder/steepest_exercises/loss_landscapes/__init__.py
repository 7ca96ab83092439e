"""The exercises of `03_loss_landscapes`."""
